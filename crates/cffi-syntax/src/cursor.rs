//! A position in the source bytes, with the few scans that the lexer and the line table share.
//!
//! It knows comments and quotes, because both readers must agree on what is hidden inside them. It builds no tokens
//! and reports no errors.

/// How a comment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommentEnd {
    /// As it should: at `*/`, or before the newline.
    Closed,
    /// A `/*` that runs to the end of the text.
    Unterminated,
}

/// How a quoted literal ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QuoteEnd {
    /// At its closing quote.
    Closed,
    /// At a newline or at the end of the text.
    Unterminated,
}

/// A position in a text.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'s> {
    text: &'s str,
    offset: usize,
}

impl<'s> Cursor<'s> {
    pub(crate) const fn new(text: &'s str) -> Self {
        Self { text, offset: 0 }
    }

    pub(crate) const fn text(&self) -> &'s str {
        self.text
    }

    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    /// The byte at the position.
    #[inline]
    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.offset).copied()
    }

    /// The byte `distance` behind the position; NUL past the end, which begins no C token.
    #[inline]
    pub(crate) fn peek_at(&self, distance: usize) -> u8 {
        self.text
            .as_bytes()
            .get(self.offset + distance)
            .copied()
            .unwrap_or(0)
    }

    /// Moves on by one byte.
    #[inline]
    pub(crate) const fn bump(&mut self) {
        self.advance(1);
    }

    /// Moves on by `count` bytes, at most to the end.
    #[inline]
    pub(crate) const fn advance(&mut self, count: usize) {
        let target = self.offset.saturating_add(count);
        self.offset = if target < self.text.len() {
            target
        } else {
            self.text.len()
        };
    }

    /// Moves on while `accept` holds.
    #[inline]
    pub(crate) fn skip_while(&mut self, accept: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&accept) {
            self.offset += 1;
        }
    }

    /// The character at the position.
    pub(crate) fn character(&self) -> Option<char> {
        self.text.get(self.offset..)?.chars().next()
    }

    /// The text from `start` to the position.
    pub(crate) fn since(&self, start: usize) -> &'s str {
        self.text.get(start..self.offset).unwrap_or_default()
    }

    /// Moves to the end of the line and returns what was passed, without the newline.
    pub(crate) fn rest_of_line(&mut self) -> &'s str {
        let start = self.offset;
        self.skip_while(|byte| byte != b'\n');
        self.since(start)
    }

    /// Skips a comment that begins at the position; `None` where there is none.
    pub(crate) fn skip_comment(&mut self) -> Option<CommentEnd> {
        match (self.peek_at(0), self.peek_at(1)) {
            (b'/', b'/') => {
                self.rest_of_line();
                Some(CommentEnd::Closed)
            }
            (b'/', b'*') => {
                self.advance(2);
                loop {
                    self.skip_while(|byte| byte != b'*');
                    match (self.peek(), self.peek_at(1)) {
                        (None, _) => return Some(CommentEnd::Unterminated),
                        (_, b'/') => {
                            self.advance(2);
                            return Some(CommentEnd::Closed);
                        }
                        _ => self.bump(),
                    }
                }
            }
            _ => None,
        }
    }

    /// Skips a literal whose opening `quote` stands at the position. A newline ends it.
    pub(crate) fn skip_quoted(&mut self, quote: u8) -> QuoteEnd {
        self.bump();
        loop {
            match self.peek() {
                None | Some(b'\n') => return QuoteEnd::Unterminated,
                Some(b'\\') if self.peek_at(1) != b'\n' => self.advance(2),
                Some(byte) => {
                    self.bump();
                    if byte == quote {
                        return QuoteEnd::Closed;
                    }
                }
            }
        }
    }
}
