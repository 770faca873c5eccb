//! Modules that CFFI generated: compiled ones (API mode) and Python ones (ABI mode out of line), with their `ffi` and `lib`.
//!
//! Both bring the same tables (`cffi-wire`); types and attributes are made of them when they are first asked for.

pub mod context;
mod exports;
pub mod extern_python;
pub mod function;
pub mod globals;
pub mod library;
pub mod module;
pub mod names;
pub mod python_form;
pub mod realize;
pub mod variable;
mod verified;

use std::ffi::CStr;
use std::fmt;
use std::sync::atomic::AtomicBool;

use cffi_python::ffi::PyObject;
use cffi_python::{Owned, PyResult, Raised, error};
use cffi_wire::flags::Record;

use crate::ffi::inline::listed_types;
use crate::types;
use context::Context;

/// What a module's FFI knows.
pub struct Compiled {
    /// The module's name.
    pub name: String,
    /// The tables.
    pub context: Context,
    /// The FFI of each included module, and its library where it has one.
    included: Vec<(Owned, Option<Owned>)>,
    /// Whether the names of the types were entered into the declarations that type strings are parsed with.
    names_entered: AtomicBool,
}

impl Compiled {
    /// A module, with the FFIs and libraries of those that it includes.
    pub fn new(name: String, context: Context, included: Vec<(Owned, Option<Owned>)>) -> Self {
        Self {
            name,
            context,
            included,
            names_entered: false.into(),
        }
    }

    /// The FFIs of the included modules, and their libraries where they have one.
    pub fn included(&self) -> &[(Owned, Option<Owned>)] {
        &self.included
    }

    /// `ffi.list_types()`: typedefs, tags of structs and tags of unions.
    pub fn list_types(&self) -> PyResult<Owned> {
        let mut lists: [Vec<String>; 3] = Default::default();
        let [typedefs, structs, unions] = &mut lists;
        for item in self.context.typenames() {
            // SAFETY: names of tables are such texts.
            typedefs.push(context::text(
                unsafe { CStr::from_ptr(item.name) }.to_bytes(),
            ));
        }
        for item in self.context.struct_unions() {
            // SAFETY: as above.
            let name = context::text(unsafe { CStr::from_ptr(item.name) }.to_bytes());
            let is_union = Record::from_bits_truncate(item.flags).contains(Record::UNION);
            match (name.starts_with('$'), is_union) {
                (true, _) => {}
                (false, true) => unions.push(name),
                (false, false) => structs.push(name),
            }
        }
        listed_types(lists)
    }

    /// Every object that this refers to, for `tp_traverse`.
    pub fn for_each_reference(&self, visit: &mut dyn FnMut(*mut PyObject)) {
        for (ffi, lib) in &self.included {
            visit(ffi.as_ptr());
            if let Some(lib) = lib {
                visit(lib.as_ptr());
            }
        }
        self.context.for_each_type(visit);
    }
}

/// Raises `ffi.error`.
#[cold]
pub fn ffi_error(message: fmt::Arguments<'_>) -> Raised {
    match types::FFI.object().attribute(c"error") {
        Ok(class) => error::raise_class(class.borrow(), message),
        Err(raised) => raised,
    }
}
