//! What healing taught: replacements of lines that helped, and how each kind of rung has fared.
//!
//! Numbers of lessons are never given again, so that an old journal's lesson cannot mean another one.

/// `message` is a pattern, `before` and `after` are JSON lists of patterns; times microseconds since the Unix epoch.
pub(super) const SQL: &str = "
CREATE TABLE lesson (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    root      TEXT NOT NULL,
    key       TEXT NOT NULL,
    message   TEXT NOT NULL,
    before    TEXT NOT NULL,
    after     TEXT NOT NULL,
    uses      INTEGER NOT NULL DEFAULT 0,
    successes INTEGER NOT NULL DEFAULT 0,
    at        INTEGER NOT NULL,
    UNIQUE (root, key, message, before, after)
) STRICT;

CREATE TABLE rung_rate (
    id     INTEGER PRIMARY KEY,
    root   TEXT NOT NULL,
    class  TEXT NOT NULL,
    rung   TEXT NOT NULL,
    tried  INTEGER NOT NULL,
    helped INTEGER NOT NULL,
    UNIQUE (root, class, rung)
) STRICT;
";
