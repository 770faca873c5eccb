//! The primitive types: one table for kind, C spelling and wire number.
//!
//! Sizes are not here: they depend on the target (`target.rs`).

/// How values of a primitive behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrimitiveKind {
    /// `_Bool`
    Bool,
    /// `char` (one byte, shown as `bytes` of length 1)
    Char,
    /// `wchar_t`, `char16_t`, `char32_t`
    WideChar,
    /// A signed integer
    Signed,
    /// An unsigned integer
    Unsigned,
    /// `float`, `double`
    Float,
    /// `long double`
    LongDouble,
    /// `float _Complex`, `double _Complex`
    Complex,
}

macro_rules! primitives {
    ($($variant:ident $spelling:literal $kind:ident $number:literal;)*) => {
        /// A primitive type other than `void`. The discriminant is its number in compiled modules (`_CFFI_PRIM_*`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each variant is the C type of its spelling")]
        #[repr(u8)]
        pub enum Primitive { $($variant = $number,)* }

        impl Primitive {
            /// All of them, by number.
            pub const ALL: &'static [Primitive] = &[$(Primitive::$variant,)*];

            /// The C spelling that CFFI shows and accepts.
            #[must_use]
            pub const fn spelling(self) -> &'static str {
                match self { $(Primitive::$variant => $spelling,)* }
            }

            /// How its values behave.
            #[must_use]
            pub const fn kind(self) -> PrimitiveKind {
                match self { $(Primitive::$variant => PrimitiveKind::$kind,)* }
            }

            /// The primitive of this exact spelling.
            #[must_use]
            pub fn from_spelling(spelling: &str) -> Option<Primitive> {
                match spelling { $($spelling => Some(Primitive::$variant),)* _ => None }
            }

            /// The primitive of this wire number.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Primitive> {
                match number { $($number => Some(Primitive::$variant),)* _ => None }
            }
        }
    };
}

primitives! {
    Bool "_Bool" Bool 1;
    Char "char" Char 2;
    SChar "signed char" Signed 3;
    UChar "unsigned char" Unsigned 4;
    Short "short" Signed 5;
    UShort "unsigned short" Unsigned 6;
    Int "int" Signed 7;
    UInt "unsigned int" Unsigned 8;
    Long "long" Signed 9;
    ULong "unsigned long" Unsigned 10;
    LongLong "long long" Signed 11;
    ULongLong "unsigned long long" Unsigned 12;
    Float "float" Float 13;
    Double "double" Float 14;
    LongDouble "long double" LongDouble 15;
    WcharT "wchar_t" WideChar 16;
    Int8 "int8_t" Signed 17;
    UInt8 "uint8_t" Unsigned 18;
    Int16 "int16_t" Signed 19;
    UInt16 "uint16_t" Unsigned 20;
    Int32 "int32_t" Signed 21;
    UInt32 "uint32_t" Unsigned 22;
    Int64 "int64_t" Signed 23;
    UInt64 "uint64_t" Unsigned 24;
    IntPtr "intptr_t" Signed 25;
    UIntPtr "uintptr_t" Unsigned 26;
    PtrDiff "ptrdiff_t" Signed 27;
    Size "size_t" Unsigned 28;
    SSize "ssize_t" Signed 29;
    IntLeast8 "int_least8_t" Signed 30;
    UIntLeast8 "uint_least8_t" Unsigned 31;
    IntLeast16 "int_least16_t" Signed 32;
    UIntLeast16 "uint_least16_t" Unsigned 33;
    IntLeast32 "int_least32_t" Signed 34;
    UIntLeast32 "uint_least32_t" Unsigned 35;
    IntLeast64 "int_least64_t" Signed 36;
    UIntLeast64 "uint_least64_t" Unsigned 37;
    IntFast8 "int_fast8_t" Signed 38;
    UIntFast8 "uint_fast8_t" Unsigned 39;
    IntFast16 "int_fast16_t" Signed 40;
    UIntFast16 "uint_fast16_t" Unsigned 41;
    IntFast32 "int_fast32_t" Signed 42;
    UIntFast32 "uint_fast32_t" Unsigned 43;
    IntFast64 "int_fast64_t" Signed 44;
    UIntFast64 "uint_fast64_t" Unsigned 45;
    IntMax "intmax_t" Signed 46;
    UIntMax "uintmax_t" Unsigned 47;
    FloatComplex "float _Complex" Complex 48;
    DoubleComplex "double _Complex" Complex 49;
    Char16 "char16_t" WideChar 50;
    Char32 "char32_t" WideChar 51;
}
