//! Syntax trees to declarations.
//!
//! `unit` walks the items; `types` makes types of specifiers, `declarators` of what stands around a name, `typedefs` gives them names;
//! `records` and `enums` their bodies; `sizes` computes layouts of what is complete; `include` copies from another FFI. A problem in one
//! item does not hide those in the next ones.

mod declarators;
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
use cffi_syntax::{Rendering, SourceText, Span, render::DEFAULT_FILE, snippet};
use rustc_hash::FxHashMap;

use crate::constant::{Environment, Failure, Value, evaluate};
use crate::declarations::{
    CdefOptions, Declaration, Declarations, Exported, IntegerOrigin, Space, Warning,
};
use crate::error::{CdefError, Headline, Problem};
use crate::gil::Gil;
use crate::primitive::PrimitiveKind;
use crate::table::TypeTable;
use crate::target::Target;
use crate::types::{QualType, Type, TypeId};

/// At most this many problems of one text are reported.
const MAX_PROBLEMS: usize = 20;

/// The work on one text.
pub(crate) struct Lowering<'a, 's> {
    pub(crate) declarations: &'a mut Declarations,
    source: &'s SourceText,
    options: CdefOptions,
    /// Whether functions may have `(...)` alone, as in C23 (6.7.7.4).
    only_ellipsis: bool,
    warnings: Vec<Warning>,
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
        only_ellipsis: false,
        warnings: Vec::new(),
    };
    let mut failures = Vec::new();
    for item in in_order(&unit.items) {
        if let Err(failure) = lowering.item(item) {
            failures.push((failure, item));
            if failures.len() >= MAX_PROBLEMS {
                break;
            }
        }
    }
    let Some((first, item)) = failures.first() else {
        return Ok(lowering.warnings);
    };
    let mut error = headline(source, first, Some(item));
    for (failure, _) in failures.iter().skip(1) {
        error = error.with_help(&snippet(source, failure.span, &failure.problem.detail()));
    }
    Err(error)
}

/// Macros count wherever they stand: those come first. Of several for one name, the last counts.
fn in_order<'a, 's>(items: &'a [Item<'s>]) -> impl Iterator<Item = &'a Item<'s>> {
    let mut last: FxHashMap<&str, usize> = FxHashMap::default();
    for (index, item) in items.iter().enumerate() {
        if let Item::Define(define) = item {
            last.insert(define.name.name, index);
        }
    }
    let defines = items.iter().enumerate().filter(move |(index, item)| {
        matches!(item, Item::Define(define) if last.get(define.name.name) == Some(index))
    });
    let others = items.iter().filter(|item| !matches!(item, Item::Define(_)));
    defines.map(|(_, item)| item).chain(others)
}

/// The type of a type name.
pub(crate) fn type_name(
    declarations: &mut Declarations,
    source: &SourceText,
    name: &TypeName<'_>,
) -> Result<QualType, CdefError> {
    let ty = any_type_name(declarations, source, name, false);
    ty.map_err(|failure| headline(source, &failure, None))
}

/// The type of a type name that the FFI of a compiled module is given.
pub(crate) fn runtime_type_name(
    declarations: &mut Declarations,
    source: &SourceText,
    name: &TypeName<'_>,
) -> Lowered<QualType> {
    any_type_name(declarations, source, name, true)
}

fn any_type_name(
    declarations: &mut Declarations,
    source: &SourceText,
    name: &TypeName<'_>,
    only_ellipsis: bool,
) -> Lowered<QualType> {
    let mut lowering = Lowering {
        declarations,
        source,
        options: CdefOptions::default(),
        only_ellipsis,
        warnings: Vec::new(),
    };
    let ty = lowering.type_name(name)?;
    match unsupported_in(&lowering.declarations.table, ty.ty) {
        Some(spelling) => Err(Failure::new(Problem::UnsupportedType(spelling), name.span)),
        None => Ok(ty),
    }
}

/// The type in a pointer or array that CFFI cannot represent.
fn unsupported_in(table: &TypeTable, ty: TypeId) -> Option<String> {
    let mut ty = ty;
    loop {
        ty = match table.get(ty) {
            Type::Pointer { target, .. } => target.ty,
            Type::Array { item, .. } => item.ty,
            Type::Unsupported(spelling) => return Some(spelling.to_string()),
            _ => return None,
        }
    }
}

/// A problem as the line that programs know, and where that says less than there is to say, with its place below. `item` is the
/// declaration; in a type string there is none.
fn headline(source: &SourceText, failure: &Failure, item: Option<&Item<'_>>) -> CdefError {
    let problem = &failure.problem;
    let alone = |text: String| CdefError::new(problem.kind(), text);
    let drawing = || snippet(source, failure.span, &problem.detail());
    match (problem.headline(), item) {
        (Headline::Declaration, Some(item)) => {
            let place = source.location(declared_at(item, failure.span));
            let file = place.file.unwrap_or(DEFAULT_FILE);
            alone(format!("{file}:{}: {problem}", place.line))
        }
        (Headline::Line, item) => {
            let what = item.map_or(Rendering::TypeName, |_| Rendering::Cdef);
            let line = what.line(source.location(failure.span.start).line);
            alone(format!(":{line}: {problem}")).with_help(&drawing())
        }
        (Headline::Alone, _) => alone(problem.to_string()),
        (Headline::Above | Headline::Declaration, _) => {
            alone(problem.to_string()).with_help(&drawing())
        }
    }
}

/// Where the declaration with a mistake begins, as CFFI has it: at the declarator, or at the specifiers where there is none.
fn declared_at(item: &Item<'_>, mistake: Span) -> u32 {
    let Item::Declaration(declaration) = item else {
        return mistake.start;
    };
    let declarators = &declaration.declarators;
    let behind = declarators
        .iter()
        .rfind(|it| it.declarator.span.start <= mistake.start);
    behind
        .or(declarators.first())
        .map_or(declaration.specifiers.span.start, |it| {
            it.declarator.span.start
        })
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
            DefineValue::Integer(expr) => {
                let value = macro_value(expr).ok_or_else(|| {
                    let name = define.name.name.to_owned();
                    Failure::new(Problem::ConstantValue(name), expr.span)
                })?;
                Declaration::Integer {
                    value,
                    origin: IntegerOrigin::Define,
                }
            }
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

    /// Evaluates what may be a number that no C type holds, which is this `problem`.
    fn evaluate_or(&mut self, expr: &ast::Expr<'_>, problem: &Problem) -> Lowered<Value> {
        match &expr.kind {
            ast::ExprKind::Integer(constant) if u64::try_from(constant.value).is_err() => {
                Err(Failure::new(problem.clone(), expr.span))
            }
            _ => self.evaluate(expr),
        }
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
        let mut ty = self.declarator(
            base.ty,
            &declarator.declarator,
            specifiers.convention,
            declarators::Place::Declaration,
        )?;
        ty = self.apply_mode(
            ty,
            &specifiers.attributes,
            &declarator.declarator.attributes,
            span,
        )?;
        let symbol: Option<Box<str>> = declarator.asm_label.as_deref().map(Into::into);
        let is_function = matches!(self.declarations.table.get(ty.ty), Type::Function(_));
        let is_of_c = declaration.linkage == Linkage::C && self.options.exported == Exported::No;
        if !(is_function && is_of_c) {
            self.refuse_keep_gil(&declarator.declarator, specifiers)?;
        }
        if is_function {
            let function = Declaration::Function {
                ty: ty.ty,
                linkage: declaration.linkage,
                exported: self.options.exported,
                gil: gil(&declarator.declarator, specifiers),
                symbol,
            };
            return self.declare(Space::Ordinary, name.name, function, span);
        }
        if declaration.linkage != Linkage::C {
            return Err(Failure::new(Problem::ExternPythonNotFunction, span));
        }
        // In `embedding_api()`, too: the module's source defines the variable.
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
        let classes = Storage::AUTO
            | Storage::EXTERN
            | Storage::REGISTER
            | Storage::STATIC
            | Storage::THREAD_LOCAL;
        if !specifiers.storage.intersects(classes) {
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

    /// Types have nothing to do with the GIL: `cffi_keep_gil` says something of one function.
    fn refuse_keep_gil(
        &self,
        declarator: &ast::Declarator<'s>,
        specifiers: &ast::Specifiers<'s>,
    ) -> Lowered<()> {
        match gil(declarator, specifiers) {
            Gil::Released => Ok(()),
            Gil::Kept => Err(Failure::new(Problem::KeepGilNotFunction, declarator.span)),
        }
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

/// What the attributes say of the GIL: `cffi_keep_gil`.
fn gil(declarator: &ast::Declarator<'_>, specifiers: &ast::Specifiers<'_>) -> Gil {
    let mut attributes = specifiers.attributes.iter().chain(&declarator.attributes);
    if attributes.any(|attribute| attribute.name.name == "cffi_keep_gil") {
        Gil::Kept
    } else {
        Gil::Released
    }
}

/// The number of a macro: what is written, whatever type C would give it.
fn macro_value(expr: &ast::Expr<'_>) -> Option<i128> {
    match &expr.kind {
        ast::ExprKind::Integer(constant) => i128::try_from(constant.value).ok(),
        ast::ExprKind::Unary(ast::UnaryOperator::Minus, magnitude) => {
            macro_value(magnitude)?.checked_neg()
        }
        _ => None,
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
