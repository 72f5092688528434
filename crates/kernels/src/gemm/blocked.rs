//! The product in blocks that fit the caches, around the tiles of [`super::tile`].
//!
//! For each block of columns of C and each block of k, the block of B is packed once (second-level cache). Then for each strip
//! of rows of A (first-level cache), all tiles of the strip are computed, with the panels of B streaming by.
#![allow(unsafe_code)] // raw pointers into matrices and packed panels

use super::instances::Tiles;
use super::tile::{RowLayout, Tile};
use super::{Matrix, Target};
use std::cell::RefCell;

/// Terms of a sum that are added in registers before the result goes to C: a strip of A and a panel of B of this length
/// share the first-level cache.
const K_BLOCK: usize = 256;
/// Numbers of a packed block of B: 384 KiB, three quarters of the smallest second-level cache of the processors in mind.
const B_BLOCK: usize = 96 * 1024;
/// Strips of A that are packed together: where A is transposed their rows lie side by side, so that each line of memory is
/// fetched once for all of them.
const STRIPS: usize = 16;
/// Terms that are packed for all of these strips before the next ones: a piece of the matrix is read from side to side.
const PACK_TERMS: usize = 8;

/// From one packed strip to the next: its terms, and room for the register that the last copy fills.
const fn strip_step<X: Tiles>(k: usize) -> usize {
    k * X::ROWS + X::LANES
}

/// A cache line, so that packed panels start at one.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[allow(dead_code)] [f32; 16]);

thread_local! {
    /// The packed parts of B and A, kept for the next product of this thread.
    static PACKED: RefCell<[Vec<Line>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

/// A pointer to at least `numbers` numbers.
fn reserve(lines: &mut Vec<Line>, numbers: usize) -> *mut f32 {
    let needed = numbers.div_ceil(16);
    if lines.len() < needed {
        lines.resize(needed, Line([0.0; 16]));
    }
    lines.as_mut_ptr().cast()
}

/// See [`gemm()`](super::gemm).
///
/// # Safety
/// As for [`product`](super::product), and the processor has the instructions of `X`.
pub(super) unsafe fn gemm<X: Tiles>(m: usize, k: usize, n: usize, a: Matrix, b: Matrix, c: Target) {
    let contiguous_rows = c.strides[1] == 1 || n == 1;
    if !contiguous_rows && (c.strides[0] == 1 || m == 1) && c.bias.is_none() {
        // Cᵀ = Bᵀ·Aᵀ has contiguous rows.
        let c = Target { strides: [c.strides[1], c.strides[0]], ..c };
        // SAFETY: the same matrices.
        return unsafe { gemm::<X>(n, k, m, b.transposed(), a.transposed(), c) };
    }
    let panel = 2 * X::LANES;
    let k_block = k.min(K_BLOCK);
    let n_block = (B_BLOCK / k_block / panel).max(1) * panel;
    PACKED.with_borrow_mut(|[packed_b, packed_a]| {
        let packed_b = reserve(packed_b, k_block * n_block.min(n.next_multiple_of(panel)) + X::LANES);
        let packed_a = reserve(packed_a, STRIPS * strip_step::<X>(k_block));
        for j in (0..n).step_by(n_block) {
            for p in (0..k).step_by(k_block) {
                let columns = n_block.min(n - j);
                let last = p + k_block >= k;
                let block = Block {
                    rows: m,
                    columns,
                    k: k_block.min(k - p),
                    a: &a.data[p * a.strides[1]..],
                    a_strides: a.strides,
                    b: &b.data[p * b.strides[0] + j * b.strides[1]..],
                    b_strides: b.strides,
                    c: Target {
                        data: c.data.wrapping_add(j * c.strides[1]),
                        // Blocks of k after the first are added to what the first has left; the bias comes last.
                        beta: if p == 0 { c.beta } else { 1.0 },
                        bias: c.bias.filter(|_| last).map(|bias| &bias[j..j + columns]),
                        ..c
                    },
                    contiguous_rows,
                };
                // SAFETY: this level was chosen because the processor has it; the block lies inside the matrices; the
                // buffers have been made large enough for one block and one strip.
                unsafe { multiply_block::<X>(block, packed_a, packed_b) };
            }
        }
    });
}

/// A block of the product: `columns` columns of C over `k` terms of their sums.
struct Block<'a> {
    rows: usize,
    columns: usize,
    k: usize,
    a: &'a [f32],
    a_strides: [usize; 2],
    b: &'a [f32],
    b_strides: [usize; 2],
    c: Target<'a>,
    contiguous_rows: bool,
}

/// Packs the block of B, then goes over the strips of rows.
///
/// # Safety
/// The processor has the instructions of `X`; the block lies inside its slices; the buffers hold a block and a strip.
unsafe fn multiply_block<X: Tiles>(block: Block, packed_a: *mut f32, packed_b: *mut f32) {
    let Block { rows, columns, k: terms, .. } = block;
    // Packed numbers, each of which holds `X::TERMS` terms.
    let k = terms.div_ceil(X::TERMS);
    let panel = 2 * X::LANES;
    // SAFETY: by the contract above; every offset is that of an element of a matrix or of a packed panel.
    unsafe {
        for j in (0..columns).step_by(panel) {
            let width = panel.min(columns - j);
            let step = width.next_multiple_of(X::LANES);
            for lane in (0..width).step_by(X::LANES) {
                let from = block.b.as_ptr().add((j + lane) * block.b_strides[1]);
                let to = packed_b.add(j * k + lane);
                let [k_step, lane_step] = block.b_strides;
                X::pack(from, [lane_step, k_step], X::LANES.min(width - lane), terms, to, step);
            }
        }

        let in_place = block.a_strides[1] == 1;
        // Strips of nearly equal height: a last strip of one row would use a twelfth of the registers.
        let strips = rows.div_ceil(X::ROWS);
        let start = |strip: usize| strip * rows / strips;
        for group in (0..strips).step_by(STRIPS) {
            let group = group..strips.min(group + STRIPS);
            let packed_strip = |strip: usize| packed_a.add((strip - group.start) * strip_step::<X>(k));
            if !in_place {
                for p in (0..terms).step_by(PACK_TERMS) {
                    for strip in group.clone() {
                        // A whole register is copied where the matrix has as many rows; a tile reads only its own.
                        let lanes = if block.a_strides[0] == 1 && start(strip) + X::LANES <= rows {
                            X::LANES
                        } else {
                            start(strip + 1) - start(strip)
                        };
                        let from = start(strip) * block.a_strides[0] + p * block.a_strides[1];
                        let to = packed_strip(strip).add(p / X::TERMS * X::ROWS);
                        let terms = PACK_TERMS.min(terms - p);
                        X::pack(block.a.as_ptr().add(from), block.a_strides, lanes, terms, to, X::ROWS);
                    }
                }
            }
            for strip in group.clone() {
                let (i, height) = (start(strip), start(strip + 1) - start(strip));
                let (a, a_row, layout) = if in_place {
                    let from = block.a.as_ptr().add(i * block.a_strides[0]);
                    let (a, a_row) = X::rows(from, block.a_strides[0], height, terms, packed_a);
                    (a, a_row, RowLayout::InPlace)
                } else {
                    (packed_strip(strip).cast_const(), 1, RowLayout::Packed)
                };
                for j in (0..columns).step_by(panel) {
                    let width = panel.min(columns - j);
                    let tile = Tile {
                        k,
                        a,
                        a_row,
                        b: packed_b.cast_const().add(j * k),
                        c: block.c.data.add(i * block.c.strides[0] + j * block.c.strides[1]),
                        c_row: block.c.strides[0],
                        columns: width,
                        alpha: block.c.alpha,
                        beta: block.c.beta,
                        bias: block.c.bias.map(|bias| bias.as_ptr().add(j)),
                    };
                    let multiply = X::tile(height, width.div_ceil(X::LANES), layout);
                    if block.contiguous_rows {
                        multiply(&tile);
                    } else {
                        scatter(tile, multiply, height, block.c.strides[1]);
                    }
                }
            }
        }
    }
}

/// Computes a tile apart and writes it to a C whose columns are `column_step` apart.
///
/// # Safety
/// As for the tile.
unsafe fn scatter(tile: Tile, multiply: unsafe fn(&Tile), rows: usize, column_step: usize) {
    const COLUMNS: usize = 32;
    let mut apart = [0.0f32; 12 * COLUMNS];
    // SAFETY: no tile is larger than 12×32; C is as the caller's tile says.
    unsafe {
        multiply(&Tile { c: apart.as_mut_ptr(), c_row: COLUMNS, alpha: 1.0, beta: 0.0, bias: None, ..tile });
        for r in 0..rows {
            for j in 0..tile.columns {
                let c = tile.c.add(r * tile.c_row + j * column_step);
                let sum = apart[r * COLUMNS + j];
                // The same roundings as in the tile.
                let sum = if tile.beta == 0.0 { tile.alpha * sum } else { sum.mul_add(tile.alpha, tile.beta * *c) };
                *c = tile.bias.map_or(sum, |bias| sum + *bias.add(j));
            }
        }
    }
}
