//! What can be wrong with declarations, with the texts that programs match on, all in this file.

use std::fmt;

use cffi_syntax::{Told, unsupported_type};

/// Why declarations or a type string were refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CdefError {
    /// Which exception it becomes.
    pub kind: ErrorKind,
    /// What programs match on, and help for readers.
    pub told: Told,
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
    /// `OverflowError`
    Overflow,
}

impl fmt::Display for CdefError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.told.fmt(f)
    }
}

impl std::error::Error for CdefError {}

impl CdefError {
    /// An error with this text.
    #[must_use]
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        let told = Told {
            text: text.into(),
            help: String::new(),
        };
        Self { kind, told }
    }

    /// The same with help for readers.
    #[must_use]
    pub fn with_help(mut self, help: &str) -> Self {
        self.told.add_help(help);
        self
    }
}

/// An error found while lowering, without its place: `Display` is the bare text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant's text is in Display")]
pub enum Problem {
    DuplicateRecord(String),
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
    /// Of this name.
    UnknownConstant(String),
    NotConstant,
    /// A floating constant or a string, as written.
    InvalidConstant(String),
    Overflow,
    DivisionByZero,
    ShiftTooWide,
    NegativeArrayLength,
    ArrayLength,
    ArraySize(String),
    /// Of this item.
    ArrayOfUnknownSize(String),
    SizeOfIncomplete(String),
    EnumType(String),
    /// `field` with the name of its record, here and below.
    BitFieldType {
        field: String,
        ty: String,
    },
    BitFieldWidth {
        field: String,
        ty: String,
        width: u32,
    },
    /// Of this record, which has `...;` too.
    BitFieldInPartial(String),
    NegativeWidth,
    ZeroWidthNamed(String),
    FieldOfUnknownSize {
        field: String,
        ty: String,
    },
    /// A function in the place of an object, as CFFI spells it.
    Function(String),
    FunctionReturnsArray(String),
    Alignment(i128),
    Assertion(Option<String>),
    Unsupported(String),
    /// A type that CFFI cannot represent, as written.
    UnsupportedType(String),
    /// `[...]` where the compiler cannot be asked.
    EllipsisLength,
    EllipsisHere(&'static str),
    EllipsisAsType,
    EllipsisInTypedef,
    ExternPythonNotFunction,
    /// `cffi_keep_gil`, at something else than a function of C.
    KeepGilNotFunction,
    TooLarge(String),
    Recursive(String),
    EnumRange(String),
    ConstantValue(String),
    TypeTooDeep,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateRecord(name) => write!(f, "duplicate declaration of struct {name}"),
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
            Self::UnknownConstant(_) | Self::NotConstant => {
                f.write_str("unsupported expression: expected a simple numeric constant")
            }
            Self::InvalidConstant(written) => write!(f, "invalid constant '{written}'"),
            Self::Overflow => f.write_str("overflow in constant expression"),
            Self::DivisionByZero => f.write_str("division by zero in constant expression"),
            Self::ShiftTooWide => {
                f.write_str("shift by a negative number or by the width of the type or more")
            }
            Self::NegativeArrayLength => f.write_str("negative array length"),
            Self::ArrayLength => f.write_str("cannot fit 'int' into an index-sized integer"),
            Self::ArraySize(_) => f.write_str("array size would overflow a Py_ssize_t"),
            Self::ArrayOfUnknownSize(item) => write!(f, "array item of unknown size: '{item}'"),
            Self::SizeOfIncomplete(name) => {
                write!(f, "sizeof or _Alignof of incomplete type '{name}'")
            }
            Self::EnumType(name) => write!(f, "enum {name}: the underlying type is no integer"),
            Self::BitFieldType { field, ty } => {
                write!(
                    f,
                    "field '{field}' declared as '{ty}' cannot be a bit field"
                )
            }
            Self::BitFieldWidth { field, ty, width } => write!(
                f,
                "bit field '{field}' is declared '{ty}:{width}', which exceeds the width of the type"
            ),
            Self::BitFieldInPartial(record) => {
                write!(f, "{record}: using both bitfields and '...;'")
            }
            Self::NegativeWidth => f.write_str("negative width of a bit field"),
            Self::ZeroWidthNamed(field) => write!(f, "field '{field}' is declared with :0"),
            Self::FieldOfUnknownSize { field, ty } => {
                write!(f, "field '{field}' has ctype '{ty}' of unknown size")
            }
            Self::Function(function) => write!(
                f,
                "cannot render the type <{function}>: it is a function type, not a pointer-to-function type"
            ),
            Self::FunctionReturnsArray(result) => write!(f, "invalid result type: '{result}'"),
            Self::Alignment(value) => write!(f, "alignment {value} is not a power of two"),
            Self::Assertion(Some(message)) => write!(f, "static assertion failed: {message}"),
            Self::Assertion(None) => f.write_str("static assertion failed"),
            Self::UnsupportedType(name) => f.write_str(&unsupported_type(name)),
            Self::Unsupported(what) => write!(f, "{what} is not supported"),
            Self::EllipsisLength => f.write_str(
                "unsupported '[...]' here, cannot derive the actual array length in this context",
            ),
            Self::EllipsisHere(what) => write!(f, "'...' cannot be used {what}"),
            Self::EllipsisAsType => f.write_str("bad usage of \"...\""),
            Self::EllipsisInTypedef => f.write_str("unsupported usage of \"...\" in typedef"),
            Self::ExternPythonNotFunction => {
                f.write_str("cannot declare constants or variables with 'extern \"Python\"'")
            }
            Self::KeepGilNotFunction => {
                f.write_str("the attribute 'cffi_keep_gil' is for functions that C defines")
            }
            Self::TooLarge(name) => write!(f, "ctype '{name}' is of unknown size"),
            Self::Recursive(name) => write!(f, "recursive structure declaration for '{name}'"),
            Self::EnumRange(name) => write!(
                f,
                "{name} values don't all fit into either 'long' or 'unsigned long'"
            ),
            Self::ConstantValue(name) => write!(f, "the value of '{name}' is too large"),
            Self::TypeTooDeep => f.write_str("type nested too deeply"),
        }
    }
}

/// How the first line of an error tells its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headline {
    /// `FILE:LINE: text`, with the line of the declaration; in type strings the text alone.
    Declaration,
    /// `:LINE: text`, with the line of the mistake; the place follows.
    Line,
    /// The text; the place follows.
    Above,
    /// Not at all: programs compare the whole text.
    Alone,
}

impl Problem {
    /// Which exception it becomes.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::MultipleDeclarations(_)
            | Self::MultipleConstant(_)
            | Self::UnknownConstant(_)
            | Self::NotConstant
            | Self::UnsupportedType(_)
            | Self::EllipsisLength
            | Self::EllipsisAsType
            | Self::EllipsisInTypedef => ErrorKind::Ffi,
            Self::EnumTooLate(_)
            | Self::Unsupported(_)
            | Self::Recursive(_)
            | Self::BitFieldInPartial(_) => ErrorKind::NotImplemented,
            Self::BitFieldType { .. }
            | Self::BitFieldWidth { .. }
            | Self::ZeroWidthNamed(_)
            | Self::FieldOfUnknownSize { .. }
            | Self::FunctionReturnsArray(_) => ErrorKind::Type,
            Self::NegativeArrayLength | Self::ArrayOfUnknownSize(_) | Self::TooLarge(_) => {
                ErrorKind::Value
            }
            Self::ArrayLength | Self::ArraySize(_) => ErrorKind::Overflow,
            _ => ErrorKind::Cdef,
        }
    }

    /// How the first line tells the place.
    #[must_use]
    pub const fn headline(&self) -> Headline {
        match self {
            Self::UnknownConstant(_)
            | Self::NotConstant
            | Self::EllipsisLength
            | Self::EllipsisAsType
            | Self::EllipsisInTypedef => Headline::Line,
            Self::MultipleDeclarations(_) | Self::MultipleConstant(_) | Self::EnumTooLate(_) => {
                Headline::Alone
            }
            Self::UnsupportedType(_)
            | Self::NegativeArrayLength
            | Self::ArrayLength
            | Self::ArraySize(_)
            | Self::ArrayOfUnknownSize(_)
            | Self::FieldOfUnknownSize { .. }
            | Self::Function(_)
            | Self::FunctionReturnsArray(_)
            | Self::TooLarge(_)
            | Self::Recursive(_)
            | Self::EnumRange(_) => Headline::Above,
            _ => Headline::Declaration,
        }
    }

    /// What stands beside the place of the mistake, below the first line.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::UnknownConstant(name) => format!("'{name}' is not a known constant"),
            Self::NotConstant => "this is no integer constant expression".to_owned(),
            Self::UnsupportedType(name) => {
                format!("'{name}' is a type that cffi cannot represent")
            }
            Self::ArrayLength => "array length too large".to_owned(),
            Self::Function(_) => "a function cannot stand here, only a pointer to one".to_owned(),
            Self::FunctionReturnsArray(_) => "function returning an array".to_owned(),
            _ => self.to_string(),
        }
    }
}
