//! Function-pointer ctypes, interned by signature, with the call plan of their calls.

use cffi_python::bits::ToSigned;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use cffi_python::sync::Lock;
use cffi_python::{PyResult, raise};
use rustc_hash::FxHashMap;

use super::object::{CType, CTypeRef, Detail, Kind, NewCType};
use super::pointer::POINTER_SIZE;
use crate::call::plan::Plan;

/// The number of the default calling convention, as libffi counts (`FFI_DEFAULT_ABI` on this platform).
pub const DEFAULT_ABI: i32 = if cfg!(all(target_arch = "x86_64", not(windows))) {
    2
} else {
    1
};

/// Whether a function takes further arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variadic {
    /// `(int)`
    No,
    /// `(int, ...)`
    Yes,
}

/// What only functions have.
pub struct FunctionDetail {
    /// The parameters.
    pub parameters: Vec<CTypeRef>,
    /// Whether there are further ones.
    pub variadic: Variadic,
    /// The calling convention's number.
    pub abi: i32,
    /// How calls are made, compiled at the first one. The text of the error where they cannot be.
    pub plan: OnceLock<Result<Plan, String>>,
    /// Of a variadic function: the plans of recent calls.
    pub variadic_plans: Lock<Vec<Plan>>,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    result: usize,
    parameters: Vec<usize>,
    variadic: Variadic,
    abi: i32,
}

/// Pointer of an interned type, not owned; an entry is removed before its type is deallocated.
struct Entry(NonNull<CType>);

// SAFETY: only the address is sent; it is used with a thread state attached.
unsafe impl Send for Entry {}

static INTERNED: Mutex<Option<FxHashMap<Key, Entry>>> = Mutex::new(None);

fn interned() -> MutexGuard<'static, Option<FxHashMap<Key, Entry>>> {
    INTERNED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn key(result: &CType, parameters: &[CTypeRef], variadic: Variadic, abi: i32) -> Key {
    let address = |ctype: &CType| std::ptr::from_ref(ctype).addr();
    Key {
        result: address(result),
        parameters: parameters
            .iter()
            .map(|parameter| address(parameter))
            .collect(),
        variadic,
        abi,
    }
}

/// The type of a pointer to a function.
pub fn function(
    parameters: Vec<CTypeRef>,
    result: &CType,
    variadic: Variadic,
    abi: i32,
) -> PyResult<CTypeRef> {
    let key = key(result, &parameters, variadic, abi);
    // SAFETY: a type leaves the table first thing when it is deallocated (`forget_function`).
    let revive = |Entry(cached): &Entry| unsafe { CTypeRef::revive(*cached) };
    let cached = interned()
        .as_ref()
        .and_then(|table| revive(table.get(&key)?));
    if let Some(cached) = cached {
        return Ok(cached);
    }
    if !matches!(result.kind, Kind::Void)
        && (result.kind == Kind::Array || !result.is_being_completed() && result.size()?.is_none())
    {
        let name = result.name();
        return Err(if result.kind == Kind::Array {
            raise!(TypeError, "invalid result type: '{name}'")
        } else {
            raise!(TypeError, "result type '{name}' is not yet initialized")
        });
    }
    for parameter in &parameters {
        if matches!(parameter.kind, Kind::Void | Kind::Array) {
            return Err(raise!(
                TypeError,
                "ctype '{}' has incomplete type",
                parameter.name()
            ));
        }
    }
    let (name, name_position) = spell(&parameters, result, variadic, abi);
    let made = NewCType {
        kind: Kind::Function,
        size: POINTER_SIZE.to_signed(),
        align: align_of::<*const u8>().try_into().unwrap_or(u32::MAX),
        item: Some(result.to_ref()),
        length: -1,
        decayed: None,
        name: name.into(),
        name_position,
        detail: Detail::Function(Box::new(FunctionDetail {
            parameters,
            variadic,
            abi,
            plan: OnceLock::new(),
            variadic_plans: Lock::default(),
        })),
    }
    .build()?;
    let first = {
        let mut table = interned();
        let table = table.get_or_insert_default();
        let first = table.get(&key).and_then(revive);
        if first.is_none() {
            table.insert(key, Entry(NonNull::from(&*made)));
        }
        first
    };
    Ok(first.unwrap_or(made))
}

fn spell(parameters: &[CTypeRef], result: &CType, variadic: Variadic, abi: i32) -> (String, usize) {
    let (before, after) = result.name_parts();
    let mut text = String::from(before);
    text.push('(');
    if abi != DEFAULT_ABI {
        text.push_str("__stdcall ");
    }
    text.push('*');
    let position = text.len();
    text.push_str(")(");
    for (index, parameter) in parameters.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(parameter.name());
    }
    if variadic == Variadic::Yes {
        text.push_str(if parameters.is_empty() {
            "..."
        } else {
            ", ..."
        });
    }
    text.push(')');
    text.push_str(after);
    (text, position)
}

/// Removes a type from the table; called as it is deallocated.
pub(super) fn forget_function(ctype: &CType, result: &CType, detail: &FunctionDetail) {
    let key = key(result, &detail.parameters, detail.variadic, detail.abi);
    if let Some(table) = interned().as_mut() {
        if table
            .get(&key)
            .is_some_and(|entry| std::ptr::eq(entry.0.as_ptr(), ctype))
        {
            table.remove(&key);
        }
    }
}
