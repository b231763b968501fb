//! What a validation has to know of the repository before anything runs: its paths, manifests and programs. Reads names
//! and small files; starts nothing.

use crate::config::Environment;
use crate::domain::change::{ChangeSet, FileChange, FileContent};
use crate::domain::finding::{CheckResult, Severity};
use crate::domain::path::above;
use crate::repo::walk::{self, Listing};
use crate::repo::{Root, read};
use crate::validate::plan::{Choice, Plan, plan};
use crate::validate::project::{Program, Project};
use crate::validate::{self, SyntaxCheck};
use std::cell::RefCell;
use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Paths of the repository that are listed at most.
const LISTED: usize = 200_000;
/// Files that are read at a time to be parsed.
const BATCH: usize = 64;

/// The repository as a validation sees it.
#[derive(Default)]
pub struct Survey {
    /// As it stands.
    pub listing: Arc<Listing>,
    root: Option<Arc<Root>>,
    environment: Environment,
    changes: ChangeSet,
    /// With the change, sorted.
    paths: Vec<String>,
    touched: Vec<String>,
    whole: bool,
}

impl Survey {
    /// Of a change, or of these paths of the tree as it stands; of all of it if they are none.
    pub fn new(root: Arc<Root>, environment: Environment, changes: ChangeSet, wanted: Option<Vec<String>>) -> Survey {
        let listing = walk::walk(&root, LISTED, &AtomicBool::new(false));
        let mut paths = listing.paths();
        for change in &changes.files {
            match (paths.binary_search(&change.path), &change.after) {
                (Ok(at), None) => drop(paths.remove(at)),
                (Err(at), Some(_)) => paths.insert(at, change.path.clone()),
                _ => {}
            }
        }
        let touched: Vec<String> = match &wanted {
            None => changes.files.iter().filter(|c| !c.is_noop()).map(|c| c.path.clone()).collect(),
            Some(wanted) if wanted.is_empty() => paths.clone(),
            Some(wanted) => paths.iter().filter(|p| wanted.iter().any(|w| lies_in(p, w))).cloned().collect(),
        };
        let whole = wanted.is_some_and(|wanted| wanted.is_empty());
        Survey { listing: Arc::new(listing), root: Some(root), environment, changes, paths, touched, whole }
    }

    /// Whether a path is a file that is listed, or a directory of some.
    pub fn holds(&self, path: &str) -> bool {
        self.paths.iter().any(|p| lies_in(p, path))
    }

    /// What to run; nothing if nothing was chosen.
    pub fn plan(&self, choice: Option<Choice<'_>>) -> Plan {
        let (Some(choice), Some(root)) = (choice, &self.root) else { return Plan::default() };
        let texts: RefCell<HashMap<String, Option<String>>> = RefCell::default();
        let text =
            |path: &str| texts.borrow_mut().entry(path.to_owned()).or_insert_with(|| self.text(root, path)).clone();
        let find = |dir: &str, name: &str| self.find(root.path(), dir, name);
        let (paths, touched) = (&self.paths, &self.touched);
        plan(&Project { paths, touched, whole: self.whole, text: &text, find: &find }, choice)
    }

    /// The grammars' word on the files as they stand; `None` if none has a grammar.
    pub fn syntax(&self, root: &Root, faults: SyntaxCheck<'_>) -> Option<CheckResult> {
        let mut all: Option<CheckResult> = None;
        for paths in self.touched.chunks(BATCH) {
            let files = read::read(root, paths).into_iter().filter_map(|file| match file.content {
                FileContent::Text { text } => Some(FileChange { path: file.path, before: None, after: Some(text) }),
                _ => None,
            });
            let one = validate::syntax(&ChangeSet { files: files.collect() }, faults);
            match (&mut all, one) {
                (Some(all), Some(one)) => {
                    all.millis += one.millis;
                    all.findings.extend(one.findings);
                }
                (None, one) => all = one,
                (_, None) => {}
            }
        }
        all.map(|all| CheckResult { passed: all.findings.iter().all(|f| f.severity != Severity::Error), ..all })
    }

    fn text(&self, root: &Root, path: &str) -> Option<String> {
        if let Some(change) = self.changes.file(path) {
            return change.after.clone();
        }
        match read::read(root, &[path.to_owned()]).pop()?.content {
            FileContent::Text { text } => Some(text),
            _ => None,
        }
    }

    /// Where a program is for a directory: what its packages brought, the virtual environment, then the user's own.
    fn find(&self, root: &Path, dir: &str, name: &str) -> Option<Program> {
        let active = ["VIRTUAL_ENV", "CONDA_PREFIX"].iter().any(|variable| self.environment.contains_key(*variable));
        let places = if active { &["node_modules/.bin"][..] } else { &["node_modules/.bin", ".venv/bin", "venv/bin"] };
        let below = format!("{dir}/x");
        let below = below.trim_start_matches('/');
        for dir in above(below) {
            for place in places {
                let path = Path::new(dir).join(place).join(name);
                if is_program(&root.join(&path)) {
                    return Some(Program::InTree(path.to_str()?.to_owned()));
                }
            }
        }
        let searched = self.environment.get("PATH").map(std::env::split_paths).into_iter().flatten();
        // A relative place would be another one for each directory.
        let found =
            searched.filter(|place| place.is_absolute()).map(|place| place.join(name)).find(|p| is_program(p))?;
        Some(match found.strip_prefix(root) {
            Ok(inside) => Program::InTree(inside.to_str()?.to_owned()),
            Err(_) => Program::Elsewhere(found.to_str()?.to_owned()),
        })
    }
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|stat| stat.is_file() && stat.permissions().mode() & 0o111 != 0)
}

/// Whether a path is another, or lies beneath it.
fn lies_in(path: &str, place: &str) -> bool {
    path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
