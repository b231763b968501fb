//! Which tools to run for a change: those that the project is set up for, cheapest first. Pure. Decides also what is left
//! out, and says so only of what the project evidently wants.

use super::project::{Call, Program, Project};
use super::tool::{TOOLS, Tool};
use crate::domain::finding::CheckResult;
use crate::domain::path::{join, name};

/// What the user has decided.
#[derive(Clone, Copy, Debug, Default)]
pub struct Choice<'a> {
    /// Whether the project's own code may run.
    pub trusted: bool,
    /// Tools that are not wanted, by name.
    pub skip: &'a [String],
    /// The project's check command, which may be one of the tools.
    pub check: Option<&'a [String]>,
}

/// One run of a tool.
#[derive(Clone)]
pub struct Spec {
    /// The tool.
    pub tool: &'static Tool,
    /// Its program.
    pub program: Program,
    /// How it is called.
    pub call: Call,
}

impl Spec {
    /// The command line as it is shown: long lists of files are cut.
    pub fn shown(&self) -> String {
        const LONG: usize = 100;
        let first = match self.tool.program {
            // Called by its own name, it is told again what it is.
            program if program.starts_with("cargo-") => "cargo",
            program => program,
        };
        let mut text = first.to_owned();
        for argument in &self.call.arguments {
            if text.len() + argument.len() > LONG {
                return text + " …";
            }
            let plain = argument.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./=:,@+".contains(&b));
            text += " ";
            text += &if plain { argument.into() } else { shlex::try_quote(argument).unwrap_or(argument.into()) };
        }
        text
    }
}

/// What to run and what not.
#[derive(Clone, Default)]
pub struct Plan {
    /// In the order of their strategies.
    pub specs: Vec<Spec>,
    /// What the project is set up for and this machine does not have.
    pub missing: Vec<&'static Tool>,
    /// What would run the project's own code, which the user has not allowed.
    pub untrusted: Vec<&'static Tool>,
}

impl Plan {
    /// What is left out, as results that hold nothing up. `allow` says how to allow the project's own code.
    pub fn left_out(&self, allow: &str) -> Vec<CheckResult> {
        let missing = self.missing.iter().map(|tool| {
            let why = format!("`{}` is not installed; to get it: {}", tool.program, tool.install);
            left_out(tool, tool.command.join(" "), why)
        });
        let mut results: Vec<CheckResult> = missing.collect();
        if let Some(first) = self.untrusted.first() {
            let names: Vec<&str> = self.untrusted.iter().map(|tool| tool.name).collect();
            let why = format!("not trusted to run the project's own code; {allow}");
            results.push(left_out(first, names.join(", "), why));
        }
        results
    }
}

fn left_out(tool: &Tool, command: String, why: String) -> CheckResult {
    CheckResult {
        strategy: tool.strategy,
        command,
        passed: true,
        millis: 0,
        findings: Vec::new(),
        known: 0,
        not_run: Some(why),
    }
}

/// Plans the validation of what `project` says is touched.
pub fn plan(project: &Project<'_>, choice: Choice<'_>) -> Plan {
    let mut plan = Plan::default();
    for tool in TOOLS {
        let unwanted = choice.skip.iter().any(|name| name == tool.name);
        if unwanted || choice.check.is_some_and(|check| is_check(tool, check, project)) {
            continue;
        }
        for call in (tool.calls)(project) {
            match (project.find)(&call.dir, tool.program) {
                None if call.evident => once(&mut plan.missing, tool, |other| other.program == tool.program),
                None => {}
                Some(program) if runs_code(&program, &call) && !choice.trusted => {
                    once(&mut plan.untrusted, tool, |other| other.name == tool.name);
                }
                Some(program) => plan.specs.push(Spec { tool, program, call }),
            }
        }
    }
    drop_repeated(project, &mut plan.specs);
    plan.specs.sort_by_key(|spec| spec.tool.strategy);
    plan
}

fn once(list: &mut Vec<&'static Tool>, tool: &'static Tool, same: impl Fn(&Tool) -> bool) {
    if !list.iter().any(|other| same(other)) {
        list.push(tool);
    }
}

/// A program in the project's folder is its own code, whatever its name: it may have come with the project.
fn runs_code(program: &Program, call: &Call) -> bool {
    call.runs_code || matches!(program, Program::InTree(_))
}

/// Clippy says what a check of the same package says: a check is for the other packages of a workspace.
fn drop_repeated(project: &Project<'_>, specs: &mut Vec<Spec>) {
    let linted: Vec<String> = specs.iter().filter(|s| s.tool.name == "clippy").map(|s| s.call.dir.clone()).collect();
    let alone = |dir: &str| {
        let manifest = project.toml(&join(dir, "Cargo.toml"));
        let members = manifest.get("workspace").and_then(|w| w.get("members")).and_then(toml::Value::as_array);
        members.is_none_or(Vec::is_empty)
    };
    specs.retain(|s| s.tool.name != "cargo check" || !linted.contains(&s.call.dir) || !alone(&s.call.dir));
}

/// Whether the check command plainly is this tool: `uv run pytest -q`, or `npm test` where the script says so.
fn is_check(tool: &Tool, check: &[String], project: &Project<'_>) -> bool {
    let names = |words: &[&str]| words.windows(tool.command.len()).any(|w| w == tool.command);
    let words: Vec<&str> = check.iter().map(|word| name(word)).collect();
    let package = project.package("");
    let script = match words.as_slice() {
        ["npm" | "pnpm" | "yarn" | "bun", "test" | "t", ..] => "test",
        ["npm" | "pnpm" | "yarn" | "bun", "run", name, ..] => name,
        _ => return names(&words),
    };
    let script = package.get("scripts").and_then(|s| s.get(script)).and_then(serde_json::Value::as_str);
    script.is_some_and(|text| names(&text.split_whitespace().collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::super::project::tests::with;
    use super::*;

    type Files<'a> = &'a [(&'a str, &'a str)];

    /// Each run as `dir: words`.
    fn planned(files: Files, touched: &[&str], choice: Choice) -> Vec<String> {
        with(files, touched, |project| {
            plan(project, choice).specs.iter().map(|s| format!("{}: {}", s.call.dir, s.shown())).collect()
        })
    }

    const TRUSTED: Choice = Choice { trusted: true, skip: &[], check: None };

    #[test]
    fn a_project_that_is_set_up_for_nothing_is_checked_by_nothing() {
        let files = [("a.py", ""), ("b.ts", ""), ("c.rs", ""), ("d.go", ""), ("e.md", "")];
        assert!(planned(&files, &["a.py", "b.ts", "c.rs", "d.go", "e.md"], TRUSTED).is_empty());
        let set_up = [("pyproject.toml", "[tool.ruff]\n"), ("a.py", ""), ("e.md", "")];
        assert!(planned(&set_up, &["e.md"], TRUSTED).is_empty(), "nothing of its language was touched");
    }

    #[test]
    fn each_language_is_checked_cheapest_first_and_only_what_is_touched() {
        let python = [
            ("pyproject.toml", "[tool.ruff]\n[tool.ruff.format]\n[tool.mypy]\n[tool.pytest.ini_options]\n"),
            ("a.py", ""),
            ("b.py", ""),
            ("tests/test_a.py", ""),
        ];
        let words: Vec<String> = planned(&python, &["a.py"], TRUSTED);
        assert_eq!(words[0], ": ruff format --diff --force-exclude -- a.py");
        assert_eq!(words[1], ": ruff check --output-format json --force-exclude -- a.py");
        assert!(words[2].starts_with(": mypy --show-column-numbers"));
        assert_eq!(words[3], ": pytest -q --tb=short --color=no -rfE --continue-on-collection-errors");
        assert_eq!(
            planned(&python, &["tests/test_a.py"], TRUSTED)[3],
            ": pytest -q --tb=short --color=no -rfE --continue-on-collection-errors tests/test_a.py"
        );

        let rust = [
            ("Cargo.toml", "[workspace]\nmembers = [\"x\", \"y\"]\n[workspace.package]\nedition = \"2024\"\n"),
            ("x/Cargo.toml", "[package]\nedition.workspace = true\n"),
            ("x/src/lib.rs", ""),
            ("y/Cargo.toml", ""),
        ];
        assert_eq!(
            planned(&rust, &["x/src/lib.rs"], TRUSTED),
            [
                "x: rustfmt --check --color never --edition 2024 src/lib.rs",
                "x: cargo clippy --quiet --message-format=json --all-targets",
                ": cargo check --quiet --message-format=json --all-targets --workspace",
                "x: cargo test --quiet --message-format=json --no-fail-fast",
            ]
        );

        let go = [("go.mod", "module m\n"), ("main.go", ""), ("sub/a.go", ""), ("other/b.go", "")];
        assert_eq!(
            planned(&go, &["sub/a.go", "main.go"], TRUSTED),
            [
                ": gofmt -d sub/a.go main.go",
                ": go vet -json ./ ./sub",
                ": go build -o /dev/null ./...",
                ": go test -json ./ ./sub"
            ]
        );

        let script = [
            ("web/package.json", r#"{"devDependencies": {"vitest": "*"}}"#),
            ("web/eslint.config.js", ""),
            ("web/tsconfig.json", "{}"),
            ("web/src/a.ts", ""),
            ("run.sh", ""),
        ];
        assert_eq!(
            planned(&script, &["web/src/a.ts", "run.sh"], TRUSTED),
            [
                ": shellcheck --format json1 -- run.sh",
                "web: eslint --format json --no-error-on-unmatched-pattern -- src/a.ts",
                "web: tsc --noEmit --pretty false -p .",
                "web: vitest related --run --reporter=json src/a.ts",
            ]
        );
    }

    #[test]
    fn what_runs_the_projects_code_waits_for_the_users_yes() {
        let files =
            [("Cargo.toml", "[package]\n"), ("src/lib.rs", ""), ("pyproject.toml", "[tool.ruff]\n"), ("a.py", "")];
        with(&files, &["src/lib.rs", "a.py"], |project| {
            let made = plan(project, Choice::default());
            assert_eq!(made.specs.iter().map(|s| s.tool.name).collect::<Vec<_>>(), ["rustfmt", "ruff"]);
            assert_eq!(
                made.untrusted.iter().map(|t| t.name).collect::<Vec<_>>(),
                ["clippy", "cargo check", "cargo test"]
            );
            let said = made.left_out("say so");
            assert!(said.len() == 1 && said[0].passed, "one notice, and it holds nothing up");
            assert!(
                said[0].command == "clippy, cargo check, cargo test"
                    && said[0].not_run.as_ref().unwrap().ends_with("say so")
            );
            // A program in the project's folder is the project's code.
            let own = |_: &str, name: &str| (name == "ruff").then(|| Program::InTree(".venv/bin/ruff".into()));
            let made = plan(&Project { find: &own, ..*project }, Choice::default());
            assert_eq!(made.untrusted.iter().map(|t| t.name).collect::<Vec<_>>(), ["ruff"]);
        });
        for files in [
            [("mypy.ini", "[mypy]\nplugins = mine.py\n"), ("a.py", "")],
            [("mypy.ini", "[mypy]\npython_executable = ./mine\n"), ("a.py", "")],
            [("mypy.ini", "[mypy]\nPlugIns = ./mine.py\n"), ("a.py", "")],
            [("setup.cfg", "[mypy]\n[x]\ny = [mypy]\n[mypy]\nplugins = ./mine.py\n"), ("a.py", "")],
            [("pyproject.toml", "[tool.mypy]\n\"plug\\u0069ns\" = [\"./mine.py\"]\n"), ("a.py", "")],
            [("rust-toolchain.toml", "[toolchain]\npath = \"/mine\"\n"), ("a.rs", "")],
        ] {
            let files = [files[0], files[1], ("Cargo.toml", "")];
            let names = |choice| planned(&files, &["a.py", "a.rs"], choice);
            assert!(names(Choice::default()).is_empty(), "{files:?}");
            assert!(!names(TRUSTED).is_empty(), "{files:?}");
        }
    }

    #[test]
    fn a_missing_tool_is_said_only_where_the_project_wants_it() {
        let files = [
            ("pyproject.toml", "[tool.ruff]\n[tool.ruff.format]\n"),
            ("a.py", ""),
            ("b.sh", ""),
            ("Cargo.toml", ""),
            ("c.rs", ""),
        ];
        with(&files, &["a.py", "b.sh", "c.rs"], |project| {
            let made = plan(&Project { find: &|_, _| None, ..*project }, TRUSTED);
            let said: Vec<String> = made.left_out("").into_iter().filter_map(|c| c.not_run).collect();
            assert_eq!(said[0], "`ruff` is not installed; to get it: pip install ruff");
            assert!(
                said.iter().filter(|s| s.contains("`ruff`")).count() == 1
                    && !said.iter().any(|s| s.contains("shellcheck"))
            );
            assert!(made.specs.is_empty());
        });
    }

    #[test]
    fn the_check_command_is_not_run_as_a_tool_again_and_skipped_ones_are_not_run() {
        let files = [
            ("pyproject.toml", "[tool.mypy]\n[tool.pytest.ini_options]\n"),
            ("package.json", r#"{"scripts": {"test": "vitest run"}, "devDependencies": {"vitest": "1", "jest": "1"}}"#),
            ("a.py", ""),
            ("a.ts", ""),
        ];
        let names = |check: &[&str], skip: &[&str]| -> Vec<&str> {
            let own = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<String>>();
            let (check, skip) = (own(check), own(skip));
            with(&files, &["a.py", "a.ts"], |project| {
                let made = plan(project, Choice { trusted: true, skip: &skip, check: Some(&check) });
                made.specs.iter().map(|s| s.tool.name).collect()
            })
        };
        assert_eq!(names(&["make"], &[]), ["mypy", "pytest", "vitest", "jest"]);
        assert_eq!(names(&["uv", "run", ".venv/bin/pytest", "-q"], &["mypy"]), ["vitest", "jest"]);
        assert_eq!(names(&["npm", "test"], &["mypy", "pytest"]), ["jest"]);
    }

    #[test]
    fn one_crate_is_checked_by_clippy_alone() {
        let files = [("Cargo.toml", "[package]\nname = \"x\"\n"), ("src/lib.rs", "")];
        let made = planned(&files, &["src/lib.rs"], TRUSTED);
        assert!(!made.iter().any(|words| words.contains("cargo check")), "{made:?}");
    }
}
