//! C spellings with a place for the declarator, as generated code writes them.
//!
//! Other than `cffi_model::spelling`, which is what users see at run time, this keeps all qualifiers, and knows the names that only
//! generated code uses.

use cffi_model::types::Qualifiers;

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
            before: format!("{}({inside}", self.before),
            after: format!(")({parameters}){}", self.after),
        }
    }

    /// The type alone.
    pub fn text(&self) -> String {
        format!("{}{}", self.before, self.after)
    }

    /// A declaration of something that has this type.
    pub fn declare(&self, declarator: &str, qualifiers: Qualifiers) -> String {
        let mut text = self.before.clone();
        push_qualifiers(&mut text, qualifiers);
        if declarator.starts_with('*') && self.after.starts_with('[') {
            return format!("{text}({declarator}){}", self.after);
        }
        let touches = matches!(declarator.chars().next(), None | Some('[' | '('));
        // `int *x`, but `int x` and `int *(x)`.
        let glued = touches || text.ends_with(['(', '*']);
        if !glued {
            text.push(' ');
        }
        format!("{text}{declarator}{}", self.after)
    }

    /// Whether C code can say it: names that CFFI makes up have a dollar sign.
    pub fn is_c(&self) -> bool {
        !self.before.contains('$') && !self.after.contains('$')
    }
}

fn push_qualifiers(text: &mut String, qualifiers: Qualifiers) {
    // `__restrict` is what C++ compilers and Microsoft's have, too.
    let words = [
        (Qualifiers::RESTRICT, "__restrict"),
        (Qualifiers::VOLATILE, "volatile"),
        (Qualifiers::CONST, "const"),
    ];
    for (qualifier, word) in words {
        if qualifiers.contains(qualifier) {
            if !text.ends_with('(') {
                text.push(' ');
            }
            text.push_str(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Qualifiers, Spelling};

    #[test]
    fn declarators() {
        let none = Qualifiers::empty();
        let int = Spelling::word("int");
        assert_eq!(int.declare("x", none), "int x");
        assert_eq!(int.declare("*x", Qualifiers::CONST), "int const *x");
        assert_eq!(int.array("3").declare("*f(void)", none), "int(*f(void))[3]");
        assert_eq!(
            int.pointer(Qualifiers::CONST).declare("x", none),
            "int const *x"
        );
        assert_eq!(
            int.array("3").pointer(none).declare("x", none),
            "int(*x)[3]"
        );
        assert_eq!(
            int.function("*", "char").declare("x", none),
            "int(*x)(char)"
        );
        assert_eq!(
            int.function("*", "char").declare("*", none),
            "int(**)(char)"
        );
        assert_eq!(int.function("", "char").text(), "int()(char)");
    }
}
