//! Korean particles change with the sound before them (받침, the final consonant).

/// Appends the particle to a word in the form that fits the word's last syllable.
///
/// | given | after a consonant | after a vowel |
/// |---|---|---|
/// | `은` topic | 은 | 는 |
/// | `이` subject | 이 | 가 |
/// | `을` object | 을 | 를 |
/// | `과` and, with | 과 | 와 |
/// | `으로` towards, by means of | 으로 (로 after ㄹ) | 로 |
///
/// Other particles (`에서`, `만`, …) have one form. A word that does not end in a Hangul syllable counts as ending in a vowel.
///
/// ```
/// use jumok_text::toy::with_particle;
/// assert_eq!(with_particle("지영", "은") + " " + &with_particle("사과", "을"), "지영은 사과를");
/// assert_eq!(with_particle("교실", "으로"), "교실로");
/// ```
pub fn with_particle(word: &str, particle: &str) -> String {
    let last = word.chars().next_back().and_then(final_consonant);
    let after_vowel = matches!(last, None | Some(FinalConsonant::None));
    let form = match particle {
        "은" if after_vowel => "는",
        "이" if after_vowel => "가",
        "을" if after_vowel => "를",
        "과" if after_vowel => "와",
        "으로" if after_vowel || last == Some(FinalConsonant::Rieul) => "로",
        other => other,
    };
    format!("{word}{form}")
}

#[derive(PartialEq)]
enum FinalConsonant {
    None,
    Rieul,
    Other,
}

/// A precomposed syllable is U+AC00 + (initial · 21 + vowel) · 28 + final, with final 0 for none and 8 for ㄹ.
fn final_consonant(letter: char) -> Option<FinalConsonant> {
    if !('\u{ac00}'..='\u{d7a3}').contains(&letter) {
        return None;
    }
    Some(match (u32::from(letter) - 0xac00) % 28 {
        0 => FinalConsonant::None,
        8 => FinalConsonant::Rieul,
        _ => FinalConsonant::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::with_particle;

    #[test]
    fn particles_follow_the_final_consonant() {
        for (word, particle, expected) in [
            ("민수", "은", "민수는"),
            ("서준", "은", "서준은"),
            ("우유", "을", "우유를"),
            ("빵", "을", "빵을"),
            ("고양이", "이", "고양이가"),
            ("곰", "이", "곰이"),
            ("동생", "과", "동생과"),
            ("할머니", "과", "할머니와"),
            ("부산", "으로", "부산으로"),
            ("서울", "으로", "서울로"),
            ("전주", "으로", "전주로"),
            ("쌀", "을", "쌀을"),
            ("우리", "만", "우리만"),
            ("Tom", "은", "Tom는"),
            ("", "을", "를"),
        ] {
            assert_eq!(with_particle(word, particle), expected);
        }
    }
}
