//! What this machine can do at most: the yardsticks of every measurement.

use crate::level::{self, Level};
#[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
use crate::simd::{self, Simd};
use crate::{Elem, reduce};
use std::hint::black_box;
use std::time::Instant;

/// Independent chains of sums: enough to hide the latency of a multiply-add.
const CHAINS: usize = 12;

/// Multiply-adds of each chain in one measured run.
const ROUNDS: usize = 20_000;

/// Runs every chain and gives the operations done. The chains converge, so no number ever leaves the range where the
/// processor is fast.
///
/// # Safety
/// The processor has the instructions of `X`.
#[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn chains<X: Simd>() -> f64 {
    // SAFETY: by the contract above.
    unsafe {
        let (a, b) = (X::splat(black_box(0.5)), X::splat(black_box(0.25)));
        let mut sums = [X::splat(black_box(0.75)); CHAINS];
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = sum.mul_add(a, b);
            }
        }
        let mut last = [0.0; 16];
        for sum in sums {
            sum.store(last.as_mut_ptr());
            black_box(&last);
        }
    }
    (2 * X::LANES * CHAINS * ROUNDS) as f64
}

#[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
#[allow(unsafe_code)]
fn chains_avx512() -> f64 {
    // SAFETY: this function is for processors with these instructions.
    unsafe { chains::<simd::avx512::Vector>() }
}

#[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
#[target_feature(enable = "avx2,fma")]
#[allow(unsafe_code)]
fn chains_avx2() -> f64 {
    // SAFETY: this function is for processors with these instructions.
    unsafe { chains::<simd::avx2::Vector>() }
}

/// A product and a sum with registers of four numbers, which every processor of the common targets has.
fn chains_portable() -> f64 {
    let (a, b) = (black_box(0.5 as Elem), black_box(0.25 as Elem));
    let mut sums = [[black_box(0.75 as Elem); 4]; CHAINS];
    for _ in 0..ROUNDS {
        for sum in &mut sums {
            *sum = sum.map(|sum| sum * a + b);
        }
    }
    black_box(sums);
    (2 * 4 * CHAINS * ROUNDS) as f64
}

/// The most floating-point operations a second of the current level, in 10⁹, on the calling thread: multiply-adds (two
/// operations each) between registers only, the best of runs over `seconds`.
pub fn fma_gflops(seconds: f64) -> f64 {
    let run = match level::current() {
        #[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
        // SAFETY: `current` returns only levels that the processor has.
        #[allow(unsafe_code)]
        Level::Avx512 => || unsafe { chains_avx512() },
        #[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
        // SAFETY: as above.
        #[allow(unsafe_code)]
        Level::Avx2 => || unsafe { chains_avx2() },
        #[cfg(not(all(target_arch = "x86_64", not(feature = "f64"))))]
        Level::Avx2 | Level::Avx512 => chains_portable,
        Level::Portable => chains_portable,
    };
    best(seconds, run) / 1e9
}

/// The most bytes a second read from a slice of `bytes`, in 10⁹, on the calling thread. With `bytes` far beyond the last
/// cache this is the memory's bandwidth.
pub fn read_gb_per_s(bytes: usize, seconds: f64) -> f64 {
    let x = vec![1.0; bytes / size_of::<Elem>()];
    best(seconds, || {
        black_box(reduce::sum(black_box(&x)));
        size_of_val(&x[..]) as f64
    }) / 1e9
}

/// The most bytes a second, read and written counted both, in 10⁹, while a slice of `bytes` is copied on the calling thread.
pub fn copy_gb_per_s(bytes: usize, seconds: f64) -> f64 {
    let x = vec![1.0 as Elem; bytes / size_of::<Elem>()];
    let mut y = vec![0.0; x.len()];
    best(seconds, || {
        y.copy_from_slice(black_box(&x));
        black_box(&mut y);
        2.0 * size_of_val(&x[..]) as f64
    }) / 1e9
}

/// The best of work per second over runs that take `seconds` in all; at least two runs.
fn best(seconds: f64, mut run: impl FnMut() -> f64) -> f64 {
    let start = Instant::now();
    let mut best = 0.0f64;
    let mut runs = 0;
    while runs < 2 || start.elapsed().as_secs_f64() < seconds {
        let before = Instant::now();
        let work = run();
        best = best.max(work / before.elapsed().as_secs_f64());
        runs += 1;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_has_a_peak_and_memory_a_bandwidth() {
        for level in level::available() {
            let peak = level::with_level(level, || fma_gflops(0.01));
            assert!((0.1..10_000.0).contains(&peak), "{level}: {peak} GFLOP/s");
        }
        for rate in [read_gb_per_s(1 << 20, 0.01), copy_gb_per_s(1 << 20, 0.01)] {
            assert!((0.1..10_000.0).contains(&rate), "{rate} GB/s");
        }
    }
}
