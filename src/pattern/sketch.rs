//! A pattern as a model should see it: compact, with the first example filled in. Never the template's braces.

use super::format::Pattern;
use crate::domain::fence::fenced;
use crate::domain::intent::{Action, Complexity, Intent};
use std::fmt::Write;

/// A compact rendering of a pattern for a prompt: what it is, what it needs, and its files filled with their defaults.
pub fn context_text(pattern: &Pattern) -> String {
    let mut text = format!("Pattern {}: {} ({})\n", pattern.name, pattern.title, pattern.language.name());
    if !pattern.prerequisites.is_empty() {
        let _ = writeln!(text, "Needs: {}", pattern.prerequisites.join("; "));
    }
    let intent = neutral(pattern);
    let filled = pattern.bind(&intent, &[]).and_then(|bindings| pattern.render(&bindings));
    for file in filled.unwrap_or_default() {
        let _ = write!(text, "{}\n{}", file.path, fenced(pattern.language.name(), &file.text));
    }
    text
}

/// An intent that says nothing, so that every placeholder takes its default.
pub(super) fn neutral(pattern: &Pattern) -> Intent {
    Intent {
        text: String::new(),
        action: pattern.actions.first().copied().unwrap_or(Action::Create),
        targets: pattern.targets.clone(),
        language: Some(pattern.language),
        frameworks: pattern.frameworks.clone(),
        complexity: Complexity::Simple,
        confidence: 1.0,
        token_budget: 0,
        paths: Vec::new(),
        symbols: Vec::new(),
    }
}
