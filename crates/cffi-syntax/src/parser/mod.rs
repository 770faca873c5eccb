//! The parser: recursive descent over the tokens of one text.
//!
//! Here are the entry points and the state that the parts share. Each part is an `impl` of [`Parser`] for one piece of the
//! grammar. A part that fails has recorded why and returns [`Failed`]; `recovery` finds the place to go on.
//! Nothing is looked up but typedef names, and nothing is evaluated.

mod attribute;
mod declaration;
mod declarator;
mod enumeration;
mod expression;
mod record;
mod recovery;
mod skip;
mod specifier;
mod suggest;
mod type_name;
mod unknown;
mod words;

use crate::ast::{Ident, TranslationUnit, TypeName};
use crate::diagnostic::{Diagnostic, DiagnosticKind, Diagnostics, Expected, Found};
use crate::directive::PackHistory;
use crate::lexer::{Lexed, lex};
use crate::scope::{Scope, TypeNames};
use crate::source::{SourceText, slice, to_offset};
use crate::span::Span;
use crate::token::{SOFT_KEYWORDS, Token, TokenKind, TokenSet};

/// How deep declarators, records, parameter lists and expressions may nest in each other. C11 5.2.4.1 asks for 63 and less.
pub const MAX_NESTING: u32 = 256;

/// How many pointers, arrays and functions one declarator may have around its name. They nest without recursion here; the bound is for
/// those who walk along types.
pub const MAX_DERIVATIONS: u32 = 900;

/// How to read a cdef.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParseOptions {
    /// The member alignment limit in force at the start, as `#pragma pack(n)` would set it.
    pub pack: Option<u32>,
}

/// A parsed cdef.
#[derive(Clone, Debug)]
pub struct Parsed<'s> {
    /// The tree; usable where no diagnostic is an error.
    pub unit: TranslationUnit<'s>,
    /// Errors and warnings in source order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Parses a cdef.
#[must_use]
pub fn parse_translation_unit<'s>(
    source: &'s SourceText,
    names: &dyn TypeNames,
    options: &ParseOptions,
) -> Parsed<'s> {
    if source.is_oversized() {
        let diagnostics = vec![Diagnostic::new(DiagnosticKind::TooLong, Span::default())];
        return Parsed {
            unit: TranslationUnit::default(),
            diagnostics,
        };
    }
    let lexed = lex(source.text(), options.pack);
    let (mut parser, defines, lexical) = Parser::new(source, names, lexed);
    let items = parser.translation_unit(defines);
    Parsed {
        unit: TranslationUnit { items },
        diagnostics: lexical.merge(parser.diagnostics),
    }
}

/// Parses a type string such as `int (*)[5]`.
///
/// # Errors
///
/// The mistakes in it, in source order.
pub fn parse_type_name<'s>(
    source: &'s SourceText,
    names: &dyn TypeNames,
) -> Result<TypeName<'s>, Vec<Diagnostic>> {
    if source.is_oversized() {
        return Err(vec![Diagnostic::new(
            DiagnosticKind::TooLong,
            Span::default(),
        )]);
    }
    let (mut parser, defines, lexical) = Parser::new(source, names, lex(source.text(), None));
    if let Some(define) = defines.first() {
        let kind = DiagnosticKind::Unexpected {
            found: Found::Token("#define".to_owned()),
            expected: Expected::Type,
        };
        parser.diagnostics.push(Diagnostic::new(kind, define.span));
    }
    if lexical.has_errors() || parser.diagnostics.has_errors() {
        // In one line, what else is wrong is an echo.
        parser.suspicion = Suspicion::WrongType;
    }
    let outcome = parser.whole_type_name();
    let flawed = lexical.has_errors() || parser.diagnostics.has_errors();
    outcome
        .ok()
        .filter(|_| !flawed)
        .ok_or_else(|| lexical.merge(parser.diagnostics))
}

/// The error was recorded; the caller gives up as well, up to a place where the text makes sense again.
#[derive(Clone, Copy, Debug)]
struct Failed;

type Parse<T> = Result<T, Failed>;

/// Whether the current declaration was already found to be wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Suspicion {
    None,
    /// A type was unknown or missing: syntax errors behind it are probably its consequences.
    WrongType,
}

struct Parser<'s, 'n> {
    source: &'s SourceText,
    text: &'s str,
    tokens: Vec<Token>,
    /// Index of the current token.
    position: usize,
    /// Behind the last token that was consumed.
    last_end: u32,
    scope: Scope<'s, 'n>,
    packs: PackHistory<'s>,
    depth: u32,
    /// The height of the tallest expression since it was reset; see `expression`.
    tallest: u32,
    suspicion: Suspicion,
    diagnostics: Diagnostics,
}

impl<'s, 'n> Parser<'s, 'n> {
    fn new(
        source: &'s SourceText,
        names: &'n dyn TypeNames,
        lexed: Lexed<'s>,
    ) -> (Self, Vec<crate::ast::Define<'s>>, Diagnostics) {
        let parser = Self {
            source,
            text: source.text(),
            tokens: lexed.tokens,
            position: 0,
            last_end: 0,
            scope: Scope::new(names),
            packs: lexed.packs,
            depth: 0,
            tallest: 0,
            suspicion: Suspicion::None,
            diagnostics: Diagnostics::default(),
        };
        (parser, lexed.defines, lexed.diagnostics)
    }

    /// The token `distance` ahead. Past the end, the end.
    #[inline]
    fn token_at(&self, distance: usize) -> Token {
        let behind_the_last = Token {
            kind: TokenKind::EndOfInput,
            first_on_line: false,
            span: Span::new(self.last_end, self.last_end),
        };
        self.tokens
            .get(self.position + distance)
            .or(self.tokens.last())
            .copied()
            .unwrap_or(behind_the_last)
    }

    #[inline]
    fn token(&self) -> Token {
        self.token_at(0)
    }

    #[inline]
    fn kind(&self) -> TokenKind {
        self.kind_at(0)
    }

    #[inline]
    fn kind_at(&self, distance: usize) -> TokenKind {
        self.tokens
            .get(self.position + distance)
            .map_or(TokenKind::EndOfInput, |token| token.kind)
    }

    #[inline]
    fn at(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    fn at_any(&self, set: TokenSet) -> bool {
        set.contains(self.kind())
    }

    fn at_end(&self) -> bool {
        self.at(TokenKind::EndOfInput)
    }

    /// Where the current token begins.
    fn start(&self) -> u32 {
        self.token().span.start
    }

    /// From `start` to the end of the last consumed token.
    fn span_from(&self, start: u32) -> Span {
        Span::new(start, self.last_end.max(start))
    }

    /// The last character of the last consumed token.
    fn last_character(&self) -> Span {
        let last = slice(self.text, 0, self.last_end).chars().next_back();
        let length = last.map_or(0, |last| to_offset(last.len_utf8()));
        Span::new(self.last_end.saturating_sub(length), self.last_end)
    }

    /// Consumes the current token.
    #[inline]
    fn bump(&mut self) -> Token {
        let token = self.token();
        if token.kind != TokenKind::EndOfInput {
            self.position += 1;
            self.last_end = token.span.end;
        }
        token
    }

    /// Consumes the current token where it is of this kind.
    #[inline]
    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    fn expect(&mut self, kind: TokenKind, expected: Expected) -> Parse<Token> {
        if self.at(kind) {
            Ok(self.bump())
        } else {
            Err(self.unexpected(expected))
        }
    }

    fn spelling(&self, token: Token) -> &'s str {
        slice(self.text, token.span.start, token.span.end)
    }

    /// Whether the token `distance` ahead can be a name. Keywords that C23 or GNU added without an underscore can.
    fn is_name_at(&self, distance: usize) -> bool {
        match self.kind_at(distance) {
            TokenKind::Identifier => true,
            kind if SOFT_KEYWORDS.contains(kind) => {
                !self.spelling(self.token_at(distance)).starts_with('_')
            }
            _ => false,
        }
    }

    /// Consumes a name, where there is one.
    fn eat_name(&mut self) -> Option<Ident<'s>> {
        self.is_name_at(0).then(|| {
            let token = self.bump();
            Ident {
                name: self.spelling(token),
                span: token.span,
            }
        })
    }

    fn is_typedef_name_at(&self, distance: usize) -> bool {
        self.kind_at(distance) == TokenKind::Identifier
            && self
                .scope
                .is_typedef_name(self.spelling(self.token_at(distance)))
    }

    /// Runs `parse` one level deeper.
    #[inline]
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        if self.depth >= MAX_NESTING {
            return Err(self.too_deep());
        }
        self.depth += 1;
        let outcome = parse(self);
        self.depth -= 1;
        outcome
    }

    /// Reports too much nesting and gives up on the whole text: what follows could be as deep.
    #[cold]
    fn too_deep(&mut self) -> Failed {
        let span = self.token().span;
        self.report(DiagnosticKind::NestingTooDeep, span);
        self.abandon();
        Failed
    }

    /// Moves to the end. Errors that follow from this are not reported.
    fn abandon(&mut self) {
        self.position = self.tokens.len().saturating_sub(1);
        self.suspicion = Suspicion::WrongType;
    }

    #[cold]
    fn report(&mut self, kind: DiagnosticKind, span: Span) {
        self.report_full(Diagnostic::new(kind, span));
    }

    #[cold]
    fn report_full(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
        if self.diagnostics.is_full() {
            self.abandon();
        }
    }

    /// Reports the current token.
    #[cold]
    fn unexpected(&mut self, expected: Expected) -> Failed {
        self.unexpected_with(expected, None)
    }

    #[cold]
    fn unexpected_with(&mut self, expected: Expected, hint: Option<String>) -> Failed {
        let token = self.token();
        // The lexer has reported an invalid token.
        if token.kind == TokenKind::Invalid || self.suspicion == Suspicion::WrongType {
            return Failed;
        }
        let found = match token.kind {
            TokenKind::EndOfInput => Found::EndOfInput,
            _ => Found::Token(self.spelling(token).to_owned()),
        };
        // The end of the text is nowhere: the end of the last token shows more.
        let span = match found {
            Found::EndOfInput => self.last_character(),
            _ => token.span,
        };
        let kind = DiagnosticKind::Unexpected { found, expected };
        self.report_full(Diagnostic { kind, span, hint });
        Failed
    }
}
