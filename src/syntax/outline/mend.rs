//! What a scan still finds where a grammar lost its way: after one error some grammars take the rest of a file for anything. Takes nothing
//! of the scan where the grammar found more than half as much, since then it is the scan that may be wrong.

use super::super::prose::MOST_SIGNATURE;
use super::super::scan::{heads, scan};
use crate::domain::language::Language;
use crate::domain::outline::{Definition, Outline, Tier};
use std::collections::HashMap;

/// The outline, or, if its grammar met errors and the scan of the text finds twice as many definitions, that of the scan with what is known
/// of those that both have.
pub(super) fn mended(language: Language, text: &str, exact: Outline) -> Outline {
    if !exact.broken {
        return exact;
    }
    let scanned = scan(language, text);
    if scanned.definitions.len() <= exact.definitions.len() || scanned.definitions.len() < 2 * exact.definitions.len() {
        return exact;
    }
    let mut known: HashMap<(String, u32), Definition> =
        exact.definitions.into_iter().map(|own| ((own.name.clone(), own.lines.0), own)).collect();
    let definitions = scanned.definitions.into_iter().zip(heads(language, text)).map(|(found, (_, head))| match known
        .remove(&(found.name.clone(), found.lines.0))
    {
        Some(own) => Definition { container: found.container, ..own },
        None => Definition { signature: head.chars().take(MOST_SIGNATURE).collect(), ..found },
    });
    Outline {
        tier: Tier::Exact,
        lines: exact.lines,
        definitions: definitions.collect(),
        entry_point: exact.entry_point || scanned.entry_point,
        broken: true,
        ..scanned
    }
}
