//! How much work a request looks like, and the tokens a run of it may reasonably use.

use super::clause::Unit;
use super::target::joints;
use crate::domain::intent::{Action, Complexity, Target};

/// From this sum on it is moderate, from the second on complex. Chosen on the development half of the labelled requests.
const STEPS: (f64, f64) = (0.75, 3.0);

/// Picks the step of the sum of what speaks for work.
pub(super) fn read(units: &[Unit], action: Action, targets: &[Target]) -> Complexity {
    let words: f64 = units.iter().filter(|u| !u.is_negated).filter_map(|u| u.meaning).map(|m| m.effort).sum();
    let kinds = 0.25 * targets.len().saturating_sub(1) as f64;
    let parts = 0.35 * joints(units).min(6) as f64;
    let length = 0.04 * units.len().saturating_sub(8).min(50) as f64;
    let habit = match action {
        Action::Create => of_new(targets),
        Action::Refactor | Action::Optimize => 0.8,
        Action::Delete | Action::Fix => -0.2,
        Action::Document => 0.1,
        Action::Modify | Action::Test => 0.0,
    };
    match words + kinds + parts + length + habit {
        sum if sum >= STEPS.1 => Complexity::Complex,
        sum if sum >= STEPS.0 => Complexity::Moderate,
        _ => Complexity::Simple,
    }
}

/// How much work a new thing of its kind is.
fn of_new(targets: &[Target]) -> f64 {
    match targets.first() {
        Some(Target::Service) => 0.8,
        Some(Target::Api) => 0.6,
        Some(Target::Component) => 0.4,
        _ => 0.1,
    }
}

/// Tokens that the whole run may reasonably use, prompt and completion together.
///
/// A run makes at least three requests (plan, edits, review), each with about 2,000 tokens of prompt and context for simple
/// work; the rest is what the action usually writes. Moderate work doubles it, complex work takes four times as much
/// (more files, and one round of healing), and every further target adds a fifth. Rounded up to 500.
pub fn recommended_budget(action: Action, complexity: Complexity, targets: &[Target]) -> u32 {
    let writes = match action {
        Action::Delete => 1_000,
        Action::Document => 1_500,
        Action::Modify | Action::Fix => 2_000,
        Action::Create | Action::Test | Action::Optimize => 2_500,
        Action::Refactor => 3_500,
    };
    let factor = match complexity {
        Complexity::Simple => 1,
        Complexity::Moderate => 2,
        Complexity::Complex => 4,
    };
    let further = targets.len().saturating_sub(1).min(7) as u32;
    let tokens = (6_000 + writes) * factor * (5 + further) / 5;
    tokens.div_ceil(500) * 500
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_grows_with_complexity_and_targets() {
        for &action in Action::ALL {
            let of = |complexity, targets: &[Target]| recommended_budget(action, complexity, targets);
            let one = [Target::Api];
            assert!(of(Complexity::Simple, &one) < of(Complexity::Moderate, &one));
            assert!(of(Complexity::Moderate, &one) < of(Complexity::Complex, &one));
            assert!(of(Complexity::Simple, &one) < of(Complexity::Simple, &[Target::Api, Target::Database]));
            assert!((6_500..=120_000).contains(&of(Complexity::Complex, Target::ALL)));
        }
        assert_eq!(recommended_budget(Action::Create, Complexity::Simple, &[]), 8_500);
    }
}
