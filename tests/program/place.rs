//! A place to run the program in: a repository of its own, our directories of its own, nothing of the user's environment.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_vibe-tui");

/// A request that every script here can serve.
pub const REQUEST: &str = "Create a greeting function in greet.py";

pub struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Place {
        let dir = tempfile::tempdir().unwrap();
        let place = Place { dir };
        fs::create_dir_all(place.root().join(".git")).unwrap();
        fs::write(place.root().join(".git/HEAD"), "ref: refs/heads/main\n").unwrap();
        fs::create_dir_all(place.home().join("config")).unwrap();
        place
    }

    pub fn root(&self) -> PathBuf {
        // What the program calls it: links resolved.
        self.dir.path().canonicalize().unwrap().join("repository")
    }

    pub fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// Writes a file of the repository.
    pub fn write(&self, path: &str, text: &str) {
        fs::write(self.root().join(path), text).unwrap();
    }

    /// Writes our own `config.toml`.
    pub fn configure(&self, text: &str) {
        fs::write(self.home().join("config/config.toml"), text).unwrap();
    }

    /// A file of the repository.
    pub fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root().join(path)).ok()
    }

    /// Everything in the repository but `.git`, sorted.
    pub fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root()).unwrap().flatten();
        let mut names: Vec<String> = entries.map(|e| e.file_name().into_string().unwrap()).collect();
        names.retain(|n| n != ".git");
        names.sort();
        names
    }

    /// The environment the program gets, and nothing else.
    pub fn environment(&self) -> Vec<(String, String)> {
        let home = self.home().display().to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        [("PATH", path.as_str()), ("HOME", &home), ("VIBE_TUI_HOME", &home), ("TERM", "xterm-256color")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into()
    }

    /// The program with these arguments, in the repository.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).env_clear().envs(self.environment()).current_dir(self.root());
        command
    }

    /// The same as a user whom permissions bind: root, whom none binds, gives its rights away.
    pub fn bound_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        for path in [self.home(), self.home().join("config")] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o777)).unwrap();
        }
        if rustix::process::geteuid().is_root() {
            fs::set_permissions(self.home().parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
            command.uid(65534).gid(65534);
        }
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().unwrap())
    }

    /// `vibe-tui run` with a script that waits for nothing.
    pub fn scripted(&self, script_name: &str, arguments: &[&str]) -> Ran {
        let script = script(script_name);
        let mut all = vec!["run", "--script", script.to_str().unwrap(), "--script-speed", "0"];
        all.extend(arguments);
        self.run(&all)
    }
}

/// What a run left.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Ran {
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The path of a script in `tests/scripts`.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts").join(format!("{name}.jsonl"))
}

/// Waits until `done`, for at most half a minute.
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(30), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
