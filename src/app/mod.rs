//! The heart: state, events, actions, effects and the pure `update`.

mod action;

pub use action::{Action, Scope};
