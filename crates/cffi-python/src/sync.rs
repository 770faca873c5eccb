//! State of objects that threads share: a lock where there is no GIL, and nothing but a check where there is one.
//!
//! A [`Lock`] is held for plain Rust work only. Nothing of the C API is called under it, and no reference is dropped: either may
//! run Python code, which may come back to the same lock, or wait for threads that wait for it.

use std::fmt;
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3_ffi as ffi;

use crate::reference::{Borrowed, Owned};

#[cfg(not(Py_GIL_DISABLED))]
type Inner<T> = std::cell::RefCell<T>;
#[cfg(Py_GIL_DISABLED)]
type Inner<T> = std::sync::Mutex<T>;

/// A value that is used by one thread at a time.
#[derive(Default)]
pub struct Lock<T>(Inner<T>);

impl<T> Lock<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(Inner::new(value))
    }

    /// Uses the value. `work` is plain Rust: see the module's first lines.
    #[inline]
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        #[cfg(not(Py_GIL_DISABLED))]
        return work(&mut self.0.borrow_mut());
        #[cfg(Py_GIL_DISABLED)]
        return work(
            &mut self
                .0
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        );
    }

    /// Looks at the value; looks of one thread may be inside each other, without a GIL they may not.
    #[inline]
    pub fn read<R>(&self, work: impl FnOnce(&T) -> R) -> R {
        #[cfg(not(Py_GIL_DISABLED))]
        return work(&self.0.borrow());
        #[cfg(Py_GIL_DISABLED)]
        return self.with(|value| work(value));
    }

    /// Looks at the value for `tp_traverse`, which runs while all threads stand still outside of locks.
    pub fn traverse(&self, work: impl FnOnce(&T)) {
        #[cfg(not(Py_GIL_DISABLED))]
        if let Ok(value) = self.0.try_borrow() {
            work(&value);
        }
        #[cfg(Py_GIL_DISABLED)]
        if let Ok(value) = self.0.try_lock() {
            work(&value);
        }
    }

    /// Puts another value in, and gives the one that was there.
    pub fn replace(&self, value: T) -> T {
        self.with(|place| std::mem::replace(place, value))
    }
}

impl<T: Default> Lock<T> {
    /// Takes the value out.
    pub fn take(&self) -> T {
        self.replace(T::default())
    }
}

/// A strong reference, or none, that any thread can take out once.
pub struct Slot(AtomicPtr<ffi::PyObject>);

impl Slot {
    /// Keeps a reference.
    #[must_use]
    pub fn new(object: Option<Owned>) -> Self {
        let pointer = match object {
            Some(object) => object.into_ptr(),
            None => std::ptr::null_mut(),
        };
        Self(AtomicPtr::new(pointer))
    }

    /// Takes the reference out.
    pub fn take(&self) -> Option<Owned> {
        let taken = std::ptr::NonNull::new(self.0.swap(std::ptr::null_mut(), Ordering::AcqRel));
        // SAFETY: the slot owned the reference, and has lost it.
        taken.map(|object| unsafe { Owned::from_non_null(object) })
    }

    /// Whether there is one.
    pub fn is_empty(&self) -> bool {
        self.0.load(Ordering::Acquire).is_null()
    }

    /// The pointer, for `tp_traverse`; NULL for none.
    pub fn as_ptr(&self) -> *mut ffi::PyObject {
        self.0.load(Ordering::Acquire)
    }

    /// The object.
    ///
    /// # Safety
    /// No other thread takes the reference out in the meantime.
    pub unsafe fn get(&self) -> Option<Borrowed<'_>> {
        // SAFETY: owned by the slot for as long as nobody takes it.
        unsafe { Borrowed::from_ptr_or_none(self.as_ptr()) }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        drop(self.take());
    }
}

impl<T> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lock")
    }
}

/// Makes an object fit for [`revive`]; called once, before other threads can see it.
///
/// # Safety
/// `object` is valid.
pub unsafe fn enable_revival(object: *mut ffi::PyObject) {
    #[cfg(Py_GIL_DISABLED)]
    // SAFETY: the caller's promise.
    unsafe {
        ffi::PyUnstable_EnableTryIncRef(object);
    }
    #[cfg(not(Py_GIL_DISABLED))]
    let _ = object;
}

/// A strong reference from a weak cache: `None` if the object is on its way out. With a GIL it never is, because objects leave
/// their caches first thing when they are deallocated.
///
/// # Safety
/// `object`'s memory is not freed before this returns: its deallocation takes the lock under which this is called.
#[inline]
#[must_use]
pub unsafe fn revive(object: *mut ffi::PyObject) -> Option<Owned> {
    #[cfg(Py_GIL_DISABLED)]
    // SAFETY: the caller's promise; the object was made fit for this by `enable_revival`.
    unsafe {
        if ffi::PyUnstable_TryIncRef(object) == 0 {
            return None;
        }
        std::ptr::NonNull::new(object).map(|object| Owned::from_non_null(object))
    }
    #[cfg(not(Py_GIL_DISABLED))]
    // SAFETY: the caller's promise.
    unsafe {
        Some(Owned::from_borrowed(object))
    }
}
