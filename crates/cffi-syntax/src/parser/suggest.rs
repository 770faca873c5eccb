//! "Did you mean": the known name that is nearest to an unknown one. Runs only for an error.

use super::Parser;
use crate::token::{TokenKind, TokenSet};

/// Longer names are not compared: the comparison takes the product of both lengths.
const MAX_COMPARED: usize = 64;

const TAG_KEYWORDS: TokenSet =
    TokenSet::new([TokenKind::Struct, TokenKind::Union, TokenKind::Enum]);

/// Names that headers define by `#include`s and that nobody knows here, with what to write.
const USUAL_SUSPECTS: &[(&str, &str)] = &[
    (
        "uint",
        "'uint' is not a standard name: write 'unsigned int', or add a typedef",
    ),
    (
        "ulong",
        "'ulong' is not a standard name: write 'unsigned long', or add a typedef",
    ),
    (
        "ushort",
        "'ushort' is not a standard name: write 'unsigned short', or add a typedef",
    ),
    (
        "uchar",
        "'uchar' is not a standard name: write 'unsigned char', or add a typedef",
    ),
    (
        "va_list",
        "write '...' for variadic functions; functions that take a va_list cannot be called",
    ),
];

impl Parser<'_, '_> {
    /// A hint for the unknown type `name`.
    pub(super) fn suggest_type(&self, name: &str) -> Option<String> {
        if let Some(keyword) = self.tag_keyword(name) {
            return Some(format!("did you mean '{keyword} {name}'?"));
        }
        if let Some((_, hint)) = USUAL_SUSPECTS.iter().find(|(suspect, _)| *suspect == name) {
            return Some((*hint).to_owned());
        }
        let keywords = [
            "int", "char", "short", "long", "float", "double", "void", "unsigned", "signed",
            "struct",
        ];
        let nearest = nearest(name, self.scope.typedef_names().chain(keywords))?;
        Some(format!("did you mean '{nearest}'?"))
    }

    /// The keyword of a tag of this name anywhere in the text.
    fn tag_keyword(&self, name: &str) -> Option<&'static str> {
        let pairs = self.tokens.windows(2).filter_map(|pair| match pair {
            [keyword, tag] if TAG_KEYWORDS.contains(keyword.kind) => Some((keyword.kind, *tag)),
            _ => None,
        });
        let found = pairs
            .into_iter()
            .find(|(_, tag)| self.spelling(*tag) == name)?;
        Some(match found.0 {
            TokenKind::Struct => "struct",
            TokenKind::Union => "union",
            _ => "enum",
        })
    }
}

/// The candidate with the fewest edits from `name`, where there are few; of several, the first by name.
fn nearest<'c>(name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let limit = name.chars().count() / 3;
    let scored = candidates.filter_map(|candidate| {
        if candidate.len().abs_diff(name.len()) > limit || candidate == name {
            return None;
        }
        let edits = distance(name, candidate)?;
        (edits <= limit).then_some((edits, candidate))
    });
    scored.min().map(|(_, candidate)| candidate)
}

/// The number of characters to insert, delete, replace or swap with their neighbour; `None` for long names.
fn distance(left: &str, right: &str) -> Option<usize> {
    if left.len() > MAX_COMPARED || right.len() > MAX_COMPARED {
        return None;
    }
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    // `row[j]` is the distance of the first `i` characters of `left` from the first `j` of `right`; two rows before it are kept.
    let mut earlier: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (i, &a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &b) in right.iter().enumerate() {
            let replaced = above.get(j)? + usize::from(a != b);
            let mut best = replaced.min(above.get(j + 1)? + 1).min(row.get(j)? + 1);
            let swapped =
                i > 0 && j > 0 && left.get(i - 1) == Some(&b) && right.get(j - 1) == Some(&a);
            if swapped {
                best = best.min(earlier.get(j - 1)? + 1);
            }
            row.push(best);
        }
        earlier = std::mem::replace(&mut above, row);
    }
    above.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let check = |left, right, expected| {
            assert_eq!(distance(left, right), Some(expected), "{left} {right}")
        };
        check("", "", 0);
        check("", "abc", 3);
        check("abc", "", 3);
        check("kitten", "sitting", 3);
        check("uint32", "uint32_t", 2);
        check("abc", "abc", 0);
        check("unit", "uint", 1);
        check("ab", "ba", 1);
        check("é", "e", 1);
    }

    #[test]
    fn nearest_names() {
        let known = ["uint32_t", "uint16_t", "size_t", "FILE"];
        let check =
            |name, expected| assert_eq!(nearest(name, known.into_iter()), expected, "{name}");
        check("unit32_t", Some("uint32_t"));
        check("uint31_t", Some("uint32_t"));
        check("sizet", Some("size_t"));
        check("File", None);
        check("foobarbaz", None);
        check("x", None);
    }
}
