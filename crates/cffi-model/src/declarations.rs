//! What an FFI has been told by `cdef()`: types, functions, variables and constants, by name and in order.
//!
//! Changed only by [`Declarations::cdef`], [`include`](Declarations::include) and [`parse_type`](Declarations::parse_type), each
//! of which works on a journal: an error leaves everything as it was. Nothing of an earlier text is ever read again.
//! How text becomes types is not here (`lower`), nor are sizes (`sizes.rs`).

use std::sync::atomic::{AtomicU64, Ordering};

use cffi_syntax::TypeNames;
use cffi_syntax::ast::Linkage;

use crate::defaults;
use crate::error::{CdefError, Warning};
use crate::lower;
use crate::names::{Constant, Names};
use crate::table::TypeTable;
use crate::target::Target;
use crate::types::{EnumId, OwnerId, QualType, RecordId, Type, TypeId};

/// One declared thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// Its name; of an anonymous enum without a typedef, `$enum_$N`.
    pub name: Box<str>,
    /// What it is.
    pub kind: DeclarationKind,
    /// Whether it came by `include()`.
    pub provenance: Provenance,
}

/// What a [`Declaration`] declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeclarationKind {
    /// A function.
    Function {
        /// A [`Type::Function`].
        ty: TypeId,
        /// From `extern "Python"` and the like.
        linkage: Linkage,
        /// From [`CdefOptions::export`].
        export: Export,
        /// The symbol of an `asm` label.
        symbol: Option<Box<str>>,
    },
    /// A global variable.
    Variable {
        /// Its type. Qualifiers of an array's items are here.
        ty: QualType,
        /// The symbol of an `asm` label.
        symbol: Option<Box<str>>,
    },
    /// A `const` object that is no array: a value that only the C compiler or the library knows.
    Constant {
        /// Its type.
        ty: QualType,
        /// The symbol of an `asm` label.
        symbol: Option<Box<str>>,
    },
    /// `#define NAME 42`, `static const int NAME = 42;`.
    IntegerConstant {
        /// Its value.
        value: i128,
    },
    /// `#define NAME ...`
    MacroEllipsis,
    /// A typedef.
    Typedef {
        /// What it names.
        ty: QualType,
    },
    /// `struct name`
    Struct {
        /// Which.
        id: RecordId,
    },
    /// `union name`
    Union {
        /// Which.
        id: RecordId,
    },
    /// `enum name`
    Enum {
        /// Which.
        id: EnumId,
    },
    /// A struct, union or enum without a tag, under the name of its typedef; an enum without one as `$enum_$N`.
    Anonymous {
        /// A [`Type::Record`] or [`Type::Enum`].
        ty: TypeId,
    },
}

/// The name spaces. Each name is declared once in each; CFFI keeps more of them apart than C does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the kinds of `DeclarationKind`")]
pub enum Space {
    Function,
    Variable,
    Constant,
    Macro,
    Typedef,
    Struct,
    Union,
    Enum,
    Anonymous,
}

impl DeclarationKind {
    /// The name space of a declaration of this kind.
    #[must_use]
    pub const fn space(&self) -> Space {
        match self {
            Self::Function { .. } => Space::Function,
            Self::Variable { .. } => Space::Variable,
            Self::Constant { .. } => Space::Constant,
            Self::IntegerConstant { .. } | Self::MacroEllipsis => Space::Macro,
            Self::Typedef { .. } => Space::Typedef,
            Self::Struct { .. } => Space::Struct,
            Self::Union { .. } => Space::Union,
            Self::Enum { .. } => Space::Enum,
            Self::Anonymous { .. } => Space::Anonymous,
        }
    }

    /// The word that CFFI puts in front of the name: in `ffi._parser._declarations` and in errors.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Function { export: Export::Dll, .. } => "dllexport_python",
            Self::Function { linkage: Linkage::C, .. } => "function",
            Self::Function { linkage: Linkage::Python, .. } => "extern_python",
            Self::Function { linkage: Linkage::PythonPlusC, .. } => "extern_python_plus_c",
            Self::Variable { .. } => "variable",
            Self::Constant { .. } => "constant",
            Self::IntegerConstant { .. } | Self::MacroEllipsis => "macro",
            Self::Typedef { .. } => "typedef",
            Self::Struct { .. } => "struct",
            Self::Union { .. } => "union",
            Self::Enum { .. } => "enum",
            Self::Anonymous { .. } => "anonymous",
        }
    }
}

/// Whose text a declaration stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// These declarations' own.
    Own,
    /// It came by `include()`.
    Included,
}

/// Whether functions are exported from an embedding library.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Export {
    /// They are not.
    #[default]
    No,
    /// `embedding_api()`: they are.
    Dll,
}

/// What happens to a name that is declared again, differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redeclaration {
    /// An error.
    #[default]
    Refuse,
    /// `override=True`: the last declaration counts.
    Override,
}

/// The layout of the records of one cdef.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Packing {
    /// As the target has it.
    #[default]
    Natural,
    /// `packed=True`: no padding.
    Packed,
    /// `pack=n`, a power of two: no alignment of a member above n bytes.
    Pack(u32),
}

/// How to read one cdef.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CdefOptions {
    /// What happens to names that are declared again.
    pub redeclaration: Redeclaration,
    /// The layout of its records.
    pub packing: Packing,
    /// Whether its functions are exported.
    pub export: Export,
}

/// What an attribute of a library object can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Global<'a> {
    /// A function, variable or constant.
    Declared(&'a Declaration),
    /// A `#define`d constant, an enumerator, or a constant object with a known value.
    Integer(i128),
    /// A constant whose value only the C compiler knows: `#define X ...`, `enum { X = ... }`.
    Unknown,
}

/// The names that `ffi.list_types()` gives, each list sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TypeNamesByKind {
    /// Typedefs.
    pub typedefs: Vec<String>,
    /// Tags of structs.
    pub structs: Vec<String>,
    /// Tags of unions.
    pub unions: Vec<String>,
}

/// The declarations of one FFI.
#[derive(Debug)]
pub struct Declarations {
    pub(crate) id: OwnerId,
    pub(crate) target: Target,
    pub(crate) table: TypeTable,
    pub(crate) names: Names,
    /// The last N of `struct $N`; one count for structs, unions and enums.
    pub(crate) anonymous: u32,
    pub(crate) unicode: Option<defaults::Unicode>,
}

impl Declarations {
    /// No declarations yet, for this target.
    #[must_use]
    pub fn new(target: Target) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: OwnerId(NEXT.fetch_add(1, Ordering::Relaxed)),
            target,
            table: TypeTable::default(),
            names: Names::default(),
            anonymous: 0,
            unicode: None,
        }
    }

    /// Which declarations of this process these are.
    #[must_use]
    pub const fn id(&self) -> OwnerId {
        self.id
    }

    /// The ABI whose sizes these declarations have.
    #[must_use]
    pub const fn target(&self) -> Target {
        self.target
    }

    /// All types that were named.
    #[must_use]
    pub const fn types(&self) -> &TypeTable {
        &self.table
    }

    /// The id of a type made of types of these declarations, for instance a pointer to one of them.
    pub fn intern(&mut self, ty: Type) -> TypeId {
        self.table.intern(ty)
    }

    /// Reads C declarations and enters them. After an error, everything is as it was before.
    ///
    /// Takes time linear in the length of `source`, however much was declared before.
    pub fn cdef(&mut self, source: &str, options: &CdefOptions) -> Result<Vec<Warning>, CdefError> {
        self.transact(|this| lower::cdef(this, source, options))
    }

    /// The type that `text` names, with the qualifiers of the object that would have it.
    ///
    /// A function comes as [`Type::Function`]. Tags that are not known become opaque types, and stay.
    pub fn parse_type(&mut self, text: &str) -> Result<QualType, CdefError> {
        self.transact(|this| lower::parse_type(this, text))
    }

    /// Makes the typedefs, tags and integer constants of `other` known here, and those that it included.
    ///
    /// Records and enums become records and enums here that name their [`Origin`](crate::types::Origin), so that whoever keeps
    /// objects for them can share the owner's. Functions, variables and other constants stay where they are.
    /// Including again brings what was declared since.
    pub fn include(&mut self, other: &Declarations) -> Result<(), CdefError> {
        self.transact(|this| crate::include::include(this, other))
    }

    /// Windows: what `TCHAR` and its like are from now on. Without effect on other targets' names.
    pub fn set_unicode(&mut self, unicode: defaults::Unicode) {
        self.unicode = Some(unicode);
    }

    /// All declarations, in the order in which their names were first declared.
    pub fn iter(&self) -> impl Iterator<Item = &Declaration> {
        self.names.iter()
    }

    /// The declaration of a name in a name space.
    #[must_use]
    pub fn get(&self, space: Space, name: &str) -> Option<&Declaration> {
        self.names.get(space, name)
    }

    /// The type of a typedef that was declared; CFFI's defaults are not among them.
    #[must_use]
    pub fn typedef(&self, name: &str) -> Option<QualType> {
        match self.get(Space::Typedef, name)?.kind {
            DeclarationKind::Typedef { ty } => Some(ty),
            _ => None,
        }
    }

    /// What a library object has under this name: of a function, a variable and a constant that which was declared last, else an
    /// integer constant.
    #[must_use]
    pub fn global(&self, name: &str) -> Option<Global<'_>> {
        if let Some(declaration) = self.names.object(name) {
            return Some(Global::Declared(declaration));
        }
        match self.names.constant(name) {
            Some(Constant { value: Some(value), .. }) => Some(Global::Integer(*value)),
            Some(Constant { value: None, .. }) => Some(Global::Unknown),
            None => self.get(Space::Macro, name).map(|_| Global::Unknown),
        }
    }

    /// All names that [`global`](Self::global) knows, each once.
    pub fn globals(&self) -> impl Iterator<Item = &str> {
        self.names.globals()
    }

    /// The value of a `#define`d constant, an enumerator, or a constant object with a known value.
    #[must_use]
    pub fn integer_constant(&self, name: &str) -> Option<i128> {
        self.names.constant(name)?.value
    }

    /// All names with such values, in order of declaration, included ones too.
    pub fn integer_constants(&self) -> impl Iterator<Item = (&str, i128)> {
        self.names.constants().filter_map(|(name, constant)| Some((name, constant.value?)))
    }

    /// The names for `ffi.list_types()`.
    #[must_use]
    pub fn list_types(&self) -> TypeNamesByKind {
        let mut names = TypeNamesByKind::default();
        for declaration in self.iter() {
            let list = match declaration.kind {
                DeclarationKind::Typedef { .. } => &mut names.typedefs,
                DeclarationKind::Struct { .. } => &mut names.structs,
                DeclarationKind::Union { .. } => &mut names.unions,
                _ => continue,
            };
            list.push(declaration.name.to_string());
        }
        names.typedefs.sort();
        names.structs.sort();
        names.unions.sort();
        names
    }

    /// Runs `change` and takes back what it did if it fails.
    fn transact<T>(
        &mut self,
        change: impl FnOnce(&mut Self) -> Result<T, CdefError>,
    ) -> Result<T, CdefError> {
        let types = self.table.mark();
        let names = self.names.mark();
        let anonymous = self.anonymous;
        let result = change(self);
        if result.is_err() {
            self.names.roll_back(names);
            self.table.roll_back(types);
            self.anonymous = anonymous;
        }
        result
    }
}

impl TypeNames for Declarations {
    fn is_typedef_name(&self, name: &str) -> bool {
        self.get(Space::Typedef, name).is_some() || defaults::is_default(self.target, name)
    }

    fn known_names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        let declared = self.iter().filter(|declaration| declaration.kind.space() == Space::Typedef);
        Box::new(declared.map(|declaration| &*declaration.name).chain(defaults::names(self.target)))
    }
}
