//! Text by lines, handed on in chunks.

use std::fmt::{Arguments, Write};

use crate::spelling::{Code, push_words};

/// C code in the making.
pub struct Text<'a> {
    /// What was not handed on yet.
    pending: String,
    take: &'a mut dyn FnMut(&str),
}

/// In bytes: no longer than processors have near by, and longer than it takes to hand one on.
const CHUNK: usize = 64 * 1024;

impl<'a> Text<'a> {
    /// A text whose chunks go to `take`.
    pub fn new(take: &'a mut dyn FnMut(&str)) -> Self {
        Self {
            pending: String::with_capacity(CHUNK),
            take,
        }
    }

    /// Adds text as it is.
    pub fn push(&mut self, text: &str) {
        self.words(&[text]);
    }

    /// Adds words one behind the other: what is printed most often does without formatting. In line, where most lengths are known.
    #[inline(always)]
    pub fn words(&mut self, words: &[&str]) {
        let length: usize = words.iter().map(|word| word.len()).sum();
        if self.pending.len() + length > CHUNK {
            self.hand_on();
        }
        push_words(&mut self.pending, words);
    }

    #[cold]
    fn hand_on(&mut self) {
        (self.take)(&self.pending);
        self.pending.clear();
    }

    /// Adds a declaration, a type or the like.
    pub fn code(&mut self, code: &impl Code) {
        code.push_to(&mut self.pending);
    }

    /// Adds a number.
    pub fn number(&mut self, number: impl itoa::Integer) {
        self.push(itoa::Buffer::new().format(number));
    }

    /// Adds a part of a line.
    pub fn put(&mut self, arguments: Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.pending.write_fmt(arguments);
    }

    /// Adds a line, or the end of one.
    pub fn line(&mut self, arguments: Arguments<'_>) {
        self.put(arguments);
        self.gap();
    }

    /// Adds lines that are the same in all modules.
    pub fn lines(&mut self, lines: &str) {
        self.words(&[lines, "\n"]);
    }

    /// Adds an empty line, or the end of a line.
    pub fn gap(&mut self) {
        self.pending.push('\n');
    }

    /// Hands the rest on.
    pub fn end(mut self) {
        self.hand_on();
    }
}

/// Adds a formatted line.
macro_rules! line {
    ($text:expr, $($format:tt)*) => { $text.line(format_args!($($format)*)) };
}
pub(crate) use line;
