//! `CField`: one field of a record, as `ctype.fields` lists them.

use std::ffi::{c_int, c_void};

use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::{guard, guard_silent};
use cffi_python::typespec::{TypeSpec, getter};
use cffi_python::{Borrowed, Owned, PyResult, int};

use super::object::CTypeRef;
use crate::types;

/// Where the value of a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// An object at the offset.
    Whole,
    /// A bit-field in the storage unit at the offset: its value starts `shift` bits above the unit's lowest one.
    Bits {
        /// In bits, from the least significant.
        shift: u16,
        /// In bits, at least 1.
        width: u16,
    },
}

/// A field.
#[repr(C)]
pub struct CField {
    ob_base: PyObject,
    /// Its type.
    pub ctype: CTypeRef,
    /// Offset from the start of the record, in bytes.
    pub offset: usize,
    /// Object or bit-field.
    pub place: Place,
    /// Left out by positional initialisers: a second or later member of an anonymous union.
    pub skipped_in_initializer: bool,
}

/// A strong reference to a field.
pub struct CFieldRef(Owned);

impl std::ops::Deref for CFieldRef {
    type Target = CField;
    #[inline]
    fn deref(&self) -> &CField {
        // SAFETY: made by `new_field` only, so the object is a CField; it is never changed.
        unsafe { &*self.0.as_ptr().cast::<CField>() }
    }
}

impl CFieldRef {
    /// As a plain object.
    pub fn as_object(&self) -> Borrowed<'_> {
        self.0.borrow()
    }
}

/// A new field object.
pub fn new_field(
    ctype: CTypeRef,
    offset: usize,
    place: Place,
    skipped_in_initializer: bool,
) -> PyResult<CFieldRef> {
    // SAFETY: the type is ready; fresh zeroed memory.
    let object = unsafe { Owned::from_new(ffi::PyType_GenericAlloc(types::CFIELD.get(), 0)) }?;
    let field: *mut CField = object.as_ptr().cast();
    // SAFETY: memory of the size of CField; the header stays as it is.
    unsafe {
        (&raw mut (*field).ctype).write(ctype);
        (&raw mut (*field).offset).write(offset);
        (&raw mut (*field).place).write(place);
        (&raw mut (*field).skipped_in_initializer).write(skipped_in_initializer);
    }
    Ok(CFieldRef(object))
}

/// # Safety
/// `object` is a CField for as long as the borrow lasts.
unsafe fn field<'a>(object: *mut PyObject) -> &'a CField {
    // SAFETY: the caller's promise.
    unsafe { &*object.cast::<CField>() }
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    guard_silent(|| {
        // SAFETY: CPython deallocates a CField once; the ctype is the only part that needs dropping.
        unsafe {
            ffi::PyObject_GC_UnTrack(object.cast());
            let class = ffi::Py_TYPE(object);
            std::ptr::drop_in_place(&raw mut (*object.cast::<CField>()).ctype);
            ffi::PyObject_GC_Del(object.cast());
            ffi::Py_DECREF(class.cast());
        }
    });
}

unsafe extern "C" fn traverse(
    object: *mut PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector on a live CField. Cycles are broken by the record that has the field.
    unsafe {
        match visit(ffi::Py_TYPE(object).cast(), argument) {
            0 => visit(field(object).ctype.as_ptr(), argument),
            found => found,
        }
    }
}

unsafe extern "C" fn get_type(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    // SAFETY: a getter of CField.
    guard(|| Ok(unsafe { field(object) }.ctype.as_object().to_owned()))
}

unsafe extern "C" fn get_offset(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    // SAFETY: a getter of CField.
    guard(|| int::from_usize(unsafe { field(object) }.offset))
}

unsafe extern "C" fn get_bitshift(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    // SAFETY: a getter of CField.
    let this = unsafe { field(object) };
    guard(|| match this.place {
        // Programs tell arrays of no or unknown length by this number.
        Place::Whole if field_is_empty_array(this) => int::from_i64(-2),
        Place::Whole => int::from_i64(-1),
        Place::Bits { shift, .. } => int::from_i64(shift.into()),
    })
}

fn field_is_empty_array(field: &CField) -> bool {
    field.ctype.kind == super::object::Kind::Array && field.ctype.length <= 0
}

unsafe extern "C" fn get_bitsize(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    // SAFETY: a getter of CField.
    guard(|| match unsafe { field(object) }.place {
        Place::Whole => int::from_i64(-1),
        Place::Bits { width, .. } => int::from_i64(width.into()),
    })
}

unsafe extern "C" fn get_flags(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    // SAFETY: a getter of CField.
    guard(|| int::from_i64(unsafe { field(object) }.skipped_in_initializer.into()))
}

/// Makes the type.
pub fn make_type() -> PyResult<Owned> {
    let spec = TypeSpec::new(c"_cffi_backend.CField", size_of::<CField>())
        .flags(ffi::Py_TPFLAGS_HAVE_GC | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION)
        .doc(c"A field of a struct or union.")
        .getset(vec![
            getter(c"type", get_type, c"The ctype of the field."),
            getter(
                c"offset",
                get_offset,
                c"Offset in bytes; of a bit-field, of its storage unit.",
            ),
            getter(
                c"bitshift",
                get_bitshift,
                c"Lowest bit of a bit-field in its storage unit; -1 for other fields.",
            ),
            getter(
                c"bitsize",
                get_bitsize,
                c"Width of a bit-field in bits; -1 for other fields.",
            ),
            getter(
                c"flags",
                get_flags,
                c"1 where positional initialisers leave the field out, else 0.",
            ),
        ]);
    // SAFETY: each function has the type of its slot.
    unsafe {
        spec.slot(ffi::Py_tp_dealloc, dealloc as *mut c_void)
            .slot(ffi::Py_tp_traverse, traverse as *mut c_void)
    }
    .build(None)
}
