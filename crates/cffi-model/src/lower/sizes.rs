//! Sizes and layouts of complete types; records are laid out once, on demand.

use crate::declarations::Declarations;
use crate::error::Problem;
use crate::layout::{
    BitsInput, FieldInput, Named, Packed, RecordLayout, RecordRules, layout_record,
};
use crate::spelling::spell;
use crate::types::{ArrayLength, Field, RecordId, Type, TypeId};

/// Records by value inside records inside …: deeper than any program, and shallow enough for any stack.
const MAX_DEPTH: u32 = 200;

fn incomplete(declarations: &Declarations, ty: TypeId) -> Problem {
    Problem::SizeOfIncomplete(spell(&declarations.table, ty).text)
}

/// Size and alignment in bytes.
pub(crate) fn size_align(
    declarations: &Declarations,
    ty: TypeId,
    depth: u32,
) -> Result<(u64, u32), Problem> {
    if depth > MAX_DEPTH {
        return Err(Problem::TypeTooDeep);
    }
    let target = declarations.target;
    match declarations.table.get(ty) {
        Type::Primitive(primitive) => {
            let layout = target.primitive(*primitive);
            Ok((layout.size, layout.align))
        }
        Type::Pointer { .. } => {
            let layout = target.pointer();
            Ok((layout.size, layout.align))
        }
        Type::Array {
            item,
            length: ArrayLength::Fixed(length),
        } => {
            let (size, align) = size_align(declarations, item.ty, depth + 1)?;
            let total = size
                .checked_mul(*length)
                .filter(|total| i64::try_from(*total).is_ok());
            let total =
                total.ok_or_else(|| Problem::TooLarge(spell(&declarations.table, ty).text))?;
            Ok((total, align))
        }
        Type::Enum(id) => match declarations
            .table
            .enumeration(*id)
            .and_then(|it| it.body.as_ref())
        {
            Some(body) => {
                let layout = target.primitive(body.underlying);
                Ok((layout.size, layout.align))
            }
            None => Err(incomplete(declarations, ty)),
        },
        Type::Record(id) => {
            let layout = record_layout(declarations, *id, depth + 1)?;
            Ok((layout.size, layout.align))
        }
        Type::Void
        | Type::Array { .. }
        | Type::Function(_)
        | Type::UnknownInteger(_)
        | Type::UnknownFloat(_)
        | Type::Unsupported(_) => Err(incomplete(declarations, ty)),
    }
}

/// The layout of a record.
pub(crate) fn record_layout(
    declarations: &Declarations,
    id: RecordId,
    depth: u32,
) -> Result<RecordLayout, Problem> {
    if let Some(layout) = declarations.layouts.borrow().get(&id) {
        return Ok(layout.clone());
    }
    if depth > MAX_DEPTH {
        return Err(Problem::TypeTooDeep);
    }
    let Some(record) = declarations.table.record(id) else {
        return Err(Problem::TypeTooDeep);
    };
    let name = || {
        crate::spelling::record_name(
            crate::spelling::keyword(record.kind),
            &record.name,
            record.alias.as_deref(),
        )
    };
    let Some(body) = &record.body else {
        return Err(Problem::SizeOfIncomplete(name()));
    };
    if let Some(text) = &body.invalid {
        return Err(Problem::Deferred(text.to_string()));
    }
    let fields = body
        .fields
        .iter()
        .map(|field| field_input(declarations, field, depth))
        .collect::<Result<Vec<_>, _>>()?;
    let rules = RecordRules {
        kind: record.kind,
        packed: if body.packed { Packed::Yes } else { Packed::No },
        pack: body.pack,
        align: body.align,
        abi: body.abi,
    };
    let mut layout = layout_record(&declarations.target, &rules, &fields)
        .map_err(|_| Problem::TooLarge(name()))?;
    layout.align = layout.align.max(body.name_align.unwrap_or(1));
    if !body.partial {
        declarations.layouts.borrow_mut().insert(id, layout.clone());
    }
    Ok(layout)
}

fn field_input(
    declarations: &Declarations,
    field: &Field,
    depth: u32,
) -> Result<FieldInput, Problem> {
    let (size, align) = match declarations.table.get(field.ty.ty) {
        // A flexible array has an alignment and no size.
        Type::Array {
            item,
            length: ArrayLength::Open,
        } => (0, size_align(declarations, item.ty, depth + 1)?.1),
        _ => size_align(declarations, field.ty.ty, depth + 1)?,
    };
    let bits = field.width.map(|width| BitsInput {
        width,
        named: if field.name.is_empty() {
            Named::No
        } else {
            Named::Yes
        },
    });
    Ok(FieldInput {
        size,
        align,
        bits,
        explicit_align: field.align,
        required_align: required_align(declarations, field.ty.ty, depth),
        packed: if field.packed {
            Packed::Yes
        } else {
            Packed::No
        },
    })
}

/// The alignment by name of the record that a member is or is an array of.
fn required_align(declarations: &Declarations, ty: TypeId, depth: u32) -> u32 {
    match declarations.table.get(ty) {
        Type::Array { item, .. } => required_align(declarations, item.ty, depth),
        Type::Record(id) => {
            record_layout(declarations, *id, depth + 1).map_or(0, |layout| layout.required_align)
        }
        _ => 0,
    }
}

/// The type and offset in bytes of a member, looked up through anonymous ones.
pub(crate) fn member(declarations: &Declarations, ty: TypeId, name: &str) -> Option<(TypeId, u64)> {
    let Type::Record(id) = declarations.table.get(ty) else {
        return None;
    };
    let body = declarations.table.record(*id)?.body.as_ref()?;
    let layout = record_layout(declarations, *id, 0).ok()?;
    for (field, place) in body.fields.iter().zip(&layout.fields) {
        if &*field.name == name && field.width.is_none() {
            return Some((field.ty.ty, place.offset));
        }
        if field.name.is_empty() && field.width.is_none() {
            if let Some((ty, offset)) = member(declarations, field.ty.ty, name) {
                return Some((ty, place.offset + offset));
            }
        }
    }
    None
}
