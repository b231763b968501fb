//! How many of a thing, in words for people. Knows no plural but the one with an `s`.

/// `1 file`, `2 files`, `20,000 files`.
pub fn counted(number: impl TryInto<u64>, thing: &str) -> String {
    // What has no room in 64 bits is counted by nobody.
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{} {thing}{}", grouped(number), if number == 1 { "" } else { "s" })
}

/// A number with a comma before every three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_not_many_and_thousands_stand_apart() {
        let words = [0u64, 1, 2, 999, 1000, 1_234_567].map(|n| counted(n, "file"));
        assert_eq!(words, ["0 files", "1 file", "2 files", "999 files", "1,000 files", "1,234,567 files"]);
        assert_eq!((counted(1usize, "line"), counted(2u32, "line")), ("1 line".to_owned(), "2 lines".to_owned()));
    }
}
