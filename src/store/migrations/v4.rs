//! What became of each finding that an attempt at healing was made against.

/// `key` is what findings of a kind have in common; times microseconds since the Unix epoch.
pub(super) const SQL: &str = "
CREATE TABLE past (
    id      INTEGER PRIMARY KEY,
    root    TEXT NOT NULL,
    key     TEXT NOT NULL,
    message TEXT NOT NULL,
    rung    TEXT NOT NULL,
    what    TEXT NOT NULL,
    model   TEXT,
    attempt INTEGER NOT NULL,
    helped  INTEGER NOT NULL,
    at      INTEGER NOT NULL
) STRICT;
CREATE INDEX past_by_key ON past (root, key);
";
