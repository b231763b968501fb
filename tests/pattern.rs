//! The pattern library: every shipped pattern is ranked first for its own examples, binds, renders, parses, and costs
//! what it says; wrong patterns do not win; broken pattern files say file, line and what to do.

use std::collections::BTreeSet;
use std::path::Path;
use vibe_tui::domain::failure::FailureKind;
use vibe_tui::domain::ids::RequestId;
use vibe_tui::domain::intent::{Action, Complexity, Intent, Target};
use vibe_tui::domain::language::Language;
use vibe_tui::domain::model::{Brief, ModelRef, ModelRequest, Node};
use vibe_tui::domain::plan::{Plan, StepKind};
use vibe_tui::domain::verdict::Verdict;
use vibe_tui::pattern::{self, Library, Outcome, RenderedFile, Source, THRESHOLD, UsageStats, context_text, engine};

// A reading of requests as plain as tables can be: what the tests need of the intent parser, independent of it.
const FRAMEWORKS: &[(&str, Option<Language>)] = &[
    ("fastapi", Some(Language::Python)),
    ("flask", Some(Language::Python)),
    ("django", Some(Language::Python)),
    ("pydantic", Some(Language::Python)),
    ("sqlalchemy", Some(Language::Python)),
    ("pytest", Some(Language::Python)),
    ("httpx", Some(Language::Python)),
    ("click", Some(Language::Python)),
    ("typer", Some(Language::Python)),
    ("litestar", Some(Language::Python)),
    ("express", Some(Language::JavaScript)),
    ("react", Some(Language::JavaScript)),
    ("vue", Some(Language::JavaScript)),
    ("svelte", Some(Language::JavaScript)),
    ("nestjs", Some(Language::TypeScript)),
    ("vitest", Some(Language::JavaScript)),
    ("jest", Some(Language::JavaScript)),
    ("zod", Some(Language::TypeScript)),
    ("axum", Some(Language::Rust)),
    ("actix", Some(Language::Rust)),
    ("rocket", Some(Language::Rust)),
    ("clap", Some(Language::Rust)),
    ("tokio", Some(Language::Rust)),
    ("serde", Some(Language::Rust)),
    ("thiserror", Some(Language::Rust)),
    ("gin", Some(Language::Go)),
    ("cobra", Some(Language::Go)),
    ("spring", Some(Language::Java)),
    ("rails", Some(Language::Ruby)),
    ("github actions", None),
];

fn read(text: &str) -> Intent {
    let words: Vec<String> =
        text.to_lowercase().split(|c: char| !c.is_alphanumeric() && c != '+' && c != '#').map(str::to_owned).collect();
    let has = |word: &str| words.iter().any(|w| w == word);
    let frameworks: Vec<_> =
        FRAMEWORKS.iter().filter(|(f, _)| has(f) || (f.contains(' ') && text.to_lowercase().contains(f))).collect();
    let said = Language::ALL.into_iter().filter(|l| *l != Language::C).find(|l| has(l.name()));
    let paths: Vec<String> = text
        .split_whitespace()
        .map(|w| w.trim_matches(['`', ',', '.']))
        .filter(|w| Language::from_path(w).is_some() && w.contains('/'))
        .map(str::to_owned)
        .collect();
    let by_path = paths.iter().find_map(|p| Language::from_path(p));
    let action = [
        (["fix", "repair"], Action::Fix),
        (["refactor", "rename"], Action::Refactor),
        (["optimize", "faster"], Action::Optimize),
        (["delete", "remove"], Action::Delete),
        (["modify", "change"], Action::Modify),
    ];
    let action = action.iter().find(|(verbs, _)| verbs.iter().any(|v| words[0] == *v)).map(|(_, a)| *a);
    let target = [
        ("tests", Target::Test),
        ("test", Target::Test),
        ("endpoint", Target::Api),
        ("route", Target::Api),
        ("handler", Target::Api),
        ("table", Target::Database),
        ("component", Target::Component),
        ("class", Target::Class),
        ("config", Target::Config),
        ("service", Target::Service),
        ("function", Target::Function),
    ];
    let symbols = text.split_whitespace().map(|w| w.trim_matches([',', '.']));
    let symbols = symbols.filter(|w| w.starts_with('`') || (w.contains('_') && !w.contains('/')) || inner_capital(w));
    let symbols: Vec<String> = symbols.map(|w| w.trim_matches('`').to_owned()).collect();
    let product = ["FastAPI", "SQLAlchemy", "GitHub", "TypeScript", "JavaScript", "README", "PostgreSQL"];
    Intent {
        text: text.to_owned(),
        action: action.unwrap_or(if target.iter().take(2).any(|(w, _)| has(w)) && !has("for") {
            Action::Test
        } else {
            Action::Create
        }),
        targets: target.iter().find(|(w, _)| has(w)).map(|(_, t)| *t).into_iter().collect(),
        language: said.or(by_path).or_else(|| frameworks.iter().find_map(|(_, l)| *l)),
        frameworks: frameworks.iter().map(|(f, _)| (*f).to_owned()).collect(),
        complexity: Complexity::Simple,
        confidence: 0.9,
        token_budget: 4_000,
        paths,
        symbols: symbols.into_iter().filter(|s| !product.contains(&s.as_str()) && !s.contains('/')).collect(),
    }
}

fn inner_capital(word: &str) -> bool {
    word.chars().all(char::is_alphanumeric)
        && word.chars().skip(1).any(char::is_uppercase)
        && word.chars().any(char::is_lowercase)
}

fn request(node: Node, text: &str, listing: &[&str]) -> ModelRequest {
    ModelRequest {
        id: RequestId(1),
        model: ModelRef { provider: "embedded".into(), model: "patterns".into() },
        messages: Vec::new(),
        prompt_tokens: 0,
        max_output: 4_096,
        window: 8_192,
        temperature_milli: 0,
        schema: None,
        brief: Brief {
            node,
            intent: read(text),
            listing: listing.iter().map(|p| (*p).to_owned()).collect(),
            proposal: Vec::new(),
            edits: true,
        },
    }
}

/// The rendered files of every example of every shipped pattern: pattern, number of the example, files.
fn rendered() -> Vec<(&'static str, usize, Vec<RenderedFile>)> {
    let mut all = Vec::new();
    for pattern in Library::embedded().patterns() {
        for (i, example) in pattern.examples.iter().enumerate() {
            let bindings =
                pattern.bind(&read(&example.request), &[]).unwrap_or_else(|e| panic!("{}: {e}", pattern.name));
            all.push((pattern.name.as_str(), i, pattern.render(&bindings).unwrap_or_else(|e| panic!("{e}"))));
        }
    }
    all
}

#[test]
fn the_library_is_large_and_broad_and_the_user_format_reads_it_without_a_complaint() {
    let library = Library::embedded();
    assert!(library.patterns().len() >= 42, "{} patterns", library.patterns().len());
    for (language, least) in [
        (Language::Python, 12),
        (Language::TypeScript, 8),
        (Language::Rust, 7),
        (Language::Go, 6),
        (Language::Sql, 3),
        (Language::Dockerfile, 3),
        (Language::Yaml, 3),
    ] {
        let count = library.patterns().iter().filter(|p| p.language == language).count();
        assert!(count >= least, "{count} {} patterns", language.name());
    }
    let sources = Library::shipped();
    let (loaded, failures) = Library::load(&sources);
    assert!(failures.is_empty(), "{}", failures.iter().map(|f| f.message.as_str()).collect::<Vec<_>>().join("\n"));
    assert_eq!(loaded.patterns(), library.patterns());
    let names: usize = sources.iter().map(|s| s.text.lines().filter(|l| l.starts_with("- name:")).count()).sum();
    assert_eq!(names, library.patterns().len(), "a name is used in two files");
}

#[test]
fn every_pattern_file_of_the_repository_is_shipped() {
    let on_disk: BTreeSet<String> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns"))
        .unwrap()
        .map(|entry| format!("patterns/{}", entry.unwrap().file_name().into_string().unwrap()))
        .collect();
    let shipped: BTreeSet<String> = Library::shipped().into_iter().map(|s| s.name).collect();
    assert_eq!(on_disk, shipped);
}

#[test]
fn every_pattern_wins_for_its_own_examples_and_derives_their_values_and_paths() {
    let library = Library::embedded();
    let mut wrong = Vec::new();
    for pattern in library.patterns() {
        for example in &pattern.examples {
            let intent = read(&example.request);
            let ranked = library.rank(&intent);
            if ranked[0].pattern.name != pattern.name || ranked[0].score < THRESHOLD {
                let own = ranked.iter().find(|m| m.pattern.name == pattern.name).unwrap();
                wrong.push(format!(
                    "{:?}: {} {:.2} won over {} {:.2} {:?}",
                    example.request, ranked[0].pattern.name, ranked[0].score, pattern.name, own.score, own.why
                ));
            }
            let bindings = match pattern.bind(&intent, &[]) {
                Ok(bindings) => bindings,
                Err(failure) => {
                    wrong.push(format!("{:?}: {failure}", example.request));
                    continue;
                }
            };
            if bindings.paths != example.paths {
                wrong.push(format!("{:?}: paths {:?}, expected {:?}", example.request, bindings.paths, example.paths));
            }
            for (name, expected) in &example.values {
                let value = bindings.get(name).map(|v| v.written());
                if value.as_ref() != Some(expected) {
                    wrong.push(format!("{:?}: {name} is {value:?}, expected {expected:?}", example.request));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn tree_sitter_language(path: &str) -> Option<tree_sitter::Language> {
    Some(match path.rsplit('.').next()? {
        "py" => tree_sitter_python::LANGUAGE.into(),
        "ts" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        "tsx" => tree_sitter_typescript::LANGUAGE_TSX.into(),
        "js" => tree_sitter_javascript::LANGUAGE.into(),
        "rs" => tree_sitter_rust::LANGUAGE.into(),
        "go" => tree_sitter_go::LANGUAGE.into(),
        _ => return None,
    })
}

/// Panics unless the text is valid in the language its path tells.
fn assert_valid(name: &str, file: &RenderedFile) {
    let RenderedFile { path, text } = file;
    if let Some(language) = tree_sitter_language(path) {
        let mut parser = tree_sitter::Parser::new();
        parser.set_language(&language).unwrap();
        let tree = parser.parse(text, None).unwrap();
        assert!(!tree.root_node().has_error(), "{name}: {path} has a syntax error\n{text}");
        return;
    }
    match path.rsplit('.').next().unwrap() {
        "json" => {
            drop(serde_json::from_str::<serde_json::Value>(text).unwrap_or_else(|e| panic!("{name}: {path}: {e}")))
        }
        "toml" => drop(toml::from_str::<toml::Table>(text).unwrap_or_else(|e| panic!("{name}: {path}: {e}"))),
        "yml" | "yaml" => {
            drop(serde_saphyr::from_str::<serde_json::Value>(text).unwrap_or_else(|e| panic!("{name}: {path}: {e}")));
        }
        "sql" => assert!(text.trim_end().ends_with(';'), "{name}: {path}"),
        _ => assert!(path.ends_with("Dockerfile") && text.contains("\nFROM "), "{name}: no check for {path}"),
    }
}

#[test]
fn every_rendered_example_is_valid_in_its_language_and_clean() {
    for (name, _, files) in rendered() {
        for file in &files {
            assert_valid(name, file);
            assert!(file.text.ends_with('\n') && !file.text.ends_with("\n\n"), "{name}: end of {}", file.path);
            assert!(!file.text.contains("TODO") && !file.text.contains("\n\n\n\n"), "{name}: {}", file.path);
            let spaced = file.text.lines().find(|l| l.ends_with(' '));
            assert_eq!(spaced, None, "{name}: {} has a line that ends in a space", file.path);
        }
    }
}

/// A field of each kind.
const FIELDS: [&str; 5] = ["title", "price", "count", "is_open", "starts_at"];

#[test]
fn every_kind_of_field_renders_to_valid_code_in_every_pattern_that_takes_fields() {
    let together = ["title, price, count, is_open and starts_at", "type and class"];
    let lists = FIELDS.iter().chain(&together);
    for pattern in Library::embedded().patterns() {
        for list in lists.clone() {
            let mut intent = read(&pattern.examples[0].request);
            let text = intent.text.split(" with ").next().unwrap().to_owned();
            intent.text = format!("{text} with {list}");
            let bindings = pattern.bind(&intent, &[]).unwrap_or_else(|e| panic!("{}: {e}", pattern.name));
            for file in pattern.render(&bindings).unwrap_or_else(|e| panic!("{e}")) {
                assert_valid(&format!("{} with {list}", pattern.name), &file);
            }
        }
    }
}

#[test]
fn every_pattern_states_its_cost_within_forty_percent() {
    let mut wrong = Vec::new();
    for (name, _, files) in rendered().into_iter().filter(|(_, i, _)| *i == 0) {
        let cost = files.iter().map(|f| f.text.chars().count()).sum::<usize>() as f64 / 4.0;
        let stated = f64::from(Library::embedded().get(name).unwrap().tokens);
        if (stated - cost).abs() > 0.4 * cost {
            wrong.push(format!("{name}: states {stated}, takes {cost}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A name as long as requests have them, for lines that a short one leaves short.
const LONG_NAME: &str = "customer_notification_setting";

/// Every pattern with [`LONG_NAME`], and with each kind of field alone and all of them where it takes fields.
fn rendered_with_long_names() -> Vec<(String, Vec<RenderedFile>)> {
    let together = ["title, subtitle, price, count, is_open, starts_at and preferred_delivery_ends_at"];
    let lists: Vec<&str> = FIELDS.iter().chain(&together).copied().collect();
    let mut all = Vec::new();
    for pattern in Library::embedded().patterns() {
        let request = pattern.examples[0].request.split(" with ").next().unwrap();
        let takes_fields = pattern.placeholders.iter().any(|p| p.name == "fields");
        for (i, list) in lists.iter().enumerate().take(if takes_fields { lists.len() } else { 1 }) {
            let bindings = pattern.bind(&read(&format!("{request} called {LONG_NAME} with {list}")), &[]);
            let bindings = bindings.unwrap_or_else(|e| panic!("{}: {e}", pattern.name));
            let files = pattern.render(&bindings).unwrap_or_else(|e| panic!("{e}"));
            all.push((format!("{}-long-{i}", pattern.name), files));
        }
    }
    all
}

/// With `VIBE_PATTERN_OUT=dir` the files are written there, for the languages' own checkers in `.ci/check-patterns`.
#[test]
fn render_examples_to() {
    let mut all: Vec<_> = rendered().into_iter().map(|(name, i, files)| (format!("{name}-{i}"), files)).collect();
    all.extend(rendered_with_long_names());
    assert!(all.len() >= 84);
    let Some(out) = std::env::var_os("VIBE_PATTERN_OUT") else { return };
    for (directory, files) in all {
        for file in files {
            let path = Path::new(&out).join(&directory).join(&file.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file.text).unwrap();
        }
    }
}

#[test]
fn wrong_patterns_do_not_win() {
    // The request, and what has to win: a pattern's name, or nothing at all.
    let cases = [
        ("Create a Django view for payments", Some("django-view")),
        ("Create a Flask endpoint for users", Some("flask-route")),
        ("Create a Litestar endpoint for users", None),
        ("Create a Bottle endpoint for users", None),
        ("Write a Spring controller for orders in Java", None),
        ("Create a Rails model for posts", None),
        ("Create a Vue component for a login form", None),
        ("Create a Svelte component for a chart", None),
        ("Create a NestJS route for cats", None),
        ("Create a Gin handler for users in Go", None),
        ("Create a Rocket handler in Rust", None),
        ("Create a typer CLI in Python", None),
        ("Create a Cobra CLI in Go", None),
        ("Write a Kotlin data class for a point", None),
        ("Create a Haskell CLI", None),
        ("Create a Ruby class for invoices", None),
        ("Create a C++ class for matrices", None),
        ("Fix the FastAPI endpoint for users", None),
        ("Refactor the React component for the profile", None),
        ("Optimize the SQL index for orders", None),
        ("Delete the Dockerfile for Python", None),
        ("Modify the Express route for orders", None),
        ("Create something nice", None),
        ("What is a monad?", None),
        ("", None),
        ("Create a React hook for the window size", Some("react-hook")),
        ("Create a React component for the window size", Some("react-component")),
        ("Create an Express middleware for rate limits", Some("express-middleware")),
        ("Create a pytest fixture for users", Some("pytest-fixture")),
        ("Write pytest tests for parse_url", Some("pytest-test")),
        ("Create a Pydantic model for users", Some("pydantic-model")),
        ("Create a SQLAlchemy model for users", Some("sqlalchemy-model")),
        ("Create a Dockerfile for a Rust service", Some("dockerfile-rust")),
        ("Create a Dockerfile for a Go service", Some("dockerfile-go")),
        ("Create a Dockerfile for a Ruby service", None),
        ("Create a GitHub Actions workflow for Python", Some("actions-python")),
        ("Create a GitHub Actions workflow for Ruby", None),
        ("Create a GitLab CI pipeline for Python", None),
        ("Create a clap CLI for backups", Some("clap-cli")),
        ("Create a Go CLI that renames files", Some("go-cli")),
        ("Create a Python CLI that renames files", Some("argparse-cli")),
        ("Create a Rust trait for payment gateways", Some("rust-trait")),
        ("Create an Express route for pets in JavaScript", Some("express-route-javascript")),
        ("Create an Express route for pets in TypeScript", Some("express-route")),
        ("Create an Express route for pets", Some("express-route")),
    ];
    let mut wrong = Vec::new();
    for (text, expected) in cases {
        let ranked = if text.is_empty() {
            Library::embedded().rank(&Intent { text: String::new(), ..read("x") })
        } else {
            Library::embedded().rank(&read(text))
        };
        let won = Some(&ranked[0]).filter(|m| m.score >= THRESHOLD);
        if won.map(|m| m.pattern.name.as_str()) != expected {
            wrong.push(format!(
                "{text:?}: {:?}, expected {expected:?}; {:?}",
                won.map(|m| (&m.pattern.name, m.score)),
                ranked[0].why
            ));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_reading_that_leaves_the_language_out_or_spells_the_framework_differently_still_fits() {
    let library = Library::embedded();
    let sql = Intent { language: None, ..read("Create a SQL table for products with name") };
    assert_eq!(library.rank(&sql)[0].pattern.name, "sql-table");
    assert!(library.rank(&sql)[0].score >= THRESHOLD);
    let mut node = read("Create a Dockerfile for a Node service");
    node.frameworks = vec!["node.js".to_owned()];
    assert_eq!(library.rank(&node)[0].pattern.name, "dockerfile-node");
    assert!(library.rank(&node)[0].score >= THRESHOLD);
}

#[test]
fn ranking_is_deterministic_and_within_bounds() {
    for pattern in Library::embedded().patterns() {
        let intent = read(&pattern.examples[0].request);
        let first: Vec<_> =
            Library::embedded().rank(&intent).into_iter().map(|m| (m.pattern.name.clone(), m.score)).collect();
        let second: Vec<_> =
            Library::embedded().rank(&intent).into_iter().map(|m| (m.pattern.name.clone(), m.score)).collect();
        assert_eq!(first, second);
        assert!(first.iter().all(|(_, score)| (0.0..=1.0).contains(score)));
        assert!(first.windows(2).all(|w| w[0].1 >= w[1].1));
    }
}

#[test]
fn usage_moves_equal_matches_but_never_across_the_threshold() {
    let library = Library::embedded();
    let intent = read("Create a Dockerfile");
    let before = library.rank(&intent)[0].pattern.name.clone();
    let stats: UsageStats = std::iter::repeat_n(("dockerfile-rust", Outcome::Accepted), 50).collect();
    assert_ne!(before, "dockerfile-rust");
    assert_eq!(library.rank_with(&intent, &stats)[0].pattern.name, "dockerfile-rust");
    let nothing = read("Create something nice");
    assert!(library.rank_with(&nothing, &stats).iter().all(|m| m.score < THRESHOLD));
}

#[test]
fn the_registration_example_of_the_mission_is_a_whole_file() {
    let library = Library::embedded();
    let text =
        engine::answer(library, &request(Node::Executor, "Create a FastAPI endpoint for user registration", &[]))
            .unwrap();
    for part in [
        "### FILE: app/routers/user_registration.py\n```python\n",
        "class UserRegistration(BaseModel)",
        "hashlib.scrypt(",
        "status_code=status.HTTP_201_CREATED",
        "HTTP_409_CONFLICT",
        "min_length=12",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    assert!(!text.contains("EmailStr") && text.ends_with("```\n"));
}

#[test]
fn plan_files_and_verdict_agree_with_each_other() {
    let library = Library::embedded();
    for text in ["Create a FastAPI endpoint for user registration", "Create a SQL migration for invoices with total"] {
        let plan: Plan =
            serde_json::from_str(&engine::answer(library, &request(Node::Planner, text, &[])).unwrap()).unwrap();
        let files = engine::answer(library, &request(Node::Executor, text, &[])).unwrap();
        assert!(
            plan.steps.iter().all(|s| s.kind == StepKind::Create && files.contains(&format!("### FILE: {}\n", s.path)))
        );
        assert_eq!(plan.steps.len(), files.matches("### FILE: ").count());
        let mut review = request(Node::Reviewer, text, &[]);
        // The proposal is in the repository's listing by then or not; the reviewer has to see the same pattern either way.
        review.brief.proposal = plan.steps.iter().map(|s| s.path.clone()).collect();
        review.brief.listing = review.brief.proposal.clone();
        let verdict: Verdict = serde_json::from_str(&engine::answer(library, &review).unwrap()).unwrap();
        assert!((0.6..=1.0).contains(&verdict.score), "{verdict:?}");
        assert!(!verdict.next_steps.is_empty());
    }
}

#[test]
fn the_reviewer_says_which_values_are_defaults_and_which_framework_is_missing() {
    let library = Library::embedded();
    let mut review = request(Node::Reviewer, "Create a FastAPI endpoint", &[]);
    review.brief.intent.frameworks.push("mongodb".into());
    let vague: Verdict = serde_json::from_str(&engine::answer(library, &review).unwrap()).unwrap();
    assert!(vague.reasons.iter().any(|r| r.contains("resource") && r.contains("`item`")), "{vague:?}");
    assert!(vague.reasons.iter().any(|r| r.contains("mongodb")), "{vague:?}");
    let clear = request(Node::Reviewer, "Create a FastAPI endpoint for products with name and price", &[]);
    let clear: Verdict = serde_json::from_str(&engine::answer(library, &clear).unwrap()).unwrap();
    assert!(clear.score > vague.score, "{clear:?} {vague:?}");
}

#[test]
fn what_no_pattern_can_do_fails_with_the_nearest_patterns_and_how_to_connect_a_model() {
    let library = Library::embedded();
    for text in ["Fix the login bug", "Create a Vue component", "Refactor the parser", "Create a Fortran service"] {
        let failure = engine::answer(library, &request(Node::Planner, text, &[])).unwrap_err();
        assert_eq!(failure.kind, FailureKind::NothingFits);
        for part in ["nearest", "Ollama", "llama-server", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"] {
            assert!(failure.message.contains(part), "{text}: {failure}");
        }
        let named = library.patterns().iter().filter(|p| failure.message.contains(&format!("{} (", p.name))).count();
        assert!(named >= 3, "{failure}");
    }
    let healing =
        engine::answer(library, &request(Node::Healer, "Create a FastAPI endpoint for users", &[])).unwrap_err();
    assert_eq!(healing.kind, FailureKind::NothingFits);
    assert!(healing.message.contains("cannot repair") && !healing.message.contains("review"), "{healing}");
    let review = engine::answer(library, &request(Node::Reviewer, "Fix the login bug", &[])).unwrap_err();
    assert!(review.message.starts_with("The embedded patterns can only review what they have made."), "{review}");
}

#[test]
fn read_only_modes_get_an_explanation_and_no_files() {
    let mut ask = request(Node::Executor, "Create a FastAPI endpoint for users", &[]);
    ask.brief.edits = false;
    let text = engine::answer(Library::embedded(), &ask).unwrap();
    assert!(text.contains("fastapi-endpoint") && text.contains("Ollama") && !text.contains("### FILE"), "{text}");
    ask.brief.intent = read("Explain the parser to me");
    assert!(engine::answer(Library::embedded(), &ask).unwrap().contains("None of its patterns"));
}

#[test]
fn files_go_where_the_repository_keeps_their_like_and_never_over_what_exists() {
    let library = Library::embedded();
    let paths = |text: &str, listing: &[&str]| {
        engine::choose(library, &request(Node::Planner, text, listing).brief).map(|choice| choice.bindings.paths)
    };
    let endpoint = "Create a FastAPI endpoint for products";
    assert_eq!(paths(endpoint, &["src/routers/users.py"]).unwrap(), ["src/routers/products.py"]);
    assert_eq!(paths(endpoint, &["app/routers/products.py"]).unwrap(), ["app/routers/products_2.py"]);
    assert_eq!(paths("Create a FastAPI endpoint for products in web/shop.py", &[]).unwrap(), ["web/shop.py"]);
    let taken = paths("Create a FastAPI endpoint for products in web/shop.py", &["web/shop.py"]).unwrap_err();
    assert!(taken.kind == FailureKind::NothingFits && taken.message.contains("web/shop.py exists"), "{taken}");
    let second = paths("Create a Dockerfile for a Python service", &["Dockerfile"]).unwrap_err();
    assert!(second.message.contains("Dockerfile exists"), "{second}");
    for outside in ["../../etc/cron.py", "/etc/cron.py", "app/../../x.py"] {
        let mut brief = request(Node::Planner, endpoint, &[]).brief;
        brief.intent.paths = vec![outside.to_owned()];
        assert_eq!(engine::choose(library, &brief).unwrap().bindings.paths, ["app/routers/products.py"]);
    }
}

#[test]
fn the_language_of_the_repository_decides_where_the_request_names_none() {
    let library = Library::embedded();
    let winner = |text: &str, listing: &[&str]| {
        engine::choose(library, &request(Node::Planner, text, listing).brief).map(|c| c.pattern.name.clone())
    };
    assert_eq!(winner("Create a Dockerfile", &["src/main.rs", "src/lib.rs"]).unwrap(), "dockerfile-rust");
    assert_eq!(winner("Create a Dockerfile", &["cmd/app/main.go", "README.md"]).unwrap(), "dockerfile-go");
    assert_eq!(winner("Create a CLI that counts words", &["src/main.rs"]).unwrap(), "clap-cli");
    assert_eq!(winner("Create a CLI that counts words", &["app/x.py", "app/y.py"]).unwrap(), "argparse-cli");
    assert!(winner("Create a Haskell CLI", &["app/x.py"]).is_err());
    assert!(winner("Create a CLI that counts words", &[]).is_err());
}

#[test]
fn user_patterns_replace_and_join_the_shipped_ones() {
    let mine = "- name: python-dataclass\n  title: Mine\n  language: python\n  keywords: {dataclass: 5}\n  actions: [create]\n  \
                complexity: simple\n  tokens: 10\n  placeholders:\n    - {name: c, description: class, kind: pascal, from: resource, default: Thing}\n  \
                files:\n    - path: \"{{ c | snake }}.py\"\n      body: |\n        class {{ c }}:\n            \"\"\"Mine.\"\"\"\n  \
                examples:\n    - {request: Create a dataclass for a bird, paths: [bird.py]}\n";
    let own = mine.replace("python-dataclass", "house-style");
    let sources = [
        Source { name: "~/patterns/a.yaml".into(), text: mine.into() },
        Source { name: ".vibe/patterns/b.yaml".into(), text: own },
    ];
    let (library, failures) = Library::load(&sources);
    assert!(failures.is_empty(), "{failures:?}");
    assert_eq!(library.patterns().len(), Library::embedded().patterns().len() + 1);
    assert_eq!(library.get("python-dataclass").unwrap().title, "Mine");
    let pattern = library.get("house-style").unwrap();
    let bindings = pattern.bind(&read("Create a Python dataclass for a bird"), &[]).unwrap();
    assert_eq!(pattern.render(&bindings).unwrap()[0].text, "class Bird:\n    \"\"\"Mine.\"\"\"\n");
}

const GOOD: &str = r#"- name: good
  title: Good
  language: python
  keywords: {good: 4}
  actions: [create]
  complexity: simple
  tokens: 5
  placeholders:
    - {name: thing, description: a thing, kind: snake, from: resource, default: bird, validate: "[a-z_]+"}
  files:
    - path: "{{ thing }}.py"
      body: |
        THING = "{{ thing }}"
  examples:
    - {request: Create a good bird in Python, paths: [bird.py]}
"#;

#[test]
fn every_kind_of_mistake_names_file_line_and_fix_and_the_rest_carries_on() {
    // What is replaced in the good pattern, by what, the line of the error, and what it has to say.
    let cases = [
        ("title: Good", "titel: Good", 2, "did you mean `title`"),
        ("language: python", "language: pyton", 3, "did you mean `python`"),
        ("language: python", "language: klingon", 3, "use one of"),
        ("actions: [create]", "actions: [creates]", 5, "did you mean `create`"),
        ("actions: [create]", "actions: [fix]", 5, "cannot fix"),
        ("actions: [create]", "actions: []", 5, "`actions` is empty"),
        ("keywords: {good: 4}", "keywords: {good: many}", 4, "fix:"),
        ("keywords: {good: 4}", "keywords: {good: 400}", 4, "out of range"),
        ("tokens: 5", "tokens: five", 7, "fix:"),
        ("name: good", "name: Good Pattern", 1, "kebab-case"),
        ("kind: snake", "kind: snak", 9, "did you mean `snake`"),
        ("from: resource", "from: ressource", 9, "did you mean `resource`"),
        ("default: bird", "default: \"9 birds!\"", 9, "does not match"),
        ("[a-z_]+", "[a-z_+", 9, "regular expression"),
        ("{name: thing,", "{name: Thing,", 9, "variable name"),
        ("{{ thing }}.py", "../{{ thing }}.py", 11, "inside the repository"),
        ("{{ thing }}.py", "{{ thing }}.rb", 11, "not a python file"),
        ("THING = \"{{ thing }}\"", "THING = \"{{ think }}\"", 13, "no placeholder"),
        ("THING = \"{{ thing }}\"", "THING = \"{{ thing | loud }}\"", 13, "use one of snake"),
        ("THING = \"{{ thing }}\"", "THING = \"{{ thing \"", 13, "fix:"),
        ("THING = \"{{ thing }}\"", "A = 1\n        {% set x = 1 %}", 14, "not allowed"),
        ("  complexity: simple\n", "", 1, "`complexity` is missing"),
        (
            "  examples:\n    - {request: Create a good bird in Python, paths: [bird.py]}\n",
            "  examples: []\n",
            14,
            "`examples` is empty",
        ),
        ("keywords: {good: 4}", "keywords: {good: 4", 0, "fix:"),
        ("title: Good", "title: Good\n  title: Twice", 3, "fix:"),
    ];
    let other = GOOD.replace("name: good", "name: other");
    let mut wrong = Vec::new();
    for (from, to, line, says) in cases {
        let text = format!("{}{other}", GOOD.replacen(from, to, 1));
        assert!(GOOD.contains(from), "the case {from:?} changes nothing");
        let (library, failures) = Library::load(&[Source { name: "patterns/x.yaml".into(), text }]);
        let message = failures.first().map(|f| f.message.clone()).unwrap_or_default();
        let place = if line == 0 { "patterns/x.yaml:".to_owned() } else { format!("patterns/x.yaml:{line}: ") };
        if !message.starts_with(&place) || !message.contains(says) || !message.contains("fix: ") {
            wrong.push(format!("{to:?}: expected {place}…{says}, got {message:?}"));
        }
        if library.get("other").is_none() && line != 0 {
            wrong.push(format!("{to:?}: the other pattern of the file is lost"));
        }
        if library.get("good").is_some() {
            wrong.push(format!("{to:?}: the broken pattern is in the library"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn yaml_that_is_broken_is_told_apart_from_yaml_that_is_no_list() {
    let fix = |text: &str| {
        let (_, failures) = Library::load(&[Source { name: "p.yaml".into(), text: text.into() }]);
        failures[0].message.split_once("fix: ").unwrap().1.to_owned()
    };
    for broken in ["- name: x\n  title: [x\n", "- name: x\n  title: \"x\n", "- name: x\n   title: y\n"] {
        let fix = fix(broken);
        assert!(fix.starts_with("mend the YAML there") && fix.contains("bracket"), "{broken}: {fix}");
    }
    assert!(fix("name: x").starts_with("a pattern file is a YAML list"));
}

#[test]
fn files_that_are_no_pattern_files_are_told_not_loaded() {
    for text in [
        "name: x",
        "just text",
        "{",
        "- 1\n- 2\n",
        "- &a [*a]\n",
        "\u{0}",
        "- name: [",
        "!!binary x",
        "%YAML 9\n---\n- x",
    ] {
        let (library, failures) = Library::load(&[Source { name: "p.yaml".into(), text: text.into() }]);
        assert!(!failures.is_empty(), "{text:?} is accepted");
        assert!(
            failures.iter().all(|f| f.message.starts_with("p.yaml:") && f.message.contains("fix: ")),
            "{text:?}: {failures:?}"
        );
        assert_eq!(library.patterns().len(), Library::embedded().patterns().len());
    }
    let (_, empty) = Library::load(&[Source { name: "p.yaml".into(), text: "# nothing yet\n".into() }]);
    assert!(empty.is_empty(), "{empty:?}");
    let huge = format!("- name: {}\n", "x".repeat(2 << 20));
    let (_, failures) = Library::load(&[Source { name: "p.yaml".into(), text: huge }]);
    assert!(failures[0].message.contains("larger than"), "{failures:?}");
    let mut bomb = String::from("- a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let prior = format!("*a{}", i - 1);
        bomb.push_str(&format!("  a{i}: &a{i} [{}]\n", vec![prior; 9].join(", ")));
    }
    let (_, failures) = Library::load(&[Source { name: "p.yaml".into(), text: bomb }]);
    assert!(!failures.is_empty());
}

#[test]
fn requests_from_anywhere_never_panic_and_never_leave_the_repository() {
    let long = "user ".repeat(100_000);
    let odd = [
        "",
        " ",
        "\u{0}\u{1b}[31m",
        "for for for with with",
        "Create a FastAPI endpoint for ../../etc/passwd",
        "🚀 für Größe",
        "Create a FastAPI endpoint for 💥",
        "Create a Python dataclass called class with class and def",
        &long,
        "Create a FastAPI endpoint for \"; rm -rf / #",
        "create a pyproject.toml for {{ 7 * 7 }}",
        "called",
        "named with",
    ];
    for pattern in Library::embedded().patterns() {
        for text in odd {
            let mut intent = read(&pattern.examples[0].request);
            intent.text = text.to_owned();
            intent.symbols = vec![text.chars().take(50).collect()];
            intent.paths = vec![text.chars().take(50).collect()];
            Library::embedded().rank(&intent);
            let Ok(bindings) = pattern.bind(&intent, &[]) else { continue };
            assert!(bindings.paths.iter().all(|p| !p.starts_with('/') && !p.contains("..")), "{:?}", bindings.paths);
            let files = pattern.render(&bindings).unwrap_or_else(|e| panic!("{text:?}: {e}"));
            assert!(files.iter().all(|f| !f.text.contains("49") || !f.text.contains('\u{1b}')));
        }
    }
}

#[test]
fn a_pattern_can_be_shown_to_a_model_compactly() {
    for pattern in Library::embedded().patterns() {
        let text = context_text(pattern);
        assert!(text.starts_with(&format!("Pattern {}:", pattern.name)) && text.contains("```"), "{text}");
        assert!(!text.contains("{% if") && !text.contains("| snake }}"), "{text}");
        assert!(text.chars().count() / 4 < pattern.tokens as usize * 2 + 100, "{}", pattern.name);
    }
}

#[test]
fn the_schema_in_assets_is_the_schema_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/pattern.schema.json");
    let schema = pattern::schema();
    if std::env::var_os("VIBE_UPDATE").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, schema, "run `VIBE_UPDATE=1 cargo test --test pattern the_schema` and look at the difference");
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    for source in Library::shipped() {
        let value: serde_json::Value = serde_saphyr::from_str(&source.text).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", source.name);
    }
}
