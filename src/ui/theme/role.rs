//! What can be coloured. A theme gives roles their looks; panes ask for roles and never name a colour.

use ratatui::style::Modifier;

macro_rules! roles {
    ($($variant:ident = $name:literal, $parent:ident, $plain:expr, $doc:literal;)+) => {
        /// One thing that has a look of its own.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Role {
            $(#[doc = $doc] $variant),+
        }

        impl Role {
            /// Every role, in the order of the documentation.
            pub const ALL: &'static [Role] = &[$(Role::$variant),+];

            /// The key in a theme file.
            pub fn name(self) -> &'static str {
                match self { $(Role::$variant => $name),+ }
            }

            /// What it is for.
            pub fn doc(self) -> &'static str {
                match self { $(Role::$variant => $doc),+ }
            }

            /// The role whose look it has as far as the theme does not say; `Text` is its own.
            pub fn parent(self) -> Role {
                match self { $(Role::$variant => Role::$parent),+ }
            }

            /// What keeps it apart where there are no colours: bold, dim, underline and reverse only.
            pub fn plain(self) -> Modifier {
                match self { $(Role::$variant => $plain),+ }
            }
        }
    };
}

const NONE: Modifier = Modifier::empty();
const BOLD: Modifier = Modifier::BOLD;
const DIM: Modifier = Modifier::DIM;
const LINE: Modifier = Modifier::UNDERLINED;
const REVERSE: Modifier = Modifier::REVERSED;

roles! {
    Text = "text", Text, NONE, "everything that is nothing else; its background is the screen's";
    Dim = "dim", Text, DIM, "what matters less";
    Accent = "accent", Text, BOLD, "what draws the eye";
    Border = "border", Dim, DIM, "the frame of a pane";
    BorderFocused = "border_focused", Accent, BOLD, "the frame of the pane that has the focus";
    Title = "title", Text, BOLD, "the title of a pane";
    Key = "key", Accent, BOLD, "a key in footer and help";
    Selection = "selection", Text, REVERSE, "the selected line or text";
    User = "user", Accent, BOLD, "the user's name in the chat";
    Assistant = "assistant", Text, NONE, "the model's name in the chat";
    Workbench = "workbench", Dim, DIM, "what the workbench itself says";
    Thinking = "thinking", Dim, DIM, "the model's thinking";
    Heading = "heading", Title, BOLD.union(LINE), "a heading";
    Link = "link", Accent, LINE, "a link";
    InlineCode = "inline_code", Text, BOLD, "code within a sentence";
    Success = "success", Text, BOLD, "it went well";
    Warning = "warning", Text, LINE, "look at this";
    Error = "error", Text, BOLD.union(REVERSE), "it failed";
    Added = "added", Success, BOLD, "an added line";
    Removed = "removed", Error, DIM, "a removed line";
    AddedEmphasis = "added_emphasis", Added, BOLD.union(LINE), "the added words of a line";
    RemovedEmphasis = "removed_emphasis", Removed, DIM.union(LINE), "the removed words of a line";
    HunkHeader = "hunk_header", Dim, LINE, "the head of a hunk";
    LineNumber = "line_number", Dim, DIM, "line numbers";
    Accepted = "accepted", Success, BOLD, "a hunk that was accepted";
    Rejected = "rejected", Error, DIM, "a hunk that was rejected";
    Pending = "pending", Warning, NONE, "a hunk without a decision";
    GaugeLow = "gauge_low", Success, NONE, "less than half is used";
    GaugeMid = "gauge_mid", Warning, BOLD, "half to four fifths are used";
    GaugeHigh = "gauge_high", Error, BOLD.union(REVERSE), "more than four fifths are used";
    GaugeEmpty = "gauge_empty", Border, DIM, "what is left";
    Keyword = "keyword", Text, BOLD, "code: keywords";
    String = "string", Text, NONE, "code: texts";
    Comment = "comment", Dim, DIM, "code: comments";
    Function = "function", Text, NONE, "code: functions";
    Type = "type", Text, NONE, "code: types";
    Number = "number", Text, NONE, "code: numbers";
    Constant = "constant", Number, NONE, "code: constants, true, false";
    Operator = "operator", Text, NONE, "code: operators";
    Variable = "variable", Text, NONE, "code: variables and parameters";
    Attribute = "attribute", Keyword, NONE, "code: attributes, decorators, tags";
    Punctuation = "punctuation", Text, NONE, "code: brackets and commas";
}

impl Role {
    /// The role of this key.
    pub fn from_name(name: &str) -> Option<Role> {
        Self::ALL.iter().copied().find(|r| r.name() == name)
    }
}
