//! Loading: defaults < user < project < environment < flags, each complaint collected, none of them fatal.

use super::approval::{Approvals, ContentHash};
use super::document::{self, Entry, Place, Source, dotted};
use super::file;
use super::merge::{Layer, Merge};
use super::path::{Environment, HOME_VARIABLE, PROJECT_FILE, Paths};
use super::setting::{Config, ProjectConfig, Suggest};
use super::shape::{self, Known};
use super::value::EmbeddingSource;
use crate::domain::failure::Failure;
use crate::domain::nearest::suggestion;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::path::{Component, Path};

/// The defaults, written as a user would write them.
pub const DEFAULTS: &str = include_str!("../../assets/config.toml");

/// Environment variables and the keys they set.
pub const VARIABLES: &[(&str, &str)] = &[
    ("VIBE_TUI_THEME", "theme"),
    ("VIBE_TUI_KEYMAP", "keymap"),
    ("VIBE_TUI_MODE", "mode"),
    ("VIBE_TUI_MODEL", "model"),
    ("VIBE_TUI_OFFLINE", "offline"),
    ("VIBE_TUI_MOUSE", "screen.mouse"),
    ("VIBE_TUI_CHECK", "check.command"),
    ("VIBE_TUI_LIMIT_RUN", "limits.run"),
    ("VIBE_TUI_LIMIT_SESSION", "limits.session"),
    ("VIBE_TUI_LIMIT_DAY", "limits.day"),
];

/// What the command line sets: the topmost layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    values: Vec<(String, String, String)>,
}

impl Overrides {
    /// Sets a key (`limits.run`) to a value as typed. `flag` (`--limit`) names it in complaints.
    pub fn set(&mut self, flag: &str, key: &str, value: &str) {
        self.values.push((flag.to_owned(), key.to_owned(), value.to_owned()));
    }
}

/// What to load from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// Our directories.
    pub paths: &'a Paths,
    /// The root of the repository.
    pub root: &'a Path,
    /// The environment.
    pub environment: &'a Environment,
    /// The command line.
    pub overrides: &'a Overrides,
    /// What the user has approved before.
    pub approvals: &'a Approvals,
}

/// What came of it.
#[derive(Debug)]
pub struct Loaded {
    /// Every setting.
    pub config: Config,
    /// The user's own keys, with their lines: `scope`, `key`, action.
    pub keys: Vec<Entry>,
    /// What the project suggests, if anything. It counts (in `config`) only when approved.
    pub suggestions: Option<Suggestions>,
    /// What was wrong, each with its place and what to do. What it concerns keeps the value of the layer below.
    pub failures: Vec<Failure>,
    settings: Vec<Setting>,
}

impl Loaded {
    /// Every value with the layer it comes from, sorted by key.
    pub fn explain(&self) -> &[Setting] {
        &self.settings
    }

    /// The text of every prompt template the user put in place of a built-in one, by the prompt's name.
    pub fn prompts(&self, paths: &Paths) -> (Vec<(String, Source)>, Vec<Failure>) {
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        for (name, path) in &self.config.prompts {
            match file::read(path, &paths.show(path)) {
                Ok(Some(source)) => found.push((name.as_str().to_owned(), source)),
                Ok(None) => failures.push(Place::named(paths.show(path)).failure(format_args!(
                    "no such file; `prompts.{}` names it: write it, or remove the key",
                    name.as_str()
                ))),
                Err(failure) => failures.push(failure),
            }
        }
        (found, failures)
    }
}

/// One value and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// The key, as in TOML.
    pub key: String,
    /// The value, as in TOML.
    pub value: String,
    /// The layer.
    pub layer: Layer,
    /// The line, variable or flag.
    pub place: Place,
}

/// What a project's file suggests, to be shown whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestions {
    /// The file, as messages show it.
    pub file: String,
    /// One line each: `check.command = "cargo test"`.
    pub lines: Vec<String>,
    /// What an approval is for.
    pub hash: ContentHash,
    /// Whether the user has approved exactly this.
    pub approved: bool,
}

/// Loads every layer. Reads two files, creates none, and always comes back with a configuration that can be used.
pub fn load(sources: &Sources<'_>) -> Loaded {
    let mut failures = Failures::default();
    let mut merge = Merge::<Config>::new();
    let defaults = Source::new("built-in config.toml", DEFAULTS);
    lay_all(&mut merge, Layer::Default, &defaults, &mut failures);

    let user = sources.paths.config_file();
    match file::read(&user, &sources.paths.show(&user)) {
        Ok(Some(source)) => lay_all(&mut merge, Layer::User, &source, &mut failures),
        Ok(None) => {}
        Err(failure) => failures.unread(failure),
    }
    drop_incomplete(&mut merge, &mut failures.all);

    let project = read_project(sources, &mut failures);
    let suggestions = project.as_ref().and_then(|p| p.suggestions(sources));
    for entry in project.iter().flat_map(|p| p.entries(suggestions.as_ref())) {
        failures.lay(&mut merge, Layer::Project, entry);
    }
    for (layer, place, key, value) in typed(sources, &mut failures.all) {
        let path: Vec<String> = key.split('.').map(str::to_owned).collect();
        let value = typed_value(&merge.schema, &path, &value);
        failures.lay(&mut merge, layer, Entry { path, value, place: Place::named(place) });
    }

    let mut config = merge.value().expect("the built-in defaults are complete, and every entry was tried");
    let base = sources.paths.config.as_path();
    let inside = project.iter().flat_map(|p| &p.config.patterns).map(|dir| sources.root.join(dir));
    let own = config.patterns.iter().map(|dir| sources.paths.resolve(base, dir));
    config.patterns = own.chain(inside).collect();
    config.check.trusted = config.check.trusted.iter().map(|dir| sources.paths.resolve(base, dir)).collect();
    if let Some(EmbeddingSource::Model(dir)) = &mut config.search.embeddings {
        *dir = sources.paths.resolve(base, dir);
    }
    let Failures { all: failures, of_gates } = failures;
    config.gate.unread = of_gates;
    config.prices = config.prices.map(|file| sources.paths.resolve(base, &file));
    config.prompts.values_mut().for_each(|file| *file = sources.paths.resolve(base, file));
    Loaded { keys: keys(&merge), settings: settings(&merge), config, suggestions, failures }
}

/// Complaints, and which of them leave it unknown what the gates allow.
#[derive(Default)]
struct Failures {
    all: Vec<Failure>,
    of_gates: Vec<String>,
}

impl Failures {
    fn unread(&mut self, failure: Failure) {
        self.of_gates.push(failure.message.clone());
        self.all.push(failure);
    }

    /// These statements are no TOML, and with them may be what they hold.
    fn broken(&mut self, failures: &[Failure]) {
        self.of_gates.extend(failures.iter().map(|failure| failure.message.clone()));
    }

    /// Lays an entry, whose failure is kept and given back.
    fn tried<T: DeserializeOwned + JsonSchema>(
        &mut self,
        merge: &mut Merge<T>,
        layer: Layer,
        entry: Entry,
    ) -> Option<Failure> {
        let is_limit = entry.path.first().is_some_and(|key| key == "gate");
        let failure = merge.lay(layer, entry).err()?;
        if is_limit {
            self.of_gates.push(failure.message.clone());
        }
        Some(failure)
    }

    fn lay(&mut self, merge: &mut Merge<Config>, layer: Layer, entry: Entry) {
        self.tried(merge, layer, entry).into_iter().for_each(|failure| self.all.push(failure));
    }
}

fn lay_all(merge: &mut Merge<Config>, layer: Layer, source: &Source, failures: &mut Failures) {
    let (entries, broken) = document::entries(source);
    failures.broken(&broken);
    // Limits first: what guards money is said even where the list of complaints is cut.
    let (limits, others): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|entry| entry.path[0] == "limits");
    let mut lay = |entries: Vec<Entry>| -> Vec<Failure> {
        entries.into_iter().filter_map(|entry| failures.tried(merge, layer, entry)).collect()
    };
    let wrong = [lay(limits), broken, lay(others)].concat();
    failures.all.extend(document::cap(wrong, &source.name));
}

/// Takes away endpoints without an address and modes without instructions, and says so.
fn drop_incomplete(merge: &mut Merge<Config>, failures: &mut Vec<Failure>) {
    for (table, key, example) in [
        ("endpoints", "base_url", "`base_url = \"http://127.0.0.1:8080/v1\"`"),
        ("modes", "instructions", "`instructions = \"…\"`"),
    ] {
        let Some(toml::Value::Table(named)) = merge.table.get(table) else { continue };
        let lacks = |value: &toml::Value| value.get(key).and_then(toml::Value::as_str).is_none_or(str::is_empty);
        let lacking: Vec<String> = named.iter().filter(|(_, v)| lacks(v)).map(|(name, _)| name.clone()).collect();
        for name in lacking {
            if let Some(place) = merge.place(&[table, &name]) {
                let message = format!("`{}` has no `{key}`; add {example}", dotted(&[table.into(), name.clone()]));
                failures.push(place.failure(message));
            }
            merge.origins.retain(|path, _| !(path.len() > 1 && path[0] == table && path[1] == name));
            if let Some(toml::Value::Table(named)) = merge.table.get_mut(table) {
                named.remove(&name);
            }
        }
    }
}

/// A project's file, read.
struct Project {
    file: String,
    config: ProjectConfig,
    merge: Merge<ProjectConfig>,
}

fn read_project(sources: &Sources<'_>, failures: &mut Failures) -> Option<Project> {
    let source = match file::read(&sources.root.join(PROJECT_FILE), PROJECT_FILE) {
        Ok(source) => source?,
        Err(failure) => {
            failures.unread(failure);
            return None;
        }
    };
    let mut merge = Merge::<ProjectConfig>::new();
    let user_format = shape::schema::<Config>();
    let (entries, mut wrong) = document::entries(&source);
    failures.broken(&wrong);
    for entry in entries {
        let foreign = matches!(shape::lookup(&merge.schema, &entry.path), Known::No(..))
            && matches!(shape::lookup(&user_format, &entry.path), Known::Yes(_));
        if foreign {
            wrong.push(entry.place.failure(format_args!(
                "a project's file may not set `{}`; it may set `theme`, `patterns`, `gate` and `suggest`: put it into {}",
                dotted(&entry.path),
                sources.paths.show(&sources.paths.config_file()),
            )));
        } else if let Some(outside) = outside(&entry) {
            wrong.push(entry.place.failure(format_args!(
                "`patterns` holds `{outside}`, which is not inside the project; name a directory below it"
            )));
        } else {
            wrong.extend(failures.tried(&mut merge, Layer::Project, entry));
        }
    }
    failures.all.extend(document::cap(wrong, &source.name));
    let config = merge.value().ok()?;
    Some(Project { file: source.name, config, merge })
}

/// The first directory of a `patterns` entry that leads out of the project.
fn outside(entry: &Entry) -> Option<String> {
    let inside = |dir: &str| Path::new(dir).components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    let listed = entry.value.as_array().filter(|_| entry.path == ["patterns"])?;
    listed.iter().filter_map(toml::Value::as_str).find(|dir| !inside(dir)).map(str::to_owned)
}

impl Project {
    /// What it adds to the configuration: its theme, its gates' numbers, and what was approved.
    fn entries(&self, suggestions: Option<&Suggestions>) -> Vec<Entry> {
        const SUGGESTED: [(&[&str], &[&str]); 3] = [
            (&["suggest", "check"], &["check", "command"]),
            (&["suggest", "model"], &["model"]),
            (&["suggest", "mode"], &["mode"]),
        ];
        let mut entries: Vec<Entry> = self.entry(&["theme"], &["theme"]).into_iter().collect();
        for path in self.merge.origins.keys().filter(|path| path[0] == "gate") {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            entries.extend(self.entry(&path, &path));
        }
        if suggestions.is_some_and(|s| s.approved) {
            entries.extend(SUGGESTED.iter().filter_map(|(from, to)| self.entry(from, to)));
        }
        entries
    }

    fn entry(&self, from: &[&str], to: &[&str]) -> Option<Entry> {
        let from: Vec<String> = from.iter().map(|s| (*s).to_owned()).collect();
        let origin = self.merge.origins.get(&from)?;
        let mut value = self.merge.table.get(&from[0])?;
        for key in &from[1..] {
            value = value.get(key)?;
        }
        let path = to.iter().map(|s| (*s).to_owned()).collect();
        Some(Entry { path, value: value.clone(), place: origin.place.clone() })
    }

    fn suggestions(&self, sources: &Sources<'_>) -> Option<Suggestions> {
        let Suggest { check, model, mode } = &self.config.suggest;
        let mut lines = Vec::new();
        lines.extend(check.as_ref().map(|c| format!("check.command = {}", toml::Value::from(c.words().to_vec()))));
        lines.extend(model.as_ref().map(|m| format!("model = {}", toml::Value::from(m.to_string()))));
        lines.extend(mode.as_ref().map(|m| format!("mode = {}", toml::Value::from(m.as_str()))));
        if lines.is_empty() {
            return None;
        }
        let root = sources.root.to_string_lossy();
        let mut shown = vec!["suggest", &*root];
        shown.extend(lines.iter().map(String::as_str));
        let hash = ContentHash::of(&shown);
        let approved = sources.approvals.is_approved(&hash);
        Some(Suggestions { file: self.file.clone(), lines, hash, approved })
    }
}

/// Environment and flags as (layer, name, key, text). An unknown `VIBE_TUI_…` is said.
fn typed(sources: &Sources<'_>, failures: &mut Vec<Failure>) -> Vec<(Layer, String, String, String)> {
    let mut found = Vec::new();
    for (name, value) in sources.environment.iter().filter(|(n, v)| n.starts_with("VIBE_TUI_") && !v.is_empty()) {
        match VARIABLES.iter().find(|(known, _)| known == name) {
            Some((_, key)) => found.push((Layer::Environment, name.clone(), (*key).to_owned(), value.clone())),
            None if name == HOME_VARIABLE => {}
            None => {
                let known = VARIABLES.iter().map(|(n, _)| *n).chain([HOME_VARIABLE]);
                failures.push(Place::named(name).failure(format_args!("unknown variable{}", suggestion(name, known))));
            }
        }
    }
    let flags = sources.overrides.values.iter().cloned();
    found.extend(flags.map(|(flag, key, value)| (Layer::Flag, flag, key, value)));
    found
}

/// A typed text as the first of truth value, whole number, number and text that fits; otherwise as text.
fn typed_value(schema: &serde_json::Value, path: &[String], text: &str) -> toml::Value {
    let as_text = toml::Value::from(text);
    let Known::Yes(schema) = shape::lookup(schema, path) else { return as_text };
    let word = match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    };
    let truth = word.map(toml::Value::from);
    let whole = text.parse::<i64>().ok().map(toml::Value::from);
    let number = text.parse::<f64>().ok().map(toml::Value::from);
    let mut read = truth.into_iter().chain(whole).chain(number);
    let fitting = read.clone().chain([as_text.clone()]).find(|value| shape::fits(schema, value));
    // What fits nowhere is complained about as what it looks like.
    fitting.or_else(|| read.next()).unwrap_or(as_text)
}

fn keys(merge: &Merge<Config>) -> Vec<Entry> {
    let tables = merge.table.get("keys").and_then(toml::Value::as_table);
    let mut keys = Vec::new();
    for (scope, table) in tables.into_iter().flatten() {
        for (key, action) in table.as_table().into_iter().flatten() {
            let path = vec!["keys".to_owned(), scope.clone(), key.clone()];
            if let Some(origin) = merge.origins.get(&path) {
                let place = origin.place.clone();
                keys.push(Entry { path: path[1..].to_vec(), value: action.clone(), place });
            }
        }
    }
    keys.sort_by(|a, b| a.place.cmp(&b.place));
    keys
}

fn settings(merge: &Merge<Config>) -> Vec<Setting> {
    let value = |path: &[String]| {
        let mut here = merge.table.get(&path[0])?;
        for key in &path[1..] {
            here = here.get(key)?;
        }
        (!here.is_table()).then(|| here.to_string())
    };
    let setting = |(path, origin): (&Vec<String>, &super::merge::Origin)| {
        let (layer, place) = (origin.layer, origin.place.clone());
        Some(Setting { key: dotted(path), value: value(path)?, layer, place })
    };
    merge.origins.iter().filter_map(setting).collect()
}
