//! `vibe-tui apply`: an answer on standard input becomes files, all of them or none.

use super::place::{PROGRAM, Place, Ran};
use super::pty::Pty;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;

fn apply(place: &Place, reply: &str, flags: &[&str]) -> Ran {
    let arguments: Vec<&str> = ["apply"].iter().chain(flags).copied().collect();
    let mut command = place.command(&arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // What is refused by its flags ends without reading.
    let _ = child.stdin.take().unwrap().write_all(reply.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

const BLOCK: &str = "### FILE: a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n";
const DIFF: &str = "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n-x = 1\n+x = 2\n y = 1\n";
const ENVELOPE: &str = "*** Begin Patch\n*** Update File: a.py\n@@\n-x = 1\n+x = 2\n*** End Patch\n";
const WHOLE: &str = "### FILE: a.py\n```python\nx = 2\ny = 1\n```\n";

#[test]
fn every_form_is_applied_and_a_dry_run_prints_a_patch_and_writes_nothing() {
    let forms = [("search-replace", BLOCK), ("unified", DIFF), ("apply-patch", ENVELOPE), ("whole", WHOLE)];
    for (form, reply) in forms {
        for flags in [vec![], vec!["--format", form]] {
            let place = Place::new();
            place.write("a.py", "x = 1\r\ny = 1");
            fs::set_permissions(place.root().join("a.py"), fs::Permissions::from_mode(0o755)).unwrap();
            let dry = apply(&place, reply, &[&flags[..], &["--dry-run"]].concat());
            assert_eq!((dry.code, dry.stderr.as_str()), (Some(0), ""), "{form}: {dry:?}");
            assert!(
                dry.stdout.starts_with("diff --git a/a.py b/a.py\n") && dry.stdout.contains("-x = 1\r\n+x = 2\r\n")
            );
            assert_eq!(place.read("a.py").as_deref(), Some("x = 1\r\ny = 1"), "{form}");
            let ran = apply(&place, reply, &flags);
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "changed a.py +1 -1\n"), "{form}: {ran:?}");
            assert_eq!(place.read("a.py").as_deref(), Some("x = 2\r\ny = 1"), "{form}");
            assert_eq!(fs::metadata(place.root().join("a.py")).unwrap().permissions().mode() & 0o777, 0o755);
        }
    }
}

#[test]
fn one_edit_that_does_not_fit_keeps_all_from_being_written_and_names_its_lines() {
    let place = Place::new();
    place.write("a.py", "x = 1\n");
    place.write("b.py", "def f(a):\n    return a\n\ndef g(a):\n    return a\n");
    let block =
        |search: &str| format!("{BLOCK}### FILE: b.py\n<<<<<<< SEARCH\n{search}=======\nnew\n>>>>>>> REPLACE\n");
    let table = [
        ("    return a\n", "2 places (lines 2, 5)", "    5 |     return a"),
        ("def f(b):\n    return a\n", "did you mean lines 1-2", "    1 | def f(a):"),
        ("nothing of the kind\n", "nothing in it comes near", ""),
    ];
    for (search, said, shown) in table {
        let ran = apply(&place, &block(search), &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(3), ""), "{ran:?}");
        assert!(ran.stderr.contains(said) && ran.stderr.contains(shown), "{}", ran.stderr);
        assert!(ran.stderr.ends_with("nothing was written\n"), "{}", ran.stderr);
        let json = apply(&place, &block(search), &["--json"]);
        let told: Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!((json.code, &told["fits"], &told["problems"][0]["path"]), (Some(3), &json!(false), &json!("b.py")));
    }
    let both =
        BLOCK.replace("### FILE: a.py\n", "### FILE: a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 0\n>>>>>>> REPLACE\n");
    let ran = apply(&place, &both, &[]);
    assert!(ran.code == Some(3) && ran.stderr.contains("a.py, edit 2") && ran.stderr.contains("edit 1 changes them"));
    assert!(ran.stderr.contains("    1 | x = 1"), "{}", ran.stderr);
    assert_eq!(place.read("a.py").as_deref(), Some("x = 1\n"));
    // Behind an edit that brings lines the numbers are those of the text that it leaves, and so are the lines.
    let first = "### FILE: b.py\n<<<<<<< SEARCH\ndef f(a):\n=======\n# one\n# two\ndef f(a):\n>>>>>>> REPLACE\n";
    let second = "<<<<<<< SEARCH\ndef g(b):\n    return a\n=======\nnew\n>>>>>>> REPLACE\n";
    let ran = apply(&place, &format!("{first}{second}"), &["--json"]);
    assert!(ran.stderr.contains("lines 6-7, 3-4? ") && ran.stderr.contains("as the edits before it leave the file"));
    assert!(ran.stderr.contains("    6 | def g(a):\n      7 |     return a\n"), "{}", ran.stderr);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(told["problems"][0]["near"][0], json!([6, "def g(a):"]));
    let ran = apply(&place, &format!("### FILE: b.py\n{second}"), &[]);
    assert!(ran.stderr.contains("    4 | def g(a):\n") && !ran.stderr.contains("counted"), "{}", ran.stderr);
    let again = apply(&place, BLOCK, &["--json"]);
    let told: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!((&told["written"], &told["files"][0]["added"]), (&json!(true), &json!(1)), "{again:?}");
    let twice = apply(&place, BLOCK, &[]);
    assert!(twice.code == Some(3) && twice.stderr.contains("already applied"), "{twice:?}");
}

#[test]
fn every_edit_that_cannot_be_used_is_told_of() {
    let place = Place::new();
    place.write("a.py", "x = 1\ny = 2\n");
    let reply =
        format!("### FILE: ../x\n```\nx\n```\n### FILE: /etc/y\n```\ny\n```\n{}", BLOCK.replace("x = 1", "x = 3"));
    let ran = apply(&place, &reply, &["--json"]);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    let problems = told["problems"].as_array().unwrap();
    let named: Vec<[&str; 2]> =
        problems.iter().map(|p| [&p["path"], &p["kind"]].map(|v| v.as_str().unwrap())).collect();
    assert_eq!(named, [["../x", "denied"], ["/etc/y", "denied"], ["a.py", "not_found"]]);
    assert!(ran.stderr.contains("did you mean line 1?"), "{}", ran.stderr);
    for (reply, hint) in [(BLOCK, "leave SEARCH empty"), (DIFF, "`--- /dev/null`"), (ENVELOPE, "`*** Add File:`")] {
        let ran = apply(&place, &reply.replace("a.py", "absent.py"), &[]);
        assert!(ran.code == Some(3) && ran.stderr.contains(hint), "{}", ran.stderr);
    }
}

#[test]
fn what_leads_out_runs_later_or_hides_something_is_refused() {
    let place = Place::new();
    place.write("a.py", "x = 1\n");
    fs::create_dir(place.root().join("dir")).unwrap();
    symlink("/etc/passwd", place.root().join("link")).unwrap();
    let new = |path: &str, text: &str| format!("### FILE: {path}\n```\n{text}```\n");
    for path in ["../out", "/tmp/out", ".git/config", ".GIT/config", "a/../../out", "dir", "link", "A.py", "~/x"] {
        let ran = apply(&place, &new(path, "x\n"), &[]);
        assert!(ran.code == Some(3) && !ran.stderr.is_empty(), "{path}: {ran:?}");
    }
    symlink("/tmp", place.root().join("outdir")).unwrap();
    symlink("dir", place.root().join("indir")).unwrap();
    for path in ["link", "outdir/z.py", "indir/z.py"] {
        let ran = apply(&place, &new(path, "x\n"), &["--json"]);
        let told: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!((ran.code, &told["problems"][0]["path"]), (Some(3), &json!(path)), "{ran:?}");
        assert_eq!(apply(&place, &new(path, "x\n"), &["--dry-run"]).code, Some(3), "{path}");
    }
    for link in ["outdir", "indir"] {
        fs::remove_file(place.root().join(link)).unwrap();
    }
    let ran = apply(&place, &new("Makefile", "all:\n"), &[]);
    assert!(ran.code == Some(3) && ran.stderr.contains("--allow-runs-later"), "{ran:?}");
    let hidden = new("b.py", "x = '\u{202e}'\n");
    let ran = apply(&place, &hidden, &[]);
    assert!(ran.code == Some(3) && ran.stderr.contains("line 1") && ran.stderr.contains("--allow-hidden"), "{ran:?}");
    assert_eq!(place.files(), ["a.py", "dir", "link"]);
    assert_eq!(apply(&place, &new("Makefile", "all:\n"), &["--allow-runs-later"]).code, Some(0));
    assert_eq!(apply(&place, &hidden, &["--allow-hidden"]).code, Some(0));
}

#[test]
fn an_answer_without_edits_in_another_form_or_cut_off_is_refused() {
    let place = Place::new();
    place.write("a.py", "x = 1\ny = 1\n");
    let cut = "### FILE: a.py\n```python\nx = 2\n";
    for (reply, flags, said) in [
        ("I have changed it.", vec![], "holds no edit"),
        (BLOCK, vec!["--format", "unified"], "another form than --format says: search-replace, not unified"),
        (BLOCK, vec!["--format", "search-replace"], ""),
        (WHOLE, vec!["--format", "unified"], "another form"),
        (WHOLE, vec!["--format", "apply-patch"], "another form"),
        (DIFF, vec!["--format", "apply-patch"], "another form than --format says: unified, not apply-patch"),
        (ENVELOPE, vec!["--format", "unified"], "another form"),
        ("--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+x\n", vec!["--format", "unified"], ""),
        ("*** Begin Patch\n*** Add File: n.py\n+x\n*** End Patch\n", vec!["--format", "apply-patch"], ""),
        ("### DELETE: a.py\n", vec!["--format", "unified"], ""),
        (cut, vec![], "ends in the middle"),
        // Where nobody said which, it is said as what it was read.
        (cut, vec![], "the answer was read as whole; nothing was written"),
        (&ENVELOPE.replace("x = 1", "z = 1"), vec![], "the answer was read as apply-patch; nothing was written"),
    ] {
        let ran = apply(&place, reply, &[&flags[..], &["--dry-run"]].concat());
        let fits = said.is_empty();
        assert_eq!(ran.code, Some(if fits { 0 } else { 3 }), "{reply}{ran:?}");
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
    }
    assert_eq!(apply(&place, "a\0b", &[]).code, Some(2));
    assert_eq!(apply(&place, BLOCK, &["--root", "nowhere"]).code, Some(2));
    assert_eq!(apply(&place, BLOCK, &["--format", "prose"]).code, Some(2));
}

#[test]
fn a_patch_on_a_terminal_is_shown_and_not_obeyed() {
    let place = Place::new();
    place.write("a.py", "x = 1\ny = 1\n");
    place.write("answer", &WHOLE.replace("x = 2", "x = 2 # \u{1b}]0;owned\u{7}\u{1b}[31m"));
    let line = format!("'{PROGRAM}' apply --dry-run --allow-hidden < answer");
    let mut pty = Pty::start(&["sh", "-c", &line], &place.root(), &place.environment(), (100, 20));
    pty.expect("+x = 2");
    assert_eq!(pty.end().exit_code(), 0);
    assert!(!pty.has_written("\u{1b}"), "{:?}", String::from_utf8_lossy(&pty.bytes()));
}

#[test]
fn the_first_line_of_a_file_with_a_byte_order_mark_is_changed_and_the_mark_stays() {
    let place = Place::new();
    place.write("a.py", "\u{feff}x = 1\ny = 1\n");
    let ran = apply(&place, BLOCK, &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "changed a.py +1 -1\n"), "{ran:?}");
    assert_eq!(place.read("a.py").as_deref(), Some("\u{feff}x = 2\ny = 1\n"));
}
