//! `CLibrary`: a library of the low-level interface, where the caller names the types (`load_library`).

use std::ffi::{c_int, c_void};

use cffi_model::gil::KeepGil;
use cffi_python::arguments::{self, Arguments, Convention, Signature, Style, wrong_type};
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
    ob_base: cffi_python::object::Header,
    library: Library,
}

/// `load_library(name, flags)`
pub fn load(name: Option<Borrowed<'_>>, flags: c_int) -> PyResult<Owned> {
    let library = Library::open(name, flags, KeepGil::NONE.clone())?;
    // SAFETY: the type is ready; the part is written at once.
    unsafe {
        let made = Owned::from_new(ffi::PyType_GenericAlloc(types::CLIBRARY.get()?, 0))?;
        (&raw mut (*made.as_ptr().cast::<CLibrary>()).library).write(library);
        Ok(made)
    }
}

type Body = fn(&CLibrary, Arguments<'_>) -> PyResult<Owned>;

macro_rules! methods {
    ($($name:ident $c_name:literal $style:ident $doc:literal $body:expr;)*) => {
        $(unsafe extern "C" fn $name(
            this: *mut PyObject, arguments: *const *mut PyObject, count: isize, names: *mut PyObject,
        ) -> *mut PyObject {
            // SAFETY: called by the interpreter as a method of CLibrary.
            guard(|| unsafe {
                let body: Body = $body;
                let convention = const { &Convention { owner: "CLibrary", style: Style::$style } };
                body(&*this.cast::<CLibrary>(), Arguments::new(arguments, count, names, convention))
            })
        })*
        fn method_table() -> Vec<ffi::PyMethodDef> {
            vec![$(method_fast_keywords($c_name, $name, $doc),)*]
        }
    };
}

methods! {
    load_function_ c"load_function" Tuple c"load_function($self, ctype, name, /)\n--\n\nA function as a cdata." load_function;
    read_variable_ c"read_variable" Tuple c"read_variable($self, ctype, name, /)\n--\n\nThe value of a variable." read_variable;
    write_variable_ c"write_variable" Tuple c"write_variable($self, ctype, name, value, /)\n--\n\nSet a variable." write_variable;
    close_lib_ c"close_lib" Fixed c"close_lib($self, /)\n--\n\nClose the library." close_lib;
}

/// The type and name that every function here begins with.
fn typed_name<'a>(
    function: &str,
    ctype: Borrowed<'a>,
    name: Borrowed<'a>,
) -> PyResult<(&'a CType, &'a str)> {
    let Some(found) = CType::from_object(ctype) else {
        return Err(wrong_type(function, 1, "_cffi_backend.CType", ctype));
    };
    Ok((found, arguments::text(function, 2, name)?))
}

fn load_function(this: &CLibrary, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = Signature {
        function: "load_function",
        parameters: ["ctype", "name"],
        required: 2,
    };
    let [ctype, name] = arguments.bind(&SIGNATURE)?;
    let (ctype, name) = (SIGNATURE.require(0, ctype)?, SIGNATURE.require(1, name)?);
    let (ctype, name) = typed_name(SIGNATURE.function, ctype, name)?;
    if !this.library.is_open() {
        return Err(this.library.closed());
    }
    if !matches!(ctype.kind, Kind::Function | Kind::Pointer | Kind::Array) {
        return Err(raise!(
            TypeError,
            "function or pointer or array cdata expected, got '{}'",
            ctype.name()
        ));
    }
    let address = this.library.symbol(name)?.map_err(|error| {
        raise!(
            AttributeError,
            "function/symbol '{name}' not found in library '{}': {error}",
            this.library.name
        )
    })?;
    // An array of unknown length could not be used: it is known by its first item.
    let shown = match ctype.item_pointer() {
        Some(pointer) if ctype.kind == Kind::Array && ctype.length < 0 => pointer,
        _ => ctype,
    };
    Ok(new_view(shown.to_ref(), address.as_ptr().cast())?.into_owned())
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
    const SIGNATURE: Signature<2> = Signature {
        function: "read_variable",
        parameters: ["ctype", "name"],
        required: 2,
    };
    let [ctype, name] = arguments.bind(&SIGNATURE)?;
    let (ctype, name) = (SIGNATURE.require(0, ctype)?, SIGNATURE.require(1, name)?);
    let (ctype, name) = typed_name(SIGNATURE.function, ctype, name)?;
    let data = variable(this, name)?;
    // SAFETY: the program says that the symbol is a variable of this type.
    unsafe { super::load_variable(ctype, data) }
}

fn write_variable(this: &CLibrary, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<3> = Signature {
        function: "write_variable",
        parameters: ["ctype", "name", "value"],
        required: 3,
    };
    let [ctype, name, value] = arguments.bind(&SIGNATURE)?;
    let (ctype, name) = (SIGNATURE.require(0, ctype)?, SIGNATURE.require(1, name)?);
    let (ctype, name) = typed_name(SIGNATURE.function, ctype, name)?;
    let data = variable(this, name)?;
    // SAFETY: as above.
    unsafe { convert::store(ctype, data, SIGNATURE.require(2, value)?)? }
    Ok(Owned::none())
}

fn close_lib(this: &CLibrary, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<0> = Signature {
        function: "close_lib",
        parameters: [],
        required: 0,
    };
    arguments.bind(&SIGNATURE)?;
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
        .doc(c"A dynamic library of the interface below FFI objects; see load_library().")
        .methods(method_table());
    // SAFETY: each function has the type of its slot.
    unsafe {
        spec.slot(ffi::Py_tp_dealloc, dealloc as *mut c_void)
            .slot(ffi::Py_tp_repr, repr as *mut c_void)
    }
    .build(None)
}
