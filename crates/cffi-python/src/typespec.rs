//! Building heap types from slots (`PyType_FromSpec`).

use std::ffi::{CStr, c_int, c_uint, c_void};

use pyo3_ffi as ffi;

use crate::bits::ToSigned;
use crate::error::PyResult;
use crate::reference::{Borrowed, Owned};

/// Collects the slots of a type.
pub struct TypeSpec {
    name: &'static CStr,
    basic_size: usize,
    flags: std::ffi::c_ulong,
    slots: Vec<ffi::PyType_Slot>,
    methods: Vec<ffi::PyMethodDef>,
}

impl TypeSpec {
    /// A type, immutable as those of CPython itself, of this qualified name (`module.Name`) whose instances take `basic_size` bytes (0: as the base).
    #[must_use]
    pub fn new(name: &'static CStr, basic_size: usize) -> Self {
        Self {
            name,
            basic_size,
            flags: ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_IMMUTABLETYPE,
            slots: Vec::with_capacity(32),
            methods: Vec::new(),
        }
    }

    /// Adds `Py_TPFLAGS_*`.
    #[must_use]
    pub fn flags(mut self, flags: std::ffi::c_ulong) -> Self {
        self.flags |= flags;
        self
    }

    /// Lets attributes of the type be set: for types that get some after they are made.
    #[must_use]
    pub fn mutable(mut self) -> Self {
        self.flags &= !ffi::Py_TPFLAGS_IMMUTABLETYPE;
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

    /// Adds methods.
    #[must_use]
    pub fn methods(mut self, table: Vec<ffi::PyMethodDef>) -> Self {
        if self.methods.is_empty() {
            self.methods = table;
        } else {
            self.methods.extend(table);
        }
        self
    }

    /// Makes pickling and copying of instances an error, under every protocol.
    #[must_use]
    pub fn not_picklable(self) -> Self {
        unsafe extern "C" fn refuse(
            object: *mut ffi::PyObject,
            _: *mut ffi::PyObject,
        ) -> *mut ffi::PyObject {
            crate::slot::guard::<Owned>(|| {
                // SAFETY: a method of a valid object.
                let name = unsafe { Borrowed::from_ptr(object) }.type_name();
                Err(crate::raise!(TypeError, "cannot pickle '{name}' object"))
            })
        }
        self.methods(vec![method(
            c"__reduce__",
            refuse,
            ffi::METH_NOARGS,
            c"Raises TypeError.",
        )])
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

    /// Adds a read-only member of a `Py_T_*` type at an offset in bytes.
    #[must_use]
    pub fn read_only_member(
        name: &'static CStr,
        type_code: c_int,
        offset: usize,
        doc: Option<&'static CStr>,
    ) -> ffi::PyMemberDef {
        ffi::PyMemberDef {
            name: name.as_ptr(),
            type_code,
            offset: offset.to_signed(),
            flags: ffi::Py_READONLY,
            doc: doc.map_or(std::ptr::null(), CStr::as_ptr),
        }
    }

    /// Adds the docstring.
    #[must_use]
    pub fn doc(self, text: &'static CStr) -> Self {
        // SAFETY: a static NUL-terminated text.
        unsafe { self.slot(ffi::Py_tp_doc, text.as_ptr().cast_mut().cast()) }
    }

    /// Makes the type, derived from `base` where given.
    pub fn build(mut self, base: Option<Borrowed<'_>>) -> PyResult<Owned> {
        if !self.methods.is_empty() {
            let mut table = std::mem::take(&mut self.methods);
            table.push(ffi::PyMethodDef::zeroed());
            // Types refer to their tables, and live as long as the process.
            let table = Box::leak(table.into_boxed_slice());
            // SAFETY: a table that ends in a zeroed entry and is never freed.
            self = unsafe { self.slot(ffi::Py_tp_methods, table.as_mut_ptr().cast()) };
        }
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
