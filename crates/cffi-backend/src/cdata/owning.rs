//! cdata that contain the C object they stand for: the results of `ffi.new()` and values of primitive types.

use std::sync::atomic::AtomicIsize;

use cffi_python::ffi::PyObject;
use cffi_python::{Borrowed, PyResult, raise};

use super::object::{CData, CDataRef, CDataSized, Fill, INLINE_PLAIN, INLINE_SIZED, allocate};
use crate::ctype::{CTypeRef, Kind};
use crate::types;

/// The pointer that `ffi.new("struct foo *")` gives: it keeps the object with the struct's memory alive.
#[repr(C)]
struct PointerToRecord {
    head: CData,
    record: *mut PyObject,
}

/// A primitive value in a cdata of its own, as `ffi.cast("int", …)` gives it. The memory is zeroed.
#[inline]
pub fn new_value(ctype: CTypeRef) -> PyResult<CDataRef> {
    let size = ctype.raw_size().max(0).unsigned_abs();
    // SAFETY: the plain layout followed by `size` bytes for the value; the data pointer is set to them at once.
    unsafe {
        let made = allocate(
            &types::CDATA,
            INLINE_PLAIN + size,
            Fill::Zero,
            ctype,
            std::ptr::null_mut(),
        )?;
        made.set_data(made.as_ptr().cast::<u8>().add(INLINE_PLAIN));
        Ok(made)
    }
}

/// Memory for `bytes` bytes of `ctype`, in the object itself. `length` is the number of items of an array of unknown length, or
/// the size in bytes of a record that is larger than its type, or -1.
pub fn new_memory(
    ctype: CTypeRef,
    bytes: usize,
    length: isize,
    align: usize,
    fill: Fill,
) -> PyResult<CDataRef> {
    // Python's allocator aligns to 16 bytes; whatever needs more gets room to move.
    let slack = if align > 16 { align } else { 0 };
    let sized = ctype.kind.is_record() || ctype.kind == Kind::Array && ctype.length < 0;
    let offset = if sized { INLINE_SIZED } else { INLINE_PLAIN };
    let Some(total) = bytes
        .checked_add(offset + slack)
        .filter(|total| *total <= isize::MAX.unsigned_abs())
    else {
        return Err(raise!(
            OverflowError,
            "array size would overflow a Py_ssize_t"
        ));
    };
    // SAFETY: the layout that goes with the type, followed by `bytes` bytes; length and data pointer are set at once.
    unsafe {
        let made = allocate(&types::CDATA_OWN, total, fill, ctype, std::ptr::null_mut())?;
        if sized {
            let place: *mut CDataSized = made.as_ptr().cast();
            (&raw mut (*place).length).write(AtomicIsize::new(length));
        }
        let start = made.as_ptr().cast::<u8>().add(offset);
        let start = if slack > 0 {
            start.add(start.align_offset(align))
        } else {
            start
        };
        made.set_data(start);
        Ok(made)
    }
}

/// Memory for a record of its type's size, as most functions return them.
#[inline(always)]
pub fn new_record(ctype: CTypeRef, bytes: usize, align: usize, fill: Fill) -> PyResult<CDataRef> {
    const LARGE: usize = 1 << 16;
    if align > 16 || bytes >= LARGE || !ctype.kind.is_record() {
        return new_memory(ctype, bytes, -1, align, fill);
    }
    // SAFETY: the layout of records, followed by `bytes` bytes; length and data pointer are set at once.
    unsafe {
        let total = INLINE_SIZED + bytes;
        let made = allocate(&types::CDATA_OWN, total, fill, ctype, std::ptr::null_mut())?;
        let place: *mut CDataSized = made.as_ptr().cast();
        (&raw mut (*place).length).write(AtomicIsize::new(-1));
        made.set_data(made.as_ptr().cast::<u8>().add(INLINE_SIZED));
        Ok(made)
    }
}

/// A pointer that keeps the record it points to alive.
pub fn new_pointer_to_record(ctype: CTypeRef, record: &CData) -> PyResult<CDataRef> {
    // SAFETY: the layout of PointerToRecord, whose last part is written at once with a new reference.
    unsafe {
        let made = allocate(
            &types::CDATA_OWN,
            size_of::<PointerToRecord>(),
            Fill::Nothing,
            ctype,
            record.data(),
        )?;
        let place: *mut PointerToRecord = made.as_ptr().cast();
        (&raw mut (*place).record).write(record.as_object().to_owned().into_ptr());
        Ok(made)
    }
}

impl CData {
    /// Whether this is a pointer made by [`new_pointer_to_record`].
    fn is_pointer_to_record(&self) -> bool {
        self.is_exactly(&types::CDATA_OWN)
            && self.ctype().kind == Kind::Pointer
            && self
                .ctype()
                .item()
                .is_some_and(|item| item.kind.is_record())
    }

    /// The object with the memory of the record that this owning pointer points to.
    pub fn owned_record(&self) -> Option<Borrowed<'_>> {
        if !self.is_pointer_to_record() {
            return None;
        }
        // SAFETY: exactly these instances have this layout; the reference is NULL after a release.
        unsafe {
            Borrowed::from_ptr_or_none((*std::ptr::from_ref(self).cast::<PointerToRecord>()).record)
        }
    }

    /// Gives up the record of an owning pointer, for deallocation.
    ///
    /// # Safety
    /// Nobody uses the reference afterwards.
    pub(super) unsafe fn drop_owned_record(&self) {
        if self.is_pointer_to_record() {
            // SAFETY: the reference that the instance owns; set to NULL so that it is given back once.
            unsafe {
                let place: *mut PointerToRecord = self.as_ptr().cast();
                let record = (*place).record;
                (*place).record = std::ptr::null_mut();
                cffi_python::ffi::Py_XDECREF(record);
            }
        }
    }

    /// Whether the C object is part of this Python object or of one that it keeps alive.
    pub fn is_owning(&self) -> bool {
        self.is_exactly(&types::CDATA_OWN)
    }
}
