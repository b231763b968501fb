//! Colours: how they are written, how far apart they are, and the nearest one on terminals with fewer.

use ratatui::style::Color;

/// A colour of a theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// The terminal's own.
    Default,
    /// One of the terminal's sixteen.
    Ansi(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// The sixteen, in the order of their numbers.
pub const ANSI_NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

impl Paint {
    /// Reads `#rrggbb`, `default`, or one of the sixteen names.
    pub fn parse(text: &str) -> Option<Paint> {
        if text == "default" {
            return Some(Paint::Default);
        }
        if let Some(index) = ANSI_NAMES.iter().position(|name| *name == text) {
            return u8::try_from(index).ok().map(Paint::Ansi);
        }
        let hex = text.strip_prefix('#').filter(|h| h.len() == 6 && h.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let [_, r, g, b] = u32::from_str_radix(hex, 16).ok()?.to_be_bytes();
        Some(Paint::Rgb(r, g, b))
    }

    /// As the terminal is told, with 24 bits.
    pub fn true_color(self) -> Color {
        match self {
            Paint::Default => Color::Reset,
            Paint::Ansi(index) => ansi(index),
            Paint::Rgb(r, g, b) => Color::Rgb(r, g, b),
        }
    }

    /// The nearest of the 240 fixed colours of a 256-colour terminal (its first 16 are the user's own). What has a hue never becomes
    /// grey: the added and the removed words of a diff must stay apart.
    pub fn indexed(self) -> Color {
        let Paint::Rgb(r, g, b) = self else { return self.true_color() };
        let chroma = r.max(g).max(b) - r.min(g).min(b);
        let fits = |index: &u8| chroma < 40 || !is_grey(fixed(*index));
        let nearest = (16..=255).filter(fits).min_by_key(|index| distance([r, g, b], fixed(*index)));
        Color::Indexed(nearest.unwrap_or(16))
    }

    /// The one of the sixteen that has its hue, or its lightness where it has no hue to speak of. (The nearest by distance would
    /// make most soft colours grey.)
    pub fn sixteen(self) -> Color {
        let Paint::Rgb(r, g, b) = self else { return self.true_color() };
        let (most, least) = (r.max(g).max(b), r.min(g).min(b));
        let (chroma, light) = (most - least, (u16::from(most) + u16::from(least)) / 2);
        if chroma < 32 || light < 40 {
            return ansi(match light {
                0..64 => 0,
                64..160 => 8,
                160..224 => 7,
                _ => 15,
            });
        }
        // A channel counts when it is nearer to the highest than to the lowest.
        let counts = |v: u8| u8::from(v - least > chroma / 2);
        let hue = counts(r) + 2 * counts(g) + 4 * counts(b);
        ansi(if light > 140 { hue + 8 } else { hue })
    }

    /// Relative luminance from 0 to 1 (WCAG 2.2, "relative luminance"); `None` where only the terminal knows.
    pub fn luminance(self) -> Option<f64> {
        let Paint::Rgb(r, g, b) = self else { return None };
        let linear = |v: u8| match f64::from(v) / 255.0 {
            v if v <= 0.04045 => v / 12.92,
            v => ((v + 0.055) / 1.055).powf(2.4),
        };
        Some(0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b))
    }

    /// Contrast ratio from 1 to 21 (WCAG 2.2, "contrast ratio").
    pub fn contrast(self, other: Paint) -> Option<f64> {
        let (a, b) = (self.luminance()?, other.luminance()?);
        Some((a.max(b) + 0.05) / (a.min(b) + 0.05))
    }
}

/// Red, green and blue of a colour from 16 up: a cube of six steps, then greys (xterm, 256colres.pl).
pub(super) fn fixed(index: u8) -> [u8; 3] {
    let step = |s: u8| if s == 0 { 0 } else { 55 + 40 * s };
    match index.saturating_sub(16) {
        i @ 0..216 => [i / 36, i / 6 % 6, i % 6].map(step),
        i => [8 + 10 * (i - 216); 3],
    }
}

fn is_grey([r, g, b]: [u8; 3]) -> bool {
    r == g && g == b
}

fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    a.iter().zip(b).map(|(x, y)| u32::from(x.abs_diff(y)).pow(2)).sum()
}

fn ansi(index: u8) -> Color {
    const COLORS: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    COLORS[usize::from(index) % 16]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_as_they_are_written() {
        for (text, paint) in [
            ("#ff8000", Some(Paint::Rgb(255, 128, 0))),
            ("#FF8000", Some(Paint::Rgb(255, 128, 0))),
            ("default", Some(Paint::Default)),
            ("bright-red", Some(Paint::Ansi(9))),
            ("#fff", None),
            ("#ff80zz", None),
            ("#+12345", None),
            ("#ffé00", None),
            ("redd", None),
            ("", None),
        ] {
            assert_eq!(Paint::parse(text), paint, "{text}");
        }
    }

    #[test]
    fn the_256_are_those_of_xterm_and_a_hue_never_becomes_grey() {
        for (text, index) in [
            ("#000000", 16),
            ("#ffffff", 231),
            ("#5f87af", 67),
            ("#080808", 232),
            ("#eeeeee", 255),
            ("#121212", 233),
            ("#7fb4ff", 111),
            ("#24502f", 22),
            ("#66292f", 52),
        ] {
            assert_eq!(Paint::parse(text).unwrap().indexed(), Color::Indexed(index), "{text}");
        }
        assert_eq!(Paint::Ansi(9).indexed(), Color::LightRed);
    }

    #[test]
    fn soft_colours_keep_their_hue_among_sixteen() {
        for (text, color) in [
            ("#e06c75", Color::LightRed),
            ("#8fbf7f", Color::LightGreen),
            ("#1a7f37", Color::Green),
            ("#7fb4ff", Color::LightBlue),
            ("#16181d", Color::Black),
            ("#d5d9e0", Color::Gray),
            ("#fbfbfa", Color::White),
            ("#8b93a1", Color::DarkGray),
        ] {
            assert_eq!(Paint::parse(text).unwrap().sixteen(), color, "{text}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        let contrast = |a, b| Paint::parse(a).unwrap().contrast(Paint::parse(b).unwrap()).unwrap();
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
        assert!((contrast("#777777", "#ffffff") - 4.478).abs() < 0.001);
    }
}
