//! The libraries of `cffi.FFI.dlopen()`: the functions, variables and constants of a library as attributes.
//!
//! Functions and constants are looked up once and are attributes of the object from then on, as if the program had set them. What is no
//! attribute yet, and variables, which are read each time, come from `__getattr__`.
//!
//! ```text
//!   lib.name ──▶ lib.__dict__ ──no such key──▶ __getattr__ ──function, constant──▶ lib.__dict__
//!                                                  └──────────variable───────────▶ memory
//! ```
//!
//! The class is made as a `class` statement makes one: interpreters from 3.12 on read attributes of such objects without calling
//! anybody (`LOAD_ATTR_WITH_HINT`). Earlier ones do not where there is a `__getattr__`, and raise an exception on the way to it; there a
//! slot does all of it.

use cffi_python::bits::ToSigned;
use std::ffi::{c_int, c_void};
use std::sync::Arc;

use cffi_model::declarations::{Declaration, IntegerOrigin};
use cffi_model::gil::KeepGil;
use cffi_python::arguments::{Arguments, Convention, Signature, Style};
use cffi_python::error::{Exception, raise_object};
use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::{guard, guard_silent};
use cffi_python::typespec::{TypeSpec, method};
use cffi_python::{Borrowed, Owned, PyResult, Raised, int, object, raise, text, version};

use super::handle::Library;
use super::keep_gil;
use crate::cdata::CData;
use crate::cdata::object::{new_library_function, new_view};
use crate::convert;
use crate::ctype::{CTypeRef, Kind};
use crate::ffi::object::Ffi;
use crate::ffi::realize;
use crate::types;

/// A library with the declarations of an FFI.
#[repr(C)]
pub struct Lib {
    ob_base: cffi_python::object::Header,
    weak_references: cffi_python::object::WeakReferences,
    library: Arc<Library>,
    ffi: Owned,
    /// The object's `__dict__`, for the slot.
    found: Owned,
}

/// What a name is looked up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// To be read or written.
    Value,
    /// For its address.
    Address,
}

/// What programs know as a method of their library's class.
static ADDRESS_OF: Convention = Convention {
    owner: "_make_ffi_library.<locals>.FFILibrary",
    style: Style::Method,
};

/// What a name is, in this library.
enum Item {
    /// The same each time: a function or a constant.
    Fixed(Owned),
    /// Read each time: a variable at this address.
    Variable(CTypeRef, *mut u8),
}

/// `ffi.dlopen()`
pub fn open(
    owner: &Ffi,
    name: Option<Borrowed<'_>>,
    flags: c_int,
    keep_gil: KeepGil,
) -> PyResult<Owned> {
    keep_gil::check(&keep_gil, |name| {
        matches!(
            realize::declared(owner, name),
            Some(Declaration::Function { .. })
        )
    })?;
    let library = Arc::new(Library::open(name, flags, keep_gil)?);
    let class = types::INLINE_LIB.get()?;
    // Not one that shares its keys, as instances get by themselves: interpreters do not read those without calling.
    let found = object::new_dict()?;
    // SAFETY: the type is ready; every part is written at once, since the collector may look at it from then on. A valid object, and no
    // callback.
    let (made, reference) = unsafe {
        let made = Owned::from_new(ffi::PyType_GenericAlloc(class, 0))?;
        let place: *mut Lib = made.as_ptr().cast();
        (&raw mut (*place).library).write(library);
        (&raw mut (*place).ffi).write(owner.as_object().to_owned());
        (&raw mut (*place).found).write(found.clone());
        cffi_python::error::status(ffi::PyObject_GenericSetDict(
            made.as_ptr(),
            found.as_ptr(),
            std::ptr::null_mut(),
        ))?;
        let reference = ffi::PyWeakref_NewRef(made.as_ptr(), std::ptr::null_mut());
        let reference = Owned::from_new(reference)?;
        (made, reference)
    };
    owner.world.keep_library(reference)?;
    Ok(made)
}

impl Lib {
    /// The library behind an object, if it is one.
    pub fn from_object(object: Borrowed<'_>) -> Option<&Self> {
        // SAFETY: the type cannot be subclassed, so the object has this layout.
        types::INLINE_LIB
            .is_exact(object)
            .then(|| unsafe { &*object.as_ptr().cast::<Self>() })
    }

    /// Closes it. Functions that were taken out of it must not be called any more.
    pub fn close(&self) -> PyResult<()> {
        self.forget_all()?;
        self.library.close()
    }

    /// What was looked up so far, by name: `lib.__dict__`.
    fn found(&self) -> PyResult<Owned> {
        let this = types::object_ptr(self);
        // SAFETY: a live object whose class has a dict for its instances; no context is needed.
        unsafe { Owned::from_new(ffi::PyObject_GenericGetDict(this, std::ptr::null_mut())) }
    }

    /// Looks everything up anew from now on.
    pub fn forget_all(&self) -> PyResult<()> {
        // SAFETY: a dict.
        unsafe { ffi::PyDict_Clear(self.found()?.as_ptr()) }
        Ok(())
    }

    fn owner(&self) -> PyResult<&Ffi> {
        Ffi::from_object(self.ffi.borrow())
            .ok_or_else(|| raise!(SystemError, "library without an FFI"))
    }

    /// What a name stands for; `None` where it is not declared. Constants need no library, so they outlive it.
    fn item(&self, name: &str, purpose: Purpose) -> PyResult<Option<Item>> {
        let owner = self.owner()?;
        let Some(declaration) = realize::declared(owner, name) else {
            return Ok(None);
        };
        match declaration {
            Declaration::Function {
                ty, symbol, gil, ..
            } => {
                let ctype = realize::realize(owner, ty)?;
                let symbol = symbol.as_deref().unwrap_or(name);
                match self.library.symbol(symbol)? {
                    Ok(address) => {
                        let library = self.library.clone();
                        let gil = library.keep_gil.of_function(name, gil);
                        let address = address.as_ptr().cast();
                        let function = new_library_function(ctype, address, library, gil)?;
                        Ok(Some(Item::Fixed(function.into_owned())))
                    }
                    Err(error) => Err(self.no_symbol(symbol, &error)),
                }
            }
            Declaration::Variable { ty, symbol } => {
                let ctype = realize::realize(owner, ty.ty)?;
                let symbol = symbol.as_deref().unwrap_or(name);
                match self.library.symbol(symbol)? {
                    Ok(address) => Ok(Some(Item::Variable(ctype, address.as_ptr().cast()))),
                    Err(error) if purpose == Purpose::Address => {
                        Err(self.no_symbol(symbol, &error))
                    }
                    Err(error) => Err(raise!(
                        KeyError,
                        "variable '{symbol}' not found in library '{}': {error}",
                        self.library.name
                    )),
                }
            }
            Declaration::Integer { value, .. } => Ok(Some(Item::Fixed(int::from_i128(value)?))),
            Declaration::Constant { .. } => Err(raise!(
                NotImplementedError,
                "non-integer constant '{name}' cannot be accessed from a dlopen() library"
            )),
            Declaration::Unknown {
                origin: IntegerOrigin::Enumerator,
            } => Err(realize::missing_enumerator(owner, name)),
            Declaration::Unknown { .. } => Err(raise!(
                AttributeError,
                "{name}\n(declared with '...': its value is known to the C compiler only, not to a library that dlopen() opened)"
            )),
            Declaration::Type(_) => Ok(None),
        }
    }

    #[cold]
    fn no_symbol(&self, symbol: &str, error: &str) -> Raised {
        raise!(
            AttributeError,
            "function/symbol '{symbol}' not found in library '{}': {error}",
            self.library.name
        )
    }

    /// The value of what is no attribute yet.
    fn get(&self, name: Borrowed<'_>) -> PyResult<Owned> {
        self.get_declared(name)?.ok_or_else(|| no_attribute(name))
    }

    /// The value of what is declared and no attribute yet.
    fn get_declared(&self, name: Borrowed<'_>) -> PyResult<Option<Owned>> {
        let Some(text) = identifier(name) else {
            return Ok(None);
        };
        match self.item(text, Purpose::Value)? {
            Some(Item::Fixed(value)) => {
                let this = types::object_ptr(self);
                // SAFETY: three valid objects; the class has a dict for its instances.
                cffi_python::error::status(unsafe {
                    ffi::PyObject_GenericSetAttr(this, name.as_ptr(), value.as_ptr())
                })?;
                Ok(Some(value))
            }
            // SAFETY: the program declared the symbol as a variable of this type.
            Some(Item::Variable(ctype, data)) => unsafe {
                super::load_variable(&ctype, data).map(Some)
            },
            None => Ok(None),
        }
    }

    fn set(&self, name: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
        let item = match identifier(name) {
            Some(text) => self.item(text, Purpose::Value)?,
            None => None,
        };
        match item {
            // SAFETY: as in `get`.
            Some(Item::Variable(ctype, data)) => unsafe { convert::store(&ctype, data, value) },
            Some(Item::Fixed(_)) => Err(raise!(
                AttributeError,
                "cannot write to function or constant '{}'",
                name.display()
            )),
            None => Err(no_attribute(name)),
        }
    }

    /// `del lib.name`: a function or constant is looked up anew when it is next used; there is nothing else to delete.
    fn forget(&self, name: Borrowed<'_>) -> PyResult<()> {
        let found = self.found()?;
        if found.borrow().dict_get(name)?.is_some() {
            // SAFETY: a dict and a str.
            return cffi_python::error::status(unsafe {
                ffi::PyDict_DelItem(found.as_ptr(), name.as_ptr())
            });
        }
        Err(raise!(
            AttributeError,
            "'Lib' object has no attribute '{}'",
            name.display()
        ))
    }

    /// `ffi.addressof(lib, name)`. A pointer to a variable; but an array is shown as what it is, and a function is its own address.
    pub fn address_of(&self, names: &[Borrowed<'_>]) -> PyResult<Owned> {
        const SIGNATURE: Signature<1> = Signature {
            function: "__addressof__",
            parameters: ["name"],
            required: 1,
        };
        let [name] = Arguments::by_position(names, &ADDRESS_OF).bind(&SIGNATURE)?;
        let name = SIGNATURE.require(0, name)?;
        let item = match identifier(name) {
            Some(text) => self.item(text, Purpose::Address)?,
            None => None,
        };
        match item {
            Some(Item::Variable(ctype, data)) => {
                let shown = match ctype.item_pointer() {
                    Some(item) if ctype.kind == Kind::Array && ctype.length < 0 => item.to_ref(),
                    _ if ctype.kind == Kind::Array => ctype,
                    _ => ctype.pointer()?,
                };
                Ok(new_view(shown, data)?.into_owned())
            }
            Some(Item::Fixed(value)) if CData::from_object(value.borrow()).is_some() => Ok(value),
            Some(Item::Fixed(_)) => Err(raise!(
                AttributeError,
                "cannot take the address of the constant '{}'",
                name.display()
            )),
            None => Err(no_attribute(name)),
        }
    }

    fn names(&self) -> PyResult<Vec<String>> {
        Ok(self.owner()?.world.read(|declarations| {
            let mut names: Vec<String> = declarations
                .iter()
                .filter(|(_, declaration)| {
                    !matches!(
                        declaration,
                        Declaration::Type(_)
                            | Declaration::Unknown {
                                origin: IntegerOrigin::Define | IntegerOrigin::Const
                            }
                    )
                })
                .map(|(key, _)| key.name.to_string())
                .collect();
            names.sort();
            names
        }))
    }
}

/// The text of a `str` that can be the name of something in C.
fn identifier(name: Borrowed<'_>) -> Option<&str> {
    if !name.is_str() {
        return None;
    }
    match name.utf8() {
        Ok(text) => Some(text),
        Err(Raised) => {
            cffi_python::error::clear();
            None
        }
    }
}

#[cold]
fn no_attribute(name: Borrowed<'_>) -> Raised {
    raise_object(Exception::AttributeError.class(), name)
}

unsafe extern "C" fn getattr(object: *mut PyObject, name: *mut PyObject) -> *mut PyObject {
    // SAFETY: a method of Lib, and a valid object.
    guard(|| unsafe { (*object.cast::<Lib>()).get(Borrowed::from_ptr(name)) })
}

unsafe extern "C" fn getattro(object: *mut PyObject, name: *mut PyObject) -> *mut PyObject {
    guard(|| {
        // SAFETY: a slot of Lib; the name is a str.
        let (this, name) = unsafe { (&*object.cast::<Lib>(), Borrowed::from_ptr(name)) };
        if let Some(known) = this.found.borrow().dict_get(name)? {
            return Ok(known);
        }
        if let Some(value) = this.get_declared(name)? {
            return Ok(value);
        }
        // SAFETY: two valid objects.
        let generic =
            unsafe { Owned::from_new(ffi::PyObject_GenericGetAttr(object, name.as_ptr())) };
        generic.map_err(|raised| {
            if Exception::AttributeError.is_set() {
                cffi_python::error::clear();
                return no_attribute(name);
            }
            raised
        })
    })
}

unsafe extern "C" fn setattro(
    object: *mut PyObject,
    name: *mut PyObject,
    value: *mut PyObject,
) -> c_int {
    guard(|| {
        // SAFETY: a slot of Lib; the name is a str; the value is NULL for `del`.
        let (this, name, value) = unsafe {
            (
                &*object.cast::<Lib>(),
                Borrowed::from_ptr(name),
                Borrowed::from_ptr_or_none(value),
            )
        };
        match value {
            Some(value) => this.set(name, value),
            None => this.forget(name),
        }
    })
}

unsafe extern "C" fn dir(object: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    guard(|| {
        // SAFETY: a method of Lib.
        let names = unsafe { &*object.cast::<Lib>() }.names()?;
        object::new_list(names.len(), |index| {
            text::from_str(names.get(index).map_or("", String::as_str))
        })
    })
}

unsafe extern "C" fn repr(object: *mut PyObject) -> *mut PyObject {
    guard(|| {
        // SAFETY: a slot of Lib.
        let this = unsafe { &*object.cast::<Lib>() };
        text::from_str(&format!("<Lib object for '{}'>", this.library.name))
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
        let mut found = visit(ffi::Py_TYPE(object).cast(), argument);
        for part in [&this.ffi, &this.found] {
            if found == 0 {
                found = visit(part.as_ptr(), argument);
            }
        }
        found
    }
}

unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    // SAFETY: called by the collector on a live Lib.
    unsafe { ffi::PyDict_Clear((*object.cast::<Lib>()).found.as_ptr()) }
    0
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    guard_silent(|| {
        // SAFETY: CPython deallocates a Lib once; its attributes are gone, and its parts are dropped in place.
        unsafe {
            ffi::PyObject_GC_UnTrack(object.cast());
            let place: *mut Lib = object.cast();
            if !(*place).weak_references.get().is_null() {
                ffi::PyObject_ClearWeakRefs(object);
            }
            let class = ffi::Py_TYPE(object);
            std::ptr::drop_in_place(&raw mut (*place).found);
            std::ptr::drop_in_place(&raw mut (*place).library);
            std::ptr::drop_in_place(&raw mut (*place).ffi);
            ffi::PyObject_GC_Del(object.cast());
            ffi::Py_DECREF(class.cast());
        }
    });
}

/// Makes the type: `class Lib(base)`, which gives instances a dict, and where the base has `__getattr__` the slot that knows it.
pub fn make_type() -> PyResult<Owned> {
    let base = make_base()?;
    let namespace = object::new_dict()?;
    let set = |name: &str, value: &str| {
        let (name, value) = (text::from_str(name)?, text::from_str(value)?);
        namespace.borrow().dict_set(name.borrow(), value.borrow())
    };
    set("__module__", "_cffi_backend")?;
    set("__doc__", DOC)?;
    let name = text::from_str("Lib")?;
    let bases = object::new_tuple([base])?;
    // SAFETY: the address of a type object.
    let metaclass = unsafe { Borrowed::from_ptr((&raw mut ffi::PyType_Type).cast()) };
    metaclass.call(&[name.borrow(), bases.borrow(), namespace.borrow()])
}

const DOC: &str = "A C library: its functions, variables and constants are the attributes.";

fn make_base() -> PyResult<Owned> {
    let spec = TypeSpec::new(c"_cffi_backend._LibBase", size_of::<Lib>())
        .not_picklable()
        .flags(
            ffi::Py_TPFLAGS_HAVE_GC
                | ffi::Py_TPFLAGS_BASETYPE
                | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION,
        )
        .methods(vec![method(
            c"__dir__",
            dir,
            ffi::METH_NOARGS,
            c"The names that are declared.",
        )])
        .members(vec![ffi::PyMemberDef {
            name: c"__weaklistoffset__".as_ptr(),
            type_code: ffi::Py_T_PYSSIZET,
            offset: std::mem::offset_of!(Lib, weak_references).to_signed(),
            flags: ffi::Py_READONLY,
            doc: std::ptr::null(),
        }]);
    let spec = if version::READS_ATTRIBUTES_IN_LINE {
        let doc = c"A function, variable or constant.";
        spec.methods(vec![method(c"__getattr__", getattr, ffi::METH_O, doc)])
    } else {
        // SAFETY: the function has the type of its slot.
        unsafe { spec.slot(ffi::Py_tp_getattro, getattro as *mut c_void) }
    };
    // SAFETY: each function has the type of its slot.
    unsafe {
        spec.slot(ffi::Py_tp_dealloc, dealloc as *mut c_void)
            .slot(ffi::Py_tp_traverse, traverse as *mut c_void)
            .slot(ffi::Py_tp_clear, clear as *mut c_void)
            .slot(ffi::Py_tp_repr, repr as *mut c_void)
            .slot(ffi::Py_tp_setattro, setattro as *mut c_void)
    }
    .build(None)
}
