//! The Python types of this module, made once, most of them at import, and kept for the life of the process.

use std::sync::atomic::{AtomicPtr, Ordering};

use cffi_python::ffi::{PyObject, PyTypeObject};
use cffi_python::{Borrowed, Owned, PyResult};

/// A place for one type; NULL until the module is imported.
pub struct TypeCell(AtomicPtr<PyTypeObject>);

impl TypeCell {
    const fn new() -> Self {
        Self(AtomicPtr::new(std::ptr::null_mut()))
    }

    /// The type.
    #[inline]
    pub fn get(&self) -> *mut PyTypeObject {
        self.0.load(Ordering::Relaxed)
    }

    /// Keeps a type for ever.
    pub fn set(&self, class: Owned) {
        self.0.store(class.into_ptr().cast(), Ordering::Relaxed);
    }

    /// The type, made now if it was not needed before.
    pub fn get_or_make(
        &self,
        make: impl FnOnce() -> PyResult<Owned>,
    ) -> PyResult<*mut PyTypeObject> {
        if self.get().is_null() {
            let class = make()?;
            let place = class.as_ptr().cast();
            // Whoever is first.
            let order = (Ordering::AcqRel, Ordering::Acquire);
            let known = self
                .0
                .compare_exchange(std::ptr::null_mut(), place, order.0, order.1);
            if known.is_ok() {
                std::mem::forget(class);
            }
        }
        Ok(self.get())
    }

    /// As an object.
    pub fn object(&self) -> Borrowed<'static> {
        // SAFETY: set at import before anything can ask, and never freed.
        unsafe { Borrowed::from_ptr(self.get().cast()) }
    }

    /// Whether `object` is exactly of this type.
    #[inline]
    pub fn is_exact(&self, object: Borrowed<'_>) -> bool {
        object.type_ptr() == self.get()
    }
}

macro_rules! type_cells {
    ($($(#[$doc:meta])* $name:ident;)*) => { $($(#[$doc])* pub static $name: TypeCell = TypeCell::new();)* };
}

type_cells! {
    /// `CType`
    CTYPE;
    /// `CField`
    CFIELD;
    /// `_CDataBase`
    CDATA;
    /// `__CDataOwn`
    CDATA_OWN;
    /// `__CDataOwnGC`
    CDATA_OWN_GC;
    /// `__CDataGCP`
    CDATA_GCP;
    /// `__CDataFromBuf`
    CDATA_FROM_BUF;
    /// `__CData_iterator`
    CDATA_ITERATOR;
    /// `buffer`
    BUFFER;
    /// `CLibrary`
    CLIBRARY;
    /// `Lib`
    LIB;
    /// Functions of compiled modules that need no wrapper.
    DIRECT;
    /// What `cffi.FFI.dlopen()` returns; NULL until then.
    INLINE_LIB;
    /// `__FFIGlobSupport`
    GLOB_SUPPORT;
    /// `FFI`
    FFI;
    /// `_InlineFFI`
    INLINE_FFI;
    /// The callables that `new_allocator()` returns.
    ALLOCATOR;
}

/// A pointer to any of this crate's objects as a plain object pointer.
#[inline]
pub fn object_ptr<T>(pointer: *const T) -> *mut PyObject {
    pointer.cast_mut().cast()
}
