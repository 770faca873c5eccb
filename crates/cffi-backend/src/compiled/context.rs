//! The tables of a module, read where they are. A module that was compiled keeps them for ever; those of a Python module are ours.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};

use super::python_form::Tables;
use cffi_model::gil::Gil;
use cffi_python::ffi::PyObject;
use cffi_python::sync::Lock;
use cffi_python::{PyResult, raise};
use cffi_wire::Opcode;
use cffi_wire::tables::{Enum, Field, Global, StructUnion, TypeContext, Typename};

use rustc_hash::FxHashSet;

use crate::ctype::{CType, CTypeRef};

/// The tables.
pub struct Context {
    raw: TypeContext,
    /// The places of the functions that keep the GIL.
    keep_gil: FxHashSet<usize>,
    /// Tables that go with the FFI. Those of compiled modules live for ever.
    own: Option<Own>,
}

/// Tables that go with the FFI.
struct Own {
    /// Never changed: `raw` points into it.
    tables: Tables,
    /// The types among the words.
    types: Lock<Vec<CTypeRef>>,
}

/// The value of an integer constant.
#[derive(Clone, Copy, Debug)]
pub struct Constant {
    /// Its low 64 bits.
    pub value: u64,
    /// Whether it is greater than 0.
    pub positive: bool,
}

/// A word.
pub enum Entry {
    /// The type that was made of it.
    Type(CTypeRef),
    /// An opcode with its argument.
    Op(Opcode, isize),
}

/// # Safety
/// `first` is NULL, or points at `count` items that live as long as the borrow.
unsafe fn table<'a, T>(first: *const T, count: c_int) -> &'a [T] {
    match usize::try_from(count) {
        // SAFETY: the caller's promise.
        Ok(count) if !first.is_null() => unsafe { std::slice::from_raw_parts(first, count) },
        _ => &[],
    }
}

/// # Safety
/// `name` is a NUL-terminated text that lives as long as the borrow.
unsafe fn name<'a>(name: *const c_char) -> &'a [u8] {
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(name) }.to_bytes()
}

/// A name as text; generated names are ASCII.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The place of a name in a table, which is sorted by the bytes of the names.
fn find<T>(items: &[T], name_of: impl Fn(&T) -> *const c_char, wanted: &str) -> Option<usize> {
    items
        // SAFETY: the names of the tables are NUL-terminated texts.
        .binary_search_by(|item| unsafe { name(name_of(item)) }.cmp(wanted.as_bytes()))
        .ok()
}

macro_rules! tables {
    ($($(#[$doc:meta])* $field:ident $count:ident $item:ty;)*) => {
        $($(#[$doc])*
        pub fn $field(&self) -> &[$item] {
            // SAFETY: the tables of a module, or those that this owns.
            unsafe { table(self.raw.$field, self.raw.$count) }
        })*
    };
}

impl Context {
    /// The tables of a compiled module.
    ///
    /// # Safety
    /// `raw` describes tables that live for ever, with names, places and counts that fit together.
    pub const unsafe fn of_module(raw: TypeContext, keep_gil: FxHashSet<usize>) -> Self {
        let own = None;
        Self { raw, keep_gil, own }
    }

    /// The tables of a Python module.
    ///
    /// # Safety
    /// The tables point to their own parts.
    pub unsafe fn of_ffi(mut tables: Tables) -> Self {
        let raw = tables.describe();
        let keep_gil = std::mem::take(&mut tables.keep_gil);
        let types = Lock::default();
        Self {
            raw,
            keep_gil,
            own: Some(Own { tables, types }),
        }
    }

    /// What becomes of the GIL while the function at a place among the globals runs.
    pub fn gil(&self, index: usize) -> Gil {
        if self.keep_gil.contains(&index) {
            Gil::Kept
        } else {
            Gil::Released
        }
    }

    /// The value of the integer constant at a place among the globals, where the tables have it.
    pub fn known_constant(&self, index: usize) -> Option<&Constant> {
        self.own.as_ref()?.tables.constant(index)
    }

    tables! {
        /// Functions, variables and constants.
        globals num_globals Global;
        /// Structs and unions.
        struct_unions num_struct_unions StructUnion;
        /// Enums.
        enums num_enums Enum;
        /// Typedefs.
        typenames num_typenames Typename;
    }

    /// The place of a function, variable or constant.
    pub fn find_global(&self, wanted: &str) -> Option<usize> {
        find(self.globals(), |global| global.name, wanted)
    }

    /// The place of a struct or union.
    pub fn find_struct_union(&self, wanted: &str) -> Option<usize> {
        find(self.struct_unions(), |record| record.name, wanted)
    }

    /// The fields of a record.
    pub fn fields(&self, record: &StructUnion) -> &[Field] {
        match usize::try_from(record.first_field_index) {
            // SAFETY: the record's fields are in the table of fields.
            Ok(first) if !self.raw.fields.is_null() => unsafe {
                table(self.raw.fields.add(first), record.num_fields)
            },
            _ => &[],
        }
    }

    /// The tables as constant functions are given them.
    pub fn raw(&self) -> &TypeContext {
        &self.raw
    }

    /// The names of the modules that are included.
    pub fn include_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut next = self.raw.includes;
        // SAFETY: NULL, or an array of texts that a null pointer ends.
        unsafe {
            while !next.is_null() && !(*next).is_null() {
                names.push(text(name(*next)));
                next = next.add(1);
            }
        }
        names
    }

    fn word(&self, index: usize) -> PyResult<&AtomicPtr<c_void>> {
        let count = usize::try_from(self.raw.num_types).unwrap_or(0);
        if index >= count || self.raw.types.is_null() {
            return Err(raise!(SystemError, "type {index} of a module with {count}"));
        }
        // SAFETY: a word of the array, which is only read and written as a whole.
        Ok(unsafe { AtomicPtr::from_ptr(self.raw.types.add(index)) })
    }

    /// The word of this index as it is: the length behind an array's opcode.
    pub fn raw_word(&self, index: usize) -> PyResult<isize> {
        Ok(self.word(index)?.load(Ordering::Acquire) as isize)
    }

    /// What a word is.
    pub fn entry(&self, index: usize) -> PyResult<Entry> {
        let word = self.word(index)?.load(Ordering::Acquire);
        match read_op(word) {
            Some(op) => op.map(|(opcode, argument)| Entry::Op(opcode, argument)),
            // SAFETY: an even word is a type that the array owns.
            None => Ok(Entry::Type(unsafe { &*word.cast::<CType>() }.to_ref())),
        }
    }

    /// Puts a type in the place of the opcode that it was made of, unless another thread was first. Modules read it there.
    pub fn keep(&self, index: usize, ctype: &CTypeRef) -> PyResult<()> {
        let word = self.word(index)?;
        let opcode = word.load(Ordering::Acquire);
        if read_op(opcode).is_none() {
            return Ok(());
        }
        if let Some(own) = &self.own {
            let ctype = ctype.clone();
            own.types.with(|types| types.push(ctype));
        }
        let kept = ctype.clone().into_owned().into_ptr().cast::<c_void>();
        let exchanged = word.compare_exchange(opcode, kept, Ordering::AcqRel, Ordering::Acquire);
        if exchanged.is_err() || self.own.is_some() {
            // SAFETY: the reference that was meant for the array, which took none, or has it in the list beside it.
            unsafe { cffi_python::ffi::Py_DECREF(kept.cast()) }
        }
        Ok(())
    }

    /// The types that go with the FFI, for `tp_traverse`.
    pub fn for_each_type(&self, visit: &mut dyn FnMut(*mut PyObject)) {
        if let Some(own) = &self.own {
            own.types
                .traverse(|types| types.iter().for_each(|ctype| visit(ctype.as_ptr())));
        }
    }
}

/// The opcode of a word, or `None` for a type.
fn read_op(word: *mut c_void) -> Option<PyResult<(Opcode, isize)>> {
    let value = word.addr();
    if value % 2 == 0 {
        return None;
    }
    let number = u8::try_from(value & 0xFF).unwrap_or(0);
    Some(match Opcode::from_number(number) {
        Some(opcode) => Ok((opcode, (word as isize) >> 8)),
        None => Err(raise!(NotImplementedError, "op={number}")),
    })
}

/// A place in a table from a number of C.
pub fn place(number: isize) -> PyResult<usize> {
    usize::try_from(number).map_err(|_| raise!(SystemError, "place {number} in a module's table"))
}

/// As [`place`], of the tables' own numbers.
pub fn place_of(number: c_int) -> PyResult<usize> {
    place(number as isize)
}
