//! `ffi.string()` and `ffi.unpack()`.

use cffi_python::{Owned, PyResult, Raised, object, raise, text};

use super::items_of;
use crate::cdata::{CData, show};
use crate::convert::{integer, load};
use crate::ctype::{CType, Kind};

/// Types whose arrays are strings of bytes.
fn is_byte(item: &CType) -> bool {
    item.raw_size() == 1 && matches!(item.kind, Kind::Char | Kind::Signed | Kind::Unsigned)
}

/// `ffi.string(cdata, maxlen)`; `maxlen` negative: as long as the type says.
pub fn string(cdata: &CData, max_length: isize) -> PyResult<Owned> {
    if let Some(item) = items_of(cdata) {
        let integer = matches!(item.kind, Kind::Char | Kind::Signed | Kind::Unsigned);
        if (integer || item.kind == Kind::WideChar) && cdata.data().is_null() {
            return Err(raise!(
                RuntimeError,
                "cannot use string() on {}",
                show::repr(cdata)?
            ));
        }
        if is_byte(item) || item.kind == Kind::WideChar {
            let mut limit = usize::try_from(max_length).ok();
            if cdata.ctype().kind == Kind::Array {
                let length = cdata.array_length().unsigned_abs();
                limit = Some(limit.map_or(length, |limit| limit.min(length)));
            }
            let size = item.raw_size().unsigned_abs();
            let length = length_to_null(cdata.data(), size, limit);
            // SAFETY: `length` units in front of the terminating null or of the limit.
            return unsafe { units(cdata.data(), size, item.kind, length) };
        }
    }
    let ctype = cdata.ctype();
    if let Some(text) = show::enum_text(cdata)? {
        return Ok(text);
    }
    if ctype.kind.is_primitive() && (is_byte(ctype) || ctype.kind == Kind::WideChar) {
        // SAFETY: the value of a character cdata.
        return unsafe { units(cdata.data(), ctype.raw_size().unsigned_abs(), ctype.kind, 1) };
    }
    Err(raise!(
        TypeError,
        "string(): unexpected cdata '{}' argument",
        ctype.name()
    ))
}

fn length_to_null(data: *const u8, size: usize, limit: Option<usize>) -> usize {
    if size == 1 {
        // SAFETY: without a limit, the program says that there is a terminating null.
        return unsafe {
            match limit {
                None => libc::strlen(data.cast()),
                Some(limit) => libc::strnlen(data.cast(), limit),
            }
        };
    }
    let mut length = 0;
    while limit.is_none_or(|limit| length < limit) {
        // SAFETY: as above, for wide characters.
        if unsafe { integer::read_unsigned(data.add(length * size), size) } == 0 {
            break;
        }
        length += 1;
    }
    length
}

/// So many that memory for them may not be there.
const MANY_CHARACTERS: usize = 1 << 24;

/// # Safety
/// `data` is readable for `length` units.
unsafe fn units(data: *const u8, size: usize, kind: Kind, length: usize) -> PyResult<Owned> {
    if kind == Kind::WideChar && length >= MANY_CHARACTERS {
        // The characters are collected in memory whose absence Rust would not survive.
        let mut probe: Vec<u32> = Vec::new();
        if probe.try_reserve_exact(length).is_err() {
            return Err(raise!(MemoryError, "{length} characters"));
        }
    }
    // SAFETY: the caller's promise.
    unsafe {
        match (kind, size) {
            (Kind::WideChar, 2) => text::str_from_utf16(data, length),
            (Kind::WideChar, _) => text::str_from_utf32(data, length),
            _ => text::bytes_from_raw(data, length),
        }
    }
}

/// `ffi.unpack(cdata, length)`
pub fn unpack(cdata: &CData, length: isize) -> PyResult<Owned> {
    let Some(item) = items_of(cdata) else {
        return Err(raise!(
            TypeError,
            "expected a pointer or array, got '{}'",
            cdata.ctype().name()
        ));
    };
    let Ok(length) = usize::try_from(length) else {
        return Err(raise!(ValueError, "'length' cannot be negative"));
    };
    if cdata.data().is_null() {
        return Err(raise!(
            RuntimeError,
            "cannot use unpack() on {}",
            show::repr(cdata)?
        ));
    }
    if matches!(item.kind, Kind::Char | Kind::WideChar) {
        // SAFETY: the program says that there are `length` units.
        return unsafe {
            units(
                cdata.data(),
                item.raw_size().unsigned_abs(),
                item.kind,
                length,
            )
        };
    }
    let Some(size) = item.size()? else {
        return Err(unknown_items(cdata));
    };
    let data = cdata.data();
    match (item.kind, size) {
        // One loop for each common item, so that nothing is decided per item.
        (Kind::Signed, 4) => object::new_list(length, |index| {
            // SAFETY: the program says that there are `length` items.
            cffi_python::int::from_i64(
                unsafe { data.add(index * 4).cast::<i32>().read_unaligned() }.into(),
            )
        }),
        (Kind::Float, 8) => object::new_list(length, |index| {
            // SAFETY: as above.
            cffi_python::int::from_f64(unsafe {
                data.add(index * 8).cast::<f64>().read_unaligned()
            })
        }),
        // SAFETY: as above.
        _ => object::new_list(length, |index| unsafe {
            load(item, data.add(index * size))
        }),
    }
}

#[cold]
fn unknown_items(cdata: &CData) -> Raised {
    raise!(
        ValueError,
        "'{}' points to items of unknown size",
        cdata.ctype().name()
    )
}
