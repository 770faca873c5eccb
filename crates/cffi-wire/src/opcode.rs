//! Opcodes: the words that a module's types are written in.
//!
//! A word is `opcode | argument << 8`. In C modules it is as wide as a pointer, in Python modules it is four bytes, the first one the
//! most significant. All opcodes are odd: a runtime replaces a word by the address of the type that it stands for.

use cffi_model::primitive::Primitive;

macro_rules! opcodes {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal $number:literal;)*) => {
        /// What a word means.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Opcode { $($(#[doc = $doc])* $variant = $number,)* }

        impl Opcode {
            /// All of them, by number.
            pub const ALL: &'static [Opcode] = &[$(Opcode::$variant,)*];

            /// The name, as it stands behind `_CFFI_OP_` in C.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Opcode::$variant => $name,)* }
            }

            /// The opcode of this number.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Opcode> {
                match number { $($number => Some(Opcode::$variant),)* _ => None }
            }
        }
    };
}

opcodes! {
    /// The number of a primitive type, 0 for `void`, or one of [`UNKNOWN_INTEGER`], [`UNKNOWN_FLOAT`], [`UNKNOWN_LONG_DOUBLE`].
    Primitive "PRIMITIVE" 1;
    /// A pointer to the type of this index.
    Pointer "POINTER" 3;
    /// An array of the type of this index; the next word is the length.
    Array "ARRAY" 5;
    /// An array of the type of this index, of unknown length.
    OpenArray "OPEN_ARRAY" 7;
    /// The record of this index in the table of records.
    StructUnion "STRUCT_UNION" 9;
    /// The enum of this index in the table of enums.
    Enum "ENUM" 11;
    /// A function whose result is the type of this index; one word for each parameter follows, then [`Opcode::FunctionEnd`].
    Function "FUNCTION" 13;
    /// The end of the parameters; the argument is of [`crate::flags::Function`].
    FunctionEnd "FUNCTION_END" 15;
    /// The type of another index.
    Noop "NOOP" 17;
    /// A field that is a bit-field of the type of this index.
    Bitfield "BITFIELD" 19;
    /// A name from the table of type names; it occurs in parsed type strings only.
    Typename "TYPENAME" 21;
    /// A function with a `METH_VARARGS` wrapper.
    CpythonBltnV "CPYTHON_BLTN_V" 23;
    /// A function with a `METH_NOARGS` wrapper.
    CpythonBltnN "CPYTHON_BLTN_N" 25;
    /// A function with a `METH_O` wrapper.
    CpythonBltnO "CPYTHON_BLTN_O" 27;
    /// A constant of the type of this index.
    Constant "CONSTANT" 29;
    /// An integer constant.
    ConstantInt "CONSTANT_INT" 31;
    /// A variable of the type of this index, given by its address.
    GlobalVar "GLOBAL_VAR" 33;
    /// A function of a library that is opened at run time.
    DlopenFunc "DLOPEN_FUNC" 35;
    /// A constant object of a library that is opened at run time.
    DlopenConst "DLOPEN_CONST" 37;
    /// A variable of the type of this index, given by a function that returns its address.
    GlobalVarF "GLOBAL_VAR_F" 39;
    /// A function that Python implements.
    ExternPython "EXTERN_PYTHON" 41;
}

/// The number of `void` among the primitive types.
pub const VOID: i32 = 0;
/// Not any integer type that there is a number for.
pub const UNKNOWN_INTEGER: i32 = -1;
/// Not any floating-point type that there is a number for.
pub const UNKNOWN_FLOAT: i32 = -2;
/// `long double` where the program said `float...`.
pub const UNKNOWN_LONG_DOUBLE: i32 = -3;
/// The index that stands for the struct behind `FILE` in parsed type strings.
pub const IO_FILE_STRUCT: i32 = -1;

/// An opcode with its argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Op {
    /// What it means.
    pub opcode: Opcode,
    /// An index, a number or flags.
    pub argument: i32,
}

impl Op {
    /// An opcode with its argument.
    #[must_use]
    pub const fn new(opcode: Opcode, argument: i32) -> Self {
        Self { opcode, argument }
    }

    /// A primitive type.
    #[must_use]
    pub const fn primitive(primitive: Primitive) -> Self {
        Self::new(Opcode::Primitive, primitive as u8 as i32)
    }

    /// The four bytes of a Python module. The argument keeps its lowest 24 bits.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 4] {
        ((self.argument << 8) | self.opcode as i32).to_be_bytes()
    }

    /// What four bytes of a Python module say.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 4]) -> Option<Self> {
        let word = i32::from_be_bytes(bytes);
        match Opcode::from_number(bytes[3]) {
            Some(opcode) => Some(Self::new(opcode, word >> 8)),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Op, Opcode};

    #[test]
    fn bytes_and_back() {
        for opcode in Opcode::ALL {
            for argument in [0, 1, 300, -1, -3] {
                let op = Op::new(*opcode, argument);
                assert_eq!(Op::from_bytes(op.to_bytes()), Some(op));
            }
        }
        assert_eq!(Op::from_bytes([0, 0, 0, 2]), None);
    }

    #[test]
    fn opcodes_are_odd() {
        assert!(Opcode::ALL.iter().all(|opcode| *opcode as u8 % 2 == 1));
    }
}
