//! Calls of C functions of hundreds of signatures, through the trampolines and through libffi.

use crate::support::{Bench, Values, convert, random, source};
use cffi_call::libffi::LibffiPlan;
use cffi_call::plan::CallPlan;

/// How often each way was taken.
#[derive(Debug, Default)]
struct Taken {
    words: usize,
    libffi: usize,
    unsupported: usize,
}

/// Calls a case through a plan and compares what C saw and what came back.
fn check(bench: &mut Bench, number: usize, plan: &CallPlan) {
    let case = bench.cases[number].clone();
    bench.fill(&case, number);
    let signature = bench.signature(&case);
    let function = bench.library.symbol(&format!("f{number}"));
    let mut result = Values::new();
    let arguments: Vec<_> = signature
        .parameters
        .iter()
        .enumerate()
        .map(|(i, shape)| (shape.clone(), bench.inputs.slot(i + 1)))
        .collect();
    let room = (&signature.result, result.slot(0));
    // SAFETY: the plan was made for the signature of the function; slots have room for every type.
    unsafe {
        match plan {
            CallPlan::Words(plan) => convert::call_words(plan, function, &arguments, room),
            CallPlan::Libffi(plan) => convert::call_libffi(plan, function, &arguments, room),
        }
    }
    for (slot, shape) in bench.slots(&case) {
        let (gave, got) = match slot {
            0 => (&bench.inputs.0[0], &result.0[0]),
            _ => (&bench.inputs.0[slot], &bench.outputs.0[slot]),
        };
        let (gave, got) = (&gave[..shape.size()], &got[..shape.size()]);
        let spelled = bench.spell(&case);
        assert!(
            random::same(&shape, gave, got),
            "#{number} {spelled}, slot {slot}\ngave {gave:?}\ngot  {got:?}"
        );
    }
}

/// Runs all cases, each in both ways where both exist.
fn run(mut bench: Bench) -> Taken {
    let mut taken = Taken::default();
    for number in 0..bench.cases.len() {
        let case = bench.cases[number].clone();
        let signature = bench.signature(&case);
        match CallPlan::new(&signature) {
            Ok(plan) => {
                match plan {
                    CallPlan::Words(_) => taken.words += 1,
                    CallPlan::Libffi(_) => taken.libffi += 1,
                }
                check(&mut bench, number, &plan);
            }
            Err(error) => {
                assert!(!bench.is_portable(&case), "{}: {error}", bench.spell(&case));
                taken.unsupported += 1;
            }
        }
        match LibffiPlan::new(&signature) {
            Ok(plan) => check(&mut bench, number, &CallPlan::Libffi(plan)),
            Err(error) => assert!(!bench.is_portable(&case), "{}: {error}", bench.spell(&case)),
        }
    }
    println!("{} signatures: {taken:?}", bench.cases.len());
    taken
}

#[test]
fn every_type_everywhere() {
    let taken = run(Bench::new("calls", |types| source::cases(types, 400)));
    assert!(taken.words > 900, "{taken:?}");
}

#[test]
fn variadic_calls() {
    let taken = run(Bench::new("variadic", |types| {
        source::variadic_cases(types, 200)
    }));
    assert!(taken.words > 150, "{taken:?}");
}
