//! The repository adapter against real directories: listing, reading, scratch copies, git.

#[path = "repo/scratch.rs"]
mod scratch;
#[path = "repo/walk.rs"]
mod walking;
#[path = "repo/write.rs"]
mod write;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use vibe_tui::domain::change::{ChangeSet, FileChange, FileContent};
use vibe_tui::domain::failure::FailureKind;
use vibe_tui::domain::listing::Places;
use vibe_tui::repo::Root;
use vibe_tui::repo::difference::{Compared, difference};
use vibe_tui::repo::history::recent;
use vibe_tui::repo::read::{agents_md, read};
use vibe_tui::repo::scratch::{Limits, Pool, Scratch};
use vibe_tui::repo::search::{TextHits, search};
use vibe_tui::repo::walk::{Listing, MAX_FILES, Skipped, walk, walk_at};

/// A directory with these files; a name that ends in `/` is a directory.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let temp = tempfile::tempdir().unwrap();
    for (name, text) in files {
        put(temp.path(), name, text);
    }
    temp
}

fn put(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    if name.ends_with('/') {
        return fs::create_dir_all(path).unwrap();
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn open(temp: &TempDir) -> Root {
    Root::open(temp.path()).unwrap()
}

fn listing(root: &Root) -> Listing {
    walk(root, MAX_FILES, &AtomicBool::new(false))
}

fn reason(root: &Root, path: &str) -> String {
    match read(root, &[path.to_owned()]).remove(0).content {
        FileContent::Opaque { reason } => reason,
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn the_root_is_the_nearest_directory_above_that_holds_git_and_else_the_directory_itself() {
    let temp = tree(&[
        ("repo/.git/HEAD", "ref: refs/heads/main\n"),
        ("repo/a/b/", ""),
        ("plain/x/", ""),
        ("tree/.git", "gitdir: /x"),
    ]);
    let at = |dir: &str| Root::open(&temp.path().join(dir)).unwrap();
    let top = fs::canonicalize(temp.path()).unwrap();
    assert_eq!((at("repo/a/b").path(), at("repo/a/b").is_git()), (top.join("repo").as_path(), true));
    assert_eq!((at("plain/x").path(), at("plain/x").is_git()), (top.join("plain/x").as_path(), false));
    assert!(at("tree").is_git());
    assert!(at("repo").is_writable());
}

#[test]
fn a_directory_that_cannot_be_opened_is_named() {
    let temp = tree(&[("file", "")]);
    for name in ["none", "file"] {
        let failure = Root::open(&temp.path().join(name)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Io);
        assert!(failure.message.contains(name), "{}", failure.message);
    }
}

#[test]
fn the_listing_is_sorted_and_obeys_every_ignore_file_but_shows_hidden_files() {
    let temp = tree(&[
        (".gitignore", "*.log\n/build/\n"),
        (".ignore", "big.csv\n"),
        (".vibeignore", "private/\n"),
        (".git/HEAD", "ref: refs/heads/main\n"),
        (".git/info/exclude", "local\n"),
        (".github/ci.yml", ""),
        ("src/z.rs", ""),
        ("src/a.rs", ""),
        ("src/.gitignore", "gen.rs\n"),
        ("src/gen.rs", ""),
        ("build/out", ""),
        ("a.log", ""),
        ("big.csv", ""),
        ("private/key", ""),
        ("local", ""),
        (".vibe-tui.1.2.tmp", ""),
    ]);
    let found = listing(&open(&temp));
    let expected = [".github/ci.yml", ".gitignore", ".ignore", ".vibeignore", "src/.gitignore", "src/a.rs", "src/z.rs"];
    assert_eq!(found.paths(), expected);
    assert_eq!(found.directories, ["", ".github", "src"]);
    assert!(!found.truncated && found.skipped.is_empty());
}

#[test]
fn the_listing_follows_no_directory_link_and_shows_only_links_to_files_inside() {
    let temp = tree(&[("repo/dir/file", ""), ("secret/key", "")]);
    let top = temp.path().join("repo");
    for (target, name) in
        [("dir/file", "near"), ("../secret", "out"), ("../secret/key", "key"), ("dir", "again"), (".", "loop")]
    {
        symlink(target, top.join(name)).unwrap();
    }
    assert_eq!(listing(&Root::open(&top).unwrap()).paths(), ["dir/file", "near"]);
}

#[test]
fn a_stamp_tells_a_change_of_content_even_where_size_and_time_are_put_back() {
    let temp = tree(&[("a", "one"), ("b", "one")]);
    let root = open(&temp);
    let before = listing(&root).entries;
    assert_eq!((before[0].path.as_str(), before[0].size), ("a", 3));
    assert_eq!(listing(&root).entries, before, "nothing changed");
    let path = temp.path().join("a");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    // The clock of file systems has ticks.
    std::thread::sleep(Duration::from_millis(20));
    fs::write(&path, "two").unwrap();
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    let after = listing(&root).entries;
    assert_eq!((after[0].size, after[0].modified_ns), (before[0].size, before[0].modified_ns));
    assert!(after[0].changed_ns > before[0].changed_ns);
    assert_eq!(after[1], before[1]);
}

#[test]
fn a_walk_of_places_lists_what_the_whole_walk_lists_there() {
    let temp = tree(&[
        (".gitignore", "*.log\n"),
        ("src/.gitignore", "/gen\n"),
        ("src/a.rs", ""),
        ("src/a.log", ""),
        ("src/gen/x.rs", ""),
        ("src/deep/b.rs", ""),
        ("src-other/c.rs", ""),
        ("d.rs", ""),
    ]);
    let root = open(&temp);
    let at = |places: &[&str]| {
        let places: Places = places.iter().map(|p| (*p).to_owned()).collect();
        walk_at(&root, &places, MAX_FILES, &AtomicBool::new(false))
    };
    assert_eq!(at(&["src/a.rs"]).paths(), ["src/a.rs"]);
    assert!(at(&["src/a.rs"]).directories.is_empty());
    assert_eq!(at(&["src"]).paths(), ["src/.gitignore", "src/a.rs", "src/deep/b.rs"]);
    assert_eq!(at(&["src"]).directories, ["src", "src/deep"]);
    assert_eq!(at(&["src/deep", "d.rs"]).paths(), ["d.rs", "src/deep/b.rs"]);
    for nothing in ["src/a.log", "src/gen", "src/gen/x.rs", "none", "src/a.rs/x"] {
        assert!(at(&[nothing]).entries.is_empty(), "{nothing}");
    }
    assert_eq!(at(&["", "src"]), listing(&root));
}

#[test]
fn names_that_are_not_utf8_are_skipped_and_reported_escaped() {
    let temp = tree(&[("a", "")]);
    fs::write(temp.path().join(std::ffi::OsStr::from_bytes(b"bad\xff")), "").unwrap();
    let found = listing(&open(&temp));
    let skipped = Skipped::file(r"bad\xff".to_owned(), "the name is not UTF-8");
    assert_eq!((found.paths(), found.skipped), (vec!["a".to_owned()], vec![skipped]));
}

#[test]
fn the_listing_stops_at_its_limit_and_when_told_and_says_so() {
    let temp = tempfile::tempdir().unwrap();
    (0..50).for_each(|i| put(temp.path(), &format!("f{i}"), ""));
    let root = open(&temp);
    let cut = walk(&root, 20, &AtomicBool::new(false));
    assert!(cut.truncated && cut.entries.len() == 20);
    assert!(!walk(&root, 50, &AtomicBool::new(false)).truncated);
    let stopped = walk(&root, 50, &AtomicBool::new(true));
    assert!(stopped.truncated && stopped.entries.is_empty());
}

#[test]
fn text_is_read_byte_for_byte_and_what_is_absent_is_absent() {
    let text = "\u{feff}a\r\nb\tü";
    let temp = tree(&[("dir/a", text), ("empty", ""), ("file", "x")]);
    let root = open(&temp);
    let paths = ["dir/a", "empty", "none", "file/below"].map(String::from);
    let snapshots = read(&root, &paths);
    assert_eq!(snapshots.iter().map(|s| s.path.as_str()).collect::<Vec<_>>(), paths);
    assert_eq!((snapshots[0].text(), snapshots[1].text()), (Some(text), Some("")));
    assert_eq!((&snapshots[2].content, &snapshots[3].content), (&FileContent::Absent, &FileContent::Absent));
}

#[test]
fn what_is_no_text_says_why_and_nothing_waits() {
    let temp = tree(&[("repo/dir/", ""), ("repo/bin", "a\0b"), ("repo/.git/config", "token"), ("secret", "")]);
    let top = temp.path().join("repo");
    fs::write(top.join("latin"), b"caf\xe9").unwrap();
    fs::File::create(top.join("large")).unwrap().set_len((4 << 20) + 1).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        top.join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(top.join("socket")).unwrap();
    symlink("../secret", top.join("out")).unwrap();
    symlink(".git/config", top.join("config")).unwrap();
    symlink("/dev/zero", top.join("device")).unwrap();
    let root = Root::open(&top).unwrap();
    let started = Instant::now();
    for (path, why) in [
        ("dir", "a directory"),
        ("bin", "binary"),
        ("latin", "not UTF-8"),
        ("large", "larger than 4 MiB"),
        ("pipe", "a named pipe"),
        ("socket", "a socket"),
        ("out", "a symbolic link that leads out of the repository"),
        ("device", "a symbolic link that leads out of the repository"),
        ("config", "unreadable: permission denied"),
        (".git/config", "inside .git"),
        (".GIT/config", "inside .git"),
        ("../secret", "outside the repository"),
        ("/etc/passwd", "outside the repository"),
    ] {
        assert_eq!(reason(&root, path), why, "{path}");
    }
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_file_of_exactly_four_mebibytes_is_text() {
    let temp = tree(&[("a", &"x".repeat(4 << 20))]);
    assert_eq!(read(&open(&temp), &["a".to_owned()])[0].text().map(str::len), Some(4 << 20));
}

#[test]
fn links_inside_the_root_are_read() {
    let temp = tree(&[("dir/a", "text")]);
    symlink("dir", temp.path().join("link")).unwrap();
    symlink("../dir/a", temp.path().join("dir/b")).unwrap();
    let snapshots = read(&open(&temp), &["link/a".to_owned(), "dir/b".to_owned()]);
    assert!(snapshots.iter().all(|s| s.text() == Some("text")), "{snapshots:?}");
}

#[test]
fn agents_md_is_cut_at_a_line_and_says_so() {
    let temp = tree(&[("x", "")]);
    assert_eq!(agents_md(&open(&temp)), None);
    put(temp.path(), "AGENTS.md", "Use tabs.\n");
    assert_eq!(agents_md(&open(&temp)).as_deref(), Some("Use tabs.\n"));
    put(temp.path(), "AGENTS.md", &"Never panic, ü.\n".repeat(2000));
    let cut = agents_md(&open(&temp)).unwrap();
    let (note, whole) = (cut.lines().last().unwrap(), cut.lines().rev().skip(1).all(|l| l == "Never panic, ü."));
    assert!(whole && note.contains("left out") && cut.len() < 17 << 10);
}

fn change(path: &str, before: Option<&str>, after: Option<&str>) -> FileChange {
    FileChange { path: path.into(), before: before.map(String::from), after: after.map(String::from) }
}

#[test]
fn a_scratch_copy_holds_the_listed_files_with_the_proposal_over_them_and_shares_nothing() {
    let temp =
        tree(&[("src/a", "old"), ("src/b", "kept"), ("gone", "x"), ("ignored", ""), (".gitignore", "ignored\n")]);
    fs::set_permissions(temp.path().join("src/b"), fs::Permissions::from_mode(0o755)).unwrap();
    let cache = tempfile::tempdir().unwrap();
    let root = open(&temp);
    let changes = ChangeSet {
        files: vec![
            change("gone", Some("x"), None),
            change("new/deep/c", None, Some("created")),
            change("src/a", Some("old"), Some("new")),
        ],
    };
    let scratch =
        Scratch::create(&Pool::new(cache.path()), &root, &listing(&root), &changes, Limits::default()).unwrap();
    let copy = scratch.path().to_owned();
    let text = |name: &str| fs::read_to_string(copy.join(name)).ok();
    assert_eq!(text("src/a").as_deref(), Some("new"));
    assert_eq!(text("new/deep/c").as_deref(), Some("created"));
    assert_eq!((text("gone"), text("ignored")), (None, None));
    let kept = fs::metadata(copy.join("src/b")).unwrap();
    assert_eq!(kept.permissions().mode() & 0o111, 0o100);
    assert_eq!(kept.modified().unwrap(), fs::metadata(temp.path().join("src/b")).unwrap().modified().unwrap());
    fs::write(copy.join("src/b"), "scribbled").unwrap();
    assert_eq!(fs::read_to_string(temp.path().join("src/b")).unwrap(), "kept");
    drop(scratch);
    assert!(copy.exists(), "it is kept for the next one");
}

#[test]
fn a_proposal_is_not_written_through_to_the_dependencies_that_a_copy_is_lent() {
    let temp = tree(&[
        (".gitignore", "node_modules\n.venv\n"),
        ("node_modules/dep/a.js", "old"),
        (".venv/lib/x.py", "old"),
        ("web/a.js", ""),
        ("web/node_modules/dep/a.js", "old"),
    ]);
    let cache = tempfile::tempdir().unwrap();
    let root = open(&temp);
    let files = [("node_modules/dep/a.js", "new"), (".venv/lib/x.py", "new")];
    let changes = ChangeSet { files: files.iter().map(|(path, text)| change(path, Some("old"), Some(text))).collect() };
    let scratch =
        Scratch::create(&Pool::new(cache.path()), &root, &listing(&root), &changes, Limits::default()).unwrap();
    for (path, text) in files {
        assert_eq!(fs::read_to_string(scratch.path().join(path)).unwrap(), text);
        assert_eq!(fs::read_to_string(temp.path().join(path)).unwrap(), "old");
    }
    assert_eq!(fs::read_to_string(scratch.path().join("web/node_modules/dep/a.js")).unwrap(), "old");
    drop(scratch);
    assert_eq!(fs::read_to_string(temp.path().join("web/node_modules/dep/a.js")).unwrap(), "old");
}

#[test]
fn a_tree_too_large_to_copy_is_refused_with_the_figure_and_the_way_out_and_nothing_is_left() {
    let temp = tree(&[("a", &"x".repeat(3 << 20)), ("b", ""), ("c", "")]);
    let cache = tempfile::tempdir().unwrap();
    let root = open(&temp);
    let none = ChangeSet::default();
    let refused = |listing: &Listing, limits| {
        Scratch::create(&Pool::new(cache.path()), &root, listing, &none, limits).unwrap_err()
    };
    let few = refused(&listing(&root), Limits { files: 2, ..Limits::default() });
    assert!(few.message.contains("more than 2 files") && few.message.contains(".vibeignore"), "{few}");
    let small = refused(&listing(&root), Limits { bytes: 2 << 20, ..Limits::default() });
    assert!(small.kind == FailureKind::Denied && small.message.contains("more than 2 MiB"), "{small}");
    let truncated = Listing { truncated: true, ..listing(&root) };
    assert!(refused(&truncated, Limits::default()).message.contains("more than"));
    assert!(!cache.path().join("scratch").exists());
}

#[test]
fn a_proposal_cannot_write_outside_its_scratch_copy() {
    let (temp, cache) = (tree(&[("a", "")]), tempfile::tempdir().unwrap());
    let root = open(&temp);
    let changes = ChangeSet { files: vec![change("../../../escaped", None, Some("x"))] };
    let failure =
        Scratch::create(&Pool::new(cache.path()), &root, &listing(&root), &changes, Limits::default()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Denied);
    assert!(!cache.path().join("escaped").exists());
}

#[test]
fn further_copies_of_dead_processes_are_swept_and_those_of_live_ones_stay() {
    let (temp, cache) = (tree(&[("a", "")]), tempfile::tempdir().unwrap());
    let root = open(&temp);
    put(cache.path(), "scratch/1-2.lock", "");
    put(cache.path(), "scratch/1-2/src/a", "");
    put(cache.path(), "scratch/2-2.lock", "");
    put(cache.path(), "scratch/2-2/src/a", "");
    let live = fs::File::open(cache.path().join("scratch/2-2.lock")).unwrap();
    live.lock().unwrap();
    let make = || {
        Scratch::create(&Pool::new(cache.path()), &root, &listing(&root), &ChangeSet::default(), Limits::default())
            .unwrap()
    };
    let (first, second, third) = (make(), make(), make());
    assert!(first.path() != third.path() && second.path() != third.path() && third.path().exists());
    assert!(!cache.path().join("scratch/1-2").exists() && !cache.path().join("scratch/1-2.lock").exists());
    assert!(cache.path().join("scratch/2-2/src/a").exists());
    let gone = third.path().to_owned();
    drop((first, second, third));
    assert!(!gone.exists());
}

#[test]
fn a_walk_is_stopped_from_another_thread() {
    let temp = tempfile::tempdir().unwrap();
    for i in 0..2000 {
        put(temp.path(), &format!("d{}/f{i}", i % 40), "");
    }
    let (root, stop) = (open(&temp), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let walking = scope.spawn(|| {
            loop {
                if walk(&root, MAX_FILES, &stop).truncated {
                    break;
                }
            }
        });
        std::thread::sleep(Duration::from_millis(5));
        stop.store(true, Ordering::Relaxed);
        walking.join().unwrap();
    });
}

#[test]
fn a_text_search_finds_lines_by_expression_in_the_order_of_paths_and_lines() {
    let temp = tree(&[
        ("b.rs", "fn two() {}\nFn Two\n"),
        ("a.rs", "let x;\nfn one() {}\nfn three() {}\r\n"),
        ("zero", "fn a\0"),
        ("long", &format!("fn {}", "x".repeat(1000))),
    ]);
    fs::write(temp.path().join("latin"), b"fn \xe9\n").unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, temp.path().join("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .unwrap();
    let root = open(&temp);
    let paths = ["a.rs", "b.rs", "latin", "long", "none", "pipe", "zero"].map(String::from);
    let find = |expression: &str, limit| search(&root, &paths, expression, limit, &AtomicBool::new(false)).unwrap();
    let places = |found: &TextHits| found.hits.iter().map(|h| (h.path.clone(), h.line)).collect::<Vec<_>>();
    let at = |path: &str, line| (path.to_owned(), line);
    let all = find("^fn", 100);
    assert!(!all.truncated);
    let expected = [at("a.rs", 2), at("a.rs", 3), at("b.rs", 1), at("b.rs", 2), at("latin", 1), at("long", 1)];
    assert_eq!(places(&all), expected, "what is binary or no file is left out");
    assert_eq!(all.hits[1].text, "fn three() {}");
    assert_eq!(all.hits[4].text, "fn \u{fffd}");
    assert_eq!(all.hits[5].text.len(), 300);
    assert_eq!(places(&find("^Fn", 100)), [at("b.rs", 2)], "a capital letter asks for the case");
    for limit in 0..6 {
        let some = find("^fn", limit);
        assert_eq!((places(&some), some.truncated), (expected[..limit].to_vec(), true));
    }
    assert!(find("nothing", 100).hits.is_empty());
    let stopped = search(&root, &paths, "fn", 100, &AtomicBool::new(true)).unwrap();
    assert!(stopped.hits.is_empty() && stopped.truncated);
}

#[test]
fn a_text_search_refuses_what_is_no_expression_or_would_be_too_large() {
    let temp = tree(&[("a", "x")]);
    let root = open(&temp);
    for expression in ["(", "[a", "((a{1000}){1000}){1000}"] {
        let failure = search(&root, &["a".to_owned()], expression, 1, &AtomicBool::new(false)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Config);
        assert!(failure.message.contains(expression), "{}", failure.message);
    }
}

// What changed lately.

fn git(dir: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"];
    let done = std::process::Command::new("git").arg("-C").arg(dir).args(identity).args(arguments).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn files_that_changed_lately_come_newest_first_and_nothing_that_the_configuration_names_is_started() {
    let temp = tree(&[("old.py", "1\n"), ("dir/new one.py", "1\n")]);
    assert!(recent(&open(&temp)).is_empty(), "there is no history outside git");
    git(temp.path(), &["init", "-q"]);
    for file in ["old.py", "dir/new one.py"] {
        git(temp.path(), &["add", file]);
        git(temp.path(), &["commit", "-q", "-m", file]);
    }
    assert_eq!(recent(&open(&temp)), ["dir/new one.py", "old.py"]);
    let trap = temp.path().join("sprung");
    let start = format!("touch {}", trap.display());
    for key in ["core.fsmonitor", "core.pager", "gpg.program", "diff.external", "alias.log", "core.sshCommand"] {
        git(temp.path(), &["config", key, &format!("!{start}")]);
    }
    git(temp.path(), &["config", "log.showSignature", "true"]);
    assert_eq!(recent(&open(&temp)).len(), 2);
    assert!(!trap.exists());
}

#[test]
fn a_difference_runs_no_filter_of_the_repository_even_where_git_has_to_look_into_a_file() {
    for name in ["planted", "with=sign.and.dots"] {
        let temp =
            tree(&[("a.txt", "one\n"), ("b.txt", "one\n"), (".gitattributes", &format!("*.txt filter={name}\n"))]);
        let (dir, mark) = (temp.path(), tempfile::tempdir().unwrap());
        git(dir, &["init", "-q"]);
        // A file as new as the index: its stamp says nothing.
        let later = std::time::SystemTime::now() + Duration::from_secs(3600);
        fs::File::options().write(true).open(dir.join("a.txt")).unwrap().set_modified(later).unwrap();
        git(dir, &["add", "."]);
        git(dir, &["commit", "-qm", "one"]);
        let ran = mark.path().join("ran");
        for kind in ["clean", "process"] {
            git(dir, &["config", &format!("filter.{name}.{kind}"), &format!("touch {}; cat", ran.display())]);
            put(dir, "b.txt", "two\n");
            let root = Root::open(dir).unwrap();
            let found = difference(&root, &Compared::Unstaged).unwrap();
            let changed: Vec<&str> = found.changes.files.iter().map(|file| file.path.as_str()).collect();
            assert_eq!(changed, ["b.txt"]);
            assert!(!ran.exists(), "{name} {kind}");
        }
    }
}
