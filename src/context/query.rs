//! What a request asks for, as words that code can be searched for, and how well a piece of code answers it (BM25).

use super::want::is_common;
use crate::domain::intent::Intent;
use crate::domain::word;
use crate::map::word::{each_part, stem};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

/// BM25's saturation and length normalisation (Robertson and Zaragoza 2009); pieces of code differ in length by nature,
/// so length counts less than for prose.
const K1: f64 = 0.8;
const B: f64 = 0.4;
/// How often a word counts that stands in a piece's own name, and in the name of what it is part of.
const IN_NAME: u32 = 4;
const IN_PLACE: u32 = 1;
/// Words of a request that are looked for: one may paste a document, but its beginning says what is wanted.
const MAX_WORDS: usize = 64;

/// The words of a request.
pub(super) struct Query {
    words: HashMap<String, usize>,
    symbols: Vec<String>,
    /// The words as they are written, lower case, without those that say nothing.
    bare: HashSet<String>,
    /// What words of texts turned out to be: a word is cut to its stem once.
    known: RefCell<HashMap<String, Option<usize>>>,
}

/// How often each word of the query stands in a text, and how many words the text has in all.
#[derive(Clone, Debug, Default)]
pub(super) struct Hits {
    counts: Vec<(usize, u32)>,
    length: u32,
}

impl Query {
    /// The words of `intent`: its text and its symbols, without those that requests hold whatever they are about.
    pub fn new(intent: &Intent) -> Query {
        let mut words = HashMap::new();
        let symbols = intent.symbols.iter().map(|s| s.rsplit(['.', ':']).next().unwrap_or(s).to_owned()).collect();
        for text in std::iter::once(&intent.text).chain(&intent.symbols) {
            each_part(text, |word| {
                let next = words.len();
                if next < MAX_WORDS && word.len() >= 2 && !is_common(word) {
                    words.entry(stem(word)).or_insert(next);
                }
            });
        }
        let bare = word::all(&intent.text).map(str::to_lowercase);
        let bare = bare.filter(|word| word.len() >= 2 && !is_common(word)).take(MAX_WORDS).collect();
        Query { words, symbols, bare, known: RefCell::default() }
    }

    /// Whether a word of the request is this identifier, whatever its case: what that is worth, its place has to say.
    pub fn speaks_of(&self, identifier: &str) -> bool {
        self.bare.contains(&identifier.to_lowercase())
    }

    /// Whether the request names this very identifier.
    pub fn names(&self, identifier: &str) -> bool {
        self.symbols.iter().any(|symbol| symbol == identifier)
    }

    /// Adds what `text` holds.
    pub fn count(&self, text: &str, hits: &mut Hits) {
        self.add(text, 1, hits);
    }

    /// Adds the words of a piece's own name.
    pub fn count_name(&self, name: &str, hits: &mut Hits) {
        self.add(name, IN_NAME, hits);
    }

    /// Adds the words of where a piece stands.
    pub fn count_place(&self, name: &str, hits: &mut Hits) {
        self.add(name, IN_PLACE, hits);
    }

    fn add(&self, text: &str, times: u32, hits: &mut Hits) {
        let mut known = self.known.borrow_mut();
        each_part(text, |word| {
            hits.length += 1;
            let at = match known.get(word) {
                Some(at) => *at,
                None => {
                    let at = self.words.get(&stem(word)).copied();
                    known.insert(word.to_owned(), at);
                    at
                }
            };
            let Some(at) = at else { return };
            match hits.counts.iter_mut().find(|(word, _)| *word == at) {
                Some((_, count)) => *count += times,
                None => hits.counts.push((at, times)),
            }
        });
    }

    /// BM25 of each of these texts among all of them.
    pub fn scores(&self, texts: &[Hits]) -> Vec<f64> {
        let mut holders = vec![0u32; self.words.len()];
        texts.iter().flat_map(|hits| &hits.counts).for_each(|(word, _)| holders[*word] += 1);
        let all = texts.len() as f64;
        let rarity = |holders: u32| (1.0 + (all - f64::from(holders) + 0.5) / (f64::from(holders) + 0.5)).ln();
        let mean = texts.iter().map(|hits| f64::from(hits.length)).sum::<f64>() / all.max(1.0);
        let score = |hits: &Hits| {
            let long = K1 * (1.0 - B + B * f64::from(hits.length) / mean.max(1.0));
            let mut counts = hits.counts.clone();
            counts.sort_unstable();
            let part = |(word, count): &(usize, u32)| {
                rarity(holders[*word]) * f64::from(*count) * (K1 + 1.0) / (f64::from(*count) + long)
            };
            counts.iter().map(part).sum()
        };
        texts.iter().map(score).collect()
    }
}
