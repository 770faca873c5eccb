//! Constant expressions against the C compiler: each value is asserted in one generated C file, which is compiled and never run.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets something unexpected says so by panicking"
)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use cffi_model::declarations::{CdefOptions, Declaration, Space};
use cffi_model::{Declarations, Target};

const PRELUDE: &str = "struct s { char c; int i; double d[3]; short h; };\nenum known { ONE = 1, MINUS = -5, BIG = 0x7fffffff };\n";

const EXPRESSIONS: &[&str] = &[
    "1",
    "-1",
    "+7",
    "~0",
    "!0",
    "!5",
    "0x7f",
    "0X1F",
    "0755",
    "0b101",
    "10u",
    "10UL",
    "10ll",
    "10ULL",
    "2147483647",
    "2147483648",
    "0x80000000",
    "4294967295",
    "4294967296",
    "0xffffffffffffffff",
    "9223372036854775807",
    "-2147483647 - 1",
    "1 + 2 * 3",
    "(1 + 2) * 3",
    "7 / 2",
    "-7 / 2",
    "7 % 3",
    "-7 % 3",
    "7 % -3",
    "1 << 10",
    "1u << 31",
    "1 << 31",
    "1ll << 40",
    "-8 >> 1",
    "0xf0 & 0x3c",
    "0xf0 | 0x0f",
    "0xf0 ^ 0xff",
    "1 < 2",
    "2 < 1",
    "2 <= 2",
    "3 > 2",
    "3 >= 4",
    "1 == 1",
    "1 != 1",
    "1 && 0",
    "1 || 0",
    "0 && (1 / 0)",
    "1 || (1 / 0)",
    "1 ? 2 : 3",
    "0 ? 2 : 3",
    "1 ? -1 : 0u",
    "-1 < 0u",
    "-1 > 0u",
    "-1 < 0ul",
    "-1ll < 0u",
    "0u - 1",
    "0ul - 1",
    "1u * 0xffffffffu",
    "(char)300",
    "(signed char)200",
    "(unsigned char)-1",
    "(short)70000",
    "(unsigned short)-1",
    "(int)0xffffffffu",
    "(unsigned)-1",
    "(long)-1 == -1",
    "(_Bool)5",
    "(_Bool)0",
    "(long long)1.9",
    "'a'",
    "'\\n'",
    "'\\0'",
    "'\\x41'",
    "'\\377'",
    "'\\''",
    "'\\\\'",
    "L'a'",
    "u'a'",
    "U'a'",
    "sizeof(int)",
    "sizeof(char)",
    "sizeof(struct s)",
    "sizeof(void *)",
    "sizeof(int[10])",
    "sizeof(long double)",
    "sizeof(int (*)(void))",
    "_Alignof(double)",
    "_Alignof(struct s)",
    "__alignof__(short)",
    "sizeof(1)",
    "sizeof(1ll)",
    "sizeof('a')",
    "sizeof(1 ? 1 : 1ll)",
    "ONE + 1",
    "MINUS * 2",
    "BIG - 1",
    "BIG & 0xff",
    "(ONE | 2) << 4",
    "-(-3)",
    "- -3",
    "~~5",
    "!!7",
    "sizeof(int) - 5 > 0",
    "sizeof(char[3][5])",
    "(1, 2) ? 1 : 0",
    "__builtin_offsetof(struct s, d)",
    "__builtin_offsetof(struct s, d[2])",
    "__builtin_offsetof(struct s, h)",
    "1'000'000 / 1'000",
    "(unsigned char)255 + 1",
    "(signed char)-128 - 1",
    "(unsigned)1 - 2 > 0",
    "5 - 3 - 1",
    "100 / 10 / 2",
    "1 << 2 << 3",
    "2 * 3 % 4",
    "1 | 2 ^ 3 & 4",
    "1 == 2 < 3",
    "0 ? 1 : 0 ? 2 : 3",
];

/// The value that a cdef gives an expression; `None` where it is refused.
fn value_of(expression: &str) -> Option<i128> {
    let mut declarations = Declarations::new(Target::host());
    declarations.cdef(PRELUDE, &CdefOptions::default()).unwrap();
    declarations
        .cdef(
            &format!("enum {{ VALUE = {expression} }};"),
            &CdefOptions::default(),
        )
        .ok()?;
    match declarations.get(Space::Ordinary, "VALUE") {
        Some(Declaration::Integer { value, .. }) => Some(*value),
        other => panic!("{expression}: {other:?}"),
    }
}

/// Expressions made of others by rule, so that operators meet each other's result types.
fn combined() -> Vec<String> {
    const OPERANDS: &[&str] = &[
        "3",
        "-7",
        "2u",
        "0xffffffffu",
        "-1ll",
        "5ull",
        "(char)100",
        "(short)-3",
        "'a'",
        "MINUS",
    ];
    const OPERATORS: &[&str] = &["+", "-", "*", "/", "%", "&", "|", "^", "<", ">=", "=="];
    let mut expressions = Vec::new();
    for left in OPERANDS {
        for operator in OPERATORS {
            for right in OPERANDS {
                expressions.push(format!("({left}) {operator} ({right})"));
            }
        }
    }
    expressions
}

#[test]
fn values_are_those_of_the_compiler() {
    let mut source = format!(
        "{PRELUDE}#define SAME(e, high, low) _Static_assert((e) == (__typeof__(e))(((unsigned __int128)high << 64) | low), #e)\n"
    );
    let mut count = 0;
    // C11 6.6p3: no comma in a constant expression. GCC takes it.
    let refused_too = ["(1, 2) ? 1 : 0"];
    for expression in EXPRESSIONS
        .iter()
        .map(|it| (*it).to_owned())
        .chain(combined())
    {
        let Some(value) = value_of(&expression) else {
            assert!(
                refused_too.contains(&expression.as_str()),
                "{expression} is refused"
            );
            continue;
        };
        if expression.contains('\'') && expression.contains("000") {
            // GCC 12 has no digit separators in C.
            assert_eq!(value, 1000);
            continue;
        }
        let bits = value.cast_unsigned_128();
        let _ = writeln!(
            source,
            "SAME({expression}, {}ull, {}ull);",
            bits >> 64,
            bits & u128::from(u64::MAX)
        );
        // The sign, which a conversion to the expression's own type could hide.
        let _ = writeln!(
            source,
            "_Static_assert((({expression}) < 0) == {}, \"\");",
            i32::from(value < 0)
        );
        count += 1;
    }
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("constants.c");
    std::fs::write(&file, source).unwrap();
    let output = Command::new("cc")
        .args(["-std=gnu11", "-w", "-fsyntax-only"])
        .arg(&file)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(count > 1_000, "{count}");
    println!("{count} constant expressions agree");
}

trait Bits {
    fn cast_unsigned_128(self) -> u128;
}

impl Bits for i128 {
    fn cast_unsigned_128(self) -> u128 {
        u128::from_ne_bytes(self.to_ne_bytes())
    }
}

#[test]
fn what_c_leaves_undefined_is_an_error() {
    let check = |expression: &str, message: &str| {
        let mut declarations = Declarations::new(Target::host());
        let text = format!("enum {{ VALUE = {expression} }};");
        let error = declarations
            .cdef(&text, &CdefOptions::default())
            .unwrap_err();
        assert!(error.to_string().contains(message), "{expression}: {error}");
    };
    check("1 / 0", "division by zero");
    check("1 % 0", "division by zero");
    check("2147483647 + 1", "overflow");
    check("-2147483647 - 2", "overflow");
    check("65536 * 65536", "overflow");
    check("9223372036854775807 + 1", "overflow");
    check("(-2147483647 - 1) / -1", "overflow");
    check("(-2147483647 - 1) % -1", "overflow");
    check("-(-2147483647 - 1)", "overflow");
    check("1 << 32", "shift");
    check("1 << -1", "shift");
    check("1 >> 64", "shift");
    check("UNKNOWN", "'UNKNOWN' is not a known constant");
    check("1.5", "invalid constant '1.5'");
    check("sizeof(struct unknown)", "incomplete type 'struct unknown'");
}
