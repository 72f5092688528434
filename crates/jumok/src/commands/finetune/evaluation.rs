//! How well a model does on examples that it was not trained on.

use jumok_metrics::{Average, Classification, EntityScores, Scheme, SquadScores, pearson, spearman};
use jumok_text::finetuning::questions::Answer as AnswerChoice;
use jumok_text::finetuning::{EncodedQuestion, Examples, Feature, FinetuningBatch, QuestionExample, SpanLogits};
use jumok_training::{Text, evaluate};

use super::data::Encoded;
use super::model::{FinetunedModel, HeadLogits};
use crate::cli::TaskName;
use crate::texts::finetune as texts;

/// Features of an evaluation batch; few, so that there are batches for all threads.
const EVALUATION_BATCH: usize = 32;

/// What a model says about a sequence, or about the choices of an example.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// The logits of the classes, or of the choices.
    Classes(Vec<f32>),
    /// A number.
    Score(f64),
    /// The likeliest tag of each token.
    Tags(Vec<usize>),
    /// How much each token looks like the first and the last one of the answer.
    Spans([Vec<f32>; 2]),
}

/// A figure, with its name in `metrics.csv` and `summary.json` and the one that is printed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figure {
    pub(super) key: &'static str,
    pub(super) name: Text,
    pub(super) value: f64,
}

/// The figures of an evaluation. The first one decides which epoch is the best.
#[derive(Clone, Debug)]
pub(super) struct Scores {
    /// Mean loss.
    pub(super) loss: f64,
    pub(super) figures: Vec<Figure>,
}

impl Scores {
    /// The figure that decides; below every other if it is none (a correlation with a constant).
    pub(super) fn deciding(&self) -> f64 {
        let value = self.figures[0].value;
        if value.is_nan() { f64::NEG_INFINITY } else { value }
    }
}

/// The figures of a task: keys and names.
pub(super) fn figures_of(task: TaskName) -> &'static [(&'static str, Text)] {
    match task {
        TaskName::Sentence | TaskName::Pair => {
            &[("accuracy", texts::ACCURACY), ("f1", texts::MACRO_F1), ("mcc", texts::MCC)]
        }
        TaskName::MultipleChoice => &[("accuracy", texts::ACCURACY)],
        TaskName::Regression => &[("pearson", texts::PEARSON), ("spearman", texts::SPEARMAN)],
        TaskName::Tagging => &[
            ("f1", texts::ENTITY_F1),
            ("precision", texts::PRECISION),
            ("recall", texts::RECALL),
            ("accuracy", texts::TAG_ACCURACY),
        ],
        TaskName::Qa => &[("f1", texts::ANSWER_F1), ("exact_match", texts::EXACT_MATCH)],
    }
}

/// The answers to features, in their order, and the mean loss.
pub(super) fn answers(model: &FinetunedModel, features: &[Feature], pad: i64) -> (f64, Vec<Answer>) {
    let chunks: Vec<&[Feature]> = features.chunks(EVALUATION_BATCH).collect();
    let results = evaluate(&chunks, |chunk, ctx| {
        let batch = FinetuningBatch::gather(&chunk.iter().collect::<Vec<_>>(), pad);
        let logits = model.logits(&batch, ctx);
        (logits.loss(&batch, 1).item(), split(&logits, chunk))
    });
    let count: usize = features.iter().map(|feature| feature.target.count()).sum();
    let loss = results.iter().map(|(loss, _)| loss).sum::<f64>() / count.max(1) as f64;
    (loss, results.into_iter().flat_map(|(_, answers)| answers).collect())
}

/// The logits of a batch, example by example, without those of the padding.
fn split(logits: &HeadLogits, chunk: &[Feature]) -> Vec<Answer> {
    let tokens = |feature: &Feature| feature.sequences[0].input_ids.len();
    match logits {
        HeadLogits::Classes(logits) => {
            let [_, classes] = logits.dims();
            logits.to_vec().chunks(classes).map(|row| Answer::Classes(floats(row))).collect()
        }
        HeadLogits::Score(scores) => scores.to_vec().into_iter().map(|score| Answer::Score(score.into())).collect(),
        HeadLogits::Tags(logits) => {
            let [_, seq_len, _] = logits.dims();
            let best = logits.argmax(-1, false); //                            [B, T]
            let rows = best.as_slice().chunks(seq_len).zip(chunk);
            rows.map(|(row, feature)| Answer::Tags(row[..tokens(feature)].iter().map(|&tag| tag as usize).collect()))
                .collect()
        }
        HeadLogits::Spans([start, end]) => {
            let [_, seq_len] = start.dims();
            let (start, end) = (start.to_vec(), end.to_vec());
            let rows = start.chunks(seq_len).zip(end.chunks(seq_len)).zip(chunk);
            rows.map(|((start, end), feature)| Answer::Spans([start, end].map(|row| floats(&row[..tokens(feature)]))))
                .collect()
        }
    }
}

fn floats(row: &[jumok_tensor::Elem]) -> Vec<f32> {
    row.to_vec()
}

/// The likeliest class.
pub(super) fn likeliest(logits: &[f32]) -> usize {
    (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b]).then(b.cmp(&a))).unwrap_or(0)
}

/// The tags of a sentence's words, read at their first pieces; words that were cut off get tag 0, which is `O`.
pub(super) fn tags_of_words(words: usize, first_pieces: &[usize], tags: &[usize]) -> Vec<usize> {
    (0..words).map(|word| first_pieces.get(word).and_then(|&place| tags.get(place)).copied().unwrap_or(0)).collect()
}

/// The answer to a question out of the logits of its windows.
pub(super) fn answer_of(question: &EncodedQuestion, windows: &[Answer], max_answer_length: usize) -> AnswerChoice {
    let logits: Vec<SpanLogits> = windows
        .iter()
        .map(|answer| match answer {
            Answer::Spans([start, end]) => SpanLogits { start, end },
            other => panic!("a question was answered by {other:?}"),
        })
        .collect();
    question.answer(&logits, max_answer_length)
}

/// The words of an answer; none if there are none, or if `no_answer` is possible and likelier.
pub(super) fn answer_text<'a>(choice: &AnswerChoice, context: &'a str, no_answer: bool) -> &'a str {
    match choice.span {
        Some(span) if !(no_answer && choice.null_score > span.score) => &context[span.start..span.end],
        _ => "",
    }
}

/// Evaluates a model.
pub(super) fn score(
    model: &FinetunedModel,
    encoded: &Encoded,
    task: TaskName,
    settings: &AnswerSettings,
) -> (Scores, Vec<Answer>) {
    let (loss, answers) = answers(model, &encoded.features, settings.pad);
    let values = match &encoded.examples {
        Examples::Classes { examples, .. } => {
            let truth: Vec<i64> = examples.iter().map(|example| example.label as i64).collect();
            classification(&truth, &classes(&answers))
        }
        Examples::Choices(examples) => {
            let truth: Vec<i64> = examples.iter().map(|example| example.label as i64).collect();
            classification(&truth, &classes(&answers))[..1].to_vec()
        }
        Examples::Scores(examples) => {
            let truth: Vec<f64> = examples.iter().map(|example| example.label).collect();
            correlations(&truth, &numbers(&answers))
        }
        Examples::Tags { tags, sentences } => {
            let truth: Vec<Vec<usize>> = sentences.iter().map(|sentence| sentence.tags.clone()).collect();
            let found = sentences.iter().zip(&encoded.first_pieces).zip(&answers);
            let found: Vec<Vec<usize>> = found
                .map(|((sentence, first_pieces), answer)| match answer {
                    Answer::Tags(tags) => tags_of_words(sentence.words.len(), first_pieces, tags),
                    other => panic!("a sentence was tagged by {other:?}"),
                })
                .collect();
            entity_scores(tags, &truth, &found)
        }
        Examples::Questions(examples) => {
            let predictions = answer_texts(encoded, examples, &answers, settings);
            squad(examples, &predictions)
        }
    };
    let figures =
        figures_of(task).iter().zip(values).map(|(&(key, name), value)| Figure { key, name, value }).collect();
    (Scores { loss, figures }, answers)
}

/// What the reading of answers depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct AnswerSettings {
    /// The id of the padding.
    pub(super) pad: i64,
    /// Tokens of an answer at most.
    pub(super) max_answer_length: usize,
    /// Whether there may be no answer.
    pub(super) no_answer: bool,
}

/// The words of the answers to all questions.
pub(super) fn answer_texts<'a>(
    encoded: &Encoded,
    examples: &'a [QuestionExample],
    answers: &[Answer],
    settings: &AnswerSettings,
) -> Vec<&'a str> {
    let mut rest = answers;
    let mut found = vec![];
    for (question, example) in encoded.questions.iter().zip(examples) {
        let (windows, others) = rest.split_at(question.windows.len());
        rest = others;
        let choice = answer_of(question, windows, settings.max_answer_length);
        found.push(answer_text(&choice, &example.context, settings.no_answer));
    }
    found
}

fn classes(answers: &[Answer]) -> Vec<i64> {
    let class = |answer: &Answer| match answer {
        Answer::Classes(logits) => likeliest(logits) as i64,
        other => panic!("a class was asked for, not {other:?}"),
    };
    answers.iter().map(class).collect()
}

fn numbers(answers: &[Answer]) -> Vec<f64> {
    let number = |answer: &Answer| match answer {
        Answer::Score(score) => *score,
        other => panic!("a number was asked for, not {other:?}"),
    };
    answers.iter().map(number).collect()
}

pub(super) const AS_MANY: &str = "there is an answer for each example";

fn classification(truth: &[i64], found: &[i64]) -> Vec<f64> {
    let counts = Classification::new(truth, found).expect(AS_MANY);
    vec![counts.accuracy(), counts.scores(Average::Macro).f1, counts.mcc()]
}

fn correlations(truth: &[f64], found: &[f64]) -> Vec<f64> {
    vec![pearson(found, truth).expect(AS_MANY), spearman(found, truth).expect(AS_MANY)]
}

pub(super) fn entity_scores(tags: &[String], truth: &[Vec<usize>], found: &[Vec<usize>]) -> Vec<f64> {
    let names = |all: &[Vec<usize>]| -> Vec<Vec<&str>> {
        all.iter().map(|one| one.iter().map(|&tag| tags[tag].as_str()).collect()).collect()
    };
    let scores = EntityScores::new(&names(truth), &names(found), Scheme::Lenient).expect("tags were checked when read");
    vec![scores.micro.f1, scores.micro.precision, scores.micro.recall, scores.accuracy]
}

pub(super) fn squad(examples: &[QuestionExample], predictions: &[&str]) -> Vec<f64> {
    // A question without an answer is answered by saying nothing.
    let texts = |example: &QuestionExample| -> Vec<String> {
        match example.answers.is_empty() {
            true => vec![String::new()],
            false => example.answers.iter().map(|answer| answer.text.clone()).collect(),
        }
    };
    let owned: Vec<Vec<String>> = examples.iter().map(texts).collect();
    let right: Vec<Vec<&str>> = owned.iter().map(|one| one.iter().map(String::as_str).collect()).collect();
    let scores = SquadScores::new(predictions, &right).expect(AS_MANY);
    vec![scores.f1 / 100.0, scores.exact_match / 100.0]
}
