//! Whole runs of the binary through servers that nobody here wrote. `.ci/peers` starts them; without their addresses in
//! the environment each test prints `skipped`, except where `CI` is set.

use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const INTENT: &str = "Create a python function that greets a user in greeting.py";

/// The variable's value; without it the test is skipped, or fails in CI.
fn peer(variable: &str) -> Option<String> {
    let value = std::env::var(variable).ok().filter(|v| !v.is_empty());
    if value.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{variable} is not set: run .ci/peers");
        println!("skipped: {variable} is not set; .ci/peers starts the servers");
    }
    value
}

/// A home of our own and an empty repository.
struct Place {
    home: TempDir,
    root: TempDir,
}

impl Place {
    fn new(config: &str) -> Place {
        let place = Place { home: TempDir::new().unwrap(), root: TempDir::new().unwrap() };
        fs::create_dir_all(place.home.path().join("config")).unwrap();
        fs::write(place.home.path().join("config/config.toml"), config).unwrap();
        place
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vibe-tui"));
        command
            .args(arguments)
            .current_dir(self.root.path())
            .env("VIBE_TUI_HOME", self.home.path())
            .env("PEER_KEY", "sk-peers")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

fn llama(url: &str) -> Place {
    let config = format!("model = \"peer/scripted\"\n[endpoints.peer]\nprotocol = \"chat\"\nbase_url = \"{url}/v1\"\n");
    Place::new(&config)
}

fn events(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
}

fn named<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|e| e["event"] == name).collect()
}

fn assert_greeting(root: &Path) {
    let text = fs::read_to_string(root.join("greeting.py")).unwrap();
    assert!(include_str!("../.ci/replies/run-code.txt").contains(&text), "{text}");
}

#[test]
fn a_run_through_llama_server_plans_writes_reviews_and_applies_with_the_servers_own_speed() {
    let Some(url) = peer("VIBE_PEER_LLAMA") else { return };
    let place = llama(&url);
    let output = place.run(&["run", "--json", "--accept", "all", INTENT]);
    let events = events(&output);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_greeting(place.root.path());
    let nodes: Vec<&str> = named(&events, "request").iter().map(|e| e["node"].as_str().unwrap()).collect();
    assert_eq!(nodes, ["planner", "executor", "reviewer"]);
    for answered in named(&events, "answered") {
        let timings = &answered["timings"];
        let own = timings["eval_tokens"].as_f64().unwrap() * 1000.0 / timings["eval_ms"].as_f64().unwrap();
        assert!((answered["tokens_per_second"].as_f64().unwrap() - own).abs() < 0.01);
        assert_eq!(answered["usage"]["estimated"], false);
    }
    assert_eq!(named(&events, "proposal")[0]["quality"], 0.9);
}

#[test]
fn a_run_through_litellm_applies_over_all_three_protocols() {
    let Some(url) = peer("VIBE_PEER_LITELLM") else { return };
    for (protocol, base) in
        [("chat", format!("{url}/v1")), ("responses", format!("{url}/v1")), ("messages", url.clone())]
    {
        let place = Place::new(&format!(
            "model = \"proxy/local\"\n[endpoints.proxy]\nprotocol = \"{protocol}\"\nbase_url = \"{base}\"\nkey_env = \"PEER_KEY\"\n"
        ));
        let output = place.run(&["run", "--accept", "all", INTENT]);
        assert_eq!(output.status.code(), Some(0), "{protocol}: {}", String::from_utf8_lossy(&output.stderr));
        assert_greeting(place.root.path());
    }
}

#[test]
fn a_check_that_fails_in_the_scratch_copy_leaves_the_repository_untouched() {
    let Some(url) = peer("VIBE_PEER_LLAMA") else { return };
    let place = llama(&url);
    let output = place.run(&["run", "--accept", "all", "--check", "test -e no-such-file", INTENT]);
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!place.root.path().join("greeting.py").exists());
}

#[test]
fn an_interrupt_in_the_middle_of_the_stream_ends_with_130_and_writes_nothing() {
    let Some(url) = peer("VIBE_PEER_LLAMA") else { return };
    let place = llama(&url);
    // "count" makes the model talk for long, whatever it is asked.
    let mut child = place
        .command(&["run", "--json", "--mode", "peer", "Explain how to count in the file count.py"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut seen, mut interrupted) = (Vec::new(), false);
    for line in lines.map_while(Result::ok) {
        if line.contains("\"event\":\"text\"") && !interrupted {
            interrupted = true;
            let pid = rustix::process::Pid::from_child(&child);
            rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        }
        seen.push(line);
        if seen.last().is_some_and(|l| l.contains("\"event\":\"result\"")) {
            break;
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(130), "{}", seen.join("\n"));
    assert_eq!(fs::read_dir(place.root.path()).unwrap().count(), 0);
}
