//! A change of the map and of the cache together: what is put into one is written down for the other, in large transactions.

use super::cache::{Cache, Kept, Known, NewRecord, Row};
use super::work::Seen;
use super::{Held, Stamp};
use crate::domain::outline::Tier;
use crate::map::{self, ContentHash, Edit};
use std::sync::Mutex;

/// Bytes of records and number of files that are written in one transaction.
const LARGE: (usize, usize) = (4 << 20, 4096);
/// The hash of a file that was not read.
const NONE: ContentHash = [0; 32];

/// A change under way.
pub(super) struct Changes<'m> {
    pub edit: Edit<'m>,
    pub unsaved: Unsaved,
    /// Whether the cache is to have what is read.
    pub is_kept: bool,
}

/// What is in the map and not yet written down.
#[derive(Default)]
pub(super) struct Unsaved {
    /// Paths that are gone.
    pub gone: Vec<String>,
    rows: Vec<Row>,
    records: Vec<NewRecord>,
    bytes: usize,
}

impl<'m> Changes<'m> {
    pub fn new(edit: Edit<'m>) -> Changes<'m> {
        Changes { edit, unsaved: Unsaved::default(), is_kept: true }
    }

    /// Takes what was seen of a file into the map; what is then known of it, or nothing when it is not there.
    pub fn take(&mut self, path: &str, stamp: Stamp, seen: Seen) -> Option<Held> {
        let held = match seen {
            Seen::Gone | Seen::Other => {
                self.edit.remove(path);
                self.unsaved.gone.push(path.to_owned());
                return None;
            }
            Seen::Plain(oddity, lines) => {
                self.edit.insert_plain(path, NONE, oddity, lines);
                Held { stamp, known: Known::Plain(oddity, lines), is_final: true }
            }
            Seen::Outlined(record) => {
                match map::decode(&record.bytes) {
                    Ok(decoded) => self.edit.insert_record(path, record.hash, &decoded),
                    Err(_) => self.edit.insert_plain(path, record.hash, None, 0),
                }
                let (hash, is_final) = (record.hash, record.tier == Tier::Exact);
                if !record.is_kept {
                    self.unsaved.record(NewRecord { hash, tier: record.tier, bytes: record.bytes });
                }
                Held { stamp, known: Known::Outlined(hash), is_final }
            }
            Seen::Scanned(draft) => {
                let hash = draft.hash();
                if self.is_kept {
                    self.unsaved.record(NewRecord { hash, tier: Tier::Scan, bytes: draft.encode() });
                }
                self.edit.insert_draft(*draft);
                Held { stamp, known: Known::Outlined(hash), is_final: false }
            }
        };
        if self.is_kept {
            self.unsaved.rows.push(Row { entry: stamp.entry(path), known: held.known });
        }
        Some(held)
    }

    /// Ends the change of the map; what is left to be written down.
    pub fn done(self) -> Unsaved {
        self.unsaved
    }
}

impl Unsaved {
    fn record(&mut self, record: NewRecord) {
        self.bytes += record.bytes.len();
        self.records.push(record);
    }

    /// Writes down what is new, if that is a lot.
    pub fn save_when_large(&mut self, cache: &Mutex<Cache>) {
        if self.bytes >= LARGE.0 || self.rows.len() >= LARGE.1 {
            self.save(cache);
        }
    }

    /// Writes down what is new.
    pub fn save(&mut self, cache: &Mutex<Cache>) {
        let mut cache = cache.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        cache.save(&self.rows, &self.records, &self.gone);
        self.rows.clear();
        self.records.clear();
        self.gone.clear();
        self.bytes = 0;
    }
}

/// Puts a file that is as it was into the map. `false` when its record is not to be had.
pub(super) fn put(edit: &mut Edit, row: &Row, kept: Option<&Kept>) -> bool {
    let path = &row.entry.path;
    match (row.known, kept) {
        (Known::Plain(oddity, lines), _) => edit.insert_plain(path, NONE, oddity, lines),
        (Known::Outlined(hash), Some(kept)) => match map::decode(kept.bytes) {
            Ok(record) => edit.insert_record(path, hash, &record),
            Err(_) => return false,
        },
        (Known::Outlined(_), None) => return false,
    }
    true
}
