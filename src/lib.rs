//! vibe-tui: a terminal workbench for people who write code with language models.
//!
//! The code map, top to bottom (imports go down only; `docs/ARCHITECTURE.md` says why, `tests/layers.rs` checks it):
//!
//! - [`cli`] parses flags and dispatches; [`runtime`] is the shell: event loop, effects, terminal, headless front.
//! - [`ui`] draws, [`input`] turns keys into actions, [`app`] decides (`update`) and folds the journal.
//! - Adapters touch the world: [`config`] [`provider`] [`repo`] [`index`] [`validate`] [`store`].
//! - Pure logic: [`intent`] [`pattern`] [`syntax`] [`map`] [`embedding`] [`quality`] [`edit`] [`context`] [`budget`] [`heal`] [`graph`].
//! - [`domain`] holds the nouns.

pub mod app;
pub mod budget;
pub mod cli;
pub mod config;
pub mod context;
pub mod domain;
pub mod edit;
pub mod embedding;
pub mod graph;
pub mod heal;
pub mod index;
pub mod input;
pub mod intent;
pub mod map;
pub mod pattern;
pub mod provider;
pub mod quality;
pub mod repo;
pub mod runtime;
pub mod store;
pub mod syntax;
pub mod ui;
pub mod validate;
