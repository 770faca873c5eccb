//! Structs and unions: a function that is never called, in which the compiler compares the declared fields with its own.

use super::text::{Text, line};
use crate::error::Context;
use crate::module::Module;
use crate::records::{Access, PlannedField, RecordEntry};
use crate::types::{Length, Node, NodeId};

use cffi_model::types::RecordId;

/// Prints the check, where C has a name for the record.
pub fn print_check(text: &mut Text<'_>, module: &Module<'_>, id: RecordId) {
    let Some(entry) = entry(module, id) else {
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
    print_fields(text, module, entry, c_name, "p->");
    line!(text, "}}");
    line!(
        text,
        "struct _cffi_align_{identifier} {{ char x; {c_name} y; }};"
    );
    text.gap();
}

fn entry<'m>(module: &'m Module<'_>, id: RecordId) -> Option<&'m RecordEntry<'m>> {
    module.records.get(*module.record_numbers.get(&id)?)
}

/// `object` is what stands in front of a member's name, such as `p->`; `shown` what does in a comment.
fn print_fields(
    text: &mut Text<'_>,
    module: &Module<'_>,
    entry: &RecordEntry<'_>,
    shown: &str,
    object: &str,
) {
    for field in entry.fields.iter().filter(|field| !field.name.is_empty()) {
        print_field(text, module, field, shown, object);
    }
}

fn print_field(
    text: &mut Text<'_>,
    module: &Module<'_>,
    field: &PlannedField<'_>,
    shown: &str,
    object: &str,
) {
    let name = &field.name;
    if field.width.is_some() || module.nodes.is_integer(field.node) {
        // Any integer will do: the runtime checks the size, and takes the sign from the declaration.
        text.words(&["  (void)((", object, name, ") | 0);"]);
        text.words(&["  /* '", shown, ".", name, "' is an integer */\n"]);
        return;
    }
    let (node, place) = innermost(module, field.node, name, |_| true);
    if let Some(inner) = without_name(module, node) {
        let shown = format!("{shown}.{place}");
        let object = format!("{object}{place}.");
        print_fields(text, module, inner, &shown, &object);
        return;
    }
    // The very type, but for lengths that are open.
    let is_open = |length: &Length| matches!(length, Length::Open | Length::Measured(_));
    let (node, place) = innermost(module, field.node, name, is_open);
    let context = Context::Field(&place);
    match module
        .nodes
        .declare(node, "*tmp", field.qualifiers, context)
    {
        Ok(declaration) => {
            text.push("  { ");
            text.code(&declaration);
            text.words(&[" = &", object, &place, "; (void)tmp; }\n"]);
        }
        Err(_) => line!(text, "  /* '{shown}.{name}' has a type without a name */"),
    }
}

/// The item of arrays whose length is of some kind, and the expression for the first one.
fn innermost(
    module: &Module<'_>,
    node: NodeId,
    name: &str,
    enter: impl Fn(&Length) -> bool,
) -> (NodeId, String) {
    let mut node = node;
    let mut place = name.to_owned();
    while let Node::Array(item, length) = module.nodes.get(node) {
        if !enter(length) {
            break;
        }
        node = *item;
        place.push_str("[0]");
    }
    (node, place)
}

/// A record that is known only as a member of another one.
fn without_name<'m>(module: &'m Module<'_>, node: NodeId) -> Option<&'m RecordEntry<'m>> {
    match module.nodes.get(node) {
        Node::Record(id) => {
            entry(module, *id).filter(|entry| matches!(entry.access, Access::Member(..)))
        }
        _ => None,
    }
}
