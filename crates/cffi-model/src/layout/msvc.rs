//! Microsoft's rules: bit-fields share a storage unit only with neighbours of the same size, and a unit is as aligned as its type.

use cffi_syntax::ast::RecordKind;

use super::{
    BitPlace, BitsInput, FieldInput, FieldPlace, LayoutError, Named, Packed, RecordLayout,
    RecordRules, round_up,
};
use crate::target::{System, Target};

/// The storage unit that bit-fields are being put into.
struct Unit {
    offset: u64,
    size: u64,
    used: u64,
}

pub(super) fn layout(
    target: Target,
    rules: &RecordRules,
    fields: &[FieldInput],
) -> Result<RecordLayout, LayoutError> {
    let is_union = rules.kind == RecordKind::Union;
    let (mut end, mut size, mut align) = (0u64, 0u64, 1u64);
    let mut unit: Option<Unit> = None;
    let mut places = Vec::with_capacity(fields.len());
    for field in fields {
        if is_union {
            end = 0;
            unit = None;
        }
        let own_align = alignment(rules, field);
        match field.bits {
            Some(BitsInput { width: 0, .. }) => {
                // It closes a unit; without one in front of it, it does nothing.
                if unit.take().is_some() {
                    end = round_up(end, own_align)?;
                    align = align.max(own_align);
                }
                places.push(FieldPlace {
                    offset: end,
                    bits: None,
                });
            }
            Some(BitsInput { width, named }) => {
                let fits = unit.as_ref().is_some_and(|unit| {
                    unit.size == field.size && unit.used + u64::from(width) <= unit.size * 8
                });
                if !fits {
                    let offset = round_up(end, own_align)?;
                    end = offset
                        .checked_add(field.size)
                        .ok_or(LayoutError::TooLarge)?;
                    unit = Some(Unit {
                        offset,
                        size: field.size,
                        used: 0,
                    });
                }
                let Some(unit) = &mut unit else {
                    return Err(LayoutError::TooLarge);
                };
                let shift = u32::try_from(unit.used).unwrap_or(u32::MAX);
                unit.used += u64::from(width);
                // Unnamed bit-fields of a union do not align it.
                if named == Named::Yes || !is_union {
                    align = align.max(own_align);
                }
                places.push(FieldPlace {
                    offset: unit.offset,
                    bits: Some(BitPlace { shift, width }),
                });
            }
            None => {
                unit = None;
                let offset = round_up(end, own_align)?;
                end = offset
                    .checked_add(field.size)
                    .ok_or(LayoutError::TooLarge)?;
                align = align.max(own_align);
                places.push(FieldPlace { offset, bits: None });
            }
        }
        size = size.max(end);
    }
    align = align.max(rules.align.map_or(1, u64::from));
    let mut size = round_up(size, align)?;
    if size == 0 && target.system == System::WindowsMsvc {
        // C has no empty structs; Microsoft's compiler gives them four bytes, or their alignment.
        size = align.max(4);
    }
    if i64::try_from(size).is_err() {
        return Err(LayoutError::TooLarge);
    }
    Ok(RecordLayout {
        size,
        align: u32::try_from(align).unwrap_or(u32::MAX),
        fields: places,
    })
}

fn alignment(rules: &RecordRules, field: &FieldInput) -> u64 {
    let packed = rules.packed == Packed::Yes || field.packed == Packed::Yes;
    let mut align = if packed { 1 } else { field.align };
    if let Some(pack) = rules.pack {
        align = align.min(pack);
    }
    u64::from(align.max(field.explicit_align.unwrap_or(1)).max(1))
}
