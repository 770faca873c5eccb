//! Primitive ctypes and `void`: one object each for the life of the process.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, Ordering};

use cffi_model::primitive::{Primitive, PrimitiveKind};
use cffi_model::target::Target;
use cffi_python::PyResult;

use super::object::{CType, CTypeRef, Detail, Kind, NewCType};

/// By wire number; 0 is `void`.
static CACHE: [AtomicPtr<CType>; 64] = [const { AtomicPtr::new(std::ptr::null_mut()) }; 64];

fn cached(number: u8, make: impl FnOnce() -> PyResult<CTypeRef>) -> PyResult<CTypeRef> {
    let Some(cell) = CACHE.get(usize::from(number)) else {
        return make();
    };
    if let Some(found) = NonNull::new(cell.load(Ordering::Acquire)) {
        // SAFETY: the cache owns a reference for ever.
        return Ok(unsafe { found.as_ref() }.to_ref());
    }
    let made = make()?;
    let kept = made.clone().into_owned().into_ptr().cast::<CType>();
    if cell
        .compare_exchange(
            std::ptr::null_mut(),
            kept,
            Ordering::AcqRel,
            Ordering::Acquire,
        )
        .is_err()
    {
        // SAFETY: another thread was first; give back the reference meant for the cache and use theirs.
        unsafe {
            cffi_python::ffi::Py_DECREF(kept.cast());
            return Ok((*cell.load(Ordering::Acquire)).to_ref());
        }
    }
    Ok(made)
}

const fn kind_of(primitive: Primitive) -> Kind {
    match primitive.kind() {
        PrimitiveKind::Bool => Kind::Bool,
        PrimitiveKind::Char => Kind::Char,
        PrimitiveKind::WideChar => Kind::WideChar,
        PrimitiveKind::Signed => Kind::Signed,
        PrimitiveKind::Unsigned => Kind::Unsigned,
        PrimitiveKind::Float => Kind::Float,
        PrimitiveKind::LongDouble => Kind::LongDouble,
        PrimitiveKind::Complex => Kind::Complex,
    }
}

/// The name under which programs see a primitive: its C spelling, but for the complex types, which have always been shown by
/// the names that generated code gives them.
pub const fn shown_name(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::FloatComplex => "_cffi_float_complex_t",
        Primitive::DoubleComplex => "_cffi_double_complex_t",
        other => other.spelling(),
    }
}

/// The ctype of a primitive.
pub fn primitive(primitive: Primitive) -> PyResult<CTypeRef> {
    cached(primitive as u8, || {
        let layout = Target::host().primitive(primitive);
        let name = shown_name(primitive);
        NewCType {
            kind: kind_of(primitive),
            size: isize::try_from(layout.size).unwrap_or(-1),
            align: layout.align,
            item: None,
            length: -1,
            decayed: None,
            name: name.into(),
            name_position: name.len(),
            detail: Detail::Primitive(primitive),
        }
        .build()
    })
}

/// The ctype of a primitive by the name that the low-level API uses.
pub fn by_name(name: &str) -> PyResult<Option<CTypeRef>> {
    let found = match name {
        "_cffi_float_complex_t" => Some(Primitive::FloatComplex),
        "_cffi_double_complex_t" => Some(Primitive::DoubleComplex),
        other => Primitive::from_spelling(other),
    };
    found.map(primitive).transpose()
}

/// The ctype `void`.
pub fn void() -> PyResult<CTypeRef> {
    cached(0, || {
        NewCType {
            kind: Kind::Void,
            size: -1,
            align: 0,
            item: None,
            length: -1,
            decayed: None,
            name: "void".into(),
            name_position: 4,
            detail: Detail::None,
        }
        .build()
    })
}

/// The ctype `void *`.
pub fn void_pointer() -> PyResult<CTypeRef> {
    void()?.pointer()
}

/// The ctype `char[]`.
pub fn char_array() -> PyResult<CTypeRef> {
    super::array::array_of(&*primitive(Primitive::Char)?.pointer()?, super::array::OPEN)
}
