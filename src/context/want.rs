//! The files that a request names, the words that say nothing, and the files that are not to be shown unasked.

use crate::domain::intent::{Action, Intent};
use crate::domain::path;
use crate::map::convention::holds_secrets;
use std::collections::BTreeSet;

/// Most files that one named path or folder brings in when it is not exact.
const MAX_PER_NAME: usize = 4;
/// Words of a request that are looked at: one may paste a document, but its beginning says what is wanted.
const MAX_WORDS: usize = 600;
/// Stretches between two quotation marks of a kind that are looked at.
const MAX_QUOTED: usize = 24;
/// Most files that are named by one request.
const MAX_NAMED: usize = 12;

/// A file that the request names, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// As in the listing; a path that is not there stands as it was named.
    pub path: String,
    /// How, as a phrase.
    pub reason: &'static str,
}

/// The files that `intent` names, exactly, by the end of the path, by file name, by folder, at most [`MAX_NAMED`]. A path
/// that fits nothing is there too: reading tells whether it exists.
pub(super) fn named(intent: &Intent, listing: &[String]) -> Vec<Named> {
    let mut found = Found::default();
    let exactly = exactly_named(&intent.text, listing);
    // What is a word of a path with blanks in it, and nowhere else, is none by itself.
    let spaced = exactly.iter().filter(|path| path.contains(' '));
    let elsewhere = spaced.clone().fold(intent.text.clone(), |text, path| text.replace(*path, ""));
    let is_elsewhere = |name: &str| elsewhere.split(is_apart).any(|word| bare(word) == name);
    let is_word =
        |name: &str| spaced.clone().any(|path| path.split(' ').any(|word| word == name)) && !is_elsewhere(name);
    for name in intent.paths.iter().filter(|name| !is_word(name)) {
        if found.0.len() >= MAX_NAMED {
            break;
        }
        found.named(name, intent.action, listing);
    }
    for name in exactly {
        found.named(name, Action::Modify, listing);
    }
    found.0.truncate(MAX_NAMED);
    found.0
}

/// Whether a character stands between words.
fn is_apart(c: char) -> bool {
    c.is_whitespace() || ",;\"'`()[]{}<>|=!?“”‘’…".contains(c)
}

/// A word without its line, `:12:5`, and the end of the sentence.
fn bare(word: &str) -> &str {
    let path = word.split([':', '#']).next().unwrap_or(word);
    path.trim_start_matches('@').trim_start_matches("./").trim_end_matches(['.', '*'])
}

/// The words of a request, and what stands in quotation marks, blanks and all, that are a path or a file name of the listing, whatever its
/// ending, in the order of the text. A plain word is none: a file `test` is not meant by every test.
fn exactly_named<'t>(text: &'t str, listing: &[String]) -> Vec<&'t str> {
    // Between any two marks, since an apostrophe is one, too: what is in no listing does not count.
    let quoted = |mark: &'static [char]| {
        let between = text.split(mark).skip(1).map(str::trim);
        between.filter(|name| name.contains(is_apart) && !name.contains('\n')).take(MAX_QUOTED)
    };
    let quoted = quoted(&['`']).chain(quoted(&['"', '“', '”'])).chain(quoted(&['\'', '‘', '’']));
    let words = text.split(is_apart).take(MAX_WORDS).map(bare).chain(quoted);
    let words = words.filter(|word| word.trim_start_matches('.').contains(['.', '/', ' ']));
    let wanted: BTreeSet<&str> = words.clone().collect();
    let there: BTreeSet<&str> = match wanted.is_empty() {
        true => BTreeSet::new(),
        false => listing
            .iter()
            .flat_map(|path| [path.as_str(), path::name(path)])
            .filter(|name| wanted.contains(name))
            .collect(),
    };
    words.filter(|word| there.contains(word)).collect()
}

#[derive(Default)]
struct Found(Vec<Named>);

impl Found {
    fn push(&mut self, path: &str, reason: &'static str) {
        if !self.0.iter().any(|named| named.path == path) {
            self.0.push(Named { path: path.to_owned(), reason });
        }
    }

    /// Adds the files that a path in the request means.
    fn named(&mut self, name: &str, action: Action, listing: &[String]) {
        let folder = name.ends_with('/');
        let clean = name.trim_start_matches("./").trim_end_matches('/');
        if clean.is_empty() || clean == "." {
            return;
        }
        let is_there = listing.iter().any(|path| path == clean);
        if !folder && !is_there && action == Action::Create {
            self.push(clean, "named in the request, not in the listing");
        }
        // What stands in quotation marks may be a file, or a word and one.
        let found = self.listed(clean, folder, listing)
            || clean.rsplit_once(' ').is_some_and(|(_, last)| self.listed(last, folder, listing));
        if !found && !folder {
            self.push(clean, "named in the request, not in the listing");
        }
    }

    /// Adds the files of the listing that a path means; whether there was any.
    fn listed(&mut self, clean: &str, folder: bool, listing: &[String]) -> bool {
        if !folder && listing.iter().any(|path| path == clean) {
            self.push(clean, "named in the request");
            return true;
        }
        let file = path::name(clean);
        let (ending, below, inside) = (format!("/{clean}"), format!("{clean}/"), format!("/{clean}/"));
        let same = "has the file name that the request names";
        !folder
            && (self.matching(listing, clean, "its path ends as named in the request", |path| path.ends_with(&ending))
                || self.matching(listing, clean, same, |path| path::name(path) == file)
                || self.matching(listing, clean, same, |path| path::name(path).eq_ignore_ascii_case(file)))
            || self.matching(listing, clean, "in the folder that the request names", |path| {
                path.starts_with(&below) || path.contains(&inside)
            })
    }

    /// Adds the shallowest of the paths that fit what was `asked` for; whether there was any. What looks like a secret fits
    /// only by its own name.
    fn matching(&mut self, listing: &[String], asked: &str, reason: &'static str, fits: impl Fn(&str) -> bool) -> bool {
        let is_told = |path: &str| !holds_secrets(path) || path::name(path).eq_ignore_ascii_case(path::name(asked));
        let mut hits: Vec<&String> = listing.iter().filter(|path| fits(path) && is_told(path)).collect();
        hits.sort_by_key(|path| (path.matches('/').count(), path.as_str()));
        hits.iter().take(MAX_PER_NAME).for_each(|path| self.push(path, reason));
        !hits.is_empty()
    }
}

/// Words that requests hold whatever they are about, sorted.
const COMMON: &[&str] = &[
    "add",
    "all",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "but",
    "by",
    "can",
    "change",
    "create",
    "delete",
    "do",
    "does",
    "each",
    "fix",
    "for",
    "from",
    "has",
    "have",
    "how",
    "if",
    "implement",
    "improve",
    "in",
    "instead",
    "into",
    "is",
    "it",
    "its",
    "make",
    "modify",
    "more",
    "new",
    "no",
    "not",
    "of",
    "on",
    "only",
    "optimize",
    "or",
    "our",
    "out",
    "please",
    "put",
    "refactor",
    "remove",
    "should",
    "simple",
    "so",
    "some",
    "support",
    "that",
    "the",
    "their",
    "then",
    "there",
    "this",
    "to",
    "update",
    "use",
    "using",
    "was",
    "we",
    "when",
    "where",
    "which",
    "will",
    "with",
    "without",
    "you",
];

/// Whether a lower-case word is one that requests hold whatever they are about.
pub(super) fn is_common(word: &str) -> bool {
    COMMON.binary_search(&word).is_ok()
}

/// The words of a request that tell what it is about, with the names in it as they are written.
pub fn telling(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| {
        let bare: String = word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        !is_common(&bare)
    });
    words.take(MAX_WORDS).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_words_are_sorted_for_the_search() {
        assert!(COMMON.is_sorted());
        assert!(is_common("the") && !is_common("user"));
    }
}
