//! What a field holds, how each language and library spells that type, and what a field of a given name usually holds.

use serde::{Deserialize, Serialize};

/// What a field holds, in no language's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// Characters.
    Text,
    /// A whole number.
    Int,
    /// A number with a fraction; exact where the language has such a type.
    Decimal,
    /// True or false.
    Bool,
    /// A point in time.
    Datetime,
}

impl FieldType {
    /// Every type.
    pub const ALL: [FieldType; 5] =
        [FieldType::Text, FieldType::Int, FieldType::Decimal, FieldType::Bool, FieldType::Datetime];

    /// The word used in pattern files.
    pub fn word(self) -> &'static str {
        match self {
            FieldType::Text => "text",
            FieldType::Int => "int",
            FieldType::Decimal => "decimal",
            FieldType::Bool => "bool",
            FieldType::Datetime => "datetime",
        }
    }

    /// The type that a word of any of our languages means.
    pub fn from_word(word: &str) -> Option<FieldType> {
        Some(match word.to_ascii_lowercase().as_str() {
            "text" | "string" | "str" | "varchar" | "char" => FieldType::Text,
            "int" | "integer" | "number" | "i32" | "i64" | "u32" | "u64" | "int64" | "bigint" => FieldType::Int,
            "decimal" | "float" | "float64" | "double" | "numeric" | "money" | "f64" => FieldType::Decimal,
            "bool" | "boolean" | "flag" => FieldType::Bool,
            "datetime" | "timestamp" | "date" | "time" => FieldType::Datetime,
            _ => return None,
        })
    }

    /// How a dialect spells the type: `python`, `typescript`, `rust`, `go`, `sql`, `zod`, `sqlalchemy`, `django`.
    pub fn spelled(self, dialect: &str) -> Option<&'static str> {
        let row = SPELLINGS.iter().find(|(name, _)| *name == dialect)?;
        Some(row.1[self as usize])
    }

    /// A value of the type, as a literal of the language: `python`, `typescript`, `rust`, `go`, `json`.
    pub fn sample(self, dialect: &str) -> Option<&'static str> {
        let row = SAMPLES.iter().find(|(name, _)| *name == dialect)?;
        Some(row.1[self as usize])
    }

    /// What a field of this name usually holds.
    pub fn usual(name: &str) -> FieldType {
        let parts: Vec<&str> = name.split('_').collect();
        let last = parts.last().copied().unwrap_or("");
        let first = parts.first().copied().unwrap_or("");
        if ["is", "has", "can", "should", "was"].contains(&first) && parts.len() > 1 || BOOLS.contains(&last) {
            FieldType::Bool
        } else if (last == "at" && parts.len() > 1) || DATES.contains(&last) {
            FieldType::Datetime
        } else if INTS.contains(&last) {
            FieldType::Int
        } else if DECIMALS.contains(&last) {
            FieldType::Decimal
        } else {
            FieldType::Text
        }
    }
}

// Columns in the order of `FieldType`. Sources: each language's and library's own documentation of its types.
const SPELLINGS: &[(&str, [&str; 5])] = &[
    ("python", ["str", "int", "Decimal", "bool", "datetime"]),
    ("typescript", ["string", "number", "number", "boolean", "string"]),
    ("rust", ["String", "i64", "f64", "bool", "String"]),
    ("go", ["string", "int64", "float64", "bool", "time.Time"]),
    ("sql", ["TEXT", "INTEGER", "NUMERIC(12, 2)", "BOOLEAN", "TIMESTAMP"]),
    ("zod", ["z.string().trim().min(1).max(200)", "z.number().int()", "z.number()", "z.boolean()", "z.iso.datetime()"]),
    ("sqlalchemy", ["String(200)", "Integer", "Numeric(12, 2)", "Boolean", "DateTime(timezone=True)"]),
    (
        "django",
        [
            "models.CharField(max_length=200)",
            "models.IntegerField()",
            "models.DecimalField(max_digits=12, decimal_places=2)",
            "models.BooleanField(default=False)",
            "models.DateTimeField()",
        ],
    ),
];
const SAMPLES: &[(&str, [&str; 5])] = &[
    ("python", ["\"example\"", "1", "Decimal(\"9.99\")", "True", "datetime(2026, 1, 2, tzinfo=UTC)"]),
    ("typescript", ["\"example\"", "1", "9.99", "true", "\"2026-01-02T03:04:05Z\""]),
    ("rust", ["\"example\".to_owned()", "1", "9.99", "true", "\"2026-01-02T03:04:05Z\".to_owned()"]),
    ("go", ["\"example\"", "1", "9.99", "true", "time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)"]),
    ("json", ["\"example\"", "1", "9.99", "true", "\"2026-01-02T03:04:05Z\""]),
];

const BOOLS: &[&str] = &[
    "active",
    "enabled",
    "done",
    "completed",
    "complete",
    "published",
    "verified",
    "deleted",
    "archived",
    "admin",
    "paid",
    "checked",
    "disabled",
    "loading",
    "open",
    "visible",
    "bool",
    "flag",
];
const DATES: &[&str] = &["date", "time", "datetime", "timestamp", "deadline", "birthday", "expires", "expiry"];
const INTS: &[&str] = &[
    "id", "count", "quantity", "qty", "age", "stock", "number", "size", "position", "rank", "year", "views", "port",
    "points", "score", "level", "duration", "limit", "retries", "length", "width", "height", "priority", "capacity",
    "pages", "likes", "seats", "minutes", "seconds", "workers",
];
const DECIMALS: &[&str] = &[
    "price",
    "amount",
    "total",
    "cost",
    "balance",
    "salary",
    "rate",
    "discount",
    "weight",
    "latitude",
    "longitude",
    "lat",
    "lng",
    "lon",
    "tax",
    "fee",
    "budget",
    "percentage",
    "ratio",
    "temperature",
    "x",
    "y",
    "z",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_spells_every_type() {
        for kind in FieldType::ALL {
            assert!(SPELLINGS.iter().all(|(d, _)| kind.spelled(d).is_some_and(|s| !s.is_empty())));
            assert!(SAMPLES.iter().all(|(d, _)| kind.sample(d).is_some_and(|s| !s.is_empty())));
        }
        assert_eq!(FieldType::Bool.spelled("go"), Some("bool"));
        assert_eq!(FieldType::Text.spelled("cobol"), None);
    }
}
