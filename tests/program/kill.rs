//! `kill -9` at any moment: what was on disk stays, the next start goes on, and files change all or not at all.

use super::place::{PROGRAM, Place, REQUEST, script};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Pauses that look random and are the same in every run (an LCG with Knuth's constants), below `most`.
fn moments(mut seed: u64, most: Duration) -> impl Iterator<Item = Duration> {
    std::iter::repeat_with(move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        most.mul_f64((seed >> 33) as f64 / f64::from(1u32 << 31))
    })
}

/// Every row of the journal, in order; none when there is no database yet.
fn journal(home: &Path) -> Vec<(String, i64, String)> {
    let Ok(database) = rusqlite::Connection::open(home.join("data/sessions.db")) else { return Vec::new() };
    let whole: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(whole, "ok");
    let Ok(mut rows) = database.prepare("SELECT session, seq, payload FROM journal ORDER BY session, seq") else {
        return Vec::new();
    };
    rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap().map(Result::unwrap).collect()
}

/// Runs the command and kills it after `moment`. Whether it was still running then.
fn killed(place: &Place, arguments: &[&str], moment: Duration) -> bool {
    let mut command = place.command(arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(moment);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running
}

fn part(number: u32) -> String {
    format!("def part{number}() -> int:\n    return {number}\n")
}

#[test]
fn ten_kills_at_any_moment_lose_nothing_and_the_run_ends_applied() {
    let place = Place::new();
    let script = script("several");
    let arguments = ["run", "--script", script.to_str().unwrap(), "--session", "s", "--accept", "all", REQUEST];
    let mut before = Vec::new();
    let mut under_way = 0;
    for moment in moments(7, Duration::from_millis(450)).take(10) {
        under_way += usize::from(killed(&place, &arguments, moment));
        let after = journal(&place.home());
        assert!(after.starts_with(&before), "{} rows, of which {} were there before", after.len(), before.len());
        before = after;
    }
    assert!(under_way >= 5, "only {under_way} of ten kills met a run");
    let ran = place.run(&arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let after = journal(&place.home());
    assert!(after.starts_with(&before));
    assert_eq!(place.files(), ["part1.py", "part2.py", "part3.py", "part4.py", "part5.py", "part6.py"]);
    for number in 1..=6 {
        assert_eq!(place.read(&format!("part{number}.py")), Some(part(number)));
    }
    let sessions: Vec<&str> = after.iter().map(|(session, ..)| session.as_str()).collect();
    assert!(sessions.windows(2).all(|w| w[0] == w[1]), "more than one session was begun");
}

#[test]
fn a_kill_around_a_write_leaves_whole_files_and_the_next_start_writes_all() {
    let place = Place::new();
    let script = script("several");
    let base = ["run", "--script", script.to_str().unwrap(), "--script-speed", "0", "--session", "s"];
    let with = |accept: &'static str| [&base[..], &["--accept", accept, REQUEST]].concat();
    let waiting = place.run(&with("none"));
    assert_eq!(waiting.code, Some(3), "{}", waiting.stderr);
    let kept = tempfile::tempdir().unwrap();
    let database = place.home().join("data");
    copy(&database, kept.path());
    let start = Instant::now();
    assert_eq!(place.run(&with("all")).code, Some(0));
    let whole = start.elapsed();

    for step in 1..=8u32 {
        for file in place.files() {
            fs::remove_file(place.root().join(file)).unwrap();
        }
        fs::remove_dir_all(&database).unwrap();
        copy(kept.path(), &database);
        killed(&place, &with("all"), whole * (step + 3) / 12);
        let there: Vec<String> = place.files().into_iter().filter(|f| f.starts_with("part")).collect();
        for file in &there {
            let number: u32 = file.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
            assert_eq!(place.read(file), Some(part(number)), "{file} is torn");
        }
        let ran = place.run(&with("all"));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(place.files().len(), 6, "{:?}", place.files());
        for number in 1..=6 {
            assert_eq!(place.read(&format!("part{number}.py")), Some(part(number)));
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Whether system calls can be intercepted here.
fn can_trace() -> bool {
    let tried = std::process::Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output();
    tried.is_ok_and(|output| output.status.success())
}

#[test]
fn a_kill_between_any_two_files_of_a_write_is_made_good_by_the_next_start() {
    if !can_trace() {
        return eprintln!("skipped: no strace here");
    }
    let script = script("several");
    let arguments = [
        "run",
        "--script",
        script.to_str().unwrap(),
        "--script-speed",
        "0",
        "--session",
        "s",
        "--accept",
        "all",
        REQUEST,
    ];
    for written in 0..6 {
        let place = Place::new();
        let mut command = std::process::Command::new("strace");
        let kill = format!("inject=renameat2:signal=KILL:when={}", written + 1);
        command.args(["-f", "-o", "/dev/null", "-e", "trace=renameat2", "-e", &kill, PROGRAM]).args(arguments);
        command.env_clear().envs(place.environment()).current_dir(place.root());
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        let audit = place.run(&["sessions", "--audit"]).stdout;
        assert!(audit.contains("  begun ") && audit.contains("not seen to end"), "killed at {written}: {audit}");
        let ran = place.run(&arguments);
        assert_eq!(ran.code, Some(0), "killed at {written}: {}", ran.stderr);
        assert!(!place.run(&["sessions", "--audit"]).stdout.contains("begun"));
        // Nothing of the killed process is left beside the files.
        assert_eq!(place.files(), ["part1.py", "part2.py", "part3.py", "part4.py", "part5.py", "part6.py"]);
        for number in 1..=6 {
            assert_eq!(place.read(&format!("part{number}.py")), Some(part(number)));
        }
    }
}

#[test]
fn nothing_is_written_when_what_led_to_it_could_not_be_saved() {
    let place = Place::new();
    let script = script("greet");
    let mut child = place
        .command(&["run", "--script", script.to_str().unwrap(), "--session", "s", "--accept", "all", REQUEST])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    super::place::wait_until("the journal has begun", || journal(&place.home()).len() > 3);
    // As if another program had written to the session: nothing more can be appended.
    let database = rusqlite::Connection::open(place.home().join("data/sessions.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    let copy = "INSERT INTO journal (session, seq, at, kind, payload) SELECT session, max(seq) + 1, at, kind, payload FROM journal";
    database.execute(copy, []).unwrap();
    let mut stderr = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{stderr}");
    assert_eq!(place.files(), Vec::<String>::new(), "{stderr}");
}

#[test]
fn a_killed_request_is_sent_again_once_its_server_is_found() {
    let place = Place::new();
    let answer = "### FILE: greet.py\n```python\ndef greet() -> str:\n    return \"hello\"\n```\n";
    let server = super::server::Server::start(answer, Duration::from_millis(20));
    fs::write(place.home().join("config/prices.toml"), super::server::Server::prices(1.0, 2.0)).unwrap();
    place.configure(&format!("prices = \"prices.toml\"\n{}", server.configuration()));
    let arguments = ["run", "--json", "--model", "paid/m", "--session", "s", "--accept", "all", REQUEST];
    let mut child = place.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    super::place::wait_until("a request is out", || server.chats() > 0);
    child.kill().unwrap();
    child.wait().unwrap();
    let before = server.chats();
    let ran = place.run(&arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(server.chats() > before);
    let events = super::schema::events(&ran.stdout);
    let names = super::schema::names(&events);
    assert!(names.contains(&"interrupted") && !names.contains(&"request_failed"), "{names:?}");
    assert_eq!(place.files(), ["greet.py"]);
}
