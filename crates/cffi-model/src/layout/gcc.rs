//! The rules of GCC and Clang: each bit-field begins where the one before it ends, unless it would straddle more units of its type
//! than its size covers (`PCC_BITFIELD_TYPE_MATTERS`; System V psABIs, AAPCS64 10.1.8).

use cffi_syntax::ast::RecordKind;

use super::{
    BitsInput, FieldInput, FieldPlace, LayoutError, Named, Packed, RecordLayout, RecordRules,
    bit_place, bytes,
};
use crate::target::{Arch, System, Target};

struct State {
    /// The first free bit.
    end: u128,
    /// Of the record, in bits.
    align: u128,
}

pub(super) fn layout(
    target: Target,
    rules: &RecordRules,
    fields: &[FieldInput],
) -> Result<RecordLayout, LayoutError> {
    let mut state = State { end: 0, align: 8 };
    let mut places = Vec::with_capacity(fields.len());
    let mut union_end = 0;
    for field in fields {
        if rules.kind == RecordKind::Union {
            state.end = 0;
        }
        let place = match field.bits {
            Some(bits) => state.place_bits(target, rules, field, bits)?,
            None => state.place(rules, field)?,
        };
        union_end = union_end.max(state.end);
        places.push(place);
    }
    let end = if rules.kind == RecordKind::Union {
        union_end
    } else {
        state.end
    };
    let align = state
        .align
        .max(rules.align.map_or(0, |align| u128::from(align) * 8));
    let size = end.div_ceil(8).next_multiple_of(align / 8);
    // Sizes of objects fit in ssize_t.
    let size = i64::try_from(size)
        .map_err(|_| LayoutError::TooLarge)?
        .unsigned_abs();
    Ok(RecordLayout {
        size,
        align: u32::try_from(align / 8).unwrap_or(u32::MAX),
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
        let packed = rules.packed == Packed::Yes || field.packed == Packed::Yes;
        let mut align = if packed { 1 } else { field.align };
        align = align.max(field.explicit_align.unwrap_or(1));
        if let Some(pack) = rules.pack {
            align = align.min(pack);
        }
        let align = u128::from(align.max(1)) * 8;
        let start = self.end.next_multiple_of(align);
        self.end = start + u128::from(field.size) * 8;
        self.align = self.align.max(align);
        Ok(FieldPlace {
            offset: bytes(start)?,
            bits: None,
        })
    }

    fn place_bits(
        &mut self,
        target: Target,
        rules: &RecordRules,
        field: &FieldInput,
        bits: BitsInput,
    ) -> Result<FieldPlace, LayoutError> {
        let packed = rules.packed == Packed::Yes || field.packed == Packed::Yes;
        let natural = u128::from(field.align.max(1)) * 8;
        let pack = rules.pack.map(|pack| u128::from(pack.max(1)) * 8);
        let explicit = u128::from(field.explicit_align.unwrap_or(0)) * 8;
        // AAPCS and AAPCS64: unnamed bit-fields align the record, those of width 0 too.
        let unnamed_align =
            matches!(target.arch, Arch::Arm | Arch::AArch64) && target.system == System::Linux;
        if bits.width == 0 {
            // Neither packing nor #pragma pack weakens a zero-width bit-field.
            let align = natural.max(explicit);
            let start = self.end.next_multiple_of(align);
            self.end = start;
            if unnamed_align {
                self.align = self.align.max(align);
            }
            return Ok(FieldPlace {
                offset: bytes(start)?,
                bits: None,
            });
        }
        let mut explicit = explicit;
        if let Some(pack) = pack {
            explicit = explicit.min(pack);
        }
        let mut start = self.end.next_multiple_of(explicit.max(1));
        if !packed && pack.is_none() {
            let unit = u128::from(field.size.max(1)) * 8;
            let spanned = (start % natural + u128::from(bits.width)).div_ceil(natural);
            if spanned > unit / natural {
                start = start.next_multiple_of(natural);
            }
        }
        self.end = start + u128::from(bits.width);
        if bits.named == Named::Yes || unnamed_align {
            let implied = match pack {
                Some(pack) => natural.min(pack),
                None if packed => 8,
                None => natural,
            };
            self.align = self.align.max(implied).max(explicit);
        }
        bit_place(start, bits.width, field.size)
    }
}
