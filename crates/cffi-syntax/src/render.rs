//! Errors as text: the first lines in the form that programs match on, then the source line with carets.
//!
//! That form is `cannot parse "LINE"`, a newline, and `FILE:LINE:COLUMN: message`. Where the parser that CFFI had before could not say
//! a line, and where a line directive names another file, it is `parse error`, a newline, and `FILE: message`. A few errors have a
//! fixed text of their own. There is no colour: the text goes into an exception.

use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::cursor::Cursor;
use crate::diagnostic::{
    Diagnostic, DiagnosticKind, Expected, Found, Severity, TypePlace, unsupported_type,
};
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

/// The error that is told first: of those that a parser finds, else of those in a `#define`, else of those in types.
#[must_use]
pub fn first_error(diagnostics: &[Diagnostic]) -> Option<&Diagnostic> {
    diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity() == Severity::Error)
        .min_by_key(|diagnostic| match diagnostic.kind {
            DiagnosticKind::UnsupportedDefine { .. } => 1,
            DiagnosticKind::UnsupportedType { .. }
            | DiagnosticKind::MisplacedEllipsis
            | DiagnosticKind::FunctionBody => 2,
            _ => 0,
        })
}

/// An error in two parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What programs match on, exactly as CFFI has always worded it; its last line is the place.
    pub text: String,
    /// What helps a reader: the source with a caret, hints, further errors. Empty where there is nothing more to say.
    pub help: String,
}

impl Told {
    /// Adds a piece of help, on lines of its own.
    pub fn add_help(&mut self, more: &str) {
        if !self.help.is_empty() {
            self.help.push_str("\n\n");
        }
        self.help.push_str(more);
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)?;
        if !self.help.is_empty() {
            write!(f, "\n{}", self.help)?;
        }
        Ok(())
    }
}

/// The exception for `diagnostics`; warnings are left out. `None` without errors.
#[must_use]
pub fn render(source: &SourceText, what: Rendering, diagnostics: &[Diagnostic]) -> Option<Told> {
    let first = first_error(diagnostics)?;
    let mut told = opening(source, what, first);
    let others = diagnostics.iter().filter(|diagnostic| {
        diagnostic.severity() == Severity::Error && !std::ptr::eq(*diagnostic, first)
    });
    for error in others {
        told.add_help(&annotated(source, error).to_string());
    }
    Some(told)
}

/// `FILE:LINE:COLUMN: message` and the source line with carets under `span`: for errors that are found after parsing.
#[must_use]
pub fn snippet(source: &SourceText, span: Span, message: &str) -> String {
    draw(source, span, message, None).to_string()
}

impl Rendering {
    /// The number that CFFI gives a line. Type strings stand on the second line of a declaration that it makes around them.
    #[must_use]
    pub const fn line(self, line: u32) -> u32 {
        match self {
            Self::Cdef => line,
            Self::TypeName => line.saturating_add(1),
        }
    }
}

fn opening(source: &SourceText, what: Rendering, error: &Diagnostic) -> Told {
    let location = source.location(error.span.start);
    let file = location.file.unwrap_or(DEFAULT_FILE);
    let alone = |text: String| Told {
        text,
        help: String::new(),
    };
    // The drawing with its place is help, where the text has a place of its own or none.
    let above_drawing = |text: String| Told {
        text,
        help: annotated(source, error).to_string(),
    };
    // The place is the last line of the text.
    let with_place = |first: String| {
        let Told { text, help } = annotated(source, error);
        Told {
            text: format!("{first}\n{text}"),
            help,
        }
    };
    match (&error.kind, what) {
        (DiagnosticKind::UnsupportedDefine { .. }, _)
        | (DiagnosticKind::UnknownIdentifier { .. }, Rendering::TypeName) => {
            alone(error.to_string())
        }
        (DiagnosticKind::FunctionBody, _) => alone(format!("{file}:{}: {error}", location.line)),
        (DiagnosticKind::UnsupportedType { spelling, .. }, _) => {
            above_drawing(unsupported_type(spelling))
        }
        (DiagnosticKind::MisplacedEllipsis, _) => {
            above_drawing(format!(":{}: {error}", what.line(location.line)))
        }
        _ => match without_line(&error.kind, what) {
            Some(message) => above_drawing(format!("parse error\n{file}: {message}")),
            // Line directives can name other files, and lines that this text does not have.
            None if location.file.is_some() || !source.has_line(location.line) => {
                with_place("parse error".to_owned())
            }
            None => {
                let line = quoted_line(source, error.span.start);
                with_place(format!("cannot parse \"{}\"", line.trim()))
            }
        },
    }
}

/// The message of an error for which CFFI knows no line.
const fn without_line(error: &DiagnosticKind, what: Rendering) -> Option<&'static str> {
    match (error, what) {
        (
            DiagnosticKind::Unexpected {
                expected: Expected::Declarator,
                ..
            },
            _,
        ) => None,
        (
            DiagnosticKind::Unexpected {
                found: Found::EndOfInput,
                ..
            },
            Rendering::Cdef,
        ) => Some("At end of input"),
        (
            DiagnosticKind::Unexpected {
                expected: Expected::Expression,
                ..
            },
            _,
        ) => Some("Invalid expression"),
        (
            DiagnosticKind::UnknownType {
                place: TypePlace::Member,
                ..
            },
            _,
        ) => Some("Invalid specifier list"),
        _ => None,
    }
}

/// The line around `offset` with a space for each comment: so CFFI quotes it.
fn quoted_line(source: &SourceText, offset: u32) -> String {
    let (line, start) = source.line_at(offset);
    let start = to_index(start);
    let end = start + line.len();
    let mut cursor = Cursor::new(source.text());
    let mut quoted = String::with_capacity(line.len());
    while cursor.offset() < end && cursor.peek().is_some() {
        let from = cursor.offset();
        if cursor.skip_comment().is_some() {
            if cursor.offset() > start {
                quoted.push(' ');
            }
            continue;
        }
        cursor.advance(cursor.character().map_or(1, char::len_utf8));
        if from >= start {
            quoted.push_str(cursor.since(from));
        }
    }
    quoted
}

fn annotated(source: &SourceText, error: &Diagnostic) -> Told {
    let message = match &error.kind {
        // The full text is for an error that stands first.
        DiagnosticKind::UnsupportedDefine { name, .. } => {
            format!("the replacement of '{name}' is neither an integer constant nor '...'")
        }
        kind => kind.to_string(),
    };
    draw(source, error.span, &message, error.hint.as_deref())
}

fn draw(source: &SourceText, span: Span, message: &str, hint: Option<&str>) -> Told {
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
    Told {
        text: format!("{file}:{}:{}: {message}", location.line, location.column),
        help: drawing.to_string(),
    }
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
