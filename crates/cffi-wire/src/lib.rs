//! What a compiled module and the extension module agree on: opcodes, flags, tables and version numbers.
//!
//! Only the shapes are here. Who writes them is `cffi-codegen`, who reads them is `cffi-backend`.
#![forbid(unsafe_code)]

pub mod flags;
pub mod opcode;
pub mod tables;

pub use opcode::{Op, Opcode};

/// The version that a module names when it uses nothing beyond the first interface.
pub const VERSION_BASE: u32 = 0x2601;
/// A module that embeds Python.
pub const VERSION_EMBEDDED: u32 = 0x2701;
/// A module whose wrappers convert `char16_t` or `char32_t`: it needs the exports 26 and 27.
pub const VERSION_CHAR16_CHAR32: u32 = 0x2801;
/// The least and the greatest version that a runtime of this level loads.
pub const VERSIONS: std::ops::RangeInclusive<u32> = 0x2601..=0x28FF;

/// How many exports a module of [`VERSION_CHAR16_CHAR32`] or later has room for.
pub const EXPORTS: usize = 28;
