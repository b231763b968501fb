//! Source text of any language: both readers give outlines that lie within it, errors have their places, a mending by the grammar
//! leaves fewer, and what is measured is a share of what is there. The first byte says which language.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vibe_tui::domain::change::{ChangeSet, FileChange};
use vibe_tui::domain::finding::Finding;
use vibe_tui::domain::language::Language;
use vibe_tui::domain::outline::Outline;
use vibe_tui::{heal, quality, syntax};

const PATHS: [&str; 24] = [
    "a.py", "a.js", "a.jsx", "a.ts", "a.tsx", "a.rs", "a.go", "a.java", "a.c", "a.h", "a.cpp", "a.cs", "a.rb", "a.php",
    "a.swift", "a.kt", "a.sh", "a.html", "a.css", "a.json", "a.yaml", "a.toml", "a.md", "a.sql",
];

fn check(outline: &Outline) {
    let total = outline.lines.0;
    assert!(outline.lines.1 <= total);
    for (at, definition) in outline.definitions.iter().enumerate() {
        let (first, last) = definition.lines;
        assert!(
            !definition.name.is_empty() && 1 <= first && first <= last && last <= total,
            "{definition:?} of {total}"
        );
        assert!(definition.container.is_none_or(|container| (container as usize) < at));
    }
    assert!(outline.references.is_sorted_by(|a, b| a.name < b.name));
    assert!(outline.references.iter().all(|r| r.count > 0 && (1..=total).contains(&r.line)));
}

fn mend(path: &str, language: Language, text: &str, errors: usize) {
    let file = FileChange { path: path.to_owned(), before: None, after: Some(text.to_owned()) };
    let changes = ChangeSet { files: vec![file] };
    let finding = Finding { path: path.to_owned(), ..Finding::default() };
    let Some(fixed) = heal::fix::apply(&changes, &[], &heal::grammar::fixes(&changes, &[finding])) else { return };
    let mended = fixed.changes.files[0].after.as_deref().unwrap_or_default();
    let left = syntax::errors(language, path, mended).map_or(0, |left| left.len());
    assert!(left < errors, "{left} of {errors} errors are left");
}

fuzz_target!(|data: &[u8]| {
    let Some((which, text)) = data.split_first() else { return };
    let path = PATHS[usize::from(*which) % PATHS.len()];
    let (Some(language), text) = (Language::from_path(path), String::from_utf8_lossy(text)) else { return };
    check(&syntax::scan(language, &text));
    assert_eq!(syntax::heads(language, &text).len(), syntax::scan(language, &text).definitions.len());
    if let Some(outline) = syntax::outline(language, path, &text) {
        check(&outline);
    }
    let lines = u32::try_from(text.split('\n').count()).unwrap_or(u32::MAX);
    let errors = syntax::errors(language, path, &text).unwrap_or_default();
    assert!(errors.iter().all(|error| (1..=lines).contains(&error.line) && error.column >= 1), "{errors:?} of {lines}");
    assert_eq!(syntax::introduced(language, path, Some(&text), &text).unwrap_or_default(), []);
    // More are not counted.
    if (1..syntax::MOST_ERRORS).contains(&errors.len()) {
        mend(path, language, &text, errors.len());
    }
    for function in quality::measure(path, &text).iter().flat_map(|file| &file.functions) {
        assert!(function.typed.with <= function.typed.all && function.maintainability.is_finite(), "{function:?}");
    }
});
