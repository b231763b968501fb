//! What the terminal can show: how many colours, and whether it is dark or light. Decided from what is passed in; nothing is
//! asked here.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Depth {
    /// None: bold, dim, underline and reverse only.
    None,
    /// The terminal's sixteen.
    Ansi16,
    /// 256.
    Ansi256,
    /// 24 bits.
    TrueColor,
}

/// Where the output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// A terminal.
    Terminal,
    /// A file or a pipe.
    Other,
}

/// Terminals that show 24 bits, by the name in `TERM` or `TERM_PROGRAM`, whether or not they say so in `COLORTERM`.
const TRUE_COLOR: &[&str] = &["kitty", "alacritty", "wezterm", "ghostty", "foot", "iterm.app", "vscode", "direct"];

impl Depth {
    /// From the environment: `NO_COLOR` (no-color.org), `CLICOLOR`, `CLICOLOR_FORCE` (bixense.com/clicolors), `COLORTERM`, `TERM`.
    pub fn detect(environment: &BTreeMap<String, String>, output: Output) -> Depth {
        let get = |name: &str| environment.get(name).map(String::as_str).filter(|v| !v.is_empty());
        if get("NO_COLOR").is_some() {
            return Depth::None;
        }
        let forced = get("CLICOLOR_FORCE").is_some_and(|v| v != "0");
        let term = get("TERM").unwrap_or("").to_ascii_lowercase();
        let refused = get("CLICOLOR") == Some("0") || output == Output::Other || term == "dumb";
        if refused && !forced {
            return Depth::None;
        }
        let program = get("TERM_PROGRAM").unwrap_or("").to_ascii_lowercase();
        let says = |names: &[&str]| names.iter().any(|name| term.contains(name) || program.contains(name));
        match get("COLORTERM").map(str::to_ascii_lowercase).as_deref() {
            Some("truecolor" | "24bit") => Depth::TrueColor,
            // Inside tmux and screen the outer terminal's name says nothing of what passes.
            _ if !term.starts_with("screen") && !term.starts_with("tmux") && says(TRUE_COLOR) => Depth::TrueColor,
            _ if get("WT_SESSION").is_some() => Depth::TrueColor,
            _ if term.starts_with("xterm") && get("XTERM_VERSION").is_some_and(xterm_has_true_color) => {
                Depth::TrueColor
            }
            _ if term.contains("256") || program == "apple_terminal" => Depth::Ansi256,
            _ => Depth::Ansi16,
        }
    }
}

/// `XTerm(379)`: xterm takes 24 bits from its version 331 on, though it neither says so in `TERM` nor in `COLORTERM`.
fn xterm_has_true_color(version: &str) -> bool {
    let number = version.strip_prefix("XTerm(").and_then(|rest| rest.strip_suffix(')'));
    number.and_then(|n| n.parse::<u32>().ok()).is_some_and(|n| n >= 331)
}

/// Whether the terminal's background is dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appearance {
    /// Dark.
    Dark,
    /// Light.
    Light,
}

impl Appearance {
    /// What the terminal says in `COLORFGBG`: rxvt's `foreground;background`, or `foreground;…;background`. Most terminals set none; they
    /// are not asked (OSC 11), since an answer that comes late, or over a slow line in pieces, would be read as keys.
    pub fn told(environment: &BTreeMap<String, String>) -> Option<Appearance> {
        let background = environment.get("COLORFGBG")?.rsplit(';').next()?.parse::<u8>().ok()?;
        Some(if matches!(background, 7 | 9..=15) { Appearance::Light } else { Appearance::Dark })
    }

    /// The name of the shipped theme for it.
    pub fn theme(self) -> &'static str {
        match self {
            Appearance::Dark => "dark",
            Appearance::Light => "light",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &str) -> BTreeMap<String, String> {
        pairs.split_whitespace().filter_map(|p| p.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect()
    }

    #[test]
    fn the_number_of_colours_follows_the_conventions() {
        use Output::{Other, Terminal};
        for (pairs, output, depth) in [
            ("TERM=xterm-256color COLORTERM=truecolor", Terminal, Depth::TrueColor),
            ("TERM=xterm-256color COLORTERM=24bit", Terminal, Depth::TrueColor),
            ("TERM=xterm-256color", Terminal, Depth::Ansi256),
            ("TERM=xterm", Terminal, Depth::Ansi16),
            ("TERM=xterm XTERM_VERSION=XTerm(379)", Terminal, Depth::TrueColor),
            ("TERM=xterm XTERM_VERSION=XTerm(330)", Terminal, Depth::Ansi16),
            ("TERM=screen XTERM_VERSION=XTerm(379)", Terminal, Depth::Ansi16),
            ("TERM=linux", Terminal, Depth::Ansi16),
            ("TERM=xterm-kitty", Terminal, Depth::TrueColor),
            ("TERM=screen-256color TERM_PROGRAM=iTerm.app", Terminal, Depth::Ansi256),
            ("TERM=tmux-256color COLORTERM=truecolor", Terminal, Depth::TrueColor),
            ("TERM=xterm-256color TERM_PROGRAM=Apple_Terminal", Terminal, Depth::Ansi256),
            ("TERM=dumb", Terminal, Depth::None),
            ("TERM=dumb COLORTERM=truecolor CLICOLOR=1", Terminal, Depth::None),
            ("TERM=xterm-256color NO_COLOR=1", Terminal, Depth::None),
            ("TERM=xterm-256color NO_COLOR=1 CLICOLOR_FORCE=1", Terminal, Depth::None),
            ("TERM=xterm-256color NO_COLOR=", Terminal, Depth::Ansi256),
            ("TERM=xterm-256color CLICOLOR=0", Terminal, Depth::None),
            ("TERM=xterm-256color CLICOLOR=0 CLICOLOR_FORCE=1", Terminal, Depth::Ansi256),
            ("TERM=xterm-256color", Other, Depth::None),
            ("TERM=xterm-256color CLICOLOR_FORCE=1", Other, Depth::Ansi256),
            ("TERM=xterm-256color CLICOLOR_FORCE=0", Other, Depth::None),
            ("", Terminal, Depth::Ansi16),
        ] {
            assert_eq!(Depth::detect(&environment(pairs), output), depth, "{pairs} {output:?}");
        }
    }

    #[test]
    fn dark_and_light_follow_the_variable_and_nothing_is_made_of_none() {
        use Appearance::{Dark, Light};
        for (pairs, appearance) in [
            ("", None),
            ("COLORFGBG=15;0", Some(Dark)),
            ("COLORFGBG=0;15", Some(Light)),
            ("COLORFGBG=0;default;15", Some(Light)),
            ("COLORFGBG=0;8", Some(Dark)),
            ("COLORFGBG=x", None),
        ] {
            assert_eq!(Appearance::told(&environment(pairs)), appearance, "{pairs}");
        }
    }
}
