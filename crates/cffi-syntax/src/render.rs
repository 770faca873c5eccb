//! Errors as text: the first lines in the form that programs match on, then the source line with carets.
//!
//! That form is `cannot parse "LINE"`, a newline, and `FILE:LINE:COLUMN: message`; where a line directive names another file,
//! `parse error` takes the place of the quoted line. A few errors have a fixed text of their own and no snippet. There is
//! no colour: the text goes into an exception.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, DiagnosticKind, Severity};
use crate::source::{SourceText, slice, to_offset};
use crate::span::Span;

/// How errors call a text without a line directive.
pub const DEFAULT_FILE: &str = "<cdef source string>";

/// Of a longer line, only a part is drawn.
const MAX_DRAWN: u32 = 120;

/// What was being parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rendering {
    /// The text of a `cdef()`.
    Cdef,
    /// A type string.
    TypeName,
}

/// The complete text of the exception for `diagnostics`; warnings are left out. Empty without errors.
#[must_use]
pub fn render(source: &SourceText, what: Rendering, diagnostics: &[Diagnostic]) -> String {
    let mut errors = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity() == Severity::Error);
    let Some(first) = errors.next() else {
        return String::new();
    };
    let mut text = opening(source, what, first);
    for error in errors {
        text.push_str("\n\n");
        text.push_str(&annotated(source, error));
    }
    text
}

/// `FILE:LINE:COLUMN: message` and the source line with carets under `span`: for errors that are found after parsing.
#[must_use]
pub fn snippet(source: &SourceText, span: Span, message: &str) -> String {
    draw(source, span, message, None)
}

fn opening(source: &SourceText, what: Rendering, error: &Diagnostic) -> String {
    let location = source.location(error.span.start);
    match (&error.kind, what) {
        (DiagnosticKind::UnsupportedDefine { .. }, _)
        | (DiagnosticKind::UnknownIdentifier { .. }, Rendering::TypeName) => error.to_string(),
        (DiagnosticKind::FunctionBody, _) => {
            format!(
                "{}:{}: {error}",
                location.file.unwrap_or(DEFAULT_FILE),
                location.line
            )
        }
        _ if location.file.is_some() => format!("parse error\n{}", annotated(source, error)),
        _ => {
            let (line, _) = source.line_at(error.span.start);
            format!(
                "cannot parse \"{}\"\n{}",
                line.trim(),
                annotated(source, error)
            )
        }
    }
}

fn annotated(source: &SourceText, error: &Diagnostic) -> String {
    let message = match &error.kind {
        // The full text is for an error that stands first.
        DiagnosticKind::UnsupportedDefine { name, .. } => {
            format!("the replacement of '{name}' is neither an integer constant nor '...'")
        }
        kind => kind.to_string(),
    };
    draw(source, error.span, &message, error.hint.as_deref())
}

fn draw(source: &SourceText, span: Span, message: &str, hint: Option<&str>) -> String {
    let location = source.location(span.start);
    let (line, start) = source.line_at(span.start);
    let (line, start) = shorten(line, start, span.start);
    let length = to_offset(line.len());
    let from = span.start.saturating_sub(start).min(length);
    let until = span.end.saturating_sub(start).clamp(from, length);

    let annotation = AnnotationKind::Primary.span(to_index(from)..to_index(until));
    let shown = Snippet::source(line)
        .line_start(to_index(location.line))
        .annotation(annotation);
    let mut group = Group::with_level(Level::ERROR).element(shown);
    if let Some(hint) = hint {
        group = group.element(Level::HELP.message(hint));
    }
    let file = location.file.unwrap_or(DEFAULT_FILE);
    let drawing = Renderer::plain().render(&[group]);
    format!(
        "{file}:{}:{}: {message}\n{drawing}",
        location.line, location.column
    )
}

/// A window of about [`MAX_DRAWN`] bytes of `line` around `offset`, and the offset of its first byte.
fn shorten(line: &str, start: u32, offset: u32) -> (&str, u32) {
    let length = to_offset(line.len());
    if length <= MAX_DRAWN {
        return (line, start);
    }
    let boundary = |position: u32| {
        let mut position = position.min(length);
        while !line.is_char_boundary(to_index(position)) {
            position += 1;
        }
        position
    };
    let from = boundary(offset.saturating_sub(start).saturating_sub(MAX_DRAWN / 2));
    let until = boundary(from.saturating_add(MAX_DRAWN));
    (slice(line, from, until), start.saturating_add(from))
}

fn to_index(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
