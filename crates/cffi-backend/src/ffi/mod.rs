//! `FFI` objects: type strings resolved against declarations, and all the methods of `ffi`.
//!
//! `object` is the data and how strings become ctypes; `methods` the methods that every FFI has; `inline` the FFI that `cdef()` feeds;
//! `realize` makes ctypes of the model's types; `describe` shows declarations to Python's introspection; `generate` writes modules.

pub mod allocator;
pub mod describe;
pub mod generate;
pub mod inline;
pub mod inline_methods;
pub mod methods;
pub mod object;
pub mod once;
pub mod realize;
