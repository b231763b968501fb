//! Healing with the real program: a scripted model whose first answer is broken, checks made of `sh`, and the working tree.

use super::place::{Place, Ran};
use super::schema::{events, names};
use super::server::Server;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

const TASK: &str = "Create a greeting function in greet.py";

/// A script of answers, each for a node.
pub fn script(place: &Place, answers: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (node, answer) in answers {
        let lines = [
            json!({"for": node}),
            json!({"chunk": {"text": answer}}),
            json!({"chunk": {"usage": {"input": 100, "cache_read": 0, "cache_write": 0, "output": 20, "thinking": 0, "estimated": false}}}),
            json!({"chunk": {"finished": "stop"}}),
        ];
        lines.iter().for_each(|line| text.push_str(&format!("{line}\n")));
    }
    let path = place.home().join("script.jsonl");
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

pub const PLAN: &str =
    r#"{"summary": "Greet", "steps": [{"title": "Write greet", "kind": "create", "path": "greet.py"}]}"#;
const VERDICT: &str = r#"{"score": 0.9, "reasons": [], "next_steps": [], "improvements": []}"#;

fn file(text: &str) -> String {
    format!("### FILE: greet.py\n```python\n{text}```\n")
}

/// A run that writes `text`, has `healed` as answers of the healer, and must pass `check`.
fn run(place: &Place, text: &str, healed: &[&str], check: &str) -> (Ran, Vec<Value>) {
    let written = file(text);
    let healed: Vec<String> = healed.iter().map(|t| file(t)).collect();
    let mut answers = vec![("planner", PLAN), ("executor", written.as_str())];
    answers.extend(healed.iter().map(|t| ("healer", t.as_str())));
    answers.push(("reviewer", VERDICT));
    let script = script(place, &answers);
    let words =
        ["run", "--json", "--accept", "all", "--script", &script, "--script-speed", "0", "--check", check, TASK];
    let ran = place.run(&words);
    let events = events(&ran.stdout);
    (ran, events)
}

/// Which rungs made the attempts.
pub fn rungs(events: &[Value]) -> Vec<&str> {
    let attempts = events.iter().filter(|e| e["event"] == "attempt");
    attempts.map(|e| e["rung"].as_str().unwrap()).collect()
}

const GREET: &str = "def greet(name):\n    return \"hello \" + name\n";

#[test]
fn a_missing_sign_is_mended_without_a_model() {
    let place = Place::new();
    let (ran, events) = run(&place, &GREET.replace("(name):", "(name)"), &[], "grep -q return greet.py");
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(rungs(&events), ["first", "grammar"]);
    assert_eq!(place.read("greet.py").as_deref(), Some(GREET));
    let requests = events.iter().filter(|e| e["event"] == "request" && e["node"] == "healer").count();
    assert_eq!(requests, 0);
}

#[test]
fn an_error_that_is_only_exchanged_for_another_teaches_nothing_and_counts_as_no_help() {
    let place = Place::new();
    let check = r#"sh -c 'for n in nam nme; do if grep -q " $n$" greet.py; then echo "greet.py:2: no $n here"; exit 1; fi; done'"#;
    let (ran, events) = run(&place, &GREET.replace("+ name", "+ nam"), &[&GREET.replace("+ name", "+ nme")], check);
    assert_eq!(ran.code, Some(4), "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(rungs(&events), ["first", "model"]);
    let learned = place.run(&["heal", "--learned"]);
    assert!(!learned.stdout.contains("nme"), "{learned:?}");
    assert!(learned.stdout.contains("helped 0 of 1"), "{learned:?}");
}

#[test]
fn a_name_that_only_one_place_can_define_is_imported() {
    let place = Place::new();
    place.write("shop.py", "class Cart:\n    pass\n");
    let text = "def greet(cart=None):\n    return json.dumps([cart or Cart()])\n";
    let check = r#"sh -c 'ok=0; for n in json Cart; do grep -q "import $n" greet.py || { echo "greet.py:2: undefined name '"'"'$n'"'"'"; ok=1; }; done; exit $ok'"#;
    let check = check.replace("'\"'\"'$n'\"'\"'", "`$n`").replace("undefined name `$n`", "undefined name \\`$n\\`");
    let (ran, events) = run(&place, text, &[], &check);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(rungs(&events), ["first", "import"]);
    assert!(
        place.read("greet.py").unwrap().starts_with("import json\nfrom shop import Cart\n\ndef greet"),
        "{:?}",
        place.read("greet.py")
    );
}

/// A check in the words of a linter: the greeting must not be shouted.
const CALM: &str = r#"sh -c 'grep -n "HELLO" greet.py | while IFS=: read -r n rest; do echo "greet.py:$n: shouts \"HELLO\""; done; ! grep -q HELLO greet.py'"#;

#[test]
fn a_model_mends_it_and_the_next_like_finding_needs_none() {
    let place = Place::new();
    let loud = GREET.replace("hello", "HELLO");
    let (ran, first) = run(&place, &loud, &[GREET], CALM);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(rungs(&first), ["first", "model"]);
    let attempt = first.iter().rfind(|e| e["event"] == "attempt").unwrap();
    assert_eq!((&attempt["model"], &attempt["tokens"]), (&json!("scripted/script"), &json!(120)));
    let learned = place.run(&["heal", "--learned"]);
    assert!(learned.stdout.contains("- return \"HELLO \" + ‹"), "{}", learned.stdout);
    // Another file, other names: what was learned fits.
    fs::remove_file(place.root().join("greet.py")).unwrap();
    let (ran, second) = run(&place, &loud.replace("name", "who"), &[], CALM);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(rungs(&second), ["first", "learned"]);
    assert_eq!(place.read("greet.py").unwrap(), GREET.replace("name", "who"));
    let forgotten = place.run(&["heal", "--learned", "--forget", "1"]);
    assert_eq!((forgotten.code, forgotten.stdout.as_str()), (Some(0), "Forgotten: 1\n"));
    assert_eq!(place.run(&["heal", "--learned", "--forget", "1"]).code, Some(1));
}

#[test]
fn what_cannot_be_mended_is_given_up_with_the_best_attempt_and_nothing_is_written() {
    let place = Place::new();
    let loud = GREET.replace("hello", "HELLO");
    let worse = loud.replace("+ name", "+ name + \"HELLO\"");
    let same = loud.replace("greet(name)", "greet( name )");
    let (ran, events) = run(&place, &loud, &[&same, &worse], CALM);
    assert_eq!(ran.code, Some(4), "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(place.read("greet.py"), None);
    assert!(names(&events).contains(&"proposal"), "the best is offered");
    let script = script(
        &place,
        &[("planner", PLAN), ("executor", &file(&loud)), ("healer", "NO CHANGE"), ("reviewer", VERDICT)],
    );
    let words = ["run", "--accept", "all", "--script", &script, "--script-speed", "0", "--session", "s", "--check"];
    let told = place.run(&[&words[..], &[CALM, TASK]].concat());
    assert_eq!(told.code, Some(4), "{}", told.stderr);
    let waits = "The checks do not pass, so nothing was written. The proposal waits in session “s”";
    assert!(told.stderr.contains(waits), "{}", told.stderr);
    assert_eq!(place.run(&["sessions"]).stdout.matches("waiting").count(), 2);
}

// ---------------------------------------------------------------- the working tree

fn heal(place: &Place, answers: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let script = script(place, answers);
    let mut words = vec!["heal", "--script", &script, "--script-speed", "0"];
    words.extend(arguments);
    place.run(&words)
}

#[test]
fn the_working_tree_is_healed_and_written_only_after_a_yes() {
    let place = Place::new();
    place.write("greet.py", &GREET.replace("(name):", "(name)"));
    place.write("other.py", "x = 1\n");
    let asked = heal(&place, &[("healer", "NO CHANGE")], &["greet.py"]);
    assert_eq!(asked.code, Some(3), "{}\n{}", asked.stdout, asked.stderr);
    assert!(asked.stdout.contains("-def greet(name)\n+def greet(name):\n"), "{}", asked.stdout);
    assert!(
        asked.stderr.contains("attempt 2 by grammar: insert the missing `:` in line 1, findings 1 → 0"),
        "{}",
        asked.stderr
    );
    assert_ne!(place.read("greet.py").as_deref(), Some(GREET), "nobody has said yes");
    let healed = heal(&place, &[("healer", "NO CHANGE")], &["--accept", "all", "--json", "greet.py"]);
    assert_eq!(healed.code, Some(0), "{}\n{}", healed.stdout, healed.stderr);
    assert_eq!(rungs(&events(&healed.stdout)), ["first", "grammar"]);
    assert_eq!(place.read("greet.py").as_deref(), Some(GREET));
    assert!(!healed.stderr.contains("wrote greet.py"), "{}", healed.stderr);
    let sessions = place.run(&["sessions"]).stdout;
    let again = heal(&place, &[("healer", "NO CHANGE")], &["greet.py"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert_eq!(place.run(&["sessions"]).stdout, sessions, "where nothing was to heal no session is left");
    let named = heal(&place, &[("healer", "NO CHANGE")], &["--session", "kept", "greet.py"]);
    assert_eq!(named.code, Some(0), "{}", named.stderr);
    assert!(place.run(&["sessions"]).stdout.contains("kept"), "but for one that was asked for by its name");
    assert!(again.stdout.contains("No check that ran finds anything."), "{}", again.stdout);
}

#[test]
fn paths_are_meant_from_where_they_are_typed_and_have_to_be_there() {
    let place = Place::new();
    fs::create_dir(place.root().join("app")).unwrap();
    place.write("app/greet.py", &GREET.replace("(name):", "(name)"));
    let script = script(&place, &[("healer", "NO CHANGE")]);
    let words = |path| ["heal", "--script", script.as_str(), "--script-speed", "0", "--accept", "all", path];
    let below = |path| Ran::from(place.command(&words(path)).current_dir(place.root().join("app")).output().unwrap());
    for wrong in ["app/greet.py", "gone.py", "/"] {
        assert_eq!(below(wrong).code, Some(2), "{wrong}");
    }
    let told = below("gone.py").stderr;
    assert!(told.contains("`gone.py` cannot be healed: it does not exist. Name files and folders"), "{told}");
    let ran = below("greet.py");
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(place.read("app/greet.py").as_deref(), Some(GREET));
}

#[test]
fn what_the_check_names_in_the_tree_is_shown_to_the_model_and_mended() {
    let place = Place::new();
    place.write("greet.py", &GREET.replace("hello", "HELLO"));
    let answer = "### FILE: greet.py\n<<<<<<< SEARCH\n    return \"HELLO \" + name\n=======\n    return \"hello \" + name\n>>>>>>> REPLACE\n";
    let ran = heal(&place, &[("healer", answer)], &["--accept", "all", "--check", CALM]);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(place.read("greet.py").as_deref(), Some(GREET));
}

#[test]
fn the_next_model_up_is_asked_where_the_first_got_nowhere_and_its_name_stands_in_its_attempt() {
    let place = Place::new();
    place.write("greet.py", &GREET.replace("hello", "HELLO"));
    let same = "### FILE: greet.py\n```python\ndef greet(who):\n    return \"HELLO \" + who\n```\n";
    let good = "### FILE: greet.py\n```python\ndef greet(name):\n    return \"hello \" + name\n```\n";
    let (small, big) = (Server::start(same, Duration::ZERO), Server::start(good, Duration::ZERO));
    let servers = small.local_configuration() + &big.local_configuration().replace("here", "big");
    place.configure(&format!("heal.models = [\"auto\", \"big/m\"]\n{servers}"));
    let ran = place.run(&["heal", "--json", "--model", "here/m", "--accept", "all", "--check", CALM]);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    let events = events(&ran.stdout);
    assert_eq!(rungs(&events), ["first", "model", "bigger_model"]);
    let models: Vec<&Value> = events.iter().filter(|e| e["event"] == "attempt").map(|e| &e["model"]).collect();
    assert_eq!(models, [&Value::Null, &json!("here/m"), &json!("big/m")]);
    assert_eq!((small.chats(), big.chats()), (1, 1));
    assert_eq!(place.read("greet.py").as_deref(), Some(GREET));
}

#[test]
fn a_tree_that_cannot_be_healed_says_so_and_is_left_alone() {
    let place = Place::new();
    place.write("greet.py", "def def def\n");
    let ran = heal(&place, &[("healer", "NO CHANGE")], &["--accept", "all", "greet.py"]);
    assert_eq!(ran.code, Some(4), "{}\n{}", ran.stdout, ran.stderr);
    let why = "scripted/script mended nothing: the model's answer changes nothing";
    assert!(ran.stderr.contains("Nothing could be mended. Findings that are left: 1."), "{}", ran.stderr);
    assert_eq!(ran.stderr.matches(why).count(), 1, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("answer changes nothing").count(), 1, "{}", ran.stderr);
    assert_eq!(place.read("greet.py").as_deref(), Some("def def def\n"));
}

#[test]
fn a_healing_that_was_stopped_goes_on_in_its_session_with_the_same_paths() {
    let place = Place::new();
    place.write("greet.py", &GREET.replace("hello", "HELLO"));
    place.write("a b.py", "x = 1\n");
    let script = place.home().join("fails.jsonl");
    let fails = json!({"fail": {"kind": "server", "message": "overloaded", "retryable": true}});
    fs::write(&script, format!("{}\n{fails}\n", json!({"for": "healer"}))).unwrap();
    let script = script.display().to_string();
    let named = ["--session", "s", "--accept", "all", "--check", CALM];
    let words = |paths: &[&'static str]| {
        let first = ["heal", "--script", &script, "--script-speed", "0"];
        place.run(&[&first[..], &named, paths].concat())
    };
    assert_eq!(words(&["a b.py", "greet.py"]).code, Some(1));
    let other = words(&["greet.py"]);
    assert_eq!(other.code, Some(2), "{}\n{}", other.stdout, other.stderr);
    let answer = "### FILE: greet.py\n<<<<<<< SEARCH\n    return \"HELLO \" + name\n=======\n    return \"hello \" + name\n>>>>>>> REPLACE\n";
    let ran = heal(&place, &[("healer", answer)], &[&named[..], &["a b.py", "greet.py"]].concat());
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(place.read("greet.py").as_deref(), Some(GREET));
}

/// A place that lacks `httpx`, with a package manager that notes where it was called and with what.
fn lacking() -> Place {
    let place = Place::new();
    place.write("pyproject.toml", "[project]\nname = \"shop\"\ndependencies = []\n");
    place.write("uv.lock", "");
    place.write("app.py", "import httpx\n");
    let uv = place.home().join("uv");
    fs::write(&uv, "#!/bin/sh\necho \"$@\" >> called\necho \"key: $ANTHROPIC_API_KEY\"\n").unwrap();
    fs::set_permissions(&uv, fs::Permissions::from_mode(0o755)).unwrap();
    place
}

/// Heals it with these flags.
fn heal_lacking(place: &Place, flags: &[&str]) -> Ran {
    let check =
        r#"sh -c 'grep -q httpx called 2>/dev/null || { echo "app.py:1: No module named '"'httpx'"'"; exit 1; }'"#;
    let script = script(place, &[("healer", "NO CHANGE")]);
    let path = format!("{}:{}", place.home().display(), std::env::var("PATH").unwrap());
    let words = [&["heal", "--script", &script, "--script-speed", "0", "--check", check][..], flags].concat();
    let mut command = place.command(&words);
    Ran::from(command.env("PATH", path).env("ANTHROPIC_API_KEY", "secret").output().unwrap())
}

#[test]
fn a_package_that_is_not_there_is_named_with_how_to_get_it_and_not_installed() {
    let place = lacking();
    for flags in [&["--accept", "all"][..], &["--install", "other"]] {
        let ran = heal_lacking(&place, flags);
        assert_eq!((ran.code, place.read("called")), (Some(4), None), "{}\n{}", ran.stdout, ran.stderr);
        let told = "not installed: httpx (the project imports `httpx`; pyproject.toml does not name it): uv add httpx";
        assert!(ran.stderr.contains(told) && ran.stderr.contains("`--install httpx` lets that run"), "{}", ran.stderr);
    }
}

#[test]
fn a_package_that_was_allowed_by_its_name_is_installed_told_and_in_the_trail() {
    let place = lacking();
    let ran = heal_lacking(&place, &["--install", "httpx", "--json"]);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(place.read("called").as_deref(), Some("add httpx\n"), "in the project itself, once");
    let events = events(&ran.stdout);
    assert_eq!(rungs(&events), ["first", "install"]);
    let event = |name: &str| events.iter().find(|e| e["event"] == name).unwrap();
    assert_eq!(event("recalled")["missing"][0]["command"], "uv add httpx");
    let installed = event("installed");
    assert_eq!((&installed["failure"], &installed["said"]), (&Value::Null, &json!("key:")), "no key reaches it");
    let audit = place.run(&["sessions", "--audit"]).stdout;
    assert!(audit.contains("installed") && audit.contains("(by the command line)"), "{audit}");
    assert!(audit.contains("uv add httpx (done)"), "{audit}");
    let told = heal_lacking(&lacking(), &["--install", "httpx"]).stderr;
    assert!(told.contains("not installed: httpx") && !told.contains("lets that run"), "{told}");
}

#[test]
fn what_became_of_a_finding_before_stands_beneath_the_next_like_it() {
    let place = Place::new();
    let loud = GREET.replace("hello", "HELLO");
    let (ran, _) = run(&place, &loud, &[GREET], CALM);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    place.write("greet.py", &loud.replace("name", "who"));
    place.configure(&format!("check.command = '''{CALM}'''\n"));
    let checked = place.run(&["check"]);
    let past = "seen before: model helped 1 of 1; mended just now by scripted/script (attempt 2)";
    assert!(checked.stdout.contains(past), "{}\n{}", checked.stdout, checked.stderr);
    let json: Value = serde_json::from_str(&place.run(&["check", "--json"]).stdout).unwrap();
    assert_eq!(json["similar"][0]["rungs"], json!([{"rung": "model", "tried": 1, "helped": 1}]));
    let healed = heal(&place, &[("healer", "NO CHANGE")], &[]);
    assert!(healed.stderr.contains(past), "{}", healed.stderr);
}

#[test]
fn where_nothing_is_learned_that_is_said() {
    let ran = Place::new().run(&["heal", "--learned"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""));
    assert_eq!(ran.stderr, "Healing has learned nothing in this repository yet.\n");
}
