//! Raising and looking at exceptions. Raising is cold and out of line; its callers return the [`Raised`] it gives.

use crate::bits::ToSigned;
use std::ffi::CString;
use std::fmt;

use pyo3_ffi as ffi;

use crate::reference::{Borrowed, Owned};
use crate::{object, text};

/// A Python exception is set in this thread.
#[derive(Clone, Copy, Debug)]
pub struct Raised;

/// The result of anything that can raise.
pub type PyResult<T> = Result<T, Raised>;

/// The built-in exceptions that CFFI raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the exceptions of these names")]
pub enum Exception {
    TypeError,
    ValueError,
    OverflowError,
    IndexError,
    KeyError,
    AttributeError,
    RuntimeError,
    NotImplementedError,
    MemoryError,
    OSError,
    SystemError,
    ImportError,
    ZeroDivisionError,
    BufferError,
}

impl Exception {
    fn object(self) -> *mut ffi::PyObject {
        // SAFETY: the exception objects are set once the interpreter runs.
        unsafe {
            match self {
                Self::TypeError => ffi::PyExc_TypeError,
                Self::ValueError => ffi::PyExc_ValueError,
                Self::OverflowError => ffi::PyExc_OverflowError,
                Self::IndexError => ffi::PyExc_IndexError,
                Self::KeyError => ffi::PyExc_KeyError,
                Self::AttributeError => ffi::PyExc_AttributeError,
                Self::RuntimeError => ffi::PyExc_RuntimeError,
                Self::NotImplementedError => ffi::PyExc_NotImplementedError,
                Self::MemoryError => ffi::PyExc_MemoryError,
                Self::OSError => ffi::PyExc_OSError,
                Self::SystemError => ffi::PyExc_SystemError,
                Self::ImportError => ffi::PyExc_ImportError,
                Self::ZeroDivisionError => ffi::PyExc_ZeroDivisionError,
                Self::BufferError => ffi::PyExc_BufferError,
            }
        }
    }

    /// Sets this exception with a message.
    #[cold]
    #[inline(never)]
    pub fn raise(self, message: fmt::Arguments<'_>) -> Raised {
        set_message(self.object(), &message.to_string());
        Raised
    }

    /// Whether the exception that is set is of this class.
    #[must_use]
    pub fn is_set(self) -> bool {
        // SAFETY: called with an exception set or not; both are allowed when a thread state is attached.
        unsafe {
            !ffi::PyErr_Occurred().is_null() && ffi::PyErr_ExceptionMatches(self.object()) != 0
        }
    }

    /// The class object.
    #[must_use]
    pub fn class(self) -> Borrowed<'static> {
        // SAFETY: built-in exception classes live as long as the interpreter.
        unsafe { Borrowed::from_ptr(self.object()) }
    }
}

fn set_message(class: *mut ffi::PyObject, message: &str) {
    let bytes = message.as_bytes();
    // SAFETY: the pointer and length are of one live slice; sizes of slices fit in isize.
    unsafe {
        let text = ffi::PyUnicode_DecodeUTF8(
            bytes.as_ptr().cast(),
            bytes.len().to_signed(),
            c"replace".as_ptr(),
        );
        if !text.is_null() {
            ffi::PyErr_SetObject(class, text);
            ffi::Py_DECREF(text);
        }
    }
}

/// Sets an exception of a class object with a message.
#[cold]
#[inline(never)]
pub fn raise_class(class: Borrowed<'_>, message: fmt::Arguments<'_>) -> Raised {
    set_message(class.as_ptr(), &message.to_string());
    Raised
}

/// Sets an exception of a class object with a value (a single object or an argument tuple).
#[cold]
pub fn raise_object(class: Borrowed<'_>, value: Borrowed<'_>) -> Raised {
    // SAFETY: both are valid objects.
    unsafe { ffi::PyErr_SetObject(class.as_ptr(), value.as_ptr()) }
    Raised
}

/// Raises a built-in exception: `Err(raise!(TypeError, "got {x}"))` is what callers return.
#[macro_export]
macro_rules! raise {
    ($exception:ident, $($format:tt)+) => {
        $crate::error::Exception::$exception.raise(format_args!($($format)+))
    };
}

/// Whether an exception is set.
#[inline]
#[must_use]
pub fn occurred() -> bool {
    // SAFETY: a thread state is attached.
    unsafe { !ffi::PyErr_Occurred().is_null() }
}

/// `Err` when an exception is set: for C API functions that give an ambiguous error value.
#[inline]
pub fn check() -> PyResult<()> {
    if occurred() { Err(Raised) } else { Ok(()) }
}

/// Turns the C convention "negative means raised" into a result.
#[inline]
pub const fn status(value: std::ffi::c_int) -> PyResult<()> {
    if value < 0 { Err(Raised) } else { Ok(()) }
}

/// `Err` when an exception is set and `value` is the C API's sign for a possible error: -1.0 exactly.
#[inline]
pub fn check_value(value: f64) -> PyResult<()> {
    #[expect(clippy::float_cmp, reason = "exactly this value is the sign")]
    if value == -1.0 { check() } else { Ok(()) }
}

/// Forgets the exception that is set.
pub fn clear() {
    // SAFETY: a thread state is attached.
    unsafe { ffi::PyErr_Clear() }
}

/// The three parts of an exception that was taken out of the thread state; dropping it forgets it.
pub struct Fetched {
    /// The class, absent when nothing was set.
    pub class: Option<Owned>,
    /// The instance.
    pub value: Option<Owned>,
    /// The traceback.
    pub traceback: Option<Owned>,
}

/// Takes the current exception out of the thread state, normalised.
#[allow(
    deprecated,
    reason = "deprecated from CPython 3.12 on, the only way before it"
)]
#[must_use]
pub fn fetch() -> Fetched {
    let mut class = std::ptr::null_mut();
    let mut value = std::ptr::null_mut();
    let mut traceback = std::ptr::null_mut();
    // SAFETY: three valid places for references that we own afterwards.
    unsafe {
        ffi::PyErr_Fetch(&raw mut class, &raw mut value, &raw mut traceback);
        if !class.is_null() {
            ffi::PyErr_NormalizeException(&raw mut class, &raw mut value, &raw mut traceback);
            if !traceback.is_null() && !value.is_null() {
                ffi::PyException_SetTraceback(value, traceback);
            }
        }
        Fetched {
            class: Owned::from_new(class).ok(),
            value: Owned::from_new(value).ok(),
            traceback: Owned::from_new(traceback).ok(),
        }
    }
}

impl Fetched {
    /// Sets it again.
    #[allow(
        deprecated,
        reason = "deprecated from CPython 3.12 on, the only way before it"
    )]
    pub fn restore(self) {
        let take = |part: Option<Owned>| part.map_or(std::ptr::null_mut(), Owned::into_ptr);
        // SAFETY: PyErr_Restore takes over the three references.
        unsafe {
            ffi::PyErr_Restore(take(self.class), take(self.value), take(self.traceback));
        }
    }
}

/// Issues a warning of a class; `Err` when warnings are errors.
pub fn warn(class: Borrowed<'_>, message: &str, stack_level: isize) -> PyResult<()> {
    let text = CString::new(message.replace('\0', "\\0")).unwrap_or_default();
    // SAFETY: a valid class and a NUL-terminated UTF-8 text.
    status(unsafe { ffi::PyErr_WarnEx(class.as_ptr(), text.as_ptr(), stack_level) })
}

/// Adds a note to the exception that is set: tracebacks show it below the message (PEP 678). Before CPython 3.11, which brought notes,
/// it is kept in `__notes__` all the same.
pub fn add_note(note: &str) {
    let fetched = fetch();
    if let Some(value) = &fetched.value {
        let value = value.borrow();
        let done =
            text::from_str(note).and_then(|note| match value.optional_attribute(c"add_note")? {
                Some(add_note) => add_note.borrow().call(&[note.borrow()]).map(drop),
                None => {
                    let notes = object::new_list(1, |_| Ok(note.clone()))?;
                    value.set_attribute(c"__notes__", notes.borrow())
                }
            });
        if done.is_err() {
            clear();
        }
    }
    fetched.restore();
}

/// Makes `context` the `__context__` of an exception.
pub fn set_context(exception: Borrowed<'_>, context: Owned) {
    if exception.is(context.borrow()) {
        return;
    }
    // SAFETY: two exception instances; the reference to the context is given away.
    unsafe { ffi::PyException_SetContext(exception.as_ptr(), context.into_ptr()) }
}

/// Gives the exception that is set to `sys.unraisablehook`, with the message "Exception ignored {message}".
pub fn write_unraisable(message: &str) {
    let text = CString::new(message.replace('\0', "\\0")).unwrap_or_default();
    crate::version::write_unraisable(&text);
}
