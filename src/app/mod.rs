//! The heart: state, events, actions, effects and the pure `update`.
