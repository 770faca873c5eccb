//! ctypes of a module's types.

use std::ffi::c_int;

use cffi_model::primitive::Primitive;
use cffi_python::bits::ToSigned;
use cffi_python::{Borrowed, Owned, PyResult, Raised, int, raise, text};
use cffi_wire::flags::{Function, Record};
use cffi_wire::tables::{GetConst, StructUnion};
use cffi_wire::{Opcode, opcode};

use super::context::{self, Entry, place, place_of};
use super::{Compiled, ffi_error};
use crate::ctype::by_hand::{self, Given, Request};
use crate::ctype::function::{DEFAULT_ABI, Variadic, function};
use crate::ctype::record::{Completer, new_record};
use crate::ctype::{CType, CTypeRef, Kind, array, enumeration, primitive};
use crate::ffi::object::Ffi;

/// Types inside types: deeper than any program, and shallow enough for any stack.
const MAX_DEPTH: u32 = 1000;

/// A type; of a function type its pointer.
pub struct Realized {
    /// The ctype.
    pub ctype: CTypeRef,
    /// Whether it stands for a function type.
    pub is_function: bool,
}

impl Realized {
    const fn object(ctype: CTypeRef) -> Self {
        Self {
            ctype,
            is_function: false,
        }
    }
}

/// The type of an index that is no function type.
pub fn object_type(owner: &Ffi, module: &Compiled, index: usize) -> PyResult<CTypeRef> {
    let realized = realize(owner, module, index, 0)?;
    if realized.is_function {
        return Err(unexpected_function(&realized.ctype));
    }
    Ok(realized.ctype)
}

/// The error for a function type where an object type is wanted.
#[cold]
pub fn unexpected_function(pointer: &CType) -> Raised {
    let (before, after) = pointer.name_parts();
    let (before, after) = (
        before.strip_suffix("(*").unwrap_or(before),
        after.strip_prefix(')').unwrap_or(after),
    );
    ffi_error(format_args!(
        "the type '{before}{after}' is a function type, not a pointer-to-function type"
    ))
}

/// The type of an index.
pub fn realize(owner: &Ffi, module: &Compiled, index: usize, depth: u32) -> PyResult<Realized> {
    if depth > MAX_DEPTH {
        return Err(raise!(
            RuntimeError,
            "type-building recursion too deep or infinite"
        ));
    }
    match module.context.entry(index)? {
        Entry::Type(ctype) => Ok(Realized::object(ctype)),
        Entry::Op(opcode, argument) => {
            let realized = of_opcode(owner, module, index, opcode, argument, depth)?;
            if !realized.is_function {
                module.context.keep(index, &realized.ctype)?;
            }
            Ok(realized)
        }
    }
}

fn of_opcode(
    owner: &Ffi,
    module: &Compiled,
    index: usize,
    opcode: Opcode,
    argument: isize,
    depth: u32,
) -> PyResult<Realized> {
    let part = |index: isize| realize(owner, module, place(index)?, depth + 1);
    let object_part = |index: isize| {
        let realized = part(index)?;
        if realized.is_function {
            return Err(unexpected_function(&realized.ctype));
        }
        Ok(realized.ctype)
    };
    let ctype = match opcode {
        Opcode::Primitive => primitive_type(argument)?,
        Opcode::Pointer => {
            let target = part(argument)?;
            if target.is_function {
                target.ctype
            } else {
                target.ctype.pointer()?
            }
        }
        Opcode::Array => {
            let length = module.context.raw_word(index + 1)?;
            array::array_of(&*object_part(argument)?.pointer()?, length)?
        }
        Opcode::OpenArray => array::array_of(&*object_part(argument)?.pointer()?, array::OPEN)?,
        Opcode::StructUnion if argument == opcode::IO_FILE_STRUCT as isize => {
            crate::ffi::realize::file_type()?
        }
        Opcode::StructUnion => record(owner, module, place(argument)?)?,
        Opcode::Enum => enum_type(module, place(argument)?)?,
        Opcode::Function => {
            return Ok(Realized {
                ctype: function_type(owner, module, index, depth)?,
                is_function: true,
            });
        }
        Opcode::Noop => return part(argument),
        Opcode::Typename => {
            let typename = module.context.typenames().get(place(argument)?);
            let Some(typename) = typename else {
                return Err(raise!(SystemError, "typename {argument} of a module"));
            };
            return realize(owner, module, place_of(typename.type_index)?, depth + 1);
        }
        other => {
            return Err(raise!(
                NotImplementedError,
                "op={} in a module's types",
                other as u8
            ));
        }
    };
    Ok(Realized::object(ctype))
}

fn primitive_type(number: isize) -> PyResult<CTypeRef> {
    let number = i32::try_from(number).unwrap_or(i32::MAX);
    let unknown = match number {
        opcode::VOID => return primitive::void(),
        opcode::UNKNOWN_INTEGER => {
            "primitive integer type with an unexpected size (or not an integer type at all)"
        }
        opcode::UNKNOWN_FLOAT => {
            "primitive floating-point type with an unexpected size (or not a float type at all)"
        }
        opcode::UNKNOWN_LONG_DOUBLE => {
            "primitive floating-point type is 'long double', not supported for now with the syntax 'typedef double... xxx;'"
        }
        _ => {
            let known = u8::try_from(number).ok().and_then(Primitive::from_number);
            return match known {
                Some(known) => primitive::primitive(known),
                None => Err(raise!(NotImplementedError, "prim={number}")),
            };
        }
    };
    Err(ffi_error(format_args!("{unknown}")))
}

/// The parameters of the function at an index, and what ends them.
pub fn parameters(
    owner: &Ffi,
    module: &Compiled,
    index: usize,
    depth: u32,
) -> PyResult<(Vec<CTypeRef>, Function)> {
    let mut types = Vec::new();
    let mut next = index + 1;
    loop {
        if let Entry::Op(Opcode::FunctionEnd, flags) = module.context.entry(next)? {
            let flags = i32::try_from(flags).unwrap_or(0);
            return Ok((types, Function::from_bits_truncate(flags)));
        }
        let parameter = realize(owner, module, next, depth + 1)?;
        if parameter.is_function {
            return Err(unexpected_function(&parameter.ctype));
        }
        types.push(parameter.ctype);
        next += 1;
    }
}

fn function_type(owner: &Ffi, module: &Compiled, index: usize, depth: u32) -> PyResult<CTypeRef> {
    let result = result_type(owner, module, index, depth)?;
    let (parameters, flags) = parameters(owner, module, index, depth)?;
    for parameter in &parameters {
        complete_parameter(parameter)?;
    }
    let variadic = if flags.contains(Function::VARIADIC) {
        Variadic::Yes
    } else {
        Variadic::No
    };
    // Only 32-bit Windows has a `__stdcall` of its own.
    function(parameters, &result, variadic, DEFAULT_ABI)
}

/// A record that is passed by value must be known by then.
fn complete_parameter(parameter: &CType) -> PyResult<()> {
    if parameter.is_being_completed() {
        return Err(raise!(
            RuntimeError,
            "{}: has a member that is a pointer to a function which takes the record itself by value",
            parameter.name()
        ));
    }
    if parameter.kind.is_record() && parameter.size()?.is_none() {
        return Err(raise!(
            TypeError,
            "ctype '{}' has incomplete type",
            parameter.name()
        ));
    }
    Ok(())
}

/// The result type of the function at an index.
pub fn result_type(owner: &Ffi, module: &Compiled, index: usize, depth: u32) -> PyResult<CTypeRef> {
    let Entry::Op(Opcode::Function, result) = module.context.entry(index)? else {
        return Err(raise!(
            SystemError,
            "type {index} of a module is no function"
        ));
    };
    let result = realize(owner, module, place(result)?, depth + 1)?;
    if result.is_function {
        return Err(unexpected_function(&result.ctype));
    }
    Ok(result.ctype)
}

/// `struct tag`, a typedef's name, or `struct $1`.
fn shown_name(keyword: &str, name: &str) -> String {
    match name.strip_prefix('$') {
        Some(rest) if !rest.starts_with(|c: char| c == '$' || c.is_ascii_digit()) => {
            rest.to_owned()
        }
        _ => [keyword, " ", name].concat(),
    }
}

const fn keyword(flags: Record) -> &'static str {
    if flags.contains(Record::UNION) {
        "union"
    } else {
        "struct"
    }
}

/// What the tables say of a record.
struct Described<'a> {
    table: &'a StructUnion,
    flags: Record,
    name: String,
}

fn described(module: &Compiled, number: usize) -> PyResult<Described<'_>> {
    let Some(table) = module.context.struct_unions().get(number) else {
        return Err(raise!(SystemError, "record {number} of a module"));
    };
    Ok(Described {
        table,
        flags: Record::from_bits_truncate(table.flags),
        // SAFETY: names of tables are such texts.
        name: context::text(unsafe { std::ffi::CStr::from_ptr(table.name) }.to_bytes()),
    })
}

fn record(owner: &Ffi, module: &Compiled, number: usize) -> PyResult<CTypeRef> {
    let it = described(module, number)?;
    let index = place_of(it.table.type_index)?;
    if let Entry::Type(known) = module.context.entry(index)? {
        return Ok(known);
    }
    let made = if it.flags.contains(Record::EXTERNAL) {
        external(module, &it)?
    } else {
        let shown = shown_name(keyword(it.flags), &it.name);
        if shown == "struct _IO_FILE" {
            crate::ffi::realize::file_type()?
        } else {
            let kind = if it.flags.contains(Record::UNION) {
                Kind::Union
            } else {
                Kind::Struct
            };
            let completer = (!it.flags.contains(Record::OPAQUE)).then(|| Completer {
                owner: owner.as_object().to_owned(),
                number,
                complete,
            });
            new_record(kind, &shown, completer)?
        }
    };
    module.context.keep(index, &made)?;
    // Another thread may have been first.
    match module.context.entry(index)? {
        Entry::Type(first) => Ok(first),
        Entry::Op(..) => Ok(made),
    }
}

/// A record of an included module.
fn external(module: &Compiled, it: &Described<'_>) -> PyResult<CTypeRef> {
    let word = keyword(it.flags);
    let Some(found) = in_included(module, it, 0)? else {
        return Err(ffi_error(format_args!(
            "'{word} {}' should come from ffi.include() but was not found",
            it.name
        )));
    };
    let opaque = found
        .as_record()
        .is_some_and(crate::ctype::record::RecordDetail::is_opaque);
    if opaque && !it.flags.contains(Record::OPAQUE) {
        return Err(raise!(
            NotImplementedError,
            "'{word} {name}' is opaque in the ffi.include(), but no longer in the ffi doing the include (workaround: don't use ffi.include() but duplicate the declarations of everything using {word} {name})",
            name = it.name
        ));
    }
    Ok(found)
}

fn in_included(module: &Compiled, it: &Described<'_>, depth: u32) -> PyResult<Option<CTypeRef>> {
    if depth > 100 {
        return Err(raise!(
            RuntimeError,
            "recursion overflow in ffi.include() delegations"
        ));
    }
    for (ffi, _) in module.included() {
        let Some(ffi) = Ffi::from_object(ffi.borrow()) else {
            continue;
        };
        let Some(other) = ffi.compiled() else {
            continue;
        };
        if let Some(number) = other.context.find_struct_union(&it.name) {
            let theirs = described(other, number)?;
            let same_kind =
                theirs.flags.contains(Record::UNION) == it.flags.contains(Record::UNION);
            if same_kind && !theirs.flags.contains(Record::EXTERNAL) {
                return record(ffi, other, number).map(Some);
            }
        }
        if let Some(found) = in_included(other, it, depth + 1)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Gives a record its layout, from the fields of the tables.
pub fn complete(ctype: &CType, owner: Borrowed<'_>, number: usize) -> PyResult<()> {
    const PACKED: c_int = 0x08;
    const STD_FIELD_POS: c_int = 0x80;
    let Some(owner) = Ffi::from_object(owner) else {
        return Err(raise!(SystemError, "a record's FFI is gone"));
    };
    let Some(module) = owner.compiled() else {
        return Err(raise!(SystemError, "a record's module is gone"));
    };
    let it = described(module, number)?;
    let fields = module.context.fields(it.table);
    let mut given = Vec::with_capacity(fields.len());
    for (index, field) in fields.iter().enumerate() {
        let word = field.type_op as isize;
        let is_bits = match Opcode::from_number(u8::try_from(word & 0xFF).unwrap_or(0)) {
            Some(Opcode::Noop) => false,
            Some(Opcode::Bitfield) => true,
            other => {
                return Err(raise!(
                    NotImplementedError,
                    "field op={:?} in a module's types",
                    other
                ));
            }
        };
        let type_of_field = object_type(owner, module, place(word >> 8)?)?;
        // SAFETY: names of tables are such texts.
        let name = unsafe { std::ffi::CStr::from_ptr(field.name) };
        let offset = (field.offset != usize::MAX).then_some(field.offset);
        if offset.is_some() && !is_bits {
            let declared = type_of_field.size()?;
            if declared != Some(field.size) && !(declared.is_none() && field.size == usize::MAX) {
                return Err(ffi_error(format_args!(
                    "{record}: wrong size for field '{}' (cdef says {}, but C compiler says {}). fix it or use \"...;\" as the last field in the cdef for {record} to make it flexible",
                    context::text(name.to_bytes()),
                    declared.map_or(-1, |size| isize::try_from(size).unwrap_or(isize::MAX)),
                    field.size.to_signed(),
                    record = ctype.name(),
                )));
            }
        }
        given.push(Given::checked(
            ctype,
            text::interned(name)?,
            type_of_field,
            is_bits.then(|| u32::try_from(field.size).unwrap_or(u32::MAX)),
            offset,
            fields.len() - index,
        )?);
    }
    let mut flags = 0;
    if it.flags.contains(Record::CHECK_FIELDS) {
        flags |= STD_FIELD_POS;
    }
    if it.flags.contains(Record::PACKED) {
        flags |= PACKED;
    }
    let request = Request {
        size: it.table.size.to_signed(),
        align: it.table.alignment,
        flags,
        pack: 0,
        partial: !it.flags.contains(Record::CHECK_FIELDS),
    };
    by_hand::publish_given(ctype, given, &request)
}

/// The ctype of an enum.
pub fn enum_type(module: &Compiled, number: usize) -> PyResult<CTypeRef> {
    let Some(table) = module.context.enums().get(number) else {
        return Err(raise!(SystemError, "enum {number} of a module"));
    };
    let index = place_of(table.type_index)?;
    if let Entry::Type(known) = module.context.entry(index)? {
        return Ok(known);
    }
    // SAFETY: names of tables are such texts.
    let (name, enumerators) = unsafe {
        (
            context::text(std::ffi::CStr::from_ptr(table.name).to_bytes()),
            context::text(std::ffi::CStr::from_ptr(table.enumerators).to_bytes()),
        )
    };
    let base = primitive_type(table.type_prim as isize)?;
    let pairs = enumerators
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| {
            let Some(global) = module.context.find_global(name) else {
                return Err(raise!(
                    SystemError,
                    "enumerator '{name}' is not in its module"
                ));
            };
            Ok((text::from_str(name)?, integer_constant(module, global)?))
        });
    let made = enumeration::new_enum(&shown_name("enum", &name), &base, pairs)?;
    module.context.keep(index, &made)?;
    match module.context.entry(index)? {
        Entry::Type(first) => Ok(first),
        Entry::Op(..) => Ok(made),
    }
}

/// What C says of an integer constant.
pub struct Measured {
    /// Its value.
    pub value: i128,
    /// Whether the declaration says the same.
    pub agrees: bool,
}

/// Asks C for the value of an integer constant.
pub fn measure(module: &Compiled, number: usize) -> PyResult<Measured> {
    let signed_or_not = |positive: bool, value: u64| {
        if positive {
            i128::from(value)
        } else {
            i128::from(value.to_signed())
        }
    };
    if let Some(known) = module.context.known_constant(number) {
        return Ok(Measured {
            value: signed_or_not(known.positive, known.value),
            agrees: true,
        });
    }
    let Some(global) = module.context.globals().get(number) else {
        return Err(raise!(SystemError, "constant {number} of a module"));
    };
    let mut answer = GetConst {
        value: 0,
        ctx: module.context.raw(),
        gindex: c_int::try_from(number).unwrap_or(c_int::MAX),
    };
    if global.address.is_null() {
        return Err(raise!(SystemError, "a constant without a value"));
    }
    // SAFETY: the address of an integer constant is a function of this type.
    let said = unsafe {
        let get: unsafe extern "C" fn(*mut GetConst) -> c_int = std::mem::transmute(global.address);
        get(&raw mut answer)
    };
    Ok(Measured {
        value: signed_or_not(said & 1 == 0, answer.value),
        agrees: matches!(said, 0 | 1),
    })
}

/// The value of an integer constant.
pub fn integer_constant(module: &Compiled, number: usize) -> PyResult<Owned> {
    let measured = measure(module, number)?;
    let value = measured.value;
    if measured.agrees {
        return int::from_i128(value);
    }
    let got = if value > 0 {
        format!("{value} (0x{value:x})")
    } else {
        value.to_string()
    };
    let name = module
        .context
        .globals()
        .get(number)
        // SAFETY: names of tables are such texts.
        .map_or(c"", |global| unsafe {
            std::ffi::CStr::from_ptr(global.name)
        });
    Err(ffi_error(format_args!(
        "the C compiler says '{}' is equal to {got}, but the cdef disagrees",
        context::text(name.to_bytes())
    )))
}
