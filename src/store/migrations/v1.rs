//! The first schema.
//!
//! Row 0 of each session in `journal` is the store's own (root and name at birth); the caller's rows start at 1.
//! `journal.patch` holds what the row changed in the session's summary, so that `session` can be rebuilt. Tables whose
//! rows are taken over from a damaged file have an integer `id`, by which the reader can step over a broken page.

/// Amounts are picodollars, times microseconds since the Unix epoch, days counted from it in the user's zone.
pub(super) const SQL: &str = "
CREATE TABLE journal (
    id      INTEGER PRIMARY KEY,
    session TEXT NOT NULL,
    seq     INTEGER NOT NULL CHECK (seq >= 0),
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    payload TEXT NOT NULL,
    patch   TEXT,
    UNIQUE (session, seq)
) STRICT;

CREATE TABLE session (
    id      TEXT PRIMARY KEY,
    root    TEXT NOT NULL,
    name    TEXT NOT NULL,
    status  TEXT NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    runs    INTEGER NOT NULL,
    UNIQUE (root, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_time ON session (updated);

CREATE TABLE lease (
    session TEXT PRIMARY KEY,
    owner   TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger (
    id        INTEGER PRIMARY KEY,
    session   TEXT NOT NULL,
    request   INTEGER NOT NULL,
    run       INTEGER NOT NULL,
    model     TEXT NOT NULL,
    node      TEXT NOT NULL,
    at        INTEGER NOT NULL,
    day       INTEGER NOT NULL,
    week      INTEGER NOT NULL,
    month     INTEGER NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('reserved', 'settled', 'released')),
    amount    INTEGER CHECK (amount >= 0),
    tokens    INTEGER NOT NULL,
    actual    INTEGER CHECK (actual >= 0),
    usage     TEXT,
    estimated INTEGER NOT NULL DEFAULT 0,
    UNIQUE (session, request)
) STRICT;
CREATE INDEX ledger_by_day ON ledger (day);
CREATE INDEX ledger_by_week ON ledger (week);
CREATE INDEX ledger_by_month ON ledger (month);

CREATE TABLE history (
    id   INTEGER PRIMARY KEY,
    at   INTEGER NOT NULL,
    text TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE pattern_stat (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    proposed INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    rejected INTEGER NOT NULL,
    at       INTEGER NOT NULL
) STRICT;
";
