//! The words in which the FFI of a compiled module reports a type string that it cannot read. They are fewer than those of `cdef()`, and
//! programs know them.

use crate::diagnostic::{DiagnosticKind, Expected, NumberError};

/// The message for an error in a type string.
#[must_use]
pub const fn runtime_message(error: &DiagnosticKind) -> &'static str {
    match error {
        DiagnosticKind::UnknownType { .. } | DiagnosticKind::UnknownIdentifier { .. } => {
            "undefined type name"
        }
        DiagnosticKind::Number(NumberError::TooLarge) => "number too large",
        DiagnosticKind::Number(_) => "invalid number",
        DiagnosticKind::NestingTooDeep | DiagnosticKind::TooLong => {
            "internal type complexity limit reached"
        }
        DiagnosticKind::Unexpected { expected, .. } => match expected {
            Expected::Tag | Expected::Name => "struct or union name expected",
            Expected::RightParen | Expected::ParameterEnd => "expected ')'",
            Expected::RightBracket => "expected ']'",
            Expected::Expression => "expected a positive integer constant",
            Expected::EndOfType => "unexpected symbol",
            _ => "identifier expected",
        },
        DiagnosticKind::MissingType { .. }
        | DiagnosticKind::DeclaresNothing
        | DiagnosticKind::IllegalCharacter(_) => "identifier expected",
        DiagnosticKind::Specifiers(_) | DiagnosticKind::UnsupportedType { .. } => {
            "invalid combination of types"
        }
        _ => "unexpected symbol",
    }
}
