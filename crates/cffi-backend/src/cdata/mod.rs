//! cdata objects: a C value or a place in memory, with its ctype.
//!
//! `object` is the base and how instances are allocated; `owning`, `gc`, `handle`, `from_buffer` are the kinds that keep something
//! alive; `access`, `arithmetic`, `compare`, `iter`, `show` are what the slots do; `slots` puts them together.

pub mod access;
pub mod arithmetic;
pub mod compare;
pub mod from_buffer;
pub mod gc;
pub mod handle;
pub mod iter;
pub mod object;
pub mod owning;
pub mod show;
pub mod slots;

pub use object::{CData, CDataRef};

use cffi_python::{PyResult, Raised, raise};

use crate::ctype::Kind;

/// `ffi.release(cdata)`: gives memory, buffer or destructor back now instead of when the object goes away. Twice is harmless.
pub fn release(cdata: &CData) -> PyResult<()> {
    check_releasable(cdata)?;
    if gc::is_gcp(cdata) {
        gc::destroy(cdata);
    } else if let Some(record) = cdata.owned_record().and_then(CData::from_object) {
        // A struct from an allocator of the program: its block is freed through the record's own cdata.
        gc::destroy(record);
    } else {
        from_buffer::release(cdata);
    }
    Ok(())
}

/// Raises for cdata that own nothing which can be released.
pub fn check_releasable(cdata: &CData) -> PyResult<()> {
    let owns = cdata.is_owning() && matches!(cdata.ctype().kind, Kind::Pointer | Kind::Array);
    if owns || gc::is_gcp(cdata) || from_buffer::description(cdata).is_some() {
        return Ok(());
    }
    Err(not_releasable())
}

#[cold]
fn not_releasable() -> Raised {
    raise!(
        ValueError,
        "only 'cdata' object from ffi.new(), ffi.gc(), ffi.from_buffer() or ffi.new_allocator()() can be used with the 'with' keyword or ffi.release()"
    )
}
