//! Calling a function pointer from Python.

use std::ffi::c_void;

use cffi_call::plan::{CallPlan, Passing, Returning, WordPlan};
use cffi_call::trampoline::{Image, Returned, WORDS};
use cffi_call::{errno, libffi};
use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::guard;
use cffi_python::{Borrowed, Owned, PyResult, Raised, int, raise, thread};
use smallvec::SmallVec;

use super::argument::{self, Temporaries};
use super::plan::{Plan, plan_of};
use super::variadic;
use crate::cdata::object::Fill;
use crate::cdata::{CData, owning};
use crate::convert::load;
use crate::ctype::function::Variadic;
use crate::ctype::{CType, Kind};

/// The vectorcall of cdata of function-pointer types.
pub unsafe extern "C" fn call_function(
    callable: *mut PyObject,
    arguments: *const *mut PyObject,
    flags: usize,
    names: *mut PyObject,
) -> *mut PyObject {
    guard(|| {
        // SAFETY: called by the interpreter with a cdata and `count` arguments; `Borrowed` is a transparent non-null pointer.
        let (function, arguments) = unsafe {
            let count = ffi::PyVectorcall_NARGS(flags).unsigned_abs();
            let arguments: &[Borrowed<'_>] = if count == 0 {
                &[]
            } else {
                std::slice::from_raw_parts(arguments.cast(), count)
            };
            (&*callable.cast::<CData>(), arguments)
        };
        // SAFETY: NULL or a tuple.
        if unsafe { Borrowed::from_ptr_or_none(names) }.is_some_and(|names| names.tuple_len() > 0) {
            return Err(raise!(
                TypeError,
                "a cdata function cannot be called with keyword arguments"
            ));
        }
        call_cdata(function, arguments)
    })
}

/// The vectorcall of all other cdata.
pub unsafe extern "C" fn not_callable(
    callable: *mut PyObject,
    _: *const *mut PyObject,
    _: usize,
    _: *mut PyObject,
) -> *mut PyObject {
    guard::<Owned>(|| {
        // SAFETY: called by the interpreter with a cdata.
        let cdata = unsafe { &*callable.cast::<CData>() };
        Err(raise!(
            TypeError,
            "cdata '{}' is not callable",
            cdata.ctype().name()
        ))
    })
}

#[inline]
fn call_cdata(function: &CData, arguments: &[Borrowed<'_>]) -> PyResult<Owned> {
    let ctype = function.ctype();
    let (Some(detail), Some(result)) = (ctype.as_function(), ctype.item()) else {
        return Err(raise!(
            TypeError,
            "cdata '{}' is not callable",
            ctype.name()
        ));
    };
    let address: *const c_void = function.data().cast_const().cast();
    if address.is_null() {
        return Err(raise!(
            RuntimeError,
            "cannot call null pointer pointer from cdata '{}'",
            ctype.name()
        ));
    }
    let expected = detail.parameters.len();
    if detail.variadic == Variadic::Yes {
        if arguments.len() < expected {
            return Err(wrong_count(ctype, "at least ", expected, arguments.len()));
        }
        return variadic::with_plan(detail, result, arguments, |plan| {
            // SAFETY: the program says that the pointer is a function of this type.
            unsafe { run(plan, result, address, arguments) }
        });
    }
    if arguments.len() != expected {
        return Err(wrong_count(ctype, "", expected, arguments.len()));
    }
    // SAFETY: as above.
    unsafe { run(plan_of(detail, result)?, result, address, arguments) }
}

#[cold]
fn wrong_count(ctype: &CType, least: &str, expected: usize, got: usize) -> Raised {
    raise!(
        TypeError,
        "'{}' expects {least}{expected} arguments, got {got}",
        ctype.name()
    )
}

/// Converts the arguments, calls, converts the result.
///
/// # Safety
/// `address` is a C function of the plan's signature; there is an argument for each parameter.
#[inline]
pub unsafe fn run(
    plan: &Plan,
    result: &CType,
    address: *const c_void,
    arguments: &[Borrowed<'_>],
) -> PyResult<Owned> {
    let mut temporaries = Temporaries::default();
    // SAFETY: the caller's promise.
    unsafe {
        match &plan.call {
            CallPlan::Words(words) => {
                run_words(plan, words, result, address, arguments, &mut temporaries)
            }
            CallPlan::Libffi(libffi) => {
                run_libffi(plan, libffi, result, address, arguments, &mut temporaries)
            }
        }
    }
}

/// # Safety
/// As [`run`].
#[inline]
unsafe fn run_words(
    plan: &Plan,
    words: &WordPlan,
    result: &CType,
    address: *const c_void,
    arguments: &[Borrowed<'_>],
    temporaries: &mut Temporaries,
) -> PyResult<Owned> {
    let mut image: Image = [0; WORDS];
    for ((parameter, passing), object) in
        plan.parameters.iter().zip(&words.arguments).zip(arguments)
    {
        if let Passing::Word(word) = passing {
            let value = argument::word(parameter, *object, temporaries)?;
            if let Some(place) = image.get_mut(usize::from(*word)) {
                *place = value;
            }
        } else {
            // SAFETY: the parameter's type goes with its passing.
            unsafe { large_argument(parameter, passing, *object, &mut image, temporaries)? }
        }
    }
    let mut memory = None;
    if let Returning::Indirect(word) = words.returning {
        let made = result_memory(result)?;
        if let Some(place) = image.get_mut(usize::from(word)) {
            *place = made.data().expose_provenance() as u64;
        }
        memory = Some(made);
    }
    // SAFETY: the caller's promise; the closure touches no Python object.
    let returned = unsafe { thread::detached(|| errno::around(|| words.call(address, &image))) };
    match &words.returning {
        Returning::Void => Ok(Owned::none()),
        Returning::Int => int_result(result, returned),
        Returning::Float => float_result(result, returned),
        Returning::Indirect(_) => match memory {
            Some(memory) => Ok(memory.into_owned()),
            None => Err(raise!(SystemError, "no memory for a result")),
        },
        Returning::Pieces(pieces) => {
            let made = result_memory(result)?;
            // SAFETY: fresh memory of the result's size.
            unsafe {
                WordPlan::collect(pieces, &returned, made.data());
                if result.kind.is_record() {
                    Ok(made.into_owned())
                } else {
                    load(result, made.data())
                }
            }
        }
    }
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a result narrower than its register is in the low bits, the others are unspecified"
)]
fn int_result(result: &CType, returned: Returned) -> PyResult<Owned> {
    let [mut bits, _] = returned.ints;
    match (result.kind, result.raw_size()) {
        (Kind::Signed, 4) => int::from_i64(i64::from(bits as i32)),
        (Kind::Signed, 8) => int::from_i64(bits as i64),
        // SAFETY: the scalar is in the low bytes of the word (little-endian targets only have such plans).
        _ => unsafe { load(result, (&raw mut bits).cast()) },
    }
}

#[inline]
fn float_result(result: &CType, returned: Returned) -> PyResult<Owned> {
    let [mut bits, ..] = returned.floats;
    if result.raw_size() == 8 {
        return int::from_f64(f64::from_bits(bits));
    }
    // SAFETY: a float in the low bytes of the word.
    unsafe { load(result, (&raw mut bits).cast()) }
}

/// Memory for a result that is no scalar: of a record the cdata that is returned.
fn result_memory(result: &CType) -> PyResult<crate::cdata::CDataRef> {
    let size = result.size()?.unwrap_or(0);
    owning::new_memory(result.to_ref(), size, -1, result.align()?, Fill::Zero)
}

/// # Safety
/// `passing` was made for a value of `parameter`.
#[cold]
unsafe fn large_argument(
    parameter: &CType,
    passing: &Passing,
    object: Borrowed<'_>,
    image: &mut Image,
    temporaries: &mut Temporaries,
) -> PyResult<()> {
    let size = parameter.size()?.unwrap_or(0);
    let same = CData::from_object(object)
        .filter(|cdata| std::ptr::eq(&raw const **cdata.ctype(), parameter));
    let data = match (same, passing) {
        // A record of the same type is read where it is.
        (Some(cdata), Passing::Pieces(_)) if parameter.kind.is_record() => cdata.data(),
        _ => {
            let copy = temporaries.allocate(size)?;
            // SAFETY: fresh memory of the value's size.
            unsafe { argument::value(parameter, object, copy, temporaries)? }
            copy
        }
    };
    match passing {
        Passing::Pieces(pieces) => {
            for piece in pieces {
                if let Some(place) = image.get_mut(usize::from(piece.word)) {
                    // SAFETY: the caller's promise.
                    *place = unsafe { piece.read(data) };
                }
            }
        }
        Passing::Reference(word) | Passing::Word(word) => {
            if let Some(place) = image.get_mut(usize::from(*word)) {
                *place = data.expose_provenance() as u64;
            }
        }
    }
    Ok(())
}

/// # Safety
/// As [`run`].
#[cold]
unsafe fn run_libffi(
    plan: &Plan,
    libffi: &libffi::LibffiPlan,
    result: &CType,
    address: *const c_void,
    arguments: &[Borrowed<'_>],
    temporaries: &mut Temporaries,
) -> PyResult<Owned> {
    let mut buffer: SmallVec<[u128; 16]> = SmallVec::from_elem(0, libffi.buffer_size.div_ceil(16));
    let buffer: *mut u8 = buffer.as_mut_ptr().cast();
    for ((parameter, offset), object) in plan.parameters.iter().zip(&libffi.offsets).zip(arguments)
    {
        // SAFETY: the buffer has room for the argument at its offset. Integers are stored in their natural size.
        unsafe { argument::value(parameter, *object, buffer.add(*offset), temporaries)? }
    }
    // SAFETY: the caller's promise; the closure touches no Python object.
    unsafe {
        let returned = thread::detached(|| errno::around(|| libffi.call(address, buffer)));
        match result.kind {
            Kind::Void => Ok(Owned::none()),
            Kind::Struct | Kind::Union => {
                let made = result_memory(result)?;
                let size = result.size()?.unwrap_or(0);
                std::ptr::copy_nonoverlapping(returned, made.data(), size);
                Ok(made.into_owned())
            }
            _ => load(result, returned),
        }
    }
}
