//! Procedure Call Standard for the Arm 64-bit Architecture, 6.8.2 "Parameter passing rules" and 6.9 "Result return".

use smallvec::SmallVec;

use super::{Allocation, narrow, pieces};
use crate::plan::{Passing, Piece, ResultPiece, Returning, Source, WordPlan};
use crate::shape::{RecordShape, Shape, Signature};
use crate::trampoline::{FLOATS, INTS, ResultRegisters};

/// A homogeneous floating-point aggregate (6.9.1, 5.9.5.1): up to four members of one floating-point type.
struct Homogeneous {
    size: usize,
    count: usize,
}

fn homogeneous(shape: &Shape) -> Option<Homogeneous> {
    match shape {
        Shape::ComplexFloat => Some(Homogeneous { size: 4, count: 2 }),
        Shape::ComplexDouble => Some(Homogeneous { size: 8, count: 2 }),
        Shape::Record(record) => homogeneous_record(record),
        _ => None,
    }
}

fn homogeneous_record(record: &RecordShape) -> Option<Homogeneous> {
    let mut size = None;
    for (_, leaf) in &record.leaves {
        let this = match leaf {
            Shape::Float | Shape::ComplexFloat => 4,
            Shape::Double | Shape::ComplexDouble => 8,
            _ => return None,
        };
        if *size.get_or_insert(this) != this {
            return None;
        }
    }
    let size = size?;
    let count = record.size / size;
    ((1..=4).contains(&count) && record.size == size * count).then_some(Homogeneous { size, count })
}

pub(super) fn classify(signature: &Signature) -> Option<WordPlan> {
    let mut allocation = Allocation::default();
    let (returning, registers) = result_of(&signature.result)?;
    let arguments = signature
        .parameters
        .iter()
        .map(|shape| argument(shape, &mut allocation))
        .collect::<Option<Vec<_>>>()?;
    Some(WordPlan {
        arguments,
        returning,
        load: allocation.load(signature.fixed.is_some()),
        registers,
    })
}

fn argument(shape: &Shape, allocation: &mut Allocation) -> Option<Passing> {
    match shape {
        Shape::Int(..) | Shape::Pointer => allocation
            .int()
            .or_else(|| allocation.stack(1, 8))
            .map(Passing::Word),
        Shape::Float | Shape::Double => allocation
            .float()
            .or_else(|| allocation.stack(1, 8))
            .map(Passing::Word),
        // A quad in a vector register: more than a word.
        Shape::LongDouble | Shape::Void => None,
        _ => aggregate(shape, allocation),
    }
}

fn aggregate(shape: &Shape, allocation: &mut Allocation) -> Option<Passing> {
    if let Some(parts) = homogeneous(shape) {
        if allocation.floats + parts.count > FLOATS {
            // Rule C.3: no vector register is used any more.
            allocation.floats = FLOATS;
            return allocation.stack_value(shape);
        }
        let words = (0..parts.count)
            .map(|index| {
                Some(Piece {
                    offset: u16::try_from(index * parts.size).ok()?,
                    size: narrow(parts.size),
                    word: allocation.float()?,
                })
            })
            .collect::<Option<SmallVec<_>>>()?;
        return Some(Passing::Pieces(words));
    }
    if shape.size() > 16 {
        return allocation
            .int()
            .or_else(|| allocation.stack(1, 8))
            .map(Passing::Reference);
    }
    if shape.align() == 16 {
        // Rule C.10: an even register.
        allocation.ints = allocation.ints.next_multiple_of(2).min(INTS);
    }
    let words = shape.size().div_ceil(8);
    if allocation.ints + words > INTS {
        // Rule C.13: no integer register is used any more.
        allocation.ints = INTS;
        return allocation.stack_value(shape);
    }
    let first = narrow(allocation.ints);
    allocation.ints += words;
    Some(Passing::Pieces(pieces(shape.size(), first)))
}

fn result_of(shape: &Shape) -> Option<(Returning, ResultRegisters)> {
    Some(match shape {
        Shape::Void => (Returning::Void, ResultRegisters::Ints),
        Shape::Int(..) | Shape::Pointer => (Returning::Int, ResultRegisters::Ints),
        Shape::Float | Shape::Double => (Returning::Float, ResultRegisters::Floats),
        Shape::LongDouble => return None,
        _ => {
            if let Some(parts) = homogeneous(shape) {
                let pieces = (0..parts.count)
                    .map(|index| ResultPiece {
                        offset: u16::try_from(index * parts.size).unwrap_or(u16::MAX),
                        size: narrow(parts.size),
                        source: Source::Float(narrow(index)),
                    })
                    .collect();
                return Some((Returning::Pieces(pieces), ResultRegisters::Floats));
            }
            if shape.size() > 16 {
                // The address would go to x8, which is no parameter register.
                return None;
            }
            let pieces = pieces(shape.size(), 0)
                .into_iter()
                .map(|piece| ResultPiece {
                    offset: piece.offset,
                    size: piece.size,
                    source: Source::Int(piece.word),
                })
                .collect();
            (Returning::Pieces(pieces), ResultRegisters::Ints)
        }
    })
}
