//! The fixed trampolines: words of an image into argument registers and stack, result registers back.
//!
//! A call of a C function differs from another only in which registers are loaded. Loading all of them is always right for functions
//! with a fixed number of parameters, so a Rust function-pointer type with every argument register as a parameter enters any of
//! them; parameters beyond the registers are stack words in order (System V x86-64 psABI 3.2.3, AAPCS64 6.8.2).

use std::ffi::c_void;

/// Integer argument registers.
pub const INTS: usize = if cfg!(target_arch = "aarch64") { 8 } else { 6 };
/// Floating-point argument registers.
pub const FLOATS: usize = 8;
/// Stack words that a trampoline can pass.
pub const STACK: usize = 16;
/// Words of an image: integer registers, floating-point registers, stack.
pub const WORDS: usize = INTS + FLOATS + STACK;

/// The argument words of one call.
pub type Image = [u64; WORDS];

/// Which registers a result comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultRegisters {
    /// None or one or two integer registers.
    Ints,
    /// One or two floating-point registers; on AArch64 up to four.
    Floats,
    /// The first eightbyte in an integer register, the second in a floating-point one (x86-64).
    IntFloat,
    /// The other way round (x86-64).
    FloatInt,
}

/// Which argument words a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Integer registers only.
    Ints,
    /// All registers.
    Registers,
    /// All registers and the stack words.
    Stack,
    /// As `Registers`, and the callee is variadic: it is told the number of vector registers.
    Variadic,
    /// As `Stack`, and the callee is variadic.
    VariadicStack,
}

/// The words of a result: integer registers first, then floating-point ones.
#[derive(Clone, Copy, Debug, Default)]
pub struct Returned {
    /// Integer registers.
    pub ints: [u64; 2],
    /// Floating-point registers, as bits.
    pub floats: [u64; 4],
}

#[repr(C)]
struct IntPair(u64, u64);
#[repr(C)]
struct IntThenFloat(u64, f64);
#[repr(C)]
struct FloatThenInt(f64, u64);
#[cfg(target_arch = "aarch64")]
#[repr(C)]
struct FloatRegisters(f64, f64, f64, f64);
#[cfg(not(target_arch = "aarch64"))]
#[repr(C)]
struct FloatRegisters(f64, f64);

trait FromRegisters {
    fn returned(self) -> Returned;
}

impl FromRegisters for IntPair {
    #[inline]
    fn returned(self) -> Returned {
        Returned {
            ints: [self.0, self.1],
            floats: [0; 4],
        }
    }
}

impl FromRegisters for FloatRegisters {
    #[inline]
    fn returned(self) -> Returned {
        #[cfg(target_arch = "aarch64")]
        let floats = [
            self.0.to_bits(),
            self.1.to_bits(),
            self.2.to_bits(),
            self.3.to_bits(),
        ];
        #[cfg(not(target_arch = "aarch64"))]
        let floats = [self.0.to_bits(), self.1.to_bits(), 0, 0];
        Returned {
            ints: [0; 2],
            floats,
        }
    }
}

impl FromRegisters for IntThenFloat {
    #[inline]
    fn returned(self) -> Returned {
        Returned {
            ints: [self.0, 0],
            floats: [self.1.to_bits(), 0, 0, 0],
        }
    }
}

impl FromRegisters for FloatThenInt {
    #[inline]
    fn returned(self) -> Returned {
        Returned {
            ints: [self.1, 0],
            floats: [self.0.to_bits(), 0, 0, 0],
        }
    }
}

/// Expands to a call of `$function` as a function of the given words.
#[cfg(not(target_arch = "aarch64"))]
macro_rules! call_ints {
    ($function:expr, $w:expr, $R:ty) => {{
        type F<R> = unsafe extern "C" fn(u64, u64, u64, u64, u64, u64) -> R;
        let [a, b, c, d, e, f, ..] = *$w;
        std::mem::transmute::<*const c_void, F<$R>>($function)(a, b, c, d, e, f)
    }};
}
#[cfg(target_arch = "aarch64")]
macro_rules! call_ints {
    ($function:expr, $w:expr, $R:ty) => {{
        type F<R> = unsafe extern "C" fn(u64, u64, u64, u64, u64, u64, u64, u64) -> R;
        let [a, b, c, d, e, f, g, h, ..] = *$w;
        std::mem::transmute::<*const c_void, F<$R>>($function)(a, b, c, d, e, f, g, h)
    }};
}

#[cfg(not(target_arch = "aarch64"))]
macro_rules! call_all {
    ($function:expr, $w:expr, $R:ty, [$($stack:ident)*], $($variadic:tt)*) => {{
        type F<R> = call_all!(@type R, [$($stack)*], $($variadic)*);
        let [i0, i1, i2, i3, i4, i5, f0, f1, f2, f3, f4, f5, f6, f7, $($stack,)* ..] = *$w;
        let d = f64::from_bits;
        std::mem::transmute::<*const c_void, F<$R>>($function)(
            i0, i1, i2, i3, i4, i5, d(f0), d(f1), d(f2), d(f3), d(f4), d(f5), d(f6), d(f7) $(, $stack)*
        )
    }};
    (@word $stack:ident) => { u64 };
    (@type $R:ident, [$($stack:ident)*], fixed) => {
        unsafe extern "C" fn(
            u64, u64, u64, u64, u64, u64, f64, f64, f64, f64, f64, f64, f64, f64 $(, call_all!(@word $stack))*
        ) -> $R
    };
    (@type $R:ident, [$($stack:ident)*], variadic) => { unsafe extern "C" fn(u64, ...) -> $R };
}
#[cfg(target_arch = "aarch64")]
macro_rules! call_all {
    ($function:expr, $w:expr, $R:ty, [$($stack:ident)*], $($variadic:tt)*) => {{
        type F<R> = call_all!(@type R, [$($stack)*], $($variadic)*);
        let [i0, i1, i2, i3, i4, i5, i6, i7, f0, f1, f2, f3, f4, f5, f6, f7, $($stack,)* ..] = *$w;
        let d = f64::from_bits;
        std::mem::transmute::<*const c_void, F<$R>>($function)(
            i0, i1, i2, i3, i4, i5, i6, i7, d(f0), d(f1), d(f2), d(f3), d(f4), d(f5), d(f6), d(f7) $(, $stack)*
        )
    }};
    (@word $stack:ident) => { u64 };
    (@type $R:ident, [$($stack:ident)*], fixed) => {
        unsafe extern "C" fn(
            u64, u64, u64, u64, u64, u64, u64, u64, f64, f64, f64, f64, f64, f64, f64, f64
            $(, call_all!(@word $stack))*
        ) -> $R
    };
    (@type $R:ident, [$($stack:ident)*], variadic) => { unsafe extern "C" fn(u64, ...) -> $R };
}

/// # Safety
/// As [`call`].
#[inline]
unsafe fn call_returning<R: FromRegisters>(
    function: *const c_void,
    words: &Image,
    load: Load,
) -> Returned {
    // SAFETY: the caller's promise: the callee takes what the words say; registers that it does not look at do no harm, and neither
    // do stack words, which the caller removes. A variadic callee gets the words in the registers that a call with prototype uses.
    unsafe {
        match load {
            Load::Ints => call_ints!(function, words, R),
            Load::Registers => call_all!(function, words, R, [], fixed),
            Load::Variadic => call_all!(function, words, R, [], variadic),
            Load::Stack => {
                call_all!(function, words, R, [s0 s1 s2 s3 s4 s5 s6 s7 s8 s9 sa sb sc sd se sf], fixed)
            }
            Load::VariadicStack => {
                call_all!(function, words, R, [s0 s1 s2 s3 s4 s5 s6 s7 s8 s9 sa sb sc sd se sf], variadic)
            }
        }
    }
    .returned()
}

/// Calls a C function.
///
/// # Safety
/// `function` is a C function whose parameters are placed as `words` and `load` say and whose result comes as `result` says.
#[inline]
pub unsafe fn call(
    function: *const c_void,
    words: &Image,
    load: Load,
    result: ResultRegisters,
) -> Returned {
    // SAFETY: the caller's promise.
    unsafe {
        match result {
            ResultRegisters::Ints => call_returning::<IntPair>(function, words, load),
            ResultRegisters::Floats => call_returning::<FloatRegisters>(function, words, load),
            ResultRegisters::IntFloat => call_returning::<IntThenFloat>(function, words, load),
            ResultRegisters::FloatInt => call_returning::<FloatThenInt>(function, words, load),
        }
    }
}

/// Whether this target's default calling convention is one that the trampolines know.
pub const SUPPORTED: bool = cfg!(all(
    any(target_arch = "x86_64", target_arch = "aarch64"),
    not(windows),
    not(all(target_vendor = "apple", target_arch = "aarch64")),
    target_endian = "little"
));
