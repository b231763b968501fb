//! A file's stamp as the index keeps it, and when it cannot be relied on. Looks at no file.

use crate::domain::listing::FileEntry;
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The ticks of a file system's clock: a change within one of them may leave no trace in the stamp. Kernel ticks are 10 ms
/// at most; where stamps have whole seconds, two seconds (FAT).
const TICK: Duration = Duration::from_millis(20);
const COARSE_TICK: Duration = Duration::from_secs(2);

/// A file's stamp without its path.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    size: u64,
    modified_ns: i64,
    changed_ns: i64,
    inode: u64,
}

impl Stamp {
    /// Of no file: what has it is read again.
    pub const UNSURE: Stamp = Stamp { size: u64::MAX, modified_ns: i64::MIN, changed_ns: i64::MIN, inode: 0 };

    /// That of a file that is read after this moment.
    pub fn at(entry: &FileEntry, moment: SystemTime) -> Stamp {
        if is_racy(entry, moment) { Stamp::UNSURE } else { Stamp::from(entry) }
    }

    pub fn entry(self, path: &str) -> FileEntry {
        let Stamp { size, modified_ns, changed_ns, inode } = self;
        FileEntry { path: path.to_owned(), size, modified_ns, changed_ns, inode }
    }
}

impl From<&FileEntry> for Stamp {
    fn from(entry: &FileEntry) -> Stamp {
        let FileEntry { size, modified_ns, changed_ns, inode, .. } = *entry;
        Stamp { size, modified_ns, changed_ns, inode }
    }
}

/// Whether the file changed so close to this moment that a later change could leave it the same stamp.
fn is_racy(entry: &FileEntry, moment: SystemTime) -> bool {
    let is_coarse = entry.changed_ns % 1_000_000_000 == 0;
    let tick = if is_coarse { COARSE_TICK } else { TICK };
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(tick).as_nanos();
    i128::from(entry.changed_ns) >= i128::try_from(since).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_within_a_tick_of_the_look_is_read_again() {
        let moment = UNIX_EPOCH + Duration::from_secs(1000);
        let entry = |ns| Stamp { size: 1, modified_ns: 0, changed_ns: ns, inode: 1 }.entry("a");
        for (ns, racy) in [
            (1_000_000_000_000, true),
            (999_990_000_001, true),
            (999_970_000_001, false),
            // Whole seconds: a clock that ticks by two of them.
            (999_000_000_000, true),
            (998_000_000_000, true),
            (997_000_000_000, false),
        ] {
            assert_eq!(is_racy(&entry(ns), moment), racy, "{ns}");
        }
    }
}
