//! What lies on top of the panes: help, and lists to choose from.

use super::{ContextView, Editor};
use crate::app::action::Action;
use crate::app::command::Command;
use crate::domain::ids::{MemoryId, RunId};
use crate::domain::install::Install;
use crate::domain::model::ModelRef;
use crate::domain::revert::Way;

/// What lies on top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// What every key does, for the place the user came from.
    Help {
        /// First line shown.
        scroll: usize,
        /// The view it was asked from, which is there again afterwards.
        over: Option<ContextView>,
    },
    /// A list to choose from.
    Picker(Picker),
    /// What the last prompt was made of.
    Context(ContextView),
    /// A text being written.
    Editor(Box<Editor>),
}

/// A list with a filter line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picker {
    /// What is chosen.
    pub kind: PickerKind,
    /// What is typed to narrow the list.
    pub filter: String,
    /// Everything, in order.
    pub items: Vec<PickerItem>,
    /// Indexes into `items` that match the filter, best first.
    pub matches: Vec<usize>,
    /// Index into `matches`.
    pub selected: usize,
}

/// What a picker chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickerKind {
    /// An action: the palette.
    Action,
    /// A model.
    Model,
    /// A mode.
    Mode,
    /// Something that is remembered.
    Memory,
    /// A run whose change goes this way, or the yes to it.
    Revert(Way),
    /// A command that gets a dependency: the yes to it.
    Install,
}

/// One line of a picker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PickerItem {
    /// What is matched and shown.
    pub label: String,
    /// What stands beside it.
    pub note: String,
    /// What choosing it means.
    pub value: PickerValue,
}

/// What choosing a line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PickerValue {
    /// Take this action.
    Action(Action),
    /// Use this model from now on.
    Model(ModelRef),
    /// Use this mode from now on.
    Mode(String),
    /// Type this order.
    Command(&'static Command),
    /// Pin this memory, or let it go.
    Memory(MemoryId),
    /// Work out what this would do: the run's change goes this way.
    Revert(RunId, Way),
    /// Write what was worked out.
    WriteRevert,
    /// Leave it.
    LeaveRevert,
    /// Run this.
    Install(Install),
    /// Run nothing.
    LeaveInstall,
    /// Nothing: a line that is there to be read.
    ShownLine,
}

impl Picker {
    /// A list with nothing typed yet.
    pub fn new(kind: PickerKind, items: Vec<PickerItem>) -> Picker {
        let matches = (0..items.len()).collect();
        Picker { kind, filter: String::new(), items, matches, selected: 0 }
    }

    /// The selected line.
    pub fn choice(&self) -> Option<&PickerItem> {
        self.items.get(*self.matches.get(self.selected)?)
    }

    /// Narrows the list to the lines in which every word of the filter is found, best first: at the beginning of the
    /// line, of a word, inside a word, and last as letters of one word in this order (`acpt` finds accept).
    pub fn narrow(&mut self, filter: String) {
        let words: Vec<String> = filter.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let mut ranked: Vec<(u32, usize)> =
            self.items.iter().enumerate().filter_map(|(i, item)| Some((rank(item, &words)?, i))).collect();
        ranked.sort_unstable();
        self.matches = ranked.into_iter().map(|(_, i)| i).collect();
        self.selected = 0;
        self.filter = filter;
    }

    /// Moves the selection, stopping at both ends.
    pub fn move_by(&mut self, by: isize) {
        let last = self.matches.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }
}

/// How far a line is from what was typed, 0 being nearest; `None` if a word is not in it.
fn rank(item: &PickerItem, words: &[String]) -> Option<u32> {
    let (label, note) = (item.label.to_lowercase(), item.note.to_lowercase());
    let parts = |text: &str| text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>();
    let (label_parts, note_parts) = (parts(&label), parts(&note));
    let mut sum = 0;
    for word in words {
        let begins = |parts: &[String]| parts.iter().any(|p| p.starts_with(word.as_str()));
        let letters = |parts: &[String]| parts.iter().any(|p| is_within(word, p));
        sum += match () {
            () if label.starts_with(word.as_str()) => 0,
            () if begins(&label_parts) => 1,
            () if begins(&note_parts) => 2,
            () if label.contains(word.as_str()) => 3,
            () if note.contains(word.as_str()) => 4,
            () if letters(&label_parts) || letters(&note_parts) => 8,
            () => return None,
        };
    }
    Some(sum)
}

/// Whether `word`'s letters stand in `part` in this order, the first of them first. Two letters are in too much.
fn is_within(word: &str, part: &str) -> bool {
    let mut letters = part.chars();
    word.chars().count() > 2
        && part.chars().next() == word.chars().next()
        && word.chars().all(|c| letters.any(|l| l == c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(filter: &str) -> Vec<&'static str> {
        let lines = [
            ("Accept every hunk", "review.accept-all"),
            ("Find an action by name", "app.palette"),
            ("Accept this hunk", "review.accept-hunk"),
        ];
        let item = |(label, note): (&str, &str)| PickerItem {
            label: label.to_owned(),
            note: note.to_owned(),
            value: PickerValue::Mode(String::new()),
        };
        let mut picker = Picker::new(PickerKind::Action, lines.into_iter().map(item).collect());
        picker.narrow(filter.to_owned());
        picker.matches.iter().map(|i| lines[*i].1).collect()
    }

    #[test]
    fn every_word_is_found_anywhere_and_nearer_ones_come_first() {
        assert_eq!(found("hunk acc"), ["review.accept-all", "review.accept-hunk"]);
        assert_eq!(found("this"), ["review.accept-hunk"]);
        assert_eq!(found("palette"), ["app.palette"]);
        assert_eq!(found("acpt all"), ["review.accept-all"]);
        assert_eq!(found("ap"), ["app.palette"]);
        assert_eq!(found("accept nothing"), [""; 0]);
    }
}
