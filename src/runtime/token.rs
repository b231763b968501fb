//! Tokens as the model's own server counts them where it can, else as our counters do, corrected by what servers reported.
//!
//! It refuses to let a run wait for a server that is slow to count: then the figure is our estimate, and says so.

use super::clock;
use crate::budget::token::{Calibration, Count, Counter};
use crate::domain::model::{Locality, ModelRef, ModelRequest};
use crate::provider::{Provider, Registry};
use crate::store::Store;
use futures_util::future::join_all;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// How long a run waits for a server to count, for one prompt or for all items of a context.
const PATIENCE: Duration = Duration::from_millis(500);
/// Counts that are remembered; beyond that all are forgotten.
const REMEMBERED: usize = 8_192;

/// What is known of models' tokenizers.
#[derive(Debug, Default)]
pub struct Tokens {
    calibrations: Mutex<BTreeMap<ModelRef, Calibration>>,
    /// What servers counted, by model and hash of the text.
    counted: Mutex<HashMap<Key, u32>>,
}

type Key = [u8; 32];

impl Tokens {
    /// What the database has kept; nothing if it cannot be read.
    pub async fn load(store: &Store) -> Tokens {
        let kept = store.calibrations().await.unwrap_or_default();
        Tokens { calibrations: Mutex::new(kept.into_iter().collect()), counted: Mutex::default() }
    }

    /// Our own counter for a model, with what was learned of it.
    pub fn counter(&self, model: &ModelRef) -> Counter {
        let learned = lock(&self.calibrations).get(model).copied().unwrap_or_default();
        Counter::for_model(model).calibrated(learned)
    }

    /// Tokens of a prompt: by a server on this machine if it tells in time, else by our counter. `None` for the models
    /// within this program, which have no tokens. A provider elsewhere is not asked: a prompt leaves once, when it is paid.
    pub async fn prompt(&self, registry: Option<&Registry>, request: &ModelRequest, at: Locality) -> Option<Count> {
        let provider = registry.and_then(|registry| registry.resolve(&request.model).ok());
        match (at, provider.as_ref().and_then(|p| p.count_prompt(request))) {
            (Locality::Embedded, _) => return None,
            (Locality::Loopback, Some(counting)) => {
                if let Ok(Ok(tokens)) = timeout(PATIENCE, counting).await {
                    return Some(Count { tokens, exact: true });
                }
            }
            _ => {}
        }
        let counter = self.counter(&request.model);
        let (messages, schema) = (request.messages.clone(), request.schema.clone());
        // Loading a vocabulary takes a moment, so it is done beside the event loop.
        spawn_blocking(move || counter.prompt(&messages, schema.as_ref())).await.ok()
    }

    /// Takes note of the prompt tokens that a server reported. What cannot be kept is learned again another time.
    pub async fn learn(&self, store: &Store, request: &ModelRequest, reported: u32) {
        let (model, messages, schema) = (request.model.clone(), request.messages.clone(), request.schema.clone());
        let counter = self.counter(&model);
        let Ok(measure) = spawn_blocking(move || counter.measure(&messages, schema.as_ref())).await else { return };
        let learned = {
            let mut calibrations = lock(&self.calibrations);
            let calibration = calibrations.entry(model.clone()).or_default();
            calibration.observe(measure, reported);
            *calibration
        };
        let _ = store.keep_calibration(&model, learned, clock::now()).await;
    }

    /// Tokens of each text by the tokenizer of the model's own server, in time; `None` if it does not count, or not in time.
    /// What it counted before is not asked again, nor is what it counted before time ran out.
    pub async fn texts(&self, provider: &Arc<dyn Provider>, model: &str, texts: &[&str]) -> Option<Vec<u32>> {
        let one = async |text: &str| {
            let key = key(provider.name(), model, text);
            if let Some(known) = lock(&self.counted).get(&key) {
                return Some(*known);
            }
            let tokens = provider.count_tokens(model, text)?.await.ok()?;
            let mut counted = lock(&self.counted);
            if counted.len() >= REMEMBERED {
                counted.clear();
            }
            counted.insert(key, tokens);
            Some(tokens)
        };
        let all = timeout(PATIENCE, join_all(texts.iter().map(|text| one(text)))).await.ok()?;
        all.into_iter().collect()
    }
}

fn key(provider: &str, model: &str, text: &str) -> Key {
    let mut hash = Sha256::new();
    for part in [provider, model, text] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::failure::Failure;
    use crate::domain::model::ModelInfo;
    use crate::provider::{Answer, ChunkStream};
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Counts bytes; never answers for a text that says so.
    #[derive(Default)]
    struct Bytes(AtomicU32);

    impl Provider for Bytes {
        fn name(&self) -> &str {
            "bytes"
        }
        fn models(&self) -> Answer<'_, Vec<ModelInfo>> {
            Box::pin(async { Ok::<_, Failure>(Vec::new()) })
        }
        fn describe(&self, _: &str) -> Answer<'_, ModelInfo> {
            Box::pin(std::future::pending())
        }
        fn stream(&self, _: ModelRequest) -> ChunkStream {
            Box::pin(futures_util::stream::empty())
        }
        fn count_tokens(&self, _: &str, text: &str) -> Option<Answer<'_, u32>> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let tokens = text.len() as u32;
            Some(match text {
                "slow" => Box::pin(std::future::pending()),
                _ => Box::pin(async move { Ok(tokens) }),
            })
        }
    }

    #[tokio::test]
    async fn a_text_is_counted_once_and_a_slow_server_is_not_waited_for() {
        let (bytes, tokens) = (Arc::new(Bytes::default()), Tokens::default());
        let provider: Arc<dyn Provider> = bytes.clone();
        assert_eq!(tokens.texts(&provider, "m", &["a", "bb"]).await, Some(vec![1, 2]));
        assert_eq!(tokens.texts(&provider, "m", &["bb", "ccc", "a"]).await, Some(vec![2, 3, 1]));
        assert_eq!(bytes.0.load(Ordering::Relaxed), 3);
        assert_eq!(tokens.texts(&provider, "m", &["dddd", "slow"]).await, None);
        assert_eq!(tokens.texts(&provider, "m", &["dddd"]).await, Some(vec![4]));
        assert_eq!(bytes.0.load(Ordering::Relaxed), 5, "what was counted before time ran out is kept");
    }
}
