//! `errno` kept per thread between calls: C functions see what the program set, and what they set survives whatever Python does.

use std::cell::Cell;
use std::ffi::c_int;
use std::ptr;

/// What is kept for a thread.
struct Kept {
    value: Cell<c_int>,
    /// Where the thread's `errno` is, once it was asked for: it is at one address for the life of a thread.
    place: Cell<*mut c_int>,
}

thread_local! {
    static KEPT: Kept = const {
        Kept {
            value: Cell::new(0),
            place: Cell::new(ptr::null_mut()),
        }
    };
}

impl Kept {
    #[inline]
    fn place(&self) -> *mut c_int {
        let place = self.place.get();
        if place.is_null() {
            return self.find_place();
        }
        place
    }

    #[cold]
    fn find_place(&self) -> *mut c_int {
        self.place.set(location());
        self.place.get()
    }

    /// Copies `errno` to the kept value.
    #[inline]
    fn save(&self) {
        // SAFETY: `errno` of this thread.
        self.value.set(unsafe { self.place().read() });
    }

    /// Copies the kept value to `errno`.
    #[inline]
    fn restore(&self) {
        // SAFETY: `errno` of this thread.
        unsafe { self.place().write(self.value.get()) }
    }
}

/// The kept value.
#[inline]
#[must_use]
pub fn saved() -> c_int {
    KEPT.with(|kept| kept.value.get())
}

/// Sets the kept value.
#[inline]
pub fn set_saved(value: c_int) {
    KEPT.with(|kept| kept.value.set(value));
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
    KEPT.with(|kept| {
        let place = kept.place();
        // SAFETY: `errno` of this thread, before and after.
        unsafe { place.write(kept.value.get()) };
        let result = call();
        // SAFETY: as above.
        kept.value.set(unsafe { place.read() });
        result
    })
}

/// Copies `errno` to the kept value: on entry from C.
#[inline]
pub fn save() {
    KEPT.with(Kept::save);
}

/// Copies the kept value to `errno`: before returning to C.
#[inline]
pub fn restore() {
    KEPT.with(Kept::restore);
}
