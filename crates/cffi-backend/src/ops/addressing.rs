//! `ffi.offsetof()` and `ffi.addressof()`: steps into records and arrays.

use cffi_python::arguments;
use cffi_python::bits::ToSigned;
use cffi_python::{Borrowed, Owned, PyResult, error, raise};

use crate::cdata::CData;
use crate::cdata::object::new_view;
use crate::ctype::field::Place;
use crate::ctype::{CType, CTypeRef, Kind};

/// Which step of a path this is: only the first may go through a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The first.
    First,
    /// A later one.
    Following,
}

/// The type and offset in bytes of the field or item that `key` names in `ctype`.
pub fn step(ctype: &CType, key: Borrowed<'_>, position: Step) -> PyResult<(CTypeRef, isize)> {
    if key.is_str() {
        let record = match ctype.item() {
            Some(item) if position == Step::First && ctype.kind == Kind::Pointer => item,
            _ => ctype,
        };
        if !record.kind.is_record() {
            return Err(raise!(
                TypeError,
                "with a field name argument, expected a struct or union ctype"
            ));
        }
        let Some(layout) = record.layout()? else {
            return Err(raise!(TypeError, "struct/union is opaque"));
        };
        let Some(field) = layout.field(key)? else {
            return Err(error::raise_object(error::Exception::KeyError.class(), key));
        };
        if field.place != Place::Whole {
            return Err(raise!(TypeError, "not supported for bitfields"));
        }
        return Ok((field.ctype.clone(), field.offset.to_signed()));
    }
    let index = index_of(key)?;
    let accepted = match (ctype.kind, position) {
        (Kind::Array, _) | (Kind::Pointer, Step::First) => ctype.item(),
        _ => None,
    };
    let sized = match accepted {
        Some(item) => item.size()?.map(|size| (item, size)),
        None => None,
    };
    let Some((item, size)) = sized else {
        return Err(raise!(
            TypeError,
            "with an integer argument, expected an array ctype or a pointer to non-opaque"
        ));
    };
    let Some(offset) = index.checked_mul(size.to_signed()) else {
        return Err(raise!(
            OverflowError,
            "array offset would overflow a Py_ssize_t"
        ));
    };
    Ok((item.to_ref(), offset))
}

fn index_of(key: Borrowed<'_>) -> PyResult<isize> {
    if key.is_int() {
        if let Ok(index) = arguments::size(key) {
            return Ok(index);
        }
        error::clear();
    }
    Err(raise!(TypeError, "field name or array index expected"))
}

/// The type and offset in bytes at the end of a path.
pub fn path(ctype: &CType, keys: &[Borrowed<'_>]) -> PyResult<(CTypeRef, isize)> {
    let mut current = ctype.to_ref();
    let mut offset = 0isize;
    let mut position = Step::First;
    for key in keys {
        let (next, more) = step(&current, *key, position)?;
        offset = match offset.checked_add(more) {
            Some(offset) => offset,
            None => {
                return Err(raise!(
                    OverflowError,
                    "array offset would overflow a Py_ssize_t"
                ));
            }
        };
        current = next;
        position = Step::Following;
    }
    Ok((current, offset))
}

/// `ffi.addressof(cdata, *keys)`: a pointer into the same memory.
pub fn address_of(cdata: &CData, keys: &[Borrowed<'_>]) -> PyResult<Owned> {
    let ctype = cdata.ctype();
    if keys.is_empty() {
        expect_memory(ctype)?;
        return Ok(new_view(ctype.pointer()?, cdata.data())?.into_owned());
    }
    // What is wrong with the path is said first.
    let (target, offset) = path(ctype, keys)?;
    expect_memory(ctype)?;
    let pointer = target.pointer()?;
    Ok(new_view(pointer, cdata.data().wrapping_offset(offset))?.into_owned())
}

/// Only these are C objects with an address that lasts.
fn expect_memory(ctype: &CType) -> PyResult<()> {
    if ctype.kind.is_record() || matches!(ctype.kind, Kind::Array | Kind::Pointer) {
        return Ok(());
    }
    Err(raise!(
        TypeError,
        "expected a cdata struct/union/array/pointer object"
    ))
}

/// `rawaddressof(pointer_ctype, cdata, offset)` of the low-level interface.
pub fn raw_address_of(pointer: &CType, cdata: &CData, offset: isize) -> PyResult<Owned> {
    if pointer.kind != Kind::Pointer {
        return Err(raise!(TypeError, "expected a pointer ctype"));
    }
    expect_memory(cdata.ctype())?;
    Ok(new_view(pointer.to_ref(), cdata.data().wrapping_offset(offset))?.into_owned())
}
