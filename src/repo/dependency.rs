//! Lends a scratch copy the dependencies that a repository holds but does not list: `node_modules`, `vendor`, `.venv`.
//!
//! As symbolic links to the user's own, so that nothing is copied; a sandbox that forbids writing outside the copy keeps
//! them as they are. Where a tool would find its way back from there to the user's sources, and so check the old text, the
//! folder itself is made anew with links in it. Never replaces what the copy has; runs no package manager.

use regex::bytes::Regex;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// Folders whose entries are lent one by one: a tool writes caches there, finds the project from there, or finds another
/// package of the project there.
const OPENED: &[&str] = &["node_modules", "vendor"];
/// Folders that are lent whole.
pub(super) const WHOLE: &[&str] = &[".venv", "venv"];
/// Folders in an opened one that are opened, too: they hold links to the project, or say where it is.
const INNER: &[&str] = &[".bin", "bin", "composer"];
/// Caches that a tool makes again; writable only if they are not lent.
const CACHES: &[&str] = &[".cache", ".vite", ".vite-temp", ".vitest"];
/// Bytes of a file that is copied into an opened folder; larger ones are links.
const MAX_COPIED: u64 = 1 << 20;
/// Bytes read of a file that says where a Python package is.
const MAX_POINTER: u64 = 64 << 10;

/// Whether folders of this name are lent.
pub(super) fn is_place(name: &[u8]) -> bool {
    OPENED.iter().chain(WHOLE).any(|place| place.as_bytes() == name)
}

/// What was lent.
#[derive(Debug, Default)]
pub(super) struct Lent {
    /// The folders and links, relative to the copy.
    pub places: Vec<String>,
    /// The tree's virtual environments.
    pub environments: Vec<PathBuf>,
}

/// Lends the copy at `copy` the folders at `places` (relative) of the tree at `root`.
///
/// # Errors
/// When a folder or a link in the copy cannot be made.
pub(super) fn lend<'a>(root: &Path, copy: &Path, places: impl IntoIterator<Item = &'a str>) -> io::Result<Lent> {
    let mut lent = Lent::default();
    for place in places {
        let (source, target) = (root.join(place), copy.join(place));
        // One that the copy has is the project's own, or the proposal's.
        if !source.is_dir() || target.symlink_metadata().is_ok() {
            continue;
        }
        lent.places.push(place.to_owned());
        if WHOLE.iter().any(|whole| source.ends_with(whole)) {
            symlink(&source, &target)?;
            lent.environments.push(source);
        } else {
            open(&source, &target)?;
        }
    }
    Ok(lent)
}

/// Makes `target` a folder that holds what `source` holds. What cannot be read is left out: the check then says so.
fn open(source: &Path, target: &Path) -> io::Result<()> {
    fs::create_dir(target)?;
    for entry in fs::read_dir(source).into_iter().flatten().flatten() {
        let (name, from) = (entry.file_name(), entry.path());
        let to = target.join(&name);
        let Ok(kind) = entry.file_type() else { continue };
        if CACHES.iter().any(|cache| name == *cache) {
            continue;
        }
        match fs::read_link(&from) {
            // A relative one leads to another package of the project, or to one beside it; from the copy, too.
            Ok(there) => symlink(there, to)?,
            Err(_) if kind.is_dir() && (name.as_bytes().starts_with(b"@") || INNER.iter().any(|i| name == *i)) => {
                open(&from, &to)?;
            }
            Err(_) if kind.is_file() && entry.metadata().is_ok_and(|m| m.len() <= MAX_COPIED) => {
                // Unreadable: the link says so to whoever needs it.
                if fs::copy(&from, &to).is_err() {
                    let _ = fs::remove_file(&to);
                    symlink(&from, to)?;
                }
            }
            Err(_) => symlink(&from, to)?,
        }
    }
    Ok(())
}

/// Where the copy has what Python packages installed "editable" in `environments` have in the tree: named first, these
/// places win over the tree's.
pub(super) fn editable(root: &Path, copy: &Path, environments: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = BTreeSet::new();
    for environment in environments {
        let versions = fs::read_dir(environment.join("lib")).into_iter().flatten().flatten();
        for files in versions.filter_map(|version| fs::read_dir(version.path().join("site-packages")).ok()) {
            for file in files.flatten() {
                let name = file.file_name();
                let name = name.as_bytes();
                // A list of places, or the module that setuptools writes when it maps single packages.
                let maps = name.starts_with(b"__editable__") && name.ends_with(b".py");
                if maps || name.ends_with(b".pth") {
                    found.extend(places(root, &file.path(), maps));
                }
            }
        }
    }
    found.iter().map(|place| copy.join(place)).collect()
}

/// The places beneath the root that a file names, relative to it: whole lines, or (of a map) what holds each value.
fn places(root: &Path, file: &Path, maps: bool) -> Vec<PathBuf> {
    let mut text = Vec::new();
    if File::open(file).and_then(|f| f.take(MAX_POINTER).read_to_end(&mut text)).is_err() {
        return Vec::new();
    }
    let Some(root) = root.to_str() else { return Vec::new() };
    let value = if maps { r#"['"]ROOT(?:/([^'"\n]*))?['"]"# } else { r"(?m)^ROOT(?:/([^\n\r]*))?\r?$" };
    let Ok(regex) = Regex::new(&value.replace("ROOT", &regex::escape(root))) else { return Vec::new() };
    let place = |hit: regex::bytes::Captures<'_>| {
        let inside = hit.get(1).map_or(&b""[..], |m| m.as_bytes());
        let inside = Path::new(std::ffi::OsStr::from_bytes(inside));
        if maps { inside.parent().unwrap_or(inside).to_owned() } else { inside.to_owned() }
    };
    regex.captures_iter(&text).map(place).collect()
}
