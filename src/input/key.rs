//! One key press in one form, whatever terminal it comes from, and its notation: `ctrl-x`, `alt-enter`, `space`, `?`.
//!
//! Terminals disagree on how a shifted or an AltGr character arrives; here it is the character that was meant. What a key does is
//! not known here.

use crate::domain::nearest::nearest;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::fmt;

/// A key press. Equal keys are the same key to every keymap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Names of keys that are no single character, the one we write first.
const NAMES: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("return", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("escape", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("del", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("ins", KeyCode::Insert),
    ("space", KeyCode::Char(' ')),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("page-up", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("page-down", KeyCode::PageDown),
];

impl Key {
    /// The key of a terminal's event. `None` for a release, a modifier alone, and keys we have no name for.
    pub fn from_event(event: KeyEvent) -> Option<Key> {
        // Super and Hyper belong to the desktop.
        if event.kind == KeyEventKind::Release || event.modifiers.intersects(KeyModifiers::SUPER | KeyModifiers::HYPER)
        {
            return None;
        }
        Key::normal(event.code, event.modifiers)
    }

    /// The one form of a key.
    fn normal(code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
        const CTRL: KeyModifiers = KeyModifiers::CONTROL;
        const ALT: KeyModifiers = KeyModifiers::ALT;
        const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
        let mut modifiers = match modifiers.contains(KeyModifiers::META) {
            true => (modifiers | ALT) & (CTRL | ALT | SHIFT),
            false => modifiers & (CTRL | ALT | SHIFT),
        };
        let code = match code {
            KeyCode::BackTab => {
                modifiers |= SHIFT;
                KeyCode::Tab
            }
            KeyCode::Null => {
                modifiers |= CTRL;
                KeyCode::Char(' ')
            }
            KeyCode::F(1..=24) => code,
            KeyCode::Char(c) if c.is_control() => return None,
            KeyCode::Char(c) => {
                // Ctrl and Alt together with a sign are AltGr: the sign was meant.
                if modifiers.contains(CTRL | ALT) && !c.is_ascii_alphanumeric() && c != ' ' {
                    modifiers -= CTRL | ALT;
                }
                KeyCode::Char(shifted(c, &mut modifiers))
            }
            _ if NAMES.iter().any(|(_, known)| *known == code) => code,
            _ => return None,
        };
        Some(Key { code, modifiers })
    }

    /// Reads a key's notation.
    ///
    /// # Errors
    /// What is wrong and what to write, as a clause that follows the key.
    pub fn parse(text: &str) -> Result<Key, String> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        loop {
            let lower = rest.to_ascii_lowercase();
            let found =
                [("ctrl-", KeyModifiers::CONTROL), ("alt-", KeyModifiers::ALT), ("shift-", KeyModifiers::SHIFT)]
                    .into_iter()
                    .find(|(prefix, _)| lower.starts_with(prefix) && rest.len() > prefix.len());
            let Some((prefix, modifier)) = found else { break };
            if modifiers.contains(modifier) {
                return Err(format!("has `{prefix}` twice; leave one out"));
            }
            modifiers |= modifier;
            rest = &rest[prefix.len()..];
        }
        let code = code(rest).ok_or_else(|| unknown(rest))?;
        let (ctrl, alt) = (modifiers.contains(KeyModifiers::CONTROL), modifiers.contains(KeyModifiers::ALT));
        if let (KeyCode::Char(c), true) = (code, ctrl) {
            if c.is_ascii_uppercase() {
                let small = c.to_ascii_lowercase();
                return Err(format!("is not clear; write `ctrl-{small}`, or `ctrl-shift-{small}`"));
            }
            // These arrive as the same byte in most terminals.
            for (same, name) in [('i', "tab"), ('m', "enter"), ('[', "esc")] {
                if c == same && !modifiers.contains(KeyModifiers::SHIFT) {
                    return Err(format!("is `{name}` in many terminals; bind that, or another key"));
                }
            }
            if alt && !c.is_ascii_alphanumeric() && c != ' ' {
                return Err("is AltGr on many keyboards; use `ctrl-` or `alt-` alone".to_owned());
            }
        }
        Key::normal(code, modifiers).ok_or_else(|| unknown(rest))
    }

    /// The character that this key types.
    pub fn text(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if self.modifiers.is_empty() => Some(c),
            _ => None,
        }
    }

    /// The same key as a terminal's event, for a text field that takes those.
    pub fn event(self) -> KeyEvent {
        KeyEvent::new(self.code, self.modifiers)
    }

    /// As short as it can be read: `^x`, `alt-↑`, `?`.
    pub fn compact(self) -> String {
        let name = match self.code {
            KeyCode::Up => "↑".to_owned(),
            KeyCode::Down => "↓".to_owned(),
            KeyCode::Left => "←".to_owned(),
            KeyCode::Right => "→".to_owned(),
            KeyCode::PageUp => "pgup".to_owned(),
            KeyCode::PageDown => "pgdn".to_owned(),
            code => name(code),
        };
        let mut shown = String::new();
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            shown.push('^');
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            shown.push_str("alt-");
        }
        match self.code {
            _ if self.modifiers.contains(KeyModifiers::SHIFT) => shown.push_str(&format!("shift-{name}")),
            _ => shown.push_str(&name),
        }
        shown
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, prefix) in
            [(KeyModifiers::CONTROL, "ctrl-"), (KeyModifiers::ALT, "alt-"), (KeyModifiers::SHIFT, "shift-")]
        {
            if self.modifiers.contains(modifier) {
                f.write_str(prefix)?;
            }
        }
        f.write_str(&name(self.code))
    }
}

/// Keys separated by spaces: `g g`, `ctrl-x ctrl-c`.
///
/// # Errors
/// Which key is wrong and what to write.
pub fn parse_chord(text: &str) -> Result<Vec<Key>, String> {
    let keys: Vec<Key> = text
        .split_whitespace()
        .map(|word| Key::parse(word).map_err(|why| format!("`{word}` {why}")))
        .collect::<Result<_, _>>()?;
    match keys.len() {
        0 => Err("is no key; write one such as `ctrl-x`, or `space`".to_owned()),
        1..=4 => Ok(keys),
        _ => Err("has more than four keys; write fewer".to_owned()),
    }
}

/// A chord in its notation.
pub fn format_chord(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(" ")
}

/// A chord as short as it can be read: `gg`, `^x ^c`.
pub fn compact_chord(keys: &[Key]) -> String {
    let bare = keys.iter().all(|k| k.text().is_some_and(|c| c != ' '));
    keys.iter().map(|k| k.compact()).collect::<Vec<_>>().join(if bare { "" } else { " " })
}

/// A character and Shift: what Shift did is in the character, except for letters with Ctrl or Alt, whose case says nothing.
fn shifted(c: char, modifiers: &mut KeyModifiers) -> char {
    let shift = modifiers.contains(KeyModifiers::SHIFT);
    let combined = modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    if combined && c.is_alphabetic() {
        if c.is_uppercase() {
            *modifiers |= KeyModifiers::SHIFT;
        }
        return only(c.to_lowercase()).unwrap_or(c);
    }
    *modifiers -= KeyModifiers::SHIFT;
    match c {
        c if shift && c.is_lowercase() => only(c.to_uppercase()).unwrap_or(c),
        // Bytes 0x1C to 0x1F are told as digits.
        '4' if *modifiers == KeyModifiers::CONTROL => '\\',
        '5' if *modifiers == KeyModifiers::CONTROL => ']',
        '6' if *modifiers == KeyModifiers::CONTROL => '^',
        '7' | '_' if *modifiers == KeyModifiers::CONTROL => '/',
        c => c,
    }
}

/// The character, if the case of another is one character.
fn only(mut cases: impl Iterator<Item = char>) -> Option<char> {
    let first = cases.next();
    first.filter(|_| cases.next().is_none())
}

fn code(name: &str) -> Option<KeyCode> {
    let mut characters = name.chars();
    if let (Some(c), None) = (characters.next(), characters.next()) {
        return (!c.is_whitespace()).then_some(KeyCode::Char(c));
    }
    let lower = name.to_ascii_lowercase();
    let function = lower.strip_prefix('f').and_then(|n| n.parse().ok()).filter(|n| (1..=24).contains(n));
    let named = NAMES.iter().find(|(known, _)| *known == lower).map(|(_, code)| *code);
    named.or(function.map(KeyCode::F))
}

fn name(code: KeyCode) -> String {
    match code {
        KeyCode::F(n) => format!("f{n}"),
        code => match NAMES.iter().find(|(_, known)| *known == code) {
            Some((name, _)) => (*name).to_owned(),
            None => code.to_string(),
        },
    }
}

fn unknown(name: &str) -> String {
    let names = NAMES.iter().map(|(name, _)| *name);
    match nearest(name, names) {
        Some(near) => format!("is no key; did you mean `{near}`?"),
        None => "is no key; write a character, a name such as `enter`, `space`, `f1`, and `ctrl-`, `alt-`, `shift-` before it"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(code: KeyCode, modifiers: KeyModifiers) -> Option<String> {
        Key::from_event(KeyEvent::new(code, modifiers)).map(|k| k.to_string())
    }

    #[test]
    fn notation_reads_back_as_it_is_written() {
        for text in [
            "a",
            "A",
            "?",
            "-",
            "<",
            "é",
            "space",
            "enter",
            "ctrl-x",
            "ctrl-shift-p",
            "alt-enter",
            "shift-tab",
            "f1",
            "f12",
            "ctrl-alt-a",
            "ctrl-/",
            "alt--",
            "ctrl-space",
            "alt-<",
            "shift-up",
            "ctrl-\\",
        ] {
            assert_eq!(Key::parse(text).unwrap().to_string(), text);
        }
        for (text, same) in [
            ("Ctrl-x", "ctrl-x"),
            ("shift-space", "space"),
            ("shift-a", "A"),
            ("alt-P", "alt-shift-p"),
            ("ESC", "esc"),
            ("return", "enter"),
            ("ctrl-_", "ctrl-/"),
            ("ctrl-7", "ctrl-/"),
            ("page-up", "pageup"),
        ] {
            assert_eq!(Key::parse(text).unwrap().to_string(), same, "{text}");
        }
    }

    #[test]
    fn wrong_notation_says_what_to_write() {
        for (text, word) in [
            ("", "is no key"),
            ("entr", "did you mean `enter`?"),
            ("f25", "is no key"),
            ("ctrl-ctrl-x", "twice"),
            ("ctrl-i", "`tab`"),
            ("ctrl-m", "`enter`"),
            ("ctrl-[", "`esc`"),
            ("ctrl-alt-@", "AltGr"),
            ("ctrl-", "is no key"),
            ("Ctrl-X", "`ctrl-x`, or `ctrl-shift-x`"),
        ] {
            let message = Key::parse(text).unwrap_err();
            assert!(message.contains(word), "{text}: {message}");
        }
        assert!(parse_chord(" ").is_err() && parse_chord("a b c d e").is_err());
        assert_eq!(parse_chord("ctrl-x entr").unwrap_err(), "`entr` is no key; did you mean `enter`?");
    }

    #[test]
    fn the_same_key_from_different_terminals_is_one_key() {
        const CTRL: KeyModifiers = KeyModifiers::CONTROL;
        const ALT: KeyModifiers = KeyModifiers::ALT;
        const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
        const NONE: KeyModifiers = KeyModifiers::NONE;
        for (code, modifiers, key) in [
            (KeyCode::Char('A'), SHIFT, Some("A")),
            (KeyCode::Char('A'), NONE, Some("A")),
            (KeyCode::Char('a'), SHIFT, Some("A")),
            (KeyCode::Char('?'), SHIFT, Some("?")),
            (KeyCode::Char('P'), CTRL, Some("ctrl-shift-p")),
            (KeyCode::Char('p'), CTRL | SHIFT, Some("ctrl-shift-p")),
            (KeyCode::Char('P'), ALT | SHIFT, Some("alt-shift-p")),
            (KeyCode::BackTab, SHIFT, Some("shift-tab")),
            (KeyCode::BackTab, NONE, Some("shift-tab")),
            (KeyCode::Char('7'), CTRL, Some("ctrl-/")),
            (KeyCode::Null, NONE, Some("ctrl-space")),
            (KeyCode::Char('@'), CTRL | ALT, Some("@")),
            (KeyCode::Char('ą'), CTRL | ALT, Some("ą")),
            (KeyCode::Char('a'), CTRL | ALT, Some("ctrl-alt-a")),
            (KeyCode::Char('x'), KeyModifiers::META, Some("alt-x")),
            (KeyCode::Char('x'), KeyModifiers::SUPER, None),
            (KeyCode::CapsLock, NONE, None),
            (KeyCode::Char('\u{1}'), NONE, None),
            (KeyCode::Char('ß'), SHIFT, Some("ß")),
        ] {
            assert_eq!(from(code, modifiers).as_deref(), key, "{code:?} {modifiers:?}");
        }
    }

    #[test]
    fn releases_are_no_keys() {
        let mut event = KeyEvent::new(KeyCode::Char('a'), KeyModifiers::NONE);
        event.kind = KeyEventKind::Release;
        assert_eq!(Key::from_event(event), None);
        event.kind = KeyEventKind::Repeat;
        assert!(Key::from_event(event).is_some());
    }

    #[test]
    fn compact_chords_are_short() {
        for (text, shown) in [
            ("ctrl-x ctrl-c", "^x ^c"),
            ("g g", "gg"),
            ("space a", "space a"),
            ("alt-enter", "alt-enter"),
            ("shift-tab", "shift-tab"),
            ("up", "↑"),
            ("ctrl-shift-p", "^shift-p"),
        ] {
            assert_eq!(compact_chord(&parse_chord(text).unwrap()), shown);
        }
    }
}
