//! Getting a dependency: the user's own command, in the project itself, after their yes to it.
//!
//! No sandbox holds it, as none does when the user types it; but it reads no terminal, sees no key of a model, keeps a bound
//! in time and output, and is ended with everything it started when nobody waits for it any more.

use super::Events;
use crate::app::{Event, WorkEvent};
use crate::domain::clip;
use crate::domain::ids::JobId;
use crate::domain::install::{Install, Installed};
use crate::domain::revert::Asker;
use crate::runtime::world::World;
use crate::validate::{Output, environment};
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

/// How long all commands of an installation may take together.
const DEADLINE: Duration = Duration::from_secs(15 * 60);
/// Bytes of the output's end that are kept in the session.
const SAID: usize = 4096;

/// Beginnings of variables that package managers are configured by, and of those by which a network is reached. Variables of
/// which a check may know are passed on besides.
const PASSED: &[&str] = &[
    "ALL_PROXY",
    "BUN_",
    "CARGO_",
    "COREPACK_",
    "GIT_",
    "GOAUTH",
    "GOENV",
    "GOFLAGS",
    "GOINSECURE",
    "GONOPROXY",
    "GONOSUM",
    "GOPRIVATE",
    "GOPROXY",
    "GOSUMDB",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NODE_EXTRA_CA_CERTS",
    "NO_PROXY",
    "NPM_",
    "PDM_",
    "PIPENV_",
    "PIP_",
    "PNPM_",
    "POETRY_",
    "REQUESTS_CA_BUNDLE",
    "RUSTUP_",
    "SSH_AUTH_SOCK",
    "SSL_CERT_",
    "TMPDIR",
    "UV_",
    "XDG_",
    "YARN_",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "npm_config_",
];

/// Runs the commands of an installation one after the other, and reports how that ended.
pub async fn install(world: Arc<World>, events: Events, job: JobId, install: Install, by: Asker) {
    let start = Instant::now();
    let dir = world.root.path().join(&install.dir);
    let mut output = Output::default();
    let ran = tokio::time::timeout(DEADLINE, run_all(&install.commands, &dir, &mut output)).await;
    let failure = ran.unwrap_or_else(|_| Some(format!("it was ended after {} minutes", DEADLINE.as_secs() / 60)));
    // What the tools said of the base was said without it.
    world.validators.forget();
    let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    let installed = Box::new(Installed { install, by, failure, said: end_of(&output.text()), millis });
    events.report(Event::Work(WorkEvent::Installed { job, installed })).await;
}

/// The last lines of a text that are whole and no more than is kept.
fn end_of(text: &str) -> String {
    let text = text.trim_end();
    let tail = clip::tail(text, SAID);
    // A line of which the beginning is missing is left out, unless it is all there is.
    let whole = tail.split_once('\n').map(|(_, whole)| whole).filter(|_| tail.len() < text.len());
    whole.unwrap_or(tail).to_owned()
}

/// Why one of them failed.
async fn run_all(commands: &[Vec<String>], dir: &Path, output: &mut Output) -> Option<String> {
    for words in commands {
        if let Some(why) = run(words, dir, output).await {
            return Some(why);
        }
    }
    None
}

async fn run(words: &[String], dir: &Path, output: &mut Output) -> Option<String> {
    let [program, arguments @ ..] = words else { return None };
    // One of the project's own is meant from where it runs.
    let path = if program.contains('/') { dir.join(program) } else { PathBuf::from(program) };
    let piped = std::io::pipe().and_then(|(reader, writer)| Ok((reader, writer.try_clone()?, writer)));
    let (reader, out, errors) = match piped {
        Ok(piped) => piped,
        Err(error) => return Some(error.to_string()),
    };
    let mut command = Command::new(path);
    command
        .args(arguments)
        .current_dir(dir)
        .env_clear()
        .envs(seen(std::env::vars_os()))
        .env("CI", "1")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(errors)
        .process_group(0)
        .kill_on_drop(true);
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(format!("there is no `{program}`")),
        Err(error) => return Some(format!("`{program}` cannot be started: {error}")),
    };
    // Our writing ends have to close with the command's own.
    drop(command);
    let mut group = Group::of(child);
    let reader = tokio::net::unix::pipe::Receiver::from_owned_fd(reader.into());
    if let Ok(mut reader) = reader {
        let mut chunk = vec![0; 64 * 1024];
        let mut ended = false;
        loop {
            tokio::select! {
                biased;
                read = reader.read(&mut chunk) => match read {
                    Ok(n @ 1..) => output.push(&chunk[..n]),
                    _ => break,
                },
                // Something that it left behind may hold the pipe for ever.
                _ = group.child.wait(), if !ended => {
                    ended = true;
                    group.end();
                }
            }
        }
    }
    match group.child.wait().await {
        Ok(status) if status.success() => None,
        Ok(status) => Some(format!("`{program}` ended with {status}")),
        Err(error) => Some(format!("`{program}` cannot be waited for: {error}")),
    }
}

/// A command with all that it started in its process group: ended together when this is dropped.
struct Group {
    child: Child,
    /// `None` once it was ended: the number may then become another's.
    leader: Option<Pid>,
}

impl Group {
    fn of(child: Child) -> Group {
        let leader = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Group { child, leader }
    }

    fn end(&mut self) {
        if let Some(leader) = self.leader.take() {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

/// The part of an environment that the command sees.
fn seen(all: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    let all: Vec<(OsString, OsString)> = all.into_iter().collect();
    let is_passed = |name: &OsStr| name.to_str().is_some_and(|name| PASSED.iter().any(|p| name.starts_with(p)));
    let passed: Vec<_> = all.iter().filter(|(name, _)| is_passed(name)).cloned().collect();
    environment(all).into_iter().chain(passed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        ["sh", "-c", line].map(str::to_owned).to_vec()
    }

    #[test]
    fn package_managers_see_their_own_variables_and_no_key_of_a_model() {
        let names = ["PATH", "UV_INDEX_URL", "npm_config_registry", "https_proxy", "GOPRIVATE"];
        let keys = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN"];
        let all = names.iter().chain(&keys).map(|name| ((*name).into(), "x".into()));
        let mut seen: Vec<OsString> = seen(all).into_iter().map(|(name, _)| name).collect();
        seen.sort();
        assert_eq!(seen, ["GOPRIVATE", "PATH", "UV_INDEX_URL", "https_proxy", "npm_config_registry"]);
    }

    #[tokio::test]
    async fn commands_run_in_order_until_one_fails() {
        let dir = tempfile::tempdir().unwrap();
        let mut output = Output::default();
        let all = [words("echo one; echo two >&2"), words("pwd > here; exit 3"), words("touch never")];
        let why = run_all(&all, dir.path(), &mut output).await;
        assert_eq!(why.as_deref(), Some("`sh` ended with exit status: 3"));
        assert_eq!(output.text(), "one\ntwo\n");
        assert!(dir.path().join("here").exists() && !dir.path().join("never").exists());
        let none = run(&["no-such-program".to_owned()], dir.path(), &mut output).await;
        assert_eq!(none.as_deref(), Some("there is no `no-such-program`"));
    }

    #[tokio::test]
    async fn what_is_dropped_ends_with_all_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let mut output = Output::default();
        let line = words("(sleep 600 & echo $! > child; wait) & wait");
        {
            let running = run(&line, dir.path(), &mut output);
            tokio::pin!(running);
            while !std::fs::read_to_string(dir.path().join("child")).is_ok_and(|pid| pid.ends_with('\n')) {
                assert!(tokio::time::timeout(Duration::from_millis(5), &mut running).await.is_err());
            }
        }
        let pid = std::fs::read_to_string(dir.path().join("child")).unwrap();
        let gone = || {
            !std::path::Path::new(&format!("/proc/{}/cmdline", pid.trim())).exists()
                || std::fs::read(format!("/proc/{}/cmdline", pid.trim())).is_ok_and(|line| line.is_empty())
        };
        while !gone() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[test]
    fn of_a_long_output_the_last_whole_lines_are_kept() {
        assert_eq!(end_of("a\nb\n"), "a\nb");
        let long = format!("{}\nlast\n", "é".repeat(SAID));
        assert_eq!(end_of(&long), "last");
        let one_line = "é".repeat(SAID) + "x";
        assert!(end_of(&one_line).len() <= SAID && end_of(&one_line).ends_with("éx"));
        assert!(end_of(&(one_line.clone() + "\n")).ends_with("éx"));
    }
}
