//! What is remembered of a repository across sessions, and what its code remarks about itself.

use super::clock::Timestamp;
use super::ids::{MemoryId, RunId, SessionId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest text that is remembered, in bytes: it has to fit into small prompts beside other things.
pub const MAX_MEMORY: usize = 1000;

/// What kind of thing is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryKind {
    /// Something that holds.
    Fact,
    /// Something that had to be said to set a proposal right.
    Lesson,
}

impl MemoryKind {
    /// The word on the screen and in `--json`.
    pub fn word(self) -> &'static str {
        match self {
            MemoryKind::Fact => "fact",
            MemoryKind::Lesson => "lesson",
        }
    }
}

/// Where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemorySource {
    /// The user said it to be remembered.
    User,
    /// The user's sentence in a revision of a proposal that was then accepted.
    Run {
        /// The run's session.
        session: SessionId,
        /// The run.
        run: RunId,
    },
}

impl fmt::Display for MemorySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MemorySource::User => f.write_str("you"),
            MemorySource::Run { run, .. } => write!(f, "{run}"),
        }
    }
}

/// Something to be remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewMemory {
    /// What kind of thing.
    pub kind: MemoryKind,
    /// What, in the user's words; trimmed, not empty, at most [`MAX_MEMORY`] bytes.
    pub text: String,
    /// Where it comes from.
    pub source: MemorySource,
}

impl NewMemory {
    /// A memory of this text. Fails with a sentence when there is nothing to remember, or too much.
    pub fn new(kind: MemoryKind, text: &str, source: MemorySource) -> Result<NewMemory, String> {
        let text = text.trim();
        match text.len() {
            0 => Err("There is nothing to remember: write it behind the order.".to_owned()),
            length if length > MAX_MEMORY => Err(format!(
                "That is {length} bytes long, and at most {MAX_MEMORY} are remembered at once: shorten it, or write it into AGENTS.md."
            )),
            _ => Ok(NewMemory { kind, text: text.to_owned(), source }),
        }
    }
}

/// Something that is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// Its number.
    pub id: MemoryId,
    /// What kind of thing.
    pub kind: MemoryKind,
    /// What.
    pub text: String,
    /// Where it comes from.
    pub source: MemorySource,
    /// When it was last said.
    pub at: Timestamp,
    /// Whether it stands in every prompt, whatever is asked for.
    pub pinned: bool,
    /// How many prompts it was recalled for.
    pub recalled: u32,
    /// After how many of these a change was accepted.
    pub accepted: u32,
    /// When a change was last accepted after it.
    pub accepted_at: Option<Timestamp>,
}

const LABEL: &str = "memory ";
const PINNED: &str = "pinned memory ";

impl Memory {
    /// What it is called in the itemised context.
    pub fn label(&self) -> String {
        format!("{}{}", if self.pinned { PINNED } else { LABEL }, self.id)
    }
}

impl MemoryId {
    /// The memory that an item of the context shows, by its label.
    pub fn of_label(label: &str) -> Option<MemoryId> {
        let number = label.strip_prefix(PINNED).or_else(|| label.strip_prefix(LABEL))?;
        number.parse().ok().map(MemoryId)
    }
}

/// Whether an item of the context, by its label, is a memory that the user pinned.
pub fn is_pinned_label(label: &str) -> bool {
    label.starts_with(PINNED) && MemoryId::of_label(label).is_some()
}

/// What is asked of the memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryOrder {
    /// Keep this.
    Remember(NewMemory),
    /// Drop that.
    Forget(MemoryId),
    /// Pin that, or let it go again.
    Pin(MemoryId),
    /// Tell all.
    List,
    /// A change was accepted that these were recalled for.
    Accepted(Vec<MemoryId>),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryChange {
    /// It is remembered.
    Remembered(Memory),
    /// It is forgotten.
    Forgotten(Memory),
    /// It is pinned, or not any more.
    Pinned(Memory),
    /// There is no such thing.
    NotThere(MemoryId),
}

impl fmt::Display for MemoryChange {
    /// One sentence for the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MemoryChange::Remembered(m) => write!(f, "Remembered as {}: {}", m.id, m.text),
            MemoryChange::Forgotten(m) => write!(f, "Forgotten: {}", m.text),
            MemoryChange::Pinned(m) if m.pinned => write!(f, "Pinned, so it stands in every prompt: {}", m.text),
            MemoryChange::Pinned(m) => write!(f, "No longer pinned: {}", m.text),
            MemoryChange::NotThere(id) => write!(f, "Nothing is remembered as {id}."),
        }
    }
}

/// What kind of remark the code makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemarkKind {
    /// A comment that something is left to do: TODO, FIXME, HACK, XXX.
    Todo,
    /// A function that is hard to change safely.
    Complexity,
}

/// Something that the code says about itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Remark {
    /// The file, relative to the root.
    pub path: String,
    /// 1-based line.
    pub line: u32,
    /// What kind.
    pub kind: RemarkKind,
    /// What it says, in one line.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_names_its_memory_again_and_other_labels_name_none() {
        assert_eq!(MemoryId::of_label("memory 12"), Some(MemoryId(12)));
        assert_eq!(MemoryId::of_label("pinned memory 3"), Some(MemoryId(3)));
        for other in ["message 1", "memory", "memory x", "src/memory 1.rs"] {
            assert_eq!(MemoryId::of_label(other), None, "{other}");
        }
        assert!(is_pinned_label("pinned memory 3") && !is_pinned_label("memory 3"));
    }

    #[test]
    fn nothing_and_too_much_are_not_remembered() {
        let of = |text: &str| NewMemory::new(MemoryKind::Fact, text, MemorySource::User);
        assert!(of("  \n").unwrap_err().contains("nothing to remember"));
        assert!(of(&"x".repeat(MAX_MEMORY + 1)).unwrap_err().contains("1001 bytes"));
        assert_eq!(of(" Use tabs. ").unwrap().text, "Use tabs.");
    }
}
