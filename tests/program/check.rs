//! `vibe-tui check`, and runs whose proposals the project's tools judge. The tool is played by a program where the project's
//! virtual environment has its own.

use super::place::{Place, REQUEST, Ran};
use super::schema::events;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// One finding of ruff's, with a fix.
const ROW: &str = r#"[{"code": "F401", "filename": "a.py", "location": {"row": 1, "column": 8}, "end_location": {"row": 1, "column": 10}, "message": "m\u001b[31m", "fix": {"applicability": "safe", "message": "Mend", "edits": [{"content": "", "location": {"row": 1, "column": 1}, "end_location": {"row": 2, "column": 1}}]}}]"#;

/// A project that is set up for ruff, which is this script.
fn place(script: &str) -> Place {
    let place = Place::new();
    fs::create_dir_all(place.root().join(".venv/bin")).unwrap();
    fs::create_dir_all(place.root().join("sub")).unwrap();
    place.write(".venv/bin/ruff", &format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(place.root().join(".venv/bin/ruff"), fs::Permissions::from_mode(0o755)).unwrap();
    place.write(".gitignore", ".venv\n");
    place.write("pyproject.toml", "[tool.ruff]\n");
    place
}

/// Whether this machine can confine; in CI it has to.
fn confines(place: &Place) -> bool {
    let doctor = place.run(&["doctor"]).stdout;
    let able = doctor.contains("checks run confined");
    if !able {
        assert!(std::env::var_os("CI").is_none(), "{doctor}");
        eprintln!("skipped: {doctor}");
    }
    able
}

/// Our own file: this project may run its own code.
fn trusting(place: &Place, more: &str) -> String {
    format!("[check]\ntrusted = [{:?}]\n{more}\n", place.root().display().to_string())
}

fn code(ran: &Ran, code: i32) {
    assert_eq!(ran.code, Some(code), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn the_tree_is_checked_and_every_finding_is_one_line() {
    let place = place(&format!("echo '{ROW}'; exit 1"));
    if !confines(&place) {
        return;
    }
    place.write("a.py", "import os\n");
    place.write("sub/b.py", "def f(:\n");
    let ran = place.run(&["check"]);
    code(&ran, 4);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("sub/b.py:1:") && lines[0].ends_with("(syntax)"), "{}", ran.stdout);
    // What is wrong with the text does not keep the tools from being asked; what would move the cursor is shown.
    assert_eq!(lines[1], "a.py:1:8: error F401 m⟦U+001B⟧[31m (ruff)");
    assert_eq!(ran.stderr, "2 errors, 0 warnings; 2 checks ran: tree-sitter (syntax), ruff (lint)\n");

    let one = place.run(&["check", "--cwd", "sub", "b.py"]);
    code(&one, 4);
    assert!(one.stdout.starts_with("sub/b.py:1:"), "{}", one.stdout);

    let json = place.run(&["check", "--json"]);
    code(&json, 4);
    let object: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((&object["passed"], &object["errors"]), (&Value::from(false), &Value::from(2)));
    let finding = &object["checks"][1]["findings"][0];
    assert_eq!(finding["fixes"][0]["applicability"], "machine_applicable");
    assert_eq!(
        (&finding["fixes"][0]["edits"][0]["start"], &finding["fixes"][0]["edits"][0]["end"]),
        (&0.into(), &10.into())
    );
}

#[test]
fn the_markers_of_a_conflict_are_an_error_of_check_and_of_heal_and_a_word_about_them_of_neither() {
    let place = Place::new();
    place.write("said.md", "It begins so:\n<<<<<<< HEAD\nand that was it.\n");
    place.write("said.py", "\"\"\"Shows:\n\n<<<<<<< a\nb\n=======\nc\n>>>>>>> d\n\"\"\"\n");
    for command in ["check", "heal"] {
        code(&place.run(&[command, "said.md", "said.py"]), 0);
    }
    place.write("left.md", "a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> theirs\n");
    let said = "a conflict of a merge that nobody resolved begins here";
    let ran = place.run(&["check", "left.md", "said.md"]);
    code(&ran, 4);
    assert_eq!(ran.stdout, format!("left.md:2:1: error {said} (syntax)\n"));
    let ran = place.run(&["heal", "left.md", "said.md"]);
    code(&ran, 4);
    assert!(ran.stderr.contains(&format!("left.md:2: syntax: {said}")), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_single_finding_is_counted_in_the_singular() {
    let place = place("echo '[]'");
    if !confines(&place) {
        return;
    }
    place.write("b.py", "def f(:\n");
    let ran = place.run(&["check"]);
    code(&ran, 4);
    assert_eq!(ran.stderr, "1 error, 0 warnings; 2 checks ran: tree-sitter (syntax), ruff (lint)\n");
}

#[test]
fn what_is_right_gives_zero_and_what_cannot_be_checked_is_told() {
    let place = place("echo '[]'");
    if !confines(&place) {
        return;
    }
    place.write("a.py", "x = 1\n");
    let ran = place.run(&["check", "."]);
    code(&ran, 0);
    let said = "0 errors, 0 warnings; 2 checks ran: tree-sitter (syntax), ruff (lint)\n";
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", said));
    for (path, said) in [
        ("missing.py", "there is no file `missing.py`"),
        ("../x", "is not in the repository"),
        (".venv", "there is no file `.venv`"),
    ] {
        let ran = place.run(&["check", path]);
        code(&ran, 2);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    // The project's own check is one more, and decides, too.
    place.configure("[check]\ncommand = \"false\"\n");
    let ran = place.run(&["check"]);
    code(&ran, 4);
    assert!(ran.stdout.contains("error `false` ended with exit code 1 (check)"), "{}", ran.stdout);
    // For once it is another one, as for every other command; one that cannot be read was typed wrong.
    code(&place.run(&["check", "--check", "true"]), 0);
    let ran = place.run(&["check", "--check", "grep -q nothing a.py"]);
    code(&ran, 4);
    assert!(ran.stdout.contains("error `grep -q nothing a.py` ended with exit code 1 (check)"), "{}", ran.stdout);
    code(&place.run(&["check", "--check", "'"]), 2);
    let ran = place.run(&["check", "--check", "sh -c 'echo why; seq 20; exit 1'"]);
    let further: Vec<&str> = ran.stdout.lines().skip(1).collect();
    assert!(further.contains(&"    why") && further.len() == 13 && further[12] == "    …", "{}", ran.stdout);
    // What could not run has passed nothing, and there is nothing to heal.
    let ran = place.run(&["heal", "--check", "no-such-tool --now"]);
    code(&ran, 4);
    assert!(ran.stderr.contains("no-such-tool"), "{}", ran.stderr);
    // A tool that is wanted and not there is said, and holds nothing up.
    place.configure("");
    fs::remove_file(place.root().join(".venv/bin/ruff")).unwrap();
    let ran = Ran::from(place.command(&["check"]).env("PATH", "/nowhere").output().unwrap());
    code(&ran, 0);
    assert!(ran.stderr.contains("`ruff` is not installed; to get it: pip install ruff"), "{}", ran.stderr);
}

#[test]
fn the_doctor_lists_what_would_check_and_names_tools_that_do_not_exist() {
    let place = place("echo '[]'");
    place.write("a.py", "x = 1\n");
    place.write("Cargo.toml", "");
    place.write("lib.rs", "");
    place.configure(&trusting(&place, "skip = [\"mypi\", \"rustfmt\", \"cargo test\"]"));
    let doctor = place.run(&["doctor"]).stdout;
    assert!(doctor.contains("validator      ruff (.venv/bin/ruff)"), "{doctor}");
    assert!(doctor.contains("! configuration  `check.skip` names `mypi`; the tools are ruff format, "), "{doctor}");
    assert!(!doctor.contains("rustfmt (") && !doctor.contains("cargo test ("), "{doctor}");
    place.configure("");
    let doctor = place.run(&["doctor"]).stdout;
    assert!(doctor.contains("left out       ruff") && doctor.contains("to allow it always add"), "{doctor}");
}

#[test]
fn a_proposal_that_a_tool_minds_is_not_written() {
    let place = place(&format!("echo '{ROW}' | sed s/a.py/greet.py/; exit 1"));
    if !confines(&place) {
        return;
    }
    place.configure(&trusting(&place, "[run]\nheal_attempts = 0"));
    let ran = place.scripted("greet", &["--json", "--accept", "all", REQUEST]);
    code(&ran, 4);
    let all = events(&ran.stdout);
    let validated = all.iter().find(|e| e["event"] == "validated").unwrap();
    assert_eq!(validated["passed"], false);
    let finding = &validated["checks"][1]["findings"][0];
    assert_eq!(
        (&finding["tool"], &finding["path"], &finding["rule"]),
        (&"ruff".into(), &"greet.py".into(), &"F401".into())
    );
    assert_eq!(finding["fixes"][0]["edits"][0]["start"], 0);
    assert_eq!(place.read("greet.py"), None);
}

#[test]
fn a_missing_tool_neither_heals_nor_keeps_anything_from_being_written() {
    let place = place("");
    fs::remove_file(place.root().join(".venv/bin/ruff")).unwrap();
    let mut run =
        place.command(&["run", "--script", super::place::script("greet").to_str().unwrap(), "--script-speed", "0"]);
    let ran = Ran::from(run.args(["--json", "--accept", "all", REQUEST]).env("PATH", "/nowhere").output().unwrap());
    code(&ran, 0);
    let all = events(&ran.stdout);
    let validated: Vec<&Value> = all.iter().filter(|e| e["event"] == "validated").collect();
    assert_eq!((validated.len(), &validated[0]["passed"]), (1, &Value::from(true)), "{}", ran.stdout);
    assert!(ran.stdout.contains("`ruff` is not installed"), "{}", ran.stdout);
}

#[test]
fn a_check_whose_copy_cannot_be_made_has_not_passed() {
    let place = place("echo '[]'");
    place.write("a.py", "x = 1\n");
    fs::write(place.home().join("cache"), "no directory").unwrap();
    let ran = place.run(&["check"]);
    code(&ran, 4);
    assert!(ran.stderr.contains("not checked: validators: "), "{}", ran.stderr);
    let json = place.run(&["check", "--json"]);
    code(&json, 4);
    assert_eq!(serde_json::from_str::<Value>(&json.stdout).unwrap()["passed"], false);
}

#[test]
fn whatever_reads_the_configuration_tells_what_is_wrong_with_it_and_goes_on() {
    let place = Place::new();
    place.write("a.py", "x = 1\n");
    place.configure("[check]\ncommand = \"a && b\"\nvalidators = \"off\"\n");
    place.write(".vibe-tui.toml", "nothing = 1\n");
    for arguments in [&["check"][..], &["check", "--gate", "production"], &["analyze"], &["map"], &["sessions"]] {
        let ran = Ran::from(place.command(arguments).env("VIBE_TUI_NOTHING", "1").output().unwrap());
        code(&ran, 0);
        for said in ["`check.command`", ".vibe-tui.toml:1", "VIBE_TUI_NOTHING"] {
            assert!(ran.stderr.contains(said), "{arguments:?} {said}: {}", ran.stderr);
        }
    }
}

#[test]
fn flags_of_a_gate_are_refused_without_one() {
    let place = Place::new();
    for flags in [&["--staged"][..], &["--since", "HEAD"], &["--sarif"], &["--markdown"]] {
        let ran = place.run(&[&["check"], flags].concat());
        code(&ran, 2);
        assert!(ran.stderr.contains("--gate <LEVEL>"), "{}", ran.stderr);
    }
}

#[test]
fn a_run_names_the_tools_that_it_leaves_out() {
    let place = place("echo '[]'");
    if !confines(&place) {
        return;
    }
    let ran = place.scripted("greet", &["--accept", "all", REQUEST]);
    code(&ran, 0);
    assert!(
        ran.stderr.contains("not checked: ruff: not trusted to run the project's own code; `vibe-tui check`"),
        "{}",
        ran.stderr
    );
}
