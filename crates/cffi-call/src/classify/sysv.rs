//! System V x86-64 psABI, 3.2.3 "Parameter Passing".

use smallvec::SmallVec;

use super::{Allocation, narrow};
use crate::plan::{Passing, Piece, ResultPiece, Returning, Source, WordPlan};
use crate::shape::{RecordShape, Shape, Signature};
use crate::trampoline::ResultRegisters;

/// The class of an eightbyte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Padding,
    Integer,
    Sse,
}

/// What becomes of a value.
enum Classes {
    /// In registers, one for each eightbyte.
    Registers(SmallVec<[Class; 2]>),
    /// In memory.
    Memory,
    /// In the x87 stack or otherwise outside of what a trampoline can do.
    Other,
}

fn classes_of(shape: &Shape) -> Classes {
    let one = |class: Class| Classes::Registers(SmallVec::from_slice(&[class]));
    match shape {
        Shape::Void => Classes::Registers(SmallVec::new()),
        Shape::Int(..) | Shape::Pointer => one(Class::Integer),
        Shape::Float | Shape::Double | Shape::ComplexFloat => one(Class::Sse),
        Shape::ComplexDouble => Classes::Registers(SmallVec::from_slice(&[Class::Sse, Class::Sse])),
        Shape::LongDouble => Classes::Other,
        Shape::Record(record) => classes_of_record(record),
    }
}

fn classes_of_record(record: &RecordShape) -> Classes {
    if record.size > 16 {
        return Classes::Memory;
    }
    let mut classes: SmallVec<[Class; 2]> =
        SmallVec::from_elem(Class::Padding, record.size.div_ceil(8));
    for (offset, leaf) in &record.leaves {
        if offset % leaf.align().max(1) != 0 {
            return Classes::Memory;
        }
        let class = match leaf {
            Shape::Float | Shape::Double | Shape::ComplexFloat | Shape::ComplexDouble => Class::Sse,
            // A record that is one `long double` comes back in st(0).
            Shape::LongDouble => return Classes::Other,
            _ => Class::Integer,
        };
        for byte in (*offset..offset + leaf.size()).step_by(4) {
            if let Some(slot) = classes.get_mut(byte / 8) {
                *slot = if *slot == Class::Integer || class == Class::Integer {
                    Class::Integer
                } else {
                    Class::Sse
                };
            }
        }
    }
    // Padding alone: an eightbyte without a class is passed as SSE by GCC and Clang.
    for class in &mut classes {
        if *class == Class::Padding {
            *class = Class::Sse;
        }
    }
    Classes::Registers(classes)
}

pub(super) fn classify(signature: &Signature) -> Option<WordPlan> {
    let mut allocation = Allocation::default();
    let (returning, registers) = result_of(&signature.result, &mut allocation)?;
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
    let classes = match classes_of(shape) {
        Classes::Registers(classes) => classes,
        Classes::Memory | Classes::Other => return allocation.stack_value(shape),
    };
    let floats = classes.iter().filter(|class| **class == Class::Sse).count();
    let ints = classes.len() - floats;
    let scalar = !matches!(
        shape,
        Shape::Record(_) | Shape::ComplexDouble | Shape::ComplexFloat
    );
    // All of a value goes to registers, or all of it to the stack.
    if allocation.ints + ints > crate::trampoline::INTS
        || allocation.floats + floats > crate::trampoline::FLOATS
    {
        return if scalar {
            allocation.stack(1, 8).map(Passing::Word)
        } else {
            allocation.stack_value(shape)
        };
    }
    let mut words = SmallVec::new();
    for (index, class) in classes.iter().enumerate() {
        let word = if *class == Class::Sse {
            allocation.float()?
        } else {
            allocation.int()?
        };
        if scalar {
            return Some(Passing::Word(word));
        }
        words.push(Piece {
            offset: u16::try_from(index * 8).ok()?,
            size: narrow((shape.size() - index * 8).min(8)),
            word,
        });
    }
    Some(Passing::Pieces(words))
}

fn result_of(shape: &Shape, allocation: &mut Allocation) -> Option<(Returning, ResultRegisters)> {
    match shape {
        Shape::Void => return Some((Returning::Void, ResultRegisters::Ints)),
        Shape::Int(..) | Shape::Pointer => return Some((Returning::Int, ResultRegisters::Ints)),
        Shape::Float | Shape::Double => return Some((Returning::Float, ResultRegisters::Floats)),
        _ => {}
    }
    let classes = match classes_of(shape) {
        Classes::Registers(classes) => classes,
        Classes::Memory => {
            return Some((
                Returning::Indirect(allocation.int()?),
                ResultRegisters::Ints,
            ));
        }
        Classes::Other => return None,
    };
    let (mut ints, mut floats) = (0, 0);
    let pieces = classes
        .iter()
        .enumerate()
        .map(|(index, class)| {
            let source = if *class == Class::Sse {
                floats += 1;
                Source::Float(floats - 1)
            } else {
                ints += 1;
                Source::Int(ints - 1)
            };
            let offset = u16::try_from(index * 8).unwrap_or(u16::MAX);
            ResultPiece {
                offset,
                size: narrow((shape.size() - index * 8).min(8)),
                source,
            }
        })
        .collect();
    let registers = match classes.as_slice() {
        [Class::Sse] | [Class::Sse, Class::Sse] => ResultRegisters::Floats,
        [Class::Integer, Class::Sse] => ResultRegisters::IntFloat,
        [Class::Sse, Class::Integer] => ResultRegisters::FloatInt,
        _ => ResultRegisters::Ints,
    };
    Some((Returning::Pieces(pieces), registers))
}
