//! Step one of attention: how well each key fits a query (lecture, slide S07).
//!
//! | score | s(q, k) | source |
//! |---|---|---|
//! | [`Dot`] | q·k | Luong et al. 2015, equation 8 |
//! | [`ScaledDot`] | q·k/√d | Vaswani et al. 2017, equation 1 |
//! | [`Cosine`] | q·k/(‖q‖‖k‖) | Graves et al. 2014, equation 6 |
//! | [`General`] | qᵀ·W·k | Luong et al. 2015, equation 8 |
//! | [`Additive`] | v·tanh(W_q·q + W_k·k + b) | Bahdanau et al. 2015, appendix A.1.2 |
//! | [`Concat`] | v·tanh(W·\[q; k\]) | Luong et al. 2015, equation 8 |
//!
//! The slide scores with the *current* state of the decoder and a dot product: that is Luong's attention. The one that
//! gave attention its name, Bahdanau's, is additive and asks with the *previous* state (erratum E6). Which state asks is the
//! decoder's affair; how it is scored is this module's.
//!
//! A decoder asks the same keys many times. What a score needs of the keys alone is therefore computed once, by
//! [`Score::prepare`].
//!
//! Letters used for shapes: `B` batch, `Tq` queries, `Tk` keys, `d_q` and `d_k` their widths, `A` the width of the hidden
//! layer in additive scores. `..` stands for any leading axes, such as `B`, or `B, H`.

mod additive;
mod product;

pub use additive::{Additive, Concat};
pub use product::{Cosine, Dot, General, ScaledDot};

use std::fmt;

use jumok_nn::{Ctx, Module};
use jumok_tensor::Tensor;

/// How well each key fits each query, `[.., Tq, Tk]`: any real numbers, not yet a distribution
/// ([`Scores::distribution`] makes one).
#[derive(Debug, Clone)]
pub struct Scores(Tensor);

impl Scores {
    /// Takes `[.., Tq, Tk]` for scores.
    pub fn new(scores: Tensor) -> Self {
        Self(scores)
    }

    /// The numbers, `[.., Tq, Tk]`.
    pub fn tensor(&self) -> &Tensor {
        &self.0
    }

    /// The numbers by themselves, `[.., Tq, Tk]`.
    pub fn into_tensor(self) -> Tensor {
        self.0
    }
}

impl fmt::Display for Scores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.array().fmt(f)
    }
}

/// What a score function needs of the keys, computed once however often they are asked ([`Score::prepare`]).
#[derive(Debug, Clone)]
pub struct PreparedKeys {
    /// The name of the score function that they were prepared by, and for.
    score: &'static str,
    /// `[.., Tk, d]`, where d depends on the function.
    keys: Tensor,
}

impl PreparedKeys {
    /// What the function `score` made of the keys: `[.., Tk, d]`.
    pub fn new(score: &'static str, keys: Tensor) -> Self {
        Self { score, keys }
    }

    /// The prepared keys `[.., Tk, d]`, for the function of this name.
    ///
    /// # Panics
    /// If another function prepared them.
    #[track_caller]
    pub fn of(&self, score: &'static str) -> &Tensor {
        assert!(
            self.score == score,
            "{score}: the keys were prepared by {}: need {score}.prepare(keys), each score makes something else of them",
            self.score
        );
        &self.keys
    }
}

/// A score function s(q, k): a module, since some of them learn.
///
/// ```
/// use jumok_attention::score::{Dot, Score};
/// use jumok_nn::Ctx;
/// use jumok_tensor::Tensor;
///
/// let keys = Tensor::from_vec(vec![1.0, 0.0, 0.0, 1.0], &[1, 2, 2]); // two keys of width 2
/// let prepared = Dot.prepare(&keys);
/// for query in [[3.0, 0.0], [1.0, 2.0]] {
///     let query = Tensor::from_vec(query.to_vec(), &[1, 1, 2]);
///     let scores = Dot.score(&query, &prepared, &mut Ctx::eval()); // [1, 1, 2]
///     assert_eq!(scores.tensor().to_vec(), query.to_vec());
/// }
/// ```
pub trait Score: Module + fmt::Debug + Send + Sync {
    /// The part of the score that depends on the keys `[.., Tk, d_k]` alone.
    ///
    /// # Panics
    /// If the width of the keys is not the function's.
    #[track_caller]
    fn prepare(&self, keys: &Tensor) -> PreparedKeys;

    /// s(q_i, k_j) for queries `[.., Tq, d_q]`: `[.., Tq, Tk]`. Recorded as `scores`.
    ///
    /// # Panics
    /// If the shapes do not fit, or another function prepared the keys.
    #[track_caller]
    fn score(&self, query: &Tensor, keys: &PreparedKeys, ctx: &mut Ctx) -> Scores;

    /// Both steps at once, for keys that are asked only once: queries `[.., Tq, d_q]` and keys `[.., Tk, d_k]` to
    /// `[.., Tq, Tk]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    fn forward(&self, query: &Tensor, keys: &Tensor, ctx: &mut Ctx) -> Scores {
        self.score(query, &self.prepare(keys), ctx)
    }
}

impl<S: Score + ?Sized> Score for Box<S> {
    #[track_caller]
    fn prepare(&self, keys: &Tensor) -> PreparedKeys {
        (**self).prepare(keys)
    }

    #[track_caller]
    fn score(&self, query: &Tensor, keys: &PreparedKeys, ctx: &mut Ctx) -> Scores {
        (**self).score(query, keys, ctx)
    }
}

/// The scores under their name, in the recording too. A macro, so that the recording names the line with the formula.
macro_rules! shown {
    ($scores:expr, $ctx:expr) => {{
        let scores: jumok_tensor::Tensor = $scores;
        match scores.rank() {
            2 => jumok_nn::show!($ctx, "scores", ["query", "key"], &scores),
            3 => jumok_nn::show!($ctx, "scores", ["batch", "query", "key"], &scores),
            4 => jumok_nn::show!($ctx, "scores", ["batch", "head", "query", "key"], &scores),
            _ => {}
        }
        $crate::score::Scores::new(scores)
    }};
}
use shown;

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_tensor::{Array, Elem, GradCheck, gradcheck};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    fn values(shape: &[usize], seed: usize) -> Array {
        let count: usize = shape.iter().product();
        Array::from_vec((0..count).map(|i| ((i * 31 + seed * 7) % 19) as Elem / 8.0 - 1.1).collect(), shape)
    }

    /// Every score function for queries of width 4, and the keys' width that it takes.
    fn all() -> Vec<(Box<dyn Score>, usize)> {
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        vec![
            (Box::new(Dot), 4),
            (Box::new(ScaledDot), 4),
            (Box::new(Cosine::default()), 4),
            (Box::new(General::new(4, 3, rng)), 3),
            (Box::new(Additive::new(4, 3, 5, true, rng)), 3),
            (Box::new(Additive::new(4, 3, 5, false, rng)), 3),
            (Box::new(Concat::new(4, 3, 5, rng)), 3),
        ]
    }

    /// The table of the module, one pair at a time and without any tensor operation.
    fn by_hand(score: &dyn Score, q: &[Elem], k: &[Elem]) -> Elem {
        let dot = |a: &[Elem], b: &[Elem]| a.iter().zip(b).map(|(a, b)| a * b).sum::<Elem>();
        let params: Vec<(String, Vec<Elem>)> =
            score.named_parameters().into_iter().map(|(name, p)| (name, p.to_vec())).collect();
        let param = |name: &str| params.iter().find(|(known, _)| known == name).map(|(_, values)| values.as_slice());
        match format!("{score:?}").split([' ', '{']).next().unwrap() {
            "Dot" => dot(q, k),
            "ScaledDot" => dot(q, k) / (q.len() as Elem).sqrt(),
            "Cosine" => dot(q, k) / dot(q, q).sqrt() / dot(k, k).sqrt(),
            "General" => q.iter().zip(param("W").unwrap().chunks(k.len())).map(|(q, row)| q * dot(row, k)).sum(),
            "Additive" => {
                let rows = param("W_q").unwrap().chunks(q.len()).zip(param("W_k").unwrap().chunks(k.len()));
                let hidden = rows.enumerate().map(|(a, (row_q, row_k))| {
                    (dot(row_q, q) + dot(row_k, k) + param("b").map_or(0.0, |b| b[a])).tanh()
                });
                dot(&hidden.collect::<Vec<_>>(), param("v").unwrap())
            }
            "Concat" => {
                let both = [q, k].concat();
                let hidden = param("W").unwrap().chunks(both.len()).map(|row| dot(row, &both).tanh());
                dot(&hidden.collect::<Vec<_>>(), param("v").unwrap())
            }
            other => panic!("no formula for {other}"),
        }
    }

    #[test]
    fn each_is_its_formula_pair_by_pair() {
        for (score, d_k) in all() {
            let (query, keys) = (values(&[2, 3, 4], 1), values(&[2, 5, d_k], 2));
            let scores =
                score.forward(&Tensor::from_array(query.clone()), &Tensor::from_array(keys.clone()), &mut Ctx::eval());
            assert_eq!(scores.tensor().shape(), [2, 3, 5]);
            let (scores, query, keys) = (scores.tensor().to_vec(), query.to_vec(), keys.to_vec());
            for (b, i, j) in (0..30).map(|n| (n / 15, n / 5 % 3, n % 5)) {
                let expected = by_hand(&*score, &query[(b * 3 + i) * 4..][..4], &keys[(b * 5 + j) * d_k..][..d_k]);
                let found = scores[(b * 3 + i) * 5 + j];
                assert!((found - expected).abs() < 1e-5, "{score:?} [{b}, {i}, {j}]: {found} {expected}");
            }
        }
    }

    #[test]
    fn keys_prepared_once_serve_every_query_and_any_leading_axes() {
        for (score, d_k) in all() {
            let [query, keys] = [values(&[2, 3, 4], 1), values(&[2, 5, d_k], 2)].map(Tensor::from_array);
            let ctx = &mut Ctx::eval();
            let together = score.forward(&query, &keys, ctx).into_tensor();
            let prepared = score.prepare(&keys);
            for i in 0..3 {
                let one = score.score(&query.narrow(1, i, 1), &prepared, ctx).into_tensor(); // [2, 1, 5]
                for (a, b) in one.to_vec().iter().zip(together.narrow(1, i, 1).to_vec()) {
                    assert!((a - b).abs() < 1e-6);
                }
            }
            let heads = score.forward(&query.unsqueeze(1), &keys.unsqueeze(1), ctx).into_tensor();
            assert_eq!((heads.shape(), heads.to_vec()), (&[2, 1, 3, 5][..], together.to_vec()));
            let single = score.forward(&query.select(0, 0), &keys.select(0, 0), ctx).into_tensor();
            assert_eq!((single.shape(), single.to_vec()), (&[3, 5][..], together.to_vec()[..15].to_vec()));
        }
    }

    #[test]
    fn every_query_key_and_parameter_has_its_derivative() {
        let check = GradCheck::default();
        fn gradients_of(score: impl Score + Clone, d_k: usize, check: &GradCheck) {
            let mut inputs = vec![values(&[2, 2, 4], 1), values(&[2, 3, d_k], 2)];
            inputs.extend(score.named_parameters().iter().map(|(_, p)| p.array().clone()));
            let forward = |i: &[Tensor]| {
                let (mut score, mut given) = (score.clone(), i[2..].iter());
                score.visit_mut("", &mut |_, p| *p = given.next().unwrap().clone());
                score.forward(&i[0], &i[1], &mut Ctx::eval()).into_tensor()
            };
            gradcheck(forward, &inputs, check).unwrap();
        }
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        gradients_of(Dot, 4, &check);
        gradients_of(ScaledDot, 4, &check);
        gradients_of(Cosine::default(), 4, &check);
        gradients_of(General::new(4, 3, rng), 3, &check);
        gradients_of(Additive::new(4, 3, 5, true, rng), 3, &check);
        gradients_of(Concat::new(4, 3, 5, rng), 3, &check);
    }

    #[test]
    fn a_longer_key_wins_under_the_dot_product_and_gains_nothing_under_the_cosine() {
        let query = Tensor::from_vec(vec![1.0, 0.0], &[1, 1, 2]);
        // The first key points where the query does; the second is at 60 degrees, and four times as long.
        let keys = Tensor::from_vec(vec![1.0, 0.0, 2.0, 12f64.sqrt() as Elem], &[1, 2, 2]);
        let best =
            |score: &dyn Score| score.forward(&query, &keys, &mut Ctx::eval()).tensor().argmax(-1, false).to_vec();
        assert_eq!((best(&Dot), best(&Cosine::default())), (vec![1], vec![0]));
        let ten_times = Cosine::default().forward(&(&query * 10.0), &(&keys * 10.0), &mut Ctx::eval());
        let once = Cosine::default().forward(&query, &keys, &mut Ctx::eval());
        for (a, b) in ten_times.tensor().to_vec().iter().zip(once.tensor().to_vec()) {
            assert!((a - b).abs() < 1e-6);
        }
    }

    #[test]
    fn parameters_have_the_names_of_the_formulas() {
        let names: Vec<String> =
            all().iter().flat_map(|(score, _)| score.named_parameters()).map(|(name, _)| name).collect();
        assert_eq!(names, ["W", "W_q", "W_k", "b", "v", "W_q", "W_k", "v", "W", "v"]);
    }

    #[test]
    fn scores_are_recorded() {
        let (mut ctx, x) = (Ctx::eval().recording(), Tensor::ones(&[1, 2, 3]));
        ctx.at("attention", |ctx| ScaledDot.forward(&x, &x, ctx));
        let records = ctx.take_records();
        assert_eq!(
            (records[0].path.as_str(), &records[0].axes[..]),
            ("attention.scores", &["batch", "query", "key"][..])
        );
    }

    #[test]
    #[should_panic(expected = "Dot: queries [1, 2, 3] and keys [1, 2, 4] do not fit: need [.., Tq, d] and [.., Tk, d]")]
    fn a_dot_product_needs_equal_widths() {
        Dot.forward(&Tensor::zeros(&[1, 2, 3]), &Tensor::zeros(&[1, 2, 4]), &mut Ctx::eval());
    }

    #[test]
    #[should_panic(expected = "Additive: keys [1, 2, 4] do not fit: need [.., Tk, 3]")]
    fn keys_must_have_the_width_they_were_announced_with() {
        all()[4].0.prepare(&Tensor::zeros(&[1, 2, 4]));
    }

    #[test]
    #[should_panic(expected = "Concat: queries [1, 2, 3] do not fit: need [.., Tq, 4]")]
    fn queries_must_have_the_width_they_were_announced_with() {
        let (keys, score) = (Tensor::zeros(&[1, 2, 3]), &all()[6].0);
        score.forward(&keys, &keys, &mut Ctx::eval());
    }

    #[test]
    #[should_panic(expected = "Cosine: the keys were prepared by Dot")]
    fn keys_prepared_for_another_score_are_refused() {
        let x = Tensor::ones(&[1, 2, 3]);
        Cosine::default().score(&x, &Dot.prepare(&x), &mut Ctx::eval());
    }
}
