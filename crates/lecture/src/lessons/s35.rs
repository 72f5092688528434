//! S35: kinds of language models. Three models read the same words; which of them may look at which is read off their attention weights.
//! Then the lineage is counted: by structure, by openness, by year.
//!
//! T words, H heads: weights `[1, H, T, T]`.

use std::collections::BTreeMap;

use jumok_bert::{BertConfig, BertForMaskedLM, BertInputs};
use jumok_nn::translation::Seq2SeqBatch;
use jumok_nn::{Ctx, Record, show};
use jumok_seq2seq::probe::Symbols;
use jumok_tensor::{IntTensor, Tensor};
use jumok_training::{Language, Text};
use jumok_transformer::causal::{CausalLanguageModel, CausalLanguageModelConfig};
use jumok_transformer::translation::{TransformerConfig, TransformerForTranslation};
use jumok_viz::{Align, HeatMap, Table};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::WORDS;
use crate::lineage::{Access, Branch, Lineage, Model};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S35.
pub static LESSON: Lesson = Lesson {
    id: "s35",
    slides: &["S35"],
    title: Text { en: "Kinds of language models", ko: "언어 모델의 구분" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The question.
        QUESTION =
            "All language models since 2017 are made of the same layers. What tells the kinds apart is who may look at whom, and that is one mask. Three models of one layer and one head, nothing learned yet, read the same words; their attention weights:"
            | "2017년 이후의 언어 모델은 모두 같은 층으로 이루어집니다. 종류를 가르는 것은 누가 누구를 볼 수 있는가이고, 그것은 마스크 하나입니다. 층 하나, 헤드 하나이고 아직 아무것도 배우지 않은 모델 셋이 같은 단어를 읽습니다. 어텐션 가중치는 다음과 같습니다.";
        /// The encoder.
        ENCODER =
            "An encoder (BERT): every word sees every word. So it understands what is there, and cannot write: the word to come would have been seen."
            | "인코더(BERT): 모든 단어가 모든 단어를 봅니다. 그래서 있는 글을 잘 이해하지만 쓰지는 못합니다. 다음에 올 단어를 이미 보았을 테니까요.";
        /// The decoder.
        DECODER =
            "A decoder (GPT): every word sees itself and those before. So at each place the next word can be foretold, and it can write."
            | "디코더(GPT): 모든 단어가 자신과 앞의 단어만 봅니다. 그래서 자리마다 다음 단어를 예측할 수 있고, 쓸 수 있습니다.";
        /// Both.
        BOTH =
            "An encoder–decoder (the first Transformer, T5): it reads as an encoder and writes as a decoder that also sees all that was read:"
            | "인코더-디코더(첫 트랜스포머, T5): 인코더처럼 읽고, 읽은 것 전부를 함께 보는 디코더로 씁니다.";
        /// Over the picture.
        OVER_PICTURE =
            "Where a weight is not 0, the one in the row may look at the one in the column. All three side by side. In the last a row is a word that is written (behind the stroke): it looks at the words read, and then at those written, which begin with a start token:"
            | "가중치가 0이 아니면 행의 단어가 열의 단어를 볼 수 있습니다. 셋을 나란히 놓았습니다. 마지막에서 행은 쓰는 단어(빗금 뒤)입니다. 읽은 단어를 보고, 이어서 시작 토큰으로 시작하는 쓴 단어를 봅니다.";
        /// Title of the picture.
        PICTURE = "Who may look at whom: encoder, decoder, encoder–decoder" | "누가 누구를 볼 수 있는가: 인코더, 디코더, 인코더-디코더";
        /// A heading.
        COUNT_TITLE = "How many of each" | "종류마다 몇 개인가";
        /// What is counted.
        COUNT =
            "The data file of the family tree (S22) holds {models} models on its three branches. Counted by structure and by whether their weights can be had:"
            | "계통수(S22)의 자료 파일에는 세 갈래에 모델이 {models}개 있습니다. 구조별로, 그리고 가중치를 얻을 수 있는지에 따라 세면 다음과 같습니다.";
        /// A column.
        COLUMN_STRUCTURE = "structure" | "구조";
        /// A column.
        COLUMN_OPEN = "open" | "공개";
        /// A column.
        COLUMN_CLOSED = "closed" | "비공개";
        /// A column.
        COLUMN_EARLY = "until {year}" | "{year}년까지";
        /// A column.
        COLUMN_LATE = "since {year}" | "{year}년부터";
        /// A column.
        COLUMN_EXAMPLES = "for example" | "보기";
        /// What is seen.
        SHIFT =
            "At first encoders were the most, and they are still what search and classification run on. Since {year} nearly everything new is a decoder, for a model that writes can be asked anything."
            | "처음에는 인코더가 가장 많았고, 검색과 분류는 지금도 인코더로 돌아갑니다. {year}년부터 새로 나온 것은 거의 모두 디코더입니다. 쓰는 모델에게는 무엇이든 물을 수 있기 때문입니다.";
        /// A heading.
        OPEN_TITLE = "Open is not open source" | "공개와 오픈소스는 다릅니다";
        /// What open means.
        OPEN =
            "The slide divides into open source and proprietary. In between lies much of what is called open: the weights can be had, but under a licence of their maker that forbids some uses, and mostly without the data. Of the {open} open ones:"
            | "슬라이드는 오픈소스와 사유화로 나눕니다. 그 사이에, 공개라고 불리는 것의 많은 부분이 있습니다. 가중치는 얻을 수 있지만 만든 곳의 라이선스가 어떤 쓰임을 막고, 데이터는 대개 없습니다. 공개된 {open}개를 나누면 다음과 같습니다.";
        /// A column.
        COLUMN_LICENCE = "licence" | "라이선스";
        /// A column.
        COLUMN_MODELS = "models" | "모델";
        /// A kind of licence.
        FREE = "open source (Apache, MIT, BSD, public domain)" | "오픈소스 (Apache, MIT, BSD, 퍼블릭 도메인)";
        /// A kind of licence.
        NON_COMMERCIAL = "Creative Commons, non-commercial" | "크리에이티브 커먼즈, 비상업";
        /// A kind of licence.
        OWN = "the maker's own" | "만든 곳의 것";
        /// Where to go on.
        OUTLOOK = "`lineage --open --branch decoder-only` lists them with their licences." | "`lineage --open --branch decoder-only`로 라이선스와 함께 볼 수 있습니다.";
    }
}

const WIDTH: usize = 16;
const HEADS: usize = 1;
/// The year before which and since which models are counted.
const TURN: u16 = 2021;
/// Licences that the Open Source Initiative, or for data the Open Knowledge Foundation, calls open.
const FREE: [&str; 4] = ["Apache-2.0", "MIT", "BSD-3-Clause", "PDDL"];

/// The attention weights that were recorded at a place: `[1, H, T, T]`.
fn weights_at(records: &[Record], path: &str) -> Tensor {
    let record = records.iter().find(|record| record.path == path);
    record.unwrap_or_else(|| panic!("no {path} was recorded")).value.clone()
}

/// What the three models say, and their attention weights, `[1, 1, T, T]` each.
struct Kinds {
    /// Logits of the encoder, of the decoder, of the encoder–decoder.
    logits: [Tensor; 3],
    encoder: Tensor,
    decoder: Tensor,
    /// Of the encoder, of the decoder on itself, of the decoder on the encoder.
    both: [Tensor; 3],
}

// ANCHOR: kinds
/// Three models of one layer read `count` words.
fn kinds(count: usize, rng: &mut ChaCha8Rng) -> Kinds {
    let ids: Vec<i64> = (0..count as i64).collect();
    let sequence = IntTensor::from_vec(ids, &[1, count]);
    let sound = "a valid configuration";

    let config = BertConfig {
        vocab_size: count,
        hidden_size: WIDTH,
        num_hidden_layers: 1,
        num_attention_heads: HEADS,
        intermediate_size: 2 * WIDTH,
        max_position_embeddings: count,
        initializer_range: 0.3,
        ..BertConfig::tiny()
    };
    let model = BertForMaskedLM::new(&config, rng.random()).expect(sound);
    let mut ctx = Ctx::eval().recording();
    let reads = model.forward(&BertInputs::new(sequence.clone()), &mut ctx);
    let encoder = weights_at(&ctx.take_records(), "bert.encoder.layer.0.attention.self.weights");

    let config = CausalLanguageModelConfig {
        vocab_size: count,
        n_positions: count,
        n_embd: WIDTH,
        n_layer: 1,
        n_head: HEADS,
        initializer_range: 0.3,
        ..CausalLanguageModelConfig::nanogpt()
    };
    let model = CausalLanguageModel::new(&config, rng).expect(sound);
    let mut ctx = Ctx::eval().recording();
    let writes = model.forward(&sequence, &mut ctx);
    let decoder = weights_at(&ctx.take_records(), "h.0.attn.weights");

    let config = TransformerConfig {
        vocab_size: Symbols::FIRST as usize + count,
        d_model: WIDTH,
        encoder_layers: 1,
        encoder_attention_heads: HEADS,
        encoder_ffn_dim: 2 * WIDTH,
        decoder_layers: 1,
        decoder_attention_heads: HEADS,
        decoder_ffn_dim: 2 * WIDTH,
        ..TransformerConfig::tiny()
    };
    let model = TransformerForTranslation::new(&config, rng).expect(sound);
    let words: Vec<i64> = (0..count as i64).map(|n| Symbols::FIRST + n).collect();
    // What is written begins with a start token, so one word fewer stands behind it.
    let written = &words[..count - 1];
    let batch = Seq2SeqBatch::new(std::slice::from_ref(&words), &[written.to_vec()], &config);
    let mut ctx = Ctx::eval().recording();
    let translates = model.forward(&batch, &mut ctx);
    let records = ctx.take_records();
    let both = ["encoder.layers.0.self_attn", "decoder.layers.0.self_attn", "decoder.layers.0.multihead_attn"]
        .map(|path| weights_at(&records, &format!("{path}.weights")));
    Kinds { logits: [reads, writes, translates], encoder, decoder, both }
}
// ANCHOR_END: kinds

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let words = l.words(&WORDS)?;
    let (count, language) = (words.len(), l.language());
    let Kinds { logits, encoder, decoder, both: [reads, writes, crosses] } = kinds(count, l.rng());
    for axis in ["query", "key", "read", "written"] {
        l.label(axis, &words);
    }

    l.say(&texts::QUESTION, &[]);
    l.formula("weights = softmax(Q·Kᵀ/√d + mask)      mask: 0 where one may look, −∞ where not");
    l.say(&texts::ENCODER, &[]);
    show!(l.model(), "encoder.weights", ["batch", "head", "query", "key"], &encoder);
    l.matrices();
    l.say(&texts::DECODER, &[]);
    show!(l.model(), "decoder.weights", ["batch", "head", "query", "key"], &decoder);
    l.matrices();
    l.say(&texts::BOTH, &[]);
    let start: Vec<String> = ["<s>".to_owned()].into_iter().chain(words[..count - 1].iter().cloned()).collect();
    l.label("query", &words);
    show!(l.model(), "both.encoder.weights", ["batch", "head", "query", "key"], &reads);
    l.label("written", &start);
    l.label("before", &start);
    show!(l.model(), "both.decoder.weights", ["batch", "head", "written", "before"], &writes);
    show!(l.model(), "both.cross.weights", ["batch", "head", "written", "read"], &crosses);
    l.matrices();

    l.say(&texts::OVER_PICTURE, &[]);
    l.heat_map(side_by_side(language, &words, &start, [&encoder, &decoder, &crosses, &writes]));
    l.picture();
    count_models(l, language);
    l.say(&texts::OUTLOOK, &[]);
    let flat = logits.map(|logits| logits.reshape(&[-1]));
    l.loss_of(&Tensor::concat(&flat.each_ref(), 0));
    Ok(())
}

/// 1 where one may look, 0 where not: encoder, decoder, and the decoder of an encoder–decoder on what was read and what was written.
fn side_by_side(language: Language, words: &[String], start: &[String], weights: [&Tensor; 4]) -> HeatMap {
    let count = words.len();
    let values = weights.map(Tensor::to_vec);
    // Encoder, gap, decoder, gap, what was read, what was written.
    let gaps = [count, 2 * count + 1];
    let mut cells = vec![];
    for row in 0..count {
        for (n, weights) in values.iter().enumerate() {
            cells.extend(weights[row * count..][..count].iter().map(|&weight| if weight > 0.0 { 1.0 } else { 0.0 }));
            if n < gaps.len() {
                cells.push(0.0);
            }
        }
    }
    let gap = [String::new()];
    let labels = [words, &gap, words, &gap, words, start].concat();
    HeatMap::new(&cells, [count, 4 * count + gaps.len()])
        .blank(|_, column| gaps.contains(&column))
        .title(texts::PICTURE.get(language))
        .row_labels(words.iter().zip(start).map(|(word, written)| format!("{word} / {written}")))
        .col_labels(labels)
}

/// The lineage by structure, time and licence.
fn count_models(l: &mut LessonCtx, language: Language) {
    let lineage = Lineage::built_in();
    let models: Vec<&Model> = lineage.models().iter().filter(|model| model.branch != Branch::Root).collect();
    let count = |keep: &dyn Fn(&Model) -> bool| models.iter().filter(|model| keep(model)).count().to_string();
    l.heading(&texts::COUNT_TITLE, &[]);
    l.say(&texts::COUNT, &[("models", &models.len())]);
    let early = texts::COLUMN_EARLY.fill(language, &[("year", &(TURN - 1))]);
    let late = texts::COLUMN_LATE.fill(language, &[("year", &TURN)]);
    let [structure, open, closed, examples] =
        [texts::COLUMN_STRUCTURE, texts::COLUMN_OPEN, texts::COLUMN_CLOSED, texts::COLUMN_EXAMPLES]
            .map(|text| text.get(language));
    let right = Align::Right;
    let mut table = Table::new([structure, open, closed, &early, &late, examples]).align([
        Align::Left,
        right,
        right,
        right,
        right,
        Align::Left,
    ]);
    for branch in [Branch::EncoderOnly, Branch::DecoderOnly, Branch::EncoderDecoder] {
        let of_branch = |keep: &dyn Fn(&Model) -> bool| count(&|model| model.branch == branch && keep(model));
        let names: Vec<&str> =
            models.iter().filter(|model| model.branch == branch).map(|model| model.name.as_str()).take(4).collect();
        table.row([
            branch.title().get(language).to_owned(),
            of_branch(&|model| model.access == Access::Open),
            of_branch(&|model| model.access == Access::Closed),
            of_branch(&|model| model.date.year < TURN),
            of_branch(&|model| model.date.year >= TURN),
            names.join(", "),
        ]);
    }
    l.table(table);
    l.say(&texts::SHIFT, &[("year", &TURN)]);

    l.heading(&texts::OPEN_TITLE, &[]);
    let mut kinds: BTreeMap<usize, usize> = BTreeMap::new();
    let open = models.iter().filter(|model| model.access == Access::Open);
    for licence in open.filter_map(|model| model.licence.as_deref()) {
        *kinds.entry(kind_of(licence)).or_default() += 1;
    }
    l.say(&texts::OPEN, &[("open", &kinds.values().sum::<usize>())]);
    let columns = [texts::COLUMN_LICENCE, texts::COLUMN_MODELS].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Left, Align::Right]);
    for (kind, text) in [texts::FREE, texts::NON_COMMERCIAL, texts::OWN].iter().enumerate() {
        table.row([text.get(language), &kinds.get(&kind).copied().unwrap_or(0).to_string()]);
    }
    l.table(table);
}

/// 0: open source, 1: Creative Commons without commerce, 2: one that the maker wrote.
fn kind_of(licence: &str) -> usize {
    if FREE.contains(&licence) {
        0
    } else if licence.starts_with("CC-BY-NC") {
        1
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LessonOptions;
    use rand::SeedableRng;

    /// What the slide's three kinds are, read off the models themselves.
    #[test]
    fn the_three_kinds_differ_in_who_may_look_at_whom() {
        let count = 6;
        let kinds = kinds(count, &mut ChaCha8Rng::seed_from_u64(1));
        let sees = |weights: &Tensor, allowed: &dyn Fn(usize, usize) -> bool| {
            let values = weights.to_vec();
            (0..count * count).all(|n| (values[n] > 0.0) == allowed(n / count, n % count))
        };
        let all = |_: usize, _: usize| true;
        let before = |query: usize, key: usize| key <= query;
        assert!(sees(&kinds.encoder, &all));
        assert!(sees(&kinds.decoder, &before));
        let [reads, writes, crosses] = &kinds.both;
        assert!(sees(reads, &all) && sees(writes, &before) && sees(crosses, &all));
    }

    /// The gaps between the three are no cells: nothing in the picture is −∞, which the formula above it keeps for masks.
    #[test]
    fn the_three_stand_side_by_side_with_gaps() {
        for language in [Language::English, Language::Korean] {
            let run = LESSON.run(&LessonOptions { language, ..LessonOptions::default() }).unwrap();
            let svg = run.to_svg().unwrap();
            let count = WORDS.get(language).split(' ').count();
            assert!(!svg.contains('∞'), "{svg}");
            assert_eq!(svg.matches(": 1.0000</title>").count(), 2 * count * count + count * (count + 1), "may look");
            assert_eq!(svg.matches(": 0.0000</title>").count(), count * (count - 1), "may not look");
        }
    }

    #[test]
    fn every_open_model_is_counted_once() {
        let lineage = Lineage::built_in();
        let open = lineage.models().iter().filter(|model| model.access == Access::Open);
        assert!(open.clone().all(|model| model.licence.is_some()));
        assert_eq!(kind_of("MIT"), 0);
        assert_eq!(kind_of("CC-BY-NC-4.0"), 1);
        assert_eq!(kind_of("LLaMA licence"), 2);
    }

    #[test]
    fn decoders_are_what_is_new() {
        let lineage = Lineage::built_in();
        let late: Vec<_> = lineage.models().iter().filter(|model| model.date.year >= TURN).collect();
        let decoders = late.iter().filter(|model| model.branch == Branch::DecoderOnly).count();
        assert!(decoders * 10 > late.len() * 8, "{decoders} of {}", late.len());
    }
}
