//! How soon a changed file of a real tree is in the map, in the process that follows it: `cargo bench --bench index DIR…`.
//!
//! Lists, reads, outlines, puts into the map and writes down, as the workbench does once the watcher has told which file it is.
//! The tree is not written to: the changed file's stamp and text are made up.

use std::sync::RwLock;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use vibe_tui::domain::listing::Places;
use vibe_tui::domain::outline::Tier;
use vibe_tui::index::{Index, Job, Priority};
use vibe_tui::map::Map;
use vibe_tui::repo::walk::{MAX_FILES, walk, walk_at};
use vibe_tui::repo::{Root, read};

const CHANGES: usize = 21;

fn main() {
    println!("| tree | files | one changed file, median | slowest | its listing |\n|---|---:|---:|---:|---:|");
    for tree in std::env::args().skip(1).filter(|arg| !arg.starts_with("--")) {
        measure(&tree);
    }
}

fn measure(tree: &str) {
    let root = Root::open(tree.as_ref()).expect("a directory");
    let cache = tempfile::tempdir().expect("a temporary directory");
    let (map, stop) = (RwLock::new(Map::new()), AtomicBool::new(false));
    let mut index = Index::open(Some(&cache.path().join("index.db")), Tier::Exact);
    let found = walk(&root, MAX_FILES, &stop).entries;
    let source = |path: &str, size: u64, bytes: &mut Vec<u8>| read::listed(&root, path, size, bytes);
    let job = Job { priority: Priority::Now, source: &source, stop: &stop, progress: &|_, _| () };
    index.refresh(&map, &Places::everything(), &found, &job);
    let sources: Vec<String> = map.read().unwrap().paths().map(str::to_owned).collect();
    let sources: Vec<&String> = sources.iter().filter(|path| !map.read().unwrap().symbols(path).is_empty()).collect();
    let (mut times, mut listings) = (Vec::new(), Vec::new());
    for change in 0..CHANGES {
        let path = sources[sources.len() / CHANGES * change];
        let added = format!("\n// change {change}\n");
        let source = |path: &str, size: u64, bytes: &mut Vec<u8>| {
            read::listed(&root, path, size, bytes).map(|()| bytes.extend_from_slice(added.as_bytes()))
        };
        let job = Job { priority: Priority::Now, source: &source, stop: &stop, progress: &|_, _| () };
        let start = Instant::now();
        let mut places = Places::default();
        places.insert(path.clone());
        let mut entries = walk_at(&root, &places, MAX_FILES, &stop).entries;
        listings.push(start.elapsed());
        entries.iter_mut().for_each(|entry| entry.modified_ns += 1);
        let refreshed = index.refresh(&map, &places, &entries, &job);
        times.push(start.elapsed());
        assert_eq!(refreshed.read, 1, "{path}");
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[CHANGES / 2]
    };
    let (middle, listing) = (median(&mut times), median(&mut listings));
    println!("| {tree} | {} | {middle:.1?} | {:.1?} | {listing:.1?} |", found.len(), times[CHANGES - 1]);
}
