//! S33 (seconds): the four shapes of tasks on one encoder. Prints what each head reads and says, trains each on one example, and shows
//! that a span of the answer cannot lie outside the text. `--lang ko` for Korean.
//!
//! ```text
//! cargo run --release -p jumok-bert --example s33_four_shapes
//! ```

use std::error::Error;

use jumok_bert::{
    BertConfig, BertForMultipleChoice, BertForQuestionAnswering, BertForSequenceClassification,
    BertForTokenClassification, BertInputs, BertModel, HeadConfig, SequenceLabels,
};
use jumok_nn::{AdamW, AdamWConfig, Ctx, Module, Optimizer};
use jumok_tensor::{BoolTensor, IntTensor, Tensor};

const CLS: i64 = 1;
const SEP: i64 = 2;
const STEPS: usize = 40;

/// `[CLS] A [SEP]`, or with words in `b` `[CLS] A [SEP] B [SEP]`: the ids and the segment of each.
fn sequence(a: &[i64], b: &[i64]) -> (Vec<i64>, Vec<i64>) {
    let first = [&[CLS], a, &[SEP]].concat();
    let second = if b.is_empty() { vec![] } else { [b, &[SEP]].concat() };
    let segments = [vec![0; first.len()], vec![1; second.len()]].concat();
    ([first, second].concat(), segments)
}

/// Sequences of the same length side by side: `[B, T]`.
fn inputs(sequences: &[(Vec<i64>, Vec<i64>)]) -> BertInputs {
    let shape = [sequences.len(), sequences[0].0.len()];
    let ids = sequences.iter().flat_map(|(ids, _)| ids.clone()).collect();
    let segments = sequences.iter().flat_map(|(_, segments)| segments.clone()).collect();
    let inputs = BertInputs::new(IntTensor::from_vec(ids, &shape));
    BertInputs { token_type_ids: IntTensor::from_vec(segments, &shape), ..inputs }
}

fn integers(values: &[i64]) -> IntTensor {
    IntTensor::from_vec(values.to_vec(), &[values.len()])
}

/// The loss before and after some steps on one example.
fn learn<M: Module>(model: &mut M, loss: impl Fn(&M) -> Tensor) -> Result<[f64; 2], Box<dyn Error>> {
    let mut optimizer = AdamW::new(AdamWConfig::default())?;
    let before = loss(model).item();
    for _ in 0..STEPS {
        let gradients = loss(model).backward();
        optimizer.step(model, &gradients, 1e-2)?;
    }
    Ok([before, loss(model).item()])
}

fn main() -> Result<(), Box<dyn Error>> {
    let korean = std::env::args().any(|argument| argument == "ko" || argument == "--lang=ko");
    let say = |english: &'static str, in_korean: &'static str| if korean { in_korean } else { english };
    let config = |labels| BertConfig {
        vocab_size: 20,
        hidden_size: 16,
        num_hidden_layers: 1,
        num_attention_heads: 2,
        intermediate_size: 32,
        hidden_dropout_prob: 0.0,
        attention_probs_dropout_prob: 0.0,
        initializer_range: BertConfig::initializer_range_for(16),
        head: HeadConfig::numbered(labels),
        ..BertConfig::tiny()
    };
    let (a, b) = ([5, 6, 7], [8, 9, 10, 11]);
    let eval = Ctx::eval;
    let report = |name: &str, read: &BertInputs, said: &[usize], [before, after]: [f64; 2]| {
        println!("{name:<16} {:?} -> {said:?}   {before:.3} -> {after:.3}", read.input_ids.shape());
        assert!(after < before / 2.0, "{name}: the loss reaches the encoder and the head");
    };
    println!(
        "{}",
        say("task             reads -> says   loss before -> after", "과제             읽음 -> 냄   손실 전 -> 후")
    );

    let pair = inputs(&[sequence(&a, &b)]);
    let mut model = BertForSequenceClassification::new(&config(3), 0)?;
    let encoder = model.encoder.clone(); // every other head stands on this one
    let label = SequenceLabels::Classes(integers(&[2]));
    let said = model.forward(&pair, &mut eval()).shape().to_vec();
    let losses = learn(&mut model, |model| model.loss(&model.forward(&pair, &mut eval()), &label))?;
    report("(a) pair", &pair, &said, losses);

    let mut model = BertForSequenceClassification {
        encoder: encoder.clone(),
        ..BertForSequenceClassification::new(&config(1), 1)?
    };
    let score = SequenceLabels::Values(Tensor::from_vec(vec![4.0], &[1]));
    let said = model.forward(&pair, &mut eval()).shape().to_vec();
    let losses = learn(&mut model, |model| model.loss(&model.forward(&pair, &mut eval()), &score))?;
    report("(a) similarity", &pair, &said, losses);

    let choices = inputs(&[sequence(&a, &b), sequence(&a, &[12, 13, 14, 15])]);
    let mut model = BertForMultipleChoice { encoder: encoder.clone(), ..BertForMultipleChoice::new(&config(2), 2)? };
    let said = model.forward(&choices, 2, &mut eval()).shape().to_vec();
    let losses = learn(&mut model, |model| {
        BertForMultipleChoice::loss(&model.forward(&choices, 2, &mut eval()), &integers(&[1]))
    })?;
    report("(a) choice", &choices, &said, losses);

    let single = inputs(&[sequence(&b, &[])]);
    let mut model = BertForSequenceClassification {
        encoder: encoder.clone(),
        ..BertForSequenceClassification::new(&config(2), 3)?
    };
    let label = SequenceLabels::Classes(integers(&[0]));
    let said = model.forward(&single, &mut eval()).shape().to_vec();
    let losses = learn(&mut model, |model| model.loss(&model.forward(&single, &mut eval()), &label))?;
    report("(b) sentence", &single, &said, losses);

    // The answer is the third and fourth token of the text.
    let tokens = BertModel { pooler: None, ..encoder };
    let mut answers =
        BertForQuestionAnswering { encoder: tokens.clone(), ..BertForQuestionAnswering::new(&config(2), 4)? };
    let text = a.len() + 2..a.len() + 2 + b.len();
    let [start, end] = [2, 3].map(|n| integers(&[(text.start + n) as i64]));
    let fresh = answers.forward(&pair, &mut eval());
    let losses = learn(&mut answers, |model| {
        BertForQuestionAnswering::loss(&model.forward(&pair, &mut eval()), [&start, &end])
    })?;
    report("(c) answer", &pair, fresh[0].shape(), losses);

    let mut model = BertForTokenClassification { encoder: tokens, ..BertForTokenClassification::new(&config(3), 5)? };
    // The second word has two pieces: only the first of them carries a label.
    let labels = IntTensor::from_vec(vec![-100, 0, 1, -100, 2, -100], &[1, 6]);
    let said = model.forward(&single, &mut eval()).shape().to_vec();
    let losses =
        learn(&mut model, |model| BertForTokenClassification::loss(&model.forward(&single, &mut eval()), &labels))?;
    report("(d) tags", &single, &said, losses);

    println!(
        "\n{}",
        say("The likeliest span, before and after learning (the text is", "가장 그럴듯한 구간, 배우기 전과 후 (글은")
    );
    println!("  {text:?}):");
    for [start, end] in [fresh, answers.forward(&pair, &mut eval())] {
        let count = start.shape()[1];
        let scores = start.squeeze(0).unsqueeze(1) + end.squeeze(0).unsqueeze(0); // [T, T]
        let legal = |n: usize| text.contains(&(n / count)) && text.contains(&(n % count)) && n / count <= n % count;
        let legal = BoolTensor::from_vec((0..count * count).map(legal).collect(), &[count * count]);
        let spans = scores.flatten(0, 1).masked_softmax(0, &legal); //               [T²], 0 where it is none
        let best = spans.argmax(0, false).as_slice()[0] as usize;
        println!("  {}..={}  p = {:.3}", best / count, best % count, spans.max_all().item());
        assert!(text.contains(&(best / count)) && best / count <= best % count && text.contains(&(best % count)));
    }
    Ok(())
}
