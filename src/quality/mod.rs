//! Figures of code and of changes to it: complexity, maintainability, type and doc coverage, security findings; and the
//! gates that hold them against thresholds. Pure; `docs/QUALITY.md` has every figure's source.
//!
//! Cyclomatic complexity, types and documentation are the outline's; this module measures what that does not have. It judges
//! nothing by itself: a [`gate`] is thresholds of the user's. What has no grammar has no figures, and what a text does
//! when it runs is not known here.

mod change;
mod content;
mod gate;
mod markdown;
mod measure;
mod report;
mod row;
mod rule;
mod sarif;
mod table;

pub use change::{Change, ChangedFile, ChangedFunction, LeftOut, change};
pub use gate::{Breach, Level, Security, Thresholds, gate, gate_tree};
pub use markdown::{change_markdown, plain_text, tree_markdown};
pub use report::{Coverage, FileQuality, FunctionQuality, Totals, Tree, maintainability};
pub use sarif::sarif;

use crate::domain::language::Language;
use crate::domain::outline::Definition;
use crate::domain::outline::DefinitionKind;
use crate::domain::outline::Outline;
use crate::syntax;
use measure::Measures;
use std::hash::{BuildHasher, Hasher};

/// Why a text with a grammar has no figures.
pub const TOO_LONG: &str = "takes too long to parse";

/// Whether a file of this name has figures, as long as it is text.
pub fn is_code(path: &str) -> bool {
    Language::from_path(path).is_some_and(|language| table::table(language, path).is_some())
}

/// The figures of one file's text; `None` without a grammar, or if parsing takes too long.
pub fn measure(path: &str, text: &str) -> Option<FileQuality> {
    let language = Language::from_path(path)?;
    let (outline, tree, read_as) = syntax::outline_and_tree(language, path, text)?;
    let table = table::table(read_as, path)?;
    let measures = measure::measure(table, read_as, path, text, &outline, &tree);
    Some(file(path, text, &outline, measures))
}

fn file(path: &str, text: &str, outline: &Outline, measures: Measures) -> FileQuality {
    let hasher = foldhash::fast::FixedState::default();
    let functions: Vec<FunctionQuality> = measures
        .functions
        .iter()
        .map(|measured| {
            let definition = &outline.definitions[measured.definition];
            let mut hash = hasher.build_hasher();
            hash.write(text.get(measured.bytes.0..measured.bytes.1).unwrap_or("").as_bytes());
            let lines = definition.lines.1.saturating_sub(definition.lines.0) + 1;
            FunctionQuality {
                name: qualified(outline, definition),
                lines: definition.lines,
                cyclomatic: u32::from(definition.complexity),
                cognitive: measured.cognitive,
                maintainability: maintainability(measured.volume, f64::from(definition.complexity), f64::from(lines)),
                typed: Coverage::new(definition.typed.0.into(), definition.typed.1.into()),
                documented: definition.exported.then_some(!definition.doc.is_empty()),
                hash: hash.finish(),
            }
        })
        .collect();
    let count = functions.len().max(1) as f64;
    let mean = |all: f64| all / count;
    let maintainability = match functions.is_empty() {
        true => maintainability(measures.rest, 1.0, f64::from(outline.lines.1)),
        false => maintainability(
            mean(measures.functions.iter().map(|f| f.volume).sum()),
            mean(functions.iter().map(|f| f64::from(f.cyclomatic)).sum()),
            mean(functions.iter().map(|f| f64::from(f.lines.1.saturating_sub(f.lines.0) + 1)).sum()),
        ),
    };
    let exported = || outline.definitions.iter().filter(|d| d.exported && d.kind != DefinitionKind::Variable);
    let sum = |of: fn(&Definition) -> u16| outline.definitions.iter().map(|d| u32::from(of(d))).sum();
    FileQuality {
        path: path.to_owned(),
        language: outline.language,
        lines: outline.lines.0,
        code_lines: outline.lines.1,
        maintainability,
        typed: Coverage::new(sum(|d| d.typed.0), sum(|d| d.typed.1)),
        documented: Coverage::new(
            u32::try_from(exported().filter(|d| !d.doc.is_empty()).count()).unwrap_or(u32::MAX),
            u32::try_from(exported().count()).unwrap_or(u32::MAX),
        ),
        functions,
        security: measures.findings,
        broken: outline.broken,
    }
}

/// The most names that a function's own one is put behind.
const MOST_NAMES: usize = 4;

/// `Shop.total`: a function's name behind what it stands in.
fn qualified(outline: &Outline, definition: &Definition) -> String {
    let mut names = vec![definition.name.as_str()];
    let mut at = definition.container;
    while let Some(container) =
        at.and_then(|i| outline.definitions.get(i as usize)).filter(|_| names.len() < MOST_NAMES)
    {
        names.push(container.name.as_str());
        at = container.container;
    }
    names.reverse();
    names.join(".")
}
