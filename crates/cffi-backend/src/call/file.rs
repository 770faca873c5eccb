//! `FILE *` arguments from Python file objects.
//!
//! A stream is opened once per Python file, over a duplicate of its descriptor, unbuffered, and kept in an attribute of the file.

use std::ffi::{CString, c_void};

use cffi_python::ffi::{self, PyObject};
use cffi_python::{Borrowed, Owned, PyResult, Raised, error};

const CAPSULE_NAME: &std::ffi::CStr = c"cffi FILE";
const ATTRIBUTE: &std::ffi::CStr = c"__cffi_FILE";

unsafe extern "C" fn close(capsule: *mut PyObject) {
    // SAFETY: a capsule made below: its pointer is an open stream that nobody else closes.
    unsafe {
        let stream = ffi::PyCapsule_GetPointer(capsule, CAPSULE_NAME.as_ptr());
        if !stream.is_null() {
            libc::fclose(stream.cast());
        }
    }
}

/// The stream of a Python file object; `None` for other objects.
pub fn stream_of(object: Borrowed<'_>) -> PyResult<Option<*mut libc::FILE>> {
    if !is_file(object)? {
        return Ok(None);
    }
    // What Python has buffered comes first.
    object.attribute(c"flush")?.borrow().call(&[])?;
    if let Some(capsule) = object.optional_attribute(ATTRIBUTE)? {
        return stream_in(capsule.borrow()).map(Some);
    }
    // SAFETY: a valid object; -1 with an exception where it has no descriptor.
    let descriptor = unsafe { ffi::PyObject_AsFileDescriptor(object.as_ptr()) };
    if descriptor < 0 {
        return Err(Raised);
    }
    let mode = object.attribute(c"mode")?;
    let mode = CString::new(mode.borrow().utf8()?).unwrap_or_default();
    // SAFETY: a descriptor of the program; the duplicate is ours.
    let stream = unsafe {
        let duplicate = libc::dup(descriptor);
        let stream = if duplicate < 0 {
            std::ptr::null_mut()
        } else {
            libc::fdopen(duplicate, mode.as_ptr())
        };
        if stream.is_null() {
            ffi::PyErr_SetFromErrno(ffi::PyExc_OSError);
            if duplicate >= 0 {
                libc::close(duplicate);
            }
            return Err(Raised);
        }
        libc::setbuf(stream, std::ptr::null_mut());
        stream
    };
    // SAFETY: an open stream that the capsule closes.
    let capsule = unsafe {
        Owned::from_new(ffi::PyCapsule_New(
            stream.cast::<c_void>(),
            CAPSULE_NAME.as_ptr(),
            Some(close),
        ))
    };
    let capsule = capsule.inspect_err(|_| {
        // SAFETY: nobody else has seen the stream.
        unsafe { libc::fclose(stream) };
    })?;
    object.set_attribute(ATTRIBUTE, capsule.borrow())?;
    Ok(Some(stream))
}

/// Whether this is one of Python's file objects, whose methods may then raise what they like.
fn is_file(object: Borrowed<'_>) -> PyResult<bool> {
    if object.is_int() || object.is_str() || object.is_bytes() || object.is_none() {
        return Ok(false);
    }
    let base = cffi_python::object::import(c"_io")?
        .borrow()
        .attribute(c"_IOBase")?;
    // SAFETY: two valid objects, the second a class.
    match unsafe { ffi::PyObject_IsInstance(object.as_ptr(), base.as_ptr()) } {
        -1 => Err(Raised),
        found => Ok(found != 0),
    }
}

fn stream_in(capsule: Borrowed<'_>) -> PyResult<*mut libc::FILE> {
    // SAFETY: anything but our capsule raises.
    let stream = unsafe { ffi::PyCapsule_GetPointer(capsule.as_ptr(), CAPSULE_NAME.as_ptr()) };
    if stream.is_null() {
        error::check()?;
    }
    Ok(stream.cast())
}
