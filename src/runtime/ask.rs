//! Hunks on a terminal without the workbench: asked for one by one, and named where they were left out. Decides nothing by
//! itself, and takes every answer as the key would be taken.

use super::front::Front;
use super::report::{Reporter, tell, tell_line};
use crate::app::{Action, Event};
use crate::domain::change::runs_later;
use crate::domain::hunk::{Decision, HunkId};
use crate::domain::safe_text::SafeText;
use crate::graph::Run;

/// What accept-all left out, by name, as it wants a yes of its own.
pub(super) fn left_out(run: &Run) -> Option<String> {
    let attempt = run.attempt()?;
    let is_left = |id: &HunkId| run.decision(*id) == Decision::Pending && crate::app::needs_own_yes(attempt, *id);
    let named: Vec<String> = crate::app::hunks(&attempt.diff)
        .filter(is_left)
        .map(|id| {
            let file = &attempt.diff[id.file];
            let why = match runs_later(&file.path) {
                true => "something runs this file later",
                false => "it has characters that cannot be seen",
            };
            format!("  {}, hunk {} of {}: {why}", SafeText::line(&file.path), id.hunk + 1, file.hunks.len())
        })
        .collect();
    let hunks = if named.len() == 1 {
        "1 hunk needs a yes of its"
    } else {
        &format!("{} hunks need a yes of their", named.len())
    };
    (!named.is_empty()).then(|| format!("Left out, as {hunks} own:\n{}", named.join("\n")))
}

/// What of the model's answer is no part of the proposal, and why.
pub(super) fn unplaced(run: &Run) -> Option<String> {
    let problems = &run.attempt()?.problems;
    let line = |problem: &String| format!("  {}", SafeText::line(problem.trim()));
    let lines: Vec<String> = problems.iter().map(line).collect();
    (!lines.is_empty()).then(|| format!("Not placed, and so no part of the proposal:\n{}", lines.join("\n")))
}

/// Asks on the terminal, hunk by hunk, and takes each answer as the key would be taken. The end of input is a no to all
/// that follow; "all" leaves out what needs a yes of its own.
pub(super) async fn ask_user(front: &mut Front, reporter: &mut Reporter) {
    let mut rest = None;
    let attempt = front.state.session.run().and_then(Run::attempt).cloned();
    let Some(attempt) = attempt else { return };
    for id in crate::app::hunks(&attempt.diff) {
        let decided = |front: &Front| front.state.session.run().map_or(Decision::Pending, |run| run.decision(id));
        if decided(front) != Decision::Pending {
            let word = if decided(front) == Decision::Accepted { "accepted" } else { "rejected" };
            let path = SafeText::line(&attempt.diff[id.file].path);
            tell_line(&format!("{path}: hunk {} is {word} already.", id.hunk + 1));
            continue;
        }
        let own = crate::app::needs_own_yes(&attempt, id);
        let accepted = match rest {
            Some(false) => false,
            Some(true) if !own => true,
            _ => {
                let file = SafeText::line(&attempt.diff[id.file].path);
                let of = attempt.diff[id.file].hunks.len();
                let note = if own { " (runs by itself later, or has characters that cannot be seen)" } else { "" };
                let question =
                    format!("{file}: accept hunk {} of {of}{note}? [y]es, [n]o, [a]ll, [q]uit: ", id.hunk + 1);
                let said = ask(&question).await;
                match said {
                    Answer::All => rest = Some(true),
                    Answer::Quit => rest = Some(false),
                    Answer::Yes | Answer::No => {}
                }
                matches!(said, Answer::Yes | Answer::All)
            }
        };
        let action = if accepted { Action::AcceptHunk } else { Action::RejectHunk };
        // A hunk that hides something is accepted by asking twice; the question said what it hides.
        for _ in 0..2 {
            if decided(front) == Decision::Pending {
                front.state.review.cursor = id;
                let effects = front.take(Event::User(action)).await;
                reporter.effects(&effects, &front.state);
            }
        }
    }
}

/// What can be said of a hunk.
#[derive(Clone, Copy)]
enum Answer {
    Yes,
    No,
    All,
    Quit,
}

/// Asks until one of the answers is given, by its letter or its word. The end of input quits.
async fn ask(question: &str) -> Answer {
    loop {
        tell(question);
        let line = answer().await;
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return Answer::Yes,
            "n" | "no" => return Answer::No,
            "a" | "all" => return Answer::All,
            "q" | "quit" => return Answer::Quit,
            _ if line.is_empty() => return Answer::Quit,
            _ => tell_line("Please say y, n, a or q."),
        }
    }
}

/// A line from standard input; empty at its end. Read elsewhere, so that a signal is heard meanwhile.
async fn answer() -> String {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    read.await.ok().and_then(Result::ok).unwrap_or_default()
}
