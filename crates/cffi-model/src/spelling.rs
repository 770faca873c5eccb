//! The C spelling of a type with its insertion point: where a declarator goes.

use cffi_syntax::ast::RecordKind;

use crate::table::TypeTable;
use crate::types::{ArrayLength, Qualifiers, RecordName, Type, TypeId};

/// A spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spelling {
    /// All of it.
    pub text: String,
    /// Byte offset of the insertion point.
    pub insert_at: usize,
}

impl Spelling {
    fn plain(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            insert_at: text.len(),
            text,
        }
    }

    /// With `insert` at the insertion point, which moves to `position` inside of what was inserted.
    fn extended(mut self, insert: &str, position: usize) -> Self {
        self.text.insert_str(self.insert_at, insert);
        self.insert_at += position;
        self
    }
}

/// `struct tag`, a typedef's name, or `struct $1`.
#[must_use]
pub fn record_name(keyword: &str, name: &RecordName, alias: Option<&str>) -> String {
    if let Some(alias) = alias {
        return alias.to_owned();
    }
    match name {
        RecordName::Tag(tag) => [keyword, " ", tag].concat(),
        RecordName::Typedef(name) => name.to_string(),
        RecordName::Anonymous(number) => format!("{keyword} ${number}"),
    }
}

/// The keyword of a record.
#[must_use]
pub const fn keyword(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Struct => "struct",
        RecordKind::Union => "union",
    }
}

/// A function type as CFFI's messages call it: with an empty pair of parentheses in the place of a name.
#[must_use]
pub fn function_name(table: &TypeTable, id: TypeId) -> String {
    spell(table, id).extended("()", 0).text
}

fn qualifier_text(qualifiers: Qualifiers) -> String {
    let mut text = String::new();
    if qualifiers.contains(Qualifiers::RESTRICT) {
        text.push_str(" __restrict");
    }
    if qualifiers.contains(Qualifiers::VOLATILE) {
        text.push_str(" volatile");
    }
    if qualifiers.contains(Qualifiers::CONST) {
        text.push_str(" const");
    }
    text
}

/// Spells a type, qualifiers included.
#[must_use]
pub fn spell(table: &TypeTable, id: TypeId) -> Spelling {
    match table.get(id) {
        Type::Void => Spelling::plain("void"),
        Type::Primitive(primitive) => Spelling::plain(primitive.spelling()),
        Type::Pointer {
            name: Some(name), ..
        } => Spelling::plain(&**name),
        Type::Pointer { target, name: None } => {
            let spelling = spell(table, target.ty);
            let qualifiers = qualifier_text(target.qualifiers);
            match table.get(target.ty) {
                Type::Array { .. } | Type::Function(_) => {
                    let text = format!("{qualifiers}(*)");
                    spelling.extended(&text, text.len() - 1)
                }
                _ => {
                    let text = format!("{qualifiers} *");
                    spelling.extended(&text, text.len())
                }
            }
        }
        Type::Array { item, length } => {
            let brackets = match length {
                ArrayLength::Fixed(length) => format!("[{length}]"),
                ArrayLength::Open => "[]".to_owned(),
                ArrayLength::Unknown | ArrayLength::Measured(_) => "[...]".to_owned(),
            };
            spell(table, item.ty).extended(&brackets, 0)
        }
        Type::Function(function) => {
            let mut parameters: Vec<String> = function
                .parameters
                .iter()
                .map(|parameter| spell(table, *parameter).text)
                .collect();
            if function.variadic {
                parameters.push("...".to_owned());
            }
            spell(table, function.result).extended(&format!("({})", parameters.join(", ")), 0)
        }
        Type::Record(id) => match table.record(*id) {
            Some(record) => Spelling::plain(record_name(
                keyword(record.kind),
                &record.name,
                record.alias.as_deref(),
            )),
            None => Spelling::plain("struct"),
        },
        Type::Enum(id) => match table.enumeration(*id) {
            Some(enumeration) => Spelling::plain(record_name(
                "enum",
                &enumeration.name,
                enumeration.alias.as_deref(),
            )),
            None => Spelling::plain("enum"),
        },
        Type::External(number) => Spelling::plain(format!("type {number} of a module")),
        Type::UnknownInteger(name) | Type::UnknownFloat(name) | Type::Unsupported(name) => {
            Spelling::plain(&**name)
        }
    }
}
