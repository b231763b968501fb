//! `vibe-tui map`: what matters in a repository, within a budget of tokens.
//!
//! The same files give the same text, whatever was made exact before: it is chosen from scans, and shown with the heads that
//! stand in the files.

use super::Format;
use super::head::Heads;
use super::heap;
use super::report::tell_line;
use super::repository::cache_file;
use super::setup::Setup;
use crate::budget::token::Counter;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::listing::{Places, aliases};
use crate::domain::outline::Tier;
use crate::domain::safe_text::SafeText;
use crate::index::{Answer, Index, Job, Priority};
use crate::map::{self, Focus, Map, Ranking, Told};
use crate::repo::walk::{self, Listing, MAX_FILES, MAX_SKIPPED, Skipped};
use crate::repo::{Root, read};
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::mem::ManuallyDrop;
use std::sync::RwLock;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

/// Between two words on how far it is.
const REPORTED: Duration = Duration::from_millis(100);
/// Work that takes less is not spoken of.
const SPOKEN_OF: Duration = Duration::from_millis(500);

/// Files from which on memory counts more than the moments that it takes to give some back.
const MANY: usize = 50_000;

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

/// Gives the map of the repository that the set-up was opened on to `give`, and then keeps what makes the next one cheap.
///
/// # Errors
/// When the repository has more files than are listed.
pub fn map(setup: &Setup, request: MapRequest, give: impl FnOnce(&str)) -> Result<(), Failure> {
    let listing = list(&setup.root)?;
    let is_plain = request.format == Format::Text && request.tier == Tier::Scan;
    let cache = cache_file(&setup.paths.cache, &setup.root);
    let question = format!("map {} {}", request.budget, program());
    let answer = is_plain.then(|| Answer::to(&question, &cache, &listing.entries));
    if let Some(text) = answer.as_ref().and_then(Answer::recall) {
        tell_skipped(&listing.skipped);
        give(&text);
        return Ok(());
    }
    let is_large = listing.entries.len() >= MANY;
    if is_large {
        heap::prepare();
    }
    let mut index = index(setup, Tier::Scan);
    let opened = Mapped::of(setup, &mut index, listing);
    if request.tier == Tier::Exact {
        // What is made exact for this answer is not what the next one starts from.
        index.keep(&opened.map);
        let shallow = index.shallow();
        opened.deepen(&mut index, &shallow);
    }
    if is_large {
        // From here on it is only read.
        opened.map.write().unwrap_or_else(|poisoned| poisoned.into_inner()).slim();
    }
    let is_sure = index.is_sure();
    tell_notices(&mut index);
    thread::scope(|scope| {
        // It is written down while it is ranked: both only read it.
        if request.tier == Tier::Scan {
            scope.spawn(|| index.keep(&opened.map));
        }
        let ranking = opened.read().rank(&Focus::default());
        let (text, tokens) = opened.text(request.budget, &ranking);
        give(&opened.printed(request, &ranking, &text, tokens));
        // What could not be read is named each time.
        if let Some(answer) = answer.filter(|_| is_sure && opened.is_whole && !text.is_empty()) {
            answer.keep(&text);
        }
    });
    index.tidy();
    tell_notices(&mut index);
    Ok(())
}

/// Which program this is: another one may answer otherwise.
fn program() -> String {
    let stat = std::env::current_exe().and_then(std::fs::metadata).ok();
    let made = stat.as_ref().and_then(|stat| stat.modified().ok());
    let made = made.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    format!("{} {}", stat.map_or(0, |stat| stat.len()), made.as_nanos())
}

fn list(root: &Root) -> Result<Listing, Failure> {
    let listing = walk::walk(root, MAX_FILES, &AtomicBool::new(false));
    if listing.truncated {
        let message =
            format!("The repository has more than {MAX_FILES} files. List what does not matter in .vibeignore.");
        return Err(Failure::fatal(FailureKind::Denied, message));
    }
    Ok(listing)
}

fn tell_skipped(skipped: &[Skipped]) {
    for Skipped { path, reason, .. } in skipped {
        tell_line(&format!("vibe-tui: {} is left out: {reason}", SafeText::line(path).into_string()));
    }
}

fn index(setup: &Setup, most: Tier) -> Index {
    Index::open(Some(&cache_file(&setup.paths.cache, &setup.root)), most).keeping_later()
}

/// A repository's map, made for one question.
pub(super) struct Mapped<'a> {
    pub root: &'a Root,
    /// Not taken apart at the end: the process ends then, too.
    pub map: ManuallyDrop<RwLock<Map>>,
    skipped: Vec<Skipped>,
    /// Links to files that have another path here, too.
    links: Vec<String>,
    /// Whether every file could be read.
    is_whole: bool,
}

impl<'a> Mapped<'a> {
    /// Lists the repository and outlines what changed since the last time, and keeps that. Progress goes to standard error, if
    /// that is a terminal; so do complaints, always.
    pub fn open(setup: &'a Setup, most: Tier) -> Result<Mapped<'a>, Failure> {
        let (listing, mut index) = thread::scope(|scope| {
            let index = scope.spawn(|| index(setup, most).read_ahead());
            (list(&setup.root), index.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        });
        let mapped = Mapped::of(setup, &mut index, listing?);
        index.keep(&mapped.map);
        Ok(mapped)
    }

    /// Outlines what changed of the files that were listed. It is not kept yet.
    fn of(setup: &'a Setup, index: &mut Index, listing: Listing) -> Mapped<'a> {
        let root = &setup.root;
        let (links, skipped) = (aliases(&listing.entries, &listing.links), listing.skipped);
        let map = ManuallyDrop::new(RwLock::new(Map::new()));
        let mut mapped = Mapped { root, map, skipped, links, is_whole: true };
        let entries = &listing.entries;
        work(root, "reading", |job| index.refresh(&mapped.map, &Places::everything(), entries, job));
        tell_notices(index);
        tell_skipped(&mapped.skipped);
        let unreadable: Vec<Skipped> = map::unreadable(&mapped.read())
            .into_iter()
            .take(MAX_SKIPPED)
            .map(|path| Skipped::file(path.to_owned(), "it cannot be read"))
            .collect();
        tell_skipped(&unreadable);
        mapped.is_whole = unreadable.is_empty();
        mapped
    }

    /// A map as it is printed.
    fn printed(&self, request: MapRequest, ranking: &Ranking, text: &str, tokens: u32) -> String {
        if text.is_empty() && request.format == Format::Text {
            let why = if self.read().is_empty() { "there are no files here" } else { "nothing fits the budget" };
            tell_line(&format!("vibe-tui: the map is empty: {why}"));
        }
        match request.format {
            Format::Text => text.to_owned(),
            Format::Json => {
                let map = self.read();
                let summary = map::summary(&map, ranking, &self.told(&map));
                let skipped: Vec<_> =
                    self.skipped.iter().map(|s| json!({"path": s.path, "reason": s.reason})).collect();
                let root = self.root.path().display().to_string();
                let budget = request.budget;
                format!(
                    "{}\n",
                    json!({"root": root, "budget": budget, "tokens": tokens, "exact": false, "map": text,
                        "summary": summary, "skipped": skipped})
                )
            }
        }
    }

    /// What links and manifests say of the files.
    fn told<'m>(&'m self, map: &'m Map) -> Told<'m> {
        let manifests = map.paths().filter(|path| map::is_manifest(path));
        let texts =
            manifests.filter_map(|path| Some((path, String::from_utf8(read::bytes(self.root, path).ok()?).ok()?)));
        let programs = texts.flat_map(|(path, text)| map.programs(path, &text)).collect();
        Told { programs, links: self.links.iter().map(String::as_str).collect() }
    }

    /// The map, for reading.
    pub fn read(&self) -> std::sync::RwLockReadGuard<'_, Map> {
        self.map.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn deepen(&self, index: &mut Index, paths: &[String]) {
        work(self.root, "parsing", |job| index.deepen(&self.map, paths, job));
    }

    /// The text and its tokens.
    fn text(&self, budget: u32, ranking: &Ranking) -> (String, u32) {
        let map = self.read();
        // As `tokens` counts without a model. No token reaches over the end of a line, and most lines are counted often.
        let (counter, counted) = (Counter::of_nobody(), RefCell::<HashMap<String, u32>>::default());
        let count_line = |line: &str| {
            let known = counted.borrow().get(line).copied();
            known.unwrap_or_else(|| {
                let tokens = counter.count(line).tokens;
                counted.borrow_mut().insert(line.to_owned(), tokens);
                tokens
            })
        };
        let count = |text: &str| text.split_inclusive('\n').map(count_line).fold(0u32, u32::saturating_add);
        let heads = Heads::new(self.root);
        let head = |path: &str, at: usize, name: &str| heads.of(path, at, name);
        map::render_with(&map, ranking, budget, &count, &head)
    }
}

fn tell_notices(index: &mut Index) {
    let tell = |notice: &String| tell_line(&format!("vibe-tui: {}", SafeText::new(notice).into_string()));
    index.notices().iter().for_each(tell);
}

/// Does something with a job whose progress is told.
fn work<T>(root: &Root, what: &'static str, work: impl FnOnce(&Job) -> T) -> T {
    let source = |path: &str, size: u64, bytes: &mut Vec<u8>| read::listed(root, path, size, bytes);
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
