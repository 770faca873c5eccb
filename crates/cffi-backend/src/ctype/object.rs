//! The ctype object: what the run time knows of one C type.
//!
//! Immutable once published, but for the layout of a record, which is filled in once, and the weak caches of types derived
//! from it. How each kind is made is in the neighbouring modules; what Python sees of it is in `inspect`.

use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicIsize, AtomicU32, Ordering};

use cffi_model::primitive::Primitive;
use cffi_python::ffi::{self, PyObject};
use cffi_python::sync::{self, Lock};
use cffi_python::{Borrowed, Owned, PyResult, raise};
use rustc_hash::FxHashMap;

use super::enumeration::EnumDetail;
use super::function::FunctionDetail;
use super::record::RecordDetail;
use crate::types;

/// What values of a type are like. Enums are `Signed` or `Unsigned` with an [`EnumDetail`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// `void`
    Void,
    /// `_Bool`
    Bool,
    /// `char`
    Char,
    /// `wchar_t`, `char16_t`, `char32_t`
    WideChar,
    /// Signed integers
    Signed,
    /// Unsigned integers
    Unsigned,
    /// `float`, `double`
    Float,
    /// `long double`
    LongDouble,
    /// `float _Complex`, `double _Complex`
    Complex,
    /// Pointers to objects and to `void`
    Pointer,
    /// Arrays
    Array,
    /// Structs
    Struct,
    /// Unions
    Union,
    /// Pointers to functions
    Function,
}

impl Kind {
    /// Arithmetic types and `char`s.
    pub const fn is_primitive(self) -> bool {
        (self as u8) >= (Kind::Bool as u8) && (self as u8) <= (Kind::Complex as u8)
    }

    /// Integers, `_Bool` and characters.
    pub const fn is_integral(self) -> bool {
        (self as u8) >= (Kind::Bool as u8) && (self as u8) <= (Kind::Unsigned as u8)
    }

    /// Structs and unions.
    pub const fn is_record(self) -> bool {
        matches!(self, Kind::Struct | Kind::Union)
    }
}

/// What only some kinds have.
pub enum Detail {
    /// Nothing more.
    None,
    /// A primitive's identity.
    Primitive(Primitive),
    /// An enum's enumerators.
    Enum(Box<EnumDetail>),
    /// A record's fields.
    Record(Box<RecordDetail>),
    /// A function's signature.
    Function(Box<FunctionDetail>),
}

/// A C type as a Python object.
#[repr(C)]
pub struct CType {
    ob_base: cffi_python::object::Header,
    /// For `tp_weaklistoffset`.
    pub(super) weak_references: cffi_python::object::WeakReferences,
    /// What values are like.
    pub kind: Kind,
    /// Size in bytes; -1 for `void`, opaque types and arrays of unknown length. For records ask [`CType::size`].
    pub(super) size: AtomicIsize,
    /// Alignment in bytes. For records ask [`CType::align`].
    pub(super) align: AtomicU32,
    /// Pointee of a pointer, item of an array, result of a function.
    pub(super) item: Option<CTypeRef>,
    /// Of an array: its number of items, -1 when not known.
    pub length: isize,
    /// Of an array: the pointer type that it decays to.
    pub(super) decayed: Option<CTypeRef>,
    /// The C spelling.
    pub(super) name: Box<str>,
    /// Where a declarator goes in the spelling, in bytes.
    pub(super) name_position: usize,
    /// What only some kinds have.
    pub detail: Detail,
    /// The types made of this one.
    pub(super) derived: Lock<Derived>,
}

/// The interned types made of a type. Those that are not owned are removed by their own deallocation.
#[derive(Default)]
pub(super) struct Derived {
    /// The pointer to it.
    pub(super) pointer: Option<NonNull<CType>>,
    /// Of a pointer: the arrays of its pointees by length.
    pub(super) arrays: FxHashMap<isize, NonNull<CType>>,
    /// Of a pointer whose pointees were sliced: the array of unknown length, owned, so that the next slice finds it. It owns the
    /// pointer in turn: the collector frees them together.
    pub(super) kept_array: Option<CTypeRef>,
}

/// A strong reference to a ctype.
#[repr(transparent)]
pub struct CTypeRef(NonNull<CType>);

impl CTypeRef {
    /// A strong reference to a type in a weak cache; `None` if it is on its way out.
    ///
    /// # Safety
    /// The cache's lock is held, and the type's deallocation takes it before anything else.
    pub(super) unsafe fn revive(cached: NonNull<CType>) -> Option<Self> {
        // SAFETY: the caller's promise.
        unsafe { sync::revive(cached.as_ptr().cast()).map(|object| Self::from_owned(object)) }
    }

    /// Takes over a strong reference to an object that is known to be a ctype.
    ///
    /// # Safety
    /// `object` is a ctype.
    pub unsafe fn from_owned(object: Owned) -> Self {
        // SAFETY: references are never NULL.
        Self(unsafe { NonNull::new_unchecked(object.into_ptr().cast()) })
    }

    /// Gives the reference away as a plain object.
    pub fn into_owned(self) -> Owned {
        let pointer = self.0.cast();
        std::mem::forget(self);
        // SAFETY: the reference that `self` owned.
        unsafe { Owned::from_non_null(pointer) }
    }
}

impl Deref for CTypeRef {
    type Target = CType;
    #[inline]
    fn deref(&self) -> &CType {
        // SAFETY: a strong reference keeps the object alive; ctypes are only changed through cells.
        unsafe { self.0.as_ref() }
    }
}

impl Clone for CTypeRef {
    #[inline]
    fn clone(&self) -> Self {
        self.to_ref()
    }
}

impl Drop for CTypeRef {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: `self` owns one reference.
        unsafe { ffi::Py_DECREF(self.0.as_ptr().cast()) }
    }
}

impl AsRef<CType> for CTypeRef {
    fn as_ref(&self) -> &CType {
        self
    }
}

impl PartialEq for CType {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

/// Everything that a new ctype needs; the rest starts empty.
pub struct NewCType {
    /// See [`CType`].
    pub kind: Kind,
    /// See [`CType`].
    pub size: isize,
    /// See [`CType`].
    pub align: u32,
    /// See [`CType`].
    pub item: Option<CTypeRef>,
    /// See [`CType`].
    pub length: isize,
    /// See [`CType`].
    pub decayed: Option<CTypeRef>,
    /// See [`CType`].
    pub name: Box<str>,
    /// See [`CType`].
    pub name_position: usize,
    /// See [`CType`].
    pub detail: Detail,
}

impl NewCType {
    /// Makes the object.
    pub fn build(self) -> PyResult<CTypeRef> {
        let class = types::CTYPE.get();
        // SAFETY: the type is ready; tp_alloc gives zeroed memory of the type's basic size, tracked by the collector.
        let object = unsafe { Owned::from_new(ffi::PyType_GenericAlloc(class, 0)) }?;
        let place: *mut CType = object.as_ptr().cast();
        // SAFETY: fresh memory of the size of CType; the object header is already set up and stays as it is.
        unsafe {
            (&raw mut (*place).kind).write(self.kind);
            (&raw mut (*place).size).write(AtomicIsize::new(self.size));
            (&raw mut (*place).align).write(AtomicU32::new(self.align));
            (&raw mut (*place).item).write(self.item);
            (&raw mut (*place).length).write(self.length);
            (&raw mut (*place).decayed).write(self.decayed);
            (&raw mut (*place).name).write(self.name);
            (&raw mut (*place).name_position).write(self.name_position);
            (&raw mut (*place).detail).write(self.detail);
            (&raw mut (*place).derived).write(Lock::default());
            sync::enable_revival(object.as_ptr());
            Ok(CTypeRef::from_owned(object))
        }
    }
}

impl CType {
    /// The ctype behind an object, if it is one.
    #[inline]
    pub fn from_object(object: Borrowed<'_>) -> Option<&CType> {
        if types::CTYPE.is_exact(object) {
            // SAFETY: CType cannot be subclassed, so the object has this layout; it lives as long as the borrow.
            Some(unsafe { &*object.as_ptr().cast::<CType>() })
        } else {
            None
        }
    }

    /// A new strong reference.
    #[inline]
    pub fn to_ref(&self) -> CTypeRef {
        // SAFETY: `self` is a live object.
        unsafe { CTypeRef::from_owned(Owned::from_borrowed(self.as_ptr())) }
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

    /// The C spelling.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The spelling split where a declarator goes.
    pub fn name_parts(&self) -> (&str, &str) {
        self.name
            .split_at_checked(self.name_position)
            .unwrap_or((&self.name, ""))
    }

    /// The spelling with `text` in the declarator's place.
    pub fn name_with(&self, text: &str) -> String {
        let (before, after) = self.name_parts();
        [before, text, after].concat()
    }

    /// Size in bytes; `None` where it is not known, after completing the type if that can be done.
    #[inline]
    pub fn size(&self) -> PyResult<Option<usize>> {
        if self.kind.is_record() {
            self.complete()?;
        }
        Ok(usize::try_from(self.raw_size()).ok())
    }

    /// Size in bytes without trying to complete the type; -1 where it is not known.
    #[inline]
    pub fn raw_size(&self) -> isize {
        self.size.load(Ordering::Relaxed)
    }

    /// Alignment in bytes without trying to complete the type; 0 where it is not known.
    pub fn raw_align(&self) -> u32 {
        self.align.load(Ordering::Relaxed)
    }

    /// Alignment in bytes, of a complete type.
    pub fn align(&self) -> PyResult<usize> {
        if self.kind.is_record() {
            self.complete()?;
        }
        if self.kind == Kind::Array {
            if let Some(item) = &self.item {
                return item.align();
            }
        }
        if self.raw_size() < 0 && self.kind != Kind::Array || self.raw_align() == 0 {
            return Err(raise!(
                ValueError,
                "ctype '{}' is of unknown alignment",
                self.name
            ));
        }
        Ok(self.raw_align() as usize)
    }

    /// Pointee of a pointer, item of an array, result of a function.
    #[inline]
    pub fn item(&self) -> Option<&CType> {
        self.item.as_deref()
    }

    /// The type of a pointer to an item: of an array what it decays to, of a pointer itself.
    pub fn item_pointer(&self) -> Option<&CType> {
        match self.kind {
            Kind::Array => self.decayed.as_deref(),
            Kind::Pointer => Some(self),
            _ => None,
        }
    }

    /// Whether this is a pointer to `void`.
    pub fn is_void_pointer(&self) -> bool {
        self.kind == Kind::Pointer && self.item().is_some_and(|item| item.kind == Kind::Void)
    }

    /// Whether this is a pointer to something of one byte that can be any object's bytes.
    pub fn is_byte_pointer(&self) -> bool {
        self.kind == Kind::Pointer
            && self.item().is_some_and(|item| {
                item.raw_size() == 1
                    && matches!(item.kind, Kind::Char | Kind::Signed | Kind::Unsigned)
            })
    }

    /// The enumerators, of an enum.
    pub fn as_enum(&self) -> Option<&EnumDetail> {
        match &self.detail {
            Detail::Enum(detail) => Some(detail),
            _ => None,
        }
    }

    /// The fields, of a record.
    pub fn as_record(&self) -> Option<&RecordDetail> {
        match &self.detail {
            Detail::Record(detail) => Some(detail),
            _ => None,
        }
    }

    /// The signature, of a function pointer.
    pub fn as_function(&self) -> Option<&FunctionDetail> {
        match &self.detail {
            Detail::Function(detail) => Some(detail),
            _ => None,
        }
    }

    /// Whether this is `FILE *`'s target or anything else named `FILE`.
    pub fn is_file(&self) -> bool {
        self.kind == Kind::Struct && (&*self.name == "struct _IO_FILE" || &*self.name == "FILE")
    }
}
