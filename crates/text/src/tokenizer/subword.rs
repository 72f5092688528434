//! Tokenizers of every kind: WordPiece (BERT), byte-level BPE (GPT-2, RoBERTa) and Unigram (T5, ALBERT, KoGPT), from files or learned
//! (lecture S37).
//!
//! The `tokenizers` crate takes texts apart. Learning is done here, because the same text must always give the same vocabulary.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokenizers::models::ModelWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer};

use super::sentencepiece::{PieceKind, SentencePieceModel};
use super::unigram::learn_unigram;
use super::wordpiece::learn_merges;
use super::{SPACE, TOKENIZER_FILE, Tokenizer, encode_error, invalid, trust};
use crate::files::{read_utf8, write_atomically};
use crate::{Corpus, TextError};

/// How words are spelled by pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SubwordKind {
    /// The longest piece that fits, from the left; `##` marks a piece inside a word.
    WordPiece,
    /// Neighbours are joined in the order in which they were joined when the vocabulary was learned.
    Bpe,
    /// The likeliest segmentation; `▁` stands for the space before a word.
    Unigram,
}

/// One piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its number in the vocabulary.
    pub id: i64,
    /// How it is written there.
    pub token: String,
    /// The bytes of the text that it stands for, from the first to behind the last; empty for what was added.
    pub bytes: (usize, usize),
    /// Whether it was added around the text (`[CLS]`, `</s>`).
    pub special: bool,
}

/// A tokenizer of any of the three kinds.
#[derive(Clone, Debug)]
pub struct SubwordTokenizer {
    inner: tokenizers::Tokenizer,
    kind: SubwordKind,
    /// Stand-ins inside `inner` for tokens that must not be found in a text, with the tokens they stand for.
    hidden: BTreeMap<String, String>,
}

/// What a trained byte-level BPE vocabulary begins with.
const END_OF_TEXT: &str = "<|endoftext|>";
/// What a trained Unigram vocabulary begins with.
const UNIGRAM_SPECIAL: [&str; 3] = ["<pad>", "</s>", "<unk>"];

impl SubwordTokenizer {
    /// Loads a `tokenizer.json`, a SentencePiece model (`*.model`, Unigram), a `vocab.txt` (WordPiece), or what of these a folder
    /// holds.
    ///
    /// # Errors
    /// [`TextError::Read`], [`TextError::NoTokenizer`], or [`TextError::InvalidTokenizer`] for a file that is broken or of another kind.
    pub fn load(path: &Path) -> Result<SubwordTokenizer, TextError> {
        if path.is_dir() {
            let candidates = [TOKENIZER_FILE, "spm.model", "spiece.model", "vocab.txt"].map(|name| path.join(name));
            return match candidates.iter().find(|file| file.is_file()) {
                Some(file) => SubwordTokenizer::load(file),
                None => Err(TextError::NoTokenizer { folder: path.into() }),
            };
        }
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => SubwordTokenizer::from_json(&read_utf8(path)?, path),
            Some("model") => SubwordTokenizer::from_sentencepiece(path),
            _ => Ok(Tokenizer::load(path)?.into()),
        }
    }

    fn from_json(text: &str, path: &Path) -> Result<SubwordTokenizer, TextError> {
        let inner = trust::read(text, path)?;
        let kind = match inner.get_model() {
            ModelWrapper::WordPiece(_) => SubwordKind::WordPiece,
            ModelWrapper::BPE(_) => SubwordKind::Bpe,
            ModelWrapper::Unigram(_) => SubwordKind::Unigram,
            ModelWrapper::WordLevel(_) => {
                return Err(invalid(
                    path,
                    "this one knows whole words only; WordPiece, BPE or Unigram is needed".into(),
                ));
            }
        };
        Ok(SubwordTokenizer { inner, kind, hidden: BTreeMap::new() })
    }

    fn from_sentencepiece(path: &Path) -> Result<SubwordTokenizer, TextError> {
        let bytes = std::fs::read(path).map_err(|source| TextError::Read { path: path.into(), source })?;
        let model = SentencePieceModel::parse(&bytes).map_err(|reason| invalid(path, reason.into()))?;
        let unk = model.pieces.iter().position(|piece| piece.kind == PieceKind::Unknown);
        let unk = unk.ok_or_else(|| invalid(path, "it has no piece for unknown characters".into()))?;
        let mut hidden = BTreeMap::new();
        let mut vocabulary: Vec<Value> = vec![];
        for (id, piece) in model.pieces.iter().enumerate() {
            // Control pieces are never found in a text, so they stand under a name that no text has.
            let name = match piece.kind {
                PieceKind::Control | PieceKind::Unknown => {
                    let name = format!("\u{0}{id}");
                    hidden.insert(name.clone(), piece.text.clone());
                    name
                }
                _ => piece.text.clone(),
            };
            // User-defined pieces have the score 0, better than any other, and so are found wherever they stand.
            vocabulary.push(json!([name, piece.score]));
        }
        let mut normalizers = vec![];
        if !model.charsmap.is_empty() {
            // The crate looks a letter with its marks up as a whole, SentencePiece by its longest beginning; composed first, they agree.
            normalizers.push(json!({ "type": "NFC" }));
            normalizers
                .push(json!({ "type": "Precompiled", "precompiled_charsmap": STANDARD.encode(&model.charsmap) }));
        }
        if model.remove_extra_whitespaces {
            normalizers.push(json!({ "type": "Strip", "strip_left": true, "strip_right": true }));
            normalizers.push(json!({ "type": "Replace", "pattern": { "Regex": " {2,}" }, "content": " " }));
        }
        let scheme = if model.add_dummy_prefix { "always" } else { "never" };
        let metaspace = json!({ "type": "Metaspace", "replacement": SPACE, "prepend_scheme": scheme, "split": true });
        let json = json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
            "normalizer": { "type": "Sequence", "normalizers": normalizers },
            "pre_tokenizer": metaspace, "post_processor": null, "decoder": metaspace,
            "model": { "type": "Unigram", "unk_id": unk, "vocab": vocabulary, "byte_fallback": false },
        });
        let loaded = SubwordTokenizer::from_json(&json.to_string(), path)?;
        Ok(SubwordTokenizer { hidden, ..loaded })
    }

    /// Learns a byte-level BPE vocabulary (Radford et al. 2019, section 2.2): `<|endoftext|>`, the 256 bytes, then what was joined, in that
    /// order, at most `vocab_size` in all. The same text gives the same vocabulary, always.
    ///
    /// # Errors
    /// [`TextError::InvalidOption`] for a `vocab_size` below 258, [`TextError::EmptyCorpus`].
    pub fn train_bpe(corpus: &Corpus, vocab_size: usize, min_frequency: u64) -> Result<SubwordTokenizer, TextError> {
        let alphabet = byte_alphabet();
        if vocab_size < alphabet.len() + 2 {
            let rule = "256 bytes and an end of text need a place, and pieces some more: use at least 258";
            return Err(TextError::option("vocab_size", vocab_size, rule));
        }
        let mut words: BTreeMap<String, u64> = BTreeMap::new();
        let byte_level = ByteLevel::new(false, true, true);
        for sentence in corpus.sentences() {
            let mut split = PreTokenizedString::from(sentence);
            byte_level.pre_tokenize(&mut split).map_err(|error| encode_error(sentence, error))?;
            for (word, _, _) in split.get_splits(OffsetReferential::Normalized, OffsetType::None) {
                *words.entry(word.to_owned()).or_default() += 1;
            }
        }
        if words.is_empty() {
            return Err(TextError::EmptyCorpus { place: "the corpus that a vocabulary should be learned from".into() });
        }
        let present: std::collections::BTreeSet<char> = words.keys().flat_map(|word| word.chars()).collect();
        // The trainer counts the characters that occur; all 256 are in the vocabulary.
        let room = vocab_size - 1 - alphabet.len() + present.len();
        let (_, merges) = learn_merges(&words, room, min_frequency, "");
        let mut tokens: Vec<String> = vec![END_OF_TEXT.to_owned()];
        tokens.extend(alphabet.iter().map(char::to_string));
        let mut known: std::collections::HashSet<String> = tokens.iter().cloned().collect();
        for (left, right) in &merges {
            let joined = format!("{left}{right}");
            if known.insert(joined.clone()) {
                tokens.push(joined);
            }
        }
        let vocabulary: serde_json::Map<String, Value> =
            tokens.iter().enumerate().map(|(id, token)| (token.clone(), json!(id))).collect();
        let merges: Vec<Value> = merges.iter().map(|(left, right)| json!([left, right])).collect();
        let byte_level =
            json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true });
        let json = json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [special_token(0, END_OF_TEXT)],
            "normalizer": null, "pre_tokenizer": byte_level,
            "post_processor": { "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false, "use_regex": true },
            "decoder": byte_level,
            "model": {
                "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                "vocab": vocabulary, "merges": merges,
            },
        });
        SubwordTokenizer::from_json(&json.to_string(), Path::new("the trained vocabulary"))
    }

    /// Learns a Unigram vocabulary: `<pad>`, `</s>`, `<unk>`, then pieces, likeliest first, at most `vocab_size` in all. Text is put
    /// into NFKC first, so a Korean syllable is one character however it was typed.
    ///
    /// # Errors
    /// [`TextError::InvalidOption`] for a `vocab_size` below 5, [`TextError::EmptyCorpus`].
    pub fn train_unigram(corpus: &Corpus, vocab_size: usize) -> Result<SubwordTokenizer, TextError> {
        if vocab_size < UNIGRAM_SPECIAL.len() + 2 {
            let rule = "three special tokens need a place, and pieces some more: at least a few hundred for real text";
            return Err(TextError::option("vocab_size", vocab_size, rule));
        }
        let build = |pieces: &[(String, f64)]| {
            let special = UNIGRAM_SPECIAL.iter().map(|token| json!([token, 0.0]));
            let vocabulary: Vec<Value> =
                special.chain(pieces.iter().map(|(piece, score)| json!([piece, score]))).collect();
            let added: Vec<Value> =
                UNIGRAM_SPECIAL.iter().enumerate().map(|(id, token)| special_token(id, token)).collect();
            let metaspace =
                json!({ "type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": true });
            json!({
                "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
                "normalizer": { "type": "Sequence", "normalizers": [
                    { "type": "Nmt" }, { "type": "NFKC" },
                    { "type": "Strip", "strip_left": true, "strip_right": true },
                    { "type": "Replace", "pattern": { "Regex": " {2,}" }, "content": " " },
                ] },
                "pre_tokenizer": metaspace,
                "post_processor": {
                    "type": "TemplateProcessing",
                    "single": [{ "Sequence": { "id": "A", "type_id": 0 } }, { "SpecialToken": { "id": "</s>", "type_id": 0 } }],
                    "pair": [
                        { "Sequence": { "id": "A", "type_id": 0 } }, { "SpecialToken": { "id": "</s>", "type_id": 0 } },
                        { "Sequence": { "id": "B", "type_id": 0 } }, { "SpecialToken": { "id": "</s>", "type_id": 0 } },
                    ],
                    "special_tokens": { "</s>": { "id": "</s>", "ids": [1], "tokens": ["</s>"] } },
                },
                "decoder": metaspace,
                "model": { "type": "Unigram", "unk_id": 2, "vocab": vocabulary, "byte_fallback": false },
            })
        };
        // Words as the finished tokenizer will see them: by the steps of one that knows no piece yet.
        let place = Path::new("the trained vocabulary");
        let empty = SubwordTokenizer::from_json(&build(&[(SPACE.to_string(), -1.0)]).to_string(), place)?;
        let mut words: BTreeMap<String, u64> = BTreeMap::new();
        for sentence in corpus.sentences() {
            for word in empty.words(sentence)? {
                *words.entry(word).or_default() += 1;
            }
        }
        if words.is_empty() {
            return Err(TextError::EmptyCorpus { place: "the corpus that a vocabulary should be learned from".into() });
        }
        let pieces = learn_unigram(&words, vocab_size - UNIGRAM_SPECIAL.len());
        SubwordTokenizer::from_json(&build(&pieces).to_string(), place)
    }

    /// The words that a text is split into before they are spelled.
    fn words(&self, text: &str) -> Result<Vec<String>, TextError> {
        let split = || {
            let mut normalized = tokenizers::NormalizedString::from(text);
            if let Some(normalizer) = self.inner.get_normalizer() {
                tokenizers::Normalizer::normalize(normalizer, &mut normalized)?;
            }
            let mut words = PreTokenizedString::from(normalized);
            if let Some(pre_tokenizer) = self.inner.get_pre_tokenizer() {
                pre_tokenizer.pre_tokenize(&mut words)?;
            }
            let splits = words.get_splits(OffsetReferential::Normalized, OffsetType::None);
            Ok(splits.into_iter().map(|(word, _, _)| word.to_owned()).collect())
        };
        split().map_err(|error| encode_error(text, error))
    }

    /// The pieces of a text; with `special`, also those that the tokenizer puts around it.
    ///
    /// # Errors
    /// [`TextError::Encode`] if the tokenizer's own rules fail on the text.
    pub fn encode(&self, text: &str, special: bool) -> Result<Vec<Piece>, TextError> {
        let encoding = self.inner.encode(text, special).map_err(|error| encode_error(text, error))?;
        let (ids, tokens) = (encoding.get_ids(), encoding.get_tokens());
        let (offsets, masks) = (encoding.get_offsets(), encoding.get_special_tokens_mask());
        let piece = |n: usize| Piece {
            id: ids[n].into(),
            token: self.hidden.get(&tokens[n]).unwrap_or(&tokens[n]).clone(),
            bytes: offsets[n],
            special: masks[n] == 1,
        };
        Ok((0..ids.len()).map(piece).collect())
    }

    /// The text of ids; without special tokens if `skip_special` is set. Ids that no token has are left out.
    ///
    /// # Errors
    /// [`TextError::Encode`] if the tokenizer's own rules fail.
    pub fn decode(&self, ids: &[i64], skip_special: bool) -> Result<String, TextError> {
        let known: Vec<u32> = ids.iter().filter_map(|&id| u32::try_from(id).ok()).collect();
        let mut text = self.inner.decode(&known, skip_special).map_err(|error| encode_error("ids", error))?;
        for (name, token) in &self.hidden {
            text = text.replace(name, token);
        }
        Ok(text)
    }

    /// How it spells words.
    pub fn kind(&self) -> SubwordKind {
        self.kind
    }

    /// How many tokens it has, added ones included.
    pub fn vocab_size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// Writes `tokenizer.json` into a folder, which is made if it is missing.
    ///
    /// # Errors
    /// [`TextError::Write`].
    pub fn save(&self, folder: &Path) -> Result<(), TextError> {
        std::fs::create_dir_all(folder).map_err(|source| TextError::Write { path: folder.into(), source })?;
        let file = folder.join(TOKENIZER_FILE);
        let json = self.inner.to_string(true).map_err(|error| TextError::Write {
            path: file.clone(),
            source: std::io::Error::other(error.to_string()),
        })?;
        write_atomically(&file, json.as_bytes())
    }
}

impl From<Tokenizer> for SubwordTokenizer {
    fn from(tokenizer: Tokenizer) -> SubwordTokenizer {
        SubwordTokenizer { inner: tokenizer.inner, kind: SubwordKind::WordPiece, hidden: BTreeMap::new() }
    }
}

fn special_token(id: usize, token: &str) -> Value {
    json!({
        "id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
        "special": true,
    })
}

/// The characters by which byte-level BPE writes the 256 bytes, in the order of the alphabet.
fn byte_alphabet() -> Vec<char> {
    let mut alphabet: Vec<char> = ByteLevel::alphabet().into_iter().collect();
    alphabet.sort_unstable();
    alphabet
}
