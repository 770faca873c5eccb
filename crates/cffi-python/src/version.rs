//! What differs between CPython versions or touches their internals, in this one place.

use std::ffi::CStr;

use pyo3_ffi as ffi;

use crate::error::PyResult;
use crate::reference::{Borrowed, Owned};

/// `tp_name`: the name that CPython's own messages show. Of types made in C it has the module in front.
///
/// # Safety
/// `class` is a type object.
#[must_use]
pub unsafe fn type_name(class: *mut ffi::PyTypeObject) -> String {
    #[cfg(not(Py_LIMITED_API))]
    // SAFETY: the caller's promise; its name is a NUL-terminated text that lives as long as the type.
    return unsafe { CStr::from_ptr((*class).tp_name) }
        .to_string_lossy()
        .into_owned();
    #[cfg(Py_LIMITED_API)]
    {
        // SAFETY: the caller's promise; the names of a type are strings.
        let (flags, class) = unsafe {
            (
                ffi::PyType_GetFlags(class),
                Borrowed::from_ptr(class.cast::<ffi::PyObject>()),
            )
        };
        let part = |name: &CStr| {
            let part = class.attribute(name);
            part.and_then(|part| part.borrow().utf8().map(str::to_owned))
                .unwrap_or_else(|_| {
                    crate::error::clear();
                    "?".to_owned()
                })
        };
        let (module, name) = (part(c"__module__"), part(c"__name__"));
        // Made by `class` are the heap types that can be changed; but ours can be, too.
        const IMMUTABLE: std::ffi::c_ulong = 1 << 8;
        let from_c =
            flags & ffi::Py_TPFLAGS_HEAPTYPE == 0 || flags & IMMUTABLE != 0 || is_ours(class);
        if from_c && module != "builtins" {
            format!("{module}.{name}")
        } else {
            name
        }
    }
}

#[cfg(Py_LIMITED_API)]
fn is_ours(class: Borrowed<'_>) -> bool {
    class
        .attribute(c"__module__")
        .is_ok_and(|module| module.borrow().utf8().is_ok_and(|it| it == "_cffi_backend"))
}

/// A function of the running interpreter that the API which this is compiled for does not have.
#[cfg(all(Py_LIMITED_API, unix))]
fn interpreter_function(name: &CStr) -> Option<std::ptr::NonNull<std::ffi::c_void>> {
    // SAFETY: a NUL-terminated name.
    std::ptr::NonNull::new(unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) })
}

/// Gives the exception that is set to `sys.unraisablehook`, with a message that begins "Exception ignored".
pub(crate) fn write_unraisable(message: &CStr) {
    #[cfg(all(Py_3_13, not(Py_LIMITED_API)))]
    // SAFETY: an exception is set; NUL-terminated texts.
    unsafe {
        unsafe extern "C" {
            fn PyErr_FormatUnraisable(format: *const std::ffi::c_char, ...);
        }
        PyErr_FormatUnraisable(c"Exception ignored %s".as_ptr(), message.as_ptr());
    }
    #[cfg(not(any(Py_3_13, Py_LIMITED_API)))]
    // SAFETY: an exception is set; a NUL-terminated text.
    unsafe {
        unsafe extern "C" {
            /// Exported by CPython 3.8 to 3.12; what `PyErr_FormatUnraisable` grew out of.
            fn _PyErr_WriteUnraisableMsg(
                message: *const std::ffi::c_char,
                object: *mut ffi::PyObject,
            );
        }
        _PyErr_WriteUnraisableMsg(message.as_ptr(), std::ptr::null_mut());
    }
    #[cfg(Py_LIMITED_API)]
    write_unraisable_by_name(message);
}

#[cfg(Py_LIMITED_API)]
fn write_unraisable_by_name(message: &CStr) {
    use std::ffi::c_char;
    use std::mem::transmute;
    // SAFETY: an exception is set; NUL-terminated texts; the functions have these types in all versions that have them.
    unsafe {
        #[cfg(unix)]
        if let Some(format) = interpreter_function(c"PyErr_FormatUnraisable") {
            let format: unsafe extern "C" fn(*const c_char, ...) = transmute(format);
            format(c"Exception ignored %s".as_ptr(), message.as_ptr());
            return;
        }
        #[cfg(unix)]
        if let Some(write) = interpreter_function(c"_PyErr_WriteUnraisableMsg") {
            let write: unsafe extern "C" fn(*const c_char, *mut ffi::PyObject) = transmute(write);
            write(message.as_ptr(), std::ptr::null_mut());
            return;
        }
        let object = ffi::PyUnicode_FromString(message.as_ptr());
        ffi::PyErr_WriteUnraisable(object);
        ffi::Py_XDECREF(object);
    }
}

/// Whether the interpreter is on its way out.
#[inline]
#[must_use]
pub fn is_finalizing() -> bool {
    #[cfg(all(Py_3_13, not(Py_LIMITED_API)))]
    // SAFETY: callable at any time.
    return unsafe { ffi::Py_IsFinalizing() != 0 };
    #[cfg(not(any(Py_3_13, Py_LIMITED_API)))]
    {
        unsafe extern "C" {
            /// Exported by CPython 3.7 to 3.12; public from 3.13 on under the name without underscore.
            fn _Py_IsFinalizing() -> std::ffi::c_int;
        }
        // SAFETY: callable at any time.
        unsafe { _Py_IsFinalizing() != 0 }
    }
    #[cfg(all(Py_LIMITED_API, not(unix)))]
    return false;
    #[cfg(all(Py_LIMITED_API, unix))]
    {
        type Function = unsafe extern "C" fn() -> std::ffi::c_int;
        static FOUND: std::sync::OnceLock<Option<Function>> = std::sync::OnceLock::new();
        let found = FOUND.get_or_init(|| {
            let found = interpreter_function(c"Py_IsFinalizing")
                .or_else(|| interpreter_function(c"_Py_IsFinalizing"))?;
            // SAFETY: the function has this type under either name.
            Some(unsafe { std::mem::transmute::<*mut std::ffi::c_void, Function>(found.as_ptr()) })
        });
        // SAFETY: callable at any time.
        found.is_some_and(|is_finalizing| unsafe { is_finalizing() != 0 })
    }
}

/// The thread state that is attached in this thread, or NULL, or any other than this thread's; `None` where nobody can tell.
#[inline]
#[must_use]
pub fn attached_state() -> Option<*mut ffi::PyThreadState> {
    #[cfg(all(Py_LIMITED_API, not(unix)))]
    return None;
    #[cfg(all(Py_LIMITED_API, unix))]
    {
        type Function = unsafe extern "C" fn() -> *mut ffi::PyThreadState;
        static FOUND: std::sync::OnceLock<Option<Function>> = std::sync::OnceLock::new();
        let found = FOUND.get_or_init(|| {
            let found = interpreter_function(c"PyThreadState_GetUnchecked")
                .or_else(|| interpreter_function(c"_PyThreadState_UncheckedGet"))?;
            // SAFETY: the function has this type under either name.
            Some(unsafe { std::mem::transmute::<*mut std::ffi::c_void, Function>(found.as_ptr()) })
        });
        // SAFETY: callable at any time.
        found.map(|attached_state| unsafe { attached_state() })
    }
    #[cfg(all(Py_3_13, not(Py_LIMITED_API)))]
    // SAFETY: callable at any time.
    return Some(unsafe { ffi::PyThreadState_GetUnchecked() });
    #[cfg(not(any(Py_3_13, Py_LIMITED_API)))]
    {
        unsafe extern "C" {
            /// Exported by CPython 3.5 and later; public from 3.13 on as `PyThreadState_GetUnchecked`. Before 3.12 the state that
            /// is attached in whatever thread.
            fn _PyThreadState_UncheckedGet() -> *mut ffi::PyThreadState;
        }
        // SAFETY: callable at any time.
        Some(unsafe { _PyThreadState_UncheckedGet() })
    }
}

/// How `int` objects are laid out (cpython/longintrepr.h). Where the layout is not known, or has digits of another size, none is read.
#[cfg(all(not(any(Py_LIMITED_API, Py_3_15)), target_pointer_width = "64"))]
mod int_layout {
    use super::{Borrowed, ffi};
    #[cfg(not(Py_3_12))]
    use crate::bits::ToUnsigned;

    /// The start of `struct _longobject`: from 3.12 on `lv_tag` has the number of digits above three bits of sign, before that
    /// `ob_size` is the number of digits with the sign.
    #[repr(C)]
    struct Int {
        ob_base: ffi::PyObject,
        size: isize,
        /// The least one first, of 30 bits each; at least one is there.
        digits: [u32; 1],
    }
    const DIGIT_BITS: u32 = super::ONE_DIGIT_BITS as u32;

    /// The size field, and the address of the digits.
    #[inline(always)]
    fn parts(object: Borrowed<'_>) -> Option<(isize, *const u32)> {
        // SAFETY: the address of a type object; an `int`, each of which has room for one digit.
        unsafe {
            if object.type_ptr() != &raw mut ffi::PyLong_Type {
                return None;
            }
            let int = object.as_ptr().cast::<Int>();
            Some(((*int).size, (&raw const (*int).digits).cast::<u32>()))
        }
    }

    /// The value of an `int` of one digit.
    #[inline(always)]
    pub fn one_digit(object: Borrowed<'_>) -> Option<i64> {
        let (size, digits) = parts(object)?;
        #[cfg(Py_3_12)]
        let (is_one, sign) = (size >> 3 <= 1, 1 - (size as i64 & 3));
        #[cfg(not(Py_3_12))]
        let (is_one, sign) = (size.wrapping_add(1).to_unsigned() <= 2, size as i64);
        // SAFETY: one digit is always there; it is zero for the value zero.
        is_one.then(|| sign * i64::from(unsafe { *digits }))
    }

    /// The value of an `int` of two digits.
    #[inline(never)]
    pub fn two_digits(object: Borrowed<'_>) -> Option<i64> {
        let (size, digits) = parts(object)?;
        #[cfg(Py_3_12)]
        let (count, sign) = (size >> 3, 1 - (size as i64 & 3));
        #[cfg(not(Py_3_12))]
        let (count, sign) = (size.abs(), size.signum() as i64);
        if count != 2 {
            return None;
        }
        // SAFETY: as many digits as the size says.
        let (low, high) = unsafe { (i64::from(*digits), i64::from(*digits.add(1))) };
        Some(sign * (low | high << DIGIT_BITS))
    }
}

#[cfg(any(Py_LIMITED_API, Py_3_15, not(target_pointer_width = "64")))]
mod int_layout {
    use super::Borrowed;

    pub fn one_digit(_: Borrowed<'_>) -> Option<i64> {
        None
    }
    pub fn two_digits(_: Borrowed<'_>) -> Option<i64> {
        None
    }
}

/// The value of an `int` of one digit, which is [`ONE_DIGIT_BITS`] bits and a sign, read from the object itself; `None` for larger
/// ones and other objects.
#[inline(always)]
#[must_use]
pub fn one_digit_int(object: Borrowed<'_>) -> Option<i64> {
    int_layout::one_digit(object)
}

/// See [`one_digit_int`].
pub const ONE_DIGIT_BITS: u8 = 30;

/// The value of an `int` of one or two digits (60 bits), read from the object itself; `None` for larger ones and other objects.
#[inline(always)]
#[must_use]
pub fn small_int(object: Borrowed<'_>) -> Option<i64> {
    int_layout::one_digit(object).or_else(|| int_layout::two_digits(object))
}

/// Whether interpreters read the attributes of instances without a call where their class has a `__getattr__`.
pub const READS_ATTRIBUTES_IN_LINE: bool = cfg!(Py_3_12);

/// Sets attributes of a class that was just made, and that nobody has seen: without looking for each of them in the class and its bases,
/// where the interpreter lets us.
pub fn set_class_attributes(class: Borrowed<'_>, values: &[(&CStr, Owned)]) -> PyResult<()> {
    #[cfg(any(Py_LIMITED_API, Py_GIL_DISABLED))]
    for (name, value) in values {
        class.set_attribute(name, value.borrow())?;
    }
    #[cfg(not(any(Py_LIMITED_API, Py_GIL_DISABLED)))]
    // SAFETY: a heap type, whose dict is a dict; what the interpreter knows of the type is forgotten afterwards.
    unsafe {
        let class: *mut ffi::PyTypeObject = class.as_ptr().cast();
        let dict = Borrowed::from_ptr((*class).tp_dict);
        for (name, value) in values {
            dict.dict_set(crate::text::interned(name)?.borrow(), value.borrow())?;
        }
        ffi::PyType_Modified(class);
    }
    Ok(())
}

/// Makes a class derived from `Exception`, in a quarter of the time of `PyErr_NewException`, which calls `type`.
pub fn exception_class(name: &'static CStr) -> PyResult<Owned> {
    #[cfg(Py_LIMITED_API)]
    // SAFETY: a static name; the base class and the dict are the defaults.
    return unsafe {
        use std::ptr::null_mut;
        Owned::from_new(ffi::PyErr_NewException(
            name.as_ptr(),
            null_mut(),
            null_mut(),
        ))
    };
    #[cfg(not(Py_LIMITED_API))]
    {
        use crate::typespec::TypeSpec;

        let spec = |size| {
            TypeSpec::new(name, size)
                .mutable()
                .flags(ffi::Py_TPFLAGS_BASETYPE)
        };
        // Instances can be referred to weakly, as those of classes that `type` makes.
        #[cfg(Py_3_12)]
        let spec = spec(0).flags(ffi::Py_TPFLAGS_MANAGED_WEAKREF);
        #[cfg(not(Py_3_12))]
        let spec = {
            let base = size_of::<ffi::PyBaseExceptionObject>();
            let size = base + size_of::<*mut ffi::PyObject>();
            spec(size).members(vec![TypeSpec::read_only_member(
                c"__weaklistoffset__",
                ffi::Py_T_PYSSIZET,
                base,
                None,
            )])
        };
        // SAFETY: `Exception` is there for as long as the interpreter.
        spec.build(Some(unsafe { Borrowed::from_ptr(ffi::PyExc_Exception) }))
    }
}

/// The value of a `float`; `None` for other objects.
#[inline]
#[must_use]
pub fn exact_float(object: Borrowed<'_>) -> Option<f64> {
    // SAFETY: the address of a type object; a float.
    unsafe {
        if object.type_ptr() != &raw mut ffi::PyFloat_Type {
            return None;
        }
        #[cfg(Py_LIMITED_API)]
        return Some(ffi::PyFloat_AsDouble(object.as_ptr()));
        #[cfg(not(Py_LIMITED_API))]
        return Some(ffi::PyFloat_AS_DOUBLE(object.as_ptr()));
    }
}

/// Tells a free-threaded interpreter that this module does not need the GIL.
pub fn run_without_gil(module: &Owned) -> PyResult<()> {
    #[cfg(Py_GIL_DISABLED)]
    // SAFETY: a module that is being made.
    return crate::error::status(unsafe {
        ffi::PyUnstable_Module_SetGIL(module.as_ptr(), ffi::Py_MOD_GIL_NOT_USED)
    });
    #[cfg(not(Py_GIL_DISABLED))]
    {
        let _ = module;
        Ok(())
    }
}

/// Start, stop and step of a slice object.
pub fn slice_parts(slice: Borrowed<'_>) -> PyResult<[Owned; 3]> {
    #[cfg(not(Py_LIMITED_API))]
    // SAFETY: checked to be a slice, whose parts never change.
    unsafe {
        if slice.is_slice() {
            let parts = &*slice.as_ptr().cast::<ffi::PySliceObject>();
            return Ok([parts.start, parts.stop, parts.step].map(|part| Owned::from_borrowed(part)));
        }
    }
    Ok([
        slice.attribute(c"start")?,
        slice.attribute(c"stop")?,
        slice.attribute(c"step")?,
    ])
}

/// The value of a dict's key without raising `KeyError`.
///
/// # Safety
/// Both are valid objects.
pub(crate) unsafe fn dict_item(
    dict: *mut ffi::PyObject,
    key: *mut ffi::PyObject,
) -> PyResult<Option<Owned>> {
    #[cfg(all(Py_3_13, not(Py_LIMITED_API)))]
    // SAFETY: the caller's promise; the result is a strong reference or NULL.
    unsafe {
        let mut found = std::ptr::null_mut();
        crate::error::status(ffi::PyDict_GetItemRef(dict, key, &raw mut found))?;
        Ok(std::ptr::NonNull::new(found).map(|found| Owned::from_non_null(found)))
    }
    #[cfg(not(all(Py_3_13, not(Py_LIMITED_API))))]
    // SAFETY: the caller's promise; with a GIL nobody takes a borrowed reference away before it is strong.
    unsafe {
        let found = ffi::PyDict_GetItemWithError(dict, key);
        if found.is_null() {
            return crate::error::check().map(|()| None);
        }
        Ok(Some(Owned::from_borrowed(found)))
    }
}

/// # Safety
/// `tuple` is a tuple.
#[inline]
pub(crate) unsafe fn tuple_size(tuple: *mut ffi::PyObject) -> isize {
    #[cfg(not(Py_LIMITED_API))]
    // SAFETY: the caller's promise.
    return unsafe { ffi::PyTuple_GET_SIZE(tuple) };
    #[cfg(Py_LIMITED_API)]
    // SAFETY: the caller's promise.
    return unsafe { ffi::PyTuple_Size(tuple) };
}

/// # Safety
/// `tuple` is a tuple of more than `index` items.
#[inline]
pub(crate) unsafe fn tuple_item(tuple: *mut ffi::PyObject, index: isize) -> *mut ffi::PyObject {
    #[cfg(not(Py_LIMITED_API))]
    // SAFETY: the caller's promise.
    return unsafe { ffi::PyTuple_GET_ITEM(tuple, index) };
    #[cfg(Py_LIMITED_API)]
    // SAFETY: the caller's promise.
    return unsafe { ffi::PyTuple_GetItem(tuple, index) };
}

/// # Safety
/// `tuple` is a new tuple of more than `index` items; the reference to `item` is given away.
#[inline]
pub(crate) unsafe fn set_tuple_item(
    tuple: *mut ffi::PyObject,
    index: isize,
    item: *mut ffi::PyObject,
) {
    #[cfg(not(Py_LIMITED_API))]
    // SAFETY: the caller's promise.
    unsafe {
        ffi::PyTuple_SET_ITEM(tuple, index, item);
    }
    #[cfg(Py_LIMITED_API)]
    // SAFETY: the caller's promise.
    unsafe {
        ffi::PyTuple_SetItem(tuple, index, item);
    }
}

/// # Safety
/// `list` is a new list of more than `index` items; the reference to `item` is given away.
#[inline]
pub(crate) unsafe fn set_list_item(
    list: *mut ffi::PyObject,
    index: isize,
    item: *mut ffi::PyObject,
) {
    #[cfg(not(Py_LIMITED_API))]
    // SAFETY: the caller's promise.
    unsafe {
        ffi::PyList_SET_ITEM(list, index, item);
    }
    #[cfg(Py_LIMITED_API)]
    // SAFETY: the caller's promise.
    unsafe {
        ffi::PyList_SetItem(list, index, item);
    }
}

/// A `str` of code points up to U+10FFFF, surrogates allowed.
pub(crate) fn str_of_code_points(points: &[u32]) -> PyResult<Owned> {
    use crate::bits::ToSigned;
    #[cfg(not(Py_LIMITED_API))]
    // SAFETY: 4-byte-kind data of the slice's length.
    unsafe {
        Owned::from_new(ffi::PyUnicode_FromKindAndData(
            4,
            points.as_ptr().cast(),
            points.len().to_signed(),
        ))
    }
    #[cfg(Py_LIMITED_API)]
    // SAFETY: the bytes of the slice, in this machine's order; "surrogatepass" takes lone surrogates.
    unsafe {
        let mut order = if cfg!(target_endian = "little") {
            -1
        } else {
            1
        };
        Owned::from_new(ffi::PyUnicode_DecodeUTF32(
            points.as_ptr().cast(),
            size_of_val(points).to_signed(),
            c"surrogatepass".as_ptr(),
            &raw mut order,
        ))
    }
}

/// Real and imaginary part by `__complex__`, `__float__` or `__index__`.
pub(crate) fn complex_value(object: Borrowed<'_>) -> PyResult<(f64, f64)> {
    #[cfg(not(Py_LIMITED_API))]
    {
        // SAFETY: a valid object.
        let value = unsafe { ffi::PyComplex_AsCComplex(object.as_ptr()) };
        crate::error::check_value(value.real)?;
        Ok((value.real, value.imag))
    }
    #[cfg(Py_LIMITED_API)]
    {
        // Unlike complex(), this takes no strings.
        let exact = if object.is_complex() {
            object.to_owned()
        } else if let Some(convert) = object.optional_attribute(c"__complex__")? {
            convert.borrow().call(&[])?
        } else {
            crate::int::from_f64(object.as_f64()?)?
        };
        let object = exact.as_ptr();
        // SAFETY: a complex or a float.
        let (real, imag) = unsafe {
            (
                ffi::PyComplex_RealAsDouble(object),
                ffi::PyComplex_ImagAsDouble(object),
            )
        };
        crate::error::check_value(real)?;
        Ok((real, imag))
    }
}

/// Data and size of a `bytes` object.
///
/// # Safety
/// `bytes` is one.
#[inline]
pub(crate) unsafe fn bytes_parts(bytes: *mut ffi::PyObject) -> (*const u8, usize) {
    #[cfg(not(Py_LIMITED_API))]
    // SAFETY: the caller's promise.
    unsafe {
        let data = ffi::PyBytes_AS_STRING(bytes).cast();
        (data, ffi::Py_SIZE(bytes).unsigned_abs())
    }
    #[cfg(Py_LIMITED_API)]
    // SAFETY: the caller's promise.
    unsafe {
        let data = ffi::PyBytes_AsString(bytes).cast_const().cast();
        (data, ffi::PyBytes_Size(bytes).unsigned_abs())
    }
}
