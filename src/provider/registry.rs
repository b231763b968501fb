//! Every provider of a session by name: resolves `provider/model`, lists what there is, and keeps `--offline`.

use super::discovery::{advice, servers, vendors};
use super::endpoint::Endpoint;
use super::nearest::did_you_mean;
use super::server::Server;
use super::{Answer, Provider};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::model::{ModelInfo, ModelRef};
use futures_util::future::join_all;
use std::sync::Arc;

/// Which providers may be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of them.
    Online,
    /// Those on this machine: `--offline`. Nothing else is ever contacted.
    Offline,
}

/// What there is.
#[derive(Debug, Default)]
pub struct Listing {
    /// Every model of every provider that answered, in the order of the registry.
    pub models: Vec<ModelInfo>,
    /// One failure for each provider that did not.
    pub failures: Vec<Failure>,
}

enum Entry {
    Server(Arc<Server>),
    Other(Arc<dyn Provider>),
}

impl Entry {
    fn provider(&self) -> Arc<dyn Provider> {
        match self {
            Entry::Server(server) => Arc::clone(server) as Arc<dyn Provider>,
            Entry::Other(provider) => Arc::clone(provider),
        }
    }

    fn name(&self) -> &str {
        match self {
            Entry::Server(server) => server.name(),
            Entry::Other(provider) => provider.name(),
        }
    }
}

/// The providers of a session.
pub struct Registry {
    entries: Vec<Entry>,
    reach: Reach,
    seed: u64,
}

impl Registry {
    /// A registry of servers; of two with one name the later counts (configured after discovered). `seed` decides the
    /// jitter of retries.
    pub fn new(endpoints: Vec<Endpoint>, reach: Reach, seed: u64) -> Registry {
        let registry = Registry { entries: Vec::new(), reach, seed };
        endpoints.into_iter().fold(registry, |mut registry, endpoint| {
            let server = Server::new(endpoint, registry.seed).within(registry.reach);
            registry.put(Entry::Server(Arc::new(server)));
            registry
        })
    }

    /// The registry with a provider that is no server: the embedded engine, a script.
    pub fn with(mut self, provider: Arc<dyn Provider>) -> Registry {
        self.put(Entry::Other(provider));
        self
    }

    fn put(&mut self, entry: Entry) {
        match self.entries.iter_mut().find(|e| e.name() == entry.name()) {
            Some(old) => *old = entry,
            None => self.entries.push(entry),
        }
    }

    /// Names of all providers, in order.
    pub fn names(&self) -> Vec<&str> {
        self.entries.iter().map(Entry::name).collect()
    }

    /// The provider of a model. Fails, before anything is sent, when no provider has that name (with the nearest one, or
    /// with what to do to have it), a key is missing, `--offline` forbids it, or Ollama has listed its models without it.
    pub fn resolve(&self, model: &ModelRef) -> Result<Arc<dyn Provider>, Failure> {
        let Some(entry) = self.entries.iter().find(|e| e.name() == model.provider) else {
            return Err(self.unknown(&model.provider));
        };
        if let Entry::Server(server) = entry
            && let Some(failure) = server.obstacle(&model.model).or_else(|| server.unlisted(&model.model))
        {
            return Err(failure);
        }
        Ok(entry.provider())
    }

    fn unknown(&self, name: &str) -> Failure {
        if let Some((kind, message)) = advice(name) {
            return Failure::fatal(kind, message);
        }
        let names = self.names();
        let nearest = did_you_mean(name, names.iter().copied().chain(vendors()).chain(servers()));
        let mut known = format!("Known here: {}", names.join(", "));
        for (how, mut others) in [("with a key", vendors()), ("once they run", servers())] {
            others.retain(|name| !names.contains(name));
            if !others.is_empty() {
                known.push_str(&format!("; {how}: {}", others.join(", ")));
            }
        }
        let message = format!("There is no provider `{name}`.{nearest} {known}.");
        Failure::fatal(FailureKind::UnknownModel, message)
    }

    /// Asks every provider for its models at the same time. Offline, remote ones are left out without a word.
    pub async fn list(&self) -> Listing {
        let asked = self.entries.iter().filter(|entry| match entry {
            Entry::Server(server) => server.is_within_reach(),
            Entry::Other(_) => true,
        });
        let providers: Vec<Arc<dyn Provider>> = asked.map(Entry::provider).collect();
        let answers: Vec<Answer<'_, Vec<ModelInfo>>> = providers.iter().map(|p| p.models()).collect();
        let mut listing = Listing::default();
        for answer in join_all(answers).await {
            match answer {
                Ok(models) => listing.models.extend(models),
                Err(failure) => listing.failures.push(failure),
            }
        }
        listing
    }
}
