//! What a context is chosen from, gathered from the repository and its map: the same for runs and for `vibe-tui context`.

use super::clock;
use super::map::Mapped;
use super::meaning::{Likeness, MOST_ALIKE, Meaning};
use super::report::tell_line;
use super::sessions::Format;
use super::setup::Setup;
use crate::budget::token::Counter;
use crate::context::token::estimate;
use crate::context::{self, Correction, Ranked, Signals, Sources, telling};
use crate::domain::change::{FileContent, FileSnapshot};
use crate::domain::context::{ContextBundle, ContextKind};
use crate::domain::failure::Failure;
use crate::domain::intent::Intent;
use crate::domain::memory::Memory;
use crate::domain::outline::Tier;
use crate::domain::safe_text::SafeText;
use crate::map::Map;
use crate::pattern::{self, Library};
use crate::repo::{Root, history, read};
use serde_json::{Value, json};
use std::thread;

/// Patterns offered to a model as examples.
const PATTERNS: usize = 3;
/// Bytes of files after which no more are read for one context: what is beyond ranks too low to be shown.
const MOST_BYTES: usize = 2 << 20;
/// The file of rules for agents, which has a place of its own in a context.
const AGENTS: &str = "AGENTS.md";

/// A repository's files, and those of them that matter for a request, best first.
pub struct Order {
    listing: Vec<String>,
    ranking: Vec<Ranked>,
}

impl Order {
    /// By what is known of the files.
    pub fn of(intent: &Intent, map: &Map, signals: &Signals) -> Order {
        let listing: Vec<String> = map.paths().map(str::to_owned).collect();
        Order { ranking: context::rank(intent, map, &listing, signals), listing }
    }

    /// By their names only.
    pub fn of_names(intent: &Intent, listing: Vec<String>, signals: &Signals) -> Order {
        Order { ranking: context::rank(intent, &Map::new(), &listing, signals), listing }
    }

    /// The files that matter, best first.
    pub fn paths(&self) -> Vec<String> {
        self.ranking.iter().map(|ranked| ranked.path.clone()).collect()
    }
}

/// Reads the first of the files, and what else a context is chosen from. Blocks.
pub fn gather(root: &Root, library: &Library, intent: &Intent, order: Order, signals: &Signals) -> Sources {
    let Order { listing, mut ranking } = order;
    // Rules that the request is about are shown as the file they are.
    let is_named = ranking.iter().any(|ranked| ranked.named && ranked.path == AGENTS);
    ranking.retain(|ranked| ranked.named || ranked.path != AGENTS);
    let agents = if is_named || signals.drops(AGENTS) { None } else { read::agents_md(root) };
    let mut snapshots = Vec::new();
    let mut bytes = 0;
    for ranked in &ranking {
        if bytes >= MOST_BYTES {
            if !ranked.named {
                break;
            }
            let reason = format!("beyond the {} MiB of files that are read for one request", MOST_BYTES >> 20);
            snapshots.push(FileSnapshot { path: ranked.path.clone(), content: FileContent::Opaque { reason } });
            continue;
        }
        let read = read::read(root, std::slice::from_ref(&ranked.path));
        bytes += read.iter().filter_map(|snapshot| snapshot.text()).map(str::len).sum::<usize>();
        snapshots.extend(read);
    }
    let patterns = fitting(library, intent);
    let remarks = context::remarks(&ranking, &snapshots);
    Sources { snapshots, remarks, agents, patterns, listing, ranking, ..Sources::default() }
}

/// The patterns that fit best, as a model can read them.
fn fitting(library: &Library, intent: &Intent) -> Vec<(String, String)> {
    let matches = library.rank(intent).into_iter().filter(|m| m.score >= pattern::THRESHOLD).take(PATTERNS);
    matches.map(|m| (m.pattern.name.clone(), pattern::context_text(m.pattern))).collect()
}

/// The context of a request in the repository that the set-up was opened on, with what is remembered of it, as `vibe-tui context`
/// prints it: to the byte what a model is shown, not made safe for a terminal. Nothing of that counts as recalled.
///
/// # Errors
/// When the repository has more files than are listed.
pub fn context(
    setup: &Setup,
    intent: &Intent,
    memory: Vec<Memory>,
    budget: u32,
    format: Format,
) -> Result<String, Failure> {
    let (opened, recent) = thread::scope(|scope| {
        let recent = scope.spawn(|| history::recent(&setup.root));
        // The vocabulary is there when it is needed.
        scope.spawn(|| Counter::of_nobody().count(" "));
        (Mapped::open(setup, Tier::Scan), recent.join().unwrap_or_default())
    });
    let opened = opened?;
    let mut signals = Signals { recent, ..Signals::default() };
    let map = opened.read();
    if let Some(meaning) = Meaning::of(&setup.loaded.config, &setup.paths, &setup.root) {
        let found = meaning.learn_all(&opened).and_then(|()| meaning.find(&map, &telling(&intent.text), MOST_ALIKE));
        match found {
            Ok(found) => signals.alike = found.iter().map(Likeness::alike).collect(),
            Err(failure) => tell_line(&format!("vibe-tui: nothing is compared by meaning: {failure}")),
        }
    }
    let order = Order::of(intent, &map, &signals);
    let gathered = gather(&setup.root, Library::embedded(), intent, order, &signals);
    let sources = Sources { memory, now: clock::now(), ..gathered };
    let bundle = fitted(intent, &sources, budget);
    if bundle.items.is_empty() && format == Format::Text {
        let why = if sources.listing.is_empty() { "there are no files here" } else { "nothing fits the budget" };
        tell_line(&format!("vibe-tui: the context is empty: {why}"));
    }
    for unseen in &bundle.unseen {
        tell_line(&format!("vibe-tui: {}", SafeText::line(&unseen.sentence())));
    }
    Ok(match format {
        Format::Json => format!("{}\n", json(&bundle, &sources.ranking)),
        Format::Text => bundle.items.iter().map(|item| format!("{}\n", item.text)).collect(),
    })
}

/// What is chosen, counted as `tokens` counts without a model. It is chosen by the estimate, which costs a fraction; where that is
/// too low, once more with the difference, and at last by the count itself.
fn fitted(intent: &Intent, sources: &Sources, budget: u32) -> ContextBundle {
    let counter = Counter::of_nobody();
    let counted = |text: &str| counter.count(text).tokens;
    let mut correction = Correction::default();
    for _ in 0..2 {
        let mut bundle = context::assemble(intent, sources, budget, &|text| correction.apply(estimate(text)));
        let counts: Vec<u32> = bundle.items.iter().map(|item| counted(&item.text)).collect();
        if correction.settle(&mut bundle, &counts) {
            return bundle;
        }
    }
    context::assemble(intent, sources, budget, &counted)
}

/// A context as `--json` prints it. Whole files are told by their first and last line, too.
fn json(bundle: &ContextBundle, ranking: &[Ranked]) -> Value {
    let whole = |label: &str| {
        let text = bundle.files.iter().find(|f| f.path == label)?.text()?;
        Some(vec![(1, text.lines().count().max(1))])
    };
    let items: Vec<Value> = bundle
        .items
        .iter()
        .map(|item| {
            let lines = match item.lines.is_empty() {
                true => whole(&item.label).filter(|_| item.kind == ContextKind::Code).map(|lines| json!(lines)),
                false => Some(json!(item.lines)),
            };
            let mut value =
                json!({"kind": item.kind, "label": item.label, "tokens": item.tokens, "reason": item.reason});
            if let Some(lines) = lines {
                value["path"] = json!(item.label);
                value["lines"] = lines;
            }
            value
        })
        .collect();
    let ranking: Vec<Value> =
        ranking.iter().map(|r| json!({"path": r.path, "score": r.score, "reason": r.reason})).collect();
    json!({"tokens": bundle.tokens, "budget": bundle.budget, "exact": bundle.exact, "items": items, "ranking": ranking})
}
