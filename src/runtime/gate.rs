//! The quality gates: which change or tree a level looks at, and its verdict. Reads the repository and git; writes nothing.

use super::quality::{ReportFormat, analyze, change_report, changed, tree_report};
use crate::config::Gates;
use crate::domain::failure::{Failure, FailureKind};
use crate::quality::{Breach, Change, Level, Tree, gate, gate_tree};
use crate::repo::Root;
use crate::repo::difference::{Compared, first_revision};

/// Branches that a change is measured against where none is named, best first.
const MAIN_BRANCHES: [&str; 5] = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];

/// What is measured for a gate.
#[derive(Clone, Debug, PartialEq)]
pub enum Measured {
    /// A change.
    Change(Change),
    /// The whole tree.
    Tree(Tree),
}

/// A gate's verdict on what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// Which gate.
    pub level: Level,
    /// What was measured.
    pub measured: Measured,
    /// Why it is closed; empty if it is open.
    pub breaches: Vec<Breach>,
}

impl Verdict {
    /// The report.
    pub fn report(&self, format: ReportFormat) -> String {
        let gate = Some((self.level, self.breaches.as_slice()));
        match &self.measured {
            Measured::Change(change) => change_report(change, gate, format),
            Measured::Tree(tree) => tree_report(tree, gate, format),
        }
    }
}

/// The change to look at: `compared`, or for the level of a merge the branch's own, or the files on disk.
fn compared(root: &Root, level: Option<Level>, compared: Option<Compared>) -> Result<Compared, Failure> {
    match (compared, level) {
        (Some(compared), _) => Ok(compared),
        (None, Some(Level::Pr)) => match first_revision(root, &MAIN_BRANCHES) {
            Some(branch) => Ok(Compared::Since(branch.to_owned())),
            None => {
                let message = "There is no main branch to compare with: name a revision with --since.";
                Err(Failure::fatal(FailureKind::BadRequest, message))
            }
        },
        (None, _) => Ok(Compared::Unstaged),
    }
}

/// Asks a gate: of a change (by default the files on disk against the last commit, for `pr` against where the branch began),
/// or for `production` of the whole tree. Limits that cannot be read close it, since nobody knows what they hold.
///
/// # Errors
/// Outside git (but for `production`), and when git or the repository cannot be read.
pub fn ask_gate(root: &Root, gates: &Gates, level: Level, wanted: Option<Compared>) -> Result<Verdict, Failure> {
    let thresholds = gates.thresholds(level);
    let mut closed: Vec<Breach> = gates.unread.iter().map(|why| Breach::unread(why)).collect();
    if level == Level::Production && wanted.is_none() {
        let tree = analyze(root, &[])?;
        closed.extend(gate_tree(&tree, &thresholds));
        return Ok(Verdict { level, measured: Measured::Tree(tree), breaches: closed });
    }
    let change = changed(root, &compared(root, Some(level), wanted)?)?;
    closed.extend(gate(&change, &thresholds));
    Ok(Verdict { level, measured: Measured::Change(change), breaches: closed })
}
