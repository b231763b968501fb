//! Assembles a request within the model's window: instructions, context, task, and room for the answer.
//!
//! The order is chosen for prefix caches: the mode's instructions, then the context, then what this node is asked. The
//! first two are the same for planner and executor, so that a server evaluates them once. Roles alternate, since some
//! chat templates insist on it. What does not fit is left out by relevance and named; if even the least does not fit,
//! there is no request but a failure that says so. Nothing is ever cut silently.

use super::inner::Operation;
use super::material::{self, Extent};
use super::run::Run;
use super::schema::schema;
use super::template::Values;
use crate::context::token;
use crate::domain::context::{ContextItem, ContextKind};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::ids::RequestId;
use crate::domain::intent::{Action, Complexity};
use crate::domain::memory::is_pinned_label;
use crate::domain::model::{Brief, Locality, ModelRequest, PromptMessage, Role};
use crate::edit::Format;
use crate::heal;

/// Window assumed where the server does not say: Ollama's default on this machine, a cautious figure elsewhere.
const LOCAL_WINDOW: u32 = 4096;
const REMOTE_WINDOW: u32 = 32_768;
/// Windows up to this are tiny: fewer steps, and no plan for a simple request.
const TINY_WINDOW: u32 = 4096;
/// Tokens that a chat template adds to a message.
const PER_MESSAGE: u32 = 8;
/// Least tokens an answer of JSON, and the rest of one that was cut, must have room for.
const LEAST_ANSWER: u32 = 320;
/// Tokens of context that a run gets, window permitting, however little it is expected to use.
const LEAST_CONTEXT: u32 = 2000;
/// Tokens kept free for the plan when the context is chosen.
const PLAN_TOKENS: u32 = 200;
/// Longest diff that the reviewer is shown, in bytes.
const MAX_DIFF: usize = 60_000;
/// Lines from which a file counts as long for the healer, and for the first model of a ladder, which is the cheapest.
const LONG_FILE: usize = 120;
const LONG_FOR_FIRST: usize = 40;
/// Most tokens of an answer that is JSON; thinking counts.
const JSON_ANSWER: u32 = 4096;

/// A request, and what had to be done to make it fit.
#[derive(Debug)]
pub(super) struct Composed {
    /// Ready to send.
    pub(super) request: ModelRequest,
    /// Indices of context items that were left out, ascending.
    pub(super) dropped: Vec<usize>,
    /// Paths whose whole text is in the prompt.
    pub(super) shown: Vec<String>,
}

/// Tokens of prompt and answer together that the run counts on.
pub(super) fn window(run: &Run) -> u32 {
    let fallback = if run.asked().locality == Locality::Remote { REMOTE_WINDOW } else { LOCAL_WINDOW };
    run.asked().window.filter(|w| *w > 0).unwrap_or(fallback)
}

/// Whether the window is so small that requests are made simpler.
pub(super) fn is_tiny(run: &Run) -> bool {
    window(run) <= TINY_WINDOW
}

/// Tokens for all context items together: the window without instructions, request, plan and answer.
pub(super) fn context_budget(run: &Run) -> u32 {
    let operation = if run.spec.mode.edits { Operation::Execute } else { Operation::Answer };
    let draft = Draft { run, operation, extent: Extent::Whole, items: Vec::new() };
    let fixed = total(run, &draft.messages()) + PLAN_TOKENS + 4 * PER_MESSAGE;
    // Whoever chooses may count more exactly than `tokens` does, which stays on the safe side.
    let room = window(run).saturating_sub(fixed + reserve(run, operation));
    let room = room - room / 8;
    // A large window is no reason to spend: half of what the whole run may reasonably use is enough for its context.
    match run.spec.intent.token_budget {
        0 => room,
        all => room.min((all / 2).max(LEAST_CONTEXT)),
    }
}

/// The request for the run's operation, as large as the window allows. Fails with `ContextExceeded` if the least of it
/// does not fit.
pub(super) fn compose(run: &Run, id: RequestId) -> Result<Composed, Failure> {
    let operation = run.inner.operation;
    let window = window(run);
    let tight = run.inner.tries.tight;
    let least = if run.inner.tries.draft.is_empty() { reserve(run, operation) } else { LEAST_ANSWER };
    let room = window.saturating_sub(least);
    let mut items: Vec<usize> = if takes_context(operation) { usable_items(run) } else { Vec::new() };
    let mut dropped = Vec::new();
    let allowed = if tight { item_tokens(run, &items) / 2 } else { u32::MAX };
    let spare = (tight && !takes_context(operation)) || mends_long_files(run);
    let mut extent = if spare { Extent::Excerpt } else { Extent::Whole };
    loop {
        let draft = Draft { run, operation, extent, items: items.clone() };
        let messages = draft.messages();
        let tokens = total(run, &messages);
        if tokens <= room && item_tokens(run, &items) <= allowed {
            let shown = draft.shown();
            let request = finish(run, id, messages, tokens);
            dropped.sort_unstable();
            return Ok(Composed { request, dropped, shown });
        }
        match least_relevant(run, &items) {
            Some(at) => dropped.push(items.remove(at)),
            None if extent == Extent::Whole && draft.has_files() => extent = Extent::Excerpt,
            None => return Err(too_large(run, tokens + least, window)),
        }
    }
}

fn too_large(run: &Run, needed: u32, window: u32) -> Failure {
    let model = &run.asked().reference;
    Failure::fatal(
        FailureKind::ContextExceeded,
        format!(
            "{} needs about {needed} tokens and the window of {model} has {window}: start the server with a larger window, choose another model, or ask for less at once",
            run.inner.operation.node().activity()
        ),
    )
}

fn finish(run: &Run, id: RequestId, messages: Vec<PromptMessage>, prompt_tokens: u32) -> ModelRequest {
    let operation = run.inner.operation;
    let window = window(run);
    let (cap, temperature) = profile(run);
    let cap = if schema(operation).is_some() { cap.min(JSON_ANSWER) } else { cap };
    let most = run.asked().max_output.filter(|m| *m > 0).unwrap_or(u32::MAX);
    // A second try at the same must not walk into the same loop.
    let again = run.inner.tries.repeated || matches!(operation, Operation::ExecuteRetry | Operation::PlanRetry);
    ModelRequest {
        id,
        model: run.asked().reference.clone(),
        messages,
        prompt_tokens,
        max_output: window.saturating_sub(prompt_tokens).min(cap).min(most).max(1),
        window,
        temperature_milli: if again { temperature + 300 } else { temperature },
        schema: schema(operation),
        brief: Brief {
            node: operation.node(),
            intent: run.spec.intent.clone(),
            listing: run.context.listing.clone(),
            proposal: run.attempt().map_or(Vec::new(), |a| a.changes.files.iter().map(|f| f.path.clone()).collect()),
            edits: run.spec.mode.edits,
        },
    }
}

/// Most tokens of an answer, and temperature in thousandths, by model size: small models drift in long answers and
/// need a calmer hand.
fn profile(run: &Run) -> (u32, u32) {
    match run.asked().parameters_b {
        Some(b) if b <= 8.0 => (4096, 100),
        Some(b) if b <= 40.0 => (8192, 200),
        Some(_) => (16_384, 200),
        None if run.asked().locality == Locality::Remote => (16_384, 200),
        None => (4096, 100),
    }
}

/// Tokens that must be free for the answer.
fn reserve(run: &Run, operation: Operation) -> u32 {
    let window = window(run);
    let (cap, _) = profile(run);
    let share = match operation {
        Operation::Review | Operation::PlanRetry => return LEAST_ANSWER.min(window / 4),
        // The planner shares the executor's context, and so its reserve.
        _ if base_format(run) == Format::WholeFile => window / 3,
        _ => window / 4,
    };
    share.min(cap).min(run.asked().max_output.unwrap_or(u32::MAX))
}

fn base_format(run: &Run) -> Format {
    Format::for_model(run.asked().parameters_b, Some(window(run)))
}

/// Upper estimate of the tokens of `text`: a tenth on top, since tokenizers differ and a reservation has to hold. Where the
/// context was counted by the model's own tokenizer, its ratio to the estimate is known, and a twentieth is enough.
fn tokens(run: &Run, text: &str) -> u32 {
    let context = &run.context;
    let per_mille = match (context.per_mille, context.exact) {
        (0, _) => 1_100,
        (known, true) => known.saturating_mul(21) / 20,
        (known, false) => known.saturating_mul(11) / 10,
    };
    let raised = u64::from(token::estimate(text)) * u64::from(per_mille);
    u32::try_from(raised.div_ceil(1_000)).unwrap_or(u32::MAX)
}

fn total(run: &Run, messages: &[PromptMessage]) -> u32 {
    messages.iter().map(|m| tokens(run, &m.text) + PER_MESSAGE).fold(0, u32::saturating_add)
}

/// Whether the lines around what is wrong say enough of long files: of findings, or of edits that came near somewhere.
fn mends_long_files(run: &Run) -> bool {
    let most = match run.inner.heal.model {
        Some(0) => LONG_FOR_FIRST,
        // Who is asked because the lines around were not enough is shown the rest.
        Some(_) => return false,
        None => LONG_FILE,
    };
    let long = |text: Option<&str>, most: usize| text.is_some_and(|t| t.lines().count() > most);
    let inner = &run.inner;
    base_format(run) != Format::WholeFile
        && match inner.operation {
            Operation::Heal => inner.overlay.files.iter().any(|f| long(f.after.as_deref(), most)),
            Operation::Problems => {
                inner.unplaced.iter().all(|u| !u.lines.is_empty())
                    && inner.unplaced.iter().any(|u| long(material::current(run, &u.path), LONG_FILE))
            }
            _ => false,
        }
}

fn takes_context(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Plan
            | Operation::Execute
            | Operation::ExecuteRetry
            | Operation::Round
            | Operation::Revise
            | Operation::Answer
    )
}

/// Items that are true: a file that the proposal changes is shown as the proposal leaves it, not as it was.
fn usable_items(run: &Run) -> Vec<usize> {
    let stale = |item: &ContextItem| item.kind == ContextKind::Code && run.inner.overlay.file(&item.label).is_some();
    (0..run.context.items.len()).filter(|i| !stale(&run.context.items[*i])).collect()
}

fn item_tokens(run: &Run, items: &[usize]) -> u32 {
    items.iter().map(|i| tokens(run, &run.context.items[*i].text)).fold(0, u32::saturating_add)
}

/// Position in `items` of what can be missed most easily: patterns, then memory, then parts of files, then whole files,
/// then AGENTS.md and pinned memories, then files the request names; of equals the last, but of messages the oldest.
fn least_relevant(run: &Run, items: &[usize]) -> Option<usize> {
    let rank = |item: &ContextItem| match item.kind {
        ContextKind::Pattern => 5,
        ContextKind::Memory if item.label == "AGENTS.md" || is_pinned_label(&item.label) => 1,
        ContextKind::Memory => 4,
        ContextKind::Code if run.spec.intent.paths.iter().any(|p| item.label.ends_with(p.as_str())) => 0,
        ContextKind::Code if !item.lines.is_empty() => 3,
        ContextKind::Code => 2,
    };
    let place = |at: usize, item: &ContextItem| if item.kind == ContextKind::Memory { items.len() - at } else { at };
    (0..items.len()).max_by_key(|at| {
        let item = &run.context.items[items[*at]];
        (rank(item), place(*at, item))
    })
}

/// A prompt in the making.
struct Draft<'a> {
    run: &'a Run,
    operation: Operation,
    extent: Extent,
    items: Vec<usize>,
}

impl Draft<'_> {
    fn messages(&self) -> Vec<PromptMessage> {
        let say = |role, text: String, cache_until_here| PromptMessage { role, text, cache_until_here };
        let mut messages = vec![say(Role::System, self.run.spec.mode.instructions.trim().to_owned(), true)];
        if !self.items.is_empty() {
            let context: Vec<&str> = self.items.iter().map(|i| self.run.context.items[*i].text.trim_end()).collect();
            let text = format!("The project, as far as it matters here:\n\n{}", context.join("\n\n"));
            messages.push(say(Role::User, text, true));
            messages.push(say(Role::Assistant, "I have read it. What is to be done?".to_owned(), false));
        }
        let prompts = &self.run.spec.prompts;
        messages.push(say(Role::User, prompts.render(self.operation.template(), &self.values()), false));
        let draft = &self.run.inner.tries.draft;
        if !draft.is_empty() && self.operation == self.run.inner.operation {
            messages.push(say(Role::Assistant, draft.clone(), false));
            messages.push(say(Role::User, prompts.render("continue", &Vec::new()), false));
        }
        messages
    }

    fn values(&self) -> Values {
        let run = self.run;
        let inner = &run.inner;
        let steps = if is_tiny(run) || run.spec.intent.complexity == Complexity::Simple { 3 } else { 8 };
        let mut values: Values = vec![("request", run.spec.intent.text.trim().to_owned())];
        let mut give = |name, text: String| values.push((name, text));
        give("reading", material::reading(run));
        match self.operation {
            Operation::Plan | Operation::PlanRetry => {
                give("steps", steps.to_string());
                give("listing", run.context.listing.iter().take(60).cloned().collect::<Vec<_>>().join("\n"));
            }
            Operation::Review => {
                let room = window(run).saturating_sub(1200 + LEAST_ANSWER) as usize * 3;
                let share = if self.extent == Extent::Whole { room } else { room / 2 };
                give("plan", material::plan(run));
                give("checks", material::checks(run.attempt().and_then(|a| a.report.as_ref())));
                give("diff", material::diff(run, share.clamp(600, MAX_DIFF)));
            }
            Operation::Answer => {}
            _ => {
                let paths = self.paths();
                let shown = self.items.iter().map(|i| run.context.items[*i].label.as_str());
                let example = material::example(run, paths.iter().map(String::as_str).chain(shown));
                let mut files = material::files(run, &paths, self.extent);
                if files.is_empty() && self.operation == Operation::Revise {
                    files.push_str("(It changes no file any more.)");
                }
                give("format", self.format().instructions(&example).trim_end().to_owned());
                give("plan", material::plan(run));
                give("files", files);
                give("problem", inner.tries.problem.clone());
                give("problems", material::unplaced(run));
                give("reasons", material::list(&inner.feedback));
                give("revision", inner.feedback.join("\n"));
                give("accepted", inner.judged.0.join("; "));
                give("rejected", inner.judged.1.join("; "));
                give("findings", material::findings(run));
                give("cause", material::cause(run));
                give("signatures", material::signatures(run));
                give("hint", inner.findings.first().map_or(String::new(), |f| heal::class(f).hint().to_owned()));
            }
        }
        values
    }

    /// The form to ask for. Whole files only where the model has seen the files whole and they fit the answer.
    fn format(&self) -> Format {
        let run = self.run;
        // A whole file is the simplest answer there is.
        let simplest = self.operation == Operation::ExecuteRetry;
        let base = if simplest { Format::WholeFile } else { base_format(run) };
        if base != Format::WholeFile || (run.spec.intent.action == Action::Create && self.paths().is_empty()) {
            return base;
        }
        // The file that ranks first is the one most likely to change; another one that has to is read whole when it does.
        let is_file = |item: &&ContextItem| {
            !item.lines.is_empty() || run.context.files.iter().any(|f| f.path == item.label && f.text().is_some())
        };
        let first = self.items.iter().map(|i| &run.context.items[*i]).find(is_file);
        let partial = first.is_some_and(|item| !item.lines.is_empty());
        let named = |path: &str| run.spec.intent.paths.iter().any(|p| path.ends_with(p.as_str()));
        let from_context = run.context.files.iter().filter(|f| named(&f.path)).filter_map(|f| f.text());
        let paths = self.paths();
        let shown = paths.iter().filter_map(|p| material::current(run, p));
        let size = from_context.chain(shown).map(|text| tokens(run, text)).max().unwrap_or(0);
        let too_long = size + size / 5 > reserve(run, self.operation);
        if partial || too_long || self.extent == Extent::Excerpt { Format::SearchReplace } else { base }
    }

    /// Files whose text the task itself shows.
    fn paths(&self) -> Vec<String> {
        let inner = &self.run.inner;
        let mut paths: Vec<String> = match self.operation {
            Operation::Heal => {
                let origins = material::origins(self.run).into_iter().map(|f| f.path);
                let named: Vec<String> = inner.findings.iter().map(|f| f.path.clone()).chain(origins).collect();
                // A test that fails stands in a file that the proposal may not touch at all: both are shown.
                let changed = named.iter().any(|p| inner.overlay.file(p).is_some());
                let all = inner.overlay.files.iter().filter(|_| !changed).map(|f| f.path.clone());
                named.iter().filter(|p| material::current(self.run, p).is_some()).cloned().chain(all).collect()
            }
            Operation::Problems => inner.unplaced.iter().map(|u| u.path.clone()).collect(),
            Operation::Round | Operation::Revise | Operation::ExecuteRetry => Vec::new(),
            _ => return Vec::new(),
        };
        if paths.is_empty() && self.operation != Operation::Problems {
            paths = inner.overlay.files.iter().map(|f| f.path.clone()).collect();
        }
        paths.sort();
        paths.dedup();
        paths
    }

    fn has_files(&self) -> bool {
        self.operation == Operation::Review || !self.paths().is_empty()
    }

    /// Paths whose whole text is in this prompt.
    fn shown(&self) -> Vec<String> {
        let run = self.run;
        let whole = |i: &usize| {
            let item = &run.context.items[*i];
            let read = run.context.files.iter().any(|f| f.path == item.label);
            (item.lines.is_empty() && read).then(|| item.label.clone())
        };
        let mut shown: Vec<String> = self.items.iter().filter_map(whole).collect();
        if self.extent == Extent::Whole {
            shown.extend(self.paths().into_iter().filter(|p| material::is_under_work(run, p)));
        }
        shown
    }
}
