//! From flags, environment and files to what both fronts start from.

use super::clock;
use super::world::{Script, WorldSettings, new_session};
use crate::app::{HealSettings, Mouse, Opening, Resume, RootInfo, Settings};
use crate::budget::limit::Limits;
use crate::config::{self, Approvals, Environment, Loaded, ModelChoice, Overrides, Paths, Suggestions};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::mode::Mode;
use crate::domain::model::ModelRef;
use crate::domain::revert::Asker;
use crate::graph::{Prompts, RunSettings, shipped_modes};
use crate::provider::Scripted;
use crate::repo::Root;
use std::path::PathBuf;

/// What the command line says, whichever front it starts.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// Settings that flags override.
    pub overrides: Overrides,
    /// Where to work, if not here.
    pub directory: Option<PathBuf>,
    /// The session to open or begin, by name.
    pub session: Option<String>,
    /// A script that answers instead of a model.
    pub script: Option<PathBuf>,
    /// How much faster than recorded the script answers.
    pub script_speed: f64,
}

/// Everything both fronts start from.
pub struct Setup {
    /// The repository.
    pub root: Root,
    /// The configuration, with what was wrong in it.
    pub loaded: Loaded,
    /// Our directories.
    pub paths: Paths,
    /// The environment.
    pub environment: Environment,
    /// What the program starts from.
    pub opening: Opening,
    script: Option<Script>,
}

impl Setup {
    /// Reads the configuration and opens the repository. Creates nothing.
    ///
    /// # Errors
    /// When the directory cannot be opened, or there is no place for our own files.
    pub fn new(flags: &Flags) -> Result<Setup, Failure> {
        let texts = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        Setup::within(flags, texts.collect())
    }

    /// The same in another environment than the process's own.
    ///
    /// # Errors
    /// As [`Setup::new`].
    pub fn within(flags: &Flags, environment: Environment) -> Result<Setup, Failure> {
        let paths = Paths::find(&environment)?;
        let directory = flags.directory.clone().unwrap_or_else(|| PathBuf::from("."));
        let root = Root::open(&directory)?;
        let (approvals, complaint) = Approvals::load(&paths.data);
        let sources = config::Sources {
            paths: &paths,
            root: root.path(),
            environment: &environment,
            overrides: &flags.overrides,
            approvals: &approvals,
        };
        let mut loaded = config::load(&sources);
        loaded.failures.extend(complaint);
        let script = flags.script.clone().map(|path| Script { path, speed: flags.script_speed });
        if let Some(script) = &script {
            // A flag that cannot be used is told before anything begins.
            Scripted::load(&script.path, script.speed)?;
        }
        let (settings, complaints) = settings(&loaded, &paths, script.is_some());
        loaded.failures.extend(complaints);
        let mut problems = loaded.failures.clone();
        problems.extend(loaded.suggestions.as_ref().filter(|s| !s.approved).map(unapproved));
        let opening = Opening {
            session: new_session(),
            session_name: flags.session.clone(),
            asker: Asker::default(),
            resume: Resume::Never,
            size: (0, 0),
            mouse: Mouse::default(),
            root: root_info(&root),
            settings,
            problems,
        };
        Ok(Setup { root, loaded, paths, environment, opening, script })
    }

    /// What the project suggests, as it stands in its file: one line each. `None` when there is nothing left to approve.
    pub fn suggestions(&self) -> Option<&[String]> {
        self.loaded.suggestions.as_ref().filter(|s| !s.approved).map(|s| s.lines.as_slice())
    }

    /// Approves exactly what [`Setup::suggestions`] shows, in this root, for good.
    ///
    /// # Errors
    /// When the approval cannot be written; it does not count then.
    pub fn approve(&self) -> Result<(), Failure> {
        let Some(suggestions) = &self.loaded.suggestions else { return Ok(()) };
        let (mut approvals, _) = Approvals::load(&self.paths.data);
        approvals.approve(&suggestions.hash, &format!("{} of {}", suggestions.file, self.root.path().display()))
    }

    /// What the world is made from.
    pub fn world_settings(&self) -> WorldSettings {
        WorldSettings {
            config: self.loaded.config.clone(),
            paths: self.paths.clone(),
            environment: self.environment.clone(),
            script: self.script.clone(),
        }
    }
}

/// What a project suggests and nobody has approved: said whole, with how to approve it.
pub fn unapproved(suggestions: &Suggestions) -> Failure {
    let Suggestions { file, lines, .. } = suggestions;
    let message =
        format!("{file} suggests {}: not used until approved (`vibe-tui doctor --approve`)", lines.join("; "));
    Failure::fatal(FailureKind::Config, message)
}

fn named(choice: &ModelChoice) -> Option<ModelRef> {
    match choice {
        ModelChoice::Auto => None,
        ModelChoice::Named(model) => Some(model.clone()),
    }
}

fn root_info(root: &Root) -> RootInfo {
    let name = root.path().file_name().map_or_else(|| "/".to_owned(), |n| n.to_string_lossy().into_owned());
    RootInfo {
        path: root.path().display().to_string(),
        name,
        branch: super::branch::branch(root.path()),
        writable: root.is_writable(),
    }
}

fn settings(loaded: &Loaded, paths: &Paths, scripted: bool) -> (Settings, Vec<Failure>) {
    let config = &loaded.config;
    let mut modes: Vec<Mode> = shipped_modes().to_vec();
    for (name, table) in &config.modes {
        modes.retain(|m| m.name != name.as_str());
        modes.push(Mode {
            name: name.as_str().to_owned(),
            summary: table.summary.clone(),
            edits: table.edits,
            instructions: table.instructions.clone(),
        });
    }
    let mut failures = Vec::new();
    let mode = config.mode.as_str().to_owned();
    if !modes.iter().any(|m| m.name == mode) {
        let names: Vec<&str> = modes.iter().map(|m| m.name.as_str()).collect();
        let place =
            loaded.explain().iter().find(|s| s.key == "mode").map(|s| format!("{}: ", s.place)).unwrap_or_default();
        let message = format!("{place}there is no mode `{mode}`; there are {}", names.join(", "));
        failures.push(Failure::fatal(FailureKind::Config, message));
    }
    let (texts, complaints) = loaded.prompts(paths);
    failures.extend(complaints);
    let mut prompts = Prompts::embedded();
    for (name, source) in texts {
        match prompts.clone().with_override(&name, &source.text) {
            Ok(changed) => prompts = changed,
            Err(failure) => failures.push(failure),
        }
    }
    let limits = &config.limits;
    let script = || ModelRef { provider: "scripted".into(), model: "script".into() };
    let settings = Settings {
        limits: Limits {
            run: limits.run.0,
            session: limits.session.0,
            day: limits.day.0,
            week: limits.week.0,
            month: limits.month.0,
        },
        run: RunSettings {
            quality_threshold: config.run.quality_threshold,
            max_iterations: config.run.max_iterations,
            heal_attempts: config.run.heal_attempts,
        },
        modes,
        mode,
        model: if scripted { Some(script()) } else { named(&config.model) },
        prompts,
        check: config.check.command.as_ref().map(|c| c.shown()),
        utc_offset: clock::utc_offset(),
        heal: HealSettings {
            models: config.heal.models.iter().map(named).collect(),
            max_tokens: u64::from(config.heal.max_tokens),
            max_cost: config.heal.max_cost.0,
            try_seconds: config.heal.try_seconds,
            installs: Vec::new(),
        },
    };
    (settings, failures)
}
