//! Which files changed lately, by git's own history. Runs `git` for reading only, with nothing that a repository's
//! configuration could make it start, and gives up rather than make anybody wait.

use super::{Root, git};
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::Read;
use std::sync::mpsc::channel;
use std::time::Duration;

/// Commits that are looked at.
const COMMITS: &str = "-n30";
/// A commit that changes more files than this (an import, a move of everything) says nothing of any of them.
const TELLING: usize = 50;
/// Most paths that are given.
const MOST: usize = 100;
/// Most bytes of git's answer that are read.
const MOST_BYTES: u64 = 1 << 20;
/// How long git may take.
const PATIENCE: Duration = Duration::from_millis(300);

/// The files that the newest commits changed, newest first, each once, relative to the root. Empty outside git, without a
/// `git` command, and when it takes longer than 0.3 s.
pub fn recent(root: &Root) -> Vec<String> {
    if !root.is_git() {
        return Vec::new();
    }
    let git = git::command(root)
        .args(["log", COMMITS, "--no-show-signature", "--no-merges", "--no-renames", "--no-ext-diff", "--no-textconv"])
        .args(["--name-only", "--relative", "--format=%x01", "-z"])
        .spawn();
    let Ok(mut git) = git else { return Vec::new() };
    let output = git.stdout.take();
    let (sender, answer) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.map(|output| output.take(MOST_BYTES).read_to_end(&mut bytes));
        let _ = sender.send(if matches!(read, Some(Ok(_))) { bytes } else { Vec::new() });
    });
    let bytes = answer.recv_timeout(PATIENCE).unwrap_or_default();
    let _ = kill_process_group(Pid::from_child(&git), Signal::KILL);
    // Nobody waits for a git that the kernel holds.
    std::thread::spawn(move || git.wait());
    paths(&bytes)
}

/// The paths of commits that begin with a mark, each path ended by a zero.
fn paths(bytes: &[u8]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for commit in bytes.split(|b| *b == 1) {
        let own: Vec<&[u8]> = commit.split(|b| matches!(b, 0 | b'\n')).filter(|path| !path.is_empty()).collect();
        if own.len() > TELLING {
            continue;
        }
        for path in own.into_iter().filter_map(|path| std::str::from_utf8(path).ok()) {
            if !found.iter().any(|other| other == path) {
                found.push(path.to_owned());
            }
        }
    }
    found.truncate(MOST);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_that_changes_everything_says_nothing_of_a_file() {
        let import: String = (0..60).map(|i| format!("f{i}\0")).collect();
        let answer = format!("\x01\0b.rs\0a.rs\0\x01\0{import}\x01\0a.rs\0c.rs\0");
        assert_eq!(paths(answer.as_bytes()), ["b.rs", "a.rs", "c.rs"]);
    }
}
