//! What a change does to the figures, what gates say of it, and how it is reported.

use serde_json::Value;
use vibe_tui::domain::change::{ChangeSet, FileChange};
use vibe_tui::domain::finding::Severity;
use vibe_tui::quality::{
    Breach, Change, Level, Security, Thresholds, Tree, change, change_markdown, gate, gate_tree, measure, plain_text,
    sarif, tree_markdown,
};

fn changed(path: &str, before: Option<&str>, after: Option<&str>) -> Change {
    let file = FileChange { path: path.into(), before: before.map(Into::into), after: after.map(Into::into) };
    change(&ChangeSet { files: vec![file] })
}

/// A function of so many nested conditions: its cognitive complexity is their sum, its cyclomatic their number and one.
fn function(name: &str, depth: usize) -> String {
    let ifs: String = (1..=depth).map(|n| format!("{}if a > {n}:\n", "    ".repeat(n))).collect();
    format!("def {name}(a):\n{ifs}{}return a\n\n", "    ".repeat(depth + 1))
}

const LIMITS: Thresholds = Thresholds {
    max_cyclomatic: 4,
    max_cognitive: 6,
    min_maintainability: 10.0,
    min_type_coverage: 0.0,
    min_doc_coverage: 0.0,
    security: Security::From(Severity::Warning),
};

fn sentences(breaches: &[Breach]) -> Vec<String> {
    breaches.iter().map(Breach::sentence).collect()
}

#[test]
fn only_functions_that_were_touched_count_and_those_that_moved_do_not() {
    let old = function("a", 3) + &function("b", 4) + &function("c", 1);
    let new = function("b", 4) + &function("c", 2) + &function("new", 1) + &function("a", 3);
    let change = changed("a.py", Some(&old), Some(&new));
    let names: Vec<_> = change.functions().map(|(_, f)| (f.after.name.as_str(), f.before.is_some())).collect();
    assert_eq!(names, [("c", true), ("new", false)]);
    assert_eq!(change.line(), "cyclomatic 11 → 14, cognitive 17 → 20, maintainability 72 → 73");
}

#[test]
fn a_gate_names_figure_limit_and_place_and_lets_old_trouble_pass() {
    let new = changed("a.py", None, Some(&function("deep", 4)));
    assert_eq!(
        sentences(&gate(&new, &LIMITS)),
        ["a.py:1 deep: cyclomatic complexity 5, at most 4", "a.py:1 deep: cognitive complexity 10, at most 6"]
    );
    let touched =
        changed("a.py", Some(&function("deep", 4)), Some(&function("deep", 4).replace("return a", "return 1")));
    assert_eq!(touched.functions().count(), 1);
    assert_eq!(gate(&touched, &LIMITS), [], "it was so before and is not worse");
    let worse = changed("a.py", Some(&function("deep", 4)), Some(&function("deep", 5)));
    assert_eq!(gate(&worse, &LIMITS).len(), 2);
    assert_eq!(gate(&new, &Thresholds::default()), [], "no limits, no breaches");
    let tree = Tree { files: vec![measure("a.py", &function("deep", 4)).unwrap()], ..Tree::default() };
    assert_eq!(gate_tree(&tree, &LIMITS).len(), 2, "a tree answers for all of it");
}

#[test]
fn new_security_findings_close_a_gate_by_their_severity_and_moved_ones_do_not() {
    let old = "import pickle\n\ndef f(d):\n    return pickle.loads(d)\n";
    let moved = "import pickle\n\nX = 1\n\ndef f(d):\n    if d:\n        return pickle.loads(d)\n";
    let more = "import pickle\n\ndef f(d):\n    eval(d)\n    return pickle.loads(d)\n";
    assert_eq!(
        changed("a.py", Some(old), Some(&moved.replace("        return", "    return"))).files[0].introduced,
        []
    );
    assert_eq!(changed("a.py", Some(old), Some(moved)).files[0].introduced, [], "indented it is the same");
    let change = changed("a.py", Some(old), Some(more));
    assert_eq!(change.files[0].introduced.len(), 1);
    let closed = sentences(&gate(&change, &LIMITS));
    assert!(closed[0].starts_with("a.py:4 Code is made from data") && closed[0].ends_with("[eval]"), "{closed:?}");
    let mended = changed("a.py", Some(more), Some(old));
    assert_eq!((mended.files[0].introduced.len(), mended.files[0].mended), (0, 1));
    let warning = changed("a.py", None, Some(old));
    assert_eq!(gate(&warning, &LIMITS).len(), 1);
    let errors = Thresholds { security: Security::From(Severity::Error), ..LIMITS };
    assert_eq!(gate(&warning, &errors), []);
    assert_eq!(gate(&change, &Thresholds { security: Security::Off, ..LIMITS }), []);
}

#[test]
fn coverage_and_maintainability_have_limits_of_their_own() {
    let text = "def a(x: int) -> int:\n    return x\n\ndef b(x):\n    return x\n";
    let limits = Thresholds { min_type_coverage: 60.0, min_doc_coverage: 50.0, min_maintainability: 99.0, ..LIMITS };
    let closed = sentences(&gate(&changed("a.py", None, Some(text)), &limits));
    assert_eq!(closed.len(), 3, "{closed:?}");
    assert!(closed[0].starts_with("a.py: maintainability ") && closed[0].ends_with(", at least 99"), "{closed:?}");
    assert_eq!(closed[1..], ["type coverage % 50, at least 60", "doc coverage % 0, at least 50"]);
    assert_eq!(gate(&changed("a.py", Some(text), None), &limits), [], "nothing is left to answer for");
    assert_eq!(gate(&changed("a.txt", None, Some("text")), &limits), []);
}

#[test]
fn the_report_of_a_change_says_what_became_harder_and_what_the_gate_says() {
    let change = changed("a.py", Some(&function("f", 1)), Some(&(function("f", 3) + "eval(x)\n")));
    let breaches = gate(&change, &Thresholds { max_cognitive: 5, ..LIMITS });
    let text = change_markdown(&change, Some((Level::Commit, &breaches)));
    for part in [
        "cognitive complexity 1 → 6 (+5)",
        "- `a.py:1` `f`: cognitive 1 → 6, cyclomatic 2 → 4",
        "## New security findings: 1",
        "- `a.py:7:1` error: Code is made from data",
        "## Gate commit: closed, 2 reasons",
        "- `a.py:1` `f`: cognitive complexity 6, at most 5",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(change_markdown(&change, Some((Level::Pr, &[]))).contains("## Gate pr: open"));
    let plain = plain_text(&text);
    assert!(!plain.contains(['`', '#']) && plain.contains("Gate commit: closed"), "{plain}");
    let nothing = change_markdown(&changed("a.txt", None, Some("x")), None);
    assert!(nothing.contains("Nothing in it can be measured"), "{nothing}");
}

#[test]
fn the_report_of_a_tree_has_its_totals_languages_and_hardest_functions() {
    let files = [("a.py", function("f", 3)), ("b.js", "function g(a) { return a ? 1 : 2; }\n".to_owned())];
    let files = files.iter().map(|(path, text)| measure(path, text).unwrap()).collect();
    let tree = Tree { files, skipped: [("generated", 2)].into(), left_out: Vec::new() };
    let text = tree_markdown(&tree, None);
    for part in [
        "- 2 files, 6 lines of code, 2 functions",
        "- not measured: 2 files (generated)",
        "- python: 1 file, 5 lines of code",
        "- `a.py:1` `f`: cognitive 6, cyclomatic 4\n- `b.js:1` `g`: cognitive 1, cyclomatic 2",
        "## Security findings: 0",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

/// What SARIF 2.1.0 requires of a log (sections 3.13, 3.14, 3.18, 3.19, 3.27 to 3.30, 3.49).
fn assert_sarif(log: &Value) {
    assert_eq!(log["version"], "2.1.0");
    for run in log["runs"].as_array().unwrap() {
        let driver = &run["tool"]["driver"];
        assert!(driver["name"].is_string());
        let rules = driver["rules"].as_array().unwrap();
        let ids: Vec<&str> = rules.iter().map(|r| r["id"].as_str().unwrap()).collect();
        assert!(rules.iter().all(|r| r["shortDescription"]["text"].as_str().is_some_and(|t| !t.is_empty())));
        for result in run["results"].as_array().unwrap() {
            assert!(result["message"]["text"].as_str().is_some_and(|t| !t.is_empty()), "{result}");
            assert!(matches!(result["level"].as_str(), Some("none" | "note" | "warning" | "error")), "{result}");
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(result["ruleId"], ids[index]);
            for location in result["locations"].as_array().into_iter().flatten() {
                let place = &location["physicalLocation"];
                let uri = place["artifactLocation"]["uri"].as_str().unwrap();
                assert!(!uri.contains([' ', '\\']) && !uri.starts_with('/'), "{uri}");
                for field in ["startLine", "startColumn", "endLine", "endColumn"] {
                    let number = place["region"].get(field);
                    assert!(number.is_none_or(|n| n.as_u64().is_some_and(|n| n > 0)), "{place}");
                }
            }
        }
    }
}

#[test]
fn sarif_has_what_its_standard_requires() {
    let change = changed("a dir/é.py", None, Some(&(function("deep", 4) + "eval(x)\n")));
    let breaches = gate(&change, &Thresholds { min_doc_coverage: 90.0, ..LIMITS });
    let findings: Vec<_> = change.files.iter().flat_map(|f| &f.introduced).collect();
    let log = sarif(&findings, &breaches, "1.2.3");
    assert_sarif(&log);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let rules: Vec<&str> = results.iter().map(|r| r["ruleId"].as_str().unwrap()).collect();
    assert_eq!(rules, ["eval", "cyclomatic", "cognitive", "doc_coverage"], "a finding stands there once");
    assert_eq!(results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%20dir/%C3%A9.py");
    assert_eq!(results[3].get("locations"), None);
    assert_sarif(&sarif(&[], &[], "1.2.3"));
}

#[test]
fn a_file_that_a_change_broke_cannot_be_judged_and_closes_the_gate() {
    let conflict = "<<<<<<< HEAD\ndef f(:\n=======\neval(x)\n>>>>>>> x\n";
    let closed = |path: &str, before: Option<&str>, after: &str| {
        sentences(&gate(&changed(path, before, Some(after)), &Thresholds::default()))
    };
    assert_eq!(
        closed("a.py", None, conflict),
        ["a.py: cannot be judged: a conflict of a merge that nobody resolved begins on line 1 [unjudged]"]
    );
    assert_eq!(
        closed("a.py", Some("x = 1\n"), "x = 1\ndef f(:\n"),
        ["a.py: cannot be judged: does not parse from line 2 on [unjudged]"]
    );
    assert_eq!(closed("NOTES.md", Some("a\n"), conflict).len(), 1, "a text is no exception");
    assert_eq!(closed("a.c", None, conflict).len(), 1, "nor is C");
    let none: [&str; 0] = [];
    assert_eq!(closed("a.py", Some("def f(:\n"), "def f(:\nx = 1\n"), none, "it was so before");
    assert_eq!(closed("a.py", None, "x = 1\n"), none);
    assert_eq!(closed("a.c", None, "BEGIN int f( {\n"), none, "a macro may make it right");
    assert_eq!(closed("DOC.md", None, &format!("```\n{conflict}```\n")), none, "an example");
    let change = changed("a.py", None, Some(conflict));
    assert!(change_markdown(&change, None).contains("## Not judged: 1\n\n- `a.py`: a conflict"));
}
