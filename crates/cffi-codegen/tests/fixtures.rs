//! Every fixture against its snapshots: the C module without the part that all modules share, and the Python module or why there is none.
//!
//! Snapshots show what generated code looks like. That it compiles and runs is for tests with compilers and interpreters to say.

#![expect(clippy::panic, reason = "a test stops at what it does not expect")]

use std::fs;
use std::path::Path;

use cffi_codegen::{COptions, Generated, Purpose, Source, c_module, python_module};
use cffi_model::declarations::CdefOptions;
use cffi_model::gil::KeepGil;
use cffi_model::{Declarations, Target};
use rustc_hash::FxHashSet;

/// What stands around the program's source.
const RULER: &str = "/************************************************************/\n";

fn declare(text: &str) -> Declarations {
    let mut declarations = Declarations::new(Target::X86_64_LINUX);
    if let Err(error) = declarations.cdef(text, &CdefOptions::default()) {
        panic!("{error}");
    }
    declarations
}

fn generate(declarations: &Declarations) -> (Generated<String>, Generated<String>) {
    let inherited = FxHashSet::default();
    let source = Source {
        name: "package.module",
        declarations,
        includes: &[],
        inherited: &inherited,
        keep_gil: KeepGil::NONE,
    };
    let options = COptions {
        preamble: "",
        embedding: None,
        purpose: Purpose::Import,
    };
    let mut text = String::new();
    let c = c_module(source, options, &mut |piece| text.push_str(piece));
    (c.map(|()| text), python_module(source))
}

fn own_part(text: &str) -> &str {
    text.rsplit_once(RULER).map_or(text, |(_, own)| own).trim()
}

#[test]
fn modules() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.file_stem().unwrap().to_str().unwrap();
        let (c, python) = generate(&declare(&text));
        let shown = |generated: Generated<String>| match generated {
            Ok(text) => own_part(&text).to_owned(),
            Err(error) => format!("{:?}: {error}", error.kind),
        };
        insta::with_settings!({
            prepend_module_to_snapshot => false,
            omit_expression => true,
            description => text.trim_end(),
        }, {
            insta::assert_snapshot!(format!("{name}.c"), shown(c));
            insta::assert_snapshot!(format!("{name}.py"), shown(python));
        });
    }
}

#[test]
fn order_of_declarations_does_not_matter() {
    let one = generate(&declare(
        "struct a { int x; }; int f(struct a *); int g(int); enum e { X };",
    ));
    let other = generate(&declare(
        "enum e { X }; struct a { int x; }; int g(int); int f(struct a *);",
    ));
    assert_eq!(one, other);
}

#[test]
fn the_shared_part_is_the_same() {
    let (Ok(one), Ok(other)) = (
        generate(&declare("")).0,
        generate(&declare("int f(void);")).0,
    ) else {
        panic!("both are modules");
    };
    let shared = |text: &str| text.split(RULER).next().map(str::to_owned);
    assert_eq!(shared(&one), shared(&other));
    assert!(shared(&one).is_some_and(|text| !text.contains('@')));
}
