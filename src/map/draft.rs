//! A text made ready for the table by a scan, on any thread: what is left to do is to look its names up, once each. It knows no
//! map and keeps nothing that a scan does not tell.

use super::convention::is_test;
use super::file::{File, NONE, Row, segments, write_import};
use super::names::{Interner, Texts, clip, hash};
use super::record::{DefinitionRecord, Record, encode_record};
use super::table::ContentHash;
use crate::domain::language::Language;
use crate::domain::outline::Tier;
use crate::syntax::{self, Found, Sink};

/// A scanned file whose names are numbered by themselves.
pub struct Draft {
    text: Box<str>,
    ends: Box<[u32]>,
    pub(super) hashes: Box<[u64]>,
    pub(super) file: File,
}

impl Draft {
    /// Its names.
    pub(super) fn names(&self) -> Texts<'_> {
        Texts { text: &self.text, ends: &self.ends }
    }

    /// The content it was made of.
    pub fn hash(&self) -> ContentHash {
        self.file.hash
    }

    /// Its record, for a cache. Lines of references and imports, which a map does not keep, are 0 in it.
    pub fn encode(&self) -> Vec<u8> {
        let file = &self.file;
        let names: Vec<&str> = self.names().iter().collect();
        let name = |id: u32| names[id as usize];
        let (references, words) = (file.ends.0 as usize, file.ends.1 as usize);
        let counted = |at: usize| (name(file.uses[at]), u32::from(file.counts[at]));
        let definition = |row: &Row| DefinitionRecord {
            name: name(row.name),
            kind: row.kind,
            container: (row.container != NONE).then_some(row.container),
            lines: row.lines,
            signature: "",
            doc: "",
            exported: row.exported,
            complexity: 0,
            typed: (0, 0),
        };
        encode_record(&Record {
            language: file.language.expect("what was scanned has a language"),
            tier: file.tier,
            lines: file.lines,
            definitions: file.definitions.iter().map(definition).collect(),
            references: (0..references).map(counted).map(|(name, count)| (name, count, 0)).collect(),
            imports: file
                .imports()
                .map(|import| (import.target, import.names.split(',').filter(|n| !n.is_empty()).collect(), 0))
                .collect(),
            words: (references..words).map(counted).collect(),
            entry_point: file.is_entry_point,
            broken: false,
        })
    }
}

/// Makes drafts, one after the other in the same room. One a thread.
#[derive(Default)]
pub struct Drafter {
    names: Interner,
    hashes: Vec<u64>,
    /// By name: where it stands in `uses`, and one.
    places: Vec<u32>,
    uses: Vec<u32>,
    counts: Vec<u8>,
    /// Names that were imported.
    imported: Vec<u32>,
    imports: String,
    /// Words of comments as they are written, and how often.
    words: Interner,
    word_counts: Vec<u32>,
    definitions: Vec<Row>,
}

impl Drafter {
    /// Scans a text.
    pub fn scan(&mut self, path: &str, hash: ContentHash, language: Language, text: &str) -> Draft {
        self.clear();
        let scanned = syntax::scan_with(language, text, self);
        self.take_imported();
        let references = self.uses.len() as u32;
        self.take_words();
        let words = self.uses.len() as u32;
        for segment in segments(path) {
            let name = self.name(segment);
            self.take(name, 1);
        }
        let file = File {
            path: path.into(),
            hash,
            language: Some(language),
            tier: Tier::Scan,
            oddity: None,
            lines: scanned.lines,
            is_outlined: true,
            is_entry_point: scanned.entry_point,
            is_broken: false,
            is_test: is_test(path),
            definitions: self.definitions.as_slice().into(),
            text: Box::default(),
            uses: self.uses.as_slice().into(),
            counts: self.counts.as_slice().into(),
            ends: (references, words),
            imports: self.imports.as_str().into(),
            targets: Box::default(),
            length: 0,
        };
        let Texts { text, ends } = self.names.texts();
        Draft { text: text.into(), ends: ends.into(), hashes: self.hashes.as_slice().into(), file }
    }

    fn clear(&mut self) {
        self.names.clear();
        self.hashes.clear();
        self.places.clear();
        self.uses.clear();
        self.counts.clear();
        self.imported.clear();
        self.imports.clear();
        self.words.clear();
        self.word_counts.clear();
        self.definitions.clear();
    }

    fn name(&mut self, name: &str) -> u32 {
        let name = clip(name);
        let hash = hash(name);
        let (id, is_new) = self.names.intern_hashed(name, hash);
        if is_new {
            self.hashes.push(hash);
        }
        id
    }

    fn take(&mut self, name: u32, count: u8) {
        self.uses.push(name);
        self.counts.push(count);
    }

    fn refer(&mut self, name: u32) {
        self.places.resize(self.places.len().max(name as usize + 1), 0);
        match self.places[name as usize] {
            0 => {
                self.take(name, 1);
                self.places[name as usize] = self.uses.len() as u32;
            }
            place => {
                let count = &mut self.counts[place as usize - 1];
                *count = count.saturating_add(1);
            }
        }
    }

    /// A name that is only imported is used all the same.
    fn take_imported(&mut self) {
        for at in 0..self.imported.len() {
            let name = self.imported[at];
            if self.places.get(name as usize).is_none_or(|place| *place == 0) {
                self.refer(name);
            }
        }
    }

    /// The words of the comments, lower case, in the order in which they were first written.
    fn take_words(&mut self) {
        let words = std::mem::take(&mut self.words);
        self.places.clear();
        let start = self.uses.len();
        let mut lower = String::new();
        for (word, at) in words.texts().iter().zip(0..) {
            let is_lower = word.bytes().all(|byte| byte.is_ascii_lowercase());
            if !is_lower {
                lower.clear();
                lower.extend(word.chars().flat_map(char::to_lowercase));
            }
            let name = self.name(if is_lower { word } else { &lower });
            self.places.resize(self.places.len().max(name as usize + 1), 0);
            let place = &mut self.places[name as usize];
            if *place == 0 {
                self.uses.push(name);
                self.counts.push(0);
                *place = (self.uses.len() - start) as u32;
            }
            let held = &mut self.counts[start + *place as usize - 1];
            *held = held.saturating_add(u8::try_from(self.word_counts[at]).unwrap_or(u8::MAX));
        }
        self.words = words;
    }
}

impl<'t> Sink<'t> for Drafter {
    fn reference(&mut self, name: &'t str, _: u32) {
        let name = self.name(name);
        self.refer(name);
    }

    fn word(&mut self, word: &'t str) {
        let (id, is_new) = self.words.intern(word);
        match is_new {
            true => self.word_counts.push(1),
            false => self.word_counts[id as usize] += 1,
        }
    }

    fn import(&mut self, target: &str, names: &[&'t str], _: u32) {
        write_import(&mut self.imports, target, names);
        for name in names {
            let name = self.name(name);
            self.imported.push(name);
        }
    }

    fn definition(&mut self, found: Found<'t>) {
        let name = self.name(found.name);
        self.definitions.push(Row {
            name,
            container: found.container.unwrap_or(NONE),
            lines: found.lines,
            text_ends: (0, 0),
            complexity: 0,
            typed: (0, 0),
            kind: found.kind,
            exported: found.exported,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map::{Map, decode};

    const FILES: [(&str, Language, &str); 3] = [
        (
            "shop/cart.py",
            Language::Python,
            "\"\"\"Carts and what they cost.\"\"\"\nfrom shop.price import price_of, Unused\n\n\
             class Cart:\n    # Adds, adds and ADDS.\n    def add(self, item):\n        return price_of(item) + price_of(item)\n",
        ),
        ("shop/price.py", Language::Python, "def price_of(item):\n    return item.cents  # The price of an Item.\n"),
        ("main.go", Language::Go, "package main\n\nimport \"example.com/shop\"\n\nfunc main() { shop.Open(Große) }\n"),
    ];

    fn frozen(map: &Map) -> Vec<Vec<u8>> {
        let mut parts = Vec::new();
        map.freeze(|part| parts.push(part.to_vec()));
        parts
    }

    #[test]
    fn a_map_of_drafts_is_that_of_their_records_and_says_what_one_of_outlines_says() {
        let (mut drafted, mut recorded, mut outlined) = (Map::new(), Map::new(), Map::new());
        let mut drafter = Drafter::default();
        for (path, language, text) in FILES {
            let draft = drafter.scan(path, [7; 32], language, text);
            assert_eq!(draft.hash(), [7; 32]);
            recorded.edit().insert_record(path, [7; 32], &decode(&draft.encode()).unwrap());
            drafted.edit().insert_draft(draft);
            outlined.edit().insert(path, [7; 32], &syntax::scan(language, text));
        }
        assert_eq!(frozen(&drafted), frozen(&recorded));
        for (path, ..) in FILES {
            assert_eq!(drafted.symbols(path), outlined.symbols(path));
            assert_eq!(drafted.stamp(path), outlined.stamp(path));
        }
        for words in ["adds a price", "unused", "große", "carts cost", "shop"] {
            let found = |map: &Map| format!("{:?}", map.search_files(words, 9));
            assert_eq!(found(&drafted), found(&outlined), "{words}");
            assert!(!drafted.search_files(words, 9).is_empty(), "{words}");
        }
        let best =
            |map: &Map| map.rank(&Default::default()).files(map).into_iter().map(|(path, _)| path.to_owned()).collect();
        let (a, b): (Vec<String>, Vec<String>) = (best(&drafted), best(&outlined));
        assert_eq!(a, b);
    }
}
