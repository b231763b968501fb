//! `vibe-tui run`: each flag, each exit code, and what is said where.

use super::heal;
use super::place::{Place, REQUEST, Ran, script, wait_until};
use super::schema::{events, names};
use super::server::Server;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

const GREETING: &str =
    "def greet(name: str) -> str:\n    \"\"\"Greet a person.\"\"\"\n    return f\"Hello, {name}!\"\n";
/// What the double answers: an edit as good as any other.
const ANSWER: &str = "### FILE: greet.py\n```python\ndef greet() -> str:\n    return \"hello\"\n```\n";

fn assert_code(ran: &Ran, code: i32) {
    assert_eq!(ran.code, Some(code), "stdout:\n{}\nstderr:\n{}", ran.stdout, ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

fn assert_said(ran: &Ran, parts: &[&str]) {
    for part in parts {
        assert!(ran.stderr.contains(part), "`{part}` is not said:\n{}", ran.stderr);
    }
}

#[test]
fn accepted_hunks_are_written_and_the_patch_is_all_that_standard_output_holds() {
    let place = Place::new();
    let ran = place.scripted("greet", &["--accept", "all", REQUEST]);
    assert_code(&ran, 0);
    assert_eq!(place.read("greet.py").as_deref(), Some(GREETING));
    assert_eq!(place.files(), ["greet.py"]);
    assert!(ran.stdout.starts_with("diff --git a/greet.py b/greet.py\nnew file mode 100644\n"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("+    return f\"Hello, {name}!\"\n"), "{}", ran.stdout);
    assert_said(
        &ran,
        &["planning…", "executing…", "reviewing…", "120 tokens in, 40 out", "Written: 1 file.", "\n  greet.py\n"],
    );
}

#[test]
fn a_run_is_given_the_code_that_a_context_of_its_request_holds() {
    let place = Place::new();
    place.write("cart.py", "class Cart:\n    def total(self):\n        return sum(self.items)\n");
    place.write("mail.py", "def send(text):\n    print(text)\n");
    let ran =
        place.scripted("greet", &["--json", "--accept", "none", "Fix the total function of the cart, it has to round"]);
    let context = events(&ran.stdout).into_iter().find(|e| e["event"] == "context").unwrap();
    let items = context["items"].as_array().unwrap();
    let cart = items.iter().find(|item| item["label"] == "cart.py").unwrap_or_else(|| panic!("{items:#?}"));
    assert!(cart["reason"].as_str().unwrap().starts_with("speaks of "), "{cart}");
}

#[test]
fn the_embedded_engine_serves_without_a_model_and_offline() {
    let place = Place::new();
    let request = "Create a FastAPI endpoint for user registration";
    let ran = place.run(&["run", "--model", "embedded/patterns", "--offline", "--accept", "all", request]);
    assert_code(&ran, 0);
    assert_eq!(place.files().len(), 1, "{:?}", place.files());
    assert!(ran.stdout.starts_with("diff --git"), "{}", ran.stdout);
}

#[test]
fn without_a_yes_nothing_is_written_and_the_proposal_waits() {
    for accept in [&["--accept", "none"][..], &[]] {
        let place = Place::new();
        let ran = place.scripted("greet", &[accept, &[REQUEST]].concat());
        assert_code(&ran, 3);
        assert_eq!(place.files(), Vec::<String>::new());
        assert!(ran.stdout.starts_with("diff --git"), "{}", ran.stdout);
        assert_said(&ran, &["Nothing was written", "waits in session"]);
        let sessions = place.run(&["sessions"]);
        assert!(sessions.stdout.contains("waiting"), "{}", sessions.stdout);
    }
}

#[test]
fn a_patch_from_standard_output_can_be_applied_by_git() {
    let place = Place::new();
    let ran = place.scripted("several", &[REQUEST]);
    assert_code(&ran, 3);
    fs::write(place.home().join("it.patch"), &ran.stdout).unwrap();
    let patch = place.home().join("it.patch");
    let elsewhere = tempfile::tempdir().unwrap();
    let git = Command::new("git").arg("apply").arg(&patch).current_dir(elsewhere.path()).output();
    let Ok(git) = git else { return eprintln!("skipped: no git here") };
    assert!(git.status.success(), "{}", String::from_utf8_lossy(&git.stderr));
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 6);
}

#[test]
fn a_check_that_fails_keeps_everything_from_being_written() {
    let place = Place::new();
    let ran = place.scripted("heal", &["--accept", "all", "--check", "false", REQUEST]);
    assert_code(&ran, 4);
    assert_eq!(place.files(), Vec::<String>::new());
    assert_said(&ran, &["`false`"]);
}

#[test]
fn a_red_proposal_is_healed_and_then_written() {
    let place = Place::new();
    let doctor = place.run(&["doctor"]);
    if !doctor.stdout.contains("checks run confined") {
        return eprintln!("skipped: {}", doctor.stdout);
    }
    let ran = place.scripted("heal", &["--json", "--accept", "all", "--check", "grep -q return greet.py", REQUEST]);
    assert_code(&ran, 0);
    assert_eq!(place.read("greet.py").as_deref(), Some(GREETING));
    let events = events(&ran.stdout);
    let passed: Vec<bool> =
        events.iter().filter(|e| e["event"] == "validated").map(|e| e["passed"].as_bool().unwrap()).collect();
    assert_eq!(passed, [false, true]);
}

fn paid(place: &Place, pause: Duration, prices: Option<(f64, f64)>) -> Server {
    let server = Server::start(ANSWER, pause);
    let mut config = String::new();
    if let Some((input, output)) = prices {
        fs::write(place.home().join("config/prices.toml"), Server::prices(input, output)).unwrap();
        config.push_str("prices = \"prices.toml\"\n");
    }
    place.configure(&(config + &server.configuration()));
    server
}

#[test]
fn a_request_that_might_pass_the_limit_is_never_sent() {
    let place = Place::new();
    let server = paid(&place, Duration::ZERO, Some((50.0, 100.0)));
    let ran = place.run(&["run", "--model", "paid/m", "--accept", "all", "--budget", "0.0001", REQUEST]);
    assert_code(&ran, 5);
    assert_eq!(server.chats(), 0, "something was sent");
    assert_said(&ran, &["run limit", "$0.0001", "Nothing was sent", "--budget"]);
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn a_model_without_a_known_price_is_not_asked_when_nobody_can_say_yes() {
    let place = Place::new();
    let server = paid(&place, Duration::ZERO, None);
    let ran = place.run(&["run", "--model", "paid/m", "--accept", "all", REQUEST]);
    assert_code(&ran, 5);
    assert_eq!(server.chats(), 0, "something was sent");
    assert_said(&ran, &["price of this model is unknown", "--model"]);
}

#[test]
fn within_the_limit_it_is_sent_and_the_cost_is_counted() {
    let place = Place::new();
    let server = paid(&place, Duration::ZERO, Some((1.0, 2.0)));
    let ran = place.run(&["run", "--json", "--model", "paid/m", "--accept", "all", "--budget", "2", REQUEST]);
    assert_code(&ran, 0);
    let events = events(&ran.stdout);
    let answers = events.iter().filter(|e| e["event"] == "answered").count();
    assert_eq!(server.chats(), answers);
    // 1,000 tokens in at $1 and 100 out at $2 a million.
    let expected = answers as f64 * 0.0012;
    let spent = events.last().unwrap()["spent_usd"].as_f64().unwrap();
    assert!((spent - expected).abs() < 1e-9, "{spent} is not {expected}");
}

#[test]
fn a_model_that_is_said_to_cost_money_is_not_free_for_a_run_that_began_before() {
    let place = Place::new();
    let server = Server::start(ANSWER, Duration::from_millis(200));
    let here = server.configuration().replace("0.0.0.0", "127.0.0.1");
    place.configure(&here);
    let arguments = ["run", "--json", "--model", "paid/m", "--session", "s", "--accept", "all", REQUEST];
    let mut child = place.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    while reader.read_line(&mut said).unwrap() > 0 && !said.contains("\"event\":\"text\"") {}
    child.kill().unwrap();
    child.wait().unwrap();
    let before = server.chats();
    place.configure(&format!("{here}paid = true\n"));
    let ran = place.run(&arguments);
    assert_code(&ran, 5);
    assert_eq!(server.chats(), before, "something was sent");
    assert_said(&ran, &["--model"]);
}

#[test]
fn a_run_that_met_its_limit_goes_on_when_more_is_allowed() {
    let place = Place::new();
    let server = paid(&place, Duration::ZERO, Some((1.0, 2.0)));
    let run = |budget| {
        place.run(&["run", "--model", "paid/m", "--session", "s", "--accept", "all", "--budget", budget, REQUEST])
    };
    assert_code(&run("0.0001"), 5);
    assert_eq!(server.chats(), 0);
    assert_code(&run("2"), 0);
    assert_eq!(place.files(), ["greet.py"]);
    let sessions = place.run(&["sessions", "--json"]);
    assert_eq!(sessions.stdout.lines().count(), 1, "{}", sessions.stdout);
}

#[test]
fn where_nothing_fits_the_nearest_patterns_and_a_way_to_a_model_are_named() {
    let place = Place::new();
    let request = "Create a class that folds proteins in three dimensions with CUDA in C++";
    let ran = place.run(&["run", "--model", "embedded/patterns", "--accept", "all", request]);
    assert_code(&ran, 6);
    assert_said(&ran, &["nearest", "Ollama", "API_KEY"]);
    assert_eq!(ran.stdout, "");
}

/// Starts a run, and kills it softly as soon as the first text has come.
fn interrupted(mut command: Command) -> Ran {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdout = String::new();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    while reader.read_line(&mut stdout).unwrap() > 0 && !stdout.contains("\"event\":\"text\"") {}
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    reader.read_to_string(&mut stdout).unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    Ran { code: child.wait().unwrap().code(), stdout, stderr }
}

#[test]
fn an_interrupt_settles_writes_nothing_and_says_so() {
    let place = Place::new();
    paid(&place, Duration::from_millis(200), Some((1.0, 2.0)));
    let ran = interrupted(place.command(&["run", "--json", "--model", "paid/m", "--accept", "all", REQUEST]));
    assert_code(&ran, 130);
    let events = events(&ran.stdout);
    assert!(names(&events).contains(&"cancelled"), "{}", ran.stdout);
    assert_eq!(events.last().unwrap()["exit"], 130);
    assert_eq!(place.files(), Vec::<String>::new());
    let database = rusqlite::Connection::open(place.home().join("data/sessions.db")).unwrap();
    let states: Vec<String> = database
        .prepare("SELECT state FROM ledger")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(!states.is_empty());
    assert!(states.iter().all(|s| s == "settled"), "{states:?}");
    let newest = "SELECT actual, amount FROM ledger ORDER BY id DESC LIMIT 1";
    let (actual, claimed): (i64, i64) = database.query_row(newest, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(actual, claimed, "what the server did unseen, it may bill: the whole claim counts");
}

#[test]
fn every_json_line_fits_the_documented_schema_and_the_last_one_says_how_it_ended() {
    let cases: [(&str, &[&str], i32, &[&str]); 6] = [
        ("greet", &["--accept", "all"], 0, &["session", "message", "run", "context", "request", "text", "answered"]),
        ("greet", &["--accept", "all"], 0, &["validated", "proposal", "decided", "applied", "result"]),
        ("greet", &["--accept", "none"], 3, &["proposal", "result"]),
        ("fails", &["--accept", "all"], 1, &["request_failed", "message", "result"]),
        ("heal", &["--accept", "all", "--check", "false"], 4, &["validated", "proposal", "result"]),
        ("later", &["--accept", "all"], 0, &["trouble", "decided", "applied"]),
    ];
    for (script, arguments, code, wanted) in cases {
        let place = Place::new();
        let ran = place.scripted(script, &[&["--json"], arguments, &[REQUEST]].concat());
        assert_code(&ran, code);
        let events = events(&ran.stdout);
        let names = names(&events);
        for name in wanted {
            assert!(names.contains(name), "{script}: no `{name}` in {names:?}");
        }
        assert_eq!(events.last().unwrap()["event"], "result");
        assert_eq!(events.last().unwrap()["exit"], code);
    }
}

#[test]
fn a_named_session_goes_on_where_it_was() {
    let place = Place::new();
    assert_code(&place.scripted("greet", &["--session", "s", "--accept", "none", REQUEST]), 3);
    let ran = place.scripted("greet", &["--json", "--session", "s", "--accept", "all", REQUEST]);
    assert_code(&ran, 0);
    let events = events(&ran.stdout);
    assert_eq!(events[0]["event"], "session");
    assert_eq!(events[0]["resumed"], true);
    assert_eq!(names(&events), ["session", "proposal", "decided", "applied", "message", "result"]);
    assert_eq!(place.read("greet.py").as_deref(), Some(GREETING));
    // The run is over: the same sentence is a new one, in the same session.
    assert_code(&place.scripted("same", &["--session", "s", "--accept", "all", REQUEST]), 0);
    let listed = place.run(&["sessions", "--json"]);
    let session: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!((&session["name"], &session["runs"]), (&"s".into(), &2.into()));
}

#[test]
fn a_write_that_failed_is_tried_again_by_the_next_command() {
    let place = Place::new();
    assert_code(&place.scripted("greet", &["--session", "s", "--accept", "none", REQUEST]), 3);
    place.write("greet.py", "mine\n");
    for _ in 0..2 {
        let ran = place.scripted("greet", &["--session", "s", "--accept", "all", REQUEST]);
        assert_code(&ran, 1);
        assert_said(&ran, &["`greet.py`", "made a file of that name since", "Nothing was written"]);
    }
    assert_eq!(place.read("greet.py").as_deref(), Some("mine\n"));
    std::fs::remove_file(place.root().join("greet.py")).unwrap();
    assert_code(&place.scripted("greet", &["--session", "s", "--accept", "all", REQUEST]), 0);
    assert_eq!(place.read("greet.py").as_deref(), Some(GREETING));
}

#[test]
fn another_sentence_revises_what_waits_but_does_not_replace_what_is_paused() {
    let place = Place::new();
    assert_code(&place.scripted("greet", &["--session", "gate", "--accept", "none", REQUEST]), 3);
    let revised = place.scripted("heal", &["--json", "--session", "gate", "--accept", "none", "Say it in German"]);
    assert_code(&revised, 3);
    assert!(names(&events(&revised.stdout)).contains(&"request"), "{}", revised.stdout);
    let paused = place.scripted("fails", &["--session", "paused", "--accept", "all", REQUEST]);
    assert_code(&paused, 1);
    assert_said(&paused, &["Paused: ", "The same request in the same session tries again."]);
    assert_said(&place.scripted("fails", &[REQUEST]), &["Paused: ", "Another model is chosen with --model."]);
    let other = place.scripted("greet", &["--session", "paused", "--accept", "all", "Create a farewell in bye.py"]);
    assert_code(&other, 2);
    assert_said(&other, &["“paused”", REQUEST, "say the same again"]);
    let again = place.scripted("greet", &["--session", "paused", "--accept", "all", REQUEST]);
    assert_code(&again, 0);
}

#[test]
fn a_session_has_the_name_that_the_list_shows() {
    let place = Place::new();
    for name in ["Create a greeting function in greet.py", "Create a greeting function in greet.py (2)"] {
        let ran = place.scripted("greet", &["--json", "--accept", "none", REQUEST]);
        assert_code(&ran, 3);
        assert_eq!(events(&ran.stdout).last().unwrap()["session"], name);
        let found = place.run(&["sessions"]);
        assert!(found.stdout.contains(name), "{}", found.stdout);
    }
}

#[test]
fn a_session_that_another_process_has_is_not_opened_twice() {
    let place = Place::new();
    let script = script("greet");
    let slow =
        ["run", "--json", "--script", script.to_str().unwrap(), "--script-speed", "0.2", "--session", "s", REQUEST];
    let mut first = place.command(&slow).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut reader = BufReader::new(first.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("\"event\":\"text\"") && reader.read_line(&mut line).unwrap() > 0 {}
    let second = place.scripted("greet", &["--session", "s", "--accept", "all", REQUEST]);
    first.kill().unwrap();
    first.wait().unwrap();
    assert_code(&second, 1);
    assert_said(&second, &[&format!("process {}", first.id())]);
    assert_eq!(place.run(&["sessions", "--json"]).stdout.lines().count(), 1);
}

#[test]
fn a_session_that_another_machine_will_not_give_back_can_be_freed() {
    let place = Place::new();
    let arguments = ["--accept", "none", "--session", "work", REQUEST];
    assert_code(&place.scripted("greet", &arguments), 3);
    let data = rusqlite::Connection::open(place.home().join("data/sessions.db")).unwrap();
    let owner = r#"{"host":"elsewhere","machine":"m","boot":"b","namespace":"n","pid":1,"started":1,"instance":1}"#;
    let lease = "INSERT OR REPLACE INTO lease (session, owner, at) SELECT id, ?1, 0 FROM session";
    assert_eq!(data.execute(lease, [owner]).unwrap(), 1);
    let refused = place.scripted("greet", &arguments);
    assert_code(&refused, 1);
    assert_said(&refused, &["process 1 on elsewhere", "sessions --free"]);
    assert_code(&place.run(&["sessions", "--free", "work"]), 0);
    assert_code(&place.scripted("greet", &arguments), 3);
}

#[test]
fn the_directory_can_be_another_one_and_need_not_be_a_repository() {
    let place = Place::new();
    fs::remove_dir_all(place.root().join(".git")).unwrap();
    let root = place.root().display().to_string();
    let script = script("greet");
    let mut command =
        place.command(&["run", "--cwd", &root, "--script", script.to_str().unwrap(), "--accept", "all", REQUEST]);
    let ran = Ran::from(command.current_dir("/").output().unwrap());
    assert_code(&ran, 0);
    assert_eq!(place.files(), ["greet.py"]);
}

#[test]
fn what_cannot_be_used_is_said_in_a_sentence_and_ends_with_its_code() {
    let cases: &[(&[&str], i32, &[&str])] = &[
        (&["--cwd", "/nowhere/at/all", "--accept", "all", REQUEST], 2, &["/nowhere/at/all", "cannot be opened"]),
        (&["--budget", "much", "--accept", "all", REQUEST], 2, &["--budget", "a number"]),
        (&["--mode", "pirate", "--accept", "all", REQUEST], 2, &["--mode", "pirate", "architect"]),
        (&["--model", "nonsense", "--accept", "all", REQUEST], 2, &["--model", "provider/model"]),
        (&["--accept", "some", REQUEST], 2, &["--accept", "none"]),
        (&["--accept", "all"], 2, &["INTENT"]),
        (&["--model", "ollama/none-such", "--accept", "all", REQUEST], 6, &["ollama/none-such", "embedded/patterns"]),
        (
            &["--model", "embedded/pattern", "--accept", "all", REQUEST],
            6,
            &["`embedded/pattern` is not there", "Did you mean patterns?", "There are: embedded/patterns"],
        ),
        (&["--model", "embedded/nosuch", "--accept", "all", REQUEST], 6, &["no model `nosuch`", "embedded/patterns"]),
        (&["--script", "/nowhere.jsonl", "--accept", "all", REQUEST], 2, &["/nowhere.jsonl"]),
        (&["--model", "embedded/patterns", "--accept", "all", "do it"], 2, &["?"]),
    ];
    for (arguments, code, said) in cases {
        let place = Place::new();
        let ran = place.run(&[&["run"], *arguments].concat());
        assert_code(&ran, *code);
        assert_said(&ran, said);
        assert_eq!(ran.stdout, "", "{arguments:?}");
        assert_eq!(place.files(), Vec::<String>::new(), "{arguments:?}");
    }
}

#[test]
fn a_question_is_asked_on_standard_error_with_json_too() {
    let place = Place::new();
    let ran = place.scripted("greet", &["--json", "--accept", "all", "do it"]);
    assert_code(&ran, 2);
    assert_said(&ran, &["?"]);
    assert_eq!(events(&ran.stdout).last().unwrap()["exit"], 2);
}

#[test]
fn a_mode_that_proposes_no_edits_answers_on_standard_output() {
    let place = Place::new();
    let ran = place.scripted("answer", &["--mode", "architect", "How should the service be split?"]);
    assert_code(&ran, 0);
    assert_eq!(ran.stdout, "Keep reading and writing apart; one module each.\n");
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn a_named_file_that_the_model_cannot_see_is_said_before_it_is_asked() {
    let place = Place::new();
    place.write("line.py", &"x = 1\n".repeat(800_000));
    place.write("data.dat", "a\0b");
    let ran = place.scripted("greet", &["--accept", "none", "Fix the bug in line.py and data.dat"]);
    assert_code(&ran, 3);
    assert_said(&ran, &["does not see `line.py`: it is larger than 4 MiB", "does not see `data.dat`: it is binary"]);
    assert!(ran.stderr.find("line.py").unwrap() < ran.stderr.find("tokens in").unwrap(), "{}", ran.stderr);

    for name in ["a.py", "b.py"] {
        place.write(name, &"x = 1\n".repeat(400_000));
    }
    let ran = place.scripted("greet", &["--accept", "none", "Fix the bug in a.py and b.py"]);
    assert_said(&ran, &["does not see `b.py`: it is beyond the 2 MiB of files that are read for one request"]);

    let ran = place.scripted("greet", &["--json", "--accept", "none", "Fix the bug in line.py"]);
    let events = events(&ran.stdout);
    let at = |found: &dyn Fn(&serde_json::Value) -> bool| events.iter().position(found);
    let said = at(&|e| e["event"] == "message" && e["text"].as_str().unwrap().contains("does not see `line.py`"));
    assert!(said.is_some() && said < at(&|e| e["event"] == "request"), "{}", ran.stdout);
}

#[test]
fn nothing_to_change_is_no_error() {
    let place = Place::new();
    place.write("greet.py", GREETING);
    let ran = place.scripted("same", &["--accept", "all", REQUEST]);
    assert_code(&ran, 0);
    assert_eq!(place.read("greet.py").as_deref(), Some(GREETING));
}

#[test]
fn offline_contacts_nothing_beyond_this_machine() {
    let place = Place::new();
    let server = paid(&place, Duration::ZERO, Some((1.0, 2.0)));
    let ran = place.run(&["run", "--offline", "--model", "paid/m", "--accept", "all", REQUEST]);
    assert_code(&ran, 6);
    assert_eq!(server.requests(), 0, "something was sent");
    assert_said(&ran, &["offline"]);
}

#[test]
fn a_missing_key_is_named() {
    let place = Place::new();
    place.configure("[endpoints.work]\nbase_url = \"http://127.0.0.1:9/v1\"\nkey_env = \"WORK_API_KEY\"\n");
    let ran = place.run(&["run", "--model", "work/m", "--accept", "all", REQUEST]);
    assert_code(&ran, 6);
    assert_said(&ran, &["WORK_API_KEY"]);
}

#[test]
fn a_broken_configuration_is_said_with_its_line_and_costs_only_its_key() {
    let place = Place::new();
    place.configure("thme = \"dark\"\nmode = \"coder\"\n[limits]\nrun = \"lots\"\n");
    let ran = place.scripted("greet", &["--accept", "all", REQUEST]);
    assert_code(&ran, 0);
    assert_said(&ran, &["config.toml:1:1", "thme", "config.toml:4", "limits.run"]);
    assert_eq!(place.files(), ["greet.py"]);
}

#[test]
fn a_theme_and_a_keymap_that_are_not_there_are_named_with_their_lines_and_what_is_near() {
    let place = Place::new();
    fs::create_dir_all(place.home().join("config/themes")).unwrap();
    fs::write(place.home().join("config/themes/forest.toml"), "inherits = \"dark\"\n").unwrap();
    place.configure("theme = \"florest\"\nkeymap = \"vmi\"\n");
    let ran = place.run(&["doctor"]);
    let said = ran.stdout + &ran.stderr;
    for part in [
        "config.toml:1:1",
        "`florest`; `dark` is used; did you mean `forest`?",
        "config.toml:2:1",
        "`vmi`; `default` is used; did you mean `vim`?",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn files_that_run_by_themselves_are_left_out_of_accept_all_and_named() {
    let place = Place::new();
    let ran = place.scripted("later", &["--accept", "all", REQUEST]);
    assert_code(&ran, 0);
    assert_eq!(place.files(), ["greet.py"]);
    assert_said(
        &ran,
        &["Left out, as 1 hunk needs a yes of its own:\n  Makefile, hunk 1 of 1: something runs this file later"],
    );
}

#[test]
fn what_of_an_answer_could_not_be_placed_is_named_whether_the_rest_is_written_or_not() {
    let place = Place::new();
    place.write("shop.py", "def total(price):\n    return price\n");
    let good =
        "### FILE: shop.py\n<<<<<<< SEARCH\n    return price\n=======\n    return round(price)\n>>>>>>> REPLACE\n";
    let bad = "### FILE: ../evil.py\n```python\nx = 1\n```\n";
    let whole = format!("{good}{bad}");
    let answers = [
        ("planner", heal::PLAN),
        ("executor", whole.as_str()),
        ("executor", bad),
        ("executor", bad),
        ("executor", bad),
        ("reviewer", r#"{"score": 0.9, "reasons": [], "next_steps": [], "improvements": []}"#),
    ];
    let script = heal::script(&place, &answers);
    let first = ["run", "--script", &script, "--script-speed", "0", "Fix the rounding in shop.py"];
    for (flags, code) in [(&[][..], 3), (&["--accept", "none"], 3), (&["--accept", "all"], 0)] {
        let ran = place.run(&[&first[..], flags].concat());
        assert_code(&ran, code);
        assert_said(&ran, &["Not placed, and so no part of the proposal:\n  ", "../evil.py"]);
        assert_eq!(ran.stderr.matches("Not placed").count(), 1, "{}", ran.stderr);
    }
    assert_eq!(place.read("shop.py").as_deref(), Some("def total(price):\n    return round(price)\n"));
}

#[test]
fn a_check_that_could_not_run_is_said_to_be_that() {
    let place = Place::new();
    let ran = place.scripted("greet", &["--check", "no-such-tool --now", "--session", "s", "--accept", "all", REQUEST]);
    assert_code(&ran, 4);
    assert_said(
        &ran,
        &["`no-such-tool --now` could not run, so nothing was written. The proposal waits in session “s”"],
    );
    assert_eq!(ran.stderr.matches("was not found").count(), 1, "the reason is told once: {}", ran.stderr);
    // Whoever comes later has not been told.
    let ran = place.scripted("greet", &["--session", "s", "--accept", "none", REQUEST]);
    assert_eq!(ran.stderr.matches("was not found").count(), 2, "{}", ran.stderr);
    assert!(!ran.stderr.contains("do not pass"), "{}", ran.stderr);
}

#[test]
fn a_file_that_changed_after_the_proposal_is_never_overwritten() {
    let place = Place::new();
    assert_code(&place.scripted("greet", &["--session", "s", "--accept", "none", REQUEST]), 3);
    place.write("greet.py", "mine\n");
    let ran = place.scripted("greet", &["--session", "s", "--accept", "all", REQUEST]);
    assert_code(&ran, 1);
    assert_said(&ran, &["greet.py", "not what the proposal was made from", "Nothing was written"]);
    assert_eq!(ran.stderr.matches("othing was written").count(), 1, "{}", ran.stderr);
    assert_eq!(place.read("greet.py").as_deref(), Some("mine\n"));
    fs::remove_file(place.root().join("greet.py")).unwrap();
    fs::create_dir(place.root().join("greet.py")).unwrap();
    let ran = place.scripted("greet", &["--session", "s", "--accept", "all", REQUEST]);
    assert_code(&ran, 1);
    assert_said(&ran, &["`greet.py` cannot be written: it is a directory. Nothing was written."]);
    // Once what was in the way is gone, the same is written.
    fs::remove_dir(place.root().join("greet.py")).unwrap();
    let ran = place.scripted("greet", &["--session", "s", "--accept", "all", REQUEST]);
    assert_code(&ran, 0);
    assert!(place.read("greet.py").is_some());
}

#[test]
fn a_directory_that_cannot_be_written_is_an_error_and_not_a_loop() {
    let place = Place::new();
    let script_path = script("greet");
    fs::set_permissions(place.root(), fs::Permissions::from_mode(0o555)).unwrap();
    let output =
        place.bound_command(&["run", "--script", script_path.to_str().unwrap(), "--accept", "all", REQUEST]).output();
    fs::set_permissions(place.root(), fs::Permissions::from_mode(0o755)).unwrap();
    let Ok(output) = output else { return eprintln!("skipped: others may not run the program here") };
    let ran = Ran::from(output);
    assert_code(&ran, 1);
    assert_said(&ran, &["greet.py"]);
    assert_eq!(place.files(), Vec::<String>::new());
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let script = script("greet");
    let run =
        ["run", "--json", "--script", script.to_str().unwrap(), "--script-speed", "0", "--accept", "all", REQUEST];
    let commands: &[&[&str]] =
        &[&run, &["intent", "--json", REQUEST], &["intent", REQUEST], &["sessions"], &["doctor"]];
    for arguments in commands {
        let place = Place::new();
        let mut command = place.command(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(!stderr.contains("panicked"), "{arguments:?}: {stderr}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
    }
}

#[test]
fn the_workbench_without_a_terminal_names_what_works_without_one() {
    let place = Place::new();
    let ran = place.run(&[]);
    assert_code(&ran, 2);
    assert_said(&ran, &["no terminal", "vibe-tui run"]);
}

#[test]
fn how_a_request_reads_is_printed_as_documented() {
    let place = Place::new();
    let ran = place.run(&["intent", "--json", "Create a FastAPI endpoint for user registration"]);
    assert_code(&ran, 0);
    let read: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let keys: Vec<&str> = read.as_object().unwrap().keys().map(String::as_str).collect();
    let documented =
        "action targets language frameworks complexity confidence confidence_level token_budget paths symbols";
    assert_eq!(keys.join(" "), documented);
    assert_eq!((&read["action"], &read["language"]), (&"create".into(), &"python".into()));
    let unclear = place.run(&["intent", "do it"]);
    assert!(unclear.stdout.contains("would ask"), "{}", unclear.stdout);
}

#[test]
fn the_doctor_names_what_is_wrong_and_fails_then() {
    let place = Place::new();
    let well = place.run(&["doctor"]);
    assert!(well.stdout.contains("embedded/patterns"), "{}", well.stdout);
    place.configure("thme = \"dark\"\n");
    let ill = place.run(&["doctor"]);
    assert_code(&ill, 1);
    assert!(ill.stdout.contains("! configuration") && ill.stdout.contains("config.toml:1:1"), "{}", ill.stdout);
    // What is no repository is not called one.
    assert!(well.stdout.contains("repository"), "{}", well.stdout);
    let plain = Place::new();
    fs::remove_dir_all(plain.root().join(".git")).unwrap();
    let plain = plain.run(&["doctor"]).stdout;
    assert!(plain.contains("folder") && plain.contains("(not a git repository)"), "{plain}");
    assert!(!plain.lines().any(|line| line.starts_with("  repository")), "{plain}");
    // A theme that was guessed is said with what it was guessed from.
    assert!(
        well.stdout.contains("`auto` takes `dark`, since nothing tells the terminal's background"),
        "{}",
        well.stdout
    );
    let place_of_light = Place::new();
    let light = place_of_light.command(&["doctor"]).env("COLORFGBG", "0;15").output().unwrap();
    let light = String::from_utf8(light.stdout).unwrap();
    assert!(light.contains("`auto` takes `light`, as COLORFGBG says"), "{light}");
    // What a check may do is said as it is configured.
    let open = Place::new();
    open.configure("[check]\nnetwork = true\n");
    let confined = well.stdout.contains("no network");
    assert_eq!(open.run(&["doctor"]).stdout.contains("the network as you have it"), confined);
}

#[test]
fn a_database_that_cannot_be_opened_is_said_and_the_run_goes_on() {
    let place = Place::new();
    fs::create_dir_all(place.home().join("data/sessions.db")).unwrap();
    let ran = place.scripted("greet", &["--accept", "all", REQUEST]);
    assert_code(&ran, 0);
    assert_said(&ran, &["sessions.db", "saved"]);
    assert_eq!(place.files(), ["greet.py"]);
    wait_until("the directory is still there", || place.home().join("data/sessions.db").is_dir());
}

#[test]
fn a_full_disk_behind_standard_output_is_an_error_and_a_closed_pipe_is_none() {
    let place = Place::new();
    let to = |file: &str, arguments: &[&str]| {
        let full = fs::File::options().write(true).open(file).unwrap();
        Ran::from(place.command(arguments).stdout(full).output().unwrap())
    };
    let ran = to("/dev/full", &["intent", REQUEST]);
    assert_code(&ran, 1);
    assert_said(&ran, &["standard output did not take what was printed: No space left on device"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_code(&Ran::from(place.command(&["intent", REQUEST]).stdout(writer).output().unwrap()), 0);
}

#[test]
fn nobody_listening_on_standard_error_changes_nothing() {
    let place = Place::new();
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let code = |arguments: &[&str]| place.command(arguments).stderr(full()).output().unwrap().status.code();
    assert_eq!(code(&["run", "--cwd", "/no/such/place", REQUEST]), Some(2));
    place.configure("nonsense");
    assert_eq!(code(&["run", "--accept", "all", "Create a python dataclass for users in user.py"]), Some(0));
    assert_eq!(place.files(), ["user.py"]);
}

#[test]
fn completions_and_a_manual_page_name_every_subcommand() {
    let place = Place::new();
    for arguments in [&["completions", "bash"][..], &["completions", "zsh"], &["completions", "fish"], &["man"]] {
        let ran = place.run(arguments);
        assert_code(&ran, 0);
        for word in ["run", "sessions", "replay", "doctor"] {
            assert!(ran.stdout.contains(word), "{arguments:?}: {word}");
        }
        assert!(!ran.stdout.contains("__sandbox"), "{arguments:?}");
    }
    assert_code(&place.run(&["completions", "tcsh"]), 2);
}
