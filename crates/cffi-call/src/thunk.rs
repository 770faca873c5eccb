//! Thunks: small functions, compiled beforehand, that enter a closure with the closure's own context.
//!
//! A page of our own code is nothing but thunks. Each finds its slot at a fixed distance behind itself, on a page of data, and jumps
//! to the address that stands there. New thunks come from mapping that page of our own file once more, next to a fresh page of data:
//! no page is ever writable and executable, which hardened systems refuse, and a forked child has them all as its own.
//!
//! Not here: what a closure does with registers (`closure`), and closures where the file cannot be mapped (libffi).

use std::ffi::c_void;

use crate::trampoline::{FLOATS, INTS};

/// What a C function finds when it is entered and leaves when it returns; the assembler code knows the offsets.
#[repr(C)]
pub(crate) struct Frame {
    /// The argument registers, numbered as in an [`Image`](crate::trampoline::Image).
    pub(crate) registers: [u64; INTS + FLOATS],
    /// The first stack word.
    pub(crate) stack: *mut u64,
    /// 1 if the result is a `long double` in `ints`, to be loaded to `st(0)` (x86-64).
    pub(crate) x87: u64,
    /// The integer result registers.
    pub(crate) ints: [u64; 2],
    /// The floating-point result registers; two of them on x86-64.
    pub(crate) floats: [u64; 4],
}

/// A thunk in use; dropping it gives it back.
pub(crate) struct Thunk(imp::SlotPointer);

impl Thunk {
    /// Takes a thunk that enters [`closure::enter_thunk`](crate::closure) with this context; `None` where there are none.
    pub(crate) fn new(context: *const c_void) -> Option<Self> {
        imp::take(context).map(Self)
    }

    /// The address for C.
    pub(crate) fn code(&self) -> *const c_void {
        imp::code(&self.0)
    }
}

impl Drop for Thunk {
    fn drop(&mut self) {
        imp::give_back(&self.0);
    }
}

#[cfg(all(
    target_os = "linux",
    target_pointer_width = "64",
    any(
        target_arch = "x86_64",
        all(target_arch = "aarch64", target_endian = "little")
    )
))]
mod imp {
    use std::ffi::c_void;
    use std::fs::File;
    use std::mem::offset_of;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::FileExt;
    use std::ptr::{self, NonNull};
    use std::sync::{Mutex, PoisonError};

    use super::Frame;

    /// Bytes of the table of thunks, and the distance from a thunk to its slot. A multiple of the size of pages: always 4 KiB on x86-64,
    /// 4 or 16 KiB on AArch64. Systems with pages of 64 KiB do without thunks.
    const TABLE: usize = if cfg!(target_arch = "aarch64") {
        16384
    } else {
        4096
    };
    /// Bytes of a thunk and of a slot.
    const STRIDE: usize = 16;

    /// What a thunk looks up.
    #[repr(C)]
    pub(super) struct Slot {
        context: *const c_void,
        entry: unsafe extern "C" fn(),
    }

    const _: () = assert!(size_of::<Slot>() == STRIDE && offset_of!(Slot, entry) == 8);

    /// A slot of the pool, which is never unmapped.
    #[derive(Clone, Copy)]
    pub(super) struct SlotPointer(NonNull<Slot>);

    // SAFETY: a slot is written while the pool has it or by the only owner of its thunk.
    unsafe impl Send for SlotPointer {}
    // SAFETY: as above.
    unsafe impl Sync for SlotPointer {}

    struct Pool {
        free: Vec<SlotPointer>,
        growth: Growth,
    }

    /// Whether the table can be mapped.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Growth {
        Possible,
        Failed,
    }

    static POOL: Mutex<Pool> = Mutex::new(Pool {
        free: Vec::new(),
        growth: Growth::Possible,
    });

    unsafe extern "C" {
        /// The table in our own code. Never entered there: nothing lies behind it.
        static cffi_thunk_table: [u8; TABLE];
        fn cffi_thunk_entry();
    }

    pub(super) fn take(context: *const c_void) -> Option<SlotPointer> {
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.free.is_empty() && pool.growth == Growth::Possible {
            match map_table() {
                Some(slots) => pool.free.extend(slots),
                None => pool.growth = Growth::Failed,
            }
        }
        let slot = pool.free.pop()?;
        // SAFETY: a free slot of the pool.
        unsafe {
            slot.0.write(Slot {
                context,
                entry: cffi_thunk_entry,
            })
        };
        Some(slot)
    }

    pub(super) fn code(slot: &SlotPointer) -> *const c_void {
        // SAFETY: the thunks lie in front of their slots.
        unsafe { slot.0.as_ptr().cast::<u8>().sub(TABLE).cast() }
    }

    pub(super) fn give_back(slot: &SlotPointer) {
        // SAFETY: the thunk is not used any more, and if it is nevertheless, it ends in a message.
        unsafe {
            slot.0.write(Slot {
                context: ptr::null(),
                entry: entered_after_release,
            })
        };
        POOL.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .free
            .push(*slot);
    }

    unsafe extern "C" fn entered_after_release() {
        const TEXT: &[u8] = b"cffi: C code called a callback that does not exist any more\n";
        // SAFETY: a text of its length.
        unsafe { libc::write(libc::STDERR_FILENO, TEXT.as_ptr().cast(), TEXT.len()) };
        std::process::abort();
    }

    /// Maps the table once more, with slots behind it.
    fn map_table() -> Option<impl Iterator<Item = SlotPointer>> {
        // SAFETY: no preconditions.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
        if page == 0 || TABLE % page != 0 {
            return None;
        }
        let (file, offset) = own_file((&raw const cffi_thunk_table).addr())?;
        let mapped = map_pair(&file, offset)?;
        // SAFETY: the second half of the mapping.
        let slots = unsafe { mapped.add(TABLE) }.cast::<Slot>();
        // The first ones are taken first.
        // SAFETY: there are as many slots as thunks.
        Some(
            (0..TABLE / STRIDE)
                .rev()
                .map(move |index| SlotPointer(unsafe { slots.add(index) })),
        )
    }

    /// The file that an address of ours is mapped from, if its contents are still there, and the place in it.
    fn own_file(address: usize) -> Option<(File, u64)> {
        let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
        let (path, offset) = maps.lines().find_map(|line| mapping_of(line, address))?;
        let file = File::open(path).ok()?;
        // A file of that name may be another one by now: an upgraded package.
        let mut contents = vec![0; TABLE];
        file.read_exact_at(&mut contents, offset).ok()?;
        // SAFETY: our own code.
        let table: &[u8] = unsafe { &cffi_thunk_table };
        (contents == table).then_some((file, offset))
    }

    /// The path, and the offset of the address, if a line of `/proc/self/maps` is about it (proc(5)).
    fn mapping_of(line: &str, address: usize) -> Option<(&str, u64)> {
        let mut fields = line.splitn(6, ' ');
        let (start, end) = fields.next()?.split_once('-')?;
        let [start, end] = [start, end].map(|text| usize::from_str_radix(text, 16));
        let (start, end) = (start.ok()?, end.ok()?);
        let offset = u64::from_str_radix(fields.nth(1)?, 16).ok()?;
        let path = fields.nth(2)?.trim_start();
        let inside = u64::try_from(address.checked_sub(start)?).ok()?;
        (address < end && path.starts_with('/')).then_some((path, offset + inside))
    }

    /// Maps the thunks at `offset` of a file, executable, with as much writable memory behind them.
    fn map_pair(file: &File, offset: u64) -> Option<NonNull<u8>> {
        let offset = libc::off_t::try_from(offset).ok()?;
        // SAFETY: a new mapping, whose first half is replaced; the file is open.
        unsafe {
            let both = libc::mmap(
                ptr::null_mut(),
                2 * TABLE,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            );
            if both == libc::MAP_FAILED {
                return None;
            }
            let thunks = libc::mmap(
                both,
                TABLE,
                libc::PROT_READ | libc::PROT_EXEC,
                libc::MAP_PRIVATE | libc::MAP_FIXED,
                file.as_raw_fd(),
                offset,
            );
            if thunks == libc::MAP_FAILED {
                libc::munmap(both, 2 * TABLE);
                return None;
            }
            NonNull::new(thunks.cast())
        }
    }

    // A thunk leaves the address of its slot in r10, which calls may change (psABI 3.2.1).
    #[cfg(target_arch = "x86_64")]
    std::arch::global_asm!(
        ".pushsection .text.cffi_thunk,\"ax\",@progbits",
        ".p2align 12",
        ".globl cffi_thunk_table",
        ".hidden cffi_thunk_table",
        ".type cffi_thunk_table,@object",
        "cffi_thunk_table:",
        ".rept {table} / {stride}",
        "endbr64",
        "lea r10, [rip + {table} - 11]", // the two instructions so far have 11 bytes
        "jmp qword ptr [r10 + 8]",
        ".p2align 4, 0xcc",
        ".endr",
        ".size cffi_thunk_table, . - cffi_thunk_table",
        ".globl cffi_thunk_entry",
        ".hidden cffi_thunk_entry",
        ".type cffi_thunk_entry,@function",
        "cffi_thunk_entry:",
        ".cfi_startproc",
        "endbr64",
        "push rbp",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        "sub rsp, {frame}",
        "mov [rsp], rdi",
        "mov [rsp + 8], rsi",
        "mov [rsp + 16], rdx",
        "mov [rsp + 24], rcx",
        "mov [rsp + 32], r8",
        "mov [rsp + 40], r9",
        "movsd [rsp + 48], xmm0",
        "movsd [rsp + 56], xmm1",
        "movsd [rsp + 64], xmm2",
        "movsd [rsp + 72], xmm3",
        "movsd [rsp + 80], xmm4",
        "movsd [rsp + 88], xmm5",
        "movsd [rsp + 96], xmm6",
        "movsd [rsp + 104], xmm7",
        "lea rax, [rbp + 16]",
        "mov [rsp + {stack}], rax",
        "mov qword ptr [rsp + {x87}], 0",
        "mov rdi, rsp",
        "mov rsi, [r10]",
        "call {handler}",
        "mov rax, [rsp + {ints}]",
        "mov rdx, [rsp + {ints} + 8]",
        "movsd xmm0, [rsp + {floats}]",
        "movsd xmm1, [rsp + {floats} + 8]",
        "cmp qword ptr [rsp + {x87}], 0",
        "je 2f",
        "fld tbyte ptr [rsp + {ints}]",
        "2:",
        "leave",
        ".cfi_def_cfa rsp, 8",
        "ret",
        ".cfi_endproc",
        ".size cffi_thunk_entry, . - cffi_thunk_entry",
        ".popsection",
        table = const TABLE,
        stride = const STRIDE,
        frame = const size_of::<Frame>().next_multiple_of(16),
        stack = const offset_of!(Frame, stack),
        x87 = const offset_of!(Frame, x87),
        ints = const offset_of!(Frame, ints),
        floats = const offset_of!(Frame, floats),
        handler = sym crate::closure::enter_thunk,
    );

    // A thunk leaves the address of its slot in x17, which calls may change (AAPCS64 6.1.1). `hint #34` is `bti c`.
    #[cfg(target_arch = "aarch64")]
    std::arch::global_asm!(
        ".pushsection .text.cffi_thunk,\"ax\",@progbits",
        ".p2align 14",
        ".globl cffi_thunk_table",
        ".hidden cffi_thunk_table",
        ".type cffi_thunk_table,@object",
        "cffi_thunk_table:",
        ".rept {table} / {stride}",
        "hint #34",
        "adr x17, . + {table} - 4",
        "ldr x16, [x17, #8]",
        "br x16",
        ".endr",
        ".size cffi_thunk_table, . - cffi_thunk_table",
        ".globl cffi_thunk_entry",
        ".hidden cffi_thunk_entry",
        ".type cffi_thunk_entry,%function",
        "cffi_thunk_entry:",
        ".cfi_startproc",
        "hint #34",
        "stp x29, x30, [sp, #-16]!",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset x29, -16",
        ".cfi_offset x30, -8",
        "mov x29, sp",
        ".cfi_def_cfa_register x29",
        "sub sp, sp, #{frame}",
        "stp x0, x1, [sp]",
        "stp x2, x3, [sp, #16]",
        "stp x4, x5, [sp, #32]",
        "stp x6, x7, [sp, #48]",
        "stp d0, d1, [sp, #64]",
        "stp d2, d3, [sp, #80]",
        "stp d4, d5, [sp, #96]",
        "stp d6, d7, [sp, #112]",
        "add x9, x29, #16",
        "str x9, [sp, #{stack}]",
        "mov x0, sp",
        "ldr x1, [x17]",
        "bl {handler}",
        "ldp x0, x1, [sp, #{ints}]",
        "ldp d0, d1, [sp, #{floats}]",
        "ldp d2, d3, [sp, #{floats} + 16]",
        "mov sp, x29",
        "ldp x29, x30, [sp], #16",
        ".cfi_def_cfa sp, 0",
        ".cfi_restore x29",
        ".cfi_restore x30",
        "ret",
        ".cfi_endproc",
        ".size cffi_thunk_entry, . - cffi_thunk_entry",
        ".popsection",
        table = const TABLE,
        stride = const STRIDE,
        frame = const size_of::<Frame>().next_multiple_of(16),
        stack = const offset_of!(Frame, stack),
        ints = const offset_of!(Frame, ints),
        floats = const offset_of!(Frame, floats),
        handler = sym crate::closure::enter_thunk,
    );
}

#[cfg(not(all(
    target_os = "linux",
    target_pointer_width = "64",
    any(
        target_arch = "x86_64",
        all(target_arch = "aarch64", target_endian = "little")
    )
)))]
mod imp {
    use std::ffi::c_void;

    /// There are none here.
    pub(super) enum SlotPointer {}

    pub(super) const fn take(_: *const c_void) -> Option<SlotPointer> {
        None
    }

    pub(super) const fn code(slot: &SlotPointer) -> *const c_void {
        match *slot {}
    }

    pub(super) const fn give_back(slot: &SlotPointer) {
        match *slot {}
    }
}
