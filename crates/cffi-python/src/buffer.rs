//! Buffers of other objects (PEP 3118), released when dropped.

use std::mem::MaybeUninit;

use pyo3_ffi as ffi;

use crate::error::{PyResult, status};
use crate::reference::Borrowed;

/// A view of another object's memory. It does not move, because exporters may keep its address.
pub struct View(Box<ffi::Py_buffer>);

/// Whether the memory is going to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read only.
    Read,
    /// Read and write; read-only exporters raise.
    Write,
}

impl View {
    /// Asks `object` for contiguous memory.
    pub fn new(object: Borrowed<'_>, access: Access) -> PyResult<Self> {
        let flags = match access {
            Access::Read => ffi::PyBUF_SIMPLE,
            Access::Write => ffi::PyBUF_WRITABLE,
        };
        let mut buffer = Box::new(MaybeUninit::<ffi::Py_buffer>::zeroed());
        // SAFETY: room for one Py_buffer; on failure nothing is held.
        status(unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), buffer.as_mut_ptr(), flags) })?;
        // SAFETY: filled by the successful call; Box<MaybeUninit<T>> and Box<T> have the same layout.
        Ok(Self(unsafe {
            Box::from_raw(Box::into_raw(buffer).cast::<ffi::Py_buffer>())
        }))
    }

    /// The first byte.
    #[must_use]
    pub fn data(&self) -> *mut u8 {
        self.0.buf.cast()
    }

    /// Size in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len.unsigned_abs()
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.len == 0
    }

    /// The exporting object, which the view keeps alive.
    #[must_use]
    pub fn exporter(&self) -> Option<Borrowed<'_>> {
        // SAFETY: NULL or an object that the view owns a reference to.
        unsafe { Borrowed::from_ptr_or_none(self.0.obj) }
    }

    /// Releases the buffer now; the view is empty afterwards. Doing it twice is harmless.
    pub fn release(&mut self) {
        // SAFETY: a buffer from PyObject_GetBuffer; PyBuffer_Release sets `obj` to NULL and ignores such buffers.
        unsafe { ffi::PyBuffer_Release(&raw mut *self.0) }
        self.0.buf = std::ptr::null_mut();
        self.0.len = 0;
    }

    /// For `tp_traverse`: the exporter as a raw pointer.
    #[must_use]
    pub fn exporter_ptr(&self) -> *mut ffi::PyObject {
        self.0.obj
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.release();
    }
}
