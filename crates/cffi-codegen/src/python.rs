//! The text of a Python module for the ABI mode.
//!
//! It makes an `FFI` of the tables, which are written as `bytes`: four bytes for each word and each number, the highest first.

use std::fmt::Write;

use cffi_wire::VERSION_BASE;

use crate::error::{GenerateError, Generated};
use crate::module::{Language, Module, Source, plan};
use crate::records::RecordEntry;
use crate::words::{self, Word};

/// Generates the Python module.
pub fn python_module(source: Source<'_>) -> Generated<String> {
    let module = plan(source, Language::Python)?;
    let mut text = String::from("# auto-generated file\nimport _cffi_backend\n");
    for (number, name) in source.includes.iter().enumerate() {
        line(
            &mut text,
            format_args!("from {name} import ffi as _ffi{number}"),
        );
    }
    line(&mut text, format_args!(""));
    line(
        &mut text,
        format_args!("ffi = _cffi_backend.FFI('{}',", source.name),
    );
    line(
        &mut text,
        format_args!("    _version = 0x{VERSION_BASE:x},"),
    );
    line(
        &mut text,
        format_args!("    _types = b'{}',", types(&module)?),
    );
    keyword(&mut text, "_globals", &globals(&module));
    keyword(&mut text, "_struct_unions", &struct_unions(&module)?);
    keyword(&mut text, "_enums", &enums(&module)?);
    keyword(&mut text, "_typenames", &typenames(&module)?);
    if !source.includes.is_empty() {
        let names: Vec<String> = (0..source.includes.len())
            .map(|number| format!("_ffi{number}"))
            .collect();
        line(
            &mut text,
            format_args!("    _includes = ({},),", names.join(", ")),
        );
    }
    line(&mut text, format_args!(")"));
    Ok(text)
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = text.write_fmt(arguments);
    text.push('\n');
}

fn keyword(text: &mut String, name: &str, items: &[String]) {
    if !items.is_empty() {
        line(text, format_args!("    {name} = {},", tuple(items)));
    }
}

fn tuple(items: &[String]) -> String {
    match items {
        [item] => format!("({item},)"),
        items => format!("({})", items.join(",")),
    }
}

/// Four bytes inside of a bytes literal.
fn four(bytes: [u8; 4]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(16), |mut text, byte| {
            let _ = write!(text, "\\x{byte:02X}");
            text
        })
}

fn number(value: i32) -> String {
    four(value.to_be_bytes())
}

/// A name inside of a bytes literal, which holds ASCII only.
fn name(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii() {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    text
}

fn types(module: &Module<'_>) -> Generated<String> {
    let mut text = String::with_capacity(module.words.len() * 16);
    for word in &module.words {
        match word {
            Word::Type(op, _) | Word::Part(op) => text.push_str(&four(op.to_bytes())),
            Word::Length(length) => {
                let length =
                    i32::try_from(*length).map_err(|_| GenerateError::array_too_long(*length))?;
                text.push_str(&number(length));
            }
            Word::Measured(expression) => return Err(GenerateError::not_for_python(expression)),
            Word::UnknownInteger(name) => {
                return Err(GenerateError::not_for_python(&words::unknown_integer(name)));
            }
            Word::UnknownFloat(name) => {
                return Err(GenerateError::not_for_python(&words::unknown_float(name)));
            }
        }
    }
    Ok(text)
}

fn globals(module: &Module<'_>) -> Vec<String> {
    module
        .globals
        .iter()
        .map(|global| {
            let op = four(global.op.to_bytes());
            format!("b'{op}{}',{}", name(&global.name), global.value)
        })
        .collect()
}

fn struct_unions(module: &Module<'_>) -> Generated<Vec<String>> {
    module
        .records
        .iter()
        .map(|record| struct_union(module, record))
        .collect()
}

fn struct_union(module: &Module<'_>, record: &RecordEntry) -> Generated<String> {
    use cffi_wire::{Op, Opcode};

    let mut text = format!(
        "(b'{}{}{}',",
        number(record.type_index),
        number(record.flags.bits()),
        name(&record.name)
    );
    for (index, field) in record.fields.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        let place = module.place(field.node);
        let (opcode, width) = match field.width {
            None => (Opcode::Noop, String::new()),
            Some(width) => {
                let width = i32::try_from(width).map_err(|_| GenerateError::too_many())?;
                (Opcode::Bitfield, number(width))
            }
        };
        let op = four(Op::new(opcode, place).to_bytes());
        let _ = write!(text, "b'{op}{width}{}'", name(&field.name));
    }
    text.push(')');
    Ok(text)
}

fn enums(module: &Module<'_>) -> Generated<Vec<String>> {
    Ok(module
        .enums
        .iter()
        .map(|entry| {
            let enumerators: Vec<String> =
                entry.enumerators.iter().map(|item| name(item)).collect();
            format!(
                "b'{}{}{}\\x00{}'",
                number(entry.type_index),
                number(i32::from(entry.primitive as u8)),
                name(&entry.name),
                enumerators.join(",")
            )
        })
        .collect())
}

fn typenames(module: &Module<'_>) -> Generated<Vec<String>> {
    Ok(module
        .typenames
        .iter()
        .map(|(typename, place)| format!("b'{}{}'", number(*place), name(typename)))
        .collect())
}
