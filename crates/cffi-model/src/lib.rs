//! C types, their layout, and the declarations of an FFI.
//!
//! Trees of `cffi-syntax` come in; interned types, constants and names come out, for any [`target::Target`]. There is no Python here,
//! no I/O, and nothing depends on what this is compiled for.
#![forbid(unsafe_code)]

pub mod declarations;
pub mod defaults;
pub mod error;
pub mod gil;
pub mod layout;
pub mod primitive;
pub mod spelling;
pub mod table;
pub mod target;
pub mod tree;
pub mod types;

mod constant;
mod lower;

pub use declarations::Declarations;
pub use error::{CdefError, ErrorKind};
pub use target::Target;
