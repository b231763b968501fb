//! The sandbox's first process: starts the check, waits for it, and ends whatever it leaves behind.
//!
//! It is told by a socket on its standard input: when the other end closes (deadline, cancelled, or the program died),
//! everything is ended. On that socket it says at last how the check ended. On Linux it is a sub-reaper, so that a
//! process that forks twice and leaves its session is still found. It is not confined itself, and prints nothing.

use super::sandbox::{ENTER, ENTRY, Refusal, Spec};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// The last word on the socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Word {
    pub last: Last,
    /// Whether nothing of the check is left. Without sub-reapers nobody knows.
    pub alone: bool,
}

/// How the check ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Last {
    /// The check ended by itself with this code.
    Exited(i32),
    /// A signal ended it.
    Signalled(i32),
    /// It was not started.
    Refused(Refusal),
}

/// How often processes that should end are looked for.
const LOOK: Duration = Duration::from_millis(10);
/// How long it tries to end what does not end.
const GIVE_UP: Duration = Duration::from_secs(3);

/// The variable that names the directory for caches.
const CACHE: &str = "XDG_CACHE_HOME";

enum News {
    Ended(Pid, WaitStatus),
    /// Nothing is left.
    Alone,
    /// The other end is closed.
    Stop,
}

pub(super) fn main(spec: &Spec, argv: &[String]) -> ! {
    let failed = |e: std::io::Error| Word { last: Last::Refused(Refusal::Failed(e.to_string())), alone: false };
    let last = supervise(spec, argv).unwrap_or_else(failed);
    if let Ok(fd) = std::io::stdin().as_fd().try_clone_to_owned() {
        let line = serde_json::to_vec(&last).unwrap_or_default();
        // Nobody to tell if the program is gone.
        let _ = UnixStream::from(fd).write_all(&line);
    }
    std::process::exit(0)
}

fn supervise(spec: &Spec, argv: &[String]) -> std::io::Result<Word> {
    // Out of the terminal's reach: an interrupt from the keyboard is for the program, which then closes the socket.
    let _ = rustix::process::setsid();
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let socket = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    let temporary = tempfile::Builder::new().prefix("vibe-check-").tempdir()?;
    std::fs::create_dir(temporary.path().join("cache"))?;
    let (mut report, report_end) = std::io::pipe()?;
    let mut spec = spec.clone();
    spec.writable.push(temporary.path().to_owned());
    let mut command = Command::new(std::env::current_exe()?);
    command.args([ENTRY, ENTER, &serde_json::to_string(&spec)?, "--"]).args(argv).stdin(Stdio::from(report_end));
    command.env("TMPDIR", temporary.path());
    // Only a policy can have set it: it is not among the user's variables that a check sees.
    if std::env::var_os(CACHE).is_none() {
        command.env(CACHE, temporary.path().join("cache"));
    }
    let child = command.spawn()?;
    // The command holds the pipe's other end.
    drop(command);
    let mut refusal = Vec::new();
    report.read_to_end(&mut refusal)?;

    let (news, inbox) = channel();
    listen(socket, news.clone());
    reap(news);
    let (status, alone) = until_alone(&inbox, child.id(), Duration::from_millis(spec.grace_ms));
    let alone = alone && cfg!(target_os = "linux");
    // What the check left unremovable there is the system's to clean.
    let _ = temporary.close();
    if let Ok(refusal) = serde_json::from_slice(&refusal) {
        return Ok(Word { last: Last::Refused(refusal), alone });
    }
    let last = match status {
        Some(status) => match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => Last::Exited(code),
            (None, signal) => Last::Signalled(signal.unwrap_or(0)),
        },
        None => Last::Refused(Refusal::Failed("its end could not be observed".to_owned())),
    };
    Ok(Word { last, alone })
}

/// Says when the other end of the socket is closed.
fn listen(mut socket: UnixStream, news: Sender<News>) {
    std::thread::spawn(move || {
        let mut byte = [0];
        while matches!(socket.read(&mut byte), Ok(n) if n > 0) {}
        let _ = news.send(News::Stop);
    });
}

/// Collects every process that ends: the check, and the orphans that fall to us.
fn reap(news: Sender<News>) {
    std::thread::spawn(move || {
        loop {
            let told = match rustix::process::wait(WaitOptions::empty()) {
                Ok(Some((pid, status))) => news.send(News::Ended(pid, status)),
                Ok(None) | Err(rustix::io::Errno::INTR) => Ok(()),
                Err(_) => {
                    let _ = news.send(News::Alone);
                    return;
                }
            };
            if told.is_err() {
                return;
            }
        }
    });
}

/// Waits for the check, ends what is left of it, and gives its status and whether nothing is left. First asks, then kills.
fn until_alone(inbox: &Receiver<News>, check: u32, grace: Duration) -> (Option<WaitStatus>, bool) {
    let mut status = None;
    let mut ending: Option<Instant> = None;
    loop {
        let heard = match ending {
            None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(_) => inbox.recv_timeout(LOOK),
        };
        match heard {
            Ok(News::Alone) => return (status, true),
            Err(RecvTimeoutError::Disconnected) => return (status, false),
            Ok(News::Ended(pid, how)) if pid.as_raw_nonzero().get().unsigned_abs() == check => status = Some(how),
            Ok(News::Ended(..)) | Err(RecvTimeoutError::Timeout) => {}
            Ok(News::Stop) if ending.is_none() => {}
            Ok(News::Stop) => continue,
        }
        let stop = matches!(heard, Ok(News::Stop)) || status.is_some();
        match ending {
            None if stop => {
                ending = Some(Instant::now());
                signal_all(check, Signal::TERM);
            }
            Some(since) if since.elapsed() > GIVE_UP => return (status, false),
            Some(since) if since.elapsed() > grace => signal_all(check, Signal::KILL),
            _ => {}
        }
    }
}

/// Sends a signal to everything that descends from us.
#[cfg(target_os = "linux")]
fn signal_all(_: u32, signal: Signal) {
    for pid in descendants() {
        // It may have ended meanwhile.
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Sends a signal to the check's process group; without `/proc` no more can be found.
#[cfg(not(target_os = "linux"))]
fn signal_all(check: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(check).ok().and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process_group(pid, signal);
    }
}

/// All processes beneath us, parents first. Orphans are ours, since we are their sub-reaper.
#[cfg(target_os = "linux")]
fn descendants() -> Vec<Pid> {
    let mut children: std::collections::HashMap<i32, Vec<i32>> = std::collections::HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<i32>().ok()) else { continue };
        let Ok(stat) = std::fs::read(entry.path().join("stat")) else { continue };
        // `pid (name) state ppid …`; the name may hold anything, so from its last bracket on.
        let Some(end) = stat.iter().rposition(|b| *b == b')') else { continue };
        let rest = String::from_utf8_lossy(&stat[end + 1..]).into_owned();
        if let Some(parent) = rest.split_whitespace().nth(1).and_then(|p| p.parse::<i32>().ok()) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = vec![rustix::process::getpid().as_raw_nonzero().get()];
    let mut at = 0;
    while at < found.len() {
        found.extend(children.remove(&found[at]).unwrap_or_default());
        at += 1;
    }
    found[1..].iter().filter_map(|pid| Pid::from_raw(*pid)).collect()
}
