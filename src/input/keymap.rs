//! Keymaps: TOML files of scopes, keys and actions, each on top of the one it inherits.
//!
//! A keymap always comes out whole: a line that is wrong is complained about with its place and left out, what was there before
//! stays. What an action does, and when, is not known here.

use super::key::{Key, compact_chord, format_chord, parse_chord};
use crate::app::{Action, Scope};
use crate::config::document::{self, Entry, Source, dotted};
use crate::config::lineage::{Family, Find, lineage};
use crate::domain::failure::Failure;
use crate::domain::nearest::suggestion;
use std::collections::BTreeMap;

/// The keymaps that ship, by name.
pub const PRESETS: &[(&str, &str)] = &[
    ("default", include_str!("../../keymaps/default.toml")),
    ("vim", include_str!("../../keymaps/vim.toml")),
    ("emacs", include_str!("../../keymaps/emacs.toml")),
];

/// The table that stands for every pane (and notices): whatever neither types nor asks.
const PANES: &str = "panes";
const PANE_SCOPES: [Scope; 7] =
    [Scope::Chat, Scope::Stream, Scope::Review, Scope::Budget, Scope::Sessions, Scope::Context, Scope::Overlay];

const FAMILY: Family<'_> = Family { kind: "keymap", presets: PRESETS };

/// Keys that mean an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// One key, or a chord.
    pub keys: Vec<Key>,
    /// What they mean.
    pub action: Action,
}

/// What is bound at some keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// This action.
    Action(Action),
    /// Nothing yet: chords begin like this.
    Prefix,
    /// Nothing.
    Nothing,
}

/// Every binding of every scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keymap {
    name: String,
    /// The order is that of preference: what a file says comes before what it inherits.
    scopes: BTreeMap<Scope, Vec<Binding>>,
}

impl Keymap {
    /// The keymap `name` with the user's single keys on top. `own` finds the user's own keymap files; a name that it does not know
    /// is a preset. An unknown name gives the default keymap and a complaint.
    pub fn load(name: &str, own: &Find<'_>, overrides: &[Entry]) -> (Keymap, Vec<Failure>) {
        let mut failures = Vec::new();
        let mut keymap = Keymap { name: name.to_owned(), scopes: BTreeMap::new() };
        for source in lineage(&FAMILY, name, own, &mut failures).into_iter().rev() {
            let (entries, mut wrong) = document::entries(&source);
            let bindings = entries.iter().filter(|e| e.path != ["inherits"] && !is_bare_header(e));
            keymap.lay(bindings, &mut wrong);
            failures.extend(document::cap(wrong, &source.name));
        }
        keymap.lay(overrides.iter(), &mut failures);
        (keymap, failures)
    }

    /// A keymap from one text, on top of the preset it inherits from, if any.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its line and its fix.
    pub fn parse(name: &str, text: &str) -> Result<Keymap, Vec<Failure>> {
        let own = |asked: &str| Ok((asked == name).then(|| Source::new(name, text)));
        match Keymap::load(name, &own, &[]) {
            (keymap, failures) if failures.is_empty() => Ok(keymap),
            (_, failures) => Err(failures),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bindings of one scope, most preferred first.
    pub fn scope(&self, scope: Scope) -> &[Binding] {
        self.scopes.get(&scope).map_or(&[], Vec::as_slice)
    }

    /// What `keys` mean in `scopes`, innermost first. Where text is typed, a character never means an action of a scope further out.
    pub fn lookup(&self, scopes: &[Scope], keys: &[Key]) -> Found {
        for scope in in_reach(scopes, keys) {
            let here = self.scope(*scope);
            if let Some(binding) = here.iter().find(|b| b.keys == keys) {
                return Found::Action(binding.action);
            }
            if here.iter().any(|b| b.keys.starts_with(keys)) {
                return Found::Prefix;
            }
        }
        Found::Nothing
    }

    /// The chords that lead to an action in `scopes`, most preferred first. What another binding hides is left out.
    pub fn chords(&self, action: Action, scopes: &[Scope]) -> Vec<&[Key]> {
        let all = scopes.iter().flat_map(|scope| self.scope(*scope)).filter(|b| b.action == action);
        let mut chords: Vec<&[Key]> = Vec::new();
        for Binding { keys, .. } in all {
            let open = (1..keys.len()).all(|n| self.lookup(scopes, &keys[..n]) == Found::Prefix);
            if open && self.lookup(scopes, keys) == Found::Action(action) && !chords.contains(&keys.as_slice()) {
                chords.push(keys);
            }
        }
        chords
    }

    /// The same as text, as short as it can be read: `^p`, `gg`.
    pub fn bindings(&self, action: Action, scopes: &[Scope]) -> Vec<String> {
        self.chords(action, scopes).into_iter().map(compact_chord).collect()
    }

    /// Lays lines over what is there: the table for all panes first, then the scopes' own.
    fn lay<'a>(&mut self, entries: impl Iterator<Item = &'a Entry>, failures: &mut Vec<Failure>) {
        let (mut panes, mut own): (Layer, Layer) = (Layer::new(), Layer::new());
        for entry in entries {
            match read_line(entry) {
                Ok(line) if line.table == PANES => {
                    for scope in PANE_SCOPES {
                        add(panes.entry(scope).or_default(), line.clone(), failures);
                    }
                }
                Ok(line) => match Scope::ALL.into_iter().find(|s| s.name() == line.table) {
                    Some(scope) if scope.types() && line.keys[0].text().is_some() => {
                        let (key, table) = (line.keys[0], line.table);
                        failures.push(entry.place.failure(format_args!(
                            "`{key}` is text in `{table}`; write `ctrl-{key}` or `alt-{key}`, or another key"
                        )));
                    }
                    Some(scope) => add(own.entry(scope).or_default(), line, failures),
                    None => failures.push(unknown_scope(entry)),
                },
                Err(failure) => failures.push(failure),
            }
        }
        failures.dedup();
        self.put(panes);
        self.put(own);
    }

    fn put(&mut self, layer: Layer<'_>) {
        for (scope, lines) in layer {
            let before = self.scopes.remove(&scope).unwrap_or_default();
            let hidden = |b: &Binding| lines.iter().any(|l| b.keys.starts_with(&l.keys) || l.keys.starts_with(&b.keys));
            let kept: Vec<Binding> = before.into_iter().filter(|b| !hidden(b)).collect();
            let new = lines.iter().filter_map(|l| Some(Binding { keys: l.keys.clone(), action: l.action? }));
            let all = new.chain(kept).collect();
            self.scopes.insert(scope, all);
        }
    }
}

/// The scopes that count for `keys`: characters stop where they are typed.
pub(super) fn in_reach<'a>(scopes: &'a [Scope], keys: &[Key]) -> &'a [Scope] {
    let typed = scopes.iter().position(|s| s.types()).filter(|_| keys.first().is_some_and(|k| k.text().is_some()));
    typed.map_or(scopes, |index| &scopes[..=index])
}

/// One line of a keymap.
#[derive(Clone)]
struct Line<'a> {
    entry: &'a Entry,
    table: &'a str,
    keys: Vec<Key>,
    /// `None` takes the keys away.
    action: Option<Action>,
}

type Layer<'a> = BTreeMap<Scope, Vec<Line<'a>>>;

/// Adds a line, unless its keys and those of a line before are in each other's way.
fn add<'a>(lines: &mut Vec<Line<'a>>, line: Line<'a>, failures: &mut Vec<Failure>) {
    let in_the_way = |before: &&Line| before.keys.starts_with(&line.keys) || line.keys.starts_with(&before.keys);
    match lines.iter().find(in_the_way) {
        Some(before) => {
            let (keys, other) = (format_chord(&line.keys), format_chord(&before.keys));
            let message = match line.keys == before.keys {
                true => format!("`{keys}` is bound twice in `{}`; remove one", line.table),
                false => format!(
                    "`{keys}` and `{other}` (line {}) cannot both be bound in `{}`, since one begins with the other; change one",
                    before.entry.place.at.map_or(0, |(line, _)| line),
                    line.table
                ),
            };
            failures.push(line.entry.place.failure(message));
        }
        None => lines.push(line),
    }
}

fn read_line(entry: &Entry) -> Result<Line<'_>, Failure> {
    let [table, key] = entry.path.as_slice() else {
        let message = match entry.value.as_table() {
            Some(empty) if empty.is_empty() && entry.path.len() == 1 => return Err(unknown_scope(entry)),
            _ => format!("`{}` belongs in no scope; write it below a table such as `[review]`", dotted(&entry.path)),
        };
        return Err(entry.place.failure(message));
    };
    let keys = parse_chord(key).map_err(|why| {
        let why = if why.starts_with('`') { why } else { format!("`{key}` {why}") };
        entry.place.failure(why)
    })?;
    let Some(name) = entry.value.as_str() else {
        let message = format!("`{key}` has to be the name of an action in quotation marks, or \"none\"");
        return Err(entry.place.failure(message));
    };
    let action = Action::from_name(name);
    if action.is_none() && name != "none" {
        let known = Action::ALL.iter().map(|a| a.name()).chain(["none"]);
        let message = format!("unknown action `{name}`{}", suggestion(name, known));
        return Err(entry.place.failure(message));
    }
    Ok(Line { entry, table, keys, action })
}

/// A known table with nothing in it.
fn is_bare_header(entry: &Entry) -> bool {
    let known = |name: &str| name == PANES || Scope::ALL.iter().any(|s| s.name() == name);
    entry.path.len() == 1 && known(&entry.path[0]) && entry.value.as_table().is_some_and(toml::Table::is_empty)
}

fn unknown_scope(entry: &Entry) -> Failure {
    let table = &entry.path[0];
    let known = Scope::ALL.iter().map(|s| s.name()).chain([PANES]);
    entry.place.failure(format_args!("unknown scope `{table}`{}", suggestion(table, known)))
}

/// JSON Schema of a keymap file.
pub fn schema() -> serde_json::Value {
    let names: Vec<&str> = Action::ALL.iter().map(|a| a.name()).chain(["none"]).collect();
    let table = serde_json::json!({ "type": "object", "additionalProperties": { "enum": names } });
    let mut properties = serde_json::Map::new();
    properties.insert("inherits".to_owned(), serde_json::json!({ "type": "string" }));
    for name in Scope::ALL.iter().map(|s| s.name()).chain([PANES]) {
        properties.insert(name.to_owned(), table.clone());
    }
    serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "vibe-tui keymap",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}
