//! Errors as data: what went wrong, in words a user can act on, and whether trying again makes sense.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What kind of thing failed. Fronts choose exit codes and offers from this, never from the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The server cannot be reached: no connection came about, nothing was sent.
    Unreachable,
    /// The connection broke; the server may have worked on the request.
    Network,
    /// The server took longer than one of its limits (connect, first byte, idle, total).
    Timeout,
    /// The key is missing, wrong or lacks permission (401, 403).
    Auth,
    /// Too many requests; `retry_after_ms` may be set (429).
    RateLimited,
    /// The account's own spending cap or quota is used up; trying again does not help.
    Quota,
    /// The prompt does not fit the window the server loaded.
    ContextExceeded,
    /// The model does not exist on that server.
    UnknownModel,
    /// The server refused or could not understand the request (other 4xx).
    BadRequest,
    /// The server has no room just now or is still loading its model (503, 529): it did no work.
    Overloaded,
    /// The server failed (other 5xx); it may have worked on the request.
    Server,
    /// The server's bytes are not its protocol.
    Protocol,
    /// The model's answer is empty, garbage or not in the form that was asked for.
    BadOutput,
    /// The user (or the process's end) cancelled it.
    Cancelled,
    /// Neither a model nor a pattern can serve the request.
    NothingFits,
    /// `--offline` forbids it.
    Offline,
    /// A limit in money or tokens was reached.
    Budget,
    /// Reading or writing files.
    Io,
    /// A file is no longer what the proposal was made from.
    Stale,
    /// A path or command lies outside what is allowed.
    Denied,
    /// A configuration, keymap, theme, pattern or flag is wrong.
    Config,
    /// The database.
    Store,
    /// A defect of our own.
    Internal,
}

/// A failure that travels in events and is journaled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of thing failed.
    pub kind: FailureKind,
    /// One sentence for the user: what was wrong and what to do.
    pub message: String,
    /// Whether the same request may succeed when sent again.
    pub retryable: bool,
    /// Milliseconds the server asked us to wait before trying again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Failure {
    /// A failure that trying again does not mend.
    pub fn fatal(kind: FailureKind, message: impl Into<String>) -> Self {
        Failure { kind, message: message.into(), retryable: false, retry_after_ms: None }
    }

    /// A failure that trying again may mend.
    pub fn transient(kind: FailureKind, message: impl Into<String>) -> Self {
        Failure { kind, message: message.into(), retryable: true, retry_after_ms: None }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
