//! The user's own editor, for a file of a proposal: it gets a private copy, and what it saves goes back into the proposal.
//! Nothing of the repository is touched, and the copy is removed.

use crate::domain::command_line;
use crate::domain::failure::{Failure, FailureKind};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use tempfile::TempDir;
use tokio::process::{Child, Command};

/// Most bytes that are read back, as for any file that is edited.
const MOST: u64 = 4 << 20;
/// What POSIX has everywhere, for whoever has set nothing.
const FALLBACK: &str = "vi";
/// Editors that take `+LINE` before the file.
const TAKES_LINE: [&str; 10] = ["vi", "vim", "nvim", "view", "nano", "emacs", "emacsclient", "kak", "micro", "joe"];

/// An editor that was started, and its copy of the file.
pub struct Editor {
    /// The process.
    pub child: Child,
    command: String,
    copy: PathBuf,
    /// Removed with this.
    _dir: TempDir,
}

impl Editor {
    /// Starts the editor that `variable` names (`VISUAL`, then `EDITOR`) on a copy of `text`, at a line if it can.
    ///
    /// # Errors
    /// When the variable cannot be read as a command, the copy cannot be made, or the program cannot be started.
    pub fn start(
        variable: impl Fn(&str) -> Option<String>,
        path: &str,
        text: &str,
        line: u32,
    ) -> Result<Editor, Failure> {
        let named = ["VISUAL", "EDITOR"].into_iter().find_map(|name| Some((name, variable(name)?)));
        let named = named.filter(|(_, command)| !command.trim().is_empty());
        let (name, command) = named.unwrap_or(("EDITOR", FALLBACK.to_owned()));
        let words =
            command_line::split(&command).map_err(|why| refuse(format!("${name} is `{command}`, which {why}")))?;
        let io = |error: std::io::Error| refuse(format!("a copy of {path} cannot be made: {error}"));
        let dir = tempfile::Builder::new().prefix("vibe-tui-").tempdir().map_err(io)?;
        let copy = dir.path().join(Path::new(path).file_name().unwrap_or("proposal".as_ref()));
        fs::write(&copy, text).map_err(io)?;
        let mut process = Command::new(&words[0]);
        process.args(&words[1..]);
        let program = Path::new(&words[0]).file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if TAKES_LINE.contains(&program) {
            process.arg(format!("+{line}"));
        }
        process.arg(&copy).kill_on_drop(true);
        let child = process.spawn().map_err(|error| {
            refuse(format!(
                "`{}` cannot be started ({error}); set VISUAL or EDITOR to an editor that is installed",
                words[0]
            ))
        })?;
        Ok(Editor { child, command, copy, _dir: dir })
    }

    /// What it saved.
    ///
    /// # Errors
    /// When it failed, or left no text.
    pub fn saved(&self, ended: ExitStatus) -> Result<String, Failure> {
        if !ended.success() {
            return Err(refuse(format!("`{}` ended with {ended}; nothing was changed", self.command)));
        }
        let unreadable = |why: String| refuse(format!("what `{}` saved cannot be used: {why}", self.command));
        let mut bytes = Vec::new();
        let file = File::open(&self.copy).map_err(|error| unreadable(error.to_string()))?;
        file.take(MOST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
        if bytes.len() as u64 > MOST {
            return Err(unreadable(format!("it is larger than {} MiB", MOST >> 20)));
        }
        String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))
    }
}

fn refuse(what: String) -> Failure {
    Failure::fatal(FailureKind::Io, format!("The editor: {what}."))
}
