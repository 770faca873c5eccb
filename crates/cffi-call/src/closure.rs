//! Closures: C function pointers that enter a Rust handler with a data pointer.
//!
//! Where we classify the signature ourselves, a pre-compiled thunk enters [`enter_thunk`], which reads the call plan backwards;
//! otherwise through libffi, which brings trampolines of its own.

use std::ffi::c_void;
use std::ptr::NonNull;

use libffi_sys as raw;
use smallvec::SmallVec;

use crate::libffi::Interface;
use crate::plan::{
    CallPlan, Passing, Piece, ResultPiece, Returning, Source, Unsupported, WordPlan,
};
use crate::scalar::Scalar;
use crate::shape::{Shape, Signature};
use crate::thunk::{Frame, Thunk};
use crate::trampoline::{FLOATS, INTS, ResultRegisters};

/// What a closure calls: the data pointer, the address of each argument's value, and room for the result in its natural layout
/// (at least 8 bytes). It must not unwind.
pub type Handler = unsafe fn(data: *mut c_void, arguments: *const *mut u8, result: *mut u8);

/// A C function pointer that is valid until this is dropped.
pub struct Closure {
    code: *const c_void,
    _backing: Backing,
}

/// What keeps the function pointer valid, until it is dropped.
#[expect(dead_code, reason = "held, not read")]
enum Backing {
    /// The thunk goes before its context.
    Thunk(Thunk, Box<WordContext>),
    Libffi(LibffiClosure),
}

/// What a thunk brings along.
pub(crate) struct WordContext {
    handler: Handler,
    data: *mut c_void,
    plan: WordPlan,
    /// Where the values that come in pieces are put together, in units of 16 bytes from the start of the scratch memory.
    places: Vec<usize>,
    scratch: usize,
    exit: Exit,
}

/// How the result goes back to C. A copy is taken before the handler runs, which may drop the closure that it is called for.
#[derive(Clone, Copy)]
enum Exit {
    Void,
    Scalar(Source, Scalar),
    /// That many of the pieces.
    Pieces([ResultPiece; 4], usize),
    /// A `long double` for `st(0)`, or a record of one.
    X87,
    /// That many bytes at the address that C gave in this word.
    Indirect(u8, usize),
}

/// What libffi hands back to us.
struct LibffiContext {
    handler: Handler,
    data: *mut c_void,
    /// An integer result narrower than a register: libffi wants it widened.
    narrow: Option<Scalar>,
}

struct LibffiClosure {
    writable: NonNull<c_void>,
    _context: Box<LibffiContext>,
    _interface: Interface,
}

impl Closure {
    /// Makes a function of this signature that calls `handler(data, …)`.
    ///
    /// # Errors
    /// Where the convention cannot pass one of the types, or nobody here knows how; if there is no memory.
    ///
    /// # Safety
    /// `handler` copes with `data` and with arguments of the signature from any thread for as long as the closure lives.
    pub unsafe fn new(
        signature: &Signature,
        handler: Handler,
        data: *mut c_void,
    ) -> Result<Self, Unsupported> {
        if let Ok(CallPlan::Words(plan)) = CallPlan::new(signature) {
            let context = Box::new(WordContext::new(plan, signature, handler, data));
            if let Some(thunk) = Thunk::new((&raw const *context).cast()) {
                return Ok(Self {
                    code: thunk.code(),
                    _backing: Backing::Thunk(thunk, context),
                });
            }
        }
        // SAFETY: the caller's promise.
        unsafe { Self::portable(signature, handler, data) }
    }

    /// The same through libffi, whatever we could do ourselves.
    ///
    /// # Errors
    /// As [`Closure::new`].
    ///
    /// # Safety
    /// As [`Closure::new`].
    pub unsafe fn portable(
        signature: &Signature,
        handler: Handler,
        data: *mut c_void,
    ) -> Result<Self, Unsupported> {
        let (closure, code) = LibffiClosure::new(signature, handler, data)?;
        Ok(Self {
            code,
            _backing: Backing::Libffi(closure),
        })
    }

    /// The function pointer for C.
    #[must_use]
    pub const fn code(&self) -> *const c_void {
        self.code
    }
}

impl WordContext {
    fn new(plan: WordPlan, signature: &Signature, handler: Handler, data: *mut c_void) -> Self {
        let mut scratch = 0;
        let place = |(passing, shape): (&Passing, &Shape)| {
            let here = scratch;
            if matches!(passing, Passing::Pieces(_)) {
                scratch += shape.size().div_ceil(16);
            }
            here
        };
        let places = plan
            .arguments
            .iter()
            .zip(&signature.parameters)
            .map(place)
            .collect();
        let exit = Exit::new(&plan, &signature.result);
        Self {
            handler,
            data,
            plan,
            places,
            scratch,
            exit,
        }
    }
}

impl Exit {
    fn new(plan: &WordPlan, result: &Shape) -> Self {
        match (&plan.returning, Scalar::of(result)) {
            (Returning::Int, Some(kind)) => Self::Scalar(Source::Int(0), kind),
            (Returning::Float, Some(kind)) => Self::Scalar(Source::Float(0), kind),
            (Returning::Pieces(_), _) if plan.registers == ResultRegisters::X87 => Self::X87,
            (Returning::Pieces(pieces), _) => {
                let mut copy = [ResultPiece {
                    offset: 0,
                    size: 0,
                    source: Source::Int(0),
                }; 4];
                copy.iter_mut()
                    .zip(pieces)
                    .for_each(|(copy, piece)| *copy = *piece);
                Self::Pieces(copy, pieces.len())
            }
            (Returning::Indirect(word), _) => Self::Indirect(*word, result.size()),
            _ => Self::Void,
        }
    }
}

impl Frame {
    /// The place of a word of the plan.
    ///
    /// # Safety
    /// The frame is that of a call with the plan's arguments.
    unsafe fn word(&mut self, word: u8) -> *mut u64 {
        let index = usize::from(word);
        match self.registers.get_mut(index) {
            Some(register) => register,
            // SAFETY: the caller's promise: a stack word of the plan.
            None => unsafe { self.stack.add(index - (INTS + FLOATS)) },
        }
    }

    fn set_result(&mut self, source: Source, bits: u64) {
        let register = match source {
            Source::Int(number) => self.ints.get_mut(usize::from(number)),
            Source::Float(number) => self.floats.get_mut(usize::from(number)),
        };
        if let Some(register) = register {
            *register = bits;
        }
    }
}

/// Units of 16 bytes for a result that may go to registers: four `long double`s would, in some convention.
const RESULT_UNITS: usize = 4;

/// The other end of all thunks: finds the arguments, calls the handler, and puts the result where C expects it.
///
/// # Safety
/// Called by the thunk of the closure that `context` belongs to.
pub(crate) unsafe extern "C" fn enter_thunk(frame: &mut Frame, context: &WordContext) {
    let mut scratch: SmallVec<[u128; 8]> = SmallVec::from_elem(0, context.scratch);
    let scratch: *mut u8 = scratch.as_mut_ptr().cast();
    let mut arguments: SmallVec<[*mut u8; 12]> = SmallVec::new();
    for (passing, place) in context.plan.arguments.iter().zip(&context.places) {
        // SAFETY: the words are those of the plan; a reference is the address of a value; the scratch memory has room for the pieces.
        arguments.push(unsafe {
            match passing {
                Passing::Word(word) => frame.word(*word).cast(),
                Passing::Reference(word) => pointer(*frame.word(*word)),
                Passing::Pieces(pieces) => {
                    let value = scratch.add(place * 16);
                    pieces
                        .iter()
                        .for_each(|piece| piece.write(*frame.word(piece.word), value));
                    value
                }
            }
        });
    }
    let exit = context.exit;
    let mut room = [0u128; RESULT_UNITS];
    let (address, size) = match exit {
        // SAFETY: a word of the plan.
        Exit::Indirect(word, size) => (pointer(unsafe { *frame.word(word) }), size),
        _ => (std::ptr::null_mut(), 0),
    };
    // What is returned in memory may have less room there than handlers are promised; unless it is large.
    let result = if size > size_of_val(&room) {
        address
    } else {
        room.as_mut_ptr().cast()
    };
    // SAFETY: the arguments and room for the result; the closure lives when it is called.
    unsafe { (context.handler)(context.data, arguments.as_ptr(), result) };
    // SAFETY: the handler has stored a result, and C gave the address of a place for it.
    unsafe { leave(frame, exit, result, address) };
}

/// # Safety
/// `result` holds a result for this exit; `address` is the place for an indirect one.
unsafe fn leave(frame: &mut Frame, exit: Exit, result: *mut u8, address: *mut u8) {
    // SAFETY: the caller's promise; pieces lie inside the result.
    unsafe {
        match exit {
            Exit::Void => {}
            Exit::Scalar(source, kind) => frame.set_result(source, kind.read(result)),
            Exit::Pieces(pieces, count) => {
                for piece in pieces.iter().take(count) {
                    let part = Piece {
                        offset: piece.offset,
                        size: piece.size,
                        word: 0,
                    };
                    frame.set_result(piece.source, part.read(result));
                }
            }
            Exit::X87 => {
                frame.x87 = 1;
                frame.ints = result.cast::<[u64; 2]>().read_unaligned();
            }
            Exit::Indirect(_, size) => {
                if result != address {
                    address.copy_from_nonoverlapping(result, size);
                }
                frame.set_result(Source::Int(0), address.expose_provenance() as u64);
            }
        }
    }
}

/// A word as an address.
fn pointer(word: u64) -> *mut u8 {
    std::ptr::with_exposed_provenance_mut(usize::try_from(word).unwrap_or_default())
}

impl LibffiClosure {
    fn new(
        signature: &Signature,
        handler: Handler,
        data: *mut c_void,
    ) -> Result<(Self, *const c_void), Unsupported> {
        let interface = Interface::new(signature)?;
        let narrow =
            Scalar::of(&signature.result).filter(|kind| !kind.is_float() && *kind != Scalar::Word);
        let mut context = Box::new(LibffiContext {
            handler,
            data,
            narrow,
        });
        let mut code: *mut c_void = std::ptr::null_mut();
        // SAFETY: libffi's own size; the context and interface live as long as the closure.
        unsafe {
            let writable = raw::ffi_closure_alloc(size_of::<raw::ffi_closure>(), &raw mut code);
            let Some(writable) = NonNull::new(writable) else {
                return Err(Unsupported("cannot allocate memory for a callback"));
            };
            let status = raw::ffi_prep_closure_loc(
                writable.as_ptr().cast(),
                interface.as_ptr(),
                Some(enter_libffi),
                (&raw mut *context).cast(),
                code,
            );
            if status != raw::ffi_status_FFI_OK {
                raw::ffi_closure_free(writable.as_ptr());
                return Err(Unsupported("libffi failed to build this callback"));
            }
            Ok((
                Self {
                    writable,
                    _context: context,
                    _interface: interface,
                },
                code,
            ))
        }
    }
}

impl Drop for LibffiClosure {
    fn drop(&mut self) {
        // SAFETY: allocated by ffi_closure_alloc and freed once.
        unsafe { raw::ffi_closure_free(self.writable.as_ptr()) }
    }
}

unsafe extern "C" fn enter_libffi(
    _: *mut raw::ffi_cif,
    result: *mut c_void,
    arguments: *mut *mut c_void,
    context: *mut c_void,
) {
    // SAFETY: libffi passes what `LibffiClosure::new` gave it, the arguments of the signature, and room for at least one register.
    unsafe {
        let context = &*context.cast::<LibffiContext>();
        // A copy: the handler may drop the closure.
        let narrow = context.narrow;
        (context.handler)(context.data, arguments.cast(), result.cast());
        if let Some(narrow) = narrow {
            result.cast::<u64>().write(narrow.read(result.cast()));
        }
    }
}
