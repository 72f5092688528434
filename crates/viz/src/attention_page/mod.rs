//! The attention of a model as a page to explore: where each token looks, all heads at a glance, and how a weight comes
//! about.
//!
//! The page is one file that needs no network: the recording stands in it as JSON, beside a script and a style sheet of this
//! crate. `recording.rs` is what is put in, `json.rs` how it is written; `page.html`, `page.css`, `page.js` and `texts.json`
//! are what a browser sees.

mod json;
mod recording;

use std::path::Path;

pub use recording::{Absence, AttentionKind, AttentionLayer, AttentionPart, QueriesAndKeys};

use crate::svg::escape;
use crate::text::{Language, visible};
use crate::{VizError, save};

const FRAME: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const TEXTS: &str = include_str!("texts.json");

/// A page with a head view (point at a token and see where it looks), a model view (every layer and head as a small map)
/// and a neuron view (query, key and their product, component by component) of what a model's attention did with a text.
/// It can be read with the mouse and with the keyboard, in English and Korean, light and dark.
///
/// ```
/// use jumok_viz::{AttentionKind, AttentionLayer, AttentionPage, AttentionPart, Language};
///
/// let tokens = ["나는", "간다"].map(str::to_owned);
/// let layer = AttentionLayer::new("encoder.layer.0.attention.self", 1, vec![0.9, 0.1, 0.4, 0.6]);
/// let part = AttentionPart::new(AttentionKind::Encoder, tokens.to_vec(), tokens.to_vec(), vec![layer]);
/// let page = AttentionPage::new("나는 간다", Language::Korean, vec![part]);
/// assert!(page.to_html()?.starts_with("<!DOCTYPE html>\n<html lang=\"ko\">"));
/// # Ok::<(), jumok_viz::VizError>(())
/// ```
#[derive(Debug, Clone)]
pub struct AttentionPage {
    title: String,
    language: Language,
    parts: Vec<AttentionPart>,
    absent: [Absence; 3],
}

impl AttentionPage {
    /// Above so many numbers a page opens slowly.
    pub const MANY_NUMBERS: usize = 2_000_000;
    /// More numbers a page does not take: browsers would not show it.
    pub const MOST_NUMBERS: usize = 20_000_000;

    /// A page about these parts of a model, which first shows itself in `language`.
    ///
    /// # Panics
    /// If there is no part, or two of one kind.
    #[track_caller]
    pub fn new(title: &str, language: Language, parts: Vec<AttentionPart>) -> AttentionPage {
        assert!(!parts.is_empty(), "AttentionPage: there is nothing to show without a part");
        for (n, part) in parts.iter().enumerate() {
            let twice = parts[..n].iter().any(|other| other.kind == part.kind);
            assert!(!twice, "AttentionPage: there are two parts of kind {:?}", part.kind);
        }
        let absent = recording::why_absent(&parts);
        AttentionPage { title: visible(title), language, parts, absent }
    }

    /// Says why the page has nothing to show for the parts that the model does not have, where that does not follow from
    /// those it has: a recurrent network is an encoder without self-attention.
    #[must_use]
    pub fn absent(mut self, why: Absence) -> AttentionPage {
        self.absent = [why; 3];
        self
    }

    /// How many numbers the page holds.
    pub fn numbers(&self) -> usize {
        self.parts.iter().flat_map(|part| &part.layers).map(AttentionLayer::numbers).sum()
    }

    /// The page as a complete HTML document.
    ///
    /// # Errors
    /// [`VizError::TooLarge`] if it would hold more than [`AttentionPage::MOST_NUMBERS`].
    pub fn to_html(&self) -> Result<String, VizError> {
        let numbers = self.numbers();
        if numbers > Self::MOST_NUMBERS {
            return Err(VizError::TooLarge { numbers, most: Self::MOST_NUMBERS });
        }
        let (title, data) = (escape(&self.title), self.to_json());
        let values = [
            ("lang", self.language.code()),
            ("title", &title),
            ("css", STYLE),
            ("data", &data),
            ("texts", TEXTS),
            ("js", SCRIPT),
        ];
        Ok(filled(FRAME, &values))
    }

    /// Saves [`AttentionPage::to_html`] through [`save`].
    ///
    /// # Errors
    /// [`VizError::TooLarge`], [`VizError::Save`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), VizError> {
        save(path, &self.to_html()?)
    }
}

/// `{{name}}` replaced by its value, in one pass, so that what stands in a value is never taken for a place.
fn filled(frame: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = frame;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").expect("every place of the frame is closed");
        let (_, value) = values.iter().find(|(known, _)| *known == name).expect("every place of the frame has a value");
        out += before;
        out += value;
        rest = after;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn tokens(tokens: &[&str]) -> Vec<String> {
        tokens.iter().map(|&token| token.to_owned()).collect()
    }

    fn page() -> AttentionPage {
        let names = tokens(&["</script><b>", "\u{1b}[0m", "& \"나\""]);
        let weights = vec![1.0, 0.0, 0.0, 0.5, 0.5, 0.0, 0.25, 0.25, 0.5];
        let layer = AttentionLayer::new("layers.0.self_attn", 1, weights);
        let part = AttentionPart::new(AttentionKind::Decoder, names.clone(), names, vec![layer]);
        AttentionPage::new("a < b {{data}}", Language::English, vec![part])
    }

    #[test]
    fn the_page_needs_no_network_and_nothing_breaks_out_of_it() {
        let html = page().to_html().unwrap();
        assert!(html.contains("<title>a &lt; b {{data}}</title>"), "a place is filled once");
        let known = html.replace("http://www.w3.org/2000/svg", "");
        for outside in ["http:", "https:", "src=", "href=", "@import", "url(", "fetch(", "XMLHttpRequest", "import("] {
            assert!(!known.contains(outside), "{outside} would need a network");
        }
        assert_eq!(html.matches("</script>").count(), 3, "the data close no script");
        assert!(html.contains("default-src 'none'"), "and the browser holds it to that");
        assert!(!html.contains('\u{1b}'));
    }

    #[test]
    fn the_page_is_small_beside_its_data() {
        let page = page();
        let own = page.to_html().unwrap().len() - page.to_json().len();
        assert!(own < 60_000, "{own} bytes");
    }

    #[test]
    fn a_page_that_no_browser_would_show_is_refused() {
        let names: Vec<String> = (0..1500).map(|n| n.to_string()).collect();
        let layer = |n: usize| AttentionLayer::new(&format!("layers.{n}"), 1, vec![0.5; 1500 * 1500]);
        let page = |layers: usize| {
            let layers = (0..layers).map(layer).collect();
            let part = AttentionPart::new(AttentionKind::Encoder, names.clone(), names.clone(), layers);
            AttentionPage::new("long", Language::English, vec![part])
        };
        let error = page(9).to_html().unwrap_err().to_string();
        assert!(error.contains("20250000 numbers") && error.contains("shorter"), "{error}");
        assert!(page(1).numbers() > AttentionPage::MANY_NUMBERS && page(1).to_html().is_ok());
    }

    /// The texts of the script, in both languages, with the same places for values; every one is asked for by the script,
    /// and everything that it asks for is there.
    #[test]
    fn the_page_speaks_both_languages() {
        let texts: serde_json::Value = serde_json::from_str(TEXTS).unwrap();
        let (english, korean) = (texts["en"].as_object().unwrap(), texts["ko"].as_object().unwrap());
        let names = |texts: &serde_json::Map<String, serde_json::Value>| texts.keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(names(english), names(korean));
        let places = |text: &str| {
            let parts = text.split('{').skip(1).filter_map(|part| part.split_once('}'));
            parts.map(|(name, _)| name.to_owned()).collect::<BTreeSet<_>>()
        };
        let hangul = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
        for (name, english) in english {
            let (english, korean) = (english.as_str().unwrap(), korean[name].as_str().unwrap());
            assert_eq!(places(english), places(korean), "{name}");
            assert!(!hangul(english) && (hangul(korean) || korean.contains("→")), "{name}: {english} | {korean}");
            let asked = format!("'{name}'");
            let by_kind =
                name.starts_with("none.") || SCRIPT.contains(&asked) || FRAME.contains(&format!("\"{name}\""));
            assert!(by_kind, "{name} is never shown");
        }
        let calls = SCRIPT.match_indices("text('").filter(|(at, _)| !SCRIPT[..*at].ends_with(char::is_alphanumeric));
        for (at, call) in calls {
            let name = SCRIPT[at + call.len()..].split('\'').next().unwrap();
            assert!(english.contains_key(name), "the script asks for {name}");
        }
        for why in [Absence::Recurrent, Absence::EncoderOnly, Absence::DecoderOnly] {
            assert!(english.contains_key(&format!("none.{}", why.name())));
        }
    }
}
