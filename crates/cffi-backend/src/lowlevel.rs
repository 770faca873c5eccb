//! The functions at the level of the module: types made by hand, and the operations on them. Compiled modules, tests and the foreign
//! backend protocol use these.

use std::ffi::CStr;

use cffi_python::arguments::{Arguments, Signature};
use cffi_python::buffer::Access;
use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::guard;
use cffi_python::typespec::method_fast_keywords;
use cffi_python::{Borrowed, Owned, PyResult, int, object, raise, text};

use crate::call::callback;
use crate::cdata::{self, CData, handle};
use crate::convert::cast::cast;
use crate::ctype::function::{DEFAULT_ABI, Variadic, function};
use crate::ctype::{CType, CTypeRef, Kind, array, enumeration, primitive, record};
use crate::ffi::methods::gc_with;
use crate::library::clibrary;
use crate::ops::{self, addressing, memory, new, strings};
use crate::types;

type Function = fn(Arguments<'_>) -> PyResult<Owned>;

macro_rules! functions {
    ($($name:ident $c_name:literal $body:ident;)*) => {
        $(unsafe extern "C" fn $name(
            _: *mut PyObject, arguments: *const *mut PyObject, count: isize, names: *mut PyObject,
        ) -> *mut PyObject {
            // SAFETY: called by the interpreter with these arguments.
            guard(|| unsafe {
                let body: Function = $body;
                body(Arguments::new(arguments, count, names))
            })
        })*
        /// The functions of the module.
        pub fn table() -> Vec<ffi::PyMethodDef> {
            const NONE: &CStr = c"";
            vec![$(method_fast_keywords($c_name, $name, NONE),)*]
        }
    };
}

functions! {
    f_load_library c"load_library" load_library;
    f_new_primitive_type c"new_primitive_type" new_primitive_type;
    f_new_pointer_type c"new_pointer_type" new_pointer_type;
    f_new_array_type c"new_array_type" new_array_type;
    f_new_struct_type c"new_struct_type" new_struct_type;
    f_new_union_type c"new_union_type" new_union_type;
    f_complete c"complete_struct_or_union" complete_struct_or_union;
    f_new_function_type c"new_function_type" new_function_type;
    f_new_enum_type c"new_enum_type" new_enum_type;
    f_new_void_type c"new_void_type" new_void_type;
    f_newp c"newp" newp;
    f_newp_handle c"newp_handle" newp_handle;
    f_from_handle c"from_handle" from_handle;
    f_cast c"cast" cast_;
    f_callback c"callback" callback_;
    f_alignof c"alignof" alignof;
    f_sizeof c"sizeof" sizeof;
    f_typeof c"typeof" typeof_;
    f_typeoffsetof c"typeoffsetof" typeoffsetof;
    f_rawaddressof c"rawaddressof" rawaddressof;
    f_getcname c"getcname" getcname;
    f_string c"string" string;
    f_unpack c"unpack" unpack;
    f_get_errno c"get_errno" get_errno;
    f_set_errno c"set_errno" set_errno;
    f_from_buffer c"from_buffer" from_buffer;
    f_memmove c"memmove" memmove;
    f_gcp c"gcp" gcp;
    f_release c"release" release;
    f_get_types c"_get_types" get_types;
    f_get_common_types c"_get_common_types" get_common_types;
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

fn ctype<'a>(argument: Option<Borrowed<'a>>, function: &str) -> PyResult<&'a CType> {
    let object = given(argument)?;
    CType::from_object(object).ok_or_else(|| {
        raise!(
            TypeError,
            "{function}() argument 1 must be _cffi_backend.CType, not {}",
            object.type_name()
        )
    })
}

fn given(argument: Option<Borrowed<'_>>) -> PyResult<Borrowed<'_>> {
    argument.ok_or_else(|| raise!(TypeError, "missing argument"))
}

fn integer(argument: Option<Borrowed<'_>>, default: isize) -> PyResult<isize> {
    argument.map_or(Ok(default), Borrowed::as_isize)
}

fn load_library(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [name, flags] = arguments.bind(&signature("load_library", ["filename", "flags"], 1))?;
    clibrary::load(name.filter(|name| !name.is_none()), integer(flags, 0)?)
}

fn new_primitive_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [name] = arguments.bind(&signature("new_primitive_type", ["name"], 1))?;
    let name = given(name)?;
    match primitive::by_name(name.utf8()?)? {
        Some(found) => Ok(found.into_owned()),
        None => Err(cffi_python::error::raise_object(
            cffi_python::error::Exception::KeyError.class(),
            name,
        )),
    }
}

fn new_pointer_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [item] = arguments.bind(&signature("new_pointer_type", ["ctype"], 1))?;
    Ok(ctype(item, "new_pointer_type")?.pointer()?.into_owned())
}

fn new_array_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [pointer, length] = arguments.bind(&signature("new_array_type", ["ctype", "length"], 2))?;
    let pointer = ctype(pointer, "new_array_type")?;
    let length = given(length)?;
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
    let [name] = arguments.bind(&signature(function, ["name"], 1))?;
    Ok(record::new_record(kind, given(name)?.utf8()?, None)?.into_owned())
}

fn new_struct_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    new_record(arguments, "new_struct_type", Kind::Struct)
}

fn new_union_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    new_record(arguments, "new_union_type", Kind::Union)
}

fn complete_struct_or_union(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [target, fields, _ignored, size, align, flags, pack] = arguments.bind(&signature(
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
    ))?;
    let request = crate::ctype::by_hand::Request {
        size: integer(size, -1)?,
        align: integer(align, -1)?,
        flags: integer(flags, 0)?,
        pack: integer(pack, 0)?,
    };
    crate::ctype::by_hand::complete(
        ctype(target, "complete_struct_or_union")?,
        given(fields)?,
        &request,
    )?;
    Ok(Owned::none())
}

fn new_function_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [parameters, result, ellipsis, abi] = arguments.bind(&signature(
        "new_function_type",
        ["args", "result", "ellipsis", "abi"],
        2,
    ))?;
    let parameters = given(parameters)?;
    if !parameters.is_tuple() {
        return Err(raise!(
            TypeError,
            "new_function_type() argument 1 must be tuple, not {}",
            parameters.type_name()
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
                None => Err(raise!(
                    TypeError,
                    "first arg must be a tuple of ctype objects"
                )),
            },
        )
        .collect::<PyResult<Vec<CTypeRef>>>()?;
    let Some(result) = CType::from_object(given(result)?) else {
        return Err(raise!(
            TypeError,
            "new_function_type() argument 2 must be _cffi_backend.CType"
        ));
    };
    let variadic = if ellipsis.map_or(Ok(false), Borrowed::is_true)? {
        Variadic::Yes
    } else {
        Variadic::No
    };
    let abi = i32::try_from(integer(abi, DEFAULT_ABI as isize)?).unwrap_or(DEFAULT_ABI);
    Ok(function(types, result, variadic, abi)?.into_owned())
}

fn new_enum_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [name, names, values, base] = arguments.bind(&signature(
        "new_enum_type",
        ["name", "enumerators", "values", "basetype"],
        4,
    ))?;
    let (name, names, values) = (given(name)?, given(names)?, given(values)?);
    let base = match base.and_then(CType::from_object) {
        Some(base) if matches!(base.kind, Kind::Signed | Kind::Unsigned) => base,
        Some(_) => {
            return Err(raise!(
                TypeError,
                "expected a primitive signed or unsigned base type"
            ));
        }
        None => {
            return Err(raise!(
                TypeError,
                "new_enum_type() argument 4 must be _cffi_backend.CType"
            ));
        }
    };
    let count = names.tuple_len();
    if count != values.tuple_len() {
        return Err(raise!(ValueError, "tuple args must have the same size"));
    }
    let pairs = (0..count).map(
        |index| match (names.tuple_item(index), values.tuple_item(index)) {
            (Some(name), Some(value)) => {
                // The value must be one of the base type.
                crate::convert::integer::to_bits(base, value)?;
                Ok((name.to_owned(), value.to_owned()))
            }
            _ => Err(raise!(TypeError, "new_enum_type() expects tuples")),
        },
    );
    Ok(enumeration::new_enum(name.utf8()?, base, pairs)?.into_owned())
}

fn new_void_type(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [] = arguments.bind(&signature("new_void_type", [], 0))?;
    Ok(primitive::void()?.into_owned())
}

fn newp(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [target, init] = arguments.bind(&signature("newp", ["ctype", "init"], 1))?;
    new::new(ctype(target, "newp")?, init, &new::DEFAULT)
}

fn newp_handle(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [target, object] = arguments.bind(&signature("newp_handle", ["ctype", "x"], 2))?;
    let target = ctype(target, "newp_handle")?;
    if !target.is_void_pointer() {
        return Err(raise!(TypeError, "needs 'void *', got '{}'", target.name()));
    }
    Ok(handle::new_handle(target.to_ref(), given(object)?)?.into_owned())
}

fn from_handle(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [cdata] = arguments.bind(&signature("from_handle", ["x"], 1))?;
    handle::from_handle(expect_cdata(cdata)?)
}

fn expect_cdata(argument: Option<Borrowed<'_>>) -> PyResult<&CData> {
    CData::from_object(given(argument)?)
        .ok_or_else(|| raise!(TypeError, "expected a 'cdata' object"))
}

fn cast_(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [target, source] = arguments.bind(&signature("cast", ["ctype", "source"], 2))?;
    Ok(cast(ctype(target, "cast")?, given(source)?)?.into_owned())
}

fn callback_(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [target, function, error, onerror] = arguments.bind(&signature(
        "callback",
        ["ctype", "python_callable", "error", "onerror"],
        2,
    ))?;
    let present = |argument: Option<Borrowed<'_>>| {
        argument.filter(|it| !it.is_none()).map(Borrowed::to_owned)
    };
    let (error, onerror) = (present(error), present(onerror));
    callback::new_callback(
        ctype(target, "callback")?,
        given(function)?,
        error.as_ref().map(Owned::borrow),
        onerror.as_ref().map(Owned::borrow),
    )
}

fn alignof(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [target] = arguments.bind(&signature("alignof", ["ctype"], 1))?;
    int::from_usize(ctype(target, "alignof")?.align()?)
}

fn sizeof(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [object] = arguments.bind(&signature("sizeof", ["cdata"], 1))?;
    int::from_usize(ops::size_of(given(object)?)?)
}

fn typeof_(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [cdata] = arguments.bind(&signature("typeof", ["cdata"], 1))?;
    Ok(ops::expect_cdata(given(cdata)?, "typeof")?
        .ctype()
        .clone()
        .into_owned())
}

fn typeoffsetof(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [target, key, following] = arguments.bind(&signature(
        "typeoffsetof",
        ["ctype", "fieldname_or_index", "following"],
        2,
    ))?;
    let step = if integer(following, 0)? == 0 {
        addressing::Step::First
    } else {
        addressing::Step::Following
    };
    let (found, offset) = addressing::step(ctype(target, "typeoffsetof")?, given(key)?, step)?;
    object::new_tuple([found.into_owned(), int::from_isize(offset)?])
}

fn rawaddressof(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [target, cdata, offset] =
        arguments.bind(&signature("rawaddressof", ["ctype", "cdata", "offset"], 2))?;
    let cdata = ops::expect_cdata(given(cdata)?, "rawaddressof")?;
    addressing::raw_address_of(ctype(target, "rawaddressof")?, cdata, integer(offset, 0)?)
}

fn getcname(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [target, insert] = arguments.bind(&signature("getcname", ["ctype", "replace_with"], 2))?;
    text::from_str(&ctype(target, "getcname")?.name_with(given(insert)?.utf8()?))
}

fn string(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [cdata, max_length] = arguments.bind(&signature("string", ["cdata", "maxlen"], 1))?;
    strings::string(
        ops::expect_cdata(given(cdata)?, "string")?,
        integer(max_length, -1)?,
    )
}

fn unpack(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [cdata, length] = arguments.bind(&signature("unpack", ["cdata", "length"], 2))?;
    strings::unpack(
        ops::expect_cdata(given(cdata)?, "unpack")?,
        integer(length, 0)?,
    )
}

fn get_errno(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [] = arguments.bind(&signature("get_errno", [], 0))?;
    int::from_i64(cffi_call::errno::saved().into())
}

fn set_errno(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [value] = arguments.bind(&signature("set_errno", ["errno"], 1))?;
    let Ok(value) = i32::try_from(given(value)?.as_isize()?) else {
        return Err(raise!(OverflowError, "errno value too large"));
    };
    cffi_call::errno::set_saved(value);
    Ok(Owned::none())
}

fn from_buffer(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [target, buffer, writable] = arguments.bind(&signature(
        "from_buffer",
        ["ctype", "python_buffer", "require_writable"],
        2,
    ))?;
    let access = if writable.map_or(Ok(false), Borrowed::is_true)? {
        Access::Write
    } else {
        Access::Read
    };
    memory::from_buffer(ctype(target, "from_buffer")?, given(buffer)?, access)
}

fn memmove(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [destination, source, size] =
        arguments.bind(&signature("memmove", ["dest", "src", "n"], 3))?;
    memory::memmove(given(destination)?, given(source)?, integer(size, 0)?)?;
    Ok(Owned::none())
}

fn gcp(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [cdata, destructor, size] =
        arguments.bind(&signature("gcp", ["cdata", "destructor", "size"], 2))?;
    integer(size, 0)?;
    gc_with(given(cdata)?, given(destructor)?)
}

fn release(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [cdata] = arguments.bind(&signature("release", ["cdata"], 1))?;
    cdata::release(expect_cdata(cdata)?)?;
    Ok(Owned::none())
}

fn get_types(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [] = arguments.bind(&signature("_get_types", [], 0))?;
    object::new_tuple([
        types::CDATA.object().to_owned(),
        types::CTYPE.object().to_owned(),
    ])
}

/// Fills a dict with the default type names and what they stand for.
fn get_common_types(arguments: Arguments<'_>) -> PyResult<Owned> {
    let [target] = arguments.bind(&signature("_get_common_types", ["dict"], 1))?;
    let target = given(target)?;
    for (name, meaning) in cffi_model::defaults::common(cffi_model::Target::host()) {
        target.dict_set(
            text::from_str(name)?.borrow(),
            text::from_str(meaning)?.borrow(),
        )?;
    }
    Ok(Owned::none())
}
