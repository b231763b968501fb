//! Security rules: a table in `assets/quality/security.toml`, matched on calls, names and literals of a syntax tree, never on
//! comments and never on what only stands in a string. A rule finds patterns that are worth a look; it follows no data.

use super::content::{Content, MOST_BYTES};
use super::measure::Step;
use super::table::Field;
use crate::domain::finding::{Finding, Severity};
use crate::domain::language::Language;
use crate::domain::outline::Outline;
use crate::domain::secret::holds_whole_key;
use crate::domain::test_file::is_marked_test;
use regex::Regex;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::LazyLock;
use tree_sitter::Node;

/// Most findings of one file: the first ones are what matters.
const MOST: usize = 200;
/// Bytes that may be looked into beside four times those of the file.
const FUEL: usize = 1 << 20;

/// One rule, as its table says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// Its name, for reports and for switching it off.
    pub(super) id: String,
    /// For which languages.
    pub(super) languages: Vec<Language>,
    /// One sentence: what is wrong and what to do.
    pub(super) message: String,
    /// How bad it is.
    pub(super) severity: Severity,
    /// Its number in the Common Weakness Enumeration (cwe.mitre.org).
    pub(super) cwe: u32,
    /// Calls of these: whole (`os.system`), or `*.execute` for a method of anything.
    #[serde(default)]
    calls: Vec<String>,
    /// What the arguments have to hold, without the contents of strings.
    #[serde(default, with = "pattern")]
    arguments: Option<Regex>,
    /// What they must not hold.
    #[serde(default, with = "pattern")]
    without: Option<Regex>,
    /// What a string among the arguments has to hold.
    #[serde(default, with = "pattern")]
    string: Option<Regex>,
    /// Only if an argument is put together from strings and names.
    #[serde(default)]
    built: bool,
    /// Only if an argument is no literal.
    #[serde(default)]
    dynamic: bool,
    /// These names, wherever code uses them.
    #[serde(default)]
    names: Vec<String>,
    /// Only where such a name is what is assigned to, and by no plain literal.
    #[serde(default)]
    assigned: bool,
    /// A literal that is given to a name like this.
    #[serde(default, with = "pattern")]
    target: Option<Regex>,
    /// What a literal has to be, as a whole.
    #[serde(default, with = "pattern")]
    literal: Option<Regex>,
    /// Whether a literal is looked at for a key whose form is known, wherever in it.
    #[serde(default)]
    key: bool,
    /// What a literal must not be.
    #[serde(default, with = "pattern")]
    placeholder: Option<Regex>,
    /// Nodes of this kind, unless a comment before or in their first line holds `unless`.
    node: Option<String>,
    unless: Option<String>,
    /// Whether files of tests are looked at, too.
    #[serde(default = "yes")]
    tests: bool,
}

fn yes() -> bool {
    true
}

mod pattern {
    use super::{Deserialize, Regex};
    use serde::{Deserializer, de::Error};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Regex>, D::Error> {
        let text = String::deserialize(from)?;
        Regex::new(&text).map(Some).map_err(D::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    rule: Vec<Rule>,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let text = include_str!("../../assets/quality/security.toml");
    toml::from_str::<Document>(text).map(|document| document.rule).unwrap_or_default()
});

/// Every rule.
pub(super) fn all() -> &'static [Rule] {
    &RULES
}

/// The rules of one language, by what they look at.
struct Set {
    /// By the last word of what is called.
    calls: HashMap<&'static str, Vec<(&'static Rule, &'static str)>>,
    names: Vec<(&'static str, &'static Rule)>,
    literals: Vec<&'static Rule>,
    nodes: Vec<(&'static str, &'static Rule)>,
}

impl Set {
    fn new(language: Language) -> Set {
        let rules = || RULES.iter().filter(|rule| rule.languages.contains(&language));
        let mut calls: HashMap<&str, Vec<_>> = HashMap::new();
        for rule in rules() {
            for call in &rule.calls {
                calls.entry(last(call)).or_default().push((rule, call.as_str()));
            }
        }
        Set {
            calls,
            names: rules().flat_map(|rule| rule.names.iter().map(move |name| (name.as_str(), rule))).collect(),
            literals: rules().filter(|rule| rule.key || rule.literal.is_some()).collect(),
            nodes: rules().filter_map(|rule| Some((rule.node.as_deref()?, rule))).collect(),
        }
    }
}

/// The last word of a dotted name.
fn last(name: &str) -> &str {
    name.rsplit(['.', ':', '>', '\\']).next().unwrap_or(name)
}

/// The rules at work on one file.
pub(super) struct Rules<'t> {
    set: &'static Set,
    path: &'t str,
    text: &'t str,
    outline: &'t Outline,
    is_test: bool,
    /// Bytes of arguments that may still be looked into, as calls lie within each other.
    fuel: usize,
    found: Vec<Finding>,
}

impl<'t> Rules<'t> {
    pub(super) fn new(language: Language, path: &'t str, text: &'t str, outline: &'t Outline) -> Rules<'t> {
        static SETS: LazyLock<Vec<Set>> = LazyLock::new(|| Language::ALL.map(Set::new).into());
        let at = Language::ALL.iter().position(|l| *l == language).unwrap_or_default();
        Rules {
            set: &SETS[at],
            path,
            text,
            outline,
            is_test: is_for_tests(path),
            fuel: FUEL + 4 * text.len(),
            found: Vec::new(),
        }
    }

    pub(super) fn findings(mut self) -> Vec<Finding> {
        self.found.sort_by(|a, b| (a.line, a.column, &a.rule).cmp(&(b.line, b.column, &b.rule)));
        self.found.dedup_by(|a, b| (a.line, a.column, &a.rule) == (b.line, b.column, &b.rule));
        self.found
    }

    /// Looks at a node as the walk comes to it; `path` leads to it.
    pub(super) fn visit(&mut self, step: &Step<'t>, is_call: bool, is_string: bool, path: &[Step<'t>]) {
        if is_call && !self.set.calls.is_empty() {
            self.call(step.node);
        }
        if is_string && !self.set.literals.is_empty() {
            self.literal(step, path);
        }
        if !self.set.nodes.is_empty() {
            let kind = step.node.kind();
            let fits = self.set.nodes.iter().filter(|(node, _)| *node == kind).map(|(_, rule)| *rule);
            for rule in fits.collect::<Vec<_>>() {
                if !rule.unless.as_deref().is_some_and(|word| self.is_explained(step.node, word)) {
                    self.report(rule, step.node);
                }
            }
        }
    }

    /// Looks at a leaf that is no token.
    pub(super) fn leaf(&mut self, step: &Step<'t>, text: &str, path: &[Step<'t>]) {
        let Some((_, rule)) = self.set.names.iter().find(|(name, _)| *name == text) else { return };
        // The leaf itself is the last of the path.
        let around = path.len().checked_sub(2).map(|at| path[at]);
        let fits = match (rule.assigned, around) {
            (false, _) => !around.is_some_and(|a| a.node.kind().contains("import")),
            (true, Some(member)) => member.field.is_left && self.assigns_name(path),
            (true, None) => false,
        };
        if fits {
            self.report(rule, step.node);
        }
    }

    /// Whether the assignment that a path's last but one node is the left side of assigns anything but a literal.
    fn assigns_name(&self, path: &[Step<'t>]) -> bool {
        let assignment = path.len().checked_sub(3).map(|at| path[at].node);
        assignment
            .and_then(|a| a.child_by_field_name("right"))
            .is_some_and(|right| Content::of(self.text, right).has_name)
    }

    fn call(&mut self, node: Node<'t>) {
        let fields = ["function", "method", "constructor", "macro", "name", "type"];
        let callee = fields.iter().find_map(|field| node.child_by_field_name(field)).or_else(|| node.child(0));
        let Some(callee) = callee.and_then(|c| self.text.get(c.byte_range())).filter(|c| c.len() < 200) else { return };
        let Some(rules) = self.set.calls.get(last(callee.trim())) else { return };
        let object = ["object", "receiver", "scope"].iter().find_map(|field| node.child_by_field_name(field));
        let name = match object.and_then(|o| self.text.get(o.byte_range())).filter(|o| o.len() < 200) {
            Some(object) => format!("{object}.{callee}"),
            None => callee.to_owned(),
        };
        let name: String = name.replace("?.", ".").split_whitespace().collect();
        let full = self.imported(&name).unwrap_or_default();
        let fits = |wanted: &str| match wanted.strip_prefix("*.") {
            Some(method) => name.len() > method.len() && last(&name) == method,
            None => name == wanted || full == wanted,
        };
        let arguments = ["arguments", "argument_list"].iter().find_map(|field| node.child_by_field_name(field));
        let arguments = arguments.or_else(|| {
            let mut cursor = node.walk();
            node.named_children(&mut cursor).find(|c| c.kind().contains("argument") || c.kind() == "token_tree")
        });
        // Once for each rule that the name fits.
        let named = rules.iter().filter(|(_, wanted)| fits(wanted)).count();
        let cost = named * node.byte_range().len().min(MOST_BYTES);
        if cost > self.fuel || self.found.len() >= MOST {
            return;
        }
        self.fuel -= cost;
        let matched: Vec<&'static Rule> = rules
            .iter()
            .filter(|(rule, wanted)| fits(wanted) && self.arguments_fit(rule, arguments))
            .map(|r| r.0)
            .collect();
        for rule in matched {
            self.report(rule, node);
        }
    }

    /// The whole name of a bare one that the file imports by itself.
    fn imported(&self, name: &str) -> Option<String> {
        if name.contains(['.', ':']) {
            return None;
        }
        let import = self.outline.imports.iter().find(|i| i.names.iter().any(|n| n == name))?;
        Some(format!("{}.{name}", import.target))
    }

    fn arguments_fit(&self, rule: &Rule, arguments: Option<Node<'t>>) -> bool {
        let needs = rule.arguments.is_some() || rule.string.is_some() || rule.built || rule.dynamic;
        let Some(arguments) = arguments else { return !needs };
        let whole = Content::of(self.text, arguments);
        let is = |pattern: &Option<Regex>, yes: bool| pattern.as_ref().is_none_or(|p| p.is_match(&whole.code) == yes);
        if !is(&rule.arguments, true) || !is(&rule.without, false) || (rule.dynamic && !whole.has_name) {
            return false;
        }
        let holds = |content: &Content| {
            rule.string.as_ref().is_none_or(|p| content.strings.iter().any(|string| p.is_match(string)))
        };
        if !rule.built {
            return holds(&whole);
        }
        let mut cursor = arguments.walk();
        let mut each = arguments.named_children(&mut cursor).map(|argument| Content::of(self.text, argument));
        each.any(|argument| argument.has_name && !argument.strings.is_empty() && holds(&argument))
    }

    /// A literal that looks like what a rule is about, by itself or by the name it is given.
    fn literal(&mut self, step: &Step<'t>, path: &[Step<'t>]) {
        let text = self.text.get(step.node.byte_range()).filter(|t| t.len() < MOST_BYTES).unwrap_or("");
        let bare = text.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '#' || c == '@');
        let bare = bare.trim_matches(['"', '\'', '`', '#']);
        if bare.len() < 8 {
            return;
        }
        let behind = self.text.get(step.node.end_byte()..).unwrap_or("");
        let target = self.target(step, path);
        let fits = |rule: &&&'static Rule| {
            let is_named = match (&rule.target, target) {
                (Some(pattern), Some(target)) => pattern.is_match(target),
                (Some(_), None) => false,
                (None, _) => true,
            };
            is_named
                && rule.literal.as_ref().is_none_or(|p| p.is_match(bare))
                && (!rule.key || holds_whole_key(bare, behind))
                && !rule.placeholder.as_ref().is_some_and(|p| p.is_match(bare))
        };
        let matched: Vec<&'static Rule> = self.set.literals.iter().filter(fits).copied().collect();
        if !matched.is_empty() && Content::of(self.text, step.node).has_name {
            return;
        }
        for rule in matched {
            self.report(rule, step.node);
        }
    }

    /// The name that a literal is given to: of a variable, a field, a key, a parameter.
    fn target(&self, step: &Step<'t>, path: &[Step<'t>]) -> Option<&'t str> {
        let mut around = path.iter().rev();
        let mut at = *around.next()?;
        let mut is_value = step.field.is_value;
        // Go's lists of values, and a literal that becomes a `String`.
        if !is_value && matches!(at.node.kind(), "expression_list" | "literal_element" | "equals_value_clause") {
            is_value = at.field.is_value || at.field == Field::default();
            at = *around.next()?;
        }
        if !is_value {
            return None;
        }
        let names = ["left", "name", "pattern", "key", "field", "property", "declarator"];
        let name = names.iter().find_map(|field| at.node.child_by_field_name(field))?;
        let name = self.text.get(name.byte_range()).filter(|n| n.len() < 100)?;
        Some(last(name.trim_matches(['"', '\'', ':', ' '])))
    }

    /// Whether a comment right before a node's line, or on it, holds a word.
    fn is_explained(&self, node: Node, word: &str) -> bool {
        let start = node.start_byte();
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = self.text[line_start..].lines().next().unwrap_or("");
        let inside = self.text.get(node.byte_range()).unwrap_or("").lines().nth(1).unwrap_or("");
        let is_note = |line: &str| line.contains("//") || line.contains("/*") || line.trim_start().starts_with('*');
        let holds = |line: &str| is_note(line) && line.to_ascii_uppercase().contains(word);
        if holds(line) || holds(inside) {
            return true;
        }
        let mut before = self.text[..line_start].lines().rev().take_while(|line| {
            is_note(line) || line.trim_start().starts_with("#[") || line.trim_end().ends_with(['=', '('])
        });
        before.any(holds)
    }

    fn report(&mut self, rule: &Rule, node: Node) {
        if self.found.len() >= MOST || (self.is_test && !rule.tests) {
            return;
        }
        let (start, end) = (node.start_position(), node.end_position());
        let number = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
        let column = |point: tree_sitter::Point, byte: usize| {
            let before = self.text.get(byte - point.column.min(byte)..byte).unwrap_or("");
            number(before.chars().count())
        };
        self.found.push(Finding {
            tool: "security".to_owned(),
            path: self.path.to_owned(),
            line: number(start.row),
            column: column(start, node.start_byte()),
            end_line: number(end.row),
            end_column: column(end, node.end_byte()),
            rule: Some(rule.id.clone()),
            message: format!("{} (CWE-{})", rule.message, rule.cwe),
            severity: rule.severity,
            fixes: Vec::new(),
        });
    }
}

/// Whether a file is a test, or made for tests: what is secret there is none.
fn is_for_tests(path: &str) -> bool {
    let is_aid = |part: &str| ["testing", "fixtures"].iter().any(|folder| folder.eq_ignore_ascii_case(part));
    is_marked_test(path) || path.split('/').any(is_aid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_the_table_is_read_has_something_to_look_at_and_a_name_of_its_own() {
        let text = include_str!("../../assets/quality/security.toml");
        let document: Document = toml::from_str(text).unwrap();
        assert!(document.rule.len() > 25, "{}", document.rule.len());
        for (n, rule) in document.rule.iter().enumerate() {
            let has_literal = rule.key || rule.literal.is_some();
            let looks = !rule.calls.is_empty() || !rule.names.is_empty() || has_literal || rule.node.is_some();
            assert!(looks && rule.message.ends_with('.') && rule.cwe > 0, "{}", rule.id);
            assert!(document.rule[..n].iter().all(|other| other.id != rule.id), "{} twice", rule.id);
        }
    }
}
