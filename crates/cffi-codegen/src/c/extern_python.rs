//! Functions that Python implements: they put their arguments into a row of eight-byte slots, call Python, and take the result from
//! the first one. What does not fit in a slot is passed by its address.

use cffi_model::primitive::Primitive;
use cffi_model::types::Qualifiers;
use cffi_syntax::ast::CallingConvention;

use super::text::{Text, line};
use crate::error::{Context, GenerateError, Generated};
use crate::module::{Module, Visibility};
use crate::types::{Node, NodeId};

const NONE: Qualifiers = Qualifiers::empty();

/// Prints the function.
pub fn print(
    text: &mut Text<'_>,
    module: &Module<'_>,
    name: &str,
    node: NodeId,
    visibility: Visibility,
) -> Generated<()> {
    let nodes = &module.nodes;
    let Node::Function(function) = nodes.get(node) else {
        return Ok(());
    };
    let is_void = matches!(nodes.get(function.result), Node::Void);
    let result_context = Context::Result(name);
    let result = nodes.declare(function.result, "", NONE, result_context)?;
    let size = if is_void {
        "0".to_owned()
    } else {
        format!("sizeof({result})")
    };
    line!(
        text,
        "static struct _cffi_s_externpy _cffi_externpy__{name} ="
    );
    line!(
        text,
        "  {{ \"{}.{name}\", {size}, NULL, NULL }};",
        module.source.name
    );
    text.gap();

    let context = Context::Argument(name);
    let mut parameters = Vec::with_capacity(function.parameters.len());
    for (index, parameter) in function.parameters.iter().enumerate() {
        let declarator = format!("a{index}");
        let parameter = nodes.declare(*parameter, &declarator, NONE, context)?;
        parameters.push(parameter.to_string());
    }
    let parameters = if parameters.is_empty() {
        "void".to_owned()
    } else {
        parameters.join(", ")
    };
    let convention = match function.convention {
        CallingConvention::Stdcall => "_cffi_stdcall ",
        CallingConvention::Cdecl => "",
    };
    let declarator = format!("{convention}{name}({parameters})");
    let header = nodes.declare(function.result, &declarator, NONE, result_context)?;
    let storage = match visibility {
        Visibility::Static => "static ",
        Visibility::Extern => "",
        Visibility::Exported => "CFFI_DLLEXPORT ",
    };
    line!(text, "{storage}{header}");
    line!(text, "{{");
    let slots = slot_bytes(module, function)?;
    line!(
        text,
        "  union {{ char bytes[{slots}]; long long integer; void *pointer;{} }} a;",
        if is_void {
            String::new()
        } else {
            format!(
                " {};",
                nodes.declare(function.result, "result", NONE, result_context)?
            )
        }
    );
    if function.parameters.is_empty() {
        line!(text, "  memset(a.bytes, 0, {slots});");
    }
    for (index, parameter) in function.parameters.iter().enumerate() {
        let offset = index * 8;
        if is_passed_by_address(nodes.get(*parameter)) {
            line!(
                text,
                "  {{ void *p = &a{index}; memcpy(a.bytes + {offset}, &p, sizeof(p)); }}"
            );
        } else {
            line!(
                text,
                "  memcpy(a.bytes + {offset}, &a{index}, sizeof(a{index}));"
            );
        }
    }
    line!(
        text,
        "  _cffi_call_python(&_cffi_externpy__{name}, a.bytes);"
    );
    if !is_void {
        line!(text, "  return a.result;");
    }
    line!(text, "}}");
    text.gap();
    Ok(())
}

fn is_passed_by_address(node: &Node) -> bool {
    matches!(
        node,
        Node::Record(_) | Node::Primitive(Primitive::LongDouble)
    )
}

/// How many bytes the arguments take; the result shares them in a union, whatever its size.
fn slot_bytes(module: &Module<'_>, function: &crate::types::Function) -> Generated<usize> {
    let count = function.parameters.len();
    let mut slots = count.max(1);
    for (index, parameter) in function.parameters.iter().enumerate() {
        if matches!(
            module.nodes.get(*parameter),
            Node::Primitive(Primitive::DoubleComplex)
        ) {
            // It is read in place, and takes two slots.
            if index + 1 != count {
                return Err(GenerateError::extern_python_complex());
            }
            slots += 1;
        }
    }
    Ok(slots * 8)
}
