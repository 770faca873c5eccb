//! Words: what the commonest arguments become in a register, and what a register becomes as a result.
//!
//! Everything else, wrong arguments included, takes the long way of `argument` and `convert`.

use cffi_python::bits::{ToSigned, ToUnsigned};
use cffi_python::ffi;
use cffi_python::version::ONE_DIGIT_BITS;
use cffi_python::{Borrowed, Owned, PyResult, int, version};

use super::plan::{Outcome, Parameter, Shortcut};
use crate::cdata::CData;
use crate::convert::load;
use crate::ctype::{CType, Kind};

/// The bits of the nearest `float`.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "C's conversion to float rounds in the same way"
)]
fn float_bits(value: f64) -> u64 {
    u64::from((value as f32).to_bits())
}

/// The bits of a `double` of the same value, if there is one.
fn exact_in_double(value: i64) -> Option<u64> {
    let value = i32::try_from(value).ok()?;
    Some(f64::from(value).to_bits())
}

/// The word of an argument in the cases that are most of all; `None` is for the others, wrong ones included.
#[inline(always)]
pub(super) fn shortcut(parameter: &Parameter, object: Borrowed<'_>) -> Option<u64> {
    // The commonest of all comes first, and in line.
    const UNUSED_BY_DIGIT: u8 = 63 - ONE_DIGIT_BITS;
    if let Shortcut::Signed(..=UNUSED_BY_DIGIT) = parameter.shortcut {
        if let Some(value) = version::one_digit_int(object) {
            return Some(value.to_unsigned());
        }
    }
    other_shortcut(parameter, object)
}

/// [`shortcut`] of one of `N` parameters that are `double` or `float`.
#[inline(always)]
pub(super) fn float_shortcut<const N: usize>(
    parameter: &Parameter,
    object: Borrowed<'_>,
) -> Option<u64> {
    if parameter.shortcut == Shortcut::Double {
        if let Some(value) = version::exact_float(object) {
            return Some(value.to_bits());
        }
    }
    // In line where it takes no room from others.
    if N == 1 && parameter.shortcut == Shortcut::Float {
        if let Some(value) = version::exact_float(object) {
            return Some(float_bits(value));
        }
    }
    other_shortcut(parameter, object)
}

/// [`shortcut`] for all but small numbers for the commoner signed integer types.
#[inline(never)]
fn other_shortcut(parameter: &Parameter, object: Borrowed<'_>) -> Option<u64> {
    any_shortcut(parameter, object)
}

#[inline(always)]
pub(super) fn any_shortcut(parameter: &Parameter, object: Borrowed<'_>) -> Option<u64> {
    match parameter.shortcut {
        Shortcut::Signed(unused) => {
            let value = version::small_int(object)?;
            ((value << unused) >> unused == value).then(|| value.to_unsigned())
        }
        Shortcut::Unsigned(unused) => {
            let value = version::small_int(object)?.to_unsigned();
            ((value << unused) >> unused == value && value >> 63 == 0).then_some(value)
        }
        Shortcut::Double => match version::exact_float(object) {
            Some(value) => Some(value.to_bits()),
            None => exact_in_double(version::small_int(object)?),
        },
        Shortcut::Float => version::exact_float(object).map(float_bits),
        Shortcut::Bool => {
            // SAFETY: the addresses of two static objects.
            let (yes, no) = unsafe { (ffi::Py_True(), ffi::Py_False()) };
            match object.as_ptr() {
                it if it == yes => Some(1),
                it if it == no => Some(0),
                _ => None,
            }
        }
        Shortcut::Pointer | Shortcut::BytePointer => {
            if let Some(cdata) = CData::from_object(object) {
                let from: &CType = cdata.ctype();
                let same = std::ptr::eq(from, &raw const *parameter.ctype)
                    || match from.kind {
                        Kind::Array => {
                            parameter.takes_any_pointer
                                || from
                                    .item_pointer()
                                    .is_some_and(|it| std::ptr::eq(it, &raw const *parameter.ctype))
                        }
                        Kind::Pointer => parameter.takes_any_pointer || from.is_void_pointer(),
                        _ => false,
                    };
                return same.then(|| cdata.data().expose_provenance() as u64);
            }
            if parameter.shortcut == Shortcut::BytePointer {
                // No copy: a bytes object ends in a null and lives as long as the call's arguments.
                let bytes = object.bytes()?;
                return Some(bytes.as_ptr().expose_provenance() as u64);
            }
            None
        }
        Shortcut::None | Shortcut::Large => None,
    }
}

/// A scalar result from the word of a register.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the upper bits of the word are not the value's"
)]
#[inline(never)]
pub(super) fn scalar_result(outcome: Outcome, result: &CType, bits: u64) -> PyResult<Owned> {
    match outcome {
        Outcome::Void => Ok(Owned::none()),
        Outcome::Signed(unused) => signed_result(bits, unused),
        Outcome::Unsigned(unused) => unsigned_result(bits, unused),
        Outcome::Bool if bits as u8 <= 1 => Ok(Owned::bool(bits as u8 == 1)),
        Outcome::Double => int::from_f64(f64::from_bits(bits)),
        Outcome::Float => float_result(bits),
        Outcome::Pointer | Outcome::Bool | Outcome::Other => load_word(result, bits),
    }
}

/// An unsigned integer of fewer bits than its word.
#[inline]
pub(super) fn unsigned_result(bits: u64, unused: u8) -> PyResult<Owned> {
    int::from_u64((bits << unused) >> unused)
}

/// A `float` in the low half of its word.
#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the upper half of the word is not the value's"
)]
pub(super) fn float_result(bits: u64) -> PyResult<Owned> {
    int::from_f64(f32::from_bits(bits as u32).into())
}

/// A signed integer of fewer bits than its word.
#[inline]
pub(super) fn signed_result(bits: u64, unused: u8) -> PyResult<Owned> {
    int::from_i64((bits << unused).to_signed() >> unused)
}

/// A scalar result of any type.
#[inline(never)]
fn load_word(result: &CType, mut bits: u64) -> PyResult<Owned> {
    // SAFETY: the scalar is in the low bytes of the word (only little-endian targets have such plans).
    unsafe { load(result, (&raw mut bits).cast()) }
}
