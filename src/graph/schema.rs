//! JSON Schemas of the answers that are JSON, for servers that can hold a model to one.
//!
//! Servers that cannot are not worse off for correctness: `answer` reads what comes.

use super::inner::Operation;
use serde_json::{Value, json};

/// JSON Schema of the answer, for the operations whose answer is JSON.
pub(super) fn schema(operation: Operation) -> Option<Value> {
    let strings = json!({"type": "array", "items": {"type": "string"}});
    let schema = match operation {
        Operation::Plan | Operation::PlanRetry => json!({
            "type": "object",
            "properties": {
                "summary": {"type": "string"},
                "steps": {"type": "array", "items": {
                    "type": "object",
                    "properties": {
                        "title": {"type": "string"},
                        "kind": {"type": "string", "enum": ["create", "modify", "delete", "explain"]},
                        "path": {"type": "string"}
                    },
                    "required": ["title", "kind", "path"],
                    "additionalProperties": false
                }}
            },
            "required": ["summary", "steps"],
            "additionalProperties": false
        }),
        Operation::Review => json!({
            "type": "object",
            "properties": {
                "score": {"type": "number"},
                "reasons": strings,
                "next_steps": strings,
                "improvements": strings
            },
            "required": ["score", "reasons", "next_steps", "improvements"],
            "additionalProperties": false
        }),
        _ => return None,
    };
    Some(schema)
}
