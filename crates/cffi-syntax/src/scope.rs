//! Which names are typedef names at a point of the text (C11 6.2.1, 6.2.3).
//!
//! Only that question: tags and members live in name spaces of their own and never come here, and what a name means is the
//! model's affair. There are two levels, file scope and any nesting of prototype scopes; function bodies are skipped.

use hashbrown::HashMap;

/// The typedef names that are known before a text is read: those of earlier texts and CFFI's common types.
pub trait TypeNames {
    /// Whether `name` is a typedef name.
    fn is_typedef_name(&self, name: &str) -> bool;

    /// All of them, for "did you mean". Asked only for an error.
    fn known_names(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        Box::new(std::iter::empty())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Typedef,
    Ordinary,
}

/// Where a scope began.
#[must_use]
pub(crate) struct ScopeMark(usize);

/// The ordinary identifiers in scope, as far as they matter.
pub(crate) struct Scope<'s, 'n> {
    known: &'n dyn TypeNames,
    /// What this text says about names; the latest declaration of each.
    declared: HashMap<&'s str, Meaning>,
    /// What inner scopes replaced, to be put back where they end.
    replaced: Vec<(&'s str, Option<Meaning>)>,
}

impl<'s, 'n> Scope<'s, 'n> {
    pub(crate) fn new(known: &'n dyn TypeNames) -> Self {
        Self {
            known,
            declared: HashMap::new(),
            replaced: Vec::new(),
        }
    }

    pub(crate) fn is_typedef_name(&self, name: &str) -> bool {
        match self.declared.get(name) {
            Some(meaning) => *meaning == Meaning::Typedef,
            None => self.known.is_typedef_name(name),
        }
    }

    /// Declares a typedef name at file scope.
    pub(crate) fn declare_typedef(&mut self, name: &'s str) {
        self.declared.insert(name, Meaning::Typedef);
    }

    /// Declares a function, an object or an enumerator at file scope; it hides a typedef name.
    pub(crate) fn declare_ordinary(&mut self, name: &'s str) {
        // Most names hide nothing, and then there is nothing to note.
        if self.is_typedef_name(name) {
            self.declared.insert(name, Meaning::Ordinary);
        }
    }

    /// Declares a parameter in the scope that was entered last.
    pub(crate) fn declare_parameter(&mut self, name: &'s str) {
        if self.is_typedef_name(name) {
            let before = self.declared.insert(name, Meaning::Ordinary);
            self.replaced.push((name, before));
        }
    }

    /// Enters a prototype scope.
    pub(crate) fn enter(&self) -> ScopeMark {
        ScopeMark(self.replaced.len())
    }

    /// Leaves the scope that began at `mark`.
    pub(crate) fn leave(&mut self, mark: ScopeMark) {
        for (name, before) in self.replaced.drain(mark.0.min(self.replaced.len())..).rev() {
            match before {
                Some(meaning) => self.declared.insert(name, meaning),
                None => self.declared.remove(name),
            };
        }
    }

    /// All typedef names that are or were known.
    pub(crate) fn typedef_names(&self) -> impl Iterator<Item = &str> {
        let declared = self
            .declared
            .iter()
            .filter(|(_, meaning)| **meaning == Meaning::Typedef)
            .map(|(name, _)| *name);
        declared.chain(self.known.known_names())
    }
}
