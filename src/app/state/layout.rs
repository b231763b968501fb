//! Which panes are shown, how large, and which one has the keys. Sizes in cells are the view's business.

use crate::app::action::Scope;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A pane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// Chat and intent.
    #[default]
    Chat,
    /// Live generation.
    Stream,
    /// Diff review.
    Review,
    /// Money and tokens.
    Budget,
    /// Session list.
    Sessions,
}

impl Area {
    /// Every pane, in the order of focus.
    pub const ALL: [Area; 5] = [Area::Chat, Area::Stream, Area::Review, Area::Budget, Area::Sessions];

    /// The title on the pane's border.
    pub fn title(self) -> &'static str {
        match self {
            Area::Chat => "Chat",
            Area::Stream => "Stream",
            Area::Review => "Review",
            Area::Budget => "Budget",
            Area::Sessions => "Sessions",
        }
    }

    /// Where its keys are looked up.
    pub fn scope(self) -> Scope {
        match self {
            Area::Chat => Scope::Chat,
            Area::Stream => Scope::Stream,
            Area::Review => Scope::Review,
            Area::Budget => Scope::Budget,
            Area::Sessions => Scope::Sessions,
        }
    }
}

/// The arrangement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The pane that has the keys.
    pub focus: Area,
    /// The pane in which something is being done: it gets room although the keys are elsewhere.
    pub busy: Option<Area>,
    /// Whether only the focused pane is shown.
    pub zoomed: bool,
    /// Panes the user hid.
    pub hidden: BTreeSet<Area>,
    /// Steps by which each pane was made larger (negative: smaller), in the order of `Area::ALL`.
    pub steps: [i8; 5],
}

impl Layout {
    /// Gives a pane the keys, and shows it if it was hidden.
    pub fn focus_on(&mut self, area: Area) {
        self.focus = area;
        self.hidden.remove(&area);
    }

    /// The pane `by` places further among those shown.
    pub fn neighbour(&self, by: isize) -> Area {
        let shown: Vec<Area> = Area::ALL.into_iter().filter(|a| !self.hidden.contains(a)).collect();
        let here = shown.iter().position(|a| *a == self.focus).unwrap_or(0) as isize;
        shown.get((here + by).rem_euclid(shown.len().max(1) as isize) as usize).copied().unwrap_or_default()
    }

    /// Makes the focused pane larger or smaller by a step, within what stays usable.
    pub fn resize(&mut self, by: i8) {
        let step = &mut self.steps[self.focus as usize];
        *step = (*step + by).clamp(-6, 12);
    }
}
