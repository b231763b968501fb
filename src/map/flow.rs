//! One round of the ranking: what files give to names, imports and folders, and get from them. Sums go in the order of paths.

use super::convention::folder;
use super::file::File;
use super::graph::family;
use super::rank::TEST_WEIGHT;
use super::table::Map;

/// The part of its rank that a file hands on (Brin and Page 1998).
const DAMPING: f64 = 0.85;
/// Of what a file hands on: by the names it references, by its imports, and back to those that reference what it defines. The
/// last only for a focus: without one it would make everybody central who uses much.
const SHARES: (f64, f64, f64) = (0.6, 0.25, 0.15);
/// Files that use one small word, and their part of all files, at which it tells half as much. What a repository is about stands
/// in fewer: of Django's 2,900 files in Python 300 use `models`.
const EVERYWHERE: (u32, f32) = (100, 0.05);
/// References and definitions that can carry rank, one row a file in the order of paths.
pub(super) struct Flow {
    pub slots: Vec<u32>,
    /// By name, its number among those that carry rank (defined and referenced), counted as they are first defined, so that
    /// those of one file stand together; or `u32::MAX`.
    pub numbers: Vec<u32>,
    /// Each reference to something another file defines, by [`pack`]; ends by file, and what they weigh together.
    given: Vec<u32>,
    given_ends: Vec<u32>,
    given_weight: Vec<f64>,
    /// Numbers that a file defines, each once; ends by file.
    own: Vec<u32>,
    own_ends: Vec<u32>,
    /// Rows and folders that imports lead to.
    imports: Vec<u32>,
    import_ends: Vec<u32>,
    /// The folder of a row and its part of what that is given.
    folders: Vec<(u32, f64)>,
    /// Weight of a row as a place of definition.
    pub weight: Vec<f64>,
    /// Whether rank flows back to those that reference.
    is_focused: bool,
    /// By number: weights of its places of definition, of one reference to it, and of all.
    pub definers: Vec<f64>,
    weights: Vec<f64>,
    references: Vec<f64>,
    /// The square root of each count: what a name weighs that stands so often.
    roots: [f64; 256],
}

/// Names that can carry rank, at most: what is defined after so many others carries none.
const MOST_NUMBERS: u32 = 1 << 24;

/// A name's number and how often it stands, in four bytes: they are what a round reads.
fn pack(number: u32, count: u8) -> u32 {
    number << 8 | u32::from(count)
}

fn unpack(given: u32) -> (usize, usize) {
    ((given >> 8) as usize, (given & 0xff) as usize)
}

/// What a round collects, kept between rounds for its room.
pub(super) struct Pool {
    /// By number, what each place that defines it is given.
    pub forward: Vec<f64>,
    back: Vec<f64>,
    folders: Vec<f64>,
}

impl Pool {
    /// Room for so many names and folders.
    pub fn new(numbers: usize, folders: usize) -> Pool {
        Pool { forward: vec![0.0; numbers], back: vec![0.0; numbers], folders: vec![0.0; folders] }
    }
}

/// Marks an import of a folder.
const FOLDER: u32 = 1 << 31;

impl Flow {
    /// The flow of a map in which each name counts `boost` times.
    pub fn of(map: &Map, boost: &[f32], is_focused: bool) -> Flow {
        let names = map.names.len();
        let rows: Vec<(u32, &File)> = map.ordered().filter(|(_, file)| file.oddity.is_none()).collect();
        let mut flow = Flow {
            slots: rows.iter().map(|(slot, _)| *slot).collect(),
            numbers: vec![u32::MAX; names],
            given: Vec::new(),
            given_ends: Vec::with_capacity(rows.len()),
            given_weight: Vec::with_capacity(rows.len()),
            own: Vec::new(),
            own_ends: Vec::with_capacity(rows.len()),
            imports: Vec::new(),
            import_ends: Vec::with_capacity(rows.len()),
            folders: rows.iter().map(|(_, file)| place(map, file)).collect(),
            weight: rows.iter().map(|(_, file)| if file.is_test { TEST_WEIGHT } else { 1.0 }).collect(),
            is_focused,
            definers: Vec::new(),
            weights: Vec::new(),
            references: Vec::new(),
            roots: std::array::from_fn(|count| (count as f64).sqrt()),
        };
        // The languages in which a name is defined, so that it carries nothing to another; and the last row that defines it.
        let (mut families, mut last) = (Vec::new(), Vec::new());
        for (at, (_, file)) in rows.iter().enumerate() {
            for name in file.definitions.iter().map(|row| row.name).filter(|name| map.used[*name as usize] > 0) {
                let number = &mut flow.numbers[name as usize];
                if *number == u32::MAX {
                    if families.len() as u32 >= MOST_NUMBERS {
                        continue;
                    }
                    *number = families.len() as u32;
                    families.push(0u32);
                    last.push(u32::MAX);
                    flow.definers.push(0.0);
                }
                let number = *number as usize;
                if std::mem::replace(&mut last[number], at as u32) != at as u32 {
                    flow.own.push(number as u32);
                    flow.definers[number] += flow.weight[at];
                    families[number] |= 1 << (family(file.language) & 31);
                }
            }
            flow.own_ends.push(flow.own.len() as u32);
        }
        flow.references = vec![0.0; families.len()];
        flow.weights = vec![0.0; families.len()];
        for (name, number) in flow.numbers.iter().enumerate().filter(|(_, number)| **number != u32::MAX) {
            let definers = flow.definers[*number as usize];
            flow.weights[*number as usize] =
                f64::from(specificity(map, name as u32, definers, rows.len()) * boost[name]);
        }
        let mut row_of = vec![u32::MAX; map.files.len()];
        flow.slots.iter().enumerate().for_each(|(row, slot)| row_of[*slot as usize] = row as u32);
        last.fill(u32::MAX);
        for (at, (_, file)) in rows.iter().enumerate() {
            flow.own(at).iter().for_each(|number| last[*number as usize] = at as u32);
            let bit = 1 << (family(file.language) & 31);
            let mut all = 0.0;
            for (name, count) in file.references() {
                let number = flow.numbers[name as usize];
                let index = number as usize;
                // What a file defines itself it means itself.
                if number != u32::MAX && families[index] & bit != 0 && last[index] != at as u32 {
                    let weight = flow.roots[usize::from(count)] * flow.weights[index];
                    flow.given.push(pack(number, count));
                    flow.references[index] += weight;
                    all += weight;
                }
            }
            flow.given_weight.push(all);
            flow.given_ends.push(flow.given.len() as u32);
            flow.imports.extend(file.targets.iter().filter_map(|target| match target.split() {
                Ok(slot) => Some(row_of[slot as usize]).filter(|row| *row != u32::MAX),
                Err(id) => Some(id | FOLDER),
            }));
            flow.import_ends.push(flow.imports.len() as u32);
        }
        flow
    }

    fn given(&self, row: usize) -> &[u32] {
        slice(&self.given, &self.given_ends, row)
    }

    fn own(&self, row: usize) -> &[u32] {
        slice(&self.own, &self.own_ends, row)
    }

    fn imports(&self, row: usize) -> &[u32] {
        slice(&self.imports, &self.import_ends, row)
    }

    /// One round: everything is collected in names and folders, then handed out, each sum in the order of rows.
    pub fn round(&self, rank: &[f64], seeds: &[f64], pool: &mut Pool) -> Vec<f64> {
        pool.forward.fill(0.0);
        pool.back.fill(0.0);
        pool.folders.fill(0.0);
        let mut next = vec![0.0; rank.len()];
        let mut kept = 0.0;
        for (row, mass) in rank.iter().map(|mass| mass * DAMPING).enumerate() {
            let (given, own, imports) = (self.given(row), self.own(row), self.imports(row));
            let out = self.given_weight[row];
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
                for (number, count) in given.iter().map(|given| unpack(*given)) {
                    pool.forward[number] += each * self.roots[count];
                }
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
        // Each part of what a name was given, once for all who have one.
        for (number, weight) in self.weights.iter().enumerate() {
            pool.forward[number] *= weight / self.definers[number];
            if self.references[number] > 0.0 {
                pool.back[number] *= weight / self.references[number];
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
                sum += pool.forward[*name as usize];
            }
            sum *= self.weight[row];
            let referenced = if self.is_focused { self.given(row) } else { &[] };
            for (number, count) in referenced.iter().map(|given| unpack(*given)) {
                sum += pool.back[number] * self.roots[count];
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

/// How much a reference to a name tells: little for short ones, for those that many files define, and for one small word that
/// stands everywhere (`int`, `len`, `self`, `err`): there it is a type of the language or a variable, whatever one file calls so.
/// More for names of several words.
fn specificity(map: &Map, name: u32, definers: f64, files: usize) -> f32 {
    let text = map.names.get(name);
    let words = map.names.stems(name).len();
    let own = match (text.len(), words) {
        (0..=2, _) => 0.1,
        (8.., 2..) => 2.0,
        _ => 1.0,
    };
    let is_small = words < 2 && text.starts_with(|c: char| c.is_lowercase());
    let usual = (EVERYWHERE.0 as f32).max(files as f32 * EVERYWHERE.1);
    let everywhere = if is_small { map.used[name as usize] as f32 / usual } else { 0.0 };
    own / ((definers.max(1.0) as f32).sqrt() * (1.0 + everywhere * everywhere))
}
