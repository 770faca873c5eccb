//! The C type model: what a type is, by value, with interned ids. No layout here (`layout/`), no Python.
//!
//! A [`TypeId`] names one type in one [`TypeTable`]; structurally equal types have the same id. Records and enums
//! are distinct by declaration, so they are ids of their own that point into side tables and may be
//! completed later; nothing else ever changes once interned.

use cffi_syntax::ast::{CallingConvention, RecordKind};

pub use cffi_syntax::ast::Qualifiers;

/// An interned type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(pub(crate) u32);

/// A struct, union or opaque type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(pub(crate) u32);

/// An enum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnumId(pub(crate) u32);

impl TypeId {
    /// Position in the table, for caches kept beside it.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl RecordId {
    /// Position in the table of records.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl EnumId {
    /// Position in the table of enums.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// A type with the qualifiers of the object that has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QualType {
    /// The unqualified type.
    pub ty: TypeId,
    /// Its qualifiers. The run time ignores them; generated code keeps them.
    pub qualifiers: Qualifiers,
}

/// A C type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `void`
    Void,
    /// An arithmetic type that CFFI knows by name.
    Primitive(crate::primitive::Primitive),
    /// A pointer; to a [`Type::Function`] it is what CFFI calls a function ctype.
    Pointer {
        /// What it points to.
        target: QualType,
        /// CFFI names `typedef ... *foo_p;` and `typedef struct {…} *foo_p;` by the typedef.
        name: Option<Box<str>>,
    },
    /// An array.
    Array {
        /// The item.
        item: QualType,
        /// The length.
        length: ArrayLength,
    },
    /// A function, parameters adjusted (C11 6.7.6.3p7,8).
    Function(FunctionType),
    /// A struct or union, maybe opaque.
    Record(RecordId),
    /// An enum.
    Enum(EnumId),
    /// CFFI `typedef int... name;`: an integer type whose size and sign the compiler knows.
    UnknownInteger(Box<str>),
    /// CFFI `typedef float... name;`.
    UnknownFloat(Box<str>),
    /// A type that somebody else keeps under this number: those of a compiled module, whose tables say what they are.
    External(u32),
    /// A C type that the parser reads but CFFI cannot represent (`__int128`, `_Float128`, `__builtin_va_list`, a vector);
    /// an error only where it is used. Holds the spelling.
    Unsupported(Box<str>),
}

/// The length of an array type, in items.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ArrayLength {
    /// `[n]`
    Fixed(u64),
    /// `[]`
    Open,
    /// CFFI `[...]`: the compiler knows.
    Unknown,
    /// `[...]` in a typedef, which may stand anywhere: the compiler knows the length of the array that this C expression is.
    Measured(Box<str>),
}

/// A function type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FunctionType {
    /// The result.
    pub result: TypeId,
    /// The parameters after adjustment. Their own qualifiers do not matter to the type (C11 6.7.6.3p15).
    pub parameters: Vec<TypeId>,
    /// Ends in `, ...`.
    pub variadic: bool,
    /// The calling convention.
    pub convention: CallingConvention,
}

/// A struct or union as declared.
#[derive(Clone, Debug)]
pub struct Record {
    /// Keyword.
    pub kind: RecordKind,
    /// How it is named.
    pub name: RecordName,
    /// The first typedef of a `struct tag`, which CFFI shows in place of the tag.
    pub alias: Option<Box<str>>,
    /// The members, once a body has been seen.
    pub body: Option<RecordBody>,
}

/// The name of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordName {
    /// `struct tag`
    Tag(Box<str>),
    /// No tag, but a typedef names it: `typedef struct {…} name;` or CFFI's `typedef ... name;`. Spelled without keyword.
    Typedef(Box<str>),
    /// Neither: `struct $N`, N unique in the declarations.
    Anonymous(u32),
}

/// The members of a record and what governs their layout.
#[derive(Clone, Debug, Default)]
pub struct RecordBody {
    /// In order of declaration. Anonymous record members and unnamed bit-fields are here too, with an empty name.
    pub fields: Vec<Field>,
    /// CFFI's `...;` at the end, or a `[...]` member, or a nested partial struct by value.
    pub partial: bool,
    /// `packed=True` or `__attribute__((packed))`: members have alignment 1.
    pub packed: bool,
    /// `pack=n` or `#pragma pack(n)`: the largest alignment of a member, in bytes.
    pub pack: Option<u32>,
    /// `aligned(n)` attributes of the record: at least this alignment, in bytes.
    pub align: Option<u32>,
    /// `aligned(n)` behind the typedef that is the record's only name: more alignment, but the same size, in bytes.
    pub name_align: Option<u32>,
    /// `__attribute__((ms_struct))` / `gcc_struct`.
    pub abi: Option<RecordAbi>,
}

/// Attribute that selects the bit-field rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordAbi {
    /// `ms_struct`
    Ms,
    /// `gcc_struct`
    Gcc,
}

/// A member of a record.
#[derive(Clone, Debug)]
pub struct Field {
    /// Empty for an anonymous record and an unnamed bit-field.
    pub name: Box<str>,
    /// Its type.
    pub ty: QualType,
    /// Width in bits of a bit-field; whether its type can have that is checked when the record is laid out.
    pub width: Option<u32>,
    /// `_Alignas` and `aligned(n)` of the member, in bytes.
    pub align: Option<u32>,
    /// `__attribute__((packed))` of the member alone.
    pub packed: bool,
}

/// An enum as declared.
#[derive(Clone, Debug)]
pub struct Enum {
    /// How it is named (spelled `enum tag`, or a typedef's name, or `enum $N`).
    pub name: RecordName,
    /// The first typedef of an `enum tag`, which CFFI shows in place of the tag.
    pub alias: Option<Box<str>>,
    /// The enumerators, once a body has been seen.
    pub body: Option<EnumBody>,
}

/// The enumerators.
#[derive(Clone, Debug)]
pub struct EnumBody {
    /// Name and value in order; `None`: the compiler knows.
    pub enumerators: Vec<(Box<str>, Option<i128>)>,
    /// A `...` at the end or for a value.
    pub partial: bool,
    /// The compatible integer type (C11 6.7.2.2p4 as GCC chooses it: unsigned int, int, unsigned long, long in this
    /// order of preference), or the fixed underlying type of C23.
    pub underlying: crate::primitive::Primitive,
}
