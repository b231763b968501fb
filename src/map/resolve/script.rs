//! JavaScript and TypeScript (relative, by guessed ending, by the usual aliases and workspace folders), and Ruby's `require`.
//! Reads no `tsconfig.json` and no `package.json`.

use super::Scope;
use crate::domain::language::Language;
use crate::domain::path;
use crate::map::paths::{Target, join};

const MODULE: &[&str] = &[
    "",
    ".ts",
    ".tsx",
    ".d.ts",
    ".js",
    ".jsx",
    ".mjs",
    ".cjs",
    ".mts",
    ".cts",
    ".vue",
    ".svelte",
    ".json",
    "/index.ts",
    "/index.tsx",
    "/index.js",
    "/index.jsx",
    "/index.mjs",
    "/index.d.ts",
];

/// Folders at the root that hold one package a folder.
const WORKSPACES: &[&str] = &["packages", "libs", "apps", "modules"];

/// A module's file.
pub(super) fn resolve(scope: &Scope, target: &str) -> Option<Target> {
    if target.starts_with('.') {
        return module(scope, &join(scope.folder, target)?).map(Target::file);
    }
    let aliased = target.strip_prefix("@/").or_else(|| target.strip_prefix("~/")).or_else(|| target.strip_prefix("#/"));
    let bare = aliased.unwrap_or(target);
    if aliased.is_some() || bare.contains('/') && !bare.starts_with('@') {
        let roots = scope.ancestors().flat_map(|root| [path::join(root, "src"), root.to_owned()]);
        // The importer's own source root is the innermost.
        let found = roots.filter_map(|root| module(scope, &path::join(&root, bare))).last();
        if found.is_some() || aliased.is_some() {
            return found.map(Target::file);
        }
    }
    workspace(scope, target).map(Target::file)
}

/// `path` with an ending; `x.js` may be written for `x.ts`.
fn module(scope: &Scope, path: &str) -> Option<u32> {
    scope.first(path, MODULE).or_else(|| {
        let (stem, ending) = path.rsplit_once('.')?;
        match ending {
            "js" | "jsx" => scope.first(stem, &[".ts", ".tsx", ".d.ts"]),
            "mjs" => scope.first(stem, &[".mts"]),
            "cjs" => scope.first(stem, &[".cts"]),
            _ => None,
        }
    })
}

/// `@scope/name/rest` or `name/rest` as a folder of the same repository that is called `name`.
fn workspace(scope: &Scope, target: &str) -> Option<u32> {
    let name = target.strip_prefix('@').and_then(|scoped| scoped.split_once('/')).map_or(target, |(_, name)| name);
    let (name, rest) = name.split_once('/').unwrap_or((name, ""));
    let rest = if rest.is_empty() { "index" } else { rest };
    let inside = [path::join("src", rest), rest.to_owned()];
    WORKSPACES
        .iter()
        .flat_map(|root| inside.iter().map(move |inside| format!("{root}/{name}/{inside}")))
        .find_map(|path| module(scope, &path))
}

/// Ruby: beside the importer, or below a `lib` or wherever a path of two parts or more ends like it.
pub(super) fn ruby(scope: &Scope, target: &str) -> Option<Target> {
    let bare = target.strip_suffix(".rb").unwrap_or(target);
    let beside = || scope.first(&join(scope.folder, bare)?, &[".rb"]);
    if bare.starts_with('.') {
        return beside().map(Target::file);
    }
    let in_lib = || {
        scope.ancestors().filter_map(|root| scope.first(&path::join(root, &path::join("lib", bare)), &[".rb"])).last()
    };
    let elsewhere = || scope.module_ending(bare, &[Language::Ruby]).filter(|_| bare.contains('/'));
    in_lib().or_else(beside).or_else(elsewhere).map(Target::file)
}
