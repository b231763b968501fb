//! Modes as TOML: the shipped ones and the user's, read by the same function.
//!
//! Knows no directory; whoever finds a file passes its name and text.

use crate::domain::clip;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::mode::Mode;
use serde::Deserialize;
use toml::Spanned;

/// The shipped modes, written as a user would write them.
const SHIPPED: &str = include_str!("../../assets/modes.toml");
/// Longest instructions in bytes: they stand in every prompt, and the smallest window is 4,096 tokens.
const MAX_INSTRUCTIONS: usize = 4000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    mode: Vec<Spanned<Mode>>,
}

/// `coder`, `architect`, `peer` and `sdet`.
pub fn shipped_modes() -> Vec<Mode> {
    modes("assets/modes.toml", SHIPPED).unwrap_or_default()
}

/// The modes in `text`. Fails with the first mistake as `name:line: what is wrong; what to do`.
pub fn modes(name: &str, text: &str) -> Result<Vec<Mode>, Failure> {
    let wrong = |at: usize, message: String| {
        let line = clip::head(text, at).matches('\n').count() + 1;
        Failure::fatal(FailureKind::Config, format!("{name}:{line}: {message}"))
    };
    let file: File = toml::from_str(text).map_err(|error| {
        let message = error.message().lines().next().unwrap_or_default().trim_end_matches('.').to_owned();
        wrong(
            error.span().map_or(0, |s| s.start),
            format!("{message}. A mode is a [[mode]] with name, summary, edits and instructions"),
        )
    })?;
    let mut found: Vec<Mode> = Vec::new();
    for entry in file.mode {
        let at = entry.span().start;
        let mode = entry.into_inner();
        if let Some(complaint) = complaint(&mode, &found) {
            return Err(wrong(at, complaint));
        }
        found.push(mode);
    }
    Ok(found)
}

fn complaint(mode: &Mode, earlier: &[Mode]) -> Option<String> {
    let name = &mode.name;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
        Some(format!("the name `{name}` cannot be typed; use up to 32 lower-case letters, digits and `-`"))
    } else if earlier.iter().any(|m| m.name == *name) {
        Some(format!("there are two modes named `{name}`; rename or remove one"))
    } else if mode.instructions.trim().is_empty() {
        Some(format!("the mode `{name}` has no instructions; write a few sentences"))
    } else if mode.instructions.len() > MAX_INSTRUCTIONS {
        let length = mode.instructions.len();
        Some(format!(
            "the instructions of `{name}` are {length} bytes long; shorten them to {MAX_INSTRUCTIONS}, they stand in every prompt"
        ))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_modes_load_without_a_complaint() {
        let modes = modes("assets/modes.toml", SHIPPED).unwrap();
        let names: Vec<(&str, bool)> = modes.iter().map(|m| (m.name.as_str(), m.edits)).collect();
        assert_eq!(names, [("coder", true), ("architect", false), ("peer", false), ("sdet", true)]);
    }

    #[test]
    fn each_mistake_names_file_line_and_what_to_do() {
        let good = "[[mode]]\nname = \"a\"\nsummary = \"s\"\nedits = true\ninstructions = \"i\"\n";
        let table = [
            ("[[mode]]\nname = \"a\n".to_owned(), "m.toml:2: "),
            (format!("{good}[[mode]]\nname = \"b\"\n"), "m.toml:6: missing field"),
            (format!("{good}colour = 1\n"), "m.toml:6: unknown field `colour`"),
            (good.replace("true", "1"), "m.toml:4: invalid type"),
            (format!("{good}\n{good}"), "m.toml:7: there are two modes named `a`; rename"),
            (good.replace("\"a\"", "\"A b\""), "m.toml:1: the name `A b` cannot be typed; use"),
            (good.replace("\"i\"", "\" \""), "m.toml:1: the mode `a` has no instructions; write"),
            (good.replace("\"i\"", &format!("\"{}\"", "x".repeat(4001))), "m.toml:1: the instructions of `a` are 4001"),
        ];
        for (text, expected) in table {
            let message = modes("m.toml", &text).unwrap_err().message;
            assert!(message.starts_with(expected), "{message}\nexpected {expected}");
        }
    }
}
