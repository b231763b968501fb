//! `inherits = "…"`: a file of the user's, what it stands on, and the preset at the bottom. Circles end with a complaint.

use super::document::{self, Place, Source};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::nearest::suggestion;

/// Finds the user's own file of a name; `None` when there is none.
pub type Find<'a> = dyn Fn(&str) -> Result<Option<Source>, Failure> + 'a;

/// A kind of file that can inherit.
#[derive(Clone, Copy, Debug)]
pub struct Family<'a> {
    /// The word for it: `keymap`, `theme`.
    pub kind: &'a str,
    /// Name and text of those that ship; the first stands in for one that is missing.
    pub presets: &'a [(&'a str, &'a str)],
}

/// Most files that may inherit from each other.
const MOST: usize = 8;

/// The sources of `name`: itself first, then what it inherits from. Never empty. A file of the user's wins over a preset of its
/// name, and may stand on it.
pub fn lineage(family: &Family<'_>, name: &str, own: &Find<'_>, failures: &mut Vec<Failure>) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    let mut wanted = Some((name.to_owned(), None::<Place>));
    while let Some((name, asked)) = wanted.take() {
        match find(family, &name, own, &sources) {
            Ok(source) => {
                wanted = parent(family, &source, failures);
                sources.push(source);
            }
            Err(missing) => {
                let (preset, text) = family.presets[0];
                let message = match missing {
                    Missing::Unreadable(failure) => failure.message,
                    Missing::Circle => {
                        format!("`inherits = \"{name}\"` leads in a circle; inherit from another {}", family.kind)
                    }
                    Missing::Unknown => {
                        let known = family.presets.iter().map(|(name, _)| *name);
                        format!("unknown {} `{name}`; `{preset}` is used{}", family.kind, suggestion(&name, known))
                    }
                };
                failures.push(match asked {
                    Some(place) => place.failure(message),
                    None => Failure::fatal(FailureKind::Config, message),
                });
                let preset = built_in(family, preset, text);
                if !sources.contains(&preset) {
                    sources.push(preset);
                }
            }
        }
    }
    sources
}

enum Missing {
    Unreadable(Failure),
    Circle,
    Unknown,
}

fn find(family: &Family<'_>, name: &str, own: &Find<'_>, before: &[Source]) -> Result<Source, Missing> {
    let is_new = |source: &Source| before.iter().all(|b| b.name != source.name);
    let own = own(name).map_err(Missing::Unreadable)?;
    let preset = family.presets.iter().find(|(preset, _)| *preset == name);
    let preset = preset.map(|(name, text)| built_in(family, name, text));
    let exists = own.is_some() || preset.is_some();
    match own.filter(is_new).or(preset.filter(is_new)) {
        Some(source) if before.len() < MOST => Ok(source),
        _ if exists => Err(Missing::Circle),
        _ => Err(Missing::Unknown),
    }
}

fn built_in(family: &Family<'_>, name: &str, text: &str) -> Source {
    Source::new(format!("built-in {} {name}", family.kind), text)
}

/// The name that a source inherits from, and where it says so.
fn parent(family: &Family<'_>, source: &Source, failures: &mut Vec<Failure>) -> Option<(String, Option<Place>)> {
    let (entries, _) = document::entries(source);
    let entry = entries.into_iter().find(|e| e.path == ["inherits"])?;
    match entry.value {
        toml::Value::String(name) => Some((name, Some(entry.place))),
        _ => {
            let message = format!("`inherits` has to be the name of a {} in quotation marks", family.kind);
            failures.push(entry.place.failure(message));
            None
        }
    }
}
