//! Structs and unions: a function that is never called, in which the compiler compares the declared fields with its own.

use cffi_model::types::{Qualifiers, RecordId};

use super::text::{Text, line};
use crate::module::Module;
use crate::records::{Access, PlannedField, RecordEntry};
use crate::types::{Length, Node};

/// Prints the check, where C has a name for the record.
pub fn print_check(text: &mut Text, module: &Module<'_>, id: RecordId) {
    let number = module.record_numbers.get(&id);
    let Some(entry) = number.and_then(|number| module.records.get(*number)) else {
        return;
    };
    let Access::Name(c_name) = &entry.access else {
        return;
    };
    let identifier = entry.identifier();
    line!(
        text,
        "_CFFI_UNUSED_FN static void _cffi_checkfld_{identifier}({c_name} *p)"
    );
    line!(text, "{{");
    line!(text, "  (void)p;");
    for field in entry.fields.iter().filter(|field| !field.name.is_empty()) {
        print_field(text, module, entry, c_name, field);
    }
    line!(text, "}}");
    line!(
        text,
        "struct _cffi_align_{identifier} {{ char x; {c_name} y; }};"
    );
    text.gap();
}

fn print_field(
    text: &mut Text,
    module: &Module<'_>,
    entry: &RecordEntry,
    c_name: &str,
    field: &PlannedField,
) {
    let name = &field.name;
    if field.width.is_some() || module.nodes.is_integer(field.node) {
        // Any integer will do: the runtime checks the size, and takes the sign from the declaration.
        line!(
            text,
            "  (void)((p->{name}) | 0);  /* '{c_name}.{name}' is an integer */"
        );
        return;
    }
    // The very type, but for lengths that are open.
    let mut node = field.node;
    let mut place = name.clone();
    while let Node::Array(item, length) = module.nodes.get(node) {
        if !matches!(length, Length::Open | Length::Measured(_)) {
            break;
        }
        node = *item;
        place.push_str("[0]");
    }
    let context = format!("field '{place}'");
    match module
        .nodes
        .declare(node, "*tmp", qualifiers(field), &context)
    {
        Ok(declaration) => line!(text, "  {{ {declaration} = &p->{place}; (void)tmp; }}"),
        Err(_) => line!(
            text,
            "  /* '{}.{name}' has a type without a name */",
            entry.name
        ),
    }
}

fn qualifiers(field: &PlannedField) -> Qualifiers {
    field.qualifiers
}
