//! Lines that begin with `#`: what a line directive, a `#define` or a `#pragma pack` says.
//!
//! Readers of single lines, without state beyond the pack stack. This is not a preprocessor: nothing is expanded, included or
//! left out.

use std::ops::Range;

/// What `# 42 "file"` or `#line 42 "file"` says (C11 6.10.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LineMarker {
    /// The number of the next line.
    pub(crate) line: u32,
    /// Where the file's name stands, without quotes.
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
        if name.trim_end().is_empty() {
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

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}
