//! Errors as text: the first lines in the form that programs match on, then the source line with carets.
//!
//! The first form is `cannot parse "LINE"`, a newline, and `FILE:LINE:COLUMN: message`; where a line directive names another file,
//! `parse error` takes the place of the quoted line. A few errors have a fixed text of their own and no snippet.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::diagnostic::{Diagnostic, DiagnosticKind, Severity};
use crate::source::{SourceText, slice, to_offset};
use crate::span::Span;

/// How errors call a text without a line directive.
pub const DEFAULT_FILE: &str = "<cdef source string>";

/// A line longer than this is shown in part.
const MAX_SHOWN: u32 = 160;

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
    let mut text = headline(source, what, first);
    for error in errors {
        text.push_str("\n\n");
        text.push_str(&annotated(source, error));
    }
    text
}

/// A source line with carets under `span` and `message` above it, for errors that are found after parsing.
#[must_use]
pub fn snippet(source: &SourceText, span: Span, message: &str) -> String {
    draw(source, span, message, None)
}

fn headline(source: &SourceText, what: Rendering, error: &Diagnostic) -> String {
    let location = source.location(error.span.start);
    let file = location.file.unwrap_or(DEFAULT_FILE);
    match (&error.kind, what) {
        (DiagnosticKind::UnsupportedDefine { .. }, _)
        | (DiagnosticKind::UnknownIdentifier { .. }, Rendering::TypeName) => error.to_string(),
        (DiagnosticKind::FunctionBody, _) => format!("{file}:{}: {error}", location.line),
        _ => {
            let opening = if location.file.is_none() {
                format!(
                    "cannot parse \"{}\"",
                    source.line_at(error.span.start).0.trim()
                )
            } else {
                "parse error".to_owned()
            };
            let snippet = annotated(source, error);
            format!(
                "{opening}\n{file}:{}:{}: {error}\n\n{snippet}",
                location.line, location.column
            )
        }
    }
}

fn annotated(source: &SourceText, error: &Diagnostic) -> String {
    draw(
        source,
        error.span,
        &error.to_string(),
        error.hint.as_deref(),
    )
}

fn draw(source: &SourceText, span: Span, message: &str, hint: Option<&str>) -> String {
    let location = source.location(span.start);
    let (line, start) = source.line_at(span.start);
    let (line, start) = shorten(line, start, span.start);
    let length = to_offset(line.len());
    let from = span.start.saturating_sub(start).min(length);
    let until = span.end.saturating_sub(start).clamp(from, length);
    let range = index(from)..index(until);

    let shown = Snippet::source(line)
        .line_start(index(location.line))
        .path(location.file.unwrap_or(DEFAULT_FILE))
        .annotation(AnnotationKind::Primary.span(range));
    let title = message.lines().next().unwrap_or_default();
    let mut group = Level::ERROR.primary_title(title).element(shown);
    if let Some(hint) = hint {
        group = group.element(Level::HELP.message(hint));
    }
    let groups: [Group<'_>; 1] = [group];
    Renderer::plain().render(&groups)
}

/// A window of at most [`MAX_SHOWN`] bytes of `line` around `offset`, and the offset of its first byte.
fn shorten(line: &str, start: u32, offset: u32) -> (&str, u32) {
    let length = to_offset(line.len());
    if length <= MAX_SHOWN {
        return (line, start);
    }
    let boundary = |position: u32| {
        let mut position = position.min(length);
        while !line.is_char_boundary(index(position)) {
            position += 1;
        }
        position
    };
    let from = boundary(offset.saturating_sub(start).saturating_sub(MAX_SHOWN / 2));
    let until = boundary(from.saturating_add(MAX_SHOWN));
    (slice(line, from, until), start.saturating_add(from))
}

fn index(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
