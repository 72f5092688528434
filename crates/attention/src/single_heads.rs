//! The heads of a [`MultiHeadAttention`] one at a time: each by itself, and all but one (lecture, slide S17).
//!
//! W_Q, W_K and W_V of head h are the rows `[h·d .. (h+1)·d]` of the projections of all heads, and what W_O does with head h
//! stands in its columns `[h·d .. (h+1)·d]`.

use jumok_nn::{Ctx, Linear};
use jumok_tensor::{Elem, Tensor};

use crate::{Mask, MultiHeadAttention, scaled_dot_product};

impl MultiHeadAttention {
    /// head_h = Attention(Q·W_h^Q, K·W_h^K, V·W_h^V), computed as if it were the only one, in evaluation: queries
    /// `[B, Tq, D]`, keys `[B, Tk, kdim]` and values `[B, Tk, vdim]` to `[B, Tq, d_v]`.
    ///
    /// # Panics
    /// If there is no such head, or the shapes do not fit.
    // ANCHOR: single_head
    #[track_caller]
    pub fn single_head(&self, head: usize, query: &Tensor, key: &Tensor, value: &Tensor, mask: &Mask) -> Tensor {
        let width = self.head_width(head);
        let rows = |linear: &Linear, x: &Tensor| {
            let weight = linear.weight.narrow(0, head * width, width); // [d, D]
            let bias = linear.bias.as_ref().map(|bias| bias.narrow(0, head * width, width)); // [d]
            x.linear(&weight, bias.as_ref()).unsqueeze(1) //              [B, 1, T, d]
        };
        let (q, k, v) = (rows(&self.query, query), rows(&self.key, key), rows(&self.value, value));
        scaled_dot_product(&q, &k, &v, mask, &mut Ctx::eval()).context.squeeze(1) // [B, Tq, d]
    }
    // ANCHOR_END: single_head

    /// The same attention with head `head` silent: its columns of W_O are 0 (the head masks of Michel, Levy and Neubig 2019,
    /// arXiv 1905.10650). The others do what they did.
    ///
    /// # Panics
    /// If there is no such head.
    #[must_use]
    #[track_caller]
    pub fn without_head(&self, head: usize) -> Self {
        let width = self.head_width(head);
        let columns = self.output.in_features();
        let is_kept = |column: usize| Elem::from(!(head * width..(head + 1) * width).contains(&column) as u8);
        let kept = Tensor::from_vec((0..columns).map(is_kept).collect(), &[1, columns]);
        let mut silent = self.clone();
        silent.output.weight = Tensor::parameter((&self.output.weight * &kept).array().clone()); // [D, H·d]
        silent
    }

    #[track_caller]
    fn head_width(&self, head: usize) -> usize {
        let heads = self.num_heads;
        assert!(head < heads, "MultiHeadAttention: there is no head {head}: need one of 0..{heads}");
        self.output.in_features() / heads
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MultiHeadConfig;
    use jumok_nn::Init;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    fn gap(a: &Tensor, b: &Tensor) -> f64 {
        (a - b).abs().max_all().item()
    }

    /// Slide S17 in the size of the paper: d_model 512, 8 heads, so d_k = 64.
    #[test]
    fn the_heads_side_by_side_through_w_o_are_multi_head_attention() {
        for (seed, mask) in [(0, Mask::none()), (1, Mask::causal())] {
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            let attention = MultiHeadAttention::new(&MultiHeadConfig::new(512, 8), rng);
            let x = Init::Normal { mean: 0.0, std: 1.0 }.parameter(&[1, 5, 512], rng);
            let heads: Vec<Tensor> = (0..8).map(|h| attention.single_head(h, &x, &x, &x, &mask)).collect();
            assert!(heads.iter().all(|head| head.shape() == [1, 5, 64]));
            let side_by_side = Tensor::concat(&heads.iter().collect::<Vec<_>>(), -1);
            let together = attention.forward(&x, &x, &x, &mask, &mut Ctx::eval()).output;
            assert!(gap(&attention.output.forward(&side_by_side), &together) < 1e-6);
        }
    }

    #[test]
    fn a_silent_head_is_missing_and_the_others_are_not() {
        let rng = &mut ChaCha8Rng::seed_from_u64(2);
        let attention = MultiHeadAttention::new(&MultiHeadConfig::new(8, 4), rng);
        let x = Init::Normal { mean: 0.0, std: 1.0 }.parameter(&[2, 3, 8], rng);
        let output = |a: &MultiHeadAttention| a.forward(&x, &x, &x, &Mask::none(), &mut Ctx::eval()).output;
        for silent in 0..4 {
            let heads: Vec<Tensor> = (0..4)
                .map(|h| attention.single_head(h, &x, &x, &x, &Mask::none()) * f64::from(u8::from(h != silent)))
                .collect();
            let expected = attention.output.forward(&Tensor::concat(&heads.iter().collect::<Vec<_>>(), -1));
            let found = output(&attention.without_head(silent));
            assert!(gap(&found, &expected) < 1e-6);
            assert!(gap(&found, &output(&attention)) > 1e-3, "head {silent} said something");
        }
    }

    #[test]
    #[should_panic(expected = "there is no head 4: need one of 0..4")]
    fn a_head_that_is_not_there_is_refused() {
        let attention = MultiHeadAttention::new(&MultiHeadConfig::new(8, 4), &mut ChaCha8Rng::seed_from_u64(0));
        let _ = attention.without_head(4);
    }
}
