//! What an FFI has been told by `cdef()`: types, functions, variables and constants, by name.
//!
//! Changed only through [`Declarations::cdef`] and [`Declarations::include`]. A `cdef()` that fails is taken back as a whole: new
//! entries are cut off, replaced ones restored, and the type table rolls back to its mark.

use std::cell::RefCell;

use cffi_syntax::ast::Linkage;
use cffi_syntax::{
    Diagnostic, Exception, ParseOptions, Rendering, SourceText, TypeNames, first_error,
    parse_translation_unit, parse_type_name, render,
};
use hashbrown::Equivalent;
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::defaults::{self, Unicode};
use crate::error::{CdefError, ErrorKind, Problem};
use crate::gil::Gil;
use crate::layout::RecordLayout;
use crate::lower::{self, include};
use crate::table::TypeTable;
use crate::target::Target;
use crate::types::{EnumId, QualType, RecordId, TypeId};

/// The name spaces of declarations (C11 6.2.3), and CFFI's list of records named by a typedef.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Space {
    /// Functions, variables, constants.
    Ordinary,
    /// Typedef names.
    Typedef,
    /// Struct tags.
    Struct,
    /// Union tags.
    Union,
    /// Enum tags.
    Enum,
    /// Records and enums without a tag that a typedef names.
    Anonymous,
}

/// A name in its name space.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The name space.
    pub space: Space,
    /// The name.
    pub name: Box<str>,
}

/// A key to look up, without an allocation. It hashes as [`Key`] does.
#[derive(PartialEq, Eq, Hash)]
struct Lookup<'a>(Space, &'a str);

impl Equivalent<Key> for Lookup<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.0 == key.space && self.1 == &*key.name
    }
}

/// What a name was declared as.
#[derive(Clone, Debug, PartialEq)]
pub enum Declaration {
    /// A function.
    Function {
        /// A [`crate::types::Type::Function`].
        ty: TypeId,
        /// C or Python.
        linkage: Linkage,
        /// Declared by `embedding_api()`.
        exported: Exported,
        /// What becomes of the GIL while it runs.
        gil: Gil,
        /// The symbol, where an asm label gives another than the name.
        symbol: Option<Box<str>>,
    },
    /// A variable.
    Variable {
        /// Its type.
        ty: QualType,
        /// The symbol, where an asm label gives another than the name.
        symbol: Option<Box<str>>,
    },
    /// A `const` object or `static const` definition without an integer value.
    Constant {
        /// Its type.
        ty: QualType,
    },
    /// An integer constant: an enumerator, a `#define` or a `static const int`.
    Integer {
        /// Its value.
        value: i128,
        /// Where it comes from.
        origin: IntegerOrigin,
    },
    /// `#define NAME ...` and enumerators or constants whose value the compiler knows.
    Unknown {
        /// Where it comes from.
        origin: IntegerOrigin,
    },
    /// A type: of a typedef, a tag, or a record named by a typedef.
    Type(QualType),
}

/// Where an integer constant comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntegerOrigin {
    /// An enumerator.
    Enumerator,
    /// `#define`
    Define,
    /// `static const int X = …;`
    Const,
}

/// Whether a function is exported from an embedded module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exported {
    /// It is not.
    No,
    /// It is.
    Yes,
}

/// Whether names may be declared anew with another meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Override {
    /// That is an error.
    Refused,
    /// The new meaning replaces the old one.
    Allowed,
}

/// The options of a `cdef()`.
#[derive(Clone, Copy, Debug)]
pub struct CdefOptions {
    /// `override=`
    pub replace: Override,
    /// `packed=`, `pack=`
    pub packing: Packing,
    /// Set by `embedding_api()`.
    pub exported: Exported,
}

impl Default for CdefOptions {
    fn default() -> Self {
        Self {
            replace: Override::Refused,
            packing: Packing::Natural,
            exported: Exported::No,
        }
    }
}

/// How structs of a `cdef()` are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// As the C compiler does.
    Natural,
    /// `packed=True`: no padding at all.
    Packed,
    /// `pack=n`: members are aligned to at most this many bytes.
    Pack(u32),
}

/// Something that a `cdef()` says although it is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning(pub String);

/// A type that another FFI owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<T> {
    /// The number of the `include()`.
    pub include: usize,
    /// Its id there.
    pub id: T,
}

type Entries = IndexMap<Key, Declaration, FxBuildHasher>;

/// The declarations of one FFI.
#[derive(Debug)]
pub struct Declarations {
    pub(crate) target: Target,
    pub(crate) table: TypeTable,
    pub(crate) entries: Entries,
    pub(crate) unicode: Option<Unicode>,
    pub(crate) anonymous: u32,
    /// The struct behind `va_list`, once a text has used it.
    pub(crate) va_list: Option<TypeId>,
    pub(crate) record_origins: FxHashMap<RecordId, Origin<RecordId>>,
    pub(crate) enum_origins: FxHashMap<EnumId, Origin<EnumId>>,
    pub(crate) layouts: RefCell<FxHashMap<RecordId, RecordLayout>>,
    replaced: Vec<(usize, Declaration)>,
    includes: usize,
}

pub(crate) struct State {
    table: crate::table::Mark,
    entries: usize,
    anonymous: u32,
}

impl State {
    /// The state of the types.
    pub(crate) const fn table(&self) -> crate::table::Mark {
        self.table
    }
}

impl TypeNames for Declarations {
    fn is_typedef_name(&self, name: &str) -> bool {
        self.get(Space::Typedef, name).is_some()
            || defaults::lookup(self.target, self.unicode, name).is_some()
    }

    fn known_names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        let declared = self
            .entries
            .keys()
            .filter(|key| key.space == Space::Typedef);
        let defaults = defaults::names(self.target).map(|name: &str| name);
        Box::new(declared.map(|key| &*key.name).chain(defaults))
    }
}

impl Declarations {
    /// No declarations yet.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self {
            target,
            table: TypeTable::default(),
            entries: Entries::default(),
            unicode: None,
            anonymous: 0,
            va_list: None,
            record_origins: FxHashMap::default(),
            enum_origins: FxHashMap::default(),
            layouts: RefCell::default(),
            replaced: Vec::new(),
            includes: 0,
        }
    }

    /// What types are laid out for.
    #[must_use]
    pub const fn target(&self) -> Target {
        self.target
    }

    /// The types.
    #[must_use]
    pub const fn types(&self) -> &TypeTable {
        &self.table
    }

    /// What a name was declared as.
    #[must_use]
    pub fn get(&self, space: Space, name: &str) -> Option<&Declaration> {
        self.entries.get(&Lookup(space, name))
    }

    /// Everything that was declared, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Declaration)> {
        self.entries.iter()
    }

    /// Decides whether `TCHAR` and its relatives are wide characters.
    pub fn set_unicode(&mut self, unicode: Unicode) {
        self.unicode = Some(unicode);
    }

    /// Whether [`Self::set_unicode`] was called, and with what.
    #[must_use]
    pub const fn unicode(&self) -> Option<Unicode> {
        self.unicode
    }

    /// The FFI that owns a record that came by [`Self::include`].
    #[must_use]
    pub fn record_origin(&self, id: RecordId) -> Option<Origin<RecordId>> {
        self.record_origins.get(&id).copied()
    }

    /// The FFI that owns an enum that came by [`Self::include`].
    #[must_use]
    pub fn enum_origin(&self, id: EnumId) -> Option<Origin<EnumId>> {
        self.enum_origins.get(&id).copied()
    }

    /// Parses a text of declarations and enters them. When that fails, nothing has changed.
    pub fn cdef(&mut self, text: &str, options: &CdefOptions) -> Result<Vec<Warning>, CdefError> {
        let source = SourceText::new(text);
        let parsed = parse_translation_unit(&source, self, &ParseOptions::default());
        if let Some(told) = render(&source, Rendering::Cdef, &parsed.diagnostics) {
            let kind = kind_of(&parsed.diagnostics);
            return Err(CdefError { kind, told });
        }
        let state = self.mark();
        match lower::unit(self, &source, &parsed.unit, options) {
            Ok(warnings) => {
                self.replaced.clear();
                Ok(warnings)
            }
            Err(error) => {
                self.roll_back(&state);
                Err(error)
            }
        }
    }

    /// Parses a type name. New types may be interned, and tags that were not known are declared opaque, but nothing else changes.
    pub fn parse_type(&mut self, text: &str) -> Result<QualType, CdefError> {
        let source = SourceText::new(text);
        let name = match parse_type_name(&source, self) {
            Ok(name) => name,
            Err(diagnostics) => {
                let kind = kind_of(&diagnostics);
                let told = render(&source, Rendering::TypeName, &diagnostics).unwrap_or_default();
                return Err(CdefError { kind, told });
            }
        };
        let state = self.mark();
        lower::type_name(self, &source, &name).inspect_err(|_| self.roll_back(&state))
    }

    /// Makes the types and constants of another FFI known here; its functions and variables are not.
    pub fn include(&mut self, other: &Declarations) -> Result<(), CdefError> {
        let state = self.mark();
        let number = self.includes;
        match include::include(self, other, number) {
            Ok(()) => {
                self.includes += 1;
                self.replaced.clear();
                Ok(())
            }
            Err(problem) => {
                self.roll_back(&state);
                Err(CdefError::new(problem.kind(), problem.to_string()))
            }
        }
    }

    /// Size in bytes and alignment in bytes of a complete type.
    pub fn size_align(&self, ty: TypeId) -> Result<(u64, u32), Problem> {
        lower::sizes::size_align(self, ty)
    }

    /// The layout of a complete record.
    pub fn record_layout(&self, id: RecordId) -> Result<RecordLayout, Problem> {
        lower::sizes::record_layout(self, id)
    }

    pub(crate) fn mark(&mut self) -> State {
        self.replaced.clear();
        State {
            table: self.table.mark(),
            entries: self.entries.len(),
            anonymous: self.anonymous,
        }
    }

    pub(crate) fn roll_back(&mut self, state: &State) {
        self.table.roll_back(state.table);
        self.entries.truncate(state.entries);
        self.anonymous = state.anonymous;
        while let Some((index, old)) = self.replaced.pop() {
            if let Some((_, declaration)) = self.entries.get_index_mut(index) {
                *declaration = old;
            }
        }
        self.va_list = self
            .va_list
            .filter(|ty| self.table.id_at(ty.index()).is_some());
        let table = &self.table;
        self.layouts.borrow_mut().retain(|id, _| {
            table
                .record(*id)
                .is_some_and(|record| record.body.is_some())
        });
        self.record_origins
            .retain(|id, _| table.record(*id).is_some());
        self.enum_origins
            .retain(|id, _| table.enumeration(*id).is_some());
    }

    /// Enters a declaration. The same again is no error; another one of its sort is, unless it may replace. Of two sorts, such as a
    /// function and a variable, the later one counts, but a macro only where there is nothing else.
    pub(crate) fn declare(
        &mut self,
        space: Space,
        name: &str,
        declaration: Declaration,
        replace: Override,
    ) -> Result<(), Problem> {
        let Some((index, _, old)) = self.entries.get_full_mut(&Lookup(space, name)) else {
            self.entries.insert(
                Key {
                    space,
                    name: name.into(),
                },
                declaration,
            );
            return Ok(());
        };
        // A constant whose value was known before keeps the value.
        let known_constant = matches!(
            (&*old, &declaration),
            (Declaration::Integer { .. }, Declaration::Unknown { .. })
        );
        if *old == declaration || known_constant {
            return Ok(());
        }
        if let Some(composite) = composite(old, &declaration) {
            let old = std::mem::replace(old, composite);
            self.replaced.push((index, old));
            return Ok(());
        }
        if replace == Override::Refused {
            match (&declaration, &*old) {
                (Declaration::Integer { value, .. }, Declaration::Integer { value: known, .. }) => {
                    return if value == known {
                        Ok(())
                    } else {
                        Err(Problem::MultipleConstant(name.to_owned()))
                    };
                }
                _ if sort(&declaration) == sort(old) => {
                    let name = declared_name(space, name, &declaration);
                    return Err(Problem::MultipleDeclarations(name));
                }
                _ if yields(&declaration) && !yields(old) => return Ok(()),
                _ => {}
            }
        }
        let old = std::mem::replace(old, declaration);
        self.replaced.push((index, old));
        Ok(())
    }

    /// The type of a default name that is spelled in C. The table of defaults has no mistakes, so failing means that a cdef has
    /// redefined one of its parts as something that is no type.
    pub(crate) fn parse_default(&mut self, text: &str) -> Result<QualType, ()> {
        let source = SourceText::new(text);
        let name = parse_type_name(&source, self).map_err(|_| ())?;
        lower::type_name(self, &source, &name).map_err(|_| ())
    }
}

/// The exception for the error that stands first.
fn kind_of(diagnostics: &[Diagnostic]) -> ErrorKind {
    match first_error(diagnostics).map(Diagnostic::exception) {
        Some(Exception::Ffi) => ErrorKind::Ffi,
        Some(Exception::Cdef) | None => ErrorKind::Cdef,
    }
}

/// What a declaration must not be declared as once more.
#[derive(PartialEq, Eq)]
enum Sort {
    Function(Linkage, Exported),
    Variable,
    Constant,
    Integer(IntegerOrigin),
    Type,
}

const fn sort(declaration: &Declaration) -> Sort {
    match declaration {
        Declaration::Function {
            linkage, exported, ..
        } => Sort::Function(*linkage, *exported),
        Declaration::Variable { .. } => Sort::Variable,
        Declaration::Constant { .. } => Sort::Constant,
        Declaration::Integer { origin, .. } | Declaration::Unknown { origin } => {
            Sort::Integer(*origin)
        }
        Declaration::Type(_) => Sort::Type,
    }
}

/// Whether a library shows another declaration of the same name rather than this one.
const fn yields(declaration: &Declaration) -> bool {
    matches!(
        declaration,
        Declaration::Integer {
            origin: IntegerOrigin::Define | IntegerOrigin::Const,
            ..
        } | Declaration::Unknown { .. }
    )
}

/// Two declarations of one function or variable that differ only in what may be said once: an asm label, and that the GIL is kept.
fn composite(old: &Declaration, new: &Declaration) -> Option<Declaration> {
    let (mut merged, mut rest) = (old.clone(), new.clone());
    match (&mut merged, &mut rest) {
        (
            Declaration::Function { symbol, gil, .. },
            Declaration::Function {
                symbol: new_symbol,
                gil: new_gil,
                ..
            },
        ) => {
            if std::mem::replace(new_gil, *gil) == Gil::Kept {
                *gil = Gil::Kept;
            }
            let label = std::mem::replace(new_symbol, symbol.clone());
            *symbol = label.or_else(|| symbol.take());
        }
        (
            Declaration::Variable { symbol, .. },
            Declaration::Variable {
                symbol: new_symbol, ..
            },
        ) => {
            let label = std::mem::replace(new_symbol, symbol.clone());
            *symbol = label.or_else(|| symbol.take());
        }
        _ => return None,
    }
    (rest == *old).then_some(merged)
}

/// A name with the word that says what it is, as CFFI lists its declarations.
#[must_use]
pub fn declared_name(space: Space, name: &str, declaration: &Declaration) -> String {
    [declared_kind(space, declaration), " ", name].concat()
}

/// The word of [`declared_name`] that says what something is.
#[must_use]
pub fn declared_kind(space: Space, declaration: &Declaration) -> &'static str {
    match (space, declaration) {
        (
            _,
            Declaration::Function {
                linkage: Linkage::Python,
                ..
            },
        ) => "extern_python",
        (
            _,
            Declaration::Function {
                linkage: Linkage::PythonPlusC,
                ..
            },
        ) => "extern_python_plus_c",
        (
            _,
            Declaration::Function {
                exported: Exported::Yes,
                ..
            },
        ) => "dllexport_python",
        (_, Declaration::Function { .. }) => "function",
        (_, Declaration::Variable { .. }) => "variable",
        (_, Declaration::Constant { .. }) => "constant",
        (_, Declaration::Integer { .. } | Declaration::Unknown { .. }) => "macro",
        (Space::Struct, _) => "struct",
        (Space::Union, _) => "union",
        (Space::Enum, _) => "enum",
        (Space::Anonymous, _) => "anonymous",
        _ => "typedef",
    }
}
