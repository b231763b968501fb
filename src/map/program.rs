//! The programs that a manifest declares (`pyproject.toml`, `setup.cfg`, `package.json`), as files of the map. Reads no `setup.py`, which
//! is code, and knows nothing of what a build makes: what is declared and stands in no file of the map is none.

use super::paths::join;
use super::resolve::{self, Import};
use super::table::Map;
use crate::domain::language::Language;
use crate::domain::path::{name, parent};
use toml::{Table, Value};

/// Files that a name is followed through, from the one that a manifest names to the one that defines it.
const HOPS: usize = 4;

/// Whether a path is that of a manifest in which programs are declared.
pub fn is_manifest(path: &str) -> bool {
    matches!(name(path), "pyproject.toml" | "setup.cfg" | "package.json")
}

impl Map {
    /// The files in which the programs begin that a manifest with this text declares; none where it cannot be read.
    pub fn programs(&self, manifest: &str, text: &str) -> Vec<&str> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let slots: Vec<u32> = match name(manifest) {
            "pyproject.toml" => of_pyproject(text).iter().filter_map(|object| self.python(manifest, object)).collect(),
            "setup.cfg" => of_setup(text).iter().filter_map(|object| self.python(manifest, object)).collect(),
            _ => {
                let scripts = of_package(text);
                let paths = scripts.iter().filter_map(|script| join(parent(manifest), script));
                paths.filter_map(|path| self.paths.exact(&path)).collect()
            }
        };
        slots
            .into_iter()
            .map(|slot| self.file(slot))
            .filter(|file| file.oddity.is_none())
            .map(|file| &*file.path)
            .collect()
    }

    /// Where `package.module:function` stands: a package often takes the function from one of its modules.
    fn python(&self, manifest: &str, object: &str) -> Option<u32> {
        let (module, name) = object.split_once(':')?;
        let name = name.trim().split(['.', ' ', '[']).next()?;
        let mut slot = self.module(manifest, Import { target: module.trim(), names: "" })?;
        for _ in 0..HOPS {
            let file = self.file(slot);
            let mut imports = file.imports().filter(|import| import.names.split(',').any(|own| own == name));
            match imports.find_map(|import| self.module(&file.path, Import { names: "", ..import })) {
                Some(next) if next != slot => slot = next,
                _ => break,
            }
        }
        Some(slot)
    }

    fn module(&self, from: &str, import: Import) -> Option<u32> {
        let mut found = Vec::new();
        resolve::resolve(&self.paths, from, Language::Python, import, &mut found);
        found.first()?.split().ok()
    }
}

/// The objects of PEP 621's `project.scripts` and `project.gui-scripts`, and of Poetry's own table.
fn of_pyproject(text: &str) -> Vec<String> {
    let Ok(all) = text.parse::<Table>() else { return Vec::new() };
    let table = |path: &[&str]| path.iter().try_fold(&all, |table, key| table.get(*key)?.as_table());
    let tables = [&["project", "scripts"][..], &["project", "gui-scripts"], &["tool", "poetry", "scripts"]];
    let values = tables.into_iter().filter_map(table).flat_map(Table::values);
    let object = |value: &Value| value.as_str().or_else(|| value.get("reference")?.as_str()).map(str::to_owned);
    values.filter_map(object).collect()
}

/// Those of `console_scripts` and `gui_scripts` (setuptools' declarative configuration).
fn of_setup(text: &str) -> Vec<String> {
    let (mut is_section, mut is_scripts, mut found) = (false, false, Vec::new());
    for line in text.lines().filter(|line| !line.trim_start().starts_with(['#', ';'])) {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if line.starts_with('[') {
            (is_section, is_scripts) = (line.trim() == "[options.entry_points]", false);
        } else if !line.starts_with([' ', '\t']) && !key.trim().is_empty() {
            is_scripts = matches!(key.trim(), "console_scripts" | "gui_scripts");
        } else if is_section && is_scripts && !value.trim().is_empty() {
            found.push(value.trim().to_owned());
        }
    }
    found
}

/// The paths of `bin`, one or by name.
fn of_package(text: &str) -> Vec<String> {
    let Ok(all) = serde_json::from_str::<serde_json::Value>(text) else { return Vec::new() };
    match &all["bin"] {
        serde_json::Value::String(path) => vec![path.clone()],
        serde_json::Value::Object(paths) => {
            paths.values().filter_map(|path| path.as_str()).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}
