//! Healing on real projects of four languages, with their own tools and a model that answers wrong at first: mended by a
//! tool's own fix or a missing import, by the model, by the next model up, or given up with nothing written.

use super::heal::{rungs, script};
use super::place::{Place, Ran};
use super::schema::events;
use super::server::Server;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

struct Project {
    tools: &'static [&'static str],
    files: &'static [(&'static str, &'static str)],
    /// The file that is changed, and the lines of it.
    path: &'static str,
    lines: &'static str,
    /// What a free rung mends, and to what; its name.
    slip: (&'static str, &'static str, &'static str),
    /// What a test finds.
    wrong: &'static str,
    right: &'static str,
}

const PYTHON: Project = Project {
    tools: &["ruff", "pytest"],
    files: &[
        (
            "pyproject.toml",
            "[tool.ruff.lint]\nselect = [\"E\", \"F\"]\n[tool.pytest.ini_options]\npythonpath = [\".\"]\n",
        ),
        ("app.py", "def half(x: int) -> int:\n    return x // 2\n"),
        ("tests/test_app.py", "from app import half\n\n\ndef test_half() -> None:\n    assert half(4) == 2\n"),
    ],
    path: "app.py",
    lines: "    return x // 2\n",
    slip: ("    import os\n\n    return x >> 1\n", "\n    return x >> 1\n", "tool_fix"),
    wrong: "    return x // 3\n",
    right: "    return int(x / 2)\n",
};

const TYPESCRIPT: Project = Project {
    tools: &["eslint", "tsc", "vitest"],
    files: &[
        ("package.json", r#"{"name": "app", "type": "module", "devDependencies": {"vitest": "*"}}"#),
        (
            "tsconfig.json",
            r#"{"compilerOptions": {"strict": true, "module": "preserve", "skipLibCheck": true, "types": []}, "include": ["src"]}"#,
        ),
        (
            "eslint.config.js",
            "import ts from \"typescript-eslint\";\nexport default [...ts.configs.recommended, { rules: { \"prefer-const\": \"error\" } }];\n",
        ),
        ("src/sum.ts", "export function sum(a: number, b: number): number {\n  return a + b;\n}\n"),
        (
            "src/sum.test.ts",
            "import { expect, test } from \"vitest\";\nimport { sum } from \"./sum\";\ntest(\"adds\", () => {\n  expect(sum(1, 2)).toBe(3);\n});\n",
        ),
        (".gitignore", "node_modules\n"),
    ],
    path: "src/sum.ts",
    lines: "  return a + b;\n",
    slip: ("  let c = a + b;\n  return c;\n", "  const c = a + b;\n  return c;\n", "tool_fix"),
    wrong: "  return a - b;\n",
    right: "  return b + a;\n",
};

const RUST: Project = Project {
    tools: &["cargo", "cargo-clippy"],
    files: &[
        ("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n"),
        (
            "src/lib.rs",
            "#![deny(unused_mut)]\n\npub fn half(x: u32) -> u32 {\n    x / 2\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn halves() {\n        assert_eq!(super::half(4), 2);\n    }\n}\n",
        ),
        (".gitignore", "target\nCargo.lock\n"),
    ],
    path: "src/lib.rs",
    lines: "    x / 2\n",
    slip: (
        "    let mut y = x;\n    y += 0;\n    let mut z = y;\n    z / 2\n",
        "    let mut y = x;\n    y += 0;\n    let z = y;\n    z / 2\n",
        "tool_fix",
    ),
    wrong: "    x / 3\n",
    right: "    x >> 1\n",
};

const GO: Project = Project {
    tools: &["go", "gofmt"],
    files: &[
        ("go.mod", "module half\n\ngo 1.21\n"),
        ("half.go", "package half\n\n// Half of a number.\nfunc Half(x int) int {\n\treturn x / 2\n}\n"),
        (
            "half_test.go",
            "package half\n\nimport \"testing\"\n\nfunc TestHalf(t *testing.T) {\n\tif Half(4) != 2 {\n\t\tt.Error(\"not 2\")\n\t}\n}\n",
        ),
    ],
    path: "half.go",
    lines: "\treturn x / 2\n",
    slip: ("\treturn len(strings.Repeat(\"x\", x)) / 2\n", "\treturn len(strings.Repeat(\"x\", x)) / 2\n", "import"),
    wrong: "\treturn x / 3\n",
    right: "\treturn x >> 1\n",
};

fn on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join(program)).find(|path| path.is_file())
}

/// Whether the tools are here; in CI they have to be.
fn has(tools: &[&str]) -> bool {
    for tool in tools {
        if on_path(tool).is_none() {
            assert!(std::env::var_os("CI").is_none(), "`{tool}` is not installed");
            eprintln!("skipped: {tool} is not installed");
            return false;
        }
    }
    true
}

impl Project {
    /// The project in a repository of its own, where its code may run.
    fn place(&self) -> Place {
        let place = Place::new();
        for (path, text) in self.files {
            fs::create_dir_all(place.root().join(path).parent().unwrap()).unwrap();
            place.write(path, text);
        }
        if self.tools.contains(&"eslint") {
            let program = on_path("eslint").unwrap().canonicalize().unwrap();
            let modules = program.ancestors().find(|dir| dir.ends_with("node_modules")).expect("npm installed it");
            std::os::unix::fs::symlink(modules, place.root().join("node_modules")).unwrap();
        }
        place.configure(&self.trusted(&place));
        place
    }

    fn trusted(&self, place: &Place) -> String {
        format!("[check]\ntrusted = [{:?}]\n", place.root().display().to_string())
    }

    /// The file with other lines.
    fn text(&self, lines: &str) -> String {
        let (_, text) = self.files.iter().find(|(path, _)| *path == self.path).unwrap();
        assert!(text.contains(self.lines));
        text.replace(self.lines, lines)
    }

    /// An answer that puts one piece in the place of another.
    fn edit(&self, search: &str, replace: &str) -> String {
        format!("### FILE: {}\n<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n", self.path)
    }

    /// The model writes `lines` first, and has `healed` as its answers to what is found then.
    fn run(&self, place: &Place, lines: &str, healed: &[String]) -> (Ran, Vec<String>) {
        let plan = format!(
            r#"{{"summary": "Refactor", "steps": [{{"title": "Refactor", "kind": "modify", "path": "{}"}}]}}"#,
            self.path
        );
        let written = self.edit(self.lines, lines);
        let mut answers = vec![("planner", plan.as_str()), ("executor", written.as_str())];
        answers.extend(healed.iter().map(|answer| ("healer", answer.as_str())));
        answers.push(("reviewer", r#"{"score": 0.9, "reasons": [], "next_steps": [], "improvements": []}"#));
        let script = script(place, &answers);
        let request = format!("Refactor the function in {}", self.path);
        let words = ["run", "--json", "--accept", "all", "--script", &script, "--script-speed", "0", &request];
        self.ran(place.command(&words))
    }

    /// The tools look for what belongs to them where the user has it.
    fn ran(&self, mut command: Command) -> (Ran, Vec<String>) {
        for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let ran = Ran::from(command.output().unwrap());
        let made = rungs(&events(&ran.stdout)).into_iter().map(str::to_owned).collect();
        (ran, made)
    }
}

fn each(story: impl Fn(&Project, Place)) {
    for project in [PYTHON, TYPESCRIPT, RUST, GO] {
        if has(project.tools) {
            story(&project, project.place());
        }
    }
}

#[test]
fn what_a_tool_can_mend_or_an_import_is_mended_without_a_model() {
    each(|project, place| {
        let (slip, mended, rung) = project.slip;
        let (ran, made) = project.run(&place, slip, &[]);
        assert_eq!(
            (ran.code, made.as_slice()),
            (Some(0), &["first".to_owned(), rung.to_owned()][..]),
            "{}\n{}",
            ran.stdout,
            ran.stderr
        );
        let now = place.read(project.path).unwrap();
        match rung {
            "import" => assert!(now.contains(mended) && now.contains("import \"strings\""), "{now}"),
            _ => assert_eq!(now, project.text(mended)),
        }
    });
}

#[test]
fn what_a_test_finds_is_mended_by_the_model() {
    each(|project, place| {
        let (ran, made) = project.run(&place, project.wrong, &[project.edit(project.wrong, project.right)]);
        assert_eq!(
            (ran.code, made.as_slice()),
            (Some(0), &["first".to_owned(), "model".to_owned()][..]),
            "{}\n{}",
            ran.stdout,
            ran.stderr
        );
        assert_eq!(place.read(project.path).unwrap(), project.text(project.right));
    });
}

#[test]
fn where_the_model_gets_nowhere_the_next_one_up_is_asked() {
    each(|project, place| {
        place.write(project.path, &project.text(project.wrong));
        let good: &'static str = project.edit(project.wrong, project.right).leak();
        let (small, big) = (Server::start("NO CHANGE", Duration::ZERO), Server::start(good, Duration::ZERO));
        let servers = small.local_configuration() + &big.local_configuration().replace("here", "big");
        place.configure(&format!("heal.models = [\"auto\", \"big/m\"]\n{servers}"));
        let (ran, made) = project.ran(place.command(&["heal", "--json", "--model", "here/m", "--accept", "all"]));
        assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
        assert_eq!(made.last().map(String::as_str), Some("bigger_model"), "{made:?}");
        assert_eq!((small.chats() > 0, big.chats()), (true, 1));
        assert_eq!(place.read(project.path).unwrap(), project.text(project.right));
    });
}

#[test]
fn what_nobody_can_mend_is_given_up_with_the_best_attempt_offered_and_nothing_written() {
    each(|project, place| {
        let answers = vec!["NO CHANGE".to_owned(); 3];
        let (ran, made) = project.run(&place, project.wrong, &answers);
        assert_eq!(
            (ran.code, made.first().map(String::as_str)),
            (Some(4), Some("first")),
            "{}\n{}",
            ran.stdout,
            ran.stderr
        );
        assert!(ran.stdout.contains("\"proposal\""), "{}", ran.stdout);
        assert_eq!(place.read(project.path).unwrap(), project.text(project.lines));
    });
}
