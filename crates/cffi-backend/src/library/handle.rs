//! An open library and what is looked up in it.

use std::ffi::{CString, c_int, c_void};
use std::ptr::NonNull;

use cffi_call::dlopen;
use cffi_model::gil::KeepGil;
use cffi_python::arguments::wrong_type;
use cffi_python::sync::Lock;
use cffi_python::{Borrowed, PyResult, Raised, raise};

use crate::cdata::CData;

// SAFETY: the handle is the loader's, which any thread may use, and behind a lock.
unsafe impl Send for Library {}
// SAFETY: as above.
unsafe impl Sync for Library {}

/// A library that is open until it is closed or dropped. One that the program opened itself is left open.
pub struct Library {
    handle: Lock<Option<dlopen::Handle>>,
    /// Whether it is ours to close.
    ours: bool,
    /// As messages show it.
    pub name: String,
    /// Which of its functions keep the GIL, beside those that are declared so.
    pub keep_gil: KeepGil,
}

impl Library {
    /// Opens a library by name, `None` being the program itself, or takes over a `void *` handle.
    pub fn open(name: Option<Borrowed<'_>>, mut flags: c_int, keep_gil: KeepGil) -> PyResult<Self> {
        if flags & dlopen::LAZY_OR_NOW == 0 {
            flags |= dlopen::NOW;
        }
        let Some(name) = name else {
            return Self::open_path(None, "<None>".to_owned(), flags, keep_gil);
        };
        if let Some(cdata) = CData::from_object(name) {
            return Self::adopt(cdata, keep_gil);
        }
        let path = file_name(name)?;
        let shown = path.to_string_lossy().into_owned();
        Self::open_path(Some(path), shown, flags, keep_gil)
    }

    fn open_path(
        path: Option<CString>,
        name: String,
        flags: c_int,
        keep_gil: KeepGil,
    ) -> PyResult<Self> {
        // Loading runs the library's initialisers, which may take their time, so other threads may run.
        // SAFETY: no Python object is touched.
        let opened =
            unsafe { cffi_python::thread::detached(|| dlopen::open(path.as_deref(), flags)) };
        match opened {
            Ok(handle) => Ok(Self {
                handle: Lock::new(Some(handle)),
                ours: true,
                name,
                keep_gil,
            }),
            Err(text) => Err(raise!(OSError, "cannot load library '{name}': {text}")),
        }
    }

    fn adopt(cdata: &CData, keep_gil: KeepGil) -> PyResult<Self> {
        if !cdata.ctype().is_void_pointer() {
            return Err(raise!(
                TypeError,
                "dlopen() takes a file name or 'void *' handle, not '{}'",
                cdata.ctype().name()
            ));
        }
        match dlopen::Handle::from_raw(cdata.data().cast()) {
            Some(handle) => Ok(Self {
                handle: Lock::new(Some(handle)),
                ours: false,
                name: format!("{:p}", cdata.data()),
                keep_gil,
            }),
            None => Err(raise!(RuntimeError, "cannot call dlopen(NULL)")),
        }
    }

    /// The address of a symbol, or the loader's message.
    pub fn symbol(&self, name: &str) -> PyResult<Result<NonNull<c_void>, String>> {
        let Some(handle) = self.handle.read(|handle| *handle) else {
            return Err(self.closed());
        };
        let Ok(name) = CString::new(name) else {
            return Ok(Err("the name contains a null character".to_owned()));
        };
        // SAFETY: the library is open.
        Ok(unsafe { dlopen::symbol(handle, &name) })
    }

    /// The error for anything but closing a closed library.
    #[cold]
    pub fn closed(&self) -> Raised {
        raise!(
            ValueError,
            "library '{}' has already been closed",
            self.name
        )
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.handle.read(|handle| *handle).is_some()
    }

    /// Closes it; doing so twice is harmless.
    pub fn close(&self) -> PyResult<()> {
        self.close_or(|text| raise!(OSError, "cannot close library '{}': {text}", self.name))
    }

    /// As [`Self::close`], where the loader's message becomes another error.
    pub fn close_or(&self, error: impl FnOnce(&str) -> Raised) -> PyResult<()> {
        let Some(handle) = self.handle.take() else {
            return Ok(());
        };
        // SAFETY: open until now; that nobody uses its functions any more is what closing means.
        match unsafe { dlopen::close(handle) } {
            Ok(()) => Ok(()),
            Err(text) => Err(error(&text)),
        }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        if let (true, Some(handle)) = (self.ours, self.handle.take()) {
            // Nobody can be told of an error here.
            // SAFETY: as in `close`.
            drop(unsafe { dlopen::close(handle) });
        }
    }
}

/// A file name in the file system's encoding.
fn file_name(object: Borrowed<'_>) -> PyResult<CString> {
    use cffi_python::{Owned, ffi};
    let is_name =
        object.is_str() || object.is_bytes() || object.optional_attribute(c"__fspath__")?.is_some();
    if !is_name {
        return Err(wrong_type(
            "load_library",
            1,
            "str, bytes or bytearray",
            object,
        ));
    }
    // SAFETY: a valid object.
    let path = unsafe { Owned::from_new(ffi::PyOS_FSPath(object.as_ptr()))? };
    let encoded = if path.borrow().is_str() {
        // SAFETY: a str.
        unsafe { Owned::from_new(ffi::PyUnicode_EncodeFSDefault(path.as_ptr()))? }
    } else {
        path
    };
    CString::new(encoded.borrow().bytes().unwrap_or_default()).map_err(|_| {
        raise!(
            TypeError,
            "load_library() argument 1 must be encoded string without null bytes, not {}",
            object.type_name()
        )
    })
}
