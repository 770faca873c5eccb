//! Pointer ctypes, interned on their target.

use cffi_python::PyResult;
use cffi_python::bits::ToSigned;

use super::object::{CType, CTypeRef, Detail, Kind, NewCType};

/// Size of every pointer, in bytes.
pub const POINTER_SIZE: usize = size_of::<*const u8>();

impl CType {
    /// The type of a pointer to `self`.
    pub fn pointer(&self) -> PyResult<CTypeRef> {
        let cached = self.pointer_cache.get();
        if !cached.is_null() {
            // SAFETY: a type leaves this cache before it is deallocated (`forget_pointer`).
            return Ok(unsafe { (*cached).to_ref() });
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
            name: format!("{before}{insert}{after}").into(),
            name_position: before.len() + position,
            detail: Detail::None,
        }
        .build()?;
        self.pointer_cache
            .set(std::ptr::from_ref::<CType>(&made).cast_mut());
        Ok(made)
    }

    /// Removes a pointer type from the cache of its target; called as it is deallocated.
    pub(super) fn forget_pointer(&self, pointer: *const CType) {
        if std::ptr::eq(self.pointer_cache.get(), pointer) {
            self.pointer_cache.set(std::ptr::null_mut());
        }
    }
}
