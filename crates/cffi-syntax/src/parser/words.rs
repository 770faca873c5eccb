//! The multiset of type keywords in a specifier list (C11 6.7.2p2) and the arithmetic type that it names.

use crate::ast::BasicType;
use crate::diagnostic::SpecifierConflict;
use crate::token::TokenKind;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    Int,
    Char,
    Float,
    Double,
    Void,
    Bool,
    Int128,
    ExtendedFloat,
    VaList,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Signed,
    Unsigned,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Length {
    Plain,
    Short,
    Long,
    LongLong,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Domain {
    Real,
    Complex,
}

/// What `...` behind the keywords means (CFFI).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Openness {
    /// `typedef ... T;`
    Any,
    /// `typedef int... T;`
    Integer,
    /// `typedef double... T;`
    Float,
}

/// The keywords so far.
#[derive(Clone, Copy)]
pub(super) struct TypeWords {
    base: Option<Base>,
    sign: Option<Sign>,
    length: Length,
    domain: Domain,
}

impl TypeWords {
    pub(super) const fn new() -> Self {
        Self {
            base: None,
            sign: None,
            length: Length::Plain,
            domain: Domain::Real,
        }
    }

    pub(super) fn is_empty(self) -> bool {
        self.base.is_none()
            && self.sign.is_none()
            && self.length == Length::Plain
            && self.domain == Domain::Real
    }

    /// Whether the keyword that can stand only once was seen.
    pub(super) const fn has_base(self) -> bool {
        self.base.is_some()
    }

    /// Takes one more keyword. On a conflict the keyword is left out.
    pub(super) fn add(&mut self, keyword: TokenKind) -> Result<(), SpecifierConflict> {
        let mut with = *self;
        match keyword {
            TokenKind::Short => match self.length {
                Length::Plain => with.length = Length::Short,
                _ => return Err(SpecifierConflict::ShortAfterShortOrLong),
            },
            TokenKind::Long => match self.length {
                Length::Plain => with.length = Length::Long,
                Length::Long => with.length = Length::LongLong,
                Length::Short => return Err(SpecifierConflict::LongAfterShort),
                Length::LongLong => return Err(SpecifierConflict::TooLong),
            },
            TokenKind::Signed | TokenKind::Unsigned if self.sign.is_some() => {
                return Err(SpecifierConflict::MultipleSigns);
            }
            TokenKind::Signed => with.sign = Some(Sign::Signed),
            TokenKind::Unsigned => with.sign = Some(Sign::Unsigned),
            // A type that GCC declares by itself.
            TokenKind::UnsignedInt128 if self.is_empty() => {
                with.base = Some(Base::Int128);
                with.sign = Some(Sign::Unsigned);
            }
            TokenKind::Complex if self.domain == Domain::Real => with.domain = Domain::Complex,
            keyword => {
                let base = base(keyword)
                    .filter(|_| self.base.is_none())
                    .ok_or(SpecifierConflict::Invalid)?;
                with.base = Some(base);
            }
        }
        if !with.is_consistent() {
            return Err(SpecifierConflict::Invalid);
        }
        *self = with;
        Ok(())
    }

    /// Whether more keywords could still make this a type.
    fn is_consistent(self) -> bool {
        let Some(base) = self.base else { return true };
        match base {
            Base::Int => true,
            Base::Char => self.length == Length::Plain,
            Base::Double => {
                self.sign.is_none() && matches!(self.length, Length::Plain | Length::Long)
            }
            Base::Int128 => self.length == Length::Plain,
            Base::Float | Base::Void | Base::Bool | Base::ExtendedFloat | Base::VaList => {
                self.sign.is_none() && self.length == Length::Plain
            }
        }
    }

    /// The type that the keywords name.
    pub(super) fn finish(self) -> Result<BasicType, SpecifierConflict> {
        use BasicType as B;
        let unsigned = self.sign == Some(Sign::Unsigned);
        let pick = |signed_type, unsigned_type| if unsigned { unsigned_type } else { signed_type };
        if self.domain == Domain::Complex {
            return match (self.base, self.length) {
                (Some(Base::Float), _) => Ok(B::FloatComplex),
                (Some(Base::Double), Length::Plain) => Ok(B::DoubleComplex),
                (Some(Base::Double), _) => Ok(B::LongDoubleComplex),
                (Some(Base::ExtendedFloat), _) => Ok(B::ExtendedFloatComplex),
                _ => Err(SpecifierConflict::Complex),
            };
        }
        Ok(match (self.base, self.length) {
            (None | Some(Base::Int), Length::Plain) => pick(B::Int, B::UnsignedInt),
            (None | Some(Base::Int), Length::Short) => pick(B::Short, B::UnsignedShort),
            (None | Some(Base::Int), Length::Long) => pick(B::Long, B::UnsignedLong),
            (None | Some(Base::Int), Length::LongLong) => pick(B::LongLong, B::UnsignedLongLong),
            (Some(Base::Char), _) if self.sign.is_none() => B::Char,
            (Some(Base::Char), _) => pick(B::SignedChar, B::UnsignedChar),
            (Some(Base::Int128), _) => pick(B::Int128, B::UnsignedInt128),
            (Some(Base::Float), _) => B::Float,
            (Some(Base::Double), Length::Plain) => B::Double,
            (Some(Base::Double), _) => B::LongDouble,
            (Some(Base::Void), _) => B::Void,
            (Some(Base::Bool), _) => B::Bool,
            (Some(Base::ExtendedFloat), _) => B::ExtendedFloat,
            (Some(Base::VaList), _) => B::VaList,
        })
    }

    /// What `...` behind these keywords means; `None` where it means nothing.
    pub(super) fn openness(self) -> Option<Openness> {
        match (self.base, self.length, self.domain) {
            _ if self.is_empty() => Some(Openness::Any),
            (_, _, Domain::Complex) => None,
            (None | Some(Base::Int | Base::Char), _, _) => Some(Openness::Integer),
            (Some(Base::Float | Base::Double), Length::Plain, _) => Some(Openness::Float),
            _ => None,
        }
    }
}

const fn base(keyword: TokenKind) -> Option<Base> {
    Some(match keyword {
        TokenKind::Int => Base::Int,
        TokenKind::Char => Base::Char,
        TokenKind::Float => Base::Float,
        TokenKind::Double => Base::Double,
        TokenKind::Void => Base::Void,
        TokenKind::Bool => Base::Bool,
        TokenKind::Int128 => Base::Int128,
        TokenKind::ExtendedFloat => Base::ExtendedFloat,
        TokenKind::VaList => Base::VaList,
        _ => return None,
    })
}
