//! What a module consists of, before any text is written: `planner` fills it, `c` and `python` print it.

use std::borrow::Cow;

use cffi_model::Declarations;
use cffi_model::declarations::{Declaration, Exported, Key, Space, declared_kind};
use cffi_model::gil::KeepGil;
use cffi_model::types::{EnumId, RecordId};
use cffi_syntax::ast::Linkage;
use cffi_wire::{Op, flags};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::error::{GenerateError, Generated};
use crate::records::RecordEntry;
use crate::types::{NodeId, Nodes};
use crate::words::Word;

/// What a module is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// C, for a compiler: the API mode.
    C,
    /// Python, for a library that is opened at run time: the ABI mode.
    Python,
}

/// What a module is generated from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The dotted name of the module.
    pub name: &'a str,
    /// What is declared.
    pub declarations: &'a Declarations,
    /// The dotted names of the modules that it includes.
    pub includes: &'a [String],
    /// The constants that those modules define.
    pub inherited: &'a FxHashSet<String>,
    /// Which functions keep the GIL, beside those that are declared so.
    pub keep_gil: &'a KeepGil,
}

impl Source<'_> {
    /// Refuses names in `keep_gil` that are not those of functions.
    pub(crate) fn refuse_unknown_names(self) -> Generated<()> {
        let unknown =
            self.keep_gil
                .unknown(|name| match self.declarations.get(Space::Ordinary, name) {
                    Some(Declaration::Function {
                        linkage, exported, ..
                    }) => *linkage == Linkage::C && *exported == Exported::No,
                    _ => false,
                });
        unknown.map_or(Ok(()), |name| Err(GenerateError::not_a_function(name)))
    }
}

/// A function, variable or constant of the module.
#[derive(Debug)]
pub struct Global<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is, and its type.
    pub op: Op,
    /// Of a constant in a Python module.
    pub value: i128,
}

/// Something that C code is written for.
#[derive(Debug)]
pub enum Item {
    /// A function with a wrapper; the node is a function.
    Function(NodeId),
    /// An object whose value is read once.
    Constant(NodeId),
    /// An integer, and its value if the declaration says it.
    Integer(Option<i128>),
    /// A variable.
    Variable(NodeId, cffi_model::types::Qualifiers),
    /// A record whose members are checked.
    Record(RecordId),
    /// A function that Python implements; the node is the function.
    ExternPython(NodeId, Visibility),
}

/// Who sees a function that Python implements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// `extern "Python"`: the C code of the module.
    Static,
    /// `extern "Python+C"`: other C files.
    Extern,
    /// `embedding_api()`: programs that are linked with the module.
    Exported,
}

/// A declaration that has a part in the module.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'a> {
    /// What it is: `function`, `struct`, …
    pub kind: &'static str,
    /// Its name.
    pub key: &'a Key,
    /// The declaration.
    pub declaration: &'a Declaration,
}

impl<'a> Listed<'a> {
    /// A declaration as declarations are listed.
    pub fn new(key: &'a Key, declaration: &'a Declaration) -> Self {
        Self {
            kind: declared_kind(key.space, declaration),
            key,
            declaration,
        }
    }

    /// Adds to an error where it is.
    pub fn locate(&self, error: GenerateError) -> GenerateError {
        error.within(&[self.kind, " ", &self.key.name].concat())
    }
}

/// An item with its name and its declaration, which for an enumerator is that of its enum.
#[derive(Debug)]
pub struct NamedItem<'a> {
    /// The name.
    pub name: &'a str,
    /// What declares it.
    pub listed: Listed<'a>,
    /// What it is.
    pub item: Item,
}

/// An enum.
#[derive(Debug)]
pub struct EnumEntry<'a> {
    /// Which one it is.
    pub id: EnumId,
    /// Its name in the table.
    pub name: Cow<'a, str>,
    /// Its place among the types.
    pub type_index: i32,
    /// How C names it, if it does.
    pub c_name: Option<String>,
    /// The number of the integer type that the declaration leads to.
    pub primitive: cffi_model::primitive::Primitive,
    /// The names of the enumerators.
    pub enumerators: Vec<&'a str>,
}

/// The plan.
pub struct Module<'a> {
    /// Where it comes from.
    pub source: Source<'a>,
    /// Its types by value.
    pub nodes: Nodes<'a>,
    /// The place of each type, by node.
    pub places: Vec<Option<i32>>,
    /// Its types as words.
    pub words: Vec<Word>,
    /// Its functions, variables and constants.
    pub globals: Vec<Global<'a>>,
    /// The functions that keep the GIL.
    pub keep_gil: FxHashSet<&'a str>,
    /// What C code is written for.
    pub items: Vec<NamedItem<'a>>,
    /// Its structs and unions.
    pub records: Vec<RecordEntry<'a>>,
    /// Its enums.
    pub enums: Vec<EnumEntry<'a>>,
    /// The place of each record in `records`.
    pub record_numbers: FxHashMap<RecordId, usize>,
    /// Its typedefs.
    pub typenames: Vec<(&'a str, i32)>,
}

impl Module<'_> {
    /// The place of a type among the words.
    pub fn place(&self, node: NodeId) -> i32 {
        place(&self.places, node)
    }
}

/// The place of a type among the words. All types that are mentioned have one.
pub fn place(places: &[Option<i32>], node: NodeId) -> i32 {
    places.get(node.index()).copied().flatten().unwrap_or(-1)
}

/// The number of something in a table.
pub fn count(number: usize) -> Generated<i32> {
    // Words keep 24 bits of an index.
    match i32::try_from(number) {
        Ok(number) if number < 1 << 23 => Ok(number),
        _ => Err(GenerateError::too_many()),
    }
}

impl Module<'_> {
    /// The flags of the module.
    pub fn flags(&self) -> flags::Module {
        let extern_python = self
            .items
            .iter()
            .any(|item| matches!(item.item, Item::ExternPython(..)));
        let mut flags = flags::Module::empty();
        flags.set(flags::Module::EXTERN_PYTHON, extern_python);
        flags.set(flags::Module::KEEPS_GIL, !self.keep_gil.is_empty());
        flags
    }
}
