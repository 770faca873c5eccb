//! Declarators to types (C11 6.7.6): what stands around a name, applied to the type that its specifiers say.

use cffi_syntax::Span;
use cffi_syntax::ast::{self, CallingConvention, Declarator, Derivation, Parameter};

use super::types::plain;
use super::{Lowered, Lowering};
use crate::constant::Failure;
use crate::error::Problem;
use crate::spelling::{function_name, spell};
use crate::target::Arch;
use crate::types::{ArrayLength, FunctionType, QualType, Type, TypeId};

/// How many types may be inside each other. Who walks along types may recurse.
const MAX_TYPE_DEPTH: u32 = 1000;

/// Where a declarator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a declaration or typedef.
    Declaration,
    /// In a struct or union.
    Member,
    /// In a parameter list.
    Parameter,
    /// In a type name.
    TypeName,
}

impl<'s> Lowering<'_, 's> {
    /// Applies the derivations of a declarator to its base type, from the outermost to the name.
    pub(crate) fn declarator(
        &mut self,
        base: QualType,
        declarator: &Declarator<'s>,
        convention: Option<CallingConvention>,
        place: Place,
    ) -> Lowered<QualType> {
        let mut ty = base;
        let mut pending = declarator.convention.or(convention);
        // A convention beside a star belongs to the function that the star points to: the next one outwards.
        let conventions: Vec<Option<CallingConvention>> = declarator
            .derivations
            .iter()
            .scan(None, |beside, derivation| {
                let here = *beside;
                *beside = match derivation {
                    Derivation::Pointer { convention, .. } => *convention,
                    _ => None,
                };
                Some(here)
            })
            .collect();
        // How many of the derivations nearest to the name are arrays: only of those can the compiler tell the lengths.
        let arrays = declarator
            .derivations
            .iter()
            .take_while(|it| matches!(it, Derivation::Array { .. }))
            .count();
        let derivations = declarator.derivations.iter().zip(conventions);
        for (index, (derivation, beside)) in derivations.enumerate().rev() {
            ty = match derivation {
                Derivation::Pointer { qualifiers, .. } => {
                    let pointer = self.declarations.table.intern(Type::Pointer {
                        target: ty,
                        name: None,
                    });
                    QualType {
                        ty: pointer,
                        qualifiers: *qualifiers,
                    }
                }
                // The length of an array that is a parameter does not matter (C11 6.7.6.3p7).
                Derivation::Array {
                    length: ast::ArrayLength::Expr(length),
                    ..
                } if index == 0 && place == Place::Parameter => {
                    self.evaluate(length)?;
                    self.pointer_to(ty)
                }
                Derivation::Array { length, span, .. } => {
                    let is_open = matches!(length, ast::ArrayLength::Ellipsis);
                    let can_be_open = matches!(place, Place::Declaration | Place::Member);
                    if is_open && !(can_be_open && index < arrays) {
                        return Err(Failure::new(Problem::EllipsisLength, *span));
                    }
                    self.array(ty, length, *span)?
                }
                Derivation::Function {
                    parameters,
                    variadic,
                    span,
                } => {
                    let name = declarator
                        .name
                        .filter(|_| index == 0 && place == Place::Declaration)
                        .map_or("in expression", |name| name.name);
                    let convention = beside.or(pending.take());
                    let parameters = self.parameters(name, parameters, *variadic, *span)?;
                    self.function(ty, parameters, *variadic, convention, *span)?
                }
            };
            if self.declarations.table.depth(ty.ty) > MAX_TYPE_DEPTH {
                return Err(Failure::new(Problem::TypeTooDeep, declarator.span));
            }
        }
        Ok(ty)
    }

    fn array(
        &mut self,
        item: QualType,
        length: &ast::ArrayLength<'s>,
        span: Span,
    ) -> Lowered<QualType> {
        let table = &self.declarations.table;
        match table.get(item.ty) {
            Type::Function(_) => {
                let function = function_name(table, item.ty);
                return Err(Failure::new(Problem::Function(function), span));
            }
            Type::Void => {
                let item = spell(table, item.ty).text;
                return Err(Failure::new(Problem::ArrayOfUnknownSize(item), span));
            }
            _ => {}
        }
        let length = match length {
            ast::ArrayLength::Missing | ast::ArrayLength::Star => ArrayLength::Open,
            ast::ArrayLength::Ellipsis => ArrayLength::Unknown,
            ast::ArrayLength::Expr(expr) => {
                let value = self.evaluate_or(expr, &Problem::ArrayLength)?.number;
                if value < 0 {
                    return Err(Failure::new(Problem::NegativeArrayLength, expr.span));
                }
                match i64::try_from(value) {
                    Ok(length) => ArrayLength::Fixed(length.unsigned_abs()),
                    Err(_) => return Err(Failure::new(Problem::ArrayLength, expr.span)),
                }
            }
        };
        Ok(plain(
            self.declarations.table.intern(Type::Array { item, length }),
        ))
    }

    fn function(
        &mut self,
        result: QualType,
        parameters: Vec<TypeId>,
        variadic: bool,
        convention: Option<CallingConvention>,
        span: Span,
    ) -> Lowered<QualType> {
        let table = &self.declarations.table;
        match table.get(result.ty) {
            Type::Array { .. } => {
                let result = spell(table, result.ty).text;
                return Err(Failure::new(Problem::FunctionReturnsArray(result), span));
            }
            Type::Function(_) => {
                let function = function_name(table, result.ty);
                return Err(Failure::new(Problem::Function(function), span));
            }
            _ => {}
        }
        // Only 32-bit Windows has a stdcall; everywhere else the word means nothing.
        let target = self.declarations.target;
        let convention = match convention {
            Some(CallingConvention::Stdcall)
                if target.is_windows() && target.arch == Arch::I686 =>
            {
                CallingConvention::Stdcall
            }
            _ => CallingConvention::Cdecl,
        };
        let function = FunctionType {
            result: result.ty,
            parameters,
            variadic,
            convention,
        };
        Ok(plain(
            self.declarations.table.intern(Type::Function(function)),
        ))
    }

    /// The parameter types after adjustment (C11 6.7.6.3p7, p8).
    fn parameters(
        &mut self,
        function: &str,
        parameters: &[Parameter<'s>],
        variadic: bool,
        span: Span,
    ) -> Lowered<Vec<TypeId>> {
        if parameters.is_empty() && variadic && !self.only_ellipsis {
            return Err(Failure::new(
                Problem::OnlyEllipsis {
                    function: function.to_owned(),
                },
                span,
            ));
        }
        let mut types = Vec::with_capacity(parameters.len());
        for (index, parameter) in parameters.iter().enumerate() {
            let base = match self.base(&parameter.specifiers, None) {
                Ok(base) => base,
                Err(Failure {
                    problem: Problem::UnknownType(name),
                    span,
                }) => {
                    let function = function.to_owned();
                    let problem = Problem::UnknownParameter {
                        function,
                        position: index + 1,
                        name,
                    };
                    return Err(Failure::new(problem, span));
                }
                Err(failure) => return Err(failure),
            };
            let ty = self.declarator(
                base.ty,
                &parameter.declarator,
                parameter.specifiers.convention,
                Place::Parameter,
            )?;
            types.push(self.adjusted(ty));
        }
        // `(void)` through a typedef declares no parameters either.
        if let [only] = types.as_slice() {
            if matches!(self.declarations.table.get(*only), Type::Void) && !variadic {
                types.clear();
            }
        }
        Ok(types)
    }

    fn adjusted(&mut self, ty: QualType) -> TypeId {
        let target = match *self.declarations.table.get(ty.ty) {
            Type::Array { item, .. } => item,
            Type::Function(_) => plain(ty.ty),
            _ => return ty.ty,
        };
        self.pointer_to(target).ty
    }

    fn pointer_to(&mut self, target: QualType) -> QualType {
        plain(
            self.declarations
                .table
                .intern(Type::Pointer { target, name: None }),
        )
    }
}
