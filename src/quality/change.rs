//! A change in figures: what each file and function was and is, and which security findings are new. A function that was not
//! touched is nobody's fault.

use super::report::{Coverage, FileQuality, FunctionQuality, Totals};
use crate::domain::change::{ChangeSet, FileChange};
use crate::domain::finding::Finding;
use crate::domain::language::Language;
use crate::syntax;
use serde::Serialize;
use std::collections::HashMap;

/// A function that is new, or has another text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangedFunction {
    /// What it was; `None` if it is new.
    pub before: Option<FunctionQuality>,
    /// What it is.
    pub after: FunctionQuality,
}

/// A file of a change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChangedFile {
    /// Relative to the root.
    pub path: String,
    /// What it was; `None` if it is new or has no grammar.
    pub before: Option<FileQuality>,
    /// What it is; `None` if it is gone or has no grammar.
    pub after: Option<FileQuality>,
    /// Functions that are new or have another text, in the order they stand.
    pub functions: Vec<ChangedFunction>,
    /// Security findings that it did not have before.
    pub introduced: Vec<Finding>,
    /// How many it had and has no more.
    pub mended: u32,
}

/// A change in figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Change {
    /// Files that have a grammar, in the order of the change.
    pub files: Vec<ChangedFile>,
    /// Changed files without figures.
    pub unmeasured: Vec<String>,
    /// What of the change is not judged, each with why: code by its name without figures, what no longer parses, and conflicts of
    /// a merge.
    pub left_out: Vec<LeftOut>,
}

/// A file that is not judged, or not as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LeftOut {
    /// Relative to the root; escaped where it is not UTF-8.
    pub path: String,
    /// A phrase: "not UTF-8", "generated", "does not parse from line 3 on".
    pub why: String,
    /// Whether it could not be judged: a gate is closed then. What is generated, vendored or minified is nobody's to judge.
    pub is_unjudged: bool,
}

impl Change {
    /// The figures of all its files before, and after.
    pub fn totals(&self) -> (Totals, Totals) {
        let before = Totals::of(self.files.iter().filter_map(|f| f.before.as_ref()));
        (before, Totals::of(self.files.iter().filter_map(|f| f.after.as_ref())))
    }

    /// Every function that is new or was changed, with its file.
    pub fn functions(&self) -> impl Iterator<Item = (&ChangedFile, &ChangedFunction)> {
        self.files.iter().flat_map(|file| file.functions.iter().map(move |function| (file, function)))
    }

    /// Types and documentation of the functions that are new or were changed.
    pub fn coverage(&self) -> (Coverage, Coverage) {
        let mut coverage = (Coverage::default(), Coverage::default());
        for (_, function) in self.functions() {
            coverage.0 = coverage.0.and(function.after.typed);
            if let Some(documented) = function.after.documented {
                coverage.1 = coverage.1.and(Coverage::new(documented.into(), 1));
            }
        }
        coverage
    }

    /// One line for a header: `cognitive 12 → 18, maintainability 71 → 66, 1 new finding`. Empty if no figure moved.
    pub fn line(&self) -> String {
        let (before, after) = self.totals();
        let mut parts = Vec::new();
        let mut moved = |name: &str, was: u64, is: u64| {
            if was != is {
                parts.push(format!("{name} {was} → {is}"));
            }
        };
        moved("cyclomatic", before.cyclomatic, after.cyclomatic);
        moved("cognitive", before.cognitive, after.cognitive);
        let rounded = |totals: &Totals| totals.maintainability.map(|index| index.round() as u64);
        if let (Some(was), Some(is)) = (rounded(&before), rounded(&after)) {
            moved("maintainability", was, is);
        }
        let mut introduced = self.files.iter().flat_map(|file| &file.introduced);
        if let Some(first) = introduced.next() {
            let place = format!("{} at {}:{}", first.message, first.path, first.line);
            parts.push(match introduced.count() {
                0 => format!("1 new security finding: {place}"),
                more => format!("{} new security findings: {place} and {more} more", more + 1),
            });
        }
        parts.join(", ")
    }
}

/// The figures of a change.
pub fn change(changes: &ChangeSet) -> Change {
    let mut found = Change::default();
    for file in changes.files.iter().filter(|file| !file.is_noop()) {
        let measure = |text: &Option<String>| text.as_ref().and_then(|text| super::measure(&file.path, text));
        let (before, after) = (measure(&file.before), measure(&file.after));
        if let Some(why) = broken(file, after.as_ref()) {
            found.left_out.push(LeftOut { path: file.path.clone(), why, is_unjudged: true });
        }
        if after.is_none() && file.after.is_some() && super::is_code(&file.path) {
            let why = super::TOO_LONG.to_owned();
            found.left_out.push(LeftOut { path: file.path.clone(), why, is_unjudged: true });
            found.unmeasured.push(file.path.clone());
            continue;
        }
        if before.is_none() && after.is_none() {
            found.unmeasured.push(file.path.clone());
            continue;
        }
        let functions = functions(before.as_ref(), after.as_ref());
        let (introduced, mended) =
            findings(before.as_ref(), file.before.as_deref(), after.as_ref(), file.after.as_deref());
        found.files.push(ChangedFile { path: file.path.clone(), before, after, functions, introduced, mended });
    }
    found
}

/// Why figures do not tell what a file is: the change left a conflict of a merge in it, or it does not parse any more. A grammar
/// sees C and C++ before the preprocessor does, so that its word counts for nothing there.
fn broken(file: &FileChange, after: Option<&FileQuality>) -> Option<String> {
    let text = file.after.as_deref().filter(|_| after.is_none_or(|after| after.broken))?;
    let conflicts = |text: &str| syntax::conflicts(&file.path, text);
    if let Some(line) = conflicts(text).first()
        && file.before.as_deref().is_none_or(|before| conflicts(before).is_empty())
    {
        return Some(format!("a conflict of a merge that nobody resolved begins on line {line}"));
    }
    let language = after.map(|after| after.language).filter(|l| !matches!(l, Language::C | Language::Cpp))?;
    let error = syntax::introduced(language, &file.path, file.before.as_deref(), text)?.into_iter().next()?;
    Some(format!("does not parse from line {} on", error.line))
}

/// Pairs functions by name, those of one name in their order.
fn functions(before: Option<&FileQuality>, after: Option<&FileQuality>) -> Vec<ChangedFunction> {
    let mut known: HashMap<&str, Vec<&FunctionQuality>> = HashMap::new();
    for function in before.iter().flat_map(|file| file.functions.iter().rev()) {
        known.entry(&function.name).or_default().push(function);
    }
    let mut changed = Vec::new();
    for function in after.iter().flat_map(|file| &file.functions) {
        let was = known.get_mut(function.name.as_str()).and_then(Vec::pop);
        if was.is_none_or(|was| was.hash != function.hash) {
            changed.push(ChangedFunction { before: was.cloned(), after: function.clone() });
        }
    }
    changed
}

/// Findings are the same if they are of one rule and about lines of the same text.
fn findings(
    before: Option<&FileQuality>,
    old: Option<&str>,
    after: Option<&FileQuality>,
    new: Option<&str>,
) -> (Vec<Finding>, u32) {
    let line = |lines: &[String], finding: &Finding| {
        let text = lines.get(finding.line.saturating_sub(1) as usize).cloned().unwrap_or_default();
        (finding.rule.clone().unwrap_or_default(), text)
    };
    let trimmed =
        |text: Option<&str>| -> Vec<String> { text.unwrap_or("").lines().map(|l| l.trim().to_owned()).collect() };
    let (old, new) = (trimmed(old), trimmed(new));
    let mut known: HashMap<(String, String), u32> = HashMap::new();
    for finding in before.iter().flat_map(|file| &file.security) {
        *known.entry(line(&old, finding)).or_default() += 1;
    }
    let is_new = |finding: &&Finding| match known.get_mut(&line(&new, finding)) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    };
    let introduced = after.iter().flat_map(|file| &file.security).filter(is_new).cloned().collect();
    (introduced, known.into_values().sum())
}
