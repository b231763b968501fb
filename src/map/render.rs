//! The map as text within a budget of tokens: paths, and under them the definitions that matter most, by their heads.
//!
//! What is shown is chosen by rank and printed by path. Never over the budget, whatever the counter says; nothing is shown
//! half. Texts of files are made safe to show.

use super::file::{File, NONE};
use super::rank::Ranking;
use super::table::Map;
use crate::domain::outline::DefinitionKind;
use crate::domain::safe_text::SafeText;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Most definitions and files that are looked at for a text: more than fit any budget.
const MAX_ITEMS: usize = 20_000;

/// A definition, or a file that has none.
type Item = (u32, Option<usize>);

/// Gives the head of a definition for which the map has none: the definition's number in the file at this path, and its name.
pub type HeadSource<'a> = dyn Fn(&str, usize, &str) -> Option<String> + 'a;

/// The text of a map for a ranking, and its tokens as `count` counts them: at most `budget`. Empty when nothing fits.
pub fn render(map: &Map, ranking: &Ranking, budget: u32, count: &dyn Fn(&str) -> u32) -> (String, u32) {
    render_with(map, ranking, budget, count, &|_, _, _| None)
}

/// Like [`render`], with heads from elsewhere for what was only scanned.
pub fn render_with(
    map: &Map,
    ranking: &Ranking,
    budget: u32,
    count: &dyn Fn(&str) -> u32,
    heads: &HeadSource,
) -> (String, u32) {
    if budget == 0 {
        return (String::new(), 0);
    }
    let items = items(map, ranking);
    let fits = |shown: usize| {
        let text = print(map, &items[..shown], heads);
        let tokens = count(&text);
        (tokens <= budget).then_some((text, tokens))
    };
    // Doubling first keeps the counter from ever seeing a text that is much larger than the budget.
    let (mut low, mut high, mut best) = (0, 1, None);
    while low < items.len() {
        high = high.min(items.len());
        match fits(high) {
            Some(found) => {
                (low, best) = (high, Some(found));
                high *= 2;
            }
            None => break,
        }
    }
    while high.min(items.len()) > low + 1 {
        let middle = low + (high - low) / 2;
        match fits(middle) {
            Some(found) => (low, best) = (middle, Some(found)),
            None => high = middle,
        }
    }
    best.unwrap_or_default()
}

/// What can be shown, most relevant first.
fn items(map: &Map, ranking: &Ranking) -> Vec<Item> {
    // Equal ones stay in the order of paths and lines.
    let order = |a: &(f64, u32, Item), b: &(f64, u32, Item)| {
        b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal).then(a.1.cmp(&b.1))
    };
    let (mut scored, mut seen): (Vec<(f64, u32, Item)>, u32) = (Vec::new(), 0);
    let mut add = |score: f64, item: Item| {
        // Of a large repository no more are held than are looked at.
        if scored.len() == 2 * MAX_ITEMS {
            scored.select_nth_unstable_by(MAX_ITEMS, order);
            scored.truncate(MAX_ITEMS);
        }
        scored.push((score, seen, item));
        seen += 1;
    };
    for (slot, file) in map.ordered().filter(|(_, file)| file.oddity.is_none()) {
        if file.definitions.is_empty() {
            add(ranking.file(slot) * 0.3, (slot, None));
        }
        for (at, row) in file.definitions.iter().enumerate() {
            let is_local = row.container != NONE
                && matches!(
                    file.definitions[row.container as usize].kind,
                    DefinitionKind::Function | DefinitionKind::Method
                );
            let weight = if is_local || row.kind == DefinitionKind::Variable { 0.1 } else { 1.0 };
            add(ranking.definition(file, slot, at) * weight, (slot, Some(at)));
        }
    }
    scored.sort_unstable_by(order);
    scored.truncate(MAX_ITEMS);
    scored.into_iter().map(|(.., item)| item).collect()
}

/// Definitions of a file that are shown, by what they stand in; those that stand in none are in [`NONE`]'s place.
type Shown = BTreeMap<u32, BTreeSet<usize>>;

/// The items by path and line, each definition under what it stands in, wherever that is.
fn print(map: &Map, items: &[Item], heads: &HeadSource) -> String {
    let mut by_path: BTreeMap<&str, (u32, Shown)> = BTreeMap::new();
    for (slot, at) in items {
        let file = map.file(*slot);
        let (_, shown) = by_path.entry(&file.path).or_insert_with(|| (*slot, Shown::new()));
        let mut next = *at;
        while let Some(at) = next {
            let container = file.definitions[at].container;
            let is_new = shown.entry(container).or_default().insert(at);
            next = (is_new && container != NONE).then_some(container as usize);
        }
    }
    let mut text = String::new();
    for (path, (slot, shown)) in by_path {
        text.push_str(&one_line(path));
        text.push('\n');
        let file = map.file(slot);
        let mut left: Vec<(usize, usize)> = Vec::new();
        let push = |left: &mut Vec<(usize, usize)>, container: u32, depth: usize| {
            left.extend(shown.get(&container).into_iter().flatten().rev().map(|at| (*at, depth)));
        };
        push(&mut left, NONE, 1);
        while let Some((at, depth)) = left.pop() {
            text.push_str(&"  ".repeat(depth));
            text.push_str(&one_line(&head(map, file, at, heads)));
            text.push('\n');
            push(&mut left, at as u32, depth + 1);
        }
    }
    text
}

/// A signature, or what is known in its place.
fn head(map: &Map, file: &File, at: usize, heads: &HeadSource) -> String {
    let row = &file.definitions[at];
    let name = map.names.get(row.name);
    match file.texts(at).0 {
        "" => heads(&file.path, at, name)
            .filter(|head| !head.is_empty())
            .unwrap_or_else(|| format!("{} {name}", kind_word(row.kind))),
        signature => signature.to_owned(),
    }
}

fn kind_word(kind: DefinitionKind) -> &'static str {
    match kind {
        DefinitionKind::Function => "function",
        DefinitionKind::Method => "method",
        DefinitionKind::Class => "class",
        DefinitionKind::Struct => "struct",
        DefinitionKind::Enum => "enum",
        DefinitionKind::Interface => "interface",
        DefinitionKind::Type => "type",
        DefinitionKind::Constant => "constant",
        DefinitionKind::Variable => "variable",
        DefinitionKind::Module => "module",
        DefinitionKind::Macro => "macro",
    }
}

fn one_line(text: &str) -> String {
    SafeText::new(&text.replace('\n', "\u{240a}")).into_string()
}
