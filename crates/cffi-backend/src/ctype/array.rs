//! Array ctypes, interned on the pointer type that they decay to.

use cffi_python::bits::ToSigned;
use std::ptr::NonNull;

use cffi_python::{PyResult, raise};

use super::object::{CType, CTypeRef, Detail, Kind, NewCType};

/// The length of an array whose length is not known: `item[]`.
pub const OPEN: isize = -1;

/// The type of an array of what `pointer` points to. `length` is a number of items, or [`OPEN`].
pub fn array_of(pointer: &CType, length: isize) -> PyResult<CTypeRef> {
    // SAFETY: a type leaves this cache first thing when it is deallocated (`forget_array`).
    let revive = |cached: NonNull<CType>| unsafe { CTypeRef::revive(cached) };
    let cached = pointer
        .derived
        .with(|derived| revive(*derived.arrays.get(&length)?));
    if let Some(cached) = cached {
        return Ok(cached);
    }
    let Some(item) = pointer.item().filter(|_| pointer.kind == Kind::Pointer) else {
        return Err(raise!(TypeError, "first arg must be a pointer ctype"));
    };
    let Some(item_size) = item.size()? else {
        return Err(raise!(
            ValueError,
            "array item of unknown size: '{}'",
            item.name()
        ));
    };
    let (size, brackets) = if length < 0 {
        (-1, "[]".to_owned())
    } else {
        let Some(size) = length.checked_mul(item_size.to_signed()) else {
            return Err(raise!(
                OverflowError,
                "array size would overflow a Py_ssize_t"
            ));
        };
        (size, format!("[{length}]"))
    };
    let (before, after) = item.name_parts();
    let made = NewCType {
        kind: Kind::Array,
        size,
        align: 0,
        item: Some(item.to_ref()),
        length: length.max(OPEN),
        decayed: Some(pointer.to_ref()),
        name: [before, &brackets, after].concat().into(),
        name_position: before.len(),
        detail: Detail::None,
    }
    .build()?;
    let first = pointer.derived.with(|derived| {
        let first = derived.arrays.get(&made.length).copied().and_then(revive);
        if first.is_none() {
            derived.arrays.insert(made.length, NonNull::from(&*made));
        }
        first
    });
    Ok(first.unwrap_or(made))
}

impl CType {
    /// Of a pointer: the array of its pointees of unknown length, which is what slices are.
    pub fn open_array(&self) -> PyResult<CTypeRef> {
        if let Some(kept) = self.derived.read(|derived| derived.kept_array.clone()) {
            return Ok(kept);
        }
        let array = array_of(self, OPEN)?;
        let kept = array.clone();
        // Another thread may have kept the same array.
        drop(
            self.derived
                .with(|derived| derived.kept_array.replace(kept)),
        );
        Ok(array)
    }

    /// Removes an array type from the cache of its pointer type; called as it is deallocated.
    pub(super) fn forget_array(&self, array: *const CType, length: isize) {
        self.derived.with(|derived| {
            let cached = derived.arrays.get(&length);
            if cached.is_some_and(|cached| std::ptr::eq(cached.as_ptr(), array)) {
                derived.arrays.remove(&length);
            }
        });
    }
}
