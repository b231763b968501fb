//! The embedded engine: what the graph's nodes get when no model is connected. It answers from the pattern library and
//! says so; it does not change existing code, does not heal, and below the threshold it does not answer at all.

use super::bind::{Bindings, Origin};
use super::format::Pattern;
use super::library::Library;
use super::rank::{Match, THRESHOLD, uncovered};
use super::stats::UsageStats;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::fence::fenced;
use crate::domain::intent::Intent;
use crate::domain::language::Language;
use crate::domain::model::{Brief, ModelRequest, Node};
use crate::domain::plan::{Plan, PlanStep, StepKind};
use crate::domain::verdict::Verdict;
use std::fmt::Write;

/// How to get a model, as one sentence.
pub const CONNECT: &str =
    "Start Ollama or llama-server on this machine, or set ANTHROPIC_API_KEY or OPENAI_API_KEY, to use a model.";

/// Added to what fits already when it is of the language most of the repository is written in.
const HOME_BONUS: f64 = 0.03;

/// The pattern that answers a brief.
#[derive(Clone, Debug)]
pub struct Choice<'a> {
    /// The pattern.
    pub pattern: &'a Pattern,
    /// How well it fits, 0 to 1.
    pub score: f64,
    /// Its values and paths.
    pub bindings: Bindings,
}

/// The mind of the embedded engine: patterns, and how they fared with this user.
#[derive(Clone, Copy)]
pub struct Engine<'a> {
    /// The patterns.
    pub library: &'a Library,
    /// What became of proposals made from them.
    pub stats: &'a UsageStats,
}

/// [`Engine::answer`] for someone of whom nothing is known yet.
pub fn answer(library: &Library, request: &ModelRequest) -> Result<String, Failure> {
    Engine { library, stats: UsageStats::none() }.answer(request)
}

/// [`Engine::choose`] for someone of whom nothing is known yet.
pub fn choose<'a>(library: &'a Library, brief: &Brief) -> Result<Choice<'a>, Failure> {
    Engine { library, stats: UsageStats::none() }.choose(brief)
}

impl<'a> Engine<'a> {
    /// Answers a node's request. See the module documentation of `graph` for the forms.
    ///
    /// Fails with `NothingFits` when no pattern reaches the threshold, and always for the healer.
    pub fn answer(self, request: &ModelRequest) -> Result<String, Failure> {
        let brief = &request.brief;
        if !brief.edits {
            return Ok(self.explanation(brief));
        }
        match brief.node {
            Node::Healer => {
                Err(nothing("The embedded patterns cannot repair code: they only make new files".to_owned()))
            }
            Node::Planner => plan(&self.choose(brief)?),
            Node::Executor => files(&self.choose(brief)?),
            Node::Reviewer => match self.choose(brief) {
                Ok(choice) => verdict(&choice, brief),
                Err(_) => Err(nothing("The embedded patterns can only review what they have made".to_owned())),
            },
            Node::Validator | Node::Formatter => {
                Err(nothing(format!("The embedded patterns have no answer for {}", brief.node.activity())))
            }
        }
    }

    /// The best pattern over the threshold whose values can be derived; the failure names the nearest ones.
    pub fn choose(self, brief: &Brief) -> Result<Choice<'a>, Failure> {
        let intent = &brief.intent;
        let listing: Vec<String> = brief.listing.iter().filter(|p| !brief.proposal.contains(p)).cloned().collect();
        let ranked = self.at_home(intent, &listing);
        // A pattern that fits but cannot be filled is told, not replaced by one that fits worse.
        let Some(best) = ranked.first().filter(|m| m.score >= THRESHOLD) else {
            return Err(no_pattern(intent, &ranked));
        };
        let bindings = best.pattern.bind(intent, &listing)?;
        Ok(Choice { pattern: best.pattern, score: best.score, bindings })
    }

    /// The ranking; the language of the repository decides between equals, and stands in where the request names none.
    fn at_home(self, intent: &Intent, listing: &[String]) -> Vec<Match<'a>> {
        let mut ranked = self.library.rank_with(intent, self.stats);
        let Some(home) = home_language(listing) else { return ranked };
        let fits = ranked.first().is_some_and(|m| m.score >= THRESHOLD);
        if !fits && intent.language.is_none() {
            return self.library.rank_with(&Intent { language: Some(home), ..intent.clone() }, self.stats);
        }
        let at_home = |p: &Pattern| p.language == home || p.for_languages.contains(&home);
        for found in ranked.iter_mut().filter(|m| m.score >= THRESHOLD && at_home(m.pattern)) {
            found.score = (found.score + HOME_BONUS).min(1.0);
        }
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.pattern.name.cmp(&b.pattern.name)));
        ranked
    }

    fn explanation(self, brief: &Brief) -> String {
        let mut text =
            "No model is connected, so this is the embedded pattern engine. It makes new files from patterns; it \
                    cannot explain, judge or change code.\n"
                .to_owned();
        let ranked = self.at_home(&brief.intent, &brief.listing);
        let fitting: Vec<&Match<'_>> = ranked.iter().filter(|m| m.score >= THRESHOLD).take(3).collect();
        if fitting.is_empty() {
            text.push_str("\nNone of its patterns fits this request.\n");
        } else {
            text.push_str("\nThese patterns fit; a mode that may edit (`/mode coder`) can use them:\n");
        }
        for found in fitting {
            let _ = writeln!(
                text,
                "- `{}`: {} ({:.2}; {})",
                found.pattern.name,
                found.pattern.title,
                found.score,
                found.why.join("; ")
            );
        }
        let _ = writeln!(text, "\n{CONNECT}");
        text
    }
}

/// The programming language that more than half of the repository's source files are written in.
fn home_language(listing: &[String]) -> Option<Language> {
    let data = [
        Language::Json,
        Language::Yaml,
        Language::Toml,
        Language::Markdown,
        Language::Html,
        Language::Css,
        Language::Dockerfile,
        Language::Shell,
        Language::Sql,
    ];
    let found: Vec<Language> =
        listing.iter().filter_map(|p| Language::from_path(p)).filter(|l| !data.contains(l)).collect();
    Language::ALL.into_iter().find(|l| found.iter().filter(|f| *f == l).count() * 2 > found.len())
}

fn nothing(reason: String) -> Failure {
    Failure::fatal(FailureKind::NothingFits, format!("{reason}. {CONNECT}"))
}

fn no_pattern(intent: &Intent, ranked: &[Match<'_>]) -> Failure {
    let near: Vec<String> = ranked.iter().take(3).map(|m| format!("{} ({:.2})", m.pattern.name, m.score)).collect();
    nothing(format!(
        "No embedded pattern can {} this: the nearest are {}, and {THRESHOLD} is needed",
        intent.action.word(),
        near.join(", ")
    ))
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|e| Failure::fatal(FailureKind::Internal, e.to_string()))
}

fn plan(choice: &Choice<'_>) -> Result<String, Failure> {
    let step = |path: &String| PlanStep {
        title: format!("Create {path} from the pattern {}", choice.pattern.name),
        kind: StepKind::Create,
        path: path.clone(),
    };
    let summary = format!("{} (embedded pattern, fit {:.2})", choice.pattern.title, choice.score);
    json(&Plan { summary, steps: choice.bindings.paths.iter().map(step).collect() })
}

fn files(choice: &Choice<'_>) -> Result<String, Failure> {
    let mut text = String::new();
    for file in choice.pattern.render(&choice.bindings)? {
        let tag = Language::from_path(&file.path).unwrap_or(choice.pattern.language).name();
        if !text.is_empty() {
            text.push('\n');
        }
        let _ = write!(text, "### FILE: {}\n{}", file.path, fenced(tag, &file.text));
    }
    Ok(text)
}

fn verdict(choice: &Choice<'_>, brief: &Brief) -> Result<String, Failure> {
    let defaulted: Vec<String> = choice
        .bindings
        .bindings
        .iter()
        .filter(|b| b.origin == Origin::Default)
        .map(|b| {
            format!(
                "The request does not say the {}; `{}` stands in for it.",
                b.name.replace('_', " "),
                b.value.written()
            )
        })
        .collect();
    let missing = uncovered(choice.pattern, &brief.intent.frameworks);
    let mut reasons = vec![format!(
        "The pattern {} fits the request with {:.2}; no model has judged it.",
        choice.pattern.name, choice.score
    )];
    let score = 0.6 + 0.4 * (choice.score - 0.05 * defaulted.len() as f64 - 0.2 * missing.len() as f64).clamp(0.0, 1.0);
    reasons.extend(defaulted);
    reasons.extend(missing.iter().map(|f| format!("The request names {f}, which the pattern does not use.")));
    let needs = choice.pattern.prerequisites.iter().map(|p| format!("Needed: {p}"));
    json(&Verdict {
        score: (score * 100.0).round() / 100.0,
        reasons,
        next_steps: needs.chain(choice.pattern.next_steps.iter().cloned()).collect(),
        improvements: choice.pattern.notes.clone(),
    })
}
