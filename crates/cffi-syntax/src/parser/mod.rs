//! The parser's entry points and the state that its parts share.

use crate::ast::{TranslationUnit, TypeName};
use crate::diagnostic::Diagnostic;
use crate::source::SourceText;

/// The typedef names that are known before a text is read: those of earlier texts and CFFI's common types.
pub trait TypeNames {
    /// Whether `name` is a typedef name.
    fn is_typedef_name(&self, name: &str) -> bool;

    /// All of them, for "did you mean". Asked only for an error.
    fn known_names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(std::iter::empty())
    }
}

/// How to read a cdef.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParseOptions {
    /// The member alignment limit in force at the start, as `#pragma pack(n)` would set it.
    pub pack: Option<u32>,
}

/// A parsed cdef.
#[derive(Clone, Debug)]
pub struct Parsed<'s> {
    /// The tree; usable where no diagnostic is an error.
    pub unit: TranslationUnit<'s>,
    /// Errors and warnings in source order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a cdef.
pub fn parse_translation_unit<'s>(
    _source: &'s SourceText,
    _names: &dyn TypeNames,
    _options: &ParseOptions,
) -> Parsed<'s> {
    Parsed {
        unit: TranslationUnit::default(),
        diagnostics: Vec::new(),
    }
}

/// Parses a type string such as `int (*)[5]`.
///
/// # Errors
///
/// The mistakes in it, in source order.
pub fn parse_type_name<'s>(
    _source: &'s SourceText,
    _names: &dyn TypeNames,
) -> Result<TypeName<'s>, Vec<Diagnostic>> {
    Err(Vec::new())
}
