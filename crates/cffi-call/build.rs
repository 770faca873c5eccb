//! Compiles the few lines of C for `long double`, which stable Rust cannot name.

fn main() {
    println!("cargo::rerun-if-changed=src/long_double.c");
    cc::Build::new()
        .file("src/long_double.c")
        .warnings_into_errors(true)
        .compile("cffi_long_double");
    // truncl
    if std::env::var_os("CARGO_CFG_UNIX").is_some() {
        println!("cargo::rustc-link-lib=m");
    }
}
