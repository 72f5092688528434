//! Reading reference cases and comparing tensors, for tests only.
//!
//! A *case* is what a trusted peer (PyTorch, Hugging Face) computed on a small fixed input. `NAME.json` says what was
//! computed and `NAME.safetensors` holds the numbers:
//!
//! | tensor | meaning |
//! |---|---|
//! | `in.X` | input |
//! | `param.P` | trainable parameter |
//! | `out.Y` | output |
//! | `grad.out`, `grad.out.Y` | upstream gradient of the output, given |
//! | `grad.X`, `grad.P` | d(Σ_Y ⟨out.Y, upstream.Y⟩)/dX, to be computed |
//!
//! ```no_run
//! use std::collections::BTreeMap;
//! use jumok_testkit::{Report, TensorData, compare, read_computed, walk, write_case};
//!
//! # fn relu(x: &[f32]) -> Vec<f32> { x.iter().map(|v| v.max(0.0)).collect() }
//! # fn main() -> Result<(), jumok_testkit::TestkitError> {
//! let (reference, out) = ("tests/reference".as_ref(), "computed".as_ref());
//! let mut report = Report::default();
//! for case in walk(reference, &["ops/"])? {
//!     if case.op == "relu" {
//!         let x = case.input("x")?;
//!         let y = TensorData::f32(x.shape(), relu(&x.to_f32()));
//!         write_case(out, &case.stem, &BTreeMap::from([("out.y".to_owned(), y)]))?;
//!     }
//!     report.add(&case.name, compare(&case, read_computed(out, &case)?.as_ref()));
//! }
//! println!("{report}");
//! # Ok(())
//! # }
//! ```

mod attr;
mod case;
mod close;
mod compare;
mod error;
mod report;
mod tensor_data;

pub use attr::{AttrError, FromAttr, attr, attr_f64, attr_opt, attr_or};
pub use case::{Case, Computed, Tensors, read_computed, read_tensors, walk, write_case, write_json_case};
pub use close::{Tolerance, assert_close, assert_close_shaped, is_close};
pub use compare::{Scope, Verdict, compare, compare_scope};
pub use error::TestkitError;
pub use report::{Counts, Report};
pub use tensor_data::{TensorData, Values};
