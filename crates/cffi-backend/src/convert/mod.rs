//! Values between C memory and Python objects, by ctype.
//!
//! `load` and `store` choose by kind; `integer`, `float`, `character`, `bits` do the scalars; `initializer` fills arrays and records;
//! `cast` is `ffi.cast`. Nothing here calls C functions or allocates cdata other than views and values.

pub mod bits;
pub mod cast;
pub mod character;
pub mod float;
pub mod initializer;
pub mod integer;
pub mod load;
pub mod store;

pub use load::load;
pub use store::store;
