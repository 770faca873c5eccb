//! `__CDataOwnGC`: handles (`ffi.new_handle`) and callbacks (`ffi.callback`).

use std::collections::HashSet;
use std::ffi::{c_int, c_void};
use std::sync::{Mutex, PoisonError};

use cffi_python::ffi::{self, PyObject};
use cffi_python::{Borrowed, Owned, PyResult, raise};

use super::object::{CData, CDataRef, allocate_collected};
use crate::call::callback::Callback;
use crate::ctype::{CTypeRef, Kind};
use crate::types;

/// Instance layout: a handle has an object, a callback has its closure.
#[repr(C)]
pub struct CDataOwnGc {
    head: CData,
    object: *mut PyObject,
    callback: Option<Box<Callback>>,
}

/// The addresses of all live handles: `from_handle` must not look into memory that is none.
static LIVE: Mutex<Option<HashSet<usize>>> = Mutex::new(None);

fn with_live<R>(use_set: impl FnOnce(&mut HashSet<usize>) -> R) -> R {
    use_set(
        LIVE.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_default(),
    )
}

/// A handle of `ctype` (a pointer to `void`) for `object`. Its value is an address that no other live handle has.
pub fn new_handle(ctype: CTypeRef, object: Borrowed<'_>) -> PyResult<CDataRef> {
    // SAFETY: the layout of the type; the object is written before anything else runs; a zeroed Option<Box> is None.
    unsafe {
        let made = allocate_collected(&types::CDATA_OWN_GC, ctype, std::ptr::null_mut())?;
        let place: *mut CDataOwnGc = made.as_ptr().cast();
        (*place).object = object.to_owned().into_ptr();
        made.set_data(place.cast());
        with_live(|live| live.insert(place.addr()));
        Ok(made)
    }
}

/// A callback of a function-pointer type.
pub fn new_callback(ctype: CTypeRef, callback: Box<Callback>) -> PyResult<CDataRef> {
    let code = callback.code();
    // SAFETY: as above.
    unsafe {
        let made = allocate_collected(&types::CDATA_OWN_GC, ctype, code.cast_mut().cast())?;
        let place: *mut CDataOwnGc = made.as_ptr().cast();
        (&raw mut (*place).callback).write(Some(callback));
        Ok(made)
    }
}

/// The object of a handle, given any pointer with its value.
pub fn from_handle(cdata: &CData) -> PyResult<Owned> {
    if !matches!(cdata.ctype().kind, Kind::Pointer | Kind::Function)
        || !(cdata.ctype().is_void_pointer() || cdata.ctype().is_byte_pointer())
    {
        return Err(raise!(
            TypeError,
            "expected a 'cdata' object with a 'void *' out of new_handle(), got '{}'",
            cdata.ctype().name()
        ));
    }
    let address = cdata.data();
    if address.is_null() {
        return Err(raise!(
            RuntimeError,
            "cannot use from_handle() on NULL pointer"
        ));
    }
    let object = with_live(|live| {
        // SAFETY: the address of a live handle, which owns its object and leaves the set before it gives it up.
        live.contains(&address.addr())
            .then(|| unsafe { Owned::from_borrowed((*address.cast::<CDataOwnGc>()).object) })
    });
    object.ok_or_else(|| raise!(SystemError, "ffi.from_handle(): dead or bogus handle"))
}

fn layout(cdata: &CData) -> Option<&CDataOwnGc> {
    // SAFETY: instances of exactly this type have this layout.
    types::CDATA_OWN_GC
        .is_exact(cdata.as_object())
        .then(|| unsafe { &*std::ptr::from_ref(cdata).cast::<CDataOwnGc>() })
}

/// What a handle or callback stands for, for `repr`.
pub fn subject(cdata: &CData) -> Option<(&'static str, Owned)> {
    let this = layout(cdata)?;
    match &this.callback {
        Some(callback) => Some(("calling", callback.function())),
        None if this.object.is_null() => None,
        None => {
            // SAFETY: a live handle owns its object.
            let object = unsafe { Owned::from_borrowed(this.object) };
            Some(("handle to", object))
        }
    }
}

/// Gives up what a handle or callback holds, at deallocation or when it is garbage.
///
/// # Safety
/// `object` is a `__CDataOwnGC`.
pub(super) unsafe fn empty(object: *mut PyObject) {
    let place: *mut CDataOwnGc = object.cast();
    with_live(|live| live.remove(&place.addr()));
    // SAFETY: the caller's promise. Both parts are taken out before they are dropped, which may run Python code.
    unsafe {
        let held = (*place).object;
        (*place).object = std::ptr::null_mut();
        let callback = (*place).callback.take();
        ffi::Py_XDECREF(held);
        drop(callback);
    }
}

/// `tp_traverse` of `__CDataOwnGC`.
pub(super) unsafe extern "C" fn traverse(
    object: *mut PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector on a live instance.
    unsafe {
        let this = &*object.cast::<CDataOwnGc>();
        let mut found = visit(ffi::Py_TYPE(object).cast(), argument);
        if found == 0 {
            found = visit(this.head.ctype().as_ptr(), argument);
        }
        if found == 0 && !this.object.is_null() {
            found = visit(this.object, argument);
        }
        if let Some(callback) = &this.callback {
            callback.for_each_reference(&mut |reference| {
                if found == 0 {
                    found = visit(reference, argument);
                }
            });
        }
        found
    }
}

/// `tp_clear` of `__CDataOwnGC`. A callback that is garbage keeps its code: C may still hold the pointer until deallocation.
pub(super) unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    cffi_python::slot::guard_silent(|| {
        // SAFETY: called by the collector on a live instance.
        unsafe {
            let place: *mut CDataOwnGc = object.cast();
            let held = (*place).object;
            if !held.is_null() {
                with_live(|live| live.remove(&place.addr()));
                (*place).object = std::ptr::null_mut();
                ffi::Py_DECREF(held);
            }
            if let Some(callback) = &(*place).callback {
                callback.clear();
            }
        }
    });
    0
}
