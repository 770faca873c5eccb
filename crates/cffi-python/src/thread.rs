//! Giving up and taking the thread state: around calls of C, and for callbacks from C on whatever thread.
//!
//! A callback finds its thread in one of four ways: inside a call of ours, whose state it uses again; attached already, because C
//! was entered by somebody who kept the GIL; known to Python otherwise; or made by C. The state of a thread that C made is kept
//! until the thread ends, so that its next callback is cheap and finds the thread's `threading.local` values again.

use std::cell::{Cell, RefCell};
use std::ffi::CStr;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3_ffi as ffi;
use pyo3_ffi::PyThreadState;

use crate::error;
use crate::finalization::{Passage, finalizes_here, interpreter_runs};
use crate::reference::Owned;
use crate::version;

thread_local! {
    /// The state that the innermost [`detached`] of this thread gave up; NULL while a callback runs inside it.
    static GIVEN_UP: Cell<*mut PyThreadState> = const { Cell::new(ptr::null_mut()) };
    /// The state that is kept for this thread, which C made.
    static KEPT: RefCell<Option<KeptByThread>> = const { RefCell::new(None) };
}

/// Runs `body` with the thread state detached (the GIL released).
///
/// # Safety
/// `body` touches no Python object and calls nothing of the C API, but through [`Attached`].
#[inline]
pub unsafe fn detached<R>(body: impl FnOnce() -> R) -> R {
    struct Reattach {
        state: *mut PyThreadState,
        outer: *mut PyThreadState,
    }
    impl Drop for Reattach {
        #[inline]
        fn drop(&mut self) {
            GIVEN_UP.set(self.outer);
            // SAFETY: the state that PyEval_SaveThread gave in this thread.
            unsafe { ffi::PyEval_RestoreThread(self.state) }
        }
    }
    // SAFETY: a thread state is attached, as everywhere in this crate.
    let state = unsafe { ffi::PyEval_SaveThread() };
    let _reattach = Reattach {
        state,
        outer: GIVEN_UP.replace(state),
    };
    body()
}

/// A thread state that is attached for as long as this lives; for callbacks from C.
pub struct Attached(Way);

enum Way {
    /// It was attached before.
    Already,
    /// The state that a call of ours gave up.
    GivenUp(*mut PyThreadState),
    /// The state that is kept for a thread that C made.
    Kept,
    /// Whatever CPython knew or made for this thread.
    Ensured(ffi::PyGILState_STATE),
}

impl Attached {
    /// Attaches this thread, whether or not Python knows it yet; `None` if there is no interpreter, or one that is on its way out
    /// and lets no thread in but the one that ends it.
    #[inline]
    #[must_use]
    pub fn new() -> Option<Self> {
        let given_up = GIVEN_UP.get();
        if given_up.is_null() {
            return Self::from_outside();
        }
        if !finalizes_here() && !interpreter_runs() {
            return None;
        }
        // SAFETY: the interpreter runs; a state that this thread gave up is its own.
        unsafe {
            match version::attached_state() {
                // What C does in between may have attached the thread.
                Some(current) if current == given_up => Some(Self(Way::Already)),
                Some(_) => {
                    GIVEN_UP.set(ptr::null_mut());
                    ffi::PyEval_RestoreThread(given_up);
                    Some(Self(Way::GivenUp(given_up)))
                }
                None => Some(Self(Way::Ensured(ffi::PyGILState_Ensure()))),
            }
        }
    }

    /// Outside of the calls of ours.
    #[cold]
    fn from_outside() -> Option<Self> {
        if finalizes_here() {
            // SAFETY: the interpreter runs until this thread ends it.
            return interpreter_runs().then(|| Self(unsafe { Self::attach() }));
        }
        let _passage = Passage::new()?;
        // SAFETY: the interpreter runs for as long as the passage lives.
        Some(Self(unsafe { Self::attach() }))
    }

    /// # Safety
    /// The interpreter runs until this returns.
    unsafe fn attach() -> Way {
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(state) = kept_state() {
                if version::attached_state().is_some_and(|current| current != state) {
                    ffi::PyEval_RestoreThread(state);
                    return Way::Kept;
                }
            }
            let is_new = ffi::PyGILState_GetThisThreadState().is_null();
            let mut ensured = ffi::PyGILState_Ensure();
            if is_new {
                if delete_states_of_ended_threads() {
                    // CPython from 3.12 on forgets with the state of another thread which state is this thread's, so that
                    // this thread must start again.
                    ffi::PyThreadState_Clear(ffi::PyThreadState_Get());
                    ffi::PyThreadState_Delete(ffi::PyEval_SaveThread());
                    ensured = ffi::PyGILState_Ensure();
                }
                keep_state();
            }
            Way::Ensured(ensured)
        }
    }
}

impl Drop for Attached {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: each way out is that of the way in.
        unsafe {
            match self.0 {
                Way::Already => {}
                Way::GivenUp(state) => {
                    ffi::PyEval_SaveThread();
                    GIVEN_UP.set(state);
                }
                Way::Kept => {
                    ffi::PyEval_SaveThread();
                }
                Way::Ensured(state) => ffi::PyGILState_Release(state),
            }
        }
    }
}

/// The state of a thread that C made; NULL once it is deleted, by us or with its interpreter.
struct KeptState(AtomicPtr<PyThreadState>);

/// The thread's hold on its state; dropped when the thread ends.
struct KeptByThread(Arc<KeptState>);

/// The states of threads that have ended. Deleting them takes a GIL, for which an ending thread must not wait.
static ENDED: Mutex<Vec<Arc<KeptState>>> = Mutex::new(Vec::new());

impl Drop for KeptByThread {
    fn drop(&mut self) {
        let mut ended = ENDED.lock().unwrap_or_else(PoisonError::into_inner);
        ended.push(self.0.clone());
    }
}

const KEPT_STATE: &CStr = c"_cffi_backend.kept_thread_state";

fn kept_state() -> Option<*mut PyThreadState> {
    KEPT.try_with(|kept| {
        let kept = kept.try_borrow().ok()?;
        let state = kept.as_ref()?.0.0.load(Ordering::Acquire);
        (!state.is_null()).then_some(state)
    })
    .ok()
    .flatten()
}

/// Keeps the attached state, which was made for this thread just now, until the thread ends.
fn keep_state() {
    // SAFETY: a thread state is attached. The capsule owns one count of the state's description; what it says when it goes away
    // with the state's dict is that the state is being deleted.
    unsafe {
        let state = ffi::PyThreadState_Get();
        let dict = ffi::PyThreadState_GetDict();
        if dict.is_null() {
            return;
        }
        let kept = Arc::new(KeptState(AtomicPtr::new(state)));
        let counted = Arc::into_raw(kept.clone());
        let capsule = Owned::from_new(ffi::PyCapsule_New(
            counted.cast_mut().cast(),
            KEPT_STATE.as_ptr(),
            Some(state_goes),
        ));
        let Ok(capsule) = capsule else {
            drop(Arc::from_raw(counted));
            error::clear();
            return;
        };
        if ffi::PyDict_SetItemString(dict, KEPT_STATE.as_ptr(), capsule.as_ptr()) < 0 {
            error::clear();
            return;
        }
        let is_set = KEPT.try_with(|place| {
            if let Ok(mut place) = place.try_borrow_mut() {
                *place = Some(KeptByThread(kept));
            }
        });
        if is_set.is_ok() {
            // Never released: this count is what keeps CPython from deleting the state.
            ffi::PyGILState_Ensure();
        }
    }
}

/// The capsule's destructor.
unsafe extern "C" fn state_goes(capsule: *mut ffi::PyObject) {
    // SAFETY: made by `keep_state`, whose count this takes over.
    unsafe {
        let counted = ffi::PyCapsule_GetPointer(capsule, KEPT_STATE.as_ptr()).cast::<KeptState>();
        if counted.is_null() {
            error::clear();
            return;
        }
        Arc::from_raw(counted)
            .0
            .store(ptr::null_mut(), Ordering::Release);
    }
}

/// Whether there were any.
fn delete_states_of_ended_threads() -> bool {
    let mut any = false;
    let ended = std::mem::take(&mut *ENDED.lock().unwrap_or_else(PoisonError::into_inner));
    for kept in ended {
        let state = kept.0.swap(ptr::null_mut(), Ordering::AcqRel);
        if !state.is_null() {
            // SAFETY: a state of a thread that has ended, which nobody else can delete any more.
            unsafe {
                ffi::PyThreadState_Clear(state);
                ffi::PyThreadState_Delete(state);
            }
            any = true;
        }
    }
    any
}

/// Stops this thread for ever when it is dropped by an unwinding that is not Rust's.
///
/// CPython before 3.14 ends threads that ask for the GIL of an interpreter on its way out by `pthread_exit`, which unwinds the stack
/// through whoever called; frames of Rust must not be unwound in this way. From 3.14 on CPython stops such threads itself.
struct StoppedByInterpreter;

impl Drop for StoppedByInterpreter {
    fn drop(&mut self) {
        loop {
            std::thread::park();
        }
    }
}

/// Runs something that calls Python code by functions that are declared to unwind ("C-unwind"), so that the end of the interpreter
/// in the middle of it stops the thread right here.
#[inline]
pub(crate) fn stoppable<R>(call: impl FnOnce() -> R) -> R {
    let guard = StoppedByInterpreter;
    let result = call();
    std::mem::forget(guard);
    result
}
