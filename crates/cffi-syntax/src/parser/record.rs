//! Structs and unions (C11 6.7.2.1), with CFFI's `...;` among the members.

use super::declarator::Naming;
use super::specifier::Context;
use super::{Parse, Parser};
use crate::ast::{FieldDeclarator, Member, RecordBody, RecordKind, RecordSpecifier, TypeSpecifier};
use crate::diagnostic::{DiagnosticKind, Expected};
use crate::token::TokenKind;

impl<'s> Parser<'s, '_> {
    /// From the keyword on.
    pub(super) fn record(&mut self) -> Parse<RecordSpecifier<'s>> {
        let keyword = self.bump();
        let kind = if keyword.kind == TokenKind::Union {
            RecordKind::Union
        } else {
            RecordKind::Struct
        };
        let mut attributes = Vec::new();
        self.attributes(&mut attributes)?;
        let tag = self.eat_name();
        let mut pack = None;
        let mut body = None;
        if self.at(TokenKind::LeftBrace) {
            let (members, closing) = self.nested(Self::record_body)?;
            pack = self.packs.at(closing);
            body = Some(members);
            self.attributes(&mut attributes)?;
        } else if tag.is_none() {
            return Err(self.unexpected(Expected::Tag));
        }
        let span = self.span_from(keyword.span.start);
        Ok(RecordSpecifier {
            kind,
            tag,
            body,
            attributes,
            pack,
            span,
        })
    }

    /// The braces, and the offset of the closing one.
    fn record_body(&mut self) -> Parse<(RecordBody<'s>, u32)> {
        let open = self.bump().span.start;
        // Errors of members are theirs; what was wrong before the brace is still wrong behind it.
        let suspicion = self.suspicion;
        let mut body = RecordBody::default();
        while !self.at(TokenKind::RightBrace) {
            if self.at_end() {
                let hint = self.unclosed_hint(open);
                return Err(self.unexpected_with(Expected::RightBrace, Some(hint)));
            }
            let progress = self.progress();
            self.clear_suspicion();
            if self.member(&mut body).is_err() {
                self.recover_member();
            }
            self.ensure_progress(&progress);
        }
        let closing = self.bump().span.start;
        if !self.at_end() {
            self.suspicion = suspicion;
        }
        Ok((body, closing))
    }

    fn member(&mut self, body: &mut RecordBody<'s>) -> Parse<()> {
        match self.kind() {
            // GNU allows stray ones.
            TokenKind::Semicolon => _ = self.bump(),
            TokenKind::Ellipsis
                if matches!(
                    self.kind_at(1),
                    TokenKind::Semicolon | TokenKind::RightBrace
                ) =>
            {
                self.bump();
                self.member_end()?;
                body.partial = true;
            }
            TokenKind::StaticAssert if self.kind_at(1) == TokenKind::LeftParen => {
                let assertion = self.static_assert()?;
                body.members.push(Member::StaticAssert(assertion));
            }
            _ => {
                let member = self.field()?;
                body.members.push(member);
            }
        }
        Ok(())
    }

    fn field(&mut self) -> Parse<Member<'s>> {
        let start = self.start();
        let specifiers = self.specifiers(Context::Member)?;
        let mut declarators = Vec::new();
        if self.at(TokenKind::Semicolon) {
            if !matches!(
                specifiers.ty,
                TypeSpecifier::Record(_) | TypeSpecifier::Enum(_)
            ) {
                self.report(DiagnosticKind::EmptyMember, specifiers.span);
            }
        } else {
            declarators.reserve_exact(1);
            declarators.push(self.field_declarator()?);
            while self.eat(TokenKind::Comma) {
                declarators.push(self.field_declarator()?);
            }
        }
        self.member_end()?;
        Ok(Member::Field {
            specifiers,
            declarators,
            span: self.span_from(start),
        })
    }

    fn field_declarator(&mut self) -> Parse<FieldDeclarator<'s>> {
        let mut declarator = if self.at(TokenKind::Colon) {
            self.unnamed_declarator()
        } else {
            self.declarator(Naming::Required)?
        };
        let mut width = None;
        if self.eat(TokenKind::Colon) {
            width = Some(self.constant_expression()?);
        }
        self.attributes(&mut declarator.attributes)?;
        Ok(FieldDeclarator { declarator, width })
    }

    fn member_end(&mut self) -> Parse<()> {
        if self.eat(TokenKind::Semicolon) {
            return Ok(());
        }
        Err(self.missing_semicolon(Expected::MemberEnd))
    }
}
