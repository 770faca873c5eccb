//! What the benchmarks of several crates read: declarations, made up and real. No crate of its own: each benchmark has it as a module.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// A name for the reports, and C declarations.
pub struct Input {
    /// Says where the text is from.
    pub name: &'static str,
    /// What `ffi.cdef()` takes.
    pub text: String,
}

/// Headers that every system with a compiler has; together some 200 kB once they are preprocessed.
const HEADERS: &str = "\
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>
";

/// 150 kB and 1.5 MB of records, enums and functions, and the system's headers where there is a preprocessor.
#[must_use]
pub fn inputs() -> Vec<Input> {
    let mut inputs = vec![
        Input {
            name: "400 of each",
            text: records(400),
        },
        Input {
            name: "4000 of each",
            text: records(4000),
        },
    ];
    if let Some(text) = system_headers() {
        inputs.push(Input {
            name: "system headers",
            text,
        });
    }
    inputs
}

/// So many structs, enums, constants and functions, as `benches/python/text.py` writes them.
#[must_use]
pub fn records(count: usize) -> String {
    let mut text = String::new();
    for i in 0..count {
        let (length, busy, limit) = (16 + i % 48, i + 2, i * 17 + 1);
        // Writing to a string succeeds.
        let _ = write!(
            text,
            "typedef struct record_{i} {{
    unsigned int flags_{i}; char name[{length}]; size_t length;
    int (*on_event)(struct record_{i} *self, int event, void *context);
    union {{ long number; double real; }} value;
}} record_{i}_t;
enum state_{i} {{ S_{i}_IDLE, S_{i}_BUSY = {busy}, S_{i}_DONE }};
#define RECORD_{i}_LIMIT {limit}
int record_{i}_open(record_{i}_t *record, const char *path, int mode);
"
        );
    }
    text
}

/// What the preprocessor makes of [`HEADERS`].
fn system_headers() -> Option<String> {
    let mut preprocessor = Command::new("cc")
        .args(["-E", "-P", "-x", "c", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    preprocessor
        .stdin
        .take()?
        .write_all(HEADERS.as_bytes())
        .ok()?;
    let output = preprocessor.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then_some(text)
}
