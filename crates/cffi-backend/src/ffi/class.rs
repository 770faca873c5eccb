//! The class `FFI`: how instances are made and filled, `ffi.errno`, and what the class itself has.

use std::ffi::{CStr, c_int, c_void};

use cffi_python::arguments::{self, KeywordCall, Signature};
use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::guard;
use cffi_python::typespec::TypeSpec;
use cffi_python::{Borrowed, Owned, PyResult, int, raise, version};

use super::inline::World;
use super::methods::{self, BY_NAME};
use super::object::{self, Ffi, Mode};
use crate::compiled::python_form;
use crate::convert::cast::cast;
use crate::ctype::primitive;
use crate::types;

unsafe extern "C" fn get_errno(_: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    guard(|| int::from_i64(cffi_call::errno::saved().into()))
}

unsafe extern "C" fn set_errno(this: *mut PyObject, value: *mut PyObject, _: *mut c_void) -> c_int {
    guard(|| {
        // SAFETY: an FFI; NULL for `del`, otherwise a valid object.
        let (this, value) =
            unsafe { (Borrowed::from_ptr(this), Borrowed::from_ptr_or_none(value)) };
        match value {
            Some(value) => save_errno(value),
            None => Err(raise!(
                AttributeError,
                "property 'errno' of '{}' object has no deleter",
                this.type_name()
            )),
        }
    })
}

/// Makes a Python number what C code finds as `errno`.
pub fn save_errno(value: Borrowed<'_>) -> PyResult<()> {
    let Ok(value) = c_int::try_from(arguments::long(value)?) else {
        return Err(raise!(OverflowError, "errno value too large"));
    };
    cffi_call::errno::set_saved(value);
    Ok(())
}

unsafe extern "C" fn tp_new(
    class: *mut ffi::PyTypeObject,
    _: *mut PyObject,
    _: *mut PyObject,
) -> *mut PyObject {
    guard(|| object::new_instance(class, World::new()))
}

unsafe extern "C" fn tp_init(
    object: *mut PyObject,
    arguments: *mut PyObject,
    keywords: *mut PyObject,
) -> c_int {
    const SIGNATURE: Signature<8> = Signature {
        function: "FFI",
        parameters: [
            "module_name",
            "_version",
            "_types",
            "_globals",
            "_struct_unions",
            "_enums",
            "_typenames",
            "_includes",
        ],
        required: 0,
    };
    guard(|| {
        // SAFETY: an FFI, a tuple, and a dict or NULL.
        let (this, given) = unsafe {
            let given = KeywordCall::new(
                Borrowed::from_ptr(arguments),
                Borrowed::from_ptr_or_none(keywords),
            )?;
            (Ffi::from_ptr(object), given)
        };
        if this.mode == Mode::Inline {
            return Ok(());
        }
        let [
            name,
            version,
            types,
            globals,
            struct_unions,
            enums,
            typenames,
            includes,
        ] = given.arguments(&BY_NAME).bind(&SIGNATURE)?;
        python_form::unpack(
            this,
            &python_form::Given {
                name,
                version,
                types,
                globals,
                struct_unions,
                enums,
                typenames,
                includes,
            },
        )
    })
}

/// The attributes of the class itself.
fn add_class_attributes(class: &Owned) -> PyResult<()> {
    let null = cast(&*primitive::void_pointer()?, int::from_i64(0)?.borrow())?;
    let mut attributes = vec![
        (c"NULL", null.into_owned()),
        (c"CData", types::CDATA.object().to_owned()),
        (c"CType", types::CTYPE.object().to_owned()),
        (c"buffer", types::BUFFER.object().to_owned()),
        (c"error", version::exception_class(c"ffi.error")?),
    ];
    for (name, value) in cffi_call::dlopen::FLAGS {
        attributes.push((*name, int::from_i64((*value).into())?));
    }
    version::set_class_attributes(class.borrow(), &attributes)
}

/// Makes the type `FFI`.
pub fn make_type() -> PyResult<Owned> {
    const DOC: &CStr = c"FFI()\n--\n\nC declarations, and the operations on C data.";
    let spec = TypeSpec::new(c"_cffi_backend.FFI", size_of::<Ffi>())
        .mutable()
        .flags(ffi::Py_TPFLAGS_BASETYPE | ffi::Py_TPFLAGS_HAVE_GC)
        .doc(DOC)
        .methods(methods::method_table())
        .getset(vec![ffi::PyGetSetDef {
            name: c"errno".as_ptr(),
            get: Some(get_errno),
            set: Some(set_errno),
            doc: c"The value of C's errno after the last call of a C function in this thread."
                .as_ptr(),
            closure: std::ptr::null_mut(),
        }]);
    // SAFETY: each function has the type of its slot.
    let class = unsafe {
        spec.slot(ffi::Py_tp_dealloc, object::dealloc as *mut c_void)
            .slot(ffi::Py_tp_traverse, object::traverse as *mut c_void)
            .slot(ffi::Py_tp_clear, object::clear as *mut c_void)
            .slot(ffi::Py_tp_new, tp_new as *mut c_void)
            .slot(ffi::Py_tp_init, tp_init as *mut c_void)
    }
    .build(None)?;
    add_class_attributes(&class)?;
    Ok(class)
}
