//! The flags of records, functions and modules.

bitflags::bitflags! {
    /// What a record is, and how much of it is known (`_CFFI_F_*`).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Record: i32 {
        /// A union.
        const UNION = 0x01;
        /// The layout must be the usual one for these fields: nothing is missing and nothing is in another place.
        const CHECK_FIELDS = 0x02;
        /// For [`Self::CHECK_FIELDS`]: the usual layout is the one without padding.
        const PACKED = 0x04;
        /// Belongs to a module that this one includes.
        const EXTERNAL = 0x08;
        /// Without members.
        const OPAQUE = 0x10;
    }

    /// The argument of [`crate::Opcode::FunctionEnd`].
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Function: i32 {
        /// Takes further arguments.
        const VARIADIC = 1;
        /// `__stdcall`
        const STDCALL = 2;
    }

    /// What a module needs of the runtime.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Module: i32 {
        /// It has functions that Python implements: export 25 is filled.
        const EXTERN_PYTHON = 1;
        /// It was made by `ffi.verify()`: its types are those of the FFI that `_cffi_setup()` is called with. No module of upstream has
        /// this flag, and no runtime but ours looks at it.
        const VERIFIED = 0x100;
        /// Some functions are called with the GIL kept: the handshake has a fifth part, their places among the globals as `int`s with
        /// -1 behind the last. Only our runtime looks at it; what others call are the wrappers, which keep the GIL, too.
        const KEEPS_GIL = 0x200;
    }

    /// In a Python module the number beside a function.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct LibraryFunction: i32 {
        /// The function is called with the GIL kept. Only our runtime looks at it.
        const KEEPS_GIL = 1;
    }
}

impl Record {
    /// The flags with their names in C.
    pub const NAMES: &'static [(Record, &'static str)] = &[
        (Record::UNION, "_CFFI_F_UNION"),
        (Record::OPAQUE, "_CFFI_F_OPAQUE"),
        (Record::CHECK_FIELDS, "_CFFI_F_CHECK_FIELDS"),
        (Record::PACKED, "_CFFI_F_PACKED"),
        (Record::EXTERNAL, "_CFFI_F_EXTERNAL"),
    ];
}
