//! Every action a user can take, by name. Keymaps bind these names, the palette lists them, help explains them:
//! one table, so that none of the four can disagree.

use serde::{Deserialize, Serialize};

macro_rules! actions {
    ($($variant:ident = $name:literal, $doc:literal;)+) => {
        /// One action. Its name is `area.verb`; the area is where it makes sense.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Action {
            $(#[doc = $doc] #[serde(rename = $name)] $variant),+
        }

        impl Action {
            /// Every action, in the order of help and palette.
            pub const ALL: &'static [Action] = &[$(Action::$variant),+];

            /// The name keymaps and the palette use.
            pub fn name(self) -> &'static str {
                match self { $(Action::$variant => $name),+ }
            }

            /// One line for palette and help.
            pub fn doc(self) -> &'static str {
                match self { $(Action::$variant => $doc),+ }
            }

            /// The action of this name.
            pub fn from_name(name: &str) -> Option<Action> {
                Self::ALL.iter().copied().find(|a| a.name() == name)
            }
        }
    };
}

actions! {
    Quit = "app.quit", "Leave; a run under way goes on when the session is opened again";
    Suspend = "app.suspend", "Put the program in the background (fg brings it back)";
    Help = "app.help", "Show what every key does here";
    Palette = "app.palette", "Find an action by name";
    FocusNext = "app.focus-next", "Go to the next pane";
    FocusPrevious = "app.focus-previous", "Go to the pane before";
    FocusChat = "app.focus-chat", "Go to the chat";
    FocusStream = "app.focus-stream", "Go to the generation stream";
    FocusReview = "app.focus-review", "Go to the review";
    FocusBudget = "app.focus-budget", "Go to the budget";
    FocusSessions = "app.focus-sessions", "Go to the sessions";
    Zoom = "app.zoom", "Show only this pane, or all again";
    Widen = "app.widen", "Make this pane larger";
    Narrow = "app.narrow", "Make this pane smaller";
    Hide = "app.hide", "Hide this pane; focusing it shows it again";
    NextTheme = "app.next-theme", "Change to the next theme";
    ToggleMouse = "app.toggle-mouse", "Use the mouse here, or leave it to the terminal";
    Redraw = "app.redraw", "Draw the whole screen again";
    Close = "app.close", "Close what lies on top, or leave the zoom";
    CancelRun = "run.cancel", "Stop the run; what it gained stays";
    Retry = "run.retry", "At a pause: send it again";
    RaiseLimit = "run.raise-limit", "At a budget pause: double the limit that was reached and go on";
    UseCheaper = "run.use-cheaper", "At a pause: go on with the next cheaper model";
    UseLocal = "run.use-local", "At a pause: go on with a model on this machine";
    StopRun = "run.stop", "At a pause: end here with what there is";
    ChooseModel = "run.choose-model", "Choose the model";
    ChooseMode = "run.choose-mode", "Choose the mode";
    Submit = "chat.submit", "Send what is typed";
    Newline = "chat.newline", "Begin a new line";
    StartTyping = "chat.start-typing", "Type into the chat";
    StopTyping = "chat.stop-typing", "Leave the input line";
    HistoryPrevious = "chat.history-previous", "Bring back the request before";
    HistoryNext = "chat.history-next", "Bring back the request after";
    EditIntent = "chat.edit-intent", "Correct how the request was read";
    Up = "view.up", "Move up";
    Down = "view.down", "Move down";
    Left = "view.left", "Move left";
    Right = "view.right", "Move right";
    PageUp = "view.page-up", "Move up a page";
    PageDown = "view.page-down", "Move down a page";
    Top = "view.top", "Go to the beginning";
    Bottom = "view.bottom", "Go to the end, and follow";
    Copy = "view.copy", "Copy what is selected to the clipboard";
    Confirm = "view.confirm", "Choose what is selected";
    ShowContext = "context.show", "Show what the last prompt was made of, and why";
    PinItem = "context.pin", "Pin this file to every context, or let it go";
    DropItem = "context.drop", "Keep this file out of every context, or let it back";
    AcceptHunk = "review.accept-hunk", "Accept this hunk and go to the next";
    RejectHunk = "review.reject-hunk", "Reject this hunk and go to the next";
    AcceptFile = "review.accept-file", "Accept all hunks of this file";
    RejectFile = "review.reject-file", "Reject all hunks of this file";
    AcceptAll = "review.accept-all", "Accept every hunk";
    RejectAll = "review.reject-all", "Reject every hunk";
    Apply = "review.apply", "Write the accepted hunks to disk";
    Refine = "review.refine", "Say in a sentence what should be different";
    Comment = "review.comment", "Say something of this line, for the next revision";
    EditHunk = "review.edit-hunk", "Change this hunk here";
    OpenEditor = "review.open-editor", "Change this file of the proposal in your own editor ($EDITOR)";
    Indent = "editor.indent", "Insert an indentation as the file has it";
    NextHunk = "review.next-hunk", "Go to the next hunk";
    PreviousHunk = "review.previous-hunk", "Go to the hunk before";
    NextFile = "review.next-file", "Go to the next file";
    PreviousFile = "review.previous-file", "Go to the file before";
    ToggleSplit = "review.toggle-split", "Side by side, or one column";
    ToggleStep = "review.toggle-step", "The whole proposal, or what changed since the attempt before";
    NextAttempt = "review.next-attempt", "Show the next attempt";
    PreviousAttempt = "review.previous-attempt", "Show the attempt before";
    Install = "review.install", "Get a dependency that is missing: shows the command and asks";
    Undo = "review.undo", "Take back the last decision, or what a run wrote";
    Redo = "review.redo", "Make it again";
    NewSession = "sessions.new", "Begin a new session";
    OpenSession = "sessions.open", "Open the selected session";
    RenameSession = "sessions.rename", "Rename the selected session";
    DeleteSession = "sessions.delete", "Delete the selected session";
}

/// Where a key is looked up, innermost first: the overlay on top, then the pane, then `Global`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Everywhere.
    Global,
    /// The input line has the keyboard: keys without a binding are typed.
    Typing,
    /// The chat, not typing.
    Chat,
    /// The stream.
    Stream,
    /// The review.
    Review,
    /// The budget.
    Budget,
    /// The session list.
    Sessions,
    /// A run is paused and asks.
    Pause,
    /// A list to choose from with a filter line (palette, models, modes): keys without a binding are typed.
    Picker,
    /// The list above the input line that completes what stands behind an `@`: keys without a binding are typed.
    Completion,
    /// The items of a context.
    Context,
    /// A comment on a line of the proposal: keys without a binding are typed.
    Comment,
    /// A hunk that is changed in place: keys without a binding are typed.
    Editor,
    /// Help, or a notice.
    Overlay,
}

impl Scope {
    /// Every scope, in the order of help.
    pub const ALL: [Scope; 14] = [
        Scope::Global,
        Scope::Typing,
        Scope::Chat,
        Scope::Stream,
        Scope::Review,
        Scope::Budget,
        Scope::Sessions,
        Scope::Pause,
        Scope::Picker,
        Scope::Completion,
        Scope::Context,
        Scope::Comment,
        Scope::Editor,
        Scope::Overlay,
    ];

    /// The table's name in a keymap file.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Global => "global",
            Scope::Typing => "typing",
            Scope::Chat => "chat",
            Scope::Stream => "stream",
            Scope::Review => "review",
            Scope::Budget => "budget",
            Scope::Sessions => "sessions",
            Scope::Pause => "pause",
            Scope::Picker => "picker",
            Scope::Completion => "completion",
            Scope::Context => "context",
            Scope::Comment => "comment",
            Scope::Editor => "editor",
            Scope::Overlay => "overlay",
        }
    }

    /// Whether a key without a binding is text here.
    pub fn types(self) -> bool {
        matches!(self, Scope::Typing | Scope::Picker | Scope::Completion | Scope::Comment | Scope::Editor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_action_has_its_own_name_and_says_what_it_does() {
        let names: BTreeSet<_> = Action::ALL.iter().map(|a| a.name()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        assert!(Action::ALL.iter().all(|a| a.name().contains('.') && a.doc().len() > 5));
        assert!(Action::ALL.iter().all(|a| Action::from_name(a.name()) == Some(*a)));
    }
}
