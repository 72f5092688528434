//! What the processor and its memory can do at most, on one thread and on all.

use std::sync::Barrier;

use jumok_kernels::limits;
use jumok_lecture::calculator::Machine;

use super::report::{Measurement, rounded};

/// Far beyond the last cache.
const BYTES: usize = 256 << 20;

/// `seconds` a figure: multiply-adds between registers only, bytes read, bytes copied.
pub(super) fn measure(seconds: f64, out: &mut dyn FnMut(Measurement)) {
    let all = rayon::current_num_threads();
    for threads in [1, all].into_iter().take(if all == 1 { 1 } else { 2 }) {
        let gflops = together(threads, || limits::fma_gflops(seconds));
        out(Measurement {
            threads,
            gflops: Some(rounded(gflops, 1)),
            fma_peak_gflops: Some(rounded(gflops / threads as f64, 1)),
            read_gb_per_s: Some(rounded(together(threads, || limits::read_gb_per_s(BYTES, seconds)), 1)),
            copy_gb_per_s: Some(rounded(together(threads, || limits::copy_gb_per_s(BYTES / 2, seconds)), 1)),
            ..Measurement::new("limits")
        });
    }
}

/// 10⁹ bytes a second that all threads together read from memory.
pub(super) fn read_gb_per_s(seconds: f64) -> f64 {
    together(rayon::current_num_threads(), || limits::read_gb_per_s(BYTES, seconds))
}

/// What all threads of this machine can do at most together, each figure measured for `seconds`.
pub(in crate::commands) fn of_this_machine(seconds: f64) -> Machine {
    let threads = rayon::current_num_threads();
    Machine {
        gflops: together(threads, || limits::fma_gflops(seconds)),
        gb_per_s: together(threads, || limits::read_gb_per_s(BYTES, seconds)),
    }
}

/// The sum of what `threads` threads reach that start at the same moment.
fn together(threads: usize, rate: impl Fn() -> f64 + Sync) -> f64 {
    let start = Barrier::new(threads);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    rate()
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().expect("a loop of sums does not panic")).sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_threads_add_up() {
        assert_eq!(together(1, || 2.5), 2.5);
        assert_eq!(together(3, || 2.5), 7.5);
    }
}
