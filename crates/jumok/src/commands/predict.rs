//! What a pre-trained encoder says about given texts.

use jumok_bert::BertInputs;
use jumok_nn::{Ctx, Record};
use jumok_tensor::{IntTensor, Tensor, no_grad};
use jumok_text::Tokenizer;
use jumok_text::pretraining::PairSequence;

use crate::CommandError;

/// A piece of a word and its probability, 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Guess {
    /// The piece, as a reader sees it ([`Tokenizer::readable`]).
    pub token: String,
    /// p(piece | everything around the mask).
    pub probability: f64,
}

/// The `top` most likely word pieces at each `[MASK]` of one text or two, likeliest first; special tokens
/// are left out, the probabilities are those among all pieces.
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

/// All that a model shows on its way through one text or two, and the tokens.
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
    let tokens = sequence.input_ids.iter().map(|&id| tokenizer.readable(id)).collect();
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

/// What a model that reads `max` tokens at most is given of one text or two.
///
/// # Errors
/// [`CommandError::TooLong`] for more tokens than that.
pub(super) fn sequence(
    max: usize,
    tokenizer: &Tokenizer,
    a: &[i64],
    b: Option<&[i64]>,
) -> Result<PairSequence, CommandError> {
    let sequence = tokenizer.sequence(a, b);
    match sequence.input_ids.len() {
        tokens if tokens > max => Err(CommandError::TooLong { tokens, max }),
        _ => Ok(sequence),
    }
}

/// One sequence without padding.
pub(super) fn inputs(sequence: &PairSequence) -> BertInputs {
    let shape = [1, sequence.input_ids.len()];
    BertInputs {
        token_type_ids: IntTensor::from_vec(sequence.token_type_ids.clone(), &shape),
        ..BertInputs::new(IntTensor::from_vec(sequence.input_ids.clone(), &shape))
    }
}

/// The likeliest pieces of one distribution over the vocabulary.
fn most_likely(row: &[f32], tokenizer: &Tokenizer, top: usize) -> Vec<Guess> {
    let special = tokenizer.special();
    let mut ids: Vec<i64> = (0..tokenizer.vocab_size() as i64).filter(|&id| !special.contains(id)).collect();
    ids.sort_by(|&a, &b| row[b as usize].total_cmp(&row[a as usize]).then(a.cmp(&b)));
    let guess = |id: i64| Guess { token: tokenizer.readable(id), probability: row[id as usize].into() };
    ids.into_iter().take(top).map(guess).collect()
}
