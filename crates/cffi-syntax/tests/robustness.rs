//! Hostile and broken texts: whatever the bytes, the parser ends, in time and on a small stack, with a tree or with errors.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

mod support;

use std::time::{Duration, Instant};

use cffi_syntax::diagnostic::MAX_ERRORS;
use cffi_syntax::{
    MAX_DERIVATIONS, MAX_NESTING, ParseOptions, Rendering, Severity, SourceText,
    parse_translation_unit, parse_type_name, render,
};
use proptest::prelude::*;
use support::{CommonNames, dump, fixtures};

/// Parses `text` both ways and draws what was found. Everything that must hold for any text is checked here.
fn check(text: &str) {
    let source = SourceText::new(text);
    let parsed = parse_translation_unit(&source, &CommonNames, &ParseOptions::default());
    let length = u32::try_from(source.text().len()).unwrap();
    let mut errors = 0;
    for diagnostic in &parsed.diagnostics {
        let span = diagnostic.span;
        assert!(
            span.start <= span.end && span.end <= length,
            "{diagnostic:?} in {text:?}"
        );
        let start = usize::try_from(span.start).unwrap();
        assert!(
            source.text().is_char_boundary(start),
            "{diagnostic:?} in {text:?}"
        );
        errors += usize::from(diagnostic.severity() == Severity::Error);
    }
    assert!(errors <= MAX_ERRORS);
    let message = render(&source, Rendering::Cdef, &parsed.diagnostics);
    assert_eq!(message.is_none(), errors == 0, "{text:?}");
    _ = dump::unit(&parsed.unit);

    match parse_type_name(&source, &CommonNames) {
        Ok(ty) => _ = dump::type_name(&ty),
        Err(errors) => assert!(
            render(&source, Rendering::TypeName, &errors).is_some(),
            "{text:?}"
        ),
    }
}

fn all_fixtures() -> Vec<String> {
    let files = fixtures("accepted").into_iter().chain(fixtures("rejected"));
    files
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect()
}

/// Words and punctuation of C, so that random texts come far into the grammar.
const PIECES: &[&str] = &[
    "int",
    "unsigned",
    "long",
    "char",
    "double",
    "void",
    "struct",
    "union",
    "enum",
    "typedef",
    "extern",
    "static",
    "inline",
    "const",
    "_Atomic",
    "_Alignas",
    "__attribute__",
    "__declspec",
    "__typeof__",
    "_Static_assert",
    "sizeof",
    "offsetof",
    "asm",
    "\"Python\"",
    "\"C\"",
    "'a'",
    "x",
    "y",
    "T",
    "FILE",
    "size_t",
    "unknown",
    "0x1f",
    "42",
    "1.5",
    "...",
    "*",
    "**",
    "(",
    ")",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ";",
    ";",
    ",",
    ":",
    "=",
    "?",
    "+",
    "-",
    "<<",
    "&&",
    "->",
    ".",
    "\n",
    "\n#define A 3\n",
    "\n#pragma pack(1)\n",
    "\n# 7 \"f.c\"\n",
    "\\\n",
    "/*",
    "*/",
    "//",
    "[[",
    "]]",
    "__stdcall",
    "WINAPI",
    "({",
    "})",
    "#",
    "@",
    "\"",
    "'",
    "é",
    "$",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_string(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        check(&pieces.join(" "));
        check(&pieces.concat());
    }

    #[test]
    fn mutated_fixtures(
        text in prop::sample::select(all_fixtures()),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..4, prop::sample::select(PIECES)), 1..6),
    ) {
        let mut characters: Vec<char> = text.chars().collect();
        for (place, removed, inserted) in cuts {
            let start = place.index(characters.len() + 1);
            let end = (start + removed).min(characters.len());
            characters.splice(start..end, inserted.chars());
        }
        check(&characters.into_iter().collect::<String>());
    }

    #[test]
    fn truncated_fixtures(text in prop::sample::select(all_fixtures()), place in any::<prop::sample::Index>()) {
        let length = place.index(text.chars().count() + 1);
        check(&text.chars().take(length).collect::<String>());
    }
}

/// Texts that nest, as `(opening, inside, closing)`.
const NESTING: &[(&str, &str, &str)] = &[
    ("(", "x", ")"),
    ("struct {", "int x;", "} a;"),
    ("int f(", "int", ")"),
    ("int (*", "x", ")(int)"),
    ("int x[sizeof(int", "", ")]"),
    ("int x[", "1", "]"),
    ("typeof(", "int", ") "),
    ("_Atomic(", "int", ") "),
    ("enum e { A = (", "1", ") };"),
    ("int x = 1 + (", "1", ")"),
    ("int x = -", "1", ""),
    ("int x = (int)", "1", ""),
    ("int x = 1 ? ", "1", ": 2"),
    ("int x = sizeof(struct { int a[1 + ", "1", " + 1]; }) + 1"),
    ("_Alignas(", "8", ") "),
    ("struct s { int a : (", "1", "); };"),
    ("__attribute__((aligned(", "1", "))) "),
    ("extern \"C\" {", "int x;", "}"),
    ("{", "", "}"),
    ("[[", "", "]]"),
    ("int *", "x", ""),
    ("int x[3]", "", ""),
    ("1+", "1", ""),
    ("1 || (", "1", ")"),
];

#[test]
fn deep_nesting_needs_no_deep_stack() {
    let run = || {
        for (opening, inside, closing) in NESTING {
            for depth in [
                MAX_NESTING / 4,
                MAX_NESTING - 2,
                MAX_NESTING + 2,
                MAX_DERIVATIONS,
                20_000,
            ] {
                let depth = usize::try_from(depth).unwrap();
                let opened = opening.repeat(depth);
                check(&format!("{opened}{inside}{}", closing.repeat(depth)));
                check(&opened);
                check(&format!("int a{opened}"));
                check(&format!(
                    "int a = {opened}{inside}{}",
                    closing.repeat(depth)
                ));
            }
        }
    };
    // An eighth of what a main thread usually has.
    std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(run)
        .unwrap()
        .join()
        .unwrap();
}

/// Texts that tempt a parser to look at the same place again and again.
const REPEATED: &[&str] = &[
    "int x;\n",
    "x ",
    "x(",
    "x y(",
    "@",
    "int f(a(",
    "foo *x;\n",
    "struct s {",
    "int f(int T, ",
    "} ",
    "\"",
    "'",
    "/*",
    "/* */",
    "#pragma pack(push, a)\n",
    "#pragma pack(push, a)\n#pragma pack(pop, b)\n",
    "#define A 3\n",
    "#define A (3)\n",
    "# 3 \"f\"\n",
    "\\\n",
    "int\\\n x;",
    "__attribute__((",
    "__attribute__(()) ",
    "int (__attribute__((a)) ",
    "const ",
    "int a, ",
    "enum e { A B ",
    "A = , ",
    "1 + ",
    "((((",
    "typedef int T; T T; ",
    "int f(int (T)(T T), ",
    "_Pragma(\"pack(1)\") ",
    "extern \"C\" { ",
    "é",
    "[[",
];

#[test]
fn time_is_linear() {
    let time = |text: &str| {
        let start = Instant::now();
        check(text);
        start.elapsed()
    };
    for piece in REPEATED {
        let count = 100_000 / piece.len();
        let small = time(&piece.repeat(count)).max(Duration::from_millis(4));
        let large = time(&piece.repeat(count * 8));
        // Quadratic time would take 64 times as long; the rest is for a busy machine.
        assert!(large < small * 32, "{piece:?}: {small:?}, then {large:?}");
    }
}
