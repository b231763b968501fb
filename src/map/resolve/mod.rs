//! Imports → the files they mean, by each family's rules. Build files are not read: where one would be needed, the longest
//! part of an import that fits a path decides. What fits nothing is somebody else's code.

mod c;
mod dotted;
mod go;
mod python;
mod rust;
mod script;

use super::paths::{Paths, Target, ends_in, join, last_two, module, nearest};
use crate::domain::language::Language;
use crate::domain::path;

/// Adds what one import of the file at `from` leads to.
pub(super) fn resolve(paths: &Paths, from: &str, language: Language, import: Import, found: &mut Vec<Target>) {
    let scope = Scope { paths, from, folder: path::parent(from) };
    match language {
        Language::Python => python::resolve(&scope, import, found),
        Language::JavaScript | Language::TypeScript => found.extend(script::resolve(&scope, import.target)),
        Language::Rust => rust::resolve(&scope, import, found),
        Language::Go => found.extend(go::resolve(&scope, import.target)),
        Language::Java | Language::Kotlin => dotted::jvm(&scope, import, found),
        Language::CSharp => found.extend(dotted::c_sharp(&scope, import.target)),
        Language::Php => dotted::php(&scope, import, found),
        Language::Swift => found.extend(dotted::swift(&scope, import.target)),
        Language::C | Language::Cpp => found.extend(c::resolve(&scope, import.target)),
        Language::Ruby => found.extend(script::ruby(&scope, import.target)),
        _ => found.extend(scope.relative(import.target).map(Target::file)),
    }
}

/// An import: what is imported, and the names taken from it.
#[derive(Clone, Copy)]
pub(super) struct Import<'a> {
    pub target: &'a str,
    /// Separated by commas.
    pub names: &'a str,
}

impl<'a> Import<'a> {
    fn names(self) -> impl Iterator<Item = &'a str> {
        self.names.split(',').filter(|name| !name.is_empty())
    }
}

/// Where an import stands and what it may mean.
struct Scope<'a> {
    paths: &'a Paths,
    from: &'a str,
    folder: &'a str,
}

impl Scope<'_> {
    /// The file at a path as written, seen from the importer.
    fn relative(&self, path: &str) -> Option<u32> {
        self.paths.exact(&join(self.folder, path)?)
    }

    /// The first of `stem` with one of the `endings` (`.py`, `/__init__.py`) that is a file.
    fn first(&self, stem: &str, endings: &[&str]) -> Option<u32> {
        let mut path = stem.to_owned();
        endings.iter().find_map(|ending| {
            path.truncate(stem.len());
            path.push_str(ending);
            self.paths.exact(path.trim_start_matches('/'))
        })
    }

    /// The nearest file of these languages whose module path ends in `tail` (`a/b/c`).
    fn module_ending(&self, tail: &str, languages: &[Language]) -> Option<u32> {
        self.nearest_module(path::name(tail), |path| {
            ends_in(module(path), tail) && Language::from_path(path).is_some_and(|own| languages.contains(&own))
        })
    }

    /// The nearest folder whose path ends in `tail`.
    fn folder_ending(&self, tail: &str) -> Option<u32> {
        self.nearest_folder(last_two(tail), |_, path| ends_in(path, tail))
    }

    /// The nearest of the files whose module path ends in the part `name` that fits by its path.
    fn nearest_module(&self, name: &str, fits: impl Fn(&str) -> bool) -> Option<u32> {
        let all = self.paths.modules(name).iter().map(|slot| (*slot, self.paths.text(*slot)));
        nearest(self.from, all.filter(|(_, path)| fits(path)))
    }

    /// The nearest of the folders whose last part, or whose last two parts, are `name` that fits by its id and its path.
    fn nearest_folder(&self, name: &str, fits: impl Fn(u32, &str) -> bool) -> Option<u32> {
        let all = self.paths.folders(name).map(|id| (id, self.paths.folder_path(id)));
        nearest(self.from, all.filter(|(id, path)| fits(*id, path)))
    }

    /// The folders above the importer, from the root down to its own.
    fn ancestors(&self) -> impl Iterator<Item = &str> {
        let cuts = self.folder.match_indices('/').map(|(at, _)| at).chain([self.folder.len()]);
        let below = cuts.map(|at| &self.folder[..at]).filter(|path| !path.is_empty());
        std::iter::once("").chain(below)
    }
}
