//! What can be wrong with a cdef, as data: one cause per mistake, with the place and, for known mistakes, a hint.
//!
//! `Display` gives the bare message. Putting it beside the source text is `render`'s job.

use std::fmt;

use crate::span::Span;

/// At most this many errors are reported for one text.
pub const MAX_ERRORS: usize = 20;

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong.
    pub kind: DiagnosticKind,
    /// Where: for a syntax error, the first token that does not fit.
    pub span: Span,
    /// How to repair a known mistake.
    pub hint: Option<String>,
}

/// Whether the tree can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, but something in the text has no effect.
    Warning,
}

/// The causes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiagnosticKind {
    /// The text is 4 GiB long or longer.
    TooLong,
    /// More nesting than the parser follows.
    NestingTooDeep,
    /// A token that cannot stand here.
    Unexpected {
        /// What stands here.
        found: Found,
        /// What could.
        expected: Expected,
    },
    /// A name in the place of a type that is not known as one.
    UnknownType {
        /// The name.
        name: String,
        /// Where it stands.
        place: TypePlace,
    },
    /// A type string that is one unknown name.
    UnknownIdentifier {
        /// The name.
        name: String,
    },
    /// A declaration without a type.
    MissingType {
        /// The declared name, where there is one.
        name: Option<String>,
    },
    /// A type that does not combine with the keywords or the other type beside it.
    Specifiers(SpecifierConflict),
    /// Type keywords that do not go together.
    UnsupportedType {
        /// The keywords as CFFI orders them.
        spelling: String,
        /// What is wrong with them.
        conflict: SpecifierConflict,
    },
    /// A declaration that declares nothing.
    DeclaresNothing,
    /// A member declaration that declares nothing.
    EmptyMember,
    /// `...` in a place where CFFI gives it no meaning.
    MisplacedEllipsis,
    /// A function body that is not `static` or `inline`.
    FunctionBody,
    /// `extern "X"` with another language than C or Python.
    UnknownLinkage {
        /// The language.
        language: String,
    },
    /// A byte or character that no C token contains.
    IllegalCharacter(char),
    /// A comment without its `*/`.
    UnterminatedComment,
    /// A string literal without its closing quote.
    UnterminatedString,
    /// A character constant without its closing quote.
    UnterminatedCharacter,
    /// A number that is not one.
    Number(NumberError),
    /// A character constant that is not one.
    Character(CharacterError),
    /// A preprocessor directive that needs a preprocessor.
    UnsupportedDirective {
        /// Its name.
        name: String,
    },
    /// A malformed line directive.
    InvalidLineDirective,
    /// A `#define` with another replacement than an integer or `...`.
    UnsupportedDefine {
        /// The macro.
        name: String,
        /// Its replacement without comments.
        replacement: String,
    },
    /// C that is understood and that CFFI has no meaning for.
    Unsupported {
        /// Its keyword.
        construct: String,
    },
    /// A `#pragma pack` that does not read as one; it has no effect.
    InvalidPragmaPack,
}

/// Where a type was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypePlace {
    /// In a struct or union.
    Member,
    /// Everywhere else.
    Elsewhere,
}

/// Which of CFFI's exceptions an error becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exception {
    /// `cffi.CDefError`
    Cdef,
    /// `cffi.FFIError`
    Ffi,
}

/// The token that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// None.
    EndOfInput,
    /// None before the end of the directive.
    EndOfLine,
    /// This text.
    Token(String),
}

/// What would have fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each variant is the thing of its name; `Display` has the wording"
)]
pub enum Expected {
    Declaration,
    Declarator,
    Semicolon,
    CommaOrSemicolon,
    MemberEnd,
    LeftParen,
    RightParen,
    ParameterEnd,
    RightBracket,
    LeftBrace,
    RightBrace,
    EnumeratorEnd,
    Enumerator,
    Comma,
    Colon,
    Tag,
    Name,
    Type,
    Expression,
    String,
    AttributeName,
    EndOfType,
}

/// Which keywords do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecifierConflict {
    /// `short short`, `long short`
    ShortAfterShortOrLong,
    /// `short long`
    LongAfterShort,
    /// `long long long`
    TooLong,
    /// Two of `signed` and `unsigned`.
    MultipleSigns,
    /// `_Complex` with a type that has no complex form.
    Complex,
    /// Anything else: `long char`, `unsigned struct s`, `int int`.
    Invalid,
}

/// What is wrong with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// More than 128 bits.
    TooLarge,
    /// A digit that its base does not have.
    InvalidDigit,
    /// A prefix without digits.
    MissingDigits,
    /// A suffix that C does not have.
    InvalidSuffix,
}

/// What is wrong with a character constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CharacterError {
    /// `''`
    Empty,
    /// An escape sequence that C does not have.
    InvalidEscape,
    /// A value that its type cannot hold, or too many characters.
    TooLarge,
}

impl Diagnostic {
    /// A finding without a hint.
    #[must_use]
    pub const fn new(kind: DiagnosticKind, span: Span) -> Self {
        Self {
            kind,
            span,
            hint: None,
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The exception that tells of it, where it is told first.
    #[must_use]
    pub const fn exception(&self) -> Exception {
        match self.kind {
            DiagnosticKind::UnsupportedType { .. } | DiagnosticKind::MisplacedEllipsis => {
                Exception::Ffi
            }
            _ => Exception::Cdef,
        }
    }

    /// Error or warning.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        match self.kind {
            DiagnosticKind::InvalidPragmaPack | DiagnosticKind::EmptyMember => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

/// What CFFI says of a type that it does not have.
#[must_use]
pub fn unsupported_type(spelling: &str) -> String {
    format!(
        "Unsupported type: '{spelling}'.  Please look at \
         http://cffi.readthedocs.io/en/latest/cdef.html#ffi-cdef-limitations and file an issue if you think this type should \
         really be supported."
    )
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl fmt::Display for DiagnosticKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the text is too long: at most 4 GiB are supported"),
            Self::NestingTooDeep => f.write_str("nested too deeply"),
            Self::Unexpected {
                found: Found::EndOfInput,
                expected,
            } => {
                write!(f, "unexpected end of input, expected {expected}")
            }
            Self::Unexpected {
                found: Found::EndOfLine,
                expected,
            } => {
                write!(f, "unexpected end of line, expected {expected}")
            }
            Self::Unexpected {
                found: Found::Token(found),
                expected,
            } => {
                write!(f, "unexpected '{found}', expected {expected}")
            }
            Self::UnknownType { name, .. } => write!(f, "unknown type name '{name}'"),
            Self::UnknownIdentifier { name } => write!(f, "unknown identifier '{name}'"),
            Self::MissingType { name: Some(name) } => {
                write!(f, "the declaration of '{name}' has no type")
            }
            Self::MissingType { name: None } => f.write_str("a type is missing"),
            Self::Specifiers(conflict) | Self::UnsupportedType { conflict, .. } => conflict.fmt(f),
            Self::DeclaresNothing => f.write_str("this declaration does not declare anything"),
            Self::EmptyMember => f.write_str("this member declaration does not declare anything"),
            Self::MisplacedEllipsis => f.write_str("bad usage of \"...\""),
            Self::FunctionBody => f.write_str(
                "unexpected <FuncDef>: this construct is valid C but not valid in cdef()",
            ),
            Self::UnknownLinkage { language } => {
                write!(f, "unknown language in 'extern \"{language}\"'")
            }
            Self::IllegalCharacter(character) => write!(f, "illegal character {character:?}"),
            Self::UnterminatedComment => f.write_str("this comment is not closed"),
            Self::UnterminatedString => f.write_str("this string literal is not closed"),
            Self::UnterminatedCharacter => f.write_str("this character constant is not closed"),
            Self::Number(error) => error.fmt(f),
            Self::Character(error) => error.fmt(f),
            Self::UnsupportedDirective { name } => {
                write!(f, "the directive '#{name}' is not supported")
            }
            Self::InvalidLineDirective => f.write_str("invalid #line directive"),
            // The form that cffi's documentation gives; programs compare with it.
            Self::UnsupportedDefine { name, replacement } => write!(
                f,
                "only supports one of the following syntax:\n  \
                 #define {name} ...     (literally dot-dot-dot)\n  \
                 #define {name} NUMBER  (with NUMBER an integer constant, decimal/hex/octal)\n\
                 got:\n  \
                 #define {name} {replacement}"
            ),
            Self::Unsupported { construct } => write!(f, "'{construct}' is not supported"),
            Self::InvalidPragmaPack => {
                f.write_str("this #pragma pack is not understood and has no effect")
            }
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Declaration => "a declaration",
            Self::Declarator => "a name, '*' or '('",
            Self::Semicolon => "';'",
            Self::CommaOrSemicolon => "',' or ';'",
            Self::MemberEnd => "',', ':' or ';'",
            Self::LeftParen => "'('",
            Self::RightParen => "')'",
            Self::ParameterEnd => "',' or ')'",
            Self::RightBracket => "']'",
            Self::LeftBrace => "'{'",
            Self::RightBrace => "'}'",
            Self::EnumeratorEnd => "',' or '}'",
            Self::Enumerator => "an enumerator",
            Self::Comma => "','",
            Self::Colon => "':'",
            Self::Tag => "a tag or '{'",
            Self::Name => "a name",
            Self::Type => "a type",
            Self::Expression => "an expression",
            Self::String => "a string literal",
            Self::AttributeName => "an attribute",
            Self::EndOfType => "the end of the type",
        })
    }
}

impl fmt::Display for SpecifierConflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ShortAfterShortOrLong => "'short' after another 'short' or 'long'",
            Self::LongAfterShort => "'long' after 'short'",
            Self::TooLong => "'long long long' is too long",
            Self::MultipleSigns => "multiple 'signed' or 'unsigned'",
            Self::Complex => "_Complex type combination unsupported",
            Self::Invalid => "invalid combination of types",
        })
    }
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "number too large",
            Self::InvalidDigit => "invalid digit in a number",
            Self::MissingDigits => "digits are missing in this number",
            Self::InvalidSuffix => "invalid suffix of a number",
        })
    }
}

impl fmt::Display for CharacterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty character constant",
            Self::InvalidEscape => "invalid escape sequence",
            Self::TooLarge => "character constant too large",
        })
    }
}

/// A list of findings that stops growing at [`MAX_ERRORS`] errors.
#[derive(Debug, Default)]
pub(crate) struct Diagnostics {
    list: Vec<Diagnostic>,
    errors: usize,
}

impl Diagnostics {
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        if self.is_full() {
            return;
        }
        if diagnostic.severity() == Severity::Error {
            self.errors += 1;
        }
        self.list.push(diagnostic);
    }

    /// Whether more would be dropped.
    pub(crate) fn is_full(&self) -> bool {
        self.errors >= MAX_ERRORS || self.list.len() >= 2 * MAX_ERRORS
    }

    pub(crate) const fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// The findings of both lists in source order, one for each place.
    pub(crate) fn merge(self, other: Self) -> Vec<Diagnostic> {
        let mut list = self.list;
        list.extend(other.list);
        list.sort_by_key(|diagnostic| diagnostic.span.start);
        list.dedup_by_key(|diagnostic| diagnostic.span);
        let mut errors = 0;
        list.retain(|diagnostic| {
            errors += usize::from(diagnostic.severity() == Severity::Error);
            errors <= MAX_ERRORS
        });
        list
    }
}
