//! `jumok tokenize`: what a tokenizer makes of a text (lecture S26, S37).

use jumok_text::{
    Corpus, Language as TextLanguage, Piece, SubwordKind, SubwordTokenizer, Tokenizer, ToyOptions, WordPieceOptions,
    toy_corpus,
};
use jumok_training::grouped;
use jumok_viz::{Align, Table, TerminalStyle};

use crate::cli::{Lang, SubwordName, TokenizeArgs};
use crate::texts::tokenize as texts;
use crate::{CommandError, Console};

const VOCAB_SIZE: usize = 2000;
/// A piece or a pair that occurs fewer times is not learned.
const MIN_FREQUENCY: u64 = 2;

/// Shows the pieces of every text with ids and places, and how many tokens a word takes.
///
/// # Errors
/// [`CommandError`] if the tokenizer cannot be loaded or learned, or a file cannot be read.
pub fn tokenize(args: &TokenizeArgs, corpus_language: Lang, console: Console) -> Result<(), CommandError> {
    let tokenizer = match (&args.tokenizer, args.train) {
        (Some(path), _) => SubwordTokenizer::load(path)?,
        (None, kind) => learn(kind.unwrap_or(SubwordName::Wordpiece), args, corpus_language)?,
    };
    let language = console.language();
    let kind = match tokenizer.kind() {
        SubwordKind::WordPiece => "WordPiece",
        SubwordKind::Bpe => "BPE",
        SubwordKind::Unigram => "Unigram",
    };
    console.say(&texts::TOKENIZER, &[("kind", &kind), ("size", &grouped(tokenizer.vocab_size() as u64))]);
    if let Some(folder) = &args.save {
        tokenizer.save(folder)?;
        console.say(&crate::texts::SAVED_FILE, &[("path", &folder.display())]);
    }
    for text in &args.text {
        let pieces = tokenizer.encode(text, !args.plain)?;
        let columns = [texts::COLUMN_PIECE, texts::COLUMN_ID, texts::COLUMN_BYTES, texts::COLUMN_TEXT];
        let mut table = Table::new(columns.map(|text| text.get(language))).align([
            Align::Left,
            Align::Right,
            Align::Right,
            Align::Left,
        ]);
        for piece in &pieces {
            let (start, end) = piece.bytes;
            let place = if piece.special { String::new() } else { format!("{start}–{end}") };
            table.row([piece.token.as_str(), &piece.id.to_string(), &place, written(text, piece)]);
        }
        console.line("");
        console.line(text);
        console.raw(&table.to_terminal(&TerminalStyle::detect()));
        say_count(text.split_whitespace().count(), pieces.iter().filter(|piece| !piece.special).count(), console);
    }
    for path in &args.count {
        let corpus = Corpus::read(std::slice::from_ref(path))?;
        let (mut words, mut tokens) = (0, 0);
        for sentence in corpus.sentences() {
            words += sentence.split_whitespace().count();
            tokens += tokenizer.encode(sentence, false)?.len();
        }
        console.line("");
        console.line(&path.display().to_string());
        say_count(words, tokens, console);
    }
    Ok(())
}

/// The letters that a piece stands for; nothing where it stands for a part of a letter, as a byte may.
fn written<'a>(text: &'a str, piece: &Piece) -> &'a str {
    if piece.special { "" } else { text.get(piece.bytes.0..piece.bytes.1).unwrap_or_default() }
}

fn say_count(words: usize, tokens: usize, console: Console) {
    let fertility = format!("{:.2}", tokens as f64 / words.max(1) as f64);
    let [words, tokens] = [words, tokens].map(|count| grouped(count as u64));
    console.say(&texts::COUNT, &[("words", &words), ("tokens", &tokens), ("fertility", &fertility)]);
}

fn learn(kind: SubwordName, args: &TokenizeArgs, language: Lang) -> Result<SubwordTokenizer, CommandError> {
    let language = match args.corpus.unwrap_or(language) {
        Lang::En => TextLanguage::English,
        Lang::Ko => TextLanguage::Korean,
    };
    let (corpus, language) = match args.from.is_empty() {
        true => (toy_corpus(&ToyOptions { held_out_documents: 0, ..ToyOptions::new(language) })?.training, language),
        false => {
            let corpus = Corpus::read(&args.from)?;
            let hangul = |text: &&str| text.chars().any(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c));
            let korean = corpus.sentences().filter(hangul).count() * 10 >= corpus.sentence_count();
            (corpus, if korean { TextLanguage::Korean } else { TextLanguage::English })
        }
    };
    let vocab_size = args.vocab_size.unwrap_or(VOCAB_SIZE);
    Ok(match kind {
        SubwordName::Wordpiece => {
            let options = WordPieceOptions { vocab_size, language, ..WordPieceOptions::default() };
            Tokenizer::train(&corpus, &options)?.into()
        }
        SubwordName::Bpe => SubwordTokenizer::train_bpe(&corpus, vocab_size, MIN_FREQUENCY)?,
        SubwordName::Unigram => SubwordTokenizer::train_unigram(&corpus, vocab_size)?,
    })
}
