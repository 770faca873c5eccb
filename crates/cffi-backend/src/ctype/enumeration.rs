//! Enum ctypes: an integer type with names for some of its values.

use cffi_python::{Borrowed, Owned, PyResult, object, text};

use super::object::{CType, CTypeRef, Detail, Kind, NewCType};

/// The enumerators of an enum.
pub struct EnumDetail {
    /// The integer type underneath.
    pub base: CTypeRef,
    /// `{value: name}`; of several names for a value, the first declared.
    pub elements: Owned,
    /// `{name: value}`
    pub relements: Owned,
}

impl EnumDetail {
    /// The name of a value, if it has one.
    pub fn name_of(&self, value: Borrowed<'_>) -> PyResult<Option<Owned>> {
        self.elements.borrow().dict_get(value)
    }
}

/// A new enum over an integer type. Enumerators are pairs of `str` and `int` in order of declaration.
pub fn new_enum(
    name: &str,
    base: &CType,
    enumerators: impl IntoIterator<Item = PyResult<(Owned, Owned)>>,
) -> PyResult<CTypeRef> {
    let elements = object::new_dict()?;
    let relements = object::new_dict()?;
    let enumerators: Vec<(Owned, Owned)> = enumerators.into_iter().collect::<PyResult<_>>()?;
    // The last one first, as programs that list them see them. Of several names for a value, the first declared remains.
    for (name, value) in enumerators.iter().rev() {
        elements.borrow().dict_set(value.borrow(), name.borrow())?;
        relements.borrow().dict_set(name.borrow(), value.borrow())?;
    }
    let kind = if base.kind == Kind::Signed {
        Kind::Signed
    } else {
        Kind::Unsigned
    };
    NewCType {
        kind,
        size: base.raw_size(),
        align: base.raw_align(),
        item: None,
        length: -1,
        decayed: None,
        name: name.into(),
        name_position: name.len(),
        detail: Detail::Enum(Box::new(EnumDetail {
            base: base.to_ref(),
            elements,
            relements,
        })),
    }
    .build()
}

/// What `ffi.string()` and `repr()` show for a value of an enum: its name or its number.
pub fn value_text(detail: &EnumDetail, value: Borrowed<'_>) -> PyResult<Owned> {
    match detail.name_of(value)? {
        Some(name) => Ok(name),
        None => text::from_str(&value.display()),
    }
}
