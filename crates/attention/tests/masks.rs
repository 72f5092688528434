//! What a mask hides has no influence: under random shapes, lengths and numbers, for any multi-head attention.

use jumok_attention::{Mask, MultiHeadAttention, MultiHeadConfig};
use jumok_nn::{Ctx, Init, keyed_rng};
use jumok_tensor::{BoolTensor, Elem, Tensor};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

const CASES: u64 = 40;

/// An attention, a batch `[B, T, D]` and the length of each of its sequences, at least 1.
fn case(rng: &mut ChaCha8Rng) -> (MultiHeadAttention, Tensor, Vec<usize>) {
    let (heads, width) = (rng.random_range(1..4), rng.random_range(1..5));
    let (batch, time) = (rng.random_range(1..4), rng.random_range(1..8));
    let attention = MultiHeadAttention::new(&MultiHeadConfig::new(heads * width, heads), rng);
    let x = numbers(&[batch, time, heads * width], rng);
    let lengths = (0..batch).map(|_| rng.random_range(1..=time)).collect();
    (attention, x, lengths)
}

fn numbers(shape: &[usize], rng: &mut ChaCha8Rng) -> Tensor {
    Init::Normal { mean: 0.0, std: 1.0 }.parameter(shape, rng)
}

/// Which places of `[B, T]` hold a token.
fn is_token(lengths: &[usize], time: usize) -> BoolTensor {
    let values = lengths.iter().flat_map(|&length| (0..time).map(move |t| t < length)).collect();
    BoolTensor::from_vec(values, &[lengths.len(), time])
}

fn attend(attention: &MultiHeadAttention, x: &Tensor, mask: &Mask) -> Tensor {
    attention.forward(x, x, x, mask, &mut Ctx::eval()).output
}

#[test]
fn what_stands_in_padding_has_no_influence_and_gets_no_gradient() {
    for case_number in 0..CASES {
        let rng = &mut keyed_rng([case_number]);
        let (attention, x, lengths) = case(rng);
        let [batch, time, features] = x.dims();
        let tokens = is_token(&lengths, time);
        for mask in [Mask::padding(&tokens), Mask::causal().and(&Mask::padding(&tokens))] {
            let is_kept = tokens.as_slice().iter().map(|&token| Elem::from(u8::from(token))).collect();
            let kept = Tensor::from_vec(is_kept, &[batch, time, 1]);
            let output = attend(&attention, &x, &mask) * &kept; //        [B, T, D]
            let other = &x * &kept + numbers(x.shape(), rng) * &(1.0 - &kept); // [B, T, D]
            assert_eq!(output.to_vec(), (attend(&attention, &other, &mask) * &kept).to_vec(), "case {case_number}");

            let gradients = output.pow_scalar(2.0).sum_all().backward();
            let gradient = gradients.get(&x).expect("the output depends on the tokens").to_vec();
            for (place, gradient) in gradient.chunks(features).enumerate() {
                let has_none = gradient.iter().all(|g| *g == 0.0);
                assert!(tokens.as_slice()[place] || has_none, "case {case_number}, place {place}: {gradient:?}");
            }
        }
    }
}

#[test]
fn a_padded_batch_is_its_sequences_one_by_one() {
    for case_number in 0..CASES {
        let (attention, x, lengths) = case(&mut keyed_rng([case_number]));
        let mask = Mask::padding(&is_token(&lengths, x.shape()[1]));
        let together = attend(&attention, &x, &mask);
        for (n, &length) in lengths.iter().enumerate() {
            let alone = attend(&attention, &x.narrow(0, n, 1).narrow(1, 0, length), &Mask::none());
            let gap = (together.narrow(0, n, 1).narrow(1, 0, length) - alone).abs().max_all().item();
            assert!(gap < 1e-5, "case {case_number}, sequence {n}: {gap}");
        }
    }
}

#[test]
fn under_the_causal_mask_a_token_is_the_last_of_its_prefix() {
    for case_number in 0..CASES {
        let (attention, x, _) = case(&mut keyed_rng([case_number]));
        let all = attend(&attention, &x, &Mask::causal());
        for t in 0..x.shape()[1] {
            let prefix = attend(&attention, &x.narrow(1, 0, t + 1), &Mask::none());
            let gap = (all.narrow(1, t, 1) - prefix.narrow(1, t, 1)).abs().max_all().item();
            assert!(gap < 1e-5, "case {case_number}, token {t}: {gap}");
        }
    }
}
