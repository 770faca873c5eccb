//! Arguments of functions with the `METH_FASTCALL | METH_KEYWORDS` convention.

use pyo3_ffi as ffi;

use crate::error::PyResult;
use crate::raise;
use crate::reference::Borrowed;

/// The parameters of a function of `N` parameters, the first `required` of which have no default.
pub struct Signature<const N: usize> {
    /// For messages.
    pub function: &'static str,
    /// In order; all can be given by position or by name.
    pub parameters: [&'static str; N],
    /// How many must be given.
    pub required: usize,
}

/// The arguments of one call, as the interpreter passes them.
#[derive(Clone, Copy)]
pub struct Arguments<'a> {
    positional: &'a [Borrowed<'a>],
    keyword_values: &'a [Borrowed<'a>],
    keyword_names: Option<Borrowed<'a>>,
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
                positional,
                keyword_values,
                keyword_names,
            }
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
        if self.positional.len() > N {
            return Err(raise!(
                TypeError,
                "{}() takes at most {N} arguments ({} given)",
                signature.function,
                self.positional.len() + self.keyword_values.len()
            ));
        }
        for (place, value) in bound.iter_mut().zip(self.positional) {
            *place = Some(*value);
        }
        if self.keyword_names.is_some() {
            self.bind_keywords(signature, &mut bound)?;
        }
        for (index, parameter) in signature
            .parameters
            .iter()
            .enumerate()
            .take(signature.required)
        {
            if bound.get(index).is_none_or(Option::is_none) {
                return Err(raise!(
                    TypeError,
                    "{}() missing required argument '{parameter}' (pos {})",
                    signature.function,
                    index + 1
                ));
            }
        }
        Ok(bound)
    }

    fn bind_keywords<const N: usize>(
        &self,
        signature: &Signature<N>,
        bound: &mut [Option<Borrowed<'a>>; N],
    ) -> PyResult<()> {
        for (name, value) in self.keywords() {
            let name = name.utf8()?;
            let position = signature
                .parameters
                .iter()
                .position(|parameter| *parameter == name);
            let Some(place) = position.and_then(|position| bound.get_mut(position)) else {
                return Err(raise!(
                    TypeError,
                    "'{name}' is an invalid keyword argument for {}()",
                    signature.function
                ));
            };
            if place.is_some() {
                return Err(raise!(
                    TypeError,
                    "argument for {}() given by name ('{name}') and position",
                    signature.function
                ));
            }
            *place = Some(value);
        }
        Ok(())
    }
}
