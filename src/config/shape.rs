//! The format as data: the JSON Schema made from the types, what it knows at a path, whether a value fits, and what
//! would fit, in words.
//!
//! Only the parts of JSON Schema that our own types produce are understood.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, transform};
use serde_json::Value;

/// The schema of a format. `required` is left out, since every file is partial; so is `null`, which TOML does not have.
pub fn schema<T: JsonSchema>() -> Value {
    let partial = transform::RecursiveTransform(|schema: &mut Schema| {
        schema.remove("required");
        schema.remove("format");
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|t| t != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        for word in ["anyOf", "oneOf"] {
            if let Some(Value::Array(choices)) = schema.get_mut(word) {
                choices.retain(|c| c.get("type") != Some(&Value::from("null")));
            }
        }
    });
    let settings = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true).with_transform(partial);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// What a schema knows at a path.
#[derive(Debug, PartialEq)]
pub enum Known<'a> {
    /// The part that describes the value there.
    Yes(&'a Value),
    /// The key at this index of the path is unknown; these are known in its place (none if names are free or it is no
    /// table).
    No(usize, Vec<&'a str>),
}

/// Looks a path up.
pub fn lookup<'a>(schema: &'a Value, path: &[String]) -> Known<'a> {
    let mut here = schema;
    for (index, key) in path.iter().enumerate() {
        let properties = here.get("properties").and_then(Value::as_object);
        let named = properties.and_then(|p| p.get(key));
        // Tables whose names are free but have a form are described by `patternProperties`.
        let patterned = || here.get("patternProperties")?.as_object()?.values().next();
        let free = || here.get("additionalProperties").filter(|a| a.is_object());
        match named.or_else(patterned).or_else(free) {
            Some(next) => here = next,
            None => {
                let known = properties.map(|p| p.keys().map(String::as_str).collect()).unwrap_or_default();
                return Known::No(index, known);
            }
        }
    }
    Known::Yes(here)
}

/// Whether a value fits.
pub fn fits(schema: &Value, value: &toml::Value) -> bool {
    if let Some(choices) = choices(schema) {
        return choices.iter().any(|choice| fits(choice, value));
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().any(|word| word.as_str().is_some() && word.as_str() == value.as_str());
    }
    if let Some(word) = schema.get("const") {
        return word.as_str().is_some() && word.as_str() == value.as_str();
    }
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    let between = |n: f64| bound("minimum").is_none_or(|min| n >= min) && bound("maximum").is_none_or(|max| n <= max);
    match (schema.get("type").and_then(Value::as_str), value) {
        (Some("string"), toml::Value::String(_)) => true,
        (Some("boolean"), toml::Value::Boolean(_)) => true,
        (Some("object"), toml::Value::Table(_)) => true,
        (Some("integer" | "number"), toml::Value::Integer(n)) => between(*n as f64),
        (Some("number"), toml::Value::Float(n)) => between(*n),
        (Some("array"), toml::Value::Array(items)) => {
            let item = schema.get("items").unwrap_or(&Value::Null);
            bound("minItems").is_none_or(|least| items.len() as f64 >= least) && items.iter().all(|i| fits(item, i))
        }
        (None, _) => true,
        _ => false,
    }
}

fn choices(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array)
}

/// What would fit, as a phrase: "a whole number from 1 to 240", "one of `none`, `bell`".
pub fn expected(schema: &Value) -> String {
    if let Some(choices) = choices(schema) {
        let words: Vec<_> = choices.iter().filter_map(|c| c.get("const").and_then(Value::as_str)).collect();
        if words.len() == choices.len() {
            return one_of(&words);
        }
        return choices.iter().map(expected).collect::<Vec<_>>().join(" or ");
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return one_of(&words.iter().filter_map(Value::as_str).collect::<Vec<_>>());
    }
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        return format!("\"{word}\"");
    }
    let range = match (schema.get("minimum"), schema.get("maximum")) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        (Some(min), None) => format!(", {min} or more"),
        _ => String::new(),
    };
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => "a text in quotation marks".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some("integer") => format!("a whole number{range}"),
        Some("number") => format!("a number{range}"),
        Some("array") => "a list in square brackets".to_owned(),
        Some("object") => "a table".to_owned(),
        _ => "a value".to_owned(),
    }
}

fn one_of(words: &[&str]) -> String {
    match words {
        [only] => format!("\"{only}\""),
        _ => format!("one of {}", words.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ")),
    }
}
