//! What a run asks of the outside world. Plain data; performing it is the shell's business.

use crate::domain::change::ChangeSet;
use crate::domain::ids::{JobId, RequestId};
use crate::domain::model::ModelRequest;
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
    /// Write, all or nothing, if every base is still what `before` says. Also how an applied change is undone.
    Apply {
        /// Echoed by `Applied` or `ApplyFailed`.
        job: JobId,
        /// What to write.
        changes: ChangeSet,
    },
}
