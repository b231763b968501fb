//! What git says of the working tree, asked of the `git` command. Asks only: takes no lock, opens no pager, waits for
//! no password, runs no file-system monitor, and has a deadline.

use super::Root;
use crate::domain::failure::{Failure, FailureKind};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// Bytes of git's answer that are read; more only means more changed files.
const MAX_ANSWER: u64 = 64 << 10;

/// What the status line shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitStatus {
    /// The branch; `None` when a commit is checked out without one.
    pub branch: Option<String>,
    /// Whether anything tracked differs from the last commit, or anything untracked is not ignored.
    pub dirty: bool,
}

/// The branch and whether the tree is dirty; `None` where the root is no git repository. Dropping the future ends git.
///
/// # Errors
/// `Io` when there is no `git` or it refuses, `Timeout` after `deadline`.
pub async fn branch_and_dirty(root: &Root, deadline: Duration) -> Result<Option<GitStatus>, Failure> {
    if !root.is_git() {
        return Ok(None);
    }
    let late = |_| {
        let message = format!("`git status` took longer than {} s; the branch is not shown.", deadline.as_secs_f32());
        Failure::transient(FailureKind::Timeout, message)
    };
    tokio::time::timeout(deadline, status(root)).await.map_err(late)?.map(Some)
}

async fn status(root: &Root) -> Result<GitStatus, Failure> {
    let failure = |why: &str| Failure::fatal(FailureKind::Io, format!("`git status` failed: {why}"));
    let mut child = command(root).spawn().map_err(|e| failure(&format!("{e}. Is git installed and in PATH?")))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (answer, complaint) = tokio::join!(head(stdout), head(stderr));
    if answer.len() as u64 == MAX_ANSWER {
        // More only lists further changes; dropping the child ends it.
        return Ok(parse(&answer));
    }
    let exit = child.wait().await.map_err(|e| failure(&e.to_string()))?;
    if exit.success() {
        return Ok(parse(&answer));
    }
    let complaint = String::from_utf8_lossy(&complaint);
    Err(failure(complaint.lines().next().unwrap_or("it gave no reason")))
}

fn command(root: &Root) -> Command {
    let mut git = Command::new("git");
    git.args(["--no-pager", "-c", "core.fsmonitor=false", "status", "--porcelain=v2", "--branch", "-z"])
        .args(["--untracked-files=normal", "--ignore-submodules=dirty"])
        .current_dir(root.path())
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_TRACE"] {
        git.env_remove(name);
    }
    git
}

/// The first part of a stream; a stream that breaks off has ended.
async fn head(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let _ = stream.take(MAX_ANSWER).read_to_end(&mut bytes).await;
    }
    bytes
}

/// Reads git's porcelain v2 (git-status(1)): headers start with `# `, everything else is a change.
fn parse(answer: &[u8]) -> GitStatus {
    let mut status = GitStatus { branch: None, dirty: false };
    for entry in answer.split(|b| *b == 0).filter(|e| !e.is_empty()) {
        match entry.strip_prefix(b"# branch.head ") {
            Some(b"(detached)") => {}
            Some(name) => status.branch = Some(String::from_utf8_lossy(name).into_owned()),
            None => status.dirty |= !entry.starts_with(b"# "),
        }
    }
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn porcelain_answers_are_read() {
        let of = |text: &str| parse(text.as_bytes());
        let clean = of("# branch.oid (initial)\0# branch.head main\0# branch.ab +0 -0\0");
        assert_eq!(clean, GitStatus { branch: Some("main".into()), dirty: false });
        assert!(of("# branch.head a/b\0? new\0").dirty);
        assert_eq!(of("# branch.oid 1234\0# branch.head (detached)\0").branch, None);
    }
}
