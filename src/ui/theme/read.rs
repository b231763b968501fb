//! Theme files: palette, roles and what they inherit. A line that is wrong is complained about with its place and left out.

use super::color::{ANSI_NAMES, Paint};
use super::role::Role;
use super::{Look, THEMES, Theme};
use crate::config::Place;
use crate::config::document::{self, Entry, dotted};
use crate::config::lineage::{Family, Find, lineage};
use crate::domain::failure::Failure;
use crate::domain::nearest::{nearest, suggestion};
use ratatui::style::Modifier;
use std::collections::BTreeMap;

/// The keys of a role that switch something on or off.
const SWITCHES: [(&str, Modifier); 6] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underline", Modifier::UNDERLINED),
    ("reverse", Modifier::REVERSED),
    ("strikethrough", Modifier::CROSSED_OUT),
];

const FAMILY: Family<'_> = Family { kind: "theme", presets: THEMES };

/// Reads a theme and what it inherits from.
pub(super) fn read(name: &str, own: &Find<'_>, failures: &mut Vec<Failure>) -> Theme {
    let mut draft = Draft::default();
    for source in lineage(&FAMILY, name, own, failures).into_iter().rev() {
        let (entries, mut wrong) = document::entries(&source);
        wrong.extend(entries.iter().filter_map(|entry| draft.lay(entry).err()));
        failures.extend(document::cap(wrong, &source.name));
    }
    draft.theme(name, failures)
}

/// What the files say, the topmost last.
#[derive(Default)]
struct Draft {
    palette: BTreeMap<String, Paint>,
    /// Colours by role and ground, resolved once the palette is whole: a file may change a colour of the theme below.
    colors: BTreeMap<(Role, Ground), Vec<(String, Place)>>,
    switches: BTreeMap<Role, (Modifier, Modifier)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ground {
    Fore,
    Back,
}

impl Draft {
    fn lay(&mut self, entry: &Entry) -> Result<(), Failure> {
        let fail = |message: String| Err(entry.place.failure(message));
        let path: Vec<&str> = entry.path.iter().map(String::as_str).collect();
        let is_empty = entry.value.as_table().is_some_and(toml::Table::is_empty);
        match path.as_slice() {
            ["inherits"] => Ok(()),
            ["palette" | "roles"] if is_empty => Ok(()),
            ["palette", name] => match entry.value.as_str().and_then(Paint::parse) {
                Some(paint) => {
                    self.palette.insert((*name).to_owned(), paint);
                    Ok(())
                }
                None => {
                    fail(format!("`palette.{name}` is no colour; write \"#rrggbb\", or a name such as \"bright-red\""))
                }
            },
            ["roles", role, rest @ ..] => match (Role::from_name(role), rest) {
                (Some(role), []) => self.color(role, Ground::Fore, entry),
                (Some(role), ["fg"]) => self.color(role, Ground::Fore, entry),
                (Some(role), ["bg"]) => self.color(role, Ground::Back, entry),
                (Some(role), [key]) => self.switch(role, key, entry),
                (Some(_), _) => {
                    fail(format!("`{}` goes too deep; write `roles.{role} = {{ fg = \"…\" }}`", dotted(&entry.path)))
                }
                (None, _) => {
                    fail(format!("unknown role `{role}`{}", suggestion(role, Role::ALL.iter().map(|r| r.name()))))
                }
            },
            [key, ..] => fail(format!("unknown key `{key}`{}", suggestion(key, ["inherits", "palette", "roles"]))),
            [] => Ok(()),
        }
    }

    fn color(&mut self, role: Role, ground: Ground, entry: &Entry) -> Result<(), Failure> {
        let Some(name) = entry.value.as_str() else {
            let key = dotted(&entry.path);
            return Err(entry
                .place
                .failure(format_args!("`{key}` has to be a colour in quotation marks, such as \"#7fb4ff\"")));
        };
        let written = (name.to_owned(), entry.place.clone());
        self.colors.entry((role, ground)).or_default().push(written);
        Ok(())
    }

    fn switch(&mut self, role: Role, key: &str, entry: &Entry) -> Result<(), Failure> {
        let Some((_, modifier)) = SWITCHES.iter().find(|(name, _)| *name == key) else {
            let known = ["fg", "bg"].into_iter().chain(SWITCHES.iter().map(|(name, _)| *name));
            let table = dotted(&entry.path[..2]);
            return Err(entry
                .place
                .failure(format_args!("unknown key `{key}` in `{table}`{}", suggestion(key, known))));
        };
        let Some(on) = entry.value.as_bool() else {
            let key = dotted(&entry.path);
            return Err(entry.place.failure(format_args!("`{key}` has to be true or false")));
        };
        let (add, remove) = self.switches.entry(role).or_insert((Modifier::empty(), Modifier::empty()));
        add.set(*modifier, on);
        remove.set(*modifier, !on);
        Ok(())
    }

    /// The topmost colour that is one. Each that is not is complained about.
    fn paint(&self, role: Role, ground: Ground, failures: &mut Vec<Failure>) -> Option<Paint> {
        for (name, place) in self.colors.get(&(role, ground)).into_iter().flatten().rev() {
            match self.palette.get(name).copied().or_else(|| Paint::parse(name)) {
                Some(paint) => return Some(paint),
                None => {
                    let known = self.palette.keys().map(String::as_str).chain(ANSI_NAMES).chain(["default"]);
                    let fix = match nearest(name, known) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "write \"#rrggbb\", or a name of the palette".to_owned(),
                    };
                    failures.push(place.failure(format_args!("unknown colour `{name}`; {fix}")));
                }
            }
        }
        None
    }

    fn theme(&self, name: &str, failures: &mut Vec<Failure>) -> Theme {
        let mut looks: BTreeMap<Role, Look> = BTreeMap::new();
        // Parents stand before their children in `Role::ALL`.
        for role in Role::ALL {
            let parent = looks.get(&role.parent()).copied().unwrap_or_default();
            let (add, remove) = self.switches.get(role).copied().unwrap_or((Modifier::empty(), Modifier::empty()));
            let look = Look {
                fg: self.paint(*role, Ground::Fore, failures).or(parent.fg),
                // A word of code keeps the background of its line.
                bg: self.paint(*role, Ground::Back, failures),
                modifiers: (parent.modifiers | add) - remove,
            };
            looks.insert(*role, look);
        }
        Theme { name: name.to_owned(), looks }
    }
}

/// JSON Schema of a theme file.
pub fn schema() -> serde_json::Value {
    let text = serde_json::json!({ "type": "string" });
    let mut keys = serde_json::Map::new();
    for ground in ["fg", "bg"] {
        keys.insert(ground.to_owned(), text.clone());
    }
    for (switch, _) in SWITCHES {
        keys.insert(switch.to_owned(), serde_json::json!({ "type": "boolean" }));
    }
    let look = |role: &Role| {
        serde_json::json!({
            "description": role.doc(),
            "anyOf": [text, { "type": "object", "additionalProperties": false, "properties": keys }],
        })
    };
    let roles: serde_json::Map<_, _> = Role::ALL.iter().map(|role| (role.name().to_owned(), look(role))).collect();
    let mut colors: Vec<String> = ANSI_NAMES.map(str::to_owned).to_vec();
    colors.push("default".to_owned());
    serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "vibe-tui theme",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "inherits": text,
            "palette": {
                "type": "object",
                "additionalProperties": { "anyOf": [{ "type": "string", "pattern": "^#[0-9A-Fa-f]{6}$" }, { "enum": colors }] },
            },
            "roles": { "type": "object", "additionalProperties": false, "properties": roles },
        },
    })
}
