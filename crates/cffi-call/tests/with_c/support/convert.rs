//! The caller's part of a call through a plan: C values in their natural layout to words, words of a result back.

use std::ffi::c_void;

use cffi_call::libffi::LibffiPlan;
use cffi_call::plan::{Passing, Returning, WordPlan};
use cffi_call::trampoline::Image;
use cffi_call::{Shape, Signedness};

/// The word of a scalar of at most eight bytes, extended as its type says.
unsafe fn read(shape: &Shape, place: *const u8) -> u64 {
    // SAFETY: the caller has a value of the shape there.
    unsafe {
        match (shape.size(), shape) {
            (1, Shape::Int(_, Signedness::Signed)) => {
                u64::from_ne_bytes(i64::from(place.cast::<i8>().read()).to_ne_bytes())
            }
            (2, Shape::Int(_, Signedness::Signed)) => {
                u64::from_ne_bytes(i64::from(place.cast::<i16>().read()).to_ne_bytes())
            }
            (4, Shape::Int(_, Signedness::Signed)) => {
                u64::from_ne_bytes(i64::from(place.cast::<i32>().read()).to_ne_bytes())
            }
            (1, _) => place.read().into(),
            (2, _) => place.cast::<u16>().read().into(),
            (4, _) => place.cast::<u32>().read().into(),
            _ => place.cast::<u64>().read(),
        }
    }
}

/// Calls `function` with the values at these addresses and stores the result.
///
/// # Safety
/// The function has the plan's signature, which is the one of the shapes; the values are there; so is room for the result.
pub(crate) unsafe fn call_words(
    plan: &WordPlan,
    function: *const c_void,
    arguments: &[(Shape, *mut u8)],
    result: (&Shape, *mut u8),
) {
    let mut image = Image::new();
    image.clear(plan.load);
    // SAFETY: the caller's promise.
    unsafe {
        for (passing, (shape, value)) in plan.arguments.iter().zip(arguments) {
            match passing {
                Passing::Word(word) => image.set(*word, read(shape, *value)),
                Passing::Reference(word) => image.set(*word, value.expose_provenance() as u64),
                Passing::Pieces(pieces) => {
                    for piece in pieces {
                        image.set(piece.word, piece.read(*value));
                    }
                }
            }
        }
        if let Returning::Indirect(word) = plan.returning {
            image.set(word, result.1.expose_provenance() as u64);
        }
        let returned = plan.call(function, &image);
        let size = result.0.size();
        match &plan.returning {
            Returning::Void | Returning::Indirect(_) => {}
            Returning::Int => result.1.copy_from(returned.ints.as_ptr().cast(), size),
            Returning::Float => result.1.copy_from(returned.floats.as_ptr().cast(), size),
            Returning::Pieces(pieces) => WordPlan::collect(pieces, &returned, result.1),
        }
        if matches!(plan.returning, Returning::Int | Returning::Float) {
            assert_eq!(plan.call_scalar(function, &image), read(result.0, result.1));
        }
    }
}

/// The same through libffi.
///
/// # Safety
/// As [`call_words`].
pub(crate) unsafe fn call_libffi(
    plan: &LibffiPlan,
    function: *const c_void,
    arguments: &[(Shape, *mut u8)],
    result: (&Shape, *mut u8),
) {
    let mut buffer = vec![0u128; plan.buffer_size.div_ceil(16)];
    let buffer: *mut u8 = buffer.as_mut_ptr().cast();
    // SAFETY: the buffer is as large as the plan says; else the caller's promise.
    unsafe {
        for (offset, (shape, value)) in plan.offsets.iter().zip(arguments) {
            buffer.add(*offset).copy_from(*value, shape.size());
        }
        let returned = plan.call(function, buffer);
        result.1.copy_from(returned, result.0.size());
    }
}
