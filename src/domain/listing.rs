//! A file as a directory names it: enough to tell without reading whether it changed.

use serde::{Deserialize, Serialize};

/// A file's path and stamp.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileEntry {
    /// Relative to the root, `/` between parts.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// When its content last changed, in nanoseconds since 1970.
    pub modified_ns: i64,
    /// When anything of it last changed (content, name, mode), in nanoseconds since 1970. Unlike `modified_ns` no program can set it.
    pub changed_ns: i64,
    /// Its inode: a file that was replaced has another.
    pub inode: u64,
}
