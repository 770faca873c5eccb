//! The end of the interpreter, as threads see it that C made.
//!
//! `PyGILState_Ensure` crashes once the interpreter is gone, and a thread cannot look whether it is there and ask for the GIL in one
//! step: the system may hold it up in between for as long as the interpreter needs to end. So these threads pass through a gate. It
//! closes between the last of the exit functions and the deletion of all other threads' states, and the thread that ends the
//! interpreter waits there for those that have passed the gate and not got the GIL yet.

use std::cell::Cell;
use std::ffi::CStr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{ptr, thread};

use pyo3_ffi as ffi;

use crate::error::{self, PyResult};
use crate::reference::Owned;
use crate::thread::detached;
use crate::{object, version};

/// How long one side of the gate waits for the other at most: threads need the GIL for getting in and the interpreter needs it for
/// ending, which nobody keeps for so long.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_micros(100);

thread_local! {
    /// Whether the interpreter's exit functions ran in this thread: it is the one that can go on while all others are stopped.
    static FINALIZES: Cell<bool> = const { Cell::new(false) };
}

/// Whether it is this thread that ends the interpreter.
#[inline]
pub(crate) fn finalizes_here() -> bool {
    FINALIZES.get()
}

/// Whether there is an interpreter, and none that is on its way out.
#[inline]
pub(crate) fn interpreter_runs() -> bool {
    // SAFETY: callable at any time.
    unsafe { ffi::Py_IsInitialized() != 0 && !version::is_finalizing() }
}

/// The number of threads inside, above a bit that says whether it is closed.
struct Gate(AtomicUsize);

static GATE: Gate = Gate(AtomicUsize::new(0));

const CLOSED: usize = 1;
const THREAD: usize = 2;

/// As long as this lives, the interpreter does not end.
pub(crate) struct Passage(());

impl Passage {
    /// `None` if there is no interpreter, or one that is on its way out.
    #[inline]
    pub(crate) fn new() -> Option<Self> {
        if !GATE.enter() {
            return Self::wait();
        }
        let passage = Self(());
        interpreter_runs().then_some(passage)
    }

    /// At the closed gate: waits until the interpreter is on its way out. If it stays, somebody ran its exit functions for other
    /// reasons (`atexit._run_exitfuncs`, the end of a subinterpreter), and the gate is opened again.
    #[cold]
    fn wait() -> Option<Self> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if !interpreter_runs() {
                return None;
            }
            thread::sleep(PAUSE);
        }
        GATE.open();
        Self::new()
    }
}

impl Drop for Passage {
    #[inline]
    fn drop(&mut self) {
        GATE.leave();
    }
}

impl Gate {
    /// Whether it was open.
    #[inline]
    fn enter(&self) -> bool {
        let enter = |state| (state & CLOSED == 0).then_some(state + THREAD);
        self.0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, enter)
            .is_ok()
    }

    #[inline]
    fn leave(&self) {
        // Those who were not waited for any longer are not counted any more.
        let leave = |state| (state >= THREAD).then(|| state - THREAD);
        let _ = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, leave);
    }

    /// From here on nobody enters. Waits for those inside.
    ///
    /// # Safety
    /// A thread state is attached; no other is needed by whoever is inside.
    unsafe fn close(&self) {
        if self.0.fetch_or(CLOSED, Ordering::SeqCst) < THREAD {
            return;
        }
        let wait = || {
            let start = Instant::now();
            while self.0.load(Ordering::SeqCst) >= THREAD && start.elapsed() < PATIENCE {
                thread::sleep(PAUSE);
            }
        };
        // SAFETY: the caller's promise; waiting touches nothing of Python's.
        unsafe { detached(wait) }
    }

    fn open(&self) {
        let open = |state| (state & CLOSED != 0).then_some(0);
        let _ = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, open);
    }
}

/// In the child of a fork there is one thread, and it is not inside the gate.
#[cfg(unix)]
unsafe extern "C" fn forget_other_threads() {
    GATE.0.fetch_and(CLOSED, Ordering::SeqCst);
}

/// Whether an exit function of ours is registered.
static WATCHING: AtomicBool = AtomicBool::new(false);

/// Asks to be told when the interpreter ends, and in which thread: its `atexit` functions run there, before it stops all others.
/// Called before each callback that is made; most times it does nothing.
pub fn watch_finalization() -> PyResult<()> {
    // Exit functions that are registered while the interpreter is on its way out are not called.
    if WATCHING.load(Ordering::Acquire) || version::is_finalizing() {
        return Ok(());
    }
    WATCHING.store(true, Ordering::Release);
    FINALIZES.set(false);
    GATE.open();
    #[cfg(unix)]
    {
        static FORKS: std::sync::Once = std::sync::Once::new();
        FORKS.call_once(|| {
            // SAFETY: a function that can be called at any time. Where there is no memory for it, the child's end takes longer.
            unsafe { libc::pthread_atfork(None, None, Some(forget_other_threads)) };
        });
    }
    let register = object::import(c"atexit")?.borrow().attribute(c"register")?;
    register.borrow().call(&[exit_function()?.borrow()])?;
    Ok(())
}

const WATCH: &CStr = c"_cffi_backend.finalization";

/// What `atexit` calls. It belongs to a capsule, whose destructor is called when `atexit` forgets its functions: all of them have
/// been called by then.
fn exit_function() -> PyResult<Owned> {
    struct Method(ffi::PyMethodDef);
    // SAFETY: never changed; the pointers in it are to static texts.
    unsafe impl Sync for Method {}
    static METHOD: Method = Method(ffi::PyMethodDef {
        ml_name: c"_cffi_finalizes".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunction: finalizes,
        },
        ml_flags: ffi::METH_NOARGS,
        ml_doc: ptr::null(),
    });
    // SAFETY: a capsule needs some address that is not NULL; a static method definition, and no module.
    unsafe {
        let address = (&raw const GATE).cast_mut().cast();
        let watch = Owned::from_new(ffi::PyCapsule_New(
            address,
            WATCH.as_ptr(),
            Some(exit_functions_go),
        ))
        .inspect_err(|_| WATCHING.store(false, Ordering::Release))?;
        Owned::from_new(ffi::PyCFunction_NewEx(
            (&raw const METHOD.0).cast_mut(),
            watch.as_ptr(),
            ptr::null_mut(),
        ))
    }
}

unsafe extern "C" fn finalizes(
    watch: *mut ffi::PyObject,
    _: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    FINALIZES.set(true);
    // SAFETY: the capsule of `exit_function`; its context is never followed.
    if unsafe { ffi::PyCapsule_SetContext(watch, watch.cast()) } != 0 {
        error::clear();
    }
    Owned::none().into_ptr()
}

/// The capsule's destructor.
unsafe extern "C" fn exit_functions_go(watch: *mut ffi::PyObject) {
    WATCHING.store(false, Ordering::Release);
    // SAFETY: the capsule of `exit_function`. It has a context if its function was called, not if `atexit` was told to forget it.
    unsafe {
        if !ffi::PyCapsule_GetContext(watch).is_null() {
            GATE.close();
        }
    }
}
