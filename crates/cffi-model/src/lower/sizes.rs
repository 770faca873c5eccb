//! Sizes and layouts of complete types; records are laid out once, on demand.

use cffi_syntax::ast::RecordKind;

use crate::declarations::Declarations;
use crate::error::Problem;
use crate::layout::{
    BitsInput, FieldInput, Named, Packed, RecordLayout, RecordRules, layout_record,
};
use crate::primitive::PrimitiveKind;
use crate::spelling::{function_name, keyword, record_name, spell};
use crate::types::{ArrayLength, Field, Record, RecordId, RecordName, Type, TypeId};

/// Records by value inside records inside …: deeper than any program, and shallow enough for any stack.
const MAX_DEPTH: u32 = 200;

/// The records whose layouts are being computed, the innermost first: one that is met again contains itself.
#[derive(Clone, Copy)]
struct Within<'a> {
    id: RecordId,
    outer: Option<&'a Within<'a>>,
}

fn incomplete(declarations: &Declarations, ty: TypeId) -> Problem {
    Problem::SizeOfIncomplete(spell(&declarations.table, ty).text)
}

/// Size and alignment in bytes.
pub(crate) fn size_align(declarations: &Declarations, ty: TypeId) -> Result<(u64, u32), Problem> {
    measure(declarations, ty, None, 0)
}

fn measure(
    declarations: &Declarations,
    ty: TypeId,
    within: Option<&Within<'_>>,
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
            if has_no_size(declarations, item.ty) {
                let item = spell(&declarations.table, item.ty).text;
                return Err(Problem::ArrayOfUnknownSize(item));
            }
            let (size, align) = measure(declarations, item.ty, within, depth + 1)?;
            let total = size
                .checked_mul(*length)
                .filter(|total| i64::try_from(*total).is_ok());
            let total =
                total.ok_or_else(|| Problem::ArraySize(spell(&declarations.table, ty).text))?;
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
            let layout = lay_out(declarations, *id, within, depth + 1)?;
            Ok((layout.size, layout.align))
        }
        Type::Void
        | Type::Array { .. }
        | Type::Function(_)
        | Type::External(_)
        | Type::UnknownInteger(_)
        | Type::UnknownFloat(_)
        | Type::Unsupported(_) => Err(incomplete(declarations, ty)),
    }
}

/// The layout of a record.
pub(crate) fn record_layout(
    declarations: &Declarations,
    id: RecordId,
) -> Result<RecordLayout, Problem> {
    lay_out(declarations, id, None, 0)
}

fn lay_out(
    declarations: &Declarations,
    id: RecordId,
    outer: Option<&Within<'_>>,
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
    let mut around = outer;
    while let Some(within) = around {
        if within.id == id {
            return Err(Problem::Recursive(short_name(record)));
        }
        around = within.outer;
    }
    let within = Within { id, outer };
    let name = || record_name(keyword(record.kind), &record.name, record.alias.as_deref());
    let Some(body) = &record.body else {
        return Err(Problem::SizeOfIncomplete(name()));
    };
    let fields = body
        .fields
        .iter()
        .enumerate()
        .map(|(index, field)| {
            check_field(declarations, record, index, field)?;
            field_input(declarations, field, &within, depth)
        })
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

/// How CFFI calls a record that contains itself.
fn short_name(record: &Record) -> String {
    match &record.name {
        RecordName::Tag(tag) => tag.to_string(),
        RecordName::Typedef(name) => format!("${name}"),
        RecordName::Anonymous(number) => format!("${number}"),
    }
}

/// Whether C gives objects of this type no size at all.
fn has_no_size(declarations: &Declarations, ty: TypeId) -> bool {
    match declarations.table.get(ty) {
        Type::Void
        | Type::Array {
            length: ArrayLength::Open,
            ..
        } => true,
        Type::Record(id) => declarations
            .table
            .record(*id)
            .is_some_and(|record| record.body.is_none()),
        _ => false,
    }
}

/// What a member must not be. CFFI tells when a record is used, not when it is declared.
fn check_field(
    declarations: &Declarations,
    record: &Record,
    index: usize,
    field: &Field,
) -> Result<(), Problem> {
    let table = &declarations.table;
    let ty = field.ty.ty;
    let name = || {
        let record = record_name(keyword(record.kind), &record.name, record.alias.as_deref());
        format!("{record}.{}", field.name)
    };
    let spelled = || spell(table, ty).text;
    if let Type::Function(_) = table.get(ty) {
        return Err(Problem::Function(function_name(table, ty)));
    }
    // A flexible array member is the last one of a struct (C11 6.7.2.1p18); in unions GCC has them anywhere.
    let fields = record.body.as_ref().map_or(0, |body| body.fields.len());
    let may_be_open = field.width.is_none()
        && (record.kind == RecordKind::Union || index + 1 == fields)
        && matches!(table.get(ty), Type::Array { .. });
    if has_no_size(declarations, ty) && !may_be_open {
        return Err(Problem::FieldOfUnknownSize {
            field: name(),
            ty: spelled(),
        });
    }
    let Some(width) = field.width else {
        return Ok(());
    };
    let Some(bits) = bit_field_bits(declarations, ty) else {
        return Err(Problem::BitFieldType {
            field: name(),
            ty: spelled(),
        });
    };
    if u64::from(width) > bits {
        return Err(Problem::BitFieldWidth {
            field: name(),
            ty: spelled(),
            width,
        });
    }
    if width == 0 && !field.name.is_empty() {
        return Err(Problem::ZeroWidthNamed(name()));
    }
    Ok(())
}

/// The bits of a type that bit-fields can have (C11 6.7.2.1p5, and GCC's other integer types).
fn bit_field_bits(declarations: &Declarations, ty: TypeId) -> Option<u64> {
    match declarations.table.get(ty) {
        Type::Primitive(primitive)
            if matches!(
                primitive.kind(),
                PrimitiveKind::Bool
                    | PrimitiveKind::Char
                    | PrimitiveKind::Signed
                    | PrimitiveKind::Unsigned
                    | PrimitiveKind::WideChar
            ) =>
        {
            Some(declarations.target.primitive(*primitive).size * 8)
        }
        Type::Enum(_) => size_align(declarations, ty).ok().map(|(size, _)| size * 8),
        Type::UnknownInteger(_) => Some(64),
        _ => None,
    }
}

fn field_input(
    declarations: &Declarations,
    field: &Field,
    within: &Within<'_>,
    depth: u32,
) -> Result<FieldInput, Problem> {
    let (size, align) = match declarations.table.get(field.ty.ty) {
        // A flexible array has an alignment and no size.
        Type::Array {
            item,
            length: ArrayLength::Open,
        } => (
            0,
            measure(declarations, item.ty, Some(within), depth + 1)?.1,
        ),
        _ => measure(declarations, field.ty.ty, Some(within), depth + 1)?,
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
            lay_out(declarations, *id, None, depth + 1).map_or(0, |layout| layout.required_align)
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
    let layout = record_layout(declarations, *id).ok()?;
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
