//! One file as the table keeps it: ids and flat slices made of a record. Knows no other file.

use super::draft::Draft;
use super::names::Names;
use super::paths::Target;
use super::record::{DefinitionRecord, Record};
use super::resolve::Import;
use super::table::{ContentHash, Map};
use crate::domain::language::Language;
use crate::domain::outline::{DefinitionKind, Oddity, Tier};
use crate::domain::test_file::is_test;
use std::sync::Arc;

/// No container.
pub(super) const NONE: u32 = u32::MAX;

/// A definition of the table; its texts are in `File::text`.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub name: u32,
    pub container: u32,
    pub lines: (u32, u32),
    /// Where its signature and then its documentation end; it begins where the one before ends.
    pub text_ends: (u32, u32),
    pub complexity: u16,
    pub typed: (u16, u16),
    pub kind: DefinitionKind,
    pub exported: bool,
}

/// One file of the table.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub path: Arc<str>,
    pub hash: ContentHash,
    pub language: Option<Language>,
    pub tier: Tier,
    pub oddity: Option<Oddity>,
    pub lines: (u32, u32),
    pub is_outlined: bool,
    pub is_entry_point: bool,
    pub is_broken: bool,
    pub is_test: bool,
    pub definitions: Box<[Row]>,
    pub text: Box<str>,
    /// Name ids: the references, then the words of comments, then the parts of the path (its name last).
    pub uses: Box<[u32]>,
    /// How often each of `uses` stands there, at most 255.
    pub counts: Box<[u8]>,
    /// Where the references and where the comment words end in `uses`.
    pub ends: (u32, u32),
    /// One import a line: target, tab, names with commas.
    pub imports: Box<str>,
    pub targets: Box<[Target]>,
    /// Words in all, for the length that BM25 sets off.
    pub length: u32,
}

impl File {
    /// The names it references, with how often.
    pub fn references(&self) -> impl Iterator<Item = (u32, u8)> + '_ {
        let end = self.ends.0 as usize;
        self.uses[..end].iter().copied().zip(self.counts[..end].iter().copied())
    }

    /// A definition's signature (empty from a scan) and documentation.
    pub fn texts(&self, at: usize) -> (&str, &str) {
        let (middle, end) = self.definitions[at].text_ends;
        let start = at.checked_sub(1).map_or(0, |before| self.definitions[before].text_ends.1);
        (&self.text[start as usize..middle as usize], &self.text[middle as usize..end as usize])
    }

    /// Its imports as they are written.
    pub fn imports(&self) -> impl Iterator<Item = Import<'_>> {
        self.imports.lines().map(|line| {
            let (target, names) = line.split_once('\t').unwrap_or((line, ""));
            Import { target, names }
        })
    }
}

impl Map {
    pub(super) fn plain(&mut self, path: &str, hash: ContentHash, oddity: Option<Oddity>, lines: (u32, u32)) -> File {
        let uses: Vec<u32> = self.segments(path).collect();
        let length = uses.iter().map(|name| self.names.stems(*name).len() as u32).sum();
        File {
            path: path.into(),
            hash,
            language: Language::from_path(path),
            tier: Tier::Exact,
            oddity,
            lines,
            is_outlined: false,
            is_entry_point: false,
            is_broken: false,
            is_test: is_test(path),
            definitions: Box::default(),
            text: Box::default(),
            counts: vec![1; uses.len()].into(),
            uses: uses.into(),
            ends: (0, 0),
            imports: Box::default(),
            targets: Box::default(),
            length,
        }
    }

    pub(super) fn outlined(&mut self, path: &str, hash: ContentHash, record: &Record) -> File {
        let mut uses = Vec::with_capacity(record.references.len() + record.words.len() + 8);
        let mut counts = Vec::with_capacity(uses.capacity());
        let mut length = 0u32;
        let mut take = |names: &Names, uses: &mut Vec<u32>, name: u32, count: u32| {
            let count = u8::try_from(count).unwrap_or(u8::MAX);
            length = length.saturating_add(u32::from(count) * names.stems(name).len() as u32);
            uses.push(name);
            counts.push(count);
        };
        for &(name, count, _) in &record.references {
            let name = self.names.intern(name);
            take(&self.names, &mut uses, name, count);
        }
        // A name that is only imported is used all the same.
        let mut known = uses.clone();
        known.sort_unstable();
        for name in record.imports.iter().flat_map(|(_, names, _)| names) {
            let name = self.names.intern(name);
            if known.binary_search(&name).is_err() {
                take(&self.names, &mut uses, name, 1);
            }
        }
        let references = uses.len() as u32;
        for &(text, count) in &record.words {
            let name = self.names.intern(text);
            take(&self.names, &mut uses, name, count);
        }
        let words = uses.len() as u32;
        let segments: Vec<u32> = self.segments(path).collect();
        segments.iter().for_each(|name| take(&self.names, &mut uses, *name, 1));
        let mut text = String::new();
        let definitions = record.definitions.iter().map(|d| self.row(d, &mut text)).collect();
        let mut imports = String::new();
        record.imports.iter().for_each(|(target, names, _)| write_import(&mut imports, target, names));
        File {
            path: path.into(),
            hash,
            language: Some(record.language),
            tier: record.tier,
            oddity: None,
            lines: record.lines,
            is_outlined: true,
            is_entry_point: record.entry_point,
            is_broken: record.broken,
            is_test: is_test(path),
            definitions,
            text: text.into(),
            uses: uses.into(),
            counts: counts.into(),
            ends: (references, words),
            imports: imports.into(),
            targets: Box::default(),
            length,
        }
    }

    fn row(&mut self, definition: &DefinitionRecord, text: &mut String) -> Row {
        let mut end = |added: &str| {
            text.push_str(added);
            text.len() as u32
        };
        Row {
            name: self.names.intern(definition.name),
            container: definition.container.unwrap_or(NONE),
            lines: definition.lines,
            text_ends: (end(definition.signature), end(definition.doc)),
            complexity: definition.complexity,
            typed: definition.typed,
            kind: definition.kind,
            exported: definition.exported,
        }
    }

    /// Name ids of a path's parts.
    fn segments(&mut self, path: &str) -> impl Iterator<Item = u32> {
        segments(path).map(|segment| self.names.intern(segment))
    }

    /// The file of a draft whose names have these ids.
    pub(super) fn drafted(&mut self, draft: Draft, ids: &[u32]) -> File {
        let mut file = draft.file;
        file.uses.iter_mut().for_each(|name| *name = ids[*name as usize]);
        file.definitions.iter_mut().for_each(|row| row.name = ids[row.name as usize]);
        let words = |(name, count): (&u32, &u8)| u32::from(*count) * self.names.stems(*name).len() as u32;
        file.length = file.uses.iter().zip(&file.counts).map(words).fold(0, u32::saturating_add);
        file
    }
}

/// A path's parts, the last one without its ending.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    let bare = path.rsplit_once('.').filter(|(stem, _)| !stem.is_empty() && !stem.ends_with('/'));
    let bare = bare.filter(|(_, ending)| !ending.contains('/')).map_or(path, |(stem, _)| stem);
    bare.split('/')
}

/// Adds an import to a file's list.
pub(super) fn write_import(imports: &mut String, target: &str, names: &[&str]) {
    // The separators of this list are in no name of any language.
    let mut write = |text: &str, end: char| {
        imports.extend(text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t' | ',') { ' ' } else { c }));
        imports.push(end);
    };
    write(target, '\t');
    names.iter().for_each(|name| write(name, ','));
    if !names.is_empty() {
        imports.pop();
    }
    imports.push('\n');
}
