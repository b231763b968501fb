//! `vibe-tui map` and `vibe-tui search`: what they print, that it is the same every time, and what they do with bad input.

use super::place::{PROGRAM, Place, Ran};
use super::pty::Pty;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

const FILES: [(&str, &str); 5] = [
    (
        "store.py",
        "\"\"\"Where orders are kept.\"\"\"\n\n\nclass OrderStore:\n    def save(self, order):\n        return order\n",
    ),
    ("shop.py", "from store import OrderStore\n\n\ndef checkout(order):\n    return OrderStore().save(order)\n"),
    ("report.py", "from store import OrderStore\n\n\ndef monthly_report():\n    return OrderStore()\n"),
    ("main.go", "package main\n\nfunc main() {\n\tServe(8080)\n}\n\nfunc Serve(port int) {}\n"),
    ("README.md", "# Shop\n"),
];

fn place() -> Place {
    let place = Place::new();
    for (path, text) in FILES {
        place.write(path, text);
    }
    place
}

fn validator(schema: &str) -> jsonschema::Validator {
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
}

fn fits(schema: &jsonschema::Validator, value: &Value) {
    let errors: Vec<String> = schema.iter_errors(value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}\n{value}");
}

fn done(ran: Ran) -> String {
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{}", ran.stdout);
    ran.stdout
}

#[test]
fn the_map_names_what_matters_with_its_heads_and_is_the_same_from_run_to_run() {
    let place = place();
    let first = done(place.run(&["map"]));
    for part in ["store.py\n", "class OrderStore", "def save(self, order)", "main.go\n", "func Serve(port int)"] {
        assert!(first.contains(part), "{part}:\n{first}");
    }
    assert_eq!(done(place.run(&["map"])), first, "warm");
    done(place.run(&["map", "--exact", "--json"]));
    assert_eq!(done(place.run(&["map"])), first, "after everything was made exact");
    fs::remove_dir_all(place.home().join("cache")).unwrap();
    assert_eq!(done(place.run(&["map"])), first, "cold again");
    let elsewhere = place.command(&["map", place.root().to_str().unwrap()]).current_dir("/").output().unwrap();
    assert_eq!(done(elsewhere.into()), first);
}

#[test]
fn the_same_question_about_the_same_files_is_answered_without_the_map_and_any_change_is_seen() {
    let place = place();
    // A file that changes within a tick of being read is read again: until none did, nothing is sure.
    std::thread::sleep(std::time::Duration::from_millis(50));
    let first = done(place.run(&["map"]));
    let index = place.home().join("cache/index");
    let forget = || {
        for entry in fs::read_dir(&index).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "answer") {
                fs::remove_file(path).unwrap();
            }
        }
    };
    forget();
    assert_eq!(done(place.run(&["map"])), first);
    assert_eq!(fs::read_dir(&index).unwrap().count(), 1, "no map was made");
    assert_ne!(done(place.run(&["map", "--budget", "20"])), first, "another question");
    forget();
    place.write("store.py", "class OrderStore:\n    def keep(self, order, price=0):\n        return order\n");
    let changed = done(place.run(&["map"]));
    assert!(changed.contains("def keep(self, order, price=0)"), "{changed}");
    fs::remove_file(place.root().join("main.go")).unwrap();
    let without = done(place.run(&["map"]));
    assert!(!without.contains("main.go") && without.contains("def keep"), "{without}");
}

#[test]
fn a_limit_on_the_size_of_files_is_told_with_the_file_and_costs_no_answer() {
    let place = place();
    let expected = done(place.run(&["map", "--json"]));
    fs::remove_dir_all(place.home().join("cache")).unwrap();
    for (arguments, part) in [(&["map", "--json"][..], expected.as_str()), (&["search", "OrderStore"], "store.py:4")] {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -f 1; exec \"$0\" \"$@\"", PROGRAM]).args(arguments);
        command.env_clear().envs(place.environment()).current_dir(place.root());
        let ran = Ran::from(command.output().unwrap());
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.stdout.contains(part), "{}", ran.stdout);
        assert!(ran.stderr.contains("is not kept for the next start: ") && ran.stderr.contains(".db: "), "{ran:?}");
    }
}

#[test]
fn the_programs_of_a_manifest_are_entry_points_and_links_are_counted_once() {
    let place = place();
    place.write("pyproject.toml", "[project.scripts]\nshop = \"shop:checkout\"\n");
    std::os::unix::fs::symlink("shop.py", place.root().join("again.py")).unwrap();
    let schema = validator(include_str!("../../assets/map.schema.json"));
    let map: Value = serde_json::from_str(&done(place.run(&["map", "--json"]))).unwrap();
    fits(&schema, &map);
    let summary = &map["summary"];
    assert_eq!(summary["entry_points"], serde_json::json!(["main.go", "shop.py"]));
    let languages = summary["languages"].as_array().unwrap();
    let python = languages.iter().find(|language| language["language"] == "python").unwrap();
    assert_eq!((&python["files"], &python["lines"]), (&3.into(), &16.into()), "{languages:?}");
}

#[test]
fn an_empty_answer_says_why() {
    let place = place();
    for (arguments, why) in [
        (&["map", "--budget", "0"][..], "the map is empty: nothing fits the budget"),
        (&["context", "--budget", "3", "save an order"], "the context is empty: nothing fits the budget"),
    ] {
        let ran = place.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
    }
    let ran = Place::new().run(&["map"]);
    assert!(ran.stderr.contains("there are no files here"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_mapped() {
    let place = place();
    fs::set_permissions(place.root(), fs::Permissions::from_mode(0o755)).unwrap();
    let closed = place.root().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let file = place.root().join("own.py");
    fs::write(&file, "x = 1\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o000)).unwrap();
    let output = place.bound_command(&["map"]).output();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    let Ok(output) = output else { return eprintln!("skipped: others may not run the program here") };
    let ran = Ran::from(output);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("closed is left out: permission denied"), "{}", ran.stderr);
    assert!(ran.stderr.contains("own.py is left out: it cannot be read"), "{}", ran.stderr);
    assert!(ran.stdout.contains("class OrderStore"), "{}", ran.stdout);
}

#[test]
fn a_map_is_never_over_its_budget_and_nothing_fits_into_none() {
    let place = place();
    let schema = validator(include_str!("../../assets/map.schema.json"));
    for budget in ["0", "1", "12", "40", "4000000000"] {
        let ran = done(place.run(&["map", "--json", "--budget", budget]));
        let value: Value = serde_json::from_str(&ran).unwrap();
        fits(&schema, &value);
        assert!(value["tokens"].as_u64().unwrap() <= budget.parse().unwrap(), "{value}");
        fs::write(place.home().join("map.txt"), value["map"].as_str().unwrap()).unwrap();
        let counted = done(place.run(&["tokens", "--json", place.home().join("map.txt").to_str().unwrap()]));
        let counted: Value = serde_json::from_str(&counted).unwrap();
        assert_eq!(counted["tokens"], value["tokens"], "as `tokens` counts it");
        assert_eq!(value["tokens"] == 0, value["map"] == "", "{value}");
        assert_eq!(value["summary"]["files"], 5);
    }
    for wrong in ["many", "-5", "4294967296"] {
        let ran = place.run(&["map", "--budget", wrong]);
        assert_eq!(ran.code, Some(2));
        assert!(
            ran.stderr.contains(&format!("'{wrong}'")) && ran.stderr.contains("a number of tokens"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_search_finds_names_lines_and_words() {
    let place = place();
    let schema = validator(include_str!("../../assets/search.schema.json"));
    let all = done(place.run(&["search", "orderstore"]));
    for part in ["# symbol\nstore.py:4: OrderStore: class", "# text\nreport.py:1: from store import"] {
        assert!(all.contains(part), "{part}:\n{all}");
    }
    let of = |arguments: &[&str]| -> Vec<Value> {
        let mut all = vec!["search", "--json"];
        all.extend(arguments);
        let lines: Vec<Value> = done(place.run(&all)).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.iter().for_each(|line| fits(&schema, line));
        lines
    };
    let symbols = of(&["--kind", "symbol", "OrderStore.save"]);
    assert_eq!(symbols.len(), 1);
    assert_eq!(
        (&symbols[0]["symbol"]["path"], &symbols[0]["symbol"]["container"]),
        (&"store.py".into(), &"OrderStore".into())
    );
    let lines = of(&["--kind", "text", r"^def \w+\("]);
    let found: Vec<_> =
        lines.iter().map(|hit| (hit["path"].as_str().unwrap(), hit["line"].as_u64().unwrap())).collect();
    assert_eq!(found, [("report.py", 4), ("shop.py", 4)]);
    assert_eq!(of(&["--kind", "text", "--limit", "1", "order"]).len(), 1);
    let none = place.run(&["search", "--kind", "text", "ORDER"]);
    assert_eq!(none.code, Some(1), "a capital letter asks for the case: {}", none.stdout);
    assert_eq!((none.stdout.as_str(), none.stderr.as_str()), ("", "vibe-tui: nothing was found for `ORDER`.\n"));
    let words = of(&["--kind", "words", "where are orders kept"]);
    assert!(words.iter().any(|hit| hit["path"] == "store.py"), "{words:?}");
    assert_eq!(place.run(&["search", "nothing-like-this"]).code, Some(1));
    assert_eq!(place.run(&["search", "  "]).code, Some(2), "nothing to look for");
    assert_eq!(place.run(&["search", "--limit", "0", "orderstore"]).code, Some(2), "none is asked for");
    assert_eq!(place.run(&["context", "  "]).code, Some(2), "nothing to do");
}

#[test]
fn what_is_found_is_shown_with_its_head_before_any_grammar_has_read_it() {
    let place = place();
    let found = done(place.run(&["search", "--kind", "symbol", "monthly"]));
    assert_eq!(found, "report.py:4: monthly_report: def monthly_report()\n");
    let words = done(place.run(&["search", "--kind", "words", "--json", "monthly report"]));
    assert!(words.contains("\"signature\":\"def monthly_report()\""), "{words}");
    place.write("report.py", "\n\ndef yearly_report(of): ...\n");
    let found = done(place.run(&["search", "--kind", "symbol", "yearly"]));
    assert_eq!(found, "report.py:3: yearly_report: def yearly_report(of)\n");
    done(place.run(&["map", "--exact", "--json"]));
    assert_eq!(done(place.run(&["search", "--kind", "symbol", "yearly"])), found);
}

#[test]
fn a_key_in_the_source_is_masked_in_the_map() {
    let place = place();
    place.write("settings.py", "OPENAI_API_KEY = \"sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD\"\n");
    for ran in [
        place.run(&["map"]),
        place.run(&["map", "--exact"]),
        place.run(&["search", "OPENAI_API_KEY", "--kind", "symbol"]),
    ] {
        let text = done(ran);
        assert!(text.contains("OPENAI_API_KEY") && !text.contains("abcdefghij"), "{text}");
    }
}

#[test]
fn a_source_that_is_not_utf_8_is_called_so_by_the_map_and_by_a_context() {
    let place = place();
    let late = format!("{}# caf\u{e9}\n", "x = 1\n".repeat(3000)).replace('é', "\u{0}").into_bytes();
    let late: Vec<u8> = late.into_iter().map(|byte| if byte == 0 { 0xe9 } else { byte }).collect();
    fs::write(place.root().join("latin.py"), b"# coding: latin-1\n# caf\xe9\ndef run(): pass\n").unwrap();
    fs::write(place.root().join("late.py"), late).unwrap();
    for _ in 0..2 {
        let map: serde_json::Value = serde_json::from_str(&done(place.run(&["map", "--json"]))).unwrap();
        assert_eq!(
            map["summary"]["oddities"]["not UTF-8"],
            serde_json::json!(["late.py", "latin.py"]),
            "{}",
            map["summary"]["oddities"]
        );
        assert!(map["summary"]["oddities"]["binary"].is_null(), "{}", map["summary"]["oddities"]);
    }
    let named = place.run(&["context", "fix latin.py"]);
    assert!(named.stderr.contains("`latin.py`: it is not UTF-8."), "{}", named.stderr);
}

#[test]
fn a_context_says_what_is_remembered_and_which_named_file_it_has_no_room_for() {
    let place = place();
    place.write("data.json", &format!("[{}1]\n", "\"widget\", ".repeat(9000)));
    done(place.run(&["memory", "add", "Prices", "are", "in", "cents."]));
    done(place.run(&["memory", "pin", "1"]));
    let listed = done(place.run(&["memory"]));
    let ask = |budget| place.run(&["context", "--budget", budget, "fix the widget names in data.json"]);
    let (roomy, tight) = (ask("4096"), ask("60"));
    assert!(roomy.stdout.contains("Remembered: Prices are in cents."), "{}", roomy.stdout);
    assert!(roomy.stdout.contains(" characters omitted …") && roomy.stderr.is_empty(), "{}", roomy.stderr);
    assert!(tight.stderr.contains("The model does not see `data.json`: there is no room for it."), "{}", tight.stderr);
    assert_eq!(done(place.run(&["memory"])), listed, "looking is no recall");
}

#[test]
fn a_pipe_gets_a_context_as_the_model_does_and_a_terminal_gets_marks_for_what_it_would_obey() {
    let place = place();
    let text = "\u{feff}def pay(cents):\n\treturn cents  # \u{1b}[31mred\u{202e}\r\n";
    place.write("pay.py", text);
    let arguments = ["context", "fix pay in pay.py"];
    let piped = done(place.run(&arguments));
    assert!(piped.contains(text), "{piped:?}");
    let words = [PROGRAM, arguments[0], arguments[1]];
    let terminal = Pty::start(&words, &place.root(), &place.environment(), (120, 40));
    terminal.expect("⟦U+FEFF⟧def pay(cents):");
    terminal.expect("    return cents  # ⟦U+001B⟧[31mred⟦U+202E⟧⟦U+000D⟧");
    assert!(!terminal.has_written("\u{1b}[31m") && !terminal.has_written("\u{202e}"));
}

#[test]
fn what_is_no_expression_is_looked_for_as_it_stands_unless_an_expression_was_asked_for() {
    let place = place();
    let found = done(place.run(&["search", "save(order"]));
    assert!(found.contains("shop.py:5:     return OrderStore().save(order)"), "{found}");
    let refused = place.run(&["search", "--kind", "text", "save(order"]);
    assert_eq!(refused.code, Some(2));
    assert_eq!(refused.stderr, "vibe-tui: `save(order` is no regular expression: unclosed group\n");
}

#[test]
fn hostile_names_and_lines_are_shown_with_their_marks() {
    let place = place();
    place.write("evil\u{202e}.py", "def x\u{1b}[31m(): pass  # needle\u{202e}\n");
    for ran in [place.run(&["map"]), place.run(&["search", "needle"])] {
        let text = done(ran);
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
    }
}

#[test]
fn a_directory_that_cannot_be_opened_is_an_error_of_the_call() {
    let place = place();
    for arguments in [&["map", "none"][..], &["search", "--cwd", "none", "x"]] {
        let ran = place.run(arguments);
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains("none"), "{}", ran.stderr);
    }
}

#[test]
fn a_map_that_is_killed_while_it_is_kept_is_made_whole_by_the_next() {
    let place = place();
    for number in 0..600 {
        place
            .write(&format!("f{number}.py"), &format!("def function_{number}(a, b):\n    return shared_{number}(a)\n"));
    }
    let whole = done(place.run(&["map", "--budget", "3000"]));
    fs::remove_dir_all(place.home().join("cache")).unwrap();
    for pause in [1, 3, 10, 20, 40, 80, 160, 320] {
        let mut child = place.command(&["map"]).stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(done(place.run(&["map", "--budget", "3000"])), whole, "after {pause} ms");
        if pause % 2 == 0 {
            fs::remove_dir_all(place.home().join("cache")).unwrap();
        }
    }
}
