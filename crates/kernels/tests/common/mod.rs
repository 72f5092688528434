//! What the tests share: numbers from a seed, every level in turn, and a comparison that names the worst element.
#![cfg_attr(feature = "f64", allow(clippy::unnecessary_cast))]
#![allow(dead_code, unreachable_pub)] // each test file includes this module and uses its part

use jumok_kernels::Elem;
use jumok_kernels::level::{self, Level};

/// A small generator (SplitMix64) with its state.
pub struct Numbers(pub u64);

impl Numbers {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [low, high).
    pub fn uniform(&mut self, low: f64, high: f64) -> Elem {
        (low + (high - low) * (self.bits() >> 11) as f64 / (1u64 << 53) as f64) as Elem
    }

    /// `len` numbers uniform in [−3, 3).
    pub fn vec(&mut self, len: usize) -> Vec<Elem> {
        (0..len).map(|_| self.uniform(-3.0, 3.0)).collect()
    }

    /// `len` whole numbers from −3 to 3: sums of their products are exact, in whatever order.
    pub fn whole(&mut self, len: usize) -> Vec<Elem> {
        (0..len).map(|_| (self.bits() % 7) as Elem - 3.0).collect()
    }
}

/// Runs `f` with each level that this machine has.
pub fn every_level(f: impl Fn(Level)) {
    for level in level::available() {
        level::with_level(level, || f(level));
    }
}

/// Panics, with the worst element, unless |a − b| ≤ `absolute` + `relative`·|b| everywhere; NaN must meet NaN, ∞ the same ∞.
#[track_caller]
pub fn assert_close(what: &str, actual: &[Elem], expected: &[Elem], relative: f64, absolute: f64) {
    assert_eq!(actual.len(), expected.len(), "{what}: lengths");
    let excess = |i: usize| {
        let (a, b) = (actual[i] as f64, expected[i] as f64);
        if a == b || (a.is_nan() && b.is_nan()) {
            return 0.0;
        }
        let excess = (a - b).abs() / (absolute + relative * b.abs());
        if excess.is_nan() { f64::INFINITY } else { excess }
    };
    let worst = (0..actual.len()).max_by(|&i, &j| excess(i).total_cmp(&excess(j)));
    if let Some(i) = worst.filter(|&i| excess(i) > 1.0) {
        panic!("{what}: element {i} of {} is {:e}, expected {:e}", actual.len(), actual[i], expected[i]);
    }
}

/// Lengths around the widths of registers and blocks.
pub const LENGTHS: [usize; 14] = [0, 1, 2, 7, 15, 16, 17, 31, 32, 33, 64, 100, 1023, 4099];
/// [rows, row_len]
pub const ROWS: [[usize; 2]; 16] = [
    [0, 3],
    [0, 0],
    [1, 1],
    [1, 2],
    [3, 1],
    [2, 7],
    [5, 16],
    [4, 31],
    [3, 33],
    [33, 32],
    [65, 64],
    [70, 65],
    [7, 100],
    [2, 513],
    [130, 129],
    [1, 5000],
];
