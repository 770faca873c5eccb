//! What differs between CPython versions or touches their internals, in this one place.

use std::ffi::CStr;

use pyo3_ffi as ffi;

/// `tp_name`: the name that CPython's own messages show. Of types made in C it has the module in front.
#[must_use]
pub fn type_name(class: *mut ffi::PyTypeObject) -> String {
    // SAFETY: a valid type object; its name is a NUL-terminated text that lives as long as the type.
    unsafe { CStr::from_ptr((*class).tp_name) }.to_string_lossy().into_owned()
}
