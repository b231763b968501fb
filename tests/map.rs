//! The map of a repository: what it resolves, ranks, finds and prints, always the same.

#[path = "map/graph.rs"]
mod graph;
#[path = "map/order.rs"]
mod order;
#[path = "map/rank.rs"]
mod rank;
#[path = "map/record.rs"]
mod record;
#[path = "map/render.rs"]
mod render;
#[path = "map/resolve.rs"]
mod resolve;
#[path = "map/search.rs"]
mod search;
#[path = "map/snapshot.rs"]
mod snapshot;
#[path = "map/summary.rs"]
mod summary;

use std::collections::BTreeMap;
use vibe_tui::domain::language::Language;
use vibe_tui::domain::outline::{Definition, DefinitionKind, Import, Outline, Reference, Tier};
use vibe_tui::map::Map;

/// The outline that a few words say: one item a line, `def`, `private`, `class`, `const` with a name (indented: in the class
/// before), `use a b*3`, `import target: names`, `word a b*2`, `main`, `complexity 12` of the last definition.
pub fn outline(path: &str, script: &str) -> Outline {
    let mut outline = Outline {
        language: Language::from_path(path).unwrap(),
        tier: Tier::Exact,
        lines: (script.lines().count() as u32, script.lines().count() as u32),
        definitions: Vec::new(),
        references: Vec::new(),
        imports: Vec::new(),
        words: Vec::new(),
        entry_point: false,
        broken: false,
    };
    let (mut uses, mut words, mut class) = (BTreeMap::new(), BTreeMap::new(), None);
    let counted = |all: &mut BTreeMap<String, u32>, rest: &str| {
        for item in rest.split_whitespace() {
            let (name, count) = item.split_once('*').unwrap_or((item, "1"));
            *all.entry(name.to_owned()).or_default() += count.parse::<u32>().unwrap();
        }
    };
    for (at, line) in script.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = at as u32 + 1;
        let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        match word {
            "use" => counted(&mut uses, rest),
            "word" => counted(&mut words, rest),
            "main" => outline.entry_point = true,
            "complexity" => outline.definitions.last_mut().unwrap().complexity = rest.parse().unwrap(),
            "doc" => outline.definitions.last_mut().unwrap().doc = rest.to_owned(),
            "import" => {
                let (target, names) = rest.split_once(": ").unwrap_or((rest, ""));
                let names = names.split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect();
                outline.imports.push(Import { target: target.to_owned(), names, line: number });
            }
            "def" | "private" | "class" | "const" => {
                let is_member = line.starts_with("  ");
                let kind = match word {
                    "class" => DefinitionKind::Class,
                    "const" => DefinitionKind::Constant,
                    _ if is_member => DefinitionKind::Method,
                    _ => DefinitionKind::Function,
                };
                if kind == DefinitionKind::Class {
                    class = Some(outline.definitions.len() as u32);
                }
                outline.definitions.push(Definition {
                    name: rest.to_owned(),
                    kind,
                    container: class.filter(|_| is_member),
                    lines: (number, number),
                    signature: format!("{word} {rest}()"),
                    doc: String::new(),
                    exported: word != "private",
                    complexity: 1,
                    typed: (0, 0),
                });
            }
            _ => panic!("{path}: `{line}` is no item"),
        }
    }
    outline.references = uses.into_iter().map(|(name, count)| Reference { name, count, line: 1 }).collect();
    outline.words = words.into_iter().collect();
    outline
}

/// A map of paths and what [`outline`] says of them.
pub fn map(files: &[(&str, &str)]) -> Map {
    let mut map = Map::new();
    let mut edit = map.edit();
    for (path, script) in files {
        match Language::from_path(path) {
            Some(_) => edit.insert(path, [0; 32], &outline(path, script)),
            None => edit.insert_plain(path, [0; 32], None, 1),
        }
    }
    drop(edit);
    map
}
