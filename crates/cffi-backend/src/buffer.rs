//! `buffer`: the raw bytes of C memory as a Python object with the buffer protocol (`ffi.buffer`).

use cffi_python::bits::ToSigned;
use std::cmp::Ordering;
use std::ffi::{CStr, c_int, c_void};

use cffi_python::buffer::{Access, View};
use cffi_python::ffi::{self, PyObject};
use cffi_python::slot::{guard, guard_silent};
use cffi_python::sync::Slot;
use cffi_python::typespec::TypeSpec;
use cffi_python::{Borrowed, Owned, PyResult, Raised, raise, text};

use crate::cdata::CData;
use crate::cdata::access::ToIndex;
use crate::ctype::{CType, Kind};
use crate::ops::expect_cdata;
use crate::types;

#[repr(C)]
struct Buffer {
    ob_base: cffi_python::object::Header,
    weak_references: cffi_python::object::WeakReferences,
    data: *mut u8,
    size: usize,
    /// The cdata whose memory this is.
    owner: Slot,
}

/// `ffi.buffer(cdata, size)`; `size` in bytes, negative: as the type says.
pub fn new_buffer(cdata: &CData, size: isize) -> PyResult<Owned> {
    let size = match usize::try_from(size) {
        Ok(size) => {
            warn_of_excess(cdata, size)?;
            size
        }
        Err(_) => natural_size(cdata)?,
    };
    match cdata.ctype().kind {
        Kind::Pointer | Kind::Array => {}
        _ => {
            return Err(raise!(
                TypeError,
                "expected a pointer or array cdata, got '{}'",
                cdata.ctype().name()
            ));
        }
    }
    // SAFETY: the type is ready; every part is written at once.
    unsafe {
        let made = Owned::from_new(ffi::PyType_GenericAlloc(types::BUFFER.get(), 0))?;
        let place: *mut Buffer = made.as_ptr().cast();
        (*place).data = cdata.data();
        (*place).size = size;
        (&raw mut (*place).owner).write(Slot::new(Some(cdata.as_object().to_owned())));
        Ok(made)
    }
}

/// More bytes than the cdata itself has are somebody else's.
fn warn_of_excess(cdata: &CData, size: usize) -> PyResult<()> {
    if !cdata.is_owning() || !matches!(cdata.ctype().kind, Kind::Pointer | Kind::Array) {
        return Ok(());
    }
    let owned = natural_size(cdata)?;
    if size <= owned {
        return Ok(());
    }
    // SAFETY: the class lives as long as the interpreter.
    let class = unsafe { Borrowed::from_ptr(ffi::PyExc_UserWarning) };
    let message = format!(
        "ffi.buffer(cdata, bytes): creating a buffer of {size} bytes over a cdata that owns only {owned} bytes.  This will crash if you access the extra memory"
    );
    cffi_python::error::warn(class, &message, 1)
}

fn natural_size(cdata: &CData) -> PyResult<usize> {
    match cdata.ctype().kind {
        Kind::Pointer => {
            if let Some(record) = cdata.owned_record().and_then(CData::from_object) {
                return record.byte_size();
            }
            match cdata.ctype().item().map_or(Ok(None), CType::size)? {
                Some(size) => Ok(size),
                None => Err(raise!(
                    TypeError,
                    "don't know the size pointed to by '{}'",
                    cdata.ctype().name()
                )),
            }
        }
        Kind::Array => cdata.byte_size(),
        _ => Err(raise!(
            TypeError,
            "expected a pointer or array cdata, got '{}'",
            cdata.ctype().name()
        )),
    }
}

impl Buffer {
    /// # Safety
    /// `object` is a buffer for as long as the borrow lasts.
    unsafe fn from_ptr<'a>(object: *mut PyObject) -> &'a Self {
        // SAFETY: the caller's promise.
        unsafe { &*object.cast::<Self>() }
    }

    fn bytes(&self) -> &[u8] {
        if self.data.is_null() {
            return &[];
        }
        // SAFETY: the program said that this much memory is there; the cdata keeps what it owns.
        unsafe { std::slice::from_raw_parts(self.data, self.size) }
    }

    /// The position of one byte; `IndexError` with the words of `access` outside.
    fn position(&self, key: Borrowed<'_>, access: Access) -> PyResult<usize> {
        let index = match key.one_digit_isize() {
            Some(index) => index,
            None if key.is_index() => key.to_index()?,
            None => {
                return Err(raise!(
                    TypeError,
                    "buffer indices must be integers, not {}",
                    key.type_name()
                ));
            }
        };
        let index = if index < 0 {
            index.checked_add_unsigned(self.size).unwrap_or(-1)
        } else {
            index
        };
        usize::try_from(index)
            .ok()
            .filter(|index| *index < self.size)
            .ok_or_else(|| match access {
                Access::Read => raise!(IndexError, "buffer index out of range"),
                Access::Write => raise!(IndexError, "buffer assignment index out of range"),
            })
    }

    /// Start and length of a slice, as a sequence of this length has it.
    fn range(&self, key: Borrowed<'_>) -> PyResult<(usize, usize)> {
        let (mut start, mut stop, mut step) = (0, 0, 0);
        // SAFETY: a slice object and three places for its parts.
        let length = unsafe {
            if ffi::PySlice_Unpack(key.as_ptr(), &raw mut start, &raw mut stop, &raw mut step) < 0 {
                return Err(Raised);
            }
            ffi::PySlice_AdjustIndices(self.size.to_signed(), &raw mut start, &raw mut stop, step)
        };
        if step != 1 {
            return Err(raise!(
                TypeError,
                "buffer doesn't support slicing with step != 1"
            ));
        }
        Ok((start.unsigned_abs(), length.unsigned_abs()))
    }
}

unsafe extern "C" fn tp_new(
    _: *mut ffi::PyTypeObject,
    arguments: *mut PyObject,
    keywords: *mut PyObject,
) -> *mut PyObject {
    guard(|| {
        let mut cdata: *mut PyObject = std::ptr::null_mut();
        let mut size: isize = -1;
        let mut names = [
            c"cdata".as_ptr().cast_mut(),
            c"size".as_ptr().cast_mut(),
            std::ptr::null_mut(),
        ];
        // SAFETY: a tuple and a dict or NULL; the places match the format.
        unsafe {
            if ffi::PyArg_ParseTupleAndKeywords(
                arguments,
                keywords,
                c"O|n:buffer".as_ptr(),
                names.as_mut_ptr().cast(),
                &raw mut cdata,
                &raw mut size,
            ) == 0
            {
                return Err(Raised);
            }
            new_buffer(expect_cdata(Borrowed::from_ptr(cdata), "buffer")?, size)
        }
    })
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    guard_silent(|| {
        // SAFETY: CPython deallocates a buffer once.
        unsafe {
            ffi::PyObject_GC_UnTrack(object.cast());
            let this = Buffer::from_ptr(object);
            if !this.weak_references.get().is_null() {
                ffi::PyObject_ClearWeakRefs(object);
            }
            let class = ffi::Py_TYPE(object);
            drop(this.owner.take());
            ffi::PyObject_GC_Del(object.cast());
            ffi::Py_DECREF(class.cast());
        }
    });
}

unsafe extern "C" fn traverse(
    object: *mut PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector on a live buffer.
    unsafe {
        let owner = Buffer::from_ptr(object).owner.as_ptr();
        match visit(ffi::Py_TYPE(object).cast(), argument) {
            0 if !owner.is_null() => visit(owner, argument),
            found => found,
        }
    }
}

unsafe extern "C" fn length(object: *mut PyObject) -> isize {
    // SAFETY: a slot of buffer.
    guard(|| Ok(unsafe { Buffer::from_ptr(object) }.size.to_signed()))
}

unsafe extern "C" fn item(object: *mut PyObject, index: isize) -> *mut PyObject {
    guard(|| {
        // SAFETY: a slot of buffer.
        let this = unsafe { Buffer::from_ptr(object) };
        let index =
            usize::try_from(index).map_err(|_| raise!(IndexError, "buffer index out of range"))?;
        match this.bytes().get(index) {
            Some(byte) => text::bytes_from_slice(&[*byte]),
            None => Err(raise!(IndexError, "buffer index out of range")),
        }
    })
}

unsafe extern "C" fn subscript(object: *mut PyObject, key: *mut PyObject) -> *mut PyObject {
    guard(|| {
        // SAFETY: a slot of buffer and a valid object.
        let (this, key) = unsafe { (Buffer::from_ptr(object), Borrowed::from_ptr(key)) };
        let (start, length) = if key.is_slice() {
            this.range(key)?
        } else {
            (this.position(key, Access::Read)?, 1)
        };
        let bytes = this.bytes().get(start..start + length).unwrap_or(&[]);
        text::bytes_from_slice(bytes)
    })
}

unsafe extern "C" fn assign(
    object: *mut PyObject,
    key: *mut PyObject,
    value: *mut PyObject,
) -> c_int {
    guard(|| {
        // SAFETY: a slot of buffer and valid objects; the value is NULL for `del`.
        let (this, key, value) = unsafe {
            (
                Buffer::from_ptr(object),
                Borrowed::from_ptr(key),
                Borrowed::from_ptr_or_none(value),
            )
        };
        let Some(value) = value else {
            return Err(raise!(
                TypeError,
                "'del x[n]' not supported for buffer objects"
            ));
        };
        if !key.is_slice() {
            let position = this.position(key, Access::Write)?;
            let Some([byte]) = value.bytes() else {
                return Err(raise!(
                    TypeError,
                    "must assign a bytes of length 1, not {}",
                    value.type_name()
                ));
            };
            // SAFETY: a checked position inside the memory.
            unsafe { this.data.add(position).write(*byte) }
            return Ok(());
        }
        let (start, length) = this.range(key)?;
        let mismatch = || raise!(ValueError, "right operand length must match slice length");
        if CData::from_object(value).is_some() {
            return Err(mismatch());
        }
        // Nothing has to be asked of `bytes`.
        if let Some(bytes) = value.bytes().filter(|bytes| bytes.len() == length) {
            // SAFETY: `length` bytes from `start` lie inside the memory, which may be that of the `bytes` itself.
            unsafe { std::ptr::copy(bytes.as_ptr(), this.data.add(start), length) }
            return Ok(());
        }
        let view = View::new(value, Access::Read)?;
        if view.len() != length {
            return Err(mismatch());
        }
        // SAFETY: `length` bytes from `start` lie inside the memory; the areas may overlap.
        unsafe { std::ptr::copy(view.data(), this.data.add(start), length) }
        Ok(())
    })
}

unsafe extern "C" fn get_buffer(
    object: *mut PyObject,
    view: *mut ffi::Py_buffer,
    flags: c_int,
) -> c_int {
    // SAFETY: a slot of buffer; writable bytes of the memory's size.
    unsafe {
        let this = Buffer::from_ptr(object);
        ffi::PyBuffer_FillInfo(
            view,
            object,
            this.data.cast(),
            this.size.to_signed(),
            0,
            flags,
        )
    }
}

/// The bytes of either side of a comparison; other objects do not compare.
/// Bytes to compare, and what keeps them there.
struct Comparable {
    data: *const u8,
    length: usize,
    _view: Option<View>,
}

/// The bytes of an object; `None` where it has none.
fn comparable(object: Borrowed<'_>) -> Option<Comparable> {
    let plain = |data: *const u8, length: usize| Comparable {
        data,
        length,
        _view: None,
    };
    if types::BUFFER.is_exact(object) {
        // SAFETY: a buffer.
        let this = unsafe { Buffer::from_ptr(object.as_ptr()) };
        return Some(plain(this.data, this.size));
    }
    if let Some(bytes) = object.bytes() {
        return Some(plain(bytes.as_ptr(), bytes.len()));
    }
    if !object.has_buffer() {
        return None;
    }
    let Ok(view) = View::new(object, Access::Read) else {
        cffi_python::error::clear();
        return None;
    };
    Some(Comparable {
        data: view.data(),
        length: view.len(),
        _view: Some(view),
    })
}

/// Byte by byte, the shorter first where one begins with the other.
fn compare(left: &Comparable, right: &Comparable) -> Ordering {
    let common = left.length.min(right.length);
    let order = if common == 0 {
        0
    } else {
        // SAFETY: both have this many readable bytes.
        unsafe { libc::memcmp(left.data.cast(), right.data.cast(), common) }
    };
    order.cmp(&0).then(left.length.cmp(&right.length))
}

unsafe extern "C" fn richcompare(
    left: *mut PyObject,
    right: *mut PyObject,
    operator: c_int,
) -> *mut PyObject {
    guard(|| {
        // SAFETY: two valid objects.
        let (left, right) = unsafe { (Borrowed::from_ptr(left), Borrowed::from_ptr(right)) };
        let (Some(left), Some(right)) = (comparable(left), comparable(right)) else {
            return Ok(Owned::not_implemented());
        };
        let order = compare(&left, &right);
        Ok(Owned::bool(match operator {
            ffi::Py_EQ => order.is_eq(),
            ffi::Py_NE => order.is_ne(),
            ffi::Py_LT => order.is_lt(),
            ffi::Py_LE => order.is_le(),
            ffi::Py_GT => order.is_gt(),
            _ => order.is_ge(),
        }))
    })
}

/// Makes the type.
pub fn make_type() -> PyResult<Owned> {
    const DOC: &CStr = c"buffer(cdata, size=-1)\n--\n\nThe raw bytes that a pointer or array refers to, readable and writable without a copy.\n\nsize in bytes; by default that of what the pointer points to or of the array.\nbuf[i] and buf[a:b] are bytes; both can be assigned to. Has the buffer protocol.";
    let spec = TypeSpec::new(c"_cffi_backend.buffer", size_of::<Buffer>())
        .not_picklable()
        .flags(ffi::Py_TPFLAGS_HAVE_GC)
        .doc(DOC)
        .members(vec![ffi::PyMemberDef {
            name: c"__weaklistoffset__".as_ptr(),
            type_code: ffi::Py_T_PYSSIZET,
            offset: std::mem::offset_of!(Buffer, weak_references).to_signed(),
            flags: ffi::Py_READONLY,
            doc: std::ptr::null(),
        }]);
    // SAFETY: each function has the type of its slot.
    unsafe {
        spec.slot(ffi::Py_tp_dealloc, dealloc as *mut c_void)
            .slot(ffi::Py_tp_traverse, traverse as *mut c_void)
            .slot(ffi::Py_tp_new, tp_new as *mut c_void)
            .slot(ffi::Py_tp_richcompare, richcompare as *mut c_void)
            .slot(ffi::Py_sq_length, length as *mut c_void)
            .slot(ffi::Py_sq_item, item as *mut c_void)
            .slot(ffi::Py_mp_length, length as *mut c_void)
            .slot(ffi::Py_mp_subscript, subscript as *mut c_void)
            .slot(ffi::Py_mp_ass_subscript, assign as *mut c_void)
            .slot(ffi::Py_bf_getbuffer, get_buffer as *mut c_void)
    }
    .build(None)
}
