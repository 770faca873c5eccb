//! ctypes as calling conventions see them.

use std::sync::Arc;

use cffi_call::shape::MAX_LEAVES_SIZE;
use cffi_call::{RecordShape, Shape, Signedness};
use cffi_python::{PyResult, raise};

use super::restriction::{Obstacle, restriction_of};
use crate::ctype::field::Place;
use crate::ctype::record::Layout;
use crate::ctype::{CType, Kind};

/// The role of a type in a signature, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A parameter.
    Argument,
    /// The result.
    Result,
}

impl Role {
    /// As messages name it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Argument => "argument",
            Self::Result => "return value",
        }
    }
}

/// The shape of a type, or the error where it cannot be passed by value at all.
pub fn shape_of(ctype: &CType, role: Role) -> PyResult<Result<Shape, String>> {
    let size = || u8::try_from(ctype.raw_size()).unwrap_or(0);
    Ok(Ok(match ctype.kind {
        Kind::Void => Shape::Void,
        Kind::Bool | Kind::Char | Kind::Unsigned | Kind::WideChar => {
            Shape::Int(size(), Signedness::Unsigned)
        }
        Kind::Signed => Shape::Int(size(), Signedness::Signed),
        Kind::Float if ctype.raw_size() == 4 => Shape::Float,
        Kind::Float => Shape::Double,
        Kind::LongDouble => Shape::LongDouble,
        Kind::Pointer | Kind::Function | Kind::Array => Shape::Pointer,
        Kind::Complex if ctype.raw_size() == 8 => Shape::ComplexFloat,
        Kind::Complex => Shape::ComplexDouble,
        Kind::Struct | Kind::Union => return record_shape(ctype, role),
    }))
}

fn record_shape(ctype: &CType, role: Role) -> PyResult<Result<Shape, String>> {
    let (Some(layout), Some(size)) = (ctype.layout()?, ctype.size()?) else {
        return Err(raise!(
            TypeError,
            "ctype '{}' has incomplete type",
            ctype.name()
        ));
    };
    if size == 0 {
        let empty = || format!("ctype '{}' has size 0", ctype.name());
        return Ok(Err(restriction_of(ctype, role)?.unwrap_or_else(empty)));
    }
    if layout.irregular {
        return Ok(Err(Obstacle::Moved.text(ctype, role)));
    }
    let mut leaves = Leaves {
        list: Vec::new(),
        plain: ctype.kind == Kind::Struct,
    };
    if size <= MAX_LEAVES_SIZE {
        leaves.collect(layout, 0)?;
    }
    Ok(Ok(Shape::Record(Arc::new(RecordShape {
        size,
        align: ctype.align()?,
        leaves: leaves.list,
        plain: leaves.plain && restriction_of(ctype, role)?.is_none(),
    }))))
}

struct Leaves {
    list: Vec<(usize, Shape)>,
    plain: bool,
}

impl Leaves {
    fn collect(&mut self, layout: &Layout, base: usize) -> PyResult<()> {
        for (offset, member, place) in &layout.members {
            match place {
                Place::Whole => self.add(member, base + offset)?,
                Place::Bits { shift, width } => {
                    // Each byte that the bit-field touches is an integer for the classification (psABI 3.2.3).
                    let first = usize::from(*shift) / 8;
                    let last = (usize::from(*shift) + usize::from(*width)).saturating_sub(1) / 8;
                    for byte in first..=last {
                        self.list
                            .push((base + offset + byte, Shape::Int(1, Signedness::Unsigned)));
                    }
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, ctype: &CType, offset: usize) -> PyResult<()> {
        match ctype.kind {
            Kind::Array => {
                // A flexible array member has no items as far as calls are concerned.
                let (Some(item), Ok(length)) = (ctype.item(), usize::try_from(ctype.length)) else {
                    return Ok(());
                };
                let size = item.size()?.unwrap_or(0);
                for index in 0..length {
                    self.add(item, offset + index * size)?;
                }
            }
            Kind::Struct | Kind::Union => {
                self.plain &= ctype.kind == Kind::Struct;
                if let Some(inner) = ctype.layout()? {
                    self.plain &= !inner.irregular;
                    self.collect(inner, offset)?;
                }
            }
            Kind::Complex => {
                let half = if ctype.raw_size() == 8 {
                    Shape::Float
                } else {
                    Shape::Double
                };
                self.list.push((offset, half.clone()));
                self.list.push((offset + half.size(), half));
            }
            _ => {
                if let Ok(shape) = shape_of(ctype, Role::Argument)? {
                    self.plain &= offset % shape.align().max(1) == 0;
                    self.list.push((offset, shape));
                }
            }
        }
        Ok(())
    }
}
