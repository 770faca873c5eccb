//! The border between slots that CPython calls and Rust: results to C values, panics to `SystemError`.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use pyo3_ffi as ffi;

use crate::error::{Exception, PyResult, Raised};
use crate::reference::Owned;

thread_local! {
    static PANIC_PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Makes panics that happen inside slots silent on stderr and remembers their place for the `SystemError`.
pub fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map(ToString::to_string);
            PANIC_PLACE.with(|cell| *cell.borrow_mut() = place);
        }));
    });
}

#[cold]
#[inline(never)]
fn raise_panic(payload: &(dyn Any + Send)) -> Raised {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown panic".to_owned());
    let place = PANIC_PLACE
        .with(|cell| cell.borrow_mut().take())
        .unwrap_or_else(|| "unknown place".to_owned());
    Exception::SystemError.raise(format_args!("cffi internal error at {place}: {text}"))
}

/// What a slot returns to C, and which value says "raised".
pub trait SlotValue {
    /// The C type.
    type C;
    /// The value that means success.
    fn into_c(self) -> Self::C;
    /// The value that means an exception is set.
    fn raised() -> Self::C;
}

impl SlotValue for Owned {
    type C = *mut ffi::PyObject;
    #[inline]
    fn into_c(self) -> Self::C {
        self.into_ptr()
    }
    #[inline]
    fn raised() -> Self::C {
        std::ptr::null_mut()
    }
}

/// For iterators: absent means exhausted, which is NULL without an exception.
impl SlotValue for Option<Owned> {
    type C = *mut ffi::PyObject;
    #[inline]
    fn into_c(self) -> Self::C {
        self.map_or(std::ptr::null_mut(), Owned::into_ptr)
    }
    #[inline]
    fn raised() -> Self::C {
        std::ptr::null_mut()
    }
}

impl SlotValue for () {
    type C = c_int;
    #[inline]
    fn into_c(self) -> c_int {
        0
    }
    #[inline]
    fn raised() -> c_int {
        -1
    }
}

impl SlotValue for bool {
    type C = c_int;
    #[inline]
    fn into_c(self) -> c_int {
        c_int::from(self)
    }
    #[inline]
    fn raised() -> c_int {
        -1
    }
}

impl SlotValue for isize {
    type C = isize;
    #[inline]
    fn into_c(self) -> isize {
        self
    }
    #[inline]
    fn raised() -> isize {
        -1
    }
}

/// Runs the body of a slot.
#[inline(always)]
pub fn guard<T: SlotValue>(body: impl FnOnce() -> PyResult<T>) -> T::C {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value.into_c(),
        Ok(Err(Raised)) => T::raised(),
        Err(payload) => {
            raise_panic(&*payload);
            T::raised()
        }
    }
}

/// Runs the body of a function that C enters, whose result is `failed` when an exception is set.
#[inline]
pub fn guard_or<T>(failed: T, body: impl FnOnce() -> PyResult<T>) -> T {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => value,
        Ok(Err(Raised)) => failed,
        Err(payload) => {
            raise_panic(&*payload);
            failed
        }
    }
}

/// Runs the body of a slot that cannot report anything, such as `tp_dealloc`; a panic is written as unraisable.
#[inline]
pub fn guard_silent(body: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(body)) {
        raise_panic(&*payload);
        // SAFETY: an exception is set, and NULL is allowed as the object.
        unsafe { ffi::PyErr_WriteUnraisable(std::ptr::null_mut()) }
    }
}
