//! What the tests share: declaring a text, and declarations as text. No expectations.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fmt::Write as _;

use cffi_model::declarations::{CdefOptions, Declaration, Key, Space, declared_name};
use cffi_model::gil::Gil;
use cffi_model::spelling::spell;
use cffi_model::types::{EnumId, Field, QualType, Qualifiers, RecordId, Type};
use cffi_model::{Declarations, Target};

/// A target whose sizes all test authors know.
pub(crate) const TARGET: Target = Target::X86_64_LINUX;

/// Declarations after these texts, all of which must be accepted.
pub(crate) fn declare(texts: &[&str]) -> Declarations {
    declare_for(TARGET, texts)
}

/// The same for another target.
pub(crate) fn declare_for(target: Target, texts: &[&str]) -> Declarations {
    let mut declarations = Declarations::new(target);
    for text in texts {
        if let Err(error) = declarations.cdef(text, &CdefOptions::default()) {
            panic!("{text:?} is refused: {error}");
        }
    }
    declarations
}

/// What a text is refused with: the kind and the whole text.
pub(crate) fn refusal(text: &str) -> String {
    match Declarations::new(TARGET).cdef(text, &CdefOptions::default()) {
        Ok(_) => panic!("{text:?} is accepted"),
        Err(error) => format!("{:?}: {}", error.kind, error.told.text),
    }
}

/// The value of an integer constant.
pub(crate) fn constant(declarations: &Declarations, name: &str) -> Option<i128> {
    match declarations.get(Space::Ordinary, name) {
        Some(Declaration::Integer { value, .. }) => Some(*value),
        _ => None,
    }
}

/// Everything that can be seen of declarations, one thing a line.
pub(crate) fn dump(declarations: &Declarations) -> String {
    let mut text = String::new();
    for (key, declaration) in declarations.iter() {
        line(&mut text, declarations, key, declaration);
    }
    text
}

fn line(text: &mut String, declarations: &Declarations, key: &Key, declaration: &Declaration) {
    let mut name = declared_name(key.space, &key.name, declaration);
    let what = match declaration {
        Declaration::Function {
            ty, symbol, gil, ..
        } => {
            if *gil == Gil::Kept {
                name.push_str(" keeping the GIL");
            }
            if let Some(symbol) = symbol {
                let _ = write!(name, " asm {symbol}");
            }
            spell(declarations.types(), *ty).text
        }
        Declaration::Variable { ty, symbol } => {
            if let Some(symbol) = symbol {
                let _ = write!(name, " asm {symbol}");
            }
            qualified(declarations, *ty)
        }
        Declaration::Constant { ty } => qualified(declarations, *ty),
        Declaration::Integer { value, origin } => format!("{value} ({origin:?})"),
        Declaration::Unknown { origin } => format!("? ({origin:?})"),
        Declaration::Type(ty) if matches!(key.space, Space::Typedef) => {
            qualified(declarations, *ty)
        }
        Declaration::Type(ty) => match declarations.types().get(ty.ty) {
            Type::Record(id) => record(declarations, *id),
            Type::Enum(id) => enumeration(declarations, *id),
            _ => qualified(declarations, *ty),
        },
    };
    let _ = writeln!(text, "{name}: {what}");
}

fn qualified(declarations: &Declarations, ty: QualType) -> String {
    let mut text = spell(declarations.types(), ty.ty).text;
    for (qualifier, word) in [
        (Qualifiers::RESTRICT, "restrict"),
        (Qualifiers::VOLATILE, "volatile"),
        (Qualifiers::CONST, "const"),
        (Qualifiers::ATOMIC, "_Atomic"),
    ] {
        if ty.qualifiers.contains(qualifier) {
            text = format!("{word} {text}");
        }
    }
    text
}

/// A record with its layout, and the records inside of it that nothing else names.
pub(crate) fn record(declarations: &Declarations, id: RecordId) -> String {
    let Some(record) = declarations.types().record(id) else {
        return "?".to_owned();
    };
    let Some(body) = &record.body else {
        return "opaque".to_owned();
    };
    let layout = declarations.record_layout(id);
    let mut text = match &layout {
        Ok(layout) => format!("size {} align {}", layout.size, layout.align),
        Err(problem) => problem.to_string(),
    };
    if body.partial {
        text.push_str(" partial");
    }
    for (index, field) in body.fields.iter().enumerate() {
        let _ = write!(text, "; {}", member(declarations, field));
        let Some(place) = layout
            .as_ref()
            .ok()
            .and_then(|layout| layout.fields.get(index))
        else {
            continue;
        };
        let _ = write!(text, " @{}", place.offset);
        if let Some(bits) = place.bits {
            let _ = write!(text, ".{}", bits.shift);
        }
    }
    text
}

fn member(declarations: &Declarations, field: &Field) -> String {
    let mut text = qualified(declarations, field.ty);
    if !field.name.is_empty() {
        let _ = write!(text, " {}", field.name);
    }
    if let Some(width) = field.width {
        let _ = write!(text, ":{width}");
    }
    if let (true, Type::Record(id)) = (field.name.is_empty(), declarations.types().get(field.ty.ty))
    {
        let _ = write!(text, " {{{}}}", record(declarations, *id));
    }
    text
}

fn enumeration(declarations: &Declarations, id: EnumId) -> String {
    let Some(enumeration) = declarations.types().enumeration(id) else {
        return "?".to_owned();
    };
    let Some(body) = &enumeration.body else {
        return "opaque".to_owned();
    };
    let values: Vec<String> = body
        .enumerators
        .iter()
        .map(|(name, value)| match value {
            Some(value) => format!("{name} = {value}"),
            None => format!("{name} = ?"),
        })
        .collect();
    let partial = if body.partial { " partial" } else { "" };
    format!(
        "{}{partial} {{{}}}",
        body.underlying.spelling(),
        values.join(", ")
    )
}
