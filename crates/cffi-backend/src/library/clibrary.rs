//! `CLibrary`: a library of the low-level interface, where the caller names the types (`load_library`).

use std::ffi::c_void;

use cffi_python::arguments::{Arguments, Signature};
use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::{guard, guard_silent};
use cffi_python::typespec::{TypeSpec, method_fast_keywords};
use cffi_python::{Borrowed, Owned, PyResult, raise, text};

use super::handle::Library;
use crate::cdata::object::new_view;
use crate::convert;
use crate::ctype::{CType, Kind};
use crate::types;

#[repr(C)]
struct CLibrary {
    ob_base: PyObject,
    library: Library,
}

/// `load_library(name, flags)`
pub fn load(name: Option<Borrowed<'_>>, flags: isize) -> PyResult<Owned> {
    let library = Library::open(name, flags)?;
    // SAFETY: the type is ready; the part is written at once.
    unsafe {
        let made = Owned::from_new(ffi::PyType_GenericAlloc(types::CLIBRARY.get(), 0))?;
        (&raw mut (*made.as_ptr().cast::<CLibrary>()).library).write(library);
        Ok(made)
    }
}

fn ctype_argument(object: Option<Borrowed<'_>>) -> PyResult<&CType> {
    match object.and_then(CType::from_object) {
        Some(ctype) => Ok(ctype),
        None => Err(raise!(
            TypeError,
            "argument 1 must be a _cffi_backend.CType"
        )),
    }
}

fn name_argument(object: Option<Borrowed<'_>>) -> PyResult<&str> {
    match object {
        Some(object) => object.utf8(),
        None => Err(raise!(TypeError, "argument 2 must be str")),
    }
}

type Body = fn(&CLibrary, Arguments<'_>) -> PyResult<Owned>;

macro_rules! methods {
    ($($name:ident $c_name:literal $doc:literal $body:expr;)*) => {
        $(unsafe extern "C" fn $name(
            this: *mut PyObject, arguments: *const *mut PyObject, count: isize, names: *mut PyObject,
        ) -> *mut PyObject {
            // SAFETY: called by the interpreter as a method of CLibrary.
            guard(|| unsafe {
                let body: Body = $body;
                body(&*this.cast::<CLibrary>(), Arguments::new(arguments, count, names))
            })
        })*
        fn method_table() -> Vec<ffi::PyMethodDef> {
            vec![$(method_fast_keywords($c_name, $name, $doc),)*]
        }
    };
}

methods! {
    load_function_ c"load_function" c"load_function($self, ctype, name, /)\n--\n\nA function as a cdata." load_function;
    read_variable_ c"read_variable" c"read_variable($self, ctype, name, /)\n--\n\nThe value of a variable." read_variable;
    write_variable_ c"write_variable" c"write_variable($self, ctype, name, value, /)\n--\n\nSet a variable." write_variable;
    close_lib_ c"close_lib" c"close_lib($self, /)\n--\n\nClose the library." close_lib;
}

const TWO: Signature<2> = Signature {
    function: "load_function",
    parameters: ["ctype", "name"],
    required: 2,
};

fn load_function(this: &CLibrary, arguments: Arguments<'_>) -> PyResult<Owned> {
    let [ctype, name] = arguments.bind(&TWO)?;
    let (ctype, name) = (ctype_argument(ctype)?, name_argument(name)?);
    if !this.library.is_open() {
        return Err(this.library.closed());
    }
    let accepted = ctype.kind == Kind::Function
        || ctype.kind == Kind::Pointer
            && ctype.item().is_some_and(|item| {
                matches!(
                    item.kind,
                    Kind::Void | Kind::Array | Kind::Struct | Kind::Union
                ) || item.kind.is_primitive()
                    || item.kind == Kind::Pointer
            });
    if !accepted {
        return Err(raise!(
            TypeError,
            "function or pointer or array cdata expected, got '{}'",
            ctype.name()
        ));
    }
    match this.library.symbol(name)? {
        Ok(address) => Ok(new_view(ctype.to_ref(), address.as_ptr().cast())?.into_owned()),
        Err(error) => Err(raise!(
            AttributeError,
            "function/symbol '{name}' not found in library '{}': {error}",
            this.library.name
        )),
    }
}

fn variable(this: &CLibrary, name: &str) -> PyResult<*mut u8> {
    match this.library.symbol(name)? {
        Ok(address) => Ok(address.as_ptr().cast()),
        Err(error) => Err(raise!(
            KeyError,
            "variable '{name}' not found in library '{}': {error}",
            this.library.name
        )),
    }
}

fn read_variable(this: &CLibrary, arguments: Arguments<'_>) -> PyResult<Owned> {
    let [ctype, name] = arguments.bind(&TWO)?;
    let (ctype, name) = (ctype_argument(ctype)?, name_argument(name)?);
    let data = variable(this, name)?;
    // SAFETY: the program says that the symbol is a variable of this type.
    unsafe { convert::load(ctype, data) }
}

fn write_variable(this: &CLibrary, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<3> = Signature {
        function: "write_variable",
        parameters: ["ctype", "name", "value"],
        required: 3,
    };
    let [ctype, name, value] = arguments.bind(&SIGNATURE)?;
    let (ctype, name) = (ctype_argument(ctype)?, name_argument(name)?);
    let data = variable(this, name)?;
    if let Some(value) = value {
        // SAFETY: as above.
        unsafe { convert::store(ctype, data, value)? }
    }
    Ok(Owned::none())
}

fn close_lib(this: &CLibrary, _: Arguments<'_>) -> PyResult<Owned> {
    this.library.close().map(|()| Owned::none())
}

unsafe extern "C" fn repr(object: *mut PyObject) -> *mut PyObject {
    guard(|| {
        // SAFETY: a slot of CLibrary.
        let this = unsafe { &*object.cast::<CLibrary>() };
        text::from_str(&format!("<clibrary '{}'>", this.library.name))
    })
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    guard_silent(|| {
        // SAFETY: CPython deallocates an instance once.
        unsafe {
            let class = ffi::Py_TYPE(object);
            std::ptr::drop_in_place(&raw mut (*object.cast::<CLibrary>()).library);
            ffi::PyObject_Free(object.cast());
            ffi::Py_DECREF(class.cast());
        }
    });
}

/// Makes the type.
pub fn make_type() -> PyResult<Owned> {
    let spec = TypeSpec::new(c"_cffi_backend.CLibrary", size_of::<CLibrary>())
        .not_picklable()
        .flags(ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION)
        .methods(method_table());
    // SAFETY: each function has the type of its slot.
    unsafe {
        spec.slot(ffi::Py_tp_dealloc, dealloc as *mut c_void)
            .slot(ffi::Py_tp_repr, repr as *mut c_void)
    }
    .build(None)
}
