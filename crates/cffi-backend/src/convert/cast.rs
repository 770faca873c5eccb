//! `ffi.cast`: C's explicit conversions (C11 6.3, 6.5.4), with what CFFI adds for characters and Python objects.

use cffi_python::int::Wide;
use cffi_python::{Borrowed, PyResult, Raised, raise};

use super::integer::Floats;
use super::{character, float, integer};
use crate::cdata::object::new_view;
use crate::cdata::{CData, CDataRef, owning};
use crate::compiled::function;
use crate::ctype::{CType, Kind};

/// `(ctype) object`
pub fn cast(ctype: &CType, object: Borrowed<'_>) -> PyResult<CDataRef> {
    match ctype.kind {
        Kind::Pointer | Kind::Function | Kind::Array => cast_to_address(ctype, object),
        Kind::Signed | Kind::Unsigned | Kind::Char | Kind::WideChar | Kind::Bool => {
            cast_to_integer(ctype, object)
        }
        Kind::Float | Kind::LongDouble => cast_to_float(ctype, object),
        Kind::Complex => cast_to_complex(ctype, object),
        Kind::Void | Kind::Struct | Kind::Union => {
            Err(raise!(TypeError, "cannot cast to ctype '{}'", ctype.name()))
        }
    }
}

fn cast_to_address(ctype: &CType, object: Borrowed<'_>) -> PyResult<CDataRef> {
    if ctype.kind == Kind::Array && ctype.length < 0 {
        return Err(raise!(TypeError, "cannot cast to ctype '{}'", ctype.name()));
    }
    if let Some(source) = CData::from_object(object) {
        if matches!(
            source.ctype().kind,
            Kind::Pointer | Kind::Function | Kind::Array
        ) {
            return new_view(ctype.to_ref(), source.data());
        }
    }
    if let Some(pointer) = function::pointer_of(object)? {
        return new_view(ctype.to_ref(), pointer.data());
    }
    if ctype.item().is_some_and(CType::is_file) && ctype.kind == Kind::Pointer {
        if let Some(stream) = crate::call::file::stream_of(object)? {
            return new_view(ctype.to_ref(), stream.cast());
        }
    }
    let bits = integer::to_int_object(object, Floats::Truncated)?
        .borrow()
        .low_bits()?;
    let address = usize::try_from(bits & usize::MAX as u64).unwrap_or(usize::MAX);
    new_view(
        ctype.to_ref(),
        std::ptr::with_exposed_provenance_mut(address),
    )
}

/// The low 64 bits of whatever can be cast to an integer.
fn integer_bits(ctype: &CType, object: Borrowed<'_>) -> PyResult<u64> {
    if object.is_int() {
        return object.low_bits();
    }
    if let Some(source) = CData::from_object(object) {
        let kind = source.ctype().kind;
        if matches!(kind, Kind::Pointer | Kind::Function | Kind::Array) {
            return Ok(source.data().expose_provenance() as u64);
        }
    }
    if object.is_str() {
        return match object.code_points()?.as_slice() {
            [point] => Ok(u64::from(*point)),
            points => Err(raise!(
                TypeError,
                "cannot cast unicode string of length {} to ctype '{}'",
                points.len(),
                ctype.name()
            )),
        };
    }
    if let Some(bytes) = object.bytes() {
        return match bytes {
            [byte] => Ok(u64::from(*byte)),
            _ => Err(character::must_be("char", "bytes of length 1", "bytes")),
        };
    }
    if let Some(pointer) = function::pointer_of(object)? {
        return Ok(pointer.data().expose_provenance() as u64);
    }
    integer::to_int_object(object, Floats::Truncated)?
        .borrow()
        .low_bits()
}

fn cast_to_integer(ctype: &CType, object: Borrowed<'_>) -> PyResult<CDataRef> {
    let mut bits = if ctype.kind == Kind::Bool {
        bool_bits(ctype, object)?
    } else {
        integer_bits(ctype, object)?
    };
    if ctype.kind == Kind::Bool {
        bits = u64::from(bits != 0);
    }
    let made = owning::new_value(ctype.to_ref())?;
    // SAFETY: fresh memory of the type's size.
    unsafe { integer::write(made.data(), ctype.raw_size().unsigned_abs(), bits) }
    Ok(made)
}

/// Conversion to `_Bool` compares with zero (C11 6.3.1.2), which is not the same as looking at the low bits.
fn bool_bits(ctype: &CType, object: Borrowed<'_>) -> PyResult<u64> {
    if let Some(source) = CData::from_object(object) {
        let kind = source.ctype().kind;
        if kind.is_primitive() && kind != Kind::Complex {
            return crate::cdata::arithmetic::is_true(source).map(u64::from);
        }
        if matches!(kind, Kind::Pointer | Kind::Function | Kind::Array) {
            return Ok(u64::from(!source.data().is_null()));
        }
    }
    if object.is_str() || object.is_bytes() {
        return integer_bits(ctype, object);
    }
    integer::truth_of_number(object).map(u64::from)
}

/// The real number that can be cast to a floating type; `None` for a `long double`, which is copied.
fn cast_to_float(ctype: &CType, object: Borrowed<'_>) -> PyResult<CDataRef> {
    let made;
    let value = if let Some(source) = CData::from_object(object) {
        match source.ctype().kind {
            Kind::LongDouble if ctype.kind == Kind::LongDouble => {
                made = owning::new_value(ctype.to_ref())?;
                // SAFETY: two long doubles.
                unsafe {
                    std::ptr::copy_nonoverlapping(
                        source.data(),
                        made.data(),
                        ctype.raw_size().unsigned_abs(),
                    )
                }
                return Ok(made);
            }
            // SAFETY: the value of a long double cdata.
            Kind::LongDouble => unsafe { cffi_call::long_double::read_f64(source.data()) },
            // SAFETY: the value of a float cdata.
            Kind::Float => unsafe {
                float::read(source.data(), source.ctype().raw_size().unsigned_abs())
            },
            kind if kind.is_integral() => crate::cdata::arithmetic::to_int(source)?
                .borrow()
                .as_f64()?,
            Kind::Complex => return Err(raise!(TypeError, "must be real number, not complex")),
            _ => return Err(cannot_cast(source, ctype)),
        }
    } else if object.is_str() || object.is_bytes() {
        character_value(ctype, object)?
    } else {
        object.as_f64()?
    };
    made = owning::new_value(ctype.to_ref())?;
    // SAFETY: fresh memory of the type's size.
    unsafe {
        if ctype.kind == Kind::LongDouble {
            store_long_double(made.data(), object, value);
        } else {
            float::write(made.data(), ctype.raw_size().unsigned_abs(), value);
        }
    }
    Ok(made)
}

/// Integers go to `long double` exactly, which has more bits than `double`.
unsafe fn store_long_double(data: *mut u8, object: Borrowed<'_>, value: f64) {
    let wide = if object.is_int() {
        object.wide().ok()
    } else {
        None
    };
    // SAFETY: the caller's promise: memory of a long double.
    unsafe {
        match wide {
            Some(Wide::Signed(value)) => cffi_call::long_double::write_i64(data, value),
            Some(Wide::Unsigned(value)) => cffi_call::long_double::write_u64(data, value),
            _ => cffi_call::long_double::write_f64(data, value),
        }
    }
}

fn character_value(ctype: &CType, object: Borrowed<'_>) -> PyResult<f64> {
    if let Some([byte]) = object.bytes() {
        return Ok(f64::from(*byte));
    }
    if object.is_str() {
        if let [point] = object.code_points()?.as_slice() {
            return Ok(f64::from(*point));
        }
    }
    Err(float::cannot_cast(object, ctype))
}

#[cold]
fn cannot_cast(source: &CData, ctype: &CType) -> Raised {
    raise!(
        TypeError,
        "cannot cast ctype '{}' to ctype '{}'",
        source.ctype().name(),
        ctype.name()
    )
}

fn cast_to_complex(ctype: &CType, object: Borrowed<'_>) -> PyResult<CDataRef> {
    let (real, imag) = if let Some(source) = CData::from_object(object) {
        match source.ctype().kind {
            Kind::Complex => {
                // SAFETY: the value of a complex cdata.
                let value = unsafe { float::load_complex(source.ctype(), source.data()) }?;
                value.borrow().as_complex()?
            }
            kind if kind.is_primitive() => {
                let number = cast_to_float(
                    &*crate::ctype::primitive::primitive(cffi_model::primitive::Primitive::Double)?,
                    object,
                )?;
                // SAFETY: the double just made.
                (unsafe { float::read(number.data(), 8) }, 0.0)
            }
            _ => return Err(cannot_cast(source, ctype)),
        }
    } else if object.is_str() || object.is_bytes() {
        (character_value(ctype, object)?, 0.0)
    } else {
        object.as_complex()?
    };
    let made = owning::new_value(ctype.to_ref())?;
    let half = ctype.raw_size().unsigned_abs() / 2;
    // SAFETY: fresh memory of the type's size: two numbers of half of it.
    unsafe {
        float::write(made.data(), half, real);
        float::write(made.data().add(half), half, imag);
    }
    Ok(made)
}
