//! A file as a directory names it: enough to tell without reading whether it changed; and places in a tree.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A file's path and stamp.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileEntry {
    /// Relative to the root, `/` between parts.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// When its content last changed, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// When anything of it last changed (content, name, mode), in nanoseconds since 1970. Unlike `modified_ns` no program can set it.
    pub changed_ns: i64,
    /// Its inode: a file that was replaced has another.
    pub inode: u64,
}

/// The links (sorted paths) to files that are among the entries by another path, too; of several to one file that is not, all but the first.
pub fn aliases(entries: &[FileEntry], links: &[String]) -> Vec<String> {
    if links.is_empty() {
        return Vec::new();
    }
    let file = |entry: &FileEntry| (entry.inode, entry.size, entry.changed_ns);
    let is_link = |entry: &&FileEntry| links.binary_search(&entry.path).is_ok();
    let (links, files): (Vec<&FileEntry>, Vec<&FileEntry>) = entries.iter().partition(is_link);
    let mut seen: BTreeSet<(u64, u64, i64)> = files.into_iter().map(file).collect();
    links.into_iter().filter(|link| !seen.insert(file(link))).map(|link| link.path.clone()).collect()
}

/// A name that a listing had to leave out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// Relative to the root; escaped where it is not UTF-8.
    pub path: String,
    /// Why, as a phrase.
    pub reason: String,
    /// Whether it is a directory, of which nothing is listed then, or not all.
    pub is_directory: bool,
}

impl Skipped {
    /// A file.
    pub fn file(path: String, reason: impl Into<String>) -> Skipped {
        Skipped { path, reason: reason.into(), is_directory: false }
    }

    /// A directory.
    pub fn directory(path: String, reason: impl Into<String>) -> Skipped {
        Skipped { path, reason: reason.into(), is_directory: true }
    }
}

/// Why a file's bytes could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Nothing stands there (any more).
    Absent,
    /// It is larger than what is read.
    Large,
    /// Anything else, as a phrase.
    Refused(String),
}

/// Paths of files or directories, each with everything beneath it. The empty path is the root: everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places(BTreeSet<String>);

impl Places {
    /// Everything there is.
    pub fn everything() -> Places {
        Places(BTreeSet::from([String::new()]))
    }

    /// Adds a place.
    pub fn insert(&mut self, path: String) {
        self.0.insert(path);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether they are everything.
    pub fn is_everything(&self) -> bool {
        self.0.contains("")
    }

    /// Whether a path is one of them or lies beneath one.
    pub fn cover(&self, path: &str) -> bool {
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        self.is_everything() || self.0.contains(path) || above.into_iter().any(|above| self.0.contains(above))
    }

    /// Whether one of them lies beneath a path.
    pub fn lie_beneath(&self, path: &str) -> bool {
        let first = format!("{path}/");
        path.is_empty() || self.0.range(first.clone()..).next().is_some_and(|place| place.starts_with(&first))
    }
}

impl FromIterator<String> for Places {
    fn from_iter<I: IntoIterator<Item = String>>(paths: I) -> Places {
        Places(paths.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_cover_what_is_at_and_beneath_them_and_lie_beneath_what_is_above_them() {
        let places: Places = ["src/a", "src-b"].map(str::to_owned).into_iter().collect();
        for covered in ["src/a", "src/a/x", "src/a/x/y", "src-b"] {
            assert!(places.cover(covered), "{covered}");
        }
        for other in ["", "src", "src/ab", "src/b", "src-bc"] {
            assert!(!places.cover(other), "{other}");
        }
        assert!(places.lie_beneath("") && places.lie_beneath("src"));
        assert!(!places.lie_beneath("src/a") && !places.lie_beneath("src-b") && !places.lie_beneath("sr"));
        assert!(Places::everything().cover("x/y") && Places::everything().cover(""));
    }
}
