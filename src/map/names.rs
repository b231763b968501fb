//! Every name of a repository once: one arena of text and ids of four bytes, and beside each name the stems of its words.
//!
//! Ids are given in the order of first sight, so nothing that leaves the map may depend on them. Names are never taken out
//! again: a name that no file has any more costs its bytes and finds nothing.

use super::word;
use foldhash::fast::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::ops::Range;
use std::sync::LazyLock;

/// Longest name that is kept whole, in bytes: longer ones are data that looks like a name.
const MAX_NAME: usize = 128;

/// Slots of a table that is not empty.
const FEWEST_SLOTS: usize = 1024;

/// Slots whose room is kept for other texts.
const MOST_KEPT: usize = 1 << 13;

/// The hash of a text in every table of this process: keyed anew in each, so that no repository can be made to collide.
pub(super) fn hash(text: &str) -> u64 {
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::default);
    let mut hasher = HASHER.build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// Whether two names are one. Most are short, and a call would cost more than the comparison.
#[inline]
fn is_same(a: &[u8], b: &[u8]) -> bool {
    fn ends<const N: usize>(name: &[u8]) -> Option<([u8; N], [u8; N])> {
        Some((*name.first_chunk()?, *name.last_chunk()?))
    }
    match a.len() {
        length if length != b.len() => false,
        0..2 => a == b,
        2..4 => ends::<2>(a) == ends(b),
        4..8 => ends::<4>(a) == ends(b),
        8..=16 => ends::<8>(a) == ends(b),
        17..=32 => ends::<16>(a) == ends(b),
        _ => a == b,
    }
}

/// What of a hash is kept in a slot.
#[inline]
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// The first slot that a text with this tag may be in, of so many: a power of two from two to 2³².
#[inline]
fn home(tag: u32, slots: usize) -> usize {
    (tag >> (u32::BITS - slots.trailing_zeros())) as usize
}

/// Where a text stands among those that end there.
#[inline]
fn range(ends: &[u32], id: u32) -> Range<usize> {
    let at = id as usize;
    let start = at.checked_sub(1).map_or(0, |before| ends[before] as usize);
    start..ends[at] as usize
}

/// Texts, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Interner {
    text: String,
    /// Where each text ends.
    ends: Vec<u32>,
    /// Open addressing: half a hash, whose first bits say where it stands, and an id + 1, or zeros. A power of two long, at most
    /// three quarters full. Empty as long as a map that was thawed or made slim learns nothing: then a text is looked for among
    /// all.
    slots: Vec<(u32, u32)>,
}

/// Texts by id, one after the other.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    pub text: &'a str,
    /// Where each text ends.
    pub ends: &'a [u32],
}

impl<'a> Texts<'a> {
    /// The text of an id.
    pub fn get(self, id: u32) -> &'a str {
        &self.text[range(self.ends, id)]
    }
}

impl Interner {
    /// `None` when the ends are none.
    fn from_texts((text, ends): (String, Vec<u32>)) -> Option<Interner> {
        let mut start = 0;
        let is_whole = ends.iter().all(|end| {
            let end = *end as usize;
            text.get(std::mem::replace(&mut start, end)..end).is_some()
        });
        if !is_whole {
            return None;
        }
        Some(Interner { text, ends, slots: Vec::new() })
    }

    /// Where the text of an id stands.
    #[inline]
    fn range(&self, id: u32) -> Range<usize> {
        range(&self.ends, id)
    }

    /// The text of an id.
    pub fn get(&self, id: u32) -> &str {
        &self.text[self.range(id)]
    }

    /// Whether an id is that of a text.
    #[inline]
    fn is(&self, id: u32, text: &str) -> bool {
        is_same(&self.text.as_bytes()[self.range(id)], text.as_bytes())
    }

    /// Every text.
    pub fn texts(&self) -> Texts<'_> {
        Texts { text: &self.text, ends: &self.ends }
    }

    /// Forgets all texts but keeps their room.
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.slots.truncate(MOST_KEPT);
        self.slots.fill((0, 0));
    }

    fn find(&self, text: &str) -> Option<u32> {
        if self.slots.is_empty() {
            return (0..self.ends.len() as u32).find(|id| self.is(*id, text));
        }
        self.place(text, hash(text)).ok()
    }

    /// The id of `text`, or the free slot where it would stand.
    #[inline]
    fn place(&self, text: &str, hash: u64) -> Result<u32, usize> {
        let (own, mask) = (tag(hash), self.slots.len() - 1);
        let mut at = home(own, self.slots.len());
        loop {
            match self.slots[at] {
                (_, 0) => return Err(at),
                (tag, id) if tag == own && self.is(id - 1, text) => return Ok(id - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// The id of `text`, and whether it is new. A long text is cut, one past 4 GiB of them is taken as the first one.
    pub fn intern(&mut self, text: &str) -> (u32, bool) {
        let text = clip(text);
        self.intern_hashed(text, hash(text))
    }

    /// The same for a text that is not too long and its hash.
    #[inline]
    pub fn intern_hashed(&mut self, text: &str, hash: u64) -> (u32, bool) {
        self.make_room();
        match self.place(text, hash) {
            Ok(id) => (id, false),
            Err(slot) => {
                let Ok(end) = u32::try_from(self.text.len() + text.len()) else { return (0, false) };
                self.text.push_str(text);
                self.ends.push(end);
                let id = self.ends.len() as u32;
                self.slots[slot] = (tag(hash), id);
                (id - 1, true)
            }
        }
    }

    /// Makes sure that one more text finds a slot.
    fn make_room(&mut self) {
        if self.slots.len() * 3 <= self.ends.len() * 4 {
            self.grow((self.ends.len() * 4 / 3 + 1).next_power_of_two().max(FEWEST_SLOTS));
        }
    }

    /// Makes so many slots. Those there were keep their order, so that this goes through both from front to back.
    #[cold]
    fn grow(&mut self, size: usize) {
        let old = std::mem::replace(&mut self.slots, vec![(0, 0); size]);
        if old.is_empty() {
            (0..self.ends.len() as u32).for_each(|id| self.settle((tag(hash(self.get(id))), id + 1)));
        }
        old.into_iter().filter(|(_, id)| *id > 0).for_each(|slot| self.settle(slot));
    }

    /// Puts what is in no slot yet into one.
    fn settle(&mut self, slot: (u32, u32)) {
        let mut at = home(slot.0, self.slots.len());
        while self.slots[at].1 > 0 {
            at = (at + 1) & (self.slots.len() - 1);
        }
        self.slots[at] = slot;
    }
}

/// The names of a repository and the stems of their words.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    names: Interner,
    stems: Interner,
    /// Where each name's stems end in `stem_ids`.
    stem_ends: Vec<u32>,
    stem_ids: Vec<u32>,
    /// Room for a word.
    part: String,
}

impl Names {
    /// Names and stems, each one after the other and where each ends, and where each name's stems end in the list of all; `None`
    /// when these do not fit together.
    pub fn from_parts(
        names: (String, Vec<u32>),
        stems: (String, Vec<u32>),
        stem_ends: Vec<u32>,
        stem_ids: Vec<u32>,
    ) -> Option<Names> {
        let fits = stem_ends.len() == names.1.len()
            && stem_ends.is_sorted()
            && stem_ends.last().copied().unwrap_or(0) as usize == stem_ids.len()
            && stem_ids.iter().all(|stem| (*stem as usize) < stems.1.len());
        fits.then_some(())?;
        let (names, mut stems) = (Interner::from_texts(names)?, Interner::from_texts(stems)?);
        // Few, and asked for by every word of a question.
        stems.make_room();
        Some(Names { names, stems, stem_ends, stem_ids, part: String::new() })
    }

    /// The stem of an id.
    pub fn stem(&self, id: u32) -> &str {
        self.stems.get(id)
    }

    /// How many there are; ids are smaller.
    pub fn len(&self) -> usize {
        self.names.ends.len()
    }

    /// The name of an id.
    pub fn get(&self, id: u32) -> &str {
        self.names.get(id)
    }

    /// The id of a name, if any file ever had it.
    pub fn find(&self, name: &str) -> Option<u32> {
        self.names.find(clip(name))
    }

    /// The ids of many names and their hashes, which are learned if they are new.
    ///
    /// In a large table each step waits for memory. So each is taken for many names before the next one: the processor then
    /// waits for many at once.
    pub fn intern_all(&mut self, names: Texts, hashes: &[u64]) -> Vec<u32> {
        const TOGETHER: usize = 128;
        const ABSENT: u32 = u32::MAX;
        self.names.make_room();
        let mut ids: Vec<u32> = Vec::with_capacity(hashes.len());
        for hashes in hashes.chunks(TOGETHER) {
            let start = ids.len();
            let slots = &self.names.slots;
            ids.extend(hashes.iter().map(|hash| match slots[home(tag(*hash), slots.len())] {
                (own, id) if id > 0 && own == tag(*hash) => id - 1,
                _ => ABSENT,
            }));
            let mut ranges = [const { 0..0 }; TOGETHER];
            for (range, id) in ranges.iter_mut().zip(&ids[start..]).filter(|(_, id)| **id != ABSENT) {
                *range = self.names.range(*id);
            }
            for (at, range) in (start..ids.len()).zip(ranges) {
                let (id, name) = (ids[at], names.get(at as u32));
                if id == ABSENT || self.names.text.as_bytes()[range] != *name.as_bytes() {
                    ids[at] = self.intern_hashed(name, hashes[at - start]);
                }
            }
        }
        ids
    }

    /// The id of a name, which is learned if it is new.
    pub fn intern(&mut self, name: &str) -> u32 {
        let name = clip(name);
        self.intern_hashed(name, hash(name))
    }

    fn intern_hashed(&mut self, name: &str, hash: u64) -> u32 {
        let (id, is_new) = self.names.intern_hashed(name, hash);
        if is_new {
            word::each_stem(name, &mut self.part, |stem| {
                let id = self.stems.intern(stem).0;
                self.stem_ids.push(id);
            });
            self.stem_ends.push(self.stem_ids.len() as u32);
        }
        id
    }

    /// The stems of a name's words, in order.
    pub fn stems(&self, id: u32) -> &[u32] {
        let at = id as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.stem_ends[before] as usize);
        &self.stem_ids[start..self.stem_ends[at] as usize]
    }

    /// The id of a stem, if any name has it.
    pub fn find_stem(&self, stem: &str) -> Option<u32> {
        self.stems.find(stem)
    }

    /// How many stems there are; ids are smaller.
    pub fn stem_count(&self) -> usize {
        self.stems.ends.len()
    }

    /// Lets go of where names are looked up, until the next one is learned.
    pub fn slim(&mut self) {
        self.names.slots = Vec::new();
    }

    /// Bytes on the heap.
    pub fn heap(&self) -> usize {
        let interner = |i: &Interner| i.text.capacity() + i.ends.capacity() * 4 + i.slots.capacity() * 8;
        interner(&self.names)
            + interner(&self.stems)
            + (self.stem_ends.capacity() + self.stem_ids.capacity()) * size_of::<u32>()
    }
}

/// A name without what is too long of it.
pub(super) fn clip(name: &str) -> &str {
    crate::domain::clip::head(name, MAX_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_id_through_every_growth_of_the_table() {
        let mut names = Names::default();
        let ids: Vec<u32> = (0..5000).map(|i| names.intern(&format!("name{i}"))).collect();
        assert_eq!(ids, (0..5000).collect::<Vec<u32>>());
        for i in [0, 1, 1023, 4999] {
            assert_eq!(names.find(&format!("name{i}")), Some(i));
            assert_eq!(names.get(i), format!("name{i}"));
        }
        assert_eq!(names.find("name5000"), None);
        assert_eq!(Names::default().find("x"), None);
    }

    #[test]
    fn names_that_come_together_get_the_ids_that_they_would_get_one_by_one() {
        let (mut together, mut single) = (Names::default(), Names::default());
        for round in 0..40u32 {
            let mut some = Interner::default();
            for i in 0..200 {
                some.intern(&format!("name{}", (round * 150 + i * 7) % 5000));
            }
            let texts: Vec<&str> = (0..some.ends.len() as u32).map(|id| some.get(id)).collect();
            let hashes: Vec<u64> = texts.iter().map(|name| hash(name)).collect();
            let ids: Vec<u32> = texts.iter().map(|name| single.intern(name)).collect();
            assert_eq!(together.intern_all(some.texts(), &hashes), ids);
        }
        assert_eq!(together.len(), single.len());
        assert!((0..together.len() as u32).all(|id| together.get(id) == single.get(id)));
    }

    #[test]
    fn names_of_any_length_that_differ_in_one_byte_are_two() {
        for length in 1..=MAX_NAME {
            let mut names = Names::default();
            let name = "a".repeat(length);
            let id = names.intern(&name);
            for at in 0..length {
                let other = format!("{}b{}", &name[..at], &name[at + 1..]);
                assert!(!is_same(name.as_bytes(), other.as_bytes()), "{other}");
                assert_ne!(names.intern(&other), id, "{other}");
            }
            assert!(is_same(name.as_bytes(), name.clone().as_bytes()));
            assert_eq!(names.intern(&name), id);
        }
    }

    #[test]
    fn a_names_words_are_found_by_their_stems() {
        let mut names = Names::default();
        let id = names.intern("parseConfigs");
        let stems = [names.find_stem("pars").unwrap(), names.find_stem("config").unwrap()];
        assert_eq!(names.stems(id), stems);
        assert!(names.stems(names.find("parseConfigs").unwrap()).len() == 2);
    }

    #[test]
    fn a_name_that_is_data_is_cut() {
        let mut names = Names::default();
        let id = names.intern(&"é".repeat(1000));
        assert_eq!(names.get(id), "é".repeat(64));
    }
}
