//! S33: the four shapes of tasks. One small encoder, and on it every head of the slide's four pictures: what goes in, what comes out,
//! and which loss it learns by.
//!
//! B sequences of T tokens, D features, K labels, C choices.

use jumok_bert::{
    BertConfig, BertForMultipleChoice, BertForQuestionAnswering, BertForSequenceClassification,
    BertForTokenClassification, BertInputs, BertModel, HeadConfig, SequenceLabels,
};
use jumok_nn::{AdamW, AdamWConfig, Ctx, Module, Optimizer, show};
use jumok_tensor::{BoolTensor, IntTensor, Tensor};
use jumok_text::Tokenizer;
use jumok_text::finetuning::features::{encode_choices, encode_tagged};
use jumok_text::finetuning::questions::encode_question;
use jumok_text::finetuning::{AnswerText, QuestionExample, QuestionOptions, TaggedSentence, Target, encode_text};
use jumok_text::pretraining::IGNORE_INDEX;
use jumok_training::Text;
use jumok_viz::{Align, HeatMap, Table};
use rand::RngExt;

use super::sequences::inputs;
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S33.
pub static LESSON: Lesson = Lesson {
    id: "s33",
    slides: &["S33"],
    title: Text { en: "Four kinds of tasks", ko: "네 가지 과제" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The words of the lesson.
        WORDS = "tom drinks tea with grandmother" | "민수가 정원에서 할머니와 차를 마십니다";
        /// What is shared.
        ONE_ENCODER =
            "One encoder of {parameters} parameters, {width} wide, reads every input below; only the last layer, the head, is another each time. Its vocabulary is the words below, the last of them in two pieces, as rare words are. Nothing has been learned yet: what matters here are the shapes, and what each loss asks for."
            | "파라미터 {parameters}개, 폭 {width}인 인코더 하나가 아래의 모든 입력을 읽습니다. 바뀌는 것은 마지막 층인 헤드뿐입니다. 어휘는 아래의 단어들이고, 마지막 단어는 드문 단어가 그렇듯 두 조각입니다. 아직 아무것도 배우지 않았으니, 여기서 볼 것은 모양과 손실이 요구하는 것입니다.";
        /// The first shape.
        PAIR_TITLE = "(a) A pair of sentences" | "(a) 문장 쌍";
        /// How a pair is read.
        PAIR =
            "Both sentences stand in one sequence, so every word of A can look at every word of B. The head reads the first token, [CLS], through the pooler:"
            | "두 문장이 한 수열에 들어가므로, A의 모든 단어가 B의 모든 단어를 볼 수 있습니다. 헤드는 첫 토큰 [CLS]를 풀러를 거쳐 읽습니다.";
        /// A column.
        COLUMN_PLACE = "place" | "자리";
        /// A column.
        COLUMN_TOKEN = "token" | "토큰";
        /// A column.
        COLUMN_SEGMENT = "segment" | "세그먼트";
        /// The logits of a pair.
        PAIR_LOGITS =
            "Three logits, as in MNLI: A entails B, denies it, or leaves it open. Softmax makes them probabilities, and the loss is −log p of the right one: {loss} if that is \"entails\"."
            | "MNLI처럼 함의, 중립, 모순에 로짓이 하나씩입니다. 소프트맥스로 확률이 되고, 손실은 정답의 −log p입니다. 정답이 \"함의\"라면 {loss}입니다.";
        /// A class.
        ENTAILMENT = "entails" | "함의";
        /// A class.
        NEUTRAL = "neutral" | "중립";
        /// A class.
        CONTRADICTION = "denies" | "모순";
        /// Two of the seven are no classification.
        NOT_ALL =
            "The slide lists seven tasks here and calls all of them classification. Five are. STS-B asks how similar two sentences are, from 0 to 5: one output, no softmax, the squared error. SWAG asks which of several continuations fits: each makes a pair with the context, each pair gets one number, and the softmax runs over the pairs."
            | "슬라이드는 과제 일곱 개를 여기에 적고 모두 분류라고 부릅니다. 분류는 다섯입니다. STS-B는 두 문장이 얼마나 비슷한지 0에서 5까지로 묻습니다. 출력은 하나이고, 소프트맥스 없이 제곱 오차를 씁니다. SWAG는 이어질 말 여러 개 가운데 어느 것이 맞는지 묻습니다. 후보마다 문맥과 쌍을 이루고, 쌍마다 수가 하나 나오며, 소프트맥스는 쌍들에 걸칩니다.";
        /// The number of the regression.
        SCORE =
            "The same pair as a regression: the head says {output}; if the similarity is {target}, the loss is ({output} − {target})² = {loss}."
            | "같은 쌍을 회귀로 읽으면 헤드는 {output}(이)라고 합니다. 유사도가 {target}(이)라면 손실은 ({output} − {target})² = {loss}입니다.";
        /// Over the choices.
        CHOICES =
            "And as a choice, \"{context}\" goes on with \"{first}\" or with \"{second}\": two sequences, one number each, one distribution over both:"
            | "선택으로 읽으면, \"{context}\" 뒤에 \"{first}\"이(가) 오거나 \"{second}\"이(가) 옵니다. 수열이 둘, 수가 하나씩, 분포는 둘에 걸쳐 하나입니다.";
        /// The second shape.
        SINGLE_TITLE = "(b) A single sentence" | "(b) 문장 하나";
        /// What is different.
        SINGLE =
            "The same head as in (a), but nothing in segment B: is a review good (SST-2), is a sentence sound (CoLA)?"
            | "(a)와 같은 헤드이고 세그먼트 B만 비었습니다. 감상평이 좋은가(SST-2), 문장이 올바른가(CoLA)를 묻습니다.";
        /// A class.
        NEGATIVE = "negative" | "부정";
        /// A class.
        POSITIVE = "positive" | "긍정";
        /// The third shape.
        ANSWER_TITLE = "(c) An answer in a text" | "(c) 글 속의 답";
        /// What the head says.
        ANSWER =
            "The answer is a piece of the text, so the head does not write it, it marks it: two numbers for every token, how well the answer begins here and how well it ends here. The question here is \"{question}\", the text is all words:"
            | "답은 글의 한 토막이므로 헤드는 답을 쓰지 않고 표시합니다. 토큰마다 수가 둘입니다. 답이 여기서 시작하는지, 그리고 여기서 끝나는지입니다. 여기서 질문은 \"{question}\"이고 글은 단어 전부입니다.";
        /// Which spans count.
        SPANS =
            "A span from i to j scores sᵢ + eⱼ. The two are chosen together, for two separate largest values may lie the wrong way round, or in the question. Of {all} pairs of places, {legal} are spans of the text; the others get no probability at all, whatever the logits say:"
            | "i에서 j까지의 구간은 sᵢ + eⱼ점입니다. 둘은 함께 골라야 합니다. 따로 고른 두 최댓값은 순서가 뒤바뀌거나 질문 안에 있을 수 있기 때문입니다. 자리의 쌍 {all}개 가운데 글의 구간은 {legal}개이고, 나머지는 로짓이 무엇이든 확률이 없습니다.";
        /// Title of the picture.
        PICTURE = "Probability of each span" | "구간마다의 확률";
        /// What the best is.
        BEST =
            "The likeliest span is \"{answer}\" with {probability}. The text begins at place {text}. Chosen one by one, the start would be \"{start}\" at place {start_place} and the end \"{end}\" at place {end_place}."
            | "가장 그럴듯한 구간은 \"{answer}\"이고 확률은 {probability}입니다. 글은 {text}번 자리에서 시작합니다. 하나씩 따로 골랐다면 시작은 {start_place}번 자리의 \"{start}\", 끝은 {end_place}번 자리의 \"{end}\"였습니다.";
        /// The fourth shape.
        TAGS_TITLE = "(d) A tag for every word" | "(d) 단어마다의 태그";
        /// The alignment.
        TAGS =
            "Names are marked with B for the first word, I for the following, O for none. But the model sees pieces, not words. Only the first piece of a word carries its label; the others, [CLS] and [SEP] have {ignore}, which the loss passes over. Here the first word is a name:"
            | "이름의 첫 단어는 B, 이어지는 단어는 I, 이름이 아니면 O로 표시합니다. 그런데 모델이 보는 것은 단어가 아니라 조각입니다. 레이블은 단어의 첫 조각에만 붙고, 나머지 조각과 [CLS], [SEP]는 {ignore}(이)라서 손실이 건너뜁니다. 여기서는 첫 단어가 이름입니다.";
        /// A column.
        COLUMN_WORD = "word" | "단어";
        /// A column.
        COLUMN_TAG = "tag" | "태그";
        /// A column.
        COLUMN_LABEL = "label" | "레이블";
        /// How many count.
        TAG_LOSS =
            "{tokens} tokens, {words} of them with a label: the loss is the mean over {words}, not over {tokens}."
            | "토큰 {tokens}개 가운데 레이블이 있는 것은 {words}개입니다. 손실은 {tokens}개가 아니라 {words}개의 평균입니다.";
        /// The comparison.
        TOGETHER_TITLE = "All of them" | "모두 나란히";
        /// What is compared.
        TOGETHER =
            "Now a copy of the encoder and each head learn their one example for {steps} steps. That is nothing to be proud of; it shows that every one of these losses reaches through its head into the encoder:"
            | "이제 인코더의 사본과 헤드가 각자의 예 하나를 {steps}스텝 동안 배웁니다. 자랑할 일은 아니지만, 어느 손실이든 헤드를 지나 인코더까지 닿는다는 것을 보여 줍니다.";
        /// A column.
        COLUMN_SHAPE = "task" | "과제";
        /// A column.
        COLUMN_READS = "reads" | "읽는 것";
        /// A column.
        COLUMN_HEAD = "head" | "헤드";
        /// A column.
        COLUMN_SAYS = "says" | "내는 것";
        /// A column.
        COLUMN_LOSS = "loss" | "손실";
        /// A column.
        COLUMN_BEFORE = "before" | "학습 전";
        /// A column.
        COLUMN_AFTER = "after" | "학습 후";
        /// A row.
        ROW_PAIR = "(a) pair" | "(a) 문장 쌍";
        /// A row.
        ROW_SCORE = "(a) similarity" | "(a) 유사도";
        /// A row.
        ROW_CHOICE = "(a) choice" | "(a) 선택";
        /// A row.
        ROW_SINGLE = "(b) sentence" | "(b) 문장";
        /// A row.
        ROW_ANSWER = "(c) answer" | "(c) 답";
        /// A row.
        ROW_TAGS = "(d) tags" | "(d) 태그";
        /// A loss.
        CROSS_ENTROPY = "cross-entropy" | "교차 엔트로피";
        /// A loss.
        SQUARED = "squared error" | "제곱 오차";
        /// Where to go on.
        OUTLOOK =
            "The same heads, trained on files of your own or on generated tasks: `bert finetune --task …`, `bert finetune --generated …`."
            | "같은 헤드를 자기 파일이나 생성한 과제로 학습하려면 `bert finetune --task …`, `bert finetune --generated …`를 쓰세요.";
    }
}

const WIDTH: usize = 8;
const MAX_LENGTH: usize = 128;
const STEPS: usize = 40;
const RATE: f64 = 1e-2;
/// The similarity of the two sentences, from 0 to 5.
const SIMILARITY: f64 = 3.0;
const TAGS: [&str; 3] = ["O", "B-PER", "I-PER"];

/// A vocabulary of these words, the last of them in two pieces, as rare words are.
fn tokenizer(words: &[String]) -> Tokenizer {
    let mut pieces: Vec<String> = vec![];
    for (n, word) in words.iter().enumerate() {
        let middle = word.char_indices().nth(word.chars().count() / 2).map_or(0, |(byte, _)| byte);
        let parts = match word.split_at(middle) {
            (front, back) if n + 1 == words.len() && !front.is_empty() => vec![front.to_owned(), format!("##{back}")],
            _ => vec![word.clone()],
        };
        pieces.extend(parts.into_iter().filter(|part| !pieces.contains(part)).collect::<Vec<_>>());
    }
    Tokenizer::of_pieces(&pieces).expect("words have no spaces, and each piece stands once")
}

// ANCHOR: span_probabilities
/// p(i, j) = exp(sᵢ + eⱼ) / Σ exp(s_a + e_b) over the spans a ≤ b of the text; 0 everywhere else.
///
/// `start`, `end`: `[T]`; the text stands at `text`. Returns `[T, T]`, rows for the first token, columns for the last.
fn span_probabilities(start: &Tensor, end: &Tensor, text: std::ops::Range<usize>) -> Tensor {
    let count = start.len();
    let scores = start.unsqueeze(1) + end.unsqueeze(0); //                    [T, T]
    let legal = |n: usize| text.contains(&(n / count)) && text.contains(&(n % count)) && n / count <= n % count;
    let legal = BoolTensor::from_vec((0..count * count).map(legal).collect(), &[count * count]);
    scores.flatten(0, 1).masked_softmax(0, &legal).reshape(&[count as isize, -1])
}
// ANCHOR_END: span_probabilities

/// Fresh heads on one encoder.
struct Heads {
    pair: BertForSequenceClassification,
    score: BertForSequenceClassification,
    choice: BertForMultipleChoice,
    single: BertForSequenceClassification,
    answer: BertForQuestionAnswering,
    tags: BertForTokenClassification,
}

impl Heads {
    // ANCHOR: heads
    /// Every head on the encoder of the first; heads for tokens leave the pooler out.
    fn new(config: &BertConfig, seed: u64) -> Heads {
        let labelled = |head: HeadConfig| BertConfig { head, ..config.clone() };
        let classes = |count: usize| {
            let config = labelled(HeadConfig::numbered(count));
            BertForSequenceClassification::new(&config, seed.wrapping_add(count as u64))
        };
        let sound = "a valid configuration";
        let pair = classes(3).expect(sound);
        let encoder = pair.encoder.clone();
        let tokens = BertModel { pooler: None, ..encoder.clone() };
        Heads {
            score: BertForSequenceClassification { encoder: encoder.clone(), ..classes(1).expect(sound) },
            single: BertForSequenceClassification { encoder: encoder.clone(), ..classes(2).expect(sound) },
            choice: BertForMultipleChoice { encoder, ..BertForMultipleChoice::new(config, seed).expect(sound) },
            answer: BertForQuestionAnswering {
                encoder: tokens.clone(),
                ..BertForQuestionAnswering::new(config, seed).expect(sound)
            },
            tags: BertForTokenClassification {
                encoder: tokens,
                ..BertForTokenClassification::new(&labelled(HeadConfig::named(TAGS)), seed).expect(sound)
            },
            pair,
        }
    }
    // ANCHOR_END: heads
}

/// The loss before and after some steps of a copy of `model`.
fn learned<M: Module + Clone>(model: &M, loss: impl Fn(&M) -> Tensor) -> [f64; 2] {
    let mut model = model.clone();
    let mut optimizer = AdamW::new(AdamWConfig::default()).expect("sound settings");
    let before = loss(&model).item();
    for _ in 0..STEPS {
        let gradients = loss(&model).backward();
        optimizer.step(&mut model, &gradients, RATE).expect("every parameter has a gradient");
    }
    [before, loss(&model).item()]
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let words = l.words(&texts::WORDS)?;
    let language = l.language();
    let tokenizer = tokenizer(&words);
    let special = tokenizer.special();
    let config = BertConfig {
        vocab_size: tokenizer.vocab_size(),
        hidden_size: WIDTH,
        num_hidden_layers: 1,
        num_attention_heads: 2,
        intermediate_size: 2 * WIDTH,
        hidden_dropout_prob: 0.0,
        attention_probs_dropout_prob: 0.0,
        max_position_embeddings: MAX_LENGTH,
        initializer_range: BertConfig::initializer_range_for(WIDTH),
        ..BertConfig::tiny()
    };
    let heads = Heads::new(&config, l.rng().random());
    let ctx = &mut Ctx::eval();
    let names = |ids: &[i64]| -> Vec<String> { tokenizer.tokens(ids).into_iter().map(str::to_owned).collect() };
    let (before, after) = words.split_at(words.len() / 2);
    let (a, b) = (before.join(" "), after.join(" "));
    let encodes = "a vocabulary that was learned here takes any text";
    let parameters = heads.pair.encoder.parameter_count();
    l.say(&texts::ONE_ENCODER, &[("parameters", &parameters), ("width", &WIDTH)]);

    // (a) a pair, as classes, as a number, as a choice
    l.heading(&texts::PAIR_TITLE, &[]);
    l.say(&texts::PAIR, &[]);
    let pair = encode_text(&tokenizer, &a, Some(&b), MAX_LENGTH).expect(encodes);
    let columns = [texts::COLUMN_PLACE, texts::COLUMN_TOKEN, texts::COLUMN_SEGMENT].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Right, Align::Left, Align::Left]);
    for (place, (token, segment)) in names(&pair.input_ids).iter().zip(&pair.token_type_ids).enumerate() {
        table.row([place.to_string(), token.clone(), if *segment == 0 { "A" } else { "B" }.to_owned()]);
    }
    l.table(table);
    let pair = inputs(&[pair], special.pad);
    let entailed = SequenceLabels::Classes(IntTensor::from_vec(vec![0], &[1]));
    let pair_logits = heads.pair.forward(&pair, ctx); //                      [1, K]
    let labels = [texts::ENTAILMENT, texts::NEUTRAL, texts::CONTRADICTION].map(|text| text.get(language).to_owned());
    l.label("label", &labels);
    l.formula("logits = W·tanh(W_p·h_[CLS] + b_p) + b      p = softmax(logits)      L = −log p(label)");
    let logits = pair_logits.squeeze(0);
    let pair_probabilities = logits.softmax(-1);
    show!(l.model(), "pair.logits", ["label"], &logits);
    show!(l.model(), "pair.probabilities", ["label"], &pair_probabilities);
    l.matrices();
    let loss = heads.pair.loss(&pair_logits, &entailed);
    l.say(&texts::PAIR_LOGITS, &[("loss", &format!("{:.3}", loss.item()))]);

    l.say(&texts::NOT_ALL, &[]);
    let number = SequenceLabels::Values(Tensor::from_vec(vec![SIMILARITY as _], &[1]));
    let output = heads.score.forward(&pair, ctx); //                          [1, 1]
    let loss = heads.score.loss(&output, &number);
    let [says, target, costs] = [output.item(), SIMILARITY, loss.item()].map(|x| format!("{x:.3}"));
    l.formula("STS-B:  L = (y − score)²      SWAG:  p(c) = exp(y_c) / Σ_c′ exp(y_c′)");
    l.say(&texts::SCORE, &[("output", &says), ("target", &target), ("loss", &costs)]);
    l.say(&texts::CHOICES, &[("context", &a), ("first", &b), ("second", &a)]);
    let choices = encode_choices(&tokenizer, &a, &[b.clone(), a.clone()], MAX_LENGTH).expect(encodes);
    let choices = inputs(&choices, special.pad); //                           [C, T]
    let choice_logits = heads.choice.forward(&choices, 2, ctx).squeeze(0); // [C]
    let choice_probabilities = choice_logits.softmax(-1);
    l.label("choice", &[b, a]);
    show!(l.model(), "choice.logits", ["choice"], &choice_logits);
    show!(l.model(), "choice.probabilities", ["choice"], &choice_probabilities);
    l.matrices();

    // (b) a single sentence
    l.heading(&texts::SINGLE_TITLE, &[]);
    l.say(&texts::SINGLE, &[]);
    let single = encode_text(&tokenizer, &words.join(" "), None, MAX_LENGTH).expect(encodes);
    let single = inputs(&[single], special.pad);
    let single_logits = heads.single.forward(&single, ctx).squeeze(0); //     [2]
    l.label("label", &[texts::NEGATIVE, texts::POSITIVE].map(|text| text.get(language).to_owned()));
    show!(l.model(), "single.logits", ["label"], &single_logits);
    l.matrices();

    // (c) a question and a text
    l.heading(&texts::ANSWER_TITLE, &[]);
    let context = words.join(" ");
    let last = words.last().expect("a lesson has at least two words");
    let answer = AnswerText { text: last.clone(), start: context.len() - last.len() };
    let question = QuestionExample { id: String::new(), question: words[0].clone(), context, answers: vec![answer] };
    let options = QuestionOptions::of_length(MAX_LENGTH);
    let encoded = encode_question(&tokenizer, &question, &options).expect(encodes);
    let window = &encoded.windows[0];
    let sequence = window.feature.sequences[0].clone();
    let tokens = names(&sequence.input_ids);
    let text = window.context_start..window.context_start + window.len;
    l.say(&texts::ANSWER, &[("question", &words[0])]);
    let answered = inputs(&[sequence], special.pad);
    let [start, end] = heads.answer.forward(&answered, ctx).map(|logits| logits.squeeze(0)); // [T] each
    l.label("token", &tokens);
    l.label("first", &tokens);
    l.label("last", &tokens);
    let both = Tensor::stack(&[&start, &end], 0); //                          [2, T]
    l.label("end", &["s".to_owned(), "e".to_owned()]);
    show!(l.model(), "answer.logits", ["end", "token"], &both);
    l.matrices();
    l.formula("p(i, j) = exp(sᵢ + eⱼ) / Σ exp(s_a + e_b)  over  a ≤ b in the text");
    let all = tokens.len() * tokens.len();
    let legal = text.len() * (text.len() + 1) / 2;
    l.say(&texts::SPANS, &[("all", &all), ("legal", &legal)]);
    let spans = span_probabilities(&start, &end, text.clone()); //            [T, T]
    let values = spans.to_vec();
    let is_legal = |first: usize, last: usize| text.contains(&first) && text.contains(&last) && first <= last;
    let map = HeatMap::new(&values, [tokens.len(); 2]).title(texts::PICTURE.get(language)).show_values(2);
    let map = map.blank(|first, last| !is_legal(first, last));
    let [first_axis, last_axis] = ["first", "last"].map(|axis| crate::terms::axis(axis, language));
    l.heat_map(map.axes(first_axis, last_axis).row_labels(&tokens).col_labels(&tokens));
    l.picture();
    let largest = |values: &Tensor| values.argmax(0, false).as_slice()[0] as usize;
    let best = largest(&spans.flatten(0, 1));
    let piece = tokenizer.decode(&window.feature.sequences[0].input_ids[best / tokens.len()..=best % tokens.len()]);
    let probability = format!("{:.3}", values[best]);
    let [start_place, end_place] = [&start, &end].map(largest);
    let values: [(&str, &dyn std::fmt::Display); 7] = [
        ("answer", &piece),
        ("probability", &probability),
        ("text", &text.start),
        ("start", &tokens[start_place]),
        ("start_place", &start_place),
        ("end", &tokens[end_place]),
        ("end_place", &end_place),
    ];
    l.say(&texts::BEST, &values);

    // (d) tags
    l.heading(&texts::TAGS_TITLE, &[]);
    l.say(&texts::TAGS, &[("ignore", &IGNORE_INDEX)]);
    let tags: Vec<usize> = (0..words.len()).map(|n| usize::from(n == 0)).collect();
    let sentence = TaggedSentence { words: words.clone(), tags: tags.clone() };
    let tagged = encode_tagged(&tokenizer, &sentence, MAX_LENGTH).expect(encodes);
    let Target::Tags(word_labels) = &tagged.feature.target else { unreachable!("a tagged sentence has tags") };
    let sequence = tagged.feature.sequences[0].clone();
    let tokens = names(&sequence.input_ids);
    let columns = [texts::COLUMN_WORD, texts::COLUMN_TAG, texts::COLUMN_TOKEN, texts::COLUMN_LABEL];
    let mut table =
        Table::new(columns.map(|text| text.get(language))).align([Align::Left, Align::Left, Align::Left, Align::Right]);
    for (place, (token, label)) in tokens.iter().zip(word_labels).enumerate() {
        let word = tagged.first_pieces.iter().position(|&first| first == place);
        let (word, tag) = word.map_or(("", ""), |n| (words[n].as_str(), TAGS[tags[n]]));
        table.row([word, tag, token, &label.to_string()]);
    }
    l.table(table);
    let word_labels = IntTensor::from_vec(word_labels.clone(), &[1, tokens.len()]);
    let tagged_inputs = inputs(&[sequence], special.pad);
    let tag_logits = heads.tags.forward(&tagged_inputs, ctx).squeeze(0); //       [T, K]
    l.label("token", &tokens);
    l.label("label", &TAGS.map(str::to_owned));
    show!(l.model(), "tags.logits", ["token", "label"], &tag_logits);
    l.matrices();
    l.say(&texts::TAG_LOSS, &[("tokens", &tokens.len()), ("words", &tagged.first_pieces.len())]);

    // All side by side.
    l.heading(&texts::TOGETHER_TITLE, &[]);
    l.say(&texts::TOGETHER, &[("steps", &STEPS)]);
    let positive = SequenceLabels::Classes(IntTensor::from_vec(vec![1], &[1]));
    let Target::Span { start: from, end: to } = window.feature.target else { unreachable!("a question has a span") };
    let [from, to] = [from, to].map(|place| IntTensor::from_vec(vec![place], &[1]));
    let right = IntTensor::from_vec(vec![0], &[1]);
    let eval = Ctx::eval;
    let rows = [
        (
            texts::ROW_PAIR,
            &pair,
            "[3, D]",
            "[B, 3]",
            texts::CROSS_ENTROPY,
            learned(&heads.pair, |model| model.loss(&model.forward(&pair, &mut eval()), &entailed)),
        ),
        (
            texts::ROW_SCORE,
            &pair,
            "[1, D]",
            "[B, 1]",
            texts::SQUARED,
            learned(&heads.score, |model| model.loss(&model.forward(&pair, &mut eval()), &number)),
        ),
        (
            texts::ROW_CHOICE,
            &choices,
            "[1, D]",
            "[B, C]",
            texts::CROSS_ENTROPY,
            learned(&heads.choice, |model| {
                BertForMultipleChoice::loss(&model.forward(&choices, 2, &mut eval()), &right)
            }),
        ),
        (
            texts::ROW_SINGLE,
            &single,
            "[2, D]",
            "[B, 2]",
            texts::CROSS_ENTROPY,
            learned(&heads.single, |model| model.loss(&model.forward(&single, &mut eval()), &positive)),
        ),
        (
            texts::ROW_ANSWER,
            &answered,
            "[2, D]",
            "2 × [B, T]",
            texts::CROSS_ENTROPY,
            learned(&heads.answer, |model| {
                BertForQuestionAnswering::loss(&model.forward(&answered, &mut eval()), [&from, &to])
            }),
        ),
        (
            texts::ROW_TAGS,
            &tagged_inputs,
            "[3, D]",
            "[B, T, 3]",
            texts::CROSS_ENTROPY,
            learned(&heads.tags, |model| {
                BertForTokenClassification::loss(&model.forward(&tagged_inputs, &mut eval()), &word_labels)
            }),
        ),
    ];
    let columns = [
        texts::COLUMN_SHAPE,
        texts::COLUMN_READS,
        texts::COLUMN_HEAD,
        texts::COLUMN_SAYS,
        texts::COLUMN_LOSS,
        texts::COLUMN_BEFORE,
        texts::COLUMN_AFTER,
    ];
    let mut table = Table::new(columns.map(|text| text.get(language)));
    let shape = |inputs: &BertInputs| format!("{:?}", inputs.input_ids.shape());
    for (task, read, head, says, loss, [before, after]) in rows {
        let [before, after] = [before, after].map(|loss| format!("{loss:.3}"));
        table.row([task.get(language), &shape(read), head, says, loss.get(language), &before, &after]);
    }
    l.table(table);
    l.say(&texts::OUTLOOK, &[]);
    let flat = |x: &Tensor| x.reshape(&[-1]);
    l.loss_of(&Tensor::concat(
        &[&pair_probabilities, &choice_probabilities, &single_logits, &flat(&both), &flat(&tag_logits)],
        0,
    ));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions};
    use jumok_text::finetuning::SpanLogits;
    use jumok_viz::TerminalStyle;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    /// The table of the lesson is what the tokenizer's own search for an answer does, and nothing illegal has any probability.
    #[test]
    fn spans_that_are_none_get_no_probability() {
        let context = "the boy drinks milk in the kitchen";
        let words: Vec<String> = context.split(' ').map(str::to_owned).collect();
        let tokenizer = tokenizer(&words);
        let question =
            QuestionExample { id: String::new(), question: "the boy".into(), context: context.into(), answers: vec![] };
        let encoded = encode_question(&tokenizer, &question, &QuestionOptions::of_length(MAX_LENGTH)).unwrap();
        let window = &encoded.windows[0];
        let count = window.feature.sequences[0].input_ids.len();
        let text = window.context_start..window.context_start + window.len;
        for seed in 0..20 {
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            let [start, end] = [0, 1].map(|_| (0..count).map(|_| rng.random_range(-5.0f32..5.0)).collect::<Vec<_>>());
            let tensor = |logits: &[f32]| Tensor::from_vec(logits.to_vec(), &[count]);
            let spans = span_probabilities(&tensor(&start), &tensor(&end), text.clone()).to_vec();
            for (n, &p) in spans.iter().enumerate() {
                let (i, j) = (n / count, n % count);
                assert_eq!(p > 0.0, i <= j && text.contains(&i) && text.contains(&j), "seed {seed}: {i}, {j}");
            }
            assert!((spans.iter().map(|&p| f64::from(p)).sum::<f64>() - 1.0).abs() < 1e-5);
            let answer = encoded.answer(&[SpanLogits { start: &start, end: &end }], count).span.unwrap();
            let largest = spans.iter().copied().fold(0.0, |a, b| if b > a { b } else { a });
            assert!((answer.probability - f64::from(largest)).abs() < 1e-5, "seed {seed}");
        }
    }

    /// A span that is none has no cell: a probability is never −∞.
    #[test]
    fn the_picture_has_a_cell_for_each_span_of_the_text() {
        let svg = LESSON.run(&LessonOptions::default()).unwrap().to_svg().unwrap();
        assert!(!svg.contains('∞'), "{svg}");
        // Tom drinks tea with grand ##mother: six pieces.
        assert_eq!(svg.matches("</title></rect>").count(), 6 * 7 / 2);
    }

    /// Every loss falls, so every head passes a gradient on into its encoder.
    #[test]
    fn every_shape_learns() {
        for seed in 0..3 {
            let run = LESSON.run(&LessonOptions { seed, ..LessonOptions::default() }).unwrap();
            let tables: Vec<String> = run
                .blocks
                .iter()
                .filter_map(|block| match block {
                    Block::Table(table) => Some(table.to_terminal(&TerminalStyle::plain())),
                    _ => None,
                })
                .collect();
            let rows: Vec<&str> = tables.last().unwrap().lines().skip(2).collect();
            assert_eq!(rows.len(), 6);
            for row in rows {
                let numbers: Vec<f64> = row.split_whitespace().rev().take(2).map(|x| x.parse().unwrap()).collect();
                assert!(numbers[0] < numbers[1] / 2.0, "seed {seed}: {row}");
            }
        }
    }

    /// Only the first piece of a word carries a label: the others could say anything.
    #[test]
    fn pieces_behind_the_first_do_not_count() {
        let words = ["나무늘보", "unheard"].map(str::to_owned).to_vec();
        let tokenizer = tokenizer(&words);
        let sentence = TaggedSentence { words, tags: vec![1, 0] };
        let tagged = encode_tagged(&tokenizer, &sentence, MAX_LENGTH).unwrap();
        let Target::Tags(labels) = tagged.feature.target else { panic!("tags") };
        assert_eq!(labels, [IGNORE_INDEX, 1, 0, IGNORE_INDEX, IGNORE_INDEX]);
        let counted: Vec<usize> = (0..labels.len()).filter(|&n| labels[n] != IGNORE_INDEX).collect();
        assert_eq!(counted, tagged.first_pieces);
    }
}
