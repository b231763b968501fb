//! Names and paths as one types them: exact first, then by beginning, then fuzzy. The order depends on nothing but the texts.

use super::file::NONE;
use super::symbol::Symbol;
use super::table::Map;
use crate::domain::path;
use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use std::cmp::Reverse;
use std::collections::HashMap;

/// Sorts best first: kind of match, score, length, text.
type Place<'a> = (u8, Reverse<u32>, usize, &'a str);

/// Matches one typed text against many.
struct Typed<'q> {
    text: &'q str,
    pattern: Pattern,
    matcher: Matcher,
    room: Vec<char>,
}

impl<'q> Typed<'q> {
    fn new(text: &'q str, config: Config) -> Typed<'q> {
        let pattern = Pattern::new(text, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy);
        Typed { text, pattern, matcher: Matcher::new(config), room: Vec::new() }
    }

    fn place<'a>(&mut self, candidate: &'a str) -> Option<Place<'a>> {
        let head = candidate.get(..self.text.len());
        let kind = match head {
            _ if candidate == self.text => 0,
            Some(head) if head.eq_ignore_ascii_case(self.text) => 1 + u8::from(head.len() < candidate.len()),
            _ => 3,
        };
        let score = match kind {
            3 => self.pattern.score(Utf32Str::new(candidate, &mut self.room), &mut self.matcher)?,
            _ => 0,
        };
        Some((kind, Reverse(score), candidate.len(), candidate))
    }
}

impl Map {
    /// The definitions whose name fits what was typed, at most `limit`, best first; equal ones by sources before tests, path
    /// and line. `Container.name` and `Container::name` ask for one within the other. Nothing typed finds nothing.
    pub fn find_symbols(&self, typed: &str, limit: usize) -> Vec<Symbol<'_>> {
        let typed = typed.trim();
        let cut = typed.rfind(['.', ':', '#']).map_or(0, |at| at + 1);
        let (container, name) = (typed[..cut].trim_end_matches(['.', ':', '#']), &typed[cut..]);
        let container = container.rsplit(['.', ':', '#']).next().unwrap_or("");
        if name.is_empty() || limit == 0 {
            return Vec::new();
        }
        let mut search = Typed::new(name, Config::DEFAULT);
        let defined = (0..self.names.len() as u32).filter(|name| self.is_defined(*name));
        let mut places: Vec<(Place, u32)> =
            defined.filter_map(|name| Some((search.place(self.names.get(name))?, name))).collect();
        places.sort_unstable();
        if container.is_empty() {
            // Each has one definition at least.
            places.truncate(limit);
        }
        let rank: HashMap<u32, usize> = places.iter().enumerate().map(|(rank, (_, name))| (*name, rank)).collect();
        let mut found = Vec::new();
        for (slot, file) in self.ordered() {
            for (at, row) in file.definitions.iter().enumerate() {
                let Some(rank) = rank.get(&row.name) else { continue };
                let is_inside = || {
                    let outer = row.container;
                    outer != NONE
                        && self.names.get(file.definitions[outer as usize].name).eq_ignore_ascii_case(container)
                };
                if container.is_empty() || is_inside() {
                    found.push((*rank, file.is_test, slot, at));
                }
            }
        }
        found.sort_by_key(|(rank, is_test, ..)| (*rank, *is_test));
        found.truncate(limit);
        found.into_iter().map(|(_, _, slot, at)| self.symbol(self.file(slot), at)).collect()
    }

    /// The paths that fit what was typed, at most `limit`, best first; a file name that fits exactly or begins so comes before
    /// what fits somewhere.
    pub fn find_paths(&self, typed: &str, limit: usize) -> Vec<&str> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Vec::new();
        }
        let mut whole = Typed::new(typed, Config::DEFAULT.match_paths());
        let mut places: Vec<Place> = self
            .paths()
            .filter_map(|path| {
                let (kind, score, ..) = whole.place(path)?;
                let own = match whole.place(path::name(path)) {
                    Some((kind @ 0..=2, ..)) => kind,
                    _ => 3,
                };
                Some((kind.min(own), score, path.len(), path))
            })
            .collect();
        places.sort_unstable();
        places.into_iter().take(limit).map(|(.., path)| path).collect()
    }
}
