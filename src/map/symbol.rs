//! A definition as it is given out: with its path and its texts, borrowed from the map.

use super::file::{File, NONE};
use super::table::Map;
use crate::domain::outline::DefinitionKind;
use serde::Serialize;

/// A definition of a map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Symbol<'m> {
    /// Its file.
    pub path: &'m str,
    /// Its own name.
    pub name: &'m str,
    /// The name of the definition it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<&'m str>,
    /// What it is.
    pub kind: DefinitionKind,
    /// 1-based first and last line.
    pub lines: (u32, u32),
    /// Its head; empty when the file was only scanned.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub signature: &'m str,
    /// First sentence of its documentation, if there is any.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub doc: &'m str,
    /// Whether other files can name it.
    pub exported: bool,
    /// Cyclomatic complexity; 0 when it is no function or the file was only scanned.
    pub complexity: u16,
}

impl Map {
    /// What a file defines, in order; nothing for a path that is not here.
    pub fn symbols(&self, path: &str) -> Vec<Symbol<'_>> {
        let Some((_, file)) = self.at(path) else { return Vec::new() };
        (0..file.definitions.len()).map(|at| self.symbol(file, at)).collect()
    }

    /// The number of a definition among those of its file, from 0; `None` when it is not here.
    pub fn position(&self, symbol: &Symbol) -> Option<usize> {
        let (name, (_, file)) = (self.names.find(symbol.name)?, self.at(symbol.path)?);
        file.definitions.iter().position(|row| row.lines == symbol.lines && row.name == name)
    }

    /// The definitions of exactly this name, by path and line.
    pub fn definitions_of(&self, name: &str) -> Vec<Symbol<'_>> {
        let Some(name) = self.names.find(name) else { return Vec::new() };
        let mut found = Vec::new();
        for (_, file) in self.ordered() {
            let own = file.definitions.iter().enumerate().filter(|(_, row)| row.name == name);
            found.extend(own.map(|(at, _)| self.symbol(file, at)));
        }
        found
    }

    /// The names that something is defined by, in no order that means anything.
    pub fn defined_names(&self) -> impl Iterator<Item = &str> {
        (0..self.names.len() as u32).filter(|name| self.is_defined(*name)).map(|name| self.names.get(name))
    }

    pub(super) fn is_defined(&self, name: u32) -> bool {
        self.defined.get(name as usize).is_some_and(|n| *n > 0)
    }

    pub(super) fn symbol<'m>(&'m self, file: &'m File, at: usize) -> Symbol<'m> {
        let row = &file.definitions[at];
        let (signature, doc) = file.texts(at);
        Symbol {
            path: &file.path,
            name: self.names.get(row.name),
            container: (row.container != NONE).then(|| self.names.get(file.definitions[row.container as usize].name)),
            kind: row.kind,
            lines: row.lines,
            signature,
            doc,
            exported: row.exported,
            complexity: row.complexity,
        }
    }
}
