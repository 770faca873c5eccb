//! The shapes of values as calling conventions see them: sizes and register classes, no C names.

use std::sync::Arc;

/// Whether an integer is extended with its sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signedness {
    /// With zeros.
    Unsigned,
    /// With the sign.
    Signed,
}

/// The shape of a parameter or result.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// No value.
    Void,
    /// An integer of 1, 2, 4 or 8 bytes; `_Bool`, characters and enums too.
    Int(u8, Signedness),
    /// `float`
    Float,
    /// `double`
    Double,
    /// `long double`
    LongDouble,
    /// An address.
    Pointer,
    /// `float _Complex`
    ComplexFloat,
    /// `double _Complex`
    ComplexDouble,
    /// A struct or union by value.
    Record(Arc<RecordShape>),
}

/// The shape of a struct or union.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordShape {
    /// In bytes.
    pub size: usize,
    /// In bytes.
    pub align: usize,
    /// The scalars inside with their offsets in bytes, those of nested records and arrays each for itself, overlapping in unions.
    /// Left empty for records above [`MAX_LEAVES_SIZE`], whose convention does not depend on them.
    pub leaves: Vec<(usize, Shape)>,
    /// Whether libffi can describe it: no unions, bit-fields, packed or moved fields.
    pub plain: bool,
}

/// No convention looks into larger records, in bytes (AAPCS64: four `long double`s).
pub const MAX_LEAVES_SIZE: usize = 64;

impl Shape {
    /// Size in bytes of the C object.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Void => 0,
            Self::Int(size, _) => usize::from(*size),
            Self::Float => 4,
            Self::Double | Self::Pointer | Self::ComplexFloat => 8,
            Self::ComplexDouble => 16,
            Self::LongDouble => LONG_DOUBLE_SIZE,
            Self::Record(record) => record.size,
        }
    }

    /// Alignment in bytes of the C object.
    #[must_use]
    pub fn align(&self) -> usize {
        match self {
            Self::Void => 1,
            Self::ComplexFloat => 4,
            Self::ComplexDouble => 8,
            Self::LongDouble => LONG_DOUBLE_SIZE,
            Self::Record(record) => record.align,
            other => other.size(),
        }
    }
}

/// `sizeof(long double)` on this target: 16 in the 64-bit ABIs, but for MSVC and Apple's AArch64, where it is `double`.
pub const LONG_DOUBLE_SIZE: usize = if cfg!(any(
    target_env = "msvc",
    all(target_vendor = "apple", target_arch = "aarch64")
)) {
    8
} else if cfg!(target_pointer_width = "64") {
    16
} else {
    12
};

/// A function's shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// What it returns.
    pub result: Shape,
    /// What it takes; in a variadic call, all arguments of that call after C's default promotions.
    pub parameters: Vec<Shape>,
    /// Of a variadic call: how many of the parameters are fixed.
    pub fixed: Option<usize>,
    /// libffi's number of the calling convention; `None` is the default one.
    pub abi: Option<u32>,
}
