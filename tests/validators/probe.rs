//! Tools that misbehave, played by programs that the project's own directories bring along: what they are allowed, what is
//! said of them, and how much of what they print is kept.

use super::project::{HELPER, Project, has, names, rung, rungs};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use vibe_tui::domain::change::ChangeSet;
use vibe_tui::domain::finding::{Strategy, ValidationReport};

const SETTINGS: &str = "[tool.ruff]\n";

/// A project whose virtual environment has a ruff of our own.
fn project(script: &str) -> Project {
    let project = Project::new(&[("pyproject.toml", SETTINGS), ("a.py", "x = 1\n"), (".gitignore", ".venv\n")]);
    project.write(".venv/bin/ruff", &format!("#!/bin/sh\n{script}\n"));
    executable(&project.path(".venv/bin/ruff"));
    project
}

fn executable(path: &Path) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

async fn checked(project: &Project, settings: &str) -> ValidationReport {
    project.validators(&format!("TRUSTED\n{settings}")).validate(&project.changes(&[("a.py", "x = 2\n")])).await
}

/// What the tool said of itself.
fn said(report: &ValidationReport) -> String {
    let last = report.checks.last().unwrap();
    last.not_run.clone().or_else(|| last.findings.first().map(|f| f.message.clone())).unwrap_or_default()
}

/// In CI a machine without the sandbox fails; elsewhere the probes have nothing to test there.
async fn confines() -> bool {
    let report = checked(&project("echo '[]'"), "").await;
    let no_sandbox = report.checks.iter().filter_map(|c| c.not_run.as_ref()).find(|why| why.contains("no sandbox"));
    if let Some(why) = no_sandbox {
        assert!(std::env::var_os("CI").is_none(), "{why}");
        eprintln!("skipped: {why}");
        return false;
    }
    assert!(report.passed() && rungs(&report) == [Strategy::Syntax, Strategy::Lint], "{report:?}");
    true
}

#[tokio::test]
async fn a_tool_reaches_neither_the_network_nor_home_nor_the_repository_nor_what_is_around_it() {
    if !confines().await {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let project = project("");
    std::fs::create_dir_all(project.path(".git")).unwrap();
    project.write(".git/HEAD", "ref: refs/heads/main\n");
    let tree = project.path("");
    let (tree, home) = (tree.display(), home.path().display());
    let attempts = [
        format!("echo x > {home}/x"),
        format!("echo x > {tree}/a.py"),
        format!("echo x > {tree}/.git/HEAD"),
        format!("echo x > {tree}/.git/hooks"),
        format!("rm {tree}/.git/HEAD"),
        "echo x > ../x".to_owned(),
        "echo x > ../../kept/x".to_owned(),
        "echo x >> .venv/bin/ruff".to_owned(),
        format!("bash -c 'echo x > /dev/tcp/127.0.0.1/{port}'"),
        format!("python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", {port}), 2)'"),
    ];
    let lines: Vec<String> = attempts
        .iter()
        .enumerate()
        .map(|(i, a)| format!("if ( {a} ) 2>/dev/null; then reached=\"$reached {i}\"; fi"))
        .collect();
    project
        .write(".venv/bin/ruff", &format!("#!/bin/sh\n{}\necho \"reached:$reached.\" >&2; exit 7\n", lines.join("\n")));
    let before = names(&project.path(""));
    let report = checked(&project, "").await;
    assert!(said(&report).contains("reached:."), "{}", said(&report));
    assert_eq!(names(&project.path("")), before);
    assert_eq!(std::fs::read_to_string(project.path(".git/HEAD")).unwrap(), "ref: refs/heads/main\n");
}

/// Runs a command and prints the largest memory of it and of everything beneath it, in KiB.
const MEASURE: &str = "import resource, subprocess, sys\nran = subprocess.run(sys.argv[1:], capture_output=True, text=True)\nprint(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, ran.stderr)\n";

/// What `vibe-tui check` says of a project, and its largest memory in KiB.
fn measured(project: &Project) -> (u64, String) {
    let program = std::process::Command::new("python3")
        .args(["-c", MEASURE, HELPER, "check", "--cwd"])
        .arg(project.path(""))
        .env("VIBE_TUI_HOME", project.home())
        .output()
        .unwrap();
    let text = String::from_utf8(program.stdout).unwrap();
    let (memory, said) = text.split_once(' ').unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&program.stderr)));
    (memory.parse().unwrap(), said.to_owned())
}

#[tokio::test]
async fn a_report_of_a_gigabyte_is_cut_and_that_is_said() {
    if !confines().await || !has(&["python3"]) {
        return;
    }
    let (calm, _) = measured(&project("echo '[]'"));
    let (flooded, said) = measured(&project("head -c 1073741824 /dev/zero | tr '\\0' '['"));
    assert!(said.contains("it printed 1024 MiB, of which only the first 4 were read"), "{said}");
    assert!(flooded <= calm + 8 * 1024, "{calm} and {flooded} KiB");
}

#[tokio::test]
async fn a_tool_that_breaks_without_the_change_too_is_left_out_and_one_that_breaks_on_it_is_an_error() {
    if !confines().await {
        return;
    }
    let report = checked(&project("echo 'settings are broken' >&2; exit 2"), "").await;
    assert!(
        report.passed() && said(&report).contains("settings are broken; it is so without the change, too"),
        "{report:?}"
    );
    let report = checked(&project("grep -q 1 a.py && echo '[]' || { echo broken >&2; exit 2; }"), "").await;
    assert!(!report.passed() && said(&report) == "it ended with exit code 2: broken", "{report:?}");
    let breaking = |print: &str| format!("grep -q 1 a.py && echo '[]' || {{ {print}; exit 3; }}");
    // The reason may stand in either stream; a report for machines is none.
    let report = checked(&project(&breaking("echo the reason; echo a warning >&2")), "").await;
    assert_eq!(said(&report), "it ended with exit code 3: the reason\na warning");
    let report = checked(&project(&breaking("echo '[{'; echo the reason >&2")), "").await;
    assert_eq!(said(&report), "it ended with exit code 3: the reason");
    let report = checked(&project("sleep 60"), "timeout_seconds = 1").await;
    assert!(report.passed() && said(&report).contains("did not finish within 1 s"), "{report:?}");
    let report = checked(&project("grep -q 1 a.py && echo '[]' || sleep 60"), "timeout_seconds = 1").await;
    assert!(!report.passed() && said(&report).contains("did not finish within 1 s"), "{report:?}");
}

#[tokio::test]
async fn the_base_is_asked_once_as_long_as_the_repository_stays_as_it_is() {
    if !confines().await {
        return;
    }
    let row = r#"[{"code": "X", "filename": "a.py", "location": {"row": 1, "column": 1}, "end_location": {"row": 1, "column": 2}, "message": "m in '"$PWD"'/a.py"}]"#;
    // Each run leaves a line where copies keep their caches.
    let project = project(&format!("echo \"$PWD\" >> \"$XDG_CACHE_HOME/runs\"; echo '{row}'; exit 1"));
    let validators = project.validators("TRUSTED");
    let runs = |dir: &Path| {
        let file = names(dir).into_iter().find(|p| p.ends_with("cache/runs")).unwrap();
        std::fs::read_to_string(file).unwrap().lines().count()
    };
    // Its line is another one: it is new.
    let new = project.changes(&[("a.py", "x = 2\n")]);
    assert!(!validators.validate(&new).await.passed());
    assert_eq!(runs(project.home()), 2);
    let moved = project.changes(&[("a.py", "x = 1\ny = 2\n")]);
    let report = validators.validate(&moved).await;
    assert_eq!(
        (report.passed(), report.checks[1].known, runs(project.home())),
        (true, 1, 3),
        "another copy, but the same words"
    );
    project.write("a.py", "x = 11\n");
    let report = validators.validate(&project.changes(&[("a.py", "x = 12\n")])).await;
    assert_eq!((report.passed(), runs(project.home())), (false, 5));
}

#[tokio::test]
async fn what_the_project_brings_along_waits_for_a_yes_and_is_spoken_of_once() {
    if !confines().await {
        return;
    }
    let project = project("echo '[]'");
    let change = |text: &str| project.changes(&[("a.py", text)]);
    let validators = project.validators("");
    let report = validators.validate(&change("x = 2\n")).await;
    assert!(report.passed() && rungs(&report) == [Strategy::Syntax]);
    assert!(
        said(&report).contains("not trusted to run")
            && said(&report).contains("to allow it always add")
            && said(&report).contains("check.trusted"),
        "{}",
        said(&report)
    );
    assert_eq!(validators.validate(&change("x = 3\n")).await.checks.len(), 1);
    for settings in ["TRUSTED", "validators = \"off\"\nTRUSTED", "skip = [\"ruff\"]\nTRUSTED"] {
        let report = project.validators(settings).validate(&change("x = 2\n")).await;
        let ran = rungs(&report).contains(&Strategy::Lint);
        assert_eq!(ran, settings == "TRUSTED", "{settings}");
    }
    assert!(validators.validate(&ChangeSet::default()).await.checks.is_empty());
}

#[tokio::test]
async fn without_a_sandbox_no_tool_runs_and_that_is_said() {
    let project = project("echo x >> \"$XDG_CACHE_HOME/ran\"; echo '[]'");
    // A helper that plays a kernel without Landlock.
    let helper = project.home().join("helper");
    let refusal = r#"{"last":{"refused":{"no_sandbox":"played"}},"alone":true}"#;
    std::fs::write(&helper, format!("#!/bin/sh\nprintf '%s' '{refusal}' >&0\n")).unwrap();
    executable(&helper);
    let validators = project.validators("TRUSTED").with_helper(&helper);
    let report = validators.validate(&project.changes(&[("a.py", "x = 2\n")])).await;
    assert!(rungs(&report) == [Strategy::Syntax] && said(&report).contains("no sandbox: played"), "{report:?}");
    assert!(!names(project.home()).iter().any(|path| path.ends_with("ran")));
    let asked = validators.check(&[]).await.unwrap();
    assert!(!asked.passed(), "whoever asks for the tools has not got them: {asked:?}");
}

#[tokio::test]
async fn a_tool_of_the_user_finds_the_projects_programs_only_in_a_project_that_is_trusted() {
    if !confines().await {
        return;
    }
    let project = Project::new(&[
        ("pyproject.toml", "[tool.ruff]\n"),
        ("a.py", "x = 1\n"),
        ("lib/sitecustomize.py", ""),
        (".gitignore", ".venv\n"),
    ]);
    project.write(".venv/bin/helper", "#!/bin/sh\ntrue\n");
    let tools = tempfile::tempdir().unwrap();
    let asks = "#!/bin/sh\ncommand -v helper >&2 && exit 7\ncase \"$PYTHONPATH\" in *lib*) exit 8;; esac\necho '[]'\n";
    std::fs::write(tools.path().join("ruff"), asks).unwrap();
    for program in [tools.path().join("ruff"), project.path(".venv/bin/helper")] {
        std::fs::set_permissions(program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let mut environment: vibe_tui::config::Environment = std::env::vars().collect();
    for name in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        environment.remove(name);
    }
    environment.insert("PATH".into(), format!("{}:/usr/bin:/bin", tools.path().display()));
    for places in ["lib".to_owned(), project.path("lib").display().to_string()] {
        environment.insert("PYTHONPATH".into(), places);
        for (settings, passes) in [("", true), ("TRUSTED", false)] {
            let validators = project.validators_in(settings, environment.clone());
            let report = validators.validate(&project.changes(&[("a.py", "x = 2\n")])).await;
            let lint = rung(&report, Strategy::Lint);
            // What breaks on both sides is left out.
            assert_eq!(lint.len() == 1 && lint[0].passed, passes, "{settings}: {report:?}");
        }
    }
}
