//! A theme at the depth of this terminal: the only way by which a style is made.

use super::theme::{Depth, Role, Theme};
use ratatui::style::Style;

/// A theme and how many colours the terminal has.
#[derive(Clone, Debug)]
pub struct Look {
    /// The theme.
    pub theme: Theme,
    /// The terminal's colours.
    pub depth: Depth,
}

impl Look {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role, self.depth)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The dark theme without colours, for tests of text.
    pub fn plain_look() -> Look {
        Look { theme: Theme::load("dark", &|_| Ok(None)).0, depth: Depth::None }
    }
}
