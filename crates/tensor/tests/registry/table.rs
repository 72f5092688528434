//! The table: every operation, on ordinary and on awkward inputs.

use jumok_tensor::{Array, BoolTensor, CrossEntropy, Elem, IntTensor, KlReduction, Reduction, Tensor};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// The result of an operation for its inputs.
type Operation = Box<dyn Fn(&[Tensor]) -> Tensor>;

/// One operation on one set of inputs, all of which need a gradient.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) inputs: Vec<Array>,
    pub(crate) op: Operation,
    /// The result does not change with its inputs, so the right gradient is zero.
    pub(crate) constant: bool,
}

pub(crate) fn case(
    name: &'static str,
    inputs: impl Into<Vec<Array>>,
    op: impl Fn(&[Tensor]) -> Tensor + 'static,
) -> Case {
    Case { name, inputs: inputs.into(), op: Box::new(op), constant: false }
}

/// Operations on and to whole numbers: there is nothing to differentiate.
pub(crate) const WHOLE_NUMBERS: [&str; 2] = ["argmax", "one_hot"];
/// What these panic at is a number out of range, not a shape, so they have no `try_` twin.
pub(crate) const NUMBERS_OUT_OF_RANGE: [&str; 2] = ["clamp", "dropout"];

/// Spread numbers between `low` and `high`; those of the first 97 keep 1/97 of the range from each other.
pub(crate) fn between(low: f64, high: f64, shape: &[usize]) -> Array {
    let value = |i: usize| low + (high - low) * (((i * 37) % 97) as f64 + 0.37) / 97.0;
    Array::from_vec((0..shape.iter().product()).map(|i| value(i) as Elem).collect(), shape)
}

/// Numbers from 0.5 on, in steps of 0.2.
fn grid(shape: &[usize]) -> Array {
    Array::from_vec((0..shape.iter().product()).map(|i| 0.5 + 0.2 * ((i * 7) % 11) as Elem).collect(), shape)
}

/// As [`grid`], in another order and between its numbers: neither is the larger everywhere, and nothing ties.
fn other_grid(shape: &[usize]) -> Array {
    Array::from_vec((0..shape.iter().product()).map(|i| 0.6 + 0.2 * ((i * 4 + 3) % 11) as Elem).collect(), shape)
}

fn ids(values: &[i64], shape: &[usize]) -> IntTensor {
    IntTensor::from_vec(values.to_vec(), shape)
}

fn mask(shape: &[usize]) -> BoolTensor {
    BoolTensor::from_vec((0..shape.iter().product()).map(|i| (i * 5) % 7 < 4).collect(), shape)
}

/// The table.
pub(crate) fn registry() -> Vec<Case> {
    let mut cases = vec![];
    element_by_element(&mut cases);
    with_broadcasting(&mut cases);
    reductions(&mut cases);
    products_and_rows(&mut cases);
    attention(&mut cases);
    recurrent(&mut cases);
    shapes(&mut cases);
    indices(&mut cases);
    losses(&mut cases);
    cases
}

fn element_by_element(cases: &mut Vec<Case>) {
    type Op = fn(&Tensor) -> Tensor;
    let table: [(&str, Op, f64, f64); 26] = [
        ("add_scalar", |x| x.add_scalar(-1.25), -2.0, 2.0),
        ("mul_scalar", |x| x.mul_scalar(3.5), -2.0, 2.0),
        ("neg", Tensor::neg, -2.0, 2.0),
        ("exp", Tensor::exp, -2.0, 2.0),
        ("log", Tensor::log, 0.5, 3.0),
        ("pow_scalar", |x| x.pow_scalar(3.0), -1.5, 1.5),
        ("pow_scalar", |x| x.pow_scalar(-0.5), 0.6, 2.0),
        ("sqrt", Tensor::sqrt, 0.5, 3.0),
        ("rsqrt", Tensor::rsqrt, 0.6, 3.0),
        ("abs", Tensor::abs, -2.0, 2.0),
        ("clamp", |x| x.clamp(f64::NEG_INFINITY, 0.3), -2.0, 1.1),
        ("sin", Tensor::sin, -2.0, 2.0),
        ("cos", Tensor::cos, -2.0, 2.0),
        ("erf", Tensor::erf, -2.0, 2.0),
        ("tanh", Tensor::tanh, -2.0, 2.0),
        ("sigmoid", Tensor::sigmoid, -3.0, 3.0),
        ("log_sigmoid", Tensor::log_sigmoid, -3.0, 3.0),
        ("softplus", Tensor::softplus, -3.0, 3.0),
        ("relu", Tensor::relu, 0.2, 2.0),
        ("gelu", Tensor::gelu, -2.0, 2.0),
        ("gelu_tanh", Tensor::gelu_tanh, -2.0, 2.0),
        ("silu", Tensor::silu, -2.0, 2.0),
        ("dropout", |x| x.dropout(0.3, &mut ChaCha8Rng::seed_from_u64(1)), -2.0, 2.0),
        ("cumsum", |x| if x.rank() == 0 { x.neg() } else { x.cumsum(-1) }, -2.0, 2.0),
        ("softmax", |x| if x.rank() == 0 { x.neg() } else { x.softmax(0) }, -2.0, 2.0),
        ("log_softmax", |x| if x.rank() == 0 { x.neg() } else { x.log_softmax(0) }, -2.0, 2.0),
    ];
    for (name, op, low, high) in table {
        for shape in [&[3, 4][..], &[2, 1, 3], &[2], &[0, 3]] {
            cases.push(case(name, [between(low, high, shape)], move |i| op(&i[0])));
        }
        let alone = matches!(name, "softmax" | "log_softmax" | "cumsum");
        for shape in [&[1][..], &[]].into_iter().filter(|_| !alone) {
            cases.push(case(name, [between(low, high, shape)], move |i| op(&i[0])));
        }
    }
    cases.push(case("relu", [between(-1.0, 2.0, &[3, 4])], |i| i[0].relu()));
    cases.push(case("clamp", [between(-2.0, 2.0, &[3, 4])], |i| i[0].clamp(-1.0, 0.9)));
    // One class has probability 1 whatever its logit.
    for (name, op) in
        [("softmax", Tensor::softmax as fn(&Tensor, isize) -> Tensor), ("log_softmax", Tensor::log_softmax)]
    {
        cases.push(Case { constant: true, ..case(name, [between(-1.0, 1.0, &[3, 1])], move |i| op(&i[0], -1)) });
    }
}

fn with_broadcasting(cases: &mut Vec<Case>) {
    type Op = fn(&Tensor, &Tensor) -> Tensor;
    let table: [(&str, Op); 7] = [
        ("add", Tensor::add),
        ("sub", Tensor::sub),
        ("mul", Tensor::mul),
        ("div", Tensor::div),
        ("pow", Tensor::pow),
        ("maximum", Tensor::maximum),
        ("minimum", Tensor::minimum),
    ];
    let shapes: [[&[usize]; 2]; 7] = [
        [&[3, 4], &[3, 4]],
        [&[3, 4], &[4]],
        [&[4], &[3, 1]],
        [&[2, 1, 3], &[4, 1]],
        [&[3, 4], &[]],
        [&[0, 4], &[4]],
        [&[1, 1], &[1]],
    ];
    for (name, op) in table {
        // Of two single numbers only one is the larger.
        let pairs = if name.ends_with("imum") { &shapes[..6] } else { &shapes[..] };
        for [a, b] in pairs {
            cases.push(case(name, [grid(a), other_grid(b)], move |i| op(&i[0], &i[1])));
        }
    }
    cases.push(case("mul", [grid(&[3])], |i| i[0].mul(&i[0])));
}

fn reductions(cases: &mut Vec<Case>) {
    type Op = fn(&Tensor) -> Tensor;
    let table: [(&str, Op); 26] = [
        ("sum", |x| x.sum(&[0, -1], false)),
        ("sum", |x| x.sum(&[1], true)),
        ("sum_all", Tensor::sum_all),
        ("mean", |x| x.mean(&[1, 2], true)),
        ("mean", |x| x.mean(&[0], false)),
        ("mean_all", Tensor::mean_all),
        ("var", |x| x.var(&[-1], 0, false)),
        ("var", |x| x.var(&[0, 2], 1, true)),
        ("std", |x| x.std(&[1], 1, true)),
        ("amax", |x| x.amax(&[0, 2], false)),
        ("amin", |x| x.amin(&[1], true)),
        ("max_all", Tensor::max_all),
        ("min_all", Tensor::min_all),
        ("max_dim", |x| x.max_dim(1, false).0),
        ("max_dim", |x| x.max_dim(-1, true).0),
        ("min_dim", |x| x.min_dim(0, false).0),
        ("topk", |x| x.topk(2, -1).0),
        ("topk", |x| x.topk(1, 0).0),
        ("logsumexp", |x| x.logsumexp(-1, false)),
        ("logsumexp", |x| x.logsumexp(0, true)),
        ("norm", |x| x.norm(-1, true)),
        ("norm", |x| x.norm(1, false)),
        ("cumsum", |x| x.cumsum(1)),
        ("softmax", |x| x.softmax(1)),
        ("log_softmax", |x| x.log_softmax(-1)),
        ("masked_softmax", |x| x.masked_softmax(-1, &mask(&[3, 1, 4]))),
    ];
    for (name, op) in table {
        let op = move |i: &[Tensor]| op(&i[0]);
        let shape = if name == "masked_softmax" { &[3, 2, 4] } else { &[2, 3, 4] };
        cases.push(case(name, [between(-1.5, 1.5, shape)], op));
    }
    cases.push(case("sum", [Array::zeros(&[0, 3])], |i| i[0].sum(&[0], false)));
    cases.push(case("sum_all", [Array::zeros(&[0, 3])], |i| i[0].sum_all()));
    cases.push(case("sum", [Array::scalar(0.5)], |i| i[0].sum(&[], false)));
    // A row without anything to attend to, and a mask along the first axis.
    let keep = BoolTensor::from_vec(vec![true, false, true, false, false, false], &[2, 3]);
    cases.push(case("masked_softmax", [between(-1.0, 1.0, &[2, 3])], move |i| i[0].masked_softmax(-1, &keep)));
    cases.push(case("masked_softmax", [between(-1.0, 1.0, &[4, 3])], |i| i[0].masked_softmax(0, &mask(&[4, 1]))));
}

fn products_and_rows(cases: &mut Vec<Case>) {
    let shapes: [[&[usize]; 2]; 9] = [
        [&[3, 4], &[4, 2]],
        [&[4], &[4, 2]],
        [&[3, 4], &[4]],
        [&[4], &[4]],
        [&[2, 3, 4], &[4, 2]],
        [&[2, 1, 3, 4], &[3, 4, 2]],
        [&[1, 1], &[1, 1]],
        [&[0, 3, 4], &[4, 2]],
        [&[3, 0], &[0, 2]],
    ];
    for [a, b] in shapes {
        cases.push(case("matmul", [between(-1.0, 1.0, a), between(-1.0, 1.2, b)], |i| i[0].matmul(&i[1])));
    }
    for x in [&[2, 3, 4][..], &[4], &[0, 4]] {
        let (x, w, b) = (between(-1.0, 1.0, x), between(-1.0, 1.2, &[5, 4]), between(-1.0, 1.0, &[5]));
        cases.push(case("linear", [x.clone(), w.clone(), b], |i| i[0].linear(&i[1], Some(&i[2]))));
        cases.push(case("linear", [x, w], |i| i[0].linear(&i[1], None)));
    }
    for x in [&[2, 3, 4][..], &[1, 4], &[0, 4]] {
        let (x, w, b) = (between(-1.0, 2.0, x), between(0.5, 1.5, &[4]), between(-1.0, 1.0, &[4]));
        let both = [x.clone(), w.clone(), b];
        cases.push(case("layer_norm", both, |i| i[0].layer_norm(&[4], Some(&i[1]), Some(&i[2]), 1e-5)));
        cases.push(case("layer_norm", [x.clone()], |i| i[0].layer_norm(&[4], None, None, 1e-12)));
        cases.push(case("rms_norm", [x.clone(), w], |i| i[0].rms_norm(&[4], Some(&i[1]), 1e-6)));
        cases.push(case("rms_norm", [x], |i| i[0].rms_norm(&[4], None, 1e-5)));
    }
    let two = [between(-1.0, 2.0, &[2, 3, 4]), between(0.5, 1.5, &[3, 4]), between(-1.0, 1.0, &[3, 4])];
    cases.push(case("layer_norm", two, |i| i[0].layer_norm(&[3, 4], Some(&i[1]), Some(&i[2]), 1e-5)));
    // A single feature is always its own mean.
    let one = case("layer_norm", [between(-1.0, 1.0, &[3, 1])], |i| i[0].layer_norm(&[1], None, None, 1e-5));
    cases.push(Case { constant: true, ..one });
}

fn attention(cases: &mut Vec<Case>) {
    // q [B, H, Tq, d_k], k [B, H_kv, Tk, d_k], v [B, H_kv, Tk, d_v]
    let inputs = |b, h, h_kv, t_q, t_k| {
        [
            between(-1.0, 1.0, &[b, h, t_q, 3]),
            between(-0.8, 1.0, &[b, h_kv, t_k, 3]),
            between(-1.0, 0.9, &[b, h_kv, t_k, 2]),
        ]
    };
    let keep = || BoolTensor::from_vec(vec![true, true, false, false, true, true, true, false], &[2, 4]);
    for (causal, masked) in [(None, false), (None, true), (Some(0), false), (Some(1), true), (Some(-1), false)] {
        cases.push(case("attention", inputs(2, 2, 2, 4, 4), move |i| {
            i[0].attention(&i[1], &i[2], 0.6, causal, masked.then(keep).as_ref())
        }));
    }
    cases.push(case("attention", inputs(2, 4, 2, 2, 4), move |i| {
        i[0].attention(&i[1], &i[2], 0.6, Some(2), Some(&keep())) // two query heads share a key head
    }));
    cases.push(case("attention", inputs(0, 2, 1, 3, 3), |i| i[0].attention(&i[1], &i[2], 0.6, None, None)));
}

fn recurrent(cases: &mut Vec<Case>) {
    for batch in [3, 1, 0] {
        let gates = |n: usize, low| between(low, 1.0, &[batch, n * 2]);
        let state = between(-0.9, 0.7, &[batch, 2]);
        let inputs = [gates(3, -1.0), gates(3, -0.6), state.clone()];
        cases.push(case("gru_cell", inputs, |i| i[0].gru_cell(&i[1], &i[2])));
        cases.push(case("lstm_cell", [gates(4, -1.0), gates(4, -0.6), state], |i| {
            let [h, c] = i[0].lstm_cell(&i[1], &i[2]);
            Tensor::concat(&[&h, &c], 1)
        }));
        let inputs = [between(-1.0, 1.0, &[batch, 2, 3]), between(-0.7, 1.0, &[batch, 4, 3]), between(-1.0, 0.8, &[3])];
        cases.push(case("additive_scores", inputs, |i| i[0].additive_scores(&i[1], &i[2])));
    }
}

fn shapes(cases: &mut Vec<Case>) {
    type Op = fn(&Tensor) -> Tensor;
    let table: [(&str, Op); 28] = [
        ("reshape", |x| x.reshape(&[4, -1])),
        ("reshape", |x| x.transpose(0, 1).reshape(&[6, 4])),
        ("flatten", |x| x.flatten(0, 1)),
        ("squeeze", |x| x.unsqueeze(1).squeeze(1)),
        ("squeeze", |x| x.squeeze(0)),
        ("unsqueeze", |x| x.unsqueeze(-1)),
        ("transpose", |x| x.transpose(0, -1)),
        ("permute", |x| x.permute(&[2, 0, 1])),
        ("expand", |x| x.unsqueeze(1).expand(&[2, 5, 3, 4])),
        ("expand", |x| x.expand(&[2, 2, 3, 4])),
        ("repeat", |x| x.repeat(&[2, 1, 3])),
        ("repeat", |x| x.repeat(&[2, 1, 1, 1])),
        ("repeat_interleave", |x| x.repeat_interleave(2, 1)),
        ("slice", |x| x.slice(1, 1, None, 1)),
        ("slice", |x| x.slice(-1, -4, Some(-1), 2)),
        ("slice", |x| x.slice(1, 2, Some(2), 1)),
        ("narrow", |x| x.narrow(2, 1, 2)),
        ("select", |x| x.select(1, -1)),
        ("split", |x| Tensor::concat(&x.split(&[1, 0, 3], 2).iter().rev().collect::<Vec<_>>(), 2)),
        ("chunk", |x| x.chunk(2, 1)[1].clone()),
        ("concat", |x| Tensor::concat(&[x, &x.narrow(1, 0, 1), x], 1)),
        ("stack", |x| Tensor::stack(&[x, &x.neg()], -1)),
        ("pad", |x| x.pad(&[(0, 0), (1, 2), (0, 1)], -0.5)),
        ("flip", |x| x.flip(&[0, 2])),
        ("tril", |x| x.tril(0)),
        ("tril", |x| x.tril(-1)),
        ("triu", |x| x.triu(1)),
        ("triu", |x| x.triu(-1)),
    ];
    for (name, op) in table {
        cases.push(case(name, [between(-1.0, 1.0, &[2, 3, 4])], move |i| op(&i[0])));
    }
    let empty: [(&str, Op); 10] = [
        ("reshape", |x| x.reshape(&[3, -1])),
        ("transpose", |x| x.transpose(0, 1)),
        ("permute", |x| x.permute(&[1, 0])),
        ("expand", |x| x.expand(&[2, 0, 3])),
        ("repeat", |x| x.repeat(&[2, 2])),
        ("slice", |x| x.slice(1, 1, None, 1)),
        ("select", |x| x.select(1, 0)),
        ("concat", |x| Tensor::concat(&[x, x], 0)),
        ("flip", |x| x.flip(&[0])),
        ("tril", |x| x.tril(0)),
    ];
    for (name, op) in empty {
        cases.push(case(name, [Array::zeros(&[0, 3])], move |i| op(&i[0])));
    }
    let single: [(&str, Op); 6] = [
        ("reshape", |x| x.reshape(&[])),
        ("flatten", |x| x.flatten(0, -1)),
        ("expand", |x| x.expand(&[3, 2])),
        ("select", |x| x.select(0, 0)),
        ("pad", |x| x.pad(&[(1, 1), (0, 2)], 1.0)),
        ("triu", |x| x.triu(0)),
    ];
    for (name, op) in single {
        cases.push(case(name, [between(-1.0, 1.0, &[1, 1])], move |i| op(&i[0])));
    }
    let parts = [between(-1.0, 1.0, &[2, 3]), Array::zeros(&[0, 3]), between(0.0, 1.0, &[1, 3])];
    cases.push(case("concat", parts, |i| Tensor::concat(&[&i[0], &i[1], &i[2]], 0)));
    let parts = [between(-1.0, 1.0, &[2, 3]), between(0.0, 1.0, &[2, 3])];
    cases.push(case("stack", parts, |i| Tensor::stack(&[&i[0], &i[1]], 1)));
}

fn indices(cases: &mut Vec<Case>) {
    let x = || between(-1.0, 1.0, &[3, 4]);
    cases.push(case("gather", [x()], |i| i[0].gather(1, &ids(&[0, 0, 3, 1, 2, 2], &[3, 2]))));
    cases.push(case("gather", [x()], |i| i[0].gather(0, &ids(&[2, 2, 1], &[1, 3]))));
    let src = || between(-1.0, 1.5, &[2, 4]);
    cases.push(case("scatter_add", [x(), src()], |i| i[0].scatter_add(0, &ids(&[0, 2, 2, 0, 0, 2], &[2, 3]), &i[1])));
    cases.push(case("scatter_add", [x(), src()], |i| i[0].scatter_add(1, &ids(&[3, 3, 0, 1], &[1, 4]), &i[1])));
    for axis in [0, -1] {
        cases.push(case("index_select", [x()], move |i| i[0].index_select(axis, &ids(&[2, 0, 2], &[3]))));
    }
    cases.push(case("index_select", [x()], |i| i[0].index_select(0, &ids(&[], &[0]))));
    cases.push(case("masked_fill", [x()], |i| i[0].masked_fill(&mask(&[3, 1]), -3.0)));
    cases.push(case("masked_fill", [x()], |i| i[0].masked_fill(&mask(&[2, 1, 4]), 2.0)));
    let pair = [x(), between(0.0, 1.0, &[1, 4])];
    cases.push(case("select_where", pair, |i| Tensor::select_where(&mask(&[2, 3, 1]), &i[0], &i[1])));
    cases.push(case("embedding", [x()], |i| i[0].embedding(&ids(&[2, 2, 0, 1, 1, 2], &[2, 3]), None)));
    cases.push(case("embedding", [x()], |i| i[0].embedding(&ids(&[], &[0, 3]), None)));
}

fn losses(cases: &mut Vec<Case>) {
    let logits = || between(-1.5, 1.5, &[5, 4]);
    let targets = || ids(&[0, 3, 2, -100, 1], &[5]);
    for reduction in [Reduction::Mean, Reduction::Sum, Reduction::None] {
        for (label_smoothing, class_weight) in [(0.0, None), (0.1, None), (0.2, Some(grid(&[4])))] {
            let options = CrossEntropy { reduction, label_smoothing, class_weight, ..CrossEntropy::default() };
            let in_the_middle = options.clone();
            cases.push(case("cross_entropy", [logits()], move |i| i[0].cross_entropy(&targets(), &options)));
            cases.push(case("cross_entropy", [between(-1.5, 1.5, &[2, 4, 3])], move |i| {
                i[0].cross_entropy(&ids(&[0, 3, 2, 1, 1, -100], &[2, 3]), &in_the_middle)
            }));
        }
        let log_p = || between(-2.0, -0.1, &[5, 4]);
        cases.push(case("nll_loss", [log_p()], move |i| i[0].nll_loss(&targets(), -100, reduction)));
        let probabilities = || between(0.1, 0.5, &[5, 4]);
        cases.push(case("cross_entropy_with_probabilities", [logits(), probabilities()], move |i| {
            i[0].cross_entropy_with_probabilities(&i[1], reduction, 0.1)
        }));
        let all = [logits(), between(0.1, 0.9, &[5, 4]), grid(&[5, 1]), other_grid(&[4])];
        let plain = all[..2].to_vec();
        cases.push(case("bce_with_logits", plain, move |i| i[0].bce_with_logits(&i[1], None, None, reduction)));
        cases.push(case("bce_with_logits", all, move |i| {
            i[0].bce_with_logits(&i[1], Some(&i[2]), Some(&i[3]), reduction)
        }));
        cases.push(case("mse_loss", [logits(), probabilities()], move |i| i[0].mse_loss(&i[1], reduction)));
    }
    for reduction in [KlReduction::BatchMean, KlReduction::Mean, KlReduction::Sum, KlReduction::None] {
        let pair = |low, high| [between(-2.0, -0.1, &[3, 4]), between(low, high, &[3, 4])];
        cases.push(case("kl_div", pair(0.2, 0.9), move |i| i[0].kl_div(&i[1], reduction, false)));
        cases.push(case("kl_div", pair(-2.0, -0.3), move |i| i[0].kl_div(&i[1], reduction, true)));
    }
    let nothing = CrossEntropy { reduction: Reduction::Sum, ..CrossEntropy::default() };
    cases.push(case("cross_entropy", [Array::zeros(&[0, 4])], move |i| i[0].cross_entropy(&ids(&[], &[0]), &nothing)));
    let pair = [grid(&[3, 4]), between(0.2, 1.0, &[3, 4])];
    cases.push(case("cosine_similarity", pair, |i| i[0].cosine_similarity(&i[1], -1, 1e-8)));
    let pair = [grid(&[3, 4]), between(0.2, 1.0, &[4])];
    cases.push(case("cosine_similarity", pair, |i| i[0].cosine_similarity(&i[1], 1, 1e-8)));
}
