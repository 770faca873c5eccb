//! Text to tokens, with comments, line directives and pragmas taken out and `#define`s set aside.
//!
//! One pass over the bytes by a table of byte classes. A `#define` may stand anywhere, inside a struct too, as CFFI's users paste
//! them; its meaning does not depend on what surrounds it. Values of constants are read later, where one is used.

use crate::ast::{Define, DefineValue, Expr, ExprKind, Ident, UnaryOperator};
use crate::cursor::{CommentEnd, Cursor, QuoteEnd};
use crate::diagnostic::{Diagnostic, DiagnosticKind, Diagnostics, Expected, Found};
use crate::directive::{LineMarker, PackHistory};
use crate::keyword;
use crate::literal::{self, Number};
use crate::source::to_offset;
use crate::span::Span;
use crate::token::{Token, TokenKind};

/// What a text consists of.
#[derive(Debug)]
pub(crate) struct Lexed<'s> {
    /// Ends in [`TokenKind::EndOfInput`].
    pub(crate) tokens: Vec<Token>,
    pub(crate) defines: Vec<Define<'s>>,
    pub(crate) packs: PackHistory<'s>,
    pub(crate) diagnostics: Diagnostics,
}

/// Splits `text` into tokens. `pack` is the member alignment limit in force at its start.
pub(crate) fn lex(text: &str, pack: Option<u32>) -> Lexed<'_> {
    let mut lexer = Lexer {
        cursor: Cursor::new(text),
        start: 0,
        fresh_line: true,
        conditionals: Conditionals::Unseen,
        lexed: Lexed {
            tokens: Vec::with_capacity(text.len() / 4 + 2),
            defines: Vec::new(),
            packs: PackHistory::new(pack),
            diagnostics: Diagnostics::default(),
        },
    };
    while let Some(byte) = lexer.cursor.peek() {
        lexer.step(byte);
    }
    lexer.start = lexer.cursor.offset();
    lexer.push(TokenKind::EndOfInput);
    lexer.lexed
}

/// Whether a conditional directive was reported. One report is enough: the others are of the same piece.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Conditionals {
    Unseen,
    Reported,
}

struct Lexer<'s> {
    cursor: Cursor<'s>,
    /// Where the current token begins.
    start: usize,
    /// Whether only blanks and comments came since the last newline.
    fresh_line: bool,
    conditionals: Conditionals,
    lexed: Lexed<'s>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Blank,
    Newline,
    Letter,
    Digit,
    Quote,
    /// Part of a character outside ASCII.
    High,
    Other,
}

#[expect(
    clippy::indexing_slicing,
    reason = "the compiler runs it, and would report a panic"
)]
static CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0_u8;
    loop {
        classes[byte as usize] = match byte {
            b' ' | b'\t' | b'\r' | 0x0b | 0x0c => Class::Blank,
            b'\n' => Class::Newline,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' => Class::Letter,
            b'0'..=b'9' => Class::Digit,
            b'"' | b'\'' => Class::Quote,
            0x80.. => Class::High,
            _ => Class::Other,
        };
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    classes
};

#[inline]
fn class(byte: u8) -> Class {
    CLASSES
        .get(usize::from(byte))
        .copied()
        .unwrap_or(Class::Other)
}

impl<'s> Lexer<'s> {
    /// Reads one token or what stands between two.
    #[inline]
    fn step(&mut self, byte: u8) {
        self.start = self.cursor.offset();
        match class(byte) {
            Class::Blank => self.cursor.skip_while(|byte| class(byte) == Class::Blank),
            Class::Newline => {
                self.cursor.bump();
                self.fresh_line = true;
            }
            Class::Letter => self.word(),
            Class::Digit => self.number(),
            Class::Quote => self.quoted(byte),
            Class::High => self.high(),
            Class::Other => self.punctuator(byte),
        }
    }

    fn push(&mut self, kind: TokenKind) {
        let span = self.span();
        self.lexed.tokens.push(Token {
            kind,
            first_on_line: self.fresh_line,
            span,
        });
        self.fresh_line = false;
    }

    /// From the start of the current token to the cursor.
    fn span(&self) -> Span {
        Span::new(to_offset(self.start), to_offset(self.cursor.offset()))
    }

    fn report(&mut self, kind: DiagnosticKind) {
        let span = self.span();
        self.lexed.diagnostics.push(Diagnostic::new(kind, span));
    }

    /// An identifier, a keyword, or the prefix of a literal.
    fn word(&mut self) {
        self.skip_word();
        let spelling = self.cursor.since(self.start);
        match (spelling, self.cursor.peek()) {
            ("L" | "u" | "U" | "u8", Some(quote @ (b'"' | b'\''))) => return self.quoted(quote),
            ("_Pragma", _) => return self.pragma_operator(),
            _ => {}
        }
        self.push(keyword::classify(spelling));
    }

    fn skip_word(&mut self) {
        loop {
            self.cursor
                .skip_while(|byte| matches!(class(byte), Class::Letter | Class::Digit));
            // C11 6.4.2.1p1 leaves characters outside ASCII to the implementation.
            match self
                .cursor
                .peek()
                .filter(|&byte| class(byte) == Class::High)
                .and(self.cursor.character())
            {
                Some(character) if character.is_alphanumeric() => {
                    self.cursor.advance(character.len_utf8())
                }
                _ => return,
            }
        }
    }

    fn high(&mut self) {
        match self.cursor.character() {
            Some(character) if character.is_alphabetic() => self.word(),
            // A byte order mark; editors leave it behind.
            Some('\u{feff}') => self.cursor.advance(3),
            other => self.illegal(other.unwrap_or(char::REPLACEMENT_CHARACTER)),
        }
    }

    fn illegal(&mut self, character: char) {
        self.cursor.advance(character.len_utf8());
        self.report(DiagnosticKind::IllegalCharacter(character));
        self.push(TokenKind::Invalid);
    }

    /// A preprocessing number (C11 6.4.8) with C23's digit separators.
    fn number(&mut self) {
        loop {
            self.skip_word();
            match (self.cursor.peek(), self.cursor.peek_at(1)) {
                (Some(b'.'), _) => self.cursor.bump(),
                (Some(b'\''), next) if next.is_ascii_alphanumeric() => self.cursor.advance(2),
                (Some(b'+' | b'-'), _) if self.ends_in_exponent() => self.cursor.bump(),
                _ => break,
            }
        }
        self.push(TokenKind::Number);
    }

    /// Whether a sign belongs to the number. In `0xe+1` it does by C's rules too; but nobody means that.
    fn ends_in_exponent(&self) -> bool {
        let spelling = self.cursor.since(self.start);
        let hexadecimal = spelling.starts_with("0x") || spelling.starts_with("0X");
        spelling.ends_with(if hexadecimal { ['p', 'P'] } else { ['e', 'E'] })
    }

    fn quoted(&mut self, quote: u8) {
        let (kind, unterminated) = if quote == b'"' {
            (TokenKind::String, DiagnosticKind::UnterminatedString)
        } else {
            (TokenKind::Character, DiagnosticKind::UnterminatedCharacter)
        };
        match self.cursor.skip_quoted(quote) {
            QuoteEnd::Closed => self.push(kind),
            QuoteEnd::Unterminated => {
                self.report(unterminated);
                self.push(TokenKind::Invalid);
            }
        }
    }

    /// `_Pragma("pack(1)")` (C11 6.10.9); it leaves no token.
    fn pragma_operator(&mut self) {
        let skip_blanks = |cursor: &mut Cursor<'_>| {
            cursor.skip_while(|byte| matches!(class(byte), Class::Blank | Class::Newline));
        };
        skip_blanks(&mut self.cursor);
        if self.cursor.peek() != Some(b'(') {
            return self.push(TokenKind::Identifier);
        }
        self.cursor.bump();
        skip_blanks(&mut self.cursor);
        let literal = self.cursor.offset();
        if self.cursor.peek() == Some(b'"') {
            self.cursor.skip_quoted(b'"');
        }
        let text = self.cursor.since(literal).trim_matches('"');
        skip_blanks(&mut self.cursor);
        if self.cursor.peek() == Some(b')') {
            self.cursor.bump();
        }
        self.pragma(text);
    }

    fn pragma(&mut self, text: &'s str) {
        if self
            .lexed
            .packs
            .pragma(text, to_offset(self.start))
            .is_err()
        {
            self.report(DiagnosticKind::InvalidPragmaPack);
        }
    }

    fn punctuator(&mut self, byte: u8) {
        use TokenKind as T;
        let next = self.cursor.peek_at(1);
        let (kind, length) = match (byte, next) {
            (b'/', b'/' | b'*') => return self.comment(),
            (b'#', _) if self.fresh_line => return self.directive(),
            (b'%', b':') if self.fresh_line => return self.directive(),
            (b'.', b'0'..=b'9') => return self.number(),
            (b'.', b'.') if self.cursor.peek_at(2) == b'.' => (T::Ellipsis, 3),
            (b'<', b'<') | (b'>', b'>') if self.cursor.peek_at(2) == b'=' => (T::CompoundEqual, 3),
            (b'<', b'<') => (T::ShiftLeft, 2),
            (b'>', b'>') => (T::ShiftRight, 2),
            (b'<', b'=') => (T::LessEqual, 2),
            (b'>', b'=') => (T::GreaterEqual, 2),
            (b'=', b'=') => (T::EqualEqual, 2),
            (b'!', b'=') => (T::NotEqual, 2),
            (b'&', b'&') => (T::AndAnd, 2),
            (b'|', b'|') => (T::OrOr, 2),
            (b'+', b'+') => (T::PlusPlus, 2),
            (b'-', b'-') => (T::MinusMinus, 2),
            (b'-', b'>') => (T::Arrow, 2),
            (b':', b':') => (T::ColonColon, 2),
            (b'*' | b'/' | b'%' | b'+' | b'-' | b'&' | b'^' | b'|', b'=') => (T::CompoundEqual, 2),
            // Digraphs (C11 6.4.6p3).
            (b'<', b':') => (T::LeftBracket, 2),
            (b':', b'>') => (T::RightBracket, 2),
            (b'<', b'%') => (T::LeftBrace, 2),
            (b'%', b'>') => (T::RightBrace, 2),
            (b'(', _) => (T::LeftParen, 1),
            (b')', _) => (T::RightParen, 1),
            (b'[', _) => (T::LeftBracket, 1),
            (b']', _) => (T::RightBracket, 1),
            (b'{', _) => (T::LeftBrace, 1),
            (b'}', _) => (T::RightBrace, 1),
            (b';', _) => (T::Semicolon, 1),
            (b',', _) => (T::Comma, 1),
            (b':', _) => (T::Colon, 1),
            (b'?', _) => (T::Question, 1),
            (b'.', _) => (T::Dot, 1),
            (b'*', _) => (T::Star, 1),
            (b'+', _) => (T::Plus, 1),
            (b'-', _) => (T::Minus, 1),
            (b'/', _) => (T::Slash, 1),
            (b'%', _) => (T::Percent, 1),
            (b'&', _) => (T::Ampersand, 1),
            (b'|', _) => (T::Pipe, 1),
            (b'^', _) => (T::Caret, 1),
            (b'~', _) => (T::Tilde, 1),
            (b'!', _) => (T::Bang, 1),
            (b'<', _) => (T::Less, 1),
            (b'>', _) => (T::Greater, 1),
            (b'=', _) => (T::Equal, 1),
            (other, _) => return self.illegal(other.into()),
        };
        self.cursor.advance(length);
        self.push(kind);
    }

    fn comment(&mut self) {
        if self.cursor.skip_comment() == Some(CommentEnd::Unterminated) {
            self.report(DiagnosticKind::UnterminatedComment);
        }
    }

    /// A line whose first token is `#`.
    #[cold]
    fn directive(&mut self) {
        self.cursor.advance(if self.cursor.peek() == Some(b'%') {
            2
        } else {
            1
        });
        let mut ahead = self.cursor.clone();
        if let Some(marker) = LineMarker::read(ahead.rest_of_line()) {
            self.cursor = ahead;
            if marker.is_err() {
                self.report(DiagnosticKind::InvalidLineDirective);
            }
            return;
        }
        self.cursor.skip_while(|byte| class(byte) == Class::Blank);
        let name_start = self.cursor.offset();
        self.skip_word();
        match self.cursor.since(name_start) {
            "define" => self.define(),
            "pragma" => {
                let text = self.cursor.rest_of_line();
                self.pragma(text);
            }
            // A lone `#` (C11 6.10.7), and what compilers write into preprocessed text.
            "ident" | "sccs" => _ = self.cursor.rest_of_line(),
            "" if self
                .cursor
                .peek()
                .is_none_or(|byte| byte == b'\n' || byte == b'/') => {}
            name => self.unsupported_directive(name),
        }
    }

    fn unsupported_directive(&mut self, name: &'s str) {
        let kind = DiagnosticKind::UnsupportedDirective {
            name: name.to_owned(),
        };
        let mut diagnostic = Diagnostic::new(kind, self.span());
        let conditional = matches!(
            name,
            "if" | "ifdef" | "ifndef" | "elif" | "elifdef" | "elifndef" | "else" | "endif"
        );
        let repeated = conditional && self.conditionals == Conditionals::Reported;
        if conditional {
            self.conditionals = Conditionals::Reported;
            diagnostic = diagnostic.with_hint(
                "there is no preprocessor in cdef(): keep only the lines that apply, or pass the output of 'gcc -E'",
            );
        } else if name.starts_with("include") || name == "import" {
            diagnostic = diagnostic.with_hint(
                "there is no preprocessor in cdef(): copy the needed declarations here; \
                 in API mode '#include' goes into the text given to set_source()",
            );
        }
        if !repeated {
            self.lexed.diagnostics.push(diagnostic);
        }
        self.skip_directive();
    }

    /// Moves to the end of the directive. A comment inside it may span lines (C11 5.1.1.2p1: comments go first).
    fn skip_directive(&mut self) {
        while let Some(byte) = self.cursor.peek() {
            match byte {
                b'\n' => return,
                b'/' if matches!(self.cursor.peek_at(1), b'/' | b'*') => self.comment(),
                b'"' | b'\'' => _ = self.cursor.skip_quoted(byte),
                _ => self.cursor.bump(),
            }
        }
    }

    /// `#define NAME value`, from behind `define`.
    fn define(&mut self) {
        self.cursor.skip_while(|byte| class(byte) == Class::Blank);
        let start = self.cursor.offset();
        self.skip_word();
        let name = self.cursor.since(start);
        let name = Ident {
            name,
            span: Span::new(to_offset(start), to_offset(self.cursor.offset())),
        };
        if name.name.is_empty() || name.name.starts_with(|first: char| first.is_ascii_digit()) {
            let found = name.name.to_owned();
            let found = if found.is_empty() {
                Found::EndOfLine
            } else {
                Found::Token(found)
            };
            self.report(DiagnosticKind::Unexpected {
                found,
                expected: Expected::Name,
            });
            return self.skip_directive();
        }
        let value_start = self.cursor.offset();
        let value = self.define_value();
        let known_end = self.cursor.offset();
        self.skip_directive();
        let rest = self
            .cursor
            .text()
            .get(known_end..self.cursor.offset())
            .unwrap_or_default();
        match value {
            Some(value) if without_comments(rest).trim().is_empty() => {
                let span = self.span();
                self.lexed.defines.push(Define { name, value, span });
            }
            _ => {
                let replacement = without_comments(self.cursor.since(value_start))
                    .trim()
                    .to_owned();
                let name = name.name.to_owned();
                self.report(DiagnosticKind::UnsupportedDefine { name, replacement });
            }
        }
    }

    /// `...`, or an integer with an optional minus directly in front of it.
    fn define_value(&mut self) -> Option<DefineValue<'s>> {
        loop {
            self.cursor.skip_while(|byte| class(byte) == Class::Blank);
            if self.cursor.skip_comment().is_none() {
                break;
            }
        }
        let start = self.cursor.offset();
        if [
            self.cursor.peek_at(0),
            self.cursor.peek_at(1),
            self.cursor.peek_at(2),
        ] == *b"..."
        {
            self.cursor.advance(3);
            return Some(DefineValue::Ellipsis);
        }
        let negative = self.cursor.peek() == Some(b'-');
        if negative {
            self.cursor.bump();
        }
        let digits = self.cursor.offset();
        self.cursor.skip_while(|byte| {
            matches!(class(byte), Class::Letter | Class::Digit) || byte == b'\''
        });
        let Ok(Number::Integer(constant)) = literal::number(self.cursor.since(digits)) else {
            return None;
        };
        let end = to_offset(self.cursor.offset());
        let magnitude = Expr {
            kind: ExprKind::Integer(constant),
            span: Span::new(to_offset(digits), end),
        };
        if !negative {
            return Some(DefineValue::Integer(magnitude));
        }
        let kind = ExprKind::Unary(UnaryOperator::Minus, Box::new(magnitude));
        Some(DefineValue::Integer(Expr {
            kind,
            span: Span::new(to_offset(start), end),
        }))
    }
}

/// `text` with a blank in the place of each comment.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut cursor = Cursor::new(text);
    while let Some(byte) = cursor.peek() {
        let start = cursor.offset();
        if cursor.skip_comment().is_some() {
            kept.push(' ');
            continue;
        }
        match byte {
            b'"' | b'\'' => _ = cursor.skip_quoted(byte),
            _ => cursor.advance(cursor.character().map_or(1, char::len_utf8)),
        }
        kept.push_str(cursor.since(start));
    }
    kept
}
