//! `char` and the wide characters.

use cffi_python::{Borrowed, Owned, PyResult, Raised, raise, text};

use crate::cdata::CData;
use crate::ctype::{CType, Kind};

/// The name under which messages speak of a wide character type.
pub fn wide_name(ctype: &CType) -> &'static str {
    if ctype.raw_size() == 2 {
        "char16_t"
    } else {
        "char32_t"
    }
}

/// A `str` of the one wide character at `data`; `ValueError` above U+10FFFF.
///
/// # Safety
/// `data` is readable for the size of `ctype`.
pub unsafe fn load_wide(ctype: &CType, data: *const u8) -> PyResult<Owned> {
    // SAFETY: the caller's promise.
    unsafe {
        if ctype.raw_size() == 2 {
            text::str_from_utf16(data, 1)
        } else {
            text::str_from_utf32(data, 1)
        }
    }
}

/// The byte for a `char`.
#[inline]
pub fn to_byte(ctype: &CType, object: Borrowed<'_>) -> PyResult<u8> {
    if let Some([byte]) = object.bytes() {
        return Ok(*byte);
    }
    if let Some(cdata) = CData::from_object(object).filter(|cdata| cdata.ctype().kind == Kind::Char)
    {
        // SAFETY: the value of a char cdata is one byte.
        return Ok(unsafe { cdata.data().read() });
    }
    let got = object.type_name();
    Err(must_be(ctype.name(), "bytes of length 1", &got))
}

/// The code unit for a wide character.
pub fn to_wide(ctype: &CType, object: Borrowed<'_>) -> PyResult<u64> {
    let wide = wide_name(ctype);
    if object.is_str() {
        let points = object.code_points()?;
        return match (points.as_slice(), ctype.raw_size()) {
            ([point], 4) => Ok(u64::from(*point)),
            ([point], _) if *point <= 0xFFFF => Ok(u64::from(*point)),
            ([_], _) => Err(must_be(wide, ONE_CHARACTER, "larger-than-0xFFFF character")),
            (points, _) => {
                let got = format!("unicode string of length {}", points.len());
                Err(must_be(wide, ONE_CHARACTER, &got))
            }
        };
    }
    if let Some(cdata) = CData::from_object(object) {
        if cdata.ctype().kind == Kind::WideChar && cdata.ctype().raw_size() == ctype.raw_size() {
            // SAFETY: the value of a wide-character cdata has its type's size.
            return Ok(unsafe {
                super::integer::read_unsigned(cdata.data(), ctype.raw_size().unsigned_abs())
            });
        }
    }
    Err(must_be(wide, ONE_CHARACTER, &object.type_name()))
}

const ONE_CHARACTER: &str = "unicode string of length 1";

/// The error of something that is no character.
#[cold]
pub fn must_be(name: &str, expected: &str, got: &str) -> Raised {
    raise!(
        TypeError,
        "initializer for ctype '{name}' must be a {expected}, not {got}"
    )
}

/// How many code units of `size` bytes a `str` takes.
pub fn encoded_length(object: Borrowed<'_>, size: usize) -> PyResult<usize> {
    if size != 2 {
        return Ok(object.str_len());
    }
    let points = object.code_points()?;
    let pairs = points.iter().filter(|point| **point > 0xFFFF).count();
    Ok(points.len() + pairs)
}

/// Writes the code units of a `str`, of `size` bytes each.
///
/// # Safety
/// `data` has room for [`encoded_length`] of them.
pub unsafe fn write_encoded(object: Borrowed<'_>, size: usize, data: *mut u8) -> PyResult<()> {
    // SAFETY: the caller's promise.
    unsafe {
        if size == 4 && data.cast::<u32>().is_aligned() {
            return object.copy_code_points(data.cast());
        }
        let units = encode(&object.code_points()?, size);
        std::ptr::copy_nonoverlapping(units.as_ptr(), data, units.len());
    }
    Ok(())
}

/// The code units of a `str` for an array of wide characters of `size` bytes each.
pub fn encode(points: &[u32], size: usize) -> Vec<u8> {
    if size == 2 {
        let mut units = Vec::with_capacity(points.len());
        for point in points {
            text::encode_utf16(*point, &mut units);
        }
        units.iter().flat_map(|unit| unit.to_ne_bytes()).collect()
    } else {
        points
            .iter()
            .flat_map(|point| point.to_ne_bytes())
            .collect()
    }
}
