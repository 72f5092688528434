//! S29–S31: how BERT's input is made. Pairs of the built-in corpus with their masks, one token a line.
//!
//! ```text
//! cargo run --release -p jumok-text --example pretraining_pair -- ko
//! ```

use jumok_text::pretraining::IGNORE_INDEX;
use jumok_text::{
    Language, PretrainingData, PretrainingOptions, TextError, Tokenizer, ToyOptions, WordPieceOptions, toy_corpus,
};

fn main() -> Result<(), TextError> {
    let language: Language = std::env::args().nth(1).as_deref().unwrap_or("en").parse()?;
    let toy = toy_corpus(&ToyOptions::new(language))?;
    let tokenizer = Tokenizer::train(&toy.training, &WordPieceOptions { language, ..Default::default() })?;
    let options = PretrainingOptions { batch_size: 2, ..Default::default() };
    let batch = PretrainingData::new(&toy.training, &tokenizer, options)?.batch(0);
    let labels = batch.labels();

    for row in 0..batch.batch_size {
        let verdict = ["B really follows A", "B is out of another story"][batch.next_sentence_labels[row] as usize];
        println!("next_sentence_label {}: {verdict}", batch.next_sentence_labels[row]);
        println!("{:>8}  {:<14} {:>7}  {:>4}  to predict", "position", "token", "segment", "real");
        for position in 0..batch.seq_len {
            let at = row * batch.seq_len + position;
            let token = tokenizer.tokens(&batch.input_ids[at..=at])[0];
            let answer = if labels[at] == IGNORE_INDEX { "" } else { tokenizer.tokens(&labels[at..=at])[0] };
            let real = if batch.attention_mask[at] { "yes" } else { "no" };
            println!("{position:>8}  {token:<14} {:>7}  {real:>4}  {answer}", batch.token_type_ids[at]);
        }
        println!();
    }
    Ok(())
}
