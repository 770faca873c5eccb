//! Parsing: declarations of several sizes into a tree.

#![expect(missing_docs, reason = "criterion's macros make public items")]

use std::hint::black_box;

use cffi_syntax::{ParseOptions, SourceText, TypeNames, parse_translation_unit, parse_type_name};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[path = "../../../benches/rust/input.rs"]
mod input;

/// Those that a C parser in Python has to be told of, too.
struct Names;

impl TypeNames for Names {
    fn is_typedef_name(&self, name: &str) -> bool {
        matches!(name, "size_t" | "bool" | "wchar_t" | "record_0_t")
    }
}

fn texts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for input in input::inputs() {
        group.throughput(Throughput::Bytes(input.text.len() as u64));
        group.bench_function(input.name, |bencher| {
            bencher.iter(|| {
                let source = SourceText::new(black_box(&input.text));
                let parsed = parse_translation_unit(&source, &Names, &ParseOptions::default());
                assert!(!parsed.unit.items.is_empty());
            });
        });
    }
    group.finish();
}

fn type_names(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse a type name");
    for text in [
        "int",
        "record_0_t *",
        "int (*(*[5])(char, const record_0_t *))(void)",
    ] {
        group.bench_function(text, |bencher| {
            bencher.iter(|| parse_type_name(&SourceText::new(black_box(text)), &Names).is_ok());
        });
    }
    group.finish();
}

criterion_group!(benches, texts, type_names);
criterion_main!(benches);
