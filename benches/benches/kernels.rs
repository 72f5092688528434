//! Every kernel at every level of this machine, beside its plain reference.
#![allow(missing_docs, reason = "criterion's macros define functions of their own")]

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{Bencher, BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use jumok_benches::{criterion, numbers};
use jumok_kernels::attention::{self, Head, Rows, RowsMut};
use jumok_kernels::optim::{self, AdamStep, SgdStep};
use jumok_kernels::{
    Elem, cross_entropy, elementwise, gemm, gemm_bf16, gemv, level, norm, recurrent, reduce, reference, softmax,
};

const ROWS: usize = 64;
const ROW_LEN: usize = 256;
const LEN: usize = ROWS * ROW_LEN;

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// Measures `kernel` at each level of this machine.
fn at_each_level(group: &mut Group, what: &str, mut kernel: impl FnMut()) {
    for level in level::available() {
        // The black box makes the compiler believe that somebody reads what the kernel writes.
        let mut run = |b: &mut Bencher| b.iter(|| black_box(&mut kernel)());
        group.bench_function(format!("{what}/{level}"), |b| level::with_level(level, || run(b)));
    }
}

/// Measures the plain reference of a kernel.
fn beside_them(group: &mut Group, what: &str, mut reference: impl FnMut()) {
    group.bench_function(format!("{what}/reference"), |b| b.iter(|| black_box(&mut reference)()));
}

/// `beside!(group, "name", f(arguments))` measures `f` at each level, and `reference::f`, with the same arguments.
macro_rules! beside {
    ($group:expr, $what:expr, $module:ident::$function:ident($($argument:expr),* $(,)?)) => {
        at_each_level(&mut $group, $what, || {
            black_box($module::$function($($argument),*));
        });
        beside_them(&mut $group, $what, || {
            black_box(reference::$module::$function($($argument),*));
        });
    };
}

fn products(c: &mut Criterion) {
    let mut group = c.benchmark_group("gemm");
    for (what, [m, k, n], a_transposed, b_transposed) in [
        ("128x64x128 NT", [128, 64, 128], false, true),
        ("128x128x64 NN", [128, 128, 64], false, false),
        ("64x256x128 TN", [64, 256, 128], true, false),
    ] {
        let (a, b, mut out) = (numbers(m * k, 1), numbers(k * n, 2), vec![0.0; m * n]);
        let a_strides = if a_transposed { [1, m] } else { [k, 1] };
        let b_strides = if b_transposed { [1, k] } else { [n, 1] };
        // Operations: Criterion prints "elements a second".
        group.throughput(Throughput::Elements((2 * m * k * n) as u64));
        at_each_level(&mut group, what, || {
            gemm(m, k, n, 1.0, &a, a_strides, &b, b_strides, 0.0, &mut out, [n, 1]);
        });
        if jumok_kernels::bf16_available() {
            group.bench_function(format!("{what}/bf16"), |bench| {
                bench.iter(|| gemm_bf16(m, k, n, 1.0, &a, a_strides, &b, b_strides, 0.0, &mut out, [n, 1]));
            });
        }
        beside_them(&mut group, what, || {
            reference::gemm(m, k, n, 1.0, &a, a_strides, &b, b_strides, 0.0, &mut out, [n, 1]);
        });
    }
}

fn one_vector(c: &mut Criterion) {
    let mut group = c.benchmark_group("gemv");
    for (outputs, inputs) in [(ROW_LEN, ROW_LEN), (2304, 768)] {
        let (w, x, bias) = (numbers(outputs * inputs, 1), numbers(inputs, 2), numbers(outputs, 3));
        let mut y = vec![0.0; outputs];
        let what = format!("{outputs}x{inputs}");
        group.throughput(Throughput::Elements((2 * outputs * inputs) as u64));
        at_each_level(&mut group, &what, || gemv(&w, &x, Some(&bias), black_box(&mut y)));
        beside_them(&mut group, &what, || reference::gemv(&w, &x, Some(&bias), black_box(&mut y)));
    }
}

fn attention_of_one_head(c: &mut Criterion) {
    let mut group = c.benchmark_group("attention");
    let (len, width) = (128, 64);
    let data = [1, 2, 3, 4].map(|seed| numbers(len * width, seed));
    let rows = |i: usize| Rows { data: &data[i], stride: width };
    let [q, k, v, g] = [0, 1, 2, 3].map(rows);
    let mut out = vec![0.0; len * width];
    let mut log_sum_exp = vec![0.0; len];
    let mut gradients = [0; 3].map(|_| vec![0.0; len * width]);
    for causal in [None, Some(0)] {
        let name = if causal.is_some() { "causal " } else { "" };
        let head = Head { query_len: len, key_len: len, d_k: width, d_v: width, scale: 0.125, causal, keep: None };
        let (forward, backward) = (format!("{name}forward"), format!("{name}backward"));
        at_each_level(&mut group, &forward, || {
            attention::forward(&head, q, k, v, RowsMut { data: &mut out, stride: width }, &mut log_sum_exp);
        });
        beside_them(&mut group, &forward, || {
            let out = RowsMut { data: &mut out, stride: width };
            reference::attention::forward(&head, q, k, v, out, &mut log_sum_exp);
        });
        let out = Rows { data: &out, stride: width };
        at_each_level(&mut group, &backward, || {
            let [dq, dk, dv] = gradients.each_mut().map(|data| RowsMut { data, stride: width });
            attention::backward(&head, q, k, v, out, &log_sum_exp, g, dq, dk, dv);
        });
        beside_them(&mut group, &backward, || {
            let [dq, dk, dv] = gradients.each_mut().map(|data| RowsMut { data, stride: width });
            reference::attention::backward(&head, q, k, v, out, &log_sum_exp, g, dq, dk, dv);
        });
    }
}

fn activations_and_sums(c: &mut Criterion) {
    let mut group = c.benchmark_group("elementwise");
    group.throughput(Throughput::Elements(LEN as u64));
    let (x, g, row, mut y) = (numbers(LEN, 1), numbers(LEN, 2), numbers(ROW_LEN, 3), vec![0.0; LEN]);
    let positive: Vec<Elem> = x.iter().map(|x| x.abs()).collect();
    beside!(group, "exp", elementwise::exp(&x, &mut y));
    beside!(group, "tanh forward", elementwise::tanh(&x, &mut y));
    beside!(group, "tanh backward", elementwise::tanh_backward(&x, &g, &mut y));
    beside!(group, "sigmoid forward", elementwise::sigmoid(&x, &mut y));
    beside!(group, "sigmoid backward", elementwise::sigmoid_backward(&x, &g, &mut y));
    beside!(group, "relu forward", elementwise::relu(&x, &mut y));
    beside!(group, "relu backward", elementwise::relu_backward(&x, &g, &mut y));
    beside!(group, "gelu forward", elementwise::gelu(&x, &mut y));
    beside!(group, "gelu backward", elementwise::gelu_backward(&x, &g, &mut y));
    beside!(group, "gelu_tanh forward", elementwise::gelu_tanh(&x, &mut y));
    beside!(group, "gelu_tanh backward", elementwise::gelu_tanh_backward(&x, &g, &mut y));
    beside!(group, "silu forward", elementwise::silu(&x, &mut y));
    beside!(group, "silu backward", elementwise::silu_backward(&x, &g, &mut y));
    beside!(group, "softplus forward", elementwise::softplus(&x, &mut y));
    beside!(group, "softplus backward", elementwise::softplus_backward(&x, &g, &mut y));
    beside!(group, "erf forward", elementwise::erf(&x, &mut y));
    beside!(group, "erf backward", elementwise::erf_backward(&x, &g, &mut y));
    beside!(group, "sqrt", elementwise::sqrt(&positive, &mut y));
    beside!(group, "add", elementwise::add(&x, &g, &mut y));
    beside!(group, "sub", elementwise::sub(&x, &g, &mut y));
    beside!(group, "mul", elementwise::mul(&x, &g, &mut y));
    beside!(group, "div", elementwise::div(&x, &g, &mut y));
    beside!(group, "add_row", elementwise::add_row(&x, &row, &mut y));
    beside!(group, "mul_row", elementwise::mul_row(&x, &row, &mut y));
    // In place: factors of which repetition makes nothing large.
    y.fill(0.0);
    beside!(group, "axpy", elementwise::axpy(1e-6, &x, &mut y));
    beside!(group, "scale", elementwise::scale(1.0, &mut y));
    let small: Vec<Elem> = x.iter().map(|x| x * 1e-6).collect();
    beside!(group, "add_assign", elementwise::add_assign(&mut y, &small));
}

fn rows(c: &mut Criterion) {
    let mut group = c.benchmark_group("rows");
    group.throughput(Throughput::Elements(LEN as u64));
    let (x, g, mut y, mut dx) = (numbers(LEN, 1), numbers(LEN, 2), vec![0.0; LEN], vec![0.0; LEN]);
    let keep: Vec<bool> = (0..LEN).map(|i| i % 7 != 0).collect();
    beside!(group, "softmax forward", softmax::forward(&x, &mut y, ROW_LEN));
    beside!(group, "softmax forward_in_place", softmax::forward_in_place(&mut dx, ROW_LEN));
    beside!(group, "softmax forward_masked", softmax::forward_masked(&x, &keep, &mut dx, ROW_LEN));
    beside!(group, "softmax backward", softmax::backward(&y, &g, &mut dx, ROW_LEN));
    beside!(group, "log_softmax forward", softmax::log_forward(&x, &mut y, ROW_LEN));
    beside!(group, "log_softmax backward", softmax::log_backward(&y, &g, &mut dx, ROW_LEN));
    let mut one_a_row = vec![0.0; ROWS];
    beside!(group, "log_sum_exp", softmax::log_sum_exp(&x, &mut one_a_row, ROW_LEN));

    let (weight, bias) = (numbers(ROW_LEN, 3), numbers(ROW_LEN, 4));
    let (weight, bias) = (Some(&weight[..]), Some(&bias[..]));
    let (mut mean, mut rstd) = (vec![0.0; ROWS], vec![0.0; ROWS]);
    let (mut dweight, mut dbias) = (vec![0.0; ROW_LEN], vec![0.0; ROW_LEN]);
    beside!(
        group,
        "layer_norm forward",
        norm::layer_norm_forward(&x, weight, bias, 1e-5, &mut y, &mut mean, &mut rstd, ROW_LEN)
    );
    beside!(
        group,
        "layer_norm backward",
        norm::layer_norm_backward(
            &x,
            weight,
            &mean,
            &rstd,
            &g,
            Some(&mut dx),
            Some(&mut dweight),
            Some(&mut dbias),
            ROW_LEN
        )
    );
    beside!(group, "rms_norm forward", norm::rms_norm_forward(&x, weight, 1e-5, &mut y, &mut rstd, ROW_LEN));
    beside!(
        group,
        "rms_norm backward",
        norm::rms_norm_backward(&x, weight, &rstd, &g, Some(&mut dx), Some(&mut dweight), ROW_LEN)
    );

    let targets: Vec<i64> = (0..ROWS as i64).map(|i| i * 7 % ROW_LEN as i64).collect();
    let (mut losses, mut log_sum_exp, scale) = (vec![0.0; ROWS], vec![0.0; ROWS], vec![1.0 / ROWS as Elem; ROWS]);
    beside!(
        group,
        "cross_entropy forward",
        cross_entropy::forward(&x, &targets, 0.0, &mut losses, &mut log_sum_exp, ROW_LEN)
    );
    beside!(
        group,
        "cross_entropy backward",
        cross_entropy::backward(&x, &targets, &scale, 0.0, &log_sum_exp, &mut dx, ROW_LEN)
    );
}

fn steps_of_recurrence(c: &mut Criterion) {
    let mut group = c.benchmark_group("recurrent");
    group.throughput(Throughput::Elements(LEN as u64));
    let state = |seed| numbers(LEN, seed);
    let (h, c_old, g, dc_next) = (state(1), state(2), state(3), state(4));
    let (mut next_h, mut next_c, mut dh, mut dc) = (vec![0.0; LEN], vec![0.0; LEN], vec![0.0; LEN], vec![0.0; LEN]);

    let (gi, gh) = (numbers(3 * LEN, 5), numbers(3 * LEN, 6));
    let (mut saved, mut dgi, mut dgh) = (vec![0.0; 3 * LEN], vec![0.0; 3 * LEN], vec![0.0; 3 * LEN]);
    beside!(group, "gru forward", recurrent::gru_forward(&gi, &gh, &h, &mut saved, &mut next_h, ROW_LEN));
    beside!(group, "gru backward", recurrent::gru_backward(&saved, &gh, &h, &g, &mut dgi, &mut dgh, &mut dh, ROW_LEN));

    let (gi, gh) = (numbers(4 * LEN, 7), numbers(4 * LEN, 8));
    let (mut saved, mut dgates) = (vec![0.0; 4 * LEN], vec![0.0; 4 * LEN]);
    beside!(
        group,
        "lstm forward",
        recurrent::lstm_forward(&gi, &gh, &c_old, &mut saved, &mut next_h, &mut next_c, ROW_LEN)
    );
    beside!(
        group,
        "lstm backward",
        recurrent::lstm_backward(&saved, &c_old, &next_c, &g, &dc_next, &mut dgates, &mut dc, ROW_LEN)
    );

    let (q, v, weights) = (numbers(ROW_LEN, 9), numbers(ROW_LEN, 10), numbers(ROWS, 11));
    let (mut scores, mut dq, mut dv) = (vec![0.0; ROWS], vec![0.0; ROW_LEN], vec![0.0; ROW_LEN]);
    beside!(group, "additive scores", recurrent::additive_scores(&q, &h, &v, &mut scores));
    beside!(
        group,
        "additive scores backward",
        recurrent::additive_scores_backward(&q, &h, &v, &weights, &mut dq, &mut dh, &mut dv)
    );
}

fn sums(c: &mut Criterion) {
    let mut group = c.benchmark_group("reduce");
    group.throughput(Throughput::Elements(LEN as u64));
    let (x, g) = (numbers(LEN, 1), numbers(LEN, 2));
    let (mut per_row, mut per_column) = (vec![0.0; ROWS], vec![0.0; ROW_LEN]);
    beside!(group, "sum", reduce::sum(&x));
    beside!(group, "dot", reduce::dot(&x, &g));
    beside!(group, "max", reduce::max(&x));
    beside!(group, "sum_of_squares", reduce::sum_of_squares(&x));
    beside!(group, "sum_rows", reduce::sum_rows(&x, ROW_LEN, &mut per_row));
    beside!(group, "sum_columns", reduce::sum_columns(&x, ROW_LEN, &mut per_column));
}

fn optimizers(c: &mut Criterion) {
    let mut group = c.benchmark_group("optim");
    group.throughput(Throughput::Elements(LEN as u64));
    let (mut p, g, mut m, mut v) = (numbers(LEN, 1), numbers(LEN, 2), vec![0.0; LEN], vec![0.0; LEN]);
    let adam = AdamStep { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01, step: 1 };
    let sgd = SgdStep { lr: 1e-3, momentum: 0.9, dampening: 0.0, weight_decay: 0.01, nesterov: false, first: false };
    beside!(group, "adamw", optim::adamw(&mut p, &g, &mut m, &mut v, &adam));
    beside!(group, "adam", optim::adam(&mut p, &g, &mut m, &mut v, &adam));
    beside!(group, "sgd", optim::sgd(&mut p, &g, Some(&mut m), &sgd));
}

criterion_group! {
    name = kernels;
    config = criterion();
    targets = products, one_vector, attention_of_one_head, activations_and_sums, rows, steps_of_recurrence, sums, optimizers
}
criterion_main!(kernels);
