//! `vibe-tui map`: what matters in a repository, within a budget of tokens.
//!
//! The same files give the same text, whatever was made exact before: it is chosen from scans, and what is shown is then
//! made exact.

use super::Format;
use super::report::tell_line;
use super::repository::cache_file;
use super::setup::Setup;
use crate::context::token;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::listing::Places;
use crate::domain::outline::Tier;
use crate::domain::safe_text::SafeText;
use crate::index::{Index, Job, Priority};
use crate::map::{self, Focus, Map};
use crate::repo::walk::{self, MAX_FILES, Skipped};
use crate::repo::{Root, read};
use serde_json::json;
use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::mem::ManuallyDrop;
use std::sync::RwLock;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Rounds of showing, making exact what is shown, and ranking anew: what is shown has settled by then.
const ROUNDS: usize = 4;
/// Between two words on how far it is.
const REPORTED: Duration = Duration::from_millis(100);
/// Work that takes less is not spoken of.
const SPOKEN_OF: Duration = Duration::from_millis(500);

/// What `vibe-tui map` is asked for.
#[derive(Clone, Copy, Debug)]
pub struct MapRequest {
    /// Tokens at most.
    pub budget: u32,
    /// Text, or an object with figures of the whole repository.
    pub format: Format,
    /// Which outlines the figures and the choice rest on.
    pub tier: Tier,
}

/// Makes the map of the repository that the set-up was opened on.
///
/// # Errors
/// When the repository has more files than are listed.
pub fn map(setup: &Setup, request: MapRequest) -> Result<String, Failure> {
    let mut opened = Mapped::open(setup, Tier::Scan)?;
    if request.tier == Tier::Exact {
        let shallow = opened.index.shallow();
        opened.deepen(&shallow);
    }
    let (text, tokens) = opened.text(request.budget);
    opened.index.tidy();
    opened.tell_notices();
    if text.is_empty() && request.format == Format::Text {
        let why = if opened.read().is_empty() { "there are no files here" } else { "nothing fits the budget" };
        tell_line(&format!("vibe-tui: the map is empty: {why}"));
    }
    Ok(match request.format {
        Format::Text => text,
        Format::Json => {
            let map = opened.read();
            let summary = map::summary(&map, &map.rank(&Focus::default()));
            let skipped: Vec<_> = opened.skipped.iter().map(|s| json!({"path": s.path, "reason": s.reason})).collect();
            let root = setup.root.path().display().to_string();
            let budget = request.budget;
            format!(
                "{}\n",
                json!({"root": root, "budget": budget, "tokens": tokens, "exact": false, "map": text,
                    "summary": summary, "skipped": skipped})
            )
        }
    })
}

/// A repository's map, made for one question.
pub(super) struct Mapped<'a> {
    pub root: &'a Root,
    /// Not taken apart at the end: the process ends then, too.
    pub map: ManuallyDrop<RwLock<Map>>,
    index: Index,
    skipped: Vec<Skipped>,
}

impl<'a> Mapped<'a> {
    /// Lists the repository and outlines what changed since the last time. Progress goes to standard error, if that is a
    /// terminal; so do complaints, always.
    pub fn open(setup: &'a Setup, most: Tier) -> Result<Mapped<'a>, Failure> {
        let root = &setup.root;
        let listing = walk::walk(root, MAX_FILES, &AtomicBool::new(false));
        if listing.truncated {
            let message =
                format!("The repository has more than {MAX_FILES} files. List what does not matter in .vibeignore.");
            return Err(Failure::fatal(FailureKind::Denied, message));
        }
        let index = Index::open(Some(&cache_file(&setup.paths.cache, root)), most);
        let mut mapped =
            Mapped { root, map: ManuallyDrop::new(RwLock::new(Map::new())), index, skipped: listing.skipped };
        let entries = &listing.entries;
        work(root, "reading", |job| mapped.index.refresh(&mapped.map, &Places::everything(), entries, job));
        mapped.tell_notices();
        for Skipped { path, reason } in &mapped.skipped {
            tell_line(&format!("vibe-tui: {} is left out: {reason}", SafeText::new(path).into_string()));
        }
        Ok(mapped)
    }

    /// The map, for reading.
    pub fn read(&self) -> std::sync::RwLockReadGuard<'_, Map> {
        self.map.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn deepen(&mut self, paths: &[String]) {
        work(self.root, "parsing", |job| self.index.deepen(&self.map, paths, job));
    }

    /// The text and its tokens, with exact outlines of all that is shown.
    fn text(&mut self, budget: u32) -> (String, u32) {
        let mut shown = (String::new(), 0);
        for round in 0..=ROUNDS {
            let map = self.read();
            shown = map::render(&map, &map.rank(&Focus::default()), budget, &token::estimate);
            let paths: Vec<String> = shown.0.lines().filter(|l| !l.starts_with(' ')).map(str::to_owned).collect();
            let scanned = |path: &&String| map.stamp(path).is_some_and(|(_, tier)| tier == Tier::Scan);
            let scans: Vec<String> = paths.iter().filter(scanned).cloned().collect();
            drop(map);
            if scans.is_empty() || round == ROUNDS {
                break;
            }
            self.deepen(&scans);
        }
        shown
    }

    fn tell_notices(&mut self) {
        self.index
            .notices()
            .iter()
            .for_each(|notice| tell_line(&format!("vibe-tui: {}", SafeText::new(notice).into_string())));
    }
}

/// Does something with a job whose progress is told.
fn work<T>(root: &Root, what: &'static str, work: impl FnOnce(&Job) -> T) -> T {
    let source = |path: &str| read::bytes(root, path);
    let told = Progress::new(what, "files");
    let progress = |done: usize, total: usize| told.tell(done, total);
    let stop = AtomicBool::new(false);
    work(&Job { priority: Priority::Now, source: &source, stop: &stop, progress: &progress })
}

/// A line on standard error that says how far something is, if that is a terminal; gone when it is over.
pub(super) struct Progress {
    what: &'static str,
    of: &'static str,
    start: Instant,
    told: Cell<Option<Instant>>,
    is_seen: bool,
}

impl Progress {
    /// Nothing is said yet.
    pub fn new(what: &'static str, of: &'static str) -> Progress {
        let is_seen = std::io::stderr().is_terminal();
        Progress { what, of, start: Instant::now(), told: Cell::new(None), is_seen }
    }

    /// Says it, if it is time to.
    pub fn tell(&self, done: usize, total: usize) {
        let due = self.told.get().is_none_or(|at| at.elapsed() >= REPORTED);
        if self.is_seen && due && self.start.elapsed() >= SPOKEN_OF {
            self.told.set(Some(Instant::now()));
            let _ = write!(std::io::stderr(), "\r{} {done} of {total} {}\x1b[K", self.what, self.of);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.told.get().is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
