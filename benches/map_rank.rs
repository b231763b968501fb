//! How the map's own work grows with a repository: filling it, ranking, searching, printing, one changed file.
//!
//! `cargo bench --bench map_rank [FILES…]`, by default 1,000, 10,000 and 50,000 generated files of 150 references each. Prints
//! microseconds a file, so that linear growth is a flat line. Parsing and reading are not measured here.

use std::hint::black_box;
use std::time::{Duration, Instant};
use vibe_tui::domain::language::Language;
use vibe_tui::domain::outline::{Definition, DefinitionKind, Import, Outline, Reference, Tier};
use vibe_tui::map::{Focus, Map, decode, encode, render};

const REFERENCES: u64 = 150;
const DEFINITIONS: u64 = 12;
const WORDS: u64 = 60;

fn main() {
    let sizes: Vec<u64> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    let sizes = if sizes.is_empty() { vec![1_000, 10_000, 50_000] } else { sizes };
    println!("| files | what | CPU | µs a file | beside the first |\n|---:|---|---:|---:|---:|");
    let mut first: Vec<f64> = Vec::new();
    for files in sizes {
        let measured = measure(files);
        for (at, (what, time)) in measured.iter().enumerate() {
            let each = time.as_secs_f64() * 1e6 / files as f64;
            first.extend((first.len() == at).then_some(each));
            println!("| {files} | {what} | {time:.1?} | {each:.3} | {:.2} |", each / first[at]);
        }
    }
}

fn measure(files: u64) -> Vec<(&'static str, Duration)> {
    let records: Vec<(String, Vec<u8>)> = (0..files).map(|i| (path(i), encode(&outline(i, files)))).collect();
    let bytes: usize = records.iter().map(|(_, bytes)| bytes.len()).sum();
    let mut map = Map::new();
    let fill = timed(|| {
        let mut edit = map.edit();
        for (path, bytes) in &records {
            edit.insert_record(path, [0; 32], &decode(bytes).unwrap());
        }
    });
    eprintln!("{files} files: {} MB of records, {} MB in memory", bytes >> 20, map.heap() >> 20);
    let focus =
        Focus { files: &[("p0/m0/file0.go", 1.0)], symbols: &["Method17Of3"], text: "change the method of file 17" };
    let ranking = map.rank(&focus);
    let changed = outline(1, files);
    vec![
        ("fill from records", fill),
        ("rank for a focus", median(|| drop(black_box(map.rank(&focus))))),
        ("rank without", median(|| drop(black_box(map.rank(&Focus::default()))))),
        ("files by words", median(|| drop(black_box(map.search_files("fix how the method counts file 17", 20))))),
        ("definitions by words", median(|| drop(black_box(map.search_definitions("fix how method 17 counts", 20))))),
        ("symbols by name", median(|| drop(black_box(map.find_symbols("meth17", 20))))),
        ("print 4,000 tokens", median(|| drop(black_box(render(&map, &ranking, 4000, &|text| text.len() as u32 / 4))))),
        ("cycles", median(|| drop(black_box(map.cycles())))),
        ("one changed file", median(|| map.edit().insert(&path(1), [1; 32], &changed))),
        (
            "one file more and one less",
            median(|| {
                map.edit().insert("new.go", [1; 32], &changed);
                map.edit().remove("new.go");
            }),
        ),
    ]
}

/// Time on the processor where the system tells it (Linux), so that a busy machine is not measured; else on the clock.
fn timed(work: impl FnOnce()) -> Duration {
    let on_cpu = || {
        let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        stat.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    };
    let (start, before) = (Instant::now(), on_cpu());
    work();
    match (before, on_cpu()) {
        (Some(before), Some(after)) => after - before,
        _ => start.elapsed(),
    }
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..5).map(|_| timed(&mut work)).collect();
    times.sort();
    times[2]
}

fn path(i: u64) -> String {
    format!("p{}/m{}/file{i}.go", i / 400, i / 20)
}

/// A number that looks drawn (SplitMix64), the same each time.
fn drawn(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn outline(i: u64, files: u64) -> Outline {
    let method = |k: u64, of: u64| format!("Method{k}Of{of}");
    let definitions = (0..DEFINITIONS).map(|k| Definition {
        name: if k == 0 { format!("Shared{}", i % 97) } else { method(k, i) },
        kind: DefinitionKind::Function,
        container: None,
        lines: (k as u32 * 10 + 1, k as u32 * 10 + 9),
        signature: format!("func Method{k}Of{i}(context Context, name string) (Result, error)"),
        doc: "Counts what the name says.".to_owned(),
        exported: true,
        complexity: 3,
        typed: (0, 0),
    });
    // Half of the references are names of everybody, the other half definitions of files drawn from all.
    let names = (0..REFERENCES).map(|k| match k % 2 {
        0 => format!("common{}", drawn(i * 1000 + k) % 5000),
        _ => method(drawn(i * 1000 + k) % DEFINITIONS, drawn(i * 2000 + k) % files),
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    let mut words: Vec<String> = (0..WORDS).map(|k| format!("word{}", drawn(i * 3000 + k) % 20_000)).collect();
    words.sort();
    words.dedup();
    let package = |k: u64| format!("example.com/app/{}", path(drawn(i * 4000 + k) % files).rsplit_once('/').unwrap().0);
    Outline {
        language: Language::Go,
        tier: Tier::Exact,
        lines: (200, 160),
        definitions: definitions.collect(),
        references: names.into_iter().map(|name| Reference { name, count: 2, line: 3 }).collect(),
        imports: (0..6).map(|k| Import { target: package(k), names: Vec::new(), line: 1 }).collect(),
        words: words.into_iter().map(|word| (word, 1)).collect(),
        entry_point: false,
        broken: false,
    }
}
