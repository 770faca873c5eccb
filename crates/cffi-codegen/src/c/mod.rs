//! The text of a C module for the API mode.
//!
//! ```text
//!   preamble          the same for all modules (`preamble.h`), with the opcodes of `cffi-wire`
//!   the program's source
//!   _cffi_types[]     words
//!   functions         one or more for each declaration: wrappers, constants, checks, stubs
//!   tables            globals, fields, records, enums, typenames, includes, and the context that holds them
//!   PyInit_NAME
//! ```

mod constant;
mod embedding;
mod extern_python;
mod function;
mod preamble;
mod record;
mod tables;
mod text;

use cffi_model::Declarations;
use cffi_model::declarations::Declaration;
use cffi_model::types::Type;
use cffi_wire::{VERSION_BASE, VERSION_CHAR16_CHAR32, VERSION_EMBEDDED, flags};

use crate::error::{GenerateError, Generated};
use crate::module::{Item, Language, Module, Source};
use crate::planner::plan;
use text::{Text, line};

/// What a C module has that a Python module has not.
#[derive(Clone, Copy, Debug)]
pub struct COptions<'a> {
    /// The program's C code.
    pub preamble: &'a str,
    /// The Python code of a module that embeds Python.
    pub embedding: Option<&'a str>,
    /// Who is going to load it.
    pub purpose: Purpose,
}

/// Who is going to load a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Programs, by `import`.
    Import,
    /// `ffi.verify()`
    Verify,
}

/// Generates the C module; `take` gets it piece by piece. What it got before an error is of no use.
pub fn c_module(
    source: Source<'_>,
    options: COptions<'_>,
    take: &mut dyn FnMut(&str),
) -> Generated<()> {
    if options.purpose == Purpose::Verify {
        refuse_open_typedefs(source.declarations)?;
    }
    let module = plan(source, Language::C)?;
    let mut text = Text::new(take);
    preamble::print(&mut text, &module, options);
    print_types(&mut text, &module);
    let mut version = VERSION_BASE;
    let mut names = function::Names::default();
    for item in &module.items {
        let uses = print_item(&mut text, &module, &mut names, item)
            .map_err(|error| item.listed.locate(error))?;
        if uses == Uses::WideCharacters {
            version = version.max(VERSION_CHAR16_CHAR32);
        }
    }
    let embedded = options.embedding.is_some();
    if embedded {
        version = version.max(VERSION_EMBEDDED);
    }
    let mut flags = module.flags();
    if embedded {
        flags |= flags::Module::EXTERN_PYTHON;
    }
    if options.purpose == Purpose::Verify {
        flags |= flags::Module::VERIFIED;
    }
    tables::print(&mut text, &module, flags);
    print_init(&mut text, &module, version, embedded);
    text.end();
    Ok(())
}

/// `ffi.verify()` never had `typedef int... name;`: an FFI that works before it is compiled would have to change its types.
fn refuse_open_typedefs(declarations: &Declarations) -> Generated<()> {
    for (key, declaration) in declarations.iter() {
        let Declaration::Type(ty) = declaration else {
            continue;
        };
        let word = match declarations.types().get(ty.ty) {
            Type::UnknownInteger(_) => "int",
            Type::UnknownFloat(_) => "float",
            _ => continue,
        };
        let feature = format!("typedef {word}... {}", key.name);
        return Err(GenerateError::not_in_verify(&feature));
    }
    Ok(())
}

/// What a wrapper needs of the runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Uses {
    /// Nothing special.
    Nothing,
    /// The exports for `char16_t` and `char32_t`.
    WideCharacters,
}

fn print_item(
    text: &mut Text<'_>,
    module: &Module<'_>,
    names: &mut function::Names,
    item: &crate::module::NamedItem<'_>,
) -> Generated<Uses> {
    let name = &item.name;
    match &item.item {
        Item::Function(node) => return function::print(text, module, names, name, *node),
        Item::Constant(node) => constant::print_object(text, module, name, *node)?,
        Item::Integer(value) => constant::print_integer(text, name, *value),
        Item::Variable(node, qualifiers) => {
            constant::print_variable(text, module, name, *node, *qualifiers)?;
        }
        Item::Record(id) => record::print_check(text, module, *id),
        Item::ExternPython(node, visibility) => {
            extern_python::print(text, module, name, *node, *visibility)?;
        }
    }
    Ok(Uses::Nothing)
}

fn print_types(text: &mut Text<'_>, module: &Module<'_>) {
    use crate::words::{self, Word};

    line!(text, "static void *_cffi_types[] = {{");
    for (index, word) in module.words.iter().enumerate() {
        let pad = if index < 10 { " " } else { "" };
        text.words(&["/* ", pad, itoa::Buffer::new().format(index), " */ "]);
        match word {
            Word::Type(op, node) => {
                print_op(text, op);
                text.push(", // ");
                text.code(module.nodes.spelling(*node));
                text.gap();
            }
            Word::Part(op) => {
                print_op(text, op);
                text.push(",\n");
            }
            Word::Length(length) => {
                line!(text, "(_cffi_opcode_t)(uintptr_t){length}U,");
            }
            Word::Measured(expression) => {
                line!(text, "(_cffi_opcode_t)(uintptr_t)({expression}),");
            }
            Word::UnknownInteger(name) => {
                let number = words::unknown_integer(name);
                line!(text, "_CFFI_OP(_CFFI_OP_PRIMITIVE, {number}), // {name}");
            }
            Word::UnknownFloat(name) => {
                let number = words::unknown_float(name);
                line!(text, "_CFFI_OP(_CFFI_OP_PRIMITIVE, {number}), // {name}");
            }
        }
    }
    if module.words.is_empty() {
        line!(text, "  NULL");
    }
    line!(text, "}};");
    text.gap();
}

fn print_op(text: &mut Text<'_>, op: &cffi_wire::Op) {
    let mut argument = itoa::Buffer::new();
    let argument = argument.format(op.argument);
    text.words(&["_CFFI_OP(_CFFI_OP_", op.opcode.name(), ", ", argument, ")"]);
}

fn print_init(text: &mut Text<'_>, module: &Module<'_>, version: u32, embedded: bool) {
    let name = module.source.name;
    let base = base_name(name);
    let keep_gil = if module.keep_gil.is_empty() {
        "NULL"
    } else {
        tables::KEEP_GIL
    };
    // Visible also with -fvisibility=hidden.
    text.lines("#ifdef __GNUC__\n# pragma GCC visibility push(default)\n#endif");
    text.gap();
    line!(text, "#ifdef PYPY_VERSION");
    line!(
        text,
        "PyMODINIT_FUNC _cffi_pypyinit_{base}(const void *p[])"
    );
    line!(text, "{{");
    if embedded || module.flags().contains(flags::Module::EXTERN_PYTHON) {
        // From this version of the interface on, PyPy passes the function that calls Python.
        line!(text, "  if ((intptr_t)p[0] >= 0x0A03)");
        line!(
            text,
            "    _cffi_call_python_org = (void (*)(struct _cffi_s_externpy *, char *))p[1];"
        );
    }
    line!(text, "  p[0] = (const void *)0x{version:x};");
    line!(text, "  p[1] = &_cffi_type_context;");
    line!(text, "  return NULL;");
    line!(text, "}}");
    // setuptools asks Microsoft's linker to export this name.
    line!(text, "# ifdef _MSC_VER");
    line!(
        text,
        "PyMODINIT_FUNC PyInit_{base}(void) {{ return NULL; }}"
    );
    line!(text, "# endif");
    line!(text, "#else");
    line!(text, "PyMODINIT_FUNC PyInit_{base}(void)");
    line!(text, "{{");
    line!(
        text,
        "  return _cffi_init(\"{name}\", 0x{version:x}, &_cffi_type_context, {keep_gil});"
    );
    line!(text, "}}");
    line!(text, "#endif");
    text.gap();
    text.lines("#ifdef __GNUC__\n# pragma GCC visibility pop\n#endif");
}

/// The last part of a dotted name.
fn base_name(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
