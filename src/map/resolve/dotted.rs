//! Languages whose packages are named like folders: Java, Kotlin, C#, PHP, Swift. The source root before a package is
//! whatever fits; project files are not read.

use super::{Import, Scope};
use crate::domain::language::Language;
use crate::domain::path;
use crate::map::paths::{Target, ends_in, module};

const JVM: &[Language] = &[Language::Java, Language::Kotlin];

/// `a.b.Name`, `a.b.Name.member` → the file; `a.b.*` and what has no file of its name → the package's folder.
pub(super) fn jvm(scope: &Scope, import: Import, found: &mut Vec<Target>) {
    let target = import.target.strip_prefix("static ").unwrap_or(import.target).trim();
    let path = target.strip_suffix(".*").unwrap_or(target).replace('.', "/");
    let mut one = |path: &str| {
        let file = |path: &str| scope.module_ending(path, JVM).filter(|_| path.contains('/')).map(Target::file);
        let package = |path: &str| scope.folder_ending(path).filter(|_| path.contains('/')).map(Target::folder);
        let outer = path::parent(path);
        found.extend(file(path).or_else(|| file(outer)).or_else(|| package(path)).or_else(|| package(outer)));
    };
    let names: Vec<&str> = import.names().filter(|name| *name != "*").collect();
    if names.is_empty() {
        one(&path);
    }
    names.iter().for_each(|name| one(&path::join(&path, name)));
}

/// A namespace → the folder that ends in most of its last parts, at least two or all of it. A folder may be called by
/// several parts (`Acme.Shop`).
pub(super) fn c_sharp(scope: &Scope, target: &str) -> Option<Target> {
    let parts: Vec<&str> = target.trim_start_matches("static ").split('.').map(str::trim).collect();
    if matches!(parts[0], "System" | "Microsoft") && parts.len() < 3 {
        return None;
    }
    let last = *parts.last()?;
    if let Some(id) = scope.nearest_folder(target, |_, _| true) {
        return Some(Target::folder(id));
    }
    let fit = |path: &str| path.rsplit(['/', '.']).zip(parts.iter().rev()).take_while(|(a, b)| a == *b).count();
    let best = scope.paths.folders(last).map(|id| fit(scope.paths.folder_path(id))).max()?;
    let is_enough = best == parts.len() || best >= 2;
    is_enough.then(|| scope.nearest_folder(last, |_, path| fit(path) == best)).flatten().map(Target::folder)
}

/// A class by the end of its name (PSR-4: a prefix of it stands for a folder), or a file by its path.
pub(super) fn php(scope: &Scope, import: Import, found: &mut Vec<Target>) {
    let target = import.target.trim_start_matches('\\');
    if target.contains('/') || target.ends_with(".php") {
        let inside = target.trim_start_matches("./").trim_start_matches('/');
        let beside = scope.relative(inside);
        let module = inside.strip_suffix(".php").unwrap_or(inside);
        let elsewhere = || scope.module_ending(module, &[Language::Php]).filter(|_| module.contains('/'));
        found.extend(beside.or_else(elsewhere).map(Target::file));
        return;
    }
    let mut one = |path: &str| found.extend(class(scope, path).map(Target::file));
    let path = target.trim_end_matches('\\').replace('\\', "/");
    if import.names.is_empty() {
        one(&path);
    }
    import.names().for_each(|name| one(&path::join(&path, &name.replace('\\', "/"))));
}

/// The longest end of a class's name that a path ends in: folders in any case, the class as it is written. The class alone
/// is enough only when no other file is called so.
fn class(scope: &Scope, path: &str) -> Option<u32> {
    let (_, name) = path.rsplit_once('/')?;
    let slots = scope.paths.modules(name);
    let fit = |own: &str| {
        module(own).rsplit('/').zip(path.rsplit('/')).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
    };
    let best = slots.iter().map(|slot| fit(scope.paths.text(*slot))).max()?;
    if best < 2 && slots.len() > 1 {
        return None;
    }
    scope.nearest_module(name, |own| fit(own) == best)
}

/// A module → the folder of its name with sources in it.
pub(super) fn swift(scope: &Scope, target: &str) -> Option<Target> {
    let name = target.split('.').next()?;
    let has_source = |id: u32| scope.paths.members(id).iter().any(|slot| scope.paths.text(*slot).ends_with(".swift"));
    scope.nearest_folder(name, |id, path| has_source(id) && ends_in(path, name)).map(Target::folder)
}
