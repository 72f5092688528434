//! What is left of a model when heads are taken out.
//!
//! A head's share of the sublayer's result is what it brought home times its columns of W_O. With those columns at 0 the head may look
//! where it likes, and nobody hears of it (Michel, Levy and Neubig 2019, arXiv 1905.10650).

use jumok_nn::Ctx;
use jumok_tensor::{IntTensor, Tensor};

use crate::causal::CausalLanguageModel;

/// The model without head `head` of layer `layer`, both counted from 0.
///
/// # Panics
/// If there is no such head.
#[track_caller]
pub fn without_head(model: &CausalLanguageModel, layer: usize, head: usize) -> CausalLanguageModel {
    without_heads(model, &[(layer, head)])
}

/// The model without all of these heads, each as (layer, head).
///
/// # Panics
/// If there is no such head.
// ANCHOR: without_heads
#[track_caller]
pub fn without_heads(model: &CausalLanguageModel, heads: &[(usize, usize)]) -> CausalLanguageModel {
    let mut model = model.clone();
    for &(layer, head) in heads {
        let (layers, count) = (model.h.len(), model.config.n_head);
        assert!(
            layer < layers && head < count,
            "without_heads: there is no head {head} in layer {layer}: need layers below {layers} and heads below {count}"
        );
        let weight = &mut model.h[layer].attn.output.weight; //                   [D, H·d]
        let [width, inner] = weight.dims();
        let per_head = inner / count;
        let values = weight.array_mut().make_mut();
        for row in 0..width {
            values[row * inner + head * per_head..][..per_head].fill(0.0);
        }
    }
    model
}
// ANCHOR_END: without_heads

/// How much each query looks at each key in each head, layer by layer: `[B, H, T, T]` each.
///
/// # Panics
/// If the model cannot read `input_ids` `[B, T]`.
#[track_caller]
pub fn attention_weights(model: &CausalLanguageModel, input_ids: &IntTensor) -> Vec<Tensor> {
    let mut ctx = Ctx::eval().recording();
    model.forward(input_ids, &mut ctx);
    let records = ctx.take_records().into_iter().filter(|record| record.path.ends_with(".attn.weights"));
    records.map(|record| record.value.detach()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causal::CausalLanguageModelConfig;
    use jumok_tensor::no_grad;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    fn model() -> CausalLanguageModel {
        let config = CausalLanguageModelConfig {
            vocab_size: 7,
            n_positions: 6,
            n_embd: 8,
            n_layer: 2,
            n_head: 2,
            initializer_range: 0.5,
            ..CausalLanguageModelConfig::tiny()
        };
        CausalLanguageModel::new(&config, &mut ChaCha8Rng::seed_from_u64(2)).unwrap()
    }

    fn logits(model: &CausalLanguageModel, ids: [i64; 4]) -> Vec<f64> {
        let ids = IntTensor::from_vec(ids.to_vec(), &[1, 4]);
        no_grad(|| model.forward(&ids, &mut Ctx::eval())).to_vec().into_iter().map(f64::from).collect()
    }

    #[test]
    fn without_any_head_a_place_knows_its_own_token_only() {
        let model = model();
        let all: Vec<(usize, usize)> = (0..2).flat_map(|layer| (0..2).map(move |head| (layer, head))).collect();
        let alone = without_heads(&model, &all);
        let last = |model: &_, ids| logits(model, ids)[21..].to_vec();
        assert_ne!(last(&model, [1, 2, 3, 4]), last(&model, [3, 2, 1, 4]));
        assert_eq!(last(&alone, [1, 2, 3, 4]), last(&alone, [3, 2, 1, 4]));
        assert_ne!(last(&alone, [1, 2, 3, 4]), last(&alone, [1, 2, 3, 5]));
        let one = without_head(&model, 1, 0);
        assert_ne!(logits(&one, [1, 2, 3, 4]), logits(&model, [1, 2, 3, 4]));
        assert_ne!(logits(&one, [1, 2, 3, 4]), logits(&without_head(&model, 1, 1), [1, 2, 3, 4]));
    }

    /// The head still looks where it looked: its map alone does not tell whether anybody listens.
    #[test]
    fn the_weights_of_a_head_that_was_taken_out_stay_as_they_were() {
        let (model, ids) = (model(), IntTensor::from_vec(vec![1, 2, 3, 4], &[1, 4]));
        let (with, without) = (attention_weights(&model, &ids), attention_weights(&without_head(&model, 1, 0), &ids));
        assert_eq!(with.len(), 2);
        assert_eq!(with[1].shape(), [1, 2, 4, 4]);
        assert_eq!(with[1].to_vec(), without[1].to_vec());
    }

    #[test]
    #[should_panic(expected = "there is no head 2 in layer 1: need layers below 2 and heads below 2")]
    fn a_head_that_is_not_there_cannot_be_taken_out() {
        without_head(&model(), 1, 2);
    }
}
