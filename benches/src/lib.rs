//! What the benches of kernels and operations share.
//!
//! | bench | measures |
//! |---|---|
//! | `kernels` | every kernel at every level of this machine, beside its plain reference; one thread |
//! | `operations` | every tensor operation of the models, forward and backward |
//!
//! `cargo bench -p jumok-benches` runs all of them, `cargo bench -p jumok-benches -- softmax` those with that word in their
//! name, and `cargo bench -p jumok-benches -- --test` runs each once to see that it works. Sizes are small; whole training
//! steps, and products at the sizes of real models, are timed by `jumok bench`. `compare` holds the comparison with PyTorch,
//! candle and burn.

use std::time::Duration;

use criterion::Criterion;
use jumok_tensor::Elem;

/// Criterion with so little time an operation that all of them are through in a few minutes.
pub fn criterion() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .configure_from_args()
}

/// Numbers in [−2, 2) that repeat after a long while and differ for each seed.
pub fn numbers(len: usize, seed: usize) -> Vec<Elem> {
    (0..len).map(|i| ((i * 7919 + seed * 104_729 + 13) % 2003) as Elem / 500.75 - 2.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_fill_their_range_and_follow_the_seed() {
        let x = numbers(10_000, 1);
        assert!(x.iter().all(|x| (-2.0..2.0).contains(x)));
        assert!(x.iter().any(|&x| x < -1.9) && x.iter().any(|&x| x > 1.9));
        assert_ne!(x, numbers(10_000, 2));
        assert_eq!(x, numbers(10_000, 1));
    }
}
