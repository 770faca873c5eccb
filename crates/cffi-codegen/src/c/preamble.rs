//! The beginning of a C module: the header that all of them share, and the program's source.

use std::fmt::Write;
use std::sync::OnceLock;

use cffi_model::primitive::Primitive;
use cffi_wire::{EXPORTS, Opcode, flags, opcode};

use super::{COptions, Text, embedding, line};
use crate::module::Module;
use crate::words::primitive_constant;

/// Where `@WORD@` stands, something of `cffi-wire` is filled in.
const HEADER: &str = include_str!("preamble.h");

/// Prints what stands in front of the module's own code.
pub fn print(text: &mut Text<'_>, module: &Module<'_>, options: COptions<'_>) {
    if options.embedding.is_some() {
        line!(text, "#define _CFFI_USE_EMBEDDING");
    }
    static SHARED: OnceLock<String> = OnceLock::new();
    text.push(SHARED.get_or_init(header));
    text.gap();
    if let Some(code) = options.embedding {
        embedding::print(text, module, code);
    }
    text.lines("/************************************************************/");
    text.gap();
    text.lines(options.preamble);
    text.gap();
    text.lines("/************************************************************/");
    text.gap();
    if module.nodes.uses_va_list() {
        // The struct behind va_list has another name in each compiler.
        text.lines(
            "#include <stdarg.h>\ntypedef __typeof__((*(va_list *)0)[0]) _cffi_va_list_tag;",
        );
        text.gap();
    }
}

fn header() -> String {
    let mut opcodes = String::new();
    for opcode in Opcode::ALL {
        let _ = writeln!(
            opcodes,
            "#define _CFFI_OP_{:<15} {:2}",
            opcode.name(),
            *opcode as u8
        );
    }
    let mut primitives = String::new();
    for primitive in Primitive::ALL {
        if let Some(name) = primitive_constant(*primitive) {
            let _ = writeln!(primitives, "#define {name:<17} {:2}", *primitive as u8);
        }
    }
    let unknown = [
        ("_CFFI__UNKNOWN_PRIM", opcode::UNKNOWN_INTEGER),
        ("_CFFI__UNKNOWN_FLOAT_PRIM", opcode::UNKNOWN_FLOAT),
        ("_CFFI__UNKNOWN_LONG_DOUBLE", opcode::UNKNOWN_LONG_DOUBLE),
    ];
    for (name, number) in unknown {
        let _ = writeln!(primitives, "#define {name:<26} ({number})");
    }
    let mut record_flags = String::new();
    for (flag, name) in flags::Record::NAMES {
        let _ = writeln!(record_flags, "#define {name:<20} 0x{:02x}", flag.bits());
    }
    HEADER
        .replace("@OPCODES@\n", &format!("{opcodes}\n"))
        .replace("@PRIMITIVES@\n", &format!("{primitives}\n"))
        .replace("@FLAGS@\n", &format!("{record_flags}\n"))
        .replace("@EXPORTS@", &EXPORTS.to_string())
}
