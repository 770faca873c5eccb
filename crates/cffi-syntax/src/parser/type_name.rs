//! Type names: `int (*)[5]` in a cast, in `sizeof`, or as a whole type string (C11 6.7.7).

use super::declarator::Naming;
use super::specifier::Context;
use super::{Failed, Parse, Parser};
use crate::ast::TypeName;
use crate::diagnostic::{DiagnosticKind, Expected};
use crate::token::TokenKind;

impl<'s> Parser<'s, '_> {
    /// A type name inside an expression or a specifier. It names no variable.
    pub(super) fn type_name(&mut self) -> Parse<TypeName<'s>> {
        let parsed = self.nested(Self::any_type_name)?;
        match parsed.declarator.name {
            None => Ok(parsed),
            Some(name) => {
                let found = crate::diagnostic::Found::Token(name.name.to_owned());
                self.report(
                    DiagnosticKind::Unexpected {
                        found,
                        expected: Expected::EndOfType,
                    },
                    name.span,
                );
                Err(Failed)
            }
        }
    }

    /// A type string, which is nothing but one type name. A name in it is allowed and has no effect.
    pub(super) fn whole_type_name(&mut self) -> Parse<TypeName<'s>> {
        if self.is_name_at(0)
            && self.kind_at(1) == TokenKind::EndOfInput
            && !self.is_typedef_name_at(0)
        {
            let token = self.bump();
            let name = self.spelling(token).to_owned();
            self.report(DiagnosticKind::UnknownIdentifier { name }, token.span);
            return Err(Failed);
        }
        let parsed = self.any_type_name()?;
        if self.at_end() {
            Ok(parsed)
        } else {
            Err(self.unexpected(Expected::EndOfType))
        }
    }

    fn any_type_name(&mut self) -> Parse<TypeName<'s>> {
        let start = self.start();
        let specifiers = self.specifiers(Context::TypeName)?;
        let declarator = self.declarator(Naming::Optional)?;
        Ok(TypeName {
            specifiers,
            declarator,
            span: self.span_from(start),
        })
    }
}
