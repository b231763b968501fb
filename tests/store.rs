//! The database from outside: two instances, kills, full disks, damage, newer schemas, and money that must not be
//! overspent. A child process is this very test binary, started with an environment variable that says what to do.

use rusqlite::Connection;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use vibe_tui::budget::ledger::{Grant, Reservation, Scope};
use vibe_tui::budget::token::{Calibration, Measure};
use vibe_tui::domain::clock::Timestamp;
use vibe_tui::domain::ids::{MemoryId, RequestId, RunId, SessionId};
use vibe_tui::domain::memory::{Memory, MemoryKind, MemorySource, NewMemory};
use vibe_tui::domain::model::{ModelRef, Node, Usage};
use vibe_tui::domain::money::Money;
use vibe_tui::domain::past::{Met, Tally};
use vibe_tui::domain::rung::{KeptLesson, Lesson, Rate, RungKind, Teaching};
use vibe_tui::domain::session::SessionStatus;
use vibe_tui::store::{Access, Durability, NewRow, PatternOutcome, Store, StoreError, SummaryPatch};

const CHILD: &str = "VIBE_TUI_STORE_TEST_CHILD";
const DB: &str = "VIBE_TUI_STORE_TEST_DB";

fn at(micros: i64) -> Timestamp {
    Timestamp(micros)
}

fn row(n: u64) -> NewRow {
    NewRow { at: at(n as i64), kind: "said".to_owned(), payload: format!("{{\"n\":{n}}}") }
}

fn id(name: &str) -> SessionId {
    SessionId(name.to_owned())
}

fn usd(usd: f64) -> Money {
    Money::from_usd(usd).unwrap()
}

fn claim(session: &str, request: u64, amount: Money, limits: &[(Scope, Money)]) -> Reservation {
    Reservation {
        session: id(session),
        run: RunId(1),
        request: RequestId(request),
        model: ModelRef::parse("anthropic/claude").unwrap(),
        node: Node::Executor,
        amount: Some(amount),
        tokens: 1_000,
        at: at(1),
        day: 20_000,
        limits: limits.to_vec(),
    }
}

fn none() -> SummaryPatch {
    SummaryPatch::default()
}

struct Place {
    _dir: TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data").join("vibe.db");
    Place { _dir: dir, path }
}

async fn with_session(path: &Path, session: &str) -> Store {
    let store = Store::open(path).await;
    assert_eq!(store.access(), Access::Saved, "{:?}", store.notice());
    store.create_session(&id(session), "/repo", session, at(0)).await.unwrap();
    store
}

fn integrity(path: &Path) -> String {
    let conn = Connection::open(path).unwrap();
    conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn rows_come_back_in_order_after_the_store_was_closed() {
    let place = place();
    let store = with_session(&place.path, "a").await;
    for chunk in (1..=2_500).collect::<Vec<u64>>().chunks(500) {
        let rows = chunk.iter().map(|n| row(*n)).collect();
        let last = store.append(&id("a"), chunk[0], rows, none(), Durability::Relaxed).await.unwrap();
        assert_eq!(last, *chunk.last().unwrap());
    }
    store.close().await;
    assert_eq!(store.sessions(None).await, Err(StoreError::Closed));

    let store = Store::open(&place.path).await;
    assert_eq!(store.notice(), None);
    let rows = store.load(&id("a"), 1).await.unwrap();
    assert_eq!(rows.len(), 2_500);
    assert!(rows.iter().zip(1..).all(|(row, n)| row.seq == n && row.payload == format!("{{\"n\":{n}}}")));
    assert_eq!(store.load(&id("a"), 2_499).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_append_past_rows_the_caller_has_not_seen_is_a_conflict_and_writes_nothing() {
    let place = place();
    let store = with_session(&place.path, "a").await;
    store.append(&id("a"), 1, vec![row(1)], none(), Durability::Durable).await.unwrap();
    for expected in [1, 3] {
        let error = store.append(&id("a"), expected, vec![row(9)], none(), Durability::Durable).await;
        assert_eq!(error, Err(StoreError::Conflict { session: "“a”".into(), expected, found: 2 }));
    }
    let missing = store.append(&id("b"), 1, vec![row(1)], none(), Durability::Durable).await;
    assert_eq!(missing, Err(StoreError::NoSession { name: "b".into() }));
    assert_eq!(store.load(&id("a"), 1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_two_instances_one_has_the_session_until_it_gives_it_back() {
    let place = place();
    let first = with_session(&place.path, "a").await;
    let second = Store::open(&place.path).await;
    assert!(matches!(second.lease(&id("a"), at(1)).await, Err(StoreError::Leased { .. })));
    assert!(matches!(
        second.append(&id("a"), 1, vec![row(1)], none(), Durability::Relaxed).await,
        Err(StoreError::Leased { .. })
    ));
    assert!(matches!(second.delete_session(&id("a")).await, Err(StoreError::Leased { .. })));
    first.append(&id("a"), 1, vec![row(1)], none(), Durability::Relaxed).await.unwrap();
    first.unlease(&id("a")).await.unwrap();
    second.lease(&id("a"), at(2)).await.unwrap();
    second.append(&id("a"), 2, vec![row(2)], none(), Durability::Relaxed).await.unwrap();
    assert!(matches!(first.lease(&id("a"), at(3)).await, Err(StoreError::Leased { .. })));
}

#[tokio::test]
async fn a_store_that_is_closed_gives_its_sessions_back() {
    let place = place();
    let first = with_session(&place.path, "a").await;
    let second = Store::open(&place.path).await;
    assert!(matches!(second.lease(&id("a"), at(1)).await, Err(StoreError::Leased { .. })));
    first.close().await;
    second.lease(&id("a"), at(2)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_start_together_on_a_new_file_all_save() {
    for _ in 0..20 {
        let place = place();
        let stores = futures_util::future::join_all((0..8).map(|_| Store::open(&place.path))).await;
        for store in &stores {
            assert_eq!((store.access(), store.notice()), (Access::Saved, None));
        }
    }
}

#[tokio::test]
async fn a_lease_whose_process_was_killed_is_taken_over() {
    let place = place();
    let mut child = spawn("lease", &place.path);
    wait_for(&mut child, "leased");
    let store = Store::open(&place.path).await;
    let error = store.lease(&id("a"), at(1)).await.unwrap_err();
    let told = format!("session “a” is open in process {} on this machine", child.id());
    assert!(error.to_string().starts_with(&told), "{error}");
    // What was running runs as long as its process does, and says so without being opened.
    let conn = Connection::open(&place.path).unwrap();
    conn.execute("UPDATE session SET status = 'running' WHERE id = 'a'", []).unwrap();
    let status = async || store.sessions(None).await.unwrap()[0].status;
    assert_eq!(status().await, SessionStatus::Running);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(status().await, SessionStatus::Halted);
    store.lease(&id("a"), at(2)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_lose_no_rows_of_each_other() {
    let place = place();
    let (one, two) = (with_session(&place.path, "a").await, with_session(&place.path, "b").await);
    let write = |store: Store, session: &'static str| async move {
        for n in 1..=200 {
            let durability = if n % 10 == 0 { Durability::Durable } else { Durability::Relaxed };
            store.append(&id(session), n, vec![row(n)], none(), durability).await.unwrap();
        }
    };
    tokio::join!(write(one.clone(), "a"), write(two.clone(), "b"));
    for store in [&one, &two] {
        assert_eq!(store.load(&id("a"), 1).await.unwrap().len(), 200);
        assert_eq!(store.load(&id("b"), 1).await.unwrap().len(), 200);
    }
    one.close().await;
    two.close().await;
    assert_eq!(integrity(&place.path), "ok");
}

#[tokio::test]
async fn appends_that_wait_together_are_each_answered_for_themselves() {
    let place = place();
    let store = with_session(&place.path, "a").await;
    let calls = (1..=60u64).map(|n| {
        let store = store.clone();
        // Every third caller is mistaken about what comes next.
        let expected = if n % 3 == 0 { 999 } else { n - n / 3 };
        async move { store.append(&id("a"), expected, vec![row(n)], none(), Durability::Relaxed).await }
    });
    let answers = futures_util::future::join_all(calls).await;
    for (n, answer) in (1..=60u64).zip(answers) {
        match n % 3 {
            0 => assert!(matches!(answer, Err(StoreError::Conflict { .. })), "{n}: {answer:?}"),
            _ => assert_eq!(answer, Ok(n - n / 3)),
        }
    }
    assert_eq!(store.load(&id("a"), 1).await.unwrap().len(), 40);
}

#[tokio::test]
async fn names_are_unique_within_a_root_and_the_index_is_rebuilt_from_the_journal() {
    let place = place();
    let store = Store::open(&place.path).await;
    let mut names = Vec::new();
    for (session, root) in [("s1", "/r"), ("s2", "/r"), ("s3", "/r"), ("s4", "/other")] {
        names.push(store.create_session(&id(session), root, "fix login", at(5)).await.unwrap());
    }
    assert_eq!(names, ["fix login", "fix login (2)", "fix login (3)", "fix login"]);
    assert!(matches!(store.create_session(&id("s1"), "/x", "x", at(5)).await, Err(StoreError::Conflict { .. })));

    let patch = |name: Option<&str>, status, runs| SummaryPatch { name: name.map(str::to_owned), status, runs };
    let rename = patch(Some("fix login"), Some(SessionStatus::Waiting), 2);
    store.append(&id("s2"), 1, vec![row(7), row(9)], rename, Durability::Durable).await.unwrap();
    store.append(&id("s2"), 3, vec![row(11)], patch(Some("done"), None, 1), Durability::Durable).await.unwrap();
    store
        .append(&id("s3"), 1, vec![row(10)], patch(Some("fix login (2)"), None, 0), Durability::Durable)
        .await
        .unwrap();
    store.reserve(claim("s2", 1, usd(0.25), &[])).await.unwrap();

    let before = store.sessions(Some("/r")).await.unwrap();
    let shown: Vec<_> = before.iter().map(|s| (s.id.0.as_str(), s.name.as_str(), s.runs, s.updated.0)).collect();
    assert_eq!(shown, [("s2", "done", 3, 11), ("s3", "fix login (2)", 0, 10), ("s1", "fix login", 0, 5)]);
    assert_eq!((before[0].status, before[0].spent), (SessionStatus::Waiting, usd(0.25)));

    Connection::open(&place.path).unwrap().execute("DELETE FROM session", []).unwrap();
    assert_eq!(store.sessions(None).await.unwrap(), []);
    store.rebuild().await.unwrap();
    assert_eq!(store.sessions(Some("/r")).await.unwrap(), before);
    assert_eq!(store.sessions(None).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_session_is_found_by_name_by_identifier_and_by_its_unambiguous_beginning() {
    let place = place();
    let store = Store::open(&place.path).await;
    for (session, name) in [("01aa", "one"), ("01ab", "two"), ("01", "01a"), ("02%_", "four")] {
        store.create_session(&id(session), "/r", name, at(1)).await.unwrap();
    }
    for (wanted, found) in
        [("one", "01aa"), ("01a", "01"), ("01aa", "01aa"), ("01ab", "01ab"), ("01", "01"), ("02%", "02%_")]
    {
        assert_eq!(store.find_session("/r", wanted).await.unwrap().id.0, found, "{wanted}");
    }
    assert_eq!(store.find_session("/r", "0").await, Err(StoreError::Ambiguous { name: "0".into(), count: 4 }));
    for wanted in ["", "x", "%", "one%"] {
        assert!(matches!(store.find_session("/r", wanted).await, Err(StoreError::NoSession { .. })), "{wanted}");
    }
}

#[tokio::test]
async fn a_deleted_session_is_gone_but_its_money_is_still_spent() {
    let place = place();
    let store = with_session(&place.path, "a").await;
    store.append(&id("a"), 1, vec![row(1)], none(), Durability::Durable).await.unwrap();
    store.reserve(claim("a", 1, usd(1.0), &[])).await.unwrap();
    store.delete_session(&id("a")).await.unwrap();
    assert_eq!(store.load(&id("a"), 1).await.unwrap(), []);
    assert_eq!(store.totals(&id("b"), RunId(1), 20_000).await.unwrap().day.reserved, usd(1.0));
    assert!(matches!(store.delete_session(&id("a")).await, Err(StoreError::NoSession { .. })));
}

#[tokio::test]
async fn the_history_shows_each_prompt_once_newest_first() {
    let place = place();
    let store = Store::open(&place.path).await;
    for (n, text) in ["a", "b", " ", "a", "c"].into_iter().enumerate() {
        store.history_add(text, at(n as i64)).await.unwrap();
    }
    assert_eq!(store.history(10).await.unwrap(), ["c", "a", "b"]);
    assert_eq!(store.history(1).await.unwrap(), ["c"]);
}

#[tokio::test]
async fn the_use_of_patterns_is_counted_by_outcome() {
    let place = place();
    let store = Store::open(&place.path).await;
    for outcome in [PatternOutcome::Proposed, PatternOutcome::Accepted, PatternOutcome::Proposed] {
        store.pattern_used("rest-endpoint", outcome, at(3)).await.unwrap();
    }
    let stats = store.pattern_stats().await.unwrap();
    assert_eq!((stats[0].proposed, stats[0].accepted, stats[0].rejected), (2, 1, 0));
}

// ---- what is learned and remembered

fn new_memory(text: &str) -> NewMemory {
    NewMemory::new(MemoryKind::Fact, text, MemorySource::User).unwrap()
}

#[tokio::test]
async fn memories_belong_to_their_root_are_renewed_when_said_again_and_keep_their_numbers() {
    let place = place();
    let store = Store::open(&place.path).await;
    let first = store.remember("/a", new_memory("Use tabs."), at(1)).await.unwrap();
    let lesson = NewMemory {
        kind: MemoryKind::Lesson,
        source: MemorySource::Run { session: id("s"), run: RunId(2) },
        ..new_memory("Keep it short.")
    };
    let second = store.remember("/a", lesson.clone(), at(2)).await.unwrap();
    assert_eq!((second.kind, &second.source, second.at), (lesson.kind, &lesson.source, at(2)));
    let again = store.remember("/a", new_memory("Use tabs."), at(9)).await.unwrap();
    assert_eq!((again.id, again.at), (first.id, at(9)));
    store.remember("/b", new_memory("Use tabs."), at(3)).await.unwrap();
    assert_eq!(store.memories("/a").await.unwrap(), [again, second.clone()]);

    assert_eq!(store.forget("/b", second.id).await.unwrap(), None, "it is another root's");
    assert_eq!(store.forget("/a", second.id).await.unwrap(), Some(second.clone()));
    assert_eq!(store.forget("/a", second.id).await.unwrap(), None);
    let newer = store.remember("/a", new_memory("Later."), at(4)).await.unwrap();
    assert!(newer.id > second.id, "a number is never given again");
}

#[tokio::test]
async fn memories_are_pinned_let_go_and_counted_and_all_of_it_survives_a_restart() {
    let place = place();
    let store = Store::open(&place.path).await;
    let memory = store.remember("/a", new_memory("Use tabs."), at(1)).await.unwrap();
    assert!(store.pin("/a", memory.id).await.unwrap().unwrap().pinned);
    assert!(!store.pin("/a", memory.id).await.unwrap().unwrap().pinned);
    assert_eq!(store.pin("/b", memory.id).await.unwrap(), None);
    store.pin("/a", memory.id).await.unwrap();
    store.memories_recalled(vec![memory.id]).await.unwrap();
    store.memories_recalled(vec![memory.id]).await.unwrap();
    store.memories_accepted(vec![memory.id], at(5)).await.unwrap();
    store.close().await;
    let store = Store::open(&place.path).await;
    let expected = Memory { pinned: true, recalled: 2, accepted: 1, accepted_at: Some(at(5)), ..memory };
    assert_eq!(store.memories("/a").await.unwrap(), [expected]);
}

#[tokio::test]
async fn of_more_memories_than_are_kept_the_oldest_unpinned_ones_go() {
    let place = place();
    let store = Store::open(&place.path).await;
    for n in 0..2 {
        store.remember("/a", new_memory(&format!("early {n}")), at(n)).await.unwrap();
    }
    store.pin("/a", MemoryId(1)).await.unwrap();
    store.close().await;
    // Ten thousand durable commits would take a while.
    let conn = Connection::open(&place.path).unwrap();
    conn.execute_batch(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1999)
         INSERT INTO memory (root, kind, text, source, at) SELECT '/a', 'fact', 'm' || i, '\"user\"', 9 FROM n;",
    )
    .unwrap();
    drop(conn);
    let store = Store::open(&place.path).await;
    store.remember("/a", new_memory("the newest"), at(10)).await.unwrap();
    let kept = store.memories("/a").await.unwrap();
    assert_eq!((kept.len(), kept[0].text.as_str(), kept[1].text.as_str()), (2_001, "early 0", "m1"));
}

#[tokio::test]
async fn what_was_learned_of_a_tokenizer_is_kept_and_what_is_no_sum_of_reports_is_left_out() {
    let place = place();
    let store = Store::open(&place.path).await;
    let model = ModelRef::parse("ollama/qwen").unwrap();
    let mut learned = Calibration::default();
    for _ in 0..3 {
        learned.observe(Measure { text: 1_000, messages: 2, schema: 0 }, 1_234);
        store.keep_calibration(&model, learned, at(1)).await.unwrap();
    }
    store.close().await;
    let conn = Connection::open(&place.path).unwrap();
    conn.execute("INSERT INTO token_fit (model, fit, at) VALUES ('x/broken', '{\"products\": 1}', 1)", []).unwrap();
    drop(conn);
    let store = Store::open(&place.path).await;
    assert_eq!(store.calibrations().await.unwrap(), [(model, learned)]);
}

#[tokio::test]
async fn a_database_of_the_first_schema_is_brought_forward_with_what_is_in_it() {
    let place = place();
    let store = with_session(&place.path, "a").await;
    store.append(&id("a"), 1, vec![row(1)], none(), Durability::Durable).await.unwrap();
    store.close().await;
    let back = "DROP TABLE memory; DROP TABLE token_fit; DROP TABLE lesson; DROP TABLE rung_rate; DROP TABLE past; PRAGMA user_version = 1";
    Connection::open(&place.path).unwrap().execute_batch(back).unwrap();
    let store = Store::open(&place.path).await;
    assert_eq!((store.access(), store.notice()), (Access::Saved, None));
    assert_eq!(store.load(&id("a"), 1).await.unwrap().len(), 1);
    assert_eq!(store.remember("/a", new_memory("Use tabs."), at(1)).await.unwrap().id, MemoryId(1));
}

// ---- what healing taught

fn lesson(before: &str) -> Lesson {
    let lines = |text: &str| vec![text.to_owned()];
    Lesson { key: "check".into(), message: "missing `:`".into(), before: lines(before), after: lines("def ‹1›:") }
}

fn taught(helped: bool, used: &[u64], lessons: Vec<Lesson>) -> Teaching {
    Teaching {
        class: "syntax".into(),
        rung: RungKind::Model,
        helped,
        used: used.to_vec(),
        lessons,
        ..Teaching::default()
    }
}

#[tokio::test]
async fn what_healing_taught_is_kept_for_its_root_and_its_outcomes_are_counted() {
    let place = place();
    let store = Store::open(&place.path).await;
    store.teach("/a", taught(true, &[], vec![lesson("def ‹1›"), lesson("if ‹1›")]), at(1)).await.unwrap();
    store.teach("/a", taught(true, &[], vec![lesson("def ‹1›")]), at(2)).await.unwrap();
    store.teach("/a", taught(false, &[1], vec![]), at(3)).await.unwrap();
    store.teach("/a", taught(true, &[1], vec![]), at(4)).await.unwrap();
    store.close().await;
    let store = Store::open(&place.path).await;
    let kept = store.lessons("/a").await.unwrap();
    assert_eq!(
        kept.iter().map(|k| (k.id, k.uses, k.successes, k.at)).collect::<Vec<_>>(),
        [(1, 2, 1, at(4)), (2, 0, 0, at(1))]
    );
    assert_eq!(kept[0].lesson, lesson("def ‹1›"));
    assert_eq!(store.lessons("/b").await.unwrap(), []);
    let rate = Rate { class: "syntax".into(), rung: RungKind::Model, tried: 4, helped: 3 };
    assert_eq!(store.rung_rates("/a").await.unwrap(), [rate]);
    assert_eq!(store.forget_lesson("/b", 1).await.unwrap(), None, "of another root");
    assert_eq!(store.forget_lesson("/a", 1).await.unwrap().unwrap().id, 1);
    store.teach("/a", taught(true, &[], vec![lesson("def ‹1›")]), at(5)).await.unwrap();
    assert_eq!(store.lessons("/a").await.unwrap().last().unwrap().id, 4, "a number is never given again");
}

#[tokio::test]
async fn what_became_of_findings_is_kept_by_their_kind_the_newest_that_helped_first() {
    let place = place();
    let store = Store::open(&place.path).await;
    let met = |key: &str, helped| Met { key: key.into(), message: format!("{key}!"), helped };
    let tried = |rung, attempt, met| Teaching { rung, attempt, met, what: "mend it".into(), ..Teaching::default() };
    store.teach("/a", tried(RungKind::ToolFix, 2, vec![met("x", true), met("y", false)]), at(1)).await.unwrap();
    store.teach("/a", tried(RungKind::Model, 3, vec![met("x", false)]), at(2)).await.unwrap();
    store.teach("/a", tried(RungKind::Model, 4, vec![met("x", true)]), at(3)).await.unwrap();
    store.teach("/b", tried(RungKind::Model, 2, vec![met("z", true)]), at(4)).await.unwrap();
    store.close().await;
    let store = Store::open(&place.path).await;
    let similar = store.similar("/a", ["x", "y", "z"].map(str::to_owned).to_vec(), at(10_000)).await.unwrap();
    let keys: Vec<&str> = similar.iter().map(|s| s.key.as_str()).collect();
    assert_eq!(keys, ["x", "y"], "of another repository nothing is known");
    let tally = |rung, tried, helped| Tally { rung, tried, helped };
    assert_eq!(similar[0].tallies, [tally(RungKind::Model, 2, 1), tally(RungKind::ToolFix, 1, 1)]);
    let newest: Vec<(u32, bool)> = similar[0].newest.iter().map(|p| (p.attempt, p.helped)).collect();
    assert_eq!(newest, [(4, true), (2, true), (3, false)]);
    let words =
        "seen before: model helped 1 of 2, tool fix helped 1 of 1; mended just now by model (attempt 4): mend it";
    assert_eq!(similar[0].words(at(3)), words);
    assert!(
        similar[1].words(Timestamp(at(1).0 + 7_200_000_000)).contains("; not mended 2 h ago by tool fix (attempt 2)")
    );
    let before = store.similar("/a", vec!["x".into(), "y".into()], at(2)).await.unwrap();
    assert_eq!(before[0].tallies, [tally(RungKind::ToolFix, 1, 1)], "a run is not told of what it tried itself");
    assert_eq!(before[0].newest.len(), 1);
    assert!(store.similar("/a", vec!["x".into()], at(1)).await.unwrap().is_empty());
    for n in 0..2100 {
        store.teach("/a", tried(RungKind::Model, 2, vec![met("w", n > 0)]), at(n)).await.unwrap();
    }
    let similar = store.similar("/a", vec!["w".into(), "x".into()], at(10_000)).await.unwrap();
    assert_eq!((similar.len(), similar[0].tallies[0].tried), (1, 2000), "the oldest are let go");
}

#[test]
fn a_lesson_that_keeps_failing_is_not_tried_any_more() {
    let trusted = |uses, successes| KeptLesson { id: 1, lesson: lesson("x"), uses, successes, at: at(1) }.is_trusted();
    assert!(trusted(0, 0) && trusted(1, 0) && trusted(4, 2));
    assert!(!trusted(2, 0) && !trusted(5, 2));
}

// ---- the ledger

#[tokio::test]
async fn a_claim_counts_in_every_scope_and_the_narrowest_broken_limit_is_named() {
    let place = place();
    let store = with_session(&place.path, "a").await;
    let limits = [(Scope::Month, usd(2.0)), (Scope::Day, usd(2.0)), (Scope::Run, usd(1.0))];
    let Grant::Granted(totals) = store.reserve(claim("a", 1, usd(0.75), &limits)).await.unwrap() else { panic!() };
    for scope in Scope::ALL {
        assert_eq!(totals.of(scope).reserved, usd(0.75), "{scope:?}");
    }
    let Grant::Refused(refusal) = store.reserve(claim("a", 2, usd(0.5), &limits)).await.unwrap() else { panic!() };
    assert_eq!((refusal.scope, refusal.reserved, refusal.asked), (Scope::Run, usd(0.75), Some(usd(0.5))));
    let mut other = claim("b", 1, usd(1.5), &limits[..2]);
    other.run = RunId(7);
    let Grant::Refused(refusal) = store.reserve(other).await.unwrap() else { panic!() };
    assert_eq!(refusal.scope, Scope::Day, "another session counts for the day");
    let exactly = store.reserve(claim("a", 2, usd(0.25), &limits)).await.unwrap();
    assert!(matches!(exactly, Grant::Granted(_)), "a limit may be reached");
}

#[tokio::test]
async fn an_unknown_price_is_refused_under_a_limit_and_said_without_one() {
    let place = place();
    let store = with_session(&place.path, "a").await;
    let unknown = |limits: &[(Scope, Money)]| Reservation { amount: None, ..claim("a", 1, Money::ZERO, limits) };
    let answer = store.reserve(unknown(&[(Scope::Day, usd(9.0))])).await.unwrap();
    assert!(matches!(answer, Grant::Refused(refusal) if refusal.asked.is_none()));
    let Grant::Granted(totals) = store.reserve(unknown(&[])).await.unwrap() else { panic!() };
    assert_eq!((totals.run.unpriced, totals.run.committed()), (1, Money::ZERO));
    store.settle(&id("a"), RequestId(1), None, Usage::default()).await.unwrap();
    assert_eq!(store.totals(&id("a"), RunId(1), 20_000).await.unwrap().session.unpriced, 1);
}

#[tokio::test]
async fn what_is_free_breaks_no_limit() {
    let place = place();
    let store = with_session(&place.path, "a").await;
    store.reserve(claim("a", 1, usd(2.0), &[])).await.unwrap();
    let free = store.reserve(claim("a", 2, Money::ZERO, &[(Scope::Day, usd(1.0))])).await.unwrap();
    assert!(matches!(free, Grant::Granted(_)));
}

#[tokio::test]
async fn settling_replaces_the_claim_once_and_reported_figures_replace_estimates() {
    let place = place();
    let store = with_session(&place.path, "a").await;
    let spent = async || store.totals(&id("a"), RunId(1), 20_000).await.unwrap().day;
    store.reserve(claim("a", 1, usd(1.0), &[])).await.unwrap();
    store.reserve(claim("a", 1, usd(1.0), &[])).await.unwrap();
    assert_eq!(spent().await.reserved, usd(1.0), "the same claim made twice counts once");
    assert!(matches!(store.reserve(claim("a", 1, usd(2.0), &[])).await, Err(StoreError::Ledger { .. })));

    let estimate = Usage { input: 10, output: 5, estimated: true, ..Usage::default() };
    let reported = Usage { input: 12, output: 6, cache_read: 4, ..Usage::default() };
    for (actual, usage, expected) in [
        (usd(0.3), estimate, usd(0.3)),
        (usd(0.35), estimate, usd(0.3)),
        (usd(0.4), reported, usd(0.4)),
        (usd(0.9), reported, usd(0.4)),
        (usd(0.3), estimate, usd(0.4)),
    ] {
        store.settle(&id("a"), RequestId(1), Some(actual), usage).await.unwrap();
        assert_eq!((spent().await.spent, spent().await.reserved), (expected, Money::ZERO));
    }
    assert!(matches!(store.release(&id("a"), RequestId(1)).await, Err(StoreError::Ledger { .. })));
    assert!(matches!(store.settle(&id("a"), RequestId(9), None, reported).await, Err(StoreError::Ledger { .. })));

    store.reserve(claim("a", 2, usd(1.0), &[])).await.unwrap();
    store.release(&id("a"), RequestId(2)).await.unwrap();
    assert_eq!(spent().await.committed(), usd(0.4));
    store.reserve(claim("a", 2, usd(0.5), &[])).await.unwrap();
    assert_eq!(spent().await.committed(), usd(0.9), "a released request may be claimed again");

    let rows = store.spending(20_000, 20_000).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].model.as_str(), rows[0].node.as_str(), rows[0].requests), ("anthropic/claude", "executor", 2));
    assert_eq!((rows[0].input, rows[0].cache_read, rows[0].output, rows[0].estimated), (12, 4, 6, 0));
    assert_eq!((rows[0].sum.spent, rows[0].sum.reserved), (usd(0.4), usd(0.5)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_racing_never_spend_more_than_the_cap_together() {
    for round in 0..6u64 {
        let place = place();
        let (one, two) = (with_session(&place.path, "a").await, with_session(&place.path, "b").await);
        let cap = Money(1_000 + 37 * round as i64);
        let race = |store: Store, session: &'static str, salt: u64| async move {
            let mut granted = Money::ZERO;
            for request in 1..=60u64 {
                let amount = Money(1 + ((request * 31 + salt * 17 + round * 7) % 60) as i64);
                let claim = claim(session, request, amount, &[(Scope::Day, cap)]);
                if let Grant::Granted(totals) = store.reserve(claim).await.unwrap() {
                    assert!(totals.day.committed() <= cap);
                    match request % 4 {
                        0 => store.release(&id(session), RequestId(request)).await.unwrap(),
                        1 => {
                            let actual = Money(amount.0 / 2);
                            store
                                .settle(&id(session), RequestId(request), Some(actual), Usage::default())
                                .await
                                .unwrap();
                            granted += actual;
                        }
                        _ => granted += amount,
                    }
                }
            }
            granted
        };
        let (x, y) = tokio::join!(tokio::spawn(race(one.clone(), "a", 1)), tokio::spawn(race(two.clone(), "b", 2)));
        let (x, y) = (x.unwrap(), y.unwrap());
        let day = two.totals(&id("a"), RunId(1), 20_000).await.unwrap().day;
        assert_eq!(day.committed(), x + y, "the ledger agrees with what the callers were granted");
        assert!(day.committed() <= cap, "{day:?} over {cap:?}");
        assert!(x > Money::ZERO && y > Money::ZERO, "both were served");
    }
}

#[tokio::test]
async fn two_processes_racing_never_spend_more_than_the_cap_together() {
    let place = place();
    let cap = Money(RACE_CAP);
    let mut children = [spawn("spend", &place.path), spawn("spend", &place.path)];
    let granted: Vec<i64> = children
        .iter_mut()
        .map(|child| {
            let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
            let granted = lines.filter_map(|l| l.strip_prefix("granted ")?.parse::<i64>().ok()).last();
            assert!(child.wait().unwrap().success());
            granted.unwrap()
        })
        .collect();
    let day = Store::open(&place.path).await.totals(&id("a"), RunId(1), 20_000).await.unwrap().day;
    assert_eq!(day.committed(), Money(granted.iter().sum()));
    assert!(day.committed() <= cap && day.committed() > Money(cap.0 - 11), "{day:?}");
}

// ---- faults

#[tokio::test]
async fn every_acknowledged_row_and_claim_survives_a_kill_at_any_moment() {
    let mut pause = 1u64;
    for round in 0..12u64 {
        let place = place();
        let mut child = spawn("append", &place.path);
        pause = pause.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let lines = lines_until_killed(&mut child, Duration::from_millis(5 + (pause >> 33) % 120));
        let newest =
            |word: &str| lines.iter().filter_map(|l| l.strip_prefix(word)?.trim().parse().ok()).max().unwrap_or(0u64);
        let (rows, claims) = (newest("acked "), newest("claimed "));
        assert!(rows > 0, "round {round}: the child wrote nothing before it was killed");

        let store = Store::open(&place.path).await;
        assert_eq!(store.notice(), None, "round {round}");
        let found = store.load(&id("a"), 1).await.unwrap();
        assert!(found.len() as u64 >= rows, "round {round}: {rows} acknowledged, {} there", found.len());
        assert!(found.iter().zip(1..).all(|(row, n)| row.seq == n), "round {round}: no gaps");
        let reserved = store.totals(&id("a"), RunId(1), 20_000).await.unwrap().day.reserved;
        assert!(reserved >= Money(claims as i64), "round {round}: {claims} claimed, {reserved:?} there");
        assert_eq!(integrity(&place.path), "ok");
    }
}

#[tokio::test]
async fn a_newer_schema_is_opened_for_reading_with_the_reason() {
    let place = place();
    let store = with_session(&place.path, "a").await;
    store.append(&id("a"), 1, vec![row(1)], none(), Durability::Durable).await.unwrap();
    store.close().await;
    Connection::open(&place.path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();

    let store = Store::open(&place.path).await;
    assert_eq!(store.access(), Access::ReadOnly);
    assert!(store.notice().unwrap().message.contains("newer vibe-tui (schema 99"), "{:?}", store.notice());
    assert_eq!(store.load(&id("a"), 1).await.unwrap().len(), 1);
    assert!(matches!(
        store.append(&id("a"), 2, vec![row(2)], none(), Durability::Durable).await,
        Err(StoreError::ReadOnly { .. })
    ));
    assert!(matches!(store.reserve(claim("a", 1, usd(1.0), &[])).await, Err(StoreError::ReadOnly { .. })));
}

#[tokio::test]
async fn damaged_pages_are_set_aside_loudly_and_what_can_be_read_is_taken_over() {
    let place = place();
    let store = with_session(&place.path, "a").await;
    let patch = SummaryPatch { runs: 3, ..none() };
    store.append(&id("a"), 1, (1..=400).map(row).collect(), patch, Durability::Durable).await.unwrap();
    store.create_session(&id("b"), "/repo", "b", at(1)).await.unwrap();
    store.append(&id("b"), 1, (1..=400).map(row).collect(), none(), Durability::Durable).await.unwrap();
    store.reserve(claim("a", 1, usd(0.5), &[])).await.unwrap();
    store.remember("/repo", new_memory("Use tabs."), at(1)).await.unwrap();
    store.close().await;
    overwrite_page_with(&place.path, "{\"n\":200}");

    let store = Store::open(&place.path).await;
    assert_eq!(store.access(), Access::Saved);
    let notice = store.notice().expect("damage is never silent");
    assert!(notice.message.contains("was damaged and is set aside as"), "{}", notice.message);
    let salvage = notice.salvage.clone().unwrap();
    assert!(salvage.incomplete, "{salvage:?}");
    assert_eq!(store.load(&id("b"), 1).await.unwrap().len(), 400, "the rows behind the broken page are there");
    assert!(place.path.with_file_name("vibe.db.corrupt-1").exists());

    let rows = store.load(&id("a"), 1).await.unwrap();
    assert!(rows.len() > 100 && rows.len() < 400, "{}", rows.len());
    assert!(rows.iter().zip(1..).all(|(row, n)| row.seq == n && row.payload == format!("{{\"n\":{n}}}")));
    assert_eq!(store.totals(&id("a"), RunId(1), 20_000).await.unwrap().day.reserved, usd(0.5));
    assert_eq!(store.memories("/repo").await.unwrap().len(), 1);
    let next = rows.len() as u64 + 1;
    store.append(&id("a"), next, vec![row(next)], none(), Durability::Durable).await.unwrap();
    store.close().await;
    assert_eq!(integrity(&place.path), "ok");
    let store = Store::open(&place.path).await;
    assert_eq!(store.notice(), None, "it is said once");
}

#[tokio::test]
async fn what_cannot_be_taken_over_now_is_not_set_aside_and_taken_over_later() {
    let place = place();
    let store = with_session(&place.path, "a").await;
    store.append(&id("a"), 1, (1..=400).map(row).collect(), none(), Durability::Durable).await.unwrap();
    store.close().await;
    overwrite_page_with(&place.path, "{\"n\":200}");
    let obstacle = place.path.with_file_name("vibe.db.salvage");
    std::fs::create_dir(&obstacle).unwrap();
    let store = Store::open(&place.path).await;
    assert_eq!(store.access(), Access::Memory);
    assert!(!place.path.with_file_name("vibe.db.corrupt-1").exists());
    store.close().await;
    std::fs::remove_dir(&obstacle).unwrap();
    let store = Store::open(&place.path).await;
    assert_eq!(store.access(), Access::Saved);
    assert!(store.notice().unwrap().salvage.as_ref().unwrap().rows > 100, "never silently empty");
    assert!(!obstacle.exists());
}

#[tokio::test]
async fn a_salvage_that_was_killed_before_the_new_file_was_in_its_place_is_ended() {
    let place = place();
    let store = with_session(&place.path, "a").await;
    store.append(&id("a"), 1, (1..=4).map(row).collect(), none(), Durability::Durable).await.unwrap();
    store.close().await;
    std::fs::rename(&place.path, place.path.with_file_name("vibe.db.salvage")).unwrap();
    let store = Store::open(&place.path).await;
    assert_eq!(store.load(&id("a"), 1).await.unwrap().len(), 4);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_set_aside_and_a_second_one_gets_the_next_number() {
    let place = place();
    for n in 1..=2 {
        std::fs::create_dir_all(place.path.parent().unwrap()).unwrap();
        std::fs::write(&place.path, "this is not a database, and long enough to have a header. ".repeat(40)).unwrap();
        let store = Store::open(&place.path).await;
        assert_eq!(store.access(), Access::Saved);
        assert!(store.notice().unwrap().message.contains("nothing in it could be read"), "{:?}", store.notice());
        assert!(place.path.with_file_name(format!("vibe.db.corrupt-{n}")).exists());
        store.close().await;
    }
}

#[tokio::test]
async fn damage_found_by_one_instance_is_not_set_aside_under_another() {
    let place = place();
    let store = with_session(&place.path, "a").await;
    store.append(&id("a"), 1, (1..=400).map(row).collect(), none(), Durability::Durable).await.unwrap();
    store.close().await;
    let holder = Store::open(&place.path).await;
    overwrite_page_with(&place.path, "{\"n\":200}");
    let second = Store::open(&place.path).await;
    assert_eq!(second.access(), Access::Memory);
    assert!(second.notice().unwrap().message.contains("close that one"), "{:?}", second.notice());
    drop(second);
    holder.close().await;
    assert_eq!(Store::open(&place.path).await.access(), Access::Saved);
}

#[tokio::test]
async fn a_database_of_another_program_is_left_as_it_is() {
    let place = place();
    std::fs::create_dir_all(place.path.parent().unwrap()).unwrap();
    Connection::open(&place.path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let before = std::fs::read(&place.path).unwrap();
    let store = Store::open(&place.path).await;
    assert_eq!(store.access(), Access::Memory);
    assert!(store.notice().unwrap().message.contains("another program"), "{:?}", store.notice());
    assert_eq!(std::fs::read(&place.path).unwrap(), before);
}

#[tokio::test]
async fn where_nothing_can_be_written_the_program_works_in_memory_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    // The second cannot be made even by the superuser, whom mode bits do not stop.
    for path in [file.join("vibe.db"), PathBuf::from("/proc/vibe-tui/vibe.db"), dir.path().to_owned()] {
        let store = Store::open(&path).await;
        assert_eq!(store.access(), Access::Memory, "{}", path.display());
        let message = &store.notice().unwrap().message;
        assert!(message.starts_with("Nothing is being saved: "), "{message}");
        assert!(message.contains(path.to_str().unwrap()), "{message}");
        store.create_session(&id("a"), "/r", "a", at(1)).await.unwrap();
        store.append(&id("a"), 1, vec![row(1)], none(), Durability::Durable).await.unwrap();
        assert_eq!(store.load(&id("a"), 1).await.unwrap().len(), 1);
        let answer = store.reserve(claim("a", 1, usd(2.0), &[(Scope::Session, usd(1.0))])).await.unwrap();
        assert!(matches!(answer, Grant::Refused(_)), "limits hold in memory, too");
        let day = [(Scope::Day, usd(5.0))];
        let answer = store.reserve(claim("a", 1, usd(2.0), &day)).await;
        assert!(matches!(answer, Err(StoreError::Uncounted { .. })), "nobody knows what was spent today: {answer:?}");
        assert!(matches!(store.reserve(claim("a", 1, usd(0.0), &day)).await, Ok(Grant::Granted(_))));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_database_can_be_read_by_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = place();
    let store = with_session(&place.path, "a").await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(place.path.parent().unwrap()), 0o700);
    for entry in std::fs::read_dir(place.path.parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    drop(store);
}

/// RLIMIT_FSIZE makes writes fail in the middle; the shell ignores SIGXFSZ for the child, which inherits that.
#[cfg(unix)]
#[tokio::test]
async fn a_write_that_fails_is_reported_and_everything_acknowledged_before_is_there() {
    let place = place();
    let mut child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 600; exec \"$0\" --exact child --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, "fill")
        .env(DB, &place.path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines: Vec<String> = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok).collect();
    child.wait().unwrap();
    check_filled(&lines);
    let acked: u64 = lines.iter().filter_map(|l| l.strip_prefix("acked ")?.parse().ok()).max().unwrap();
    let store = Store::open(&place.path).await;
    assert_eq!(store.notice(), None);
    assert_eq!(store.load(&id("a"), 1).await.unwrap().len() as u64, acked);
    assert_eq!(integrity(&place.path), "ok");
}

/// A real full disk: a tmpfs of one megabyte in a mount namespace of its own. Needs the right to make one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported_as_full_and_writing_goes_on_once_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=1m tmpfs \"$1\" || exit 77; exec \"$0\" --exact child --nocapture";
    let output = Command::new("unshare")
        .args(["-m", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .arg(dir.path())
        .env(CHILD, "fill")
        .env(DB, dir.path().join("vibe.db"))
        .output();
    let Ok(output) = output else { return eprintln!("skipped: no `unshare` here") };
    let text = String::from_utf8_lossy(&output.stdout);
    if !text.contains("acked ") {
        return eprintln!("skipped: no right to mount a small file system here");
    }
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    check_filled(&lines);
    assert!(lines.iter().any(|l| l.starts_with("failed") && l.contains("is full")), "{text}");
    assert!(lines.iter().any(|l| l == "room again: saved"), "{text}");
}

fn check_filled(lines: &[String]) {
    assert!(lines.iter().any(|l| l.starts_with("acked ")), "{lines:?}");
    assert!(lines.iter().any(|l| l.starts_with("failed ") && l.contains("not saved")), "{lines:?}");
    assert!(lines.iter().any(|l| l.starts_with("alive, reads ")), "{lines:?}");
}

/// Writes garbage over the page of a closed database that holds `needle`, but not over the first one.
fn overwrite_page_with(path: &Path, needle: &str) {
    let mut bytes = std::fs::read(path).unwrap();
    let place = bytes.windows(needle.len()).position(|w| w == needle.as_bytes()).expect("the row is in the file");
    let page = place / 4096 * 4096;
    assert!(page > 0);
    bytes[page..page + 4096].fill(0xA5);
    std::fs::write(path, bytes).unwrap();
}

// ---- children

fn spawn(what: &str, path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(CHILD, what)
        .env(DB, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn wait_for(child: &mut Child, word: &str) {
    let lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|l| l == word), "the child never said {word:?}");
}

/// Kills the child with SIGKILL `after` its first acknowledgement, and gives back all it said.
fn lines_until_killed(child: &mut Child, after: Duration) -> Vec<String> {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut said: Vec<String> = Vec::new();
    while !said.last().is_some_and(|l| l.starts_with("acked ")) {
        let Some(line) = lines.next() else { break };
        said.push(line);
    }
    let reader = std::thread::spawn(move || lines.collect::<Vec<_>>());
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    said.extend(reader.join().unwrap());
    said
}

/// Not a test of its own: what the children of the tests above do.
#[test]
fn child() {
    let (Ok(what), Ok(path)) = (std::env::var(CHILD), std::env::var(DB)) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        if what == "spend" {
            return spend(&Store::open(Path::new(&path)).await).await;
        }
        let store = with_session(Path::new(&path), "a").await;
        match what.as_str() {
            "lease" => {
                println!("leased");
                std::thread::sleep(Duration::from_secs(60));
            }
            "append" => append_for_ever(&store).await,
            "fill" => fill(&store, Path::new(&path)).await,
            other => panic!("no such child: {other}"),
        }
    });
}

const RACE_CAP: i64 = 2_000;

async fn spend(store: &Store) {
    let session = std::process::id().to_string();
    let mut granted = 0;
    for request in 1.. {
        let amount = 1 + (request * 5 % 11) as i64;
        match store.reserve(claim(&session, request, Money(amount), &[(Scope::Day, Money(RACE_CAP))])).await.unwrap() {
            Grant::Granted(_) => granted += amount,
            Grant::Refused(_) => return println!("granted {granted}"),
        }
    }
}

async fn append_for_ever(store: &Store) {
    for n in 1.. {
        let durability = if n % 3 == 0 { Durability::Relaxed } else { Durability::Durable };
        store.append(&id("a"), n, vec![row(n)], none(), durability).await.unwrap();
        println!("acked {n}");
        store.reserve(claim("a", n, Money(1), &[])).await.unwrap();
        println!("claimed {n}");
    }
}

async fn fill(store: &Store, path: &Path) {
    let filler = path.with_file_name("filler");
    std::fs::write(&filler, vec![0u8; 150_000]).unwrap();
    let big = |n: u64| NewRow { payload: format!("\"{}\"", "x".repeat(3_000)), ..row(n) };
    for n in 1..2_000u64 {
        if let Err(error) = store.append(&id("a"), n, vec![big(n)], none(), Durability::Durable).await {
            println!("failed {error}");
            let rows = store.load(&id("a"), 1).await.unwrap().len() as u64;
            assert_eq!(rows, n - 1, "what was refused is not there, what was acknowledged is");
            println!("alive, reads {rows}");
            std::fs::remove_file(&filler).unwrap();
            match store.append(&id("a"), n, vec![row(n)], none(), Durability::Durable).await {
                Ok(_) => println!("acked {n}\nroom again: saved"),
                Err(error) => println!("still {error}"),
            }
            return;
        }
        println!("acked {n}");
    }
}
