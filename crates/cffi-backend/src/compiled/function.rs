//! Functions of compiled modules.
//!
//! A module brings a wrapper for each of its functions, made for `METH_NOARGS`, `METH_O` or `METH_VARARGS`, and mostly the plain function
//! too. Where the signature has a plan, calls go straight to the plain function:
//!
//! ```text
//!   lib.f(1, 2) ──▶ Direct ──arguments as expected──▶ plan ──▶ plain function
//!                     └──anything else──▶ built-in function ──▶ wrapper ──▶ exports ──▶ plain function
//! ```
//!
//! so that conversions that are not the usual ones, and errors, are those of the wrapper. Without a plan `lib.f` is the built-in function.

use std::ffi::{CStr, CString, c_int, c_void};
use std::ptr::NonNull;

use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::{guard, guard_silent};
use cffi_python::typespec::TypeSpec;
use cffi_python::{Borrowed, Owned, PyResult, Raised, error, raise};
use cffi_wire::Opcode;
use cffi_wire::tables::Global;

use super::context::{place, text};
use super::library::Lib;
use super::{Compiled, realize};
use crate::call::plan::{Plan, plan_of};
use crate::call::vectorcall;
use crate::cdata::CDataRef;
use crate::cdata::object::new_view;
use crate::ctype::{CType, CTypeRef};
use crate::ffi::object::Ffi;
use crate::types;

/// A function that is called by its plan. It looks like the built-in function behind it.
#[repr(C)]
pub struct Direct {
    ob_base: PyObject,
    weak_references: *mut PyObject,
    vectorcall: Option<ffi::vectorcallfunc>,
    /// The plain function.
    address: *const c_void,
    /// Belongs to `ctype`.
    plan: NonNull<Plan>,
    /// Belongs to `ctype`.
    result: NonNull<CType>,
    ctype: CTypeRef,
    /// For all that the plan does not do.
    builtin: Owned,
}

/// The flags of the wrapper that an opcode tells of.
pub fn wrapper_flags(opcode: Opcode) -> Option<c_int> {
    match opcode {
        Opcode::CpythonBltnV => Some(ffi::METH_VARARGS),
        Opcode::CpythonBltnN => Some(ffi::METH_NOARGS),
        Opcode::CpythonBltnO => Some(ffi::METH_O),
        _ => None,
    }
}

/// The function of a module as Python sees it.
pub fn new_function(
    lib: &Lib,
    owner: &Ffi,
    module: &Compiled,
    global: &Global,
    flags: c_int,
) -> PyResult<Owned> {
    let builtin = new_builtin(lib, owner, module, global, flags)?;
    let address: *const c_void = global.size_or_direct_fn;
    if address.is_null() {
        return Ok(builtin);
    }
    let planned = type_of(owner, module, global)
        .and_then(|ctype| Ok(plan_for(&ctype)?.map(|(plan, result)| (ctype, plan, result))));
    let (ctype, plan, result) = match planned {
        Ok(Some(planned)) => planned,
        Ok(None) => return Ok(builtin),
        Err(Raised) => {
            // A type that is not complete, or wrong: the wrapper says so when it is called.
            error::clear();
            return Ok(builtin);
        }
    };
    // SAFETY: the type is ready; every part is written at once.
    unsafe {
        let made = Owned::from_new(ffi::PyType_GenericAlloc(types::DIRECT.get(), 0))?;
        let place: *mut Direct = made.as_ptr().cast();
        (&raw mut (*place).vectorcall).write(Some(call));
        (&raw mut (*place).address).write(address);
        (&raw mut (*place).plan).write(plan);
        (&raw mut (*place).result).write(result);
        (&raw mut (*place).ctype).write(ctype);
        (&raw mut (*place).builtin).write(builtin);
        Ok(made)
    }
}

/// The plan of a type whose functions need no wrapper, and the result type.
fn plan_for(ctype: &CType) -> PyResult<Option<(NonNull<Plan>, NonNull<CType>)>> {
    let Some((detail, result)) = ctype.as_function().zip(ctype.item()) else {
        return Ok(None);
    };
    let plan = plan_of(detail, result)?;
    let suits = plan.suits_wrapped(result)?;
    Ok(suits.then(|| (NonNull::from(plan), NonNull::from(result))))
}

/// The pointer type of a module's function.
fn type_of(owner: &Ffi, module: &Compiled, global: &Global) -> PyResult<CTypeRef> {
    let index = place(global.type_op as isize >> 8)?;
    Ok(realize::realize(owner, module, index, 0)?.ctype)
}

/// The built-in function of a wrapper. All types of the signature are made with it, as the wrapper expects.
fn new_builtin(
    lib: &Lib,
    owner: &Ffi,
    module: &Compiled,
    global: &Global,
    flags: c_int,
) -> PyResult<Owned> {
    if global.address.is_null() {
        return Err(raise!(SystemError, "a function without a wrapper"));
    }
    // SAFETY: names of tables are such texts.
    let name = text(unsafe { CStr::from_ptr(global.name) }.to_bytes());
    let index = place(global.type_op as isize >> 8)?;
    let result = realize::result_type(owner, module, index, 0)?;
    let (parameters, _) = realize::parameters(owner, module, index, 0)?;
    let listed: Vec<&str> = parameters.iter().map(|it| it.name()).collect();
    let (before, after) = result.name_parts();
    let space = if before.ends_with('*') { "" } else { " " };
    let doc = CString::new(format!(
        "{before}{space}{name}({}){after};\n\nCFFI C function from {}.lib",
        listed.join(", "),
        module.name
    ))
    .unwrap_or_default();
    // Compiled modules are never unloaded, and each has one of these for each of its functions.
    let doc = Box::leak(doc.into_boxed_c_str());
    // SAFETY: the address is that of a wrapper of this convention.
    let definition = Box::leak(Box::new(unsafe {
        ffi::PyMethodDef {
            ml_name: global.name,
            ml_meth: ffi::PyMethodDefPointer {
                PyCFunction: std::mem::transmute::<*mut c_void, ffi::PyCFunction>(global.address),
            },
            ml_flags: flags,
            ml_doc: doc.as_ptr(),
        }
    }));
    // SAFETY: a definition that lives for ever, and two valid objects.
    unsafe {
        Owned::from_new(ffi::PyCFunction_NewEx(
            definition,
            lib.as_object().as_ptr(),
            lib.name().as_ptr(),
        ))
    }
}

unsafe extern "C" fn call(
    callable: *mut PyObject,
    arguments: *const *mut PyObject,
    flags: usize,
    names: *mut PyObject,
) -> *mut PyObject {
    guard(|| {
        // SAFETY: called by the interpreter with a function of this type and its arguments; `Borrowed` is a transparent non-null
        // pointer. The plan and the result belong to the type.
        unsafe {
            let this = &*callable.cast::<Direct>();
            let count = ffi::PyVectorcall_NARGS(flags).unsigned_abs();
            let given: &[Borrowed<'_>] = if count == 0 {
                &[]
            } else {
                std::slice::from_raw_parts(arguments.cast(), count)
            };
            if Borrowed::from_ptr_or_none(names).is_some_and(|names| names.tuple_len() > 0) {
                return Err(this.no_keywords());
            }
            let plan = this.plan.as_ref();
            if count == plan.parameters.len() {
                let done = vectorcall::run_usual(plan, this.result.as_ref(), this.address, given)?;
                if let Some(result) = done {
                    return Ok(result);
                }
            }
            this.builtin.borrow().call(given)
        }
    })
}

/// The function behind an object, with its module's entry, if it is one of a compiled module.
fn entry_of(object: Borrowed<'_>) -> Option<(&Lib, &Global)> {
    // SAFETY: a valid object.
    unsafe {
        let object = object.as_ptr();
        if ffi::PyCFunction_Check(object) == 0 {
            return None;
        }
        let lib = Lib::from_object(Borrowed::from_ptr_or_none(ffi::PyCFunction_GetSelf(
            object,
        ))?)?;
        let function = ffi::PyCFunction_GetFunction(object)?;
        let name = Borrowed::from_ptr(object).attribute(c"__name__").ok()?;
        let global = lib.global(name.borrow().utf8().ok()?)?;
        std::ptr::eq(global.address, function as *const c_void).then_some((lib, global))
    }
}

/// The pointer type of a function of a compiled module.
pub fn ctype_of(object: Borrowed<'_>) -> PyResult<Option<CTypeRef>> {
    if let Some(direct) = Direct::from_object(object) {
        return Ok(Some(direct.ctype.clone()));
    }
    match entry_of(object) {
        Some((lib, global)) => {
            lib.with_module(|owner, module| type_of(owner, module, global).map(Some))
        }
        None => Ok(None),
    }
}

/// A pointer to the plain function behind a function of a compiled module. `None` too where its module knows the wrapper only.
pub fn pointer_of(object: Borrowed<'_>) -> PyResult<Option<CDataRef>> {
    if let Some(direct) = Direct::from_object(object) {
        let address = direct.address.cast_mut().cast();
        return new_view(direct.ctype.clone(), address).map(Some);
    }
    let Some((lib, global)) = entry_of(object) else {
        return Ok(None);
    };
    if global.size_or_direct_fn.is_null() {
        return Ok(None);
    }
    let ctype = lib.with_module(|owner, module| type_of(owner, module, global))?;
    new_view(ctype, global.size_or_direct_fn.cast()).map(Some)
}

impl Direct {
    /// The error of built-in functions for arguments by name.
    #[cold]
    fn no_keywords(&self) -> Raised {
        let part = |name: &CStr| {
            let part = self.builtin.borrow().attribute(name);
            part.map_or_else(|_| String::new(), |it| it.borrow().display())
        };
        let (module, name) = (part(c"__module__"), part(c"__qualname__"));
        raise!(TypeError, "{module}.{name}() takes no keyword arguments")
    }

    fn from_object(object: Borrowed<'_>) -> Option<&Self> {
        // SAFETY: the type cannot be subclassed, so the object has this layout.
        types::DIRECT
            .is_exact(object)
            .then(|| unsafe { &*object.as_ptr().cast::<Self>() })
    }
}

unsafe extern "C" fn getattro(object: *mut PyObject, name: *mut PyObject) -> *mut PyObject {
    // SAFETY: a slot of Direct; the name is a str.
    guard(|| unsafe {
        let this = &*object.cast::<Direct>();
        this.builtin
            .borrow()
            .attribute_object(Borrowed::from_ptr(name))
    })
}

unsafe extern "C" fn repr(object: *mut PyObject) -> *mut PyObject {
    // SAFETY: a slot of Direct.
    guard(|| unsafe { &*object.cast::<Direct>() }.builtin.borrow().repr())
}

unsafe extern "C" fn traverse(
    object: *mut PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector on a live function.
    unsafe {
        let this = &*object.cast::<Direct>();
        for part in [
            ffi::Py_TYPE(object).cast(),
            this.ctype.as_ptr(),
            this.builtin.as_ptr(),
        ] {
            let found = visit(part, argument);
            if found != 0 {
                return found;
            }
        }
        0
    }
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    guard_silent(|| {
        // SAFETY: CPython deallocates a function once; its parts are dropped in place.
        unsafe {
            ffi::PyObject_GC_UnTrack(object.cast());
            let place: *mut Direct = object.cast();
            if !(*place).weak_references.is_null() {
                ffi::PyObject_ClearWeakRefs(object);
            }
            let class = ffi::Py_TYPE(object);
            std::ptr::drop_in_place(&raw mut (*place).builtin);
            std::ptr::drop_in_place(&raw mut (*place).ctype);
            ffi::PyObject_GC_Del(object.cast());
            ffi::Py_DECREF(class.cast());
        }
    });
}

/// Makes the type.
pub fn make_type() -> PyResult<Owned> {
    let spec = TypeSpec::new(c"_cffi_backend.__LibFunction", size_of::<Direct>())
        .flags(
            ffi::Py_TPFLAGS_HAVE_GC
                | ffi::Py_TPFLAGS_HAVE_VECTORCALL
                | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION,
        )
        .doc(c"A function of a compiled module.")
        .members(vec![
            TypeSpec::read_only_member(
                c"__vectorcalloffset__",
                ffi::Py_T_PYSSIZET,
                std::mem::offset_of!(Direct, vectorcall),
                None,
            ),
            TypeSpec::read_only_member(
                c"__weaklistoffset__",
                ffi::Py_T_PYSSIZET,
                std::mem::offset_of!(Direct, weak_references),
                None,
            ),
        ]);
    // SAFETY: each function has the type of its slot.
    unsafe {
        spec.slot(ffi::Py_tp_dealloc, dealloc as *mut c_void)
            .slot(ffi::Py_tp_traverse, traverse as *mut c_void)
            .slot(ffi::Py_tp_getattro, getattro as *mut c_void)
            .slot(ffi::Py_tp_repr, repr as *mut c_void)
            .slot(ffi::Py_tp_call, ffi::PyVectorcall_Call as *mut c_void)
    }
    .build(None)
}
