//! `include()`: what comes along, under which identity, and what stays.

#![expect(clippy::panic, reason = "a test stops at what it does not expect")]

mod support;

use cffi_model::Declarations;
use cffi_model::declarations::{CdefOptions, Space};
use cffi_model::types::{RecordId, Type};
use support::{declare, dump};

/// Declarations that include those of each text, in order.
fn including(texts: &[&str]) -> Declarations {
    let mut declarations = declare(&[]);
    for text in texts {
        if let Err(error) = declarations.include(&declare(&[text])) {
            panic!("{text:?} is not included: {error}");
        }
    }
    declarations
}

fn check(text: &str, expected: &[&str]) {
    let found = dump(&including(&[text]));
    assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{text:?}");
}

fn record_of(declarations: &mut Declarations, name: &str) -> RecordId {
    let ty = declarations
        .parse_type(name)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    match declarations.types().get(ty.ty) {
        Type::Record(id) => *id,
        other => panic!("{name} is {other:?}"),
    }
}

#[test]
fn what_comes_along() {
    check("typedef int t;", &["typedef t: int"]);
    check("typedef const char *t;", &["typedef t: char const *"]);
    check("typedef const int t;", &["typedef t: const int"]);
    check(
        "struct s { int x; struct s *next; };",
        &["struct s: size 16 align 8; int x @0; struct s * next @8"],
    );
    check("struct s;", &["struct s: opaque"]);
    check(
        "union u { int x; char c; };",
        &["union u: size 4 align 4; int x @0; char c @0"],
    );
    check(
        "enum e { A, B = 5 };",
        &[
            "enum e: unsigned int {A = 0, B = 5}",
            "macro A: 0 (Enumerator)",
            "macro B: 5 (Enumerator)",
        ],
    );
    check("#define N 5", &["macro N: 5 (Define)"]);
    check("static const int N = 5;", &["macro N: 5 (Const)"]);
    check(
        "typedef struct { int x; } t;",
        &["anonymous t: size 4 align 4; int x @0", "typedef t: t"],
    );
    check(
        "typedef struct s t; struct s { int x; };",
        &["struct s: size 4 align 4; int x @0", "typedef t: t"],
    );
    check(
        "typedef ... t; typedef ... *p;",
        &["typedef t: t", "typedef p: p"],
    );
    check(
        "typedef int (*t)(struct s *, ...);",
        &["struct s: opaque", "typedef t: int(*)(struct s *, ...)"],
    );
    check("typedef int... t;", &["typedef t: t"]);
}

#[test]
fn what_stays() {
    for text in [
        "int f(int);",
        "extern int v;",
        "extern const int c;",
        "extern \"Python\" int f(int);",
    ] {
        check(text, &[]);
    }
    // So the including one may declare them, differently too.
    let mut declarations = including(&["int f(int); extern int v;"]);
    assert!(
        declarations
            .cdef("long f(void); extern char v;", &CdefOptions::default())
            .is_ok()
    );
}

#[test]
fn identity() {
    let mut first =
        declare(&["struct s { int x; }; typedef struct { int y; } t; typedef struct s s_t;"]);
    let mut second = declare(&[]);
    assert!(second.include(&first).is_ok());
    for name in ["struct s", "t", "s_t"] {
        let (there, here) = (record_of(&mut first, name), record_of(&mut second, name));
        assert_eq!(first.record_origin(there), None, "{name} in its owner");
        assert_eq!(
            second.record_origin(here).map(|origin| origin.id),
            Some(there),
            "{name}"
        );
    }
    // Its own records have no origin.
    assert!(
        second
            .cdef("struct own { struct s s; };", &CdefOptions::default())
            .is_ok()
    );
    let own = record_of(&mut second, "struct own");
    assert_eq!(second.record_origin(own), None);
    assert_eq!(support::record(&second, own), "size 4 align 4; s_t s @0");
    // A type that stands in several places is one type.
    assert_eq!(
        record_of(&mut second, "struct s"),
        record_of(&mut second, "s_t")
    );
}

#[test]
fn through_another() {
    let first = declare(&["struct s { int x; }; enum { A = 7 };"]);
    let mut second = declare(&[]);
    assert!(second.include(&first).is_ok());
    assert!(
        second
            .cdef(
                "typedef struct s *p; #define B 8\n",
                &CdefOptions::default()
            )
            .is_err()
    );
    assert!(
        second
            .cdef(
                "typedef struct s *p;\n#define B 8\n",
                &CdefOptions::default()
            )
            .is_ok()
    );
    let mut third = declare(&[]);
    assert!(third.include(&second).is_ok());
    assert_eq!(support::constant(&third, "A"), Some(7));
    assert_eq!(support::constant(&third, "B"), Some(8));
    let target = third
        .parse_type("p")
        .map(|ty| third.types().get(ty.ty).clone());
    let record = record_of(&mut third, "struct s");
    match target {
        Ok(Type::Pointer { target, .. }) => {
            assert_eq!(*third.types().get(target.ty), Type::Record(record))
        }
        other => panic!("p is {other:?}"),
    }
}

#[test]
fn conflicts() {
    for (own, other) in [
        ("typedef int t;", "typedef long t;"),
        ("struct s { int x; };", "struct s { int x; };"),
        ("enum { A = 1 };", "enum e { A = 2 };"),
        ("#define A 1", "#define A 2"),
    ] {
        let mut declarations = declare(&[own]);
        assert!(
            declarations.include(&declare(&[other])).is_err(),
            "{own:?} and {other:?}"
        );
    }
    for (own, other) in [
        ("typedef int t;", "typedef int t;"),
        ("#define A 1", "#define A 1"),
        ("enum { A = 1 };", "#define A 1"),
    ] {
        let mut declarations = declare(&[own]);
        assert!(
            declarations.include(&declare(&[other])).is_ok(),
            "{own:?} and {other:?}"
        );
    }
    let mut declarations = declare(&["typedef int t;"]);
    assert!(declarations.include(&declare(&["int t(void);"])).is_ok());
    assert!(declarations.get(Space::Ordinary, "t").is_none());
}
