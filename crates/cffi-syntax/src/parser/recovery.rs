//! Where to go on after an error, and the guard of the parser's loops.
//!
//! Recovery works on tokens alone. It skips too much rather than too little: a second error that is only an echo of the first is
//! worse than one that waits for the next run.

use super::{Parser, Suspicion};
use crate::token::{SPECIFIER_START, TokenKind};

/// Remembers where a turn of a loop began.
pub(super) struct Progress(usize);

impl Parser<'_, '_> {
    pub(super) const fn progress(&self) -> Progress {
        Progress(self.position)
    }

    /// Ends a turn of a loop. One that consumed nothing would never end: the token is dropped.
    pub(super) fn ensure_progress(&mut self, before: &Progress) {
        if self.position == before.0 {
            debug_assert!(
                self.diagnostics.has_errors() || self.at_end(),
                "a loop of the parser stopped consuming"
            );
            self.bump();
        }
    }

    /// Forgets that the last declaration was wrong, unless everything is.
    pub(super) fn clear_suspicion(&mut self) {
        if !self.at_end() {
            self.suspicion = Suspicion::None;
        }
    }

    /// After an error in the external declaration that began at token `first`: to the beginning of the next one.
    pub(super) fn recover_declaration(&mut self, first: usize) {
        let mut open = self.open_parentheses(first);
        let mut moved = self.position > first;
        loop {
            let token = self.token();
            match token.kind {
                TokenKind::EndOfInput => break,
                TokenKind::Semicolon => {
                    self.bump();
                    break;
                }
                // The end of an `extern "C"` block, or a stray one, which the caller reports.
                TokenKind::RightBrace if moved => break,
                TokenKind::LeftBrace => {
                    self.skip_quietly();
                    let next = self.token();
                    if self.eat(TokenKind::Semicolon) || next.first_on_line {
                        break;
                    }
                    moved = true;
                    continue;
                }
                TokenKind::LeftParen => open += 1,
                TokenKind::RightParen => open -= 1,
                _ if moved && token.first_on_line && open <= 0 && self.begins_declaration() => {
                    break;
                }
                _ => {}
            }
            self.bump();
            moved = true;
        }
        self.clear_suspicion();
    }

    /// After an error in a member: behind its `;`, or to the `}` of the record.
    pub(super) fn recover_member(&mut self) {
        loop {
            match self.kind() {
                TokenKind::EndOfInput | TokenKind::RightBrace => break,
                TokenKind::Semicolon => {
                    self.bump();
                    break;
                }
                TokenKind::LeftBrace => self.skip_quietly(),
                _ => _ = self.bump(),
            }
        }
        self.clear_suspicion();
    }

    /// After an error in an enumerator: behind its `,`, or to the `}` of the enum.
    pub(super) fn recover_enumerator(&mut self) {
        loop {
            match self.kind() {
                TokenKind::EndOfInput | TokenKind::RightBrace | TokenKind::Semicolon => break,
                TokenKind::Comma => {
                    self.bump();
                    break;
                }
                TokenKind::LeftBrace => self.skip_quietly(),
                _ => _ = self.bump(),
            }
        }
        self.clear_suspicion();
    }

    /// Whether the current token begins a declaration.
    pub(super) fn begins_declaration(&self) -> bool {
        self.at_any(SPECIFIER_START) || self.is_typedef_name_at(0)
    }

    /// How many parentheses the tokens from `first` on have opened and not closed.
    fn open_parentheses(&self, first: usize) -> i64 {
        let consumed = self.tokens.get(first..self.position).unwrap_or_default();
        consumed.iter().fold(0, |open, token| match token.kind {
            TokenKind::LeftParen => open + 1,
            TokenKind::RightParen => open - 1,
            _ => open,
        })
    }

    /// From a `{` to its `}` or to the end, without an error.
    fn skip_quietly(&mut self) {
        let before = std::mem::replace(&mut self.suspicion, Suspicion::WrongType);
        _ = self.skip_braces();
        self.suspicion = before;
    }
}
