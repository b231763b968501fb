//! `vibe-tui heal --learned`: what healing has learned in this repository, and forgetting that, without opening a session.

use super::sessions::Format;
use super::setup::Setup;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::rung::{KeptLesson, Rate};
use crate::domain::safe_text::SafeText;
use crate::store::Store;
use serde_json::json;
use std::fmt::Write;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LessonTask {
    /// Show all.
    List,
    /// Forget one.
    Forget(u64),
}

/// Does what is asked and returns what to print.
///
/// # Errors
/// When there is no such lesson, or when the database cannot be used.
pub async fn lessons(setup: &Setup, task: LessonTask, format: Format) -> Result<String, Failure> {
    let store = Store::open(&setup.paths.data.join("sessions.db")).await;
    let outcome = done(&store, &setup.opening.root.path, task, format).await;
    store.close().await;
    outcome
}

async fn done(store: &Store, root: &str, task: LessonTask, format: Format) -> Result<String, Failure> {
    let lessons = match task {
        LessonTask::Forget(number) => {
            let forgotten = store.forget_lesson(root, number).await?.ok_or_else(|| {
                let message = format!("There is no lesson {number}. `vibe-tui heal --learned` lists what there is.");
                Failure::fatal(FailureKind::BadRequest, message)
            })?;
            return Ok(match format {
                Format::Json => lesson_line(&forgotten, format),
                Format::Text => format!("Forgotten: {number}\n"),
            });
        }
        LessonTask::List => store.lessons(root).await?,
    };
    let rates = store.rung_rates(root).await?;
    let lines = lessons.iter().map(|lesson| lesson_line(lesson, format));
    Ok(lines.chain(rates.iter().map(|rate| rate_line(rate, format))).collect())
}

fn lesson_line(kept: &KeptLesson, format: Format) -> String {
    let KeptLesson { id, lesson, uses, successes, at } = kept;
    let parts: Vec<&str> = lesson.key.split('\u{1f}').collect();
    let part = |at: usize| parts.get(at).copied().unwrap_or_default();
    let (tool, rule, class) = (part(0), part(1), part(2));
    if format == Format::Json {
        let line = json!({"id": id, "tool": tool, "rule": rule, "class": class, "message": lesson.message,
            "before": lesson.before, "after": lesson.after, "uses": uses, "successes": successes, "at": at,
            "trusted": kept.is_trusted()});
        return format!("{line}\n");
    }
    let trusted = if kept.is_trusted() { "" } else { ", no longer tried" };
    let rule = if rule.is_empty() { String::new() } else { format!(" {rule}") };
    let mut text = format!("{id:>4}  {tool}{rule}: {} (helped {successes} of {uses}{trusted})\n", lesson.message);
    for (sign, lines) in [('-', &lesson.before), ('+', &lesson.after)] {
        for line in lines {
            let _ = writeln!(text, "        {sign} {line}");
        }
    }
    SafeText::new(&text).into_string()
}

fn rate_line(rate: &Rate, format: Format) -> String {
    let Rate { class, rung, tried, helped } = rate;
    match format {
        Format::Json => format!("{}\n", json!({"class": class, "rung": rung, "tried": tried, "helped": helped})),
        Format::Text => format!("{class:>8}  {:<8} helped {helped} of {tried}\n", rung.word()),
    }
}
