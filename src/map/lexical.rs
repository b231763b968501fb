//! Files and definitions by the words they hold: BM25 (Robertson and Zaragoza 2009) over the parts of names, the words of
//! comments and the parts of paths. Knows no synonyms.
//!
//! A question's words become a mask for each name once, then one pass over the table counts: no inverted lists are kept.

use super::file::{File, NONE};
use super::query::{Query, bits};
use super::symbol::Symbol;
use super::table::Map;
use std::cmp::Ordering;

/// How soon more of the same word stops to matter, and how much a long text is set back; the usual values.
const K1: f64 = 1.2;
const B: f64 = 0.75;
/// What a word counts in the file name, in a folder's, and in the name of a definition, beside one in the text.
const WEIGHTS: (f32, f32, f32) = (8.0, 3.0, 3.0);
/// Of how many of the best files the documentation is read when definitions are searched.
const DOCUMENTED: usize = 64;

/// A file or definition found by words.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit<T> {
    /// What was found.
    pub item: T,
    /// Higher is better; comparable within one search only.
    pub score: f64,
    /// The words of the question that it holds.
    pub words: Vec<String>,
}

/// How often each word of the question stands in one text.
type Counts = Vec<(usize, f32)>;

impl Map {
    /// The files that hold words of `text`, best first, then by path. Odd files are left out.
    pub fn search_files(&self, text: &str, limit: usize) -> Vec<Hit<&str>> {
        let query = Query::of(self, text);
        let mut hits = self.files_by_words(&query, &query.masks(self));
        hits.truncate(limit);
        let hit = |(slot, score, mask): (u32, f64, u64)| Hit {
            item: &*self.file(slot).path,
            score,
            words: query.of_mask(mask),
        };
        hits.into_iter().map(hit).collect()
    }

    /// The definitions whose name, container or (in the best files) documentation hold words of `text`, best first, then by
    /// path and line.
    pub fn search_definitions(&self, text: &str, limit: usize) -> Vec<Hit<Symbol<'_>>> {
        let query = Query::of(self, text);
        let masks = query.masks(self);
        let best: Vec<u32> = self.files_by_words(&query, &masks).iter().take(DOCUMENTED).map(|(s, ..)| *s).collect();
        let mut counts = Tally::new(query.words.len());
        let mut places = Vec::new();
        for (slot, file) in self.ordered().filter(|(_, file)| file.oddity.is_none()) {
            let is_best = best.contains(&slot);
            for (at, row) in file.definitions.iter().enumerate() {
                let container = (row.container != NONE).then(|| file.definitions[row.container as usize].name);
                let length =
                    self.names.stems(row.name).len() + container.map_or(0, |name| self.names.stems(name).len());
                let texts = [
                    (masks[row.name as usize], 2.0),
                    (container.map_or(0, |name| masks[name as usize]), 1.0),
                    (if is_best { query.mask_of(self, file.texts(at).1) } else { 0 }, 1.0),
                ];
                for (mask, weight) in texts {
                    bits(mask).for_each(|bit| counts.add(bit, weight));
                }
                if counts.close(length as u32) {
                    places.push((slot, at));
                }
            }
        }
        let mut scored: Vec<(f64, u64, (u32, usize))> =
            counts.scores().into_iter().zip(places).map(|((score, mask), place)| (score, mask, place)).collect();
        scored.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal));
        scored.truncate(limit);
        let hit = |(score, mask, (slot, at)): (f64, u64, (u32, usize))| Hit {
            item: self.symbol(self.file(slot), at),
            score,
            words: query.of_mask(mask),
        };
        scored.into_iter().map(hit).collect()
    }

    /// Slot, score and words of every file that holds any, best first.
    fn files_by_words(&self, query: &Query, masks: &[u64]) -> Vec<(u32, f64, u64)> {
        let mut counts = Tally::new(query.words.len());
        let mut slots = Vec::new();
        for (slot, file) in self.ordered().filter(|(_, file)| file.oddity.is_none()) {
            count_words(file, masks, &mut counts);
            if counts.close(file.length) {
                slots.push(slot);
            }
        }
        let scores = counts.scores();
        let mut found: Vec<(u32, f64, u64)> =
            slots.into_iter().zip(scores).map(|(slot, (score, mask))| (slot, score, mask)).collect();
        found.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap_or(Ordering::Equal));
        found
    }
}

fn count_words(file: &File, masks: &[u64], counts: &mut Tally) {
    let segments = file.ends.1 as usize;
    for (at, (name, count)) in file.uses.iter().zip(&file.counts).enumerate() {
        let mask = masks[*name as usize];
        if mask != 0 {
            let weight = match at {
                at if at < segments => f32::from(*count),
                at if at + 1 == file.uses.len() => WEIGHTS.0,
                _ => WEIGHTS.1,
            };
            bits(mask).for_each(|bit| counts.add(bit, weight));
        }
    }
    for row in &file.definitions {
        bits(masks[row.name as usize]).for_each(|bit| counts.add(bit, WEIGHTS.2));
    }
}

/// Counts of the question's words in one text after the other.
struct Tally {
    now: Vec<f32>,
    /// Of the texts that hold any word.
    counts: Vec<(u32, Counts)>,
    /// By word, how many texts hold it.
    holders: Vec<u32>,
    texts: u64,
    length: u64,
}

impl Tally {
    fn new(words: usize) -> Tally {
        Tally { now: vec![0.0; words], counts: Vec::new(), holders: vec![0; words], texts: 0, length: 0 }
    }

    fn add(&mut self, word: usize, weight: f32) {
        self.now[word] += weight;
    }

    /// Ends a text of this many words; whether it holds any of the question's.
    fn close(&mut self, length: u32) -> bool {
        self.texts += 1;
        self.length += u64::from(length);
        let held: Counts = self.now.iter().copied().enumerate().filter(|(_, count)| *count > 0.0).collect();
        if held.is_empty() {
            return false;
        }
        self.now.fill(0.0);
        held.iter().for_each(|(word, _)| self.holders[*word] += 1);
        self.counts.push((length, held));
        true
    }

    /// Score and words of each text that holds any, in their order.
    fn scores(&self) -> Vec<(f64, u64)> {
        let texts = self.texts as f64;
        let mean = (self.length as f64 / texts.max(1.0)).max(1.0);
        let weight = |word: usize| {
            let holders = f64::from(self.holders[word]);
            (1.0 + (texts - holders + 0.5) / (holders + 0.5)).ln()
        };
        let weights: Vec<f64> = (0..self.holders.len()).map(weight).collect();
        let score = |(length, held): &(u32, Counts)| {
            let norm = K1 * (1.0 - B + B * f64::from(*length) / mean);
            let of = |(word, count): &(usize, f32)| {
                let count = f64::from(*count);
                weights[*word] * count * (K1 + 1.0) / (count + norm)
            };
            (held.iter().map(of).sum(), held.iter().fold(0, |mask, (word, _)| mask | 1 << word))
        };
        self.counts.iter().map(score).collect()
    }
}
