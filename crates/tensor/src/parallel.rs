//! When an operation uses more than one thread.
//!
//! Training runs shards of the batch side by side, so an operation inside a shard must not start threads of its own.
//! The rule is one line: an operation called from a `rayon` worker stays on it; called from elsewhere (inference, a
//! notebook), it spreads large work over `rayon`'s threads. Work is cut into blocks of whole outputs and nothing is
//! summed across blocks, so the result has the same bits either way.

use rayon::prelude::*;

use crate::Elem;

/// Below this many multiply-adds (or their equivalent) waking other threads costs more than it saves.
const WORTH_IT: usize = 1 << 20;
/// About how many elements of rows one block takes: enough to be worth a thread, few enough to stay in its cache.
const BLOCK: usize = 1 << 12;

/// Whether `tasks` pieces of `work` multiply-adds together should run side by side.
pub(crate) fn worth_threads(work: usize, tasks: usize) -> bool {
    work >= WORTH_IT && tasks > 1 && rayon::current_thread_index().is_none()
}

/// How many rows of a product one block takes: all of them on one thread, since each block lays the other factor out anew;
/// a few blocks a thread where threads are worth it, so that none waits long for the last.
pub(crate) fn rows_of_product(rows: usize, work: usize) -> usize {
    if worth_threads(work, rows) {
        // A multiple of every micro-kernel's rows.
        rows.div_ceil(3 * rayon::current_num_threads()).next_multiple_of(48)
    } else {
        rows
    }
}

/// Calls `f(n, block)` for every block of `block_len` elements of `out` (the last may be shorter), side by side if `work`
/// (in multiply-adds, all blocks together) is worth it.
pub(crate) fn for_each_block(
    out: &mut [Elem],
    block_len: usize,
    work: usize,
    f: impl Fn(usize, &mut [Elem]) + Send + Sync,
) {
    if block_len == 0 {
        return;
    }
    if worth_threads(work, out.len().div_ceil(block_len)) {
        out.par_chunks_mut(block_len).enumerate().for_each(|(n, block)| f(n, block));
    } else {
        out.chunks_mut(block_len).enumerate().for_each(|(n, block)| f(n, block));
    }
}

/// As [`for_each_block`] over rows, where each row also has one element in every slice of `sides` (its mean, its sum):
/// `f(start, block, sides)` gets some rows of `out` from element `start` on, and the elements of `sides` for those rows.
pub(crate) fn for_each_block_of_rows<const N: usize>(
    out: &mut [Elem],
    row_len: usize,
    sides: [&mut [Elem]; N],
    work: usize,
    f: impl Fn(usize, &mut [Elem], [&mut [Elem]; N]) + Send + Sync,
) {
    if out.is_empty() {
        return;
    }
    let rows = (BLOCK / row_len).max(1);
    let mut sides = sides.map(|side| side.chunks_mut(rows));
    let mut blocks: Vec<_> = out
        .chunks_mut(rows * row_len)
        .map(|block| (block, sides.each_mut().map(|side| side.next().expect("one element a row"))))
        .collect();
    let run = |n: usize, (block, sides): &mut (&mut [Elem], [&mut [Elem]; N])| {
        f(n * rows * row_len, block, sides.each_mut().map(|side| &mut **side));
    };
    if worth_threads(work, blocks.len()) {
        blocks.par_iter_mut().enumerate().for_each(|(n, block)| run(n, block));
    } else {
        blocks.iter_mut().enumerate().for_each(|(n, block)| run(n, block));
    }
}
