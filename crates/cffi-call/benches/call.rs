//! Call plans: making them, and calling by them, in each of the ways that a call can take. Without Python: no arguments are converted.

#![expect(missing_docs, reason = "criterion's macros make public items")]

use std::ffi::c_void;
use std::hint::black_box;
use std::mem::transmute;
use std::sync::Arc;

use cffi_call::closure::Closure;
use cffi_call::errno;
use cffi_call::libffi::LibffiPlan;
use cffi_call::plan::CallPlan;
use cffi_call::trampoline::{Image, call_ints};
use cffi_call::{RecordShape, Shape, Signature, Signedness};
use criterion::{Criterion, criterion_group, criterion_main};

const INT: Shape = Shape::Int(4, Signedness::Signed);
const LONG: Shape = Shape::Int(8, Signedness::Signed);

extern "C" fn add(a: i32, b: i32) -> i32 {
    a.wrapping_add(b)
}

fn signature(result: Shape, parameters: &[Shape]) -> Signature {
    Signature {
        result,
        parameters: parameters.to_vec(),
        fixed: None,
        abi: None,
    }
}

/// `struct { double x, y; }`
fn vector() -> Shape {
    Shape::Record(Arc::new(RecordShape {
        size: 16,
        align: 8,
        leaves: vec![(0, Shape::Double), (8, Shape::Double)],
        plain: true,
    }))
}

fn signatures() -> [(&'static str, Signature); 5] {
    [
        ("int(int, int)", signature(INT, &[INT, INT])),
        (
            "double(double x 3)",
            signature(Shape::Double, &[const { Shape::Double }; 3]),
        ),
        ("long(long x 6)", signature(LONG, &[const { LONG }; 6])),
        ("long(long x 12)", signature(LONG, &[const { LONG }; 12])),
        (
            "double(struct vec, struct vec)",
            signature(Shape::Double, &[vector(), vector()]),
        ),
    ]
}

fn plans(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("make a plan");
    for (name, signature) in signatures() {
        group.bench_function(name, |bencher| {
            bencher.iter(|| CallPlan::new(black_box(&signature)).is_ok());
        });
        group.bench_function(format!("{name}, libffi"), |bencher| {
            bencher.iter(|| CallPlan::portable(black_box(&signature)).is_ok());
        });
    }
    group.finish();
}

fn calls(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("call int(int, int)");
    let function = add as *const c_void;
    let signature = signature(INT, &[INT, INT]);
    group.bench_function("registers, no image", |bencher| {
        bencher.iter(|| {
            // SAFETY: `add` takes two integer words.
            unsafe { call_ints::<2>(black_box(function), black_box([3, 4])) }
        });
    });
    if let Ok(CallPlan::Words(plan)) = CallPlan::new(&signature) {
        group.bench_function("an image", |bencher| {
            bencher.iter(|| {
                let mut image = Image::new();
                image.clear(plan.load);
                image.set(0, black_box(3));
                image.set(1, black_box(4));
                // SAFETY: the plan is `add`'s, and the image is cleared for it.
                unsafe { plan.call_scalar(black_box(function), &image) }
            });
        });
    }
    if let Ok(plan) = LibffiPlan::new(&signature) {
        // 16 bytes aligned, and more of them than a call of two ints needs.
        let mut buffer = [0u128; 8];
        assert!(plan.buffer_size <= size_of_val(&buffer));
        group.bench_function("libffi", |bencher| {
            bencher.iter(|| {
                // SAFETY: the plan is `add`'s; the arguments are zeros that lie in the buffer.
                unsafe { plan.call(black_box(function), buffer.as_mut_ptr().cast()) }
            });
        });
    }
    group.bench_function("errno kept around nothing", |bencher| {
        bencher.iter(|| errno::around(|| black_box(7)));
    });
    group.finish();
}

fn closures(criterion: &mut Criterion) {
    /// `int(int)`: what it was given.
    unsafe fn same(_data: *mut c_void, arguments: *const *mut u8, result: *mut u8) {
        // SAFETY: one `int` comes and one goes.
        unsafe {
            let value = (*arguments).cast::<i32>().read();
            result.cast::<i32>().write(value);
        }
    }
    let mut group = criterion.benchmark_group("closure int(int)");
    let signature = signature(INT, &[INT]);
    let null = std::ptr::null_mut();
    group.bench_function("made", |bencher| {
        // SAFETY: `same` copes with any data.
        bencher.iter(|| unsafe { Closure::new(black_box(&signature), same, null) }.is_ok());
    });
    // SAFETY: as above.
    let made = unsafe {
        [
            ("called", Closure::new(&signature, same, null)),
            ("called, libffi", Closure::portable(&signature, same, null)),
        ]
    };
    for (name, closure) in &made {
        let Ok(closure) = closure else { continue };
        // SAFETY: the closure is of this type.
        let function =
            unsafe { transmute::<*const c_void, extern "C" fn(i32) -> i32>(closure.code()) };
        group.bench_function(*name, |bencher| bencher.iter(|| function(black_box(7))));
    }
    group.finish();
}

criterion_group!(benches, plans, calls, closures);
criterion_main!(benches);
