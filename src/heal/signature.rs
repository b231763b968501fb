//! What a mender has to know of the code around a finding: the head of the definition it stands in, and of those that its
//! lines name, or may mean with a name that nobody has.
//!
//! Pure: who has the repository says what other files define.

use super::name::undefined;
use crate::domain::finding::Finding;
use crate::domain::language::Language;
use crate::domain::nearest::nearest;
use crate::domain::outline::Outline;
use crate::syntax;
use regex::Regex;
use std::sync::LazyLock;

/// Lines on both sides of a finding whose names count.
const AROUND: usize = 2;
/// Most names that are looked up for a finding.
const NAMES: usize = 12;
/// Definitions of a name from which on it says nothing.
const COMMON: usize = 3;

static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[\p{L}_][\p{L}\p{N}_]{2,}").ok());

/// What other files define.
pub trait Elsewhere {
    /// Heads of the definitions of a name, each with its place. Not every definition has one.
    fn heads(&self, name: &str) -> Vec<String>;

    /// Whether anything is defined by a name.
    fn is_defined(&self, name: &str) -> bool;

    /// The defined name that another is most likely a slip of.
    fn near(&self, name: &str) -> Option<String>;
}

/// Heads of definitions, each with its place, at most `limit`: first of what the finding stands in, then of what its lines
/// name, in its own file or elsewhere; then, of a name that the finding calls undefined and nobody defines, those of the nearest that
/// somebody does.
pub fn signatures(finding: &Finding, text: &str, elsewhere: &dyn Elsewhere, limit: usize) -> Vec<String> {
    let Some(language) = Language::from_path(&finding.path).filter(|_| finding.line > 0) else { return Vec::new() };
    let outline = syntax::outline(language, &finding.path, text);
    let mut found: Vec<String> = Vec::new();
    let mut add = |line: String| {
        if !found.contains(&line) && found.len() < limit {
            found.push(line);
        }
    };
    if let Some(outline) = &outline {
        around(outline, finding.line).into_iter().for_each(|at| add(head(outline, at, &finding.path)));
    }
    let heads = |name: &str| {
        let own = outline.as_ref().map_or_else(Vec::new, |outline| named(outline, name, &finding.path));
        if own.is_empty() { elsewhere.heads(name) } else { own }
    };
    for name in names(text, finding.line as usize) {
        let all = heads(name);
        if all.len() <= COMMON {
            all.into_iter().for_each(&mut add);
        }
    }
    for name in undefined(finding) {
        let own = || outline.iter().flat_map(|o| &o.definitions).map(|definition| definition.name.as_str());
        if own().any(|other| other == name) || elsewhere.is_defined(name) {
            continue;
        }
        let near = nearest(name, own()).map(str::to_owned).or_else(|| elsewhere.near(name));
        let all = near.map_or_else(Vec::new, |near| heads(&near));
        if all.len() <= COMMON {
            let told = |head| format!("no definition of `{name}` was found; the nearest name is in {head}");
            all.into_iter().map(told).for_each(&mut add);
        }
    }
    found
}

/// Heads of the definitions of a name in a file.
fn named(outline: &Outline, name: &str, path: &str) -> Vec<String> {
    let places = (0..outline.definitions.len()).filter(|at| outline.definitions[*at].name == name);
    let places = places.filter(|at| !outline.definitions[*at].signature.is_empty());
    places.map(|at| head(outline, at, path)).collect()
}

/// The innermost definition that a line stands in, and what that stands in.
fn around(outline: &Outline, line: u32) -> Vec<usize> {
    let holds = |at: &usize| {
        let definition = &outline.definitions[*at];
        definition.lines.0 <= line && line <= definition.lines.1 && !definition.signature.is_empty()
    };
    let mut found: Vec<usize> = (0..outline.definitions.len()).filter(holds).collect();
    found.sort_by_key(|at| outline.definitions[*at].lines.1 - outline.definitions[*at].lines.0);
    found.truncate(2);
    found
}

/// The name of the innermost definition that a line of a text stands in.
pub fn enclosing(path: &str, text: &str, line: u32) -> Option<String> {
    let outline = syntax::outline(Language::from_path(path)?, path, text)?;
    around(&outline, line).first().map(|at| outline.definitions[*at].name.clone())
}

fn head(outline: &Outline, at: usize, path: &str) -> String {
    let definition = &outline.definitions[at];
    format!("{path}:{}: {}", definition.lines.0, definition.signature)
}

/// The names of the lines around `line`, in order, each once.
fn names(text: &str, line: usize) -> Vec<&str> {
    let first = line.saturating_sub(1 + AROUND);
    let lines = text.lines().skip(first).take(2 * AROUND + 1);
    let mut found: Vec<&str> = Vec::new();
    for name in lines.flat_map(|l| NAME.iter().flat_map(|r| r.find_iter(l))).map(|m| m.as_str()) {
        if !found.contains(&name) && found.len() < NAMES {
            found.push(name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "def total(cart: Cart) -> int:\n    return sum(cart)\n\n\nclass Shop:\n    def close(self, cart: Cart):\n        x = total(cart)\n        archive(x)\n";

    struct Others;

    impl Elsewhere for Others {
        fn heads(&self, name: &str) -> Vec<String> {
            match name {
                "archive" => vec!["log.py:3: def archive(order: Order)".to_owned()],
                _ => Vec::new(),
            }
        }

        fn is_defined(&self, name: &str) -> bool {
            matches!(name, "archive" | "bare")
        }

        fn near(&self, name: &str) -> Option<String> {
            (name == "archve").then(|| "archive".to_owned())
        }
    }

    #[test]
    fn of_a_name_that_nobody_has_a_mender_is_told_the_nearest_that_somebody_has() {
        let told = |line: u32, message: &str, text: &str| {
            let finding = Finding { path: "shop.py".into(), line, message: message.into(), ..Finding::default() };
            let all = signatures(&finding, text, &Others, 9);
            all.into_iter().filter(|head| head.starts_with("no definition ")).collect::<Vec<_>>()
        };
        let text = TEXT.replace("x = total(", "x = totl(").replace("archive(x)", "archve(x)");
        assert_eq!(
            told(7, "name 'totl' is not defined", &text),
            ["no definition of `totl` was found; the nearest name is in shop.py:1: def total(cart: Cart) -> int"]
        );
        assert_eq!(
            told(8, "undefined: archve", &text),
            ["no definition of `archve` was found; the nearest name is in log.py:3: def archive(order: Order)"]
        );
        assert!(told(7, "`totl` is not a good name", &text).is_empty(), "nobody called it undefined");
        assert!(told(8, "name 'bare' is not defined", &text).is_empty(), "what is defined has no head");
    }

    #[test]
    fn a_mender_is_told_the_heads_of_what_the_lines_stand_in_and_name() {
        let finding = Finding { path: "shop.py".into(), line: 8, ..Finding::default() };
        assert_eq!(
            signatures(&finding, TEXT, &Others, 9),
            [
                "shop.py:6: def close(self, cart: Cart)",
                "shop.py:5: class Shop",
                "shop.py:1: def total(cart: Cart) -> int",
                "log.py:3: def archive(order: Order)",
            ]
        );
        assert_eq!(signatures(&finding, TEXT, &Others, 1).len(), 1);
        assert_eq!(enclosing("shop.py", TEXT, 7).as_deref(), Some("close"));
    }
}
