//! The types that a module mentions, by value, with what only generated code knows of them: array lengths that the compiler measures.
//!
//! ```text
//!   TypeId of the model ──lower──▶ NodeId ──▶ nodes[]   as `Type`, but arrays have plain items, their qualifiers are lifted to
//!                                                        what points to the array or declares it
//! ```

use std::borrow::Cow;

use cffi_model::Declarations;
use cffi_model::primitive::{Primitive, PrimitiveKind};
use cffi_model::spelling::{keyword, record_name};
use cffi_model::types::{
    ArrayLength, EnumId, FunctionType, QualType, Qualifiers, RecordId, RecordName, Type, TypeId,
};
use cffi_syntax::ast::CallingConvention;
use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::error::{Context, GenerateError, Generated};
use crate::spelling::{Code, Declared, Spelling};

/// The name that generated code gives to the struct behind `va_list`.
const VA_LIST_TAG: &str = "_cffi_va_list_tag";

/// A type of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    /// Its place in a table kept beside the nodes.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a type is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// `void`
    Void,
    /// An arithmetic type.
    Primitive(Primitive),
    /// `typedef int... name;`
    UnknownInteger(Box<str>),
    /// `typedef float... name;`
    UnknownFloat(Box<str>),
    /// A pointer to an object type.
    Pointer(NodeId, Qualifiers, Option<Box<str>>),
    /// A pointer to a function.
    FunctionPointer(NodeId),
    /// An array.
    Array(NodeId, Length),
    /// A function.
    Function(Function),
    /// A struct or union.
    Record(RecordId),
    /// An enum.
    Enum(EnumId),
}

/// The length of an array.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Length {
    /// In items.
    Fixed(u64),
    /// `[]`
    Open,
    /// A C expression gives it.
    Measured(Box<str>),
    /// `[...]` where nothing can be measured.
    Unknown,
}

/// A function type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Function {
    /// The result.
    pub result: NodeId,
    /// The parameters.
    pub parameters: Vec<NodeId>,
    /// Ends in `, ...`.
    pub variadic: bool,
    /// The calling convention.
    pub convention: CallingConvention,
}

/// How values go between Python and C in a wrapper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// There is no value.
    Nothing,
    /// An integer of any size.
    Integer,
    /// A scalar with converters of its own, which are named by the type.
    Named,
    /// A floating-point number of unknown size, as `double`.
    Floating,
    /// `long double`
    LongDouble,
    /// Through memory: an enum or a complex number.
    Memory,
    /// Through memory, and it cannot be done before its members are known.
    Record,
    /// A pointer, made of an array if Python gives none.
    Pointer,
    /// A pointer to a function.
    FunctionPointer,
    /// The address of its first item.
    Array,
}

/// All types of a module.
pub struct Nodes<'a> {
    declarations: &'a Declarations,
    nodes: IndexSet<Node, FxBuildHasher>,
    spellings: Vec<Spelling>,
    lowered: Vec<Option<NodeId>>,
}

impl<'a> Nodes<'a> {
    /// None yet.
    pub fn new(declarations: &'a Declarations) -> Self {
        Self {
            declarations,
            nodes: IndexSet::default(),
            spellings: Vec::new(),
            lowered: vec![None; declarations.types().len()],
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// All of them, in the order in which they were met.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(NodeId)
    }

    /// The type of an id that this gave.
    pub fn get(&self, id: NodeId) -> &Node {
        self.nodes.get_index(id.index()).unwrap_or(&Node::Void)
    }

    /// How C spells it.
    pub fn spelling(&self, id: NodeId) -> &Spelling {
        const NONE: &Spelling = &Spelling::NONE;
        self.spellings.get(id.index()).unwrap_or(NONE)
    }

    /// How C declares something of this type; `context` says in errors where.
    pub fn declare<'t>(
        &'t self,
        id: NodeId,
        declarator: &'t str,
        qualifiers: Qualifiers,
        context: Context<'_>,
    ) -> Generated<Declared<'t>> {
        let spelling = self.spelling(id);
        if !spelling.is_c() {
            return Err(GenerateError::unnamed_type(&spelling.text(), context));
        }
        Ok(spelling.declare(declarator, qualifiers))
    }

    fn intern(&mut self, node: Node) -> NodeId {
        let (index, is_new) = self.nodes.insert_full(node);
        // There are about as many nodes as types, which are counted in the same way.
        let id = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
        if is_new {
            self.spellings.push(self.spell(self.get(id)));
        }
        id
    }

    fn spell(&self, node: &Node) -> Spelling {
        match node {
            Node::Void => Spelling::word("void"),
            Node::Primitive(primitive) => Spelling::word(primitive_name(*primitive)),
            Node::UnknownInteger(name) | Node::UnknownFloat(name) => Spelling::word(&**name),
            Node::Pointer(_, _, Some(name)) => Spelling::word(&**name),
            Node::Pointer(target, qualifiers, None) => self.spelling(*target).pointer(*qualifiers),
            Node::FunctionPointer(target) => match self.get(*target) {
                Node::Function(function) => self.spell_function(function, "*"),
                _ => Spelling::word("void *"),
            },
            Node::Function(function) => self.spell_function(function, ""),
            Node::Array(item, length) => {
                let item = self.spelling(*item);
                match length {
                    Length::Fixed(length) => item.array(&length.to_string()),
                    Length::Open => item.array(""),
                    Length::Measured(expression) => item.array(expression),
                    Length::Unknown => item.array("..."),
                }
            }
            Node::Record(id) => Spelling::word(self.record_c_name(*id)),
            Node::Enum(id) => Spelling::word(self.enum_c_name(*id)),
        }
    }

    fn spell_function(&self, function: &Function, star: &str) -> Spelling {
        let mut parameters = String::with_capacity(128);
        for (index, parameter) in function.parameters.iter().enumerate() {
            if index > 0 {
                parameters.push_str(", ");
            }
            self.spelling(*parameter).push_to(&mut parameters);
        }
        parameters.push_str(match (function.variadic, function.parameters.is_empty()) {
            (true, false) => ", ...",
            (true, true) => "...",
            (false, true) => "void",
            (false, false) => "",
        });
        let inside = match (function.convention, star) {
            (CallingConvention::Stdcall, "") => "_cffi_stdcall ",
            (CallingConvention::Stdcall, _) => "_cffi_stdcall *",
            (CallingConvention::Cdecl, star) => star,
        };
        self.spelling(function.result).function(inside, &parameters)
    }

    /// Whether a type mentions the struct behind `va_list`.
    pub fn uses_va_list(&self) -> bool {
        self.nodes.iter().any(|node| match node {
            Node::Record(id) => self.is_va_list(*id),
            _ => false,
        })
    }

    /// Whether a record is the struct behind `va_list`.
    pub fn is_va_list(&self, id: RecordId) -> bool {
        let record = self.declarations.types().record(id);
        record.is_some_and(|record| is_va_list(&record.name))
    }

    /// How C names a record, or a name with a dollar sign.
    pub fn record_c_name(&self, id: RecordId) -> String {
        self.declarations
            .types()
            .record(id)
            .map_or_else(String::new, |record| match &record.name {
                name if is_va_list(name) => VA_LIST_TAG.to_owned(),
                RecordName::Tag(tag) if is_file(tag) => "FILE".to_owned(),
                _ => record_name(keyword(record.kind), &record.name, record.alias.as_deref()),
            })
    }

    /// How C names an enum, or a name with a dollar sign.
    pub fn enum_c_name(&self, id: EnumId) -> String {
        self.declarations
            .types()
            .enumeration(id)
            .map_or_else(String::new, |it| {
                record_name("enum", &it.name, it.alias.as_deref())
            })
    }

    /// The qualifiers of a type and those of its items, if it is an array.
    pub fn lifted(&self, ty: QualType) -> Qualifiers {
        let mut qualifiers = ty.qualifiers;
        let mut inner = ty.ty;
        while let Type::Array { item, .. } = self.declarations.types().get(inner) {
            qualifiers |= item.qualifiers;
            inner = item.ty;
        }
        qualifiers
    }

    /// The node of a type.
    pub fn lower(&mut self, ty: TypeId) -> Generated<NodeId> {
        if let Some(Some(known)) = self.lowered.get(ty.index()) {
            return Ok(*known);
        }
        let declarations = self.declarations;
        let node = match declarations.types().get(ty) {
            Type::Void => Node::Void,
            Type::Primitive(primitive) => Node::Primitive(*primitive),
            Type::UnknownInteger(name) => Node::UnknownInteger(name.clone()),
            Type::UnknownFloat(name) => Node::UnknownFloat(name.clone()),
            Type::Unsupported(spelling) => return Err(GenerateError::unsupported_type(spelling)),
            // Declarations that modules are generated from have none of these.
            Type::External(number) => {
                return Err(GenerateError::unsupported_type(&format!(
                    "type {number} of a module"
                )));
            }
            Type::Record(id) => Node::Record(*id),
            Type::Enum(id) => Node::Enum(*id),
            Type::Pointer { target, name } => {
                let lowered = self.lower(target.ty)?;
                match self.get(lowered) {
                    Node::Function(_) => Node::FunctionPointer(lowered),
                    _ => Node::Pointer(lowered, self.lifted(*target), name.clone()),
                }
            }
            Type::Array { item, length } => {
                let length = match length {
                    ArrayLength::Fixed(length) => Length::Fixed(*length),
                    ArrayLength::Open => Length::Open,
                    ArrayLength::Unknown => Length::Unknown,
                    ArrayLength::Measured(expression) => length_of(expression),
                };
                Node::Array(self.lower(item.ty)?, length)
            }
            Type::Function(function) => Node::Function(self.lower_function(function)?),
        };
        let id = self.intern(node);
        if let Some(known) = self.lowered.get_mut(ty.index()) {
            *known = Some(id);
        }
        Ok(id)
    }

    fn lower_function(&mut self, function: &FunctionType) -> Generated<Function> {
        Ok(Function {
            result: self.lower(function.result)?,
            parameters: function
                .parameters
                .iter()
                .map(|parameter| self.lower(*parameter))
                .collect::<Generated<_>>()?,
            variadic: function.variadic,
            convention: function.convention,
        })
    }

    /// The node of a type whose unknown lengths are those of a C expression.
    pub fn measure(
        &mut self,
        ty: TypeId,
        expression: impl FnOnce() -> String,
    ) -> Generated<NodeId> {
        let mut inner = ty;
        while let Type::Array { item, length } = self.declarations.types().get(inner) {
            if *length == ArrayLength::Unknown {
                return self.measure_array(ty, &expression());
            }
            inner = item.ty;
        }
        self.lower(ty)
    }

    fn measure_array(&mut self, ty: TypeId, expression: &str) -> Generated<NodeId> {
        let declarations = self.declarations;
        let Type::Array { item, length } = declarations.types().get(ty) else {
            return self.lower(ty);
        };
        let item = self.measure_array(item.ty, &format!("{expression}[0]"))?;
        let length = match length {
            ArrayLength::Fixed(length) => Length::Fixed(*length),
            ArrayLength::Open => Length::Open,
            ArrayLength::Unknown => length_of(expression),
            ArrayLength::Measured(expression) => length_of(expression),
        };
        Ok(self.intern(Node::Array(item, length)))
    }

    /// The pointer to a function.
    pub fn function_pointer(&mut self, function: NodeId) -> NodeId {
        self.intern(Node::FunctionPointer(function))
    }

    /// The pointer to something else.
    pub fn pointer(&mut self, target: NodeId) -> NodeId {
        self.intern(Node::Pointer(target, Qualifiers::empty(), None))
    }

    /// How values of a type are converted.
    pub fn conversion(&self, id: NodeId) -> Conversion {
        match self.get(id) {
            Node::Void | Node::Function(_) => Conversion::Nothing,
            Node::Primitive(primitive) => match primitive.kind() {
                PrimitiveKind::Signed | PrimitiveKind::Unsigned => Conversion::Integer,
                PrimitiveKind::Bool
                | PrimitiveKind::Char
                | PrimitiveKind::WideChar
                | PrimitiveKind::Float => Conversion::Named,
                PrimitiveKind::LongDouble => Conversion::LongDouble,
                PrimitiveKind::Complex => Conversion::Memory,
            },
            Node::UnknownInteger(_) => Conversion::Integer,
            Node::UnknownFloat(_) => Conversion::Floating,
            Node::Pointer(..) => Conversion::Pointer,
            Node::FunctionPointer(_) => Conversion::FunctionPointer,
            Node::Array(..) => Conversion::Array,
            Node::Record(_) => Conversion::Record,
            Node::Enum(_) => Conversion::Memory,
        }
    }

    /// Whether any integer can stand for it in a declaration: all but characters and enums.
    pub fn is_integer(&self, id: NodeId) -> bool {
        match self.get(id) {
            Node::Primitive(primitive) => matches!(
                primitive.kind(),
                PrimitiveKind::Bool | PrimitiveKind::Signed | PrimitiveKind::Unsigned
            ),
            Node::UnknownInteger(_) => true,
            _ => false,
        }
    }
}

/// The length of the array that an expression is.
fn length_of(expression: &str) -> Length {
    Length::Measured(format!("_cffi_array_len({expression})").into())
}

/// How C spells a primitive. Complex types go by names that the preamble defines, for compilers without `_Complex`.
fn primitive_name(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::FloatComplex => "_cffi_float_complex_t",
        Primitive::DoubleComplex => "_cffi_double_complex_t",
        other => other.spelling(),
    }
}

/// Whether a tag is the one behind `FILE`, which is CFFI's name for it alone: each C library has another.
pub fn is_file(tag: &str) -> bool {
    tag == "_IO_FILE"
}

fn is_va_list(name: &RecordName) -> bool {
    matches!(name, RecordName::Tag(tag) if &**tag == "__va_list_tag")
}

/// The name that a module's tables have for a record or an enum.
pub fn wire_name(name: &RecordName) -> Cow<'_, str> {
    match name {
        RecordName::Tag(tag) => Cow::Borrowed(tag),
        RecordName::Typedef(name) => Cow::Owned(["$", name].concat()),
        RecordName::Anonymous(number) => Cow::Owned(format!("${number}")),
    }
}
