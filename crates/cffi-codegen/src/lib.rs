//! From declarations to modules: C for the API mode, Python for the ABI mode.
//!
//! Text in, text out: nothing here reads or writes files, and the same declarations give the same text. What the module needs at run
//! time is described by `cffi-wire`; `module` plans it, `c` and `python` print the plan.
#![forbid(unsafe_code)]

pub mod c;
pub mod error;
pub mod module;
mod planner;
pub mod python;

mod records;
mod spelling;
mod types;
mod words;

pub use c::{COptions, Purpose, c_module};
pub use error::{ErrorKind, GenerateError, Generated};
pub use module::{Language, Source};
pub use python::python_module;
pub use words::Word;

/// Which record and which enum each entry of a C module's tables is, with the entry's name.
#[derive(Debug, Default)]
pub struct Entries {
    /// The structs and unions, in the order of their table.
    pub records: Vec<(String, cffi_model::types::RecordId)>,
    /// The enums, in the order of their table.
    pub enums: Vec<(String, cffi_model::types::EnumId)>,
}

/// What the entries of a C module's tables are.
pub fn entries(source: Source<'_>) -> Generated<Entries> {
    let module = planner::plan(source, Language::C)?;
    Ok(Entries {
        records: module
            .records
            .into_iter()
            .map(|it| (it.name.into_owned(), it.id))
            .collect(),
        enums: module
            .enums
            .into_iter()
            .map(|it| (it.name.into_owned(), it.id))
            .collect(),
    })
}

/// The words of a module's types.
pub fn type_words(source: Source<'_>, language: Language) -> Generated<Vec<Word>> {
    Ok(planner::plan(source, language)?.words)
}
