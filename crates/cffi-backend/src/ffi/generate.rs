//! Generated modules: `cffi-codegen` over an FFI's declarations, for the build steps of `cffi.FFI`.
//!
//! Text is all that these methods give. Files, compilers and what `set_source()` was told are the Python package's business.

use cffi_codegen::{
    COptions, ErrorKind, GenerateError, Language, Purpose, Source, Word, c_module, python_module,
    type_words,
};
use cffi_model::declarations::{Declaration, IntegerOrigin};
use cffi_model::gil::KeepGil;
use cffi_python::arguments::{Arguments, Signature};
use cffi_python::{Borrowed, Owned, PyResult, Raised, int, object, raise, text};
use rustc_hash::FxHashSet;

use super::inline::raise_named;
use super::object::Ffi;
use crate::library::keep_gil;

/// `_generate_c(module_name, preamble, includes, embedding=None, verify=False, keep_gil=False)`: a list of pieces of text.
pub fn generate_c(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<6> = Signature {
        function: "generate_c",
        parameters: [
            "module_name",
            "preamble",
            "includes",
            "embedding",
            "verify",
            "keep_gil",
        ],
        required: 3,
    };
    let [name, preamble, includes, embedding, verify, gil] = arguments.bind(&SIGNATURE)?;
    let name = SIGNATURE.require(0, name)?.utf8()?;
    let options = COptions {
        preamble: SIGNATURE.require(1, preamble)?.utf8()?,
        embedding: match embedding.filter(|code| !code.is_none()) {
            Some(code) => Some(code.utf8()?),
            None => None,
        },
        purpose: match verify {
            Some(verify) if verify.is_true()? => Purpose::Verify,
            _ => Purpose::Import,
        },
    };
    let includes = strings(SIGNATURE.require(2, includes)?)?;
    let keep_gil = keep_gil::argument(gil)?;
    let mut pieces = Vec::new();
    let mut failure = None;
    // Nothing of the program runs here: strings are made, of which the collector knows nothing.
    with_source(this, name, &includes, |source| {
        let source = Source {
            keep_gil: &keep_gil,
            ..source
        };
        c_module(source, options, &mut |piece| match text::from_str(piece) {
            Ok(piece) => pieces.push(piece),
            Err(raised) => failure = Some(raised),
        })
    })?;
    if let Some(raised) = failure {
        return Err(raised);
    }
    let mut pieces = pieces.into_iter();
    object::new_list(pieces.len(), |_| {
        Ok(pieces.next().unwrap_or_else(Owned::none))
    })
}

/// `_generate_python(module_name, includes, keep_gil=False)`
pub fn generate_python(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<3> = Signature {
        function: "generate_python",
        parameters: ["module_name", "includes", "keep_gil"],
        required: 2,
    };
    let [name, includes, gil] = arguments.bind(&SIGNATURE)?;
    let name = SIGNATURE.require(0, name)?.utf8()?;
    let includes = strings(SIGNATURE.require(1, includes)?)?;
    let keep_gil = keep_gil::argument(gil)?;
    let generated = with_source(this, name, &includes, |source| {
        let source = Source {
            keep_gil: &keep_gil,
            ..source
        };
        python_module(source)
    })?;
    text::from_str(&generated)
}

/// `_type_words(module_name, target_is_python)`: the words as pairs of an opcode's number, or None, and an argument.
pub fn words(this: &Ffi, arguments: Arguments<'_>) -> PyResult<Owned> {
    const SIGNATURE: Signature<2> = Signature {
        function: "type_words",
        parameters: ["module_name", "target_is_python"],
        required: 2,
    };
    let [name, is_python] = arguments.bind(&SIGNATURE)?;
    let name = SIGNATURE.require(0, name)?.utf8()?;
    let language = if SIGNATURE.require(1, is_python)?.is_true()? {
        Language::Python
    } else {
        Language::C
    };
    let words = with_source(this, name, &[], |source| type_words(source, language))?;
    object::new_list(words.len(), |index| match words.get(index) {
        Some(word) => describe(word),
        None => Ok(Owned::none()),
    })
}

fn describe(word: &Word) -> PyResult<Owned> {
    let number = |opcode: cffi_wire::Opcode| int::from_i64(i64::from(opcode as u8));
    let pair = match word {
        Word::Type(op, _) | Word::Part(op) => {
            [number(op.opcode)?, int::from_i64(i64::from(op.argument))?]
        }
        Word::Length(length) => [Owned::none(), text::from_str(&length.to_string())?],
        Word::Measured(expression) => [Owned::none(), text::from_str(expression)?],
        Word::UnknownInteger(name) | Word::UnknownFloat(name) => {
            [number(cffi_wire::Opcode::Primitive)?, text::from_str(name)?]
        }
    };
    object::new_tuple(pair)
}

/// Generates something of an FFI's declarations.
pub fn with_source<R>(
    this: &Ffi,
    name: &str,
    includes: &[String],
    generate: impl FnOnce(Source<'_>) -> Result<R, GenerateError>,
) -> PyResult<R> {
    let inherited = inherited(this);
    this.world
        .read(|declarations| {
            generate(Source {
                name,
                declarations,
                includes,
                inherited: &inherited,
                keep_gil: KeepGil::NONE,
            })
        })
        .map_err(|error| raise_error(&error))
}

/// The constants of the FFIs that this one includes: their modules have them.
fn inherited(this: &Ffi) -> FxHashSet<String> {
    let mut names = FxHashSet::default();
    let mut number = 0;
    while let Some(other) = this.world.included(number) {
        number += 1;
        let Some(other) = Ffi::from_object(other.borrow()) else {
            continue;
        };
        other.world.read(|declarations| {
            for (key, declaration) in declarations.iter() {
                if let Declaration::Integer { origin, .. } | Declaration::Unknown { origin } =
                    declaration
                {
                    if *origin != IntegerOrigin::Enumerator {
                        names.insert(key.name.to_string());
                    }
                }
            }
        });
    }
    names
}

fn strings(list: Borrowed<'_>) -> PyResult<Vec<String>> {
    let iterator = list.iterate()?;
    let mut strings = Vec::new();
    while let Some(item) = iterator.borrow().next()? {
        strings.push(item.borrow().utf8()?.to_owned());
    }
    Ok(strings)
}

#[cold]
fn raise_error(error: &GenerateError) -> Raised {
    match error.kind {
        ErrorKind::NotImplemented => raise!(NotImplementedError, "{error}"),
        ErrorKind::Type => raise!(TypeError, "{error}"),
        ErrorKind::Overflow => raise!(OverflowError, "{error}"),
        ErrorKind::Verification => raise_named(c"VerificationError", format_args!("{error}")),
        ErrorKind::Missing => raise_named(c"VerificationMissing", format_args!("{error}")),
        ErrorKind::Ffi => raise_named(c"FFIError", format_args!("{error}")),
    }
}
