//! The shell: event loop, effects, terminal guard, recorder, replay, headless front.
//!
//! Everything that touches a clock, a file, a process or a socket is reached from here, and nothing here decides anything:
//! decisions are `app::update`'s.

mod apply;
mod ask;
mod attention;
mod branch;
mod check;
mod clock;
mod context;
mod doctor;
mod editor;
mod effects;
mod file_limit;
mod front;
mod gate;
mod head;
mod headless;
mod heap;
mod hook;
mod lessons;
mod map;
mod meaning;
mod memories;
mod panic;
mod presentation;
mod quality;
mod recorder;
mod replay;
mod report;
mod repository;
mod search;
mod sessions;
mod setup;
mod survey;
mod tally;
mod task;
mod terminal;
mod token;
mod tui;
mod undo;
mod usage;
mod validation;
mod world;

pub use crate::edit::Form as EditForm;
pub use crate::quality::Level;
pub use crate::repo::difference::Compared;
pub use apply::{ApplyReport, ApplyRequest, apply};
pub use check::{CheckError, CheckRequest, Checked, check, inside};
pub use context::context;
pub use doctor::doctor;
pub use file_limit::outlive_file_limit;
pub use gate::{Measured, Verdict, ask_gate};
pub use headless::{Accept, Exit, Headless, run as run_headless};
pub use heap::prepare as prepare_heap;
pub use hook::{Hook, hook};
pub use lessons::{LessonTask, lessons};
pub use map::{MapRequest, map};
pub use memories::{MemoryTask, memory, remembered};
pub use quality::{ReportFormat, analysis, analyze, changed, review};
pub use replay::{Replayed, replay};
pub use report::{Style, print, print_report, refused, tell, tell_line};
pub use repository::Repository;
pub use search::{SearchKind, SearchRequest, search};
pub use sessions::{Format, free as free_session, sessions};
pub use setup::{Flags, Setup};
pub use tally::{Ask, Tally, read_text, tally, tally_for};
pub use terminal::Guard;
pub use tui::run as run_tui;
pub use undo::{UndoMode, UndoRequest, audit, undo};
pub use validation::Validators;

use crate::domain::intent::Intent;
use serde_json::{Value, json};

/// An intent as `--json` prints it.
pub fn intent_json(intent: &Intent) -> Value {
    json!({
        "action": intent.action, "targets": intent.targets, "language": intent.language,
        "frameworks": intent.frameworks, "complexity": intent.complexity, "confidence": intent.confidence,
        "confidence_level": intent.confidence_level(), "token_budget": intent.token_budget,
        "paths": intent.paths, "symbols": intent.symbols,
    })
}

/// Text with everything made visible that a terminal would obey or hide.
pub fn visible(text: &str) -> String {
    crate::domain::safe_text::SafeText::new(text).into_string()
}

/// How `text` reads.
pub fn read_intent(text: &str) -> crate::intent::Reading {
    crate::intent::parse(text, crate::intent::Vocabulary::embedded())
}

/// If this process was started to be a validator's sandbox, becomes that and does not come back.
pub fn become_sandbox_if_asked() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == crate::validate::ENTRY) {
        crate::validate::sandbox_main(arguments);
    }
}
