//! Answers that are data: the plan and the verdict, in words instead of JSON.

use crate::domain::model::Node;
use crate::domain::plan::{Plan, StepKind};
use crate::domain::verdict::Verdict;
use crate::graph::Call;
use crate::ui::Look;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::one_line;
use crate::ui::widgets::wrap::{Piece, wrap};
use ratatui::text::Line;
use serde::de::DeserializeOwned;

/// Most steps, reasons and so on that are listed.
const MOST: usize = 40;

/// The answer as a plan or a verdict; `None` if it is neither, or cannot be read as what it should be.
pub fn lines(call: &Call, width: usize, look: &Look) -> Option<Vec<Line<'static>>> {
    match call.node {
        Node::Planner => json(&call.text).map(|plan: Plan| plan_lines(&plan, width, look)),
        Node::Reviewer => json(&call.text).map(|verdict: Verdict| verdict_lines(&verdict, width, look)),
        _ => None,
    }
}

/// What stands between the first brace and the last one.
fn json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text.get(text.find('{')?..=text.rfind('}')?)?).ok()
}

fn plan_lines(plan: &Plan, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = wrap(&[(one_line(&plan.summary), look.style(Role::Text))], width, 0);
    for (number, step) in plan.steps.iter().take(MOST).enumerate() {
        let what = match step.kind {
            StepKind::Create => "create ",
            StepKind::Modify => "modify ",
            StepKind::Delete => "delete ",
            StepKind::Explain => "explain",
        };
        let mut pieces: Vec<Piece> = vec![
            (format!("{:>2}. ", number + 1), look.style(Role::Accent)),
            (format!("{what} "), look.style(Role::Dim)),
        ];
        if !step.path.is_empty() {
            pieces.push((format!("{} ", one_line(&step.path)), look.style(Role::InlineCode)));
        }
        pieces.push((one_line(&step.title), look.style(Role::Text)));
        lines.extend(wrap(&pieces, width, 4));
    }
    lines
}

fn verdict_lines(verdict: &Verdict, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut lines = wrap(&[(format!("quality {:.2} of 1", verdict.score), look.style(Role::Text))], width, 0);
    let groups = [("reason", &verdict.reasons), ("next", &verdict.next_steps), ("better", &verdict.improvements)];
    for (word, sentences) in groups {
        for sentence in sentences.iter().take(MOST) {
            let pieces = [(format!("{word:<7}"), look.style(Role::Dim)), (one_line(sentence), look.style(Role::Text))];
            lines.extend(wrap(&pieces, width, 7));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_found_within_a_fence_and_garbage_is_not_taken_for_it() {
        let plan: Option<Plan> = json("```json\n{\"summary\": \"s\", \"steps\": []}\n```");
        assert_eq!(plan.map(|p| p.summary).as_deref(), Some("s"));
        assert!(json::<Plan>("} no data {").is_none());
        assert!(json::<Verdict>("{\"score\": \"high\"}").is_none());
    }
}
