//! The methods and attributes that every FFI has.

use cffi_python::arguments::{self, Arguments, Convention, Signature, Style};
use cffi_python::buffer::Access;
use cffi_python::error::{self, Exception};
use cffi_python::ffi::PyObject;
use cffi_python::slot::{SlotValue, guard};
use cffi_python::{Borrowed, Owned, PyResult, int, raise, text};

use super::object::{Ffi, FunctionTypes, Mode};
use super::{allocator, libraries, once};
use crate::call::callback;
use crate::cdata::object::Fill;
use crate::cdata::{self, CData, gc, handle};
use crate::compiled::library::Lib;
use crate::compiled::{self, function};
use crate::convert::cast::cast;
use crate::ctype::{Kind, primitive};
use crate::library::object::Lib as InlineLib;
use crate::ops::{self, addressing, memory, new, strings};

/// A method with arguments by position and name.
pub(super) type Method<T> = fn(&Ffi, Arguments<'_>) -> PyResult<T>;

/// The methods of `cffi.FFI` are known as functions written in Python.
static IN_PYTHON: Convention = Convention {
    owner: "FFI",
    style: Style::Method,
};

/// The methods of the FFI of a compiled module are known as functions written in C, of one of these conventions.
pub(super) static BY_NAME: Convention = Convention {
    owner: "FFI",
    style: Style::Keywords,
};
/// As [`BY_NAME`].
pub(super) static BY_POSITION: Convention = Convention {
    owner: "FFI",
    style: Style::Tuple,
};
/// As [`BY_NAME`].
pub(super) static FIXED: Convention = Convention {
    owner: "FFI",
    style: Style::Fixed,
};

/// Runs a method.
///
/// # Safety
/// The interpreter's arguments for a `METH_FASTCALL | METH_KEYWORDS` method of FFI.
pub(super) unsafe fn run<T: SlotValue>(
    this: *mut PyObject,
    arguments: *const *mut PyObject,
    count: isize,
    names: *mut PyObject,
    in_c: &'static Convention,
    body: Method<T>,
) -> T::C {
    // SAFETY: the caller's promise.
    guard(|| unsafe {
        let this = Ffi::from_ptr(this);
        let convention = match this.mode {
            Mode::Inline => &IN_PYTHON,
            Mode::Compiled => in_c,
        };
        body(this, Arguments::new(arguments, count, names, convention))
    })
}

/// Declares methods: a C function for each, and the table. In parentheses how the FFI of a compiled module takes the arguments.
macro_rules! ffi_methods {
    ($table:ident; $($name:ident $c_name:literal ($in_c:ident) $doc:literal $body:expr;)*) => {
        $(unsafe extern "C" fn $name(
            this: *mut cffi_python::ffi::PyObject,
            arguments: *const *mut cffi_python::ffi::PyObject,
            count: isize,
            names: *mut cffi_python::ffi::PyObject,
        ) -> *mut cffi_python::ffi::PyObject {
            // SAFETY: called by the interpreter as a method of FFI.
            unsafe { $crate::ffi::methods::run(
                this, arguments, count, names, &$crate::ffi::methods::$in_c, $body,
            ) }
        })*
        pub(super) fn $table() -> Vec<cffi_python::ffi::PyMethodDef> {
            vec![$(cffi_python::typespec::method_fast_keywords($c_name, $name, $doc),)*]
        }
    };
}
pub(super) use ffi_methods;

ffi_methods! { method_table;
    new_ c"new" (BY_NAME) c"new($self, cdecl, init=None)\n--\n\nAllocate a C object and return a pointer to it, or an array.\n\ncdecl is a pointer type 'X *' (allocates one X) or an array type 'X[n]' or 'X[]' (then init gives the\nlength or the items). The memory is zeroed, then initialised with init: a value, a list, a dict of fields,\nbytes or str. It is freed when the returned object goes away.\n\nRaises TypeError for types of unknown size and wrong initialisers, OverflowError for numbers that do not fit."
        method_new;
    cast_ c"cast" (BY_POSITION) c"cast($self, cdecl, source)\n--\n\nConvert source to the C type as a C cast does and return it as a cdata.\n\nNumbers are truncated to the size of an integer type; pointers and integers convert into each other."
        method_cast;
    typeof_ c"typeof" (FIXED) c"typeof($self, cdecl)\n--\n\nThe ctype that a string of C names, or the ctype of a cdata."
        method_typeof;
    sizeof_ c"sizeof" (FIXED) c"sizeof($self, cdecl)\n--\n\nSize in bytes of a C type, or of the object that a cdata is. Of a pointer: the size of the pointer."
        method_sizeof;
    alignof_ c"alignof" (FIXED) c"alignof($self, cdecl)\n--\n\nNatural alignment in bytes of a C type or of the type of a cdata."
        method_alignof;
    offsetof_ c"offsetof" (BY_POSITION) c"offsetof($self, cdecl, *fields_or_indexes)\n--\n\nOffset in bytes of a field of a struct or union or of an item of an array; several arguments go into nested ones."
        method_offsetof;
    getctype_ c"getctype" (BY_NAME) c"getctype($self, cdecl, replace_with='')\n--\n\nThe C spelling of a type, with replace_with (a name, '*', '[5]', ...) where a declarator goes."
        method_getctype;
    string_ c"string" (BY_NAME) c"string($self, cdata, maxlen=-1)\n--\n\nThe bytes or str up to the terminating null that cdata, an array of or pointer to characters, holds.\n\nmaxlen limits the number of characters; of an array its length does too. Of an enum value: its name as str.\nRaises RuntimeError for NULL, TypeError for other types."
        method_string;
    unpack_ c"unpack" (BY_NAME) c"unpack($self, cdata, length)\n--\n\nThe given number of items as bytes (char), str (wide characters) or a list (other types); nulls do not end it."
        method_unpack;
    from_buffer_ c"from_buffer" (BY_NAME) c"from_buffer($self, cdecl, python_buffer=None, require_writable=False)\n--\n\nA cdata, by default 'char[]', that is the memory of an object with the buffer protocol; it keeps the object alive."
        method_from_buffer;
    memmove_ c"memmove" (BY_NAME) c"memmove($self, dest, src, n)\n--\n\nCopy n bytes; the areas may overlap. dest and src are pointers, arrays or objects with the buffer protocol."
        method_memmove;
    gc_ c"gc" (BY_NAME) c"gc($self, cdata, destructor, size=0)\n--\n\nA cdata like the given one that calls destructor(cdata) when it goes away. size in bytes hints at the memory\nbehind it. With destructor None, cancel the one that cdata has."
        method_gc;
    release_ c"release" (FIXED) c"release($self, cdata)\n--\n\nGive memory, buffer or destructor back now, instead of when cdata goes away."
        method_release;
    addressof_ c"addressof" (BY_POSITION) c"addressof($self, cdata, *fields_or_indexes)\n--\n\nA pointer to a struct, union or array, or to a part of it. addressof(lib, 'name'): to a function or variable."
        method_addressof;
    new_handle_ c"new_handle" (FIXED) c"new_handle($self, x)\n--\n\nA 'void *' that stands for a Python object, which from_handle() gives back. Valid as long as it is kept alive."
        method_new_handle;
    from_handle_ c"from_handle" (FIXED) c"from_handle($self, x)\n--\n\nThe Python object that a 'void *' from new_handle() stands for.\n\nRaises RuntimeError for NULL, SystemError for a pointer that is no live handle."
        method_from_handle;
    callback_ c"callback" (BY_NAME) c"callback($self, cdecl, python_callable=None, error=None, onerror=None)\n--\n\nA C function pointer that calls python_callable; without it, a decorator. Valid as long as it is kept alive.\n\nIf the call raises, error is returned to C, after onerror(type, value, traceback) if given; without onerror the\nexception goes to sys.unraisablehook."
        method_callback;
    new_allocator_ c"new_allocator" (BY_NAME) c"new_allocator($self, alloc=None, free=None, should_clear_after_alloc=True)\n--\n\nA function like new() whose memory comes from alloc(size) and goes to free(pointer)."
        method_new_allocator;
    init_once_ c"init_once" (BY_NAME) c"init_once($self, func, tag)\n--\n\nCall func() once for this tag and return its result, now and ever after; other threads wait meanwhile."
        method_init_once;
    dlopen_ c"dlopen" (BY_NAME) c"dlopen($self, libpath, flags=0, keep_gil=False)\n--\n\nOpen a library by name, or take over a 'void *' handle; None is the program itself with all that it has loaded. With keep_gil, True for all functions or the names of some, these are called without releasing the GIL.\n\nRaises OSError if it cannot be loaded, ValueError for a name in keep_gil that is not that of a declared function. Functions and variables are looked up when they are first used."
        libraries::dlopen;
    dlclose_ c"dlclose" (BY_POSITION) c"dlclose($self, lib, /)\n--\n\nClose a library from dlopen(). Its functions and variables must not be used afterwards."
        libraries::dlclose;
    def_extern_ c"def_extern" (BY_NAME) c"def_extern($self, name=None, error=None, onerror=None)\n--\n\nA decorator: the function becomes what C calls as the extern \"Python\" function name, by default that of the\nfunction itself. If it raises, error is returned to C, after onerror(type, value, traceback) if given; without\nonerror the exception goes to sys.unraisablehook."
        libraries::def_extern;
    integer_const_ c"integer_const" (BY_NAME) c"integer_const($self, name)\n--\n\nThe value of an integer constant that is declared, also without a library."
        libraries::integer_const;
    list_types_ c"list_types" (FIXED) c"list_types($self)\n--\n\nThree sorted lists: the typedef names, the struct tags and the union tags that are declared."
        libraries::list_types;
}

fn method_new(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = Signature {
        function: "new",
        parameters: ["cdecl", "init"],
        required: 1,
    };
    let [cdecl, init] = arguments.bind(&SIGNATURE)?;
    let cdecl = SIGNATURE.require(0, cdecl)?;
    let ctype = this.type_argument(cdecl, FunctionTypes::Refused, "newp")?;
    new::new(&ctype, init, &new::DEFAULT)
}

fn method_cast(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = Signature {
        function: "cast",
        parameters: ["cdecl", "source"],
        required: 2,
    };
    let [cdecl, source] = arguments.bind(&SIGNATURE)?;
    let cdecl = SIGNATURE.require(0, cdecl)?;
    let ctype = this.type_argument(cdecl, FunctionTypes::Refused, "cast")?;
    Ok(cast(&ctype, SIGNATURE.require(1, source)?)?.into_owned())
}

fn method_typeof(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "typeof",
        parameters: ["cdecl"],
        required: 1,
    };
    let [cdecl] = arguments.bind(&SIGNATURE)?;
    let cdecl = SIGNATURE.require(0, cdecl)?;
    if cdecl.is_str() {
        return Ok(this
            .type_of_string(cdecl, FunctionTypes::Refused)?
            .into_owned());
    }
    if let Some(cdata) = CData::from_object(cdecl) {
        return Ok(cdata.ctype().clone().into_owned());
    }
    if let Some(ctype) = function::ctype_of(cdecl)? {
        return Ok(ctype.into_owned());
    }
    if this.mode == Mode::Compiled {
        return Err(raise!(
            TypeError,
            "expected a string or cdata object, got '{}'",
            cdecl.type_name()
        ));
    }
    // SAFETY: a type is a valid object.
    let class = unsafe { Borrowed::from_ptr(cdecl.type_ptr().cast()) };
    Err(error::raise_object(Exception::TypeError.class(), class))
}

fn method_sizeof(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "sizeof",
        parameters: ["cdecl"],
        required: 1,
    };
    let [cdecl] = arguments.bind(&SIGNATURE)?;
    let cdecl = SIGNATURE.require(0, cdecl)?;
    if let Some(cdata) = CData::from_object(cdecl) {
        return int::from_usize(cdata.byte_size()?);
    }
    let ctype = this.type_to_measure(cdecl, "'cdata' or 'ctype'")?;
    match ctype.size()? {
        Some(size) => int::from_usize(size),
        None if this.mode == Mode::Compiled => Err(compiled::ffi_error(format_args!(
            "don't know the size of ctype '{}'",
            ctype.name()
        ))),
        None => Err(this
            .world
            .size_error(format_args!("ctype '{}' is of unknown size", ctype.name()))),
    }
}

fn method_alignof(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "alignof",
        parameters: ["cdecl"],
        required: 1,
    };
    let [cdecl] = arguments.bind(&SIGNATURE)?;
    let ctype = this.type_to_measure(SIGNATURE.require(0, cdecl)?, "'ctype'")?;
    int::from_usize(ctype.align()?)
}

fn method_offsetof(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "offsetof",
        parameters: ["cdecl"],
        required: 1,
    };
    if this.mode == Mode::Compiled && arguments.positional().len() < 2 {
        return Err(raise!(TypeError, "offsetof() expects at least 2 arguments"));
    }
    let ([cdecl], keys) = arguments.bind_with_rest(&SIGNATURE)?;
    let cdecl = SIGNATURE.require(0, cdecl)?;
    let ctype = this.type_argument(cdecl, FunctionTypes::Refused, "typeoffsetof")?;
    if keys.is_empty() {
        return Err(raise!(
            TypeError,
            "FFI._typeoffsetof() missing 1 required positional argument: 'field_or_index'"
        ));
    }
    let (_, offset) = addressing::path(&ctype, keys)?;
    int::from_isize(offset)
}

fn method_getctype(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = Signature {
        function: "getctype",
        parameters: ["cdecl", "replace_with"],
        required: 1,
    };
    let [cdecl, replace_with] = arguments.bind(&SIGNATURE)?;
    let cdecl = SIGNATURE.require(0, cdecl)?;
    let parsed = if cdecl.is_str() {
        Some(this.type_of_string(cdecl, FunctionTypes::Refused)?)
    } else {
        None
    };
    let insert = match (this.mode, replace_with) {
        (_, None) => "",
        (Mode::Inline, Some(insert)) => declarator(insert)?,
        (Mode::Compiled, Some(insert)) => stripped(arguments::text("getctype", 2, insert)?),
    };
    let ctype = match parsed {
        Some(ctype) => ctype,
        None => this.type_argument(cdecl, FunctionTypes::Refused, "getcname")?,
    };
    // A name after a name needs a space; a pointer to an array needs parentheses (C11 6.7.6).
    let parenthesised = insert.starts_with('*') && ctype.kind == Kind::Array;
    let spaced = !parenthesised && !insert.is_empty() && !insert.starts_with(['[', '(']);
    let inserted = match (parenthesised, spaced) {
        (true, _) => format!("({insert})"),
        (_, true) => format!(" {insert}"),
        _ => insert.to_owned(),
    };
    text::from_str(&ctype.name_with(&inserted))
}

/// Without white space around it, as `str.strip()` has it.
fn stripped(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\x1c'..='\x1f').contains(&c))
}

/// The text that goes where a declarator goes, without white space around it.
fn declarator(object: Borrowed<'_>) -> PyResult<&str> {
    if object.is_str() {
        return Ok(stripped(arguments::text("getcname", 2, object)?));
    }
    if object.is_bytes() || object.is_bytearray() {
        return Err(raise!(
            TypeError,
            "startswith first arg must be bytes or a tuple of bytes, not str"
        ));
    }
    Err(raise!(
        AttributeError,
        "'{}' object has no attribute 'strip'",
        object.type_name()
    ))
}

fn method_string(_: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = Signature {
        function: "string",
        parameters: ["cdata", "maxlen"],
        required: 1,
    };
    let [cdata, max_length] = arguments.bind(&SIGNATURE)?;
    let cdata = ops::expect_cdata(SIGNATURE.require(0, cdata)?, "string")?;
    strings::string(cdata, max_length.map_or(Ok(-1), arguments::size)?)
}

fn method_unpack(_: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = Signature {
        function: "unpack",
        parameters: ["cdata", "length"],
        required: 2,
    };
    let [cdata, length] = arguments.bind(&SIGNATURE)?;
    let cdata = ops::expect_cdata(SIGNATURE.require(0, cdata)?, "unpack")?;
    strings::unpack(cdata, arguments::size(SIGNATURE.require(1, length)?)?)
}

fn method_from_buffer(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<3> = Signature {
        function: "from_buffer",
        parameters: ["cdecl", "python_buffer", "require_writable"],
        required: 1,
    };
    let [first, second, writable] = arguments.bind(&SIGNATURE)?;
    let first = SIGNATURE.require(0, first)?;
    // One argument alone is the buffer.
    let (ctype, buffer) = match second {
        Some(buffer) => {
            let ctype = this.type_argument(first, FunctionTypes::Refused, "")?;
            (ctype, buffer)
        }
        None => (primitive::char_array()?, first),
    };
    let access = match writable.map_or(Ok(0), arguments::int)? {
        0 => Access::Read,
        _ => Access::Write,
    };
    memory::from_buffer(&ctype, buffer, access)
}

fn method_memmove(_: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<3> = Signature {
        function: "memmove",
        parameters: ["dest", "src", "n"],
        required: 3,
    };
    let [destination, source, size] = arguments.bind(&SIGNATURE)?;
    memory::memmove(
        SIGNATURE.require(0, destination)?,
        SIGNATURE.require(1, source)?,
        arguments::size(SIGNATURE.require(2, size)?)?,
    )?;
    Ok(Owned::none())
}

fn method_gc(_: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<3> = Signature {
        function: "gc",
        parameters: ["cdata", "destructor", "size"],
        required: 2,
    };
    let [cdata, destructor, size] = arguments.bind(&SIGNATURE)?;
    let object = SIGNATURE.require(0, cdata)?;
    gc_with(object, SIGNATURE.require(1, destructor)?, size)
}

/// `gc(cdata, destructor, size)`
pub fn gc_with(
    object: Borrowed<'_>,
    destructor: Borrowed<'_>,
    size: Option<Borrowed<'_>>,
) -> PyResult<Owned> {
    let cdata = ops::expect_cdata(object, "gc")?;
    // The hint has no use with CPython's reference counting, but must be a number.
    size.map_or(Ok(0), arguments::size)?;
    if destructor.is_none() {
        if gc::cancel(cdata) {
            return Ok(Owned::none());
        }
        return Err(raise!(
            TypeError,
            "Can remove destructor only on a object previously returned by ffi.gc()"
        ));
    }
    let length = if cdata.ctype().kind == Kind::Array {
        cdata.array_length()
    } else {
        -1
    };
    let made = gc::new_gcp(
        cdata.ctype().clone(),
        cdata.data(),
        length,
        object,
        Some(destructor),
    )?;
    Ok(made.into_owned())
}

fn method_release(_: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "release",
        parameters: ["x"],
        required: 1,
    };
    let [cdata] = arguments.bind(&SIGNATURE)?;
    cdata::release(expect_any_cdata(SIGNATURE.require(0, cdata)?)?)?;
    Ok(Owned::none())
}

/// The argument as a cdata, in the words of functions that take nothing else.
fn expect_any_cdata(object: Borrowed<'_>) -> PyResult<&CData> {
    CData::from_object(object).ok_or_else(|| raise!(TypeError, "expected a 'cdata' object"))
}

fn method_addressof(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "addressof",
        parameters: ["cdata"],
        required: 1,
    };
    if this.mode == Mode::Compiled && arguments.positional().is_empty() {
        return Err(raise!(TypeError, "addressof() expects at least 1 argument"));
    }
    let ([target], keys) = arguments.bind_with_rest(&SIGNATURE)?;
    let target = SIGNATURE.require(0, target)?;
    if let Some(lib) = Lib::from_object(target) {
        return lib.address_of(keys);
    }
    if let Some(lib) = InlineLib::from_object(target) {
        return lib.address_of(keys);
    }
    let cdata = match CData::from_object(target) {
        Some(cdata) => cdata,
        None if this.mode == Mode::Compiled => {
            return Err(raise!(
                TypeError,
                "expected a cdata object, got '{}'",
                target.type_name()
            ));
        }
        None => expect_any_cdata(target)?,
    };
    if keys.is_empty() {
        match (cdata.ctype().kind, this.mode) {
            (Kind::Array | Kind::Struct | Kind::Union, _) => {}
            (Kind::Pointer, Mode::Inline) => return Err(raise!(TypeError, "addressof(pointer)")),
            (_, Mode::Inline) => {}
            (_, Mode::Compiled) => {
                return Err(raise!(
                    TypeError,
                    "expected a cdata struct/union/array object"
                ));
            }
        }
    }
    addressing::address_of(cdata, keys)
}

fn method_new_handle(_: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "new_handle",
        parameters: ["x"],
        required: 1,
    };
    let [object] = arguments.bind(&SIGNATURE)?;
    Ok(handle::new_handle(primitive::void_pointer()?, SIGNATURE.require(0, object)?)?.into_owned())
}

fn method_from_handle(_: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "from_handle",
        parameters: ["x"],
        required: 1,
    };
    let [cdata] = arguments.bind(&SIGNATURE)?;
    handle::from_handle(expect_any_cdata(SIGNATURE.require(0, cdata)?)?)
}

fn method_callback(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<4> = Signature {
        function: "callback",
        parameters: ["cdecl", "python_callable", "error", "onerror"],
        required: 1,
    };
    let [cdecl, function, error, onerror] = arguments.bind(&SIGNATURE)?;
    let cdecl = SIGNATURE.require(0, cdecl)?;
    let function = function.filter(|it| !it.is_none());
    let parsed = if cdecl.is_str() {
        Some(this.type_of_string(cdecl, FunctionTypes::AsPointer)?)
    } else {
        None
    };
    if let Some(function) = function.filter(|function| !function.is_callable()) {
        return Err(match this.mode {
            Mode::Inline => raise!(TypeError, "the 'python_callable' argument is not callable"),
            Mode::Compiled => raise!(
                TypeError,
                "expected a callable object, not {}",
                function.type_name()
            ),
        });
    }
    let ctype = match parsed {
        Some(ctype) => ctype,
        None => this.type_argument(cdecl, FunctionTypes::AsPointer, "callback")?,
    };
    let error = error.filter(|it| !it.is_none());
    let onerror = onerror.filter(|it| !it.is_none());
    match function {
        Some(function) => callback::new_callback(&ctype, function, error, onerror),
        None => callback::decorator(&ctype, error, onerror),
    }
}

fn method_new_allocator(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<3> = Signature {
        function: "new_allocator",
        parameters: ["alloc", "free", "should_clear_after_alloc"],
        required: 0,
    };
    let [alloc, free, clear] = arguments.bind(&SIGNATURE)?;
    let fill = match clear.map_or(Ok(1), arguments::int)? {
        0 => Fill::Nothing,
        _ => Fill::Zero,
    };
    allocator::new_allocator(this, alloc, free, fill)
}

fn method_init_once(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = Signature {
        function: "init_once",
        parameters: ["func", "tag"],
        required: 2,
    };
    let [function, tag] = arguments.bind(&SIGNATURE)?;
    once::init_once(
        this,
        SIGNATURE.require(0, function)?,
        SIGNATURE.require(1, tag)?,
    )
}
