//! S20: the decoder looks at the encoder. A whole Transformer is trained, here and now, to say the words backwards; the weights of
//! its cross-attention show what it looks at.
//!
//! S words that are read, T words that are written, H heads: weights `[1, H, T, S]`.

use jumok_nn::translation::{DecodingOptions, Seq2SeqBatch};
use jumok_nn::{Adam, AdamConfig, Ctx, Optimizer, Schedule, clip_grad_norm, show};
use jumok_seq2seq::probe::{Order, Symbols};
use jumok_training::Text;
use jumok_transformer::translation::{TransformerConfig, TransformerForTranslation};
use jumok_viz::{Align, Table};

use super::WORDS;
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S20.
pub static LESSON: Lesson = Lesson {
    id: "s20",
    slides: &["S20"],
    title: Text { en: "The decoder looks at the encoder", ko: "인코더를 보는 디코더" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The three attentions.
        THREE =
            "A Transformer that translates has attention in three places. It is one function each time; what differs is who asks whom."
            | "번역하는 트랜스포머에는 어텐션이 세 곳에 있습니다. 함수는 매번 같고, 누가 누구에게 묻는지가 다릅니다.";
        /// A column.
        COLUMN_PLACE = "where" | "위치";
        /// A column.
        COLUMN_QUERIES = "queries from" | "질의의 출처";
        /// A column.
        COLUMN_KEYS = "keys and values from" | "키와 값의 출처";
        /// A column.
        COLUMN_MASK = "may not see" | "볼 수 없는 것";
        /// A row.
        ENCODER = "encoder, self" | "인코더 셀프";
        /// A row.
        DECODER = "decoder, self" | "디코더 셀프";
        /// A row.
        CROSS = "decoder, cross" | "디코더 크로스";
        /// What is asked.
        READ = "what is read" | "읽은 것";
        /// What is asked.
        WRITTEN = "what is written" | "쓴 것";
        /// What is asked.
        MEMORY = "the encoder's output" | "인코더의 출력";
        /// What is hidden.
        PADDING = "padding" | "패딩";
        /// What is hidden.
        FUTURE = "the future" | "미래";
        /// What is learned.
        TASK =
            "This one has a layer on each side and {heads} heads, and learns to say sequences backwards: {steps} steps, each with {batch} random sequences of these {count} words and their right answers."
            | "여기서는 양쪽에 층이 하나, 헤드가 {heads}개이고, 수열을 거꾸로 말하기를 배웁니다. {steps}스텝 동안 스텝마다 이 단어 {count}개로 만든 무작위 수열 {batch}개와 정답을 봅니다.";
        /// A column.
        COLUMN_STEP = "step" | "스텝";
        /// A column.
        COLUMN_LOSS = "loss" | "손실";
        /// A column.
        COLUMN_RIGHT = "words right" | "맞힌 단어";
        /// What it says.
        ANSWER =
            "Now it reads \"{words}\" and writes \"{answer}\". The encoder has read the whole sentence before the first word is written. Each word that is to be written asks what the encoder made of each word that was read, in every head with projections of its own:"
            | "이제 읽은 문장은 \"{words}\", 쓴 문장은 \"{answer}\"입니다. 첫 단어를 쓰기 전에 인코더는 문장 전체를 읽었습니다. 쓸 단어마다, 인코더가 읽은 단어 하나하나로 만든 것에 묻습니다. 헤드마다 사영이 따로 있습니다.";
        /// The end of a sentence.
        END = "(end)" | "(끝)";
        /// What the weights show.
        ALIGNED =
            "A row a word that is written, a column a word that was read. In the mean of the heads, {on} of {words} words look most at the word they are made of. A recurrent decoder had to walk there state by state; here every word that was read is one step away from every word that is written."
            | "행은 쓰는 단어, 열은 읽은 단어입니다. 헤드를 평균하면 단어 {words}개 가운데 {on}개가 자기 원래 단어를 가장 많이 봅니다. 순환 디코더는 상태를 하나씩 거쳐 갔지만, 여기서는 읽은 단어마다 쓰는 단어에서 한 걸음입니다.";
        /// What the slide leaves out.
        SIMPLE =
            "The slide draws one arrow from the encoder. In truth its last output goes into every layer of the decoder, as keys and values both, and it is computed once: while the answer is written word by word, its keys and values are kept. Only the queries are new at each word."
            | "슬라이드는 인코더에서 나온 화살표 하나를 그립니다. 실제로는 인코더의 마지막 출력이 디코더의 모든 층에, 키와 값 모두로 들어갑니다. 계산은 한 번뿐입니다. 답을 한 단어씩 쓰는 동안 키와 값은 보관하고, 단어마다 새로 만드는 것은 질의뿐입니다.";
    }
}

/// Longer sentences take longer to learn.
const STEPS_A_WORD: u64 = 80;
const BATCH: usize = 16;
const LEARNING_RATE: f64 = 0.005;

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let words = l.words(&WORDS)?;
    let count = words.len();
    let language = l.language();
    let symbols = Symbols { count, lengths: 2..=count, order: Order::Reverse };
    let config = TransformerConfig {
        vocab_size: Symbols::FIRST as usize + count,
        d_model: 32,
        encoder_layers: 1,
        encoder_attention_heads: 2,
        encoder_ffn_dim: 64,
        decoder_layers: 1,
        decoder_attention_heads: 2,
        decoder_ffn_dim: 64,
        ..TransformerConfig::tiny()
    };
    let mut model = TransformerForTranslation::new(&config, l.rng()).expect("a valid configuration");

    l.say(&texts::THREE, &[]);
    let columns = [texts::COLUMN_PLACE, texts::COLUMN_QUERIES, texts::COLUMN_KEYS, texts::COLUMN_MASK];
    let mut table = Table::new(columns.map(|text| text.get(language)));
    for row in [
        [texts::ENCODER, texts::READ, texts::READ, texts::PADDING],
        [texts::DECODER, texts::WRITTEN, texts::WRITTEN, texts::FUTURE],
        [texts::CROSS, texts::WRITTEN, texts::MEMORY, texts::PADDING],
    ] {
        table.row(row.map(|text| text.get(language)));
    }
    l.table(table);

    let (heads, steps) = (config.decoder_attention_heads, STEPS_A_WORD * count as u64);
    l.say(&texts::TASK, &[("heads", &heads), ("steps", &steps), ("batch", &BATCH), ("count", &count)]);
    let columns = [texts::COLUMN_STEP, texts::COLUMN_LOSS, texts::COLUMN_RIGHT].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Right; 3]);
    let mut optimizer = Adam::new(AdamConfig::default()).expect("Adam's usual settings are valid");
    let schedule = Schedule::Linear { lr: LEARNING_RATE, warmup_steps: steps / 10, total_steps: steps };
    for step in 0..steps {
        let (sources, targets) = symbols.pairs(BATCH, l.rng());
        let loss = model.loss(&Seq2SeqBatch::new(&sources, &targets, &config), 0.0, &mut Ctx::eval());
        if step % 100 == 0 || step + 1 == steps {
            let right = 100.0 * loss.correct as f64 / loss.tokens as f64;
            table.row([(step + 1).to_string(), format!("{:.3}", loss.loss.item()), format!("{right:.1} %")]);
        }
        let mut gradients = loss.loss.backward();
        drop(loss);
        clip_grad_norm(&model, &mut gradients, 1.0);
        optimizer.step(&mut model, &gradients, schedule.lr(step)).expect("the loss depends on every parameter");
    }
    l.table(table);

    let sentence: Vec<i64> = (0..count as i64).map(|n| Symbols::FIRST + n).collect();
    let options = DecodingOptions { max_length: 2 * count, ..DecodingOptions::default() };
    let answer = model.greedy(std::slice::from_ref(&sentence), &options).remove(0).tokens;
    let word = |id: &i64| usize::try_from(id - Symbols::FIRST).ok().and_then(|n| words.get(n)).cloned();
    let written: Vec<String> = answer.iter().map(|id| word(id).unwrap_or_else(|| "?".to_owned())).collect();
    l.say(&texts::ANSWER, &[("words", &words.join(" ")), ("answer", &written.join(" "))]);
    l.formula("Q = X·W_Q   (X: decoder)      K = M·W_K,  V = M·W_V   (M: encoder)      softmax(Q·Kᵀ/√d)·V");

    let mut ctx = Ctx::eval().recording();
    let batch = Seq2SeqBatch::new(std::slice::from_ref(&sentence), std::slice::from_ref(&answer), &config);
    let logits = model.forward(&batch, &mut ctx);
    let of_cross = |record: &jumok_nn::Record| record.path == "decoder.layers.0.multihead_attn.weights";
    let record = ctx.take_records().into_iter().find(of_cross).expect("a decoder records its cross-attention");
    let weights = record.value; //                                            [1, H, T, S]
    l.label("read", &words);
    l.label("written", &[&written[..], &[texts::END.get(language).to_owned()]].concat());
    show!(l.model(), "weights", ["batch", "head", "written", "read"], &weights);
    l.matrices();
    let mean = weights.mean(&[1], false); //                                  [1, T, S]
    show!(l.model(), "mean", ["batch", "written", "read"], &mean);
    l.matrices();
    l.picture();
    let largest = mean.argmax(-1, false);
    let own = |&(t, &place): &(usize, &i64)| t < count && place as usize == Order::Reverse.source_of(t, count);
    let on = largest.as_slice().iter().take(answer.len()).enumerate().filter(own).count();
    l.say(&texts::ALIGNED, &[("words", &count), ("on", &on)]);
    l.say(&texts::SIMPLE, &[]);
    l.loss_of(&logits);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions};

    /// The row-wise largest weights of the mean over the heads stand on the anti-diagonal: in 56 of 60 rows of seeds 0 to 11, where
    /// looking anywhere gives one in five.
    #[test]
    fn the_written_words_look_at_what_they_are_made_of() {
        let (mut on, mut all) = (0, 0);
        for seed in 0..4 {
            let run = LESSON.run(&LessonOptions { seed, ..LessonOptions::default() }).unwrap();
            let matrix = |name: &str| {
                run.blocks.iter().find_map(|block| match block {
                    Block::Matrix(matrix) if matrix.name == name => Some(matrix.clone()),
                    _ => None,
                })
            };
            let (head, mean) = (matrix("weights (head 1)").unwrap(), matrix("mean").unwrap());
            assert!(head.gradient.is_some(), "the way back shows them too");
            for (t, row) in mean.values.chunks(mean.shape[1]).take(mean.shape[0] - 1).enumerate() {
                let largest = (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
                on += usize::from(largest + t + 1 == row.len());
                all += 1;
            }
        }
        assert!(all >= 18 && on * 100 >= all * 80, "{on} of {all}");
    }
}
