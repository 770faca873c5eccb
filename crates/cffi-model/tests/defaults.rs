//! Type names that are known without a declaration, and their redefinition.

#![expect(clippy::panic, reason = "a test stops at what it does not expect")]

mod support;

use cffi_model::declarations::CdefOptions;
use cffi_model::defaults::Unicode;
use cffi_model::primitive::Primitive;
use cffi_model::spelling::spell;
use cffi_model::{Declarations, Target};
use support::{TARGET, declare, declare_for};

/// The spelling of `name`, or `None` where it is no type.
fn meaning(declarations: &mut Declarations, name: &str) -> Option<String> {
    let ty = declarations.parse_type(name).ok()?;
    Some(spell(declarations.types(), ty.ty).text)
}

fn check(target: Target, name: &str, expected: Option<&str>) {
    assert_eq!(
        meaning(&mut declare_for(target, &[]), name).as_deref(),
        expected,
        "{name} on {target:?}"
    );
}

#[test]
fn everywhere() {
    for primitive in Primitive::ALL {
        check(TARGET, primitive.spelling(), Some(primitive.spelling()));
    }
    check(TARGET, "bool", Some("_Bool"));
    check(TARGET, "_cffi_float_complex_t", Some("float _Complex"));
    for unknown in [
        "uint", "u_char", "int7_t", "off_t", "Bool", "boolean", "va_list",
    ] {
        check(TARGET, unknown, None);
    }
}

#[test]
fn on_windows_only() {
    for (name, expected) in [
        ("DWORD", "unsigned long"),
        ("BOOL", "int"),
        ("LPCSTR", "char const *"),
        ("LPVOID", "void *"),
        ("PDWORD", "unsigned long *"),
        ("HANDLE", "void *"),
        ("WCHAR", "wchar_t"),
        ("LPCWSTR", "wchar_t const *"),
        ("HFILE", "int"),
        ("LONGLONG", "long long"),
        ("VOID", "void"),
    ] {
        check(TARGET, name, None);
        for target in Target::ALL
            .iter()
            .copied()
            .filter(|target| target.is_windows())
        {
            check(target, name, Some(expected));
        }
    }
    let size = |target: Target, name: &str| {
        let mut declarations = declare_for(target, &[]);
        let ty = declarations
            .parse_type(name)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        declarations
            .size_align(ty.ty)
            .map(|(size, _)| size)
            .unwrap_or_else(|problem| panic!("{name}: {problem}"))
    };
    for (name, wide, narrow) in [
        ("DWORD", 4, 4),
        ("LONG", 4, 4),
        ("DWORD_PTR", 8, 4),
        ("LONG_PTR", 8, 4),
        ("WPARAM", 8, 4),
        ("LRESULT", 8, 4),
        ("SIZE_T", 8, 4),
        ("HWND", 8, 4),
        ("WCHAR", 2, 2),
    ] {
        assert_eq!(size(Target::X86_64_WINDOWS_MSVC, name), wide, "{name}");
        assert_eq!(size(Target::X86_64_WINDOWS_GNU, name), wide, "{name}");
        assert_eq!(size(Target::I686_WINDOWS_MSVC, name), narrow, "{name}");
        assert_eq!(size(Target::I686_WINDOWS_GNU, name), narrow, "{name}");
    }
}

#[test]
fn text_macros_once_decided() {
    for (name, wide, bytes) in [
        ("TCHAR", "wchar_t", "char"),
        ("TBYTE", "wchar_t", "char"),
        ("LPTSTR", "wchar_t *", "char *"),
        ("LPCTSTR", "wchar_t const *", "char const *"),
        ("PTCHAR", "wchar_t *", "char *"),
    ] {
        for target in [TARGET, Target::X86_64_WINDOWS_MSVC] {
            let mut declarations = declare_for(target, &[]);
            assert_eq!(meaning(&mut declarations, name), None);
            declarations.set_unicode(Unicode::Wide);
            assert_eq!(
                meaning(&mut declarations, name).as_deref(),
                Some(wide),
                "{name} on {target:?}"
            );
            declarations.set_unicode(Unicode::Bytes);
            assert_eq!(
                meaning(&mut declarations, name).as_deref(),
                Some(bytes),
                "{name} on {target:?}"
            );
        }
    }
}

#[test]
fn redefinition() {
    for (text, name, expected) in [
        ("typedef char FILE;", "FILE", "char"),
        ("typedef char int32_t;", "int32_t", "char"),
        ("typedef int bool, *FILE;", "bool", "int"),
        ("typedef int bool, *FILE;", "FILE", "int *"),
        (
            "typedef bool (*fn_t)(bool, bool);",
            "fn_t",
            "_Bool(*)(_Bool, _Bool)",
        ),
        ("typedef _Bool bool; void f(bool);", "bool", "_Bool"),
        (
            "typedef unsigned int uint32_t; typedef uint32_t u;",
            "u",
            "unsigned int",
        ),
        ("typedef struct { int x; } size_t;", "size_t", "size_t"),
        ("typedef struct ssize_t ssize_t;", "ssize_t", "ssize_t"),
    ] {
        assert_eq!(
            meaning(&mut declare(&[text]), name).as_deref(),
            Some(expected),
            "{name} after {text:?}"
        );
    }
    // Once only, though.
    let mut declarations = declare(&["typedef char int32_t;"]);
    assert!(
        declarations
            .cdef("typedef long int32_t;", &CdefOptions::default())
            .is_err()
    );
    // Names of functions and variables hide them as well.
    assert!(
        declarations
            .cdef("int bool(int); extern int size_t;", &CdefOptions::default())
            .is_ok()
    );
}
