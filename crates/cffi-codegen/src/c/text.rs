//! Text by lines.

use std::fmt::{Arguments, Write};

use crate::spelling::Declared;

/// C code in the making.
#[derive(Debug, Default)]
pub struct Text(String);

impl Text {
    /// With room for this many bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(String::with_capacity(capacity))
    }

    /// Adds text as it is.
    pub fn push(&mut self, text: &str) {
        self.0.push_str(text);
    }

    /// Adds words one behind the other: what is printed most often does without formatting.
    pub fn words(&mut self, words: &[&str]) {
        self.0.reserve(words.iter().map(|word| word.len()).sum());
        for word in words {
            self.0.push_str(word);
        }
    }

    /// Adds a declaration.
    pub fn declaration(&mut self, declared: Declared<'_>) {
        declared.push_to(&mut self.0);
    }

    /// Adds a part of a line.
    pub fn put(&mut self, arguments: Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(arguments);
    }

    /// Adds a line, or the end of one.
    pub fn line(&mut self, arguments: Arguments<'_>) {
        self.put(arguments);
        self.0.push('\n');
    }

    /// Adds lines that are the same in all modules.
    pub fn lines(&mut self, lines: &str) {
        self.0.push_str(lines);
        self.0.push('\n');
    }

    /// Adds an empty line.
    pub fn gap(&mut self) {
        self.0.push('\n');
    }

    /// The text.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Adds a formatted line.
macro_rules! line {
    ($text:expr, $($format:tt)*) => { $text.line(format_args!($($format)*)) };
}
pub(crate) use line;

/// Adds a formatted part of a line.
macro_rules! put {
    ($text:expr, $($format:tt)*) => { $text.put(format_args!($($format)*)) };
}
pub(crate) use put;
