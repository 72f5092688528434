//! S10: what attention learns. A translator is trained, here and now, to say the words backwards; its weights then show
//! which word each word was made of.
//!
//! S words that are read, T words that are written: weights `[1, T, S]`.

use jumok_nn::{Ctx, show};
use jumok_seq2seq::probe::{Alignment, Order, Symbols, TrainingOptions};
use jumok_seq2seq::{AttentionKind, DecodingOptions, ScoreKind, Seq2Seq, Seq2SeqBatch, Seq2SeqConfig, Translation};
use jumok_training::Text;
use jumok_viz::{Align, Table};

use super::WORDS;
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S10.
pub static LESSON: Lesson = Lesson {
    id: "s10",
    slides: &["S10"],
    title: Text { en: "A new focus for every output word", ko: "출력 단어마다 새로운 초점" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// What is learned.
        TASK =
            "A translator with attention learns to say sequences backwards: {steps} steps, each with {batch} random sequences of these {count} words and their right answers. Nobody tells it which word of the answer is made of which."
            | "어텐션이 있는 번역기가 수열을 거꾸로 말하기를 배웁니다. {steps}스텝 동안 스텝마다 이 단어 {count}개로 만든 무작위 수열 {batch}개와 정답을 봅니다. 정답의 어느 단어가 어느 단어에서 왔는지는 아무도 알려 주지 않습니다.";
        /// A column.
        COLUMN_STEP = "step" | "스텝";
        /// A column.
        COLUMN_LOSS = "loss" | "손실";
        /// A column.
        COLUMN_RIGHT = "words right" | "맞힌 단어";
        /// What it says.
        ANSWER =
            "Now it reads \"{words}\" and writes \"{answer}\". At every word it writes, a new state asks all the words that were read:"
            | "이제 읽은 문장은 \"{words}\", 쓴 문장은 \"{answer}\"입니다. 단어를 하나 쓸 때마다 새 상태가 읽은 단어 모두에게 묻습니다.";
        /// The end of a sentence.
        END = "(end)" | "(끝)";
        /// What the weights show.
        ALIGNED =
            "A row a word that was written: its largest weight shows where it came from. Of {words} words, {on} look most at the word they are made of. The loss asks for right words alone; that looking at the right place gives them was found out in training."
            | "행은 쓴 단어이고, 가장 큰 가중치가 그 단어가 어디서 왔는지 보여 줍니다. 단어 {words}개 가운데 자기 원래 단어를 가장 많이 본 것은 {on}개입니다. 손실은 맞는 단어만 요구합니다. 맞는 곳을 보면 맞는 단어가 나온다는 것은 학습하며 알아낸 것입니다.";
        /// When it is none.
        WHEN =
            "Attention goes where the word is known best, and mostly that is where the word stands. Not always: a state has read its neighbour too, and with room for both it may know the word to be written and the word just written. Then the weights stand one word off, and the answers are right all the same. The example `s10_reverse_alignment` shows models of either kind. Weights are a hint of where a word came from, and no proof."
            | "어텐션은 그 단어를 가장 잘 아는 곳으로 갑니다. 대개는 그 단어가 있는 자리입니다. 늘 그렇지는 않습니다. 상태는 이웃 단어도 읽었고, 둘을 담을 여유가 있으면 방금 쓴 단어와 이제 쓸 단어를 함께 알 수 있습니다. 그러면 가중치는 한 단어 비켜서 있지만 답은 그래도 맞습니다. 예제 `s10_reverse_alignment`가 두 경우를 모두 보여 줍니다. 가중치는 단어가 어디서 왔는지에 대한 실마리이지 증거는 아닙니다.";
    }
}

const TRAINING: TrainingOptions = TrainingOptions { steps: 300, batch_size: 16, learning_rate: 0.01 };

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let words = l.words(&WORDS)?;
    let count = words.len();
    let language = l.language();
    let symbols = Symbols { count, lengths: 2..=count, order: Order::Reverse };
    let config = Seq2SeqConfig {
        // The state that asks has read the word just written, and an annotation knows what stands on both of its sides.
        attention: AttentionKind::Luong,
        score: ScoreKind::General,
        bidirectional: true,
        embedding_size: 16,
        ..symbols.config(24)
    };
    let mut model = Seq2Seq::new(&config, l.rng()).expect("a valid configuration");

    l.say(&texts::TASK, &[("steps", &TRAINING.steps), ("batch", &TRAINING.batch_size), ("count", &count)]);
    let columns = [texts::COLUMN_STEP, texts::COLUMN_LOSS, texts::COLUMN_RIGHT].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Right; 3]);
    symbols.train(&mut model, &TRAINING, l.rng(), |step, loss| {
        if step % 100 == 0 || step + 1 == TRAINING.steps {
            let right = 100.0 * loss.correct as f64 / loss.tokens as f64;
            table.row([(step + 1).to_string(), format!("{:.3}", loss.loss.item()), format!("{right:.1} %")]);
        }
    });
    l.table(table);

    let sentence: Vec<i64> = (0..count as i64).map(|n| Symbols::FIRST + n).collect();
    let options = DecodingOptions { max_length: 2 * count, ..DecodingOptions::default() };
    let translations = model.greedy(std::slice::from_ref(&sentence), &options);
    let written = written_words(&translations[0], &words);
    l.say(&texts::ANSWER, &[("words", &words.join(" ")), ("answer", &written.join(" "))]);
    l.formula("αₜ = softmax(sₜ·W·hᵢ),   cₜ = Σᵢ αₜᵢ·hᵢ");
    let batch = Seq2SeqBatch::new(&[sentence], std::slice::from_ref(&translations[0].tokens), &config);
    let output = model.forward(&batch, 1.0, &mut Ctx::eval());
    let weights = output.attention.expect("a model with attention"); //       [1, T, S]
    l.label("read", &words);
    l.label("written", &[&written[..], &[texts::END.get(language).to_owned()]].concat());
    show!(l.model(), "weights", ["batch", "written", "read"], &weights);
    l.matrices();
    l.picture();
    let alignment = Alignment::of(&translations, Order::Reverse);
    l.say(&texts::ALIGNED, &[("words", &count), ("on", &alignment.on)]);
    l.say(&texts::WHEN, &[]);
    l.loss_of(&output.contexts);
    Ok(())
}

/// The words of a translation; a special token is a question mark.
fn written_words(translation: &Translation, words: &[String]) -> Vec<String> {
    let word = |id: &i64| usize::try_from(id - Symbols::FIRST).ok().and_then(|n| words.get(n)).cloned();
    translation.tokens.iter().map(|id| word(id).unwrap_or_else(|| "?".to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions};

    /// The row-wise largest weights stand on the anti-diagonal.
    #[test]
    fn the_words_look_at_what_they_are_made_of() {
        let (mut on, mut all) = (0, 0);
        for seed in 0..5 {
            let run = LESSON.run(&LessonOptions { seed, ..LessonOptions::default() }).unwrap();
            let Block::Matrix(weights) = &run.blocks[run.picture] else { panic!("the picture is a matrix") };
            assert!(weights.gradient.is_some(), "the way back shows them too");
            for (t, row) in weights.values.chunks(weights.shape[1]).take(weights.shape[0] - 1).enumerate() {
                let largest = (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
                on += usize::from(largest + t + 1 == row.len());
                all += 1;
            }
        }
        assert!(all >= 24 && on * 100 >= all * 90, "{on} of {all}");
    }
}
