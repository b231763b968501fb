//! What lies on top of the panes: help, and lists to choose from.

use crate::app::action::Action;
use crate::domain::model::ModelRef;

/// What lies on top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// What every key does, for the place the user came from.
    Help {
        /// First line shown.
        scroll: usize,
    },
    /// A list to choose from.
    Picker(Picker),
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

    /// Narrows the list to the lines that hold every word of the filter; those that begin with it come first.
    pub fn narrow(&mut self, filter: String) {
        let words: Vec<String> = filter.to_lowercase().split_whitespace().map(str::to_owned).collect();
        let rank = |item: &PickerItem| {
            let label = item.label.to_lowercase();
            let both = format!("{label} {}", item.note.to_lowercase());
            let all = words.iter().all(|w| both.contains(w.as_str()));
            all.then(|| match words.first() {
                Some(w) if label.starts_with(w.as_str()) => 0,
                Some(w) if label.contains(w.as_str()) => 1,
                _ => 2,
            })
        };
        let mut ranked: Vec<(u8, usize)> =
            self.items.iter().enumerate().filter_map(|(i, item)| Some((rank(item)?, i))).collect();
        ranked.sort();
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
