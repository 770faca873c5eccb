//! Structs and unions in a module: their fields, how C code gets at them, and what of their layout is checked.

use std::borrow::Cow;

use cffi_model::Target;
use cffi_model::primitive::{Primitive, PrimitiveKind};
use cffi_model::types::{Qualifiers, RecordBody, RecordId, Type};
use cffi_wire::flags;

use crate::error::{GenerateError, Generated};
use crate::module::Language;
use crate::planner::Planner;
use crate::spelling::{Code, push_words};
use crate::types::{Length, Node, NodeId};

/// How C code gets at a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// By this name.
    Name(String),
    /// By the typedef of a pointer to it.
    Pointer(String),
    /// As a member of a record that has a name or a pointer: `member`, `member.inner`, `items[0]`, ….
    Member(Box<Access>, String),
    /// Not at all: the layout follows from the fields.
    Nameless,
    /// It has no members.
    Opaque,
    /// Another module describes it.
    External,
}

/// See [`Access::field`].
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    access: &'a Access,
    name: &'a str,
}

impl Code for Field<'_> {
    fn push_to(&self, text: &mut String) {
        let name = self.name;
        match self.access {
            Access::Name(c_name) => push_words(text, &["((", c_name, " *)0)->", name]),
            Access::Pointer(pointer) => push_words(text, &["((", pointer, ")0)->", name]),
            other => {
                other.push_object(text);
                push_words(text, &[".", name]);
            }
        }
    }
}

/// See [`Access::object`].
#[derive(Clone, Copy, Debug)]
pub struct Object<'a>(&'a Access);

impl Code for Object<'_> {
    fn push_to(&self, text: &mut String) {
        self.0.push_object(text);
    }
}

/// See [`Access::offset`].
#[derive(Clone, Copy, Debug)]
pub struct Offset<'a> {
    access: &'a Access,
    name: &'a str,
}

impl Code for Offset<'_> {
    fn push_to(&self, text: &mut String) {
        match self.access {
            Access::Member(root, path) => {
                root.push_offset(text, &[path, ".", self.name]);
                text.push_str(" - ");
                root.push_offset(text, &[path]);
            }
            access => access.push_offset(text, &[self.name]),
        }
    }
}

/// A field whose type has a node.
#[derive(Clone, Debug)]
pub struct PlannedField<'a> {
    /// Its name; empty for a bit-field that only takes room, and in Python for an anonymous record.
    pub name: &'a str,
    /// Its type.
    pub node: NodeId,
    /// Its qualifiers.
    pub qualifiers: Qualifiers,
    /// Of a bit-field, in bits.
    pub width: Option<u32>,
}

/// A record of the table.
#[derive(Debug)]
pub struct RecordEntry<'a> {
    /// Which one it is.
    pub id: RecordId,
    /// Its name in the table.
    pub name: Cow<'a, str>,
    /// Its place among the types.
    pub type_index: i32,
    /// What it is.
    pub flags: flags::Record,
    /// How C gets at it.
    pub access: Access,
    /// Its fields; none if it is opaque or external.
    pub fields: Vec<PlannedField<'a>>,
}

impl RecordEntry<'_> {
    /// A name for C functions about it.
    pub fn identifier(&self) -> String {
        match &self.access {
            Access::Name(name) if name.contains(' ') => name.replace(' ', "_"),
            Access::Name(name) | Access::Pointer(name) => ["typedef_", name].concat(),
            _ => String::new(),
        }
    }
}

impl Access {
    /// An expression that is the record; it is for `sizeof` and the like, never evaluated.
    pub fn object(&self) -> Option<Object<'_>> {
        self.is_reachable().then_some(Object(self))
    }

    fn push_object(&self, text: &mut String) {
        match self {
            Self::Name(name) => push_words(text, &["(*(", name, " *)0)"]),
            Self::Pointer(pointer) => push_words(text, &["(*(", pointer, ")0)"]),
            Self::Member(root, path) => {
                root.push_object(text);
                push_words(text, &[".", path]);
            }
            Self::Nameless | Self::Opaque | Self::External => {}
        }
    }

    /// Of a record that has a name or a pointer: where in it something is.
    fn push_offset(&self, text: &mut String, path: &[&str]) {
        match self {
            Self::Name(name) => push_words(text, &["offsetof(", name, ", "]),
            Self::Pointer(pointer) => {
                push_words(text, &["_cffi_pointed_offsetof(", pointer, ", "]);
            }
            Self::Member(..) | Self::Nameless | Self::Opaque | Self::External => return,
        }
        push_words(text, path);
        text.push(')');
    }

    /// An expression that is one of its members.
    pub fn field<'a>(&'a self, name: &'a str) -> Option<Field<'a>> {
        self.is_reachable().then_some(Field { access: self, name })
    }

    /// A constant expression for the offset of one of its members.
    pub fn offset<'a>(&'a self, name: &'a str) -> Option<Offset<'a>> {
        self.is_reachable().then_some(Offset { access: self, name })
    }

    fn is_reachable(&self) -> bool {
        matches!(self, Self::Name(_) | Self::Pointer(_) | Self::Member(..))
    }

    fn member(&self, name: &str) -> Option<Self> {
        match self {
            Self::Name(_) | Self::Pointer(_) => {
                Some(Self::Member(Box::new(self.clone()), name.to_owned()))
            }
            Self::Member(root, path) => {
                Some(Self::Member(root.clone(), [path, ".", name].concat()))
            }
            Self::Nameless | Self::Opaque | Self::External => None,
        }
    }
}

/// The fields of a record with their types; none if it is opaque or external.
pub fn plan_fields<'a>(
    planner: &mut Planner<'a>,
    id: RecordId,
) -> Generated<Vec<PlannedField<'a>>> {
    let Some(body) = planner.body(id) else {
        return Ok(Vec::new());
    };
    if planner.is_external(id) {
        return Ok(Vec::new());
    }
    let access = planner.access(id);
    let mut fields = Vec::with_capacity(body.fields.len());
    collect(planner, body, &access, &mut fields)?;
    Ok(fields)
}

/// In C, the members of anonymous members stand in their place (C11 6.7.2.1p13), so that the compiler says where each of them is.
fn collect<'a>(
    planner: &mut Planner<'a>,
    body: &'a RecordBody,
    access: &Access,
    fields: &mut Vec<PlannedField<'a>>,
) -> Generated<()> {
    let types = planner.source.declarations.types();
    for field in &body.fields {
        if field.name.is_empty() && field.width.is_none() && planner.language == Language::C {
            if let Type::Record(inner) = types.get(field.ty.ty) {
                if let Some(inner) = planner.body(*inner) {
                    collect(planner, inner, access, fields)?;
                    continue;
                }
            }
        }
        let node = match access.field(&field.name) {
            Some(object) => planner.nodes.measure(field.ty.ty, || object.text())?,
            None => planner.nodes.lower(field.ty.ty)?,
        };
        name_member(planner, access, &field.name, node);
        fields.push(PlannedField {
            name: &field.name,
            node,
            qualifiers: planner.nodes.lifted(field.ty),
            width: field.width,
        });
    }
    Ok(())
}

/// A record without a name is known as the first member that has this type.
fn name_member(planner: &mut Planner<'_>, access: &Access, name: &str, node: NodeId) {
    if name.is_empty() || planner.language == Language::Python {
        return;
    }
    let mut node = node;
    let mut dimensions = 0;
    while let Node::Array(item, _) = planner.nodes.get(node) {
        node = *item;
        dimensions += 1;
    }
    if let Node::Record(id) = *planner.nodes.get(node) {
        if planner.access(id) == Access::Nameless {
            let path = [name, &"[0]".repeat(dimensions)].concat();
            if let Some(member) = access.member(&path) {
                planner.members.insert(id, member);
            }
        }
    }
}

/// A record's entry of the table.
pub fn entry<'a>(
    planner: &mut Planner<'a>,
    name: Cow<'a, str>,
    id: RecordId,
    type_index: i32,
) -> Generated<RecordEntry<'a>> {
    let access = planner.access(id);
    let types = planner.source.declarations.types();
    let mut record_flags = flags::Record::empty();
    if types
        .record(id)
        .is_some_and(|record| record.kind == cffi_syntax::ast::RecordKind::Union)
    {
        record_flags |= flags::Record::UNION;
    }
    let mut fields = Vec::new();
    let body = planner.body(id);
    if body.is_none() {
        record_flags |= flags::Record::OPAQUE;
    }
    if planner.is_external(id) {
        record_flags |= flags::Record::EXTERNAL;
    } else if let Some(body) = body {
        record_flags |= layout_flags(planner, id, body, &access)?;
        fields = planner.fields.remove(&id).unwrap_or_default();
        for field in &fields {
            if is_opaque(planner, field.node) {
                return Err(GenerateError::opaque_field(&name, field.name));
            }
        }
    }
    Ok(RecordEntry {
        id,
        name,
        type_index,
        flags: record_flags,
        access,
        fields,
    })
}

fn layout_flags(
    planner: &Planner<'_>,
    id: RecordId,
    body: &RecordBody,
    access: &Access,
) -> Generated<flags::Record> {
    let shown = || planner.nodes.record_c_name(id);
    if body.partial && *access == Access::Nameless {
        return Err(GenerateError::partial_without_name(&shown()));
    }
    let mut result = flags::Record::empty();
    if body.packed {
        result |= flags::Record::PACKED;
    } else if let Some(pack) = body.pack.filter(|pack| *pack > 1) {
        return Err(GenerateError::pack(&shown(), pack));
    } else if body.pack == Some(1) {
        result |= flags::Record::PACKED;
    }
    let types = planner.source.declarations.types();
    let has_anonymous = body
        .fields
        .iter()
        .any(|field| field.name.is_empty() && matches!(types.get(field.ty.ty), Type::Record(_)));
    // What the tables cannot say: alignments, and rules for bit-fields.
    let unusual = body.align.is_some()
        || body.name_align.is_some()
        || body.abi.is_some()
        || body
            .fields
            .iter()
            .any(|field| field.align.is_some() || field.packed && !body.packed);
    if unusual && (planner.language == Language::Python || *access == Access::Nameless) {
        return Err(GenerateError::alignment(&shown()));
    }
    // The compiler's layout is taken as it is, where the runtime cannot know better.
    if !body.partial && !has_anonymous && !unusual {
        result |= flags::Record::CHECK_FIELDS;
    }
    Ok(result)
}

fn is_opaque(planner: &Planner<'_>, node: NodeId) -> bool {
    match planner.nodes.get(node) {
        Node::Array(item, _) => is_opaque(planner, *item),
        Node::Record(id) => planner.body(*id).is_none(),
        _ => false,
    }
}

/// Whether a field's size is left open: it is a flexible array member.
pub fn is_flexible(node: &Node) -> bool {
    matches!(node, Node::Array(_, Length::Open))
}

/// The integer type of fixed size that another one is on a target.
pub fn sized_integer(target: Target, primitive: Primitive) -> Primitive {
    let signed = matches!(primitive.kind(), PrimitiveKind::Signed);
    match (target.primitive(primitive).size, signed) {
        (1, true) => Primitive::Int8,
        (1, false) => Primitive::UInt8,
        (2, true) => Primitive::Int16,
        (2, false) => Primitive::UInt16,
        (4, true) => Primitive::Int32,
        (4, false) => Primitive::UInt32,
        (_, true) => Primitive::Int64,
        (_, false) => Primitive::UInt64,
    }
}
