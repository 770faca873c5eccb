//! Structs and unions (C11 6.7.2.1).

use cffi_syntax::ast::{
    self, Attribute, FieldDeclarator, Member, Qualifiers, RecordKind, RecordSpecifier, Specifiers,
    TypeSpecifier,
};

use super::declarators::Place;
use super::{Lowered, Lowering};
use crate::constant::Failure;
use crate::declarations::{Declaration, Packing, Space};
use crate::error::Problem;
use crate::spelling::spell;
use crate::types::{
    ArrayLength, Field, QualType, Record, RecordAbi, RecordBody, RecordId, RecordName, Type, TypeId,
};

const fn space_of(kind: RecordKind) -> Space {
    match kind {
        RecordKind::Struct => Space::Struct,
        RecordKind::Union => Space::Union,
    }
}

impl<'s> Lowering<'_, 's> {
    /// The type of a record specifier; `outer` are attributes among the specifiers around it.
    pub(super) fn record(
        &mut self,
        specifier: &RecordSpecifier<'s>,
        outer: &[Attribute<'s>],
        name: Option<&str>,
    ) -> Lowered<TypeId> {
        if let (Some(ty), None) = (self.external(specifier), &specifier.body) {
            return Ok(ty);
        }
        let (id, ty) = self.record_id(specifier, name)?;
        let Some(body) = &specifier.body else {
            return Ok(ty);
        };
        let already = self
            .declarations
            .table
            .record(id)
            .is_some_and(|record| record.body.is_some());
        if already {
            let shown = specifier.tag.map_or("", |tag| tag.name).to_owned();
            return Err(Failure::new(
                Problem::DuplicateRecord(shown),
                specifier.span,
            ));
        }
        let mut fields = Vec::with_capacity(body.members.len());
        let mut partial = body.partial;
        for member in &body.members {
            match member {
                Member::Field {
                    specifiers,
                    declarators,
                    ..
                } => {
                    self.member(specifiers, declarators, &mut fields, &mut partial)?;
                }
                Member::StaticAssert(assertion) => self.assertion(assertion)?,
            }
        }
        if partial && fields.iter().any(|field| field.width.is_some()) {
            let name = spell(&self.declarations.table, ty).text;
            let problem = Problem::BitFieldInPartial(name);
            return Err(Failure::new(problem, specifier.span));
        }
        let has = |name: &str| {
            specifier
                .attributes
                .iter()
                .chain(outer)
                .any(|attribute| attribute.name.name == name)
        };
        let (packed, pack) = match self.options.packing {
            Packing::Natural => (false, specifier.pack),
            Packing::Packed => (true, specifier.pack),
            Packing::Pack(pack) => (
                false,
                Some(specifier.pack.map_or(pack, |inner| inner.min(pack))),
            ),
        };
        let abi = if has("ms_struct") {
            Some(RecordAbi::Ms)
        } else if has("gcc_struct") {
            Some(RecordAbi::Gcc)
        } else {
            None
        };
        let align = self.attribute_alignment(&specifier.attributes)?;
        let packed = packed || has("packed");
        let body = RecordBody {
            fields,
            partial,
            packed,
            pack,
            align,
            name_align: None,
            abi,
        };
        self.declarations.table.complete_record(id, body);
        Ok(ty)
    }

    /// The type of a tag that somebody else knows.
    fn external(&self, specifier: &RecordSpecifier<'s>) -> Option<TypeId> {
        let declared = self
            .declarations
            .get(space_of(specifier.kind), specifier.tag?.name)?;
        let Declaration::Type(ty) = declared else {
            return None;
        };
        let is_external = matches!(self.declarations.table.get(ty.ty), Type::External(_));
        is_external.then_some(ty.ty)
    }

    /// The record of a specifier: by its tag, or a new one.
    fn record_id(
        &mut self,
        specifier: &RecordSpecifier<'s>,
        name: Option<&str>,
    ) -> Lowered<(RecordId, TypeId)> {
        let space = space_of(specifier.kind);
        let new = |name: RecordName| Record {
            kind: specifier.kind,
            name,
            alias: None,
            body: None,
        };
        let (key, made) = match (specifier.tag, name) {
            (Some(tag), _) => {
                if let Some(Declaration::Type(ty)) = self.declarations.get(space, tag.name) {
                    if let Type::Record(id) = *self.declarations.table.get(ty.ty) {
                        let overridden = specifier.body.is_some()
                            && self.options.replace == crate::declarations::Override::Allowed
                            && self
                                .declarations
                                .table
                                .record(id)
                                .is_some_and(|record| record.body.is_some());
                        if !overridden {
                            return Ok((id, ty.ty));
                        }
                    }
                }
                let made = self
                    .declarations
                    .table
                    .new_record(new(RecordName::Tag(tag.name.into())));
                (Some((space, tag.name)), made)
            }
            (None, Some(name)) => {
                let made = self
                    .declarations
                    .table
                    .new_record(new(RecordName::Typedef(name.into())));
                (Some((Space::Anonymous, name)), made)
            }
            (None, None) => {
                let number = self.next_anonymous();
                (
                    None,
                    self.declarations
                        .table
                        .new_record(new(RecordName::Anonymous(number))),
                )
            }
        };
        if let Some((space, name)) = key {
            let ty = QualType {
                ty: made.1,
                qualifiers: Qualifiers::empty(),
            };
            self.declare(space, name, Declaration::Type(ty), specifier.span)?;
        }
        Ok(made)
    }

    pub(super) fn next_anonymous(&mut self) -> u32 {
        self.declarations.anonymous += 1;
        self.declarations.anonymous
    }

    fn member(
        &mut self,
        specifiers: &Specifiers<'s>,
        declarators: &[FieldDeclarator<'s>],
        fields: &mut Vec<Field>,
        partial: &mut bool,
    ) -> Lowered<()> {
        let base = self.base(specifiers, None)?;
        let align = self
            .specified_alignment(specifiers)?
            .max(self.attribute_alignment(&specifiers.attributes)?);
        if declarators.is_empty() {
            // An anonymous member (C11 6.7.2.1p13); a tag alone declares only the tag.
            let anonymous =
                matches!(&specifiers.ty, TypeSpecifier::Record(record) if record.tag.is_none());
            if anonymous {
                *partial |= self.is_partial(base.ty.ty);
                fields.push(Field {
                    name: "".into(),
                    ty: base.ty,
                    width: None,
                    align,
                    packed: false,
                });
            }
            return Ok(());
        }
        let is_packed = |attributes: &[Attribute<'_>]| {
            attributes
                .iter()
                .any(|attribute| attribute.name.name == "packed")
        };
        for declarator in declarators {
            let inner = &declarator.declarator;
            let ty = self.declarator(base.ty, inner, specifiers.convention, Place::Member)?;
            let ty = self.apply_mode(ty, &specifiers.attributes, &inner.attributes, inner.span)?;
            self.refuse_keep_gil(inner, specifiers)?;
            let name = inner.name.map_or("", |name| name.name);
            let width = match &declarator.width {
                Some(width) => Some(self.width(width)?),
                None => None,
            };
            *partial |= self.is_partial(ty.ty);
            let align = align.max(self.attribute_alignment(&inner.attributes)?);
            let packed = is_packed(&inner.attributes) || is_packed(&specifiers.attributes);
            fields.push(Field {
                name: name.into(),
                ty,
                width,
                align,
                packed,
            });
        }
        Ok(())
    }

    /// Whether a member of this type makes the record one whose layout the compiler knows.
    fn is_partial(&self, ty: TypeId) -> bool {
        match self.declarations.table.get(ty) {
            Type::Array {
                length: ArrayLength::Unknown | ArrayLength::Measured(_),
                ..
            }
            | Type::UnknownInteger(_)
            | Type::UnknownFloat(_) => true,
            Type::Array { item, .. } => self.is_partial(item.ty),
            Type::Record(id) => self
                .declarations
                .table
                .record(*id)
                .and_then(|record| record.body.as_ref())
                .is_some_and(|body| body.partial),
            _ => false,
        }
    }

    /// The width of a bit-field.
    fn width(&mut self, expr: &ast::Expr<'s>) -> Lowered<u32> {
        let width = self.evaluate(expr)?.number;
        if width < 0 {
            return Err(Failure::new(Problem::NegativeWidth, expr.span));
        }
        Ok(u32::try_from(width).unwrap_or(u32::MAX))
    }
}
