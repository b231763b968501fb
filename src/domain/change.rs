//! A proposal: what each file was when the proposal was made, and what it would become.

use super::path;
use serde::{Deserialize, Serialize};

/// A file as it was read. The hash is of its bytes, so that a stale proposal is recognised before anything is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSnapshot {
    /// Relative to the root, `/` between parts.
    pub path: String,
    /// What was there.
    pub content: FileContent,
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum FileContent {
    /// Nothing.
    Absent,
    /// Valid UTF-8 text.
    Text {
        /// All of it, byte for byte.
        text: String,
    },
    /// Something that cannot be edited as text: binary, not UTF-8, too large, a directory, a device.
    Opaque {
        /// Why, as a phrase: "binary", "not UTF-8", "larger than 4 MiB", "a directory".
        reason: String,
    },
}

impl FileSnapshot {
    /// The text, if there is any.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            FileContent::Text { text } => Some(text),
            _ => None,
        }
    }
}

/// One file of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// Relative to the root, `/` between parts.
    pub path: String,
    /// The text it was made from; `None` if the file did not exist.
    pub before: Option<String>,
    /// The text it would have; `None` if it would be deleted.
    pub after: Option<String>,
}

impl FileChange {
    /// Whether accepting it would change nothing.
    pub fn is_noop(&self) -> bool {
        self.before == self.after
    }
}

/// A proposal over any number of files, at most one entry a path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSet {
    /// Sorted by path.
    pub files: Vec<FileChange>,
}

impl ChangeSet {
    /// Whether there is nothing to accept.
    pub fn is_empty(&self) -> bool {
        self.files.iter().all(FileChange::is_noop)
    }

    /// The entry of a path.
    pub fn file(&self, path: &str) -> Option<&FileChange> {
        self.files.iter().find(|f| f.path == path)
    }
}

/// Whether something other than the user runs this file later: builds, test runners, package managers, CI, hooks,
/// shells, agents. Such a file is never part of an accept-all and always has its own badge.
pub fn runs_later(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let file = path::name(&lower);
    let by_name = matches!(
        file,
        "build.rs"
            | "conftest.py"
            | "setup.py"
            | "makefile"
            | "gnumakefile"
            | "justfile"
            | "package.json"
            | ".envrc"
            | "agents.md"
            | "claude.md"
            | ".gitlab-ci.yml"
            | "jenkinsfile"
            | ".pre-commit-config.yaml"
            | "tox.ini"
            | "noxfile.py"
            | "sitecustomize.py"
            | ".bashrc"
            | ".profile"
            | ".gitattributes"
            | ".gitmodules"
    );
    let by_place =
        [".github/workflows/", ".circleci/", ".githooks/", ".husky/", ".vscode/", ".cargo/", ".devcontainer/"];
    by_name || by_place.iter().any(|place| lower.starts_with(place) || lower.contains(&format!("/{place}")))
}
