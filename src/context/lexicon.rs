//! What a request is about, as words, symbols and paths, and how much of it another text shares. Lexical only.

use super::want::is_common;
use crate::domain::intent::Intent;
use crate::domain::{path, word};
use crate::map::word::{parts, singular};
use std::collections::BTreeSet;

/// Words of a text that are looked at.
const MAX_WORDS: usize = 600;
/// What a symbol or a path that is shared counts against a word.
const NAME: f64 = 3.0;
/// What a text has to share for half of the greatest likeness.
const HALF: f64 = 2.0;

/// What a request is about.
#[derive(Debug)]
pub(super) struct Lexicon {
    /// Symbols the request names, as written.
    symbols: Vec<String>,
    /// Paths of the files that are wanted for it.
    paths: Vec<String>,
    words: BTreeSet<String>,
}

/// What a text shares with a request.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Shared {
    /// Symbols and paths, as the request has them, then words.
    names: Vec<String>,
    words: Vec<String>,
}

impl Lexicon {
    /// The lexicon of a request and of the files that are wanted for it.
    pub(super) fn of(intent: &Intent, wanted: &[&str]) -> Lexicon {
        let paths = intent.paths.iter().map(String::as_str).chain(wanted.iter().copied());
        let paths: BTreeSet<String> = paths.map(|p| p.trim_start_matches("./").to_owned()).collect();
        Lexicon { symbols: intent.symbols.clone(), paths: paths.into_iter().collect(), words: words(&intent.text) }
    }

    /// What `text` shares with the request. A path counts where its file name stands in the text.
    pub(super) fn shared(&self, text: &str) -> Shared {
        let holds = |name: &str| word::holds(text, name);
        let symbols = self.symbols.iter().filter(|s| holds(bare(s)));
        let paths = self.paths.iter().filter(|p| holds(path::split(p).1));
        let names: Vec<String> = symbols.chain(paths).cloned().collect();
        let of_names: BTreeSet<String> = names.iter().flat_map(|name| words(name)).collect();
        // The words of a name that is shared are not shared once more.
        let words = words(text).intersection(&self.words).filter(|w| !of_names.contains(*w)).cloned().collect();
        Shared { names, words }
    }
}

impl Shared {
    /// How much is shared, from 0 to 1: a name counts three words, and two words make a half.
    pub(super) fn likeness(&self) -> f64 {
        let weight = NAME * self.names.len() as f64 + self.words.len() as f64;
        weight / (weight + HALF)
    }

    /// Whether nothing is.
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty() && self.words.is_empty()
    }

    /// What is shared, the first few, as a phrase.
    pub(super) fn phrase(&self) -> String {
        let all = self.names.iter().chain(&self.words);
        all.take(3).map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
    }
}

/// The words of a text that say what it is about, singular and lower case.
fn words(text: &str) -> BTreeSet<String> {
    let words = parts(text).into_iter().take(MAX_WORDS).filter(|word| word.len() >= 3 && !is_common(word));
    words.map(|word| singular(&word)).collect()
}

/// The last part of a symbol: `parse` of `intent::parse`.
fn bare(symbol: &str) -> &str {
    symbol.rsplit(['.', ':']).next().unwrap_or(symbol)
}
