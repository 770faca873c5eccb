//! Type strings at run time: the names of the tables are entered into declarations once, and the one parser of C reads the string.

use cffi_model::declarations::Space;
use cffi_model::tree::{RuntimeTypeError, TypeTree};
use cffi_model::types::{ArrayLength, Type};
use cffi_python::int::Wide;
use cffi_python::{Borrowed, PyResult, Raised, raise};
use cffi_wire::Opcode;
use cffi_wire::flags::Record;

use super::context::text;
use super::globals::{integer_constant, opcode_of};
use super::realize::{self, Realized};
use super::{Compiled, ffi_error};
use crate::ctype::function::{DEFAULT_ABI, Variadic, function};
use crate::ctype::{CType, CTypeRef, Kind, array, primitive};
use crate::ffi::object::Ffi;

/// Longer strings are not shown in errors.
const MAX_SHOWN: usize = 500;

/// The ctype that a string names, and whether it names a function type, whose pointer it then is.
pub fn parse_type(owner: &Ffi, string: Borrowed<'_>) -> PyResult<(CTypeRef, bool)> {
    let Ok(input) = string.utf8() else {
        cffi_python::error::clear();
        return Err(error(&string.display(), "identifier expected", 0));
    };
    enter_names(owner)?;
    if input.contains('[') {
        enter_constants(owner, input)?;
    }
    let parsed = owner
        .world
        .change(|declarations| declarations.parse_runtime_type(input));
    match parsed {
        Ok(tree) => {
            let realized = realize_tree(owner, &tree)?;
            Ok((realized.ctype, realized.is_function))
        }
        Err(RuntimeTypeError::Text(message, offset)) => Err(error(input, &message, offset)),
        Err(RuntimeTypeError::Type(problem)) => Err(match problem.kind {
            cffi_model::ErrorKind::Type | cffi_model::ErrorKind::Overflow => {
                owner.world.raise(&problem)
            }
            _ => ffi_error(format_args!("{}", problem.told.text)),
        }),
    }
}

/// Message, string, and a caret below the place.
#[cold]
fn error(input: &str, message: &str, offset: usize) -> Raised {
    if input.len() > MAX_SHOWN {
        return ffi_error(format_args!("{message}"));
    }
    let shown: String = input
        .bytes()
        .map(|it| match it {
            b' '..=b'~' => char::from(it),
            b'\t' | b'\n' => ' ',
            _ => '?',
        })
        .collect();
    ffi_error(format_args!("{message}\n{shown}\n{:offset$}^", ""))
}

/// Enters the names of the module's types, the first time. A type's number is its place among the words; typedefs are told by the
/// place of what they name.
fn enter_names(owner: &Ffi) -> PyResult<()> {
    let Some(module) = owner.compiled() else {
        return Ok(());
    };
    let context = &module.context;
    let number = |index: std::ffi::c_int| u32::try_from(index).unwrap_or(u32::MAX);
    owner.world.change(|declarations| {
        if module.names_are_entered() {
            return;
        }
        for item in context.typenames() {
            // SAFETY: names of tables are such texts.
            let name = text(unsafe { std::ffi::CStr::from_ptr(item.name) }.to_bytes());
            declarations.declare_external(Space::Typedef, &name, number(item.type_index));
        }
        for item in context.struct_unions() {
            // SAFETY: as above.
            let name = text(unsafe { std::ffi::CStr::from_ptr(item.name) }.to_bytes());
            let flags = Record::from_bits_truncate(item.flags);
            let space = if flags.contains(Record::UNION) {
                Space::Union
            } else {
                Space::Struct
            };
            if !name.starts_with('$') {
                declarations.declare_external(space, &name, number(item.type_index));
            }
        }
        for item in context.enums() {
            // SAFETY: as above.
            let name = text(unsafe { std::ffi::CStr::from_ptr(item.name) }.to_bytes());
            if !name.starts_with('$') {
                declarations.declare_external(Space::Enum, &name, number(item.type_index));
            }
        }
        declarations.declare_external(Space::Struct, "_IO_FILE", FILE);
    });
    Ok(())
}

/// Enters the constants that a string names, for lengths of arrays.
fn enter_constants(owner: &Ffi, input: &str) -> PyResult<()> {
    let Some(module) = owner.compiled() else {
        return Ok(());
    };
    let words = input.split(|it: char| !(it.is_alphanumeric() || it == '_' || it == '$'));
    for word in words.filter(|word| !word.is_empty()) {
        let value = match module.context.find_global(word) {
            Some(index) => match module.context.globals().get(index).and_then(opcode_of) {
                Some(Opcode::ConstantInt | Opcode::Enum) => {
                    Some(realize::integer_constant(module, index)?)
                }
                _ => None,
            },
            // What else is included under that name is no length.
            None => integer_constant(owner, word, 0).unwrap_or_else(|Raised| {
                cffi_python::error::clear();
                None
            }),
        };
        let Some(value) = value else {
            continue;
        };
        if let Wide::Signed(value) = value.borrow().wide()? {
            owner
                .world
                .change(|declarations| declarations.declare_constant(word, value.into()));
        }
    }
    Ok(())
}

/// Stands for the struct behind `FILE`, which modules need not mention.
const FILE: u32 = u32::MAX;

/// The type that is declared under a number, or in the declarations themselves: those that every FFI knows.
fn leaf(owner: &Ffi, leaf: &Type) -> PyResult<Realized> {
    let ctype = match leaf {
        Type::External(FILE) => crate::ffi::realize::file_type()?,
        Type::External(number) => {
            let Some(module) = owner.compiled() else {
                return Err(raise!(SystemError, "a type of no module"));
            };
            return realize::realize(
                owner,
                module,
                usize::try_from(*number).unwrap_or(usize::MAX),
                0,
            );
        }
        Type::Void => primitive::void()?,
        Type::Primitive(which) => primitive::primitive(*which)?,
        _ => return Err(ffi_error(format_args!("undefined type name"))),
    };
    Ok(Realized {
        ctype,
        is_function: false,
    })
}

fn realize_tree(owner: &Ffi, tree: &TypeTree) -> PyResult<Realized> {
    let object = |ctype: CTypeRef| Realized {
        ctype,
        is_function: false,
    };
    match tree {
        TypeTree::Known(ty) => {
            let shape = owner
                .world
                .read(|declarations| declarations.types().get(*ty).clone());
            match shape {
                Type::Pointer { target, .. } => {
                    let target = realize_tree(owner, &TypeTree::Known(target.ty))?;
                    pointer_to(&target).map(object)
                }
                shape => leaf(owner, &shape),
            }
        }
        TypeTree::Leaf(shape) => leaf(owner, shape),
        TypeTree::Pointer(target) => pointer_to(&realize_tree(owner, target)?).map(object),
        TypeTree::Array(item, length) => {
            let item = realize_tree(owner, item)?;
            if item.is_function {
                return Err(realize::unexpected_function(&item.ctype));
            }
            let length = match length {
                ArrayLength::Fixed(length) => isize::try_from(*length).unwrap_or(isize::MAX),
                ArrayLength::Open | ArrayLength::Unknown | ArrayLength::Measured(_) => array::OPEN,
            };
            array::array_of(&*item.ctype.pointer()?, length).map(object)
        }
        TypeTree::Function(signature) => {
            let parameters = signature
                .parameters
                .iter()
                .map(|parameter| adjusted(&realize_tree(owner, parameter)?))
                .collect::<PyResult<Vec<_>>>()?;
            let result = realize_tree(owner, &signature.result)?;
            if result.is_function {
                return Err(realize::unexpected_function(&result.ctype));
            }
            let variadic = if signature.variadic {
                Variadic::Yes
            } else {
                Variadic::No
            };
            let ctype = function(parameters, &result.ctype, variadic, DEFAULT_ABI)?;
            Ok(Realized {
                ctype,
                is_function: true,
            })
        }
    }
}

fn pointer_to(target: &Realized) -> PyResult<CTypeRef> {
    if target.is_function {
        Ok(target.ctype.clone())
    } else {
        target.ctype.pointer()
    }
}

/// The type of a parameter: arrays and functions by name are pointers too (C11 6.7.6.3p7, 8).
fn adjusted(parameter: &Realized) -> PyResult<CTypeRef> {
    let ctype: &CType = &parameter.ctype;
    match ctype.item_pointer() {
        Some(pointer) if ctype.kind == Kind::Array => Ok(pointer.to_ref()),
        _ => Ok(parameter.ctype.clone()),
    }
}

impl Compiled {
    /// Whether the names of the types have been entered; from now on they are. Asked under the lock of the declarations.
    fn names_are_entered(&self) -> bool {
        self.names_entered
            .swap(true, std::sync::atomic::Ordering::AcqRel)
    }
}
