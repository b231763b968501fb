//! What a few letters behind an `@` may mean: files and names of the repository's map; and which file a name means that is to
//! be pinned or dropped. Waits for no map: while it is being made, that is the answer.

use super::Events;
use crate::app::{CompletionItem, CompletionKind, Event, FileSought, Standing};
use crate::domain::change::FileContent;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::nearest::nearest;
use crate::domain::path;
use crate::map::{Map, Symbol};
use crate::repo::{Root, read};
use crate::runtime::world::World;
use std::collections::{BTreeSet, HashSet};
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

/// The file of the repository that a name to be pinned or dropped stands for.
///
/// # Errors
/// Why there is none, with what to do.
pub async fn find_file(world: Arc<World>, sought: FileSought) -> Result<String, Failure> {
    let found = spawn_blocking(move || file(&world.root, world.repository.known().as_deref(), &sought)).await;
    found.unwrap_or_else(|stopped| Err(Failure::fatal(FailureKind::Internal, stopped.to_string())))
}

/// A path that is a file, or the one that defines a symbol of this name. A folder can be dropped, and only that.
fn file(root: &Root, map: Option<&Map>, sought: &FileSought) -> Result<String, Failure> {
    let FileSought { name, said, .. } = sought;
    let refused = |why: String| Err(Failure::fatal(FailureKind::BadRequest, why));
    let path = name.trim_end_matches('/');
    let kept = read::read(root, &[path.to_owned()]).remove(0).content;
    let is_folder = matches!(&kept, FileContent::Opaque { reason } if reason == "a directory");
    match kept {
        _ if is_folder && *said == Standing::Dropped => return Ok(path.to_owned()),
        _ if is_folder => return refused(format!("`{path}` is a folder: pin its files one by one; @ completes them.")),
        FileContent::Absent => {}
        _ => return Ok(path.to_owned()),
    }
    let (own, around) = name.rsplit_once('.').map_or((name.as_str(), None), |(around, own)| (own, Some(around)));
    let is_it = |symbol: &&Symbol| around.is_none_or(|around| symbol.container == Some(around));
    let symbols = map.map(|map| map.definitions_of(own)).unwrap_or_default();
    let files: BTreeSet<&str> = symbols.iter().filter(is_it).map(|symbol| symbol.path).collect();
    if files.len() == 1 {
        return Ok(files.into_iter().map(str::to_owned).collect());
    }
    if files.len() > 1 {
        let some: Vec<&str> = files.iter().copied().take(4).collect();
        let more = if files.len() > some.len() { ", …" } else { "" };
        return refused(format!(
            "`{name}` is defined in {} files: {}{more}. Name one of them.",
            files.len(),
            some.join(", ")
        ));
    }
    if name.split_whitespace().any(|one| read::bytes(root, one).is_ok()) {
        return refused(format!("`{name}` is no file. One path at a time."));
    }
    let near = map.and_then(|map| {
        let begins = map.find_paths(name, 1).first().copied();
        begins.or_else(|| nearest(name, map.paths())).map(|near| format!("; did you mean `{near}`?"))
    });
    refused(format!("There is no file `{name}` here{}", near.unwrap_or(". @ completes a path.".to_owned())))
}

/// What begins with the letters, files before names; then what only has them in this order, names before files: letters
/// scattered over a whole path say less, unless they are a path's. Within these best first.
fn find(map: &Map, query: &str) -> Vec<CompletionItem> {
    let begins = |text: &str| text.get(..query.len()).is_some_and(|head| head.eq_ignore_ascii_case(query));
    let scattered = if query.contains(['/', '.']) { (2, 3) } else { (3, 2) };
    let file = |path: &str| {
        let own = path::name(path);
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
