//! A repository in numbers and short lists, for reading and for `--json`. Everything in it is counted, nothing is judged.

use super::file::File;
use super::rank::Ranking;
use super::symbol::Symbol;
use super::table::Map;
use crate::domain::outline::{DefinitionKind, Oddity, Tier};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Entries of each list that is cut; totals say how many there are in all.
const SHOWN: usize = 20;
/// From this complexity on a function is a hot spot: above 10 is where McCabe (1976) says to split.
const COMPLEX: u16 = 11;

/// What is known of files that their outlines do not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told<'m> {
    /// Those in which the programs begin that manifests declare ([`Map::programs`]).
    pub programs: BTreeSet<&'m str>,
    /// Links to files that have another path here, too: they are not counted once more.
    pub links: BTreeSet<&'m str>,
}

/// A repository in numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary<'m> {
    /// All files, odd ones included.
    pub files: usize,
    /// Lines of those that are not odd.
    pub lines: u64,
    /// Those of them that are neither blank nor comment.
    pub code_lines: u64,
    /// Definitions in all.
    pub definitions: usize,
    /// References in all, each as often as it stands there.
    pub references: u64,
    /// By language, most lines first. Odd files are not counted here.
    pub languages: Vec<LanguageLines>,
    /// Outlined files by how they were read.
    pub tiers: BTreeMap<Tier, usize>,
    /// Files that were not outlined, by why, named.
    pub oddities: BTreeMap<Oddity, Vec<&'m str>>,
    /// Files in which the grammar met an error.
    pub broken: Vec<&'m str>,
    /// Files that are run by themselves, by their text or by a manifest; tests aside.
    pub entry_points: Vec<&'m str>,
    /// Tests, with the files each covers.
    pub tests: BTreeMap<&'m str, Vec<&'m str>>,
    /// Groups of files that import each other in a circle.
    pub cycles: Vec<Vec<&'m str>>,
    /// The best ranked files, with their part of the whole.
    pub central: Vec<(&'m str, f64)>,
    /// The first exported definitions to which no reference was found, by path.
    pub no_reference_found: Vec<Symbol<'m>>,
    /// How many there are in all.
    pub no_reference_found_total: usize,
    /// The most complex functions.
    pub complex: Vec<Symbol<'m>>,
    /// How many have a complexity above 10.
    pub complex_total: usize,
    /// Of the exactly read files: exported definitions that are documented, and all of them.
    pub documented: (usize, usize),
    /// Places for a type that have one, and all of them.
    pub typed: (u64, u64),
}

/// One language's files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LanguageLines {
    /// Its name; `other` for what is none that is known.
    pub language: &'static str,
    /// Its files.
    pub files: usize,
    /// Their lines.
    pub lines: u64,
    /// Those that are neither blank nor comment; all of them where comments are not told.
    pub code_lines: u64,
}

/// The files that could not be read, by path.
pub fn unreadable(map: &Map) -> Vec<&str> {
    let odd = map.ordered().map(|(_, file)| file).filter(|file| file.oddity == Some(Oddity::Unreadable));
    odd.map(|file| &*file.path).collect()
}

/// The summary of a map; `ranking` is the one without a focus.
pub fn summary<'m>(map: &'m Map, ranking: &Ranking, told: &Told) -> Summary<'m> {
    let files = || map.ordered().map(|(_, file)| file);
    let once = || files().filter(|file| !told.links.contains(&*file.path));
    let plain = || once().filter(|file| file.oddity.is_none());
    let named = |fits: fn(&File) -> bool| files().filter(|file| fits(file)).map(|file| &*file.path).collect();
    let mut tiers = BTreeMap::new();
    files().filter(|file| file.is_outlined).for_each(|file| *tiers.entry(file.tier).or_default() += 1);
    let mut oddities: BTreeMap<Oddity, Vec<&str>> = BTreeMap::new();
    for file in files() {
        if let Some(oddity) = file.oddity {
            oddities.entry(oddity).or_default().push(&file.path);
        }
    }
    let mut unused = map.unused();
    let mut complex = complex(map);
    let (no_reference_found_total, complex_total) = (unused.len(), complex.len());
    unused.truncate(SHOWN);
    complex.truncate(SHOWN);
    let mut central = ranking.files(map);
    central.truncate(SHOWN);
    Summary {
        files: map.len(),
        lines: plain().map(|file| u64::from(file.lines.0)).sum(),
        code_lines: plain().map(|file| u64::from(file.lines.1)).sum(),
        definitions: once().map(|file| file.definitions.len()).sum(),
        references: once().flat_map(File::references).map(|(_, count)| u64::from(count)).sum(),
        languages: languages(plain()),
        tiers,
        oddities,
        broken: named(|file| file.is_broken),
        entry_points: entry_points(map, told),
        tests: map.coverage(),
        cycles: map.cycles(),
        central,
        no_reference_found: unused,
        no_reference_found_total,
        complex,
        complex_total,
        documented: documented(plain()),
        typed: typed(plain()),
    }
}

fn entry_points<'m>(map: &'m Map, told: &Told) -> Vec<&'m str> {
    let own = map.entry_points();
    let begins = |slot: &u32, file: &File| own.contains(slot) || told.programs.contains(&*file.path);
    map.ordered().filter(|(slot, file)| !file.is_test && begins(slot, file)).map(|(_, file)| &*file.path).collect()
}

fn languages<'m>(files: impl Iterator<Item = &'m File>) -> Vec<LanguageLines> {
    let mut by_name: BTreeMap<&'static str, LanguageLines> = BTreeMap::new();
    for file in files {
        let language = file.language.map_or("other", |language| language.name());
        let lines = by_name.entry(language).or_insert(LanguageLines { language, files: 0, lines: 0, code_lines: 0 });
        lines.files += 1;
        lines.lines += u64::from(file.lines.0);
        lines.code_lines += u64::from(file.lines.1);
    }
    let mut found: Vec<LanguageLines> = by_name.into_values().collect();
    found.sort_by_key(|language| Reverse(language.lines));
    found
}

/// Functions above the limit, most complex first.
fn complex(map: &Map) -> Vec<Symbol<'_>> {
    let mut found: Vec<Symbol> = map
        .ordered()
        .flat_map(|(_, file)| {
            let rows = file.definitions.iter().enumerate().filter(|(_, row)| row.complexity >= COMPLEX);
            rows.map(|(at, _)| map.symbol(file, at))
        })
        .collect();
    found.sort_by_key(|symbol| Reverse(symbol.complexity));
    found
}

fn documented<'m>(files: impl Iterator<Item = &'m File>) -> (usize, usize) {
    let (mut with, mut all) = (0, 0);
    for file in files.filter(|file| file.is_outlined && file.tier == Tier::Exact && !file.is_test) {
        for (at, row) in file.definitions.iter().enumerate() {
            if row.exported && row.kind != DefinitionKind::Variable {
                all += 1;
                with += usize::from(!file.texts(at).1.is_empty());
            }
        }
    }
    (with, all)
}

fn typed<'m>(files: impl Iterator<Item = &'m File>) -> (u64, u64) {
    files
        .flat_map(|file| &file.definitions)
        .fold((0, 0), |(with, all), row| (with + u64::from(row.typed.0), all + u64::from(row.typed.1)))
}
