//! What `ffi.new_allocator()` returns: a callable like `ffi.new()` over the program's own `alloc` and `free`.

use std::ffi::{c_int, c_void};

use cffi_python::arguments::{Arguments, Convention, Signature, Style};
use cffi_python::bits::ToSigned;
use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::{guard, guard_silent};
use cffi_python::typespec::TypeSpec;
use cffi_python::{Borrowed, Owned, PyResult, raise};

use super::object::{Ffi, FunctionTypes};
use crate::cdata::object::Fill;
use crate::ctype::CType;
use crate::ops::new::{Allocator, new};
use crate::types;

#[repr(C)]
struct AllocatorObject {
    ob_base: cffi_python::object::Header,
    vectorcall: ffi::vectorcallfunc,
    ffi: Owned,
    allocator: Allocator,
}

/// `ffi.new_allocator(alloc, free, should_clear_after_alloc)`
pub fn new_allocator(
    ffi_object: &Ffi,
    alloc: Option<Borrowed<'_>>,
    free: Option<Borrowed<'_>>,
    fill: Fill,
) -> PyResult<Owned> {
    let present =
        |object: Option<Borrowed<'_>>| object.filter(|it| !it.is_none()).map(Borrowed::to_owned);
    let (alloc, free) = (present(alloc), present(free));
    if alloc.is_none() && free.is_some() {
        return Err(raise!(TypeError, "cannot pass 'free' without 'alloc'"));
    }
    // SAFETY: the type is ready; every part is written at once.
    unsafe {
        let made = Owned::from_new(ffi::PyType_GenericAlloc(types::ALLOCATOR.get()?, 0))?;
        let place: *mut AllocatorObject = made.as_ptr().cast();
        (&raw mut (*place).vectorcall).write(call);
        (&raw mut (*place).ffi).write(ffi_object.as_object().to_owned());
        (&raw mut (*place).allocator).write(Allocator { alloc, free, fill });
        Ok(made)
    }
}

/// What programs know as a function inside of `FFI.new_allocator()`.
static CALLED: Convention = Convention {
    owner: "FFI.new_allocator.<locals>",
    style: Style::Function,
};

const SIGNATURE: Signature<2> = Signature {
    function: "allocate",
    parameters: ["cdecl", "init"],
    required: 1,
};

unsafe extern "C" fn call(
    object: *mut PyObject,
    arguments: *const *mut PyObject,
    flags: usize,
    names: *mut PyObject,
) -> *mut PyObject {
    guard(|| {
        // SAFETY: the vectorcall of this type: its own layout, and what the interpreter passes.
        let (this, arguments) = unsafe {
            let count = ffi::PyVectorcall_NARGS(flags);
            (
                &*object.cast::<AllocatorObject>(),
                Arguments::new(arguments, count, names, &CALLED),
            )
        };
        let [cdecl, init] = arguments.bind(&SIGNATURE)?;
        let cdecl = SIGNATURE.require(0, cdecl)?;
        let Some(ffi_object) = Ffi::from_object(this.ffi.borrow()) else {
            return Err(raise!(SystemError, "allocator without an FFI"));
        };
        let ctype = if cdecl.is_str() {
            ffi_object.type_of_string(cdecl, FunctionTypes::Refused)?
        } else if let Some(ctype) = CType::from_object(cdecl) {
            ctype.to_ref()
        } else {
            return Err(raise!(
                TypeError,
                "expected a string or ctype object, got '{}'",
                cdecl.type_name()
            ));
        };
        new(&ctype, init, &this.allocator)
    })
}

unsafe extern "C" fn traverse(
    object: *mut PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector on a live instance.
    unsafe {
        let this = &*object.cast::<AllocatorObject>();
        let parts = [
            Some(&this.ffi),
            this.allocator.alloc.as_ref(),
            this.allocator.free.as_ref(),
        ];
        let mut found = visit(ffi::Py_TYPE(object).cast(), argument);
        for part in parts.into_iter().flatten() {
            if found == 0 {
                found = visit(part.as_ptr(), argument);
            }
        }
        found
    }
}

unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    guard_silent(|| {
        // SAFETY: called by the collector on a live instance that is garbage.
        let this = unsafe { &mut *object.cast::<AllocatorObject>() };
        let parts = (this.allocator.alloc.take(), this.allocator.free.take());
        drop(parts);
    });
    0
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    guard_silent(|| {
        // SAFETY: CPython deallocates an instance once; its parts are dropped in place.
        unsafe {
            ffi::PyObject_GC_UnTrack(object.cast());
            let class = ffi::Py_TYPE(object);
            let place: *mut AllocatorObject = object.cast();
            std::ptr::drop_in_place(&raw mut (*place).ffi);
            std::ptr::drop_in_place(&raw mut (*place).allocator);
            ffi::PyObject_GC_Del(object.cast());
            ffi::Py_DECREF(class.cast());
        }
    });
}

/// Makes the type.
pub fn make_type() -> PyResult<Owned> {
    let spec = TypeSpec::new(
        c"_cffi_backend.__FFIAllocator",
        size_of::<AllocatorObject>(),
    )
    .flags(
        ffi::Py_TPFLAGS_HAVE_GC
            | ffi::Py_TPFLAGS_HAVE_VECTORCALL
            | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION,
    )
    .members(vec![ffi::PyMemberDef {
        name: c"__vectorcalloffset__".as_ptr(),
        type_code: ffi::Py_T_PYSSIZET,
        offset: std::mem::offset_of!(AllocatorObject, vectorcall).to_signed(),
        flags: ffi::Py_READONLY,
        doc: std::ptr::null(),
    }])
    .doc(c"Allocates C objects as ffi.new() does, with the program's own allocator.");
    // SAFETY: each function has the type of its slot.
    unsafe {
        spec.slot(ffi::Py_tp_dealloc, dealloc as *mut c_void)
            .slot(ffi::Py_tp_traverse, traverse as *mut c_void)
            .slot(ffi::Py_tp_clear, clear as *mut c_void)
            .slot(ffi::Py_tp_call, ffi::PyVectorcall_Call as *mut c_void)
    }
    .build(None)
}
