//! The program as its users have it: the real binary, with a real terminal where it needs one. Each test has a repository
//! and directories of its own; models are scripts, the embedded engine, or a server on the loopback interface.
#![cfg(unix)]

mod apply;
mod ask;
mod check;
mod editor;
mod heal;
mod kill;
mod map;
mod meaning;
mod place;
mod project;
mod pty;
mod quality;
mod replay;
mod run;
mod schema;
mod server;
#[path = "../provider/static_model_file.rs"]
mod static_model_file;
mod terminal;
mod tokens;
mod undo;
mod workbench;
