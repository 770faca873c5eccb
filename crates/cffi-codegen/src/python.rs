//! The text of a Python module for the ABI mode.
//!
//! It makes an `FFI` of the tables, which are written as `bytes`: four bytes for each word and each number, the highest first.

use std::fmt::Write;

use cffi_wire::flags::LibraryFunction;
use cffi_wire::{Op, Opcode, VERSION_BASE};

use crate::error::{GenerateError, Generated};
use crate::module::{EnumEntry, Language, Module, Source};
use crate::planner::plan;
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
    text.push_str("    _types = b'");
    types(&mut text, &module)?;
    text.push_str("',\n");
    keyword(&mut text, "_globals", &module.globals, |text, global| {
        item(text, &[Part::Op(global.op), Part::Name(global.name)]);
        let value = if module.keep_gil.contains(global.name) {
            i128::from(LibraryFunction::KEEPS_GIL.bits())
        } else {
            global.value
        };
        let _ = write!(text, ",{value}");
        Ok(())
    })?;
    keyword(&mut text, "_struct_unions", &module.records, |text, it| {
        struct_union(text, &module, it)
    })?;
    keyword(&mut text, "_enums", &module.enums, |text, it| {
        enumeration(text, it);
        Ok(())
    })?;
    keyword(&mut text, "_typenames", &module.typenames, |text, it| {
        item(text, &[Part::Number(it.1), Part::Name(it.0)]);
        Ok(())
    })?;
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

/// A tuple of items, if there are any.
fn keyword<T>(
    text: &mut String,
    name: &str,
    items: &[T],
    mut print: impl FnMut(&mut String, &T) -> Generated<()>,
) -> Generated<()> {
    if items.is_empty() {
        return Ok(());
    }
    let _ = write!(text, "    {name} = (");
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        print(text, item)?;
    }
    text.push_str(if items.len() == 1 { ",),\n" } else { "),\n" });
    Ok(())
}

/// What a bytes literal consists of.
enum Part<'a> {
    /// Four bytes.
    Number(i32),
    /// Four bytes.
    Op(Op),
    /// One byte for each.
    Name(&'a str),
}

/// A bytes literal.
fn item(text: &mut String, parts: &[Part<'_>]) {
    text.push_str("b'");
    for part in parts {
        match part {
            Part::Number(number) => four(text, number.to_be_bytes()),
            Part::Op(op) => four(text, op.to_bytes()),
            Part::Name(it) => name(text, it),
        }
    }
    text.push('\'');
}

fn four(text: &mut String, bytes: [u8; 4]) {
    for byte in bytes {
        escaped(text, byte);
    }
}

fn escaped(text: &mut String, byte: u8) {
    let digit = |value: u8| char::from(if value < 10 { b'0' } else { b'A' - 10 } + value);
    text.push_str("\\x");
    text.push(digit(byte >> 4));
    text.push(digit(byte & 15));
}

/// A name inside of a bytes literal, which holds ASCII only.
fn name(text: &mut String, name: &str) {
    if name.is_ascii() {
        text.push_str(name);
        return;
    }
    for byte in name.bytes() {
        if byte.is_ascii() {
            text.push(char::from(byte));
        } else {
            escaped(text, byte);
        }
    }
}

fn types(text: &mut String, module: &Module<'_>) -> Generated<()> {
    for word in &module.words {
        match word {
            Word::Type(op, _) | Word::Part(op) => four(text, op.to_bytes()),
            Word::Length(length) => {
                let length =
                    i32::try_from(*length).map_err(|_| GenerateError::array_too_long(*length))?;
                four(text, length.to_be_bytes());
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
    Ok(())
}

fn struct_union(text: &mut String, module: &Module<'_>, record: &RecordEntry<'_>) -> Generated<()> {
    text.push('(');
    item(
        text,
        &[
            Part::Number(record.type_index),
            Part::Number(record.flags.bits()),
            Part::Name(&record.name),
        ],
    );
    text.push(',');
    for (index, field) in record.fields.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        let place = module.place(field.node);
        let field_name = Part::Name(field.name);
        match field.width {
            None => item(text, &[Part::Op(Op::new(Opcode::Noop, place)), field_name]),
            Some(width) => {
                let width = i32::try_from(width).map_err(|_| GenerateError::too_many())?;
                let op = Part::Op(Op::new(Opcode::Bitfield, place));
                item(text, &[op, Part::Number(width), field_name]);
            }
        }
    }
    text.push(')');
    Ok(())
}

fn enumeration(text: &mut String, entry: &EnumEntry<'_>) {
    text.push_str("b'");
    four(text, entry.type_index.to_be_bytes());
    four(text, i32::from(entry.primitive as u8).to_be_bytes());
    name(text, &entry.name);
    escaped(text, 0);
    for (index, enumerator) in entry.enumerators.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        name(text, enumerator);
    }
    text.push('\'');
}
