//! What can be wrong with declarations, with the texts that programs match on, all in this file.

use std::fmt;

/// Why declarations or a type string were refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CdefError {
    /// Which exception it becomes.
    pub kind: ErrorKind,
    /// The whole text: the line that programs know first, help after it.
    pub text: String,
}

/// The exceptions of CFFI that an error becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `cffi.CDefError`
    Cdef,
    /// `cffi.FFIError`
    Ffi,
    /// `NotImplementedError`
    NotImplemented,
    /// `cffi.VerificationMissing`: known to the C compiler only.
    Missing,
    /// `TypeError`
    Type,
    /// `ValueError`
    Value,
}

impl fmt::Display for CdefError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for CdefError {}

impl CdefError {
    /// An error with this text.
    #[must_use]
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }
}

/// An error found while lowering, without its place: `Display` is the bare text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant's text is in Display")]
pub enum Problem {
    DuplicateRecord(String),
    DuplicateEnum(String),
    EnumTooLate(String),
    OnlyEllipsis {
        function: String,
    },
    UnknownParameter {
        function: String,
        position: usize,
        name: String,
    },
    UnknownType(String),
    MultipleDeclarations(String),
    MultipleConstant(String),
    UnknownConstant(String),
    NotConstant,
    Overflow,
    DivisionByZero,
    ShiftTooWide,
    NegativeArrayLength,
    ArrayTooLong,
    SizeOfIncomplete(String),
    BitFieldType(String),
    BitFieldWidth {
        name: String,
        width: i128,
        bits: u64,
    },
    NegativeWidth,
    ZeroWidthNamed(String),
    FunctionMember(String),
    FunctionArray,
    FunctionReturns(&'static str),
    VoidMember(String),
    FlexibleNotLast(String),
    Alignment(i128),
    Assertion(Option<String>),
    Unsupported(String),
    ArrayOfUnknownLength,
    EllipsisHere(&'static str),
    ExternPythonNotFunction(String),
    TooLarge(String),
    Recursive(String),
    EnumRange(String),
    BothTypedef(String),
    ConstantValue(String),
    TypeTooDeep,
    /// Found while a record was declared, an error once the record is used.
    Deferred(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateRecord(name) => write!(f, "duplicate declaration of struct {name}"),
            Self::DuplicateEnum(name) => write!(f, "duplicate declaration of enum {name}"),
            Self::EnumTooLate(name) => write!(
                f,
                "enum {name}: the '{{}}' declaration should appear on the first time the enum is mentioned, not later"
            ),
            Self::OnlyEllipsis { function } => {
                write!(
                    f,
                    "{function}: a function with only '(...)' as argument is not correct C"
                )
            }
            Self::UnknownParameter {
                function,
                position,
                name,
            } => write!(
                f,
                "{function} arg {position}: unknown type '{name}' (if you meant to use the old C syntax of giving untyped arguments, it is not supported)"
            ),
            Self::UnknownType(name) => write!(f, "unknown type '{name}'"),
            Self::MultipleDeclarations(name) => write!(
                f,
                "multiple declarations of {name} (for interactive usage, try cdef(xx, override=True))"
            ),
            Self::MultipleConstant(name) => write!(f, "multiple declarations of constant: {name}"),
            Self::UnknownConstant(name) => write!(
                f,
                "unsupported expression: '{name}' is not a known constant"
            ),
            Self::NotConstant => {
                f.write_str("unsupported expression: expected a simple numeric constant")
            }
            Self::Overflow => f.write_str("overflow in constant expression"),
            Self::DivisionByZero => f.write_str("division by zero in constant expression"),
            Self::ShiftTooWide => {
                f.write_str("shift by a negative number or by the width of the type or more")
            }
            Self::NegativeArrayLength => f.write_str("negative array length"),
            Self::ArrayTooLong => f.write_str("array length too large"),
            Self::SizeOfIncomplete(name) => {
                write!(f, "sizeof or _Alignof of incomplete type '{name}'")
            }
            Self::BitFieldType(name) => {
                write!(f, "bit field '{name}' is of a type that is no integer")
            }
            Self::BitFieldWidth { name, width, bits } => {
                write!(
                    f,
                    "bit field '{name}' of {width} bits is wider than its type, which has {bits}"
                )
            }
            Self::NegativeWidth => f.write_str("negative width of a bit field"),
            Self::ZeroWidthNamed(name) => write!(f, "field '{name}' is declared with :0"),
            Self::FunctionMember(name) => write!(f, "field '{name}' is declared as a function"),
            Self::FunctionArray => f.write_str("array of functions"),
            Self::FunctionReturns(what) => write!(f, "function returning {what}"),
            Self::VoidMember(name) => write!(f, "field '{name}' is declared with type void"),
            Self::FlexibleNotLast(name) => {
                write!(f, "flexible array '{name}' is not the last field")
            }
            Self::Alignment(value) => write!(f, "alignment {value} is not a power of two"),
            Self::Assertion(Some(message)) => write!(f, "static assertion failed: {message}"),
            Self::Assertion(None) => f.write_str("static assertion failed"),
            Self::Unsupported(what) => write!(f, "{what} is not supported"),
            Self::ArrayOfUnknownLength => f.write_str("array item of unknown size"),
            Self::EllipsisHere(what) => write!(f, "'...' cannot be used {what}"),
            Self::ExternPythonNotFunction(name) => {
                write!(f, "extern \"Python\" '{name}' is not a function")
            }
            Self::TooLarge(name) => write!(f, "'{name}' is larger than any object can be"),
            Self::Recursive(name) => write!(f, "'{name}' contains itself"),
            Self::EnumRange(name) => {
                write!(f, "enum {name}: values do not fit in any integer type")
            }
            Self::BothTypedef(name) => write!(f, "'{name}' is declared twice with different types"),
            Self::ConstantValue(name) => write!(f, "value of '{name}' does not fit in 64 bits"),
            Self::TypeTooDeep => f.write_str("type nested too deeply"),
            Self::Deferred(text) => f.write_str(text),
        }
    }
}

impl Problem {
    /// Which exception it becomes.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::MultipleDeclarations(_) | Self::MultipleConstant(_) => ErrorKind::Ffi,
            Self::EnumTooLate(_) | Self::Unsupported(_) => ErrorKind::NotImplemented,
            Self::FunctionReturns(_) => ErrorKind::Type,
            Self::NegativeArrayLength | Self::ArrayOfUnknownLength => ErrorKind::Value,
            _ => ErrorKind::Cdef,
        }
    }

    /// Whether the text stands alone, without a place in front of it.
    #[must_use]
    pub const fn stands_alone(&self) -> bool {
        matches!(
            self,
            Self::MultipleDeclarations(_)
                | Self::MultipleConstant(_)
                | Self::EnumTooLate(_)
                | Self::DuplicateRecord(_)
                | Self::DuplicateEnum(_)
        )
    }
}
