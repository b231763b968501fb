//! A copy of the repository with a proposal laid over it, for commands that check the proposal.
//!
//! Copies the listed files and nothing else (not `.git`, not what is ignored); shares no listed file with the repository;
//! refuses trees that are too large instead of copying half of them. Dependencies are lent by links, and what tools
//! build is kept between the copies of one root, so that a check need not begin with an empty hand. So is the copy itself:
//! the next one of the root copies what has changed since, puts back what the proposal before and its check changed, and
//! removes whatever else is there.

mod copy;
mod look;
mod manifest;
mod pool;
mod remove;
mod sweep;

pub use pool::Pool;

use super::dependency::{self, WHOLE};
use super::fault::{why, why_io};
use super::walk::Listing;
use super::{Root, path, read};
use crate::domain::change::ChangeSet;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::listing::FileEntry;
use crate::domain::path::{parent, split};
use copy::{Time, copy_file, make_parent};
use manifest::{ByDirectory, Manifest, Source, Stamp};
use remove::remove_any;
use rustix::fs::FileType;
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// How much may be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files.
    pub files: usize,
    /// Bytes of all files together.
    pub bytes: u64,
}

impl Default for Limits {
    /// 50,000 files and 1 GiB: a few seconds of copying.
    fn default() -> Limits {
        Limits { files: 50_000, bytes: 1 << 30 }
    }
}

/// A copy that is this process's alone while this lives. Two of a root are kept for the next ones, as a proposal and what it was made
/// from are checked side by side; further ones, which are made while both are in use, are removed when they are dropped, or by the
/// next [`Scratch::create`] if the process was killed.
#[derive(Debug)]
pub struct Scratch {
    pool: Arc<Pool>,
    dir: PathBuf,
    /// Held locked for as long as the copy is in use; its name is the directory's with `.lock`.
    lock: File,
    /// Which of its root's it is, from 0.
    serial: u32,
    /// What is kept between the copies of this root.
    kept: PathBuf,
    root: PathBuf,
    /// The repository's own virtual environments.
    environments: Vec<PathBuf>,
    /// Whether it was given back by [`Scratch::release`].
    released: bool,
}

impl Scratch {
    /// Brings the root's copy in `pool` up to the files of `listing`, lays `changes` over them and lends it the repository's
    /// dependencies. Costs the copying of what differs; and a look at every file of the copy, unless it was
    /// [released](Scratch::release) by this process and not used since.
    ///
    /// # Errors
    /// `Denied` when the listing is truncated, the copy would pass `limits`, or a changed path may not be written; `Io`
    /// when copying fails.
    pub fn create(
        pool: &Arc<Pool>,
        root: &Root,
        listing: &Listing,
        changes: &ChangeSet,
        limits: Limits,
    ) -> Result<Scratch, Failure> {
        if listing.truncated || listing.entries.len() > limits.files {
            let files = format!("more than {} files", limits.files.min(listing.entries.len()));
            return Err(too_large(&files));
        }
        for change in &changes.files {
            path::check(&change.path)?;
        }
        let bytes = listing.entries.iter().fold(0u64, |sum, entry| sum.saturating_add(entry.size));
        if bytes > limits.bytes {
            return Err(too_large(&format!("more than {} MiB", limits.bytes >> 20)));
        }
        pool.wait();
        let mut scratch = Scratch::make(pool, root.path())?;
        let changed = scratch.changed(changes)?;
        let wanted = by_directory(&listing.entries);
        let mut manifest = scratch.begin(&wanted, changes)?;
        scratch.settle(root, &wanted, changes, &changed, &mut manifest)?;
        scratch.lend(listing, &mut manifest)?;
        let kept = manifest.save(&scratch.manifest(), &scratch.root, &scratch.dir);
        kept.map_err(|e| io_failure(&scratch.dir, &why_io(&e)))?;
        Ok(scratch)
    }

    /// Where it is written down what the copy holds: beside it, where no check may write.
    fn manifest(&self) -> PathBuf {
        self.dir.with_extension("manifest")
    }

    /// What of the copy before can be used: all of it that is as it was, or nothing. Nothing else is there afterwards.
    fn begin(&self, wanted: &ByDirectory<'_>, changes: &ChangeSet) -> Result<Manifest, Failure> {
        let failure = |e: io::Error| io_failure(&self.dir, &why_io(&e));
        let depth = self.pool.depth(&self.dir, &self.manifest());
        let before = Manifest::take(&self.manifest(), &self.root).filter(|_| self.dir.is_dir());
        if let Some(mut manifest) = before {
            let proposed: HashSet<&str> = changes.files.iter().map(|change| parent(&change.path)).collect();
            let cleaned = manifest.clean(&self.dir, depth, wanted, &proposed);
            if cleaned.and_then(|()| manifest.take_back(&self.dir)).is_ok() {
                return Ok(manifest);
            }
        }
        remove_any(&self.dir).map_err(failure)?;
        fs::DirBuilder::new().mode(0o700).create(&self.dir).map_err(failure)?;
        Ok(Manifest::new())
    }

    /// Takes out what checks have changed, and gives the stamp of the manifest that is true then.
    fn restore(&self) -> Option<Stamp> {
        let file = self.manifest();
        // It stays: until another is written, it says what is to be taken out.
        let mut manifest = Manifest::read(&file, &self.root)?;
        if manifest.restore(&self.dir).ok()? {
            manifest.save(&file, &self.root, &self.dir).ok()?;
        }
        Stamp::read(&file).ok()
    }

    /// Makes the copy hold the listed files with the changes over them.
    fn settle(
        &self,
        root: &Root,
        wanted: &ByDirectory<'_>,
        changes: &ChangeSet,
        changed: &BTreeSet<String>,
        manifest: &mut Manifest,
    ) -> Result<(), Failure> {
        let proposal: HashSet<&str> = changes.files.iter().map(|change| change.path.as_str()).collect();
        let mut missing: Vec<&FileEntry> = Vec::new();
        let other = wanted.iter().filter(|(directory, _)| !manifest.is_same(directory)).flat_map(|(_, files)| files);
        let other: Vec<&FileEntry> = other.map(|(_, entry)| *entry).collect();
        for entry in other.into_iter().filter(|entry| !proposal.contains(entry.path.as_str())) {
            match manifest.file(&entry.path) {
                Some(kept) if kept.source == Source::Root(Stamp::from(entry)) => kept.wanted = true,
                _ => missing.push(entry),
            }
        }
        missing.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        let mut proposed = Vec::new();
        for (change, text) in changes.files.iter().filter_map(|change| Some((change, change.after.as_ref()?))) {
            let source = Source::Proposal(Sha256::digest(text).into());
            match manifest.file(&change.path) {
                Some(kept) if kept.source == source => kept.wanted = true,
                _ => proposed.push((&change.path, text, source)),
            }
        }
        for path in manifest.unwanted() {
            manifest.remove(&path, &self.dir).map_err(|e| io_failure(&self.dir.join(&path), &why_io(&e)))?;
        }
        manifest.prune(&self.dir);
        self.copy(root, &missing, changed, manifest)?;
        for (path, text, source) in proposed {
            let target = self.dir.join(path);
            let stat = read::open(root, path).and_then(rustix::fs::fstat);
            let mode = stat.map_or(0, |stat| stat.st_mode & 0o100);
            let written = make_parent(&target)
                .and_then(|()| File::options().write(true).create_new(true).mode(0o600 | mode).open(&target))
                .and_then(|mut file| file.write_all(text.as_bytes()).and(Ok(rustix::fs::fstat(&file)?)));
            let stat = written.map_err(|e| io_failure(&target, &why_io(&e)))?;
            manifest.put(path, source, Stamp::of(&stat));
        }
        Ok(())
    }

    /// The top of the copy.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// Directories outside the copy that a check may write: what tools build and keep for this root.
    pub fn writable(&self) -> Vec<PathBuf> {
        [BUILT, CACHED].map(|name| self.kept.join(name)).into()
    }

    /// Where this copy's builds are kept: Cargo goes by times, and takes what was built in another copy for its own.
    fn built(&self) -> PathBuf {
        let all = self.kept.join(BUILT);
        if self.serial == 0 { all } else { all.join(self.serial.to_string()) }
    }

    /// Variables by which tools find what is kept and what the copy has. `user` gives the user's own variables:
    /// places of the repository in them become places of the copy.
    pub fn variables(&self, user: impl Fn(&str) -> Option<OsString>) -> Vec<(&'static str, OsString)> {
        let mut environments = self.environments.clone();
        environments.extend(["VIRTUAL_ENV", "CONDA_PREFIX"].iter().filter_map(|name| user(name)).map(PathBuf::from));
        let python = dependency::editable(&self.root, &self.dir, &environments);
        let inside = |place: PathBuf| place.strip_prefix(&self.root).map(|p| self.dir.join(p)).unwrap_or(place);
        let own: Vec<PathBuf> = user("PYTHONPATH").iter().flat_map(std::env::split_paths).map(inside).collect();
        let mut variables = vec![
            ("CARGO_TARGET_DIR", self.built().into_os_string()),
            ("XDG_CACHE_HOME", self.kept.join(CACHED).into_os_string()),
        ];
        // As activating it would do, for whoever has none active.
        let active = ["VIRTUAL_ENV", "CONDA_PREFIX"].iter().any(|name| user(name).is_some());
        let own_tools = WHOLE.iter().map(|name| self.dir.join(name).join("bin")).find(|bin| !active && bin.is_dir());
        if let Some(bin) = own_tools {
            let others = user("PATH").unwrap_or_default();
            let all = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&others)));
            variables.extend(all.ok().map(|all| ("PATH", all)));
        }
        // A place with a colon cannot stand in a list of places.
        if let Ok(places) = std::env::join_paths(python.into_iter().chain(own))
            && !places.is_empty()
        {
            variables.push(("PYTHONPATH", places));
        }
        variables
    }

    /// Variables over those for whatever shall run nothing of the repository: the user's own lists of places without relative
    /// ones and those in the repository or the copy.
    pub fn foreign(&self, user: impl Fn(&str) -> Option<OsString>) -> Vec<(&'static str, OsString)> {
        let inside = |place: &Path| {
            let real = place.canonicalize().unwrap_or_else(|_| place.to_owned());
            [place, &real].iter().any(|place| place.starts_with(&self.root) || place.starts_with(&self.dir))
        };
        let outside = |name: &'static str| {
            let all = user(name).unwrap_or_default();
            let kept = std::env::split_paths(&all).filter(|place| place.is_absolute() && !inside(place));
            // What was split can be joined. Without any place, the variable counts as not set.
            (name, std::env::join_paths(kept).unwrap_or_default())
        };
        ["PATH", "PYTHONPATH"].map(outside).into()
    }

    fn make(pool: &Arc<Pool>, root: &Path) -> Result<Scratch, Failure> {
        let (pool, cache) = (pool.clone(), &pool.cache);
        let place = cache.join("scratch");
        let failure = |e: io::Error| io_failure(&place, &why_io(&e));
        let mut private = fs::DirBuilder::new();
        private.recursive(true).mode(0o700);
        private.create(&place).map_err(failure)?;
        sweep::copies(&place);
        let name = root_name(root);
        let kept = cache.join("kept").join(&name);
        sweep::kept(&cache.join("kept"));
        for dir in [BUILT, CACHED] {
            private.create(kept.join(dir)).map_err(failure)?;
        }
        // The next sweep sees that it is used.
        let _ = File::open(&kept).and_then(|dir| dir.set_modified(SystemTime::now()));
        // The same name each time, if it is free: what was built there fits again.
        for serial in 0u32.. {
            let dir = place.join(format!("{name}-{serial}"));
            let path = dir.with_extension("lock");
            let lock = File::options().write(true).create(true).truncate(false).mode(0o600).open(&path);
            let lock = lock.map_err(failure)?;
            // Another process's sweep may have had the lock first and taken the file away.
            if lock.try_lock().is_ok() && path.exists() {
                // The next sweep sees that it is used.
                let _ = lock.set_modified(SystemTime::now());
                let (root, environments) = (root.to_owned(), Vec::new());
                return Ok(Scratch { pool, dir, lock, serial, kept, root, environments, released: false });
            }
        }
        Err(io_failure(&place, "it holds too many copies"))
    }

    /// All files that a proposal has ever changed in a copy of this root, these included. What was built of a proposal's
    /// text is newer than the repository's file, which has to look newer still when it is there again.
    fn changed(&self, changes: &ChangeSet) -> Result<BTreeSet<String>, Failure> {
        // Beside what the check may write: it shall not be able to make this a link.
        let file = self.kept.join("changed");
        let failure = |e: io::Error| io_failure(&file, &why_io(&e));
        let before = match fs::read_to_string(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failure(error)),
            read => read.unwrap_or_default(),
        };
        let mut all: BTreeSet<String> = before.lines().map(str::to_owned).collect();
        let new: String =
            changes.files.iter().filter(|c| !all.contains(&c.path)).map(|c| c.path.clone() + "\n").collect();
        let mut list = File::options().append(true).create(true).mode(0o600).open(&file).map_err(failure)?;
        list.write_all(new.as_bytes()).map_err(failure)?;
        all.extend(new.lines().map(str::to_owned));
        Ok(all)
    }

    /// After everything else: nothing that the copy writes goes through a link.
    fn lend(&mut self, listing: &Listing, manifest: &mut Manifest) -> Result<(), Failure> {
        let has = |place: &&str| manifest.has_directory(parent(place));
        let places = listing.dependencies.iter().map(String::as_str).filter(has);
        let lent = dependency::lend(&self.root, &self.dir, places);
        let lent = lent.map_err(|e| io_failure(&self.dir, &why_io(&e)))?;
        lent.places.iter().for_each(|place| manifest.touch(parent(place)));
        manifest.lent = lent.places;
        self.environments = lent.environments;
        Ok(())
    }

    fn copy(
        &self,
        root: &Root,
        entries: &[&FileEntry],
        changed: &BTreeSet<String>,
        manifest: &mut Manifest,
    ) -> Result<(), Failure> {
        for entry in entries {
            let FileEntry { path, size, .. } = entry;
            let failure = |why: String| io_failure(&root.path().join(path), &why);
            let source = match read::open(root, path) {
                Ok(fd) => File::from(fd),
                // Gone since the listing was made.
                Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => continue,
                Err(errno) => return Err(failure(why(errno))),
            };
            let stat = rustix::fs::fstat(&source).map_err(|e| failure(why(e)))?;
            if !FileType::from_raw_mode(stat.st_mode).is_file() {
                continue;
            }
            let target = self.dir.join(path);
            let time = if changed.contains(path) { Time::New } else { Time::Kept };
            // At most what was counted: it may have grown since.
            let copied = make_parent(&target).and_then(|()| copy_file(source, *size, &target, stat.st_mode, time));
            let copied = copied.map_err(|e| io_failure(&target, &why_io(&e)))?;
            // Not as it is now: what has changed since the listing differs from the next one, and is copied again.
            manifest.put(path, Source::Root(Stamp::from(*entry)), copied);
        }
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.serial >= sweep::STAYING {
            sweep::remove(&self.dir);
        } else if !self.released {
            self.pool.abandon(&self.dir);
        }
        let _ = self.lock.unlock();
    }
}

/// Files by the directory they lie in, in the order they have: by path, so that those of a directory mostly stand together.
fn by_directory(mut entries: &[FileEntry]) -> ByDirectory<'_> {
    let mut all = ByDirectory::default();
    while let Some(first) = entries.first() {
        let (directory, name) = split(&first.path);
        let lead = &first.path[..first.path.len() - name.len()];
        let files: &mut Vec<_> = all.entry(directory).or_default();
        let before = files.len();
        files.extend(entries.iter().map_while(|entry| {
            let name = entry.path.strip_prefix(lead).filter(|name| !name.contains('/'))?;
            Some((name, entry))
        }));
        entries = &entries[files.len() - before..];
    }
    all
}

/// The folders of what is kept that a check may write.
const BUILT: &str = "target";
const CACHED: &str = "cache";

/// A root's name among the copies: the same for the same place.
fn root_name(root: &Path) -> String {
    Sha256::digest(root.as_os_str().as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn too_large(what: &str) -> Failure {
    let message = format!(
        "The check was not run: its copy of the repository would hold {what}. List what the check does not need in .vibeignore."
    );
    Failure::fatal(FailureKind::Denied, message)
}

fn io_failure(path: &Path, why: &str) -> Failure {
    let message = format!("The check was not run: `{}` could not be copied: {why}.", path.display());
    Failure::fatal(FailureKind::Io, message)
}
