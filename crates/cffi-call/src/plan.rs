//! Call plans: a signature compiled once, so that a call only moves words.

use std::ffi::c_void;
use std::fmt;

use smallvec::SmallVec;

use crate::classify;
use crate::libffi::LibffiPlan;
use crate::shape::Signature;
use crate::trampoline::{self, Image, Load, ResultRegisters, Returned};

/// How the calls of a signature are made.
pub enum CallPlan {
    /// Through a trampoline.
    Words(WordPlan),
    /// Through libffi.
    Libffi(LibffiPlan),
}

/// A signature that libffi and we cannot call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported(pub &'static str);

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Unsupported {}

impl CallPlan {
    /// Compiles a signature.
    pub fn new(signature: &Signature) -> Result<Self, Unsupported> {
        if trampoline::SUPPORTED && signature.abi.is_none() {
            if let Some(plan) = classify::classify(signature) {
                return Ok(Self::Words(plan));
            }
        }
        LibffiPlan::new(signature).map(Self::Libffi)
    }
}

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
}

/// Where an argument goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Passing {
    /// A scalar of at most 8 bytes, in the low bytes of this word of the image, extended as its type says.
    Word(u8),
    /// A larger value, cut up.
    Pieces(SmallVec<[Piece; 2]>),
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
    /// Parts in registers.
    Pieces(SmallVec<[ResultPiece; 2]>),
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

impl WordPlan {
    /// Makes a call.
    ///
    /// # Safety
    /// `function` is a C function of the signature that this plan was made for, and `image` was filled as the plan says.
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
            let bytes = word.copied().unwrap_or_default().to_ne_bytes();
            // SAFETY: pieces lie inside the result, and are at most 8 bytes long.
            unsafe {
                std::ptr::copy_nonoverlapping(
                    bytes.as_ptr(),
                    result.add(usize::from(piece.offset)),
                    usize::from(piece.size).min(bytes.len()),
                );
            }
        }
    }
}

impl Piece {
    /// The part of a value as a word.
    ///
    /// # Safety
    /// `value` is the value that the plan was made for.
    #[inline]
    #[must_use]
    pub unsafe fn read(self, value: *const u8) -> u64 {
        let mut bytes = [0u8; 8];
        // SAFETY: the part lies inside the value, and is at most 8 bytes long.
        unsafe {
            std::ptr::copy_nonoverlapping(
                value.add(usize::from(self.offset)),
                bytes.as_mut_ptr(),
                usize::from(self.size).min(bytes.len()),
            );
        }
        u64::from_ne_bytes(bytes)
    }
}
