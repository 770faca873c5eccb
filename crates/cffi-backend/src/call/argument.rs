//! Python objects as arguments of C functions: like stores, but pointers also take strings, lists and files without `ffi.new()`.

use std::cell::{Cell, RefCell, UnsafeCell};
use std::mem::MaybeUninit;

use cffi_python::{Borrowed, PyResult, raise};
use smallvec::SmallVec;

use super::file;
use crate::cdata::CData;
use crate::convert::{character, float, initializer, integer, store};
use crate::ctype::{CType, Kind};

/// Units of 16 bytes that are at hand without an allocation.
const ROOM: usize = 8;

/// Memory that is at hand without an allocation. It is a variable of its own: the compiler would clear it with the rest.
pub struct Room(UnsafeCell<MaybeUninit<[u128; ROOM]>>);

impl Room {
    /// Nothing is taken of it.
    #[inline]
    pub const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }
}

/// Memory that lives until the call returns. Blocks are aligned to 16 bytes and do not move.
pub struct Temporaries<'a> {
    room: &'a Room,
    /// How many units of the room are taken.
    taken: Cell<usize>,
    blocks: RefCell<SmallVec<[Vec<u128>; 2]>>,
}

impl<'a> Temporaries<'a> {
    /// The only one that takes from this room.
    #[inline]
    pub fn new(room: &'a mut Room) -> Self {
        Self {
            room,
            taken: Cell::new(0),
            blocks: RefCell::new(SmallVec::new()),
        }
    }

    /// Zeroed memory of this many bytes.
    pub fn allocate(&self, size: usize) -> PyResult<*mut u8> {
        let units = size.div_ceil(16).max(1);
        let taken = self.taken.get();
        if units <= ROOM - taken {
            // SAFETY: as many units are left behind those that are taken, and nobody refers to the room as a whole.
            let place = unsafe { self.room.0.get().cast::<u128>().add(taken) };
            self.taken.set(taken + units);
            // SAFETY: as above; all-zero is a valid `u128`.
            unsafe { place.write_bytes(0, units) }
            return Ok(place.cast());
        }
        let mut block: Vec<u128> = Vec::new();
        if block.try_reserve_exact(units).is_err() {
            return Err(raise!(
                MemoryError,
                "no memory for {size} bytes of an argument"
            ));
        }
        block.resize(units, 0);
        let data = block.as_mut_ptr().cast();
        self.blocks.borrow_mut().push(block);
        Ok(data)
    }
}

/// The word of a scalar argument, extended to 64 bits as its type says.
#[inline]
pub fn word(ctype: &CType, object: Borrowed<'_>, temporaries: &Temporaries<'_>) -> PyResult<u64> {
    match ctype.kind {
        Kind::Signed | Kind::Unsigned => integer::to_bits(ctype, object),
        Kind::Pointer => Ok(pointer(ctype, object, temporaries)?.expose_provenance() as u64),
        Kind::Float if ctype.raw_size() == 8 => Ok(float::to_f64(object)?.to_bits()),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "C's conversion to float rounds in the same way"
        )]
        Kind::Float => Ok(u64::from((float::to_f64(object)? as f32).to_bits())),
        Kind::Bool => integer::to_bool_bits(ctype, object),
        Kind::Char => character::to_byte(ctype, object).map(u64::from),
        Kind::WideChar => character::to_wide(ctype, object),
        Kind::Function => Ok(store::to_pointer(ctype, object)?.expose_provenance() as u64),
        _ => Err(raise!(
            TypeError,
            "cannot pass a value of ctype '{}'",
            ctype.name()
        )),
    }
}

/// Stores an argument in its natural layout.
///
/// # Safety
/// `data` is writable for the size of `ctype`.
pub unsafe fn value(
    ctype: &CType,
    object: Borrowed<'_>,
    data: *mut u8,
    temporaries: &Temporaries<'_>,
) -> PyResult<()> {
    // SAFETY: the caller's promise.
    unsafe {
        if ctype.kind == Kind::Pointer {
            data.cast::<*mut u8>()
                .write_unaligned(pointer(ctype, object, temporaries)?);
            return Ok(());
        }
        store(ctype, data, object)
    }
}

/// The address for a pointer parameter.
#[inline]
pub fn pointer(
    ctype: &CType,
    object: Borrowed<'_>,
    temporaries: &Temporaries<'_>,
) -> PyResult<*mut u8> {
    if CData::from_object(object).is_some() {
        return store::to_pointer(ctype, object);
    }
    pointer_from_python(ctype, object, temporaries)
}

fn room(length: usize, size: usize) -> PyResult<usize> {
    length
        .checked_mul(size)
        .ok_or_else(|| raise!(OverflowError, "array size would overflow a Py_ssize_t"))
}

fn pointer_from_python(
    ctype: &CType,
    object: Borrowed<'_>,
    temporaries: &Temporaries<'_>,
) -> PyResult<*mut u8> {
    match prepare(ctype, object)? {
        Prepared::Address(address) => Ok(address),
        Prepared::Items(size) => {
            let data = temporaries.allocate(size)?;
            // SAFETY: fresh zeroed memory of the size that was asked for.
            unsafe { fill(ctype, object, data, Some(size))? }
            Ok(data)
        }
    }
}

/// What an object is for a pointer parameter.
pub enum Prepared {
    /// This address.
    Address(*mut u8),
    /// Items to be put into zeroed memory of this many bytes, by [`fill`].
    Items(usize),
}

/// Looks at an argument for a pointer parameter.
pub fn prepare(ctype: &CType, object: Borrowed<'_>) -> PyResult<Prepared> {
    let Some(item) = ctype.item() else {
        return store::to_pointer(ctype, object).map(Prepared::Address);
    };
    let takes_bytes = item.kind == Kind::Void
        || item.raw_size() == 1
            && matches!(
                item.kind,
                Kind::Char | Kind::Signed | Kind::Unsigned | Kind::Bool
            );
    if takes_bytes {
        if let Some(bytes) = object.bytes() {
            if item.kind == Kind::Bool && bytes.iter().any(|byte| *byte > 1) {
                return Err(raise!(
                    ValueError,
                    "an array of _Bool can only contain \\x00 or \\x01"
                ));
            }
            // No copy: a bytes object ends in a null and lives as long as the call's arguments.
            return Ok(Prepared::Address(bytes.as_ptr().cast_mut()));
        }
    }
    if object.is_list() || object.is_tuple() {
        if let Some(size) = item.size()? {
            return Ok(Prepared::Items(room(object.length()?, size)?));
        }
        return store::to_pointer(ctype, object).map(Prepared::Address);
    }
    if item.kind == Kind::WideChar && object.is_str() {
        let size = item.raw_size().unsigned_abs();
        let units = character::encoded_length(object, size)?;
        // A terminating null comes after them.
        return Ok(Prepared::Items(room(units + 1, size)?));
    }
    if item.is_file() {
        if let Some(stream) = file::stream_of(object)? {
            return Ok(Prepared::Address(stream.cast()));
        }
    }
    if object.is_str() && item.size()?.is_some() {
        let what = initializer::expected_for_items(item);
        return Err(store::expected(ctype, object, what));
    }
    store::to_pointer(ctype, object).map(Prepared::Address)
}

/// Puts the items of an argument into memory.
///
/// # Safety
/// `data` is zeroed memory of the size that [`prepare`] gave for this object; `room` is that size, where it is known.
pub unsafe fn fill(
    ctype: &CType,
    object: Borrowed<'_>,
    data: *mut u8,
    room: Option<usize>,
) -> PyResult<()> {
    let Some(item) = ctype.item() else {
        return Ok(());
    };
    let size = item.size()?.unwrap_or(0);
    if object.is_str() {
        // SAFETY: the caller's promise: there is room for the units.
        return unsafe { character::write_encoded(object, size, data) };
    }
    // A list that has grown meanwhile is read no further.
    let most = room.map_or(usize::MAX, |room| {
        room.checked_div(size).unwrap_or(usize::MAX)
    });
    let length = object.length()?.min(most);
    // SAFETY: the caller's promise: there is room for the items.
    unsafe { initializer::store_items(item, size, data, object, length) }
}
