//! Which query may attend to which key.
//!
//! One convention holds everywhere in jumok: **true = may attend**. (PyTorch's layers mean the opposite, its
//! `scaled_dot_product_attention` the same, Hugging Face writes 1 for a real token: convert where data come in.)

use jumok_tensor::{BoolTensor, IntTensor, Tensor};

/// Where the diagonal of a causal triangle lies when there are fewer queries than keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Causal {
    /// Query i sees keys 0..=i: queries and keys start together.
    TopLeft,
    /// The last query sees every key: the queries are the newest of a longer sequence (decoding with a cache).
    BottomRight,
}

/// Which query may attend to which key: any conjunction of padding, causality and explicit rules, and an additive bias.
///
/// A query that may attend to no key at all gets weights of zero and hence a value of zero, never NaN.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    causal: Option<Causal>,
    /// Broadcasts to `[B, H, Tq, Tk]`.
    allowed: Option<BoolTensor>,
    /// Broadcasts to `[B, H, Tq, Tk]`.
    bias: Option<Tensor>,
}

impl Mask {
    /// Everybody may attend to everything.
    pub fn none() -> Self {
        Self::default()
    }

    /// No query sees a key to the right of it (lecture, slides S18–S19). The last query sees every key.
    pub fn causal() -> Self {
        Self::causal_aligned(Causal::BottomRight)
    }

    /// As [`Mask::causal`], with the alignment of the triangle said.
    pub fn causal_aligned(alignment: Causal) -> Self {
        Self { causal: Some(alignment), ..Self::default() }
    }

    /// Keys that are real tokens may be attended to, padding may not; `is_token` `[B, Tk]`, true = real token.
    ///
    /// # Panics
    /// If `is_token` is no matrix.
    #[track_caller]
    pub fn padding(is_token: &BoolTensor) -> Self {
        let [batch, keys] = is_token.dims();
        Self::allowed(is_token.reshape(&[batch, 1, 1, keys]))
    }

    /// As [`Mask::padding`] from Hugging Face's `attention_mask` `[B, Tk]`: 1 = real token, 0 = padding. A batch without
    /// padding gives [`Mask::none`], which costs nothing.
    ///
    /// # Panics
    /// If `attention_mask` is no matrix.
    #[track_caller]
    pub fn from_attention_mask(attention_mask: &IntTensor) -> Self {
        let [batch, keys] = attention_mask.dims();
        if attention_mask.as_slice().iter().all(|&m| m != 0) {
            return Self::none();
        }
        let is_token = attention_mask.as_slice().iter().map(|&m| m != 0).collect();
        Self::padding(&BoolTensor::from_vec(is_token, &[batch, keys]))
    }

    /// As [`Mask::padding`] for sequences of which the first `lengths` of `longest` tokens are real. If all are as long as the
    /// longest, it is [`Mask::none`].
    pub fn from_lengths(lengths: &[usize], longest: usize) -> Self {
        if lengths.iter().all(|&length| length == longest) {
            return Self::none();
        }
        let is_token = lengths.iter().flat_map(|&length| (0..longest).map(move |j| j < length)).collect();
        Self::padding(&BoolTensor::from_vec(is_token, &[lengths.len(), longest]))
    }

    /// An explicit rule that broadcasts to `[B, H, Tq, Tk]`, true = may attend.
    pub fn allowed(allowed: BoolTensor) -> Self {
        Self { allowed: Some(allowed), ..Self::default() }
    }

    /// A bias that broadcasts to `[B, H, Tq, Tk]` and is added to the scaled scores; it receives a gradient. −∞ forbids.
    pub fn bias(bias: Tensor) -> Self {
        Self { bias: Some(bias), ..Self::default() }
    }

    /// Both rules at once; biases add up. Of two causal alignments the stricter, top-left, holds.
    ///
    /// # Panics
    /// If the rules do not broadcast against each other.
    #[track_caller]
    pub fn and(&self, other: &Mask) -> Mask {
        Mask {
            causal: match (self.causal, other.causal) {
                (Some(Causal::TopLeft), _) | (_, Some(Causal::TopLeft)) => Some(Causal::TopLeft),
                (a, b) => a.or(b),
            },
            allowed: match (&self.allowed, &other.allowed) {
                (Some(a), Some(b)) => Some(a.and(b)),
                (a, b) => a.as_ref().or(b.as_ref()).cloned(),
            },
            bias: match (&self.bias, &other.bias) {
                (Some(a), Some(b)) => Some(a + b),
                (a, b) => a.as_ref().or(b.as_ref()).cloned(),
            },
        }
    }

    /// Whether every query may attend to every key, without a bias.
    pub fn is_none(&self) -> bool {
        self.causal.is_none() && self.allowed.is_none() && self.bias.is_none()
    }

    /// The causal rule, if there is one.
    pub fn causality(&self) -> Option<Causal> {
        self.causal
    }

    /// The explicit rule besides causality, if there is one; broadcasts to `[B, H, Tq, Tk]`.
    pub fn allowed_pairs(&self) -> Option<&BoolTensor> {
        self.allowed.as_ref()
    }

    /// The bias, if there is one; broadcasts to `[B, H, Tq, Tk]`.
    pub fn score_bias(&self) -> Option<&Tensor> {
        self.bias.as_ref()
    }

    /// Causality as the offset o in "query i sees keys 0..=i+o", for that many queries and keys.
    pub(crate) fn causal_offset(&self, queries: usize, keys: usize) -> Option<isize> {
        self.causal.map(|alignment| match alignment {
            Causal::TopLeft => 0,
            Causal::BottomRight => keys as isize - queries as isize,
        })
    }

    /// The rules besides causality as one truth value a key of each sequence, `[B, Tk]`, if they can be said so:
    /// `Some(None)` if there are none, `None` if they differ between heads or queries, or there is a bias.
    pub(crate) fn keys_only(&self, batch: usize, keys: usize) -> Option<Option<BoolTensor>> {
        if self.bias.is_some() {
            return None;
        }
        let Some(allowed) = &self.allowed else { return Some(None) };
        let mut shape = [1; 4];
        shape[4usize.checked_sub(allowed.rank())?..].copy_from_slice(allowed.shape());
        let [sequences, heads, queries, len] = shape;
        if heads != 1 || queries != 1 {
            return None;
        }
        allowed.reshape(&[sequences, len]).broadcast_to(&[batch, keys]).map(Some)
    }

    /// The same rules for scores without an axis of heads, `[B, Tq, Tk]`.
    ///
    /// # Panics
    /// If the rules differ between heads.
    #[track_caller]
    pub(crate) fn without_heads(&self) -> Mask {
        #[track_caller]
        fn shape_without(shape: &[usize]) -> Vec<usize> {
            match *shape {
                [batch, 1, queries, keys] => vec![batch, queries, keys],
                [_, _, _, _] => panic!("without_heads: shape {shape:?} does not fit: need one rule for all heads"),
                _ => shape.to_vec(),
            }
        }
        let axes = |shape: &[usize]| shape_without(shape).into_iter().map(|n| n as isize).collect::<Vec<_>>();
        Mask {
            causal: self.causal,
            allowed: self.allowed.as_ref().map(|allowed| allowed.reshape(&shape_without(allowed.shape()))),
            bias: self.bias.as_ref().map(|bias| bias.reshape(&axes(bias.shape()))),
        }
    }

    /// For `queries` × `keys` pairs, all rules as one tensor that broadcasts to `[B, H, Tq, Tk]`, true = may attend;
    /// `None` if nothing is forbidden.
    ///
    /// # Panics
    /// If an explicit rule does not broadcast to that many queries and keys.
    #[track_caller]
    pub fn to_bool(&self, queries: usize, keys: usize) -> Option<BoolTensor> {
        let triangle = self.causal_offset(queries, keys).map(|offset| {
            let sees = |i: usize, j: usize| j as isize <= i as isize + offset;
            let pairs = (0..queries).flat_map(|i| (0..keys).map(move |j| sees(i, j))).collect();
            BoolTensor::from_vec(pairs, &[queries, keys])
        });
        match (triangle, &self.allowed) {
            (Some(triangle), Some(allowed)) => Some(triangle.and(allowed)),
            (triangle, allowed) => triangle.or_else(|| allowed.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_triangle_is_aligned_as_asked() {
        let rows = |mask: &Mask| {
            let pairs = mask.to_bool(2, 3).unwrap();
            pairs.as_slice().iter().map(|&x| u8::from(x)).collect::<Vec<_>>()
        };
        assert_eq!(rows(&Mask::causal()), [1, 1, 0, 1, 1, 1]);
        assert_eq!(rows(&Mask::causal_aligned(Causal::TopLeft)), [1, 0, 0, 1, 1, 0]);
    }

    #[test]
    fn rules_combine() {
        let padding = Mask::from_attention_mask(&IntTensor::from_vec(vec![1, 1, 0, 1, 1, 1], &[2, 3]));
        let both = padding.and(&Mask::causal()).to_bool(3, 3).unwrap();
        assert_eq!(both.shape(), [2, 1, 3, 3]);
        assert_eq!(&both.as_slice()[..9], [true, false, false, true, true, false, true, true, false]);
        assert!(Mask::from_attention_mask(&IntTensor::from_vec(vec![1; 4], &[2, 2])).is_none());
        assert!(Mask::from_lengths(&[3, 3], 3).is_none());
        let lengths = Mask::from_lengths(&[2, 3], 3).to_bool(1, 3).unwrap();
        assert_eq!(lengths.as_slice(), padding.to_bool(1, 3).unwrap().as_slice());
        let biases = Mask::bias(Tensor::ones(&[2, 2])).and(&Mask::bias(Tensor::ones(&[2])));
        assert_eq!(biases.score_bias().unwrap().to_vec(), [2.0; 4]);
        assert!(biases.to_bool(2, 2).is_none());
    }
}
