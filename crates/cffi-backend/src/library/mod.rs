//! Libraries: `Lib`, what `ffi.dlopen()` returns, and `CLibrary` of the low-level interface.

pub mod clibrary;
pub mod handle;
pub mod object;
