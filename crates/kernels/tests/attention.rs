//! Attention by tiles against attention with its whole matrix of scores.
#![cfg_attr(feature = "f64", allow(clippy::unnecessary_cast))]

mod common;

use common::{Numbers, assert_close, every_level};
use jumok_kernels::attention::{self, Head, Rows, RowsMut};
use jumok_kernels::{Elem, reference};

/// [query_len, key_len, d_k, d_v]
const SIZES: [[usize; 4]; 10] = [
    [1, 1, 1, 1],
    [3, 5, 4, 2],
    [64, 128, 16, 16],
    [65, 129, 8, 12],
    [128, 128, 64, 64],
    [200, 300, 5, 7],
    [1, 300, 16, 16],
    [300, 2, 3, 3],
    [0, 4, 2, 2],
    [4, 0, 2, 2],
];

/// Results of one head: out, log Σ exp, dq, dk, dv.
type Results = [Vec<Elem>; 5];

/// Runs forward and backward of the head, with the rows `extra` numbers further apart than they are long, and gives back
/// the results with those numbers left out.
fn run(head: &Head, extra: usize, plain: bool) -> Results {
    let mut numbers = Numbers(11);
    let mut spread = |rows: usize, columns: usize| {
        let dense: Vec<Elem> = (0..rows * columns).map(|_| numbers.uniform(-2.0, 2.0)).collect();
        let mut data = vec![Elem::NAN; rows * (columns + extra)];
        for i in 0..rows {
            data[i * (columns + extra)..][..columns].copy_from_slice(&dense[i * columns..][..columns]);
        }
        data
    };
    let (queries, keys, d_k, d_v) = (head.query_len, head.key_len, head.d_k, head.d_v);
    let (q, k, v, g) = (spread(queries, d_k), spread(keys, d_k), spread(keys, d_v), spread(queries, d_v));
    let rows = |data, columns| Rows { data, stride: columns + extra };
    let (q, k, v, g) = (rows(&q, d_k), rows(&k, d_k), rows(&v, d_v), rows(&g, d_v));
    let (mut out, mut lse) = (vec![7.0; queries * (d_v + extra)], vec![7.0; queries]);
    let (mut dq, mut dk, mut dv) =
        (vec![7.0; queries * (d_k + extra)], vec![7.0; keys * (d_k + extra)], vec![7.0; keys * (d_v + extra)]);
    fn written(data: &mut [Elem], stride: usize) -> RowsMut<'_> {
        RowsMut { data, stride }
    }
    let forward = if plain { reference::attention::forward } else { attention::forward };
    forward(head, q, k, v, written(&mut out, d_v + extra), &mut lse);
    let backward = if plain { reference::attention::backward } else { attention::backward };
    backward(
        head,
        q,
        k,
        v,
        rows(&out, d_v),
        &lse,
        g,
        written(&mut dq, d_k + extra),
        written(&mut dk, d_k + extra),
        written(&mut dv, d_v + extra),
    );
    let dense = |data: Vec<Elem>, columns: usize| -> Vec<Elem> {
        let rows = data.chunks(columns + extra);
        rows.flat_map(|row| {
            assert!(row[columns..].iter().all(|&x| x == 7.0), "numbers between the rows were touched");
            row[..columns].to_vec()
        })
        .collect()
    };
    [dense(out, d_v), lse, dense(dq, d_k), dense(dk, d_k), dense(dv, d_v)]
}

#[test]
fn tiles_agree_with_the_whole_matrix() {
    every_level(|level| {
        for [query_len, key_len, d_k, d_v] in SIZES {
            let all = vec![true; key_len];
            let none = vec![false; key_len];
            let padded: Vec<bool> = (0..key_len).map(|j| j < key_len.div_ceil(3)).collect();
            let left_padded: Vec<bool> = (0..key_len).map(|j| j >= key_len * 2 / 3).collect();
            let holes: Vec<bool> = (0..key_len).map(|j| j % 3 != 1).collect();
            for keep in [None, Some(&all), Some(&none), Some(&padded), Some(&left_padded), Some(&holes)] {
                for causal in [None, Some(0), Some(key_len as isize - query_len as isize), Some(-2), Some(isize::MAX)] {
                    let keep = keep.map(|keep| &keep[..]);
                    let head = Head { query_len, key_len, d_k, d_v, scale: 1.0 / (d_k as Elem).sqrt(), causal, keep };
                    // isize::MAX would overflow in the plain formula; it means that everything is visible.
                    let plain_head = Head { causal: causal.filter(|&offset| offset != isize::MAX), ..head };
                    let (actual, expected) = (run(&head, 3, false), run(&plain_head, 3, true));
                    for (name, (actual, expected)) in
                        ["out", "log_sum_exp", "dq", "dk", "dv"].iter().zip(actual.iter().zip(&expected))
                    {
                        let what = format!("{level} {name} {query_len} {key_len} {d_k} {d_v} {causal:?} {keep:?}");
                        assert_close(&what, actual, expected, 1e-4, 3e-5);
                    }
                }
            }
        }
    });
}

#[test]
fn a_query_without_keys_gets_zeros_and_passes_no_gradient() {
    every_level(|_| {
        let keep = [true, true, false];
        let head = Head { query_len: 3, key_len: 3, d_k: 2, d_v: 2, scale: 1.0, causal: Some(-1), keep: Some(&keep) };
        let [out, lse, dq, dk, dv] = run(&head, 0, false);
        assert_eq!((&out[..2], lse[0], &dq[..2]), (&[0.0, 0.0][..], Elem::NEG_INFINITY, &[0.0, 0.0][..]));
        assert_eq!((&dk[4..], &dv[4..]), (&[0.0, 0.0][..], &[0.0, 0.0][..]));
        assert!(out[2..].iter().all(|&x| x != 0.0));
    });
}

#[test]
fn nan_in_a_query_is_not_hidden() {
    every_level(|_| {
        let (q, kv) = ([Elem::NAN, 1.0], [1.0; 4]);
        let rows = |data| Rows { data, stride: 2 };
        let head = Head { query_len: 1, key_len: 2, d_k: 2, d_v: 2, scale: 1.0, causal: None, keep: None };
        let (mut out, mut lse) = ([0.0; 2], [0.0]);
        attention::forward(&head, rows(&q), rows(&kv), rows(&kv), RowsMut { data: &mut out, stride: 2 }, &mut lse);
        assert!(out[0].is_nan() && lse[0].is_nan(), "{out:?} {lse:?}");
    });
}

#[test]
fn large_scores_do_not_overflow() {
    every_level(|_| {
        // 300 keys, so that the largest score comes in a later tile than the first.
        let k: Vec<Elem> = (0..300).map(|j| j as Elem).collect();
        let head = Head { query_len: 1, key_len: 300, d_k: 1, d_v: 1, scale: 100.0, causal: None, keep: None };
        let rows = |data| Rows { data, stride: 1 };
        let (mut out, mut lse) = ([0.0], [0.0]);
        attention::forward(&head, rows(&[1.0]), rows(&k), rows(&k), RowsMut { data: &mut out, stride: 1 }, &mut lse);
        assert_eq!((out[0], lse[0]), (299.0, 29900.0));
    });
}

#[test]
#[should_panic(expected = "attention: key of 4 rows of 2, 2 apart, in a slice of 7 numbers")]
fn rows_beyond_their_slice_are_named() {
    let rows = |data| Rows { data, stride: 2 };
    let head = Head { query_len: 1, key_len: 4, d_k: 2, d_v: 2, scale: 1.0, causal: None, keep: None };
    attention::forward(
        &head,
        rows(&[0.0; 2]),
        rows(&[0.0; 7]),
        rows(&[0.0; 8]),
        RowsMut { data: &mut [0.0; 2], stride: 2 },
        &mut [0.0],
    );
}
