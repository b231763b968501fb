//! The paths of a repository, found by what an import says: exactly, by their last parts, by folder. Knows no language.

use crate::domain::path;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// Keyed anew in each process, like the names.
type Table<K, V> = HashMap<K, V, RandomState>;

/// What an import leads to: a file, or every file of a folder (a Go package, `import a.b.*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Target(u32);

const FOLDER: u32 = 1 << 31;

impl Target {
    pub fn file(slot: u32) -> Target {
        Target(slot)
    }

    pub fn folder(id: u32) -> Target {
        Target(id | FOLDER)
    }

    /// The file's slot, or else the folder's id.
    pub fn split(self) -> Result<u32, u32> {
        if self.0 & FOLDER == 0 { Ok(self.0) } else { Err(self.0 & !FOLDER) }
    }
}

/// A folder that has, or had, files of its own.
#[derive(Clone, Debug)]
struct Folder {
    path: Arc<str>,
    /// Slots of the files that stand directly in it, unordered.
    files: Vec<u32>,
}

/// Paths by slot and by every way they are asked for.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    texts: Vec<Option<Arc<str>>>,
    exact: Table<Arc<str>, u32>,
    folders: Vec<Folder>,
    folder_ids: Table<Arc<str>, u32>,
    endings: OnceLock<Endings>,
}

/// What only imports are looked up by: a map that was thawed or made slim and learns nothing needs none.
#[derive(Clone, Debug, Default)]
struct Endings {
    /// Slots by the last part of the module path, see [`module`].
    modules: Table<Box<str>, Vec<u32>>,
    /// Folder ids by the last part, and by the last two: many repositories have hundreds of `src`.
    folders: Table<Box<str>, Vec<u32>>,
}

impl Default for Paths {
    fn default() -> Paths {
        Paths { endings: OnceLock::from(Endings::default()), ..Paths::with_room(0) }
    }
}

/// Files that stand for their folder.
pub(super) const STANDING: [&str; 3] = ["__init__", "index", "mod"];

/// A path as a module: without its ending, and the folder itself for the file that stands for its folder.
pub(super) fn module(path: &str) -> &str {
    let name = path::name(path);
    let bare = match name.rfind('.') {
        None | Some(0) => path,
        Some(dot) => &path[..path.len() - name.len() + dot],
    };
    // A declaration file has two endings.
    let bare = bare.strip_suffix(".d").unwrap_or(bare);
    match path::name(bare) {
        name if STANDING.contains(&name) && bare.contains('/') => path::parent(bare),
        _ => bare,
    }
}

/// The last two parts of a path, or its only one.
pub(super) fn last_two(path: &str) -> &str {
    path.rmatch_indices('/').nth(1).map_or(path, |(at, _)| &path[at + 1..])
}

impl Endings {
    fn insert_folder(&mut self, path: &str, id: u32) {
        push(&mut self.folders, path::name(path), id);
        if path.contains('/') {
            push(&mut self.folders, last_two(path), id);
        }
    }
}

impl Paths {
    /// No paths, but room for so many.
    pub fn with_room(count: usize) -> Paths {
        Paths {
            texts: Vec::with_capacity(count),
            exact: Table::with_capacity_and_hasher(count, RandomState::default()),
            folders: Vec::new(),
            folder_ids: Table::default(),
            endings: OnceLock::new(),
        }
    }

    /// Room for so many more.
    pub fn reserve(&mut self, count: usize) {
        self.texts.reserve(count);
        self.exact.reserve(count);
        if let Some(endings) = self.endings.get_mut() {
            endings.modules.reserve(count);
        }
    }

    pub fn insert(&mut self, path: &Arc<str>, slot: u32) {
        let at = slot as usize;
        if self.texts.len() <= at {
            self.texts.resize(at + 1, None);
        }
        self.texts[at] = Some(path.clone());
        self.exact.insert(path.clone(), slot);
        if let Some(endings) = self.endings.get_mut() {
            push(&mut endings.modules, path::name(module(path)), slot);
        }
        let id = self.folder_id(path::parent(path));
        self.folders[id as usize].files.push(slot);
    }

    pub fn remove(&mut self, path: &str) {
        let Some(slot) = self.exact.remove(path) else { return };
        self.texts[slot as usize] = None;
        if let Some(slots) =
            self.endings.get_mut().and_then(|endings| endings.modules.get_mut(path::name(module(path))))
        {
            slots.retain(|other| *other != slot);
        }
        if let Some(id) = self.folder_ids.get(path::parent(path)) {
            self.folders[*id as usize].files.retain(|other| *other != slot);
        }
    }

    fn folder_id(&mut self, path: &str) -> u32 {
        if let Some(id) = self.folder_ids.get(path) {
            return *id;
        }
        let path: Arc<str> = path.into();
        let id = self.folders.len() as u32;
        if let Some(endings) = self.endings.get_mut() {
            endings.insert_folder(&path, id);
        }
        self.folder_ids.insert(path.clone(), id);
        self.folders.push(Folder { path, files: Vec::new() });
        id
    }

    /// Lets go of what only imports are looked up by, until the next one is.
    pub fn slim(&mut self) {
        self.endings = OnceLock::new();
    }

    fn endings(&self) -> &Endings {
        self.endings.get_or_init(|| {
            let mut endings = Endings::default();
            for (slot, path) in self.texts.iter().enumerate().filter_map(|(slot, path)| Some((slot, path.as_ref()?))) {
                push(&mut endings.modules, path::name(module(path)), slot as u32);
            }
            for (id, folder) in self.folders.iter().enumerate() {
                endings.insert_folder(&folder.path, id as u32);
            }
            endings
        })
    }

    /// The path in a slot; empty if there is none.
    pub fn text(&self, slot: u32) -> &str {
        self.texts.get(slot as usize).and_then(Option::as_deref).unwrap_or("")
    }

    /// The slot of a path.
    pub fn exact(&self, path: &str) -> Option<u32> {
        self.exact.get(path).copied()
    }

    /// Files whose module path ends in this part.
    pub fn modules(&self, name: &str) -> &[u32] {
        self.endings().modules.get(name).map_or(&[], Vec::as_slice)
    }

    /// The folder of a path, if files stand in it.
    pub fn folder(&self, path: &str) -> Option<u32> {
        self.folder_ids.get(path).copied().filter(|id| !self.members(*id).is_empty())
    }

    /// Whether the last part of any path, without its ending, may be this.
    pub fn may_have_module(&self, name: &str) -> bool {
        !self.modules(name).is_empty() || STANDING.contains(&name)
    }

    /// Folders whose last part, or whose last two parts, are this.
    pub fn folders(&self, name: &str) -> impl Iterator<Item = u32> + '_ {
        let ids = self.endings().folders.get(name).map_or(&[][..], Vec::as_slice);
        ids.iter().copied().filter(|id| !self.members(*id).is_empty())
    }

    /// A folder's path.
    pub fn folder_path(&self, id: u32) -> &str {
        &self.folders[id as usize].path
    }

    /// The files directly in a folder, in no order.
    pub fn members(&self, id: u32) -> &[u32] {
        &self.folders[id as usize].files
    }

    /// How many folder ids there are.
    pub fn folder_count(&self) -> usize {
        self.folders.len()
    }
}

fn push(table: &mut Table<Box<str>, Vec<u32>>, key: &str, id: u32) {
    match table.get_mut(key) {
        Some(ids) => ids.push(id),
        None => {
            table.insert(key.into(), vec![id]);
        }
    }
}

/// `path` seen from `folder`: `.` and `..` done. `None` when it leaves the root or is absolute.
pub(super) fn join(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    if path.starts_with('/') {
        return None;
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether `path` is `tail` or ends in `/tail`.
pub(super) fn ends_in(path: &str, tail: &str) -> bool {
    path.strip_suffix(tail).is_some_and(|head| head.is_empty() || head.ends_with('/'))
}

/// The one of `candidates` that stands nearest to `from`: most leading parts in common, then fewest parts, then by name.
pub(super) fn nearest<'a, T: Copy>(from: &str, candidates: impl Iterator<Item = (T, &'a str)>) -> Option<T> {
    let common = |path: &str| from.split('/').zip(path.split('/')).take_while(|(a, b)| a == b).count();
    candidates
        .min_by_key(|(_, path)| (usize::MAX - common(path), path.matches('/').count(), *path))
        .map(|(candidate, _)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_its_path_without_ending_or_the_folder_it_stands_for() {
        let cases = [
            ("a/b.py", "a/b"),
            ("a/b/__init__.py", "a/b"),
            ("a/index.d.ts", "a"),
            ("src/mod.rs", "src"),
            ("index.js", "index"),
            ("a/.env", "a/.env"),
        ];
        for (path, expected) in cases {
            assert_eq!(module(path), expected, "{path}");
        }
    }

    #[test]
    fn a_folder_is_found_by_its_last_part_and_by_its_last_two() {
        let mut paths = Paths::default();
        for (slot, path) in ["src/a.rs", "x/src/a.rs", "y/x/src/a.rs", "y/z/a.rs"].into_iter().enumerate() {
            paths.insert(&path.into(), slot as u32);
        }
        let found = |name: &str| paths.folders(name).map(|id| paths.folder_path(id)).collect::<Vec<_>>();
        assert_eq!(found("src"), ["src", "x/src", "y/x/src"]);
        assert_eq!(found(last_two("y/x/src")), ["x/src", "y/x/src"]);
        assert_eq!(found(last_two("src")), found("src"));
        assert!(found("y/x/src").is_empty());
    }

    #[test]
    fn a_relative_path_never_leaves_the_root() {
        assert_eq!(join("a/b", "../c/./d").as_deref(), Some("a/c/d"));
        assert_eq!(join("a", "../../c"), None);
        assert_eq!(join("a", "/etc/passwd"), None);
    }

    #[test]
    fn the_nearest_shares_most_of_the_way() {
        let paths = ["x/util.h", "a/b/util.h", "a/util.h"];
        assert_eq!(nearest("a/b/main.c", (0..3).zip(paths)), Some(1));
        assert_eq!(nearest("a/main.c", (0..3).zip(paths)), Some(2));
        assert_eq!(nearest("z.c", (0..3).zip(paths)), Some(2));
    }
}
