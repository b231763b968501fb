//! Theme, colours and keys as they are at the start, in a form that a recording can carry.

use crate::config::{Entry, Environment, Loaded, Paths, Place, Source};
use crate::domain::failure::Failure;
use crate::domain::nearest::suggestion;
use crate::input::{Keymap, PRESETS};
use crate::ui::Look;
use crate::ui::theme::{Appearance, Depth, Output, THEMES, Theme};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::io::IsTerminal;

/// What frames depend on beside the state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Presentation {
    /// Names of the themes to go through, the one to begin with first.
    themes: Vec<String>,
    /// The terminal's colours.
    depth: Depth,
    /// The keymap's name.
    keymap: String,
    /// The user's own files that these stand on: folder, name, text.
    files: Vec<(String, String, String)>,
    /// The user's own keys: scope and key, action.
    keys: Vec<(Vec<String>, toml::Value)>,
}

impl Presentation {
    /// Finds out what the configuration and the terminal ask for, and what is wrong with the user's files.
    pub fn load(loaded: &Loaded, paths: &Paths, environment: &Environment) -> (Presentation, Vec<Failure>) {
        let output = if std::io::stdout().is_terminal() { Output::Terminal } else { Output::Other };
        let wanted = match loaded.config.theme.as_str() {
            "auto" => Appearance::told(environment).unwrap_or(Appearance::Dark).theme(),
            name => name,
        };
        let mut failures = Vec::new();
        let shipped = names(THEMES, paths.names("themes"));
        let mut themes = vec![known("theme", wanted, &shipped, loaded, &mut failures).to_owned()];
        for name in shipped {
            if !themes.contains(&name) {
                themes.push(name);
            }
        }
        let files = RefCell::new(Vec::new());
        let own = |folder: &str, name: &str| {
            let source = paths.named(folder, name)?;
            if let Some(source) = &source {
                files.borrow_mut().push((folder.to_owned(), name.to_owned(), source.text.clone()));
            }
            Ok(source)
        };
        for name in &themes {
            let (_, complaints) = Theme::load(name, &|asked| own("themes", asked));
            failures.extend(complaints);
        }
        let shipped = names(PRESETS, paths.names("keymaps"));
        let keymap = known("keymap", loaded.config.keymap.as_str(), &shipped, loaded, &mut failures).to_owned();
        let (_, complaints) = Keymap::load(&keymap, &|asked| own("keymaps", asked), &loaded.keys);
        failures.extend(complaints);
        let keys = loaded.keys.iter().map(|e| (e.path.clone(), e.value.clone())).collect();
        let files = files.into_inner();
        (Presentation { themes, depth: Depth::detect(environment, output), keymap, files, keys }, failures)
    }

    /// The themes at this depth, the one to begin with first, and the keys. Complaints were made when it was loaded.
    pub fn restore(&self) -> (Vec<Look>, Keymap) {
        let own = |folder: &str, name: &str| {
            let found = self.files.iter().find(|(f, n, _)| f == folder && n == name);
            Ok(found.map(|(_, name, text)| Source::new(name.clone(), text.clone())))
        };
        let looks =
            self.themes.iter().map(|name| Look::new(&Theme::load(name, &|asked| own("themes", asked)).0, self.depth));
        let keys: Vec<Entry> = self
            .keys
            .iter()
            .map(|(path, value)| Entry { path: path.clone(), value: value.clone(), place: Place::named("keys") })
            .collect();
        let (keymap, _) = Keymap::load(&self.keymap, &|asked| own("keymaps", asked), &keys);
        (looks.collect(), keymap)
    }
}

/// Those that ship, then the user's own.
fn names(shipped: &[(&str, &str)], own: Vec<String>) -> Vec<String> {
    shipped.iter().map(|(name, _)| (*name).to_owned()).chain(own).collect()
}

/// `wanted`, or the first that ships where there is none of that name, which is then said with the place that asks for it.
fn known<'a>(key: &str, wanted: &'a str, names: &'a [String], loaded: &Loaded, failures: &mut Vec<Failure>) -> &'a str {
    let setting = loaded.explain().iter().find(|s| s.key == key);
    match setting {
        Some(setting) if !names.iter().any(|n| n == wanted) => {
            let near = suggestion(wanted, names.iter().map(String::as_str));
            let used = &names[0];
            failures.push(setting.place.failure(format!("unknown {key} `{wanted}`; `{used}` is used{near}")));
            used
        }
        _ => wanted,
    }
}
