//! The tokens of one side of a translation.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tokenizers::NormalizedString;

use super::words::{join_words, split_words};
use crate::TextError;
use crate::files::{read_utf8, write_atomically};
use crate::tokenizer::wordpiece::{CONTINUATION, learn_vocabulary};

/// The id that fills a row up to the length of its batch.
pub const PAD: i64 = 0;
/// The id that a decoder reads before the first token.
pub const BOS: i64 = 1;
/// The id that a decoder writes behind the last token.
pub const EOS: i64 = 2;
/// The id of a word that the vocabulary does not know.
pub const UNK: i64 = 3;

/// The special tokens, in the order of their ids. None of them can come out of a text: `<` is always a token of its own.
const SPECIAL_TOKENS: [&str; 4] = ["<pad>", "<bos>", "<eos>", "<unk>"];

/// What a token is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// A word or a mark, as [`split_words`] finds them.
    #[default]
    Words,
    /// A piece of a word, learned as WordPiece; rare words are spelled in several.
    Pieces,
    /// A character, spaces included.
    Characters,
}

impl Unit {
    /// All units.
    pub const ALL: [Unit; 3] = [Unit::Words, Unit::Pieces, Unit::Characters];

    /// The name as it is typed: `words`, `pieces` or `characters`.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Words => "words",
            Unit::Pieces => "pieces",
            Unit::Characters => "characters",
        }
    }
}

impl FromStr for Unit {
    type Err = TextError;

    /// The unit of a name.
    ///
    /// # Errors
    /// [`TextError::InvalidOption`] for a name that no unit has.
    fn from_str(name: &str) -> Result<Unit, TextError> {
        Unit::ALL
            .into_iter()
            .find(|unit| unit.name() == name)
            .ok_or_else(|| TextError::option("unit", name, format!("use {}", Unit::ALL.map(Unit::name).join(", "))))
    }
}

/// How a vocabulary is learned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VocabularyOptions {
    /// What a token is.
    pub unit: Unit,
    /// Number of tokens at most, the four special ones included.
    pub size: usize,
    /// A word, character or pair of pieces that occurs fewer times is not taken.
    pub min_frequency: u64,
    /// Whether `The` and `the` are the same; accents are kept.
    pub lowercase: bool,
}

impl Default for VocabularyOptions {
    /// Up to 8000 words that occur at least once, in lower case.
    fn default() -> VocabularyOptions {
        VocabularyOptions { unit: Unit::Words, size: 8000, min_frequency: 1, lowercase: true }
    }
}

/// Text to ids and back. Texts are put into the normal form NFC first, so that a Korean syllable is one character however it was
/// typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    unit: Unit,
    lowercase: bool,
    /// `tokens[id]`.
    tokens: Vec<String>,
    ids: HashMap<String, i64>,
}

/// The file of a vocabulary.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VocabularyFile {
    unit: Unit,
    lowercase: bool,
    tokens: Vec<String>,
}

impl Vocabulary {
    /// Learns a vocabulary from texts: behind the special tokens stand words by their frequency (the most frequent first, of
    /// equals the first in the alphabet), characters in the order of the alphabet, or pieces in the order in which they were
    /// joined. The same texts always give the same vocabulary.
    ///
    /// # Errors
    /// [`TextError::InvalidOption`] for a size below 5, [`TextError::NoPair`] for texts without a single token.
    pub fn train<'a>(
        texts: impl IntoIterator<Item = &'a str>,
        options: &VocabularyOptions,
    ) -> Result<Vocabulary, TextError> {
        let VocabularyOptions { unit, size, min_frequency, lowercase } = *options;
        if size <= SPECIAL_TOKENS.len() {
            let rule =
                "four special tokens need a place, and words some more: use at least a few hundred for real text";
            return Err(TextError::option("vocab_size", size, rule));
        }
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for text in texts {
            let text = normalize(text, lowercase);
            let parts = match unit {
                Unit::Words | Unit::Pieces => split_words(&text),
                Unit::Characters => text.chars().map(String::from).collect(),
            };
            for part in parts {
                *counts.entry(part).or_default() += 1;
            }
        }
        if counts.is_empty() {
            return Err(TextError::NoPair { place: "the texts that a vocabulary should be learned from".into() });
        }
        let room = size - SPECIAL_TOKENS.len();
        let learned = match unit {
            Unit::Words => most_frequent(counts, room, min_frequency),
            Unit::Pieces => learn_vocabulary(&counts, room, min_frequency),
            Unit::Characters => {
                let mut characters = most_frequent(counts, room, min_frequency);
                characters.sort_unstable();
                characters
            }
        };
        let special = SPECIAL_TOKENS.map(str::to_owned).into_iter();
        Ok(Vocabulary::from_tokens(unit, lowercase, special.chain(learned).collect()))
    }

    fn from_tokens(unit: Unit, lowercase: bool, tokens: Vec<String>) -> Vocabulary {
        let ids = tokens.iter().enumerate().map(|(id, token)| (token.clone(), id as i64)).collect();
        Vocabulary { unit, lowercase, tokens, ids }
    }

    /// The ids of a text, without [`BOS`] and [`EOS`]; [`UNK`] for what the vocabulary does not know.
    pub fn encode(&self, text: &str) -> Vec<i64> {
        let text = normalize(text, self.lowercase);
        let id = |token: &str| self.ids.get(token).copied().unwrap_or(UNK);
        match self.unit {
            Unit::Words => split_words(&text).iter().map(|word| id(word)).collect(),
            Unit::Pieces => split_words(&text).iter().flat_map(|word| self.spell(word)).collect(),
            Unit::Characters => text.chars().map(|letter| id(letter.encode_utf8(&mut [0; 4]))).collect(),
        }
    }

    /// The longest pieces that spell a word, from the left; [`UNK`] for a word that cannot be spelled (WordPiece; Devlin et al.,
    /// 2019).
    fn spell(&self, word: &str) -> Vec<i64> {
        let mut ids = vec![];
        let mut rest = word;
        while !rest.is_empty() {
            let prefix = if ids.is_empty() { "" } else { CONTINUATION };
            let mut ends = rest.char_indices().map(|(at, letter)| at + letter.len_utf8()).rev();
            let piece = ends.find_map(|end| Some((end, *self.ids.get(&format!("{prefix}{}", &rest[..end]))?)));
            let Some((end, id)) = piece else { return vec![UNK] };
            ids.push(id);
            rest = &rest[end..];
        }
        ids
    }

    /// The text of ids. Special tokens are left out, but for [`UNK`], which is shown as `<unk>`.
    pub fn decode(&self, ids: &[i64]) -> String {
        let kept: Vec<i64> = ids.iter().copied().filter(|id| ![PAD, BOS, EOS].contains(id)).collect();
        let tokens = self.tokens(&kept);
        match self.unit {
            Unit::Words => join_words(&tokens),
            Unit::Characters => tokens.concat(),
            Unit::Pieces => {
                let mut words: Vec<String> = vec![];
                for token in tokens {
                    match (token.strip_prefix(CONTINUATION), words.last_mut()) {
                        (Some(rest), Some(word)) if !rest.is_empty() => word.push_str(rest),
                        _ => words.push(token.to_owned()),
                    }
                }
                join_words(&words)
            }
        }
    }

    /// A text as [`Vocabulary::decode`] would write it if the vocabulary knew every word: what a translation is compared with.
    pub fn normalized(&self, text: &str) -> String {
        let text = normalize(text, self.lowercase);
        match self.unit {
            Unit::Words | Unit::Pieces => join_words(&split_words(&text)),
            Unit::Characters => text,
        }
    }

    /// The tokens of ids, one by one; `<unk>` for an id that no token has.
    pub fn tokens(&self, ids: &[i64]) -> Vec<&str> {
        let token = |id: &i64| usize::try_from(*id).ok().and_then(|id| self.tokens.get(id));
        ids.iter().map(|id| token(id).map_or(SPECIAL_TOKENS[UNK as usize], String::as_str)).collect()
    }

    /// Number of tokens, the special ones included.
    pub fn size(&self) -> usize {
        self.tokens.len()
    }

    /// What a token is.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// Writes the vocabulary as JSON, to a temporary file that is then renamed.
    ///
    /// # Errors
    /// [`TextError::Write`].
    pub fn save(&self, path: &Path) -> Result<(), TextError> {
        let Vocabulary { unit, lowercase, ref tokens, .. } = *self;
        let file = VocabularyFile { unit, lowercase, tokens: tokens.clone() };
        let json = serde_json::to_string_pretty(&file).expect("names and texts are always JSON");
        write_atomically(path, (json + "\n").as_bytes())
    }

    /// Reads what [`Vocabulary::save`] wrote.
    ///
    /// # Errors
    /// [`TextError::Read`], [`TextError::NotUtf8`], [`TextError::InvalidTokenizer`] for a file that is no vocabulary.
    pub fn load(path: &Path) -> Result<Vocabulary, TextError> {
        let invalid = |message: String| TextError::InvalidTokenizer { path: path.into(), message };
        let VocabularyFile { unit, lowercase, tokens } =
            serde_json::from_str(&read_utf8(path)?).map_err(|error| invalid(error.to_string()))?;
        if tokens.len() < SPECIAL_TOKENS.len() || tokens[..SPECIAL_TOKENS.len()] != SPECIAL_TOKENS {
            return Err(invalid(format!("the first tokens must be {}", SPECIAL_TOKENS.join(", "))));
        }
        let vocabulary = Vocabulary::from_tokens(unit, lowercase, tokens);
        match vocabulary.ids.len() == vocabulary.tokens.len() {
            true => Ok(vocabulary),
            false => Err(invalid("a token occurs twice".into())),
        }
    }
}

fn normalize(text: &str, lowercase: bool) -> String {
    let mut normalized = NormalizedString::from(text);
    normalized.nfc();
    if lowercase {
        normalized.lowercase();
    }
    normalized.get().to_owned()
}

fn most_frequent(counts: BTreeMap<String, u64>, size: usize, min_frequency: u64) -> Vec<String> {
    let mut words: Vec<(String, u64)> = counts.into_iter().filter(|&(_, count)| count >= min_frequency).collect();
    // Stable: equally frequent ones stay in the order of the alphabet.
    words.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    words.truncate(size);
    words.into_iter().map(|(word, _)| word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 3] = ["The girl sings.", "The girls sing!", "L'été, la fille chante."];

    fn vocabulary(unit: Unit) -> Vocabulary {
        Vocabulary::train(TEXTS, &VocabularyOptions { unit, ..Default::default() }).unwrap()
    }

    #[test]
    fn what_is_encoded_comes_back() {
        for unit in [Unit::Words, Unit::Pieces, Unit::Characters] {
            let vocabulary = vocabulary(unit);
            for text in TEXTS {
                let ids = vocabulary.encode(text);
                assert!(!ids.contains(&UNK), "{unit:?} {text}");
                assert_eq!(vocabulary.decode(&ids), text.to_lowercase(), "{unit:?}");
                assert_eq!(vocabulary.normalized(text), text.to_lowercase(), "{unit:?}");
                let framed = [&[BOS], &ids[..], &[EOS, PAD, PAD]].concat();
                assert_eq!(vocabulary.decode(&framed), text.to_lowercase(), "{unit:?}");
            }
        }
    }

    #[test]
    fn the_special_tokens_come_first_and_then_the_frequent_words() {
        let vocabulary = vocabulary(Unit::Words);
        assert_eq!(vocabulary.tokens(&[PAD, BOS, EOS, UNK, 4, 5]), ["<pad>", "<bos>", "<eos>", "<unk>", ".", "the"]);
        assert_eq!(vocabulary.tokens(&[-1, 1000]), ["<unk>", "<unk>"]);
        assert_eq!(vocabulary.encode("The <pad> dog"), [5, UNK, UNK, UNK, UNK]);
        let small = VocabularyOptions { size: 6, ..Default::default() };
        assert_eq!(Vocabulary::train(TEXTS, &small).unwrap().size(), 6);
        let frequent = VocabularyOptions { min_frequency: 2, ..Default::default() };
        assert_eq!(Vocabulary::train(TEXTS, &frequent).unwrap().size(), 6);
    }

    #[test]
    fn pieces_spell_words_that_were_never_seen() {
        let pieces = vocabulary(Unit::Pieces);
        assert_eq!(vocabulary(Unit::Words).decode(&vocabulary(Unit::Words).encode("gils")), "<unk>");
        assert_eq!(pieces.decode(&pieces.encode("gils fing")), "gils fing");
        assert_eq!(pieces.encode("가"), [UNK]);
    }

    #[test]
    fn syllables_and_case_are_made_equal() {
        let options = VocabularyOptions { unit: Unit::Characters, ..Default::default() };
        let vocabulary = Vocabulary::train(["학교 É"], &options).unwrap();
        // Decomposed letters, as some keyboards and file systems give them.
        assert_eq!(vocabulary.decode(&vocabulary.encode("\u{1112}\u{1161}\u{11a8}교 E\u{301}")), "학교 é");
        let exact = Vocabulary::train(["The"], &VocabularyOptions { lowercase: false, ..Default::default() }).unwrap();
        assert_eq!((exact.encode("The"), exact.encode("the")), (vec![4], vec![UNK]));
    }

    #[test]
    fn a_vocabulary_comes_back_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vocabulary.json");
        for unit in [Unit::Words, Unit::Pieces, Unit::Characters] {
            let vocabulary = vocabulary(unit);
            vocabulary.save(&path).unwrap();
            assert_eq!(Vocabulary::load(&path).unwrap(), vocabulary);
        }
        for (content, reason) in [
            ("{", "EOF"),
            (r#"{"unit": "words", "lowercase": true, "tokens": ["a"]}"#, "<pad>, <bos>, <eos>, <unk>"),
            (r#"{"unit": "words", "lowercase": true, "tokens": ["<pad>","<bos>","<eos>","<unk>","a","a"]}"#, "twice"),
        ] {
            std::fs::write(&path, content).unwrap();
            let error = Vocabulary::load(&path).unwrap_err().to_string();
            assert!(error.contains("vocabulary.json") && error.contains(reason), "{error}");
        }
    }

    #[test]
    fn senseless_options_are_refused() {
        let options = VocabularyOptions { size: 4, ..Default::default() };
        assert!(matches!(Vocabulary::train(TEXTS, &options), Err(TextError::InvalidOption { .. })));
        assert!(matches!(Vocabulary::train([" "], &VocabularyOptions::default()), Err(TextError::NoPair { .. })));
        assert_eq!("pieces".parse::<Unit>().unwrap(), Unit::Pieces);
        assert!("bytes".parse::<Unit>().unwrap_err().to_string().contains("words, pieces, characters"));
    }
}
