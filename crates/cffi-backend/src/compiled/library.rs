//! `Lib`: what a module or a library that `ffi.dlopen()` opened has, as attributes.
//!
//! Attributes are made when they are first asked for, and kept; variables are read and written each time.

use std::ffi::{CStr, c_int, c_void};
use std::sync::Arc;

use cffi_model::gil::KeepGil;
use cffi_python::error::{self, Exception};
use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::{guard, guard_silent};
use cffi_python::typespec::{TypeSpec, method};
use cffi_python::{Borrowed, Owned, PyResult, Raised, object, raise, text};
use cffi_wire::Opcode;
use cffi_wire::tables::Global;

use super::globals::opcode_of;
use super::variable::Variable;
use super::{Compiled, ffi_error, function};
use crate::cdata::CData;
use crate::ctype::Kind;
use crate::ffi::object::Ffi;
use crate::library::handle::Library;
use crate::library::keep_gil;
use crate::types;

/// The functions, variables and constants of a module.
#[repr(C)]
pub struct Lib {
    ob_base: cffi_python::object::Header,
    ffi: Owned,
    /// A `str`.
    name: Owned,
    /// `{name: value}` of what was asked for; variables are [`Variable`].
    pub(super) found: Owned,
    /// Of a Python module: what `ffi.dlopen()` opened.
    pub(super) library: Option<Arc<Library>>,
    weak_references: cffi_python::object::WeakReferences,
}

/// Makes the `lib` of a module, or of a library.
pub fn new_library(ffi: &Owned, name: &str, library: Option<Library>) -> PyResult<Owned> {
    let (name, found) = (text::from_str(name)?, object::new_dict()?);
    // SAFETY: the type is ready; every part is written at once.
    unsafe {
        let made = Owned::from_new(ffi::PyType_GenericAlloc(types::LIB.get(), 0))?;
        let place: *mut Lib = made.as_ptr().cast();
        (&raw mut (*place).ffi).write(ffi.clone());
        (&raw mut (*place).name).write(name);
        (&raw mut (*place).found).write(found);
        (&raw mut (*place).library).write(library.map(Arc::new));
        (&raw mut (*place).weak_references).write(Default::default());
        Ok(made)
    }
}

/// Makes the library of a module that `ffi.verify()` made, with further attributes.
pub fn verified_library(ffi: &Owned, name: &str, extras: Borrowed<'_>) -> PyResult<Owned> {
    let made = new_library(ffi, name, None)?;
    if let Some(lib) = Lib::from_object(made.borrow()) {
        // SAFETY: two dicts.
        error::status(unsafe { ffi::PyDict_Update(lib.found.as_ptr(), extras.as_ptr()) })?;
    }
    Ok(made)
}

/// `ffi.dlopen()` of a Python module.
pub fn open(
    owner: &Ffi,
    name: Option<Borrowed<'_>>,
    flags: c_int,
    keep_gil: KeepGil,
) -> PyResult<Owned> {
    keep_gil::check(&keep_gil, |name| {
        owner.compiled().is_some_and(|module| {
            let context = &module.context;
            let global = context.find_global(name);
            let global = global.and_then(|index| context.globals().get(index));
            global.and_then(opcode_of) == Some(Opcode::DlopenFunc)
        })
    })?;
    let library = Library::open(name, flags, keep_gil)?;
    let name = library.name.clone();
    new_library(&owner.as_object().to_owned(), &name, Some(library))
}

impl Lib {
    /// The library behind an object, if it is one.
    #[inline]
    pub fn from_object(object: Borrowed<'_>) -> Option<&Self> {
        // SAFETY: the type cannot be subclassed, so the object has this layout.
        types::LIB
            .is_exact(object)
            .then(|| unsafe { &*object.as_ptr().cast::<Self>() })
    }

    /// As a plain object.
    pub fn as_object(&self) -> Borrowed<'_> {
        // SAFETY: `self` is a live object for the borrow's lifetime.
        unsafe { Borrowed::from_ptr(types::object_ptr(self)) }
    }

    /// The name of the module or library, a `str`.
    pub fn name(&self) -> Borrowed<'_> {
        self.name.borrow()
    }

    pub(super) fn owner(&self) -> PyResult<&Ffi> {
        Ffi::from_object(self.ffi.borrow())
            .ok_or_else(|| raise!(SystemError, "library without an FFI"))
    }

    /// The global of a name, in this module itself.
    pub fn global(&self, name: &str) -> Option<&Global> {
        let context = &Ffi::from_object(self.ffi.borrow())?.compiled()?.context;
        context.globals().get(context.find_global(name)?)
    }

    /// Does something with the module.
    pub fn with_module<R>(&self, work: impl FnOnce(&Ffi, &Compiled) -> PyResult<R>) -> PyResult<R> {
        let owner = self.owner()?;
        match owner.compiled() {
            Some(module) => work(owner, module),
            None => Err(raise!(SystemError, "library without a module")),
        }
    }

    /// `ffi.dlclose()`. Functions that were taken out of it must not be called any more.
    pub fn close(&self) -> PyResult<()> {
        let Some(library) = self.library.as_ref().filter(|library| library.is_open()) else {
            return Ok(());
        };
        // SAFETY: a dict.
        unsafe { ffi::PyDict_Clear(self.found.as_ptr()) }
        library
            .close_or(|text| ffi_error(format_args!("closing library '{}': {text}", library.name)))
    }

    /// What a name is: a value, or a [`Variable`].
    #[inline]
    fn look_up(&self, name: Borrowed<'_>) -> PyResult<Owned> {
        match self.found.borrow().dict_get(name)? {
            Some(known) => Ok(known),
            None => self.make(name),
        }
    }

    #[cold]
    fn make(&self, name: Borrowed<'_>) -> PyResult<Owned> {
        match self.find(name, 0)? {
            Some(made) => Ok(made),
            None => Err(raise!(
                AttributeError,
                "cffi library '{}' has no function, constant or global variable named '{}'",
                self.name().display(),
                name.display()
            )),
        }
    }

    /// `ffi.addressof(lib, name)`
    pub fn address_of(&self, names: &[Borrowed<'_>]) -> PyResult<Owned> {
        let [name] = names else {
            return Err(raise!(
                TypeError,
                "function takes exactly 2 arguments ({} given)",
                names.len() + 1
            ));
        };
        if !name.is_str() {
            return Err(raise!(
                TypeError,
                "argument 2 must be str, not {}",
                name.type_name()
            ));
        }
        let found = self.look_up(*name)?;
        let object = found.borrow();
        if let Some(variable) = Variable::from_object(object) {
            return variable.pointer();
        }
        if let Some(pointer) = function::pointer_of(object)? {
            return Ok(pointer.into_owned());
        }
        // A function whose module knows the wrapper only, as modules of old are: it is the best there is.
        let is_function = function::ctype_of(object)?.is_some()
            || CData::from_object(object).is_some_and(|it| it.ctype().kind == Kind::Function);
        if is_function {
            return Ok(found);
        }
        Err(raise!(
            AttributeError,
            "cannot take the address of the constant '{}'",
            name.display()
        ))
    }

    fn get(&self, name: Borrowed<'_>) -> PyResult<Owned> {
        match self.look_up(name) {
            Ok(found) => match Variable::from_object(found.borrow()) {
                Some(variable) => variable.read(),
                None => Ok(found),
            },
            Err(raised) if Exception::AttributeError.is_set() => self.get_usual(name, raised),
            Err(raised) => Err(raised),
        }
    }

    /// What modules have, where it is not declared: `help()` and the import system ask for it.
    #[cold]
    fn get_usual(&self, name: Borrowed<'_>, raised: Raised) -> PyResult<Owned> {
        let kept = error::fetch();
        let Ok(string) = name.utf8() else {
            error::clear();
            kept.restore();
            return Err(raised);
        };
        match string {
            "__all__" => self.names(Listing::WithoutVariables),
            "__dict__" => self.dict(),
            "__class__" => {
                // SAFETY: a static type object.
                let class = unsafe { Borrowed::from_ptr((&raw mut ffi::PyModule_Type).cast()) };
                Ok(class.to_owned())
            }
            "__name__" => text::from_str(&format!("{}.lib", self.name().display())),
            "__loader__" | "__spec__" => Ok(Owned::none()),
            _ => {
                kept.restore();
                Err(raised)
            }
        }
    }

    fn set(&self, name: Borrowed<'_>, value: Option<Borrowed<'_>>) -> PyResult<()> {
        let found = self.look_up(name)?;
        let Some(value) = value else {
            return Err(raise!(AttributeError, "C attribute cannot be deleted"));
        };
        match Variable::from_object(found.borrow()) {
            Some(variable) => variable.write(value),
            None => Err(raise!(
                AttributeError,
                "cannot write to function or constant '{}'",
                name.display()
            )),
        }
    }

    fn names(&self, listing: Listing) -> PyResult<Owned> {
        let module = self.owner()?.compiled();
        let globals = module.map_or(&[][..], |module| module.context.globals());
        let listed: Vec<&Global> = globals
            .iter()
            .filter(|global| {
                listing == Listing::All
                    || !matches!(
                        opcode_of(global),
                        Some(Opcode::GlobalVar | Opcode::GlobalVarF)
                    )
            })
            .collect();
        object::new_list(listed.len(), |index| {
            // SAFETY: names of tables are such texts.
            let name = listed
                .get(index)
                .map_or(c"", |global| unsafe { CStr::from_ptr(global.name) });
            text::from_str(&super::context::text(name.to_bytes()))
        })
    }

    fn dict(&self) -> PyResult<Owned> {
        let made = object::new_dict()?;
        let names = self.names(Listing::All)?;
        let iterator = names.borrow().iterate()?;
        while let Some(name) = iterator.borrow().next()? {
            let value = self.look_up(name.borrow())?;
            made.borrow().dict_set(name.borrow(), value.borrow())?;
        }
        Ok(made)
    }
}

/// Which names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listing {
    All,
    WithoutVariables,
}

unsafe extern "C" fn getattro(object: *mut PyObject, name: *mut PyObject) -> *mut PyObject {
    // SAFETY: a slot of Lib; the name is a str.
    guard(|| unsafe { (*object.cast::<Lib>()).get(Borrowed::from_ptr(name)) })
}

unsafe extern "C" fn setattro(
    object: *mut PyObject,
    name: *mut PyObject,
    value: *mut PyObject,
) -> c_int {
    // SAFETY: a slot of Lib; the name is a str; the value is NULL for `del`.
    guard(|| unsafe {
        let value = Borrowed::from_ptr_or_none(value);
        (*object.cast::<Lib>()).set(Borrowed::from_ptr(name), value)
    })
}

unsafe extern "C" fn dir(object: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    // SAFETY: a method of Lib.
    guard(|| unsafe { &*object.cast::<Lib>() }.names(Listing::All))
}

unsafe extern "C" fn repr(object: *mut PyObject) -> *mut PyObject {
    guard(|| {
        // SAFETY: a slot of Lib.
        let this = unsafe { &*object.cast::<Lib>() };
        text::from_str(&format!("<Lib object for '{}'>", this.name().display()))
    })
}

unsafe extern "C" fn traverse(
    object: *mut PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector on a live Lib.
    unsafe {
        let this = &*object.cast::<Lib>();
        for part in [
            ffi::Py_TYPE(object).cast(),
            this.ffi.as_ptr(),
            this.found.as_ptr(),
        ] {
            let found = visit(part, argument);
            if found != 0 {
                return found;
            }
        }
        0
    }
}

unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    // SAFETY: called by the collector on a live Lib.
    unsafe { ffi::PyDict_Clear((*object.cast::<Lib>()).found.as_ptr()) }
    0
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    guard_silent(|| {
        // SAFETY: CPython deallocates a Lib once; its parts are dropped in place, the functions before the library.
        unsafe {
            ffi::PyObject_GC_UnTrack(object.cast());
            let place: *mut Lib = object.cast();
            if !(*place).weak_references.get().is_null() {
                ffi::PyObject_ClearWeakRefs(object);
            }
            let class = ffi::Py_TYPE(object);
            std::ptr::drop_in_place(&raw mut (*place).found);
            std::ptr::drop_in_place(&raw mut (*place).library);
            std::ptr::drop_in_place(&raw mut (*place).name);
            std::ptr::drop_in_place(&raw mut (*place).ffi);
            ffi::PyObject_GC_Del(object.cast());
            ffi::Py_DECREF(class.cast());
        }
    });
}

/// Makes the type.
pub fn make_type() -> PyResult<Owned> {
    let spec = TypeSpec::new(c"_cffi_backend.Lib", size_of::<Lib>())
        .not_picklable()
        .flags(ffi::Py_TPFLAGS_HAVE_GC | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION)
        .doc(c"A compiled module or a C library: functions, variables and constants are the attributes.")
        .methods(vec![method(
            c"__dir__",
            dir,
            ffi::METH_NOARGS,
            c"The names that are declared.",
        )])
        .members(vec![TypeSpec::read_only_member(
            c"__weaklistoffset__",
            ffi::Py_T_PYSSIZET,
            std::mem::offset_of!(Lib, weak_references),
            None,
        )]);
    // SAFETY: each function has the type of its slot.
    unsafe {
        spec.slot(ffi::Py_tp_dealloc, dealloc as *mut c_void)
            .slot(ffi::Py_tp_traverse, traverse as *mut c_void)
            .slot(ffi::Py_tp_clear, clear as *mut c_void)
            .slot(ffi::Py_tp_repr, repr as *mut c_void)
            .slot(ffi::Py_tp_getattro, getattro as *mut c_void)
            .slot(ffi::Py_tp_setattro, setattro as *mut c_void)
    }
    .build(None)
}
