//! The terminal is given back, whichever way the program ends or stops.

use super::place::{PROGRAM, Place, REQUEST, script, wait_until};
use super::pty::Pty;
use super::workbench::{ask, open};
use rustix::process::Signal;
use vibe_tui::app::Mouse;
use vibe_tui::runtime::Guard;

#[test]
fn every_signal_that_ends_the_program_gives_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let place = Place::new();
        let mut pty = open(&place, "greet", &["--script-speed", "0.2"]);
        ask(&mut pty, REQUEST);
        pty.expect("planning");
        pty.look(|screen| assert!(screen.alternate_screen() && screen.bracketed_paste()));
        pty.signal(signal);
        let status = pty.end();
        assert!(status.success(), "{signal:?}: {status:?}");
        pty.assert_restored();
        // What was under way goes on at the next start.
        let listed = place.run(&["sessions"]);
        assert!(listed.stdout.contains("halted"), "{signal:?}: {}", listed.stdout);
    }
}

/// The variable by which a test starts its own binary on a pseudo-terminal, to panic there.
const PANIC: &str = "VIBE_TUI_TEST_PANIC";

#[test]
fn a_panic_in_any_thread_gives_the_terminal_back_before_its_message() {
    if std::env::var_os(PANIC).is_some() {
        let (_guard, _screen) = Guard::take(Mouse::Captured).unwrap();
        std::thread::spawn(|| panic!("deliberately")).join().unwrap_err();
        // The guard is alive still: it was the panic that gave the terminal back.
        std::thread::sleep(std::time::Duration::from_millis(400));
        std::process::exit(7);
    }
    let place = Place::new();
    let mut environment = place.environment();
    environment.push((PANIC.to_owned(), "1".to_owned()));
    let own = std::env::current_exe().unwrap();
    let name = "terminal::a_panic_in_any_thread_gives_the_terminal_back_before_its_message";
    let words = [own.to_str().unwrap(), "--exact", name, "--nocapture"];
    let mut pty = Pty::start(&words, &place.root(), &environment, (120, 40));
    assert_eq!(pty.end().exit_code(), 7);
    assert!(pty.has_written("\x1b[?1049h"), "the terminal was never taken");
    pty.assert_restored();
    let bytes = String::from_utf8_lossy(&pty.bytes()).into_owned();
    let (left, told) = (bytes.rfind("\x1b[?1049l").unwrap(), bytes.find("deliberately").unwrap());
    assert!(left < told, "the message went to the alternate screen");
}

/// The workbench, started from an interactive shell with job control, with this flag more.
fn shell(place: &Place, flag: &str) -> Option<Pty> {
    let found = std::process::Command::new("bash").arg("-c").arg("true").status().is_ok_and(|s| s.success());
    if !found {
        eprintln!("skipped: no bash here");
        return None;
    }
    let mut environment = place.environment();
    environment.push(("PS1".to_owned(), "ready> ".to_owned()));
    let mut pty =
        Pty::start(&["bash", "--norc", "--noprofile", "--noediting", "-i"], &place.root(), &environment, (120, 40));
    pty.expect("ready>");
    let script = script("greet");
    pty.press(&format!("{PROGRAM} --script {} {flag}\r", script.display()));
    pty.expect("scripted/script");
    Some(pty)
}

/// The process that the shell has started.
fn child(pty: &Pty) -> rustix::process::Pid {
    let children = format!("/proc/{0}/task/{0}/children", pty.pid());
    let mut found = None;
    wait_until("the shell's child is there", || {
        let listed = std::fs::read_to_string(&children).unwrap_or_default();
        found = listed.split_whitespace().next().and_then(|pid| pid.parse().ok());
        found.is_some()
    });
    rustix::process::Pid::from_raw(found.unwrap()).unwrap()
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_takes_it_again() {
    let place = Place::new();
    let Some(mut pty) = shell(&place, "") else { return };
    pty.look(|screen| assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::PressRelease));
    pty.press("half a sentence");
    pty.expect("half a sentence");
    for round in 0..2 {
        pty.press("\x1a");
        pty.expect("Stopped");
        pty.assert_restored();
        pty.press(&format!("echo in the $((40 + {round})) shell\r"));
        pty.expect(&format!("in the {} shell", 40 + round));
        // A size that nobody tells a stopped program of.
        let size = if round == 0 { (100, 30) } else { (110, 35) };
        pty.resize(size.0, size.1);
        pty.press("fg\r");
        pty.expect_that("the workbench again", |s| s.contains("half a sentence") && s.contains("free"));
        pty.expect_that("all of the new width", |s| {
            s.lines().next().is_some_and(|l| l.trim_end().chars().count() > 94)
        });
        pty.look(|screen| {
            assert!(screen.alternate_screen() && screen.bracketed_paste());
            assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::PressRelease);
        });
        // Size changes and keys arrive as before.
        pty.resize(120, 40);
        pty.expect_that("all of the next width", |s| {
            s.lines().next().is_some_and(|l| l.trim_end().chars().count() > 114)
        });
        pty.press("!");
        pty.expect_that("the key", |s| s.contains("sentence!"));
        pty.press("\x7f");
    }
    pty.press("\x11");
    pty.expect("ready>");
    pty.settle();
    pty.assert_restored();
}

#[test]
fn a_key_that_comes_together_with_a_size_change_is_acted_on_at_once() {
    let place = Place::new();
    let mut pty = open(&place, "greet", &[]);
    for round in 0..300 {
        let letter = char::from(b'A' + round as u8 % 26).to_string();
        let (width, typed) = (100 + round % 2 * 20, format!("\u{2503}{letter}{letter} "));
        pty.press(&letter);
        pty.resize(width, 30);
        // The two meet in one poll only now and then: the distance between them is varied.
        std::thread::sleep(std::time::Duration::from_micros(u64::from(round) % 50 * 4));
        pty.press(&letter);
        pty.expect_that("the key and the size", |screen| {
            let wide = screen.lines().next().is_some_and(|l| l.trim_end().chars().count() > usize::from(width) - 6);
            wide && screen.contains(&typed)
        });
        pty.press("\x7f\x7f");
    }
}

#[test]
fn a_size_that_changed_while_it_was_stopped_is_in_the_recording() {
    let place = Place::new();
    let file = place.home().join("recording.jsonl");
    let Some(mut pty) = shell(&place, &format!("--record {}", file.display())) else { return };
    for size in [(100, 30), (60, 20), (119, 41)] {
        pty.press("\x1a");
        pty.expect("Stopped");
        pty.resize(size.0, size.1);
        pty.press("clear; fg\r");
        pty.expect("free");
        pty.settle();
    }
    pty.press("\x11");
    pty.settle();
    let replayed = vibe_tui::runtime::replay(&file).unwrap();
    assert_eq!(replayed.different, Vec::<usize>::new(), "of {} frames", replayed.frames.len());
    assert_eq!(replayed.state.unwrap().size, (119, 41));
}

#[test]
fn a_mouse_left_to_the_terminal_stays_there_after_fg() {
    let place = Place::new();
    let Some(mut pty) = shell(&place, "") else { return };
    let mouse = |pty: &Pty| pty.look(|screen| screen.mouse_protocol_mode());
    pty.press("\x10");
    pty.press("use the mouse");
    pty.expect("Use the mouse here");
    pty.press("\r");
    wait_until("the mouse is left", || mouse(&pty) == vt100::MouseProtocolMode::None);
    pty.press("\x1a");
    pty.expect("Stopped");
    pty.press("fg\r");
    pty.expect("free");
    pty.settle();
    assert_eq!(mouse(&pty), vt100::MouseProtocolMode::None);
}

#[test]
fn a_stop_signal_from_elsewhere_is_like_ctrl_z_and_a_hard_stop_is_mended_when_it_goes_on() {
    let place = Place::new();
    let Some(mut pty) = shell(&place, "") else { return };
    let pid = child(&pty);
    rustix::process::kill_process(pid, Signal::TSTP).unwrap();
    pty.expect("Stopped");
    pty.assert_restored();
    pty.press("fg\r");
    pty.expect("free");
    pty.settle();
    // This one cannot be caught: nothing is restored, but coming back sets everything again.
    rustix::process::kill_process(pid, Signal::STOP).unwrap();
    pty.settle();
    pty.press("fg\r");
    pty.settle();
    pty.expect("free");
    pty.press("works");
    pty.expect("works");
    pty.press("\x11");
    pty.settle();
    pty.assert_restored();
}

#[test]
fn without_a_shell_ctrl_z_says_so_and_does_not_stop_for_ever() {
    let place = Place::new();
    let mut pty = open(&place, "greet", &[]);
    pty.press("\x1a");
    pty.expect("There is no shell here");
    pty.press("\x11");
    assert!(pty.end().success());
}

/// The session of the parent began outside of the container, so its number there is 0.
#[test]
fn in_a_container_that_was_entered_from_outside_ctrl_z_says_the_same() {
    let place = Place::new();
    let alone = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];
    if !std::process::Command::new(alone[0]).args(&alone[1..]).arg("true").status().is_ok_and(|status| status.success())
    {
        return eprintln!("skipped: cannot mount /proc in a namespace here");
    }
    let script = script("greet");
    let (program, script) = (env!("CARGO_BIN_EXE_vibe-tui"), script.to_str().unwrap());
    let words: Vec<&str> =
        alone.into_iter().chain(["sh", "-c", "\"$0\" --script \"$1\"; exit $?", program, script]).collect();
    let mut pty = Pty::start(&words, &place.root(), &place.environment(), (120, 40));
    pty.expect("scripted/script");
    pty.press("\x1a");
    pty.expect("There is no shell here");
    pty.press("\x11");
    assert!(pty.end().success());
}

#[test]
fn a_terminal_that_cannot_place_its_cursor_is_refused_with_what_works_there() {
    let place = Place::new();
    let mut environment = place.environment();
    environment.retain(|(name, _)| name != "TERM");
    environment.push(("TERM".to_owned(), "dumb".to_owned()));
    let mut pty = Pty::start(&[PROGRAM], &place.root(), &environment, (120, 40));
    pty.expect("use `vibe-tui run INTENT`");
    assert!(!pty.end().success());
    assert!(!pty.has_written("\x1b["), "no escape sequence goes to it");
}

#[test]
fn a_mouse_that_the_configuration_leaves_to_the_terminal_is_never_taken() {
    let place = Place::new();
    place.configure("[screen]\nmouse = false\n");
    let mut pty = open(&place, "greet", &[]);
    pty.settle();
    pty.look(|screen| assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None));
    // The first toggle takes it: the state knows how it began.
    pty.press("\x10");
    pty.press("use the mouse");
    pty.expect("Use the mouse here");
    pty.press("\r");
    wait_until("the mouse is taken", || {
        pty.look(|screen| screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None)
    });
}
