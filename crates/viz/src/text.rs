//! How wide a text is, and what of it can be shown.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The language of the few words that a picture adds by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Korean.
    Korean,
}

impl Language {
    /// The code for `lang` attributes: `en` or `ko`.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Korean => "ko",
        }
    }
}

/// The number of terminal columns that a text takes: a Hangul syllable takes two, a combining mark none.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text, cut to at most `columns` terminal columns; a text that is cut ends with `…`.
///
/// Combining marks and the later jamo of a decomposed syllable stay with the character before them.
pub fn elide(text: &str, columns: usize) -> String {
    elide_by(text, columns as f64, |c| c.width().unwrap_or(0) as f64)
}

/// [`elide`] for a picture: at most `limit` pixels in a font of `size` pixels.
pub(crate) fn elide_to_pixels(text: &str, size: f64, limit: f64) -> String {
    elide_by(text, limit / size, em_width)
}

fn elide_by(text: &str, limit: f64, measure: impl Fn(char) -> f64) -> String {
    if text.chars().map(&measure).sum::<f64>() <= limit {
        return text.to_owned();
    }
    let room = limit - measure('…');
    if room < 0.0 {
        return String::new();
    }
    let mut used = 0.0;
    let mut kept: String = text
        .chars()
        .take_while(|&c| {
            used += measure(c);
            used <= room
        })
        .collect();
    kept.push('…');
    kept
}

/// The width of a text in pixels, in a sans-serif font of `size` pixels. An estimate on the wide side: which font a
/// viewer has is not known when a picture is made.
pub(crate) fn pixel_width(text: &str, size: f64) -> f64 {
    text.chars().map(em_width).sum::<f64>() * size
}

fn em_width(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '!' | '|' | ' ' => 0.30,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '-' | '/' | '"' | '·' => 0.40,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '…' | '∞' => 0.95,
        'A'..='Z' | '#' | '&' | '_' | '+' | '=' | '<' | '>' | '~' | '−' | '→' => 0.70,
        _ => match c.width() {
            Some(0) | None => 0.0,
            Some(1) => 0.60,
            Some(_) => 1.0,
        },
    }
}

/// The text with every control character made visible, as a picture of itself (`␊` for a line feed) or as `�`.
///
/// Labels come from data. A control character in one would break a line, be refused by an XML reader, or command a
/// terminal; a character that reverses the direction of writing would move its neighbours.
pub(crate) fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\0'..='\u{1f}' => char::from_u32('\u{2400}' as u32 + c as u32).unwrap_or('\u{fffd}'),
            '\u{7f}' => '\u{2421}',
            '\u{80}'..='\u{9f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => {
                '\u{fffd}'
            }
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hangul_takes_two_columns() {
        assert_eq!(width("나는 go"), 7);
        assert_eq!(width("\u{1112}\u{1161}\u{11ab}"), 2, "a syllable written in jamo");
        assert_eq!(width("e\u{301}"), 1);
    }

    #[test]
    fn elision() {
        assert_eq!(elide("attention", 9), "attention");
        assert_eq!(elide("attention", 5), "atte…");
        assert_eq!(elide("주의집중", 8), "주의집중");
        assert_eq!(elide("주의집중", 7), "주의집…");
        assert_eq!(elide("주의집중", 4), "주…", "half a syllable is not shown");
        assert_eq!(elide("주의", 1), "…");
        assert_eq!(elide("주의", 0), "");
        let decomposed = "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}\u{110b}";
        assert_eq!(elide(decomposed, 3), "\u{1112}\u{1161}\u{11ab}…");
    }

    #[test]
    fn control_characters_become_visible() {
        assert_eq!(visible("a\nb\t\u{1b}[31m\0\u{7f}"), "a␊b␉␛[31m␀␡");
        assert_eq!(visible("\u{9b}31m\u{202e}x\u{ffff}"), "�31m�x�");
        assert_eq!(visible("한국어 é ##ing"), "한국어 é ##ing");
    }

    #[test]
    fn pixel_widths_follow_the_script() {
        assert!((pixel_width("가나다", 10.0) - 30.0).abs() < 1e-9);
        assert!(pixel_width("illi", 10.0) < pixel_width("wmmw", 10.0) / 2.0);
        assert_eq!(elide_to_pixels("가나다라", 10.0, 40.0), "가나다라");
        assert_eq!(elide_to_pixels("가나다라", 10.0, 35.0), "가나…");
    }

    proptest! {
        #[test]
        fn an_elided_text_fits(text in "\\PC{0,20}", columns in 0usize..30) {
            let elided = elide(&text, columns);
            prop_assert!(elided.chars().map(|c| c.width().unwrap_or(0)).sum::<usize>() <= columns);
            if elided != text && !elided.is_empty() {
                prop_assert!(text.starts_with(elided.strip_suffix('…').unwrap()));
            }
        }

        #[test]
        fn nothing_visible_is_a_control_character(text in any::<String>()) {
            prop_assert!(!visible(&text).chars().any(char::is_control));
        }
    }
}
