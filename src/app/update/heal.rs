//! Healing on the user's word: the working tree, or the attempt under review once more; and the ladder that a run gets.

use super::Step;
use crate::app::fact::Fact;
use crate::app::state::{Failed, State};
use crate::budget::choice::{Candidate, stronger};
use crate::domain::command_line;
use crate::domain::intent::{Action, Intent};
use crate::domain::message::Author;
use crate::domain::model::{ModelInfo, ModelRef};
use crate::graph::{Attempt, Ladder, Run, RunFact, RunSpec, Stage, Task};
use crate::intent::{self, Vocabulary};
use std::collections::BTreeMap;

/// The order that heals, as it is typed.
const ORDER: &str = "/heal";

/// What stands behind `/heal`, if that is what is typed.
pub(super) fn heal_order(text: &str) -> Option<&str> {
    let rest = text.trim().strip_prefix(ORDER)?;
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| rest.trim())
}

/// The paths of an order that heals; `None` where the text is none, or cannot be cut into words.
pub fn healed_paths(text: &str) -> Option<Vec<String>> {
    match heal_order(text)? {
        "" => Some(Vec::new()),
        paths => command_line::split(paths).ok(),
    }
}

/// What a session is called that begins with healing these.
fn name_of(paths: &[String]) -> String {
    match paths {
        [] => "Heal the working tree".to_owned(),
        [one] if one == "." => "Heal the working tree".to_owned(),
        [one] => format!("Heal {one}"),
        [first, others @ ..] => format!("Heal {first} and {} more", others.len()),
    }
}

/// Why an attempt that has not passed gives the healer nothing to do.
fn unmendable(attempt: &Attempt) -> String {
    let checks = attempt.report.iter().flat_map(|r| &r.checks);
    let not_run = checks.filter_map(|c| Some((c.command.trim(), c.not_run.as_deref()?)));
    let said: Vec<String> =
        not_run.map(|(command, why)| format!("`{command}` could not run: {}.", why.trim_end_matches('.'))).collect();
    format!("There is nothing to mend: no check found anything, but not all ran. {}", said.join(" "))
        .trim_end()
        .to_owned()
}

/// Which checks a proposal goes without, and why: said once when they were first left out, and once more to whoever relies on
/// the checks.
fn left_out(runs: &[Run]) -> Option<String> {
    let reports = runs.iter().flat_map(|run| &run.attempts).filter_map(|attempt| attempt.report.as_ref());
    let checks = reports.flat_map(|report| &report.checks).filter(|check| check.passed);
    let left_out: BTreeMap<&str, &str> =
        checks.filter_map(|check| Some((check.command.trim(), check.not_run.as_deref()?))).collect();
    let why = left_out.values().next()?.trim_end_matches('.');
    let commands: Vec<String> = left_out.keys().map(|command| format!("`{command}`")).collect();
    Some(format!("Healing without {}: {why}.", commands.join(", ")))
}

impl Step<'_> {
    /// `/heal`: at the gate the attempt under review, otherwise the working tree.
    pub(super) fn heal(&mut self, paths: &str) {
        let order = format!("{ORDER} {paths}").trim_end().to_owned();
        let Some(run) = self.state.session.active_run() else { return self.heal_tree(&order, paths) };
        if run.stage != Stage::Gate {
            return self.state.tell("A run is under way: wait for it, or stop it first.", Failed::Yes);
        }
        if !run.is_red() {
            let unchecked = run.attempt().filter(|a| a.report.as_ref().is_some_and(|r| !r.passed()));
            let (text, failed) = match unchecked {
                Some(attempt) => (unmendable(attempt), Failed::Yes),
                None => {
                    ("Nothing is wrong with this attempt. Apply or drop it to heal the tree.".to_owned(), Failed::No)
                }
            };
            return self.state.tell(text, failed);
        }
        self.post(Author::User, &order);
        self.state.review = self.state.review.anew();
        self.commit_run(RunFact::HealRequested);
        if let Some(text) = left_out(&self.state.session.runs) {
            self.state.tell(text, Failed::No);
        }
    }

    fn heal_tree(&mut self, order: &str, paths: &str) {
        if self.state.models.is_none() {
            self.state.waiting_request = Some(order.to_owned());
            return self.state.tell("Looking for models…", Failed::No);
        }
        let Some(model) = self.state.model_info().cloned() else {
            return self.state.tell("Choose a model first: /model lists them.", Failed::Yes);
        };
        let paths = match command_line::split(paths) {
            Ok(paths) => paths,
            Err(_) if paths.is_empty() => Vec::new(),
            Err(sentence) => return self.state.tell(sentence, Failed::Yes),
        };
        let text = match paths.as_slice() {
            [] => "Heal what the checks find".to_owned(),
            some => format!("Heal what the checks find in {}", some.join(" ")),
        };
        let read = intent::parse(&text, Vocabulary::embedded()).intent;
        let edits = self.state.settings.modes.iter().find(|m| m.edits);
        let mode = if self.state.mode().edits { self.state.mode() } else { edits.unwrap_or(self.state.mode()) }.clone();
        self.begin_session(&name_of(&paths));
        self.post(Author::User, order);
        let spec = RunSpec {
            id: self.state.session.next_run(),
            intent: Intent { text, action: Action::Fix, ..read },
            mode,
            ladder: ladder(self.state, &model),
            model,
            settings: self.state.settings.run.clone(),
            prompts: self.state.settings.prompts.clone(),
            task: Task::Heal { paths },
        };
        self.state.review = self.state.review.anew();
        self.commit(Fact::RunBegun { spec: Box::new(spec) });
        self.commit_run(RunFact::Started);
    }
}

/// The ladder of a run with this model: the configured models that are there, or this one and the next one up.
pub(super) fn ladder(state: &State, own: &ModelInfo) -> Ladder {
    let heal = &state.settings.heal;
    let find = |model: &ModelRef| state.candidates.iter().find(|c| c.info.reference == *model).cloned();
    let this = || state.priced(own);
    let mut models: Vec<Candidate> = Vec::new();
    for named in &heal.models {
        let found = named.as_ref().map_or_else(|| Some(this()), find);
        models.extend(found.filter(|c| models.iter().all(|m| m.info.reference != c.info.reference)));
    }
    if models.is_empty() {
        models.push(this());
        models.extend(stronger(&own.reference, &state.candidates).and_then(|s| find(&s.model)));
    }
    Ladder {
        models,
        max_tokens: heal.max_tokens,
        max_cost: heal.max_cost,
        try_seconds: heal.try_seconds,
        installs: heal.installs.clone(),
    }
}
