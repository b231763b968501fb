//! The repository map kept up to date: from a listing and a way to read files to a [`Map`], with a cache that makes the next
//! start cheap.
//!
//! Decides by stamps which files are read, and by content which are outlined anew, so that a branch switch costs what
//! differs. Knows no repository: listing and reading are passed in, and nothing here looks at a directory. A file that
//! cannot be read, vanishes or changes meanwhile is left out or marked, and never an error.

mod answer;
mod cache;
mod change;
mod replace;
mod snapshot;
mod stamp;
mod vector;
mod work;

pub use answer::Answer;
pub use vector::Vectors;
pub use work::{Source, give_way};

use crate::domain::listing::{FileEntry, Places};
use crate::domain::outline::Tier;
use crate::map::Map;
use cache::{Cache, Known};
use change::{Changes, put};
use serde::{Deserialize, Serialize};
use snapshot::Snapshot;
use stamp::Stamp;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::SystemTime;
use work::{Plan, Seen, Wanted, Work};

/// A snapshot is made anew when one file in so many is another: until then making it costs more than it saves.
const SHARE: usize = 16;
/// The same while there is more to be made exact.
const SHARE_AT_WORK: usize = 4;

/// The index of one root. It belongs to one thread; the map it fills may be read by others.
pub struct Index {
    cache: Mutex<Cache>,
    snapshot: Snapshot,
    most: Tier,
    files: BTreeMap<Arc<str>, Held>,
    is_loaded: bool,
    /// Whether the snapshot is made by [`Index::keep`] only.
    is_put_off: bool,
    /// Changes of files since the snapshot.
    unsnapped: usize,
}

/// What is known of a file in the map.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Held {
    stamp: Stamp,
    known: Known,
    /// Whether nothing more exact can be had.
    is_final: bool,
}

/// How work gives way to other work of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Somebody waits for it.
    Now,
    /// Nobody does: other work comes first.
    Background,
}

/// How work is done: what reads, what stops it, who is told how far it is (files done, files in all).
pub struct Job<'a> {
    /// How it gives way.
    pub priority: Priority,
    /// Gives the bytes of a file.
    pub source: &'a Source<'a>,
    /// Ends the work soon after it becomes true; what was done stays.
    pub stop: &'a AtomicBool,
    /// Called after each file, on the calling thread.
    pub progress: &'a dyn Fn(usize, usize),
}

impl<'a> Job<'a> {
    fn work(&self, cache: &'a Mutex<Cache>, plan: Plan) -> Work<'a> {
        let has_records = cache.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).has_records();
        let cache = Some(cache).filter(|_| has_records);
        Work { source: self.source, stop: self.stop, priority: self.priority, cache, plan }
    }
}

/// What a refresh did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Files that were read.
    pub read: usize,
    /// Files that are in the map anew, or with another content.
    pub changed: usize,
    /// Files that are out of the map.
    pub removed: usize,
}

impl Index {
    /// An index that keeps its records in this file; `None` keeps them nowhere. Where the file cannot be had, it works all
    /// the same and says so in [`Index::notices`]. Of what is kept it takes records up to `most`: `Exact` for the best map
    /// at once, `Scan` for one that does not depend on what was done before.
    pub fn open(file: Option<&Path>, most: Tier) -> Index {
        let cache = Mutex::new(file.map_or_else(Cache::none, Cache::open));
        let suffix = match most {
            Tier::Scan => ".scan",
            Tier::Exact => ".exact",
        };
        let snapshot = Snapshot::beside(file, suffix);
        Index { cache, snapshot, most, files: BTreeMap::new(), is_loaded: false, is_put_off: false, unsnapped: 0 }
    }

    /// The same index, with its snapshot read: while the files are listed, there is time for it.
    pub fn read_ahead(mut self) -> Index {
        self.snapshot.read_ahead();
        self
    }

    /// The same index, which leaves it to [`Index::keep`] to make the snapshot: somebody waits for the map.
    pub fn keeping_later(self) -> Index {
        Index { is_put_off: true, ..self }
    }

    /// Whether the map is sure to be that of the files whose stamps were found: none of them changed in the moment it was read.
    pub fn is_sure(&self) -> bool {
        self.files.values().all(|held| held.stamp != Stamp::UNSURE)
    }

    /// What the user has to know, each once: a cache that was set aside, or cannot be kept.
    pub fn notices(&mut self) -> Vec<String> {
        self.cache().take_notices()
    }

    /// How many files the map has.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether the map has no files.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The files whose outline can still be made exact, by path.
    pub fn shallow(&self) -> Vec<String> {
        self.files.iter().filter(|(_, held)| !held.is_final).map(|(path, _)| path.to_string()).collect()
    }

    /// Brings the map up to what was found at `places`: `found` is sorted by path and holds every file there. Reads only files
    /// whose stamp is another, and those that changed in the very moment they were last read.
    pub fn refresh(&mut self, map: &RwLock<Map>, places: &Places, found: &[FileEntry], job: &Job) -> Refreshed {
        let moment = SystemTime::now();
        if !std::mem::replace(&mut self.is_loaded, true) {
            return self.fill(map, found, moment, job);
        }
        let (gone, unread) = self.compare(places, found);
        if gone.is_empty() && unread.is_empty() {
            return Refreshed::default();
        }
        // Whoever reads the map waits for what is put into it, and not for the reading of files.
        let mut seen = Vec::with_capacity(unread.len());
        job.work(&self.cache, Plan::Soon(self.most)).run(&Wanted::of(found, &unread), |number, what| {
            seen.push((number, what));
            (job.progress)(seen.len(), unread.len());
        });
        let mut outcome = Refreshed { removed: gone.len(), ..Refreshed::default() };
        let mut map = map.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut changes = Changes::new(map.edit());
        gone.into_iter().for_each(|path| self.forget(path, &mut changes));
        for (number, seen) in seen {
            take(&mut self.files, &mut changes, &found[unread[number]], moment, seen, &mut outcome);
        }
        let mut unsaved = changes.done();
        drop(map);
        unsaved.save(&self.cache);
        self.unsnapped += outcome.changed + outcome.removed;
        outcome
    }

    /// The first refresh: from the cache what is as it was, from the files what is not.
    fn fill(&mut self, map: &RwLock<Map>, found: &[FileEntry], moment: SystemTime, job: &Job) -> Refreshed {
        let mut outcome = Refreshed::default();
        let mut map = map.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let snapshot = if map.is_empty() { self.snapshot.load() } else { None };
        let (thawed, held) = snapshot.unwrap_or_default();
        let paths: Vec<Arc<str>> = thawed.shared_paths().collect();
        if !thawed.is_empty() {
            *map = thawed;
        }
        let mut changes = Changes::new(map.edit());
        let unread = match paths.is_empty() {
            true => self.load(found, &mut changes),
            false => self.take_over(paths.into_iter().zip(held).collect(), found, &mut changes),
        };
        // A scan costs hardly more than its record, and the snapshot holds what a first fill finds.
        changes.is_kept = self.most == Tier::Exact || !self.files.is_empty() || !self.snapshot.is_somewhere();
        let mut fresh: Vec<Option<Held>> = vec![None; unread.len()];
        job.work(&self.cache, Plan::Soon(self.most)).run(&Wanted::of(found, &unread), |number, seen| {
            let entry = &found[unread[number]];
            fresh[number] = changes.take(&entry.path, Stamp::at(entry, moment), seen);
            outcome.read += 1;
            changes.unsaved.save_when_large(&self.cache);
            (job.progress)(outcome.read, unread.len());
        });
        changes.done().save(&self.cache);
        outcome.changed = fresh.iter().flatten().count();
        if self.files.is_empty() && map.len() == outcome.changed {
            // Both are in the order of paths.
            self.files = map.shared_paths().zip(fresh.into_iter().flatten()).collect();
        } else {
            let fresh = unread.iter().zip(fresh);
            self.files.extend(fresh.filter_map(|(at, held)| Some((found[*at].path.as_str().into(), held?))));
        }
        self.unsnapped += outcome.changed + outcome.removed;
        if !self.is_put_off {
            self.snap(&map, SHARE);
        }
        outcome
    }

    /// Keeps the map for the next start, when at least one in `share` of its files changed since that was done.
    fn snap(&mut self, map: &Map, share: usize) {
        if self.unsnapped > 0 && self.unsnapped * share >= self.files.len() {
            self.snapshot.save(map, &self.files.values().collect::<Vec<_>>());
            self.unsnapped = 0;
        }
    }

    /// Takes over what the map was thawed with, for files that are as they were; asks the cache for others; gives those that
    /// it does not know as they are.
    fn take_over(&mut self, mut held: Vec<(Arc<str>, Held)>, found: &[FileEntry], changes: &mut Changes) -> Vec<usize> {
        let (mut at, mut other) = (0, Vec::new());
        held.retain(|(path, held)| {
            while found.get(at).is_some_and(|entry| *entry.path < **path) {
                other.push(at);
                at += 1;
            }
            let entry = found.get(at).filter(|entry| *entry.path == **path);
            at += usize::from(entry.is_some());
            match entry {
                Some(entry) if Stamp::from(entry) == held.stamp => return true,
                Some(_) => other.push(at - 1),
                None => {
                    changes.edit.remove(path);
                    changes.unsaved.gone.push(path.to_string());
                }
            }
            false
        });
        other.extend(at..found.len());
        self.unsnapped += changes.unsaved.gone.len();
        self.files = held.into_iter().collect();
        let mut known = vec![false; other.len()];
        let (most, files) = (self.most, &mut self.files);
        let mut cache = self.cache.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        cache.load_some(most, other.iter().map(|at| found[*at].path.as_str()), |row, kept| {
            let Ok(number) = other.binary_search_by(|at| found[*at].path.cmp(&row.entry.path)) else { return };
            if found[other[number]] == row.entry && put(&mut changes.edit, &row, kept.as_ref()) {
                let is_final = kept.is_none_or(|kept| kept.tier == Tier::Exact);
                files.insert(
                    row.entry.path.as_str().into(),
                    Held { stamp: Stamp::from(&row.entry), known: row.known, is_final },
                );
                known[number] = true;
            }
        });
        self.unsnapped += known.iter().filter(|known| **known).count();
        other.into_iter().zip(known).filter(|(_, known)| !known).map(|(at, _)| at).collect()
    }

    /// Fills the map from the cache, for files that are as they were; gives the others.
    fn load(&mut self, found: &[FileEntry], changes: &mut Changes) -> Vec<usize> {
        let (mut at, mut unread) = (0, Vec::new());
        let (most, files) = (self.most, &mut self.files);
        changes.edit.reserve(found.len());
        let mut cache = self.cache.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        cache.load(most, |row, kept| {
            while found.get(at).is_some_and(|entry| entry.path < row.entry.path) {
                unread.push(at);
                at += 1;
            }
            match found.get(at) {
                Some(entry) if entry.path == row.entry.path => {
                    at += 1;
                    if *entry == row.entry && put(&mut changes.edit, &row, kept.as_ref()) {
                        let is_final = kept.is_none_or(|kept| kept.tier == Tier::Exact);
                        let held = Held { stamp: Stamp::from(entry), known: row.known, is_final };
                        files.insert(row.entry.path.into(), held);
                    } else {
                        unread.push(at - 1);
                    }
                }
                _ => changes.unsaved.gone.push(row.entry.path),
            }
        });
        unread.extend(at..found.len());
        self.unsnapped += self.files.len();
        unread
    }

    /// The files that are no longer there, and which of those that were found are not as they were.
    fn compare(&self, places: &Places, found: &[FileEntry]) -> (Vec<Arc<str>>, Vec<usize>) {
        let is_here = |path: &str| found.binary_search_by(|entry| entry.path.as_str().cmp(path)).is_ok();
        let gone = self.files.keys().filter(|path| places.cover(path) && !is_here(path)).cloned().collect();
        let is_other =
            |entry: &FileEntry| self.files.get(entry.path.as_str()).is_none_or(|held| held.stamp != Stamp::from(entry));
        (gone, (0..found.len()).filter(|at| is_other(&found[*at])).collect())
    }

    fn forget(&mut self, path: Arc<str>, changes: &mut Changes) {
        self.files.remove(&path);
        changes.edit.remove(&path);
        changes.unsaved.gone.push(path.to_string());
    }

    /// Makes the outlines of these files exact, as far as they still hold what is in the map. Returns those that it did not
    /// come to before it was stopped.
    pub fn deepen(&mut self, shared: &RwLock<Map>, paths: &[String], job: &Job) -> Vec<String> {
        let files = &self.files;
        let wanted: Vec<Wanted> = paths
            .iter()
            .filter_map(|path| match files.get(path.as_str()) {
                Some(Held { known: Known::Outlined(hash), is_final: false, .. }) => {
                    Some(Wanted { path, size: 0, hash: Some(*hash) })
                }
                _ => None,
            })
            .collect();
        let work = job.work(&self.cache, Plan::Exact);
        let (mut all, mut done): (Vec<Option<Seen>>, usize) = (wanted.iter().map(|_| None).collect(), 0);
        work.run(&wanted, |number, seen| {
            done += 1;
            all[number] = Some(seen);
            (job.progress)(done, wanted.len());
        });
        let mut map = shared.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut changes = Changes::new(map.edit());
        let mut put_off = Vec::new();
        for (wanted, seen) in wanted.iter().zip(all) {
            let Some(held) = self.files.get_mut(wanted.path) else { continue };
            match seen {
                Some(seen @ Seen::Outlined(_)) => {
                    changes.take(wanted.path, held.stamp, seen);
                    held.is_final = true;
                }
                // Another content since: the next look at its stamp says so, until then there is nothing more to know.
                Some(_) => held.is_final = true,
                None => put_off.push(wanted.path.to_owned()),
            }
        }
        let mut unsaved = changes.done();
        drop(map);
        unsaved.save(&self.cache);
        self.unsnapped += wanted.len() - put_off.len();
        // What was made exact for one answer is not what the next start of such an index takes.
        if self.most == Tier::Exact {
            self.snap(&shared.read().unwrap_or_else(|poisoned| poisoned.into_inner()), SHARE_AT_WORK);
        }
        put_off
    }

    /// Keeps the map for the next start, unless little changed since that was last done.
    pub fn keep(&mut self, map: &RwLock<Map>) {
        self.snap(&map.read().unwrap_or_else(|poisoned| poisoned.into_inner()), SHARE);
    }

    /// Puts what is kept in order, now and then.
    pub fn tidy(&mut self) {
        self.cache().tidy();
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Takes what was seen of a file into the map and the table.
fn take(
    files: &mut BTreeMap<Arc<str>, Held>,
    changes: &mut Changes,
    entry: &FileEntry,
    moment: SystemTime,
    seen: Seen,
    outcome: &mut Refreshed,
) {
    let after = changes.take(&entry.path, Stamp::at(entry, moment), seen);
    let known = after.map(|held| held.known);
    let before = match after {
        Some(held) => files.insert(entry.path.as_str().into(), held),
        None => files.remove(entry.path.as_str()),
    };
    let before = before.map(|held| held.known);
    outcome.read += 1;
    outcome.changed += usize::from(known.is_some() && before != known);
    outcome.removed += usize::from(known.is_none() && before.is_some());
}
