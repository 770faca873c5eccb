//! What Python sees of a ctype: `repr`, `kind`, `cname` and the attributes that its kind has.

use std::ffi::{CStr, c_int, c_void};

use cffi_python::bits::ToSigned;
use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::{guard, guard_silent};
use cffi_python::typespec::{TypeSpec, getter, method};
use cffi_python::{Borrowed, Owned, PyResult, int, object, raise, text};

use super::function::{Variadic, forget_function};
use super::object::{CType, Detail, Kind};
use crate::types;

/// # Safety
/// `object` is a CType for as long as the borrow lasts.
unsafe fn ctype<'a>(object: *mut PyObject) -> &'a CType {
    // SAFETY: the caller's promise.
    unsafe { &*object.cast::<CType>() }
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    guard_silent(|| {
        // SAFETY: CPython deallocates a CType once. It leaves the caches first, so that nobody finds it half gone; then its
        // Rust parts are dropped in place, all but the header.
        unsafe {
            ffi::PyObject_GC_UnTrack(object.cast());
            let this = ctype(object);
            leave_caches(this);
            if !this.weak_references.get().is_null() {
                ffi::PyObject_ClearWeakRefs(object);
            }
            let class = ffi::Py_TYPE(object);
            let place: *mut CType = object.cast();
            std::ptr::drop_in_place(&raw mut (*place).detail);
            std::ptr::drop_in_place(&raw mut (*place).decayed);
            std::ptr::drop_in_place(&raw mut (*place).item);
            std::ptr::drop_in_place(&raw mut (*place).name);
            std::ptr::drop_in_place(&raw mut (*place).derived);
            ffi::PyObject_GC_Del(object.cast());
            ffi::Py_DECREF(class.cast());
        }
    });
}

fn leave_caches(this: &CType) {
    match this.kind {
        Kind::Pointer => {
            if let Some(item) = this.item() {
                item.forget_pointer(this);
            }
        }
        Kind::Array => {
            if let Some(pointer) = &this.decayed {
                pointer.forget_array(this, this.length);
            }
        }
        Kind::Function => {
            if let (Some(result), Some(detail)) = (this.item(), this.as_function()) {
                forget_function(this, result, detail);
            }
        }
        _ => {}
    }
}

unsafe extern "C" fn traverse(
    object: *mut PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector on a live CType; visiting neither runs Python code nor changes references.
    unsafe {
        let this = ctype(object);
        let visit = |pointer: *mut PyObject| {
            if pointer.is_null() {
                0
            } else {
                visit(pointer, argument)
            }
        };
        let mut found = visit(ffi::Py_TYPE(object).cast());
        for part in [&this.item, &this.decayed].into_iter().flatten() {
            if found == 0 {
                found = visit(part.as_ptr());
            }
        }
        this.derived.traverse(|derived| {
            if let (Some(kept), 0) = (&derived.kept_array, found) {
                found = visit(kept.as_ptr());
            }
        });
        match &this.detail {
            Detail::Function(detail) => {
                for parameter in &detail.parameters {
                    if found == 0 {
                        found = visit(parameter.as_ptr());
                    }
                }
            }
            Detail::Record(detail) => detail.for_each_reference(&mut |pointer| {
                if found == 0 {
                    found = visit(pointer);
                }
            }),
            Detail::Enum(detail) if found == 0 => found = visit(detail.base.as_ptr()),
            _ => {}
        }
        found
    }
}

unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    guard_silent(|| {
        // SAFETY: called by the collector on a live CType that is garbage. Cycles run through the fields of records and the arrays that
        // pointers keep (every other part was complete before the type existed), so emptying these is enough to break them.
        // Garbage is unreachable, so nobody else looks at the detail meanwhile.
        let this = unsafe { &mut *object.cast::<CType>() };
        let kept = this.derived.with(|derived| derived.kept_array.take());
        drop(kept);
        if let Detail::Record(detail) = &mut this.detail {
            detail.clear();
        }
    });
    0
}

unsafe extern "C" fn repr(object: *mut PyObject) -> *mut PyObject {
    // SAFETY: a slot of CType.
    guard(|| text::from_str(&format!("<ctype '{}'>", unsafe { ctype(object) }.name())))
}

const fn kind_name(this: &CType) -> &'static str {
    match this.kind {
        Kind::Void => "void",
        _ if matches!(this.detail, Detail::Enum(_)) => "enum",
        Kind::Pointer => "pointer",
        Kind::Array => "array",
        Kind::Struct => "struct",
        Kind::Union => "union",
        Kind::Function => "function",
        _ => "primitive",
    }
}

/// The attributes that a ctype of this kind has.
fn attribute_names(this: &CType) -> &'static [&'static str] {
    match this.kind {
        _ if this.as_enum().is_some() => &["cname", "elements", "kind", "relements"],
        Kind::Pointer => &["cname", "item", "kind"],
        Kind::Array => &["cname", "item", "kind", "length"],
        Kind::Struct | Kind::Union => &["cname", "fields", "kind"],
        Kind::Function => &["abi", "args", "cname", "ellipsis", "kind", "result"],
        _ => &["cname", "kind"],
    }
}

unsafe extern "C" fn dir(object: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    guard(|| {
        // SAFETY: a method of CType.
        let names = attribute_names(unsafe { ctype(object) });
        object::new_list(names.len(), |index| {
            text::from_str(names.get(index).copied().unwrap_or_default())
        })
    })
}

/// The value of an attribute, `None` where this kind of type does not have it.
type Attribute = fn(&CType) -> PyResult<Option<Owned>>;

fn attribute(object: *mut PyObject, name: &str, get: Attribute) -> *mut PyObject {
    guard(|| {
        // SAFETY: a getter of CType.
        get(unsafe { ctype(object) })?.ok_or_else(|| raise!(AttributeError, "{name}"))
    })
}

macro_rules! attributes {
    ($($name:ident $c_name:literal $doc:literal $get:expr;)*) => {
        $(unsafe extern "C" fn $name(object: *mut PyObject, _: *mut c_void) -> *mut PyObject {
            attribute(object, stringify!($name), $get)
        })*
        fn getset_table() -> Vec<ffi::PyGetSetDef> {
            const fn of(text: &'static CStr) -> &'static CStr { text }
            vec![$(getter(of($c_name), $name, of($doc)),)*]
        }
    };
}

attributes! {
    kind c"kind" c"'primitive', 'bool', 'enum', 'pointer', 'array', 'void', 'struct', 'union' or 'function'."
        |this| text::from_str(kind_name(this)).map(Some);
    cname c"cname" c"The C spelling of the type."
        |this| text::from_str(this.name()).map(Some);
    item c"item" c"Of a pointer or array: the ctype of what it points to or contains."
        |this| Ok(this.item().filter(|_| matches!(this.kind, Kind::Pointer | Kind::Array)).map(|item| item.as_object().to_owned()));
    length c"length" c"Of an array: its number of items, None when not known."
        |this| match this.kind {
            Kind::Array if this.length < 0 => Ok(Some(Owned::none())),
            Kind::Array => int::from_isize(this.length).map(Some),
            _ => Ok(None),
        };
    fields c"fields" c"Of a struct or union: a list of (name, field); None while it is opaque."
        fields_of;
    args c"args" c"Of a function: a tuple of the ctypes of its parameters."
        |this| this.as_function().map(|detail| {
            object::new_tuple(detail.parameters.iter().map(|parameter| parameter.as_object().to_owned()))
        }).transpose();
    result c"result" c"Of a function: the ctype of its result."
        |this| Ok(this.item().filter(|_| this.kind == Kind::Function).map(|item| item.as_object().to_owned()));
    ellipsis c"ellipsis" c"Of a function: whether it takes further arguments."
        |this| Ok(this.as_function().map(|detail| Owned::bool(detail.variadic == Variadic::Yes)));
    abi c"abi" c"Of a function: the number of its calling convention."
        |this| this.as_function().map(|detail| int::from_i64(detail.abi.into())).transpose();
    elements c"elements" c"Of an enum: a dict from values to names."
        |this| this.as_enum().map(|detail| copy_dict(&detail.elements)).transpose();
    relements c"relements" c"Of an enum: a dict from names to values."
        |this| this.as_enum().map(|detail| copy_dict(&detail.relements)).transpose();
}

fn copy_dict(dict: &Owned) -> PyResult<Owned> {
    // SAFETY: a dict.
    unsafe { Owned::from_new(ffi::PyDict_Copy(dict.as_ptr())) }
}

fn fields_of(this: &CType) -> PyResult<Option<Owned>> {
    if !this.kind.is_record() {
        return Ok(None);
    }
    let Some(layout) = this.layout()? else {
        return Ok(Some(Owned::none()));
    };
    let pair = |index: usize| match layout.fields.get(index) {
        Some(named) => object::new_tuple([named.name.clone(), named.field.as_object().to_owned()]),
        None => Err(raise!(SystemError, "field {index} is gone")),
    };
    object::new_list(layout.fields.len(), pair).map(Some)
}

/// `==` and `!=`: types are interned, so that equal ones are the same object. What `object` does takes longer to say so.
unsafe extern "C" fn compare(
    left: *mut PyObject,
    right: *mut PyObject,
    operator: c_int,
) -> *mut PyObject {
    guard(|| {
        // SAFETY: a valid object.
        let both = unsafe { types::CTYPE.is_exact(Borrowed::from_ptr(right)) };
        Ok(match operator {
            ffi::Py_EQ if both => Owned::bool(left == right),
            ffi::Py_NE if both => Owned::bool(left != right),
            _ => Owned::not_implemented(),
        })
    })
}

/// By identity.
unsafe extern "C" fn hash(object: *mut PyObject) -> isize {
    // Allocations are aligned to 16 bytes: low bits that are all the same would fill dicts badly.
    match object.addr().rotate_right(4).to_signed() {
        -1 => -2,
        hash => hash,
    }
}

/// Makes the type.
pub fn make_type() -> PyResult<Owned> {
    let spec = TypeSpec::new(c"_cffi_backend.CType", size_of::<CType>())
        .not_picklable()
        .flags(ffi::Py_TPFLAGS_HAVE_GC | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION)
        .doc(c"A C type. Obtained from ffi.typeof().")
        .methods(vec![method(
            c"__dir__",
            dir,
            ffi::METH_NOARGS,
            c"The attributes that this kind of type has.",
        )])
        .getset(getset_table())
        .members(vec![ffi::PyMemberDef {
            name: c"__weaklistoffset__".as_ptr(),
            type_code: ffi::Py_T_PYSSIZET,
            offset: std::mem::offset_of!(CType, weak_references).to_signed(),
            flags: ffi::Py_READONLY,
            doc: std::ptr::null(),
        }]);
    // SAFETY: each function has the type of its slot.
    unsafe {
        spec.slot(ffi::Py_tp_dealloc, dealloc as *mut c_void)
            .slot(ffi::Py_tp_traverse, traverse as *mut c_void)
            .slot(ffi::Py_tp_clear, clear as *mut c_void)
            .slot(ffi::Py_tp_repr, repr as *mut c_void)
            .slot(ffi::Py_tp_richcompare, compare as *mut c_void)
            .slot(ffi::Py_tp_hash, hash as *mut c_void)
    }
    .build(None)
}

/// For messages that begin with an object's type: `cdata 'int *'` and the like.
pub fn describe(object: Borrowed<'_>) -> String {
    crate::cdata::CData::from_object(object).map_or_else(
        || object.type_name(),
        |cdata| format!("cdata '{}'", cdata.ctype().name()),
    )
}
