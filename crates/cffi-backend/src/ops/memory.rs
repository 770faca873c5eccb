//! `ffi.memmove()` and `ffi.from_buffer()`.

use cffi_python::bits::ToSigned;
use cffi_python::buffer::{Access, View};
use cffi_python::{Borrowed, Owned, PyResult, raise};

use crate::cdata::{CData, from_buffer as view};
use crate::ctype::{CType, Kind};

/// One end of a `memmove`: its address, and the buffer that is kept while it is used.
struct End {
    data: *mut u8,
    _view: Option<View>,
}

fn end(object: Borrowed<'_>, access: Access, size: usize) -> PyResult<End> {
    if let Some(cdata) = CData::from_object(object) {
        if !matches!(cdata.ctype().kind, Kind::Pointer | Kind::Array) {
            return Err(raise!(
                TypeError,
                "expected a pointer or array ctype, got '{}'",
                cdata.ctype().name()
            ));
        }
        return Ok(End {
            data: cdata.data(),
            _view: None,
        });
    }
    let view = View::new(object, access)?;
    if size > view.len() {
        return Err(raise!(
            ValueError,
            "cannot copy {size} bytes: '{}' object has {} bytes",
            object.type_name(),
            view.len()
        ));
    }
    Ok(End {
        data: view.data(),
        _view: Some(view),
    })
}

/// `ffi.memmove(destination, source, size)`, size in bytes.
pub fn memmove(destination: Borrowed<'_>, source: Borrowed<'_>, size: isize) -> PyResult<()> {
    let Ok(size) = usize::try_from(size) else {
        return Err(raise!(ValueError, "negative size"));
    };
    let source = end(source, Access::Read, size)?;
    let destination = end(destination, Access::Write, size)?;
    if size > 0 {
        // SAFETY: buffers were checked to have `size` bytes; of C pointers the program says so.
        unsafe { std::ptr::copy(source.data, destination.data, size) }
    }
    Ok(())
}

/// `ffi.from_buffer(ctype, object)`
pub fn from_buffer(ctype: &CType, object: Borrowed<'_>, access: Access) -> PyResult<Owned> {
    if !matches!(ctype.kind, Kind::Pointer | Kind::Array) {
        return Err(raise!(
            TypeError,
            "expected a pointer or array ctype, got '{}'",
            ctype.name()
        ));
    }
    if object.is_str() {
        return Err(raise!(
            TypeError,
            "from_buffer() cannot return the address of a unicode object"
        ));
    }
    let buffer = View::new(object, access)?;
    let length = if ctype.kind == Kind::Array {
        match ctype.size()? {
            Some(size) if buffer.len() < size => {
                return Err(raise!(
                    ValueError,
                    "buffer is too small ({} bytes) for '{}' ({size} bytes)",
                    buffer.len(),
                    ctype.name()
                ));
            }
            Some(_) => ctype.length,
            None => match ctype.item().map_or(Ok(None), CType::size)? {
                Some(size) if size > 0 => (buffer.len() / size).to_signed(),
                _ => {
                    return Err(raise!(
                        ZeroDivisionError,
                        "from_buffer('{}', ..): the actual length of the array cannot be computed",
                        ctype.name()
                    ));
                }
            },
        }
    } else {
        -1
    };
    Ok(view::new_from_buffer(ctype.to_ref(), buffer, length)?.into_owned())
}
