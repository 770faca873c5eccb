//! Declaration specifiers and specifier-qualifier lists (C11 6.7p1, 6.7.2.1p1).
//!
//! C lets them come in any order, so this is one loop that collects. Which names are types is decided here, with the help of
//! `unknown` for those that are not known.

use super::unknown::Reading;
use super::words::{Openness, TypeWords};
use super::{Parse, Parser};
use crate::ast::{
    AlignmentSpecifier, CallingConvention, Ident, Qualifiers, Specifiers, Storage, TypeSpecifier,
};
use crate::diagnostic::{DiagnosticKind, Expected, SpecifierConflict};
use crate::span::Span;
use crate::token::{
    ATTRIBUTES, BUILT_IN_TYPES, SPECIFIER_START, TYPE_NAME_START, Token, TokenKind, TokenSet,
};

/// What the specifiers belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    Declaration,
    Member,
    Parameter,
    TypeName,
}

impl<'s> Parser<'s, '_> {
    /// A specifier list with exactly one type.
    pub(super) fn specifiers(&mut self, context: Context) -> Parse<Specifiers<'s>> {
        let first = self.position;
        let start = self.start();
        let mut list = List {
            specifiers: Specifiers {
                storage: Storage::empty(),
                qualifiers: Qualifiers::empty(),
                alignments: Vec::new(),
                attributes: Vec::new(),
                convention: None,
                ty: TypeSpecifier::Missing,
                span: Span::default(),
            },
            words: TypeWords::new(),
            conflict: None,
            type_span: None,
            context,
        };
        while self.specifier(&mut list)? {}

        let List {
            mut specifiers,
            words,
            conflict,
            type_span,
            ..
        } = list;
        if matches!(specifiers.ty, TypeSpecifier::Missing) && !words.is_empty() {
            match conflict.map_or_else(|| words.finish(), Err) {
                Ok(basic) => specifiers.ty = TypeSpecifier::Basic(basic),
                Err(conflict) => {
                    specifiers.ty = self.conflicting_words(first, conflict, type_span);
                }
            }
        } else if matches!(specifiers.ty, TypeSpecifier::Missing) {
            self.missing_type(context, first)?;
        }
        specifiers.span = type_span.unwrap_or_else(|| self.span_from(start));
        Ok(specifiers)
    }

    /// Whether a type name begins `distance` ahead (C11 6.7.7).
    pub(super) fn begins_type_name(&self, distance: usize) -> bool {
        let kind = self.kind_at(distance);
        TYPE_NAME_START.contains(kind) && !self.is_demoted(distance)
            || self.is_typedef_name_at(distance)
    }

    /// Takes one specifier; false where the list ends.
    fn specifier(&mut self, list: &mut List<'s>) -> Parse<bool> {
        use TokenKind as T;
        let token = self.token();
        if self.is_demoted(0) {
            return self.name_specifier(list);
        }
        if let Some(flag) = storage(token.kind) {
            if list.context == Context::Member {
                return Ok(false);
            }
            list.specifiers.storage |= flag;
            self.bump();
            return Ok(true);
        }
        match token.kind {
            T::Identifier => return self.name_specifier(list),
            T::Atomic if self.kind_at(1) == T::LeftParen => {
                self.bump();
                self.bump();
                let inner = self.type_name()?;
                self.expect(T::RightParen, Expected::RightParen)?;
                self.set_type(list, token.span, TypeSpecifier::Atomic(Box::new(inner)));
            }
            T::Const | T::Restrict | T::Volatile | T::Atomic => {
                list.specifiers.qualifiers |= self.qualifiers()
            }
            T::Attribute | T::Declspec => self.attributes(&mut list.specifiers.attributes)?,
            T::LeftBracket if self.kind_at(1) == T::LeftBracket => {
                self.attributes(&mut list.specifiers.attributes)?
            }
            T::Extension => _ = self.bump(),
            T::Alignas => {
                let alignment = self.alignment()?;
                list.specifiers.alignments.push(alignment);
            }
            // Behind the type it belongs to the declarator: `int __stdcall f(int)`.
            T::Cdecl | T::Stdcall if !list.has_type() => {
                list.specifiers.convention = self.convention()
            }
            T::Struct | T::Union | T::Enum if list.has_type() && token.first_on_line => {
                return Ok(false);
            }
            T::Struct | T::Union => {
                let record = self.record()?;
                self.set_type(list, token.span, TypeSpecifier::Record(Box::new(record)));
            }
            T::Enum => {
                let enumeration = self.enumeration()?;
                self.set_type(list, token.span, TypeSpecifier::Enum(Box::new(enumeration)));
            }
            T::Typeof => {
                self.bump();
                let ty = self.typeof_argument()?;
                self.set_type(list, token.span, ty);
            }
            T::Ellipsis => return self.ellipsis(list),
            T::AutoType | T::BitInt | T::Imaginary => self.unsupported_type(list)?,
            // `typedef float _Float32;`, which glibc has for compilers that lack the type.
            kind if BUILT_IN_TYPES.contains(kind) && list.has_base() => return Ok(false),
            kind if TYPE_WORDS.contains(kind) => {
                // A new line that begins with a type: the `;` in front of it is missing.
                if list.has_type() && token.first_on_line && !list.is_basic() {
                    return Ok(false);
                }
                self.bump();
                if !list.is_basic() {
                    let kind = DiagnosticKind::Specifiers(SpecifierConflict::Invalid);
                    self.report(kind, token.span);
                } else if let Err(conflict) = list.words.add(kind) {
                    // What the keywords are together is told when all have been seen.
                    list.conflict.get_or_insert(conflict);
                }
                list.extend_type_span(token.span);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// A name among the specifiers: a type, or the end of the list.
    fn name_specifier(&mut self, list: &mut List<'s>) -> Parse<bool> {
        if list.has_type() {
            return Ok(false);
        }
        let token = self.token();
        let ident = Ident {
            name: self.spelling(token),
            span: token.span,
        };
        if self.is_typedef_name_at(0) {
            self.bump();
            self.set_type(list, token.span, TypeSpecifier::TypedefName(ident));
            return Ok(true);
        }
        match self.read_unknown(list.context) {
            Reading::Declared => return Ok(false),
            Reading::LoneIdentifier => _ = self.bump(),
            Reading::Type => {
                self.report_unknown_type(ident, list.context);
                self.bump();
            }
            Reading::Macro => {
                self.report_macro(ident, list.context);
                self.bump();
                if self.at(TokenKind::LeftParen) {
                    self.skip_parentheses()?;
                }
                return Ok(true);
            }
        }
        self.set_type(list, token.span, TypeSpecifier::TypedefName(ident));
        Ok(true)
    }

    /// What type keywords from token `first` on mean that do not go together in C. CFFI overlooks every `signed` in front of
    /// other keywords; where that does not help, it names the keywords in its own order.
    #[cold]
    fn conflicting_words(
        &mut self,
        first: usize,
        conflict: SpecifierConflict,
        span: Option<Span>,
    ) -> TypeSpecifier<'s> {
        let words = self.type_words_from(first);
        let is_prefix = |word: &Token| {
            use TokenKind as T;
            matches!(word.kind, T::Signed | T::Unsigned | T::Short | T::Long)
        };
        let prefix = words.iter().take_while(|word| is_prefix(word)).count();
        let (front, base) = words.split_at(prefix);
        let mut kept: Vec<Token> = Vec::with_capacity(words.len());
        for kind in [TokenKind::Unsigned, TokenKind::Short, TokenKind::Long] {
            kept.extend(front.iter().filter(|word| word.kind == kind));
        }
        let has_length = kept.iter().any(|word| word.kind != TokenKind::Unsigned);
        let is_int = base.is_empty() || matches!(base, [word] if word.kind == TokenKind::Int);
        if !is_int {
            kept.extend(base);
        }

        let mut meaning = TypeWords::new();
        let added = kept.iter().try_for_each(|word| meaning.add(word.kind));
        if let Ok(basic) = added.and_then(|()| meaning.finish()) {
            return TypeSpecifier::Basic(basic);
        }
        let mut names: Vec<&str> = kept.iter().map(|word| self.spelling(*word)).collect();
        if is_int && !has_length {
            names.push("int");
        }
        let spelling = names.join(" ");
        let kind = DiagnosticKind::UnsupportedType { spelling, conflict };
        self.report(kind, span.unwrap_or_default());
        TypeSpecifier::Missing
    }

    /// The type keywords between token `first` and the current one, without those in parentheses.
    fn type_words_from(&self, first: usize) -> Vec<Token> {
        let read = self.tokens.get(first..self.position).unwrap_or_default();
        let mut depth = 0_u32;
        let mut words = Vec::new();
        for token in read {
            match token.kind {
                TokenKind::LeftParen => depth += 1,
                TokenKind::RightParen => depth = depth.saturating_sub(1),
                kind if depth == 0 && TYPE_WORDS.contains(kind) => words.push(*token),
                _ => {}
            }
        }
        words
    }

    fn set_type(&mut self, list: &mut List<'s>, span: Span, ty: TypeSpecifier<'s>) {
        let span = span.to(self.span_from(span.start));
        if list.has_type() {
            self.report(DiagnosticKind::Specifiers(SpecifierConflict::Invalid), span);
        } else {
            list.specifiers.ty = ty;
            list.type_span = Some(span);
        }
    }

    /// CFFI's `...` in the place of a type or behind type keywords; only a typedef can have it.
    fn ellipsis(&mut self, list: &mut List<'s>) -> Parse<bool> {
        let token = self.token();
        let in_typedef = list.context == Context::Declaration
            && list.specifiers.storage.contains(Storage::TYPEDEF);
        let openness = list
            .words
            .openness()
            .filter(|_| in_typedef && list.is_basic());
        self.bump();
        list.specifiers.ty = match openness {
            Some(Openness::Any) => TypeSpecifier::Ellipsis,
            Some(Openness::Integer) => TypeSpecifier::IntegerEllipsis,
            Some(Openness::Float) => TypeSpecifier::FloatEllipsis,
            None => {
                self.report_misplaced_ellipsis(token.span);
                TypeSpecifier::Ellipsis
            }
        };
        list.extend_type_span(token.span);
        Ok(true)
    }

    /// Consumes qualifiers.
    pub(super) fn qualifiers(&mut self) -> Qualifiers {
        let mut found = Qualifiers::empty();
        loop {
            found |= match self.kind() {
                TokenKind::Const => Qualifiers::CONST,
                TokenKind::Restrict => Qualifiers::RESTRICT,
                TokenKind::Volatile => Qualifiers::VOLATILE,
                TokenKind::Atomic if self.kind_at(1) != TokenKind::LeftParen => Qualifiers::ATOMIC,
                _ => return found,
            };
            self.bump();
        }
    }

    /// Consumes a calling convention, where there is one.
    pub(super) fn convention(&mut self) -> Option<CallingConvention> {
        let convention = match self.kind() {
            TokenKind::Cdecl => CallingConvention::Cdecl,
            TokenKind::Stdcall => CallingConvention::Stdcall,
            _ => return None,
        };
        self.bump();
        Some(convention)
    }

    /// `_Alignas(…)` (C11 6.7.5).
    fn alignment(&mut self) -> Parse<AlignmentSpecifier<'s>> {
        self.bump();
        self.expect(TokenKind::LeftParen, Expected::LeftParen)?;
        let alignment = if self.begins_type_name(0) {
            AlignmentSpecifier::Type(Box::new(self.type_name()?))
        } else {
            AlignmentSpecifier::Expr(self.constant_expression()?)
        };
        self.expect(TokenKind::RightParen, Expected::RightParen)?;
        Ok(alignment)
    }

    fn typeof_argument(&mut self) -> Parse<TypeSpecifier<'s>> {
        self.expect(TokenKind::LeftParen, Expected::LeftParen)?;
        let ty = if self.begins_type_name(0) {
            TypeSpecifier::TypeofType(Box::new(self.type_name()?))
        } else {
            TypeSpecifier::TypeofExpr(self.expression()?)
        };
        self.expect(TokenKind::RightParen, Expected::RightParen)?;
        Ok(ty)
    }

    /// `_BitInt(n)`, `_Imaginary`, `__auto_type`: reported, and read as if it were `int`.
    fn unsupported_type(&mut self, list: &mut List<'s>) -> Parse<()> {
        let token = self.bump();
        let construct = self.spelling(token).to_owned();
        self.report(DiagnosticKind::Unsupported { construct }, token.span);
        if self.at(TokenKind::LeftParen) {
            self.skip_parentheses()?;
        }
        // An error was reported: what the type is from here on no longer matters.
        _ = list.words.add(TokenKind::Int);
        list.extend_type_span(token.span);
        Ok(())
    }

    /// A keyword that only newer or GNU C has, used as a name.
    fn is_demoted(&self, distance: usize) -> bool {
        if !self.is_name_at(distance) {
            return false;
        }
        let next = self.kind_at(distance + 1);
        match self.kind_at(distance) {
            TokenKind::Alignas | TokenKind::Typeof => next != TokenKind::LeftParen,
            TokenKind::ThreadLocal | TokenKind::Constexpr => {
                !SPECIFIER_START.contains(next) && next != TokenKind::Identifier
            }
            TokenKind::Identifier => false,
            _ => true,
        }
    }
}

/// Type keywords that combine with each other.
const TYPE_WORDS: TokenSet = TokenSet::new([
    TokenKind::Bool,
    TokenKind::Char,
    TokenKind::Complex,
    TokenKind::Double,
    TokenKind::ExtendedFloat,
    TokenKind::Float,
    TokenKind::Int,
    TokenKind::Int128,
    TokenKind::Long,
    TokenKind::Short,
    TokenKind::Signed,
    TokenKind::Unsigned,
    TokenKind::UnsignedInt128,
    TokenKind::VaList,
    TokenKind::Void,
]);

/// A specifier list in the making.
struct List<'s> {
    specifiers: Specifiers<'s>,
    words: TypeWords,
    /// What is wrong with the type keywords.
    conflict: Option<SpecifierConflict>,
    type_span: Option<Span>,
    context: Context,
}

impl List<'_> {
    fn has_type(&self) -> bool {
        !self.is_basic() || !self.words.is_empty()
    }

    /// Whether only type keywords were seen, or no type yet.
    const fn is_basic(&self) -> bool {
        matches!(self.specifiers.ty, TypeSpecifier::Missing)
    }

    /// Whether the type is complete but for signs and lengths.
    const fn has_base(&self) -> bool {
        !self.is_basic() || self.words.has_base()
    }

    fn extend_type_span(&mut self, span: Span) {
        self.type_span = Some(self.type_span.map_or(span, |before| before.to(span)));
    }
}

const fn storage(kind: TokenKind) -> Option<Storage> {
    Some(match kind {
        TokenKind::Auto => Storage::AUTO,
        TokenKind::Constexpr => Storage::CONSTEXPR,
        TokenKind::Extern => Storage::EXTERN,
        TokenKind::Inline => Storage::INLINE,
        TokenKind::Noreturn => Storage::NORETURN,
        TokenKind::Register => Storage::REGISTER,
        TokenKind::Static => Storage::STATIC,
        TokenKind::ThreadLocal => Storage::THREAD_LOCAL,
        TokenKind::Typedef => Storage::TYPEDEF,
        _ => return None,
    })
}

/// Whether attributes begin with this token and the one behind it.
pub(super) const fn begins_attribute(kind: TokenKind, next: TokenKind) -> bool {
    ATTRIBUTES.contains(kind)
        || matches!(
            (kind, next),
            (TokenKind::LeftBracket, TokenKind::LeftBracket)
        )
}
