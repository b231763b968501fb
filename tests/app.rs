//! The heart as data: events in, effects and state out. No terminal, no server, no file, no clock.
//!
//! `desk` is the heart with a world in memory around it, which checks after every event what must always hold.

#[path = "app/chat.rs"]
mod chat;
#[path = "app/completion.rs"]
mod completion;
#[path = "app/context.rs"]
mod context;
#[path = "app/desk.rs"]
mod desk;
#[path = "app/heal.rs"]
mod heal;
#[path = "app/layout.rs"]
mod layout;
#[path = "app/memory.rs"]
mod memory;
#[path = "app/repository.rs"]
mod repository;
#[path = "app/resume.rs"]
mod resume;
#[path = "app/review.rs"]
mod review;
#[path = "app/run.rs"]
mod run;
#[path = "app/session.rs"]
mod session;
#[path = "app/storm.rs"]
mod storm;
#[path = "app/undo.rs"]
mod undo;
