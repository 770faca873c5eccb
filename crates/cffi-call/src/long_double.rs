//! Operations on `long double` by address; the arithmetic is in `long_double.c`.

use std::cmp::Ordering;
use std::ffi::{CStr, c_char, c_double, c_int, c_longlong, c_ulonglong, c_void};

unsafe extern "C" {
    fn cffi_long_double_to_double(place: *const c_void) -> c_double;
    fn cffi_long_double_from_double(place: *mut c_void, value: c_double);
    fn cffi_long_double_from_i64(place: *mut c_void, value: c_longlong);
    fn cffi_long_double_from_u64(place: *mut c_void, value: c_ulonglong);
    fn cffi_long_double_is_zero(place: *const c_void) -> c_int;
    fn cffi_long_double_to_text(place: *const c_void, text: *mut c_char, size: usize) -> c_int;
    fn cffi_long_double_add(place: *mut c_void, other: *const c_void);
    fn cffi_long_double_is_nan(place: *const c_void) -> c_int;
    fn cffi_long_double_is_infinite(place: *const c_void) -> c_int;
    fn cffi_long_double_compare(left: *const c_void, right: *const c_void) -> c_int;
    fn cffi_long_double_to_digits(place: *const c_void, text: *mut c_char, size: usize) -> c_int;
    fn cffi_long_double_from_text(place: *mut c_void, text: *const c_char) -> c_int;
    fn cffi_long_double_returning_function(
        source: unsafe extern "C" fn(*mut c_void, *mut u8),
    ) -> *const c_void;
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

/// The address of a C function `long double f(void *object)` that returns what `source(object, place)` stores, or -1 if it stores
/// nothing. There is one such function: a later source takes the place of an earlier one.
#[must_use]
pub fn returning_function(source: unsafe extern "C" fn(*mut c_void, *mut u8)) -> *const c_void {
    // SAFETY: no preconditions; it is called with what `source` asks for by whoever gets the address.
    unsafe { cffi_long_double_returning_function(source) }
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

/// Adds another value to the one at `place`.
///
/// # Safety
/// Both hold a `long double`, aligned or not.
pub unsafe fn add(place: *mut u8, other: *const u8) {
    // SAFETY: the caller's promise.
    unsafe { cffi_long_double_add(place.cast(), other.cast()) }
}

/// Whether it is not a number.
///
/// # Safety
/// `place` holds a `long double`, aligned or not.
#[must_use]
pub unsafe fn is_nan(place: *const u8) -> bool {
    // SAFETY: the caller's promise.
    unsafe { cffi_long_double_is_nan(place.cast()) != 0 }
}

/// How two values compare; `None` if one of them is not a number.
///
/// # Safety
/// Both hold a `long double`, aligned or not.
#[must_use]
pub unsafe fn compare(left: *const u8, right: *const u8) -> Option<Ordering> {
    // SAFETY: the caller's promise.
    match unsafe { cffi_long_double_compare(left.cast(), right.cast()) } {
        -1 => Some(Ordering::Less),
        0 => Some(Ordering::Equal),
        1 => Some(Ordering::Greater),
        _ => None,
    }
}

/// The integral part in decimal digits, with the sign; `None` if there is none: infinite, or not a number.
///
/// # Safety
/// `place` holds a `long double`, aligned or not.
#[must_use]
pub unsafe fn to_digits(place: *const u8) -> Option<String> {
    // SAFETY: the caller's promise.
    if unsafe { is_nan(place) || cffi_long_double_is_infinite(place.cast()) != 0 } {
        return None;
    }
    // The largest finite value has LDBL_MAX_10_EXP + 1 digits: 4933 in the formats with 15 bits of exponent.
    // SAFETY: the caller's promise, and room of the size given.
    Some(unsafe {
        print::<5000>(|text, size| cffi_long_double_to_digits(place.cast(), text, size))
    })
}

/// Reads a decimal or hexadecimal number, rounded once; whether the text was one. In the C locale of the moment, as `strtold`.
///
/// # Safety
/// `place` has room for a `long double`, aligned or not.
#[must_use]
pub unsafe fn write_text(place: *mut u8, text: &CStr) -> bool {
    // SAFETY: the caller's promise and a NUL-terminated text.
    unsafe { cffi_long_double_from_text(place.cast(), text.as_ptr()) != 0 }
}

/// The value as `printf("%LE")` shows it.
///
/// # Safety
/// `place` holds a `long double`, aligned or not.
#[must_use]
pub unsafe fn to_text(place: *const u8) -> String {
    // SAFETY: the caller's promise, and room of the size given.
    unsafe { print::<128>(|text, size| cffi_long_double_to_text(place.cast(), text, size)) }
}

/// What `write` writes, as `snprintf` does, into `SIZE` bytes.
fn print<const SIZE: usize>(write: impl FnOnce(*mut c_char, usize) -> c_int) -> String {
    let mut text = [0u8; SIZE];
    let length = usize::try_from(write(text.as_mut_ptr().cast(), text.len())).unwrap_or(0);
    String::from_utf8_lossy(text.get(..length).unwrap_or(&[])).into_owned()
}
