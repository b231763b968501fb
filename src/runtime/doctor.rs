//! `vibe-tui doctor`: what is found, what is wrong, and what to do about it, without changing anything.

use super::meaning::Meaning;
use super::setup::Setup;
use super::world::World;
use crate::domain::model::Locality;
use crate::domain::safe_text::SafeText;
use crate::store::Access;
use crate::ui::theme::Appearance;
use crate::validate::project::Program;
use crate::validate::{self, Network};
use std::fmt::Write;
use std::time::Duration;
use tokio::task::spawn_blocking;

/// What the doctor found.
pub struct Diagnosis {
    /// The report.
    pub text: String,
    /// How many things are wrong.
    pub wrong: usize,
}

/// Looks at configuration, repository, database, servers and sandbox.
pub async fn doctor(setup: Setup) -> Diagnosis {
    let mut report = Report::default();
    let (environment, paths) = (setup.environment.clone(), setup.paths.clone());
    report.good("configuration", &paths.show(&paths.config_file()));
    for failure in &setup.loaded.failures {
        report.bad("configuration", &failure.message);
    }
    let (_, complaints) = super::presentation::Presentation::load(&setup.loaded, &paths, &environment);
    for failure in complaints {
        report.bad("appearance", &failure.message);
    }
    if setup.loaded.config.theme.as_str() == "auto" {
        let taken = match Appearance::told(&environment) {
            Some(told) => format!("`auto` takes `{}`, as COLORFGBG says", told.theme()),
            None => "`auto` takes `dark`, since nothing tells the terminal's background; `theme = \"light\"` is for a light one"
                .to_owned(),
        };
        report.good("theme", &taken);
    }
    let root = &setup.opening.root;
    let branch = root.branch.as_ref().map(|b| format!(", branch {b}")).unwrap_or_default();
    let (what, note) = match setup.root.is_git() {
        true => ("repository", ""),
        false => ("folder", " (not a git repository)"),
    };
    match root.writable {
        true => report.good(what, &format!("{}{note}{branch}", root.path)),
        false => report.bad(what, &format!("{} cannot be written: accepted hunks could not be saved", root.path)),
    }
    if let Some(suggestions) = setup.loaded.suggestions.as_ref().filter(|s| !s.approved) {
        report.good("suggestions", &super::setup::unapproved(suggestions).message);
    }
    let settings = setup.world_settings();
    let (world, failures) = World::open(setup.root, settings).await;
    let database = paths.show(&paths.data.join("sessions.db"));
    match world.store.access() {
        Access::Saved => report.good("database", &database),
        _ => report.bad("database", &format!("{database}: nothing is being saved")),
    }
    for failure in failures {
        report.bad("setup", &failure.message);
    }
    models(&world, &mut report).await;
    let world = embeddings(world, &mut report).await;
    sandbox(&world, &mut report).await;
    validators(&world, &mut report).await;
    world.store.close().await;
    Diagnosis { text: report.text, wrong: report.wrong }
}

async fn models(world: &World, report: &mut Report) {
    let listing = world.discover().await;
    for model in &listing.models {
        let window = model.window.map_or("window unknown".to_owned(), |w| format!("window {w}"));
        let price = match (model.locality, world.prices.price(&model.reference, model.locality)) {
            (Locality::Embedded | Locality::Loopback, _) => "free",
            (_, crate::budget::price::Price::Unknown) => "price unknown",
            _ => "price known",
        };
        report.good("model", &format!("{} ({}; {window}; {price})", model.reference, model.note));
    }
    for failure in &listing.failures {
        report.bad("server", &failure.message);
    }
    if listing.models.iter().all(|m| m.locality == Locality::Embedded) {
        let unset: Vec<&str> = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY"]
            .into_iter()
            .filter(|name| world.validators.environment.get(*name).is_none_or(|key| key.trim().is_empty()))
            .collect();
        let keys = if unset.is_empty() { String::new() } else { format!(", or set {}", unset.join(" or ")) };
        let hint = format!("no model server was found: start Ollama or llama-server on this machine{keys}");
        report.good("hint", &hint);
    }
}

/// What search by meaning has to go by. None is no fault.
async fn embeddings(world: World, report: &mut Report) -> World {
    let examined = spawn_blocking(move || (world.meaning.as_ref().map(Meaning::examine), world)).await;
    let (examined, world) = examined.expect("looking at a model does not panic");
    match examined {
        None => report
            .good("embeddings", "none: search is by names, text and words (docs/CONTEXT.md says how to add a model)"),
        Some(Ok(found)) => report.good("embeddings", &found),
        Some(Err(failure)) => report.bad("embeddings", &failure.message),
    }
    world
}

/// Whether a check could run confined: a command that does nothing is run that way.
async fn sandbox(world: &World, report: &mut Report) {
    let argv = ["true".to_owned()];
    let policy = world.validators.policy();
    match validate::run(&argv, &std::env::temp_dir(), Duration::from_secs(5), &policy).await {
        Ok(_) => {
            let network = if policy.network == Network::Allowed { "the network as you have it" } else { "no network" };
            let found = format!("checks run confined: writes in the scratch copy only, {network}");
            report.good("sandbox", &found);
        }
        Err(error) => report.bad("sandbox", &error.to_string()),
    }
}

/// What would check proposals here. What is missing is no fault: the project may be somebody else's.
async fn validators(world: &World, report: &mut Report) {
    let plan = world.validators.plan().await;
    let mut named: Vec<&str> = Vec::new();
    for spec in &plan.specs {
        if !named.contains(&spec.tool.name) {
            named.push(spec.tool.name);
            let place = match &spec.program {
                Program::InTree(path) | Program::Elsewhere(path) => path,
            };
            report.good("validator", &format!("{} ({place})", spec.tool.name));
        }
    }
    for left_out in plan.left_out(&world.validators.allow()) {
        let why = left_out.not_run.unwrap_or_default();
        report.good("left out", &format!("{}: {why}", left_out.command));
    }
    for name in world.validators.unknown_skips() {
        let tools: Vec<&str> = validate::tool::TOOLS.iter().map(|tool| tool.name).collect();
        report.bad("configuration", &format!("`check.skip` names `{name}`; the tools are {}", tools.join(", ")));
    }
}

#[derive(Default)]
struct Report {
    text: String,
    wrong: usize,
}

impl Report {
    fn good(&mut self, what: &str, text: &str) {
        self.line(" ", what, text);
    }

    fn bad(&mut self, what: &str, text: &str) {
        self.wrong += 1;
        self.line("!", what, text);
    }

    fn line(&mut self, mark: &str, what: &str, text: &str) {
        writeln!(self.text, "{mark} {what:<14} {}", SafeText::new(text)).expect("writing to a String cannot fail");
    }
}
