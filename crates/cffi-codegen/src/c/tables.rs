//! The tables of a C module, and the context that holds them.

use cffi_wire::{Op, Opcode, flags};

use super::print_op;
use super::text::{Text, line};
use crate::module::{EnumEntry, Global, Module};
use crate::records::{Access, PlannedField, RecordEntry, is_flexible};
use crate::spelling::Code;
use crate::words::primitive_constant;

/// The places of the functions that keep the GIL.
pub const KEEP_GIL: &str = "_cffi_keep_gil";

/// Prints all tables.
pub fn print(text: &mut Text<'_>, module: &Module<'_>, flags: flags::Module) {
    table(text, "global", &module.globals, |text, global| {
        print_global(text, global);
    });
    let fields: Vec<(&RecordEntry<'_>, &PlannedField<'_>)> = module
        .records
        .iter()
        .flat_map(|record| record.fields.iter().map(move |field| (record, field)))
        .collect();
    table(text, "field", &fields, |text, (record, field)| {
        print_field(text, module, record, field);
    });
    let mut first_field = 0;
    table(text, "struct_union", &module.records, |text, record| {
        print_record(text, record, first_field);
        first_field += record.fields.len();
    });
    let enums: Vec<(usize, &EnumEntry<'_>)> = module.enums.iter().enumerate().collect();
    for (number, entry) in &enums {
        if is_long(&entry.enumerators) {
            print_long_enumerators(text, *number, &entry.enumerators);
        }
    }
    table(text, "enum", &enums, |text, (place, entry)| {
        let mut number = itoa::Buffer::new();
        let type_index = number.format(entry.type_index);
        text.words(&["  { \"", &entry.name, "\", ", type_index, ", "]);
        match &entry.c_name {
            Some(c_name) => {
                text.words(&[
                    "_cffi_prim_int(sizeof(",
                    c_name,
                    "), ((",
                    c_name,
                    ")-1) <= 0)",
                ]);
            }
            None => text.push(primitive_constant(entry.primitive).unwrap_or_default()),
        }
        text.lines(",");
        if is_long(&entry.enumerators) {
            line!(text, "    {} }},", long_enumerators(*place));
        } else {
            print_enumerators(text, &entry.enumerators);
        }
    });
    table(
        text,
        "typename",
        &module.typenames,
        |text, (name, place)| {
            text.words(&["  { \"", name, "\", "]);
            text.number(*place);
            text.lines(" },");
        },
    );
    if !module.source.includes.is_empty() {
        line!(text, "static const char *const _cffi_includes[] = {{");
        for include in module.source.includes {
            line!(text, "  \"{include}\",");
        }
        line!(text, "  NULL");
        line!(text, "}};");
        text.gap();
    }
    print_context(text, module, fields.len(), flags);
    print_keep_gil(text, module);
}

/// PyPy has no use for it.
fn print_keep_gil(text: &mut Text<'_>, module: &Module<'_>) {
    if module.keep_gil.is_empty() {
        return;
    }
    line!(text, "#ifndef PYPY_VERSION");
    line!(text, "static const int {KEEP_GIL}[] = {{");
    for (place, global) in module.globals.iter().enumerate() {
        if module.keep_gil.contains(global.name) {
            line!(text, "  {place},  /* {} */", global.name);
        }
    }
    line!(text, "  -1");
    line!(text, "}};");
    line!(text, "#endif");
    text.gap();
}

fn table<T>(
    text: &mut Text<'_>,
    name: &str,
    entries: &[T],
    mut print: impl FnMut(&mut Text<'_>, &T),
) {
    if entries.is_empty() {
        return;
    }
    line!(
        text,
        "static const struct _cffi_s_{name} _cffi_{name}s[] = {{"
    );
    for entry in entries {
        print(text, entry);
    }
    line!(text, "}};");
    text.gap();
}

fn print_global(text: &mut Text<'_>, global: &Global<'_>) {
    let name = &global.name;
    let function = |prefix: &'static str| Some((prefix, *name));
    let (address, direct) = match global.op.opcode {
        Opcode::CpythonBltnN | Opcode::CpythonBltnO | Opcode::CpythonBltnV => {
            ("_cffi_f_", function("(void *)_cffi_d_"))
        }
        Opcode::GlobalVarF => ("_cffi_var_", None),
        Opcode::ExternPython => ("&_cffi_externpy__", function("(void *)")),
        _ => ("_cffi_const_", None),
    };
    let (prefix, direct) = direct.unwrap_or(("NULL", ""));
    text.words(&["  { \"", name, "\", (void *)", address, name]);
    text.push(", ");
    print_op(text, &global.op);
    text.words(&[", ", prefix, direct, " },\n"]);
}

fn print_field(
    text: &mut Text<'_>,
    module: &Module<'_>,
    record: &RecordEntry<'_>,
    field: &PlannedField<'_>,
) {
    const UNKNOWN: &str = "(size_t)-1";
    let name = &field.name;
    let flexible = is_flexible(module.nodes.get(field.node));
    text.words(&["  { \"", name, "\", "]);
    match (field.width, &record.access) {
        // Most are like this.
        (None, Access::Name(c_name)) => {
            text.words(&["offsetof(", c_name, ", ", name, "), "]);
            if flexible {
                text.push(UNKNOWN);
            } else {
                text.words(&["sizeof(((", c_name, " *)0)->", name, ")"]);
            }
        }
        (width, access) => {
            match access.offset(name).filter(|_| width.is_none()) {
                Some(offset) => text.code(&offset),
                None => text.push(UNKNOWN),
            }
            text.push(", ");
            match (width, access.field(name)) {
                (Some(width), _) => {
                    text.number(width);
                    text.push(" /* bits */");
                }
                (None, Some(object)) if !flexible => {
                    text.push("sizeof(");
                    text.code(&object);
                    text.push(")");
                }
                _ => text.push(UNKNOWN),
            }
        }
    }
    let opcode = if field.width.is_some() {
        Opcode::Bitfield
    } else {
        Opcode::Noop
    };
    text.push(", ");
    print_op(text, &Op::new(opcode, module.place(field.node)));
    text.push(" },\n");
}

fn print_record(text: &mut Text<'_>, record: &RecordEntry<'_>, first_field: usize) {
    let mut number = itoa::Buffer::new();
    let type_index = number.format(record.type_index);
    text.words(&["  { \"", &record.name, "\", ", type_index, ", "]);
    print_flags(text, record.flags);
    text.push(",\n    ");
    let comment = match &record.access {
        Access::Name(c_name) => {
            let identifier = record.identifier();
            text.words(&["sizeof(", c_name, "), "]);
            text.words(&["offsetof(struct _cffi_align_", &identifier, ", y), "]);
            ""
        }
        // The alignment is that of the fields.
        Access::Pointer(pointer) => {
            text.words(&["sizeof(*(", pointer, ")0), -1, "]);
            " /* named by a pointer */"
        }
        Access::Member(..) => {
            let object = record.access.object().map(|object| object.text());
            let object = object.unwrap_or_default();
            text.words(&["sizeof(", &object, "), _cffi_alignment(", &object, "), "]);
            " /* named by a member */"
        }
        Access::Nameless => {
            text.push("(size_t)-2, -2, ");
            " /* without a name */"
        }
        Access::Opaque => {
            text.push("(size_t)-1, -1, ");
            " /* opaque */"
        }
        Access::External => {
            text.push("(size_t)-1, -1, ");
            " /* external */"
        }
    };
    let first = match record.access {
        Access::Opaque | Access::External => "-1",
        _ => number.format(first_field),
    };
    text.words(&[first, ", "]);
    let fields = number.format(record.fields.len());
    text.words(&[fields, comment, " },\n"]);
}

fn print_flags(text: &mut Text<'_>, value: flags::Record) {
    let mut before = "";
    for (_, name) in flags::Record::NAMES
        .iter()
        .filter(|(flag, _)| value.contains(*flag))
    {
        text.words(&[before, name]);
        before = " | ";
    }
    if before.is_empty() {
        text.push("0");
    }
}

/// Microsoft's compiler takes literals of up to 64 KiB.
fn is_long(enumerators: &[&str]) -> bool {
    const LIMIT: usize = 0xffff;
    enumerators.iter().map(|name| name.len() + 1).sum::<usize>() > LIMIT
}

/// The array that is used in place of a literal.
fn long_enumerators(place: usize) -> String {
    format!("_cffi_enumerators_{place}")
}

fn print_long_enumerators(text: &mut Text<'_>, place: usize, enumerators: &[&str]) {
    line!(text, "static const char {}[] = {{", long_enumerators(place));
    for (index, name) in enumerators.iter().enumerate() {
        let mut row = String::new();
        for byte in name.bytes() {
            match byte {
                b' '..=b'~' => row.push_str(&format!("'{}',", char::from(byte))),
                _ => row.push_str(&format!("(char){byte},")),
            }
        }
        let end = if index + 1 < enumerators.len() {
            "','"
        } else {
            "0"
        };
        line!(text, "  {row}{end},");
    }
    line!(text, "}};");
    text.gap();
}

/// One literal, in lines of readable length.
fn print_enumerators(text: &mut Text<'_>, enumerators: &[&str]) {
    const WIDTH: usize = 100;
    let mut width = 0;
    text.push("    \"");
    for (index, name) in enumerators.iter().enumerate() {
        if index > 0 {
            text.push(",");
            width += 1;
        }
        if width + name.len() > WIDTH && width > 0 {
            text.push("\"\n    \"");
            width = 0;
        }
        text.push(name);
        width += name.len();
    }
    text.lines("\" },");
}

fn print_context(text: &mut Text<'_>, module: &Module<'_>, fields: usize, flags: flags::Module) {
    let tables = [
        ("global", module.globals.len()),
        ("field", fields),
        ("struct_union", module.records.len()),
        ("enum", module.enums.len()),
        ("typename", module.typenames.len()),
    ];
    line!(
        text,
        "static const struct _cffi_s_type_context _cffi_type_context = {{"
    );
    line!(text, "  _cffi_types,");
    for (name, length) in tables {
        if length == 0 {
            line!(text, "  NULL,  /* no {name}s */");
        } else {
            line!(text, "  _cffi_{name}s,");
        }
    }
    for (name, length) in tables.iter().filter(|(name, _)| *name != "field") {
        line!(text, "  {length},  /* num_{name}s */");
    }
    if module.source.includes.is_empty() {
        line!(text, "  NULL,  /* no includes */");
    } else {
        line!(text, "  _cffi_includes,");
    }
    line!(text, "  {},  /* num_types */", module.words.len());
    line!(text, "  {},  /* flags */", flags.bits());
    line!(text, "}};");
    text.gap();
}
