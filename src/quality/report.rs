//! The figures as data: of a function, of a file, of a tree. Everything is counted; nothing is judged.

use super::change::LeftOut;
use crate::domain::finding::{Finding, Severity};
use crate::domain::language::Language;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A part of a whole, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// How many have it.
    pub with: u32,
    /// How many could.
    pub all: u32,
}

impl Coverage {
    /// `with` of `all`.
    pub fn new(with: u32, all: u32) -> Coverage {
        Coverage { with, all }
    }

    /// 0 to 100; `None` of nothing.
    pub fn percent(self) -> Option<f64> {
        (self.all > 0).then(|| 100.0 * f64::from(self.with) / f64::from(self.all))
    }

    /// Both together.
    pub fn and(self, other: Coverage) -> Coverage {
        Coverage { with: self.with.saturating_add(other.with), all: self.all.saturating_add(other.all) }
    }
}

/// One function's figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FunctionQuality {
    /// Its name behind what it stands in: `Shop.total`.
    pub name: String,
    /// 1-based first and last line, with its comment and decorators.
    pub lines: (u32, u32),
    /// Cyclomatic complexity: decisions + 1 (McCabe 1976).
    pub cyclomatic: u32,
    /// Cognitive complexity (SonarSource, version 1.7).
    pub cognitive: u32,
    /// Maintainability index, 0 to 100.
    pub maintainability: f64,
    /// Places for a type that have one.
    pub typed: Coverage,
    /// Whether it is documented; `None` if no other file can name it.
    pub documented: Option<bool>,
    /// Of its text: the same text has the same one.
    #[serde(skip)]
    pub hash: u64,
}

/// One file's figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileQuality {
    /// Relative to the root.
    pub path: String,
    /// Its language.
    pub language: Language,
    /// Lines in all.
    pub lines: u32,
    /// Those that are neither blank nor comment.
    pub code_lines: u32,
    /// Maintainability index, 0 to 100, of its functions on average; of the whole file if it has none.
    pub maintainability: f64,
    /// Places for a type that have one.
    pub typed: Coverage,
    /// Definitions that other files can name and that are documented.
    pub documented: Coverage,
    /// In the order they stand.
    pub functions: Vec<FunctionQuality>,
    /// In the order they stand.
    pub security: Vec<Finding>,
    /// Whether the grammar met an error; the figures are of what could be read.
    pub broken: bool,
}

/// The maintainability index of Oman and Hagemeister (1992) with the coefficients of Coleman et al., "Using metrics to
/// evaluate software system maintainability" (IEEE Computer 27(8), 1994), without the term for comments, brought to 0 to
/// 100 as Visual Studio does: max(0, (171 - 5.2 ln V - 0.23 G - 16.2 ln L) · 100 / 171), from Halstead's volume V,
/// cyclomatic complexity G and lines L.
pub fn maintainability(volume: f64, cyclomatic: f64, lines: f64) -> f64 {
    let index = 171.0 - 5.2 * volume.max(1.0).ln() - 0.23 * cyclomatic - 16.2 * lines.max(1.0).ln();
    (index * 100.0 / 171.0).clamp(0.0, 100.0)
}

/// Figures of many files together.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Files that were measured.
    pub files: u32,
    /// Lines that are neither blank nor comment.
    pub code_lines: u64,
    /// Functions in all.
    pub functions: u32,
    /// Cyclomatic complexity of all functions together.
    pub cyclomatic: u64,
    /// Cognitive complexity of all functions together.
    pub cognitive: u64,
    /// Maintainability index, weighted by lines of code; `None` without any.
    pub maintainability: Option<f64>,
    /// Places for a type that have one.
    pub typed: Coverage,
    /// Documented definitions.
    pub documented: Coverage,
    /// Security findings.
    pub security: u32,
}

impl Totals {
    /// Of these files.
    pub fn of<'f>(files: impl IntoIterator<Item = &'f FileQuality>) -> Totals {
        let mut totals = Totals::default();
        let mut weighted = 0.0;
        for file in files {
            totals.files += 1;
            totals.code_lines += u64::from(file.code_lines);
            totals.functions += u32::try_from(file.functions.len()).unwrap_or(u32::MAX);
            totals.cyclomatic += file.functions.iter().map(|f| u64::from(f.cyclomatic)).sum::<u64>();
            totals.cognitive += file.functions.iter().map(|f| u64::from(f.cognitive)).sum::<u64>();
            totals.typed = totals.typed.and(file.typed);
            totals.documented = totals.documented.and(file.documented);
            totals.security += u32::try_from(file.security.len()).unwrap_or(u32::MAX);
            weighted += file.maintainability * f64::from(file.code_lines);
        }
        totals.maintainability = (totals.code_lines > 0).then(|| weighted / totals.code_lines as f64);
        totals
    }
}

/// A tree's figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Tree {
    /// Sorted by path.
    pub files: Vec<FileQuality>,
    /// Files that were looked at and not measured, by why.
    pub skipped: BTreeMap<&'static str, u32>,
    /// What could not be judged, of those and beside them: sorted by path.
    pub left_out: Vec<LeftOut>,
}

impl Tree {
    /// Every function with its file, worst first: cognitive, then cyclomatic complexity.
    pub fn worst(&self) -> Vec<(&FileQuality, &FunctionQuality)> {
        let mut all: Vec<_> =
            self.files.iter().flat_map(|file| file.functions.iter().map(move |f| (file, f))).collect();
        all.sort_by_key(|(_, f)| Reverse((f.cognitive, f.cyclomatic)));
        all
    }

    /// Every security finding, worst first.
    pub fn findings(&self) -> Vec<&Finding> {
        let mut all: Vec<&Finding> = self.files.iter().flat_map(|file| &file.security).collect();
        all.sort_by_key(|finding| Reverse(finding.severity));
        all
    }

    /// Files and lines of code by language, most first.
    pub fn languages(&self) -> Vec<(Language, u32, u64)> {
        let mut by: BTreeMap<Language, (u32, u64)> = BTreeMap::new();
        for file in &self.files {
            let entry = by.entry(file.language).or_default();
            entry.0 += 1;
            entry.1 += u64::from(file.code_lines);
        }
        let mut all: Vec<_> = by.into_iter().map(|(language, (files, lines))| (language, files, lines)).collect();
        all.sort_by_key(|(language, _, lines)| (Reverse(*lines), *language));
        all
    }
}

/// The word of a severity.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
