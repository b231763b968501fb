//! Tokens to fill, and the items that fill them. Never holds more than its limit.

use crate::domain::context::ContextItem;

/// Items that fit a limit.
#[derive(Default)]
pub(super) struct Room {
    limit: u32,
    /// Tokens of the items.
    pub used: u32,
    /// What was taken, in that order.
    pub items: Vec<ContextItem>,
}

impl Room {
    /// Room for `limit` tokens.
    pub fn new(limit: u32) -> Room {
        Room { limit, ..Room::default() }
    }

    /// Tokens that are free.
    pub fn left(&self) -> u32 {
        self.limit - self.used
    }

    /// Takes the item if it fits.
    pub fn take(&mut self, item: ContextItem) -> bool {
        let fits = item.tokens <= self.left();
        if fits {
            self.used += item.tokens;
            self.items.push(item);
        }
        fits
    }
}
