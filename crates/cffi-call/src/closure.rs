//! Closures: C function pointers that enter a Rust handler with a data pointer.
//!
//! Through libffi, which brings trampolines of its own.

use std::ffi::c_void;
use std::ptr::NonNull;

use libffi_sys as raw;

use crate::libffi::Interface;
use crate::plan::Unsupported;
use crate::shape::{Shape, Signature, Signedness};

/// What a closure calls: the data pointer, the address of each argument's value, and room for the result in its natural layout
/// (at least 8 bytes).
pub type Handler = unsafe fn(data: *mut c_void, arguments: *const *mut u8, result: *mut u8);

/// What libffi hands back to us.
struct Context {
    handler: Handler,
    data: *mut c_void,
    /// Size and signedness of an integer result narrower than a register: libffi wants it widened.
    narrow: Option<(u8, Signedness)>,
}

/// A C function pointer that is valid until this is dropped.
pub struct Closure {
    writable: NonNull<c_void>,
    code: *const c_void,
    _context: Box<Context>,
    _interface: Interface,
}

impl Closure {
    /// Makes a function of this signature that calls `handler(data, …)`.
    ///
    /// # Safety
    /// `handler` copes with `data` and with arguments of the signature from any thread for as long as the closure lives.
    pub unsafe fn new(
        signature: &Signature,
        handler: Handler,
        data: *mut c_void,
    ) -> Result<Self, Unsupported> {
        let interface = Interface::new(signature)?;
        let narrow = match signature.result {
            Shape::Int(size, signedness) if size < 8 => Some((size, signedness)),
            _ => None,
        };
        let mut context = Box::new(Context {
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
                Some(enter),
                (&raw mut *context).cast(),
                code,
            );
            if status != raw::ffi_status_FFI_OK {
                raw::ffi_closure_free(writable.as_ptr());
                return Err(Unsupported("libffi failed to build this callback"));
            }
            Ok(Self {
                writable,
                code,
                _context: context,
                _interface: interface,
            })
        }
    }

    /// The function pointer for C.
    #[must_use]
    pub const fn code(&self) -> *const c_void {
        self.code
    }
}

impl Drop for Closure {
    fn drop(&mut self) {
        // SAFETY: allocated by ffi_closure_alloc and freed once.
        unsafe { raw::ffi_closure_free(self.writable.as_ptr()) }
    }
}

unsafe extern "C" fn enter(
    _: *mut raw::ffi_cif,
    result: *mut c_void,
    arguments: *mut *mut c_void,
    context: *mut c_void,
) {
    // SAFETY: libffi passes what `Closure::new` gave it, the arguments of the signature, and room for at least one register.
    unsafe {
        let context = &*context.cast::<Context>();
        (context.handler)(context.data, arguments.cast(), result.cast());
        match context.narrow {
            Some((1, Signedness::Signed)) => widen(result, i64::from(result.cast::<i8>().read())),
            Some((1, Signedness::Unsigned)) => widen(result, i64::from(result.cast::<u8>().read())),
            Some((2, Signedness::Signed)) => widen(result, i64::from(result.cast::<i16>().read())),
            Some((2, Signedness::Unsigned)) => {
                widen(result, i64::from(result.cast::<u16>().read()))
            }
            Some((4, Signedness::Signed)) => widen(result, i64::from(result.cast::<i32>().read())),
            Some((4, Signedness::Unsigned)) => {
                widen(result, i64::from(result.cast::<u32>().read()))
            }
            _ => {}
        }
    }
}

/// # Safety
/// `result` has room for a register.
unsafe fn widen(result: *mut c_void, value: i64) {
    // SAFETY: the caller's promise.
    unsafe { result.cast::<i64>().write(value) }
}
