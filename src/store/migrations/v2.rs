//! What is learned and remembered: how a model's tokens compare with ours, and what holds in a repository.
//!
//! Numbers of memories are never given again, so that an old journal's `memory 12` cannot mean another one.

/// `fit` and `source` are JSON; times microseconds since the Unix epoch.
pub(super) const SQL: &str = "
CREATE TABLE token_fit (
    id    INTEGER PRIMARY KEY,
    model TEXT NOT NULL UNIQUE,
    fit   TEXT NOT NULL,
    at    INTEGER NOT NULL
) STRICT;

CREATE TABLE memory (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    root        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    text        TEXT NOT NULL,
    source      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    pinned      INTEGER NOT NULL DEFAULT 0,
    recalled    INTEGER NOT NULL DEFAULT 0,
    accepted    INTEGER NOT NULL DEFAULT 0,
    accepted_at INTEGER,
    UNIQUE (root, text)
) STRICT;
";
