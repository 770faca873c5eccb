//! Operations on `long double` by address; the arithmetic is in `long_double.c`.

use std::ffi::{c_char, c_double, c_int, c_longlong, c_ulonglong, c_void};

unsafe extern "C" {
    fn cffi_long_double_to_double(place: *const c_void) -> c_double;
    fn cffi_long_double_from_double(place: *mut c_void, value: c_double);
    fn cffi_long_double_from_i64(place: *mut c_void, value: c_longlong);
    fn cffi_long_double_from_u64(place: *mut c_void, value: c_ulonglong);
    fn cffi_long_double_is_zero(place: *const c_void) -> c_int;
    fn cffi_long_double_to_text(place: *const c_void, text: *mut c_char, size: usize) -> c_int;
}

/// The nearest `double`.
///
/// # Safety
/// `place` holds a `long double`, aligned or not.
#[must_use]
pub unsafe fn read_f64(place: *const u8) -> f64 {
    // SAFETY: the caller's promise.
    unsafe { cffi_long_double_to_double(place.cast()) }
}

/// Stores a `double`.
///
/// # Safety
/// `place` has room for a `long double`, aligned or not.
pub unsafe fn write_f64(place: *mut u8, value: f64) {
    // SAFETY: the caller's promise.
    unsafe { cffi_long_double_from_double(place.cast(), value) }
}

/// Stores an integer exactly where `long double` can.
///
/// # Safety
/// `place` has room for a `long double`, aligned or not.
pub unsafe fn write_i64(place: *mut u8, value: i64) {
    // SAFETY: the caller's promise.
    unsafe { cffi_long_double_from_i64(place.cast(), value) }
}

/// Stores an integer exactly where `long double` can.
///
/// # Safety
/// `place` has room for a `long double`, aligned or not.
pub unsafe fn write_u64(place: *mut u8, value: u64) {
    // SAFETY: the caller's promise.
    unsafe { cffi_long_double_from_u64(place.cast(), value) }
}

/// Whether the value is zero, of either sign.
///
/// # Safety
/// `place` holds a `long double`, aligned or not.
#[must_use]
pub unsafe fn is_zero(place: *const u8) -> bool {
    // SAFETY: the caller's promise.
    unsafe { cffi_long_double_is_zero(place.cast()) != 0 }
}

/// The value as `printf("%LE")` shows it.
///
/// # Safety
/// `place` holds a `long double`, aligned or not.
#[must_use]
pub unsafe fn to_text(place: *const u8) -> String {
    let mut text = [0u8; 128];
    // SAFETY: the caller's promise, and room of the size given.
    let length =
        unsafe { cffi_long_double_to_text(place.cast(), text.as_mut_ptr().cast(), text.len()) };
    let length = usize::try_from(length).unwrap_or(0).min(text.len());
    String::from_utf8_lossy(text.get(..length).unwrap_or(&[])).into_owned()
}
