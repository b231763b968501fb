//! Which texts of a map become points: one for each definition, or, where that would be too many, one for each file.
//!
//! A text is what the map knows without reading a file, as words: path, container, name, head, first sentence of the
//! documentation. The same definition gives the same text, so that its point is made once, on whichever branch it is.

use crate::domain::clip;
use crate::domain::outline::Tier;
use crate::map::word::each_part;
use crate::map::{Map, Symbol};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Most texts that a map has: what is beyond is not found by meaning. Their points take at most this many times the
/// dimension in bytes on disk (10 MB for 256), and are read through for every question.
pub const MOST_TEXTS: usize = 40_000;
/// Most bytes of a text: what a sentence needs, and short enough for every model's window.
const MOST_BYTES: usize = 400;

/// What a text is found by again: a hash of it.
pub type TextKey = i64;

/// The hash of a text.
pub fn key(text: &str) -> TextKey {
    let hash = Sha256::digest(text);
    let (first, _) = hash.split_first_chunk().expect("a SHA-256 has more than 8 bytes");
    i64::from_le_bytes(*first)
}

/// Where a text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place<'m> {
    /// The file.
    pub path: &'m str,
    /// Which of its definitions, as the map has them; `None` for the file as a whole.
    pub definition: Option<usize>,
}

/// The texts of a map.
pub struct Texts<'m> {
    map: &'m Map,
    /// Definitions are left to their files.
    by_file: bool,
    /// Files that may yet become more exact are left out.
    is_final: bool,
}

impl<'m> Texts<'m> {
    /// All texts of a map.
    pub fn of(map: &'m Map) -> Texts<'m> {
        Texts { map, by_file: map.definition_count() > MOST_TEXTS, is_final: false }
    }

    /// Without those of files that were only scanned so far: they become others soon.
    pub fn settled(map: &'m Map) -> Texts<'m> {
        Texts { is_final: true, ..Texts::of(map) }
    }

    /// Whether no file was left out for now.
    pub fn is_complete(&self) -> bool {
        let is_settled = |path| self.map.stamp(path).is_none_or(|(_, tier)| tier == Tier::Exact);
        !self.is_final || self.map.paths().all(is_settled)
    }

    /// Gives every text, in the order of paths and lines, at most [`MOST_TEXTS`].
    pub fn each(&self, mut take: impl FnMut(Place<'m>, &str)) {
        let (mut left, mut text, mut folder) = (MOST_TEXTS, String::new(), String::new());
        for path in self.map.paths() {
            if self.is_final && self.map.stamp(path).is_some_and(|(_, tier)| tier == Tier::Scan) {
                continue;
            }
            let symbols = self.map.symbols(path);
            if symbols.is_empty() {
                continue;
            }
            folder.clear();
            add(path, &mut folder);
            if self.by_file {
                text.clone_from(&folder);
                symbols
                    .iter()
                    .filter(|symbol| symbol.container.is_none())
                    .for_each(|symbol| add(symbol.name, &mut text));
                shorten(&mut text);
                if left == 0 {
                    return;
                }
                left -= 1;
                take(Place { path, definition: None }, &text);
                continue;
            }
            for (at, symbol) in symbols.iter().enumerate() {
                if left == 0 {
                    return;
                }
                left -= 1;
                describe(symbol, &folder, &mut text);
                take(Place { path, definition: Some(at) }, &text);
            }
        }
    }

    /// Where each text stands, by its key. Definitions that read alike share one.
    pub fn places(&self) -> HashMap<TextKey, Vec<Place<'m>>> {
        let mut places: HashMap<TextKey, Vec<Place>> = HashMap::new();
        self.each(|place, text| places.entry(key(text)).or_default().push(place));
        places
    }
}

/// A definition in words. The name comes first: a model may weigh the beginning more, or cut the end.
fn describe(symbol: &Symbol, folder: &str, text: &mut String) {
    text.clear();
    symbol.container.into_iter().for_each(|container| add(container, text));
    add(symbol.name, text);
    text.push('.');
    if !symbol.doc.is_empty() {
        text.push(' ');
        text.push_str(symbol.doc);
        text.push('.');
    }
    add(symbol.signature, text);
    text.push('.');
    text.push_str(folder);
    shorten(text);
}

/// Adds the words of a name, a path or a head.
fn add(name: &str, text: &mut String) {
    each_part(name, |word| {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    });
}

fn shorten(text: &mut String) {
    text.truncate(clip::head(text, MOST_BYTES).len());
}
