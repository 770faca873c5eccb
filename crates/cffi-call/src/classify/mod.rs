//! Which registers and stack words the parameters and the result of a signature take.
//!
//! One file for each convention; what they share is here. Closures read the same plans backwards.

mod aapcs64;
mod sysv;

use smallvec::SmallVec;

use crate::plan::{Passing, Piece, WordPlan};
use crate::scalar::Scalar;
use crate::shape::{Shape, Signature};
use crate::trampoline::{FLOATS, INTS, Load, STACK, SUPPORTED};

/// The plan of a signature; `None` where a trampoline cannot do it.
#[must_use]
pub(crate) fn classify(signature: &Signature) -> Option<WordPlan> {
    if !SUPPORTED || signature.abi.is_some() {
        return None;
    }
    if cfg!(target_arch = "aarch64") {
        aapcs64::classify(signature)
    } else {
        sysv::classify(signature)
    }
}

/// Hands out registers and stack words from left to right.
#[derive(Default)]
struct Allocation {
    ints: usize,
    floats: usize,
    stack: usize,
}

impl Allocation {
    fn int(&mut self) -> Option<u8> {
        let word = self.ints;
        (word < INTS).then(|| {
            self.ints += 1;
            narrow(word)
        })
    }

    fn float(&mut self) -> Option<u8> {
        let word = self.floats;
        (word < FLOATS).then(|| {
            self.floats += 1;
            narrow(INTS + word)
        })
    }

    /// The next stack words for `size` bytes aligned to `align` bytes; `None` if an image has not that many, or if the stack, which is
    /// aligned to 16 bytes, is not aligned enough.
    fn stack(&mut self, size: usize, align: usize) -> Option<u8> {
        let first = self.stack.next_multiple_of((align / 8).max(1));
        let end = first + size.div_ceil(8);
        (align <= 16 && end <= STACK).then(|| {
            self.stack = end;
            narrow(INTS + FLOATS + first)
        })
    }

    /// A scalar of at most a word: in a register of its kind, or else on the stack.
    fn scalar(&mut self, kind: Scalar) -> Option<Passing> {
        let register = if kind.is_float() {
            self.float()
        } else {
            self.int()
        };
        register.or_else(|| self.stack(8, 8)).map(Passing::Word)
    }

    /// A value that goes to the stack as it lies in memory.
    fn memory(&mut self, shape: &Shape, align: usize) -> Option<Passing> {
        let first = self.stack(shape.size(), align)?;
        Some(Passing::Pieces(pieces(shape.size(), first)))
    }

    const fn load(&self, signature: &Signature) -> Load {
        match (signature.fixed, self.stack > 0, self.floats > 0) {
            (Some(_), true, _) => Load::VariadicStack,
            (Some(_), false, _) => Load::Variadic,
            (None, true, _) => Load::Stack,
            (None, false, true) => Load::Registers,
            (None, false, false) => Load::Ints,
        }
    }
}

/// The parts of a value of `size` bytes in consecutive words from `first` on.
fn pieces(size: usize, first: u8) -> SmallVec<[Piece; 4]> {
    (0..size.div_ceil(8))
        .zip(first..)
        .map(|(index, word)| piece(index * 8, size, word))
        .collect()
}

/// The part at `offset` of a value of `size` bytes, in this word.
fn piece(offset: usize, size: usize, word: u8) -> Piece {
    Piece {
        offset: u16::try_from(offset).unwrap_or(u16::MAX),
        size: narrow(size.saturating_sub(offset).min(8)),
        word,
    }
}

/// A small number that fits by construction.
fn narrow(value: usize) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}
