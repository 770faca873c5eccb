//! The handshake with a compiled module, and the module object that it becomes.

use std::ffi::{CStr, c_char, c_int, c_void};

use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::guard;
use cffi_python::typespec::method;
use cffi_python::{Borrowed, Owned, PyResult, error, object, raise, text};
use cffi_wire::flags::Module as ModuleFlags;
use cffi_wire::tables::TypeContext;
use cffi_wire::{VERSION_CHAR16_CHAR32, VERSIONS};

use rustc_hash::FxHashSet;

use super::context::Context;
use super::{Compiled, exports, library, verified};
use crate::ffi::object::{self as ffi_object, Ffi};
use crate::types;

/// What a module gives the address of.
#[repr(C)]
struct Handshake {
    name: *const c_char,
    version: usize,
    exports: *mut *const c_void,
    context: *const TypeContext,
    /// Only there if the module's flags say so.
    keep_gil: *const c_int,
}

/// The exports that a module has room for: it says so by its version and flags.
fn export_count(version: usize, flags: ModuleFlags) -> usize {
    if version >= VERSION_CHAR16_CHAR32 as usize {
        cffi_wire::EXPORTS
    } else if flags.contains(ModuleFlags::EXTERN_PYTHON) {
        26
    } else {
        25
    }
}

/// `_init_cffi_1_0_external_module(address)`: called by a compiled module as it is imported; gives the module object.
pub fn init_external_module(address: Borrowed<'_>) -> PyResult<Owned> {
    // SAFETY: an int; NULL with an exception for others.
    let handshake = unsafe { ffi::PyLong_AsVoidPtr(address.as_ptr()) };
    if handshake.is_null() {
        error::check()?;
        return Err(raise!(SystemError, "a module without an address"));
    }
    let handshake: *const Handshake = handshake.cast();
    // SAFETY: only generated code calls this, with the address of such a structure; the module keeps its name for ever.
    let (name_text, version) = unsafe { (CStr::from_ptr((*handshake).name), (*handshake).version) };
    let name = name_text.to_string_lossy().into_owned();
    if !u32::try_from(version).is_ok_and(|version| VERSIONS.contains(&version)) {
        return Err(raise!(
            ImportError,
            "cffi extension module '{name}' uses an unknown version tag {:#x}. This module might need a more recent version of cffi than the one currently installed, which is {}",
            version,
            env!("CARGO_PKG_VERSION")
        ));
    }
    // SAFETY: the module's tables and its array of exports, which has room for as many as it says.
    let (context, flags) = unsafe {
        let raw = (*handshake).context.read();
        let flags = ModuleFlags::from_bits_truncate(raw.flags);
        exports::fill((*handshake).exports, export_count(version, flags));
        let keep_gil = if flags.contains(ModuleFlags::KEEPS_GIL) {
            places((*handshake).keep_gil)
        } else {
            FxHashSet::default()
        };
        (Context::of_module(raw, keep_gil), flags)
    };
    let ffi = ffi_object::new_module_ffi()?;
    let module = new_module(name_text)?;
    let lib = if flags.contains(ModuleFlags::VERIFIED) {
        let setup = verified::setup_function(&ffi)?;
        module
            .borrow()
            .set_attribute(c"_cffi_setup", setup.borrow())?;
        None
    } else {
        let lib = library::new_library(&ffi, &name, None)?;
        module.borrow().set_attribute(c"ffi", ffi.borrow())?;
        module.borrow().set_attribute(c"lib", lib.borrow())?;
        Some(lib)
    };
    let included = import_included(&name, &context)?;
    let compiled = Compiled::new(name.clone(), context, included);
    let Some(owner) = Ffi::from_object(ffi.borrow()) else {
        return Err(raise!(SystemError, "a module without an FFI"));
    };
    owner.set_compiled(compiled);
    if let Some(lib) = lib {
        enter_into_modules(&name, module.borrow(), lib.borrow())?;
    }
    // The words of the module refer to types for ever, and these to the FFI.
    std::mem::forget(ffi);
    Ok(module)
}

/// The numbers in front of one that is negative.
///
/// # Safety
/// There is one.
unsafe fn places(mut next: *const c_int) -> FxHashSet<usize> {
    let mut places = FxHashSet::default();
    // SAFETY: the caller's promise.
    while let Ok(place) = usize::try_from(unsafe { *next }) {
        places.insert(place);
        // SAFETY: this was not the last one.
        next = unsafe { next.add(1) };
    }
    places
}

/// An empty module object of this name.
fn new_module(name: &'static CStr) -> PyResult<Owned> {
    let definition = Box::leak(Box::new(ffi::PyModuleDef {
        m_base: ffi::PyModuleDef_HEAD_INIT,
        m_name: name.as_ptr(),
        m_doc: std::ptr::null(),
        m_size: -1,
        m_methods: std::ptr::null_mut(),
        m_slots: std::ptr::null_mut(),
        m_traverse: None,
        m_clear: None,
        m_free: None,
    }));
    // SAFETY: a complete definition that is never freed, as an extension module is never unloaded.
    let module = unsafe { Owned::from_new(ffi::PyModule_Create(definition)) }?;
    cffi_python::version::run_without_gil(&module)?;
    Ok(module)
}

/// `ffi` and `lib` of each module that this one includes.
fn import_included(module: &str, context: &Context) -> PyResult<Vec<(Owned, Option<Owned>)>> {
    let mut included = Vec::new();
    for name in context.include_names() {
        let parts = import_parts(&name).filter(|(ffi, lib)| {
            Ffi::from_object(ffi.borrow()).is_some() && types::LIB.is_exact(lib.borrow())
        });
        let Some((ffi, lib)) = parts else {
            error::clear();
            return Err(raise!(
                ImportError,
                "while loading {module}: failed to import ffi, lib from {name}"
            ));
        };
        included.push((ffi, Some(lib)));
    }
    Ok(included)
}

fn import_parts(name: &str) -> Option<(Owned, Owned)> {
    let name = std::ffi::CString::new(name).ok()?;
    let module = object::import(&name).ok()?;
    let part = |name: &CStr| module.borrow().attribute(name).ok();
    Some((part(c"ffi")?, part(c"lib")?))
}

/// `import NAME.lib` and `from NAME.lib import f` work too.
fn enter_into_modules(name: &str, module: Borrowed<'_>, lib: Borrowed<'_>) -> PyResult<()> {
    // SAFETY: a static name; the result is borrowed from the interpreter, or NULL.
    let modules = unsafe { Borrowed::from_ptr_or_none(ffi::PySys_GetObject(c"modules".as_ptr())) };
    let Some(modules) = modules.filter(|modules| modules.is_dict()) else {
        return Err(raise!(RuntimeError, "lost sys.modules"));
    };
    let key = text::from_str(&[name, ".lib"].concat())?;
    modules.dict_set(key.borrow(), lib)?;
    modules.dict_set(text::from_str(name)?.borrow(), module)
}

/// `init_external_module` as a function of the module `_cffi_backend`.
pub fn init_function() -> ffi::PyMethodDef {
    unsafe extern "C" fn init(_: *mut PyObject, address: *mut PyObject) -> *mut PyObject {
        // SAFETY: called by the interpreter with a valid object.
        guard(|| init_external_module(unsafe { Borrowed::from_ptr(address) }))
    }
    method(
        c"_init_cffi_1_0_external_module",
        init,
        ffi::METH_O,
        c"_init_cffi_1_0_external_module($module, address, /)\n--\n\nCalled by compiled modules as they are imported; returns the module object.",
    )
}
