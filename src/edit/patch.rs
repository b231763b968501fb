//! Reads a unified diff as a model writes it: line counts are not trusted, prefixes and `@@` may be missing.
//!
//! A hunk becomes a search/replace edit, so that it is located by its text; the line number it states only decides
//! between places that fit equally.

use super::{Action, Edit, EditForm};

/// Reads one diff line by line.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct PatchReader {
    /// The path to use where the diff names none (the heading above it).
    fallback: Option<String>,
    old: Option<String>,
    new: Option<String>,
    hunks: Vec<Hunk>,
    /// Whether the file is to get another name.
    renamed: bool,
    edits: Vec<Edit>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Hunk {
    line: Option<u32>,
    search: Vec<String>,
    replace: Vec<String>,
    /// Truly empty lines seen last: context if more of the hunk follows, else the blank line behind the diff.
    blank: usize,
    /// Which sides the last line was on, for the "no newline" remark.
    last: (bool, bool),
    no_newline: bool,
}

/// Whether a line belonged to the diff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Yes,
    No,
}

impl PatchReader {
    pub(super) fn new(fallback: Option<String>) -> Self {
        PatchReader { fallback, ..PatchReader::default() }
    }

    /// Takes one line. `next` is the line after it, where it is known: `--- x` before `+++ y` starts a file, any other
    /// `--- x` in a hunk removes the line `-- x`.
    pub(super) fn line(&mut self, line: &str, next: Option<&str>) -> Taken {
        let in_hunk = self.in_hunk();
        if let Some(name) = line.strip_prefix("--- ")
            && (!in_hunk || next.is_some_and(|n| n.starts_with("+++ ")))
        {
            if in_hunk || !self.renamed {
                self.flush();
            }
            self.old = Some(file_name(name));
            return Taken::Yes;
        }
        if let Some(name) = line.strip_prefix("+++ ").filter(|_| !in_hunk) {
            self.new = Some(file_name(name));
            return Taken::Yes;
        }
        if line.starts_with("@@") {
            self.hunks.push(Hunk { line: start_line(line), ..Hunk::default() });
            return Taken::Yes;
        }
        if GIT_HEADERS.iter().any(|h| line.starts_with(h)) {
            if line.starts_with("diff ") {
                self.flush();
            }
            match (line.strip_prefix("rename from "), line.strip_prefix("rename to ")) {
                (Some(name), _) => self.old = Some(name.to_owned()),
                (_, Some(name)) => self.new = Some(name.to_owned()),
                _ => return Taken::Yes,
            }
            self.renamed = true;
            return Taken::Yes;
        }
        let named = self.old.is_some() || self.new.is_some() || self.fallback.is_some();
        let (sign, text) = match line.chars().next() {
            None => (' ', ""),
            Some(sign @ (' ' | '+' | '-' | '\\')) => (sign, &line[1..]),
            Some('\t') => (' ', line),
            Some(_) => return Taken::No,
        };
        if !in_hunk {
            if sign == '\\' || line.trim().is_empty() || !named {
                return Taken::Yes;
            }
            self.hunks.push(Hunk::default());
        }
        if let Some(hunk) = self.hunks.last_mut() {
            hunk.take(sign, text, line);
        }
        Taken::Yes
    }

    /// The file the diff is at, for the progress display.
    pub(super) fn path(&self) -> Option<&str> {
        let named = |p: &Option<String>| p.as_deref().filter(|p| *p != NULL).map(str::to_owned);
        let found = named(&self.new).or_else(|| named(&self.old)).or_else(|| self.fallback.clone());
        match found {
            Some(path) if self.new.as_deref() == Some(&path) => self.new.as_deref(),
            Some(path) if self.old.as_deref() == Some(&path) => self.old.as_deref(),
            Some(_) => self.fallback.as_deref(),
            None => None,
        }
    }

    /// What the diff does with that file.
    pub(super) fn form(&self) -> EditForm {
        match (self.old.as_deref(), self.new.as_deref()) {
            (_, Some(NULL)) => EditForm::Delete,
            (Some(NULL), _) => EditForm::New,
            _ => EditForm::Change,
        }
    }

    /// Whether the last line taken stands in a hunk or begins one.
    pub(super) fn in_hunk(&self) -> bool {
        !self.hunks.is_empty()
    }

    /// Everything read.
    pub(super) fn finish(mut self) -> Vec<Edit> {
        self.flush();
        self.edits
    }

    /// Turns the file read so far into edits.
    fn flush(&mut self) {
        let hunks = std::mem::take(&mut self.hunks);
        let renamed = std::mem::take(&mut self.renamed);
        let path = if renamed { self.old.clone() } else { self.path().map(str::to_owned) };
        let (old, new) = (self.old.take(), self.new.take());
        let Some(path) = path else { return };
        let target = renamed.then(|| new.clone()).flatten().filter(|to| *to != path);
        if new.as_deref() == Some(NULL) {
            self.edits.push(Edit { path, action: Action::Delete });
            return;
        }
        if old.as_deref() == Some(NULL) {
            let mut text: String = hunks.iter().flat_map(|h| &h.replace).fold(String::new(), |t, l| t + l + "\n");
            if hunks.last().is_some_and(|h| h.no_newline) {
                text.pop();
            }
            self.edits.push(Edit { path, action: Action::Whole { text, closed: true } });
            return;
        }
        for hunk in hunks.into_iter().filter(|h| h.search != h.replace) {
            let join = |lines: &[String]| lines.iter().fold(String::new(), |t, l| t + l + "\n");
            let action = Action::Replace { search: join(&hunk.search), replace: join(&hunk.replace), line: hunk.line };
            self.edits.push(Edit { path: path.clone(), action });
        }
        self.edits.extend(target.map(|to| Edit { path, action: Action::Move { to } }));
    }
}

const NULL: &str = "/dev/null";
const GIT_HEADERS: &[&str] = &[
    "diff ",
    "index ",
    "new file mode ",
    "deleted file mode ",
    "old mode ",
    "new mode ",
    "similarity index ",
    "rename from ",
    "rename to ",
];

impl Hunk {
    fn take(&mut self, sign: char, text: &str, line: &str) {
        if sign == '\\' {
            self.no_newline |= self.last.1;
            return;
        }
        if line.is_empty() {
            self.blank += 1;
            return;
        }
        for _ in 0..std::mem::take(&mut self.blank) {
            self.search.push(String::new());
            self.replace.push(String::new());
        }
        self.last = (sign != '+', sign != '-');
        if self.last.0 {
            self.search.push(text.to_owned());
        }
        if self.last.1 {
            self.replace.push(text.to_owned());
        }
    }
}

/// The path of a `---`/`+++` line: without the date behind a tab, without `a/` or `b/`.
fn file_name(text: &str) -> String {
    let name = text.split('\t').next().unwrap_or(text).trim().trim_matches('"');
    if name == NULL {
        return name.to_owned();
    }
    name.strip_prefix("a/").or_else(|| name.strip_prefix("b/")).unwrap_or(name).to_owned()
}

/// The base line a hunk header states; none for `@@ ... @@` or a new file's `-0,0`.
fn start_line(header: &str) -> Option<u32> {
    let digits: String = header
        .trim_start_matches('@')
        .trim_start()
        .strip_prefix('-')?
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok().filter(|line| *line > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(diff: &str) -> Vec<Edit> {
        let lines: Vec<&str> = diff.lines().collect();
        let mut reader = PatchReader::new(None);
        for (i, line) in lines.iter().enumerate() {
            reader.line(line, lines.get(i + 1).copied());
        }
        reader.finish()
    }

    #[test]
    fn hunks_become_replacements_whatever_their_counts_say() {
        let edits = read("--- a/x.py\n+++ b/x.py\n@@ -3,99 +3,1 @@ def f\n a\n-b\n+c\n\n d\n");
        let action = Action::Replace { search: "a\nb\n\nd\n".into(), replace: "a\nc\n\nd\n".into(), line: Some(3) };
        assert_eq!(edits, [Edit { path: "x.py".into(), action }]);
    }

    #[test]
    fn dev_null_creates_and_deletes() {
        let edits = read(
            "--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n\\ No newline at end of file\ndiff --git a/old b/old\n--- a/old\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
        );
        assert_eq!(
            edits[0],
            Edit { path: "new.txt".into(), action: Action::Whole { text: "one\ntwo".into(), closed: true } }
        );
        assert_eq!(edits[1], Edit { path: "old".into(), action: Action::Delete });
    }

    #[test]
    fn a_rename_comes_after_the_changes_of_the_file() {
        let header = "diff --git a/x.py b/y.py\nsimilarity index 100%\nrename from x.py\nrename to y.py\n";
        let hunk = "--- a/x.py\n+++ b/y.py\n@@ -1 +1 @@\n-a\n+b\n";
        let other = "diff --git a/z b/z\n--- a/z\n+++ b/z\n@@ -1 +1 @@\n-a\n+b\n";
        for (diff, of_x) in
            [(format!("{header}{other}"), 1), (format!("{header}{hunk}{other}"), 2), (format!("{other}{header}"), 1)]
        {
            let edits = read(&diff);
            let ours: Vec<&Edit> = edits.iter().filter(|e| e.path == "x.py").collect();
            assert_eq!(ours.len(), of_x, "{diff}{edits:?}");
            assert_eq!(ours.last().unwrap().action, Action::Move { to: "y.py".into() }, "{diff}");
            assert_eq!(edits.len(), of_x + 1, "{diff}{edits:?}");
        }
    }

    #[test]
    fn a_removed_comment_of_two_dashes_is_not_a_new_file() {
        let edits = read("--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,1 @@\n--- old remark\n select 1;\n");
        let Action::Replace { search, .. } = &edits[0].action else { panic!("{edits:?}") };
        assert_eq!(search, "-- old remark\nselect 1;\n");
    }
}
