//! Giving up and taking the thread state.

use pyo3_ffi as ffi;

/// Runs `body` with the thread state detached (the GIL released).
///
/// # Safety
/// `body` touches no Python object and calls nothing of the C API.
#[inline]
pub unsafe fn detached<R>(body: impl FnOnce() -> R) -> R {
    struct Reattach(*mut ffi::PyThreadState);
    impl Drop for Reattach {
        #[inline]
        fn drop(&mut self) {
            // SAFETY: the state that PyEval_SaveThread gave in this thread.
            unsafe { ffi::PyEval_RestoreThread(self.0) }
        }
    }
    // SAFETY: a thread state is attached, as everywhere in this crate.
    let _reattach = Reattach(unsafe { ffi::PyEval_SaveThread() });
    body()
}

/// A thread state that is attached for as long as this lives; for callbacks from C.
pub struct Attached(ffi::PyGILState_STATE);

impl Attached {
    /// Whether a thread can still be attached: the interpreter runs and is not on its way out.
    #[inline]
    #[must_use]
    pub fn possible() -> bool {
        // SAFETY: callable at any time.
        unsafe { ffi::Py_IsInitialized() != 0 }
    }

    /// Attaches this thread, whether or not Python knows it yet.
    ///
    /// # Safety
    /// The interpreter is initialised and not finalising.
    #[inline]
    #[must_use]
    pub unsafe fn new() -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { ffi::PyGILState_Ensure() })
    }
}

impl Drop for Attached {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: paired with the PyGILState_Ensure of `new`.
        unsafe { ffi::PyGILState_Release(self.0) }
    }
}
