//! The loss over a batch of pairs.

use jumok_tensor::{CrossEntropy, IntTensor, Tensor, no_grad};

/// The loss and what is reported beside it.
#[derive(Debug, Clone)]
pub struct Seq2SeqLoss {
    /// The mean of the losses of the tokens to predict.
    pub loss: Tensor,
    /// Their sum: what shards of a batch add up, each divided by the count of the *whole* batch.
    pub sum: Tensor,
    /// How many tokens there were to predict; padding is none.
    pub tokens: usize,
    /// How many of them got the highest logit.
    pub correct: usize,
}

impl Seq2SeqLoss {
    /// From logits `[B, T, V]` and the tokens to predict `[B, T]`; `options` add up the losses and leave padding out
    /// ([`without_padding`](super::without_padding)).
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn new(logits: &Tensor, labels: &IntTensor, options: &CrossEntropy) -> Self {
        let logits = logits.flatten(0, 1); //                                           [B·T, V]
        let labels = labels.reshape(&[labels.len()]); //                                [B·T]
        let sum = logits.cross_entropy(&labels, options);
        let guesses = no_grad(|| logits.argmax(-1, false));
        let pairs =
            || guesses.as_slice().iter().zip(labels.as_slice()).filter(|(_, label)| **label != options.ignore_index);
        let (tokens, correct) = (pairs().count(), pairs().filter(|(guess, label)| guess == label).count());
        Self { loss: &sum / tokens as f64, sum, tokens, correct }
    }
}
