//! Random numbers that depend on what they are for, not on when they are drawn.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// The generator of one decision: its key *is* its parts, such as (seed, step), so no step depends on an earlier one.
pub(crate) fn keyed_rng<const N: usize>(parts: [u64; N]) -> ChaCha8Rng {
    const { assert!(N <= 4, "a key has room for four parts") };
    let mut key = [0u8; 32];
    for (bytes, part) in key.chunks_exact_mut(8).zip(parts) {
        bytes.copy_from_slice(&part.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}
