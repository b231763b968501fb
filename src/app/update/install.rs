//! Getting a dependency that is missing: what would run is shown whole, and runs on a yes to it.

use super::Step;
use crate::app::state::{Failed, Overlay, Picker, PickerItem, PickerKind, PickerValue};
use crate::domain::install::{Install, Installed};
use crate::domain::message::Author;
use crate::graph::RunFact;

/// Lines of a command's output that are shown.
const SHOWN: usize = 12;
/// Characters of a line that a small screen shows whole.
const WIDE: usize = 66;

impl Step<'_> {
    /// Shows what would get the missing dependencies, and asks.
    pub(super) fn offer_installs(&mut self) {
        let Some(run) = self.state.session.run() else {
            return self.state.tell("There is nothing to install.", Failed::No);
        };
        if !run.can_install() {
            return self.state.tell("Nothing waits for a decision now.", Failed::No);
        }
        let missing = run.missing();
        if missing.is_empty() {
            return self.state.tell("No check says that a dependency is missing.", Failed::No);
        }
        let line =
            |label: &str| PickerItem { label: label.to_owned(), note: String::new(), value: PickerValue::ShownLine };
        // What is chosen without a look changes nothing.
        let leave =
            PickerItem { label: "No, leave it".to_owned(), note: String::new(), value: PickerValue::LeaveInstall };
        let mut items: Vec<PickerItem> = vec![leave];
        for install in &missing {
            items.push(PickerItem {
                label: format!("Yes, run {}", install.command()),
                note: String::new(),
                value: PickerValue::Install((*install).clone()),
            });
        }
        for install in missing {
            let origin = install.origin(run.is_the_models(install));
            let text = format!("{}: {origin}. In full: {}", install.package, install.command());
            items.extend(folded(&text).iter().map(|text| line(text)));
        }
        let warning = "It runs as you, in the project itself, with the network, and packages may run code of their own. /undo does not take it back.";
        items.extend(folded(warning).iter().map(|text| line(text)));
        self.state.overlay = Some(Overlay::Picker(Picker::new(PickerKind::Install, items)));
    }

    /// The user said yes to what was shown.
    pub(super) fn install(&mut self, install: Install) {
        let text = format!("Running {}… Esc stops it.", install.command());
        self.commit_run(RunFact::InstallRequested { install, by: self.state.asker });
        if self.is_installing() {
            self.state.tell(text, Failed::No);
        }
    }

    /// Whether a command is getting a dependency.
    pub(super) fn is_installing(&self) -> bool {
        self.state.session.active_run().is_some_and(|run| run.installing().is_some())
    }

    /// The command is over: what it said stands in the conversation.
    pub(super) fn installed(&mut self, installed: &Installed) {
        let command = installed.install.command();
        let (text, failed) = match &installed.failure {
            None => (format!("`{command}` is done; the checks run again."), Failed::No),
            Some(why) => (format!("`{command}` did not get it: {}.", why.trim_end_matches('.')), Failed::Yes),
        };
        let lines: Vec<&str> = installed.said.lines().filter(|line| !line.trim().is_empty()).collect();
        let last: Vec<String> =
            lines[lines.len().saturating_sub(SHOWN)..].iter().map(|line| format!("    {line}")).collect();
        let said = if last.is_empty() { text.clone() } else { format!("{text}\n\n{}", last.join("\n")) };
        self.post(Author::Workbench, &said);
        self.state.tell(text, failed);
    }
}

/// A text in lines that are whole on a small screen: nothing of a command may be hidden. A word that is longer goes over two.
fn folded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let mut word: Vec<char> = word.chars().collect();
        while !word.is_empty() {
            let last = lines.last_mut().map_or(0, |line| line.chars().count());
            let fits = last + usize::from(last > 0) + word.len() <= WIDE;
            if !fits && last > 0 {
                lines.push(String::new());
                continue;
            }
            let rest = word.split_off(word.len().min(WIDE));
            if let Some(line) = lines.last_mut() {
                if last > 0 {
                    line.push(' ');
                }
                line.extend(std::mem::replace(&mut word, rest));
            }
        }
    }
    lines
}
