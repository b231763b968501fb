//! What a headless run says: the result on standard output, progress on standard error; or, with `--json`, one event a line.
//! The lines are made from the journal's facts, so that they tell what happened and nothing else. `docs/HEADLESS.md` is
//! their schema.

use super::headless::Exit;
use crate::app::{Dated, Effect, Fact, State, UNKNOWN_PRICE};
use crate::domain::clock::Timestamp;
use crate::domain::failure::Failure;
use crate::domain::install::Install;
use crate::domain::message::Author;
use crate::domain::past::Similar;
use crate::domain::rung::RungKind;
use crate::domain::safe_text::SafeText;
use crate::edit;
use crate::graph::{Attempt, PauseReason, Run, RunFact, Stage};
use serde_json::{Value, json};
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;

/// How progress is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Tells a headless run.
pub struct Reporter {
    style: Style,
    /// The stage last told, so that each is told once.
    activity: &'static str,
    proposal_told: Option<usize>,
    /// What the workbench said last, which is not said again as the reason of the end.
    said: String,
    /// Why checks could not run, as told.
    unrun: Vec<String>,
}

impl Reporter {
    /// A reporter that has told nothing.
    pub fn new(style: Style) -> Reporter {
        Reporter { style, activity: "", proposal_told: None, said: String::new(), unrun: Vec::new() }
    }

    /// Tells what an update did.
    pub fn effects(&mut self, effects: &[Effect], state: &State) {
        for effect in effects {
            if let Effect::Journal(entry) = effect {
                for dated in &entry.facts {
                    match self.style {
                        Style::Json => self.json_fact(dated, state),
                        Style::Text => self.text_fact(dated, state),
                    }
                }
            }
        }
        if self.style == Style::Text
            && let Some(node) = state.session.run().and_then(Run::active_node)
            && node.activity() != self.activity
        {
            self.activity = node.activity();
            tell_line(&format!("{}…", self.activity));
        }
    }

    fn text_fact(&mut self, dated: &Dated, state: &State) {
        match &dated.fact {
            Fact::Run { fact: RunFact::Answered { usage, cost, timings, .. }, .. } => {
                let mark = if usage.estimated { "~" } else { "" };
                let rate = timings.tokens_per_second().map(|r| format!(", {r:.1} tok/s")).unwrap_or_default();
                let most = if usage.estimated && cost.is_some_and(|c| c.0 > 0) { "at most " } else { "" };
                let cost = cost.map_or("price unknown".to_owned(), |c| format!("{most}{c}"));
                tell_line(&format!("  {mark}{} tokens in, {mark}{} out{rate}, {cost}", usage.input, usage.output));
            }
            Fact::Run { fact: RunFact::Validated { report, .. } | RunFact::Examined { report, .. }, .. } => {
                if let Some(line) = state.session.run().and_then(rung_text) {
                    tell_line(&line);
                }
                for finding in report.findings() {
                    let place = match finding.path.as_str() {
                        "" => String::new(),
                        path => format!("{}:{}: ", SafeText::line(path), finding.line),
                    };
                    let rule = finding.rule.as_ref().map(|rule| format!(" {rule}")).unwrap_or_default();
                    tell_line(&format!("  {place}{}{rule}: {}", finding.tool, finding.message.trim_end()));
                }
                for (check, why) in report.checks.iter().filter_map(|c| Some((c, c.not_run.as_ref()?))) {
                    tell_line(&format!("  not checked: {}: {why}", check.command));
                    self.unrun.push(why.trim_end_matches('.').to_owned());
                }
            }
            Fact::Run { fact: RunFact::Recalled { known, .. }, .. } => {
                for similar in &known.similar {
                    let [tool, rule, _, shape] = similar.parts();
                    tell_line(&format!(
                        "  {} “{shape}” {}",
                        format!("{tool} {rule}").trim_end(),
                        similar.words(dated.at)
                    ));
                }
                let run = state.session.run();
                for install in &known.installs {
                    let origin = run.map(|run| install.origin(run.is_the_models(install)));
                    let (what, module) = (if install.is_types { "types of " } else { "" }, &install.module);
                    let (origin, command) = (origin.unwrap_or_default(), install.command());
                    tell_line(&format!("  not installed: {what}{module} ({origin}): {command}"));
                    if !run.is_some_and(|run| run.spec.ladder.installs.contains(&install.package)) {
                        tell_line(&format!("  `--install {}` lets that run", install.package));
                    }
                }
            }
            Fact::Posted { message } if message.author == Author::Workbench => {
                self.said.clone_from(&message.text);
                tell_line(&message.text);
            }
            Fact::Remembered { memory } => tell_line(&format!("Remembered: {}", memory.text)),
            _ => {}
        }
    }

    fn json_fact(&mut self, dated: &Dated, state: &State) {
        let line = match &dated.fact {
            Fact::SessionBegun { name, .. } => {
                json!({"event": "session", "id": state.session.id, "name": name, "resumed": false})
            }
            Fact::RunBegun { spec } => json!({
                "event": "run", "run": spec.id, "model": spec.model.reference.to_string(), "mode": spec.mode.name,
                "intent": super::intent_json(&spec.intent),
            }),
            Fact::Posted { message } => json!({"event": "message", "author": message.author, "text": message.text}),
            Fact::Remembered { memory } => {
                json!({"event": "remembered", "kind": memory.kind, "text": memory.text, "source": memory.source})
            }
            Fact::Run { run, fact } => match run_line(fact, state) {
                Some(mut line) => {
                    line["run"] = json!(run);
                    line
                }
                None => return,
            },
            _ => return,
        };
        print_line(dated.at, line);
        if let Fact::Run { run, fact: RunFact::Validated { .. } | RunFact::Examined { .. } } = &dated.fact
            && let Some(mut line) = state.session.run().and_then(rung_line)
        {
            line["run"] = json!(run);
            print_line(dated.at, line);
        }
    }

    /// Tells of something that went wrong outside the run.
    pub fn trouble(&self, failure: &Failure, state: &State) {
        match self.style {
            Style::Text if self.said.contains(&failure.message) => {}
            Style::Text => tell_line(&failure.message),
            Style::Json => {
                let line = json!({"event": "trouble", "kind": failure.kind, "message": failure.message});
                print_line(state.now, line);
            }
        }
    }

    /// Asks what the request left open: on standard error whatever the style, since nothing else comes of it.
    pub fn question(&self, text: &str) {
        if self.style == Style::Json {
            tell_line(text);
        }
    }

    /// Tells what a paused run needs, beside that it is paused. In a session that was `named` it goes on with its own model.
    pub fn paused(&self, reason: &PauseReason, named: bool) {
        tell_line(match reason {
            PauseReason::Budget { scope, .. } if scope == UNKNOWN_PRICE => {
                "Choose another model with --model, or give its price in a file (`prices` in the configuration)."
            }
            PauseReason::Budget { scope, .. } if scope == "run" => {
                "Nothing was sent. Allow more with --budget, or choose another model with --model."
            }
            PauseReason::Budget { .. } => {
                "Nothing was sent. Allow more in `limits` of the configuration, or choose another model with --model."
            }
            PauseReason::Failed(_) if named => "The same request in the same session tries again.",
            PauseReason::Failed(_) => "Another model is chosen with --model.",
        });
    }

    /// Tells that the session was there already.
    pub fn resumed(&self, state: &State) {
        let session = &state.session;
        if self.style == Style::Json {
            let line = json!({"event": "session", "id": session.id, "name": session.name, "resumed": true});
            print_line(state.now, line);
        }
    }

    /// Shows the proposal, each attempt once. Whether it was shown now.
    pub fn proposal(&mut self, run: &Run, now: Timestamp) -> bool {
        let Some(attempt) = run.attempt().filter(|_| self.proposal_told != Some(run.chosen)) else { return false };
        self.proposal_told = Some(run.chosen);
        let pairs = attempt.changes.files.iter().zip(attempt.diff.iter());
        let patch: String = pairs.map(|(change, cut)| edit::patch(change, cut)).collect();
        match self.style {
            Style::Text => {
                let is_seen = std::io::stdout().is_terminal();
                print(&if is_seen { SafeText::new(&patch).into_string() } else { patch });
                let is_new =
                    |notice: &&String| !self.unrun.iter().any(|why| notice.contains(&format!("could not run: {why}")));
                run.notices.iter().filter(is_new).for_each(|notice| tell_line(SafeText::line(notice).as_str()));
            }
            Style::Json => {
                let files: Vec<Value> = attempt
                    .diff
                    .iter()
                    .map(|f| {
                        let (added, removed) = f.counts();
                        json!({"path": f.path, "hunks": f.hunks.len(), "added": added, "removed": removed,
                            "created": f.created, "deleted": f.deleted})
                    })
                    .collect();
                let passed = attempt.report.as_ref().map(|r| r.passed());
                let quality = attempt.verdict.as_ref().map(|v| v.score);
                let line = json!({"event": "proposal", "run": run.spec.id, "files": files, "patch": patch,
                    "checks_passed": passed, "quality": quality});
                print_line(now, line);
            }
        }
        true
    }

    /// Tells how it ended.
    pub fn finish(&mut self, state: &State, exit: Exit) {
        let run = state.session.run();
        match self.style {
            Style::Json => {
                let written: Vec<&str> = written(run);
                let spent = state.session.runs.iter().map(Run::spent).sum::<crate::domain::money::Money>();
                let line = json!({"event": "result", "exit": exit as u8, "session": state.session.name,
                    "session_id": state.session.id, "written": written, "spent_usd": spent.usd()});
                print_line(state.now, line);
            }
            Style::Text => {
                let answer = run.map(|r| r.answer.as_str()).unwrap_or_default();
                if exit == Exit::Done && !answer.is_empty() && written(run).is_empty() {
                    print(SafeText::new(&format!("{answer}\n")).as_str());
                }
                for path in written(run) {
                    tell_line(&format!("  {}", SafeText::line(path)));
                }
                let (waits, session) = (run.is_some_and(|r| r.stage == Stage::Gate), &state.session.name);
                let mut why = match (exit, run.and_then(Run::held_up)) {
                    (Exit::ChecksFailed, Some(unrun)) => format!("{unrun}, so nothing was written."),
                    (Exit::ChecksFailed, None) => "The checks do not pass, so nothing was written.".to_owned(),
                    _ => "Nothing was written.".to_owned(),
                };
                self.unrun.iter().for_each(|told| why = why.replace(&format!(" ({told})"), ""));
                if waits && !session.is_empty() && matches!(exit, Exit::NothingAccepted | Exit::ChecksFailed) {
                    tell_line(&format!(
                        "{why} The proposal waits in session “{session}”: open vibe-tui here to review it."
                    ));
                }
            }
        }
    }
}

fn written(run: Option<&Run>) -> Vec<&str> {
    let applied = run.and_then(|r| r.applied.as_ref());
    applied.map(|c| c.files.iter().map(|f| f.path.as_str()).collect()).unwrap_or_default()
}

fn run_line(fact: &RunFact, state: &State) -> Option<Value> {
    let run = state.session.run()?;
    Some(match fact {
        RunFact::ContextAssembled { bundle, .. } => {
            let items: Vec<Value> = bundle
                .items
                .iter()
                .map(|i| json!({"kind": i.kind, "label": i.label, "tokens": i.tokens, "reason": i.reason}))
                .collect();
            json!({"event": "context", "tokens": bundle.tokens, "budget": bundle.budget, "exact": bundle.exact, "items": items})
        }
        RunFact::RequestSent { request } => {
            let call = run.calls.iter().find(|c| c.id == *request)?;
            json!({"event": "request", "request": request, "node": call.node, "model": call.model.to_string()})
        }
        RunFact::TextReceived { request, text } => json!({"event": "text", "request": request, "text": text}),
        RunFact::ThinkingReceived { request, text } => json!({"event": "thinking", "request": request, "text": text}),
        RunFact::Answered { request, finish, usage, timings, cost } => json!({
            "event": "answered", "request": request, "finish": finish, "usage": usage, "timings": timings,
            "tokens_per_second": timings.tokens_per_second(), "cost_usd": cost.map(|c| c.usd()),
        }),
        RunFact::RequestFailed { request, failure } => {
            json!({"event": "request_failed", "request": request, "kind": failure.kind, "message": failure.message})
        }
        RunFact::BudgetRefused { scope, limit, used, asked, .. } => json!({
            "event": "budget_refused", "scope": scope, "limit_usd": limit.usd(), "used_usd": used.usd(), "asked_usd": asked.usd(),
        }),
        RunFact::Validated { report, .. } | RunFact::Examined { report, .. } => {
            json!({"event": "validated", "passed": report.passed(), "checks": report.checks})
        }
        RunFact::Recalled { known, .. } if !(known.installs.is_empty() && known.similar.is_empty()) => {
            let missing = |install: &Install| {
                json!({"module": install.module, "package": install.package, "command": install.command(),
                    "manifest": install.manifest, "named": install.is_named, "by_model": run.is_the_models(install)})
            };
            let missing: Vec<Value> = known.installs.iter().map(missing).collect();
            let similar: Vec<Value> = known.similar.iter().map(similar_json).collect();
            json!({"event": "recalled", "similar": similar, "missing": missing})
        }
        RunFact::Installed { installed, .. } => json!({
            "event": "installed", "package": installed.install.package, "command": installed.install.command(),
            "failure": installed.failure, "said": installed.said, "millis": installed.millis,
        }),
        RunFact::Decided { decisions } => json!({"event": "decided", "decisions": decisions}),
        RunFact::Applied { .. } => json!({"event": "applied", "files": written(Some(run))}),
        RunFact::ApplyFailed { failure, .. } => {
            json!({"event": "apply_failed", "kind": failure.kind, "message": failure.message})
        }
        RunFact::Cancelled => json!({"event": "cancelled"}),
        RunFact::Interrupted => json!({"event": "interrupted"}),
        _ => return None,
    })
}

/// What became of findings of a kind before.
pub fn similar_json(similar: &Similar) -> Value {
    let [tool, rule, class, message] = similar.parts();
    json!({"tool": tool, "rule": rule, "class": class, "message": message, "rungs": similar.tallies, "newest": similar.newest})
}

/// The newest attempt that is validated.
fn newest(run: &Run) -> Option<(usize, &Attempt)> {
    let at = run.attempts.iter().rposition(|a| a.report.is_some())?;
    Some((at, &run.attempts[at]))
}

/// How the newest attempt came about, for people; nothing for the first.
fn rung_text(run: &Run) -> Option<String> {
    let (at, attempt) = newest(run).filter(|(_, a)| a.rung.kind != RungKind::First)?;
    let rung = &attempt.rung;
    let model = rung.model.as_ref().map(|m| format!(" {m}")).unwrap_or_default();
    let what = if rung.what.is_empty() { String::new() } else { format!(": {}", rung.what) };
    let (before, after) = run.open_findings(at);
    let findings = before.zip(after).map(|(b, a)| format!(", findings {b} → {a}")).unwrap_or_default();
    Some(format!("  attempt {} by {}{model}{what}{findings}", at + 1, rung.kind.word()))
}

/// The same for programs, the first one too.
fn rung_line(run: &Run) -> Option<Value> {
    let (at, Attempt { rung, .. }) = newest(run)?;
    let (before, after) = run.open_findings(at);
    Some(json!({"event": "attempt", "attempt": at + 1, "rung": rung.kind.name(), "what": rung.what,
        "base": rung.base.map(|base| base + 1), "model": rung.model.as_ref().map(ToString::to_string),
        "tokens": rung.tokens, "estimated": rung.estimated, "cost_usd": rung.cost.map(|c| c.usd()),
        "millis": rung.millis, "findings_before": before, "findings_after": after}))
}

/// Text on standard error, made safe to show. That nobody can read it there is no reason to stop.
pub fn tell(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out.write_all(SafeText::new(text).as_str().as_bytes()).and_then(|()| out.flush());
}

/// A line on standard error.
pub fn tell_line(text: &str) {
    tell(&format!("{text}\n"));
}

/// Why standard output refused the first text that it did not take.
static REFUSED: OnceLock<String> = OnceLock::new();

/// Text on standard output. A closed pipe ends the output, not the program; anything else is [`refused`].
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => drop(REFUSED.set(error.to_string())),
        _ => {}
    }
}

/// A report on standard output; on a terminal with everything made visible that it would obey or hide.
pub fn print_report(text: &str) {
    match std::io::stdout().is_terminal() {
        true => print(SafeText::new(text).as_str()),
        false => print(text),
    }
}

/// What standard output did not take, and why: a full disk. `None` while all is well.
pub fn refused() -> Option<&'static str> {
    REFUSED.get().map(String::as_str)
}

fn print_line(at: Timestamp, mut line: Value) {
    line["at"] = json!(at);
    print(&format!("{line}\n"));
}
