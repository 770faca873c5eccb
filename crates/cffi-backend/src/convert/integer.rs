//! Integers: raw memory, range checks, Python objects.

use cffi_python::bits::ToUnsigned;
use cffi_python::int::{self, Wide};
use cffi_python::{Borrowed, Owned, PyResult, Raised, error, ffi, raise};

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

/// The value of an integer type that a Python object gives, range-checked, as the bits to write.
#[inline]
pub fn to_bits(ctype: &CType, object: Borrowed<'_>) -> PyResult<u64> {
    let size = ctype.raw_size().unsigned_abs();
    let wide = if object.is_int() {
        object.wide()?
    } else {
        wide_of_other(object)?
    };
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

/// The number of an object that is no `int`: an integer cdata, or whatever has `__int__` or `__index__` and is no float.
#[cold]
fn wide_of_other(object: Borrowed<'_>) -> PyResult<Wide> {
    to_int_object(object)?.borrow().wide()
}

/// The `int` of an object that stands for an integer; floats and float cdata are refused.
pub fn to_int_object(object: Borrowed<'_>) -> PyResult<Owned> {
    let is_float = object.is_float()
        || CData::from_object(object).is_some_and(|cdata| !cdata.ctype().kind.is_integral());
    if is_float || object.is_str() || object.is_bytes() {
        return Err(raise!(TypeError, "an integer is required"));
    }
    if object.is_int() {
        return Ok(object.to_owned());
    }
    // SAFETY: a valid object. `__int__` counts as well as `__index__`.
    let number = unsafe { Owned::from_new(ffi::PyNumber_Long(object.as_ptr())) };
    match number {
        Ok(number) if number.borrow().is_int() => Ok(number),
        Ok(_) => Err(raise!(TypeError, "integer conversion failed")),
        Err(Raised) => {
            let no_conversion = error::Exception::TypeError.is_set()
                && object.optional_type_attribute(c"__int__").is_none()
                && object.optional_type_attribute(c"__index__").is_none();
            if no_conversion {
                error::clear();
                return Err(raise!(TypeError, "an integer is required"));
            }
            Err(Raised)
        }
    }
}

/// Looks up special methods on the type of an object, as the interpreter does.
trait TypeAttribute {
    fn optional_type_attribute(self, name: &std::ffi::CStr) -> Option<Owned>;
}

impl TypeAttribute for Borrowed<'_> {
    fn optional_type_attribute(self, name: &std::ffi::CStr) -> Option<Owned> {
        let pending = error::fetch();
        // SAFETY: a type is a valid object for as long as its instance.
        let class = unsafe { Borrowed::from_ptr(self.type_ptr().cast()) };
        let found = class.optional_attribute(name).ok().flatten();
        pending.restore();
        found
    }
}

/// The bits of a `_Bool` that a Python object gives: 0 or 1, nothing else.
pub fn to_bool_bits(ctype: &CType, object: Borrowed<'_>) -> PyResult<u64> {
    let number = to_int_object(object)?;
    match number.borrow().wide()? {
        Wide::Signed(value @ (0 | 1)) => Ok(value.to_unsigned()),
        Wide::Signed(_) => Err(does_not_fit(ctype.name(), number.borrow())),
        Wide::TooLarge { negative: true } => Err(does_not_fit(ctype.name(), number.borrow())),
        Wide::Unsigned(_) | Wide::TooLarge { .. } => {
            Err(does_not_fit(ctype.name(), number.borrow()))
        }
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
