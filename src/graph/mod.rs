//! The run as a pure state machine: planner, executor, validator, healer, reviewer, formatter, gate.
