//! The methods that are about libraries and modules: opening them, what they declare, what Python defines for them.

use cffi_model::declarations::Declaration;
use cffi_python::arguments::{self, Arguments, Signature};
use cffi_python::{Owned, PyResult, int, raise};

use super::object::{Ffi, Mode};
use super::realize;
use crate::compiled::extern_python;
use crate::compiled::globals;
use crate::compiled::library::{self, Lib};
use crate::library::keep_gil;

pub(super) fn list_types(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<0> = Signature {
        function: "list_types",
        parameters: [],
        required: 0,
    };
    arguments.bind(&SIGNATURE)?;
    match this.compiled() {
        Some(module) => module.list_types(),
        None => this.world.list_types(),
    }
}

pub(super) fn dlopen(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<3> = Signature {
        function: "dlopen",
        parameters: ["libpath", "flags", "keep_gil"],
        required: 0,
    };
    let [name, flags, gil] = arguments.bind(&SIGNATURE)?;
    let flags = flags.map_or(Ok(0), arguments::int)?;
    let name = name.filter(|name| !name.is_none());
    library::open(this, name, flags, keep_gil::argument(gil)?)
}

pub(super) fn dlclose(_: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "dlclose",
        parameters: ["lib"],
        required: 1,
    };
    let [lib] = arguments.bind(&SIGNATURE)?;
    let lib = SIGNATURE.require(0, lib)?;
    let Some(lib) = Lib::from_object(lib) else {
        return Err(arguments::wrong_type(
            "dlclose",
            1,
            "_cffi_backend.Lib",
            lib,
        ));
    };
    lib.close().map(|()| Owned::none())
}

pub(super) fn def_extern(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<3> = Signature {
        function: "def_extern",
        parameters: ["name", "error", "onerror"],
        required: 0,
    };
    let [name, error, onerror] = arguments.bind(&SIGNATURE)?;
    if this.mode == Mode::Inline {
        return Err(raise!(
            ValueError,
            "ffi.def_extern() is only available on API-mode FFI objects"
        ));
    }
    extern_python::decorator(this, name, error, onerror)
}

pub(super) fn integer_const(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<1> = Signature {
        function: "integer_const",
        parameters: ["name"],
        required: 1,
    };
    let [name] = arguments.bind(&SIGNATURE)?;
    let name = arguments::text("integer_const", 1, SIGNATURE.require(0, name)?)?;
    let found = match this.mode {
        Mode::Compiled => globals::integer_constant(this, name, 0)?,
        Mode::Inline => match realize::declared(this, name) {
            Some(Declaration::Integer { value, .. }) => Some(int::from_i128(value)?),
            _ => None,
        },
    };
    found.ok_or_else(|| raise!(AttributeError, "integer constant '{name}' not found"))
}
