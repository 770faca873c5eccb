//! ctype objects: one per C type, compared by identity.
//!
//! `object` is the data; the other modules make and complete each kind. Structural types (pointers, arrays, functions) are
//! interned by weak caches, so that unused ones go away.

pub mod array;
pub mod by_hand;
pub mod enumeration;
pub mod field;
pub mod function;
pub mod inspect;
pub mod object;
pub mod pointer;
pub mod primitive;
pub mod record;

pub use object::{CType, CTypeRef, Kind};
