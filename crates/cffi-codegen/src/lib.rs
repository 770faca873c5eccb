//! Declarations to C, Python and stub text. Pure: no I/O, the same text for the same declarations.
#![forbid(unsafe_code)]
