//! What becomes of Python's global interpreter lock while a C function runs. Where Python has no such lock, read: thread state.

use rustc_hash::FxHashSet;

/// What becomes of the GIL while a function runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gil {
    /// It is released: other threads go on, and the function may wait for them.
    #[default]
    Released,
    /// It is kept: for short functions that wait for nothing.
    Kept,
}

/// Which functions of a library or module keep the GIL, beside those that are declared with `__attribute__((cffi_keep_gil))`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeepGil {
    /// All of them.
    All,
    /// These.
    Named(FxHashSet<String>),
}

impl KeepGil {
    /// No others.
    pub const NONE: &'static Self = &Self::Named(FxHashSet::with_hasher(rustc_hash::FxBuildHasher));

    /// What becomes of the GIL in a function that was declared so.
    #[must_use]
    pub fn of_function(&self, name: &str, declared: Gil) -> Gil {
        match self {
            Self::All => Gil::Kept,
            Self::Named(names) if names.contains(name) => Gil::Kept,
            Self::Named(_) => declared,
        }
    }

    /// The first of the names, in alphabetical order, that is not the name of a function.
    #[must_use]
    pub fn unknown(&self, is_function: impl Fn(&str) -> bool) -> Option<&str> {
        match self {
            Self::All => None,
            Self::Named(names) => names
                .iter()
                .map(String::as_str)
                .filter(|name| !is_function(name))
                .min(),
        }
    }
}
