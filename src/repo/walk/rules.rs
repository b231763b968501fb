//! Which names of a directory its ignore files, those above it and git's own lists of exclusions leave out.
//!
//! The patterns are the `ignore` crate's; this keeps which of them count where. A directory without a file of rules shares
//! those of the one above. Files of rules may be links, which git does not follow for `.gitignore`: who shares one list
//! of rules among projects means it. What is no regular file holds no rules.

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustix::fs::{FileType, Mode, OFlags};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names that say there are rules. What the first says counts before what the second says, wherever both stand; of the same
/// name, the nearest counts first. `.git` stands for the `info/exclude` in it.
pub(super) const RULES: [&str; 4] = [".vibeignore", ".ignore", ".gitignore", ".git"];
/// Bytes that are read of a file of rules: some 50,000 patterns.
const MAX_BYTES: usize = 1 << 20;

/// The rules that count in a directory.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// By [`RULES`].
    kinds: [Option<Arc<Nearest>>; RULES.len()],
    /// The user's own, for every repository; with the top of this one. They count last.
    global: Option<Arc<(Gitignore, PathBuf)>>,
}

/// The nearest rules of a kind, and those above.
#[derive(Debug)]
struct Nearest {
    patterns: Gitignore,
    /// Bytes of a path that lead to their directory.
    lead: usize,
    above: Option<Arc<Nearest>>,
}

impl Rules {
    /// Those that count above the top.
    pub(super) fn above(top: &Path) -> Arc<Rules> {
        let (patterns, _) = Gitignore::global();
        let global = (!patterns.is_empty()).then(|| Arc::new((patterns, top.to_owned())));
        Arc::new(Rules { kinds: Default::default(), global })
    }

    /// Those that count in the directory `path` below, which has the files of rules `found`; `cut` is told the names of those
    /// that are too large to be read whole.
    pub(super) fn within(
        self: &Arc<Rules>,
        dir: BorrowedFd<'_>,
        path: &str,
        found: [bool; RULES.len()],
        mut cut: impl FnMut(&str),
    ) -> Arc<Rules> {
        let mut rules: Option<Rules> = None;
        for (kind, name) in RULES.iter().enumerate().filter(|(kind, _)| found[*kind]) {
            let Some(mut text) = (if *name == ".git" { exclusions(dir) } else { read(dir, Path::new(name)) }) else {
                continue;
            };
            if text.len() > MAX_BYTES {
                cut(name);
                text.truncate(text.iter().rposition(|byte| *byte == b'\n').unwrap_or(0));
            }
            if let Some(patterns) = parse(&text) {
                let lead = if path.is_empty() { 0 } else { path.len() + 1 };
                let slot = &mut rules.get_or_insert_with(|| Rules::clone(self)).kinds[kind];
                *slot = Some(Arc::new(Nearest { patterns, lead, above: slot.take() }));
            }
        }
        rules.map_or_else(|| self.clone(), Arc::new)
    }

    /// Whether a path of the directory, relative to the top, is left out.
    pub(super) fn leave_out(&self, path: &[u8], is_dir: bool) -> bool {
        for kind in &self.kinds {
            let mut next = kind.as_deref();
            while let Some(nearest) = next {
                match nearest.patterns.matched(OsStr::from_bytes(&path[nearest.lead..]), is_dir) {
                    Match::None => next = nearest.above.as_deref(),
                    found => return found.is_ignore(),
                }
            }
        }
        let global = self.global.as_deref();
        // They are relative to the directory the program was started in, so the whole path counts.
        global.is_some_and(|(patterns, top)| patterns.matched(top.join(OsStr::from_bytes(path)), is_dir).is_ignore())
    }
}

/// The patterns of a text, if it has any. Lines that make no pattern, or are not UTF-8, are passed over.
fn parse(text: &[u8]) -> Option<Gitignore> {
    // It is asked for paths relative to its directory.
    let mut builder = GitignoreBuilder::new("");
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    for line in text.split(|byte| *byte == b'\n') {
        if let Ok(line) = std::str::from_utf8(line.strip_suffix(b"\r").unwrap_or(line)) {
            let _ = builder.add_line(None, line);
        }
    }
    builder.build().ok().filter(|patterns| !patterns.is_empty())
}

/// What git leaves out of this repository alone. A worktree's `.git` is a file that leads to the repository it is of.
fn exclusions(dir: BorrowedFd<'_>) -> Option<Vec<u8>> {
    const FILE: &str = "info/exclude";
    if let Some(text) = read(dir, &Path::new(".git").join(FILE)) {
        return Some(text);
    }
    let own = first_line(read(dir, Path::new(".git"))?);
    let own = Path::new(OsStr::from_bytes(own.strip_prefix(b"gitdir: ")?));
    let shared = first_line(read(dir, &own.join("commondir"))?);
    read(dir, &own.join(OsStr::from_bytes(&shared)).join(FILE))
}

fn first_line(mut text: Vec<u8>) -> Vec<u8> {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    text.truncate(end);
    if text.ends_with(b"\r") {
        text.pop();
    }
    text
}

/// What a file holds, as seen from a directory, or a little more of it than is used. Waits for no pipe.
fn read(dir: BorrowedFd<'_>, path: &Path) -> Option<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(dir, path, flags, Mode::empty()).ok()?;
    let stat = rustix::fs::fstat(&file).ok()?;
    let mut text = Vec::new();
    let is_file = FileType::from_raw_mode(stat.st_mode).is_file();
    (is_file && File::from(file).take(MAX_BYTES as u64 + 1).read_to_end(&mut text).is_ok()).then_some(text)
}
