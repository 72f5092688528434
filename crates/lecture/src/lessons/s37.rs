//! S37: other languages and fields. How many pieces a word is cut into by a vocabulary that was learned on something else, what is
//! left of a word that it cannot spell, and what Hangul's letters and spaces have to do with it.
//!
//! V pieces, D features: a table of pieces `[V, D]`.

mod field;
mod hangul;

use jumok_nn::show;
use jumok_tensor::{IntTensor, Tensor};
use jumok_text::{Corpus, Language as TextLanguage, SubwordTokenizer, Tokenizer, WordPieceOptions};
use jumok_training::Text;
use jumok_viz::{Align, BarChart, Table};
use rand::RngExt;

use self::hangul::{decomposed, written_apart};
use super::sequences::{joined, stories};
use super::vectors;
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S37.
pub static LESSON: Lesson = Lesson {
    id: "s37",
    slides: &["S37"],
    title: Text { en: "Other languages and fields", ko: "다른 언어와 분야" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The words of the lesson.
        WORDS = "the boy has chronic nephropathy" | "소년은 따뜻한 우유를 마신다";
        /// The question.
        QUESTION =
            "A model can be no better than its vocabulary lets it read. Four are learned here, {size} pieces each: on English stories, on Korean ones, on both, and on sentences of a medical field. Then each takes apart {sentences} new sentences of every kind. Pieces a word:"
            | "모델은 어휘가 읽게 해 주는 만큼만 잘할 수 있습니다. 여기서 어휘 네 개를 조각 {size}개씩으로 배웁니다. 영어 이야기, 한국어 이야기, 둘 모두, 의학 분야의 문장에서입니다. 그리고 어휘마다 종류별로 새 문장 {sentences}개를 나눕니다. 단어마다 조각 수는 다음과 같습니다.";
        /// A column.
        COLUMN_VOCABULARY = "vocabulary" | "어휘";
        /// A kind of text.
        ENGLISH = "English" | "영어";
        /// A kind of text.
        KOREAN = "Korean" | "한국어";
        /// A vocabulary.
        BOTH = "both languages" | "두 언어";
        /// A kind of text.
        MEDICAL = "medical" | "의학";
        /// Title of the picture.
        PICTURE = "Pieces a word" | "단어마다 조각 수";
        /// An axis.
        AXIS_TEXT = "text" | "글";
        /// An axis.
        AXIS_PIECES = "pieces" | "조각";
        /// What is seen.
        SEEN =
            "Each text is shortest under its own vocabulary. These are byte-level pieces, so anything can be spelled; but a Hangul syllable has three bytes, and the English vocabulary knows no more of Korean than those. Under it a Korean word takes {times} times the pieces that its own vocabulary needs. A sentence is that much longer, and attention's pairs grow with the square. The vocabulary of both is the compromise of multilingual models: everybody pays a little."
            | "어느 글이든 자기 어휘에서 가장 짧습니다. 여기 조각은 바이트 단위라서 무엇이든 적을 수는 있습니다. 그러나 한글 음절은 세 바이트이고, 영어 어휘가 아는 한국어는 그 바이트뿐입니다. 그래서 한국어 단어에는 자기 어휘의 {times}배나 되는 조각이 듭니다. 문장이 그만큼 길어지고, 어텐션의 쌍은 제곱으로 늘어납니다. 두 언어의 어휘는 다국어 모델의 타협입니다. 모두가 조금씩 더 냅니다.";
        /// WordPiece.
        UNKNOWN_TITLE = "A word that cannot be spelled" | "적을 수 없는 단어";
        /// What happens.
        UNKNOWN =
            "BERT's WordPiece has no bytes to fall back on. A word with a character that is not in the vocabulary becomes [UNK], all of it. Your words, and {more} more:"
            | "BERT의 WordPiece에는 물러설 바이트가 없습니다. 어휘에 없는 글자가 하나라도 있으면 단어가 통째로 [UNK]가 됩니다. 주어진 단어와 {more}개를 더 봅니다.";
        /// A column.
        COLUMN_WORD = "word" | "단어";
        /// A column.
        COLUMN_ENGLISH = "English vocabulary" | "영어 어휘";
        /// A column.
        COLUMN_BOTH = "vocabulary of both" | "두 언어의 어휘";
        /// What the model sees.
        VECTORS =
            "And what does a model see? A row of its table for each piece; here is their mean, word by word. Under the English vocabulary {unknown} words have one and the same vector: whatever the model learns about one, it says about all."
            | "모델이 보는 것은 무엇일까요? 조각마다 표의 행 하나입니다. 단어마다 그 평균을 봅니다. 영어 어휘에서는 단어 {unknown}개의 벡터가 똑같습니다. 모델이 하나에 대해 배운 것은 모두에 대해 하는 말이 됩니다.";
        /// Hangul.
        HANGUL_TITLE = "Syllables and letters" | "음절과 자모";
        /// Unicode.
        COMPOSED =
            "Unicode writes a Hangul syllable as one character (NFC) or as its two or three letters (NFD), and both look the same. Which letters, the number of the syllable says:"
            | "유니코드는 한글 음절을 글자 하나로도(NFC), 자모 두세 개로도(NFD) 적고, 둘은 똑같아 보입니다. 어떤 자모인지는 음절의 번호가 말해 줍니다.";
        /// A column.
        COLUMN_SYLLABLE = "syllable" | "음절";
        /// A column.
        COLUMN_NUMBER = "number s" | "번호 s";
        /// A column.
        COLUMN_LETTERS = "letters" | "자모";
        /// What uncased models do.
        STRIPPED =
            "An uncased BERT strips accents: it decomposes and throws the marks away. Of é that leaves e. Of Hangul it throws nothing away, but it leaves letters, not syllables. So multilingual BERT is best taken cased. A cased one, on the other hand, does not compose, and a text that comes decomposed (file names of a Mac, for instance) is all unknown. \"{sentence}\", under Korean vocabularies of {size} pieces that differ in nothing else:"
            | "대소문자를 없애는(uncased) BERT는 악센트를 지웁니다. 글자를 분해하고 부호를 버리는 것입니다. é에서는 e가 남습니다. 한글에서는 버리는 것이 없지만, 남는 것은 음절이 아니라 자모입니다. 그래서 다국어 BERT는 대소문자를 구분하는(cased) 것을 씁니다. 다만 cased는 합치지 않으므로, 분해된 채 들어온 글(예를 들어 맥의 파일 이름)은 모두 모르는 글이 됩니다. 다른 것은 모두 같은 조각 {size}개짜리 한국어 어휘들로 \"{sentence}\"를 읽으면 다음과 같습니다.";
        /// A column.
        COLUMN_READER = "tokenizer" | "토크나이저";
        /// A column.
        COLUMN_NFC = "composed (NFC)" | "합친 글 (NFC)";
        /// A column.
        COLUMN_NFD = "decomposed (NFD)" | "분해한 글 (NFD)";
        /// A tokenizer.
        CASED = "cased" | "cased (그대로)";
        /// A tokenizer.
        UNCASED = "uncased" | "uncased (악센트 제거)";
        /// A tokenizer.
        OURS = "composed first" | "먼저 합침";
        /// Spaces.
        SPACES_TITLE = "Spaces" | "띄어쓰기";
        /// What spaces change.
        SPACES =
            "Korean is written with spaces, but not everybody sets them alike, and every tokenizer here splits at them first. The same syllables under the composed vocabulary:"
            | "한국어는 띄어 쓰지만 누구나 똑같이 띄어 쓰지는 않습니다. 그리고 여기 토크나이저는 모두 먼저 공백에서 나눕니다. 같은 음절을 합치는 어휘로 나누면 다음과 같습니다.";
        /// A column.
        COLUMN_WRITTEN = "as written" | "쓴 대로";
        /// A column.
        COLUMN_PIECES = "pieces" | "조각";
        /// What follows.
        SPACES_SEEN =
            "A stem in front and the same stem behind another syllable are two different pieces (with ## and without), learned apart. Korean models therefore often correct the spacing first, or cut words into morphemes before the vocabulary is learned."
            | "맨 앞의 어간과 다른 음절 뒤의 같은 어간은 서로 다른 조각이고(##이 붙거나 붙지 않거나), 따로 배웁니다. 그래서 한국어 모델은 띄어쓰기를 먼저 고치거나, 어휘를 배우기 전에 단어를 형태소로 나누기도 합니다.";
        /// Fields.
        FIELDS_TITLE = "A field of its own" | "자기 분야";
        /// Two ways.
        FIELDS =
            "A field is reached in two ways. BioBERT keeps BERT's vocabulary and goes on pre-training on papers, so \"nephropathy\" stays in pieces, but pieces with a meaning. SciBERT begins anew with a vocabulary of its own; of its pieces BERT's vocabulary has 42 %. Here the English vocabulary cuts a medical word into {general} pieces, the field's own into {own}."
            | "분야에 이르는 길은 둘입니다. BioBERT는 BERT의 어휘를 그대로 두고 논문으로 사전학습을 이어 갑니다. \"nephropathy\"는 여전히 조각나지만 조각에 뜻이 실립니다. SciBERT는 자기 어휘로 처음부터 다시 시작합니다. 그 조각 가운데 BERT의 어휘에도 있는 것은 42 %입니다. 여기서는 의학 단어 하나를 영어 어휘는 {general}조각, 분야의 어휘는 {own}조각으로 나눕니다.";
        /// Where to go on.
        OUTLOOK =
            "`tokenize --tokenizer DIR \"…\"` shows what any tokenizer in Hugging Face's format makes of your text, `tokenize --count FILE` counts pieces a word."
            | "`tokenize --tokenizer DIR \"…\"`는 Hugging Face 형식의 어떤 토크나이저로든 글을 나누어 보이고, `tokenize --count FILE`은 단어마다 조각 수를 셉니다.";
    }
}

/// Pieces of each vocabulary: 256 bytes and room for words.
const SIZE: usize = 900;
const WIDTH: usize = 4;
const LEARNED_FROM: usize = 500;
const JUDGED: usize = 60;
/// Words that are looked at beside those of the user.
const MORE: [&str; 4] = ["nephropathy", "café", "할머니가", "우유를"];
/// The classic of spacing: the father goes into the room, or the father's bag goes in.
const SPACINGS: [&str; 3] = ["아버지가 방에 들어가신다", "아버지 가방에 들어가신다", "아버지가방에들어가신다"];

// ANCHOR: pieces_a_word
/// Pieces for each word of a corpus, words being what stands between spaces.
fn pieces_a_word(tokenizer: &SubwordTokenizer, corpus: &Corpus) -> f64 {
    let (mut pieces, mut words) = (0, 0);
    for sentence in corpus.sentences() {
        pieces += tokenizer.encode(sentence, false).expect("bytes spell anything").len();
        words += sentence.split_whitespace().count();
    }
    pieces as f64 / words as f64
}
// ANCHOR_END: pieces_a_word

/// What is learned from and what is judged by: English, Korean, medical; no sentence of the second is in the first.
fn corpora(seed: u64) -> [[Corpus; 2]; 3] {
    let unseen = |training: &Corpus, other: Corpus| {
        let known: std::collections::HashSet<&str> = training.sentences().collect();
        let fresh = other.sentences().filter(|sentence| !known.contains(sentence)).take(JUDGED);
        Corpus { documents: vec![fresh.map(str::to_owned).collect()] }
    };
    let told = |tell: &dyn Fn(usize, u64) -> Corpus| {
        let training = tell(LEARNED_FROM, seed);
        let judged = unseen(&training, tell(LEARNED_FROM, seed.wrapping_add(1)));
        [training, judged]
    };
    [
        told(&|documents, seed| stories(TextLanguage::English, documents, seed)),
        told(&|documents, seed| stories(TextLanguage::Korean, documents, seed)),
        told(&|documents, seed| field::sentences(documents, seed)),
    ]
}

/// A WordPiece vocabulary; `language` Korean composes, English with `lowercase` strips accents.
fn word_pieces(corpus: &Corpus, lowercase: bool, language: TextLanguage) -> Tokenizer {
    let options = WordPieceOptions { vocab_size: 2 * SIZE, lowercase, language, ..WordPieceOptions::default() };
    Tokenizer::train(corpus, &options).expect("the stories have words")
}

fn pieces(tokenizer: &Tokenizer, text: &str) -> Vec<String> {
    let ids = tokenizer.encode(text).expect("BERT's steps take any text");
    tokenizer.tokens(&ids).into_iter().map(written_apart).collect()
}

/// The mean of the rows of a word's pieces, word by word: `[words, D]`.
fn word_vectors(tokenizer: &Tokenizer, table: &Tensor, words: &[String]) -> Tensor {
    let mean = |word: &String| {
        let ids = tokenizer.encode(word).expect("BERT's steps take any text");
        let count = ids.len();
        table.index_select(0, &IntTensor::from_vec(ids, &[count])).mean(&[0], true) // [1, D]
    };
    let means: Vec<Tensor> = words.iter().map(mean).collect();
    Tensor::concat(&means.iter().collect::<Vec<_>>(), 0)
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let given = l.words(&texts::WORDS)?;
    let language = l.language();
    let [english, korean, medical] = corpora(l.rng().random());
    let both = joined([&english[0], &korean[0]]);

    l.say(&texts::QUESTION, &[("size", &SIZE), ("sentences", &JUDGED)]);
    let vocabularies = [
        (texts::ENGLISH, &english[0]),
        (texts::KOREAN, &korean[0]),
        (texts::BOTH, &both),
        (texts::MEDICAL, &medical[0]),
    ];
    let judged = [(texts::ENGLISH, &english[1]), (texts::KOREAN, &korean[1]), (texts::MEDICAL, &medical[1])];
    let columns = [texts::COLUMN_VOCABULARY].into_iter().chain(judged.iter().map(|(name, _)| *name));
    let mut table = Table::new(columns.map(|text| text.get(language))).align([
        Align::Left,
        Align::Right,
        Align::Right,
        Align::Right,
    ]);
    let mut bars = BarChart::new(judged.map(|(name, _)| name.get(language)))
        .title(texts::PICTURE.get(language))
        .axes(texts::AXIS_TEXT.get(language), texts::AXIS_PIECES.get(language))
        .decimals(2);
    let mut fertility = vec![];
    for (name, corpus) in vocabularies {
        let tokenizer = SubwordTokenizer::train_bpe(corpus, SIZE, 2).expect("the stories have words");
        let row = judged.map(|(_, text)| pieces_a_word(&tokenizer, text));
        table.row([name.get(language).to_owned()].into_iter().chain(row.map(|pieces| format!("{pieces:.2}"))));
        bars = bars.series(name.get(language), &row);
        fertility.push(row);
    }
    l.table(table);
    l.bars(bars);
    l.picture();
    l.say(&texts::SEEN, &[("times", &format!("{:.1}", fertility[0][1] / fertility[1][1]))]);

    l.heading(&texts::UNKNOWN_TITLE, &[]);
    l.say(&texts::UNKNOWN, &[("more", &MORE.len())]);
    let mut words = given.clone();
    words.extend(MORE.map(str::to_owned).into_iter().filter(|word| !given.contains(word)));
    let of_english = word_pieces(&english[0], true, TextLanguage::English);
    let of_both = word_pieces(&both, true, TextLanguage::Korean);
    let columns = [texts::COLUMN_WORD, texts::COLUMN_ENGLISH, texts::COLUMN_BOTH].map(|text| text.get(language));
    let mut table = Table::new(columns);
    for word in &words {
        table.row([word.clone(), pieces(&of_english, word).join(" "), pieces(&of_both, word).join(" ")]);
    }
    l.table(table);
    let unknown = words.iter().filter(|word| pieces(&of_english, word) == ["[UNK]"]).count();
    l.say(&texts::VECTORS, &[("unknown", &unknown)]);
    l.formula("x(word) = mean of E[piece] over its pieces");
    l.label("word", &words);
    let vectors_of = |tokenizer: &Tokenizer, l: &mut LessonCtx| {
        let table = vectors(tokenizer.vocab_size(), WIDTH, l.rng());
        word_vectors(tokenizer, &table, &words)
    };
    let by_english = vectors_of(&of_english, l); //                           [words, D]
    let by_both = vectors_of(&of_both, l); //                                 [words, D]
    show!(l.model(), "english", ["word", "feature"], &by_english);
    show!(l.model(), "both", ["word", "feature"], &by_both);
    l.matrices();

    l.heading(&texts::HANGUL_TITLE, &[]);
    l.say(&texts::COMPOSED, &[]);
    l.formula("s = code − AC00₁₆      initial ⌊s/588⌋,  vowel ⌊(s mod 588)/28⌋,  final s mod 28 (0: none)");
    let columns = [texts::COLUMN_SYLLABLE, texts::COLUMN_NUMBER, texts::COLUMN_LETTERS].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Left, Align::Right, Align::Left]);
    for syllable in "주목값".chars() {
        let written: Vec<String> =
            decomposed(&syllable.to_string()).chars().map(|c| written_apart(&c.to_string())).collect();
        table.row([syllable.to_string(), (syllable as u32 - 0xac00).to_string(), written.join(" ")]);
    }
    l.table(table);
    let sentence = "우유를 마신다";
    l.say(&texts::STRIPPED, &[("sentence", &sentence), ("size", &(2 * SIZE))]);
    let readers = [
        (texts::CASED, false, TextLanguage::English),
        (texts::UNCASED, true, TextLanguage::English),
        (texts::OURS, false, TextLanguage::Korean),
    ];
    let columns = [texts::COLUMN_READER, texts::COLUMN_NFC, texts::COLUMN_NFD].map(|text| text.get(language));
    let mut table = Table::new(columns);
    for (name, lowercase, setting) in readers {
        let tokenizer = word_pieces(&korean[0], lowercase, setting);
        let [composed, apart] =
            [sentence.to_owned(), decomposed(sentence)].map(|text| pieces(&tokenizer, &text).join(" "));
        table.row([name.get(language), &composed, &apart]);
    }
    l.table(table);

    l.heading(&texts::SPACES_TITLE, &[]);
    l.say(&texts::SPACES, &[]);
    let tokenizer = word_pieces(&korean[0], false, TextLanguage::Korean);
    let mut table = Table::new([texts::COLUMN_WRITTEN, texts::COLUMN_PIECES].map(|text| text.get(language)));
    for text in SPACINGS {
        table.row([text, &pieces(&tokenizer, text).join(" ")]);
    }
    l.table(table);
    l.say(&texts::SPACES_SEEN, &[]);

    l.heading(&texts::FIELDS_TITLE, &[]);
    let [general, own] = [fertility[0][2], fertility[3][2]].map(|pieces| format!("{pieces:.2}"));
    l.say(&texts::FIELDS, &[("general", &general), ("own", &own)]);
    l.say(&texts::OUTLOOK, &[]);
    l.loss_of(&Tensor::concat(&[&by_english, &by_both], 0));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_shortest_under_its_own_vocabulary() {
        for seed in 0..2 {
            let corpora = corpora(seed);
            let learn = |corpus: &Corpus| SubwordTokenizer::train_bpe(corpus, SIZE, 2).unwrap();
            let [english, korean, medical] = corpora.each_ref().map(|[training, _]| learn(training));
            let both = learn(&joined([&corpora[0][0], &corpora[1][0]]));
            for (n, own) in [&english, &korean, &medical].into_iter().enumerate() {
                let text = &corpora[n][1];
                let best = pieces_a_word(own, text);
                for (m, other) in [&english, &korean, &medical].into_iter().enumerate() {
                    assert!(m == n || pieces_a_word(other, text) > best, "seed {seed}: {n} under {m}");
                }
                if n < 2 {
                    let compromise = pieces_a_word(&both, text);
                    assert!(best < compromise && compromise < 3.0 * best, "seed {seed}: {best} and {compromise}");
                }
            }
            let foreign = pieces_a_word(&english, &corpora[1][1]) / pieces_a_word(&korean, &corpora[1][1]);
            assert!(foreign > 3.0, "seed {seed}: {foreign}");
        }
    }

    /// Two words that cannot be spelled are one to the model.
    #[test]
    fn unknown_words_cannot_be_told_apart() {
        let tokenizer = word_pieces(&stories(TextLanguage::English, 100, 0), true, TextLanguage::English);
        let words = ["우유를", "할머니가", "milk"].map(str::to_owned);
        let values: Vec<f32> = (0..tokenizer.vocab_size() * 2).map(|n| (n as f32).sin()).collect();
        let table = Tensor::from_vec(values, &[tokenizer.vocab_size(), 2]);
        let vectors = word_vectors(&tokenizer, &table, &words).to_vec();
        assert_eq!(vectors[..2], vectors[2..4]);
        assert_ne!(vectors[..2], vectors[4..]);
    }

    /// Decomposed text: lost to the cased tokenizer, letters to the uncased one, the same to the one that composes.
    #[test]
    fn hangul_survives_decomposition_only_where_it_is_composed_again() {
        let corpus = stories(TextLanguage::Korean, 200, 0);
        let sentence = "할머니가 우유를 마신다";
        let both = |lowercase, setting| {
            let tokenizer = word_pieces(&corpus, lowercase, setting);
            [sentence.to_owned(), decomposed(sentence)].map(|text| pieces(&tokenizer, &text))
        };
        let [composed, apart] = both(false, TextLanguage::English);
        assert!(!composed.contains(&"[UNK]".to_owned()) && apart.iter().all(|piece| piece == "[UNK]"), "{apart:?}");
        let [composed, apart] = both(true, TextLanguage::English);
        assert_eq!(composed, apart);
        assert!(!composed.contains(&"할머니가".to_owned()));
        let [composed, apart] = both(false, TextLanguage::Korean);
        assert_eq!(composed, apart);
        assert!(composed.iter().any(|piece| piece.contains('니')), "{composed:?}");
    }

    #[test]
    fn the_spacing_decides_what_goes_into_the_room() {
        let tokenizer = word_pieces(&stories(TextLanguage::Korean, 500, 0), false, TextLanguage::Korean);
        let cut = SPACINGS.map(|text| pieces(&tokenizer, text));
        assert_ne!(cut[0], cut[1]);
        assert_ne!(cut[1], cut[2]);
    }
}
