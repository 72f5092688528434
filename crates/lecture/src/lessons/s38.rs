//! S38: Korean models. What KoBERT's and KoGPT2's sizes come to, where a vocabulary weighs, how SentencePiece keeps the spaces, and how
//! the two read the same tokens.
//!
//! V pieces, T tokens, D features.

use jumok_bert::{BertConfig, BertForMaskedLM, BertInputs};
use jumok_nn::{Ctx, show};
use jumok_tensor::{IntTensor, Tensor};
use jumok_text::{Corpus, Language as TextLanguage, SubwordTokenizer, Tokenizer, WordPieceOptions};
use jumok_training::{Language, Text, grouped};
use jumok_transformer::causal::{CausalLanguageModel, CausalLanguageModelConfig};
use jumok_viz::{Align, BarChart, Table};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::sequences::stories;
use crate::calculator::Architecture;
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S38.
pub static LESSON: Lesson = Lesson {
    id: "s38",
    slides: &["S38"],
    title: Text { en: "Korean models", ko: "한국어 모델" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The words of the lesson.
        WORDS = "grandmother eats soup." | "할머니가 차를 마신다.";
        /// What they are.
        TWO =
            "SK Telecom published two models that had seen Korean only: KoBERT, an encoder of BERT-base's shape, and KoGPT2, a decoder of GPT-2's. What is their own is the text and the vocabulary. The slide's table, with what follows from their sizes:"
            | "SK텔레콤은 한국어만 본 모델 둘을 공개했습니다. KoBERT는 BERT-base 모양의 인코더, KoGPT2는 GPT-2 모양의 디코더입니다. 자기 것은 글과 어휘입니다. 슬라이드의 표에 크기에서 나오는 것을 더하면 다음과 같습니다.";
        /// A column.
        COLUMN_MODEL = "model" | "모델";
        /// A column.
        COLUMN_KIND = "made like" | "원형";
        /// A column.
        COLUMN_RELEASE = "released" | "공개";
        /// A column.
        COLUMN_VOCABULARY = "pieces" | "어휘";
        /// A column.
        COLUMN_COUNT = "parameters" | "파라미터";
        /// A column.
        COLUMN_TABLE = "word table" | "단어 표";
        /// A column.
        COLUMN_USE = "used for" | "쓰임";
        /// A kind.
        ENCODER = "BERT (encoder)" | "BERT (인코더)";
        /// A kind.
        DECODER = "GPT-2 (decoder)" | "GPT-2 (디코더)";
        /// A use.
        UNDERSTANDS = "search, support, reading" | "검색, 상담, 독해";
        /// A use.
        WRITES = "conversation" | "대화 생성";
        /// A use.
        ENGLISH = "(English)" | "(영어)";
        /// A use.
        MANY = "(104 languages)" | "(언어 104개)";
        /// Title of the picture.
        PICTURE = "Millions of parameters" | "백만 단위 파라미터";
        /// A series.
        SERIES_TABLE = "table of words" | "단어 표";
        /// A series.
        SERIES_REST = "everything else" | "나머지";
        /// What is seen.
        WEIGHT =
            "KoBERT and multilingual BERT have the same layers. The multilingual table alone, {many} numbers, is as large as all of KoBERT; a Korean sentence uses a small part of it. KoGPT2's count is that of its second version, with {pieces} pieces; the slide's date and its 20 GB of text are the first's."
            | "KoBERT와 다국어 BERT는 층이 같습니다. 다국어 모델의 단어 표만 해도 수가 {many}개로 KoBERT 전체와 맞먹지만, 한국어 문장이 쓰는 것은 그중 작은 부분입니다. KoGPT2의 수는 조각이 {pieces}개인 두 번째 판의 것이고, 슬라이드의 시기와 글 20 GB는 첫 번째 판의 것입니다.";
        /// Erratum E31.
        FOOTNOTE =
            "A footnote on the text: the slide lists Wikipedia and news for KoBERT (20M sentences of them). Its page names only Wikipedia today, 5M sentences and 54M words."
            | "글에 대한 각주입니다. 슬라이드는 KoBERT의 데이터로 위키와 뉴스(20M, 곧 이천만 문장)를 적었습니다. 지금 공개 페이지에는 위키만 5M(오백만) 문장, 54M(오천사백만) 단어로 나와 있습니다.";
        /// Tokens.
        PIECES_TITLE = "Spaces that are kept" | "사라지지 않는 공백";
        /// SentencePiece.
        PIECES =
            "KoBERT reads SentencePiece tokens. SentencePiece takes the text as it comes, spaces and all: a space is written ▁ and belongs to the piece behind it. KoGPT2's second version merges pairs of characters (BPE) and writes spaces in the same way. A vocabulary of {size} pieces, learned here on stories of both languages, cuts your sentence so:"
            | "KoBERT는 SentencePiece 토큰을 읽습니다. SentencePiece는 글을 공백까지 있는 그대로 받습니다. 공백은 ▁로 적고 뒤 조각에 붙입니다. KoGPT2의 두 번째 판은 글자 쌍을 합쳐 나가지만(BPE) 공백은 똑같이 적습니다. 두 언어의 이야기에서 배운 조각 {size}개짜리 어휘는 문장을 이렇게 나눕니다.";
        /// A column.
        COLUMN_PLACE = "place" | "자리";
        /// A column.
        COLUMN_PIECE = "piece" | "조각";
        /// A column.
        COLUMN_TEXT = "stands for" | "나타내는 글";
        /// The way back.
        ROUND_TRIP =
            "So nothing is lost: the pieces one after the other, ▁ read as a space, are the text again. WordPiece splits at spaces and punctuation and forgets where they were; it has to guess:"
            | "그래서 잃는 것이 없습니다. 조각을 이어 붙이고 ▁를 공백으로 읽으면 다시 그 글입니다. WordPiece는 공백과 문장 부호에서 나누고 그것이 어디 있었는지 잊으므로, 짐작해야 합니다.";
        /// A column.
        COLUMN_WRITTEN = "written" | "쓴 글";
        /// A column.
        COLUMN_SENTENCEPIECE = "SentencePiece and back" | "SentencePiece로 갔다 오면";
        /// A column.
        COLUMN_WORDPIECE = "WordPiece and back" | "WordPiece로 갔다 오면";
        /// Unknown pieces.
        LOST =
            "What neither vocabulary can spell comes back as {unknown}: the promise holds for characters that the vocabulary has seen."
            | "어휘가 적지 못하는 것은 {unknown}(으)로 돌아옵니다. 약속은 어휘가 본 글자에 대한 것입니다.";
        /// Both models.
        READ_TITLE = "One sentence, two readers" | "문장 하나, 두 독자";
        /// How they read.
        READ =
            "Very small models of both kinds, nothing learned, read those tokens. KoBERT's kind sees the verb at the end while it reads the subject; KoGPT2's kind sees only what stands before. In Korean the verb comes last, so much of what a sentence says is behind a word, not before it:"
            | "두 종류의 아주 작은 모델이, 아무것도 배우지 않은 채 그 토큰을 읽습니다. KoBERT 쪽은 주어를 읽으면서 끝의 동사를 봅니다. KoGPT2 쪽은 앞에 있는 것만 봅니다. 한국어는 동사가 마지막에 오므로, 문장이 하는 말의 많은 부분이 단어의 앞이 아니라 뒤에 있습니다.";
        /// Where to go on.
        OUTLOOK =
            "A folder of either in Hugging Face's format: `inspect DIR` lists its parameters, `tokenize --tokenizer DIR \"…\"` shows its pieces, `bert finetune --model DIR --task sentence …` trains the encoder on reviews."
            | "Hugging Face 형식의 폴더가 있으면 `inspect DIR`로 파라미터를, `tokenize --tokenizer DIR \"…\"`로 조각을 보고, `bert finetune --model DIR --task sentence …`로 인코더를 감상평에 미세조정할 수 있습니다.";
    }
}

/// Pieces of the vocabularies that are learned here.
const SIZE: usize = 1500;
const WIDTH: usize = 16;
const HEADS: usize = 1;
/// Texts that go there and back beside the user's.
const ROUND_TRIPS: [&str; 2] = ["소년은 (오늘) 웃는다.", "우유 1.5리터-2리터"];
/// The months of the slide's table.
const RELEASES: [&str; 2] = ["2019-10", "2020-02"];

fn model(name: &str) -> Architecture {
    Architecture::preset(name).expect("the models of the slide are known")
}

/// The stories, and the texts of [`ROUND_TRIPS`], so that their characters are known.
fn corpus(languages: &[TextLanguage]) -> Corpus {
    let told = languages.iter().flat_map(|&language| stories(language, 600, 0).documents);
    Corpus { documents: told.chain(ROUND_TRIPS.map(|text| vec![text.to_owned(); 3])).collect() }
}

fn vocabularies(corpus: &Corpus) -> (SubwordTokenizer, Tokenizer) {
    let options = WordPieceOptions {
        vocab_size: SIZE,
        lowercase: false,
        language: TextLanguage::Korean,
        ..WordPieceOptions::default()
    };
    let sound = "the stories have words";
    (SubwordTokenizer::train_unigram(corpus, SIZE).expect(sound), Tokenizer::train(corpus, &options).expect(sound))
}

// ANCHOR: round_trip
/// The text behind its pieces, without the special ones around it.
fn and_back(tokenizer: &SubwordTokenizer, text: &str) -> String {
    let pieces = tokenizer.encode(text, false).expect("Unigram takes any text");
    let ids: Vec<i64> = pieces.iter().map(|piece| piece.id).collect();
    tokenizer.decode(&ids, false).expect("these ids have pieces")
}
// ANCHOR_END: round_trip

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let words = l.words(&texts::WORDS)?;
    let language = l.language();
    let sentence = words.join(" ");

    l.say(&texts::TWO, &[]);
    compare(l, language);
    let many = model("bert-base-multilingual-cased");
    let table = grouped((many.vocab_size * many.hidden_size) as u64);
    l.say(&texts::WEIGHT, &[("many", &table), ("pieces", &grouped(model("kogpt2").vocab_size as u64))]);
    l.say(&texts::FOOTNOTE, &[]);

    l.heading(&texts::PIECES_TITLE, &[]);
    l.say(&texts::PIECES, &[("size", &SIZE)]);
    let both = corpus(&[TextLanguage::English, TextLanguage::Korean]);
    let (unigram, word_piece) = vocabularies(&both);
    let pieces = unigram.encode(&sentence, false).expect("Unigram takes any text");
    let columns = [texts::COLUMN_PLACE, texts::COLUMN_PIECE, texts::COLUMN_TEXT].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Right, Align::Left, Align::Left]);
    for (place, piece) in pieces.iter().enumerate() {
        let text = sentence.get(piece.bytes.0..piece.bytes.1).unwrap_or_default();
        table.row([place.to_string(), piece.token.clone(), format!("\"{text}\"")]);
    }
    l.table(table);
    l.formula("text = join(pieces) with ▁ → space");
    l.say(&texts::ROUND_TRIP, &[]);
    let columns = [texts::COLUMN_WRITTEN, texts::COLUMN_SENTENCEPIECE, texts::COLUMN_WORDPIECE];
    let mut table = Table::new(columns.map(|text| text.get(language)));
    for text in [sentence.as_str()].into_iter().chain(ROUND_TRIPS.into_iter().filter(|text| *text != sentence)) {
        let ids = word_piece.encode(text).expect("BERT's steps take any text");
        table.row([text, &and_back(&unigram, text), &word_piece.decode(&ids)]);
    }
    l.table(table);
    l.say(&texts::LOST, &[("unknown", &"<unk>, [UNK]")]);

    l.heading(&texts::READ_TITLE, &[]);
    l.say(&texts::READ, &[]);
    let tokens: Vec<String> = pieces.iter().map(|piece| piece.token.clone()).collect();
    let count = tokens.len();
    let ids = IntTensor::from_vec(pieces.iter().map(|piece| piece.id).collect(), &[1, count]);
    l.formula("KoBERT: p(xₜ | all others)      KoGPT2: p(xₜ₊₁ | x₁ … xₜ)");
    let (reads, writes) = (encoder(&unigram, &ids, l.rng().random()), decoder(&unigram, &ids, l.rng().random()));
    l.label("query", &tokens);
    l.label("key", &tokens);
    show!(l.model(), "encoder.weights", ["batch", "head", "query", "key"], &reads.1);
    show!(l.model(), "decoder.weights", ["batch", "head", "query", "key"], &writes.1);
    l.matrices();
    l.say(&texts::OUTLOOK, &[]);
    let flat = |x: &Tensor| x.reshape(&[-1]);
    l.loss_of(&Tensor::concat(&[&flat(&reads.0), &flat(&writes.0)], 0));
    Ok(())
}

/// Logits of a very small encoder and the weights of its one head, `[1, 1, T, T]`.
fn encoder(tokenizer: &SubwordTokenizer, ids: &IntTensor, seed: u64) -> (Tensor, Tensor) {
    let config = BertConfig {
        vocab_size: tokenizer.vocab_size(),
        hidden_size: WIDTH,
        num_hidden_layers: 1,
        num_attention_heads: HEADS,
        intermediate_size: 2 * WIDTH,
        initializer_range: 0.3,
        ..BertConfig::tiny()
    };
    let model = BertForMaskedLM::new(&config, seed).expect("a valid configuration");
    let mut ctx = Ctx::eval().recording();
    let logits = model.forward(&BertInputs::new(ids.clone()), &mut ctx);
    (logits, weights(&mut ctx))
}

/// As [`encoder`], of a decoder.
fn decoder(tokenizer: &SubwordTokenizer, ids: &IntTensor, seed: u64) -> (Tensor, Tensor) {
    let config = CausalLanguageModelConfig {
        vocab_size: tokenizer.vocab_size(),
        n_positions: 512,
        n_embd: WIDTH,
        n_layer: 1,
        n_head: HEADS,
        initializer_range: 0.3,
        ..CausalLanguageModelConfig::nanogpt()
    };
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let model = CausalLanguageModel::new(&config, rng).expect("a valid configuration");
    let mut ctx = Ctx::eval().recording();
    let logits = model.forward(ids, &mut ctx);
    (logits, weights(&mut ctx))
}

fn weights(ctx: &mut Ctx) -> Tensor {
    let record = ctx.take_records().into_iter().find(|record| record.path.ends_with(".weights"));
    record.expect("a layer records its weights").value
}

/// The table of the slide, and the picture.
fn compare(l: &mut LessonCtx, language: Language) {
    let rows = [
        ("KoBERT", "kobert", texts::ENCODER, RELEASES[0], texts::UNDERSTANDS),
        ("KoGPT2", "kogpt2", texts::DECODER, RELEASES[1], texts::WRITES),
        ("BERT-base", "bert-base", texts::ENCODER, "2018-10", texts::ENGLISH),
        ("mBERT", "bert-base-multilingual-cased", texts::ENCODER, "2018-11", texts::MANY),
    ];
    let columns = [
        texts::COLUMN_MODEL,
        texts::COLUMN_KIND,
        texts::COLUMN_RELEASE,
        texts::COLUMN_VOCABULARY,
        texts::COLUMN_COUNT,
        texts::COLUMN_TABLE,
        texts::COLUMN_USE,
    ];
    let (left, right) = (Align::Left, Align::Right);
    let mut table =
        Table::new(columns.map(|text| text.get(language))).align([left, left, left, right, right, right, left]);
    let [mut in_table, mut rest] = [vec![], vec![]];
    for (name, key, kind, release, used) in rows {
        let model = model(key);
        let (all, words) = (model.parameters(), model.vocab_size * model.hidden_size);
        let share = format!("{:.0} %", 100.0 * words as f64 / all as f64);
        let [pieces, count] = [model.vocab_size, all].map(|number| grouped(number as u64));
        table.row([name, kind.get(language), release, &pieces, &count, &share, used.get(language)]);
        in_table.push(words as f64 / 1e6);
        rest.push((all - words) as f64 / 1e6);
    }
    l.table(table);
    l.bars(
        BarChart::new(rows.map(|(name, ..)| name))
            .series(texts::SERIES_TABLE.get(language), &in_table)
            .series(texts::SERIES_REST.get(language), &rest)
            .title(texts::PICTURE.get(language))
            .decimals(1),
    );
    l.picture();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_are_those_of_the_models() {
        assert_eq!(model("kobert").parameters(), 92_186_880);
        assert_eq!(model("kogpt2").parameters(), 125_164_032);
        assert_eq!(model("bert-base-multilingual-cased").parameters(), 177_853_440);
    }

    /// Text that the vocabulary has seen the characters of comes back to the letter, its spaces too.
    #[test]
    fn pieces_are_the_text_again() {
        let corpus = corpus(&[TextLanguage::Korean]);
        let (unigram, word_piece) = vocabularies(&corpus);
        for sentence in corpus.sentences().take(200).chain(ROUND_TRIPS) {
            assert_eq!(and_back(&unigram, sentence), sentence);
        }
        for sentence in ROUND_TRIPS {
            let ids = word_piece.encode(sentence).unwrap();
            assert_ne!(word_piece.decode(&ids), sentence, "WordPiece guesses where the spaces were");
        }
    }

    #[test]
    fn spaces_stand_before_words() {
        let corpus = corpus(&[TextLanguage::Korean]);
        let (unigram, _) = vocabularies(&corpus);
        for sentence in corpus.sentences().take(50) {
            let pieces = unigram.encode(sentence, false).unwrap();
            let marked = pieces.iter().filter(|piece| piece.token.starts_with('▁')).count();
            assert_eq!(marked, sentence.split(' ').count(), "{sentence}");
        }
    }
}
