//! ctypes as calling conventions see them.

use std::sync::Arc;

use cffi_call::shape::MAX_LEAVES_SIZE;
use cffi_call::{RecordShape, Shape, Signedness};
use cffi_python::PyResult;

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
    const fn text(self) -> &'static str {
        match self {
            Self::Argument => "argument",
            Self::Result => "return value",
        }
    }
}

/// The shape of a type, or the text of the error where it cannot be passed by value.
pub fn shape_of(ctype: &CType, role: Role) -> PyResult<Result<Shape, String>> {
    let size = || u8::try_from(ctype.raw_size()).unwrap_or(0);
    Ok(Ok(match ctype.kind {
        Kind::Void => Shape::Void,
        Kind::Bool | Kind::Char | Kind::Unsigned => Shape::Int(size(), Signedness::Unsigned),
        Kind::WideChar => Shape::Int(size(), Signedness::Unsigned),
        Kind::Signed => Shape::Int(size(), Signedness::Signed),
        Kind::Float if ctype.raw_size() == 4 => Shape::Float,
        Kind::Float => Shape::Double,
        Kind::LongDouble => Shape::LongDouble,
        Kind::Pointer | Kind::Function | Kind::Array => Shape::Pointer,
        Kind::Complex => return Ok(Err(unsupported(ctype, role, Obstacle::Complex))),
        Kind::Struct | Kind::Union => return record_shape(ctype, role),
    }))
}

/// Why a type cannot be passed by value; the texts are those that CFFI has always given.
#[derive(Clone, Copy)]
enum Obstacle {
    Complex,
    Moved,
    ZeroLengthArray,
    Opaque,
    Empty,
}

fn unsupported(ctype: &CType, role: Role, obstacle: Obstacle) -> String {
    let (name, role) = (ctype.name(), role.text());
    let advice = format!(
        "Such structs are only supported as {role} if the function is 'API mode' and non-variadic (i.e. declared inside ffibuilder.cdef()+ffibuilder.set_source() and not taking a final '...' argument)"
    );
    match obstacle {
        Obstacle::Complex => format!(
            "ctype '{name}' (size {}) not supported as {role} (the support for complex types inside libffi is mostly missing at this point, so CFFI only supports complex types as arguments or return value in API-mode functions)",
            ctype.raw_size()
        ),
        Obstacle::Moved => format!(
            "ctype '{name}' not supported as {role}.  It is a struct declared with \"...;\", but the C calling convention may depend on the missing fields; or, it contains anonymous struct/unions.  {advice}"
        ),
        Obstacle::ZeroLengthArray => format!(
            "ctype '{name}' not supported as {role}.  It is a struct with a zero-length array, which libffi does not support.  {advice}"
        ),
        Obstacle::Empty => format!("ctype '{name}' not supported as {role} (it has size 0)"),
        Obstacle::Opaque => format!("ctype '{name}' has incomplete type"),
    }
}

fn record_shape(ctype: &CType, role: Role) -> PyResult<Result<Shape, String>> {
    let (Some(layout), Some(size)) = (ctype.layout()?, ctype.size()?) else {
        return Ok(Err(unsupported(ctype, role, Obstacle::Opaque)));
    };
    if layout.irregular {
        return Ok(Err(unsupported(ctype, role, Obstacle::Moved)));
    }
    if size == 0 {
        return Ok(Err(unsupported(ctype, role, Obstacle::Empty)));
    }
    let mut leaves = Leaves {
        list: Vec::new(),
        plain: !layout.bit_fields && ctype.kind == Kind::Struct,
        empty_array: false,
    };
    if size <= MAX_LEAVES_SIZE {
        leaves.collect(layout, 0)?;
    } else {
        leaves.collect_flags(layout)?;
    }
    if leaves.empty_array {
        return Ok(Err(unsupported(ctype, role, Obstacle::ZeroLengthArray)));
    }
    Ok(Ok(Shape::Record(Arc::new(RecordShape {
        size,
        align: ctype.align()?,
        leaves: leaves.list,
        plain: leaves.plain,
    }))))
}

struct Leaves {
    list: Vec<(usize, Shape)>,
    plain: bool,
    empty_array: bool,
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
                let (Some(item), Ok(length)) = (ctype.item(), usize::try_from(ctype.length)) else {
                    self.empty_array = true;
                    return Ok(());
                };
                self.empty_array |= length == 0;
                let size = item.size()?.unwrap_or(0);
                for index in 0..length {
                    self.add(item, offset + index * size)?;
                }
            }
            Kind::Struct | Kind::Union => {
                self.plain &= ctype.kind == Kind::Struct;
                if let Some(inner) = ctype.layout()? {
                    self.plain &= !inner.bit_fields && !inner.irregular;
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

    /// For a record whose parts do not matter: only what decides whether libffi can be told of it.
    fn collect_flags(&mut self, layout: &Layout) -> PyResult<()> {
        for (_, member, _) in &layout.members {
            self.flags_of(member)?;
        }
        Ok(())
    }

    fn flags_of(&mut self, ctype: &CType) -> PyResult<()> {
        match ctype.kind {
            Kind::Array => {
                self.empty_array |= ctype.length <= 0;
                if let Some(item) = ctype.item() {
                    self.flags_of(item)?;
                }
            }
            Kind::Struct | Kind::Union => {
                if let Some(inner) = ctype.layout()? {
                    self.collect_flags(inner)?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}
