//! C spellings with a place for the declarator, as generated code writes them.
//!
//! Other than `cffi_model::spelling`, which is what users see at run time, this keeps all qualifiers, and knows the names that only
//! generated code uses.

use std::fmt;

use cffi_model::types::Qualifiers;

/// Something that stands in C code.
pub trait Code {
    /// Adds it to a text.
    fn push_to(&self, text: &mut String);

    /// As a text of its own.
    fn text(&self) -> String {
        let mut text = String::with_capacity(64);
        self.push_to(&mut text);
        text
    }
}

/// Adds words one behind the other.
#[inline(always)]
pub fn push_words(text: &mut String, words: &[&str]) {
    text.reserve(words.iter().map(|word| word.len()).sum());
    for word in words {
        text.push_str(word);
    }
}

/// A type's spelling, in front of and behind its declarator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spelling {
    before: String,
    after: String,
}

impl Spelling {
    /// No type at all.
    pub const NONE: Spelling = Spelling {
        before: String::new(),
        after: String::new(),
    };

    /// A type that is a word.
    pub fn word(text: impl Into<String>) -> Self {
        Self {
            before: text.into(),
            after: String::new(),
        }
    }

    /// A pointer to this.
    pub fn pointer(&self, qualifiers: Qualifiers) -> Self {
        let mut before = self.before.clone();
        push_qualifiers(&mut before, qualifiers);
        if self.after.starts_with('[') {
            before.push_str("(*");
            let after = format!("){}", self.after);
            return Self { before, after };
        }
        before.push_str(" *");
        Self {
            before,
            after: self.after.clone(),
        }
    }

    /// An array of this; the length is what stands between the brackets.
    pub fn array(&self, length: &str) -> Self {
        Self {
            before: self.before.clone(),
            after: format!("[{length}]{}", self.after),
        }
    }

    /// A function that returns this; `inside` stands in front of the function's name.
    pub fn function(&self, inside: &str, parameters: &str) -> Self {
        Self {
            before: [&self.before, "(", inside].concat(),
            after: [")(", parameters, ")", &self.after].concat(),
        }
    }

    /// A declaration of something that has this type.
    pub fn declare<'a>(&'a self, declarator: &'a str, qualifiers: Qualifiers) -> Declared<'a> {
        Declared {
            spelling: self,
            declarator,
            qualifiers,
        }
    }

    /// Whether C code can say it: names that CFFI makes up have a dollar sign.
    pub fn is_c(&self) -> bool {
        !self.before.contains('$') && !self.after.contains('$')
    }
}

/// The type alone.
impl Code for Spelling {
    fn push_to(&self, text: &mut String) {
        push_words(text, &[&self.before, &self.after]);
    }
}

/// A declaration, which is written where it is printed.
#[derive(Clone, Copy, Debug)]
pub struct Declared<'a> {
    spelling: &'a Spelling,
    declarator: &'a str,
    qualifiers: Qualifiers,
}

impl Code for Declared<'_> {
    fn push_to(&self, text: &mut String) {
        let Spelling { before, after } = self.spelling;
        let declarator = self.declarator;
        text.push_str(before);
        let mut last = before.bytes().next_back();
        for word in qualifier_words(self.qualifiers) {
            if last != Some(b'(') {
                text.push(' ');
            }
            text.push_str(word);
            last = None;
        }
        if declarator.starts_with('*') && after.starts_with('[') {
            text.push('(');
            text.push_str(declarator);
            text.push(')');
        } else {
            // `int *x`, but `int x` and `int *(x)`.
            let touches = matches!(declarator.bytes().next(), None | Some(b'[' | b'('));
            if !touches && !matches!(last, Some(b'(' | b'*')) {
                text.push(' ');
            }
            text.push_str(declarator);
        }
        text.push_str(after);
    }
}

impl fmt::Display for Declared<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

fn push_qualifiers(text: &mut String, qualifiers: Qualifiers) {
    for word in qualifier_words(qualifiers) {
        if !text.ends_with('(') {
            text.push(' ');
        }
        text.push_str(word);
    }
}

fn qualifier_words(qualifiers: Qualifiers) -> impl Iterator<Item = &'static str> {
    // `__restrict` is what C++ compilers and Microsoft's have, too.
    let words = [
        (Qualifiers::RESTRICT, "__restrict"),
        (Qualifiers::VOLATILE, "volatile"),
        (Qualifiers::CONST, "const"),
    ];
    words
        .into_iter()
        .filter(move |(qualifier, _)| qualifiers.contains(*qualifier))
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::{Code, Qualifiers, Spelling};

    #[test]
    fn declarators() {
        let none = Qualifiers::empty();
        let int = Spelling::word("int");
        assert_eq!(int.declare("x", none).to_string(), "int x");
        assert_eq!(
            int.declare("*x", Qualifiers::CONST).to_string(),
            "int const *x"
        );
        assert_eq!(
            int.array("3").declare("*f(void)", none).to_string(),
            "int(*f(void))[3]"
        );
        assert_eq!(
            int.pointer(Qualifiers::CONST)
                .declare("x", none)
                .to_string(),
            "int const *x"
        );
        assert_eq!(
            int.array("3").pointer(none).declare("x", none).to_string(),
            "int(*x)[3]"
        );
        assert_eq!(
            int.function("*", "char").declare("x", none).to_string(),
            "int(*x)(char)"
        );
        assert_eq!(
            int.function("*", "char").declare("*", none).to_string(),
            "int(**)(char)"
        );
        assert_eq!(int.function("", "char").text(), "int()(char)");
    }
}
