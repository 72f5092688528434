//! Many heads side by side: one wide vector is read as `H` narrow ones (Vaswani et al. 2017, section 3.2.2; slide S17).
//!
//! No number moves: head h of a token is the slice `[h·d .. (h+1)·d]` of its features, so splitting is a reshape and a
//! transpose, both views.

use jumok_tensor::Tensor;

/// `[B, T, H·d]` seen as `[B, H, T, d]`.
///
/// # Panics
/// If the features cannot be divided among the heads, or x has not three axes.
#[track_caller]
pub fn split(x: &Tensor, num_heads: usize) -> Tensor {
    let [batch, time, features] = x.dims();
    assert!(
        num_heads > 0 && features.is_multiple_of(num_heads),
        "heads::split: shape {:?} does not fit {num_heads} heads: need features that they divide",
        x.shape()
    );
    let axes = [batch, time, num_heads, features / num_heads].map(|n| n as isize);
    x.reshape(&axes).transpose(1, 2)
}

/// `[B, H, T, d]` back to `[B, T, H·d]`: the heads of a token next to each other.
///
/// # Panics
/// If x has not four axes.
#[track_caller]
pub fn merge(x: &Tensor) -> Tensor {
    let [batch, heads, time, width] = x.dims();
    x.transpose(1, 2).reshape(&[batch, time, heads * width].map(|n| n as isize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_undoes_splitting() {
        let x = Tensor::arange(0.0, 24.0, 1.0).reshape(&[1, 3, 8]);
        let split = split(&x, 4);
        assert_eq!(split.shape(), [1, 4, 3, 2]);
        assert_eq!(split.select(1, 1).to_vec(), [2.0, 3.0, 10.0, 11.0, 18.0, 19.0]);
        assert_eq!(merge(&split).to_vec(), x.to_vec());
    }

    #[test]
    #[should_panic(expected = "heads::split: shape [1, 3, 8] does not fit 3 heads")]
    fn heads_must_divide_the_features() {
        split(&Tensor::zeros(&[1, 3, 8]), 3);
    }
}
