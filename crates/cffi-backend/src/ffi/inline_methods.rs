//! `_InlineFFI`: the type below `cffi.FFI`, with the private methods that `cffi.FFI` is built on.

use cffi_model::declarations::{CdefOptions, Exported, Override, Packing};
use cffi_model::defaults::Unicode;
use cffi_python::arguments::{self, Arguments, Signature};
use cffi_python::ffi;
use cffi_python::typespec::TypeSpec;
use cffi_python::{Borrowed, Owned, PyResult, int, object, raise};

use super::generate::{generate_c, generate_python, words};
use super::methods::ffi_methods;
use super::object::Ffi;
use super::{describe, realize};
use crate::library::keep_gil;
use crate::library::object::{self as library, Lib};
use crate::types;

ffi_methods! { method_table;
    cdef_ c"_cdef" (BY_NAME) c"Declare what a C source declares." cdef;
    include_ c"_include" (BY_NAME) c"Take over the types of another FFI." include;
    load_library_ c"_load_library" (BY_NAME) c"Open a library: a name, None or a 'void *' handle, and the flags of dlopen()." load_library;
    dlclose_ c"_dlclose" (BY_NAME) c"Close a library." dlclose;
    set_unicode_ c"_set_unicode" (BY_NAME) c"Decide about TCHAR." set_unicode;
    parse_type_ c"_parse_type" (BY_NAME) c"The number and qualifiers of a type." parse_type;
    describe_type_ c"_describe_type" (BY_NAME) c"A type as a tuple." describe_type;
    declared_ c"_declared" (BY_NAME) c"What was declared." declared;
    int_constants_ c"_int_constants" (BY_NAME) c"The integer constants by name." int_constants;
    get_ctype_ c"_get_ctype" (BY_NAME) c"The ctype of a type number." get_ctype;
    generate_c_ c"_generate_c" (BY_NAME) c"The text of a C module, in pieces." generate_c;
    generate_python_ c"_generate_python" (BY_NAME) c"The text of a Python module." generate_python;
    type_words_ c"_type_words" (BY_NAME) c"The types of a module as words." words;
}

fn flag(argument: Option<Borrowed<'_>>) -> PyResult<bool> {
    argument.map_or(Ok(false), Borrowed::is_true)
}

fn cdef(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<5> = Signature {
        function: "cdef",
        parameters: ["csource", "override", "packed", "pack", "dllexport"],
        required: 1,
    };
    let [source, replace, packed, pack, exported] = arguments.bind(&SIGNATURE)?;
    let source = SIGNATURE.require(0, source)?;
    if !source.is_str() {
        return Err(raise!(TypeError, "cdef() argument must be a string"));
    }
    let packing = packing(flag(packed)?, pack)?;
    let options = CdefOptions {
        replace: if flag(replace)? {
            Override::Allowed
        } else {
            Override::Refused
        },
        packing,
        exported: if flag(exported)? {
            Exported::Yes
        } else {
            Exported::No
        },
    };
    let done = this.world.cdef(source.utf8()?, &options);
    // What a string means may have changed: a tag has members now, a default name another meaning.
    this.forget_types();
    if options.replace == Override::Allowed {
        this.world.forget_libraries()?;
    }
    done.map(|()| Owned::none())
}

fn packing(packed: bool, pack: Option<Borrowed<'_>>) -> PyResult<Packing> {
    let pack = match pack.filter(|pack| !pack.is_none()) {
        Some(pack) => pack.as_isize()?,
        None => 0,
    };
    match (packed, u32::try_from(pack)) {
        (true, Ok(0)) => Ok(Packing::Packed),
        (true, _) => Err(raise!(ValueError, "cannot give both 'pack' and 'packed'")),
        (false, Ok(0)) => Ok(Packing::Natural),
        (false, Ok(1)) => Ok(Packing::Packed),
        (false, Ok(pack)) if pack.is_power_of_two() => Ok(Packing::Pack(pack)),
        _ => Err(raise!(
            ValueError,
            "'pack' must be a power of two, not {pack}"
        )),
    }
}

fn include(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "include",
        parameters: ["ffi"],
        required: 1,
    };
    let [other] = arguments.bind(&SIGNATURE)?;
    let other = SIGNATURE.require(0, other)?;
    let Some(other) = Ffi::from_object(other) else {
        return Err(raise!(
            TypeError,
            "ffi.include() expects an FFI, not {}",
            other.type_name()
        ));
    };
    if std::ptr::eq(this, other) {
        return Err(raise!(ValueError, "self-include"));
    }
    this.world.include(other)?;
    this.forget_types();
    Ok(Owned::none())
}

fn load_library(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<3> = Signature {
        function: "dlopen",
        parameters: ["name", "flags", "keep_gil"],
        required: 0,
    };
    let [name, flags, gil] = arguments.bind(&SIGNATURE)?;
    let flags = flags.map_or(Ok(0), arguments::int)?;
    let name = name.filter(|name| !name.is_none());
    library::open(this, name, flags, keep_gil::argument(gil)?)
}

fn dlclose(_: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "dlclose",
        parameters: ["lib"],
        required: 1,
    };
    let [lib] = arguments.bind(&SIGNATURE)?;
    let lib = SIGNATURE.require(0, lib)?;
    match Lib::from_object(lib) {
        Some(lib) => lib.close().map(|()| Owned::none()),
        None => Err(raise!(
            AttributeError,
            "type object '{}' has no attribute '__cffi_close__'",
            lib.type_name()
        )),
    }
}

fn set_unicode(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "set_unicode",
        parameters: ["enabled_flag"],
        required: 1,
    };
    let [enabled] = arguments.bind(&SIGNATURE)?;
    let unicode = if SIGNATURE.require(0, enabled)?.is_true()? {
        Unicode::Wide
    } else {
        Unicode::Bytes
    };
    this.world
        .change(|declarations| declarations.set_unicode(unicode));
    this.forget_types();
    Ok(Owned::none())
}

fn parse_type(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "parse_type",
        parameters: ["cdecl"],
        required: 1,
    };
    let [cdecl] = arguments.bind(&SIGNATURE)?;
    let text = SIGNATURE.require(0, cdecl)?.utf8()?;
    let ty = this
        .world
        .change(|declarations| declarations.parse_type(text))
        .map_err(|error| this.world.raise(&error))?;
    object::new_tuple([
        int::from_usize(ty.ty.index())?,
        int::from_i64(i64::from(ty.qualifiers.bits() & 7))?,
    ])
}

fn type_number(argument: Borrowed<'_>) -> PyResult<usize> {
    usize::try_from(arguments::size(argument)?)
        .map_err(|_| raise!(IndexError, "negative type number"))
}

fn describe_type(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "describe_type",
        parameters: ["index"],
        required: 1,
    };
    let [index] = arguments.bind(&SIGNATURE)?;
    describe::describe_type(this, type_number(SIGNATURE.require(0, index)?)?)
}

fn declared(this: &Ffi, _: Arguments<'_>) -> PyResult<Owned> {
    describe::declared(this)
}

fn int_constants(this: &Ffi, _: Arguments<'_>) -> PyResult<Owned> {
    describe::int_constants(this)
}

fn get_ctype(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "get_ctype",
        parameters: ["index"],
        required: 1,
    };
    let [index] = arguments.bind(&SIGNATURE)?;
    let index = type_number(SIGNATURE.require(0, index)?)?;
    match this
        .world
        .read(|declarations| declarations.types().id_at(index))
    {
        Some(ty) => realize::realize(this, ty).map(crate::ctype::CTypeRef::into_owned),
        None => Err(raise!(IndexError, "no type {index}")),
    }
}

/// Makes the type `_InlineFFI`.
pub fn make_type() -> PyResult<Owned> {
    TypeSpec::new(c"_cffi_backend._InlineFFI", 0)
        .mutable()
        .flags(ffi::Py_TPFLAGS_BASETYPE)
        .doc(c"What cffi.FFI is derived from.")
        .methods(method_table())
        .build(Some(types::FFI.object()))
}
