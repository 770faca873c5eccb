//! What CFFI documents as `NotImplementedError`: values that libffi cannot pass, though most conventions can.
//!
//! Functions of a library are called without this restriction where `cffi-call` classifies the signature. Callbacks, variadic calls
//! and pointers that a program made itself keep it: programs probe for the error, and have always had it there.

use cffi_python::PyResult;

use super::shape::Role;
use crate::ctype::field::Place;
use crate::ctype::record::Layout;
use crate::ctype::{CType, Kind};

/// Why a value cannot be passed; the texts are those that programs know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Fields stand where no rule of C puts them, or are those of an anonymous record.
    Moved,
    /// `__attribute__((packed))` or `#pragma pack` made a difference.
    Packed,
    /// A bit-field.
    BitField,
    /// `int x[0]` or `int x[]`.
    ZeroLengthArray,
    /// A union.
    Union,
    /// A complex number.
    Complex,
}

impl Obstacle {
    /// The message for a value of `ctype`.
    pub fn text(self, ctype: &CType, role: Role) -> String {
        let (name, place) = (ctype.name(), role.text());
        let advice = |what: &str| {
            format!(
                "{what} are only supported as {place} if the function is 'API mode' and non-variadic (i.e. declared inside ffibuilder.cdef()+ffibuilder.set_source() and not taking a final '...' argument)"
            )
        };
        let record = |detail: &str| {
            let advice = advice("Such structs");
            format!("ctype '{name}' not supported as {place}.  {detail}.  {advice}")
        };
        match self {
            Self::Moved => record(
                "It is a struct declared with \"...;\", but the C calling convention may depend on the missing fields; or, it contains anonymous struct/unions",
            ),
            Self::Packed => record(
                "It is a 'packed' structure, with a different layout than expected by libffi",
            ),
            Self::BitField => {
                record("It is a struct with bit fields, which libffi does not support")
            }
            Self::ZeroLengthArray => {
                record("It is a struct with a zero-length array, which libffi does not support")
            }
            Self::Union => {
                let advice = advice("Unions");
                format!("ctype '{name}' not supported as {place} by libffi.  {advice}")
            }
            Self::Complex => format!(
                "ctype '{name}' (size {}) not supported as {place} (the support for complex types inside libffi is mostly missing at this point, so CFFI only supports complex types as arguments or return value in API-mode functions)",
                ctype.raw_size()
            ),
        }
    }
}

/// The message for the first value of a signature that is restricted.
pub fn restriction(parameters: &[impl AsRef<CType>], result: &CType) -> PyResult<Option<String>> {
    if let Some(text) = restriction_of(result, Role::Result)? {
        return Ok(Some(text));
    }
    for parameter in parameters {
        if let Some(text) = restriction_of(parameter.as_ref(), Role::Argument)? {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// The message for a value that is restricted.
pub fn restriction_of(ctype: &CType, role: Role) -> PyResult<Option<String>> {
    let obstacle = match ctype.kind {
        Kind::Complex => Some(Obstacle::Complex),
        Kind::Union => Some(Obstacle::Union),
        Kind::Struct => match ctype.layout()? {
            Some(layout) => return of_struct(ctype, layout, role),
            None => None,
        },
        _ => None,
    };
    Ok(obstacle.map(|obstacle| obstacle.text(ctype, role)))
}

fn of_struct(ctype: &CType, layout: &Layout, role: Role) -> PyResult<Option<String>> {
    if let Some(obstacle) = own_obstacle(ctype, layout)? {
        return Ok(Some(obstacle.text(ctype, role)));
    }
    for (_, member, _) in &layout.members {
        if let Some(text) = restriction_of(innermost(member), Role::Argument)? {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// What is wrong with a struct itself, apart from what its members are.
fn own_obstacle(ctype: &CType, layout: &Layout) -> PyResult<Option<Obstacle>> {
    if layout.irregular || layout.anonymous_members {
        return Ok(Some(Obstacle::Moved));
    }
    let align = ctype.align()?;
    for (offset, member, place) in &layout.members {
        let natural = member.align()?;
        if *place == Place::Whole && (natural > align || offset % natural != 0) {
            return Ok(Some(Obstacle::Packed));
        }
    }
    for (_, member, place) in &layout.members {
        if *place != Place::Whole {
            return Ok(Some(Obstacle::BitField));
        }
        if is_empty_array(member) {
            return Ok(Some(Obstacle::ZeroLengthArray));
        }
    }
    Ok(None)
}

fn is_empty_array(ctype: &CType) -> bool {
    ctype.kind == Kind::Array && (ctype.length <= 0 || ctype.item().is_some_and(is_empty_array))
}

/// What an array of arrays is made of.
fn innermost(ctype: &CType) -> &CType {
    match ctype.item() {
        Some(item) if ctype.kind == Kind::Array => innermost(item),
        _ => ctype,
    }
}
