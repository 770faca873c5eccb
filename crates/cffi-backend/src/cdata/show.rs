//! `repr(cdata)` in all its forms.

use cffi_python::{PyResult, int};

use super::object::CData;
use super::{arithmetic, from_buffer, handle};
use crate::ctype::{CType, Kind, enumeration};

/// `<cdata 'TYPE' WHAT>`
pub fn repr(cdata: &CData) -> PyResult<String> {
    let ctype = cdata.ctype();
    let what = if ctype.kind.is_primitive() {
        primitive_text(ctype, cdata)?
    } else if cdata.is_owning() {
        format!("owning {} bytes", owned_bytes(cdata)?)
    } else if let Some((verb, object)) = handle::subject(cdata) {
        format!("{verb} {}", object.borrow().repr()?.borrow().display())
    } else if let Some(exporter) = from_buffer::description(cdata) {
        let length = if ctype.kind == Kind::Array {
            format!("len {} ", cdata.array_length())
        } else {
            String::new()
        };
        match exporter {
            Some(name) => format!("buffer {length}from '{name}' object"),
            None => "buffer RELEASED".to_owned(),
        }
    } else if ctype.kind == Kind::Array && ctype.length < 0 {
        format!("sliced length {}", cdata.array_length())
    } else if cdata.data().is_null() {
        "NULL".to_owned()
    } else {
        format!("{:p}", cdata.data())
    };
    let reference = if ctype.kind.is_record() && !cdata.is_owning() {
        " &"
    } else {
        ""
    };
    Ok(format!("<cdata '{}{reference}' {what}>", ctype.name()))
}

fn primitive_text(ctype: &CType, cdata: &CData) -> PyResult<String> {
    if let Some(detail) = ctype.as_enum() {
        let value = arithmetic::to_int(cdata)?;
        let name = detail.name_of(value.borrow())?;
        let number = value.borrow().display();
        return Ok(match name {
            Some(name) => format!("{number}: {}", name.borrow().display()),
            None => number,
        });
    }
    // SAFETY: in all arms, the value of a primitive cdata.
    unsafe {
        match ctype.kind {
            Kind::LongDouble => Ok(cffi_call::long_double::to_text(cdata.data())),
            Kind::WideChar => {
                let size = ctype.raw_size().unsigned_abs();
                match crate::convert::load(ctype, cdata.data()) {
                    Ok(text) => Ok(text.borrow().repr_text()),
                    Err(_) => {
                        cffi_python::error::clear();
                        Ok(format!(
                            "0x{:x}",
                            crate::convert::integer::read_unsigned(cdata.data(), size)
                        ))
                    }
                }
            }
            Kind::Bool => match cdata.data().read() {
                0 => Ok("False".to_owned()),
                1 => Ok("True".to_owned()),
                other => Ok(int::from_u64(other.into())?.borrow().display()),
            },
            _ => Ok(crate::convert::load(ctype, cdata.data())?
                .borrow()
                .repr_text()),
        }
    }
}

/// How many bytes an owning cdata keeps: of a pointer, what it points to.
fn owned_bytes(cdata: &CData) -> PyResult<usize> {
    if let Some(record) = cdata.owned_record().and_then(CData::from_object) {
        return record.byte_size();
    }
    if cdata.ctype().kind == Kind::Pointer {
        return Ok(cdata
            .ctype()
            .item()
            .map_or(Ok(None), CType::size)?
            .unwrap_or(0));
    }
    cdata.byte_size()
}

/// The text of an enum value for `ffi.string()`.
pub fn enum_text(cdata: &CData) -> PyResult<Option<cffi_python::Owned>> {
    match cdata.ctype().as_enum() {
        Some(detail) => {
            let value = arithmetic::to_int(cdata)?;
            enumeration::value_text(detail, value.borrow()).map(Some)
        }
        None => Ok(None),
    }
}
