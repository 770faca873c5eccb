//! The shapes of values as calling conventions see them: sizes, places and register classes. No C names, no constness, no Python.

use std::sync::Arc;

/// Whether an integer is extended with its sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signedness {
    /// With zeros.
    Unsigned,
    /// With the sign.
    Signed,
}

/// The shape of a parameter or result.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

/// The shape of a struct or union, by the scalars inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordShape {
    /// In bytes.
    pub size: usize,
    /// In bytes.
    pub align: usize,
    /// The scalars inside with their offsets in bytes, those of nested records and arrays each for itself, overlapping in unions; of a
    /// bit-field the bytes that it touches. May be left empty for records above [`MAX_LEAVES_SIZE`].
    pub leaves: Vec<(usize, Shape)>,
    /// Whether all members are ordinary ones: no unions, bit-fields, packed or moved fields.
    pub plain: bool,
}

/// A function's shape.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    /// What it returns.
    pub result: Shape,
    /// What it takes; in a variadic call, all arguments of that call after C's default argument promotions (C11 6.5.2.2p6).
    pub parameters: Vec<Shape>,
    /// Of a variadic call: how many of the parameters are named ones. `None` is a function with a fixed number of parameters.
    pub fixed: Option<usize>,
    /// libffi's number of the calling convention (`__stdcall` on i686, …); `None` is the platform's default one.
    pub abi: Option<u32>,
}

/// No convention that we know looks into larger records, in bytes (AAPCS64: four `long double`s).
pub const MAX_LEAVES_SIZE: usize = 64;

/// `sizeof(long double)` on this target: 16 in most 64-bit ABIs, 12 on i686, elsewhere that of `double`.
pub const LONG_DOUBLE_SIZE: usize = if cfg!(any(
    target_env = "msvc",
    all(target_vendor = "apple", target_arch = "aarch64")
)) {
    8
} else if cfg!(target_pointer_width = "64") {
    16
} else if cfg!(target_arch = "x86") {
    12
} else {
    8
};

/// `_Alignof(long double)` on this target: the size, but on i686, where it is 4.
const LONG_DOUBLE_ALIGN: usize = if LONG_DOUBLE_SIZE == 12 {
    4
} else {
    LONG_DOUBLE_SIZE
};

impl Shape {
    /// Size in bytes of the C object.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Void => 0,
            Self::Int(size, _) => usize::from(*size),
            Self::Float => 4,
            Self::Double | Self::ComplexFloat => 8,
            Self::Pointer => size_of::<usize>(),
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
            // System V i386 aligns eight-byte scalars inside of records to 4.
            Self::Double | Self::ComplexDouble | Self::Int(8, _)
                if cfg!(all(target_arch = "x86", not(windows))) =>
            {
                4
            }
            Self::ComplexDouble => 8,
            Self::LongDouble => LONG_DOUBLE_ALIGN,
            Self::Record(record) => record.align,
            scalar => scalar.size(),
        }
    }
}

impl RecordShape {
    /// Whether the leaves follow each other as the members of a struct do in C without any attributes (C11 6.7.2.1p15), so that a list
    /// of their types says everything.
    pub(crate) fn is_laid_out_plainly(&self) -> bool {
        let (mut end, mut align) = (0usize, 1usize);
        for (offset, leaf) in &self.leaves {
            if *offset != end.next_multiple_of(leaf.align()) {
                return false;
            }
            end = offset + leaf.size();
            align = align.max(leaf.align());
        }
        self.plain && self.size == end.next_multiple_of(align) && self.align == align
    }
}
