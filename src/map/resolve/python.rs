//! Python: dotted modules from a source root, and relative ones by leading dots. Reads no `sys.path` and no packaging file.

use super::{Import, Scope, below};
use crate::domain::language::Language;
use crate::map::convention::folder;
use crate::map::paths::Target;

const MODULE: &[&str] = &[".py", "/__init__.py", ".pyi", "/__init__.pyi"];

/// A module, or those of its names that are modules themselves.
pub(super) fn resolve(scope: &Scope, import: Import, found: &mut Vec<Target>) {
    let dots = import.target.bytes().take_while(|b| *b == b'.').count();
    let path = import.target[dots..].replace('.', "/");
    let stem = if dots > 0 { relative(scope, dots, &path) } else { absolute(scope, &path, import.names) };
    let Some(stem) = stem else { return };
    let before = found.len();
    let mut is_used_whole = import.names.is_empty();
    for name in import.names() {
        match scope.first(&below(&stem, name), MODULE) {
            Some(slot) => found.push(Target::file(slot)),
            None => is_used_whole = true,
        }
    }
    if is_used_whole || found.len() == before {
        found.extend(scope.first(&stem, MODULE).map(Target::file));
    }
}

fn relative(scope: &Scope, dots: usize, path: &str) -> Option<String> {
    let mut base = scope.folder;
    for _ in 1..dots {
        if base.is_empty() {
            return None;
        }
        base = folder(base);
    }
    Some(below(base, path))
}

/// The module's path without ending: below a folder above the importer that is no package itself, then below a usual source
/// root, then wherever a path of two parts or more ends like it.
fn absolute(scope: &Scope, path: &str, names: &str) -> Option<String> {
    if path.is_empty() {
        return None;
    }
    let is_module = |stem: &str| {
        scope.first(stem, MODULE).is_some()
            || names.split(',').any(|name| !name.is_empty() && scope.first(&below(stem, name), MODULE).is_some())
    };
    let is_root = |root: &&str| root.is_empty() || scope.first(root, &["/__init__.py"]).is_none();
    let roots = scope.ancestors().filter(is_root).chain(["src", "lib", "python"]);
    let at_root = roots.map(|root| below(root, path)).find(|stem| is_module(stem));
    at_root.or_else(|| {
        let slot = scope.module_ending(path, &[Language::Python]).filter(|_| path.contains('/'))?;
        Some(crate::map::paths::module(scope.paths.text(slot)).to_owned())
    })
}
