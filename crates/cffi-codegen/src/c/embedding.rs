//! Modules that are shared libraries for programs in other languages: code that starts Python at the first call.

use super::base_name;
use super::text::{Text, line};
use crate::module::Module;

/// What such modules have in common.
const HEADER: &str = include_str!("embedding.h");

/// Prints the code that starts Python, with the program's own.
pub fn print(text: &mut Text<'_>, module: &Module<'_>, code: &str) {
    let name = module.source.name;
    let base = base_name(name);
    line!(text, "#define _CFFI_MODULE_NAME  \"{name}\"");
    line!(text, "static const char _CFFI_PYTHON_STARTUP_CODE[] = {{");
    print_bytes(text, code);
    line!(text, "0 }};");
    line!(text, "#ifdef PYPY_VERSION");
    line!(
        text,
        "# define _CFFI_PYTHON_STARTUP_FUNC  _cffi_pypyinit_{base}"
    );
    line!(text, "#else");
    line!(text, "# define _CFFI_PYTHON_STARTUP_FUNC  PyInit_{base}");
    line!(text, "#endif");
    text.push(HEADER);
    text.gap();
}

/// A text as numbers: Microsoft's compiler has a limit for literals, which a program may exceed.
fn print_bytes(text: &mut Text<'_>, code: &str) {
    for source in code.split_inclusive('\n') {
        let shown: String = source.trim_end().escape_default().collect();
        // A backslash at the end would continue the comment.
        line!(text, "// {}", shown.trim_end_matches('\\'));
        for row in source.as_bytes().chunks(20) {
            let numbers: Vec<String> = row
                .iter()
                .map(|byte| match i8::try_from(*byte) {
                    Ok(byte) => format!("{byte},"),
                    Err(_) => format!("(char){byte},"),
                })
                .collect();
            line!(text, "{}", numbers.concat());
        }
    }
}
