//! Random numbers that depend on what they are for, not on when they are drawn.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// The generator of one decision: its 256-bit key *is* its parts, such as (seed, step, shard); parts that are not given are 0.
///
/// Different parts give independent sequences, and nothing is drawn from a shared stream: neither the number of threads nor a
/// restart in the middle changes a number.
pub fn keyed_rng<const N: usize>(parts: [u64; N]) -> ChaCha8Rng {
    const { assert!(N <= 4, "a key has room for four parts") };
    let mut key = [0; 32];
    for (bytes, part) in key.chunks_exact_mut(8).zip(parts) {
        bytes.copy_from_slice(&part.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn the_key_is_the_parts() {
        let mut key = [0; 32];
        (key[0], key[8], key[16]) = (5, 6, 7);
        assert_eq!(keyed_rng([5, 6, 7]).next_u64(), ChaCha8Rng::from_seed(key).next_u64());
        assert_eq!(keyed_rng([5, 6]).next_u64(), keyed_rng([5, 6, 0, 0]).next_u64());
        assert_ne!(keyed_rng([5, 6]).next_u64(), keyed_rng([6, 5]).next_u64());
    }
}
