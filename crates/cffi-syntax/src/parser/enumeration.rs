//! Enums (C11 6.7.2.2, C23's underlying type), with CFFI's `...` for values and for the rest.

use super::specifier::Context;
use super::{Failed, Parse, Parser};
use crate::ast::{EnumBody, EnumSpecifier, Enumerator, EnumeratorValue};
use crate::diagnostic::Expected;
use crate::token::TokenKind;

impl<'s> Parser<'s, '_> {
    /// From the keyword on.
    pub(super) fn enumeration(&mut self) -> Parse<EnumSpecifier<'s>> {
        let keyword = self.bump();
        let mut attributes = Vec::new();
        self.attributes(&mut attributes)?;
        let tag = self.eat_name();
        let mut underlying = None;
        // In a struct, `enum e : 3;` is a bit-field; with a type behind the colon it is not.
        if self.at(TokenKind::Colon) && self.begins_type_name(1) {
            self.bump();
            underlying = Some(Box::new(
                self.nested(|parser| parser.specifiers(Context::TypeName))?,
            ));
        }
        let mut body = None;
        if self.at(TokenKind::LeftBrace) {
            body = Some(self.enum_body()?);
            self.attributes(&mut attributes)?;
        } else if tag.is_none() {
            return Err(self.unexpected(Expected::Tag));
        }
        let span = self.span_from(keyword.span.start);
        Ok(EnumSpecifier {
            tag,
            underlying,
            body,
            attributes,
            span,
        })
    }

    fn enum_body(&mut self) -> Parse<EnumBody<'s>> {
        let open = self.bump().span.start;
        let mut body = EnumBody::default();
        let mut failed_before = false;
        while !self.eat(TokenKind::RightBrace) {
            // A `;` means that the brace is missing: the rest of the text is no list of enumerators.
            if self.at_end() || self.at(TokenKind::Semicolon) {
                if failed_before {
                    return Err(Failed);
                }
                let hint = self.unclosed_hint(open);
                return Err(self.unexpected_with(Expected::RightBrace, Some(hint)));
            }
            let progress = self.progress();
            if self.enumerator(&mut body).is_err() {
                self.recover_enumerator();
                failed_before = true;
            }
            self.ensure_progress(&progress);
        }
        Ok(body)
    }

    /// One enumerator or the final `...`, with the comma behind it.
    fn enumerator(&mut self, body: &mut EnumBody<'s>) -> Parse<()> {
        if self.eat(TokenKind::Ellipsis) {
            body.partial = true;
            self.eat(TokenKind::Comma);
            return if self.at(TokenKind::RightBrace) {
                Ok(())
            } else {
                Err(self.unexpected(Expected::RightBrace))
            };
        }
        let Some(name) = self.eat_name() else {
            return Err(self.unexpected(Expected::Enumerator));
        };
        self.attributes(&mut Vec::new())?;
        let value = if !self.eat(TokenKind::Equal) {
            EnumeratorValue::Implicit
        } else if self.eat(TokenKind::Ellipsis) {
            EnumeratorValue::Ellipsis
        } else {
            EnumeratorValue::Expr(self.constant_expression()?)
        };
        // Its scope begins behind its definition (C11 6.2.1p7).
        self.scope.declare_ordinary(name.name);
        body.enumerators.push(Enumerator { name, value });
        if self.at(TokenKind::RightBrace) || self.eat(TokenKind::Comma) {
            return Ok(());
        }
        Err(self.unexpected(Expected::EnumeratorEnd))
    }
}
