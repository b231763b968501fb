//! The workbench on a pseudo-terminal: the main journey by keys, and manners under load.

use super::place::{PROGRAM, Place, REQUEST, script, wait_until};
use super::pty::Pty;
use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

pub const SHOP: &str = "def total(price, count):\n    return price * count\n\n\ndef a():\n    pass\n\n\ndef b():\n    pass\n\n\ndef label(amount):\n    return \"€ \" + str(amount)\n";
pub const REQUEST_SHOP: &str = "Fix the rounding of amounts in shop.py";

/// Opens the workbench with a script, and waits until it is ready.
pub fn open(place: &Place, script_name: &str, more: &[&str]) -> Pty {
    open_at(place, script_name, more, (120, 40))
}

fn open_at(place: &Place, script_name: &str, more: &[&str], size: (u16, u16)) -> Pty {
    let script = script(script_name);
    let mut words = vec![PROGRAM, "--script", script.to_str().unwrap()];
    words.extend(more);
    let pty = Pty::start(&words, &place.root(), &place.environment(), size);
    pty.expect("scripted/script");
    pty
}

/// Types a request and sends it.
pub fn ask(pty: &mut Pty, request: &str) {
    pty.press(request);
    pty.expect(request.split(' ').next_back().unwrap());
    pty.press("\r");
}

/// Goes to the review of a proposal that was waiting when the workbench was opened.
pub fn resume(pty: &mut Pty) {
    pty.expect("A proposal waits");
    pty.press("\x1b3");
    at_gate(pty);
}

/// Waits until the keys decide on hunks.
pub fn at_gate(pty: &Pty) {
    pty.expect(" a accept  r reject");
}

#[test]
fn one_hunk_is_accepted_and_another_rejected_by_key_and_the_file_has_exactly_the_accepted_one() {
    for size in [(80, 24), (200, 60)] {
        let place = Place::new();
        place.write("shop.py", SHOP);
        let mut pty = open_at(&place, "edit", &["--session", "shop"], size);
        ask(&mut pty, REQUEST_SHOP);
        pty.expect("round(price");
        at_gate(&pty);
        assert_eq!(place.read("shop.py").as_deref(), Some(SHOP), "written before a yes");
        pty.press("a");
        pty.press("r");
        pty.press("ww");
        pty.expect("Written: 1 file");
        let expected = SHOP.replace("return price * count", "return round(price * count, 2)");
        assert_eq!(place.read("shop.py"), Some(expected));
        pty.press("\x11");
        assert!(pty.end().success());
        pty.assert_restored();

        let mut again = open_at(&place, "edit", &[], size);
        // The list of sessions is one of the panes.
        again.press("\x1b5");
        again.expect("shop");
        again.press("\x11");
        assert!(again.end().success());
    }
}

#[test]
fn what_was_written_can_be_taken_back_and_made_again() {
    let place = Place::new();
    let mut pty = open(&place, "greet", &["--script-speed", "0"]);
    ask(&mut pty, REQUEST);
    at_gate(&pty);
    pty.press("A");
    pty.press("ww");
    pty.expect("Written: 1 file");
    pty.press("/undo\r");
    pty.expect("Yes, take back run 1");
    pty.press("\r");
    pty.expect("Taken back: 1 file");
    assert_eq!(place.files(), Vec::<String>::new());
    pty.press("/redo\r");
    pty.expect("Yes, make again run 1");
    pty.press("\r");
    wait_until("the file is there again", || place.files() == ["greet.py"]);
}

#[test]
fn a_kill_at_the_gate_loses_neither_the_proposal_nor_the_decisions() {
    let place = Place::new();
    place.write("shop.py", SHOP);
    let mut pty = open(&place, "edit", &["--script-speed", "0"]);
    ask(&mut pty, REQUEST_SHOP);
    at_gate(&pty);
    pty.press("r");
    pty.press("a");
    pty.settle();
    pty.signal(rustix::process::Signal::KILL);
    pty.end();

    let mut again = open(&place, "edit", &[]);
    resume(&mut again);
    again.press("ww");
    again.expect("Written: 1 file");
    let expected = SHOP.replace("\"€ \" + str(amount)", "f\"€ {amount:.2f}\"");
    assert_eq!(place.read("shop.py"), Some(expected));
}

#[test]
fn a_run_that_was_killed_goes_on_when_the_workbench_is_opened_again() {
    let place = Place::new();
    let mut pty = open(&place, "greet", &["--script-speed", "0.3"]);
    ask(&mut pty, REQUEST);
    pty.expect("def greet");
    pty.signal(rustix::process::Signal::KILL);
    pty.end();
    let mut again = open(&place, "greet", &[]);
    again.expect("The proposal is ready");
    again.press("\x1b3");
    at_gate(&again);
    again.press("A");
    again.press("ww");
    again.expect("Written: 1 file");
    assert_eq!(place.files(), ["greet.py"]);
}

#[test]
fn a_proposal_that_comes_while_a_sentence_is_written_does_not_take_its_letters_as_decisions() {
    let place = Place::new();
    let mut pty = open(&place, "greet", &["--script-speed", "0.5"]);
    ask(&mut pty, REQUEST);
    pty.expect("executing");
    pty.press("a wr");
    pty.expect("The proposal is ready");
    pty.press("Aww");
    pty.expect("a wrAw");
    pty.settle();
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn a_proposal_that_waited_when_the_workbench_is_opened_does_not_take_the_first_letters_as_decisions() {
    let place = Place::new();
    place.write("shop.py", SHOP);
    let mut pty = open(&place, "edit", &["--script-speed", "0"]);
    ask(&mut pty, REQUEST_SHOP);
    at_gate(&pty);
    pty.press("\x11");
    pty.end();
    let mut again = open(&place, "edit", &[]);
    // The focus is where it was in the first frame.
    again.expect("round(price");
    again.press("Fix");
    again.expect("Fix");
    again.press(" aA");
    again.expect("Fix aA");
    again.press("\x1b3");
    at_gate(&again);
    again.expect("0 accepted, 0 rejected");
}

#[test]
fn a_paste_with_newlines_is_not_sent() {
    let place = Place::new();
    let mut pty = open(&place, "greet", &[]);
    pty.press("\x1b[200~first line\rsecond line\nthird line\r\n\x1b[201~");
    pty.expect_that("all three lines", |s| s.contains("first line") && s.contains("third line"));
    pty.settle();
    let database = rusqlite::Connection::open(place.home().join("data/sessions.db")).unwrap();
    let rows: i64 = database.query_row("SELECT count(*) FROM journal", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0, "something was sent");
}

#[test]
fn behind_an_at_sign_the_repositorys_files_and_names_are_offered_and_what_is_dropped_is_in_no_context() {
    let place = Place::new();
    place.write("shop.py", SHOP);
    fs::create_dir(place.root().join("rates")).unwrap();
    place.write("rates/discounts.py", "def half_price_rate():\n    return 0.5\n");
    place.write("rates/hidden_alfa_pr.py", "");
    let mut pty = open(&place, "edit", &["--script-speed", "0"]);
    pty.press("Fix @disc");
    pty.expect("▌ rates/discounts.py");
    pty.press("\t");
    pty.expect("Fix rates/discounts.py");
    pty.press("@halfpr");
    // Letters scattered over a whole path say less than those of a name.
    pty.expect_that("the name, then the file", |s| {
        s.contains("▌ `half_price_rate`  rates/discounts.py:1") && s.contains("  rates/hidden_alfa_pr.py")
    });
    pty.press("\r");
    pty.expect("Fix rates/discounts.py `half_price_rate`");
    pty.press("\x15");
    for (order, why) in [
        ("/pin shop.pyy", "There is no file `shop.pyy` here; did you mean `shop.py`?"),
        ("/pin rates", "`rates` is a folder"),
        ("/pin shop.py rates/discounts.py", "One path at a time."),
    ] {
        pty.press(&format!("{order}\r"));
        pty.expect(why);
        pty.press("\x15");
    }
    pty.press("/pin half_price_rate\r");
    pty.expect("Pinned: rates/discounts.py");
    pty.press("/pin half_price_rate\r");
    pty.expect("rates/discounts.py is chosen by itself again.");
    pty.press("/drop @shop\t");
    pty.expect("/drop shop.py");
    pty.press("\r");
    pty.expect("Dropped: shop.py");
    ask(&mut pty, REQUEST_SHOP);
    at_gate(&pty);
    pty.press("\x1b[15~");
    pty.expect("Context 1/");
    pty.expect_that("the dropped file, and that it is no item", |s| {
        s.lines().any(|l| l.contains("−     code    shop.py") && l.contains("in no context"))
    });
}

#[test]
fn what_is_completed_before_the_map_is_made_is_completed_when_it_is() {
    let place = Place::new();
    for number in 0..400 {
        place.write(&format!("module_{number}.py"), &SHOP.repeat(20));
    }
    let script = script("greet");
    let words = [PROGRAM, "--script", script.to_str().unwrap()];
    let mut pty = Pty::start(&words, &place.root(), &place.environment(), (120, 40));
    pty.expect("Chat");
    pty.press("Fix @module_399\t");
    pty.expect("Fix module_399.py");
}

#[test]
fn the_header_says_how_many_files_there_are_after_a_write_without_a_further_key() {
    let place = Place::new();
    let mut pty = open(&place, "greet", &["--script-speed", "0"]);
    pty.expect("0 files · 0 symbols");
    ask(&mut pty, REQUEST);
    at_gate(&pty);
    pty.press("Aww");
    pty.expect("· 1 file · 1 s");
}

#[test]
fn a_copy_goes_to_the_terminals_clipboard() {
    let place = Place::new();
    let mut pty = open(&place, "greet", &["--script-speed", "0"]);
    ask(&mut pty, REQUEST);
    at_gate(&pty);
    pty.press("y");
    pty.expect("Copied 3 lines");
    // OSC 52 with the hunk's first bytes in base64: "def greet".
    assert!(pty.has_written("\x1b]52;c;ZGVmIGdyZWV0"), "no OSC 52");
}

#[test]
fn without_colours_no_escape_sets_one() {
    let place = Place::new();
    let mut environment = place.environment();
    environment.push(("NO_COLOR".to_owned(), "1".to_owned()));
    let script = script("greet");
    let words = [PROGRAM, "--script", script.to_str().unwrap(), "--script-speed", "0"];
    let mut pty = Pty::start(&words, &place.root(), &environment, (120, 40));
    pty.expect("scripted/script");
    ask(&mut pty, REQUEST);
    at_gate(&pty);
    pty.settle();
    let coloured = colours(&pty.bytes());
    assert!(coloured.is_empty(), "{coloured:?}");

    let mut with = open(&place, "greet", &[]);
    with.settle();
    assert!(!colours(&with.bytes()).is_empty(), "the test sees no colours at all");
    with.press("\x11");
}

/// Every sequence of bytes that sets a colour: SGR 30-49 and 90-107.
fn colours(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    for part in text.split("\x1b[").skip(1) {
        let Some((parameters, _)) = part.split_once('m') else { continue };
        if !parameters.chars().all(|c| c.is_ascii_digit() || c == ';') {
            continue;
        }
        let sets = |p: &str| p.parse::<u32>().is_ok_and(|n| matches!(n, 30..=38 | 40..=48 | 90..=107));
        if parameters.split(';').any(sets) {
            found.push(parameters.to_owned());
        }
    }
    found
}

/// Voluntary context switches of all threads.
fn wakes(pid: i32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let texts = threads.filter_map(|t| fs::read_to_string(t.path().join("status")).ok());
    let counts = texts.filter_map(|text| {
        let line = text.lines().find(|l| l.starts_with("voluntary_ctxt_switches:"))?.to_owned();
        line.split_whitespace().last()?.parse::<u64>().ok()
    });
    counts.sum()
}

#[test]
fn idle_it_writes_nothing_and_does_not_wake() {
    let place = Place::new();
    let pty = open(&place, "greet", &[]);
    pty.settle();
    std::thread::sleep(Duration::from_millis(500));
    let (bytes, woken) = (pty.bytes().len(), wakes(pty.pid()));
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(pty.bytes().len(), bytes, "something was drawn");
    let woken = wakes(pty.pid()) - woken;
    assert!(woken <= 2, "woken {woken} times in a second");
}

#[test]
fn any_size_down_to_one_cell_is_survived_and_then_drawn_right() {
    let place = Place::new();
    let mut pty = open(&place, "several", &["--script-speed", "0.5"]);
    ask(&mut pty, REQUEST);
    for round in 0..6 {
        for (columns, rows) in [(1, 1), (200, 60), (20, 6), (3, 50), (80, 1), (80, 24), (19, 5), (33, 11)] {
            pty.resize(columns, rows);
            std::thread::sleep(Duration::from_millis(if round % 2 == 0 { 1 } else { 15 }));
        }
    }
    pty.resize(120, 40);
    at_gate(&pty);
    pty.expect("part1");
    pty.press("\x11");
    assert!(pty.end().success());
    pty.assert_restored();
}

/// A script that streams `count` short pieces, a millisecond apart.
fn flood(place: &Place, count: usize) -> std::path::PathBuf {
    let mut script = String::from("{\"for\":\"any\"}\n");
    for number in 0..count {
        writeln!(script, "{{\"after_ms\":1,\"chunk\":{{\"text\":\"word{number} \"}}}}").unwrap();
        if number % 12 == 11 {
            script.push_str("{\"chunk\":{\"text\":\"\\n\"}}\n");
        }
    }
    script.push_str("{\"chunk\":{\"finished\":\"stop\"}}\n");
    let path = place.home().join("flood.jsonl");
    fs::write(&path, script).unwrap();
    path
}

#[test]
fn keys_stay_quick_while_tokens_flood_in() {
    let place = Place::new();
    let script = flood(&place, 20_000);
    let words = [PROGRAM, "--script", script.to_str().unwrap(), "--mode", "architect"];
    let mut pty = Pty::start(&words, &place.root(), &place.environment(), (120, 40));
    pty.expect("scripted/script");
    ask(&mut pty, "Describe the design of the service in words");
    pty.expect("word9");
    let mut slowest = Duration::ZERO;
    let mut total = Duration::ZERO;
    for letter in "abcdefghijklmnopqrst".chars() {
        let key = format!("{letter}{letter}");
        let start = Instant::now();
        pty.press(&key);
        let typed = format!("{letter}{letter}");
        wait_until("the key is seen", || pty.screen().contains(&typed));
        slowest = slowest.max(start.elapsed());
        total += start.elapsed();
    }
    let still = pty.screen();
    assert!(still.contains("word"), "{still}");
    // Unoptimised, on a machine that does other things: what must not be is a key that waits for the stream's end.
    assert!(slowest < Duration::from_millis(700), "the slowest key took {slowest:?}, all {total:?}");
    pty.press("\x03");
    pty.expect("Stopped");
    pty.press("\x11");
    assert!(pty.end().success());
}

#[test]
fn what_could_not_be_saved_is_said_and_saved_with_what_follows() {
    let place = Place::new();
    place.write("shop.py", SHOP);
    let mut pty = open(&place, "edit", &["--script-speed", "0"]);
    ask(&mut pty, REQUEST_SHOP);
    at_gate(&pty);
    pty.settle();
    let lock = rusqlite::Connection::open(place.home().join("data/sessions.db")).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    pty.press("a");
    pty.expect_that("that it is not saved", |s| {
        s.contains("sessions.db") || s.contains("locked") || s.contains("not saved")
    });
    // Nothing may be written on account of what is not saved.
    pty.press("ww");
    pty.expect("Nothing was written, because");
    assert_eq!(place.read("shop.py").as_deref(), Some(SHOP));
    lock.execute_batch("ROLLBACK").unwrap();
    // The reason takes the place of the keys until the next one.
    pty.press("n");
    at_gate(&pty);
    pty.press("r");
    pty.settle();
    pty.signal(rustix::process::Signal::KILL);
    pty.end();

    let mut again = open(&place, "edit", &[]);
    resume(&mut again);
    again.expect("1 accepted, 1 rejected");
    again.press("ww");
    again.expect("Written: 1 file");
}

#[test]
fn keys_stay_quick_while_the_database_is_locked_and_nothing_stands_still_afterwards() {
    let place = Place::new();
    let script = flood(&place, 3_000);
    let words = [PROGRAM, "--script", script.to_str().unwrap(), "--mode", "architect"];
    let mut pty = Pty::start(&words, &place.root(), &place.environment(), (120, 40));
    pty.expect("scripted/script");
    ask(&mut pty, "Describe the design of the service in words");
    pty.expect("word9");
    let lock = rusqlite::Connection::open(place.home().join("data/sessions.db")).unwrap();
    lock.busy_timeout(Duration::from_secs(5)).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    for letter in "abcdef".chars() {
        let start = Instant::now();
        pty.press(&format!("{letter}{letter}"));
        wait_until("the key is seen", || pty.screen().contains(&format!("{letter}{letter}")));
        assert!(start.elapsed() < Duration::from_millis(700), "{:?}", start.elapsed());
        std::thread::sleep(Duration::from_millis(150));
    }
    lock.execute_batch("ROLLBACK").unwrap();
    wait_until("the run is over and saved", || {
        let listed = place.run(&["sessions"]);
        listed.stdout.contains("idle")
    });
    pty.press("\x11");
    assert!(pty.end().success());
}

#[test]
fn the_code_is_measured_from_the_chat() {
    let place = Place::new();
    place.write("shop.py", SHOP);
    let mut pty = open(&place, "greet", &["--script-speed", "0"]);
    pty.press("/analyze\r");
    pty.expect("1 file, 8 lines of code");
    pty.press("\x11");
    assert!(pty.end().success());
}
