//! Which files a listing holds, held against the library whose rules it follows; and what hostile trees do to it.

use super::{listing, open, put, tree};
use ignore::{DirEntry, WalkBuilder};
use proptest::prelude::*;
use rustix::fs::{Mode, OFlags, mkdirat, openat};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use vibe_tui::domain::listing::{Places, aliases};
use vibe_tui::repo::Root;
use vibe_tui::repo::walk::{Listing, MAX_FILES, Skipped, walk, walk_at};

/// The files and directories that the library's own walk finds.
fn peer(top: &Path) -> (BTreeSet<String>, BTreeSet<String>) {
    let wanted = |entry: &DirEntry| !matches!(entry.file_name().as_bytes(), b".git" | b".jj" | b".hg" | b".svn");
    let mut builder = WalkBuilder::new(top);
    builder.hidden(false).parents(false).require_git(false).follow_links(false);
    let walk = builder.add_custom_ignore_filename(".vibeignore").filter_entry(wanted).build();
    let (mut files, mut directories) = (BTreeSet::new(), BTreeSet::new());
    for entry in walk.map(Result::unwrap) {
        let path = entry.path().strip_prefix(top).unwrap().to_str().unwrap().to_owned();
        let is_dir = entry.file_type().unwrap().is_dir();
        if is_dir { &mut directories } else { &mut files }.insert(path);
    }
    (files, directories)
}

fn sets(listing: &Listing) -> (BTreeSet<String>, BTreeSet<String>) {
    (listing.paths().into_iter().collect(), listing.directories.iter().cloned().collect())
}

const DIRS: &[&str] = &["a", "b", "a.rs", "gen", "src", ".hid", "x y", "ä"];
const FILES: &[&str] = &["a", "b.rs", "c.log", "a-b", "a.rs", "!x", "x y", "gen", "ä.rs", "#c"];
const RULES: &[&str] = &[
    "*.log",
    "/b.rs",
    "gen/",
    "!b.rs",
    "a/b.rs",
    "**/gen",
    "gen/**",
    "/src/*.rs",
    "!*.log",
    "\\!x",
    "# c",
    "\\#c",
    "x y",
    "*",
    "!*/",
    "[ab]*",
    "src",
    "/a/",
    "b.*",
    "",
    "  ",
    "/*",
    "!/src",
    "ä*",
    "[",
    "{a,b}",
    "a/**/b.rs",
    "!gen",
    "/a.rs",
    "?",
    "src/a",
    "!src/a/b.rs",
    "/",
    "!",
    "a.rs/",
    "x y  ",
    "**/a/*",
    "*.rs\r",
    "./a",
];
const PLACES: &[&str] = &[".vibeignore", ".ignore", ".gitignore", ".git/info/exclude"];

fn directory() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(DIRS), 0..4).prop_map(|parts| parts.join("/"))
}

fn rules() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(RULES), 0..5).prop_map(|lines| lines.join("\n"))
}

/// Puts a file there, unless something of another kind is in the way.
fn try_put(top: &Path, dir: &str, name: &str, text: &str) {
    let path = top.join(dir).join(name);
    if path.parent().is_some_and(|parent| fs::create_dir_all(parent).is_ok()) {
        let _ = fs::write(path, text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_listing_holds_what_the_library_leaves_whatever_files_of_rules_there_are(
        files in prop::collection::vec((directory(), prop::sample::select(FILES)), 0..40),
        all_rules in prop::collection::vec((directory(), prop::sample::select(PLACES), rules()), 0..8),
        worktree in prop::option::of((directory(), rules())),
        at in prop::collection::vec((directory(), prop::option::of(prop::sample::select(FILES))), 1..3),
    ) {
        let temp = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(temp.path()).unwrap().join("top");
        put(&top, ".git/HEAD", "ref: refs/heads/main\n");
        for (dir, name) in &files {
            try_put(&top, dir, name, "x");
        }
        for (dir, name, text) in &all_rules {
            try_put(&top, dir, name, text);
        }
        if let Some((dir, text)) = &worktree {
            put(temp.path(), "shared/info/exclude", text);
            put(temp.path(), "shared/worktrees/one/commondir", "../..\n");
            let lead = format!("gitdir: {}/worktrees/one\n", top.parent().unwrap().join("shared").display());
            try_put(&top, dir, ".git", &lead);
        }
        let root = Root::open(&top).unwrap();
        let found = listing(&root);
        let paths = found.paths();
        prop_assert!(paths.is_sorted() && found.directories.is_sorted());
        prop_assert_eq!(sets(&found), peer(&top));
        prop_assert!(found.skipped.is_empty() && !found.truncated);

        // The same at some places as everywhere.
        let place = |(dir, name): &(String, Option<&str>)| {
            let path = format!("{dir}/{}", name.unwrap_or_default());
            path.trim_matches('/').to_owned()
        };
        let places: Places = at.iter().map(place).collect();
        let here = walk_at(&root, &places, MAX_FILES, &AtomicBool::new(false));
        let expected: Vec<String> = paths.into_iter().filter(|path| places.cover(path)).collect();
        prop_assert_eq!(here.paths(), expected);
        let expected: Vec<String> = found.directories.into_iter().filter(|path| places.cover(path)).collect();
        prop_assert_eq!(here.directories, expected);
    }
}

fn skipped(path: &str, reason: &str) -> Skipped {
    Skipped::file(path.to_owned(), reason)
}

/// Runs one test of this binary again as a process of its own, prepared as asked. Whether this is that process already.
fn alone(test: &str, prepare: impl FnOnce(&mut Command)) -> bool {
    const MARK: &str = "VIBE_TUI_TEST_ALONE";
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let mut again = Command::new(std::env::current_exe().unwrap());
    prepare(again.args(["--exact", test]).env(MARK, "1"));
    let done = again.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    false
}

#[test]
fn the_users_own_rules_for_every_repository_count_last() {
    let home = tree(&[(".config/git/ignore", "*.log\n*.tmp\n/top\n"), ("work/top", ""), ("work/a/top", "")]);
    put(home.path(), "work/.gitignore", "!keep.log\n");
    for file in ["a.log", "keep.log", "a/b.tmp", "c.rs"] {
        put(home.path(), &format!("work/{file}"), "");
    }
    let work = home.path().join("work");
    let prepare = |again: &mut Command| {
        again.env("HOME", home.path()).env_remove("XDG_CONFIG_HOME").env("GIT_CONFIG_GLOBAL", "/dev/null");
        again.env("GIT_CONFIG_SYSTEM", "/dev/null").current_dir(&work);
    };
    if alone("walking::the_users_own_rules_for_every_repository_count_last", prepare) {
        let top = std::env::current_dir().unwrap();
        let found = listing(&Root::open(&top).unwrap());
        assert_eq!(found.paths(), [".gitignore", "a/top", "c.rs", "keep.log"]);
        assert_eq!(sets(&found), peer(&top));
    }
}

#[test]
fn few_files_are_open_at_a_time_however_deep_and_wide_the_tree_is() {
    if alone("walking::few_files_are_open_at_a_time_however_deep_and_wide_the_tree_is", |_| {}) {
        let temp = tempfile::tempdir().unwrap();
        for n in 0..300 {
            put(temp.path(), &format!("wide/{n}/a"), "");
            put(temp.path(), &format!("{}/b", "d/".repeat(n + 1).trim_end_matches('/')), "");
            put(temp.path(), &format!("{}/c/d", "d/".repeat(n + 1).trim_end_matches('/')), "");
        }
        let root = open(&temp);
        let limit = Rlimit { current: Some(32), maximum: Some(32) };
        setrlimit(Resource::Nofile, limit).unwrap();
        let found = listing(&root);
        assert_eq!((found.entries.len(), found.skipped), (900, Vec::new()));
    }
}

#[test]
fn what_lies_deeper_than_any_program_can_open_is_named_and_skipped() {
    let temp = tempfile::tempdir().unwrap();
    put(temp.path(), "z", "");
    let below = |mut at: OwnedFd, levels: usize| {
        for _ in 0..levels {
            mkdirat(&at, "d", Mode::RWXU).unwrap();
            at = openat(&at, "d", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
        }
    };
    below(fs::File::open(temp.path()).unwrap().into(), 10_000);
    let found = listing(&open(&temp));
    assert_eq!(found.paths(), ["z"]);
    let [deep] = &found.skipped[..] else { panic!("{:?}", found.skipped) };
    assert_eq!(deep.reason, "the name is too long");
    assert!(deep.path.len() > 3_900 && found.directories.len() > 1_900);
    // One level at a time: what removes a tree goes down with as many open directories.
    let (first, next) = (temp.path().join("d"), temp.path().join("next"));
    while fs::rename(first.join("d"), &next).is_ok() {
        fs::remove_dir(&first).unwrap();
        fs::rename(&next, &first).unwrap();
    }
}

#[test]
fn a_directory_of_many_names_is_listed_whole_and_in_order() {
    let temp = tempfile::tempdir().unwrap();
    for n in 0..1_000 {
        put(temp.path(), &if n % 7 == 0 { format!("d/{n}/x") } else { format!("d/{n}") }, "");
    }
    let found = listing(&open(&temp));
    assert!(found.paths().is_sorted());
    assert_eq!(sets(&found), peer(temp.path()));
    let root = open(&temp);
    for limit in [0, 1, 300, 999] {
        let cut = walk(&root, limit, &AtomicBool::new(false));
        assert!(cut.truncated && cut.entries.len() == limit, "{limit}: {}", cut.entries.len());
    }
    assert!(!walk(&root, 1_000, &AtomicBool::new(false)).truncated);
}

#[test]
fn rules_are_read_through_links_and_never_waited_for() {
    let temp = tree(&[("rules", "*.log\n"), ("a/x.log", ""), ("b/x.log", ""), ("c/x.log", ""), ("c/.ignore/", "")]);
    symlink("../rules", temp.path().join("a/.gitignore")).unwrap();
    let pipe = temp.path().join("b/.gitignore");
    rustix::fs::mknodat(rustix::fs::CWD, pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    symlink("nowhere", temp.path().join("c/.gitignore")).unwrap();
    symlink("/dev/zero", temp.path().join("c/.vibeignore")).unwrap();
    let found = listing(&open(&temp));
    assert_eq!(found.paths(), ["a/.gitignore", "b/x.log", "c/x.log", "rules"]);
    assert_eq!(found.skipped, []);
}

#[test]
fn a_link_to_a_file_that_is_listed_anyway_and_a_second_one_to_a_file_that_is_not_are_aliases() {
    let temp = tree(&[("a", "x"), ("copy", "x"), ("hidden", "x"), (".gitignore", "hidden\n"), ("sub/d", "")]);
    for (link, to) in [("0", "a"), ("sub/c", "../a"), ("h1", "hidden"), ("h2", "hidden"), ("sub/up", "..")] {
        symlink(to, temp.path().join(link)).unwrap();
    }
    let found = listing(&open(&temp));
    assert_eq!(found.links, ["0", "h1", "h2", "sub/c"]);
    assert_eq!(aliases(&found.entries, &found.links), ["0", "h2", "sub/c"]);
    assert_eq!(found.paths(), [".gitignore", "0", "a", "copy", "h1", "h2", "sub/c", "sub/d"]);
}

#[test]
fn rules_behind_a_line_that_is_no_text_count_and_those_behind_the_first_mebibyte_do_not_and_are_named() {
    let temp = tree(&[("a/x.log", ""), ("b/x.log", ""), ("b/y.log", "")]);
    fs::write(temp.path().join("a/.gitignore"), b"\xff\n*.log\n").unwrap();
    let long = format!("x.log\n{}", "#\n".repeat(1 << 19));
    fs::write(temp.path().join("b/.gitignore"), long + "y.log\n").unwrap();
    let found = listing(&open(&temp));
    assert_eq!(found.paths(), ["a/.gitignore", "b/.gitignore", "b/y.log"]);
    let reason = "only its first rules are read: it is larger than 1 MiB";
    assert_eq!(found.skipped, [skipped("b/.gitignore", reason)]);
}

#[test]
fn a_directory_whose_name_is_not_utf8_is_named_with_all_that_is_in_it() {
    let temp = tree(&[("a", "")]);
    let bad = temp.path().join(OsStr::from_bytes(b"bad\xff"));
    put(&bad, "deep/x", "");
    let found = listing(&open(&temp));
    assert_eq!(
        (found.paths(), found.skipped),
        (vec!["a".to_owned()], vec![Skipped::directory(r"bad\xff".to_owned(), "the name is not UTF-8")])
    );
}

#[test]
fn a_directory_that_becomes_a_link_meanwhile_leads_nowhere() {
    let temp = tree(&[
        ("outside/secret", ""),
        ("outside/.gitignore", "plain\n"),
        ("top/dir/plain", ""),
        ("top/dir/sub/plain", ""),
    ]);
    let (top, outside) = (temp.path().join("top"), temp.path().join("outside"));
    let (root, over) = (Root::open(&top).unwrap(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (dir, away) = (top.join("dir"), top.join("away"));
            while !over.load(Ordering::Relaxed) {
                fs::rename(&dir, &away).unwrap();
                symlink(&outside, &dir).unwrap();
                fs::remove_file(&dir).unwrap();
                fs::rename(&away, &dir).unwrap();
            }
        });
        for _ in 0..300 {
            let found = listing(&root);
            assert!(found.paths().iter().all(|path| path.ends_with("plain")), "{:?}", found.paths());
        }
        over.store(true, Ordering::Relaxed);
    });
}
