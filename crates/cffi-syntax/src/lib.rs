//! The parser for C declarations as CFFI accepts them: C11 with parts of C23, the GNU extensions that real headers contain,
//! and CFFI's own `...` forms.
//!
//! Text goes in, a tree with source spans comes out, or a list of errors. Nothing here knows what a type is or how large an `int` is,
//! and nothing is preprocessed: `#include` and conditionals are errors with a hint.
#![forbid(unsafe_code)]

pub mod ast;
pub mod diagnostic;
pub mod render;
pub mod source;
pub mod span;

mod cursor;
mod directive;
mod keyword;
mod lexer;
mod literal;
mod parser;
mod runtime;
mod scope;
mod token;

pub use diagnostic::{Diagnostic, DiagnosticKind, Exception, Severity, unsupported_type};
pub use parser::{
    MAX_DERIVATIONS, MAX_NESTING, ParseOptions, Parsed, parse_translation_unit, parse_type_name,
};
pub use render::{Rendering, Told, first_error, render, snippet};
pub use runtime::runtime_error;
pub use scope::TypeNames;
pub use source::{Location, SourceText};
pub use span::Span;
