//! Strong and borrowed references to Python objects.

use std::marker::PhantomData;
use std::ptr::NonNull;

use pyo3_ffi as ffi;

use crate::error::{PyResult, Raised};

/// A strong reference; dropping it gives the reference back.
#[repr(transparent)]
pub struct Owned(NonNull<ffi::PyObject>);

impl Owned {
    /// Takes over a new reference as C API functions return it; NULL means that an exception is set.
    ///
    /// # Safety
    /// `pointer` is NULL with an exception set, or a reference that the caller owns and gives away here.
    #[inline]
    pub unsafe fn from_new(pointer: *mut ffi::PyObject) -> PyResult<Self> {
        NonNull::new(pointer).map(Self).ok_or(Raised)
    }

    /// Takes over a reference that is known not to be NULL.
    ///
    /// # Safety
    /// `pointer` is a valid object and the caller owns the reference.
    #[inline]
    #[must_use]
    pub const unsafe fn from_non_null(pointer: NonNull<ffi::PyObject>) -> Self {
        Self(pointer)
    }

    /// Makes a new strong reference to a borrowed object.
    ///
    /// # Safety
    /// `pointer` is a valid object, not NULL.
    #[inline]
    #[must_use]
    pub unsafe fn from_borrowed(pointer: *mut ffi::PyObject) -> Self {
        // SAFETY: the caller's promise.
        unsafe {
            ffi::Py_INCREF(pointer);
            Self(NonNull::new_unchecked(pointer))
        }
    }

    /// `None`.
    #[inline]
    #[must_use]
    pub fn none() -> Self {
        // SAFETY: the singleton always exists.
        unsafe { Self::from_borrowed(ffi::Py_None()) }
    }

    /// `True` or `False`.
    #[inline]
    #[must_use]
    pub fn bool(value: bool) -> Self {
        // SAFETY: both singletons always exist.
        unsafe {
            Self::from_borrowed(if value {
                ffi::Py_True()
            } else {
                ffi::Py_False()
            })
        }
    }

    /// `NotImplemented`.
    #[inline]
    #[must_use]
    pub fn not_implemented() -> Self {
        // SAFETY: the singleton always exists.
        unsafe { Self::from_borrowed(ffi::Py_NotImplemented()) }
    }

    /// The pointer, still owned by `self`.
    #[inline]
    #[must_use]
    pub const fn as_ptr(&self) -> *mut ffi::PyObject {
        self.0.as_ptr()
    }

    /// Gives the reference away, as slots do with their result.
    #[inline]
    #[must_use]
    pub const fn into_ptr(self) -> *mut ffi::PyObject {
        let pointer = self.0.as_ptr();
        std::mem::forget(self);
        pointer
    }

    /// A borrow for as long as `self` lives.
    #[inline]
    #[must_use]
    pub const fn borrow(&self) -> Borrowed<'_> {
        Borrowed(self.0, PhantomData)
    }
}

impl Clone for Owned {
    #[inline]
    fn clone(&self) -> Self {
        // SAFETY: `self` is a valid object.
        unsafe { Self::from_borrowed(self.as_ptr()) }
    }
}

impl Drop for Owned {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: `self` owns one reference.
        unsafe { ffi::Py_DECREF(self.as_ptr()) }
    }
}

/// A reference that somebody else keeps alive for `'a`.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Borrowed<'a>(NonNull<ffi::PyObject>, PhantomData<&'a ffi::PyObject>);

impl<'a> Borrowed<'a> {
    /// Borrows an object.
    ///
    /// # Safety
    /// `pointer` is a valid object, not NULL, that lives for `'a`.
    #[inline]
    #[must_use]
    pub const unsafe fn from_ptr(pointer: *mut ffi::PyObject) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { NonNull::new_unchecked(pointer) }, PhantomData)
    }

    /// Borrows an object that may be absent.
    ///
    /// # Safety
    /// `pointer` is NULL or a valid object that lives for `'a`.
    #[inline]
    #[must_use]
    pub unsafe fn from_ptr_or_none(pointer: *mut ffi::PyObject) -> Option<Self> {
        NonNull::new(pointer).map(|pointer| Self(pointer, PhantomData))
    }

    /// The pointer.
    #[inline]
    #[must_use]
    pub const fn as_ptr(self) -> *mut ffi::PyObject {
        self.0.as_ptr()
    }

    /// A strong reference to the same object.
    #[inline]
    #[must_use]
    pub fn to_owned(self) -> Owned {
        // SAFETY: a borrow is a valid object.
        unsafe { Owned::from_borrowed(self.as_ptr()) }
    }

    /// Whether both are one object.
    #[inline]
    #[must_use]
    pub fn is(self, other: Borrowed<'_>) -> bool {
        self.0 == other.0
    }

    /// Whether this is `None`.
    #[inline]
    #[must_use]
    pub fn is_none(self) -> bool {
        // SAFETY: the singleton always exists.
        self.as_ptr() == unsafe { ffi::Py_None() }
    }

    /// Whether this is `True` or `False`.
    #[inline]
    #[must_use]
    pub fn is_bool(self) -> bool {
        // SAFETY: the singletons always exist.
        let (yes, no) = unsafe { (ffi::Py_True(), ffi::Py_False()) };
        self.as_ptr() == yes || self.as_ptr() == no
    }

    /// The object's type.
    #[inline]
    #[must_use]
    pub fn type_ptr(self) -> *mut ffi::PyTypeObject {
        // SAFETY: a borrow is a valid object.
        unsafe { ffi::Py_TYPE(self.as_ptr()) }
    }
}
