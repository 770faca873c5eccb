//! Calls in both directions: C functions from Python (`vectorcall`, `variadic`), Python functions from C (`callback`).
//!
//! `plan` compiles a signature of ctypes, `shape` tells the calling convention what a ctype is, `word` converts what fits a register and
//! `argument` all else that a C function takes, `file` makes `FILE *` of Python files.

pub mod argument;
pub mod callback;
pub mod file;
pub mod plan;
pub mod restriction;
pub mod shape;
pub mod variadic;
pub mod vectorcall;
mod word;
