//! The intent parser against labelled requests, against hostile text, and against the clock.
//!
//! `cargo test --test intent -- --nocapture` prints the table of `docs/INTENT.md`. The held-out half is only ever counted:
//! its requests are not printed and nothing is tuned on it.

use proptest::prelude::*;
use serde::Deserialize;
use std::time::Instant;
use vibe_tui::domain::intent::{Action, Complexity, ConfidenceLevel, Target};
use vibe_tui::domain::language::Language;
use vibe_tui::intent::{FLOOR, LanguageSource, Reading, Vocabulary, parse};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    text: String,
    action: Option<Action>,
    #[serde(default)]
    targets: Vec<Target>,
    language: Option<Language>,
    #[serde(default)]
    frameworks: Vec<String>,
    complexity: Option<Complexity>,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    symbols: Vec<String>,
}

#[derive(Deserialize)]
struct Labelled {
    request: Vec<Request>,
}

fn labelled(text: &str) -> Vec<Request> {
    toml::from_str::<Labelled>(text).unwrap().request
}

fn development() -> Vec<Request> {
    labelled(include_str!("intent/development.toml"))
}

fn held_out() -> Vec<Request> {
    labelled(include_str!("intent/held_out.toml"))
}

fn read(text: &str) -> Reading {
    parse(text, Vocabulary::embedded())
}

fn sorted<T: Ord + Clone>(items: &[T]) -> Vec<T> {
    let mut items = items.to_vec();
    items.sort();
    items
}

/// Right answers and how many there could have been.
#[derive(Clone, Copy, Default)]
struct Share {
    right: usize,
    of: usize,
}

impl Share {
    fn add(&mut self, right: bool) {
        self.right += usize::from(right);
        self.of += 1;
    }

    fn percent(self) -> f64 {
        if self.of == 0 { f64::NAN } else { 100.0 * self.right as f64 / self.of as f64 }
    }
}

/// The share of right answers by field, and by confidence level for action and first target together.
#[derive(Default)]
struct Scores {
    fields: Vec<(&'static str, Share)>,
    levels: Vec<(ConfidenceLevel, Share)>,
}

impl Scores {
    fn field(&mut self, name: &'static str, right: bool) {
        if !self.fields.iter().any(|(n, _)| *n == name) {
            self.fields.push((name, Share::default()));
        }
        self.fields.iter_mut().find(|(n, _)| *n == name).unwrap().1.add(right);
    }

    fn percent(&self, name: &str) -> f64 {
        self.fields.iter().find(|(n, _)| *n == name).unwrap().1.percent()
    }
}

fn score(requests: &[Request], misses: &mut dyn FnMut(&Request, &str, String)) -> Scores {
    let mut scores =
        Scores { levels: ConfidenceLevel::ALL.iter().map(|l| (*l, Share::default())).collect(), ..Scores::default() };
    for request in requests {
        let Reading { intent, question, .. } = read(&request.text);
        let mut field = |name, right: bool, got: String| {
            scores.field(name, right);
            if !right {
                misses(request, name, got);
            }
        };
        field(
            "asks back exactly when nothing is clear",
            question.is_some() == request.action.is_none(),
            format!("{:.2}", intent.confidence),
        );
        field("language", intent.language == request.language, format!("{:?}", intent.language));
        field(
            "frameworks",
            sorted(&intent.frameworks) == sorted(&request.frameworks),
            format!("{:?}", intent.frameworks),
        );
        field("paths", sorted(&intent.paths) == sorted(&request.paths), format!("{:?}", intent.paths));
        field("symbols", sorted(&intent.symbols) == sorted(&request.symbols), format!("{:?}", intent.symbols));
        let first_is_right = intent.targets.first() == request.targets.first();
        if let Some(action) = request.action {
            field("action", intent.action == action, format!("{:?}", intent.action));
            field(
                "targets, as a set",
                sorted(&intent.targets) == sorted(&request.targets),
                format!("{:?}", intent.targets),
            );
            field("first target", first_is_right, format!("{:?}", intent.targets));
            field("complexity", Some(intent.complexity) == request.complexity, format!("{:?}", intent.complexity));
        }
        let is_right = request.action == Some(intent.action) && first_is_right;
        let level = intent.confidence_level();
        scores.levels.iter_mut().find(|(l, _)| *l == level).unwrap().1.add(is_right);
    }
    scores
}

fn print_table(halves: &[(&str, &Scores)]) {
    println!("| field | {} |\n|---|---|---|", halves.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(" | "));
    for (name, _) in &halves[0].1.fields {
        let cells: Vec<_> = halves.iter().map(|(_, s)| format!("{:.1} %", s.percent(name))).collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
    println!(
        "\n| confidence level | {} |\n|---|---|---|",
        halves.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(" | ")
    );
    for (i, (level, _)) in halves[0].1.levels.iter().enumerate() {
        let cells: Vec<_> =
            halves
                .iter()
                .map(|(_, s)| s.levels[i].1)
                .map(|s| {
                    if s.of == 0 {
                        "none".to_owned()
                    } else {
                        format!("{} of {} ({:.0} %)", s.right, s.of, s.percent())
                    }
                })
                .collect();
        println!("| {} | {} |", level.word(), cells.join(" | "));
    }
}

#[test]
fn labelled_requests_are_read_as_well_as_the_documentation_says() {
    let on_development = score(&development(), &mut |request, field, got| {
        if std::env::var_os("VIBE_INTENT_MISSES").is_some() {
            println!("{field}: {got} for: {}", request.text);
        }
    });
    let on_held_out = score(&held_out(), &mut |_, _, _| {});
    print_table(&[("development", &on_development), ("held-out", &on_held_out)]);
}
