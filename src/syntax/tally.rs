//! How often each name stands in a text, by slices of it: a hash map with a cheap hash, made strings only at the end. It is for
//! names, which nobody gains by colliding: a text is bounded, and so is the worst case.

use super::saturate;
use crate::domain::outline::Reference;
use std::collections::HashMap;
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

/// A name, and how often it stands.
struct Name<'t> {
    /// Its first eight bytes, by which most names are told apart and sorted.
    head: u64,
    name: &'t str,
    count: u32,
    /// Where it stands first.
    line: u32,
}

/// Names with how often they stand and where first.
pub(super) struct Tally<'t> {
    names: Vec<Name<'t>>,
    /// Where each is in `names`, counted from 1, at the slot of its hash or behind it. Their number is a power of two.
    slots: Vec<u32>,
}

/// A text has one name in so many bytes that was not there before, or more.
const BYTES_A_NAME: usize = 64;

impl<'t> Tally<'t> {
    /// None yet, but room for those of a text.
    pub(super) fn of(text: &str) -> Tally<'t> {
        let room = text.len() / BYTES_A_NAME;
        Tally { names: Vec::with_capacity(room), slots: vec![0; (2 * room).next_power_of_two().max(16)] }
    }

    pub(super) fn add(&mut self, name: &'t str, line: u32) {
        let head = head(name);
        let mut slot = self.slot(head, name);
        while let Some(found) = self.slots[slot].checked_sub(1) {
            let found = &mut self.names[found as usize];
            if found.head == head && found.name.len() == name.len() && (name.len() <= 8 || found.name == name) {
                found.count = found.count.saturating_add(1);
                return;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.names.push(Name { head, name, count: 1, line });
        self.slots[slot] = saturate(self.names.len());
        if self.names.len() > self.slots.len() / 2 {
            self.grow();
        }
    }

    /// Where a name is looked for first.
    fn slot(&self, head: u64, name: &str) -> usize {
        let mut hash = Quick(head);
        hash.add(name.len() as u64);
        if name.len() > 8 {
            hash.write(&name.as_bytes()[8..]);
        }
        hash.finish() as usize & (self.slots.len() - 1)
    }

    fn grow(&mut self) {
        self.slots = vec![0; self.slots.len() * 2];
        for (i, name) in self.names.iter().enumerate() {
            let mut slot = self.slot(name.head, name.name);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & (self.slots.len() - 1);
            }
            self.slots[slot] = saturate(i + 1);
        }
    }

    /// By name.
    pub(super) fn references(self) -> Vec<Reference> {
        let mut found = self.names;
        found.sort_unstable_by(|a, b| a.head.cmp(&b.head).then_with(|| a.name.cmp(b.name)));
        found.into_iter().map(|n| Reference { name: n.name.to_owned(), count: n.count, line: n.line }).collect()
    }

    /// By name, lower case.
    pub(super) fn words(self) -> Vec<(String, u32)> {
        let lowered = self.names.into_iter().map(|n| (lower(n.name), n.count));
        let mut found: Vec<(u64, String, u32)> = lowered.map(|(word, count)| (head(&word), word, count)).collect();
        found.sort_unstable();
        let mut words: Vec<(String, u32)> = Vec::with_capacity(found.len());
        for (_, word, count) in found {
            match words.last_mut().filter(|(last, _)| *last == word) {
                Some((_, sum)) => *sum = sum.saturating_add(count),
                None => words.push((word, count)),
            }
        }
        words
    }
}

impl Default for Tally<'_> {
    fn default() -> Self {
        Tally::of("")
    }
}

/// The first eight bytes of a name, so that names are in the order of these numbers.
fn head(name: &str) -> u64 {
    match name.as_bytes().first_chunk::<8>() {
        Some(first) => u64::from_be_bytes(*first),
        None => {
            let short = name.bytes().fold(0, |head, byte| head << 8 | u64::from(byte));
            short.checked_shl(8 * (8 - name.len() as u32)).unwrap_or(0)
        }
    }
}

fn lower(word: &str) -> String {
    if word.is_ascii() { word.to_ascii_lowercase() } else { word.to_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn names_are_counted_and_sorted_however_alike_they_are() {
        let mut text: String = (0..500).map(|n| format!("some_name_{} n{} é{}A\0 ", n % 70, n % 90, n % 5)).collect();
        text += "a A ab a\0 abcdefgh abcdefghi abcdefgh ABCDEFGH";
        let (mut tally, mut words) = (Tally::default(), Tally::of(&text));
        let mut expected: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
        let mut lower: BTreeMap<String, u32> = BTreeMap::new();
        for (line, name) in (1..).zip(text.split(' ')) {
            tally.add(name, line);
            words.add(name, line);
            expected.entry(name).or_insert((0, line)).0 += 1;
            *lower.entry(name.to_lowercase()).or_default() += 1;
        }
        let found = tally.references();
        let found: Vec<(&str, (u32, u32))> = found.iter().map(|r| (r.name.as_str(), (r.count, r.line))).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
        assert_eq!(words.words(), lower.into_iter().collect::<Vec<_>>());
    }
}
