//! How many operations wait for one another. A processor with as many cores as it likes still needs that many steps, one after
//! the other; everything else can be done side by side.

use std::collections::HashMap;

use jumok_tensor::{Tensor, TensorId};

/// The length of the longest chain of recorded operations that led to `result`, each of which needs the result of the one before;
/// of those only whose name `counts` accepts ([`Tensor::grad_fn_name`], such as `GruCellBackward`).
///
/// The chain is read off the graph that backward walks: it is what was really computed, not what a formula says of it.
// ANCHOR: longest_chain
pub fn longest_chain(result: &Tensor, counts: impl Fn(&str) -> bool) -> usize {
    // A parent is older than its child, so in the order of age every chain is known before it is continued.
    let mut nodes: HashMap<TensorId, &Tensor> = HashMap::new();
    let mut open = vec![result];
    while let Some(tensor) = open.pop() {
        if nodes.insert(tensor.id(), tensor).is_none() {
            open.extend(tensor.parents());
        }
    }
    let mut ids: Vec<TensorId> = nodes.keys().copied().collect();
    ids.sort_unstable();
    let mut chains: HashMap<TensorId, usize> = HashMap::new();
    for id in ids {
        let tensor = nodes[&id];
        let own = usize::from(tensor.grad_fn_name().is_some_and(|name| counts(&name)));
        let before = tensor.parents().iter().map(|parent| chains[&parent.id()]).max().unwrap_or(0);
        chains.insert(id, before + own);
    }
    chains[&result.id()]
}
// ANCHOR_END: longest_chain

/// Whether a token learns of others in this operation: in the step of a recurrent cell from the token before, in attention from all
/// of them. In every other operation of an encoder each token is alone.
pub fn reads_other_tokens(operation: &str) -> bool {
    matches!(operation, "AttentionBackward" | "GruCellBackward" | "LstmCellBackward")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Encoder, EncoderLayerConfig};
    use jumok_attention::Mask;
    use jumok_nn::Ctx;
    use jumok_seq2seq::{CellKind, Recurrent, RecurrentConfig};
    use jumok_tensor::Array;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn the_longest_of_several_ways_counts() {
        let x = Tensor::parameter(Array::ones(&[2]));
        let long = x.exp().tanh().exp();
        let y = &long + &x.exp();
        assert_eq!(longest_chain(&y, |_| true), 4);
        assert_eq!(longest_chain(&y, |name| name == "ExpBackward"), 2);
        assert_eq!(longest_chain(&x, |_| true), 0);
    }

    #[test]
    fn a_long_history_does_not_overflow_the_stack() {
        let mut x = Tensor::parameter(Array::ones(&[1]));
        for _ in 0..100_000 {
            x = -&x;
        }
        assert_eq!(longest_chain(&x, |_| true), 100_000);
    }

    /// Slide S21: the recurrent network takes T steps, the Transformer one for each layer, however long the text.
    #[test]
    fn recurrence_takes_as_many_steps_as_there_are_tokens_and_attention_one_a_layer() {
        for layers in [1, 2] {
            let rng = &mut ChaCha8Rng::seed_from_u64(0);
            let encoder = Encoder::new(&EncoderLayerConfig::new(4, 2, 8), layers, false, rng);
            let config = |kind| RecurrentConfig { num_layers: layers, ..RecurrentConfig::new(kind, 4, 4) };
            let gru = Recurrent::new(&config(CellKind::Gru), rng);
            let lstm = Recurrent::new(&config(CellKind::Lstm), rng);
            let mut whole = vec![];
            for tokens in [8, 16, 64] {
                let x = Tensor::ones(&[1, tokens, 4]);
                let attended = encoder.forward(&x, &Mask::none(), &mut Ctx::eval());
                assert_eq!(longest_chain(&attended, reads_other_tokens), layers);
                whole.push(longest_chain(&attended, |_| true));
                for network in [&gru, &lstm] {
                    let read = network.forward(&x, None, None, &mut Ctx::eval()).output;
                    // A layer gets what the one below has made of all tokens as one array, so it waits for the last of them.
                    assert_eq!(longest_chain(&read, reads_other_tokens), tokens * layers);
                    assert!(longest_chain(&read, |_| true) >= 2 * tokens, "a product and a cell for each token");
                }
            }
            assert!(whole.iter().all(|length| *length == whole[0]), "{whole:?}");
        }
    }
}
