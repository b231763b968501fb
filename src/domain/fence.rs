//! Text in a fenced block of Markdown, for prompts and answers. Changes nothing in it.

/// `text` behind a fence that is longer than any run of backticks in it, with the name of its language, which may be empty.
pub fn fenced(language: &str, text: &str) -> String {
    // Most texts have none, which is told at once.
    let longest = match text.contains('`') {
        true => text.split(|c| c != '`').map(str::len).max().unwrap_or(0),
        false => 0,
    };
    let fence = "`".repeat(longest.max(2) + 1);
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{text}{end}{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_longer_than_any_in_the_text_and_stands_on_a_line_of_its_own() {
        assert_eq!(fenced("python", "x = 1"), "```python\nx = 1\n```\n");
        assert_eq!(fenced("", ""), "```\n```\n");
        assert_eq!(fenced("", "a ```` b\n"), "`````\na ```` b\n`````\n");
    }
}
