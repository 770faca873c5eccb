//! What differs between CPython versions or touches their internals, in this one place.

use std::ffi::CStr;

use pyo3_ffi as ffi;

/// `tp_name`: the name that CPython's own messages show. Of types made in C it has the module in front.
///
/// # Safety
/// `class` is a type object.
#[must_use]
pub unsafe fn type_name(class: *mut ffi::PyTypeObject) -> String {
    // SAFETY: the caller's promise; its name is a NUL-terminated text that lives as long as the type.
    unsafe { CStr::from_ptr((*class).tp_name) }
        .to_string_lossy()
        .into_owned()
}

#[cfg(not(any(Py_3_13, Py_LIMITED_API)))]
unsafe extern "C" {
    /// Exported by CPython 3.8 to 3.12; what `PyErr_FormatUnraisable` grew out of.
    fn _PyErr_WriteUnraisableMsg(message: *const std::ffi::c_char, object: *mut ffi::PyObject);
}

#[cfg(all(Py_3_13, not(Py_LIMITED_API)))]
unsafe extern "C" {
    fn PyErr_FormatUnraisable(format: *const std::ffi::c_char, ...);
}

/// Gives the exception that is set to `sys.unraisablehook`.
pub(crate) fn write_unraisable(message: &CStr) {
    // SAFETY: an exception is set; NUL-terminated texts.
    unsafe {
        #[cfg(all(Py_3_13, not(Py_LIMITED_API)))]
        PyErr_FormatUnraisable(c"Exception ignored %s".as_ptr(), message.as_ptr());
        #[cfg(not(any(Py_3_13, Py_LIMITED_API)))]
        _PyErr_WriteUnraisableMsg(message.as_ptr(), std::ptr::null_mut());
        #[cfg(Py_LIMITED_API)]
        {
            let object = ffi::PyUnicode_FromString(message.as_ptr());
            ffi::PyErr_WriteUnraisable(object);
            ffi::Py_XDECREF(object);
        }
    }
}
