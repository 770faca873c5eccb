//! `int()`, `float()`, `complex()`, `bool()` and pointer arithmetic.

use cffi_python::bits::ToSigned;
use cffi_python::int;
use cffi_python::{Borrowed, Owned, PyResult, Raised, raise};

use super::object::{CData, new_view};
use crate::convert::{float, integer};
use crate::ctype::{CType, Kind};

fn size_of(cdata: &CData) -> usize {
    cdata.ctype().raw_size().unsigned_abs()
}

/// `int(cdata)`
pub fn to_int(cdata: &CData) -> PyResult<Owned> {
    // SAFETY: in all arms, the value of a primitive cdata.
    unsafe {
        match cdata.ctype().kind {
            Kind::Signed | Kind::Unsigned => integer::load(cdata.ctype(), cdata.data()),
            Kind::Bool | Kind::Char => int::from_u64(cdata.data().read().into()),
            Kind::WideChar => wide_char_to_int(cdata),
            Kind::Float => int::from_f64(float::read(cdata.data(), size_of(cdata)))?
                .borrow()
                .to_int(),
            Kind::LongDouble => int::from_f64(cffi_call::long_double::read_f64(cdata.data()))?
                .borrow()
                .to_int(),
            _ => Err(not_supported("int", cdata)),
        }
    }
}

/// `wchar_t` is signed on most targets, the others are not.
fn wide_char_to_int(cdata: &CData) -> PyResult<Owned> {
    use cffi_model::primitive::Primitive;
    use cffi_model::target::Target;
    let wchar = matches!(
        cdata.ctype().detail,
        crate::ctype::object::Detail::Primitive(Primitive::WcharT)
    );
    // SAFETY: the value of a wide character.
    unsafe {
        if wchar && Target::host().wchar_is_signed() {
            int::from_i64(integer::read_signed(cdata.data(), size_of(cdata)))
        } else {
            int::from_u64(integer::read_unsigned(cdata.data(), size_of(cdata)))
        }
    }
}

/// `float(cdata)`
pub fn to_float(cdata: &CData) -> PyResult<Owned> {
    // SAFETY: in all arms, the value of a primitive cdata.
    unsafe {
        match cdata.ctype().kind {
            Kind::Float => int::from_f64(float::read(cdata.data(), size_of(cdata))),
            Kind::LongDouble => int::from_f64(cffi_call::long_double::read_f64(cdata.data())),
            _ => Err(not_supported("float", cdata)),
        }
    }
}

/// `complex(cdata)`
pub fn to_complex(cdata: &CData) -> PyResult<Owned> {
    match cdata.ctype().kind {
        // SAFETY: the value of a complex cdata.
        Kind::Complex => unsafe { float::load_complex(cdata.ctype(), cdata.data()) },
        _ => Err(not_supported("complex", cdata)),
    }
}

#[cold]
fn not_supported(function: &str, cdata: &CData) -> Raised {
    raise!(
        TypeError,
        "{function}() not supported on cdata '{}'",
        cdata.ctype().name()
    )
}

/// `bool(cdata)`: whether a number is not zero, a pointer not NULL; records and arrays are true.
pub fn is_true(cdata: &CData) -> PyResult<bool> {
    let size = cdata.ctype().raw_size().unsigned_abs();
    // SAFETY: in all arms, the value of a primitive cdata.
    unsafe {
        Ok(match cdata.ctype().kind {
            kind if kind.is_integral() => integer::read_unsigned(cdata.data(), size) != 0,
            Kind::Float => float::read(cdata.data(), size) != 0.0,
            Kind::LongDouble => !cffi_call::long_double::is_zero(cdata.data()),
            Kind::Complex => {
                let half = size / 2;
                float::read(cdata.data(), half) != 0.0
                    || float::read(cdata.data().add(half), half) != 0.0
            }
            _ => !cdata.data().is_null(),
        })
    }
}

/// The direction of pointer arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `p + n`
    Forward,
    /// `p - n`
    Backward,
}

/// `p + n` or `p - n`
fn displace(cdata: &CData, count: Borrowed<'_>, direction: Direction) -> PyResult<Owned> {
    let ctype = cdata.ctype();
    let count = count.as_isize()?;
    let pointer = match ctype.kind {
        Kind::Pointer | Kind::Array => ctype.item_pointer(),
        _ => None,
    };
    let (Some(pointer), Some(item)) = (pointer, ctype.item()) else {
        return Err(raise!(
            TypeError,
            "cannot add a cdata '{}' and a number",
            ctype.name()
        ));
    };
    let size = match item.size()? {
        Some(size) => size.to_signed(),
        // GNU C's arithmetic on void pointers counts bytes.
        None if item.kind == Kind::Void => 1,
        None => {
            return Err(raise!(
                TypeError,
                "ctype '{}' points to items of unknown size",
                ctype.name()
            ));
        }
    };
    let bytes = count.wrapping_mul(size);
    let bytes = if direction == Direction::Forward {
        bytes
    } else {
        bytes.wrapping_neg()
    };
    Ok(new_view(pointer.to_ref(), cdata.data().wrapping_offset(bytes))?.into_owned())
}

/// `nb_add`
pub fn add(left: Borrowed<'_>, right: Borrowed<'_>) -> PyResult<Owned> {
    if let Some(cdata) = CData::from_object(left) {
        return displace(cdata, right, Direction::Forward);
    }
    match CData::from_object(right) {
        Some(cdata) => displace(cdata, left, Direction::Forward),
        None => Ok(Owned::not_implemented()),
    }
}

/// `nb_subtract`
pub fn subtract(left: Borrowed<'_>, right: Borrowed<'_>) -> PyResult<Owned> {
    let Some(first) = CData::from_object(left) else {
        return Ok(Owned::not_implemented());
    };
    match CData::from_object(right) {
        Some(second) => difference(first, second),
        None => displace(first, right, Direction::Backward),
    }
}

/// `p - q` in items.
fn difference(first: &CData, second: &CData) -> PyResult<Owned> {
    let pointer = |cdata: &CData| cdata.ctype().item_pointer().map(CType::to_ref);
    let mismatch = || {
        raise!(
            TypeError,
            "cannot subtract cdata '{}' and cdata '{}'",
            first.ctype().name(),
            second
                .ctype()
                .item_pointer()
                .unwrap_or(second.ctype())
                .name()
        )
    };
    let (Some(left), Some(right)) = (pointer(first), pointer(second)) else {
        return Err(mismatch());
    };
    if !std::ptr::eq(&raw const *left, &raw const *right) {
        return Err(mismatch());
    }
    let size = match left.item() {
        Some(item) if item.kind == Kind::Void => 1,
        Some(item) => item.size()?.unwrap_or(0),
        None => 0,
    };
    if size == 0 {
        return Err(mismatch());
    }
    let bytes = first
        .data()
        .addr()
        .wrapping_sub(second.data().addr())
        .to_signed();
    let size = size.to_signed();
    if bytes % size != 0 {
        return Err(raise!(
            ValueError,
            "pointer subtraction: the distance between the two pointers is not a multiple of the item size"
        ));
    }
    int::from_isize(bytes / size)
}
