//! One round of the ranking: what files give to names, imports and folders, and get from them. Sums go in the order of paths,
//! each by one thread.

use super::file::File;
use super::graph::family;
use super::parallel;
use super::rank::TEST_WEIGHT;
use super::table::Map;
use crate::domain::path;

/// The part of its rank that a file hands on (Brin and Page 1998).
const DAMPING: f64 = 0.85;
/// Of what a file hands on: by the names it references, by its imports, and back to those that reference what it defines. The
/// last only for a focus: without one it would make everybody central who uses much.
const SHARES: (f64, f64, f64) = (0.6, 0.25, 0.15);
/// Names, and rows, that one thread sums up at a time.
const NAMES_TOGETHER: usize = 1 << 14;
const ROWS_TOGETHER: usize = 1 << 11;
/// Files that use one small word, and their part of all files (the larger of both), at which it tells half as much.
const EVERYWHERE: (u32, f32) = (100, 0.05);
/// References and definitions that can carry rank, one row a file in the order of paths.
pub(super) struct Flow {
    pub slots: Vec<u32>,
    /// By name, its number among those that carry rank (defined and referenced), counted as they are first defined, so that
    /// those of one file stand together; or `u32::MAX`.
    pub numbers: Vec<u32>,
    /// By row, each reference to something another file defines: its number, by [`pack`], if it is focused; and what they
    /// weigh together.
    given: Lists,
    given_weight: Vec<f64>,
    /// By number, the rows that reference it, by [`pack`]: a round reads the ranks of files, which are few.
    givers: Lists,
    /// By row, the numbers that it defines, each once; and by number, the rows that define it.
    own: Lists,
    owners: Lists,
    /// By row, the rows and folders that its imports lead to.
    imports: Lists,
    /// The folder of a row and its part of what that is given.
    folders: Vec<(u32, f64)>,
    /// Weight of a row as a place of definition.
    pub weight: Vec<f64>,
    /// Whether rank flows back to those that reference.
    is_focused: bool,
    /// By number: weights of its places of definition, of one reference to it, and of all.
    definers: Vec<f64>,
    weights: Vec<f64>,
    references: Vec<f64>,
    /// The square root of each count: what a name weighs that stands so often.
    roots: [f64; 256],
}

/// Lists one after the other.
#[derive(Default)]
struct Lists {
    all: Vec<u32>,
    /// Where each ends.
    ends: Vec<u32>,
}

impl Lists {
    fn close(&mut self) {
        self.ends.push(self.all.len() as u32);
    }

    fn of(&self, at: usize) -> &[u32] {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.all[start..self.ends[at] as usize]
    }

    /// The lists of who has each of so many numbers, in order; `split` takes a number apart, and what it leaves stays beside it.
    fn turned(&self, count: usize, split: impl Fn(u32) -> (usize, u8)) -> Lists {
        let mut ends = vec![0; count];
        self.all.iter().for_each(|number| ends[split(*number).0] += 1);
        // Where each begins, which moves to its end while it is filled.
        let mut start = 0;
        ends.iter_mut().for_each(|end| start += std::mem::replace(end, start));
        let mut all = vec![0; self.all.len()];
        for row in 0..self.ends.len() {
            for (number, beside) in self.of(row).iter().map(|number| split(*number)) {
                all[ends[number] as usize] = pack(row as u32, beside);
                ends[number] += 1;
            }
        }
        Lists { all, ends }
    }
}

/// Names that can carry rank, and files, at most: what comes after so many others carries none.
const MOST_NUMBERS: u32 = 1 << 24;

/// A number and how often its name stands, in four bytes: they are what a round reads.
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
    /// By row, what one reference of it and one definition of it hands on.
    each: Vec<(f64, f64)>,
}

impl Pool {
    /// Room for what this flow moves between so many folders.
    pub fn of(flow: &Flow, folders: usize) -> Pool {
        let numbers = flow.weights.len();
        let back = if flow.is_focused { numbers } else { 0 };
        Pool {
            forward: vec![0.0; numbers],
            back: vec![0.0; back],
            folders: vec![0.0; folders],
            each: vec![(0.0, 0.0); flow.slots.len()],
        }
    }
}

/// Marks an import of a folder.
const FOLDER: u32 = 1 << 31;

impl Flow {
    /// The flow of a map in which each name counts `boost` times.
    pub fn of(map: &Map, boost: &[f32], is_focused: bool) -> Flow {
        let rows: Vec<(u32, &File)> = map.ordered().filter(|(_, file)| file.oddity.is_none()).collect();
        let rows = &rows[..rows.len().min(MOST_NUMBERS as usize)];
        let mut flow = Flow {
            slots: rows.iter().map(|(slot, _)| *slot).collect(),
            numbers: vec![u32::MAX; map.names.len()],
            given: Lists::default(),
            given_weight: Vec::with_capacity(rows.len()),
            givers: Lists::default(),
            own: Lists::default(),
            owners: Lists::default(),
            imports: Lists::default(),
            folders: rows.iter().map(|(_, file)| place(map, file)).collect(),
            weight: rows.iter().map(|(_, file)| if file.is_test { TEST_WEIGHT } else { 1.0 }).collect(),
            is_focused,
            definers: Vec::new(),
            weights: Vec::new(),
            references: Vec::new(),
            roots: std::array::from_fn(|count| (count as f64).sqrt()),
        };
        let families = flow.number(map, rows);
        flow.weights = vec![0.0; families.len()];
        for (name, number) in flow.numbers.iter().enumerate().filter(|(_, number)| **number != u32::MAX) {
            let definers = flow.definers[*number as usize];
            let weight = specificity(map, name as u32, definers, rows.len()) * boost[name];
            flow.weights[*number as usize] = f64::from(weight);
        }
        let gathered = flow.gather(rows, &families);
        flow.given.all.reserve_exact(gathered.iter().map(|(given, _)| given.all.len()).sum());
        for (given, weight) in gathered {
            let start = flow.given.all.len() as u32;
            flow.given.all.extend(given.all);
            flow.given.ends.extend(given.ends.iter().map(|end| start + end));
            flow.given_weight.extend(weight);
        }
        flow.givers = flow.given.turned(families.len(), |given| ((given >> 8) as usize, given as u8));
        if is_focused {
            flow.owners = flow.own.turned(families.len(), |number| (number as usize, 0));
            flow.references = vec![0.0; families.len()];
            let weigh = |number: usize| {
                let one = |giver: &u32| flow.roots[unpack(*giver).1] * flow.weights[number];
                flow.givers.of(number).iter().map(one).fold(0.0, |sum, weight| sum + weight)
            };
            let mut references = std::mem::take(&mut flow.references);
            parallel::fill(&mut references, NAMES_TOGETHER, weigh);
            flow.references = references;
        } else {
            // Nothing flows back: only who references a name is asked.
            flow.given = Lists::default();
        }
        let mut row_of = vec![u32::MAX; map.files.len()];
        flow.slots.iter().enumerate().for_each(|(row, slot)| row_of[*slot as usize] = row as u32);
        for (_, file) in rows {
            flow.imports.all.extend(file.targets.iter().filter_map(|target| match target.split() {
                Ok(slot) => Some(row_of[slot as usize]).filter(|row| *row != u32::MAX),
                Err(id) => Some(id | FOLDER),
            }));
            flow.imports.close();
        }
        flow
    }

    /// Numbers the names that carry rank, and lists who defines them. Gives of each the languages in which it is defined, as
    /// bits: it carries nothing to another.
    fn number(&mut self, map: &Map, rows: &[(u32, &File)]) -> Vec<u32> {
        // And the last row that defines it.
        let (mut families, mut last) = (Vec::new(), Vec::new());
        for (at, (_, file)) in rows.iter().enumerate() {
            for name in file.definitions.iter().map(|row| row.name).filter(|name| map.used[*name as usize] > 0) {
                let number = &mut self.numbers[name as usize];
                if *number == u32::MAX {
                    if families.len() as u32 >= MOST_NUMBERS {
                        continue;
                    }
                    *number = families.len() as u32;
                    families.push(0u32);
                    last.push(u32::MAX);
                    self.definers.push(0.0);
                }
                let number = *number as usize;
                if std::mem::replace(&mut last[number], at as u32) != at as u32 {
                    self.own.all.push(number as u32);
                    self.definers[number] += self.weight[at];
                    families[number] |= 1 << (family(file.language) & 31);
                }
            }
            self.own.close();
        }
        families
    }

    /// The references of the rows, and what those of each weigh together; some rows after the other.
    fn gather(&self, rows: &[(u32, &File)], families: &[u32]) -> Vec<(Lists, Vec<f64>)> {
        let rows: Vec<(usize, &File)> = rows.iter().map(|(_, file)| *file).enumerate().collect();
        parallel::parts(&rows, ROWS_TOGETHER, |rows| {
            let (mut given, mut weights) = (Lists::default(), Vec::with_capacity(rows.len()));
            // In one piece, which the system takes back: what grows leaves holes that stay.
            given.all.reserve_exact(rows.iter().map(|(_, file)| file.ends.0 as usize).sum());
            // By number, the last row that defines it, and one.
            let mut last = vec![0; families.len()];
            for (row, file) in rows {
                self.own.of(*row).iter().for_each(|number| last[*number as usize] = row + 1);
                let bit = 1 << (family(file.language) & 31);
                let mut all = 0.0;
                for (name, count) in file.references() {
                    let number = self.numbers[name as usize];
                    // What a file defines itself it means itself.
                    if number != u32::MAX && families[number as usize] & bit != 0 && last[number as usize] != row + 1 {
                        all += self.roots[usize::from(count)] * self.weights[number as usize];
                        given.all.push(pack(number, count));
                    }
                }
                given.close();
                weights.push(all);
            }
            (given, weights)
        })
    }

    /// One round: everything is collected in names and folders, then handed out, each sum in the order of rows.
    pub fn round(&self, rank: &[f64], seeds: &[f64], pool: &mut Pool) -> Vec<f64> {
        let Pool { forward, back, folders, each } = pool;
        folders.fill(0.0);
        let mut next = vec![0.0; rank.len()];
        let mut kept = 0.0;
        for (row, mass) in rank.iter().map(|mass| mass * DAMPING).enumerate() {
            each[row] = (0.0, 0.0);
            let imports = self.imports.of(row);
            let out = self.given_weight[row];
            let asked = |name: &&u32| self.references[**name as usize] > 0.0;
            let owned = if self.is_focused { self.own.of(row).iter().filter(asked).count() } else { 0 };
            let parts = [(out > 0.0, SHARES.0), (!imports.is_empty(), SHARES.1), (owned > 0, SHARES.2)];
            let all: f64 = parts.iter().filter(|(has, _)| *has).map(|(_, share)| share).sum();
            if all == 0.0 {
                kept += mass;
                continue;
            }
            let unit = mass / all;
            if out > 0.0 {
                each[row].0 = unit * SHARES.0 / out;
            }
            if owned > 0 {
                each[row].1 = unit * SHARES.2 / owned as f64;
            }
            let each = unit * SHARES.1 / imports.len().max(1) as f64;
            for target in imports {
                match target & FOLDER {
                    0 => next[*target as usize] += each,
                    _ => folders[(target & !FOLDER) as usize] += each,
                }
            }
        }
        // Each part of what a name was given, once for all who have one.
        parallel::fill(forward, NAMES_TOGETHER, |number| {
            let givers = self.givers.of(number).iter().map(|giver| unpack(*giver));
            let sum = givers.fold(0.0, |sum, (row, count)| sum + each[row].0 * self.roots[count]);
            sum * (self.weights[number] / self.definers[number])
        });
        parallel::fill(back, NAMES_TOGETHER, |number| match self.references[number] {
            references if references > 0.0 => {
                let owners = self.owners.of(number).iter().map(|owner| unpack(*owner).0);
                owners.fold(0.0, |sum, row| sum + each[row].1) * (self.weights[number] / references)
            }
            _ => 0.0,
        });
        parallel::each(next.chunks_mut(ROWS_TOGETHER).enumerate(), |(part, some)| {
            for (rank, row) in some.iter_mut().zip(part * ROWS_TOGETHER..) {
                *rank += self.given_to(row, forward, back, folders);
            }
        });
        let lost = 1.0 - DAMPING + kept;
        next.iter_mut().zip(seeds).for_each(|(rank, seed)| *rank += lost * seed);
        // What a package without ranked files was given is nobody's: the rest stands for the whole.
        let sum: f64 = next.iter().sum();
        if sum > 0.0 {
            next.iter_mut().for_each(|rank| *rank /= sum);
        }
        next
    }

    /// What a row is given by names and by its folder.
    fn given_to(&self, row: usize, forward: &[f64], back: &[f64], folders: &[f64]) -> f64 {
        let mut sum = self.own.of(row).iter().fold(0.0, |sum, number| sum + forward[*number as usize]);
        sum *= self.weight[row];
        let referenced = if self.is_focused { self.given.of(row) } else { &[] };
        for (number, count) in referenced.iter().map(|given| unpack(*given)) {
            sum += back[number] * self.roots[count];
        }
        let (folder, part) = self.folders[row];
        sum + folders[folder as usize] * part
    }
}

/// A file's folder, and its part of what that is given: tests and what is not outlined have none.
fn place(map: &Map, file: &File) -> (u32, f64) {
    let folder = map.paths.folder(path::parent(&file.path)).unwrap_or(0);
    let part = if file.is_outlined && !file.is_test { 1.0 / map.paths.members(folder).len() as f64 } else { 0.0 };
    (folder, part)
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
