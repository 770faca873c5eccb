//! Constants and variables: a function that gives the value or the address of each.

use cffi_model::types::Qualifiers;

use super::text::{Text, line};
use crate::error::{Context, Generated};
use crate::module::Module;
use crate::types::{Length, Node, NodeId};

/// An integer: its value, whether it is positive, and whether it is the declared one.
pub fn print_integer(text: &mut Text<'_>, name: &str, declared: Option<i128>) {
    text.words(&[
        "static int _cffi_const_",
        name,
        "(unsigned long long *o)\n{\n  int n = (",
        name,
        ") <= 0;\n  *o = (unsigned long long)((",
        name,
        ") | 0);  /* an error if it is no integer */\n",
    ]);
    if let Some(declared) = declared {
        let (mut value, mut bits) = (itoa::Buffer::new(), itoa::Buffer::new());
        let value = value.format(declared);
        if declared > 0 {
            text.words(&["  if (n || *o != ", value, "ULL)\n"]);
        } else {
            // The bits of the negative number: its own literal does not exist for the least one.
            let bits = bits.format(declared.rem_euclid(1 << 64));
            text.words(&["  if (!n || *o != ", bits, "ULL)  /* ", value, " */\n"]);
        }
        text.lines("    n |= 2;");
    }
    text.lines("  return n;\n}\n");
}

/// A value of another type.
pub fn print_object(
    text: &mut Text<'_>,
    module: &Module<'_>,
    name: &str,
    node: NodeId,
) -> Generated<()> {
    let pointer = module
        .nodes
        .declare(node, "*", Qualifiers::empty(), Context::File)?;
    line!(text, "static void _cffi_const_{name}(char *o)");
    line!(text, "{{");
    line!(text, "  *({pointer})o = {name};");
    line!(text, "}}");
    text.gap();
    Ok(())
}

/// A variable. Its address is asked for each time: it may be a different one in each thread.
pub fn print_variable(
    text: &mut Text<'_>,
    module: &Module<'_>,
    name: &str,
    node: NodeId,
    qualifiers: Qualifiers,
) -> Generated<()> {
    // An array without a length is known by its first item.
    let (node, address) = match module.nodes.get(node) {
        Node::Array(item, Length::Open) => (*item, ""),
        _ => (node, "&"),
    };
    let declarator = format!("*_cffi_var_{name}(void)");
    let function = module
        .nodes
        .declare(node, &declarator, qualifiers, Context::File)?;
    line!(text, "static {function}");
    line!(text, "{{");
    line!(text, "  return {address}({name});");
    line!(text, "}}");
    text.gap();
    Ok(())
}
