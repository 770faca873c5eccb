//! Variables of a module inside of its `Lib`: read and written each time.

use std::ffi::c_void;

use cffi_call::errno;
use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::guard_silent;
use cffi_python::typespec::TypeSpec;
use cffi_python::{Borrowed, Owned, PyResult, thread};

use super::ffi_error;
use crate::cdata::object::new_view;
use crate::convert;
use crate::ctype::CTypeRef;
use crate::types;

/// Where a variable is.
#[derive(Clone, Copy)]
pub enum Place {
    /// Always there.
    At(*mut u8),
    /// Where this function says: a macro, or a variable of each thread.
    Asked(unsafe extern "C" fn() -> *mut u8),
}

/// A variable of a module.
#[repr(C)]
pub struct Variable {
    ob_base: cffi_python::object::Header,
    name: String,
    ctype: CTypeRef,
    place: Place,
}

/// A variable as an object.
pub fn new_variable(name: &str, ctype: CTypeRef, place: Place) -> PyResult<Owned> {
    // SAFETY: the type is ready; every part is written at once.
    unsafe {
        let made = Owned::from_new(ffi::PyType_GenericAlloc(types::GLOB_SUPPORT.get()?, 0))?;
        let data: *mut Variable = made.as_ptr().cast();
        (&raw mut (*data).name).write(name.to_owned());
        (&raw mut (*data).ctype).write(ctype);
        (&raw mut (*data).place).write(place);
        Ok(made)
    }
}

impl Variable {
    /// The variable behind an object, if it is one.
    #[inline]
    pub fn from_object(object: Borrowed<'_>) -> Option<&Self> {
        // SAFETY: the type cannot be subclassed, so the object has this layout.
        types::GLOB_SUPPORT
            .is_exact(object)
            .then(|| unsafe { &*object.as_ptr().cast::<Self>() })
    }

    fn address(&self) -> PyResult<*mut u8> {
        let address = match self.place {
            Place::At(address) => address,
            // SAFETY: the module's function, which touches no Python object.
            Place::Asked(ask) => unsafe { thread::detached(|| errno::around(|| ask())) },
        };
        if address.is_null() {
            return Err(ffi_error(format_args!(
                "global variable '{}' is at address NULL",
                self.name
            )));
        }
        Ok(address)
    }

    /// Its value; arrays and records are referred to.
    pub fn read(&self) -> PyResult<Owned> {
        // SAFETY: the module says that there is a value of this type.
        unsafe { convert::load(&self.ctype, self.address()?) }
    }

    /// Sets its value.
    pub fn write(&self, value: Borrowed<'_>) -> PyResult<()> {
        // SAFETY: as in `read`.
        unsafe { convert::store(&self.ctype, self.address()?, value) }
    }

    /// A pointer to it.
    pub fn pointer(&self) -> PyResult<Owned> {
        Ok(new_view(self.ctype.pointer()?, self.address()?)?.into_owned())
    }
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    guard_silent(|| {
        // SAFETY: CPython deallocates a variable once; its parts are dropped in place.
        unsafe {
            let class = ffi::Py_TYPE(object);
            let place: *mut Variable = object.cast();
            std::ptr::drop_in_place(&raw mut (*place).name);
            std::ptr::drop_in_place(&raw mut (*place).ctype);
            ffi::PyObject_Free(object.cast());
            ffi::Py_DECREF(class.cast());
        }
    });
}

/// Makes the type.
pub fn make_type() -> PyResult<Owned> {
    let spec = TypeSpec::new(c"_cffi_backend.__FFIGlobSupport", size_of::<Variable>())
        .flags(ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION)
        .doc(c"A global variable of a compiled module, inside of its Lib object.");
    // SAFETY: the function has the type of its slot.
    unsafe { spec.slot(ffi::Py_tp_dealloc, dealloc as *mut c_void) }.build(None)
}
