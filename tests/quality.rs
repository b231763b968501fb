//! Figures of code: complexity by hand-counted examples of each language, maintainability, coverage, security rules, changes
//! and gates, and the reports.

#[path = "quality/change.rs"]
mod change;
#[path = "quality/figures.rs"]
mod figures;
#[path = "quality/security.rs"]
mod security;

use vibe_tui::quality::{FileQuality, measure};

/// The figures of a text that has some.
pub fn measured(path: &str, text: &str) -> FileQuality {
    measure(path, text).unwrap_or_else(|| panic!("{path} has no figures"))
}

/// Name, cyclomatic and cognitive complexity of each function.
pub fn complexities(path: &str, text: &str) -> Vec<(String, u32, u32)> {
    measured(path, text).functions.iter().map(|f| (f.name.clone(), f.cyclomatic, f.cognitive)).collect()
}
