//! Choosing the context of a run: what there is is gathered, chosen within the budget, and counted once more by the
//! model's own server where that can.

use super::Events;
use crate::app::{Event, WorkEvent};
use crate::config::Conversation;
use crate::context::token::estimate;
use crate::context::{self, Correction, Signals, Sources, Truncation};
use crate::domain::context::{ContextBundle, FileWishes};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::ids::{JobId, MemoryId};
use crate::domain::intent::Intent;
use crate::domain::message::{Message, PastRun};
use crate::domain::model::{Locality, ModelRef};
use crate::repo::history;
use crate::runtime::clock;
use crate::runtime::context::{Order, gather};
use crate::runtime::world::World;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::spawn_blocking;

/// How long a request waits for the repository's map, if it is being made: the first one of a large repository takes seconds,
/// and a context without it is hardly worth its tokens. The run can be stopped meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);
/// Estimated tokens from which on the ratio to counted ones means something.
const TELLING: u64 = 200;

/// What a context is to be chosen for.
pub struct Wish {
    /// Echoed.
    pub job: JobId,
    /// The request.
    pub intent: Intent,
    /// Tokens at most.
    pub budget: u32,
    /// The model that will read it.
    pub model: ModelRef,
    /// Where that runs.
    pub locality: Locality,
    /// What was said before.
    pub conversation: Vec<Message>,
    /// The runs before and what came of them.
    pub past: Vec<PastRun>,
    /// What the session wishes of files.
    pub files: FileWishes,
}

/// Chooses the context, and counts what is recalled for it.
pub async fn assemble(world: Arc<World>, events: Events, wish: Wish) {
    let memory = world.store.memories(&world.root_name()).await.unwrap_or_default();
    let job = wish.job;
    let Wish { intent, budget, model, locality, conversation, past, files, .. } = wish;
    let FileWishes { pinned, dropped, open } = files;
    let gatherer = world.clone();
    let reports = events.clone();
    let gathered = spawn_blocking(move || {
        let (root, library) = (&gatherer.root, &gatherer.library);
        let mut signals = Signals { recent: history::recent(root), alike: Vec::new(), open, pinned, dropped };
        let question = gatherer.meaning.as_ref().and_then(|meaning| meaning.ask(&intent.text, &reports));
        // A map of a moment ago is better than none, where it takes long to look at every file again.
        let begun = Instant::now();
        let known = gatherer.repository.map(PATIENCE).or_else(|| gatherer.repository.known());
        if let (Some(map), Some(meaning), Some(question)) = (&known, &gatherer.meaning, &question) {
            signals.alike = meaning.alike(map, question, &reports);
        }
        let (order, unmapped) = match known {
            Some(map) => (Order::of(&intent, &map, &signals), None),
            None => (Order::of_names(&intent, gatherer.repository.list(), &signals), Some(begun.elapsed())),
        };
        gatherer.repository.prefer(&order.paths());
        let gathered = gather(root, library, &intent, order, &signals);
        let sources = Sources {
            memory,
            conversation,
            past,
            truncation: truncation(gatherer.conversation()),
            now: clock::now(),
            ..gathered
        };
        (intent, sources, unmapped)
    });
    let Ok((intent, sources, unmapped)) = gathered.await else { return };
    if let Some(waited) = unmapped {
        events.report(Event::Noticed(without_map(waited))).await;
    }
    let Some(bundle) = choose(&world, Arc::new((intent, sources)), budget, (&model, locality)).await else { return };
    let recalled: Vec<MemoryId> = bundle.items.iter().filter_map(|i| MemoryId::of_label(&i.label)).collect();
    if !recalled.is_empty() {
        // A count that is not kept changes a ranking a little; that is no reason to trouble the user.
        let _ = world.store.memories_recalled(recalled).await;
    }
    let bundle = Box::new(bundle);
    events.report(Event::Work(WorkEvent::ContextAssembled { job, bundle })).await;
}

/// Chooses by our own counter; where the model's server on this machine counts otherwise and what was chosen does not fit
/// by its figures, once more with the difference.
async fn choose(
    world: &World,
    material: Arc<(Intent, Sources)>,
    budget: u32,
    (model, locality): (&ModelRef, Locality),
) -> Option<ContextBundle> {
    let local = world.found().filter(|_| locality == Locality::Loopback);
    let provider = local.and_then(|registry| registry.resolve(model).ok());
    let counter = (locality != Locality::Embedded).then(|| world.tokens.counter(model));
    let mut correction = Correction::default();
    for is_last in [false, true] {
        let material = material.clone();
        let chosen = spawn_blocking(move || {
            let count = |text: &str| match counter {
                Some(counter) => correction.apply(counter.count(text).tokens),
                None => estimate(text),
            };
            let (intent, sources) = &*material;
            context::assemble(intent, sources, budget, &count)
        });
        let mut bundle = chosen.await.ok()?;
        bundle.exact = counter.is_some_and(|counter| counter.is_exact());
        if let Some(provider) = provider.as_ref().filter(|_| !bundle.exact) {
            let texts: Vec<&str> = bundle.items.iter().map(|i| i.text.as_str()).collect();
            if let Some(counts) = world.tokens.texts(provider, &model.model, &texts).await {
                // Should it be too much even so, the estimates stand.
                bundle.exact = correction.settle(&mut bundle, &counts);
                if !bundle.exact && !is_last {
                    continue;
                }
            }
        }
        if counter.is_some() {
            bundle.per_mille = per_mille(&bundle);
        }
        return Some(bundle);
    }
    None
}

fn without_map(waited: Duration) -> Failure {
    let message = format!(
        "The model sees the names of all files and the text of those that you named, nothing else: the repository's map was not there after \
         {} s. Stop the run and ask again when it is, or list in .vibeignore what need not be looked at.",
        waited.as_secs()
    );
    Failure::fatal(FailureKind::Timeout, message)
}

/// The counted tokens of a bundle for each thousand estimated; 0 where there is too little to tell.
fn per_mille(bundle: &ContextBundle) -> u32 {
    let estimated: u64 = bundle.items.iter().map(|i| u64::from(estimate(&i.text))).sum();
    if estimated < TELLING {
        return 0;
    }
    u32::try_from(u64::from(bundle.tokens) * 1_000 / estimated).unwrap_or(0).clamp(500, 3_000)
}

fn truncation(configured: Conversation) -> Truncation {
    match configured {
        Conversation::Recent => Truncation::Recent,
        Conversation::Summary => Truncation::Summary,
        Conversation::Selective => Truncation::Selective,
    }
}
