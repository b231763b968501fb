//! Rust: paths of modules from the crate, the parent or the module itself, and other crates of the workspace by folder.
//! Reads no `Cargo.toml` and no `#[path]`.

use super::{Import, Scope};
use crate::domain::path;
use crate::map::paths::Target;

/// The file of the longest leading part of a path that is a module, once for each name that leads further.
pub(super) fn resolve(scope: &Scope, import: Import, found: &mut Vec<Target>) {
    let target = import.target.strip_prefix("mod ").unwrap_or(import.target);
    let segments: Vec<&str> = target.split("::").map(str::trim).filter(|s| !s.is_empty()).collect();
    if import.names.is_empty() {
        found.extend(path(scope, &segments).map(Target::file));
    }
    for name in import.names() {
        let inner = name.split("::").filter(|s| !s.is_empty());
        let whole: Vec<&str> = segments.iter().copied().chain(inner).collect();
        found.extend(path(scope, &whole).map(Target::file));
    }
}

fn path(scope: &Scope, segments: &[&str]) -> Option<u32> {
    let (first, mut rest) = segments.split_first()?;
    let mut dir = match *first {
        "crate" => crate_folder(scope)?.to_owned(),
        "self" => own_folder(scope.from),
        "super" => path::parent(&own_folder(scope.from)).to_owned(),
        name => return other_crate(scope, name, rest).or_else(|| child(scope, segments)),
    };
    while let Some(("super", further)) = rest.split_first().map(|(first, further)| (*first, further)) {
        dir = path::parent(&dir).to_owned();
        rest = further;
    }
    descend(scope, &dir, rest).or_else(|| module_of(scope, &dir))
}

/// A module declared here and named without `self`.
fn child(scope: &Scope, segments: &[&str]) -> Option<u32> {
    descend(scope, &own_folder(scope.from), segments)
}

/// The file of the last of `segments` that is a module, below a module's folder.
fn descend(scope: &Scope, dir: &str, segments: &[&str]) -> Option<u32> {
    let (mut dir, mut last) = (dir.to_owned(), None);
    for segment in segments {
        dir = path::join(&dir, segment.strip_prefix("r#").unwrap_or(segment));
        match scope.first(&dir, &[".rs", "/mod.rs"]) {
            Some(slot) => last = Some(slot),
            None => break,
        }
    }
    last
}

/// The file whose modules stand in this folder.
fn module_of(scope: &Scope, dir: &str) -> Option<u32> {
    scope.first(dir, &[".rs", "/mod.rs", "/lib.rs", "/main.rs"])
}

/// Where the modules stand that a file declares.
fn own_folder(path: &str) -> String {
    match path::name(path) {
        "mod.rs" | "lib.rs" | "main.rs" => path::parent(path).to_owned(),
        _ => path.strip_suffix(".rs").unwrap_or(path).to_owned(),
    }
}

/// The innermost folder above the importer that has a crate's root in it.
fn crate_folder<'a>(scope: &'a Scope) -> Option<&'a str> {
    scope.ancestors().filter(|dir| scope.first(dir, &["/lib.rs", "/main.rs"]).is_some()).last()
}

/// `name::…`: a folder of the workspace called so, or the package whose tests, examples or program the importer is one of.
fn other_crate(scope: &Scope, name: &str, rest: &[&str]) -> Option<u32> {
    let called = |name: &str| scope.folder_ending(&format!("{name}/src"));
    let dashed = || name.contains('_').then(|| called(&name.replace('_', "-"))).flatten();
    if let Some(id) = called(name).or_else(dashed) {
        let dir = scope.paths.folder_path(id);
        return descend(scope, dir, rest).or_else(|| scope.first(dir, &["/lib.rs"]));
    }
    let package =
        scope.ancestors().filter(|dir| scope.first(&path::join(dir, "src"), &["/lib.rs"]).is_some()).last()?;
    let is_beside = path::name(scope.from) == "main.rs" || !scope.from.starts_with(&path::join(package, "src/"));
    let is_program = scope.from.starts_with(&path::join(package, "src/bin/"));
    if is_beside || is_program { descend(scope, &path::join(package, "src"), rest) } else { None }
}
