//! Functions of compiled modules.
//!
//! A module brings a wrapper for each of its functions, made for `METH_NOARGS`, `METH_O` or `METH_VARARGS`, and mostly the plain function
//! too. Where the signature has a plan, `lib.f` is a built-in function of ours, which calls the plain function:
//!
//! ```text
//!   lib.f(1, 2) ──▶ built-in function of Direct ──arguments as expected──▶ plan ──▶ plain function
//!                             └──anything else──▶ built-in function of Lib ──▶ wrapper ──▶ exports ──▶ plain function
//! ```
//!
//! so that conversions that are not the usual ones, and errors, are those of the wrapper. Without a plan `lib.f` is the second one.
//!
//! A built-in function tells its C code nothing but its `__self__`, and interpreters call it without detours (`METH_FASTCALL`). So
//! `__self__` of the first is an object of its own for each function, which passes itself off as the library.

use std::ffi::{CStr, CString, c_int, c_void};
use std::ptr::NonNull;

use cffi_call::plan::Few;
use cffi_model::gil::Gil;
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

/// What a function that is called by its plan has as `__self__`.
#[repr(C)]
pub struct Direct {
    ob_base: cffi_python::object::Header,
    /// The plain function.
    address: *const c_void,
    /// Belongs to `ctype`.
    plan: NonNull<Plan>,
    /// Belongs to `ctype`.
    result: NonNull<CType>,
    gil: Gil,
    ctype: CTypeRef,
    /// For all that the plan does not do.
    builtin: Owned,
    lib: Owned,
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
    gil: Gil,
) -> PyResult<Owned> {
    let (builtin, definition) = new_builtin(lib, owner, module, global, flags)?;
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
    let (entry, flags) = {
        // SAFETY: the plan belongs to the type.
        let plan = unsafe { plan.as_ref() };
        match gil {
            Gil::Released => entry_for::<false>(plan),
            Gil::Kept => entry_for::<true>(plan),
        }
    };
    // As long-lived as the definition of the wrapper.
    let definition = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: definition.ml_name,
        ml_meth: entry,
        ml_flags: flags,
        ml_doc: definition.ml_doc,
    }));
    // SAFETY: the type is ready; every part is written at once. A definition that lives for ever, and two valid objects.
    unsafe {
        let direct = Owned::from_new(ffi::PyType_GenericAlloc(types::DIRECT.get(), 0))?;
        let place: *mut Direct = direct.as_ptr().cast();
        (&raw mut (*place).address).write(address);
        (&raw mut (*place).plan).write(plan);
        (&raw mut (*place).result).write(result);
        (&raw mut (*place).gil).write(gil);
        (&raw mut (*place).ctype).write(ctype);
        (&raw mut (*place).builtin).write(builtin);
        (&raw mut (*place).lib).write(lib.as_object().to_owned());
        new_c_function(definition, direct.borrow(), lib)
    }
}

/// # Safety
/// The definition is of a function for this `__self__`.
unsafe fn new_c_function(
    definition: &'static mut ffi::PyMethodDef,
    this: Borrowed<'_>,
    lib: &Lib,
) -> PyResult<Owned> {
    // SAFETY: the caller's promise; two valid objects.
    unsafe {
        Owned::from_new(ffi::PyCFunction_NewEx(
            definition,
            this.as_ptr(),
            lib.name().as_ptr(),
        ))
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
) -> PyResult<(Owned, &'static ffi::PyMethodDef)> {
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
    let listed = listed.join(", ");
    let declaration = [before, space, &name, "(", &listed, ")", after, ";"].concat();
    let doc = [
        &declaration,
        "\n\nCFFI C function from ",
        &module.name,
        ".lib",
    ]
    .concat();
    let doc = CString::new(doc).unwrap_or_default();
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
    let definition: *mut ffi::PyMethodDef = definition;
    // SAFETY: a definition that lives for ever and is never changed.
    unsafe {
        let made = new_c_function(&mut *definition, lib.as_object(), lib)?;
        Ok((made, &*definition))
    }
}

/// What the interpreter enters for functions of a plan, and how. With one argument or none it is the way of their wrappers: the interpreter
/// counts the arguments, and takes less time for it.
fn entry_for<const KEPT: bool>(plan: &Plan) -> (ffi::PyMethodDefPointer, c_int) {
    macro_rules! fast {
        ($entry:expr) => {
            (
                ffi::PyMethodDefPointer {
                    PyCFunctionFast: $entry,
                },
                ffi::METH_FASTCALL,
            )
        };
    }
    macro_rules! single {
        ($flags:expr, $entry:expr) => {
            (
                ffi::PyMethodDefPointer {
                    PyCFunction: $entry,
                },
                $flags,
            )
        };
    }
    match (plan.few, plan.parameters.len()) {
        (Some(Few::Ints(0)), _) => single!(ffi::METH_NOARGS, call_none::<KEPT>),
        (Some(Few::Ints(1)), _) => single!(ffi::METH_O, call_one::<false, KEPT>),
        (Some(Few::Floats(1)), _) => single!(ffi::METH_O, call_one::<true, KEPT>),
        (Some(Few::Ints(2)), _) => fast!(call_few::<2, false, KEPT>),
        (Some(Few::Ints(3)), _) => fast!(call_few::<3, false, KEPT>),
        (Some(Few::Ints(4)), _) => fast!(call_few::<4, false, KEPT>),
        (Some(Few::Floats(2)), _) => fast!(call_few::<2, true, KEPT>),
        (Some(Few::Floats(3)), _) => fast!(call_few::<3, true, KEPT>),
        (Some(Few::Floats(4)), _) => fast!(call_few::<4, true, KEPT>),
        (_, 0) => single!(ffi::METH_NOARGS, call_any_none),
        (_, 1) => single!(ffi::METH_O, call_any_one),
        _ => fast!(call_any),
    }
}

unsafe extern "C" fn call_none<const KEPT: bool>(
    this: *mut PyObject,
    _: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: called by the interpreter with the `__self__` of a function.
    guard(|| unsafe { (*this.cast::<Direct>()).call_few::<0, false, KEPT>(&[]) })
}

unsafe extern "C" fn call_one<const FLOATS: bool, const KEPT: bool>(
    this: *mut PyObject,
    argument: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: called by the interpreter with the `__self__` of a function and its argument.
    guard(|| unsafe {
        let given = [Borrowed::from_ptr(argument)];
        (*this.cast::<Direct>()).call_few::<1, FLOATS, KEPT>(&given)
    })
}

unsafe extern "C" fn call_few<const N: usize, const FLOATS: bool, const KEPT: bool>(
    this: *mut PyObject,
    arguments: *mut *mut PyObject,
    count: isize,
) -> *mut PyObject {
    // SAFETY: called by the interpreter with the `__self__` of a function and its arguments.
    guard(|| unsafe {
        let this = &*this.cast::<Direct>();
        let given = all_given(arguments, count);
        match given.try_into() {
            Ok(given) => this.call_few::<N, FLOATS, KEPT>(given),
            Err(_) => this.call(given),
        }
    })
}

unsafe extern "C" fn call_any_none(this: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    // SAFETY: called by the interpreter with the `__self__` of a function.
    guard(|| unsafe { (*this.cast::<Direct>()).call(&[]) })
}

unsafe extern "C" fn call_any_one(this: *mut PyObject, argument: *mut PyObject) -> *mut PyObject {
    // SAFETY: called by the interpreter with the `__self__` of a function and its argument.
    guard(|| unsafe { (*this.cast::<Direct>()).call(&[Borrowed::from_ptr(argument)]) })
}

unsafe extern "C" fn call_any(
    this: *mut PyObject,
    arguments: *mut *mut PyObject,
    count: isize,
) -> *mut PyObject {
    // SAFETY: called by the interpreter with the `__self__` of a function and its arguments.
    guard(|| unsafe { (*this.cast::<Direct>()).call(all_given(arguments, count)) })
}

/// # Safety
/// `arguments` are `count` objects, which the caller keeps for as long as the borrow lasts.
unsafe fn all_given<'a>(arguments: *mut *mut PyObject, count: isize) -> &'a [Borrowed<'a>] {
    match count.unsigned_abs() {
        // There may be no array at all.
        0 => &[],
        // SAFETY: the caller's promise; `Borrowed` is a transparent non-null pointer.
        count => unsafe { std::slice::from_raw_parts(arguments.cast_const().cast(), count) },
    }
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
    if let Some(direct) = Direct::of_function(object) {
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
    if let Some(direct) = Direct::of_function(object) {
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
    /// Calls by the shortest way, for a plan that has it: [`vectorcall::run_few`].
    ///
    /// # Safety
    /// The plan's calls are of `N` words, with `FLOATS` of floating-point numbers, with `KEPT` of a function that keeps the GIL.
    #[inline(always)]
    unsafe fn call_few<const N: usize, const FLOATS: bool, const KEPT: bool>(
        &self,
        given: &[Borrowed<'_>; N],
    ) -> PyResult<Owned> {
        let gil = if KEPT { Gil::Kept } else { Gil::Released };
        // SAFETY: the caller's promise. The plan and the result belong to the type.
        let done = unsafe {
            let (plan, result) = (self.plan.as_ref(), self.result.as_ref());
            vectorcall::run_few::<N, FLOATS>(plan, result, self.address, given, gil)?
        };
        match done {
            Some(result) => Ok(result),
            None => self.call(given),
        }
    }

    /// Calls by the plan, or by the wrapper where the arguments are not what the plan takes.
    #[inline(never)]
    fn call(&self, given: &[Borrowed<'_>]) -> PyResult<Owned> {
        // SAFETY: the plan and the result belong to the type, and the address is a function of this type.
        unsafe {
            let (plan, result) = (self.plan.as_ref(), self.result.as_ref());
            if given.len() == plan.parameters.len() {
                let made = vectorcall::run_usual(plan, result, self.address, given, self.gil)?;
                if let Some(made) = made {
                    return Ok(made);
                }
            }
        }
        self.builtin.borrow().call(given)
    }

    /// What is behind a function, if it is called by its plan.
    fn of_function(object: Borrowed<'_>) -> Option<&Self> {
        // SAFETY: a valid object; the type cannot be subclassed, so its instances have this layout.
        unsafe {
            if ffi::PyCFunction_Check(object.as_ptr()) == 0 {
                return None;
            }
            let this = Borrowed::from_ptr_or_none(ffi::PyCFunction_GetSelf(object.as_ptr()))?;
            types::DIRECT
                .is_exact(this)
                .then(|| &*this.as_ptr().cast::<Self>())
        }
    }
}

/// Hands an operation on to the library.
///
/// # Safety
/// `object` is a `Direct`.
unsafe fn library_of<'a>(object: *mut PyObject) -> Borrowed<'a> {
    // SAFETY: the caller's promise; the interpreter keeps the object while it uses it.
    unsafe { (*object.cast::<Direct>()).lib.borrow() }
}

unsafe extern "C" fn getattro(object: *mut PyObject, name: *mut PyObject) -> *mut PyObject {
    // SAFETY: a slot of Direct; the name is a str.
    guard(|| unsafe { library_of(object).attribute_object(Borrowed::from_ptr(name)) })
}

unsafe extern "C" fn setattro(
    object: *mut PyObject,
    name: *mut PyObject,
    value: *mut PyObject,
) -> c_int {
    // SAFETY: a slot of Direct, as the interpreter calls it.
    unsafe { ffi::PyObject_SetAttr(library_of(object).as_ptr(), name, value) }
}

unsafe extern "C" fn repr(object: *mut PyObject) -> *mut PyObject {
    // SAFETY: a slot of Direct.
    guard(|| unsafe { library_of(object) }.repr())
}

unsafe extern "C" fn hash(object: *mut PyObject) -> ffi::Py_hash_t {
    // SAFETY: a slot of Direct.
    unsafe { ffi::PyObject_Hash(library_of(object).as_ptr()) }
}

unsafe extern "C" fn compare(
    object: *mut PyObject,
    other: *mut PyObject,
    operator: c_int,
) -> *mut PyObject {
    guard(|| {
        // SAFETY: a slot of Direct; the other is any object.
        unsafe {
            let other = Borrowed::from_ptr(other);
            let other = if types::DIRECT.is_exact(other) {
                library_of(other.as_ptr())
            } else {
                other
            };
            let (this, other) = (library_of(object).as_ptr(), other.as_ptr());
            Owned::from_new(ffi::PyObject_RichCompare(this, other, operator))
        }
    })
}

unsafe extern "C" fn traverse(
    object: *mut PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector on a live object.
    unsafe {
        let this = &*object.cast::<Direct>();
        for part in [
            ffi::Py_TYPE(object).cast(),
            this.ctype.as_ptr(),
            this.builtin.as_ptr(),
            this.lib.as_ptr(),
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
        // SAFETY: CPython deallocates an object once; its parts are dropped in place.
        unsafe {
            ffi::PyObject_GC_UnTrack(object.cast());
            let place: *mut Direct = object.cast();
            let class = ffi::Py_TYPE(object);
            std::ptr::drop_in_place(&raw mut (*place).builtin);
            std::ptr::drop_in_place(&raw mut (*place).lib);
            std::ptr::drop_in_place(&raw mut (*place).ctype);
            ffi::PyObject_GC_Del(object.cast());
            ffi::Py_DECREF(class.cast());
        }
    });
}

/// Makes the type. It has the name of the library's type, which functions show.
pub fn make_type() -> PyResult<Owned> {
    let spec = TypeSpec::new(c"_cffi_backend.Lib", size_of::<Direct>())
        .not_picklable()
        .flags(ffi::Py_TPFLAGS_HAVE_GC | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION)
        .doc(c"What a function of a compiled module has as __self__: the library.");
    // SAFETY: each function has the type of its slot.
    unsafe {
        spec.slot(ffi::Py_tp_dealloc, dealloc as *mut c_void)
            .slot(ffi::Py_tp_traverse, traverse as *mut c_void)
            .slot(ffi::Py_tp_getattro, getattro as *mut c_void)
            .slot(ffi::Py_tp_setattro, setattro as *mut c_void)
            .slot(ffi::Py_tp_repr, repr as *mut c_void)
            .slot(ffi::Py_tp_hash, hash as *mut c_void)
            .slot(ffi::Py_tp_richcompare, compare as *mut c_void)
    }
    .build(None)
}
