//! Every name of a repository once: one arena of text and ids of four bytes, and beside each name the stems of its words.
//!
//! Ids are given in the order of first sight, so nothing that leaves the map may depend on them. Names are never taken out
//! again: a name that no file has any more costs its bytes and finds nothing.

use super::word;
use foldhash::fast::RandomState;
use std::hash::BuildHasher;

/// Longest name that is kept whole, in bytes: longer ones are data that looks like a name.
const MAX_NAME: usize = 128;

/// Texts, each once.
#[derive(Clone, Debug, Default)]
struct Interner {
    text: String,
    /// Where each text ends.
    ends: Vec<u32>,
    /// Open addressing: half a hash and an id + 1, or zeros. A power of two long, at most three quarters full.
    slots: Vec<(u32, u32)>,
    /// Keyed anew in each process, so that no repository can be made to collide.
    hasher: RandomState,
}

/// Texts by id, one after the other.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    pub text: &'a str,
    /// Where each text ends.
    pub ends: &'a [u32],
}

impl Interner {
    /// `None` when the ends are none.
    fn from_texts(texts: Texts) -> Option<Interner> {
        let mut start = 0;
        let is_whole = texts.ends.iter().all(|end| {
            let end = *end as usize;
            texts.text.get(std::mem::replace(&mut start, end)..end).is_some()
        });
        if !is_whole {
            return None;
        }
        let mut interner = Interner { text: texts.text.to_owned(), ends: texts.ends.to_owned(), ..Interner::default() };
        interner.place_all((texts.ends.len() * 4 / 3 + 1).next_power_of_two().max(1024));
        Some(interner)
    }

    fn get(&self, id: u32) -> &str {
        let at = id as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.text[start..self.ends[at] as usize]
    }

    fn find(&self, text: &str) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        self.place(text, self.hasher.hash_one(text)).ok()
    }

    /// The id of `text`, or the free slot where it would stand.
    fn place(&self, text: &str, hash: u64) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            match self.slots[at] {
                (_, 0) => return Err(at),
                (tag, id) if tag == (hash >> 32) as u32 && self.get(id - 1) == text => return Ok(id - 1),
                _ => at = (at + 1) & mask,
            }
        }
    }

    /// The id of `text`, and whether it is new. A text past 4 GiB of them is taken as the first one.
    fn intern(&mut self, text: &str) -> (u32, bool) {
        if self.slots.len() * 3 <= self.ends.len() * 4 {
            self.place_all((self.slots.len() * 2).max(1024));
        }
        let hash = self.hasher.hash_one(text);
        match self.place(text, hash) {
            Ok(id) => (id, false),
            Err(slot) => {
                let Ok(end) = u32::try_from(self.text.len() + text.len()) else { return (0, false) };
                self.text.push_str(text);
                self.ends.push(end);
                let id = self.ends.len() as u32;
                self.slots[slot] = ((hash >> 32) as u32, id);
                (id - 1, true)
            }
        }
    }

    /// Makes so many slots and finds each text its own.
    fn place_all(&mut self, size: usize) {
        self.slots = vec![(0, 0); size];
        for id in 0..self.ends.len() as u32 {
            let hash = self.hasher.hash_one(self.get(id));
            let mut at = hash as usize & (size - 1);
            while self.slots[at].1 != 0 {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = ((hash >> 32) as u32, id + 1);
        }
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
}

impl Names {
    /// Names and stems by id, and where each name's stems end in the list of all; `None` when these do not fit together.
    pub fn from_parts(names: Texts, stems: Texts, stem_ends: Vec<u32>, stem_ids: Vec<u32>) -> Option<Names> {
        let fits = stem_ends.len() == names.ends.len()
            && stem_ends.is_sorted()
            && stem_ends.last().copied().unwrap_or(0) as usize == stem_ids.len()
            && stem_ids.iter().all(|stem| (*stem as usize) < stems.ends.len());
        fits.then_some(())?;
        let (names, stems) = (Interner::from_texts(names)?, Interner::from_texts(stems)?);
        Some(Names { names, stems, stem_ends, stem_ids })
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

    /// The id of a name, which is learned if it is new.
    pub fn intern(&mut self, name: &str) -> u32 {
        let name = clip(name);
        let (id, is_new) = self.names.intern(name);
        if is_new {
            word::each_part(name, |part| {
                let id = self.stems.intern(&word::stem(part)).0;
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

    /// Bytes on the heap.
    pub fn heap(&self) -> usize {
        let interner = |i: &Interner| i.text.capacity() + i.ends.capacity() * 4 + i.slots.capacity() * 8;
        interner(&self.names)
            + interner(&self.stems)
            + (self.stem_ends.capacity() + self.stem_ids.capacity()) * size_of::<u32>()
    }
}

fn clip(name: &str) -> &str {
    if name.len() <= MAX_NAME {
        return name;
    }
    let end = (0..=MAX_NAME).rev().find(|at| name.is_char_boundary(*at));
    &name[..end.unwrap_or(0)]
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
