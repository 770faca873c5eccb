//! `ffi.init_once()`: a function that is called once per tag, whatever threads ask for it.

use std::ffi::CStr;

use cffi_python::{Borrowed, Owned, PyResult, object, raise};

use super::object::Ffi;

/// In the dict a tag has a pair `(True, result)` once it is done, and before that `(False, lock)`.
fn state_of(pair: Borrowed<'_>) -> PyResult<(bool, Owned)> {
    match (pair.tuple_item(0), pair.tuple_item(1)) {
        (Some(done), Some(value)) => Ok((done.is_true()?, value.to_owned())),
        _ => Err(raise!(SystemError, "init_once state is damaged")),
    }
}

fn call_method(target: &Owned, name: &CStr) -> PyResult<Owned> {
    target.borrow().attribute(name)?.borrow().call(&[])
}

/// Releases the lock whatever happens.
struct Held(Owned);

impl Drop for Held {
    fn drop(&mut self) {
        let pending = cffi_python::error::fetch();
        if call_method(&self.0, c"release").is_err() {
            cffi_python::error::clear();
        }
        pending.restore();
    }
}

/// The result of `function()` for this tag. When the function raises, the next call tries again.
pub fn init_once(this: &Ffi, function: Borrowed<'_>, tag: Borrowed<'_>) -> PyResult<Owned> {
    let known = this.once.borrow();
    let lock = match known.dict_get(tag)? {
        Some(pair) => match state_of(pair.borrow())? {
            (true, result) => return Ok(result),
            (false, lock) => lock,
        },
        None => {
            let lock = object::import(c"_thread")?
                .borrow()
                .attribute(c"allocate_lock")?
                .borrow()
                .call(&[])?;
            let pair = object::new_tuple([Owned::bool(false), lock])?;
            // Another thread may have been quicker: `setdefault` gives everybody the same lock.
            let kept = known
                .attribute(c"setdefault")?
                .borrow()
                .call(&[tag, pair.borrow()])?;
            match state_of(kept.borrow())? {
                (true, result) => return Ok(result),
                (false, lock) => lock,
            }
        }
    };
    call_method(&lock, c"acquire")?;
    let _held = Held(lock);
    if let Some(pair) = known.dict_get(tag)? {
        if let (true, result) = state_of(pair.borrow())? {
            return Ok(result);
        }
    }
    let result = function.call(&[])?;
    let done = object::new_tuple([Owned::bool(true), result.clone()])?;
    known.dict_set(tag, done.borrow())?;
    Ok(result)
}
