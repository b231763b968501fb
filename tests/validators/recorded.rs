//! What the tools really print about small files of ours, and what is read from it.

use proptest::prelude::*;
use vibe_tui::domain::finding::{Applicability, Finding, Severity};
use vibe_tui::validate::tool::{Said, TOOLS};

/// What a tool, run in `dir` of a copy at `/copy`, says about files.
fn read(tool: &str, dir: &str, files: &[(&str, &str)], output: &str, errors: &str) -> Vec<Finding> {
    let tool = TOOLS.iter().find(|t| t.name == tool).unwrap();
    let texts = |path: &str| files.iter().find(|(p, _)| *p == path).map(|(_, text)| (*text).to_owned());
    (tool.parse)(&Said::new("/copy", dir, &texts).printing(output, errors)).unwrap()
}

/// `path:line:column-line:column severity rule: message`.
fn shown(found: &[Finding]) -> Vec<String> {
    let show = |f: &Finding| {
        let severity = match f.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        let rule = f.rule.as_deref().unwrap_or("-");
        format!("{}:{}:{}-{}:{} {severity} {rule}: {}", f.path, f.line, f.column, f.end_line, f.end_column, f.message)
    };
    found.iter().map(show).collect()
}

/// A text after a finding's fix.
fn mended(text: &str, found: &Finding, fix: usize) -> String {
    let mut text = text.to_owned();
    for edit in found.fixes[fix].edits.iter().rev() {
        assert_eq!(edit.path, found.path);
        text.replace_range(edit.start..edit.end, &edit.text);
    }
    text
}

const PYTHON: &str = "import os\n\n\ndef größe(x: int) -> str:\n    ü = \"é\"; y = f\"abc\"\n    return x + 1\n";

#[test]
fn ruff_gives_places_rules_and_fixes_in_characters_that_become_bytes() {
    let row = |code: &str, from: (u32, u32), to: (u32, u32), fix: &str| {
        format!(
            r#"{{"cell": null, "code": "{code}", "end_location": {{"column": {}, "row": {}}}, "filename": "/copy/app.py", "fix": {fix}, "location": {{"column": {}, "row": {}}}, "message": "m", "name": "n", "noqa_row": 1, "severity": "error", "url": null}}"#,
            to.1, to.0, from.1, from.0
        )
    };
    let fix = |sure: &str, from: (u32, u32), to: (u32, u32), content: &str| {
        format!(
            r#"{{"applicability": "{sure}", "edits": [{{"content": "{content}", "end_location": {{"column": {}, "row": {}}}, "location": {{"column": {}, "row": {}}}}}], "message": "Mend"}}"#,
            to.1, to.0, from.1, from.0
        )
    };
    let rows = [
        row("F401", (1, 8), (1, 10), &fix("safe", (1, 1), (2, 1), "")),
        row("F841", (5, 14), (5, 15), &fix("unsafe", (5, 12), (5, 24), "")),
        row("F541", (5, 18), (5, 24), &fix("safe", (5, 18), (5, 24), r#"\"abc\""#)),
        row("invalid-syntax", (1, 7), (1, 8), "null"),
        row("E501", (9, 1), (9, 2), &fix("safe", (9, 1), (9, 2), "")),
    ];
    let found = read("ruff", "", &[("app.py", PYTHON)], &format!("[{}]", rows.join(",")), "");
    assert_eq!(shown(&found)[0], "app.py:1:8-1:10 error F401: m");
    assert_eq!(mended(PYTHON, &found[0], 0), &PYTHON[10..]);
    assert_eq!(found[0].fixes[0].applicability, Applicability::MachineApplicable);
    assert_eq!(mended(PYTHON, &found[1], 0).lines().nth(4), Some("    ü = \"é\""));
    assert_eq!(found[1].fixes[0].applicability, Applicability::MaybeIncorrect);
    assert_eq!(mended(PYTHON, &found[2], 0).lines().nth(4), Some("    ü = \"é\"; y = \"abc\""));
    assert_eq!(found[3].rule.as_deref(), Some("invalid-syntax"));
    assert!(found[4].fixes.is_empty(), "a place that is not there");
}

#[test]
fn mypy_and_pyright_give_places_with_ends() {
    let output = "app.py:6:12:6:16: error: Incompatible return value type (got \"int\", expected \"str\")  [return-value]\napp.py:6: note: See https://example.org\napp.py:9:1:11:19: error: Function is missing a type annotation  [no-untyped-def]\nold.py:3: error: Missing\n";
    let found = read("mypy", "", &[], output, "");
    assert_eq!(
        shown(&found),
        [
            "app.py:6:12-6:17 error return-value: Incompatible return value type (got \"int\", expected \"str\")\nSee https://example.org",
            "app.py:9:1-11:20 error no-untyped-def: Function is missing a type annotation",
            "old.py:3:0-0:0 error -: Missing",
        ]
    );
    let output = r#"A new version is there
{"version": "1.1", "generalDiagnostics": [{"file": "/copy/app.py", "severity": "warning", "message": "m\n  more", "range": {"start": {"line": 4, "character": 9}, "end": {"line": 4, "character": 12}}, "rule": "reportX"}], "summary": {}}"#;
    let text = "\n\n\n\nx = \"😀\"; y = 1\n";
    assert_eq!(
        shown(&read("pyright", "", &[("app.py", text)], output, "")),
        ["app.py:5:9-5:12 warning reportX: m\n  more"]
    );
}

#[test]
fn pytest_gives_the_last_frame_inside_the_project() {
    let output = "FFF                                    [100%]
=================================== FAILURES ===================================
____________________________________ test_a ____________________________________
tests/test_app.py:5: in test_a
    assert größe(1) == 3
E   assert 2 == 3
E    +  where 2 = größe(1)
_____________________________ TestB.test_b[1.5-x] ______________________________
tests/test_app.py:7: in test_b
    helper(4)
tests/other.py:3: in helper
    assert v == 3, \"no\"
/usr/lib/python3/json.py:9: in load
    raise X
E   AssertionError: no
==================================== ERRORS ====================================
______________________ ERROR collecting tests/test_bad.py ______________________
ImportError while importing test module '/copy/tests/test_bad.py'.
Traceback:
/usr/lib/python3.11/importlib/__init__.py:126: in import_module
    return _bootstrap._gcd_import(name[level:], package, level)
tests/test_bad.py:1: in <module>
    import nope
E   ModuleNotFoundError: No module named 'nope'
=========================== short test summary info ============================
FAILED tests/test_app.py::test_a - assert 2 == 3
3 failed in 0.02s
";
    assert_eq!(
        shown(&read("pytest", "", &[], output, "")),
        [
            "tests/test_app.py:5:0-0:0 error tests/test_app.py::test_a: assert 2 == 3\n +  where 2 = größe(1)",
            "tests/other.py:3:0-0:0 error tests/test_app.py::TestB::test_b[1.5-x]: AssertionError: no",
            "tests/test_bad.py:1:0-0:0 error tests/test_bad.py: ModuleNotFoundError: No module named 'nope'",
        ]
    );
}

const SCRIPT: &str = "export function f(x: number): string {\n  let s = \"😀é\"; let t = 1;\n  if (!!x) { return s + (x == t) + \"\\d\"; }\n  return x;\n}\n";

#[test]
fn eslint_gives_fixes_and_suggestions_in_utf16_that_become_bytes() {
    let output = r#"a configuration that prints
[{"filePath":"/copy/src/a.ts","messages":[{"ruleId":"prefer-const","severity":2,"message":"'t' is never reassigned.","line":2,"column":22,"messageId":"useConst","endLine":2,"endColumn":23,"fix":{"range":[56,66],"text":"const t = 1;"}},{"ruleId":"eqeqeq","severity":1,"message":"Expected '==='.","line":3,"column":28,"endLine":3,"endColumn":30,"suggestions":[{"messageId":"replaceOperator","fix":{"range":[94,96],"text":"==="},"desc":"Use '==='."}]},{"ruleId":null,"severity":1,"message":"File ignored because of a matching ignore pattern."},{"ruleId":null,"fatal":true,"severity":2,"message":"Parsing error: x","line":1,"column":9}],"errorCount":1}]
"#;
    let found = read("eslint", "", &[("src/a.ts", SCRIPT)], output, "");
    assert_eq!(
        shown(&found),
        [
            "src/a.ts:2:21-2:22 error prefer-const: 't' is never reassigned.",
            "src/a.ts:3:28-3:30 warning eqeqeq: Expected '==='.",
            "src/a.ts:1:9-0:0 error -: Parsing error: x",
        ]
    );
    let text = mended(SCRIPT, &found[1], 0);
    assert!(text.contains("(x === t)") && found[1].fixes[0].applicability == Applicability::MaybeIncorrect, "{text}");
    assert_eq!(found[1].fixes[0].title, "Use '==='.");
    // The recorded range covers `let t = 1;`, behind an emoji of two units and a letter of two bytes.
    assert_eq!(mended(SCRIPT, &found[0], 0).lines().nth(1), Some("  let s = \"😀é\"; const t = 1;"));
    // A byte order mark is not counted, and a fix that removes it begins before the text.
    let output = r#"[{"filePath":"/copy/b.js","messages":[{"ruleId":"unicode-bom","severity":2,"message":"m","line":1,"column":1,"fix":{"range":[-1,0],"text":""}},{"ruleId":"x","severity":2,"message":"m","line":1,"column":1,"fix":{"range":[0,1],"text":"y"}}]}]"#;
    let found = read("eslint", "", &[("b.js", "\u{feff}x = 1\n")], output, "");
    assert_eq!(
        (mended("\u{feff}x = 1\n", &found[0], 0), mended("\u{feff}x = 1\n", &found[1], 0)),
        ("x = 1\n".into(), "\u{feff}y = 1\n".into())
    );
}

#[test]
fn tsc_gives_places_and_further_lines() {
    let output = "src/a.ts(2,17): error TS2322: Type 'number' is not assignable to type 'string'.\n  Type 'number' is different.\nerror TS18003: No inputs were found.\n";
    assert_eq!(
        shown(&read("tsc", "web", &[("web/src/a.ts", SCRIPT)], output, "")),
        [
            "web/src/a.ts:2:16-0:0 error TS2322: Type 'number' is not assignable to type 'string'.\n  Type 'number' is different.",
            ":0:0-0:0 error TS18003: No inputs were found.",
        ]
    );
}

#[test]
fn vitest_and_jest_give_the_innermost_frame_inside_the_project() {
    let output = r#"{noise
{"numTotalTestSuites":3,"testResults":[{"assertionResults":[{"ancestorTitles":["f"],"fullName":"f throws","status":"failed","title":"throws","failureMessages":["AssertionError: expected 'y' to be 'x'\n    at check (/copy/src/a.test.ts:4:39)\n    at /copy/src/a.test.ts:7:26\n    at file:///copy/node_modules/@vitest/runner/dist/chunk.js:302:11\n    at new Promise (<anonymous>)"]},{"fullName":"f ok","status":"passed","failureMessages":[]}],"status":"failed","message":"","name":"/copy/src/a.test.ts"},{"assertionResults":[],"status":"failed","message":"Cannot find module './missing'","name":"/copy/src/b.test.ts"}]}
"#;
    assert_eq!(
        shown(&read("vitest", "", &[], output, "")),
        [
            "src/a.test.ts:4:39-0:0 error src/a.test.ts > f throws: AssertionError: expected 'y' to be 'x'",
            "src/b.test.ts:0:0-0:0 error -: Cannot find module './missing'",
        ]
    );
    let output = r#"{"numFailedTestSuites":1,"testResults":[{"assertionResults":[{"ancestorTitles":[],"failureMessages":["Error: expect(received).toBe(expected)\n\nExpected: 2\n    at Object.toBe (/copy/a.test.js:2:31)\n    at Promise.finally.completed (/copy/node_modules/jest-circus/build/x.js:1834:28)"],"fullName":"one","location":null,"status":"failed","title":"one"}],"message":"","name":"/copy/a.test.js","status":"failed"}],"wasInterrupted":false}"#;
    assert_eq!(
        shown(&read("jest", "", &[], output, "")),
        ["a.test.js:2:31-0:0 error a.test.js > one: Error: expect(received).toBe(expected)\n\nExpected: 2"]
    );
}

const RUST: &str = "use std::collections::HashMap;\n/// é\npub fn f(v: &Vec<u32>) -> usize {\n    let mut x = v.len();\n    return x;\n}\n";

#[test]
fn the_compilers_messages_are_read_once_with_their_suggestions() {
    let span = |from: usize, to: usize, line: u32, replacement: &str, primary: bool| {
        format!(
            r#"{{"byte_end":{to},"byte_start":{from},"column_end":9,"column_start":5,"expansion":null,"file_name":"src/lib.rs","is_primary":{primary},"label":null,"line_end":{line},"line_start":{line},{replacement},"text":[]}}"#
        )
    };
    let none = r#""suggested_replacement":null,"suggestion_applicability":null"#;
    let suggest =
        |text: &str, sure: &str| format!(r#""suggested_replacement":"{text}","suggestion_applicability":"{sure}""#);
    let message = |level: &str, text: &str, code: &str, spans: &str, children: &str| {
        format!(
            r#"{{"reason":"compiler-message","package_id":"p","target":{{}},"message":{{"rendered":"","$message_type":"diagnostic","children":[{children}],"level":"{level}","message":"{text}","spans":[{spans}],"code":{code}}}}}"#
        )
    };
    let child = |spans: &[String]| {
        format!(
            r#"{{"children":[],"code":null,"level":"help","message":"do it","rendered":null,"spans":[{}]}}"#,
            spans.join(",")
        )
    };
    let unused = message(
        "warning",
        "unused import",
        r#"{"code":"unused_imports","explanation":null}"#,
        &span(4, 29, 1, none, true),
        &child(&[span(0, 31, 1, &suggest("", "MachineApplicable"), true)]),
    );
    // One suggestion of two pieces, and one of alternatives at one place.
    let at = RUST.find("return x;").unwrap();
    let pieces = message(
        "warning",
        "unneeded return",
        r#"{"code":"clippy::needless_return","explanation":null}"#,
        &span(at, at + 8, 5, none, true),
        &child(&[
            span(at, at + 7, 5, &suggest("", "MachineApplicable"), true),
            span(at + 8, at + 9, 5, &suggest("", "MaybeIncorrect"), true),
        ]),
    );
    let either = message(
        "error",
        "cannot find type",
        r#"{"code":"E0412"}"#,
        &span(4, 29, 1, none, true),
        &child(&["use a;", "use b;"].map(|text| span(0, 0, 1, &suggest(text, "MaybeIncorrect"), true))),
    );
    let summary = message("error", "aborting due to 1 previous error", "null", "", "");
    let output = [
        unused.as_str(),
        "text between",
        &unused,
        &pieces,
        &either,
        &summary,
        r#"{"reason":"build-finished","success":false}"#,
    ]
    .join("\n");
    let found = read("clippy", "part", &[("src/lib.rs", RUST)], &output, "");
    assert_eq!(
        shown(&found),
        [
            "src/lib.rs:1:5-1:9 warning unused_imports: unused import",
            "src/lib.rs:5:5-5:9 warning clippy::needless_return: unneeded return",
            "src/lib.rs:1:5-1:9 error E0412: cannot find type",
        ],
        "named from the workspace, which lies above the package"
    );
    assert_eq!(mended(RUST, &found[0], 0), &RUST[31..]);
    assert_eq!(mended(RUST, &found[1], 0).lines().nth(4), Some("    x"));
    assert_eq!(found[1].fixes[0].applicability, Applicability::MaybeIncorrect, "as sure as its least sure piece");
    assert_eq!(found[2].fixes.len(), 2);
    assert!(mended(RUST, &found[2], 1).starts_with("use b;use std"));
}

#[test]
fn cargos_tests_give_the_place_of_the_panic() {
    let output = "
running 3 tests
tests::b --- FAILED

failures:

---- tests::b stdout ----
Error: \"bad\"

---- tests::a stdout ----

thread 'tests::a' (23740) panicked at src/lib.rs:13:14:
assertion `left == right` failed: é
  left: 1
 right: 2
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

---- tests::old stdout ----
thread 'tests::old' panicked at 'no', src/lib.rs:20:5

failures:
    tests::a
    tests::b

test result: FAILED. 0 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.06s
";
    assert_eq!(
        shown(&read("cargo test", "part", &[("src/lib.rs", "")], output, "")),
        [
            ":0:0-0:0 error tests::b: Error: \"bad\"",
            "src/lib.rs:13:14-0:0 error tests::a: assertion `left == right` failed: é\n  left: 1\n right: 2",
            "src/lib.rs:20:5-0:0 error tests::old: no', src/lib.rs:20:5",
        ]
    );
}

#[test]
fn gos_tools_give_places_in_characters_fixes_in_bytes_and_the_line_that_complained() {
    let main = "package main\n\nfunc main() {\n\ts := \"é\"; s = s\n}\n";
    let start = main.find(" s = s").unwrap();
    let vet = format!(
        "# example.org/app\n{{\n\t\"example.org/app\": {{\n\t\t\"assign\": [\n\t\t\t{{\n\t\t\t\t\"posn\": \"/copy/main.go:4:13\",\n\t\t\t\t\"message\": \"self-assignment of s\",\n\t\t\t\t\"suggested_fixes\": [{{\"message\": \"Remove\", \"edits\": [{{\"filename\": \"/copy/main.go\", \"start\": {start}, \"end\": {}, \"new\": \"\"}}]}}]\n\t\t\t}}\n\t\t]\n\t}}\n}}\n{{}}\n",
        start + 6
    );
    let errors = "# example.org/app/sub\n# [example.org/app/sub]\nvet: sub/bad.go:3:31: undefined: y\n";
    // On standard output since Go 1.25, before on standard error.
    for (output, errors) in [(vet.as_str(), errors.to_owned()), ("", format!("{vet}{errors}"))] {
        let found = read("go vet", "", &[("main.go", main)], output, &errors);
        assert_eq!(
            shown(&found),
            ["sub/bad.go:3:31-0:0 error -: undefined: y", "main.go:4:12-0:0 error assign: self-assignment of s"]
        );
        assert_eq!(mended(main, &found[1], 0).lines().nth(3), Some("\ts := \"é\";"));
    }
    assert_eq!(
        shown(&read("go build", "", &[], "", "# m\n./a.go:3:2: undefined: x\n\ttoo many errors\n")),
        ["a.go:3:2-0:0 error -: undefined: x"]
    );

    let event = |test: &str, action: &str, output: &str| {
        format!(r#"{{"Action":"{action}","Package":"example.org/app/sub","Test":"{test}","Output":"{output}"}}"#)
    };
    let output = [
        event("TestAdd", "output", r"=== RUN   TestAdd\n"),
        event("TestAdd", "output", r"    add_test.go:7: got -1\n        more\n"),
        event("TestAdd", "output", r"--- FAIL: TestAdd (0.00s)\n"),
        r#"{"Action":"fail","Package":"example.org/app/sub","Test":"TestAdd","Elapsed":0}"#.to_owned(),
        event("TestPanic/in", "output", r"--- FAIL: TestPanic/in (0.00s)\n"),
        r#"{"Action":"fail","Package":"example.org/app/sub","Test":"TestPanic/in"}"#.to_owned(),
        event(
            "TestPanic",
            "output",
            r"panic: assignment to entry in nil map [recovered]\n\ngoroutine 8 [running]:\ntesting.tRunner.func1.2({0x6bc660, 0x6f4100})\n\t/usr/lib/go/src/testing/testing.go:2125 +0x232\nexample.org/app/sub.TestPanic.func1(0x45b)\n\t/copy/sub/add_test.go:13 +0x28\n\t/copy/sub/add_test.go:99 +0x28\n",
        ),
        r#"{"Action":"fail","Package":"example.org/app/sub","Test":"TestPanic"}"#.to_owned(),
        r#"{"ImportPath":"x [x.test]","Action":"build-output","Output":"sub/bad.go:3:31: undefined: y\n"}"#.to_owned(),
        r#"{"Action":"fail","Package":"example.org/app/sub"}"#.to_owned(),
    ];
    assert_eq!(
        shown(&read("go test", "", &[("go.mod", "module example.org/app\n\ngo 1.21\n")], &output.join("\n"), "")),
        [
            "sub/bad.go:3:31-0:0 error -: undefined: y",
            "sub/add_test.go:7:0-0:0 error example.org/app/sub.TestAdd: got -1\nmore",
            ":0:0-0:0 error example.org/app/sub.TestPanic/in: fails without a message",
            "sub/add_test.go:13:0-0:0 error example.org/app/sub.TestPanic: panic: assignment to entry in nil map [recovered]",
        ]
    );
}

#[test]
fn shellcheck_gives_fixes_of_several_pieces() {
    let text = "#!/bin/bash\nf() {\n\techo é $1\n}\n";
    let output = r#"{"comments":[{"file":"a.sh","line":3,"endLine":3,"column":9,"endColumn":11,"level":"info","code":2086,"message":"Double quote.","fix":{"replacements":[{"column":9,"endColumn":9,"endLine":3,"insertionPoint":"afterEnd","line":3,"precedence":11,"replacement":"\""},{"column":11,"endColumn":11,"endLine":3,"insertionPoint":"beforeStart","line":3,"precedence":11,"replacement":"\""}]}},{"file":"a.sh","line":9,"endLine":9,"column":1,"endColumn":1,"level":"error","code":1072,"message":"m","fix":null}]}"#;
    let found = read("shellcheck", "", &[("a.sh", text)], output, "");
    assert_eq!(shown(&found), ["a.sh:3:9-3:11 info SC2086: Double quote.", "a.sh:9:1-9:1 error SC1072: m"]);
    assert_eq!(mended(text, &found[0], 0).lines().nth(2), Some("\techo é \"$1\""));
    assert_eq!(found[0].fixes[0].applicability, Applicability::MaybeIncorrect);
}

#[test]
fn formatters_give_their_diffs_as_fixes() {
    let before = "package main\n\nfunc main() {\n    x := 1\n\tx = x\n}\n";
    let output = "diff main.go.orig main.go\n--- main.go.orig\n+++ main.go\n@@ -1,6 +1,6 @@\n package main\n \n func main() {\n-    x := 1\n+\tx := 1\n \tx = x\n }\n";
    let found = read("gofmt", "", &[("main.go", before)], output, "");
    assert_eq!(shown(&found), ["main.go:4:1-7:1 warning format: not formatted"]);
    assert_eq!(mended(before, &found[0], 0), before.replace("    x", "\tx"));
    assert_eq!(
        shown(&read("gofmt", "", &[], "", "b.go:2:6: expected 'IDENT', found '{'\n")),
        ["b.go:2:6-0:0 error -: expected 'IDENT', found '{'"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is printed, it is read or refused, and every fix fits the text it is for.
    #[test]
    fn garbage_is_read_or_refused_and_no_fix_leaves_its_text(
        lines in prop::collection::vec(
            prop_oneof![
                ".{0,40}",
                Just("--- a".to_owned()),
                Just("+++ a.py".to_owned()),
                "@@ -[0-9]{1,10}(,[0-9]{1,3})? \\+[0-9]{1,3}(,[0-9]{1,10})? @@",
                "[ +\\-\\\\]é{0,3}x?",
                "Diff in /copy/a.py:[0-9]{1,11}:",
                "a.py:[0-9]{1,11}:[0-9]{1,11}:([0-9]{1,11}:[0-9]{1,11}:)? (error|note): é",
                "a.py\\([0-9]{1,11},[0-9]{1,11}\\): error TS1: é",
                "_{3,5} é _{3,5}",
                "---- é stdout ----",
                "thread 'é' panicked at a.py:[0-9]{1,11}:[0-9]{1,11}:",
                r#"\[\{"code":"é","filename":"a.py","location":\{"row":[0-9],"column":[0-9]\},"end_location":\{"row":[0-9],"column":[0-9]\},"message":"é","fix":\{"applicability":"safe","edits":\[\{"content":"x","location":\{"row":[0-9],"column":[0-9]\},"end_location":\{"row":[0-9],"column":[0-9]\}\}\]\}\}\]"#,
                r#"\[\{"filePath":"a.py","messages":\[\{"severity":2,"message":"é","line":[0-9],"column":[0-9],"fix":\{"range":\[-?[0-9]{1,2},[0-9]{1,2}\],"text":"x"\}\}\]\}\]"#,
                r#"\{"reason":"compiler-message","message":\{"message":"é","level":"error","children":\[\{"message":"x","spans":\[\{"file_name":"a.py","byte_start":[0-9]{1,2},"byte_end":[0-9]{1,2},"line_start":1,"line_end":1,"column_start":1,"column_end":1,"is_primary":true,"suggested_replacement":"x"\}\]\}\]\}\}"#,
            ],
            0..12,
        ),
    ) {
        let text = "aé😀\n\u{301}b\r\n\nü";
        let texts = |_: &str| Some(text.to_owned());
        let output = lines.join("\n");
        for tool in TOOLS {
            for (output, errors) in [(output.as_str(), ""), ("", output.as_str())] {
                let found = (tool.parse)(&Said::new("/copy", "", &texts).printing(output, errors)).unwrap_or_default();
                for edit in found.iter().flat_map(|f| &f.fixes).flat_map(|f| &f.edits) {
                    prop_assert!(edit.start <= edit.end && text.get(edit.start..edit.end).is_some(), "{}: {:?}", tool.name, edit);
                }
            }
        }
    }
}

#[test]
fn many_rows_of_go_are_cut_and_rows_that_come_twice_count_once() {
    let row = |n: usize| format!(r#"{{"posn": "/copy/a.go:{n}:1", "message": "m"}}"#);
    let vetted = |rows: Vec<String>| format!("{{\"m\": {{\"printf\": [{}]}}}}\n", rows.join(","));
    assert_eq!(read("go vet", "", &[], &vetted(vec![row(1), row(2), row(1)]), "").len(), 2);
    assert_eq!(read("go vet", "", &[], &vetted((1..30_000).map(row).collect()), "").len(), 1000);
    let event = |name: String| format!("{{\"Action\":\"fail\",\"Package\":\"m\",\"Test\":\"{name}\"}}\n");
    let parts: String = ["T/a", "T/b", "T/b", "T", "Tail"].map(|name| event(name.to_owned())).concat();
    let rules: Vec<_> = read("go test", "", &[], &parts, "").into_iter().filter_map(|f| f.rule).collect();
    assert_eq!(rules, ["m.T/a", "m.T/b", "m.Tail"]);
    let many: String = (0..30_000).map(|n| event(format!("T{n}"))).collect();
    assert_eq!(read("go test", "", &[], &many, "").len(), 1000);
}
