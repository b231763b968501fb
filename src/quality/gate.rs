//! Gates: figures against thresholds. Pure; what is measured and what a verdict leads to is others' business.
//!
//! A change answers for what it made or made worse. A function that was over a limit before and is not worse now fails no
//! gate, so that a gate can be put up in any repository without mending all of it first.

use super::change::{Change, ChangedFunction, LeftOut};
use super::report::{Coverage, FileQuality, FunctionQuality, Totals, Tree};
use crate::domain::finding::{Finding, Severity};
use serde::Serialize;

/// When a gate is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Before a commit: the staged change.
    Commit,
    /// Before a change is merged: all of it.
    Pr,
    /// Before a release: the whole tree.
    Production,
}

impl Level {
    /// Its word on the command line and in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Level::Commit => "commit",
            Level::Pr => "pr",
            Level::Production => "production",
        }
    }
}

/// From which severity on a security finding fails a gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// None does.
    #[default]
    Off,
    /// Findings at least this bad do.
    From(Severity),
}

/// What a gate allows. 0 switches a limit off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Thresholds {
    /// Most cyclomatic complexity of a function.
    pub max_cyclomatic: u32,
    /// Most cognitive complexity of a function.
    pub max_cognitive: u32,
    /// Least maintainability index of a file, 0 to 100.
    pub min_maintainability: f64,
    /// Least part of the places for a type that have one, in per cent.
    pub min_type_coverage: f64,
    /// Least part of the definitions that others can name and that are documented, in per cent.
    pub min_doc_coverage: f64,
    /// Which security findings fail.
    pub security: Security,
}

/// The figure of a breach by code that could not be judged.
pub const UNJUDGED: &str = "unjudged";
/// The figure of a breach by limits that nobody knows.
pub const UNREAD: &str = "configuration";

/// Why a gate is closed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Breach {
    /// Which figure: `cyclomatic`, `cognitive`, `maintainability`, `type_coverage`, `doc_coverage`, `unjudged`, `configuration`, or a security rule.
    pub figure: String,
    /// What it is; `None` for a finding.
    pub value: Option<f64>,
    /// What is allowed.
    pub limit: Option<f64>,
    /// The file; empty for all of them together.
    pub path: String,
    /// 1-based line; 0 for a file as a whole.
    pub line: u32,
    /// Of what: a function's name, or a sentence for a finding.
    pub what: String,
}

impl Breach {
    /// `shop/price.py:12 total: cognitive complexity 22, at most 15`.
    pub fn sentence(&self) -> String {
        self.worded(|name| name.to_owned())
    }

    /// The same with names of files and functions as `shown` makes them.
    pub(super) fn worded(&self, shown: impl Fn(&str) -> String) -> String {
        let place = match (self.path.as_str(), self.line) {
            ("", _) => String::new(),
            (path, 0) => format!("{}: ", shown(path)),
            (path, line) => format!("{} ", shown(&format!("{path}:{line}"))),
        };
        let what =
            if self.line > 0 && self.value.is_some() { format!("{}: ", shown(&self.what)) } else { String::new() };
        match (self.value, self.limit) {
            (Some(value), Some(limit)) => {
                let (name, bound) = match self.figure.as_str() {
                    "cyclomatic" => ("cyclomatic complexity", "at most"),
                    "cognitive" => ("cognitive complexity", "at most"),
                    "maintainability" => ("maintainability", "at least"),
                    "type_coverage" => ("type coverage %", "at least"),
                    _ => ("doc coverage %", "at least"),
                };
                format!("{place}{what}{name} {}, {bound} {}", short(value), short(limit))
            }
            // Complaints about a file repeat what stands in it.
            _ if self.figure == UNREAD => format!("its limits are not known: {} [{UNREAD}]", shown(&self.what)),
            _ => format!("{place}{} [{}]", self.what, self.figure),
        }
    }
}

impl Breach {
    /// Limits that cannot be read, with why: whoever set them does not have them held, so nothing passes.
    pub fn unread(why: &str) -> Breach {
        let (figure, what) = (UNREAD.to_owned(), why.to_owned());
        Breach { figure, value: None, limit: None, path: String::new(), line: 0, what }
    }

    fn unjudged(left_out: &LeftOut) -> Breach {
        let (path, what) = (left_out.path.clone(), format!("cannot be judged: {}", left_out.why));
        Breach { figure: UNJUDGED.to_owned(), value: None, limit: None, path, line: 0, what }
    }

    /// Whether it is a finding, which reports list by themselves.
    pub(super) fn is_finding(&self) -> bool {
        self.value.is_none() && self.figure != UNJUDGED && self.figure != UNREAD
    }
}

fn short(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { format!("{number:.1}") }
}

/// Why a change may not pass; empty if it may.
pub fn gate(change: &Change, thresholds: &Thresholds) -> Vec<Breach> {
    let mut found = unjudged(&change.left_out);
    for (file, function) in change.functions() {
        let ChangedFunction { before, after } = function;
        let was = |figure: fn(&FunctionQuality) -> u32| before.as_ref().map_or(0, figure);
        let line = after.lines.0;
        let mut most = |figure: &str, is: u32, was: u32, limit: u32| {
            if limit > 0 && is > limit && is > was {
                found.push(breach(figure, is.into(), limit.into(), (&file.path, line, &after.name)));
            }
        };
        most("cyclomatic", after.cyclomatic, was(|f| f.cyclomatic), thresholds.max_cyclomatic);
        most("cognitive", after.cognitive, was(|f| f.cognitive), thresholds.max_cognitive);
    }
    for file in &change.files {
        let was = file.before.as_ref().map_or(f64::INFINITY, |before| before.maintainability);
        if let Some(after) = file.after.as_ref().filter(|after| after.maintainability < was) {
            found.extend(low_index(after, thresholds));
        }
        found.extend(file.introduced.iter().filter_map(|finding| insecure(finding, thresholds.security)));
    }
    let (typed, documented) = change.coverage();
    found.extend(low(("type_coverage", typed, thresholds.min_type_coverage), "changed functions"));
    found.extend(low(("doc_coverage", documented, thresholds.min_doc_coverage), "changed functions"));
    found
}

/// Why a whole tree may not pass; empty if it may.
pub fn gate_tree(tree: &Tree, thresholds: &Thresholds) -> Vec<Breach> {
    let mut found = unjudged(&tree.left_out);
    for file in &tree.files {
        for function in &file.functions {
            let place = (&file.path, function.lines.0, &function.name);
            let mut most = |figure: &str, is: u32, limit: u32| {
                if limit > 0 && is > limit {
                    found.push(breach(figure, is.into(), limit.into(), place));
                }
            };
            most("cyclomatic", function.cyclomatic, thresholds.max_cyclomatic);
            most("cognitive", function.cognitive, thresholds.max_cognitive);
        }
        found.extend(low_index(file, thresholds));
        found.extend(file.security.iter().filter_map(|finding| insecure(finding, thresholds.security)));
    }
    let totals = Totals::of(&tree.files);
    found.extend(low(("type_coverage", totals.typed, thresholds.min_type_coverage), "all files"));
    found.extend(low(("doc_coverage", totals.documented, thresholds.min_doc_coverage), "all files"));
    found
}

fn unjudged(left_out: &[LeftOut]) -> Vec<Breach> {
    left_out.iter().filter(|left_out| left_out.is_unjudged).map(Breach::unjudged).collect()
}

fn breach(figure: &str, value: f64, limit: f64, (path, line, what): (&String, u32, &String)) -> Breach {
    let (figure, path, what) = (figure.to_owned(), path.clone(), what.clone());
    Breach { figure, value: Some(value), limit: Some(limit), path, line, what }
}

fn low_index(file: &FileQuality, thresholds: &Thresholds) -> Option<Breach> {
    let (value, limit) = (file.maintainability, thresholds.min_maintainability);
    (value < limit).then(|| breach("maintainability", value, limit, (&file.path, 0, &file.path)))
}

fn low((figure, coverage, limit): (&str, Coverage, f64), of: &str) -> Option<Breach> {
    let value = coverage.percent()?;
    (value < limit).then(|| breach(figure, value, limit, (&String::new(), 0, &of.to_owned())))
}

fn insecure(finding: &Finding, security: Security) -> Option<Breach> {
    let Security::From(least) = security else { return None };
    (finding.severity >= least).then(|| Breach {
        figure: finding.rule.clone().unwrap_or_default(),
        value: None,
        limit: None,
        path: finding.path.clone(),
        line: finding.line,
        what: finding.message.clone(),
    })
}
