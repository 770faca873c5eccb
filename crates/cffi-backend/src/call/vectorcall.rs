//! Calling a function pointer from Python.

use std::ffi::c_void;

use cffi_call::plan::{CallPlan, Few, Passing, Returning, WordPlan};
use cffi_call::trampoline::{self, Image};
use cffi_call::{errno, libffi};
use cffi_model::gil::Gil;
use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::guard;
use cffi_python::{Borrowed, Owned, PyResult, Raised, int, raise, thread};
use smallvec::SmallVec;

use super::argument::{self, Room, Temporaries};
use super::plan::{Outcome, Plan, Shortcut, plan_of};
use super::variadic;
use super::word::{
    any_shortcut, float_result, float_shortcut, scalar_result, shortcut, signed_result,
    unsigned_result,
};
use crate::cdata::object::Fill;
use crate::cdata::{CData, owning};
use crate::convert::load;
use crate::ctype::function::Variadic;
use crate::ctype::{CType, Kind};

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    /// A function of a library: whatever the convention can pass.
    Library,
    /// A pointer that the program made: what libffi can pass.
    Pointer,
}

macro_rules! vectorcalls {
    ($($(#[$doc:meta])* $name:ident<$library:literal, $kept:literal>;)*) => {
        $($(#[$doc])*
        pub unsafe extern "C" fn $name(
            callable: *mut PyObject,
            arguments: *const *mut PyObject,
            flags: usize,
            names: *mut PyObject,
        ) -> *mut PyObject {
            // SAFETY: as this function is called.
            unsafe { enter::<$library, $kept>(callable, arguments, flags, names) }
        })*
    };
}

vectorcalls! {
    /// The vectorcall of cdata of function-pointer types.
    call_pointer<false, false>;
    /// The vectorcall of pointers to functions that keep the GIL.
    call_pointer_keeping_gil<false, true>;
    /// The vectorcall of functions of libraries.
    call_function<true, false>;
    /// The vectorcall of functions of libraries that keep the GIL.
    call_function_keeping_gil<true, true>;
}

/// A call of a function of a `LIBRARY`, or of a pointer that the program made; with the GIL `KEPT` or released.
///
/// # Safety
/// Called by the interpreter with a cdata and its arguments.
#[inline(always)]
unsafe fn enter<const LIBRARY: bool, const KEPT: bool>(
    callable: *mut PyObject,
    arguments: *const *mut PyObject,
    flags: usize,
    names: *mut PyObject,
) -> *mut PyObject {
    guard(|| {
        // SAFETY: the caller's promise; `Borrowed` is a transparent non-null pointer.
        let (function, arguments) = unsafe {
            let count = ffi::PyVectorcall_NARGS(flags).unsigned_abs();
            let arguments: &[Borrowed<'_>] = if count == 0 {
                &[]
            } else {
                std::slice::from_raw_parts(arguments.cast(), count)
            };
            (&*callable.cast::<CData>(), arguments)
        };
        let gil = if KEPT { Gil::Kept } else { Gil::Released };
        if names.is_null() {
            if let Some(made) = call_shortly::<LIBRARY>(function, arguments, gil)? {
                return Ok(made);
            }
        }
        // SAFETY: NULL or a tuple.
        let names = unsafe { Borrowed::from_ptr_or_none(names) };
        let caller = if LIBRARY {
            Caller::Library
        } else {
            Caller::Pointer
        };
        call_cdata(function, arguments, names, caller, gil)
    })
}

/// As [`call_cdata`], for calls of few words whose plan is there. There is no result, and no exception, if it cannot be done so.
#[inline(always)]
fn call_shortly<const LIBRARY: bool>(
    function: &CData,
    arguments: &[Borrowed<'_>],
    gil: Gil,
) -> PyResult<Option<Owned>> {
    let ctype = function.ctype();
    let address: *const c_void = function.data().cast_const().cast();
    let (Some(detail), Some(result)) = (ctype.as_function(), ctype.item()) else {
        return Ok(None);
    };
    let Some(Ok(plan)) = detail.plan.get() else {
        return Ok(None);
    };
    let may = LIBRARY || plan.restriction.is_none();
    match plan.few {
        Some(few) if may && !address.is_null() && arguments.len() == plan.parameters.len() => {
            // SAFETY: the program says that the pointer is a function of this type.
            unsafe { run_few_of(few, plan, result, address, arguments, gil) }
        }
        _ => Ok(None),
    }
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

/// Calls a cdata.
#[inline(never)]
fn call_cdata(
    function: &CData,
    arguments: &[Borrowed<'_>],
    names: Option<Borrowed<'_>>,
    caller: Caller,
    gil: Gil,
) -> PyResult<Owned> {
    if names.is_some_and(|names| names.tuple_len() > 0) {
        return Err(raise!(
            TypeError,
            "a cdata function cannot be called with keyword arguments"
        ));
    }
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
            allowed(plan)?;
            // SAFETY: the program says that the pointer is a function of this type.
            unsafe { run_any(plan, result, address, arguments, gil) }
        });
    }
    if arguments.len() != expected {
        return Err(wrong_count(ctype, "", expected, arguments.len()));
    }
    let plan = plan_of(detail, result)?;
    if caller == Caller::Pointer {
        allowed(plan)?;
    }
    // SAFETY: as above.
    unsafe { run_any(plan, result, address, arguments, gil) }
}

/// Refuses what only functions of libraries may do.
#[inline]
fn allowed(plan: &Plan) -> PyResult<()> {
    match &plan.restriction {
        None => Ok(()),
        Some(text) => Err(raise!(NotImplementedError, "{text}")),
    }
}

#[cold]
fn wrong_count(ctype: &CType, least: &str, expected: usize, got: usize) -> Raised {
    raise!(
        TypeError,
        "'{}' expects {least}{expected} arguments, got {got}",
        ctype.name()
    )
}

/// Converts the arguments, calls, converts the result, for every signature and every argument. It has much room on the stack for the
/// words of the call, which short calls do not pay for.
///
/// # Safety
/// `address` is a C function of the plan's signature; there is an argument for each parameter.
#[inline]
unsafe fn run_any(
    plan: &Plan,
    result: &CType,
    address: *const c_void,
    arguments: &[Borrowed<'_>],
    gil: Gil,
) -> PyResult<Owned> {
    let mut room = Room::new();
    let temporaries = Temporaries::new(&mut room);
    // SAFETY: the caller's promise.
    unsafe {
        match &plan.call {
            CallPlan::Words(words) => {
                let temporaries = &temporaries;
                run_words::<false>(plan, words, result, address, arguments, temporaries, gil)?
                    .ok_or_else(|| raise!(SystemError, "a call that was not made"))
            }
            CallPlan::Libffi(libffi) => {
                let temporaries = &temporaries;
                run_libffi(plan, libffi, result, address, arguments, temporaries, gil)
            }
        }
    }
}

/// As [`run_any`], but leaves it to others where an argument is not of the usual kind for its parameter, as a number that is not an
/// `int`, or does not fit. Then there is no call, and no exception.
///
/// # Safety
/// As [`run_any`].
#[inline]
pub unsafe fn run_usual(
    plan: &Plan,
    result: &CType,
    address: *const c_void,
    arguments: &[Borrowed<'_>],
    gil: Gil,
) -> PyResult<Option<Owned>> {
    let CallPlan::Words(words) = &plan.call else {
        return Ok(None);
    };
    let mut room = Room::new();
    let temporaries = Temporaries::new(&mut room);
    let temporaries = &temporaries;
    // SAFETY: the caller's promise.
    unsafe { run_words::<true>(plan, words, result, address, arguments, temporaries, gil) }
}

/// [`run_few`] for the number of arguments that there is.
///
/// # Safety
/// As [`run_any`].
#[inline(always)]
unsafe fn run_few_of(
    few: Few,
    plan: &Plan,
    result: &CType,
    address: *const c_void,
    arguments: &[Borrowed<'_>],
    gil: Gil,
) -> PyResult<Option<Owned>> {
    macro_rules! run {
        ($count:literal, $floats:literal) => {
            match arguments.first_chunk() {
                // SAFETY: the caller's promise.
                Some(arguments) => unsafe {
                    run_few::<$count, $floats>(plan, result, address, arguments, gil)
                },
                None => Ok(None),
            }
        };
    }
    match few {
        Few::Ints(0) => run!(0, false),
        Few::Ints(1) => run!(1, false),
        Few::Ints(2) => run!(2, false),
        Few::Ints(3) => run!(3, false),
        Few::Floats(1) => run!(1, true),
        Few::Floats(2) => run!(2, true),
        Few::Floats(3) => run!(3, true),
        _ => Ok(None),
    }
}

/// As [`run_usual`], for plans whose calls are [`Few::Ints`] of `N`, or with `FLOATS` [`Few::Floats`], and arguments that are all of the
/// very usual kinds.
///
/// # Safety
/// As [`run_any`].
#[inline(always)]
pub unsafe fn run_few<const N: usize, const FLOATS: bool>(
    plan: &Plan,
    result: &CType,
    address: *const c_void,
    arguments: &[Borrowed<'_>; N],
    gil: Gil,
) -> PyResult<Option<Owned>> {
    let Some(parameters) = plan.parameters.first_chunk::<N>() else {
        return Ok(None);
    };
    let mut values = [0_u64; N];
    for ((value, parameter), object) in values.iter_mut().zip(parameters).zip(arguments) {
        let word = if FLOATS {
            float_shortcut::<N>(parameter, *object)
        } else if N == 1 {
            // All of them in line, where they take no room from others.
            any_shortcut(parameter, *object)
        } else {
            shortcut(parameter, *object)
        };
        let Some(word) = word else {
            return Ok(None);
        };
        *value = word;
    }
    // SAFETY: the caller's promise; the closure touches no Python object.
    let word = unsafe {
        leave(gil, || {
            if FLOATS {
                trampoline::call_floats(address, values)
            } else {
                trampoline::call_ints(address, values)
            }
        })
    };
    match plan.result {
        // The commonest of all.
        Outcome::Signed(unused) if !FLOATS => signed_result(word, unused),
        Outcome::Void if !FLOATS => Ok(Owned::none()),
        Outcome::Unsigned(unused) if !FLOATS => unsigned_result(word, unused),
        Outcome::Double if FLOATS => int::from_f64(f64::from_bits(word)),
        Outcome::Float if FLOATS => float_result(word),
        other => scalar_result(other, result, word),
    }
    .map(Some)
}

/// # Safety
/// As [`run_any`], and with `USUAL` as [`run_usual`]. Without it there is a result.
#[inline]
unsafe fn run_words<const USUAL: bool>(
    plan: &Plan,
    words: &WordPlan,
    result: &CType,
    address: *const c_void,
    arguments: &[Borrowed<'_>],
    temporaries: &Temporaries<'_>,
    gil: Gil,
) -> PyResult<Option<Owned>> {
    let mut image = Image::new();
    image.clear(words.load);
    for (index, (parameter, object)) in plan.parameters.iter().zip(arguments).enumerate() {
        if parameter.shortcut == Shortcut::Large {
            if USUAL && !is_value_of(*object, &parameter.ctype) {
                return Ok(None);
            }
            if let Some(passing) = words.arguments.get(index) {
                let ctype = &parameter.ctype;
                // SAFETY: the parameter's type goes with its passing.
                unsafe { large_argument(ctype, passing, *object, &mut image, temporaries)? }
            }
            continue;
        }
        let value = match shortcut(parameter, *object) {
            Some(value) => value,
            None if USUAL && parameter.is_integer() => return Ok(None),
            None => argument::word(&parameter.ctype, *object, temporaries)?,
        };
        image.set(parameter.word, value);
    }
    let mut memory = None;
    if let Returning::Indirect(word) = words.returning {
        // The function writes all of it.
        let made = result_memory(result, Fill::Nothing)?;
        image.set(word, made.data().expose_provenance() as u64);
        memory = Some(made);
    }
    // SAFETY: the caller's promise; the closure touches no Python object.
    unsafe {
        if let Returning::Void | Returning::Int | Returning::Float = words.returning {
            let bits = leave(gil, || words.call_scalar(address, &image));
            return scalar_result(plan.result, result, bits).map(Some);
        }
        if let Some(memory) = memory {
            leave(gil, || words.call_scalar(address, &image));
            return Ok(Some(memory.into_owned()));
        }
        let returned = leave(gil, || words.call(address, &image));
        let made = match &words.returning {
            Returning::Pieces(pieces) => {
                let made = result_memory(result, Fill::Zero)?;
                WordPlan::collect(pieces, &returned, made.data());
                if result.kind.is_record() {
                    Ok(made.into_owned())
                } else {
                    load(result, made.data())
                }
            }
            _ => Err(raise!(SystemError, "no memory for a result")),
        };
        made.map(Some)
    }
}

/// Leaves Python for C: with the program's `errno`, and without the GIL if it is released.
///
/// # Safety
/// `call` touches no Python object.
#[inline(always)]
unsafe fn leave<R>(gil: Gil, call: impl FnOnce() -> R) -> R {
    match gil {
        // SAFETY: the caller's promise.
        Gil::Released => unsafe { thread::detached(|| errno::around(call)) },
        Gil::Kept => errno::around(call),
    }
}

/// Whether an object is a cdata of this very type.
fn is_value_of(object: Borrowed<'_>, ctype: &CType) -> bool {
    CData::from_object(object).is_some_and(|cdata| std::ptr::eq(&raw const **cdata.ctype(), ctype))
}

/// Memory for a result that is no scalar: of a record the cdata that is returned.
#[inline(always)]
fn result_memory(result: &CType, fill: Fill) -> PyResult<crate::cdata::CDataRef> {
    // There is no plan for a type that is not complete.
    let size = usize::try_from(result.raw_size()).unwrap_or(0);
    let align = result.raw_align() as usize;
    owning::new_record(result.to_ref(), size, align, fill)
}

/// # Safety
/// `passing` was made for a value of `parameter`.
unsafe fn large_argument(
    parameter: &CType,
    passing: &Passing,
    object: Borrowed<'_>,
    image: &mut Image,
    temporaries: &Temporaries<'_>,
) -> PyResult<()> {
    let same = CData::from_object(object)
        .filter(|cdata| std::ptr::eq(&raw const **cdata.ctype(), parameter));
    let data = match (same, passing) {
        // A record of the same type is read where it is.
        (Some(cdata), Passing::Pieces(_)) if parameter.kind.is_record() => cdata.data(),
        _ => {
            let copy = temporaries.allocate(parameter.size()?.unwrap_or(0))?;
            // SAFETY: fresh memory of the value's size.
            unsafe { argument::value(parameter, object, copy, temporaries)? }
            copy
        }
    };
    match passing {
        Passing::Pieces(pieces) => {
            for piece in pieces {
                // SAFETY: the caller's promise.
                image.set(piece.word, unsafe { piece.read(data) });
            }
        }
        Passing::Reference(word) | Passing::Word(word) => {
            image.set(*word, data.expose_provenance() as u64);
        }
    }
    Ok(())
}

/// # Safety
/// As [`run_any`].
#[cold]
unsafe fn run_libffi(
    plan: &Plan,
    libffi: &libffi::LibffiPlan,
    result: &CType,
    address: *const c_void,
    arguments: &[Borrowed<'_>],
    temporaries: &Temporaries<'_>,
    gil: Gil,
) -> PyResult<Owned> {
    let mut buffer: SmallVec<[u128; 16]> = SmallVec::from_elem(0, libffi.buffer_size.div_ceil(16));
    let buffer: *mut u8 = buffer.as_mut_ptr().cast();
    for ((parameter, offset), object) in plan.parameters.iter().zip(&libffi.offsets).zip(arguments)
    {
        // SAFETY: the buffer has room for the argument at its offset. Integers are stored in their natural size.
        unsafe { argument::value(&parameter.ctype, *object, buffer.add(*offset), temporaries)? }
    }
    // SAFETY: the caller's promise; the closure touches no Python object.
    unsafe {
        let returned = leave(gil, || libffi.call(address, buffer));
        match result.kind {
            Kind::Void => Ok(Owned::none()),
            Kind::Struct | Kind::Union => {
                let made = result_memory(result, Fill::Nothing)?;
                let size = result.size()?.unwrap_or(0);
                std::ptr::copy_nonoverlapping(returned, made.data(), size);
                Ok(made.into_owned())
            }
            _ => load(result, returned),
        }
    }
}
