//! Call plans: a signature compiled once, so that a call only moves words.
//!
//! A plan never changes and holds no Python object. It is made from the caller's side; closures read it backwards.

use std::ffi::c_void;
use std::fmt;

use smallvec::SmallVec;

use crate::classify;
use crate::libffi::LibffiPlan;
use crate::scalar::Scalar;
use crate::shape::Signature;
use crate::trampoline::{self, Image, Load, ResultRegisters, Returned};

/// How the calls of a signature are made.
pub enum CallPlan {
    /// The convention is classified here: words of an [`Image`], through a trampoline.
    Words(WordPlan),
    /// Through libffi, over a buffer of C values.
    Libffi(LibffiPlan),
}

/// A signature that neither libffi nor we can call, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported(pub &'static str);

/// How the calls of a signature go through a trampoline.
#[derive(Clone, Debug, PartialEq)]
pub struct WordPlan {
    /// Where each argument goes.
    pub arguments: Vec<Passing>,
    /// How the result comes back.
    pub returning: Returning,
    /// What the trampoline loads.
    pub load: Load,
    /// What the trampoline hands back.
    pub registers: ResultRegisters,
    /// The scalar that the result is.
    pub(crate) result_kind: Option<Scalar>,
}

/// Calls without an image: all parameters are words in registers of one kind, in order, and so is the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Few {
    /// So many integers and addresses, by [`trampoline::call_ints`].
    Ints(usize),
    /// So many floating-point numbers, by [`trampoline::call_floats`].
    Floats(usize),
}

/// Where an argument goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Passing {
    /// A scalar of at most 8 bytes, in the low bytes of this word of the image, extended as [`Scalar::extend`] does.
    Word(u8),
    /// A larger value, cut up; without pieces if it is an empty record.
    Pieces(SmallVec<[Piece; 4]>),
    /// The address of a copy of the value, in this word (AAPCS64 6.8.2 rule B.4).
    Reference(u8),
}

/// A part of a value in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where the part begins in the value, in bytes.
    pub offset: u16,
    /// Its size in bytes, at most 8.
    pub size: u8,
    /// Its word in the image.
    pub word: u8,
}

/// How a result comes back.
#[derive(Clone, Debug, PartialEq)]
pub enum Returning {
    /// There is none.
    Void,
    /// A scalar in the low bytes of an integer register.
    Int,
    /// A scalar in the low bytes of a floating-point register.
    Float,
    /// Parts in registers; no parts if it is an empty record.
    Pieces(SmallVec<[ResultPiece; 4]>),
    /// In memory whose address is passed in this word of the image.
    Indirect(u8),
}

/// A part of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResultPiece {
    /// Where the part begins in the value, in bytes.
    pub offset: u16,
    /// Its size in bytes, at most 8.
    pub size: u8,
    /// Its register.
    pub source: Source,
}

/// A result register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The integer register of this number.
    Int(u8),
    /// The floating-point register of this number.
    Float(u8),
}

impl CallPlan {
    /// Compiles a signature.
    ///
    /// # Errors
    /// Where the convention cannot pass one of the types, or nobody here knows how.
    pub fn new(signature: &Signature) -> Result<Self, Unsupported> {
        match classify::classify(signature) {
            Some(plan) => Ok(Self::Words(plan)),
            None => Self::portable(signature),
        }
    }

    /// Compiles a signature for libffi, whatever we could do ourselves.
    ///
    /// # Errors
    /// As [`CallPlan::new`]; also for records that libffi has no description of: unions, bit-fields, packed or moved members.
    pub fn portable(signature: &Signature) -> Result<Self, Unsupported> {
        LibffiPlan::new(signature).map(Self::Libffi)
    }
}

impl WordPlan {
    pub(crate) fn new(
        signature: &Signature,
        arguments: Vec<Passing>,
        load: Load,
        (returning, registers): (Returning, ResultRegisters),
    ) -> Self {
        Self {
            arguments,
            returning,
            load,
            registers,
            result_kind: Scalar::of(&signature.result),
        }
    }

    /// Whether calls need no image, and which way they go then.
    #[must_use]
    pub fn few(&self) -> Option<Few> {
        let count = self.arguments.len();
        let in_order = |first: usize| {
            self.arguments
                .iter()
                .enumerate()
                .all(|(index, passing)| match passing {
                    Passing::Word(word) => usize::from(*word) == first + index,
                    _ => false,
                })
        };
        match (&self.returning, self.load) {
            _ if count > trampoline::FEW => None,
            (Returning::Void | Returning::Int, Load::Ints) if in_order(0) => Some(Few::Ints(count)),
            (Returning::Float, Load::Registers) if count > 0 && in_order(trampoline::INTS) => {
                Some(Few::Floats(count))
            }
            _ => None,
        }
    }

    /// Makes a call whose result is `void`, in one register or in memory, and gives what is in the register as a word extended to 64
    /// bits; a floating-point number as its bits, those of `float` in the low half; 0 for others.
    ///
    /// # Safety
    /// As [`WordPlan::call`]; the plan does not return by [`Returning::Pieces`].
    #[inline]
    pub unsafe fn call_scalar(&self, function: *const c_void, image: &Image) -> u64 {
        let Some(kind) = self.result_kind else {
            // SAFETY: the caller's promise.
            unsafe { trampoline::call_for_int(function, image, self.load) };
            return 0;
        };
        // SAFETY: the caller's promise.
        let word = unsafe {
            if kind.is_float() {
                trampoline::call_for_float(function, image, self.load)
            } else {
                trampoline::call_for_int(function, image, self.load)
            }
        };
        kind.extend(word)
    }

    /// Makes a call.
    ///
    /// # Safety
    /// `function` is a C function of the signature that this plan was made for, and `image` was cleared for its [`Load`] and filled as it says. What else the
    /// function asks of its callers.
    #[inline]
    pub unsafe fn call(&self, function: *const c_void, image: &Image) -> Returned {
        // SAFETY: the caller's promise.
        unsafe { trampoline::call(function, image, self.load, self.registers) }
    }

    /// Puts a result of parts together.
    ///
    /// # Safety
    /// `result` has room for the result.
    pub unsafe fn collect(pieces: &[ResultPiece], returned: &Returned, result: *mut u8) {
        for piece in pieces {
            let word = match piece.source {
                Source::Int(register) => returned.ints.get(usize::from(register)),
                Source::Float(register) => returned.floats.get(usize::from(register)),
            };
            let part = Piece {
                offset: piece.offset,
                size: piece.size,
                word: 0,
            };
            // SAFETY: pieces lie inside the result.
            unsafe { part.write(word.copied().unwrap_or_default(), result) };
        }
    }
}

impl Piece {
    /// The part of a value as the low bytes of a word, the rest zero.
    ///
    /// # Safety
    /// `value` is the value that the plan was made for; it need not be aligned.
    #[inline]
    #[must_use]
    pub unsafe fn read(self, value: *const u8) -> u64 {
        let mut bytes = [0u8; 8];
        // SAFETY: the part lies inside the value.
        unsafe {
            let place = value.add(usize::from(self.offset));
            // Most are whole words.
            if self.size == 8 {
                return u64::from_le(place.cast::<u64>().read_unaligned());
            }
            let size = usize::from(self.size).min(bytes.len());
            std::ptr::copy_nonoverlapping(place, bytes.as_mut_ptr(), size);
        }
        u64::from_le_bytes(bytes)
    }

    /// Writes the part from the low bytes of a word.
    ///
    /// # Safety
    /// `value` has room for the value that the plan was made for; it need not be aligned.
    #[inline]
    pub unsafe fn write(self, word: u64, value: *mut u8) {
        let bytes = word.to_le_bytes();
        // SAFETY: the part lies inside the value.
        unsafe {
            let place = value.add(usize::from(self.offset));
            if self.size == 8 {
                place.cast::<u64>().write_unaligned(word.to_le());
                return;
            }
            let size = usize::from(self.size).min(bytes.len());
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), place, size);
        }
    }
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Unsupported {}
