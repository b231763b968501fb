//! The reports as Markdown that reads as plain text, too: headings, lists, code spans and nothing else. What comes from the
//! repository stands in code spans, so that no name of a file is taken for a part of the report.

use super::change::{Change, LeftOut};
use super::gate::{Breach, Level};
use super::report::{Coverage, Totals, Tree, word};
use crate::domain::count::counted;
use crate::domain::finding::Finding;
use crate::domain::safe_text::code_span;
use std::fmt::Write as _;

/// Entries of each list that are shown.
const SHOWN: usize = 20;

/// A change's report. `gate`: the verdict of a level, if one was asked.
pub fn change_markdown(change: &Change, gate: Option<(Level, &[Breach])>) -> String {
    let mut text = String::from("# Quality of the change\n\n");
    if change.files.is_empty() {
        text.push_str("Nothing in it can be measured: it changes no file of a language that has a grammar.\n");
    } else {
        let (before, after) = change.totals();
        let _ = writeln!(
            text,
            "{} changed, {} measured.\n",
            counted(change.files.len() + change.unmeasured.len(), "file"),
            change.files.len()
        );
        deltas(&mut text, &before, &after);
        functions(&mut text, change);
    }
    left_out(&mut text, &change.left_out);
    let introduced: Vec<&Finding> = change.files.iter().flat_map(|file| &file.introduced).collect();
    let mended: u32 = change.files.iter().map(|file| file.mended).sum();
    if !introduced.is_empty() || mended > 0 {
        let mended = if mended > 0 { format!(" ({mended} mended)") } else { String::new() };
        let _ = writeln!(text, "\n## New security findings: {}{mended}\n", introduced.len());
        findings(&mut text, &introduced);
    }
    verdict(&mut text, gate);
    text
}

/// A tree's report.
pub fn tree_markdown(tree: &Tree, gate: Option<(Level, &[Breach])>) -> String {
    let totals = Totals::of(&tree.files);
    let mut text = String::from("# Quality of the tree\n\n");
    if tree.files.is_empty() {
        text.push_str("There is no file here that can be measured.\n");
        left_out(&mut text, &tree.left_out);
        verdict(&mut text, gate);
        return text;
    }
    let _ = writeln!(
        text,
        "- {}, {} of code, {}",
        counted(tree.files.len(), "file"),
        counted(totals.code_lines, "line"),
        counted(totals.functions, "function")
    );
    let mean = |all: u64| all as f64 / f64::from(totals.functions.max(1));
    let _ = writeln!(
        text,
        "- complexity of a function on average: cyclomatic {:.1}, cognitive {:.1}",
        mean(totals.cyclomatic),
        mean(totals.cognitive)
    );
    if let Some(index) = totals.maintainability {
        let _ = writeln!(text, "- maintainability index {index:.0} of 100");
    }
    for (name, coverage) in [("typed", totals.typed), ("documented", totals.documented)] {
        if let Some(percent) = coverage.percent() {
            let _ = writeln!(text, "- {name} {percent:.0} % ({} of {})", coverage.with, coverage.all);
        }
    }
    for (why, count) in &tree.skipped {
        let _ = writeln!(text, "- not measured: {} ({why})", counted(*count, "file"));
    }
    text.push_str("\n## Languages\n\n");
    for (language, count, lines) in tree.languages() {
        let _ = writeln!(text, "- {}: {}, {} of code", language.name(), counted(count, "file"), counted(lines, "line"));
    }
    let worst = tree.worst();
    let worst: Vec<_> = worst.into_iter().filter(|(_, f)| f.cognitive > 0).take(SHOWN).collect();
    if !worst.is_empty() {
        text.push_str("\n## Hardest functions\n\n");
        for (file, function) in worst {
            let _ = writeln!(
                text,
                "- {} {}: cognitive {}, cyclomatic {}",
                code_span(&format!("{}:{}", file.path, function.lines.0)),
                code_span(&function.name),
                function.cognitive,
                function.cyclomatic
            );
        }
    }
    let found = tree.findings();
    let _ = writeln!(text, "\n## Security findings: {}\n", found.len());
    findings(&mut text, &found);
    left_out(&mut text, &tree.left_out);
    verdict(&mut text, gate);
    text
}

/// A report without Markdown's marks, for a terminal.
pub fn plain_text(markdown: &str) -> String {
    let line = |line: &str| match line.trim_start_matches('#') {
        heading if heading.len() < line.len() => without_spans(heading.trim_start_matches(' ')),
        _ => without_spans(line),
    };
    markdown.lines().map(|text| line(text) + "\n").collect()
}

/// A line with the contents of its code spans in their places.
fn without_spans(line: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(line.len()), line);
    while let Some(at) = rest.find('`') {
        let (before, fenced) = rest.split_at(at);
        let width = fenced.len() - fenced.trim_start_matches('`').len();
        let (fence, inner) = fenced.split_at(width);
        plain.push_str(before);
        let closing = inner
            .match_indices(fence)
            .map(|(end, _)| end)
            .find(|end| !inner[..*end].ends_with('`') && !inner[end + width..].starts_with('`'));
        let Some(end) = closing else {
            plain.push_str(fence);
            rest = inner;
            continue;
        };
        let content = &inner[..end];
        let padded = content.strip_prefix(' ').and_then(|content| content.strip_suffix(' '));
        plain.push_str(padded.unwrap_or(content));
        rest = &inner[end + width..];
    }
    plain + rest
}

/// Code that is not judged, with why.
fn left_out(text: &mut String, left_out: &[LeftOut]) {
    if left_out.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n## Not judged: {}\n", left_out.len());
    for file in left_out.iter().take(SHOWN) {
        let _ = writeln!(text, "- {}: {}", code_span(&file.path), file.why);
    }
    more(text, left_out.len());
}

fn deltas(text: &mut String, before: &Totals, after: &Totals) {
    let counted = [
        ("lines of code", before.code_lines, after.code_lines),
        ("functions", before.functions.into(), after.functions.into()),
        ("cyclomatic complexity", before.cyclomatic, after.cyclomatic),
        ("cognitive complexity", before.cognitive, after.cognitive),
    ];
    for (name, was, is) in counted {
        let _ = writeln!(text, "- {name} {was} → {is} ({:+})", is as i128 - was as i128);
    }
    let percent = |coverage: Coverage| coverage.percent();
    let figures = [
        ("maintainability index", before.maintainability, after.maintainability, ""),
        ("typed", percent(before.typed), percent(after.typed), " %"),
        ("documented", percent(before.documented), percent(after.documented), " %"),
    ];
    for (name, was, is, unit) in figures {
        let shown = |figure: Option<f64>| figure.map_or_else(|| "–".to_owned(), |f| format!("{f:.0}{unit}"));
        if was.is_some() || is.is_some() {
            let _ = writeln!(text, "- {name} {} → {}", shown(was), shown(is));
        }
    }
}

/// The functions that became harder, hardest first.
fn functions(text: &mut String, change: &Change) {
    let mut harder: Vec<_> = change
        .functions()
        .filter(|(_, f)| {
            let was = f.before.as_ref().map_or((0, 1), |before| (before.cognitive, before.cyclomatic));
            f.after.cognitive > was.0 || f.after.cyclomatic > was.1
        })
        .collect();
    harder.sort_by_key(|(_, f)| std::cmp::Reverse((f.after.cognitive, f.after.cyclomatic)));
    if harder.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n## New or harder functions: {}\n", harder.len());
    for (file, function) in harder.iter().take(SHOWN) {
        let after = &function.after;
        let figure = |was: Option<u32>, is: u32| match was {
            Some(was) if was != is => format!("{was} → {is}"),
            _ => is.to_string(),
        };
        let cognitive = figure(function.before.as_ref().map(|f| f.cognitive), after.cognitive);
        let cyclomatic = figure(function.before.as_ref().map(|f| f.cyclomatic), after.cyclomatic);
        let new = if function.before.is_none() { " (new)" } else { "" };
        let _ = writeln!(
            text,
            "- {} {}{new}: cognitive {cognitive}, cyclomatic {cyclomatic}",
            code_span(&format!("{}:{}", file.path, after.lines.0)),
            code_span(&after.name)
        );
    }
    more(text, harder.len());
}

fn findings(text: &mut String, found: &[&Finding]) {
    for finding in found.iter().take(SHOWN) {
        let rule = finding.rule.as_deref().unwrap_or_default();
        let Finding { path, line, column, message, severity, .. } = finding;
        let _ = writeln!(
            text,
            "- {} {}: {message} [{rule}]",
            code_span(&format!("{path}:{line}:{column}")),
            word(*severity)
        );
    }
    more(text, found.len());
}

fn verdict(text: &mut String, gate: Option<(Level, &[Breach])>) {
    let Some((level, breaches)) = gate else { return };
    match breaches {
        [] => {
            let _ = writeln!(text, "\n## Gate {}: open", level.word());
        }
        breaches => {
            let _ = writeln!(text, "\n## Gate {}: closed, {}\n", level.word(), counted(breaches.len(), "reason"));
            for breach in breaches.iter().take(SHOWN) {
                let _ = writeln!(text, "- {}", breach.worded(code_span));
            }
            more(text, breaches.len());
        }
    }
}

fn more(text: &mut String, all: usize) {
    if let Some(rest) = all.checked_sub(SHOWN).filter(|rest| *rest > 0) {
        let _ = writeln!(text, "- … and {rest} more");
    }
}
