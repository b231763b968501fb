//! Forms of English words, and words one letter apart. Rules only; irregular forms belong in the vocabulary.

/// How a verb stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `add`
    Base,
    /// `adds`
    Third,
    /// `added`
    Past,
    /// `adding`
    Gerund,
}

/// The forms of a verb or a phrase that begins with one (`set up`, `sets up`, `setting up`).
pub(super) fn verb_forms(phrase: &str) -> Vec<(Form, String)> {
    let (verb, rest) = phrase.split_once(' ').map_or((phrase, String::new()), |(v, r)| (v, format!(" {r}")));
    let join = |form: &str| format!("{form}{rest}");
    vec![
        (Form::Base, join(verb)),
        (Form::Third, join(&with_s(verb))),
        (Form::Past, join(&with_ending(verb, "ed"))),
        (Form::Gerund, join(&with_ending(verb, "ing"))),
    ]
}

/// A noun or noun phrase and its plural.
pub(super) fn noun_forms(phrase: &str) -> [String; 2] {
    let start = phrase.rfind(' ').map_or(0, |i| i + 1);
    [phrase.to_owned(), format!("{}{}", &phrase[..start], with_s(&phrase[start..]))]
}

fn is_vowel(c: Option<u8>) -> bool {
    c.is_some_and(|c| b"aeiou".contains(&c))
}

fn with_s(word: &str) -> String {
    let bytes = word.as_bytes();
    let before = bytes.len().checked_sub(2).map(|i| bytes[i]);
    match bytes.last() {
        Some(b'y') if !is_vowel(before) => format!("{}ies", &word[..word.len() - 1]),
        Some(b's' | b'x' | b'z') => format!("{word}es"),
        Some(b'h') if matches!(before, Some(b'c' | b's')) => format!("{word}es"),
        _ => format!("{word}s"),
    }
}

fn with_ending(word: &str, ending: &str) -> String {
    let bytes = word.as_bytes();
    let at = |back: usize| bytes.len().checked_sub(back).map(|i| bytes[i]);
    match at(1) {
        Some(b'e') if at(2) != Some(b'e') => format!("{}{ending}", &word[..word.len() - 1]),
        Some(b'y') if ending == "ed" && !is_vowel(at(2)) => format!("{}ied", &word[..word.len() - 1]),
        // One short syllable doubles its consonant: drop, dropped; get, getting.
        Some(last @ (b'b' | b'd' | b'g' | b'm' | b'n' | b'p' | b't'))
            if bytes.len() <= 5 && is_vowel(at(2)) && !is_vowel(at(3)) && at(3).is_some() =>
        {
            format!("{word}{}{ending}", last as char)
        }
        _ => format!("{word}{ending}"),
    }
}

/// Whether one letter missing, one too many, one wrong or two neighbours exchanged make `a` from `b`.
pub(super) fn one_letter_apart(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (x, y) = (&a[same..], &b[same..]);
    match (x, y) {
        ([], []) => false,
        ([_, x @ ..], _) if x.len() == y.len() => x == y,
        (_, [_, y @ ..]) if x.len() == y.len() => x == y,
        ([x1, x2, xs @ ..], [y1, y2, ys @ ..]) if x1 == y2 && x2 == y1 && xs == ys => true,
        ([_, xs @ ..], [_, ys @ ..]) => xs == ys,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_take_their_usual_forms() {
        let cases = [
            ("add", "adds", "added", "adding"),
            ("write", "writes", "writed", "writing"),
            ("drop", "drops", "dropped", "dropping"),
            ("fix", "fixes", "fixed", "fixing"),
            ("modify", "modifies", "modified", "modifying"),
            ("speed up", "speeds up", "speeded up", "speeding up"),
        ];
        for (base, third, past, gerund) in cases {
            let forms: Vec<_> = verb_forms(base).into_iter().map(|(_, f)| f).collect();
            assert_eq!(forms, [base, third, past, gerund]);
        }
    }

    #[test]
    fn nouns_take_their_plural_at_the_end_of_the_phrase() {
        assert_eq!(noun_forms("test case")[1], "test cases");
        assert_eq!(noun_forms("query")[1], "queries");
        assert_eq!(noun_forms("class")[1], "classes");
    }

    #[test]
    fn one_letter_apart_means_exactly_one_slip() {
        for (a, b) in [
            ("refacter", "refactor"),
            ("optmize", "optimize"),
            ("delette", "delete"),
            ("delte", "delete"),
            ("pyhton", "python"),
        ] {
            assert!(one_letter_apart(a, b) && one_letter_apart(b, a), "{a} {b}");
        }
        for (a, b) in [("test", "test"), ("create", "delete"), ("abcd", "badc"), ("", "ab")] {
            assert!(!one_letter_apart(a, b), "{a} {b}");
        }
    }
}
