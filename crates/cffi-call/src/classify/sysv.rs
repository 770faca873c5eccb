//! System V Application Binary Interface, AMD64 Architecture Processor Supplement ("psABI"), 3.2.3 "Parameter Passing".

use smallvec::SmallVec;

use super::{Allocation, piece};
use crate::plan::{Passing, ResultPiece, Returning, Source, WordPlan};
use crate::scalar::Scalar;
use crate::shape::{RecordShape, Shape, Signature};
use crate::trampoline::{FLOATS, INTS, ResultRegisters};

/// The class of an eightbyte. SSEUP is not here: no vector types; and COMPLEX_X87: no `long double _Complex`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// NO_CLASS
    Padding,
    Integer,
    Sse,
    X87,
    X87Up,
    Memory,
}

type Classes = SmallVec<[Class; 2]>;

/// The plan of a signature.
pub(super) fn classify(signature: &Signature) -> Option<WordPlan> {
    let mut allocation = Allocation::default();
    let result = result_of(&signature.result, &mut allocation)?;
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

/// The classes of the eightbytes of a value; `None` is class MEMORY.
fn classes_of(shape: &Shape) -> Option<Classes> {
    match shape {
        Shape::Void => Some(Classes::new()),
        Shape::Int(..) | Shape::Pointer => Some(Classes::from_slice(&[Class::Integer])),
        Shape::Float | Shape::Double | Shape::ComplexFloat => {
            Some(Classes::from_slice(&[Class::Sse]))
        }
        Shape::ComplexDouble => Some(Classes::from_slice(&[Class::Sse, Class::Sse])),
        Shape::LongDouble => Some(Classes::from_slice(&[Class::X87, Class::X87Up])),
        Shape::Record(record) => classes_of_record(record),
    }
}

fn classes_of_record(record: &RecordShape) -> Option<Classes> {
    // "If the size of an object is larger than eight eightbytes, or it contains unaligned fields, it has class MEMORY", and by the post
    // merger cleanup everything larger than two eightbytes that is no vector.
    if record.size > 16 {
        return None;
    }
    let mut classes = Classes::from_elem(Class::Padding, record.size.div_ceil(8));
    for (offset, leaf) in &record.leaves {
        if offset % leaf.align() != 0 {
            return None;
        }
        for (class, slot) in classes_of(leaf)?
            .into_iter()
            .zip(classes.iter_mut().skip(offset / 8))
        {
            *slot = merge(*slot, class);
        }
        // `float _Complex` is aligned to 4 bytes only: its second half may lie in the next eightbyte.
        if *leaf == Shape::ComplexFloat && offset % 8 != 0 {
            if let Some(slot) = classes.get_mut(offset / 8 + 1) {
                *slot = merge(*slot, Class::Sse);
            }
        }
    }
    let mut before = Class::Padding;
    for class in &classes {
        // "If one of the classes is MEMORY, the whole argument is passed in memory", "If X87UP is not preceded by X87, …".
        if *class == Class::Memory || (*class == Class::X87Up && before != Class::X87) {
            return None;
        }
        before = *class;
    }
    Some(classes)
}

/// Rule 4 of the classification of aggregates: two fields in one eightbyte.
fn merge(one: Class, other: Class) -> Class {
    match (one, other) {
        (one, other) if one == other => one,
        (Class::Padding, class) | (class, Class::Padding) => class,
        (Class::Memory, _) | (_, Class::Memory) => Class::Memory,
        (Class::Integer, _) | (_, Class::Integer) => Class::Integer,
        (Class::X87 | Class::X87Up, _) | (_, Class::X87 | Class::X87Up) => Class::Memory,
        _ => Class::Sse,
    }
}

fn argument(shape: &Shape, allocation: &mut Allocation) -> Option<Passing> {
    if let Some(kind) = Scalar::of(shape) {
        return allocation.scalar(kind);
    }
    let classes = classes_of(shape).filter(|classes| {
        let count = |class| classes.iter().filter(|other| **other == class).count();
        // Whole values only: all of it in registers or all of it in memory. X87 goes to memory too.
        count(Class::X87) == 0
            && allocation.ints + count(Class::Integer) <= INTS
            && allocation.floats + count(Class::Sse) <= FLOATS
    });
    let Some(classes) = classes else {
        return allocation.memory(shape, shape.align().max(8));
    };
    let mut pieces = SmallVec::new();
    for (index, class) in classes.iter().enumerate() {
        let word = match class {
            Class::Integer => allocation.int()?,
            Class::Sse => allocation.float()?,
            _ => continue,
        };
        pieces.push(piece(index * 8, shape.size(), word));
    }
    Some(Passing::Pieces(pieces))
}

fn result_of(shape: &Shape, allocation: &mut Allocation) -> Option<(Returning, ResultRegisters)> {
    match Scalar::of(shape) {
        Some(kind) if kind.is_float() => return Some((Returning::Float, ResultRegisters::Floats)),
        Some(_) => return Some((Returning::Int, ResultRegisters::Ints)),
        None if *shape == Shape::Void => return Some((Returning::Void, ResultRegisters::Ints)),
        None => {}
    }
    let Some(classes) = classes_of(shape) else {
        // "the caller provides space for the return value and passes the address of this storage in %rdi as if it were the first
        // argument to the function"
        return Some((
            Returning::Indirect(allocation.int()?),
            ResultRegisters::Ints,
        ));
    };
    let (mut ints, mut floats) = (0, 0);
    let mut pieces = SmallVec::new();
    for (index, class) in classes.iter().enumerate() {
        let source = match class {
            Class::Integer => {
                ints += 1;
                Source::Int(ints - 1)
            }
            Class::Sse => {
                floats += 1;
                Source::Float(floats - 1)
            }
            // Both halves of st(0), which the trampoline hands back as integers.
            Class::X87 => Source::Int(0),
            Class::X87Up => Source::Int(1),
            Class::Padding | Class::Memory => continue,
        };
        let part = piece(index * 8, shape.size(), 0);
        pieces.push(ResultPiece {
            offset: part.offset,
            size: part.size,
            source,
        });
    }
    let registers = match (classes.as_slice(), floats) {
        ([Class::X87, ..], _) => ResultRegisters::X87,
        ([Class::Integer, Class::Sse], _) => ResultRegisters::IntFloat,
        ([Class::Sse, Class::Integer], _) => ResultRegisters::FloatInt,
        (_, 0) => ResultRegisters::Ints,
        _ => ResultRegisters::Floats,
    };
    Some((Returning::Pieces(pieces), registers))
}
