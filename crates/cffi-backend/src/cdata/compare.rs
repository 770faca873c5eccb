//! Comparison and hashing: primitives by value, everything else by address.

use cffi_python::bits::ToSigned;
use std::ffi::c_int;

use cffi_python::{Borrowed, Owned, PyResult, Raised, ffi};

use super::arithmetic;
use super::object::CData;
use crate::ctype::Kind;

/// What a primitive compares and hashes as: the Python value that reading it gives. `long double` as a `float`.
fn python_value(cdata: &CData) -> PyResult<Owned> {
    match cdata.ctype().kind {
        Kind::LongDouble => arithmetic::to_float(cdata),
        // SAFETY: the value of a primitive cdata.
        _ => unsafe { crate::convert::load(cdata.ctype(), cdata.data()) },
    }
}

fn is_primitive(object: Borrowed<'_>) -> Option<&CData> {
    CData::from_object(object).filter(|cdata| cdata.ctype().kind.is_primitive())
}

/// `tp_richcompare`
pub fn compare(left: Borrowed<'_>, right: Borrowed<'_>, operator: c_int) -> PyResult<Owned> {
    let (first, second) = (CData::from_object(left), CData::from_object(right));
    let left_primitive = is_primitive(left);
    let right_primitive = is_primitive(right);
    if left_primitive.is_some() || right_primitive.is_some() {
        let left_value = left_primitive.map(python_value).transpose()?;
        let right_value = right_primitive.map(python_value).transpose()?;
        // A primitive never compares with a pointer.
        if first.is_some() && second.is_some() && (left_value.is_none() || right_value.is_none()) {
            return Ok(Owned::not_implemented());
        }
        let left = left_value.as_ref().map_or(left, Owned::borrow);
        let right = right_value.as_ref().map_or(right, Owned::borrow);
        // SAFETY: two valid objects.
        return unsafe {
            Owned::from_new(ffi::PyObject_RichCompare(
                left.as_ptr(),
                right.as_ptr(),
                operator,
            ))
        };
    }
    let (Some(first), Some(second)) = (first, second) else {
        return Ok(Owned::not_implemented());
    };
    let (left, right) = (first.data(), second.data());
    let result = match operator {
        ffi::Py_EQ => left == right,
        ffi::Py_NE => left != right,
        ffi::Py_LT => left < right,
        ffi::Py_LE => left <= right,
        ffi::Py_GT => left > right,
        _ => left >= right,
    };
    Ok(Owned::bool(result))
}

/// `tp_hash`: equal cdata have equal hashes, and so have a primitive and the Python value that it equals.
pub fn hash(cdata: &CData) -> PyResult<isize> {
    if cdata.ctype().kind.is_primitive() {
        let value = python_value(cdata)?;
        // SAFETY: a valid object.
        let hash = unsafe { ffi::PyObject_Hash(value.as_ptr()) };
        return if hash == -1 { Err(Raised) } else { Ok(hash) };
    }
    Ok(hash_of_address(cdata))
}

/// [`hash`] of what is no primitive.
#[inline]
pub fn hash_of_address(cdata: &CData) -> isize {
    // The low bits of addresses are zeros: rotate them away, as CPython does for its own objects.
    let hash = cdata.data().addr().rotate_right(4).to_signed();
    if hash == -1 { -2 } else { hash }
}
