//! How fast each kernel is on this machine, at each level it has.
//!
//! Products: 10⁹ operations a second, beside `matrixmultiply` and the peak of the multiply-add units. Kernels over rows:
//! milliseconds, and 10⁹ bytes a second of what is read and written. One thread; the best of many runs.
//!
//! `cargo run --release -p jumok-kernels --example kernel_speed [WORD [SECONDS]]` runs what has WORD in its name, each for so
//! many seconds (0.15 unless told): on a busy machine the shortest of many runs is the one that nothing interrupted.

use jumok_kernels::attention::{self, Head, Rows, RowsMut};
use jumok_kernels::level::{self, Level};
use jumok_kernels::optim::AdamStep;
use jumok_kernels::{Elem, bf16_available, cross_entropy, elementwise, gemm, gemm_bf16, limits, norm, optim, softmax};
use std::hint::black_box;
use std::time::Instant;

/// The shortest of runs over `seconds`, in seconds.
fn shortest(seconds: f64, mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut shortest = f64::INFINITY;
    while start.elapsed().as_secs_f64() < seconds {
        let before = Instant::now();
        run();
        shortest = shortest.min(before.elapsed().as_secs_f64());
    }
    shortest
}

/// Numbers in [−1, 1) that repeat after a long while.
fn numbers(len: usize) -> Vec<Elem> {
    (0..len).map(|i| ((i * 7919 + 13) % 2003) as Elem / 1001.5 - 1.0).collect()
}

/// A product as it occurs in training: m, k, n, and whether A and B are transposed.
struct Product(&'static str, [usize; 3], bool, bool);

const PRODUCTS: [Product; 19] = [
    Product("qkv forward 4096x128x384 NT", [4096, 128, 384], false, true),
    Product("up forward 4096x128x512 NT", [4096, 128, 512], false, true),
    Product("down forward 4096x512x128 NT", [4096, 512, 128], false, true),
    Product("up dX 4096x512x128 NN", [4096, 512, 128], false, false),
    Product("up dW 512x4096x128 TN", [512, 4096, 128], true, false),
    Product("head forward 608x128x8192 NT", [608, 128, 8192], false, true),
    Product("head dW 8192x608x128 TN", [8192, 608, 128], true, false),
    Product("head dX 608x8192x128 NN", [608, 8192, 128], false, false),
    Product("BERT-base up 1024x768x3072 NT", [1024, 768, 3072], false, true),
    Product("BERT-base up 128x768x3072 NT", [128, 768, 3072], false, true),
    Product("scores 128x64x128 NT", [128, 64, 128], false, true),
    Product("context 128x128x64 NN", [128, 128, 64], false, false),
    Product("gates forward 32x512x768 NT", [32, 512, 768], false, true),
    Product("gates dX 32x768x512 NN", [32, 768, 512], false, false),
    Product("gates dW 768x32x512 TN", [768, 32, 512], true, false),
    Product("square 128 NN", [128; 3], false, false),
    Product("square 256 NN", [256; 3], false, false),
    Product("square 512 NN", [512; 3], false, false),
    Product("square 1024 NN", [1024; 3], false, false),
];

fn products(levels: &[Level], word: &str, seconds: f64) {
    let peaks: Vec<f64> = levels.iter().map(|&level| level::with_level(level, || limits::fma_gflops(0.3))).collect();
    print!("{:<34}", "GFLOP/s (share of the level's peak)");
    levels.iter().for_each(|level| print!("{:>18}", level.name()));
    println!("{:>18}{:>18}", "matrixmultiply", "bf16");
    print!("{:<34}", "multiply-adds alone");
    peaks.iter().for_each(|peak| print!("{peak:>18.1}"));
    println!();
    for Product(name, [m, k, n], transposed_a, transposed_b) in PRODUCTS {
        if !name.contains(word) {
            continue;
        }
        let (a, b, mut c) = (numbers(m * k), numbers(k * n), numbers(m * n));
        let a_strides = if transposed_a { [1, m] } else { [k, 1] };
        let b_strides = if transposed_b { [1, k] } else { [n, 1] };
        let work = (2 * m * k * n) as f64 / 1e9;
        print!("{name:<34}");
        let mut run = |level: Level| {
            level::with_level(level, || {
                work / shortest(seconds, || {
                    gemm(m, k, n, 1.0, &a, a_strides, &b, b_strides, 0.0, black_box(&mut c), [n, 1])
                })
            })
        };
        for (&level, peak) in levels.iter().zip(&peaks) {
            let rate = run(level);
            print!("{rate:>11.1} ({:>3.0}%)", 100.0 * rate / peak);
        }
        // The portable level is `matrixmultiply`, which looks for the processor's instructions by itself.
        print!("{:>18.1}", run(Level::Portable));
        let bf16 = bf16_available().then(|| {
            let c = black_box(&mut c);
            work / shortest(seconds, || gemm_bf16(m, k, n, 1.0, &a, a_strides, &b, b_strides, 0.0, c, [n, 1]))
        });
        println!("{:>18}", bf16.map_or("-".to_string(), |rate| format!("{rate:.1}")));
    }
}

/// One head of width 64, forward (2 products) and backward (5), of the operations that full or half (causal) scores need.
fn attention(levels: &[Level], word: &str, seconds: f64) {
    println!();
    print!("{:<34}", "GFLOP/s");
    levels.iter().for_each(|level| print!("{:>18}", level.name()));
    println!();
    for (len, causal) in [(128, false), (128, true), (256, false), (256, true), (1024, false), (1024, true)] {
        let d = 64;
        let data: Vec<Vec<Elem>> = (0..4).map(|i| numbers(len * d + i)[i..].to_vec()).collect();
        let [q, k, v, g] = [0, 1, 2, 3].map(|i| Rows { data: &data[i], stride: d });
        let (mut out, mut lse) = (numbers(len * d), numbers(len));
        let mut gradients = [numbers(len * d), numbers(len * d), numbers(len * d)];
        let causal_offset = causal.then_some(0);
        let head =
            Head { query_len: len, key_len: len, d_k: d, d_v: d, scale: 0.125, causal: causal_offset, keep: None };
        let pairs = if causal { len * (len + 1) / 2 } else { len * len };
        for (direction, products) in [("forward", 2), ("backward", 5)] {
            let name = format!("attention {len} causal={causal} {direction}");
            if !name.contains(word) {
                continue;
            }
            print!("{name:<34}");
            for &level in levels {
                let shortest = level::with_level(level, || {
                    shortest(seconds, || {
                        if direction == "forward" {
                            attention::forward(&head, q, k, v, RowsMut { data: &mut out, stride: d }, &mut lse);
                        } else {
                            let [dq, dk, dv] = gradients.each_mut().map(|data| RowsMut { data, stride: d });
                            let out = Rows { data: &out, stride: d };
                            attention::backward(&head, q, k, v, out, &lse, g, dq, dk, dv);
                        }
                    })
                });
                print!("{:>18.1}", (2 * products * pairs * d) as f64 / shortest / 1e9);
            }
            println!();
        }
    }
}

fn rows(levels: &[Level], word: &str, seconds: f64) {
    println!();
    println!(
        "{:<34}{:>18.1} read, {:.1} copied",
        "GB/s of memory, one thread",
        limits::read_gb_per_s(256 << 20, 0.3),
        limits::copy_gb_per_s(128 << 20, 0.3)
    );
    print!("{:<34}", "ms (GB/s)");
    levels.iter().for_each(|level| print!("{:>18}", level.name()));
    println!();
    // `passes`: slices read or written, counted as the kernel's traffic.
    let measure = |name: &str, len: usize, passes: usize, run: &mut dyn FnMut()| {
        if !name.contains(word) {
            return;
        }
        print!("{name:<34}");
        for &level in levels {
            let shortest = level::with_level(level, || shortest(seconds, &mut *run));
            let bytes = (passes * len * size_of::<Elem>()) as f64;
            print!("{:>10.3} ({:>5.1})", shortest * 1e3, bytes / shortest / 1e9);
        }
        println!();
    };

    let (len, row_len) = (4096 * 512, 512);
    let (x, g, mut y, mut dx) = (numbers(len), numbers(len), numbers(len), numbers(len));
    measure("softmax 4096x512 forward", len, 2, &mut || softmax::forward(&x, black_box(&mut y), row_len));
    measure("softmax 4096x512 backward", len, 3, &mut || softmax::backward(&x, &g, black_box(&mut dx), row_len));

    let (len, row_len) = (4096 * 256, 256);
    let (x, g, mut y, mut dx) = (numbers(len), numbers(len), numbers(len), numbers(len));
    let (weight, bias) = (numbers(row_len), numbers(row_len));
    let (mut mean, mut rstd) = (numbers(4096), numbers(4096));
    let (mut dweight, mut dbias) = (numbers(row_len), numbers(row_len));
    measure("layer_norm 4096x256 forward", len, 2, &mut || {
        let y = black_box(&mut y);
        norm::layer_norm_forward(&x, Some(&weight), Some(&bias), 1e-5, y, &mut mean, &mut rstd, row_len);
    });
    measure("layer_norm 4096x256 backward", len, 3, &mut || {
        let (dx, dweight, dbias) = (Some(black_box(&mut dx[..])), Some(&mut dweight[..]), Some(&mut dbias[..]));
        norm::layer_norm_backward(&x, Some(&weight), &mean, &rstd, &g, dx, dweight, dbias, row_len);
    });

    let len = 4096 * 1024;
    let (x, g, mut y) = (numbers(len), numbers(len), numbers(len));
    let x: Vec<Elem> = x.iter().map(|x| 4.0 * x).collect();
    measure("gelu 4096x1024 forward", len, 2, &mut || elementwise::gelu(&x, black_box(&mut y)));
    measure("gelu 4096x1024 backward", len, 3, &mut || elementwise::gelu_backward(&x, &g, black_box(&mut y)));
    measure("gelu_tanh 4096x1024 forward", len, 2, &mut || elementwise::gelu_tanh(&x, black_box(&mut y)));
    measure("gelu_tanh 4096x1024 backward", len, 3, &mut || {
        elementwise::gelu_tanh_backward(&x, &g, black_box(&mut y));
    });
    measure("exp 4096x1024", len, 2, &mut || elementwise::exp(&x, black_box(&mut y)));
    measure("tanh 4096x1024", len, 2, &mut || elementwise::tanh(&x, black_box(&mut y)));
    measure("add 4096x1024", len, 3, &mut || elementwise::add(&x, &g, black_box(&mut y)));
    let (x, mut y) = (numbers(16 * 1024), numbers(16 * 1024));
    measure("exp 16x1024 (in cache)", x.len(), 2, &mut || elementwise::exp(&x, black_box(&mut y)));
    measure("gelu 16x1024 (in cache)", x.len(), 2, &mut || elementwise::gelu(&x, black_box(&mut y)));
    measure("softmax 32x512 (in cache)", x.len(), 2, &mut || softmax::forward(&x, black_box(&mut y), 512));

    let (len, classes) = (1024 * 8192, 8192);
    let (x, mut dx) = (numbers(len), numbers(len));
    let targets: Vec<i64> = (0..1024).map(|i| i * 7 % 8192).collect();
    let (mut losses, mut lse, scale) = (numbers(1024), numbers(1024), vec![1.0 / 1024.0; 1024]);
    measure("cross_entropy 1024x8192 forward", len, 1, &mut || {
        cross_entropy::forward(&x, &targets, 0.0, black_box(&mut losses), &mut lse, classes);
    });
    measure("cross_entropy 1024x8192 backward", len, 2, &mut || {
        cross_entropy::backward(&x, &targets, &scale, 0.0, &lse, black_box(&mut dx), classes);
    });

    let len = 4 << 20;
    let (mut p, g, mut m, mut v) = (numbers(len), numbers(len), vec![0.0; len], vec![0.0; len]);
    let step = AdamStep { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01, step: 1 };
    measure("adamw 4M", len, 7, &mut || optim::adamw(&mut p, &g, &mut m, black_box(&mut v), &step));
}

fn main() {
    let word = std::env::args().nth(1).unwrap_or_default();
    let seconds = std::env::args().nth(2).map_or(0.15, |text| text.parse().expect("SECONDS is a number"));
    let levels = level::available();
    products(&levels, &word, seconds);
    attention(&levels, &word, seconds);
    rows(&levels, &word, seconds);
}
