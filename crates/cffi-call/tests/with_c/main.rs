//! Calls from Rust to C and back, against libraries that the tests compile with `cc` (or `CFFI_TEST_CC`, for cross builds).
//!
//! Not for Windows so far: neither is what they test.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod calls;
mod closures;
mod runtime;
mod support;
