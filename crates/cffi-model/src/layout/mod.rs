//! The layout of structs and unions: offsets, bit-field places, size and alignment, for any target.
//!
//! `gcc` are the rules of GCC and Clang on System V targets and macOS, `msvc` those of Microsoft's compiler, `ms_struct` what GCC and
//! Clang make of the latter on mingw and where an attribute asks for it. Types come in as sizes and alignments: this module knows no type table.

mod gcc;
mod ms_struct;
mod msvc;

use std::fmt;

use cffi_syntax::ast::RecordKind;

use crate::target::{System, Target};
use crate::types::RecordAbi;

/// What governs the layout of a record as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordRules {
    /// Struct or union.
    pub kind: RecordKind,
    /// `__attribute__((packed))`
    pub packed: Packed,
    /// `#pragma pack(n)`: the largest alignment of a member, in bytes.
    pub pack: Option<u32>,
    /// `aligned(n)`: at least this alignment, in bytes.
    pub align: Option<u32>,
    /// `ms_struct` or `gcc_struct`.
    pub abi: Option<RecordAbi>,
}

/// Whether alignments of members are ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packed {
    /// They are not.
    No,
    /// They are.
    Yes,
}

/// A member as its layout sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldInput {
    /// `sizeof` of its type, in bytes; 0 for a flexible array.
    pub size: u64,
    /// Alignment of its type, in bytes.
    pub align: u32,
    /// For a bit-field.
    pub bits: Option<BitsInput>,
    /// `_Alignas` or `aligned(n)` of the member, in bytes.
    pub explicit_align: Option<u32>,
    /// `__attribute__((packed))` of the member alone.
    pub packed: Packed,
    /// [`RecordLayout::required_align`] of its type.
    pub required_align: u32,
}

/// A bit-field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BitsInput {
    /// In bits; 0 closes the unit before it.
    pub width: u32,
    /// Whether it has a name.
    pub named: Named,
}

/// Whether a bit-field has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// It has.
    Yes,
    /// It only takes room.
    No,
}

/// A computed layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLayout {
    /// In bytes.
    pub size: u64,
    /// In bytes.
    pub align: u32,
    /// The part of the alignment that was asked for by name, in bytes: Microsoft's compiler does not let records around this one pack
    /// it away. 0 on other targets.
    pub required_align: u32,
    /// One for each member.
    pub fields: Vec<FieldPlace>,
}

/// The place of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldPlace {
    /// In bytes; of a bit-field, that of the unit that `bits` counts in: a multiple of the size of its type, unless
    /// a packed bit-field straddles two such units; then the byte in which it begins.
    pub offset: u64,
    /// For a bit-field.
    pub bits: Option<BitPlace>,
}

/// The place of a bit-field in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BitPlace {
    /// Bits below it in the unit, on little-endian targets. `shift + width` can exceed the bits of the type where the
    /// field straddles: then the unit is read byte by byte, up to nine of them.
    pub shift: u32,
    /// In bits.
    pub width: u32,
}

/// A layout that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutError {
    /// Larger than any object can be.
    TooLarge,
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("size is larger than any object can be")
    }
}

impl std::error::Error for LayoutError {}

/// Lays out a record.
pub fn layout_record(
    target: &Target,
    rules: &RecordRules,
    fields: &[FieldInput],
) -> Result<RecordLayout, LayoutError> {
    match (target.system, rules.abi) {
        (System::WindowsMsvc, _) => msvc::layout(*target, rules, fields),
        (_, Some(RecordAbi::Ms)) | (System::WindowsGnu, None) => ms_struct::layout(rules, fields),
        _ => gcc::layout(*target, rules, fields),
    }
}

/// The next multiple of a power of two.
fn round_up(value: u64, to: u64) -> Result<u64, LayoutError> {
    value
        .checked_next_multiple_of(to.max(1))
        .ok_or(LayoutError::TooLarge)
}

/// Whole bytes of a number of bits.
fn bytes(bits: u128) -> Result<u64, LayoutError> {
    u64::try_from(bits / 8).map_err(|_| LayoutError::TooLarge)
}

/// The place of a bit-field that begins at this bit of the record.
fn bit_place(start: u128, width: u32, size: u64) -> Result<FieldPlace, LayoutError> {
    let unit = u128::from(size.max(1)) * 8;
    let shift = start % unit;
    let (base, shift) = if shift + u128::from(width) <= unit {
        (start - shift, shift)
    } else {
        (start - start % 8, start % 8)
    };
    Ok(FieldPlace {
        offset: bytes(base)?,
        bits: Some(BitPlace {
            shift: u32::try_from(shift).unwrap_or(u32::MAX),
            width,
        }),
    })
}
