//! What a scratch copy holds and what each file in it was copied from, so that the next copy of the root begins with it.
//!
//! Trusts nothing that a check could have touched: every file and directory is compared with its stamp, and what differs or
//! is not known is removed. A manifest of another version, another root or from before the machine started counts as none.

use crate::domain::listing::FileEntry;
use crate::repo::walk::stamped;
use foldhash::fast::RandomState;
use rustix::fs::{AtFlags, Mode, OFlags, Stat};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The version of the form.
const VERSION: u32 = 1;
/// Directories a thread looks at, at least: below it a second one does not pay.
const LEAST_SHARE: usize = 200;

/// What tells whether a file is still the same without reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    pub size: u64,
    modified_ns: i64,
    changed_ns: i64,
    inode: u64,
}

impl Stamp {
    pub(super) fn of(stat: &Stat) -> Stamp {
        Stamp::from(&stamped("", stat))
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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Directory {
    stamp: Stamp,
    pub files: HashMap<String, Kept, RandomState>,
    /// Whether something was put in or taken out since.
    #[serde(skip)]
    pub touched: bool,
}

/// What a copy holds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Manifest {
    version: u32,
    /// Names the time since the machine was started: what was written before may not have reached the disk whole.
    boot: String,
    root: Vec<u8>,
    /// By path relative to the copy; the copy itself is the empty one.
    pub directories: HashMap<String, Directory, RandomState>,
    /// What was lent, as paths.
    pub lent: Vec<String>,
}

/// What is wrong with a directory.
enum Verdict {
    Whole,
    /// It is another one, or none.
    Lost,
    /// Files that differ, and whether names came or went.
    Differs {
        files: Vec<String>,
        names: bool,
    },
}

impl Manifest {
    pub(super) fn new(root: &Path) -> Manifest {
        let root = root.as_os_str().as_bytes().to_vec();
        Manifest { version: VERSION, boot: boot(), root, ..Manifest::default() }
    }

    /// The manifest in `file`, if it describes a copy of this root. The file goes: what follows changes the copy.
    pub(super) fn take(file: &Path, root: &Path) -> Option<Manifest> {
        let bytes = fs::read(file).ok();
        let _ = fs::remove_file(file);
        let manifest: Manifest = postcard::from_bytes(&bytes?).ok()?;
        let (version, boot, of) = (&manifest.version, &manifest.boot, &manifest.root);
        (*version == VERSION && *boot == self::boot() && *of == root.as_os_str().as_bytes()).then_some(manifest)
    }

    /// Keeps it in `file`, whole or not at all.
    pub(super) fn save(&mut self, file: &Path, copy: &Path) -> io::Result<()> {
        for (path, directory) in self.directories.iter_mut().filter(|(_, d)| d.touched) {
            directory.stamp = Stamp::of(&rustix::fs::lstat(copy.join(path))?);
        }
        let bytes = postcard::to_stdvec(self).map_err(io::Error::other)?;
        let beside = file.with_extension("new");
        fs::write(&beside, bytes)?;
        fs::rename(beside, file)
    }

    /// The record of a file.
    pub(super) fn file(&mut self, path: &str) -> Option<&mut Kept> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        self.directories.get_mut(parent)?.files.get_mut(name)
    }

    /// Notes a file that was put into the copy.
    pub(super) fn put(&mut self, path: &str, source: Source, stamp: Stamp) {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut above = Some(parent);
        while let Some(path) = above.filter(|path| !self.directories.contains_key(*path)) {
            self.directories.insert(path.to_owned(), Directory { touched: true, ..Directory::default() });
            above = (!path.is_empty()).then(|| path.rsplit_once('/').map_or("", |(above, _)| above));
        }
        // The directory above a new one has another name in it.
        if let Some(above) = above.and_then(|path| self.directories.get_mut(path)) {
            above.touched = true;
        }
        if let Some(directory) = self.directories.get_mut(parent) {
            directory.touched = true;
            directory.files.insert(name.to_owned(), Kept { source, stamp, wanted: true });
        }
    }

    /// Files that do not belong to the copy that is being made.
    pub(super) fn unwanted(&self) -> Vec<String> {
        let path =
            |parent: &str, name: &str| if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") };
        let all = self.directories.iter().flat_map(|(parent, d)| d.files.iter().map(move |file| (parent, file)));
        all.filter(|(_, (_, kept))| !kept.wanted).map(|(parent, (name, _))| path(parent, name)).collect()
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
        let (mut parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        if let Some(directory) = self.directories.get_mut(parent) {
            directory.files.remove(name);
        }
        loop {
            self.touch(parent);
            let empty = self.directories.get(parent).is_some_and(|d| d.files.is_empty());
            if parent.is_empty() || !empty || fs::remove_dir(copy.join(parent)).is_err() {
                return Ok(());
            }
            self.directories.remove(parent);
            parent = parent.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    /// Removes what is not as it was put there: what is kept afterwards is what the manifest says, and nothing else is there.
    pub(super) fn clean(&mut self, copy: &Path) -> io::Result<()> {
        let handle = rustix::fs::open(copy, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let mut verdicts: Vec<(String, Verdict)> = {
            let all: Vec<(&String, &Directory)> = self.directories.iter().collect();
            let threads = std::thread::available_parallelism().map_or(1, usize::from).min(4);
            let share = all.len().div_ceil(threads).max(LEAST_SHARE);
            let handle = handle.as_fd();
            let look = |part: &[(&String, &Directory)]| -> Vec<(String, Verdict)> {
                let judged = part.iter().map(|(path, directory)| ((*path).clone(), judge(handle, path, directory)));
                judged.filter(|(_, verdict)| !matches!(verdict, Verdict::Whole)).collect()
            };
            std::thread::scope(|scope| {
                let parts: Vec<_> = all.chunks(share).map(|part| scope.spawn(move || look(part))).collect();
                parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
            })
        };
        // What is above comes first: below a path that was cleaned no link leads elsewhere.
        verdicts.sort_by(|a, b| a.0.cmp(&b.0));
        for (path, verdict) in verdicts {
            match verdict {
                Verdict::Whole => {}
                Verdict::Lost => {
                    let beneath = format!("{path}/");
                    self.directories.retain(|known, _| *known != path && !known.starts_with(&beneath));
                    remove_any(&copy.join(&path))?;
                    self.touch(path.rsplit_once('/').map_or("", |(above, _)| above));
                }
                Verdict::Differs { files, names } if self.directories.contains_key(&path) => {
                    self.mend(&path, copy, &files, names)?;
                }
                Verdict::Differs { .. } => {}
            }
        }
        Ok(())
    }

    fn mend(&mut self, path: &str, copy: &Path, files: &[String], names: bool) -> io::Result<()> {
        let place = copy.join(path);
        self.touch(path);
        // A check may have made it unwritable.
        fs::set_permissions(&place, fs::Permissions::from_mode(0o700))?;
        let prefix = if path.is_empty() { String::new() } else { format!("{path}/") };
        for entry in fs::read_dir(&place)?.filter(|_| names) {
            let entry = entry?;
            let name = entry.file_name();
            let known = name.to_str().filter(|name| {
                let is_file = self.directories.get(path).is_some_and(|d| d.files.contains_key(*name));
                let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir())
                    && self.directories.contains_key(&format!("{prefix}{name}"));
                is_file || is_directory
            });
            if known.is_none() {
                remove_any(&entry.path())?;
            }
        }
        for name in files {
            if let Some(directory) = self.directories.get_mut(path) {
                directory.files.remove(name);
            }
            remove_any(&place.join(name))?;
        }
        Ok(())
    }
}

fn judge(copy: BorrowedFd<'_>, path: &str, directory: &Directory) -> Verdict {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let at = if path.is_empty() { "." } else { path };
    let Ok(handle) = rustix::fs::openat(copy, at, flags, Mode::empty()) else { return Verdict::Lost };
    let Ok(stat) = rustix::fs::fstat(&handle) else { return Verdict::Lost };
    let now = Stamp::of(&stat);
    if now.inode != directory.stamp.inode && !path.is_empty() {
        return Verdict::Lost;
    }
    let differs = |(name, kept): &(&String, &Kept)| {
        let stat = rustix::fs::statat(&handle, name.as_str(), AtFlags::SYMLINK_NOFOLLOW);
        stat.is_ok_and(|stat| Stamp::of(&stat) != kept.stamp) || stat.is_err()
    };
    let files: Vec<String> = directory.files.iter().filter(differs).map(|(name, _)| name.clone()).collect();
    let names = now != directory.stamp;
    if files.is_empty() && !names { Verdict::Whole } else { Verdict::Differs { files, names } }
}

/// Removes a file, a link or a directory with everything in it; what is not there is no error.
pub(super) fn remove_any(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(()),
        removed => removed,
    }
}

/// What names the time since the machine was started; empty where the system has no such name.
fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default()
}
