//! The C spelling of types, and the place in it where a declarator goes.

#![expect(clippy::panic, reason = "a test stops at what it does not expect")]

mod support;

use cffi_model::Declarations;
use cffi_model::declarations::CdefOptions;
use cffi_model::spelling::spell;

/// Declares `text` and compares how `name` is spelled, with `&` at the insertion point.
fn check(text: &str, name: &str, expected: &str) {
    let mut declarations = support::declare(&[text]);
    let ty = declarations
        .parse_type(name)
        .unwrap_or_else(|error| panic!("{name:?}: {error}"));
    let spelling = spell(declarations.types(), ty.ty);
    let mut marked = spelling.text.clone();
    marked.insert(spelling.insert_at, '&');
    assert_eq!(marked, expected, "{name:?} after {text:?}");
}

#[test]
fn primitives() {
    for (written, expected) in [
        ("int", "int&"),
        ("signed", "int&"),
        ("unsigned", "unsigned int&"),
        ("long unsigned int", "unsigned long&"),
        ("int long long unsigned", "unsigned long long&"),
        ("short int", "short&"),
        ("char", "char&"),
        ("signed char", "signed char&"),
        ("_Bool", "_Bool&"),
        ("bool", "_Bool&"),
        ("double long", "long double&"),
        ("size_t", "size_t&"),
        ("wchar_t", "wchar_t&"),
        ("char16_t", "char16_t&"),
        ("const volatile int", "int&"),
        ("void", "void&"),
    ] {
        check("", written, expected);
    }
}

#[test]
fn derived() {
    for (written, expected) in [
        ("int*", "int *&"),
        ("int**", "int * *&"),
        ("int[5]", "int&[5]"),
        ("int[]", "int&[]"),
        ("int[3][4]", "int&[3][4]"),
        ("int*[5]", "int *&[5]"),
        ("int(*)[5]", "int(*&)[5]"),
        ("int(**)[5]", "int(* *&)[5]"),
        ("int(*[3])[5]", "int(*&[3])[5]"),
        ("int(int)", "int&(int)"),
        ("int(*)(int, ...)", "int(*&)(int, ...)"),
        ("int(*)()", "int(*&)()"),
        ("int(*)(void)", "int(*&)()"),
        ("char(*(*)[5])()", "char(*(*&)[5])()"),
        ("int(*(*)(char))(short)", "int(*(*&)(char))(short)"),
        ("int(*[3])(void)", "int(*&[3])()"),
        ("int(int[5], int(void))", "int&(int *, int(*)())"),
        ("int (*f)(int x)", "int(*&)(int)"),
    ] {
        check("", written, expected);
    }
}

#[test]
fn qualifiers_of_targets() {
    for (written, expected) in [
        ("const char *", "char const *&"),
        ("char const *", "char const *&"),
        ("char *const", "char *&"),
        ("char * (* const (*))", "char * * const *&"),
        (
            "char * volatile restrict * *",
            "char * __restrict volatile * *&",
        ),
        ("char const volatile * * *", "char volatile const * * *&"),
        (
            "int(char*const*, short****const*)",
            "int&(char * const *, short * * * * const *)",
        ),
    ] {
        check("", written, expected);
    }
}

#[test]
fn names_of_records_and_enums() {
    for (text, written, expected) in [
        ("struct foo;", "struct foo", "struct foo&"),
        ("", "struct foo *", "struct foo *&"),
        ("union foo { int x; };", "union foo[2]", "union foo&[2]"),
        ("enum foo { A };", "enum foo", "enum foo&"),
        // The first typedef without a derivation is the name that programs see.
        ("typedef struct foo foo_t;", "struct foo", "foo_t&"),
        ("typedef struct foo foo_t, bar_t;", "bar_t", "foo_t&"),
        (
            "typedef struct foo foo_t; typedef foo_t bar_t;",
            "bar_t",
            "foo_t&",
        ),
        ("typedef struct foo *foo_p;", "foo_p", "struct foo *&"),
        ("typedef struct { int x; } foo_t;", "foo_t", "foo_t&"),
        (
            "typedef struct { int x; } foo_t, *foo_p;",
            "foo_p",
            "foo_t *&",
        ),
        ("typedef struct { int x; } const foo_t;", "foo_t", "foo_t&"),
        (
            "typedef struct { int x; } *foo_p, foo_t;",
            "foo_t",
            "struct $1&",
        ),
        (
            "typedef struct { int x; } foo_t[3];",
            "foo_t",
            "struct $1&[3]",
        ),
        ("typedef struct { int x; } *foo_p;", "foo_p", "foo_p&"),
        (
            "typedef struct { int x; } **foo_pp;",
            "foo_pp",
            "struct $1 * *&",
        ),
        ("typedef enum { A } foo_t;", "foo_t", "foo_t&"),
        ("typedef enum { A } *foo_p;", "foo_p", "enum $1 *&"),
        ("typedef enum foo { A } foo_t;", "enum foo", "foo_t&"),
        ("", "struct { int x; }", "struct $1&"),
        ("typedef ... foo_t;", "foo_t *", "foo_t *&"),
        ("typedef ... *foo_p;", "foo_p", "foo_p&"),
        ("typedef int... foo_t;", "foo_t", "foo_t&"),
        ("typedef double... foo_t;", "foo_t[2]", "foo_t&[2]"),
    ] {
        check(text, written, expected);
    }
}

/// Types can be as deep as any program needs, and not so deep that walking along one needs a deep stack.
#[test]
fn depth() {
    let chain = |typedefs: usize| {
        let links =
            (0..typedefs).map(|it| format!("typedef t{it} {}t{};", "*".repeat(200), it + 1));
        format!("typedef int t0;{}", links.collect::<String>())
    };
    let run = move || {
        let stars = "*".repeat(800);
        check(
            "",
            &format!("int {stars}"),
            &format!("int{}&", " *".repeat(800)),
        );
        check(&chain(4), "t4 *", &format!("int{}&", " *".repeat(801)));
        let mut declarations = Declarations::new(support::TARGET);
        let error = declarations
            .cdef(&chain(1000), &CdefOptions::default())
            .unwrap_err();
        assert!(error.told.text.contains("nested too deeply"), "{error}");
    };
    std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(run)
        .unwrap()
        .join()
        .unwrap();
}
