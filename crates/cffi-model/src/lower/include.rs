//! `ffi.include()`: the types and constants of another FFI, under their names, in this one.
//!
//! Records and enums stay the other's: they get ids here that remember their origin, so that the run time finds the one ctype that
//! both share.

use rustc_hash::FxHashMap;

use crate::declarations::{Declaration, Declarations, Origin, Override};
use crate::error::Problem;
use crate::types::{Enum, Field, FunctionType, QualType, Record, RecordBody, Type, TypeId};

/// Copying of one table into another.
struct Import<'a> {
    to: &'a mut Declarations,
    from: &'a Declarations,
    number: usize,
    known: FxHashMap<TypeId, TypeId>,
    /// Records whose bodies are still to be copied: later, so that recursion is bounded by the nesting of types.
    bodies: Vec<(crate::types::RecordId, crate::types::RecordId)>,
}

/// Includes `from` as number `number`.
pub(crate) fn include(
    to: &mut Declarations,
    from: &Declarations,
    number: usize,
) -> Result<(), Problem> {
    let mut import = Import {
        to,
        from,
        number,
        known: FxHashMap::default(),
        bodies: Vec::new(),
    };
    for (key, declaration) in from.iter() {
        // Enums without any name are listed under a number, which means nothing elsewhere.
        if key.space == crate::declarations::Space::Anonymous && key.name.starts_with('$') {
            continue;
        }
        let copied = match declaration {
            Declaration::Type(ty) => Declaration::Type(import.qualified(*ty)),
            Declaration::Integer { .. } | Declaration::Unknown { .. } => declaration.clone(),
            Declaration::Function { .. }
            | Declaration::Variable { .. }
            | Declaration::Constant { .. } => continue,
        };
        import.finish_bodies();
        import
            .to
            .declare(key.space, &key.name, copied, Override::Refused)?;
    }
    Ok(())
}

impl Import<'_> {
    fn qualified(&mut self, ty: QualType) -> QualType {
        QualType {
            ty: self.ty(ty.ty),
            qualifiers: ty.qualifiers,
        }
    }

    fn ty(&mut self, id: TypeId) -> TypeId {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let copied = match self.from.table.get(id).clone() {
            Type::Pointer { target, name } => {
                let target = self.qualified(target);
                self.to.table.intern(Type::Pointer { target, name })
            }
            Type::Array { item, length } => {
                let item = self.qualified(item);
                self.to.table.intern(Type::Array { item, length })
            }
            Type::Function(function) => {
                let copied = FunctionType {
                    result: self.ty(function.result),
                    parameters: function
                        .parameters
                        .iter()
                        .map(|parameter| self.ty(*parameter))
                        .collect(),
                    ..function
                };
                self.to.table.intern(Type::Function(copied))
            }
            Type::Record(record) => {
                let Some(original) = self.from.table.record(record) else {
                    return id;
                };
                let copy = Record {
                    kind: original.kind,
                    name: original.name.clone(),
                    alias: original.alias.clone(),
                    body: None,
                };
                let (new, ty) = self.to.table.new_record(copy);
                self.to.record_origins.insert(
                    new,
                    Origin {
                        include: self.number,
                        id: record,
                    },
                );
                self.bodies.push((record, new));
                ty
            }
            Type::Enum(enumeration) => {
                let Some(original) = self.from.table.enumeration(enumeration) else {
                    return id;
                };
                let copy = Enum {
                    name: original.name.clone(),
                    alias: original.alias.clone(),
                    body: original.body.clone(),
                };
                let (new, ty) = self.to.table.new_enum(copy);
                self.to.enum_origins.insert(
                    new,
                    Origin {
                        include: self.number,
                        id: enumeration,
                    },
                );
                ty
            }
            other => self.to.table.intern(other),
        };
        self.known.insert(id, copied);
        copied
    }

    fn finish_bodies(&mut self) {
        while let Some((old, new)) = self.bodies.pop() {
            let Some(body) = self
                .from
                .table
                .record(old)
                .and_then(|record| record.body.clone())
            else {
                continue;
            };
            let fields = body
                .fields
                .into_iter()
                .map(|field| Field {
                    ty: self.qualified(field.ty),
                    ..field
                })
                .collect();
            self.to
                .table
                .complete_record(new, RecordBody { fields, ..body });
        }
    }
}
