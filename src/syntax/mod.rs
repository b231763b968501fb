//! Grammars: which parser a language has, and the syntax errors in a text. Pure.
