//! What the tests of this crate share.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(unreachable_pub, reason = "a module of a test has no outside")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at what it does not expect"
)]

pub mod dump;

use std::path::{Path, PathBuf};

use cffi_syntax::TypeNames;

/// The names that CFFI knows from the start, as far as the fixtures use them.
pub struct CommonNames;

const NAMES: &[&str] = &[
    "FILE",
    "bool",
    "char16_t",
    "int16_t",
    "int32_t",
    "int64_t",
    "int8_t",
    "intptr_t",
    "ptrdiff_t",
    "size_t",
    "ssize_t",
    "uint16_t",
    "uint32_t",
    "uint64_t",
    "uint8_t",
    "uintptr_t",
    "wchar_t",
];

impl TypeNames for CommonNames {
    fn is_typedef_name(&self, name: &str) -> bool {
        NAMES.contains(&name)
    }

    fn known_names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(NAMES.iter().copied())
    }
}

/// The fixtures of a folder, in the order of their names.
pub fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(folder);
    let mut files: Vec<PathBuf> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}
