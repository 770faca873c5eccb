//! Targets: the sizes and alignments that an ABI gives to the primitive types, as values. Nothing here asks what it is compiled for,
//! but for [`Target::host`].

use crate::primitive::Primitive;

/// Size and alignment of an object, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SizeAlign {
    /// In bytes.
    pub size: u64,
    /// In bytes, a power of two.
    pub align: u32,
}

impl SizeAlign {
    const fn natural(size: u64) -> Self {
        Self {
            size,
            align: if size > 16 { 16 } else { size_to_align(size) },
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "at most 16")]
const fn size_to_align(size: u64) -> u32 {
    size as u32
}

/// The instruction set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the architectures of these names")]
pub enum Arch {
    X86_64,
    I686,
    AArch64,
    /// Hard-float EABI.
    Arm,
    RiscV64,
}

/// The system, as far as its ABI goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum System {
    /// Linux and other ELF systems.
    Linux,
    /// macOS.
    MacOs,
    /// Windows as Microsoft's compiler sees it.
    WindowsMsvc,
    /// Windows as GCC sees it (mingw).
    WindowsGnu,
}

/// An ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// The instruction set.
    pub arch: Arch,
    /// The system.
    pub system: System,
}

macro_rules! targets {
    ($($name:ident $arch:ident $system:ident;)*) => {
        impl Target {
            $(#[doc = concat!(stringify!($arch), " on ", stringify!($system))]
            pub const $name: Target = Target { arch: Arch::$arch, system: System::$system };)*
            /// All of them.
            pub const ALL: &'static [Target] = &[$(Target::$name,)*];
        }
    };
}

targets! {
    X86_64_LINUX X86_64 Linux;
    I686_LINUX I686 Linux;
    AARCH64_LINUX AArch64 Linux;
    ARM_LINUX Arm Linux;
    RISCV64_LINUX RiscV64 Linux;
    X86_64_WINDOWS_MSVC X86_64 WindowsMsvc;
    I686_WINDOWS_MSVC I686 WindowsMsvc;
    X86_64_WINDOWS_GNU X86_64 WindowsGnu;
    I686_WINDOWS_GNU I686 WindowsGnu;
    X86_64_MACOS X86_64 MacOs;
    AARCH64_MACOS AArch64 MacOs;
}

impl Target {
    /// What this library is compiled for.
    #[must_use]
    pub const fn host() -> Self {
        let arch = if cfg!(target_arch = "x86_64") {
            Arch::X86_64
        } else if cfg!(target_arch = "x86") {
            Arch::I686
        } else if cfg!(target_arch = "aarch64") {
            Arch::AArch64
        } else if cfg!(target_arch = "arm") {
            Arch::Arm
        } else {
            Arch::RiscV64
        };
        let system = if cfg!(all(windows, target_env = "msvc")) {
            System::WindowsMsvc
        } else if cfg!(windows) {
            System::WindowsGnu
        } else if cfg!(target_vendor = "apple") {
            System::MacOs
        } else {
            System::Linux
        };
        Self { arch, system }
    }

    /// Whether it is a Windows.
    #[must_use]
    pub const fn is_windows(self) -> bool {
        matches!(self.system, System::WindowsMsvc | System::WindowsGnu)
    }

    /// Whether pointers have 32 bits.
    #[must_use]
    pub const fn is_32_bit(self) -> bool {
        matches!(self.arch, Arch::I686 | Arch::Arm)
    }

    /// A pointer, to whatever.
    #[must_use]
    pub const fn pointer(self) -> SizeAlign {
        SizeAlign::natural(if self.is_32_bit() { 4 } else { 8 })
    }

    /// Whether plain `char` is signed.
    #[must_use]
    pub const fn char_is_signed(self) -> bool {
        match self.arch {
            Arch::X86_64 | Arch::I686 => true,
            Arch::AArch64 | Arch::Arm | Arch::RiscV64 => !matches!(self.system, System::Linux),
        }
    }

    /// Whether `wchar_t` is signed.
    #[must_use]
    pub const fn wchar_is_signed(self) -> bool {
        !self.is_windows()
            && !matches!(
                (self.arch, self.system),
                (Arch::AArch64 | Arch::Arm, System::Linux)
            )
    }

    /// An integer or floating type of eight bytes: the i386 System V ABI aligns it to four.
    const fn eight(self) -> SizeAlign {
        match (self.arch, self.system) {
            (Arch::I686, System::Linux) => SizeAlign { size: 8, align: 4 },
            _ => SizeAlign::natural(8),
        }
    }

    const fn long_double(self) -> SizeAlign {
        match (self.arch, self.system) {
            (_, System::WindowsMsvc) | (Arch::AArch64, System::MacOs) | (Arch::Arm, _) => {
                SizeAlign::natural(8)
            }
            (Arch::I686, _) => SizeAlign { size: 12, align: 4 },
            _ => SizeAlign::natural(16),
        }
    }

    const fn long(self) -> SizeAlign {
        if self.is_windows() || self.is_32_bit() {
            SizeAlign::natural(4)
        } else {
            SizeAlign::natural(8)
        }
    }

    /// `int_fast16_t` and `int_fast32_t` (C11 7.20.1.3), where the C libraries differ most.
    const fn fast(self, bits: u64) -> SizeAlign {
        match self.system {
            System::Linux => self.long(),
            System::MacOs | System::WindowsGnu => SizeAlign::natural(bits / 8),
            System::WindowsMsvc => SizeAlign::natural(4),
        }
    }

    /// Size and alignment of a primitive type. The alignment is that of a member of a struct.
    #[must_use]
    pub const fn primitive(self, primitive: Primitive) -> SizeAlign {
        use Primitive as P;
        match primitive {
            P::Bool
            | P::Char
            | P::SChar
            | P::UChar
            | P::Int8
            | P::UInt8
            | P::IntLeast8
            | P::UIntLeast8
            | P::IntFast8
            | P::UIntFast8 => SizeAlign::natural(1),
            P::Short
            | P::UShort
            | P::Int16
            | P::UInt16
            | P::IntLeast16
            | P::UIntLeast16
            | P::Char16 => SizeAlign::natural(2),
            P::Int
            | P::UInt
            | P::Int32
            | P::UInt32
            | P::IntLeast32
            | P::UIntLeast32
            | P::Char32
            | P::Float => SizeAlign::natural(4),
            P::Long | P::ULong => self.long(),
            P::LongLong
            | P::ULongLong
            | P::Int64
            | P::UInt64
            | P::IntLeast64
            | P::UIntLeast64
            | P::IntFast64
            | P::UIntFast64
            | P::IntMax
            | P::UIntMax
            | P::Double => self.eight(),
            P::LongDouble => self.long_double(),
            P::WcharT => SizeAlign::natural(if self.is_windows() { 2 } else { 4 }),
            P::IntPtr | P::UIntPtr | P::PtrDiff | P::Size | P::SSize => self.pointer(),
            P::IntFast16 | P::UIntFast16 => self.fast(16),
            P::IntFast32 | P::UIntFast32 => self.fast(32),
            P::FloatComplex => SizeAlign { size: 8, align: 4 },
            P::DoubleComplex => SizeAlign {
                size: 16,
                align: self.eight().align,
            },
        }
    }
}
