//! Words inside names and texts: where they begin, and one form for their endings, so that `parseConfigs` and "parsing a
//! config" meet. Knows English endings only, and no meanings.

/// Calls `each` with the words of a text or a name, lower case: it is cut at everything that is no letter or digit, before a
/// capital that follows a small letter, and before the last capital of a run that small letters follow (`HTTPServer`).
pub fn each_part(text: &str, mut each: impl FnMut(&str)) {
    each_word(text, &mut String::new(), &mut |part| each(part));
}

/// Calls `each` with the stem of every word that [`each_part`] cuts. `room` is overwritten.
pub fn each_stem(text: &str, room: &mut String, mut each: impl FnMut(&str)) {
    each_word(text, room, &mut |part| {
        shorten(part);
        each(part);
    });
}

/// Calls `each` with every word, which stands in `part`; what it makes of it is thrown away.
fn each_word(text: &str, part: &mut String, each: &mut impl FnMut(&mut String)) {
    part.clear();
    let mut end = |part: &mut String| {
        if !part.is_empty() {
            each(part);
            part.clear();
        }
    };
    // Nearly every name: no character is more than a byte.
    if text.is_ascii() {
        let bytes = text.as_bytes();
        let (mut start, mut previous) = (0, b' ');
        let mut end_at = |start: usize, at: usize| {
            part.push_str(&text[start..at]);
            part.make_ascii_lowercase();
            end(part);
        };
        for (at, &byte) in bytes.iter().enumerate() {
            let has_small_next = || bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
            let is_start = byte.is_ascii_uppercase()
                && (previous.is_ascii_lowercase() || previous.is_ascii_uppercase() && has_small_next());
            let is_part = byte.is_ascii_alphanumeric();
            if is_start || !is_part {
                end_at(start, at);
                start = at + usize::from(!is_part);
            }
            previous = byte;
        }
        return end_at(start, bytes.len());
    }
    let mut chars = text.chars().peekable();
    let mut previous = ' ';
    while let Some(c) = chars.next() {
        let is_start = !c.is_alphanumeric()
            || c.is_uppercase()
                && (previous.is_lowercase()
                    || previous.is_uppercase() && chars.peek().is_some_and(|next| next.is_lowercase()));
        if is_start {
            end(part);
        }
        if c.is_alphanumeric() {
            part.extend(c.to_lowercase());
        }
        previous = c;
    }
    end(part);
}

/// The words of a text or a name, as [`each_part`] cuts it.
pub fn parts(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    each_part(text, |part| found.push(part.to_owned()));
    found
}

/// A word without the ending of its plural.
pub fn singular(word: &str) -> String {
    let mut word = word.to_owned();
    make_singular(&mut word);
    word
}

fn make_singular(word: &mut String) {
    match word.as_bytes() {
        [_, _, .., b'i', b'e', b's'] => {
            word.truncate(word.len() - 3);
            word.push('y');
        }
        [_, _, .., b's' | b'u', b's'] => {}
        [_, _, _, .., b's'] => drop(word.pop()),
        _ => {}
    }
}

/// The form under which a lower-case word is looked up: without plural, `-ing`, `-ed` and a last `e`, so that `parses`,
/// `parsing` and `parsed` are one. Not always a word itself.
pub fn stem(word: &str) -> String {
    let mut stem = word.to_owned();
    shorten(&mut stem);
    stem
}

/// Makes a word its stem.
fn shorten(stem: &mut String) {
    make_singular(stem);
    let ending = match stem.as_bytes() {
        [_, _, _, .., b'i', b'n', b'g'] => 3,
        [_, _, _, .., b'e', b'd'] => 2,
        _ => 0,
    };
    let has_vowel = |s: &str| s.bytes().any(|b| b"aeiouy".contains(&b));
    if ending > 0 && has_vowel(&stem[..stem.len() - ending]) {
        stem.truncate(stem.len() - ending);
        let bytes = stem.as_bytes();
        // One short syllable doubled its consonant: stopped, getting.
        if let [.., a, b] = bytes
            && a == b
            && !b"aeioulsz".contains(b)
        {
            stem.pop();
        }
    }
    if let [_, _, _, .., b'e'] = stem.as_bytes() {
        stem.pop();
    }
    // `entry` and what is left of `entried`.
    if let [_, _, _, .., b'y'] = stem.as_bytes() {
        stem.pop();
        stem.push('i');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_where_their_words_begin() {
        assert_eq!(
            parts("UserServices http-client_v2 HTTPServer2XX"),
            ["user", "services", "http", "client", "v2", "http", "server2xx"]
        );
        assert_eq!(parts("ÄrgerGrößeID"), ["ärger", "größe", "id"]);
        assert!(parts("__").is_empty());
    }

    #[test]
    fn plurals_are_undone() {
        let words = ["services", "entries", "class", "status", "gas"].map(singular);
        assert_eq!(words, ["service", "entry", "class", "status", "gas"]);
    }

    #[test]
    fn the_forms_of_a_word_have_one_stem() {
        for forms in [
            ["parse", "parses", "parsing", "parsed"].as_slice(),
            &["stop", "stops", "stopping", "stopped"],
            &["entry", "entries"],
            &["test", "testing", "tested", "tests"],
            &["call", "calls", "calling", "called"],
            &["apply", "applied", "applies", "applying"],
        ] {
            for form in forms {
                assert_eq!(stem(form), stem(forms[0]), "{form}");
            }
        }
        assert_ne!(stem("string"), stem("str"));
        assert_eq!(stem("bed"), "bed");
    }
}
