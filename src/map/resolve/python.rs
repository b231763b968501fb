//! Python: dotted modules from a source root, and relative ones by leading dots. Reads no `sys.path` and no packaging file.

use super::{Import, Scope};
use crate::domain::language::Language;
use crate::domain::path;
use crate::map::paths::{self, Target};

/// Where sources stand in a repository, beside its root.
const SOURCES: [&str; 3] = ["src", "lib", "python"];
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
        match module(scope, &stem, name) {
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
        base = path::parent(base);
    }
    Some(path::join(base, path))
}

/// The module's path without ending: below a folder above the importer that is no package itself, then below a usual source
/// root, then wherever a path of two parts or more ends like it.
fn absolute(scope: &Scope, path: &str, names: &str) -> Option<String> {
    if path.is_empty() {
        return None;
    }
    // What no file is called need not be looked for below each root.
    let may_have = |name: &&str| !name.is_empty() && scope.paths.may_have_module(name);
    let (has_own, names) = (may_have(&path::name(path)), names.split(',').filter(may_have).collect::<Vec<_>>());
    let is_file = |stem: &str| scope.first(stem, MODULE).is_some();
    let is_module = |stem: &str| has_own && is_file(stem) || names.iter().any(|name| is_file(&path::join(stem, name)));
    let is_root = |root: &&str| root.is_empty() || scope.first(root, &["/__init__.py"]).is_none();
    let roots = scope.ancestors().filter(is_root).chain(SOURCES);
    let may_be = may_be_below(scope, path) || names.iter().any(|name| may_be_below(scope, &path::join(path, name)));
    let at_root = if may_be { roots.map(|root| path::join(root, path)).find(|stem| is_module(stem)) } else { None };
    at_root.or_else(|| {
        let slot = scope.module_ending(path, &[Language::Python]).filter(|_| path.contains('/'))?;
        Some(paths::module(scope.paths.text(slot)).to_owned())
    })
}

/// A module of a package.
fn module(scope: &Scope, package: &str, name: &str) -> Option<u32> {
    scope.paths.may_have_module(name).then(|| scope.first(&path::join(package, name), MODULE)).flatten()
}

/// Whether any root that counts can have this module: most are of no repository, and this is cheaper than to ask each root.
fn may_be_below(scope: &Scope, path: &str) -> bool {
    let is_above = |root: &str| {
        SOURCES.contains(&root)
            || scope.folder.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let fits = |slot: &u32| {
        let root = paths::module(scope.paths.text(*slot)).strip_suffix(path);
        root.is_some_and(|root| root.is_empty() || root.strip_suffix('/').is_some_and(is_above))
    };
    let name = path::name(path);
    scope.paths.may_have_module(name) && (paths::STANDING.contains(&name) || scope.paths.modules(name).iter().any(fits))
}
