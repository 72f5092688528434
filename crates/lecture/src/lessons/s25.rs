//! S25: what a BERT is. Three embeddings, layers of the Transformer's encoder, a summary, and where its parameters sit.
//!
//! T tokens, D features: `[1, T, D]` everywhere, the summary `[1, D]`.

use jumok_bert::{BertConfig, BertForPreTraining, BertInputs, TextEncoder};
use jumok_nn::{Ctx, Module, show};
use jumok_tensor::IntTensor;
use jumok_training::Text;
use jumok_viz::{Align, BarChart, Table};
use rand::RngExt;

use super::WORDS;
use super::small_bert::{FIRST, SPECIAL, small_bert, vocabulary};
use crate::calculator::Architecture;
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S25.
pub static LESSON: Lesson = Lesson {
    id: "s25",
    slides: &["S25"],
    title: Text { en: "BERT: an encoder that reads both ways", ko: "BERT: 양쪽을 읽는 인코더" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The name.
        NAME =
            "BERT stands for Bidirectional Encoder Representations from Transformers: representations, in the plural, one for every token (the slide drops the s). It is the encoder of S17 and nothing else. What is new is what it reads, how it learns (S29 to S31), and that one trained encoder serves many tasks (S32)."
            | "BERT는 Bidirectional Encoder Representations from Transformers의 약자입니다. 표현은 토큰마다 하나씩이므로 복수형 Representations인데, 슬라이드에는 s가 빠졌습니다. 구조는 S17의 인코더 그대로입니다. 새로운 것은 무엇을 읽는지, 어떻게 배우는지(S29~S31), 그리고 배운 인코더 하나를 여러 과제에 쓴다는 점(S32)입니다.";
        /// The input.
        INPUT =
            "[CLS] opens every row and [SEP] ends a sentence. Each token becomes the sum of three vectors, all learned: which word it is, where it stands, and to which of two sentences it belongs. Here one sentence, so that all belong to the first; a layer norm keeps the sum in bounds:"
            | "모든 줄은 [CLS]로 시작하고 문장은 [SEP]로 끝납니다. 토큰마다 벡터 셋을 더합니다. 어떤 단어인지, 어디에 있는지, 두 문장 가운데 어느 쪽인지이며 모두 학습합니다. 여기서는 문장이 하나라 모두 첫째 문장에 속합니다. 합은 층 정규화를 거칩니다.";
        /// The layers.
        LAYERS =
            "Then {layers} layers: each is self-attention over all tokens, without any mask but for padding, and a feed-forward layer, both with a way around them and a norm behind. What comes out has the shape of what went in, one representation a token:"
            | "그다음은 층 {layers}개입니다. 층마다 모든 토큰을 보는 셀프 어텐션(패딩 말고는 가리지 않습니다)과 피드포워드가 있고, 둘 다 잔차와 정규화가 따릅니다. 나오는 것은 들어간 것과 모양이 같습니다. 토큰마다 표현 하나입니다.";
        /// The pooler.
        POOLER =
            "Tasks about a whole text need one vector. BERT takes the state of [CLS], which has looked at everything, through one more layer:"
            | "글 전체를 묻는 과제에는 벡터 하나가 필요합니다. BERT는 모든 것을 본 [CLS]의 상태를 층 하나에 더 통과시킵니다.";
        /// The parameters.
        PARAMETERS =
            "Where are the parameters? The list of the model above has {own}, counted module by module. The same count from a configuration alone, for it and for the two models of the paper:"
            | "파라미터는 어디에 있을까요? 위의 모델이 모듈마다 스스로 적은 것을 세면 {own}개입니다. 같은 것을 설정값만으로 세어, 논문의 두 모델과 나란히 놓으면 다음과 같습니다.";
        /// A column.
        COLUMN_PART = "part" | "부분";
        /// A column.
        COLUMN_THIS = "this one" | "이 모델";
        /// A row.
        LAYERS_ROW = "layers, width, heads" | "층, 폭, 헤드";
        /// A row.
        TOGETHER = "together" | "합계";
        /// A part.
        WORD_TABLE = "word embeddings" | "단어 임베딩";
        /// A part.
        POSITION_TABLE = "position embeddings" | "위치 임베딩";
        /// A part.
        SEGMENT_TABLE = "segment embeddings" | "세그먼트 임베딩";
        /// A part.
        EMBEDDING_NORM = "norm of the sum" | "합의 정규화";
        /// A part.
        ATTENTION = "attention" | "어텐션";
        /// A part.
        FEED_FORWARD = "feed-forward" | "피드포워드";
        /// A part.
        NORMS = "norms of the layers" | "층의 정규화";
        /// A part.
        POOLER_PART = "pooler" | "풀러";
        /// Title of the picture.
        PICTURE = "Where the parameters of BERT sit" | "BERT의 파라미터가 있는 곳";
        /// An axis.
        AXIS_SHARE = "% of all" | "전체의 %";
        /// What it means.
        SEEN =
            "The word table is a fifth of BERT-base and a tenth of BERT-large: it grows with the width, the layers with its square. In a layer the feed-forward part is twice the attention. Positions are a table too, of 512 rows; a longer text cannot be read at all."
            | "단어 표는 BERT-base의 오분의 일, BERT-large의 십분의 일입니다. 표는 폭에 비례해 커지고 층은 폭의 제곱에 비례해 커지기 때문입니다. 층 안에서는 피드포워드가 어텐션의 두 배입니다. 위치도 512행짜리 표입니다. 더 긴 글은 아예 읽을 수 없습니다.";
        /// The slide.
        USES =
            "The slide says that BERT is used for classification, with few possible answers. Its encoder ends with representations; what they are used for is decided by the head on top: a class for a text, a class for each token, the place of an answer. What it does not do is write."
            | "슬라이드는 BERT를 출력값의 수가 적은 분류에 쓴다고 합니다. 인코더는 표현에서 끝나고, 그것을 어디에 쓰는지는 위에 얹는 헤드가 정합니다. 글 하나의 부류, 토큰마다의 부류, 답이 있는 자리를 고를 수 있습니다. 하지 않는 것은 글쓰기입니다.";
    }
}

const LAYERS: usize = 2;
const WIDTH: usize = 8;

/// The parts that the calculator names, under the names of the lesson.
const PARTS: [(&str, Text); 8] = [
    ("token embeddings", texts::WORD_TABLE),
    ("position embeddings", texts::POSITION_TABLE),
    ("segment embeddings", texts::SEGMENT_TABLE),
    ("embedding norm", texts::EMBEDDING_NORM),
    ("encoder attention", texts::ATTENTION),
    ("encoder feed-forward", texts::FEED_FORWARD),
    ("encoder norms", texts::NORMS),
    ("pooler", texts::POOLER_PART),
];

/// What each of [`PARTS`] holds.
fn parts(model: &Architecture) -> Vec<usize> {
    let components = model.components();
    let total = |name: &str| components.iter().filter(|part| part.name == name).map(|part| part.total()).sum();
    PARTS.iter().map(|(name, _)| total(name)).collect()
}

/// The architecture of a configuration, without the heads of pre-training.
fn architecture(name: &str, config: &BertConfig) -> Architecture {
    let json = serde_json::to_value(config).expect("a configuration is JSON");
    Architecture::from_config(name, &json).expect("a BERT is known")
}

/// A number with commas between its thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let words = l.words(&WORDS)?;
    let language = l.language();
    let tokens = vocabulary(&words);
    let own = FIRST..FIRST + words.len() as i64;
    let ids: Vec<i64> = std::iter::once(SPECIAL.cls).chain(own).chain([SPECIAL.sep]).collect();
    let row: Vec<String> = ids.iter().map(|&id| tokens[id as usize].clone()).collect();
    let config = small_bert(tokens.len(), ids.len(), LAYERS, WIDTH);
    let model = BertForPreTraining::new(&config, l.rng().random()).expect("a valid configuration").bert;
    let inputs = BertInputs::new(IntTensor::from_vec(ids.clone(), &[1, ids.len()]));

    l.say(&texts::NAME, &[]);
    l.say(&texts::INPUT, &[]);
    l.formula("xₜ = LayerNorm(word[idₜ] + position[t] + segment[sₜ])");
    l.label("token", &row);
    let embeddings = &model.embeddings;
    let places = IntTensor::from_vec((0..ids.len() as i64).collect(), &[1, ids.len()]);
    let summands = [
        ("word", embeddings.word_embeddings.forward(&inputs.input_ids)),
        ("position", embeddings.position_embeddings.forward(&places)),
        ("segment", embeddings.token_type_embeddings.forward(&inputs.token_type_ids)),
    ];
    for (name, summand) in &summands {
        show!(l.model(), name, ["batch", "token", "feature"], summand);
    }
    let embedded = embeddings.forward(&inputs, &mut Ctx::eval()); //          [1, T, D]
    show!(l.model(), "embedded", ["batch", "token", "feature"], &embedded);
    l.matrices();

    l.say(&texts::LAYERS, &[("layers", &LAYERS)]);
    l.formula("x ← LayerNorm(x + Attention(x))      x ← LayerNorm(x + FFN(x))");
    let mut x = embedded.clone();
    for (name, layer) in ["layer.0", "layer.1"].into_iter().zip(&model.encoder.layer) {
        x = layer.layer.forward(&x, &jumok_attention::Mask::none(), &mut Ctx::eval()); // [1, T, D]
        show!(l.model(), name, ["batch", "token", "feature"], &x);
    }
    l.matrices();
    l.say(&texts::POOLER, &[]);
    l.formula("summary = tanh(W_p·x_[CLS] + b_p)");
    let summary = model.pool(&x.select(1, 0), &mut Ctx::eval()).expect("built with its pooler"); // [1, D]
    show!(l.model(), "summary", ["batch", "feature"], &summary);
    l.matrices();

    l.say(&texts::PARAMETERS, &[("own", &grouped(model.parameter_count()))]);
    let large = Architecture::preset("bert-large").expect("the calculator knows it");
    let models = [architecture("this", &config), architecture("bert-base", &BertConfig::base()), large];
    let columns = [texts::COLUMN_PART, texts::COLUMN_THIS].map(|text| text.get(language).to_owned());
    let columns = columns.into_iter().chain(["BERT-base", "BERT-large"].map(str::to_owned));
    let mut table = Table::new(columns).align([Align::Left, Align::Right, Align::Right, Align::Right]);
    let sizes = models.each_ref().map(|model| {
        [model.encoder_layers, model.hidden_size, model.num_attention_heads].map(|n| n.to_string()).join(", ")
    });
    let add = |table: &mut Table, name: Text, cells: [String; 3]| {
        table.row(std::iter::once(name.get(language).to_owned()).chain(cells));
    };
    add(&mut table, texts::LAYERS_ROW, sizes);
    let counts = models.each_ref().map(parts);
    for (n, (_, name)) in PARTS.into_iter().enumerate() {
        add(&mut table, name, counts.each_ref().map(|parts| grouped(parts[n])));
    }
    add(&mut table, texts::TOGETHER, models.each_ref().map(|model| grouped(model.parameters())));
    l.table(table);
    let mut bars = BarChart::new(PARTS.map(|(_, name)| name.get(language)))
        .title(texts::PICTURE.get(language))
        .axes("", texts::AXIS_SHARE.get(language))
        .decimals(1);
    for (name, n) in [("BERT-base", 1), ("BERT-large", 2)] {
        let all = models[n].parameters() as f64;
        let shares: Vec<f64> = counts[n].iter().map(|&count| 100.0 * count as f64 / all).collect();
        bars = bars.series(name, &shares);
    }
    l.bars(bars);
    l.picture();
    l.say(&texts::SEEN, &[]);
    l.say(&texts::USES, &[]);
    l.loss_of(&summary);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published counts, from the configurations; and the small model's own list agrees with its configuration.
    #[test]
    fn parameters_are_counted_to_the_last() {
        let base = architecture("bert-base", &BertConfig::base());
        let large = Architecture::preset("bert-large").unwrap();
        assert_eq!((base.parameters(), large.parameters()), (109_482_240, 335_141_888));
        let config = small_bert(10, 7, LAYERS, WIDTH);
        let small = architecture("small", &config);
        let model = BertForPreTraining::new(&config, 0).unwrap().bert;
        assert_eq!(small.parameters(), model.parameter_count());
        for model in [base, large, small] {
            assert_eq!(parts(&model).iter().sum::<usize>(), model.parameters(), "no part is left out");
        }
    }

    #[test]
    fn thousands_have_commas() {
        assert_eq!([7, 999, 1000, 109_482_240].map(grouped), ["7", "999", "1,000", "109,482,240"]);
    }
}
