//! What a project is set up for: its paths, the text of its few manifests, which programs there are, and what a change
//! touches. Pure: whoever makes one brings the means to read and to look.

use crate::domain::path::{above, join};
use std::collections::BTreeMap;

/// Most files that are named to a tool at once.
const MAX_FILES: usize = 400;

/// A project as it would be with the change.
pub struct Project<'a> {
    /// All its paths but ignored ones, sorted.
    pub paths: &'a [String],
    /// Paths the change writes or removes.
    pub touched: &'a [String],
    /// Whether all of it is meant, not a change.
    pub whole: bool,
    /// The text of a file.
    pub text: &'a dyn Fn(&str) -> Option<String>,
    /// Where a program is that would be run in a directory, by its name.
    pub find: &'a dyn Fn(&str, &str) -> Option<Program>,
}

/// Where a program is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// In the tree: relative to the root, as `node_modules/.bin/tsc`.
    InTree(String),
    /// Elsewhere: its name, or its whole path.
    Elsewhere(String),
}

/// How a tool would be run once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The directory to run in, relative to the root; empty for the root.
    pub dir: String,
    /// What follows the program.
    pub arguments: Vec<String>,
    /// The files it is about; empty: all of `dir`.
    pub files: Vec<String>,
    /// Whether it runs code or configuration of the project.
    pub runs_code: bool,
    /// Whether the project says that it uses this tool, so that a missing one is worth a word.
    pub evident: bool,
}

impl Call {
    /// Of a tool that the project evidently uses, in `dir`, with these words.
    pub fn new(dir: &str, arguments: &[&str]) -> Call {
        let arguments = arguments.iter().map(|a| (*a).to_owned()).collect();
        Call { dir: dir.to_owned(), arguments, evident: true, ..Call::default() }
    }

    /// And about these files, named last and relative to the directory.
    pub fn about(mut self, files: &[&str]) -> Call {
        self.arguments.extend(files.iter().map(|file| relative(&self.dir, file)));
        self.files = files.iter().map(|f| (*f).to_owned()).collect();
        self
    }

    /// The same about those of its files that another tree has; `None` if it has none of them.
    pub fn among(&self, has: impl Fn(&str) -> bool) -> Option<Call> {
        let words = self.arguments.len().saturating_sub(self.files.len());
        let there: Vec<&str> = self.files.iter().map(String::as_str).filter(|f| has(f)).collect();
        if there.is_empty() && !self.files.is_empty() {
            return None;
        }
        let bare = Call { arguments: self.arguments[..words].to_vec(), files: Vec::new(), ..self.clone() };
        Some(bare.about(&there))
    }

    /// One that runs the project's own code.
    pub fn running_code(mut self) -> Call {
        self.runs_code = true;
        self
    }
}

/// A path beneath a directory, from there; never one that looks like an option.
fn relative(dir: &str, path: &str) -> String {
    let inside = if dir.is_empty() { path } else { path.strip_prefix(dir).unwrap_or(path).trim_start_matches('/') };
    if inside.starts_with('-') { format!("./{inside}") } else { inside.to_owned() }
}

impl Project<'_> {
    /// Whether a path is there.
    pub fn has(&self, path: &str) -> bool {
        self.paths.binary_search_by(|p| p.as_str().cmp(path)).is_ok()
    }

    /// The nearest directory above a path for which something holds.
    pub fn nearest<'p>(&self, path: &'p str, holds: impl Fn(&str) -> bool) -> Option<&'p str> {
        above(path).find(|dir| holds(dir))
    }

    /// The first of these names that a directory has, as a path.
    pub fn first(&self, dir: &str, names: &[&str]) -> Option<String> {
        names.iter().map(|name| join(dir, name)).find(|path| self.has(path))
    }

    /// Touched files of a kind that are (still) there.
    pub fn files(&self, kind: fn(&str) -> bool) -> Vec<&str> {
        self.touched.iter().map(String::as_str).filter(|p| kind(p) && self.has(p)).collect()
    }

    /// Touched files of a kind, gone ones, too, by the nearest directory above for which something holds. Those without one
    /// are left out.
    pub fn grouped(&self, kind: fn(&str) -> bool, holds: impl Fn(&str) -> bool) -> BTreeMap<&str, Vec<&str>> {
        let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut known: BTreeMap<&str, bool> = BTreeMap::new();
        for path in self.touched.iter().map(String::as_str).filter(|p| kind(p)) {
            let dir = above(path).find(|dir| *known.entry(dir).or_insert_with(|| holds(dir)));
            if let Some(dir) = dir {
                groups.entry(dir).or_default().push(path);
            }
        }
        groups
    }

    /// A call about files: those, or all of the directory when all is meant or they are too many to name. `None` without any.
    pub fn call(&self, call: Call, files: &[&str]) -> Option<Call> {
        let there: Vec<&str> = files.iter().copied().filter(|f| self.has(f)).collect();
        match there.len() {
            0 => None,
            1..=MAX_FILES if !self.whole => Some(call.about(&there)),
            _ => Some(Call { arguments: call.arguments.iter().cloned().chain([".".to_owned()]).collect(), ..call }),
        }
    }

    /// Calls about files for a tool that takes nothing but files: as many as it takes to name them all.
    pub fn call_each(&self, call: &Call, files: &[&str]) -> Vec<Call> {
        let there: Vec<&str> = files.iter().copied().filter(|f| self.has(f)).collect();
        there.chunks(MAX_FILES).map(|files| call.clone().about(files)).collect()
    }

    /// A manifest as TOML; one that is missing or broken has nothing.
    pub fn toml(&self, path: &str) -> toml::Table {
        if !self.has(path) {
            return toml::Table::new();
        }
        (self.text)(path).and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    /// A directory's `package.json`; one that is missing or broken has nothing.
    pub fn package(&self, dir: &str) -> serde_json::Value {
        let path = join(dir, "package.json");
        let text = self.has(&path).then(|| (self.text)(&path)).flatten();
        text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    /// Whether a directory's `pyproject.toml` has a table `[tool.NAME]`.
    pub fn pyproject(&self, dir: &str, name: &str) -> Option<toml::Value> {
        self.toml(&join(dir, "pyproject.toml")).get("tool")?.get(name).cloned()
    }

    /// Whether a file that is there holds a line that begins so.
    pub fn has_line(&self, path: &str, begins: &str) -> bool {
        self.has(path) && (self.text)(path).is_some_and(|text| text.lines().any(|line| line.starts_with(begins)))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A project of these files, all programs on the path but those that begin with `no-`.
    pub fn with<R>(files: &[(&str, &str)], touched: &[&str], work: impl FnOnce(&Project<'_>) -> R) -> R {
        let mut paths: Vec<String> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        paths.sort();
        let touched: Vec<String> = touched.iter().map(|p| (*p).to_owned()).collect();
        let text = |path: &str| files.iter().find(|(p, _)| *p == path).map(|(_, text)| (*text).to_owned());
        let find = |_: &str, name: &str| Some(Program::Elsewhere(name.to_owned()));
        work(&Project { paths: &paths, touched: &touched, whole: false, text: &text, find: &find })
    }

    #[test]
    fn files_are_grouped_by_the_nearest_manifest_and_named_from_there() {
        with(
            &[("m", ""), ("x/m", ""), ("x/y/a.c", ""), ("b.c", ""), ("-c.c", "")],
            &["x/y/a.c", "b.c", "-c.c", "x/gone.c", "d.h"],
            |p| {
                let groups = p.grouped(|f| f.ends_with(".c"), |dir| p.has(&join(dir, "m")));
                assert_eq!(groups, BTreeMap::from([("", vec!["b.c", "-c.c"]), ("x", vec!["x/y/a.c", "x/gone.c"])]));
                assert_eq!(p.call(Call::new("x", &["q"]), &groups["x"]).unwrap().arguments, ["q", "y/a.c"]);
                assert_eq!(p.call(Call::new("", &[]), &groups[""]).unwrap().arguments, ["b.c", "./-c.c"]);
                let whole = Project { whole: true, ..*p };
                assert_eq!(whole.call(Call::new("x", &["q"]), &groups["x"]).unwrap().arguments, ["q", "."]);
                assert!(p.call(Call::new("x", &[]), &["x/gone.c"]).is_none());
                let call = Call::new("", &["q"]).about(&["b.c", "-c.c"]);
                assert_eq!(call.among(|f| f == "-c.c").unwrap().arguments, ["q", "./-c.c"]);
                assert_eq!(call.among(|_| false), None);
                assert_eq!(
                    whole.call(Call::new("", &[]), &["b.c"]).unwrap().among(|_| false).unwrap().arguments,
                    ["."]
                );
            },
        );
    }

    #[test]
    fn broken_manifests_have_nothing() {
        with(&[("pyproject.toml", "[tool.ruff]\nx = \n"), ("package.json", "{")], &[], |p| {
            assert!(p.pyproject("", "ruff").is_none() && p.package("").get("x").is_none());
        });
    }
}
