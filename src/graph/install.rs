//! Getting a dependency that is missing, on the user's yes and never without: then the same attempt is checked again, and
//! healing goes on with what that finds.
//!
//! A yes is said to one command, at the gate or where nothing could be mended, or beforehand to a package by its name. What
//! was tried once is not tried again by itself.

use super::inner::Installing;
use super::ladder::Task;
use super::run::{Attempt, Run};
use super::stage::{Outcome, Stage};
use super::{RunCommand, healer, pause, validator};
use crate::domain::install::{Install, Installed};
use crate::domain::model::Node;
use crate::domain::revert::Asker;
use crate::domain::rung::{Recollection, Rung, RungKind};
use crate::heal;

impl Run {
    /// What the attempt under review lacks and a command could get.
    pub fn missing(&self) -> Vec<&Install> {
        if self.installs.is_empty() {
            return Vec::new();
        }
        let Some(report) = self.attempt().and_then(|a| a.report.as_ref()) else { return Vec::new() };
        let modules = heal::dependency::modules(report.findings());
        self.installs.iter().filter(|install| modules.contains(install.module.as_str())).collect()
    }

    /// Whether what is missing can be got now, on a yes.
    pub fn can_install(&self) -> bool {
        match &self.stage {
            Stage::Gate => true,
            Stage::Finished(Outcome::Failed(_)) => self.spec.task != Task::Request,
            _ => false,
        }
    }

    /// The command that is under way.
    pub fn installing(&self) -> Option<&Install> {
        self.inner.installing.as_ref().map(|i| &i.install)
    }

    /// Whether a command is under way whose failing leads back to where it was asked for.
    pub fn returns_from_install(&self) -> bool {
        self.inner.installing.as_ref().is_some_and(|i| i.back.is_some())
    }

    /// Whether a model wrote the import, rather than finding it there.
    pub fn is_the_models(&self, install: &Install) -> bool {
        let has = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains(&install.module));
        self.attempt().is_some_and(|a| a.changes.files.iter().any(|f| has(&f.after) && !has(&f.before)))
    }
}

/// What is missing is known: it is remembered and said.
pub(super) fn recalled(run: &mut Run, known: &Recollection) {
    for install in &known.installs {
        run.installs.retain(|other| other.package != install.package);
        run.installs.push(install.clone());
        let origin = install.origin(run.is_the_models(install));
        let command = install.command();
        run.notice(format!("{} ({origin}). What would get it: `{command}`", install.lack()));
    }
    for name in &known.odd {
        run.notice(format!(
            "`{name}` is not installed, and no package can be called so: nothing is offered to get it."
        ));
    }
}

/// The command for a package that was allowed by its name beforehand, if the attempt under work lacks one.
pub(super) fn beforehand(run: &mut Run) -> Option<Vec<RunCommand>> {
    let base = run.inner.heal.base?;
    let known = run.inner.heal.known.as_ref()?;
    let allowed = |install: &&Install| {
        run.spec.ladder.installs.contains(&install.package) && run.installed.iter().all(|i| i.install != **install)
    };
    let install = known.installs.iter().find(allowed)?.clone();
    Some(begin(run, Installing { install, by: Asker::CommandLine, base, back: None }))
}

/// The user said yes to what was shown.
pub(super) fn requested(run: &mut Run, install: &Install, by: Asker) -> Vec<RunCommand> {
    if !run.can_install() || !run.missing().contains(&install) {
        return Vec::new();
    }
    let back = Some(run.stage.clone());
    begin(run, Installing { install: install.clone(), by, base: run.chosen, back })
}

fn begin(run: &mut Run, installing: Installing) -> Vec<RunCommand> {
    let (install, by) = (installing.install.clone(), installing.by);
    run.inner.began = run.inner.now;
    run.inner.installing = Some(installing);
    run.stage = Stage::Working(Node::Healer);
    vec![RunCommand::Install { job: run.next_job(), install, by }]
}

/// The command is over.
pub(super) fn ended(run: &mut Run, installed: &Installed) -> Vec<RunCommand> {
    let Some(Installing { base, back, .. }) = run.inner.installing.take() else { return Vec::new() };
    run.installed.push(installed.clone());
    match (&installed.failure, back) {
        (None, back) => {
            // If it is still missing, the checks say so again.
            let lack = installed.install.lack();
            run.notices.retain(|notice| !notice.starts_with(&lack));
            check_again(run, base, back.is_some(), &installed.install)
        }
        (Some(why), back) => {
            run.notice(format!("`{}` did not get it: {}.", installed.install.command(), why.trim_end_matches('.')));
            leave(run, back)
        }
    }
}

/// It was stopped, or the process ended: it is not run again by itself.
pub(super) fn broken_off(run: &mut Run, why: &str) -> Vec<RunCommand> {
    let Some(Installing { install, by, back, .. }) = run.inner.installing.take() else { return Vec::new() };
    run.inner.job = None;
    run.notice(format!("`{}` was broken off: {why}. What it had done stays.", install.command()));
    let failure = Some(format!("broken off: {why}"));
    run.installed.push(Installed { install, by, failure, said: String::new(), millis: 0 });
    match back {
        None => pause::stop(run),
        back => leave(run, back),
    }
}

fn leave(run: &mut Run, back: Option<Stage>) -> Vec<RunCommand> {
    match back {
        Some(stage) => {
            run.stage = stage;
            Vec::new()
        }
        None => healer::climb(run),
    }
}

/// The attempt that lacked it begins another series, as it is.
fn check_again(run: &mut Run, base: usize, asked: bool, install: &Install) -> Vec<RunCommand> {
    let Some(attempt) = run.attempts.get(base).cloned() else { return Vec::new() };
    let decided = std::mem::take(&mut run.decisions);
    if asked {
        run.inner.since = run.attempts.len();
    }
    run.inner.series = run.attempts.len();
    // What the user did not ask for now is paid from what healing was given.
    let since = if asked { run.calls.len() } else { run.inner.heal.since };
    run.inner.heal.restart(since);
    run.inner.heal.decided = decided.into_iter().collect();
    let what = format!("got `{}`", install.package);
    let rung = Rung { kind: RungKind::Install, what, base: Some(base), ..Rung::default() };
    let node = Node::Healer;
    run.attempts.push(Attempt { node, cause: Vec::new(), report: None, verdict: None, rung, ..attempt });
    run.choose(run.attempts.len() - 1);
    validator::begin(run)
}
