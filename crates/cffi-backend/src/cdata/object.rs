//! The cdata object and how its instances are laid out.
//!
//! ```text
//!   CData        header | ctype | data | weak references | vectorcall
//!   CDataSized   CData  | length                              ctype is an array of unknown length, or a record of its own size
//!   owning       CData or CDataSized, padded to 16 | the C object itself
//! ```
//!
//! A cdata whose ctype is an array of unknown length always has the sized layout. What else an instance carries follows from its
//! Python type (`owning`, `gc`, `handle`, `from_buffer`).

use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicPtr, Ordering};

use cffi_model::gil::Gil;
use cffi_python::ffi::{self, PyObject};
use cffi_python::{Borrowed, Owned, PyResult, raise};

use crate::call::vectorcall::{
    call_function, call_function_keeping_gil, call_pointer, call_pointer_keeping_gil, not_callable,
};
use crate::ctype::{CType, CTypeRef, Kind};
use crate::library::handle::Library;
use crate::types;

/// The common part of every cdata.
#[repr(C)]
pub struct CData {
    ob_base: cffi_python::object::Header,
    ctype: CTypeRef,
    /// Of a pointer: what it points to. Of any other type: where the value is.
    data: AtomicPtr<u8>,
    pub(super) weak_references: cffi_python::object::WeakReferences,
    pub(super) vectorcall: Option<ffi::vectorcallfunc>,
}

/// A cdata with a length of its own.
#[repr(C)]
pub struct CDataSized {
    pub(super) head: CData,
    /// Of an array of unknown length: items. Of a record that ends in such an array: its size in bytes, -1 for the ctype's.
    pub(super) length: AtomicIsize,
}

/// A strong reference to a cdata.
#[repr(transparent)]
pub struct CDataRef(Owned);

impl CDataRef {
    /// Takes over an object that is known to be a cdata.
    ///
    /// # Safety
    /// `object` is a cdata.
    pub const unsafe fn from_owned(object: Owned) -> Self {
        Self(object)
    }

    /// As a plain object.
    pub fn into_owned(self) -> Owned {
        self.0
    }
}

impl Deref for CDataRef {
    type Target = CData;
    #[inline]
    fn deref(&self) -> &CData {
        // SAFETY: made for cdata objects only; they are only changed through cells.
        unsafe { &*self.0.as_ptr().cast::<CData>() }
    }
}

/// Offset of the C object in an owning instance of the plain layout, in bytes.
pub const INLINE_PLAIN: usize = size_of::<CData>().next_multiple_of(16);
/// Offset of the C object in an owning instance of the sized layout, in bytes.
pub const INLINE_SIZED: usize = size_of::<CDataSized>().next_multiple_of(16);

/// What fresh memory contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Zeros.
    Zero,
    /// Anything.
    Nothing,
}

/// Allocates an instance of a type that the collector does not track, and writes the common part.
///
/// # Safety
/// `class` is `_CDataBase` or `__CDataOwn` and `bytes` at least the size of the layout that goes with `ctype`.
#[inline]
pub(super) unsafe fn allocate(
    class: &types::TypeCell,
    bytes: usize,
    fill: Fill,
    ctype: CTypeRef,
    data: *mut u8,
) -> PyResult<CDataRef> {
    // Large blocks come from calloc, which knows fresh pages to be zero.
    const SMALL: usize = 512;
    // SAFETY: allocation, then initialisation of the header and of every part of CData.
    unsafe {
        let memory = match fill {
            Fill::Zero if bytes > SMALL => ffi::PyObject_Calloc(1, bytes),
            _ => ffi::PyObject_Malloc(bytes),
        };
        let Some(memory) = NonNull::new(memory.cast::<u8>()) else {
            ffi::PyErr_NoMemory();
            return Err(cffi_python::Raised);
        };
        if fill == Fill::Zero && bytes <= SMALL {
            memory.as_ptr().write_bytes(0, bytes);
        }
        let object = ffi::PyObject_Init(memory.as_ptr().cast(), class.get());
        initialize(object, ctype, data);
        Ok(CDataRef::from_owned(Owned::from_non_null(
            NonNull::new_unchecked(object),
        )))
    }
}

/// Allocates a zeroed instance of a type that the collector tracks, and writes the common part.
///
/// # Safety
/// `class` is one of the collected cdata types; the caller fills in the rest before anything else runs.
pub(super) unsafe fn allocate_collected(
    class: &types::LazyType,
    ctype: CTypeRef,
    data: *mut u8,
) -> PyResult<CDataRef> {
    let class = class.get()?;
    // SAFETY: zeroed memory of the type's basic size; all-zero is valid for the parts that the caller fills in.
    unsafe {
        let object = Owned::from_new(ffi::PyType_GenericAlloc(class, 0))?;
        initialize(object.as_ptr(), ctype, data);
        Ok(CDataRef::from_owned(object))
    }
}

/// # Safety
/// `object` is fresh memory of at least the size of `CData` with its header set.
#[inline]
unsafe fn initialize(object: *mut PyObject, ctype: CTypeRef, data: *mut u8) {
    let place: *mut CData = object.cast();
    let vectorcall: ffi::vectorcallfunc = if ctype.kind == Kind::Function {
        call_pointer
    } else {
        not_callable
    };
    // SAFETY: the caller's promise.
    unsafe {
        (&raw mut (*place).ctype).write(ctype);
        (&raw mut (*place).data).write(AtomicPtr::new(data));
        (&raw mut (*place).weak_references).write(Default::default());
        (&raw mut (*place).vectorcall).write(Some(vectorcall));
    }
}

/// A cdata that owns nothing: a pointer, or a view of memory that somebody else keeps.
#[inline]
pub fn new_view(ctype: CTypeRef, data: *mut u8) -> PyResult<CDataRef> {
    if ctype.kind == Kind::Array && ctype.length < 0 {
        return new_sized_view(ctype, data, 0);
    }
    // SAFETY: the plain layout goes with every type that is not an array of unknown length.
    unsafe {
        allocate(
            &types::CDATA,
            size_of::<CData>(),
            Fill::Nothing,
            ctype,
            data,
        )
    }
}

/// The vectorcalls of functions of libraries, by which their instances are told from those of other pointers.
const CALL_FUNCTION: [ffi::vectorcallfunc; 2] = [call_function, call_function_keeping_gil];

/// Instance layout of a function of a library, which the vectorcall tells from other pointers.
#[repr(C)]
struct LibraryFunction {
    head: CData,
    /// Loaded for as long as one of its functions can be called.
    library: Arc<Library>,
}

/// A function of a library: a pointer to it that is called without the restrictions of pointers that programs make.
pub fn new_library_function(
    ctype: CTypeRef,
    address: *mut u8,
    library: Arc<Library>,
    gil: Gil,
) -> PyResult<CDataRef> {
    if ctype.kind != Kind::Function {
        return new_view(ctype, address);
    }
    let size = size_of::<LibraryFunction>();
    // SAFETY: the layout that goes with this vectorcall; its parts are written at once.
    unsafe {
        let made = allocate(&types::CDATA, size, Fill::Nothing, ctype, address)?;
        let place: *mut LibraryFunction = made.as_ptr().cast();
        (&raw mut (*place).head.vectorcall).write(Some(match gil {
            Gil::Released => call_function,
            Gil::Kept => call_function_keeping_gil,
        }));
        (&raw mut (*place).library).write(library);
        Ok(made)
    }
}

/// A pointer to a function that is called with the GIL kept.
pub fn new_pointer_keeping_gil(ctype: CTypeRef, address: *mut u8) -> PyResult<CDataRef> {
    let is_function = ctype.kind == Kind::Function;
    let made = new_view(ctype, address)?;
    if is_function {
        // SAFETY: nobody else has the object yet.
        unsafe {
            let place: *mut CData = made.as_ptr().cast();
            (&raw mut (*place).vectorcall).write(Some(call_pointer_keeping_gil));
        }
    }
    Ok(made)
}

/// A view of an array of unknown type length that has `length` items.
pub fn new_sized_view(ctype: CTypeRef, data: *mut u8, length: isize) -> PyResult<CDataRef> {
    // SAFETY: the sized layout, whose length is written at once.
    unsafe {
        let made = allocate(
            &types::CDATA,
            size_of::<CDataSized>(),
            Fill::Nothing,
            ctype,
            data,
        )?;
        let place: *mut CDataSized = made.as_ptr().cast();
        (&raw mut (*place).length).write(AtomicIsize::new(length));
        Ok(made)
    }
}

impl CData {
    /// The cdata behind an object, if it is one.
    #[inline]
    pub fn from_object(object: Borrowed<'_>) -> Option<&CData> {
        let class = object.type_ptr();
        // None of these can be subclassed.
        if class == types::CDATA.get()
            || class == types::CDATA_OWN.get()
            || class == types::CDATA_OWN_GC.get_if_made()
            || class == types::CDATA_GCP.get_if_made()
            || class == types::CDATA_FROM_BUF.get_if_made()
        {
            // SAFETY: instances of these types begin with CData.
            Some(unsafe { &*object.as_ptr().cast::<CData>() })
        } else {
            None
        }
    }

    /// As a plain object pointer.
    #[inline]
    pub fn as_ptr(&self) -> *mut PyObject {
        types::object_ptr(self)
    }

    /// As a plain object.
    #[inline]
    pub fn as_object(&self) -> Borrowed<'_> {
        // SAFETY: `self` is a live object for the borrow's lifetime.
        unsafe { Borrowed::from_ptr(self.as_ptr()) }
    }

    /// Its type.
    #[inline]
    pub fn ctype(&self) -> &CTypeRef {
        &self.ctype
    }

    /// Of a pointer: what it points to. Of any other type: where the value is.
    #[inline]
    pub fn data(&self) -> *mut u8 {
        self.data.load(Ordering::Relaxed)
    }

    /// Changes where the value is; for `release` and initialisation.
    pub(super) fn set_data(&self, data: *mut u8) {
        self.data.store(data, Ordering::Relaxed);
    }

    /// Whether it is of exactly this Python type.
    #[inline]
    pub(super) fn is_exactly(&self, class: &types::TypeCell) -> bool {
        class.is_exact(self.as_object())
    }

    /// Gives up the library of a function, for deallocation.
    ///
    /// # Safety
    /// Nobody uses the function afterwards.
    pub(super) unsafe fn drop_library(&self) {
        if self.vectorcall.is_some_and(|it| {
            CALL_FUNCTION
                .iter()
                .any(|own| std::ptr::fn_addr_eq(it, *own))
        }) {
            let place: *mut LibraryFunction = self.as_ptr().cast();
            // SAFETY: exactly these instances have this layout, and are dropped once.
            unsafe { std::ptr::drop_in_place(&raw mut (*place).library) }
        }
    }

    fn sized(&self) -> Option<&CDataSized> {
        let open_array = self.ctype.kind == Kind::Array && self.ctype.length < 0;
        let owned_record = self.ctype.kind.is_record()
            && (self.is_exactly(&types::CDATA_OWN) || types::CDATA_GCP.is_exact(self.as_object()));
        // SAFETY: exactly these instances have the sized layout.
        (open_array || owned_record)
            .then(|| unsafe { &*std::ptr::from_ref(self).cast::<CDataSized>() })
    }

    /// The number of items of an array; 0 for other types.
    #[inline]
    pub fn array_length(&self) -> isize {
        if self.ctype.kind != Kind::Array {
            return 0;
        }
        if self.ctype.length >= 0 {
            return self.ctype.length;
        }
        self.sized()
            .map_or(0, |sized| sized.length.load(Ordering::Relaxed))
    }

    /// The size in bytes of this very object (`sizeof` of the cdata, not of what a pointer points to).
    pub fn byte_size(&self) -> PyResult<usize> {
        if let Some(sized) = self.sized() {
            if self.ctype.kind == Kind::Array {
                let item = self
                    .ctype
                    .item()
                    .map_or(Ok(None), CType::size)?
                    .unwrap_or(0);
                let length = sized.length.load(Ordering::Relaxed).unsigned_abs();
                return item
                    .checked_mul(length)
                    .filter(|size| *size <= isize::MAX.unsigned_abs())
                    .ok_or_else(|| {
                        raise!(OverflowError, "array size would overflow a Py_ssize_t")
                    });
            }
            if let Ok(size) = usize::try_from(sized.length.load(Ordering::Relaxed)) {
                return Ok(size);
            }
        }
        match self.ctype.size()? {
            Some(size) => Ok(size),
            None => Err(raise!(
                ValueError,
                "ctype '{}' is of unknown size",
                self.ctype.name()
            )),
        }
    }
}
