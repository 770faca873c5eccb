//! The module object: types, functions, constants.

use std::ffi::{CStr, c_int};

use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::{guard, install_panic_hook};
use cffi_python::{Borrowed, Owned, PyResult, int, text};

use crate::ctype::function::DEFAULT_ABI;
use crate::types::{self, TypeCell};
use crate::{buffer, cdata, compiled, ctype, ffi as ffi_object, library, lowlevel};

/// The level of the CFFI interface that this implements.
const VERSION: &str = env!("CARGO_PKG_VERSION");

const DOC: &CStr = c"The run time of CFFI: C types, C data, calls and callbacks.\n\nPrograms use it through the package 'cffi' or a compiled module. The functions here are the interface below FFI objects:\nthey take ctypes where FFI methods take strings of C.";

fn make_types() -> PyResult<()> {
    types::CTYPE.set(ctype::inspect::make_type()?);
    types::CFIELD.set(ctype::field::make_type()?);
    cdata::slots::make_types()?;
    types::CDATA_ITERATOR.set(cdata::iter::make_type()?);
    types::BUFFER.set(buffer::make_type()?);
    types::CLIBRARY.set(library::clibrary::make_type()?);
    types::LIB.set(compiled::library::make_type()?);
    types::DIRECT.set(compiled::function::make_type()?);
    types::GLOB_SUPPORT.set(compiled::variable::make_type()?);
    types::ALLOCATOR.set(ffi_object::allocator::make_type()?);
    types::FFI.set(ffi_object::class::make_type()?);
    types::INLINE_FFI.set(ffi_object::inline_methods::make_type()?);
    Ok(())
}

const TYPES: &[(&CStr, &TypeCell)] = &[
    (c"CType", &types::CTYPE),
    (c"CField", &types::CFIELD),
    (c"_CDataBase", &types::CDATA),
    (c"__CDataOwn", &types::CDATA_OWN),
    (c"__CDataOwnGC", &types::CDATA_OWN_GC),
    (c"__CDataGCP", &types::CDATA_GCP),
    (c"__CDataFromBuf", &types::CDATA_FROM_BUF),
    (c"__CData_iterator", &types::CDATA_ITERATOR),
    (c"buffer", &types::BUFFER),
    (c"CLibrary", &types::CLIBRARY),
    (c"Lib", &types::LIB),
    (c"__FFIGlobSupport", &types::GLOB_SUPPORT),
    (c"FFI", &types::FFI),
    (c"_InlineFFI", &types::INLINE_FFI),
];

fn make_module() -> PyResult<Owned> {
    install_panic_hook();
    let functions = {
        let mut table = lowlevel::table();
        table.push(compiled::module::init_function());
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
    let add = |name: &CStr, value: Borrowed<'_>| module.borrow().set_attribute(name, value);
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
