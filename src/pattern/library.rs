//! All patterns together: the shipped ones, overlaid by the user's and the project's, and their ranking.

use super::format::Pattern;
use super::parse;
use super::rank::{Match, THRESHOLD, Wish, score};
use super::stats::UsageStats;
use crate::domain::failure::Failure;
use crate::domain::intent::Intent;
use std::sync::OnceLock;

/// A pattern file's name, as errors should show it, and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What errors call it: `patterns/rust-web.yaml`, `~/.config/vibe-tui/patterns/mine.yaml`.
    pub name: String,
    /// All of it.
    pub text: String,
}

macro_rules! shipped {
    ($($file:literal),+ $(,)?) => {
        /// The files that are linked into the program.
        const SHIPPED: &[(&str, &str)] = &[
            $((concat!("patterns/", $file), include_str!(concat!("../../patterns/", $file)))),+
        ];
    };
}
shipped!(
    "ci.yaml",
    "config.yaml",
    "docker.yaml",
    "go-core.yaml",
    "go-web.yaml",
    "javascript.yaml",
    "python-cli.yaml",
    "python-core.yaml",
    "python-data.yaml",
    "python-test.yaml",
    "python-web.yaml",
    "rust-core.yaml",
    "rust-web.yaml",
    "sql.yaml",
    "typescript-core.yaml",
    "typescript-react.yaml",
    "typescript-test.yaml",
    "typescript-web.yaml",
);

/// Patterns by name.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// Sorted by name.
    patterns: Vec<Pattern>,
}

impl Library {
    /// The patterns that ship with the program; read once.
    pub fn embedded() -> &'static Library {
        static LIBRARY: OnceLock<Library> = OnceLock::new();
        LIBRARY.get_or_init(|| {
            let mut library = Library::default();
            for (name, text) in SHIPPED {
                library.overlay(parse::trusted(name, text).patterns);
            }
            library
        })
    }

    /// The shipped patterns as they would be loaded from disk, for tests.
    pub fn shipped() -> Vec<Source> {
        SHIPPED.iter().map(|(name, text)| Source { name: (*name).to_owned(), text: (*text).to_owned() }).collect()
    }

    /// The shipped patterns overlaid by `sources` in their order: a later pattern replaces an earlier one of its name.
    /// What is broken is left out and told, with file, line and what to do.
    pub fn load(sources: &[Source]) -> (Library, Vec<Failure>) {
        let mut library = Library::embedded().clone();
        let mut failures = Vec::new();
        for source in sources {
            let parsed = parse::file(&source.name, &source.text);
            library.overlay(parsed.patterns);
            failures.extend(parsed.failures);
        }
        (library, failures)
    }

    fn overlay(&mut self, patterns: Vec<Pattern>) {
        for pattern in patterns {
            match self.patterns.binary_search_by(|p| p.name.cmp(&pattern.name)) {
                Ok(at) => self.patterns[at] = pattern,
                Err(at) => self.patterns.insert(at, pattern),
            }
        }
    }

    /// Every pattern, by name.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// The pattern of this name.
    pub fn get(&self, name: &str) -> Option<&Pattern> {
        self.patterns.binary_search_by(|p| p.name.as_str().cmp(name)).ok().map(|at| &self.patterns[at])
    }

    /// Every pattern with its score, best first; equal scores by name.
    pub fn rank(&self, intent: &Intent) -> Vec<Match<'_>> {
        self.rank_with(intent, &UsageStats::default())
    }

    /// Like [`Library::rank`], moved a little by how the patterns fared; never across the threshold.
    pub fn rank_with(&self, intent: &Intent, stats: &UsageStats) -> Vec<Match<'_>> {
        let wish = Wish::new(intent);
        let mut matches: Vec<Match<'_>> = self.patterns.iter().map(|pattern| score(pattern, &wish)).collect();
        for found in &mut matches {
            let nudged = found.score + stats.nudge(&found.pattern.name);
            found.score = match found.score >= THRESHOLD {
                true => nudged.clamp(THRESHOLD, 1.0),
                false => nudged.clamp(0.0, THRESHOLD - 0.001),
            };
        }
        matches.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.pattern.name.cmp(&b.pattern.name)));
        matches
    }
}
