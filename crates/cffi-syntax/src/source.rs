//! The text of a cdef after line splicing, and where each byte of it came from.
//!
//! Splicing is C's translation phase 2 (C11 5.1.1.2) with one difference that CFFI has always had: a newline is joined only
//! behind an odd number of backslashes, so a comment that ends in `\\` ends there. Nothing else of the preprocessor
//! happens here: comments, directives and pragmas are the lexer's. Line directives are read a second time, and
//! only when somebody asks for a [`Location`]: a text without errors never pays for its line table.

use std::sync::OnceLock;

use crate::cursor::Cursor;
use crate::directive::LineMarker;

/// Texts of this size and above are refused: offsets are `u32`.
const MAX_LENGTH: usize = u32::MAX as usize;

/// The spliced text with its line table.
#[derive(Debug)]
pub struct SourceText {
    text: String,
    /// Offsets into `text` at which a joined line begins; each is the start of a line of the original.
    splices: Vec<u32>,
    oversized: bool,
    lines: OnceLock<LineTable>,
}

/// A place as the reader of an error sees it: line directives applied, counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// The file that the last line directive named; `None` where there was none.
    pub file: Option<&'a str>,
    /// The line.
    pub line: u32,
    /// The column in characters.
    pub column: u32,
}

#[derive(Debug)]
struct LineTable {
    /// Offset of the first byte of each line of the original.
    starts: Vec<u32>,
    markers: Vec<Marker>,
}

/// From `offset` on, line `first` of the original (1-based) is called `line` of `file`.
#[derive(Debug)]
struct Marker {
    offset: u32,
    first: u32,
    line: u32,
    file: Option<std::ops::Range<usize>>,
}

impl SourceText {
    /// Splices `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.len() >= MAX_LENGTH {
            return Self {
                text: String::new(),
                splices: Vec::new(),
                oversized: true,
                lines: OnceLock::new(),
            };
        }
        let (text, splices) = splice(text);
        Self {
            text,
            splices,
            oversized: false,
            lines: OnceLock::new(),
        }
    }

    /// The spliced text, which all spans refer to.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the text was too long (4 GiB and above) and was dropped.
    #[must_use]
    pub const fn is_oversized(&self) -> bool {
        self.oversized
    }

    /// Where the byte at `offset` stands. An offset behind the end counts as the end.
    #[must_use]
    pub fn location(&self, offset: u32) -> Location<'_> {
        let table = self.lines();
        let offset = offset.min(to_offset(self.text.len()));
        let index = table.starts.partition_point(|&start| start <= offset);
        let start = table
            .starts
            .get(index.saturating_sub(1))
            .copied()
            .unwrap_or(0);
        let physical = to_offset(index);
        let column = self.slice(start, offset).chars().count().saturating_add(1);

        let marker = table
            .markers
            .partition_point(|marker| marker.offset <= offset);
        let marker = marker
            .checked_sub(1)
            .and_then(|last| table.markers.get(last));
        Location {
            file: marker.and_then(|marker| self.text.get(marker.file.clone()?)),
            line: marker.map_or(physical, |marker| {
                marker
                    .line
                    .saturating_add(physical.saturating_sub(marker.first))
            }),
            column: to_offset(column),
        }
    }

    /// The line of the original around `offset`, without its end, and the offset of its first byte.
    #[must_use]
    pub fn line_at(&self, offset: u32) -> (&str, u32) {
        let starts = &self.lines().starts;
        let next = starts.partition_point(|&start| start <= offset);
        let start = starts.get(next.saturating_sub(1)).copied().unwrap_or(0);
        let end = starts
            .get(next)
            .copied()
            .unwrap_or(u32::MAX)
            .min(to_offset(self.text.len()));
        (self.slice(start, end).trim_end_matches(['\n', '\r']), start)
    }

    /// Whether the original has as many lines.
    pub(crate) fn has_line(&self, line: u32) -> bool {
        line <= to_offset(self.lines().starts.len())
    }

    fn lines(&self) -> &LineTable {
        self.lines
            .get_or_init(|| LineTable::new(&self.text, &self.splices))
    }

    /// The text between two offsets; empty where they are no character boundaries.
    pub(crate) fn slice(&self, start: u32, end: u32) -> &str {
        slice(&self.text, start, end)
    }
}

/// The part of `text` between two offsets; empty where they are no character boundaries.
pub(crate) fn slice(text: &str, start: u32, end: u32) -> &str {
    let (Ok(start), Ok(end)) = (usize::try_from(start), usize::try_from(end)) else {
        return "";
    };
    text.get(start..end).unwrap_or_default()
}

/// An index into a text as an offset. Texts are shorter than [`MAX_LENGTH`], so nothing saturates.
pub(crate) fn to_offset(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn splice(text: &str) -> (String, Vec<u32>) {
    if !text.contains("\\\n") && !text.contains("\\\r\n") {
        return (text.to_owned(), Vec::new());
    }
    let mut spliced = String::with_capacity(text.len());
    let mut splices = Vec::new();
    for line in text.split_inclusive('\n') {
        let content = line
            .strip_suffix('\n')
            .map(|content| content.strip_suffix('\r').unwrap_or(content));
        let backslashes = content.map_or(0, |content| {
            content
                .bytes()
                .rev()
                .take_while(|&byte| byte == b'\\')
                .count()
        });
        match content.and_then(|content| content.strip_suffix('\\')) {
            Some(joined) if backslashes % 2 == 1 => {
                spliced.push_str(joined);
                splices.push(to_offset(spliced.len()));
            }
            _ => spliced.push_str(line),
        }
    }
    (spliced, splices)
}

impl LineTable {
    fn new(text: &str, splices: &[u32]) -> Self {
        let mut starts = vec![0];
        let mut splices = splices.iter().copied().peekable();
        for (index, _) in text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n') {
            let start = to_offset(index).saturating_add(1);
            while let Some(splice) = splices.next_if(|&splice| splice < start) {
                starts.push(splice);
            }
            starts.push(start);
        }
        starts.extend(splices);
        let markers = markers(text, &starts);
        Self { starts, markers }
    }
}

/// All line directives, in order. Comments and literals hide them from view.
fn markers(text: &str, starts: &[u32]) -> Vec<Marker> {
    let mut markers: Vec<Marker> = Vec::new();
    let mut cursor = Cursor::new(text);
    let mut fresh_line = true;
    while let Some(byte) = cursor.peek() {
        match byte {
            b'\n' => {
                cursor.bump();
                fresh_line = true;
            }
            b' ' | b'\t' | b'\r' | 0x0b | 0x0c => cursor.bump(),
            b'/' if cursor.skip_comment().is_some() => {}
            b'"' | b'\'' => {
                cursor.skip_quoted(byte);
                fresh_line = false;
            }
            b'#' if fresh_line => {
                cursor.bump();
                let start = cursor.offset();
                let line = cursor.rest_of_line();
                if let Some(Ok(marker)) = LineMarker::read(line) {
                    let next = to_offset(cursor.offset()).saturating_add(1);
                    let file = marker.file.map(|file| start + file.start..start + file.end);
                    let inherited = || markers.last().and_then(|last| last.file.clone());
                    markers.push(Marker {
                        offset: next,
                        first: to_offset(starts.partition_point(|&start| start <= next)),
                        line: marker.line,
                        file: file.or_else(inherited),
                    });
                }
            }
            _ => {
                cursor.bump();
                fresh_line = false;
            }
        }
    }
    markers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, needle: &str, expected: (Option<&str>, u32, u32)) {
        let source = SourceText::new(text);
        let offset = to_offset(source.text().find(needle).unwrap());
        let location = source.location(offset);
        assert_eq!(
            (location.file, location.line, location.column),
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn places() {
        check("x", "x", (None, 1, 1));
        check("a\n  x", "x", (None, 2, 3));
        check("a\r\n x", "x", (None, 2, 2));
        check("é x", "x", (None, 1, 3));
        check("a \\\n  b x", "x", (None, 2, 5));
        check("a \\\r\n  b x", "x", (None, 2, 5));
        check("a\\\n\\\n\\\nx", "x", (None, 4, 1));
        check("// a \\\\\nx", "x", (None, 2, 1));
    }

    #[test]
    fn line_directives() {
        check("# 42 \"f.c\"\nx", "x", (Some("f.c"), 42, 1));
        check("# 42 \"f.c\"\n\n x", "x", (Some("f.c"), 43, 2));
        check("\t#line 7 \"a//b.c\"\nx", "x", (Some("a//b.c"), 7, 1));
        check("#line 7\nx", "x", (None, 7, 1));
        check("# 1 \"f.c\" 1 3\n# 9\nx", "x", (Some("f.c"), 9, 1));
        check("/*\n# 3 \"f.c\"\n*/ x", "x", (None, 3, 4));
        check("y # 3 \"f.c\"\nx", "x", (None, 2, 1));
        check("// \\\n# 3 \"f.c\"\nx", "x", (None, 3, 1));
        check(
            "# 6 \"bar.c\"\n/*\n# 35 \"foo.c\"\n*/\nx",
            "x",
            (Some("bar.c"), 9, 1),
        );
        check("#define A \\\n 3\n# 5 \"g\"\nx", "x", (Some("g"), 5, 1));
    }
}
