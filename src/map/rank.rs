//! What matters for a question: personalised PageRank (Haveliwala 2002) in which files give to the names they reference, and
//! names to the files that define them, so that a round costs definitions and references and never their product.
//!
//! Fixed rounds, fixed order, f64: the same map and focus give the same numbers. It weighs names, never meanings.

use super::convention::folder;
use super::file::File;
use super::graph::family;
use super::query::Query;
use super::symbol::Symbol;
use super::table::Map;
use std::cmp::Ordering;

/// Rounds. A focus is near its files, so what a longer walk would still move is small: 0.85¹² is 14 %.
const ROUNDS: usize = 12;
/// The part of its rank that a file hands on (Brin and Page 1998).
const DAMPING: f64 = 0.85;
/// Of what a file hands on: by the names it references, by its imports, and back to those that reference what it defines. The
/// last only for a focus: without one it would make everybody central who uses much.
const SHARES: (f64, f64, f64) = (0.6, 0.25, 0.15);
/// What a definition in a test weighs beside one in a source.
const TEST_WEIGHT: f64 = 0.2;

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

/// References and definitions that can carry rank, one row a file in the order of paths.
struct Flow {
    slots: Vec<u32>,
    /// Name and weight of each reference to something another file defines; ends by file.
    given: Vec<(u32, f32)>,
    given_ends: Vec<u32>,
    /// Names that a file defines, each once; ends by file.
    own: Vec<u32>,
    own_ends: Vec<u32>,
    /// Rows and folders that imports lead to.
    imports: Vec<u32>,
    import_ends: Vec<u32>,
    /// The folder of a row and its part of what that is given.
    folders: Vec<(u32, f64)>,
    /// Weight of a row as a place of definition.
    weight: Vec<f64>,
    /// Whether rank flows back to those that reference.
    is_focused: bool,
    /// By name: weights of its places of definition, and of the references to it.
    definers: Vec<f64>,
    references: Vec<f64>,
}

impl Map {
    /// Ranks the files and names for a focus.
    pub fn rank(&self, focus: &Focus) -> Ranking {
        let boost = self.boost(focus);
        let is_focused = !focus.files.is_empty() || !focus.symbols.is_empty();
        let flow = Flow::of(self, &boost, is_focused);
        let seeds = self.seeds(focus, &flow);
        let mut rank = seeds.clone();
        let mut pool = Pool::new(self);
        for _ in 0..ROUNDS {
            rank = flow.round(&rank, &seeds, &mut pool);
        }
        let mut files = vec![0.0; self.files.len()];
        flow.slots.iter().zip(&rank).for_each(|(slot, rank)| files[*slot as usize] = *rank);
        let names =
            pool.forward.iter().zip(&flow.definers).map(|(mass, all)| if *all > 0.0 { mass / all } else { 0.0 });
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
        for name in symbols.iter().filter(|name| flow.definers[**name as usize] > 0.0) {
            for (row, seed) in seeds.iter_mut().enumerate() {
                if flow.own(row).contains(name) {
                    *seed += flow.weight[row] / flow.definers[*name as usize];
                }
            }
        }
        if seeds.iter().all(|seed| *seed <= 0.0) {
            seeds.copy_from_slice(&flow.weight);
        }
        let sum: f64 = seeds.iter().sum();
        seeds.iter_mut().for_each(|seed| *seed /= sum);
        seeds
    }
}

/// What a round collects, kept between rounds for its room.
struct Pool {
    forward: Vec<f64>,
    back: Vec<f64>,
    folders: Vec<f64>,
}

impl Pool {
    fn new(map: &Map) -> Pool {
        let names = map.names.len();
        Pool { forward: vec![0.0; names], back: vec![0.0; names], folders: vec![0.0; map.paths.folder_count()] }
    }
}

/// Marks an import of a folder.
const FOLDER: u32 = 1 << 31;

impl Flow {
    fn of(map: &Map, boost: &[f32], is_focused: bool) -> Flow {
        let names = map.names.len();
        let rows: Vec<(u32, &File)> = map.ordered().filter(|(_, file)| file.oddity.is_none()).collect();
        let mut flow = Flow {
            slots: rows.iter().map(|(slot, _)| *slot).collect(),
            given: Vec::new(),
            given_ends: Vec::with_capacity(rows.len()),
            own: Vec::new(),
            own_ends: Vec::with_capacity(rows.len()),
            imports: Vec::new(),
            import_ends: Vec::with_capacity(rows.len()),
            folders: rows.iter().map(|(_, file)| place(map, file)).collect(),
            weight: rows.iter().map(|(_, file)| if file.is_test { TEST_WEIGHT } else { 1.0 }).collect(),
            is_focused,
            definers: vec![0.0; names],
            references: vec![0.0; names],
        };
        // The languages in which a name is defined, so that it carries nothing to another.
        let mut families = vec![0u32; names];
        let mut seen = vec![0u32; names];
        for (at, (_, file)) in rows.iter().enumerate() {
            let stamp = at as u32 + 1;
            for row in &file.definitions {
                let name = row.name as usize;
                if std::mem::replace(&mut seen[name], stamp) != stamp {
                    flow.own.push(row.name);
                    flow.definers[name] += flow.weight[at];
                    families[name] |= 1 << (family(file.language) & 31);
                }
            }
            flow.own_ends.push(flow.own.len() as u32);
        }
        let mut row_of = vec![u32::MAX; map.files.len()];
        flow.slots.iter().enumerate().for_each(|(row, slot)| row_of[*slot as usize] = row as u32);
        let specific: Vec<f32> =
            (0..names as u32).map(|name| specificity(map, name, flow.definers[name as usize])).collect();
        let mut own_to = vec![u32::MAX; names];
        for (at, (_, file)) in rows.iter().enumerate() {
            flow.own(at).iter().for_each(|name| own_to[*name as usize] = at as u32);
            let bit = 1 << (family(file.language) & 31);
            for (name, count) in file.references() {
                let index = name as usize;
                // What a file defines itself it means itself.
                if families[index] & bit != 0 && own_to[index] != at as u32 {
                    let weight = f32::from(count).sqrt() * specific[index] * boost[index];
                    flow.given.push((name, weight));
                    flow.references[index] += f64::from(weight);
                }
            }
            flow.given_ends.push(flow.given.len() as u32);
            flow.imports.extend(file.targets.iter().filter_map(|target| match target.split() {
                Ok(slot) => Some(row_of[slot as usize]).filter(|row| *row != u32::MAX),
                Err(id) => Some(id | FOLDER),
            }));
            flow.import_ends.push(flow.imports.len() as u32);
        }
        flow
    }

    fn given(&self, row: usize) -> &[(u32, f32)] {
        slice(&self.given, &self.given_ends, row)
    }

    fn own(&self, row: usize) -> &[u32] {
        slice(&self.own, &self.own_ends, row)
    }

    fn imports(&self, row: usize) -> &[u32] {
        slice(&self.imports, &self.import_ends, row)
    }

    /// One round: everything is collected in names and folders, then handed out, each sum in the order of rows.
    fn round(&self, rank: &[f64], seeds: &[f64], pool: &mut Pool) -> Vec<f64> {
        pool.forward.fill(0.0);
        pool.back.fill(0.0);
        pool.folders.fill(0.0);
        let mut next = vec![0.0; rank.len()];
        let mut kept = 0.0;
        for (row, mass) in rank.iter().map(|mass| mass * DAMPING).enumerate() {
            let (given, own, imports) = (self.given(row), self.own(row), self.imports(row));
            let out: f64 = given.iter().map(|(_, weight)| f64::from(*weight)).sum();
            let asked = |name: &&u32| self.references[**name as usize] > 0.0;
            let back = if self.is_focused { own.iter().filter(asked).count() } else { 0 };
            let parts = [(out > 0.0, SHARES.0), (!imports.is_empty(), SHARES.1), (back > 0, SHARES.2)];
            let all: f64 = parts.iter().filter(|(has, _)| *has).map(|(_, share)| share).sum();
            if all == 0.0 {
                kept += mass;
                continue;
            }
            let unit = mass / all;
            if out > 0.0 {
                let each = unit * SHARES.0 / out;
                given.iter().for_each(|(name, weight)| pool.forward[*name as usize] += each * f64::from(*weight));
            }
            let each = unit * SHARES.1 / imports.len().max(1) as f64;
            for target in imports {
                match target & FOLDER {
                    0 => next[*target as usize] += each,
                    _ => pool.folders[(target & !FOLDER) as usize] += each,
                }
            }
            if back > 0 {
                let each = unit * SHARES.2 / back as f64;
                own.iter().filter(asked).for_each(|name| pool.back[*name as usize] += each);
            }
        }
        self.hand_out(pool, &mut next);
        let lost = 1.0 - DAMPING + kept;
        next.iter_mut().zip(seeds).for_each(|(rank, seed)| *rank += lost * seed);
        // What a package without ranked files was given is nobody's: the rest stands for the whole.
        let sum: f64 = next.iter().sum();
        if sum > 0.0 {
            next.iter_mut().for_each(|rank| *rank /= sum);
        }
        next
    }

    fn hand_out(&self, pool: &Pool, next: &mut [f64]) {
        for (row, rank) in next.iter_mut().enumerate() {
            let mut sum = 0.0;
            for name in self.own(row) {
                sum += pool.forward[*name as usize] / self.definers[*name as usize];
            }
            sum *= self.weight[row];
            let referenced = if self.is_focused { self.given(row) } else { &[] };
            for (name, weight) in referenced {
                sum += pool.back[*name as usize] * f64::from(*weight) / self.references[*name as usize];
            }
            let (folder, part) = self.folders[row];
            sum += pool.folders[folder as usize] * part;
            *rank += sum;
        }
    }
}

/// A file's folder, and its part of what that is given: tests and what is not outlined have none.
fn place(map: &Map, file: &File) -> (u32, f64) {
    let folder = map.paths.folder(folder(&file.path)).unwrap_or(0);
    let part = if file.is_outlined && !file.is_test { 1.0 / map.paths.members(folder).len() as f64 } else { 0.0 };
    (folder, part)
}

fn slice<'a, T>(all: &'a [T], ends: &[u32], row: usize) -> &'a [T] {
    let start = row.checked_sub(1).map_or(0, |before| ends[before] as usize);
    &all[start..ends[row] as usize]
}

/// How much a reference to a name tells: little for short ones and for those that many files define, more for names of several
/// words.
fn specificity(map: &Map, name: u32, definers: f64) -> f32 {
    let length = map.names.get(name).len();
    let words = map.names.stems(name).len();
    let own = match (length, words) {
        (0..=2, _) => 0.1,
        (8.., 2..) => 2.0,
        _ => 1.0,
    };
    own / (definers.max(1.0) as f32).sqrt()
}
