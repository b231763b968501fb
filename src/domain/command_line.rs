//! A command line as it is configured becomes the words that are started.
//!
//! There is no shell: what only a shell would understand is refused with the reason, not passed on as an odd argument.

/// Cuts a command line into words (quotes and backslashes as in a POSIX shell).
///
/// # Errors
/// A clause that names the character, for an open quote and for what only a shell would understand.
pub fn split(command: &str) -> Result<Vec<String>, String> {
    let wrong = |what: String| format!("{what}; to use a shell write: sh -c '…'");
    let mut quote: Option<(char, usize)> = None;
    let mut escaped = false;
    for (at, c) in command.chars().enumerate().map(|(i, c)| (i + 1, c)) {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(('\'', _)), '\'') | (Some(('"', _)), '"') => quote = None,
            (None | Some(('"', _)), '\\') => escaped = true,
            (None, '\'' | '"') => quote = Some((c, at)),
            (None, '|' | '&' | ';' | '<' | '>' | '`' | '\n') => {
                let shown = if c == '\n' { "a line break".to_owned() } else { format!("`{c}`") };
                return Err(wrong(format!("has {shown} at character {at}, which only a shell understands")));
            }
            (None | Some(('"', _)), '$') => {
                return Err(wrong(format!("has `$` at character {at}, which only a shell would replace")));
            }
            (_, '\0') => return Err(wrong(format!("has a NUL at character {at}"))),
            _ => {}
        }
    }
    if let Some((mark, at)) = quote {
        return Err(wrong(format!("opens a quote {mark} at character {at} and never closes it")));
    }
    let words = shlex::split(command).ok_or_else(|| wrong("ends in a backslash".to_owned()))?;
    match words.first() {
        None => Err(wrong("is empty".to_owned())),
        Some(first) if first.is_empty() => Err(wrong("starts with an empty word".to_owned())),
        Some(first) if first.contains('=') && !first.contains('/') => {
            Err(wrong(format!("starts with `{first}`, which only a shell would set")))
        }
        Some(_) => Ok(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_cut_as_a_shell_would() {
        assert_eq!(split("cargo  check -q").unwrap(), ["cargo", "check", "-q"]);
        assert_eq!(split(r#"sh -c 'a && b > "c" $X'"#).unwrap(), ["sh", "-c", r#"a && b > "c" $X"#]);
        assert_eq!(split(r#"./my\ check "x | y""#).unwrap(), ["./my check", "x | y"]);
    }

    #[test]
    fn what_only_a_shell_understands_is_refused_by_name_and_place() {
        let table = [
            ("ruff check && pytest", "`&` at character 12"),
            ("pytest > log", "`>` at character 8"),
            ("pytest \"a", "quote \" at character 8"),
            ("echo $HOME", "`$` at character 6"),
            ("echo `id`", "``` at character 6"),
            ("RUST_LOG=x cargo test", "starts with `RUST_LOG=x`"),
            ("   ", "is empty"),
            ("a\nb", "a line break at character 2"),
            ("a \\", "backslash"),
        ];
        for (command, said) in table {
            let failure = split(command).expect_err(command);
            assert!(failure.contains(said), "{failure}");
            assert!(failure.contains("sh -c"), "{failure}");
        }
    }
}
