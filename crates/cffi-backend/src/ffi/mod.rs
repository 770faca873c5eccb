//! `FFI` objects: type strings resolved against declarations, and all the methods of `ffi`.
//!
//! `object` is the data and how strings become ctypes; `class` the type; `methods` the methods that every FFI has, those about libraries in `libraries`; `inline` the FFI that `cdef()` feeds;
//! `realize` makes ctypes of the model's types; `describe` shows declarations to Python's introspection; `generate` writes modules.

pub mod allocator;
pub mod class;
pub mod describe;
pub mod generate;
pub mod inline;
pub mod inline_methods;
pub mod libraries;
pub mod methods;
pub mod object;
pub mod once;
pub mod realize;
