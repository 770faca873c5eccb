//! `ffi.new()`: memory of a C type, initialised, from Python's allocator or from one of the program.

use cffi_python::bits::ToSigned;
use cffi_python::int;
use cffi_python::{Borrowed, Owned, PyResult, raise};

use crate::cdata::object::Fill;
use crate::cdata::{CData, CDataRef, gc, owning};
use crate::convert::initializer::{self, IsLength};
use crate::convert::store;
use crate::ctype::{CType, Kind};

/// Where memory comes from.
pub struct Allocator {
    /// Called with a size in bytes; `None`: Python's allocator.
    pub alloc: Option<Owned>,
    /// Called with what `alloc` returned.
    pub free: Option<Owned>,
    /// Whether memory is zeroed before it is initialised.
    pub fill: Fill,
}

/// The allocator of `ffi.new()`.
pub const DEFAULT: Allocator = Allocator {
    alloc: None,
    free: None,
    fill: Fill::Zero,
};

/// More bytes than this leave no room for the object around them.
const LARGEST: usize = isize::MAX.unsigned_abs() - 0xFFFF;

/// How much memory is needed, and the length that the result must remember.
struct Extent {
    bytes: usize,
    /// See [`owning::new_memory`].
    length: isize,
}

/// `ffi.new(ctype, init)`; `init` absent or `None` leaves the memory as the allocator gives it.
pub fn new(ctype: &CType, init: Option<Borrowed<'_>>, allocator: &Allocator) -> PyResult<Owned> {
    let init = init.filter(|init| !init.is_none());
    match ctype.kind {
        Kind::Pointer => new_object(ctype, init, allocator),
        Kind::Array => new_array(ctype, init, allocator),
        _ => Err(raise!(
            TypeError,
            "expected a pointer or array ctype, got '{}'",
            ctype.name()
        )),
    }
}

fn new_object(
    pointer: &CType,
    init: Option<Borrowed<'_>>,
    allocator: &Allocator,
) -> PyResult<Owned> {
    let sized = match pointer.item() {
        Some(item) => item.size()?.map(|size| (item, size)),
        None => None,
    };
    let Some((item, mut bytes)) = sized else {
        let name = pointer.item().map_or("", CType::name);
        return Err(raise!(
            TypeError,
            "cannot instantiate ctype '{name}' of unknown size"
        ));
    };
    if !item.kind.is_record() {
        if matches!(item.kind, Kind::Char | Kind::WideChar) {
            // Room for a terminating null: `ffi.new("char *", b"x")` can be passed as a string.
            bytes *= 2;
        }
        let made = allocate(
            pointer,
            Extent { bytes, length: -1 },
            item.align()?,
            allocator,
        )?;
        if let Some(init) = init {
            // SAFETY: fresh memory of the item's size.
            unsafe { store(item, made.data(), init)? }
        }
        return Ok(made.into_owned());
    }
    let mut room = None;
    if let Some(init) = init {
        if item.is_flexible()? {
            let needed = initializer::measure(item, init)?;
            room = Some(needed);
            bytes = bytes.max(needed);
        }
    }
    let length = room.map_or(-1, |_| bytes.to_signed());
    let record = allocate(item, Extent { bytes, length }, item.align()?, allocator)?;
    if let Some(init) = init {
        // SAFETY: fresh memory of the record's size, its flexible array included.
        unsafe { initializer::store_record(item, record.data(), init, room.map(|_| bytes))? }
    }
    Ok(owning::new_pointer_to_record(pointer.to_ref(), &record)?.into_owned())
}

fn new_array(array: &CType, init: Option<Borrowed<'_>>, allocator: &Allocator) -> PyResult<Owned> {
    let Some(item) = array.item() else {
        return Err(raise!(
            TypeError,
            "expected a pointer or array ctype, got '{}'",
            array.name()
        ));
    };
    let Some(item_size) = item.size()? else {
        return Err(raise!(
            TypeError,
            "cannot instantiate ctype '{}' of unknown size",
            item.name()
        ));
    };
    let (length, init) = match usize::try_from(array.length) {
        Ok(length) => (length, init),
        Err(_) => {
            // SAFETY: `None` is always there.
            let given =
                init.unwrap_or_else(|| unsafe { Borrowed::from_ptr(cffi_python::ffi::Py_None()) });
            let (length, is_length) = initializer::array_length_of(array, given)?;
            (length, init.filter(|_| is_length == IsLength::No))
        }
    };
    let Some(bytes) = length
        .checked_mul(item_size)
        .filter(|bytes| isize::try_from(*bytes).is_ok())
    else {
        return Err(raise!(
            OverflowError,
            "array size would overflow a Py_ssize_t"
        ));
    };
    if bytes > LARGEST {
        return Err(raise!(MemoryError, "an array of {bytes} bytes"));
    }
    let extent = Extent {
        bytes,
        length: length.to_signed(),
    };
    let made = allocate(array, extent, item.align()?, allocator)?;
    if let Some(init) = init {
        // SAFETY: fresh memory of `length` items.
        unsafe { initializer::store_array(array, made.data(), init, Some(length))? }
    }
    Ok(made.into_owned())
}

fn allocate(
    ctype: &CType,
    extent: Extent,
    align: usize,
    allocator: &Allocator,
) -> PyResult<CDataRef> {
    let Some(alloc) = &allocator.alloc else {
        return owning::new_memory(
            ctype.to_ref(),
            extent.bytes,
            extent.length,
            align,
            allocator.fill,
        );
    };
    let size = int::from_usize(extent.bytes)?;
    let block = alloc.borrow().call(&[size.borrow()])?;
    let Some(cdata) = CData::from_object(block.borrow()) else {
        return Err(raise!(
            TypeError,
            "alloc() must return a cdata object (got {})",
            block.borrow().type_name()
        ));
    };
    if !matches!(cdata.ctype().kind, Kind::Pointer | Kind::Array) {
        return Err(raise!(
            TypeError,
            "alloc() must return a cdata pointer, not '{}'",
            cdata.ctype().name()
        ));
    }
    if cdata.data().is_null() {
        return Err(raise!(MemoryError, "alloc() returned NULL"));
    }
    let free = allocator.free.as_ref().map(Owned::borrow);
    let made = gc::new_gcp(
        ctype.to_ref(),
        cdata.data(),
        extent.length,
        block.borrow(),
        free,
    )?;
    if allocator.fill == Fill::Zero {
        // SAFETY: the program's allocator was asked for this many bytes.
        unsafe { cdata.data().write_bytes(0, extent.bytes) }
    }
    Ok(made)
}
