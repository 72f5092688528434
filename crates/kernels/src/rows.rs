//! What the kernels over rows share: checking lengths, and sums and maxima over one row in a fixed order.

use crate::Elem;
use crate::dispatch::MulAdd;

/// Independent partial results of a sum. Fixed, whatever the level, so that the order of summation is too: 32 numbers are
/// two AVX-512 registers, four of AVX2, eight of SSE2.
pub(crate) const LANES: usize = 32;

/// Panics unless every slice is as long as the first.
#[track_caller]
#[inline(always)]
pub(crate) fn same_length<const N: usize>(operation: &str, expected: usize, others: [usize; N]) {
    assert!(
        others.iter().all(|&length| length == expected),
        "{operation}: slices of {expected} and {others:?} numbers; all must be equally long"
    );
}

/// How many rows of `row_len` numbers `len` numbers are; 0 if `row_len` is 0.
#[track_caller]
#[inline(always)]
pub(crate) fn count(operation: &str, len: usize, row_len: usize) -> usize {
    if row_len == 0 {
        assert!(len == 0, "{operation}: {len} numbers cannot be rows of length 0");
        return 0;
    }
    assert!(len.is_multiple_of(row_len), "{operation}: {len} numbers are no whole number of rows of length {row_len}");
    len / row_len
}

/// Panics unless `len` numbers are `rows` rows of `row_len`.
#[track_caller]
#[inline(always)]
pub(crate) fn exactly(operation: &str, len: usize, rows: usize, row_len: usize) {
    assert!(len == rows * row_len, "{operation}: {len} numbers where {rows} rows of {row_len} are needed");
}

/// The lanes added in a fixed tree.
#[inline(always)]
pub(crate) fn join(mut lanes: [Elem; LANES]) -> Elem {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// Σ x over one row (or a block of a long slice).
#[inline(always)]
pub(crate) fn sum(x: &[Elem]) -> Elem {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for i in 0..LANES {
            lanes[i] += chunk[i];
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane += x;
    }
    join(lanes)
}

/// Σ (x − centre)² over one row.
#[inline(always)]
pub(crate) fn sum_of_squares<F: MulAdd>(x: &[Elem], centre: Elem) -> Elem {
    let mut lanes = [0.0; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for i in 0..LANES {
            let d = chunk[i] - centre;
            lanes[i] = F::mul_add(d, d, lanes[i]);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        let d = x - centre;
        *lane = F::mul_add(d, d, *lane);
    }
    join(lanes)
}

/// Σ a·b over one row.
#[inline(always)]
pub(crate) fn dot<F: MulAdd>(a: &[Elem], b: &[Elem]) -> Elem {
    let mut lanes = [0.0; LANES];
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for i in 0..LANES {
            lanes[i] = F::mul_add(a[i], b[i], lanes[i]);
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane = F::mul_add(*a, *b, *lane);
    }
    join(lanes)
}

/// The largest number of one row, −∞ if there is none; NaNs are passed over.
#[inline(always)]
pub(crate) fn max_ignoring_nan(x: &[Elem]) -> Elem {
    let mut lanes = [Elem::NEG_INFINITY; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for i in 0..LANES {
            lanes[i] = if chunk[i] > lanes[i] { chunk[i] } else { lanes[i] };
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = if x > *lane { x } else { *lane };
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = if lanes[i + width] > lanes[i] { lanes[i + width] } else { lanes[i] };
        }
        width /= 2;
    }
    lanes[0]
}

/// y = e^(x − shift), and Σ y.
#[inline(always)]
pub(crate) fn exp_and_sum<F: MulAdd>(x: &[Elem], shift: Elem, y: &mut [Elem]) -> Elem {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = crate::math::exp_with::<F>(x - shift);
    }
    sum(y)
}

/// Σ e^(x − shift), by way of a block at a time that stays in the first-level cache.
#[inline(always)]
pub(crate) fn sum_of_exp<F: MulAdd>(x: &[Elem], shift: Elem) -> Elem {
    const BLOCK: usize = 512;
    let mut block = [0.0; BLOCK];
    let mut total = 0.0;
    for x in x.chunks(BLOCK) {
        total += exp_and_sum::<F>(x, shift, &mut block[..x.len()]);
    }
    total
}

/// Σ a·(b − centre) over one row.
#[inline(always)]
pub(crate) fn dot_centred<F: MulAdd>(a: &[Elem], b: &[Elem], centre: Elem) -> Elem {
    let mut lanes = [0.0; LANES];
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for i in 0..LANES {
            lanes[i] = F::mul_add(a[i], b[i] - centre, lanes[i]);
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane = F::mul_add(*a, *b - centre, *lane);
    }
    join(lanes)
}
