//! Functions: a plain one that passes a call on, whose address Python can have, and a wrapper that converts arguments and result.
//!
//! PyPy has no wrappers of this kind. It calls a function like the plain one, which takes and gives records by their addresses.

use cffi_model::primitive::Primitive;
use cffi_model::types::Qualifiers;
use cffi_syntax::ast::CallingConvention;

use std::borrow::Cow;

use super::Uses;
use super::text::{Text, line};
use crate::error::{Context, Generated};
use crate::module::Module;
use crate::spelling::{Code, Declared};
use crate::types::{Conversion, Function, Node, NodeId};

const NONE: Qualifiers = Qualifiers::empty();

struct Printer<'a, 'm> {
    module: &'a Module<'m>,
    name: &'a str,
    function: &'a Function,
    names: &'a Names,
    uses: Uses,
}

/// Names that functions have for their parameters: as many as the longest list so far.
#[derive(Debug, Default)]
pub struct Names {
    /// `x0`, `x1`, …
    parameters: Vec<String>,
}

impl Names {
    fn extend(&mut self, count: usize) {
        for index in self.parameters.len()..count {
            self.parameters.push(format!("x{index}"));
        }
    }
}

/// `PREFIX0, PREFIX1, …`
fn numbered(text: &mut Text<'_>, prefix: &str, count: usize) {
    for index in 0..count {
        let comma = if index > 0 { ", " } else { "" };
        text.words(&[comma, prefix, itoa::Buffer::new().format(index)]);
    }
}

/// Prints both functions.
pub fn print(
    text: &mut Text<'_>,
    module: &Module<'_>,
    names: &mut Names,
    name: &str,
    node: NodeId,
) -> Generated<Uses> {
    let Node::Function(function) = module.nodes.get(node) else {
        return Ok(Uses::Nothing);
    };
    names.extend(function.parameters.len());
    let mut printer = Printer {
        module,
        name,
        function,
        names,
        uses: Uses::Nothing,
    };
    printer.plain(text)?;
    line!(text, "#ifndef PYPY_VERSION");
    printer.wrapper(text)?;
    line!(text, "#else");
    printer.for_pypy(text)?;
    line!(text, "#endif");
    text.gap();
    Ok(printer.uses)
}

impl Printer<'_, '_> {
    fn conversion(&self, node: NodeId) -> Conversion {
        self.module.nodes.conversion(node)
    }

    fn returns_nothing(&self) -> bool {
        matches!(self.module.nodes.get(self.function.result), Node::Void)
    }

    fn arity(&self) -> usize {
        self.function.parameters.len()
    }

    fn declare<'t>(&'t self, node: NodeId, declarator: &'t str) -> Generated<Declared<'t>> {
        let context = Context::Argument(self.name);
        self.module.nodes.declare(node, declarator, NONE, context)
    }

    fn declare_result<'t>(&'t self, declarator: &'t str) -> Generated<Declared<'t>> {
        let (result, context) = (self.function.result, Context::Result(self.name));
        self.module.nodes.declare(result, declarator, NONE, context)
    }

    /// Parameters with their names.
    fn parameters(&self) -> impl Iterator<Item = (&NodeId, &str)> {
        let names = self.names.parameters.iter().map(String::as_str);
        self.function.parameters.iter().zip(names)
    }

    /// The declarator of a function that is called as the declared one is. `first` is a parameter of its own; `star` is what stands before
    /// the name of a parameter that is passed by its address.
    fn declarator(
        &self,
        prefix: &str,
        first: Option<Declared<'_>>,
        star: impl Fn(NodeId) -> &'static str,
    ) -> Generated<String> {
        let mut declarator = String::with_capacity(128);
        if self.function.convention == CallingConvention::Stdcall {
            declarator.push_str("_cffi_stdcall ");
        }
        declarator.push_str(prefix);
        declarator.push_str(self.name);
        declarator.push('(');
        let mut comma = "";
        if let Some(first) = first {
            first.push_to(&mut declarator);
            comma = ", ";
        }
        for (parameter, name) in self.parameters() {
            declarator.push_str(comma);
            let name = starred(star(*parameter), name);
            self.declare(*parameter, &name)?.push_to(&mut declarator);
            comma = ", ";
        }
        declarator.push_str(if comma.is_empty() { "void)" } else { ")" });
        Ok(declarator)
    }

    /// Prints the body of a function that passes a call on.
    fn body(&self, text: &mut Text<'_>, give: &str, arguments: impl FnOnce(&mut Text<'_>)) {
        text.words(&["\n{\n  ", give, self.name, "("]);
        arguments(text);
        text.push(");\n}\n");
    }

    /// `x0, x1, …`
    fn arguments(&self, text: &mut Text<'_>) {
        numbered(text, "x", self.arity());
    }

    fn plain(&self, text: &mut Text<'_>) -> Generated<()> {
        let declarator = self.declarator("_cffi_d_", None, |_| "")?;
        text.push("static ");
        text.code(&self.declare_result(&declarator)?);
        let give = if self.returns_nothing() {
            ""
        } else {
            "return "
        };
        self.body(text, give, |text| self.arguments(text));
        Ok(())
    }

    fn wrapper(&mut self, text: &mut Text<'_>) -> Generated<()> {
        let name = self.name;
        let parameter = match self.arity() {
            0 => "noarg",
            1 => "arg0",
            _ => "args",
        };
        text.words(&["static PyObject *\n_cffi_f_", name]);
        text.words(&["(PyObject *self, PyObject *", parameter, ")\n{\n"]);
        for (parameter, name) in self.parameters() {
            text.push("  ");
            text.code(&self.declare(*parameter, name)?);
            text.push(";\n");
        }
        let returns_nothing = self.returns_nothing();
        if !returns_nothing {
            text.push("  ");
            text.code(&self.declare_result("result")?);
            text.push(";\n");
        }
        line!(text, "  PyObject *pyresult = NULL;");
        let takes_pointers = self
            .function
            .parameters
            .iter()
            .any(|parameter| self.conversion(*parameter) == Conversion::Pointer);
        if takes_pointers {
            line!(text, "  struct _cffi_memory_s memory;");
        }
        if self.arity() > 1 {
            text.push("  PyObject ");
            numbered(text, "*arg", self.arity());
            text.lines(";");
        }
        text.gap();
        line!(text, "  (void)self;");
        if self.arity() == 0 {
            line!(text, "  (void)noarg;");
        }
        if takes_pointers {
            line!(text, "  memory.used = 0;");
            line!(text, "  memory.blocks = NULL;");
        }
        if self.arity() > 1 {
            let mut number = itoa::Buffer::new();
            let arity = number.format(self.arity());
            text.words(&["  if (!PyArg_UnpackTuple(args, \"", name, "\", "]);
            text.words(&[arity, ", ", arity, ", "]);
            numbered(text, "&arg", self.arity());
            text.lines("))\n    return NULL;");
        }
        let fail = if takes_pointers {
            "goto done"
        } else {
            "return NULL"
        };
        for (index, parameter) in self.function.parameters.iter().enumerate() {
            self.convert_argument(text, index, *parameter, fail)?;
        }
        text.gap();
        let take = if returns_nothing { "" } else { "result = " };
        let keeps_gil = self.module.keep_gil.contains(name);
        if !keeps_gil {
            line!(text, "  Py_BEGIN_ALLOW_THREADS");
        }
        line!(text, "  _cffi_restore_errno();");
        text.words(&["  { ", take, name, "("]);
        self.arguments(text);
        text.push("); }\n");
        line!(text, "  _cffi_save_errno();");
        if !keeps_gil {
            line!(text, "  Py_END_ALLOW_THREADS");
        }
        text.gap();
        if returns_nothing {
            line!(text, "  pyresult = Py_None;");
            line!(text, "  Py_INCREF(pyresult);");
        } else {
            text.push("  pyresult = ");
            self.convert_result(text)?;
            text.push(";\n");
        }
        if takes_pointers {
            line!(text, " done:");
            line!(text, "  _cffi_free_memory(&memory);");
        }
        line!(text, "  return pyresult;");
        line!(text, "}}");
        Ok(())
    }

    fn convert_argument(
        &mut self,
        text: &mut Text<'_>,
        index: usize,
        node: NodeId,
        fail: &str,
    ) -> Generated<()> {
        let (mut place, mut number) = (itoa::Buffer::new(), itoa::Buffer::new());
        let place = place.format(self.module.place(node));
        let index = number.format(index);
        let conversion = self.conversion(node);
        match conversion {
            Conversion::Pointer => {
                text.words(&["  if (_cffi_to_c_array(&memory, _cffi_type(", place]);
                text.words(&["), arg", index, ", (char **)&x", index, ") < 0)\n"]);
                text.words(&["    ", fail, ";\n"]);
                return Ok(());
            }
            Conversion::Memory | Conversion::Record | Conversion::Array | Conversion::Nothing => {
                if conversion == Conversion::Record {
                    // A dict or a list may leave members out: they are zero then, as in ffi.new().
                    line!(text, "  memset((void *)&x{index}, 0, sizeof(x{index}));");
                }
                line!(
                    text,
                    "  if (_cffi_to_c((char *)&x{index}, _cffi_type({place}), arg{index}) < 0)"
                );
                line!(text, "    {fail};");
                return Ok(());
            }
            _ => {}
        }
        let converter = self.converter(node);
        let ctype = self.module.nodes.spelling(node);
        match conversion {
            Conversion::Integer => {
                text.words(&["  x", index, " = _cffi_to_c_int(arg", index, ", "]);
                text.code(ctype);
                text.push(");\n");
            }
            Conversion::LongDouble => {
                line!(text, "  x{index} = _cffi_to_c_long_double(arg{index});");
            }
            _ => {
                text.words(&["  x", index, " = ("]);
                text.code(ctype);
                text.push(")");
                match conversion {
                    Conversion::Named | Conversion::Floating => {
                        text.words(&["_cffi_to_c_", converter, "(arg", index, ");\n"]);
                    }
                    _ => {
                        text.words(&["_cffi_to_c_pointer(arg", index]);
                        text.words(&[", _cffi_type(", place, "));\n"]);
                    }
                }
            }
        }
        // What stands for an exception; of `_Bool`, where -1 is true, 1.
        let failed = match (conversion, self.module.nodes.get(node)) {
            (Conversion::Named, Node::Primitive(Primitive::Bool)) => "",
            (Conversion::FunctionPointer, _) => "NULL",
            _ => "-1",
        };
        text.words(&["  if (x", index]);
        if !failed.is_empty() {
            text.push(" == (");
            text.code(ctype);
            text.words(&[")", failed]);
        }
        text.words(&[" && PyErr_Occurred())\n    ", fail, ";\n"]);
        Ok(())
    }

    /// The end of the names of a type's converters.
    fn converter(&mut self, node: NodeId) -> &'static str {
        match self.module.nodes.get(node) {
            Node::Primitive(primitive) => {
                if matches!(primitive, Primitive::Char16 | Primitive::Char32) {
                    self.uses = Uses::WideCharacters;
                }
                primitive.spelling()
            }
            _ => "double",
        }
    }

    fn convert_result(&mut self, text: &mut Text<'_>) -> Generated<()> {
        let node = self.function.result;
        let converted = match self.conversion(node) {
            Conversion::Integer => {
                text.push("_cffi_from_c_int(result, ");
                text.code(&self.declare(node, "")?);
                text.push(")");
                return Ok(());
            }
            Conversion::Named | Conversion::Floating => {
                text.words(&["_cffi_from_c_", self.converter(node), "(result)"]);
                return Ok(());
            }
            Conversion::Pointer | Conversion::FunctionPointer | Conversion::Array => {
                "pointer((char *)result"
            }
            Conversion::Record => "struct((char *)&result",
            Conversion::LongDouble | Conversion::Memory | Conversion::Nothing => {
                "deref((char *)&result"
            }
        };
        text.words(&["_cffi_from_c_", converted, ", _cffi_type("]);
        text.number(self.module.place(node));
        text.push("))");
        Ok(())
    }

    fn for_pypy(&self, text: &mut Text<'_>) -> Generated<()> {
        let name = self.name;
        let result = self.function.result;
        let by_address = |node: NodeId| {
            matches!(
                self.module.nodes.get(node),
                Node::Record(_)
                    | Node::Primitive(Primitive::FloatComplex | Primitive::DoubleComplex)
            )
        };
        if !by_address(result) && !self.function.parameters.iter().copied().any(by_address) {
            text.words(&["# define _cffi_f_", name, " _cffi_d_", name, "\n"]);
            return Ok(());
        }
        let star = |node: NodeId| if by_address(node) { "*" } else { "" };
        text.push("static ");
        let give = if by_address(result) {
            let first = self.declare(result, "*result")?;
            let declarator = self.declarator("_cffi_f_", Some(first), star)?;
            text.words(&["void ", &declarator]);
            "*result = "
        } else {
            let declarator = self.declarator("_cffi_f_", None, star)?;
            text.code(&self.declare_result(&declarator)?);
            if self.returns_nothing() {
                ""
            } else {
                "return "
            }
        };
        self.body(text, give, |text| {
            for (index, (parameter, name)) in self.parameters().enumerate() {
                let comma = if index > 0 { ", " } else { "" };
                text.words(&[comma, star(*parameter), name]);
            }
        });
        Ok(())
    }
}

/// A declarator with what stands before its name.
fn starred<'a>(star: &str, name: &'a str) -> Cow<'a, str> {
    if star.is_empty() {
        Cow::Borrowed(name)
    } else {
        Cow::Owned([star, name].concat())
    }
}
