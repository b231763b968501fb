//! One file's outline as bytes, for a cache: compact, versioned, and checked when it comes back. Knows no file and no hash.
//!
//! Reading borrows every name from the bytes, so that a map is filled from a cache without one string of its own.

use crate::domain::language::Language;
use crate::domain::outline::{Definition, DefinitionKind, Import, Outline, Reference, Tier};
use serde::{Deserialize, Serialize};

/// The first changes with the meaning of an outline or its bytes, the second with the languages, which are numbered: a record
/// of another version is not read but made anew.
pub(super) const VERSION: [u8; 2] = [6, Language::ALL.len() as u8];

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Another version of the program wrote it.
    #[error("the record is of another version")]
    Version,
    /// It was cut, changed, or never was one.
    #[error("the record is damaged")]
    Damaged,
}

/// An outline whose texts are borrowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record<'a> {
    pub(super) language: Language,
    pub(super) tier: Tier,
    pub(super) lines: (u32, u32),
    #[serde(borrow)]
    pub(super) definitions: Vec<DefinitionRecord<'a>>,
    /// Name, count, line of the first.
    pub(super) references: Vec<(&'a str, u32, u32)>,
    pub(super) imports: Vec<(&'a str, Vec<&'a str>, u32)>,
    pub(super) words: Vec<(&'a str, u32)>,
    pub(super) entry_point: bool,
    pub(super) broken: bool,
}

/// [`Definition`], borrowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DefinitionRecord<'a> {
    pub name: &'a str,
    pub kind: DefinitionKind,
    pub container: Option<u32>,
    pub lines: (u32, u32),
    pub signature: &'a str,
    pub doc: &'a str,
    pub exported: bool,
    pub complexity: u16,
    pub typed: (u16, u16),
}

/// Bytes of the checksum (CRC-32) that stands between the version and the rest: a flipped bit need not make nonsense.
const CHECKSUM: usize = 4;

/// The bytes of an outline.
pub fn encode(outline: &Outline) -> Vec<u8> {
    encode_record(&Record::of(outline))
}

/// The bytes of a record.
pub(super) fn encode_record(record: &Record) -> Vec<u8> {
    let head = [&VERSION[..], &[0; CHECKSUM]].concat();
    let start = head.len();
    let mut bytes = postcard::to_extend(record, head).expect("plain data has bytes");
    let sum = crc32fast::hash(&bytes[start..]).to_le_bytes();
    bytes[start - CHECKSUM..start].copy_from_slice(&sum);
    bytes
}

/// The record that `bytes` hold. Nothing in hostile bytes makes this panic or take more than a few times their length.
///
/// # Errors
/// When they are of another version or no record at all.
pub fn decode(bytes: &[u8]) -> Result<Record<'_>, RecordError> {
    let (version, body) = bytes.split_first_chunk().ok_or(RecordError::Damaged)?;
    if *version != VERSION {
        return Err(RecordError::Version);
    }
    let (sum, body) = body.split_first_chunk::<CHECKSUM>().ok_or(RecordError::Damaged)?;
    if crc32fast::hash(body).to_le_bytes() != *sum {
        return Err(RecordError::Damaged);
    }
    let (record, rest) = postcard::take_from_bytes::<Record>(body).map_err(|_| RecordError::Damaged)?;
    let contained = |(at, definition): (usize, &DefinitionRecord)| {
        definition.container.is_none_or(|container| (container as usize) < at)
    };
    let is_whole = rest.is_empty() && record.definitions.iter().enumerate().all(contained);
    if is_whole { Ok(record) } else { Err(RecordError::Damaged) }
}

impl<'a> Record<'a> {
    /// The record of an outline.
    pub fn of(outline: &'a Outline) -> Record<'a> {
        let definition = |d: &'a Definition| DefinitionRecord {
            name: &d.name,
            kind: d.kind,
            container: d.container,
            lines: d.lines,
            signature: &d.signature,
            doc: &d.doc,
            exported: d.exported,
            complexity: d.complexity,
            typed: d.typed,
        };
        Record {
            language: outline.language,
            tier: outline.tier,
            lines: outline.lines,
            definitions: outline.definitions.iter().map(definition).collect(),
            references: outline.references.iter().map(|r| (r.name.as_str(), r.count, r.line)).collect(),
            imports: outline
                .imports
                .iter()
                .map(|i| (i.target.as_str(), i.names.iter().map(String::as_str).collect(), i.line))
                .collect(),
            words: outline.words.iter().map(|(word, count)| (word.as_str(), *count)).collect(),
            entry_point: outline.entry_point,
            broken: outline.broken,
        }
    }

    /// The outline again.
    pub fn outline(&self) -> Outline {
        let definition = |d: &DefinitionRecord| Definition {
            name: d.name.to_owned(),
            kind: d.kind,
            container: d.container,
            lines: d.lines,
            signature: d.signature.to_owned(),
            doc: d.doc.to_owned(),
            exported: d.exported,
            complexity: d.complexity,
            typed: d.typed,
        };
        Outline {
            language: self.language,
            tier: self.tier,
            lines: self.lines,
            definitions: self.definitions.iter().map(definition).collect(),
            references: self
                .references
                .iter()
                .map(|&(name, count, line)| Reference { name: name.to_owned(), count, line })
                .collect(),
            imports: self
                .imports
                .iter()
                .map(|(target, names, line)| Import {
                    target: (*target).to_owned(),
                    names: names.iter().map(|name| (*name).to_owned()).collect(),
                    line: *line,
                })
                .collect(),
            words: self.words.iter().map(|&(word, count)| (word.to_owned(), count)).collect(),
            entry_point: self.entry_point,
            broken: self.broken,
        }
    }

    /// How the outline was read.
    pub fn tier(&self) -> Tier {
        self.tier
    }
}
