//! Modules that `ffi.verify()` made: the types in their tables and those of the in-line FFI become the same.
//!
//! ```text
//!   in-line FFI:  records, enums ──the same ctypes──▶ words of the module
//!                 "..." in them  ◀──what C measured── its tables
//! ```
//!
//! Each record and enum of the tables gets the ctype of the declaration that it was generated from, before the module makes one of its
//! own; what was left open in the declaration is completed from the tables, everything else is compared with them. So cdata goes
//! between the FFI and the module's library as if the FFI had opened it.

use std::ffi::CStr;
use std::fmt;

use cffi_codegen::Entries;
use cffi_model::declarations::{Declaration, IntegerOrigin, Space};
use cffi_model::types::{ArrayLength, EnumId, RecordId, Type, TypeId};
use cffi_python::bits::ToSigned;
use cffi_python::ffi::{self, PyObject};
use cffi_python::int::Wide;
use cffi_python::slot::guard;
use cffi_python::typespec::method;
use cffi_python::{Borrowed, Owned, PyResult, Raised, raise, text};
use cffi_wire::Opcode;
use cffi_wire::tables::{Field, StructUnion};

use super::context::{self, Entry, place, place_of};
use super::{Compiled, library, realize};
use crate::ctype::record::{Completer, RecordDetail};
use crate::ctype::{CType, CTypeRef};
use crate::ffi::generate::with_source;
use crate::ffi::inline::raise_named;
use crate::ffi::object::{Ffi, Mode};
use crate::ffi::realize as inline;

/// The function `_cffi_setup` of a module, whose `self` is the module's FFI.
pub fn setup_function(owner: &Owned) -> PyResult<Owned> {
    unsafe extern "C" fn setup(owner: *mut PyObject, arguments: *mut PyObject) -> *mut PyObject {
        // SAFETY: called by the interpreter with the FFI that the function was made with, and a tuple.
        guard(|| unsafe {
            let arguments = Borrowed::from_ptr(arguments);
            let (Some(user), Some(extras)) = (arguments.tuple_item(0), arguments.tuple_item(1))
            else {
                return Err(raise!(TypeError, "expected an FFI and a dict"));
            };
            set_up(Borrowed::from_ptr(owner), user, extras)
        })
    }
    static DEFINITION: std::sync::OnceLock<Definition> = std::sync::OnceLock::new();
    let definition = DEFINITION.get_or_init(|| {
        Definition(method(
            c"_cffi_setup",
            setup,
            ffi::METH_VARARGS,
            c"_cffi_setup($module, ffi, extras, /)\n--\n\nGive the module the types of an FFI; returns the library, or None where the module has those of another FFI that\ncannot be united with them. extras: a dict of further attributes of the library.",
        ))
    });
    // SAFETY: the definition lives as long as the process.
    unsafe {
        Owned::from_new(ffi::PyCFunction_NewEx(
            (&raw const definition.0).cast_mut(),
            owner.as_ptr(),
            std::ptr::null_mut(),
        ))
    }
}

/// A definition that is never changed.
struct Definition(ffi::PyMethodDef);

// SAFETY: constant pointers to static things.
unsafe impl Send for Definition {}
// SAFETY: as above.
unsafe impl Sync for Definition {}

/// A module, the FFI that uses it, and what the entries of the tables are there.
struct Verified<'a> {
    owner: &'a Ffi,
    module: &'a Compiled,
    user: &'a Ffi,
    entries: Entries,
}

fn set_up(owner: Borrowed<'_>, user: Borrowed<'_>, extras: Borrowed<'_>) -> PyResult<Owned> {
    let (Some(module_ffi), Some(user)) = (Ffi::from_object(owner), Ffi::from_object(user)) else {
        return Err(raise!(
            TypeError,
            "expected an FFI, not {}",
            user.type_name()
        ));
    };
    let Some(module) = module_ffi
        .compiled()
        .filter(|_| user.mode == Mode::Inline && extras.is_dict())
    else {
        return Err(raise!(TypeError, "expected a cffi.FFI and a dict"));
    };
    let entries = with_source(user, &module.name, &[], cffi_codegen::entries)?;
    let verified = Verified {
        owner: module_ffi,
        module,
        user,
        entries,
    };
    verified.check_entries()?;
    if !verified.is_free()? {
        return Ok(Owned::none());
    }
    verified.check_constants()?;
    let enums = verified.enums()?;
    let records = verified.records()?;
    for (id, ctype) in enums {
        user.world.keep_enum(id.index(), ctype);
    }
    for (id, ctype) in records {
        user.world.keep_record(id.index(), ctype);
    }
    verified.check_layouts()?;
    let lengths = verified.lengths()?;
    user.world.keep_measured(lengths);
    user.forget_types();
    library::verified_library(&owner.to_owned(), &module.name, extras)
}

/// Raises `cffi.VerificationError`.
#[cold]
fn wrong(message: fmt::Arguments<'_>) -> Raised {
    raise_named(c"VerificationError", message)
}

/// The types of another FFI are in the module, which has been verified before in this process.
#[cold]
fn taken(ctype: &CType) -> Raised {
    raise!(
        RuntimeError,
        "'{}' of this module is in use by another FFI",
        ctype.name()
    )
}

fn name_of(name: *const std::ffi::c_char) -> String {
    // SAFETY: names of tables are such texts.
    context::text(unsafe { CStr::from_ptr(name) }.to_bytes())
}

impl Verified<'_> {
    /// The module was generated from these declarations, or from the same text.
    fn check_entries(&self) -> PyResult<()> {
        let context = &self.module.context;
        let records = context.struct_unions().iter().map(|it| name_of(it.name));
        let enums = context.enums().iter().map(|it| name_of(it.name));
        if records.eq(self.entries.records.iter().map(|it| it.0.clone()))
            && enums.eq(self.entries.enums.iter().map(|it| it.0.clone()))
        {
            return Ok(());
        }
        Err(wrong(format_args!(
            "the module '{}' was made from other declarations",
            self.module.name
        )))
    }

    fn check_constants(&self) -> PyResult<()> {
        let declared: Vec<(String, i128)> = self.user.world.read(|declarations| {
            declarations
                .iter()
                .filter_map(|(key, declaration)| match declaration {
                    Declaration::Integer { value, origin }
                        if *origin != IntegerOrigin::Enumerator =>
                    {
                        Some((key.name.to_string(), *value))
                    }
                    _ => None,
                })
                .collect()
        });
        for (name, declared) in declared {
            // Those of an included FFI are in another module.
            if let Some(number) = self.module.context.find_global(&name) {
                let real = realize::measure(self.module, number)?.value;
                if real != declared {
                    return Err(wrong(format_args!(
                        "{name} has the real value {real}, not {declared}"
                    )));
                }
            }
        }
        Ok(())
    }

    /// The type at a word, if it was made.
    fn known(&self, type_index: std::ffi::c_int) -> PyResult<Option<CTypeRef>> {
        match self.module.context.entry(place_of(type_index)?)? {
            Entry::Type(known) => Ok(Some(known)),
            Entry::Op(..) => Ok(None),
        }
    }

    /// Whether no type of the module belongs to an FFI that used it before and is another one here.
    fn is_free(&self) -> PyResult<bool> {
        let same = |theirs: Option<CTypeRef>, ours: Option<CTypeRef>| match (theirs, ours) {
            (Some(theirs), Some(ours)) => ours.as_object().is(theirs.as_object()),
            _ => true,
        };
        for (table, (_, id)) in self.tables() {
            let ours = self.user.world.known_record(id.index());
            if !same(self.known(table.type_index)?, ours) {
                return Ok(false);
            }
        }
        let enums = self.module.context.enums();
        for (table, (_, id)) in enums.iter().zip(&self.entries.enums) {
            let ours = self.user.world.known_enum(id.index());
            if !same(self.known(table.type_index)?, ours) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The one ctype for a word and a declaration. `ours` is that of the declaration, as far as it was made; `make` makes one.
    fn unite(
        &self,
        type_index: std::ffi::c_int,
        ours: Option<CTypeRef>,
        make: impl FnOnce() -> PyResult<CTypeRef>,
    ) -> PyResult<CTypeRef> {
        match (self.known(type_index)?, ours) {
            (Some(theirs), Some(ours)) if !ours.as_object().is(theirs.as_object()) => {
                Err(taken(&ours))
            }
            (Some(theirs), _) => Ok(theirs),
            (None, Some(ours)) => Ok(ours),
            (None, None) => make(),
        }
    }

    fn enums(&self) -> PyResult<Vec<(EnumId, CTypeRef)>> {
        let mut united = Vec::new();
        for (number, (table, (_, id))) in self
            .module
            .context
            .enums()
            .iter()
            .zip(&self.entries.enums)
            .enumerate()
        {
            let (is_open, is_included) = self.user.world.read(|declarations| {
                let body = declarations
                    .types()
                    .enumeration(*id)
                    .and_then(|it| it.body.as_ref());
                (
                    body.is_none_or(|body| body.partial),
                    declarations.enum_origin(*id).is_some(),
                )
            });
            let ours = self.user.world.known_enum(id.index());
            let ctype = self.unite(table.type_index, ours, || {
                if is_open && !is_included {
                    realize::enum_type(self.module, number)
                } else {
                    inline::enum_type(self.user, *id)
                }
            })?;
            self.check_enumerators(&ctype, &name_of(table.enumerators))?;
            self.module
                .context
                .keep(place_of(table.type_index)?, &ctype)?;
            united.push((*id, ctype));
        }
        Ok(united)
    }

    fn check_enumerators(&self, ctype: &CType, names: &str) -> PyResult<()> {
        let Some(detail) = ctype.as_enum() else {
            return Ok(());
        };
        for name in names.split(',').filter(|name| !name.is_empty()) {
            let key = text::from_str(name)?;
            let (Some(number), Some(declared)) = (
                self.module.context.find_global(name),
                detail.relements.borrow().dict_get(key.borrow())?,
            ) else {
                continue;
            };
            let declared = match declared.borrow().wide()? {
                Wide::Signed(value) => i128::from(value),
                Wide::Unsigned(value) => i128::from(value),
                _ => continue,
            };
            let real = realize::measure(self.module, number)?.value;
            if real != declared {
                return Err(wrong(format_args!(
                    "{}: {name} has the real value {real}, not {declared}",
                    ctype.name()
                )));
            }
        }
        Ok(())
    }

    fn records(&self) -> PyResult<Vec<(RecordId, CTypeRef)>> {
        let mut united = Vec::new();
        for (table, (_, id)) in self.tables() {
            let ours = self.user.world.known_record(id.index());
            let ctype = self.unite(table.type_index, ours, || inline::record(self.user, *id))?;
            united.push((*id, ctype));
        }
        // Nothing stands in the way: from now on the module's words are these.
        for ((number, (table, (_, id))), (_, ctype)) in self.tables().enumerate().zip(&united) {
            self.module
                .context
                .keep(place_of(table.type_index)?, ctype)?;
            let is_open = self.user.world.read(|declarations| {
                declarations.record_origin(*id).is_none()
                    && declarations
                        .types()
                        .record(*id)
                        .and_then(|it| it.body.as_ref())
                        .is_some_and(|body| body.partial)
            });
            if let Some(detail) = ctype.as_record().filter(|_| is_open) {
                self.hand_over(detail, number);
            }
        }
        Ok(united)
    }

    fn hand_over(&self, detail: &RecordDetail, number: usize) {
        detail.hand_over(Completer {
            owner: self.owner.as_object().to_owned(),
            number,
            complete: realize::complete,
        });
    }

    fn tables(&self) -> impl Iterator<Item = (&StructUnion, &(String, RecordId))> {
        self.module
            .context
            .struct_unions()
            .iter()
            .zip(&self.entries.records)
    }

    /// Compares what C has measured with the layouts that follow from the declarations.
    fn check_layouts(&self) -> PyResult<()> {
        for (table, _) in self.tables() {
            let Some(ctype) = self.known(table.type_index)? else {
                continue;
            };
            // Nothing was measured of records that C cannot name, that have no members, or that belong to an included FFI.
            if table.size.to_signed() < 0 {
                continue;
            }
            for field in self.module.context.fields(table) {
                self.check_size(&ctype, field)?;
            }
            if let Some(declared) = ctype.size()?.filter(|declared| *declared != table.size) {
                return Err(wrong(format_args!(
                    "{}: wrong total size (we have {declared}, but C compiler says {})",
                    ctype.name(),
                    table.size
                )));
            }
            let declared = ctype.align()?;
            if usize::try_from(table.alignment).is_ok_and(|real| real != declared) {
                return Err(wrong(format_args!(
                    "{}: wrong total alignment (we have {declared}, but C compiler says {})",
                    ctype.name(),
                    table.alignment
                )));
            }
            for field in self.module.context.fields(table) {
                Self::check_offset(&ctype, field)?;
            }
        }
        Ok(())
    }

    fn check_size(&self, record: &CType, field: &Field) -> PyResult<()> {
        let word = field.type_op as isize;
        let is_object =
            Opcode::from_number(u8::try_from(word & 0xFF).unwrap_or(0)) == Some(Opcode::Noop);
        if !is_object || field.size == usize::MAX {
            return Ok(());
        }
        let ctype = realize::object_type(self.owner, self.module, place(word >> 8)?)?;
        match ctype.size()? {
            Some(declared) if declared != field.size => Err(wrong(format_args!(
                "{}: wrong size for field '{}' (we have {declared}, but C compiler says {})",
                record.name(),
                name_of(field.name),
                field.size
            ))),
            _ => Ok(()),
        }
    }

    fn check_offset(record: &CType, field: &Field) -> PyResult<()> {
        if field.offset == usize::MAX {
            return Ok(());
        }
        let name = name_of(field.name);
        let key = text::from_str(&name)?;
        let declared = match record.layout()? {
            Some(layout) => layout.field(key.borrow())?.map(|field| field.offset),
            None => None,
        };
        match declared {
            Some(declared) if declared != field.offset => Err(wrong(format_args!(
                "{}: wrong offset for field '{name}' (we have {declared}, but C compiler says {})",
                record.name(),
                field.offset
            ))),
            _ => Ok(()),
        }
    }

    /// The lengths of `typedef int name[...];`.
    fn lengths(&self) -> PyResult<Vec<(Box<str>, isize)>> {
        let typedefs: Vec<(String, TypeId)> = self.user.world.read(|declarations| {
            declarations
                .iter()
                .filter_map(|(key, declaration)| match declaration {
                    Declaration::Type(ty)
                        if key.space == Space::Typedef
                            && matches!(declarations.types().get(ty.ty), Type::Array { .. }) =>
                    {
                        Some((key.name.to_string(), ty.ty))
                    }
                    _ => None,
                })
                .collect()
        });
        let mut lengths = Vec::new();
        for (name, ty) in typedefs {
            let typenames = self.module.context.typenames();
            let Some(typename) = typenames.iter().find(|it| name_of(it.name) == name) else {
                continue;
            };
            let index = place_of(typename.type_index)?;
            let measured = realize::object_type(self.owner, self.module, index)?;
            let mut part: Option<&CType> = Some(&measured);
            let mut next = ty;
            loop {
                let shape = self
                    .user
                    .world
                    .read(|declarations| declarations.types().get(next).clone());
                let (Type::Array { item, length }, Some(array)) = (shape, part) else {
                    break;
                };
                if let ArrayLength::Measured(expression) = length {
                    lengths.push((expression, array.length));
                }
                next = item.ty;
                part = array.item();
            }
        }
        Ok(lengths)
    }
}
