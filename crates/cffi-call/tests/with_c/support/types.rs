//! The C types of the tests: their definition in C next to their shape, written down independently of each other.

use std::sync::Arc;

use Shape::{ComplexDouble, ComplexFloat, Double, Float, LongDouble, Pointer};
use Signedness::{Signed, Unsigned};
use cffi_call::shape::MAX_LEAVES_SIZE;
use cffi_call::{RecordShape, Shape, Signedness};

/// A type that values can be passed as.
pub(crate) struct Type {
    /// Its name in the C source.
    pub(crate) name: String,
    /// Its definition: what stands in `typedef … name;`.
    pub(crate) definition: String,
    /// What we say that it is.
    pub(crate) shape: Shape,
    /// Whether libffi can be told of it.
    pub(crate) portable: Portable,
}

/// Whether libffi has a description of a type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Portable {
    /// It has.
    Yes,
    /// It has not: we classify it ourselves.
    No,
}

const I8: Shape = Shape::Int(1, Signed);
const U8: Shape = Shape::Int(1, Unsigned);
const I16: Shape = Shape::Int(2, Signed);
const U16: Shape = Shape::Int(2, Unsigned);
const I32: Shape = Shape::Int(4, Signed);
const U32: Shape = Shape::Int(4, Unsigned);
const I64: Shape = Shape::Int(8, Signed);
const U64: Shape = Shape::Int(8, Unsigned);

/// A member: offset, shape, number of items.
type Member = (usize, Shape, usize);

/// A bit-field: first bit, width.
type Bits = (usize, usize);

struct Table(Vec<Type>);

impl Table {
    fn scalar(&mut self, definition: &str, shape: Shape) {
        self.push(definition, shape, Portable::Yes);
    }

    fn plain(&mut self, definition: &str, size: usize, align: usize, members: &[Member]) -> Shape {
        self.record(definition, size, align, members, &[], Portable::Yes)
    }

    fn odd(
        &mut self,
        definition: &str,
        size: usize,
        align: usize,
        members: &[Member],
        bits: &[Bits],
    ) {
        self.record(definition, size, align, members, bits, Portable::No);
    }

    fn record(
        &mut self,
        definition: &str,
        size: usize,
        align: usize,
        members: &[Member],
        bits: &[Bits],
        portable: Portable,
    ) -> Shape {
        let plain = portable == Portable::Yes;
        let mut leaves = Vec::new();
        for (offset, shape, count) in members {
            for index in 0..*count {
                add_leaves(&mut leaves, offset + index * shape.size(), shape);
            }
        }
        for (first, width) in bits {
            leaves.extend((first / 8..(first + width).div_ceil(8)).map(|byte| (byte, U8)));
        }
        if size > MAX_LEAVES_SIZE {
            leaves.clear();
        }
        let shape = Shape::Record(Arc::new(RecordShape {
            size,
            align,
            leaves,
            plain,
        }));
        self.push(definition, shape.clone(), portable);
        shape
    }

    fn push(&mut self, definition: &str, shape: Shape, portable: Portable) {
        let name = format!("t{}", self.0.len());
        self.0.push(Type {
            name,
            definition: definition.to_owned(),
            shape,
            portable,
        });
    }
}

fn add_leaves(leaves: &mut Vec<(usize, Shape)>, offset: usize, shape: &Shape) {
    match shape {
        Shape::Record(record) => leaves.extend(
            record
                .leaves
                .iter()
                .map(|(inner, leaf)| (offset + inner, leaf.clone())),
        ),
        scalar => leaves.push((offset, scalar.clone())),
    }
}

/// All types.
pub(crate) fn types() -> Vec<Type> {
    let mut table = Table(Vec::new());
    scalars(&mut table);
    structs(&mut table);
    unions(&mut table);
    bit_fields(&mut table);
    attributes(&mut table);
    table.0
}

fn scalars(t: &mut Table) {
    t.scalar("signed char", I8);
    t.scalar("unsigned char", U8);
    t.scalar("short", I16);
    t.scalar("unsigned short", U16);
    t.scalar("int", I32);
    t.scalar("unsigned int", U32);
    t.scalar("long", I64);
    t.scalar("unsigned long", U64);
    t.scalar("float", Float);
    t.scalar("double", Double);
    t.scalar("long double", LongDouble);
    t.scalar("void *", Pointer);
    t.scalar("float _Complex", ComplexFloat);
    t.scalar("double _Complex", ComplexDouble);
}

fn structs(t: &mut Table) {
    t.plain("struct { signed char a; }", 1, 1, &[(0, I8, 1)]);
    t.plain(
        "struct { short a; char b; }",
        4,
        2,
        &[(0, I16, 1), (2, I8, 1)],
    );
    t.plain("struct { unsigned char a[3]; }", 3, 1, &[(0, U8, 3)]);
    t.plain("struct { char a[5]; }", 5, 1, &[(0, I8, 5)]);
    t.plain("struct { int a; }", 4, 4, &[(0, I32, 1)]);
    t.plain(
        "struct { int a; short b; }",
        8,
        4,
        &[(0, I32, 1), (4, I16, 1)],
    );
    let mixed = t.plain(
        "struct { int a; float b; }",
        8,
        4,
        &[(0, I32, 1), (4, Float, 1)],
    );
    t.plain("struct { float a; }", 4, 4, &[(0, Float, 1)]);
    let floats = t.plain("struct { float a, b; }", 8, 4, &[(0, Float, 2)]);
    t.plain("struct { double a; }", 8, 8, &[(0, Double, 1)]);
    t.plain("struct { void *a; }", 8, 8, &[(0, Pointer, 1)]);
    t.plain("struct { float a[3]; }", 12, 4, &[(0, Float, 3)]);
    t.plain("struct { int a, b, c; }", 12, 4, &[(0, I32, 3)]);
    t.plain("struct { short a[7]; }", 14, 2, &[(0, I16, 7)]);
    t.plain("struct { long a, b; }", 16, 8, &[(0, I64, 2)]);
    t.plain("struct { double a, b; }", 16, 8, &[(0, Double, 2)]);
    t.plain(
        "struct { long a; double b; }",
        16,
        8,
        &[(0, I64, 1), (8, Double, 1)],
    );
    t.plain(
        "struct { double a; long b; }",
        16,
        8,
        &[(0, Double, 1), (8, I64, 1)],
    );
    t.plain(
        "struct { float a; int b; double c; }",
        16,
        8,
        &[(0, Float, 1), (4, I32, 1), (8, Double, 1)],
    );
    t.plain(
        "struct { float a, b; int c; }",
        12,
        4,
        &[(0, Float, 2), (8, I32, 1)],
    );
    t.plain("struct { float a[4]; }", 16, 4, &[(0, Float, 4)]);
    t.plain(
        "struct { char a; double b; }",
        16,
        8,
        &[(0, I8, 1), (8, Double, 1)],
    );
    t.plain("struct { char a[16]; }", 16, 1, &[(0, I8, 16)]);
    t.plain("struct { char a[17]; }", 17, 1, &[(0, I8, 17)]);
    t.plain("struct { long a[3]; }", 24, 8, &[(0, U64, 3)]);
    t.plain("struct { double a[3]; }", 24, 8, &[(0, Double, 3)]);
    t.plain("struct { double a[4]; }", 32, 8, &[(0, Double, 4)]);
    t.plain("struct { float a[5]; }", 20, 4, &[(0, Float, 5)]);
    t.plain("struct { long a[5]; }", 40, 8, &[(0, I64, 5)]);
    t.plain("struct { char a[100]; }", 100, 1, &[(0, I8, 100)]);
    t.plain("struct { double a[40]; }", 320, 8, &[(0, Double, 40)]);
    t.plain(
        "struct { t20 a; t22 b; }",
        16,
        4,
        &[(0, mixed, 1), (8, floats.clone(), 1)],
    );
    t.plain("struct { t22 a[2]; }", 16, 4, &[(0, floats, 2)]);
    // In st(0) as a result, where libffi does not look.
    t.odd(
        "struct { long double a; }",
        16,
        16,
        &[(0, LongDouble, 1)],
        &[],
    );
    t.plain(
        "struct { long double a; int b; }",
        32,
        16,
        &[(0, LongDouble, 1), (16, I32, 1)],
    );
    t.plain(
        "struct { float _Complex a; }",
        8,
        4,
        &[(0, ComplexFloat, 1)],
    );
    t.plain(
        "struct { double _Complex a; }",
        16,
        8,
        &[(0, ComplexDouble, 1)],
    );
    t.plain(
        "struct { int a; float _Complex b; }",
        12,
        4,
        &[(0, I32, 1), (4, ComplexFloat, 1)],
    );
}

fn unions(t: &mut Table) {
    t.odd(
        "union { int a; float b; }",
        4,
        4,
        &[(0, I32, 1), (0, Float, 1)],
        &[],
    );
    t.odd(
        "union { float a; double b; }",
        8,
        8,
        &[(0, Float, 1), (0, Double, 1)],
        &[],
    );
    t.odd(
        "union { long a; double b; }",
        8,
        8,
        &[(0, I64, 1), (0, Double, 1)],
        &[],
    );
    t.odd(
        "union { float a; float b[3]; }",
        12,
        4,
        &[(0, Float, 1), (0, Float, 3)],
        &[],
    );
    t.odd(
        "union { double a[2]; double _Complex b; }",
        16,
        8,
        &[(0, Double, 2), (0, ComplexDouble, 1)],
        &[],
    );
    t.odd(
        "union { char a[12]; int b; }",
        12,
        4,
        &[(0, I8, 12), (0, I32, 1)],
        &[],
    );
    t.odd(
        "union { double a[2]; int b; }",
        16,
        8,
        &[(0, Double, 2), (0, I32, 1)],
        &[],
    );
    t.odd(
        "union { double a; long b[2]; }",
        16,
        8,
        &[(0, Double, 1), (0, I64, 2)],
        &[],
    );
    t.odd(
        "union { long double a; double b; }",
        16,
        16,
        &[(0, LongDouble, 1), (0, Double, 1)],
        &[],
    );
    t.odd(
        "union { long double a; char b[16]; }",
        16,
        16,
        &[(0, LongDouble, 1), (0, I8, 16)],
        &[],
    );
    t.odd(
        "union { char a[40]; double b; }",
        40,
        8,
        &[(0, I8, 40), (0, Double, 1)],
        &[],
    );
    t.odd(
        "struct { int a; union { int b; float c; }; }",
        8,
        4,
        &[(0, I32, 1), (4, I32, 1), (4, Float, 1)],
        &[],
    );
    t.odd(
        "struct { double a; union { float b; float c; }; }",
        16,
        8,
        &[(0, Double, 1), (8, Float, 1), (8, Float, 1)],
        &[],
    );
}

fn bit_fields(t: &mut Table) {
    t.odd("struct { int a : 3, b : 5; }", 4, 4, &[], &[(0, 3), (3, 5)]);
    t.odd(
        "struct { unsigned long a : 40, b : 24; }",
        8,
        8,
        &[],
        &[(0, 40), (40, 24)],
    );
    t.odd(
        "struct { int a : 24; float b; }",
        8,
        4,
        &[(4, Float, 1)],
        &[(0, 24)],
    );
    t.odd(
        "struct { float a; int b : 16; }",
        8,
        4,
        &[(0, Float, 1)],
        &[(32, 16)],
    );
    t.odd(
        "struct { double a; int b : 8; }",
        16,
        8,
        &[(0, Double, 1)],
        &[(64, 8)],
    );
    t.odd(
        "struct { char a; int : 0; int b : 8; double c; }",
        16,
        8,
        &[(0, I8, 1), (8, Double, 1)],
        &[(32, 8)],
    );
    t.odd(
        "struct { long a : 33; long b : 63; }",
        16,
        8,
        &[],
        &[(0, 33), (64, 63)],
    );
    t.odd(
        "union { int a : 8; float b; }",
        4,
        4,
        &[(0, Float, 1)],
        &[(0, 8)],
    );
    t.odd(
        "struct { long a[3]; int b : 8; }",
        32,
        8,
        &[(0, I64, 3)],
        &[(192, 8)],
    );
    t.odd(
        "struct __attribute__((packed)) { int a : 4; long b : 60; double c; }",
        16,
        1,
        &[(8, Double, 1)],
        &[(0, 4), (4, 60)],
    );
}

fn attributes(t: &mut Table) {
    t.odd("struct {}", 0, 1, &[], &[]);
    t.odd(
        "struct __attribute__((packed)) { char a; double b; }",
        9,
        1,
        &[(0, I8, 1), (1, Double, 1)],
        &[],
    );
    t.odd(
        "struct __attribute__((packed)) { double a; float b; }",
        12,
        1,
        &[(0, Double, 1), (8, Float, 1)],
        &[],
    );
    t.odd(
        "struct __attribute__((packed)) { char a; int b; }",
        5,
        1,
        &[(0, I8, 1), (1, I32, 1)],
        &[],
    );
    t.odd(
        "struct __attribute__((packed)) { int a; char b; }",
        5,
        1,
        &[(0, I32, 1), (4, I8, 1)],
        &[],
    );
    t.odd(
        "struct { int a; _Alignas(8) int b; }",
        16,
        8,
        &[(0, I32, 1), (8, I32, 1)],
        &[],
    );
    t.odd(
        "struct __attribute__((aligned(16))) { long a; }",
        16,
        16,
        &[(0, I64, 1)],
        &[],
    );
    t.odd(
        "struct __attribute__((aligned(16))) { float a; }",
        16,
        16,
        &[(0, Float, 1)],
        &[],
    );
    t.odd(
        "struct { float a; _Alignas(8) float b; }",
        16,
        8,
        &[(0, Float, 1), (8, Float, 1)],
        &[],
    );
}
