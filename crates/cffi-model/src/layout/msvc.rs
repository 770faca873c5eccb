//! The rules of Microsoft's compiler: bit-fields share a storage unit only with neighbours of the same size, a unit is as aligned as its
//! type, and an alignment that was asked for by name cannot be packed away.

use cffi_syntax::ast::RecordKind;

use super::{
    BitPlace, FieldInput, FieldPlace, LayoutError, Packed, RecordLayout, RecordRules, round_up,
};
use crate::target::Target;

/// What an empty record takes in C, in bytes.
const EMPTY_SIZE: u64 = 4;

/// The storage unit that bit-fields are being put into.
struct Unit {
    offset: u64,
    size: u64,
    used: u64,
}

struct State {
    size: u64,
    align: u64,
    /// The largest alignment that was asked for by name, of members inside members too.
    required: u64,
    /// Of members, from packing; 0 is no limit.
    limit: u64,
    unit: Option<Unit>,
    is_union: bool,
}

pub(super) fn layout(
    target: Target,
    rules: &RecordRules,
    fields: &[FieldInput],
) -> Result<RecordLayout, LayoutError> {
    // A pack that is larger than a pointer is ignored.
    let pack = rules
        .pack
        .map(u64::from)
        .filter(|pack| *pack <= target.pointer().size);
    let limit = if rules.packed == Packed::Yes {
        1
    } else {
        pack.unwrap_or(0)
    };
    let mut state = State {
        size: 0,
        align: 1,
        required: u64::from(!target.is_32_bit()),
        limit,
        unit: None,
        is_union: rules.kind == RecordKind::Union,
    };
    let places = fields
        .iter()
        .map(|field| state.place(field))
        .collect::<Result<Vec<_>, _>>()?;
    let mut size = round_up(state.size, state.align)?;
    let required = state.required.max(rules.align.map_or(0, u64::from));
    let mut align = state.align;
    if required > 0 {
        align = align.max(required);
        let rounding = if state.limit > 0 {
            align.min(state.limit)
        } else {
            align
        };
        size = round_up(size, rounding.max(required))?;
    }
    if size == 0 {
        size = if required >= EMPTY_SIZE {
            align
        } else {
            EMPTY_SIZE
        };
    }
    if i64::try_from(size).is_err() {
        return Err(LayoutError::TooLarge);
    }
    // For those who contain it, a record with an alignment of its own asks for all the alignment that it has.
    let required = if rules.align.is_some() {
        required.max(align)
    } else {
        required
    };
    let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    Ok(RecordLayout {
        size,
        align: narrow(align),
        required_align: narrow(required),
        fields: places,
    })
}

impl State {
    /// The alignment of a member under packing.
    fn alignment(&mut self, field: &FieldInput) -> u64 {
        let explicit = field.explicit_align.map_or(0, u64::from);
        let mut align = u64::from(field.align);
        // On bit-fields an explicit alignment is an ordinary one.
        let required = if field.bits.is_some() {
            0
        } else {
            explicit.max(field.required_align.into())
        };
        if field.bits.is_some() {
            align = align.max(explicit);
        }
        self.required = self.required.max(required);
        if self.limit > 0 {
            align = align.min(self.limit);
        }
        if field.packed == Packed::Yes {
            align = 1;
        }
        align.max(required).max(1)
    }

    fn place(&mut self, field: &FieldInput) -> Result<FieldPlace, LayoutError> {
        let align = self.alignment(field);
        match field.bits.map(|bits| bits.width) {
            Some(0) => self.close_unit(field, align),
            Some(width) => self.place_bits(field, width, align),
            None => {
                self.unit = None;
                let offset = if self.is_union {
                    0
                } else {
                    round_up(self.size, align)?
                };
                self.grow(offset, field.size)?;
                self.align = self.align.max(align);
                Ok(FieldPlace { offset, bits: None })
            }
        }
    }

    fn grow(&mut self, offset: u64, size: u64) -> Result<(), LayoutError> {
        let end = offset.checked_add(size).ok_or(LayoutError::TooLarge)?;
        self.size = self.size.max(end);
        Ok(())
    }

    /// A bit-field of width 0 does something only behind another bit-field.
    fn close_unit(&mut self, field: &FieldInput, align: u64) -> Result<FieldPlace, LayoutError> {
        if self.unit.take().is_some() {
            if self.is_union {
                self.grow(0, field.size)?;
            } else {
                self.size = round_up(self.size, align)?;
                self.align = self.align.max(align);
            }
        }
        Ok(FieldPlace {
            offset: if self.is_union { 0 } else { self.size },
            bits: None,
        })
    }

    fn place_bits(
        &mut self,
        field: &FieldInput,
        width: u32,
        align: u64,
    ) -> Result<FieldPlace, LayoutError> {
        let fits = !self.is_union
            && self.unit.as_ref().is_some_and(|unit| {
                unit.size == field.size && unit.used + u64::from(width) <= unit.size * 8
            });
        if !fits {
            // Bit-fields do not align a union.
            let offset = if self.is_union {
                0
            } else {
                round_up(self.size, align)?
            };
            self.grow(offset, field.size)?;
            if !self.is_union {
                self.align = self.align.max(align);
            }
            self.unit = Some(Unit {
                offset,
                size: field.size,
                used: 0,
            });
        }
        let Some(unit) = &mut self.unit else {
            return Err(LayoutError::TooLarge);
        };
        let shift = u32::try_from(unit.used).unwrap_or(u32::MAX);
        unit.used += u64::from(width);
        Ok(FieldPlace {
            offset: unit.offset,
            bits: Some(BitPlace { shift, width }),
        })
    }
}
