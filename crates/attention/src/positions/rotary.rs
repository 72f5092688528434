//! Rotary position embedding (Su et al. 2021, RoFormer).
//!
//! The components of a query or key are taken in pairs, and each pair is turned by an angle proportional to the token's
//! position:
//!
//! (a, b) ↦ (a·cos pθ − b·sin pθ, b·cos pθ + a·sin pθ),   θ_i = rope_theta^(−2i/d)
//!
//! Turning two vectors by pθ and rθ changes their inner product only through (p − r)θ: scores depend on the distance of
//! query and key, not on where the two stand.
//!
//! Which components make a pair is a convention. The paper, GPT-J and Meta's LLaMA pair neighbours (0, 1), (2, 3), …;
//! Hugging Face's LLaMA pairs the halves (0, d/2), (1, d/2 + 1), …. The two differ by a permutation of the components,
//! that is of the rows of W_Q and W_K: a checkpoint works with its own convention only.

use jumok_tensor::{Elem, IntTensor, Tensor};
use serde::{Deserialize, Serialize};

/// Which components of a head make a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RotaryLayout {
    /// (0, d/2), (1, d/2 + 1), …: Hugging Face's LLaMA ("rotate half").
    Halves,
    /// (0, 1), (2, 3), …: the paper, GPT-J, Meta's LLaMA.
    Interleaved,
}

/// How fast the pairs turn; Hugging Face's `rope_parameters`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RopeParameters {
    /// The base of the frequencies.
    pub rope_theta: f64,
    /// How the frequencies are slowed down for texts longer than those of training.
    #[serde(flatten)]
    pub rope_type: RopeType,
}

impl Default for RopeParameters {
    /// θ_i = 10000^(−2i/d), those of the paper.
    fn default() -> Self {
        Self { rope_theta: 10_000.0, rope_type: RopeType::Default }
    }
}

impl RopeParameters {
    /// The numbers that only make sense above 0, with their names in a `config.json`.
    pub fn positive(&self) -> Vec<(&'static str, f64)> {
        let mut positive = vec![("rope_theta", self.rope_theta)];
        match self.rope_type {
            RopeType::Default => {}
            RopeType::Linear { factor } => positive.push(("factor", factor)),
            RopeType::Llama3 { factor, low_freq_factor, high_freq_factor, .. } => positive.extend([
                ("factor", factor),
                ("low_freq_factor", low_freq_factor),
                ("high_freq_factor - low_freq_factor", high_freq_factor - low_freq_factor),
            ]),
        }
        positive
    }
}

/// How frequencies are slowed down; Hugging Face's `rope_type`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rope_type", rename_all = "lowercase")]
pub enum RopeType {
    /// Not at all.
    Default,
    /// All by the same factor: position p turns as p/factor did (Chen et al. 2023).
    Linear {
        /// The divisor of every frequency.
        factor: f64,
    },
    /// LLaMA 3.1's: by wavelength λ = 2π/θ against the length L of training. λ < L/high_freq_factor: not at all;
    /// λ > L/low_freq_factor: by `factor`; between the two, a mean that moves from one to the other.
    Llama3 {
        /// The divisor of the lowest frequencies.
        factor: f64,
        /// L/λ below which frequencies are divided by `factor`.
        low_freq_factor: f64,
        /// L/λ above which frequencies stay.
        high_freq_factor: f64,
        /// L: the length of the texts before the model was made ready for longer ones.
        original_max_position_embeddings: usize,
    },
}

impl RopeType {
    /// The frequency θ after slowing down.
    fn slowed(self, theta: f64) -> f64 {
        match self {
            Self::Default => theta,
            Self::Linear { factor } => theta / factor,
            Self::Llama3 { factor, low_freq_factor, high_freq_factor, original_max_position_embeddings } => {
                let waves = original_max_position_embeddings as f64 * theta / std::f64::consts::TAU; // L/λ
                let kept = ((waves - low_freq_factor) / (high_freq_factor - low_freq_factor)).clamp(0.0, 1.0);
                (1.0 - kept) * theta / factor + kept * theta
            }
        }
    }
}

/// Turns queries and keys by their positions.
#[derive(Debug, Clone, PartialEq)]
pub struct RotaryEmbedding {
    /// θ_i, one for each pair.
    frequencies: Vec<f64>,
    layout: RotaryLayout,
}

/// The cosine and sine of every angle, for the positions of one batch; all layers use the same.
#[derive(Debug, Clone)]
pub struct RotaryAngles {
    /// cos(p·θ_i): `[B, T, pairs]`.
    pub cos: Tensor,
    /// sin(p·θ_i): `[B, T, pairs]`.
    pub sin: Tensor,
}

impl RotaryEmbedding {
    /// Turns the first `rotary_dim` components of a head and leaves the rest as they are; θ_i = rope_theta^(−2i/rotary_dim).
    ///
    /// # Panics
    /// If `rotary_dim` is odd.
    #[track_caller]
    pub fn new(rotary_dim: usize, parameters: &RopeParameters, layout: RotaryLayout) -> Self {
        assert!(
            rotary_dim.is_multiple_of(2),
            "RotaryEmbedding: a rotary_dim of {rotary_dim} does not fit: need an even number, components turn in pairs"
        );
        let theta = |i: usize| parameters.rope_theta.powf(-2.0 * i as f64 / rotary_dim as f64);
        let frequencies = (0..rotary_dim / 2).map(|i| parameters.rope_type.slowed(theta(i))).collect();
        Self { frequencies, layout }
    }

    /// The angles p·θ_i of the positions `[B, T]`, as cosines and sines `[B, T, pairs]`.
    ///
    /// Computed in f64 and rounded once: at position 4,000 an angle in f32 is off by up to 2·10⁻⁴ already.
    ///
    /// # Panics
    /// If `position_ids` is no matrix.
    #[track_caller]
    pub fn angles(&self, position_ids: &IntTensor) -> RotaryAngles {
        let [batch, time] = position_ids.dims();
        let table = |wave: fn(f64) -> f64| {
            let angles =
                position_ids.as_slice().iter().flat_map(|&p| self.frequencies.iter().map(move |f| p as f64 * f));
            Tensor::from_vec(angles.map(|angle| wave(angle) as Elem).collect(), &[batch, time, self.frequencies.len()])
        };
        RotaryAngles { cos: table(f64::cos), sin: table(f64::sin) }
    }

    /// Queries or keys `[B, H, T, d]` turned by their angles: the same shape.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn rotate(&self, x: &Tensor, angles: &RotaryAngles) -> Tensor {
        let ([_, _, _, width], pairs) = (x.dims(), self.frequencies.len());
        assert!(
            2 * pairs <= width,
            "RotaryEmbedding: heads {:?} do not fit: need at least {} components to turn",
            x.shape(),
            2 * pairs
        );
        let (cos, sin) = (angles.cos.unsqueeze(1), angles.sin.unsqueeze(1)); // [B, 1, T, pairs]
        let turning = x.narrow(-1, 0, 2 * pairs); //                      [B, H, T, 2·pairs]
        let [a, b] = self.pairs(&turning); //                             [B, H, T, pairs] each
        let turned = self.side_by_side(&(&a * &cos - &b * &sin), &(&b * &cos + &a * &sin)); // [B, H, T, 2·pairs]
        if 2 * pairs == width {
            return turned;
        }
        Tensor::concat(&[&turned, &x.narrow(-1, 2 * pairs, width - 2 * pairs)], -1) // [B, H, T, d]
    }

    /// The first and the second component of every pair: `[.., 2·pairs]` to `[.., pairs]` each.
    fn pairs(&self, x: &Tensor) -> [Tensor; 2] {
        let pairs = self.frequencies.len();
        match self.layout {
            RotaryLayout::Halves => [x.narrow(-1, 0, pairs), x.narrow(-1, pairs, pairs)],
            RotaryLayout::Interleaved => [x.slice(-1, 0, None, 2), x.slice(-1, 1, None, 2)],
        }
    }

    /// What [`RotaryEmbedding::pairs`] took apart: `[.., pairs]` each to `[.., 2·pairs]`.
    fn side_by_side(&self, a: &Tensor, b: &Tensor) -> Tensor {
        match self.layout {
            RotaryLayout::Halves => Tensor::concat(&[a, b], -1),
            RotaryLayout::Interleaved => Tensor::stack(&[a, b], -1).flatten(-2, -1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_tensor::{Array, GradCheck, gradcheck};

    const LAYOUTS: [RotaryLayout; 2] = [RotaryLayout::Halves, RotaryLayout::Interleaved];

    fn numbers(shape: &[usize], seed: usize) -> Array {
        let count: usize = shape.iter().product();
        Array::from_vec((0..count).map(|i| ((i * 31 + seed * 7) % 19) as Elem / 8.0 - 1.1).collect(), shape)
    }

    fn positions(first: i64) -> IntTensor {
        IntTensor::from_vec((first..first + 3).collect(), &[1, 3])
    }

    #[test]
    fn a_pair_turns_by_its_position() {
        let x = Tensor::from_vec(vec![1.0, 0.0, 0.0, 2.0], &[1, 1, 1, 4]);
        let at = IntTensor::from_vec(vec![5], &[1, 1]);
        for (layout, expected) in [
            // pairs (1, 0) and (0, 2), at 5·1 and 5·0.01
            (RotaryLayout::Interleaved, [5f64.cos(), 5f64.sin(), -2.0 * 0.05f64.sin(), 2.0 * 0.05f64.cos()]),
            // pairs (1, 0) and (0, 2) too, but standing at 0, 2 and 1, 3
            (RotaryLayout::Halves, [5f64.cos(), -2.0 * 0.05f64.sin(), 5f64.sin(), 2.0 * 0.05f64.cos()]),
        ] {
            let rotary = RotaryEmbedding::new(4, &RopeParameters::default(), layout);
            for (found, expected) in rotary.rotate(&x, &rotary.angles(&at)).to_vec().iter().zip(expected) {
                assert!((*found as f64 - expected).abs() < 1e-6, "{layout:?}");
            }
        }
    }

    #[test]
    fn scores_depend_on_the_distance_alone_and_lengths_stay() {
        let (q, k) = (Tensor::from_array(numbers(&[1, 2, 3, 8], 1)), Tensor::from_array(numbers(&[1, 2, 3, 8], 2)));
        for layout in LAYOUTS {
            let rotary = RotaryEmbedding::new(8, &RopeParameters::default(), layout);
            let scores = |first: i64| {
                let angles = rotary.angles(&positions(first));
                let (q, k) = (rotary.rotate(&q, &angles), rotary.rotate(&k, &angles));
                (q.matmul(&k.transpose(-2, -1)).to_vec(), q.norm(-1, false).to_vec())
            };
            let ((near, lengths), (far, _)) = (scores(0), scores(117));
            near.iter().zip(far).for_each(|(a, b)| assert!((a - b).abs() < 1e-4, "{a} {b}"));
            lengths.iter().zip(q.norm(-1, false).to_vec()).for_each(|(a, b)| assert!((a - b).abs() < 1e-5));
        }
    }

    #[test]
    fn the_two_conventions_differ_by_a_permutation_of_the_components() {
        let x = Tensor::from_array(numbers(&[1, 2, 3, 6], 1));
        let [halves, interleaved] = LAYOUTS.map(|layout| RotaryEmbedding::new(6, &RopeParameters::default(), layout));
        let angles = halves.angles(&positions(2));
        let to_halves = IntTensor::from_vec(vec![0, 2, 4, 1, 3, 5], &[6]);
        let permuted_before = halves.rotate(&x.index_select(-1, &to_halves), &angles);
        let permuted_after = interleaved.rotate(&x, &angles).index_select(-1, &to_halves);
        assert_eq!(permuted_before.to_vec(), permuted_after.to_vec());
    }

    #[test]
    fn what_is_not_turned_stays_as_it_is() {
        let x = Tensor::from_array(numbers(&[1, 1, 3, 6], 1));
        let rotary = RotaryEmbedding::new(4, &RopeParameters::default(), RotaryLayout::Interleaved);
        let turned = rotary.rotate(&x, &rotary.angles(&positions(1)));
        assert_eq!(turned.narrow(-1, 4, 2).to_vec(), x.narrow(-1, 4, 2).to_vec());
        assert_ne!(turned.narrow(-1, 0, 4).to_vec(), x.narrow(-1, 0, 4).to_vec());
    }

    #[test]
    fn is_its_derivative() {
        for layout in LAYOUTS {
            let rotary = RotaryEmbedding::new(4, &RopeParameters::default(), layout);
            let angles = rotary.angles(&positions(3));
            gradcheck(|i| rotary.rotate(&i[0], &angles), &[numbers(&[1, 2, 3, 6], 1)], &GradCheck::default()).unwrap();
        }
    }

    #[test]
    fn llama_3_slows_down_what_turns_slowly() {
        let slowed = |theta: f64| {
            let by = RopeType::Llama3 {
                factor: 8.0,
                low_freq_factor: 1.0,
                high_freq_factor: 4.0,
                original_max_position_embeddings: 64,
            };
            by.slowed(theta) / theta
        };
        let wavelength = |length: f64| std::f64::consts::TAU / length;
        assert_eq!((slowed(wavelength(10.0)), slowed(wavelength(100.0))), (1.0, 1.0 / 8.0));
        let between = slowed(wavelength(32.0)); // a third of the way
        assert!((between - (2.0 / 3.0 / 8.0 + 1.0 / 3.0)).abs() < 1e-12);
        assert_eq!(RopeType::Linear { factor: 4.0 }.slowed(2.0), 0.5);
    }

    #[test]
    fn parameters_are_read_as_hugging_face_writes_them() {
        let read = |json: &str| serde_json::from_str::<RopeParameters>(json);
        assert_eq!(read(r#"{"rope_type": "default", "rope_theta": 10000.0}"#).unwrap(), RopeParameters::default());
        let linear = read(r#"{"rope_theta": 5e5, "rope_type": "linear", "factor": 4.0}"#).unwrap();
        let expected = RopeParameters { rope_theta: 5e5, rope_type: RopeType::Linear { factor: 4.0 } };
        assert_eq!(linear, expected);
        assert_eq!(read(&serde_json::to_string(&expected).unwrap()).unwrap(), expected);
        let error = read(r#"{"rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0}"#).unwrap_err().to_string();
        assert!(error.contains("unknown variant `yarn`, expected one of `default`, `linear`, `llama3`"), "{error}");
        assert!(read(r#"{"rope_type": "linear", "rope_theta": 1e4}"#).is_err());
    }

    #[test]
    #[should_panic(expected = "RotaryEmbedding: a rotary_dim of 5 does not fit")]
    fn components_turn_in_pairs() {
        RotaryEmbedding::new(5, &RopeParameters::default(), RotaryLayout::Halves);
    }
}
