//! Types by value, for the many that a program names and nobody declared: `int[1]`, `int[2]`, …. The table keeps what it interns for
//! ever, so these are taken out of it again.

use cffi_syntax::ast::CallingConvention;
use cffi_syntax::{SourceText, first_error, parse_type_name, runtime_error};

use crate::constant::Failure;
use crate::declarations::{Declaration, Declarations, IntegerOrigin, Override, Space};
use crate::error::{CdefError, Problem};
use crate::lower;
use crate::table::{Mark, TypeTable};
use crate::types::{ArrayLength, QualType, Qualifiers, Type, TypeId};

/// A type, spelled out as far as the table does not have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeTree {
    /// A type of the table.
    Known(TypeId),
    /// A pointer.
    Pointer(Box<TypeTree>),
    /// An array.
    Array(Box<TypeTree>, ArrayLength),
    /// A function.
    Function(Box<FunctionTree>),
    /// A type without others inside.
    Leaf(Type),
}

/// A function type; see [`crate::types::FunctionType`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionTree {
    /// The result.
    pub result: TypeTree,
    /// The parameters.
    pub parameters: Vec<TypeTree>,
    /// Ends in `, ...`.
    pub variadic: bool,
    /// The calling convention.
    pub convention: CallingConvention,
}

impl TypeTree {
    fn new(table: &TypeTable, ty: TypeId, mark: Mark) -> Self {
        if mark.is_older(ty) {
            return Self::Known(ty);
        }
        let part = |ty: TypeId| Self::new(table, ty, mark);
        match table.get(ty) {
            Type::Pointer { target, .. } => Self::Pointer(Box::new(part(target.ty))),
            Type::Array { item, length } => Self::Array(Box::new(part(item.ty)), length.clone()),
            Type::Function(function) => Self::Function(Box::new(FunctionTree {
                result: part(function.result),
                parameters: function.parameters.iter().copied().map(part).collect(),
                variadic: function.variadic,
                convention: function.convention,
            })),
            leaf => Self::Leaf(leaf.clone()),
        }
    }
}

/// Why a compiled module's FFI cannot use a type string.
#[derive(Debug)]
pub enum RuntimeTypeError {
    /// The string cannot be read, or names what the module does not have: the message, and where in the string, in bytes.
    Text(String, usize),
    /// What it says is no type.
    Type(CdefError),
}

fn offset_of(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

impl Declarations {
    /// Enters a typedef, struct, union or enum of a compiled module by its number, unless there is one of this name.
    pub fn declare_external(&mut self, space: Space, name: &str, number: u32) {
        let ty = self.table.intern(Type::External(number));
        let ty = QualType {
            ty,
            qualifiers: Qualifiers::empty(),
        };
        // Refused where the name is known: then the first stays.
        drop(self.declare(space, name, Declaration::Type(ty), Override::Refused));
    }

    /// Enters an integer constant of a compiled module, for lengths of arrays.
    pub fn declare_constant(&mut self, name: &str, value: i128) {
        let declaration = Declaration::Integer {
            value,
            origin: IntegerOrigin::Const,
        };
        drop(self.declare(Space::Ordinary, name, declaration, Override::Refused));
    }

    /// Parses a type string of a compiled module, whose types were entered by [`Self::declare_external`]: what they are is not known
    /// here. Nothing is kept, and unknown tags are an error.
    pub fn parse_runtime_type(&mut self, text: &str) -> Result<TypeTree, RuntimeTypeError> {
        let source = SourceText::new(text);
        if let Some(offset) = text.find('{') {
            let message = "unexpected symbol".to_owned();
            return Err(RuntimeTypeError::Text(message, offset));
        }
        let name = parse_type_name(&source, self).map_err(|diagnostics| {
            match first_error(&diagnostics) {
                Some(first) => {
                    let (message, offset) = runtime_error(first, text);
                    RuntimeTypeError::Text(message, offset)
                }
                None => RuntimeTypeError::Text("unexpected symbol".to_owned(), 0),
            }
        })?;
        let state = self.mark();
        let mark = state.table();
        let parsed = lower::runtime_type_name(self, &source, &name);
        let outcome = match (parsed, self.table.new_tag(mark)) {
            (Err(Failure { problem, span }), _) => Err(match problem {
                Problem::NegativeArrayLength
                | Problem::NotConstant
                | Problem::UnknownConstant(_) => {
                    let message = "expected a positive integer constant".to_owned();
                    RuntimeTypeError::Text(message, offset_of(span.start))
                }
                Problem::ArrayLength => {
                    let message = "number too large".to_owned();
                    RuntimeTypeError::Text(message, offset_of(span.start))
                }
                problem => {
                    RuntimeTypeError::Type(CdefError::new(problem.kind(), problem.to_string()))
                }
            }),
            (Ok(_), Some((message, tag))) => {
                let offset = text.find(&tag).unwrap_or(0);
                let is_other_kind = [Space::Struct, Space::Union].into_iter().all(|space| {
                    // One of them was entered just now.
                    self.get(space, &tag).is_some()
                });
                let message = if is_other_kind {
                    "wrong kind of tag: struct vs union"
                } else {
                    message
                };
                Err(RuntimeTypeError::Text(message.to_owned(), offset))
            }
            (Ok(ty), None) => Ok(TypeTree::new(&self.table, ty.ty, mark)),
        };
        self.roll_back(&state);
        outcome
    }

    /// Parses a type name. Tags that were not known are declared opaque; nothing else changes, and nothing is kept of the type.
    pub fn parse_type_tree(&mut self, text: &str) -> Result<TypeTree, CdefError> {
        let mark = self.table.mark();
        let before = (self.entries.len(), self.anonymous, self.va_list);
        let ty = self.parse_type(text)?.ty;
        // `parse_type` has marked its own beginning, which is the same.
        let after = (self.entries.len(), self.anonymous, self.va_list);
        if before != after || !self.table.only_types_since(mark) {
            return Ok(TypeTree::Known(ty));
        }
        let tree = TypeTree::new(&self.table, ty, mark);
        self.table.roll_back(mark);
        Ok(tree)
    }
}
