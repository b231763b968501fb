//! What a prompt is made of, itemised.

use super::change::FileSnapshot;
use serde::{Deserialize, Serialize};

/// Which share of the context budget an item draws on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ContextKind {
    /// Code of the repository: 40 %.
    Code,
    /// Patterns that fit the intent: 30 %.
    Pattern,
    /// The conversation, AGENTS.md and what was learned: 30 %.
    Memory,
}

/// One piece of the context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextItem {
    /// Which share it draws on.
    pub kind: ContextKind,
    /// What it is called in the itemised view: a path, a pattern's name, `AGENTS.md`.
    pub label: String,
    /// 1-based first and last lines of what is shown of a file, in order. Empty for a whole file, and for what is no file.
    pub lines: Vec<(u32, u32)>,
    /// The text as it goes into the prompt.
    pub text: String,
    /// Tokens, counted or estimated by `ContextBundle::exact`.
    pub tokens: u32,
    /// Why it is here, as a phrase.
    pub reason: String,
}

/// Everything chosen for one run, within its budget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextBundle {
    /// In prompt order: most stable first, so that prefix caches hit.
    pub items: Vec<ContextItem>,
    /// The files that were read whole, with the content edits will be made against.
    pub files: Vec<FileSnapshot>,
    /// Paths of the repository, for "does it exist" and for the map; capped.
    pub listing: Vec<String>,
    /// Tokens of all items together.
    pub tokens: u32,
    /// The budget they were chosen within.
    pub budget: u32,
    /// Whether `tokens` is counted by the model's own tokenizer (otherwise shown with `~`).
    pub exact: bool,
    /// The model's tokens for each thousand that the quick estimate (`context::token`) gives for these texts, as far as its
    /// tokenizer is known; 0 where it is not.
    pub per_mille: u32,
    /// The files that the request names, or the user pinned, of which nothing is shown.
    pub unseen: Vec<Unseen>,
}

/// A file that the model was to see and does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// Relative to the root.
    pub path: String,
    /// Why, as in `FileContent::Opaque`; empty where there was no room for it.
    pub why: String,
}

impl Unseen {
    /// What the user has to know: which file, why it is not shown, and what to do.
    pub fn sentence(&self) -> String {
        let Unseen { path, why } = self;
        let part = "ut the part that matters into the request";
        let remedy = match why.as_str() {
            "" => {
                return format!(
                    "The model does not see `{path}`: there is no room for it. Name fewer files, or choose a model with a larger window."
                );
            }
            "binary" => "Say in words what of it matters.".to_owned(),
            "not UTF-8" => format!("Save it as UTF-8, or p{part}."),
            _ if why.starts_with("larger than") => format!("P{part}, or split the file."),
            _ => format!("P{part}."),
        };
        format!("The model does not see `{path}`: it is {why}. {remedy}")
    }
}

/// What a session wishes of files: which stand in each of its contexts, which in none, and which it is about. Relative to the
/// root; the three share no path but by `open`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileWishes {
    /// In every context, in the order they were pinned.
    pub pinned: Vec<String>,
    /// In no context, in the order they were dropped.
    pub dropped: Vec<String>,
    /// What its proposals touched, newest first.
    pub open: Vec<String>,
}
