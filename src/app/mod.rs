//! The heart: state, events, actions, effects and the pure `update`.
//!
//! `update(&mut State, &Stamped) -> Vec<Effect>` knows no clock, no file and no server. Both fronts drive it.

mod action;
mod command;
mod effect;
mod event;
mod fact;
mod session;
mod state;
mod trail;
mod update;

pub use action::{Action, Scope};
pub use command::{COMMANDS, Command, Does, Report, Reported};
pub use effect::{Effect, Entry, Mouse, TerminalEffect, UnknownPrice};
pub use event::{
    Event, ModelEvent, Opening, Pointer, RepositoryEvent, Resume, RevertPlanned, Stamped, StoreEvent, TextEdit,
    WorkEvent,
};
pub use fact::{Dated, Fact};
pub use session::{Raise, Session, UNKNOWN_PRICE};
pub use state::{
    Area, Asked, Chat, Chip, Columns, Completion, CompletionItem, CompletionKind, Confirming, ContextChange,
    ContextRow, ContextView, Corrections, Editor, Failed, Fate, FileSought, HealSettings, Layout, Live, Notice, Offer,
    Overlay, Picker, PickerItem, PickerKind, PickerValue, RepositoryView, Reverting, ReviewView, RootInfo, STALL_MS,
    SessionsView, Settings, Standing, State, StreamView, Subject, Written, hunks,
};
pub use trail::{Deed, Trace, counted, file_words, revert_refused, revertible, trail, written_words};
pub use update::{TOO_SMALL, healed_paths, needs_own_yes, unwritten, update};
