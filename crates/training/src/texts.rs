//! Messages in two languages, side by side so that they are kept in step.

use std::fmt::Display;
use std::str::FromStr;

/// The language of what is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English, `en`.
    #[default]
    English,
    /// Korean, `ko`.
    Korean,
}

impl Language {
    /// The ISO 639-1 code: `en` or `ko`.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Korean => "ko",
        }
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(code: &str) -> Result<Language, UnknownLanguage> {
        match code {
            "en" => Ok(Language::English),
            "ko" => Ok(Language::Korean),
            _ => Err(UnknownLanguage { code: code.to_owned() }),
        }
    }
}

/// A language that nothing is printed in.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown language {code:?}: use en (English) or ko (Korean)")]
pub struct UnknownLanguage {
    /// What was asked for.
    pub code: String,
}

/// One message in both languages. `{name}` in it stands for a value that [`Text::fill`] puts there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// The message in English.
    pub en: &'static str,
    /// The message in Korean.
    pub ko: &'static str,
}

impl Text {
    /// The message as it stands.
    pub fn get(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::Korean => self.ko,
        }
    }

    /// The message with `{name}` replaced by the value of that name.
    ///
    /// # Panics
    /// If the message has no place for a name, or a place that no name fills: both are slips in the program.
    #[track_caller]
    pub fn fill(&self, language: Language, values: &[(&str, &dyn Display)]) -> String {
        let mut text = String::new();
        let mut rest = self.get(language);
        let mut used = 0;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or_else(|| panic!("{:?}: a brace is not closed", self.en));
            let value = values.iter().find(|(known, _)| *known == name);
            let (_, value) = value.unwrap_or_else(|| panic!("{:?}: nothing was given for {{{name}}}", self.en));
            text += before;
            text += &value.to_string();
            used += 1;
            rest = after;
        }
        assert!(used >= values.len(), "{:?}: has places for {used} values, but {} were given", self.en, values.len());
        text + rest
    }

    /// The names of the places for values, sorted: equal in both languages if the message is sound.
    pub fn places(&self, language: Language) -> Vec<&'static str> {
        let parts = self.get(language).split('{').skip(1);
        let mut names: Vec<&str> = parts.filter_map(|part| part.split_once('}').map(|(name, _)| name)).collect();
        names.sort_unstable();
        names
    }
}

/// Declares messages as constants, and `ALL`, the list of them with their names, for a test that looks at each.
///
/// ```
/// mod words {
///     jumok_training::texts! {
///         /// Said at the start.
///         HELLO = "Hello, {name}" | "{name} 님, 안녕하세요";
///     }
/// }
/// use jumok_training::Language;
/// assert_eq!(words::HELLO.fill(Language::Korean, &[("name", &"민수")]), "민수 님, 안녕하세요");
/// ```
#[macro_export]
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $en:literal | $ko:literal;)+) => {
        $($(#[$doc])* pub const $name: $crate::Text = $crate::Text { en: $en, ko: $ko };)+
        /// Every message with its name.
        pub const ALL: &[(&str, $crate::Text)] = &[$((stringify!($name), $name)),+];
    };
}

/// What is wrong with messages: a missing translation, or places for values that differ. Empty if all is well.
pub fn faults(texts: &[(&str, Text)]) -> Vec<String> {
    let hangul = |text: &str| text.chars().any(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c));
    let mut faults = vec![];
    for (name, text) in texts {
        if text.en.trim().is_empty() || hangul(text.en) {
            faults.push(format!("{name}: no English text"));
        }
        if !hangul(text.ko) {
            faults.push(format!("{name}: no Korean text"));
        }
        if text.places(Language::English) != text.places(Language::Korean) {
            faults.push(format!("{name}: other values in English than in Korean"));
        }
    }
    faults
}

texts! {
    /// What remains, in the progress line.
    REMAINING = "{time} left" | "남은 시간 {time}";
    /// The step, in the progress line.
    STEP = "step {step}/{steps}" | "스텝 {step}/{steps}";
    /// The loss, in the progress line.
    LOSS = "loss {loss}" | "손실 {loss}";
    /// The learning rate, in the progress line.
    LEARNING_RATE = "lr {rate}" | "학습률 {rate}";
    /// The speed, in the progress line.
    SPEED = "{tokens} tokens/s" | "초당 토큰 {tokens}";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_exists_in_both_languages() {
        assert_eq!(faults(ALL), Vec::<String>::new());
        assert_eq!(ALL.len(), 5);
    }

    #[test]
    fn faults_are_found() {
        let found = faults(&[
            ("FINE", Text { en: "a {x}", ko: "가 {x}" }),
            ("ENGLISH_TWICE", Text { en: "a", ko: "a" }),
            ("LOST_VALUE", Text { en: "a {x}", ko: "가" }),
            ("EMPTY", Text { en: " ", ko: "가" }),
        ]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(
            found[0].starts_with("ENGLISH_TWICE")
                && found[1].starts_with("LOST_VALUE")
                && found[2].starts_with("EMPTY")
        );
    }

    #[test]
    fn values_find_their_places() {
        assert_eq!(STEP.fill(Language::English, &[("steps", &10), ("step", &3)]), "step 3/10");
        assert_eq!(STEP.fill(Language::Korean, &[("step", &3), ("steps", &10)]), "스텝 3/10");
    }

    #[test]
    #[should_panic(expected = "nothing was given for {steps}")]
    fn a_missing_value_is_a_slip() {
        STEP.fill(Language::English, &[("step", &3)]);
    }

    #[test]
    fn languages_are_named_by_their_codes() {
        for language in [Language::English, Language::Korean] {
            assert_eq!(language.code().parse(), Ok(language));
        }
        assert!("de".parse::<Language>().unwrap_err().to_string().contains("en (English) or ko"));
    }
}
