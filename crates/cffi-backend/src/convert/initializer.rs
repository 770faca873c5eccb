//! Initialisers of arrays and records: sequences, dicts, strings, and cdata of the same type.

use cffi_python::bits::ToSigned;
use cffi_python::error;
use cffi_python::ffi;
use cffi_python::{Borrowed, Owned, PyResult, Raised, raise};

use super::character;
use super::load::store_field;
use super::store::{expected, store};
use crate::cdata::CData;
use crate::ctype::record::Layout;
use crate::ctype::{CType, Kind};

/// Items of a list or tuple by index. The list may shrink while it is read: then reading ends with an error.
fn sequence_item(sequence: Borrowed<'_>, index: usize) -> PyResult<Owned> {
    // SAFETY: a list or tuple and an index; both calls check it and raise IndexError.
    unsafe {
        let index = index.to_signed();
        let item = if sequence.is_list() {
            ffi::PyList_GetItem(sequence.as_ptr(), index)
        } else {
            ffi::PyTuple_GetItem(sequence.as_ptr(), index)
        };
        Borrowed::from_ptr_or_none(item)
            .map(Borrowed::to_owned)
            .ok_or(Raised)
    }
}

/// Stores an initialiser for an array. `room` is its length in items where the type does not say it.
///
/// # Safety
/// `data` is writable for the array's size (with `room` items for an array of unknown length).
pub unsafe fn store_array(
    ctype: &CType,
    data: *mut u8,
    object: Borrowed<'_>,
    room: Option<usize>,
) -> PyResult<()> {
    let Some(item) = ctype.item() else {
        return Err(raise!(TypeError, "'{}' is no array", ctype.name()));
    };
    let length = usize::try_from(ctype.length).ok().or(room);
    let item_size = item.size()?.unwrap_or(0);
    if object.is_list() || object.is_tuple() {
        let count = object.length()?;
        if length.is_some_and(|length| count > length) {
            return Err(raise!(
                IndexError,
                "too many initializers for '{}' (got {count})",
                ctype.name()
            ));
        }
        // SAFETY: `count` is at most the array's length.
        return unsafe { store_items(item, item_size, data, object, count) };
    }
    let one_byte = item_size == 1 && item.kind.is_integral();
    if one_byte {
        if let Some(bytes) = object.bytes() {
            let fits = length.is_none_or(|length| bytes.len() <= length);
            if item.kind == Kind::Bool && fits && bytes.iter().any(|byte| *byte > 1) {
                return Err(raise!(
                    ValueError,
                    "an array of _Bool can only contain \\x00 or \\x01"
                ));
            }
            // SAFETY: the caller's promise.
            return unsafe { store_units(ctype, data, bytes, 1, bytes.len(), length, "bytes") };
        }
    }
    if item.kind == Kind::WideChar && object.is_str() {
        let points = object.code_points()?;
        let encoded = character::encode(&points, item_size);
        let count = encoded.len() / item_size.max(1);
        // SAFETY: the caller's promise.
        return unsafe { store_units(ctype, data, &encoded, item_size, count, length, "unicode") };
    }
    if let Some(source) = CData::from_object(object) {
        if std::ptr::eq(&raw const **source.ctype(), ctype) {
            let size = source
                .byte_size()?
                .min(length.map_or(usize::MAX, |length| length * item_size));
            // SAFETY: both arrays have at least this size; they may overlap.
            unsafe { std::ptr::copy(source.data(), data, size) }
            return Ok(());
        }
    }
    Err(expected(ctype, object, expected_for_items(item)))
}

/// What an array of these items can be initialised with, for messages.
pub fn expected_for_items(item: &CType) -> &'static str {
    match item.kind {
        Kind::WideChar => "unicode or list or tuple",
        kind if kind.is_integral() && item.raw_size() == 1 => "bytes or list or tuple",
        _ => "list or tuple",
    }
}

/// Stores the first `count` items of a list or tuple, one after the other.
///
/// # Safety
/// `data` is writable for `count` items of `size` bytes, the size of `item`.
pub unsafe fn store_items(
    item: &CType,
    size: usize,
    data: *mut u8,
    sequence: Borrowed<'_>,
    count: usize,
) -> PyResult<()> {
    for index in 0..count {
        let value = sequence_item(sequence, index)?;
        // SAFETY: the caller's promise.
        unsafe { store(item, data.add(index * size), value.borrow())? }
    }
    Ok(())
}

/// Copies the code units of a string, and a terminating null where there is room for it.
unsafe fn store_units(
    ctype: &CType,
    data: *mut u8,
    units: &[u8],
    unit_size: usize,
    count: usize,
    length: Option<usize>,
    what: &str,
) -> PyResult<()> {
    if length.is_some_and(|length| count > length) {
        return Err(raise!(
            IndexError,
            "initializer {what} is too long for '{}' (got {count} characters)",
            ctype.name()
        ));
    }
    // SAFETY: `count` units, and one more where it fits, lie inside the array.
    unsafe {
        std::ptr::copy_nonoverlapping(units.as_ptr(), data, units.len());
        if length.is_none_or(|length| count < length) {
            data.add(units.len()).write_bytes(0, unit_size);
        }
    }
    Ok(())
}

/// The number of items that an initialiser gives an array of unknown length, and whether it is a mere length.
pub fn array_length_of(ctype: &CType, object: Borrowed<'_>) -> PyResult<(usize, IsLength)> {
    let item_kind = ctype.item().map(|item| (item.kind, item.raw_size()));
    if object.is_list() || object.is_tuple() {
        return Ok((object.length()?, IsLength::No));
    }
    if let Some(bytes) = object.bytes() {
        // A string brings its terminating null along (C11 6.7.9p14).
        return Ok((bytes.len() + 1, IsLength::No));
    }
    if object.is_str() {
        let length = match item_kind {
            Some((Kind::WideChar, 2)) => character::encode(&object.code_points()?, 2).len() / 2,
            _ => object.str_len(),
        };
        return Ok((length + 1, IsLength::No));
    }
    let no_length = || {
        raise!(
            TypeError,
            "expected new array length or list/tuple/str, not {}",
            object.type_name()
        )
    };
    if !object.is_index() {
        return Err(no_length());
    }
    let length = object.as_isize().map_err(|raised| {
        if error::Exception::TypeError.is_set() {
            error::clear();
            return no_length();
        }
        raised
    })?;
    match usize::try_from(length) {
        Ok(length) => Ok((length, IsLength::Yes)),
        Err(_) => Err(raise!(ValueError, "negative array length")),
    }
}

/// Whether an initialiser only says how long an array is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsLength {
    /// It has the items too.
    No,
    /// It does.
    Yes,
}

/// Stores an initialiser for a record. `room` is how many bytes there are for it, where that is known: of a record that ends in an
/// array of unknown length it can be more than its size.
///
/// # Safety
/// `data` is writable for the record's size; where `room` is not known, for as much as the initialiser says, as in C.
pub unsafe fn store_record(
    ctype: &CType,
    data: *mut u8,
    object: Borrowed<'_>,
    room: Option<usize>,
) -> PyResult<()> {
    if let Some(source) = CData::from_object(object) {
        if std::ptr::eq(&raw const **source.ctype(), ctype) {
            let size = ctype.size()?.unwrap_or(0);
            // SAFETY: two records of the same type; they may be the same object.
            unsafe { std::ptr::copy(source.data(), data, size) }
            return Ok(());
        }
    }
    for_each_field(ctype, object, &mut |_, field, value| {
        if field.ctype.kind == Kind::Array && field.ctype.length < 0 {
            // SAFETY: `measure` made room for the array behind the fixed part, and the fields in front are not larger.
            return unsafe { store_flexible(field, data, value, room) };
        }
        if field.ctype.is_flexible()? {
            let rest = room.map(|room| room.saturating_sub(field.offset));
            // SAFETY: a nested record that ends in the same array.
            return unsafe { store_record(&field.ctype, data.add(field.offset), value, rest) };
        }
        // SAFETY: the field lies inside the record.
        unsafe { store_field(field, data, value) }
    })
}

unsafe fn store_flexible(
    field: &crate::ctype::field::CField,
    record: *mut u8,
    value: Borrowed<'_>,
    room: Option<usize>,
) -> PyResult<()> {
    let item_size = field
        .ctype
        .item()
        .map_or(Ok(None), CType::size)?
        .unwrap_or(1)
        .max(1);
    let items = room.map(|room| room.saturating_sub(field.offset) / item_size);
    let (length, is_length) = array_length_of(&field.ctype, value)?;
    if is_length == IsLength::Yes {
        return match items {
            Some(items) if length > items => Err(no_room(field)),
            _ => Ok(()),
        };
    }
    // SAFETY: `items` items lie behind the fixed part of the record, or as many as the program says.
    unsafe { store_array(&field.ctype, record.add(field.offset), value, items) }
}

#[cold]
fn no_room(field: &crate::ctype::field::CField) -> Raised {
    raise!(
        ValueError,
        "initializer for the flexible array '{}' does not fit the memory of the record",
        field.ctype.name()
    )
}

/// The size in bytes that a record needs with this initialiser, its flexible array included.
pub fn measure(ctype: &CType, object: Borrowed<'_>) -> PyResult<usize> {
    let mut needed = ctype.size()?.unwrap_or(0);
    if CData::from_object(object)
        .is_some_and(|source| std::ptr::eq(&raw const **source.ctype(), ctype))
    {
        return Ok(needed);
    }
    if !(object.is_list() || object.is_tuple() || object.is_dict()) {
        return Err(expected(ctype, object, "list or tuple or dict"));
    }
    for_each_field(ctype, object, &mut |_, field, value| {
        let end = if field.ctype.kind == Kind::Array && field.ctype.length < 0 {
            let item_size = field
                .ctype
                .item()
                .map_or(Ok(None), CType::size)?
                .unwrap_or(0);
            let (length, _) = array_length_of(&field.ctype, value)?;
            length
                .checked_mul(item_size)
                .and_then(|bytes| bytes.checked_add(field.offset))
        } else if field.ctype.is_flexible()? {
            measure(&field.ctype, value)?.checked_add(field.offset)
        } else {
            return Ok(());
        };
        match end.filter(|end| isize::try_from(*end).is_ok()) {
            Some(end) => {
                needed = needed.max(end);
                Ok(())
            }
            None => Err(raise!(
                OverflowError,
                "array size would overflow a Py_ssize_t"
            )),
        }
    })?;
    Ok(needed)
}

type Visit<'a> = dyn FnMut(usize, &crate::ctype::field::CField, Borrowed<'_>) -> PyResult<()> + 'a;

/// Pairs the fields of a record with the values of a list, tuple or dict.
fn for_each_field(ctype: &CType, object: Borrowed<'_>, visit: &mut Visit<'_>) -> PyResult<()> {
    let Some(layout) = ctype.layout()? else {
        return Err(raise!(TypeError, "'{}' is opaque", ctype.name()));
    };
    if object.is_list() || object.is_tuple() {
        return positional(ctype, layout, object, visit);
    }
    if object.is_dict() {
        return by_name(layout, object, visit);
    }
    Err(expected(
        ctype,
        object,
        "list or tuple or dict or struct-cdata",
    ))
}

fn positional(
    ctype: &CType,
    layout: &Layout,
    object: Borrowed<'_>,
    visit: &mut Visit<'_>,
) -> PyResult<()> {
    let count = object.length()?;
    let mut fields = layout
        .fields
        .iter()
        .filter(|named| !named.field.skipped_in_initializer);
    for index in 0..count {
        let Some(named) = fields.next() else {
            return Err(raise!(
                ValueError,
                "too many initializers for '{}' (got {count})",
                ctype.name()
            ));
        };
        let value = sequence_item(object, index)?;
        visit(index, &named.field, value.borrow())?;
    }
    Ok(())
}

fn by_name(layout: &Layout, object: Borrowed<'_>, visit: &mut Visit<'_>) -> PyResult<()> {
    // SAFETY: a dict; the copy is ours, so conversions that change the original cannot disturb the walk.
    let copy = unsafe { Owned::from_new(ffi::PyDict_Copy(object.as_ptr())) }?;
    let mut position = 0;
    let (mut key, mut value) = (std::ptr::null_mut(), std::ptr::null_mut());
    let mut index = 0;
    // SAFETY: a dict that nobody changes; key and value are borrowed from it.
    while unsafe {
        ffi::PyDict_Next(
            copy.as_ptr(),
            &raw mut position,
            &raw mut key,
            &raw mut value,
        )
    } != 0
    {
        // SAFETY: as above.
        let (key, value) = unsafe { (Borrowed::from_ptr(key), Borrowed::from_ptr(value)) };
        let Some(field) = layout.field(key)? else {
            return Err(cffi_python::error::raise_object(
                cffi_python::error::Exception::KeyError.class(),
                key,
            ));
        };
        visit(index, field, value)?;
        index += 1;
    }
    Ok(())
}
