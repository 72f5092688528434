//! How BLEU takes a sentence apart before it counts: a part of the figure, for other tokens give another score.

use std::borrow::Cow;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;

use crate::MetricError;

/// A way to take a sentence apart, named as in sacrebleu (Post, "A Call for Clarity in Reporting BLEU Scores", 2018).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BleuTokenizer {
    /// `13a`: punctuation and symbols of ASCII are tokens of their own, but `3.14` and `1,000` stay whole (NIST's
    /// mteval-v13a). What papers report.
    #[default]
    V13a,
    /// `intl`: the same for the punctuation and symbols of all scripts (mteval-v14).
    International,
    /// `char`: every character is a token; for scripts without spaces between words.
    Char,
    /// `none`: the text has been taken apart already.
    None,
}

/// Replacements that are carried out one after the other.
type Rules = Vec<(Regex, &'static str)>;

fn rules(table: &[(&str, &'static str)]) -> Rules {
    let compile = |&(pattern, by): &(&str, &'static str)| (Regex::new(pattern).expect("a fixed pattern"), by);
    table.iter().map(compile).collect()
}

static V13A: LazyLock<Rules> = LazyLock::new(|| {
    rules(&[
        // Symbols and punctuation, but for the apostrophe, hyphen, comma and full stop.
        (r"([\{-\~\[-\` -\&\(-\+\:-\@/])", " ${1} "),
        // Comma and full stop, unless a digit stands before …
        (r"([^0-9])([\.,])", "${1} ${2} "),
        // … and behind them.
        (r"([\.,])([^0-9])", " ${1} ${2}"),
        // A hyphen behind a digit.
        (r"([0-9])(-)", "${1} ${2} "),
    ])
});

static INTERNATIONAL: LazyLock<Rules> = LazyLock::new(|| {
    rules(&[(r"(\P{N})(\p{P})", "${1} ${2} "), (r"(\p{P})(\P{N})", " ${1} ${2}"), (r"(\p{S})", " ${1} ")])
});

impl BleuTokenizer {
    /// The sentence with a space between any two tokens.
    ///
    /// ```
    /// use jumok_metrics::BleuTokenizer;
    /// assert_eq!(BleuTokenizer::V13a.tokenize("It costs $12.50, they say."), "It costs $ 12.50 , they say .");
    /// ```
    pub fn tokenize(self, text: &str) -> String {
        match self {
            BleuTokenizer::V13a => {
                let mut line = text.replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
                for (entity, character) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
                    line = line.replace(entity, character);
                }
                apply(&V13A, &format!(" {line} "))
            }
            BleuTokenizer::International => apply(&INTERNATIONAL, text),
            BleuTokenizer::Char => text.chars().map(String::from).collect::<Vec<_>>().join(" "),
            BleuTokenizer::None => text.to_owned(),
        }
    }
}

fn apply(rules: &Rules, line: &str) -> String {
    let mut line = Cow::Borrowed(line);
    for (pattern, by) in rules {
        line = Cow::Owned(pattern.replace_all(&line, *by).into_owned());
    }
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl FromStr for BleuTokenizer {
    type Err = MetricError;

    /// By sacrebleu's name: `13a`, `intl`, `char` or `none`.
    fn from_str(name: &str) -> Result<BleuTokenizer, MetricError> {
        match name {
            "13a" => Ok(BleuTokenizer::V13a),
            "intl" => Ok(BleuTokenizer::International),
            "char" => Ok(BleuTokenizer::Char),
            "none" => Ok(BleuTokenizer::None),
            _ => Err(MetricError::UnknownName {
                what: "tokenizer",
                name: name.to_owned(),
                known: "13a, intl, char or none",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_whole_and_punctuation_does_not() {
        let v13a = |text| BleuTokenizer::V13a.tokenize(text);
        assert_eq!(v13a("3.14 is 1,000 times 2-3."), "3.14 is 1,000 times 2 - 3 .");
        assert_eq!(v13a("state-of-the-art don't"), "state-of-the-art don't");
        assert_eq!(v13a("&quot;a&quot; &lt;b&gt; <skipped>"), "\" a \" < b >");
        assert_eq!(v13a("반짝인다。"), "반짝인다。");
        assert_eq!(BleuTokenizer::International.tokenize("반짝인다。"), "반짝인다 。");
        assert_eq!(BleuTokenizer::Char.tokenize("가 나"), "가   나");
    }

    #[test]
    fn an_unknown_name_is_refused() {
        assert_eq!("intl".parse(), Ok(BleuTokenizer::International));
        let error = "14a".parse::<BleuTokenizer>().unwrap_err().to_string();
        assert_eq!(error, "unknown tokenizer \"14a\": use 13a, intl, char or none");
    }
}
