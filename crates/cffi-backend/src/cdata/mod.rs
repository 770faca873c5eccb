//! cdata objects: a C value or a place in memory, with its ctype.
//!
//! `object` is the base and how instances are allocated; `owning`, `gc`, `handle`, `from_buffer` are the kinds that keep something
//! alive; `access`, `compare`, `number`, `sequence`, `show` are what the slots do; `types` puts the slots together.

pub mod access;
pub mod arithmetic;
pub mod compare;
pub mod from_buffer;
pub mod gc;
pub mod handle;
pub mod iter;
pub mod object;
pub mod owning;
pub mod show;
pub mod slots;

pub use object::{CData, CDataRef};
