//! Passing over bracketed text that has no meaning here: function bodies, initialisers, arguments of unknown attributes.
//!
//! Loops, not recursion: bodies may nest as deep as they like.

use super::{Parse, Parser};
use crate::diagnostic::Expected;
use crate::span::Span;
use crate::token::TokenKind;

impl Parser<'_, '_> {
    /// From a `{` to its `}`. Parentheses in between are not counted, so one that is missing does no harm.
    pub(super) fn skip_braces(&mut self) -> Parse<Span> {
        let start = self.start();
        let mut open = 0_usize;
        loop {
            match self.kind() {
                TokenKind::LeftBrace => open += 1,
                TokenKind::RightBrace => open = open.saturating_sub(1),
                TokenKind::EndOfInput => {
                    let hint = self.unclosed_hint(start);
                    return Err(self.unexpected_with(Expected::RightBrace, Some(hint)));
                }
                _ => {}
            }
            self.bump();
            if open == 0 {
                return Ok(self.span_from(start));
            }
        }
    }

    /// From a `(` to its `)`. A `;` or `}` outside of braces cannot stand in between: there it fails.
    pub(super) fn skip_parentheses(&mut self) -> Parse<Span> {
        let start = self.start();
        let mut open = 0_usize;
        loop {
            match self.kind() {
                TokenKind::LeftParen => open += 1,
                TokenKind::RightParen => open = open.saturating_sub(1),
                TokenKind::LeftBrace => {
                    self.skip_braces()?;
                    continue;
                }
                TokenKind::Semicolon | TokenKind::RightBrace | TokenKind::EndOfInput => {
                    return Err(self.unexpected(Expected::RightParen));
                }
                _ => {}
            }
            self.bump();
            if open == 0 {
                return Ok(self.span_from(start));
            }
        }
    }

    /// The distance behind the `)` of the `(` that stands `distance` ahead; `None` where it is too far.
    pub(super) fn behind_parentheses(&self, distance: usize) -> Option<usize> {
        /// Enough for an attribute or a macro's arguments. A bound, because callers nest.
        const MAX_LOOKAHEAD: usize = 64;
        let mut open = 0_usize;
        for ahead in distance..distance + MAX_LOOKAHEAD {
            match self.kind_at(ahead) {
                TokenKind::LeftParen => open += 1,
                TokenKind::RightParen => open = open.saturating_sub(1),
                TokenKind::Semicolon | TokenKind::EndOfInput => return None,
                _ => {}
            }
            if open == 0 {
                return Some(ahead + 1);
            }
        }
        None
    }

    /// A hint about the bracket at `start`, which the text does not close.
    pub(super) fn unclosed_hint(&self, start: u32) -> String {
        format!(
            "the '{{' in line {} is not closed",
            self.source.location(start).line
        )
    }
}
