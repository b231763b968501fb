//! What a scratch copy holds and what each file in it was copied from, so that the next copy of the root begins with it.
//!
//! A manifest of another version, another root or from before the machine started counts as none. Directories in which
//! nothing is to be done are never taken apart: what was written of them is written again.

use super::look::{Depth, Looked, Verdict, Wanted, look};
use super::remove::remove_any;
use crate::domain::listing::FileEntry;
use crate::domain::path::{self, join, split};
use crate::repo::walk::stamped;
use rustix::fs::{Mode, OFlags, Stat};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The version of the form.
const VERSION: u32 = 2;

/// What tells whether a file is still the same without reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    pub size: u64,
    modified_ns: i64,
    changed_ns: i64,
    pub inode: u64,
}

impl Stamp {
    pub(super) fn of(stat: &Stat) -> Stamp {
        Stamp::from(&stamped("", stat))
    }

    /// Of what is at a path, which may be a link.
    pub(super) fn read(path: &Path) -> io::Result<Stamp> {
        Ok(Stamp::of(&rustix::fs::lstat(path)?))
    }
}

impl From<&FileEntry> for Stamp {
    fn from(entry: &FileEntry) -> Stamp {
        let FileEntry { size, modified_ns, changed_ns, inode, .. } = *entry;
        Stamp { size, modified_ns, changed_ns, inode }
    }
}

/// Where a file's content is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Source {
    /// The root's own file, as it was then.
    Root(Stamp),
    /// A proposal: the digest of its text.
    Proposal([u8; 32]),
}

/// A file of the copy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub source: Source,
    pub stamp: Stamp,
    /// Whether it belongs to the copy that is being made.
    #[serde(skip)]
    pub wanted: bool,
}

/// A directory of the copy.
#[derive(Debug)]
struct Directory {
    stamp: Stamp,
    files: Files,
    /// Whether something was put in or taken out since.
    touched: bool,
}

#[derive(Debug)]
enum Files {
    /// As they shall be, and where in the bytes of the manifest they stand.
    Same(Range<usize>),
    Open(BTreeMap<String, Kept>),
}

/// What a copy holds.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    /// What was read.
    bytes: Vec<u8>,
    /// By path relative to the copy; the copy itself is the empty one.
    directories: BTreeMap<String, Directory>,
    /// What was lent, as paths.
    pub lent: Vec<String>,
}

/// What stands at the beginning of a manifest. Each directory's path, stamp and length follow, each with its files.
#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    /// Names the time since the machine was started: what was written before may not have reached the disk whole.
    boot: String,
    root: Vec<u8>,
    lent: Vec<String>,
    directories: usize,
}

/// The files of a root by directory, each with its name.
pub(super) type ByDirectory<'a> = HashMap<&'a str, Vec<(&'a str, &'a FileEntry)>, foldhash::fast::RandomState>;

impl Manifest {
    /// Of a copy that holds nothing.
    pub(super) fn new() -> Manifest {
        let mut manifest = Manifest::default();
        manifest.insert("");
        manifest
    }

    /// The manifest in `file`, if it describes a copy of this root.
    pub(super) fn read(file: &Path, root: &Path) -> Option<Manifest> {
        let bytes = fs::read(file).ok()?;
        let (head, mut rest) = postcard::take_from_bytes::<Head>(&bytes).ok()?;
        if head.version != VERSION || head.boot != boot() || head.root != root.as_os_str().as_bytes() {
            return None;
        }
        let mut directories = BTreeMap::new();
        for _ in 0..head.directories {
            let ((path, stamp, length), behind) = postcard::take_from_bytes::<(String, Stamp, usize)>(rest).ok()?;
            let start = bytes.len() - behind.len();
            rest = behind.get(length..)?;
            directories.insert(path, Directory { stamp, files: Files::Same(start..start + length), touched: false });
        }
        Some(Manifest { directories, lent: head.lent, bytes })
    }

    /// The same, and the file goes: what follows changes the copy.
    pub(super) fn take(file: &Path, root: &Path) -> Option<Manifest> {
        let manifest = Manifest::read(file, root);
        let _ = fs::remove_file(file);
        manifest
    }

    /// Keeps it in `file`, whole or not at all.
    pub(super) fn save(&self, file: &Path, root: &Path, copy: &Path) -> io::Result<()> {
        let head = Head {
            version: VERSION,
            boot: boot(),
            root: root.as_os_str().as_bytes().to_vec(),
            lent: self.lent.clone(),
            directories: self.directories.len(),
        };
        let mut bytes = postcard::to_stdvec(&head).map_err(io::Error::other)?;
        bytes.reserve(self.bytes.len());
        for (path, directory) in &self.directories {
            let stamp = match directory.touched {
                true => Stamp::read(&copy.join(path))?,
                false => directory.stamp,
            };
            let anew;
            let files = match &directory.files {
                Files::Same(at) => &self.bytes[at.clone()],
                Files::Open(files) => {
                    anew = postcard::to_stdvec(files).map_err(io::Error::other)?;
                    &anew
                }
            };
            bytes = postcard::to_extend(&(path, stamp, files.len()), bytes).map_err(io::Error::other)?;
            bytes.extend_from_slice(files);
        }
        let beside = file.with_extension("new");
        fs::write(&beside, bytes)?;
        fs::rename(beside, file)
    }

    /// Whether a directory is in the copy.
    pub(super) fn has_directory(&self, path: &str) -> bool {
        self.directories.contains_key(path)
    }

    /// Whether every file of a directory is as it shall be.
    pub(super) fn is_same(&self, path: &str) -> bool {
        self.directories.get(path).is_some_and(|directory| matches!(directory.files, Files::Same(_)))
    }

    /// The record of a file.
    pub(super) fn file(&mut self, path: &str) -> Option<&mut Kept> {
        let (parent, name) = split(path);
        self.files(parent)?.get_mut(name)
    }

    /// Notes a file that was put into the copy.
    pub(super) fn put(&mut self, path: &str, source: Source, stamp: Stamp) {
        let (parent, name) = split(path);
        let mut above = Some(parent);
        while let Some(path) = above.filter(|path| !self.has_directory(path)) {
            self.insert(path);
            above = (!path.is_empty()).then(|| path::parent(path));
        }
        // The directory above a new one has another name in it.
        above.into_iter().for_each(|above| self.touch(above));
        self.touch(parent);
        if let Some(files) = self.files(parent) {
            files.insert(name.to_owned(), Kept { source, stamp, wanted: true });
        }
    }

    /// Files that do not belong to the copy that is being made.
    pub(super) fn unwanted(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (parent, directory) in &self.directories {
            if let Files::Open(files) = &directory.files {
                let names = files.iter().filter(|(_, kept)| !kept.wanted).map(|(name, _)| name);
                found.extend(names.map(|name| join(parent, name)));
            }
        }
        found
    }

    /// Notes that a name in a directory came or went.
    pub(super) fn touch(&mut self, parent: &str) {
        if let Some(directory) = self.directories.get_mut(parent) {
            directory.touched = true;
        }
    }

    /// Takes a file out of the copy, and the directories that become empty.
    pub(super) fn remove(&mut self, path: &str, copy: &Path) -> io::Result<()> {
        remove_any(&copy.join(path))?;
        let (parent, name) = split(path);
        if let Some(files) = self.files(parent) {
            files.remove(name);
        }
        self.touch(parent);
        self.remove_empty(parent, copy);
        Ok(())
    }

    /// Takes the directories out of the copy that hold nothing any more: a check may have emptied some.
    pub(super) fn prune(&mut self, copy: &Path) {
        let is_empty = |directory: &Directory| matches!(&directory.files, Files::Open(files) if files.is_empty());
        let all = self.directories.iter().filter(|(_, directory)| is_empty(directory));
        let all: Vec<String> = all.map(|(path, _)| path.clone()).collect();
        // What is beneath comes first.
        all.iter().rev().for_each(|path| self.remove_empty(path, copy));
    }

    fn remove_empty(&mut self, mut path: &str, copy: &Path) {
        loop {
            let is_empty = self.files(path).is_some_and(|files| files.is_empty());
            if path.is_empty() || !is_empty || fs::remove_dir(copy.join(path)).is_err() {
                return;
            }
            self.directories.remove(path);
            path = path::parent(path);
            self.touch(path);
        }
    }

    /// Removes what is not as it was put there, and says whether there was any: what is kept afterwards is what the manifest says,
    /// and nothing else is there.
    pub(super) fn restore(&mut self, copy: &Path) -> io::Result<bool> {
        let any = self.compare(copy, Depth::Files, |_| Wanted::Same)?;
        self.prune(copy);
        Ok(any)
    }

    /// As [`restore`](Manifest::restore), as far as it is looked; directories whose files are not those of `wanted`, or are of a
    /// proposal, are open then.
    pub(super) fn clean(
        &mut self,
        copy: &Path,
        depth: Depth,
        wanted: &ByDirectory<'_>,
        proposed: &HashSet<&str>,
    ) -> io::Result<()> {
        let of = |path: &str| match proposed.contains(path) {
            true => Wanted::Proposed,
            false => Wanted::Listed(wanted.get(path).map_or(&[][..], Vec::as_slice)),
        };
        self.compare(copy, depth, of).map(|_| ())
    }

    fn compare<'a>(&mut self, copy: &Path, depth: Depth, wanted: impl Fn(&str) -> Wanted<'a>) -> io::Result<bool> {
        let handle = rustix::fs::open(copy, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let all = self.directories.iter().filter_map(|(path, directory)| match &directory.files {
            Files::Same(at) => {
                let (files, wanted) = (&self.bytes[at.clone()], wanted(path));
                Some(Looked { path, stamp: directory.stamp, files, wanted })
            }
            Files::Open(_) => None,
        });
        let all: Vec<Looked<'_>> = all.collect();
        // What is above comes first: below a path that was cleaned no link leads elsewhere.
        let verdicts = look(&handle, &all, depth).into_iter().map(|(at, verdict)| (all[at].path.to_owned(), verdict));
        let verdicts: Vec<(String, Verdict)> = verdicts.collect();
        let any = !verdicts.is_empty();
        for (path, verdict) in verdicts {
            match verdict {
                Verdict::Lost => {
                    let beneath = beneath(&path);
                    self.directories.retain(|known, _| *known != path && !known.starts_with(&beneath));
                    remove_any(&copy.join(&path))?;
                    self.touch(path::parent(&path));
                }
                Verdict::Differs { files, names } if self.has_directory(&path) => {
                    self.open(&path, false);
                    if names || !files.is_empty() {
                        self.mend(&path, copy, &files, names)?;
                    }
                }
                Verdict::Differs { .. } => {}
            }
        }
        Ok(any)
    }

    /// Removes what was lent, from where the copy is as it was put there: nowhere else is it known where a path leads.
    pub(super) fn take_back(&mut self, copy: &Path) -> io::Result<()> {
        for path in std::mem::take(&mut self.lent) {
            let parent = path::parent(&path);
            if self.has_directory(parent) {
                remove_any(&copy.join(&path))?;
                self.touch(parent);
            }
        }
        Ok(())
    }

    fn mend(&mut self, path: &str, copy: &Path, files: &[String], names: bool) -> io::Result<()> {
        let place = copy.join(path);
        self.touch(path);
        // A check may have made it unwritable.
        fs::set_permissions(&place, fs::Permissions::from_mode(0o700))?;
        for entry in fs::read_dir(&place)?.filter(|_| names) {
            let entry = entry?;
            let name = entry.file_name();
            let known = name.to_str().filter(|name| {
                let is_file = self.files(path).is_some_and(|files| files.contains_key(*name));
                let is_directory =
                    entry.file_type().is_ok_and(|kind| kind.is_dir()) && self.has_directory(&join(path, name));
                is_file || is_directory
            });
            if known.is_none() {
                remove_any(&entry.path())?;
            }
        }
        for name in files {
            if let Some(files) = self.files(path) {
                files.remove(name);
            }
            remove_any(&place.join(name))?;
        }
        Ok(())
    }

    fn insert(&mut self, path: &str) {
        let directory = Directory { stamp: Stamp::default(), files: Files::Open(BTreeMap::new()), touched: true };
        self.directories.insert(path.to_owned(), directory);
    }

    /// The files of a directory, taken apart. Those that were as they shall be are wanted.
    fn files(&mut self, path: &str) -> Option<&mut BTreeMap<String, Kept>> {
        self.open(path, true);
        match &mut self.directories.get_mut(path)?.files {
            Files::Open(files) => Some(files),
            Files::Same(_) => None,
        }
    }

    fn open(&mut self, path: &str, wanted: bool) {
        if let Some(directory) = self.directories.get_mut(path)
            && let Files::Same(at) = &directory.files
        {
            // What cannot be read was never called the same.
            let files = postcard::from_bytes::<BTreeMap<String, Kept>>(&self.bytes[at.clone()]).unwrap_or_default();
            let files = files.into_iter().map(|(name, kept)| (name, Kept { wanted, ..kept }));
            directory.files = Files::Open(files.collect());
        }
    }
}

/// What the paths of what lies in a directory begin with.
fn beneath(directory: &str) -> String {
    if directory.is_empty() { String::new() } else { format!("{directory}/") }
}

/// What names the time since the machine was started; empty where the system has no such name.
fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default()
}
