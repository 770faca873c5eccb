//! `__CDataGCP`: a cdata with a destructor (`ffi.gc`), or one that keeps an allocator's block alive.

use std::ffi::{c_int, c_void};
use std::sync::atomic::AtomicIsize;

use cffi_python::ffi::{self, PyObject};
use cffi_python::sync::Slot;
use cffi_python::{Borrowed, PyResult, error};

use super::object::{CData, CDataRef, CDataSized, allocate_collected};
use crate::ctype::CTypeRef;
use crate::types;

/// Instance layout. The sized layout stands in front, because an allocator can make arrays of unknown length.
#[repr(C)]
pub struct CDataGcp {
    sized: CDataSized,
    /// What the destructor is called with, and what keeps the memory alive; empty once destroyed.
    origin: Slot,
    /// Empty: none, or called already, or cancelled.
    destructor: Slot,
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
        (&raw mut (*place).sized.length).write(AtomicIsize::new(length));
        (&raw mut (*place).origin).write(Slot::new(Some(origin.to_owned())));
        (&raw mut (*place).destructor).write(Slot::new(destructor.map(Borrowed::to_owned)));
        Ok(made)
    }
}

fn gcp(cdata: &CData) -> Option<&CDataGcp> {
    // SAFETY: instances of exactly this type have this layout.
    types::CDATA_GCP
        .is_exact(cdata.as_object())
        .then(|| unsafe { &*std::ptr::from_ref(cdata).cast::<CDataGcp>() })
}

/// `ffi.gc(cdata, None)`: the destructor is not going to be called any more. `false` when `cdata` has none.
pub fn cancel(cdata: &CData) -> bool {
    match gcp(cdata) {
        Some(gcp) => {
            drop(gcp.destructor.take());
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
    let destructor = gcp.destructor.take();
    let origin = gcp.origin.take();
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
            this.origin.as_ptr(),
            this.destructor.as_ptr(),
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

/// `tp_finalize` of `__CDataGCP`: destructors of garbage in cycles find everything as it was, in the order in which the collector
/// knows the objects.
pub(super) unsafe extern "C" fn finalize(object: *mut PyObject) {
    cffi_python::slot::guard_silent(|| {
        // SAFETY: called by the collector on a live instance.
        destroy(unsafe { &*object.cast::<CData>() });
    });
}

/// `tp_clear` of `__CDataGCP`. The destructor was called before, by [`finalize`].
pub(super) unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    cffi_python::slot::guard_silent(|| {
        // SAFETY: called by the collector on a live instance.
        destroy(unsafe { &*object.cast::<CData>() });
    });
    0
}
