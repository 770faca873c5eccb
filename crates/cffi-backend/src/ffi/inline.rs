//! The declarations behind an FFI, and the ctypes that were made of them.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use cffi_model::declarations::{CdefOptions, Declaration, Space};
use cffi_model::{CdefError, Declarations, ErrorKind, Target};
use cffi_python::ffi::{self as capi, PyObject};
use cffi_python::sync::Lock;
use cffi_python::{Borrowed, Owned, PyResult, Raised, error, object, raise, text};
use rustc_hash::{FxHashMap, FxHashSet};

use super::object::Ffi;
use super::realize;
use crate::ctype::CTypeRef;
use crate::library::object::Lib;

/// What an FFI knows.
pub struct World {
    declarations: Lock<Declarations>,
    /// The ctypes of records, by number: they are identities, and must stay the same.
    records: Lock<FxHashMap<usize, CTypeRef>>,
    /// The ctypes of enums, by number.
    enums: Lock<FxHashMap<usize, CTypeRef>>,
    /// The FFIs that were included, in order.
    included: Lock<Vec<Owned>>,
    /// Lengths of arrays that a C compiler has measured, by the C expression that the declarations have in their place.
    measured: Lock<FxHashMap<Box<str>, isize>>,
    /// Weak references to the libraries: what they have found is not valid any more when declarations are replaced.
    libraries: Lock<Vec<Owned>>,
}

impl World {
    /// No declarations yet.
    pub fn new() -> Self {
        Self {
            declarations: Lock::new(Declarations::new(Target::host())),
            records: Lock::default(),
            enums: Lock::default(),
            included: Lock::default(),
            measured: Lock::default(),
            libraries: Lock::default(),
        }
    }

    /// The declarations, for reading.
    pub fn read<R>(&self, look: impl FnOnce(&Declarations) -> R) -> R {
        self.declarations.read(look)
    }

    /// The declarations, for changes.
    pub fn change<R>(&self, change: impl FnOnce(&mut Declarations) -> R) -> R {
        self.declarations.with(change)
    }

    /// The ctype that a string names, and whether the string names a function type, whose pointer it then is.
    pub fn parse_type(&self, owner: &Ffi, text: &str) -> PyResult<(CTypeRef, bool)> {
        let tree = self
            .change(|declarations| declarations.parse_type_tree(text))
            .map_err(|error| self.raise(&error))?;
        realize::realize_or_function(owner, &tree)
    }

    /// Enters declarations.
    pub fn cdef(&self, source: &str, options: &CdefOptions) -> PyResult<()> {
        let warnings = self
            .change(|declarations| declarations.cdef(source, options))
            .map_err(|error| self.raise(&error))?;
        for warning in warnings {
            // SAFETY: the class lives as long as the interpreter.
            let class = unsafe { Borrowed::from_ptr(capi::PyExc_UserWarning) };
            error::warn(class, &warning.0, 2)?;
        }
        Ok(())
    }

    /// Takes over the types of another FFI.
    pub fn include(&self, other: &Ffi) -> PyResult<()> {
        // The only place that holds two of these locks: one inclusion at a time, so that no two wait for each other.
        static INCLUDING: Mutex<()> = Mutex::new(());
        let done = {
            let _including = INCLUDING.lock().unwrap_or_else(PoisonError::into_inner);
            other
                .world
                .read(|theirs| self.change(|ours| ours.include(theirs)))
        };
        done.map_err(|error| self.raise(&error))?;
        let other = other.as_object().to_owned();
        self.included.with(|included| included.push(other));
        Ok(())
    }

    /// Takes note of a library, by a weak reference.
    pub fn keep_library(&self, reference: Owned) -> PyResult<()> {
        let is_full = |known: &Vec<Owned>| known.len() == known.capacity();
        if self.libraries.read(is_full) {
            self.drop_libraries()?;
        }
        self.libraries.with(|known| known.push(reference));
        Ok(())
    }

    /// Lets go of the references to libraries that are gone, and makes room for as many as are left.
    fn drop_libraries(&self) -> PyResult<()> {
        let mut gone = FxHashSet::default();
        for known in self.libraries.read(Vec::clone) {
            if known.borrow().call(&[])?.borrow().is_none() {
                gone.insert(known.as_ptr());
            }
        }
        let dropped = self.libraries.with(|known| {
            let (dropped, mut left): (Vec<_>, Vec<_>) = std::mem::take(known)
                .into_iter()
                .partition(|known| gone.contains(&known.as_ptr()));
            left.reserve(left.len().max(4));
            *known = left;
            dropped
        });
        drop(dropped);
        Ok(())
    }

    /// Makes library objects look everything up anew.
    pub fn forget_libraries(&self) -> PyResult<()> {
        for known in self.libraries.read(Vec::clone) {
            let library = known.borrow().call(&[])?;
            if let Some(library) = Lib::from_object(library.borrow()) {
                library.forget_all()?;
            }
        }
        Ok(())
    }

    /// An FFI that was included.
    pub fn included(&self, number: usize) -> Option<Owned> {
        self.included.read(|included| included.get(number).cloned())
    }

    /// The ctype of a record, if it was made.
    pub fn known_record(&self, number: usize) -> Option<CTypeRef> {
        self.records.read(|known| known.get(&number).cloned())
    }

    /// Keeps the ctype of a record; gives the one that was first.
    pub fn keep_record(&self, number: usize, ctype: CTypeRef) -> CTypeRef {
        keep(&self.records, number, ctype)
    }

    /// The ctype of an enum, if it was made.
    pub fn known_enum(&self, number: usize) -> Option<CTypeRef> {
        self.enums.read(|known| known.get(&number).cloned())
    }

    /// Keeps the ctype of an enum; gives the one that was first.
    pub fn keep_enum(&self, number: usize, ctype: CTypeRef) -> CTypeRef {
        keep(&self.enums, number, ctype)
    }

    /// The length of an array that a C compiler has measured.
    pub fn measured(&self, expression: &str) -> Option<isize> {
        self.measured.read(|known| known.get(expression).copied())
    }

    /// Keeps measured lengths.
    pub fn keep_measured(&self, lengths: impl IntoIterator<Item = (Box<str>, isize)>) {
        self.measured.with(|known| known.extend(lengths));
    }

    /// Raises what an error of the model stands for.
    #[cold]
    pub fn raise(&self, error: &CdefError) -> Raised {
        let text = &error.told.text;
        let raised = match error.kind {
            ErrorKind::NotImplemented => raise!(NotImplementedError, "{text}"),
            ErrorKind::Type => raise!(TypeError, "{text}"),
            ErrorKind::Overflow => raise!(OverflowError, "{text}"),
            ErrorKind::Value => raise!(ValueError, "{text}"),
            ErrorKind::Cdef => raise_named(c"CDefError", format_args!("{text}")),
            ErrorKind::Ffi => raise_named(c"FFIError", format_args!("{text}")),
            ErrorKind::Missing => raise_named(c"VerificationMissing", format_args!("{text}")),
        };
        if !error.told.help.is_empty() {
            error::add_note(&error.told.help);
        }
        raised
    }

    /// Raises the error for a type string that cannot be used.
    #[cold]
    pub fn error(&self, message: fmt::Arguments<'_>) -> Raised {
        raise_named(c"CDefError", message)
    }

    /// Raises the error for a type without a size.
    #[cold]
    pub fn size_error(&self, message: fmt::Arguments<'_>) -> Raised {
        raise!(ValueError, "{message}")
    }

    /// `ffi.list_types()`
    pub fn list_types(&self) -> PyResult<Owned> {
        let mut lists: [Vec<String>; 3] = Default::default();
        self.read(|declarations| {
            let [typedefs, structs, unions] = &mut lists;
            for (key, declaration) in declarations.iter() {
                let Declaration::Type(_) = declaration else {
                    continue;
                };
                match key.space {
                    Space::Typedef => typedefs.push(key.name.to_string()),
                    Space::Struct if !key.name.starts_with('$') => {
                        structs.push(key.name.to_string())
                    }
                    Space::Union if !key.name.starts_with('$') => unions.push(key.name.to_string()),
                    _ => {}
                }
            }
        });
        listed_types(lists)
    }

    /// Every object that this refers to, for `tp_traverse`.
    pub fn for_each_reference(&self, visit: &mut dyn FnMut(*mut PyObject)) {
        for map in [&self.records, &self.enums] {
            map.traverse(|map| map.values().for_each(|ctype| visit(ctype.as_ptr())));
        }
        self.included
            .traverse(|included| included.iter().for_each(|ffi| visit(ffi.as_ptr())));
    }

    /// Gives up every reference, for `tp_clear`.
    pub fn clear(&self) {
        let parts = (
            self.records.take(),
            self.enums.take(),
            self.included.take(),
            self.libraries.take(),
        );
        drop(parts);
    }
}

/// What `ffi.list_types()` returns: typedefs, tags of structs and tags of unions, each sorted.
pub fn listed_types(lists: [Vec<String>; 3]) -> PyResult<Owned> {
    let [typedefs, structs, unions] = lists.map(|mut list| {
        list.sort();
        object::new_list(list.len(), |index| {
            text::from_str(list.get(index).map_or("", String::as_str))
        })
    });
    object::new_tuple([typedefs?, structs?, unions?])
}

/// Keeps a ctype unless there is one already, and gives the one that is kept.
fn keep(known: &Lock<FxHashMap<usize, CTypeRef>>, number: usize, ctype: CTypeRef) -> CTypeRef {
    let first = known.with(|known| match known.get(&number) {
        Some(first) => Some(first.clone()),
        None => {
            known.insert(number, ctype.clone());
            None
        }
    });
    first.unwrap_or(ctype)
}

/// Raises an exception of `cffi.error`.
#[cold]
pub fn raise_named(class: &std::ffi::CStr, message: fmt::Arguments<'_>) -> Raised {
    match object::import(c"cffi.error").and_then(|module| module.borrow().attribute(class)) {
        Ok(class) => error::raise_class(class.borrow(), message),
        Err(raised) => raised,
    }
}
