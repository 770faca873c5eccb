//! Scalars of at most eight bytes as words: what a register holds of them and what memory holds.
//!
//! Not for `long double`, complex numbers and records: these are cut into pieces by the plan.

use crate::shape::{Shape, Signedness};

/// How a word is read from memory and written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// A signed byte.
    I8,
    /// An unsigned byte.
    U8,
    /// Two bytes, signed.
    I16,
    /// Two bytes, unsigned.
    U16,
    /// Four bytes, signed.
    I32,
    /// Four bytes, unsigned.
    U32,
    /// Eight bytes of an integer or an address.
    Word,
    /// `float`, in the low half of the word.
    F32,
    /// `double`
    F64,
}

impl Scalar {
    /// The scalar of a shape; `None` if it is larger than a word or no scalar.
    #[must_use]
    pub const fn of(shape: &Shape) -> Option<Self> {
        use Signedness::{Signed, Unsigned};
        Some(match shape {
            Shape::Int(1, Signed) => Self::I8,
            Shape::Int(1, Unsigned) => Self::U8,
            Shape::Int(2, Signed) => Self::I16,
            Shape::Int(2, Unsigned) => Self::U16,
            Shape::Int(4, Signed) => Self::I32,
            Shape::Int(4, Unsigned) => Self::U32,
            Shape::Int(8, _) => Self::Word,
            Shape::Pointer if size_of::<usize>() == 8 => Self::Word,
            Shape::Pointer => Self::U32,
            Shape::Float => Self::F32,
            Shape::Double => Self::F64,
            _ => return None,
        })
    }

    /// Whether it travels in floating-point registers.
    #[must_use]
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// The value in the low bytes of a word, with the rest of the word made to follow from it: sign or zeros.
    ///
    /// Conventions leave the upper bytes of results undefined, and callers may be relied on to extend arguments to four bytes.
    #[inline]
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "dropping the upper bytes and extending again is the purpose"
    )]
    pub const fn extend(self, word: u64) -> u64 {
        match self {
            Self::I8 => word as i8 as u64,
            Self::U8 => word as u8 as u64,
            Self::I16 => word as i16 as u64,
            Self::U16 => word as u16 as u64,
            Self::I32 => word as i32 as u64,
            Self::U32 | Self::F32 => word as u32 as u64,
            Self::Word | Self::F64 => word,
        }
    }

    /// Reads a value, extended.
    ///
    /// # Safety
    /// `place` holds a value of this kind; it need not be aligned.
    #[inline]
    #[must_use]
    pub unsafe fn read(self, place: *const u8) -> u64 {
        // SAFETY: the caller's promise; each arm reads as many bytes as the kind has.
        let word = unsafe {
            match self {
                Self::I8 | Self::U8 => u64::from(place.read()),
                Self::I16 | Self::U16 => u64::from(place.cast::<u16>().read_unaligned()),
                Self::I32 | Self::U32 | Self::F32 => {
                    u64::from(place.cast::<u32>().read_unaligned())
                }
                Self::Word | Self::F64 => place.cast::<u64>().read_unaligned(),
            }
        };
        self.extend(word)
    }

    /// Writes the value in the low bytes of a word.
    ///
    /// # Safety
    /// `place` has room for a value of this kind; it need not be aligned.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the upper bytes do not belong to the value"
    )]
    pub unsafe fn write(self, word: u64, place: *mut u8) {
        // SAFETY: the caller's promise; each arm writes as many bytes as the kind has.
        unsafe {
            match self {
                Self::I8 | Self::U8 => place.write(word as u8),
                Self::I16 | Self::U16 => place.cast::<u16>().write_unaligned(word as u16),
                Self::I32 | Self::U32 | Self::F32 => {
                    place.cast::<u32>().write_unaligned(word as u32)
                }
                Self::Word | Self::F64 => place.cast::<u64>().write_unaligned(word),
            }
        }
    }
}
