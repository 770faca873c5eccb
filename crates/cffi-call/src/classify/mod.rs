//! Which registers and stack words the parameters and result of a signature take.

mod aapcs64;
mod sysv;

use crate::plan::{Passing, Piece, WordPlan};
use crate::shape::{Shape, Signature};
use crate::trampoline::{FLOATS, INTS, Load, STACK};

/// The plan of a signature; `None` where a trampoline cannot do it.
#[must_use]
pub fn classify(signature: &Signature) -> Option<WordPlan> {
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

    /// `count` stack words, aligned to `align` bytes.
    fn stack(&mut self, count: usize, align: usize) -> Option<u8> {
        if align > 8 {
            self.stack = self.stack.next_multiple_of(align / 8);
        }
        let first = self.stack;
        (align <= 16 && first + count <= STACK).then(|| {
            self.stack += count;
            narrow(INTS + FLOATS + first)
        })
    }

    /// A value that goes to the stack as it lies in memory.
    fn stack_value(&mut self, shape: &Shape) -> Option<Passing> {
        let first = self.stack(shape.size().div_ceil(8), shape.align().max(8))?;
        Some(Passing::Pieces(pieces(shape.size(), first)))
    }

    fn load(&self, variadic: bool) -> Load {
        match (variadic, self.stack > 0, self.floats > 0) {
            (true, true, _) => Load::VariadicStack,
            (true, false, _) => Load::Variadic,
            (false, true, _) => Load::Stack,
            (false, false, true) => Load::Registers,
            (false, false, false) => Load::Ints,
        }
    }
}

/// The parts of a value of `size` bytes in consecutive words.
fn pieces(size: usize, first: u8) -> smallvec::SmallVec<[Piece; 2]> {
    (0..size.div_ceil(8))
        .map(|index| Piece {
            offset: u16::try_from(index * 8).unwrap_or(u16::MAX),
            size: narrow((size - index * 8).min(8)),
            word: first + narrow(index),
        })
        .collect()
}

/// A small number that fits by construction.
fn narrow(value: usize) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}
