//! Taking a sentence apart into words and marks, and putting it together again.

/// The words and marks of a sentence.
///
/// A mark of punctuation is a token of its own, but what belongs to a word stays with it: hyphens between letters, full stops and
/// commas between digits, and an apostrophe with the part before it, which is where French cuts (`l'homme` is `l'` `homme`).
///
/// ```
/// use jumok_text::parallel::split_words;
/// assert_eq!(split_words("L'ami a payé 3,50 euros."), ["L'", "ami", "a", "payé", "3,50", "euros", "."]);
/// ```
pub fn split_words(text: &str) -> Vec<String> {
    let mut words = vec![];
    for chunk in text.split_whitespace() {
        let letters: Vec<char> = chunk.chars().collect();
        let mut word = String::new();
        for (at, &letter) in letters.iter().enumerate() {
            let before = at.checked_sub(1).map(|at| letters[at]);
            let behind = letters.get(at + 1).copied();
            let between = |kind: fn(char) -> bool| before.is_some_and(kind) && behind.is_some_and(kind);
            match letter {
                '\'' | '’' if between(char::is_alphanumeric) => {
                    word.push('\'');
                    words.push(std::mem::take(&mut word));
                }
                '-' if between(char::is_alphanumeric) => word.push(letter),
                '.' | ',' if between(|c| c.is_ascii_digit()) => word.push(letter),
                _ if is_mark(letter) => {
                    if !word.is_empty() {
                        words.push(std::mem::take(&mut word));
                    }
                    words.push(letter.to_string());
                }
                _ => word.push(letter),
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
    }
    words
}

/// Punctuation and symbols: what is neither a letter nor a digit, nor belongs to one (as accents in decomposed text do).
fn is_mark(letter: char) -> bool {
    !letter.is_alphanumeric() && (letter.is_ascii_punctuation() || !letter.is_ascii()) && !is_combining(letter)
}

fn is_combining(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}')
}

/// The sentence that words and marks make: a space between them, but not before closing and behind opening marks, nor behind
/// an apostrophe. The opposite of [`split_words`], up to white space.
///
/// ```
/// use jumok_text::parallel::join_words;
/// assert_eq!(join_words(&["l'", "ami", "(", "le", "mien", ")", "."]), "l'ami (le mien).");
/// ```
pub fn join_words<S: AsRef<str>>(words: &[S]) -> String {
    let mut text = String::new();
    let mut glued = true;
    let mut in_quotation = false;
    for word in words.iter().map(AsRef::as_ref) {
        let quotation_mark = word == "\"";
        let closes = matches!(word, "." | "," | "!" | "?" | ";" | ":" | ")" | "]" | "}" | "%" | "…" | "”" | "。")
            || (quotation_mark && in_quotation);
        if !(glued || closes) {
            text.push(' ');
        }
        text += word;
        let elided = word.len() > 1 && word.ends_with('\'');
        glued = elided || matches!(word, "(" | "[" | "{" | "“" | "¿" | "¡") || (quotation_mark && !in_quotation);
        in_quotation ^= quotation_mark;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_apart_and_words_stay_whole() {
        let split = |text| split_words(text).join(" ");
        assert_eq!(split("Peut-être, dit-il: 3.14!"), "Peut-être , dit-il : 3.14 !");
        assert_eq!(split("a woman's t-shirt - 'old'"), "a woman' s t-shirt - ' old '");
        assert_eq!(split("비가 옵니다. “네”"), "비가 옵니다 . “ 네 ”");
        assert_eq!(split("  "), "");
    }

    #[test]
    fn what_was_taken_apart_comes_together_again() {
        for text in [
            "He said: \"I don't know (yet), but 3.14 is wrong!\"",
            "J'ai vu l'homme qu'elle aime aujourd'hui.",
            "비가 옵니다. “네”",
            "100% of [all] t-shirts",
        ] {
            assert_eq!(join_words(&split_words(text)), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn taking_apart_twice_changes_nothing(text in "[a-c가 '.,()0-9\"-]{0,30}") {
            let words = split_words(&text);
            proptest::prop_assert!(words.iter().all(|word| !word.is_empty() && !word.contains(' ')));
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            proptest::prop_assert_eq!(letters(&words.concat()), letters(&text));
        }
    }
}
