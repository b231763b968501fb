//! Themes: a look for every role, in as many colours as the terminal has.
//!
//! Panes ask [`Theme::style`] for a role; they never name a colour, and never ask how many there are. [`Styles`]
//! is the same, worked out once.

mod color;
mod depth;
mod read;
mod role;

pub use color::Paint;
pub use depth::{Appearance, Depth, Output};
pub use read::schema;
pub use role::Role;

use crate::config::Source;
use crate::config::lineage::Find;
use crate::domain::failure::Failure;
use ratatui::style::{Modifier, Style};
use std::collections::BTreeMap;

/// The themes that ship, by name.
pub const THEMES: &[(&str, &str)] =
    &[("dark", include_str!("../../themes/dark.toml")), ("light", include_str!("../../themes/light.toml"))];

/// A look for every role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    name: String,
    looks: BTreeMap<Role, Look>,
}

/// The look of one role, for a terminal that can show everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The text's colour; `None` leaves it as it is.
    pub fg: Option<Paint>,
    /// The background; `None` leaves it as it is.
    pub bg: Option<Paint>,
    /// Bold, italic and so on.
    pub modifiers: Modifier,
}

impl Theme {
    /// The theme `name`. `own` finds the user's own theme files; a name that it does not know is one that ships. What is wrong is
    /// complained about with its line; an unknown name gives the dark theme.
    pub fn load(name: &str, own: &Find<'_>) -> (Theme, Vec<Failure>) {
        let mut failures = Vec::new();
        let theme = read::read(name, own, &mut failures);
        (theme, failures)
    }

    /// A theme from one text; `own` finds what it inherits from, beside the themes that ship.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its line and its fix.
    pub fn parse(name: &str, text: &str, own: &Find<'_>) -> Result<Theme, Vec<Failure>> {
        let asked_for = std::cell::Cell::new(false);
        let this_first = |asked: &str| match asked == name && !asked_for.replace(true) {
            true => Ok(Some(Source::new(name, text))),
            false => own(asked),
        };
        match Theme::load(name, &this_first) {
            (theme, failures) if failures.is_empty() => Ok(theme),
            (_, failures) => Err(failures),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The look of a role.
    pub fn look(&self, role: Role) -> Look {
        self.looks.get(&role).copied().unwrap_or_default()
    }

    /// The styles of every role at this depth, worked out once.
    pub fn styles(&self, depth: Depth) -> Styles {
        Styles(Role::ALL.iter().map(|role| self.style(*role, depth)).collect())
    }

    /// The style of a role on a terminal of this depth. Lay it over what is there: what a role does not say stays.
    pub fn style(&self, role: Role, depth: Depth) -> Style {
        let look = self.look(role);
        let paint = match depth {
            Depth::None => return Style::new().add_modifier(role.plain()),
            Depth::Ansi16 => Paint::sixteen,
            Depth::Ansi256 => Paint::indexed,
            Depth::TrueColor => Paint::true_color,
        };
        let style = Style { fg: look.fg.map(paint), bg: look.bg.map(paint), ..Style::new() };
        // Among few colours a tint becomes the screen's own background: then the role needs another mark.
        let screen = self.look(Role::Text).bg;
        let lost = role != Role::Text && look.bg != screen && style.bg.is_some() && style.bg == screen.map(paint);
        style.add_modifier(if lost { look.modifiers | role.plain() } else { look.modifiers })
    }
}

/// The styles of a theme at one depth: what a frame is drawn with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Styles(Vec<Style>);

impl Styles {
    /// The style of a role. Lay it over what is there: what a role does not say stays.
    pub fn get(&self, role: Role) -> Style {
        self.0[role as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::style::Color;
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    const DEPTHS: [Depth; 4] = [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::TrueColor];

    fn shipped() -> Vec<Theme> {
        let load = |(name, _): &(&str, &str)| {
            let (theme, failures) = Theme::load(name, &|_| Ok(None));
            assert_eq!(failures, [], "{name}");
            theme
        };
        THEMES.iter().map(load).collect()
    }

    #[test]
    fn parents_stand_before_their_children() {
        let mut seen = BTreeSet::from([Role::Text]);
        for role in Role::ALL {
            assert!(seen.contains(&role.parent()), "{}", role.name());
            seen.insert(*role);
        }
        assert!(Role::ALL.iter().all(|r| Role::from_name(r.name()) == Some(*r)));
    }

    /// What may be less legible than text: 3:1 instead of 4.5:1 (WCAG 2.2, 1.4.3 and 1.4.11).
    const QUIET: [Role; 4] = [Role::Border, Role::GaugeEmpty, Role::LineNumber, Role::Dim];
    const CODE: [Role; 12] = [
        Role::Keyword,
        Role::String,
        Role::Comment,
        Role::Function,
        Role::Type,
        Role::Number,
        Role::Constant,
        Role::Operator,
        Role::Variable,
        Role::Attribute,
        Role::Punctuation,
        Role::Text,
    ];

    /// What is really shown: the fixed colours of 256 have known values.
    fn shown(paint: Paint, depth: Depth) -> Paint {
        match (depth, paint.indexed()) {
            (Depth::Ansi256, Color::Indexed(index)) => {
                let [r, g, b] = color::fixed(index);
                Paint::Rgb(r, g, b)
            }
            _ => paint,
        }
    }

    #[test]
    fn every_role_is_legible_on_its_background() {
        for (theme, depth) in shipped().iter().flat_map(|t| [(t, Depth::TrueColor), (t, Depth::Ansi256)]) {
            // 256 colours are coarse: 3:1 must hold for text, 2.4:1 for the quiet roles.
            let coarse = depth == Depth::Ansi256;
            let (text, quiet) = if coarse { (3.0, 2.4) } else { (4.5, 3.0) };
            let ground = |role| theme.look(role).bg.or(theme.look(Role::Text).bg).unwrap();
            let check = |role: Role, on: Role, least: f64| {
                let (fg, bg) = (shown(theme.look(role).fg.unwrap(), depth), shown(ground(on), depth));
                let contrast = fg.contrast(bg).unwrap();
                let (theme, role, on) = (theme.name(), role.name(), on.name());
                let message = format!("{theme} {depth:?}: `{role}` on `{on}` has {contrast:.2}:1, less than {least}:1");
                assert!(contrast >= least, "{message}");
            };
            for role in Role::ALL {
                check(*role, *role, if QUIET.contains(role) { quiet } else { text });
            }
            for on in [Role::Added, Role::Removed, Role::Selection] {
                CODE.iter().for_each(|role| check(*role, on, text));
            }
            for on in [Role::Added, Role::Removed] {
                check(Role::LineNumber, on, quiet);
            }
            for on in [Role::AddedEmphasis, Role::RemovedEmphasis] {
                CODE.iter().for_each(|role| check(*role, on, if coarse { 2.4 } else { 3.0 }));
            }
        }
    }

    #[test]
    fn states_stay_apart_at_every_depth() {
        let groups: [&[Role]; 8] = [
            &[Role::Accepted, Role::Rejected, Role::Pending],
            &[Role::Added, Role::Removed, Role::Text],
            &[Role::Added, Role::AddedEmphasis],
            &[Role::Removed, Role::RemovedEmphasis],
            &[Role::Error, Role::Warning, Role::Success],
            &[Role::GaugeLow, Role::GaugeMid, Role::GaugeHigh],
            &[Role::Border, Role::BorderFocused],
            &[Role::Selection, Role::Text],
        ];
        for theme in shipped() {
            for depth in DEPTHS {
                for group in groups {
                    let styles: Vec<Style> = group.iter().map(|role| theme.style(*role, depth)).collect();
                    let distinct = (0..styles.len()).all(|i| !styles[..i].contains(&styles[i]));
                    assert!(distinct, "{} {depth:?}: {group:?} look alike: {styles:?}", theme.name());
                }
            }
        }
    }

    #[test]
    fn styles_worked_out_once_are_those_of_the_theme() {
        let theme = &shipped()[1];
        let styles = theme.styles(Depth::Ansi256);
        assert!(Role::ALL.iter().all(|r| styles.get(*r) == theme.style(*r, Depth::Ansi256)));
    }

    #[test]
    fn without_colours_there_are_no_colours() {
        let allowed = Modifier::BOLD | Modifier::DIM | Modifier::UNDERLINED | Modifier::REVERSED;
        for role in Role::ALL {
            let style = shipped()[0].style(*role, Depth::None);
            assert_eq!((style.fg, style.bg), (None, None), "{}", role.name());
            assert!(allowed.contains(style.add_modifier), "{}", role.name());
        }
    }

    #[test]
    fn the_light_theme_is_light_and_the_dark_one_dark() {
        let luminance = |theme: &Theme| theme.look(Role::Text).bg.unwrap().luminance().unwrap();
        let themes = shipped();
        assert!(luminance(&themes[0]) < 0.1 && luminance(&themes[1]) > 0.9);
        assert_eq!([Appearance::Dark.theme(), Appearance::Light.theme()], [themes[0].name(), themes[1].name()]);
    }

    #[test]
    fn a_theme_stands_on_another_and_changes_its_palette_or_its_roles() {
        let text = "inherits = 'dark'\n[palette]\nblue = '#010203'\nsea = '#040506'\n[roles]\nborder = 'sea'\n\
                    text.bg = 'default'\ntitle = { bold = false, fg = 'red' }\n";
        let theme = Theme::parse("mine", text, &|_| Ok(None)).unwrap();
        let dark = &shipped()[0];
        assert_eq!(theme.look(Role::Accent).fg, Some(Paint::Rgb(1, 2, 3)), "the palette's new blue");
        assert_eq!(theme.look(Role::GaugeEmpty), dark.look(Role::GaugeEmpty), "said by the theme below");
        assert_eq!(theme.look(Role::Border).fg, Some(Paint::Rgb(4, 5, 6)));
        assert_eq!(theme.look(Role::Text), Look { bg: Some(Paint::Default), ..dark.look(Role::Text) });
        assert_eq!(theme.look(Role::Title).modifiers, Modifier::empty());
        assert_eq!(theme.style(Role::Text, Depth::TrueColor).bg, Some(ratatui::style::Color::Reset));
    }

    #[test]
    fn a_theme_without_a_word_about_a_role_gives_it_its_parents_look() {
        let theme = Theme::parse("bare", "[roles]\ntext = 'white'\nadded = 'green'\n", &|_| Ok(None)).unwrap();
        assert_eq!(theme.look(Role::AddedEmphasis).fg, Some(Paint::Ansi(2)));
        assert_eq!(theme.look(Role::Keyword).fg, Some(Paint::Ansi(7)));
    }

    #[test]
    fn each_mistake_in_a_theme_is_named_with_its_line_and_its_fix_and_costs_only_its_line() {
        for (line, complaint) in [
            ("[rolls]\ntext = 'red'", "4:1: unknown key `rolls`; did you mean `roles`?"),
            (
                "[palette]\nx = 'rde'",
                "4:1: `palette.x` is no colour; write \"#rrggbb\", or a name such as \"bright-red\"",
            ),
            ("[palette]\nx = 3", "4:1: `palette.x` is no colour; write \"#rrggbb\", or a name such as \"bright-red\""),
            ("[roles]\ntxt = 'red'", "4:1: unknown role `txt`; did you mean `text`?"),
            ("[roles]\ntext = 3", "4:1: `roles.text` has to be a colour in quotation marks, such as \"#7fb4ff\""),
            ("[roles]\ntext.fgg = 'red'", "4:6: unknown key `fgg` in `roles.text`; did you mean `fg`?"),
            ("[roles]\ntext.bold = 'yes'", "4:6: `roles.text.bold` has to be true or false"),
            ("[roles]\ntext.fg.x = 1", "4:9: `roles.text.fg.x` goes too deep; write `roles.text = { fg = \"…\" }`"),
            ("[roles]\ntext = 'bleu'", "4:1: unknown colour `bleu`; did you mean `blue`?"),
            ("[roles]\ntext = '#12345'", "4:1: unknown colour `#12345`; write \"#rrggbb\", or a name of the palette"),
            ("[roles]\ntext 'x'", "4:6: not valid TOML: key with no value, expected `=`"),
        ] {
            let header = if line.starts_with("[roles]") { "" } else { "[roles]\n" };
            let text = format!("inherits = 'light'\n\n{line}\n{header}dim = '#010101'\n");
            let (theme, failures) =
                Theme::load("mine", &|name| Ok((name == "mine").then(|| Source::new("mine.toml", text.clone()))));
            let messages: Vec<_> = failures.iter().map(|f| f.message.as_str()).collect();
            assert_eq!(messages, [format!("mine.toml:{complaint}")], "{line}");
            assert_eq!(theme.look(Role::Dim).fg, Some(Paint::Rgb(1, 1, 1)), "{line}: the rest counts");
            assert_eq!(theme.look(Role::Text), shipped()[1].look(Role::Text), "{line}: what it inherits shows through");
        }
    }

    #[test]
    fn a_theme_that_is_not_there_gives_the_dark_one_and_a_complaint() {
        let (theme, failures) = Theme::load("drak", &|_| Ok(None));
        assert_eq!(failures[0].message, "unknown theme `drak`; `dark` is used; did you mean `dark`?");
        assert_eq!(theme.look(Role::Text), shipped()[0].look(Role::Text));
    }

    fn file(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
    }

    #[test]
    fn the_schema_is_in_step_and_accepts_what_ships() {
        let expected = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(file("assets/theme.schema.json"), &expected).unwrap();
        }
        assert_eq!(std::fs::read_to_string(file("assets/theme.schema.json")).unwrap_or_default(), expected);
        let validator = jsonschema::validator_for(&schema()).unwrap();
        for (name, text) in THEMES {
            let table: toml::Table = toml::from_str(text).unwrap();
            assert!(validator.is_valid(&serde_json::to_value(table).unwrap()), "{name}");
        }
    }

    #[test]
    fn the_documentation_names_every_role() {
        let text = std::fs::read_to_string(file("docs/CONFIG.md")).unwrap();
        let missing: Vec<_> =
            Role::ALL.iter().map(|r| r.name()).filter(|n| !text.contains(&format!("`{n}`"))).collect();
        assert!(missing.is_empty(), "docs/CONFIG.md does not name the roles {missing:?}");
    }
}
