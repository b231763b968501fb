//! The world as effects see it: the repository, the database, the servers, the prices, the patterns. Made once, from the
//! configuration, after the first frame.

use super::clock;
use super::meaning::Meaning;
use super::repository::{Repository, cache_file};
use super::token::Tokens;
use super::usage::PatternUse;
use super::validation::Validators;
use crate::budget::price::PriceList;
use crate::config::{Config, Conversation, Environment, Gates, ModelChoice, Paths};
use crate::domain::change::FileContent;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::ids::SessionId;
use crate::domain::model::{Locality, ModelInfo, ModelRef};
use crate::pattern::{self, Library};
use crate::provider::{Discovery, Embedded, Endpoint, Listing, Protocol, Provider, Reach, Registry, Scripted, Secret};
use crate::repo::{self, Root};
use crate::store::Store;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tokio::sync::watch;

/// Everything effects need.
pub struct World {
    /// The repository's directory.
    pub root: Arc<Root>,
    /// What is in it: paths and map.
    pub repository: Repository,
    /// Search by meaning, if it is set up.
    pub meaning: Option<Meaning>,
    /// The database.
    pub store: Store,
    /// Prices, the user's own over the built-in ones.
    pub prices: PriceList,
    /// Patterns, the user's and the project's over the built-in ones.
    pub library: Arc<Library>,
    /// How patterns have fared.
    pub patterns: Arc<PatternUse>,
    /// What is known of models' tokenizers.
    pub tokens: Tokens,
    /// What checks proposals.
    pub validators: Validators,
    /// Servers found; `None` until they were looked for.
    registry: watch::Sender<Option<Arc<Registry>>>,
    /// Where each model runs that they listed.
    places: OnceLock<HashMap<ModelRef, Locality>>,
    settings: WorldSettings,
}

/// What the world is made from, beside the repository.
pub struct WorldSettings {
    /// The configuration.
    pub config: Config,
    /// Our directories.
    pub paths: Paths,
    /// The environment.
    pub environment: Environment,
    /// A script that answers instead of a model.
    pub script: Option<Script>,
}

/// A script that answers instead of a model, for tests and demonstrations.
#[derive(Clone, Debug)]
pub struct Script {
    /// The file.
    pub path: PathBuf,
    /// How much faster than recorded; 0 waits for nothing.
    pub speed: f64,
}

/// A name for a new session.
pub fn new_session() -> SessionId {
    SessionId(uuid::Uuid::now_v7().to_string())
}

impl World {
    /// Opens the database and reads prices and patterns. What is wrong with them is in the failures; the world is usable.
    pub async fn open(root: Root, settings: WorldSettings) -> (World, Vec<Failure>) {
        let mut failures = Vec::new();
        let store = Store::open(&settings.paths.data.join("sessions.db")).await;
        if let Some(notice) = store.notice() {
            failures.push(Failure::fatal(FailureKind::Store, notice.message.clone()));
        }
        let (prices, complaints) = prices(&settings);
        failures.extend(complaints);
        let (library, complaints) = library(&settings, &root);
        failures.extend(complaints);
        let patterns = Arc::new(PatternUse::load(&store).await);
        let tokens = Tokens::load(&store).await;
        let root = Arc::new(root);
        let validators = Validators::new(root.clone(), &settings.config, &settings.paths, settings.environment.clone());
        let repository = Repository::new(root.clone(), cache_file(&settings.paths.cache, &root));
        let meaning = Meaning::of(&settings.config, &settings.paths, &root);
        let world = World {
            root,
            repository,
            meaning,
            store,
            prices,
            library: Arc::new(library),
            patterns,
            tokens,
            validators,
            registry: watch::Sender::new(None),
            places: OnceLock::new(),
            settings,
        };
        (world, failures)
    }

    /// The root as sessions know it.
    pub fn root_name(&self) -> String {
        self.root.path().display().to_string()
    }

    /// Today in the user's zone.
    pub fn today(&self) -> i64 {
        clock::now().day(clock::utc_offset())
    }

    /// The servers found. Waits until they were looked for: a run that is resumed may ask before that.
    pub async fn registry(&self) -> Arc<Registry> {
        let mut found = self.registry.subscribe();
        loop {
            if let Some(registry) = found.borrow_and_update().clone() {
                return registry;
            }
            // The sender is ours and lives as long as `self`.
            let _ = found.changed().await;
        }
    }

    /// Where a model runs, as its server and the configuration of now say; `None` if it was not listed. Waits as
    /// [`World::registry`] does.
    pub async fn place(&self, model: &ModelRef) -> Option<Locality> {
        self.registry().await;
        self.places.get()?.get(model).copied()
    }

    /// The servers found, if they were looked for.
    pub fn found(&self) -> Option<Arc<Registry>> {
        self.registry.borrow().clone()
    }

    /// What the quality gates allow.
    pub fn gates(&self) -> &Gates {
        &self.settings.config.gate
    }

    /// Which part of the conversation prompts repeat.
    pub fn conversation(&self) -> Conversation {
        self.settings.config.context.conversation
    }

    /// Looks for servers, asks each for its models, and keeps what was found.
    pub async fn discover(&self) -> Listing {
        let mut failures = Vec::new();
        let mut endpoints = Vec::new();
        // A script replaces every model: nothing is looked for, nothing can be asked by mistake.
        if self.settings.script.is_none() {
            let (found, complaints) = Discovery::new(self.settings.environment.clone()).run().await;
            failures.extend(complaints);
            let (configured, complaints) = self.endpoints();
            failures.extend(complaints);
            // Of two with one name the later counts: the user's own wins.
            endpoints = found;
            endpoints.extend(configured);
        }
        let reach = if self.settings.config.offline { Reach::Offline } else { Reach::Online };
        let mut registry = Registry::new(endpoints, reach, clock::now().0 as u64);
        let (library, patterns) = (self.library.clone(), self.patterns.clone());
        registry = registry.with(Arc::new(Embedded::new(move |request| patterns.answer(&library, request))));
        if let Some(script) = &self.settings.script {
            match Scripted::load(&script.path, script.speed) {
                Ok(scripted) => registry = registry.with(Arc::new(scripted) as Arc<dyn Provider>),
                Err(failure) => failures.push(failure),
            }
        }
        let registry = Arc::new(registry);
        let mut listing = registry.list().await;
        self.add_wanted(&registry, &mut listing).await;
        let place = |model: &ModelInfo| (model.reference.clone(), model.locality);
        let _ = self.places.set(listing.models.iter().map(place).collect());
        self.registry.send_replace(Some(registry));
        failures.append(&mut listing.failures);
        Listing { failures, ..listing }
    }

    /// The configured model, if its provider knows it without listing it, as clouds know aliases; else why it is not there.
    async fn add_wanted(&self, registry: &Registry, listing: &mut Listing) {
        let ModelChoice::Named(wanted) = &self.settings.config.model else { return };
        if self.settings.script.is_some() || listing.models.iter().any(|m| m.reference == *wanted) {
            return;
        }
        let described = match registry.resolve(wanted) {
            Ok(provider) => provider.describe(&wanted.model).await,
            Err(failure) => Err(failure),
        };
        match described {
            Ok(model) => listing.models.push(model),
            Err(failure) => {
                listing.failures.retain(|f| *f != failure);
                listing.failures.insert(0, failure);
            }
        }
    }

    /// The servers of the configuration.
    fn endpoints(&self) -> (Vec<Endpoint>, Vec<Failure>) {
        let (mut endpoints, mut failures) = (Vec::new(), Vec::new());
        for (name, configured) in &self.settings.config.endpoints {
            match endpoint(name.as_str(), configured, &self.settings.environment) {
                Ok(endpoint) => endpoints.push(endpoint),
                Err(failure) => failures.push(failure),
            }
        }
        (endpoints, failures)
    }
}

fn endpoint(name: &str, configured: &crate::config::Endpoint, environment: &Environment) -> Result<Endpoint, Failure> {
    let protocol = match configured.protocol {
        crate::config::Protocol::Ollama => Protocol::Ollama,
        crate::config::Protocol::Chat => Protocol::Chat,
        crate::config::Protocol::Responses => Protocol::Responses,
        crate::config::Protocol::Messages => Protocol::Messages,
    };
    let mut endpoint = Endpoint::new(name, protocol, configured.base_url.as_str())?;
    if configured.paid {
        endpoint = endpoint.with_locality(Locality::Remote);
    }
    if configured.insecure {
        endpoint = endpoint.insecure();
    }
    if let Some(variable) = configured.key_env.as_ref().map(|k| k.as_str()) {
        let Some(key) = environment.get(variable) else { return Ok(endpoint.requiring_key(variable)) };
        endpoint = endpoint.with_key(Secret::new(key), variable)?;
    }
    for (header, value) in &configured.headers {
        endpoint = endpoint.with_header(header.as_str(), Secret::new(value))?;
    }
    Ok(endpoint)
}

fn prices(settings: &WorldSettings) -> (PriceList, Vec<Failure>) {
    let mut prices = PriceList::preset();
    let mut failures = Vec::new();
    if let Some(path) = &settings.config.prices {
        let parsed = read(path, settings).and_then(|text| PriceList::parse(&settings.paths.show(path), &text));
        match parsed {
            Ok(own) => prices = prices.overridden_by(own),
            Err(failure) => failures.push(failure),
        }
    }
    (prices, failures)
}

fn library(settings: &WorldSettings, root: &Root) -> (Library, Vec<Failure>) {
    let mut sources = Vec::new();
    let mut failures = Vec::new();
    let own = settings.paths.config.join("patterns");
    for dir in std::iter::once(&own).chain(&settings.config.patterns) {
        for path in yaml_files(dir) {
            let name = settings.paths.show(&path);
            // A file of the repository is read beneath it: a link that leads out is not followed.
            let text = match path.strip_prefix(root.path()).ok().and_then(Path::to_str) {
                Some(inside) => inside_text(root, inside, &name),
                None => read(&path, settings),
            };
            match text {
                Ok(text) => sources.push(pattern::Source { name, text }),
                Err(failure) => failures.push(failure),
            }
        }
    }
    if sources.is_empty() {
        return (Library::embedded().clone(), failures);
    }
    let (library, complaints) = Library::load(&sources);
    failures.extend(complaints);
    (library, failures)
}

fn inside_text(root: &Root, path: &str, name: &str) -> Result<String, Failure> {
    let why = match repo::read::read(root, &[path.to_owned()]).pop().map(|f| f.content) {
        Some(FileContent::Text { text }) => return Ok(text),
        Some(FileContent::Opaque { reason }) => reason,
        Some(FileContent::Absent) | None => "not there".to_owned(),
    };
    Err(Failure::fatal(FailureKind::Config, format!("{name}: cannot be read: {why}")))
}

fn yaml_files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "yaml" || e == "yml"))
        .collect();
    files.sort();
    files
}

fn read(path: &Path, settings: &WorldSettings) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| {
        let message = format!("{}: cannot be read: {e}", settings.paths.show(path));
        Failure::fatal(FailureKind::Config, message)
    })
}
