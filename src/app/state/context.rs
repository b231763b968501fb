//! What the last prompt was made of, line by line: its items, and the files that were pinned or dropped since. Reads the
//! session and changes nothing.

use super::State;
use crate::budget::price;
use crate::context::PINNED;
use crate::domain::context::{ContextBundle, ContextItem, ContextKind};
use crate::domain::ids::SessionId;
use crate::domain::model::Usage;
use crate::domain::money::Money;
use serde::{Deserialize, Serialize};

/// The view that lists the items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContextView {
    /// Index of the selected line; past the end means the last one.
    pub selected: usize,
    /// First line shown of the selected item's text, while that is read.
    pub reading: Option<usize>,
}

/// What the user said of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It belongs into every context of this session.
    Pinned,
    /// It belongs into none.
    Dropped,
}

/// A file that the user wants pinned or dropped, as long as it is not found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSought {
    /// The session it is for.
    pub session: SessionId,
    /// How it was named, without quotes.
    pub name: String,
    /// What is said of it.
    pub said: Standing,
}

/// One line: an item, or a file that was pinned or dropped and is not among the items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextRow<'a> {
    /// The item and its index in the bundle.
    pub item: Option<(usize, &'a ContextItem)>,
    /// The file it is about; `None` for what is no file, which can neither be pinned nor dropped.
    pub path: Option<&'a str>,
    /// What the user said of it.
    pub standing: Option<Standing>,
}

/// What a change to the selected line would do to the next prompt, as far as that is certain before it is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextChange {
    /// What the file will be.
    pub standing: Option<Standing>,
    /// Tokens of the item that leaves the prompt; 0 where none does.
    pub dropped: u32,
    /// Number, from 1, of the item before which the prefix ends that servers have cached, and the tokens of the known items
    /// from there on, which are read anew. `None` where the prompt stays as it is.
    pub prefix: Option<(usize, u32)>,
}

impl State {
    /// The newest context of the session that holds anything.
    pub fn context(&self) -> Option<&ContextBundle> {
        self.session.runs.iter().rev().map(|run| &run.context).find(|bundle| !bundle.items.is_empty())
    }

    /// The lines of the view: the items in the prompt's order, then what was pinned or dropped and is not among them.
    pub fn context_rows(&self) -> Vec<ContextRow<'_>> {
        let bundle = self.context();
        let items = bundle.map_or(&[][..], |bundle| &bundle.items);
        let row = |(at, item)| {
            let path = bundle.filter(|bundle| is_file(bundle, item)).map(|_| item.label.as_str());
            ContextRow { item: Some((at, item)), path, standing: path.and_then(|path| self.standing(path)) }
        };
        let mut rows: Vec<ContextRow> = items.iter().enumerate().map(row).collect();
        let absent = |path: &&String| !items.iter().any(|item| item.label == **path);
        for path in self.session.pinned.iter().chain(&self.session.dropped).filter(absent) {
            rows.push(ContextRow { item: None, path: Some(path), standing: self.standing(path) });
        }
        rows
    }

    /// The selected line of the view.
    pub fn context_row(&self, view: &ContextView) -> Option<ContextRow<'_>> {
        let rows = self.context_rows();
        rows.get(view.selected).or(rows.last()).copied()
    }

    /// What the user said of a file.
    pub fn standing(&self, path: &str) -> Option<Standing> {
        let is_in = |paths: &[String]| paths.iter().any(|listed| listed == path);
        match () {
            () if is_in(&self.session.pinned) => Some(Standing::Pinned),
            () if is_in(&self.session.dropped) => Some(Standing::Dropped),
            () => None,
        }
    }

    /// What saying `said` of a line would change: said once more it is taken back.
    pub fn context_change(&self, row: &ContextRow, said: Standing) -> ContextChange {
        let standing = (row.standing != Some(said)).then_some(said);
        let items = self.context().map_or(&[][..], |bundle| &bundle.items);
        let was_pinned = row.item.is_some_and(|(_, item)| item.reason.starts_with(PINNED));
        // Pinned files stand before all others.
        let files = || self.context_rows().iter().position(|row| row.item.is_some() && row.path.is_some());
        let end = match (row.item.map(|(at, _)| at), standing) {
            (Some(at), Some(Standing::Dropped)) => Some((at, at + 1)),
            (Some(_), Some(Standing::Pinned)) if was_pinned => None,
            (Some(at), Some(Standing::Pinned)) => files().filter(|first| *first < at).map(|first| (first, first)),
            // What was said since that prompt was made is taken back: it is chosen as before.
            (Some(at), None) => (row.standing == Some(Standing::Pinned) && was_pinned).then_some((at, at)),
            (None, Some(Standing::Pinned)) => files().map(|first| (first, first)),
            // It was not in the prompt, whatever was said of it.
            (None, _) => None,
        };
        let dropped = match (row.item, standing) {
            (Some((_, item)), Some(Standing::Dropped)) => item.tokens,
            _ => 0,
        };
        let anew = |from: usize| items[from..].iter().map(|item| item.tokens).sum();
        ContextChange { standing, dropped, prefix: end.map(|(end, from)| (end + 1, anew(from))) }
    }

    /// What so many tokens of a prompt cost with the chosen model, read without a cache; `None` where that is unknown.
    pub fn prompt_cost(&self, tokens: u32) -> Option<Money> {
        let model = self.model.as_ref()?;
        let candidate = self.candidates.iter().find(|candidate| candidate.info.reference == *model)?;
        price::cost(&candidate.price, &Usage { input: tokens, ..Usage::default() })
    }
}

/// Whether an item of code is one file, and no list of files.
fn is_file(bundle: &ContextBundle, item: &ContextItem) -> bool {
    item.kind == ContextKind::Code
        && (item.label.contains(['/', '.']) || !item.lines.is_empty() || bundle.listing.contains(&item.label))
}
