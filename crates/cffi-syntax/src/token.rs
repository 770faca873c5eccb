//! Kinds of tokens and sets of them.
//!
//! A token is a kind and a place; its spelling is looked up in the text where it matters. Keywords that have several spellings
//! (`__inline`, `__inline__`) have one kind.

use crate::span::Span;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum TokenKind {
    EndOfInput,
    /// Something that the lexer has reported.
    Invalid,
    Identifier,
    /// A preprocessing number (C11 6.4.8): integer, floating, or neither.
    Number,
    Character,
    String,

    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    LeftBrace,
    RightBrace,
    Semicolon,
    Comma,
    Colon,
    ColonColon,
    Question,
    Dot,
    Arrow,
    Ellipsis,
    Star,
    Plus,
    Minus,
    Slash,
    Percent,
    Ampersand,
    Pipe,
    Caret,
    Tilde,
    Bang,
    Less,
    Greater,
    LessEqual,
    GreaterEqual,
    EqualEqual,
    NotEqual,
    ShiftLeft,
    ShiftRight,
    AndAnd,
    OrOr,
    PlusPlus,
    MinusMinus,
    Equal,
    /// `+=` and its like.
    CompoundEqual,

    // Storage classes and function specifiers.
    Auto,
    Constexpr,
    Extern,
    Inline,
    Noreturn,
    Register,
    Static,
    ThreadLocal,
    Typedef,

    // Qualifiers.
    Const,
    Restrict,
    Volatile,
    /// Also a type specifier, with a parenthesis behind it.
    Atomic,

    // Type specifiers.
    AutoType,
    BitInt,
    Bool,
    Char,
    Complex,
    Double,
    Enum,
    ExtendedFloat,
    Float,
    Imaginary,
    Int,
    Int128,
    Long,
    Short,
    Signed,
    Struct,
    Typeof,
    Union,
    Unsigned,
    UnsignedInt128,
    VaList,
    Void,

    // Calling conventions.
    Cdecl,
    Stdcall,

    // Other parts of declarations.
    Alignas,
    Asm,
    Attribute,
    Declspec,
    Extension,
    StaticAssert,

    // Operators of expressions.
    Alignof,
    Generic,
    Offsetof,
    /// `__real__` and `__imag__`.
    RealImag,
    Sizeof,

    /// `if`, `return` and the others that only function bodies contain.
    Statement,
}

impl TokenKind {
    /// The number of kinds.
    pub(crate) const COUNT: u8 = Self::Statement as u8 + 1;
}

/// A token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// Whether it is the first on its line.
    pub(crate) first_on_line: bool,
    pub(crate) span: Span,
}

/// A set of token kinds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenSet(u128);

const _: () = assert!(
    TokenKind::COUNT as u32 <= u128::BITS,
    "a TokenSet has a bit for every kind"
);

impl TokenSet {
    pub(crate) const fn new<const N: usize>(kinds: [TokenKind; N]) -> Self {
        let mut set = 0;
        let mut rest: &[TokenKind] = &kinds;
        while let [first, others @ ..] = rest {
            set |= 1 << *first as u8;
            rest = others;
        }
        Self(set)
    }

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline]
    pub(crate) const fn contains(self, kind: TokenKind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }
}

use TokenKind as T;

/// What [C11 6.7.1] and 6.7.4 list, with GNU's and C23's additions.
const STORAGE: TokenSet = TokenSet::new([
    T::Auto,
    T::Constexpr,
    T::Extern,
    T::Inline,
    T::Noreturn,
    T::Register,
    T::Static,
    T::ThreadLocal,
    T::Typedef,
]);

/// Type qualifiers (C11 6.7.3).
pub(crate) const QUALIFIERS: TokenSet =
    TokenSet::new([T::Const, T::Restrict, T::Volatile, T::Atomic]);

const TYPE_KEYWORDS: TokenSet = TokenSet::new([
    T::Atomic,
    T::AutoType,
    T::BitInt,
    T::Bool,
    T::Char,
    T::Complex,
    T::Double,
    T::Enum,
    T::ExtendedFloat,
    T::Float,
    T::Imaginary,
    T::Int,
    T::Int128,
    T::Long,
    T::Short,
    T::Signed,
    T::Struct,
    T::Typeof,
    T::Union,
    T::Unsigned,
    T::UnsignedInt128,
    T::VaList,
    T::Void,
]);

/// Attributes in the two keyword forms.
pub(crate) const ATTRIBUTES: TokenSet = TokenSet::new([T::Attribute, T::Declspec]);

/// Keywords that begin declaration specifiers; a typedef name does so too.
pub(crate) const SPECIFIER_START: TokenSet = STORAGE
    .union(QUALIFIERS)
    .union(TYPE_KEYWORDS)
    .union(ATTRIBUTES)
    .union(TokenSet::new([
        T::Alignas,
        T::Extension,
        T::Cdecl,
        T::Stdcall,
    ]));

/// Keywords that begin a type name (C11 6.7.7).
pub(crate) const TYPE_NAME_START: TokenSet = QUALIFIERS
    .union(TYPE_KEYWORDS)
    .union(ATTRIBUTES)
    .union(TokenSet::new([T::Extension]));

/// Keywords that are ordinary names in older C where nothing shows otherwise; only spellings without a leading underscore are.
pub(crate) const SOFT_KEYWORDS: TokenSet = TokenSet::new([
    T::Alignas,
    T::Alignof,
    T::Asm,
    T::Constexpr,
    T::Offsetof,
    T::StaticAssert,
    T::ThreadLocal,
    T::Typeof,
]);

/// Types that some compilers have and that headers declare by `typedef` for the others.
pub(crate) const BUILT_IN_TYPES: TokenSet =
    TokenSet::new([T::ExtendedFloat, T::Int128, T::UnsignedInt128]);
