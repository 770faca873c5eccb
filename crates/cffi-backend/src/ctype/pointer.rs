//! Pointer ctypes, interned on their target.

use std::ptr::NonNull;

use cffi_python::PyResult;
use cffi_python::bits::ToSigned;

use super::object::{CType, CTypeRef, Detail, Kind, NewCType};

/// Size of every pointer, in bytes.
pub const POINTER_SIZE: usize = size_of::<*const u8>();

impl CType {
    /// The type of a pointer to `self`.
    pub fn pointer(&self) -> PyResult<CTypeRef> {
        if let Some(cached) = self.cached_pointer() {
            return Ok(cached);
        }
        let (before, after) = self.name_parts();
        // A pointer to an array needs parentheses around its declarator (C11 6.7.6); the spelling of a function pointer has them.
        let (insert, position) = if self.kind == Kind::Array {
            ("(*)", 2)
        } else {
            (" *", 2)
        };
        let made = NewCType {
            kind: Kind::Pointer,
            size: POINTER_SIZE.to_signed(),
            align: align_of::<*const u8>().try_into().unwrap_or(u32::MAX),
            item: Some(self.to_ref()),
            length: -1,
            decayed: None,
            name: [before, insert, after].concat().into(),
            name_position: before.len() + position,
            detail: Detail::None,
        }
        .build()?;
        let first = self.derived.with(|derived| {
            // SAFETY: a type leaves this cache first thing when it is deallocated (`forget_pointer`).
            let first = derived
                .pointer
                .and_then(|first| unsafe { CTypeRef::revive(first) });
            if first.is_none() {
                derived.pointer = Some(NonNull::from(&*made));
            }
            first
        });
        Ok(first.unwrap_or(made))
    }

    fn cached_pointer(&self) -> Option<CTypeRef> {
        self.derived
            // SAFETY: as above.
            .with(|derived| unsafe { CTypeRef::revive(derived.pointer?) })
    }

    /// Removes a pointer type from the cache of its target; called as it is deallocated.
    pub(super) fn forget_pointer(&self, pointer: *const CType) {
        self.derived.with(|derived| {
            if derived
                .pointer
                .is_some_and(|it| std::ptr::eq(it.as_ptr(), pointer))
            {
                derived.pointer = None;
            }
        });
    }
}
