//! GCC's and Clang's `ms_struct`, the default on mingw: plain members as everywhere, bit-fields nearly as Microsoft's compiler has them.

use cffi_syntax::ast::RecordKind;

use super::{
    BitPlace, BitsInput, FieldInput, FieldPlace, LayoutError, Packed, RecordLayout, RecordRules,
    round_up,
};

struct State {
    /// The end of the last member, in bytes.
    size: u64,
    /// The end of all members, in bytes: under packing a bit-field of width 0 can step back into a unit.
    total: u64,
    /// In bytes.
    align: u64,
    pack: Option<u64>,
    /// The bit-field before this member: its unit's size in bytes, and the free bits of it.
    unit: Option<(u64, u64)>,
    is_union: bool,
}

pub(super) fn layout(
    rules: &RecordRules,
    fields: &[FieldInput],
) -> Result<RecordLayout, LayoutError> {
    let mut state = State {
        size: 0,
        total: 0,
        align: 1,
        pack: rules.pack.map(u64::from),
        unit: None,
        is_union: rules.kind == RecordKind::Union,
    };
    let places = fields
        .iter()
        .map(|field| match field.bits {
            Some(bits) => state.place_bits(field, bits),
            None => state.place(rules, field),
        })
        .collect::<Result<Vec<_>, _>>()?;
    let align = state.align.max(rules.align.map_or(1, u64::from));
    let size = round_up(state.total, align)?;
    if i64::try_from(size).is_err() {
        return Err(LayoutError::TooLarge);
    }
    let align = u32::try_from(align).unwrap_or(u32::MAX);
    Ok(RecordLayout {
        size,
        align,
        required_align: 0,
        fields: places,
    })
}

impl State {
    fn place(
        &mut self,
        rules: &RecordRules,
        field: &FieldInput,
    ) -> Result<FieldPlace, LayoutError> {
        self.unit = None;
        let packed = rules.packed == Packed::Yes || field.packed == Packed::Yes;
        let mut align = if packed { 1 } else { u64::from(field.align) };
        align = align.max(field.explicit_align.map_or(1, u64::from));
        if let Some(pack) = self.pack {
            align = align.min(pack);
        }
        let offset = if self.is_union {
            0
        } else {
            round_up(self.size, align)?
        };
        self.grow(offset, field.size)?;
        self.align = self.align.max(align);
        Ok(FieldPlace { offset, bits: None })
    }

    fn grow(&mut self, offset: u64, size: u64) -> Result<(), LayoutError> {
        let end = offset.checked_add(size).ok_or(LayoutError::TooLarge)?;
        self.size = self.size.max(end);
        self.total = self.total.max(end);
        Ok(())
    }

    fn place_bits(
        &mut self,
        field: &FieldInput,
        bits: BitsInput,
    ) -> Result<FieldPlace, LayoutError> {
        let width = u64::from(bits.width);
        // A unit is aligned to its size, whatever the target's alignment of the type; packing does not change that.
        let mut align = if width == 0 && self.unit.is_none() {
            1
        } else {
            field.size
        };
        align = align.max(field.explicit_align.map_or(1, u64::from));
        if let (Some(pack), true) = (self.pack, width > 0) {
            align = align.min(pack);
        }
        if self.is_union {
            // In unions bit-fields align nothing, not even where that was asked for.
            self.grow(0, if width > 0 { field.size } else { 1 })?;
            self.unit = None;
            let bits = (width > 0).then_some(BitPlace {
                shift: 0,
                width: bits.width,
            });
            return Ok(FieldPlace { offset: 0, bits });
        }
        let free = match self.unit {
            Some((size, free)) if size == field.size => free,
            _ => 0,
        };
        self.align = self.align.max(align);
        if width == 0 {
            // From the first free bit on, not from the end of its unit.
            self.size = round_up(self.size - free / 8, align)?;
            self.total = self.total.max(self.size);
            self.unit = None;
            return Ok(FieldPlace {
                offset: self.size,
                bits: None,
            });
        }
        if width > free {
            self.size = round_up(self.size, align)?;
        }
        let free = if width > free {
            self.grow(self.size, field.size)?;
            field.size * 8
        } else {
            free
        };
        self.unit = Some((field.size, free - width));
        let shift = u32::try_from(field.size * 8 - free).unwrap_or(u32::MAX);
        Ok(FieldPlace {
            offset: self.size - field.size,
            bits: Some(BitPlace {
                shift,
                width: bits.width,
            }),
        })
    }
}
