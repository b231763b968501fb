//! What a few letters behind an `@` may mean: files and names of the repository's map. Waits for no map: while it is being
//! made, that is the answer.

use super::Events;
use crate::app::{CompletionItem, CompletionKind, Event};
use crate::map::{Map, Symbol};
use crate::runtime::world::World;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// Files, and names, that are looked for.
const EACH: usize = 12;
/// Lines that are offered.
const OFFERED: usize = 16;

/// Finds and reports.
pub async fn complete(world: Arc<World>, events: Events, query: String) {
    let asked = query.clone();
    let found = spawn_blocking(move || world.repository.known().map(|map| find(&map, &asked)));
    if let Ok(items) = found.await {
        events.report(Event::Completed { query, items }).await;
    }
}

/// What begins with the letters, files before names; then what only has them in this order, names before files: letters
/// scattered over a whole path say less, unless they are a path's. Within these best first.
fn find(map: &Map, query: &str) -> Vec<CompletionItem> {
    let begins = |text: &str| text.get(..query.len()).is_some_and(|head| head.eq_ignore_ascii_case(query));
    let scattered = if query.contains(['/', '.']) { (2, 3) } else { (3, 2) };
    let file = |path: &str| {
        let own = path.rsplit('/').next().unwrap_or(path);
        let item = CompletionItem { kind: CompletionKind::File, name: path.to_owned(), place: String::new() };
        (if begins(path) || begins(own) { 0 } else { scattered.0 }, item)
    };
    let symbol = |symbol: &Symbol| {
        let container = symbol.container.map(|container| format!("{container}.")).unwrap_or_default();
        let name = format!("{container}{}", symbol.name);
        let place = format!("{}:{}", symbol.path, symbol.lines.0);
        let rank = if begins(symbol.name) || begins(&name) { 1 } else { scattered.1 };
        (rank, CompletionItem { kind: CompletionKind::Symbol, name, place })
    };
    let files = map.find_paths(query, EACH).into_iter().map(file);
    let mut seen = HashSet::new();
    let mut found: Vec<(u8, CompletionItem)> = files.chain(map.find_symbols(query, EACH).iter().map(symbol)).collect();
    found.retain(|(_, item)| seen.insert(item.name.clone()));
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, item)| item).take(OFFERED).collect()
}
