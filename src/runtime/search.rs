//! `vibe-tui search`: names, lines and files of a repository, by name, by expression, by words and by meaning.

use super::Format;
use super::head::Heads;
use super::map::Mapped;
use super::meaning::{Likeness, Meaning};
use super::report::tell_line;
use super::setup::Setup;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::outline::Tier;
use crate::domain::safe_text::SafeText;
use crate::map::{Map, Symbol};
use crate::repo::search::{TextHit, search as search_text};
use serde_json::{Value, json};
use std::sync::atomic::AtomicBool;

/// What is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchKind {
    /// Names of definitions, as one types them.
    Symbol,
    /// Lines, by a regular expression.
    Text,
    /// Definitions and files, by the words they hold.
    Words,
    /// Definitions, or files where there are very many, by what they mean.
    Meaning,
}

const KINDS: [SearchKind; 4] = [SearchKind::Symbol, SearchKind::Text, SearchKind::Words, SearchKind::Meaning];

/// What `vibe-tui search` is asked for.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// What is looked for.
    pub query: String,
    /// Where; `None` everywhere.
    pub kind: Option<SearchKind>,
    /// Hits of each kind at most.
    pub limit: usize,
    /// How it is printed.
    pub format: Format,
}

/// Searches the repository that the set-up was opened on. Without a kind, what is no regular expression is looked for as it
/// stands, and by meaning is looked where that is set up.
///
/// # Errors
/// `Config` for an expression that is none, and by meaning where that is not set up; as [`super::map`].
pub fn search(setup: &Setup, request: &SearchRequest) -> Result<String, Failure> {
    let mapped = Mapped::open(setup, Tier::Exact)?;
    let map = mapped.read();
    let mut printed = String::new();
    let show = Show { map: &map, heads: Heads::new(mapped.root) };
    for kind in KINDS.into_iter().filter(|kind| request.kind.is_none_or(|wanted| wanted == *kind)) {
        let hits = match kind {
            SearchKind::Symbol => {
                let found = map.find_symbols(&request.query, request.limit);
                found.iter().map(|symbol| show.symbol(symbol, json!({"kind": "symbol"}))).collect()
            }
            SearchKind::Text => text(&mapped, &map, request)?,
            SearchKind::Words => words(&show, request),
            SearchKind::Meaning => match meaning(setup, &mapped, &show, request) {
                Err(failure) if request.kind.is_none() => {
                    tell_line(&format!("vibe-tui: nothing is found by meaning: {failure}"));
                    Vec::new()
                }
                found => found?,
            },
        };
        if request.format == Format::Text && request.kind.is_none() && !hits.is_empty() {
            printed.push_str(&format!("# {}\n", kind.name()));
        }
        for hit in hits {
            let line = match request.format {
                Format::Text => SafeText::new(&hit.line).into_string(),
                Format::Json => hit.json.to_string(),
            };
            printed.push_str(&line);
            printed.push('\n');
        }
    }
    Ok(printed)
}

impl SearchKind {
    fn name(self) -> &'static str {
        match self {
            SearchKind::Symbol => "symbol",
            SearchKind::Text => "text",
            SearchKind::Words => "words",
            SearchKind::Meaning => "meaning",
        }
    }
}

/// A hit in both forms.
struct Shown {
    line: String,
    json: Value,
}

/// Shows definitions with their heads, whether the map has them or not.
struct Show<'m> {
    map: &'m Map,
    heads: Heads<'m>,
}

impl Show<'_> {
    /// A definition, as a line and within what `json` says of the hit.
    fn symbol(&self, symbol: &Symbol, mut json: Value) -> Shown {
        let Symbol { path, name, lines, .. } = symbol;
        let head = self.heads.of_symbol(self.map, symbol);
        json["symbol"] = json!(symbol);
        if !head.is_empty() {
            json["symbol"]["signature"] = json!(head);
        }
        let container = symbol.container.map(|container| format!("{container}.")).unwrap_or_default();
        let kind = serde_json::to_value(symbol.kind).ok().and_then(|kind| Some(kind.as_str()?.to_owned()));
        let what = if head.is_empty() { kind.unwrap_or_default() } else { head };
        Shown { line: format!("{}:{}: {container}{name}: {what}", SafeText::line(path), lines.0), json }
    }
}

fn text(mapped: &Mapped, map: &Map, request: &SearchRequest) -> Result<Vec<Shown>, Failure> {
    let paths: Vec<String> = map.paths().map(str::to_owned).collect();
    let find = |expression: &str| search_text(mapped.root, &paths, expression, request.limit, &AtomicBool::new(false));
    let found = match find(&request.query) {
        Err(_) if request.kind.is_none() => find(&regex::escape(&request.query))?,
        found => found?,
    };
    let shown = |hit: &TextHit| Shown {
        line: format!("{}:{}: {}", SafeText::line(&hit.path), hit.line, hit.text),
        json: json!({"kind": "text", "path": hit.path, "line": hit.line, "text": hit.text}),
    };
    Ok(found.hits.iter().map(shown).collect())
}

fn words(show: &Show, request: &SearchRequest) -> Vec<Shown> {
    let definitions = show.map.search_definitions(&request.query, request.limit).into_iter();
    let definitions =
        definitions.map(|hit| show.symbol(&hit.item, json!({"kind": "words", "score": hit.score, "words": hit.words})));
    let files = show.map.search_files(&request.query, request.limit).into_iter().map(|hit| Shown {
        line: format!("{}: {}", SafeText::line(hit.item), hit.words.join(" ")),
        json: json!({"kind": "words", "path": hit.item, "score": hit.score, "words": hit.words}),
    });
    files.chain(definitions).collect()
}

fn meaning(setup: &Setup, mapped: &Mapped, show: &Show, request: &SearchRequest) -> Result<Vec<Shown>, Failure> {
    let Some(meaning) = Meaning::of(&setup.loaded.config, &setup.paths, &setup.root) else {
        let message = format!(
            "nothing is set up to search by meaning: in {}, under [search], name the directory of a static model or a server, \
             such as `embeddings = \"http://127.0.0.1:11434/v1\"` (docs/CONTEXT.md); `--kind words` needs none",
            setup.paths.show(&setup.paths.config_file())
        );
        let unasked = request.kind.is_none();
        return if unasked { Ok(Vec::new()) } else { Err(Failure::fatal(FailureKind::Config, message)) };
    };
    meaning.learn_all(mapped)?;
    let found = meaning.find(show.map, &request.query, request.limit)?;
    let shown = |Likeness { path, symbol, cosine }: Likeness| match symbol {
        Some(symbol) => show.symbol(&symbol, json!({"kind": "meaning", "score": cosine})),
        None => Shown {
            line: SafeText::line(path).into_string(),
            json: json!({"kind": "meaning", "path": path, "score": cosine}),
        },
    };
    Ok(found.into_iter().map(shown).collect())
}
