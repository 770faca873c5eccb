//! External declarations (C11 6.9, 6.7): what stands between two semicolons at the top of a cdef.
//!
//! `extern "C" { … }` blocks are a stack here and no recursion. Function bodies are skipped.

use super::declarator::Naming;
use super::specifier::Context;
use super::unknown::macro_hint;
use super::{Failed, Parse, Parser};
use crate::ast::{
    Declaration, Declarator, Define, Derivation, InitDeclarator, Initializer, Item, Linkage,
    Specifiers, StaticAssert, Storage, TypeSpecifier,
};
use crate::diagnostic::{Diagnostic, DiagnosticKind, Expected};
use crate::literal;
use crate::span::Span;
use crate::token::TokenKind;

impl<'s> Parser<'s, '_> {
    /// Everything, with the `#define`s put between the declarations where they stand.
    pub(super) fn translation_unit(&mut self, defines: Vec<Define<'s>>) -> Vec<Item<'s>> {
        let mut items = Vec::with_capacity(self.tokens.len() / 16 + defines.len());
        let mut defines = defines.into_iter().peekable();
        // The language of each open block, with the offset of its brace.
        let mut blocks: Vec<(Linkage, u32)> = Vec::new();
        while !self.at_end() {
            let start = self.start();
            while let Some(define) = defines.next_if(|define| define.span.start < start) {
                items.push(Item::Define(define));
            }
            let progress = self.progress();
            self.clear_suspicion();
            if self.at(TokenKind::RightBrace) && blocks.pop().is_some() {
                self.bump();
                continue;
            }
            let first = self.position;
            let linkage = blocks.last().map_or(Linkage::C, |block| block.0);
            match self.external(linkage) {
                Ok(External::Item(item)) => items.push(item),
                Ok(External::Nothing) => {}
                Ok(External::Block(linkage)) => blocks.push((linkage, start)),
                Err(Failed) => self.recover_declaration(first),
            }
            self.ensure_progress(&progress);
        }
        items.extend(defines.map(Item::Define));
        if let Some((_, open)) = blocks.pop() {
            let hint = self.unclosed_hint(open);
            self.unexpected_with(Expected::RightBrace, Some(hint));
        }
        items
    }

    fn external(&mut self, block: Linkage) -> Parse<External<'s>> {
        while self.at(TokenKind::Extension) {
            self.bump();
        }
        match (self.kind(), self.kind_at(1)) {
            (TokenKind::Semicolon, _) => {
                self.bump();
                Ok(External::Nothing)
            }
            (TokenKind::Extern, TokenKind::String) => self.linkage(),
            (TokenKind::StaticAssert, TokenKind::LeftParen) => {
                Ok(External::Item(Item::StaticAssert(self.static_assert()?)))
            }
            // `asm("…");` between declarations is text for the assembler.
            (TokenKind::Asm, TokenKind::LeftParen) => {
                self.bump();
                self.skip_parentheses()?;
                self.declaration_end()?;
                Ok(External::Nothing)
            }
            _ => self.declaration(block, Storage::empty()),
        }
    }

    /// `extern "Python" …`: one declaration or a block.
    fn linkage(&mut self) -> Parse<External<'s>> {
        self.bump();
        let span = self.token().span;
        let language = self.string()?;
        let linkage = linkage(&language);
        if linkage.is_none() {
            let hint = "CFFI knows extern \"C\", extern \"Python\" and extern \"Python+C\"";
            self.report_full(
                Diagnostic::new(DiagnosticKind::UnknownLinkage { language }, span).with_hint(hint),
            );
        }
        let linkage = linkage.unwrap_or_default();
        if self.eat(TokenKind::LeftBrace) {
            return Ok(External::Block(linkage));
        }
        self.declaration(linkage, Storage::EXTERN)
    }

    fn declaration(&mut self, linkage: Linkage, implied: Storage) -> Parse<External<'s>> {
        let start = self.start();
        let mut specifiers = self.specifiers(Context::Declaration)?;
        specifiers.storage |= implied;
        if self.eat(TokenKind::Semicolon) {
            return Ok(self.without_declarators(linkage, specifiers, start));
        }
        let mut declarators = Vec::with_capacity(1);
        loop {
            let declarator = self.declarator(Naming::Required)?;
            self.declare(specifiers.storage, &declarator);
            let (declared, body) =
                self.init_declarator(declarator, &specifiers, declarators.len())?;
            declarators.push(declared);
            if body.is_some() {
                let span = self.span_from(start);
                let declaration = Declaration {
                    linkage,
                    specifiers,
                    declarators,
                    body,
                    span,
                };
                return Ok(External::Item(Item::Declaration(declaration)));
            }
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.declaration_end()?;
        let span = self.span_from(start);
        Ok(External::Item(Item::Declaration(Declaration {
            linkage,
            specifiers,
            declarators,
            body: None,
            span,
        })))
    }

    /// `struct s { … };`, or a declaration that does nothing.
    fn without_declarators(
        &mut self,
        linkage: Linkage,
        specifiers: Specifiers<'s>,
        start: u32,
    ) -> External<'s> {
        match specifiers.ty {
            TypeSpecifier::Record(_) | TypeSpecifier::Enum(_) => {}
            TypeSpecifier::Missing
                if specifiers.storage.is_empty() && specifiers.qualifiers.is_empty() =>
            {
                return External::Nothing;
            }
            _ => {
                self.report(DiagnosticKind::DeclaresNothing, specifiers.span);
                return External::Nothing;
            }
        }
        let span = self.span_from(start);
        let declarators = Vec::new();
        External::Item(Item::Declaration(Declaration {
            linkage,
            specifiers,
            declarators,
            body: None,
            span,
        }))
    }

    /// The scope of a name begins behind its declarator (C11 6.2.1p7).
    fn declare(&mut self, storage: Storage, declarator: &Declarator<'s>) {
        let Some(name) = declarator.name else { return };
        if storage.contains(Storage::TYPEDEF) {
            self.scope.declare_typedef(name.name);
        } else {
            self.scope.declare_ordinary(name.name);
        }
    }

    /// What follows a declarator; for a function, perhaps its body.
    fn init_declarator(
        &mut self,
        mut declarator: Declarator<'s>,
        specifiers: &Specifiers<'s>,
        earlier: usize,
    ) -> Parse<(InitDeclarator<'s>, Option<Span>)> {
        let mut asm_label = None;
        loop {
            if self.at(TokenKind::Asm) {
                asm_label = Some(self.asm_label()?);
            } else if self.at_attribute() {
                self.attributes(&mut declarator.attributes)?;
            } else {
                break;
            }
        }
        let mut body = None;
        let mut initializer = None;
        let is_function = matches!(
            declarator.derivations.first(),
            Some(Derivation::Function { .. })
        );
        if self.at(TokenKind::LeftBrace) && is_function && earlier == 0 {
            let skipped = self.skip_braces()?;
            let inline = Storage::STATIC | Storage::INLINE;
            if !specifiers.storage.intersects(inline) {
                let span = declarator.name.map_or(declarator.span, |name| name.span);
                self.report(DiagnosticKind::FunctionBody, span);
            }
            body = Some(skipped);
        } else if self.eat(TokenKind::Equal) {
            initializer = Some(self.initializer()?);
        }
        Ok((
            InitDeclarator {
                declarator,
                initializer,
                asm_label,
            },
            body,
        ))
    }

    fn initializer(&mut self) -> Parse<Initializer<'s>> {
        Ok(match self.kind() {
            TokenKind::Ellipsis => Initializer::Ellipsis(self.bump().span),
            TokenKind::LeftBrace => Initializer::Skipped(self.skip_braces()?),
            _ => Initializer::Expr(self.assignment_expression()?),
        })
    }

    /// GNU's `asm("symbol")`.
    fn asm_label(&mut self) -> Parse<String> {
        self.bump();
        self.expect(TokenKind::LeftParen, Expected::LeftParen)?;
        let label = self.string()?;
        self.expect(TokenKind::RightParen, Expected::RightParen)?;
        Ok(label)
    }

    /// `_Static_assert(condition, "text");` (C11 6.7.10; C23 does without the text).
    pub(super) fn static_assert(&mut self) -> Parse<StaticAssert<'s>> {
        let start = self.start();
        self.bump();
        self.expect(TokenKind::LeftParen, Expected::LeftParen)?;
        let condition = self.constant_expression()?;
        let message = if self.eat(TokenKind::Comma) {
            Some(self.string()?)
        } else {
            None
        };
        self.expect(TokenKind::RightParen, Expected::RightParen)?;
        self.declaration_end()?;
        Ok(StaticAssert {
            condition,
            message,
            span: self.span_from(start),
        })
    }

    /// Adjacent string literals, decoded and joined (C11 6.4.5p5).
    fn string(&mut self) -> Parse<String> {
        let mut decoded = String::new();
        if !self.at(TokenKind::String) {
            return Err(self.unexpected(Expected::String));
        }
        while self.at(TokenKind::String) {
            let token = self.bump();
            if let Err(error) = literal::string(self.spelling(token), &mut decoded) {
                self.report(DiagnosticKind::Character(error), token.span);
            }
        }
        Ok(decoded)
    }

    fn declaration_end(&mut self) -> Parse<()> {
        if self.eat(TokenKind::Semicolon) {
            return Ok(());
        }
        Err(self.missing_semicolon(Expected::CommaOrSemicolon))
    }

    /// Reports the token behind something that should have ended.
    #[cold]
    pub(super) fn missing_semicolon(&mut self, expected: Expected) -> Failed {
        let token = self.token();
        let missing = token.first_on_line
            || matches!(token.kind, TokenKind::RightBrace | TokenKind::EndOfInput);
        let hint = if missing {
            let line = self.source.location(self.last_character().start).line;
            Some(format!("a ';' may be missing at the end of line {line}"))
        } else if token.kind == TokenKind::Identifier && self.is_behind_parenthesis() {
            Some(macro_hint(self.spelling(token)))
        } else {
            None
        };
        self.unexpected_with(expected, hint)
    }

    fn is_behind_parenthesis(&self) -> bool {
        let before = self
            .position
            .checked_sub(1)
            .and_then(|before| self.tokens.get(before));
        before.is_some_and(|token| token.kind == TokenKind::RightParen)
    }

    /// Reports a declarator that is not there.
    #[cold]
    pub(super) fn missing_declarator(&mut self) -> Failed {
        if self.token().first_on_line && self.begins_declaration() {
            return self.missing_semicolon(Expected::Semicolon);
        }
        self.unexpected(Expected::Declarator)
    }

    /// What stands in the place of a declarator in an unnamed bit-field.
    pub(super) fn unnamed_declarator(&self) -> Declarator<'s> {
        let start = self.start();
        Declarator {
            name: None,
            derivations: Vec::new(),
            attributes: Vec::new(),
            convention: None,
            span: Span::new(start, start),
        }
    }
}

/// What an external declaration turned out to be.
enum External<'s> {
    Item(Item<'s>),
    /// The beginning of a block.
    Block(Linkage),
    /// Nothing that anybody needs.
    Nothing,
}

/// The linkage that a language's name asks for.
fn linkage(language: &str) -> Option<Linkage> {
    let mut parts = language.split('+').map(str::trim);
    match (parts.next(), parts.next(), parts.next()) {
        (Some("C"), None, _) => Some(Linkage::C),
        (Some("Python"), None, _) => Some(Linkage::Python),
        (Some("Python"), Some("C"), None) | (Some("C"), Some("Python"), None) => {
            Some(Linkage::PythonPlusC)
        }
        _ => None,
    }
}
