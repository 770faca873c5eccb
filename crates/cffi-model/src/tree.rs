//! Types by value, for the many that a program names and nobody declared: `int[1]`, `int[2]`, …. The table keeps what it interns for
//! ever, so these are taken out of it again.

use cffi_syntax::ast::CallingConvention;

use crate::declarations::Declarations;
use crate::error::CdefError;
use crate::table::{Mark, TypeTable};
use crate::types::{ArrayLength, Type, TypeId};

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

impl Declarations {
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
