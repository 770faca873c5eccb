//! A thin layer over the CPython C API: references, raising, type specs, buffers, thread states.
//!
//! Everything here assumes an attached thread state (with a GIL: that the GIL is held). [`Owned`] and [`Borrowed`] are
//! neither `Send` nor `Sync` and come only from slots and functions that the interpreter calls, which is how
//! that stays true; [`thread::detached`] is the one place that gives the state up.
//! It knows nothing of C types.

pub mod arguments;
pub mod bits;
pub mod buffer;
pub mod error;
pub mod finalization;
pub mod int;
pub mod object;
pub mod reference;
pub mod slot;
pub mod sync;
pub mod text;
pub mod thread;
pub mod typespec;
pub mod version;

pub use error::{PyResult, Raised};
pub use pyo3_ffi as ffi;
pub use reference::{Borrowed, Owned};
