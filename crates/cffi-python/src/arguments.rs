//! Arguments of functions with the `METH_FASTCALL | METH_KEYWORDS` convention: which parameter each one is for, and the conversions that
//! `PyArg_Parse*` does.
//!
//! Programs know the errors of functions that are written in Python, and of functions that are written in C with one of CPython's older
//! conventions. A [`Convention`] says in whose words a table of functions rejects arguments.

use std::ffi::{c_int, c_long};

use pyo3_ffi as ffi;

use crate::error::{PyResult, Raised, check};
use crate::reference::{Borrowed, Owned};
use crate::{object, raise};

/// The parameters of a function of `N` parameters, the first `required` of which have no default.
pub struct Signature<const N: usize> {
    /// For messages. Empty where messages name no function.
    pub function: &'static str,
    /// In order; all can be given by position or by name.
    pub parameters: [&'static str; N],
    /// How many must be given.
    pub required: usize,
}

/// How functions take arguments, and in which words they reject them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A method written in Python; `self` is counted.
    Method,
    /// A function written in Python.
    Function,
    /// `METH_VARARGS | METH_KEYWORDS` with `PyArg_ParseTupleAndKeywords`. That function converts one argument after the other, so a wrong
    /// one is found before a missing later one: use [`Signature::require`] for each in turn.
    Keywords,
    /// `METH_VARARGS` with `PyArg_ParseTuple`: no keywords.
    Tuple,
    /// `METH_NOARGS` and `METH_O`: no keywords and a fixed number.
    Fixed,
}

/// What the functions of a table have in common.
#[derive(Debug)]
pub struct Convention {
    /// The class or module, for messages.
    pub owner: &'static str,
    /// How arguments are taken.
    pub style: Style,
}

/// The arguments of one call, as the interpreter passes them.
#[derive(Clone, Copy)]
pub struct Arguments<'a> {
    convention: &'static Convention,
    positional: &'a [Borrowed<'a>],
    keyword_values: &'a [Borrowed<'a>],
    keyword_names: Option<Borrowed<'a>>,
}

/// The arguments of one call as `tp_init` receives them.
pub struct KeywordCall<'a> {
    values: Vec<Borrowed<'a>>,
    positional: usize,
    names: Owned,
}

impl<'a> KeywordCall<'a> {
    /// Takes a tuple, and a dict of those given by name.
    pub fn new(arguments: Borrowed<'a>, keywords: Option<Borrowed<'a>>) -> PyResult<Self> {
        let positional = arguments.tuple_len();
        let mut values: Vec<_> = (0..positional)
            .filter_map(|index| arguments.tuple_item(index))
            .collect();
        let mut names = Vec::new();
        let mut position = 0;
        let (mut name, mut value) = (std::ptr::null_mut(), std::ptr::null_mut());
        if let Some(keywords) = keywords {
            // SAFETY: a dict of the interpreter's for this call, which keeps the objects; nobody changes it meanwhile.
            unsafe {
                while ffi::PyDict_Next(
                    keywords.as_ptr(),
                    &raw mut position,
                    &raw mut name,
                    &raw mut value,
                ) != 0
                {
                    names.push(Borrowed::from_ptr(name).to_owned());
                    values.push(Borrowed::from_ptr(value));
                }
            }
        }
        let names = object::new_tuple(names)?;
        Ok(Self {
            values,
            positional,
            names,
        })
    }

    /// The arguments for a function of this convention.
    #[must_use]
    pub fn arguments(&self, convention: &'static Convention) -> Arguments<'_> {
        let (positional, keyword_values) = self.values.split_at(self.positional);
        Arguments {
            convention,
            positional,
            keyword_values,
            keyword_names: Some(self.names.borrow()),
        }
    }
}

impl<'a> Arguments<'a> {
    /// Wraps what a `METH_FASTCALL | METH_KEYWORDS` function received.
    ///
    /// # Safety
    /// `arguments` points at `count` positional arguments, followed by one for each of the names in the tuple `names` (or NULL);
    /// all live for `'a`.
    #[inline]
    #[must_use]
    pub unsafe fn new(
        arguments: *const *mut ffi::PyObject,
        count: isize,
        names: *mut ffi::PyObject,
        convention: &'static Convention,
    ) -> Self {
        let count = count.unsigned_abs();
        // SAFETY: the caller's promise. `Borrowed` is a transparent non-null pointer, and arguments are never NULL.
        unsafe {
            let keyword_names = Borrowed::from_ptr_or_none(names);
            let keywords = keyword_names.map_or(0, Borrowed::tuple_len);
            let all: &[Borrowed<'a>] = if count + keywords == 0 {
                &[]
            } else {
                std::slice::from_raw_parts(arguments.cast(), count + keywords)
            };
            let (positional, keyword_values) = all.split_at_checked(count).unwrap_or((all, &[]));
            Self {
                convention,
                positional,
                keyword_values,
                keyword_names,
            }
        }
    }

    /// Arguments by position only.
    #[must_use]
    pub const fn by_position(
        positional: &'a [Borrowed<'a>],
        convention: &'static Convention,
    ) -> Self {
        Self {
            convention,
            positional,
            keyword_values: &[],
            keyword_names: None,
        }
    }

    /// The arguments given by position.
    #[must_use]
    pub const fn positional(&self) -> &'a [Borrowed<'a>] {
        self.positional
    }

    /// The names of the arguments given by name, with their values.
    pub fn keywords(&self) -> impl Iterator<Item = (Borrowed<'a>, Borrowed<'a>)> + '_ {
        self.keyword_values
            .iter()
            .enumerate()
            .filter_map(|(index, value)| {
                let name = self.keyword_names?.tuple_item(index)?;
                Some((name, *value))
            })
    }

    /// The arguments by parameter; `TypeError` in CPython's words when they do not match.
    #[inline]
    pub fn bind<const N: usize>(
        &self,
        signature: &Signature<N>,
    ) -> PyResult<[Option<Borrowed<'a>>; N]> {
        let mut bound = [None; N];
        for (place, value) in bound.iter_mut().zip(self.positional) {
            *place = Some(*value);
        }
        let callee = Callee {
            convention: self.convention,
            function: signature.function,
            parameters: &signature.parameters,
            required: signature.required,
        };
        if !self.keyword_values.is_empty() {
            self.bind_keywords(&callee, &mut bound)?;
        }
        if self.positional.len() > N {
            return Err(callee.wrong_count(self.positional.len(), self.keyword_values.len()));
        }
        if self.positional.len() < signature.required && self.convention.style != Style::Keywords {
            callee.check_missing(&bound, self.positional.len())?;
        }
        Ok(bound)
    }

    /// As [`bind`](Self::bind), for a function that takes any number of further arguments by position.
    #[inline]
    pub fn bind_with_rest<const N: usize>(
        &self,
        signature: &Signature<N>,
    ) -> PyResult<([Option<Borrowed<'a>>; N], &'a [Borrowed<'a>])> {
        let Some((head, rest)) = self.positional.split_first_chunk::<N>() else {
            return Ok((self.bind(signature)?, &[]));
        };
        if self.keyword_values.is_empty() {
            return Ok((head.map(Some), rest));
        }
        let bound = Self {
            positional: head,
            ..*self
        }
        .bind(signature)?;
        Ok((bound, rest))
    }

    fn bind_keywords(
        &self,
        callee: &Callee<'_>,
        bound: &mut [Option<Borrowed<'a>>],
    ) -> PyResult<()> {
        callee.check_keywords(self.positional.len(), self.keyword_values.len())?;
        for (name, value) in self.keywords() {
            let name = name.utf8()?;
            let position = callee
                .parameters
                .iter()
                .position(|parameter| *parameter == name);
            let Some((position, place)) =
                position.and_then(|position| Some((position, bound.get_mut(position)?)))
            else {
                return Err(callee.unknown_keyword(name));
            };
            if place.is_some() {
                return Err(callee.given_twice(name, position));
            }
            *place = Some(value);
        }
        Ok(())
    }
}

impl<const N: usize> Signature<N> {
    /// The argument for a parameter without a default, by its position.
    #[inline]
    pub fn require<'a>(
        &self,
        position: usize,
        argument: Option<Borrowed<'a>>,
    ) -> PyResult<Borrowed<'a>> {
        argument.ok_or_else(|| self.missing(position))
    }

    #[cold]
    fn missing(&self, position: usize) -> Raised {
        raise!(
            TypeError,
            "{} missing required argument '{}' (pos {})",
            parsed(self.function),
            self.parameters.get(position).unwrap_or(&""),
            position + 1
        )
    }
}

/// A function's name as `PyArg_Parse*` shows it.
fn parsed(function: &str) -> String {
    if function.is_empty() {
        "function".to_owned()
    } else {
        format!("{function}()")
    }
}

/// `s` of an English plural.
const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// What messages say about a function.
struct Callee<'s> {
    convention: &'static Convention,
    function: &'static str,
    parameters: &'s [&'static str],
    required: usize,
}

impl Callee<'_> {
    /// The name with the class or module in front.
    fn qualified(&self) -> String {
        format!("{}.{}()", self.convention.owner, self.function)
    }

    /// What is wrong about keyword arguments before their names are looked at.
    fn check_keywords(&self, positional: usize, keywords: usize) -> PyResult<()> {
        match self.convention.style {
            Style::Tuple => Err(raise!(
                TypeError,
                "{} takes no keyword arguments",
                parsed(self.function)
            )),
            Style::Fixed => Err(raise!(
                TypeError,
                "{} takes no keyword arguments",
                self.qualified()
            )),
            Style::Keywords if positional + keywords > self.parameters.len() => {
                Err(self.wrong_count(positional, keywords))
            }
            _ => Ok(()),
        }
    }

    #[cold]
    fn unknown_keyword(&self, name: &str) -> Raised {
        match self.convention.style {
            Style::Method | Style::Function => raise!(
                TypeError,
                "{} got an unexpected keyword argument '{name}'",
                self.qualified()
            ),
            _ => raise!(
                TypeError,
                "'{name}' is an invalid keyword argument for {}",
                parsed(self.function)
            ),
        }
    }

    #[cold]
    fn given_twice(&self, name: &str, position: usize) -> Raised {
        match self.convention.style {
            Style::Method | Style::Function => raise!(
                TypeError,
                "{} got multiple values for argument '{name}'",
                self.qualified()
            ),
            _ => raise!(
                TypeError,
                "argument for {} given by name ('{name}') and position ({})",
                parsed(self.function),
                position + 1
            ),
        }
    }

    /// Too many arguments, or of functions that count them first, too few.
    #[cold]
    fn wrong_count(&self, positional: usize, keywords: usize) -> Raised {
        let most = self.parameters.len();
        let given = positional + keywords;
        match self.convention.style {
            Style::Method | Style::Function => {
                let own = usize::from(self.convention.style == Style::Method);
                let (least, most, given) = (self.required + own, most + own, positional + own);
                let (takes, plural) = if least == most {
                    (most.to_string(), plural(most))
                } else {
                    (format!("from {least} to {most}"), "s")
                };
                let were = if given == 1 { "was" } else { "were" };
                raise!(
                    TypeError,
                    "{} takes {takes} positional argument{plural} but {given} {were} given",
                    self.qualified()
                )
            }
            Style::Keywords => raise!(
                TypeError,
                "{} takes at most {most} {}argument{} ({given} given)",
                parsed(self.function),
                if positional == 0 { "keyword " } else { "" },
                plural(most)
            ),
            Style::Tuple => {
                let (what, limit) = if self.required == most {
                    ("exactly", most)
                } else if given < self.required {
                    ("at least", self.required)
                } else {
                    ("at most", most)
                };
                raise!(
                    TypeError,
                    "{} takes {what} {limit} argument{} ({given} given)",
                    parsed(self.function),
                    plural(limit)
                )
            }
            Style::Fixed => {
                let takes = if most == 0 {
                    "no arguments"
                } else {
                    "exactly one argument"
                };
                raise!(
                    TypeError,
                    "{} takes {takes} ({given} given)",
                    self.qualified()
                )
            }
        }
    }

    #[cold]
    fn check_missing(&self, bound: &[Option<Borrowed<'_>>], positional: usize) -> PyResult<()> {
        let missing: Vec<String> = self
            .parameters
            .iter()
            .zip(bound)
            .take(self.required)
            .filter(|(_, value)| value.is_none())
            .map(|(parameter, _)| format!("'{parameter}'"))
            .collect();
        let list = match missing.as_slice() {
            [] => return Ok(()),
            _ if matches!(self.convention.style, Style::Tuple | Style::Fixed) => {
                return Err(self.wrong_count(positional, 0));
            }
            [one] => one.clone(),
            [one, other] => format!("{one} and {other}"),
            [others @ .., last] => format!("{}, and {last}", others.join(", ")),
        };
        Err(raise!(
            TypeError,
            "{} missing {} required positional argument{}: {list}",
            self.qualified(),
            missing.len(),
            plural(missing.len())
        ))
    }
}

/// "argument 1 must be X, not Y" of the function of this name; without a name where `PyArg_Parse*` was given none.
#[cold]
pub fn wrong_type(
    function: &str,
    position: usize,
    expected: &str,
    argument: Borrowed<'_>,
) -> Raised {
    let function = if function.is_empty() {
        String::new()
    } else {
        format!("{function}() ")
    };
    let given = if argument.is_none() {
        "None".to_owned()
    } else {
        argument.type_name()
    };
    raise!(
        TypeError,
        "{function}argument {position} must be {expected}, not {given}"
    )
}

/// A `str` without null characters.
pub fn text<'a>(function: &str, position: usize, argument: Borrowed<'a>) -> PyResult<&'a str> {
    if !argument.is_str() {
        return Err(wrong_type(function, position, "str", argument));
    }
    let text = argument.utf8()?;
    if text.contains('\0') {
        return Err(raise!(ValueError, "embedded null character"));
    }
    Ok(text)
}

/// An `int`, or something with `__index__`, as a size.
#[inline]
pub fn size(argument: Borrowed<'_>) -> PyResult<isize> {
    if argument.is_int() {
        // SAFETY: an int; -1 with an exception where it does not fit.
        let value = unsafe { ffi::PyLong_AsSsize_t(argument.as_ptr()) };
        if value == -1 {
            check()?;
        }
        return Ok(value);
    }
    size(argument.index()?.borrow())
}

/// An `int`, or something with `__index__`, as a C `long`.
pub fn long(argument: Borrowed<'_>) -> PyResult<c_long> {
    // SAFETY: a valid object; -1 with an exception where it is no integer or does not fit.
    let value = unsafe { ffi::PyLong_AsLong(argument.as_ptr()) };
    if value == -1 {
        check()?;
    }
    Ok(value)
}

/// An `int`, or something with `__index__`, as a C `int`.
pub fn int(argument: Borrowed<'_>) -> PyResult<c_int> {
    let value = long(argument)?;
    c_int::try_from(value).map_err(|_| {
        let (what, limit) = if value < 0 {
            ("less", "minimum")
        } else {
            ("greater", "maximum")
        };
        raise!(OverflowError, "signed integer is {what} than {limit}")
    })
}
