//! The fixed trampolines: words of an image into argument registers and stack, result registers back.
//!
//! A call of a C function differs from another only in which registers are loaded. Loading all of them is always right for functions
//! with a fixed number of parameters, so a Rust function-pointer type with every argument register as a parameter enters any of
//! them; parameters beyond the registers are stack words in order (System V x86-64 psABI 3.2.3, AAPCS64 6.8.2).
//!
//! Not for `x8` and whole vector registers, which no such type can name, nor for any number of stack words. `st(0)` is read by C.

use std::ffi::c_void;
use std::mem::{MaybeUninit, transmute};

/// Integer argument registers: `rdi rsi rdx rcx r8 r9`; `x0`–`x7`.
pub const INTS: usize = if cfg!(target_arch = "aarch64") { 8 } else { 6 };
/// Floating-point argument registers: `xmm0`–`xmm7`; `d0`–`d7`.
pub const FLOATS: usize = 8;
/// Stack words that a trampoline can pass.
pub const STACK: usize = 16;
/// Parameters of the functions that are entered without an image.
pub const FEW: usize = 4;
/// Words of an image: integer registers, floating-point registers, stack.
pub const WORDS: usize = INTS + FLOATS + STACK;

/// The argument words of one call: those that its [`Load`] loads, the others are not even initialised.
pub struct Image {
    words: [MaybeUninit<u64>; WORDS],
}

impl Image {
    /// Room for the words, to be [cleared](Self::clear). Two steps, so that nothing is copied.
    #[inline]
    #[must_use]
    #[expect(
        clippy::new_without_default,
        reason = "an image without a `clear` is of no use"
    )]
    pub const fn new() -> Self {
        Self {
            words: [const { MaybeUninit::uninit() }; WORDS],
        }
    }

    /// Puts zeros into the words that `load` loads.
    #[inline]
    pub fn clear(&mut self, load: Load) {
        const ZERO: MaybeUninit<u64> = MaybeUninit::new(0);
        // Each a length that the compiler knows, so that a few wide stores do it.
        match load {
            Load::Ints => self
                .words
                .iter_mut()
                .take(INTS)
                .for_each(|word| *word = ZERO),
            Load::Registers | Load::Variadic => {
                let registers = self.words.iter_mut().take(INTS + FLOATS);
                registers.for_each(|word| *word = ZERO);
            }
            Load::Stack | Load::VariadicStack => self.words.fill(ZERO),
        }
    }

    /// Sets a word; words that are not loaded are left alone.
    #[inline]
    pub fn set(&mut self, word: u8, value: u64) {
        if let Some(place) = self.words.get_mut(usize::from(word)) {
            *place = MaybeUninit::new(value);
        }
    }
}

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
    /// `st(0)` (x86-64), handed back as two integer words.
    X87,
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
    /// As `Registers`, and the callee is variadic: it is told the number of vector registers (psABI 3.5.7: in `al`).
    Variadic,
    /// As `Stack`, and the callee is variadic.
    VariadicStack,
}

impl Load {
    /// How many words of an image are loaded.
    #[must_use]
    pub const fn words(self) -> usize {
        match self {
            Self::Ints => INTS,
            Self::Registers | Self::Variadic => INTS + FLOATS,
            Self::Stack | Self::VariadicStack => WORDS,
        }
    }
}

/// The words of a result.
#[derive(Clone, Copy, Debug, Default)]
pub struct Returned {
    /// Integer registers.
    pub ints: [u64; 2],
    /// Floating-point registers, as bits.
    pub floats: [u64; 4],
}

/// Whether this target's default calling convention is one that the trampolines know: System V x86-64, AAPCS64 as on Linux and the BSDs.
///
/// Not Apple's AArch64, which packs stack arguments and passes all variadic ones there, and not x32 or big-endian AArch64.
pub const SUPPORTED: bool = cfg!(all(
    unix,
    any(target_arch = "x86_64", target_arch = "aarch64"),
    target_pointer_width = "64",
    target_endian = "little",
    not(all(target_vendor = "apple", target_arch = "aarch64"))
));

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
    // SAFETY: the caller's promise; a `repr(C)` struct comes back in the registers of its members.
    unsafe {
        match result {
            ResultRegisters::Ints => enter::<IntPair>(function, words, load).returned(),
            ResultRegisters::Floats => enter::<FloatRegisters>(function, words, load).returned(),
            ResultRegisters::IntFloat => enter::<IntThenFloat>(function, words, load).returned(),
            ResultRegisters::FloatInt => enter::<FloatThenInt>(function, words, load).returned(),
            ResultRegisters::X87 => enter_for_x87(function, words, load),
        }
    }
}

/// Calls a C function and gives the first integer result register.
///
/// # Safety
/// As [`call`], with no result or one that begins in an integer register.
#[inline]
pub unsafe fn call_for_int(function: *const c_void, words: &Image, load: Load) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { enter::<u64>(function, words, load) }
}

/// Calls a C function and gives the bits of the first floating-point result register.
///
/// # Safety
/// As [`call`], with a result that begins in a floating-point register.
#[inline]
pub unsafe fn call_for_float(function: *const c_void, words: &Image, load: Load) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { enter::<f64>(function, words, load) }.to_bits()
}

/// Calls a C function whose parameters are integer words in the first `N` registers, at most [`FEW`], and gives the first integer result
/// register. Without an image, for the functions that are most of all.
///
/// # Safety
/// `function` is such a function, with no result or one that begins in an integer register.
#[inline]
pub unsafe fn call_ints<const N: usize>(function: *const c_void, words: [u64; N]) -> u64 {
    let word = |index: usize| words.get(index).copied().unwrap_or_default();
    // SAFETY: the caller's promise. Registers that the function does not look at do no harm.
    unsafe {
        match N {
            0 => transmute::<*const c_void, unsafe extern "C" fn() -> u64>(function)(),
            1 => transmute::<*const c_void, unsafe extern "C" fn(u64) -> u64>(function)(word(0)),
            2 => transmute::<*const c_void, unsafe extern "C" fn(u64, u64) -> u64>(function)(
                word(0),
                word(1),
            ),
            3 => transmute::<*const c_void, unsafe extern "C" fn(u64, u64, u64) -> u64>(function)(
                word(0),
                word(1),
                word(2),
            ),
            _ => transmute::<*const c_void, unsafe extern "C" fn(u64, u64, u64, u64) -> u64>(
                function,
            )(word(0), word(1), word(2), word(3)),
        }
    }
}

/// As [`call_ints`], with floating-point registers for parameters and result; words and result are their bits.
///
/// # Safety
/// `function` is such a function.
#[inline]
pub unsafe fn call_floats<const N: usize>(function: *const c_void, words: [u64; N]) -> u64 {
    let word = |index: usize| f64::from_bits(words.get(index).copied().unwrap_or_default());
    // SAFETY: the caller's promise.
    let result = unsafe {
        match N {
            1 => transmute::<*const c_void, unsafe extern "C" fn(f64) -> f64>(function)(word(0)),
            2 => transmute::<*const c_void, unsafe extern "C" fn(f64, f64) -> f64>(function)(
                word(0),
                word(1),
            ),
            3 => transmute::<*const c_void, unsafe extern "C" fn(f64, f64, f64) -> f64>(function)(
                word(0),
                word(1),
                word(2),
            ),
            _ => transmute::<*const c_void, unsafe extern "C" fn(f64, f64, f64, f64) -> f64>(
                function,
            )(word(0), word(1), word(2), word(3)),
        }
    };
    result.to_bits()
}

/// Declares the types of the trampolines, and `enter`, for an architecture's integer registers.
macro_rules! trampolines {
    (ints: [$($int:ident: $i:ty),*], floats: [$($float:ident: $f:ty),*], stack: [$($stack:ident: $s:ty),*]) => {
        type Ints<R> = unsafe extern "C" fn($($i),*) -> R;
        type Registers<R> = unsafe extern "C" fn($($i,)* $($f),*) -> R;
        type Stack<R> = unsafe extern "C" fn($($i,)* $($f,)* $($s),*) -> R;
        type Variadic<R> = unsafe extern "C" fn(u64, ...) -> R;

        /// Calls a C function as one that returns an `R`.
        ///
        /// # Safety
        /// As [`call`]; the result is read right as an `R`.
        #[inline]
        unsafe fn enter<R>(function: *const c_void, words: &Image, load: Load) -> R {
            // SAFETY: the caller's promise: the callee takes what the words say. Registers that it does not look at do no harm, and
            // neither do stack words, which the caller removes. A variadic callee finds its arguments in the registers and stack words
            // of a call with prototype, and is told of eight vector registers, an upper bound as the psABI wants. An image has
            // initialised the words of its own load, and of loads with fewer words.
            unsafe {
                match load {
                    Load::Ints => {
                        let [$($int,)* ..] = words.words;
                        transmute::<*const c_void, Ints<R>>(function)($($int.assume_init()),*)
                    }
                    Load::Registers => {
                        let [$($int,)* $($float,)* ..] = words.words;
                        transmute::<*const c_void, Registers<R>>(function)(
                            $($int.assume_init(),)* $(f64::from_bits($float.assume_init())),*
                        )
                    }
                    Load::Stack => {
                        let [$($int,)* $($float,)* $($stack,)*] = words.words;
                        transmute::<*const c_void, Stack<R>>(function)(
                            $($int.assume_init(),)* $(f64::from_bits($float.assume_init()),)* $($stack.assume_init()),*
                        )
                    }
                    Load::Variadic => {
                        let [$($int,)* $($float,)* ..] = words.words;
                        transmute::<*const c_void, Variadic<R>>(function)(
                            $($int.assume_init(),)* $(f64::from_bits($float.assume_init())),*
                        )
                    }
                    Load::VariadicStack => {
                        let [$($int,)* $($float,)* $($stack,)*] = words.words;
                        transmute::<*const c_void, Variadic<R>>(function)(
                            $($int.assume_init(),)* $(f64::from_bits($float.assume_init()),)* $($stack.assume_init()),*
                        )
                    }
                }
            }
        }
    };
}

#[cfg(not(target_arch = "aarch64"))]
trampolines! {
    ints: [i0: u64, i1: u64, i2: u64, i3: u64, i4: u64, i5: u64],
    floats: [f0: f64, f1: f64, f2: f64, f3: f64, f4: f64, f5: f64, f6: f64, f7: f64],
    stack: [
        s0: u64, s1: u64, s2: u64, s3: u64, s4: u64, s5: u64, s6: u64, s7: u64,
        s8: u64, s9: u64, sa: u64, sb: u64, sc: u64, sd: u64, se: u64, sf: u64
    ]
}

#[cfg(target_arch = "aarch64")]
trampolines! {
    ints: [i0: u64, i1: u64, i2: u64, i3: u64, i4: u64, i5: u64, i6: u64, i7: u64],
    floats: [f0: f64, f1: f64, f2: f64, f3: f64, f4: f64, f5: f64, f6: f64, f7: f64],
    stack: [
        s0: u64, s1: u64, s2: u64, s3: u64, s4: u64, s5: u64, s6: u64, s7: u64,
        s8: u64, s9: u64, sa: u64, sb: u64, sc: u64, sd: u64, se: u64, sf: u64
    ]
}

/// # Safety
/// As [`call`], with a result in `st(0)`.
#[cfg(all(target_arch = "x86_64", unix))]
#[cold]
unsafe fn enter_for_x87(function: *const c_void, words: &Image, load: Load) -> Returned {
    unsafe extern "C" {
        fn cffi_call_for_long_double(
            function: *const c_void,
            words: *const u64,
            result: *mut [u64; 2],
        );
    }
    let mut returned = Returned::default();
    let mut all = [0u64; WORDS];
    for (copy, word) in all.iter_mut().zip(&words.words).take(load.words()) {
        // SAFETY: the words that are loaded are initialised.
        *copy = unsafe { word.assume_init() };
    }
    // SAFETY: the caller's promise; `ints` has room for a `long double`.
    unsafe { cffi_call_for_long_double(function, all.as_ptr(), &raw mut returned.ints) };
    returned
}

/// Nothing comes in such a register here, and no plan says so.
#[cfg(not(all(target_arch = "x86_64", unix)))]
unsafe fn enter_for_x87(_: *const c_void, _: &Image, _: Load) -> Returned {
    Returned::default()
}

/// A result in registers, taken apart.
trait FromRegisters {
    fn returned(self) -> Returned;
}

#[repr(C)]
struct IntPair(u64, u64);
#[repr(C)]
struct IntThenFloat(u64, f64);
#[repr(C)]
struct FloatThenInt(f64, u64);
#[cfg(target_arch = "aarch64")]
#[repr(C)]
struct FloatRegisters([f64; 4]);
#[cfg(not(target_arch = "aarch64"))]
#[repr(C)]
struct FloatRegisters([f64; 2]);

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
        let mut floats = [0; 4];
        for (word, value) in floats.iter_mut().zip(self.0) {
            *word = value.to_bits();
        }
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
