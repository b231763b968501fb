//! C and C++: a header beside the includer, below an `include` folder, or wherever a path ends as it is written. Reads no
//! include path of a build.

use super::Scope;
use crate::domain::path;
use crate::map::paths::{Target, ends_in, module};

/// Headers of the C standard (ISO C17, 7.1.2) and of POSIX that one often sees: never a file found elsewhere in the tree.
const STANDARD: &[&str] = &[
    "assert.h",
    "complex.h",
    "ctype.h",
    "dirent.h",
    "dlfcn.h",
    "errno.h",
    "fcntl.h",
    "fenv.h",
    "float.h",
    "getopt.h",
    "inttypes.h",
    "iso646.h",
    "limits.h",
    "locale.h",
    "math.h",
    "netdb.h",
    "poll.h",
    "pthread.h",
    "pwd.h",
    "regex.h",
    "sched.h",
    "semaphore.h",
    "setjmp.h",
    "signal.h",
    "stdalign.h",
    "stdarg.h",
    "stdatomic.h",
    "stdbool.h",
    "stddef.h",
    "stdint.h",
    "stdio.h",
    "stdlib.h",
    "stdnoreturn.h",
    "string.h",
    "strings.h",
    "syslog.h",
    "termios.h",
    "tgmath.h",
    "threads.h",
    "time.h",
    "uchar.h",
    "unistd.h",
    "wchar.h",
    "wctype.h",
];

/// The header's file.
pub(super) fn resolve(scope: &Scope, target: &str) -> Option<Target> {
    let target = target.trim_matches(['"', '<', '>']);
    let beside = scope.relative(target);
    let in_include = || {
        scope.ancestors().filter_map(|root| scope.paths.exact(&path::join(root, &path::join("include", target)))).last()
    };
    let elsewhere = || {
        if STANDARD.binary_search(&target).is_ok() || target.starts_with('.') {
            return None;
        }
        scope.nearest_module(path::name(module(target)), |path| ends_in(path, target))
    };
    beside.or_else(in_include).or_else(elsewhere).map(Target::file)
}
