//! Search by meaning as its users have it: with a static model in a directory, with a server on this machine, with neither.

use super::place::{Place, Ran, wait_until};
use super::static_model_file;
use super::workbench;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

const FILES: [(&str, &str); 3] = [
    (
        "db.py",
        "class Depot:\n    def save(self, order):\n        return order\n\n\ndef store(order):\n    return order\n",
    ),
    ("figures.py", "def monthly_report():\n    return 1\n\n\ndef summary():\n    return 2\n"),
    ("main.go", "package main\n\nfunc main() {\n\tServe(8080)\n}\n\nfunc Serve(port int) {}\n"),
];

fn place() -> Place {
    let place = Place::new();
    FILES.iter().for_each(|(path, text)| place.write(path, text));
    place
}

fn with_model() -> Place {
    let place = place();
    static_model_file::write(&place.home().join("config/models/tiny"));
    place.configure("[search]\nembeddings = \"models/tiny\"\n");
    place
}

fn hits(ran: &Ran) -> Vec<Value> {
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
    let schema: Value = serde_json::from_str(include_str!("../../assets/search.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    lines.iter().for_each(|line| assert!(schema.is_valid(line), "{line}"));
    lines
}

#[test]
fn what_means_the_same_is_found_though_no_word_is_shared() {
    let place = with_model();
    let question = ["search", "--kind", "meaning", "--json", "persist purchases"];
    let found = hits(&place.run(&question));
    let names: Vec<&str> = found.iter().map(|hit| hit["symbol"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["save", "store"], "of those that are as like the first one first: {found:?}");
    assert!(found.iter().all(|hit| hit["kind"] == "meaning" && hit["score"].as_f64().unwrap() <= 1.01), "{found:?}");
    assert_eq!(hits(&place.run(&question)), found, "the same question has the same answer");
    let none = place.run(&["search", "--kind", "words", "persist purchases"]);
    assert_eq!(none.code, Some(1), "no word of it is here: {}", none.stdout);
    let all = place.run(&["search", "statistics"]);
    assert!(all.stdout.starts_with("# meaning\nfigures.py:"), "{all:?}");
    let unknown = place.run(&["search", "--kind", "meaning", "zebra"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(1), ""), "{unknown:?}");
}

#[test]
fn what_is_new_or_changed_is_found_by_the_next_question() {
    let place = with_model();
    let first = |question: &str| {
        hits(&place.run(&["search", "--kind", "meaning", "--json", question])).remove(0)["symbol"]["path"].clone()
    };
    assert_eq!(first("network"), "main.go");
    place.write("net.py", "def listen():\n    pass\n");
    place.write("main.go", "package main\n\nfunc main() {}\n");
    assert_eq!(first("network"), "net.py");
}

#[test]
fn without_a_model_it_is_said_how_to_add_one_and_everything_else_is_as_before() {
    let place = place();
    let ran = place.run(&["search", "--kind", "meaning", "persist"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    for part in ["config.toml", "[search]", "embeddings = ", "docs/CONTEXT.md", "--kind words"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    let question = ["context", "--json", "persist the purchases in store"];
    let (found, context) = (place.run(&["search", "order"]), place.run(&question));
    assert!(found.stderr.is_empty() && !found.stdout.contains("# meaning"), "{found:?}");
    assert!(place.run(&["doctor"]).stdout.contains("embeddings     none: search is by names, text and words"));
    static_model_file::write(&place.home().join("config/models/tiny"));
    place.configure("[search]\nembeddings = \"models/tiny\"\n");
    let with = place.run(&question);
    assert!(with.stdout.contains("like the request in meaning"), "{with:?}");
    assert!(place.run(&["doctor"]).stdout.contains("tiny (static model, 4 dimensions"));
    place.configure("");
    assert_eq!(place.run(&question).stdout, context.stdout, "byte for byte as before");
}

#[test]
fn a_model_that_is_broken_is_named_and_the_rest_goes_on() {
    let place = with_model();
    fs::write(place.home().join("config/models/tiny/tokenizer.json"), "{").unwrap();
    let asked = place.run(&["search", "--kind", "meaning", "persist"]);
    assert_eq!(asked.code, Some(2), "{asked:?}");
    assert!(asked.stderr.contains("models/tiny/tokenizer.json: is no tokenizer"), "{}", asked.stderr);
    let unasked = place.run(&["search", "summary"]);
    assert!(
        unasked.stdout.contains("# symbol\nfigures.py") && unasked.stderr.contains("tokenizer.json"),
        "{unasked:?}"
    );
    let context = place.run(&["context", "save the order"]);
    assert!(context.code == Some(0) && context.stdout.contains("db.py"), "{context:?}");
    assert!(context.stderr.contains("nothing is compared by meaning: "), "{}", context.stderr);
    let doctor = place.run(&["doctor"]);
    assert!(doctor.stdout.contains("! embeddings") && doctor.code == Some(1), "{doctor:?}");
    place.configure("[search]\nembeddings = \"http://192.0.2.1/v1\"\n");
    let remote = place.run(&["search", "--kind", "meaning", "persist"]);
    assert!(remote.code == Some(1) && remote.stderr.contains("search.remote = true"), "{remote:?}");
}

/// A server whose points count letters, and that remembers what it was asked.
struct Letters {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Letters {
    fn start() -> Letters {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream);
                let (mut length, mut line) = (0, String::new());
                while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
                    if let Some(n) = line.to_lowercase().strip_prefix("content-length:") {
                        length = n.trim().parse().unwrap();
                    }
                    line.clear();
                }
                let mut body = vec![0; length];
                if reader.read_exact(&mut body).is_err() {
                    continue;
                }
                let body: Value = serde_json::from_slice(&body).unwrap();
                let texts: Vec<String> = serde_json::from_value(body["input"].clone()).unwrap();
                let point = |text: &String| -> Vec<usize> { ('a'..='z').map(|c| text.matches(c).count()).collect() };
                let data: Vec<Value> =
                    texts.iter().enumerate().map(|(at, text)| json!({"index": at, "embedding": point(text)})).collect();
                heard.lock().unwrap().extend(texts);
                let answer = json!({"data": data, "model": body["model"]}).to_string();
                let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", answer.len());
                let _ = reader.get_mut().write_all((head + &answer).as_bytes());
            }
        });
        Letters { address, asked }
    }

    fn configure(&self, place: &Place, model: &str) {
        place.configure(&format!("[search]\nembeddings = \"{}\"\nmodel = \"{model}\"\n", self.address));
    }

    /// The texts asked for since the last time, without the one that finds out which model it is.
    fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.retain(|text| text != "code");
        asked
    }
}

#[test]
fn a_server_is_asked_once_for_each_text_and_again_for_what_changed_or_when_the_model_is_another() {
    let place = place();
    let server = Letters::start();
    server.configure(&place, "first");
    let ask = || hits(&place.run(&["search", "--kind", "meaning", "--json", "summary"]));
    assert!(ask().iter().any(|hit| hit["symbol"]["name"] == "summary"));
    let first = server.asked();
    assert_eq!(first.len(), 7 + 1, "every definition, and the question: {first:?}");
    ask();
    assert_eq!(server.asked(), ["summary"]);
    place.write("figures.py", "def monthly_report():\n    return 1\n\n\ndef totals():\n    return 2\n");
    ask();
    let changed = server.asked();
    assert!(changed.len() == 2 && changed[0].starts_with("totals."), "{changed:?}");
    place.write("figures.py", FILES[1].1);
    ask();
    assert_eq!(server.asked(), ["summary"], "back on the branch it was on");
    server.configure(&place, "second");
    ask();
    assert_eq!(server.asked().len(), 8);
}

#[test]
fn the_workbench_makes_points_while_nobody_waits_and_shows_why_a_file_is_in_the_prompt() {
    let place = place();
    let server = Letters::start();
    server.configure(&place, "m");
    let context = place.run(&["context", "fix it"]);
    assert_eq!((context.code, context.stderr.as_str()), (Some(0), ""), "what says nothing is not asked for");
    assert!(server.asked().iter().all(|text| !text.trim().is_empty()));
    fs::remove_dir_all(place.home().join("cache")).unwrap();
    let mut pty = workbench::open(&place, "edit", &[]);
    let seen = Mutex::new(Vec::new());
    wait_until("every definition has its point", || {
        let mut seen = seen.lock().unwrap();
        seen.extend(server.asked());
        seen.len() >= 7
    });
    workbench::ask(&mut pty, "Fix the summary of figures");
    wait_until("the request has its point", || server.asked().contains(&"summary figures".to_owned()));
    // The list of the prompt's items; the second one's reason stands below it.
    pty.press("\x1b[15~");
    pty.expect("in all ~");
    pty.press("\x1b[B");
    pty.expect("like the request in meaning");
    pty.press("\x11");
    assert!(pty.end().success());
}

#[test]
fn a_workbench_whose_model_is_missing_says_so_and_works_on() {
    let place = place();
    place.configure("[search]\nembeddings = \"models/none\"\n");
    let mut pty = workbench::open(&place, "edit", &[]);
    pty.expect("compared by meaning");
    place.write("shop.py", workbench::SHOP);
    workbench::ask(&mut pty, workbench::REQUEST_SHOP);
    workbench::at_gate(&pty);
    pty.press("\x11");
    assert!(pty.end().success());
}
