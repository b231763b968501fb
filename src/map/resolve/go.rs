//! Go: an import path's end → the folder of the package. Reads no `go.mod`: the module's own name is what fits nothing.

use super::Scope;
use crate::map::paths::Target;

/// First parts of the standard library's import paths (go.dev/pkg).
const STANDARD: &[&str] = &[
    "archive",
    "bufio",
    "builtin",
    "bytes",
    "cmp",
    "compress",
    "container",
    "context",
    "crypto",
    "database",
    "debug",
    "embed",
    "encoding",
    "errors",
    "expvar",
    "flag",
    "fmt",
    "go",
    "hash",
    "html",
    "image",
    "index",
    "io",
    "iter",
    "log",
    "maps",
    "math",
    "mime",
    "net",
    "os",
    "path",
    "plugin",
    "reflect",
    "regexp",
    "runtime",
    "slices",
    "sort",
    "strconv",
    "strings",
    "structs",
    "sync",
    "syscall",
    "testing",
    "text",
    "time",
    "unicode",
    "unique",
    "unsafe",
    "weak",
];

/// The folder that ends in the whole path (a vendored or staged module), or else the one that is all of an end of it from
/// the root or, with two parts or more, from a module's folder of the same name.
pub(super) fn resolve(scope: &Scope, target: &str) -> Option<Target> {
    let first = target.split('/').next()?;
    if STANDARD.binary_search(&first).is_ok() {
        return None;
    }
    if let Some(id) = scope.folder_ending(target) {
        return Some(Target::folder(id));
    }
    let mut rest = target;
    while let Some((_, shorter)) = rest.split_once('/') {
        rest = shorter;
        if let Some(id) = scope.paths.folder(rest) {
            return Some(Target::folder(id));
        }
        // `example.com/org/api/store` in `services/api/store`, where `services/api` is the module.
        if let Some(id) = scope.folder_ending(rest).filter(|_| rest.contains('/')) {
            return Some(Target::folder(id));
        }
    }
    None
}
