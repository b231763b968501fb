//! Findings to the next rung of the healing ladder, and when to stop. Pure.
