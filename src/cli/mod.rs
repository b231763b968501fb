//! The command line: one file per subcommand; this file only parses and dispatches.
