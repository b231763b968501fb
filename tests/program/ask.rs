//! What asks on the terminal: `vibe-tui run` without `--accept`, hunk by hunk, and `vibe-tui doctor --approve`.

use super::place::{PROGRAM, Place, script};
use super::pty::Pty;

const SHOP: &str = "def total(price, count):\n    return price * count\n\n\ndef a():\n    pass\n\n\ndef b():\n    pass\n\n\ndef label(amount):\n    return \"€ \" + str(amount)\n";

fn run(place: &Place, script_name: &str) -> Pty {
    place.write("shop.py", SHOP);
    let script = script(script_name);
    let request = "Fix the rounding of amounts in shop.py";
    let words = [PROGRAM, "run", "--script", script.to_str().unwrap(), "--script-speed", "0", request];
    Pty::start(&words, &place.root(), &place.environment(), (120, 50))
}

#[test]
fn each_hunk_is_asked_about_and_only_those_with_a_yes_are_written() {
    let total = SHOP.replace("return price * count", "return round(price * count, 2)");
    let label = SHOP.replace("\"€ \" + str(amount)", "f\"€ {amount:.2f}\"");
    let both = label.replace("return price * count", "return round(price * count, 2)");
    let cases: [(&[&str], u32, &str); 7] = [
        (&["y", "n"], 0, &total),
        (&["n", "y"], 0, &label),
        (&["a"], 0, &both),
        (&["y", "q"], 0, &total),
        (&["yes", "No"], 0, &total),
        (&["n", "quit"], 3, SHOP),
        (&["\x04"], 3, SHOP),
    ];
    for (answers, code, text) in cases {
        let place = Place::new();
        let mut pty = run(&place, "edit");
        for (number, answer) in answers.iter().enumerate() {
            pty.expect(&format!("accept hunk {} of 2", number + 1));
            pty.press(answer);
            if *answer != "\x04" {
                pty.press("\r");
            }
        }
        assert_eq!(pty.end().exit_code(), code, "{answers:?}\n{}", pty.screen());
        assert_eq!(place.read("shop.py").as_deref(), Some(text), "{answers:?}");
    }
}

#[test]
fn a_file_that_changes_while_it_is_asked_is_asked_about_again_and_the_last_answer_counts() {
    let mine = SHOP.replace("def a():\n    pass", "def a():\n    return 1");
    let label = mine.replace("\"€ \" + str(amount)", "f\"€ {amount:.2f}\"");
    for (answers, code, text) in [(["n", "n"], 3, &mine), (["n", "y"], 0, &label)] {
        let place = Place::new();
        let mut pty = run(&place, "edit");
        for first in ["accept hunk 1 of 2", "accept hunk 2 of 2"] {
            pty.expect(first);
            place.write("shop.py", &mine);
            pty.press("y\r");
        }
        for (number, answer) in answers.iter().enumerate() {
            let question = format!("accept hunk {} of 2", number + 1);
            pty.expect_that(&question, |screen| {
                screen.split("attempt 2 by rebase").nth(1).is_some_and(|after| after.contains(&question))
            });
            pty.press(&format!("{answer}\r"));
        }
        assert_eq!(pty.end().exit_code(), code, "{answers:?}\n{}", pty.screen());
        assert_eq!(place.read("shop.py").as_ref(), Some(text), "{answers:?}\n{}", pty.screen());
    }
}

#[test]
fn an_answer_that_is_none_of_those_offered_is_asked_for_again() {
    let place = Place::new();
    let mut pty = run(&place, "edit");
    pty.expect("accept hunk 1 of 2");
    pty.press("whatever\r");
    pty.expect("Please say y, n, a or q.");
    pty.press("all\r");
    assert_eq!(pty.end().exit_code(), 0, "{}", pty.screen());
    assert_ne!(place.read("shop.py").as_deref(), Some(SHOP));
}

#[test]
fn all_does_not_include_files_that_run_by_themselves_which_are_asked_about_alone() {
    for (answer, files) in [("y", &["Makefile", "greet.py", "shop.py"][..]), ("n", &["greet.py", "shop.py"])] {
        let place = Place::new();
        let mut pty = run(&place, "later");
        pty.expect("Makefile: accept hunk 1 of 1 (runs by itself later");
        pty.press(answer);
        pty.press("\r");
        pty.expect("greet.py: accept hunk 1 of 1?");
        pty.press("a\r");
        assert_eq!(pty.end().exit_code(), 0, "{}", pty.screen());
        assert_eq!(place.files(), files);
    }
}

#[test]
fn an_interrupt_while_it_asks_ends_it_with_nothing_written() {
    let place = Place::new();
    let mut pty = run(&place, "edit");
    pty.expect("accept hunk 1 of 2");
    pty.press("\x03");
    assert_eq!(pty.end().exit_code(), 130, "{}", pty.screen());
    assert_eq!(place.read("shop.py").as_deref(), Some(SHOP));
}

#[test]
fn what_a_project_suggests_counts_once_it_was_shown_and_approved_and_until_it_changes() {
    let place = Place::new();
    place.write(".vibe-tui.toml", "[suggest]\ncheck = \"false\"\nmode = \"sdet\"\n");
    let request = "Create a greeting function in greet.py";
    let run = || place.scripted("heal", &["--accept", "none", request]);
    let before = run();
    assert_eq!(before.code, Some(3), "{}", before.stderr);
    for said in [".vibe-tui.toml suggests", "\"false\"", "sdet", "vibe-tui doctor --approve"] {
        assert!(before.stderr.contains(said), "`{said}`: {}", before.stderr);
    }
    let approve = |answer: &str| {
        let mut pty = Pty::start(&[PROGRAM, "doctor", "--approve"], &place.root(), &place.environment(), (100, 20));
        pty.expect("false");
        pty.expect("Use this here from now on");
        pty.press(answer);
        pty.end().exit_code()
    };
    assert_eq!(approve("n\r"), 1);
    assert_eq!(run().code, Some(3));
    assert_eq!(approve("y\r"), 0);
    // The check that was approved now fails.
    let after = run();
    assert_eq!(after.code, Some(4), "{}", after.stderr);
    assert!(!after.stderr.contains("suggests"), "{}", after.stderr);
    place.write(".vibe-tui.toml", "[suggest]\ncheck = \"false \"\n");
    assert_eq!(run().code, Some(3), "an approval outlived what it was for");
    // Nobody can be asked here.
    assert_eq!(place.run(&["doctor", "--approve"]).code, Some(2));
}
