//! Files that the request names and no line of which can be shown: a line that says why, or, where only the room is too
//! small for their lines, their beginning cut by characters.
//!
//! Whatever there is room for, each of them is among [`Code::unseen`] or begins an item: none disappears. Chooses nothing.

use super::code::{Candidate, Code, Cut, item};
use super::excerpt::begun;
use crate::domain::change::FileContent;
use crate::domain::context::Unseen;
use crate::domain::path::on_one_line;
use crate::domain::secret::holds_key;

/// Bytes of a beginning that are of use to a model; fewer are not shown.
const LEAST: usize = 200;
/// Files with keys that are told of by name.
const MOST_WITHHELD: usize = 4;
/// Bytes of a text that a token stands for at most, but for long runs of one character.
const TOKEN: usize = 16;

/// Takes the beginnings of the named files of which nothing is shown, in half of the room, and says which have none. The
/// indexes of these files.
pub(super) fn begin(cuts: &[Cut], code: &mut Code, count: &dyn Fn(&str) -> u32) -> Vec<usize> {
    let wide: Vec<usize> = (0..cuts.len()).filter(|at| cuts[*at].named && cuts[*at].shown.is_empty()).collect();
    let most = code.room.left() / 2 / u32::try_from(wide.len().max(1)).unwrap_or(u32::MAX);
    let mut omitted = Vec::new();
    for cut in wide.iter().map(|at| &cuts[*at]) {
        let lengths = LEAST..TOKEN * most as usize;
        let Some((text, shown)) = begun(cut.path, cut.text, lengths, |text| count(text) <= most) else {
            omitted.push(cut.path);
            continue;
        };
        let characters = |text: &str| text.chars().count();
        let (part, all) = (characters(&cut.text[..shown]), characters(cut.text));
        let reason = format!("{}; the first {part} of {all} characters", cut.reason);
        let mut item = item(cut.path, text, 0, reason);
        item.tokens = count(&item.text);
        item.lines = vec![(1, u32::try_from(cut.text[..shown].lines().count()).unwrap_or(u32::MAX))];
        if !code.room.take(item) {
            omitted.push(cut.path);
        }
    }
    omit(&omitted, code, count);
    wide
}

/// Says which named files there is no room for.
pub(super) fn omit(omitted: &[&str], code: &mut Code, count: &dyn Fn(&str) -> u32) {
    if omitted.is_empty() {
        return;
    }
    code.unseen.extend(omitted.iter().map(|path| Unseen { path: (*path).to_owned(), why: String::new() }));
    let quoted: Vec<String> = omitted.iter().map(|path| format!("`{}`", on_one_line(path))).collect();
    let text = format!("Not shown for lack of room: {}.\n", quoted.join(", "));
    let reason = match omitted.len() {
        1 => "a named file does not fit the budget".to_owned(),
        several => format!("{several} named files do not fit the budget"),
    };
    let tokens = count(&text);
    code.room.take(item("omitted files", text, tokens, reason));
}

/// Whether nothing of a file is shown, in any item: a key stands in it and the request does not name it.
pub(super) fn is_withheld(named: bool, text: &str) -> bool {
    !named && holds_key(text)
}

/// Says which files hold keys and are not named: they are not shown. Their paths.
pub(super) fn withhold<'a>(candidates: &[Candidate<'a>], code: &mut Code, count: &dyn Fn(&str) -> u32) -> Vec<&'a str> {
    let held = candidates.iter().filter(|c| c.snapshot.text().is_some_and(|text| is_withheld(c.named, text)));
    let held: Vec<&str> = held.map(|c| c.snapshot.path.as_str()).collect();
    if !held.is_empty() {
        let quoted: Vec<String> =
            held.iter().take(MOST_WITHHELD).map(|path| format!("`{}`", on_one_line(path))).collect();
        let more = if held.len() > quoted.len() { ", …" } else { "" };
        let text = format!(
            "Not shown, as a key stands there and the request does not name it: {}{more}.\n",
            quoted.join(", ")
        );
        let tokens = count(&text);
        code.room.take(item("withheld files", text, tokens, "keys stand there; name a file to show it".to_owned()));
    }
    held
}

/// A line that says why a file is not shown.
pub(super) fn tell(candidate: &Candidate, code: &mut Code, count: &dyn Fn(&str) -> u32) {
    if !candidate.named {
        return;
    }
    let path = &candidate.snapshot.path;
    let (line, reason) = match &candidate.snapshot.content {
        FileContent::Opaque { reason: why } => {
            // A folder that is named stands for the files in it.
            if why != "a directory" {
                code.unseen.push(Unseen { path: path.clone(), why: why.clone() });
            }
            (format!("`{}` is not shown: {why}.\n", on_one_line(path)), format!("not shown: {why}"))
        }
        _ => (format!("`{}` does not exist.\n", on_one_line(path)), candidate.reason.to_owned()),
    };
    let tokens = count(&line);
    if code.room.take(item(path, line, tokens, reason)) && candidate.snapshot.content == FileContent::Absent {
        code.files.push(candidate.snapshot.clone());
    }
}
