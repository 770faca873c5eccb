//! The plan of a function ctype: its call plan, and for each parameter how arguments become words.

use cffi_call::plan::{CallPlan, Few, Passing};
use cffi_call::{Shape, Signature};
use cffi_python::{PyResult, raise};

use super::restriction::restriction;
use super::shape::{Role, shape_of};
use crate::ctype::function::{DEFAULT_ABI, FunctionDetail, Variadic};
use crate::ctype::{CType, CTypeRef, Kind};

/// How calls of a signature are made.
pub struct Plan {
    /// Where arguments and result go.
    pub call: CallPlan,
    /// Whether calls need no image.
    pub few: Option<Few>,
    /// One for each argument; those of the variadic part too, for the plan of one variadic call.
    pub parameters: Vec<Parameter>,
    /// How the result becomes an object.
    pub result: Outcome,
    /// The error for those who keep to what libffi can pass; see [`super::restriction`].
    pub restriction: Option<Box<str>>,
}

/// How an argument is passed.
pub struct Parameter {
    /// What is tried first; the way of [`Shortcut::None`] does everything.
    pub shortcut: Shortcut,
    /// Whether it is a `void *`, to which all pointers convert (C11 6.3.2.3p1).
    pub takes_any_pointer: bool,
    /// The word of an argument that takes one; see [`Passing::Word`].
    pub word: u8,
    /// Its type.
    pub ctype: CTypeRef,
}

/// The usual conversions of arguments that take one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    /// An `int` object for a signed integer whose values begin with this many equal bits.
    Signed(u8),
    /// An `int` object for an unsigned integer with this many leading zeros.
    Unsigned(u8),
    /// A `float` object for a `double`.
    Double,
    /// A `float` object for a `float`.
    Float,
    /// `True`, `False`
    Bool,
    /// A cdata of the very type, an array of its items, or a `void *`; for a `void *` any pointer or array.
    Pointer,
    /// As `Pointer`, and `bytes`.
    BytePointer,
    /// Any other value of one word.
    None,
    /// More than a word.
    Large,
}

/// The usual conversions of results, from the words that registers hold: conventions leave the upper bits of such words undefined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// `None`
    Void,
    /// An `int` of a signed integer; so many bits of the word are not its own.
    Signed(u8),
    /// An `int` of an unsigned integer; so many bits of the word are not its own.
    Unsigned(u8),
    /// A `bool`.
    Bool,
    /// A `float` of a `double`.
    Double,
    /// A `float` of a `float`.
    Float,
    /// A cdata pointer.
    Pointer,
    /// Anything else.
    Other,
}

/// The bits of a word that a value of a type does not have.
fn unused_bits(ctype: &CType) -> u8 {
    u8::try_from(64 - 8 * ctype.raw_size().clamp(1, 8)).unwrap_or(0)
}

impl Parameter {
    fn new(ctype: &CTypeRef, passing: Option<&Passing>) -> Self {
        let unused_bits = unused_bits(ctype);
        let (shortcut, word) = match passing {
            Some(Passing::Word(word)) => {
                let takes_bytes = ctype.item().is_some_and(|item| {
                    item.kind == Kind::Void
                        || item.raw_size() == 1
                            && matches!(item.kind, Kind::Char | Kind::Signed | Kind::Unsigned)
                });
                let shortcut = match ctype.kind {
                    Kind::Signed => Shortcut::Signed(unused_bits),
                    Kind::Unsigned => Shortcut::Unsigned(unused_bits),
                    Kind::Float if ctype.raw_size() == 8 => Shortcut::Double,
                    Kind::Float => Shortcut::Float,
                    Kind::Bool => Shortcut::Bool,
                    Kind::Pointer if takes_bytes => Shortcut::BytePointer,
                    Kind::Pointer => Shortcut::Pointer,
                    _ => Shortcut::None,
                };
                (shortcut, *word)
            }
            _ => (Shortcut::Large, 0),
        };
        Self {
            shortcut,
            takes_any_pointer: ctype.is_void_pointer(),
            word,
            ctype: ctype.clone(),
        }
    }
}

impl Parameter {
    /// Whether it takes integers.
    pub fn is_integer(&self) -> bool {
        matches!(self.shortcut, Shortcut::Signed(_) | Shortcut::Unsigned(_))
    }
}

impl Plan {
    /// Whether functions whose wrapper is at hand are called by this plan: their values are all scalars and records, passed as every
    /// compiler passes them.
    pub fn suits_wrapped(&self, result: &CType) -> PyResult<bool> {
        if self.restriction.is_some() || !matches!(self.call, CallPlan::Words(_)) {
            return Ok(false);
        }
        for ctype in self.parameters.iter().map(|it| &*it.ctype).chain([result]) {
            if matches!(ctype.kind, Kind::LongDouble | Kind::Complex) || has_hidden_fields(ctype)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether a record may have fields that its declaration does not name. They decide about registers too.
fn has_hidden_fields(ctype: &CType) -> PyResult<bool> {
    if ctype.kind == Kind::Array {
        return ctype.item().map_or(Ok(false), has_hidden_fields);
    }
    if !ctype.kind.is_record() {
        return Ok(false);
    }
    let Some(layout) = ctype.layout()? else {
        return Ok(true);
    };
    if layout.partial {
        return Ok(true);
    }
    for (_, member, _) in &layout.members {
        if has_hidden_fields(member)? {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Outcome {
    fn new(result: &CType) -> Self {
        match (result.kind, result.raw_size()) {
            (Kind::Void, _) => Self::Void,
            (Kind::Signed, 1..=8) => Self::Signed(unused_bits(result)),
            (Kind::Unsigned, 1..=8) => Self::Unsigned(unused_bits(result)),
            (Kind::Bool, _) => Self::Bool,
            (Kind::Float, 8) => Self::Double,
            (Kind::Float, 4) => Self::Float,
            (Kind::Pointer | Kind::Function, _) => Self::Pointer,
            _ => Self::Other,
        }
    }
}

/// The signature of a function ctype, or the text of the error where values cannot be passed.
pub fn signature_of(
    parameters: &[CTypeRef],
    result: &CType,
    abi: i32,
    fixed: Option<usize>,
) -> PyResult<Result<Signature, String>> {
    let result = match shape_of(result, Role::Result)? {
        Ok(shape) => shape,
        Err(text) => return Ok(Err(text)),
    };
    let mut shapes = Vec::with_capacity(parameters.len());
    for parameter in parameters {
        match shape_of(parameter, Role::Argument)? {
            Ok(Shape::Void) => {
                return Ok(Err("an argument of type void".to_owned()));
            }
            Ok(shape) => shapes.push(shape),
            Err(text) => return Ok(Err(text)),
        }
    }
    let abi = if abi == DEFAULT_ABI {
        None
    } else {
        u32::try_from(abi).ok()
    };
    Ok(Ok(Signature {
        result,
        parameters: shapes,
        fixed,
        abi,
    }))
}

/// Compiles a plan.
pub fn compile(
    parameters: &[CTypeRef],
    result: &CType,
    abi: i32,
    fixed: Option<usize>,
) -> PyResult<Result<Plan, String>> {
    let signature = match signature_of(parameters, result, abi, fixed)? {
        Ok(signature) => signature,
        Err(text) => return Ok(Err(text)),
    };
    let restriction = restriction(parameters, result)?;
    let call = match CallPlan::new(&signature) {
        Ok(call) => call,
        Err(error) => {
            let other = || format!("{}(*)(...): {error}", result.name());
            return Ok(Err(restriction.unwrap_or_else(other)));
        }
    };
    let passings = match &call {
        CallPlan::Words(words) => words.arguments.as_slice(),
        CallPlan::Libffi(_) => &[],
    };
    let parameters = parameters
        .iter()
        .enumerate()
        .map(|(index, ctype)| Parameter::new(ctype, passings.get(index)))
        .collect();
    let few = match &call {
        CallPlan::Words(words) => words.few(),
        CallPlan::Libffi(_) => None,
    };
    Ok(Ok(Plan {
        call,
        few,
        parameters,
        result: Outcome::new(result),
        restriction: restriction.map(String::into_boxed_str),
    }))
}

/// The plan of a function without a variadic part, compiled at the first call.
#[inline]
pub fn plan_of<'a>(detail: &'a FunctionDetail, result: &CType) -> PyResult<&'a Plan> {
    debug_assert_eq!(detail.variadic, Variadic::No);
    match detail.plan.get() {
        Some(Ok(plan)) => Ok(plan),
        _ => plan_slowly(detail, result),
    }
}

#[cold]
fn plan_slowly<'a>(detail: &'a FunctionDetail, result: &CType) -> PyResult<&'a Plan> {
    let compiled = match detail.plan.get() {
        Some(compiled) => compiled,
        None => {
            let compiled = compile(&detail.parameters, result, detail.abi, None)?;
            // Another thread may have been first, with the same plan.
            drop(detail.plan.set(compiled));
            match detail.plan.get() {
                Some(compiled) => compiled,
                None => return Err(raise!(SystemError, "a call plan is gone")),
            }
        }
    };
    match compiled {
        Ok(plan) => Ok(plan),
        Err(text) => Err(raise!(NotImplementedError, "{text}")),
    }
}
