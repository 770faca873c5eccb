//! Lines that begin with `#`: what a line directive, a `#define` or a `#pragma pack` says.
//!
//! Readers of single lines, without state beyond the pack stack. This is not a preprocessor: nothing is expanded,
//! included or left out.

use std::ops::Range;

/// What `# 42 "file"` or `#line 42 "file"` says (C11 6.10.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineMarker {
    /// The number of the next line.
    pub(crate) line: u32,
    /// Where in the directive the file's name stands, without quotes.
    pub(crate) file: Option<Range<usize>>,
}

/// A line directive that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidLineMarker;

impl LineMarker {
    /// Reads what stands behind the `#`; `None` where it is another directive.
    pub(crate) fn read(line: &str) -> Option<Result<Self, InvalidLineMarker>> {
        let rest = line.trim_start_matches([' ', '\t']);
        let keyword = rest
            .strip_prefix("line")
            .filter(|rest| !rest.starts_with(is_word));
        let rest = keyword.unwrap_or(rest).trim_start_matches([' ', '\t']);
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if keyword.is_none() && digits == 0 {
            return None;
        }
        Some(Self::read_number(line, rest, digits))
    }

    fn read_number(line: &str, rest: &str, digits: usize) -> Result<Self, InvalidLineMarker> {
        let (number, rest) = rest.split_at_checked(digits).ok_or(InvalidLineMarker)?;
        let number = number.parse().map_err(|_| InvalidLineMarker)?;
        let name = rest.trim_start_matches([' ', '\t']);
        if name.trim_end().is_empty() || name.starts_with("//") || name.starts_with("/*") {
            return Ok(Self {
                line: number,
                file: None,
            });
        }
        let name = name.strip_prefix('"').ok_or(InvalidLineMarker)?;
        let start = line.len() - name.len();
        // What follows the name are GCC's flags, which say nothing here.
        let length = name.find('"').ok_or(InvalidLineMarker)?;
        Ok(Self {
            line: number,
            file: Some(start..start + length),
        })
    }
}

/// How many limits `push` keeps. A bound, because `pop` searches them for its label.
const MAX_SAVED: usize = 256;

/// A `#pragma pack` that does not read as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidPack;

/// The member alignment limits that `#pragma pack` sets, by place.
#[derive(Debug)]
pub(crate) struct PackHistory<'s> {
    initial: Option<u32>,
    /// The limit from this offset on.
    changes: Vec<(u32, Option<u32>)>,
    /// `push` saves the limit, under a label or none.
    saved: Vec<(Option<&'s str>, Option<u32>)>,
}

impl<'s> PackHistory<'s> {
    pub(crate) const fn new(initial: Option<u32>) -> Self {
        Self {
            initial,
            changes: Vec::new(),
            saved: Vec::new(),
        }
    }

    /// The limit in force at `offset`.
    pub(crate) fn at(&self, offset: u32) -> Option<u32> {
        let behind = self.changes.partition_point(|&(place, _)| place <= offset);
        let last = behind
            .checked_sub(1)
            .and_then(|index| self.changes.get(index));
        last.map_or(self.initial, |&(_, limit)| limit)
    }

    /// Reads what stands behind `#pragma`. A pragma that is not `pack` has no effect.
    pub(crate) fn pragma(&mut self, line: &'s str, offset: u32) -> Result<(), InvalidPack> {
        let Some(rest) = line.trim_start().strip_prefix("pack") else {
            return Ok(());
        };
        if rest.starts_with(is_word) {
            return Ok(());
        }
        let inside = rest
            .trim_start()
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(')'));
        let (inside, _) = inside.ok_or(InvalidPack)?;
        self.pack(inside.trim(), offset)
    }

    /// `pack()`, `pack(n)`, `pack(push[, label][, n])`, `pack(pop[, label][, n])` as GCC and MSVC have them.
    fn pack(&mut self, inside: &'s str, offset: u32) -> Result<(), InvalidPack> {
        let mut limit = self.at(offset);
        let mut arguments = inside.split(',').map(str::trim);
        match arguments.next().unwrap_or_default() {
            "" => limit = self.initial,
            action @ ("push" | "pop") => {
                let mut label = None;
                let mut number = None;
                for argument in arguments {
                    if argument.starts_with(|first: char| first.is_ascii_digit()) {
                        number = Some(read_limit(argument)?);
                    } else if argument.is_empty() || !argument.chars().all(is_word) {
                        return Err(InvalidPack);
                    } else {
                        label = Some(argument);
                    }
                }
                if action == "push" {
                    if self.saved.len() >= MAX_SAVED {
                        return Err(InvalidPack);
                    }
                    self.saved.push((label, limit));
                } else {
                    let found = match label {
                        Some(_) => self.saved.iter().rposition(|saved| saved.0 == label),
                        None => self.saved.len().checked_sub(1),
                    };
                    let index = found.ok_or(InvalidPack)?;
                    limit = self
                        .saved
                        .drain(index..)
                        .next()
                        .map_or(limit, |saved| saved.1);
                }
                if let Some(number) = number {
                    limit = number;
                }
            }
            number => {
                limit = read_limit(number)?;
                if arguments.next().is_some() {
                    return Err(InvalidPack);
                }
            }
        }
        self.changes.push((offset, limit));
        Ok(())
    }
}

/// A limit in bytes; zero takes it away.
fn read_limit(text: &str) -> Result<Option<u32>, InvalidPack> {
    match text {
        "0" => Ok(None),
        "1" => Ok(Some(1)),
        "2" => Ok(Some(2)),
        "4" => Ok(Some(4)),
        "8" => Ok(Some(8)),
        "16" => Ok(Some(16)),
        _ => Err(InvalidPack),
    }
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_markers() {
        let check =
            |line: &str, expected: Option<Result<(u32, Option<&str>), InvalidLineMarker>>| {
                let found = LineMarker::read(line).map(|read| {
                    read.map(|marker| (marker.line, marker.file.map(|file| &line[file])))
                });
                assert_eq!(found, expected, "{line:?}");
            };
        check(" 42 \"a b.c\" 1 3", Some(Ok((42, Some("a b.c")))));
        check("line 7", Some(Ok((7, None))));
        check("line 7 // x", Some(Ok((7, None))));
        check(
            " \t line \t 8 \t \"baz.c\" \t",
            Some(Ok((8, Some("baz.c")))),
        );
        check("line", Some(Err(InvalidLineMarker)));
        check("line x", Some(Err(InvalidLineMarker)));
        check(" 3 foo", Some(Err(InvalidLineMarker)));
        check(" 3 \"foo", Some(Err(InvalidLineMarker)));
        check("99999999999", Some(Err(InvalidLineMarker)));
        check("lines 3", None);
        check("define X 3", None);
        check("", None);
    }

    #[test]
    fn pragma_pack() {
        let check = |pragmas: &[&'static str], expected: Result<Option<u32>, InvalidPack>| {
            let mut history = PackHistory::new(None);
            let outcome = pragmas
                .iter()
                .try_for_each(|pragma| history.pragma(pragma, 0));
            assert_eq!(outcome.map(|()| history.at(0)), expected, "{pragmas:?}");
        };
        check(&[" pack(1)"], Ok(Some(1)));
        check(&["pack(1)", "pack()"], Ok(None));
        check(&["pack(2)", "pack(0)"], Ok(None));
        check(&["pack(push, 2)"], Ok(Some(2)));
        check(
            &["pack(push,2)", "pack(push)", "pack(4)", "pack(pop)"],
            Ok(Some(2)),
        );
        check(
            &[
                "pack(push,a,2)",
                "pack(push,b,4)",
                "pack(push,8)",
                "pack(pop,b)",
            ],
            Ok(Some(2)),
        );
        check(
            &["pack(push,2)", "pack(push,4)", "pack(pop, 16)"],
            Ok(Some(16)),
        );
        check(
            &["GCC visibility push(default)", "packed(1)", "once", ""],
            Ok(None),
        );
        check(&["pack(pop)"], Err(InvalidPack));
        check(&["pack(pop, nowhere)"], Err(InvalidPack));
        check(&["pack(3)"], Err(InvalidPack));
        check(&["pack(1, 2)"], Err(InvalidPack));
        check(&["pack 1"], Err(InvalidPack));
        check(&["pack(push,-)"], Err(InvalidPack));
    }
}
