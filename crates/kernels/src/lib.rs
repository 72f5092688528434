//! The fast loops of jumok: slices in, slices out.
//!
//! Nothing here knows tensors, gradients or models. Every kernel takes slices of [`Elem`] and plain sizes, writes its result
//! into a slice the caller owns, and runs on the calling thread alone: who wants two threads hands each of them other rows.
//!
//! | module | holds |
//! |---|---|
//! | [`gemm()`] | C ← α·A·B + β·C over strided matrices |
//! | [`gemv()`] | y ← W·x + bias, at the pace of memory |
//! | [`parts`] | a result in rectangles, each written by one thread as A·B + β·C + bias |
//! | [`gemm_bf16`] | the same with factors rounded to bf16, on processors that have it |
//! | [`elementwise`] | activations and their gradients, sums and products of two slices |
//! | [`attention`] | scaled dot-product attention of one head, tile by tile, without the matrix of scores |
//! | [`softmax`], [`norm`], [`cross_entropy`] | kernels over rows |
//! | [`recurrent`] | steps of GRU and LSTM, scores of additive attention |
//! | [`reduce`] | sums that stay accurate over long slices |
//! | [`optim`] | one sweep over parameters, gradients and moments |
//! | [`math`] | exp, tanh, erf as branch-free polynomials that the compiler turns into vector code |
//! | [`level`] | which instructions are used, chosen once when the program starts |
//! | [`limits`] | what the machine can do at most |
//! | [`mod@reference`] | the same functions again as plain loops: the text to compare with, and the oracle of the tests |
//!
//! # How a kernel is compiled three times
//!
//! A kernel is one ordinary function. The `kernel!` macro of `dispatch.rs` compiles it once for any processor and,
//! on x86-64, again for AVX2 and for AVX-512, and picks one by [`level::current`] at each call. The compiler does the
//! vectorising: a loop that does one simple thing per element becomes vector code at the width of the level. Only the tile
//! of the product (`gemm/tile.rs`) counts registers itself, through the small trait of `simd/mod.rs`.
//!
//! The levels' results differ by the rounding of multiply-adds, and in products by the blocks in which terms are added (the
//! portable product is `matrixmultiply`'s). All other sums have the same lanes and the same order at every level. The number
//! of threads changes nothing, because no kernel starts any.

// Sums are carried in f64 where they are long; with f64 elements those casts change nothing.
#![cfg_attr(feature = "f64", allow(clippy::unnecessary_cast))]

/// The type of every number: `f32`, or `f64` under the test-only feature of that name.
#[cfg(not(feature = "f64"))]
pub type Elem = f32;
/// The type of every number: `f32`, or `f64` under the test-only feature of that name.
#[cfg(feature = "f64")]
pub type Elem = f64;

#[macro_use]
mod dispatch;

pub mod attention;
pub mod cross_entropy;
pub mod elementwise;
mod gemm;
mod gemv;
pub mod level;
pub mod limits;
pub mod math;
pub mod norm;
pub mod optim;
pub mod recurrent;
pub mod reduce;
pub mod reference;
mod rows;
#[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
mod simd;
pub mod softmax;

pub use gemm::{MatrixPart, Precision, bf16_available, gemm, gemm_bf16, parts};
pub use gemv::gemv;
