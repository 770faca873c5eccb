//! The module object: types, functions, constants.

use std::ffi::{CStr, c_int};

use cffi_python::error::{Exception, raise_object};
use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::{guard, install_panic_hook};
use cffi_python::typespec::method;
use cffi_python::{Borrowed, Owned, PyResult, int, text};

use crate::ctype::function::DEFAULT_ABI;
use crate::types::{self, LazyType, TypeCell};
use crate::{buffer, cdata, compiled, ctype, ffi as ffi_object, lowlevel};

/// The level of the CFFI interface that this implements.
const VERSION: &str = env!("CARGO_PKG_VERSION");

const DOC: &CStr = c"The run time of CFFI: C types, C data, calls and callbacks.\n\nPrograms use it through the package 'cffi' or a compiled module. The functions here are the interface below FFI objects:\nthey take ctypes where FFI methods take strings of C.";

fn make_types() -> PyResult<()> {
    types::CTYPE.set(ctype::inspect::make_type()?);
    cdata::slots::make_types()?;
    types::CDATA_ITERATOR.set(cdata::iter::make_type()?);
    types::BUFFER.set(buffer::make_type()?);
    types::LIB.set(compiled::library::make_type()?);
    types::DIRECT.set(compiled::function::make_type()?);
    types::FFI.set(ffi_object::class::make_type()?);
    Ok(())
}

const TYPES: &[(&CStr, &TypeCell)] = &[
    (c"CType", &types::CTYPE),
    (c"_CDataBase", &types::CDATA),
    (c"__CDataOwn", &types::CDATA_OWN),
    (c"__CData_iterator", &types::CDATA_ITERATOR),
    (c"buffer", &types::BUFFER),
    (c"Lib", &types::LIB),
    (c"FFI", &types::FFI),
];

/// The types that are made when they are asked for.
const LAZY_TYPES: &[(&CStr, &LazyType)] = &[
    (c"__CDataOwnGC", &types::CDATA_OWN_GC),
    (c"__CDataGCP", &types::CDATA_GCP),
    (c"__CDataFromBuf", &types::CDATA_FROM_BUF),
    (c"CField", &types::CFIELD),
    (c"CLibrary", &types::CLIBRARY),
    (c"__FFIGlobSupport", &types::GLOB_SUPPORT),
    (c"_InlineFFI", &types::INLINE_FFI),
];

/// `__getattr__` of the module (PEP 562): the types that nobody has needed yet.
unsafe extern "C" fn getattr(module: *mut PyObject, name: *mut PyObject) -> *mut PyObject {
    guard(|| {
        // SAFETY: a function of the module, with the module itself.
        let (module, name) = unsafe { (Borrowed::from_ptr(module), Borrowed::from_ptr(name)) };
        for (known, class) in LAZY_TYPES {
            if known.to_bytes() == name.utf8()?.as_bytes() {
                let class = class.object()?;
                module.set_attribute(known, class)?;
                return Ok(class.to_owned());
            }
        }
        // Imports ask for some that modules like this one do not have.
        let message = [
            "module '_cffi_backend' has no attribute '",
            name.utf8()?,
            "'",
        ]
        .concat();
        let message = text::from_str(&message)?;
        let class = Exception::AttributeError.class();
        Err(raise_object(class, message.borrow()))
    })
}

/// `__dir__` of the module.
unsafe extern "C" fn dir(module: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    guard(|| {
        // SAFETY: a function of the module, with the module itself, whose dict lives as long.
        let names = unsafe { Owned::from_borrowed(ffi::PyModule_GetDict(module)) };
        // SAFETY: a dict.
        let names = unsafe { Owned::from_new(ffi::PyDict_Copy(names.as_ptr())) }?;
        for (name, _) in LAZY_TYPES {
            names.borrow().dict_set_text(name, Owned::none().borrow())?;
        }
        // SAFETY: a dict; a list.
        unsafe {
            let names = Owned::from_new(ffi::PyDict_Keys(names.as_ptr()))?;
            cffi_python::error::status(ffi::PyList_Sort(names.as_ptr()))?;
            Ok(names)
        }
    })
}

fn make_module() -> PyResult<Owned> {
    install_panic_hook();
    let functions = {
        let mut table = lowlevel::table();
        table.push(compiled::module::init_function());
        table.push(method(
            c"__getattr__",
            getattr,
            ffi::METH_O,
            c"A type that is made when it is asked for.",
        ));
        table.push(method(c"__dir__", dir, ffi::METH_NOARGS, c"All names."));
        table.push(ffi::PyMethodDef::zeroed());
        Box::leak(table.into_boxed_slice())
    };
    let definition = Box::leak(Box::new(ffi::PyModuleDef {
        m_base: ffi::PyModuleDef_HEAD_INIT,
        m_name: c"_cffi_backend".as_ptr(),
        m_doc: DOC.as_ptr(),
        m_size: -1,
        m_methods: functions.as_mut_ptr(),
        m_slots: std::ptr::null_mut(),
        m_traverse: None,
        m_clear: None,
        m_free: None,
    }));
    make_types()?;
    // SAFETY: a complete definition that is never freed.
    let module = unsafe { Owned::from_new(ffi::PyModule_Create(definition)) }?;
    cffi_python::version::run_without_gil(&module)?;
    // SAFETY: a module; its dict lives as long.
    let names = unsafe { Borrowed::from_ptr(ffi::PyModule_GetDict(module.as_ptr())) };
    let add = |name: &CStr, value: Borrowed<'_>| names.dict_set_text(name, value);
    for (name, class) in TYPES {
        add(name, class.object())?;
    }
    add(c"__version__", text::from_str(VERSION)?.borrow())?;
    for name in [c"FFI_DEFAULT_ABI", c"FFI_CDECL"] {
        add(name, int::from_i64(DEFAULT_ABI.into())?.borrow())?;
    }
    for (name, value) in cffi_call::dlopen::FLAGS {
        add(name, number(*value)?.borrow())?;
    }
    Ok(module)
}

fn number(value: c_int) -> PyResult<Owned> {
    int::from_i64(value.into())
}

/// What CPython calls on `import _cffi_backend`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyInit__cffi_backend() -> *mut PyObject {
    guard(make_module)
}
