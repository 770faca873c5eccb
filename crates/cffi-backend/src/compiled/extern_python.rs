//! `extern "Python"`: C functions of a module that Python implements (`ffi.def_extern`).

use std::ffi::CStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cffi_call::errno;
use cffi_python::ffi::{self, PyObject};
use cffi_python::finalization::watch_finalization;
use cffi_python::slot::guard;
use cffi_python::thread::Attached;
use cffi_python::{Borrowed, Owned, PyResult, object, raise};
use cffi_wire::Opcode;
use cffi_wire::tables::ExternPython;

use super::context::{place, text};
use super::ffi_error;
use super::globals::opcode_of;
use super::realize::object_type;
use crate::call::callback::{self, Target};
use crate::ffi::object::Ffi;

/// `ffi.def_extern(name, error, onerror)(function)`
pub fn attach(
    owner: &Ffi,
    function: Borrowed<'_>,
    name: Option<Borrowed<'_>>,
    error: Option<Borrowed<'_>>,
    onerror: Option<Borrowed<'_>>,
) -> PyResult<Owned> {
    let own_name;
    let name = match name {
        Some(name) => name,
        None => {
            own_name = function.attribute(c"__name__")?;
            own_name.borrow()
        }
    };
    let shown = name.utf8()?;
    let not_found = || {
        ffi_error(format_args!(
            "ffi.def_extern('{shown}'): no 'extern \"Python\"' function with this name"
        ))
    };
    let module = owner.compiled().ok_or_else(not_found)?;
    let global = module
        .context
        .find_global(shown)
        .and_then(|index| module.context.globals().get(index))
        .filter(|global| opcode_of(global) == Some(Opcode::ExternPython))
        .ok_or_else(not_found)?;
    let ctype = object_type(owner, module, place(global.type_op as isize >> 8)?)?;
    let target = callback::new_target(&ctype, function, error, onerror)?;
    watch_finalization()?;
    let place: *mut ExternPython = global.address.cast();
    let old = {
        let _attaching = lock();
        // SAFETY: the address of such a function is the module's description of it, with a word for us: one count of a target.
        unsafe {
            let word = &raw mut (*place).reserved1;
            let old: *const Target = (*word).cast_const().cast();
            *word = Arc::into_raw(target).cast_mut().cast();
            (!old.is_null()).then(|| Arc::from_raw(old))
        }
    };
    drop(old);
    Ok(function.to_owned())
}

/// The decorator that `ffi.def_extern(name, error, onerror)` returns.
pub fn decorator(
    owner: &Ffi,
    name: Option<Borrowed<'_>>,
    error: Option<Borrowed<'_>>,
    onerror: Option<Borrowed<'_>>,
) -> PyResult<Owned> {
    unsafe extern "C" fn decorate(state: *mut PyObject, function: *mut PyObject) -> *mut PyObject {
        guard(|| {
            // SAFETY: the state is the tuple made below; the function is a valid object.
            let (state, function) =
                unsafe { (Borrowed::from_ptr(state), Borrowed::from_ptr(function)) };
            let optional = |index: usize| state.tuple_item(index).filter(|it| !it.is_none());
            let Some(owner) = state.tuple_item(0).and_then(Ffi::from_object) else {
                return Err(raise!(SystemError, "decorator without an FFI"));
            };
            attach(owner, function, optional(1), optional(2), optional(3))
        })
    }

    struct Method(ffi::PyMethodDef);
    // SAFETY: never changed; the pointers in it are to static texts.
    unsafe impl Sync for Method {}
    static METHOD: Method = Method(ffi::PyMethodDef {
        ml_name: c"def_extern_decorator".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunction: decorate,
        },
        ml_flags: ffi::METH_O,
        ml_doc: std::ptr::null(),
    });

    let or_none =
        |object: Option<Borrowed<'_>>| object.map_or_else(Owned::none, Borrowed::to_owned);
    let state = object::new_tuple([
        owner.as_object().to_owned(),
        or_none(name),
        or_none(error),
        or_none(onerror),
    ])?;
    // SAFETY: a static definition, and a state that the function keeps alive.
    unsafe {
        Owned::from_new(ffi::PyCFunction_NewEx(
            (&raw const METHOD.0).cast_mut(),
            state.as_ptr(),
            std::ptr::null_mut(),
        ))
    }
}

/// Held while what is attached to a function is looked at or changed.
fn lock() -> MutexGuard<'static, ()> {
    static ATTACHING: Mutex<()> = Mutex::new(());
    ATTACHING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is attached to a function.
///
/// # Safety
/// `function` is a module's description of one.
unsafe fn target_of(function: *const ExternPython) -> Option<Arc<Target>> {
    let _attaching = lock();
    // SAFETY: the word is NULL or owns one count of a target; the lock keeps it while another is made.
    unsafe {
        let target: *const Target = (*function).reserved1.cast_const().cast();
        if target.is_null() {
            return None;
        }
        Arc::increment_strong_count(target);
        Some(Arc::from_raw(target))
    }
}

/// What modules call when C calls one of these functions: `arguments` are entries of 8 bytes each, with the address of what is larger;
/// the result goes to the same place.
pub unsafe extern "C" fn call_python(function: *mut ExternPython, arguments: *mut u8) {
    errno::save();
    // SAFETY: called by a module with its own description and with room for arguments and result.
    unsafe {
        // The count is given back with the thread attached: it may be the last one.
        match (target_of(function), Attached::new()) {
            (Some(target), Some(_attached)) => {
                callback::enter(&target, arguments);
                drop(target);
            }
            (target, attached) => {
                let why = if target.is_none() {
                    "no code was attached to it yet with @ffi.def_extern()"
                } else {
                    "got internal exception (shutdown issue?)"
                };
                no_code(function, why);
                arguments.write_bytes(0, (*function).size_of_result);
                // Without an interpreter nothing can be given back.
                if attached.is_none() {
                    std::mem::forget(target);
                }
            }
        }
    }
    errno::restore();
}

/// There may be no interpreter to tell.
#[cold]
unsafe fn no_code(function: *mut ExternPython, why: &str) {
    // SAFETY: the caller's promise; its name is a NUL-terminated text.
    let name = text(unsafe { CStr::from_ptr((*function).name) }.to_bytes());
    eprintln!("extern \"Python\": function {name}() called, but {why}.  Returning 0.");
}
