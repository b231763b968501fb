//! Which files an intent needs, best first, each with its reason: what it names, then what its words find and what is near
//! that in the repository's graph. Reads none of them.

use super::want;
use crate::domain::intent::{Action, Intent};
use crate::domain::language::Language;
use crate::domain::path;
use crate::domain::test_file::is_test;
use crate::map::convention::holds_secrets;
use crate::map::{Focus, Hit, Map};
use std::collections::{BTreeMap, BTreeSet};

/// Most files that are ranked for one intent.
pub const MOST_RANKED: usize = 40;
/// How the reason of a pinned file begins.
pub const PINNED: &str = "pinned";
/// Files found by their words that are looked at, and those of them that the graph is asked for.
const FOUND: usize = 200;
const SEEDS: usize = 12;
/// What each sign is worth beside the words (1 for the file that fits best).
const GRAPH: f64 = 0.3;
const SYMBOL: f64 = 1.0;
const RECENT: f64 = 0.15;
const OPEN: f64 = 0.3;
const LANGUAGE: f64 = 0.1;
const MEANING: f64 = 0.3;
/// Files, and definitions, that are likest to the request: what comes after them would gain next to nothing.
const ALIKE: (usize, usize) = (10, 20);
/// What is left of a test's score unless tests are asked for.
const TEST: f64 = 0.5;

/// A file that matters, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Relative to the root, as in the map; a named path that is not there stands as it was named.
    pub path: String,
    /// Why, as a phrase.
    pub reason: String,
    /// Whether the request names it, or the user pinned it, so that it comes before everything else.
    pub named: bool,
    /// How much it matters, 0 to 1.
    pub score: f64,
    /// Its definitions that are like the request in meaning: the first line, and how like among all of them, 0 to 1.
    pub alike: Vec<(u32, f64)>,
}

/// A definition, or a file, that is like the request in meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Alike {
    /// The file.
    pub path: String,
    /// 1-based first and last line of the definition; `None` for the file as a whole.
    pub lines: Option<(u32, u32)>,
}

/// What is known beside the request.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    /// Files that changed lately, newest first.
    pub recent: Vec<String>,
    /// What is like the request in meaning, likest first; empty without embeddings.
    pub alike: Vec<Alike>,
    /// Files that this session proposed or showed, newest first.
    pub open: Vec<String>,
    /// Files the user wants in every prompt.
    pub pinned: Vec<String>,
    /// Files, or folders with all that is in them, that the user wants in none.
    pub dropped: Vec<String>,
}

impl Signals {
    /// Whether the user wants a file in no prompt: by its own path, or by that of a folder around it.
    pub fn drops(&self, path: &str) -> bool {
        self.dropped.iter().any(|out| {
            let out = out.trim_end_matches('/');
            path == out || path.strip_prefix(out).is_some_and(|rest| rest.starts_with('/'))
        })
    }
}

/// The files that matter for `intent`, best first, at most [`MOST_RANKED`]. The same map and signals give the same list.
/// A file that looks as if it held a secret is there only when it is named in full.
pub fn rank(intent: &Intent, map: &Map, listing: &[String], signals: &Signals) -> Vec<Ranked> {
    let mut found = Found::default();
    for path in &signals.pinned {
        found.push(path, PINNED, true, 1.0);
    }
    for wanted in want::named(intent, listing) {
        found.push(&wanted.path, wanted.reason, true, 1.0);
    }
    let text = want::telling(&intent.text);
    let hits = map.search_files(&text, FOUND);
    let scores = scores(intent, &text, map, &hits, signals, &found);
    let mut order: Vec<(&str, &Score)> = scores.iter().map(|(path, score)| (*path, score)).collect();
    order.sort_by(|a, b| b.1.sum.total_cmp(&a.1.sum).then(a.0.cmp(b.0)));
    let best = order.first().map_or(1.0, |(_, score)| score.sum);
    for (path, score) in order {
        if score.sum > 0.0 && !holds_secrets(path) {
            found.push(path, &score.reason(), false, (score.sum / best).min(1.0));
        }
    }
    found.files.retain(|file| !signals.drops(&file.path));
    found.files.truncate(MOST_RANKED);
    for (place, alike) in wanted(intent, signals).take(ALIKE.1).enumerate() {
        if let (Some((line, _)), Some(file)) = (alike.lines, found.files.iter_mut().find(|f| f.path == alike.path)) {
            file.alike.push((line, nearness(place)));
        }
    }
    found.files
}

/// What is like the request: tests only if they are asked for, since their names say the same as what they test.
fn wanted<'s>(intent: &Intent, signals: &'s Signals) -> impl Iterator<Item = &'s Alike> {
    let is_for_tests = intent.action == Action::Test;
    signals.alike.iter().filter(move |alike| is_for_tests || !is_test(&alike.path))
}

/// What a place in the order of likeness counts: the first one 1. How like is like differs from model to model, so that only
/// the order is used.
fn nearness(place: usize) -> f64 {
    1.0 / (1.0 + place as f64)
}

#[derive(Default)]
struct Found {
    files: Vec<Ranked>,
    seen: BTreeSet<String>,
}

impl Found {
    fn push(&mut self, path: &str, reason: &str, named: bool, score: f64) {
        if self.seen.insert(path.to_owned()) {
            self.files.push(Ranked {
                path: path.to_owned(),
                reason: reason.to_owned(),
                named,
                score,
                alike: Vec::new(),
            });
        }
    }
}

/// What speaks for a file.
#[derive(Default)]
struct Score {
    sum: f64,
    words: Vec<String>,
    symbols: Vec<String>,
    graph: f64,
    /// Whether the graph's rank comes from what the request is about, and not from the repository as such.
    focused: bool,
    recent: bool,
    open: bool,
    alike: bool,
}

impl Score {
    fn reason(&self) -> String {
        let quoted = |words: &[String]| words.iter().take(4).map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ");
        let mut reasons = Vec::new();
        if !self.symbols.is_empty() {
            reasons.push(format!("defines {}", quoted(&self.symbols)));
        }
        if !self.words.is_empty() {
            reasons.push(format!("speaks of {}", quoted(&self.words)));
        }
        if self.alike {
            reasons.push("like the request in meaning".to_owned());
        }
        if self.open {
            reasons.push("part of this session".to_owned());
        }
        if self.graph > GRAPH / 4.0 || reasons.is_empty() && !self.recent {
            let near = if self.focused { "near what the request is about" } else { "used most in the repository" };
            reasons.push(near.to_owned());
        }
        if self.recent {
            reasons.push("changed lately".to_owned());
        }
        reasons.join("; ")
    }
}

fn scores<'m>(
    intent: &Intent,
    text: &str,
    map: &'m Map,
    hits: &[Hit<&'m str>],
    signals: &'m Signals,
    found: &Found,
) -> BTreeMap<&'m str, Score> {
    let symbols: Vec<&str> =
        intent.symbols.iter().map(|s| s.rsplit(['.', ':']).next().unwrap_or(s)).filter(|s| !s.is_empty()).collect();
    let best = hits.first().map_or(1.0, |hit| hit.score);
    let mut seeds: Vec<(&str, f64)> =
        hits.iter().take(SEEDS).map(|hit| (hit.item, (hit.score / best).powi(2))).collect();
    seeds.extend(found.files.iter().map(|file| (file.path.as_str(), 2.0)));
    seeds.extend(signals.open.iter().map(|path| (path.as_str(), 1.0)));
    let focused = seeds.iter().any(|(path, _)| map.stamp(path).is_some())
        || symbols.iter().any(|symbol| !map.definitions_of(symbol).is_empty());
    let ranking = map.rank(&Focus { files: &seeds, symbols: &symbols, text });
    let ranked = ranking.files(map);
    let top = ranked.first().map_or(1.0, |(_, rank)| rank.max(f64::MIN_POSITIVE));

    let mut scores: BTreeMap<&'m str, Score> = BTreeMap::new();
    for hit in hits {
        let score = scores.entry(hit.item).or_default();
        score.sum += hit.score / best;
        score.words.clone_from(&hit.words);
    }
    for (path, rank) in ranked.iter().take(FOUND) {
        let score = scores.entry(path).or_default();
        (score.graph, score.focused) = (GRAPH * (rank / top).sqrt(), focused);
        score.sum += score.graph;
    }
    for symbol in &symbols {
        let files: BTreeSet<&'m str> = map.definitions_of(symbol).iter().map(|place| place.path).collect();
        for path in &files {
            let score = scores.entry(path).or_default();
            score.sum += SYMBOL / (files.len() as f64).sqrt();
            score.symbols.push((*symbol).to_owned());
        }
    }
    let mut alike: Vec<&str> = Vec::new();
    for Alike { path, .. } in wanted(intent, signals) {
        if alike.len() < ALIKE.0 && !alike.contains(&path.as_str()) && map.stamp(path).is_some() {
            alike.push(path);
        }
    }
    for (at, path) in alike.into_iter().enumerate() {
        let score = scores.entry(path).or_default();
        score.sum += MEANING * nearness(at);
        score.alike = true;
    }
    for (list, worth) in [(&signals.recent, RECENT), (&signals.open, OPEN)] {
        for (at, path) in list.iter().enumerate() {
            if worth == OPEN && map.stamp(path).is_some() {
                scores.entry(path).or_default();
            }
            let Some(score) = scores.get_mut(path.as_str()) else { continue };
            score.sum += worth / (1.0 + at as f64 / 4.0);
            score.recent |= worth == RECENT;
            score.open |= worth == OPEN;
        }
    }
    for (path, score) in &mut scores {
        if intent.language.is_some() && Language::from_path(path) == intent.language {
            score.sum += LANGUAGE;
        }
        if intent.action != Action::Test
            && is_test(path)
            && !intent.paths.iter().any(|p| path::name(p) == path::name(path))
        {
            score.sum *= TEST;
        }
    }
    scores
}
