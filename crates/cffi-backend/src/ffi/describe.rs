//! The model's types as tuples, for Python's introspection (`cffi.model`).

use cffi_model::Declarations;
use cffi_model::declarations::{Declaration, declared_name};
use cffi_model::types::{
    ArrayLength, EnumId, Qualifiers, RecordBody, RecordId, RecordName, Type, TypeId,
};
use cffi_python::{Owned, PyResult, int, object, raise, text};
use cffi_syntax::ast::{CallingConvention, RecordKind};

use super::object::Ffi;

fn index_of(ty: TypeId) -> PyResult<Owned> {
    int::from_usize(ty.index())
}

fn qualifiers(value: Qualifiers) -> PyResult<Owned> {
    int::from_i64(i64::from(value.bits() & 7))
}

fn string(value: &str) -> PyResult<Owned> {
    text::from_str(value)
}

fn tuple<I>(items: I) -> PyResult<Owned>
where
    I: IntoIterator<Item = PyResult<Owned>>,
{
    object::new_tuple(items.into_iter().collect::<PyResult<Vec<_>>>()?)
}

/// `_describe_type(index)`
pub fn describe_type(owner: &Ffi, index: usize) -> PyResult<Owned> {
    // The description is made of a copy: making tuples can run Python's collector.
    let found = owner.world.read(|declarations| {
        let types = declarations.types();
        types.id_at(index).map(|id| types.get(id).clone())
    });
    let Some(ty) = found else {
        return Err(raise!(IndexError, "no type {index}"));
    };
    match ty {
        Type::Void => tuple([string("void")]),
        Type::Primitive(primitive) => tuple([
            string("primitive"),
            string(crate::ctype::primitive::shown_name(primitive)),
        ]),
        Type::UnknownInteger(name) => tuple([string("unknown_integer"), string(&name)]),
        Type::UnknownFloat(name) => tuple([string("unknown_float"), string(&name)]),
        Type::External(number) => tuple([string("external"), string(&number.to_string())]),
        Type::Unsupported(name) => tuple([string("unsupported"), string(&name)]),
        Type::Pointer { target, name } => tuple([
            string("pointer"),
            index_of(target.ty),
            qualifiers(target.qualifiers),
            name.map_or_else(|| Ok(Owned::none()), |name| string(&name)),
        ]),
        Type::Array { item, length } => tuple([
            string("array"),
            index_of(item.ty),
            qualifiers(item.qualifiers),
            match length {
                ArrayLength::Fixed(length) => int::from_u64(length),
                ArrayLength::Open => Ok(Owned::none()),
                ArrayLength::Unknown | ArrayLength::Measured(_) => string("..."),
            },
        ]),
        Type::Function(function) => tuple([
            string("function"),
            tuple(
                function
                    .parameters
                    .iter()
                    .map(|parameter| index_of(*parameter)),
            ),
            index_of(function.result),
            Ok(Owned::bool(function.variadic)),
            match function.convention {
                CallingConvention::Stdcall => string("__stdcall"),
                CallingConvention::Cdecl => Ok(Owned::none()),
            },
        ]),
        Type::Record(id) => describe_record(owner, id),
        Type::Enum(id) => describe_enum(owner, id),
    }
}

/// A record's or enum's name without its keyword, and the name that it is spelled by instead, where a typedef gives one.
fn names(name: &RecordName, alias: Option<&str>) -> (String, Option<String>) {
    match name {
        RecordName::Tag(tag) => (tag.to_string(), alias.map(str::to_owned)),
        RecordName::Typedef(name) => (format!("${name}"), Some(name.to_string())),
        RecordName::Anonymous(number) => (format!("${number}"), None),
    }
}

fn optional(value: Option<&str>) -> PyResult<Owned> {
    value.map_or_else(|| Ok(Owned::none()), string)
}

fn describe_record(owner: &Ffi, id: RecordId) -> PyResult<Owned> {
    let Some(record) = owner
        .world
        .read(|declarations| declarations.types().record(id).cloned())
    else {
        return Err(raise!(IndexError, "no record {}", id.index()));
    };
    let kind = if record.kind == RecordKind::Struct {
        "struct"
    } else {
        "union"
    };
    let (name, forced) = names(&record.name, record.alias.as_deref());
    let body = record
        .body
        .as_ref()
        .map_or_else(|| Ok(Owned::none()), describe_body);
    tuple([
        string(kind),
        string(&name),
        optional(forced.as_deref()),
        body,
    ])
}

fn describe_body(body: &RecordBody) -> PyResult<Owned> {
    let packed = match (body.packed, body.pack) {
        (true, _) => 1,
        (false, pack) => i64::from(pack.unwrap_or(0)),
    };
    tuple([
        tuple(body.fields.iter().map(|field| string(&field.name))),
        tuple(body.fields.iter().map(|field| index_of(field.ty.ty))),
        tuple(
            body.fields
                .iter()
                .map(|field| int::from_i64(field.width.map_or(-1, i64::from))),
        ),
        tuple(
            body.fields
                .iter()
                .map(|field| qualifiers(field.ty.qualifiers)),
        ),
        int::from_i64(packed),
        Ok(Owned::bool(body.partial)),
    ])
}

fn describe_enum(owner: &Ffi, id: EnumId) -> PyResult<Owned> {
    let Some(enumeration) = owner
        .world
        .read(|declarations| declarations.types().enumeration(id).cloned())
    else {
        return Err(raise!(IndexError, "no enum {}", id.index()));
    };
    let (name, forced) = names(&enumeration.name, enumeration.alias.as_deref());
    let (enumerators, values, base, partial) = match &enumeration.body {
        None => (Ok(Owned::none()), Ok(Owned::none()), "unsigned int", false),
        Some(body) => (
            tuple(body.enumerators.iter().map(|(name, _)| string(name))),
            tuple(body.enumerators.iter().map(|(_, value)| match value {
                Some(value) => int::from_i128(*value),
                None => Ok(Owned::none()),
            })),
            body.underlying.spelling(),
            body.partial,
        ),
    };
    tuple([
        string("enum"),
        string(&name),
        optional(forced.as_deref()),
        enumerators,
        values,
        string(base),
        Ok(Owned::bool(partial)),
    ])
}

/// `_declared()`: (key, type index or value, qualifiers) for each declaration that CFFI lists.
pub fn declared(owner: &Ffi) -> PyResult<Owned> {
    let entries = owner.world.read(listed);
    object::new_list(entries.len(), |index| match entries.get(index) {
        Some((key, what, quals)) => tuple([
            string(key),
            match what {
                What::Type(ty) => index_of(*ty),
                What::Value(value) => int::from_i128(*value),
                What::Unknown => Ok(Owned::none()),
            },
            qualifiers(*quals),
        ]),
        None => Err(raise!(SystemError, "declaration {index} is gone")),
    })
}

enum What {
    Type(TypeId),
    Value(i128),
    Unknown,
}

fn listed(declarations: &Declarations) -> Vec<(String, What, Qualifiers)> {
    use cffi_model::declarations::IntegerOrigin;
    let mut entries = Vec::new();
    for (key, declaration) in declarations.iter() {
        // A default such as FILE declares its tag behind the program's back.
        if &*key.name == "_IO_FILE" {
            continue;
        }
        let (what, quals) = match declaration {
            Declaration::Function { ty, .. } => (What::Type(*ty), Qualifiers::empty()),
            Declaration::Variable { ty, .. }
            | Declaration::Constant { ty }
            | Declaration::Type(ty) => (What::Type(ty.ty), ty.qualifiers),
            Declaration::Integer {
                origin: IntegerOrigin::Enumerator,
                ..
            }
            | Declaration::Unknown {
                origin: IntegerOrigin::Enumerator,
            } => continue,
            Declaration::Integer { value, .. } => (What::Value(*value), Qualifiers::empty()),
            Declaration::Unknown { .. } => (What::Unknown, Qualifiers::empty()),
        };
        entries.push((
            declared_name(key.space, &key.name, declaration),
            what,
            quals,
        ));
    }
    entries
}

/// `_int_constants()`: {name: value}
pub fn int_constants(owner: &Ffi) -> PyResult<Owned> {
    let constants: Vec<(String, i128)> = owner.world.read(|declarations| {
        declarations
            .iter()
            .filter_map(|(key, declaration)| match declaration {
                Declaration::Integer { value, .. } => Some((key.name.to_string(), *value)),
                _ => None,
            })
            .collect()
    });
    let dict = object::new_dict()?;
    for (name, value) in constants {
        dict.borrow()
            .dict_set(string(&name)?.borrow(), int::from_i128(value)?.borrow())?;
    }
    Ok(dict)
}
