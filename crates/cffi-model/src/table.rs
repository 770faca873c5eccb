//! The table of interned types.
//!
//! ```text
//!   TypeId ──▶ types[]   Void | Primitive | Pointer{target} | Array{item} | Function{…} | Record(RecordId) | Enum(EnumId) | …
//!                                                                               │              │
//!                              records[]  kind, name, body (added once)  ◀──────┘              │
//!                              enums[]    name, body (added once)        ◀─────────────────────┘
//! ```
//!
//! Equal types have equal ids. Everything since a [`Mark`] can be taken back.

use rustc_hash::FxHashMap;

use crate::types::{
    Enum, EnumBody, EnumId, Record, RecordBody, RecordId, RecordName, Type, TypeId,
};

/// The types of one set of declarations.
#[derive(Debug, Default)]
pub struct TypeTable {
    types: Vec<Type>,
    /// How deep each type is.
    depths: Vec<u32>,
    ids: FxHashMap<Type, TypeId>,
    records: Vec<Record>,
    enums: Vec<Enum>,
    changes: Vec<Change>,
}

/// A change of something older than the last mark, with what undoes it.
#[derive(Debug)]
enum Change {
    RecordBody(RecordId),
    RecordAlias(RecordId),
    EnumBody(EnumId),
    EnumAlias(EnumId),
}

/// A state of the table to go back to.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    types: usize,
    records: usize,
    enums: usize,
}

impl Mark {
    /// Whether a type was there when the mark was set.
    #[must_use]
    pub const fn is_older(self, ty: TypeId) -> bool {
        ty.index() < self.types
    }
}

fn number(index: usize) -> u32 {
    // Four billion types do not fit in memory: each takes more than a byte.
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl TypeTable {
    /// The id of a type, new or known.
    pub fn intern(&mut self, ty: Type) -> TypeId {
        if let Some(id) = self.ids.get(&ty) {
            return *id;
        }
        let id = TypeId(number(self.types.len()));
        self.depths.push(self.depth_of(&ty));
        self.types.push(ty.clone());
        self.ids.insert(ty, id);
        id
    }

    /// How many types are inside each other in this one; what records and enums contain does not count.
    #[must_use]
    pub fn depth(&self, id: TypeId) -> u32 {
        self.depths.get(id.index()).copied().unwrap_or(0)
    }

    fn depth_of(&self, ty: &Type) -> u32 {
        let inner = match ty {
            Type::Pointer { target, .. } => self.depth(target.ty),
            Type::Array { item, .. } => self.depth(item.ty),
            Type::Function(function) => {
                let parameters = function.parameters.iter().map(|it| self.depth(*it));
                parameters.fold(self.depth(function.result), u32::max)
            }
            _ => return 1,
        };
        inner.saturating_add(1)
    }

    /// The type of an id of this table; an id of another table gives some type or `void`.
    #[must_use]
    pub fn get(&self, id: TypeId) -> &Type {
        self.types.get(id.index()).unwrap_or(&Type::Void)
    }

    /// How many types there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.types.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    /// The id of a position that [`TypeId::index`] gave.
    #[must_use]
    pub fn id_at(&self, index: usize) -> Option<TypeId> {
        (index < self.types.len()).then(|| TypeId(number(index)))
    }

    /// A new record and its type.
    pub fn new_record(&mut self, record: Record) -> (RecordId, TypeId) {
        let id = RecordId(number(self.records.len()));
        self.records.push(record);
        (id, self.intern(Type::Record(id)))
    }

    /// A new enum and its type.
    pub fn new_enum(&mut self, enumeration: Enum) -> (EnumId, TypeId) {
        let id = EnumId(number(self.enums.len()));
        self.enums.push(enumeration);
        (id, self.intern(Type::Enum(id)))
    }

    /// A record.
    #[must_use]
    pub fn record(&self, id: RecordId) -> Option<&Record> {
        self.records.get(id.index())
    }

    /// The record of a position that [`RecordId::index`] gave.
    #[must_use]
    pub fn record_at(&self, index: usize) -> Option<(RecordId, &Record)> {
        self.records
            .get(index)
            .map(|record| (RecordId(number(index)), record))
    }

    /// An enum.
    #[must_use]
    pub fn enumeration(&self, id: EnumId) -> Option<&Enum> {
        self.enums.get(id.index())
    }

    /// Gives a record its members.
    pub fn complete_record(&mut self, id: RecordId, body: RecordBody) {
        if let Some(record) = self.records.get_mut(id.index()) {
            record.body = Some(body);
            self.changes.push(Change::RecordBody(id));
        }
    }

    /// Raises the alignment of a record that was completed since the last mark, in bytes.
    pub fn align_name(&mut self, id: RecordId, align: u32) {
        if let Some(body) = self
            .records
            .get_mut(id.index())
            .and_then(|record| record.body.as_mut())
        {
            body.name_align = Some(align);
        }
    }

    /// Gives an enum its enumerators.
    pub fn complete_enum(&mut self, id: EnumId, body: EnumBody) {
        if let Some(enumeration) = self.enums.get_mut(id.index()) {
            enumeration.body = Some(body);
            self.changes.push(Change::EnumBody(id));
        }
    }

    /// Gives a record the name of its first typedef.
    pub fn alias_record(&mut self, id: RecordId, name: &str) {
        if let Some(record) = self
            .records
            .get_mut(id.index())
            .filter(|record| record.alias.is_none())
        {
            record.alias = Some(name.into());
            self.changes.push(Change::RecordAlias(id));
        }
    }

    /// Gives an enum the name of its first typedef.
    pub fn alias_enum(&mut self, id: EnumId, name: &str) {
        if let Some(enumeration) = self
            .enums
            .get_mut(id.index())
            .filter(|enumeration| enumeration.alias.is_none())
        {
            enumeration.alias = Some(name.into());
            self.changes.push(Change::EnumAlias(id));
        }
    }

    /// Marks the present state.
    pub fn mark(&mut self) -> Mark {
        self.changes.clear();
        Mark {
            types: self.types.len(),
            records: self.records.len(),
            enums: self.enums.len(),
        }
    }

    /// Whether nothing has happened since the last mark but that types without a declaration of their own were interned.
    pub(crate) fn only_types_since(&self, mark: Mark) -> bool {
        self.changes.is_empty()
            && self.records.len() == mark.records
            && self.enums.len() == mark.enums
    }

    /// The tag of a record or enum that is newer than a mark, and what to say of it where tags must be known.
    pub(crate) fn new_tag(&self, mark: Mark) -> Option<(&'static str, String)> {
        let name = |name: &RecordName| match name {
            RecordName::Tag(name) | RecordName::Typedef(name) => name.to_string(),
            RecordName::Anonymous(_) => String::new(),
        };
        if let Some(record) = self.records.get(mark.records) {
            return Some(("undefined struct/union name", name(&record.name)));
        }
        let enumeration = self.enums.get(mark.enums)?;
        Some(("undefined enum name", name(&enumeration.name)))
    }

    /// Goes back to the last mark.
    pub fn roll_back(&mut self, mark: Mark) {
        while let Some(change) = self.changes.pop() {
            match change {
                Change::RecordBody(id) => {
                    if let Some(record) = self.records.get_mut(id.index()) {
                        record.body = None;
                    }
                }
                Change::RecordAlias(id) => {
                    if let Some(record) = self.records.get_mut(id.index()) {
                        record.alias = None;
                    }
                }
                Change::EnumBody(id) => {
                    if let Some(enumeration) = self.enums.get_mut(id.index()) {
                        enumeration.body = None;
                    }
                }
                Change::EnumAlias(id) => {
                    if let Some(enumeration) = self.enums.get_mut(id.index()) {
                        enumeration.alias = None;
                    }
                }
            }
        }
        self.depths.truncate(mark.types);
        for ty in self.types.drain(mark.types..) {
            self.ids.remove(&ty);
        }
        self.records.truncate(mark.records);
        self.enums.truncate(mark.enums);
    }
}
