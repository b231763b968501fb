//! Opening a path beneath a directory handle: never out of it, never into `.git` through a link, never by a magic link.
//!
//! The kernel's own guard (`openat2`) comes first and sees no symbolic links at all; where links may be followed, or
//! where the kernel has no such guard, the path is walked part by part with `O_NOFOLLOW`.

use super::path;
use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, Result};
use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// What to do with symbolic links on the way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Links {
    /// Follow those that stay beneath the directory and do not enter `.git`.
    Follow,
    /// `LOOP`, wherever in the path one stands.
    Refuse,
}

/// Links followed before a path counts as a loop; the kernel's own limit (path_resolution(7)).
const MAX_LINKS: usize = 40;

/// Opens `path` beneath `dir`.
///
/// # Errors
/// `XDEV` if it leads out, `LOOP` for a refused or endless link, `ACCESS` for a link into `.git`, else the system's own.
pub(super) fn open(dir: BorrowedFd<'_>, path: &str, flags: OFlags, links: Links) -> Result<OwnedFd> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOCTTY;
    match guarded(dir, path, flags) {
        Err(Errno::LOOP) if links == Links::Follow => walk(dir, path, flags, links),
        Err(Errno::NOSYS | Errno::PERM) => walk(dir, path, flags, links),
        result => result,
    }
}

#[cfg(target_os = "linux")]
fn guarded(dir: BorrowedFd<'_>, path: &str, flags: OFlags) -> Result<OwnedFd> {
    use rustix::fs::ResolveFlags;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    rustix::fs::openat2(dir, path, flags, Mode::empty(), resolve)
}

#[cfg(not(target_os = "linux"))]
fn guarded(_dir: BorrowedFd<'_>, _path: &str, _flags: OFlags) -> Result<OwnedFd> {
    Err(Errno::NOSYS)
}

fn walk(dir: BorrowedFd<'_>, path: &str, flags: OFlags, links: Links) -> Result<OwnedFd> {
    let step = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut stack: Vec<OwnedFd> = Vec::new();
    let mut parts: VecDeque<String> = split(path)?;
    let mut followed = 0;
    while let Some(part) = parts.pop_front() {
        if part == ".." {
            stack.pop().ok_or(Errno::XDEV)?;
            continue;
        }
        if followed > 0 && path::is_git_name(&part) {
            return Err(Errno::ACCESS);
        }
        let at = stack.last().map_or(dir, AsFd::as_fd);
        let last = parts.is_empty();
        let how = if last { flags | OFlags::NOFOLLOW } else { step };
        match rustix::fs::openat(at, part.as_str(), how, Mode::empty()) {
            Ok(fd) if last => return Ok(fd),
            Ok(fd) => stack.push(fd),
            Err(error @ (Errno::LOOP | Errno::NOTDIR | Errno::MLINK)) => {
                let Ok(target) = rustix::fs::readlinkat(at, part.as_str(), Vec::new()) else { return Err(error) };
                followed += 1;
                if links == Links::Refuse || followed > MAX_LINKS {
                    return Err(Errno::LOOP);
                }
                for piece in split(target.to_str().map_err(|_| Errno::ILSEQ)?)?.into_iter().rev() {
                    parts.push_front(piece);
                }
            }
            Err(error) => return Err(error),
        }
    }
    rustix::fs::openat(stack.last().map_or(dir, AsFd::as_fd), ".", flags, Mode::empty())
}

fn split(path: &str) -> Result<VecDeque<String>> {
    if path.starts_with('/') {
        return Err(Errno::XDEV);
    }
    Ok(path.split('/').filter(|p| !p.is_empty() && *p != ".").map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn tree() -> (tempfile::TempDir, OwnedFd) {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path().join("root");
        fs::create_dir_all(root.join("dir/deep")).unwrap();
        fs::create_dir_all(root.join(".git")).unwrap();
        fs::write(temp.path().join("secret"), "secret").unwrap();
        fs::write(root.join(".git/config"), "token").unwrap();
        fs::write(root.join("dir/file"), "text").unwrap();
        for (target, name) in [
            ("file", "dir/near"),
            ("../dir/file", "dir/deep/../around"),
            ("../../secret", "dir/out"),
            ("/etc/passwd", "absolute"),
            (".git/config", "config"),
            (".git", "hidden"),
            ("loop", "loop"),
            ("dir", "linked"),
            ("dir/deep/../../..", "up"),
        ] {
            symlink(target, root.join(name)).unwrap();
        }
        let fd = rustix::fs::open(&root, OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
        (temp, fd)
    }

    type Open = fn(BorrowedFd<'_>, &str, OFlags, Links) -> Result<OwnedFd>;

    #[test]
    fn links_inside_are_followed_and_links_that_lead_out_or_into_git_are_not() {
        let (_temp, fd) = tree();
        for how in [open as Open, walk as Open] {
            let at = |path| how(fd.as_fd(), path, OFlags::RDONLY, Links::Follow).map(|_| ());
            for path in ["dir/file", "dir/near", "dir/around", "linked/file", "linked/near", "dir"] {
                assert_eq!(at(path), Ok(()), "{path}");
            }
            assert_eq!(at("dir/out"), Err(Errno::XDEV));
            assert_eq!(at("absolute"), Err(Errno::XDEV));
            assert_eq!(at("up/secret"), Err(Errno::XDEV));
            assert_eq!(at("config"), Err(Errno::ACCESS));
            assert_eq!(at("hidden/config"), Err(Errno::ACCESS));
            assert_eq!(at("loop"), Err(Errno::LOOP));
            assert_eq!(at("dir/none"), Err(Errno::NOENT));
            assert_eq!(at("dir/file/x"), Err(Errno::NOTDIR));
        }
    }

    #[test]
    fn where_links_are_refused_no_part_of_the_path_may_be_one() {
        let (_temp, fd) = tree();
        for how in [open as Open, walk as Open] {
            let at = |path| how(fd.as_fd(), path, OFlags::RDONLY, Links::Refuse).map(|_| ());
            assert_eq!(at("dir/file"), Ok(()));
            for path in ["dir/near", "linked/file", "absolute", "loop", "hidden/config"] {
                assert_eq!(at(path), Err(Errno::LOOP), "{path}");
            }
        }
    }

    #[test]
    fn dot_dot_never_climbs_above_the_directory() {
        let (_temp, fd) = tree();
        for how in [open as Open, walk as Open] {
            assert_eq!(how(fd.as_fd(), "../secret", OFlags::RDONLY, Links::Follow).map(|_| ()), Err(Errno::XDEV));
        }
    }
}
