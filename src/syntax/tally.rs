//! How often each name stands in a text, by slices of it: a hash map with a cheap hash, made strings only at the end. It is for
//! names, which nobody gains by colliding: a text is bounded, and so is the worst case.

use crate::domain::outline::Reference;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

/// Multiplies and rotates eight bytes at a time.
#[derive(Clone, Copy, Default)]
pub(super) struct Quick(u64);

const FACTOR: u64 = 0x517c_c1b7_2722_0a95;

impl Quick {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((word, behind)) = rest.split_first_chunk::<8>() {
            self.add(u64::from_le_bytes(*word));
            rest = behind;
        }
        if let Some((word, behind)) = rest.split_first_chunk::<4>() {
            self.add(u64::from(u32::from_le_bytes(*word)));
            rest = behind;
        }
        for byte in rest {
            self.add(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.add(u64::from(byte));
    }

    fn finish(&self) -> u64 {
        // The map takes its groups from the low bits and its tags from the high ones.
        self.0.rotate_left(26)
    }
}

/// A map by slices of a text.
pub(super) type Names<'t, V> = HashMap<&'t str, V, BuildHasherDefault<Quick>>;

/// Names with how often they stand and where first.
#[derive(Default)]
pub(super) struct Tally<'t>(Names<'t, (u32, u32)>);

/// A text has one name in so many bytes that was not there before, or more.
const BYTES_A_NAME: usize = 64;

impl<'t> Tally<'t> {
    /// None yet, but room for those of a text.
    pub(super) fn of(text: &str) -> Tally<'t> {
        Tally(Names::with_capacity_and_hasher(text.len() / BYTES_A_NAME, BuildHasherDefault::default()))
    }

    pub(super) fn add(&mut self, name: &'t str, line: u32) {
        match self.0.entry(name) {
            Entry::Occupied(mut entry) => entry.get_mut().0 = entry.get().0.saturating_add(1),
            Entry::Vacant(entry) => {
                entry.insert((1, line));
            }
        }
    }

    /// By name.
    pub(super) fn references(self) -> Vec<Reference> {
        let mut found: Vec<(&str, (u32, u32))> = self.0.into_iter().collect();
        found.sort_unstable();
        found.into_iter().map(|(name, (count, line))| Reference { name: name.to_owned(), count, line }).collect()
    }

    /// By name, lower case.
    pub(super) fn words(self) -> Vec<(String, u32)> {
        let mut found: Vec<(String, u32)> = self.0.into_iter().map(|(word, (count, _))| (lower(word), count)).collect();
        found.sort_unstable();
        found.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            is_same
        });
        found
    }
}

fn lower(word: &str) -> String {
    if word.is_ascii() { word.to_ascii_lowercase() } else { word.to_lowercase() }
}
