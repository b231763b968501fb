//! A small project in a directory of its own, validated as the program does it, with the tools of this machine.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use vibe_tui::config::{Approvals, Environment, Overrides, Paths, Sources, load};
use vibe_tui::domain::change::{ChangeSet, FileChange};
use vibe_tui::domain::finding::{CheckResult, Finding, Strategy, ValidationReport};
use vibe_tui::repo::Root;
use vibe_tui::runtime::Validators;

pub const HELPER: &str = env!("CARGO_BIN_EXE_vibe-tui");

pub struct Project {
    tree: tempfile::TempDir,
    home: tempfile::TempDir,
}

impl Project {
    pub fn new(files: &[(&str, &str)]) -> Project {
        let project = Project { tree: tempfile::tempdir().unwrap(), home: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.tree.path().canonicalize().unwrap().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Where the program keeps what is its own.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Lends it the packages that a program of this machine comes with.
    pub fn node_modules(&self, program: &str) {
        let program = on_path(program).unwrap().canonicalize().unwrap();
        let modules = program.ancestors().find(|dir| dir.ends_with("node_modules")).expect("npm installed it");
        std::os::unix::fs::symlink(modules, self.path("node_modules")).unwrap();
    }

    /// As the user's file has `[check]` say; `TRUSTED` in it becomes this project.
    pub fn validators(&self, check: &str) -> Validators {
        self.validators_in(check, std::env::vars().collect())
    }

    /// The same for a user with this environment.
    pub fn validators_in(&self, check: &str, environment: Environment) -> Validators {
        let paths = Paths::under(self.home.path(), Some(self.home.path().to_owned()));
        let check = check.replace("TRUSTED", &format!("trusted = [{:?}]", self.path("").display().to_string()));
        std::fs::create_dir_all(paths.config_file().parent().unwrap()).unwrap();
        std::fs::write(paths.config_file(), format!("[check]\n{check}\n")).unwrap();
        let (root, approvals) = (Root::open(self.tree.path()).unwrap(), Approvals::load(&paths.data).0);
        let overrides = Overrides::default();
        let none = Environment::new();
        let loaded = load(&Sources {
            paths: &paths,
            root: root.path(),
            environment: &none,
            overrides: &overrides,
            approvals: &approvals,
        });
        assert!(loaded.failures.is_empty(), "{:?}", loaded.failures);
        Validators::new(Arc::new(root), &loaded.config, &paths, environment).with_helper(HELPER)
    }

    pub fn changes(&self, changes: &[(&str, &str)]) -> ChangeSet {
        let file = |(path, text): &(&str, &str)| {
            let before = std::fs::read_to_string(self.path(path)).ok();
            FileChange { path: (*path).into(), before, after: Some((*text).into()) }
        };
        ChangeSet { files: changes.iter().map(file).collect() }
    }

    /// Validates a proposal where the project is trusted.
    pub async fn validate(&self, changes: &[(&str, &str)]) -> ValidationReport {
        self.validators("TRUSTED").validate(&self.changes(changes)).await
    }
}

pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|p| p.is_file())
}

/// Whether these tools and the sandbox are here; in CI they have to be.
pub fn has(tools: &[&str]) -> bool {
    for tool in tools {
        // A stand-in that a version manager leaves for what is not installed is none.
        let runs = on_path(tool).is_some_and(|program| {
            let version = if *tool == "go" { "version" } else { "--version" };
            *tool == "gofmt"
                || std::process::Command::new(program).arg(version).output().is_ok_and(|o| o.status.success())
        });
        if !runs {
            assert!(std::env::var_os("CI").is_none(), "`{tool}` is not installed");
            eprintln!("skipped: {tool} is not installed");
            return false;
        }
    }
    true
}

/// The results of a rung.
pub fn rung(report: &ValidationReport, strategy: Strategy) -> Vec<&CheckResult> {
    report.checks.iter().filter(|c| c.strategy == strategy && c.not_run.is_none()).collect()
}

/// `tool path:line rule` of every finding.
pub fn shown(report: &ValidationReport) -> Vec<String> {
    let show = |f: &Finding| format!("{} {}:{} {}", f.tool, f.path, f.line, f.rule.as_deref().unwrap_or("-"));
    report.findings().map(show).collect()
}

/// The rungs that ran.
pub fn rungs(report: &ValidationReport) -> Vec<Strategy> {
    let mut rungs: Vec<Strategy> = report.checks.iter().filter(|c| c.not_run.is_none()).map(|c| c.strategy).collect();
    rungs.dedup();
    rungs
}

/// A text after the first fix of each finding that has one.
pub fn mended(path: &str, text: &str, report: &ValidationReport) -> String {
    let mut edits: Vec<_> =
        report.findings().filter_map(|f| f.fixes.first()).flat_map(|f| &f.edits).filter(|e| e.path == path).collect();
    edits.sort_by_key(|e| std::cmp::Reverse(e.start));
    let mut text = text.to_owned();
    edits.iter().for_each(|e| text.replace_range(e.start..e.end, &e.text));
    text
}

/// Every name beneath a directory.
pub fn names(dir: &Path) -> Vec<PathBuf> {
    let (mut found, mut dirs) = (Vec::new(), vec![dir.to_owned()]);
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
