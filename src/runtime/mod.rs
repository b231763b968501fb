//! The shell: event loop, effects, terminal guard, recorder, replay, headless front.
