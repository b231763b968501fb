//! What a run asks of the outside world. Plain data; performing it is the shell's business.

use crate::domain::change::ChangeSet;
use crate::domain::clock::Timestamp;
use crate::domain::finding::Finding;
use crate::domain::ids::{JobId, RequestId};
use crate::domain::install::Install;
use crate::domain::model::ModelRequest;
use crate::domain::revert::Asker;
use crate::domain::rung::Teaching;
use serde::{Deserialize, Serialize};

/// One thing to be done. Its result comes back as a [`super::RunFact`] with the same identifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RunCommand {
    /// Choose the context, at most `budget` tokens of it.
    AssembleContext {
        /// Echoed by `ContextAssembled`.
        job: JobId,
        /// Tokens for all items together.
        budget: u32,
    },
    /// Read the files the answer names, so that edits are made against what is there.
    ReadFiles {
        /// Echoed by `FilesRead`.
        job: JobId,
        /// Relative to the root.
        paths: Vec<String>,
    },
    /// Reserve the worst case, then send the request.
    CallModel(Box<ModelRequest>),
    /// Drop the request's stream.
    CancelRequest(RequestId),
    /// Cut the proposal into hunks, and validate it in a scratch copy.
    Validate {
        /// Echoed by `Diffed`, which comes first, and by `Validated`.
        job: JobId,
        /// The whole proposal, or the accepted part of it.
        changes: ChangeSet,
    },
    /// Say what the repository knows of these findings: lessons, imports, other files' texts, heads of what is named.
    Recall {
        /// Echoed by `Recalled`.
        job: JobId,
        /// What is to be mended.
        findings: Vec<Finding>,
        /// The proposal that they are about.
        changes: ChangeSet,
        /// When the run began: what it tries itself is no experience yet.
        began: Timestamp,
    },
    /// Run the commands that get a dependency, in the project itself and not in a copy: the user said yes to them.
    Install {
        /// Echoed by `Installed`.
        job: JobId,
        /// What to get, and how.
        install: Install,
        /// Who said yes; echoed.
        by: Asker,
    },
    /// Keep what an attempt at healing taught. Nothing is answered.
    Learn(Box<Teaching>),
    /// Validate the working tree in a scratch copy, for its own sake: nothing that is found counts as old.
    Examine {
        /// Echoed by `Examined`, or by `Validated` when there are changes.
        job: JobId,
        /// Files and folders whose syntax is checked; empty leaves the choice to whoever checks.
        paths: Vec<String>,
        /// What is put over the tree; `None` for the tree as it is. Holds the files that were examined, changed or not.
        changes: Option<ChangeSet>,
    },
    /// Write, all or nothing, if every base is still what `before` says. Also how an applied change is undone.
    Apply {
        /// Echoed by `Applied` or `ApplyFailed`.
        job: JobId,
        /// What to write.
        changes: ChangeSet,
    },
}
