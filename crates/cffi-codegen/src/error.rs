//! Why a module cannot be generated, with the texts that programs match on.

use std::fmt;

/// Why a module cannot be generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerateError {
    /// Which exception it becomes.
    pub kind: ErrorKind,
    /// The whole text.
    pub text: String,
}

/// The exceptions that an error becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `cffi.VerificationError`
    Verification,
    /// `cffi.VerificationMissing`
    Missing,
    /// `cffi.FFIError`
    Ffi,
    /// `NotImplementedError`
    NotImplemented,
    /// `TypeError`
    Type,
    /// `OverflowError`
    Overflow,
}

/// What a function of this crate gives.
pub type Generated<T> = Result<T, GenerateError>;

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for GenerateError {}

/// Where in C code a type is needed.
#[derive(Clone, Copy, Debug)]
pub enum Context<'a> {
    /// Anywhere else.
    File,
    /// In the argument of a function.
    Argument(&'a str),
    /// In the result of a function.
    Result(&'a str),
    /// In a field.
    Field(&'a str),
}

impl fmt::Display for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("a C file"),
            Self::Argument(function) => write!(f, "argument of {function}"),
            Self::Result(function) => write!(f, "result of {function}"),
            Self::Field(field) => write!(f, "field '{field}'"),
        }
    }
}

impl GenerateError {
    fn new(kind: ErrorKind, text: String) -> Self {
        Self { kind, text }
    }

    /// With the declaration that it was found in.
    #[must_use]
    pub fn within(self, declaration: &str) -> Self {
        Self::new(self.kind, format!("{declaration}: {}", self.text))
    }

    pub(crate) fn not_in_verify(feature: &str) -> Self {
        let text = format!(
            "feature not supported with ffi.verify(), but only with ffi.set_source(): '{feature}'"
        );
        Self::new(ErrorKind::Verification, text)
    }

    pub(crate) fn unnamed_type(spelling: &str, context: Context<'_>) -> Self {
        let text = format!("cannot generate '{spelling}' in {context}: unknown type name");
        Self::new(ErrorKind::Verification, text)
    }

    pub(crate) fn unknown_length(spelling: &str) -> Self {
        let text = format!(
            "type <{spelling}> badly placed: the '...' array length can only be used on global arrays or on fields of structures"
        );
        Self::new(ErrorKind::Verification, text)
    }

    pub(crate) fn not_a_function(name: &str) -> Self {
        let text = format!("keep_gil: '{name}' is not a declared function");
        Self::new(ErrorKind::Verification, text)
    }

    pub(crate) fn duplicate(name: &str) -> Self {
        let text = format!("duplicate declaration of const '{name}'");
        Self::new(ErrorKind::Verification, text)
    }

    pub(crate) fn opaque_field(record: &str, field: &str) -> Self {
        let text =
            format!("field '{record}.{field}' is of an opaque type (not declared in cdef())");
        Self::new(ErrorKind::Type, text)
    }

    pub(crate) fn opaque_result(spelling: &str) -> Self {
        let text = format!("'{spelling}' is used as result type, but is opaque");
        Self::new(ErrorKind::Type, text)
    }

    pub(crate) fn pack(record: &str, pack: u32) -> Self {
        let text = format!(
            "<{record}> is declared with 'pack={pack}'; only 0 or 1 are supported in API mode (try to use \"...;\", which does not require a 'pack' declaration)"
        );
        Self::new(ErrorKind::NotImplemented, text)
    }

    pub(crate) fn alignment(record: &str) -> Self {
        let text = format!(
            "'{record}' asks for an alignment or for a layout that a Python module cannot say: use the in-line mode or the API mode"
        );
        Self::new(ErrorKind::NotImplemented, text)
    }

    pub(crate) fn partial_without_name(record: &str) -> Self {
        let text = format!("'{record}' is partial but has no C name");
        Self::new(ErrorKind::NotImplemented, text)
    }

    pub(crate) fn partial_enum(spelling: &str) -> Self {
        Self::new(ErrorKind::Missing, spelling.to_owned())
    }

    pub(crate) fn unsupported_type(spelling: &str) -> Self {
        let text = format!(
            "Unsupported type: '{spelling}'.  Please look at http://cffi.readthedocs.io/en/latest/cdef.html#ffi-cdef-limitations and file an issue if you think this type should really be supported."
        );
        Self::new(ErrorKind::Ffi, text)
    }

    pub(crate) fn not_for_python(expression: &str) -> Self {
        let text = format!("cannot emit to Python: '{expression}'");
        Self::new(ErrorKind::Verification, text)
    }

    pub(crate) fn renamed(name: &str, symbol: &str) -> Self {
        let text = format!(
            "cannot emit to Python: '{name}' has another name in the library, '{symbol}' by its asm label"
        );
        Self::new(ErrorKind::Verification, text)
    }

    pub(crate) fn array_too_long(length: u64) -> Self {
        let text = format!("cannot emit '{length}': limited to 2**31-1");
        Self::new(ErrorKind::Overflow, text)
    }

    pub(crate) fn extern_python_abi_mode() -> Self {
        let text = "cannot use 'extern \"Python\"' in the ABI mode".to_owned();
        Self::new(ErrorKind::Verification, text)
    }

    pub(crate) fn extern_python_variadic() -> Self {
        let text = "a vararg function is extern \"Python\"".to_owned();
        Self::new(ErrorKind::NotImplemented, text)
    }

    pub(crate) fn extern_python_complex() -> Self {
        let text =
            "an extern \"Python\" function can take 'double _Complex' only as its last argument"
                .to_owned();
        Self::new(ErrorKind::NotImplemented, text)
    }

    pub(crate) fn unknown_macro_abi_mode(name: &str) -> Self {
        let text =
            format!("cannot use the syntax '...' in '#define {name} ...' when using the ABI mode");
        Self::new(ErrorKind::Verification, text)
    }

    pub(crate) fn too_many() -> Self {
        let text = "more declarations than the tables of a module can count".to_owned();
        Self::new(ErrorKind::Overflow, text)
    }
}
