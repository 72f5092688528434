//! A table of vectors.

use jumok_tensor::{IntTensor, Tensor};
use rand::Rng;

use crate::{Init, Module, parameters};

/// y = `W[id]`: the row of the table for every id.
#[derive(Clone, Debug)]
pub struct Embedding {
    /// W, `[num_embeddings, embedding_dim]`.
    pub weight: Tensor,
    /// The id whose row receives no gradient; `None` if all rows are learned.
    pub padding_idx: Option<usize>,
}

impl Module for Embedding {
    parameters!(weight);
}

impl Embedding {
    /// A table with PyTorch's default initialisation, the standard normal; every row is learned.
    pub fn new(num_embeddings: usize, embedding_dim: usize, rng: &mut impl Rng) -> Self {
        Self::with_init(num_embeddings, embedding_dim, None, Init::Normal { mean: 0.0, std: 1.0 }, rng)
    }

    /// A table initialised by `init`. The row of `padding_idx`, if given, is zero and stays so.
    ///
    /// # Panics
    /// If `padding_idx` is not a row of the table.
    #[track_caller]
    pub fn with_init(
        num_embeddings: usize,
        embedding_dim: usize,
        padding_idx: Option<usize>,
        init: Init,
        rng: &mut impl Rng,
    ) -> Self {
        let mut weight = init.parameter(&[num_embeddings, embedding_dim], rng);
        if let Some(row) = padding_idx {
            assert!(row < num_embeddings, "Embedding: padding_idx {row} is not below the {num_embeddings} rows");
            weight.array_mut().make_mut()[row * embedding_dim..][..embedding_dim].fill(0.0);
        }
        Self { weight, padding_idx }
    }

    /// Ids of any shape `[..]` -> `[.., embedding_dim]`
    ///
    /// # Panics
    /// If an id is not a row of the table.
    #[track_caller]
    pub fn forward(&self, ids: &IntTensor) -> Tensor {
        self.weight.embedding(ids, self.padding_idx)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    use super::*;

    #[test]
    fn rows_are_looked_up_and_padding_is_not_learned() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let table = Embedding::with_init(4, 2, Some(0), Init::Constant(0.5), &mut rng);
        assert_eq!(table.weight.to_vec(), [0.0, 0.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
        let y = table.forward(&IntTensor::from_vec(vec![0, 3, 3], &[1, 3]));
        assert_eq!(y.shape(), [1, 3, 2]);
        assert_eq!(y.to_vec(), [0.0, 0.0, 0.5, 0.5, 0.5, 0.5]);
        let grads = y.sum_all().backward();
        assert_eq!(grads.get(&table.weight).unwrap().to_vec(), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 2.0]);
    }

    #[test]
    #[should_panic(expected = "padding_idx 4 is not below the 4 rows")]
    fn padding_must_be_a_row() {
        Embedding::with_init(4, 2, Some(4), Init::Zeros, &mut ChaCha8Rng::seed_from_u64(3));
    }
}
