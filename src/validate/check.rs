//! Runs one tool in a scratch copy and reads its report; and says what it means beside the base's.
//!
//! A tool that could not do its work on the base either (broken configuration, dependencies that are not there) says
//! nothing about a change: it is left out, and that is said. One that breaks on the change alone is an error of the change.

use super::Policy;
use super::denial;
use super::differential::{self, Key};
use super::plan::Spec;
use super::project::Program;
use super::report::{last_lines, plain};
use super::runner::{Ended, Keep, Outcome, Place, RunError, run_keeping};
use super::tool::{Said, Tool, finding};
use crate::domain::finding::{CheckResult, Finding, Severity, Strategy};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Bytes of a file that is read for places in it.
const MAX_TEXT: u64 = 4 << 20;

/// A scratch copy that tools may run in.
#[derive(Clone, Debug)]
pub struct Copy {
    /// Its top.
    pub root: PathBuf,
    /// What a tool may do there.
    pub policy: Policy,
    /// How long one may take.
    pub deadline: Duration,
    /// Commands of which something may still be running, in clones of this, too.
    running: Arc<AtomicUsize>,
}

impl Copy {
    /// A copy in which nothing has run.
    pub fn new(root: impl Into<PathBuf>, policy: Policy, deadline: Duration) -> Copy {
        Copy { root: root.into(), policy, deadline, running: Arc::default() }
    }

    /// Whether everything that was started in it is seen to be gone. What ran when its future was dropped is not.
    pub fn is_left(&self) -> bool {
        self.running.load(Ordering::Acquire) == 0
    }

    pub(super) async fn run(&self, keep: Keep, argv: &[String], dir: &str) -> Result<Outcome, RunError> {
        self.running.fetch_add(1, Ordering::AcqRel);
        let ran = run_keeping(keep, argv, Place { root: &self.root, dir }, self.deadline, &self.policy).await;
        let gone = match &ran {
            Ok(outcome) => outcome.gone,
            Err(RunError::NoSandbox(_) | RunError::NotFound(_) | RunError::Outside(_)) => true,
            Err(RunError::Failed(_)) => false,
        };
        if gone {
            self.running.fetch_sub(1, Ordering::AcqRel);
        }
        ran
    }
}

/// What a run of a tool came to.
#[derive(Clone, Debug, Default)]
pub struct Ran {
    /// Milliseconds.
    pub millis: u64,
    /// What it found, with what makes it the same elsewhere.
    pub findings: Vec<(Finding, Key)>,
    /// Why it could not do its work, if it could not.
    pub trouble: Option<Trouble>,
}

/// Why a tool could not do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It was not even started: not there, or no sandbox.
    Absent(String),
    /// It was ended at the deadline, printed more than is read, or its directory is no longer in the copy.
    Unfinished(String),
    /// It broke.
    Broken(String),
}

/// Runs a tool in a copy.
pub async fn run(spec: &Spec, copy: &Copy) -> Ran {
    let program = match &spec.program {
        Program::InTree(path) => copy.root.join(path).to_string_lossy().into_owned(),
        Program::Elsewhere(name) => name.clone(),
    };
    let argv: Vec<String> = std::iter::once(program).chain(spec.call.arguments.iter().cloned()).collect();
    let outcome = match copy.run(Keep::Report, &argv, &spec.call.dir).await {
        Ok(outcome) => outcome,
        // A tool before may have done it: nothing is said of the change.
        Err(error @ RunError::Outside(_)) => {
            return Ran { trouble: Some(Trouble::Unfinished(error.to_string())), ..Ran::default() };
        }
        Err(error @ (RunError::NotFound(_) | RunError::NoSandbox(_) | RunError::Failed(_))) => {
            return Ran { trouble: Some(Trouble::Absent(error.to_string())), ..Ran::default() };
        }
    };
    let (tool, dir, copy) = (spec.tool, spec.call.dir.clone(), copy.clone());
    // Megabytes to read would hold everything else up.
    let read = tokio::task::spawn_blocking(move || read(tool, &dir, &copy, &outcome)).await;
    read.unwrap_or_else(|stopped| Ran { trouble: Some(Trouble::Broken(stopped.to_string())), ..Ran::default() })
}

fn read(tool: &'static Tool, dir: &str, copy: &Copy, outcome: &Outcome) -> Ran {
    let mut ran = Ran { millis: outcome.millis, ..Ran::default() };
    let code = match outcome.ended {
        Ended::Exited(code) => code,
        Ended::Signalled(signal) => {
            ran.trouble = Some(Trouble::Broken(format!("a signal ({signal}) ended it")));
            return ran;
        }
        Ended::Deadline => {
            let why = format!("it did not finish within {} s and was ended", copy.deadline.as_secs_f32());
            ran.trouble = Some(Trouble::Unfinished(why));
            return ran;
        }
    };
    let (output, cut) = outcome.output.beginning();
    let errors = outcome.errors.text();
    let texts = |path: &str| text(&copy.root.join(path));
    let root = copy.root.to_string_lossy();
    let said = Said::new(&root, dir, &texts).printing(&output, &errors);
    let parsed = (tool.parse)(&said);
    if cut {
        let why = format!("it printed {} MiB, of which only the first 4 were read", outcome.output.total() >> 20);
        ran.trouble = Some(Trouble::Unfinished(why));
    }
    let found = match parsed {
        Ok(found) => found,
        Err(why) => {
            let why = if code == 0 { why } else { broke(code, outcome, &root, &why) };
            ran.trouble.get_or_insert(Trouble::Broken(why));
            return ran;
        }
    };
    let red = found.iter().any(|f| f.severity == Severity::Error);
    let explained = if tool.told.contains(&code) { code != 1 || !found.is_empty() } else { red };
    if !explained {
        ran.trouble.get_or_insert_with(|| match code {
            126 | 127 => Trouble::Absent(broke(code, outcome, &root, "")),
            _ => Trouble::Broken(broke(code, outcome, &root, "")),
        });
    }
    let line = |f: &Finding| {
        let text = said.text(&f.path)?;
        text.as_str().lines().nth((f.line as usize).checked_sub(1)?).map(str::to_owned)
    };
    // The copy's place is nobody's business, and another for each copy.
    let place = format!("{root}/");
    ran.findings = found
        .into_iter()
        .map(|mut finding| {
            finding.message = finding.message.replace(&place, "");
            let key = differential::key(tool.strategy, &finding, &line(&finding).unwrap_or_default());
            // What runs the project's code may have been refused something.
            if tool.strategy == Strategy::Test {
                denial::explain(&mut finding, copy.policy.network);
            }
            (finding, key)
        })
        .collect();
    ran
}

fn broke(code: i32, outcome: &Outcome, root: &str, why: &str) -> String {
    let [output, errors] = [&outcome.output, &outcome.errors].map(|printed| last_lines(&plain(printed)));
    // A report for machines says nothing of why there is no more of it.
    let is_report = plain(&outcome.output).trim_start().starts_with(['{', '[']) && !errors.is_empty();
    let said = if is_report { errors } else { format!("{output}\n{errors}").trim().to_owned() };
    let why = if said.is_empty() { why } else { &said };
    let text = format!("it ended with exit code {code}: {}", why.replace(&format!("{root}/"), ""));
    text.trim_end_matches([':', ' ']).to_owned()
}

/// A file of the copy. A tool may have put anything there: nothing but a plain file of a sane size is opened.
fn text(path: &Path) -> Option<String> {
    let stat = path.symlink_metadata().ok()?;
    (stat.is_file() && stat.len() <= MAX_TEXT).then(|| std::fs::read_to_string(path).ok()).flatten()
}

/// What a run means. `base` is the same tool's on the base; `None` when nothing is compared.
pub fn judge(spec: &Spec, ran: &Ran, base: Option<&Ran>) -> CheckResult {
    let none = Ran::default();
    let (mut findings, known) = differential::new(&ran.findings, &base.unwrap_or(&none).findings);
    let mut result = CheckResult {
        strategy: spec.tool.strategy,
        command: spec.shown(),
        passed: true,
        millis: ran.millis,
        findings: Vec::new(),
        known,
        not_run: None,
    };
    match (&ran.trouble, base) {
        (None, _) => {}
        (Some(Trouble::Absent(why)), _) => result.not_run = Some(why.clone()),
        (Some(Trouble::Broken(why) | Trouble::Unfinished(why)), Some(Ran { trouble: Some(_), .. })) => {
            result.not_run = Some(format!("{why}; it is so without the change, too"));
        }
        (Some(Trouble::Broken(why)), Some(_)) => {
            findings.insert(0, finding(spec.tool.name, Severity::Error, None, why));
        }
        (Some(Trouble::Broken(why) | Trouble::Unfinished(why)), _) => {
            result.not_run = Some(why.clone());
            result.passed = false;
        }
    }
    result.passed &= findings.iter().all(|f| f.severity != Severity::Error);
    result.findings = findings;
    if let Some(old) = blinding(spec.tool, ran).filter(|_| result.passed && result.not_run.is_none() && base.is_some())
    {
        let Finding { path, line, message, .. } = old;
        let message = message.lines().next().unwrap_or_default();
        result.not_run =
            Some(format!("it looks no further than {path}:{line}: {message}; it is so without the change, too"));
    }
    result
}

/// An error behind which a tool may have looked no further. A type checker that looked further says something else, too.
fn blinding<'r>(tool: &Tool, ran: &'r Ran) -> Option<&'r Finding> {
    let errors = || ran.findings.iter().map(|(finding, _)| finding).filter(|f| f.severity == Severity::Error);
    let is_all = tool.strategy != Strategy::Types || errors().all(tool.blinds);
    errors().find(|finding| (tool.blinds)(finding)).filter(|_| is_all)
}

/// Whether a run leaves nothing to compare with the base.
pub fn is_clean(ran: &Ran) -> bool {
    ran.findings.is_empty() && matches!(ran.trouble, None | Some(Trouble::Absent(_)))
}
