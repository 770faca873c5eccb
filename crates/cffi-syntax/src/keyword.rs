//! Keywords in all their spellings, found by a hash table that the compiler builds.
//!
//! `bool`, `true`, `false` and `nullptr` are absent: texts from before C23 declare them, so they are names here. So are
//! all macros of the standard library but `offsetof`.

use crate::token::TokenKind::{self, *};

/// Every keyword. C23's and GNU's unprefixed ones are demoted to names by the parser where only a name fits.
const KEYWORDS: &[(&str, TokenKind)] = &[
    ("_Alignas", Alignas),
    ("_Alignof", Alignof),
    ("_Atomic", Atomic),
    ("_BitInt", BitInt),
    ("_Bool", Bool),
    ("_Complex", Complex),
    ("_Decimal128", ExtendedFloat),
    ("_Decimal32", ExtendedFloat),
    ("_Decimal64", ExtendedFloat),
    ("_Float128", ExtendedFloat),
    ("_Float128x", ExtendedFloat),
    ("_Float16", ExtendedFloat),
    ("_Float32", ExtendedFloat),
    ("_Float32x", ExtendedFloat),
    ("_Float64", ExtendedFloat),
    ("_Float64x", ExtendedFloat),
    ("_Generic", Generic),
    ("_Imaginary", Imaginary),
    ("_Noreturn", Noreturn),
    ("_Static_assert", StaticAssert),
    ("_Thread_local", ThreadLocal),
    ("__alignof", Alignof),
    ("__alignof__", Alignof),
    ("__asm", Asm),
    ("__asm__", Asm),
    ("__attribute", Attribute),
    ("__attribute__", Attribute),
    ("__auto_type", AutoType),
    ("__bf16", ExtendedFloat),
    ("__builtin_ms_va_list", VaList),
    ("__builtin_offsetof", Offsetof),
    ("__builtin_va_list", VaList),
    ("__cdecl", Cdecl),
    ("__complex", Complex),
    ("__complex__", Complex),
    ("__const", Const),
    ("__const__", Const),
    ("__declspec", Declspec),
    ("__extension__", Extension),
    ("__float128", ExtendedFloat),
    ("__float80", ExtendedFloat),
    ("__fp16", ExtendedFloat),
    ("__imag", RealImag),
    ("__imag__", RealImag),
    ("__inline", Inline),
    ("__inline__", Inline),
    ("__int128", Int128),
    ("__int128_t", Int128),
    ("__real", RealImag),
    ("__real__", RealImag),
    ("__restrict", Restrict),
    ("__restrict__", Restrict),
    ("__signed", Signed),
    ("__signed__", Signed),
    ("__stdcall", Stdcall),
    ("__thread", ThreadLocal),
    ("__typeof", Typeof),
    ("__typeof__", Typeof),
    ("__typeof_unqual", Typeof),
    ("__typeof_unqual__", Typeof),
    ("__uint128_t", UnsignedInt128),
    ("__volatile", Volatile),
    ("__volatile__", Volatile),
    ("WINAPI", Stdcall),
    ("alignas", Alignas),
    ("alignof", Alignof),
    ("asm", Asm),
    ("auto", Auto),
    ("break", Statement),
    ("case", Statement),
    ("char", Char),
    ("const", Const),
    ("constexpr", Constexpr),
    ("continue", Statement),
    ("default", Statement),
    ("do", Statement),
    ("double", Double),
    ("else", Statement),
    ("enum", Enum),
    ("extern", Extern),
    ("float", Float),
    ("for", Statement),
    ("goto", Statement),
    ("if", Statement),
    ("inline", Inline),
    ("int", Int),
    ("long", Long),
    ("offsetof", Offsetof),
    ("register", Register),
    ("restrict", Restrict),
    ("return", Statement),
    ("short", Short),
    ("signed", Signed),
    ("sizeof", Sizeof),
    ("static", Static),
    ("static_assert", StaticAssert),
    ("struct", Struct),
    ("switch", Statement),
    ("thread_local", ThreadLocal),
    ("typedef", Typedef),
    ("typeof", Typeof),
    ("typeof_unqual", Typeof),
    ("union", Union),
    ("unsigned", Unsigned),
    ("void", Void),
    ("volatile", Volatile),
    ("while", Statement),
];

/// The kind of an identifier: a keyword's, or [`TokenKind::Identifier`].
#[inline]
pub(crate) fn classify(spelling: &str) -> TokenKind {
    let mut slot = hash(spelling.as_bytes());
    // Probing ends: fewer than half of the slots are taken.
    loop {
        // 0, an empty slot, wraps to a number that no keyword has.
        let number = SLOTS.get(slot % SLOT_COUNT).copied().unwrap_or(0);
        let Some((keyword, kind)) = KEYWORDS.get(usize::from(number).wrapping_sub(1)) else {
            return Identifier;
        };
        if *keyword == spelling {
            return *kind;
        }
        slot += 1;
    }
}

/// A power of two, several times the number of keywords: most names end at an empty slot.
const SLOT_COUNT: usize = 512;

/// The numbers of the keywords, from 1 on; 0 is an empty slot. Not the keywords: addresses have to be adjusted when the library is loaded,
/// in each process that loads it.
static SLOTS: [u8; SLOT_COUNT] = slots();

#[expect(
    clippy::indexing_slicing,
    reason = "the compiler runs it, and would report a panic"
)]
const fn slots() -> [u8; SLOT_COUNT] {
    assert!(KEYWORDS.len() * 2 < SLOT_COUNT && KEYWORDS.len() < u8::MAX as usize);
    let mut slots = [0; SLOT_COUNT];
    let mut number = 0;
    let mut rest = KEYWORDS;
    while let [(spelling, _), others @ ..] = rest {
        let mut slot = hash(spelling.as_bytes()) % SLOT_COUNT;
        while slots[slot] != 0 {
            slot = (slot + 1) % SLOT_COUNT;
        }
        number += 1;
        slots[slot] = number;
        rest = others;
    }
    slots
}

/// The length and four bytes; the multipliers were searched so that the keywords hardly collide.
#[inline]
const fn hash(spelling: &[u8]) -> usize {
    let length = spelling.len();
    let (Some(first), Some(last)) = (spelling.first(), spelling.last()) else {
        return 0;
    };
    let middle = if length > 1 {
        spelling.split_at(length / 2).1
    } else {
        spelling
    };
    let third = if length > 2 {
        spelling.split_at(2).1
    } else {
        spelling.split_at(length - 1).1
    };
    let (Some(middle), Some(third)) = (middle.first(), third.first()) else {
        return 0;
    };
    length * 31
        + *first as usize * 48
        + *middle as usize * 97
        + *last as usize * 9
        + *third as usize * 7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_found_and_nothing_else() {
        for &(spelling, kind) in KEYWORDS {
            assert_eq!(classify(spelling), kind, "{spelling}");
            assert_eq!(classify(&format!("{spelling}y")), Identifier, "{spelling}y");
            assert_eq!(
                classify(&spelling[1..]) == Identifier,
                !KEYWORDS.iter().any(|k| k.0 == &spelling[1..])
            );
        }
        assert_eq!(classify(""), Identifier);
    }
}
