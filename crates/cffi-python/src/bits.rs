//! Numbers seen with or without a sign, bit for bit.

/// The same bits with a sign.
pub trait ToSigned {
    /// The signed type.
    type Signed;
    /// Two's complement; sizes of Rust objects stay what they are, as they fit in `isize`.
    fn to_signed(self) -> Self::Signed;
}

/// The same bits without a sign.
pub trait ToUnsigned {
    /// The unsigned type.
    type Unsigned;
    /// Two's complement.
    fn to_unsigned(self) -> Self::Unsigned;
}

macro_rules! pairs {
    ($($signed:ty, $unsigned:ty;)*) => {$(
        impl ToSigned for $unsigned {
            type Signed = $signed;
            #[inline]
            #[expect(clippy::cast_possible_wrap, reason = "this is what is asked for")]
            fn to_signed(self) -> $signed {
                self as $signed
            }
        }
        impl ToUnsigned for $signed {
            type Unsigned = $unsigned;
            #[inline]
            #[expect(clippy::cast_sign_loss, reason = "this is what is asked for")]
            fn to_unsigned(self) -> $unsigned {
                self as $unsigned
            }
        }
    )*};
}

pairs! {
    i64, u64;
    i128, u128;
    isize, usize;
}
