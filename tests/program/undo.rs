//! `vibe-tui undo`, `redo` and `sessions --audit`.

use super::place::{Place, REQUEST, Ran};
use super::workbench::{REQUEST_SHOP, SHOP};
use serde_json::Value;

fn written() -> Place {
    let place = Place::new();
    let ran = place.scripted("greet", &["--accept", "all", REQUEST]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("in a shell `vibe-tui undo`"), "{}", ran.stderr);
    place
}

fn line(ran: &Ran) -> Value {
    assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stdout);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn what_a_run_wrote_is_taken_back_and_made_again_and_the_trail_has_all_three() {
    let place = written();
    let text = place.read("greet.py").unwrap();
    let ran = place.run(&["undo", "--yes"]);
    assert_eq!((ran.code, place.files().len()), (Some(0), 0), "{}", ran.stderr);
    assert!(ran.stderr.contains("vibe-tui redo"), "{}", ran.stderr);
    let ran = place.run(&["redo", "--yes", "--json"]);
    assert_eq!((ran.code, place.read("greet.py")), (Some(0), Some(text)), "{}", ran.stderr);
    let told = line(&ran);
    assert_eq!((&told["written"], &told["run"], &told["way"]), (&true.into(), &1.into(), &"redo".into()));
    let audit = place.run(&["sessions", "--audit", "--json"]);
    let deeds: Vec<String> = audit
        .stdout
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap())
        .map(|l| format!("{} {} {}", l["deed"].as_str().unwrap(), l["by"].as_str().unwrap(), l["files"][0]["path"]))
        .collect();
    assert_eq!(
        deeds,
        ["redone command_line \"greet.py\"", "undone command_line \"greet.py\"", "applied command_line \"greet.py\""]
    );
    let shown = place.run(&["sessions", "--audit"]).stdout;
    assert!(shown.contains("undone     run 1 of “Create a greeting function") && shown.contains(REQUEST), "{shown}");
}

#[test]
fn without_a_yes_the_patch_is_shown_and_nothing_is_written() {
    let place = written();
    for (flags, code) in [(&["undo"][..], 3), (&["undo", "--dry-run"], 0), (&["undo", "--dry-run", "--run", "1"], 0)] {
        let ran = place.run(flags);
        assert_eq!(ran.code, Some(code), "{flags:?}: {}", ran.stderr);
        assert!(ran.stdout.starts_with("diff --git a/greet.py b/greet.py\ndeleted file"), "{}", ran.stdout);
        assert_eq!(place.files(), ["greet.py"]);
    }
    let list = place.run(&["undo", "--list"]).stdout;
    assert!(
        list.starts_with("run 1 of “Create a greeting function")
            && list.contains(REQUEST)
            && list.contains("greet.py +"),
        "{list}"
    );
    let none = place.run(&["redo", "--list"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""));
    assert_eq!(none.stderr, "There is no run to make again here.\n");
}

#[test]
fn of_many_files_the_first_are_named_and_how_many_more_there_are() {
    let place = Place::new();
    let ran = place.scripted("several", &["--session", "s", "--accept", "all", REQUEST]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    for arguments in [["undo", "--list"], ["sessions", "--audit"]] {
        let told = place.run(&arguments).stdout;
        assert!(told.contains("part5.py +2 −0, and 1 more\n") && !told.contains("part6.py"), "{told}");
        assert!(told.contains("run 1 of “s”"), "{told}");
    }
    assert!(place.run(&["undo", "--list", "--json"]).stdout.contains("part6.py"), "programs get all");
}

#[test]
fn as_many_files_are_told_as_had_to_be_written() {
    let place = written();
    std::fs::remove_file(place.root().join("greet.py")).unwrap();
    let ran = place.run(&["undo", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("Taken back: 0 files"), "{}", ran.stderr);
}

#[test]
fn what_others_changed_since_is_kept_or_named_and_nothing_is_half_done() {
    let place = Place::new();
    place.write("shop.py", SHOP);
    let request = REQUEST_SHOP;
    let ran = place.scripted("edit", &["--accept", "all", request]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let after = place.read("shop.py").unwrap();
    assert_ne!(after, SHOP);
    let mine = |text: &str| text.replace("def a():\n    pass", "def a():\n    return 1");
    place.write("shop.py", &mine(&after));
    let ran = place.run(&["undo", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(place.read("shop.py").unwrap(), mine(SHOP));
    assert!(ran.stderr.contains("what changed is kept: shop.py"), "{}", ran.stderr);

    let place = Place::new();
    place.write("shop.py", SHOP);
    assert_eq!(place.scripted("edit", &["--accept", "all", request]).code, Some(0));
    let mine = after.replace(":.2f", ":.3f");
    assert_ne!(mine, after);
    place.write("shop.py", &mine);
    let ran = place.run(&["undo", "--yes"]);
    assert_eq!((ran.code, place.read("shop.py").unwrap()), (Some(1), mine), "{}", ran.stderr);
    for part in ["cannot be taken back", "`shop.py` line", ":.3f"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    let told = place.run(&["undo", "--yes", "--json"]);
    assert_eq!(line(&told)["conflicts"][0]["path"], "shop.py");
}

#[test]
fn a_run_that_is_not_there_is_refused_and_the_list_is_named() {
    let place = written();
    for (flags, said) in [
        (
            &["undo", "--run", "7"][..],
            "There is no run 7 to take back here: `vibe-tui undo --list` shows what there is.",
        ),
        (&["redo"], "There is no run to make again here."),
        (&["undo", "--session", "nothing"], "nothing"),
    ] {
        let ran = place.run(flags);
        assert_eq!(ran.code, Some(1), "{flags:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    assert_eq!(place.files(), ["greet.py"]);
}

#[test]
fn what_was_done_last_goes_first() {
    let place = Place::new();
    place.write("shop.py", SHOP);
    assert_eq!(place.scripted("edit", &["--session", "one", "--accept", "all", REQUEST_SHOP]).code, Some(0));
    assert_eq!(place.scripted("greet", &["--session", "one", "--accept", "all", REQUEST]).code, Some(0));
    let run = |way: &str| line(&place.run(&[way, "--yes", "--json"]))["run"].as_u64().unwrap();
    assert_eq!([run("undo"), run("undo"), run("redo"), run("redo"), run("undo")], [2, 1, 1, 2, 2]);
}

#[test]
fn a_later_write_of_another_session_that_is_in_the_way_is_named() {
    let place = Place::new();
    place.write("shop.py", SHOP);
    assert_eq!(place.scripted("edit", &["--session", "one", "--accept", "all", REQUEST_SHOP]).code, Some(0));
    let answer = |node: &str, text: &str| {
        let chunk = |chunk: Value| serde_json::json!({ "chunk": chunk }).to_string();
        let text = chunk(serde_json::json!({ "text": text }));
        [serde_json::json!({ "for": node }).to_string(), text, chunk(serde_json::json!({"finished": "stop"}))]
            .join("\n")
    };
    let plan = r#"{"summary": "Digits", "steps": [{"title": "Digits", "kind": "modify", "path": "shop.py"}]}"#;
    let edit = "### FILE: shop.py\n<<<<<<< SEARCH\n(price * count, 2)\n=======\n(price * count, 3)\n>>>>>>> REPLACE\n";
    let edit = edit.replace("(price", "    return round(price");
    let verdict = r#"{"score": 0.9, "reasons": [], "next_steps": [], "improvements": []}"#;
    let script = place.home().join("digits.jsonl");
    let all = [answer("planner", plan), answer("executor", &edit), answer("reviewer", verdict)].join("\n");
    std::fs::write(&script, all).unwrap();
    let script = script.to_str().unwrap();
    let arguments = ["run", "--script", script, "--session", "two", "--accept", "all", "Show three digits in shop.py"];
    let ran = place.run(&arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let ran = place.run(&["undo", "--yes", "--session", "one"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("Session “two” changed the same files later, by run 1"), "{}", ran.stderr);
    // Each run of a hint is named with its session: numbers begin anew in each.
    let hints: Vec<&str> = ran.stderr.split("vibe-tui undo --session ").skip(1).collect();
    assert!(!ran.stderr.contains("vibe-tui undo --run"), "{}", ran.stderr);
    let said = hints.last().unwrap();
    let session = said.split(' ').next().unwrap();
    assert_eq!(place.run(&["undo", "--yes", "--session", session, "--run", "1"]).code, Some(0), "as it says");
    assert_eq!(place.run(&["undo", "--yes", "--session", "one"]).code, Some(0));
    assert_eq!(place.read("shop.py").as_deref(), Some(SHOP));
}
