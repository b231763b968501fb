//! The user's own editor on a file of the proposal: what it saves is proposed, and the repository is not touched.

use super::place::{PROGRAM, Place, script};
use super::pty::Pty;
use super::workbench::{REQUEST_SHOP, SHOP, ask, at_gate};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// The workbench at the gate, with this as `EDITOR`.
fn open(place: &Place, editor: &str) -> Pty {
    place.write("shop.py", SHOP);
    let script = script("edit");
    let mut environment = place.environment();
    environment.push(("EDITOR".to_owned(), editor.to_owned()));
    let words = [PROGRAM, "--script", script.to_str().unwrap(), "--script-speed", "0"];
    let mut pty = Pty::start(&words, &place.root(), &environment, (120, 40));
    pty.expect("scripted/script");
    ask(&mut pty, REQUEST_SHOP);
    at_gate(&pty);
    pty
}

/// A program that does this to the file that it is given.
fn editor(place: &Place, does: &str) -> String {
    let path = place.home().join("editor");
    fs::write(&path, format!("#!/bin/sh\n{does}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

#[test]
fn what_the_editor_saves_is_proposed_and_only_a_yes_writes_it() {
    let place = Place::new();
    // It has the terminal: what it prints is seen, what is typed is its own.
    let does =
        "printf 'ready? '; read answer; echo \"# $answer\" >> \"$1\"; case \"$1\" in */shop.py) ;; *) exit 1;; esac";
    let mut pty = open(&place, &editor(&place, does));
    pty.press("o");
    pty.expect("ready? ");
    pty.look(|screen| assert!(!screen.alternate_screen(), "the terminal is lent"));
    pty.press("by hand\r");
    pty.expect("Your change is in the proposal and passes the checks.");
    assert_eq!(place.read("shop.py").as_deref(), Some(SHOP), "written before a yes");
    pty.press("Aww");
    pty.expect("Written: 1 file");
    assert!(place.read("shop.py").unwrap().ends_with("# by hand\n"));
    assert_eq!(place.files(), ["shop.py"]);
    pty.press("\x11");
    assert!(pty.end().success());
    pty.assert_restored();
}

#[test]
fn an_editor_that_is_missing_or_fails_is_said_and_changes_nothing() {
    for (command, said) in [
        ("no-such-editor --wait", "`no-such-editor` cannot be started"),
        ("false", "nothing was changed"),
        ("vi && echo", "which has `&`"),
    ] {
        let place = Place::new();
        let mut pty = open(&place, command);
        pty.press("o");
        pty.expect(said);
        pty.press("Aww");
        pty.expect("Written: 1 file");
        pty.press("\x11");
        assert!(pty.end().success(), "{command}");
    }
}

#[test]
fn what_the_editor_leaves_must_be_text() {
    let place = Place::new();
    let mut pty = open(&place, &editor(&place, "printf '\\377\\376' > \"$1\""));
    pty.press("o");
    pty.expect("it is not UTF-8");
    pty.press("\x11");
    assert!(pty.end().success());
}
