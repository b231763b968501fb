//! Which files an intent needs, best first, each with its reason. Reads none of them.
//!
//! Only names decide here. A file that looks as if it held a secret is wanted only when it is named in full.

use crate::domain::intent::{Action, Intent};
use crate::domain::language::Language;
use crate::map::convention::{base, folder, is_test, stem, tested_stem};
use crate::map::word::{parts, singular};
use regex::Regex;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Most files that are wanted for one intent.
pub const MAX_WANTED: usize = 12;
/// Most files that one named path or folder brings in when it is not exact.
const MAX_PER_NAME: usize = 4;

/// Words of a request that are looked at: one may paste a document, but its beginning says what is wanted.
const MAX_WORDS: usize = 600;

/// A file to read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Relative to the root, as in the listing; a named path that is not in the listing stands as it was named.
    pub path: String,
    /// Why, as a phrase.
    pub reason: String,
    /// Whether the request names it, so that it comes before everything else.
    pub named: bool,
}

/// The files to read for `intent`, most needed first, at most [`MAX_WANTED`]: those it names (exactly, by the end of the
/// path, by file name, by folder), then those whose name is a symbol or words of the request, then the tests of these.
/// A named path that fits nothing is wanted too: reading tells whether it exists.
pub fn wanted(intent: &Intent, listing: &[String]) -> Vec<Wanted> {
    let mut found = Found::default();
    for name in &intent.paths {
        found.named(name, intent.action, listing);
    }
    let words = Words::of(intent);
    let mut scored: Vec<Scored> = listing
        .iter()
        .filter(|path| words.may_fit(path) && !holds_secrets(path))
        .filter_map(|path| Some((Reverse(words.score(path, intent)?), path.matches('/').count(), path.as_str())))
        .collect();
    scored.sort_unstable();
    let tests = tests_of(&found, &scored, listing);
    let (first, rest) = scored.split_at(scored.len().min(if intent.action == Action::Test { 4 } else { 8 }));
    first.iter().for_each(|(_, _, path)| found.push(path, &words.reason(path), false));
    tests.iter().for_each(|(path, reason)| found.push(path, reason, false));
    rest.iter().take(MAX_WANTED).for_each(|(_, _, path)| found.push(path, &words.reason(path), false));
    found.files.truncate(MAX_WANTED);
    found.files
}

/// Score, depth and path: sorts best first, then shallow first, then by name.
type Scored<'a> = (Reverse<u32>, usize, &'a str);

#[derive(Default)]
struct Found {
    files: Vec<Wanted>,
    seen: BTreeSet<String>,
}

impl Found {
    fn push(&mut self, path: &str, reason: &str, named: bool) {
        if self.seen.insert(path.to_owned()) {
            self.files.push(Wanted { path: path.to_owned(), reason: reason.to_owned(), named });
        }
    }

    /// Adds the files that a path in the request means.
    fn named(&mut self, name: &str, action: Action, listing: &[String]) {
        let folder = name.ends_with('/');
        let clean = name.trim_start_matches("./").trim_end_matches('/');
        if clean.is_empty() || clean == "." {
            return;
        }
        if !folder && listing.iter().any(|path| path == clean) {
            return self.push(clean, "named in the request", true);
        }
        if !folder && action == Action::Create {
            self.push(clean, "named in the request, not in the listing", true);
        }
        let file = base(clean);
        let (ending, below, inside) = (format!("/{clean}"), format!("{clean}/"), format!("/{clean}/"));
        let same = "has the file name that the request names";
        let found = !folder
            && (self.matching(listing, "its path ends as named in the request", |path| path.ends_with(&ending))
                || self.matching(listing, same, |path| base(path) == file)
                || self.matching(listing, same, |path| base(path).eq_ignore_ascii_case(file)))
            || self.matching(listing, "in the folder that the request names", |path| {
                path.starts_with(&below) || path.contains(&inside)
            });
        if !found && !folder {
            self.push(clean, "named in the request, not in the listing", true);
        }
    }

    /// Adds the shallowest of the paths that fit; whether there was any.
    fn matching(&mut self, listing: &[String], reason: &str, fits: impl Fn(&str) -> bool) -> bool {
        let mut hits: Vec<&String> = listing.iter().filter(|path| fits(path)).collect();
        hits.sort_by_key(|path| (path.matches('/').count(), path.as_str()));
        hits.iter().take(MAX_PER_NAME).for_each(|path| self.push(path, reason, true));
        !hits.is_empty()
    }
}

/// What the request says, as far as file names may match it.
struct Words {
    /// Symbols with their separators taken out, lower case, as named.
    symbols: Vec<(String, String)>,
    words: BTreeSet<String>,
    /// Finds the beginnings of all these in a name: far cheaper than taking every name of a large repository apart.
    sieve: Option<Regex>,
}

impl Words {
    fn of(intent: &Intent) -> Words {
        let symbols: Vec<(String, String)> =
            intent.symbols.iter().map(|s| (squeeze(s), s.clone())).filter(|(s, _)| s.len() >= 3).collect();
        let symbol_parts = intent.symbols.iter().flat_map(|symbol| parts(symbol));
        let words: BTreeSet<String> = parts(&intent.text)
            .into_iter()
            .take(MAX_WORDS)
            .chain(symbol_parts)
            .filter(|word| word.len() >= 3 && !is_common(word))
            .map(|word| singular(&word))
            .collect();
        // `entry` is to find `entries` too, and a symbol's parts may be too short or too common to be words.
        let heads = words.iter().map(|word| word.strip_suffix('y').unwrap_or(word).to_owned());
        let first_parts = symbols.iter().filter_map(|(_, symbol)| parts(symbol).into_iter().next());
        let heads: Vec<String> = heads.chain(first_parts).map(|head| regex::escape(&head)).collect();
        let sieve = Regex::new(&format!("(?i){}", heads.join("|"))).ok().filter(|_| !heads.is_empty());
        Words { symbols, words, sieve }
    }

    /// Whether a path's file name is worth a closer look.
    fn may_fit(&self, path: &str) -> bool {
        self.sieve.as_ref().map_or(!self.words.is_empty(), |sieve| sieve.is_match(base(path)))
    }

    /// How well a path's file name (and a little its folder) fits the request; `None` if not at all.
    fn score(&self, path: &str, intent: &Intent) -> Option<u32> {
        let language = u32::from(intent.language.is_some() && Language::from_path(path) == intent.language);
        if self.symbol_of(path).is_some() {
            return Some(1000 + language);
        }
        let own = name_words(path);
        let hits = own.iter().filter(|part| self.words.contains(*part)).count();
        let around = parts(folder(path)).iter().filter(|part| self.words.contains(&singular(part))).count();
        // A file whose name is nothing but words of the request beats one that merely shares some.
        let whole = if hits == own.len() { 150 } else { 0 };
        let score = 100 * hits.min(5) + whole + 20 * around.min(3);
        (hits > 0).then(|| u32::try_from(score).unwrap_or(0) + 10 * language)
    }

    /// Why a path that has a score is wanted.
    fn reason(&self, path: &str) -> String {
        if let Some(symbol) = self.symbol_of(path) {
            return format!("named like `{symbol}`");
        }
        let hits = name_words(path).into_iter().filter(|part| self.words.contains(part));
        format!("its name has {} of the request", hits.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "))
    }

    fn symbol_of(&self, path: &str) -> Option<&str> {
        let squeezed = squeeze(stem(path));
        self.symbols.iter().find(|(own, _)| *own == squeezed).map(|(_, symbol)| symbol.as_str())
    }
}

/// The words of a file name, without its ending.
fn name_words(path: &str) -> Vec<String> {
    parts(stem(path)).into_iter().filter(|part| part.len() >= 3).map(|part| singular(&part)).collect()
}

/// The test files of what was found so far.
fn tests_of(found: &Found, scored: &[Scored], listing: &[String]) -> Vec<(String, String)> {
    let Ok(sieve) = Regex::new("(?i)test|spec") else { return Vec::new() };
    let named = found.files.iter().map(|file| file.path.as_str());
    let sources = named.chain(scored.iter().take(4).map(|(_, _, path)| *path)).filter(|path| !is_test(path));
    let stems: Vec<(String, &str)> = sources.map(|path| (stem(path).to_lowercase(), path)).take(8).collect();
    let mut tests: Vec<(usize, String, String)> = Vec::new();
    for path in listing.iter().filter(|path| sieve.is_match(path) && is_test(path)) {
        let tested = tested_stem(path);
        if let Some(order) = stems.iter().position(|(stem, source)| *stem == tested && source != path) {
            tests.push((order, path.clone(), format!("tests `{}`", base(stems[order].1))));
        }
    }
    tests.sort();
    tests.into_iter().map(|(_, path, reason)| (path, reason)).take(4).collect()
}

fn squeeze(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Words that requests hold whatever they are about.
fn is_common(word: &str) -> bool {
    const COMMON: &[&str] = &[
        "add",
        "all",
        "and",
        "any",
        "api",
        "app",
        "are",
        "but",
        "can",
        "change",
        "class",
        "code",
        "component",
        "create",
        "data",
        "delete",
        "doc",
        "document",
        "documentation",
        "does",
        "each",
        "error",
        "file",
        "files",
        "fix",
        "for",
        "from",
        "function",
        "get",
        "has",
        "have",
        "how",
        "implement",
        "improve",
        "index",
        "init",
        "into",
        "its",
        "lib",
        "main",
        "make",
        "method",
        "mod",
        "modify",
        "module",
        "more",
        "new",
        "not",
        "optimize",
        "out",
        "please",
        "put",
        "refactor",
        "remove",
        "rename",
        "service",
        "set",
        "should",
        "simple",
        "src",
        "test",
        "tests",
        "that",
        "the",
        "this",
        "update",
        "use",
        "using",
        "when",
        "which",
        "with",
        "without",
        "write",
        "you",
    ];
    COMMON.binary_search(&word).is_ok()
}

/// Whether a file looks as if it held keys or passwords.
fn holds_secrets(path: &str) -> bool {
    let name = base(path).to_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    name == ".env"
        || name.starts_with(".env.") && !matches!(ending, "example" | "sample" | "template")
        || name.starts_with("id_rsa")
        || name.starts_with("id_ed25519")
        || matches!(ending, "pem" | "key" | "p12" | "pfx" | "keystore" | "jks")
        || matches!(name.as_str(), ".netrc" | ".npmrc" | ".pypirc" | ".htpasswd")
        || name.starts_with("credentials")
        || name.starts_with("secrets.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_words_are_sorted_for_the_search() {
        for word in ["add", "files", "src", "you", "lib"] {
            assert!(is_common(word), "{word}");
        }
        assert!(!is_common("user"));
    }
}
