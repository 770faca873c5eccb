//! Calls between Rust and C functions of any signature: call plans, closures, `errno`, `dlopen`. Knows neither Python nor C names.
//!
//! A [`Signature`] is compiled once into a [`plan::CallPlan`]. Where the calling convention is one that we classify ourselves (System V
//! x86-64, AAPCS64), the arguments of a call are words of an [`trampoline::Image`] that one fixed trampoline loads into registers and
//! stack; everything else goes to libffi over a buffer of C values. Closures read the same plans backwards.

mod classify;
pub mod closure;
pub mod dlopen;
pub mod errno;
pub mod libffi;
pub mod long_double;
pub mod plan;
mod scalar;
pub mod shape;
mod thunk;
pub mod trampoline;

pub use scalar::Scalar;
pub use shape::{RecordShape, Shape, Signature, Signedness};
