//! The syntax tree of a cdef: C11/C23 declarations (C11 6.7), GNU extensions, and CFFI's own `...` forms.
//!
//! Nodes carry what was written and where. They know nothing of types: no name is looked up here beyond
//! "is this a typedef name", which C's grammar needs, and no constant is evaluated.
//! Names borrow from the source text (after line splicing).

use crate::span::Span;

/// A name with the place where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ident<'s> {
    /// The spelling.
    pub name: &'s str,
    /// Where it stands.
    pub span: Span,
}

/// Everything in one cdef, in source order.
#[derive(Clone, Debug, Default)]
pub struct TranslationUnit<'s> {
    /// Declarations, defines and assertions.
    pub items: Vec<Item<'s>>,
}

/// One external item.
#[derive(Clone, Debug)]
pub enum Item<'s> {
    /// A declaration or a skipped function definition.
    Declaration(Declaration<'s>),
    /// `#define NAME value`.
    Define(Define<'s>),
    /// `_Static_assert(expr, "text");`.
    StaticAssert(StaticAssert<'s>),
}

/// `#define NAME value`, in the forms that CFFI accepts.
#[derive(Clone, Debug)]
pub struct Define<'s> {
    /// The macro's name.
    pub name: Ident<'s>,
    /// Its replacement.
    pub value: DefineValue<'s>,
    /// The whole directive.
    pub span: Span,
}

/// The replacement of a [`Define`].
#[derive(Clone, Debug)]
pub enum DefineValue<'s> {
    /// `...`: the compiler knows.
    Ellipsis,
    /// An integer constant with an optional sign, decimal, octal, hexadecimal or binary.
    Integer(Expr<'s>),
}

/// `_Static_assert(condition, message)`.
#[derive(Clone, Debug)]
pub struct StaticAssert<'s> {
    /// The condition.
    pub condition: Expr<'s>,
    /// The decoded message, where one was given.
    pub message: Option<String>,
    /// The whole assertion.
    pub span: Span,
}

/// Who provides or receives a declared function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Linkage {
    /// An ordinary C declaration; `extern "C"` too.
    #[default]
    C,
    /// `extern "Python"`.
    Python,
    /// `extern "Python+C"`.
    PythonPlusC,
}

/// `specifiers declarator, declarator;` (C11 6.7), or a function definition whose body was skipped.
#[derive(Clone, Debug)]
pub struct Declaration<'s> {
    /// From `extern "..."`, single or block.
    pub linkage: Linkage,
    /// Storage class, qualifiers, type.
    pub specifiers: Specifiers<'s>,
    /// The declared names with their derivations.
    pub declarators: Vec<InitDeclarator<'s>>,
    /// The braces of a skipped function body.
    pub body: Option<Span>,
    /// The whole declaration.
    pub span: Span,
}

bitflags::bitflags! {
    /// Storage-class and function specifiers (C11 6.7.1, 6.7.4); several can stand together.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Storage: u16 {
        /// `typedef`
        const TYPEDEF = 1;
        /// `extern`
        const EXTERN = 1 << 1;
        /// `static`
        const STATIC = 1 << 2;
        /// `auto`
        const AUTO = 1 << 3;
        /// `register`
        const REGISTER = 1 << 4;
        /// `_Thread_local`, `thread_local`, `__thread`
        const THREAD_LOCAL = 1 << 5;
        /// `inline`, `__inline`, `__inline__`
        const INLINE = 1 << 6;
        /// `_Noreturn`
        const NORETURN = 1 << 7;
        /// `constexpr`
        const CONSTEXPR = 1 << 8;
    }

    /// Type qualifiers (C11 6.7.3).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub struct Qualifiers: u8 {
        /// `const`
        const CONST = 1;
        /// `restrict`
        const RESTRICT = 1 << 1;
        /// `volatile`
        const VOLATILE = 1 << 2;
        /// `_Atomic` as a qualifier
        const ATOMIC = 1 << 3;
    }
}

/// Declaration specifiers or a specifier-qualifier list.
#[derive(Clone, Debug)]
pub struct Specifiers<'s> {
    /// Storage classes and function specifiers.
    pub storage: Storage,
    /// Qualifiers of the base type.
    pub qualifiers: Qualifiers,
    /// `_Alignas` and `alignas`, in order.
    pub alignments: Vec<AlignmentSpecifier<'s>>,
    /// GNU, C23 and `__declspec` attributes.
    pub attributes: Vec<Attribute<'s>>,
    /// A calling convention among the specifiers.
    pub convention: Option<CallingConvention>,
    /// The base type.
    pub ty: TypeSpecifier<'s>,
    /// Where the type specifier stands (the whole list where there is none).
    pub span: Span,
}

/// `_Alignas(type)` or `_Alignas(expr)` (C11 6.7.5).
#[derive(Clone, Debug)]
pub enum AlignmentSpecifier<'s> {
    /// Aligned as this type.
    Type(Box<TypeName<'s>>),
    /// Aligned to this number of bytes.
    Expr(Expr<'s>),
}

/// One attribute: `__attribute__((name(args)))`, `[[gnu::name(args)]]`, `__declspec(name(args))`.
#[derive(Clone, Debug)]
pub struct Attribute<'s> {
    /// The name without leading and trailing underscores and without the `gnu::` prefix.
    pub name: Ident<'s>,
    /// The arguments that could be read as expressions. Arguments of an attribute that is
    /// not understood are skipped, not stored.
    pub arguments: Vec<Expr<'s>>,
}

/// The calling conventions that cdef texts name; all but `Stdcall` mean the default one on every supported target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallingConvention {
    /// `__cdecl`
    Cdecl,
    /// `__stdcall`, `WINAPI`
    Stdcall,
}

/// The arithmetic type that a multiset of keywords names (C11 6.7.2p2), signedness made explicit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is the C type of its name")]
pub enum BasicType {
    Void,
    Bool,
    Char,
    SignedChar,
    UnsignedChar,
    Short,
    UnsignedShort,
    Int,
    UnsignedInt,
    Long,
    UnsignedLong,
    LongLong,
    UnsignedLongLong,
    Int128,
    UnsignedInt128,
    Float,
    Double,
    LongDouble,
    FloatComplex,
    DoubleComplex,
    LongDoubleComplex,
    /// `_Float16`, `_Float32`, … `_Float128x`, `__float128`, `_Decimal64`, …: the spelling is in the specifiers' span.
    ExtendedFloat,
    ExtendedFloatComplex,
    /// `__builtin_va_list`
    VaList,
}

/// What the specifiers name as the type.
#[derive(Clone, Debug)]
pub enum TypeSpecifier<'s> {
    /// No type specifier: implicit `int` of pre-C99, an error in most places.
    Missing,
    /// A combination of keywords.
    Basic(BasicType),
    /// A typedef name; in a parameter list also a lone identifier that is not one (K&R list), which lowering refuses.
    TypedefName(Ident<'s>),
    /// `struct` or `union`.
    Record(Box<RecordSpecifier<'s>>),
    /// `enum`.
    Enum(Box<EnumSpecifier<'s>>),
    /// `__typeof__(type)`, C23 `typeof`.
    TypeofType(Box<TypeName<'s>>),
    /// `__typeof__(expr)`.
    TypeofExpr(Expr<'s>),
    /// `_Atomic(type)`.
    Atomic(Box<TypeName<'s>>),
    /// CFFI: `typedef ... T;`, `typedef ... *T;`.
    Ellipsis,
    /// CFFI: `typedef int... T;` (any integer keyword in front).
    IntegerEllipsis,
    /// CFFI: `typedef float... T;`, `typedef double... T;`.
    FloatEllipsis,
}

/// Which keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the two keywords")]
pub enum RecordKind {
    Struct,
    Union,
}

/// `struct tag { members }` (C11 6.7.2.1).
#[derive(Clone, Debug)]
pub struct RecordSpecifier<'s> {
    /// Keyword.
    pub kind: RecordKind,
    /// Tag, where given.
    pub tag: Option<Ident<'s>>,
    /// The members, where a body was given.
    pub body: Option<RecordBody<'s>>,
    /// Attributes between keyword and tag and behind the closing brace.
    pub attributes: Vec<Attribute<'s>>,
    /// `#pragma pack(n)` in force at the closing brace.
    pub pack: Option<u32>,
    /// From the keyword to the end of the specifier.
    pub span: Span,
}

/// The braces of a struct or union.
#[derive(Clone, Debug, Default)]
pub struct RecordBody<'s> {
    /// Members in order.
    pub members: Vec<Member<'s>>,
    /// A final `...;`: more members than are listed, the compiler knows.
    pub partial: bool,
}

/// One member declaration: specifiers with any number of declarators (none: an anonymous struct or union).
#[derive(Clone, Debug)]
pub enum Member<'s> {
    /// A declaration.
    Field {
        /// Specifier-qualifier list.
        specifiers: Specifiers<'s>,
        /// The names; empty for an anonymous record or a tag declaration.
        declarators: Vec<FieldDeclarator<'s>>,
        /// The whole member.
        span: Span,
    },
    /// `_Static_assert` among the members.
    StaticAssert(StaticAssert<'s>),
}

/// A member's declarator with an optional bit-field width.
#[derive(Clone, Debug)]
pub struct FieldDeclarator<'s> {
    /// The declarator; its name is absent for an unnamed bit-field.
    pub declarator: Declarator<'s>,
    /// `: width`.
    pub width: Option<Expr<'s>>,
}

/// `enum tag : type { enumerators }` (C11 6.7.2.2, C23 6.7.3.3).
#[derive(Clone, Debug)]
pub struct EnumSpecifier<'s> {
    /// Tag, where given.
    pub tag: Option<Ident<'s>>,
    /// C23's fixed underlying type.
    pub underlying: Option<Box<Specifiers<'s>>>,
    /// The enumerators, where a body was given.
    pub body: Option<EnumBody<'s>>,
    /// Attributes of the enum.
    pub attributes: Vec<Attribute<'s>>,
    /// From the keyword to the end of the specifier.
    pub span: Span,
}

/// The braces of an enum.
#[derive(Clone, Debug, Default)]
pub struct EnumBody<'s> {
    /// Enumerators in order.
    pub enumerators: Vec<Enumerator<'s>>,
    /// A final `...`: more enumerators or other values, the compiler knows.
    pub partial: bool,
}

/// One enumerator.
#[derive(Clone, Debug)]
pub struct Enumerator<'s> {
    /// Its name.
    pub name: Ident<'s>,
    /// Its value.
    pub value: EnumeratorValue<'s>,
}

/// The value of an enumerator.
#[derive(Clone, Debug)]
pub enum EnumeratorValue<'s> {
    /// One more than the one before.
    Implicit,
    /// `= expr`.
    Expr(Expr<'s>),
    /// `= ...`: the compiler knows.
    Ellipsis,
}

/// A declarator with an initialiser, if any.
#[derive(Clone, Debug)]
pub struct InitDeclarator<'s> {
    /// Name and derivations.
    pub declarator: Declarator<'s>,
    /// `= ...` or `= expr`.
    pub initializer: Option<Initializer<'s>>,
    /// GNU `asm("symbol")`, decoded.
    pub asm_label: Option<String>,
}

/// What stands behind `=`.
#[derive(Clone, Debug)]
pub enum Initializer<'s> {
    /// CFFI: `static const int X = ...;`
    Ellipsis(Span),
    /// An expression.
    Expr(Expr<'s>),
    /// Braces, or something else that was skipped.
    Skipped(Span),
}

/// A declarator or abstract declarator: a name (or none) and the derivations around it.
///
/// `derivations` runs from the name outwards: `int *(*f[3])(void)` is `[Array(3), Pointer, Function, Pointer]`,
/// read "f is an array of 3 pointers to functions returning pointers to" the base type.
#[derive(Clone, Debug)]
pub struct Declarator<'s> {
    /// The declared name; `None` in an abstract declarator.
    pub name: Option<Ident<'s>>,
    /// Name outwards.
    pub derivations: Vec<Derivation<'s>>,
    /// Attributes behind the declarator.
    pub attributes: Vec<Attribute<'s>>,
    /// A calling convention in front of the name (`int __stdcall f(int)`), outside of any pointer.
    pub convention: Option<CallingConvention>,
    /// The whole declarator.
    pub span: Span,
}

/// One derivation of a declarator (C11 6.7.6).
#[derive(Clone, Debug)]
pub enum Derivation<'s> {
    /// `* quals`.
    Pointer {
        /// Qualifiers of the pointer itself.
        qualifiers: Qualifiers,
        /// Attributes behind the star.
        attributes: Vec<Attribute<'s>>,
        /// A calling convention beside the star: `(__stdcall *p)`; it belongs to the function that is pointed to.
        convention: Option<CallingConvention>,
    },
    /// `[length]`.
    Array {
        /// The length.
        length: ArrayLength<'s>,
        /// Qualifiers inside the brackets (of a parameter).
        qualifiers: Qualifiers,
        /// The brackets.
        span: Span,
    },
    /// `(parameters)`.
    Function {
        /// Parameters, without a lone `void`.
        parameters: Vec<Parameter<'s>>,
        /// Ends in `...`.
        variadic: bool,
        /// The parentheses.
        span: Span,
    },
}

/// The length between brackets.
#[derive(Clone, Debug)]
pub enum ArrayLength<'s> {
    /// `[]`
    Missing,
    /// `[*]`: a variable-length array of unspecified size (in a prototype).
    Star,
    /// CFFI: `[...]`
    Ellipsis,
    /// `[expr]`
    Expr(Expr<'s>),
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct Parameter<'s> {
    /// Its specifiers.
    pub specifiers: Specifiers<'s>,
    /// Its declarator, possibly abstract.
    pub declarator: Declarator<'s>,
    /// The whole parameter.
    pub span: Span,
}

/// A type name: specifiers and an abstract declarator (C11 6.7.7). At top level the declarator may carry a name,
/// which CFFI ignores (`typeof("int x")` is refused by lowering where upstream does).
#[derive(Clone, Debug)]
pub struct TypeName<'s> {
    /// Specifier-qualifier list.
    pub specifiers: Specifiers<'s>,
    /// Abstract declarator.
    pub declarator: Declarator<'s>,
    /// All of it.
    pub span: Span,
}

/// A constant expression (C11 6.6).
#[derive(Clone, Debug)]
pub struct Expr<'s> {
    /// What it is.
    pub kind: ExprKind<'s>,
    /// Where it stands.
    pub span: Span,
}

/// The forms of expression that can be constant.
#[derive(Clone, Debug)]
pub enum ExprKind<'s> {
    /// An integer constant; the value is exact, the type follows from base, suffix and value (C11 6.4.4.1p5).
    Integer(IntegerConstant),
    /// A floating constant, as written.
    Float(&'s str),
    /// A character constant, decoded.
    Character(CharacterConstant),
    /// A string literal: not constant, but it occurs in skipped initialisers and attributes; as written.
    String(&'s str),
    /// An enumerator or a `#define`d constant.
    Name(Ident<'s>),
    /// A prefix operator.
    Unary(UnaryOperator, Box<Expr<'s>>),
    /// An infix operator.
    Binary(BinaryOperator, Box<Expr<'s>>, Box<Expr<'s>>),
    /// `a ? b : c`
    Conditional(Box<Expr<'s>>, Box<Expr<'s>>, Box<Expr<'s>>),
    /// `(type) a`
    Cast(Box<TypeName<'s>>, Box<Expr<'s>>),
    /// `sizeof(type)`
    SizeofType(Box<TypeName<'s>>),
    /// `sizeof a`
    SizeofExpr(Box<Expr<'s>>),
    /// `_Alignof(type)`, `__alignof__(type)`
    AlignofType(Box<TypeName<'s>>),
    /// GNU `__alignof__ a`
    AlignofExpr(Box<Expr<'s>>),
    /// `offsetof(type, member)`, `__builtin_offsetof`
    Offsetof(Box<TypeName<'s>>, Vec<OffsetofStep<'s>>),
    /// Valid C that can never be constant here (calls, assignments, members …): skipped.
    Unsupported,
}

/// A step into a member designator of `offsetof`.
#[derive(Clone, Debug)]
pub enum OffsetofStep<'s> {
    /// `.name`
    Member(Ident<'s>),
    /// `[index]`
    Index(Expr<'s>),
}

/// An integer constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegerConstant {
    /// Its value, which may be more than any C type holds: a `#define` is a number. Still larger ones are refused by the lexer.
    pub value: u128,
    /// Written in base ten: then an unsuffixed constant never becomes unsigned (C11 6.4.4.1p5).
    pub decimal: bool,
    /// A `u` or `U` suffix.
    pub unsigned: bool,
    /// The number of `l`s in the suffix: 0, 1 or 2.
    pub longs: u8,
}

/// A character constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CharacterConstant {
    /// The code unit; for a multi-character constant GCC's value.
    pub value: u32,
    /// The prefix.
    pub encoding: CharacterEncoding,
}

/// The prefix of a character constant (C11 6.4.4.4, C23's `u8`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the prefix of its name")]
pub enum CharacterEncoding {
    Plain,
    Wide,
    Utf8,
    Utf16,
    Utf32,
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operators of their names")]
pub enum UnaryOperator {
    Plus,
    Minus,
    Not,
    Complement,
}

/// Infix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operators of their names")]
pub enum BinaryOperator {
    Multiply,
    Divide,
    Remainder,
    Add,
    Subtract,
    ShiftLeft,
    ShiftRight,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    BitAnd,
    BitXor,
    BitOr,
    LogicalAnd,
    LogicalOr,
}
