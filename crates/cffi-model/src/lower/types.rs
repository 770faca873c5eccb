//! Specifiers and type names to types (C11 6.7.2, 6.7.7), and the attributes that change them.

use cffi_syntax::Span;
use cffi_syntax::ast::{
    self, Attribute, BasicType, Expr, ExprKind, Qualifiers, RecordKind, Specifiers, TypeName,
    TypeSpecifier,
};

use super::declarators::Place;
use super::{Lowered, Lowering};
use crate::constant::{Environment, Failure};
use crate::declarations::{Declaration, Space};
use crate::defaults::{self, Default};
use crate::error::Problem;
use crate::primitive::{Primitive, PrimitiveKind};
use crate::target::{Arch, Target};
use crate::types::{ArrayLength, Field, QualType, Record, RecordBody, RecordName, Type, TypeId};

/// What specifiers name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base {
    /// The type.
    pub ty: QualType,
    /// A record with a body, without a tag, that nothing has named.
    pub is_unnamed_record: bool,
}

/// A type without qualifiers.
pub(super) const fn plain(ty: TypeId) -> QualType {
    QualType {
        ty,
        qualifiers: Qualifiers::empty(),
    }
}

impl<'s> Lowering<'_, 's> {
    /// The type that specifiers name; `name` is a typedef's name for a record or enum without a tag.
    pub(crate) fn base(
        &mut self,
        specifiers: &Specifiers<'s>,
        name: Option<&str>,
    ) -> Lowered<Base> {
        let mut is_unnamed_record = false;
        let ty = match &specifiers.ty {
            TypeSpecifier::Basic(basic) => plain(self.basic(*basic, specifiers.span)),
            TypeSpecifier::TypedefName(ident) => self.named(ident.name, ident.span)?,
            TypeSpecifier::Record(record) => {
                is_unnamed_record = record.tag.is_none() && name.is_none();
                plain(self.record(record, &specifiers.attributes, name)?)
            }
            TypeSpecifier::Enum(enumeration) => plain(self.enumeration(enumeration, name)?),
            TypeSpecifier::TypeofType(name) => self.type_name(name)?,
            TypeSpecifier::Atomic(name) => self.type_name(name)?,
            TypeSpecifier::TypeofExpr(expr) => plain(self.type_of_expr(expr)?),
            TypeSpecifier::Missing => plain(self.primitive(Primitive::Int)),
            TypeSpecifier::Ellipsis
            | TypeSpecifier::IntegerEllipsis
            | TypeSpecifier::FloatEllipsis => {
                return Err(Failure::new(Problem::EllipsisAsType, specifiers.span));
            }
        };
        let qualifiers = ty.qualifiers | specifiers.qualifiers;
        Ok(Base {
            ty: QualType {
                ty: ty.ty,
                qualifiers,
            },
            is_unnamed_record,
        })
    }

    pub(crate) fn primitive(&mut self, primitive: Primitive) -> TypeId {
        self.declarations.table.intern(Type::Primitive(primitive))
    }

    fn basic(&mut self, basic: BasicType, span: Span) -> TypeId {
        use BasicType as B;
        let primitive = match basic {
            B::Void => return self.declarations.table.intern(Type::Void),
            B::Bool => Primitive::Bool,
            B::Char => Primitive::Char,
            B::SignedChar => Primitive::SChar,
            B::UnsignedChar => Primitive::UChar,
            B::Short => Primitive::Short,
            B::UnsignedShort => Primitive::UShort,
            B::Int => Primitive::Int,
            B::UnsignedInt => Primitive::UInt,
            B::Long => Primitive::Long,
            B::UnsignedLong => Primitive::ULong,
            B::LongLong => Primitive::LongLong,
            B::UnsignedLongLong => Primitive::ULongLong,
            B::Float => Primitive::Float,
            B::Double => Primitive::Double,
            B::LongDouble => Primitive::LongDouble,
            B::FloatComplex => Primitive::FloatComplex,
            B::DoubleComplex => Primitive::DoubleComplex,
            B::Int128 => return self.unsupported("__int128"),
            B::UnsignedInt128 => return self.unsupported("unsigned __int128"),
            B::LongDoubleComplex => return self.unsupported("long double _Complex"),
            B::VaList => return self.va_list(),
            B::ExtendedFloat | B::ExtendedFloatComplex => {
                let start = usize::try_from(span.start).unwrap_or(0);
                let end = usize::try_from(span.end).unwrap_or(0);
                let written = self
                    .source
                    .text()
                    .get(start..end)
                    .unwrap_or("extended floating type")
                    .to_owned();
                return self.unsupported(&written);
            }
        };
        self.primitive(primitive)
    }

    /// `va_list` as the ABI defines it: an array of one struct (System V x86-64 psABI 3.5.7), a struct (AAPCS64 10.1.5, AAPCS 8.1.4),
    /// or a pointer (all the others).
    fn va_list(&mut self) -> TypeId {
        use crate::target::System;
        let target = self.declarations.target;
        let void = self.declarations.table.intern(Type::Void);
        let pointer = self.declarations.table.intern(Type::Pointer {
            target: plain(void),
            name: None,
        });
        let (int, unsigned) = (
            self.primitive(Primitive::Int),
            self.primitive(Primitive::UInt),
        );
        let members: &[(&str, TypeId)] = match (target.arch, target.system) {
            (Arch::X86_64, System::Linux | System::MacOs) => &[
                ("gp_offset", unsigned),
                ("fp_offset", unsigned),
                ("overflow_arg_area", pointer),
                ("reg_save_area", pointer),
            ],
            (Arch::AArch64, System::Linux) => &[
                ("__stack", pointer),
                ("__gr_top", pointer),
                ("__vr_top", pointer),
                ("__gr_offs", int),
                ("__vr_offs", int),
            ],
            (Arch::Arm, _) => &[("__ap", pointer)],
            (Arch::RiscV64, _) => return pointer,
            _ => {
                let char = self.primitive(Primitive::Char);
                return self.declarations.table.intern(Type::Pointer {
                    target: plain(char),
                    name: None,
                });
            }
        };
        let record = match self.declarations.va_list {
            Some(known) => known,
            None => self.va_list_tag(members),
        };
        if target.arch != Arch::X86_64 {
            return record;
        }
        self.declarations.table.intern(Type::Array {
            item: plain(record),
            length: ArrayLength::Fixed(1),
        })
    }

    fn va_list_tag(&mut self, members: &[(&str, TypeId)]) -> TypeId {
        let record = Record {
            kind: RecordKind::Struct,
            name: RecordName::Tag("__va_list_tag".into()),
            alias: None,
            body: None,
        };
        let (id, ty) = self.declarations.table.new_record(record);
        let fields = members
            .iter()
            .map(|(name, ty)| Field {
                name: (*name).into(),
                ty: plain(*ty),
                width: None,
                align: None,
                packed: false,
            })
            .collect();
        self.declarations.table.complete_record(
            id,
            RecordBody {
                fields,
                ..RecordBody::default()
            },
        );
        // The tag is GCC's own: no program can name it.
        self.declarations.va_list = Some(ty);
        ty
    }

    fn unsupported(&mut self, spelling: &str) -> TypeId {
        self.declarations
            .table
            .intern(Type::Unsupported(spelling.into()))
    }

    fn named(&mut self, name: &str, span: Span) -> Lowered<QualType> {
        if let Some(Declaration::Type(ty)) = self.declarations.get(Space::Typedef, name) {
            return Ok(*ty);
        }
        match defaults::lookup(self.declarations.target, self.declarations.unicode, name) {
            Some(Default::Primitive(primitive)) => Ok(plain(self.primitive(primitive))),
            Some(Default::File) => Ok(plain(self.file())),
            Some(Default::Spelled(text)) => self
                .declarations
                .parse_default(text)
                .map_err(|()| Failure::new(Problem::UnknownType(name.to_owned()), span)),
            None => Err(Failure::new(Problem::UnknownType(name.to_owned()), span)),
        }
    }

    /// `FILE`: an opaque struct under the tag that glibc gives it, which the run time knows.
    fn file(&mut self) -> TypeId {
        if let Some(Declaration::Type(ty)) = self.declarations.get(Space::Struct, "_IO_FILE") {
            return ty.ty;
        }
        let record = Record {
            kind: RecordKind::Struct,
            name: RecordName::Tag("_IO_FILE".into()),
            alias: None,
            body: None,
        };
        let ty = self.declarations.table.new_record(record).1;
        let declared = self.declarations.declare(
            Space::Struct,
            "_IO_FILE",
            Declaration::Type(plain(ty)),
            self.options.replace,
        );
        debug_assert!(declared.is_ok(), "the tag was not known a moment ago");
        ty
    }

    /// `__typeof__(expr)` for expressions whose type is an arithmetic type that evaluation gives.
    fn type_of_expr(&mut self, expr: &Expr<'s>) -> Lowered<TypeId> {
        match &expr.kind {
            ExprKind::Name(name) => match self.declarations.get(Space::Ordinary, name.name) {
                Some(Declaration::Function { ty, .. }) => Ok(*ty),
                Some(Declaration::Variable { ty, .. } | Declaration::Constant { ty }) => Ok(ty.ty),
                Some(_) => Ok(self.primitive(Primitive::Int)),
                None => Err(Failure::new(
                    Problem::UnknownConstant(name.name.to_owned()),
                    expr.span,
                )),
            },
            ExprKind::Cast(name, _) => Ok(self.type_name(name)?.ty),
            ExprKind::Float(_) => Ok(self.primitive(Primitive::Double)),
            _ => {
                let value = self.evaluate(expr)?;
                Ok(self.primitive(value.ty))
            }
        }
    }

    /// The type of a type name.
    pub(crate) fn type_name(&mut self, name: &TypeName<'_>) -> Lowered<QualType> {
        // Type names borrow from other texts than the one of this lowering when constants are evaluated; nothing is kept of them.
        let mut inner = Lowering {
            declarations: self.declarations,
            source: self.source,
            options: self.options,
            only_ellipsis: self.only_ellipsis,
            warnings: Vec::new(),
        };
        let base = inner.base(&name.specifiers, None)?;
        let ty = inner.declarator(
            base.ty,
            &name.declarator,
            name.specifiers.convention,
            Place::TypeName,
        )?;
        inner.apply_mode(
            ty,
            &name.specifiers.attributes,
            &name.declarator.attributes,
            name.span,
        )
    }

    /// The attributes that change a type: `mode` and `vector_size` (GCC "Common Variable Attributes").
    pub(crate) fn apply_mode(
        &mut self,
        ty: QualType,
        first: &[Attribute<'s>],
        second: &[Attribute<'s>],
        span: Span,
    ) -> Lowered<QualType> {
        let mut ty = ty;
        for attribute in first.iter().chain(second) {
            match attribute.name.name {
                "mode" => {
                    let mode = match attribute.arguments.first().map(|argument| &argument.kind) {
                        Some(ExprKind::Name(mode)) => mode.name.trim_matches('_'),
                        _ => "",
                    };
                    let Some(primitive) = moded(
                        self.declarations.target,
                        self.declarations.table.get(ty.ty),
                        mode,
                    ) else {
                        return Err(Failure::new(
                            Problem::Unsupported(format!("attribute mode({mode})")),
                            span,
                        ));
                    };
                    ty.ty = self.primitive(primitive);
                }
                "vector_size" => ty.ty = self.unsupported("__attribute__((vector_size))"),
                _ => {}
            }
        }
        Ok(ty)
    }

    /// The value in bytes of an `aligned` attribute or `_Alignas`.
    pub(crate) fn alignment(&mut self, value: i128, span: Span) -> Lowered<Option<u32>> {
        match u32::try_from(value) {
            // `_Alignas(0)` has no effect (C11 6.7.5p6).
            Ok(0) => Ok(None),
            Ok(align) if align.is_power_of_two() && align <= 1 << 28 => Ok(Some(align)),
            _ => Err(Failure::new(Problem::Alignment(value), span)),
        }
    }

    /// The largest alignment that `aligned` attributes ask for.
    pub(crate) fn attribute_alignment(
        &mut self,
        attributes: &[Attribute<'s>],
    ) -> Lowered<Option<u32>> {
        let mut most = None;
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.name.name == "aligned")
        {
            let align = match attribute.arguments.first() {
                Some(expr) => {
                    let value = self.evaluate(expr)?.number;
                    self.alignment(value, expr.span)?
                }
                // Without an argument: the largest alignment of the target.
                None => Some(biggest_alignment(self.declarations.target)),
            };
            most = most.max(align);
        }
        Ok(most)
    }

    /// The largest alignment that `_Alignas` asks for.
    pub(crate) fn specified_alignment(
        &mut self,
        specifiers: &Specifiers<'s>,
    ) -> Lowered<Option<u32>> {
        let mut most = None;
        for alignment in &specifiers.alignments {
            let align = match alignment {
                ast::AlignmentSpecifier::Expr(expr) => {
                    let value = self.evaluate(expr)?.number;
                    self.alignment(value, expr.span)?
                }
                ast::AlignmentSpecifier::Type(name) => {
                    let ty = self.type_name(name)?.ty;
                    let (_, align) = self
                        .size_align(ty)
                        .map_err(|problem| Failure::new(problem, name.span))?;
                    Some(align)
                }
            };
            most = most.max(align);
        }
        Ok(most)
    }
}

/// `__BIGGEST_ALIGNMENT__` of GCC without vector extensions.
const fn biggest_alignment(target: Target) -> u32 {
    match target.arch {
        Arch::Arm => 8,
        _ => 16,
    }
}

/// The type of a machine mode (GCC internals, "Machine Modes") with the signedness of `ty`.
fn moded(target: Target, ty: &Type, mode: &str) -> Option<Primitive> {
    let Type::Primitive(primitive) = ty else {
        return None;
    };
    let signed = matches!(primitive.kind(), PrimitiveKind::Signed);
    let pick = |yes: Primitive, no: Primitive| Some(if signed { yes } else { no });
    match mode {
        "QI" | "byte" => pick(Primitive::Int8, Primitive::UInt8),
        "HI" => pick(Primitive::Int16, Primitive::UInt16),
        "SI" => pick(Primitive::Int32, Primitive::UInt32),
        "DI" => pick(Primitive::Int64, Primitive::UInt64),
        "word" | "pointer" | "unwind_word" if target.is_32_bit() => {
            pick(Primitive::Int32, Primitive::UInt32)
        }
        "word" | "pointer" | "unwind_word" => pick(Primitive::Int64, Primitive::UInt64),
        "SF" => Some(Primitive::Float),
        "DF" => Some(Primitive::Double),
        _ => None,
    }
}
