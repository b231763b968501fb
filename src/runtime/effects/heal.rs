//! What healing asks of the repository: what it knows of findings, keeping what an attempt taught, and the working tree
//! validated as it is.

use super::Events;
use crate::app::{Event, WorkEvent};
use crate::domain::change::{ChangeSet, FileChange, FileSnapshot};
use crate::domain::clock::Timestamp;
use crate::domain::finding::{Applicability, Finding, Fix, Strategy, ValidationReport};
use crate::domain::ids::JobId;
use crate::domain::language::Language;
use crate::domain::nearest::nearest;
use crate::domain::rung::{KeptLesson, Recollection, Teaching};
use crate::domain::test_file;
use crate::heal::lesson::{Pattern, Place};
use crate::heal::signature::Elsewhere;
use crate::heal::{self, dependency, import, name};
use crate::map::Map;
use crate::repo::{read, walk};
use crate::runtime::clock;
use crate::runtime::world::World;
use crate::syntax;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::task::spawn_blocking;

/// How long is waited for the repository's map. Without it nothing is imported, which is no harm.
const PATIENCE: Duration = Duration::from_secs(2);
/// Most heads of definitions that a model is shown.
const SIGNATURES: usize = 16;
/// Most files of the working tree that are looked at when none is named.
const MOST_FILES: usize = 500;
/// Most places that a check names in files that were not looked at.
const MOST_PLACES: usize = 20;

/// What the repository is asked to know of.
pub struct Question {
    /// Echoed.
    pub job: JobId,
    /// What is to be mended.
    pub findings: Vec<Finding>,
    /// The proposal that they are about.
    pub changes: ChangeSet,
    /// When the run began that asks: what it tried itself is no experience yet.
    pub began: Timestamp,
}

/// Says what the repository knows of findings.
pub async fn recall(world: Arc<World>, events: Events, question: Question) {
    let Question { job, findings, changes, began } = question;
    let root = world.root_name();
    // Without its lessons healing goes on with what it has.
    let lessons = world.store.lessons(&root).await.unwrap_or_default();
    let rates = world.store.rung_rates(&root).await.unwrap_or_default();
    let mut keys: Vec<String> = findings.iter().take(heal::MAX_FINDINGS).map(heal::lesson::key).collect();
    keys.sort();
    keys.dedup();
    let similar = world.store.similar(&root, keys, began).await.unwrap_or_default();
    let recalled = spawn_blocking(move || {
        let files = others(&world, &findings, &changes);
        let text = |path: &str| text_of(path, &changes, &files);
        let learned = learned(&lessons, &findings, &text);
        // What its tool mends needs no map.
        let is_mended = |f: &Finding| f.fixes.iter().any(|fix| fix.applicability == Applicability::MachineApplicable);
        let patience = if findings.iter().all(is_mended) { Duration::ZERO } else { PATIENCE };
        let map = world.repository.map(patience).or_else(|| world.repository.known());
        let mut known = Recollection { learned, rates, similar, ..Recollection::default() };
        if let Some(map) = map {
            let mapped = Mapped { map: &map, changes: &changes };
            let paths: Vec<String> =
                map.paths().map(str::to_owned).chain(changes.files.iter().map(|f| f.path.clone())).collect();
            let missing = name::missing(&findings, &paths);
            known.imports = import::fixes(&missing, &text, &mapped);
            known.signatures = signatures(&Defined::of(&map, &changes), &findings, &text);
            let project = Known { map: &map, world: &world };
            let missing = dependency::missing(&findings, &project);
            (known.installs, known.odd) = (missing.installs, missing.odd);
        }
        known.files = files;
        known
    });
    let Ok(known) = recalled.await else { return };
    events.report(Event::Work(WorkEvent::Recalled { job, known: Box::new(known) })).await;
}

/// The files that findings or their fixes name and the proposal does not hold.
fn others(world: &World, findings: &[Finding], changes: &ChangeSet) -> Vec<FileSnapshot> {
    let edits = findings.iter().flat_map(|f| &f.fixes).flat_map(|f| &f.edits).map(|e| &e.path);
    let named: BTreeSet<&String> = findings.iter().map(|f| &f.path).chain(edits).collect();
    let paths: Vec<String> =
        named.into_iter().filter(|p| !p.is_empty() && changes.file(p).is_none()).cloned().collect();
    read::read(&world.root, &paths)
}

fn text_of<'a>(path: &str, changes: &'a ChangeSet, files: &'a [FileSnapshot]) -> Option<&'a str> {
    match changes.file(path) {
        Some(change) => change.after.as_deref(),
        None => files.iter().find(|f| f.path == path)?.text(),
    }
}

/// The lessons that fit, the ones that helped most often first.
fn learned<'t>(
    lessons: &[KeptLesson],
    findings: &[Finding],
    text: &dyn Fn(&str) -> Option<&'t str>,
) -> Vec<(u64, Fix)> {
    let mut trusted: Vec<&KeptLesson> = lessons.iter().filter(|l| l.is_trusted()).collect();
    trusted.sort_by_key(|l| std::cmp::Reverse(((l.successes + 1) * 1000 / (l.uses + 2), l.id)));
    let patterns: Vec<(u64, Pattern<'_>)> = trusted.iter().map(|kept| (kept.id, Pattern::of(&kept.lesson))).collect();
    let mut found = Vec::new();
    for finding in findings {
        let Some(place) = text(&finding.path).and_then(|text| Place::of(finding, text)) else { continue };
        let fix = patterns.iter().find_map(|(id, pattern)| Some((*id, pattern.recall(&place)?)));
        found.extend(fix);
    }
    found
}

fn signatures<'t>(defined: &Defined<'_>, findings: &[Finding], text: &dyn Fn(&str) -> Option<&'t str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for finding in findings.iter().take(heal::MAX_FINDINGS) {
        let Some(text) = text(&finding.path) else { continue };
        for line in heal::signature::signatures(finding, text, defined, SIGNATURES - found.len()) {
            if !found.contains(&line) {
                found.push(line);
            }
        }
    }
    found
}

/// What the map and a proposal say of names.
struct Defined<'a> {
    map: &'a Map,
    changes: &'a ChangeSet,
    /// What the files of the proposal define, once somebody asks.
    proposed: OnceCell<BTreeSet<String>>,
    /// Near names that were looked for: all names of the map are compared with each.
    near: RefCell<HashMap<String, Option<String>>>,
}

impl<'a> Defined<'a> {
    fn of(map: &'a Map, changes: &'a ChangeSet) -> Defined<'a> {
        Defined { map, changes, proposed: OnceCell::new(), near: RefCell::default() }
    }

    fn proposed(&self) -> &BTreeSet<String> {
        self.proposed.get_or_init(|| {
            let files = self.changes.files.iter();
            let outlines = files.filter_map(|file| {
                syntax::outline(Language::from_path(&file.path)?, &file.path, file.after.as_deref()?)
            });
            outlines.flat_map(|outline| outline.definitions).map(|definition| definition.name).collect()
        })
    }
}

impl Elsewhere for Defined<'_> {
    fn is_defined(&self, name: &str) -> bool {
        self.proposed().contains(name) || !self.map.definitions_of(name).is_empty()
    }

    fn heads(&self, name: &str) -> Vec<String> {
        let all = self.map.definitions_of(name).into_iter().filter(|s| !s.signature.is_empty());
        all.map(|s| format!("{}:{}: {}", s.path, s.lines.0, s.signature)).collect()
    }

    fn near(&self, name: &str) -> Option<String> {
        let mut near = self.near.borrow_mut();
        let look = || nearest(name, self.map.defined_names()).map(str::to_owned);
        near.entry(name.to_owned()).or_insert_with(look).clone()
    }
}

/// The project as it is on disk: what a proposal says of itself is no recommendation.
struct Known<'a> {
    map: &'a Map,
    world: &'a World,
}

impl dependency::Project for Known<'_> {
    fn has_file(&self, path: &str) -> bool {
        self.world.root.path().join(path).is_file()
    }

    fn is_own(&self, module: &str) -> bool {
        is_own(self.map.paths(), module)
    }

    fn text(&self, path: &str) -> Option<String> {
        let files = read::read(&self.world.root, &[path.to_owned()]);
        files.first()?.text().map(str::to_owned)
    }
}

/// Whether one of these files is the module, or is in it: at the top, or below a folder of sources.
fn is_own<'p>(mut paths: impl Iterator<Item = &'p str>, module: &str) -> bool {
    let first = module.split(['.', '/', ':']).next().unwrap_or(module);
    let is = |path: &str| path.strip_prefix(first).is_some_and(|rest| rest.starts_with(['/', '.']));
    paths.any(|path| {
        let below = path.match_indices("src/").filter(|(at, _)| *at == 0 || path[..*at].ends_with('/'));
        is(path) || below.into_iter().any(|(at, folder)| is(&path[at + folder.len()..]))
    })
}

/// The repository and what the proposal adds to it.
struct Mapped<'a> {
    map: &'a Map,
    changes: &'a ChangeSet,
}

impl import::Repository for Mapped<'_> {
    fn defined_in(&self, name: &str) -> Vec<String> {
        let symbols = self.map.definitions_of(name).into_iter();
        let own = symbols.filter(|s| s.exported && s.container.is_none() && !test_file::is_test(s.path));
        let paths: BTreeSet<&str> = own.map(|s| s.path).collect();
        paths.into_iter().map(str::to_owned).collect()
    }

    fn has_file(&self, path: &str) -> bool {
        self.changes.file(path).is_some() || self.map.paths().any(|p| p == path)
    }
}

/// Keeps what an attempt taught. What is not kept costs a chance, which is no reason to trouble the user.
pub async fn learn(world: &World, teaching: Teaching) {
    let _ = world.store.teach(&world.root_name(), teaching, clock::now()).await;
}

/// Validates the working tree as it is.
pub async fn examine(world: Arc<World>, events: Events, job: JobId, paths: Vec<String>) {
    let reader = world.clone();
    let Ok((listing, files)) = spawn_blocking(move || wanted(&reader, &paths)).await else { return };
    let same = |f: &FileSnapshot| {
        let text = f.text().map(str::to_owned);
        FileChange { path: f.path.clone(), before: text.clone(), after: text }
    };
    let changes = ChangeSet { files: files.iter().map(same).collect() };
    let mut report = whole(&world, &changes).await;
    for check in &mut report.checks {
        let placed: Vec<Finding> = check.findings.iter().flat_map(|f| places(f, &listing, &changes)).collect();
        check.findings.extend(placed);
    }
    let named: BTreeSet<&str> = report.findings().map(|f| f.path.as_str()).filter(|p| !p.is_empty()).collect();
    let (mut kept, mut others): (Vec<FileSnapshot>, Vec<String>) = (files, Vec::new());
    others.extend(named.iter().filter(|p| kept.iter().all(|f| f.path != **p)).map(|p| (*p).to_owned()));
    kept.retain(|f| named.contains(f.path.as_str()));
    let reader = world.clone();
    if let Ok(read) = spawn_blocking(move || read::read(&reader.root, &others)).await {
        kept.extend(read.into_iter().filter(|f| f.text().is_some()));
    }
    // Proposals will hold these files and be parsed: that must not look like progress.
    if report.checks.iter().all(|c| c.strategy != Strategy::Syntax) {
        let changes = ChangeSet { files: kept.iter().map(same).collect() };
        report.checks.splice(0..0, world.validators.parsed(&anew(&changes)));
    }
    events.report(Event::Work(WorkEvent::Examined { job, files: kept, report })).await;
}

/// Validates the working tree with changes over it.
pub async fn examine_again(world: Arc<World>, events: Events, job: JobId, changes: ChangeSet) {
    let report = whole(&world, &changes).await;
    events.report(Event::Work(WorkEvent::Validated { job, report })).await;
}

/// What the validators say of the tree with `changes`. Nothing counts as old: what is wrong is what is to be mended.
async fn whole(world: &Arc<World>, changes: &ChangeSet) -> ValidationReport {
    let put = ChangeSet { files: changes.files.iter().filter(|f| !f.is_noop()).cloned().collect() };
    world.validators.examine(&anew(changes), &put).await
}

/// The same as if nothing had been there before.
fn anew(changes: &ChangeSet) -> ChangeSet {
    ChangeSet { files: changes.files.iter().map(|f| FileChange { before: None, ..f.clone() }).collect() }
}

/// Findings at the places in the tree that a finding of no file names.
fn places(finding: &Finding, listing: &[String], known: &ChangeSet) -> Vec<Finding> {
    if !finding.path.is_empty() {
        return Vec::new();
    }
    let frames = name::places(&finding.message, listing).into_iter().filter(|(f, _)| known.file(&f.path).is_none());
    // In the words that a check's places have in a proposal, so that the same is the same.
    let placed = |(frame, rest): (name::Frame, String)| Finding {
        path: frame.path,
        line: frame.line,
        message: if rest.is_empty() { "named by the check".to_owned() } else { rest },
        ..finding.clone()
    };
    frames.take(MOST_PLACES).map(placed).collect()
}

/// Every path, and the files that are looked at: those named, else all that have
/// a grammar.
fn wanted(world: &World, paths: &[String]) -> (Vec<String>, Vec<FileSnapshot>) {
    let listing = walk::walk(&world.root, walk::MAX_FILES, &AtomicBool::new(false)).paths();
    let paths: Vec<&str> = paths.iter().map(|p| p.trim_start_matches("./").trim_end_matches('/')).collect();
    let is_under = |path: &String| {
        paths.iter().any(|wanted| {
            let below = |rest: &str| rest.is_empty() || rest.starts_with('/');
            matches!(*wanted, "" | ".") || path.strip_prefix(wanted).is_some_and(below)
        })
    };
    let looks = |path: &&String| match paths.is_empty() {
        true => Language::from_path(path).is_some(),
        false => is_under(path),
    };
    let chosen: Vec<String> = listing.iter().filter(looks).take(MOST_FILES).cloned().collect();
    let files = read::read(&world.root, &chosen).into_iter().filter(|f| f.text().is_some()).collect();
    (listing, files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_of_the_project_is_its_own_wherever_its_sources_are() {
        let paths = ["src/shop/cart.py", "tools/src/mymod.rs", "helper.py", "app/models/user.py", "mysrc/odd/x.py"];
        let own = |module: &str| is_own(paths.into_iter(), module);
        for module in ["shop", "shop.cart", "mymod::thing", "helper", "app/models", "mysrc"] {
            assert!(own(module), "{module}");
        }
        for module in ["requests", "cart", "help", "odd", "user"] {
            assert!(!own(module), "{module}");
        }
    }
}
