//! How patterns fare: what became of proposals that the embedded engine made, kept in the database and told to the engine.

use super::clock;
use crate::app::{Entry, Fact};
use crate::domain::failure::Failure;
use crate::domain::model::{ModelRequest, Node};
use crate::domain::session::SessionStatus;
use crate::graph::RunFact;
use crate::pattern::engine::Engine;
use crate::pattern::{Library, Outcome, Tally, UsageStats};
use crate::store::{PatternOutcome, Store};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The counts, and the pattern of the newest proposal of the run under way.
#[derive(Debug, Default)]
pub struct PatternUse {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    stats: UsageStats,
    proposed: Option<String>,
}

impl PatternUse {
    /// What the database has kept; nothing if it cannot be read.
    pub async fn load(store: &Store) -> PatternUse {
        let mut stats = UsageStats::default();
        let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        for kept in store.pattern_stats().await.unwrap_or_default() {
            let tally =
                Tally { uses: count(kept.proposed), accepted: count(kept.accepted), rejected: count(kept.rejected) };
            stats.restore(&kept.name, tally);
        }
        PatternUse { known: Mutex::new(Known { stats, proposed: None }) }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The engine's answer; remembers which pattern a proposal was made from.
    ///
    /// # Errors
    /// When no pattern fits.
    pub fn answer(&self, library: &Library, request: &ModelRequest) -> Result<String, Failure> {
        let mut known = self.known();
        let engine = Engine { library, stats: &known.stats };
        let answer = engine.answer(request)?;
        if request.brief.node == Node::Executor && request.brief.edits {
            let name = engine.choose(&request.brief).ok().map(|choice| choice.pattern.name.clone());
            known.proposed = name;
        }
        Ok(answer)
    }

    /// Counts what journaled facts say of the newest proposal.
    pub async fn note(&self, store: &Store, entry: &Entry) {
        for dated in &entry.facts {
            let outcome = match &dated.fact {
                // What became of the run before is not what becomes of this one, which may ask a model.
                Fact::RunBegun { .. } => {
                    self.known().proposed = None;
                    continue;
                }
                Fact::Run { fact: RunFact::Applied { .. }, .. } => Outcome::Accepted,
                // With nothing accepted there is nothing to write, and the run is over at once.
                Fact::Run { fact: RunFact::ApplyRequested { .. }, .. } if entry.status == SessionStatus::Idle => {
                    Outcome::Rejected
                }
                _ => continue,
            };
            let Some(name) = self.known().proposed.take() else { continue };
            let kept = match outcome {
                Outcome::Rejected => PatternOutcome::Rejected,
                _ => PatternOutcome::Accepted,
            };
            for (counted, kept) in [(Outcome::Used, PatternOutcome::Proposed), (outcome, kept)] {
                self.known().stats.record(&name, counted);
                // A count that is not kept changes a ranking a little; that is no reason to trouble the user.
                let _ = store.pattern_used(&name, kept, clock::now()).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Dated;
    use crate::domain::clock::Timestamp;
    use crate::domain::ids::{JobId, RunId, SessionId};
    use crate::domain::model::{Locality, ModelInfo, ModelRef, Structured};
    use crate::graph::{Prompts, RunSettings, RunSpec, shipped_modes};
    use crate::intent::{Vocabulary, parse};

    fn begun() -> Fact {
        let model = ModelInfo {
            reference: ModelRef { provider: "ollama".into(), model: "coder".into() },
            locality: Locality::Loopback,
            window: None,
            max_output: None,
            parameters_b: None,
            structured: Structured::None,
            note: String::new(),
        };
        let spec = RunSpec {
            id: RunId(2),
            intent: parse("Add a test", Vocabulary::embedded()).intent,
            mode: shipped_modes()[0].clone(),
            model,
            settings: RunSettings { quality_threshold: 0.6, max_iterations: 3, heal_attempts: 3 },
            prompts: Prompts::embedded(),
            ladder: Default::default(),
            task: Default::default(),
        };
        Fact::RunBegun { spec: Box::new(spec) }
    }

    #[tokio::test]
    async fn a_pattern_is_credited_with_its_own_run_only() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(&home.path().join("sessions.db")).await;
        let applied = || Fact::Run { run: RunId(2), fact: RunFact::Applied { job: JobId(1) } };
        for (facts, accepted) in [(vec![begun(), applied()], None), (vec![applied()], Some(1))] {
            let patterns = PatternUse::load(&store).await;
            patterns.known().proposed = Some("pytest".to_owned());
            let facts = facts.into_iter().map(|fact| Dated { at: Timestamp(1), fact }).collect();
            let (session, status) = (SessionId("s".to_owned()), SessionStatus::Idle);
            let entry = Entry { session, first: 1, facts, name: "s".to_owned(), status };
            patterns.note(&store, &entry).await;
            let kept = store.pattern_stats().await.unwrap();
            assert_eq!(kept.first().map(|stat| stat.accepted), accepted);
        }
        store.close().await;
    }
}
