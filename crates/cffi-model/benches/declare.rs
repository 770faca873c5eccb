//! Declaring texts of several sizes (parsing included), laying out all records of each, and naming types afterwards.

#![expect(missing_docs, reason = "criterion's macros make public items")]

use std::hint::black_box;

use cffi_model::declarations::CdefOptions;
use cffi_model::types::RecordId;
use cffi_model::{Declarations, Target};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

#[path = "../../../benches/rust/input.rs"]
mod input;

fn declare(text: &str) -> Declarations {
    let mut declarations = Declarations::new(Target::X86_64_LINUX);
    let result = declarations.cdef(text, &CdefOptions::default());
    assert!(
        result.is_ok(),
        "{}",
        result.err().map_or(String::new(), |it| it.to_string())
    );
    declarations
}

/// The records that have members.
fn complete_records(declarations: &Declarations) -> Vec<RecordId> {
    (0..)
        .map_while(|index| declarations.types().record_at(index))
        .filter(|(_, record)| record.body.is_some())
        .map(|(id, _)| id)
        .collect()
}

fn cdef(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("declare");
    for input in input::inputs() {
        group.throughput(Throughput::Bytes(input.text.len() as u64));
        group.bench_function(input.name, |bencher| {
            bencher.iter_with_large_drop(|| declare(black_box(&input.text)));
        });
    }
    group.finish();
}

fn layout(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("lay out all records");
    for input in input::inputs() {
        let records = complete_records(&declare(&input.text));
        group.throughput(Throughput::Elements(records.len() as u64));
        group.bench_function(input.name, |bencher| {
            bencher.iter_batched_ref(
                // Layouts are kept: new declarations each time.
                || declare(&input.text),
                |declarations| {
                    for id in &records {
                        assert!(declarations.record_layout(*id).is_ok());
                    }
                },
                BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

fn naming(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("name a type after");
    for input in input::inputs() {
        let mut declarations = declare(&input.text);
        group.bench_function(input.name, |bencher| {
            bencher.iter(|| {
                declarations
                    .parse_type(black_box("const char *(*)[7]"))
                    .is_ok()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, cdef, layout, naming);
criterion_main!(benches);
