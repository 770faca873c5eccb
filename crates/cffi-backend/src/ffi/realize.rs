//! ctypes of the model's types, made when they are first asked for.

use std::sync::atomic::{AtomicPtr, Ordering};

use cffi_model::declarations::{Declaration, Space};
use cffi_model::spelling;
use cffi_model::tree::TypeTree;
use cffi_model::types::{ArrayLength, Enum, EnumId, QualType, RecordId, RecordName, Type, TypeId};
use cffi_python::ffi::PyObject;
use cffi_python::{Borrowed, Owned, PyResult, Raised, int, raise, text};
use cffi_syntax::ast::RecordKind;

use super::object::Ffi;
use crate::ctype::field::Place;
use crate::ctype::function::{DEFAULT_ABI, Variadic, function};
use crate::ctype::record::{Completer, NewField, NewLayout, new_record, publish};
use crate::ctype::{CType, CTypeRef, Kind, array, enumeration, primitive};

/// Types inside types: deeper than any program, and shallow enough for any stack.
const MAX_DEPTH: u32 = 1000;

/// The ctype of a type; of a function type its pointer, and whether it was one.
pub fn realize_or_function(owner: &Ffi, tree: &TypeTree) -> PyResult<(CTypeRef, bool)> {
    Ok((realize_tree(owner, tree, 0)?, is_function_tree(owner, tree)))
}

fn is_function_tree(owner: &Ffi, tree: &TypeTree) -> bool {
    match tree {
        TypeTree::Known(ty) => is_function(owner, *ty),
        TypeTree::Function(_) => true,
        _ => false,
    }
}

fn is_function(owner: &Ffi, ty: TypeId) -> bool {
    owner
        .world
        .read(|declarations| matches!(declarations.types().get(ty), Type::Function(_)))
}

fn realize_tree(owner: &Ffi, tree: &TypeTree, depth: u32) -> PyResult<CTypeRef> {
    check_depth(depth)?;
    let part = |tree: &TypeTree| realize_tree(owner, tree, depth + 1);
    match tree {
        TypeTree::Known(ty) => realize_at(owner, *ty, depth),
        TypeTree::Pointer(target) => {
            let inner = part(target)?;
            if is_function_tree(owner, target) {
                Ok(inner)
            } else {
                inner.pointer()
            }
        }
        TypeTree::Array(item, length) => {
            let item = part(item)?;
            let Some(length) = item_count(owner, length) else {
                let name = item.name_with("[...]");
                return Err(unknown_length(owner, &name));
            };
            array::array_of(&*item.pointer()?, length)
        }
        TypeTree::Function(signature) => {
            let parameters = signature.parameters.iter().map(part).collect();
            function_of(parameters, &*part(&signature.result)?, signature.variadic)
        }
        TypeTree::Leaf(leaf) => realize_leaf(owner, leaf),
    }
}

fn check_depth(depth: u32) -> PyResult<()> {
    if depth <= MAX_DEPTH {
        return Ok(());
    }
    Err(raise!(
        RuntimeError,
        "type-building recursion too deep or infinite"
    ))
}

/// The length of an array ctype; `None` where only a C compiler knows it.
fn item_count(owner: &Ffi, length: &ArrayLength) -> Option<isize> {
    match length {
        ArrayLength::Fixed(length) => Some(isize::try_from(*length).unwrap_or(isize::MAX)),
        ArrayLength::Open => Some(array::OPEN),
        ArrayLength::Measured(expression) => owner.world.measured(expression),
        ArrayLength::Unknown => None,
    }
}

fn function_of(
    parameters: PyResult<Vec<CTypeRef>>,
    result: &CType,
    variadic: bool,
) -> PyResult<CTypeRef> {
    let variadic = if variadic {
        Variadic::Yes
    } else {
        Variadic::No
    };
    function(parameters?, result, variadic, DEFAULT_ABI)
}

/// The ctype of a type; of a function type its pointer.
pub fn realize(owner: &Ffi, ty: TypeId) -> PyResult<CTypeRef> {
    realize_at(owner, ty, 0)
}

fn realize_at(owner: &Ffi, ty: TypeId, depth: u32) -> PyResult<CTypeRef> {
    check_depth(depth)?;
    let part = |ty: TypeId| realize_at(owner, ty, depth + 1);
    let shape = owner
        .world
        .read(|declarations| declarations.types().get(ty).clone());
    match &shape {
        Type::Pointer { target, .. } => {
            let inner = part(target.ty)?;
            if is_function(owner, target.ty) {
                Ok(inner)
            } else {
                inner.pointer()
            }
        }
        Type::Array { item, length } => {
            let Some(length) = item_count(owner, length) else {
                let name = owner
                    .world
                    .read(|declarations| spelling::spell(declarations.types(), ty).text);
                return Err(unknown_length(owner, &name));
            };
            array::array_of(&*part(item.ty)?.pointer()?, length)
        }
        Type::Function(signature) => {
            let parameters = signature.parameters.iter().copied().map(part).collect();
            function_of(parameters, &*part(signature.result)?, signature.variadic)
        }
        leaf => realize_leaf(owner, leaf),
    }
}

/// The ctype of a type without others inside.
fn realize_leaf(owner: &Ffi, leaf: &Type) -> PyResult<CTypeRef> {
    match leaf {
        Type::Void => primitive::void(),
        Type::Primitive(which) => primitive::primitive(*which),
        Type::Record(id) => record(owner, *id),
        Type::Enum(id) => enum_type(owner, *id),
        Type::UnknownInteger(name) => Err(raise!(
            NotImplementedError,
            "integer type '{name}' can only be used after compilation"
        )),
        Type::UnknownFloat(name) => Err(raise!(
            NotImplementedError,
            "float type '{name}' can only be used after compilation"
        )),
        Type::Unsupported(name) => Err(raise!(
            NotImplementedError,
            "'{name}' is a type that cffi cannot represent"
        )),
        Type::Pointer { .. } | Type::Array { .. } | Type::Function(_) | Type::External(_) => {
            Err(raise!(SystemError, "a derived type taken for a leaf"))
        }
    }
}

/// An array whose length only a C compiler can fill in.
#[cold]
fn unknown_length(owner: &Ffi, name: &str) -> Raised {
    owner.world.error(format_args!(
        "cannot render the type <{name}>: unknown length"
    ))
}

/// What is missing of a struct or enum with `...`, which only a C compiler can fill in. Programs know the text.
pub fn partial(name: &str) -> cffi_model::CdefError {
    cffi_model::CdefError::new(cffi_model::ErrorKind::Missing, name).with_help(
        "declared with '...', which is known to the C compiler only: it needs a compiled module",
    )
}

/// The error for an enumerator whose value is missing.
#[cold]
pub fn missing_enumerator(owner: &Ffi, enumerator: &str) -> Raised {
    let declared = |enumeration: &Enum| {
        let body = enumeration.body.as_ref()?;
        body.enumerators
            .iter()
            .any(|(name, _)| &**name == enumerator)
            .then(|| spelling::record_name("enum", &enumeration.name, enumeration.alias.as_deref()))
    };
    let name = owner.world.read(|declarations| {
        let types = declarations.types();
        declarations.iter().find_map(|(_, declaration)| {
            let Declaration::Type(ty) = declaration else {
                return None;
            };
            match types.get(ty.ty) {
                Type::Enum(id) => types.enumeration(*id).and_then(declared),
                _ => None,
            }
        })
    });
    owner
        .world
        .raise(&partial(name.as_deref().unwrap_or(enumerator)))
}

/// The FFI that owns a type that came by `include()`, as an object that keeps it alive.
fn owner_of(owner: &Ffi, include: usize) -> PyResult<Owned> {
    owner
        .world
        .included(include)
        .ok_or_else(|| raise!(SystemError, "included FFI {include} is gone"))
}

/// The ctype of a record.
pub fn record(owner: &Ffi, id: RecordId) -> PyResult<CTypeRef> {
    if let Some(known) = owner.world.known_record(id.index()) {
        return Ok(known);
    }
    if let Some(origin) = owner
        .world
        .read(|declarations| declarations.record_origin(id))
    {
        let included = owner_of(owner, origin.include)?;
        let Some(included) = Ffi::from_object(included.borrow()) else {
            return Err(raise!(SystemError, "included object is no FFI"));
        };
        let made = record(included, origin.id)?;
        return Ok(owner.world.keep_record(id.index(), made));
    }
    let described = owner.world.read(|declarations| {
        let record = declarations.types().record(id)?;
        let kind = if record.kind == RecordKind::Struct {
            Kind::Struct
        } else {
            Kind::Union
        };
        let name = spelling::record_name(
            spelling::keyword(record.kind),
            &record.name,
            record.alias.as_deref(),
        );
        let is_file = kind == Kind::Struct
            && record.body.is_none()
            && matches!(&record.name, RecordName::Tag(tag) if &**tag == "_IO_FILE");
        Some((kind, name, is_file))
    });
    let Some((kind, name, is_file)) = described else {
        return Err(raise!(SystemError, "record {} is gone", id.index()));
    };
    if is_file {
        return file_type();
    }
    let completer = Completer {
        owner: owner.as_object().to_owned(),
        number: id.index(),
        complete,
    };
    let made = new_record(kind, &name, Some(completer))?;
    Ok(owner.world.keep_record(id.index(), made))
}

/// `FILE`, by which the opaque struct of that tag is known. One for all FFIs, so that what one of them opens can be passed to the
/// functions of another.
pub fn file_type() -> PyResult<CTypeRef> {
    /// A strong reference that is never given up; NULL before the first.
    static FILE: AtomicPtr<PyObject> = AtomicPtr::new(std::ptr::null_mut());
    // SAFETY: NULL, or the reference that was put there below.
    let known = || unsafe { Borrowed::from_ptr_or_none(FILE.load(Ordering::Acquire)) };
    if known().is_none() {
        let made = new_record(Kind::Struct, "FILE", None)?.into_owned();
        let none = std::ptr::null_mut();
        // Another thread may have been first: then its type is the one.
        if FILE
            .compare_exchange(none, made.as_ptr(), Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
        {
            let _kept = made.into_ptr();
        }
    }
    match known().and_then(CType::from_object) {
        Some(ctype) => Ok(ctype.to_ref()),
        None => Err(raise!(SystemError, "FILE is no type")),
    }
}

/// One field as the model has it.
struct Described {
    name: Box<str>,
    ty: QualType,
    offset: u64,
    place: Place,
}

/// Gives a record its layout, if it has members by now.
fn complete(ctype: &CType, owner: Borrowed<'_>, number: usize) -> PyResult<()> {
    let Some(owner) = Ffi::from_object(owner) else {
        return Err(raise!(SystemError, "a record's FFI is gone"));
    };
    let described = owner.world.read(|declarations| {
        let Some((id, record)) = declarations.types().record_at(number) else {
            return Ok(None);
        };
        let Some(body) = &record.body else {
            return Ok(None);
        };
        if body.partial {
            return Err(partial(ctype.name()));
        }
        let unsupported = body
            .fields
            .iter()
            .find_map(|field| unsupported_in(declarations.types(), field.ty.ty));
        if let Some(name) = unsupported {
            return Err(cffi_model::CdefError::new(
                cffi_model::ErrorKind::NotImplemented,
                format!(
                    "{}: '{name}' is a type that cffi cannot represent",
                    ctype.name()
                ),
            ));
        }
        let layout = declarations
            .record_layout(id)
            .map_err(|problem| cffi_model::CdefError::new(problem.kind(), problem.to_string()))?;
        let fields: Vec<Described> = body
            .fields
            .iter()
            .zip(&layout.fields)
            // Unnamed bit-fields take room and have no value.
            .filter(|(field, _)| !(field.name.is_empty() && field.width.is_some()))
            .map(|(field, place)| Described {
                name: field.name.clone(),
                ty: field.ty,
                offset: place.offset,
                place: place.bits.map_or(Place::Whole, |bits| Place::Bits {
                    shift: u16::try_from(bits.shift).unwrap_or(u16::MAX),
                    width: u16::try_from(bits.width).unwrap_or(u16::MAX),
                }),
            })
            .collect();
        Ok(Some((layout.size, layout.align, fields)))
    });
    let Some((size, align, fields)) = described.map_err(|error| owner.world.raise(&error))? else {
        return Ok(());
    };
    let fields = fields
        .into_iter()
        .map(|field| {
            Ok(NewField {
                name: interned(&field.name)?,
                ctype: realize(owner, field.ty.ty)?,
                offset: usize::try_from(field.offset).unwrap_or(usize::MAX),
                place: field.place,
            })
        })
        .collect::<PyResult<Vec<_>>>()?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let layout = NewLayout {
        size,
        align,
        fields,
        irregular: false,
        partial: false,
    };
    // Another thread may have been first, with the same layout.
    publish(ctype, layout)?;
    Ok(())
}

fn unsupported_in(types: &cffi_model::table::TypeTable, ty: TypeId) -> Option<String> {
    match types.get(ty) {
        Type::Unsupported(name) => Some(name.to_string()),
        Type::Array { item, .. } => unsupported_in(types, item.ty),
        _ => None,
    }
}

/// An interned `str`.
pub fn interned(name: &str) -> PyResult<Owned> {
    match std::ffi::CString::new(name) {
        Ok(name) => text::interned(&name),
        Err(_) => text::from_str(name),
    }
}

/// The ctype of an enum.
pub fn enum_type(owner: &Ffi, id: EnumId) -> PyResult<CTypeRef> {
    if let Some(known) = owner.world.known_enum(id.index()) {
        return Ok(known);
    }
    if let Some(origin) = owner
        .world
        .read(|declarations| declarations.enum_origin(id))
    {
        let included = owner_of(owner, origin.include)?;
        let Some(included) = Ffi::from_object(included.borrow()) else {
            return Err(raise!(SystemError, "included object is no FFI"));
        };
        let made = enum_type(included, origin.id)?;
        return Ok(owner.world.keep_enum(id.index(), made));
    }
    let described = owner.world.read(|declarations| {
        let enumeration = declarations.types().enumeration(id)?;
        let name = spelling::record_name("enum", &enumeration.name, enumeration.alias.as_deref());
        Some((name, enumeration.body.clone()))
    });
    let Some((name, body)) = described else {
        return Err(raise!(SystemError, "enum {} is gone", id.index()));
    };
    let Some(body) = body.filter(|body| body.partial || !body.enumerators.is_empty()) else {
        return opaque_enum(owner, id, &name);
    };
    if body.partial {
        return Err(owner.world.raise(&partial(&name)));
    }
    let base = primitive::primitive(body.underlying)?;
    let pairs = body
        .enumerators
        .iter()
        .map(|(name, value)| Ok((interned(name)?, int::from_i128(value.unwrap_or_default())?)));
    let made = enumeration::new_enum(&name, &base, pairs)?;
    Ok(owner.world.keep_enum(id.index(), made))
}

/// An enum whose values nobody has said: C cannot tell its size, so this is a guess, with a warning.
fn opaque_enum(owner: &Ffi, id: EnumId, name: &str) -> PyResult<CTypeRef> {
    // SAFETY: the class lives as long as the interpreter.
    let class = unsafe { Borrowed::from_ptr(cffi_python::ffi::PyExc_UserWarning) };
    let message = format!(
        "'{name}' has no values explicitly defined; guessing that it is equivalent to 'unsigned int'"
    );
    cffi_python::error::warn(class, &message, 1)?;
    let base = primitive::primitive(cffi_model::primitive::Primitive::UInt)?;
    let made = enumeration::new_enum(name, &base, std::iter::empty())?;
    Ok(owner.world.keep_enum(id.index(), made))
}

/// What an ordinary name was declared as, for library objects.
pub fn declared(owner: &Ffi, name: &str) -> Option<cffi_model::declarations::Declaration> {
    owner
        .world
        .read(|declarations| declarations.get(Space::Ordinary, name).cloned())
}
