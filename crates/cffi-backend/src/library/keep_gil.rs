//! The argument `keep_gil` of `ffi.dlopen()` and `ffi.set_source()`.

use cffi_model::gil::KeepGil;
use cffi_python::{Borrowed, PyResult, raise};
use rustc_hash::FxHashSet;

/// `keep_gil=`: a bool for all functions, or their names.
pub fn argument(argument: Option<Borrowed<'_>>) -> PyResult<KeepGil> {
    let Some(argument) = argument.filter(|argument| !argument.is_none()) else {
        return Ok(KeepGil::NONE.clone());
    };
    if argument.is_bool() {
        return Ok(if argument.is_true()? {
            KeepGil::All
        } else {
            KeepGil::NONE.clone()
        });
    }
    if argument.is_str() {
        return Err(raise!(
            TypeError,
            "keep_gil must be a bool or a list of names, not 'str'"
        ));
    }
    let mut names = FxHashSet::default();
    let iterator = argument.iterate()?;
    while let Some(name) = iterator.borrow().next()? {
        let name = name.borrow();
        if !name.is_str() {
            return Err(raise!(
                TypeError,
                "keep_gil must be a bool or a list of names, not of '{}'",
                name.type_name()
            ));
        }
        names.insert(name.utf8()?.to_owned());
    }
    Ok(KeepGil::Named(names))
}

/// Refuses names of `keep_gil=` that stand for nothing.
pub fn check(keep_gil: &KeepGil, is_function: impl Fn(&str) -> bool) -> PyResult<()> {
    match keep_gil.unknown(is_function) {
        None => Ok(()),
        Some(name) => Err(raise!(
            ValueError,
            "keep_gil: '{name}' is not a declared function"
        )),
    }
}
