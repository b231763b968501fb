//! Texts made ready for the table by a scan, on any thread, some together: what is left to do is to look their names up, once
//! each. It knows no map and keeps nothing that a scan does not tell.

use super::file::{File, NONE, Row, segments, write_import};
use super::names::{Interner, Texts, clip, hash};
use super::record::{DefinitionRecord, Record, encode_record};
use super::table::ContentHash;
use crate::domain::language::Language;
use crate::domain::outline::Tier;
use crate::domain::test_file::is_test;
use crate::syntax::{self, Found, Sink};
use std::sync::{Arc, OnceLock};

/// A scanned file whose names are numbered by themselves, together with those of the files before and after it.
pub struct Draft {
    names: Shared,
    pub(super) file: File,
}

/// The names of some drafts, there when the last one is made.
pub(super) type Shared = Arc<OnceLock<Drafted>>;

/// Names by number, and their hashes.
#[derive(Debug)]
pub(super) struct Drafted {
    text: Box<str>,
    ends: Box<[u32]>,
    pub hashes: Box<[u64]>,
}

impl Drafted {
    /// The names.
    pub fn texts(&self) -> Texts<'_> {
        Texts { text: &self.text, ends: &self.ends }
    }
}

impl Draft {
    /// Its names and those that it shares them with.
    pub(super) fn names(&self) -> &Drafted {
        self.names.get().expect("a draft is used when its drafter has finished")
    }

    /// Whether this is what numbers its names.
    pub(super) fn is_named_by(&self, names: &Shared) -> bool {
        Arc::ptr_eq(&self.names, names)
    }

    /// What numbers its names.
    pub(super) fn shared(&self) -> Shared {
        self.names.clone()
    }

    /// The content it was made of.
    pub fn hash(&self) -> ContentHash {
        self.file.hash
    }

    /// Its record, for a cache. Lines of references and imports, which a map does not keep, are 0 in it.
    pub fn encode(&self) -> Vec<u8> {
        let (file, names) = (&self.file, self.names().texts());
        let name = |id: u32| names.get(id);
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
    shared: Shared,
    /// Names of all drafts since it finished.
    names: Interner,
    hashes: Vec<u64>,
    /// Words of comments as they are written, and by word its name, lower case.
    words: Interner,
    lower: Vec<u32>,
    /// Of one text: what it references, and what its comments say.
    references: Counted,
    comments: Counted,
    /// Names that it imports.
    imported: Vec<u32>,
    imports: String,
    definitions: Vec<Row>,
}

/// Names in the order of first sight, and how often each was seen.
#[derive(Default)]
struct Counted {
    names: Vec<u32>,
    counts: Vec<u8>,
    /// By name: where it stands, and one.
    places: Vec<u32>,
}

impl Counted {
    fn has(&self, name: u32) -> bool {
        self.places.get(name as usize).is_some_and(|place| *place > 0)
    }

    fn add(&mut self, name: u32) {
        let at = name as usize;
        if at >= self.places.len() {
            self.places.resize(at + 1, 0);
        }
        match self.places[at] {
            0 => {
                self.names.push(name);
                self.counts.push(1);
                self.places[at] = self.names.len() as u32;
            }
            place => {
                let count = &mut self.counts[place as usize - 1];
                *count = count.saturating_add(1);
            }
        }
    }

    fn clear(&mut self) {
        self.names.drain(..).for_each(|name| self.places[name as usize] = 0);
        self.counts.clear();
    }
}

impl Drafter {
    /// Scans a text. The draft can be used when the drafter has finished.
    pub fn scan(&mut self, path: &str, hash: ContentHash, language: Language, text: &str) -> Draft {
        let scanned = syntax::scan_with(language, text, self);
        for name in self.imported.drain(..) {
            // A name that is only imported is used all the same.
            if !self.references.has(name) {
                self.references.add(name);
            }
        }
        let ends = self.references.names.len();
        let ends = (ends as u32, (ends + self.comments.names.len()) as u32);
        let segments: Vec<u32> = segments(path).map(|segment| self.name(segment)).collect();
        let counts = [&self.references.counts[..], &self.comments.counts, &vec![1; segments.len()]];
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
            uses: [&self.references.names[..], &self.comments.names, &segments].concat().into(),
            counts: counts.concat().into(),
            ends,
            imports: self.imports.as_str().into(),
            targets: Box::default(),
            length: 0,
        };
        self.references.clear();
        self.comments.clear();
        self.imports.clear();
        self.definitions.clear();
        Draft { names: self.shared.clone(), file }
    }

    /// Gives the drafts since the last time their names.
    pub fn finish(&mut self) {
        let Texts { text, ends } = self.names.texts();
        let hashes = self.hashes.as_slice().into();
        // Nobody else sets it.
        let _ = self.shared.set(Drafted { text: text.into(), ends: ends.into(), hashes });
        self.shared = Shared::default();
        self.names.clear();
        self.hashes.clear();
        self.words.clear();
        self.lower.clear();
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

    /// The name of a word that was not met before, lower case.
    fn lower(&mut self, word: &str) -> u32 {
        match word.bytes().all(|byte| byte.is_ascii_lowercase()) {
            true => self.name(word),
            false => self.name(&word.chars().flat_map(char::to_lowercase).collect::<String>()),
        }
    }
}

impl<'t> Sink<'t> for Drafter {
    fn reference(&mut self, name: &'t str, _: u32) {
        let name = self.name(name);
        self.references.add(name);
    }

    fn word(&mut self, word: &'t str) {
        let (id, is_new) = self.words.intern(word);
        if is_new {
            let name = self.lower(word);
            self.lower.push(name);
        }
        self.comments.add(self.lower[id as usize]);
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
        let (mut drafter, mut drafts) = (Drafter::default(), Vec::new());
        for (path, language, text) in FILES {
            drafts.push(drafter.scan(path, [7; 32], language, text));
            outlined.edit().insert(path, [7; 32], &syntax::scan(language, text));
        }
        drafter.finish();
        drafts.push(drafter.scan("other.py", [7; 32], Language::Python, "other = price_of(1)\n"));
        outlined.edit().insert("other.py", [7; 32], &syntax::scan(Language::Python, "other = price_of(1)\n"));
        drafter.finish();
        let mut edit = drafted.edit();
        for draft in drafts {
            assert_eq!(draft.hash(), [7; 32]);
            let path = draft.file.path.to_string();
            recorded.edit().insert_record(&path, [7; 32], &decode(&draft.encode()).unwrap());
            edit.insert_draft(draft);
        }
        drop(edit);
        assert_eq!(frozen(&drafted), frozen(&recorded));
        for path in FILES.map(|(path, ..)| path).into_iter().chain(["other.py"]) {
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
