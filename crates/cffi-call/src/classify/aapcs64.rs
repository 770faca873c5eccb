//! Procedure Call Standard for the Arm 64-bit Architecture (AAPCS64), 6.8.2 "Parameter passing rules" and 6.9 "Result return", for
//! little-endian systems that pass variadic arguments like named ones.

use smallvec::SmallVec;

use super::{Allocation, narrow, piece, pieces};
use crate::plan::{Passing, Piece, ResultPiece, Returning, Source, WordPlan};
use crate::scalar::Scalar;
use crate::shape::{RecordShape, Shape, Signature};
use crate::trampoline::{FLOATS, INTS, ResultRegisters};

/// A homogeneous floating-point aggregate (5.9.5.1): up to four members of one floating-point type. A `long double` alone too.
struct Homogeneous {
    /// Size of a member in bytes: 4, 8 or 16.
    size: usize,
    count: usize,
}

/// The plan of a signature.
pub(super) fn classify(signature: &Signature) -> Option<WordPlan> {
    let mut allocation = Allocation::default();
    let result = result_of(&signature.result)?;
    let arguments = signature
        .parameters
        .iter()
        .map(|shape| argument(shape, &mut allocation))
        .collect::<Option<Vec<_>>>()?;
    Some(WordPlan::new(
        signature,
        arguments,
        allocation.load(signature),
        result,
    ))
}

fn homogeneous(shape: &Shape) -> Option<Homogeneous> {
    match shape {
        Shape::LongDouble => Some(Homogeneous { size: 16, count: 1 }),
        Shape::ComplexFloat => Some(Homogeneous { size: 4, count: 2 }),
        Shape::ComplexDouble => Some(Homogeneous { size: 8, count: 2 }),
        Shape::Record(record) => homogeneous_record(record),
        _ => None,
    }
}

fn homogeneous_record(record: &RecordShape) -> Option<Homogeneous> {
    let mut member = None;
    let mut offsets = Vec::new();
    for (offset, leaf) in &record.leaves {
        let (size, count) = match leaf {
            Shape::Float => (4, 1),
            Shape::Double => (8, 1),
            Shape::LongDouble => (16, 1),
            Shape::ComplexFloat => (4, 2),
            Shape::ComplexDouble => (8, 2),
            _ => return None,
        };
        if *member.get_or_insert(size) != size {
            return None;
        }
        offsets.extend((0..count).map(|index| offset + index * size));
    }
    let size = member?;
    // Members of unions lie over each other and count once; there is no padding between members or after them.
    offsets.sort_unstable();
    offsets.dedup();
    let count = offsets.len();
    let dense = offsets
        .iter()
        .enumerate()
        .all(|(index, offset)| *offset == index * size);
    (dense && count <= 4 && record.size == count * size).then_some(Homogeneous { size, count })
}

/// The alignment in bytes that placing an argument goes by: that of the members, "before any alignment adjustment of the entire
/// composite is applied" (5.9), and no more than 16 (6.8.2 rule B.6).
fn natural_align(shape: &Shape) -> usize {
    let align = match shape {
        Shape::Record(record) => record
            .leaves
            .iter()
            .map(|(_, leaf)| leaf.align())
            .max()
            .unwrap_or(1),
        other => other.align(),
    };
    if align > 8 { 16 } else { 8 }
}

fn argument(shape: &Shape, allocation: &mut Allocation) -> Option<Passing> {
    if let Some(kind) = Scalar::of(shape) {
        return allocation.scalar(kind);
    }
    if let Some(parts) = homogeneous(shape) {
        if allocation.floats + parts.count > FLOATS {
            // Rule C.3: "The NSRN is set to 8": no vector register is used any more.
            allocation.floats = FLOATS;
            return allocation.memory(shape, natural_align(shape));
        }
        if parts.size == 16 {
            // A quad fills a vector register, of which an image has the lower half.
            return None;
        }
        let first = INTS + allocation.floats;
        allocation.floats += parts.count;
        return Some(Passing::Pieces(vector_pieces(&parts, first)));
    }
    if shape.size() > 16 {
        // Rule B.4: copied to memory by the caller, and the address takes its place.
        return allocation
            .int()
            .or_else(|| allocation.stack(8, 8))
            .map(Passing::Reference);
    }
    if natural_align(shape) == 16 {
        // Rule C.10: an even register.
        allocation.ints = allocation.ints.next_multiple_of(2);
    }
    let words = shape.size().div_ceil(8);
    if allocation.ints + words > INTS {
        // Rule C.13: "The NGRN is set to 8": no integer register is used any more.
        allocation.ints = INTS;
        return allocation.memory(shape, natural_align(shape));
    }
    let first = narrow(allocation.ints);
    allocation.ints += words;
    Some(Passing::Pieces(pieces(shape.size(), first)))
}

fn result_of(shape: &Shape) -> Option<(Returning, ResultRegisters)> {
    match Scalar::of(shape) {
        Some(kind) if kind.is_float() => return Some((Returning::Float, ResultRegisters::Floats)),
        Some(_) => return Some((Returning::Int, ResultRegisters::Ints)),
        None if *shape == Shape::Void => return Some((Returning::Void, ResultRegisters::Ints)),
        None => {}
    }
    if let Some(parts) = homogeneous(shape) {
        // A quad fills a vector register, of which a trampoline hands back the lower half.
        let pieces = if parts.size == 16 {
            return None;
        } else {
            vector_pieces(&parts, 0)
        };
        return Some((
            Returning::Pieces(results(&pieces, Source::Float)),
            ResultRegisters::Floats,
        ));
    }
    if shape.size() > 16 {
        // The address goes to x8, which is no parameter register.
        return None;
    }
    Some((
        Returning::Pieces(results(&pieces(shape.size(), 0), Source::Int)),
        ResultRegisters::Ints,
    ))
}

fn results(pieces: &[Piece], source: impl Fn(u8) -> Source) -> SmallVec<[ResultPiece; 4]> {
    let result = |piece: &Piece| ResultPiece {
        offset: piece.offset,
        size: piece.size,
        source: source(piece.word),
    };
    pieces.iter().map(result).collect()
}

/// The members of an aggregate in vector registers from word `first` on.
fn vector_pieces(parts: &Homogeneous, first: usize) -> SmallVec<[Piece; 4]> {
    let member = |index: usize| {
        piece(
            index * parts.size,
            (index + 1) * parts.size,
            narrow(first + index),
        )
    };
    (0..parts.count).map(member).collect()
}
