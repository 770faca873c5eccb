//! The words in which the FFI of a compiled module reports a type string that it cannot read. They are fewer than those of `cdef()`, and
//! programs know them.

use crate::diagnostic::{Diagnostic, DiagnosticKind, Expected, Found, NumberError};

/// The message for an error in a type string, and its place in bytes.
#[must_use]
pub fn runtime_error(error: &Diagnostic, text: &str) -> (String, usize) {
    let place = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    let start = place(error.span.start);
    match &error.kind {
        DiagnosticKind::Unexpected {
            found: Found::EndOfInput,
            ..
        }
        | DiagnosticKind::MissingType { .. } => {
            (message(&error.kind).to_owned(), text.trim_end().len())
        }
        DiagnosticKind::Specifiers(_) | DiagnosticKind::UnsupportedType { .. } => {
            let words = specifiers(text.get(start..).unwrap_or_default());
            let last = words.rfind(' ').map_or(start, |space| start + space + 1);
            if words.split(' ').filter(|word| *word == "long").count() > 2 {
                return ("'long long long' is too long".to_owned(), last);
            }
            (message(&error.kind).to_owned(), last)
        }
        kind => (message(kind).to_owned(), start),
    }
}

/// The words that a text begins with.
fn specifiers(text: &str) -> &str {
    let end = text.find(|it: char| !(it.is_ascii_alphanumeric() || it == '_' || it == ' '));
    text.get(..end.unwrap_or(text.len()))
        .unwrap_or_default()
        .trim_end()
}

const fn message(error: &DiagnosticKind) -> &'static str {
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
