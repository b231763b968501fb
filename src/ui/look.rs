//! A theme at the depth of this terminal: the only way by which a style is made.

use super::theme::{Depth, Role, Styles, Theme};
use ratatui::style::Style;

/// The styles of a theme on a terminal with so many colours.
#[derive(Clone, Debug)]
pub struct Look {
    styles: Styles,
}

impl Look {
    /// A theme in the colours of this terminal.
    pub fn new(theme: &Theme, depth: Depth) -> Look {
        Look { styles: theme.styles(depth) }
    }

    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// The dark theme without colours, for tests of text.
    pub fn plain_look() -> Look {
        Look::new(&Theme::load("dark", &|_| Ok(None)).0, Depth::None)
    }
}
