//! What a pre-trained BERT says about given texts.

use jumok_bert::{BertForPreTraining, BertInputs};
use jumok_nn::{Ctx, Record};
use jumok_tensor::{IntTensor, Tensor, no_grad};
use jumok_text::Tokenizer;
use jumok_text::pretraining::{PairSequence, build_pair};

use crate::CommandError;

/// A word piece and its probability, 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// The word piece.
    pub token: String,
    /// p(piece | everything around the mask).
    pub probability: f64,
}

/// The `top` most likely word pieces at each `[MASK]` of `[CLS] A [SEP]` or `[CLS] A [SEP] B [SEP]`, likeliest first; special
/// tokens are left out, the probabilities are those among all pieces.
///
/// `words` are a model's logits of the words at the given positions, `[M, V]`; it reads `max_length` tokens at most.
///
/// # Errors
/// [`CommandError::TooLong`] for a text with more tokens than the model has positions.
pub fn fill_masks(
    words: impl FnOnce(&BertInputs, &IntTensor) -> Tensor,
    max_length: usize,
    tokenizer: &Tokenizer,
    a: &[i64],
    b: Option<&[i64]>,
    top: usize,
) -> Result<Vec<Vec<Guess>>, CommandError> {
    let sequence = sequence(max_length, tokenizer, a, b)?;
    let mask = tokenizer.special().mask;
    let ids = sequence.input_ids.iter().enumerate();
    let positions: Vec<i64> = ids.filter(|(_, id)| **id == mask).map(|(position, _)| position as i64).collect();
    let positions = IntTensor::from_vec(positions.clone(), &[positions.len()]);
    let logits = no_grad(|| words(&inputs(&sequence), &positions)); // [M, V]
    let probabilities = logits.softmax(-1).to_vec();
    let [_, vocab_size] = logits.dims();
    Ok(probabilities.chunks(vocab_size).map(|row| most_likely(row, tokenizer, top)).collect())
}

/// p(B really follows A), 0 to 1.
///
/// # Errors
/// [`CommandError::TooLong`] for texts with more tokens than the model has positions.
pub fn is_next(model: &BertForPreTraining, tokenizer: &Tokenizer, a: &[i64], b: &[i64]) -> Result<f64, CommandError> {
    let [max_length, _] = model.bert.embeddings.position_embeddings.weight.dims();
    let sequence = sequence(max_length, tokenizer, a, Some(b))?;
    let nowhere = IntTensor::from_vec(vec![], &[0]);
    let logits = no_grad(|| model.forward(&inputs(&sequence), &nowhere, &mut Ctx::eval()).seq_relationship_logits); // [1, 2]
    Ok(f64::from(logits.softmax(-1).to_vec()[0]))
}

/// All that a model shows on its way through `[CLS] A [SEP]` or `[CLS] A [SEP] B [SEP]`, and the tokens.
///
/// `read` lets the model read; it reads `max_length` tokens at most.
///
/// # Errors
/// [`CommandError::TooLong`] for a text with more tokens than the model has positions.
pub(super) fn record(
    read: impl FnOnce(&BertInputs, &mut Ctx),
    max_length: usize,
    tokenizer: &Tokenizer,
    a: &[i64],
    b: Option<&[i64]>,
) -> Result<(Vec<Record>, Vec<String>), CommandError> {
    let sequence = sequence(max_length, tokenizer, a, b)?;
    let mut ctx = Ctx::eval().recording();
    no_grad(|| read(&inputs(&sequence), &mut ctx));
    let tokens = tokenizer.tokens(&sequence.input_ids).into_iter().map(str::to_owned).collect();
    Ok((ctx.take_records(), tokens))
}

/// The attention weights of every layer, `[1, head, query, key]` each, and the tokens.
///
/// # Errors
/// As [`record`].
pub(super) fn attention(
    read: impl FnOnce(&BertInputs, &mut Ctx),
    max_length: usize,
    tokenizer: &Tokenizer,
    a: &[i64],
    b: Option<&[i64]>,
) -> Result<(Vec<Tensor>, Vec<String>), CommandError> {
    let (records, tokens) = record(read, max_length, tokenizer, a, b)?;
    let weights = records.into_iter().filter(|record| record.path.ends_with(".weights"));
    Ok((weights.map(|record| record.value).collect(), tokens))
}

fn sequence(max: usize, tokenizer: &Tokenizer, a: &[i64], b: Option<&[i64]>) -> Result<PairSequence, CommandError> {
    let special = tokenizer.special();
    let sequence = match b {
        Some(b) => build_pair(a, b, &special),
        None => {
            let input_ids = [&[special.cls], a, &[special.sep]].concat();
            PairSequence { token_type_ids: vec![0; input_ids.len()], input_ids }
        }
    };
    match sequence.input_ids.len() {
        tokens if tokens > max => Err(CommandError::TooLong { tokens, max }),
        _ => Ok(sequence),
    }
}

fn inputs(sequence: &PairSequence) -> BertInputs {
    let shape = [1, sequence.input_ids.len()];
    BertInputs {
        input_ids: IntTensor::from_vec(sequence.input_ids.clone(), &shape),
        token_type_ids: IntTensor::from_vec(sequence.token_type_ids.clone(), &shape),
        attention_mask: IntTensor::from_vec(vec![1; shape[1]], &shape),
    }
}

/// The likeliest pieces of one distribution over the vocabulary.
fn most_likely(row: &[f32], tokenizer: &Tokenizer, top: usize) -> Vec<Guess> {
    let special = tokenizer.special();
    let mut ids: Vec<i64> = (0..tokenizer.vocab_size() as i64).filter(|&id| !special.contains(id)).collect();
    ids.sort_by(|&a, &b| row[b as usize].total_cmp(&row[a as usize]).then(a.cmp(&b)));
    let guess = |id: i64| Guess {
        token: tokenizer.token(id).unwrap_or_default().to_owned(),
        probability: row[id as usize].into(),
    };
    ids.into_iter().take(top).map(guess).collect()
}
