//! Hangul syllables and their letters (The Unicode Standard, section 3.12).

const FIRST_SYLLABLE: u32 = 0xac00;
const SYLLABLES: u32 = 11_172;
const FINALS: u32 = 28;
const VOWELS_AND_FINALS: u32 = 588;
/// Conjoining letters, of which text in NFD is made: initials, vowels, and what stands before the first final.
const CONJOINING: [u32; 3] = [0x1100, 0x1161, 0x11a7];

/// The letters as they are written when they stand alone.
const INITIALS: &str = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
const VOWELS: &str = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ";
const FINAL_LETTERS: &str = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ";

// ANCHOR: letters
/// The numbers of the initial, the vowel and the final (0: none) of a syllable; `None` for any other character.
pub(super) fn letters(syllable: char) -> Option<[u32; 3]> {
    let s = u32::from(syllable).checked_sub(FIRST_SYLLABLE).filter(|&s| s < SYLLABLES)?;
    Some([s / VOWELS_AND_FINALS, s % VOWELS_AND_FINALS / FINALS, s % FINALS])
}
// ANCHOR_END: letters

/// The text with every Hangul syllable taken apart into conjoining letters, as in NFD.
pub(super) fn decomposed(text: &str) -> String {
    let mut apart = String::new();
    for c in text.chars() {
        match letters(c) {
            None => apart.push(c),
            Some(numbers) => {
                let has_final = numbers[2] > 0;
                let parts = numbers.iter().zip(CONJOINING).take(if has_final { 3 } else { 2 });
                apart.extend(parts.filter_map(|(number, first)| char::from_u32(first + number)));
            }
        }
    }
    apart
}

/// Conjoining letters as letters that stand alone: a terminal would join them to syllables again.
pub(super) fn written_apart(text: &str) -> String {
    let alone = |c: char| {
        let code = u32::from(c);
        let find = |letters: &str, first: u32| letters.chars().nth(code.checked_sub(first)? as usize);
        find(INITIALS, CONJOINING[0])
            .or_else(|| find(VOWELS, CONJOINING[1]))
            .or_else(|| find(FINAL_LETTERS, CONJOINING[2] + 1))
            .unwrap_or(c)
    };
    text.chars().map(alone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_syllable_is_its_letters() {
        assert_eq!(letters('가'), Some([0, 0, 0]));
        assert_eq!(letters('힣'), Some([18, 20, 27]));
        assert_eq!(letters('a'), None);
        assert_eq!(letters('ㄱ'), None);
        assert_eq!(written_apart(&decomposed("값을 a")), "ㄱㅏㅄㅇㅡㄹ a");
        assert_eq!(decomposed("하나").chars().count(), 4);
    }
}
