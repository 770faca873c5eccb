//! Expressions (C11 6.5), kept as far as they can be constant (6.6).
//!
//! Calls, assignments, member accesses and the like are read for their extent only and become [`ExprKind::Unsupported`]. Nothing
//! is evaluated.

use super::{MAX_NESTING, Parse, Parser};
use crate::ast::{BinaryOperator, Expr, ExprKind, Ident, OffsetofStep, UnaryOperator};
use crate::diagnostic::{DiagnosticKind, Expected};
use crate::literal::{self, Number};
use crate::span::Span;
use crate::token::TokenKind;

/// An expression with the height of its tree. Height is bounded like nesting, because a chain `1+1+1+…` nests to the left without
/// any recursion here; whoever walks the tree recurses.
struct Tree<'s> {
    expr: Expr<'s>,
    height: u32,
}

impl<'s> Parser<'s, '_> {
    /// An expression with commas.
    pub(super) fn expression(&mut self) -> Parse<Expr<'s>> {
        self.comma_expression().map(|tree| tree.expr)
    }

    /// One without commas outside of parentheses.
    pub(super) fn assignment_expression(&mut self) -> Parse<Expr<'s>> {
        self.assignment().map(|tree| tree.expr)
    }

    /// One without assignments either.
    pub(super) fn constant_expression(&mut self) -> Parse<Expr<'s>> {
        self.conditional().map(|tree| tree.expr)
    }

    fn comma_expression(&mut self) -> Parse<Tree<'s>> {
        let start = self.start();
        let mut tree = self.assignment()?;
        while self.eat(TokenKind::Comma) {
            self.assignment()?;
            tree = self.unsupported(start);
        }
        Ok(tree)
    }

    fn assignment(&mut self) -> Parse<Tree<'s>> {
        let start = self.start();
        let mut tree = self.conditional()?;
        while matches!(self.kind(), TokenKind::Equal | TokenKind::CompoundEqual) {
            self.bump();
            self.conditional()?;
            tree = self.unsupported(start);
        }
        Ok(tree)
    }

    fn conditional(&mut self) -> Parse<Tree<'s>> {
        let start = self.start();
        let condition = self.nested(|parser| parser.binary(Precedence::LogicalOr))?;
        if !self.eat(TokenKind::Question) {
            return Ok(condition);
        }
        // GNU's `a ?: b`
        if self.eat(TokenKind::Colon) {
            self.nested(Self::conditional)?;
            return Ok(self.unsupported(start));
        }
        let then = self.nested(Self::comma_expression)?;
        self.expect(TokenKind::Colon, Expected::Colon)?;
        let otherwise = self.nested(Self::conditional)?;
        let height = condition.height.max(then.height).max(otherwise.height);
        let [condition, then, otherwise] =
            [condition, then, otherwise].map(|tree| Box::new(tree.expr));
        self.tree(
            ExprKind::Conditional(condition, then, otherwise),
            start,
            height,
        )
    }

    /// Operators of `lowest` precedence and above, by precedence climbing.
    fn binary(&mut self, lowest: Precedence) -> Parse<Tree<'s>> {
        let start = self.start();
        let mut left = self.unary()?;
        while let Some((operator, precedence)) =
            binary_operator(self.kind()).filter(|found| found.1 >= lowest)
        {
            self.bump();
            let right = match precedence.next() {
                Some(next) => self.nested(|parser| parser.binary(next))?,
                None => self.unary()?,
            };
            let height = left.height.max(right.height);
            let kind = ExprKind::Binary(operator, Box::new(left.expr), Box::new(right.expr));
            left = self.tree(kind, start, height)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parse<Tree<'s>> {
        use TokenKind as T;
        let start = self.start();
        let operator = match self.kind() {
            T::Plus => UnaryOperator::Plus,
            T::Minus => UnaryOperator::Minus,
            T::Bang => UnaryOperator::Not,
            T::Tilde => UnaryOperator::Complement,
            T::Star | T::Ampersand | T::PlusPlus | T::MinusMinus | T::RealImag => {
                self.bump();
                self.nested(Self::unary)?;
                return Ok(self.unsupported(start));
            }
            // GNU's `&&label`
            T::AndAnd => {
                self.bump();
                self.expect(T::Identifier, Expected::Name)?;
                return Ok(self.unsupported(start));
            }
            T::Extension => {
                self.bump();
                return self.nested(Self::unary);
            }
            T::Sizeof => return self.sizeof(ExprKind::SizeofType, ExprKind::SizeofExpr),
            T::Alignof if self.is_operator() => {
                return self.sizeof(ExprKind::AlignofType, ExprKind::AlignofExpr);
            }
            T::LeftParen if self.begins_type_name(1) => return self.cast(),
            _ => return self.postfix(),
        };
        self.bump();
        let operand = self.nested(Self::unary)?;
        self.tree(
            ExprKind::Unary(operator, Box::new(operand.expr)),
            start,
            operand.height,
        )
    }

    /// Whether `alignof` or `offsetof` is the operator, not a name from older C.
    fn is_operator(&self) -> bool {
        !self.is_name_at(0) || self.kind_at(1) == TokenKind::LeftParen
    }

    /// `sizeof` and `_Alignof` (C11 6.5.3.4; GNU allows expressions for both).
    fn sizeof(
        &mut self,
        of_type: fn(Box<crate::ast::TypeName<'s>>) -> ExprKind<'s>,
        of_expr: fn(Box<Expr<'s>>) -> ExprKind<'s>,
    ) -> Parse<Tree<'s>> {
        let start = self.bump().span.start;
        if self.at(TokenKind::LeftParen) && self.begins_type_name(1) {
            self.bump();
            let (ty, height) = self.measured(Self::type_name)?;
            self.expect(TokenKind::RightParen, Expected::RightParen)?;
            if self.at(TokenKind::LeftBrace) {
                self.skip_braces()?;
                return Ok(self.unsupported(start));
            }
            return self.tree(of_type(Box::new(ty)), start, height);
        }
        let operand = self.nested(Self::unary)?;
        self.tree(of_expr(Box::new(operand.expr)), start, operand.height)
    }

    /// `(type) a`, or a compound literal.
    fn cast(&mut self) -> Parse<Tree<'s>> {
        let start = self.bump().span.start;
        let (ty, height) = self.measured(Self::type_name)?;
        self.expect(TokenKind::RightParen, Expected::RightParen)?;
        if self.at(TokenKind::LeftBrace) {
            self.skip_braces()?;
            let literal = self.unsupported(start);
            return self.postfix_operators(literal, start);
        }
        let operand = self.nested(Self::unary)?;
        let height = height.max(operand.height);
        self.tree(
            ExprKind::Cast(Box::new(ty), Box::new(operand.expr)),
            start,
            height,
        )
    }

    fn postfix(&mut self) -> Parse<Tree<'s>> {
        let start = self.start();
        let primary = self.primary()?;
        self.postfix_operators(primary, start)
    }

    fn postfix_operators(&mut self, mut tree: Tree<'s>, start: u32) -> Parse<Tree<'s>> {
        loop {
            match self.kind() {
                TokenKind::LeftParen => _ = self.skip_parentheses()?,
                TokenKind::LeftBracket => {
                    self.bump();
                    self.nested(Self::comma_expression)?;
                    self.expect(TokenKind::RightBracket, Expected::RightBracket)?;
                }
                TokenKind::Dot | TokenKind::Arrow => {
                    self.bump();
                    if self.eat_name().is_none() {
                        return Err(self.unexpected(Expected::Name));
                    }
                }
                TokenKind::PlusPlus | TokenKind::MinusMinus => _ = self.bump(),
                _ => return Ok(tree),
            }
            tree = self.unsupported(start);
        }
    }

    fn primary(&mut self) -> Parse<Tree<'s>> {
        use TokenKind as T;
        let token = self.token();
        let start = token.span.start;
        match token.kind {
            T::Number => {
                self.bump();
                let kind = self.number(token.span);
                self.tree(kind, start, 0)
            }
            T::Character => {
                self.bump();
                let kind = match literal::character(self.spelling(token)) {
                    Ok(constant) => ExprKind::Character(constant),
                    Err(error) => {
                        self.report(DiagnosticKind::Character(error), token.span);
                        ExprKind::Unsupported
                    }
                };
                self.tree(kind, start, 0)
            }
            T::String => {
                self.bump();
                let first = self.spelling(token);
                if !self.at(T::String) {
                    return self.tree(ExprKind::String(first), start, 0);
                }
                while self.eat(T::String) {}
                Ok(self.unsupported(start))
            }
            T::Generic => {
                self.bump();
                self.skip_parentheses()?;
                Ok(self.unsupported(start))
            }
            T::Offsetof if self.is_operator() => self.offsetof(),
            // GNU's statement expression
            T::LeftParen if self.kind_at(1) == T::LeftBrace => {
                self.skip_parentheses()?;
                Ok(self.unsupported(start))
            }
            T::LeftParen => {
                self.bump();
                let mut inner = self.nested(Self::comma_expression)?;
                self.expect(T::RightParen, Expected::RightParen)?;
                inner.expr.span = self.span_from(start);
                Ok(inner)
            }
            _ if self.is_name_at(0) && !self.is_typedef_name_at(0) => {
                self.bump();
                let ident = Ident {
                    name: self.spelling(token),
                    span: token.span,
                };
                self.tree(ExprKind::Name(ident), start, 0)
            }
            _ => Err(self.unexpected(Expected::Expression)),
        }
    }

    fn number(&mut self, span: Span) -> ExprKind<'s> {
        let spelling = crate::source::slice(self.text, span.start, span.end);
        match literal::number(spelling) {
            Ok(Number::Integer(constant)) => ExprKind::Integer(constant),
            Ok(Number::Float) => ExprKind::Float(spelling),
            Err(error) => {
                self.report(DiagnosticKind::Number(error), span);
                ExprKind::Unsupported
            }
        }
    }

    /// `offsetof(type, member.designator[0])` (C11 7.19p3).
    fn offsetof(&mut self) -> Parse<Tree<'s>> {
        let start = self.bump().span.start;
        self.expect(TokenKind::LeftParen, Expected::LeftParen)?;
        let (kind, height) = self.measured(|parser| {
            let ty = parser.type_name()?;
            parser.expect(TokenKind::Comma, Expected::Comma)?;
            Ok(ExprKind::Offsetof(
                Box::new(ty),
                parser.member_designator()?,
            ))
        })?;
        self.expect(TokenKind::RightParen, Expected::RightParen)?;
        self.tree(kind, start, height)
    }

    fn member_designator(&mut self) -> Parse<Vec<OffsetofStep<'s>>> {
        let mut steps = Vec::new();
        loop {
            let Some(name) = self.eat_name() else {
                return Err(self.unexpected(Expected::Name));
            };
            steps.push(OffsetofStep::Member(name));
            while self.eat(TokenKind::LeftBracket) {
                let index = self.nested(Self::comma_expression)?;
                self.expect(TokenKind::RightBracket, Expected::RightBracket)?;
                steps.push(OffsetofStep::Index(index.expr));
            }
            if !self.eat(TokenKind::Dot) {
                return Ok(steps);
            }
        }
    }

    /// What `parse` reads, and the height of the tallest expression in it.
    fn measured<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<(T, u32)> {
        let before = std::mem::take(&mut self.tallest);
        let outcome = parse(self);
        let height = self.tallest;
        self.tallest = before.max(height);
        Ok((outcome?, height))
    }

    fn unsupported(&self, start: u32) -> Tree<'s> {
        Tree {
            expr: Expr {
                kind: ExprKind::Unsupported,
                span: self.span_from(start),
            },
            height: 1,
        }
    }

    /// A node above children of at most this `height`.
    fn tree(&mut self, kind: ExprKind<'s>, start: u32, height: u32) -> Parse<Tree<'s>> {
        if height >= MAX_NESTING {
            return Err(self.too_deep());
        }
        self.tallest = self.tallest.max(height + 1);
        Ok(Tree {
            expr: Expr {
                kind,
                span: self.span_from(start),
            },
            height: height + 1,
        })
    }
}

/// From the weakest to the strongest (C11 6.5.5 to 6.5.14).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precedence {
    LogicalOr,
    LogicalAnd,
    BitOr,
    BitXor,
    BitAnd,
    Equality,
    Relation,
    Shift,
    Sum,
    Product,
}

impl Precedence {
    const fn next(self) -> Option<Self> {
        Some(match self {
            Self::LogicalOr => Self::LogicalAnd,
            Self::LogicalAnd => Self::BitOr,
            Self::BitOr => Self::BitXor,
            Self::BitXor => Self::BitAnd,
            Self::BitAnd => Self::Equality,
            Self::Equality => Self::Relation,
            Self::Relation => Self::Shift,
            Self::Shift => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product => return None,
        })
    }
}

const fn binary_operator(kind: TokenKind) -> Option<(BinaryOperator, Precedence)> {
    use BinaryOperator as B;
    use Precedence as P;
    Some(match kind {
        TokenKind::Star => (B::Multiply, P::Product),
        TokenKind::Slash => (B::Divide, P::Product),
        TokenKind::Percent => (B::Remainder, P::Product),
        TokenKind::Plus => (B::Add, P::Sum),
        TokenKind::Minus => (B::Subtract, P::Sum),
        TokenKind::ShiftLeft => (B::ShiftLeft, P::Shift),
        TokenKind::ShiftRight => (B::ShiftRight, P::Shift),
        TokenKind::Less => (B::Less, P::Relation),
        TokenKind::LessEqual => (B::LessEqual, P::Relation),
        TokenKind::Greater => (B::Greater, P::Relation),
        TokenKind::GreaterEqual => (B::GreaterEqual, P::Relation),
        TokenKind::EqualEqual => (B::Equal, P::Equality),
        TokenKind::NotEqual => (B::NotEqual, P::Equality),
        TokenKind::Ampersand => (B::BitAnd, P::BitAnd),
        TokenKind::Caret => (B::BitXor, P::BitXor),
        TokenKind::Pipe => (B::BitOr, P::BitOr),
        TokenKind::AndAnd => (B::LogicalAnd, P::LogicalAnd),
        TokenKind::OrOr => (B::LogicalOr, P::LogicalOr),
        _ => return None,
    })
}
