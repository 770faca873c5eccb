//! C memory to Python objects.

use cffi_python::{Borrowed, Owned, PyResult, raise, text};

use super::{bits, character, float, integer};
use crate::cdata::object::new_view;
use crate::ctype::field::{CField, Place};
use crate::ctype::{CType, Kind};

/// The Python object for the C object of type `ctype` at `data`. Arrays and records come as cdata that refer to the memory.
///
/// # Safety
/// `data` is readable for the size of `ctype`; it need not be aligned.
#[inline]
pub unsafe fn load(ctype: &CType, data: *mut u8) -> PyResult<Owned> {
    // SAFETY: in all arms, the caller's promise.
    unsafe {
        match ctype.kind {
            Kind::Signed | Kind::Unsigned => integer::load(ctype, data),
            Kind::Pointer | Kind::Function => {
                let target = data.cast::<*mut u8>().read_unaligned();
                Ok(new_view(ctype.to_ref(), target)?.into_owned())
            }
            Kind::Float => {
                cffi_python::int::from_f64(float::read(data, ctype.raw_size().unsigned_abs()))
            }
            Kind::Char => text::bytes_from_raw(data, 1),
            Kind::Bool => match data.read() {
                value @ (0 | 1) => Ok(Owned::bool(value == 1)),
                value => Err(raise!(
                    ValueError,
                    "got a _Bool of value {value}, expected 0 or 1"
                )),
            },
            _ => load_other(ctype, data),
        }
    }
}

/// # Safety
/// As [`load`].
unsafe fn load_other(ctype: &CType, data: *mut u8) -> PyResult<Owned> {
    // SAFETY: in all arms, the caller's promise.
    unsafe {
        match ctype.kind {
            Kind::WideChar => character::load_wide(ctype, data),
            Kind::LongDouble => float::load_long_double(ctype, data),
            Kind::Complex => float::load_complex(ctype, data),
            Kind::Array if ctype.length < 0 => {
                // The number of items is not known here: all that can be given is a pointer to the first.
                let pointer = ctype.item_pointer().unwrap_or(ctype);
                Ok(new_view(pointer.to_ref(), data)?.into_owned())
            }
            Kind::Array | Kind::Struct | Kind::Union => {
                if ctype.kind.is_record() && ctype.size()?.is_none() {
                    return Err(raise!(TypeError, "cdata '{}' is opaque", ctype.name()));
                }
                Ok(new_view(ctype.to_ref(), data)?.into_owned())
            }
            _ => Err(raise!(
                TypeError,
                "cannot return a cdata '{}'",
                ctype.name()
            )),
        }
    }
}

/// The value of a field of the record at `record`.
///
/// # Safety
/// `record` points at a readable record that has the field.
#[inline]
pub unsafe fn load_field(field: &CField, record: *mut u8) -> PyResult<Owned> {
    // SAFETY: the field lies inside the record.
    unsafe {
        let data = record.add(field.offset);
        match field.place {
            Place::Whole if field.ctype.kind == Kind::Array && field.ctype.length == 0 => {
                // `data[0]` at the end of a struct is GNU C's flexible array: nobody knows how long it is.
                let pointer = field.ctype.item_pointer().unwrap_or(&field.ctype);
                Ok(new_view(pointer.to_ref(), data)?.into_owned())
            }
            Place::Whole => load(&field.ctype, data),
            Place::Bits { shift, width } => bits::load(&field.ctype, data, shift, width),
        }
    }
}

/// Stores a value into a field of the record at `record`.
///
/// # Safety
/// `record` points at a writable record that has the field.
#[inline]
pub unsafe fn store_field(field: &CField, record: *mut u8, value: Borrowed<'_>) -> PyResult<()> {
    // SAFETY: the field lies inside the record.
    unsafe {
        let data = record.add(field.offset);
        match field.place {
            Place::Whole => super::store(&field.ctype, data, value),
            Place::Bits { shift, width } => bits::store(&field.ctype, data, shift, width, value),
        }
    }
}
