//! The tables of a module as C lays them out. They are read where a module's memory holds them; nothing here dereferences anything.

use std::ffi::{c_char, c_int, c_ulonglong, c_void};
use std::mem::offset_of;

/// A word: an opcode with its argument while its lowest bit is set, the address of a type from then on.
pub type Word = *mut c_void;

/// A function, variable or constant. The table is sorted by name.
#[derive(Debug)]
#[repr(C)]
pub struct Global {
    /// Its name.
    pub name: *const c_char,
    /// A wrapper, a function that gives the value or the address, the address itself, or an [`ExternPython`].
    pub address: *mut c_void,
    /// What it is.
    pub type_op: Word,
    /// Of a variable the size in bytes or 0; of a function the plain C function.
    pub size_or_direct_fn: *mut c_void,
}

/// A struct or union. The table is sorted by name.
#[derive(Debug)]
#[repr(C)]
pub struct StructUnion {
    /// The tag, or `$` and a name that C does not know it by.
    pub name: *const c_char,
    /// Its place among the types.
    pub type_index: c_int,
    /// [`crate::flags::Record`]
    pub flags: c_int,
    /// In bytes; -1: not given here, -2: follows from the fields.
    pub size: usize,
    /// In bytes; -1: not given here, -2: follows from the fields.
    pub alignment: c_int,
    /// Where its fields begin.
    pub first_field_index: c_int,
    /// How many they are.
    pub num_fields: c_int,
}

/// A field.
#[derive(Debug)]
#[repr(C)]
pub struct Field {
    /// Its name.
    pub name: *const c_char,
    /// In bytes, -1 where it follows from the fields before.
    pub offset: usize,
    /// In bytes, -1 where it is open; of a bit-field in bits.
    pub size: usize,
    /// [`crate::Opcode::Noop`] or [`crate::Opcode::Bitfield`] with the type's place.
    pub type_op: Word,
}

/// An enum. The table is sorted by name.
#[derive(Debug)]
#[repr(C)]
pub struct Enum {
    /// The tag, or `$` and a name.
    pub name: *const c_char,
    /// Its place among the types.
    pub type_index: c_int,
    /// The number of the integer type.
    pub type_prim: c_int,
    /// The names of the enumerators with commas between them.
    pub enumerators: *const c_char,
}

/// A typedef. The table is sorted by name.
#[derive(Debug)]
#[repr(C)]
pub struct Typename {
    /// Its name.
    pub name: *const c_char,
    /// The type's place.
    pub type_index: c_int,
}

/// All tables of a module.
#[derive(Debug)]
#[repr(C)]
pub struct TypeContext {
    /// The types.
    pub types: *mut Word,
    /// Functions, variables, constants.
    pub globals: *const Global,
    /// The fields of all records.
    pub fields: *const Field,
    /// Structs and unions.
    pub struct_unions: *const StructUnion,
    /// Enums.
    pub enums: *const Enum,
    /// Typedefs.
    pub typenames: *const Typename,
    /// Length of `globals`.
    pub num_globals: c_int,
    /// Length of `struct_unions`.
    pub num_struct_unions: c_int,
    /// Length of `enums`.
    pub num_enums: c_int,
    /// Length of `typenames`.
    pub num_typenames: c_int,
    /// The names of the modules that are included, ended by a null pointer; or a null pointer.
    pub includes: *const *const c_char,
    /// Length of `types`.
    pub num_types: c_int,
    /// [`crate::flags::Module`]
    pub flags: c_int,
}

/// What the function of an integer constant fills. It returns bit 0: the value is not positive, bit 1: it is not the declared one.
#[derive(Debug)]
#[repr(C)]
pub struct GetConst {
    /// The value.
    pub value: c_ulonglong,
    /// The module.
    pub ctx: *const TypeContext,
    /// The constant's place.
    pub gindex: c_int,
}

/// A function that Python implements.
#[derive(Debug)]
#[repr(C)]
pub struct ExternPython {
    /// `module.function`
    pub name: *const c_char,
    /// Of the result, in bytes.
    pub size_of_result: usize,
    /// For the runtime.
    pub reserved1: *mut c_void,
    /// For the runtime.
    pub reserved2: *mut c_void,
}

/// In pointers, in `int`s behind them.
const fn at(pointers: usize, ints: usize) -> usize {
    pointers * size_of::<usize>() + ints * size_of::<c_int>()
}

const _: () = {
    assert!(offset_of!(Global, address) == at(1, 0));
    assert!(offset_of!(Global, type_op) == at(2, 0));
    assert!(offset_of!(Global, size_or_direct_fn) == at(3, 0));
    assert!(size_of::<Global>() == at(4, 0));

    assert!(offset_of!(StructUnion, type_index) == at(1, 0));
    assert!(offset_of!(StructUnion, flags) == at(1, 1));
    assert!(offset_of!(StructUnion, size) == at(1, 2));
    assert!(offset_of!(StructUnion, alignment) == at(2, 2));
    assert!(offset_of!(StructUnion, first_field_index) == at(2, 3));
    assert!(offset_of!(StructUnion, num_fields) == at(2, 4));

    assert!(offset_of!(Field, offset) == at(1, 0));
    assert!(offset_of!(Field, size) == at(2, 0));
    assert!(offset_of!(Field, type_op) == at(3, 0));
    assert!(size_of::<Field>() == at(4, 0));

    assert!(offset_of!(Enum, type_index) == at(1, 0));
    assert!(offset_of!(Enum, type_prim) == at(1, 1));
    assert!(offset_of!(Enum, enumerators) == at(1, 2));

    assert!(offset_of!(Typename, type_index) == at(1, 0));

    assert!(offset_of!(TypeContext, globals) == at(1, 0));
    assert!(offset_of!(TypeContext, fields) == at(2, 0));
    assert!(offset_of!(TypeContext, struct_unions) == at(3, 0));
    assert!(offset_of!(TypeContext, enums) == at(4, 0));
    assert!(offset_of!(TypeContext, typenames) == at(5, 0));
    assert!(offset_of!(TypeContext, num_globals) == at(6, 0));
    assert!(offset_of!(TypeContext, num_struct_unions) == at(6, 1));
    assert!(offset_of!(TypeContext, num_enums) == at(6, 2));
    assert!(offset_of!(TypeContext, num_typenames) == at(6, 3));
    assert!(offset_of!(TypeContext, includes) == at(6, 4));
    assert!(offset_of!(TypeContext, num_types) == at(7, 4));
    assert!(offset_of!(TypeContext, flags) == at(7, 5));

    assert!(offset_of!(GetConst, ctx) == size_of::<c_ulonglong>());
    assert!(offset_of!(GetConst, gindex) == size_of::<c_ulonglong>() + at(1, 0));

    assert!(offset_of!(ExternPython, size_of_result) == at(1, 0));
    assert!(offset_of!(ExternPython, reserved1) == at(2, 0));
    assert!(offset_of!(ExternPython, reserved2) == at(3, 0));
};
