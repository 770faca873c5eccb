//! Calls through libffi, over a buffer of C values in their natural layout.

use std::ffi::{c_uint, c_void};
use std::ptr::addr_of_mut;

use libffi_sys as raw;

use crate::plan::Unsupported;
use crate::shape::{MAX_LEAVES_SIZE, RecordShape, Shape, Signature, Signedness};

/// A prepared libffi interface. The types that it points to are owned here and do not move.
pub struct Interface {
    cif: Box<raw::ffi_cif>,
    _arguments: Box<[*mut raw::ffi_type]>,
    _records: Vec<RecordType>,
}

// SAFETY: written only while it is built; libffi reads it.
unsafe impl Send for Interface {}
// SAFETY: as above.
unsafe impl Sync for Interface {}

/// A libffi struct type with its list of elements.
struct RecordType {
    ty: Box<raw::ffi_type>,
    _elements: Box<[*mut raw::ffi_type]>,
}

/// A signature that is called through libffi.
pub struct LibffiPlan {
    interface: Interface,
    /// Offset of each argument in the buffer, in bytes.
    pub offsets: Vec<usize>,
    /// Offset of the result in the buffer, in bytes.
    pub result_offset: usize,
    /// Size of the buffer, in bytes; it must be aligned to [`BUFFER_ALIGN`].
    pub buffer_size: usize,
    narrow_result: usize,
}

/// A type that libffi does not know on this target.
const NO_DESCRIPTION: Unsupported = Unsupported("ctype that libffi does not know here");

/// Alignment of argument buffers, in bytes.
pub const BUFFER_ALIGN: usize = 16;

fn scalar(shape: &Shape) -> Option<*mut raw::ffi_type> {
    use Signedness::{Signed, Unsigned};
    // Only the addresses of libffi's own type descriptions are taken.
    Some(match shape {
        Shape::Void => addr_of_mut!(raw::ffi_type_void),
        Shape::Int(1, Signed) => addr_of_mut!(raw::ffi_type_sint8),
        Shape::Int(1, Unsigned) => addr_of_mut!(raw::ffi_type_uint8),
        Shape::Int(2, Signed) => addr_of_mut!(raw::ffi_type_sint16),
        Shape::Int(2, Unsigned) => addr_of_mut!(raw::ffi_type_uint16),
        Shape::Int(4, Signed) => addr_of_mut!(raw::ffi_type_sint32),
        Shape::Int(4, Unsigned) => addr_of_mut!(raw::ffi_type_uint32),
        Shape::Int(_, Signed) => addr_of_mut!(raw::ffi_type_sint64),
        Shape::Int(_, Unsigned) => addr_of_mut!(raw::ffi_type_uint64),
        Shape::Float => addr_of_mut!(raw::ffi_type_float),
        Shape::Double => addr_of_mut!(raw::ffi_type_double),
        Shape::LongDouble => addr_of_mut!(raw::ffi_type_longdouble),
        Shape::Pointer => addr_of_mut!(raw::ffi_type_pointer),
        #[cfg(not(windows))]
        Shape::ComplexFloat => addr_of_mut!(raw::ffi_type_complex_float),
        #[cfg(not(windows))]
        Shape::ComplexDouble => addr_of_mut!(raw::ffi_type_complex_double),
        _ => return None,
    })
}

/// No convention of this target looks into larger records, in bytes; they go to memory, or their address does, whatever they contain.
const LOOKED_INTO: usize = if cfg!(all(target_arch = "x86_64", unix)) {
    16
} else {
    MAX_LEAVES_SIZE
};

/// In bytes; larger values would not fit the stacks of threads, and libffi's description of them takes a pointer for each byte.
const MAX_BY_VALUE: usize = 1 << 24;

fn record(shape: &RecordShape) -> Result<RecordType, Unsupported> {
    if shape.size == 0 {
        return Err(Unsupported(
            "ctype of size 0 passed by value is not supported here",
        ));
    }
    if shape.size > MAX_BY_VALUE {
        return Err(Unsupported(
            "ctype of more than 16 MiB passed by value: no stack has room for it",
        ));
    }
    if shape.align > BUFFER_ALIGN {
        return Err(Unsupported(
            "ctype with an alignment above 16 bytes passed by value is not supported here",
        ));
    }
    let mut elements = if shape.size > LOOKED_INTO {
        vec![addr_of_mut!(raw::ffi_type_uint8); shape.size]
    } else if shape.is_laid_out_plainly() {
        let known = |(_, leaf): &(usize, Shape)| scalar(leaf).ok_or(NO_DESCRIPTION);
        shape.leaves.iter().map(known).collect::<Result<_, _>>()?
    } else {
        return Err(Unsupported(
            "ctype with a union, a bit-field or fields at other places than C's passed by value is not supported here",
        ));
    };
    elements.push(std::ptr::null_mut());
    let mut elements = elements.into_boxed_slice();
    let ty = Box::new(raw::ffi_type {
        size: shape.size,
        alignment: u16::try_from(shape.align).unwrap_or(1),
        type_: raw::FFI_TYPE_STRUCT,
        elements: elements.as_mut_ptr(),
    });
    Ok(RecordType {
        ty,
        _elements: elements,
    })
}

/// Whether a result is a record that comes in `st(0)` (x86-64 psABI 3.2.3).
fn is_record_of_x87(shape: &Shape) -> bool {
    matches!(shape, Shape::Record(record) if matches!(record.leaves.as_slice(), [(0, Shape::LongDouble)]))
}

impl Interface {
    /// Prepares an interface.
    pub fn new(signature: &Signature) -> Result<Self, Unsupported> {
        let mut records = Vec::new();
        let mut type_of = |shape: &Shape| -> Result<*mut raw::ffi_type, Unsupported> {
            if let Shape::Record(shape) = shape {
                let mut made = record(shape)?;
                let pointer: *mut raw::ffi_type = &raw mut *made.ty;
                records.push(made);
                return Ok(pointer);
            }
            scalar(shape).ok_or(NO_DESCRIPTION)
        };
        if cfg!(target_arch = "x86_64") && is_record_of_x87(&signature.result) {
            // libffi looks for it in memory.
            return Err(NO_DESCRIPTION);
        }
        let result = type_of(&signature.result)?;
        let mut arguments = signature
            .parameters
            .iter()
            .map(&mut type_of)
            .collect::<Result<Vec<_>, _>>()?
            .into_boxed_slice();
        let mut cif: Box<raw::ffi_cif> = Box::default();
        let count =
            c_uint::try_from(arguments.len()).map_err(|_| Unsupported("too many arguments"))?;
        let abi = signature.abi.unwrap_or(raw::ffi_abi_FFI_DEFAULT_ABI);
        // SAFETY: the types live as long as the interface; the counts are those of the arrays.
        let status = unsafe {
            match signature.fixed {
                Some(fixed) => raw::ffi_prep_cif_var(
                    &raw mut *cif,
                    abi,
                    c_uint::try_from(fixed).unwrap_or(count),
                    count,
                    result,
                    arguments.as_mut_ptr(),
                ),
                None => {
                    raw::ffi_prep_cif(&raw mut *cif, abi, count, result, arguments.as_mut_ptr())
                }
            }
        };
        if status != raw::ffi_status_FFI_OK {
            return Err(Unsupported("libffi failed to build this function type"));
        }
        Ok(Self {
            cif,
            _arguments: arguments,
            _records: records,
        })
    }

    /// For libffi functions, which take a mutable pointer and read.
    pub(crate) fn as_ptr(&self) -> *mut raw::ffi_cif {
        std::ptr::from_ref(&*self.cif).cast_mut()
    }
}

impl LibffiPlan {
    /// Compiles a signature.
    pub fn new(signature: &Signature) -> Result<Self, Unsupported> {
        let interface = Interface::new(signature)?;
        let mut offsets = Vec::with_capacity(signature.parameters.len());
        let mut end = 0usize;
        for shape in &signature.parameters {
            end = end.next_multiple_of(BUFFER_ALIGN);
            offsets.push(end);
            end += shape.size().max(8);
        }
        let result_offset = end.next_multiple_of(BUFFER_ALIGN);
        let buffer_size = result_offset + signature.result.size().max(16);
        let narrow_result = match signature.result {
            Shape::Int(size, _) if cfg!(target_endian = "big") => 8 - usize::from(size),
            _ => 0,
        };
        Ok(Self {
            interface,
            offsets,
            result_offset,
            buffer_size,
            narrow_result,
        })
    }

    /// Makes a call; afterwards the result is at the returned address inside the buffer.
    ///
    /// # Safety
    /// `function` is a C function of the signature that this plan was made for; `buffer` has [`Self::buffer_size`] bytes, is aligned to
    /// [`BUFFER_ALIGN`], and contains the arguments at their offsets.
    pub unsafe fn call(&self, function: *const c_void, buffer: *mut u8) -> *mut u8 {
        let mut pointers: smallvec::SmallVec<[*mut c_void; 16]> =
            // SAFETY: offsets lie inside the buffer.
            self.offsets.iter().map(|offset| unsafe { buffer.add(*offset) }.cast()).collect();
        // SAFETY: the caller's promise. A non-null data pointer is the address of a function.
        unsafe {
            let result = buffer.add(self.result_offset);
            let function =
                std::mem::transmute::<*const c_void, Option<unsafe extern "C" fn()>>(function);
            raw::ffi_call(
                self.interface.as_ptr(),
                function,
                result.cast(),
                pointers.as_mut_ptr(),
            );
            result.add(self.narrow_result)
        }
    }
}
