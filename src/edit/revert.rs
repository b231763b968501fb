//! What it takes to take a written change back, or to make it again, from what its files are now.
//!
//! Pure: the files were read by somebody else, and nothing is written. What others brought since is kept; where it does
//! not go together with the revert, that is a conflict with its lines.

use super::merge::{Clash, merge3};
use crate::domain::change::{ChangeSet, FileChange, FileContent, FileSnapshot};
use crate::domain::revert::{Conflict, Revert, Way};

/// What has to be written so that `written`, which is in the files (or, for a redo, is not), goes `way`. `now` has a
/// snapshot of each of its files.
pub fn revert(written: &ChangeSet, way: Way, now: &[FileSnapshot]) -> Revert {
    let mut revert = Revert::default();
    for change in &written.files {
        let (base, wanted) = match way {
            Way::Undo => (&change.after, &change.before),
            Way::Redo => (&change.before, &change.after),
        };
        let found = now.iter().find(|f| f.path == change.path).map_or(&FileContent::Absent, |f| &f.content);
        let before = match found {
            FileContent::Absent => None,
            FileContent::Text { text } => Some(text.clone()),
            FileContent::Opaque { reason } => {
                revert.conflicts.push(whole(change, format!("it cannot be read as text: {reason}")));
                continue;
            }
        };
        match merged(base.as_deref(), before.as_deref(), wanted.as_deref()) {
            Ok(after) if after == before => {}
            Ok(after) => {
                if before != *base {
                    revert.merged.push(change.path.clone());
                }
                revert.changes.files.push(FileChange { path: change.path.clone(), before, after });
            }
            Err(Disagreement::Whole(what)) => revert.conflicts.push(whole(change, what.to_owned())),
            Err(Disagreement::Lines(clashes)) => {
                let texts = [&before, base, wanted].map(|text| text.as_deref().unwrap_or(""));
                revert.conflicts.extend(clashes.iter().map(|clash| lines(&change.path, clash, texts)));
            }
        }
    }
    revert
}

enum Disagreement {
    Whole(&'static str),
    Lines(Vec<Clash>),
}

/// What a file becomes; `None` is a file that is not there.
fn merged(base: Option<&str>, now: Option<&str>, wanted: Option<&str>) -> Result<Option<String>, Disagreement> {
    match (base, now, wanted) {
        _ if now == wanted || base == wanted => Ok(now.map(str::to_owned)),
        _ if now == base => Ok(wanted.map(str::to_owned)),
        (Some(base), Some(now), Some(wanted)) => merge3(base, now, wanted).map(Some).map_err(Disagreement::Lines),
        (_, None, _) => Err(Disagreement::Whole("it was deleted since")),
        (None, Some(_), _) => Err(Disagreement::Whole("somebody made a file of that name since")),
        (_, Some(_), None) => Err(Disagreement::Whole("it would be deleted, and somebody changed it since")),
    }
}

fn whole(change: &FileChange, what: String) -> Conflict {
    let [now, was, wanted] = <[String; 3]>::default();
    Conflict { path: change.path.clone(), line: 0, count: 0, what, now, was, wanted }
}

fn lines(path: &str, clash: &Clash, [now, was, wanted]: [&str; 3]) -> Conflict {
    let cut = |text: &str, range: &std::ops::Range<usize>| -> String {
        text.split_inclusive('\n').skip(range.start).take(range.len()).collect()
    };
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Conflict {
        path: path.to_owned(),
        line: number(clash.ours.start + 1),
        count: number(clash.ours.len()),
        what: "the same lines were changed since".to_owned(),
        now: cut(now, &clash.ours),
        was: cut(was, &clash.base),
        wanted: cut(wanted, &clash.theirs),
    }
}
