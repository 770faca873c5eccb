//! From declarations to the plan of a module: which tables it has and what is in them.
//!
//! ```text
//!   Declarations ──sorted by kind and name──▶ items[]     what C code is written for each of them
//!                                        └──▶ globals[]   sorted by name
//!   types that these mention ──▶ types[]      words; functions first, then all others by spelling
//!                            └──▶ records[], enums[], typenames[]   sorted by name
//! ```
//!
//! The order depends on names alone, so text that was declared in another order gives the same module.

use std::borrow::Cow;

use cffi_model::Declarations;
use cffi_model::declarations::{Declaration, Exported, IntegerOrigin, Space};
use cffi_model::gil::Gil;
use cffi_model::types::{EnumId, QualType, RecordId, RecordName, Type};
use cffi_syntax::ast::Linkage;
use cffi_wire::{Op, Opcode};
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::error::{GenerateError, Generated};
use crate::records::{self, Access};
use crate::spelling::Code;
use crate::types::{Node, NodeId, Nodes, is_file, wire_name};
use crate::words::{self};

use crate::module::{
    EnumEntry, Global, Item, Language, Listed, Module, NamedItem, Source, Visibility, count, place,
};

/// Plans a module.
pub fn plan<'a>(source: Source<'a>, language: Language) -> Generated<Module<'a>> {
    let mut planner = Planner::new(source, language);
    let listed = listed(source);
    source.refuse_unknown_names()?;
    planner.name_by_pointers(&listed);
    for entry in &listed {
        planner.enter(entry).map_err(|error| entry.locate(error))?;
    }
    planner.finish(&listed)
}

/// The declarations, in the order of their kinds and names.
fn listed<'a>(source: Source<'a>) -> Vec<Listed<'a>> {
    let mut listed: Vec<Listed<'a>> = source
        .declarations
        .iter()
        .filter(|(key, declaration)| match declaration {
            Declaration::Integer { origin, .. } | Declaration::Unknown { origin } => {
                *origin != IntegerOrigin::Enumerator && !source.inherited.contains(&*key.name)
            }
            // Default names such as FILE and va_list declare tags behind the program's back.
            Declaration::Type(_) => {
                !(key.space == Space::Struct && matches!(&*key.name, "_IO_FILE" | "__va_list_tag"))
            }
            _ => true,
        })
        .map(|(key, declaration)| Listed::new(key, declaration))
        .collect();
    listed.sort_by_key(|entry| (entry.kind, &*entry.key.name));
    listed
}

/// Records or enums, by their names in the module's tables.
type ByName<'a, Id> = IndexMap<Cow<'a, str>, (Id, NodeId), FxBuildHasher>;

/// Work on a plan.
pub struct Planner<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) language: Language,
    pub(crate) nodes: Nodes<'a>,
    /// Which nodes are mentioned.
    used: Vec<bool>,
    /// Nodes whose parts are still to be entered.
    pending: Vec<NodeId>,
    /// The types of the fields of each record that is entered.
    pub(crate) fields: FxHashMap<RecordId, Vec<records::PlannedField<'a>>>,
    globals: Vec<Global<'a>>,
    keep_gil: FxHashSet<&'a str>,
    items: Vec<NamedItem<'a>>,
    typenames: Vec<(&'a str, NodeId)>,
    constants: FxHashSet<&'a str>,
    /// The typedefs of pointers to records that have no other name.
    pointer_names: FxHashMap<RecordId, String>,
    /// The members whose types have no name at all.
    pub(crate) members: FxHashMap<RecordId, Access>,
}

/// What becomes of a global before types have places.
const LATER: i32 = -1;

impl<'a> Planner<'a> {
    fn new(source: Source<'a>, language: Language) -> Self {
        Self {
            source,
            language,
            nodes: Nodes::new(source.declarations),
            used: Vec::new(),
            pending: Vec::new(),
            fields: FxHashMap::default(),
            globals: Vec::new(),
            keep_gil: FxHashSet::default(),
            items: Vec::new(),
            typenames: Vec::new(),
            constants: FxHashSet::default(),
            pointer_names: FxHashMap::default(),
            members: FxHashMap::default(),
        }
    }

    fn name_by_pointers(&mut self, listed: &[Listed<'_>]) {
        let types = self.source.declarations.types();
        for entry in listed {
            let Declaration::Type(ty) = entry.declaration else {
                continue;
            };
            let Type::Pointer {
                target,
                name: Some(pointer),
            } = types.get(ty.ty)
            else {
                continue;
            };
            if let Type::Record(id) = *types.get(target.ty) {
                self.pointer_names
                    .entry(id)
                    .or_insert_with(|| pointer.to_string());
            }
        }
    }

    fn enter(&mut self, entry: &Listed<'a>) -> Generated<()> {
        let name: &'a str = &entry.key.name;
        match entry.declaration {
            Declaration::Function {
                ty,
                linkage,
                exported,
                gil,
                symbol,
            } => {
                let node = self.nodes.lower(*ty)?;
                let visibility = match (linkage, exported) {
                    (Linkage::Python, _) => Some(Visibility::Static),
                    (Linkage::PythonPlusC, _) => Some(Visibility::Extern),
                    (Linkage::C, Exported::Yes) => Some(Visibility::Exported),
                    (Linkage::C, Exported::No) => None,
                };
                match visibility {
                    Some(visibility) => self.extern_python(entry, node, visibility)?,
                    None => {
                        if self.source.keep_gil.of_function(name, *gil) == Gil::Kept {
                            self.keep_gil.insert(name);
                        }
                        self.function(entry, node, symbol.as_deref())?;
                    }
                }
            }
            Declaration::Variable { ty, symbol } => {
                self.refuse_symbol(name, symbol.as_deref())?;
                let node = self.nodes.measure(ty.ty, || name.to_owned())?;
                self.mention(node)?;
                let opcode = match self.language {
                    Language::C => Opcode::GlobalVarF,
                    Language::Python => Opcode::GlobalVar,
                };
                self.global(name, opcode, Some(node), 0);
                let qualifiers = self.nodes.lifted(*ty);
                self.item(entry, Item::Variable(node, qualifiers));
            }
            Declaration::Constant { ty } => {
                let node = self.nodes.measure(ty.ty, || name.to_owned())?;
                if self.language == Language::Python {
                    self.mention(node)?;
                    self.constant(name)?;
                    self.global(name, Opcode::DlopenConst, Some(node), 0);
                } else if self.nodes.is_integer(node) {
                    self.constant(name)?;
                    self.global(name, Opcode::ConstantInt, None, 0);
                    self.item(entry, Item::Integer(None));
                } else {
                    self.constant_object(entry, node)?;
                }
            }
            Declaration::Integer { value, .. } => {
                self.constant(name)?;
                self.global(name, Opcode::ConstantInt, None, *value);
                self.item(entry, Item::Integer(Some(*value)));
            }
            Declaration::Unknown { .. } => {
                if self.language == Language::Python {
                    return Err(GenerateError::unknown_macro_abi_mode(name));
                }
                self.constant(name)?;
                self.global(name, Opcode::ConstantInt, None, 0);
                self.item(entry, Item::Integer(None));
            }
            Declaration::Type(ty) => self.named_type(entry, *ty)?,
        }
        Ok(())
    }

    fn function(
        &mut self,
        entry: &Listed<'a>,
        node: NodeId,
        symbol: Option<&str>,
    ) -> Generated<()> {
        let name: &'a str = &entry.key.name;
        self.refuse_symbol(name, symbol)?;
        self.mention(node)?;
        let Node::Function(function) = self.nodes.get(node) else {
            return Ok(());
        };
        if self.language == Language::Python {
            self.global(name, Opcode::DlopenFunc, Some(node), 0);
            return Ok(());
        }
        if function.variadic {
            // A wrapper could not pass the further arguments on: the module has the function's address.
            let pointer = self.nodes.function_pointer(node);
            return self.constant_object(entry, pointer);
        }
        let result = function.result;
        let opcode = match function.parameters.len() {
            0 => Opcode::CpythonBltnN,
            1 => Opcode::CpythonBltnO,
            _ => Opcode::CpythonBltnV,
        };
        if let Node::Record(id) = *self.nodes.get(result) {
            if self.body(id).is_none() {
                let spelling = self.nodes.spelling(result).text();
                return Err(GenerateError::opaque_result(&spelling));
            }
        }
        self.global(name, opcode, Some(node), 0);
        self.item(entry, Item::Function(node));
        Ok(())
    }

    fn extern_python(
        &mut self,
        entry: &Listed<'a>,
        node: NodeId,
        visibility: Visibility,
    ) -> Generated<()> {
        if self.language == Language::Python {
            return Err(GenerateError::extern_python_abi_mode());
        }
        let Node::Function(function) = self.nodes.get(node) else {
            return Ok(());
        };
        if function.variadic {
            return Err(GenerateError::extern_python_variadic());
        }
        let pointer = self.nodes.function_pointer(node);
        self.mention(pointer)?;
        self.global(&entry.key.name, Opcode::ExternPython, Some(pointer), 0);
        self.item(entry, Item::ExternPython(node, visibility));
        Ok(())
    }

    fn constant_object(&mut self, entry: &Listed<'a>, node: NodeId) -> Generated<()> {
        self.mention(node)?;
        self.constant(&entry.key.name)?;
        self.global(&entry.key.name, Opcode::Constant, Some(node), 0);
        self.item(entry, Item::Constant(node));
        Ok(())
    }

    /// A Python module looks functions and variables up by their names alone.
    fn refuse_symbol(&self, name: &str, symbol: Option<&str>) -> Generated<()> {
        match symbol {
            Some(symbol) if self.language == Language::Python && symbol != name => {
                Err(GenerateError::renamed(name, symbol))
            }
            _ => Ok(()),
        }
    }

    fn named_type(&mut self, entry: &Listed<'a>, ty: QualType) -> Generated<()> {
        let name: &'a str = &entry.key.name;
        match entry.key.space {
            Space::Typedef => {
                let node = self.nodes.measure(ty.ty, || format!("(*({name} *)0)"))?;
                self.mention(node)?;
                self.typenames.push((name, node));
            }
            _ => {
                let node = self.nodes.lower(ty.ty)?;
                self.mention(node)?;
                match *self.nodes.get(node) {
                    Node::Record(id) if self.body(id).is_some() => {
                        self.item(entry, Item::Record(id));
                    }
                    Node::Enum(id) => self.enumerators(entry, id)?,
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn enumerators(&mut self, entry: &Listed<'a>, id: EnumId) -> Generated<()> {
        let declarations: &'a Declarations = self.source.declarations;
        let Some(enumeration) = declarations.types().enumeration(id) else {
            return Ok(());
        };
        let Some(body) = &enumeration.body else {
            return Ok(());
        };
        if body.partial && self.language == Language::Python {
            return Err(GenerateError::partial_enum(&self.nodes.enum_c_name(id)));
        }
        for (name, value) in &body.enumerators {
            self.constant(name)?;
            self.global(name, Opcode::Enum, None, value.unwrap_or(0));
            self.items.push(NamedItem {
                name,
                listed: *entry,
                item: Item::Integer(None),
            });
        }
        Ok(())
    }

    fn constant(&mut self, name: &'a str) -> Generated<()> {
        if self.constants.insert(name) {
            Ok(())
        } else {
            Err(GenerateError::duplicate(name))
        }
    }

    /// Notes a global. In the place of the type's index stands the node until all types have places.
    fn global(&mut self, name: &'a str, opcode: Opcode, node: Option<NodeId>, value: i128) {
        let argument = node.map_or(LATER, |node| {
            i32::try_from(node.index()).unwrap_or(i32::MAX)
        });
        self.globals.push(Global {
            name,
            op: Op::new(opcode, argument),
            value,
        });
    }

    fn item(&mut self, entry: &Listed<'a>, item: Item) {
        self.items.push(NamedItem {
            name: &entry.key.name,
            listed: *entry,
            item,
        });
    }

    pub(crate) fn body(&self, id: RecordId) -> Option<&'a cffi_model::types::RecordBody> {
        let declarations: &'a Declarations = self.source.declarations;
        declarations
            .types()
            .record(id)
            .and_then(|record| record.body.as_ref())
    }

    pub(crate) fn is_external(&self, id: RecordId) -> bool {
        self.source.declarations.record_origin(id).is_some()
    }

    /// Gives a type, and all that it is made of, a place among the types.
    pub(crate) fn mention(&mut self, node: NodeId) -> Generated<()> {
        self.pending.push(node);
        while let Some(node) = self.pending.pop() {
            if self.used.len() <= node.index() {
                self.used.resize(node.index() + 1, false);
            }
            match self.used.get_mut(node.index()) {
                Some(used) if !*used => *used = true,
                _ => continue,
            }
            match self.nodes.get(node) {
                Node::Pointer(inner, ..) | Node::FunctionPointer(inner) | Node::Array(inner, _) => {
                    self.pending.push(*inner);
                }
                Node::Function(function) => {
                    self.pending.push(function.result);
                    self.pending.extend(&function.parameters);
                }
                Node::Record(id) => {
                    let id = *id;
                    let fields = records::plan_fields(self, id)?;
                    self.pending.extend(fields.iter().map(|field| field.node));
                    self.fields.insert(id, fields);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn finish(mut self, listed: &[Listed<'_>]) -> Generated<Module<'a>> {
        let declarations = self.source.declarations;
        let used: Vec<NodeId> = self
            .nodes
            .ids()
            .filter(|id| self.used.get(id.index()).copied().unwrap_or(false))
            .collect();

        let mut record_order: ByName<'a, RecordId> = ByName::default();
        let mut enum_order: ByName<'a, EnumId> = ByName::default();
        for node in &used {
            match *self.nodes.get(*node) {
                Node::Record(id) => {
                    let Some(record) = declarations.types().record(id) else {
                        continue;
                    };
                    let mut name = wire_name(&record.name);
                    // Records without a name are numbered in each FFI alone.
                    while record_order.contains_key(&name) {
                        name.to_mut().push('_');
                    }
                    if is_file(&name) {
                        self.typenames.push(("FILE", *node));
                    }
                    record_order.insert(name, (id, *node));
                }
                Node::Enum(id) => {
                    let Some(enumeration) = declarations.types().enumeration(id) else {
                        continue;
                    };
                    let mut name = wire_name(&enumeration.name);
                    while enum_order.contains_key(&name) {
                        name.to_mut().push('_');
                    }
                    enum_order.insert(name, (id, *node));
                }
                _ => {}
            }
        }
        record_order.sort_unstable_keys();
        enum_order.sort_unstable_keys();
        let record_numbers: FxHashMap<RecordId, usize> = record_order
            .values()
            .enumerate()
            .map(|(number, (id, _))| (*id, number))
            .collect();
        let enum_numbers: FxHashMap<EnumId, usize> = enum_order
            .values()
            .enumerate()
            .map(|(number, (id, _))| (*id, number))
            .collect();
        let numbers = words::Numbers {
            records: &record_numbers,
            enums: &enum_numbers,
        };
        let (words, places) = words::lay_out(&self.nodes, &used, &numbers)?;

        let mut record_entries = Vec::with_capacity(record_order.len());
        for (name, (id, node)) in record_order {
            let entry = records::entry(&mut self, name, id, place(&places, node));
            record_entries.push(entry.map_err(|error| self.locate(error, id, listed))?);
        }

        let mut enums = Vec::with_capacity(enum_order.len());
        for (name, (id, node)) in enum_order {
            enums.extend(self.enum_entry(name, id, place(&places, node)));
        }

        let mut globals = self.globals;
        for global in &mut globals {
            if global.op.argument != LATER {
                let node = usize::try_from(global.op.argument).unwrap_or(usize::MAX);
                global.op.argument = places.get(node).copied().flatten().unwrap_or(LATER);
            }
        }
        globals.sort_by_key(|global| global.name);
        count(globals.len())?;
        let mut typenames: Vec<(&'a str, i32)> = self
            .typenames
            .into_iter()
            .map(|(name, node)| (name, place(&places, node)))
            .collect();
        typenames.sort();
        typenames.dedup_by(|left, right| left.0 == right.0);
        Ok(Module {
            source: self.source,
            nodes: self.nodes,
            places,
            words,
            globals,
            keep_gil: self.keep_gil,
            items: self.items,
            records: record_entries,
            record_numbers,
            enums,
            typenames,
        })
    }

    /// Adds to an error which record it is about, if that has a declaration of its own.
    fn locate(&self, error: GenerateError, id: RecordId, listed: &[Listed<'_>]) -> GenerateError {
        let types = self.source.declarations.types();
        let of_record = |entry: &&Listed<'_>| match (entry.key.space, entry.declaration) {
            (Space::Typedef | Space::Ordinary, _) => false,
            (_, Declaration::Type(ty)) => *types.get(ty.ty) == Type::Record(id),
            _ => false,
        };
        match listed.iter().rfind(of_record) {
            Some(entry) => entry.locate(error),
            None => error,
        }
    }

    /// How C code gets at a record.
    pub(crate) fn access(&self, id: RecordId) -> Access {
        if self.body(id).is_none() {
            return Access::Opaque;
        }
        if self.is_external(id) {
            return Access::External;
        }
        if let Some(pointer) = self.pointer_names.get(&id) {
            return Access::Pointer(pointer.clone());
        }
        let Some(record) = self.source.declarations.types().record(id) else {
            return Access::Nameless;
        };
        match &record.name {
            // The compiler may have made it up without saying what is in it.
            RecordName::Tag(_) if self.nodes.is_va_list(id) => Access::Nameless,
            RecordName::Anonymous(_) => match self.members.get(&id) {
                Some(member) => member.clone(),
                None => Access::Nameless,
            },
            RecordName::Tag(_) | RecordName::Typedef(_) => {
                Access::Name(self.nodes.record_c_name(id))
            }
        }
    }

    fn enum_entry(&self, name: Cow<'a, str>, id: EnumId, type_index: i32) -> Option<EnumEntry<'a>> {
        use cffi_model::primitive::Primitive;

        let declarations: &'a Declarations = self.source.declarations;
        let enumeration = declarations.types().enumeration(id)?;
        let c_name = self.nodes.enum_c_name(id);
        let (enumerators, primitive) = match &enumeration.body {
            None => (Vec::new(), Primitive::UInt),
            Some(body) => (
                body.enumerators.iter().map(|(name, _)| &**name).collect(),
                body.underlying,
            ),
        };
        let primitive = records::sized_integer(self.source.declarations.target(), primitive);
        Some(EnumEntry {
            id,
            name,
            type_index,
            c_name: (!c_name.contains('$')).then_some(c_name),
            primitive,
            enumerators,
        })
    }
}
