//! Generating: the C and the Python text of modules, from declarations of several sizes.

#![expect(missing_docs, reason = "criterion's macros make public items")]

use std::hint::black_box;

use cffi_codegen::{COptions, Purpose, Source, c_module, python_module};
use cffi_model::declarations::CdefOptions;
use cffi_model::{Declarations, Target};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rustc_hash::FxHashSet;

#[path = "../../../benches/rust/input.rs"]
mod input;

const C_OPTIONS: COptions<'_> = COptions {
    preamble: "",
    embedding: None,
    purpose: Purpose::Import,
};

fn generate(criterion: &mut Criterion) {
    let inherited = FxHashSet::default();
    for input in input::inputs() {
        let mut declarations = Declarations::new(Target::X86_64_LINUX);
        assert!(
            declarations
                .cdef(&input.text, &CdefOptions::default())
                .is_ok()
        );
        let source = Source {
            name: "package.module",
            declarations: &declarations,
            includes: &[],
            inherited: &inherited,
            keep_gil: cffi_model::gil::KeepGil::NONE,
        };
        let mut group = criterion.benchmark_group(format!("generate, {}", input.name));
        group.throughput(Throughput::Bytes(input.text.len() as u64));
        group.bench_function("C", |bencher| {
            bencher.iter(|| {
                let mut take = |piece: &str| {
                    black_box(piece);
                };
                c_module(black_box(source), C_OPTIONS, &mut take).is_ok()
            });
        });
        group.bench_function("Python", |bencher| {
            bencher.iter(|| python_module(black_box(source)).is_ok());
        });
        group.finish();
    }
}

criterion_group!(benches, generate);
criterion_main!(benches);
