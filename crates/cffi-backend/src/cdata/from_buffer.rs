//! `__CDataFromBuf`: cdata over the memory of another Python object (`ffi.from_buffer`).

use std::ffi::{c_int, c_void};
use std::sync::atomic::AtomicIsize;

use cffi_python::buffer::View;
use cffi_python::ffi::{self, PyObject};
use cffi_python::sync::Lock;
use cffi_python::{Borrowed, PyResult};

use super::object::{CData, CDataRef, CDataSized, allocate_collected};
use crate::ctype::CTypeRef;
use crate::types;

/// Instance layout.
#[repr(C)]
pub struct CDataFromBuffer {
    sized: CDataSized,
    view: Lock<Option<View>>,
}

/// A cdata of `ctype` over a view; `length` is its number of items where the type does not say it.
pub fn new_from_buffer(ctype: CTypeRef, view: View, length: isize) -> PyResult<CDataRef> {
    let data = view.data();
    // SAFETY: the layout of the type; the parts are written before anything else runs.
    unsafe {
        let made = allocate_collected(&types::CDATA_FROM_BUF, ctype, data)?;
        let place: *mut CDataFromBuffer = made.as_ptr().cast();
        (&raw mut (*place).sized.length).write(AtomicIsize::new(length));
        (&raw mut (*place).view).write(Lock::new(Some(view)));
        Ok(made)
    }
}

fn layout(cdata: &CData) -> Option<&CDataFromBuffer> {
    // SAFETY: instances of exactly this type have this layout.
    types::CDATA_FROM_BUF
        .is_exact(cdata.as_object())
        .then(|| unsafe { &*std::ptr::from_ref(cdata).cast::<CDataFromBuffer>() })
}

/// The exporter's type name, absent once released, for `repr`; `None` for other cdata.
pub fn description(cdata: &CData) -> Option<Option<String>> {
    let this = layout(cdata)?;
    let exporter = this
        .view
        .read(|view| view.as_ref()?.exporter().map(Borrowed::to_owned));
    Some(exporter.map(|exporter| exporter.borrow().type_name()))
}

/// Releases the buffer. `false` for other cdata.
pub fn release(cdata: &CData) -> bool {
    let Some(this) = layout(cdata) else {
        return false;
    };
    let view = this.view.take();
    // The address stays, as programs know it: what it points to belongs to the exporter alone from here on.
    drop(view);
    true
}

/// Drops the Rust parts at deallocation.
///
/// # Safety
/// `object` is a `__CDataFromBuf` that nobody uses afterwards.
pub(super) unsafe fn drop_parts(object: *mut PyObject) {
    // SAFETY: the caller's promise.
    unsafe { std::ptr::drop_in_place(&raw mut (*object.cast::<CDataFromBuffer>()).view) }
}

/// `tp_traverse` of `__CDataFromBuf`.
pub(super) unsafe extern "C" fn traverse(
    object: *mut PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector on a live instance.
    unsafe {
        let this = &*object.cast::<CDataFromBuffer>();
        let mut found = visit(ffi::Py_TYPE(object).cast(), argument);
        if found == 0 {
            found = visit(this.sized.head.ctype().as_ptr(), argument);
        }
        if found == 0 {
            this.view.traverse(|view| {
                let exporter = view
                    .as_ref()
                    .map_or(std::ptr::null_mut(), View::exporter_ptr);
                if !exporter.is_null() {
                    found = visit(exporter, argument);
                }
            });
        }
        found
    }
}

/// `tp_clear` of `__CDataFromBuf`.
pub(super) unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    cffi_python::slot::guard_silent(|| {
        // SAFETY: called by the collector on a live instance.
        release(unsafe { &*object.cast::<CData>() });
    });
    0
}
