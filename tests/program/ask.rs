//! `vibe-tui run` on a terminal without `--accept`: it asks hunk by hunk.

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
    let cases: [(&[&str], u32, &str); 6] = [
        (&["y", "n"], 0, &total),
        (&["n", "y"], 0, &label),
        (&["a"], 0, &both),
        (&["y", "q"], 0, &total),
        (&["n", "whatever"], 3, SHOP),
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
