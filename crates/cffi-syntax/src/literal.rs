//! The values of constants and string literals (C11 6.4.4, 6.4.5, with C23's binary constants and digit separators).
//!
//! Readers of one spelling each. Types are not decided here: an [`IntegerConstant`] keeps what its type follows from.

use crate::ast::{CharacterConstant, CharacterEncoding, IntegerConstant};
use crate::diagnostic::{CharacterError, NumberError};

/// A preprocessing number that is a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    Integer(IntegerConstant),
    /// Kept as written by the caller.
    Float,
}

/// Reads a number.
pub(crate) fn number(spelling: &str) -> Result<Number, NumberError> {
    let (base, digits) = match spelling.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, spelling.get(2..).unwrap_or_default()),
        [b'0', b'b' | b'B', ..] => (2, spelling.get(2..).unwrap_or_default()),
        [b'0', ..] => (8, spelling),
        _ => (10, spelling),
    };
    let exponent: &[char] = if base == 16 {
        &['.', 'p', 'P']
    } else {
        &['.', 'e', 'E']
    };
    if base != 2 && digits.contains(exponent) {
        return Ok(Number::Float);
    }
    integer(base, digits)
}

fn integer(base: u32, digits: &str) -> Result<Number, NumberError> {
    let mut value: u128 = 0;
    let mut read = 0_usize;
    let mut suffix = digits;
    for character in digits.chars() {
        if character != '\'' {
            // Decimal digits are taken whatever the base, so that `08` is a wrong digit and not a suffix.
            let Some(digit) = character.to_digit(base.max(10)) else {
                break;
            };
            if digit >= base {
                return Err(NumberError::InvalidDigit);
            }
            value = value
                .checked_mul(base.into())
                .and_then(|value| value.checked_add(digit.into()))
                .ok_or(NumberError::TooLarge)?;
        }
        read += 1;
        suffix = digits.get(read..).unwrap_or_default();
    }
    if read == 0 {
        return Err(NumberError::MissingDigits);
    }
    let (unsigned, longs) = integer_suffix(suffix).ok_or(NumberError::InvalidSuffix)?;
    Ok(Number::Integer(IntegerConstant {
        value,
        decimal: base == 10,
        unsigned,
        longs,
    }))
}

/// Whether it is unsigned, and the number of `l`s.
fn integer_suffix(suffix: &str) -> Option<(bool, u8)> {
    Some(match suffix {
        "" => (false, 0),
        "u" | "U" => (true, 0),
        "l" | "L" => (false, 1),
        "ul" | "uL" | "Ul" | "UL" | "lu" | "lU" | "Lu" | "LU" => (true, 1),
        "ll" | "LL" => (false, 2),
        "ull" | "uLL" | "Ull" | "ULL" | "llu" | "llU" | "LLu" | "LLU" => (true, 2),
        // MSVC's, which Windows headers use.
        "i64" | "I64" => (false, 2),
        "ui64" | "UI64" | "uI64" | "Ui64" => (true, 2),
        _ => return None,
    })
}

/// Reads a character constant with its prefix and quotes.
pub(crate) fn character(spelling: &str) -> Result<CharacterConstant, CharacterError> {
    let (encoding, content) = unquote(spelling, '\'');
    let largest = match encoding {
        CharacterEncoding::Plain | CharacterEncoding::Utf8 => 0xff,
        CharacterEncoding::Utf16 => 0xffff,
        CharacterEncoding::Wide | CharacterEncoding::Utf32 => u32::MAX,
    };
    let mut value: u32 = 0;
    let mut count = 0;
    let mut add = |unit: u32| {
        if unit > largest {
            return Err(CharacterError::TooLarge);
        }
        count += 1;
        value = value << 8 | unit;
        Ok(())
    };
    for unit in Units(content) {
        match unit? {
            Unit::Character(character) if encoding == CharacterEncoding::Plain => {
                let mut bytes = [0; 4];
                character
                    .encode_utf8(&mut bytes)
                    .bytes()
                    .try_for_each(|byte| add(byte.into()))?;
            }
            Unit::Character(character) => add(character.into())?,
            Unit::Code(code) => add(code)?,
        }
    }
    let most = if encoding == CharacterEncoding::Plain {
        4
    } else {
        1
    };
    match count {
        0 => Err(CharacterError::Empty),
        count if count > most => Err(CharacterError::TooLarge),
        _ => Ok(CharacterConstant { value, encoding }),
    }
}

/// Appends what a string literal with its prefix and quotes stands for.
pub(crate) fn string(spelling: &str, decoded: &mut String) -> Result<(), CharacterError> {
    let (_, content) = unquote(spelling, '"');
    for unit in Units(content) {
        match unit? {
            Unit::Character(character) => decoded.push(character),
            Unit::Code(code) => decoded.push(char::from_u32(code).ok_or(CharacterError::TooLarge)?),
        }
    }
    Ok(())
}

fn unquote(spelling: &str, quote: char) -> (CharacterEncoding, &str) {
    let (prefix, content) = spelling.split_once(quote).unwrap_or(("", spelling));
    let encoding = match prefix {
        "L" => CharacterEncoding::Wide,
        "u8" => CharacterEncoding::Utf8,
        "u" => CharacterEncoding::Utf16,
        "U" => CharacterEncoding::Utf32,
        _ => CharacterEncoding::Plain,
    };
    (encoding, content.strip_suffix(quote).unwrap_or(content))
}

/// What one element of a literal stands for.
enum Unit {
    /// A character of the source, or a universal character name.
    Character(char),
    /// The value of an octal or hexadecimal escape.
    Code(u32),
}

/// The elements of a literal's content.
struct Units<'s>(&'s str);

impl Iterator for Units<'_> {
    type Item = Result<Unit, CharacterError>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(match self.take()? {
            '\\' => self.escape(),
            character => Ok(Unit::Character(character)),
        })
    }
}

impl Units<'_> {
    fn take(&mut self) -> Option<char> {
        let mut characters = self.0.chars();
        let first = characters.next();
        self.0 = characters.as_str();
        first
    }

    /// What stands behind a backslash (C11 6.4.4.4; `\e` is GNU's).
    fn escape(&mut self) -> Result<Unit, CharacterError> {
        let introducer = self.take().ok_or(CharacterError::InvalidEscape)?;
        Ok(Unit::Character(match introducer {
            'a' => '\x07',
            'b' => '\x08',
            'e' | 'E' => '\x1b',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            '\\' | '\'' | '"' | '?' => introducer,
            '0'..='7' => {
                let more = self.digits(8, 2);
                let first = introducer.to_digit(8).unwrap_or(0);
                let (value, count) = more.ok_or(CharacterError::TooLarge)?;
                return Ok(Unit::Code(first << (3 * count) | value));
            }
            'x' => {
                let (value, count) = self
                    .digits(16, usize::MAX)
                    .ok_or(CharacterError::TooLarge)?;
                return if count == 0 {
                    Err(CharacterError::InvalidEscape)
                } else {
                    Ok(Unit::Code(value))
                };
            }
            'u' | 'U' => {
                let length = if introducer == 'u' { 4 } else { 8 };
                let (value, count) = self.digits(16, length).ok_or(CharacterError::TooLarge)?;
                let named = char::from_u32(value).filter(|_| count == length);
                named.ok_or(CharacterError::InvalidEscape)?
            }
            _ => return Err(CharacterError::InvalidEscape),
        }))
    }

    /// Reads at most `most` digits: their value and number; `None` where the value is too large.
    fn digits(&mut self, base: u32, most: usize) -> Option<(u32, usize)> {
        let mut value: u32 = 0;
        let mut count = 0;
        while count < most {
            let Some(digit) = self.0.chars().next().and_then(|next| next.to_digit(base)) else {
                break;
            };
            self.take();
            count += 1;
            value = value.checked_mul(base)?.checked_add(digit)?;
        }
        Some((value, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let check = |spelling: &str, value, decimal, unsigned, longs| {
            let expected = IntegerConstant {
                value,
                decimal,
                unsigned,
                longs,
            };
            assert_eq!(
                number(spelling),
                Ok(Number::Integer(expected)),
                "{spelling}"
            );
        };
        check("0", 0, false, false, 0);
        check("42", 42, true, false, 0);
        check("010u", 8, false, true, 0);
        check("0x10LL", 16, false, false, 2);
        check("0b10lu", 2, false, true, 1);
        check("0XfFuLL", 255, false, true, 2);
        check("1'000'000", 1_000_000, true, false, 0);
        check("18446744073709551615", u64::MAX.into(), true, false, 0);
        check("5i64", 5, true, false, 2);
    }

    #[test]
    fn other_numbers() {
        let check = |spelling: &str, expected| assert_eq!(number(spelling), expected, "{spelling}");
        for spelling in ["1.0", "1e5", ".5f", "0x1p-3", "0x.8p1", "08.5", "1E+9"] {
            check(spelling, Ok(Number::Float));
        }
        check("08", Err(NumberError::InvalidDigit));
        check("0b12", Err(NumberError::InvalidDigit));
        check("0x", Err(NumberError::MissingDigits));
        check("0b", Err(NumberError::MissingDigits));
        check("12abc", Err(NumberError::InvalidSuffix));
        check("1lul", Err(NumberError::InvalidSuffix));
        check("1lL", Err(NumberError::InvalidSuffix));
        check(
            "340282366920938463463374607431768211456",
            Err(NumberError::TooLarge),
        );
    }

    #[test]
    fn characters() {
        let check = |spelling: &str, expected: Result<u32, CharacterError>| {
            assert_eq!(
                character(spelling).map(|constant| constant.value),
                expected,
                "{spelling}"
            );
        };
        check("'a'", Ok(97));
        check("'\\''", Ok(39));
        check("'\"'", Ok(34));
        check("'\\n'", Ok(10));
        check("'\\0'", Ok(0));
        check("'\\377'", Ok(255));
        check("'\\18'", Ok(0x138));
        check("'\\xff'", Ok(255));
        check("'ab'", Ok(0x6162));
        check("'é'", Ok(0xc3a9));
        check("L'é'", Ok(0xe9));
        check("u'\\u20ac'", Ok(0x20ac));
        check("U'\\U0001F600'", Ok(0x1f600));
        check("u8'x'", Ok(120));
        check("''", Err(CharacterError::Empty));
        check("'\\q'", Err(CharacterError::InvalidEscape));
        check("'\\x'", Err(CharacterError::InvalidEscape));
        check("'\\u12'", Err(CharacterError::InvalidEscape));
        check("'\\ud800'", Err(CharacterError::InvalidEscape));
        check("'\\x100'", Err(CharacterError::TooLarge));
        check("'\\777'", Err(CharacterError::TooLarge));
        check("u'😀'", Err(CharacterError::TooLarge));
        check("'abcde'", Err(CharacterError::TooLarge));
        check("L'ab'", Err(CharacterError::TooLarge));
    }

    #[test]
    fn strings() {
        let check = |spelling: &str, expected: Result<&str, CharacterError>| {
            let mut decoded = String::new();
            let outcome = string(spelling, &mut decoded).map(|()| decoded.as_str());
            assert_eq!(outcome, expected, "{spelling}");
        };
        check(r#""a\tb""#, Ok("a\tb"));
        check(r#"L"x\"y""#, Ok("x\"y"));
        check(r#""""#, Ok(""));
        check(r#""\xffffffff""#, Err(CharacterError::TooLarge));
    }
}
