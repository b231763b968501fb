//! Templates to files. Jinja without includes, macros or assignments; what a template may cost is bounded before it runs
//! (its size, its nesting, no operator that grows text) and while it runs (instructions, bytes of output).

use super::bind::{Bindings, Value};
use super::case;
use super::field_type::FieldType;
use super::format::Pattern;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::path;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value as Jinja;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use std::collections::BTreeMap;
use std::io;

/// Most bytes one rendered file may have.
pub const MAX_FILE_BYTES: usize = 256 * 1024;
/// Most bytes a template may have.
const MAX_TEMPLATE_BYTES: usize = 64 * 1024;
/// Most `for` blocks inside each other.
const MAX_LOOPS: usize = 2;
/// Template instructions one file may take; the largest shipped pattern takes under 2,000.
const FUEL: u64 = 50_000;

/// A file as rendered, not yet on any disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedFile {
    /// Relative to the root, `/` between parts.
    pub path: String,
    /// The whole text, ending in a newline.
    pub text: String,
}

impl Pattern {
    /// Fills the templates. The error names the pattern, the template and what is wrong with it.
    pub fn render(&self, bindings: &Bindings) -> Result<Vec<RenderedFile>, Failure> {
        let context = context(&bindings.values());
        self.files
            .iter()
            .zip(&bindings.paths)
            .map(|(file, path)| {
                let text = fill(&file.body, &context).map_err(|fault| {
                    let message = format!("pattern `{}`, template of `{path}`, {fault}", self.name);
                    Failure::fatal(FailureKind::Config, message)
                })?;
                Ok(RenderedFile { path: path.clone(), text: with_one_newline(&text) })
            })
            .collect()
    }
}

fn with_one_newline(text: &str) -> String {
    format!("{}\n", text.trim_end_matches(['\n', ' ']))
}

/// The variables a template sees.
pub(super) fn context(values: &BTreeMap<&str, &Value>) -> Jinja {
    Jinja::from_pairs(values.iter().map(|(name, value)| ((*name).to_owned(), jinja(value))))
}

fn jinja(value: &Value) -> Jinja {
    match value {
        Value::Text(text) => Jinja::from(text.as_str()),
        Value::Fields(fields) => fields
            .iter()
            .map(|f| Jinja::from_pairs([("name", Jinja::from(f.name.as_str())), ("type", Jinja::from(f.kind.word()))]))
            .collect(),
    }
}

/// Where a template is wrong, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// 1-based line in the template.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// Fills one template within its limits.
pub(super) fn fill(template: &str, context: &Jinja) -> Result<String, Fault> {
    check(template)?;
    if !template.contains('{') {
        return Ok(template.to_owned());
    }
    let env = environment();
    let mut out = Bounded(Vec::new());
    let fault = |error: Error| Fault { line: error.line().unwrap_or(1), message: sentence(&error) };
    let compiled = env.template_from_str(template).map_err(fault)?;
    compiled.render_captured_to(context.clone(), &mut out).map_err(fault)?;
    String::from_utf8(out.0).map_err(|_| Fault { line: 1, message: "the result is not UTF-8".to_owned() })
}

fn sentence(error: &Error) -> String {
    let detail = error.detail().unwrap_or("").to_owned();
    match error.kind() {
        ErrorKind::UndefinedError => {
            format!("it uses a name that is no placeholder ({detail}); fix: declare it under `placeholders`")
        }
        ErrorKind::OutOfFuel => "it takes too many steps; fix: make its loops smaller".to_owned(),
        ErrorKind::WriteFailure => format!("the result is larger than {MAX_FILE_BYTES} bytes; fix: make it smaller"),
        ErrorKind::UnknownFilter => format!("{detail}; fix: use one of {}", FILTERS.join(", ")),
        kind => format!("{kind}: {detail}; fix: correct the template (`{{% raw %}}` protects literal braces)"),
    }
}

const FILTERS: &[&str] = &[
    "snake", "pascal", "camel", "kebab", "words", "sentence", "plural", "singular", "upper", "lower", "stem", "parent",
    "module", "spelled", "sample", "has", "column",
];

fn environment() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(64);
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        env.set_syntax(syntax);
    }
    env.add_filter("snake", |s: String| case::snake(&s));
    env.add_filter("pascal", |s: String| case::pascal(&s));
    env.add_filter("camel", |s: String| case::camel(&s));
    env.add_filter("kebab", |s: String| case::kebab(&s));
    env.add_filter("words", |s: String| case::spaced(&s));
    env.add_filter("sentence", |s: String| case::sentence(&s));
    env.add_filter("plural", |s: String| case::plural(&s));
    env.add_filter("singular", |s: String| case::singular(&s));
    env.add_filter("upper", |s: String| s.to_uppercase());
    env.add_filter("lower", |s: String| s.to_lowercase());
    env.add_filter("stem", |s: String| stem(&s).to_owned());
    env.add_filter("parent", |s: String| parent(&s));
    env.add_filter("module", |s: String| module(&s));
    env.add_filter("spelled", |kind: String, dialect: String| {
        FieldType::from_word(&kind).and_then(|k| k.spelled(&dialect)).ok_or_else(|| unknown_dialect(&dialect))
    });
    env.add_filter("sample", |kind: String, dialect: String| {
        FieldType::from_word(&kind).and_then(|k| k.sample(&dialect)).ok_or_else(|| unknown_dialect(&dialect))
    });
    env.add_filter("has", |fields: Vec<Jinja>, kind: String| {
        fields.iter().any(|f| f.get_attr("type").is_ok_and(|t| t.as_str() == Some(&kind)))
    });
    env.add_filter("column", column);
    env
}

/// Pads a cell of a table of fields with spaces, as gofmt aligns them: to the longest name (`of` is "name") or type (`of`
/// is a dialect), and at least to `least`.
fn column(cell: String, fields: Vec<Jinja>, of: String, least: usize) -> String {
    let attribute =
        |f: &Jinja, name: &str| f.get_attr(name).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    let width = |f: &Jinja| match of.as_str() {
        "name" => case::pascal(&attribute(f, "name")).chars().count(),
        dialect => FieldType::from_word(&attribute(f, "type")).and_then(|k| k.spelled(dialect)).map_or(0, str::len),
    };
    let widest = fields.iter().map(width).max().unwrap_or(0).max(least.min(40));
    format!("{cell:<widest$}")
}

fn unknown_dialect(dialect: &str) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("no spelling of types for `{dialect}`"))
}

/// `src/app/config.py` gives `config`.
fn stem(path: &str) -> &str {
    let file = path::name(path);
    file.split_once('.').map_or(file, |(stem, _)| stem)
}

/// `src/app/config.py` gives `src/app/`; a bare file name gives nothing.
fn parent(path: &str) -> String {
    path.rsplit_once('/').map(|(dir, _)| format!("{dir}/")).unwrap_or_default()
}

/// The Python module of a path: `src/app/config.py` gives `app.config`.
fn module(path: &str) -> String {
    let path = path.strip_prefix("src/").unwrap_or(path);
    path.strip_suffix(".py").unwrap_or(path).replace('/', ".")
}

struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_FILE_BYTES {
            return Err(io::Error::other("too large"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Refuses what could grow without bound: assignments, operators that build text, deep loops, huge templates.
fn check(template: &str) -> Result<(), Fault> {
    if template.len() > MAX_TEMPLATE_BYTES {
        let message = format!("the template is larger than {MAX_TEMPLATE_BYTES} bytes; fix: split it into files");
        return Err(Fault { line: 1, message });
    }
    let mut loops = 0usize;
    let mut at = 0;
    while let Some(offset) = template[at..].find('{') {
        let start = at + offset;
        let rest = &template[start..];
        let line = || template[..start].matches('\n').count() + 1;
        at = if let Some(comment) = rest.strip_prefix("{#") {
            start + 2 + comment.find("#}").map_or(comment.len(), |e| e + 2)
        } else if let Some(tag) = rest.strip_prefix("{{").or_else(|| rest.strip_prefix("{%")) {
            let end = tag_end(tag, if rest.starts_with("{{") { "}}" } else { "%}" });
            let inside = &tag[..end];
            let statement = rest.starts_with("{%").then(|| statement(inside));
            match statement {
                Some("raw") => start + rest.find("endraw").unwrap_or(rest.len()),
                _ => {
                    tag_is_bounded(inside, statement, &mut loops).map_err(|message| Fault { line: line(), message })?;
                    start + 2 + end
                }
            }
        } else {
            start + 1
        };
    }
    Ok(())
}

fn statement(inside: &str) -> &str {
    inside.trim_start_matches(['-', '+']).split_whitespace().next().unwrap_or("").trim_end_matches(['-', '+'])
}

/// Where the tag ends, strings in it passed over.
fn tag_end(tag: &str, close: &str) -> usize {
    let mut quote = None;
    for (i, c) in tag.char_indices() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if tag[i..].starts_with(close) => return i,
            None => {}
        }
    }
    tag.len()
}

fn tag_is_bounded(inside: &str, statement: Option<&str>, loops: &mut usize) -> Result<(), String> {
    match statement {
        Some("for") => {
            *loops += 1;
            if *loops > MAX_LOOPS {
                return Err(format!("more than {MAX_LOOPS} `for` inside each other; fix: flatten the loops"));
            }
        }
        Some("endfor") => *loops = loops.saturating_sub(1),
        None | Some("if" | "elif" | "else" | "endif" | "endraw") => {}
        Some(other) => {
            return Err(format!("`{{% {other} %}}` is not allowed; fix: use only if, for and raw"));
        }
    }
    let mut quote = None;
    let code = inside.trim_matches(['-', '+']);
    for c in code.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if "~*+([".contains(c) && !(c == '(' && code.contains('|')) => {
                return Err(format!(
                    "`{c}` is not allowed in a tag; fix: write text outside the tag, use filters inside"
                ));
            }
            None => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str) -> Result<String, Fault> {
        let name = Value::Text("user profile".to_owned());
        let path = Value::Text("src/app/config.py".to_owned());
        let fields = Value::Fields(super::super::field::parse("name, price").unwrap());
        fill(template, &context(&BTreeMap::from([("name", &name), ("path", &path), ("fields", &fields)])))
    }

    #[test]
    fn filters_and_loops_fill_a_template() {
        let cases = [
            ("class {{ name | pascal }}s", "class UserProfiles"),
            ("{{ name | plural | snake }} {{ name | kebab | upper }}", "user_profiles USER-PROFILE"),
            ("{{ path | stem }} {{ path | parent }} {{ path | module }}", "config src/app/ app.config"),
            (
                "{% for f in fields %}\n{{ f.name }}: {{ f.type | spelled(\"go\") }}\n{% endfor %}\n",
                "name: string\nprice: float64\n",
            ),
            ("{% if fields | has(\"decimal\") %}yes{% else %}no{% endif %}", "yes"),
            ("{% raw %}${{ secrets.X + 1 }}{% endraw %} {{ name }}", "${{ secrets.X + 1 }} user profile"),
            ("fn f() { a + b }", "fn f() { a + b }"),
        ];
        for (template, expected) in cases {
            assert_eq!(filled(template).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn what_could_grow_without_bound_is_refused() {
        let bombs = [
            "{% set a = name ~ name %}",
            "{{ name ~ name }}",
            "{{ name * 100000 }}",
            "{% for a in [1, 2] %}x{% endfor %}",
            "{% for a in fields %}{% for b in fields %}{% for c in fields %}x{% endfor %}{% endfor %}{% endfor %}",
            "{% include 'x' %}",
            "{% macro m() %}{% endmacro %}",
            "{{ range(1000000) }}",
        ];
        for bomb in bombs {
            let fault = filled(bomb).unwrap_err();
            assert!(fault.message.contains("fix:"), "{bomb}: {fault}");
        }
    }

    #[test]
    fn long_work_runs_out_of_fuel_and_long_output_out_of_space() {
        let many: Vec<String> = (0..3_000).map(|i| format!("f{i}")).collect();
        let fields = Value::Fields(super::super::field::parse(&many.join(",")).unwrap());
        let context = context(&BTreeMap::from([("fields", &fields)]));
        let squared = "{% for a in fields %}{% for b in fields %}{{ b.name }}{% endfor %}{% endfor %}";
        assert!(fill(squared, &context).unwrap_err().message.contains("too many steps"));
        let wide = format!("{{% for a in fields %}}{}{{% endfor %}}", "x".repeat(1_000));
        assert!(fill(&wide, &context).unwrap_err().message.contains("larger than"));
    }

    #[test]
    fn an_unknown_name_is_an_error_with_its_line() {
        let fault = filled("a\nb {{ nmae }}").unwrap_err();
        assert_eq!(fault.line, 2);
        assert!(fault.message.contains("no placeholder"), "{fault}");
    }
}
