//! `errno` kept per thread between calls: C functions see what the program set, and what they set survives whatever Python does.

use std::cell::Cell;
use std::ffi::c_int;

thread_local! {
    static SAVED: Cell<c_int> = const { Cell::new(0) };
}

/// The kept value.
#[inline]
#[must_use]
pub fn saved() -> c_int {
    SAVED.get()
}

/// Sets the kept value.
#[inline]
pub fn set_saved(value: c_int) {
    SAVED.set(value);
}

fn location() -> *mut c_int {
    // SAFETY: no preconditions; the address is valid for the life of this thread.
    unsafe {
        #[cfg(any(target_os = "linux", target_os = "emscripten"))]
        return libc::__errno_location();
        #[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
        return libc::__error();
        #[cfg(windows)]
        return libc::errno_location();
        #[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
        return libc::__errno();
    }
}

/// Runs C code between "restore errno" and "save errno".
#[inline]
pub fn around<R>(call: impl FnOnce() -> R) -> R {
    let place = location();
    // SAFETY: `errno` of this thread, before and after.
    unsafe { place.write(SAVED.get()) };
    let result = call();
    // SAFETY: as above.
    SAVED.set(unsafe { place.read() });
    result
}

/// Copies `errno` to the kept value: on entry from C.
#[inline]
pub fn save() {
    // SAFETY: `errno` of this thread.
    SAVED.set(unsafe { location().read() });
}

/// Copies the kept value to `errno`: before returning to C.
#[inline]
pub fn restore() {
    // SAFETY: `errno` of this thread.
    unsafe { location().write(SAVED.get()) }
}
