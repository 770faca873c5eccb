//! Declarators and abstract declarators (C11 6.7.6, 6.7.7).
//!
//! The result is flat: the derivations from the name outwards, `int *(*f[3])(void)` as `[3]`, `*`, `(void)`, `*`. Each level of parentheses
//! appends to the same list and then moves its pointers behind what it found to the right of the name.

use super::specifier::{Context, begins_attribute};
use super::{MAX_DERIVATIONS, Parse, Parser};
use crate::ast::{ArrayLength, Declarator, Derivation, Ident, Parameter};
use crate::diagnostic::Expected;
use crate::span::Span;
use crate::token::{BUILT_IN_TYPES, SPECIFIER_START, TokenKind};

/// Whether a declarator must have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Naming {
    /// It must: in declarations and members. Then any `(` in front of the name only groups.
    Required,
    /// It can: in parameters and type names. Then a `(` may begin a parameter list.
    Optional,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Outer,
    InParentheses,
}

impl<'s> Parser<'s, '_> {
    /// A declarator with the attributes behind it.
    pub(super) fn declarator(&mut self, naming: Naming) -> Parse<Declarator<'s>> {
        let start = self.start();
        let mut declarator = Declarator {
            name: None,
            derivations: Vec::new(),
            attributes: Vec::new(),
            convention: None,
            span: Span::default(),
        };
        self.declarator_level(&mut declarator, naming, Level::Outer)?;
        declarator.span = self.span_from(start);
        Ok(declarator)
    }

    fn declarator_level(
        &mut self,
        declarator: &mut Declarator<'s>,
        naming: Naming,
        level: Level,
    ) -> Parse<()> {
        let base = declarator.derivations.len();
        self.pointers(declarator, level)?;
        let pointers = declarator.derivations.len().saturating_sub(base);

        if self.is_name_at(0) || self.at_any(BUILT_IN_TYPES) {
            let token = self.bump();
            declarator.name = Some(Ident {
                name: self.spelling(token),
                span: token.span,
            });
        } else if self.at(TokenKind::LeftParen)
            && (naming == Naming::Required || self.parenthesis_groups())
        {
            self.bump();
            self.nested(|parser| {
                parser.declarator_level(declarator, naming, Level::InParentheses)
            })?;
            self.expect(TokenKind::RightParen, Expected::RightParen)?;
        } else if naming == Naming::Required {
            return Err(self.missing_declarator());
        }
        self.suffixes(declarator)?;

        // From the name outwards: first what stands to its right, then the pointers, the nearest first.
        if let Some(own) = declarator.derivations.get_mut(base..) {
            own.rotate_left(pointers);
            let behind = own.len().saturating_sub(pointers);
            if let Some(pointers) = own.get_mut(behind..) {
                pointers.reverse();
            }
        }
        Ok(())
    }

    /// `* const * __stdcall`: appended in the order of the text.
    fn pointers(&mut self, declarator: &mut Declarator<'s>, level: Level) -> Parse<()> {
        let base = declarator.derivations.len();
        let mut pending = None;
        loop {
            if self.at_attribute() {
                self.attributes(&mut declarator.attributes)?;
            } else if let Some(convention) = self.convention() {
                pending = Some(convention);
            } else if self.eat(TokenKind::Star) {
                let mut attributes = Vec::new();
                let mut qualifiers = self.qualifiers();
                while self.at_attribute() {
                    self.attributes(&mut attributes)?;
                    qualifiers |= self.qualifiers();
                }
                // In parentheses, `(__stdcall *p)`, it belongs to the function that `p` points to.
                let convention = if level == Level::InParentheses {
                    pending.take()
                } else {
                    None
                };
                self.derive(
                    declarator,
                    Derivation::Pointer {
                        qualifiers,
                        attributes,
                        convention,
                    },
                )?;
            } else {
                break;
            }
        }
        if let Some(pending) = pending {
            let own = declarator
                .derivations
                .get_mut(base..)
                .and_then(<[_]>::last_mut);
            match own {
                Some(Derivation::Pointer { convention, .. }) if level == Level::InParentheses => {
                    *convention = Some(pending);
                }
                _ => declarator.convention = Some(pending),
            }
        }
        Ok(())
    }

    /// Whether the `(` at the current token groups a declarator. Otherwise it begins a parameter list (C11 6.7.6.3p11: what
    /// can be a typedef name is one).
    fn parenthesis_groups(&self) -> bool {
        use TokenKind as T;
        let mut ahead = 1;
        loop {
            let kind = self.kind_at(ahead);
            match kind {
                T::Attribute | T::Declspec => match self.behind_parentheses(ahead + 1) {
                    Some(behind) => ahead = behind,
                    None => return false,
                },
                T::Cdecl | T::Stdcall => ahead += 1,
                T::LeftBracket => return !begins_attribute(kind, self.kind_at(ahead + 1)),
                T::Star | T::LeftParen => return true,
                T::Identifier if self.is_typedef_name_at(ahead) => return false,
                // A name with a name or a star behind it is a parameter of a type that was not declared.
                T::Identifier => {
                    return !matches!(self.kind_at(ahead + 1), T::Identifier | T::Star);
                }
                kind => return self.is_name_at(ahead) && !SPECIFIER_START.contains(kind),
            }
        }
    }

    /// `[3]`, `(int)`, and attributes behind them.
    fn suffixes(&mut self, declarator: &mut Declarator<'s>) -> Parse<()> {
        loop {
            if self.at_attribute() {
                self.attributes(&mut declarator.attributes)?;
                continue;
            }
            let derivation = match self.kind() {
                TokenKind::LeftBracket => self.array()?,
                TokenKind::LeftParen => self.nested(Self::function)?,
                _ => return Ok(()),
            };
            self.derive(declarator, derivation)?;
        }
    }

    /// Appends a derivation. Their number is bounded like any nesting: each is a type inside a type.
    fn derive(&mut self, declarator: &mut Declarator<'s>, derivation: Derivation<'s>) -> Parse<()> {
        if declarator.derivations.is_empty() {
            // Mostly there is one; a growing vector would begin with room for four.
            declarator.derivations.reserve_exact(1);
        }
        declarator.derivations.push(derivation);
        let count = u32::try_from(declarator.derivations.len()).unwrap_or(u32::MAX);
        if count > MAX_DERIVATIONS {
            Err(self.too_deep())
        } else {
            Ok(())
        }
    }

    /// `[…]` (C11 6.7.6.2), or CFFI's `[...]`.
    fn array(&mut self) -> Parse<Derivation<'s>> {
        let start = self.start();
        self.expect(TokenKind::LeftBracket, Expected::RightBracket)?;
        let mut qualifiers = self.qualifiers();
        while self.eat(TokenKind::Static) {
            qualifiers |= self.qualifiers();
        }
        let length = match (self.kind(), self.kind_at(1)) {
            (TokenKind::RightBracket, _) => ArrayLength::Missing,
            (TokenKind::Star, TokenKind::RightBracket) => {
                self.bump();
                ArrayLength::Star
            }
            (TokenKind::Ellipsis, TokenKind::RightBracket) => {
                self.bump();
                ArrayLength::Ellipsis
            }
            _ => ArrayLength::Expr(self.assignment_expression()?),
        };
        self.expect(TokenKind::RightBracket, Expected::RightBracket)?;
        Ok(Derivation::Array {
            length,
            qualifiers,
            span: self.span_from(start),
        })
    }

    /// `(parameters)` (C11 6.7.6.3), in a scope of their own.
    fn function(&mut self) -> Parse<Derivation<'s>> {
        let start = self.start();
        self.expect(TokenKind::LeftParen, Expected::LeftParen)?;
        if self.at(TokenKind::Void) && self.kind_at(1) == TokenKind::RightParen {
            self.bump();
        }
        let scope = self.scope.enter();
        let outcome = self.parameters();
        self.scope.leave(scope);
        let (parameters, variadic) = outcome?;
        Ok(Derivation::Function {
            parameters,
            variadic,
            span: self.span_from(start),
        })
    }

    /// The parameters up to and with the `)`, and whether they end in `...`.
    fn parameters(&mut self) -> Parse<(Vec<Parameter<'s>>, bool)> {
        if self.eat(TokenKind::RightParen) {
            return Ok((Vec::new(), false));
        }
        let mut parameters = Vec::with_capacity(1);
        loop {
            if self.eat(TokenKind::Ellipsis) {
                self.expect(TokenKind::RightParen, Expected::RightParen)?;
                return Ok((parameters, true));
            }
            parameters.push(self.parameter()?);
            if self.eat(TokenKind::RightParen) {
                return Ok((parameters, false));
            }
            self.expect(TokenKind::Comma, Expected::ParameterEnd)?;
        }
    }

    fn parameter(&mut self) -> Parse<Parameter<'s>> {
        let start = self.start();
        let specifiers = self.specifiers(Context::Parameter)?;
        let declarator = self.declarator(Naming::Optional)?;
        if let Some(name) = declarator.name {
            self.scope.declare_parameter(name.name);
        }
        Ok(Parameter {
            specifiers,
            declarator,
            span: self.span_from(start),
        })
    }
}
