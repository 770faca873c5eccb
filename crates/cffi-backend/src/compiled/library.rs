//! `Lib`: what a module or a library that `ffi.dlopen()` opened has, as attributes.
//!
//! Attributes are made when they are first asked for, and kept; variables are read and written each time.

use std::ffi::{CStr, c_int, c_void};
use std::sync::Arc;

use cffi_model::gil::{Gil, KeepGil};
use cffi_python::error::{self, Exception};
use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::{guard, guard_silent};
use cffi_python::typespec::{TypeSpec, method};
use cffi_python::{Borrowed, Owned, PyResult, Raised, object, raise, text};
use cffi_wire::Opcode;
use cffi_wire::tables::Global;

use super::context::place;
use super::variable::{Place, Variable, new_variable};
use super::{Compiled, ffi_error, function, realize};
use crate::cdata::CData;
use crate::cdata::object::{new_library_function, new_pointer_keeping_gil};
use crate::convert;
use crate::ctype::Kind;
use crate::ffi::object::Ffi;
use crate::library::handle::Library;
use crate::library::keep_gil;
use crate::types;

/// Modules that include each other in a circle end here.
const MAX_INCLUDES: u32 = 100;

/// The functions, variables and constants of a module.
#[repr(C)]
pub struct Lib {
    ob_base: cffi_python::object::Header,
    ffi: Owned,
    /// A `str`.
    name: Owned,
    /// `{name: value}` of what was asked for; variables are [`Variable`].
    found: Owned,
    /// Of a Python module: what `ffi.dlopen()` opened.
    library: Option<Arc<Library>>,
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

/// The value of an integer constant of a module or of one that it includes.
pub fn integer_constant(owner: &Ffi, name: &str, depth: u32) -> PyResult<Option<Owned>> {
    let Some(module) = owner.compiled() else {
        return Ok(None);
    };
    if let Some(index) = module.context.find_global(name) {
        let opcode = module.context.globals().get(index).and_then(opcode_of);
        return match opcode {
            Some(Opcode::ConstantInt | Opcode::Enum) => {
                realize::integer_constant(module, index).map(Some)
            }
            _ => Err(ffi_error(format_args!(
                "function, global variable or non-integer constant '{name}' must be fetched from its original 'lib' object"
            ))),
        };
    }
    check_depth(depth)?;
    for (ffi, _) in module.included() {
        if let Some(ffi) = Ffi::from_object(ffi.borrow()) {
            if let Some(value) = integer_constant(ffi, name, depth + 1)? {
                return Ok(Some(value));
            }
        }
    }
    Ok(None)
}

fn check_depth(depth: u32) -> PyResult<()> {
    if depth > MAX_INCLUDES {
        return Err(raise!(
            RuntimeError,
            "recursion overflow in ffi.include() delegations"
        ));
    }
    Ok(())
}

/// What a global is.
pub fn opcode_of(global: &Global) -> Option<Opcode> {
    Opcode::from_number(u8::try_from(global.type_op as usize & 0xFF).unwrap_or(0))
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

    fn owner(&self) -> PyResult<&Ffi> {
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

    fn find(&self, name: Borrowed<'_>, depth: u32) -> PyResult<Option<Owned>> {
        if let Some(known) = self.found.borrow().dict_get(name)? {
            return Ok(Some(known));
        }
        let owner = self.owner()?;
        let Some(module) = owner.compiled() else {
            return Ok(None);
        };
        let Ok(string) = name.utf8() else {
            error::clear();
            return Ok(None);
        };
        let found = match module.context.find_global(string) {
            Some(index) => Some(self.item(owner, module, index, string)?),
            None => Self::find_included(module, name, string, depth)?,
        };
        if let Some(found) = &found {
            self.found.borrow().dict_set(name, found.borrow())?;
        }
        Ok(found)
    }

    fn find_included(
        module: &Compiled,
        name: Borrowed<'_>,
        string: &str,
        depth: u32,
    ) -> PyResult<Option<Owned>> {
        check_depth(depth)?;
        for (ffi, lib) in module.included() {
            let lib = lib.as_ref().and_then(|lib| Self::from_object(lib.borrow()));
            let found = match (lib, Ffi::from_object(ffi.borrow())) {
                (Some(lib), _) => lib.find(name, depth + 1)?,
                (None, Some(ffi)) => integer_constant(ffi, string, depth + 1)?,
                (None, None) => None,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn item(&self, owner: &Ffi, module: &Compiled, index: usize, name: &str) -> PyResult<Owned> {
        let Some(global) = module.context.globals().get(index) else {
            return Err(raise!(SystemError, "global {index} of a module"));
        };
        let Some(opcode) = opcode_of(global) else {
            return Err(raise!(
                NotImplementedError,
                "'{name}' is of an unknown kind"
            ));
        };
        if let Some(flags) = function::wrapper_flags(opcode) {
            let gil = module.context.gil(index);
            return function::new_function(self, owner, module, global, flags, gil);
        }
        // Integer constants have none.
        let type_index = || place(global.type_op as isize >> 8);
        let object_type = || realize::object_type(owner, module, type_index()?);
        match opcode {
            Opcode::ConstantInt | Opcode::Enum => realize::integer_constant(module, index),
            Opcode::Constant | Opcode::DlopenConst => {
                let ctype = object_type()?;
                let Some(size) = ctype.size()?.filter(|size| *size > 0) else {
                    return Err(ffi_error(format_args!(
                        "constant '{name}' is of type '{}', whose size is not known",
                        ctype.name()
                    )));
                };
                if global.address.is_null() {
                    let data = self.symbol(name)?;
                    // SAFETY: the program declared the symbol as an object of this type.
                    return unsafe { convert::load(&ctype, data) };
                }
                let mut memory = vec![0_u128; size.div_ceil(16)];
                let data: *mut u8 = memory.as_mut_ptr().cast();
                // SAFETY: the address of such a constant is a function of this type, which stores a value; here is room for it.
                let value = unsafe {
                    let get: unsafe extern "C" fn(*mut u8) = std::mem::transmute(global.address);
                    get(data);
                    if ctype.kind == Kind::Function && module.context.gil(index) == Gil::Kept {
                        let pointer = data.cast::<*mut u8>().read();
                        return Ok(new_pointer_keeping_gil(ctype, pointer)?.into_owned());
                    }
                    convert::load(&ctype, data)?
                };
                if matches!(ctype.kind, Kind::Struct | Kind::Union | Kind::Array) {
                    // The value refers to it, for as long as anybody likes. There is one for each such constant.
                    std::mem::forget(memory);
                }
                Ok(value)
            }
            Opcode::GlobalVar => {
                let ctype = object_type()?;
                let declared = ctype.size()?.filter(|size| *size > 0);
                let actual = global.size_or_direct_fn.addr();
                if let Some(declared) = declared.filter(|it| actual != 0 && *it != actual) {
                    return Err(ffi_error(format_args!(
                        "global variable '{name}' should be {declared} bytes according to the cdef, but is actually {actual}"
                    )));
                }
                let address = if global.address.is_null() {
                    self.symbol(name)?
                } else {
                    global.address.cast()
                };
                new_variable(name, ctype, Place::At(address))
            }
            Opcode::GlobalVarF => {
                if global.address.is_null() {
                    return Err(raise!(SystemError, "a variable without an address"));
                }
                // SAFETY: the address of such a variable is a function of this type.
                let ask = unsafe {
                    std::mem::transmute::<*mut c_void, unsafe extern "C" fn() -> *mut u8>(
                        global.address,
                    )
                };
                new_variable(name, object_type()?, Place::Asked(ask))
            }
            Opcode::DlopenFunc => {
                let address = self.symbol(name)?;
                let ctype = realize::realize(owner, module, type_index()?, 0)?.ctype;
                let Some(library) = &self.library else {
                    return Err(raise!(SystemError, "a function of no library"));
                };
                let gil = library
                    .keep_gil
                    .of_function(name, module.context.gil(index));
                let library = library.clone();
                Ok(new_library_function(ctype, address, library, gil)?.into_owned())
            }
            Opcode::ExternPython => {
                let ctype = object_type()?;
                let address = &raw const global.size_or_direct_fn;
                // SAFETY: the table holds the function pointer there.
                unsafe { convert::load(&ctype, address.cast_mut().cast()) }
            }
            other => Err(raise!(
                NotImplementedError,
                "'{name}' is of kind {} in its module",
                other.name()
            )),
        }
    }

    /// The address of a symbol.
    fn symbol(&self, name: &str) -> PyResult<*mut u8> {
        let shown = self.name().display();
        let Some(library) = self.library.as_ref().filter(|library| library.is_open()) else {
            return Err(ffi_error(format_args!("library '{shown}' has been closed")));
        };
        match library.symbol(name)? {
            Ok(address) => Ok(address.as_ptr().cast()),
            Err(text) => Err(ffi_error(format_args!(
                "symbol '{name}' not found in library '{shown}': {text}"
            ))),
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
