//! The table of a repository: its files, and of each what its outline says, as ids and flat slices. Reads no file itself.
//!
//! A change costs what the changed file holds. Nothing that leaves the table depends on the order in which files came.

use super::draft::{Draft, Shared};
use super::file::{File, Row};
use super::names::Names;
use super::parallel;
use super::paths::{Paths, Target};
use super::record::Record;
use super::resolve::resolve;
use crate::domain::outline::{Oddity, Outline, Tier};
use std::sync::Arc;

/// Files whose imports are looked up by one thread at a time.
const RESOLVED_TOGETHER: usize = 256;

/// SHA-256 of a file's bytes.
pub type ContentHash = [u8; 32];

/// What a repository holds: files, names, definitions, references, dependencies. Grown by [`Map::edit`].
#[derive(Clone, Debug, Default)]
pub struct Map {
    pub(super) files: Vec<Option<File>>,
    free: Vec<u32>,
    /// Slots by path.
    pub(super) order: Vec<u32>,
    pub(super) names: Names,
    pub(super) paths: Paths,
    /// By name: files that define it, and files that reference it.
    pub(super) defined: Vec<u32>,
    pub(super) used: Vec<u32>,
    /// `File::length` of all.
    pub(super) length: u64,
}

/// Changes to a map. They are complete, imports resolved and files in order, when this is dropped.
pub struct Edit<'m> {
    map: &'m mut Map,
    changed: Vec<u32>,
    has_other_paths: bool,
    /// The names of the drafts that were put last, and their ids.
    drafted: (Shared, Vec<u32>),
}

impl Drop for Edit<'_> {
    fn drop(&mut self) {
        self.map.settle(&self.changed, self.has_other_paths);
    }
}

impl Edit<'_> {
    /// Makes room for so many files that are not there yet.
    pub fn reserve(&mut self, files: usize) {
        self.map.files.reserve(files);
        self.map.paths.reserve(files);
    }

    /// Puts an outlined file, in place of the one that stood at the path.
    pub fn insert(&mut self, path: &str, hash: ContentHash, outline: &Outline) {
        self.insert_record(path, hash, &Record::of(outline));
    }

    /// Puts an outlined file from its record.
    pub fn insert_record(&mut self, path: &str, hash: ContentHash, record: &Record) {
        let file = self.map.outlined(path, hash, record);
        self.put(file);
    }

    /// Puts a scanned file. Names of drafts that were made together are looked up once, if these come together.
    pub fn insert_draft(&mut self, draft: Draft) {
        if !draft.is_named_by(&self.drafted.0) {
            let names = draft.names();
            self.drafted = (draft.shared(), self.map.names.intern_all(names.texts(), &names.hashes));
        }
        let file = self.map.drafted(draft, &self.drafted.1);
        self.put(file);
    }

    /// Puts a file that is not outlined: of a language that has no definitions, or odd.
    pub fn insert_plain(&mut self, path: &str, hash: ContentHash, oddity: Option<Oddity>, lines: u32) {
        let file = self.map.plain(path, hash, oddity, (lines, lines));
        self.put(file);
    }

    /// Takes a file out, or every file below a folder. Whether there was any.
    pub fn remove(&mut self, path: &str) -> bool {
        if let Some(slot) = self.map.paths.exact(path) {
            self.map.take(slot);
            self.has_other_paths = true;
            return true;
        }
        let below = format!("{path}/");
        let slots: Vec<u32> = self.map.live().filter(|(_, f)| f.path.starts_with(&below)).map(|(s, _)| s).collect();
        slots.iter().for_each(|slot| self.map.take(*slot));
        self.has_other_paths |= !slots.is_empty();
        !slots.is_empty()
    }

    fn put(&mut self, file: File) {
        let map = &mut *self.map;
        let known = map.paths.exact(&file.path);
        if let Some(slot) = known {
            map.uncount(slot);
        } else {
            self.has_other_paths = true;
        }
        let slot = known.or_else(|| map.free.pop()).unwrap_or(map.files.len() as u32);
        if slot as usize == map.files.len() {
            map.files.push(None);
        }
        if known.is_none() {
            map.paths.insert(&file.path, slot);
        }
        map.files[slot as usize] = Some(file);
        map.count(slot, 1);
        self.changed.push(slot);
    }
}

impl Map {
    /// An empty map.
    pub fn new() -> Map {
        Map::default()
    }

    /// Begins a change of any number of files.
    pub fn edit(&mut self) -> Edit<'_> {
        Edit { map: self, changed: Vec::new(), has_other_paths: false, drafted: Default::default() }
    }

    /// Lets go of what only changes need; the next change makes it anew. Of 100,000 files it is a tenth of the map.
    pub fn slim(&mut self) {
        self.names.slim();
        self.paths.slim();
    }

    /// How many files it has.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// How many definitions all of its files have.
    pub fn definition_count(&self) -> usize {
        self.live().map(|(_, file)| file.definitions.len()).sum()
    }

    /// Every path, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.ordered().map(|(_, file)| &*file.path)
    }

    /// The same, to be held.
    pub fn shared_paths(&self) -> impl Iterator<Item = Arc<str>> {
        self.ordered().map(|(_, file)| file.path.clone())
    }

    /// The hash and tier under which a path stands here; an unoutlined file's tier is `Exact`: there is nothing more to know.
    pub fn stamp(&self, path: &str) -> Option<(ContentHash, Tier)> {
        self.at(path).map(|(_, file)| (file.hash, if file.is_outlined { file.tier } else { Tier::Exact }))
    }

    /// Bytes on the heap, nearly: what the allocator adds is not known.
    pub fn heap(&self) -> usize {
        let file = |f: &File| {
            f.path.len() * 2
                + f.definitions.len() * size_of::<Row>()
                + f.text.len()
                + f.uses.len() * (size_of::<u32>() + 1)
                + f.imports.len()
                + f.targets.len() * size_of::<Target>()
        };
        self.live().map(|(_, f)| file(f)).sum::<usize>()
            + self.files.capacity() * size_of::<Option<File>>()
            + (self.defined.capacity() + self.used.capacity() + self.order.capacity()) * size_of::<u32>()
            + self.names.heap()
    }

    pub(super) fn at(&self, path: &str) -> Option<(u32, &File)> {
        let slot = self.paths.exact(path)?;
        Some((slot, self.file(slot)))
    }

    /// The file in a slot that `order` or the paths name.
    pub(super) fn file(&self, slot: u32) -> &File {
        self.files[slot as usize].as_ref().expect("a slot in use has a file")
    }

    /// Every file by path.
    pub(super) fn ordered(&self) -> impl Iterator<Item = (u32, &File)> {
        self.order.iter().map(|slot| (*slot, self.file(*slot)))
    }

    fn live(&self) -> impl Iterator<Item = (u32, &File)> {
        self.files.iter().enumerate().filter_map(|(slot, file)| Some((slot as u32, file.as_ref()?)))
    }

    fn take(&mut self, slot: u32) {
        self.uncount(slot);
        if let Some(file) = self.files[slot as usize].take() {
            self.paths.remove(&file.path);
            self.free.push(slot);
        }
    }

    fn uncount(&mut self, slot: u32) {
        self.count(slot, u32::MAX);
    }

    /// Adds `step` (one, or minus one by wrapping) for every name that the file defines and references.
    fn count(&mut self, slot: u32, step: u32) {
        let names = self.names.len();
        self.defined.resize(names, 0);
        self.used.resize(names, 0);
        let Some(file) = &self.files[slot as usize] else { return };
        let mut own: Vec<u32> = file.definitions.iter().map(|row| row.name).collect();
        own.sort_unstable();
        own.dedup();
        own.iter().for_each(|name| self.defined[*name as usize] = self.defined[*name as usize].wrapping_add(step));
        for (name, _) in file.references() {
            self.used[name as usize] = self.used[name as usize].wrapping_add(step);
        }
        let length = u64::from(file.length);
        self.length = if step == 1 { self.length + length } else { self.length - length };
    }

    /// Brings the order of the paths and the imports up to date.
    fn settle(&mut self, changed: &[u32], has_other_paths: bool) {
        if !has_other_paths {
            return self.resolve(changed);
        }
        // Nearly in order already when few have come or gone, which this sort makes use of.
        self.order.retain(|slot| self.files[*slot as usize].is_some());
        let mut is_in = vec![false; self.files.len()];
        self.order.iter().for_each(|slot| is_in[*slot as usize] = true);
        let new = changed.iter().filter(|slot| self.files[**slot as usize].is_some());
        let new: Vec<u32> = new.filter(|slot| !std::mem::replace(&mut is_in[**slot as usize], true)).copied().collect();
        self.order.extend(new);
        let paths = &self.paths;
        self.order.sort_by(|a, b| paths.text(*a).cmp(paths.text(*b)));
        // Any import may mean another file now.
        self.resolve(&self.order.clone());
    }

    /// Looks up what the imports of the files in these slots lead to.
    fn resolve(&mut self, slots: &[u32]) {
        let found = parallel::parts(slots, RESOLVED_TOGETHER, |slots| {
            slots.iter().map(|slot| self.targets_of(*slot)).collect::<Vec<_>>()
        });
        for (slot, targets) in slots.iter().zip(found.into_iter().flatten()) {
            if let Some(file) = &mut self.files[*slot as usize] {
                file.targets = targets;
            }
        }
    }

    fn targets_of(&self, slot: u32) -> Box<[Target]> {
        let Some(file) = &self.files[slot as usize] else { return Box::default() };
        let mut targets = Vec::new();
        if let Some(language) = file.language {
            file.imports().for_each(|import| resolve(&self.paths, &file.path, language, import, &mut targets));
        }
        targets.retain(|target| *target != Target::file(slot));
        let text =
            |target: &Target| target.split().map_or_else(|id| self.paths.folder_path(id), |s| self.paths.text(s));
        targets.sort_by(|a, b| (a.split().is_ok(), text(a)).cmp(&(b.split().is_ok(), text(b))));
        targets.dedup();
        targets.into()
    }
}
