//! Identifiers. Sessions are named by the shell (UUID v7); everything inside a session is counted by its own fold,
//! so that replaying a journal gives the same identifiers again.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
    };
}

counter!(
    /// One intent's way through the graph, counted from 1 within its session.
    RunId, "run-"
);
counter!(
    /// One request to a model, counted from 1 within its session. Also names its reservation in the ledger.
    RequestId, "req-"
);
counter!(
    /// One asynchronous job other than a model request (reading, validating, applying). A result that echoes an
    /// identifier no longer awaited is dropped.
    JobId, "job-"
);

counter!(
    /// One thing that is remembered, numbered by the database and never given again.
    MemoryId, ""
);

/// A session, named once by the shell with a UUID v7 and never reused.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub String);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
