//! Random records against the C compilers, for every target: sizes, alignments and offsets as `_Static_assert`s that are compiled and
//! never run. The text goes through `Declarations::cdef`, so that parsing, lowering and layout are held together.
//!
//! `CFFI_LAYOUT_RECORDS` changes the number of records for each target. A target without a compiler here is a failure, unless
//! `CFFI_LAYOUT_COMPILERS=available` says that the machine has what it has; then what was left out is printed.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected says so by panicking"
)]

#[path = "support/generator.rs"]
mod generator;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use cffi_model::declarations::{CdefOptions, Declaration, Space};
use cffi_model::types::{Field, Type, TypeId};
use cffi_model::{Declarations, Target};
use generator::Generator;

const RECORDS: usize = 20_000;
/// Records in one compilation.
const BATCH: usize = 2_500;

/// A compiler's command line in front of the file's name.
struct Compiler {
    target: Target,
    name: &'static str,
    command: &'static [&'static str],
}

const fn clang(target: Target, name: &'static str, command: &'static [&'static str]) -> Compiler {
    Compiler {
        target,
        name,
        command,
    }
}

const COMPILERS: &[Compiler] = &[
    clang(Target::X86_64_LINUX, "gcc x86-64", &["gcc"]),
    clang(Target::I686_LINUX, "gcc -m32", &["gcc", "-m32"]),
    clang(
        Target::X86_64_LINUX,
        "clang x86-64 Linux",
        &["clang", "--target=x86_64-linux-gnu"],
    ),
    clang(
        Target::I686_LINUX,
        "clang i686 Linux",
        &["clang", "--target=i686-linux-gnu"],
    ),
    clang(
        Target::AARCH64_LINUX,
        "clang AArch64 Linux",
        &["clang", "--target=aarch64-linux-gnu"],
    ),
    clang(
        Target::ARM_LINUX,
        "clang ARM Linux",
        &["clang", "--target=armv7-linux-gnueabihf"],
    ),
    clang(
        Target::RISCV64_LINUX,
        "clang RISC-V 64 Linux",
        &["clang", "--target=riscv64-linux-gnu"],
    ),
    clang(
        Target::X86_64_WINDOWS_MSVC,
        "clang x86-64 MSVC",
        &["clang", "--target=x86_64-pc-windows-msvc"],
    ),
    clang(
        Target::I686_WINDOWS_MSVC,
        "clang i686 MSVC",
        &["clang", "--target=i686-pc-windows-msvc"],
    ),
    clang(
        Target::X86_64_WINDOWS_GNU,
        "clang x86-64 mingw",
        &["clang", "--target=x86_64-w64-windows-gnu"],
    ),
    clang(
        Target::I686_WINDOWS_GNU,
        "clang i686 mingw",
        &["clang", "--target=i686-w64-windows-gnu"],
    ),
    clang(
        Target::X86_64_MACOS,
        "clang x86-64 macOS",
        &["clang", "--target=x86_64-apple-macos11"],
    ),
    clang(
        Target::AARCH64_MACOS,
        "clang AArch64 macOS",
        &["clang", "--target=arm64-apple-macos11"],
    ),
];

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The program for a compiler's name: `clang` may be installed under a version only.
fn program(name: &str) -> Option<PathBuf> {
    let versions = (13..=25).rev().map(|version| format!("{name}-{version}"));
    std::iter::once(name.to_owned())
        .chain(versions)
        .find_map(|name| on_path(&name))
}

#[test]
fn random_records_are_laid_out_as_by_the_compilers() {
    let count = std::env::var("CFFI_LAYOUT_RECORDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(RECORDS);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("layout");
    std::fs::create_dir_all(&folder).unwrap();
    let mut missing = Vec::new();
    for (number, compiler) in COMPILERS.iter().enumerate() {
        let Some(program) = program(compiler.command[0]) else {
            missing.push(compiler.name);
            continue;
        };
        let mut done = 0;
        let mut generator = Generator::new(0x5EED_0000 + number as u64, compiler.target);
        while done < count {
            let size = BATCH.min(count - done);
            let file = folder.join(format!("{number}-{done}.c"));
            check_batch(compiler, &program, &mut generator, size, &file);
            done += size;
        }
        println!("{}: {done} records agree", compiler.name);
    }
    if std::env::var("CFFI_LAYOUT_COMPILERS").as_deref() == Ok("available") {
        println!("not installed: {missing:?}");
    } else {
        assert!(
            missing.is_empty(),
            "no compiler for {missing:?} (install clang)"
        );
    }
}

fn check_batch(
    compiler: &Compiler,
    program: &Path,
    generator: &mut Generator,
    count: usize,
    file: &Path,
) {
    let mut source = String::from("#define offsetof(t, m) __builtin_offsetof(t, m)\n");
    let mut declarations = Declarations::new(compiler.target);
    let first = generator.next_number();
    let mut text = String::new();
    for _ in 0..count {
        text.push_str(&generator.record());
    }
    declarations
        .cdef(&text, &CdefOptions::default())
        .unwrap_or_else(|error| panic!("{error}"));
    source.push_str(&text);
    for number in first..generator.next_number() {
        assertions(&declarations, &format!("r{number}"), &mut source);
    }
    std::fs::write(file, &source).unwrap();
    let output = Command::new(program)
        .args(&compiler.command[1..])
        .args(["-std=gnu11", "-w", "-fsyntax-only", "-x", "c"])
        .arg(file)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}: {}\n{}",
        compiler.name,
        file.display(),
        explain(&errors, &source)
    );
    std::fs::remove_file(file).unwrap();
}

/// The first errors with the definitions of the records that they are about.
fn explain(errors: &str, source: &str) -> String {
    let mut text = String::new();
    for line in errors.lines().filter(|line| line.contains("error")).take(8) {
        let number = line
            .split(':')
            .nth(1)
            .and_then(|number| number.parse::<usize>().ok())
            .unwrap_or(1);
        let assertion = source.lines().nth(number - 1).unwrap_or_default();
        let tag = assertion
            .split(|c: char| !c.is_alphanumeric())
            .find(|word| {
                word.starts_with('r')
                    && word[1..].chars().all(|c| c.is_ascii_digit())
                    && word.len() > 1
            });
        let _ = writeln!(text, "{line}\n    {assertion}");
        if let Some(tag) = tag {
            let definition: Vec<&str> = source
                .lines()
                .skip_while(|line| !line.contains(&format!(" {tag} ")))
                .take(14)
                .collect();
            let _ = writeln!(text, "    {}", definition.join("\n    "));
        }
    }
    text
}

fn assertions(declarations: &Declarations, tag: &str, source: &mut String) {
    let (space, keyword) = match declarations.get(Space::Struct, tag) {
        Some(_) => (Space::Struct, "struct"),
        None => (Space::Union, "union"),
    };
    let Some(Declaration::Type(ty)) = declarations.get(space, tag) else {
        panic!("{tag} is not declared")
    };
    let (size, align) = declarations
        .size_align(ty.ty)
        .unwrap_or_else(|problem| panic!("{tag}: {problem}"));
    let name = format!("{keyword} {tag}");
    let _ = writeln!(
        source,
        "_Static_assert(sizeof({name}) == {size} && _Alignof({name}) == {align}, \"\");"
    );
    members(declarations, ty.ty, 0, &name, source);
}

/// Offsets of all named members that have an address, those of anonymous members too.
fn members(declarations: &Declarations, ty: TypeId, base: u64, name: &str, source: &mut String) {
    let Type::Record(id) = declarations.types().get(ty) else {
        return;
    };
    let body = declarations
        .types()
        .record(*id)
        .unwrap()
        .body
        .as_ref()
        .unwrap();
    let layout = declarations.record_layout(*id).unwrap();
    for (field, place) in body.fields.iter().zip(&layout.fields) {
        let Field {
            name: member,
            width,
            ..
        } = field;
        let offset = base + place.offset;
        match (&**member, width) {
            ("", None) => members(declarations, field.ty.ty, offset, name, source),
            (_, Some(_)) => {}
            (member, None) => {
                let _ = writeln!(
                    source,
                    "_Static_assert(offsetof({name}, {member}) == {offset}, \"\");"
                );
            }
        }
    }
}
