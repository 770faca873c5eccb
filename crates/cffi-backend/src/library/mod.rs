//! Libraries: `Lib`, what `ffi.dlopen()` returns, and `CLibrary` of the low-level interface.

pub mod clibrary;
pub mod handle;
pub mod keep_gil;
pub mod object;

use cffi_python::{Owned, PyResult, raise};

use crate::cdata::object::new_view;
use crate::convert;
use crate::ctype::{CType, Kind};

/// The value of a variable. Arrays and records are referred to, not copied.
///
/// # Safety
/// `data` is a variable of this type.
unsafe fn load_variable(ctype: &CType, data: *mut u8) -> PyResult<Owned> {
    match ctype.kind {
        Kind::Void => Err(raise!(TypeError, "cdata '{}' is opaque", ctype.name())),
        _ if ctype.kind.is_record() => Ok(new_view(ctype.to_ref(), data)?.into_owned()),
        // SAFETY: the caller's promise.
        _ => unsafe { convert::load(ctype, data) },
    }
}
