//! How git is run: for reading only, with nothing that a repository's configuration could make it start, and with a limit on
//! its time and on its answer. Says nothing of what is asked.

use super::Root;
use crate::domain::failure::{Failure, FailureKind};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

/// Most bytes of an answer that are read.
const MOST_BYTES: u64 = 256 << 20;
/// Most bytes of a complaint that are kept.
const MOST_COMPLAINT: u64 = 4 << 10;
/// How long git may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A `git` that starts nothing else: no pager, no monitor, no helper, no fetch; and that reads no configuration but the
/// repository's own.
pub(super) fn command(root: &Root) -> Command {
    let mut git = Command::new("git");
    git.arg("-C")
        .arg(root.path())
        .args(["--no-pager", "--no-optional-locks", "-c", "core.fsmonitor=false", "-c", "log.showSignature=false"])
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .envs([("GIT_TERMINAL_PROMPT", "0"), ("GIT_CONFIG_NOSYSTEM", "1")])
        // A partial clone would fetch what it lacks, by a command of its own configuration.
        .envs([("GIT_NO_LAZY_FETCH", "1"), ("GIT_ALLOW_PROTOCOL", "none")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0);
    git
}

/// Git's answer to arguments and input.
///
/// # Errors
/// When there is no `git`, it fails (with its own words), or it takes longer than 30 s.
pub(super) fn answer(root: &Root, arguments: &[&str], input: Vec<u8>) -> Result<Vec<u8>, Failure> {
    answer_with(root, &[], arguments, input)
}

/// The same without any filter: git asks the repository's for the text of a file whose stamp is as new as the index.
///
/// # Errors
/// Those of [`answer`].
pub(super) fn answer_unfiltered(root: &Root, arguments: &[&str]) -> Result<Vec<u8>, Failure> {
    let listed = answer(root, &["config", "--list", "-z"], Vec::new())?;
    answer_with(root, &without_filters(&listed), arguments, Vec::new())
}

/// Settings by which no filter of a list of settings is left.
fn without_filters(listed: &[u8]) -> Vec<(OsString, &'static str)> {
    let key = |row: &[u8]| row.split(|byte| *byte == b'\n').next().unwrap_or_default().to_owned();
    let filter = |key: Vec<u8>| {
        let end = key.iter().rposition(|byte| *byte == b'.')?;
        key[..end].starts_with(b"filter.").then(|| key[..end].to_owned())
    };
    let filters: BTreeSet<Vec<u8>> = listed.split(|byte| *byte == 0).map(key).filter_map(filter).collect();
    let blank = |filter: &Vec<u8>| {
        [(".clean", ""), (".smudge", ""), (".process", ""), (".required", "false")]
            .map(|(name, value)| (OsString::from_vec([filter, name.as_bytes()].concat()), value))
    };
    filters.iter().flat_map(blank).collect()
}

fn answer_with(
    root: &Root,
    settings: &[(OsString, &str)],
    arguments: &[&str],
    input: Vec<u8>,
) -> Result<Vec<u8>, Failure> {
    let mut git = command(root);
    // By variables, since a filter's name may hold what `-c` takes for the end of a key.
    git.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (number, (key, value)) in settings.iter().enumerate() {
        git.env(format!("GIT_CONFIG_KEY_{number}"), key).env(format!("GIT_CONFIG_VALUE_{number}"), value);
    }
    // While a commit is made, git's own hook sees the index of that commit.
    git.envs(std::env::var_os("GIT_INDEX_FILE").map(|index| ("GIT_INDEX_FILE", index)));
    git.args(arguments).stdin(Stdio::piped()).stderr(Stdio::piped());
    ask(git, input).map_err(|why| {
        let asked = arguments.first().copied().unwrap_or_default();
        Failure::fatal(FailureKind::Io, format!("git {asked}: {why}"))
    })
}

/// Runs a command to its end or to the limit.
fn ask(mut git: Command, input: Vec<u8>) -> Result<Vec<u8>, String> {
    let mut git = git.spawn().map_err(|error| format!("it cannot be started: {error}"))?;
    let (stdin, stdout, stderr) = (git.stdin.take(), git.stdout.take(), git.stderr.take());
    std::thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
    let (sender, answers) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.map(|out| out.take(MOST_BYTES).read_to_end(&mut bytes));
        let mut complaint = Vec::new();
        let _ = stderr.map(|err| err.take(MOST_COMPLAINT).read_to_end(&mut complaint));
        let _ = sender.send((matches!(read, Some(Ok(_))).then_some(bytes), complaint));
    });
    let answer = answers.recv_timeout(PATIENCE);
    if answer.is_err() {
        let _ = kill_process_group(Pid::from_child(&git), Signal::KILL);
        std::thread::spawn(move || git.wait());
        return Err(format!("no answer within {} s", PATIENCE.as_secs()));
    }
    let ended = git.wait().map_err(|error| error.to_string())?;
    match answer {
        Ok((Some(bytes), _)) if ended.success() => Ok(bytes),
        Ok((_, complaint)) => Err(String::from_utf8_lossy(&complaint).trim().to_owned()),
        Err(_) => Err("it did not answer".to_owned()),
    }
}
