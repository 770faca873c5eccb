//! The names of declarations: in order, by name space, with a journal.
//!
//! What the names mean is of no concern here beyond the name space, nor is whether a redeclaration is right.

use hashbrown::HashTable;
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::BuildHasher;

use crate::declarations::{Declaration, Space};
use crate::primitive::Primitive;

/// An integer constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Constant {
    /// `None`: only the C compiler knows.
    pub(crate) value: Option<i128>,
    /// The type that it has in a constant expression.
    pub(crate) ty: Primitive,
}

/// All names.
#[derive(Debug, Default)]
pub(crate) struct Names {
    entries: Vec<Declaration>,
    /// Positions in `entries` by name space and name.
    by_name: HashTable<usize>,
    /// The function, variable or constant that was declared last under each name.
    objects: FxHashMap<Box<str>, usize>,
    constants: IndexMap<Box<str>, Constant, FxBuildHasher>,
    journal: Vec<Undo>,
}

/// What takes back one change of something older than the last mark.
#[derive(Debug)]
enum Undo {
    /// An entry was replaced.
    Entry(usize, Declaration),
    /// A name came to mean another object, or one at all.
    Object(Box<str>, Option<usize>),
}

/// A state to go back to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    entries: usize,
    constants: usize,
}

fn hash(space: Space, name: &str) -> u64 {
    FxBuildHasher.hash_one((space, name))
}

const fn is_object(space: Space) -> bool {
    matches!(space, Space::Function | Space::Variable | Space::Constant)
}

impl Names {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Declaration> {
        self.entries.iter()
    }

    pub(crate) fn get(&self, space: Space, name: &str) -> Option<&Declaration> {
        self.entries.get(self.position(space, name)?)
    }

    pub(crate) fn object(&self, name: &str) -> Option<&Declaration> {
        self.entries.get(*self.objects.get(name)?)
    }

    pub(crate) fn constant(&self, name: &str) -> Option<&Constant> {
        self.constants.get(name)
    }

    pub(crate) fn constants(&self) -> impl Iterator<Item = (&str, &Constant)> {
        self.constants.iter().map(|(name, constant)| (&**name, constant))
    }

    /// Each name of an object, a constant or a macro once.
    pub(crate) fn globals(&self) -> impl Iterator<Item = &str> {
        let declared = self.entries.iter().enumerate().filter(|(position, entry)| {
            let space = entry.kind.space();
            if is_object(space) {
                self.objects.get(&entry.name) == Some(position)
            } else {
                space == Space::Macro
                    && !self.objects.contains_key(&entry.name)
                    && !self.constants.contains_key(&entry.name)
            }
        });
        let constants = self.constants.keys().filter(|name| !self.objects.contains_key(*name));
        declared.map(|(_, entry)| &*entry.name).chain(constants.map(|name| &**name))
    }

    /// Enters a declaration, in the place of the one of its name and name space if there is one.
    pub(crate) fn put(&mut self, declaration: Declaration) {
        let space = declaration.kind.space();
        let name = declaration.name.clone();
        let position = match self.position(space, &name) {
            Some(position) => {
                if let Some(entry) = self.entries.get_mut(position) {
                    let old = std::mem::replace(entry, declaration);
                    self.journal.push(Undo::Entry(position, old));
                }
                position
            }
            None => {
                let position = self.entries.len();
                self.entries.push(declaration);
                let entries = &self.entries;
                self.by_name.insert_unique(hash(space, &name), position, |other| {
                    entries.get(*other).map_or(0, |entry| hash(entry.kind.space(), &entry.name))
                });
                position
            }
        };
        if is_object(space) {
            let old = self.objects.insert(name.clone(), position);
            self.journal.push(Undo::Object(name, old));
        }
    }

    /// Enters a constant that is not there yet.
    pub(crate) fn put_constant(&mut self, name: &str, constant: Constant) {
        self.constants.entry(name.into()).or_insert(constant);
    }

    pub(crate) fn mark(&mut self) -> Mark {
        self.journal.clear();
        Mark { entries: self.entries.len(), constants: self.constants.len() }
    }

    pub(crate) fn roll_back(&mut self, mark: Mark) {
        while let Some(undo) = self.journal.pop() {
            match undo {
                Undo::Entry(position, old) => {
                    if let Some(entry) = self.entries.get_mut(position) {
                        *entry = old;
                    }
                }
                Undo::Object(name, Some(position)) => {
                    self.objects.insert(name, position);
                }
                Undo::Object(name, None) => {
                    self.objects.remove(&name);
                }
            }
        }
        while self.entries.len() > mark.entries {
            let last = self.entries.len() - 1;
            let Some(entry) = self.entries.pop() else { break };
            if let Ok(found) = self
                .by_name
                .find_entry(hash(entry.kind.space(), &entry.name), |position| *position == last)
            {
                found.remove();
            }
        }
        self.constants.truncate(mark.constants);
    }

    fn position(&self, space: Space, name: &str) -> Option<usize> {
        self.by_name
            .find(hash(space, name), |position| {
                self.entries
                    .get(*position)
                    .is_some_and(|entry| entry.kind.space() == space && *entry.name == *name)
            })
            .copied()
    }
}
