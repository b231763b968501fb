//! Validates a proposal, or the tree as it stands: syntax first, then the tools that the project is set up for and its check
//! command in a scratch copy. What a tool says of the base is kept for as long as the repository stays as it is.
//!
//! Decides whether a project's own code may run; how it is held is `validate`'s matter.

use super::survey::Survey;
use crate::config::{self, Config, Environment, Paths};
use crate::domain::change::ChangeSet;
use crate::domain::finding::{CheckResult, Strategy, ValidationReport};
use crate::domain::language::Language;
use crate::repo::Root;
use crate::repo::scratch::{Pool, Scratch};
use crate::repo::walk::Listing;
use crate::syntax;
use crate::validate::check::{self, Copy, Ran};
use crate::validate::plan::{Choice, Plan, Spec};
use crate::validate::{self, Base, Fault, Network, Policy};
use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

/// Runs on the base that are kept.
const KEPT: usize = 64;

/// What checks proposals of one repository.
pub struct Validators {
    pub(super) root: Arc<Root>,
    scratches: Arc<Pool>,
    /// This program, started as the sandbox's first process.
    helper: PathBuf,
    pub(super) environment: Environment,
    settings: config::Check,
    /// The user's own file, as messages show it.
    config_file: String,
    /// What tools said of the base, by a hash of the repository's stamps and the call.
    runs: Mutex<BTreeMap<[u8; 32], Arc<Ran>>>,
    /// What was said to be left out: once is enough.
    told: Mutex<BTreeSet<String>>,
}

/// Which of the two a copy holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// What is checked.
    Proposal,
    /// What it is compared with.
    Base,
}

/// Which findings count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// Those that the base does not have.
    New,
    /// All.
    All,
}

/// A scratch copy and what may be done in it.
struct Place {
    /// Given back when this is dropped.
    scratch: Option<Scratch>,
    /// For the check command.
    copy: Copy,
    /// The same for tools: in a project that is not trusted they find none of its programs.
    tools: Copy,
    made: SystemTime,
}

impl Drop for Place {
    /// mypy takes a file of the same size and second for the same: what it kept of a copy that lived within one second
    /// could be mistaken for the next one's.
    fn drop(&mut self) {
        let kept = self.copy.policy.variables.iter().find(|(name, _)| *name == MYPY_CACHE).map(|(_, dir)| dir);
        let second = |time: SystemTime| time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        if let Some(kept) = kept.filter(|_| second(self.made) == second(SystemTime::now())) {
            // Usually it is not there: the project does not use mypy.
            let _ = std::fs::remove_dir_all(kept);
        }
        if let Some(scratch) = self.scratch.take().filter(|_| self.copy.is_left()) {
            scratch.release();
        }
    }
}

/// The variable that tells mypy where to keep what it knows.
const MYPY_CACHE: &str = "MYPY_CACHE_DIR";

impl Validators {
    /// For a repository, as the configuration says.
    pub fn new(root: Arc<Root>, config: &Config, paths: &Paths, environment: Environment) -> Validators {
        Validators {
            root,
            scratches: Pool::new(paths.cache.join("scratch")),
            helper: std::env::current_exe().unwrap_or_default(),
            environment,
            settings: config.check.clone(),
            config_file: paths.show(&paths.config_file()),
            runs: Mutex::default(),
            told: Mutex::default(),
        }
    }

    /// The same with another executable of this program, for whoever uses it as a library.
    pub fn with_helper(self, helper: impl Into<PathBuf>) -> Validators {
        Validators { helper: helper.into(), ..self }
    }

    /// Validates a proposal: what the base had before is not held against it.
    pub async fn validate(&self, changes: &ChangeSet) -> ValidationReport {
        self.validated(changes, changes, Counted::New).await
    }

    /// Validates the tree with `put` laid over it, as far as `looked` names its files: everything that is found counts, since
    /// the tree itself is to be mended. Whoever asks for that allows the project's own code.
    pub async fn examine(&self, looked: &ChangeSet, put: &ChangeSet) -> ValidationReport {
        self.validated(looked, put, Counted::All).await
    }

    /// The grammars' word on a proposal, alone.
    pub fn parsed(&self, changes: &ChangeSet) -> Option<CheckResult> {
        validate::syntax(changes, &faults)
    }

    async fn validated(&self, changes: &ChangeSet, put: &ChangeSet, counted: Counted) -> ValidationReport {
        let mut report = ValidationReport::default();
        report.checks.extend(validate::syntax(changes, &faults));
        if changes.is_empty() || !report.passed() || !self.runs_anything() {
            return report;
        }
        let survey = self.survey(changes.clone(), None).await;
        let plan = survey.plan(self.choice(counted == Counted::All || self.is_trusted()));
        if !plan.specs.is_empty() || self.settings.command.is_some() {
            let trusted = counted == Counted::All || self.is_trusted();
            match self.place(&survey.listing, put, Side::Proposal, trusted).await {
                Ok(place) => {
                    let compared = Compared { validators: self, listing: &survey.listing, place: OnceCell::new() };
                    let base: &dyn Base = if counted == Counted::All { &validate::NoBase } else { &compared };
                    report.checks.extend(validate::run_tools(&plan.specs, &place.tools, base).await);
                    if let Some(check) = self.command().filter(|_| report.passed()) {
                        report.checks.push(validate::run_check(check, &place.copy, changes).await);
                    }
                }
                Err(why) => report.checks.push(self.no_place(why)),
            }
        }
        report.checks.extend(plan.left_out(&self.allow()));
        self.say_once(&mut report);
        report
    }

    /// Validates the tree as it stands, or these paths of it: every finding counts. To ask for it is to allow the project's
    /// own code.
    ///
    /// # Errors
    /// A path at which there is nothing.
    pub async fn check(&self, paths: &[String]) -> Result<ValidationReport, String> {
        let survey = self.survey(ChangeSet::default(), Some(paths.to_vec())).await;
        if let Some(path) = paths.iter().find(|path| !survey.holds(path)) {
            return Err(format!("there is no file `{path}` that is not ignored"));
        }
        let mut report = ValidationReport::default();
        report.checks.extend(survey.syntax(&self.root, &faults));
        let plan = survey.plan(self.choice(true));
        if !plan.specs.is_empty() || self.settings.command.is_some() {
            match self.place(&survey.listing, &ChangeSet::default(), Side::Proposal, true).await {
                Ok(place) => {
                    // Whoever asks wants to see everything, also behind what fails.
                    for tools in plan.specs.chunk_by(|a, b| a.tool.strategy == b.tool.strategy) {
                        let mut ran = validate::run_tools(tools, &place.tools, &validate::NoBase).await;
                        // A proposal is not held up by a tool that is away; whoever asks for the tools is.
                        ran.iter_mut().for_each(|check| check.passed &= check.not_run.is_none());
                        report.checks.extend(ran);
                    }
                    if let Some(check) = self.command() {
                        report.checks.push(validate::run_check(check, &place.copy, &ChangeSet::default()).await);
                    }
                }
                // Whoever asks for a check has not got one.
                Err(why) => report.checks.push(CheckResult { passed: false, ..self.no_place(why) }),
            }
        }
        report.checks.extend(plan.left_out(&self.allow()));
        report.tell_once();
        Ok(report)
    }

    /// What would check the whole repository, for whoever only wants to know.
    pub async fn plan(&self) -> Plan {
        self.survey(ChangeSet::default(), Some(Vec::new())).await.plan(self.choice(self.is_trusted()))
    }

    /// Forgets what tools said of the base: something that is not among its files has changed.
    pub fn forget(&self) {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// How to allow a project's own code.
    pub fn allow(&self) -> String {
        format!(
            "`vibe-tui check` runs it once; to allow it always add to `check.trusted` in {}: {:?}",
            self.config_file,
            self.root.path().display().to_string()
        )
    }

    /// Names in `check.skip` that no tool has.
    pub fn unknown_skips(&self) -> Vec<&str> {
        let known = |name: &&String| validate::tool::TOOLS.iter().any(|tool| tool.name == name.as_str());
        self.settings.skip.iter().filter(|name| !known(name)).map(String::as_str).collect()
    }

    /// What a check may do: nothing beyond its scratch copy, and sockets if the user's configuration says so.
    pub fn policy(&self) -> Policy {
        let network = if self.settings.network { Network::Allowed } else { Network::Denied };
        Policy { network, ..Policy::strict(&self.helper) }
    }

    fn command(&self) -> Option<&[String]> {
        self.settings.command.as_ref().map(|command| command.words())
    }

    fn runs_anything(&self) -> bool {
        self.settings.command.is_some() || self.settings.validators == config::Validators::Auto
    }

    fn choice(&self, trusted: bool) -> Option<Choice<'_>> {
        let auto = self.settings.validators == config::Validators::Auto;
        auto.then(|| Choice { trusted, skip: &self.settings.skip, check: self.command() })
    }

    /// Whether the user has said that this repository, or a directory it lies in, may run its own code.
    fn is_trusted(&self) -> bool {
        let said = self.settings.trusted.iter().filter_map(|dir| dir.canonicalize().ok());
        said.into_iter().any(|dir| self.root.path().starts_with(dir))
    }

    async fn survey(&self, changes: ChangeSet, paths: Option<Vec<String>>) -> Survey {
        let (root, environment) = (self.root.clone(), self.environment.clone());
        let made = spawn_blocking(move || Survey::new(root, environment, changes, paths)).await;
        // Only a panic or the program's end keep it from being made.
        made.unwrap_or_default()
    }

    async fn place(
        &self,
        listing: &Arc<Listing>,
        changes: &ChangeSet,
        side: Side,
        trusted: bool,
    ) -> Result<Place, String> {
        let (pool, root, listing, changes) =
            (self.scratches.clone(), self.root.clone(), listing.clone(), changes.clone());
        let copied = spawn_blocking(move || Scratch::create(&pool, &root, &listing, &changes, Default::default()));
        let scratch = copied.await.map_err(|stopped| stopped.to_string())?.map_err(|failure| failure.message)?;
        let user = |name: &str| self.environment.get(name).map(OsString::from);
        let mut policy = self.policy();
        policy.writable = scratch.writable();
        policy.variables = scratch.variables(user);
        let own = tool_variables(&policy, side, user);
        policy.variables.extend(own);
        let deadline = Duration::from_secs(u64::from(self.settings.timeout_seconds));
        // Its files are no newer.
        let made = SystemTime::now();
        let root = scratch.path().canonicalize().unwrap_or_else(|_| scratch.path().to_owned());
        let copy = Copy::new(root, policy, deadline);
        let mut tools = copy.clone();
        if !trusted {
            tools.policy.variables.extend(scratch.foreign(user));
            // It would run a compiler with the project's flags.
            tools.policy.variables.push(("CGO_ENABLED", OsString::from("0")));
        }
        Ok(Place { copy, tools, scratch: Some(scratch), made })
    }

    /// A check that did not run has not passed; tools that were only found are left out.
    fn no_place(&self, why: String) -> CheckResult {
        CheckResult {
            strategy: Strategy::Custom,
            command: self.command().map_or("validators".to_owned(), |words| words.join(" ")),
            passed: self.settings.command.is_none(),
            millis: 0,
            findings: Vec::new(),
            not_run: Some(why),
            known: 0,
        }
    }

    /// Takes away what is left out for a reason that was told before. What a tool has looked at in part is told each time.
    fn say_once(&self, report: &mut ValidationReport) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_news = |why: &String| told.insert(why.clone());
        let is_whole = |check: &CheckResult| check.not_run.is_some() && check.known == 0;
        report
            .checks
            .retain(|check| !check.passed || !is_whole(check) || check.not_run.as_ref().is_none_or(&mut is_news));
    }
}

/// Variables by which tools keep their caches from one copy to the next, and do not wait for a network that is not there.
fn tool_variables(
    policy: &Policy,
    side: Side,
    user: impl Fn(&str) -> Option<OsString>,
) -> Vec<(&'static str, OsString)> {
    // Byte code goes by seconds.
    let mut variables = vec![("PYTHONDONTWRITEBYTECODE", OsString::from("1"))];
    let set = |name: &str| policy.variables.iter().find(|(set, _)| *set == name).map(|(_, value)| Path::new(value));
    // Cargo goes by times, and what it built of a proposal is newer than the base.
    if let Some(built) = set("CARGO_TARGET_DIR").filter(|_| side == Side::Base) {
        variables.push(("CARGO_TARGET_DIR", built.join("base").into_os_string()));
    }
    if let Some(kept) = set("XDG_CACHE_HOME") {
        variables.push((MYPY_CACHE, kept.join("mypy").into_os_string()));
        variables.push(("RUFF_CACHE_DIR", kept.join("ruff").into_os_string()));
    }
    // pyright by pip keeps the program itself in the user's cache.
    let caches = user("XDG_CACHE_HOME").map(PathBuf::from).or_else(|| Some(Path::new(&user("HOME")?).join(".cache")));
    let pyright = caches.map(|dir| dir.join("pyright-python")).filter(|dir| dir.is_dir());
    variables.extend(pyright.map(|dir| ("PYRIGHT_PYTHON_CACHE_DIR", dir.into_os_string())));
    if policy.network == Network::Denied {
        let offline = [("CARGO_NET_OFFLINE", "true"), ("GOPROXY", "off"), ("GOTOOLCHAIN", "local")];
        variables.extend(offline.map(|(name, value)| (name, OsString::from(value))));
    }
    variables
}

/// The grammars' word on a text.
fn faults(language: Language, path: &str, text: &str) -> Option<Vec<Fault>> {
    let errors = syntax::errors(language, path, text)?;
    Some(errors.into_iter().map(|e| Fault { line: e.line, column: e.column, message: e.message }).collect())
}

/// What tools say of the repository without the change: in a copy of its own, made when it is first needed.
struct Compared<'a> {
    validators: &'a Validators,
    listing: &'a Arc<Listing>,
    place: OnceCell<Option<Place>>,
}

impl Base for Compared<'_> {
    fn run<'s>(&'s self, spec: &'s Spec) -> BoxFuture<'s, Option<Arc<Ran>>> {
        Box::pin(async move {
            let there = |path: &str| self.listing.entries.binary_search_by(|e| e.path.as_str().cmp(path)).is_ok();
            // Nothing of it was there: nothing of it is old.
            let Some(call) = spec.call.among(there) else { return Some(Arc::default()) };
            let spec = Spec { call, ..spec.clone() };
            let key = self.key(&spec);
            let kept = || self.validators.runs.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(ran) = kept().get(&key) {
                return Some(ran.clone());
            }
            let validators = self.validators;
            let (none, trusted) = (ChangeSet::default(), validators.is_trusted());
            let place = || async { validators.place(self.listing, &none, Side::Base, trusted).await.ok() };
            let place = self.place.get_or_init(place).await.as_ref()?;
            let ran = Arc::new(check::run(&spec, &place.tools).await);
            let mut runs = kept();
            if runs.len() >= KEPT {
                runs.clear();
            }
            runs.insert(key, ran.clone());
            Some(ran)
        })
    }
}

impl Compared<'_> {
    /// A hash of every file's stamp and of the call: as long as it is the same, so is what the tool says.
    fn key(&self, spec: &Spec) -> [u8; 32] {
        let mut hasher = Sha256::new();
        let mut add = |bytes: &[u8]| {
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        for entry in &self.listing.entries {
            add(entry.path.as_bytes());
            add(&entry.size.to_le_bytes());
            add(&entry.modified_ns.to_le_bytes());
            add(&entry.changed_ns.to_le_bytes());
            add(&entry.inode.to_le_bytes());
        }
        [spec.tool.name, &spec.call.dir].iter().for_each(|word| add(word.as_bytes()));
        spec.call.arguments.iter().for_each(|word| add(word.as_bytes()));
        hasher.finalize().into()
    }
}
