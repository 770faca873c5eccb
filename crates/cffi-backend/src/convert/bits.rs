//! Bit-fields (C11 6.7.2.1p10, 11): a value in some bits of a storage unit.

use cffi_python::bits::{ToSigned, ToUnsigned};
use cffi_python::int::{self, Wide};
use cffi_python::{Borrowed, Owned, PyResult, raise};

use super::integer::{read_unsigned, write};
use crate::ctype::{CType, Kind};

/// How many bytes of memory hold a bit-field, and the value of those bytes. Packed bit-fields can reach into a ninth byte, so the
/// unit is read byte by byte into 128 bits there.
#[inline]
unsafe fn read_unit(data: *const u8, size: usize, end: usize) -> u128 {
    if end <= size * 8 {
        // SAFETY: the caller's promise: `size` readable bytes.
        return unsafe { read_unsigned(data, size) }.into();
    }
    let mut value = 0u128;
    for index in 0..end.div_ceil(8) {
        // SAFETY: the bit-field reaches into this byte, so it belongs to the record.
        value |= u128::from(unsafe { data.add(index).read() }) << (8 * index);
    }
    value
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the lowest bits are what is asked for"
)]
const fn low(value: u128) -> u64 {
    value as u64
}

const fn mask(width: u16) -> u64 {
    if width >= 64 {
        u64::MAX
    } else {
        (1 << width) - 1
    }
}

/// Loads a bit-field.
///
/// # Safety
/// `data` is the storage unit of a bit-field of `ctype`, readable.
pub unsafe fn load(ctype: &CType, data: *const u8, shift: u16, width: u16) -> PyResult<Owned> {
    let size = ctype.raw_size().unsigned_abs();
    // SAFETY: the caller's promise.
    let unit = unsafe { read_unit(data, size, usize::from(shift) + usize::from(width)) };
    let value = low(unit >> shift) & mask(width);
    match ctype.kind {
        Kind::Signed => {
            let unused = 64 - u32::from(width.min(64));
            int::from_i64((value << unused).to_signed() >> unused)
        }
        _ => int::from_u64(value),
    }
}

/// Stores a bit-field; `OverflowError` for a value that it cannot hold.
///
/// # Safety
/// `data` is the storage unit of a bit-field of `ctype`, writable.
pub unsafe fn store(
    ctype: &CType,
    data: *mut u8,
    shift: u16,
    width: u16,
    object: Borrowed<'_>,
) -> PyResult<()> {
    let number = object.index()?;
    let signed = ctype.kind == Kind::Signed;
    let (least, most): (i128, i128) = if signed {
        (-(1i128 << (width - 1)), (1i128 << (width - 1)) - 1)
    } else {
        (0, (1i128 << width) - 1)
    };
    // A signed field of one bit holds 0 and -1; writing 1 has always been allowed.
    let most_accepted = if signed && width == 1 { 1 } else { most };
    let value = match number.borrow().wide()? {
        Wide::Signed(value) => i128::from(value),
        Wide::Unsigned(value) if width == 64 && !signed => i128::from(value),
        _ => return Err(raise!(OverflowError, "int too big to convert")),
    };
    if !(least..=most_accepted).contains(&value) {
        return Err(raise!(
            OverflowError,
            "value {} outside the range allowed by the bit field width: {least} <= x <= {most_accepted}",
            object.display()
        ));
    }
    let size = ctype.raw_size().unsigned_abs();
    let end = usize::from(shift) + usize::from(width);
    let bits = u128::from(low(value.to_unsigned()) & mask(width)) << shift;
    // SAFETY: the caller's promise; only bytes that the bit-field or its unit covers are touched.
    unsafe {
        let unit = read_unit(data, size, end) & !(u128::from(mask(width)) << shift) | bits;
        if end <= size * 8 {
            write(data, size, low(unit));
        } else {
            for (index, byte) in unit.to_le_bytes().iter().enumerate().take(end.div_ceil(8)) {
                data.add(index).write(*byte);
            }
        }
    }
    Ok(())
}
