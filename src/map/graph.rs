//! What depends on what: imports both ways, cycles, tests and what they cover, definitions that nothing names.
//!
//! All of it is read off the table when asked for; only resolved imports count, so what a build file or a framework wires
//! together is not seen.

use super::file::File;
use super::paths::{module, nearest};
use super::symbol::Symbol;
use super::table::Map;
use crate::domain::language::Language;
use crate::domain::outline::DefinitionKind;
use crate::domain::path;
use crate::domain::test_file::tested_stem;
use std::collections::{BTreeMap, BTreeSet};

impl Map {
    /// The files that a file imports, sorted. Of a package all files count that are no tests.
    pub fn imports(&self, path: &str) -> Vec<&str> {
        let Some((_, file)) = self.at(path) else { return Vec::new() };
        let mut found: Vec<&str> = self.targets(file).map(|slot| &*self.file(slot).path).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Slots that a file's imports lead to.
    pub(super) fn targets<'m>(&'m self, file: &'m File) -> impl Iterator<Item = u32> + 'm {
        file.targets.iter().flat_map(move |target| {
            let (one, many) = match target.split() {
                Ok(slot) => (Some(slot), &[][..]),
                Err(id) => (None, self.paths.members(id)),
            };
            let is_member = |slot: &u32| {
                let member = self.file(*slot);
                !member.is_test && family(member.language) == family(file.language) && member.is_outlined
            };
            one.into_iter().chain(many.iter().copied().filter(is_member))
        })
    }

    /// Groups of files that import each other in a circle, each sorted, by their first. Whole packages do not count, nor does
    /// a Rust module that names its own child.
    pub fn cycles(&self) -> Vec<Vec<&str>> {
        let rank: BTreeMap<u32, usize> = self.order.iter().enumerate().map(|(at, slot)| (*slot, at)).collect();
        let edges: Vec<Vec<usize>> = self
            .ordered()
            .map(|(_, file)| {
                let files = file.targets.iter().filter_map(|target| target.split().ok());
                files.filter(|slot| !is_child(file, self.file(*slot))).map(|slot| rank[&slot]).collect()
            })
            .collect();
        let path = |at: &usize| &*self.file(self.order[*at]).path;
        let mut found: Vec<Vec<&str>> = components(&edges)
            .into_iter()
            .filter(|group| group.len() > 1)
            .map(|mut group| {
                group.sort_unstable();
                group.iter().map(path).collect()
            })
            .collect();
        found.sort();
        found
    }

    /// Every test with the files that it covers: the one it is called after, and those it imports.
    pub fn coverage(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut sources: BTreeMap<String, Vec<(u32, &str)>> = BTreeMap::new();
        for (slot, file) in self.ordered().filter(|(_, file)| is_source(file)) {
            sources.entry(source_stem(file)).or_default().push((slot, &file.path));
        }
        let covered = |test: &File| {
            let called = sources.get(&tested_stem(&test.path)).and_then(|all| nearest(&test.path, all.iter().copied()));
            let slots = called.into_iter().chain(self.targets(test).filter(|slot| is_source(self.file(*slot))));
            let paths: BTreeSet<&str> = slots.map(|slot| &*self.file(slot).path).collect();
            paths.into_iter().collect()
        };
        let tests = self.ordered().filter(|(_, file)| file.is_test && is_code(file));
        tests.map(|(_, test)| (&*test.path, covered(test))).collect()
    }

    /// Slots of the files that are run by themselves, as far as their texts tell. A `main` of a Rust file that others take in is a function.
    pub(super) fn entry_points(&self) -> BTreeSet<u32> {
        let is_rust = |file: &File| file.language == Some(Language::Rust);
        let mut found: BTreeSet<u32> =
            self.ordered().filter(|(_, file)| file.is_entry_point).map(|(slot, _)| slot).collect();
        for (slot, file) in self.ordered().filter(|(_, file)| is_rust(file)) {
            let modules = file.targets.iter().filter_map(|target| target.split().ok());
            modules.filter(|module| *module != slot && path::name(&self.file(*module).path) != "main.rs").for_each(
                |module| {
                    if is_rust(self.file(module)) {
                        found.remove(&module);
                    }
                },
            );
        }
        found
    }

    /// Exported definitions to which no reference was found in any file, by path: outside of tests and of files that are run
    /// by themselves. A reference from a text, a template or another repository is not seen.
    pub fn unused(&self) -> Vec<Symbol<'_>> {
        let entry_points = self.entry_points();
        let files = self.ordered().filter(|(slot, file)| is_source(file) && !entry_points.contains(slot));
        files
            .flat_map(|(_, file)| {
                let rows = file.definitions.iter().enumerate().filter(|(_, row)| {
                    row.exported
                        && !matches!(row.kind, DefinitionKind::Module | DefinitionKind::Variable)
                        && self.used[row.name as usize] == 0
                        && !is_called_by_others(self.names.get(row.name))
                });
                rows.map(|(at, _)| self.symbol(file, at))
            })
            .collect()
    }
}

/// Names that a language or its tools call without naming them.
fn is_called_by_others(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__") || matches!(name, "main" | "init" | "constructor" | "initialize")
}

fn is_source(file: &File) -> bool {
    is_code(file) && !file.is_test
}

fn is_code(file: &File) -> bool {
    file.is_outlined && file.language.is_some_and(Language::is_code)
}

/// What a test of it would be called after, lower case.
fn source_stem(file: &File) -> String {
    path::name(module(&file.path)).to_lowercase()
}

/// Languages that can name each other's definitions.
pub(super) fn family(language: Option<Language>) -> u8 {
    match language {
        Some(Language::TypeScript | Language::JavaScript) => Language::JavaScript as u8,
        Some(Language::Kotlin | Language::Java) => Language::Java as u8,
        Some(Language::Cpp | Language::C) => Language::C as u8,
        Some(language) => language as u8,
        None => u8::MAX,
    }
}

/// Whether `child` is the file of a module that `parent` declares.
fn is_child(parent: &File, child: &File) -> bool {
    let own = match path::name(&parent.path) {
        "lib.rs" | "main.rs" => path::parent(&parent.path),
        _ => module(&parent.path),
    };
    parent.path.ends_with(".rs") && path::parent(module(&child.path)) == own
}

/// Strongly connected components (Tarjan 1972), without recursion.
fn components(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let (mut index, mut low) = (vec![UNSEEN; edges.len()], vec![0; edges.len()]);
    let mut on_stack = vec![false; edges.len()];
    let (mut stack, mut path, mut found) = (Vec::new(), Vec::new(), Vec::new());
    let mut next = 0;
    for root in 0..edges.len() {
        if index[root] == UNSEEN {
            path.push((root, 0));
        }
        while let Some((node, at)) = path.pop() {
            if at == 0 {
                (index[node], low[node], on_stack[node]) = (next, next, true);
                next += 1;
                stack.push(node);
            }
            match edges[node].get(at) {
                Some(&target) => {
                    path.push((node, at + 1));
                    if index[target] == UNSEEN {
                        path.push((target, 0));
                    } else if on_stack[target] {
                        low[node] = low[node].min(index[target]);
                    }
                }
                None => {
                    if low[node] == index[node] {
                        let start = stack.iter().rposition(|other| *other == node).unwrap_or(0);
                        let group = stack.split_off(start);
                        group.iter().for_each(|member| on_stack[*member] = false);
                        found.push(group);
                    }
                    if let Some((parent, _)) = path.last() {
                        low[*parent] = low[*parent].min(low[node]);
                    }
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found_and_a_long_chain_needs_no_recursion() {
        let mut edges: Vec<Vec<usize>> = (0..200_000).map(|i| vec![(i + 1) % 200_000]).collect();
        assert_eq!(components(&edges).len(), 1);
        edges[199_999].clear();
        assert_eq!(components(&edges).len(), 200_000);
        let mut groups = components(&[vec![1], vec![2], vec![0, 3], vec![4], vec![3], vec![5]]);
        groups.iter_mut().for_each(|group| group.sort_unstable());
        groups.sort();
        assert_eq!(groups, [vec![0, 1, 2], vec![3, 4], vec![5]]);
    }
}
