//! Python functions as C function pointers.

use std::ffi::c_void;

use cffi_call::closure::Closure;
use cffi_call::{Shape, errno};
use cffi_python::error::{self, Fetched};
use cffi_python::ffi::PyObject;
use cffi_python::thread::Attached;
use cffi_python::{Borrowed, Owned, PyResult, Raised, raise};
use smallvec::SmallVec;

use super::plan::signature_of;
use crate::cdata::handle;
use crate::convert::{load, store};
use crate::ctype::function::Variadic;
use crate::ctype::{CType, CTypeRef, Kind};

/// A Python function behind a C function pointer.
pub struct Callback {
    closure: Closure,
    target: Box<Target>,
}

/// What the closure's data pointer points to.
struct Target {
    function: Owned,
    onerror: Option<Owned>,
    ctype: CTypeRef,
    /// What C gets when the call fails, in the result's natural layout.
    error_result: Vec<u8>,
}

impl Callback {
    /// The function pointer.
    pub fn code(&self) -> *const c_void {
        self.closure.code()
    }

    /// The Python function.
    pub fn function(&self) -> Owned {
        self.target.function.clone()
    }

    /// Every object that this refers to, for `tp_traverse`.
    pub fn for_each_reference(&self, visit: &mut dyn FnMut(*mut PyObject)) {
        visit(self.target.function.as_ptr());
        if let Some(onerror) = &self.target.onerror {
            visit(onerror.as_ptr());
        }
        visit(self.target.ctype.as_ptr());
    }

    /// Gives up the Python functions, for `tp_clear`: calls do nothing from then on.
    pub fn clear(&mut self) {
        let function = std::mem::replace(&mut self.target.function, Owned::none());
        let onerror = self.target.onerror.take();
        drop((function, onerror));
    }
}

/// `ffi.callback(ctype, function, error, onerror)`
pub fn new_callback(
    ctype: &CType,
    function: Borrowed<'_>,
    error: Option<Borrowed<'_>>,
    onerror: Option<Borrowed<'_>>,
) -> PyResult<Owned> {
    let (Some(detail), Some(result)) = (ctype.as_function(), ctype.item()) else {
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
    let mut error_result = vec![0u8; size.max(8)];
    if let Some(error) = error {
        store_result(result, error_result.as_mut_ptr(), error)?;
    }
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
    // Calls do more than callbacks here: programs expect the error for records that libffi cannot describe.
    let is_plain = |shape: &Shape| !matches!(shape, Shape::Record(record) if !record.plain);
    if !is_plain(&signature.result) || !signature.parameters.iter().all(is_plain) {
        return Err(unsupported());
    }
    let mut target = Box::new(Target {
        function: function.to_owned(),
        onerror: onerror.map(Borrowed::to_owned),
        ctype: ctype.to_ref(),
        error_result,
    });
    let data: *mut Target = &raw mut *target;
    // SAFETY: the target lives as long as the closure, in one box each that do not move; `invoke` attaches the thread itself.
    let Ok(closure) = (unsafe { Closure::new(&signature, invoke, data.cast()) }) else {
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
    // SAFETY: the data pointer of a live callback; arguments and result are those of its signature.
    unsafe {
        if Attached::possible() {
            let _attached = Attached::new();
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                invoke_attached(data.cast::<Target>(), arguments, result);
            }));
            if outcome.is_err() {
                result.write_bytes(0, 8);
            }
        } else {
            // The interpreter is gone or going: there is nobody left to ask.
            let target = &*data.cast::<Target>();
            std::ptr::copy_nonoverlapping(
                target.error_result.as_ptr(),
                result,
                target.error_result.len(),
            );
        }
    }
    errno::restore();
}

/// # Safety
/// As [`invoke`], with the thread attached.
unsafe fn invoke_attached(target: *const Target, arguments: *const *mut u8, result: *mut u8) {
    // SAFETY: the target may go away while the function runs, if that drops the callback; these references keep what is used.
    let (function, onerror, ctype, error_result) = unsafe {
        let target = &*target;
        (
            target.function.clone(),
            target.onerror.clone(),
            target.ctype.clone(),
            target.error_result.clone(),
        )
    };
    let (Some(detail), Some(result_type)) = (ctype.as_function(), ctype.item()) else {
        return;
    };
    let values: PyResult<SmallVec<[Owned; 8]>> = detail
        .parameters
        .iter()
        .enumerate()
        // SAFETY: one address for each parameter.
        .map(|(index, parameter)| unsafe { load_argument(parameter, *arguments.add(index)) })
        .collect();
    let returned = values.and_then(|values| {
        let borrowed: SmallVec<[Borrowed<'_>; 8]> = values.iter().map(Owned::borrow).collect();
        function.borrow().call(&borrowed)
    });
    let stored = match returned {
        Ok(value) => store_result(result_type, result, value.borrow()).map_err(|_| Stage::Result),
        Err(Raised) => Err(Stage::Call),
    };
    if let Err(stage) = stored {
        // SAFETY: room for the result, of the size of `error_result` or of a register.
        unsafe {
            let size = result_type.raw_size().max(0).unsigned_abs();
            std::ptr::copy_nonoverlapping(
                error_result.as_ptr(),
                result,
                size.min(error_result.len()),
            );
        }
        failed(&function, onerror.as_ref(), stage, result_type, result);
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
fn failed(
    function: &Owned,
    onerror: Option<&Owned>,
    stage: Stage,
    result_type: &CType,
    result: *mut u8,
) {
    let Some(onerror) = onerror else {
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
        // Both are shown: the first as the context of the second.
        let second = error::fetch();
        chain(&second, &fetched);
        second.restore();
        report(function, stage);
    }
}

/// Makes `first` the `__context__` of `second`.
fn chain(second: &Fetched, first: &Fetched) {
    if let (Some(second), Some(first)) = (&second.value, &first.value) {
        error::set_context(second.borrow(), first.clone());
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
