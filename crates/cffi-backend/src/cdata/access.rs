//! Getting at parts: `p[i]`, `p[a:b]`, `p.field`, and setting them.

use cffi_python::bits::ToSigned;
use cffi_python::{Borrowed, Owned, PyResult, Raised, error, ffi, raise};

use super::object::{CData, CDataRef, new_sized_view, new_view};
use crate::convert::{self, initializer, load};
use crate::ctype::{CType, Kind};
use crate::types;

impl CData {
    /// The address of item `index`, checked as far as the type allows, and the item's type.
    #[inline]
    fn item_address(&self, index: isize) -> PyResult<(&CType, *mut u8)> {
        let ctype = self.ctype();
        match (ctype.kind, ctype.item()) {
            (Kind::Pointer, Some(item)) => {
                let owning = self.is_exactly(&types::CDATA_OWN)
                    || types::CDATA_OWN_GC.is_exact(self.as_object());
                if owning && index != 0 {
                    return Err(raise!(
                        IndexError,
                        "cdata '{}' can only be indexed by 0",
                        ctype.name()
                    ));
                }
                if self.data().is_null() {
                    return Err(raise!(
                        RuntimeError,
                        "cannot dereference null pointer from cdata '{}'",
                        ctype.name()
                    ));
                }
                if index == 0 {
                    return Ok((item, self.data()));
                }
                Ok((item, self.offset_by(item, index)?))
            }
            (Kind::Array, Some(item)) => {
                if index < 0 {
                    return Err(raise!(IndexError, "negative index"));
                }
                let length = self.array_length();
                if index >= length {
                    return Err(raise!(
                        IndexError,
                        "index too large for cdata '{}' (expected {index} < {length})",
                        ctype.name()
                    ));
                }
                Ok((item, self.offset_by(item, index)?))
            }
            _ => Err(raise!(
                TypeError,
                "cdata of type '{}' cannot be indexed",
                ctype.name()
            )),
        }
    }

    #[inline]
    fn offset_by(&self, item: &CType, index: isize) -> PyResult<*mut u8> {
        match item.size()? {
            Some(size) => Ok(self
                .data()
                .wrapping_offset(index.wrapping_mul(size.to_signed()))),
            None => Err(opaque(item)),
        }
    }

    /// `self[index]`
    pub fn get_item(&self, index: isize) -> PyResult<Owned> {
        let (item, data) = self.item_address(index)?;
        if let Some(record) = self.owned_record() {
            return Ok(record.to_owned());
        }
        if item.kind == Kind::Void {
            return Err(opaque(item));
        }
        if item.kind.is_record() {
            // One that is opaque can be referred to as well.
            return Ok(new_view(item.to_ref(), data)?.into_owned());
        }
        // SAFETY: a checked item of an array, or what a pointer of the program points to.
        unsafe { convert::load(item, data) }
    }

    /// `self[index] = value`
    pub fn set_item(&self, index: isize, value: Borrowed<'_>) -> PyResult<()> {
        let (item, data) = self.item_address(index)?;
        if item.kind.is_record() {
            let room = match (self.owner(), self.ctype().kind) {
                (Some(owner), Kind::Pointer) => Some(owner.byte_size()?),
                (_, Kind::Array) => item.size()?,
                _ => None,
            };
            // SAFETY: as in `get_item`; `room` is what there is, where anybody knows it.
            return unsafe { initializer::store_record(item, data, value, room) };
        }
        // SAFETY: as in `get_item`.
        unsafe { convert::store(item, data, value) }
    }

    /// The object that has the memory of the record which this gives access to, if it knows how much that is.
    fn owner(&self) -> Option<&CData> {
        let owner = self
            .owned_record()
            .and_then(CData::from_object)
            .unwrap_or(self);
        (owner.is_owning() && owner.ctype().kind.is_record()).then_some(owner)
    }

    /// `del self[key]`, which no cdata supports; what is wrong with the key is told first.
    pub fn refuse_deletion(&self, key: Borrowed<'_>) -> Raised {
        let checked = if key.is_slice() {
            self.slice_bounds(key).map(drop)
        } else {
            key.to_index()
                .and_then(|index| self.item_address(index))
                .map(drop)
        };
        match checked {
            Ok(()) => raise!(TypeError, "'del x[n]' not supported for cdata objects"),
            Err(raised) => raised,
        }
    }

    /// `self[key]` for an index or a slice.
    pub fn subscript(&self, key: Borrowed<'_>) -> PyResult<Owned> {
        if key.is_slice() {
            return self.slice(key).map(CDataRef::into_owned);
        }
        self.get_item(key.to_index()?)
    }

    /// `self[key] = value` for an index or a slice.
    pub fn assign(&self, key: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
        if key.is_slice() {
            return self.assign_slice(key, value);
        }
        self.set_item(key.to_index()?, value)
    }

    /// Start and length of a slice; both ends must be given, because a pointer has no length of its own.
    fn slice_bounds(&self, key: Borrowed<'_>) -> PyResult<(isize, isize)> {
        let [start, stop, step] = cffi_python::version::slice_parts(key)?;
        let start = slice_bound(start.borrow(), "slice start must be specified")?;
        let stop = slice_bound(stop.borrow(), "slice stop must be specified")?;
        if !step.borrow().is_none() {
            return Err(raise!(IndexError, "slice with step not supported"));
        }
        if start > stop {
            return Err(raise!(IndexError, "slice start > stop"));
        }
        match self.ctype().kind {
            Kind::Array => {
                if start < 0 {
                    return Err(raise!(IndexError, "negative index"));
                }
                if stop > self.array_length() {
                    return Err(raise!(
                        IndexError,
                        "index too large (expected {stop} <= {})",
                        self.array_length()
                    ));
                }
            }
            Kind::Pointer => {}
            _ => {
                return Err(raise!(
                    TypeError,
                    "cdata of type '{}' cannot be indexed",
                    self.ctype().name()
                ));
            }
        }
        match stop.checked_sub(start) {
            Some(length) => Ok((start, length)),
            None => Err(raise!(
                OverflowError,
                "array size would overflow a Py_ssize_t"
            )),
        }
    }

    /// `self[start:stop]`: an array that refers to the same memory.
    fn slice(&self, key: Borrowed<'_>) -> PyResult<CDataRef> {
        let (start, length) = self.slice_bounds(key)?;
        let (Some(pointer), Some(item)) = (self.ctype().item_pointer(), self.ctype().item()) else {
            return Err(raise!(
                TypeError,
                "cdata of type '{}' cannot be indexed",
                self.ctype().name()
            ));
        };
        let array = pointer.open_array()?;
        let data = self.offset_by(item, start)?;
        if item
            .size()?
            .unwrap_or(0)
            .to_signed()
            .checked_mul(length)
            .is_none()
        {
            return Err(raise!(
                OverflowError,
                "array size would overflow a Py_ssize_t"
            ));
        }
        new_sized_view(array, data, length)
    }

    fn assign_slice(&self, key: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<()> {
        let (start, length) = self.slice_bounds(key)?;
        let Some(item) = self.ctype().item() else {
            return Err(raise!(
                TypeError,
                "cdata of type '{}' cannot be indexed",
                self.ctype().name()
            ));
        };
        let data = self.offset_by(item, start)?;
        let size = item.size()?.unwrap_or(0);
        let count = length.unsigned_abs();
        if let Some(source) = CData::from_object(value) {
            let same_items = source.ctype().kind == Kind::Array
                && source
                    .ctype()
                    .item()
                    .is_some_and(|other| std::ptr::eq(other, item));
            if same_items && source.array_length() == length {
                self.check_not_null(count)?;
                // SAFETY: both ranges have `count` items; they may overlap.
                unsafe { std::ptr::copy(source.data(), data, size * count) }
                return Ok(());
            }
        }
        if size == 1 && item.kind.is_integral() {
            let bytes = if item.kind == Kind::Char {
                value.bytes()
            } else {
                None
            };
            if let Some(bytes) = bytes {
                if bytes.len() != count {
                    return Err(wrong_count(length, bytes.len().to_signed()));
                }
                self.check_not_null(count)?;
                // SAFETY: `count` bytes lie inside the slice.
                unsafe { std::ptr::copy(bytes.as_ptr(), data, count) }
                return Ok(());
            }
            if value.is_bytearray() && item.kind == Kind::Char {
                let view =
                    cffi_python::buffer::View::new(value, cffi_python::buffer::Access::Read)?;
                if view.len() != count {
                    return Err(wrong_count(length, view.len().to_signed()));
                }
                self.check_not_null(count)?;
                // SAFETY: `count` bytes lie inside the slice.
                unsafe { std::ptr::copy(view.data(), data, count) }
                return Ok(());
            }
        }
        let iterator = value.iterate()?;
        self.check_not_null(count)?;
        for index in 0..count {
            let Some(next) = iterator.borrow().next()? else {
                return Err(raise!(
                    ValueError,
                    "need {length} values to unpack, got {index}"
                ));
            };
            // SAFETY: `index` is below the length of the slice.
            unsafe { convert::store(item, data.add(index * size), next.borrow())? }
        }
        match iterator.borrow().next()? {
            None => Ok(()),
            Some(_) => Err(raise!(
                ValueError,
                "got more than {length} values to unpack"
            )),
        }
    }

    /// An empty slice of NULL is allowed, storing to one that is not empty is not.
    fn check_not_null(&self, count: usize) -> PyResult<()> {
        if count == 0 {
            return Ok(());
        }
        self.check_pointer(self.data())
    }

    /// The record that a struct or a pointer to one gives access to: its type and address.
    fn record(&self) -> Option<(&CType, *mut u8)> {
        let ctype = self.ctype();
        if ctype.kind.is_record() {
            return Some((ctype, self.data()));
        }
        let item = ctype
            .item()
            .filter(|item| ctype.kind == Kind::Pointer && item.kind.is_record())?;
        Some((item, self.data()))
    }

    /// `self.name` for a field; `None` when there is no such field.
    #[inline]
    pub fn get_field(&self, name: Borrowed<'_>) -> PyResult<Option<Owned>> {
        let Some((record, data)) = self.record() else {
            return Ok(None);
        };
        let Some(layout) = record.layout()? else {
            return Ok(None);
        };
        let Some(field) = layout.field(name)? else {
            return Ok(None);
        };
        self.check_pointer(data)?;
        if field.ctype.kind == Kind::Array && field.ctype.length < 0 {
            return self.flexible_field(field, data).map(Some);
        }
        // SAFETY: a field of a record that the program's pointer points to.
        unsafe { load::load_field(field, data) }.map(Some)
    }

    /// An array of unknown length at the end of a record: with its length where this object knows how large the record is.
    fn flexible_field(
        &self,
        field: &crate::ctype::field::CField,
        data: *mut u8,
    ) -> PyResult<Owned> {
        let at = data.wrapping_add(field.offset);
        if let Some(owner) = self.owner() {
            let item = field
                .ctype
                .item()
                .map_or(Ok(None), CType::size)?
                .unwrap_or(0);
            let room = owner.byte_size()?.saturating_sub(field.offset);
            if let Some(length) = room.checked_div(item) {
                return Ok(
                    new_sized_view(field.ctype.clone(), at, length.to_signed())?.into_owned()
                );
            }
        }
        // SAFETY: a field of a record that the program's pointer points to; arrays are not read, only referred to.
        unsafe { load::load(&field.ctype, at) }
    }

    #[inline]
    fn check_pointer(&self, data: *mut u8) -> PyResult<()> {
        if data.is_null() {
            return Err(raise!(
                RuntimeError,
                "cannot dereference null pointer from cdata '{}'",
                self.ctype().name()
            ));
        }
        Ok(())
    }

    /// Whether `name` is a field.
    pub fn has_field(&self, name: Borrowed<'_>) -> PyResult<bool> {
        let Some((record, _)) = self.record() else {
            return Ok(false);
        };
        match record.layout()? {
            Some(layout) => Ok(layout.field(name)?.is_some()),
            None => Ok(false),
        }
    }

    /// `self.name = value` for a field; `false` when there is no such field.
    pub fn set_field(&self, name: Borrowed<'_>, value: Borrowed<'_>) -> PyResult<bool> {
        let Some((record, data)) = self.record() else {
            return Ok(false);
        };
        let Some(layout) = record.layout()? else {
            return Ok(false);
        };
        let Some(field) = layout.field(name)? else {
            return Ok(false);
        };
        self.check_pointer(data)?;
        if field.ctype.kind == Kind::Array && field.ctype.length < 0 {
            return self.set_flexible_field(field, data, value).map(|()| true);
        }
        if field.ctype.is_flexible()? {
            let room = match self.owner() {
                Some(owner) => Some(owner.byte_size()?.saturating_sub(field.offset)),
                None => None,
            };
            let data = data.wrapping_add(field.offset);
            // SAFETY: a field of a record that the program's pointer points to; `room` is what there is, where anybody knows it.
            return unsafe { initializer::store_record(&field.ctype, data, value, room) }
                .map(|()| true);
        }
        // SAFETY: a field of a record that the program's pointer points to.
        unsafe { load::store_field(field, data, value) }.map(|()| true)
    }

    fn set_flexible_field(
        &self,
        field: &crate::ctype::field::CField,
        data: *mut u8,
        value: Borrowed<'_>,
    ) -> PyResult<()> {
        let item = field
            .ctype
            .item()
            .map_or(Ok(None), CType::size)?
            .unwrap_or(1)
            .max(1);
        let room = match self.owner() {
            Some(owner) => Some(owner.byte_size()?.saturating_sub(field.offset) / item),
            None => None,
        };
        // SAFETY: with an owner the length is checked; without one the program answers for its pointer, as in C.
        unsafe {
            initializer::store_array(&field.ctype, data.wrapping_add(field.offset), value, room)
        }
    }

    /// The error for an attribute that is no field.
    #[cold]
    pub fn no_attribute(&self, name: Borrowed<'_>) -> Raised {
        let shown = name.display();
        let ctype = self.ctype().name();
        match self.record() {
            Some((record, _)) if matches!(record.layout(), Ok(Some(_))) => {
                raise!(AttributeError, "cdata '{ctype}' has no field '{shown}'")
            }
            Some(_) if self.ctype().kind == Kind::Pointer => raise!(
                AttributeError,
                "cdata '{ctype}' points to an opaque type: cannot read fields"
            ),
            _ => raise!(AttributeError, "cdata '{ctype}' has no attribute '{shown}'"),
        }
    }

    /// The error for setting an attribute that is no field.
    #[cold]
    pub fn no_settable_attribute(&self, name: Borrowed<'_>) -> Raised {
        match self.record() {
            Some((record, _))
                if self.ctype().kind == Kind::Pointer && matches!(record.layout(), Ok(None)) =>
            {
                raise!(
                    AttributeError,
                    "cdata '{}' points to an opaque type: cannot write fields",
                    self.ctype().name()
                )
            }
            _ => self.no_attribute(name),
        }
    }
}

#[cold]
fn wrong_count(expected: isize, got: isize) -> Raised {
    raise!(ValueError, "need a string of length {expected}, got {got}")
}

/// The error for an item whose size nobody knows.
#[cold]
fn opaque(item: &CType) -> Raised {
    if item.kind == Kind::Void {
        raise!(TypeError, "cdata 'void' is opaque")
    } else {
        raise!(TypeError, "'{}' is opaque", item.name())
    }
}

/// An end of a slice: an `int`, nothing that stands for one.
fn slice_bound(bound: Borrowed<'_>, missing: &str) -> PyResult<isize> {
    if bound.is_none() {
        return Err(raise!(IndexError, "{missing}"));
    }
    // SAFETY: a valid object; one that is no `int` raises.
    let value = unsafe { ffi::PyLong_AsSsize_t(bound.as_ptr()) };
    if value == -1 {
        error::check()?;
    }
    Ok(value)
}

/// `object` as an index, as CPython converts it.
pub trait ToIndex {
    /// Raises `TypeError` for what is no index and `IndexError` for what is too large.
    fn to_index(self) -> PyResult<isize>;
}

impl ToIndex for Borrowed<'_> {
    #[inline]
    fn to_index(self) -> PyResult<isize> {
        if let Some(value) = self.one_digit_isize() {
            return Ok(value);
        }
        // SAFETY: a valid object and a valid exception class.
        let value = unsafe { ffi::PyNumber_AsSsize_t(self.as_ptr(), ffi::PyExc_IndexError) };
        if value == -1 {
            error::check()?;
        }
        Ok(value)
    }
}
