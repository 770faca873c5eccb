//! `CField`: one field of a record, as `ctype.fields` lists them.

use std::ffi::{c_int, c_void};
use std::mem::offset_of;

use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::guard_silent;
use cffi_python::typespec::TypeSpec;
use cffi_python::{Borrowed, Owned, PyResult};

use super::object::{CTypeRef, Kind};
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
    ob_base: cffi_python::object::Header,
    /// Its type.
    pub ctype: CTypeRef,
    /// Offset from the start of the record, in bytes.
    pub offset: usize,
    /// Object or bit-field.
    pub place: Place,
    /// Left out by positional initialisers: a second or later member of an anonymous union. Python sees it as `flags`.
    pub skipped_in_initializer: bool,
    /// For Python: the lowest bit of a bit-field, -1 for other fields, -2 for arrays of no or unknown length, by which programs tell
    /// these.
    bitshift: i16,
    /// For Python: the width of a bit-field, -1 for other fields.
    bitsize: i16,
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
    let empty_array = ctype.kind == Kind::Array && ctype.length <= 0;
    let (bitshift, bitsize) = match place {
        Place::Whole => (if empty_array { -2 } else { -1 }, -1),
        Place::Bits { shift, width } => (
            i16::try_from(shift).unwrap_or(i16::MAX),
            i16::try_from(width).unwrap_or(i16::MAX),
        ),
    };
    // SAFETY: the type is ready; fresh zeroed memory.
    let object = unsafe { Owned::from_new(ffi::PyType_GenericAlloc(types::CFIELD.get()?, 0)) }?;
    let field: *mut CField = object.as_ptr().cast();
    // SAFETY: memory of the size of CField; the header stays as it is.
    unsafe {
        (&raw mut (*field).ctype).write(ctype);
        (&raw mut (*field).offset).write(offset);
        (&raw mut (*field).place).write(place);
        (&raw mut (*field).skipped_in_initializer).write(skipped_in_initializer);
        (&raw mut (*field).bitshift).write(bitshift);
        (&raw mut (*field).bitsize).write(bitsize);
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

/// Makes the type.
pub fn make_type() -> PyResult<Owned> {
    let member = TypeSpec::read_only_member;
    let spec = TypeSpec::new(c"_cffi_backend.CField", size_of::<CField>())
        .not_picklable()
        .flags(ffi::Py_TPFLAGS_HAVE_GC | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION)
        .doc(c"A field of a struct or union.")
        .members(vec![
            member(
                c"type",
                ffi::Py_T_OBJECT_EX,
                offset_of!(CField, ctype),
                Some(c"The ctype of the field."),
            ),
            member(
                c"offset",
                ffi::Py_T_PYSSIZET,
                offset_of!(CField, offset),
                Some(c"Offset in bytes; of a bit-field, of its storage unit."),
            ),
            member(
                c"bitshift",
                ffi::Py_T_SHORT,
                offset_of!(CField, bitshift),
                Some(c"Lowest bit of a bit-field in its storage unit; -1 for other fields."),
            ),
            member(
                c"bitsize",
                ffi::Py_T_SHORT,
                offset_of!(CField, bitsize),
                Some(c"Width of a bit-field in bits; -1 for other fields."),
            ),
            member(
                c"flags",
                ffi::Py_T_UBYTE,
                offset_of!(CField, skipped_in_initializer),
                Some(c"1 where positional initialisers leave the field out, else 0."),
            ),
        ]);
    // SAFETY: each function has the type of its slot.
    unsafe {
        spec.slot(ffi::Py_tp_dealloc, dealloc as *mut c_void)
            .slot(ffi::Py_tp_traverse, traverse as *mut c_void)
    }
    .build(None)
}
