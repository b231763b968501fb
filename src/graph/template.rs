//! The texts of the prompts: shipped templates, and the user's in their place.
//!
//! A template fills in what it is given and does nothing else: no files, no includes, bounded work. A user's template is
//! tried when it is loaded; should it fail later all the same, the shipped one takes its place.

use crate::domain::failure::{Failure, FailureKind};
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Steps a template may take.
const FUEL: u64 = 20_000;
/// Longest template in bytes: everything has to fit a window of 4,096 tokens.
const MAX_TEMPLATE: usize = 6000;

/// What a template is given: name and text.
pub(super) type Values = Vec<(&'static str, String)>;

/// A shipped template.
struct Template {
    name: &'static str,
    text: &'static str,
    /// What it is given.
    given: &'static [&'static str],
    /// What of it has to appear in the prompt.
    needed: &'static [&'static str],
}

macro_rules! template {
    ($name:literal, [$($needed:literal),*], [$($other:literal),*]) => {
        Template {
            name: $name,
            text: include_str!(concat!("../../assets/prompts/", $name, ".md")),
            given: &[$($needed,)* $($other),*],
            needed: &[$($needed),*],
        }
    };
}

const TEMPLATES: [Template; 11] = [
    template!("planner", ["request"], ["reading", "steps"]),
    template!("planner-retry", ["request"], ["steps", "listing"]),
    template!("executor", ["request", "format"], ["reading", "plan"]),
    template!("executor-retry", ["request", "format"], ["problem", "reasons", "files"]),
    template!("executor-problems", ["problems", "files", "format"], ["request"]),
    template!("executor-round", ["request", "reasons", "files", "format"], ["reading"]),
    template!("revision", ["revision", "files", "format"], ["request", "reading", "accepted", "rejected"]),
    template!("healer", ["findings", "files", "format"], ["request", "hint", "cause", "signatures"]),
    template!("reviewer", ["request", "diff"], ["plan", "checks"]),
    template!("answer", ["request"], ["reading"]),
    template!("continue", [], []),
];

/// The prompts of a run. Holds only what differs from the shipped ones, so that it is small in the journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prompts {
    overrides: BTreeMap<String, String>,
}

impl Prompts {
    /// The shipped prompts.
    pub fn embedded() -> Prompts {
        Prompts::default()
    }

    /// Names of all prompts, with the shipped text of each.
    pub fn shipped() -> impl Iterator<Item = (&'static str, &'static str)> {
        TEMPLATES.iter().map(|t| (t.name, t.text))
    }

    /// Whether no prompt differs from the shipped ones.
    pub fn is_embedded(&self) -> bool {
        self.overrides.is_empty()
    }

    /// These prompts with `text` in place of the one called `name`. Fails, naming prompt, line and remedy, if there is no
    /// such prompt, or `text` is no template, names something it is not given, or leaves out what the answer depends on.
    pub fn with_override(mut self, name: &str, text: &str) -> Result<Prompts, Failure> {
        let wrong = |line: usize, message: String| {
            Failure::fatal(FailureKind::Config, format!("prompt `{name}`, line {line}: {message}"))
        };
        let Some(template) = TEMPLATES.iter().find(|t| t.name == name) else {
            let known: Vec<&str> = TEMPLATES.iter().map(|t| t.name).collect();
            return Err(wrong(1, format!("there is no such prompt; the prompts are {}", known.join(", "))));
        };
        if text.len() > MAX_TEMPLATE {
            return Err(wrong(1, format!("{} bytes are too many; shorten it to {MAX_TEMPLATE}", text.len())));
        }
        let given = template.given.join(", ");
        let marks: Values = template.given.iter().map(|g| (*g, format!("<<{g}>>"))).collect();
        let sample = fill(text, &marks).map_err(|error| {
            let detail = error.detail().map_or(String::new(), |d| format!(" ({d})"));
            let line = error.line().unwrap_or(1);
            wrong(line, format!("{}{detail}; it is given: {given}", error.kind()))
        })?;
        if let Some(missing) = template.needed.iter().find(|n| !sample.contains(&format!("<<{n}>>"))) {
            return Err(wrong(1, format!("{{{{ {missing} }}}} is missing; the answer depends on it")));
        }
        self.overrides.insert(name.to_owned(), text.to_owned());
        Ok(self)
    }

    /// The prompt called `name`, filled in.
    pub(super) fn render(&self, name: &str, values: &Values) -> String {
        let shipped = TEMPLATES.iter().find(|t| t.name == name).map_or("", |t| t.text);
        let own = self.overrides.get(name).and_then(|text| fill(text, values).ok());
        let text = own.or_else(|| fill(shipped, values).ok()).unwrap_or_default();
        text.trim().to_owned()
    }
}

fn fill(text: &str, values: &Values) -> Result<String, minijinja::Error> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    let values: BTreeMap<&str, Value> = values.iter().map(|(k, v)| (*k, Value::from(v.trim_end()))).collect();
    environment.render_str(text, Value::from(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_prompt_passes_the_checks_of_a_users_own() {
        for (name, text) in Prompts::shipped() {
            let prompts = Prompts::embedded().with_override(name, text).unwrap();
            assert!(!prompts.is_embedded());
        }
    }

    #[test]
    fn a_wrong_prompt_names_itself_its_line_and_the_remedy() {
        let table = [
            ("executer", "x", "prompt `executer`, line 1: there is no such prompt; the prompts are planner,"),
            ("planner", "a\n{{ request }}\n{% if %}", "prompt `planner`, line 3: syntax error"),
            ("planner", "{{ request }}\n{{ budget }}", "prompt `planner`, line 2: undefined value"),
            ("executor", "{{ request }}", "prompt `executor`, line 1: {{ format }} is missing"),
            ("answer", "{{ request }}{% include 'x' %}", "prompt `answer`, line 1:"),
        ];
        for (name, text, expected) in table {
            let message = Prompts::embedded().with_override(name, text).unwrap_err().message;
            assert!(message.starts_with(expected), "{message}");
        }
        let long = "x".repeat(6001);
        assert!(Prompts::embedded().with_override("answer", &long).unwrap_err().message.contains("shorten"));
    }

    #[test]
    fn a_template_that_does_not_end_is_stopped() {
        let open = "{% for i in [1, 2, 3, 4, 5, 6, 7, 8, 9] %}".repeat(6);
        let bomb = format!("{{{{ request }}}}{open}x{}", "{% endfor %}".repeat(6));
        assert!(Prompts::embedded().with_override("answer", &bomb).unwrap_err().message.contains("fuel"));
    }

    #[test]
    fn an_override_is_used_and_one_that_fails_later_gives_way_to_the_shipped_one() {
        let own = Prompts::embedded().with_override("answer", "Say: {{ request }}").unwrap();
        let values = vec![("request", "hello".to_owned()), ("reading", String::new())];
        assert_eq!(own.render("answer", &values), "Say: hello");
        let broken = Prompts { overrides: BTreeMap::from([("answer".to_owned(), "{{ nothing }}".to_owned())]) };
        assert_eq!(broken.render("answer", &values), Prompts::embedded().render("answer", &values));
    }
}
