//! The Python types of this module, made once, at import or when they are first needed, and kept for the life of the process.

use std::sync::atomic::{AtomicPtr, Ordering};

use cffi_python::ffi::{PyObject, PyType_IsSubtype, PyTypeObject};
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

/// A type that many programs never see; making one takes as long as hundreds of calls.
pub struct LazyType {
    cell: TypeCell,
    make: fn() -> PyResult<Owned>,
}

impl LazyType {
    const fn new(make: fn() -> PyResult<Owned>) -> Self {
        Self {
            cell: TypeCell::new(),
            make,
        }
    }

    /// The type, or NULL if it was not needed yet.
    #[inline]
    pub fn get_if_made(&self) -> *mut PyTypeObject {
        self.cell.get()
    }

    /// The type, made now if it was not needed before.
    pub fn get(&self) -> PyResult<*mut PyTypeObject> {
        if self.cell.get().is_null() {
            let class = (self.make)()?;
            // Whoever is first.
            let known = self.cell.0.compare_exchange(
                std::ptr::null_mut(),
                class.as_ptr().cast(),
                Ordering::AcqRel,
                Ordering::Acquire,
            );
            if known.is_ok() {
                std::mem::forget(class);
            }
        }
        Ok(self.cell.get())
    }

    /// As an object.
    pub fn object(&self) -> PyResult<Borrowed<'static>> {
        // SAFETY: a type that is never freed.
        self.get()
            .map(|class| unsafe { Borrowed::from_ptr(class.cast()) })
    }

    /// Whether `object` is exactly of this type.
    #[inline]
    pub fn is_exact(&self, object: Borrowed<'_>) -> bool {
        self.cell.is_exact(object)
    }

    /// Whether a class is this one or derived from it.
    pub fn is_base_of(&self, class: *mut PyTypeObject) -> bool {
        let base = self.cell.get();
        // SAFETY: two valid types.
        !base.is_null() && unsafe { PyType_IsSubtype(class, base) != 0 }
    }
}

macro_rules! type_cells {
    ($($(#[$doc:meta])* $name:ident;)*) => { $($(#[$doc])* pub static $name: TypeCell = TypeCell::new();)* };
}

type_cells! {
    /// `CType`
    CTYPE;
    /// `_CDataBase`
    CDATA;
    /// `__CDataOwn`
    CDATA_OWN;
    /// `__CData_iterator`. Not made when it is first needed: programs iterate over memory whose owner they have just dropped, as in
    /// `list(lib.f().items)`, and live by nothing being allocated in between.
    CDATA_ITERATOR;
    /// `buffer`
    BUFFER;
    /// `Lib`
    LIB;
    /// Functions of compiled modules that need no wrapper.
    DIRECT;
    /// `FFI`
    FFI;
}

macro_rules! lazy_types {
    ($($(#[$doc:meta])* $name:ident $make:path;)*) => { $($(#[$doc])* pub static $name: LazyType = LazyType::new($make);)* };
}

lazy_types! {
    /// `__CDataOwnGC`
    CDATA_OWN_GC crate::cdata::slots::make_own_gc;
    /// `__CDataGCP`
    CDATA_GCP crate::cdata::slots::make_gcp;
    /// `__CDataFromBuf`
    CDATA_FROM_BUF crate::cdata::slots::make_from_buffer;
    /// `CField`
    CFIELD crate::ctype::field::make_type;
    /// `CLibrary`
    CLIBRARY crate::library::clibrary::make_type;
    /// What `cffi.FFI.dlopen()` returns.
    INLINE_LIB crate::library::object::make_type;
    /// `__FFIGlobSupport`
    GLOB_SUPPORT crate::compiled::variable::make_type;
    /// `_InlineFFI`
    INLINE_FFI crate::ffi::inline_methods::make_type;
    /// The callables that `new_allocator()` returns.
    ALLOCATOR crate::ffi::allocator::make_type;
}

/// A pointer to any of this crate's objects as a plain object pointer.
#[inline]
pub fn object_ptr<T>(pointer: *const T) -> *mut PyObject {
    pointer.cast_mut().cast()
}
