//! Python functions as C function pointers.

use std::ffi::c_void;
use std::sync::Arc;

use cffi_call::closure::Closure;
use cffi_call::errno;
use cffi_python::error;
use cffi_python::ffi::PyObject;
use cffi_python::finalization::watch_finalization;
use cffi_python::sync::Lock;
use cffi_python::thread::Attached;
use cffi_python::{Borrowed, Owned, PyResult, Raised, raise};
use smallvec::SmallVec;

use super::plan::signature_of;
use super::restriction::restriction;
use crate::cdata::handle;
use crate::convert::{load, store};
use crate::ctype::function::Variadic;
use crate::ctype::{CType, CTypeRef, Kind};

/// A Python function behind a C function pointer.
pub struct Callback {
    /// Goes first: its data pointer is the target.
    closure: Closure,
    target: Arc<Target>,
}

/// What the closure's data pointer points to.
pub struct Target {
    functions: Lock<Functions>,
    ctype: CTypeRef,
    /// What C gets when the call fails, in the result's natural layout.
    error_result: SmallVec<[u8; 16]>,
}

// SAFETY: whatever thread C calls in, its thread state is attached before the references are touched, and what changes is behind a lock.
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

/// What is called.
#[derive(Clone)]
struct Functions {
    /// The Python function; `None` once the callback is garbage.
    function: Owned,
    onerror: Option<Owned>,
}

impl Callback {
    /// The function pointer.
    pub fn code(&self) -> *const c_void {
        self.closure.code()
    }

    /// The Python function.
    pub fn function(&self) -> Owned {
        self.target.functions.read(|it| it.function.clone())
    }

    /// Every object that this refers to, for `tp_traverse`.
    pub fn for_each_reference(&self, visit: &mut dyn FnMut(*mut PyObject)) {
        self.target.functions.traverse(|functions| {
            visit(functions.function.as_ptr());
            if let Some(onerror) = &functions.onerror {
                visit(onerror.as_ptr());
            }
        });
        visit(self.target.ctype.as_ptr());
    }

    /// Gives up the Python functions, for `tp_clear`: calls do nothing from then on.
    pub fn clear(&self) {
        drop(self.target.functions.replace(Functions {
            function: Owned::none(),
            onerror: None,
        }));
    }
}

/// What a callback of a function type calls.
pub fn new_target(
    ctype: &CType,
    function: Borrowed<'_>,
    error: Option<Borrowed<'_>>,
    onerror: Option<Borrowed<'_>>,
) -> PyResult<Arc<Target>> {
    let Some(result) = ctype.item().filter(|_| ctype.as_function().is_some()) else {
        return Err(raise!(
            TypeError,
            "expected a function ctype, got '{}'",
            ctype.name()
        ));
    };
    if !function.is_callable() {
        return Err(raise!(
            TypeError,
            "the 'python_callable' argument is not callable"
        ));
    }
    if onerror.is_some_and(|onerror| !onerror.is_callable()) {
        return Err(raise!(
            TypeError,
            "expected a callable object for 'onerror', not {}",
            onerror.map_or(String::new(), Borrowed::type_name)
        ));
    }
    let size = result.size()?.unwrap_or(0);
    let mut error_result: SmallVec<[u8; 16]> = SmallVec::new();
    if error_result.try_reserve(size.max(8)).is_err() {
        return Err(raise!(
            MemoryError,
            "no memory for a result of {size} bytes"
        ));
    }
    error_result.resize(size.max(8), 0);
    if let Some(error) = error {
        store_result(result, error_result.as_mut_ptr(), error)?;
    }
    Ok(Arc::new(Target {
        functions: Lock::new(Functions {
            function: function.to_owned(),
            onerror: onerror.map(Borrowed::to_owned),
        }),
        ctype: ctype.to_ref(),
        error_result,
    }))
}

/// `ffi.callback(ctype, function, error, onerror)`
pub fn new_callback(
    ctype: &CType,
    function: Borrowed<'_>,
    error: Option<Borrowed<'_>>,
    onerror: Option<Borrowed<'_>>,
) -> PyResult<Owned> {
    let target = new_target(ctype, function, error, onerror)?;
    let (Some(detail), Some(result)) = (ctype.as_function(), ctype.item()) else {
        return Err(raise!(SystemError, "a callback of no function type"));
    };
    let unsupported = || {
        raise!(
            NotImplementedError,
            "{}: callback with unsupported argument or return type or with '...'",
            ctype.name()
        )
    };
    if detail.variadic == Variadic::Yes {
        return Err(unsupported());
    }
    let Ok(signature) = signature_of(&detail.parameters, result, detail.abi, None)? else {
        return Err(unsupported());
    };
    if restriction(&detail.parameters, result)?.is_some() {
        return Err(unsupported());
    }
    watch_finalization()?;
    let data: *const Target = &raw const *target;
    // SAFETY: the target lives as long as the closure; `invoke` attaches the thread itself.
    let Ok(closure) = (unsafe { Closure::new(&signature, invoke, data.cast_mut().cast()) }) else {
        return Err(unsupported());
    };
    Ok(handle::new_callback(ctype.to_ref(), Box::new(Callback { closure, target }))?.into_owned())
}

/// The result of a callback: nothing for `void`, otherwise as in a store.
fn store_result(result: &CType, data: *mut u8, object: Borrowed<'_>) -> PyResult<()> {
    if result.kind == Kind::Void {
        if object.is_none() {
            return Ok(());
        }
        return Err(raise!(
            TypeError,
            "callback with the return type 'void' must return None"
        ));
    }
    // SAFETY: the callers have room for the result.
    unsafe { store(result, data, object) }
}

/// Enters Python from C, on whatever thread.
unsafe fn invoke(data: *mut c_void, arguments: *const *mut u8, result: *mut u8) {
    errno::save();
    let target: *const Target = data.cast_const().cast();
    match Attached::new() {
        Some(_attached) => {
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                // SAFETY: the data pointer of a live callback. The target may be dropped while the function runs, if that drops
                // the callback; this count keeps it. Arguments and result are those of its signature.
                unsafe {
                    Arc::increment_strong_count(target);
                    invoke_attached(&Arc::from_raw(target), arguments, result);
                }
            }));
            if outcome.is_err() {
                // SAFETY: there is room for a register at least.
                unsafe { result.write_bytes(0, 8) }
            }
        }
        // The interpreter is gone or going: there is nobody left to ask.
        // SAFETY: the data pointer of a live callback, and room for its result.
        None => unsafe { (*target).store_error_result(result) },
    }
    errno::restore();
}

/// Calls a target with arguments as `extern "Python"` functions bring them: entries of 8 bytes, with the address of what is larger. The
/// result goes to the same place.
///
/// # Safety
/// The entries are those of its type, with room for the result.
pub unsafe fn enter(target: &Target, entries: *mut u8) {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        // SAFETY: the caller's promise.
        unsafe {
            let parameters = target
                .ctype
                .as_function()
                .map_or(&[][..], |detail| detail.parameters.as_slice());
            let mut addresses: SmallVec<[*mut u8; 8]> = SmallVec::new();
            for (index, parameter) in parameters.iter().enumerate() {
                let entry = entries.add(index * 8);
                addresses.push(match parameter.kind {
                    Kind::Struct | Kind::Union | Kind::LongDouble => {
                        entry.cast::<*mut u8>().read_unaligned()
                    }
                    _ => entry,
                });
            }
            invoke_attached(target, addresses.as_ptr(), entries);
        }
    }));
    if outcome.is_err() {
        // SAFETY: there are 8 bytes at least.
        unsafe { entries.write_bytes(0, 8) }
    }
}

impl Target {
    /// # Safety
    /// `result` has room for the result, and for a register.
    unsafe fn store_error_result(&self, result: *mut u8) {
        let size = self.error_result.len();
        // SAFETY: the caller's promise: the error result is as large.
        unsafe { std::ptr::copy_nonoverlapping(self.error_result.as_ptr(), result, size) }
    }
}

/// # Safety
/// As [`invoke`], with the thread attached.
unsafe fn invoke_attached(target: &Target, arguments: *const *mut u8, result: *mut u8) {
    let functions = target.functions.read(Functions::clone);
    let (Some(detail), Some(result_type)) = (target.ctype.as_function(), target.ctype.item())
    else {
        return;
    };
    let returned = (|| {
        let mut values: SmallVec<[Owned; 6]> = SmallVec::new();
        for (index, parameter) in detail.parameters.iter().enumerate() {
            // SAFETY: one address for each parameter.
            values.push(unsafe { load_argument(parameter, *arguments.add(index)) }?);
        }
        functions.function.borrow().call_owned(&values)
    })();
    let stored = match returned {
        Ok(value) => store_result(result_type, result, value.borrow()).map_err(|_| Stage::Result),
        Err(Raised) => Err(Stage::Call),
    };
    if let Err(stage) = stored {
        // SAFETY: the caller's promise.
        unsafe { target.store_error_result(result) }
        failed(&functions, stage, result_type, result);
    }
}

/// Arguments by value that are records are copied: C's own copy is gone when the call returns.
unsafe fn load_argument(ctype: &CType, data: *mut u8) -> PyResult<Owned> {
    if ctype.kind.is_record() {
        let size = ctype.size()?.unwrap_or(0);
        let copy = crate::cdata::owning::new_memory(
            ctype.to_ref(),
            size,
            -1,
            ctype.align()?,
            crate::cdata::object::Fill::Nothing,
        )?;
        // SAFETY: the argument's value and fresh memory of its size.
        unsafe { std::ptr::copy_nonoverlapping(data, copy.data(), size) }
        return Ok(copy.into_owned());
    }
    // SAFETY: the argument's value.
    unsafe { load(ctype, data) }
}

/// Where a callback failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// In the call.
    Call,
    /// In the conversion of what it returned.
    Result,
}

/// Tells `onerror`, or the unraisable hook, that a callback failed; `onerror` may give another result.
fn failed(functions: &Functions, stage: Stage, result_type: &CType, result: *mut u8) {
    let function = &functions.function;
    let Some(onerror) = &functions.onerror else {
        report(function, stage);
        return;
    };
    let fetched = error::fetch();
    let part = |part: &Option<Owned>| part.clone().unwrap_or_else(Owned::none);
    let (class, value, traceback) = (
        part(&fetched.class),
        part(&fetched.value),
        part(&fetched.traceback),
    );
    let answer = onerror
        .borrow()
        .call(&[class.borrow(), value.borrow(), traceback.borrow()]);
    let stored = answer.and_then(|answer| {
        if answer.borrow().is_none() {
            Ok(())
        } else {
            store_result(result_type, result, answer.borrow())
        }
    });
    if stored.is_err() {
        let second = error::fetch();
        fetched.restore();
        report(function, stage);
        second.restore();
        error::write_unraisable("during handling of the above exception by 'onerror'");
    }
}

fn report(function: &Owned, stage: Stage) {
    let tail = match stage {
        Stage::Call => "",
        Stage::Result => ", trying to convert the result back to C",
    };
    let fetched = error::fetch();
    let message = format!("from cffi callback {}{tail}", function.borrow().repr_text());
    fetched.restore();
    error::write_unraisable(&message);
}

/// `ffi.callback(ctype, error=…, onerror=…)` without a function: a decorator.
pub fn decorator(
    ctype: &CType,
    error: Option<Borrowed<'_>>,
    onerror: Option<Borrowed<'_>>,
) -> PyResult<Owned> {
    use std::ffi::CStr;

    use cffi_python::ffi;
    const NAME: &CStr = c"callback_decorator";

    unsafe extern "C" fn decorate(state: *mut PyObject, function: *mut PyObject) -> *mut PyObject {
        cffi_python::slot::guard(|| {
            // SAFETY: the state is the tuple made below; the function is a valid object.
            let (state, function) =
                unsafe { (Borrowed::from_ptr(state), Borrowed::from_ptr(function)) };
            let optional = |index: usize| state.tuple_item(index).filter(|it| !it.is_none());
            let Some(ctype) = state.tuple_item(0).and_then(CType::from_object) else {
                return Err(raise!(SystemError, "decorator without a ctype"));
            };
            new_callback(ctype, function, optional(1), optional(2))
        })
    }

    struct Method(ffi::PyMethodDef);
    // SAFETY: never changed; the pointers in it are to static texts.
    unsafe impl Sync for Method {}
    static METHOD: Method = Method(ffi::PyMethodDef {
        ml_name: NAME.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunction: decorate,
        },
        ml_flags: ffi::METH_O,
        ml_doc: std::ptr::null(),
    });

    let or_none =
        |object: Option<Borrowed<'_>>| object.map_or_else(Owned::none, Borrowed::to_owned);
    let state = cffi_python::object::new_tuple([
        ctype.as_object().to_owned(),
        or_none(error),
        or_none(onerror),
    ])?;
    // SAFETY: a static method definition and a state object.
    unsafe {
        Owned::from_new(ffi::PyCFunction_NewEx(
            (&raw const METHOD.0).cast_mut(),
            state.as_ptr(),
            std::ptr::null_mut(),
        ))
    }
}
