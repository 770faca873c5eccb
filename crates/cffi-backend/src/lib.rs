//! The extension module `_cffi_backend`: ctypes, cdata, calls, callbacks, `FFI` and library objects.
//!
//! The only crate that sees all the others. `module` puts everything together; `ctype` and `cdata` are the objects; `convert` moves values;
//! `call` calls in both directions; `ops` are the operations that `ffi` (the methods of `FFI`) and `lowlevel` (the functions of the
//! module) share; `library` are libraries.

mod buffer;
mod call;
mod cdata;
mod compiled;
mod convert;
mod ctype;
mod ffi;
mod library;
mod lowlevel;
mod module;
mod ops;
mod types;
