//! A model's text made into what was asked for: a plan, a verdict, or the judgement that it is of no use.
//!
//! Nothing is made up: a figure that is not in the text is not in the result, and what cannot be read is `None`.

use super::json;
use crate::domain::plan::{Plan, PlanStep, StepKind};
use crate::domain::verdict::Verdict;
use serde_json::Value;
use std::collections::HashSet;

/// Most steps of a plan that are kept.
const MAX_STEPS: usize = 20;
/// Most entries of each of a verdict's lists that are kept.
const MAX_REASONS: usize = 12;
/// Longest text of a step, reason or summary that is kept, in bytes.
const MAX_SENTENCE: usize = 600;

/// Why an answer is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Garbage {
    /// No letter and no digit in it.
    Empty,
    /// A polite no.
    Refusal,
    /// The same piece over and over.
    Repetition,
    /// Broken characters, or scripts thrown together.
    Noise,
}

impl Garbage {
    /// The end of the sentence "The model's answer …".
    pub fn words(self) -> &'static str {
        match self {
            Garbage::Empty => "is empty",
            Garbage::Refusal => "is a refusal",
            Garbage::Repetition => "repeats itself without end",
            Garbage::Noise => "is noise",
        }
    }
}

/// The answer without the thinking that some servers leave in the text (`<think>…</think>`).
pub fn visible(text: &str) -> &str {
    let trimmed = text.trim_start();
    for (open, close) in [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<reasoning>", "</reasoning>")] {
        if trimmed.starts_with(open) {
            return trimmed.split_once(close).map_or("", |(_, answer)| answer.trim_start_matches(['\n', '\r', ' ']));
        }
    }
    // Some templates open the thinking in the prompt, so that only its end is in the answer.
    match text.split_once("</think>") {
        Some((before, answer)) if !before.contains("```") => answer.trim_start_matches(['\n', '\r', ' ']),
        _ => text,
    }
}

/// Whether the model says that nothing has to change: `NO CHANGE` on a line of its own.
pub fn says_no_change(text: &str) -> bool {
    text.lines().any(|l| {
        let line = l.trim().trim_matches(['*', '`', '.', '#', ' ', '"']);
        line.eq_ignore_ascii_case("no change") || line.eq_ignore_ascii_case("no changes")
    })
}

/// Why this answer is of no use, or `None`.
pub fn garbage(text: &str) -> Option<Garbage> {
    if !text.chars().any(char::is_alphanumeric) {
        return Some(Garbage::Empty);
    }
    if is_noise(text) {
        return Some(Garbage::Noise);
    }
    if repeats(text) || is_loop(text, 600, 12) {
        return Some(Garbage::Repetition);
    }
    is_refusal(text).then_some(Garbage::Refusal)
}

/// Whether the newest `length` bytes of a stream are one piece of at most a twentieth of it, over and over.
pub fn is_stuck(text: &str, length: usize) -> bool {
    is_loop(text, length, 20)
}

/// Whether the last `length` bytes have a period of at most `length / repeats`.
fn is_loop(text: &str, length: usize, repeats: usize) -> bool {
    let bytes = text.trim_end().as_bytes();
    if bytes.len() < length {
        return false;
    }
    let tail = &bytes[bytes.len() - length..];
    (1..=length / repeats).any(|period| tail[period..] == tail[..length - period])
        && tail.iter().any(|b| b.is_ascii_alphanumeric() || *b > 127)
}

/// Whether hardly any of many lines is new.
fn repeats(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| l.len() >= 8).collect();
    let distinct: HashSet<&str> = lines.iter().copied().collect();
    lines.len() >= 60 && distinct.len() * 12 < lines.len()
}

fn is_refusal(text: &str) -> bool {
    const OPENINGS: [&str; 10] = [
        "i'm sorry",
        "i am sorry",
        "sorry,",
        "i cannot",
        "i can't",
        "i'm unable",
        "i am unable",
        "as an ai",
        "i'm not able",
        "unfortunately, i can",
    ];
    const NOS: [&str; 10] = [
        "can't",
        "cannot",
        "unable",
        "not able",
        "won't",
        "not allowed",
        "can not",
        "don't have access",
        "decline",
        "not comfortable",
    ];
    let lower = text.trim().to_lowercase().replace('’', "'");
    lower.len() < 700
        && !lower.contains("```")
        && OPENINGS.iter().any(|o| lower.starts_with(o))
        && NOS.iter().any(|n| lower.contains(n))
}

/// Broken characters above one in a hundred, or three and more scripts besides Latin, each above two in a hundred.
fn is_noise(text: &str) -> bool {
    let (mut all, mut broken, mut scripts) = (0usize, 0usize, [0usize; 9]);
    for c in text.chars() {
        all += 1;
        match c as u32 {
            0xFFFD => broken += 1,
            0x0..=0x08 | 0x0E..=0x1A | 0x1C..=0x1F => broken += 1,
            0x0370..=0x03FF => scripts[0] += 1,
            0x0400..=0x052F => scripts[1] += 1,
            0x0590..=0x05FF => scripts[2] += 1,
            0x0600..=0x06FF => scripts[3] += 1,
            0x0900..=0x0DFF => scripts[4] += 1,
            0x0E00..=0x0E7F => scripts[5] += 1,
            0x3040..=0x30FF | 0x3400..=0x9FFF => scripts[6] += 1,
            0xAC00..=0xD7AF => scripts[7] += 1,
            0x10A0..=0x10FF | 0x0530..=0x058F => scripts[8] += 1,
            _ => {}
        }
    }
    all >= 40 && (broken * 100 > all || scripts.iter().filter(|n| **n * 50 > all).count() >= 3)
}

/// The plan in an answer: a JSON object with steps, or a bare list of steps. `None` without a single step.
pub fn plan(text: &str) -> Option<Plan> {
    json::find(text, |value| {
        let (summary, steps) = match value {
            Value::Array(steps) => (String::new(), steps.as_slice()),
            Value::Object(_) => {
                let steps = field(value, &["steps", "plan", "tasks"])?.as_array()?.as_slice();
                (field(value, &["summary", "title", "goal"]).and_then(sentence).unwrap_or_default(), steps)
            }
            _ => return None,
        };
        let steps: Vec<PlanStep> = steps.iter().filter_map(step).take(MAX_STEPS).collect();
        let summary = if summary.is_empty() { steps.first()?.title.clone() } else { summary };
        (!steps.is_empty()).then_some(Plan { summary, steps })
    })
}

fn step(value: &Value) -> Option<PlanStep> {
    if let Value::String(title) = value {
        let title = cut(title);
        return title.contains(' ').then_some(PlanStep { title, kind: StepKind::Modify, path: String::new() });
    }
    let path = field(value, &["path", "file", "filename"]).and_then(sentence).map(|p| inside(&p)).unwrap_or_default();
    let kind = field(value, &["kind", "action", "type"]).and_then(Value::as_str).unwrap_or("");
    let kind = match kind.trim().to_lowercase().as_str() {
        "create" | "add" | "new" | "write" => StepKind::Create,
        "delete" | "remove" => StepKind::Delete,
        "explain" | "describe" | "decide" => StepKind::Explain,
        _ => StepKind::Modify,
    };
    let title = field(value, &["title", "description", "task", "step", "summary"]).and_then(sentence);
    let title = title.or_else(|| (!path.is_empty()).then(|| format!("{} {path}", verb(kind))))?;
    Some(PlanStep { title, kind, path })
}

fn verb(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Create => "Create",
        StepKind::Modify => "Change",
        StepKind::Delete => "Delete",
        StepKind::Explain => "Explain",
    }
}

/// The path if it names something inside the root, else nothing: a plan is shown and put into prompts.
fn inside(path: &str) -> String {
    crate::edit::normalise(path).unwrap_or_default()
}

/// The verdict in an answer. `None` without a score.
pub fn verdict(text: &str) -> Option<Verdict> {
    json::find(text, |value| {
        let score = score(field(value, &["score", "quality", "quality_score", "rating"])?)?;
        Some(Verdict {
            score,
            reasons: sentences(field(value, &["reasons", "issues", "reason", "problems"])),
            next_steps: sentences(field(value, &["next_steps", "nextSteps", "next steps", "next"])),
            improvements: sentences(field(value, &["improvements", "suggestions", "improvement"])),
        })
    })
}

/// 0 to 1, as written or as `8/10`, `8` (of ten) or `80 %`.
fn score(value: &Value) -> Option<f64> {
    let score = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => {
            let text = text.trim();
            let (number, scale) = match (text.split_once('/'), text.strip_suffix('%')) {
                (Some((number, of)), _) => (number, of.trim().parse::<f64>().ok().filter(|of| *of > 0.0)?),
                (None, Some(percent)) => (percent, 100.0),
                (None, None) => (text, 1.0),
            };
            number.trim().parse::<f64>().ok()? / scale
        }
        _ => return None,
    };
    match score {
        s if !s.is_finite() || !(0.0..=100.0).contains(&s) => None,
        s if s <= 1.0 => Some(s),
        s if s <= 10.0 => Some(s / 10.0),
        s => Some(s / 100.0),
    }
}

/// A member by any of its names, in this order.
fn field<'a>(value: &'a Value, names: &[&str]) -> Option<&'a Value> {
    let members = value.as_object()?;
    names.iter().find_map(|name| {
        members.get(*name).or_else(|| members.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v))
    })
}

fn sentence(value: &Value) -> Option<String> {
    let text = cut(value.as_str()?);
    (!text.is_empty()).then_some(text)
}

fn cut(text: &str) -> String {
    let text = text.trim();
    text[..text.floor_char_boundary(MAX_SENTENCE)].to_owned()
}

fn sentences(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(items)) => items
            .iter()
            .filter_map(|item| sentence(item).or_else(|| item.as_object()?.values().find_map(sentence)))
            .take(MAX_REASONS)
            .collect(),
        Some(value) => sentence(value).into_iter().collect(),
        None => Vec::new(),
    }
}

/// `draft` continued by `more`, without what `more` says again: the last piece of the draft, or a fence that is open.
pub fn join(draft: &str, more: &str) -> String {
    let more = without_reopened_fence(draft, more);
    let longest = draft.len().min(more.len()).min(2000);
    let overlap = (12..=longest)
        .rev()
        .find(|n| draft.is_char_boundary(draft.len() - n) && more.is_char_boundary(*n) && draft.ends_with(&more[..*n]));
    format!("{draft}{}", &more[overlap.unwrap_or(0)..])
}

/// A model that goes on inside an open fence often opens it once more.
fn without_reopened_fence<'a>(draft: &str, more: &'a str) -> &'a str {
    let open = draft.lines().filter(|l| l.trim_start().starts_with("```")).count() % 2 == 1;
    let start = more.trim_start();
    match start.strip_prefix("```").and_then(|r| r.split_once('\n')) {
        Some((tag, rest)) if open && !tag.trim().is_empty() => rest,
        _ => more,
    }
}
