//! Attributes in their three forms: `__attribute__((…))`, C23's `[[…]]`, `__declspec(…)`.
//!
//! Every attribute is kept by name; arguments only of those that can change a layout or a call. What an attribute means is the model's.

use super::specifier::begins_attribute;
use super::{Parse, Parser};
use crate::ast::{Attribute, Expr, Ident};
use crate::diagnostic::Expected;
use crate::source::to_offset;
use crate::span::Span;
use crate::token::TokenKind;

/// Attributes whose arguments are expressions that somebody reads.
const WITH_ARGUMENTS: &[&str] = &[
    "align",
    "aligned",
    "mode",
    "pack",
    "scalar_storage_order",
    "vector_size",
    "warn_if_not_aligned",
];

impl<'s> Parser<'s, '_> {
    pub(super) fn at_attribute(&self) -> bool {
        begins_attribute(self.kind(), self.kind_at(1))
    }

    /// Consumes attributes as long as there are any.
    pub(super) fn attributes(&mut self, found: &mut Vec<Attribute<'s>>) -> Parse<()> {
        while self.at_attribute() {
            match self.bump().kind {
                TokenKind::Attribute => {
                    self.expect(TokenKind::LeftParen, Expected::LeftParen)?;
                    self.attribute_group(found, TokenKind::LeftParen)?;
                    self.expect(TokenKind::RightParen, Expected::RightParen)?;
                }
                TokenKind::Declspec => self.attribute_group(found, TokenKind::LeftParen)?,
                _ => {
                    self.attribute_group(found, TokenKind::LeftBracket)?;
                    self.expect(TokenKind::RightBracket, Expected::RightBracket)?;
                }
            }
        }
        Ok(())
    }

    /// A bracketed list. Empty places are allowed in it; `__declspec` does without commas.
    fn attribute_group(&mut self, found: &mut Vec<Attribute<'s>>, open: TokenKind) -> Parse<()> {
        let (close, expected_open, expected_close) = if open == TokenKind::LeftParen {
            (
                TokenKind::RightParen,
                Expected::LeftParen,
                Expected::RightParen,
            )
        } else {
            (
                TokenKind::RightBracket,
                Expected::RightBracket,
                Expected::RightBracket,
            )
        };
        self.expect(open, expected_open)?;
        loop {
            if self.eat(close) {
                return Ok(());
            }
            if self.eat(TokenKind::Comma) {
                continue;
            }
            if !self.is_attribute_name() {
                let expected = if self.at_end() {
                    expected_close
                } else {
                    Expected::AttributeName
                };
                return Err(self.unexpected(expected));
            }
            let attribute = self.attribute()?;
            found.push(attribute);
        }
    }

    /// Any word can name an attribute, `const` too.
    fn is_attribute_name(&self) -> bool {
        let spelling = self.spelling(self.token());
        spelling.starts_with(|first: char| first == '_' || first.is_alphabetic())
            && !spelling.ends_with(['"', '\''])
    }

    fn attribute(&mut self) -> Parse<Attribute<'s>> {
        let mut token = self.bump();
        if self.eat(TokenKind::ColonColon) {
            if !self.is_attribute_name() {
                return Err(self.unexpected(Expected::AttributeName));
            }
            // `gnu::packed` is `packed`; other vendors' names mean nothing here and do no harm under their own.
            token = self.bump();
        }
        let name = bare(Ident {
            name: self.spelling(token),
            span: token.span,
        });
        let mut arguments = Vec::new();
        if self.at(TokenKind::LeftParen) {
            if WITH_ARGUMENTS.contains(&name.name) {
                arguments = self.attribute_arguments()?;
            } else {
                self.skip_parentheses()?;
            }
        }
        Ok(Attribute { name, arguments })
    }

    fn attribute_arguments(&mut self) -> Parse<Vec<Expr<'s>>> {
        let mut arguments = Vec::new();
        self.expect(TokenKind::LeftParen, Expected::LeftParen)?;
        while !self.eat(TokenKind::RightParen) {
            arguments.push(self.assignment_expression()?);
            if !self.at(TokenKind::RightParen) {
                self.expect(TokenKind::Comma, Expected::ParameterEnd)?;
            }
        }
        Ok(arguments)
    }
}

/// The name without the underscores that protect it from macros.
fn bare(ident: Ident<'_>) -> Ident<'_> {
    let stripped = ident
        .name
        .strip_prefix("__")
        .and_then(|rest| rest.strip_suffix("__"));
    match stripped {
        Some(name) if !name.is_empty() => {
            let start = ident.span.start.saturating_add(2);
            Ident {
                name,
                span: Span::new(start, start.saturating_add(to_offset(name.len()))),
            }
        }
        _ => ident,
    }
}
