//! Syntax trees to declarations.
//!
//! `unit` walks the items; `types` makes types of specifiers and declarators, `typedefs` gives them names; `records` and `enums` their bodies; `sizes` computes
//! layouts of what is complete; `include` copies from another FFI. A problem in one item does not hide those in the next ones.

mod enums;
pub(crate) mod include;
mod records;
pub(crate) mod sizes;
mod typedefs;
mod types;

use cffi_syntax::ast::{
    self, Define, DefineValue, InitDeclarator, Initializer, Item, Linkage, OffsetofStep,
    Qualifiers, StaticAssert, Storage, TranslationUnit, TypeName, TypeSpecifier,
};
use cffi_syntax::{SourceText, Span, render::DEFAULT_FILE, snippet};

use crate::constant::{Environment, Failure, Value, evaluate};
use crate::declarations::{
    CdefOptions, Declaration, Declarations, Exported, IntegerOrigin, Space, Warning,
};
use crate::error::{CdefError, Problem};
use crate::primitive::PrimitiveKind;
use crate::target::Target;
use crate::types::{QualType, Type, TypeId};

/// At most this many problems of one text are reported.
const MAX_PROBLEMS: usize = 20;

/// The work on one text.
pub(crate) struct Lowering<'a, 's> {
    pub(crate) declarations: &'a mut Declarations,
    source: &'s SourceText,
    options: CdefOptions,
    warnings: Vec<Warning>,
    /// What is wrong with the record that is being lowered, to be told when it is used.
    invalid: Option<Box<str>>,
}

type Lowered<T> = Result<T, Failure>;

/// Enters the items of a text.
pub(crate) fn unit(
    declarations: &mut Declarations,
    source: &SourceText,
    unit: &TranslationUnit<'_>,
    options: &CdefOptions,
) -> Result<Vec<Warning>, CdefError> {
    let mut lowering = Lowering {
        declarations,
        source,
        options: *options,
        warnings: Vec::new(),
        invalid: None,
    };
    let mut failures = Vec::new();
    for item in &unit.items {
        if let Err(failure) = lowering.item(item) {
            failures.push(failure);
            if failures.len() >= MAX_PROBLEMS {
                break;
            }
        }
    }
    if failures.is_empty() {
        Ok(lowering.warnings)
    } else {
        Err(report(source, &failures))
    }
}

/// The type of a type name.
pub(crate) fn type_name(
    declarations: &mut Declarations,
    source: &SourceText,
    name: &TypeName<'_>,
) -> Result<QualType, CdefError> {
    let mut lowering = Lowering {
        declarations,
        source,
        options: CdefOptions::default(),
        warnings: Vec::new(),
        invalid: None,
    };
    lowering
        .type_name(name)
        .map_err(|failure| report(source, &[failure]))
}

/// The first problem as the line that programs know; where there are more, each with its place after it.
fn report(source: &SourceText, failures: &[Failure]) -> CdefError {
    let Some(first) = failures.first() else {
        return CdefError::new(crate::error::ErrorKind::Cdef, "unknown problem");
    };
    let mut text = headline(source, first);
    for failure in failures.iter().skip(1) {
        text.push_str("\n\n");
        text.push_str(&snippet(source, failure.span, &failure.problem.to_string()));
    }
    CdefError::new(first.problem.kind(), text)
}

fn headline(source: &SourceText, failure: &Failure) -> String {
    if failure.problem.stands_alone() {
        return failure.problem.to_string();
    }
    let place = source.location(failure.span.start);
    format!(
        "{}:{}: {}",
        place.file.unwrap_or(DEFAULT_FILE),
        place.line,
        failure.problem
    )
}

impl<'s> Lowering<'_, 's> {
    fn item(&mut self, item: &Item<'s>) -> Lowered<()> {
        match item {
            Item::Declaration(declaration) => self.declaration(declaration),
            Item::Define(define) => self.define(define),
            Item::StaticAssert(assertion) => self.assertion(assertion),
        }
    }

    fn define(&mut self, define: &Define<'s>) -> Lowered<()> {
        let declaration = match &define.value {
            DefineValue::Ellipsis => Declaration::Unknown {
                origin: IntegerOrigin::Define,
            },
            DefineValue::Integer(expr) => Declaration::Integer {
                value: self.evaluate(expr)?.number,
                origin: IntegerOrigin::Define,
            },
        };
        self.declare(Space::Ordinary, define.name.name, declaration, define.span)
    }

    fn assertion(&mut self, assertion: &StaticAssert<'s>) -> Lowered<()> {
        match self.evaluate(&assertion.condition) {
            Ok(value) if value.number == 0 => Err(Failure::new(
                Problem::Assertion(assertion.message.clone()),
                assertion.span,
            )),
            // A condition that needs the compiler is the compiler's to check.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn declare(
        &mut self,
        space: Space,
        name: &str,
        declaration: Declaration,
        span: Span,
    ) -> Lowered<()> {
        let replace = self.options.replace;
        self.declarations
            .declare(space, name, declaration, replace)
            .map_err(|problem| Failure::new(problem, span))
    }

    pub(crate) fn evaluate(&mut self, expr: &ast::Expr<'_>) -> Lowered<Value> {
        evaluate(self, expr)
    }

    fn declaration(&mut self, declaration: &ast::Declaration<'s>) -> Lowered<()> {
        let specifiers = &declaration.specifiers;
        let is_typedef = specifiers.storage.contains(Storage::TYPEDEF);
        let name = if is_typedef {
            plain_name(&declaration.declarators)
        } else {
            None
        };
        if declaration.body.is_some() {
            // A skipped function definition declares its types but no symbol.
            return self.base(specifiers, None).map(|_| ());
        }
        if let (true, TypeSpecifier::Ellipsis) = (is_typedef, &specifiers.ty) {
            return declaration
                .declarators
                .iter()
                .try_for_each(|declarator| self.opaque_typedef(declarator));
        }
        if let (true, TypeSpecifier::IntegerEllipsis | TypeSpecifier::FloatEllipsis) =
            (is_typedef, &specifiers.ty)
        {
            return declaration
                .declarators
                .iter()
                .try_for_each(|declarator| self.unknown_typedef(&specifiers.ty, declarator));
        }
        let base = self.base(specifiers, name)?;
        for declarator in &declaration.declarators {
            if is_typedef {
                self.typedef(specifiers, base, declarator)?;
            } else {
                self.object(declaration, base, declarator)?;
            }
        }
        Ok(())
    }

    /// A function, variable or constant.
    fn object(
        &mut self,
        declaration: &ast::Declaration<'s>,
        base: types::Base,
        declarator: &InitDeclarator<'s>,
    ) -> Lowered<()> {
        let specifiers = &declaration.specifiers;
        let span = declarator.declarator.span;
        let Some(name) = declarator.declarator.name else {
            return Ok(());
        };
        let mut ty = self.declarator(base.ty, &declarator.declarator, specifiers.convention)?;
        ty = self.apply_mode(
            ty,
            &specifiers.attributes,
            &declarator.declarator.attributes,
            span,
        )?;
        let symbol: Option<Box<str>> = declarator.asm_label.as_deref().map(Into::into);
        if let Type::Function(_) = self.declarations.table.get(ty.ty) {
            let function = Declaration::Function {
                ty: ty.ty,
                linkage: declaration.linkage,
                exported: self.options.exported,
                symbol,
            };
            return self.declare(Space::Ordinary, name.name, function, span);
        }
        if declaration.linkage != Linkage::C {
            return Err(Failure::new(
                Problem::ExternPythonNotFunction(name.name.to_owned()),
                span,
            ));
        }
        if self.options.exported == Exported::Yes {
            return Err(Failure::new(
                Problem::Unsupported("a variable in embedding_api()".to_owned()),
                span,
            ));
        }
        let constant = ty.qualifiers.contains(Qualifiers::CONST) && !self.is_array(ty.ty);
        match &declarator.initializer {
            Some(Initializer::Expr(expr)) if self.is_integer(ty.ty) => {
                if let Ok(value) = self.evaluate(expr) {
                    let number = self.to_declared_type(value.number, ty.ty);
                    let declaration = Declaration::Integer {
                        value: number,
                        origin: IntegerOrigin::Const,
                    };
                    return self.declare(Space::Ordinary, name.name, declaration, span);
                }
            }
            Some(Initializer::Ellipsis(_)) if !constant => {
                return Err(Failure::new(
                    Problem::EllipsisHere("as the value of something that is not const"),
                    span,
                ));
            }
            _ => {}
        }
        if !specifiers
            .storage
            .intersects(Storage::EXTERN | Storage::STATIC)
        {
            self.warnings.push(Warning(format!(
                "Global variable '{}' in cdef(): for consistency with C it should have a storage class specifier (usually 'extern')",
                name.name
            )));
            if constant {
                self.warnings.pop();
            }
        }
        let declaration = if constant {
            Declaration::Constant { ty }
        } else {
            Declaration::Variable { ty, symbol }
        };
        self.declare(Space::Ordinary, name.name, declaration, span)
    }

    /// The value as an object of this type has it.
    fn to_declared_type(&self, number: i128, ty: TypeId) -> i128 {
        match self.declarations.table.get(ty) {
            Type::Primitive(primitive) => {
                crate::constant::convert(self.declarations.target, number, *primitive).number
            }
            _ => number,
        }
    }

    fn is_array(&self, ty: TypeId) -> bool {
        matches!(self.declarations.table.get(ty), Type::Array { .. })
    }

    fn is_integer(&self, ty: TypeId) -> bool {
        match self.declarations.table.get(ty) {
            Type::Primitive(primitive) => matches!(
                primitive.kind(),
                PrimitiveKind::Bool
                    | PrimitiveKind::Char
                    | PrimitiveKind::WideChar
                    | PrimitiveKind::Signed
                    | PrimitiveKind::Unsigned
            ),
            Type::Enum(_) | Type::UnknownInteger(_) => true,
            _ => false,
        }
    }
}

/// The name of the first declarator if it is nothing but a name: it names an untagged record or enum.
fn plain_name<'s>(declarators: &[InitDeclarator<'s>]) -> Option<&'s str> {
    let first = declarators.first()?;
    if first.declarator.derivations.is_empty() {
        first.declarator.name.map(|name| name.name)
    } else {
        None
    }
}

impl Environment for Lowering<'_, '_> {
    fn target(&self) -> Target {
        self.declarations.target
    }

    fn constant(&self, name: &str) -> Option<i128> {
        match self.declarations.get(Space::Ordinary, name) {
            Some(Declaration::Integer { value, .. }) => Some(*value),
            Some(_) => None,
            // C23 6.4.4.6
            None => match name {
                "true" => Some(1),
                "false" => Some(0),
                _ => None,
            },
        }
    }

    fn type_of(&mut self, name: &TypeName<'_>) -> Result<TypeId, Failure> {
        self.type_name(name).map(|ty| ty.ty)
    }

    fn describe(&self, ty: TypeId) -> Type {
        self.declarations.table.get(ty).clone()
    }

    fn size_align(&mut self, ty: TypeId) -> Result<(u64, u32), Problem> {
        self.declarations.size_align(ty)
    }

    fn offset_of(&mut self, ty: TypeId, steps: &[OffsetofStep<'_>]) -> Result<u64, Failure> {
        let mut current = ty;
        let mut offset = 0u64;
        for step in steps {
            let (next, more) = match step {
                OffsetofStep::Member(name) => sizes::member(self.declarations, current, name.name)
                    .ok_or_else(|| {
                        Failure::new(Problem::UnknownConstant(name.name.to_owned()), name.span)
                    })?,
                OffsetofStep::Index(expr) => {
                    let index = self.evaluate(expr)?.number;
                    let Type::Array { item, .. } = *self.declarations.table.get(current) else {
                        return Err(Failure::new(Problem::NotConstant, expr.span));
                    };
                    let size = self
                        .declarations
                        .size_align(item.ty)
                        .map_err(|it| Failure::new(it, expr.span))?
                        .0;
                    let bytes = u64::try_from(index)
                        .ok()
                        .and_then(|index| index.checked_mul(size));
                    (
                        item.ty,
                        bytes.ok_or_else(|| Failure::new(Problem::Overflow, expr.span))?,
                    )
                }
            };
            current = next;
            offset = offset.wrapping_add(more);
        }
        Ok(offset)
    }
}
