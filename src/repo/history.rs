//! Which files changed lately, by git's own history. Runs `git` for reading only, with nothing that a repository's
//! configuration could make it start, and gives up rather than make anybody wait.

use super::Root;
use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Commits that are looked at.
const COMMITS: &str = "-n30";
/// Most paths that are given.
const MOST: usize = 100;
/// Most bytes of git's answer that are read: a commit may change every file.
const MOST_BYTES: u64 = 1 << 20;
/// How long git may take.
const PATIENCE: Duration = Duration::from_millis(300);
/// Between two looks at whether it is done.
const LOOK: Duration = Duration::from_millis(3);

/// The files that the newest commits changed, newest first, each once, relative to the root. Empty outside git, without a
/// `git` command, and when it takes longer than 0.3 s.
pub fn recent(root: &Root) -> Vec<String> {
    let git = Command::new("git")
        .arg("-C")
        .arg(root.path())
        .args(["--no-pager", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false"])
        .args(["log", COMMITS, "--no-show-signature", "--no-merges", "--no-renames", "--no-ext-diff", "--no-textconv"])
        .args(["--name-only", "--relative", "--format=", "-z"])
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs([("GIT_TERMINAL_PROMPT", "0"), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_NO_LAZY_FETCH", "1")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut git) = git else { return Vec::new() };
    let output = git.stdout.take();
    // A thread reads, so that a full pipe does not keep git from ending and a silent git does not keep us.
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        output.map(|output| output.take(MOST_BYTES).read_to_end(&mut bytes)).map(|_| bytes)
    });
    let begun = Instant::now();
    let ended = loop {
        match git.try_wait() {
            Ok(Some(status)) => break status.success(),
            Ok(None) if begun.elapsed() < PATIENCE => std::thread::sleep(LOOK),
            _ => {
                let _ = git.kill();
                let _ = git.wait();
                break false;
            }
        }
    };
    match reader.join() {
        Ok(Some(bytes)) if ended => paths(&bytes),
        _ => Vec::new(),
    }
}

fn paths(bytes: &[u8]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for path in bytes.split(|b| matches!(b, 0 | b'\n')).filter(|path| !path.is_empty()) {
        if let Ok(path) = std::str::from_utf8(path)
            && !found.iter().any(|other| other == path)
        {
            found.push(path.to_owned());
        }
        if found.len() == MOST {
            break;
        }
    }
    found
}
