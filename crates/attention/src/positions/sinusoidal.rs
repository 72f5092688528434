//! The waves that tell a token where it stands (Vaswani et al. 2017, section 3.5). They are added to the embeddings before the
//! first layer; learned positions, an ordinary `Embedding` over the places, are added the same way.

use jumok_tensor::{Elem, Tensor};

/// How sine and cosine columns are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SinusoidLayout {
    /// Column 2i is a sine, 2i+1 the cosine of the same angle (Vaswani et al. 2017).
    #[default]
    Interleaved,
    /// The first half of the columns are sines, the second half cosines (tensor2tensor, Marian).
    Halves,
}

/// The waves of the paper (section 3.5), `[length, d_model]`: angle(pos, i) = pos / 10000^(2i/d_model).
///
/// Computed in f64 and rounded once. For an odd width the last cosine is left out.
pub fn sinusoidal(length: usize, d_model: usize, layout: SinusoidLayout) -> Tensor {
    let waves = d_model.div_ceil(2);
    let mut table = vec![0.0 as Elem; length * d_model];
    for (pos, row) in table.chunks_exact_mut(d_model.max(1)).enumerate() {
        for i in 0..waves {
            let angle = pos as f64 / 10_000f64.powf(2.0 * i as f64 / d_model as f64);
            let (sin_column, cos_column) = match layout {
                SinusoidLayout::Interleaved => (2 * i, 2 * i + 1),
                SinusoidLayout::Halves => (i, waves + i),
            };
            row[sin_column] = angle.sin() as Elem;
            if let Some(cos) = row.get_mut(cos_column) {
                *cos = angle.cos() as Elem;
            }
        }
    }
    Tensor::from_vec(table, &[length, d_model])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waves_are_those_of_the_paper() {
        let table = sinusoidal(3, 4, SinusoidLayout::Interleaved).to_vec();
        assert_eq!(table[..4], [0.0, 1.0, 0.0, 1.0]);
        let expected = [2f64.sin(), 2f64.cos(), 0.02f64.sin(), 0.02f64.cos()];
        for (a, e) in table[8..].iter().zip(expected) {
            assert!((*a as f64 - e).abs() < 1e-7);
        }
        let halves = sinusoidal(3, 4, SinusoidLayout::Halves).to_vec();
        assert_eq!((halves[8], halves[10]), (table[8], table[9]));
        assert_eq!(sinusoidal(2, 3, SinusoidLayout::Interleaved).shape(), [2, 3]);
    }
}
