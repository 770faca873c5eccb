//! `__CDataGCP`: a cdata with a destructor (`ffi.gc`), or one that keeps an allocator's block alive.

use std::cell::Cell;
use std::ffi::{c_int, c_void};

use cffi_python::ffi::{self, PyObject};
use cffi_python::{Borrowed, Owned, PyResult, error};

use super::object::{CData, CDataRef, CDataSized, allocate_collected};
use crate::ctype::CTypeRef;
use crate::types;

/// Instance layout. The sized layout stands in front, because an allocator can make arrays of unknown length.
#[repr(C)]
pub struct CDataGcp {
    sized: CDataSized,
    /// What the destructor is called with, and what keeps the memory alive; NULL once destroyed.
    origin: Cell<*mut PyObject>,
    /// NULL: none, or called already, or cancelled.
    destructor: Cell<*mut PyObject>,
}

/// A cdata of `ctype` at `data` that keeps `origin` alive and calls `destructor(origin)` when it goes away.
pub fn new_gcp(
    ctype: CTypeRef,
    data: *mut u8,
    length: isize,
    origin: Borrowed<'_>,
    destructor: Option<Borrowed<'_>>,
) -> PyResult<CDataRef> {
    // SAFETY: the layout of the type; the parts are written before anything else runs.
    unsafe {
        let made = allocate_collected(&types::CDATA_GCP, ctype, data)?;
        let place: *mut CDataGcp = made.as_ptr().cast();
        (&raw mut (*place).sized.length).write(Cell::new(length));
        (*place).origin.set(origin.to_owned().into_ptr());
        (*place)
            .destructor
            .set(destructor.map_or(std::ptr::null_mut(), |it| it.to_owned().into_ptr()));
        Ok(made)
    }
}

fn gcp(cdata: &CData) -> Option<&CDataGcp> {
    // SAFETY: instances of exactly this type have this layout.
    cdata
        .is_exactly(&types::CDATA_GCP)
        .then(|| unsafe { &*std::ptr::from_ref(cdata).cast::<CDataGcp>() })
}

/// Takes a reference out of a cell.
fn take(cell: &Cell<*mut PyObject>) -> Option<Owned> {
    // SAFETY: the cell owns one reference or is NULL, and is NULL afterwards.
    unsafe {
        Borrowed::from_ptr_or_none(cell.replace(std::ptr::null_mut())).map(|object| steal(object))
    }
}

/// # Safety
/// The caller gives away one reference to the object.
unsafe fn steal(object: Borrowed<'_>) -> Owned {
    // SAFETY: a borrow is not NULL; the caller's promise.
    unsafe { Owned::from_non_null(std::ptr::NonNull::new_unchecked(object.as_ptr())) }
}

/// `ffi.gc(cdata, None)`: the destructor is not going to be called any more. `false` when `cdata` has none.
pub fn cancel(cdata: &CData) -> bool {
    match gcp(cdata) {
        Some(gcp) => {
            drop(take(&gcp.destructor));
            true
        }
        None => false,
    }
}

/// Whether this is a cdata with a destructor or an allocator's block.
pub fn is_gcp(cdata: &CData) -> bool {
    gcp(cdata).is_some()
}

/// Calls the destructor now, once. Errors of the destructor are unraisable.
pub fn destroy(cdata: &CData) {
    let Some(gcp) = gcp(cdata) else { return };
    let destructor = take(&gcp.destructor);
    let origin = take(&gcp.origin);
    if let (Some(destructor), Some(origin)) = (destructor, origin) {
        let pending = error::fetch();
        if destructor.borrow().call(&[origin.borrow()]).is_err() {
            let raised = error::fetch();
            let message = format!("from callback for ffi.gc {}", origin.borrow().repr_text());
            raised.restore();
            error::write_unraisable(&message);
        }
        pending.restore();
    }
}

/// `tp_traverse` of `__CDataGCP`.
pub(super) unsafe extern "C" fn traverse(
    object: *mut PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector on a live instance.
    unsafe {
        let this = &*object.cast::<CDataGcp>();
        for part in [
            ffi::Py_TYPE(object).cast(),
            this.sized.head.ctype().as_ptr(),
            this.origin.get(),
            this.destructor.get(),
        ] {
            if !part.is_null() {
                let found = visit(part, argument);
                if found != 0 {
                    return found;
                }
            }
        }
        0
    }
}

/// `tp_clear` of `__CDataGCP`: garbage is destroyed in the same way as an unused object is.
pub(super) unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    cffi_python::slot::guard_silent(|| {
        // SAFETY: called by the collector on a live instance.
        destroy(unsafe { &*object.cast::<CData>() });
    });
    0
}
