//! The Python types of cdata: their slots, put together from the modules beside this one.

use std::ffi::{c_int, c_void};
use std::mem::offset_of;

use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::{guard, guard_silent};
use cffi_python::typespec::{TypeSpec, method};
use cffi_python::{Borrowed, Owned, PyResult, raise, text};

use super::object::{CData, CDataSized};
use super::{arithmetic, compare, from_buffer, gc, handle, iter, show};
use crate::ctype::Kind;
use crate::types;

/// # Safety
/// `object` is a cdata for as long as the borrow lasts.
unsafe fn cdata<'a>(object: *mut PyObject) -> &'a CData {
    // SAFETY: the caller's promise.
    unsafe { &*object.cast::<CData>() }
}

/// # Safety
/// `object` is valid for as long as the borrow lasts.
unsafe fn borrow<'a>(object: *mut PyObject) -> Borrowed<'a> {
    // SAFETY: the caller's promise.
    unsafe { Borrowed::from_ptr(object) }
}

/// Drops the common parts and frees the memory.
///
/// # Safety
/// `object` is a cdata that is being deallocated; `free` frees memory of its kind.
unsafe fn finish(object: *mut PyObject, free: unsafe extern "C" fn(*mut c_void)) {
    // SAFETY: the caller's promise; each part is dropped once.
    unsafe {
        let place: *mut CData = object.cast();
        if !(*place).weak_references.get().is_null() {
            ffi::PyObject_ClearWeakRefs(object);
        }
        let class = ffi::Py_TYPE(object);
        let ctype = (*place).ctype().as_ptr();
        ffi::Py_DECREF(ctype);
        free(object.cast());
        ffi::Py_DECREF(class.cast());
    }
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    guard_silent(|| {
        // SAFETY: CPython deallocates a cdata once. Only pointers to records and functions of libraries hold anything more than their
        // ctype.
        unsafe {
            cdata(object).drop_owned_record();
            cdata(object).drop_library();
            finish(object, ffi::PyObject_Free);
        }
    });
}

unsafe extern "C" fn dealloc_handle(object: *mut PyObject) {
    guard_silent(|| {
        // SAFETY: as above; a `__CDataOwnGC`.
        unsafe {
            ffi::PyObject_GC_UnTrack(object.cast());
            handle::empty(object);
            finish(object, ffi::PyObject_GC_Del);
        }
    });
}

unsafe extern "C" fn dealloc_from_buffer(object: *mut PyObject) {
    guard_silent(|| {
        // SAFETY: as above; a `__CDataFromBuf`.
        unsafe {
            ffi::PyObject_GC_UnTrack(object.cast());
            from_buffer::drop_parts(object);
            finish(object, ffi::PyObject_GC_Del);
        }
    });
}

unsafe extern "C" fn dealloc_gcp(object: *mut PyObject) {
    guard_silent(|| {
        // SAFETY: as above; a `__CDataGCP`. The destructor runs on the origin, which is alive, not on this object.
        unsafe {
            ffi::PyObject_GC_UnTrack(object.cast());
            gc::destroy(cdata(object));
            finish(object, ffi::PyObject_GC_Del);
        }
    });
}

unsafe extern "C" fn repr(object: *mut PyObject) -> *mut PyObject {
    // SAFETY: a slot of cdata.
    guard(|| text::from_str(&show::repr(unsafe { cdata(object) })?))
}

unsafe extern "C" fn hash(object: *mut PyObject) -> isize {
    // SAFETY: a slot of cdata.
    let cdata = unsafe { cdata(object) };
    // Nothing here can panic.
    if !cdata.ctype().kind.is_primitive() {
        return compare::hash_of_address(cdata);
    }
    guard(|| compare::hash(cdata))
}

unsafe extern "C" fn richcompare(
    left: *mut PyObject,
    right: *mut PyObject,
    operator: c_int,
) -> *mut PyObject {
    // SAFETY: a slot; two valid objects.
    guard(|| unsafe { compare::compare(borrow(left), borrow(right), operator) })
}

unsafe extern "C" fn getattro(object: *mut PyObject, name: *mut PyObject) -> *mut PyObject {
    guard(|| {
        // SAFETY: a slot of cdata; the name is a str.
        let (this, name) = unsafe { (cdata(object), borrow(name)) };
        if let Some(value) = this.get_field(name)? {
            return Ok(value);
        }
        generic_attribute(this, name)
    })
}

/// Attributes that are no fields: those of the type, such as `__enter__`.
#[cold]
fn generic_attribute(this: &CData, name: Borrowed<'_>) -> PyResult<Owned> {
    // SAFETY: two valid objects.
    let found =
        unsafe { Owned::from_new(ffi::PyObject_GenericGetAttr(this.as_ptr(), name.as_ptr())) };
    found.map_err(|raised| {
        if cffi_python::error::Exception::AttributeError.is_set() {
            cffi_python::error::clear();
            return this.no_attribute(name);
        }
        raised
    })
}

unsafe extern "C" fn setattro(
    object: *mut PyObject,
    name: *mut PyObject,
    value: *mut PyObject,
) -> c_int {
    guard(|| {
        // SAFETY: a slot of cdata; the name is a str; the value is NULL for `del`.
        let (this, name, value) = unsafe {
            (
                cdata(object),
                borrow(name),
                Borrowed::from_ptr_or_none(value),
            )
        };
        match value {
            Some(value) if this.set_field(name, value)? => Ok(()),
            None if this.has_field(name)? => {
                Err(raise!(AttributeError, "cannot delete struct field"))
            }
            value => set_generic_attribute(this, name, value),
        }
    })
}

/// Attributes that are no fields cannot be set, `__class__` among them; the interpreter says why.
#[cold]
fn set_generic_attribute(
    this: &CData,
    name: Borrowed<'_>,
    value: Option<Borrowed<'_>>,
) -> PyResult<()> {
    let value = value.map_or(std::ptr::null_mut(), Borrowed::as_ptr);
    // SAFETY: valid objects; NULL is for `del`.
    let done = unsafe { ffi::PyObject_GenericSetAttr(this.as_ptr(), name.as_ptr(), value) };
    cffi_python::error::status(done).map_err(|raised| {
        if cffi_python::error::Exception::AttributeError.is_set() {
            cffi_python::error::clear();
            return this.no_settable_attribute(name);
        }
        raised
    })
}

unsafe extern "C" fn length(object: *mut PyObject) -> isize {
    guard(|| {
        // SAFETY: a slot of cdata.
        let this = unsafe { cdata(object) };
        if this.ctype().kind == Kind::Array {
            return Ok(this.array_length());
        }
        Err(raise!(
            TypeError,
            "cdata of type '{}' has no len()",
            this.ctype().name()
        ))
    })
}

unsafe extern "C" fn subscript(object: *mut PyObject, key: *mut PyObject) -> *mut PyObject {
    // SAFETY: a slot of cdata and a valid object.
    guard(|| unsafe { cdata(object).subscript(borrow(key)) })
}

unsafe extern "C" fn assign(
    object: *mut PyObject,
    key: *mut PyObject,
    value: *mut PyObject,
) -> c_int {
    guard(|| {
        // SAFETY: a slot of cdata and valid objects; the value is NULL for `del`.
        let (this, key, value) = unsafe {
            (
                cdata(object),
                borrow(key),
                Borrowed::from_ptr_or_none(value),
            )
        };
        match value {
            Some(value) => this.assign(key, value),
            None => Err(this.refuse_deletion(key)),
        }
    })
}

unsafe extern "C" fn iterate(object: *mut PyObject) -> *mut PyObject {
    // SAFETY: a slot of cdata.
    guard(|| iter::iterate(unsafe { cdata(object) }))
}

unsafe extern "C" fn add(left: *mut PyObject, right: *mut PyObject) -> *mut PyObject {
    // SAFETY: a slot; two valid objects.
    guard(|| unsafe { arithmetic::add(borrow(left), borrow(right)) })
}

unsafe extern "C" fn subtract(left: *mut PyObject, right: *mut PyObject) -> *mut PyObject {
    // SAFETY: a slot; two valid objects.
    guard(|| unsafe { arithmetic::subtract(borrow(left), borrow(right)) })
}

unsafe extern "C" fn is_true(object: *mut PyObject) -> c_int {
    // SAFETY: a slot of cdata.
    let cdata = unsafe { cdata(object) };
    // Nothing here can panic, and `if p:` is everywhere.
    if !cdata.ctype().kind.is_primitive() {
        return c_int::from(!cdata.data().is_null());
    }
    guard(|| arithmetic::is_true(cdata))
}

unsafe extern "C" fn to_int(object: *mut PyObject) -> *mut PyObject {
    // SAFETY: a slot of cdata.
    guard(|| arithmetic::to_int(unsafe { cdata(object) }))
}

unsafe extern "C" fn to_float(object: *mut PyObject) -> *mut PyObject {
    // SAFETY: a slot of cdata.
    guard(|| arithmetic::to_float(unsafe { cdata(object) }))
}

unsafe extern "C" fn to_complex(object: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    // SAFETY: a method of cdata.
    guard(|| arithmetic::to_complex(unsafe { cdata(object) }))
}

unsafe extern "C" fn enter(object: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    guard(|| {
        // SAFETY: a method of cdata.
        let this = unsafe { cdata(object) };
        super::check_releasable(this)?;
        Ok(this.as_object().to_owned())
    })
}

unsafe extern "C" fn exit(object: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    // SAFETY: a method of cdata.
    guard(|| super::release(unsafe { cdata(object) }).map(|()| Owned::none()))
}

unsafe extern "C" fn dir(object: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    guard(|| {
        // SAFETY: a method of cdata.
        let this = unsafe { cdata(object) };
        let ctype = this.ctype();
        let record = if ctype.kind == Kind::Pointer {
            ctype.item().unwrap_or(ctype)
        } else {
            ctype
        };
        let names = record.layout()?.map_or(&[][..], |layout| &layout.fields);
        cffi_python::object::new_list(names.len(), |index| match names.get(index) {
            Some(named) => Ok(named.name.clone()),
            None => Err(raise!(SystemError, "field {index} is gone")),
        })
    })
}

unsafe extern "C" fn refuse_subclass(
    class: *mut PyObject,
    _: *mut PyObject,
    _: *mut PyObject,
) -> *mut PyObject {
    guard::<Owned>(|| {
        // SAFETY: a class method; the class is the one that was just derived.
        let base = unsafe { borrow(class) }.attribute(c"__base__")?;
        // SAFETY: the base of a class is a class.
        let base = unsafe { cffi_python::version::type_name(base.as_ptr().cast()) };
        Err(raise!(
            TypeError,
            "type '{base}' is not an acceptable base type"
        ))
    })
}

unsafe extern "C" fn name(_: *mut PyObject, _: *mut c_void) -> *mut PyObject {
    guard(|| text::from_str("<cdata>"))
}

fn offset_members() -> Vec<ffi::PyMemberDef> {
    let member = |name, offset| TypeSpec::read_only_member(name, ffi::Py_T_PYSSIZET, offset, None);
    vec![
        member(c"__weaklistoffset__", offset_of!(CData, weak_references)),
        member(c"__vectorcalloffset__", offset_of!(CData, vectorcall)),
    ]
}

const SUBTYPE_DOC: &std::ffi::CStr =
    c"A private subtype of _CDataBase. Check with isinstance(x, ffi.CData).";

fn make_base() -> PyResult<Owned> {
    let spec = TypeSpec::new(c"_cffi_backend._CDataBase", size_of::<CData>())
        .flags(
            ffi::Py_TPFLAGS_BASETYPE | ffi::Py_TPFLAGS_HAVE_VECTORCALL | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION,
        )
        .not_picklable()
        .doc(c"The base type of all C data objects. Available as FFI.CData; check with isinstance(): some objects are of subtypes.")
        .methods(vec![
            method(c"__complex__", to_complex, ffi::METH_NOARGS, c"complex(self), for complex C types."),
            method(c"__enter__", enter, ffi::METH_NOARGS, c"with self: released at the end."),
            method(c"__exit__", exit, ffi::METH_VARARGS, c"Releases the memory, as ffi.release() does."),
            method(c"__dir__", dir, ffi::METH_NOARGS, c"The names of the fields."),
            ffi::PyMethodDef {
                ml_name: c"__init_subclass__".as_ptr(),
                ml_meth: ffi::PyMethodDefPointer { PyCFunctionWithKeywords: refuse_subclass },
                ml_flags: ffi::METH_CLASS | ffi::METH_VARARGS | ffi::METH_KEYWORDS,
                ml_doc: std::ptr::null(),
            },
        ])
        .getset(vec![cffi_python::typespec::getter(c"__name__", name, c"Always '<cdata>'.")])
        .members(offset_members());
    // SAFETY: each function has the type of its slot.
    unsafe {
        spec.slot(ffi::Py_tp_dealloc, dealloc as *mut c_void)
            .slot(ffi::Py_tp_repr, repr as *mut c_void)
            .slot(ffi::Py_tp_hash, hash as *mut c_void)
            .slot(ffi::Py_tp_richcompare, richcompare as *mut c_void)
            .slot(ffi::Py_tp_getattro, getattro as *mut c_void)
            .slot(ffi::Py_tp_setattro, setattro as *mut c_void)
            .slot(ffi::Py_tp_iter, iterate as *mut c_void)
            .slot(ffi::Py_tp_call, ffi::PyVectorcall_Call as *mut c_void)
            .slot(ffi::Py_mp_length, length as *mut c_void)
            .slot(ffi::Py_mp_subscript, subscript as *mut c_void)
            .slot(ffi::Py_mp_ass_subscript, assign as *mut c_void)
            .slot(ffi::Py_nb_add, add as *mut c_void)
            .slot(ffi::Py_nb_subtract, subtract as *mut c_void)
            .slot(ffi::Py_nb_bool, is_true as *mut c_void)
            .slot(ffi::Py_nb_int, to_int as *mut c_void)
            .slot(ffi::Py_nb_float, to_float as *mut c_void)
    }
    .build(None)
}

/// How the collector treats a type.
struct Collected {
    traverse: ffi::traverseproc,
    clear: ffi::inquiry,
    /// Called for garbage in cycles, before any of it is cleared.
    finalize: Option<ffi::destructor>,
}

fn make_subtype(
    name: &'static std::ffi::CStr,
    size: usize,
    base: Borrowed<'_>,
    collected: Option<Collected>,
    dealloc: ffi::destructor,
) -> PyResult<Owned> {
    let mut spec = TypeSpec::new(name, size)
        .flags(
            ffi::Py_TPFLAGS_BASETYPE
                | ffi::Py_TPFLAGS_HAVE_VECTORCALL
                | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION,
        )
        .doc(SUBTYPE_DOC)
        .members(offset_members());
    // SAFETY: each function has the type of its slot.
    unsafe {
        spec = spec
            .slot(ffi::Py_tp_dealloc, dealloc as *mut c_void)
            .slot(ffi::Py_tp_call, ffi::PyVectorcall_Call as *mut c_void);
        if let Some(collected) = collected {
            spec = spec
                .flags(ffi::Py_TPFLAGS_HAVE_GC)
                .slot(ffi::Py_tp_traverse, collected.traverse as *mut c_void)
                .slot(ffi::Py_tp_clear, collected.clear as *mut c_void);
            if let Some(finalize) = collected.finalize {
                spec = spec.slot(ffi::Py_tp_finalize, finalize as *mut c_void);
            }
        }
    }
    spec.build(Some(base))
}

/// Makes the types that nothing can do without.
pub fn make_types() -> PyResult<()> {
    let base = make_base()?;
    let own = make_subtype(
        c"_cffi_backend.__CDataOwn",
        size_of::<CData>(),
        base.borrow(),
        None,
        dealloc,
    )?;
    types::CDATA_OWN.set(own);
    types::CDATA.set(base);
    const { assert!(size_of::<CData>() <= size_of::<CDataSized>()) };
    Ok(())
}

/// Makes the type of handles and callbacks.
pub fn make_own_gc() -> PyResult<Owned> {
    make_subtype(
        c"_cffi_backend.__CDataOwnGC",
        size_of::<handle::CDataOwnGc>(),
        types::CDATA_OWN.object(),
        Some(Collected {
            traverse: handle::traverse,
            clear: handle::clear,
            finalize: None,
        }),
        dealloc_handle,
    )
}

/// Makes the type of what has a destructor.
pub fn make_gcp() -> PyResult<Owned> {
    make_subtype(
        c"_cffi_backend.__CDataGCP",
        size_of::<gc::CDataGcp>(),
        types::CDATA.object(),
        Some(Collected {
            traverse: gc::traverse,
            clear: gc::clear,
            finalize: Some(gc::finalize),
        }),
        dealloc_gcp,
    )
}

/// Makes the type of what `ffi.from_buffer()` gives.
pub fn make_from_buffer() -> PyResult<Owned> {
    make_subtype(
        c"_cffi_backend.__CDataFromBuf",
        size_of::<from_buffer::CDataFromBuffer>(),
        types::CDATA.object(),
        Some(Collected {
            traverse: from_buffer::traverse,
            clear: from_buffer::clear,
            finalize: None,
        }),
        dealloc_from_buffer,
    )
}
