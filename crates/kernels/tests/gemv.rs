//! The product with one vector at every level against the reference, over one table of shapes.
#![cfg_attr(feature = "f64", allow(clippy::unnecessary_cast))]

mod common;

use common::{LENGTHS, Numbers, assert_close, every_level};
use jumok_kernels::level::{self, Level};
use jumok_kernels::{gemv, reduce, reference};

/// Rows around those that are summed side by side.
const ROWS: [usize; 8] = [0, 1, 3, 4, 5, 8, 31, 130];

#[test]
fn every_shape_agrees_with_the_reference() {
    every_level(|level| {
        let mut numbers = Numbers(3);
        for (rows, columns) in ROWS.iter().flat_map(|&rows| LENGTHS.map(|columns| (rows, columns))) {
            let (w, x, bias) = (numbers.whole(rows * columns), numbers.whole(columns), numbers.whole(rows));
            for bias in [None, Some(&bias[..])] {
                let (mut y, mut expected) = (vec![7.0; rows], vec![8.0; rows]);
                gemv(&w, &x, bias, &mut y);
                reference::gemv(&w, &x, bias, &mut expected);
                assert_eq!(y, expected, "{level} {rows}x{columns}");
            }
            let (w, x) = (numbers.vec(rows * columns), numbers.vec(columns));
            let (mut y, mut expected) = (vec![7.0; rows], vec![8.0; rows]);
            gemv(&w, &x, None, &mut y);
            reference::gemv(&w, &x, None, &mut expected);
            let absolute = 2e-6 * (columns as f64).sqrt() + 1e-7 * columns as f64;
            assert_close(&format!("{level} {rows}x{columns}"), &y, &expected, 1e-5, absolute);
        }
    });
}

#[test]
fn a_row_has_the_same_bits_however_the_rows_are_cut() {
    every_level(|level| {
        let (rows, columns) = (23, 517);
        let mut numbers = Numbers(5);
        let (w, x) = (numbers.vec(rows * columns), numbers.vec(columns));
        let mut whole = vec![0.0; rows];
        gemv(&w, &x, None, &mut whole);
        for cut in 1..rows {
            let mut parts = vec![0.0; rows];
            for (n, y) in parts.chunks_mut(cut).enumerate() {
                gemv(&w[n * cut * columns..][..y.len() * columns], &x, None, y);
            }
            assert_eq!(parts, whole, "{level}, parts of {cut}");
        }
        for (o, y) in whole.iter().enumerate() {
            let dot = reduce::dot(&w[o * columns..][..columns], &x);
            assert!((y - dot).abs() < 1e-4, "{level}: {y} {dot}");
        }
    });
}

#[test]
#[should_panic(expected = "gemv (the matrix)")]
fn the_matrix_must_fit() {
    level::with_level(Level::Portable, || gemv(&[0.0; 5], &[0.0; 3], None, &mut [0.0; 2]));
}
