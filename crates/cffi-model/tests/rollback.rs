//! A `cdef()`, `include()` or type string that fails changes nothing.

#![expect(clippy::panic, reason = "a test stops at what it does not expect")]

mod support;

use cffi_model::Declarations;
use cffi_model::declarations::{CdefOptions, Override};
use support::{TARGET, declare, dump};

/// All that can be observed: names in order, types, layouts, and what the next unnamed struct is called.
fn observe(declarations: &mut Declarations) -> (String, usize) {
    (dump(declarations), declarations.types().len())
}

/// After `before`, `wrong` is refused and leaves no trace; then `after` is accepted as if it had never been tried.
fn check_with(before: &str, wrong: &str, after: &str, options: &CdefOptions) {
    let mut tried = declare(&[before]);
    let state = observe(&mut tried);
    assert!(tried.cdef(wrong, options).is_err(), "{wrong:?} is accepted");
    assert_eq!(observe(&mut tried), state, "{wrong:?} left a trace");

    let mut untried = declare(&[before]);
    for declarations in [&mut tried, &mut untried] {
        if let Err(error) = declarations.cdef(after, options) {
            panic!("{after:?} after {wrong:?}: {error}");
        }
    }
    assert_eq!(
        observe(&mut tried),
        observe(&mut untried),
        "{after:?} differs after {wrong:?}"
    );
}

fn check(before: &str, wrong: &str, after: &str) {
    check_with(before, wrong, after, &CdefOptions::default());
}

/// The last declaration of each text; it fails in the lowering, after all the others were entered.
const FAILS: &str = "extern int failing[1/0];";

#[test]
fn new_names() {
    for text in [
        "int f(int);",
        "extern int v;",
        "static const int c = 3;",
        "typedef int t;",
        "struct s { int x; };",
        "union u { int x; };",
        "enum e { A, B };",
        "typedef struct { int x; } t;",
        "typedef struct { int x; } *t;",
        "typedef ... t; typedef ... *p;",
        "enum { A, B };",
        "#define M 5\n#define N ...\n",
        "int f(struct s *);",
        "typedef struct s t;",
    ] {
        check("", &format!("{text} {FAILS}"), text);
        check(
            "int g(void); struct other { int x; };",
            &format!("{text} {FAILS}"),
            text,
        );
    }
}

#[test]
fn completions_and_names_of_older_types() {
    let before = "struct s; union u; int f(struct s *, union u *);";
    check(
        before,
        &format!("struct s {{ int x; }}; {FAILS}"),
        "struct s { char y; };",
    );
    check(
        before,
        &format!("union u {{ int x; }}; {FAILS}"),
        "union u { char y; };",
    );
    check(
        before,
        &format!("typedef struct s s_t; {FAILS}"),
        "typedef struct s other_t;",
    );
    // A size that was asked for while the struct was complete.
    check(
        before,
        &format!("struct s {{ int x[9]; }}; typedef char a[sizeof(struct s)]; {FAILS}"),
        "struct s { char y; }; typedef char a[sizeof(struct s)];",
    );
}

#[test]
fn replaced_names() {
    let options = CdefOptions {
        replace: Override::Allowed,
        ..CdefOptions::default()
    };
    let before = "int f(int); extern int v; typedef int t;";
    for (wrong, after) in [
        ("long f(long);", "char f(void);"),
        ("extern long v;", "extern char v;"),
        ("typedef long t; t g(t);", "t g(t);"),
        ("long f(long); char f(char); short f(short);", "int f(int);"),
    ] {
        check_with(before, &format!("{wrong} {FAILS}"), after, &options);
    }
}

#[test]
fn syntax_errors() {
    for wrong in [
        "struct s { int x; }; int f(",
        "typedef int t; foo x;",
        "#define M 5\n#define N \"x\"\n",
    ] {
        check(
            "extern int v;",
            wrong,
            "typedef char t; struct s { char c; };",
        );
    }
}

#[test]
fn type_strings() {
    let mut declarations = declare(&["struct s { int x; };"]);
    let state = observe(&mut declarations);
    for text in [
        "foo",
        "struct new[",
        "int[1/0]",
        "struct new(*)(struct newer[1/0])",
        "int(*)(...)",
    ] {
        assert!(
            declarations.parse_type(text).is_err(),
            "{text:?} is accepted"
        );
        assert_eq!(observe(&mut declarations), state, "{text:?} left a trace");
    }
}

#[test]
fn includes() {
    let other = declare(&["typedef struct { int a; } first_t; typedef int clash; enum { A };"]);
    let mut declarations = declare(&["typedef long clash;"]);
    let state = observe(&mut declarations);
    assert!(declarations.include(&other).is_err());
    assert_eq!(observe(&mut declarations), state);
    assert!(
        declarations
            .cdef("typedef int first_t;", &CdefOptions::default())
            .is_ok()
    );
    assert_eq!(declarations.target(), TARGET);
}
