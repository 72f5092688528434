//! N-dimensional arrays with hand-written automatic differentiation.
//!
//! Three things make up this crate, and they can be read in this order:
//!
//! 1. [`Array`] is a block of numbers with a shape: shared, copied only when written to, stored in `ndarray`.
//! 2. [`Tensor`] is an array that remembers which operation made it. Every operation stands in one file under
//!    `ops`: its formula, the derivation of its gradient, the two in plain `ndarray` (`reference`), what is kept for
//!    the backward pass, and the method itself.
//! 3. [`Tensor::backward`] walks that memory from the loss to the parameters and returns [`Gradients`], a value:
//!    there is no hidden `.grad` field, hence nothing to reset between steps.
//!
//! ```
//! use jumok_tensor::{Array, Tensor};
//!
//! let w = Tensor::parameter(Array::from_vec(vec![2.0, -1.0], &[2]));
//! let x = Tensor::from_vec(vec![3.0, 4.0], &[2]);
//! let loss = (&w * &x).sum_all(); // Σ w_i x_i
//! let grads = loss.backward();
//! assert_eq!(loss.item(), 2.0);
//! assert_eq!(grads.get(&w).unwrap().to_vec(), [3.0, 4.0]); // ∂loss/∂w = x
//! ```
//!
//! Letters used for shapes throughout: `B` batch, `T` time or token position, `H` heads, `D` features, `V` vocabulary.

// A debugger shows a Tensor or an Array as its numbers; `debugger/README.md` says how.
#![debugger_visualizer(gdb_script_file = "../debugger/gdb.py")]
#![debugger_visualizer(natvis_file = "../debugger/jumok.natvis")]

pub use jumok_kernels::Elem;
pub use ndarray;

mod array;
mod autograd;
mod error;
mod format;
mod gradcheck;
mod gradients;
mod index;
mod layout;
pub mod ops;
mod parallel;
pub mod pool;
mod precision;
mod tensor;
mod tensor_id;

pub use array::Array;
pub use autograd::{AddTo, Backward, ParentGrad, ParentGrads, no_grad};
pub use error::TensorError;
pub use gradcheck::{GradCheck, GradCheckError, GradCheckReport, gradcheck};
pub use gradients::{GradientTerms, Gradients};
pub use index::{BoolTensor, IntTensor};
pub use ops::cross_entropy::CrossEntropy;
pub use ops::kl_div::KlReduction;
pub use ops::losses::Reduction;
pub use precision::{Precision, in_precision};
pub use tensor::Tensor;
pub use tensor_id::TensorId;
