//! The abstract object protocol on borrowed references: attributes, calls, types, containers.

use crate::bits::ToSigned;
use std::cell::{Cell, UnsafeCell};
use std::ffi::CStr;

use pyo3_ffi as ffi;

use crate::error::{PyResult, Raised, status};
use crate::reference::{Borrowed, Owned};
use crate::thread::stoppable;
use crate::version;

unsafe extern "C-unwind" {
    /// As `pyo3_ffi` declares it, but for the unwinding: see [`stoppable`]. CPython 3.10 exports it under another name only, which is
    /// the same without names of arguments.
    #[cfg_attr(not(Py_3_11), link_name = "PyObject_VectorcallDict")]
    fn PyObject_Vectorcall(
        callable: *mut ffi::PyObject,
        arguments: *const *mut ffi::PyObject,
        count: usize,
        names: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject;
    /// As above.
    fn PyObject_Call(
        callable: *mut ffi::PyObject,
        arguments: *mut ffi::PyObject,
        keywords: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject;
}

/// How objects of ours begin. CPython counts references there behind every `&` to the object, so it is a cell: without one the compiler
/// takes it for granted that nothing in the object changes.
pub type Header = UnsafeCell<ffi::PyObject>;

/// Where an object has its list of weak references, which CPython writes to.
pub type WeakReferences = Cell<*mut ffi::PyObject>;

macro_rules! checks {
    ($($(#[$doc:meta])* $name:ident $check:ident;)*) => {
        impl Borrowed<'_> {
            $($(#[$doc])*
            #[inline]
            #[must_use]
            pub fn $name(self) -> bool {
                // SAFETY: a borrow is a valid object.
                unsafe { ffi::$check(self.as_ptr()) != 0 }
            })*
        }
    };
}

checks! {
    /// `isinstance(self, int)`
    is_int PyLong_Check;
    /// `isinstance(self, float)`
    is_float PyFloat_Check;
    /// `isinstance(self, complex)`
    is_complex PyComplex_Check;
    /// `isinstance(self, bytes)`
    is_bytes PyBytes_Check;
    /// `isinstance(self, bytearray)`
    is_bytearray PyByteArray_Check;
    /// `isinstance(self, str)`
    is_str PyUnicode_Check;
    /// `isinstance(self, list)`
    is_list PyList_Check;
    /// `isinstance(self, tuple)`
    is_tuple PyTuple_Check;
    /// `isinstance(self, dict)`
    is_dict PyDict_Check;
    /// `isinstance(self, slice)`
    is_slice PySlice_Check;
    /// `callable(self)`
    is_callable PyCallable_Check;
    /// Has `__index__`
    is_index PyIndex_Check;
    /// Supports the buffer protocol
    has_buffer PyObject_CheckBuffer;
    /// `isinstance(self, type)`
    is_type PyType_Check;
}

impl<'a> Borrowed<'a> {
    /// The function in a slot of the object's type, such as `Py_nb_int`; NULL where there is none.
    #[inline]
    #[must_use]
    pub fn slot(self, slot: std::ffi::c_int) -> *mut std::ffi::c_void {
        // SAFETY: the type of a valid object. From CPython 3.10 on this works for all types.
        unsafe { ffi::PyType_GetSlot(self.type_ptr(), slot) }
    }

    /// The result of a slot that takes the object alone, such as `Py_nb_int`; `None` where the type has none.
    #[must_use]
    pub fn call_slot(self, slot: std::ffi::c_int) -> Option<PyResult<Owned>> {
        let function = self.slot(slot);
        if function.is_null() {
            return None;
        }
        // SAFETY: callers name slots of type `unaryfunc`, and the object is of the slot's type.
        unsafe {
            let function: ffi::unaryfunc = std::mem::transmute(function);
            Some(Owned::from_new(function(self.as_ptr())))
        }
    }

    /// The name of the object's type as `tp_name` has it, for messages.
    #[must_use]
    pub fn type_name(self) -> String {
        // SAFETY: the type of a valid object.
        unsafe { crate::version::type_name(self.type_ptr()) }
    }

    /// Whether the object's type is `class` or derived from it.
    #[inline]
    #[must_use]
    pub fn is_instance_of(self, class: Borrowed<'_>) -> bool {
        // SAFETY: a valid object; something that is no type compares unequal to all types.
        unsafe { ffi::PyObject_TypeCheck(self.as_ptr(), class.as_ptr().cast()) != 0 }
    }

    /// `getattr(self, name)`
    pub fn attribute(self, name: &CStr) -> PyResult<Owned> {
        // SAFETY: a valid object and a NUL-terminated name.
        unsafe { Owned::from_new(ffi::PyObject_GetAttrString(self.as_ptr(), name.as_ptr())) }
    }

    /// `getattr(self, name)` with a `str` object.
    pub fn attribute_object(self, name: Borrowed<'_>) -> PyResult<Owned> {
        // SAFETY: two valid objects.
        unsafe { Owned::from_new(ffi::PyObject_GetAttr(self.as_ptr(), name.as_ptr())) }
    }

    /// `getattr(self, name)`, `None` when there is no such attribute.
    pub fn optional_attribute(self, name: &CStr) -> PyResult<Option<Owned>> {
        match self.attribute(name) {
            Ok(value) => Ok(Some(value)),
            Err(Raised) if crate::error::Exception::AttributeError.is_set() => {
                crate::error::clear();
                Ok(None)
            }
            Err(raised) => Err(raised),
        }
    }

    /// `setattr(self, name, value)`
    pub fn set_attribute(self, name: &CStr, value: Borrowed<'_>) -> PyResult<()> {
        // SAFETY: valid objects and a NUL-terminated name.
        status(unsafe { ffi::PyObject_SetAttrString(self.as_ptr(), name.as_ptr(), value.as_ptr()) })
    }

    /// `self[name] = value` for a dict.
    pub fn dict_set_text(self, name: &CStr, value: Borrowed<'_>) -> PyResult<()> {
        // SAFETY: valid objects and a NUL-terminated name; a non-dict raises SystemError.
        status(unsafe { ffi::PyDict_SetItemString(self.as_ptr(), name.as_ptr(), value.as_ptr()) })
    }

    /// `self(*arguments)`
    pub fn call(self, arguments: &[Borrowed<'_>]) -> PyResult<Owned> {
        // SAFETY: `Borrowed` is one non-null pointer (repr(transparent)), so the slice is an array of object pointers.
        unsafe {
            Owned::from_new(stoppable(|| {
                PyObject_Vectorcall(
                    self.as_ptr(),
                    arguments.as_ptr().cast(),
                    arguments.len(),
                    std::ptr::null_mut(),
                )
            }))
        }
    }

    /// `self(*arguments)` with strong references.
    pub fn call_owned(self, arguments: &[Owned]) -> PyResult<Owned> {
        // SAFETY: `Owned` is one non-null pointer (repr(transparent)), so the slice is an array of object pointers.
        unsafe {
            Owned::from_new(stoppable(|| {
                PyObject_Vectorcall(
                    self.as_ptr(),
                    arguments.as_ptr().cast(),
                    arguments.len(),
                    std::ptr::null_mut(),
                )
            }))
        }
    }

    /// `self(*arguments)` with a tuple.
    pub fn call_tuple(self, arguments: Borrowed<'_>) -> PyResult<Owned> {
        // SAFETY: a valid object and a tuple.
        unsafe {
            Owned::from_new(stoppable(|| {
                PyObject_Call(self.as_ptr(), arguments.as_ptr(), std::ptr::null_mut())
            }))
        }
    }

    /// `repr(self)`
    pub fn repr(self) -> PyResult<Owned> {
        // SAFETY: a valid object.
        unsafe { Owned::from_new(ffi::PyObject_Repr(self.as_ptr())) }
    }

    /// `str(self)`
    pub fn str(self) -> PyResult<Owned> {
        // SAFETY: a valid object.
        unsafe { Owned::from_new(ffi::PyObject_Str(self.as_ptr())) }
    }

    /// `bool(self)`
    pub fn is_true(self) -> PyResult<bool> {
        // SAFETY: a valid object.
        match unsafe { ffi::PyObject_IsTrue(self.as_ptr()) } {
            value if value < 0 => Err(Raised),
            value => Ok(value != 0),
        }
    }

    /// `len(self)`
    pub fn length(self) -> PyResult<usize> {
        // SAFETY: a valid object.
        usize::try_from(unsafe { ffi::PyObject_Size(self.as_ptr()) }).map_err(|_| Raised)
    }

    /// `iter(self)`
    pub fn iterate(self) -> PyResult<Owned> {
        // SAFETY: a valid object.
        unsafe { Owned::from_new(ffi::PyObject_GetIter(self.as_ptr())) }
    }

    /// `next(self)`, `None` at the end.
    pub fn next(self) -> PyResult<Option<Owned>> {
        // SAFETY: a valid iterator; others make PyIter_Next raise.
        match unsafe { Owned::from_new(ffi::PyIter_Next(self.as_ptr())) } {
            Ok(item) => Ok(Some(item)),
            Err(_) => crate::error::check().map(|()| None),
        }
    }

    /// `self[key]` of a dict without raising `KeyError`; the reference is strong, so that it survives changes of the dict.
    pub fn dict_get(self, key: Borrowed<'_>) -> PyResult<Option<Owned>> {
        // SAFETY: valid objects; where `self` is no dict, SystemError is raised.
        unsafe { version::dict_item(self.as_ptr(), key.as_ptr()) }
    }

    /// `self[key] = value` of a dict.
    pub fn dict_set(self, key: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
        // SAFETY: valid objects; a non-dict raises SystemError.
        status(unsafe { ffi::PyDict_SetItem(self.as_ptr(), key.as_ptr(), value.as_ptr()) })
    }

    /// The item of a tuple, borrowed from it; absent when `self` is no tuple or is too short.
    #[inline]
    #[must_use]
    pub fn tuple_item(self, index: usize) -> Option<Borrowed<'a>> {
        if !self.is_tuple() {
            return None;
        }
        if index >= self.tuple_len() {
            return None;
        }
        // SAFETY: a tuple; the index is checked against its size. Tuples do not change.
        unsafe {
            Some(Borrowed::from_ptr(version::tuple_item(
                self.as_ptr(),
                index.to_signed(),
            )))
        }
    }

    /// The number of items of a tuple, 0 for anything else.
    #[must_use]
    pub fn tuple_len(self) -> usize {
        if !self.is_tuple() {
            return 0;
        }
        // SAFETY: a tuple.
        unsafe { version::tuple_size(self.as_ptr()) }.unsigned_abs()
    }
}

/// A new dict.
pub fn new_dict() -> PyResult<Owned> {
    // SAFETY: no preconditions.
    unsafe { Owned::from_new(ffi::PyDict_New()) }
}

/// A new tuple of these items.
pub fn new_tuple<I>(items: I) -> PyResult<Owned>
where
    I: IntoIterator<Item = Owned>,
    I::IntoIter: ExactSizeIterator,
{
    let items = items.into_iter();
    let length = items.len();
    // SAFETY: a length of a Rust collection fits in isize; each slot is filled once with a reference given away.
    unsafe {
        let tuple = Owned::from_new(ffi::PyTuple_New(length.to_signed()))?;
        for (index, item) in items.take(length).enumerate() {
            version::set_tuple_item(tuple.as_ptr(), index.to_signed(), item.into_ptr());
        }
        Ok(tuple)
    }
}

/// A new list of the items that `make` gives for `0..length`.
pub fn new_list(length: usize, mut make: impl FnMut(usize) -> PyResult<Owned>) -> PyResult<Owned> {
    let Ok(size) = isize::try_from(length) else {
        return Err(crate::raise!(MemoryError, "list too large"));
    };
    // SAFETY: slots that are not filled yet are NULL, which list deallocation allows.
    unsafe {
        let list = Owned::from_new(ffi::PyList_New(size))?;
        for index in 0..length {
            version::set_list_item(list.as_ptr(), index.to_signed(), make(index)?.into_ptr());
        }
        Ok(list)
    }
}

/// Imports a module by its dotted name.
pub fn import(name: &CStr) -> PyResult<Owned> {
    // SAFETY: a NUL-terminated name.
    unsafe { Owned::from_new(ffi::PyImport_ImportModule(name.as_ptr())) }
}
