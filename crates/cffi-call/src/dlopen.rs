//! Loading shared libraries (`dlopen(3)`), with the loader's own error texts.

use std::ffi::{CStr, c_int, c_void};
use std::ptr::NonNull;

/// A handle of an open library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle(NonNull<c_void>);

/// The flags of `dlopen` on this platform, by name.
pub const FLAGS: &[(&CStr, c_int)] = &[
    (c"RTLD_LAZY", libc::RTLD_LAZY),
    (c"RTLD_NOW", libc::RTLD_NOW),
    (c"RTLD_GLOBAL", libc::RTLD_GLOBAL),
    (c"RTLD_LOCAL", libc::RTLD_LOCAL),
    (c"RTLD_NODELETE", libc::RTLD_NODELETE),
    (c"RTLD_NOLOAD", libc::RTLD_NOLOAD),
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    (c"RTLD_DEEPBIND", libc::RTLD_DEEPBIND),
];

/// `RTLD_LAZY` and `RTLD_NOW`: one of them must be given.
pub const LAZY_OR_NOW: c_int = libc::RTLD_LAZY | libc::RTLD_NOW;
/// `RTLD_NOW`
pub const NOW: c_int = libc::RTLD_NOW;

impl Handle {
    /// Takes over a handle that the program opened itself.
    #[must_use]
    pub fn from_raw(raw: *mut c_void) -> Option<Self> {
        NonNull::new(raw).map(Self)
    }

    /// The raw handle.
    #[must_use]
    pub const fn as_raw(self) -> *mut c_void {
        self.0.as_ptr()
    }
}

fn last_error() -> String {
    // SAFETY: dlerror gives NULL or a text that is valid until the next dl* call of this thread.
    unsafe {
        let text = libc::dlerror();
        if text.is_null() {
            "unknown dlopen error".to_owned()
        } else {
            CStr::from_ptr(text).to_string_lossy().into_owned()
        }
    }
}

/// Opens a library; `None` is the program itself with everything it has loaded. The error is `dlerror`'s text.
pub fn open(name: Option<&CStr>, flags: c_int) -> Result<Handle, String> {
    // SAFETY: a NUL-terminated name or NULL. Initialisers of the library run: that is what loading means.
    let raw = unsafe { libc::dlopen(name.map_or(std::ptr::null(), CStr::as_ptr), flags) };
    Handle::from_raw(raw).ok_or_else(last_error)
}

/// The address of a symbol; the error is `dlerror`'s text. A symbol whose value is NULL counts as absent.
///
/// # Safety
/// The library is open.
pub unsafe fn symbol(handle: Handle, name: &CStr) -> Result<NonNull<c_void>, String> {
    // SAFETY: an open library and a NUL-terminated name; a stale error text is read away first.
    unsafe {
        libc::dlerror();
        NonNull::new(libc::dlsym(handle.as_raw(), name.as_ptr())).ok_or_else(last_error)
    }
}

/// Closes a library; the error is `dlerror`'s text.
///
/// # Safety
/// The library is open, and nothing of it is used afterwards.
pub unsafe fn close(handle: Handle) -> Result<(), String> {
    // SAFETY: the caller's promise.
    if unsafe { libc::dlclose(handle.as_raw()) } == 0 {
        Ok(())
    } else {
        Err(last_error())
    }
}
