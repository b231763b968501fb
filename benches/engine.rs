//! The engine's own speed beside a limit: what was measured, ours, the limit's, and the ratio of the two.
//!
//! `cargo bench --bench engine [NAME…]` runs all, or those whose name contains a word; `outline PATH/` reads that directory
//! instead of `src/`. Ours and the limit take turns, so that a busy machine is busy for both; figures are medians of wall
//! time, those of a diff and of an outline CPU time. It refuses to judge: `docs/BENCHMARKS.md` has the goals.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use vibe_tui::app::{
    Dated, Effect, Event, ModelEvent, Opening, Resume, RootInfo, Settings, Stamped, State, WorkEvent, update,
};
use vibe_tui::budget::choice::Candidate;
use vibe_tui::budget::limit::Limits;
use vibe_tui::budget::price::Price;
use vibe_tui::budget::token::Counter;
use vibe_tui::domain::change::{ChangeSet, FileChange, FileContent, FileSnapshot};
use vibe_tui::domain::clock::Timestamp;
use vibe_tui::domain::finding::{CheckResult, Finding, Strategy, ValidationReport};
use vibe_tui::domain::ids::{RequestId, SessionId};
use vibe_tui::domain::language::Language;
use vibe_tui::domain::message::{Author, Message};
use vibe_tui::domain::model::{Locality, ModelInfo, ModelRef, Structured};
use vibe_tui::domain::rung::{Lesson, RungKind};
use vibe_tui::graph::{Prompts, RunSettings, shipped_modes};
use vibe_tui::heal;
use vibe_tui::heal::lesson::{Pattern, Place};
use vibe_tui::input::Keymap;
use vibe_tui::provider::{Framing, Parser};
use vibe_tui::quality;
use vibe_tui::repo::Root;
use vibe_tui::repo::scratch::{Pool, Scratch};
use vibe_tui::repo::walk::{Listing, walk};
use vibe_tui::syntax;
use vibe_tui::ui::theme::{Depth, Theme};
use vibe_tui::ui::{self, Look, View};
use vibe_tui::validate::Fault;
use vibe_tui::validate::tool::{Said, TOOLS};

type Bench = fn(&mut Table);

const BENCHES: &[(&str, Bench)] = &[
    ("frame", frames),
    ("intent", intents),
    ("sse", event_streams),
    ("diff", diffs),
    ("edits", edits),
    ("scratch", scratch),
    ("tokens", tokens),
    ("outline", outlines),
    ("quality", figures),
    ("syntax", syntax_checks),
    ("heal", heals),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-') && !a.contains('/')).collect();
    let mut table = Table::default();
    for (name, bench) in BENCHES {
        if words.is_empty() || words.iter().any(|w| name.contains(w.as_str())) {
            eprintln!("{name}…");
            bench(&mut table);
        }
    }
    print!("{}", table.0);
}

/// Rows of Markdown: what, ours, the limit's, ours over the limit's.
struct Table(String);

impl Default for Table {
    fn default() -> Table {
        Table("| what | ours | beside it | ratio |\n|---|---:|---:|---:|\n".to_owned())
    }
}

impl Table {
    fn row(&mut self, what: &str, ours: Duration, limit: (&str, Duration)) {
        let ratio = ours.as_secs_f64() / limit.1.as_secs_f64();
        writeln!(self.0, "| {what} | {} | {}: {} | {ratio:.2} |", shown(ours), limit.0, shown(limit.1)).unwrap();
    }
}

fn shown(time: Duration) -> String {
    match time.as_nanos() {
        0..10_000 => format!("{} ns", time.as_nanos()),
        10_000..10_000_000 => format!("{:.1} µs", time.as_secs_f64() * 1e6),
        _ => format!("{:.1} ms", time.as_secs_f64() * 1e3),
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

/// Medians of two kinds of work that take turns.
fn race<A, B>(turns: usize, mut ours: impl FnMut() -> A, mut limit: impl FnMut() -> B) -> (Duration, Duration) {
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..turns {
        a.push(timed(&mut ours));
        b.push(timed(&mut limit));
    }
    (median(a), median(b))
}

/// A workbench in the middle of an answer, with as many lines of it and of conversation before as asked.
struct Workbench {
    state: State,
    view: View,
    screen: Terminal<TestBackend>,
    request: RequestId,
    clock: i64,
}

impl Workbench {
    fn new(lines: usize) -> Workbench {
        let model = ModelRef { provider: "bench".into(), model: "double".into() };
        let opening = opening(&model);
        let look = Look::new(&Theme::load("dark", &|_| Ok(None)).0, Depth::TrueColor);
        let keymap = Keymap::load("default", &|_| Ok(None), &[]).0;
        let screen = Terminal::new(TestBackend::new(200, 60)).unwrap();
        let view = View::new(vec![look], keymap);
        let state = State::new(&opening);
        let mut bench = Workbench { state, view, screen, request: RequestId(0), clock: 0 };
        bench.take(Event::Opened(Box::new(opening)));
        bench.take(Event::Models(ModelEvent::Found { models: vec![candidate(model)], failures: Vec::new() }));
        let said = "A line of the conversation that was said before, long enough to fill most of a pane.\n".repeat(20);
        for n in 0..lines / 20 {
            let author = if n % 2 == 0 { Author::User } else { Author::Assistant };
            let message = Message { author, text: said.clone(), at: Timestamp(0), run: None };
            bench.state.session.apply(&Dated { at: Timestamp(0), fact: vibe_tui::app::Fact::Posted { message } });
        }
        let effects = bench.take(Event::Requested("Explain how the parser in src/page.rs works".into()));
        bench.answer(effects);
        let line = "Some **text** of an answer with `code` in it, as long as lines usually are in such an answer.\n";
        bench.token(&line.repeat(lines));
        bench
    }

    fn take(&mut self, event: Event) -> Vec<Effect> {
        self.clock += 10;
        update(&mut self.state, &Stamped { at: Timestamp(self.clock), event })
    }

    /// Does what the run asks for until a request is out.
    fn answer(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::AssembleContext { job, .. } => {
                    let bundle = Box::default();
                    let effects = self.take(Event::Work(WorkEvent::ContextAssembled { job, bundle }));
                    self.answer(effects);
                }
                Effect::CallModel { request, .. } => {
                    self.request = request.id;
                    self.take(Event::Models(ModelEvent::Sent { request: request.id, reserved: None }));
                }
                _ => {}
            }
        }
    }

    /// A token comes and is drawn.
    fn token(&mut self, text: &str) {
        let request = self.request;
        assert!(request != RequestId(0), "no request is out");
        self.take(Event::Models(ModelEvent::Delta { request, text: text.into(), thinking: String::new() }));
        let (state, view) = (&self.state, &mut self.view);
        self.screen.draw(|frame| drop(ui::draw(frame, state, view))).unwrap();
    }
}

fn opening(model: &ModelRef) -> Opening {
    Opening {
        session: SessionId("bench".into()),
        session_name: None,
        asker: Default::default(),
        resume: Resume::Never,
        size: (200, 60),
        mouse: vibe_tui::app::Mouse::Captured,
        root: RootInfo { path: "/bench".into(), name: "bench".into(), branch: None, writable: true },
        settings: Settings {
            limits: Limits { run: None, session: None, day: None, week: None, month: None },
            run: RunSettings { quality_threshold: 0.6, max_iterations: 3, heal_attempts: 3 },
            modes: shipped_modes(),
            mode: "peer".into(),
            model: Some(model.clone()),
            prompts: Prompts::embedded(),
            check: None,
            utc_offset: 0,
            heal: Default::default(),
        },
        problems: Vec::new(),
    }
}

fn candidate(reference: ModelRef) -> Candidate {
    let info = ModelInfo {
        reference,
        locality: Locality::Loopback,
        window: Some(32_768),
        max_output: None,
        parameters_b: None,
        structured: Structured::JsonSchema,
        note: String::new(),
    };
    Candidate { info, price: Price::Free }
}

/// `update` and `draw` of one token more, at 100,000 lines beside 1,000.
fn frames(table: &mut Table) {
    let (mut long, mut short) = (Workbench::new(100_000), Workbench::new(1_000));
    let (ours, limit) = race(2001, || long.token(" token"), || short.token(" token"));
    table.row("frame: a token at 100k lines, 200×60", ours, ("at 1k lines", limit));
}

fn intents(table: &mut Table) {
    let vocabulary = vibe_tui::intent::Vocabulary::embedded();
    let requests = [
        "Create a FastAPI endpoint for user registration",
        "fix the off-by-one in src/page.rs, the last page is missing when total % size == 0",
        "Refactor the Invoice class so that the tax rules live in their own module and can be tested alone",
        "add unit tests for parse_header() in httpd/parse.go; cover folded lines, duplicates and a missing colon",
    ];
    let ours = || requests.map(|r| vibe_tui::intent::parse(r, vocabulary));
    let (ours, limit) = race(501, ours, || requests.map(|r| r.to_lowercase().split_whitespace().count()));
    table.row("intent: a request read", ours / 4, ("split into lower-case words", limit / 4));
}

fn event_streams(table: &mut Table) {
    let mut body = String::new();
    for n in 0..50_000 {
        let delta = format!(r#"{{"id":"chatcmpl-1","choices":[{{"index":0,"delta":{{"content":" token {n}"}}}}]}}"#);
        write!(body, "data: {delta}\n\n").unwrap();
    }
    let ours = || {
        let (mut parser, mut events, mut count) = (Parser::new(Framing::Sse), Vec::new(), 0);
        for piece in body.as_bytes().chunks(16 << 10) {
            parser.push(piece, &mut events).unwrap();
            count += events.drain(..).count();
        }
        assert_eq!(count, 50_000);
    };
    let (ours, limit) = race(51, ours, || body.matches('\n').count());
    table.row("sse: 1,000 events", ours / 50, ("line ends found", limit / 50));
}

/// Small, reproducible disorder: Knuth's 64-bit linear congruence.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

fn diffs(table: &mut Table) {
    const LINES: usize = 50_000;
    let mut dice = Dice(1);
    let line = |n: usize| format!("    let value_{n} = compute({}, \"{}\");", n * 7, n % 97);
    let before: Vec<String> = (0..LINES).map(line).collect();
    let changed = before.iter().map(|l| if dice.below(50) == 0 { l.replace("let", "let mut") } else { l.clone() });
    let changed: Vec<String> = changed.collect();
    let mut shuffled = before.clone();
    for i in (1..LINES).rev() {
        shuffled.swap(i, dice.below(i + 1));
    }
    let words = ["}", "", "    }", "        return None;", "    else {", "        i += 1;"];
    let mut repetitive = || (0..LINES).map(|_| words[dice.below(words.len())].to_owned()).collect::<Vec<_>>();
    let (one, other) = (repetitive(), repetitive());
    race_git(table, "diff: 50k lines, 2 % changed", &before, &changed);
    race_git(table, "diff: 50k lines, shuffled", &before, &shuffled);
    race_git(table, "diff: 50k lines, repetitive", &one, &other);
}

/// CPU time of this thread so far.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "a call of the C library that writes into what it is given")]
fn own_cpu() -> Duration {
    let mut spent = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut spent) };
    assert_eq!(failed, 0, "this system does not count the CPU time of a thread");
    Duration::new(spent.tv_sec.cast_unsigned(), spent.tv_nsec as u32)
}

/// The same by what the system writes down at each of its ticks.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn own_cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0))
}

/// CPU time of the children that were waited for, in hundredths of a second as the system counts it.
fn child_cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|t| t.parse().ok()).unwrap_or(0u64);
    Duration::from_millis((ticks(14) + ticks(15)) * 10)
}

/// Turns of a race by CPU time: enough that a child's hundredths of a second do not matter.
const CPU_TURNS: u32 = 40;

fn race_git(table: &mut Table, what: &str, before: &[String], after: &[String]) {
    let (before, after) = (before.join("\n") + "\n", after.join("\n") + "\n");
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (dir.path().join("old"), dir.path().join("new"));
    std::fs::write(&old, &before).unwrap();
    std::fs::write(&new, &after).unwrap();
    let file = FileChange { path: "x.rs".into(), before: Some(before), after: Some(after) };
    let changes = ChangeSet { files: vec![file] };
    let git = || {
        let mut command = Command::new("git");
        command.args(["diff", "--no-index"]).arg(&old).arg(&new);
        command.stdout(Stdio::null()).status().expect("git is needed for this bench")
    };
    let (mut ours, mut limit) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..CPU_TURNS {
        let (before, children) = (own_cpu(), child_cpu());
        black_box(vibe_tui::edit::diff(&changes));
        ours += own_cpu() - before;
        git();
        limit += child_cpu() - children;
    }
    table.row(what, ours / CPU_TURNS, ("git diff --no-index, the whole process", limit / CPU_TURNS));
}

/// A reply of 500 blocks, from its text to the changed files, beside reading the text's lines and writing the files' anew.
fn edits(table: &mut Table) {
    const BLOCKS: usize = 500;
    let line = |n: usize| format!("    let value_{n} = compute({}, \"{}\");\n", n * 7, n % 97);
    let text = |lines: usize| -> String {
        (0..lines).map(|n| if n % 3 == 0 { "    }\n".to_owned() } else { line(n) }).collect()
    };
    let block = |n: usize, by: &str| {
        let (one, two) = (line(n * 3 + 1), line(n * 3 + 2));
        let (old, new) = (format!("    }}\n{one}{two}"), format!("    }}\n{one}    done({n});\n{two}"));
        let old = if by.is_empty() { old } else { old.replace("    ", by) };
        format!("<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n")
    };
    let file = |path: String, text: String| FileSnapshot { path, content: FileContent::Text { text } };
    let long = text(20_000);
    let one = |by: &str| -> String {
        let blocks = (0..BLOCKS).map(|n| block(n * 13, by));
        ["### FILE: a.rs\n".to_owned()].into_iter().chain(blocks).collect()
    };
    let many: String = (0..BLOCKS).map(|n| format!("### FILE: src/f{n}.rs\n{}", block(n % 30, ""))).collect();
    let small: Vec<FileSnapshot> = (0..BLOCKS).map(|n| file(format!("src/f{n}.rs"), text(100))).collect();
    let cases = [
        ("one file of 20k lines", one(""), vec![file("a.rs".into(), long.clone())]),
        ("the same, indented otherwise", one("  "), vec![file("a.rs".into(), long)]),
        ("500 files", many, small),
    ];
    for (what, reply, base) in cases {
        let ours = || {
            let edits = vibe_tui::edit::read(&reply);
            assert!(vibe_tui::edit::paths(&edits).is_ok());
            vibe_tui::edit::apply(&edits, &base).expect("every block fits")
        };
        let copied = || base.iter().filter_map(|f| f.text()).map(|t| t.lines().map(str::to_owned).collect::<Vec<_>>());
        let (ours, limit) = race(21, ours, || (reply.lines().count(), copied().collect::<Vec<_>>()));
        table.row(&format!("edits: 500 blocks, {what}"), ours, ("every line copied once", limit));
    }
}

/// The copy of a repository of 20,000 files brought up to one changed file, beside a copy from nothing.
fn scratch(table: &mut Table) {
    let (tree, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for n in 0..20_000 {
        let dir = tree.path().join(format!("part{}/module{}", n % 40, n % 2_000 / 40));
        if n < 2_000 {
            std::fs::create_dir_all(&dir).unwrap();
        }
        std::fs::write(dir.join(format!("file{n}.rs")), format!("fn f{n}() {{}}\n").repeat(40)).unwrap();
    }
    let root = Root::open(tree.path()).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let list = || walk(&root, 100_000, &stop);
    let file = FileChange { path: "part0/module0/file0.rs".into(), before: None, after: Some("fn g() {}\n".into()) };
    let (base, proposal) = (ChangeSet::default(), ChangeSet { files: vec![file] });
    let make = |listing: &Listing, changes: &ChangeSet, pool: &Arc<Pool>| {
        Scratch::create(pool, &root, listing, changes, Default::default()).unwrap()
    };
    let made = |listing: &Listing, changes: &ChangeSet, pool: &Arc<Pool>| {
        let begun = Instant::now();
        let scratch = make(listing, changes, pool);
        (begun.elapsed(), scratch)
    };
    let mut listing = list();
    let fresh = |n: usize| Pool::new(cache.path().join(n.to_string()));
    let whole = median((0..3).map(fresh).map(|pool| timed(|| drop(make(&listing, &base, &pool)))).collect());
    let from_nothing = ("the copy from nothing", whole);
    for (how, released) in [("dropped", false), ("released", true)] {
        let pool = Pool::new(cache.path());
        let done = |scratch: Scratch| if released { scratch.release() } else { drop(scratch) };
        done(make(&listing, &base, &pool));
        let mut turn = 0;
        let (mut synced, mut walked, mut swapped, mut both) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for _ in 0..21 {
            turn += 1;
            // What is done after a check is not what the next one waits for.
            pool.wait();
            std::fs::write(tree.path().join("part1/module1/file41.rs"), format!("fn h{turn}() {{}}\n")).unwrap();
            let (walking, (syncing, scratch)) = (timed(|| listing = list()), made(&listing, &base, &pool));
            done(scratch);
            walked.push(walking);
            synced.push(syncing);
            both.push(walking + syncing);
            pool.wait();
            let (swapping, scratch) = made(&listing, if turn % 2 == 0 { &base } else { &proposal }, &pool);
            done(scratch);
            swapped.push(swapping);
        }
        table.row(&format!("scratch ({how}): 20k files, one changed"), median(synced), from_nothing);
        table.row(&format!("scratch ({how}): base and proposal in turn"), median(swapped), from_nothing);
        table.row(&format!("scratch ({how}): the listing alone"), median(walked), from_nothing);
        table.row(&format!("scratch ({how}): the listing, then one changed"), median(both), from_nothing);
    }
}

fn tokens(table: &mut Table) {
    let counter = Counter::for_model(&ModelRef { provider: "openai".into(), model: "gpt-4o".into() });
    let plain = tiktoken_rs::o200k_base().unwrap();
    let sources = [include_str!("../README.md"), include_str!("engine.rs"), include_str!("../assets/prices.toml")];
    let mixed = sources.concat().repeat(20);
    for (what, text) in [("mixed", mixed.as_str()), ("one letter", &"a".repeat(100_000))] {
        let ours = || usize::try_from(counter.count(text).tokens).unwrap();
        let limit = || plain.encode_ordinary(text).len();
        assert_eq!(ours(), limit(), "{what}: the counts differ");
        let (ours, limit) = race(7, ours, limit);
        let scale = |time: Duration| time.mul_f64(1e6 / text.len() as f64);
        table.row(&format!("tokens: 1 MB, {what}"), scale(ours), ("tiktoken-rs", scale(limit)));
    }
}

/// Outlines of a directory's files, a language a row: the scan and the exact one beside parsing alone.
/// Source files of the directory that was named, or of `src/`, by language.
fn corpus() -> BTreeMap<Language, Vec<(String, String)>> {
    let dir = std::env::args().skip(1).find(|a| a.contains('/'));
    let root = dir.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/src").to_owned());
    let mut corpus: BTreeMap<Language, Vec<(String, String)>> = BTreeMap::new();
    for entry in ignore::Walk::new(root).flatten().filter(|e| e.path().is_file()) {
        let path = entry.path().to_string_lossy().into_owned();
        let Some(language) = Language::from_path(&path).filter(|l| syntax::grammar(*l, &path).is_some()) else {
            continue;
        };
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        if syntax::oddity(&path, text.as_bytes(), text.len() as u64).is_none() {
            corpus.entry(language).or_default().push((path, text));
        }
    }
    corpus
}

/// Turns, of which the least of each file counts, and bytes of a language: the first ones in the order of a hash of their paths.
const OUTLINE_TURNS: usize = 6;
const MOST_OUTLINED: usize = 1_500_000;

/// All files are scanned, then outlined, then parsed, and so on. CPU time of the thread: the least of a file is what it takes
/// by itself, whatever else the machine does.
fn outlines(table: &mut Table) {
    for (language, mut files) in corpus() {
        files.sort_by_cached_key(|(path, _)| crc32fast::hash(path.as_bytes()));
        let mut bytes = 0;
        files.retain(|(_, text)| {
            let is_within = bytes + text.len() <= MOST_OUTLINED;
            bytes += if is_within { text.len() } else { 0 };
            is_within
        });
        // A language's first outline makes its table.
        files.first().map(|(path, text)| syntax::outline(language, path, text));
        let (mut parser, mut sum) = (tree_sitter::Parser::new(), Sum(0));
        let mut least = [(); 3].map(|()| vec![Duration::MAX; files.len()]);
        let pass = |least: &mut [Duration], work: &mut dyn FnMut(&str, &str)| {
            for (least, (path, text)) in least.iter_mut().zip(&files) {
                let start = own_cpu();
                work(path, text);
                *least = (*least).min(own_cpu() - start);
            }
        };
        for _ in 0..OUTLINE_TURNS {
            pass(&mut least[0], &mut |_, text| {
                black_box(syntax::scan_with(language, text, &mut sum));
            });
            pass(&mut least[1], &mut |path, text| drop(black_box(syntax::outline(language, path, text))));
            pass(&mut least[2], &mut |path, text| {
                parser.set_language(&syntax::grammar(language, path).unwrap()).unwrap();
                drop(black_box(parser.parse(text, None)));
            });
        }
        let name = language.name();
        let of_megabyte = |least: &Vec<Duration>| least.iter().sum::<Duration>().mul_f64(1e6 / bytes.max(1) as f64);
        let [scan, exact, parse] = [&least[0], &least[1], &least[2]].map(of_megabyte);
        table.row(&format!("{name}: scan, CPU of 1 MB"), scan, ("parsing", parse));
        table.row(&format!("{name}: exact outline, CPU of 1 MB"), exact, ("parsing", parse));
    }
}

/// All figures of a file beside its exact outline, and those of the largest file alone.
fn figures(table: &mut Table) {
    for (language, files) in corpus() {
        let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
        let scale = |time: Duration| time.mul_f64(1e6 / bytes as f64);
        let measure = || files.iter().filter_map(|(path, text)| quality::measure(path, text)).count();
        let exact = || files.iter().filter_map(|(path, text)| syntax::outline(language, path, text)).count();
        measure();
        let (ours, limit) = race(5, measure, exact);
        let name = language.name();
        table.row(&format!("{name}: all figures, 1 MB"), scale(ours), ("exact outline", scale(limit)));
        let Some((path, text)) = files.iter().max_by_key(|(_, text)| text.len()) else { continue };
        let (ours, limit) =
            race(5, || quality::measure(path, text).is_some(), || syntax::outline(language, path, text).is_some());
        let what = format!("{name}: all figures, the largest file, {} kB", text.len() / 1000);
        table.row(&what, ours, ("exact outline", limit));
    }
}

/// The first rung of a validation: one changed file, right and broken, beside a parse alone.
fn syntax_checks(table: &mut Table) {
    let (path, right) = ("src/pattern/parse.rs", include_str!("../src/pattern/parse.rs"));
    let broken = right.replacen(") {", ") {{", 1);
    let parse = || {
        let mut parser = tree_sitter::Parser::new();
        parser.set_language(&syntax::grammar(Language::Rust, path).unwrap()).unwrap();
        parser.parse(right, None)
    };
    for (what, after) in [("right", format!("{right}\n// one more line\n")), ("broken", broken)] {
        let file = FileChange { path: path.into(), before: Some(right.into()), after: Some(after) };
        let changes = ChangeSet { files: vec![file] };
        let check = || vibe_tui::validate::syntax(&changes, &faults);
        assert_eq!(check().unwrap().passed, what == "right");
        let (ours, limit) = race(51, check, parse);
        let lines = right.lines().count();
        table.row(&format!("syntax: a changed file of {lines} lines, {what}"), ours, ("a parse of it", limit));
    }
}

/// What the rungs without a model take beside the tool itself: from what it printed to the mended and cut proposal, with the
/// judgement of whose turn it is; beside reading the report as JSON, or beside parses of the text alone.
fn heals(table: &mut Table) {
    let lines = 2_000;
    let line = |n: usize| {
        if n.is_multiple_of(10) { format!("import module_{n}\n") } else { format!("value_{n} = {n} + other_{n}\n") }
    };
    let text: String = (0..lines).map(line).collect();
    let proposal = |path: &str, text: String| ChangeSet {
        files: vec![FileChange { path: path.into(), before: Some(String::new()), after: Some(text) }],
    };
    let checked = |findings: Vec<Finding>| {
        let check = CheckResult {
            strategy: Strategy::Lint,
            command: "ruff check".into(),
            passed: findings.is_empty(),
            millis: 0,
            findings,
            known: 0,
            not_run: None,
        };
        ValidationReport { checks: vec![check], ..ValidationReport::default() }
    };
    let bounds = heal::Bounds { attempts: 3, models: 1, spent: &[], format: true };
    let turned = |changes: &ChangeSet, report: &ValidationReport| {
        let trial = heal::Trial { changes, report };
        let first = heal::Climbed { trial, kind: RungKind::First, base: None, model: None };
        let heal::Turn::Climb { findings, free, .. } = heal::turn(&[first], bounds) else { panic!("it is red") };
        black_box(heal::by_rate(&free, findings.first(), &[]));
        findings
    };
    // 200 unused imports in a file of 2,000 lines, as ruff reports them.
    let row = |n: usize| {
        let (row, end) = (n + 1, n + 2);
        let place = |row: usize, column: usize| serde_json::json!({"row": row, "column": column});
        serde_json::json!({"code": "F401", "filename": "/copy/a.py", "message": format!("`module_{n}` imported but unused"),
            "location": place(row, 8), "end_location": place(row, 18), "fix": {"applicability": "safe",
            "message": format!("Remove unused import: `module_{n}`"),
            "edits": [{"content": "", "location": place(row, 1), "end_location": place(end, 1)}]}})
    };
    let printed = serde_json::Value::from((0..lines).step_by(10).map(row).collect::<Vec<_>>()).to_string();
    let ruff = TOOLS.iter().find(|tool| tool.name == "ruff").expect("our own tool");
    let changes = proposal("a.py", text.clone());
    let ours = || {
        let texts = |_: &str| Some(text.clone());
        let found = (ruff.parse)(&Said::new("/copy", "", &texts).printing(&printed, "")).expect("a report");
        let findings = turned(&changes, &checked(found));
        let fixed = heal::fix::apply(&changes, &[], &heal::fix::machine_applicable(&findings)).expect("safe fixes");
        assert_eq!(fixed.made.len(), 200);
        vibe_tui::edit::diff(&fixed.changes)
    };
    let json = || serde_json::from_str::<serde_json::Value>(&printed).is_ok();
    let (ours, limit) = race(21, ours, json);
    table.row("heal: 200 fixes of a tool, 2,000 lines", ours, ("the report read as JSON", limit));
    // One missing sign.
    for (what, path, text, broken) in [
        ("283 lines", "src/pattern/parse.rs", include_str!("../src/pattern/parse.rs").to_owned(), (") {", " {")),
        ("2,000 lines", "a.py", text.clone(), (" + other_1001\n", " + (other_1001\n")),
    ] {
        let changes = proposal(path, text.replacen(broken.0, broken.1, 1));
        let after = changes.files[0].after.clone().unwrap_or_default();
        let check = || vibe_tui::validate::syntax(&changes, &faults).expect("a grammar");
        let report = ValidationReport { checks: vec![check()], ..ValidationReport::default() };
        let ours = || heal::grammar::fixes(&changes, &turned(&changes, &report)).len();
        let language = Language::from_path(path).expect("a language");
        let (ours, limit) = race(21, ours, || syntax::errors(language, path, &after));
        table.row(&format!("heal: a sign missing in {what}"), ours, ("its errors found once", limit));
    }
    // 20 findings, and 500 lessons of which one fits each.
    let finding = |n: usize| Finding {
        tool: "check".into(),
        path: "a.py".into(),
        line: (n * 10 + 2) as u32,
        message: format!("`value_{}` is shadowed", n * 10 + 1),
        ..Finding::default()
    };
    let findings: Vec<Finding> = (0..20).map(finding).collect();
    let lesson = |n: usize| {
        let old = format!("‹1› = ‹2› + {}", if n == 499 { "‹3›" } else { "nothing" });
        let key = heal::lesson::key(&findings[0]);
        Lesson {
            key, message: "`‹1›` is shadowed".into(), before: vec![old], after: vec!["‹1›_ = ‹2› + ‹3›".into()]
        }
    };
    let lessons: Vec<Lesson> = (0..500).map(lesson).collect();
    let recalled = || {
        let patterns: Vec<Pattern> = lessons.iter().map(Pattern::of).collect();
        let place = |f| Place::of(f, &text).expect("a line");
        let fix = |place: Place| patterns.iter().find_map(|pattern| pattern.recall(&place));
        findings.iter().map(place).filter_map(fix).collect::<Vec<_>>()
    };
    assert_eq!(recalled().len(), 20);
    let (ours, limit) = race(11, recalled, || findings.iter().map(heal::lesson::key).collect::<Vec<_>>());
    table.row("heal: 20 findings, 500 lessons alike", ours, ("their kinds told", limit));
}

/// The grammars' word on a text.
fn faults(language: Language, path: &str, text: &str) -> Option<Vec<Fault>> {
    let errors = syntax::errors(language, path, text)?;
    Some(errors.into_iter().map(|e| Fault { line: e.line, column: e.column, message: e.message }).collect())
}

/// A sink that keeps nothing.
struct Sum(u64);

impl<'t> syntax::Sink<'t> for Sum {
    fn reference(&mut self, _name: &'t str, line: u32) {
        self.0 += u64::from(line);
    }

    fn word(&mut self, word: &'t str) {
        self.0 += word.len() as u64;
    }

    fn import(&mut self, _target: &str, _names: &[&'t str], line: u32) {
        self.0 += u64::from(line);
    }

    fn definition(&mut self, found: syntax::Found<'t>) {
        self.0 += u64::from(found.lines.1);
    }
}
