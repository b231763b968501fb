//! Which files an intent needs, best first, each with its reason. Reads none of them.
//!
//! Only names decide here. A file that looks as if it held a secret is wanted only when it is named in full.

use crate::domain::intent::{Action, Intent};
use crate::domain::language::Language;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Most files that are wanted for one intent.
pub const MAX_WANTED: usize = 12;
/// Most files that one named path or folder brings in when it is not exact.
const MAX_PER_NAME: usize = 4;

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
    let mut scored: Vec<(Reverse<u32>, usize, &String, String)> = listing
        .iter()
        .filter(|path| !holds_secrets(path))
        .filter_map(|path| {
            let (score, reason) = words.score(path, intent)?;
            Some((Reverse(score), path.matches('/').count(), path, reason))
        })
        .collect();
    scored.sort();
    let tests = tests_of(&found, &scored, listing);
    let (first, rest) = scored.split_at(scored.len().min(if intent.action == Action::Test { 4 } else { 8 }));
    first.iter().for_each(|(_, _, path, reason)| found.push(path, reason, false));
    tests.iter().for_each(|(path, reason)| found.push(path, reason, false));
    rest.iter().for_each(|(_, _, path, reason)| found.push(path, reason, false));
    found.files.truncate(MAX_WANTED);
    found.files
}

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
        let (ending, below) = (format!("/{clean}"), format!("{clean}/"));
        let ends = |path: &str| path.ends_with(&ending);
        let same = |path: &str| base(path) == file;
        let alike = |path: &str| base(path).eq_ignore_ascii_case(file);
        let inside = |path: &str| path.starts_with(&below) || path.contains(&format!("/{below}"));
        let tiers: [(&dyn Fn(&str) -> bool, &str); 4] = [
            (&ends, "its path ends as named in the request"),
            (&same, "has the file name that the request names"),
            (&alike, "has the file name that the request names, but for case"),
            (&inside, "in the folder that the request names"),
        ];
        for (fits, reason) in &tiers[if folder { 3 } else { 0 }..] {
            let mut hits: Vec<&String> = listing.iter().filter(|path| fits(path)).collect();
            hits.sort_by_key(|path| (path.matches('/').count(), path.as_str()));
            for path in hits.iter().take(MAX_PER_NAME) {
                self.push(path, reason, true);
            }
            if !hits.is_empty() {
                return;
            }
        }
        if !folder {
            self.push(clean, "named in the request, not in the listing", true);
        }
    }
}

/// What the request says, as far as file names may match it.
struct Words {
    /// Symbols with their separators taken out, lower case, as named.
    symbols: Vec<(String, String)>,
    words: BTreeSet<String>,
}

impl Words {
    fn of(intent: &Intent) -> Words {
        let symbols = intent.symbols.iter().map(|s| (squeeze(s), s.clone())).filter(|(s, _)| s.len() >= 3).collect();
        let mut text = intent.text.as_str();
        // Requests may be pasted documents; their beginning says what is wanted.
        if text.len() > 4096 {
            text = &text[..text.floor_char_boundary(4096)];
        }
        let mut words: BTreeSet<String> =
            parts(text).filter(|w| w.len() >= 3 && !is_common(w)).map(|w| singular(&w)).collect();
        words.extend(
            intent
                .symbols
                .iter()
                .flat_map(|s| parts(s).collect::<Vec<_>>())
                .filter(|w| w.len() >= 3 && !is_common(w))
                .map(|w| singular(&w)),
        );
        Words { symbols, words }
    }

    /// How well a path's file name (and a little its folder) fits the request; `None` if not at all.
    fn score(&self, path: &str, intent: &Intent) -> Option<(u32, String)> {
        let stem = stem(path);
        let squeezed = squeeze(stem);
        let language = u32::from(intent.language.is_some() && Language::from_path(path) == intent.language);
        if let Some((_, symbol)) = self.symbols.iter().find(|(squeezed_symbol, _)| *squeezed_symbol == squeezed) {
            return Some((1000 + language, format!("named like `{symbol}`")));
        }
        let own: Vec<String> = parts(stem).filter(|p| p.len() >= 3).map(|p| singular(&p)).collect();
        let hits: Vec<&String> = own.iter().filter(|part| self.words.contains(*part)).collect();
        let (hit, all) = (u32::try_from(hits.len()).unwrap_or(u32::MAX), u32::try_from(own.len()).unwrap_or(u32::MAX));
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let around = parts(folder).filter(|p| self.words.contains(&singular(p))).count().min(3);
        let named = hits.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ");
        // A file whose name is nothing but words of the request beats one that merely shares some.
        let score =
            100 * hit + if hit == all { 150 } else { 0 } + 20 * u32::try_from(around).unwrap_or(0) + 10 * language;
        (hit > 0).then(|| (score, format!("its name has {named} of the request")))
    }
}

/// The test files of what was found so far.
fn tests_of(
    found: &Found,
    scored: &[(Reverse<u32>, usize, &String, String)],
    listing: &[String],
) -> Vec<(String, String)> {
    let sources =
        found.files.iter().map(|f| f.path.as_str()).chain(scored.iter().take(4).map(|(_, _, path, _)| path.as_str()));
    let stems: Vec<(String, &str)> =
        sources.filter(|p| !is_test(p)).map(|p| (stem(p).to_lowercase(), p)).take(8).collect();
    let mut tests: Vec<(usize, String, String)> = Vec::new();
    for path in listing.iter().filter(|path| is_test(path)) {
        let tested = tested_stem(path);
        if let Some(order) = stems.iter().position(|(stem, source)| *stem == tested && source != path) {
            tests.push((order, path.clone(), format!("tests `{}`", base(stems[order].1))));
        }
    }
    tests.sort();
    tests.dedup_by(|a, b| a.1 == b.1);
    tests.into_iter().map(|(_, path, reason)| (path, reason)).take(4).collect()
}

fn is_test(path: &str) -> bool {
    path.split('/').rev().skip(1).any(|part| matches!(part, "tests" | "test" | "__tests__" | "spec"))
        || tested_stem(path) != long_stem(path).to_lowercase()
}

/// A test file's stem without what marks it as a test: `test_app`, `app_test`, `app.test`, `AppTest` all give `app`.
fn tested_stem(path: &str) -> String {
    let stem = long_stem(path);
    let lower = stem.to_lowercase();
    let bare = lower.strip_prefix("test_").or_else(|| lower.strip_prefix("tests_")).unwrap_or(&lower);
    let marks = ["_test", "_tests", "_spec", ".test", ".spec", "-test", "-spec"];
    let bare = marks.iter().find_map(|mark| bare.strip_suffix(mark)).unwrap_or(bare);
    let camel = stem.ends_with("Test") || stem.ends_with("Tests") || stem.ends_with("Spec");
    let bare = if camel { bare.trim_end_matches('s').trim_end_matches("test").trim_end_matches("spec") } else { bare };
    bare.to_owned()
}

/// The file name up to its last dot.
fn long_stem(path: &str) -> &str {
    let name = base(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The file name up to its first dot (`app` of `app.test.ts`), or whole if it starts with one.
fn stem(path: &str) -> &str {
    let name = base(path);
    match name.find('.') {
        None | Some(0) => name,
        Some(dot) => &name[..dot],
    }
}

fn squeeze(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The words of a text or a name, lower case: split at everything that is no letter or digit, and before capitals.
fn parts(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).flat_map(|run| {
        let mut starts = vec![0];
        let chars: Vec<(usize, char)> = run.char_indices().collect();
        starts.extend(chars.windows(2).filter(|w| w[0].1.is_lowercase() && w[1].1.is_uppercase()).map(|w| w[1].0));
        starts.push(run.len());
        starts.windows(2).map(|w| run[w[0]..w[1]].to_lowercase()).collect::<Vec<_>>()
    })
}

/// A word without the ending of its plural.
fn singular(word: &str) -> String {
    match word {
        w if w.len() > 4 && w.ends_with("ies") => format!("{}y", &w[..w.len() - 3]),
        w if w.len() > 3 && w.ends_with('s') && !w.ends_with("ss") && !w.ends_with("us") => w[..w.len() - 1].to_owned(),
        w => w.to_owned(),
    }
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
    fn names_are_cut_into_words_and_their_plurals_undone() {
        let of = |text| parts(text).map(|w| singular(&w)).collect::<Vec<_>>();
        assert_eq!(
            of("UserServices http-client_v2 entries class"),
            ["user", "service", "http", "client", "v2", "entry", "class"]
        );
    }

    #[test]
    fn a_tests_stem_is_the_stem_of_what_it_tests() {
        for path in
            ["test_app.py", "x/app_test.go", "app.test.ts", "app.spec.js", "AppTest.java", "AppTests.cs", "app_spec.rb"]
        {
            assert_eq!(tested_stem(path), "app", "{path}");
        }
        assert_eq!(tested_stem("latest.py"), "latest");
        assert!(
            !is_test("src/latest.py") && !is_test("src/app.py") && is_test("tests/app.rs") && is_test("app.test.ts")
        );
    }

    #[test]
    fn common_words_are_sorted_for_the_search() {
        for word in ["add", "files", "src", "you", "lib"] {
            assert!(is_common(word), "{word}");
        }
        assert!(!is_common("user"));
    }
}
