//! `float`, `double`, `long double` and the complex types.

use cffi_python::int;
use cffi_python::{Borrowed, Owned, PyResult, Raised, raise};

use crate::cdata::{CData, CDataRef, owning};
use crate::ctype::{CType, Kind};

/// Reads a `float` or `double`.
///
/// # Safety
/// `data` is readable for `size` bytes, 4 or 8; it need not be aligned.
#[inline]
pub unsafe fn read(data: *const u8, size: usize) -> f64 {
    // SAFETY: the caller's promise.
    unsafe {
        if size == 4 {
            data.cast::<f32>().read_unaligned().into()
        } else {
            data.cast::<f64>().read_unaligned()
        }
    }
}

/// Writes a `float` or `double`, rounding as C's conversion does (C11 6.3.1.5).
///
/// # Safety
/// `data` is writable for `size` bytes, 4 or 8; it need not be aligned.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "C's conversion to float rounds in the same way"
)]
pub unsafe fn write(data: *mut u8, size: usize, value: f64) {
    // SAFETY: the caller's promise.
    unsafe {
        if size == 4 {
            data.cast::<f32>().write_unaligned(value as f32)
        } else {
            data.cast::<f64>().write_unaligned(value)
        }
    }
}

/// A cdata with a copy of the `long double` at `data`: Python's float could not hold it.
///
/// # Safety
/// `data` is readable for the size of `ctype`.
pub unsafe fn load_long_double(ctype: &CType, data: *const u8) -> PyResult<Owned> {
    let made: CDataRef = owning::new_value(ctype.to_ref())?;
    // SAFETY: the caller's promise, and fresh memory of the same size.
    unsafe { std::ptr::copy_nonoverlapping(data, made.data(), ctype.raw_size().unsigned_abs()) }
    Ok(made.into_owned())
}

/// Stores a `long double`: exactly from another one, otherwise from `float(object)`.
///
/// # Safety
/// `data` is writable for the size of `ctype`.
pub unsafe fn store_long_double(
    ctype: &CType,
    data: *mut u8,
    object: Borrowed<'_>,
) -> PyResult<()> {
    if let Some(other) =
        CData::from_object(object).filter(|other| other.ctype().kind == Kind::LongDouble)
    {
        // SAFETY: both are readable or writable for the size of long double; they may be the same object.
        unsafe { std::ptr::copy(other.data(), data, ctype.raw_size().unsigned_abs()) }
        return Ok(());
    }
    let value = object.as_f64()?;
    // SAFETY: the caller's promise.
    unsafe { cffi_call::long_double::write_f64(data, value) }
    Ok(())
}

/// Loads a complex number.
///
/// # Safety
/// `data` is readable for the size of `ctype`, a complex type.
pub unsafe fn load_complex(ctype: &CType, data: *const u8) -> PyResult<Owned> {
    let half = ctype.raw_size().unsigned_abs() / 2;
    // SAFETY: real part, then imaginary part (C11 6.2.5p13).
    let (real, imag) = unsafe { (read(data, half), read(data.add(half), half)) };
    int::from_complex(real, imag)
}

/// Stores a complex number.
///
/// # Safety
/// `data` is writable for the size of `ctype`, a complex type.
pub unsafe fn store_complex(ctype: &CType, data: *mut u8, object: Borrowed<'_>) -> PyResult<()> {
    let (real, imag) = object.as_complex()?;
    let half = ctype.raw_size().unsigned_abs() / 2;
    // SAFETY: real part, then imaginary part.
    unsafe {
        write(data, half, real);
        write(data.add(half), half, imag);
    }
    Ok(())
}

/// The value of a Python object for a `float` or `double`.
#[inline]
pub fn to_f64(object: Borrowed<'_>) -> PyResult<f64> {
    object.as_f64()
}

/// Refuses a cast that has no meaning.
#[cold]
pub fn cannot_cast(object: Borrowed<'_>, ctype: &CType) -> Raised {
    raise!(
        TypeError,
        "cannot cast {} object to ctype '{}'",
        object.type_name(),
        ctype.name()
    )
}
