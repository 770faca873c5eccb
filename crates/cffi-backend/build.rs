//! Compiles the unwinder's interface where it is that of libgcc_s; see `unwind.c`.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=src/unwind.c");
    let is = |name: &str, value: &str| var(name).is_ok_and(|it| it == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        cc::Build::new()
            .file("src/unwind.c")
            // The stack is unwound through these functions, too.
            .flag("-fasynchronous-unwind-tables")
            .warnings_into_errors(true)
            .compile("cffi_unwind");
    }
}
