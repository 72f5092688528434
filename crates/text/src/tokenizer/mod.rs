//! Text to word pieces and back (lecture S37).
//!
//! The work of a tokenizer is done in four steps: *normalise* (lower case, accents), *split* at white space and punctuation, take
//! each word apart into the longest *pieces* of the vocabulary, greedily from the left, and *look up* their ids. The `tokenizers`
//! crate carries them out; learning the vocabulary is done here, because the same corpus must always give the same one.

mod frame;
mod normalization;
mod sentencepiece;
mod special;
mod subword;
#[cfg(test)]
mod tests;
mod trust;
mod unigram;
pub(crate) mod wordpiece;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use tokenizers::decoders::wordpiece::WordPiece as WordPieceDecoder;
use tokenizers::models::ModelWrapper;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::NormalizerWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::template::TemplateProcessing;
use tokenizers::{
    AddedToken, NormalizedString, Normalizer, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer,
};

pub use special::SpecialTokens;
pub use subword::{Piece, SubwordKind, SubwordTokenizer};

use crate::files::{read_utf8, write_atomically};
use crate::pretraining::PairSequence;
use crate::{Corpus, Language, TextError};
use frame::Frame;
use normalization::Normalization;
use special::{Config, Naming, SPECIAL_TOKENS};
use wordpiece::{CONTINUATION, learn_vocabulary};

/// What byte-level BPE writes for the byte of a space.
const BYTE_LEVEL_SPACE: char = 'Ġ';
/// What Unigram vocabularies write for the space before a word.
const SPACE: char = '▁';
const TOKENIZER_FILE: &str = "tokenizer.json";
const VOCABULARY_FILE: &str = "vocab.txt";
const CONFIG_FILE: &str = "tokenizer_config.json";

/// How a WordPiece vocabulary is trained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordPieceOptions {
    /// Number of pieces at most, special tokens included.
    pub vocab_size: usize,
    /// A character or a pair of pieces that occurs fewer times is not taken.
    pub min_frequency: u64,
    /// Whether `The` and `the` are the same. In English, accents are then taken away too, as in `bert-base-uncased`.
    pub lowercase: bool,
    /// Korean is normalised to NFC and keeps its accents: decomposing would take each syllable apart into its letters.
    pub language: Language,
}

impl Default for WordPieceOptions {
    /// 2000 pieces that occur at least twice, lower case, English.
    fn default() -> WordPieceOptions {
        WordPieceOptions { vocab_size: 2000, min_frequency: 2, lowercase: true, language: Language::English }
    }
}

/// The bytes of a text that a token stands for: from the first to behind the last.
pub type Offsets = (usize, usize);

/// What an encoder reads text by: a tokenizer of any kind with the five special tokens of masked language modelling.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    kind: SubwordKind,
    /// `tokens[id]`; an id that no token has is an empty string.
    tokens: Vec<String>,
    special: SpecialTokens,
    frame: Frame,
    /// `continuation[id]`: does the piece continue a word?
    continuation: Vec<bool>,
    ordinary_ids: Vec<i64>,
    normalization: Normalization,
}

impl Tokenizer {
    /// Learns a vocabulary from a corpus. The same corpus and options give the same vocabulary, always.
    ///
    /// The special tokens get the ids 0 to 4 (`[PAD]`, `[UNK]`, `[CLS]`, `[SEP]`, `[MASK]`), then follow the characters in the
    /// order of the alphabet, then the joined pieces in the order in which they were joined. Fewer than `vocab_size` pieces
    /// come out if the corpus has no more.
    ///
    /// # Errors
    /// [`TextError::InvalidOption`] for a `vocab_size` below 6, [`TextError::EmptyCorpus`] for a corpus without a word.
    pub fn train(corpus: &Corpus, options: &WordPieceOptions) -> Result<Tokenizer, TextError> {
        if options.vocab_size <= SPECIAL_TOKENS.len() {
            let rule = "five special tokens need a place, and words some more: at least a few hundred for real text";
            return Err(TextError::option("vocab_size", options.vocab_size, rule));
        }
        let korean = options.language == Language::Korean;
        let normalization = Normalization {
            compose: korean,
            strip_accents: options.lowercase && !korean,
            lowercase: options.lowercase,
        };
        let normalizer = normalization.normalizer();
        let mut chunks: HashMap<&str, u64> = HashMap::new();
        for chunk in corpus.sentences().flat_map(|sentence| sentence.split(' ')) {
            *chunks.entry(chunk).or_default() += 1;
        }
        let mut words: BTreeMap<String, u64> = BTreeMap::new();
        for (chunk, count) in chunks {
            for word in split_words(chunk, &normalizer)? {
                *words.entry(word).or_default() += count;
            }
        }
        if words.is_empty() {
            return Err(TextError::EmptyCorpus { place: "the corpus that a vocabulary should be learned from".into() });
        }
        let room = options.vocab_size - SPECIAL_TOKENS.len();
        let mut tokens: Vec<String> = SPECIAL_TOKENS.map(str::to_owned).into();
        tokens.extend(learn_vocabulary(&words, room, options.min_frequency));
        Tokenizer::from_tokens(tokens, normalization, "the trained vocabulary")
    }

    /// A tokenizer of these pieces behind the special tokens, which have the ids 0 to 4; `##` marks a piece inside a word. Text is taken
    /// as it is, neither composed nor put into lower case.
    ///
    /// # Errors
    /// [`TextError::InvalidTokenizer`] for a piece that is empty, holds white space or comes twice.
    pub fn of_pieces(pieces: &[String]) -> Result<Tokenizer, TextError> {
        let place = "the given pieces";
        let mut tokens: Vec<String> = SPECIAL_TOKENS.map(str::to_owned).into();
        for piece in pieces {
            if piece.is_empty() || piece.contains(char::is_whitespace) || tokens.contains(piece) {
                let rule = format!("{piece:?}: a piece is not empty, has no white space and comes once");
                return Err(invalid(Path::new(place), rule.into()));
            }
            tokens.push(piece.clone());
        }
        Tokenizer::from_tokens(tokens, Normalization::default(), place)
    }

    /// Loads a tokenizer from a `tokenizer.json`, from a `vocab.txt` (any file that does not end in `.json`), or from a folder
    /// that holds one of them (`tokenizer.json` is preferred).
    ///
    /// A `vocab.txt` alone does not say how text is normalised. A `tokenizer_config.json` beside it does (`do_lower_case`,
    /// `strip_accents`); otherwise text is put into lower case if no token has an upper-case letter, and accents are then taken
    /// away unless tokens hold whole Hangul syllables. If they do, text is normalised to NFC first.
    ///
    /// A `tokenizer.json` may be of WordPiece, byte-level BPE (RoBERTa) or Unigram (ALBERT). Which tokens are the special ones is
    /// read from `tokenizer_config.json` or `special_tokens_map.json` beside it, or told by their usual names; what stands
    /// around a text and between two of them is what its own post-processor does.
    ///
    /// # Errors
    /// [`TextError::Read`], [`TextError::NotUtf8`], [`TextError::NoTokenizer`] for a folder without either file,
    /// [`TextError::MissingSpecialToken`], [`TextError::InvalidTokenizer`] for a broken file and for vocabularies of whole words.
    pub fn load(path: &Path) -> Result<Tokenizer, TextError> {
        if path.is_dir() {
            let candidates = [TOKENIZER_FILE, VOCABULARY_FILE].map(|name| path.join(name));
            return match candidates.iter().find(|file| file.is_file()) {
                Some(file) => Tokenizer::load(file),
                None => Err(TextError::NoTokenizer { folder: path.into() }),
            };
        }
        let text = read_utf8(path)?;
        if path.extension().is_some_and(|extension| extension == "json") {
            return Tokenizer::from_json(&text, path);
        }
        let tokens: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
        let config = Config::beside(path)?;
        let ordinary = || tokens.iter().filter(|token| !SPECIAL_TOKENS.contains(&token.as_str()));
        let compose = ordinary().any(|token| token.contains(|letter| ('\u{ac00}'..='\u{d7a3}').contains(&letter)));
        let lowercase =
            config.do_lower_case.unwrap_or_else(|| !ordinary().any(|token| token.contains(char::is_uppercase)));
        let strip_accents = config.strip_accents.unwrap_or(lowercase && !compose);
        let normalization = Normalization { compose, strip_accents, lowercase };
        Tokenizer::from_tokens(tokens, normalization, &path.display().to_string())
    }

    /// Writes `tokenizer.json`, `tokenizer_config.json` and, of a WordPiece vocabulary, `vocab.txt` into a folder, each to a temporary file that is then
    /// renamed. The folder is made if it is missing.
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
        let config = match self.kind {
            SubwordKind::WordPiece => {
                write_atomically(&folder.join(VOCABULARY_FILE), (self.tokens.join("\n") + "\n").as_bytes())?;
                Config {
                    tokenizer_class: Some("BertTokenizer".into()),
                    do_lower_case: Some(self.normalization.lowercase),
                    strip_accents: Some(self.normalization.strip_accents),
                    special: None,
                }
            }
            _ => Config::naming(&self.special, |id| self.tokens[id as usize].clone()),
        };
        let config = serde_json::to_string_pretty(&config).expect("plain fields");
        write_atomically(&folder.join(CONFIG_FILE), config.as_bytes())?;
        write_atomically(&file, json.as_bytes())
    }

    /// The ids of a text, without `[CLS]` and `[SEP]` around it. A special token that is written out, such as `[MASK]`, is found.
    ///
    /// # Errors
    /// [`TextError::Encode`] if a loaded tokenizer's own rules fail on the text.
    pub fn encode(&self, text: &str) -> Result<Vec<i64>, TextError> {
        let encoding = self.inner.encode_fast(text, false).map_err(|error| encode_error(text, error))?;
        Ok(encoding.get_ids().iter().map(|&id| id.into()).collect())
    }

    /// The ids of a text as [`Tokenizer::encode`] gives them, each with the bytes of the text that it stands for: from the first to
    /// behind the last.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn encode_with_offsets(&self, text: &str) -> Result<Vec<(i64, Offsets)>, TextError> {
        let encoding = self.inner.encode(text, false).map_err(|error| encode_error(text, error))?;
        let ids = encoding.get_ids().iter().map(|&id| i64::from(id));
        Ok(ids.zip(encoding.get_offsets().iter().copied()).collect())
    }

    /// The ids of one word of a text that comes in words, as it would be inside a sentence: RoBERTa's pieces know the space before a
    /// word, so it is put there (Hugging Face's `is_split_into_words` with `add_prefix_space`).
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn encode_word(&self, word: &str) -> Result<Vec<i64>, TextError> {
        match self.kind {
            SubwordKind::Bpe => self.encode(&format!(" {word}")),
            SubwordKind::WordPiece | SubwordKind::Unigram => self.encode(word),
        }
    }

    /// The whole sequence that a model reads: one text or two with the special tokens around them, `[CLS] A [SEP] B [SEP]` for
    /// BERT and `<s> A </s></s> B </s>` for RoBERTa.
    pub fn sequence(&self, a: &[i64], b: Option<&[i64]>) -> PairSequence {
        self.frame.around(a, b)
    }

    /// How many special tokens a text, or a pair of them, needs.
    pub fn special_token_count(&self, pair: bool) -> usize {
        self.frame.special_tokens(pair)
    }

    /// The place in a [`Tokenizer::sequence`] of one text where that text begins.
    pub fn text_start(&self) -> usize {
        self.frame.first_start(false)
    }

    /// The place in a [`Tokenizer::sequence`] of two where the second text begins, behind a first of `first_len` tokens.
    pub fn second_start(&self, first_len: usize) -> usize {
        self.frame.second_start(first_len)
    }

    /// The same tokenizer for a model that knows `segments` of them: with fewer than two, both texts of a pair are in segment 0.
    pub fn with_segments(self, segments: usize) -> Tokenizer {
        match segments {
            0 | 1 => Tokenizer { frame: self.frame.in_one_segment(), ..self },
            _ => self,
        }
    }

    /// How it spells words.
    pub fn kind(&self) -> SubwordKind {
        self.kind
    }

    /// The ids of every sentence of a corpus: `[document][sentence][position]`. Runs on all threads; the result does not depend on
    /// their number.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn encode_corpus(&self, corpus: &Corpus) -> Result<Vec<Vec<Vec<i64>>>, TextError> {
        if !self.splits_at_spaces() {
            let encode_all = |document: &Vec<String>| document.iter().map(|sentence| self.encode(sentence)).collect();
            return corpus.documents.par_iter().map(encode_all).collect();
        }
        // Words repeat: each is taken apart once.
        let distinct: HashSet<&str> = corpus.sentences().flat_map(|sentence| sentence.split(' ')).collect();
        let encode = |word: &str| Ok((word.to_owned(), self.encode(word)?));
        let known: HashMap<String, Vec<i64>> =
            distinct.into_par_iter().map(encode).collect::<Result<_, TextError>>()?;
        let look_up = |sentence: &String| sentence.split(' ').flat_map(|word| known[word].iter().copied()).collect();
        Ok(corpus.documents.par_iter().map(|document| document.iter().map(look_up).collect()).collect())
    }

    /// Whether a text's ids are those of the parts between its spaces, one after the other. BERT's own steps look at single
    /// characters and never across a space; what a foreign `tokenizer.json` does is not known.
    fn splits_at_spaces(&self) -> bool {
        let is_bert = |normalizer: &NormalizerWrapper| {
            matches!(normalizer, NormalizerWrapper::BertNormalizer(_) | NormalizerWrapper::NFC(_))
        };
        let normalizer = match self.inner.get_normalizer() {
            Some(NormalizerWrapper::Sequence(sequence)) => sequence.as_ref().iter().all(is_bert),
            Some(single) => is_bert(single),
            None => true,
        };
        let special = self.inner.get_added_tokens_decoder();
        let added_tokens = special.values().all(|token| !token.content.contains(' ') && !token.lstrip && !token.rstrip);
        let pre_tokenizer = matches!(self.inner.get_pre_tokenizer(), Some(PreTokenizerWrapper::BertPreTokenizer(_)));
        normalizer && added_tokens && pre_tokenizer
    }

    /// The text of ids: pieces joined to words, special tokens written out. Ids that no token has are left out.
    pub fn decode(&self, ids: &[i64]) -> String {
        let known: Vec<u32> = ids.iter().filter_map(|&id| u32::try_from(id).ok()).collect();
        // Only a decoder that a foreign tokenizer.json brought along can fail; its pieces are still worth showing.
        self.inner.decode(&known, false).unwrap_or_else(|_| self.tokens(ids).join(" "))
    }

    /// The pieces of ids, one by one; `[UNK]` for an id that no token has.
    pub fn tokens(&self, ids: &[i64]) -> Vec<&str> {
        ids.iter().map(|&id| self.token(id).unwrap_or(&self.tokens[self.special.unk as usize])).collect()
    }

    /// The piece with this id.
    pub fn token(&self, id: i64) -> Option<&str> {
        usize::try_from(id).ok().and_then(|id| self.tokens.get(id)).map(String::as_str)
    }

    /// A piece as a reader sees it: of WordPiece as it is written in the vocabulary; of the other kinds the text that it stands for
    /// (`milk` for `Ġmilk`), or as it is written if that is not a whole character.
    pub fn readable(&self, id: i64) -> String {
        let written = self.token(id).unwrap_or_default();
        if self.kind == SubwordKind::WordPiece || self.special.contains(id) {
            return written.to_owned();
        }
        let text = self.decode(&[id]);
        match text.trim() {
            "" => written.to_owned(),
            broken if broken.contains(char::REPLACEMENT_CHARACTER) => written.to_owned(),
            text => text.to_owned(),
        }
    }

    /// The id of a piece.
    pub fn id(&self, token: &str) -> Option<i64> {
        self.inner.token_to_id(token).map(i64::from)
    }

    /// Number of rows that an embedding needs: the largest id plus one.
    pub fn vocab_size(&self) -> usize {
        self.tokens.len()
    }

    /// The ids of the special tokens.
    pub fn special(&self) -> SpecialTokens {
        self.special
    }

    /// Whether the piece continues the word that the piece before it began (`##ing`). False for an id that no token has.
    pub fn is_continuation(&self, id: i64) -> bool {
        usize::try_from(id).is_ok_and(|id| self.continuation.get(id) == Some(&true))
    }

    /// All ids but those of the special tokens, ascending: what a random replacement is drawn from.
    pub fn ordinary_ids(&self) -> &[i64] {
        &self.ordinary_ids
    }

    /// Whether text is put into lower case.
    pub fn lowercase(&self) -> bool {
        self.normalization.lowercase
    }

    fn from_tokens(tokens: Vec<String>, normalization: Normalization, place: &str) -> Result<Tokenizer, TextError> {
        let invalid = |error: tokenizers::Error| invalid(Path::new(place), error);
        // The crate's own reader, because its map type cannot be named from here.
        let vocabulary = WordPiece::read_bytes(tokens.join("\n").as_bytes()).map_err(invalid)?;
        let special = SpecialTokens::find(|token| vocabulary.get(token).copied(), &Naming::default(), place)?;
        let name = |id: i64| tokens[id as usize].as_str();
        let [unk, cls, sep] = [special.unk, special.cls, special.sep].map(name);
        let model = WordPiece::builder().vocab(vocabulary).unk_token(unk.into()).build().map_err(invalid)?;
        let mut inner = tokenizers::Tokenizer::new(model);
        inner.with_normalizer(Some(normalization.normalizer())).map_err(invalid)?;
        inner.with_pre_tokenizer(Some(BertPreTokenizer));
        inner.with_decoder(Some(WordPieceDecoder::default()));
        let template = TemplateProcessing::builder()
            .try_single(format!("{cls} $A {sep}"))
            .and_then(|builder| builder.try_pair(format!("{cls} $A {sep} $B:1 {sep}:1")))
            .map_err(|message| invalid(message.into()))?
            .special_tokens(vec![(cls, special.cls as u32), (sep, special.sep as u32)])
            .build()
            .map_err(|error| invalid(error.into()))?;
        inner.with_post_processor(Some(template));
        // By the names that the vocabulary has for them: another name would be a token more than it has rows.
        let added = special.ids().map(|id| AddedToken::from(name(id), true));
        inner.add_special_tokens(added).map_err(invalid)?;
        let frame = Frame::bert(&special);
        Ok(Tokenizer::assemble(inner, Spelling::Prefix(CONTINUATION.into()), tokens, special, frame, normalization))
    }

    fn from_json(text: &str, path: &Path) -> Result<Tokenizer, TextError> {
        let inner = trust::read(text, path)?;
        let spelling = match inner.get_model() {
            ModelWrapper::WordPiece(model) => Spelling::Prefix(model.continuing_subword_prefix.clone()),
            ModelWrapper::BPE(_) => Spelling::Space(SubwordKind::Bpe, BYTE_LEVEL_SPACE),
            ModelWrapper::Unigram(_) => Spelling::Space(SubwordKind::Unigram, SPACE),
            ModelWrapper::WordLevel(_) => {
                let message = "this one knows whole words only; WordPiece, BPE or Unigram is needed";
                return Err(invalid(path, message.into()));
            }
        };
        let vocabulary = inner.get_vocab(true);
        let place = path.display().to_string();
        let special = SpecialTokens::find(|token| vocabulary.get(token).copied(), &Naming::beside(path)?, &place)?;
        let size = vocabulary.values().max().map_or(0, |&id| id as usize + 1);
        if size > 4 * vocabulary.len() {
            let message = format!("{} tokens, but ids up to {}: the file is damaged", vocabulary.len(), size - 1);
            return Err(invalid(path, message.into()));
        }
        let mut tokens = vec![String::new(); size];
        for (token, id) in vocabulary {
            tokens[id as usize] = token;
        }
        let normalization = inner.get_normalizer().map(Normalization::of).unwrap_or_default();
        let like_roberta = tokens[special.cls as usize] == "<s>";
        let frame = Frame::of(inner.get_post_processor(), &special, like_roberta);
        frame.check(size).map_err(|reason| invalid(path, reason.into()))?;
        Ok(Tokenizer::assemble(inner, spelling, tokens, special, frame, normalization))
    }

    fn assemble(
        inner: tokenizers::Tokenizer,
        spelling: Spelling,
        tokens: Vec<String>,
        special: SpecialTokens,
        frame: Frame,
        normalization: Normalization,
    ) -> Tokenizer {
        let continues = |(id, token): (usize, &String)| match &spelling {
            Spelling::Prefix(prefix) => token.len() > prefix.len() && token.starts_with(prefix.as_str()),
            Spelling::Space(_, space) => {
                !special.contains(id as i64) && !token.is_empty() && !token.starts_with(*space)
            }
        };
        let continuation = tokens.iter().enumerate().map(continues).collect();
        let is_ordinary = |id: &i64| !special.contains(*id) && !tokens[*id as usize].is_empty();
        let ordinary_ids = (0..tokens.len() as i64).filter(is_ordinary).collect();
        let kind = match spelling {
            Spelling::Prefix(_) => SubwordKind::WordPiece,
            Spelling::Space(kind, _) => kind,
        };
        Tokenizer { inner, kind, tokens, special, frame, continuation, ordinary_ids, normalization }
    }
}

/// How a vocabulary tells the pieces that begin a word from those that go on with it.
enum Spelling {
    /// Pieces that go on begin with this (`##ing`).
    Prefix(String),
    /// Pieces that begin a word begin with this, which stands for the space before it.
    Space(SubwordKind, char),
}

fn split_words(sentence: &str, normalizer: &NormalizerWrapper) -> Result<Vec<String>, TextError> {
    let split = || {
        let mut normalized = NormalizedString::from(sentence);
        normalizer.normalize(&mut normalized)?;
        let mut words = PreTokenizedString::from(normalized);
        BertPreTokenizer.pre_tokenize(&mut words)?;
        let words = words.get_splits(OffsetReferential::Normalized, OffsetType::None);
        Ok(words.into_iter().map(|(word, _, _)| word.to_owned()).collect())
    };
    split().map_err(|error| encode_error(sentence, error))
}

fn invalid(path: &Path, error: tokenizers::Error) -> TextError {
    TextError::InvalidTokenizer { path: path.into(), message: error.to_string() }
}

fn encode_error(text: &str, error: tokenizers::Error) -> TextError {
    TextError::Encode { text: text.chars().take(60).collect(), message: error.to_string() }
}
