//! Every tensor operation that computes something, forward and backward.
//!
//! Backward is measured on a graph of that one operation, from a fixed upstream gradient to all its parameters.
#![allow(missing_docs, reason = "criterion's macros define functions of their own")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use jumok_benches::{criterion, numbers};
use jumok_tensor::{Array, BoolTensor, CrossEntropy, IntTensor, KlReduction, Reduction, Tensor, no_grad};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const ROWS: usize = 64;
const WIDTH: usize = 128;

fn leaf(shape: &[usize], seed: usize) -> Tensor {
    Tensor::parameter(Array::from_vec(numbers(shape.iter().product(), seed), shape))
}

fn ids(len: usize, below: usize) -> IntTensor {
    IntTensor::from_vec((0..len).map(|i| (i * 7919 % below) as i64).collect(), &[len])
}

/// Measures `f` without a graph, then the backward pass of its graph.
fn operation(c: &mut Criterion, name: &str, f: impl Fn() -> Tensor) {
    let mut group = c.benchmark_group(name);
    group.bench_function("forward", |b| b.iter(|| no_grad(|| black_box(f()))));
    let y = f();
    let upstream = Array::from_vec(numbers(y.len(), 9), y.shape());
    group.bench_function("backward", |b| b.iter(|| black_box(y.backward_from(upstream.clone()))));
}

fn arithmetic(c: &mut Criterion) {
    let (a, b, row) = (leaf(&[ROWS, WIDTH], 1), leaf(&[ROWS, WIDTH], 2), leaf(&[WIDTH], 3));
    let positive = Tensor::parameter(a.array().map(|x| x.abs() + 0.1));
    operation(c, "add", || &a + &b);
    operation(c, "add a row", || &a + &row);
    operation(c, "sub", || &a - &b);
    operation(c, "mul", || &a * &b);
    operation(c, "mul by a row", || &a * &row);
    operation(c, "div", || &a / &positive);
    operation(c, "neg", || -&a);
    operation(c, "add_scalar", || a.add_scalar(0.5));
    operation(c, "mul_scalar", || a.mul_scalar(0.5));
    operation(c, "pow", || positive.pow(&b));
    operation(c, "pow_scalar", || positive.pow_scalar(3.0));
    operation(c, "sqrt", || positive.sqrt());
    operation(c, "rsqrt", || positive.rsqrt());
    operation(c, "abs", || a.abs());
    operation(c, "sin", || a.sin());
    operation(c, "cos", || a.cos());
    operation(c, "maximum", || a.maximum(&b));
    operation(c, "minimum", || a.minimum(&b));
    operation(c, "clamp", || a.clamp(-0.5, 0.5));
}

fn activations(c: &mut Criterion) {
    let x = leaf(&[ROWS, WIDTH], 1);
    let positive = Tensor::parameter(x.array().map(|x| x.abs() + 0.1));
    operation(c, "exp", || x.exp());
    operation(c, "log", || positive.log());
    operation(c, "tanh", || x.tanh());
    operation(c, "sigmoid", || x.sigmoid());
    operation(c, "log_sigmoid", || x.log_sigmoid());
    operation(c, "softplus", || x.softplus());
    operation(c, "erf", || x.erf());
    operation(c, "relu", || x.relu());
    operation(c, "gelu", || x.gelu());
    operation(c, "gelu_tanh", || x.gelu_tanh());
    operation(c, "silu", || x.silu());
    operation(c, "dropout", || x.dropout(0.1, &mut ChaCha8Rng::seed_from_u64(1)));
}

fn products(c: &mut Criterion) {
    let (a, b) = (leaf(&[ROWS, WIDTH], 1), leaf(&[WIDTH, WIDTH], 2));
    let (weight, bias) = (leaf(&[4 * WIDTH, WIDTH], 3), leaf(&[4 * WIDTH], 4));
    operation(c, "matmul", || a.matmul(&b));
    operation(c, "matmul with a transposed factor", || a.matmul(&b.transpose(0, 1)));
    operation(c, "linear", || a.linear(&weight, Some(&bias)));
    operation(c, "linear without bias", || a.linear(&weight, None));
    let [q, k, v] = [1, 2, 3].map(|seed| leaf(&[2, 4, 64, 32], seed));
    operation(c, "matmul of a batch", || q.matmul(&k.transpose(-2, -1)));
    operation(c, "attention", || q.attention(&k, &v, 0.2, None, None));
    operation(c, "attention causal", || q.attention(&k, &v, 0.2, Some(0), None));
    let keep = BoolTensor::from_vec((0..2 * 64).map(|i| i % 64 < 50).collect(), &[2, 64]);
    operation(c, "attention with padding", || q.attention(&k, &v, 0.2, None, Some(&keep)));
    operation(c, "attention composed", || (q.matmul(&k.transpose(-2, -1)) * 0.2).softmax(-1).matmul(&v));
}

fn normalisation(c: &mut Criterion) {
    let (x, weight, bias) = (leaf(&[ROWS, WIDTH], 1), leaf(&[WIDTH], 2), leaf(&[WIDTH], 3));
    operation(c, "softmax", || x.softmax(-1));
    operation(c, "softmax over columns", || x.softmax(0));
    operation(c, "log_softmax", || x.log_softmax(-1));
    let keep = BoolTensor::from_vec((0..ROWS * WIDTH).map(|i| i % 5 != 0).collect(), &[ROWS, WIDTH]);
    operation(c, "masked_softmax", || x.masked_softmax(-1, &keep));
    operation(c, "logsumexp", || x.logsumexp(-1, false));
    operation(c, "layer_norm", || x.layer_norm(&[WIDTH], Some(&weight), Some(&bias), 1e-5));
    operation(c, "rms_norm", || x.rms_norm(&[WIDTH], Some(&weight), 1e-5));
    operation(c, "norm", || x.norm(-1, false));
}

fn recurrence(c: &mut Criterion) {
    let [from_input, from_state] = [1, 2].map(|seed| leaf(&[ROWS, 3 * WIDTH], seed));
    let (h, v) = (leaf(&[ROWS, WIDTH], 3), leaf(&[WIDTH], 4));
    operation(c, "gru_cell", || from_input.gru_cell(&from_state, &h));
    let [from_input, from_state] = [5, 6].map(|seed| leaf(&[ROWS, 4 * WIDTH], seed));
    operation(c, "lstm_cell", || {
        let [next_h, next_c] = from_input.lstm_cell(&from_state, &h);
        next_h + next_c
    });
    let [query, keys] = [(7, 1), (8, 20)].map(|(seed, len)| leaf(&[8, len, WIDTH], seed));
    operation(c, "additive_scores", || query.additive_scores(&keys, &v));
}

fn losses_and_sums(c: &mut Criterion) {
    let (x, target) = (leaf(&[ROWS, WIDTH], 1), leaf(&[ROWS, WIDTH], 2));
    let classes = ids(ROWS, WIDTH);
    operation(c, "cross_entropy", || x.cross_entropy(&classes, &CrossEntropy::default()));
    let smoothed = CrossEntropy { label_smoothing: 0.1, ..CrossEntropy::default() };
    operation(c, "cross_entropy smoothed", || x.cross_entropy(&classes, &smoothed));
    operation(c, "nll_loss", || x.nll_loss(&classes, -100, Reduction::Mean));
    operation(c, "mse_loss", || x.mse_loss(&target, Reduction::Mean));
    operation(c, "bce_with_logits", || x.bce_with_logits(&target, None, None, Reduction::Mean));
    operation(c, "kl_div", || x.kl_div(&target, KlReduction::BatchMean, true));
    operation(c, "cosine_similarity", || x.cosine_similarity(&target, -1, 1e-8));
    operation(c, "sum_all", || x.sum_all());
    operation(c, "sum over rows", || x.sum(&[0], false));
    operation(c, "mean over columns", || x.mean(&[-1], false));
    operation(c, "var", || x.var(&[-1], 1, false));
    operation(c, "std", || x.std(&[-1], 1, false));
    operation(c, "amax", || x.amax(&[-1], false));
    operation(c, "amin", || x.amin(&[-1], false));
    operation(c, "max_dim", || x.max_dim(-1, false).0);
    operation(c, "topk", || x.topk(8, -1).0);
    operation(c, "cumsum", || x.cumsum(-1));
}

fn moving(c: &mut Criterion) {
    let (x, y, table) = (leaf(&[ROWS, WIDTH], 1), leaf(&[ROWS, WIDTH], 2), leaf(&[500, WIDTH], 3));
    let (words, rows) = (ids(ROWS, 500), ids(16, ROWS));
    operation(c, "embedding", || table.embedding(&words, None));
    operation(c, "index_select", || x.index_select(0, &rows));
    let columns = IntTensor::from_vec((0..ROWS * 4).map(|i| (i * 31 % WIDTH) as i64).collect(), &[ROWS, 4]);
    operation(c, "gather", || x.gather(1, &columns));
    operation(c, "scatter_add", || x.scatter_add(1, &columns, &y.narrow(1, 0, 4)));
    operation(c, "expand", || x.unsqueeze(0).expand(&[4, ROWS, WIDTH]));
    operation(c, "repeat", || x.repeat(&[2, 1]));
    operation(c, "repeat_interleave", || x.repeat_interleave(2, 0));
    operation(c, "pad", || x.pad(&[(1, 1), (0, 0)], 0.0));
    operation(c, "flip", || x.flip(&[1]));
    operation(c, "triu", || x.triu(0));
    operation(c, "stack", || Tensor::stack(&[&x, &y], 0));
    operation(c, "concat", || Tensor::concat(&[&x, &y], -1));
    operation(c, "narrow", || x.narrow(1, 32, 64));
    operation(c, "heads split and merged", || {
        let heads = x.reshape(&[1, ROWS as isize, 4, (WIDTH / 4) as isize]).transpose(1, 2);
        heads.transpose(1, 2).reshape(&[ROWS as isize, WIDTH as isize])
    });
    let keep = BoolTensor::from_vec((0..ROWS * WIDTH).map(|i| i % 3 != 0).collect(), &[ROWS, WIDTH]);
    operation(c, "masked_fill", || x.masked_fill(&keep, 0.0));
}

criterion_group! {
    name = operations;
    config = criterion();
    targets = arithmetic, activations, products, normalisation, recurrence, losses_and_sums, moving
}
criterion_main!(operations);
