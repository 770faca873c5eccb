//! `__CData_iterator`: the items of an array.

use std::ffi::c_void;

use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::{guard, guard_silent};
use cffi_python::sync::Lock;
use cffi_python::typespec::TypeSpec;
use cffi_python::{Owned, PyResult, raise};

use super::object::CData;
use crate::convert;
use crate::ctype::{CTypeRef, Kind};
use crate::types;

#[repr(C)]
struct ArrayIterator {
    ob_base: cffi_python::object::Header,
    array: Owned,
    item: CTypeRef,
    rest: Lock<Rest>,
}

/// What is still to come.
struct Rest {
    next: *mut u8,
    items: usize,
    item_size: usize,
}

/// `iter(cdata)`
pub fn iterate(cdata: &CData) -> PyResult<Owned> {
    let Some(item) = cdata
        .ctype()
        .item()
        .filter(|_| cdata.ctype().kind == Kind::Array)
    else {
        return Err(raise!(
            TypeError,
            "cdata '{}' does not support iteration",
            cdata.ctype().name()
        ));
    };
    let item_size = item.size()?.unwrap_or(0);
    let rest = Rest {
        next: cdata.data(),
        items: cdata.array_length().unsigned_abs(),
        item_size,
    };
    // SAFETY: the type is ready; every part is written at once.
    unsafe {
        let object = Owned::from_new(ffi::PyType_GenericAlloc(types::CDATA_ITERATOR.get(), 0))?;
        let place: *mut ArrayIterator = object.as_ptr().cast();
        (&raw mut (*place).array).write(cdata.as_object().to_owned());
        (&raw mut (*place).item).write(item.to_ref());
        (&raw mut (*place).rest).write(Lock::new(rest));
        Ok(object)
    }
}

unsafe extern "C" fn next(object: *mut PyObject) -> *mut PyObject {
    guard(|| {
        // SAFETY: a slot of this type.
        let this = unsafe { &*object.cast::<ArrayIterator>() };
        let data = this.rest.with(|rest| {
            rest.items = rest.items.checked_sub(1)?;
            let data = rest.next;
            rest.next = data.wrapping_add(rest.item_size);
            Some(data)
        });
        match data {
            // SAFETY: one of the array's items, which the iterator keeps alive.
            Some(data) => unsafe { convert::load(&this.item, data) }.map(Some),
            None => Ok(None),
        }
    })
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    guard_silent(|| {
        // SAFETY: CPython deallocates an iterator once.
        unsafe {
            let class = ffi::Py_TYPE(object);
            let place: *mut ArrayIterator = object.cast();
            std::ptr::drop_in_place(&raw mut (*place).array);
            std::ptr::drop_in_place(&raw mut (*place).item);
            ffi::PyObject_Free(object.cast());
            ffi::Py_DECREF(class.cast());
        }
    });
}

/// Makes the type.
pub fn make_type() -> PyResult<Owned> {
    let spec = TypeSpec::new(
        c"_cffi_backend.__CData_iterator",
        size_of::<ArrayIterator>(),
    )
    .flags(ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION)
    .doc(c"The items of an array, one after the other.")
    .not_picklable();
    // SAFETY: each function has the type of its slot.
    unsafe {
        spec.slot(ffi::Py_tp_dealloc, dealloc as *mut c_void)
            .slot(ffi::Py_tp_iter, ffi::PyObject_SelfIter as *mut c_void)
            .slot(ffi::Py_tp_iternext, next as *mut c_void)
    }
    .build(None)
}
