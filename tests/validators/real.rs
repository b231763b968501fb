//! The real tools on a small project of each language: new findings with the tools' own fixes, old ones not counted, cheap
//! rungs before dear ones, and the user's tree as it was.

use super::project::{Project, has, mended, names, rung, rungs, shown};
use vibe_tui::domain::finding::Strategy::{Build, Format, Lint, Syntax, Test, Types};
use vibe_tui::domain::finding::{CheckResult, ValidationReport};

const PYPROJECT: &str = "[tool.ruff.format]\n[tool.ruff.lint]\nselect = [\"E\", \"F\"]\n[tool.mypy]\nstrict = true\n[tool.pytest.ini_options]\npythonpath = [\".\"]\n";
/// With an import that is not used and a result of the wrong type.
const APP: &str =
    "import os\n\n\ndef twice(x: int) -> str:\n    return x * 2\n\n\ndef half(x: int) -> int:\n    return x // 2\n";
/// One of them fails.
const TESTS: &str = "from app import half, twice\n\n\ndef test_twice() -> None:\n    assert twice(2) == \"4\"\n\n\ndef test_half() -> None:\n    assert half(4) == 2\n";

#[tokio::test]
async fn python_is_checked_by_ruff_mypy_and_pytest_for_what_is_new() {
    if !has(&["ruff", "mypy", "pytest"]) {
        return;
    }
    let project = Project::new(&[("pyproject.toml", PYPROJECT), ("app.py", APP), ("tests/test_app.py", TESTS)]);
    let before = names(&project.path(""));

    let unused = format!("import sys\n{APP}");
    let report = project.validate(&[("app.py", &unused)]).await;
    assert_eq!(rungs(&report), [Syntax, Format, Lint]);
    assert_eq!(shown(&report), ["ruff app.py:1 F401"]);
    assert_eq!(rung(&report, Lint)[0].known, 1, "the other one is old although it moved");
    assert_eq!(mended("app.py", &unused, &report), APP);

    let ill = APP.replace("x // 2", "str(x)");
    let report = project.validate(&[("app.py", &ill)]).await;
    assert_eq!(rungs(&report), [Syntax, Format, Lint, Types]);
    assert_eq!(shown(&report), ["mypy app.py:9 return-value"]);
    assert_eq!(rung(&report, Types)[0].known, 1);

    let wrong = APP.replace("x // 2", "x // 3");
    let report = project.validate(&[("app.py", &wrong)]).await;
    assert_eq!(shown(&report), ["pytest tests/test_app.py:9 tests/test_app.py::test_half"]);
    assert_eq!((rung(&report, Test)[0].known, report.passed()), (1, false));

    let ugly = APP.replace("def half(x: int)", "def half( x:int )");
    let report = project.validate(&[("app.py", &ugly)]).await;
    assert!(report.passed() && shown(&report) == ["ruff format app.py:8 format"], "{:?}", shown(&report));
    assert_eq!(mended("app.py", &ugly, &report), APP);

    let report = project.validate(&[("app.py", &APP.replace("x // 2", "x >> 1"))]).await;
    assert!(report.passed() && rungs(&report) == [Syntax, Format, Lint, Types, Test], "{report:?}");
    assert_eq!(names(&project.path("")), before);
}

/// The tools of a report that looked no further than an old error, each with that.
fn blinded(report: &ValidationReport) -> Vec<String> {
    let said = |check: &CheckResult| {
        let why = check.not_run.as_deref()?.strip_prefix("it looks no further than ")?;
        assert!(check.passed && why.ends_with("; it is so without the change, too"), "{check:?}");
        Some(format!("{} {}", check.command.split(' ').take(2).collect::<Vec<_>>().join(" "), why.split(": ").next()?))
    };
    report.checks.iter().filter_map(said).collect()
}

#[tokio::test]
async fn a_tool_that_looked_no_further_than_an_old_error_has_not_passed() {
    if has(&["mypy", "pytest"]) {
        let whole = PYPROJECT.replace("strict = true", "strict = true\nfiles = [\".\"]");
        let files = [("pyproject.toml", whole.as_str()), ("app.py", APP), ("tests/test_app.py", TESTS)];
        let old = [("old.py", "def broken(:\n"), ("tests/test_old.py", "import missing_everywhere\n")];
        let project = Project::new(&[&files[..], &old].concat());
        let report = project.validate(&[("app.py", &APP.replace("x // 2", "str(x)"))]).await;
        assert_eq!(blinded(&report), ["mypy --show-column-numbers old.py:1"], "{report:?}");
        assert!(
            !report.passed() && shown(&report)[0].starts_with("pytest "),
            "tests that can be read are run: {report:?}"
        );
    }
    if has(&["tsc"]) {
        let files = [("package.json", "{}"), ("tsconfig.json", "{}"), ("sum.ts", SUM), ("old.ts", "let x = (;\n")];
        let project = Project::new(&files);
        let report = project.validate(&[("sum.ts", &SUM.replace("return", "return \"\" +"))]).await;
        assert_eq!(blinded(&report), ["tsc --noEmit old.ts:1"], "{report:?}");
    }
    if has(&["cargo", "cargo-clippy"]) {
        let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n";
        let lib = format!("mod old;\n{LIB}");
        let old = "pub fn old() -> u32 {\n    missing()\n}\n";
        let project = Project::new(&[("Cargo.toml", manifest), ("src/lib.rs", &lib), ("src/old.rs", old)]);
        let report = project.validate(&[("src/lib.rs", &lib.replace("x / 2", "x / 3"))]).await;
        assert_eq!(blinded(&report), ["cargo clippy src/old.rs:2", "cargo test src/old.rs:2"], "{report:?}");
    }
    if has(&["go"]) {
        let old = "package half\n\nfunc old() int { return missing }\n";
        let project = Project::new(&[
            ("go.mod", "module example.org/app\n\ngo 1.21\n"),
            ("half/half.go", HALF),
            ("half/half_test.go", HALF_TESTS),
            ("half/old.go", old),
        ]);
        let report = project.validate(&[("half/half.go", &HALF.replace("x / 2", "x / 3"))]).await;
        assert_eq!(
            blinded(&report),
            ["go vet half/old.go:3", "go build half/old.go:3", "go test half/old.go:3"],
            "{report:?}"
        );
    }
}

const SETTINGS: &str = "import ts from \"typescript-eslint\";\nexport default [...ts.configs.recommended, { rules: { \"prefer-const\": \"error\" } }];\n";
const SUM: &str = "export function sum(a: number, b: number): number {\n  let smile = \"😀é\";\n  return a + b + smile.length - 3;\n}\n";
const SUM_TESTS: &str = "import { expect, test } from \"vitest\";\nimport { sum } from \"./sum\";\ntest(\"adds\", () => {\n  expect(sum(1, 2)).toBe(3);\n});\ntest(\"was wrong\", () => {\n  expect(sum(1, 2)).toBe(4);\n});\n";

#[tokio::test]
async fn typescript_is_checked_by_eslint_tsc_and_vitest_for_what_is_new() {
    if !has(&["eslint", "tsc", "vitest"]) {
        return;
    }
    let project = Project::new(&[
        ("package.json", r#"{"name": "app", "type": "module", "devDependencies": {"vitest": "*"}}"#),
        (
            "tsconfig.json",
            r#"{"compilerOptions": {"strict": true, "module": "preserve", "skipLibCheck": true, "types": []}, "include": ["src"]}"#,
        ),
        ("eslint.config.js", SETTINGS),
        ("src/sum.ts", SUM),
        ("src/sum.test.ts", SUM_TESTS),
        (".gitignore", "node_modules\n"),
    ]);
    project.node_modules("eslint");

    let lax = SUM.replace("  return", "  let t = \"😀é\"; let u = t; const v = u;\n  void v;\n  return");
    let report = project.validate(&[("src/sum.ts", &lax)]).await;
    assert_eq!(rungs(&report), [Syntax, Lint]);
    assert_eq!(shown(&report), ["eslint src/sum.ts:3 prefer-const", "eslint src/sum.ts:3 prefer-const"]);
    assert_eq!(rung(&report, Lint)[0].known, 1);
    let fixed = mended("src/sum.ts", &lax, &report);
    assert!(fixed.contains("  const t = \"😀é\"; const u = t; const v = u;\n"), "{fixed}");

    let ill = SUM.replace("a + b + smile.length - 3", "String(a + b + smile.length - 3)");
    let report = project.validate(&[("src/sum.ts", &ill)]).await;
    assert_eq!(
        (rungs(&report), shown(&report)),
        (vec![Syntax, Lint, Types], vec!["tsc src/sum.ts:3 TS2322".to_owned()])
    );

    let wrong = SUM.replace("- 3", "- 2");
    let report = project.validate(&[("src/sum.ts", &wrong)]).await;
    assert_eq!(shown(&report), ["vitest src/sum.test.ts:4 src/sum.test.ts > adds"], "{report:?}");

    let report = project.validate(&[("src/sum.ts", &SUM.replace("a + b", "b + a"))]).await;
    assert_eq!((report.passed(), rung(&report, Test)[0].known), (true, 1), "{report:?}");
}

/// A result that is not needed in full, which Clippy minds, and a test that fails.
const LIB: &str = "pub fn half(x: u32) -> u32 {\n    return x / 2;\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn halves() {\n        assert_eq!(super::half(4), 2);\n    }\n\n    #[test]\n    fn was_wrong() {\n        assert_eq!(super::half(4), 3);\n    }\n}\n";

#[tokio::test]
async fn rust_is_checked_by_rustfmt_clippy_and_tests_for_what_is_new() {
    if !has(&["cargo", "rustfmt", "cargo-clippy"]) {
        return;
    }
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n";
    let project =
        Project::new(&[("Cargo.toml", manifest), ("src/lib.rs", LIB), (".gitignore", "target\nCargo.lock\n")]);

    let unneeded = LIB.replace("    return", "    // é\n    let mut x = x;\n    return");
    let report = project.validate(&[("src/lib.rs", &unneeded)]).await;
    assert_eq!(shown(&report)[0], "clippy src/lib.rs:3 unused_mut", "{report:?}");
    assert_eq!(rung(&report, Lint)[0].known, 1);
    assert_eq!(mended("src/lib.rs", &unneeded, &report), unneeded.replace("mut x", "x"));

    let map = "pub fn map() -> HashMap<u8, u8> {\n    HashMap::new()\n}\n\n";
    let report = project.validate(&[("src/lib.rs", &format!("{map}{LIB}"))]).await;
    assert!(
        !report.passed() && shown(&report)[0] == "clippy src/lib.rs:1 E0425"
            || shown(&report)[0] == "clippy src/lib.rs:1 E0412"
    );
    let import = &report.findings().next().unwrap().fixes[0].edits[0];
    assert_eq!((import.start, import.text.trim_end()), (0, "use std::collections::HashMap;"));

    let wrong = LIB.replace("    return", "    let x = x + 4;\n    return");
    let report = project.validate(&[("src/lib.rs", &wrong)]).await;
    assert_eq!(shown(&report), ["cargo test src/lib.rs:10 tests::halves"]);
    assert_eq!(rung(&report, Test)[0].known, 1);

    let ugly = LIB.replace("fn half(x: u32)", "fn half( x:u32 )");
    let report = project.validate(&[("src/lib.rs", &ugly)]).await;
    assert_eq!((report.passed(), mended("src/lib.rs", &ugly, &report).as_str()), (true, LIB), "{report:?}");
    assert_eq!(rungs(&report), [Syntax, Format, Lint, Test]);

    // What does not compile is Clippy's and the tests' to say, and one error.
    project.write("src/lib.rs", &LIB.replace("return x / 2", "return x.halved()"));
    let report = project.validators("TRUSTED").check(&[]).await.unwrap();
    assert_eq!(shown(&report), ["clippy src/lib.rs:2 E0599"], "{report:?}");
    assert!(rungs(&report).ends_with(&[Lint, Test]) && !rung(&report, Test)[0].passed);
}

const HALF: &str = "package half\n\nimport \"fmt\"\n\n// Half of a number.\nfunc Half(x int) int {\n\tfmt.Printf(\"%d\\n\", \"old\")\n\treturn x / 2\n}\n";
const HALF_TESTS: &str = "package half\n\nimport \"testing\"\n\nfunc TestHalf(t *testing.T) {\n\tif Half(4) != 2 {\n\t\tt.Error(\"not 2\")\n\t}\n}\n";

#[tokio::test]
async fn go_is_checked_by_gofmt_vet_build_and_test_for_what_is_new() {
    if !has(&["go", "gofmt"]) {
        return;
    }
    let project = Project::new(&[
        ("go.mod", "module example.org/app\n\ngo 1.21\n"),
        ("half/half.go", HALF),
        ("half/half_test.go", HALF_TESTS),
        ("main.go", "package main\n\nimport \"example.org/app/half\"\n\nfunc main() { half.Half(2) }\n"),
    ]);

    let assigned = HALF.replace("\treturn", "\tx = x\n\treturn");
    let report = project.validate(&[("half/half.go", &assigned)]).await;
    assert_eq!(shown(&report), ["go vet half/half.go:8 assign"], "{report:?}");
    assert_eq!((rung(&report, Lint)[0].known, rungs(&report)), (1, vec![Syntax, Format, Lint]));

    // What uses it is built, too.
    let renamed = HALF.replace("Half(x", "Halve(x");
    let renamed_tests = HALF_TESTS.replace("Half(4)", "Halve(4)");
    let report = project.validate(&[("half/half.go", &renamed), ("half/half_test.go", &renamed_tests)]).await;
    assert_eq!(
        (shown(&report), rungs(&report).pop()),
        (vec!["go build main.go:5 -".to_owned()], Some(Build)),
        "{report:?}"
    );

    let ugly = HALF.replace("x / 2", "x/2").replace("\treturn", "        return");
    let report = project.validate(&[("half/half.go", &ugly)]).await;
    let fixed = mended("half/half.go", &ugly, &report);
    assert_eq!((rung(&report, Format)[0].passed, fixed.as_str()), (true, HALF), "{report:?}");

    let clean = HALF.replace("\"old\"", "1");
    project.write("half/half.go", &clean);
    let report = project.validate(&[("half/half.go", &clean.replace("x / 2", "x / 3"))]).await;
    assert_eq!(shown(&report), ["go test half/half_test.go:7 example.org/app/half.TestHalf"], "{report:?}");
}

#[tokio::test]
async fn shell_scripts_are_checked_by_shellcheck() {
    if !has(&["shellcheck"]) {
        return;
    }
    let project = Project::new(&[("a.sh", "#!/bin/bash\nx=1\n")]);
    let text = "#!/bin/bash\nx=1\necho é $1\n";
    let report = project.validators("").validate(&project.changes(&[("a.sh", text)])).await;
    assert!(report.passed() && shown(&report) == ["shellcheck a.sh:3 SC2086"], "{report:?}");
    assert_eq!(mended("a.sh", text, &report), "#!/bin/bash\nx=1\necho é \"$1\"\n");
}
