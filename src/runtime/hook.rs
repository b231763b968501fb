//! `vibe-tui hook`: the quality gate before every commit, as git's own pre-commit hook.
//!
//! Writes one file that says whose it is. Refuses to touch a hook that is somebody else's or was changed since, a link, and a
//! directory of hooks that lies outside the repository, because it is every repository's.

use super::setup::Setup;
use super::undo::confirmed;
use crate::domain::failure::{Failure, FailureKind};
use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is to happen to the hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hook {
    /// Write it.
    Install,
    /// Remove it.
    Uninstall,
}

/// The line that says whose the hook is.
const MARK: &str = "# The quality gate of vibe-tui; `vibe-tui hook uninstall` removes it.";
/// What the hook does once it knows the program's path.
const TAIL: &str = "\
[ -x \"$program\" ] || program=vibe-tui
\"$program\" check --gate commit --staged && exit 0
code=$?
echo 'vibe-tui: this hook (pre-commit) refused the commit; `git commit --no-verify` passes it by.' >&2
exit $code
";

/// Installs or removes the hook, after a yes on the terminal unless `yes`. Returns what was done, or `None` without the yes.
///
/// # Errors
/// Outside git, for a hook or a directory that is not ours to touch, and when a file cannot be written.
pub fn hook(setup: &Setup, what: Hook, yes: bool) -> Result<Option<String>, Failure> {
    let directory = directory(setup.root.path())?;
    let path = directory.join("pre-commit");
    let shown = path.display();
    let found = fs::symlink_metadata(&path).ok();
    if found.as_ref().is_some_and(|meta| !meta.is_file()) {
        return Err(refused(&format!("{shown} is no plain file; it stays as it is.")));
    }
    // What is no text is not ours.
    let text = fs::read_to_string(&path).unwrap_or_default();
    let is_ours = found.is_none() || is_as_written(&text);
    match (what, is_ours) {
        (_, false) if text.contains(MARK) => Err(refused(&format!(
            "{shown} was changed since vibe-tui wrote it; it stays as it is. Keep the lines that are yours elsewhere and delete \
             the file{}.",
            if what == Hook::Install { ", then install again" } else { "" }
        ))),
        (Hook::Install, false) => Err(refused(&format!(
            "{shown} is another hook; it stays as it is. To have both, add this line to it: vibe-tui check --gate commit --staged"
        ))),
        (Hook::Uninstall, false) => Err(refused(&format!("{shown} is another hook; it stays as it is."))),
        (Hook::Uninstall, true) if found.is_none() => Ok(Some(format!("There is no hook at {shown}."))),
        (Hook::Uninstall, true) => {
            if !yes && !confirmed(&format!("Remove {shown}? [y/N] ")) {
                return Ok(None);
            }
            fs::remove_file(&path).map_err(|error| failed(&path, &error))?;
            Ok(Some(format!("Removed {shown}.")))
        }
        (Hook::Install, true) => {
            if !yes && !confirmed(&format!("Write {shown}, which runs `vibe-tui check --gate commit --staged`? [y/N] "))
            {
                return Ok(None);
            }
            write(&directory, &path)?;
            Ok(Some(format!("Wrote {shown}: it runs `vibe-tui check --gate commit --staged` before every commit.")))
        }
    }
}

/// Where git looks for hooks here, as the user's own configuration has it.
fn directory(root: &Path) -> Result<PathBuf, Failure> {
    let own = ["PATH", "HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"];
    let answer = Command::new("git")
        .arg("-C")
        .arg(root)
        .args(["-c", "core.fsmonitor=false", "rev-parse", "--git-common-dir", "--git-path", "hooks"])
        .env_clear()
        .envs(own.iter().filter_map(|name| Some((*name, std::env::var_os(name)?))))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| refused(&format!("git cannot be started: {error}")))?;
    let mut lines = answer.stdout.split(|byte| *byte == b'\n').map(|line| root.join(OsString::from_vec(line.to_vec())));
    let (Some(common), Some(hooks)) = (lines.next(), lines.next().filter(|_| answer.status.success())) else {
        return Err(refused(&format!("`{}` is no git repository: there is nothing to hook into.", root.display())));
    };
    // Through links, as far as it exists.
    let real = |path: &Path| -> PathBuf {
        let existing = path.ancestors().find(|p| p.exists()).unwrap_or(path);
        let rest = path.strip_prefix(existing).unwrap_or(Path::new(""));
        fs::canonicalize(existing).unwrap_or_else(|_| existing.to_owned()).join(rest)
    };
    let hooks = real(&hooks);
    let is_here = [real(&common), real(root)].iter().any(|place| hooks.starts_with(place));
    if !is_here {
        return Err(refused(&format!(
            "core.hooksPath is {}, outside this repository: those hooks are every repository's. Add this line to its \
             pre-commit yourself: vibe-tui check --gate commit --staged",
            hooks.display()
        )));
    }
    Ok(hooks)
}

/// The hook that starts this program.
fn script(program: &str) -> String {
    format!("#!/bin/sh\n{MARK}\nprogram='{}'\n{TAIL}", program.replace('\'', r"'\''"))
}

/// Whether the hook is what [`script`] makes, of whatever program: an older one may have stood elsewhere.
fn is_as_written(text: &str) -> bool {
    let line = text.lines().nth(2).unwrap_or_default();
    let program = line.strip_prefix("program='").and_then(|rest| rest.strip_suffix('\''));
    program.is_some_and(|program| script(&program.replace(r"'\''", "'")) == text)
}

fn write(directory: &Path, path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(directory).map_err(|error| failed(directory, &error))?;
    let program = std::env::current_exe().map_or_else(|_| "vibe-tui".to_owned(), |exe| exe.display().to_string());
    let text = script(&program);
    let temporary = directory.join(format!(".pre-commit.{}", std::process::id()));
    let written = OpenOptions::new().write(true).create_new(true).mode(0o755).open(&temporary).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.set_permissions(fs::Permissions::from_mode(0o755))?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&temporary, path));
    renamed.map_err(|error| {
        let _ = fs::remove_file(&temporary);
        failed(path, &error)
    })
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::fatal(FailureKind::Io, format!("{}: {error}", path.display()))
}

fn refused(message: &str) -> Failure {
    Failure::fatal(FailureKind::Denied, message)
}
