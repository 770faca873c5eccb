//! What differs between CPython versions and touches their internals, in this one place.
