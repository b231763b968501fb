//! The validator against commands that misbehave: whatever they do, they end in time, print into flat memory, leave
//! nothing behind, and reach neither the network, the terminal nor a file outside.
#![cfg(unix)]

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};
use vibe_tui::domain::change::{ChangeSet, FileChange};
use vibe_tui::domain::finding::Strategy;
use vibe_tui::domain::language::Language;
use vibe_tui::repo::Root;
use vibe_tui::repo::scratch::{Pool, Scratch};
use vibe_tui::repo::walk::{MAX_FILES, walk};
use vibe_tui::validate::check::Copy;
use vibe_tui::validate::plan::Spec;
use vibe_tui::validate::project::{Call, Program};
use vibe_tui::validate::tool::TOOLS;
use vibe_tui::validate::{Ended, Fault, Network, NoBase, Outcome, Policy, RunError, run, run_check, run_tools, syntax};

const HELPER: &str = env!("CARGO_BIN_EXE_vibe-tui");

fn policy() -> Policy {
    Policy::strict(HELPER)
}

fn words(argv: &[&str]) -> Vec<String> {
    argv.iter().map(|w| (*w).to_owned()).collect()
}

async fn sh(root: &Path, script: &str, deadline_ms: u64) -> Outcome {
    run(&words(&["sh", "-c", script]), root, Duration::from_millis(deadline_ms), &policy()).await.expect("it runs")
}

/// Whether the kernel can confine; without it the sandbox tests would test the refusal only.
async fn confines(root: &Path) -> bool {
    match run(&words(&["true"]), root, Duration::from_secs(5), &policy()).await {
        Err(RunError::NoSandbox(why)) => {
            eprintln!("skipped: {why}");
            false
        }
        result => {
            assert_eq!(result.expect("it runs").ended, Ended::Exited(0));
            true
        }
    }
}

/// A number of seconds that only processes of this test, of this run, are told to sleep.
fn mark(test: u32) -> String {
    format!("9{test:02}{:07}", std::process::id())
}

/// Processes whose command line holds `mark`.
fn alive(mark: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|p| std::fs::read(p.path().join("cmdline")).ok());
    lines.filter(|l| l.windows(mark.len()).any(|w| w == mark.as_bytes())).count()
}

/// Waits until no process holds `mark`.
async fn gone(mark: &str) -> bool {
    for _ in 0..300 {
        if alive(mark) == 0 {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

/// This process's memory in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn exit_codes_signals_and_output_are_told() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    let ran = sh(dir.path(), "echo out; echo err >&2; echo last; exit 3", 5000).await;
    assert_eq!((ran.ended, ran.output.text().as_str()), (Ended::Exited(3), "out\nerr\nlast\n"));
    assert_eq!(sh(dir.path(), "kill -9 $$", 5000).await.ended, Ended::Signalled(9));
}

#[tokio::test]
async fn it_runs_in_the_copy_with_an_empty_input_and_few_variables() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    std::fs::write(dir.path().join("here"), "x").unwrap();
    let ran = sh(dir.path(), "cat here; cat; env", 5000).await;
    let text = ran.output.text();
    assert!(text.starts_with('x') && text.contains("PATH=") && text.contains("TMPDIR="), "{text}");
    // Cargo sets this one for tests; it is not on the list.
    assert!(std::env::var_os("CARGO_PKG_NAME").is_some() && !text.contains("CARGO_PKG_NAME"), "{text}");
}

#[tokio::test]
async fn a_missing_command_or_helper_or_directory_is_told() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    let second = Duration::from_secs(5);
    let missing = run(&words(&["no-such-tool-7"]), dir.path(), second, &policy()).await.unwrap_err();
    assert!(matches!(&missing, RunError::NotFound(why) if why.contains("`no-such-tool-7`")), "{missing}");
    let helper = run(&words(&["true"]), dir.path(), second, &Policy::strict("/no/helper")).await.unwrap_err();
    assert!(matches!(&helper, RunError::Failed(why) if why.contains("/no/helper")), "{helper}");
    let root = run(&words(&["true"]), &dir.path().join("no"), second, &policy()).await.unwrap_err();
    assert!(matches!(root, RunError::Failed(_)), "{root}");
    // A helper that does not speak the protocol is not taken for a pass.
    let mute = run(&words(&["true"]), dir.path(), second, &Policy::strict("/bin/true")).await.unwrap_err();
    assert!(matches!(&mute, RunError::Failed(why) if why.contains("without a word")), "{mute}");
}

#[tokio::test]
async fn what_hangs_or_ignores_the_signal_or_forks_away_is_ended_by_the_deadline() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    let table = [
        ("hangs", "sleep MARK"),
        ("ignores TERM", "trap '' TERM; while :; do sleep MARK; done"),
        ("leaves the session", "setsid sh -c 'trap \"\" TERM HUP; sleep MARK & sleep MARK' & sleep MARK"),
        ("forks twice", "(setsid sh -c 'sleep MARK & sleep MARK & exit' &) ; sleep MARK"),
        ("stops itself", "kill -STOP $$; sleep MARK"),
        ("is a tree", "for i in 1 2 3 4 5 6 7 8; do sh -c 'sleep MARK & sleep MARK' & done; wait"),
    ];
    for (test, (name, script)) in (10..).zip(table) {
        let mark = mark(test);
        let start = Instant::now();
        let ran = sh(dir.path(), &script.replace("MARK", &mark), 400).await;
        assert_eq!(ran.ended, Ended::Deadline, "{name}");
        assert!(start.elapsed() < Duration::from_millis(3500), "{name}: {:?}", start.elapsed());
        assert!(gone(&mark).await, "{name}: {} left", alive(&mark));
    }
}

#[tokio::test]
async fn what_a_check_leaves_behind_ends_with_it_even_if_it_holds_the_pipe() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    let mark = mark(20);
    let script = "(setsid sh -c 'trap \"\" TERM HUP; sleep MARK; sleep MARK' &); echo done";
    let start = Instant::now();
    let ran = sh(dir.path(), &script.replace("MARK", &mark), 30_000).await;
    assert_eq!((ran.ended, ran.output.text().as_str()), (Ended::Exited(0), "done\n"));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(gone(&mark).await);
}

#[tokio::test]
async fn a_dropped_future_ends_the_tree() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    let mark = mark(21);
    let script = format!("(setsid sleep {mark} &); sleep {mark}");
    let cancelled = tokio::time::timeout(Duration::from_millis(400), sh(dir.path(), &script, 60_000)).await;
    assert!(cancelled.is_err());
    assert!(gone(&mark).await, "{} left", alive(&mark));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_copy_is_left_when_all_that_was_started_in_it_is_seen_to_be_gone() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    let copy = Copy::new(dir.path(), policy(), Duration::from_secs(60));
    let clone = copy.clone();
    let run = async |argv: &[&str]| run_check(&words(argv), &clone, &ChangeSet::default()).await;
    let mark = mark(22);
    run(&["sh", "-c", &format!("(setsid sh -c 'trap \"\" TERM HUP; sleep {mark}' &)")]).await;
    run(&["no-such-tool-7"]).await;
    assert!(copy.is_left());
    let cancelled = tokio::time::timeout(Duration::from_millis(400), run(&["sleep", &mark])).await;
    assert!(cancelled.is_err() && !copy.is_left(), "nobody saw it end");
}

#[tokio::test]
async fn a_gigabyte_of_output_is_read_in_flat_memory() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    // Memory is the whole process's: it is measured in one that runs nothing else.
    if std::env::var_os("VIBE_TEST_ALONE").is_none() {
        let mut alone = tokio::process::Command::new(std::env::current_exe().unwrap());
        alone.args(["--exact", "a_gigabyte_of_output_is_read_in_flat_memory"]).env("VIBE_TEST_ALONE", "1");
        let ran = alone.kill_on_drop(true).output().await.unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
        return;
    }
    let before = resident();
    let ran = sh(dir.path(), "echo first; yes 0123456789 | head -c 1000000000; echo; echo last", 60_000).await;
    let grown = resident().saturating_sub(before);
    assert_eq!(ran.ended, Ended::Exited(0));
    assert_eq!(ran.output.total(), 1_000_000_000 + 12);
    let text = ran.output.text();
    assert!(text.starts_with("first\n") && text.ends_with("\nlast\n") && text.contains("bytes left out"));
    assert!(text.len() < 140_000 && grown < 64_000, "{grown} KiB");
}

#[tokio::test]
async fn an_endless_flood_is_ended_by_the_deadline() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    let mark = mark(22);
    let ran = sh(dir.path(), &format!("trap '' TERM; yes {mark}"), 500).await;
    assert_eq!(ran.ended, Ended::Deadline);
    assert!(ran.output.text().contains(&mark) && gone(&mark).await);
}

#[tokio::test]
async fn the_terminal_cannot_be_read() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    // A pseudo-terminal of the same user, as the program's own would be.
    let pair = portable_pty::native_pty_system().openpty(portable_pty::PtySize::default()).unwrap();
    let Some(name) = pair.master.tty_name() else { return };
    let script =
        format!("cat /dev/tty && echo READ; head -c1 {0} && echo READ; echo x > {0} && echo WROTE", name.display());
    let ran = sh(dir.path(), &script, 3000).await;
    assert!(!ran.output.text().contains("READ\n") && !ran.output.text().contains("WROTE\n"), "{}", ran.output.text());
    assert_ne!(ran.ended, Ended::Deadline);
}

#[tokio::test]
async fn files_outside_cannot_be_changed() {
    let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    if !confines(dir.path()).await {
        return;
    }
    let kept = outside.path().join("kept");
    std::fs::write(&kept, "kept").unwrap();
    std::os::unix::fs::symlink(&kept, dir.path().join("link")).unwrap();
    let of = |script: &str| script.replace("OUT", &outside.path().display().to_string());
    for script in [
        "echo x > OUT/kept",
        "echo x >> OUT/kept",
        "rm OUT/kept",
        "mv OUT/kept here",
        "mv OUT/kept OUT/other",
        "truncate -s 0 OUT/kept",
        "ln OUT/kept here",
        "echo x > link",
        "mkdir OUT/new",
        "ln -s a OUT/sym",
        "mkfifo OUT/fifo",
        "cp /bin/sh OUT/sh",
        "rmdir OUT",
        "echo x > OUT/../newfile",
        "truncate -s 0 link",
    ] {
        let ran = sh(dir.path(), &of(script), 5000).await;
        assert!(matches!(ran.ended, Ended::Exited(1..)), "{script}: {:?} {}", ran.ended, ran.output.text());
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), "kept", "{script}");
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1, "{script}");
    }
    let ran =
        sh(dir.path(), "echo a > in && mkdir d && mv in d/ && echo b > \"$TMPDIR\"/t && echo c > /dev/null", 5000)
            .await;
    assert_eq!(ran.ended, Ended::Exited(0), "{}", ran.output.text());
    let allowed = Policy { writable: vec![outside.path().to_owned()], ..policy() };
    let argv = words(&["sh", "-c", &of("echo new > OUT/kept")]);
    let ran = run(&argv, dir.path(), Duration::from_secs(5), &allowed).await.unwrap();
    assert_eq!((ran.ended, std::fs::read_to_string(&kept).unwrap().as_str()), (Ended::Exited(0), "new\n"));
}

#[tokio::test]
async fn the_temporary_directory_goes_with_the_check() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    let ran = sh(dir.path(), "echo x > $TMPDIR/x; echo $TMPDIR", 5000).await;
    let path = ran.output.text();
    assert!(path.contains("vibe-check-") && !Path::new(path.trim()).exists(), "{path}");
}

/// Tries to reach a listener on the loopback device; prints what happened.
const CONNECT: &str = "import socket,sys\ntry:\n socket.create_connection(('127.0.0.1', int(sys.argv[1])), 2); print('REACHED')\nexcept OSError as e: print('refused', e.errno)\n";

#[tokio::test]
async fn sockets_are_refused_unless_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let python = std::process::Command::new("python3").arg("--version").output().is_ok_and(|o| o.status.success());
    if !python || !confines(dir.path()).await {
        eprintln!("skipped: python3 or the sandbox is not there");
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let argv = words(&["python3", "-c", CONNECT, &port]);
    let denied = run(&argv, dir.path(), Duration::from_secs(20), &policy()).await.unwrap();
    assert_eq!(denied.output.text().trim(), "refused 13");
    let policy = Policy { network: Network::Allowed, ..policy() };
    let allowed = run(&argv, dir.path(), Duration::from_secs(20), &policy).await.unwrap();
    assert_eq!(allowed.output.text().trim(), "REACHED");
}

#[tokio::test]
async fn processes_outside_cannot_be_signalled() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    let mut other = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let ran =
        sh(dir.path(), &format!("kill -9 {} && echo KILLED; kill -9 $PPID && echo KILLED", other.id()), 5000).await;
    let alive = other.try_wait().unwrap().is_none();
    other.kill().unwrap();
    other.wait().unwrap();
    // Landlock guards signals from its sixth version (Linux 6.12) on.
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut parts = release.split('.').map(|p| p.parse::<u32>().unwrap_or(0));
    if (parts.next(), parts.next()) >= (Some(6), Some(12)) {
        assert!(alive && !ran.output.text().contains("KILLED"), "{}", ran.output.text());
    }
}

fn changes(path: &str, before: Option<&str>, after: &str) -> ChangeSet {
    let file = FileChange { path: path.into(), before: before.map(Into::into), after: Some(after.into()) };
    ChangeSet { files: vec![file] }
}

/// A grammar for tests: a line that holds `!` is wrong.
fn bangs(_: Language, _: &str, text: &str) -> Option<Vec<Fault>> {
    let fault = |(i, _)| Fault { line: i as u32 + 1, column: 1, message: "a bang".into() };
    Some(text.lines().enumerate().filter(|(_, l)| l.contains('!')).map(fault).collect())
}

#[tokio::test]
async fn a_check_that_fails_names_places_in_changed_files() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    assert!(!syntax(&changes("a.py", None, "x\n!\n"), &bangs).unwrap().passed);
    let whole = changes("a.py", Some("! old\n"), "x\n! old\n");
    assert!(syntax(&whole, &bangs).unwrap().passed);
    let argv = words(&["sh", "-c", "echo './a.py:2:3: bad'; exit 1"]);
    let copy = Copy::new(dir.path(), policy(), Duration::from_secs(5));
    let result = run_check(&argv, &copy, &whole).await;
    assert!(!result.passed && result.strategy == Strategy::Custom && result.findings.len() == 2);
    assert_eq!((result.findings[1].path.as_str(), result.findings[1].line), ("a.py", 2));
    let argv = words(&["sh", "-c", "echo x > ../outside"]);
    let result = run_check(&argv, &copy, &whole).await;
    assert!(result.findings[0].message.contains("Perhaps the sandbox"), "{}", result.findings[0].message);
}

#[tokio::test]
async fn a_deadline_or_a_missing_tool_is_said_and_is_no_pass() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    let copy = Copy::new(dir.path(), policy(), Duration::from_millis(500));
    for (argv, said) in [(words(&["sleep", "60"]), "did not finish within"), (words(&["no-such-tool-7"]), "not found")]
    {
        let result = run_check(&argv, &copy, &ChangeSet::default()).await;
        let why = result.not_run.expect("it is said");
        assert!(why.contains(said) && !result.passed, "{why}");
    }
}

#[tokio::test]
async fn without_a_sandbox_no_check_runs() {
    let dir = tempfile::tempdir().unwrap();
    // A helper that plays a kernel without Landlock.
    let helper = dir.path().join("helper");
    let refusal = r#"{"last":{"refused":{"no_sandbox":"played"}},"alone":true}"#;
    std::fs::write(&helper, format!("#!/bin/sh\nprintf '%s' '{refusal}' >&0\n")).unwrap();
    std::fs::set_permissions(&helper, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let argv = words(&["sh", "-c", "echo ran"]);
    let refused = run(&argv, dir.path(), Duration::from_secs(5), &Policy::strict(&helper)).await.unwrap_err();
    assert!(matches!(&refused, RunError::NoSandbox(why) if why == "played"), "{refused}");
}

/// A project in a directory of its own, with what is kept for its checks.
struct Project {
    tree: tempfile::TempDir,
    cache: tempfile::TempDir,
}

impl Project {
    /// All files are an hour old.
    fn new(files: &[(&str, &str)]) -> Project {
        let project = Project { tree: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            project.write(path, text);
            let hour_ago = SystemTime::now() - Duration::from_secs(3600);
            std::fs::File::open(project.path(path)).unwrap().set_modified(hour_ago).unwrap();
        }
        project
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.tree.path().canonicalize().unwrap().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Every name in the tree, to see that nothing was added.
    fn names(&self) -> Vec<std::path::PathBuf> {
        let (mut found, mut dirs) = (Vec::new(), vec![self.path("")]);
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(dir).unwrap().flatten() {
                if entry.file_type().unwrap().is_dir() {
                    dirs.push(entry.path());
                }
                found.push(entry.path());
            }
        }
        found.sort();
        found
    }

    /// Checks a proposal of these files.
    async fn check(&self, command: &str, changes: &[(&str, &str)]) -> Outcome {
        let root = Root::open(self.tree.path()).unwrap();
        let listing = walk(&root, MAX_FILES, &Default::default());
        let file = |(path, text): &(&str, &str)| {
            let before = std::fs::read_to_string(self.path(path)).ok();
            FileChange { path: (*path).into(), before, after: Some((*text).into()) }
        };
        let changes = ChangeSet { files: changes.iter().map(file).collect() };
        let scratch =
            Scratch::create(&Pool::new(self.cache.path()), &root, &listing, &changes, Default::default()).unwrap();
        let user = |name: &str| std::env::var_os(name);
        let policy = Policy { writable: scratch.writable(), variables: scratch.variables(user), ..policy() };
        let argv = vibe_tui::domain::command_line::split(command).unwrap();
        run(&argv, scratch.path(), Duration::from_secs(120), &policy).await.expect("it runs")
    }

    async fn passes(&self, command: &str, changes: &[(&str, &str)]) {
        let ran = self.check(command, changes).await;
        assert_eq!(ran.ended, Ended::Exited(0), "{command}: {}", ran.output.text());
    }

    async fn fails(&self, command: &str, changes: &[(&str, &str)], said: &str) {
        let ran = self.check(command, changes).await;
        assert!(matches!(ran.ended, Ended::Exited(1..)), "{command}: {:?} {}", ran.ended, ran.output.text());
        assert!(ran.output.text().contains(said), "{command}: {}", ran.output.text());
    }
}

/// Whether these tools and the sandbox are here; in CI they have to be.
async fn has(tools: &[&str]) -> bool {
    for tool in tools {
        if !std::process::Command::new(tool).arg("--version").output().is_ok_and(|o| o.status.success()) {
            assert!(std::env::var_os("CI").is_none(), "{tool} is not installed");
            eprintln!("skipped: {tool} is not installed");
            return false;
        }
    }
    confines(tempfile::tempdir().unwrap().path()).await
}

#[tokio::test]
async fn cargo_checks_a_workspace_offline_and_never_takes_what_it_built_of_another_proposal() {
    if !has(&["cargo"]).await {
        return;
    }
    let manifest = |name: &str, rest: &str| format!("[package]\nname = \"{name}\"\nedition = \"2021\"\n{rest}");
    let (app, library) = (
        manifest("app", "[dependencies]\npart = { path = \"part\" }\n[workspace]\n"),
        manifest("part", "version = \"1.0.0\"\n[dependencies]\nleaf = { path = \"../leaf\" }\n"),
    );
    let project = Project::new(&[
        ("Cargo.toml", &app),
        ("src/main.rs", "fn main() { part::one() }\n"),
        ("part/Cargo.toml", &library),
        ("leaf/Cargo.toml", &manifest("leaf", "")),
        ("leaf/src/lib.rs", ""),
        ("part/src/lib.rs", "pub fn one() {}\n"),
        (".gitignore", "target\nCargo.lock\n"),
    ]);
    let before = project.names();
    let check = "cargo check --offline";
    project.passes(check, &[]).await;
    project.fails(check, &[("part/src/lib.rs", "pub fn two() {}\n")], "cannot find function `one`").await;
    project
        .passes(check, &[("part/src/lib.rs", "pub fn two() {}\n"), ("src/main.rs", "fn main() { part::two() }\n")])
        .await;
    // The library is the old one again, and older than what was built of the new one.
    project.passes(check, &[("src/main.rs", "fn main() { part::one(); }\n")]).await;
    project.fails(check, &[("src/main.rs", "fn main() { part::two() }\n")], "cannot find function `two`").await;
    assert_eq!(project.names(), before);
    // What no proposal touched is not built again.
    let again = project.check("cargo check --offline -v", &[]).await;
    assert!(again.output.text().contains("Fresh leaf"), "{}", again.output.text());
}

#[tokio::test]
async fn python_finds_a_virtual_environment_and_the_proposal_before_an_editable_install() {
    if !has(&["python3"]).await {
        return;
    }
    let project = Project::new(&[
        ("src/app.py", "VALUE = 1\n"),
        ("lib/mapped/__init__.py", "VALUE = 1\n"),
        ("test.py", "import dep, app, mapped\nassert (app.VALUE, mapped.VALUE) == (2, 3), (app, mapped)\n"),
        (".gitignore", ".venv\n__pycache__\n"),
    ]);
    let made = std::process::Command::new("python3")
        .args(["-m", "venv", "--without-pip"])
        .arg(project.path(".venv"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let lib = std::fs::read_dir(project.path(".venv/lib")).unwrap().flatten().next().unwrap();
    let site = format!(".venv/lib/{}/site-packages", lib.file_name().to_str().unwrap());
    project.write(&format!("{site}/dep.py"), "");
    project.write(&format!("{site}/app.pth"), &format!("{}\n", project.path("src").display()));
    // As setuptools writes it for single packages.
    let finder = format!(
        "import sys\nfrom importlib.util import spec_from_file_location\nMAPPING = {{'mapped': '{}'}}\nclass Finder:\n    @staticmethod\n    def find_spec(name, path=None, target=None):\n        if name in MAPPING:\n            return spec_from_file_location(name, MAPPING[name] + '/__init__.py')\nsys.meta_path.append(Finder)\n",
        project.path("lib/mapped").display()
    );
    project.write(&format!("{site}/__editable___mapped_finder.py"), &finder);
    project.write(&format!("{site}/__editable__.mapped.pth"), "import __editable___mapped_finder\n");
    let before = project.names();
    let proposal = [("src/app.py", "VALUE = 2\n"), ("lib/mapped/__init__.py", "VALUE = 3\n")];
    project.passes(".venv/bin/python -B test.py", &proposal).await;
    project.passes(&format!("{} -B test.py", project.path(".venv/bin/python").display()), &proposal).await;
    project.fails(".venv/bin/python -B test.py", &[], "AssertionError").await;
    if ["VIRTUAL_ENV", "CONDA_PREFIX"].iter().all(|name| std::env::var_os(name).is_none()) {
        project.passes("python -B test.py", &proposal).await;
    }
    project.fails("touch .venv/new", &[], "ermission denied").await;
    assert_eq!(project.names(), before);
}

#[tokio::test]
async fn node_finds_its_modules_the_proposals_own_packages_and_room_for_caches() {
    if !has(&["node", "npm"]).await {
        return;
    }
    let project = Project::new(&[
        ("package.json", r#"{"name": "app", "scripts": {"test": "tool && node test.js"}}"#),
        (
            "test.js",
            "require('assert').deepEqual([require('dep'), require('@own/part'), require('fs').writeFileSync('node_modules/.cache/x', 'x')], [1, 2, undefined])\n",
        ),
        ("packages/part/package.json", r#"{"name": "@own/part"}"#),
        ("packages/part/index.js", "module.exports = 1\n"),
        (".gitignore", "node_modules\n"),
        ("node_modules/dep/index.js", "module.exports = 1\n"),
        ("node_modules/dep/tool.js", "#!/usr/bin/env node\nrequire('fs').mkdirSync('node_modules/.cache')\n"),
        ("node_modules/.cache/old", ""),
    ]);
    std::fs::create_dir(project.path("node_modules/@own")).unwrap();
    std::fs::create_dir(project.path("node_modules/.bin")).unwrap();
    std::os::unix::fs::symlink("../../packages/part", project.path("node_modules/@own/part")).unwrap();
    std::os::unix::fs::symlink("../dep/tool.js", project.path("node_modules/.bin/tool")).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(project.path("node_modules/dep/tool.js"), executable).unwrap();
    let before = project.names();
    project.passes("npm test", &[("packages/part/index.js", "module.exports = 2\n")]).await;
    project.fails("npm test", &[], "AssertionError").await;
    project.fails("touch node_modules/dep/new", &[], "ermission denied").await;
    assert_eq!(project.names(), before);
}

#[tokio::test]
async fn a_php_autoloader_finds_the_proposal_and_not_the_tree() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    let project = Project::new(&[
        (".gitignore", "vendor\n"),
        ("vendor/autoload.php", "loader"),
        ("vendor/composer/autoload_psr4.php", "dirname(dirname(__DIR__))"),
        ("vendor/other/lib/a.php", "dependency"),
    ]);
    // Both find the project from the folder they really lie in.
    project.passes("sh -c 'test -f vendor/autoload.php -a ! -L vendor/autoload.php'", &[]).await;
    project.passes("sh -c 'cd vendor/composer && test \"$(pwd -P)\" = \"$OLDPWD/vendor/composer\"'", &[]).await;
    project.passes("grep -q dependency vendor/other/lib/a.php", &[]).await;
}

#[tokio::test]
async fn what_the_program_knows_of_its_environment_cannot_be_read_by_a_check() {
    let dir = tempfile::tempdir().unwrap();
    if !confines(dir.path()).await {
        return;
    }
    let ran = sh(dir.path(), &format!("cat /proc/{}/environ && echo READ", std::process::id()), 5000).await;
    // Cargo sets this one for tests. An administrator could read it, had the check an administrator's privileges.
    assert!(std::env::var_os("CARGO_PKG_NAME").is_some() && ran.ended != Ended::Exited(0));
    assert!(!ran.output.text().contains("CARGO_PKG_NAME"), "{}", ran.output.text());
}

#[tokio::test]
async fn a_directory_that_became_a_link_out_of_the_copy_is_refused_and_nothing_is_written_there() {
    let (dir, victim) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    if !confines(dir.path()).await {
        return;
    }
    let tool = TOOLS.iter().find(|tool| tool.name == "ruff").unwrap();
    let call = Call::new("pkg", &["-c", "touch written; echo '[]'"]);
    let spec = Spec { tool, program: Program::Elsewhere("sh".into()), call };
    let copy = Copy::new(dir.path(), policy(), Duration::from_secs(5));
    std::fs::create_dir(dir.path().join("pkg")).unwrap();
    let ran = run_tools(std::slice::from_ref(&spec), &copy, &NoBase).await;
    assert!(ran[0].passed && dir.path().join("pkg/written").exists(), "{ran:?}");
    std::fs::rename(dir.path().join("pkg"), dir.path().join("x")).unwrap();
    std::os::unix::fs::symlink(victim.path(), dir.path().join("pkg")).unwrap();
    let ran = run_tools(&[spec], &copy, &NoBase).await;
    assert!(!victim.path().join("written").exists());
    let why = ran[0].not_run.as_ref().expect("it is said");
    assert!(!ran[0].passed && why.contains("the directory `pkg` is not in the scratch copy"), "{why}");
}
