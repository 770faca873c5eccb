//! The tables of a Python module: arguments of `FFI()`, unpacked into the tables that compiled modules have.
//!
//! All numbers are four bytes, the first one the most significant; names follow them up to the end of the `bytes`, or to a null.

use std::ffi::{CString, c_char, c_int, c_void};

use cffi_python::bits::ToUnsigned;
use cffi_python::{Borrowed, Owned, PyResult, Raised, arguments, raise};
use cffi_wire::flags::{LibraryFunction, Record};
use cffi_wire::tables::{Enum, Field, Global, StructUnion, TypeContext, Typename, Word};
use cffi_wire::{Opcode, VERSIONS};

use rustc_hash::FxHashSet;

use super::Compiled;
use super::context::{Constant, Context};
use crate::ffi::object::Ffi;

/// The arguments of `FFI()`.
#[derive(Default)]
pub struct Given<'a> {
    /// The name of the module.
    pub name: Option<Borrowed<'a>>,
    /// `_version`
    pub version: Option<Borrowed<'a>>,
    /// `_types`: the words, as `bytes`.
    pub types: Option<Borrowed<'a>>,
    /// `_globals`: `bytes` and the value of a constant, in turns.
    pub globals: Option<Borrowed<'a>>,
    /// `_struct_unions`: tuples of the record's `bytes` and those of its fields.
    pub struct_unions: Option<Borrowed<'a>>,
    /// `_enums`
    pub enums: Option<Borrowed<'a>>,
    /// `_typenames`
    pub typenames: Option<Borrowed<'a>>,
    /// `_includes`: the FFIs of the included modules.
    pub includes: Option<Borrowed<'a>>,
}

/// Tables that belong to an FFI, with the texts that they point to.
#[derive(Default)]
pub struct Tables {
    names: Vec<CString>,
    words: Vec<Word>,
    globals: Vec<Global>,
    fields: Vec<Field>,
    struct_unions: Vec<StructUnion>,
    enums: Vec<Enum>,
    typenames: Vec<Typename>,
    constants: Vec<Option<Constant>>,
    /// The places of the functions that keep the GIL.
    pub keep_gil: FxHashSet<usize>,
}

// SAFETY: what the pointers point to is part of the tables; only the words change, which are read and written as a whole.
unsafe impl Send for Tables {}
// SAFETY: as above.
unsafe impl Sync for Tables {}

/// Fills an FFI with the tables of a Python module.
pub fn unpack(owner: &Ffi, given: &Given<'_>) -> PyResult<()> {
    let name = match given.name {
        Some(name) => argument_text(name)?,
        None => "?",
    };
    let version = given.version.map_or(Ok(-1), Borrowed::as_isize)?;
    let types = match given.types {
        Some(types) => bytes(types, "_types")?,
        None => &[],
    };
    if owner.compiled().is_some() {
        return Err(called_twice());
    }
    let module = if version == -1 && types.is_empty() {
        // SAFETY: empty tables.
        let context = unsafe { Context::of_ffi(Tables::default()) };
        Compiled::new(name.to_owned(), context, Vec::new())
    } else {
        if !u32::try_from(version).is_ok_and(|version| VERSIONS.contains(&version)) {
            return Err(raise!(
                ImportError,
                "cffi out-of-line Python module '{name}' has unknown version {version:#x}"
            ));
        }
        let mut tables = Tables::default();
        tables.add_types(types)?;
        tables.add_globals(given.globals)?;
        tables.add_records(given.struct_unions)?;
        tables.add_enums(given.enums)?;
        tables.add_typenames(given.typenames)?;
        let included = included(given.includes)?;
        // SAFETY: the tables point to their own parts; names are sorted as the generator wrote them, or are not found.
        let context = unsafe { Context::of_ffi(tables) };
        Compiled::new(name.to_owned(), context, included)
    };
    if owner.set_compiled(module) {
        Ok(())
    } else {
        Err(called_twice())
    }
}

#[cold]
fn called_twice() -> Raised {
    raise!(ValueError, "cannot call FFI.__init__() more than once")
}

#[cold]
fn malformed(what: &str) -> Raised {
    raise!(ValueError, "malformed {what} in the arguments of FFI()")
}

fn argument_text(object: Borrowed<'_>) -> PyResult<&str> {
    if object.is_str() {
        return object.utf8();
    }
    Err(raise!(
        TypeError,
        "FFI() argument 1 must be str, not {}",
        object.type_name()
    ))
}

fn bytes<'a>(object: Borrowed<'a>, what: &str) -> PyResult<&'a [u8]> {
    object.bytes().ok_or_else(|| {
        raise!(
            TypeError,
            "FFI() argument '{what}' must be bytes, not {}",
            object.type_name()
        )
    })
}

/// The items of a tuple; of an argument that is not given, none.
fn items<'a>(
    object: Option<Borrowed<'a>>,
    what: &'static str,
) -> PyResult<impl Iterator<Item = Borrowed<'a>> + Clone> {
    let length = match object {
        Some(object) if object.is_tuple() => object.tuple_len(),
        Some(object) => {
            return Err(raise!(
                TypeError,
                "FFI() argument '{what}' must be tuple, not {}",
                object.type_name()
            ));
        }
        None => 0,
    };
    Ok((0..length).filter_map(move |index| object?.tuple_item(index)))
}

fn included(includes: Option<Borrowed<'_>>) -> PyResult<Vec<(Owned, Option<Owned>)>> {
    items(includes, "_includes")?
        .map(|ffi| match Ffi::from_object(ffi) {
            Some(_) => Ok((ffi.to_owned(), None)),
            None => Err(raise!(
                TypeError,
                "FFI() argument '_includes' must be FFI objects, not {}",
                ffi.type_name()
            )),
        })
        .collect()
}

/// What is left of some `bytes`.
struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    fn new(object: Borrowed<'a>, what: &'static str) -> PyResult<Self> {
        let rest = bytes(object, what)?;
        Ok(Self { rest, what })
    }

    fn number(&mut self) -> PyResult<c_int> {
        let Some((number, rest)) = self.rest.split_first_chunk::<4>() else {
            return Err(malformed(self.what));
        };
        self.rest = rest;
        Ok(c_int::from_be_bytes(*number))
    }

    fn word(&mut self) -> PyResult<Word> {
        let number = self.number()?;
        Ok(std::ptr::without_provenance_mut(
            (number as isize).to_unsigned(),
        ))
    }

    /// The text up to a null or the end.
    fn text(&mut self) -> CString {
        let end = self.rest.iter().position(|byte| *byte == 0);
        let (text, rest) = match end {
            Some(end) => (self.rest.get(..end), self.rest.get(end + 1..)),
            None => (Some(self.rest), None),
        };
        self.rest = rest.unwrap_or_default();
        CString::new(text.unwrap_or_default()).unwrap_or_default()
    }
}

impl Tables {
    /// Keeps a text; gives its address.
    fn keep(&mut self, text: CString) -> *const c_char {
        // What a CString points to does not move with it.
        let address = text.as_ptr();
        self.names.push(text);
        address
    }

    fn add_types(&mut self, types: &[u8]) -> PyResult<()> {
        let mut reader = Reader {
            rest: types,
            what: "_types",
        };
        while !reader.rest.is_empty() {
            self.words.push(reader.word()?);
        }
        Ok(())
    }

    fn add_globals(&mut self, globals: Option<Borrowed<'_>>) -> PyResult<()> {
        let mut items = items(globals, "_globals")?;
        while let Some(described) = items.next() {
            let Some(value) = items.next() else {
                return Err(malformed("_globals"));
            };
            let mut reader = Reader::new(described, "_globals")?;
            let type_op = reader.word()?;
            let name = self.keep(reader.text());
            let opcode = u8::try_from(type_op.addr() & 0xFF).unwrap_or(0);
            let mut constant = None;
            match Opcode::from_number(opcode) {
                Some(Opcode::ConstantInt | Opcode::Enum) => {
                    constant = Some(Constant {
                        value: value.low_bits()?,
                        positive: is_positive(value)?,
                    });
                }
                Some(Opcode::DlopenFunc) => {
                    let flags = LibraryFunction::from_bits_truncate(arguments::int(value)?);
                    if flags.contains(LibraryFunction::KEEPS_GIL) {
                        self.keep_gil.insert(self.globals.len());
                    }
                }
                _ => {}
            }
            self.constants.push(constant);
            self.globals.push(Global {
                name,
                address: std::ptr::null_mut(),
                type_op,
                size_or_direct_fn: std::ptr::null_mut(),
            });
        }
        Ok(())
    }

    fn add_records(&mut self, records: Option<Borrowed<'_>>) -> PyResult<()> {
        for described in items(records, "_struct_unions")? {
            let mut parts = items(Some(described), "_struct_unions")?;
            let Some(head) = parts.next() else {
                return Err(malformed("_struct_unions"));
            };
            let mut reader = Reader::new(head, "_struct_unions")?;
            let (type_index, flags) = (reader.number()?, reader.number()?);
            let name = self.keep(reader.text());
            let first = self.fields.len();
            for part in parts {
                self.add_field(part)?;
            }
            let count = self.fields.len() - first;
            let number = |value: usize| c_int::try_from(value).unwrap_or(c_int::MAX);
            let elsewhere =
                Record::from_bits_truncate(flags).intersects(Record::OPAQUE | Record::EXTERNAL);
            if elsewhere && count > 0 {
                return Err(malformed("_struct_unions"));
            }
            let unknown: isize = if elsewhere { -1 } else { -2 };
            self.struct_unions.push(StructUnion {
                name,
                type_index,
                flags,
                size: unknown.to_unsigned(),
                alignment: if elsewhere { -1 } else { -2 },
                first_field_index: if elsewhere { -1 } else { number(first) },
                num_fields: number(count),
            });
        }
        Ok(())
    }

    fn add_field(&mut self, described: Borrowed<'_>) -> PyResult<()> {
        let mut reader = Reader::new(described, "_struct_unions")?;
        let type_op = reader.word()?;
        let opcode = u8::try_from(type_op.addr() & 0xFF).unwrap_or(0);
        let size = if opcode == Opcode::Noop as u8 {
            usize::MAX
        } else {
            (reader.number()? as isize).to_unsigned()
        };
        let name = self.keep(reader.text());
        self.fields.push(Field {
            name,
            offset: usize::MAX,
            size,
            type_op,
        });
        Ok(())
    }

    fn add_enums(&mut self, enums: Option<Borrowed<'_>>) -> PyResult<()> {
        for described in items(enums, "_enums")? {
            let mut reader = Reader::new(described, "_enums")?;
            let (type_index, type_prim) = (reader.number()?, reader.number()?);
            let name = self.keep(reader.text());
            let enumerators = self.keep(reader.text());
            self.enums.push(Enum {
                name,
                type_index,
                type_prim,
                enumerators,
            });
        }
        Ok(())
    }

    fn add_typenames(&mut self, typenames: Option<Borrowed<'_>>) -> PyResult<()> {
        for described in items(typenames, "_typenames")? {
            let mut reader = Reader::new(described, "_typenames")?;
            let type_index = reader.number()?;
            let name = self.keep(reader.text());
            self.typenames.push(Typename { name, type_index });
        }
        Ok(())
    }

    /// The tables as modules bring them, and the values of the constants, by the place of the global.
    pub fn describe(&mut self) -> TypeContext {
        let count = |length: usize| c_int::try_from(length).unwrap_or(c_int::MAX);
        TypeContext {
            types: self.words.as_mut_ptr().cast::<*mut c_void>(),
            globals: self.globals.as_ptr(),
            fields: self.fields.as_ptr(),
            struct_unions: self.struct_unions.as_ptr(),
            enums: self.enums.as_ptr(),
            typenames: self.typenames.as_ptr(),
            num_globals: count(self.globals.len()),
            num_struct_unions: count(self.struct_unions.len()),
            num_enums: count(self.enums.len()),
            num_typenames: count(self.typenames.len()),
            includes: std::ptr::null(),
            num_types: count(self.words.len()),
            flags: 0,
        }
    }

    /// The value of the integer constant at a place among the globals.
    pub fn constant(&self, index: usize) -> Option<&Constant> {
        self.constants.get(index)?.as_ref()
    }
}

fn is_positive(value: Borrowed<'_>) -> PyResult<bool> {
    use cffi_python::int::Wide;
    Ok(match value.wide()? {
        Wide::Signed(value) => value > 0,
        Wide::Unsigned(_) => true,
        Wide::TooLarge { negative } => !negative,
    })
}
