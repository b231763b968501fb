//! What a context is chosen from, gathered from the repository and its map: the same for runs and for `vibe-tui context`.

use super::map::Mapped;
use super::sessions::Format;
use super::setup::Setup;
use crate::context::token::estimate;
use crate::context::{self, Ranked, Signals, Sources};
use crate::domain::context::{ContextBundle, ContextKind};
use crate::domain::failure::Failure;
use crate::domain::intent::Intent;
use crate::domain::outline::Tier;
use crate::domain::safe_text::SafeText;
use crate::map::Map;
use crate::pattern::{self, Library};
use crate::repo::{Root, history, read};
use serde_json::{Value, json};

/// Patterns offered to a model as examples.
const PATTERNS: usize = 3;
/// Most bytes of files that are read for one context: what is beyond ranks too low to be shown.
const MOST_BYTES: usize = 2 << 20;
/// Files that are read at once.
const BATCH: usize = 8;

/// Ranks the files for `intent` and reads the first of them; which files changed lately is asked here. Blocks.
pub fn gather(
    root: &Root,
    map: &Map,
    listing: Vec<String>,
    library: &Library,
    intent: &Intent,
    wishes: Signals,
) -> Sources {
    let signals = Signals { recent: history::recent(root), ..wishes };
    let ranking = context::rank(intent, map, &listing, &signals);
    let mut snapshots = Vec::new();
    let mut bytes = 0;
    for batch in ranking.chunks(BATCH) {
        let paths: Vec<String> = batch.iter().map(|ranked| ranked.path.clone()).collect();
        let read = read::read(root, &paths);
        bytes += read.iter().filter_map(|snapshot| snapshot.text()).map(str::len).sum::<usize>();
        snapshots.extend(read);
        if bytes >= MOST_BYTES {
            break;
        }
    }
    let patterns = fitting(library, intent);
    let remarks = context::remarks(&ranking, &snapshots, map);
    Sources { snapshots, remarks, agents: read::agents_md(root), patterns, listing, ranking, ..Sources::default() }
}

/// The patterns that fit best, as a model can read them.
fn fitting(library: &Library, intent: &Intent) -> Vec<(String, String)> {
    let matches = library.rank(intent).into_iter().filter(|m| m.score >= pattern::THRESHOLD).take(PATTERNS);
    matches.map(|m| (m.pattern.name.clone(), pattern::context_text(m.pattern))).collect()
}

/// The context of a request in the repository that the set-up was opened on, as `vibe-tui context` prints it.
///
/// # Errors
/// When the repository has more files than are listed.
pub fn context(setup: &Setup, intent: &Intent, budget: u32, format: Format) -> Result<String, Failure> {
    let opened = Mapped::open(setup, Tier::Scan)?;
    let map = opened.read();
    let listing = map.paths().map(str::to_owned).collect();
    let sources = gather(&setup.root, &map, listing, Library::embedded(), intent, Signals::default());
    let bundle = context::assemble(intent, &sources, budget, &estimate);
    Ok(match format {
        Format::Json => format!("{}\n", json(&bundle, &sources.ranking)),
        Format::Text => {
            bundle.items.iter().map(|item| format!("{}\n", SafeText::new(&item.text).into_string())).collect()
        }
    })
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
