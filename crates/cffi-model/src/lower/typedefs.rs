//! Typedefs: names for types, and the names that records, enums and pointers get from them.

use cffi_syntax::Span;
use cffi_syntax::ast::{self, Declarator, Derivation, InitDeclarator, Qualifiers, TypeSpecifier};

use super::declarators::Place;
use super::{Lowered, Lowering, types};
use crate::constant::Failure;
use crate::declarations::{Declaration, Space};
use crate::error::Problem;
use crate::types::{ArrayLength, QualType, RecordName, Type, TypeId};

impl<'s> Lowering<'_, 's> {
    /// `typedef ... name;` and `typedef ... *name;`
    pub(super) fn opaque_typedef(&mut self, declarator: &InitDeclarator<'s>) -> Lowered<()> {
        let span = declarator.declarator.span;
        let Some(name) = declarator.declarator.name else {
            return Ok(());
        };
        let opaque = |name: RecordName| crate::types::Record {
            kind: ast::RecordKind::Struct,
            name,
            alias: None,
            body: None,
        };
        let ty = match declarator.declarator.derivations.as_slice() {
            [] => {
                self.declarations
                    .table
                    .new_record(opaque(RecordName::Typedef(name.name.into())))
                    .1
            }
            derivations
                if derivations
                    .iter()
                    .all(|it| matches!(it, Derivation::Pointer { .. })) =>
            {
                let tag = RecordName::Tag(
                    format!("${}{}", "$".repeat(derivations.len()), name.name).into(),
                );
                let mut ty = self.declarations.table.new_record(opaque(tag)).1;
                for (index, _) in derivations.iter().enumerate() {
                    let last = index + 1 == derivations.len();
                    let target = QualType {
                        ty,
                        qualifiers: Qualifiers::empty(),
                    };
                    ty = self.declarations.table.intern(Type::Pointer {
                        target,
                        name: last.then(|| name.name.into()),
                    });
                }
                ty
            }
            _ => return Err(Failure::new(Problem::EllipsisAsType, span)),
        };
        self.declare_typedef(
            name.name,
            QualType {
                ty,
                qualifiers: Qualifiers::empty(),
            },
            span,
        )
    }

    /// `typedef int... name;` and `typedef float... name;`
    pub(super) fn unknown_typedef(
        &mut self,
        specifier: &TypeSpecifier<'_>,
        declarator: &InitDeclarator<'s>,
    ) -> Lowered<()> {
        let span = declarator.declarator.span;
        let Some(name) = declarator.declarator.name else {
            return Ok(());
        };
        if !declarator.declarator.derivations.is_empty() {
            return Err(Failure::new(Problem::EllipsisInTypedef, span));
        }
        let ty = match specifier {
            TypeSpecifier::IntegerEllipsis => Type::UnknownInteger(name.name.into()),
            _ => Type::UnknownFloat(name.name.into()),
        };
        let ty = self.declarations.table.intern(ty);
        self.declare_typedef(
            name.name,
            QualType {
                ty,
                qualifiers: Qualifiers::empty(),
            },
            span,
        )
    }

    /// Opaque typedefs are new records each time: declaring one again is no conflict with itself.
    fn declare_typedef(&mut self, name: &str, ty: QualType, span: Span) -> Lowered<()> {
        if let Some(Declaration::Type(known)) = self.declarations.get(Space::Typedef, name) {
            if self.same_opaque(known.ty, ty.ty) {
                return Ok(());
            }
        }
        self.declare(Space::Typedef, name, Declaration::Type(ty), span)
    }

    fn same_opaque(&self, left: TypeId, right: TypeId) -> bool {
        let table = &self.declarations.table;
        let opaque_name = |ty: TypeId| match table.get(ty) {
            Type::Record(id) => table
                .record(*id)
                .filter(|record| record.body.is_none())
                .map(|record| &record.name),
            Type::Pointer {
                target,
                name: Some(_),
            } => match table.get(target.ty) {
                Type::Record(id) => table
                    .record(*id)
                    .filter(|record| record.body.is_none())
                    .map(|record| &record.name),
                _ => None,
            },
            _ => None,
        };
        matches!((opaque_name(left), opaque_name(right)), (Some(left), Some(right)) if left == right)
    }

    pub(super) fn typedef(
        &mut self,
        specifiers: &ast::Specifiers<'s>,
        base: types::Base,
        declarator: &InitDeclarator<'s>,
    ) -> Lowered<()> {
        let span = declarator.declarator.span;
        let Some(name) = declarator.declarator.name else {
            return Ok(());
        };
        let mut ty = self.declarator(
            base.ty,
            &declarator.declarator,
            specifiers.convention,
            Place::Declaration,
        )?;
        ty = self.apply_mode(
            ty,
            &specifiers.attributes,
            &declarator.declarator.attributes,
            span,
        )?;
        self.refuse_keep_gil(&declarator.declarator, specifiers)?;
        ty = self.measure(ty, format!("(*({} *)0)", name.name));
        if base.is_unnamed_record && !declarator.declarator.derivations.is_empty() {
            ty = self.name_pointer(ty, name.name, &declarator.declarator);
        }
        // A typedef of a typedef, such as of `FILE`, gives no new name.
        let names_a_tag = matches!(
            specifiers.ty,
            TypeSpecifier::Record(_) | TypeSpecifier::Enum(_)
        );
        if names_a_tag && declarator.declarator.derivations.is_empty() {
            self.alias(ty.ty, name.name);
        }
        let aligned = self.attribute_alignment(&declarator.declarator.attributes)?;
        let aligned = aligned.max(self.attribute_alignment(&specifiers.attributes)?);
        if let Some(align) = aligned {
            ty = self.aligned_typedef(ty, align, name.name);
        }
        self.declare_typedef(name.name, ty, span)
    }

    /// A typedef with the expressions by which a compiler tells the lengths that it leaves open: two typedefs may differ in these.
    fn measure(&mut self, ty: QualType, expression: String) -> QualType {
        let Type::Array { item, length } = self.declarations.table.get(ty.ty) else {
            return ty;
        };
        let (item, length) = (*item, length.clone());
        let item = self.measure(item, format!("{expression}[0]"));
        let length = match length {
            ArrayLength::Unknown => ArrayLength::Measured(expression.into()),
            length => length,
        };
        QualType {
            ty: self.declarations.table.intern(Type::Array { item, length }),
            qualifiers: ty.qualifiers,
        }
    }

    /// `typedef … name __attribute__((aligned(n)));`: honoured where the name is all that a record has, and where it changes nothing;
    /// otherwise there is no such type here, which is an error once it is used.
    fn aligned_typedef(&mut self, ty: QualType, align: u32, name: &str) -> QualType {
        if let Type::Record(id) = *self.declarations.table.get(ty.ty) {
            let own = RecordName::Typedef(name.into());
            if self
                .declarations
                .table
                .record(id)
                .is_some_and(|record| record.name == own)
            {
                self.declarations.table.align_name(id, align);
                return ty;
            }
        }
        if self
            .declarations
            .size_align(ty.ty)
            .is_ok_and(|(_, natural)| natural == align)
        {
            return ty;
        }
        let spelling = format!("{name} __attribute__((aligned({align})))");
        let ty_id = self
            .declarations
            .table
            .intern(Type::Unsupported(spelling.into()));
        QualType {
            ty: ty_id,
            qualifiers: ty.qualifiers,
        }
    }

    /// The first typedef of a tagged record or enum is what CFFI shows in place of the tag.
    fn alias(&mut self, ty: TypeId, name: &str) {
        match *self.declarations.table.get(ty) {
            Type::Record(id) => {
                let tagged = self
                    .declarations
                    .table
                    .record(id)
                    .is_some_and(|it| matches!(it.name, RecordName::Tag(_)));
                if tagged {
                    self.declarations.table.alias_record(id, name);
                }
            }
            Type::Enum(id) => {
                let table = &mut self.declarations.table;
                if table
                    .enumeration(id)
                    .is_some_and(|it| matches!(it.name, RecordName::Tag(_)))
                {
                    table.alias_enum(id, name);
                }
            }
            _ => {}
        }
    }

    /// `typedef struct {…} *name;`: C has no other name for the pointer's target, so generated code uses the pointer's.
    fn name_pointer(&mut self, ty: QualType, name: &str, declarator: &Declarator<'_>) -> QualType {
        let [Derivation::Pointer { .. }] = declarator.derivations.as_slice() else {
            return ty;
        };
        let Type::Pointer { target, name: None } = *self.declarations.table.get(ty.ty) else {
            return ty;
        };
        let named = Type::Pointer {
            target,
            name: Some(name.into()),
        };
        QualType {
            ty: self.declarations.table.intern(named),
            qualifiers: ty.qualifiers,
        }
    }
}
