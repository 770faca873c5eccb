//! A name in the place of a type that is not known as one: what its writer meant, judged by what follows.
//!
//! C needs no such guess, since it is an error anyway. The guess decides which error is reported and how to read on, so that
//! one mistake gives one message.

use super::specifier::Context;
use super::{Failed, Parse, Parser, Suspicion};
use crate::ast::Ident;
use crate::diagnostic::{Diagnostic, DiagnosticKind, Expected, TypePlace};
use crate::span::Span;
use crate::token::{QUALIFIERS, SPECIFIER_START, TokenKind};

/// What an unknown name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A type that was not declared.
    Type,
    /// A parameter without a type, or of an unknown type: lowering has the words for it.
    LoneIdentifier,
    /// A macro in front of a declaration.
    Macro,
    /// The declared name; the type is missing.
    Declared,
}

impl<'s> Parser<'s, '_> {
    /// Judges the unknown name at the current token.
    pub(super) fn read_unknown(&self, context: Context) -> Reading {
        use TokenKind as T;
        let mut distance = 1;
        while QUALIFIERS.contains(self.kind_at(distance)) {
            distance += 1;
        }
        let plain = if context == Context::Declaration {
            Reading::Declared
        } else {
            Reading::Type
        };
        match self.kind_at(distance) {
            T::Comma | T::RightParen if context == Context::Parameter => Reading::LoneIdentifier,
            T::LeftParen if self.kind_at(distance + 1) == T::Star => Reading::Type,
            T::LeftParen => match self.behind_parentheses(distance) {
                Some(behind) if self.declares(behind) || self.kind_at(behind) == T::Identifier => {
                    Reading::Macro
                }
                _ => plain,
            },
            T::Star | T::Ellipsis | T::Cdecl | T::Stdcall | T::Attribute | T::Declspec => {
                Reading::Type
            }
            _ if self.declares(distance) => Reading::Macro,
            T::Identifier => Reading::Type,
            _ if distance > 1 => Reading::Type,
            _ => plain,
        }
    }

    /// Whether a type with something behind it stands `distance` ahead.
    fn declares(&self, distance: usize) -> bool {
        if self.is_typedef_name_at(distance) {
            let next = self.kind_at(distance + 1);
            return matches!(next, TokenKind::Identifier | TokenKind::Star)
                || QUALIFIERS.contains(next);
        }
        SPECIFIER_START.contains(self.kind_at(distance))
    }

    #[cold]
    pub(super) fn report_unknown_type(&mut self, ident: Ident<'s>, context: Context) {
        let kind = DiagnosticKind::UnknownType {
            name: ident.name.to_owned(),
            place: place(context),
        };
        let hint = self.suggest_type(ident.name);
        self.report_full(Diagnostic {
            kind,
            span: ident.span,
            hint,
        });
        self.suspicion = Suspicion::WrongType;
    }

    #[cold]
    pub(super) fn report_macro(&mut self, ident: Ident<'s>, context: Context) {
        let kind = DiagnosticKind::UnknownType {
            name: ident.name.to_owned(),
            place: place(context),
        };
        let hint = macro_hint(ident.name);
        self.report_full(Diagnostic::new(kind, ident.span).with_hint(hint));
        self.suspicion = Suspicion::WrongType;
    }

    #[cold]
    pub(super) fn report_misplaced_ellipsis(&mut self, span: Span) {
        let hint = "'...' can stand for a type only in 'typedef ... NAME;', 'typedef ... *NAME;', \
                    'typedef int... NAME;' and 'typedef float... NAME;'";
        self.report_full(Diagnostic::new(DiagnosticKind::MisplacedEllipsis, span).with_hint(hint));
        self.suspicion = Suspicion::WrongType;
    }

    /// Reports a specifier list that began at token `first` and has no type. Reading goes on where a name follows, as if it had one.
    #[cold]
    pub(super) fn missing_type(&mut self, context: Context, first: usize) -> Parse<()> {
        let nothing = self.position == first;
        if nothing && !self.is_name_at(0) {
            let expected = if context == Context::Declaration {
                Expected::Declaration
            } else {
                Expected::Type
            };
            return Err(self.unexpected(expected));
        }
        // Attributes alone (C23 6.7p2), and GNU's habit of writing them so.
        if context == Context::Declaration && self.at(TokenKind::Semicolon) {
            return Ok(());
        }
        let token = self.token();
        let name = self.is_name_at(0).then(|| self.spelling(token).to_owned());
        let span = if name.is_some() {
            token.span
        } else {
            self.last_character()
        };
        // The lexer has reported an invalid token.
        if self.suspicion == Suspicion::None && token.kind != TokenKind::Invalid {
            self.report(DiagnosticKind::MissingType { name: name.clone() }, span);
            self.suspicion = Suspicion::WrongType;
        }
        if name.is_some() { Ok(()) } else { Err(Failed) }
    }
}

fn place(context: Context) -> TypePlace {
    match context {
        Context::Member => TypePlace::Member,
        _ => TypePlace::Elsewhere,
    }
}

/// A hint for a name that looks like a macro.
pub(super) fn macro_hint(name: &str) -> String {
    format!("if '{name}' is a macro, leave it out: there is no preprocessor in cdef()")
}
