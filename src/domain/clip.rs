//! Cutting text to a length in bytes without cutting a character. Says nothing of the cut; that is the caller's business.

/// At most the first `bytes` of `text`.
pub fn head(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// At most the last `bytes` of `text`.
pub fn tail(text: &str, bytes: usize) -> &str {
    let mut start = text.len().saturating_sub(bytes);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_never_cut() {
        assert_eq!((head("aé", 2), head("aé", 3), head("aé", 9)), ("a", "aé", "aé"));
        assert_eq!((tail("éa", 2), tail("éa", 3), tail("éa", 9)), ("a", "éa", "éa"));
    }
}
