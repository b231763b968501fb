//! A model's text made into what was asked for: a plan, a verdict, or the judgement that it is of no use.
//!
//! Nothing is made up: a figure that is not in the text is not in the result, and what cannot be read is `None`.

use super::json;
use crate::domain::clip;
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
    let rest = after_thinking(text);
    if rest.len() < text.len() {
        return rest.trim_start();
    }
    // Some templates open the thinking in the prompt, so that only its end is in the answer.
    match text.split_once("</think>") {
        Some((before, answer)) if !before.contains("```") => answer.trim_start_matches(['\n', '\r', ' ']),
        _ => text,
    }
}

/// What follows the thinking that `text` begins with, its indentation kept; `text` itself where it begins otherwise.
pub fn after_thinking(text: &str) -> &str {
    let trimmed = text.trim_start();
    for (open, close) in [("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<reasoning>", "</reasoning>")] {
        if trimmed.starts_with(open) {
            return trimmed.split_once(close).map_or("", |(_, answer)| answer.trim_start_matches(['\n', '\r']));
        }
    }
    text
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
    let whole = |value: &Value| {
        let steps = field(value, &["steps", "plan", "tasks"])?.as_array()?;
        planned(field(value, &["summary", "title", "goal"]).and_then(sentence), steps)
    };
    json::find(text, whole).or_else(|| json::find(text, |value| planned(None, value.as_array()?)))
}

fn planned(summary: Option<String>, steps: &[Value]) -> Option<Plan> {
    let steps: Vec<PlanStep> = steps.iter().filter_map(step).take(MAX_STEPS).collect();
    let summary = summary.or_else(|| Some(steps.first()?.title.clone()))?;
    (!steps.is_empty()).then_some(Plan { summary, steps })
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
    clip::head(text, MAX_SENTENCE).to_owned()
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
    let repeated = |n: &usize| {
        more.is_char_boundary(*n)
            && draft.ends_with(&more[..*n])
            && (*n >= 12 || draft[..draft.len() - n].ends_with('\n'))
    };
    let overlap = (6..=longest).rev().find(repeated);
    // A fence that closes what is open stands on a line of its own.
    let closes = more.starts_with("```") && is_open(draft) && !draft.ends_with('\n');
    format!("{draft}{}{}", if closes { "\n" } else { "" }, &more[overlap.unwrap_or(0)..])
}

/// A model that goes on inside an open fence often opens it once more.
fn without_reopened_fence<'a>(draft: &str, more: &'a str) -> &'a str {
    let start = more.trim_start();
    match start.strip_prefix("```").and_then(|r| r.split_once('\n')) {
        Some((tag, rest)) if is_open(draft) && !tag.trim().is_empty() => rest,
        _ => more,
    }
}

/// Whether a fence is open at the end.
fn is_open(draft: &str) -> bool {
    draft.lines().filter(|l| l.trim_start().starts_with("```")).count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step_of(title: &str, kind: StepKind, path: &str) -> PlanStep {
        PlanStep { title: title.into(), kind, path: path.into() }
    }

    /// What every text of `PLANS` means.
    fn expected_plan() -> Plan {
        Plan {
            summary: "Add an endpoint".into(),
            steps: vec![
                step_of("Create the router", StepKind::Create, "app/users.py"),
                step_of("Register the router", StepKind::Modify, "app/main.py"),
            ],
        }
    }

    /// What every text of `VERDICTS` means.
    fn expected_verdict() -> Verdict {
        Verdict {
            score: 0.72,
            reasons: vec!["No test for 409.".into(), "Passwords are logged.".into()],
            next_steps: vec!["Run the tests.".into()],
            improvements: Vec::new(),
        }
    }

    /// Ways in which models break the JSON of a plan, each as one would write it.
    const PLANS: [(&str, &str); 42] = [
        (
            "strict",
            r#"{"summary": "Add an endpoint", "steps": [{"title": "Create the router", "kind": "create", "path": "app/users.py"}, {"title": "Register the router", "kind": "modify", "path": "app/main.py"}]}"#,
        ),
        (
            "fenced",
            "```json\n{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}\n```",
        ),
        (
            "prose around",
            "Sure! Here is the plan:\n\n{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}\n\nLet me know if you want changes.",
        ),
        (
            "fence without end",
            "```json\n{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}",
        ),
        (
            "trailing commas",
            "{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\",}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"},],}",
        ),
        (
            "single quotes",
            "{'summary': 'Add an endpoint', 'steps': [{'title': 'Create the router', 'kind': 'create', 'path': 'app/users.py'}, {'title': 'Register the router', 'kind': 'modify', 'path': 'app/main.py'}]}",
        ),
        (
            "keys without quotes",
            "{summary: \"Add an endpoint\", steps: [{title: \"Create the router\", kind: \"create\", path: \"app/users.py\"}, {title: \"Register the router\", kind: \"modify\", path: \"app/main.py\"}]}",
        ),
        (
            "nothing quoted",
            "{summary: Add an endpoint, steps: [{title: Create the router, kind: create, path: app/users.py}, {title: Register the router, kind: modify, path: app/main.py}]}",
        ),
        (
            "last brackets missing",
            "{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"",
        ),
        (
            "cut inside the last string",
            "{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py",
        ),
        (
            "array bracket missing",
            "{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}}",
        ),
        (
            "array bracket missing before a member",
            "{\"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}, \"summary\": \"Add an endpoint\"}",
        ),
        (
            "object brace missing",
            "{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"]}",
        ),
        (
            "opening brace missing",
            "\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}",
        ),
        (
            "commas missing between members",
            "{\n  \"summary\": \"Add an endpoint\"\n  \"steps\": [\n    {\"title\": \"Create the router\" \"kind\": \"create\" \"path\": \"app/users.py\"}\n    {\"title\": \"Register the router\" \"kind\": \"modify\" \"path\": \"app/main.py\"}\n  ]\n}",
        ),
        (
            "line comments",
            "{\n  // the plan\n  \"summary\": \"Add an endpoint\", // short\n  \"steps\": [\n    // first\n    {\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, // new\n    {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}\n  ]\n}",
        ),
        (
            "block comments",
            "{\"summary\": \"Add an endpoint\", /* two steps */ \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\" /* new */, \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}",
        ),
        (
            "python comments",
            "{\n  \"summary\": \"Add an endpoint\",  # what\n  \"steps\": [\n    {\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"},  # new file\n    {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}\n  ]\n}",
        ),
        (
            "python words",
            "{'summary': 'Add an endpoint', 'draft': False, 'note': None, 'steps': [{'title': 'Create the router', 'kind': 'create', 'path': 'app/users.py', 'new': True}, {'title': 'Register the router', 'kind': 'modify', 'path': 'app/main.py'}]}",
        ),
        (
            "typographic quotes",
            "{“summary”: “Add an endpoint”, “steps”: [{“title”: “Create the router”, “kind”: “create”, “path”: “app/users.py”}, {“title”: “Register the router”, “kind”: “modify”, “path”: “app/main.py”}]}",
        ),
        (
            "backticks as quotes",
            "{`summary`: `Add an endpoint`, `steps`: [{`title`: `Create the router`, `kind`: `create`, `path`: `app/users.py`}, {`title`: `Register the router`, `kind`: `modify`, `path`: `app/main.py`}]}",
        ),
        (
            "thinking before",
            "<think>\nThe user wants {an endpoint}. I need steps: [\"a\", \"b\"].\n</think>\n{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}",
        ),
        (
            "braces in the prose before",
            "I will use the {router} pattern [1].\n{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}",
        ),
        (
            "wrapped in another object",
            "{\"plan\": {\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}}",
        ),
        (
            "wrapped in an array",
            "[{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}]",
        ),
        (
            "twice, the same",
            "{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}",
        ),
        (
            "synonyms of kinds and keys",
            "{\"goal\": \"Add an endpoint\", \"tasks\": [{\"description\": \"Create the router\", \"action\": \"Add\", \"file\": \"app/users.py\"}, {\"description\": \"Register the router\", \"action\": \"update\", \"file\": \"app/main.py\"}]}",
        ),
        (
            "capital keys",
            "{\"Summary\": \"Add an endpoint\", \"Steps\": [{\"Title\": \"Create the router\", \"Kind\": \"Create\", \"Path\": \"app/users.py\"}, {\"Title\": \"Register the router\", \"Kind\": \"Modify\", \"Path\": \"app/main.py\"}]}",
        ),
        (
            "paths with dot and backslash",
            "{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"./app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app\\\\main.py\"}]}",
        ),
        (
            "equals signs",
            "{summary = \"Add an endpoint\", steps = [{title = \"Create the router\", kind = \"create\", path = \"app/users.py\"}, {title = \"Register the router\", kind = \"modify\", path = \"app/main.py\"}]}",
        ),
        (
            "ruby arrows",
            "{\"summary\" => \"Add an endpoint\", \"steps\" => [{\"title\" => \"Create the router\", \"kind\" => \"create\", \"path\" => \"app/users.py\"}, {\"title\" => \"Register the router\", \"kind\" => \"modify\", \"path\" => \"app/main.py\"}]}",
        ),
        (
            "numbered steps with extra members",
            "{\"summary\": \"Add an endpoint\", \"steps\": [{\"id\": 1, \"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\", \"tokens\": 1_200}, {\"id\": 2, \"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\", \"depends\": [1,]}]}",
        ),
        (
            "dots for more",
            "{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}, ...]}",
        ),
        (
            "line ends inside strings",
            "{\"summary\": \"Add an endpoint\", \"note\": \"line one\nline two\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}",
        ),
        (
            "a closing quote forgotten at a line's end",
            "{\n  \"summary\": \"Add an endpoint,\n  \"steps\": [\n    {\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"},\n    {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}\n  ]\n}",
        ),
        (
            "quotes inside a string that nobody reads",
            "{\"summary\": \"Add an endpoint\", \"note\": \"the \"register\" route, see \"users\"\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}",
        ),
        (
            "wrong escapes",
            "{\"summary\": \"Add an endpoint\", \"note\": \"it\\'s \\_new\\_ C:\\x\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}",
        ),
        (
            "too many closing brackets",
            "{\"summary\": \"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}]}",
        ),
        (
            "double commas",
            "{\"summary\": \"Add an endpoint\",, \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"},, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}",
        ),
        (
            "semicolons",
            "{\"summary\": \"Add an endpoint\"; \"steps\": [{\"title\": \"Create the router\"; \"kind\": \"create\"; \"path\": \"app/users.py\"}; {\"title\": \"Register the router\"; \"kind\": \"modify\"; \"path\": \"app/main.py\"}]};",
        ),
        (
            "byte order mark and odd spaces",
            "\u{feff}{\u{a0}\"summary\":\u{a0}\"Add an endpoint\", \"steps\": [{\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"}, {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"}]}",
        ),
        (
            "python, in a variable",
            "```python\nplan = {\n    \"summary\": \"Add an endpoint\",\n    \"steps\": [\n        dict_placeholder,\n        {\"title\": \"Create the router\", \"kind\": \"create\", \"path\": \"app/users.py\"},\n        {\"title\": \"Register the router\", \"kind\": \"modify\", \"path\": \"app/main.py\"},\n    ],\n}\n```",
        ),
    ];

    /// Ways in which models break the JSON of a verdict.
    const VERDICTS: [(&str, &str); 26] = [
        (
            "strict",
            r#"{"score": 0.72, "reasons": ["No test for 409.", "Passwords are logged."], "next_steps": ["Run the tests."], "improvements": []}"#,
        ),
        (
            "score as text",
            r#"{"score": "0.72", "reasons": ["No test for 409.", "Passwords are logged."], "next_steps": ["Run the tests."], "improvements": []}"#,
        ),
        (
            "score of a hundred",
            r#"{"score": 72, "reasons": ["No test for 409.", "Passwords are logged."], "next_steps": ["Run the tests."], "improvements": []}"#,
        ),
        (
            "score of ten",
            r#"{"score": 7.2, "reasons": ["No test for 409.", "Passwords are logged."], "next_steps": ["Run the tests."], "improvements": []}"#,
        ),
        (
            "score as a fraction",
            r#"{"score": "7.2/10", "reasons": ["No test for 409.", "Passwords are logged."], "next_steps": ["Run the tests."], "improvements": []}"#,
        ),
        (
            "score in percent",
            r#"{"score": "72%", "reasons": ["No test for 409.", "Passwords are logged."], "next_steps": ["Run the tests."], "improvements": []}"#,
        ),
        (
            "score without its zero",
            r#"{"score": .72, "reasons": ["No test for 409.", "Passwords are logged."], "next_steps": ["Run the tests."], "improvements": []}"#,
        ),
        (
            "score with a sign",
            r#"{"score": +0.72, "reasons": ["No test for 409.", "Passwords are logged."], "next_steps": ["Run the tests."], "improvements": []}"#,
        ),
        (
            "lists as text",
            "{\"score\": 0.72, \"reasons\": [\"No test for 409.\", \"Passwords are logged.\"], \"next_steps\": \"Run the tests.\", \"improvements\": \"\"}",
        ),
        (
            "reasons as objects",
            "{\"score\": 0.72, \"reasons\": [{\"reason\": \"No test for 409.\"}, {\"reason\": \"Passwords are logged.\"}], \"next_steps\": [\"Run the tests.\"]}",
        ),
        (
            "members missing",
            "{\"score\": 0.72, \"reasons\": [\"No test for 409.\", \"Passwords are logged.\"], \"next_steps\": [\"Run the tests.\"]}",
        ),
        (
            "null lists",
            "{\"score\": 0.72, \"reasons\": [\"No test for 409.\", \"Passwords are logged.\"], \"next_steps\": [\"Run the tests.\"], \"improvements\": null}",
        ),
        (
            "camel case",
            "{\"score\": 0.72, \"reasons\": [\"No test for 409.\", \"Passwords are logged.\"], \"nextSteps\": [\"Run the tests.\"], \"improvements\": []}",
        ),
        (
            "prose and fence",
            "Overall this is decent work.\n\n```json\n{\n  \"score\": 0.72,\n  \"reasons\": [\n    \"No test for 409.\",\n    \"Passwords are logged.\"\n  ],\n  \"next_steps\": [\"Run the tests.\"],\n  \"improvements\": []\n}\n```\nHope this helps!",
        ),
        (
            "python",
            "{'score': 0.72, 'reasons': ['No test for 409.', 'Passwords are logged.'], 'next_steps': ['Run the tests.'], 'improvements': None}",
        ),
        (
            "array without commas",
            "{\"score\": 0.72, \"reasons\": [\"No test for 409.\"\n \"Passwords are logged.\"], \"next_steps\": [\"Run the tests.\"], \"improvements\": []}",
        ),
        (
            "array not closed before a member",
            "{\"score\": 0.72, \"improvements\": [], \"next_steps\": [\"Run the tests.\"], \"reasons\": [\"No test for 409.\", \"Passwords are logged.\"",
        ),
        (
            "cut after a comma",
            "{\"score\": 0.72, \"reasons\": [\"No test for 409.\", \"Passwords are logged.\"], \"next_steps\": [\"Run the tests.\"],",
        ),
        (
            "cut inside a key",
            "{\"score\": 0.72, \"reasons\": [\"No test for 409.\", \"Passwords are logged.\"], \"next_steps\": [\"Run the tests.\"], \"improv",
        ),
        (
            "keys without quotes",
            "{score: 0.72, reasons: [\"No test for 409.\", \"Passwords are logged.\"], next_steps: [\"Run the tests.\"], improvements: []}",
        ),
        (
            "a comment behind the score",
            "{\n \"score\": 0.72, // not bad\n \"reasons\": [\"No test for 409.\", \"Passwords are logged.\"],\n \"next_steps\": [\"Run the tests.\"]\n}",
        ),
        (
            "full-width colon",
            "{\"score\"：0.72, \"reasons\"：[\"No test for 409.\", \"Passwords are logged.\"], \"next_steps\"：[\"Run the tests.\"]}",
        ),
        (
            "markdown label before",
            "**Review**\n\nscore details below:\n{\"score\": 0.72, \"reasons\": [\"No test for 409.\", \"Passwords are logged.\"], \"next_steps\": [\"Run the tests.\"], \"improvements\": []}",
        ),
        (
            "nested under review",
            "{\"review\": {\"score\": 0.72, \"reasons\": [\"No test for 409.\", \"Passwords are logged.\"], \"next_steps\": [\"Run the tests.\"]}}",
        ),
        (
            "tuples for lists",
            "{'score': 0.72, 'reasons': ('No test for 409.', 'Passwords are logged.'), 'next_steps': ('Run the tests.',)}",
        ),
        (
            "no braces at all",
            "\"score\": 0.72,\n\"reasons\": [\"No test for 409.\", \"Passwords are logged.\"],\n\"next_steps\": [\"Run the tests.\"],\n\"improvements\": []",
        ),
    ];

    #[test]
    fn more_than_95_of_100_broken_answers_are_read_as_they_were_meant() {
        let (mut right, mut wrong) = (0, Vec::new());
        for (name, text) in PLANS {
            let got = plan(visible(text));
            if got == Some(expected_plan()) { right += 1 } else { wrong.push(format!("plan, {name}: {got:?}")) }
        }
        for (name, text) in VERDICTS {
            let got = verdict(visible(text));
            if got == Some(expected_verdict()) { right += 1 } else { wrong.push(format!("verdict, {name}: {got:?}")) }
        }
        let rate = f64::from(right) / (PLANS.len() + VERDICTS.len()) as f64;
        println!("{right} of {} read ({:.1} %)", PLANS.len() + VERDICTS.len(), rate * 100.0);
        assert!(rate > 0.95, "{:.1} %:\n{}", rate * 100.0, wrong.join("\n"));
    }

    #[test]
    fn an_answer_cut_at_any_byte_never_panics_and_never_gains_a_step() {
        for (name, text) in PLANS.iter().filter(|(n, _)| *n != "dots for more") {
            for end in (0..text.len()).filter(|e| text.is_char_boundary(*e)) {
                let steps = plan(visible(&text[..end])).map_or(0, |p| p.steps.len());
                assert!(steps <= 2, "{name} cut at {end}: {steps} steps");
            }
        }
    }

    #[test]
    fn what_is_no_plan_and_no_verdict_is_none() {
        for text in [
            "",
            "{}",
            "I would first add a router.",
            "{\"steps\": []}",
            "{\"summary\": \"x\"}",
            "[1, 2]",
            "{{{{",
            "[\"a\"]",
        ] {
            assert_eq!(plan(text), None, "{text}");
        }
        for text in [
            "",
            "Looks good!",
            "{\"reasons\": [\"x\"]}",
            "{\"score\": \"high\"}",
            "{\"score\": null}",
            "{\"score\": -1}",
            "{\"score\": 1e9}",
        ] {
            assert_eq!(verdict(text), None, "{text}");
        }
    }

    #[test]
    fn deep_and_long_nonsense_ends() {
        assert_eq!(plan(&"[".repeat(300_000)), None);
        assert_eq!(plan(&"{\"a\":".repeat(60_000)), None);
        assert_eq!(plan(&"{'\"`".repeat(60_000)), None);
        assert_eq!(verdict(&"{\"score\"".repeat(40_000)), None);
    }

    #[test]
    fn a_path_that_leads_out_of_the_root_is_no_path() {
        let plan = plan(r#"{"steps": [{"title": "x y", "kind": "create", "path": "../../etc/passwd"}]}"#).unwrap();
        assert_eq!(plan.steps[0].path, "");
    }

    #[test]
    fn garbage_is_told_from_answers() {
        let code = "fn main() {\n    println!(\"hello\");\n}\n";
        let table: Vec<(&str, String, Option<Garbage>)> = vec![
            ("empty", "  \n\n".into(), Some(Garbage::Empty)),
            ("dots", ".......".into(), Some(Garbage::Empty)),
            ("refusal", "I'm sorry, but I can't help with that.".into(), Some(Garbage::Refusal)),
            ("refusal, typographic", "I’m unable to assist with modifying files.".into(), Some(Garbage::Refusal)),
            ("loop of a word", "the ".repeat(400), Some(Garbage::Repetition)),
            ("loop after a good start", format!("{code}{}", "    x = x + 1;\n".repeat(120)), Some(Garbage::Repetition)),
            (
                "loop of lines with a counter",
                (0..200).map(|i| format!("{}return result;\n", " ".repeat(i % 3))).collect(),
                Some(Garbage::Repetition),
            ),
            ("broken characters", format!("ok then {}", "\u{fffd}".repeat(20)).repeat(3), Some(Garbage::Noise)),
            ("word salad", "def получить ไทยไทย 日本語の 関数 परिणाम return العربية ".repeat(4), Some(Garbage::Noise)),
            ("code", code.into(), None),
            ("a table of zeros", format!("const T: [u8; 256] = [{}];", "0, ".repeat(128)), None),
            (
                "Chinese",
                "这个函数读取配置文件，并返回解析后的结果。如果文件不存在，就返回默认值，不会报错，请放心使用。".into(),
                None,
            ),
            (
                "sorry in an answer",
                format!("Sorry, I cannot see the file, so here is a new one.\n```rust\n{code}```"),
                None,
            ),
            ("short answer", "Yes.".into(), None),
        ];
        for (name, text, expected) in table {
            assert_eq!(garbage(&text), expected, "{name}");
        }
    }

    #[test]
    fn a_stream_is_stuck_only_when_its_end_is_one_loop() {
        assert!(is_stuck(&format!("start\n{}", "again and again\n".repeat(400)), 4096));
        let code: String = (0..400).map(|i| format!("    field_{i}: u32,\n")).collect();
        assert!(!is_stuck(&code, 4096));
        assert!(!is_stuck(&" ".repeat(5000), 4096));
    }

    #[test]
    fn thinking_is_not_part_of_the_answer() {
        assert_eq!(visible("<think>\na\n</think>\n\nb"), "b");
        assert_eq!(visible("a\n</think>\nb"), "b");
        assert_eq!(visible("<think>never ends"), "");
        assert_eq!(visible("plain"), "plain");
        assert_eq!(visible("```\n</think>\n```"), "```\n</think>\n```");
    }

    #[test]
    fn a_continued_answer_is_joined_without_saying_anything_twice() {
        assert_eq!(
            join("### FILE: a\n```rust\nfn one() {}\nfn tw", "o() {}\n```"),
            "### FILE: a\n```rust\nfn one() {}\nfn two() {}\n```"
        );
        assert_eq!(
            join("```rust\nfn one() {}\nfn two() {", "fn two() {\n}\n```"),
            "```rust\nfn one() {}\nfn two() {\n}\n```"
        );
        assert_eq!(join("```rust\nlet a = 1;\n", "```rust\nlet b = 2;\n```"), "```rust\nlet a = 1;\nlet b = 2;\n```");
    }
}
