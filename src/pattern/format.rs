//! The pattern file format: what `patterns/*.yaml` may say. Types only; reading them is `parse`, filling them `bind`.
//!
//! The JSON Schema in `assets/pattern.schema.json` is derived from these types, so the two cannot disagree.

use crate::domain::intent::{Action, Complexity, Target};
use crate::domain::language::Language;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One pattern: when it applies, what it needs to know, and the files it makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// Unique, kebab-case; a later file with the same name replaces the pattern.
    pub name: String,
    /// One line for lists.
    pub title: String,
    /// The language of the file it makes.
    #[schemars(schema_with = "language_schema")]
    pub language: Language,
    /// Languages a request may name instead: a Dockerfile for Python is asked for with "Python".
    #[serde(default)]
    #[schemars(schema_with = "languages_schema")]
    pub for_languages: Vec<Language>,
    /// Frameworks it uses, lower case. A request that names others but none of these contradicts it.
    #[serde(default)]
    pub frameworks: Vec<String>,
    /// Words and phrases that speak for it, with their weights: 3 names the pattern, 1 hints, below 0 speaks against it.
    pub keywords: BTreeMap<String, f64>,
    /// What it can do; nothing but `create`, `test`, `document` and the like, since it never changes existing code.
    #[schemars(schema_with = "actions_schema")]
    pub actions: Vec<Action>,
    /// What kind of thing it makes.
    #[serde(default)]
    #[schemars(schema_with = "targets_schema")]
    pub targets: Vec<Target>,
    /// How much work it stands for.
    #[schemars(schema_with = "complexity_schema")]
    pub complexity: Complexity,
    /// Tokens its files take, estimated as characters / 4 of the first example.
    pub tokens: u32,
    /// What has to be there for the result to run, as commands or sentences.
    #[serde(default)]
    pub prerequisites: Vec<String>,
    /// What the templates need, in the order in which they are derived.
    #[serde(default)]
    pub placeholders: Vec<Placeholder>,
    /// The files it makes; at least one.
    pub files: Vec<FileTemplate>,
    /// Requests it answers, and what they give; at least one. Tests hold the pattern to them.
    pub examples: Vec<Example>,
    /// What the user should know about the result.
    #[serde(default)]
    pub notes: Vec<String>,
    /// What to do after accepting it.
    #[serde(default)]
    pub next_steps: Vec<String>,
}

/// Something the templates need to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Placeholder {
    /// The variable's name in the templates.
    pub name: String,
    /// What it is, for people and models.
    pub description: String,
    /// The form its value takes.
    pub kind: Kind,
    /// Where the value comes from.
    #[serde(default)]
    pub from: Derivation,
    /// The value when the request does not say; may use earlier placeholders (`"{{ name }}.py"`).
    pub default: String,
    /// A regular expression the whole value has to match.
    #[serde(default)]
    pub validate: Option<String>,
    /// With `from: directory`: the first of these that exists in the repository is taken.
    #[serde(default)]
    pub directories: Vec<String>,
    /// With `kind: fields`: names the template brings itself, dropped from the list.
    #[serde(default)]
    pub without: Vec<String>,
}

/// The form of a placeholder's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// `user_profile`.
    Snake,
    /// `UserProfile`.
    Pascal,
    /// `userProfile`.
    Camel,
    /// `user-profile`.
    Kebab,
    /// A path relative to the root.
    Path,
    /// Words, as they are.
    Text,
    /// A type as written in the language.
    Type,
    /// A whole number.
    Int,
    /// A list of named, typed fields: `name: text, price: decimal`.
    Fields,
}

/// Where a placeholder's value comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Derivation {
    /// The thing the request is about, singular: "an endpoint for blog posts" gives `blog post`.
    Resource,
    /// What the code is to do, as a verb phrase: "a CLI that counts words" gives `count words`.
    Action,
    /// The identifier the request names, else the resource.
    Symbol,
    /// The file the request names.
    Path,
    /// A directory of the repository, see `directories`.
    Directory,
    /// The list after "with": "with name, price and stock".
    Fields,
    /// Always the default.
    #[default]
    Literal,
}

/// One file of a pattern. Templates are Jinja: `{{ name | pascal }}`, `{% if %}`, `{% for %}`, `{% raw %}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileTemplate {
    /// Template of the path, relative to the root, `/` between parts.
    pub path: String,
    /// What to do when the path exists already.
    #[serde(default)]
    pub taken: Taken,
    /// Template of the whole text.
    pub body: String,
}

/// What to do when a path exists already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Taken {
    /// Take the next free name: `users_2.py`.
    #[default]
    Variant,
    /// Refuse: a second `Dockerfile` or `pyproject.toml` helps nobody.
    Refuse,
}

/// A request and what the pattern makes of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The request, as typed.
    pub request: String,
    /// Placeholder values it gives; those left out are not checked.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// Paths it gives in an empty repository.
    pub paths: Vec<String>,
}

/// The JSON Schema of a pattern file, as pretty JSON with a newline at the end.
pub fn schema() -> String {
    let mut text = serde_json::to_string_pretty(&schemars::schema_for!(Vec<Pattern>)).unwrap_or_default();
    text.push('\n');
    text
}

fn word_schema<'a>(words: impl Iterator<Item = &'a str>) -> Schema {
    json_schema!({ "type": "string", "enum": words.collect::<Vec<_>>() })
}

fn list_schema(item: Schema) -> Schema {
    json_schema!({ "type": "array", "items": item })
}

fn language_schema(_: &mut SchemaGenerator) -> Schema {
    word_schema(Language::ALL.iter().map(|l| l.name()))
}

fn languages_schema(generator: &mut SchemaGenerator) -> Schema {
    list_schema(language_schema(generator))
}

fn actions_schema(_: &mut SchemaGenerator) -> Schema {
    list_schema(word_schema(Action::ALL.iter().map(|a| a.word())))
}

fn targets_schema(_: &mut SchemaGenerator) -> Schema {
    list_schema(word_schema(Target::ALL.iter().map(|t| t.word())))
}

fn complexity_schema(_: &mut SchemaGenerator) -> Schema {
    word_schema(Complexity::ALL.iter().map(|c| c.word()))
}
