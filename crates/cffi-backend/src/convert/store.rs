//! Python objects to C memory.

use cffi_python::{Borrowed, PyResult, Raised, raise};

use super::{character, float, initializer, integer};
use crate::cdata::CData;
use crate::compiled::function;
use crate::ctype::inspect::describe;
use crate::ctype::{CType, Kind};

/// Stores `object` as a C object of type `ctype` at `data`. For scalars nothing is written when an error is raised.
///
/// # Safety
/// `data` is writable for the size of `ctype`; it need not be aligned.
#[inline]
pub unsafe fn store(ctype: &CType, data: *mut u8, object: Borrowed<'_>) -> PyResult<()> {
    // SAFETY: in all arms, the caller's promise.
    unsafe {
        match ctype.kind {
            Kind::Signed | Kind::Unsigned => {
                let bits = integer::to_bits(ctype, object)?;
                integer::write(data, ctype.raw_size().unsigned_abs(), bits);
                Ok(())
            }
            Kind::Pointer | Kind::Function => {
                let pointer = to_pointer(ctype, object)?;
                data.cast::<*mut u8>().write_unaligned(pointer);
                Ok(())
            }
            Kind::Float => {
                float::write(
                    data,
                    ctype.raw_size().unsigned_abs(),
                    float::to_f64(object)?,
                );
                Ok(())
            }
            Kind::Char => {
                data.write(character::to_byte(ctype, object)?);
                Ok(())
            }
            _ => store_other(ctype, data, object),
        }
    }
}

/// # Safety
/// As [`store`].
unsafe fn store_other(ctype: &CType, data: *mut u8, object: Borrowed<'_>) -> PyResult<()> {
    // SAFETY: in all arms, the caller's promise.
    unsafe {
        match ctype.kind {
            Kind::Bool => {
                integer::write(data, 1, integer::to_bool_bits(ctype, object)?);
                Ok(())
            }
            Kind::WideChar => {
                let unit = character::to_wide(ctype, object)?;
                integer::write(data, ctype.raw_size().unsigned_abs(), unit);
                Ok(())
            }
            Kind::LongDouble => float::store_long_double(ctype, data, object),
            Kind::Complex => float::store_complex(ctype, data, object),
            Kind::Array => initializer::store_array(ctype, data, object, None),
            Kind::Struct | Kind::Union => initializer::store_record(ctype, data, object, None),
            _ => Err(raise!(
                TypeError,
                "cannot store a value of ctype '{}'",
                ctype.name()
            )),
        }
    }
}

/// The address that `object` gives for a pointer of type `ctype`.
#[inline]
pub fn to_pointer(ctype: &CType, object: Borrowed<'_>) -> PyResult<*mut u8> {
    let Some(source) = CData::from_object(object) else {
        return function_address(ctype, object);
    };
    if std::ptr::eq(&raw const **source.ctype(), ctype) {
        return Ok(source.data());
    }
    convertible(ctype, source, object)?;
    Ok(source.data())
}

/// The address of a function of a compiled module.
#[cold]
fn function_address(ctype: &CType, object: Borrowed<'_>) -> PyResult<*mut u8> {
    match function::pointer_of(object)? {
        Some(pointer) => to_pointer(ctype, pointer.as_object()),
        None => Err(expected(ctype, object, "cdata pointer")),
    }
}

/// Whether a pointer or array of another type converts implicitly: to and from `void *`, and between `char *` and other pointers to
/// single bytes.
fn convertible(ctype: &CType, source: &CData, object: Borrowed<'_>) -> PyResult<()> {
    let from = source.ctype();
    let from_pointer = match from.kind {
        Kind::Pointer | Kind::Function => &**from,
        Kind::Array => from.item_pointer().unwrap_or(from),
        _ => return Err(expected(ctype, object, "pointer or array")),
    };
    let void = ctype.is_void_pointer() || from_pointer.is_void_pointer();
    if std::ptr::eq(from_pointer, ctype) || void {
        return Ok(());
    }
    let (to_char, from_char) = (is_char_pointer(ctype), is_char_pointer(from_pointer));
    if !to_char && !from_char {
        return Err(expected(ctype, object, "pointer to same type"));
    }
    if is_one_byte_pointer(ctype) && is_one_byte_pointer(from_pointer) {
        return Ok(());
    }
    Err(implicit_cast(to_char))
}

#[cold]
fn implicit_cast(to_char: bool) -> Raised {
    let what = if to_char {
        "to 'char *' from a different pointer type."
    } else {
        "from 'char *' to a different pointer type: "
    };
    raise!(
        TypeError,
        "implicit cast {what}(check that the types are as you expect; use an explicit ffi.cast() if they are correct)"
    )
}

fn is_one_byte_pointer(ctype: &CType) -> bool {
    ctype.kind == Kind::Pointer && ctype.item().is_some_and(|item| item.raw_size() == 1)
}

fn is_char_pointer(ctype: &CType) -> bool {
    ctype.kind == Kind::Pointer && ctype.item().is_some_and(|item| item.kind == Kind::Char)
}

/// The error of a wrong initialiser.
#[cold]
pub fn expected(ctype: &CType, object: Borrowed<'_>, what: &str) -> Raised {
    let name = ctype.name();
    if let Some(cdata) = CData::from_object(object) {
        let other = cdata.ctype().name();
        if other == name {
            return raise!(
                TypeError,
                "initializer for ctype '{name}' appears indeed to be '{name}', but the types are different (check that you are not e.g. mixing up different ffi instances)"
            );
        }
    }
    raise!(
        TypeError,
        "initializer for ctype '{name}' must be a {what}, not {}",
        describe(object)
    )
}
