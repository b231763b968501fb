//! Orders: actions by a word behind a slash, typed into the chat. One table for what is done, what is offered while one is
//! typed, and what is said of one that is not there.

use super::action::Action;

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The word behind the slash.
    pub word: &'static str,
    /// What it does, in a few words.
    pub meaning: &'static str,
    /// The action it is.
    pub action: Action,
}

/// Every order, in the order they are offered.
pub const ORDERS: &[Order] = &[
    Order { word: "model", meaning: "choose the model, or name it behind", action: Action::ChooseModel },
    Order { word: "mode", meaning: "choose the mode, or name it behind", action: Action::ChooseMode },
    Order { word: "undo", meaning: "take back what was written", action: Action::Undo },
    Order { word: "redo", meaning: "write it again", action: Action::Redo },
    Order { word: "review", meaning: "go to the proposal", action: Action::FocusReview },
    Order { word: "cost", meaning: "go to the budget", action: Action::FocusBudget },
    Order { word: "sessions", meaning: "go to the sessions", action: Action::FocusSessions },
    Order { word: "new", meaning: "begin a new session", action: Action::NewSession },
    Order { word: "help", meaning: "show every key", action: Action::Help },
    Order { word: "quit", meaning: "leave", action: Action::Quit },
];

/// The order that is called so.
pub fn order(word: &str) -> Option<Order> {
    ORDERS.iter().copied().find(|o| o.word == word)
}

/// The orders that what is typed may still become; none if it is no order.
pub fn orders(typed: &str) -> Vec<Order> {
    let Some(typed) = typed.strip_prefix('/') else { return Vec::new() };
    let word = typed.split(char::is_whitespace).next().unwrap_or_default();
    let whole = typed.len() > word.len();
    ORDERS.iter().copied().filter(|o| if whole { o.word == word } else { o.word.starts_with(word) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(typed: &str) -> Vec<&'static str> {
        orders(typed).iter().map(|o| o.word).collect()
    }

    #[test]
    fn what_is_typed_narrows_the_orders_until_one_is_named() {
        assert_eq!(offered("/").len(), ORDERS.len());
        assert_eq!(offered("/re"), ["redo", "review"]);
        assert_eq!(offered("/model qwen"), ["model"]);
        assert_eq!(offered("/mod qwen"), [""; 0]);
        assert_eq!(offered("/make"), [""; 0]);
        assert_eq!(offered("undo"), [""; 0]);
    }

    #[test]
    fn every_order_is_found_by_its_word() {
        assert!(ORDERS.iter().all(|o| order(o.word) == Some(*o)));
        assert_eq!(order("model ").map(|o| o.word), None);
    }
}
