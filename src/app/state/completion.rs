//! What an `@` in the chat may become: the letters behind it, and the files and names that were found for them.

use super::Chat;
use serde::{Deserialize, Serialize};

/// Most characters behind an `@` that are looked for: what is longer is no name.
const LONGEST: usize = 200;

/// What is completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// Line and character of the `@`.
    pub at: (usize, usize),
    /// The letters behind it.
    pub query: String,
    /// What was found, best first: for these letters, or for earlier ones until the answer comes.
    pub items: Vec<CompletionItem>,
    /// The letters that `items` were found for; `None` before the first answer.
    pub answered: Option<String>,
    /// Whether the map is being made: the answer comes after that.
    pub no_map: bool,
    /// Index into `items`.
    pub selected: usize,
    /// The user took the best before the answer for these letters had come: what is typed ahead counts.
    pub taken: bool,
    /// The user closed it; it stays closed at this `@`.
    pub closed: bool,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletionItem {
    /// What it is.
    pub kind: CompletionKind,
    /// A path relative to the root, or a name with that of its container: `Session.open`.
    pub name: String,
    /// Where a name is defined, `path:line`; empty for a file.
    pub place: String,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompletionKind {
    /// A file.
    File,
    /// A definition.
    Symbol,
}

impl CompletionItem {
    /// Whether it is what another line stands for, at whatever line of its file.
    pub fn is_same(&self, other: &CompletionItem) -> bool {
        let [own, others] = [self, other].map(|item| item.place.rsplit_once(':').map(|(path, _)| path));
        self.kind == other.kind && self.name == other.name && own == others
    }
}

impl Completion {
    /// Nothing found yet.
    pub fn new(at: (usize, usize)) -> Completion {
        Completion {
            at,
            query: String::new(),
            items: Vec::new(),
            answered: None,
            no_map: false,
            selected: 0,
            taken: false,
            closed: false,
        }
    }

    /// Whether there is something to accept, or there may be in a moment: then the keys are the list's.
    pub fn offers(&self) -> bool {
        !self.closed && (!self.items.is_empty() || self.is_awaited())
    }

    /// Whether the answer for these letters is on its way, or will be once the map is made.
    pub fn is_awaited(&self) -> bool {
        !self.query.is_empty() && self.answered.as_deref() != Some(&self.query)
    }

    /// Moves the selection, stopping at both ends.
    pub fn move_by(&mut self, by: isize) {
        self.selected = self.selected.saturating_add_signed(by).min(self.items.len().saturating_sub(1));
    }
}

impl Chat {
    /// The `@` that the cursor stands behind, with nothing but letters between, and those letters. One inside a word, as in
    /// an address of mail, does not count.
    pub fn mention(&self) -> Option<((usize, usize), String)> {
        let cursor = self.composer.cursor();
        let (row, column) = (cursor.0, cursor.1);
        let line = self.composer.lines().get(row)?;
        let end = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        let mut letters: Vec<char> = Vec::new();
        let mut before = line[..end].chars().rev();
        loop {
            match before.next()? {
                '@' => break,
                c if c.is_whitespace() || letters.len() == LONGEST => return None,
                c => letters.push(c),
            }
        }
        let free = before.next().is_none_or(|c| c.is_whitespace() || "([{'\"`,;:".contains(c));
        let at = column.checked_sub(letters.len() + 1)?;
        free.then(|| ((row, at), letters.into_iter().rev().collect()))
    }
}
