//! The product of every level against the reference, over one table of shapes and layouts.
#![cfg_attr(feature = "f64", allow(clippy::unnecessary_cast))]

mod common;

use common::{Numbers, assert_close, every_level};
use jumok_kernels::level::{self, Level};
use jumok_kernels::{Elem, Precision, bf16_available, gemm, gemm_bf16, parts, reference};

/// [m, k, n]
const SHAPES: [[usize; 3]; 27] = [
    [0, 3, 4],
    [3, 0, 4],
    [3, 4, 0],
    [1, 1, 1],
    [1, 7, 1],
    [1, 300, 33],
    [5, 3, 1],
    [2, 2, 2],
    [7, 5, 3],
    [12, 16, 32],
    [13, 17, 33],
    [11, 31, 31],
    [24, 64, 96],
    [25, 65, 97],
    [3, 700, 5],
    [128, 64, 128],
    [127, 63, 129],
    [50, 513, 47],
    [1, 64, 1000],
    [1000, 64, 1],
    [1000, 9, 2],
    [200, 1, 200],
    [65, 1025, 15],
    [6, 600, 16],
    [40, 260, 1100],
    [530, 20, 40],
    [4, 2, 2100],
];

/// How a matrix lies in its slice.
#[derive(Clone, Copy, Debug)]
enum Layout {
    Rows,
    Transposed,
    PaddedRows,
    PaddedTransposed,
    /// Neither axis is contiguous.
    Spread,
    /// One row, read again and again.
    RepeatedRow,
    /// One number a row.
    RepeatedColumn,
}

use Layout::*;

impl Layout {
    fn strides(self, [rows, columns]: [usize; 2]) -> [usize; 2] {
        match self {
            Rows => [columns, 1],
            Transposed => [1, rows],
            PaddedRows => [columns + 5, 1],
            PaddedTransposed => [1, rows + 3],
            Spread => [3 * columns + 1, 3],
            RepeatedRow => [0, 1],
            RepeatedColumn => [1, 0],
        }
    }
}

/// The shortest slice that holds the matrix.
fn slice_len([rows, columns]: [usize; 2], strides: [usize; 2]) -> usize {
    if rows == 0 || columns == 0 { 0 } else { (rows - 1) * strides[0] + (columns - 1) * strides[1] + 1 }
}

#[test]
fn every_layout_of_every_shape_is_exact_on_whole_numbers() {
    let layouts = [
        (Rows, Rows, Rows),
        (Rows, Transposed, Rows),
        (Transposed, Rows, Rows),
        (Transposed, Transposed, PaddedRows),
        (PaddedRows, PaddedTransposed, PaddedRows),
        (PaddedTransposed, PaddedRows, Transposed),
        (Spread, Rows, PaddedTransposed),
        (Rows, Spread, Spread),
        (RepeatedRow, Rows, Rows),
        (RepeatedColumn, RepeatedColumn, Rows),
        (Rows, RepeatedRow, Transposed),
    ];
    every_level(|level| {
        let mut numbers = Numbers(1);
        for [m, k, n] in SHAPES {
            for (of_a, of_b, of_c) in layouts {
                for (alpha, beta) in [(1.0, 0.0), (1.0, 1.0), (-0.5, 2.0)] {
                    let (a_strides, b_strides, c_strides) =
                        (of_a.strides([m, k]), of_b.strides([k, n]), of_c.strides([m, n]));
                    let a = numbers.whole(slice_len([m, k], a_strides));
                    let b = numbers.whole(slice_len([k, n], b_strides));
                    let start = numbers.whole(slice_len([m, n], c_strides));
                    let (mut c, mut expected) = (start.clone(), start.clone());
                    gemm(m, k, n, alpha, &a, a_strides, &b, b_strides, beta, &mut c, c_strides);
                    reference::gemm(m, k, n, alpha, &a, a_strides, &b, b_strides, beta, &mut expected, c_strides);
                    // Whole numbers this small make every sum exact, and padding of C must stay as it was.
                    let what = format!("{m}x{k}x{n} {of_a:?} {of_b:?} {of_c:?} alpha {alpha} beta {beta}");
                    assert_eq!(c, expected, "{level} {what}");
                    if bf16_available() {
                        let mut c = start;
                        gemm_bf16(m, k, n, alpha, &a, a_strides, &b, b_strides, beta, &mut c, c_strides);
                        assert_eq!(c, expected, "bf16 {what}");
                    }
                }
            }
        }
    });
}

#[test]
fn real_numbers_are_close_to_an_f64_product() {
    every_level(|level| {
        let mut numbers = Numbers(2);
        for [m, k, n] in SHAPES {
            let (a, b) = (numbers.vec(m * k), numbers.vec(k * n));
            let (mut c, mut exact) = (vec![0.0; m * n], vec![0.0; m * n]);
            gemm(m, k, n, 1.0, &a, [k, 1], &b, [n, 1], 0.0, &mut c, [n, 1]);
            for (i, exact) in exact.iter_mut().enumerate() {
                let (row, column) = (i / n, i % n);
                *exact = (0..k).map(|p| a[row * k + p] as f64 * b[p * n + column] as f64).sum::<f64>() as Elem;
            }
            assert_close(&format!("{level} {m}x{k}x{n}"), &c, &exact, 1e-5, 2e-6 * (k as f64).sqrt() + 1e-7 * k as f64);
        }
    });
}

#[test]
fn beta_zero_overwrites_whatever_was_there() {
    every_level(|level| {
        for [m, k, n] in SHAPES {
            let mut c = vec![Elem::NAN; m * n];
            gemm(m, k, n, 1.0, &vec![1.0; m * k], [k, 1], &vec![2.0; k * n], [n, 1], 0.0, &mut c, [n, 1]);
            assert!(c.iter().all(|&c| c == 2.0 * k as Elem), "{level} {m}x{k}x{n}");
        }
    });
}

#[test]
fn nan_in_a_factor_reaches_exactly_its_row_or_column() {
    every_level(|level| {
        let (m, k, n) = (30, 20, 50);
        let (mut a, mut b) = (vec![1.0; m * k], vec![1.0; k * n]);
        a[13 * k + 5] = Elem::NAN;
        b[7 * n + 41] = Elem::NAN;
        let mut c = vec![0.0; m * n];
        gemm(m, k, n, 1.0, &a, [k, 1], &b, [n, 1], 0.0, &mut c, [n, 1]);
        for (i, c) in c.iter().enumerate() {
            assert_eq!(c.is_nan(), i / n == 13 || i % n == 41, "{level} element {i}");
        }
    });
}

#[test]
fn rows_of_c_do_not_depend_on_how_they_are_split() {
    every_level(|level| {
        let mut numbers = Numbers(3);
        for (m, k, n, transposed) in
            [(50, 700, 70, false), (50, 700, 70, true), (40, 64, 9, false), (64, 300, 1, false), (97, 513, 257, true)]
        {
            let (a, b) = (numbers.vec(m * k), numbers.vec(k * n));
            let a_strides = if transposed { [1, m] } else { [k, 1] };
            let b_strides = if transposed { [1, k] } else { [n, 1] };
            let start = numbers.vec(m * n);
            let mut whole = start.clone();
            gemm(m, k, n, 0.7, &a, a_strides, &b, b_strides, 0.9, &mut whole, [n, 1]);
            for rows in [1, 5, 13, 32] {
                let mut parts = start.clone();
                for (i, part) in parts.chunks_mut(rows * n).enumerate() {
                    let a = &a[i * rows * a_strides[0]..];
                    gemm(part.len() / n, k, n, 0.7, a, a_strides, &b, b_strides, 0.9, part, [n, 1]);
                }
                assert!(parts == whole, "{level} {m}x{k}x{n} in parts of {rows} rows");
            }
        }
    });
}

#[test]
fn parts_of_a_result_are_the_whole_one_bit_for_bit() {
    every_level(|level| {
        let mut numbers = Numbers(5);
        for [m, k, n] in SHAPES {
            if n == 0 {
                continue;
            }
            let (a, b, bias, start) = (numbers.vec(m * k), numbers.vec(k * n), numbers.vec(n), numbers.vec(m * n));
            for (a_strides, b_strides) in [([k, 1], [1, k]), ([1, m], [n, 1])] {
                for (beta, bias) in [(0.0, None), (0.0, Some(&bias[..])), (1.0, Some(&bias[..]))] {
                    let mut whole = start.clone();
                    gemm(m, k, n, 1.0, &a, a_strides, &b, b_strides, beta, &mut whole, [n, 1]);
                    for (i, c) in whole.iter_mut().enumerate() {
                        *c += bias.map_or(0.0, |bias| bias[i % n]);
                    }
                    for cut in [[m.max(1), n], [7, n], [m.max(1), 32], [5, 19]] {
                        let mut c = start.clone();
                        for mut part in parts(&mut c, n, cut) {
                            part.product(Precision::F32, k, &a, a_strides, &b, b_strides, beta, bias);
                        }
                        assert!(c == whole, "{level} {m}x{k}x{n} in parts of {cut:?}, beta {beta}, {a_strides:?}");
                    }
                }
            }
        }
    });
}

#[test]
fn parts_cover_a_matrix_and_name_what_does_not_fit() {
    let mut c = vec![0.0; 7 * 10];
    let mut seen = vec![0; 7 * 10];
    for part in parts(&mut c, 10, [3, 4]) {
        part.rows().for_each(|i| part.columns().for_each(|j| seen[i * 10 + j] += 1));
    }
    assert!(seen.iter().all(|&times| times == 1));
    let result = std::panic::catch_unwind(|| parts(&mut [0.0; 7], 3, [1, 1]).len());
    let text = result.expect_err("7 numbers are no rows of 3").downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(text.contains("7 numbers are no rows of 3 columns"), "{text}");
    let result = std::panic::catch_unwind(|| {
        let mut c = [0.0; 4];
        parts(&mut c, 2, [2, 2])[0].product(Precision::F32, 3, &[0.0; 6], [3, 1], &[0.0; 5], [2, 1], 0.0, None);
    });
    let text = result.expect_err("B is too short").downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(text.contains("B of shape [3, 2]"), "{text}");
}

#[test]
fn bf16_rounds_the_factors_and_sums_in_f32() {
    if !bf16_available() {
        return;
    }
    let mut numbers = Numbers(4);
    for [m, k, n] in SHAPES {
        let (a, b) = (numbers.vec(m * k), numbers.vec(k * n));
        for (a_strides, b_strides) in [([k, 1], [n, 1]), ([1, m], [1, k])] {
            let (mut c, mut expected) = (vec![0.0; m * n], vec![0.0; m * n]);
            gemm_bf16(m, k, n, 1.0, &a, a_strides, &b, b_strides, 0.0, &mut c, [n, 1]);
            reference::gemm_bf16(m, k, n, 1.0, &a, a_strides, &b, b_strides, 0.0, &mut expected, [n, 1]);
            let sums = 2e-6 * (k as f64).sqrt() + 1e-6 * k as f64;
            assert_close(&format!("bf16 {m}x{k}x{n}"), &c, &expected, 1e-5, sums);
            // Rows one by one, bit for bit.
            for (i, row) in c.chunks(n.max(1)).enumerate() {
                let mut alone = vec![0.0; n];
                let a = a.get(i * a_strides[0]..).unwrap_or(&[]);
                gemm_bf16(1, k, n, 1.0, a, a_strides, &b, b_strides, 0.0, &mut alone, [n, 1]);
                assert_eq!(row, alone, "bf16 row {i} of {m}x{k}x{n}");
            }
        }
    }
}

#[test]
#[should_panic(expected = "gemm_bf16: this processor, or the kernel level portable, has no bf16")]
fn bf16_is_refused_where_it_is_not_available() {
    level::with_level(Level::Portable, || {
        gemm_bf16(1, 1, 1, 1.0, &[1.0], [1, 1], &[1.0], [1, 1], 0.0, &mut [0.0], [1, 1]);
    });
}

#[test]
fn a_matrix_beyond_its_slice_is_named() {
    let message = |f: fn()| {
        let payload = std::panic::catch_unwind(f).expect_err("this must panic");
        payload.downcast_ref::<String>().cloned().unwrap_or_default()
    };
    let text = message(|| gemm(2, 3, 4, 1.0, &[0.0; 5], [3, 1], &[0.0; 12], [4, 1], 0.0, &mut [0.0; 8], [4, 1]));
    assert!(text.contains("A of shape [2, 3] with strides [3, 1] reaches beyond its slice of 5"), "{text}");
    let text =
        message(|| gemm(2, 3, 4, 1.0, &[0.0; 6], [3, 1], &[0.0; 12], [usize::MAX, 1], 0.0, &mut [0.0; 8], [4, 1]));
    assert!(text.contains("B of shape [3, 4]"), "{text}");
    let text = message(|| gemm(2, 3, 4, 1.0, &[0.0; 6], [3, 1], &[0.0; 12], [4, 1], 0.0, &mut [0.0; 8], [3, 1]));
    assert!(text.contains("elements of C overlap"), "{text}");
    let text = message(|| gemm(2, 3, 4, 1.0, &[0.0; 6], [3, 1], &[0.0; 12], [4, 1], 0.0, &mut [0.0; 8], [0, 1]));
    assert!(text.contains("elements of C overlap"), "{text}");
}
