//! A whole map as bytes, for a cache: filling a map from records looks every name up again, thawing one does not.
//!
//! Files and names are numbered anew in the order of paths, so that equal maps give equal bytes and names that stand
//! together lie together. The bytes come in parts, what is kept of the names one kind after the other and then files by the
//! hundred, so that a large map is never in memory twice. Reading trusts nothing: whatever the bytes are, there is a map or an error, and a map from
//! changed bytes may be wrong but never makes anything panic. The caller has to know whether they changed.

use super::file::{File, NONE, Row};
use super::names::Names;
use super::parallel;
use super::paths::{Paths, Target};
use super::record::{self, RecordError};
use super::table::{ContentHash, Map};
use crate::domain::language::Language;
use crate::domain::outline::{DefinitionKind, Oddity, Tier};
use crate::domain::path;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// The first changes with the meaning of a snapshot or its bytes, the others with what it is made of.
const VERSION: [u8; 3] = [4, record::VERSION[0], record::VERSION[1]];

/// Numbers of four bytes, little end first, as they lie in the bytes.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Numbers<'a>(#[serde(borrow, serialize_with = "raw")] &'a [u8]);

/// Bytes of a part of what is as long as there are names: it goes on in the next one, and ends with one that is shorter. So
/// neither who writes nor who reads has it in memory twice.
const FULL: usize = 1 << 16;
/// Files of one part.
const TOGETHER: usize = 256;
/// Parts that are made or read at once, so that all cores have some.
const AT_ONCE: usize = 16;
/// Files for which there is room before they are seen: a damaged number asks for no more.
const MOST_ROOM: usize = 1 << 16;

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
    /// As [`write_rows`] writes them.
    #[serde(serialize_with = "raw")]
    definitions: &'a [u8],
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

fn write(numbers: impl ExactSizeIterator<Item = u32>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(numbers.len() * size_of::<u32>());
    numbers.for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
    bytes
}

/// Bytes of a definition: what a scan says of it, and with what only an exact outline says.
const BARE_ROW: usize = 18;
const ROW: usize = 32;

/// Definitions, whose names have these new numbers, each in as many bytes as the first byte says.
fn write_rows(rows: &[Row], names: &[u32]) -> Vec<u8> {
    let is_bare = |row: &Row| row.text_ends == (0, 0) && row.complexity == 0 && row.typed == (0, 0);
    let width = if rows.iter().all(is_bare) { BARE_ROW } else { ROW };
    let mut bytes = Vec::with_capacity(1 + rows.len() * width);
    bytes.push(width as u8);
    for row in rows {
        bytes.extend_from_slice(&write_row(row, names[row.name as usize])[..width]);
    }
    bytes
}

#[inline]
fn write_row(row: &Row, name: u32) -> [u8; ROW] {
    let (mut bytes, mut at) = ([0; ROW], 0);
    let mut put = |part: &[u8]| {
        bytes[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    };
    [name, row.container, row.lines.0, row.lines.1].iter().for_each(|number| put(&number.to_le_bytes()));
    put(&[row.kind as u8, u8::from(row.exported)]);
    [row.text_ends.0, row.text_ends.1].iter().for_each(|number| put(&number.to_le_bytes()));
    [row.complexity, row.typed.0, row.typed.1].iter().for_each(|number| put(&number.to_le_bytes()));
    bytes
}

/// What [`write_rows`] wrote, if it did.
fn read_rows(bytes: &[u8]) -> Option<Vec<Row>> {
    let (width, rows) = bytes.split_first()?;
    let width = usize::from(*width);
    let is_whole = matches!(width, BARE_ROW | ROW) && rows.len() % width == 0;
    let row = |row: &[u8]| {
        let mut bytes = [0; ROW];
        bytes[..width].copy_from_slice(row);
        read_row(&bytes)
    };
    if is_whole { rows.chunks_exact(width).map(row).collect() } else { None }
}

fn read_row(bytes: &[u8; ROW]) -> Option<Row> {
    let half = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let number = |at: usize| u32::from(half(at)) | u32::from(half(at + 2)) << 16;
    Some(Row {
        name: number(0),
        container: number(4),
        lines: (number(8), number(12)),
        kind: *DefinitionKind::ALL.get(usize::from(bytes[16]))?,
        exported: bytes[17] != 0,
        text_ends: (number(18), number(22)),
        complexity: half(26),
        typed: (half(28), half(30)),
    })
}

/// Gives what stands in these pieces as parts that are full and one that is not.
fn give_long<P: AsRef<[u8]>>(pieces: impl Iterator<Item = P>, give: &mut impl FnMut(&[u8])) {
    let mut part = Vec::with_capacity(2 * FULL);
    for piece in pieces {
        part.extend_from_slice(piece.as_ref());
        while part.len() >= FULL {
            give(&part[..FULL]);
            part.drain(..FULL);
        }
    }
    give(&part);
}

fn give_numbers(numbers: impl Iterator<Item = u32>, give: &mut impl FnMut(&[u8])) {
    give_long(numbers.map(u32::to_le_bytes), give);
}

/// Gives texts one after the other, and then where each ends.
fn give_texts<'a>(texts: impl Iterator<Item = &'a str> + Clone, give: &mut impl FnMut(&[u8])) {
    give_long(texts.clone(), give);
    give_numbers(ends(texts.map(str::len)), give);
}

/// Where each of what is so long ends.
fn ends(lengths: impl Iterator<Item = usize>) -> impl Iterator<Item = u32> {
    lengths.scan(0, |end, length| {
        *end += length as u32;
        Some(*end)
    })
}

/// Hands the next parts to `take`, up to the first that is not full; `None` when one is missing or not taken.
fn take_long<'b>(parts: &mut impl Iterator<Item = Cow<'b, [u8]>>, mut take: impl FnMut(&[u8]) -> bool) -> Option<()> {
    loop {
        let part = parts.next().filter(|part| take(part))?;
        if part.len() != FULL {
            return Some(());
        }
    }
}

fn take_numbers<'b>(parts: &mut impl Iterator<Item = Cow<'b, [u8]>>) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    take_long(parts, |part| {
        let (some, rest) = part.as_chunks();
        numbers.extend(some.iter().map(|bytes| u32::from_le_bytes(*bytes)));
        rest.is_empty()
    })?;
    Some(numbers)
}

fn take_text<'b>(parts: &mut impl Iterator<Item = Cow<'b, [u8]>>) -> Option<String> {
    let mut text = Vec::new();
    take_long(parts, |part| {
        text.extend_from_slice(part);
        true
    })?;
    String::from_utf8(text).ok()
}

/// Numbers given anew, in the order of first sight.
struct Anew {
    by_old: Vec<u32>,
    old: Vec<u32>,
}

impl Anew {
    fn new(count: usize) -> Anew {
        Anew { by_old: vec![NONE; count], old: Vec::with_capacity(count) }
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
    /// Gives the bytes of the whole map, part by part.
    pub fn freeze(&self, mut give: impl FnMut(&[u8])) {
        let (mut names, mut folders) = (Anew::new(self.names.len()), Anew::new(self.paths.folder_count()));
        let mut numbers = vec![NONE; self.files.len()];
        for (number, (slot, file)) in self.ordered().enumerate() {
            numbers[slot as usize] = number as u32;
            self.paths.folder(path::parent(&file.path)).map(|id| folders.of(id));
            file.uses.iter().chain(file.definitions.iter().map(|row| &row.name)).for_each(|name| {
                names.of(*name);
            });
        }
        give(&[&VERSION[..], &(self.len() as u32).to_le_bytes()].concat());
        self.freeze_names(&names.old, &mut give);
        let target = |target: &Target| match target.split() {
            Ok(slot) => numbers[slot as usize] * 2,
            Err(id) => folders.by_old[id as usize] * 2 + 1,
        };
        for some in self.order.chunks(TOGETHER * AT_ONCE) {
            let frozen = parallel::parts(some, TOGETHER, |slots| {
                let write_uses =
                    |slot: &u32| write(self.file(*slot).uses.iter().map(|name| names.by_old[*name as usize]));
                let rows = |slot: &u32| write_rows(&self.file(*slot).definitions, &names.by_old);
                let flat: Vec<_> = slots.iter().map(|slot| (write_uses(slot), rows(slot))).collect();
                let files = slots.iter().zip(&flat).map(|(slot, (uses, definitions))| {
                    let file = self.file(*slot);
                    FrozenFile::of(file, uses, definitions, file.targets.iter().map(target).collect())
                });
                postcard::to_extend(&files.collect::<Vec<_>>(), Vec::new()).expect("plain data has bytes")
            });
            frozen.iter().for_each(|part| give(part));
        }
    }

    /// Gives the names of these ids, in this order, and what is kept of each.
    fn freeze_names(&self, names: &[u32], give: &mut impl FnMut(&[u8])) {
        let mut stems = Anew::new(self.names.stem_count());
        give_numbers(ends(names.iter().map(|name| self.names.stems(*name).len())), give);
        give_numbers(names.iter().flat_map(|name| self.names.stems(*name)).map(|stem| stems.of(*stem)), give);
        give_texts(names.iter().map(|name| self.names.get(*name)), give);
        give_texts(stems.old.iter().map(|stem| self.names.stem(*stem)), give);
        give_numbers(names.iter().map(|name| self.defined[*name as usize]), give);
        give_numbers(names.iter().map(|name| self.used[*name as usize]), give);
    }

    /// The map that these parts hold.
    ///
    /// # Errors
    /// When they are of another version or no map at all.
    pub fn thaw<'b, B: Into<Cow<'b, [u8]>>>(parts: impl IntoIterator<Item = B>) -> Result<Map, RecordError> {
        let mut parts = parts.into_iter().map(B::into);
        let first = parts.next().ok_or(RecordError::Damaged)?;
        let (version, body) = first.split_first_chunk().ok_or(RecordError::Damaged)?;
        if *version != VERSION {
            return Err(RecordError::Version);
        }
        let count = u32::from_le_bytes(body.try_into().map_err(|_| RecordError::Damaged)?) as usize;
        let mut map = Map::thaw_names(&mut parts).ok_or(RecordError::Damaged)?;
        map.paths = Paths::with_room(count.min(MOST_ROOM));
        loop {
            let some: Vec<Cow<[u8]>> = parts.by_ref().take(AT_ONCE).collect();
            if some.is_empty() {
                break;
            }
            let names = map.names.len();
            let thawed = parallel::parts(&some, 1, |part| thaw_files(&part[0], names, count));
            for files in thawed {
                files
                    .and_then(|files| files.into_iter().try_for_each(|file| map.put(file)))
                    .ok_or(RecordError::Damaged)?;
            }
        }
        let folders = map.paths.folder_count() as u32;
        let leads = |target: &Target| target.split().err().is_none_or(|id| id < folders);
        let is_whole = map.len() == count && map.ordered().all(|(_, file)| file.targets.iter().all(leads));
        if is_whole { Ok(map) } else { Err(RecordError::Damaged) }
    }

    /// A map that has the names of the next parts and no file yet, if they fit together.
    fn thaw_names<'b>(parts: &mut impl Iterator<Item = Cow<'b, [u8]>>) -> Option<Map> {
        let (stem_ends, stem_ids) = (take_numbers(parts)?, take_numbers(parts)?);
        let names = (take_text(parts)?, take_numbers(parts)?);
        let stems = (take_text(parts)?, take_numbers(parts)?);
        let (defined, used) = (take_numbers(parts)?, take_numbers(parts)?);
        let has_counts = defined.len() == names.1.len() && used.len() == names.1.len();
        let names = Names::from_parts(names, stems, stem_ends, stem_ids).filter(|_| has_counts)?;
        let mut map = Map::new();
        (map.names, map.defined, map.used) = (names, defined, used);
        Some(map)
    }

    /// Puts the next file by path; `None` if it is none.
    fn put(&mut self, file: File) -> Option<()> {
        let number = self.files.len() as u32;
        if number > 0 && self.file(number - 1).path >= file.path {
            return None;
        }
        self.paths.insert(&file.path, number);
        self.length += u64::from(file.length);
        self.order.push(number);
        self.files.push(Some(file));
        Some(())
    }
}

/// The files of a part, whose numbers lead to some of so many names and files.
fn thaw_files(part: &[u8], names: usize, count: usize) -> Option<Vec<File>> {
    let files: Vec<FrozenFile> = postcard::from_bytes(part).ok()?;
    files.into_iter().map(|file| file.file(names, count)).collect()
}

impl<'a> FrozenFile<'a> {
    fn of(file: &'a File, uses: &'a [u8], definitions: &'a [u8], targets: Vec<u32>) -> FrozenFile<'a> {
        FrozenFile {
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
            definitions,
            text: &file.text,
            uses: Numbers(uses),
            counts: &file.counts,
            ends: file.ends,
            imports: &file.imports,
            targets,
            length: file.length,
        }
    }

    /// The file, if its numbers lead to some of so many names and files and its texts are whole.
    fn file(self, names: usize, files: usize) -> Option<File> {
        let (uses, definitions) = (self.uses.read()?, read_rows(self.definitions)?);
        let is_name = |name: u32| (name as usize) < names;
        let has_names = uses.iter().all(|name| is_name(*name)) && uses.len() == self.counts.len();
        let has_ends = self.ends.0 <= self.ends.1 && self.ends.1 as usize <= uses.len();
        let mut start = 0;
        let has_rows = definitions.iter().enumerate().all(|(at, row)| {
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
            definitions: definitions.into(),
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
