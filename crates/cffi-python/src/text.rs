//! Python strings and bytes.

use crate::bits::ToSigned;
use std::ffi::{CStr, c_int};

use pyo3_ffi as ffi;

use crate::error::{PyResult, Raised};
use crate::raise;
use crate::reference::{Borrowed, Owned};

/// A new `str`.
pub fn from_str(text: &str) -> PyResult<Owned> {
    // SAFETY: the pointer and length are of one live slice, whose size fits in isize.
    unsafe {
        Owned::from_new(ffi::PyUnicode_FromStringAndSize(
            text.as_ptr().cast(),
            text.len().to_signed(),
        ))
    }
}

/// An interned `str` that lives as long as the caller keeps it; for names that are looked up often.
pub fn interned(text: &CStr) -> PyResult<Owned> {
    // SAFETY: a NUL-terminated text.
    unsafe { Owned::from_new(ffi::PyUnicode_InternFromString(text.as_ptr())) }
}

/// A new `bytes` of `length` bytes copied from `data`.
///
/// # Safety
/// `data` points at `length` readable bytes.
pub unsafe fn bytes_from_raw(data: *const u8, length: usize) -> PyResult<Owned> {
    let Ok(length) = isize::try_from(length) else {
        return Err(raise!(OverflowError, "too many bytes"));
    };
    // SAFETY: the caller's promise.
    unsafe { Owned::from_new(ffi::PyBytes_FromStringAndSize(data.cast(), length)) }
}

/// A new `bytes`.
pub fn bytes_from_slice(data: &[u8]) -> PyResult<Owned> {
    // SAFETY: pointer and length are of one live slice.
    unsafe { bytes_from_raw(data.as_ptr(), data.len()) }
}

/// A new `str` of code units of 2 bytes each; well-formed surrogate pairs are joined, lone surrogates kept.
///
/// # Safety
/// `data` points at `length` readable units, which need not be aligned.
pub unsafe fn str_from_utf16(data: *const u8, length: usize) -> PyResult<Owned> {
    let mut units = Vec::with_capacity(length);
    let mut index = 0;
    let unit = |index: usize| {
        // SAFETY: index stays below `length`, by the caller's promise readable.
        u32::from(unsafe { data.add(index * 2).cast::<u16>().read_unaligned() })
    };
    while index < length {
        let first = unit(index);
        index += 1;
        if (0xD800..0xDC00).contains(&first) && index < length {
            let second = unit(index);
            if (0xDC00..0xE000).contains(&second) {
                index += 1;
                units.push(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
                continue;
            }
        }
        units.push(first);
    }
    from_code_points(&units)
}

/// A new `str` of code points of 4 bytes each; `ValueError` above U+10FFFF.
///
/// # Safety
/// `data` points at `length` readable units, which need not be aligned.
pub unsafe fn str_from_utf32(data: *const u8, length: usize) -> PyResult<Owned> {
    let mut points = Vec::with_capacity(length);
    for index in 0..length {
        // SAFETY: index is below `length`, by the caller's promise readable.
        let point = unsafe { data.add(index * 4).cast::<u32>().read_unaligned() };
        if point > 0x0010_FFFF {
            return Err(raise!(
                ValueError,
                "char32_t out of range for conversion to unicode: 0x{point:x}"
            ));
        }
        points.push(point);
    }
    from_code_points(&points)
}

/// A new `str` of code points, surrogates allowed as Python allows them.
pub fn from_code_points(points: &[u32]) -> PyResult<Owned> {
    crate::version::str_of_code_points(points)
}

impl<'a> Borrowed<'a> {
    /// The UTF-8 form of a `str`, cached in the object; raises for lone surrogates and for objects that are no `str`.
    pub fn utf8(self) -> PyResult<&'a str> {
        let mut size = 0;
        // SAFETY: a valid object; a non-str raises TypeError.
        let data = unsafe { ffi::PyUnicode_AsUTF8AndSize(self.as_ptr(), &raw mut size) };
        if data.is_null() {
            return Err(Raised);
        }
        // SAFETY: the cached UTF-8 form lives as long as the str, that is for 'a.
        let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), size.unsigned_abs()) };
        // SAFETY: CPython gives valid UTF-8.
        Ok(unsafe { std::str::from_utf8_unchecked(bytes) })
    }

    /// The number of code points of a `str`.
    #[must_use]
    pub fn str_len(self) -> usize {
        // SAFETY: a valid object; -1 with an error for a non-str, which callers excluded.
        let length = unsafe { ffi::PyUnicode_GetLength(self.as_ptr()) };
        length.unsigned_abs()
    }

    /// The code points of a `str`.
    pub fn code_points(self) -> PyResult<Vec<u32>> {
        let mut points = vec![0u32; self.str_len()];
        // SAFETY: room for the code points.
        unsafe { self.copy_code_points(points.as_mut_ptr())? }
        Ok(points)
    }

    /// Copies the code points of a `str`.
    ///
    /// # Safety
    /// `data` is aligned and has room for [`Self::str_len`] of them.
    pub unsafe fn copy_code_points(self, data: *mut u32) -> PyResult<()> {
        let length = self.str_len();
        // SAFETY: the caller's promise; no terminating null is asked for.
        let done = length == 0
            || unsafe {
                !ffi::PyUnicode_AsUCS4(self.as_ptr(), data, length.to_signed(), 0).is_null()
            };
        if done { Ok(()) } else { Err(Raised) }
    }

    /// The contents of a `bytes` object.
    #[must_use]
    #[inline]
    pub fn bytes(self) -> Option<&'a [u8]> {
        if !self.is_bytes() {
            return None;
        }
        // SAFETY: a bytes object: its data has its size, and neither changes while the object lives.
        unsafe {
            let (data, size) = crate::version::bytes_parts(self.as_ptr());
            Some(std::slice::from_raw_parts(data, size))
        }
    }

    /// A `str`'s text or the best that can be shown of any object, for messages.
    #[must_use]
    pub fn display(self) -> String {
        match self
            .str()
            .and_then(|text| text.borrow().utf8().map(str::to_owned))
        {
            Ok(text) => text,
            Err(Raised) => {
                crate::error::clear();
                format!("<{} object>", self.type_name())
            }
        }
    }

    /// `repr()` as text, for messages.
    #[must_use]
    pub fn repr_text(self) -> String {
        match self
            .repr()
            .and_then(|text| text.borrow().utf8().map(str::to_owned))
        {
            Ok(text) => text,
            Err(Raised) => {
                crate::error::clear();
                format!("<{} object>", self.type_name())
            }
        }
    }
}

/// Appends a code point in UTF-16; the number of units is 1 or 2.
pub fn encode_utf16(point: u32, out: &mut Vec<u16>) {
    if let Some(rest) = point.checked_sub(0x10000) {
        out.push(unit(0xD800 + (rest >> 10)));
        out.push(unit(0xDC00 + (rest & 0x3FF)));
    } else {
        out.push(unit(point));
    }
}

fn unit(value: u32) -> u16 {
    u16::try_from(value & 0xFFFF).unwrap_or_default()
}

/// A flag of C as Rust has it.
#[must_use]
pub const fn truth(value: c_int) -> bool {
    value != 0
}
