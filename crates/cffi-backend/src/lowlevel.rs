//! The functions at the level of the module: types made by hand, and the operations on them. Compiled modules, tests and the foreign
//! backend protocol use these.

use std::ffi::c_int;

use cffi_python::arguments::{self, Arguments, Convention, Signature, Style, wrong_type};
use cffi_python::buffer::Access;
use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::guard;
use cffi_python::typespec::method_fast_keywords;
use cffi_python::{Borrowed, Owned, PyResult, int, object, raise, text};

use crate::call::callback;
use crate::cdata::{CData, handle, release as release_cdata};
use crate::convert::cast::cast;
use crate::ctype::function::{DEFAULT_ABI, Variadic, function};
use crate::ctype::{CType, CTypeRef, Kind, array, by_hand, enumeration, primitive, record};
use crate::ffi::class::save_errno;
use crate::ffi::methods::gc_with;
use crate::library::clibrary;
use crate::ops::{self, addressing, memory, new, strings};
use crate::types;

type Function = fn(Arguments<'_>) -> PyResult<Owned>;

macro_rules! functions {
    ($($name:ident $c_name:literal $style:ident $body:ident $doc:literal;)*) => {
        $(unsafe extern "C" fn $name(
            _: *mut PyObject, arguments: *const *mut PyObject, count: isize, names: *mut PyObject,
        ) -> *mut PyObject {
            // SAFETY: called by the interpreter with these arguments.
            guard(|| unsafe {
                let body: Function = $body;
                let convention = const { &Convention { owner: "_cffi_backend", style: Style::$style } };
                body(Arguments::new(arguments, count, names, convention))
            })
        })*
        /// The functions of the module.
        pub fn table() -> Vec<ffi::PyMethodDef> {
            vec![$(method_fast_keywords($c_name, $name, $doc),)*]
        }
    };
}

functions! {
    f_load_library c"load_library" Tuple load_library
        c"load_library($module, filename, flags=0, /)\n--\n\nOpen a dynamic library and return a CLibrary. filename: a path, None for the program itself, or a 'void *' handle.\nRaises OSError when it cannot be opened.";
    f_new_primitive_type c"new_primitive_type" Tuple new_primitive_type
        c"new_primitive_type($module, name, /)\n--\n\nThe ctype of an arithmetic type by its name in C, such as 'unsigned int'. KeyError for names of no such type.";
    f_new_pointer_type c"new_pointer_type" Tuple new_pointer_type
        c"new_pointer_type($module, ctype, /)\n--\n\nThe ctype of a pointer to ctype.";
    f_new_array_type c"new_array_type" Tuple new_array_type
        c"new_array_type($module, pointer, length, /)\n--\n\nThe ctype of an array of length items of what pointer points to; length None: of unknown length.";
    f_new_struct_type c"new_struct_type" Tuple new_struct_type
        c"new_struct_type($module, name, /)\n--\n\nA new struct ctype of this name, opaque until complete_struct_or_union().";
    f_new_union_type c"new_union_type" Tuple new_union_type
        c"new_union_type($module, name, /)\n--\n\nA new union ctype of this name, opaque until complete_struct_or_union().";
    f_complete c"complete_struct_or_union" Tuple complete_struct_or_union
        c"complete_struct_or_union($module, ctype, fields, ignored=None, totalsize=-1, totalalignment=-1, sflags=0, pack=0, /)\n--\n\nGive a struct or union its fields: a list of (name, ctype[, bitsize[, offset]]), sizes and offsets in bytes, -1 where\nthey follow from the fields. TypeError when it is complete already or what is given contradicts itself.";
    f_new_function_type c"new_function_type" Tuple new_function_type
        c"new_function_type($module, args, result, ellipsis=0, abi=FFI_DEFAULT_ABI, /)\n--\n\nThe ctype of a pointer to a function: a tuple of ctypes, the result's ctype, whether there are further arguments.";
    f_new_enum_type c"new_enum_type" Tuple new_enum_type
        c"new_enum_type($module, name, enumerators, values, basetype, /)\n--\n\nA new enum ctype over an integer type, from a tuple of names and one of their values.";
    f_new_void_type c"new_void_type" Fixed new_void_type
        c"new_void_type($module, /)\n--\n\nThe ctype 'void'.";
    f_newp c"newp" Tuple newp
        c"newp($module, ctype, init=None, /)\n--\n\nAllocate what a pointer or array ctype stands for, as ffi.new() does.";
    f_newp_handle c"newp_handle" Tuple newp_handle
        c"newp_handle($module, ctype, x, /)\n--\n\nA handle of the pointer type ctype for the object x, as ffi.new_handle() makes it.";
    f_from_handle c"from_handle" Fixed from_handle
        c"from_handle($module, handle, /)\n--\n\nThe object of a handle. RuntimeError for NULL, SystemError for what is no live handle.";
    f_cast c"cast" Tuple cast_
        c"cast($module, ctype, value, /)\n--\n\nvalue converted to ctype as a cast in C does.";
    f_callback c"callback" Tuple callback_
        c"callback($module, ctype, python_callable, error=None, onerror=None, /)\n--\n\nA C function pointer of type ctype that calls python_callable, as ffi.callback() makes it.";
    f_alignof c"alignof" Fixed alignof
        c"alignof($module, ctype, /)\n--\n\nThe natural alignment in bytes of a ctype, or of a cdata's type.";
    f_sizeof c"sizeof" Fixed sizeof
        c"sizeof($module, cdata_or_ctype, /)\n--\n\nThe size in bytes of a ctype, or of the object that a cdata is.";
    f_typeof c"typeof" Fixed typeof_
        c"typeof($module, cdata, /)\n--\n\nThe ctype of a cdata.";
    f_typeoffsetof c"typeoffsetof" Tuple typeoffsetof
        c"typeoffsetof($module, ctype, field_or_index, following=0, /)\n--\n\nThe ctype and the offset in bytes of a field or item.";
    f_rawaddressof c"rawaddressof" Tuple rawaddressof
        c"rawaddressof($module, ctype, cdata, offset=0, /)\n--\n\nA pointer of type ctype to the byte at offset in what cdata is or points to.";
    f_getcname c"getcname" Tuple getcname
        c"getcname($module, ctype, replace_with, /)\n--\n\nThe C spelling of a ctype with replace_with where a declarator goes.";
    f_string c"string" Keywords string
        c"string($module, /, cdata, maxlen=-1)\n--\n\nThe bytes or str up to the terminating null, as ffi.string() gives it.";
    f_unpack c"unpack" Keywords unpack
        c"unpack($module, /, cdata, length)\n--\n\nlength items as bytes, str or a list, as ffi.unpack() gives them.";
    f_get_errno c"get_errno" Fixed get_errno
        c"get_errno($module, /)\n--\n\nThe value that errno had after the last call of a C function in this thread.";
    f_set_errno c"set_errno" Fixed set_errno
        c"set_errno($module, errno, /)\n--\n\nThe value that errno is going to have in the next call of a C function in this thread.";
    f_from_buffer c"from_buffer" Tuple from_buffer
        c"from_buffer($module, ctype, python_buffer, require_writable=0, /)\n--\n\nA cdata over the memory of an object with the buffer protocol, as ffi.from_buffer() makes it.";
    f_memmove c"memmove" Keywords memmove
        c"memmove($module, /, dest, src, n)\n--\n\nCopy n bytes between C memory and objects with the buffer protocol; the areas may overlap.";
    f_gcp c"gcp" Keywords gcp
        c"gcp($module, /, cdata, destructor, size=0)\n--\n\nA cdata that calls destructor(cdata) when it goes away, as ffi.gc() makes it.";
    f_release c"release" Fixed release
        c"release($module, cdata, /)\n--\n\nGive memory, buffer or destructor back now, as ffi.release() does.";
    f_get_types c"_get_types" Fixed get_types
        c"_get_types($module, /)\n--\n\nThe types _CDataBase and CType.";
    f_get_common_types c"_get_common_types" Fixed get_common_types
        c"_get_common_types($module, dict, /)\n--\n\nEnter the typedef names that every cdef() knows, with what they stand for, into a dict.";
}

const fn signature<const N: usize>(
    function: &'static str,
    parameters: [&'static str; N],
    required: usize,
) -> Signature<N> {
    Signature {
        function,
        parameters,
        required,
    }
}

/// The argument of a parameter, as a ctype.
fn ctype<'a, const N: usize>(
    signature: &Signature<N>,
    position: usize,
    argument: Option<Borrowed<'a>>,
) -> PyResult<&'a CType> {
    let object = signature.require(position, argument)?;
    CType::from_object(object).ok_or_else(|| {
        wrong_type(
            signature.function,
            position + 1,
            "_cffi_backend.CType",
            object,
        )
    })
}

/// The argument of a parameter, as a cdata.
fn cdata<'a, const N: usize>(
    signature: &Signature<N>,
    position: usize,
    argument: Option<Borrowed<'a>>,
) -> PyResult<&'a CData> {
    let object = signature.require(position, argument)?;
    CData::from_object(object).ok_or_else(|| {
        wrong_type(
            signature.function,
            position + 1,
            "_cffi_backend._CDataBase",
            object,
        )
    })
}

/// The argument of a parameter, as a tuple.
fn tuple<'a, const N: usize>(
    signature: &Signature<N>,
    position: usize,
    argument: Option<Borrowed<'a>>,
) -> PyResult<Borrowed<'a>> {
    let object = signature.require(position, argument)?;
    if object.is_tuple() {
        return Ok(object);
    }
    Err(wrong_type(
        signature.function,
        position + 1,
        "tuple",
        object,
    ))
}

/// The argument of a parameter, as text without null characters.
fn text_of<'a, const N: usize>(
    signature: &Signature<N>,
    position: usize,
    argument: Option<Borrowed<'a>>,
) -> PyResult<&'a str> {
    let object = signature.require(position, argument)?;
    arguments::text(signature.function, position + 1, object)
}

/// A C `int` that may be left out.
fn int_or(argument: Option<Borrowed<'_>>, default: c_int) -> PyResult<c_int> {
    argument.map_or(Ok(default), arguments::int)
}

/// A size that may be left out.
fn size_or(argument: Option<Borrowed<'_>>, default: isize) -> PyResult<isize> {
    argument.map_or(Ok(default), arguments::size)
}

fn load_library(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = signature("load_library", ["filename", "flags"], 0);
    let [name, flags] = arguments.bind(&SIGNATURE)?;
    clibrary::load(name.filter(|name| !name.is_none()), int_or(flags, 0)?)
}

fn new_primitive_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = signature("new_primitive_type", ["name"], 1);
    let [name] = arguments.bind(&SIGNATURE)?;
    let text = text_of(&SIGNATURE, 0, name)?;
    let name = SIGNATURE.require(0, name)?;
    match primitive::by_name(text)? {
        Some(found) => Ok(found.into_owned()),
        None => Err(cffi_python::error::raise_object(
            cffi_python::error::Exception::KeyError.class(),
            name,
        )),
    }
}

fn new_pointer_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = signature("new_pointer_type", ["ctype"], 1);
    let [item] = arguments.bind(&SIGNATURE)?;
    Ok(ctype(&SIGNATURE, 0, item)?.pointer()?.into_owned())
}

fn new_array_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = signature("new_array_type", ["ctype", "length"], 2);
    let [pointer, length] = arguments.bind(&SIGNATURE)?;
    let pointer = ctype(&SIGNATURE, 0, pointer)?;
    let length = SIGNATURE.require(1, length)?;
    let length = if length.is_none() {
        array::OPEN
    } else {
        match length.as_isize()? {
            length if length < 0 => return Err(raise!(ValueError, "negative array length")),
            length => length,
        }
    };
    Ok(array::array_of(pointer, length)?.into_owned())
}

fn new_record(arguments: Arguments<'_>, function: &'static str, kind: Kind) -> PyResult<Owned> {
    let signature = signature(function, ["name"], 1);
    let [name] = arguments.bind(&signature)?;
    Ok(record::new_record(kind, text_of(&signature, 0, name)?, None)?.into_owned())
}

fn new_struct_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    new_record(arguments, "new_struct_type", Kind::Struct)
}

fn new_union_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    new_record(arguments, "new_union_type", Kind::Union)
}

fn complete_struct_or_union(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<7> = signature(
        "complete_struct_or_union",
        [
            "ctype",
            "fields",
            "ignored",
            "totalsize",
            "totalalignment",
            "sflags",
            "pack",
        ],
        2,
    );
    let [target, fields, _ignored, size, align, flags, pack] = arguments.bind(&SIGNATURE)?;
    let target = ctype(&SIGNATURE, 0, target)?;
    let fields = SIGNATURE.require(1, fields)?;
    if !fields.is_list() {
        return Err(wrong_type(SIGNATURE.function, 2, "list", fields));
    }
    let request = by_hand::Request {
        size: size_or(size, -1)?,
        align: int_or(align, -1)?,
        flags: int_or(flags, 0)?,
        pack: int_or(pack, 0)?,
        partial: false,
    };
    by_hand::complete(target, fields, &request)?;
    Ok(Owned::none())
}

/// The numbers of calling conventions that libffi knows.
const ABIS: std::ops::RangeInclusive<c_int> = if cfg!(all(target_arch = "x86_64", not(windows))) {
    2..=4
} else {
    1..=2
};

fn new_function_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<4> = signature(
        "new_function_type",
        ["args", "result", "ellipsis", "abi"],
        2,
    );
    let [parameters, result, ellipsis, abi] = arguments.bind(&SIGNATURE)?;
    let parameters = tuple(&SIGNATURE, 0, parameters)?;
    let result = ctype(&SIGNATURE, 1, result)?;
    let variadic = match int_or(ellipsis, 0)? {
        0 => Variadic::No,
        _ => Variadic::Yes,
    };
    let abi = int_or(abi, DEFAULT_ABI)?;
    if variadic == Variadic::No && !ABIS.contains(&abi) {
        return Err(raise!(
            SystemError,
            "libffi failed to build this function type"
        ));
    }
    let types = (0..parameters.tuple_len())
        .map(
            |index| match parameters.tuple_item(index).and_then(CType::from_object) {
                // An array parameter is a pointer (C11 6.7.6.3p7).
                Some(ctype) if ctype.kind == Kind::Array => Ok(ctype
                    .item_pointer()
                    .map_or_else(|| ctype.to_ref(), CType::to_ref)),
                Some(ctype) => Ok(ctype.to_ref()),
                None => Err(raise!(TypeError, "expected a tuple of ctypes")),
            },
        )
        .collect::<PyResult<Vec<CTypeRef>>>()?;
    Ok(function(types, result, variadic, abi)?.into_owned())
}

fn new_enum_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<4> = signature(
        "new_enum_type",
        ["name", "enumerators", "values", "basetype"],
        4,
    );
    let [name, names, values, base] = arguments.bind(&SIGNATURE)?;
    let name = text_of(&SIGNATURE, 0, name)?;
    let names = tuple(&SIGNATURE, 1, names)?;
    let values = tuple(&SIGNATURE, 2, values)?;
    let base = ctype(&SIGNATURE, 3, base)?;
    let count = names.tuple_len();
    if count != values.tuple_len() {
        return Err(raise!(ValueError, "tuple args must have the same size"));
    }
    if !matches!(base.kind, Kind::Signed | Kind::Unsigned | Kind::Bool) {
        return Err(raise!(
            TypeError,
            "expected a primitive signed or unsigned base type"
        ));
    }
    let pairs = (0..count).map(
        |index| match (names.tuple_item(index), values.tuple_item(index)) {
            (Some(name), _) if !name.is_str() => {
                Err(raise!(TypeError, "enumerators must be a list of strings"))
            }
            (Some(name), Some(value)) => {
                // The value must be one of the base type.
                crate::convert::integer::to_bits(base, value)?;
                Ok((name.to_owned(), value.to_owned()))
            }
            _ => Err(raise!(TypeError, "new_enum_type() expects tuples")),
        },
    );
    Ok(enumeration::new_enum(name, base, pairs)?.into_owned())
}

fn new_void_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<0> = signature("new_void_type", [], 0);
    let [] = arguments.bind(&SIGNATURE)?;
    Ok(primitive::void()?.into_owned())
}

fn newp(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = signature("newp", ["ctype", "init"], 1);
    let [target, init] = arguments.bind(&SIGNATURE)?;
    new::new(ctype(&SIGNATURE, 0, target)?, init, &new::DEFAULT)
}

fn newp_handle(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = signature("", ["ctype", "x"], 2);
    let [target, object] = arguments.bind(&SIGNATURE)?;
    let target = ctype(&SIGNATURE, 0, target)?;
    let object = SIGNATURE.require(1, object)?;
    if !target.is_void_pointer() {
        return Err(raise!(TypeError, "needs 'void *', got '{}'", target.name()));
    }
    Ok(handle::new_handle(target.to_ref(), object)?.into_owned())
}

fn from_handle(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = signature("from_handle", ["x"], 1);
    let [cdata] = arguments.bind(&SIGNATURE)?;
    handle::from_handle(only_cdata(SIGNATURE.require(0, cdata)?)?)
}

/// The argument of a function that takes nothing but a cdata.
fn only_cdata(argument: Borrowed<'_>) -> PyResult<&CData> {
    CData::from_object(argument).ok_or_else(|| raise!(TypeError, "expected a 'cdata' object"))
}

fn cast_(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = signature("cast", ["ctype", "source"], 2);
    let [target, source] = arguments.bind(&SIGNATURE)?;
    Ok(cast(ctype(&SIGNATURE, 0, target)?, SIGNATURE.require(1, source)?)?.into_owned())
}

fn callback_(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<4> = signature(
        "callback",
        ["ctype", "python_callable", "error", "onerror"],
        2,
    );
    let [target, function, error, onerror] = arguments.bind(&SIGNATURE)?;
    let present = |argument: Option<Borrowed<'_>>| {
        argument.filter(|it| !it.is_none()).map(Borrowed::to_owned)
    };
    let (error, onerror) = (present(error), present(onerror));
    callback::new_callback(
        ctype(&SIGNATURE, 0, target)?,
        SIGNATURE.require(1, function)?,
        error.as_ref().map(Owned::borrow),
        onerror.as_ref().map(Owned::borrow),
    )
}

fn alignof(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = signature("alignof", ["ctype"], 1);
    let [target] = arguments.bind(&SIGNATURE)?;
    match CType::from_object(SIGNATURE.require(0, target)?) {
        Some(ctype) => int::from_usize(ctype.align()?),
        None => Err(raise!(TypeError, "expected a 'ctype' object")),
    }
}

fn sizeof(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = signature("sizeof", ["cdata"], 1);
    let [object] = arguments.bind(&SIGNATURE)?;
    int::from_usize(ops::size_of(SIGNATURE.require(0, object)?)?)
}

fn typeof_(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = signature("typeof", ["cdata"], 1);
    let [cdata] = arguments.bind(&SIGNATURE)?;
    Ok(only_cdata(SIGNATURE.require(0, cdata)?)?
        .ctype()
        .clone()
        .into_owned())
}

fn typeoffsetof(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<3> = signature(
        "typeoffsetof",
        ["ctype", "fieldname_or_index", "following"],
        2,
    );
    let [target, key, following] = arguments.bind(&SIGNATURE)?;
    let target = ctype(&SIGNATURE, 0, target)?;
    let key = SIGNATURE.require(1, key)?;
    let step = match int_or(following, 0)? {
        0 => addressing::Step::First,
        _ => addressing::Step::Following,
    };
    let (found, offset) = addressing::step(target, key, step)?;
    object::new_tuple([found.into_owned(), int::from_isize(offset)?])
}

fn rawaddressof(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<3> = signature("rawaddressof", ["ctype", "cdata", "offset"], 3);
    let [target, object, offset] = arguments.bind(&SIGNATURE)?;
    let target = ctype(&SIGNATURE, 0, target)?;
    let object = cdata(&SIGNATURE, 1, object)?;
    let offset = arguments::size(SIGNATURE.require(2, offset)?)?;
    addressing::raw_address_of(target, object, offset)
}

fn getcname(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = signature("getcname", ["ctype", "replace_with"], 2);
    let [target, insert] = arguments.bind(&SIGNATURE)?;
    let target = ctype(&SIGNATURE, 0, target)?;
    text::from_str(&target.name_with(text_of(&SIGNATURE, 1, insert)?))
}

fn string(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = signature("string", ["cdata", "maxlen"], 1);
    let [object, max_length] = arguments.bind(&SIGNATURE)?;
    strings::string(cdata(&SIGNATURE, 0, object)?, size_or(max_length, -1)?)
}

fn unpack(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = signature("unpack", ["cdata", "length"], 2);
    let [object, length] = arguments.bind(&SIGNATURE)?;
    let object = cdata(&SIGNATURE, 0, object)?;
    strings::unpack(object, arguments::size(SIGNATURE.require(1, length)?)?)
}

fn get_errno(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<0> = signature("get_errno", [], 0);
    let [] = arguments.bind(&SIGNATURE)?;
    int::from_i64(cffi_call::errno::saved().into())
}

fn set_errno(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = signature("set_errno", ["errno"], 1);
    let [value] = arguments.bind(&SIGNATURE)?;
    save_errno(SIGNATURE.require(0, value)?)?;
    Ok(Owned::none())
}

fn from_buffer(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<3> =
        signature("", ["ctype", "python_buffer", "require_writable"], 2);
    let [target, buffer, writable] = arguments.bind(&SIGNATURE)?;
    let target = ctype(&SIGNATURE, 0, target)?;
    let buffer = SIGNATURE.require(1, buffer)?;
    let access = match int_or(writable, 0)? {
        0 => Access::Read,
        _ => Access::Write,
    };
    memory::from_buffer(target, buffer, access)
}

fn memmove(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<3> = signature("", ["dest", "src", "n"], 3);
    let [destination, source, size] = arguments.bind(&SIGNATURE)?;
    let destination = SIGNATURE.require(0, destination)?;
    let source = SIGNATURE.require(1, source)?;
    let size = arguments::size(SIGNATURE.require(2, size)?)?;
    memory::memmove(destination, source, size)?;
    Ok(Owned::none())
}

fn gcp(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<3> = signature("gc", ["cdata", "destructor", "size"], 2);
    let [object, destructor, size] = arguments.bind(&SIGNATURE)?;
    // A wrong type is said before a missing destructor.
    cdata(&SIGNATURE, 0, object)?;
    let destructor = SIGNATURE.require(1, destructor)?;
    gc_with(SIGNATURE.require(0, object)?, destructor, size)
}

fn release(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = signature("release", ["cdata"], 1);
    let [cdata] = arguments.bind(&SIGNATURE)?;
    release_cdata(only_cdata(SIGNATURE.require(0, cdata)?)?)?;
    Ok(Owned::none())
}

fn get_types(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<0> = signature("_get_types", [], 0);
    let [] = arguments.bind(&SIGNATURE)?;
    object::new_tuple([
        types::CDATA.object().to_owned(),
        types::CTYPE.object().to_owned(),
    ])
}

/// Fills a dict with the default type names and what they stand for.
fn get_common_types(arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = signature("_get_common_types", ["dict"], 1);
    let [target] = arguments.bind(&SIGNATURE)?;
    let target = SIGNATURE.require(0, target)?;
    for (name, meaning) in cffi_model::defaults::common(cffi_model::Target::host()) {
        target.dict_set(
            text::from_str(name)?.borrow(),
            text::from_str(meaning)?.borrow(),
        )?;
    }
    Ok(Owned::none())
}
