//! From declarations to modules: C for the API mode, Python for the ABI mode.
//!
//! Text in, text out: nothing here reads or writes files, and the same declarations give the same text. What the module needs at run
//! time is described by `cffi-wire`; `module` plans it, `c` and `python` print the plan.
#![forbid(unsafe_code)]

pub mod c;
pub mod error;
pub mod module;
pub mod python;

mod records;
mod spelling;
mod types;
mod words;

pub use c::{COptions, c_module};
pub use error::{ErrorKind, GenerateError, Generated};
pub use module::{Language, Source};
pub use python::python_module;
pub use words::Word;

/// The words of a module's types.
pub fn type_words(source: Source<'_>, language: Language) -> Generated<Vec<Word>> {
    Ok(module::plan(source, language)?.words)
}
