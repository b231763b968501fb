//! A whole map as bytes, for a cache: filling a map from records looks every name up again, thawing one does not.
//!
//! Files and names are numbered anew in the order of paths, so that equal maps give equal bytes and names that stand
//! together lie together. Reading trusts nothing: whatever the bytes are, there is a map or an error, and a map from
//! changed bytes may be wrong but never makes anything panic. The caller has to know whether they changed.

use super::convention::folder;
use super::file::{File, NONE, Row};
use super::names::{Names, Texts};
use super::paths::Target;
use super::record::{self, RecordError};
use super::table::{ContentHash, Map};
use crate::domain::language::Language;
use crate::domain::outline::{Oddity, Tier};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The first changes with the meaning of a snapshot or its bytes, the others with what it is made of.
const VERSION: [u8; 3] = [1, record::VERSION[0], record::VERSION[1]];

/// Numbers of four bytes, little end first, as they lie in the bytes.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Numbers<'a>(#[serde(borrow, serialize_with = "raw")] &'a [u8]);

#[derive(Serialize, Deserialize)]
struct Frozen<'a> {
    names: &'a str,
    #[serde(borrow)]
    name_ends: Numbers<'a>,
    stems: &'a str,
    stem_ends: Numbers<'a>,
    /// Where each name's stems end in `name_stems`.
    name_stem_ends: Numbers<'a>,
    name_stems: Numbers<'a>,
    defined: Numbers<'a>,
    used: Numbers<'a>,
    files: Vec<FrozenFile<'a>>,
}

/// [`File`], borrowed.
#[derive(Serialize, Deserialize)]
struct FrozenFile<'a> {
    path: &'a str,
    hash: ContentHash,
    language: Option<Language>,
    tier: Tier,
    oddity: Option<Oddity>,
    lines: (u32, u32),
    is_outlined: bool,
    is_entry_point: bool,
    is_broken: bool,
    is_test: bool,
    definitions: Vec<Row>,
    text: &'a str,
    #[serde(borrow)]
    uses: Numbers<'a>,
    #[serde(serialize_with = "raw")]
    counts: &'a [u8],
    ends: (u32, u32),
    imports: &'a str,
    /// Twice the number of a file, or twice that of a folder and one.
    targets: Vec<u32>,
    length: u32,
}

fn raw<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

impl Numbers<'_> {
    fn read(self) -> Option<Vec<u32>> {
        let (numbers, rest) = self.0.as_chunks();
        rest.is_empty().then(|| numbers.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
    }
}

fn write(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    numbers.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// Numbers given anew, in the order of first sight.
struct Anew {
    by_old: Vec<u32>,
    old: Vec<u32>,
}

impl Anew {
    fn new(count: usize) -> Anew {
        Anew { by_old: vec![NONE; count], old: Vec::new() }
    }

    fn of(&mut self, old: u32) -> u32 {
        let number = &mut self.by_old[old as usize];
        if *number == NONE {
            *number = self.old.len() as u32;
            self.old.push(old);
        }
        *number
    }
}

impl Map {
    /// The bytes of the whole map.
    pub fn freeze(&self) -> Vec<u8> {
        let (mut names, mut folders) = (Anew::new(self.names.len()), Anew::new(self.paths.folder_count()));
        let mut numbers = vec![NONE; self.files.len()];
        let mut own = Vec::with_capacity(self.len());
        for (number, (slot, file)) in self.ordered().enumerate() {
            numbers[slot as usize] = number as u32;
            self.paths.folder(folder(&file.path)).map(|id| folders.of(id));
            let uses = write(file.uses.iter().map(|name| names.of(*name)));
            let row = |row: &Row| Row { name: names.of(row.name), ..row.clone() };
            own.push((uses, file.definitions.iter().map(row).collect::<Vec<Row>>()));
        }
        let target = |target: &Target| match target.split() {
            Ok(slot) => numbers[slot as usize] * 2,
            Err(id) => folders.by_old[id as usize] * 2 + 1,
        };
        let files = self.ordered().zip(&mut own).map(|((_, file), (uses, definitions))| FrozenFile {
            path: &file.path,
            hash: file.hash,
            language: file.language,
            tier: file.tier,
            oddity: file.oddity,
            lines: file.lines,
            is_outlined: file.is_outlined,
            is_entry_point: file.is_entry_point,
            is_broken: file.is_broken,
            is_test: file.is_test,
            definitions: std::mem::take(definitions),
            text: &file.text,
            uses: Numbers(uses),
            counts: &file.counts,
            ends: file.ends,
            imports: &file.imports,
            targets: file.targets.iter().map(target).collect(),
            length: file.length,
        });
        let files = files.collect();
        let (names, old) = (self.names.renumbered(&names.old), names.old);
        let Texts { text, ends } = names.texts();
        let Texts { text: stems, ends: stem_ends } = names.stem_texts();
        let (name_stem_ends, name_stems) = names.stem_lists();
        let counts = |all: &[u32]| write(old.iter().map(|name| all[*name as usize]));
        let all = |numbers: &[u32]| write(numbers.iter().copied());
        let (name_ends, stem_ends) = (all(ends), all(stem_ends));
        let (name_stem_ends, name_stems) = (all(name_stem_ends), all(name_stems));
        let (defined, used) = (counts(&self.defined), counts(&self.used));
        let frozen = Frozen {
            names: text,
            name_ends: Numbers(&name_ends),
            stems,
            stem_ends: Numbers(&stem_ends),
            name_stem_ends: Numbers(&name_stem_ends),
            name_stems: Numbers(&name_stems),
            defined: Numbers(&defined),
            used: Numbers(&used),
            files,
        };
        postcard::to_extend(&frozen, VERSION.to_vec()).expect("plain data has bytes")
    }

    /// The map that `bytes` hold.
    ///
    /// # Errors
    /// When they are of another version or no map at all.
    pub fn thaw(bytes: &[u8]) -> Result<Map, RecordError> {
        let (version, body) = bytes.split_first_chunk().ok_or(RecordError::Damaged)?;
        if *version != VERSION {
            return Err(RecordError::Version);
        }
        let frozen: Frozen = postcard::from_bytes(body).map_err(|_| RecordError::Damaged)?;
        frozen.map().ok_or(RecordError::Damaged)
    }
}

impl Frozen<'_> {
    /// The map, if every number leads somewhere.
    fn map(self) -> Option<Map> {
        let names = Names::from_parts(
            Texts { text: self.names, ends: &self.name_ends.read()? },
            Texts { text: self.stems, ends: &self.stem_ends.read()? },
            self.name_stem_ends.read()?,
            self.name_stems.read()?,
        );
        let mut map = Map::new();
        (map.names, map.defined, map.used) = (names?, self.defined.read()?, self.used.read()?);
        if map.defined.len() != map.names.len() || map.used.len() != map.names.len() {
            return None;
        }
        let count = self.files.len();
        map.files.reserve(count);
        for (number, frozen) in self.files.into_iter().enumerate() {
            let file = frozen.file(map.names.len(), count)?;
            if number > 0 && map.file(number as u32 - 1).path >= file.path {
                return None;
            }
            map.paths.insert(&file.path, number as u32);
            map.length += u64::from(file.length);
            map.order.push(number as u32);
            map.files.push(Some(file));
        }
        let folders = map.paths.folder_count() as u32;
        let leads = |target: &Target| target.split().err().is_none_or(|id| id < folders);
        map.ordered().all(|(_, file)| file.targets.iter().all(leads)).then_some(())?;
        Some(map)
    }
}

impl FrozenFile<'_> {
    /// The file, if its numbers lead to some of so many names and files and its texts are whole.
    fn file(self, names: usize, files: usize) -> Option<File> {
        let uses = self.uses.read()?;
        let is_name = |name: u32| (name as usize) < names;
        let has_names = uses.iter().all(|name| is_name(*name)) && uses.len() == self.counts.len();
        let has_ends = self.ends.0 <= self.ends.1 && self.ends.1 as usize <= uses.len();
        let mut start = 0;
        let has_rows = self.definitions.iter().enumerate().all(|(at, row)| {
            let (middle, end) = (row.text_ends.0 as usize, row.text_ends.1 as usize);
            let has_texts = self.text.get(start..middle).is_some() && self.text.get(middle..end).is_some();
            start = end;
            has_texts && is_name(row.name) && (row.container == NONE || (row.container as usize) < at)
        });
        let target = |target: u32| match target % 2 {
            0 => ((target / 2) as usize).lt(&files).then_some(Target::file(target / 2)),
            _ => Some(Target::folder(target / 2)),
        };
        let targets = self.targets.into_iter().map(target).collect::<Option<_>>()?;
        (has_names && has_ends && has_rows).then_some(File {
            path: Arc::from(self.path),
            hash: self.hash,
            language: self.language,
            tier: self.tier,
            oddity: self.oddity,
            lines: self.lines,
            is_outlined: self.is_outlined,
            is_entry_point: self.is_entry_point,
            is_broken: self.is_broken,
            is_test: self.is_test,
            definitions: self.definitions.into(),
            text: self.text.into(),
            uses: uses.into(),
            counts: self.counts.into(),
            ends: self.ends,
            imports: self.imports.into(),
            targets,
            length: self.length,
        })
    }
}
