//! Random numbers that depend on what they are for, not on when they are drawn.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// What a random number is for. Two purposes never share a stream.
#[derive(Clone, Copy)]
#[repr(u64)]
pub(crate) enum Purpose {
    HeldOut = 1,
    Story = 2,
    Shuffle = 3,
    Pair = 4,
    Masking = 5,
    Task = 6,
    Bucket = 7,
    Window = 8,
    Finetuning = 9,
}

/// The generator of one decision: its 256-bit key *is* (seed, purpose, epoch, index).
///
/// Nothing is drawn from a shared stream, so neither the order in which examples are made, nor the number of threads, nor a
/// restart in the middle changes a number.
pub(crate) fn keyed_rng(seed: u64, purpose: Purpose, epoch: u64, index: u64) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    for (bytes, part) in key.chunks_exact_mut(8).zip([seed, purpose as u64, epoch, index]) {
        bytes.copy_from_slice(&part.to_le_bytes());
    }
    ChaCha8Rng::from_seed(key)
}
