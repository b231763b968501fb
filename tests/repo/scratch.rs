//! The copy of a root from one check to the next: what changed is copied, what a check or a proposal changed is put back, and
//! nothing of it ever reaches the user's tree.

use super::{change, listing, open, tree};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use vibe_tui::domain::change::{ChangeSet, FileChange};
use vibe_tui::repo::Root;
use vibe_tui::repo::scratch::{Limits, Pool, Scratch};

fn scratch(cache: &Path, root: &Root, changes: &[FileChange]) -> Scratch {
    pooled(&Pool::new(cache), root, changes)
}

fn pooled(pool: &Arc<Pool>, root: &Root, changes: &[FileChange]) -> Scratch {
    let changes = ChangeSet { files: changes.to_vec() };
    Scratch::create(pool, root, &listing(root), &changes, Limits::default()).unwrap()
}

/// Every file beneath and its text; links and directories by their kind.
fn all(dir: &Path) -> BTreeMap<String, String> {
    let (mut found, mut left) = (BTreeMap::new(), vec![dir.to_owned()]);
    while let Some(next) = left.pop() {
        for path in fs::read_dir(next).unwrap().map(|e| e.unwrap().path()) {
            let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            if kind.is_dir() {
                found.insert(name + "/", String::new());
                left.push(path);
            } else if kind.is_symlink() {
                found.insert(name, format!("-> {}", fs::read_link(&path).unwrap().display()));
            } else {
                found.insert(name, String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned());
            }
        }
    }
    found
}

const TREE: &[(&str, &str)] =
    &[("a.rs", "one\n"), ("src/b.rs", "two\n"), ("src/deep/c.rs", "three\n"), ("tests/d.rs", "four\n")];

#[test]
fn the_next_copy_keeps_the_files_that_did_not_change_and_copies_those_that_did() {
    let (temp, cache) = (tree(TREE), tempfile::tempdir().unwrap());
    let root = open(&temp);
    let first = scratch(cache.path(), &root, &[]);
    let place = first.path().to_owned();
    let inode = |name: &str| fs::metadata(place.join(name)).unwrap().ino();
    let before = ["a.rs", "src/deep/c.rs"].map(inode);
    drop(first);
    fs::write(temp.path().join("src/b.rs"), "TWO\n").unwrap();
    fs::remove_file(temp.path().join("tests/d.rs")).unwrap();
    fs::write(temp.path().join("src/deep/e.rs"), "five\n").unwrap();
    let second = scratch(cache.path(), &root, &[]);
    assert_eq!(second.path(), place);
    fs::remove_dir(temp.path().join("tests")).unwrap();
    assert_eq!(all(&place), all(temp.path()), "a directory goes with its last file");
    assert_eq!([inode("a.rs"), inode("src/deep/c.rs")], before, "these were not copied again");
}

#[test]
fn base_and_proposal_alternate_and_the_proposal_leaves_nothing_behind() {
    let (temp, cache) = (tree(TREE), tempfile::tempdir().unwrap());
    let root = open(&temp);
    let proposal = [
        change("a.rs", Some("one\n"), Some("ONE\n")),
        change("src/deep/c.rs", Some("three\n"), None),
        change("src/new/f.rs", None, Some("six\n")),
        change("tests", None, Some("a file where a directory was\n")),
        change("tests/d.rs", Some("four\n"), None),
    ];
    let mut with = all(temp.path());
    with.retain(|name, _| !["src/deep/", "src/deep/c.rs", "tests/", "tests/d.rs"].contains(&name.as_str()));
    let put =
        [("a.rs", "ONE\n"), ("src/new/", ""), ("src/new/f.rs", "six\n"), ("tests", "a file where a directory was\n")];
    with.extend(put.map(|(name, text)| (name.to_owned(), text.to_owned())));
    let mut inodes = Vec::new();
    for _ in 0..3 {
        let one = scratch(cache.path(), &root, &proposal);
        assert_eq!(all(one.path()), with);
        drop(one);
        let again = scratch(cache.path(), &root, &proposal);
        assert_eq!(all(again.path()), with);
        drop(again);
        let base = scratch(cache.path(), &root, &[]);
        assert_eq!(all(base.path()), all(temp.path()));
        inodes.push(fs::metadata(base.path().join("src/b.rs")).unwrap().ino());
    }
    assert_eq!(inodes[0], inodes[2], "what neither touches stays");
}

#[test]
fn the_same_proposal_twice_is_written_once_so_that_nothing_is_built_again() {
    let (temp, cache) = (tree(TREE), tempfile::tempdir().unwrap());
    let root = open(&temp);
    let proposal = [change("a.rs", Some("one\n"), Some("ONE\n"))];
    let modified = |scratch: &Scratch| fs::metadata(scratch.path().join("a.rs")).unwrap().modified().unwrap();
    let first = modified(&scratch(cache.path(), &root, &proposal));
    assert_eq!(modified(&scratch(cache.path(), &root, &proposal)), first);
    // The file of the tree looks newer than what was built of the proposal, and stays as it is from then on.
    let back = modified(&scratch(cache.path(), &root, &[]));
    assert!(back > first && back > fs::metadata(temp.path().join("a.rs")).unwrap().modified().unwrap());
    assert_eq!(modified(&scratch(cache.path(), &root, &[])), back);
}

#[test]
fn whatever_a_check_does_to_the_copy_is_undone_and_never_followed() {
    let (temp, cache) = (tree(TREE), tempfile::tempdir().unwrap());
    let outside = tree(&[("secret", "mine\n"), ("c.rs", "mine\n")]);
    let root = open(&temp);
    type Deed = fn(&Path, &Path);
    let deeds: &[(&str, Deed)] = &[
        ("writes", |copy, _| fs::write(copy.join("src/b.rs"), "xxx\n").unwrap()),
        ("writes and sets the time back", |copy, _| {
            let file = copy.join("src/b.rs");
            let before = fs::metadata(&file).unwrap().modified().unwrap();
            fs::write(&file, "xxx\n").unwrap();
            fs::File::options().write(true).open(&file).unwrap().set_modified(before).unwrap();
        }),
        ("removes", |copy, _| fs::remove_dir_all(copy.join("src")).unwrap()),
        ("adds", |copy, _| {
            fs::create_dir_all(copy.join("src/out/deep")).unwrap();
            fs::write(copy.join("src/out/deep/x"), "x").unwrap();
            fs::write(copy.join("conftest.py"), "x").unwrap();
        }),
        ("renames", |copy, _| fs::rename(copy.join("src/deep"), copy.join("src/deeper")).unwrap()),
        ("puts a link for a file", |copy, outside| {
            fs::remove_file(copy.join("src/b.rs")).unwrap();
            symlink(outside.join("secret"), copy.join("src/b.rs")).unwrap();
        }),
        ("puts a link for a directory", |copy, outside| {
            fs::remove_dir_all(copy.join("src/deep")).unwrap();
            symlink(outside, copy.join("src/deep")).unwrap();
        }),
        ("puts a directory for a file", |copy, _| {
            fs::remove_file(copy.join("a.rs")).unwrap();
            fs::create_dir_all(copy.join("a.rs/x")).unwrap();
        }),
        ("locks", |copy, _| {
            fs::set_permissions(copy.join("src/deep"), fs::Permissions::from_mode(0o500)).unwrap();
            fs::set_permissions(copy.join("a.rs"), fs::Permissions::from_mode(0o400)).unwrap();
        }),
        ("removes the copy", |copy, _| fs::remove_dir_all(copy).unwrap()),
    ];
    let mine = all(outside.path());
    for (name, deed) in deeds {
        let used = scratch(cache.path(), &root, &[]);
        let copy = used.path().to_owned();
        deed(&copy, outside.path());
        drop(used);
        let next = scratch(cache.path(), &root, &[change("src/deep/c.rs", Some("three\n"), Some("new\n"))]);
        let mut expected = all(temp.path());
        expected.insert("src/deep/c.rs".to_owned(), "new\n".to_owned());
        assert_eq!(all(next.path()), expected, "{name}");
        assert_eq!(all(outside.path()), mine, "{name}");
    }
    assert_eq!(all(temp.path()).len(), 7, "the tree itself is as it was");
}

#[test]
fn what_lies_beneath_a_directory_that_a_check_moved_and_linked_to_is_copied_anew() {
    let (temp, cache) = (tree(TREE), tempfile::tempdir().unwrap());
    let root = open(&temp);
    let copy = scratch(cache.path(), &root, &[]).path().to_owned();
    fs::rename(copy.join("src"), copy.join("away")).unwrap();
    symlink("away", copy.join("src")).unwrap();
    assert_eq!(all(scratch(cache.path(), &root, &[]).path()), all(temp.path()));
}

#[test]
fn a_directory_that_a_check_emptied_gives_way_to_a_file_of_its_name() {
    let (temp, cache) = (tree(TREE), tempfile::tempdir().unwrap());
    let root = open(&temp);
    let copy = scratch(cache.path(), &root, &[]).path().to_owned();
    fs::remove_file(copy.join("src/deep/c.rs")).unwrap();
    fs::remove_dir_all(temp.path().join("src/deep")).unwrap();
    fs::write(temp.path().join("src/deep"), "a file now\n").unwrap();
    assert_eq!(all(scratch(cache.path(), &root, &[]).path()), all(temp.path()));
}

#[test]
fn a_manifest_that_is_torn_missing_or_of_another_root_makes_the_copy_anew() {
    let (temp, cache) = (tree(TREE), tempfile::tempdir().unwrap());
    let root = open(&temp);
    let place = scratch(cache.path(), &root, &[]).path().to_owned();
    let manifest = place.with_extension("manifest");
    let good = fs::read(&manifest).unwrap();
    for bad in [Some(&good[..good.len() / 2]), Some(&b"\xff\xff"[..]), Some(&[][..]), None] {
        fs::write(place.join("left over"), "x").unwrap();
        match bad {
            Some(bytes) => fs::write(&manifest, bytes).unwrap(),
            None => fs::remove_file(&manifest).unwrap(),
        }
        let next = scratch(cache.path(), &root, &[]);
        assert_eq!(all(next.path()), all(temp.path()));
    }
    // Killed while it was being changed: the manifest is not there before the copy is whole.
    let broken = [change("a.rs", None, Some("x")), change("a.rs/b", None, Some("y"))];
    let changes = ChangeSet { files: broken.to_vec() };
    Scratch::create(&Pool::new(cache.path()), &root, &listing(&root), &changes, Limits::default()).unwrap_err();
    assert!(!manifest.exists());
    assert_eq!(all(scratch(cache.path(), &root, &[]).path()), all(temp.path()));
}

#[test]
fn what_is_lent_is_lent_anew_and_what_was_written_into_it_is_gone() {
    let temp = tree(&[("package.json", "{}"), (".gitignore", "node_modules\n"), ("node_modules/dep/a.js", "old")]);
    let cache = tempfile::tempdir().unwrap();
    let root = open(&temp);
    let used = scratch(cache.path(), &root, &[]);
    fs::write(used.path().join("node_modules/cache"), "x").unwrap();
    drop(used);
    fs::create_dir(temp.path().join("node_modules/other")).unwrap();
    let next = scratch(cache.path(), &root, &[]);
    let names = all(&next.path().join("node_modules")).into_keys().collect::<Vec<_>>();
    assert_eq!(names, ["dep", "other"]);
    assert_eq!(fs::read_to_string(temp.path().join("node_modules/dep/a.js")).unwrap(), "old");
}

#[test]
fn a_copy_that_is_in_use_is_not_given_to_another() {
    let (temp, cache) = (tree(TREE), tempfile::tempdir().unwrap());
    let root = open(&temp);
    let (first, second) = (scratch(cache.path(), &root, &[]), scratch(cache.path(), &root, &[]));
    assert_ne!(first.path(), second.path());
    fs::write(first.path().join("a.rs"), "mine").unwrap();
    assert_eq!(fs::read_to_string(second.path().join("a.rs")).unwrap(), "one\n");
}

#[test]
fn what_was_lent_is_taken_back_from_nowhere_but_the_copy() {
    let files = [("pkg/package.json", "{}"), (".gitignore", "node_modules\n"), ("pkg/node_modules/dep/a.js", "mine\n")];
    let (temp, cache) = (tree(&files), tempfile::tempdir().unwrap());
    let root = open(&temp);
    let used = scratch(cache.path(), &root, &[]);
    let copy = used.path().to_owned();
    assert!(copy.join("pkg/node_modules/dep/a.js").exists(), "it is lent");
    fs::rename(copy.join("pkg"), copy.join("away")).unwrap();
    symlink(temp.path().join("pkg"), copy.join("pkg")).unwrap();
    drop(used);
    let next = scratch(cache.path(), &root, &[]);
    assert_eq!(fs::read_to_string(temp.path().join("pkg/node_modules/dep/a.js")).unwrap(), "mine\n");
    assert!(fs::symlink_metadata(next.path().join("pkg")).unwrap().is_dir() && !next.path().join("away").exists());
}

#[test]
fn a_file_that_grew_between_the_listing_and_the_copy_is_copied_whole_the_next_time() {
    let (temp, cache) = (tree(TREE), tempfile::tempdir().unwrap());
    let root = open(&temp);
    let before = listing(&root);
    fs::write(temp.path().join("a.rs"), "one\nand more\n").unwrap();
    drop(Scratch::create(&Pool::new(cache.path()), &root, &before, &ChangeSet::default(), Limits::default()).unwrap());
    let next = scratch(cache.path(), &root, &[]);
    assert_eq!(fs::read_to_string(next.path().join("a.rs")).unwrap(), "one\nand more\n");
}

#[test]
fn each_copy_has_its_own_place_for_builds() {
    let (temp, cache) = (tree(TREE), tempfile::tempdir().unwrap());
    let root = open(&temp);
    let (one, other) = (scratch(cache.path(), &root, &[]), scratch(cache.path(), &root, &[]));
    let built = |copy: &Scratch| {
        let all = copy.variables(|_| None);
        all.into_iter().find(|(name, _)| *name == "CARGO_TARGET_DIR").map(|(_, place)| Path::new(&place).to_owned())
    };
    let (one, place) = (built(&one).unwrap(), built(&other).unwrap());
    assert_ne!(one, place);
    assert!(other.writable().iter().any(|may| place.starts_with(may)), "{place:?}");
}

#[test]
fn two_copies_side_by_side_are_kept_and_a_third_is_not() {
    let (temp, cache) = (tree(TREE), tempfile::tempdir().unwrap());
    let root = open(&temp);
    let make = || scratch(cache.path(), &root, &[]);
    // A file that is made again may have the number of the one before, but was not made then.
    let made =
        |copy: &Scratch| fs::metadata(copy.path().join("a.rs")).map(|m| (m.ino(), m.ctime(), m.ctime_nsec())).unwrap();
    let (proposal, base, third) = (make(), make(), make());
    let (before, gone) = ([made(&proposal), made(&base)], third.path().to_owned());
    drop((proposal, base, third));
    assert!(!gone.exists());
    std::thread::sleep(Duration::from_millis(20));
    let (proposal, base) = (make(), make());
    assert_eq!([made(&proposal), made(&base)], before, "neither was copied again");
}

#[test]
fn a_copy_not_used_for_a_month_is_removed() {
    let (temp, cache) = (tree(TREE), tempfile::tempdir().unwrap());
    let (other, root) = (tree(TREE), open(&temp));
    let place = scratch(cache.path(), &root, &[]).path().to_owned();
    let long_ago = SystemTime::now() - Duration::from_secs(31 * 24 * 3600);
    let lock = fs::File::options().write(true).open(place.with_extension("lock")).unwrap();
    lock.set_modified(long_ago).unwrap();
    drop(lock);
    scratch(cache.path(), &open(&other), &[]);
    assert!(!place.exists() && !place.with_extension("manifest").exists() && !place.with_extension("lock").exists());
}

/// What happens to a tree, or to its copy: `what` at `path`, with a text of a length of its own.
fn happen(top: &Path, path: &str, what: u8, text: &str) {
    let (at, other) = (top.join(path), top.join("d/e"));
    let parent = at.parent().unwrap();
    match what {
        0..5 => {
            let _ = fs::create_dir_all(parent).and_then(|()| fs::write(&at, text));
        }
        5 | 6 => {
            let _ = fs::remove_file(&at);
        }
        7 => {
            let _ = fs::remove_dir_all(if parent == top { &at } else { parent });
        }
        8 => {
            let _ = fs::rename(&at, &other);
        }
        _ => {
            let _ = fs::remove_file(&at);
            let _ = symlink("/etc/hostname", &at);
        }
    }
}

#[test]
fn a_released_copy_is_looked_at_anew_when_another_process_has_had_it_or_its_names_are_others() {
    let (temp, cache) = (tree(TREE), tempfile::tempdir().unwrap());
    let root = open(&temp);
    let pool = Pool::new(cache.path());
    let next = || pooled(&pool, &root, &[]);
    let first = next();
    let place = first.path().to_owned();
    first.release();
    pool.wait();
    let other = scratch(cache.path(), &root, &[change("a.rs", None, Some("ONE\n"))]);
    assert_eq!(other.path(), place, "it is free again");
    fs::write(place.join("src/b.rs"), "and what its check wrote\n").unwrap();
    drop(other);
    let own = next();
    assert_eq!(all(own.path()), all(temp.path()));
    own.release();
    pool.wait();
    std::thread::sleep(Duration::from_millis(10));
    // As whoever clears old files out of caches does.
    fs::remove_file(place.join("src/deep/c.rs")).unwrap();
    fs::write(place.join("src/stray.rs"), "").unwrap();
    assert_eq!(all(next().path()), all(temp.path()));
}

#[test]
fn a_copy_that_was_left_with_a_check_perhaps_in_it_is_never_trusted_again() {
    let (temp, cache) = (tree(TREE), tempfile::tempdir().unwrap());
    let root = open(&temp);
    let pool = Pool::new(cache.path());
    drop(pooled(&pool, &root, &[]));
    let second = pooled(&pool, &root, &[]);
    let file = second.path().join("src/b.rs");
    second.release();
    pool.wait();
    fs::write(file, "late\n").unwrap();
    assert_eq!(all(pooled(&pool, &root, &[]).path()), all(temp.path()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_whatever_happened_to_the_tree_and_to_the_copy_it_holds_the_tree_with_the_proposal_over_it(
        turns in prop::collection::vec((
            prop::collection::vec((prop::sample::select(PLACES), 0u8..9), 0..4),
            prop::collection::vec((prop::sample::select(PLACES), 0u8..10), 0..4),
            prop::collection::btree_map(prop::sample::select(PROPOSED), prop::option::of("[a-z]{0,9}"), 0..3),
            prop::bool::ANY,
        ), 2..5),
    ) {
        let (temp, cache) = (tree(TREE), tempfile::tempdir().unwrap());
        let root = open(&temp);
        let mut length = 20;
        let mut pool = Pool::new(cache.path());
        let mut copy = pooled(&pool, &root, &[]);
        for (of_the_tree, of_the_copy, proposal, released) in turns {
            // Some file systems' clocks have ticks of some milliseconds.
            std::thread::sleep(Duration::from_millis(10));
            for (top, deeds) in [(temp.path(), of_the_tree), (copy.path(), of_the_copy)] {
                for (path, what) in deeds {
                    length += 1;
                    happen(top, path, what, &"x".repeat(length));
                }
            }
            let base = listing(&root).paths();
            let text = |path: &String| fs::read_to_string(temp.path().join(path)).unwrap();
            let mut expected: BTreeMap<String, String> = base.iter().map(|path| (path.clone(), text(path))).collect();
            for (path, after) in &proposal {
                match after {
                    Some(after) => expected.insert((*path).to_owned(), after.clone()),
                    None => expected.remove(*path),
                };
            }
            // A file stands where a directory is needed: that is for whoever proposes it.
            let stands = |path: &String| expected.keys().any(|other| other.starts_with(&format!("{path}/")));
            if expected.keys().any(stands) {
                continue;
            }
            let changes: Vec<FileChange> =
                proposal.iter().map(|(path, after)| change(path, None, after.as_deref())).collect();
            let place = copy.path().to_owned();
            if released {
                copy.release();
            } else {
                drop(copy);
                pool = Pool::new(cache.path());
            }
            copy = pooled(&pool, &root, &changes);
            let mut held = all(copy.path());
            held.retain(|name, _| !name.ends_with('/'));
            prop_assert_eq!(held, expected);
            prop_assert_eq!(copy.path(), place, "it is waited for, not passed by");
        }
    }
}

const PLACES: &[&str] = &["a.rs", "b", "src/b.rs", "src/deep/c.rs", "src/deep/x", "tests/d.rs", "d/e/f", "d/e", "src"];
const PROPOSED: &[&str] = &["a.rs", "b", "src/b.rs", "src/new/y", "d/e/f", "tests/d.rs"];
