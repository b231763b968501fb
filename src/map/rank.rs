//! What matters for a question: personalised PageRank (Haveliwala 2002) in which files give to the names they reference, and
//! names to the files that define them, so that a round costs definitions and references and never their product.
//!
//! Fixed rounds, fixed order, f64: the same map and focus give the same numbers. It weighs names, never meanings.

use super::file::File;
use super::flow::{Flow, Pool};
use super::query::Query;
use super::symbol::Symbol;
use super::table::Map;
use std::cmp::Ordering;

/// Rounds. A focus is near its files, so what a longer walk would still move is small: 0.85¹² is 14 %.
const ROUNDS: usize = 12;
/// What a definition in a test weighs beside one in a source.
pub(super) const TEST_WEIGHT: f64 = 0.2;

/// What a ranking is for. An empty focus ranks the repository as such.
#[derive(Clone, Debug, Default)]
pub struct Focus<'a> {
    /// Paths and their weights, as found by name, by search, by being open.
    pub files: &'a [(&'a str, f64)],
    /// Identifiers that the request names.
    pub symbols: &'a [&'a str],
    /// The request: names that hold its words count more.
    pub text: &'a str,
}

/// Ranks of the files and names of the map it was made from, as long as that is not edited.
#[derive(Clone, Debug)]
pub struct Ranking {
    /// By slot; together 1.
    files: Vec<f64>,
    /// By name: what a definition of it in one source file is given.
    names: Vec<f64>,
    /// By name: how much more the focus makes of it; 1 is as usual.
    boost: Vec<f32>,
}

impl Ranking {
    /// Files, best first, then by path. Odd files have no rank.
    pub fn files<'m>(&self, map: &'m Map) -> Vec<(&'m str, f64)> {
        let mut found: Vec<(&str, f64)> = map
            .ordered()
            .filter(|(_, file)| file.oddity.is_none())
            .map(|(slot, file)| (&*file.path, self.files[slot as usize]))
            .collect();
        found.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap_or(Ordering::Equal));
        found
    }

    /// A path's rank; 0 when it is not there.
    pub fn of(&self, map: &Map, path: &str) -> f64 {
        map.at(path).map_or(0.0, |(slot, _)| self.files[slot as usize])
    }

    /// What a file defines, most relevant first, then as it stands there.
    pub fn symbols<'m>(&self, map: &'m Map, path: &str) -> Vec<(Symbol<'m>, f64)> {
        let Some((slot, file)) = map.at(path) else { return Vec::new() };
        let rows = 0..file.definitions.len();
        let mut found: Vec<(Symbol, f64)> =
            rows.map(|at| (map.symbol(file, at), self.definition(file, slot, at))).collect();
        found.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap_or(Ordering::Equal));
        found
    }

    pub(super) fn file(&self, slot: u32) -> f64 {
        self.files[slot as usize]
    }

    /// How much the definition in a row of a file matters.
    pub(super) fn definition(&self, file: &File, slot: u32, at: usize) -> f64 {
        let name = file.definitions[at].name as usize;
        let own = self.files[slot as usize];
        // All of its words asked for: as much as if the file gave it all of its own rank; named: three times that.
        let asked = f64::from((self.boost[name] - 1.0) / 2.0).min(3.0);
        let weight = if file.is_test { TEST_WEIGHT } else { 1.0 };
        self.names[name] * weight + own * (asked + 0.1 / (1.0 + file.definitions.len() as f64))
    }
}

impl Map {
    /// Ranks the files and names for a focus.
    pub fn rank(&self, focus: &Focus) -> Ranking {
        let boost = self.boost(focus);
        let is_focused = !focus.files.is_empty() || !focus.symbols.is_empty();
        let flow = Flow::of(self, &boost, is_focused);
        let seeds = self.seeds(focus, &flow);
        let mut rank = seeds.clone();
        let mut pool = Pool::of(&flow, self.paths.folder_count());
        for _ in 0..ROUNDS {
            rank = flow.round(&rank, &seeds, &mut pool);
        }
        let mut files = vec![0.0; self.files.len()];
        flow.slots.iter().zip(&rank).for_each(|(slot, rank)| files[*slot as usize] = *rank);
        let names = flow.numbers.iter().map(|number| pool.forward.get(*number as usize).copied().unwrap_or(0.0));
        Ranking { files, names: names.collect(), boost }
    }

    /// By name, how much the focus makes of it.
    fn boost(&self, focus: &Focus) -> Vec<f32> {
        let query = Query::of(self, focus.text);
        let mut boost: Vec<f32> =
            (0..self.names.len() as u32).map(|name| 1.0 + 2.0 * query.share(self, name)).collect();
        for name in focus.symbols.iter().filter_map(|symbol| self.names.find(symbol)) {
            boost[name as usize] = 10.0;
        }
        boost
    }

    /// Where rank comes from: the focus's files, and those that define its symbols; without any, every source alike.
    fn seeds(&self, focus: &Focus, flow: &Flow) -> Vec<f64> {
        let mut by_slot = vec![0.0; self.files.len()];
        for (path, weight) in focus.files {
            if let (Some((slot, _)), true) = (self.at(path), weight.is_finite() && *weight > 0.0) {
                by_slot[slot as usize] += weight;
            }
        }
        let symbols: Vec<u32> = focus.symbols.iter().filter_map(|symbol| self.names.find(symbol)).collect();
        let mut seeds: Vec<f64> = flow.slots.iter().map(|slot| by_slot[*slot as usize]).collect();
        for name in symbols {
            let defines = |row: &usize| self.file(flow.slots[*row]).definitions.iter().any(|own| own.name == name);
            let rows: Vec<usize> = (0..seeds.len()).filter(defines).collect();
            let all: f64 = rows.iter().map(|row| flow.weight[*row]).sum();
            rows.iter().for_each(|row| seeds[*row] += flow.weight[*row] / all);
        }
        if seeds.iter().all(|seed| *seed <= 0.0) {
            seeds.copy_from_slice(&flow.weight);
        }
        let sum: f64 = seeds.iter().sum();
        seeds.iter_mut().for_each(|seed| *seed /= sum);
        seeds
    }
}
