//! When an operation uses more than one thread.
//!
//! Training runs shards of the batch side by side, so an operation inside a shard must not start threads of its own.
//! The rule is one line: an operation called from a `rayon` worker stays on it; called from elsewhere (inference, a
//! notebook), it spreads large work over `rayon`'s threads. Work is cut into blocks of whole outputs and nothing is
//! summed across blocks, so the result has the same bits either way.

use rayon::prelude::*;

use crate::Elem;
use jumok_kernels::{MatrixPart, parts};

/// Below this many multiply-adds (or their equivalent) waking other threads costs more than it saves.
const WORTH_IT: usize = 1 << 20;
/// The same for numbers that are read once each, and so wait for memory.
const WORTH_READING: usize = 1 << 18;
/// About how many elements of rows one block takes: enough to be worth a thread, few enough to stay in its cache.
const BLOCK: usize = 1 << 12;

/// Whether `tasks` pieces of `work` multiply-adds together should run side by side.
pub(crate) fn worth_threads(work: usize, tasks: usize) -> bool {
    work >= WORTH_IT && tasks > 1 && rayon::current_thread_index().is_none()
}

/// Calls `f` for the parts of a matrix of `columns` columns, side by side if `work` multiply-adds are worth it.
///
/// A part of a product lays out for itself what it reads of the right factor, so the matrix is cut into columns: then each
/// number is laid out once. Only where there are too few columns it is cut into rows.
pub(crate) fn for_each_part(out: &mut [Elem], columns: usize, work: usize, f: impl Fn(MatrixPart<'_>) + Send + Sync) {
    if out.is_empty() {
        return;
    }
    let rows = out.len() / columns;
    if !worth_threads(work, rows.max(columns)) {
        return parts(out, columns, [rows, columns]).into_iter().for_each(f);
    }
    // A few parts a thread, so that none waits long for the last; sizes are multiples of every micro-kernel's.
    let (wanted, least_columns) = (2 * rayon::current_num_threads(), 64);
    let cut = if columns >= wanted * least_columns {
        [rows, columns.div_ceil(wanted).next_multiple_of(32)]
    } else {
        [rows.div_ceil(wanted).next_multiple_of(12), columns]
    };
    parts(out, columns, cut).into_par_iter().for_each(f);
}

/// Calls `f(start, part)` for parts of `out` from element `start` on, side by side if all of them together read so many numbers from
/// memory that it is worth it.
pub(crate) fn for_each_part_of_vector(out: &mut [Elem], reads: usize, f: impl Fn(usize, &mut [Elem]) + Send + Sync) {
    const LEAST: usize = 64;
    if reads < WORTH_READING || rayon::current_thread_index().is_some() {
        return f(0, out);
    }
    // Several parts a thread, so that none waits long for one that was interrupted.
    let len = out.len().div_ceil(4 * rayon::current_num_threads()).max(LEAST);
    out.par_chunks_mut(len).enumerate().for_each(|(n, part)| f(n * len, part));
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
    for_each_of(&mut blocks, work, run);
}

/// Calls `f(n, piece)` for every piece, side by side if `work` multiply-adds, all pieces together, are worth it.
pub(crate) fn for_each_of<T: Send>(pieces: &mut [T], work: usize, f: impl Fn(usize, &mut T) + Send + Sync) {
    if worth_threads(work, pieces.len()) {
        pieces.par_iter_mut().enumerate().for_each(|(n, piece)| f(n, piece));
    } else {
        pieces.iter_mut().enumerate().for_each(|(n, piece)| f(n, piece));
    }
}
