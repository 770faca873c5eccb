//! Integers: raw memory, range checks, Python objects.

use cffi_python::bits::ToUnsigned;
use cffi_python::int::{self, Wide};
use cffi_python::{Borrowed, Owned, PyResult, Raised, ffi, raise};

use crate::cdata::CData;
use crate::ctype::{CType, Kind};

/// Reads a signed integer of 1, 2, 4 or 8 bytes.
///
/// # Safety
/// `data` is readable for `size` bytes; it need not be aligned.
#[inline]
pub unsafe fn read_signed(data: *const u8, size: usize) -> i64 {
    // SAFETY: the caller's promise.
    unsafe {
        match size {
            1 => data.cast::<i8>().read().into(),
            2 => data.cast::<i16>().read_unaligned().into(),
            4 => data.cast::<i32>().read_unaligned().into(),
            _ => data.cast::<i64>().read_unaligned(),
        }
    }
}

/// Reads an unsigned integer of 1, 2, 4 or 8 bytes.
///
/// # Safety
/// `data` is readable for `size` bytes; it need not be aligned.
#[inline]
pub unsafe fn read_unsigned(data: *const u8, size: usize) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        match size {
            1 => data.read().into(),
            2 => data.cast::<u16>().read_unaligned().into(),
            4 => data.cast::<u32>().read_unaligned().into(),
            _ => data.cast::<u64>().read_unaligned(),
        }
    }
}

/// Writes the lowest 1, 2, 4 or 8 bytes of a value.
///
/// # Safety
/// `data` is writable for `size` bytes; it need not be aligned.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the lowest bytes are what is asked for"
)]
pub unsafe fn write(data: *mut u8, size: usize, value: u64) {
    // SAFETY: the caller's promise.
    unsafe {
        match size {
            1 => data.write(value as u8),
            2 => data.cast::<u16>().write_unaligned(value as u16),
            4 => data.cast::<u32>().write_unaligned(value as u32),
            _ => data.cast::<u64>().write_unaligned(value),
        }
    }
}

/// Whether a signed value fits in `size` bytes.
#[inline]
const fn fits_signed(value: i64, size: usize) -> bool {
    let unused = 64 - 8 * size;
    (value << unused) >> unused == value
}

/// Whether an unsigned value fits in `size` bytes.
#[inline]
const fn fits_unsigned(value: u64, size: usize) -> bool {
    size >= 8 || value >> (8 * size) == 0
}

/// The number of an object that stands for an integer.
#[inline]
pub fn to_wide(object: Borrowed<'_>) -> PyResult<Wide> {
    if object.is_int() {
        object.wide()
    } else {
        wide_of_other(object)
    }
}

/// The value of an integer type that a Python object gives, range-checked, as the bits to write.
#[inline]
pub fn to_bits(ctype: &CType, object: Borrowed<'_>) -> PyResult<u64> {
    let size = ctype.raw_size().unsigned_abs();
    let wide = to_wide(object)?;
    let unsigned = ctype.kind != Kind::Signed;
    match wide {
        Wide::Signed(value) if !unsigned && fits_signed(value, size) => Ok(value.to_unsigned()),
        Wide::Signed(value)
            if unsigned && value >= 0 && fits_unsigned(value.to_unsigned(), size) =>
        {
            Ok(value.to_unsigned())
        }
        Wide::Unsigned(value) if unsigned && fits_unsigned(value, size) => Ok(value),
        _ => Err(overflow(ctype, object, wide, unsigned)),
    }
}

#[cold]
fn overflow(ctype: &CType, object: Borrowed<'_>, wide: Wide, unsigned: bool) -> Raised {
    let negative = matches!(wide, Wide::Signed(value) if value < 0)
        || matches!(wide, Wide::TooLarge { negative: true });
    if unsigned && negative {
        return raise!(OverflowError, "can't convert negative number to unsigned");
    }
    let wider_than_c =
        matches!(wide, Wide::TooLarge { .. }) || matches!(wide, Wide::Unsigned(_)) && !unsigned;
    if wider_than_c {
        return raise!(OverflowError, "int too big to convert");
    }
    does_not_fit(ctype.name(), object)
}

/// The error of a value outside the range of its type.
#[cold]
pub fn does_not_fit(name: &str, object: Borrowed<'_>) -> Raised {
    raise!(
        OverflowError,
        "integer {} does not fit '{name}'",
        object.display()
    )
}

/// The number of an object that is no `int`: an integer cdata, or whatever has `__int__` and is no float.
#[cold]
fn wide_of_other(object: Borrowed<'_>) -> PyResult<Wide> {
    to_int_object(object, Floats::Refused)?.borrow().wide()
}

/// Whether floating-point numbers are integers after truncation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floats {
    /// In implicit conversions they are an error.
    Refused,
    /// In casts they are truncated.
    Truncated,
}

/// The `int` of an object by its `__int__`. `__index__` alone is not enough, nor is what `int()` parses.
pub fn to_int_object(object: Borrowed<'_>, floats: Floats) -> PyResult<Owned> {
    if object.is_int() {
        return Ok(object.to_owned());
    }
    let is_float = object.is_float()
        || CData::from_object(object)
            .is_some_and(|cdata| matches!(cdata.ctype().kind, Kind::Float | Kind::LongDouble));
    let number = if is_float && floats == Floats::Refused {
        None
    } else {
        object.call_slot(ffi::Py_nb_int)
    };
    let Some(number) = number else {
        return Err(raise!(TypeError, "an integer is required"));
    };
    let number = number?;
    if number.borrow().is_int() {
        Ok(number)
    } else {
        Err(raise!(TypeError, "integer conversion failed"))
    }
}

/// The bits of a `_Bool` that a Python object gives: 0 or 1, nothing else.
pub fn to_bool_bits(ctype: &CType, object: Borrowed<'_>) -> PyResult<u64> {
    let number = to_int_object(object, Floats::Refused)?;
    match number.borrow().wide()? {
        Wide::Signed(value @ (0 | 1)) => Ok(value.to_unsigned()),
        Wide::Signed(value) if value >= 0 => Err(does_not_fit(ctype.name(), object)),
        Wide::Unsigned(_) => Err(does_not_fit(ctype.name(), object)),
        wide => Err(overflow(ctype, object, wide, true)),
    }
}

/// Whether a number is not zero, for a cast to `_Bool`: floating-point numbers count as they are (C11 6.3.1.2).
pub fn truth_of_number(object: Borrowed<'_>) -> PyResult<bool> {
    if object.is_int() || object.is_float() {
        return object.is_true();
    }
    let convert = if CData::from_object(object).is_some() {
        None
    } else {
        object.call_slot(ffi::Py_nb_float)
    };
    let Some(number) = convert.or_else(|| object.call_slot(ffi::Py_nb_int)) else {
        return Err(raise!(TypeError, "integer/float expected"));
    };
    let number = number?;
    if number.borrow().is_int() || number.borrow().is_float() {
        number.borrow().is_true()
    } else {
        Err(raise!(TypeError, "integer/float conversion failed"))
    }
}

/// A new `int` of the integer at `data`.
///
/// # Safety
/// `data` is readable for the size of `ctype`, an integer type.
#[inline]
pub unsafe fn load(ctype: &CType, data: *const u8) -> PyResult<Owned> {
    let size = ctype.raw_size().unsigned_abs();
    // SAFETY: the caller's promise.
    unsafe {
        if ctype.kind == Kind::Signed {
            int::from_i64(read_signed(data, size))
        } else {
            int::from_u64(read_unsigned(data, size))
        }
    }
}
