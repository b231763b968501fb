//! Layers laid over each other key by key. An entry that is wrong costs only itself: what lies below shows through.

use super::document::{Entry, Place, dotted};
use super::shape::{self, Known};
use crate::domain::failure::Failure;
use crate::domain::nearest::suggestion;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use toml::{Table, Value};

/// Where a value comes from, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Built in.
    Default,
    /// The user's file.
    User,
    /// The project's file, as far as it may.
    Project,
    /// `VIBE_TUI_…`.
    Environment,
    /// The command line.
    Flag,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Layer::Default => "default",
            Layer::User => "user",
            Layer::Project => "project",
            Layer::Environment => "environment",
            Layer::Flag => "flag",
        })
    }
}

/// Where one value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The layer.
    pub layer: Layer,
    /// The line, variable or flag.
    pub place: Place,
}

/// A format's values so far.
pub struct Merge<T> {
    /// The format.
    pub schema: serde_json::Value,
    /// The values, ready to be read as a `T` at any time.
    pub table: Table,
    /// Where each value comes from.
    pub origins: BTreeMap<Vec<String>, Origin>,
    format: PhantomData<T>,
}

impl<T: DeserializeOwned + JsonSchema> Merge<T> {
    /// Nothing set yet.
    pub fn new() -> Merge<T> {
        Merge { schema: shape::schema::<T>(), table: Table::new(), origins: BTreeMap::new(), format: PhantomData }
    }

    /// Lays an entry over what is there, unless it is wrong.
    ///
    /// # Errors
    /// The key is unknown, or the value does not fit; nothing has changed then.
    pub fn lay(&mut self, layer: Layer, entry: Entry) -> Result<(), Failure> {
        let key = dotted(&entry.path);
        let known = match shape::lookup(&self.schema, &entry.path) {
            Known::Yes(schema) => schema,
            Known::No(index, known) => {
                return Err(entry.place.failure(unknown(&self.schema, &entry.path, index, &known)));
            }
        };
        if !shape::fits(known, &entry.value) {
            let (wrong, right) = (described(&entry.value), shape::expected(known));
            // Whoever typed a flag knows it by its name, and sees what was typed anyhow.
            return Err(match (layer, &entry.value) {
                (Layer::Flag, Value::String(typed)) => {
                    entry.place.failure(format_args!("is `{typed}`; it has to be {right}"))
                }
                (Layer::Flag, _) => entry.place.failure(format_args!("is {wrong}; it has to be {right}")),
                _ => entry.place.failure(format_args!("`{key}` is {wrong}; it has to be {right}")),
            });
        }
        let mut candidate = self.table.clone();
        set(&mut candidate, &entry.path, entry.value);
        // Before the defaults are complete a whole value cannot be read; they are checked as one.
        if layer > Layer::Default
            && let Err(error) = T::deserialize(Value::Table(candidate.clone()))
        {
            let message = error.message().lines().next().unwrap_or("does not fit").to_owned();
            return Err(entry.place.failure(format_args!("`{key}` {message}")));
        }
        self.table = candidate;
        self.origins.insert(entry.path, Origin { layer, place: entry.place });
        Ok(())
    }

    /// The values as one.
    ///
    /// # Errors
    /// A value that the type requires was never laid.
    pub fn value(&self) -> Result<T, toml::de::Error> {
        T::deserialize(Value::Table(self.table.clone()))
    }

    /// Where the first value at or below `path` was written.
    pub fn place(&self, path: &[&str]) -> Option<&Place> {
        let below = |found: &&Vec<String>| found.len() >= path.len() && found.iter().zip(path).all(|(a, b)| a == b);
        self.origins.keys().filter(below).map(|k| &self.origins[k].place).min()
    }
}

fn unknown(schema: &serde_json::Value, path: &[String], index: usize, known: &[&str]) -> String {
    let key: String = path[index].chars().take(60).collect();
    match (known.is_empty(), index) {
        (true, 1..) => format!("`{}` takes no keys such as `{key}`; give it a value", dotted(&path[..index])),
        (_, 0) => format!("unknown key `{key}`{}", suggestion(&key, known.iter().copied())),
        _ => {
            let table = dotted(&path[..index]);
            // In TOML everything below a header belongs to it, which is easily forgotten.
            if schema.get("properties").is_some_and(|top| top.get(&key).is_some()) {
                return format!(
                    "unknown key `{key}` in `{table}`; `{key}` belongs to no table: put it at the top of the file, above the first `[…]`"
                );
            }
            format!("unknown key `{key}` in `{table}`{}", suggestion(&key, known.iter().copied()))
        }
    }
}

/// What a value is, in words. Texts are not repeated: one may be a key put in the wrong place.
fn described(value: &Value) -> String {
    match value {
        Value::String(_) => "a text".to_owned(),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) => value.to_string(),
        Value::Datetime(_) => "a date".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Table(_) => "a table".to_owned(),
    }
}

fn set(table: &mut Table, path: &[String], value: Value) {
    match path {
        [] => {}
        [last] => match (table.get(last), &value) {
            // A header without entries takes nothing away.
            (Some(Value::Table(_)), Value::Table(new)) if new.is_empty() => {}
            _ => {
                table.insert(last.clone(), value);
            }
        },
        [first, rest @ ..] => {
            let inner = table.entry(first.clone()).or_insert_with(|| Value::Table(Table::new()));
            if !inner.is_table() {
                *inner = Value::Table(Table::new());
            }
            if let Value::Table(inner) = inner {
                set(inner, rest, value);
            }
        }
    }
}
