//! The functions that compiled modules call: conversions of the arguments and results of their wrappers.
//!
//! A module has an array for them and finds each by its number, which never changes; see [`fill`]. Where any result could be a value,
//! an error is told by an exception that is set.

use std::ffi::{c_char, c_int, c_longlong, c_uint, c_ulonglong, c_void};

use cffi_call::{errno, long_double};
use cffi_model::primitive::Primitive;
use cffi_python::bits::ToUnsigned;
use cffi_python::ffi::PyObject;
use cffi_python::int::Wide;
use cffi_python::slot::{guard, guard_or};
use cffi_python::{Borrowed, PyResult, raise, text};

use super::extern_python;
use crate::call::argument::{self, Prepared};
use crate::cdata::object::{Fill, new_view};
use crate::cdata::owning;
use crate::convert::{self, character, float, initializer, integer, store};
use crate::ctype::{CType, CTypeRef, primitive};

/// # Safety
/// `object` is a valid object for as long as the borrow lasts.
unsafe fn borrow<'a>(object: *mut PyObject) -> Borrowed<'a> {
    // SAFETY: the caller's promise.
    unsafe { Borrowed::from_ptr(object) }
}

/// # Safety
/// `ctype` is a ctype for as long as the borrow lasts: modules get them from us and keep them for ever.
unsafe fn borrow_type<'a>(ctype: *mut PyObject) -> &'a CType {
    // SAFETY: the caller's promise.
    unsafe { &*ctype.cast::<CType>() }
}

fn signed(object: Borrowed<'_>, bits: u32) -> PyResult<i64> {
    let wide = integer::to_wide(object)?;
    let unused = 64 - bits;
    match wide {
        Wide::Signed(value) if (value << unused) >> unused == value => Ok(value),
        Wide::TooLarge { .. } => Err(raise!(OverflowError, "int too big to convert")),
        Wide::Unsigned(_) if bits == 64 => Err(raise!(OverflowError, "int too big to convert")),
        _ => Err(integer::does_not_fit(&format!("{bits}-bit int"), object)),
    }
}

fn unsigned(object: Borrowed<'_>, bits: u32) -> PyResult<u64> {
    let value = match integer::to_wide(object)? {
        Wide::Signed(value) if value >= 0 => value.to_unsigned(),
        Wide::Unsigned(value) => value,
        Wide::TooLarge { negative: false } => {
            return Err(raise!(OverflowError, "int too big to convert"));
        }
        _ => {
            return Err(raise!(
                OverflowError,
                "can't convert negative number to unsigned"
            ));
        }
    };
    if bits == 64 || value >> bits == 0 {
        return Ok(value);
    }
    let name = format!("{bits}-bit unsigned int");
    Err(integer::does_not_fit(&name, object))
}

macro_rules! integers {
    ($($name:ident: $convert:ident $bits:literal, $c:ty = $failed:expr;)*) => {
        $(unsafe extern "C" fn $name(object: *mut PyObject) -> $c {
            guard_or($failed, || {
                // SAFETY: called by a module with a valid object.
                let value = $convert(unsafe { borrow(object) }, $bits)?;
                Ok(<$c>::try_from(value).unwrap_or_default())
            })
        })*
    };
}

integers! {
    to_c_i8: signed 8, c_int = -1;
    to_c_u8: unsigned 8, c_int = -1;
    to_c_i16: signed 16, c_int = -1;
    to_c_u16: unsigned 16, c_int = -1;
    to_c_i32: signed 32, c_int = -1;
    to_c_u32: unsigned 32, c_uint = c_uint::MAX;
    to_c_i64: signed 64, c_longlong = -1;
    to_c_u64: unsigned 64, c_ulonglong = c_ulonglong::MAX;
}

unsafe extern "C" fn to_c_char(object: *mut PyObject) -> c_int {
    guard_or(-1, || {
        let ctype = primitive::primitive(Primitive::Char)?;
        // SAFETY: called by a module with a valid object.
        character::to_byte(&ctype, unsafe { borrow(object) }).map(c_int::from)
    })
}

unsafe extern "C" fn to_c_bool(object: *mut PyObject) -> bool {
    guard_or(true, || {
        let ctype = primitive::primitive(Primitive::Bool)?;
        // SAFETY: called by a module with a valid object.
        Ok(integer::to_bool_bits(&ctype, unsafe { borrow(object) })? != 0)
    })
}

/// `wchar_t` itself; on all targets with such modules at most an `int`.
unsafe extern "C" fn to_c_wchar(object: *mut PyObject) -> libc::wchar_t {
    guard_or(libc::wchar_t::MAX, || {
        let ctype = primitive::primitive(Primitive::WcharT)?;
        // SAFETY: called by a module with a valid object.
        let unit = character::to_wide(&ctype, unsafe { borrow(object) })?;
        Ok(libc::wchar_t::try_from(unit).unwrap_or_default())
    })
}

/// Whichever of `char16_t` and `char32_t` is not as wide as `wchar_t`.
fn other_wide() -> PyResult<CTypeRef> {
    primitive::primitive(if size_of::<libc::wchar_t>() == 2 {
        Primitive::Char32
    } else {
        Primitive::Char16
    })
}

unsafe extern "C" fn to_c_other_wide(object: *mut PyObject) -> c_int {
    guard_or(-1, || {
        // SAFETY: called by a module with a valid object.
        let unit = character::to_wide(&*other_wide()?, unsafe { borrow(object) })?;
        Ok(c_int::try_from(unit).unwrap_or_default())
    })
}

unsafe extern "C" fn from_c_char(value: c_char) -> *mut PyObject {
    guard(|| text::bytes_from_slice(&value.to_ne_bytes()))
}

unsafe extern "C" fn from_c_wchar(value: libc::wchar_t) -> *mut PyObject {
    guard(|| {
        let mut bytes = value.to_ne_bytes();
        // SAFETY: a `wchar_t`.
        unsafe {
            convert::load(
                &*primitive::primitive(Primitive::WcharT)?,
                bytes.as_mut_ptr(),
            )
        }
    })
}

unsafe extern "C" fn from_c_other_wide(value: c_int) -> *mut PyObject {
    guard(|| {
        let ctype = other_wide()?;
        let mut bytes = value.to_ne_bytes();
        if cfg!(target_endian = "big") && ctype.raw_size() == 2 {
            bytes.rotate_left(2);
        }
        // SAFETY: the low bytes of the number are the character.
        unsafe { convert::load(&ctype, bytes.as_mut_ptr()) }
    })
}

/// What `long double` exports call, since Rust cannot return the type.
unsafe extern "C" fn store_long_double(object: *mut c_void, place: *mut u8) {
    guard_or((), || {
        let ctype = primitive::primitive(Primitive::LongDouble)?;
        // SAFETY: called by a module with a valid object, and by C with room for the number.
        unsafe { float::store_long_double(&ctype, place, borrow(object.cast())) }
    });
}

unsafe extern "C" fn from_c_pointer(address: *mut u8, ctype: *mut PyObject) -> *mut PyObject {
    // SAFETY: called by a module with a pointer type of its own.
    guard(|| Ok(new_view(unsafe { borrow_type(ctype) }.to_ref(), address)?.into_owned()))
}

unsafe extern "C" fn to_c_pointer(object: *mut PyObject, ctype: *mut PyObject) -> *mut u8 {
    // SAFETY: called by a module with a valid object and a pointer type of its own.
    guard_or(std::ptr::null_mut(), || unsafe {
        store::to_pointer(borrow_type(ctype), borrow(object))
    })
}

unsafe extern "C" fn from_c_deref(data: *mut u8, ctype: *mut PyObject) -> *mut PyObject {
    // SAFETY: called by a module with a type of its own and a value of it.
    guard(|| unsafe { convert::load(borrow_type(ctype), data) })
}

unsafe extern "C" fn to_c(data: *mut u8, ctype: *mut PyObject, object: *mut PyObject) -> c_int {
    // SAFETY: called by a module with a type of its own and room for a value of it.
    guard(|| unsafe { convert::store(borrow_type(ctype), data, borrow(object)) })
}

unsafe extern "C" fn from_c_struct(data: *mut u8, ctype: *mut PyObject) -> *mut PyObject {
    guard(|| {
        // SAFETY: called by a module with a record type of its own.
        let ctype = unsafe { borrow_type(ctype) };
        let size = ctype.size()?.unwrap_or(0);
        let copy = owning::new_memory(ctype.to_ref(), size, -1, ctype.align()?, Fill::Nothing)?;
        // SAFETY: a value of the type, and fresh memory of its size.
        unsafe { std::ptr::copy_nonoverlapping(data, copy.data(), size) }
        Ok(copy.into_owned())
    })
}

/// How many bytes of memory an argument for a pointer needs; 0 where it needs none, and its address is stored. -1: an exception.
unsafe extern "C" fn prepare_pointer_call_argument(
    ctype: *mut PyObject,
    object: *mut PyObject,
    output: *mut *mut u8,
) -> isize {
    // SAFETY: called by a module with a pointer type of its own, a valid object and a place for an address.
    guard(|| unsafe {
        match argument::prepare(borrow_type(ctype), borrow(object))? {
            Prepared::Address(address) => {
                *output = address;
                Ok(0)
            }
            // Never 0, which says that there is an address.
            Prepared::Items(size) => isize::try_from(size.max(1))
                .map_err(|_| raise!(OverflowError, "array size would overflow a Py_ssize_t")),
        }
    })
}

unsafe extern "C" fn convert_array_from_object(
    data: *mut u8,
    ctype: *mut PyObject,
    object: *mut PyObject,
) -> c_int {
    // SAFETY: called by a module with a type of its own, and memory of the size that it was told to bring.
    guard(|| unsafe {
        let (ctype, object) = (borrow_type(ctype), borrow(object));
        if ctype.kind == crate::ctype::Kind::Array {
            return initializer::store_array(ctype, data, object, None);
        }
        argument::fill(ctype, object, data, None)
    })
}

unsafe extern "C" fn save_errno() {
    errno::save();
}

unsafe extern "C" fn restore_errno() {
    errno::restore();
}

unsafe extern "C" fn unused() {}

/// The table, in the order of the numbers.
fn table() -> [*const c_void; cffi_wire::EXPORTS] {
    [
        unused as *const c_void,
        to_c_i8 as *const c_void,
        to_c_u8 as *const c_void,
        to_c_i16 as *const c_void,
        to_c_u16 as *const c_void,
        to_c_i32 as *const c_void,
        to_c_u32 as *const c_void,
        to_c_i64 as *const c_void,
        to_c_u64 as *const c_void,
        to_c_char as *const c_void,
        from_c_pointer as *const c_void,
        to_c_pointer as *const c_void,
        unused as *const c_void,
        restore_errno as *const c_void,
        save_errno as *const c_void,
        from_c_char as *const c_void,
        from_c_deref as *const c_void,
        to_c as *const c_void,
        from_c_struct as *const c_void,
        to_c_wchar as *const c_void,
        from_c_wchar as *const c_void,
        long_double::returning_function(store_long_double),
        to_c_bool as *const c_void,
        prepare_pointer_call_argument as *const c_void,
        convert_array_from_object as *const c_void,
        extern_python::call_python as *const c_void,
        to_c_other_wide as *const c_void,
        from_c_other_wide as *const c_void,
    ]
}

/// Fills the first `count` places of a module's array.
///
/// # Safety
/// `array` has as many places.
pub unsafe fn fill(array: *mut *const c_void, count: usize) {
    for (index, function) in table().into_iter().enumerate().take(count) {
        // SAFETY: the caller's promise.
        unsafe { array.add(index).write(function) }
    }
}
