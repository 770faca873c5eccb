//! Building heap types from slots (`PyType_FromSpec`).

use std::ffi::{CStr, c_int, c_uint, c_void};

use pyo3_ffi as ffi;

use crate::error::PyResult;
use crate::reference::{Borrowed, Owned};

/// Collects the slots of a type.
pub struct TypeSpec {
    name: &'static CStr,
    basic_size: usize,
    flags: std::ffi::c_ulong,
    slots: Vec<ffi::PyType_Slot>,
}

impl TypeSpec {
    /// A type of this qualified name (`module.Name`) whose instances take `basic_size` bytes (0: as the base).
    #[must_use]
    pub fn new(name: &'static CStr, basic_size: usize) -> Self {
        Self {
            name,
            basic_size,
            flags: ffi::Py_TPFLAGS_DEFAULT,
            slots: Vec::new(),
        }
    }

    /// Adds `Py_TPFLAGS_*`.
    #[must_use]
    pub fn flags(mut self, flags: std::ffi::c_ulong) -> Self {
        self.flags |= flags;
        self
    }

    /// Adds a slot `Py_tp_*`, `Py_nb_*`, ….
    ///
    /// # Safety
    /// `function` has the type that the slot asks for and lives for ever.
    #[must_use]
    pub unsafe fn slot(mut self, slot: c_int, function: *mut c_void) -> Self {
        self.slots.push(ffi::PyType_Slot {
            slot,
            pfunc: function,
        });
        self
    }

    /// Adds methods; the table lives for ever.
    #[must_use]
    pub fn methods(self, table: Vec<ffi::PyMethodDef>) -> Self {
        let mut table = table;
        table.push(ffi::PyMethodDef::zeroed());
        let table = Box::leak(table.into_boxed_slice());
        // SAFETY: a table that ends in a zeroed entry and is never freed.
        unsafe { self.slot(ffi::Py_tp_methods, table.as_mut_ptr().cast()) }
    }

    /// Adds getters and setters; the table lives for ever.
    #[must_use]
    pub fn getset(self, table: Vec<ffi::PyGetSetDef>) -> Self {
        let mut table = table;
        table.push(ffi::PyGetSetDef::default());
        let table = Box::leak(table.into_boxed_slice());
        // SAFETY: a table that ends in a zeroed entry and is never freed.
        unsafe { self.slot(ffi::Py_tp_getset, table.as_mut_ptr().cast()) }
    }

    /// Adds members; the table lives for ever.
    #[must_use]
    pub fn members(self, table: Vec<ffi::PyMemberDef>) -> Self {
        let mut table = table;
        table.push(ffi::PyMemberDef::default());
        let table = Box::leak(table.into_boxed_slice());
        // SAFETY: a table that ends in a zeroed entry and is never freed.
        unsafe { self.slot(ffi::Py_tp_members, table.as_mut_ptr().cast()) }
    }

    /// Adds the docstring.
    #[must_use]
    pub fn doc(self, text: &'static CStr) -> Self {
        // SAFETY: a static NUL-terminated text.
        unsafe { self.slot(ffi::Py_tp_doc, text.as_ptr().cast_mut().cast()) }
    }

    /// Makes the type, derived from `base` where given.
    pub fn build(mut self, base: Option<Borrowed<'_>>) -> PyResult<Owned> {
        self.slots.push(ffi::PyType_Slot::default());
        let mut spec = ffi::PyType_Spec {
            name: self.name.as_ptr(),
            basicsize: c_int::try_from(self.basic_size).unwrap_or_default(),
            itemsize: 0,
            flags: c_uint::try_from(self.flags).unwrap_or_default(),
            slots: self.slots.as_mut_ptr(),
        };
        let base = base.map_or(std::ptr::null_mut(), Borrowed::as_ptr);
        // SAFETY: the spec and slots are complete; CPython copies what it keeps (before 3.12 it keeps the name's pointer,
        // which is static).
        unsafe { Owned::from_new(ffi::PyType_FromSpecWithBases(&raw mut spec, base)) }
    }
}

/// A method entry for `METH_O`, `METH_NOARGS`.
#[must_use]
pub fn method(
    name: &'static CStr,
    function: ffi::PyCFunction,
    flags: c_int,
    doc: &'static CStr,
) -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunction: function,
        },
        ml_flags: flags,
        ml_doc: doc.as_ptr(),
    }
}

/// A method entry for `METH_FASTCALL | METH_KEYWORDS`.
#[must_use]
pub fn method_fast_keywords(
    name: &'static CStr,
    function: ffi::PyCFunctionFastWithKeywords,
    doc: &'static CStr,
) -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunctionFastWithKeywords: function,
        },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: doc.as_ptr(),
    }
}

/// A getter entry.
#[must_use]
pub fn getter(name: &'static CStr, get: ffi::getter, doc: &'static CStr) -> ffi::PyGetSetDef {
    ffi::PyGetSetDef {
        name: name.as_ptr(),
        get: Some(get),
        set: None,
        doc: doc.as_ptr(),
        closure: std::ptr::null_mut(),
    }
}
