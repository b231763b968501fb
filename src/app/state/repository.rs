//! How far the map of the repository is. Knows numbers only: the map itself is the shell's.

use crate::domain::outline::Tier;

/// How far the map of the repository is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RepositoryView {
    /// Which outlines are being made, files done and files in all; `None` while none are.
    pub progress: Option<(Tier, u32, u32)>,
    /// Files and definitions in the map once it was complete, and the milliseconds that took; `None` before.
    pub ready: Option<(u32, u32, u64)>,
}
