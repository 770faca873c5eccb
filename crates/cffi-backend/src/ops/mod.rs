//! The operations of `ffi` and of the module level, on ctypes and cdata: what both interfaces share.

pub mod addressing;
pub mod memory;
pub mod new;
pub mod strings;

use cffi_python::arguments::wrong_type;
use cffi_python::{Borrowed, PyResult, Raised, raise};

use crate::cdata::CData;
use crate::ctype::{CType, Kind};

/// The size in bytes of a ctype or of what a cdata is.
pub fn size_of(object: Borrowed<'_>) -> PyResult<usize> {
    if let Some(cdata) = CData::from_object(object) {
        return cdata.byte_size();
    }
    let Some(ctype) = CType::from_object(object) else {
        return Err(raise!(TypeError, "expected a 'cdata' or 'ctype' object"));
    };
    match ctype.size()? {
        Some(size) => Ok(size),
        None => Err(raise!(
            ValueError,
            "ctype '{}' is of unknown size",
            ctype.name()
        )),
    }
}

/// The argument as a cdata, or the error that every function gives for something else.
pub fn expect_cdata<'a>(object: Borrowed<'a>, function: &str) -> PyResult<&'a CData> {
    CData::from_object(object).ok_or_else(|| wrong_argument(function, object))
}

#[cold]
fn wrong_argument(function: &str, object: Borrowed<'_>) -> Raised {
    wrong_type(function, 1, "_cffi_backend._CDataBase", object)
}

/// What a pointer or array cdata gives access to: the item type.
pub fn items_of(cdata: &CData) -> Option<&CType> {
    match cdata.ctype().kind {
        Kind::Pointer | Kind::Array => cdata.ctype().item(),
        _ => None,
    }
}
