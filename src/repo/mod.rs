//! The repository on disk: walking, reading, the one write primitive, scratch copies, git.
