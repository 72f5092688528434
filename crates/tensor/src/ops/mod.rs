//! The operations: one file each, or one file for a family that shares its derivation.
//!
//! A file reads from top to bottom: the formula and the derivation of its gradient, both once more in plain `ndarray`
//! (`reference`, which the tests hold the fast version to), what the backward pass keeps, the method on
//! [`Tensor`](crate::Tensor).

pub mod additive_scores;
pub mod arithmetic;
pub mod attention;
pub mod bce_with_logits;
pub mod concat;
pub mod cosine_similarity;
pub mod cross_entropy;
pub mod cumsum;
pub mod dropout;
mod elementwise;
pub mod embedding;
pub mod expand;
pub mod exponential;
pub mod extremum;
pub mod gather;
pub mod gelu;
pub mod gru_cell;
pub mod kl_div;
pub mod layer_norm;
pub mod linear;
pub mod logsumexp;
pub mod losses;
pub mod lstm_cell;
pub mod matmul;
pub mod maximum;
pub mod mse_loss;
pub mod nll_loss;
pub mod norm;
pub mod one_hot;
pub mod pad;
pub mod permute;
pub mod power;
pub mod relu;
pub mod reshape;
pub mod rms_norm;
mod rows;
pub mod select_where;
pub mod sigmoid;
pub mod silu;
pub mod slice;
pub mod softmax;
pub mod sum;
pub mod topk;
pub mod triangle;
pub mod trigonometric;
pub mod variance;

#[cfg(test)]
mod testing;
