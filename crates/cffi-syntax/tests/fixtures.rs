//! Every fixture against its snapshot: the tree of what must be accepted, the error text of what must be rejected.
//!
//! `*.c` is a cdef. `*.txt` holds type strings, one in a line.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at what it does not expect"
)]

mod support;

use cffi_syntax::{
    Diagnostic, ParseOptions, Rendering, Severity, SourceText, parse_translation_unit,
    parse_type_name, render, snippet,
};
use support::{CommonNames, dump, fixtures};

fn check(folder: &str, read: fn(&str, bool) -> String) {
    for file in fixtures(folder) {
        let text = std::fs::read_to_string(&file).unwrap();
        let name = file.file_stem().unwrap().to_str().unwrap();
        let of_types = file.extension().unwrap() == "txt";
        let outcome = read(&text, of_types);
        insta::with_settings!({
            snapshot_path => format!("snapshots/{folder}"),
            prepend_module_to_snapshot => false,
            omit_expression => true,
            description => text.trim_end(),
        }, {
            insta::assert_snapshot!(name, outcome);
        });
    }
}

#[test]
fn accepted() {
    check("accepted", |text, of_types| {
        if of_types {
            return text
                .lines()
                .map(|line| format!("{line}\n    {}", accept_type(line)))
                .collect();
        }
        let source = SourceText::new(text);
        let parsed = parse_translation_unit(&source, &CommonNames, &ParseOptions::default());
        let errors = render(&source, Rendering::Cdef, &parsed.diagnostics);
        assert_eq!(errors, None, "{text}");
        let mut out = dump::unit(&parsed.unit);
        for warning in parsed.diagnostics {
            out.push_str(&snippet(&source, warning.span, &warning.to_string()));
            out.push('\n');
        }
        out
    });
}

/// Text and help of an error, one below the other.
fn told(source: &SourceText, what: Rendering, diagnostics: &[Diagnostic]) -> String {
    render(source, what, diagnostics).map_or_else(String::new, |told| told.to_string())
}

fn accept_type(text: &str) -> String {
    let source = SourceText::new(text);
    match parse_type_name(&source, &CommonNames) {
        Ok(ty) => dump::type_name(&ty),
        Err(errors) => panic!("{}", told(&source, Rendering::TypeName, &errors)),
    }
}

#[test]
fn rejected() {
    check("rejected", |text, of_types| {
        if of_types {
            let outcome = |line: &str| format!(">>> {line}\n{}\n", reject_type(line));
            return text.lines().map(outcome).collect();
        }
        let source = SourceText::new(text);
        let parsed = parse_translation_unit(&source, &CommonNames, &ParseOptions::default());
        let errors = parsed
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity() == Severity::Error);
        assert_ne!(errors.count(), 0, "accepted: {text}");
        told(&source, Rendering::Cdef, &parsed.diagnostics)
    });
}

fn reject_type(text: &str) -> String {
    let source = SourceText::new(text);
    match parse_type_name(&source, &CommonNames) {
        Ok(ty) => panic!("accepted {text:?}: {}", dump::type_name(&ty)),
        Err(errors) => told(&source, Rendering::TypeName, &errors),
    }
}
