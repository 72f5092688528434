//! S31 (a minute): next sentences in the built-in stories. Two small BERTs learn from the same stories, one with both
//! exercises and one with hidden words alone. Prints a pair of each kind, and how often either model is right about stories that
//! it has never seen: the second exercise is learned, and the first does not need it (erratum E23). `--lang ko` for Korean.
//!
//! ```text
//! cargo run --release -p jumok-bert --example s31_next_sentence
//! ```

use std::error::Error;

use jumok_bert::{BertConfig, BertForPreTraining, BertInputs, PreTrainingLabels, PreTrainingLoss};
use jumok_nn::{AdamW, AdamWConfig, Ctx, Optimizer, Schedule, clip_grad_norm};
use jumok_tensor::{IntTensor, no_grad};
use jumok_text::pretraining::IGNORE_INDEX;
use jumok_text::{
    Language, PretrainingBatch, PretrainingData, PretrainingOptions, Tokenizer, ToyOptions, WordPieceOptions,
    toy_corpus,
};

const STEPS: u64 = 1500;
const EVERY: u64 = 250;

/// The loss of a batch; without the second exercise its labels count for nothing.
fn loss(model: &BertForPreTraining, batch: &PretrainingBatch, next_sentence: bool, ctx: &mut Ctx) -> PreTrainingLoss {
    let table = |cells: Vec<i64>| IntTensor::from_vec(cells, &[batch.batch_size, batch.seq_len]);
    let list = |cells: &[i64]| IntTensor::from_vec(cells.to_vec(), &[cells.len()]);
    let inputs = BertInputs {
        input_ids: table(batch.input_ids.clone()),
        token_type_ids: table(batch.token_type_ids.clone()),
        attention_mask: table(batch.attention_mask.iter().map(|&real| i64::from(real)).collect()),
    };
    let ignored = vec![IGNORE_INDEX; batch.batch_size];
    let labels = PreTrainingLabels {
        masked_labels: list(&batch.masked_labels),
        next_sentence_labels: list(if next_sentence { &batch.next_sentence_labels } else { &ignored }),
    };
    let output = model.forward(&inputs, &list(&batch.masked_positions), ctx);
    BertForPreTraining::loss(&output, &labels, labels.counts())
}

/// The shares of hidden words and of relations that are right about held-out stories, in percent.
fn judge(model: &BertForPreTraining, held_out: &PretrainingData) -> [f64; 2] {
    let mut counts = [[0; 2]; 2];
    for batch in held_out.evaluation_batches(300) {
        let said = no_grad(|| loss(model, &batch, true, &mut Ctx::eval()));
        for (count, correct, all) in
            [(0, said.masked_correct, said.masked_count), (1, said.next_sentence_correct, said.next_sentence_count)]
        {
            counts[count][0] += correct;
            counts[count][1] += all;
        }
    }
    counts.map(|[correct, all]| 100.0 * correct as f64 / all as f64)
}

fn main() -> Result<(), Box<dyn Error>> {
    let korean = std::env::args().any(|argument| argument == "ko" || argument == "--lang=ko");
    let say = |english: &'static str, in_korean: &'static str| if korean { in_korean } else { english };
    let language = if korean { Language::Korean } else { Language::English };
    let stories = ToyOptions { scenes: 4, documents: 2000, held_out_documents: 100, ..ToyOptions::new(language) };
    let toy = toy_corpus(&stories)?;
    let pieces = WordPieceOptions { vocab_size: 1000, language, ..Default::default() };
    let tokenizer = Tokenizer::train(&toy.training, &pieces)?;
    let options = PretrainingOptions { batch_size: 32, seq_len: 48, ..Default::default() };
    let training = PretrainingData::new(&toy.training, &tokenizer, options.clone())?;
    let held_out = PretrainingData::held_out(&toy.held_out, &toy.training, &tokenizer, options)?;

    let batch = training.batch(0);
    for (label, heading) in [
        (0, say("B really follows A:", "B가 정말 A의 다음:")),
        (1, say("B is out of another story:", "B가 다른 이야기에서 옴:")),
    ] {
        let row = batch.next_sentence_labels.iter().position(|&found| found == label).expect("32 tosses of a coin");
        let cells = row * batch.seq_len..(row + 1) * batch.seq_len;
        let real: Vec<i64> =
            cells.filter(|&cell| batch.attention_mask[cell]).map(|cell| batch.input_ids[cell]).collect();
        println!("{heading}\n  {}", tokenizer.tokens(&real).join(" "));
    }

    let width = 64;
    let config = BertConfig {
        vocab_size: tokenizer.vocab_size(),
        hidden_size: width,
        num_attention_heads: 2,
        intermediate_size: 4 * width,
        max_position_embeddings: 48,
        initializer_range: BertConfig::initializer_range_for(width),
        hidden_dropout_prob: 0.0,
        attention_probs_dropout_prob: 0.0,
        ..BertConfig::tiny()
    };
    let schedule = Schedule::Linear { lr: 2e-3, warmup_steps: STEPS / 10, total_steps: STEPS };
    println!("\n{}", say("Right about held-out stories, in %:", "처음 보는 이야기에서 맞힌 비율, %:"));
    println!(
        "{}",
        say(
            "step   both: words, relations   words alone: words, relations",
            "스텝   둘 다: 단어, 관계   단어만: 단어, 관계"
        )
    );
    let fresh = || BertForPreTraining::new(&config, 31);
    let mut models = [(true, fresh()?), (false, fresh()?)];
    let mut optimizers = [AdamW::new(AdamWConfig::default())?, AdamW::new(AdamWConfig::default())?];
    let mut shares = [[0.0; 2]; 2];
    for step in 0..STEPS {
        let batch = training.batch(step);
        for ((next_sentence, model), optimizer) in models.iter_mut().zip(&mut optimizers) {
            let loss = loss(model, &batch, *next_sentence, &mut Ctx::train(step)).loss;
            let mut gradients = loss.backward();
            drop(loss);
            clip_grad_norm(model, &mut gradients, 1.0);
            optimizer.step(model, &gradients, schedule.lr(step))?;
        }
        if (step + 1).is_multiple_of(EVERY) {
            shares = [0, 1].map(|n| judge(&models[n].1, &held_out));
            let [[a, b], [c, d]] = shares;
            println!("{:>4}   {a:>11.1} {b:>10.1}   {c:>17.1} {d:>10.1}", step + 1);
        }
    }
    let [[both, relations], [alone, untaught]] = shares;
    assert!(relations > 80.0, "the exercise is learned: {relations}");
    assert!((untaught - 50.0).abs() < 15.0, "without it the relation stays a coin toss: {untaught}");
    assert!(alone > both - 5.0, "hidden words do not need it: {alone} and {both}");
    Ok(())
}
