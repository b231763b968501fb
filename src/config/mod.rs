//! Configuration: defaults, user file, project file, environment and flags, with errors that name file, line and fix.
