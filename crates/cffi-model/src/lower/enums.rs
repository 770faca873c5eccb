//! Enums (C11 6.7.2.2, C23 6.7.3.3).

use cffi_syntax::ast::{EnumSpecifier, EnumeratorValue, Qualifiers};

use super::{Lowered, Lowering};
use crate::constant::{Failure, range};
use crate::declarations::{Declaration, IntegerOrigin, Space};
use crate::error::Problem;
use crate::primitive::Primitive;
use crate::spelling::record_name;
use crate::target::{System, Target};
use crate::types::{Enum, EnumBody, QualType, RecordName, Type, TypeId};

impl<'s> Lowering<'_, 's> {
    /// The type of an enum specifier; `name` is a typedef's name for one without a tag.
    pub(super) fn enumeration(
        &mut self,
        specifier: &EnumSpecifier<'s>,
        name: Option<&str>,
    ) -> Lowered<TypeId> {
        if let Some(tag) = specifier.tag {
            if let Some(Declaration::Type(ty)) = self.declarations.get(Space::Enum, tag.name) {
                let ty = ty.ty;
                if specifier.body.is_none() {
                    return Ok(ty);
                }
                let known = match *self.declarations.table.get(ty) {
                    Type::Enum(id) => self
                        .declarations
                        .table
                        .enumeration(id)
                        .is_some_and(|it| it.body.is_some()),
                    _ => false,
                };
                if !known || self.options.replace == crate::declarations::Override::Refused {
                    let problem = Problem::EnumTooLate(tag.name.to_owned());
                    return Err(Failure::new(problem, specifier.span));
                }
            }
        }
        let (space, key, enum_name) = match (specifier.tag, name) {
            (Some(tag), _) => (
                Space::Enum,
                tag.name.to_owned(),
                RecordName::Tag(tag.name.into()),
            ),
            (None, Some(name)) => (
                Space::Anonymous,
                name.to_owned(),
                RecordName::Typedef(name.into()),
            ),
            (None, None) => {
                let number = self.next_anonymous();
                (
                    Space::Anonymous,
                    format!("$enum_${number}"),
                    RecordName::Anonymous(number),
                )
            }
        };
        let (id, ty) = self.declarations.table.new_enum(Enum {
            name: enum_name.clone(),
            alias: None,
            body: None,
        });
        let declared = QualType {
            ty,
            qualifiers: Qualifiers::empty(),
        };
        self.declare(space, &key, Declaration::Type(declared), specifier.span)?;
        let body = self.enum_body(specifier, &enum_name, &key)?;
        if let Some(body) = body {
            self.declarations.table.complete_enum(id, body);
        }
        Ok(ty)
    }

    fn enum_body(
        &mut self,
        specifier: &EnumSpecifier<'s>,
        name: &RecordName,
        shown: &str,
    ) -> Lowered<Option<EnumBody>> {
        let fixed = match &specifier.underlying {
            Some(underlying) => match *self.declarations_type(underlying)? {
                Type::Primitive(primitive) => Some(primitive),
                _ => {
                    return Err(Failure::new(
                        Problem::EnumType(shown.to_owned()),
                        underlying.span,
                    ));
                }
            },
            None => None,
        };
        let Some(body) = &specifier.body else {
            // With a fixed type an enum is complete without its enumerators (C23 6.7.3.3p5).
            return Ok(fixed.map(|underlying| EnumBody {
                enumerators: Vec::new(),
                partial: false,
                underlying,
            }));
        };
        let mut enumerators: Vec<(Box<str>, Option<i128>)> =
            Vec::with_capacity(body.enumerators.len());
        let mut partial = body.partial;
        let out_of_range = Problem::EnumRange(record_name("enum", name, None));
        let mut next = Some(0i128);
        for enumerator in &body.enumerators {
            let value = match &enumerator.value {
                EnumeratorValue::Implicit => next,
                EnumeratorValue::Expr(expr) => Some(self.evaluate_or(expr, &out_of_range)?.number),
                EnumeratorValue::Ellipsis => None,
            };
            partial |= value.is_none();
            next = value.and_then(|value| value.checked_add(1));
            let origin = IntegerOrigin::Enumerator;
            // Counting on from the one before is a guess where the list has gaps.
            let guessed = body.partial && matches!(enumerator.value, EnumeratorValue::Implicit);
            let declaration = match value {
                Some(value) if !guessed => Declaration::Integer { value, origin },
                _ => Declaration::Unknown { origin },
            };
            self.declare(
                Space::Ordinary,
                enumerator.name.name,
                declaration,
                enumerator.name.span,
            )?;
            enumerators.push((enumerator.name.name.into(), value));
        }
        let values = enumerators.iter().filter_map(|(_, value)| *value);
        let underlying = match fixed {
            Some(fixed) => fixed,
            None => underlying(self.declarations.target, values)
                .ok_or_else(|| Failure::new(out_of_range, specifier.span))?,
        };
        Ok(Some(EnumBody {
            enumerators,
            partial,
            underlying,
        }))
    }

    fn declarations_type(
        &mut self,
        specifiers: &cffi_syntax::ast::Specifiers<'s>,
    ) -> Lowered<&Type> {
        let ty = self.base(specifiers, None)?.ty.ty;
        Ok(self.declarations.table.get(ty))
    }
}

/// The first type of GCC's list that holds all values; Microsoft's compiler always takes `int`.
fn underlying(target: Target, values: impl Iterator<Item = i128>) -> Option<Primitive> {
    let (least, most) = values.fold((0, 0), |(least, most), value| {
        (value.min(least), value.max(most))
    });
    let candidates: &[Primitive] = if target.system == System::WindowsMsvc {
        &[Primitive::Int]
    } else if least < 0 {
        &[Primitive::Int, Primitive::Long, Primitive::LongLong]
    } else {
        &[Primitive::UInt, Primitive::ULong, Primitive::ULongLong]
    };
    candidates.iter().copied().find(|ty| {
        let (low, high) = range(target, *ty);
        low <= least && most <= high
    })
}
