//! Constant expressions (C11 6.6) with C's types: integer promotions, usual arithmetic conversions, wrapping of unsigned types.

use cffi_syntax::ast::{
    BinaryOperator, CharacterConstant, CharacterEncoding, Expr, ExprKind, IntegerConstant,
    OffsetofStep, TypeName, UnaryOperator,
};

use crate::error::Problem;
use crate::primitive::{Primitive, PrimitiveKind};
use crate::target::Target;
use crate::types::{Type, TypeId};

/// An integer with its C type: of rank `int` at least, except for the result of a cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    /// In the range of its type.
    pub number: i128,
    /// Its type.
    pub ty: Primitive,
}

/// What evaluation needs to know from outside.
pub(crate) trait Environment {
    fn target(&self) -> Target;
    fn constant(&self, name: &str) -> Option<i128>;
    fn type_of(&mut self, name: &TypeName<'_>) -> Result<TypeId, Failure>;
    fn describe(&self, ty: TypeId) -> Type;
    fn size_align(&mut self, ty: TypeId) -> Result<(u64, u32), Problem>;
    fn offset_of(&mut self, ty: TypeId, steps: &[OffsetofStep<'_>]) -> Result<u64, Failure>;
}

/// A problem with its place.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub problem: Problem,
    pub span: cffi_syntax::Span,
}

impl Failure {
    pub(crate) const fn new(problem: Problem, span: cffi_syntax::Span) -> Self {
        Self { problem, span }
    }
}

fn is_signed(ty: Primitive) -> bool {
    ty.kind() == PrimitiveKind::Signed
}

fn bits(target: Target, ty: Primitive) -> u32 {
    u32::try_from(target.primitive(ty).size * 8).unwrap_or(64)
}

/// The range of an integer type.
pub(crate) fn range(target: Target, ty: Primitive) -> (i128, i128) {
    let bits = match ty {
        Primitive::Bool => return (0, 1),
        _ => bits(target, ty),
    };
    let signed = match ty {
        Primitive::Char => target.char_is_signed(),
        Primitive::WcharT => target.wchar_is_signed(),
        _ => is_signed(ty),
    };
    if signed {
        (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    } else {
        (0, (1 << bits) - 1)
    }
}

/// The type of an integer constant (C11 6.4.4.1p5).
fn constant_type(target: Target, constant: IntegerConstant) -> Result<Primitive, Problem> {
    use Primitive::{Int, Long, LongLong, UInt, ULong, ULongLong};
    let ladder: &[(Primitive, Primitive)] = match constant.longs {
        0 => &[(Int, UInt), (Long, ULong), (LongLong, ULongLong)],
        1 => &[(Long, ULong), (LongLong, ULongLong)],
        _ => &[(LongLong, ULongLong)],
    };
    let value = i128::try_from(constant.value).map_err(|_| Problem::Overflow)?;
    let fits = |ty: Primitive| value <= range(target, ty).1;
    for (signed, unsigned) in ladder {
        if !constant.unsigned && fits(*signed) {
            return Ok(*signed);
        }
        if (constant.unsigned || !constant.decimal) && fits(*unsigned) {
            return Ok(*unsigned);
        }
    }
    // A decimal constant above long long: GCC takes __int128 or warns; as unsigned it keeps its value.
    if fits(ULongLong) {
        Ok(ULongLong)
    } else {
        Err(Problem::Overflow)
    }
}

/// Integer promotion (C11 6.3.1.1p2).
fn promote(target: Target, value: Value) -> Value {
    let rank = bits(target, value.ty);
    let ty = match canonical(target, value.ty) {
        ty if rank >= 32 && ty != Primitive::Bool => ty,
        _ => Primitive::Int,
    };
    Value {
        number: value.number,
        ty,
    }
}

/// One of the six types that arithmetic is done in, of the same size and sign.
fn canonical(target: Target, ty: Primitive) -> Primitive {
    use Primitive::{Int, Long, LongLong, UInt, ULong, ULongLong};
    match ty {
        Int | UInt | Long | ULong | LongLong | ULongLong => ty,
        _ => {
            let (least, most) = range(target, ty);
            let candidates = [Int, UInt, Long, ULong, LongLong, ULongLong];
            candidates
                .into_iter()
                .find(|it| range(target, *it) == (least, most))
                .unwrap_or(ty)
        }
    }
}

fn rank(ty: Primitive) -> u8 {
    match ty {
        Primitive::Int | Primitive::UInt => 1,
        Primitive::Long | Primitive::ULong => 2,
        _ => 3,
    }
}

fn to_unsigned(ty: Primitive) -> Primitive {
    match ty {
        Primitive::Int => Primitive::UInt,
        Primitive::Long => Primitive::ULong,
        Primitive::LongLong => Primitive::ULongLong,
        other => other,
    }
}

/// The common type of two operands (C11 6.3.1.8).
fn common(target: Target, left: Primitive, right: Primitive) -> Primitive {
    if is_signed(left) == is_signed(right) {
        return if rank(left) >= rank(right) {
            left
        } else {
            right
        };
    }
    let (signed, unsigned) = if is_signed(left) {
        (left, right)
    } else {
        (right, left)
    };
    if rank(unsigned) >= rank(signed) {
        unsigned
    } else if bits(target, signed) > bits(target, unsigned) {
        signed
    } else {
        to_unsigned(signed)
    }
}

/// Conversion to an integer type (C11 6.3.1.3); to a signed type as GCC defines it: modulo.
pub(crate) fn convert(target: Target, number: i128, ty: Primitive) -> Value {
    if ty == Primitive::Bool {
        return Value {
            number: i128::from(number != 0),
            ty,
        };
    }
    let (least, most) = range(target, ty);
    let modulus = most - least + 1;
    let wrapped = (number - least).rem_euclid(modulus) + least;
    Value {
        number: wrapped,
        ty,
    }
}

/// A result of arithmetic in `ty`: unsigned types wrap, signed overflow is an error (C11 6.5p5).
fn arithmetic(target: Target, number: Option<i128>, ty: Primitive) -> Result<Value, Problem> {
    let number = number.ok_or(Problem::Overflow)?;
    if !is_signed(ty) {
        return Ok(convert(target, number, ty));
    }
    let (least, most) = range(target, ty);
    if (least..=most).contains(&number) {
        Ok(Value { number, ty })
    } else {
        Err(Problem::Overflow)
    }
}

fn truth(value: bool) -> Value {
    Value {
        number: i128::from(value),
        ty: Primitive::Int,
    }
}

/// Evaluates an expression; nesting is bounded by the parser.
pub(crate) fn evaluate(
    environment: &mut dyn Environment,
    expr: &Expr<'_>,
) -> Result<Value, Failure> {
    let at = |problem: Problem| Failure::new(problem, expr.span);
    let target = environment.target();
    match &expr.kind {
        ExprKind::Integer(constant) => {
            let ty = constant_type(target, *constant).map_err(at)?;
            let number = i128::try_from(constant.value).map_err(|_| at(Problem::Overflow))?;
            Ok(Value { number, ty })
        }
        ExprKind::Character(constant) => Ok(character(target, *constant)),
        ExprKind::Name(name) => match environment.constant(name.name) {
            // A macro can have a value that no C type holds.
            Some(number) => match type_for(target, number) {
                Some(ty) => Ok(Value { number, ty }),
                None => Err(at(Problem::ConstantValue(name.name.to_owned()))),
            },
            None => Err(at(Problem::UnknownConstant(name.name.to_owned()))),
        },
        ExprKind::Unary(operator, operand) => {
            let value = promote(target, evaluate(environment, operand)?);
            match operator {
                UnaryOperator::Plus => Ok(value),
                UnaryOperator::Minus => {
                    arithmetic(target, value.number.checked_neg(), value.ty).map_err(at)
                }
                UnaryOperator::Complement => Ok(convert(target, !value.number, value.ty)),
                UnaryOperator::Not => Ok(truth(value.number == 0)),
            }
        }
        ExprKind::Binary(operator, left, right) => {
            binary(environment, *operator, left, right, expr)
        }
        ExprKind::Conditional(condition, yes, no) => {
            let chosen = if evaluate(environment, condition)?.number != 0 {
                yes
            } else {
                no
            };
            let (yes, no) = (
                evaluate(environment, chosen)?,
                evaluate(
                    environment,
                    if std::ptr::eq(chosen, yes) { no } else { yes },
                ),
            );
            let value = promote(target, yes);
            // The other branch gives its type only; an error in it does not matter.
            let ty = no.map_or(value.ty, |no| {
                common(target, value.ty, promote(target, no).ty)
            });
            Ok(convert(target, value.number, ty))
        }
        ExprKind::Cast(name, operand) => cast(environment, name, operand, expr),
        ExprKind::SizeofType(name) | ExprKind::AlignofType(name) => {
            let ty = environment.type_of(name)?;
            let (size, align) = environment.size_align(ty).map_err(at)?;
            let number = if matches!(expr.kind, ExprKind::SizeofType(_)) {
                i128::from(size)
            } else {
                align.into()
            };
            Ok(Value {
                number,
                ty: size_type(target),
            })
        }
        ExprKind::SizeofExpr(operand) => {
            let number = match &operand.kind {
                // The terminating null counts (C11 6.5.3.4p4, 6.4.5p6).
                ExprKind::String(text) => i128::try_from(text.len().saturating_sub(1)).unwrap_or(0),
                ExprKind::Float(_) => 8,
                _ => {
                    let value = evaluate(environment, operand)?;
                    target.primitive(value.ty).size.into()
                }
            };
            Ok(Value {
                number,
                ty: size_type(target),
            })
        }
        ExprKind::AlignofExpr(operand) => {
            let value = evaluate(environment, operand)?;
            Ok(Value {
                number: target.primitive(value.ty).align.into(),
                ty: size_type(target),
            })
        }
        ExprKind::Offsetof(name, steps) => {
            let ty = environment.type_of(name)?;
            let offset = environment.offset_of(ty, steps)?;
            Ok(Value {
                number: offset.into(),
                ty: size_type(target),
            })
        }
        ExprKind::Float(written) | ExprKind::String(written) => {
            Err(at(Problem::InvalidConstant((*written).to_owned())))
        }
        ExprKind::Unsupported => Err(at(Problem::NotConstant)),
    }
}

/// The type of a named constant: `int` where it fits, as for enumerators and macros.
fn type_for(target: Target, number: i128) -> Option<Primitive> {
    use Primitive::{Int, Long, LongLong, ULongLong};
    [Int, Long, LongLong, ULongLong].into_iter().find(|ty| {
        let (least, most) = range(target, *ty);
        (least..=most).contains(&number)
    })
}

fn size_type(target: Target) -> Primitive {
    canonical(target, Primitive::Size)
}

fn character(target: Target, constant: CharacterConstant) -> Value {
    let value = i128::from(constant.value);
    match constant.encoding {
        // An int with the value of a char (C11 6.4.4.4p10).
        CharacterEncoding::Plain if constant.value <= 0xFF => Value {
            number: convert(target, value, Primitive::Char).number,
            ty: Primitive::Int,
        },
        CharacterEncoding::Plain => convert(target, value, Primitive::Int),
        CharacterEncoding::Wide => {
            let wide = convert(target, value, Primitive::WcharT);
            promote(target, wide)
        }
        CharacterEncoding::Utf8 => promote(target, convert(target, value, Primitive::UChar)),
        CharacterEncoding::Utf16 => promote(target, convert(target, value, Primitive::UInt16)),
        CharacterEncoding::Utf32 => promote(target, convert(target, value, Primitive::UInt32)),
    }
}

fn cast(
    environment: &mut dyn Environment,
    name: &TypeName<'_>,
    operand: &Expr<'_>,
    expr: &Expr<'_>,
) -> Result<Value, Failure> {
    let not_constant = || Failure::new(Problem::NotConstant, expr.span);
    let ty = environment.type_of(name)?;
    let target = environment.target();
    let primitive = match environment.describe(ty) {
        Type::Primitive(primitive)
            if matches!(
                primitive.kind(),
                PrimitiveKind::Bool
                    | PrimitiveKind::Char
                    | PrimitiveKind::WideChar
                    | PrimitiveKind::Signed
                    | PrimitiveKind::Unsigned
            ) =>
        {
            primitive
        }
        Type::Enum(_) => Primitive::Int,
        _ => return Err(not_constant()),
    };
    if let ExprKind::Float(text) = operand.kind {
        // A floating constant may stand as the operand of a cast (C11 6.6p6); it is truncated.
        let digits = text.trim_end_matches(['f', 'F', 'l', 'L']);
        let number: f64 = digits.parse().map_err(|_| not_constant())?;
        let (least, most) = range(target, primitive);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "saturates, and the range is checked next"
        )]
        let whole = number.trunc() as i128;
        if !(least..=most).contains(&whole) {
            return Err(Failure::new(Problem::Overflow, expr.span));
        }
        return Ok(Value {
            number: whole,
            ty: primitive,
        });
    }
    let value = evaluate(environment, operand)?;
    Ok(convert(target, value.number, primitive))
}

fn binary(
    environment: &mut dyn Environment,
    operator: BinaryOperator,
    left: &Expr<'_>,
    right: &Expr<'_>,
    expr: &Expr<'_>,
) -> Result<Value, Failure> {
    use BinaryOperator as B;
    let target = environment.target();
    let at = |problem: Problem| Failure::new(problem, expr.span);
    let left = promote(target, evaluate(environment, left)?);
    // The right operand of a decided && or || is not evaluated (C11 6.5.13p4).
    match operator {
        B::LogicalAnd if left.number == 0 => return Ok(truth(false)),
        B::LogicalOr if left.number != 0 => return Ok(truth(true)),
        _ => {}
    }
    let right = promote(target, evaluate(environment, right)?);
    if matches!(operator, B::LogicalAnd | B::LogicalOr) {
        return Ok(truth(right.number != 0));
    }
    if matches!(operator, B::ShiftLeft | B::ShiftRight) {
        return shift(target, operator, left, right.number).map_err(at);
    }
    let ty = common(target, left.ty, right.ty);
    let (a, b) = (
        convert(target, left.number, ty).number,
        convert(target, right.number, ty).number,
    );
    match operator {
        B::Multiply => arithmetic(target, a.checked_mul(b), ty),
        B::Divide | B::Remainder if b == 0 => Err(Problem::DivisionByZero),
        B::Divide => arithmetic(target, a.checked_div(b), ty),
        // INT_MIN % -1 overflows as the division does (C11 6.5.5p6).
        B::Remainder => arithmetic(target, a.checked_div(b), ty)
            .and_then(|_| arithmetic(target, a.checked_rem(b), ty)),
        B::Add => arithmetic(target, a.checked_add(b), ty),
        B::Subtract => arithmetic(target, a.checked_sub(b), ty),
        B::BitAnd => Ok(convert(target, a & b, ty)),
        B::BitXor => Ok(convert(target, a ^ b, ty)),
        B::BitOr => Ok(convert(target, a | b, ty)),
        B::Less => Ok(truth(a < b)),
        B::LessEqual => Ok(truth(a <= b)),
        B::Greater => Ok(truth(a > b)),
        B::GreaterEqual => Ok(truth(a >= b)),
        B::Equal => Ok(truth(a == b)),
        B::NotEqual => Ok(truth(a != b)),
        B::ShiftLeft | B::ShiftRight | B::LogicalAnd | B::LogicalOr => Err(Problem::NotConstant),
    }
    .map_err(at)
}

/// Shifts have the type of their left operand (C11 6.5.7p3).
fn shift(
    target: Target,
    operator: BinaryOperator,
    left: Value,
    count: i128,
) -> Result<Value, Problem> {
    let width = i128::from(bits(target, left.ty));
    if !(0..width).contains(&count) {
        return Err(Problem::ShiftTooWide);
    }
    let count = u32::try_from(count).map_err(|_| Problem::ShiftTooWide)?;
    if operator == BinaryOperator::ShiftRight {
        return Ok(Value {
            number: left.number >> count,
            ty: left.ty,
        });
    }
    // Into or past the sign bit GCC wraps, and headers rely on it: `1 << 31`.
    Ok(convert(target, left.number << count, left.ty))
}
