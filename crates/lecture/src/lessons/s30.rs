//! S30: masked words. Which tokens are chosen, what becomes of them, and where the loss looks.
//!
//! T tokens of a sentence with `[CLS]` and `[SEP]`, V tokens of the vocabulary, width D: embedded `[1, T, D]`, logits `[T, V]`.

use jumok_bert::{BertForMaskedLM, BertInputs, TextEncoder};
use jumok_nn::{Ctx, backward_with_records, show};
use jumok_tensor::{Elem, IntTensor};
use jumok_text::pretraining::{IGNORE_INDEX, apply_masking, sample_masking, whole_word_groups};
use jumok_text::{MaskAction, MaskDecision, MaskingOptions};
use jumok_training::Text;
use jumok_viz::{Align, BarChart, Table};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::small_bert::{FIRST, SPECIAL, small_bert, vocabulary};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S30.
pub static LESSON: Lesson = Lesson {
    id: "s30",
    slides: &["S30"],
    title: Text { en: "Masked words", ko: "가린 단어 맞히기" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The exercise.
        QUESTION =
            "A text without labels becomes an exercise when some of it is hidden: the label is what stood there. BERT chooses {share} of the tokens of a row, at least one; of n ordinary tokens:"
            | "정답 없는 글도 일부를 가리면 문제가 됩니다. 거기 있던 것이 정답입니다. BERT는 한 줄의 토큰 가운데 {share}를, 적어도 하나는 고릅니다. 보통 토큰이 n개이면 다음과 같습니다.";
        /// The counts.
        COUNTS =
            "[CLS], [SEP] and padding are never among them. In a short sentence that is a single word: of the {words} words in \"{text}\", {chosen}. The slide marks three words in a row of the six in \"I am eating an ice cream\" and lets that window slide; BERT's code would choose one, anywhere:"
            | "[CLS], [SEP], 패딩은 여기에 들지 않습니다. 짧은 문장이라면 단어 하나입니다. \"{text}\"의 단어 {words}개에서는 {chosen}개를 고릅니다. 슬라이드는 \"I am eating an ice cream\"의 여섯 단어 가운데 셋을 이어 칠하고 그 창을 밀어 가지만, BERT의 코드라면 아무 데서나 하나를 고릅니다.";
        /// A column.
        COLUMN_TOKENS = "ordinary tokens n" | "보통 토큰 n";
        /// A column.
        COLUMN_CHOSEN = "chosen" | "고른 수";
        /// A column.
        COLUMN_SHARE = "share" | "비율";
        /// What happens to them.
        ACTIONS =
            "*Chosen* is not yet *masked*, though the slide says so. Of the chosen tokens {mask} become [MASK], {random} another token at random, and the rest stay as they are. All must be guessed. A few draws of each kind:"
            | "슬라이드는 마스킹한다고 하지만, *고른* 것이 모두 *가려지는* 것은 아닙니다. 고른 토큰의 {mask}는 [MASK]가 되고, {random}는 무작위로 다른 토큰이 되고, 나머지는 그대로 둡니다. 맞혀야 하는 것은 모두 같습니다. 종류마다 몇 번씩 보면 다음과 같습니다.";
        /// A column.
        COLUMN_READ = "what the model reads" | "모델이 읽는 것";
        /// A column.
        COLUMN_ACTION = "what became of the chosen" | "고른 토큰은 어떻게 되었나";
        /// A column.
        COLUMN_ANSWER = "to guess" | "맞힐 것";
        /// An action.
        MASKED = "masked" | "마스크";
        /// An action.
        RANDOM = "random" | "무작위";
        /// An action.
        KEPT = "kept" | "그대로";
        /// The histogram.
        MANY =
            "And over {draws} draws. Every word is as likely as every other, the special tokens are never chosen, and the three kinds come in their shares: {masked} masked, {random} random, {kept} kept."
            | "{draws}번 뽑으면 이렇습니다. 모든 단어가 똑같이 뽑히고, 특수 토큰은 한 번도 뽑히지 않으며, 세 가지가 정해진 비율로 나옵니다. 마스크 {masked}, 무작위 {random}, 그대로 {kept}입니다.";
        /// Title of the picture.
        PICTURE = "How often each token is chosen, and what becomes of it" | "토큰마다 얼마나 자주 뽑히고 어떻게 되는가";
        /// An axis.
        AXIS_TIMES = "% of the draws" | "뽑기의 %";
        /// Why.
        WHY =
            "Why not mask them all? [MASK] never occurs when the model is used. One that learned only at [MASK] could be idle everywhere else; as it is, any token may be wrong or asked for, and the model keeps a good representation of each."
            | "왜 모두 가리지 않을까요? 모델을 쓸 때는 [MASK]가 나오지 않습니다. [MASK] 자리에서만 배운 모델은 다른 자리에서 놀아도 됩니다. 이렇게 하면 어떤 토큰이든 틀렸거나 물어볼 수 있으므로, 모델은 모든 토큰의 표현을 잘 간직해야 합니다.";
        /// The loss.
        LOSS =
            "The loss looks at the chosen places alone; the label everywhere else is {ignore}, which counts for nothing. A BERT that has learned nothing yet reads \"{read}\" and says at every place:"
            | "손실은 고른 자리만 봅니다. 나머지 자리의 정답은 {ignore}이고, 이것은 세지 않습니다. 아직 아무것도 배우지 않은 BERT가 \"{read}\"을(를) 읽고 자리마다 말합니다.";
        /// The gradient.
        GRADIENT =
            "On the way back the logits of the chosen place get p − y, and all others exactly 0. But what the model read elsewhere is not idle: through attention, the guess depends on every token, and so the gradient reaches each of their embeddings."
            | "되돌아가는 길에서 고른 자리의 로짓은 p − y를 받고, 나머지는 모두 정확히 0을 받습니다. 그래도 다른 자리에서 읽은 것이 쓸모없지는 않습니다. 어텐션을 거쳐 추측은 모든 토큰에 달려 있으므로, 기울기는 토큰마다 그 임베딩까지 닿습니다.";
        /// A column.
        COLUMN_TOKEN = "token" | "토큰";
        /// A column.
        COLUMN_LABEL = "label" | "정답";
        /// A column.
        COLUMN_AT_LOGITS = "|∂L/∂ logits|" | "|∂L/∂ 로짓|";
        /// A column.
        COLUMN_AT_EMBEDDING = "|∂L/∂ embedding|" | "|∂L/∂ 임베딩|";
        /// The price.
        PRICE =
            "That is the price of both directions: a language model learns at every place of a row, BERT at {share} of them. The paper finds that it learns more slowly at first and ends up ahead."
            | "이것이 양방향의 대가입니다. 언어 모델은 한 줄의 모든 자리에서 배우고, BERT는 {share}에서만 배웁니다. 논문에 따르면 처음에는 더디게 배우지만 끝에는 앞섭니다.";
    }
}

/// A sentence of the slide; in Korean one as long.
const SENTENCE: Text = Text { en: "The boy is drinking milk", ko: "소년이 차가운 우유를 천천히 마신다" };

/// Draws that are written out: masked, random, kept.
const SHOWN: [usize; 3] = [4, 2, 2];
/// Draws that are counted.
const DRAWS: usize = 20_000;

/// The kinds of what can become of a chosen token, in the order of the bars.
fn kind(action: MaskAction) -> usize {
    match action {
        MaskAction::Mask => 0,
        MaskAction::Random(_) => 1,
        MaskAction::Keep => 2,
    }
}

// ANCHOR: draw
/// Chooses tokens of a sentence and draws what becomes of each.
fn draw(ids: &[i64], vocab_size: usize, rng: &mut ChaCha8Rng) -> Vec<MaskDecision> {
    let ordinary: Vec<i64> = (FIRST..vocab_size as i64).collect();
    let candidates = whole_word_groups(ids, |id| SPECIAL.contains(id), |_| false); // one position each
    sample_masking(&candidates, &MaskingOptions::default(), &ordinary, rng)
}
// ANCHOR_END: draw

/// How often each of `positions` was chosen, by kind: three lists.
fn count(draws: &[Vec<MaskDecision>], positions: usize) -> [Vec<usize>; 3] {
    let mut times = [0, 1, 2].map(|_| vec![0; positions]);
    for decision in draws.iter().flatten() {
        times[kind(decision.action)][decision.position] += 1;
    }
    times
}

fn percent(part: f64, whole: f64) -> String {
    format!("{:.1} %", 100.0 * part / whole)
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let words = l.words(&SENTENCE)?;
    let language = l.language();
    let tokens = vocabulary(&words);
    let own = FIRST..FIRST + words.len() as i64;
    let ids: Vec<i64> = std::iter::once(SPECIAL.cls).chain(own).chain([SPECIAL.sep]).collect(); // [T]
    let written = |ids: &[i64]| ids.iter().map(|&id| tokens[id as usize].clone()).collect::<Vec<_>>();
    let inside = |ids: &[i64]| written(&ids[1..ids.len() - 1]).join(" ");
    let options = MaskingOptions::default();

    l.say(&texts::QUESTION, &[("share", &percent(options.probability, 1.0))]);
    l.formula("max(1, round(0.15·n))");
    let chosen = options.count(words.len());
    l.say(&texts::COUNTS, &[("text", &words.join(" ")), ("words", &words.len()), ("chosen", &chosen)]);
    let columns = [texts::COLUMN_TOKENS, texts::COLUMN_CHOSEN, texts::COLUMN_SHARE].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Right; 3]);
    for n in [2, 5, 6, 10, 20, 50, 125, 509] {
        let chosen = options.count(n);
        table.row([n.to_string(), chosen.to_string(), percent(chosen as f64, n as f64)]);
    }
    l.table(table);

    let shares = [options.mask_share, options.random_share].map(|share| percent(share, 1.0));
    l.say(&texts::ACTIONS, &[("mask", &shares[0]), ("random", &shares[1])]);
    let kinds = [texts::MASKED, texts::RANDOM, texts::KEPT].map(|text| text.get(language));
    let columns = [texts::COLUMN_READ, texts::COLUMN_ANSWER, texts::COLUMN_ACTION].map(|text| text.get(language));
    let mut table = Table::new(columns);
    let draws: Vec<_> = (0..DRAWS).map(|_| draw(&ids, tokens.len(), l.rng())).collect();
    for (kind_shown, rows) in SHOWN.into_iter().enumerate() {
        for decisions in draws.iter().filter(|decisions| kind(decisions[0].action) == kind_shown).take(rows) {
            let masked = apply_masking(&ids, decisions, SPECIAL.mask);
            let of_chosen =
                |f: &dyn Fn(&MaskDecision) -> String| decisions.iter().map(f).collect::<Vec<_>>().join(", ");
            let answers = of_chosen(&|decision| tokens[ids[decision.position] as usize].clone());
            let actions = of_chosen(&|decision| kinds[kind(decision.action)].to_owned());
            table.row([inside(&masked.input_ids), answers, actions]);
        }
    }
    l.table(table);

    let times = count(&draws, ids.len());
    let of_kind = [0, 1, 2].map(|kind| times[kind].iter().sum::<usize>() as f64);
    let all = of_kind.iter().sum();
    let [masked, random, kept] = of_kind.map(|times| percent(times, all));
    let values: [(&str, &dyn std::fmt::Display); 4] =
        [("draws", &DRAWS), ("masked", &masked), ("random", &random), ("kept", &kept)];
    l.say(&texts::MANY, &values);
    let mut bars = BarChart::new(written(&ids))
        .title(texts::PICTURE.get(language))
        .axes("", texts::AXIS_TIMES.get(language))
        .decimals(1);
    for (name, times) in kinds.iter().zip(&times) {
        let shares: Vec<f64> = times.iter().map(|&times| 100.0 * times as f64 / DRAWS as f64).collect();
        bars = bars.series(name, &shares);
    }
    l.bars(bars);
    l.picture();
    l.say(&texts::WHY, &[]);

    // A draw whose first chosen token is really hidden, as most are.
    let is_hidden = |draw: &&Vec<MaskDecision>| draw[0].action == MaskAction::Mask;
    let decisions = draws.iter().find(is_hidden).expect("eight of ten are");
    let masked = apply_masking(&ids, decisions, SPECIAL.mask);
    l.say(&texts::LOSS, &[("ignore", &IGNORE_INDEX), ("read", &inside(&masked.input_ids))]);
    l.formula("L = −(1/M)·Σ over the M chosen places of log p(word | what is read)");
    let config = small_bert(tokens.len(), ids.len(), 1, 8);
    let model = BertForMaskedLM::new(&config, l.rng().random()).expect("a valid configuration");
    let length = ids.len();
    let inputs = BertInputs::new(IntTensor::from_vec(masked.input_ids.clone(), &[1, length]));
    let bert = &model.encoder;
    // ANCHOR: loss
    let embedded = bert.embeddings.forward(&inputs, &mut Ctx::eval()); //     [1, T, D]
    let states = bert.encoder.forward(&embedded, &jumok_attention::Mask::none(), None, &mut Ctx::eval()); // [1, T, D]
    let logits = model.head.forward(&states.squeeze(0), &bert.word_embeddings().weight); // [T, V]
    let labels = IntTensor::from_vec(masked.labels.clone(), &[length]); //    [T], −100 where nothing is asked
    let loss = BertForMaskedLM::loss(&logits, &labels);
    // ANCHOR_END: loss
    l.label("token", &written(&masked.input_ids));
    l.label("word", &tokens);
    show!(l.model(), "embedded", ["batch", "token", "feature"], &embedded);
    show!(l.model(), "logits", ["token", "word"], &logits);
    l.matrices();

    l.say(&texts::GRADIENT, &[]);
    l.formula("∂L/∂ logitsₜ = (pₜ − yₜ)/M  where chosen,   0 elsewhere");
    let ctx = &mut Ctx::eval().recording();
    show!(ctx, "embedded", ["batch", "token", "feature"], &embedded);
    show!(ctx, "logits", ["token", "word"], &logits);
    let gradients = backward_with_records(&loss, &ctx.take_records());
    let of = |x| gradients.get(x).expect("the loss depends on it").to_vec();
    let norms = |cells: Vec<Elem>| -> Vec<String> {
        let norm = |row: &[Elem]| row.iter().map(|&g| f64::from(g * g)).sum::<f64>().sqrt();
        cells.chunks(cells.len() / length).map(|row| format!("{:.3}", norm(row))).collect()
    };
    let (at_logits, at_embedding) = (norms(of(&logits)), norms(of(&embedded)));
    let columns = [texts::COLUMN_TOKEN, texts::COLUMN_LABEL, texts::COLUMN_AT_LOGITS, texts::COLUMN_AT_EMBEDDING];
    let columns = columns.map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Left, Align::Left, Align::Right, Align::Right]);
    for (t, token) in written(&masked.input_ids).iter().enumerate() {
        let label = masked.labels[t];
        let label = if label == IGNORE_INDEX { label.to_string() } else { tokens[label as usize].clone() };
        table.row([token, &label, &at_logits[t], &at_embedding[t]]);
    }
    l.table(table);
    l.say(&texts::PRICE, &[("share", &percent(options.probability, 1.0))]);
    l.own_loss(&loss);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions};
    use rand::SeedableRng;

    /// `[CLS]`, the words of a sentence, `[SEP]`.
    fn ids(sentence: &str) -> Vec<i64> {
        let words = sentence.split_whitespace().count() as i64;
        [vec![SPECIAL.cls], (FIRST..FIRST + words).collect(), vec![SPECIAL.sep]].concat()
    }

    /// The slide's sentences (erratum E22): its windows hold three words, of six or of five; BERT chooses one.
    #[test]
    fn of_the_slides_sentences_one_word_is_chosen() {
        let rng = &mut ChaCha8Rng::seed_from_u64(0);
        for sentence in ["I am eating an ice cream", "The boy is drinking milk"] {
            let ids = ids(sentence);
            let mut places = vec![0; ids.len()];
            for _ in 0..1000 {
                let decisions = draw(&ids, 40, rng);
                assert_eq!(decisions.len(), 1, "{sentence}");
                places[decisions[0].position] += 1;
            }
            let (first, last) = (places[0], places[ids.len() - 1]);
            assert_eq!((first, last), (0, 0), "special tokens are never chosen");
            assert!(places[1..ids.len() - 1].iter().all(|&times| times > 100), "{sentence}: {places:?}");
        }
    }

    /// Erratum E21: 80, 10 and 10 % of the chosen ones, within five standard deviations of this many draws.
    #[test]
    fn most_are_masked_some_replaced_some_kept() {
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        let ids = ids("I am eating an ice cream");
        let draws: Vec<_> = (0..DRAWS).map(|_| draw(&ids, 1000, rng)).collect();
        let times = count(&draws, ids.len()).map(|of_kind| of_kind.iter().sum::<usize>() as f64);
        for (times, share) in times.into_iter().zip([0.8, 0.1, 0.1]) {
            let bound = 5.0 * (share * (1.0 - share) / DRAWS as f64).sqrt();
            assert!((times / DRAWS as f64 - share).abs() < bound, "{times} of {DRAWS} where {share} is due");
        }
    }

    #[test]
    fn only_chosen_places_get_a_gradient_at_their_logits() {
        for seed in 0..3 {
            let run = LESSON.run(&LessonOptions { seed, ..LessonOptions::default() }).unwrap();
            let gradient = |name: &str| {
                run.blocks.iter().find_map(|block| match block {
                    Block::Matrix(matrix) if matrix.name == name => Some((matrix.shape, matrix.gradient.clone()?)),
                    _ => None,
                })
            };
            let ([rows, columns], logits) = gradient("logits").unwrap();
            let idle = logits.chunks(columns).filter(|row| row.iter().all(|&g| g == 0.0)).count();
            assert_eq!(idle, rows - 1, "seed {seed}");
            let ([_, width], embedded) = gradient("embedded").unwrap();
            assert!(embedded.chunks(width).all(|row| row.iter().any(|&g| g != 0.0)), "seed {seed}");
        }
    }
}
