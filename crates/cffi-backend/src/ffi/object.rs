//! The FFI object and how its arguments become ctypes.

use std::ffi::{c_int, c_void};
use std::sync::OnceLock;

use cffi_python::arguments::wrong_type;
use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::guard_silent;
use cffi_python::{Borrowed, Owned, PyResult, Raised, object, raise};

use super::inline::World;
use crate::cdata::CData;
use crate::compiled::{self, Compiled};
use crate::ctype::{CType, CTypeRef};
use crate::types;

/// How many type strings are remembered; then the memory of them starts anew, so that a program that names types without end does
/// not grow without end.
const REMEMBERED_TYPES: isize = 2048;

/// An FFI.
#[repr(C)]
pub struct Ffi {
    ob_base: cffi_python::object::Header,
    /// `{str: ctype}` for strings that name object types.
    types: Owned,
    /// `{str: ctype}` for strings that name function types, the ctype being the pointer to it.
    function_types: Owned,
    /// `{tag: result}` of `init_once`.
    pub(super) once: Owned,
    /// What the declarations are.
    pub world: World,
    /// Which of the two interfaces this is.
    pub mode: Mode,
    /// Of a module's FFI: its tables.
    module: OnceLock<Compiled>,
}

/// `cffi.FFI` and the FFI of a compiled module have the same methods, but their errors come in different words, and they differ in a few
/// things that they accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `cffi.FFI`.
    Inline,
    /// The FFI of a compiled module.
    Compiled,
}

/// What a type string may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionTypes {
    /// A function type is an error.
    Refused,
    /// A function type stands for the pointer to it.
    AsPointer,
}

impl Ffi {
    /// The FFI behind the `self` of a method.
    ///
    /// # Safety
    /// `object` is an instance of `FFI` or a subtype for as long as the borrow lasts.
    pub unsafe fn from_ptr<'a>(object: *mut PyObject) -> &'a Self {
        // SAFETY: the caller's promise.
        unsafe { &*object.cast::<Self>() }
    }

    /// The FFI behind an object, if it is one.
    pub fn from_object(object: Borrowed<'_>) -> Option<&Self> {
        // SAFETY: instances of the type and its subtypes begin with this layout.
        object
            .is_instance_of(types::FFI.object())
            .then(|| unsafe { &*object.as_ptr().cast::<Self>() })
    }

    /// What the module of this FFI brought along.
    pub fn compiled(&self) -> Option<&Compiled> {
        self.module.get()
    }

    /// Gives the FFI the tables of its module; `false` if it has some.
    pub fn set_compiled(&self, module: Compiled) -> bool {
        self.module.set(module).is_ok()
    }

    /// As a plain object.
    pub fn as_object(&self) -> Borrowed<'_> {
        // SAFETY: `self` is a live object for the borrow's lifetime.
        unsafe { Borrowed::from_ptr(types::object_ptr(self)) }
    }

    /// The ctype that a string names.
    #[inline]
    pub fn type_of_string(
        &self,
        text: Borrowed<'_>,
        functions: FunctionTypes,
    ) -> PyResult<CTypeRef> {
        if let Some(found) = self.types.borrow().dict_get(text)? {
            // SAFETY: only ctypes are put into this dict.
            return Ok(unsafe { CTypeRef::from_owned(found) });
        }
        self.parse(text, functions)
    }

    #[cold]
    fn parse(&self, text: Borrowed<'_>, functions: FunctionTypes) -> PyResult<CTypeRef> {
        let known = self.function_types.borrow().dict_get(text)?;
        let (ctype, is_function) = match known {
            // SAFETY: only ctypes are put into this dict.
            Some(known) => (unsafe { CTypeRef::from_owned(known) }, true),
            None => {
                let (ctype, is_function) = match self.mode {
                    Mode::Inline => self.world.parse_type(self, text.utf8()?)?,
                    Mode::Compiled => compiled::names::parse_type(self, text)?,
                };
                let memory = if is_function {
                    &self.function_types
                } else {
                    &self.types
                };
                remember(memory, text, &ctype)?;
                (ctype, is_function)
            }
        };
        if is_function && functions == FunctionTypes::Refused && self.mode == Mode::Compiled {
            return Err(compiled::realize::unexpected_function(&ctype));
        }
        if is_function && functions == FunctionTypes::Refused {
            return Err(self.world.error(format_args!(
                "the type {} is a function type, not a pointer-to-function type",
                text.repr_text()
            )));
        }
        Ok(ctype)
    }

    /// Forgets what strings mean, because the declarations have changed.
    pub fn forget_types(&self) {
        // SAFETY: two dicts.
        unsafe {
            ffi::PyDict_Clear(self.types.as_ptr());
            ffi::PyDict_Clear(self.function_types.as_ptr());
        }
    }

    /// The ctype of an argument that is a string or a ctype. `function` is the function of the module that takes the ctype.
    #[inline]
    pub fn type_argument(
        &self,
        object: Borrowed<'_>,
        functions: FunctionTypes,
        function: &'static str,
    ) -> PyResult<CTypeRef> {
        if object.is_str() {
            return self.type_of_string(object, functions);
        }
        match CType::from_object(object) {
            Some(ctype) => Ok(ctype.to_ref()),
            None => Err(self.no_type(object, function)),
        }
    }

    #[cold]
    fn no_type(&self, object: Borrowed<'_>, function: &str) -> Raised {
        match self.mode {
            Mode::Inline => wrong_type(function, 1, "_cffi_backend.CType", object),
            Mode::Compiled => raise!(
                TypeError,
                "expected a string or ctype object, got '{}'",
                object.type_name()
            ),
        }
    }

    /// The ctype of an argument that is a string, a ctype or, for the FFI of a compiled module, a cdata.
    pub fn type_to_measure(&self, object: Borrowed<'_>, expected: &str) -> PyResult<CTypeRef> {
        if object.is_str() {
            return self.type_of_string(object, FunctionTypes::Refused);
        }
        if let Some(ctype) = CType::from_object(object) {
            return Ok(ctype.to_ref());
        }
        match (self.mode, CData::from_object(object)) {
            (Mode::Compiled, Some(cdata)) => Ok(cdata.ctype().clone()),
            (Mode::Compiled, None) => Err(raise!(
                TypeError,
                "expected a string or ctype object or cdata object, got '{}'",
                object.type_name()
            )),
            (Mode::Inline, _) => Err(raise!(TypeError, "expected a {expected} object")),
        }
    }
}

fn remember(memory: &Owned, text: Borrowed<'_>, ctype: &CTypeRef) -> PyResult<()> {
    // SAFETY: a dict.
    unsafe {
        if ffi::PyDict_Size(memory.as_ptr()) >= REMEMBERED_TYPES {
            ffi::PyDict_Clear(memory.as_ptr());
        }
    }
    memory.borrow().dict_set(text, ctype.as_object())
}

/// Makes an instance; the parts are complete before anybody can see it.
pub(super) fn new_instance(class: *mut ffi::PyTypeObject, world: World) -> PyResult<Owned> {
    let (types, function_types, once) = (
        object::new_dict()?,
        object::new_dict()?,
        object::new_dict()?,
    );
    // SAFETY: `class` is FFI or a subtype; its memory is zeroed and large enough.
    unsafe {
        let mode = if types::INLINE_FFI.is_base_of(class) {
            Mode::Inline
        } else {
            Mode::Compiled
        };
        let made = Owned::from_new(ffi::PyType_GenericAlloc(class, 0))?;
        let place: *mut Ffi = made.as_ptr().cast();
        (&raw mut (*place).types).write(types);
        (&raw mut (*place).function_types).write(function_types);
        (&raw mut (*place).once).write(once);
        (&raw mut (*place).world).write(world);
        (&raw mut (*place).module).write(OnceLock::new());
        (&raw mut (*place).mode).write(mode);
        Ok(made)
    }
}

/// The FFI of a compiled module, which is about to get its tables.
pub fn new_module_ffi() -> PyResult<Owned> {
    new_instance(types::FFI.get(), World::new())
}

/// `tp_dealloc`
pub(super) unsafe extern "C" fn dealloc(object: *mut PyObject) {
    guard_silent(|| {
        // SAFETY: CPython deallocates an FFI once; its parts are dropped in place.
        unsafe {
            ffi::PyObject_GC_UnTrack(object.cast());
            let class = ffi::Py_TYPE(object);
            let place: *mut Ffi = object.cast();
            std::ptr::drop_in_place(&raw mut (*place).types);
            std::ptr::drop_in_place(&raw mut (*place).function_types);
            std::ptr::drop_in_place(&raw mut (*place).once);
            std::ptr::drop_in_place(&raw mut (*place).world);
            std::ptr::drop_in_place(&raw mut (*place).module);
            ffi::PyObject_GC_Del(object.cast());
            ffi::Py_DECREF(class.cast());
        }
    });
}

/// `tp_traverse`
pub(super) unsafe extern "C" fn traverse(
    object: *mut PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector on a live FFI.
    unsafe {
        let this = Ffi::from_ptr(object);
        let mut found = visit(ffi::Py_TYPE(object).cast(), argument);
        for part in [&this.types, &this.function_types, &this.once] {
            if found == 0 {
                found = visit(part.as_ptr(), argument);
            }
        }
        if let Some(module) = this.compiled() {
            module.for_each_reference(&mut |reference| {
                if found == 0 {
                    found = visit(reference, argument);
                }
            });
        }
        this.world.for_each_reference(&mut |reference| {
            if found == 0 {
                found = visit(reference, argument);
            }
        });
        found
    }
}

/// `tp_clear`
pub(super) unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    guard_silent(|| {
        // SAFETY: called by the collector on a live FFI.
        let this = unsafe { Ffi::from_ptr(object) };
        this.forget_types();
        // SAFETY: a dict.
        unsafe { ffi::PyDict_Clear(this.once.as_ptr()) }
        this.world.clear();
    });
    0
}
