//! Initial values of parameters.
//!
//! All random numbers come from the generator that is handed in, and are computed here from its 64-bit words alone, so that a
//! seed means the same weights with every version of every library.

use jumok_tensor::{Array, Elem, Tensor};
use rand::Rng;

/// How the elements of a new parameter are chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// All 0.
    Zeros,
    /// All 1.
    Ones,
    /// All the same.
    Constant(f64),
    /// N(mean, std²).
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation σ.
        std: f64,
    },
    /// N(0, std²) without what lies further than 2·std from 0: such draws are repeated (the initialiser of the original
    /// BERT). What remains has standard deviation 0.880·std.
    TruncatedNormal {
        /// The standard deviation σ before truncation.
        std: f64,
    },
    /// Uniform in low..high.
    Uniform {
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
    },
    /// Uniform with variance gain²·2/(fan_in + fan_out): the bound is gain·√(6/(fan_in + fan_out)) (Glorot and Bengio
    /// 2010, eq. 16).
    XavierUniform {
        /// Makes up for what the activation function takes away; 1 for a linear map.
        gain: f64,
    },
    /// Normal with variance gain²·2/(fan_in + fan_out) (Glorot and Bengio 2010, eq. 12).
    XavierNormal {
        /// Makes up for what the activation function takes away; 1 for a linear map.
        gain: f64,
    },
    /// Uniform with variance gain²/fan, gain² = 2/(1 + a²), for a leaky ReLU of slope a (He et al. 2015, eq. 15).
    KaimingUniform {
        /// The slope a on the negative side: 0 for ReLU, 1 for a linear map.
        negative_slope: f64,
        /// Which side's variance is kept.
        fan: Fan,
    },
    /// Normal with variance gain²/fan, gain² = 2/(1 + a²), for a leaky ReLU of slope a (He et al. 2015, eq. 15).
    KaimingNormal {
        /// The slope a on the negative side: 0 for ReLU, 1 for a linear map.
        negative_slope: f64,
        /// Which side's variance is kept.
        fan: Fan,
    },
}

/// Whose variance Kaiming initialisation keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fan {
    /// That of the values in the forward pass: the number of inputs of an output.
    In,
    /// That of the gradients in the backward pass: the number of outputs an input goes to.
    Out,
}

impl Init {
    /// An array with these initial values, drawn in row-major order.
    ///
    /// # Panics
    /// If the shape has no two sides (rank below 2) and the rule needs fan-in and fan-out.
    #[track_caller]
    pub fn array(self, shape: &[usize], rng: &mut impl Rng) -> Array {
        match self {
            Self::Zeros => Array::zeros(shape),
            Self::Ones => Array::ones(shape),
            Self::Constant(value) => Array::full(shape, value as Elem),
            Self::Normal { mean, std } => {
                let mut normal = NormalDraws::default();
                draw(shape, || mean + std * normal.next(rng))
            }
            Self::TruncatedNormal { std } => {
                let mut normal = NormalDraws::default();
                draw(shape, || {
                    loop {
                        let z = normal.next(rng);
                        if z.abs() <= 2.0 {
                            return std * z;
                        }
                    }
                })
            }
            Self::Uniform { low, high } => draw(shape, || low + (high - low) * unit(rng)),
            Self::XavierUniform { gain } => symmetric(gain * xavier_std(shape)).array(shape, rng),
            Self::XavierNormal { gain } => Self::Normal { mean: 0.0, std: gain * xavier_std(shape) }.array(shape, rng),
            Self::KaimingUniform { negative_slope, fan } => {
                symmetric(kaiming_std(shape, negative_slope, fan)).array(shape, rng)
            }
            Self::KaimingNormal { negative_slope, fan } => {
                Self::Normal { mean: 0.0, std: kaiming_std(shape, negative_slope, fan) }.array(shape, rng)
            }
        }
    }

    /// A parameter with these initial values.
    ///
    /// # Panics
    /// As [`Init::array`].
    #[track_caller]
    pub fn parameter(self, shape: &[usize], rng: &mut impl Rng) -> Tensor {
        Tensor::parameter(self.array(shape, rng))
    }
}

fn draw(shape: &[usize], mut next: impl FnMut() -> f64) -> Array {
    Array::build(shape, |out| out.iter_mut().for_each(|x| *x = next() as Elem))
}

/// Uniform in [0, 1): the upper 53 bits of a word, as many as an f64 holds.
fn unit(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// The uniform distribution around 0 whose standard deviation is `std`: its bound is √3·std.
fn symmetric(std: f64) -> Init {
    let bound = 3_f64.sqrt() * std;
    Init::Uniform { low: -bound, high: bound }
}

/// Standard normal numbers by the transform of Box and Muller (1958), which gives two at a time.
#[derive(Default)]
struct NormalDraws {
    second: Option<f64>,
}

impl NormalDraws {
    fn next(&mut self, rng: &mut impl Rng) -> f64 {
        if let Some(z) = self.second.take() {
            return z;
        }
        let radius = (-2.0 * (1.0 - unit(rng)).ln()).sqrt(); // 1 − u is in (0, 1], so the logarithm is finite
        let (sin, cos) = (std::f64::consts::TAU * unit(rng)).sin_cos();
        self.second = Some(radius * sin);
        radius * cos
    }
}

/// Fan-in and fan-out of a weight `[out, in, ..]`; further axes (a convolution's window) multiply both.
#[track_caller]
fn fans(shape: &[usize]) -> (f64, f64) {
    let &[outputs, inputs, ref window @ ..] = shape else {
        panic!("Init: shape {shape:?} does not fit: need [out, in, ..] to know fan-in and fan-out")
    };
    let window: usize = window.iter().product();
    ((inputs * window) as f64, (outputs * window) as f64)
}

#[track_caller]
fn xavier_std(shape: &[usize]) -> f64 {
    let (fan_in, fan_out) = fans(shape);
    (2.0 / (fan_in + fan_out)).sqrt()
}

#[track_caller]
fn kaiming_std(shape: &[usize], negative_slope: f64, fan: Fan) -> f64 {
    let (fan_in, fan_out) = fans(shape);
    let fan = match fan {
        Fan::In => fan_in,
        Fan::Out => fan_out,
    };
    (2.0 / (1.0 + negative_slope * negative_slope) / fan).sqrt()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    use super::*;

    /// Mean, standard deviation and largest absolute value of a [200, 300] array.
    fn moments(init: Init) -> (f64, f64, f64) {
        let x: Vec<f64> = init
            .array(&[200, 300], &mut ChaCha8Rng::seed_from_u64(11))
            .to_vec()
            .into_iter()
            .map(|v| v as f64)
            .collect();
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let std = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        (mean, std, x.iter().fold(0.0, |m, v| v.abs().max(m)))
    }

    /// The 60 000 draws put the sample's mean within 5σ/√n of 0 and its deviation within 2 % of `std`.
    fn assert_spread(init: Init, std: f64, bound: f64) {
        let (mean, sample_std, largest) = moments(init);
        assert!(mean.abs() < 5.0 * std / 60_000_f64.sqrt(), "{init:?}: mean {mean}");
        assert!((sample_std / std - 1.0).abs() < 0.02, "{init:?}: std {sample_std}, expected {std}");
        assert!(largest <= bound * (1.0 + 1e-6), "{init:?}: {largest} lies outside ±{bound}");
    }

    #[test]
    fn spreads_are_those_of_the_formulas() {
        assert_spread(Init::Normal { mean: 0.0, std: 0.02 }, 0.02, 0.12);
        assert_spread(Init::TruncatedNormal { std: 0.02 }, 0.02 * 0.879_626, 0.04);
        assert_spread(Init::Uniform { low: -0.5, high: 0.5 }, 0.5 / 3_f64.sqrt(), 0.5);
        let xavier = (2.0 / 500.0_f64).sqrt();
        assert_spread(Init::XavierUniform { gain: 1.0 }, xavier, (6.0 / 500.0_f64).sqrt());
        assert_spread(Init::XavierNormal { gain: 3.0 }, 3.0 * xavier, 6.0 * 3.0 * xavier);
        let (slope, fan_in, fan_out) = (0.0, (2.0 / 300.0_f64).sqrt(), (2.0 / 200.0_f64).sqrt());
        assert_spread(Init::KaimingUniform { negative_slope: slope, fan: Fan::In }, fan_in, 3_f64.sqrt() * fan_in);
        assert_spread(Init::KaimingNormal { negative_slope: slope, fan: Fan::Out }, fan_out, 6.0 * fan_out);
        let linear = (1.0 / 300.0_f64).sqrt();
        assert_spread(Init::KaimingUniform { negative_slope: 1.0, fan: Fan::In }, linear, 3_f64.sqrt() * linear);
    }

    #[test]
    fn normal_draws_have_the_tails_of_the_normal_distribution() {
        let x = Init::Normal { mean: 0.0, std: 1.0 }.array(&[100_000], &mut ChaCha8Rng::seed_from_u64(5)).to_vec();
        for (bound, share) in [(1.0, 0.682_689), (2.0, 0.954_500), (3.0, 0.997_300)] {
            let inside = x.iter().filter(|v| v.abs() < bound).count() as f64 / x.len() as f64;
            assert!((inside - share).abs() < 0.005, "{inside} within {bound} σ, expected {share}");
        }
    }

    #[test]
    fn a_seed_always_means_the_same_weights() {
        let draw = || Init::Normal { mean: 0.0, std: 1.0 }.array(&[4], &mut ChaCha8Rng::seed_from_u64(0)).to_vec();
        assert_eq!(draw(), draw());
        let shifted = Init::Normal { mean: 2.0, std: 1.0 }.array(&[4], &mut ChaCha8Rng::seed_from_u64(0)).to_vec();
        jumok_testkit::assert_close(&shifted, &draw().iter().map(|x| x + 2.0).collect::<Vec<_>>(), 1e-6, 1e-6);
    }

    #[test]
    fn constants() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        assert_eq!(Init::Zeros.array(&[2], &mut rng).to_vec(), [0.0; 2]);
        assert_eq!(Init::Ones.array(&[2], &mut rng).to_vec(), [1.0; 2]);
        assert_eq!(Init::Constant(0.5).array(&[2], &mut rng).to_vec(), [0.5; 2]);
        assert!(Init::Zeros.parameter(&[2], &mut rng).is_parameter());
    }

    #[test]
    #[should_panic(expected = "Init: shape [3] does not fit")]
    fn fans_need_two_sides() {
        Init::XavierUniform { gain: 1.0 }.array(&[3], &mut ChaCha8Rng::seed_from_u64(0));
    }
}
