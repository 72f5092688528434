//! Dropout: random zeros while training (Srivastava et al. 2014; the Transformer has it after every
//! sublayer, Vaswani et al. 2017, section 5.4).
//!
//! y_i = x_i·m_i/(1 − p), where m_i is 0 with probability p and 1 otherwise. The mean of m_i is 1 − p, so that of y_i
//! is x_i: scaling while training ("inverted" dropout) leaves nothing to be done when evaluating.
//!
//! Gradient. m is a constant of the step, so y is linear in x: **dx = g·m/(1 − p)**.

use rand::Rng;

use crate::autograd::{Backward, ParentGrads, grads};
use crate::{Array, Elem, Tensor};

/// The formula on plain `ndarray`; it is its own backward, with g in the place of x.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Zip};

    /// y = x·m/(1 − p)
    pub fn dropout(x: &ArrayD<Elem>, keep: &ArrayD<bool>, p: Elem) -> ArrayD<Elem> {
        Zip::from(x).and(keep).map_collect(|&x, &keep| if keep { x / (1.0 - p) } else { 0.0 })
    }
}

/// Random bytes drawn at a time.
const BLOCK: usize = 1024;

/// m for each of `len` elements: 1 (kept) with probability 1 − p, else 0.
///
/// A uniform number u in [0, 1) is compared with p from its first byte on: the byte alone decides unless it equals the
/// first byte of p, in one case of 256; then 32 more bits are drawn. That is as exact as comparing 40 bits, for a
/// quarter of the random numbers that 32 bits an element would take.
fn draw(len: usize, p: f64, rng: &mut impl Rng) -> Vec<u8> {
    let first_byte = (p * 256.0) as u8;
    let rest = ((p * 256.0).fract() * 4_294_967_296.0) as u32;
    let mut keep = Vec::with_capacity(len);
    let mut bytes = [0; BLOCK];
    while keep.len() < len {
        let start = keep.len();
        let block = &mut bytes[..(len - start).min(BLOCK)];
        rng.fill_bytes(block);
        keep.extend(block.iter().map(|&byte| u8::from(byte > first_byte)));
        for (keep, _) in keep[start..].iter_mut().zip(&*block).filter(|(_, byte)| **byte == first_byte) {
            *keep = u8::from(rng.next_u32() >= rest);
        }
    }
    keep
}

/// x·m·scale; a product rather than a choice, because a random branch is the slowest there is.
fn scale_kept(x: &Array, keep: &[u8], scale: Elem) -> Array {
    let x = x.contiguous();
    let from = x.as_slice().expect("made contiguous");
    Array::build(x.shape(), |y| {
        y.iter_mut().zip(from).zip(keep).for_each(|((y, &x), &keep)| *y = x * (Elem::from(keep) * scale));
    })
}

/// dx = g·m/(1 − p)
struct DropoutBackward {
    keep: Vec<u8>,
    scale: Elem,
}
impl std::fmt::Debug for DropoutBackward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kept = self.keep.iter().filter(|&&keep| keep == 1).count();
        write!(f, "DropoutBackward {{ kept: {kept} of {}, scale: {} }}", self.keep.len(), self.scale)
    }
}
impl Backward for DropoutBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![scale_kept(&grad, &self.keep, self.scale)]
    }
}

impl Tensor {
    /// Every element independently becomes 0 with probability `p`, else x/(1 − p); any shape, the same shape comes out.
    ///
    /// With p = 0 it is x itself and draws nothing from `rng`; with p = 1 all is 0. What is dropped depends on the
    /// state of `rng` alone.
    ///
    /// # Panics
    /// If `p` is not in [0, 1].
    #[track_caller]
    pub fn dropout(&self, p: f64, rng: &mut impl Rng) -> Tensor {
        assert!((0.0..=1.0).contains(&p), "dropout: probability {p} does not fit: need a number from 0 to 1");
        if p == 0.0 {
            return self.clone();
        }
        let (keep, scale) = match p {
            1.0 => (vec![0; self.len()], 0.0),
            _ => (draw(self.len(), p, rng), (1.0 / (1.0 - p)) as Elem),
        };
        let y = scale_kept(self.array(), &keep, scale);
        Tensor::from_operation(y, &[self], || DropoutBackward { keep, scale })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, between};
    use super::*;
    use crate::{GradCheck, gradcheck};
    use ndarray::{ArrayD, IxDyn};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    fn rng(seed: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(seed)
    }

    #[test]
    fn agrees_with_the_reference_and_its_derivative() {
        for shape in [&[3, 5][..], &[], &[0, 2], &[40, 77]] {
            let x = Tensor::parameter(between(-1.0, 2.0, shape));
            let y = x.dropout(0.3, &mut rng(5));
            let keep =
                ArrayD::from_shape_vec(IxDyn(shape), draw(x.len(), 0.3, &mut rng(5))).unwrap().mapv(|keep| keep == 1);
            assert_close(y.array(), &reference::dropout(&x.array().to_ndarray(), &keep, 0.3));
            let g = between(0.5, 2.0, shape);
            let expected = reference::dropout(&g.to_ndarray(), &keep, 0.3);
            assert_close(y.backward_from(g).get(&x).unwrap(), &expected);
        }
        for x in [between(-1.0, 2.0, &[3, 5]), between(-1.0, 2.0, &[3, 5]).transpose(0, 1)] {
            gradcheck(|i| i[0].dropout(0.4, &mut rng(1)), &[x], &GradCheck::default()).unwrap();
        }
    }

    #[test]
    fn drops_the_asked_share_and_keeps_the_mean() {
        for p in [0.001, 0.1, 0.5, 0.9, 0.998] {
            let y = Tensor::ones(&[300, 1000]).dropout(p, &mut rng(2));
            let dropped = y.to_vec().iter().filter(|&&y| y == 0.0).count() as f64 / 300_000.0;
            // Five standard deviations of a share of 300,000 draws.
            assert!((dropped - p).abs() < 5.0 * (p * (1.0 - p) / 300_000.0_f64).sqrt(), "{dropped}");
            let error = 5.0 * (p / (1.0 - p) / 300_000.0_f64).sqrt();
            assert!((y.mean_all().item() - 1.0).abs() < error + 1e-5, "{}", y.mean_all());
        }
    }

    #[test]
    fn the_seed_decides() {
        let x = Tensor::ones(&[5000]);
        assert_eq!(x.dropout(0.5, &mut rng(7)).array(), x.dropout(0.5, &mut rng(7)).array());
        assert_ne!(x.dropout(0.5, &mut rng(7)).array(), x.dropout(0.5, &mut rng(8)).array());
        let mut one = rng(7);
        let (first, second) = (x.dropout(0.5, &mut one), x.dropout(0.5, &mut one));
        assert_ne!(first.array(), second.array());
    }

    #[test]
    fn at_the_ends() {
        let x = Tensor::parameter(between(1.0, 2.0, &[4]));
        assert_eq!(x.dropout(0.0, &mut rng(1)).id(), x.id());
        let none = x.dropout(1.0, &mut rng(1));
        assert_eq!(none.to_vec(), [0.0; 4]);
        assert_eq!(none.sum_all().backward().get(&x).unwrap().to_vec(), [0.0; 4]);
    }

    #[test]
    fn other_probabilities_are_refused() {
        for p in [-0.1, 1.1, f64::NAN] {
            let refused = std::panic::catch_unwind(|| Tensor::ones(&[2]).dropout(p, &mut rng(1)));
            let text = *refused.unwrap_err().downcast::<String>().unwrap();
            assert!(text.contains("need a number from 0 to 1"), "{text}");
        }
    }
}
