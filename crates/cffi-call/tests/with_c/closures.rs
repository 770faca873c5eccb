//! Closures of hundreds of signatures, called from C.

use std::ffi::c_void;

use crate::support::{Bench, Values, random, source};
use cffi_call::closure::Closure;
use cffi_call::plan::Unsupported;
use cffi_call::{Shape, Signature};

/// What a closure's handler works on.
struct Target {
    /// The shapes of the arguments.
    parameters: Vec<Shape>,
    /// Where it keeps them: slot 0 stays free.
    seen: Box<Values>,
    /// What it answers.
    answer: Vec<u8>,
}

/// Keeps the arguments and answers.
unsafe fn handle(data: *mut c_void, arguments: *const *mut u8, result: *mut u8) {
    // SAFETY: the data is the `Target` of the closure; arguments and result are those of its signature.
    unsafe {
        let target = &mut *data.cast::<Target>();
        for (index, shape) in target.parameters.iter().enumerate() {
            let value = *arguments.add(index);
            target.seen.slot(index + 1).copy_from(value, shape.size());
        }
        result.copy_from(target.answer.as_ptr(), target.answer.len());
    }
}

/// How a closure is made.
type Make =
    unsafe fn(&Signature, cffi_call::closure::Handler, *mut c_void) -> Result<Closure, Unsupported>;

/// Calls a closure of a case from C and compares what it saw and what C got. Gives the number of closures made.
fn check(bench: &mut Bench, number: usize, make: Make) -> usize {
    let case = bench.cases[number].clone();
    bench.fill(&case, number);
    let signature = bench.signature(&case);
    let answer = bench.inputs.0[0][..signature.result.size()].to_vec();
    let mut target = Target {
        parameters: signature.parameters.clone(),
        seen: Values::new(),
        answer,
    };
    // SAFETY: the source declares it like this; the inputs are set.
    let call: unsafe extern "C" fn(*const c_void) =
        unsafe { bench.library.function(&format!("g{number}")) };
    // SAFETY: the target outlives the closure.
    let closure = match unsafe { make(&signature, handle, (&raw mut target).cast()) } {
        Ok(closure) => closure,
        Err(error) => {
            assert!(!bench.is_portable(&case), "{}: {error}", bench.spell(&case));
            return 0;
        }
    };
    // SAFETY: the closure is a function of the case's type.
    unsafe { call(closure.code()) };
    for (slot, shape) in bench.slots(&case) {
        let (gave, got) = match slot {
            0 => (&bench.inputs.0[0], &bench.outputs.0[0]),
            _ => (&bench.inputs.0[slot], &target.seen.0[slot]),
        };
        let (gave, got) = (&gave[..shape.size()], &got[..shape.size()]);
        let spelled = bench.spell(&case);
        assert!(
            random::same(&shape, gave, got),
            "#{number} {spelled}, slot {slot}\ngave {gave:?}\ngot  {got:?}"
        );
    }
    1
}

#[test]
fn every_type_everywhere() {
    let mut bench = Bench::new("closures", |types| source::cases(types, 400));
    let numbers = 0..bench.cases.len();
    let made: usize = numbers
        .clone()
        .map(|number| check(&mut bench, number, Closure::new))
        .sum();
    let portable: usize = numbers
        .map(|number| check(&mut bench, number, Closure::portable))
        .sum();
    println!(
        "{} signatures: {made} closures, {portable} through libffi alone",
        bench.cases.len()
    );
    assert!(made > 1000 && portable > 500);
}
