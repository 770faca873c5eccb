//! Functions: a plain one that passes a call on, whose address Python can have, and a wrapper that converts arguments and result.
//!
//! PyPy has no wrappers of this kind. It calls a function like the plain one, which takes and gives records by their addresses.

use std::borrow::Cow;
use std::fmt;

use cffi_model::primitive::Primitive;
use cffi_model::types::Qualifiers;
use cffi_syntax::ast::CallingConvention;

use super::Uses;
use super::text::{Text, line};
use crate::error::{Context, Generated};
use crate::module::Module;
use crate::spelling::Declared;
use crate::types::{Conversion, Function, Node, NodeId};

const NONE: Qualifiers = Qualifiers::empty();

struct Printer<'a, 'm> {
    module: &'a Module<'m>,
    name: &'a str,
    function: &'a Function,
    /// `x0`, `x1`, …
    names: Vec<Cow<'static, str>>,
    uses: Uses,
}

/// What a function returns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gives {
    /// What the declared one does.
    Result,
    /// `void`
    Nothing,
}

/// `PREFIX0, PREFIX1, …`
struct Numbered(&'static str, usize);

impl fmt::Display for Numbered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for index in 0..self.1 {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{}{index}", self.0)?;
        }
        Ok(())
    }
}

/// The name of a parameter.
fn parameter_name(index: usize) -> Cow<'static, str> {
    const FIRST: [&str; 10] = ["x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9"];
    match FIRST.get(index) {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(format!("x{index}")),
    }
}

/// Prints both functions.
pub fn print(text: &mut Text, module: &Module<'_>, name: &str, node: NodeId) -> Generated<Uses> {
    let Node::Function(function) = module.nodes.get(node) else {
        return Ok(Uses::Nothing);
    };
    let mut printer = Printer {
        module,
        name,
        function,
        names: (0..function.parameters.len()).map(parameter_name).collect(),
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

    /// `x0, x1, …`
    fn arguments(&self) -> Numbered {
        Numbered("x", self.arity())
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
        let names = self.names.iter().map(|name| &**name);
        self.function.parameters.iter().zip(names)
    }

    /// The head of a function that is called as the declared one is.
    fn head(&self, name: &str, parameters: &[String], result: Gives) -> Generated<String> {
        let parameters = if parameters.is_empty() {
            "void".to_owned()
        } else {
            parameters.join(", ")
        };
        let convention = match self.function.convention {
            CallingConvention::Stdcall => "_cffi_stdcall ",
            CallingConvention::Cdecl => "",
        };
        let declarator = format!("{convention}{name}({parameters})");
        Ok(match result {
            Gives::Result => self.declare_result(&declarator)?.to_string(),
            Gives::Nothing => format!("void {declarator}"),
        })
    }

    fn plain(&self, text: &mut Text) -> Generated<()> {
        let mut parameters = Vec::with_capacity(self.arity());
        for (parameter, name) in self.parameters() {
            parameters.push(self.declare(*parameter, name)?.to_string());
        }
        let name = format!("_cffi_d_{}", self.name);
        let head = self.head(&name, &parameters, Gives::Result)?;
        let give = if self.returns_nothing() {
            ""
        } else {
            "return "
        };
        line!(text, "static {head}");
        line!(text, "{{");
        line!(text, "  {give}{}({});", self.name, self.arguments());
        line!(text, "}}");
        Ok(())
    }

    fn wrapper(&mut self, text: &mut Text) -> Generated<()> {
        let name = self.name;
        let parameter = match self.arity() {
            0 => "noarg",
            1 => "arg0",
            _ => "args",
        };
        line!(text, "static PyObject *");
        line!(
            text,
            "_cffi_f_{name}(PyObject *self, PyObject *{parameter})"
        );
        line!(text, "{{");
        for (parameter, name) in self.parameters() {
            line!(text, "  {};", self.declare(*parameter, name)?);
        }
        let returns_nothing = self.returns_nothing();
        if !returns_nothing {
            line!(text, "  {};", self.declare_result("result")?);
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
            line!(text, "  PyObject {};", Numbered("*arg", self.arity()));
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
            let arity = self.arity();
            let names = Numbered("&arg", arity);
            line!(
                text,
                "  if (!PyArg_UnpackTuple(args, \"{name}\", {arity}, {arity}, {names}))"
            );
            line!(text, "    return NULL;");
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
        line!(text, "  {{ {take}{name}({}); }}", self.arguments());
        line!(text, "  _cffi_save_errno();");
        if !keeps_gil {
            line!(text, "  Py_END_ALLOW_THREADS");
        }
        text.gap();
        if returns_nothing {
            line!(text, "  pyresult = Py_None;");
            line!(text, "  Py_INCREF(pyresult);");
        } else {
            line!(text, "  pyresult = {};", self.convert_result()?);
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
        text: &mut Text,
        index: usize,
        node: NodeId,
        fail: &str,
    ) -> Generated<()> {
        let place = self.module.place(node);
        let conversion = self.conversion(node);
        match conversion {
            Conversion::Pointer => {
                line!(
                    text,
                    "  if (_cffi_to_c_array(&memory, _cffi_type({place}), arg{index}, (char **)&x{index}) < 0)"
                );
                line!(text, "    {fail};");
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
        let ctype = self.module.nodes.spelling(node).text();
        match conversion {
            Conversion::Integer => {
                line!(text, "  x{index} = _cffi_to_c_int(arg{index}, {ctype});");
            }
            Conversion::Named => line!(
                text,
                "  x{index} = ({ctype})_cffi_to_c_{converter}(arg{index});"
            ),
            Conversion::Floating => {
                line!(text, "  x{index} = ({ctype})_cffi_to_c_double(arg{index});");
            }
            Conversion::LongDouble => {
                line!(text, "  x{index} = _cffi_to_c_long_double(arg{index});");
            }
            _ => line!(
                text,
                "  x{index} = ({ctype})_cffi_to_c_pointer(arg{index}, _cffi_type({place}));"
            ),
        }
        // What stands for an exception; of `_Bool`, where -1 is true, 1.
        let failed = match (conversion, self.module.nodes.get(node)) {
            (Conversion::Named, Node::Primitive(Primitive::Bool)) => "",
            (Conversion::FunctionPointer, _) => "NULL",
            _ => "-1",
        };
        if failed.is_empty() {
            line!(text, "  if (x{index} && PyErr_Occurred())");
        } else {
            line!(
                text,
                "  if (x{index} == ({ctype}){failed} && PyErr_Occurred())"
            );
        }
        line!(text, "    {fail};");
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

    fn convert_result(&mut self) -> Generated<String> {
        let node = self.function.result;
        let place = self.module.place(node);
        Ok(match self.conversion(node) {
            Conversion::Integer => {
                let ctype = self.declare(node, "")?;
                format!("_cffi_from_c_int(result, {ctype})")
            }
            Conversion::Named => format!("_cffi_from_c_{}(result)", self.converter(node)),
            Conversion::Floating => "_cffi_from_c_double(result)".to_owned(),
            Conversion::Pointer | Conversion::FunctionPointer | Conversion::Array => {
                format!("_cffi_from_c_pointer((char *)result, _cffi_type({place}))")
            }
            Conversion::Record => {
                format!("_cffi_from_c_struct((char *)&result, _cffi_type({place}))")
            }
            Conversion::LongDouble | Conversion::Memory | Conversion::Nothing => {
                format!("_cffi_from_c_deref((char *)&result, _cffi_type({place}))")
            }
        })
    }

    fn for_pypy(&self, text: &mut Text) -> Generated<()> {
        let name = self.name;
        let result = self.function.result;
        let by_address = |node: NodeId| {
            matches!(
                self.module.nodes.get(node),
                Node::Record(_)
                    | Node::Primitive(Primitive::FloatComplex | Primitive::DoubleComplex)
            )
        };
        let mut parameters = Vec::with_capacity(self.arity() + 1);
        let mut arguments = Vec::with_capacity(self.arity());
        let mut same = true;
        if by_address(result) {
            parameters.push(self.declare(result, "*result")?.to_string());
            same = false;
        }
        for (index, parameter) in self.function.parameters.iter().enumerate() {
            let star = if by_address(*parameter) { "*" } else { "" };
            same &= star.is_empty();
            let declarator = format!("{star}x{index}");
            parameters.push(self.declare(*parameter, &declarator)?.to_string());
            arguments.push(format!("{star}x{index}"));
        }
        if same {
            line!(text, "# define _cffi_f_{name} _cffi_d_{name}");
            return Ok(());
        }
        let own = format!("_cffi_f_{name}");
        let head = if by_address(result) {
            self.head(&own, &parameters, Gives::Nothing)?
        } else {
            self.head(&own, &parameters, Gives::Result)?
        };
        let take = if by_address(result) {
            "*result = "
        } else if self.returns_nothing() {
            ""
        } else {
            "return "
        };
        line!(text, "static {head}");
        line!(text, "{{");
        line!(text, "  {take}{name}({});", arguments.join(", "));
        line!(text, "}}");
        Ok(())
    }
}
