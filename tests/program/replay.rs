//! `--record` and `vibe-tui replay`: the same events give the same state and, cell for cell, the same frames, wherever and
//! whenever they are played.
//!
//! The recordings in `tests/recordings` keep events, and where a frame was drawn but not what it looked like, so that they
//! outlive a change of looks. `RECORD=1 cargo test --test program replay` records them anew when an event has changed its form.

use super::place::{PROGRAM, Place, REQUEST, Ran, script};
use super::pty::Pty;
use super::workbench::{ask, at_gate};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use vibe_tui::domain::hunk::Decision;
use vibe_tui::domain::money::Money;
use vibe_tui::graph::{Outcome, Run, Stage};
use vibe_tui::runtime::{Replayed, replay};

const ENDPOINT: &str = "Create a FastAPI endpoint for user registration";

fn start(place: &Place, arguments: &[&str], file: &Path) -> Pty {
    let mut words = vec![PROGRAM, "--record", file.to_str().unwrap()];
    words.extend(arguments);
    let pty = Pty::start(&words, &place.root(), &place.environment(), (120, 40));
    pty.expect("free");
    pty
}

/// An embedded run to an accepted diff.
fn record_embedded(place: &Place, file: &Path) {
    let mut pty = start(place, &["--model", "embedded/patterns", "--offline"], file);
    ask(&mut pty, ENDPOINT);
    at_gate(&pty);
    pty.press("A");
    pty.press("ww");
    pty.expect("Written: 1 file");
    pty.press("\x11");
    assert!(pty.end().success());
}

/// A scripted run with a healing attempt, and much moving about.
fn record_healing(place: &Place, file: &Path) {
    let script = script("heal");
    let arguments = ["--script", script.to_str().unwrap(), "--check", "grep -q return greet.py"];
    let mut pty = start(place, &arguments, file);
    ask(&mut pty, REQUEST);
    pty.expect("planning");
    pty.resize(80, 24);
    pty.expect("executing");
    pty.resize(200, 60);
    at_gate(&pty);
    pty.press("s,.");
    pty.press("?");
    pty.settle();
    pty.press("\x1b");
    pty.settle();
    pty.press("\x10theme");
    pty.expect("next theme");
    pty.press("\r");
    pty.settle();
    pty.resize(1, 1);
    pty.settle();
    pty.resize(100, 30);
    at_gate(&pty);
    pty.press("a");
    pty.press("ww");
    pty.expect("Written: 1 file");
    pty.press("\x11");
    assert!(pty.end().success());
}

fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(format!("{name}.jsonl"))
}

/// Takes out of a recording what belongs to the machine it was made on, and what frames looked like.
fn keep(recorded: &Path, place: &Place, name: &str) {
    let text = fs::read_to_string(recorded).unwrap();
    let root = place.root().display().to_string();
    let lines = text.replace(&root, "/home/user/repository").replace(env!("CARGO_MANIFEST_DIR"), "/home/user/vibe-tui");
    let mut out = String::new();
    for line in lines.lines() {
        let mut record: Value = serde_json::from_str(line).unwrap();
        if let Some(frame) = record.get_mut("frame") {
            frame["hash"] = Value::Null;
        }
        if let Some(models) = record.pointer_mut("/event/event/models/found/models") {
            let shipped = |m: &Value| {
                ["embedded", "scripted"].iter().any(|p| m.pointer("/info/reference/provider") == Some(&Value::from(*p)))
            };
            models.as_array_mut().unwrap().retain(shipped);
        }
        out.push_str(&format!("{record}\n"));
    }
    fs::write(kept(name), out).unwrap();
}

fn confined(place: &Place) -> bool {
    place.run(&["doctor"]).stdout.contains("checks run confined")
}

fn last_run(replayed: &Replayed) -> &Run {
    replayed.state.as_ref().unwrap().session.run().unwrap()
}

/// Replays in another place, with another environment than it was recorded in.
fn replay_elsewhere(file: &Path, arguments: &[&str]) -> Ran {
    let elsewhere = Place::new();
    elsewhere.configure("theme = \"light\"\nkeymap = \"vim\"\n[screen]\nmax_fps = 1\n");
    let mut command = Command::new(PROGRAM);
    command.arg("replay").args(arguments).arg(file).env_clear().envs(elsewhere.environment()).current_dir("/");
    command.envs([("TERM", "dumb"), ("NO_COLOR", "1"), ("TZ", "Asia/Tokyo"), ("LANG", "C"), ("COLORTERM", "")]);
    Ran::from(command.output().unwrap())
}

#[test]
fn what_is_recorded_live_replays_to_the_same_frames_anywhere() {
    for (name, record) in [("embedded", record_embedded as fn(&Place, &Path)), ("healing", record_healing)] {
        let place = Place::new();
        if name == "healing" && !confined(&place) {
            eprintln!("skipped: checks cannot run confined here");
            continue;
        }
        let file = place.home().join("recording.jsonl");
        record(&place, &file);
        let replayed = replay(&file).unwrap();
        assert!(replayed.frames.len() > 3, "{name}: {} frames", replayed.frames.len());
        assert_eq!(replayed.different, Vec::<usize>::new(), "{name}: of {} frames", replayed.frames.len());
        assert_eq!(last_run(&replayed).stage, Stage::Finished(Outcome::Applied));
        let ran = replay_elsewhere(&file, &["--screen"]);
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.stderr);
        assert_eq!(ran.stdout, replayed.screen);
        assert!(ran.stderr.contains("all as recorded"), "{}", ran.stderr);
        if std::env::var_os("RECORD").is_some() {
            keep(&file, &place, name);
        }
    }
}

#[test]
fn a_kept_recording_of_an_embedded_run_replays_to_its_accepted_file() {
    let replayed = replay(&kept("embedded")).unwrap();
    let run = last_run(&replayed);
    assert_eq!(run.stage, Stage::Finished(Outcome::Applied));
    assert_eq!(run.spent(), Money::ZERO);
    let files = &run.applied.as_ref().unwrap().files;
    assert_eq!(files.len(), 1);
    let text = files[0].after.as_deref().unwrap();
    assert!(files[0].path.ends_with(".py") && (text.contains("@router.post") || text.contains("@app.post")), "{text}");
    assert!(run.decisions.values().all(|d| *d == Decision::Accepted) && !run.decisions.is_empty());
    let said = &replayed.state.as_ref().unwrap().session.messages.last().unwrap().text;
    assert!(said.starts_with("Written: 1 file"), "{said}");
}

#[test]
fn a_kept_recording_of_a_healed_run_replays_to_its_attempts_and_its_accepted_file() {
    let replayed = replay(&kept("healing")).unwrap();
    let run = last_run(&replayed);
    assert_eq!(run.stage, Stage::Finished(Outcome::Applied));
    let passed: Vec<bool> = run.attempts.iter().map(|a| a.report.as_ref().unwrap().passed()).collect();
    assert_eq!(passed, [false, true]);
    let applied = run.applied.as_ref().unwrap().file("greet.py").unwrap();
    assert!(applied.after.as_deref().unwrap().contains("    return f\"Hello"));
}

#[test]
fn a_kept_recording_replays_to_the_same_frames_twice_and_in_another_environment() {
    for name in ["embedded", "healing"] {
        let (first, second) = (replay(&kept(name)).unwrap(), replay(&kept(name)).unwrap());
        assert!(first.frames.len() > 3);
        assert_eq!(first.frames, second.frames, "{name}");
        let ran = replay_elsewhere(&kept(name), &["--screen"]);
        assert_eq!((ran.code, &ran.stdout), (Some(0), &first.screen), "{name}: {}", ran.stderr);
    }
}

#[test]
fn a_frame_that_comes_out_different_is_named_and_fails() {
    let place = Place::new();
    let file = place.home().join("recording.jsonl");
    record_embedded(&place, &file);
    let text = fs::read_to_string(&file).unwrap();
    // Another letter in what was typed: every frame that shows it differs.
    let changed = text.replacen("{\"typed\":{\"insert\":\"F\"}}", "{\"typed\":{\"insert\":\"G\"}}", 1);
    assert_ne!(changed, text);
    fs::write(&file, changed).unwrap();
    let ran = replay_elsewhere(&file, &[]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("recording.jsonl:") && ran.stderr.contains("came out different"), "{}", ran.stderr);
}

#[test]
fn what_is_no_recording_is_refused_with_its_line() {
    let place = Place::new();
    let file = place.home().join("recording.jsonl");
    let header = fs::read_to_string(kept("embedded")).unwrap().lines().next().unwrap().to_owned();
    let cases = [
        (String::new(), "recording.jsonl:1: the recording is empty"),
        ("hello\n".to_owned(), "recording.jsonl:1: is no line of a recording"),
        (format!("{header}\n{{\"event\":"), "recording.jsonl:2: is no line of a recording"),
        (format!("{header}\n{header}\n"), "recording.jsonl:2: is a header"),
        (header.replacen("\"version\":1", "\"version\":99", 1), "recording.jsonl:1: is a header of version 99"),
    ];
    for (text, said) in cases {
        fs::write(&file, text).unwrap();
        let ran = replay_elsewhere(&file, &[]);
        assert_eq!(ran.code, Some(1));
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    let ran = replay_elsewhere(Path::new("/nowhere.jsonl"), &[]);
    assert!(ran.stderr.contains("/nowhere.jsonl: cannot be opened"), "{}", ran.stderr);
}

#[test]
fn a_recording_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let file = place.home().join("recording.jsonl");
    let mut pty = start(&place, &["--model", "embedded/patterns", "--offline"], &file);
    pty.press("\x11");
    assert!(pty.end().success());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}
