//! Python integers and floats to and from machine numbers.

use pyo3_ffi as ffi;

use crate::error::{PyResult, check};
use crate::reference::{Borrowed, Owned};

/// A new `int` of a signed value.
#[inline]
pub fn from_i64(value: i64) -> PyResult<Owned> {
    // SAFETY: no preconditions.
    unsafe { Owned::from_new(ffi::PyLong_FromLongLong(value)) }
}

/// A new `int` of an unsigned value.
#[inline]
pub fn from_u64(value: u64) -> PyResult<Owned> {
    // SAFETY: no preconditions.
    unsafe { Owned::from_new(ffi::PyLong_FromUnsignedLongLong(value)) }
}

/// A new `int` of a size or index.
#[inline]
pub fn from_isize(value: isize) -> PyResult<Owned> {
    // SAFETY: no preconditions.
    unsafe { Owned::from_new(ffi::PyLong_FromSsize_t(value)) }
}

/// A new `int` of a size.
#[inline]
pub fn from_usize(value: usize) -> PyResult<Owned> {
    // SAFETY: no preconditions.
    unsafe { Owned::from_new(ffi::PyLong_FromSize_t(value)) }
}

/// A new `int` of any value up to 128 bits.
pub fn from_i128(value: i128) -> PyResult<Owned> {
    if let Ok(value) = i64::try_from(value) {
        return from_i64(value);
    }
    if let Ok(value) = u64::try_from(value) {
        return from_u64(value);
    }
    let text = std::ffi::CString::new(value.to_string()).unwrap_or_default();
    // SAFETY: a NUL-terminated decimal text.
    unsafe {
        Owned::from_new(ffi::PyLong_FromString(
            text.as_ptr(),
            std::ptr::null_mut(),
            10,
        ))
    }
}

/// A new `float`.
#[inline]
pub fn from_f64(value: f64) -> PyResult<Owned> {
    // SAFETY: no preconditions.
    unsafe { Owned::from_new(ffi::PyFloat_FromDouble(value)) }
}

/// What an `int` is as a 64-bit number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wide {
    /// It fits in `i64`.
    Signed(i64),
    /// It is larger than `i64::MAX` and fits in `u64`.
    Unsigned(u64),
    /// It needs more bits.
    TooLarge {
        /// Below zero.
        negative: bool,
    },
}

impl Borrowed<'_> {
    /// The value of an `int` object.
    #[inline]
    pub fn wide(self) -> PyResult<Wide> {
        match crate::version::small_int(self) {
            Some(value) => Ok(Wide::Signed(value)),
            None => self.wide_slowly(),
        }
    }

    fn wide_slowly(self) -> PyResult<Wide> {
        let mut overflow = 0;
        // SAFETY: a valid object; something without `__index__` raises TypeError.
        let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(self.as_ptr(), &raw mut overflow) };
        if overflow == 0 {
            if value == -1 {
                check()?;
            }
            return Ok(Wide::Signed(value));
        }
        if overflow < 0 {
            return Ok(Wide::TooLarge { negative: true });
        }
        // SAFETY: an int, since the call above did not raise.
        let value = unsafe { ffi::PyLong_AsUnsignedLongLong(self.as_ptr()) };
        if value == u64::MAX && crate::error::occurred() {
            crate::error::clear();
            return Ok(Wide::TooLarge { negative: false });
        }
        Ok(Wide::Unsigned(value))
    }

    /// The lowest 64 bits in two's complement of an `int` object.
    pub fn low_bits(self) -> PyResult<u64> {
        // SAFETY: a valid object; something that is no int raises.
        let value = unsafe { ffi::PyLong_AsUnsignedLongLongMask(self.as_ptr()) };
        if value == u64::MAX {
            check()?;
        }
        Ok(value)
    }

    /// The value of an `int` of one digit, as most indices are.
    #[inline]
    #[must_use]
    pub fn one_digit_isize(self) -> Option<isize> {
        isize::try_from(crate::version::one_digit_int(self)?).ok()
    }

    /// `operator.index(self)` as a size or index; `OverflowError` where it does not fit.
    pub fn as_isize(self) -> PyResult<isize> {
        if let Some(value) = self.one_digit_isize() {
            return Ok(value);
        }
        // SAFETY: a valid object and a valid exception class.
        let value = unsafe { ffi::PyNumber_AsSsize_t(self.as_ptr(), ffi::PyExc_OverflowError) };
        if value == -1 {
            check()?;
        }
        Ok(value)
    }

    /// `float(self)` by `__float__` or `__index__`.
    #[inline]
    pub fn as_f64(self) -> PyResult<f64> {
        if let Some(value) = crate::version::exact_float(self) {
            return Ok(value);
        }
        // SAFETY: a valid object.
        let value = unsafe { ffi::PyFloat_AsDouble(self.as_ptr()) };
        crate::error::check_value(value)?;
        Ok(value)
    }

    /// `operator.index(self)`
    pub fn index(self) -> PyResult<Owned> {
        // SAFETY: a valid object.
        unsafe { Owned::from_new(ffi::PyNumber_Index(self.as_ptr())) }
    }

    /// `int(self)`
    pub fn to_int(self) -> PyResult<Owned> {
        // SAFETY: a valid object.
        unsafe { Owned::from_new(ffi::PyNumber_Long(self.as_ptr())) }
    }

    /// Real and imaginary part by `__complex__`, `__float__` or `__index__`.
    pub fn as_complex(self) -> PyResult<(f64, f64)> {
        crate::version::complex_value(self)
    }
}

/// A new `complex`.
pub fn from_complex(real: f64, imag: f64) -> PyResult<Owned> {
    // SAFETY: no preconditions.
    unsafe { Owned::from_new(ffi::PyComplex_FromDoubles(real, imag)) }
}
