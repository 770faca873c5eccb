//! Compiles the unwinder's interface where it is that of libgcc_s, see `unwind.c`; and has what runs at start-up put side by side, see
//! `startup.ld`.

use std::env::var;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=src/unwind.c");
    let is = |name: &str, value: &str| var(name).is_ok_and(|it| it == value);
    let is_linux = is("CARGO_CFG_TARGET_OS", "linux");
    if is_linux && is("CARGO_CFG_TARGET_ENV", "gnu") {
        cc::Build::new()
            .file("src/unwind.c")
            // The stack is unwound through these functions, too.
            .flag("-fasynchronous-unwind-tables")
            .warnings_into_errors(true)
            .compile("cffi_unwind");
    }

    println!("cargo::rerun-if-changed=startup.ld");
    let linker = ["CARGO_ENCODED_RUSTFLAGS", "RUSTC_LINKER"].map(|it| var(it).unwrap_or_default());
    // They take no such scripts.
    let others = ["gold", "mold", "wild"];
    if is_linux && !others.iter().any(|it| linker.concat().contains(it)) {
        // A copy, because this output is used again when the sources are in another place by then.
        let script = format!("{}/startup.ld", var("OUT_DIR")?);
        std::fs::copy("startup.ld", &script)?;
        println!("cargo::rustc-link-arg-cdylib=-Wl,-T,{script}");
    }
    Ok(())
}
