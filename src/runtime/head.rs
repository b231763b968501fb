//! Heads of definitions whose files were only scanned, read from the files when they are to be shown. Keeps what it has read, and
//! refuses to parse: a head is what a scan makes of the text.

use crate::domain::language::Language;
use crate::map::{Map, Symbol};
use crate::repo::{Root, read};
use crate::syntax;
use std::cell::RefCell;
use std::collections::HashMap;

/// Where heads are read.
pub(super) struct Heads<'a> {
    root: &'a Root,
    /// Of each file that was asked for, names and heads of what it defines.
    known: RefCell<HashMap<String, Vec<(String, String)>>>,
}

impl<'a> Heads<'a> {
    /// Nothing is read yet.
    pub fn new(root: &'a Root) -> Heads<'a> {
        Heads { root, known: RefCell::default() }
    }

    /// The head of a file's definition of this number and name; `None` when the text says something else by now.
    pub fn of(&self, path: &str, at: usize, name: &str) -> Option<String> {
        let mut known = self.known.borrow_mut();
        if !known.contains_key(path) {
            known.insert(path.to_owned(), self.read(path));
        }
        known[path].get(at).filter(|(own, _)| own == name).map(|(_, head)| head.clone())
    }

    /// The head of a symbol, the map's own or that of its file; empty when there is none.
    pub fn of_symbol(&self, map: &Map, symbol: &Symbol) -> String {
        if !symbol.signature.is_empty() {
            return symbol.signature.to_owned();
        }
        map.position(symbol).and_then(|at| self.of(symbol.path, at, symbol.name)).unwrap_or_default()
    }

    /// Names and heads of what a file defines; nothing when it cannot be read any more.
    fn read(&self, path: &str) -> Vec<(String, String)> {
        let text = read::bytes(self.root, path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let (Some(language), Some(text)) = (Language::from_path(path), text) else { return Vec::new() };
        syntax::heads(language, &text).into_iter().map(|(name, head)| (name.to_owned(), head)).collect()
    }
}
