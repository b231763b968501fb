//! Starts a command in the sandbox, reads what it prints in flat memory, and sees that it ends.
//!
//! Never a shell, never the terminal, never the environment as it is. What the command started is ended before this
//! returns, and the outcome says whether it was seen to be gone; when the future is dropped instead, or the program dies, the sandbox's first process sees to it.

use super::Policy;
use super::capture::Output;
use super::environment::environment;
use super::sandbox::{ENTRY, Refusal, SUPERVISE, Spec};
use super::supervise::{Last, Word};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::pipe::Receiver;
use tokio::process::{Child, Command};

/// Between asking a process to end and ending it.
const GRACE: Duration = Duration::from_millis(500);
/// How long the supervisor may take to end everything after the deadline, before it is ended itself.
const PATIENCE: Duration = Duration::from_secs(4);
/// The longest last word that is read.
const MAX_WORD: usize = 64 * 1024;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// At the deadline, with everything it had started.
    Deadline,
}

/// A command that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub ended: Ended,
    /// What it printed: on either output, in order; of a report on standard output only.
    pub output: Output,
    /// What a tool printed on standard error beside its report.
    pub errors: Output,
    /// Milliseconds it took.
    pub millis: u64,
    /// Whether everything that it started was seen to end. Only Linux can tell.
    pub gone: bool,
}

/// Why a command did not run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RunError {
    /// It would have run without a sandbox.
    #[error("the check did not run because there is no sandbox: {0}")]
    NoSandbox(String),
    /// The command is not there.
    #[error("the check did not run: {0}")]
    NotFound(String),
    /// Its directory does not lie in the scratch copy: it is gone, or a link leads out.
    #[error("the check did not run: the directory `{0}` is not in the scratch copy")]
    Outside(String),
    /// Anything else.
    #[error("the check did not run: {0}")]
    Failed(String),
}

/// Where a command runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The copy's top, which may be written.
    pub root: &'a Path,
    /// The directory to start in, from there. What ran before may have put a link in its place, so that it never decides what
    /// may be written.
    pub dir: &'a str,
}

/// What is kept of what a command prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// Both ends of both outputs as one.
    Ends,
    /// The beginning of standard output, and standard error apart from it.
    Report,
}

/// Runs `argv` in `root` under `policy` until it ends or `deadline` has passed.
pub async fn run(argv: &[String], root: &Path, deadline: Duration, policy: &Policy) -> Result<Outcome, RunError> {
    run_keeping(Keep::Ends, argv, Place { root, dir: "" }, deadline, policy).await
}

/// As [`run`], in a directory of the copy, keeping what is told.
pub(super) async fn run_keeping(
    keep: Keep,
    argv: &[String],
    place: Place<'_>,
    deadline: Duration,
    policy: &Policy,
) -> Result<Outcome, RunError> {
    let start = Instant::now();
    let failed = |what: &str, e: &dyn std::fmt::Display| RunError::Failed(format!("{what}: {e}"));
    let root = place.root.canonicalize();
    let root = root.map_err(|e| failed(&format!("the scratch copy {}", place.root.display()), &e))?;
    let dir = root.join(place.dir).canonicalize().ok().filter(|dir| dir.starts_with(&root));
    let dir = dir.ok_or_else(|| RunError::Outside(place.dir.to_owned()))?;
    let writable = std::iter::once(root.clone()).chain(policy.writable.iter().cloned()).collect();
    let spec = Spec { network: policy.network, writable, grace_ms: GRACE.as_millis() as u64 };
    let (mut child, mut socket, mut printed) = spawn(keep, argv, &dir, policy, &spec)?;
    let (mut output, mut errors) = match keep {
        Keep::Ends => (Output::default(), Output::default()),
        Keep::Report => (Output::report(), Output::default()),
    };
    let mut word = Vec::new();
    let mut ended = None;
    {
        let exchange = exchange(&mut socket.read, &mut printed, &mut word, (&mut output, &mut errors));
        tokio::pin!(exchange);
        if tokio::time::timeout(deadline, &mut exchange).await.is_err() {
            ended = Some(Ended::Deadline);
            // Closing our half is the word to end everything.
            let _ = socket.write.shutdown().await;
            let _ = tokio::time::timeout(PATIENCE, &mut exchange).await;
        }
    }
    let status = reap(&mut child).await;
    let word = serde_json::from_slice::<Word>(&word);
    let gone = word.as_ref().is_ok_and(|word| word.alone);
    let ended = match (ended, word.map(|word| word.last)) {
        (Some(ended), _) => ended,
        (None, Ok(Last::Exited(code))) => Ended::Exited(code),
        (None, Ok(Last::Signalled(signal))) => Ended::Signalled(signal),
        (None, Ok(Last::Refused(Refusal::NoSandbox(why)))) => return Err(RunError::NoSandbox(why)),
        (None, Ok(Last::Refused(Refusal::NotFound(why)))) => return Err(RunError::NotFound(why)),
        (None, Ok(Last::Refused(Refusal::Failed(why)))) => return Err(RunError::Failed(why)),
        (None, Err(_)) => {
            let how = status.map_or("it cannot be waited for".to_owned(), |s| s.to_string());
            let said = output.text();
            let said = said.lines().last().unwrap_or("nothing");
            return Err(RunError::Failed(format!("the sandbox ended without a word ({how}); it said: {said}")));
        }
    };
    let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Outcome { ended, output, errors, millis, gone })
}

/// Our end of the supervisor's socket.
struct Socket {
    read: tokio::net::unix::OwnedReadHalf,
    write: tokio::net::unix::OwnedWriteHalf,
}

/// Our ends of what it prints.
struct Printed {
    output: Receiver,
    errors: Option<Receiver>,
}

fn spawn(
    keep: Keep,
    argv: &[String],
    dir: &Path,
    policy: &Policy,
    spec: &Spec,
) -> Result<(Child, Socket, Printed), RunError> {
    let failed = |e: std::io::Error| RunError::Failed(format!("the sandbox cannot be set up: {e}"));
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(failed)?;
    ours.set_nonblocking(true).map_err(failed)?;
    let (output, writer) = pipe().map_err(failed)?;
    let (errors, second) = match keep {
        Keep::Ends => (None, writer.try_clone().map_err(failed)?),
        Keep::Report => pipe().map(|(reader, writer)| (Some(reader), writer)).map_err(failed)?,
    };
    let spec = serde_json::to_string(spec).map_err(|e| failed(e.into()))?;
    let mut command = Command::new(&policy.helper);
    command
        .args([ENTRY, SUPERVISE, &spec, "--"])
        .args(argv)
        .current_dir(dir)
        .env_clear()
        .envs(environment(std::env::vars_os()))
        .envs([("TERM", "dumb"), ("NO_COLOR", "1"), ("CI", "1")])
        .envs(policy.variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(writer)
        .stderr(second);
    let child = command
        .spawn()
        .map_err(|e| RunError::Failed(format!("the sandbox {} cannot be started: {e}", policy.helper.display())))?;
    let (read, write) = UnixStream::from_std(ours).map_err(failed)?.into_split();
    Ok((child, Socket { read, write }, Printed { output, errors }))
}

fn pipe() -> std::io::Result<(Receiver, std::io::PipeWriter)> {
    let (reader, writer) = std::io::pipe()?;
    Ok((Receiver::from_owned_fd(OwnedFd::from(reader))?, writer))
}

/// Reads the supervisor's last word and everything printed until both ends are closed.
async fn exchange(
    socket: &mut (impl AsyncReadExt + Unpin),
    printed: &mut Printed,
    word: &mut Vec<u8>,
    (output, errors): (&mut Output, &mut Output),
) {
    let listen = async {
        let mut chunk = [0; 4096];
        while let Ok(n @ 1..) = socket.read(&mut chunk).await {
            if word.len() < MAX_WORD {
                word.extend_from_slice(&chunk[..n]);
            }
        }
    };
    let second = async {
        if let Some(printed) = &mut printed.errors {
            capture(printed, errors).await;
        }
    };
    tokio::join!(listen, capture(&mut printed.output, output), second);
}

async fn capture(printed: &mut Receiver, output: &mut Output) {
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(n @ 1..) = printed.read(&mut chunk).await {
        output.push(&chunk[..n]);
    }
}

/// Waits for the supervisor, which has ended or is ended now.
async fn reap(child: &mut Child) -> Option<ExitStatus> {
    match tokio::time::timeout(Duration::from_millis(500), child.wait()).await {
        Ok(status) => status.ok(),
        Err(_) => {
            let _ = child.start_kill();
            child.wait().await.ok()
        }
    }
}
